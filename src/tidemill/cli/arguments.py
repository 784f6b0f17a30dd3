"""How words become arguments: argparse, with errors as the rest of Tidemill tells them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from tidemill.cli.terminal import paint

WIDEST = 100


class Parser(argparse.ArgumentParser):
    """The parser of one command.

    Args:
        program: `tidemill COMMAND`.
        summary: What the command does, in a few words.
        example: A line (or several) to copy.
    """

    def __init__(self, program: str, summary: str, example: str) -> None:
        super().__init__(
            prog=program,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog="example:\n" + "\n".join(f"  {line}" for line in example.splitlines()),
            formatter_class=_formatter,
            allow_abbrev=False,  # an option that is added later must not change what a script means
            add_help=False,
        )
        self.add_argument("-h", "--help", action="help", help="print this")

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """Read the words.

        Raises:
            SystemExit: They ask for help (0), or cannot be read (2, after a message).
        """
        parsed, extra = self.parse_known_args(words)
        if extra:
            self.error(
                f"unknown {'option' if extra[0].startswith('-') else 'argument'} {extra[0]!r}", extra[0]
            )
        return parsed

    def error(self, message: str, word: str = "") -> NoReturn:
        """Say what is wrong with the words, and how they should be."""
        from tidemill.core.suggest import did_you_mean

        options = [text for action in self._actions for text in action.option_strings]
        question = did_you_mean(word.partition("=")[0], options) if word.startswith("-") else None
        usage = self.format_usage().removeprefix("usage: ").rstrip().replace("\n", "\n     ")
        sys.stderr.write(f"{paint('error:', 'red', sys.stderr)} {message}\n  expected: {usage}\n")
        sys.stderr.write(f"  next:     {question or f'{self.prog} --help'}\n")
        raise SystemExit(2)


def _formatter(prog: str) -> argparse.HelpFormatter:
    import shutil

    width = min(shutil.get_terminal_size().columns, WIDEST) - 2
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=26, width=width)


def add_code_arguments(parser: argparse.ArgumentParser) -> None:
    """`-f` and `-m`."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-f", "--file", metavar="FILE", help="Python file with the assets")
    where.add_argument("-m", "--module", metavar="MODULE", help="module with the assets")


def add_selection_argument(parser: argparse.ArgumentParser, verb: str, *, rest: str = "all") -> None:
    """SELECTION, with or without `--select` before it; `rest` is what is taken where none is given."""
    # Named by its metavar in what argparse says; it ends up in `select`, with what follows `--select`.
    parser.add_argument(
        "select", metavar="SELECTION", nargs="*", action="extend", help=f"assets to {verb} (default: {rest})"
    )
    add_select_option(parser, verb)


def add_select_option(parser: argparse._ActionsContainer, verb: str) -> None:
    """`--select`."""
    parser.add_argument(
        "--select",
        metavar="EXPR",
        action="append",
        help=f"assets to {verb}: NAME, NAME* (and all made from it), *NAME, group:NAME",
    )


def add_store_argument(parser: argparse.ArgumentParser) -> None:
    """`--home`."""
    parser.add_argument(
        "--home", metavar="FOLDER", help="folder of the store (default: the nearest .tidemill)"
    )


def add_json_argument(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def add_partition_argument(parser: argparse.ArgumentParser) -> None:
    """`--partition`: keys and ranges of keys."""
    parser.add_argument(
        "--partition",
        metavar="KEY",
        action="append",
        help="which partition of partitioned assets; A...B is a range, and several may be given",
    )
