"""Variables of the project: `.env` in the working folder, for every command and for whatever it starts.

It is read as a shell would read it, by python-dotenv. A variable that is set already keeps its value, so that
`SEED=8 tidemill dev` means what it says.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from io import StringIO
from pathlib import Path

from tidemill.core.errors import InvalidConfigError

NAME = ".env"


def read_dot_env(folder: Path, environment: MutableMapping[str, str] | None = None) -> None:
    """Set the variables that the file in a folder names and that are not set; none where there is no file.

    Args:
        folder: Where to look.
        environment: What to set them in; the process's own by default.

    Raises:
        InvalidConfigError: The file cannot be read, or has a line that is no `NAME=value`.
    """
    path = folder / NAME
    if not path.is_file():
        return
    environment = os.environ if environment is None else environment
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfigError(
            f"{path} cannot be read",
            subject=str(path),
            found=str(error),
            expected="lines NAME=value in UTF-8",
            next_step="mend it, or take it away",
        ) from error

    # Only who has such a file waits for its parser.
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    for binding in parse_stream(StringIO(text)):
        if binding.error or (binding.key is not None and "\0" in f"{binding.key}{binding.value}"):
            raise InvalidConfigError(
                f"{path} has a line that is no variable",
                subject=str(path),
                found=f"line {binding.original.line}",  # not its text, which may be a secret
                expected="NAME=value, a comment after #, or nothing",
                next_step="mend that line",
            )
    for name, value in dotenv_values(stream=StringIO(text)).items():
        if value is not None and name not in environment:
            environment[name] = value
