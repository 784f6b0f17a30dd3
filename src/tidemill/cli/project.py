"""What the commands work on: the user's definitions, and the store."""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidemill.core.errors import InvalidConfigError, UserCodeLoadError
from tidemill.core.masked_output import masked
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Collection

    from tidemill.code.loading import Loaded
    from tidemill.core.keys import AssetKey
    from tidemill.core.records import CodeRef
    from tidemill.definitions.definitions import Definitions
    from tidemill.home import Home
    from tidemill.planning.graph import AssetGraph


def code_ref(arguments: argparse.Namespace, settings: Settings) -> CodeRef:
    """Where the definitions are: `-f`, `-m`, or the setting.

    Raises:
        InvalidConfigError: Nothing says it, or the settings say two things.
    """
    from tidemill.core.records import CodeRef

    if arguments.file:
        return CodeRef("file", str(Path(arguments.file).absolute()))
    if arguments.module:
        return CodeRef("module", arguments.module)
    if settings.file and settings.module:
        raise InvalidConfigError(
            "The settings name both a file and a module with the definitions",
            subject="file",
            found=f"file = {settings.file!r} and module = {settings.module!r}",
            expected="one of them",
            next_step="remove one, or give -f FILE or -m MODULE",
        )
    if settings.file:
        return CodeRef("file", str((settings.project or Path.cwd()) / settings.file))
    if settings.module:
        return CodeRef("module", settings.module)
    file = next((word for word in getattr(arguments, "select", None) or () if word.endswith(".py")), "FILE")
    raise InvalidConfigError(
        "Which definitions?",
        subject="definitions",
        found="neither -f nor -m, and no setting",
        expected="a Python file or a module with assets",
        next_step=f'give -f {file} or -m MODULE, or put file = "{file}" under [tool.tidemill] in pyproject.toml',
    )


def load_watched(
    arguments: argparse.Namespace, settings: Settings, recorded: CodeRef | None = None
) -> tuple[CodeRef, Loaded]:
    """The definitions that a command works on, and what importing them did.

    Args:
        arguments: Of the command.
        settings: The settings.
        recorded: Where they were before, which counts for more than the settings and for less than `-f` and `-m`.

    Raises:
        UserCodeLoadError: They cannot be imported, or there are none in what was.
    """
    from tidemill.code.loading import load_audited

    named = arguments.file or arguments.module
    code = recorded if recorded is not None and not named else code_ref(arguments, settings)
    if code.kind == "module" and settings.project is not None and not arguments.module:
        sys.path.insert(0, str(settings.project))  # a module in a setting is meant from where the file is
    # What a module prints while it is imported is not the output of the command.
    with masked(sys.stderr, sys.stderr):
        loaded = load_audited(code)
    gc.freeze()  # what large libraries made is never garbage; to look through all of it takes a twentieth of a second
    definitions = loaded.definitions
    if not (definitions.assets or definitions.asset_checks or definitions.jobs or definitions.resources):
        raise UserCodeLoadError(
            f"{code.target} defines no assets",
            subject=code.target,
            found="a module without @asset functions and without a Definitions object",
            expected="functions decorated with @asset, or defs = Definitions(assets=[...])",
            next_step="decorate a function with @asset, or name another file",
        )
    return code, loaded


def load(arguments: argparse.Namespace, settings: Settings) -> tuple[CodeRef, Definitions]:
    """The same, for a command that runs nothing."""
    code, loaded = load_watched(arguments, settings)
    return code, loaded.definitions


def chosen_assets(graph: AssetGraph, expressions: list[str] | None) -> Collection[AssetKey] | None:
    """The assets that `--select` names; None where it was not given.

    Raises:
        InvalidSubsetError: It is no expression, or matches no asset.
    """
    if not expressions:
        return None
    from tidemill.core.errors import InvalidSubsetError
    from tidemill.planning.selection import resolve_selection, select_to_run

    selection = selection_of(expressions)
    chosen = resolve_selection(selection, graph).assets
    if not chosen:
        select_to_run(selection, graph)  # has the words for a selection of nothing
        raise InvalidSubsetError(
            f"The selection {selection!r} holds checks, but no asset",
            subject=str(selection),
            found="checks only",
        )
    return chosen


def selection_of(expressions: list[str] | None) -> Any:
    """What `--select` means: nothing is everything, several are their union."""
    if not expressions:
        return None
    return expressions[0] if len(expressions) == 1 else expressions


def open_home(settings: Settings, *, create: bool = False, spare: str | None = None) -> Home:
    """The store; runs that are found dead in it are failed, but for the one to `spare`.

    Raises:
        StoreError: It cannot be opened, or is not there and is not to be made.
        RunNotFoundError: There is no run to spare.
    """
    from tidemill.home import Home

    return Home.open(settings.home, durability=settings.durability, create=create, spare=spare)


def open_if_there(settings: Settings) -> Home | None:
    """The store, or None where nothing was ever materialized."""
    from tidemill.storage.store import DATABASE_NAME

    return open_home(settings) if (settings.home / DATABASE_NAME).exists() else None
