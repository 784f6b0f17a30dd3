"""Assets with partitions before the server: very many, some that failed, and some that only a run knows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from serving import served, wait_until

from tidemill import HourlyPartitionsDefinition
from tidemill.core.events import (
    Event,
    Materialized,
    RunCreated,
    RunFailed,
    RunStarted,
    StepFailed,
    StepStarted,
    StepSucceeded,
)
from tidemill.core.keys import AssetKey
from tidemill.core.records import ErrorInfo, PlannedStep, Run, Version
from tidemill.definitions.partitions.partitions import PartitionsDefinition, StaticPartitionsDefinition
from tidemill.planning.facts import OutputFacts, UnitFacts
from tidemill.planning.versions import Ingredients, version_key
from tidemill.server.app import create_app
from tidemill.server.models import GraphNode
from tidemill.server.nobody import NobodyHost
from tidemill.server.snapshot import AssetInfo, Snapshot
from tidemill.storage import Store

NAME, KEY = "sales", AssetKey("sales")
REGIONS = StaticPartitionsDefinition(["a", "b", "c", "d", "e"])
NOW = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


class Noon:
    """A clock that stands still."""

    def now(self) -> int:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


def snapshot(definition: PartitionsDefinition | None, count: int) -> Snapshot:
    node = GraphNode(key=NAME, group="default", unit=NAME, partitions=count)
    units = {}
    if definition is not None:
        units[NAME] = UnitFacts(
            NAME, "asset", (OutputFacts("result", NAME, "code"),), (), partitions=definition
        )
    return Snapshot("s", "c", "/", 1, 0.0, {NAME: node}, {NAME: AssetInfo()}, units, {}, {}, (), ())


def made(partition: str, code: str = "code") -> Version:
    key = version_key(Ingredients(code, {}, partition, (), {}, None))
    return Version(f"v-{partition}-{code}", KEY, partition, 5, "d", code, version_key=key)


def run(id: str, partitions: tuple[str, ...], *versions: Version, fails: bool = False) -> list[Event]:
    planned = (PlannedStep(NAME, (KEY,), None, partitions=partitions),)
    events: list[Event] = [
        RunCreated(1, Run(id, "job", 1, {}, steps=planned)),
        RunStarted(2),
        StepStarted(3, NAME),
    ]
    events += [Materialized(6, NAME, 1, version) for version in versions]
    if fails:
        return [*events, StepFailed(7, NAME, 1, ErrorInfo("ValueError: no")), RunFailed(8, (NAME,))]
    return [*events, StepSucceeded(7, NAME, 1)]


def shown(folder: Path, known: Snapshot) -> tuple[Any, Any]:
    """The state of the asset, and its partitions."""
    with served(create_app(folder, NobodyHost(known), clock=Noon())) as client:
        partitions = client.get("/api/asset/partitions", params={"key": NAME}).json()
        return client.get("/api/states").json()["states"][NAME], partitions


def stretches(partitions: Any) -> list[tuple[str, str, int, str]]:
    return [(one["first"], one["last"], one["count"], one["status"]) for one in partitions["stretches"]]


def test_some_are_fresh_some_stale_some_failed_and_some_were_never_made(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append("one", run("one", ("a...b",), made("a"), made("b", "old code")))
        store.append("two", run("two", ("c...d",), made("c"), fails=True))
    state, partitions = shown(tmp_path, snapshot(REGIONS, 5))
    assert stretches(partitions) == [
        ("a", "a", 1, "fresh"),
        ("b", "b", 1, "stale"),
        ("c", "c", 1, "fresh"),
        ("d", "d", 1, "failed"),
        ("e", "e", 1, "missing"),
    ]
    assert state["status"] == "failed"
    assert state["partitions"] == {"total": 5, "fresh": 2, "stale": 1, "missing": 1, "failed": 1, "made": 0}
    assert partitions["counts"] == state["partitions"]


def test_of_very_many_each_is_compared(tmp_path: Path) -> None:
    definition = HourlyPartitionsDefinition(start_date="2020-01-01-00:00")
    total = definition.get_num_partitions(datetime(2024, 1, 1, tzinfo=UTC))
    first, last = "2020-01-01-01:00", "2020-01-01-03:00"
    keys = ["2020-01-01-01:00", "2020-01-01-02:00", "2020-01-01-03:00", "2023-12-31-23:00"]
    with Store.open(tmp_path) as store:
        store.append("one", run("one", tuple(keys), *map(made, keys[:3]), made(keys[3], "old code")))
        store.append("two", run("two", ("2023-12-31-22:00",), fails=True))
        store.append(
            "three", run("three", (keys[0],), made(keys[0])._replace(id="again"))
        )  # another one was made since: it stays failed
    state, partitions = shown(tmp_path, snapshot(definition, total))
    assert (state["status"], state["why"]) == (
        "failed",
        f"1 failed, 1 stale, {total - 5:,} missing of {total:,} partitions",
    )
    assert state["partitions"] == partitions["counts"]
    assert (state["partitions"]["fresh"], state["partitions"]["failed"]) == (3, 1)
    assert stretches(partitions) == [
        ("2020-01-01-00:00", "2020-01-01-00:00", 1, "missing"),
        (first, last, 3, "fresh"),
        ("2020-01-01-04:00", "2023-12-31-21:00", total - 6, "missing"),
        ("2023-12-31-22:00", "2023-12-31-22:00", 1, "failed"),
        ("2023-12-31-23:00", "2023-12-31-23:00", 1, "stale"),
    ]


def test_of_very_many_what_is_made_is_told_while_it_is_made(tmp_path: Path) -> None:
    definition = HourlyPartitionsDefinition(start_date="2020-01-01-00:00")
    total = definition.get_num_partitions(datetime(2024, 1, 1, tzinfo=UTC))
    keys = [f"2020-01-02-{hour:02}:00" for hour in range(20)]
    with (
        Store.open(tmp_path) as store,
        served(create_app(tmp_path, NobodyHost(snapshot(definition, total)), clock=Noon())) as client,
    ):

        def counts() -> Any:
            return client.get("/api/states").json()["states"][NAME]["partitions"]

        assert counts()["missing"] == total
        for key in keys:
            store.append(key, run(key, (key,), made(key)))
        wait_until(lambda: counts()["fresh"] == len(keys), 60)
        store.append("fails", run("fails", ("2020-01-03-00:00",), fails=True))
        wait_until(lambda: counts()["failed"] == 1, 60)
        store.append("mends", run("mends", ("2020-01-03-00:00",), made("2020-01-03-00:00")))
        wait_until(lambda: counts()["fresh"] == len(keys) + 1, 60)
        assert counts()["failed"] == 0


@pytest.mark.parametrize("known", [snapshot(None, 3), None])
def test_where_the_server_does_not_know_the_definition_it_tells_what_was_made(
    tmp_path: Path, known: Snapshot | None
) -> None:
    with Store.open(tmp_path) as store:
        store.append("one", run("one", ("x", "y"), made("x"), made("y")))
    host = NobodyHost(known)
    with served(create_app(tmp_path, host)) as client:
        state = client.get("/api/states").json()["states"][NAME]
        partitions = client.get("/api/asset/partitions", params={"key": NAME}).json()
    assert state["status"] == "unknown"
    assert state["partitions"]["made"] == 2
    assert stretches(partitions) == [("x", "x", 1, "made"), ("y", "y", 1, "made")]
