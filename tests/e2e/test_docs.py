"""The pages of the documentation do what they say: each is followed, first line to last, in an empty folder.

```python FILE     writes the file            ```diff FILE    replaces its lines with - by those with +
```python          is typed into a notebook   ```text         is what the block before it printed
```console         $ lines are commands, what follows is their output; `…` stands for anything
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from command_line import environment, tidemill
from kernel import Notebook
from nbclient.exceptions import CellExecutionError

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(
    path.relative_to(DOCS).as_posix() for path in DOCS.glob("*.md") if path.name != "coming-from-dagster.md"
)
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SETTING_UP = ("python -m venv", "source ", "pip install")  # the reader's machine, not ours


class Block(NamedTuple):
    """A fenced block: its language, the file that it is about, its text, its line in the page."""

    language: str
    file: str
    text: str
    line: int


def blocks_of(page: str) -> list[Block]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return [
        Block(found[1], found[2] or "", found[3], text.count("\n", 0, found.start()) + 1)
        for found in FENCE.finditer(text)
    ]


class Reader:
    """Somebody who does what a page says, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = ""
        self._notebook: Notebook | None = None

    def follow(self, block: Block) -> None:
        if block.language == "python" and block.file:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            self._run(block.text)
        elif block.language == "text":
            assert matches(block.text, self.said), self.said
        elif block.language == "diff":
            self._edit(block)
        elif block.language == "console":
            self._type(block.text)
        else:
            assert block.language in ("toml", "json", "yaml", "sh", "markdown"), block.language

    def _run(self, text: str) -> None:
        if self._notebook is None:
            self._notebook = Notebook(self.folder)
        self.said = self._notebook.printed(text)

    def close(self) -> None:
        if self._notebook is not None:
            self._notebook.close()

    def _edit(self, block: Block) -> None:
        lines = block.text.splitlines(keepends=True)
        old, new = ("".join(line[1:] for line in lines if line[0] == sign) for sign in "-+")
        path = self.folder / block.file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{block.file} does not have these lines once:\n{old}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def _type(self, text: str) -> None:
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            if command.startswith(SETTING_UP):
                continue
            words = shlex.split(command, comments=True)
            if words[0] == "cd":
                self.folder = self.folder / words[1]
                continue
            if words[0] == "tidemill":
                done = tidemill(self.folder, *words[1:])
                out, err = done.out, done.err
            else:
                words[0] = {"python": sys.executable, "pytest": f"{sys.executable} -m pytest"}.get(
                    words[0], words[0]
                )
                ran = subprocess.run(
                    [*words[0].split(), *words[1:]],
                    cwd=self.folder,
                    env=environment(self.folder),
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=120,
                )
                out, err = ran.stdout, ran.stderr
            assert matches(expected, out + err), f"$ {command}\n{out}{err}"


def matches(expected: str, found: str) -> bool:
    """Whether lines are what was expected; `…` is anything within a line, a line of `…` any lines."""
    pattern = ""
    for line in expected.rstrip("\n").split("\n") if expected.strip() else []:
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            parts = (r"[ ]+".join(map(re.escape, re.split(" +", part))) for part in line.split("…"))
            pattern += ".*".join(parts) + r"[ ]*\n"
    return not expected.strip() or re.fullmatch(pattern, found.rstrip("\n") + "\n") is not None


@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_what_it_says(page: str, tmp_path: Path) -> None:
    with closing(Reader(tmp_path)) as reader:
        for block in blocks_of(page):
            try:
                reader.follow(block)
            except (AssertionError, CellExecutionError) as error:
                raise AssertionError(f"docs/{page}:{block.line}\n{block.text}\n{error}") from None


def test_what_a_page_expects_can_fail() -> None:
    assert matches("a  …\n…\nb\n", "a 1\nx\ny\nb\n")
    assert not matches("a\n", "b\n")
    assert not matches("a\nb\n", "a\n")
    assert matches("…\n", "anything\n")
