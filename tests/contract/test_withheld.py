"""What the store keeps of outputs that were asked for and not given, and of runs that others may wait for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_events import A, B, begun, new_version, step, tables

from tidemill.core.events import Checked, RunSucceeded, StepSkipped, StepStarted, StepSucceeded, Withheld
from tidemill.core.records import CheckResult, Lease
from tidemill.storage import Store


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with Store.in_memory() if request.param == "memory" else Store.open(tmp_path / "store") as opened:
        yield opened


def test_keys_for_which_nothing_was_given(store: Store) -> None:
    assert store.withheld() == {}
    skipped = StepSkipped(4, "s", "s", 1, withheld=(Withheld(A, None, "k1"), Withheld(A, "x", "k1", "v9")))
    succeeded = StepSucceeded(5, "t", 1, withheld=(Withheld(B, None, "k2", ""), Withheld(A, None, "k3")))
    store.append("run", [*begun("run"), StepStarted(3, "s"), skipped, StepStarted(3, "t"), succeeded])
    assert store.withheld() == {
        ("a", None): {"k1": None, "k3": None},
        ("a", "x"): {"k1": "v9"},
        (B.text, None): {"k2": ""},
    }
    again = StepSkipped(6, "s", "s", 2, withheld=(Withheld(A, "x", "k1", "v10"),))
    store.append("run", [again])
    assert store.withheld()["a", "x"] == {"k1": "v10"}  # the last comparison counts
    before = tables(store)
    store.rebuild()
    assert tables(store) == before
    assert [e.event.withheld for e in store.events("run", kinds=[StepSkipped])] == [
        skipped.withheld, again.withheld,
    ]  # fmt: skip


def test_a_skip_without_keys_withholds_nothing(store: Store) -> None:
    store.append("run", [*begun("run"), StepSkipped(4, "s", "other")])
    assert store.withheld() == {}


def test_the_version_that_one_was_compared_with(store: Store) -> None:
    made = [new_version(), new_version(previous=""), new_version(previous="v-before")]
    store.append("run", [*begun("run"), *step("s", *made)])
    assert [version.previous for version in store.versions(A)] == ["v-before", "", None]


def test_live_runs_but_one(store: Store) -> None:
    lease = Lease("host", "boot", 1, 2)
    for name in ("one", "two", "three"):
        store.append(name, begun(name, lease=lease))
    store.append("two", [RunSucceeded(9)])
    assert [run.id for run in store.live_runs()] == ["one", "three"]
    assert [run.id for run in store.live_runs(but="one")] == ["three"]


def test_verdicts_on_one_partition(store: Store) -> None:
    verdicts = [CheckResult(A, "c", True, partition=part) for part in ("x", None, "y")]
    store.append("run", [*begun("run"), *(Checked(4, "s", 1, verdict) for verdict in verdicts)])
    assert [found.check.partition for found in store.checks(asset=A, partition="x")] == ["x"]
    assert [found.check.partition for found in store.checks(asset=A, partition=None)] == [None]
    assert [found.check.partition for found in store.checks(asset=A)] == ["y", None, "x"]
