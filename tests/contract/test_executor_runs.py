"""Every executor: partitions, cancellation, and the port itself, order by order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import executor_harness
import pytest
from executor_harness import CODE, KINDS, crew_of

from tidemill.code.loading import load_definitions
from tidemill.compat.instance import DagsterInstance
from tidemill.core.events import Materialized, RunCanceled, RunCreated, StepStarted
from tidemill.core.keys import AssetKey, StepKey
from tidemill.core.records import Run
from tidemill.execution.coding import NO_CODING
from tidemill.execution.crews import hire
from tidemill.execution.launch import Request, prepare
from tidemill.execution.recorder import Recorder
from tidemill.execution.runs import set_up_here
from tidemill.execution.scene import Scene
from tidemill.executors.port import Executor
from tidemill.home import Home
from tidemill.planning.signals import AttemptCanceled, AttemptFailed, AttemptSucceeded
from tidemill.work.orders import Conditions, RunInfo, StepFact, StepOrder

pytestmark = pytest.mark.usefixtures("signs")


@pytest.fixture
def signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for signs."""
    monkeypatch.setenv("EXECUTOR_SIGNS", str(tmp_path))
    monkeypatch.setenv("EXECUTOR_TOKEN", "canary-5f3759df-sings")
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
def test_partitions(kind: str, tmp_path: Path) -> None:
    ran = executor_harness.run(kind, tmp_path, ["sliced", "doubled"], partition="b")
    assert ran.outcome.status == "succeeded"
    assert ran.value("doubled", "b") == "bbbb"
    ran.home.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_tells_the_store_facts_from_outside_of_runs(kind: str, tmp_path: Path) -> None:
    ran = executor_harness.run(kind, tmp_path, ["weather", "tells"])
    assert ran.outcome.status == "succeeded"
    assert ran.value("tells") == 5
    instance = DagsterInstance(ran.home)
    assert instance.get_run_by_id(ran.outcome.run.id).tags["told"] == "yes"
    made = instance.get_latest_materialization_event(AssetKey("tells")).asset_materialization
    assert made.tags["dagster/input_data_version/weather"] == "rainy"
    ran.home.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_cancels_what_runs_and_what_waits(kind: str, tmp_path: Path, signs: Path) -> None:
    def listener(fact: executor_harness.Heard) -> None:
        if isinstance(fact, Materialized) and fact.version.asset.text == "begun":
            signal.raise_signal(signal.SIGINT)

    # Plan order: the endless one has the only slot, the others wait.
    selection = ["begun", "never", "numbers", "total"]
    ran = executor_harness.run(kind, tmp_path, selection, listener=listener, slots=1)
    assert ran.outcome.status == "canceled"
    assert ran.kinds("endless") == ["StepStarted", "Materialized", "StepCanceled"]
    assert ran.kinds("total") == ["StepCanceled"]
    assert isinstance(ran.outcome.events[-1], RunCanceled)
    assert ran.value("begun") == 1
    assert (signs / "cleaned-up").exists()
    ran.home.close()


# The port


@pytest.fixture(params=KINDS)
def open_executor(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], tuple[Executor, Callable[[str], StepOrder]]]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(_opened(request.param, tmp_path))


@contextmanager
def _opened(
    kind: str, folder: Path, *, rootless: bool = False
) -> Iterator[tuple[Executor, Callable[[str], StepOrder]]]:
    """An executor with one slot, and what makes orders for it."""
    project = load_definitions(CODE).definitions.project()
    prepared = prepare(project, Request("job", selection=["begun", "never", "numbers", "nothing"], code=CODE))
    home = Home.open(folder / "store")
    info = RunInfo("run", "job", code=CODE)
    home.append("run", [RunCreated(1, Run("run", "job", 1, {}))])
    recorder = Recorder(home, "run")
    instance = DagsterInstance(home)
    scene = Scene(
        prepared, info, home, 1, recorder, lambda: instance, lambda _: None, False, {}, NO_CODING, {}
    )

    def order(step: str) -> StepOrder:
        unit = project.units[step]
        outputs = tuple(output.name for output in unit.outputs)
        return StepOrder(info, StepKey(step, None, None), step, 1, outputs, (), (), {})

    with ExitStack() as stack:
        crew = stack.enter_context(crew_of(kind, slots=1))
        if rootless and crew is not None:
            crew = crew._replace(origin=None)
        executor, _ = hire(scene, crew) if crew is not None else set_up_here(scene, stack)
        try:
            yield executor, order
        finally:
            executor.close()
            home.close()


def until(executor: Executor, wanted: type, seconds: float = 20.0) -> list[StepFact]:
    """Facts up to the first of a kind."""
    heard: list[StepFact] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for fact in executor.facts(0.05):
            heard.append(fact)
            if isinstance(fact, wanted):
                return heard
    raise AssertionError(f"no {wanted.__name__} among {heard}")


def test_facts_come_in_order(open_executor) -> None:
    executor, order = open_executor()
    executor.launch(order("numbers"))
    assert [type(fact) for fact in until(executor, AttemptSucceeded)] == [
        StepStarted,
        Materialized,
        AttemptSucceeded,
    ]


def test_nothing_happens_for_as_long_as_one_waits(open_executor) -> None:
    executor, _ = open_executor()
    began = time.monotonic()
    assert list(executor.facts(0.05)) == []
    assert 0.04 <= time.monotonic() - began < 5


def test_an_order_that_has_not_begun_is_dropped(open_executor) -> None:
    executor, order = open_executor()
    executor.launch(order("numbers"))
    executor.launch(order("nothing"))
    (canceled,) = executor.cancel("nothing")
    assert isinstance(canceled, AttemptCanceled)
    assert (canceled.step, canceled.attempt) == ("nothing", 1)
    heard = until(executor, AttemptSucceeded)
    assert {fact.step for fact in heard} == {"numbers"}


def test_an_order_that_runs_is_ended(open_executor, signs: Path) -> None:
    executor, order = open_executor()
    executor.launch(order("endless"))
    heard: list[StepFact] = []
    while not any(isinstance(fact, AttemptCanceled) for fact in heard):
        for fact in executor.facts(0.05):
            heard.append(fact)
            if isinstance(fact, Materialized):
                heard += executor.cancel("endless")
    assert [type(fact) for fact in heard] == [StepStarted, Materialized, AttemptCanceled]
    assert (signs / "cleaned-up").exists()
    executor.launch(order("numbers"))
    until(executor, AttemptSucceeded)


def test_a_step_that_nobody_runs_is_not_canceled(open_executor) -> None:
    executor, _ = open_executor()
    assert list(executor.cancel("numbers")) == []


def test_who_waits_is_woken(open_executor) -> None:
    executor, _ = open_executor()
    if executor.here:
        executor.wake()  # does nothing, and no harm
        return
    began = time.monotonic()
    threading.Timer(0.05, executor.wake).start()
    list(executor.facts(30))
    assert time.monotonic() - began < 10


def test_a_large_order_holds_nobody_up(open_executor) -> None:
    executor, order = open_executor()
    large = order("numbers")._replace(config={"text": "x" * (5 << 20)})
    began = time.monotonic()
    executor.launch(large)
    assert time.monotonic() - began < 2
    until(executor, AttemptSucceeded)


def test_an_interpreter_of_its_own_needs_something_to_import(tmp_path: Path) -> None:
    with _opened("forked", tmp_path, rootless=True) as (executor, order):
        alone = order("numbers")._replace(conditions=Conditions(isolation="spawn"))
        executor.launch(alone)
        (failed,) = [fact for fact in until(executor, AttemptFailed) if isinstance(fact, AttemptFailed)]
        assert "cannot have an interpreter of its own" in failed.error.message
        executor.launch(order("nothing"))
        until(executor, AttemptSucceeded)


def test_closing_ends_what_runs(open_executor, signs: Path) -> None:
    executor, order = open_executor()
    executor.launch(order("endless"))
    until(executor, Materialized)
    executor.close()
