"""Several drivers: two on one store; and one that is stopped, loses its run to another machine, and is continued."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from graphs import write_graph
from stage import QUIET, Extent, Stage, left_in, wait_for

from tidemill.code.loading import load_definitions
from tidemill.compat.instance import DagsterInstance
from tidemill.core.clock import SystemClock
from tidemill.core.events import RunFailed, RunResumed, RunSucceeded, StepSucceeded
from tidemill.core.records import CodeRef
from tidemill.execution.history import read_past
from tidemill.execution.reruns import resume
from tidemill.execution.runs import execute
from tidemill.execution.takeover import find_live
from tidemill.home import Home
from tidemill.home.leases import EXPIRY

STEPS = 40


class Later(SystemClock):
    """The clock of another machine, long after the last sign of life."""

    def now(self) -> int:
        """A minute from now."""
        return super().now() + int(2 * EXPIRY * 1_000_000)


def test_two_drivers_on_one_store(folder: Path, extent: Extent, tell: Callable[[str], None]) -> None:
    for number in range(extent.rounds):
        place = folder / str(number)
        place.mkdir()
        write_graph(place, extent.seed + number, steps=STEPS, longest=0.01)
        stage = Stage(place)
        expected = stage.undisturbed()
        both = [stage.start("materialize", "-f", "graph.py") for _ in range(2)]
        assert [process.wait(timeout=60) for process in both] == [0, 0], stage.said()
        stage.check()
        assert stage.data_versions() == expected
        assert sorted(stage.begun()) == sorted([*expected, *expected])
    tell(f"= seed {extent.seed}: {extent.rounds} times two drivers on one store")


class Stopped:
    """A driver that is stopped in the middle of its run, whose lease looks like that of another machine."""

    def __init__(self, folder: Path, seed: int) -> None:
        folder.mkdir()
        write_graph(folder, seed, steps=STEPS, longest=0.03)
        self.stage = Stage(folder)
        self.expected = self.stage.undisturbed()
        self.process = self.stage.start("materialize", "-f", "graph.py")

    def stop(self) -> None:
        assert wait_for(lambda: self.stage.length() > 20, 30)
        assert wait_for(self._stopped_between_transactions, 30)
        with closing(sqlite3.connect(self.stage.home / "tidemill.db", timeout=30)) as database:
            (text,) = database.execute("SELECT data FROM events WHERE kind = 'run_created'").fetchone()
            data = json.loads(text)
            data["run"]["lease"]["host"] = "another machine"
            database.execute("UPDATE events SET data = ? WHERE kind = 'run_created'", (json.dumps(data),))
            database.commit()

    def _stopped_between_transactions(self) -> bool:
        """Stop it; where that was inside of a transaction, which nobody could write beside, let it go on."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            with closing(sqlite3.connect(self.stage.home / "tidemill.db", timeout=0.2)) as database:
                database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self.process.send_signal(signal.SIGCONT)
            return False
        return True

    def go_on(self) -> int:
        """Continue it, to its end."""
        self.process.send_signal(signal.SIGCONT)
        return self.process.wait(timeout=30)

    def end(self) -> None:
        for number in (signal.SIGCONT, signal.SIGKILL):
            if self.process.poll() is None:
                self.process.send_signal(number)
        self.process.wait()

    def stored(self) -> dict[str, list[Any]]:
        """Everything that is in the database."""
        with closing(sqlite3.connect(self.stage.home / "tidemill.db")) as database:
            names = [
                name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            return {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in names}  # noqa: S608


@pytest.fixture
def own_path() -> Iterator[None]:
    """What the graphs add to the path of modules goes with them."""
    before = list(sys.path)
    yield
    sys.path[:] = before
    for name in [name for name in sys.modules if name.partition("_")[0] == "graph"]:
        del sys.modules[name]


def test_a_stopped_driver_whose_run_was_marked_failed(
    folder: Path, extent: Extent, tell: Callable[[str], None]
) -> None:
    for number in range(extent.rounds):
        stopped = Stopped(folder / str(number), extent.seed + number)
        try:
            stopped.stop()
            with closing(Home.open(stopped.stage.home, clock=Later())) as home:
                (run,) = home.store.runs()
                assert run.status == "failed"
                assert run.error is not None
                assert "another machine" in run.error.message
            before = stopped.stored()
            assert stopped.go_on() == 1
            assert stopped.stored() == before
        finally:
            stopped.end()
        _check_refused(stopped.stage)
        assert stopped.stage.run("rerun", "1", "--from-failure") == 0
        stopped.stage.check()
        assert stopped.stage.data_versions() == stopped.expected
    tell(f"= seed {extent.seed}: {extent.rounds} stopped drivers whose run was failed meanwhile")


def test_a_stopped_driver_whose_run_was_resumed(
    folder: Path, extent: Extent, tell: Callable[[str], None], own_path: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(extent.rounds):
        stopped = Stopped(folder / str(number), extent.seed + number)
        codes: list[int] = []
        monkeypatch.setenv("FAULTS_WITHOUT_SLEEP", "1")

        def half_way(fact: object, stopped: Stopped = stopped, codes: list[int] = codes) -> None:
            if isinstance(fact, StepSucceeded) and not codes:
                codes.append(stopped.go_on())

        try:
            stopped.stop()
            done = stopped.stage.succeeded()
            since = stopped.stage.length()
            definitions = load_definitions(
                CodeRef("file", str(stopped.stage.folder / "graph.py"))
            ).definitions
            with closing(Home.open(stopped.stage.home, spare="1")) as home:
                live = find_live(home.store.run("1").run.id, home)
                assert live is not None
                prepared = resume(definitions.project(), read_past(home.store, live.id), live)
                outcome = execute(prepared, home, instance=partial(DagsterInstance, home), listener=half_way)
                assert outcome.status == "succeeded"
                events = [stored.event for stored in home.store.events(live.id)]
        finally:
            stopped.end()
        assert codes == [1]
        good = [event.step for event in events if isinstance(event, StepSucceeded)]
        assert sorted(good) == sorted(stopped.expected), "each step succeeded once"
        ends = [event for event in events if isinstance(event, (RunResumed, RunSucceeded, RunFailed))]
        assert [type(event) for event in ends] == [RunResumed, RunSucceeded]
        assert not done.intersection(stopped.stage.begun(since)[2:]), "what was committed did not begin again"
        _check_refused(stopped.stage)
        stopped.stage.check()
        assert stopped.stage.data_versions() == stopped.expected
    tell(f"= seed {extent.seed}: {extent.rounds} stopped drivers whose run was resumed meanwhile")


def _check_refused(stage: Stage) -> None:
    """The driver that came too late was told so, and has left nothing behind."""
    assert "error: Run 1 is no longer driven from here" in stage.said(), stage.said()[-3000:]
    assert wait_for(lambda: not left_in(stage.folder), QUIET)


def test_a_second_look_at_processes_finds_none(folder: Path) -> None:
    """`left_in` sees what runs in a folder; otherwise the tests that trust it would prove nothing."""
    process = subprocess.Popen(["sleep", "30"], cwd=folder)
    try:
        assert wait_for(lambda: left_in(folder) == [process.pid], 5)
    finally:
        process.kill()
        process.wait()
    assert left_in(folder) == []
