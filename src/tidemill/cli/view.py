"""A run as it happens: what is known of each step, and how it is told where nothing can be redrawn.

RunView(events) ──▶ StepLine a step ──▶ live.TerminalView (rich, redrawn)  ·  PlainView (lines)
"""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

from tidemill.cli.formats import duration, first_line, number, size
from tidemill.cli.terminal import cut
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
    StepExpanded,
    StepFailed,
    StepRetrying,
    StepReused,
    StepSkipped,
    StepStarted,
    StepSucceeded,
)
from tidemill.core.formats import SCALARS
from tidemill.core.masked_output import masked
from tidemill.core.records import CheckResult, ErrorInfo, Version
from tidemill.work.orders import LogLine, Progress

SIGNS = {
    "waiting": " ",
    "running": "▸",
    "succeeded": "✓",
    "doubtful": "!",
    "failed": "✗",
    "retrying": "↻",
    "skipped": "○",
    "blocked": "⊘",
    "canceled": "⊘",
    "reused": "=",
}
STATES = {"started": "running", "planned": "waiting"}  # as the store calls them → as they are shown
MOST_NUMBERS = 3
BAR = 20


class StepLine:
    """What is shown of one step."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = "waiting"
        self.started = 0.0
        self.seconds: float | None = None
        self.bytes = 0
        self.values: list[str] = []
        self.checks: list[CheckResult] = []
        self.error: ErrorInfo | None = None
        self.cause = ""
        self.attempt = 0
        self.progress: Progress | None = None
        self.wait = 0.0
        self.waits_anew = False

    @property
    def tells(self) -> bool:
        """Whether there is something to say of it when all is over: what was up to date is counted only."""
        return self.state != "reused" or bool(self.bytes or self.values)

    @property
    def failed_checks(self) -> list[CheckResult]:
        """Checks that did not pass."""
        return [check for check in self.checks if not check.passed]

    @property
    def look(self) -> str:
        """The state as the sign and the colour tell it: a step may succeed and what it found be bad."""
        return "doubtful" if self.state == "succeeded" and self.failed_checks else self.state


class RunView:
    """Keeps the lines of a run up to date; what shows them derives from it.

    Args:
        clock: For the time that a running step has taken.
        load: Gives the value of a version, so that a score is shown itself.
    """

    def __init__(self, clock: Clock, load: Callable[[Version], Any]) -> None:
        self.clock = clock
        self.load = load
        self.lines: dict[str, StepLine] = {}
        self.status = "queued"
        self.reason = ""
        self.run_error: ErrorInfo | None = None
        self.run_id = ""
        self.past: Sequence[Event] = ()
        """What had happened in a run that is resumed: it is known, and not told again."""

    def __call__(self, fact: Event | LogLine | Progress) -> None:
        """Take in one fact."""
        if isinstance(fact, RunCreated):
            self.run_id = fact.run.id
            self.lines = {step.step: StepLine(step.step) for step in fact.run.steps}
            self._recall()
            self.begin()
        elif isinstance(fact, LogLine):
            self.wrote(fact)
        elif isinstance(fact, StepExpanded):
            self._expand(fact)
        elif isinstance(fact, (RunSucceeded, RunFailed, RunCanceled)):
            self._end(fact)
        else:
            line = self.lines.get(getattr(fact, "step", ""))
            if line is not None:
                self._step(line, fact)
                self.changed(line)

    def _expand(self, fact: StepExpanded) -> None:
        """A mapped step is shown as the steps that it has become, where it stood."""
        names = [f"{fact.step}[{key}]" for key in fact.keys if key not in fact.settled]
        self.lines = {
            name: self.lines.get(name) or StepLine(name)
            for shown in self.lines
            for name in (names if shown == fact.step else [shown])
        }
        self.expanded()

    def _recall(self) -> None:
        for fact in self.past:
            if isinstance(fact, StepExpanded):
                self._expand(fact)
            line = self.lines.get(getattr(fact, "step", ""))
            if line is not None:
                self._step(line, fact)
        for line in self.lines.values():
            if line.state in ("running", "retrying", "canceled"):
                line.state, line.seconds = "waiting", None

    def _end(self, fact: RunSucceeded | RunFailed | RunCanceled) -> None:
        self.status = {RunSucceeded: "succeeded", RunFailed: "failed", RunCanceled: "canceled"}[type(fact)]
        if isinstance(fact, RunFailed):
            self.run_error = fact.error
        if isinstance(fact, RunCanceled):
            self.reason = fact.reason
        self.close()

    def _step(self, line: StepLine, fact: Event | Progress) -> None:
        if isinstance(fact, Progress):
            line.waits_anew = not line.attempt and (line.progress is None or line.progress.text != fact.text)
            line.progress = fact
        elif isinstance(fact, StepStarted):
            line.state, line.attempt, line.started = "running", fact.attempt, self.clock.monotonic()
            line.progress, line.bytes, line.values, line.checks = None, 0, [], []
        elif isinstance(fact, Materialized):
            line.bytes += fact.version.artifact.size if fact.version.artifact is not None else 0
            told = [*self._value(fact.version), *_numbers(fact.version)]
            line.values += [each for each in told if each not in line.values]  # once for all slices of a step
        elif isinstance(fact, Checked):
            line.checks.append(fact.check)
        elif isinstance(fact, (StepSucceeded, StepFailed)):
            line.state, line.seconds = "succeeded", fact.seconds
            if isinstance(fact, StepFailed):
                line.state, line.error = "failed", fact.error
        else:
            self._other(line, fact)

    def _other(self, line: StepLine, fact: Event) -> None:
        """States in which a step did not run to an end of its own."""
        if isinstance(fact, StepRetrying):
            line.state, line.error, line.wait = "retrying", fact.error, fact.wait
        elif isinstance(fact, StepSkipped):
            line.state, line.cause = "skipped", fact.cause
            line.seconds = fact.seconds if fact.attempt else None
        elif isinstance(fact, StepBlocked):
            line.state, line.cause = "blocked", fact.cause
        elif isinstance(fact, StepCanceled):
            if line.state == "running":
                line.seconds = self.clock.monotonic() - line.started
            line.state = "canceled"
        elif isinstance(fact, StepReused):
            line.state, line.cause = "reused", fact.reason

    def _value(self, version: Version) -> list[str]:
        """The value of a scalar, which says more than its size."""
        if version.artifact is None or version.artifact.type_name not in SCALARS:
            return []
        value = self.load(version)
        return [number(value) if isinstance(value, (int, float)) else str(value)]

    def time_of(self, line: StepLine) -> str:
        """How long the step took, or takes so far."""
        if line.seconds is not None:
            return duration(line.seconds)
        return duration(self.clock.monotonic() - line.started) if line.state == "running" else ""

    def note_of(self, line: StepLine) -> str:
        """What there is to say of a step beside its state: a score, an error, a cause, progress."""
        if line.state == "failed" and line.error is not None:
            return verdict(line.failed_checks[0]) if line.failed_checks else first_line(line.error)
        if line.state == "retrying" and line.error is not None:
            return f"attempt {line.attempt} failed, next in {duration(line.wait)}: {first_line(line.error)}"
        if line.state == "blocked":
            return self._why_blocked(line)
        if line.state == "skipped":
            return "gave no output" if line.cause == line.name else f"{line.cause} gave no output"
        if line.state == "running":
            again = [f"attempt {line.attempt}"] if line.attempt > 1 else []
            return "  ".join([*again, *_progress(line.progress)])
        if line.state == "waiting":
            return line.progress.text if line.progress is not None else ""
        if line.state == "canceled":
            return ""
        if line.state == "reused":
            return "  ".join([*line.values, line.cause])
        again = [f"at attempt {line.attempt}"] if line.attempt > 1 else []
        return "  ".join([*line.values, *map(verdict, line.checks), *again])

    def row_of(self, line: StepLine, width: int) -> tuple[str, str, str]:
        """Name, time and size, note of a step: in columns, after the sign."""
        made = size(line.bytes) if line.bytes else ""
        name = cut(line.name, width).ljust(width)
        return name, f"  {self.time_of(line):>8}  {made:>8}  ", self.note_of(line)

    def _why_blocked(self, line: StepLine) -> str:
        cause = self.lines.get(line.cause)
        failed = [check for check in cause.failed_checks if check.blocking] if cause is not None else []
        return f"{verdict(failed[0])} (blocks)" if failed else f"needs {line.cause}"

    @contextlib.contextmanager
    def around(self) -> Iterator[None]:
        """While the run lasts, what is printed beside steps goes where it does not disturb."""
        with masked(sys.stderr, sys.stderr):
            yield

    def begin(self) -> None:
        """The run was made."""

    def expanded(self) -> None:
        """A mapped step has become several."""

    def changed(self, line: StepLine) -> None:
        """Something about a step changed."""

    def wrote(self, line: LogLine) -> None:
        """A step wrote a line; one without a step is about the run."""
        if not line.step:
            sys.stderr.write(f"{line.text}\n")

    def close(self) -> None:
        """The run is over, or will be heard of no more; may be told twice."""


def name_width(lines: list[StepLine], room: int | None = None) -> int:
    """How wide the column of names is: as wide as the longest, unless too little of `room` would be left."""
    longest = max((len(line.name) for line in lines), default=0)
    return longest if room is None else min(longest, max(12, room - 44))


def verdict(check: CheckResult) -> str:
    """A check and whether it passed."""
    return f"{'✓' if check.passed else '✗' if check.severity == 'ERROR' else '!'} {check.name}"


def _numbers(version: Version) -> list[str]:
    """The first numbers that the user told of a version."""
    told = [(label, value.numeric) for label, value in version.metadata.items() if value.numeric is not None]
    return [f"{label} {number(_whole(value))}" for label, value in told[:MOST_NUMBERS]]


def _whole(value: float) -> float:
    return int(value) if math.isfinite(value) and value == int(value) and abs(value) < 1e15 else value


def _progress(progress: Progress | None) -> list[str]:
    if progress is None:
        return []
    done = number(_whole(progress.done))
    if not progress.total:
        return [f"{done} {progress.text}".rstrip()]
    share = min(1.0, max(0.0, progress.done / progress.total))
    total = number(_whole(progress.total))
    return [f"{'━' * round(BAR * share):<{BAR}} {done} of {total} {progress.text}".rstrip()]


class PlainView(RunView):
    """One line when a step has ended; what steps write goes between, marked with the step's name."""

    def __init__(self, clock: Clock, load: Callable[[Version], Any], out: IO[str]) -> None:
        super().__init__(clock, load)
        self._out: IO[str] | None = out
        self._width = 0

    def begin(self) -> None:
        """Learn how wide names are."""
        self._width = name_width(list(self.lines.values()))

    expanded = begin

    @contextlib.contextmanager
    def around(self) -> Iterator[None]:
        """What is printed beside steps goes where it was to go."""
        with masked(sys.stdout, sys.stderr):
            yield

    def changed(self, line: StepLine) -> None:
        """Print a step that has ended, will be tried again, or waits for others; a check is told with its step."""
        waits, line.waits_anew = line.waits_anew, False
        if waits or (line.state not in ("running", "waiting") and line.tells):
            self._print(f"{SIGNS[line.look]} {''.join(self.row_of(line, self._width))}".rstrip())

    def wrote(self, line: LogLine) -> None:
        """Print what a step wrote."""
        if line.level != "debug":
            self._print(f"  {line.step} | {line.text}" if line.step else f"! {line.text}")

    def _print(self, text: str) -> None:
        if self._out is None:
            return
        try:
            self._out.write(text + "\n")
            self._out.flush()
        except BrokenPipeError:
            # Whoever watched has gone (`| head`); that is no reason to throw away what a step is making.
            self._out = None
