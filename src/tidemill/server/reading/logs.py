"""Pages of log files, by line number, however long they are and while they grow.

    file of JSON lines ──(each byte is counted once)──▶ Marks: every 256 kB, which line begins where ──▶ any page

A mark says that line `n` begins at a byte. To show a page, the file is read from the last mark before it.
"""

from __future__ import annotations

import json
import threading
import time
from bisect import bisect_right
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

from tidemill.server.models import LogLine

STRIDE = 256 * 1024
"""Bytes between two marks."""

FILES = 64
"""Of how many files marks are kept."""

MOST_LINES = 5_000
LOOKED_THROUGH = 0.1
"""Seconds that one request looks for lines; whoever wants more asks on."""

SERIOUS = frozenset(("error", "critical"))
SIGNS = tuple(f'"{level}"'.encode() for level in SERIOUS)
LONGEST = 100_000
"""Characters of a line that are shown: what is longer is no text that anybody reads."""


class Mark(NamedTuple):
    """Where a line begins."""

    line: int
    offset: int


class Page(NamedTuple):
    """Lines from one on, and how many whole lines there are so far."""

    lines: list[LogLine]
    total: int


class Wanted(NamedTuple):
    """Which lines are looked for.

    Attributes:
        text: What they contain, in whatever case.
        serious: Whether only errors count, or worse.
    """

    text: str = ""
    serious: bool = False

    def is_met(self, line: LogLine) -> bool:
        """Whether a line is one of them."""
        return (not self.serious or line.level in SERIOUS) and self.text.lower() in line.text.lower()

    def may_be(self, row: bytes) -> bool:
        """Whether a row of the file may be one of them: most are not, and can be told from their bytes."""
        if self.serious and not any(sign in row for sign in SIGNS):
            return False
        return not self._is_plain or self.text.lower().encode() in row.lower()

    @property
    def _is_plain(self) -> bool:
        """Whether the text looks in JSON as it does by itself."""
        return self.text.isascii() and self.text.isprintable() and not {'"', "\\"} & set(self.text)


class Found(NamedTuple):
    """Lines that match, and the line to look on from; None where there is none beyond."""

    lines: list[LogLine]
    next: int | None


class _Marks:
    """The marks of one file."""

    def __init__(self, inode: int) -> None:
        self.inode = inode
        self.marks = [Mark(0, 0)]
        self.line = 0  # whole lines so far
        self.offset = 0  # where the next one begins
        self.counted = 0  # bytes that were looked at; behind `offset` they are of a line that has no end yet
        self.lock = threading.Lock()

    def grow(self, path: Path) -> None:
        """Count what was written since."""
        with path.open("rb") as file:
            file.seek(self.counted)
            while data := file.read(STRIDE):
                found = data.count(b"\n")
                if found:
                    self.line += found
                    self.offset = self.counted + data.rindex(b"\n") + 1
                    if self.offset - self.marks[-1].offset >= STRIDE:
                        self.marks.append(Mark(self.line, self.offset))
                self.counted += len(data)

    def before(self, line: int) -> Mark:
        """The last mark at or before a line."""
        return self.marks[bisect_right(self.marks, line, key=lambda mark: mark.line) - 1]


class LogPages:
    """Reads pages; what it knows of files is kept for the next page."""

    def __init__(self) -> None:
        self._files: OrderedDict[Path, _Marks] = OrderedDict()
        self._lock = threading.Lock()

    def page(self, path: Path, start: int, limit: int) -> Page:
        """Lines of a file from line `start` on, counted from 0; a negative `start` counts from the end.

        Nothing where the file is not there: nothing was written.
        """
        try:
            found = path.stat()
        except FileNotFoundError:
            return Page([], 0)
        marks = self._marks(path, found.st_ino, found.st_size)
        with marks.lock:
            if found.st_size > marks.counted:
                marks.grow(path)
            total, end = marks.line, marks.offset
            first = max(0, total + start) if start < 0 else start
            mark = marks.before(first)
        if first >= total or limit <= 0:
            return Page([], total)
        return Page(_read(path, mark, first, min(limit, MOST_LINES, total - first), end), total)

    def total(self, path: Path) -> int:
        """How many whole lines a file has so far."""
        return self.page(path, 0, 0).total

    def find(self, path: Path, wanted: Wanted, start: int, limit: int) -> Found:
        """Lines from `start` on that match: at most `limit`, and what is found in `LOOKED_THROUGH` seconds."""
        try:
            found = path.stat()
        except FileNotFoundError:
            return Found([], None)
        marks = self._marks(path, found.st_ino, found.st_size)
        with marks.lock:
            if found.st_size > marks.counted:
                marks.grow(path)
            total, mark = marks.line, marks.before(start)
        return _search(path, mark, range(start, total), wanted, limit)

    def _marks(self, path: Path, inode: int, size: int) -> _Marks:
        with self._lock:
            known = self._files.get(path)
            if known is None or known.inode != inode or known.counted > size:
                known = self._files[path] = _Marks(inode)
            self._files.move_to_end(path)
            while len(self._files) > FILES:
                self._files.popitem(last=False)
            return known


def _read(path: Path, mark: Mark, first: int, count: int, end: int) -> list[LogLine]:
    lines = []
    with path.open("rb") as file:
        file.seek(mark.offset)
        for number in range(mark.line, first + count):
            row = file.readline()
            if number >= first:
                lines.append(_line(number, row))
            if file.tell() > end:
                break
    return lines


def _search(path: Path, mark: Mark, numbers: range, wanted: Wanted, limit: int) -> Found:
    found: list[LogLine] = []
    deadline = time.monotonic() + LOOKED_THROUGH
    with path.open("rb") as file:
        file.seek(mark.offset)
        for number in range(mark.line, numbers.stop):
            row = file.readline()
            if number < numbers.start:
                continue
            if wanted.may_be(row) and wanted.is_met(line := _line(number, row)):
                found.append(line)
            if len(found) >= limit or (number % 256 == 0 and time.monotonic() > deadline):
                return Found(found, number + 1 if number + 1 < numbers.stop else None)
    return Found(found, None)


def _line(number: int, row: bytes) -> LogLine:
    try:
        told = json.loads(row)
        at, level, stream, text = told["at"], told["level"], told["stream"], told["text"]
    except (ValueError, KeyError, TypeError):
        at, level, stream, text = 0, "info", "log", row.decode("utf-8", "replace").rstrip("\n")
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… ({len(text):,} characters)"
    return LogLine(n=number, at=at, level=level, stream=stream, text=text)
