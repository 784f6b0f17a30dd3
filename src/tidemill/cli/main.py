"""`tidemill`: finds the command, gives it the settings, turns errors into messages and exit codes.

Exit codes: 0 all well, 1 the run failed (or what was checked is not in order), 2 wrong use: nothing was done.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tidemill.cli.terminal import open_streams, paint
from tidemill.core.errors import DamagedArtifactError, LeaseLostError, TidemillError, UserCodeLoadError
from tidemill.core.version import __version__

if TYPE_CHECKING:
    import argparse

OK, FAILED, WRONG_USE = 0, 1, 2

COMMANDS = {
    "init": "make a folder with a small project that runs",
    "dev": "show the page in the browser, and load the code again when it is edited",
    "server": "serve the page and its API",
    "materialize": "run assets, and remember what they made",
    "job": "run a job of ops or assets, or list the jobs",
    "refresh": "run what is not up to date, and only that",
    "backfill": "make many partitions, run by run; see how far, go on, end it",
    "status": "list assets: up to date, stale and why, missing, failed",
    "why": "explain why an asset is stale, or why it is not",
    "rerun": "run a run again: from its failure, from a step, or on from where it died",
    "list": "list assets, their latest versions and what they are made from",
    "graph": "draw what is made from what",
    "show": "show a version: its value, metadata, checks and inputs",
    "runs": "list runs, or show one",
    "logs": "print what a run, or a step of it, wrote",
    "cancel": "end a run, and all its processes",
    "validate": "load the definitions and report every problem",
    "verify": "check the digest of everything that is stored",
    "gc": "let go of old values, logs and events, as the rules say",
}

HELP = """\
usage: tidemill COMMAND [OPTIONS]

Runs pipelines of plain Python functions and remembers every version of what they made.

commands:
{commands}

options:
  -h, --help   print this, or with a command its options
  --version    print the version

example:
  tidemill materialize -f pipeline.py
  tidemill show model

Settings: TIDEMILL_* variables (or a file .env), or [tool.tidemill] in pyproject.toml.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: Words of the command line; the process's own by default.

    Returns:
        The exit code.
    """
    open_streams()
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code = _main(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _complain("interrupted", FAILED)
    except BrokenPipeError:
        # Whoever read has gone (`tidemill logs 3 | head`); Python would complain again while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return code


def _main(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        width = max(map(len, COMMANDS))
        listed = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
        sys.stdout.write(HELP.format(commands=listed))
        return OK
    if words[0] == "--version":
        sys.stdout.write(f"tidemill {__version__}\n")
        return OK
    name = words[0]
    if name not in COMMANDS:
        return _complain(_unknown(name), WRONG_USE)
    from tidemill.cli.arguments import Parser

    command = import_module(f"tidemill.cli.commands.{name}")
    parser = Parser(f"tidemill {name}", COMMANDS[name], command.EXAMPLE)
    command.add_arguments(parser)
    try:
        parsed = parser.read(words[1:])
    except SystemExit as stop:
        return int(stop.code or 0)
    return _run(command.run, parsed)


def _unknown(name: str) -> str:
    from tidemill.core.suggest import did_you_mean

    what = "option" if name.startswith("-") else "command"
    question = did_you_mean(name, COMMANDS) if what == "command" else "options come after the command"
    lines = [
        f"tidemill has no {what} {name!r}",
        f"  expected: {', '.join(COMMANDS)}",
        f"  next:     {question or 'tidemill --help'}",
    ]
    return "\n".join(lines)


def _run(run: object, parsed: argparse.Namespace) -> int:
    from tidemill.cli.dotenv import read_dot_env
    from tidemill.core.settings import load_settings

    try:
        read_dot_env(Path.cwd())
        settings = load_settings({name: getattr(parsed, name, None) for name in ("home", "grace")})
        return int(run(parsed, settings))  # type: ignore[operator]  # a command's `run`, looked up by name
    except UserCodeLoadError as error:
        if error.user_traceback:
            # The traceback says what was found; what is left to say is what it was for.
            sys.stderr.write(_masked(error.user_traceback.rstrip() + "\n\n"))
            error.found = error.expected = None
        return _complain(str(error), WRONG_USE)
    except (DamagedArtifactError, LeaseLostError) as error:
        return _complain(str(error), FAILED)
    except TidemillError as error:
        return _complain(str(error), WRONG_USE)


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"{paint('error:', 'red', sys.stderr)} {_masked(message)}\n")
    return code


def _masked(text: str) -> str:
    from tidemill.core.secrets import mask

    return mask(text)
