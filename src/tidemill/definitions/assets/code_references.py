"""Metadata that says where the code of an asset stands, for whoever reads of it and wants to open it."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from tidemill.core.metadata import CodeReferencesMetadataValue
from tidemill.core.references import LocalFileCodeReference, UrlCodeReference
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.assets.assets import AssetsDefinition
from tidemill.definitions.specs.assets import AssetSpec

KEY = "dagster/code_references"  # the public name of the metadata entry
LINKS = {"github": "{url}/tree/{branch}/{path}", "gitlab": "{url}/-/tree/{branch}/{path}"}


class FilePathMapping(ABC):
    """Tells where a file of this machine is in a repository; users subclass it."""

    @abstractmethod
    def convert_to_source_control_path(self, local_path: Path) -> str:
        """The path in the repository."""


class AnchorBasedFilePathMapping(FilePathMapping):
    """Paths as they are relative to one whose place in the repository is known.

    Args:
        local_file_anchor: A file or folder of this machine.
        file_anchor_path_in_repository: Where it is in the repository.
    """

    def __init__(self, local_file_anchor: Path, file_anchor_path_in_repository: str) -> None:
        self.local_file_anchor = Path(local_file_anchor)
        self.file_anchor_path_in_repository = file_anchor_path_in_repository

    def convert_to_source_control_path(self, local_path: Path) -> str:
        """The path in the repository."""
        way = os.path.relpath(local_path, self.local_file_anchor)
        return Path(os.path.normpath(f"{self.file_anchor_path_in_repository}/{way}")).as_posix()


def with_source_code_references(assets_defs: Iterable[Any]) -> list[Any]:
    """Copies of assets whose metadata says in which line of which file their functions are; the rest as it is."""
    return [_with_source(each) if isinstance(each, AssetsDefinition) else each for each in assets_defs]


def _with_source(assets: AssetsDefinition) -> AssetsDefinition:
    file, line = assets.unit.source
    return assets.map_asset_specs(
        lambda spec: _said(spec, [LocalFileCodeReference(file, line), *_references(spec)]) if file else spec
    )


def link_code_references_to_git(
    assets_defs: Iterable[Any],
    git_url: str,
    git_branch: str,
    file_path_mapping: FilePathMapping,
    platform: Literal["github", "gitlab"] | None = None,
) -> list[Any]:
    """Copies of assets and specs whose references to files are addresses in a repository.

    Args:
        assets_defs: With references, such as `with_source_code_references` gives.
        git_url: Address of the repository.
        git_branch: Branch, tag or commit.
        file_path_mapping: Where files are in the repository.
        platform: Which addresses it has; told from `git_url` where it is not given.

    Raises:
        InvalidDefinitionError: The platform is neither, and cannot be told.
    """
    kind: str | None = platform or next((name for name in LINKS if name in git_url), None)
    if kind is None or kind not in LINKS:
        raise wrong_type("link_code_references_to_git", "platform", platform, '"github" or "gitlab"')
    url, form = git_url.rstrip("/").removesuffix(".git"), LINKS[kind]

    def linked(reference: object) -> object:
        if not isinstance(reference, LocalFileCodeReference):
            return reference
        path = file_path_mapping.convert_to_source_control_path(Path(reference.file_path))
        line = f"#L{reference.line_number}" if reference.line_number is not None else ""
        return UrlCodeReference(form.format(url=url, branch=git_branch, path=path) + line, reference.label)

    def moved(spec: AssetSpec) -> AssetSpec:
        references = _references(spec)
        return _said(spec, [linked(each) for each in references]) if references else spec

    return [
        moved(each)
        if isinstance(each, AssetSpec)
        else each.map_asset_specs(moved)
        if isinstance(each, AssetsDefinition)
        else each
        for each in assets_defs
    ]


def _references(spec: AssetSpec) -> list[Any]:
    known = spec.metadata.get(KEY)
    return known.code_references if isinstance(known, CodeReferencesMetadataValue) else []


def _said(spec: AssetSpec, references: list[Any]) -> AssetSpec:
    return spec.replace_attributes(metadata={**spec.metadata, KEY: CodeReferencesMetadataValue(references)})
