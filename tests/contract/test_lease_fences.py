"""Who may write for a run: its driver of the moment, and nobody else; and when a driver counts as dead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_events import begun, new_version, step, tables

from tidemill.core.errors import LeaseLostError
from tidemill.core.events import RunCanceled, RunFailed, RunResumed, StepStarted
from tidemill.core.records import Lease
from tidemill.home import Home
from tidemill.home.leases import EXPIRY, current_lease, end_dead_runs, is_dead
from tidemill.storage import Store
from tidemill.storage.claims import Want

FIRST, SECOND = Lease("here", "boot", 10, 100), Lease("there", "boot", 20, 200)
ELSEWHERE = Lease("another machine", "its boot", 1, 1)
GPU = [Want("gpu", 1, 1, numbered=True)]
SECOND_OF_TIME = 1_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store") as made:
        made.append("run", begun("run", "s", "t", lease=FIRST), fence=None)
        yield made


WRITES: list[Callable[[Store, int], object]] = [
    lambda store, fence: store.append("run", [StepStarted(9, "t")], fence=fence),
    lambda store, fence: store.append("run", [RunFailed(9)], fence=fence),
    lambda store, fence: store.beat("run", 99, fence=fence),
    lambda store, fence: store.claim("run", "t", GPU, fence=fence),
    lambda store, fence: store.release("run", "s", fence=fence),
]


@pytest.mark.parametrize("write", WRITES, ids=["event", "end", "beat", "claim", "release"])
def test_what_an_earlier_driver_sends_is_refused_and_changes_nothing(
    store: Store, write: Callable[[Store, int], object]
) -> None:
    store.append("run", [RunResumed(5, SECOND)], fence=1)
    assert store.claim("run", "s", GPU, fence=2).granted
    store.beat("run", 50, fence=2)
    before = (tables(store), store.live_runs(), len(store.events("run")))
    with pytest.raises(LeaseLostError) as caught:
        write(store, 1)
    assert caught.value.subject == "run"
    assert caught.value.found == "driver number 2 has taken it over"
    assert (tables(store), store.live_runs(), len(store.events("run"))) == before
    assert not store.claim("run", "t", GPU, fence=2).granted


@pytest.mark.parametrize("write", WRITES, ids=["event", "end", "beat", "claim", "release"])
def test_nor_does_anybody_write_for_a_run_that_is_over(
    store: Store, write: Callable[[Store, int], object]
) -> None:
    store.append("run", [RunCanceled(5, "enough")], fence=1)
    with pytest.raises(LeaseLostError) as caught:
        write(store, 1)
    assert caught.value.found == "it has been canceled"


def test_of_two_that_take_a_run_over_the_second_is_refused(store: Store) -> None:
    store.append("run", [RunResumed(5, SECOND)], fence=1)
    with pytest.raises(LeaseLostError):
        store.append("run", [RunResumed(6, FIRST)], fence=1)
    (live,) = store.live_runs()
    assert (live.fence, live.lease) == (2, SECOND)


def test_a_run_that_is_taken_over_claims_anew(store: Store) -> None:
    assert store.claim("run", "s", GPU, fence=1).granted
    store.append("run", [RunResumed(5, SECOND)], fence=1)
    assert store.claim("run", "t", GPU, fence=2).granted


def test_the_last_sign_of_life_is_an_event_or_a_beat(store: Store) -> None:
    assert [live.sign for live in store.live_runs()] == [2]
    store.beat("run", 7, fence=1)
    assert [live.sign for live in store.live_runs()] == [7]
    store.append("run", step("s", new_version()), fence=1)
    assert [live.sign for live in store.live_runs()] == [7]
    store.append("run", [StepStarted(8, "t")], fence=1)
    assert [live.sign for live in store.live_runs()] == [8]


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.micros = 1_800_000_000_000_000

    def now(self) -> int:
        return self.micros

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody sleeps here")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home.open(tmp_path / "store", clock=Watch())
    yield home
    home.close()


def test_on_this_machine_no_clock_decides(home: Home) -> None:
    home.append("run", begun("run", "s", lease=current_lease()))
    (live,) = home.store.live_runs()
    for jump in (-3600, 3600, 10**6):
        assert not is_dead(live, live.sign + jump * SECOND_OF_TIME)
    gone = live._replace(lease=live.lease._replace(pid_started=live.lease.pid_started + 1))
    assert is_dead(gone, live.sign)


def test_of_another_machine_the_age_of_the_last_sign_decides(home: Home) -> None:
    home.append("run", begun("run", "s", lease=ELSEWHERE))
    home.store.beat("run", home.clock.now(), fence=1)
    (live,) = home.store.live_runs()
    assert not is_dead(live, live.sign + int(EXPIRY) * SECOND_OF_TIME)
    assert is_dead(live, live.sign + int(EXPIRY + 1) * SECOND_OF_TIME)
    assert not is_dead(live, live.sign - 3600 * SECOND_OF_TIME)


def test_a_dead_run_is_failed_by_one_of_those_that_find_it(home: Home) -> None:
    home.append("run", [*begun("run", "s", lease=ELSEWHERE), StepStarted(3, "s")])
    assert end_dead_runs(home, spare="run") == []
    assert [run.id for run in end_dead_runs(home)] == ["run"]
    assert end_dead_runs(home) == []
    assert home.store.run("run").status == "failed"
    assert [state.status for state in home.store.steps("run")] == ["failed"]
