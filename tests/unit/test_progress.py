"""How far steps are: what is kept of it while a run goes on, and what a progress bar says without ending its line."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tidemill import AssetExecutionContext, asset, materialize_to_memory
from tidemill.core.clock import SystemClock
from tidemill.core.errors import InvariantViolationError
from tidemill.core.events import StepStarted, StepSucceeded
from tidemill.execution.progress import NAME, ProgressFile, Told, read_progress
from tidemill.work.logs import Capturing, StepLog
from tidemill.work.orders import LogLine, Progress


def progress(step: str, done: float, total: float | None = None, text: str = "") -> Progress:
    return Progress(1, step, 1, done, total, text)


def soon(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_so()


def test_the_last_word_of_each_step_is_there_for_others_until_the_run_is_over(tmp_path: Path) -> None:
    file = ProgressFile(tmp_path / "run")
    assert read_progress(tmp_path / "run") == {}
    for done in range(1_000):
        file.hear(progress("a", done, 1_000))
    file.hear(progress("b", 7, None, "files"))
    file.hear(LogLine(1, "a", 1, "log", "info", "a line is nothing of this"))
    assert soon(lambda: read_progress(tmp_path / "run") == {"a": Told(0.999, ""), "b": Told(None, "files")})
    file.close()
    assert [*(tmp_path / "run").iterdir()] == []


def test_what_a_step_said_is_forgotten_when_it_begins_anew_or_ends(tmp_path: Path) -> None:
    file = ProgressFile(tmp_path)
    file.hear(progress("a", 0, None, "waits for gpu"))
    file.hear(progress("b", 1, 2))
    file.hear(StepStarted(1, "a", 1))
    assert soon(lambda: read_progress(tmp_path) == {"b": Told(0.5, "")})
    file.hear(StepSucceeded(1, "b", 1))
    assert soon(lambda: read_progress(tmp_path) == {})
    file.close()


@pytest.mark.parametrize(
    ("done", "total", "share"), [(3, 2, 1.0), (-1, 2, 0.0), (1, 0, None), (1, None, None)]
)
def test_a_share_is_between_0_and_1(
    tmp_path: Path, done: float, total: float | None, share: float | None
) -> None:
    file = ProgressFile(tmp_path)
    file.hear(progress("a", done, total))
    assert soon(lambda: "a" in read_progress(tmp_path))
    assert read_progress(tmp_path)["a"].share == share
    file.close()


def test_where_no_logs_are_kept_nothing_is_written(tmp_path: Path) -> None:
    file = ProgressFile(None)
    file.hear(progress("a", 1, 2))
    file.close()
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("broken", ["", "[]", "{", '{"a": 1}', '{"a": ["x", "y"]}', "null"])
def test_a_file_that_says_nothing_good_says_nothing(tmp_path: Path, broken: str) -> None:
    (tmp_path / NAME).write_text(broken, encoding="utf-8")
    assert read_progress(tmp_path) == {}


def test_a_bar_is_told_as_it_is_redrawn_and_kept_as_it_was_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    lines: list[LogLine] = []
    log = StepLog("step", 1, SystemClock(), sink=lines.append)
    told: list[str] = []
    log.redrawn = told.append
    with Capturing(passthrough=False) as capturing:
        capturing.log = log
        for part in ("\r 10%", "\r 20%", "\r", " 30%\r", "before\rafter", " all"):
            sys.stderr.write(part)
        for _ in range(10_000):
            sys.stderr.write("\r" + "x" * 1_000)
        kept = sum(len(pending) for pending in sys.stderr._pending.values())  # type: ignore[attr-defined]
        sys.stderr.write("\r100%\n")
    assert told[:5] == [" 10%", " 20%", " 20%", " 30%", "after"]
    assert kept == 1_000
    assert [line.text for line in lines] == ["100%"]


def test_progress_that_is_no_number_ends_its_own_step_and_says_what_belongs_there() -> None:
    @asset
    def training(context: AssetExecutionContext) -> None:
        context.progress("half")  # type: ignore[arg-type]

    with pytest.raises(InvariantViolationError, match="give words as text="):
        materialize_to_memory([training])
