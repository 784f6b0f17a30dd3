"""`tidemill`: finds the command, gives it the settings, turns errors into messages and exit codes.

Exit codes: 0 all well, 1 the run (or the check that was asked for) failed, 2 wrong use.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from tidemill.core.errors import RunNotFoundError, TidemillError, UserCodeLoadError, ValueNotStoredError

OK, FAILED, WRONG_USE = 0, 1, 2

COMMANDS = {
    "materialize": "run assets",
    "list": "list assets, what they are made from and their latest versions",
    "graph": "draw the asset graph",
    "show": "show an asset or one of its versions",
    "runs": "list runs, or show one",
    "logs": "print what a run or a step of it wrote",
    "validate": "load the definitions and report every problem",
    "verify": "check the digest of everything that is stored",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: Words of the command line; the process's own by default.

    Returns:
        The exit code.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = _parser(words)
    try:
        parsed = parser.parse_args(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    if parsed.command is None:
        parser.print_help()
        return OK
    return _run(parsed)


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser, with the arguments of the one command that is asked for: the others need not be imported."""
    parser = argparse.ArgumentParser(
        prog="tidemill",
        description="Assets of a machine-learning pipeline: made, remembered, explained.",
        epilog="Settings come from TIDEMILL_* variables or [tool.tidemill] in pyproject.toml.",
    )
    parser.add_argument("--version", action="version", version=_Version())
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    asked = next((word for word in words if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == asked:
            import_module(f"tidemill.cli.commands.{name}").add_arguments(command)
    return parser


class _Version(str):
    """The version, looked up only when it is printed: the look-up costs more than the rest of `--help`."""

    __slots__ = ()

    def __mod__(self, _: object) -> str:
        from importlib.metadata import version

        return f"tidemill {version('tidemill')}"


def _run(parsed: argparse.Namespace) -> int:
    from tidemill.core.settings import load_settings

    command = import_module(f"tidemill.cli.commands.{parsed.command}")
    try:
        settings = load_settings({"home": getattr(parsed, "home", None)})
        return int(command.run(parsed, settings))
    except UserCodeLoadError as error:
        return _complain(f"{error.user_traceback.rstrip()}\n\n{error}", WRONG_USE)
    except (RunNotFoundError, ValueNotStoredError) as error:
        return _complain(str(error), FAILED)
    except TidemillError as error:
        return _complain(str(error), WRONG_USE)
    except KeyboardInterrupt:
        return _complain("interrupted", FAILED)
    except BrokenPipeError:
        # Whoever read our output has gone (`tidemill logs 3 | head`); Python would complain again while it exits.
        sys.stdout = None
        return OK


def _complain(message: str, code: int) -> int:
    from tidemill.core.secrets import mask

    print(f"error: {mask(message)}" if not message.startswith("Traceback") else mask(message), file=sys.stderr)  # noqa: T201
    return code
