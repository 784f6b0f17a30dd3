"""What standard output and error can take: their characters, their width, their colours.

A stream without a character gets a plain one in its place, never an error: `LANG=C` must not end a run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

PLAIN = dict(zip("✓✗▸↻○⊘…←━—·×±█", "+x>~o-~<=--x~#", strict=True))
CODES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "dim": "2"}
ERRORS = "tidemill"


def open_streams() -> None:
    """Make the standard streams take any text; one that was closed swallows it."""
    import codecs

    codecs.register_error(ERRORS, _plain)
    for name in ("stdout", "stderr"):
        stream: Any = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123  (for good)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=ERRORS)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in text), error.end


def is_live(stream: TextIO) -> bool:
    """Whether what was written to the stream can be redrawn."""
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "")


def paint(text: str, color: str | None, stream: TextIO) -> str:
    """The text in a colour, where the stream shows colours and nobody asked for none."""
    if not text or color is None or os.environ.get("NO_COLOR") or not is_live(stream):
        return text
    return f"\x1b[{CODES[color]}m{text}\x1b[0m"


def columns(stream: TextIO) -> int | None:
    """Width of the terminal; None where there is no terminal, and lines may be as long as they are."""
    if not stream.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def write_table(
    rows: Sequence[tuple[str, ...]],
    *,
    header: tuple[str, ...],
    right: tuple[int, ...] = (),
    colors: list[str | None] | None = None,
) -> None:
    """Print rows in columns; on a terminal the last column is cut where it would wrap.

    Args:
        rows: Cells.
        header: Names of the columns.
        right: Columns whose cells stand at the right.
        colors: For each row, the colour of its second cell.
    """
    out = sys.stdout
    shown = [header, *rows]
    widths = [max(len(row[index]) for row in shown) for index in range(len(header))]
    room = columns(out)
    for number, row in enumerate(shown):
        cells = [
            cell.rjust(widths[index]) if index in right else cell.ljust(widths[index])
            for index, cell in enumerate(row)
        ]
        before = "  ".join(cells[:-1]) + "  "
        last = row[-1]
        if room is not None and len(before) + len(last) > room:
            last = cut(last, max(8, room - len(before)))
        if number == 0:
            out.write(paint((before + last).rstrip(), "dim", out) + "\n")
            continue
        if colors is not None and colors[number - 1] is not None:
            cells[1] = paint(cells[1], colors[number - 1], out)
        out.write(("  ".join(cells[:-1]) + "  " + last).rstrip() + "\n")


def cut(text: str, room: int) -> str:
    """The text, or as much of it as there is room for."""
    return text if len(text) <= room else text[: room - 1] + "…"
