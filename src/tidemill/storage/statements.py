"""The named statements of `sql/*.sql`: each begins with a line `-- name: NAME` and is one statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from sqlite3 import complete_statement

FOLDER = Path(__file__).with_name("sql")
FILES = ("writes.sql", "reads.sql")


@cache
def statements() -> Mapping[str, str]:
    """Every named statement, without the semicolon."""
    found: dict[str, str] = {}
    for file in FILES:
        _, *parts = (FOLDER / file).read_text(encoding="utf-8").split("\n-- name: ")
        for part in parts:
            name, _, text = part.partition("\n")
            if name in found:
                raise ValueError(f"{file} has a second statement named {name!r}")
            found[name] = text.strip()
    return found


def split(script: str) -> Iterator[str]:
    """The statements of a script one by one, because `executescript` commits whatever is open."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if complete_statement(statement):
            yield statement
            statement = ""
    if any(line.strip() and not line.lstrip().startswith("--") for line in statement.splitlines()):
        yield statement
