"""`tidemill init NAME`: a folder with a small project that runs."""

from __future__ import annotations

import argparse
import keyword
import re
import sys
from pathlib import Path

from tidemill.cli.terminal import paint
from tidemill.core.errors import InvalidConfigError
from tidemill.core.settings import Settings

EXAMPLE = "tidemill init churn"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("name", metavar="NAME", help="name of the project, and of its new folder")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write the files; nothing that exists is touched."""
    from tidemill.cli.template import files_of

    del settings  # of the project around, if any
    folder = Path(arguments.name)
    package = folder.name.replace("-", "_").lower()
    _check(folder, package)
    files = files_of(folder.name, package)
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for path in files:
        sys.stdout.write(f"{paint('+', 'green', sys.stdout)} {folder / path}\n")
    sys.stdout.write(f'\nnext:  cd {folder}\n       pip install -e ".[dev]"\n       tidemill materialize\n')
    return 0


def _check(folder: Path, package: str) -> None:
    if not NAME.fullmatch(folder.name) or keyword.iskeyword(package) or package in sys.stdlib_module_names:
        raise InvalidConfigError(
            f"{folder.name!r} cannot name a project",
            subject="NAME",
            found=f"{package!r}, which could not be imported as the project's package",
            expected="letters, digits, - and _, a letter first; no word or module of Python's own",
            next_step="tidemill init churn",
        )
    if package in ("tests", "tidemill", "pandas", "sklearn"):
        raise InvalidConfigError(
            f"{folder.name!r} cannot name a project",
            subject="NAME",
            found=f"{package!r}, a package that the project itself uses",
            expected="another name",
            next_step="tidemill init churn",
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidConfigError(
            f"{folder} is there already",
            subject=str(folder),
            found="a folder with files in it" if folder.is_dir() else "a file",
            expected="a new folder, or an empty one",
            next_step="give another name, or empty it",
        )
