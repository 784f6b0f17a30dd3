"""A run on a terminal: all steps at once, redrawn in place while it lasts; what steps write scrolls above.

One thread draws, ten times a second; the run itself only changes values and appends lines, so that ten
thousand printed lines cost it no redrawing.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TextIO, cast

from rich.console import Console
from rich.file_proxy import FileProxy
from rich.live import Live
from rich.text import Text

from tidemill.cli.view import SIGNS, RunView, StepLine, name_width
from tidemill.core.clock import Clock
from tidemill.core.masked_output import masked
from tidemill.core.records import Version
from tidemill.work.orders import LogLine

COLORS = {
    "running": "cyan",
    "succeeded": "green",
    "doubtful": "yellow",
    "failed": "red",
    "retrying": "yellow",
    "skipped": "bright_black",
    "blocked": "yellow",
    "canceled": "yellow",
    "reused": "bright_black",
}
SECONDS = 0.1
LAST_DONE = 3
ROOM = 3  # lines below the steps that are left free


class TerminalView(RunView):
    """Draws the steps of a run. What is left to stay, when the run is over, is every step once."""

    def __init__(self, clock: Clock, load: Callable[[Version], Any], out: TextIO) -> None:
        super().__init__(clock, load)
        self.console = Console(file=out, highlight=False, soft_wrap=False)
        self._has_written = False
        self._live = Live(
            console=self.console,
            get_renderable=self._drawing_of,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            transient=True,
        )
        self._written: deque[LogLine] = deque()
        self._stop = threading.Event()
        self._drawer = threading.Thread(target=self._keep_drawing, name="tidemill-view", daemon=True)
        self._drawing = False

    @contextlib.contextmanager
    def around(self) -> Iterator[None]:
        """What is printed beside steps (by resources, by warnings) goes above the drawing."""
        out = cast("TextIO", FileProxy(self.console, sys.stdout))
        with contextlib.ExitStack() as stack:
            stack.callback(self.close)
            stack.callback(out.flush)
            stack.enter_context(masked(out, out if sys.stderr.isatty() else sys.stderr))
            yield

    def begin(self) -> None:
        """Start to draw."""
        self._drawing = True
        self._live.start()
        self._drawer.start()

    def wrote(self, line: LogLine) -> None:
        """Keep what a step wrote for the next drawing."""
        if line.level != "debug":
            self._written.append(line)

    def close(self) -> None:
        """Stop drawing; leave the steps as they are now."""
        if not self._drawing:
            return
        self._drawing = False
        self._stop.set()
        self._drawer.join()
        self._flush()
        self._live.stop()
        self.console.print(self._drawing_of(everything=True), no_wrap=True, overflow="ellipsis")

    def _keep_drawing(self) -> None:
        while not self._stop.wait(SECONDS):
            self._flush()
            self._live.refresh()

    def _flush(self) -> None:
        lines = [self._written.popleft() for _ in range(len(self._written))]
        if lines:
            self._has_written = True
            texts = [
                Text.assemble((f"{line.step or '!'} ", "bright_black"), Text.from_ansi(line.text))
                for line in lines
            ]
            self.console.print(Text("\n").join(texts), soft_wrap=True)

    def _drawing_of(self, everything: bool = False) -> Text:
        lines = [line for line in self.lines.values() if line.tells]
        shown = lines if everything else most_telling(lines, max(5, self.console.height - ROOM))
        width = name_width(lines, self.console.width)
        rows = [self._row(line, width) for line in shown]
        if len(shown) < len(lines):
            kept = set(map(id, shown))
            rest = counted([line for line in lines if id(line) not in kept])
            rows.append(Text(f"  {rest}", "bright_black"))
        above = [Text("")] if self._has_written else []
        return Text("\n", no_wrap=True, overflow="ellipsis").join([*above, *rows])

    def _row(self, line: StepLine, width: int) -> Text:
        color = COLORS.get(line.look, "")
        name, rest, note = self.row_of(line, width)
        return Text.assemble(
            (f"{SIGNS[line.look]} ", color),
            (name, "bright_black" if line.state == "waiting" else ""),
            rest,
            (note, color if line.look not in ("succeeded", "running") else ""),
        )


def most_telling(lines: list[StepLine], room: int) -> list[StepLine]:
    """The lines to show where there is no room for all, in their order.

    What fails and runs goes before what waits, and that before what is done; the last that are done stay.
    """
    if len(lines) <= room:
        return lines
    rank = {"failed": 0, "running": 0, "retrying": 0, "blocked": 2, "waiting": 2}
    done = [index for index, line in enumerate(lines) if line.state not in rank][-LAST_DONE:]
    ranked = sorted(
        range(len(lines)),
        key=lambda index: (1 if index in done else rank.get(lines[index].state, 3), index),
    )
    return [lines[index] for index in sorted(ranked[: room - 1])]


def counted(lines: list[StepLine]) -> str:
    """How many lines there are: `40 more: 18 done, 22 waiting`."""
    waiting = sum(line.state == "waiting" for line in lines)
    parts = [
        f"{count} {name}" for count, name in ((len(lines) - waiting, "done"), (waiting, "waiting")) if count
    ]
    return f"… {len(lines)} more: {', '.join(parts)}"
