"""A run has one driver at a time: what an earlier one sends late is refused, and leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_events import begun, new_version, step, tables

from tidemill.core.errors import InvariantViolationError, LeaseLostError
from tidemill.core.events import (
    CancelRequested,
    RunCanceled,
    RunFailed,
    RunResumed,
    RunSucceeded,
    StepFailed,
    StepStarted,
)
from tidemill.core.records import ErrorInfo, Lease
from tidemill.home import Home
from tidemill.home.leases import current_lease, end_dead_runs
from tidemill.storage import Store
from tidemill.storage.claims import Want

RUN = "run"
DEAD = Lease(current_lease().host, current_lease().boot, 2**22 + 1, 1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as store:
        store.append(RUN, begun(RUN, "s", lease=DEAD))
        yield store


def test_the_first_driver_is_number_one(store: Store) -> None:
    store.append(RUN, step("s", new_version()), fence=1)
    (live,) = store.live_runs()
    assert (live.fence, live.lease) == (1, DEAD)


def test_after_another_has_resumed_the_first_is_refused(store: Store) -> None:
    store.append(RUN, [RunResumed(3, current_lease())])
    (live,) = store.live_runs()
    assert (live.fence, live.lease) == (2, current_lease())
    before = tables(store)
    with pytest.raises(LeaseLostError) as caught:
        store.append(RUN, step("s", new_version()), fence=1)
    error = caught.value
    assert error.subject == RUN
    assert error.found == "driver number 2 has taken it over"
    assert error.expected == "driver number 1, and a run that goes on"
    assert "tidemill runs 1" in (error.next_step or "")
    assert tables(store) == before
    store.append(RUN, step("s", new_version()), fence=2)


@pytest.mark.parametrize("end", [RunSucceeded(9), RunFailed(9, ("s",)), RunCanceled(9, "enough")])
def test_after_the_end_a_driver_is_refused_and_the_end_stays(
    store: Store, end: RunSucceeded | RunFailed | RunCanceled
) -> None:
    store.append(RUN, [end], fence=1)
    status = store.run(RUN).status
    for late in ([StepStarted(10, "s")], step("s", new_version()), [RunSucceeded(10)]):
        with pytest.raises(LeaseLostError) as caught:
            store.append(RUN, late, fence=1)
        assert status in (caught.value.found or "")
    assert store.run(RUN).status == status
    with pytest.raises(InvariantViolationError):
        store.append(RUN, [RunResumed(11, current_lease())])


def test_a_fence_is_asked_for_the_whole_append_or_nothing_of_it_is_kept(store: Store) -> None:
    count = len(store.events(RUN))
    with pytest.raises(LeaseLostError):
        store.append(RUN, [StepStarted(3, "s"), *step("s", new_version()), RunSucceeded(9)], fence=7)
    assert len(store.events(RUN)) == count


def test_who_is_no_driver_may_ask_for_the_end(store: Store) -> None:
    store.append(RUN, [CancelRequested(3, "enough")])
    assert [entry.event for entry in store.events(RUN, kinds=[CancelRequested])] == [
        CancelRequested(3, "enough")
    ]


def test_of_two_who_find_a_run_dead_one_ends_it(store: Store, tmp_path: Path) -> None:
    (live,) = store.live_runs()
    store.append(RUN, [StepStarted(3, "s")], fence=1)
    home = Home(tmp_path, store)
    assert [run.id for run in end_dead_runs(home)] == [RUN]
    state = store.run(RUN)
    assert state.status == "failed"
    assert state.error is not None
    assert str(DEAD.pid) in state.error.message
    assert {step.step: step.status for step in store.steps(RUN)} == {"s": "failed"}
    assert end_dead_runs(home) == []
    error = ErrorInfo("late")
    with pytest.raises(LeaseLostError):  # the driver was not dead after all
        store.append(RUN, [StepFailed(9, "s", 1, error)], fence=live.fence)


def test_one_who_resumes_a_dead_run_has_it_spared(store: Store, tmp_path: Path) -> None:
    home = Home(tmp_path, store)
    assert end_dead_runs(home, spare=RUN) == []
    assert store.run(RUN).status == "started"


def test_what_a_run_held_goes_with_it(store: Store) -> None:
    store.append("other", begun("other", lease=current_lease()))
    want = [Want("db", 1, 1)]
    assert store.claim(RUN, "s", want, fence=1).granted
    denied = store.claim("other", "s", want, fence=1)
    assert not denied.granted
    assert [(holder.run, holder.step) for holder in denied.holders] == [(1, "s")]
    store.append(RUN, [RunFailed(9)], fence=1)
    assert store.claim("other", "s", want, fence=1).granted
    store.release("other", "s", fence=1)
    assert store.claim("other", "t", want, fence=1).granted


def test_who_resumes_a_run_holds_nothing_yet(store: Store) -> None:
    want = [Want("db", 1, 1)]
    assert store.claim(RUN, "s", want, fence=1).granted
    store.append(RUN, [RunResumed(5, current_lease())])
    assert store.claim(RUN, "t", want, fence=2).granted
