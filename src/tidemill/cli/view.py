"""A run as it happens: one line a step, redrawn in place on a terminal, printed once a step elsewhere.

    RunView(events) ──▶ StepLine a step ──▶ TerminalView (rich, live)  ·  PlainView (lines)  ·  SilentView (--json)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import IO, Any

from tidemill.cli.formats import duration, number, size
from tidemill.core.clock import Clock
from tidemill.core.events import (
    Checked,
    Event,
    Materialized,
    RunCanceled,
    RunCreated,
    RunFailed,
    RunSucceeded,
    StepBlocked,
    StepCanceled,
    StepFailed,
    StepRetrying,
    StepReused,
    StepSkipped,
    StepStarted,
    StepSucceeded,
)
from tidemill.core.records import CheckResult, ErrorInfo, Version
from tidemill.execution.orders import LogLine, Progress

SIGNS = {
    "waiting": " ",
    "running": "▸",
    "succeeded": "✓",
    "failed": "✗",
    "retrying": "↻",
    "skipped": "○",
    "blocked": "⊘",
    "canceled": "⊘",
    "reused": "=",
}
COLORS = {
    "running": "cyan",
    "succeeded": "green",
    "failed": "red",
    "retrying": "yellow",
    "skipped": "bright_black",
    "blocked": "yellow",
    "canceled": "yellow",
    "reused": "bright_black",
}
SCALARS = ("int", "float", "bool", "numpy.float64", "numpy.float32", "numpy.int64")


class StepLine:
    """What is shown of one step."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = "waiting"
        self.started = 0.0
        self.seconds: float | None = None
        self.versions: list[Version] = []
        self.checks: list[CheckResult] = []
        self.error: ErrorInfo | None = None
        self.cause = ""
        self.attempt = 0
        self.progress: Progress | None = None
        self.wait = 0.0

    @property
    def bytes(self) -> int:
        """Size of what it made."""
        return sum(version.artifact.size for version in self.versions if version.artifact is not None)


class RunView:
    """Keeps the lines of a run up to date; what shows them derives from it.

    Args:
        clock: For the time that a running step has taken.
        load: Gives the value of a small version, so that a score is shown itself.
    """

    def __init__(self, clock: Clock, load: Callable[[Version], Any] | None = None) -> None:
        self.clock = clock
        self.load = load
        self.lines: dict[str, StepLine] = {}
        self.status = "queued"
        self.reason = ""
        self.run_error: ErrorInfo | None = None
        self.run_id = ""

    def __call__(self, fact: Event | LogLine | Progress) -> None:
        """Take in one fact."""
        if isinstance(fact, RunCreated):
            self.run_id = fact.run.id
            self.lines = {step.step: StepLine(step.step) for step in fact.run.steps}
            self.begin()
        elif isinstance(fact, LogLine):
            self.wrote(fact)
        elif isinstance(fact, Progress):
            self.lines[fact.step].progress = fact
            self.changed(self.lines[fact.step])
        elif isinstance(fact, (RunSucceeded, RunFailed, RunCanceled)):
            self._end(fact)
        else:
            line = self.lines.get(getattr(fact, "step", ""))
            if line is not None:
                self._step(line, fact)
                self.changed(line)

    def _end(self, fact: RunSucceeded | RunFailed | RunCanceled) -> None:
        self.status = {RunSucceeded: "succeeded", RunFailed: "failed", RunCanceled: "canceled"}[type(fact)]
        if isinstance(fact, RunFailed):
            self.run_error = fact.error
        if isinstance(fact, RunCanceled):
            self.reason = fact.reason
        self.end()

    def _step(self, line: StepLine, fact: Event) -> None:
        if isinstance(fact, StepStarted):
            line.state, line.attempt, line.started = "running", fact.attempt, self.clock.monotonic()
        elif isinstance(fact, Materialized):
            line.versions.append(fact.version)
        elif isinstance(fact, Checked):
            line.checks.append(fact.check)
        elif isinstance(fact, StepSucceeded):
            line.state, line.seconds = "succeeded", fact.seconds
        elif isinstance(fact, StepFailed):
            line.state, line.seconds, line.error = "failed", fact.seconds, fact.error
        elif isinstance(fact, StepRetrying):
            line.state, line.error, line.wait = "retrying", fact.error, fact.wait
        elif isinstance(fact, StepSkipped):
            line.state, line.cause = "skipped", fact.cause
            line.seconds = fact.seconds if fact.attempt else None
        elif isinstance(fact, StepBlocked):
            line.state, line.cause = "blocked", fact.cause
        elif isinstance(fact, StepCanceled):
            line.state = "canceled"
        elif isinstance(fact, StepReused):
            line.state = "reused"

    def time_of(self, line: StepLine) -> str:
        """How long the step took, or takes so far."""
        if line.seconds is not None:
            return duration(line.seconds)
        return duration(self.clock.monotonic() - line.started) if line.state == "running" else ""

    def note_of(self, line: StepLine) -> str:
        """What there is to say of a step beside its state: a score, an error, a cause, progress."""
        if line.state == "failed" and line.error is not None:
            return line.error.message.strip().splitlines()[0]
        if line.state == "retrying":
            return f"attempt {line.attempt} failed, next in {duration(line.wait)}"
        if line.state == "blocked":
            return f"needs {line.cause}"
        if line.state == "skipped":
            return "gave no output" if line.cause == line.name else f"{line.cause} gave no output"
        if line.state == "running":
            return _progress_text(line.progress)
        return "  ".join([*self._values(line), *_verdicts(line)])

    def _values(self, line: StepLine) -> list[str]:
        """The values of scalars, which say more than their size."""
        shown = []
        for version in line.versions:
            artifact = version.artifact
            if self.load is not None and artifact is not None and artifact.type_name in SCALARS:
                value = self.load(version)
                shown.append(number(value) if isinstance(value, (int, float)) else str(value))
        return shown

    def begin(self) -> None:
        """The run was made."""

    def changed(self, line: StepLine) -> None:
        """Something about a step changed."""

    def wrote(self, line: LogLine) -> None:
        """A step wrote a line."""

    def end(self) -> None:
        """The run is over."""

    def close(self) -> None:
        """Give the terminal back, whatever happened."""


def _progress_text(progress: Progress | None) -> str:
    if progress is None:
        return ""
    if not progress.total:
        return f"{number(progress.done)} {progress.text}".strip()
    share = min(1.0, progress.done / progress.total)
    bar = "━" * round(20 * share)
    return f"{bar:<20} {number(progress.done)} of {number(progress.total)} {progress.text}".rstrip()


def _verdicts(line: StepLine) -> list[str]:
    return [f"{'✓' if check.passed else '✗' if check.severity == 'ERROR' else '!'} {check.name}" for check in line.checks]


class PlainView(RunView):
    """One line when a step has ended; what steps write goes between, marked with the step's name."""

    def __init__(self, clock: Clock, load: Callable[[Version], Any] | None, out: IO[str]) -> None:
        super().__init__(clock, load)
        self._out = out
        self._width = 0

    def begin(self) -> None:
        """Learn how wide names are."""
        self._width = max(map(len, self.lines), default=0)

    def changed(self, line: StepLine) -> None:
        """Print a step that has ended, or that will be tried again."""
        if line.state in ("running", "waiting"):
            return
        made = size(line.bytes) if line.bytes else ""
        text = f"{SIGNS[line.state]} {line.name:<{self._width}}  {self.time_of(line):>10}  {made:>8}  {self.note_of(line)}"
        print(text.rstrip(), file=self._out, flush=True)  # noqa: T201

    def wrote(self, line: LogLine) -> None:
        """Print what a step wrote."""
        if line.level != "debug":
            print(f"  {line.step} | {line.text}", file=self._out, flush=True)  # noqa: T201


class TerminalView(RunView):
    """All steps at once, redrawn in place while the run lasts; what steps write scrolls above."""

    ROOM = 4  # lines that are left for the prompt and the header

    def __init__(self, clock: Clock, load: Callable[[Version], Any] | None, out: IO[str]) -> None:
        super().__init__(clock, load)
        from rich.console import Console
        from rich.live import Live

        self.console = Console(file=out, highlight=False)
        self._live = Live(
            console=self.console,
            get_renderable=self._table,
            refresh_per_second=10,
            redirect_stdout=False,
            redirect_stderr=False,
            transient=True,
        )

    def begin(self) -> None:
        """Start to draw."""
        self._live.start()

    def wrote(self, line: LogLine) -> None:
        """Print what a step wrote, above the steps."""
        if line.level != "debug":
            from rich.text import Text

            self.console.print(Text.assemble((f"{line.step} ", "bright_black"), line.text))

    def end(self) -> None:
        """Draw the steps a last time, to stay."""
        self.close()
        self.console.print(self._table(everything=True))

    def close(self) -> None:
        """Stop drawing."""
        self._live.stop()

    def _table(self, everything: bool = False) -> Any:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2, 0, 0))
        for column in ("left", "left", "right", "right", "left"):
            table.add_column(justify=column, no_wrap=True, overflow="ellipsis")
        lines = list(self.lines.values())
        shown = lines if everything else _most_telling(lines, max(5, self.console.height - self.ROOM))
        for line in shown:
            color = COLORS.get(line.state, "")
            table.add_row(
                Text(SIGNS[line.state], color),
                Text(line.name, "" if line.state != "waiting" else "bright_black"),
                Text(self.time_of(line)),
                Text(size(line.bytes) if line.bytes else ""),
                Text(self.note_of(line), color if line.state in ("failed", "blocked", "retrying") else ""),
            )
        hidden = len(lines) - len(shown)
        if hidden:
            table.add_row("", Text(f"… and {hidden} more", "bright_black"), "", "", "")
        return table


def _most_telling(lines: list[StepLine], room: int) -> list[StepLine]:
    """The lines to show where there is no room for all: what fails and runs before what waits, before what is done."""
    if len(lines) <= room:
        return lines
    rank = {"failed": 0, "running": 0, "retrying": 0, "blocked": 1, "waiting": 2}
    chosen = sorted(range(len(lines)), key=lambda index: (rank.get(lines[index].state, 3), -index))[: room - 1]
    return [lines[index] for index in sorted(chosen)]


def make_view(clock: Clock, load: Callable[[Version], Any] | None, out: IO[str] | None = None) -> RunView:
    """The view that fits where the output goes."""
    out = out or sys.stdout
    return TerminalView(clock, load, out) if out.isatty() else PlainView(clock, load, out)
