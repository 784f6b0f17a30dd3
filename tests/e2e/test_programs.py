"""Programs that were written for another orchestrator print the same with their imports changed.

`programs/AREA.txt` holds programs of that area, each as

    === NAME | FILE       the text of a file; `program.py` is the one that is run
    === NAME | printed    what it printed where it came from

Ids, paths and the names of that package and of its error classes are made alike before the two are compared.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from warm_command import Warm

FOLDER = Path(__file__).parent / "programs"
HEAD = re.compile(r"^=== (\S+) \| (\S+)\n", re.MULTILINE)
IMPORTS = {
    r"\bdagster_duckdb_pandas\b": "tidemill.duckdb_pandas",
    r"\bdagster_duckdb\b": "tidemill.duckdb",
    r"\bdagster_slack\b": "tidemill.slack",
    r"\bdagster_pipes\b": "tidemill.pipes",
    r"\bimport dagster as dg\b": "import tidemill as dg",
    r"\bfrom dagster\b": "from tidemill",
}
ALIKE = {
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}": "<id>",
    r"\bDagster(\w*Error|InvalidMetadata|TypeCheckDidNotPass)\b": r"\1",
    r"\btidemill\b": "dagster",
}


def programs() -> dict[str, dict[str, str]]:
    """Area and name → file → text."""
    found: dict[str, dict[str, str]] = {}
    for bundle in sorted(FOLDER.glob("*.txt")):
        _, *parts = HEAD.split(bundle.read_text(encoding="utf-8"))
        for name, file, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            found.setdefault(f"{bundle.stem}: {name}", {})[file] = text
    return found


PROGRAMS = programs()


def replaced(text: str, table: dict[str, str]) -> str:
    for pattern, replacement in table.items():
        text = re.sub(pattern, replacement, text)
    return text


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    """Programs begin where Tidemill and what most of them use is imported: six hundred imports take minutes."""
    server = Warm("tidemill.compat.materialize", "tidemill.testing", "pandas", "pytest")
    yield server
    server.close()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_prints_what_it_printed(name: str, tmp_path: Path, warm: Warm) -> None:
    files = dict(PROGRAMS[name])
    printed = files.pop("printed")
    work = tmp_path / "w"
    for file, text in files.items():
        path = work / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(replaced(text, IMPORTS), encoding="utf-8")
    done = warm.program(
        work, "program.py", tmp_path, PYTHONDONTWRITEBYTECODE="1", TMPDIR=os.environ.get("TMPDIR", "/tmp")
    )
    out = done.out.replace(str(tmp_path), "<tmp>")
    out = re.sub(r"/tmp/[\w./-]*", "<path>", out)
    assert replaced(out, ALIKE).rstrip() == printed.rstrip(), done.err
