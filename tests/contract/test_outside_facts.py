"""What is said of assets and runs from outside of runs, in the store: observations, what is wiped, deleted, tagged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_events import A, B, begun, new_version, step, tables

from tidemill.core.errors import RunNotFoundError
from tidemill.core.events import (
    AssetWiped,
    Checked,
    Materialized,
    Observed,
    RunDeleted,
    RunSucceeded,
    RunTagged,
)
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import CheckResult, Observation, Version
from tidemill.storage import Store


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with Store.in_memory() if request.param == "memory" else Store.open(tmp_path / "store") as opened:
        yield opened


def observed(at: int, version: str | None, partition: str | None = None) -> Observed:
    return Observed(at, "", 0, Observation(A, partition, version))


def made(version: Version) -> Materialized:
    return Materialized(4, "", 0, version)


def test_what_was_observed_last_stands_until_there_is_a_later_version(store: Store) -> None:
    store.append("", [observed(1, "one"), observed(2, "two"), observed(3, None)])
    assert store.observations([(A, None), (B, None)]) == {(A, None): ("two", 2)}
    assert store.all_observations() == {("a", None): ("two", 2)}
    store.append("", [made(new_version())])
    assert store.observations([(A, None)]) == {}
    store.append("", [observed(5, "three", "x")])
    assert store.observations([(A, "x"), (A, None)]) == {(A, "x"): ("three", 5)}


def test_an_asset_that_was_wiped_is_seen_by_no_read_and_its_numbers_go_on(store: Store) -> None:
    first = new_version(metadata={"rows": MetadataValue.int(1)}, version_key="k")
    store.append("r", [*begun("r", "s"), *step("s", first)])
    store.append("", [observed(3, "seen"), Checked(4, "", 0, CheckResult(A, "c", True))])
    store.append("", [made(new_version(B)), AssetWiped(9, A)])
    assert store.asset_keys() == [B]
    assert store.versions(A) == []
    assert store.version_by_id(first.id) is None
    assert store.versions_by_key([(A, None, "k")]) == {}
    assert store.latest_versions([(A, None)]) == {}
    assert store.observations([(A, None)]) == {}
    assert store.checks(asset=A) == []
    assert store.series(A, "rows") == []
    assert store.events(asset=A) == []
    again = new_version()
    store.append("", [made(again)])
    assert [(version.id, version.number) for version in store.versions(A)] == [(again.id, 2)]


def test_some_partitions_can_be_wiped(store: Store) -> None:
    store.append("", [made(new_version(partition=key)) for key in ("x", "y", "z")])
    store.append("", [AssetWiped(9, A, ("x", "z"))])
    assert store.partitions(A) == ["y"]
    assert [version.partition for version in store.versions(A)] == ["y"]


def test_a_run_that_was_deleted_is_gone_and_what_it_made_is_not(store: Store) -> None:
    version = new_version()
    store.append("r", [*begun("r", "s"), *step("s", version), RunSucceeded(6)])
    store.append("", [RunDeleted(7, "r")])
    assert store.runs() == []
    with pytest.raises(RunNotFoundError):
        store.run("r")
    assert [found.id for found in store.versions(A)] == [version.id]


def test_later_tags_replace_those_of_the_same_name(store: Store) -> None:
    store.append("r", [*begun("r", "s", tags={"a": "1", "b": "1"}), RunSucceeded(6)])
    store.append("", [RunTagged(7, "r", {"b": "2", "c": "2"}), RunTagged(8, "r", {"c": "3"})])
    assert store.run("r").run.tags == {"a": "1", "b": "2", "c": "3"}
    assert [state.run.id for state in store.runs(tags={"b": "2", "c": "3"})] == ["r"]
    assert store.runs(tags={"b": "1"}) == []


def test_a_rebuild_folds_all_of_it_to_the_same(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append("r", [*begun("r", "s", tags={"b": "1"}), *step("s", new_version()), RunSucceeded(6)])
        store.append("q", [*begun("q", "s"), RunSucceeded(6)])
        store.append("", [observed(1, "one"), AssetWiped(2, A), observed(3, "two"), made(new_version(B))])
        store.append("", [RunDeleted(7, "q"), RunTagged(7, "r", {"b": "2"}), AssetWiped(9, B, ("x",))])
        before = tables(store)
        store.rebuild()
        assert tables(store) == before
