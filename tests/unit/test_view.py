"""What the view says of a run, without a terminal and without a run: events in, text out."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tidemill.cli.live import most_telling
from tidemill.cli.view import PlainView, RunView, StepLine, name_width
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
    StepSkipped,
    StepStarted,
    StepSucceeded,
)
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import Artifact, CheckResult, ErrorInfo, PlannedStep, Run, Version
from tidemill.work.orders import LogLine, Progress

ERROR = ErrorInfo("pkg.errors.BadData: no rows\nmore", ("frame",), "BadData")


class StillClock:
    """Stands still unless told."""

    seconds = 100.0

    def now(self) -> int:
        return int(self.seconds * 1_000_000)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def version(asset: str, type_name: str = "float", size: int = 85, **metadata: MetadataValue) -> Version:
    artifact = Artifact("ad", size, "co", True, type_name)
    return Version("id", AssetKey(asset), None, 0, "d", "c", artifact, metadata=metadata)


def created(*names: str) -> RunCreated:
    return RunCreated(0, Run("r1", "job", 0, {}, steps=tuple(PlannedStep(name) for name in names)))


def told(*facts: Event | LogLine | Progress, steps: tuple[str, ...] = ("one", "other")) -> list[str]:
    out = io.StringIO()
    view = PlainView(StillClock(), lambda _: 0.25, out)
    for fact in (created(*steps), *facts):
        view(fact)
    return out.getvalue().splitlines()


def test_a_step_that_made_a_scalar_shows_it_and_its_first_numbers() -> None:
    made = version(
        "one", rows=MetadataValue.int(2000), note=MetadataValue.text("x"), rate=MetadataValue.float(0.5)
    )
    lines = told(
        StepStarted(0, "one"), Materialized(0, "one", 1, made), StepSucceeded(0, "one", 1, seconds=1.25)
    )
    assert lines == ["✓ one       1.2 s      85 B  0.25  rows 2,000  rate 0.5"]


def test_values_of_other_types_are_never_loaded() -> None:
    def load(_: Version) -> Any:
        pytest.fail("loaded")

    view = RunView(StillClock(), load)
    for fact in (
        created("one"),
        StepStarted(0, "one"),
        Materialized(0, "one", 1, version("one", "evil.Type")),
    ):
        view(fact)
    assert view.lines["one"].values == []


def test_a_failed_step_shows_the_first_line_of_its_error_without_the_module() -> None:
    assert told(StepStarted(0, "one"), StepFailed(0, "one", 1, ERROR, 0.5)) == [
        "✗ one      500 ms            BadData: no rows"
    ]


def test_a_check_that_does_not_pass_marks_its_step() -> None:
    check = CheckResult(AssetKey("one"), "positive", False)
    warned = CheckResult(AssetKey("one"), "big", False, severity="WARN")
    lines = told(
        StepStarted(0, "one"),
        Checked(0, "one", 1, check),
        Checked(0, "one", 1, warned),
        StepSucceeded(0, "one", 1),
    )
    assert lines == ["! one      0.0 ms            ✗ positive  ! big"]


def test_blocked_steps_name_the_step_or_the_check_that_blocks_them() -> None:
    check = CheckResult(AssetKey("one"), "positive", False, blocking=True)
    lines = told(
        StepStarted(0, "one"),
        Checked(0, "one", 1, check),
        StepFailed(0, "one", 1, ERROR),
        StepBlocked(0, "other", "one"),
    )
    assert lines[0].endswith("✗ positive")
    assert lines[1] == "⊘ other                      ✗ positive (blocks)"
    lines = told(StepStarted(0, "one"), StepFailed(0, "one", 1, ERROR), StepBlocked(0, "other", "one"))
    assert lines[1] == "⊘ other                      needs one"


def test_skipped_steps_name_what_gave_no_output() -> None:
    lines = told(StepSkipped(0, "one", "one", 1, seconds=0.002), StepSkipped(0, "other", "one"))
    assert lines == [
        "○ one      2.0 ms            gave no output",
        "○ other                      one gave no output",
    ]


def test_a_retry_shows_its_error_and_a_success_its_attempt() -> None:
    lines = told(
        StepStarted(0, "one"),
        StepRetrying(0, "one", 1, ERROR, 2.0),
        StepStarted(0, "one", 2),
        StepSucceeded(0, "one", 2),
    )
    assert lines[0].endswith("attempt 1 failed, next in 2.0 s: BadData: no rows")
    assert lines[1].endswith("at attempt 2")


def test_what_a_failed_attempt_made_does_not_count_for_the_next() -> None:
    made = Materialized(0, "one", 1, version("one"))
    lines = told(StepStarted(0, "one"), made, StepRetrying(0, "one", 1, ERROR), StepStarted(0, "one", 2),
                 Materialized(0, "one", 2, version("one", size=70)), StepSucceeded(0, "one", 2))  # fmt: skip
    assert "70 B  0.25  at attempt 2" in lines[1]


def test_lines_of_steps_are_marked_and_debug_lines_left_out() -> None:
    lines = told(
        LogLine(0, "one", 1, "stdout", "info", "hello"), LogLine(0, "one", 1, "log", "debug", "chatter")
    )
    assert lines == ["  one | hello"]


@pytest.mark.parametrize(
    ("done", "total", "text", "note"),
    [
        (3, None, "", "3"),
        (3, None, "pages", "3 pages"),
        (5, 10, "pages", "━━━━━━━━━━           5 of 10 pages"),
        (20, 10, "", "━━━━━━━━━━━━━━━━━━━━ 20 of 10"),
        (0.5, 1.0, "", "━━━━━━━━━━           0.5 of 1"),
        (-1, 10, "", "                     -1 of 10"),
    ],
)
def test_progress(done: float, total: float | None, text: str, note: str) -> None:
    view = RunView(StillClock(), lambda _: None)
    for fact in (created("one"), StepStarted(0, "one"), Progress(0, "one", 1, done, total, text)):
        view(fact)
    assert view.note_of(view.lines["one"]) == note


def test_a_canceled_step_keeps_the_time_that_it_took() -> None:
    clock = StillClock()
    view = RunView(clock, lambda _: None)
    view(created("one", "other"))
    view(StepStarted(0, "one"))
    clock.sleep(3)
    view(StepCanceled(0, "one"))
    view(StepCanceled(0, "other"))
    clock.sleep(3)
    assert [view.time_of(line) for line in view.lines.values()] == ["3.0 s", ""]


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (RunSucceeded(0), "succeeded"),
        (RunFailed(0, (), ERROR), "failed"),
        (RunCanceled(0, "by hand"), "canceled"),
    ],
)
def test_the_end_of_the_run(event: Event, status: str) -> None:
    view = RunView(StillClock(), lambda _: None)
    view(created("one"))
    view(event)
    assert (view.status, view.run_error, view.reason) == (
        status,
        ERROR if status == "failed" else None,
        "by hand" if status == "canceled" else "",
    )


def test_a_reader_that_has_gone_does_not_end_the_run() -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    view = PlainView(StillClock(), lambda _: None, Gone())
    for fact in (created("one"), StepStarted(0, "one"), StepSucceeded(0, "one", 1), RunSucceeded(0)):
        view(fact)
    assert view.status == "succeeded"


def lines_in(states: str) -> list[StepLine]:
    names = {"d": "succeeded", "r": "running", "w": "waiting", "f": "failed", "b": "blocked"}
    lines = []
    for index, letter in enumerate(states):
        lines.append(StepLine(f"{letter}{index}"))
        lines[-1].state = names[letter]
    return lines


@pytest.mark.parametrize(
    ("states", "room", "shown"),
    [
        ("ddw", 3, "d0 d1 w2"),
        ("dddddrwwwww", 6, "d2 d3 d4 r5 w6"),
        ("fddddddrww", 6, "f0 d4 d5 d6 r7"),
        ("wwwwwwww", 4, "w0 w1 w2"),
        ("dddddddd", 4, "d5 d6 d7"),
    ],
)
def test_where_there_is_no_room_failures_and_what_runs_are_shown_first(
    states: str, room: int, shown: str
) -> None:
    assert " ".join(line.name for line in most_telling(lines_in(states), room)) == shown


def test_long_names_leave_room_for_notes() -> None:
    lines = [StepLine("x" * 90)]
    assert name_width(lines, 80) == 36
    assert name_width(lines) == 90
    view = RunView(StillClock(), lambda _: None)
    name, _, _ = view.row_of(lines[0], 36)
    assert len(name) == 36
    assert name.endswith("…")
