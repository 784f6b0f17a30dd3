"""What a store promises of dynamic keys, of backfills and of the partitions that were made: on disk and in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tidemill.core.errors import RunNotFoundError
from tidemill.core.events import (
    BackfillEnded,
    BackfillRequested,
    Materialized,
    PartitionsAdded,
    PartitionsRemoved,
)
from tidemill.core.keys import AssetKey
from tidemill.core.records import Backfill, BackfillPart, Version
from tidemill.storage import Store

A = AssetKey("a")
BACKFILL = Backfill(
    "b-1", 5, (BackfillPart((A,), ("1...9", "12"), 2, 10),), 'key:"a"', {"ops": {}}, {"x": "y"}
)


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = Store.in_memory() if request.param == "memory" else Store.open(tmp_path / "store")
    with made:
        yield made


def test_dynamic_keys_keep_the_order_in_which_they_came(store: Store) -> None:
    store.append("", [PartitionsAdded(1, "people", ("bob", "ada"))])
    store.append("", [PartitionsAdded(2, "people", ("ada", "eve")), PartitionsAdded(3, "places", ("rome",))])
    store.append("", [PartitionsRemoved(4, "people", ("bob", "nobody"))])
    expected = {"people": ("ada", "eve"), "places": ("rome",)}
    for _ in range(2):
        assert store.dynamic_keys() == expected
        assert store.dynamic_partitions("people") == ["ada", "eve"]
        assert store.dynamic_partitions("none") == []
        assert store.has_dynamic_partition("people", "eve")
        assert not store.has_dynamic_partition("people", "bob")
        assert store.new_dynamic_partitions("people", ("bob", "eve", "12", "𝄞")) == ["bob", "12", "𝄞"]
        store.rebuild()
    store.append("", [PartitionsAdded(5, "people", ("bob",))])
    assert store.dynamic_partitions("people") == ["ada", "eve", "bob"]


def test_a_backfill_is_what_was_asked_for_and_what_became_of_it(store: Store) -> None:
    store.append("", [BackfillRequested(5, BACKFILL), BackfillRequested(6, BACKFILL._replace(id="b-2"))])
    store.append("", [BackfillEnded(7, "b-1", "failed")])
    for _ in range(2):
        state = store.backfill("b-1")
        assert state.backfill == BACKFILL
        assert (state.number, state.status, state.finished_at) == (1, "failed", 7)
        assert state == store.backfill(1)
        assert [each.backfill.id for each in store.backfills()] == ["b-2", "b-1"]
        assert store.backfill_runs("b-1") == []
        store.rebuild()
    assert BACKFILL.runs == 5
    with pytest.raises(RunNotFoundError, match="There is no backfill 7"):
        store.backfill(7)


def test_what_is_kept_of_partitions_is_thrown_away_by_a_rebuild(store: Store) -> None:
    made = [Version(f"v{key}", A, key, 1, "d", "c") for key in ("1", "2")]
    store.append("", [Materialized(1, "", 0, version) for version in made])
    seq, keys = store.partitions_since(A, 0)
    assert keys == ["1", "2"]
    store.keep_spans(A, "order", seq, "[[0,1]]", "1...2")
    kept = store.spans(A)
    assert kept is not None
    assert (kept.order, kept.upto, kept.stretches, kept.said) == ("order", seq, "[[0,1]]", "1...2")
    store.append("", [Materialized(2, "", 0, Version("v3", A, "3", 2, "d", "c"))])
    assert store.partitions_since(A, seq)[1] == ["3"]
    assert store.partition_count(A) == 3
    store.rebuild()
    assert store.spans(A) is None
