"""Where the code of an asset stands, as metadata (api.md 1.11)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidemill import (
    AnchorBasedFilePathMapping,
    AssetKey,
    AssetOut,
    AssetSpec,
    CodeReferencesMetadataValue,
    DagsterInvalidDefinitionError,
    FilePathMapping,
    LocalFileCodeReference,
    MetadataValue,
    UrlCodeReference,
    asset,
    link_code_references_to_git,
    materialize,
    multi_asset,
    with_source_code_references,
)

KEY = "dagster/code_references"


@asset(metadata={"x": 1})
def one() -> int:
    return 1


LINE = one.unit.source[1]


@multi_asset(outs={"low": AssetOut(), "high": AssetOut()})
def both():
    return 1, 2


def references(definition: object, key: str = "one") -> list[object]:
    return definition.metadata_by_key[AssetKey(key)][KEY].code_references  # type: ignore[attr-defined]


def test_each_asset_says_where_its_function_is() -> None:
    spec = AssetSpec("x")
    bound, several, same = with_source_code_references([one, both, spec])
    assert references(bound) == [LocalFileCodeReference(__file__, LINE)]
    assert bound.metadata_by_key[AssetKey("one")]["x"] == 1
    assert references(several, "low") == references(several, "high")
    assert same is spec
    assert KEY not in one.metadata_by_key[AssetKey("one")]


@pytest.mark.parametrize(
    ("url", "platform", "expected"),
    [
        ("https://github.com/me/repo", None, "https://github.com/me/repo/tree/main/src/tests/"),
        ("https://gitlab.com/me/repo.git", None, "https://gitlab.com/me/repo/-/tree/main/src/tests/"),
        ("https://code.example/me/", "gitlab", "https://code.example/me/-/tree/main/src/tests/"),
    ],
)
def test_references_to_files_become_addresses(url: str, platform: object, expected: str) -> None:
    mapping = AnchorBasedFilePathMapping(Path(__file__).parent, "src/tests")
    linked = link_code_references_to_git(
        with_source_code_references([one, both]), url, "main", mapping, platform
    )
    assert references(linked[0]) == [UrlCodeReference(f"{expected}{Path(__file__).name}#L{LINE}")]


def test_a_file_can_be_the_anchor_and_specs_are_linked_too() -> None:
    spec = AssetSpec(
        "x", metadata={KEY: CodeReferencesMetadataValue([LocalFileCodeReference("/a/b/c.sql", label="SQL")])}
    )
    mapping = AnchorBasedFilePathMapping(Path("/a/d.py"), "d.py")
    linked, plain = link_code_references_to_git([spec, AssetSpec("y")], "https://github.com/r", "v1", mapping)
    assert linked.metadata[KEY].code_references == [
        UrlCodeReference("https://github.com/r/tree/v1/b/c.sql", "SQL")
    ]
    assert plain == AssetSpec("y")
    assert isinstance(mapping, FilePathMapping)


def test_a_platform_that_nobody_can_tell() -> None:
    mapping = AnchorBasedFilePathMapping(Path("/"), "")
    with pytest.raises(DagsterInvalidDefinitionError, match='"github" or "gitlab"'):
        link_code_references_to_git([one], "https://code.example", "main", mapping)


def test_references_are_metadata_that_is_kept() -> None:
    value = CodeReferencesMetadataValue([LocalFileCodeReference("a.py", 3), UrlCodeReference("u", "l")])
    assert MetadataValue.from_json(value.to_json()) == value
    assert materialize(with_source_code_references([one])).success
