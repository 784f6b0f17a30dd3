"""Arguments that several commands share, and what they resolve to."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tidemill.core.errors import InvalidConfigError
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.core.records import CodeRef
    from tidemill.definitions.definitions import Definitions
    from tidemill.execution.home import Home


def add_code_arguments(parser: argparse.ArgumentParser) -> None:
    """`-f` and `-m`."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-f", "--file", metavar="FILE", help="Python file with the definitions")
    where.add_argument("-m", "--module", metavar="MODULE", help="module with the definitions")


def add_store_argument(parser: argparse.ArgumentParser) -> None:
    """`--home`."""
    parser.add_argument("--home", metavar="FOLDER", help="folder of the store (default: the nearest .tidemill)")


def add_json_argument(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def code_ref(arguments: argparse.Namespace, settings: Settings) -> CodeRef:
    """Where the definitions are: `-f`, `-m`, or the setting.

    Raises:
        InvalidConfigError: Neither says.
    """
    from tidemill.core.records import CodeRef

    if arguments.file:
        return CodeRef("file", str(Path(arguments.file).absolute()))
    if arguments.module:
        return CodeRef("module", arguments.module)
    if settings.file:
        return CodeRef("file", str((settings.project or Path.cwd()) / settings.file))
    if settings.module:
        return CodeRef("module", settings.module)
    raise InvalidConfigError(
        "No definitions were named",
        subject="definitions",
        found="neither -f nor -m, and no setting",
        expected="a Python file or a module with assets",
        next_step="give -f FILE or -m MODULE, or set file = \"…\" under [tool.tidemill] in pyproject.toml",
    )


def load(arguments: argparse.Namespace, settings: Settings) -> tuple[CodeRef, Definitions]:
    """The definitions that a command works on."""
    from tidemill.execution.code import load_definitions

    code = code_ref(arguments, settings)
    return code, load_definitions(code)


def open_home(settings: Settings, *, create: bool = False) -> Home:
    """The store.

    Raises:
        StoreError: It cannot be opened, or is not there and is not to be made.
    """
    from tidemill.execution.home import Home

    return Home.open(settings.home, durability=settings.durability, create=create)


def open_if_there(settings: Settings) -> Home | None:
    """The store, or None where nothing was ever materialized."""
    from tidemill.storage.store import DATABASE_NAME

    return open_home(settings) if (settings.home / DATABASE_NAME).exists() else None
