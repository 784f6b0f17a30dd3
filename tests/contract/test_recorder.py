"""Events on their way into the store: in order, soon, none lost, and no trouble kept quiet about."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_events import begun

from tidemill.core.errors import LeaseLostError, StoreError
from tidemill.core.events import CancelRequested, Event, RunResumed, RunSucceeded, StepStarted, StepSucceeded
from tidemill.execution.recorder import SOON, CurrentStore, Recorder
from tidemill.home import Home
from tidemill.home.leases import current_lease

RUN = "run"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home.open(tmp_path / "store")
    home.append(RUN, begun(RUN, lease=current_lease()))
    yield home
    home.close()


@pytest.fixture(params=[True, False], ids=["background", "foreground"])
def recorder(request: pytest.FixtureRequest, home: Home) -> Iterator[Recorder]:
    recorder = Recorder(home, RUN, background=request.param)
    yield recorder
    recorder.close()


def stored(home: Home) -> list[Event]:
    return [entry.event for entry in home.store.events(RUN)][2:]


def events(count: int, start: int = 0) -> list[Event]:
    return [StepStarted(number, f"s{number}", 1) for number in range(start, start + count)]


def waited(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)
    return bool(condition())


def test_a_question_from_another_process_finds_what_was_just_added(home: Home, recorder: Recorder) -> None:
    current = CurrentStore(home.store, recorder)
    for event in events(3):
        recorder.add(event)
        asked = {"run_id": RUN, "after": 0, "before": None, "kinds": None, "step": None, "partition": "*"}
        rows = current.select("events_of_run", {**asked, "asset": None, "check": None})
        assert len(rows) == 2 + len(stored(home))
        assert stored(home)[-1] == event


def test_a_flush_stores_everything_in_order(home: Home, recorder: Recorder) -> None:
    for event in events(200):
        recorder.add(event)
    recorder.flush()
    assert stored(home) == events(200)
    recorder.flush()
    assert stored(home) == events(200)


def test_in_the_background_it_happens_soon_while_nobody_asks(home: Home) -> None:
    recorder = Recorder(home, RUN, background=True)
    try:
        began = time.monotonic()
        recorder.add(events(1)[0])
        assert waited(lambda: stored(home))
        assert time.monotonic() - began < 100 * SOON, "milliseconds, with a wide margin for a busy machine"
        recorder.add(events(1, 1)[0])
        assert waited(lambda: len(stored(home)) == 2)
    finally:
        recorder.close()


def test_in_the_foreground_a_tick_does_it_when_it_is_time(home: Home) -> None:
    recorder = Recorder(home, RUN)
    recorder.add(events(1)[0])
    time.sleep(SOON)
    assert stored(home) == []
    recorder.tick()
    assert stored(home) == events(1)


def test_events_that_are_added_while_it_commits_are_not_lost(home: Home) -> None:
    recorder = Recorder(home, RUN, background=True)
    try:
        for number, event in enumerate(events(300)):
            recorder.add(event)
            if number % 50 == 0:
                time.sleep(SOON)
            if number % 70 == 0:
                recorder.flush()
        assert waited(lambda: len(stored(home)) == 300)
        assert stored(home) == events(300)
    finally:
        recorder.close()


def test_a_reader_finds_what_was_added_before(home: Home, recorder: Recorder) -> None:
    recorder.add(events(1)[0])
    assert recorder.flushed(lambda: len(stored(home)))() == 1


def test_trouble_surfaces_at_the_next_event_which_waits_with_the_others(home: Home) -> None:
    recorder = Recorder(home, RUN, fence=2, background=True)  # the run's driver is number 1
    try:
        one, two, three = events(3)
        recorder.add(one)
        assert waited(lambda: recorder._failed)
        with pytest.raises(LeaseLostError):
            recorder.add(two)
        home.append(RUN, [RunResumed(5, current_lease())])  # now it is number 2
        recorder.add(three)
        recorder.flush()
        assert stored(home)[1:] == [one, two, three]
    finally:
        recorder.close()


def test_trouble_surfaces_at_a_flush(home: Home, recorder: Recorder) -> None:
    recorder.add(StepSucceeded(1, "s", 1))
    recorder.add(RunSucceeded(2))
    recorder.flush()
    recorder.add(events(1)[0])
    with pytest.raises(StoreError) as caught:
        recorder.flush()
    assert isinstance(caught.value, LeaseLostError)
    recorder.drop()
    recorder.flush()
    assert stored(home)[-1] == RunSucceeded(2)


def test_a_request_to_end_is_found_with_the_sign_of_life(home: Home) -> None:
    recorder = Recorder(home, RUN)
    home.append(RUN, [CancelRequested(3, "enough", 0.5)])
    recorder.tick()
    assert recorder.asked is None
    recorder._last_beat -= 60
    recorder.tick()
    assert recorder.asked == CancelRequested(3, "enough", 0.5)


def test_a_request_to_end_is_found_when_somebody_looks(home: Home, recorder: Recorder) -> None:
    assert recorder.look() is None
    home.append(RUN, [CancelRequested(3, "enough", 0.5)])
    assert recorder.look() == CancelRequested(3, "enough", 0.5)
    home.append(RUN, [CancelRequested(4, "at last")])
    assert recorder.look() == CancelRequested(3, "enough", 0.5)


def test_closing_ends_its_thread(home: Home) -> None:
    recorder = Recorder(home, RUN, background=True)
    recorder.add(events(1)[0])
    recorder.flush()
    recorder.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "tidemill-commit"]
