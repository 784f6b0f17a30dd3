"""`tidemill server`: the page and its API, for others than the one who edits the code."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tidemill.cli.arguments import add_code_arguments, add_store_argument
from tidemill.cli.project import code_ref
from tidemill.cli.serving import add_address_arguments, serve
from tidemill.core.errors import InvalidConfigError
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.core.records import CodeRef

EXAMPLE = """\
tidemill server -f pipeline.py
tidemill server --read-only --home /data/store        look, and change nothing"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)
    parser.add_argument(
        "--read-only", action="store_true", help="write nothing, and run nothing: the code is not loaded"
    )
    add_address_arguments(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until Ctrl-C; 0."""
    return serve(arguments, settings, _code(arguments, settings))


def _code(arguments: argparse.Namespace, settings: Settings) -> CodeRef | None:
    """What can be run from the page; None where nothing can, and what was last loaded is shown.

    Raises:
        InvalidConfigError: Code is named, and nothing may be run.
    """
    named = arguments.file or arguments.module
    if arguments.read_only and named:
        raise InvalidConfigError(
            f"--read-only and {'-f' if arguments.file else '-m'} contradict one another",
            subject="--read-only",
            found=f"--read-only, and {named}",
            expected="one of them: a server that only reads loads no code",
            next_step="leave --read-only out, or leave out the code: what was last loaded is shown",
        )
    if arguments.read_only or not (named or settings.file or settings.module):
        return None
    return code_ref(arguments, settings)
