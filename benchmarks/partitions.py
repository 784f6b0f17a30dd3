"""A hundred thousand partitions of an asset: what it costs to show which were made; ten thousand asked for at once."""

from __future__ import annotations

import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import row

HOURS = 100_008
DAYS = 10_000
ROUNDS = 9


def run() -> list[dict[str, Any]]:
    """Rows of the table."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_shown(Path(folder) / "shown"), *_asked(Path(folder) / "asked")]


def _shown(folder: Path) -> list[dict[str, Any]]:
    from tidemill import (
        DailyPartitionsDefinition,
        DynamicPartitionsDefinition,
        HourlyPartitionsDefinition,
        MultiPartitionsDefinition,
        StaticPartitionsDefinition,
    )

    hours = HourlyPartitionsDefinition("2014-01-01-00:00", end_date="2025-05-30-00:00")
    days = DailyPartitionsDefinition("2022-09-06", end_date="2025-06-02")
    regions = StaticPartitionsDefinition([f"region-{number}" for number in range(100)])
    grid = MultiPartitionsDefinition({"day": days, "region": regions})
    customers = [f"customer-{number:06}" for number in range(HOURS)]
    kinds = {
        "hourly": (hours, ()),
        "two-dimensional": (grid, ()),
        "dynamic": (DynamicPartitionsDefinition(name="customers"), customers),
    }
    return [each for kind, of in kinds.items() for each in _looked_at(folder / kind, kind, *of)]


def _looked_at(folder: Path, kind: str, definition: Any, keys: Sequence[str]) -> list[dict[str, Any]]:
    from tidemill import AssetKey, DagsterInstance, asset
    from tidemill.core.events import Materialized, PartitionsAdded
    from tidemill.core.records import Version
    from tidemill.definitions.partitions.orders import order_at
    from tidemill.execution.launch import world_of
    from tidemill.execution.spans import made_partitions

    @asset(partitions_def=definition)
    def rows() -> None:
        """Nothing is run."""

    with DagsterInstance.local_temp(str(folder)) as instance:
        home, key = instance.home, AssetKey("rows")
        if keys:
            home.append("", [PartitionsAdded(1, "customers", tuple(keys))])
        world = world_of(project_of(rows), home)
        order = order_at(definition, world)
        # A tenth was never made, one here and one there; so it is as hard as it gets.
        versions = [
            Version(f"v{place}", key, str(each), place, "data", "code")
            for place, each in enumerate(order.keys)
            if place % 10
        ]
        home.append("", [Materialized(version.made_at, "rows", 1, version) for version in versions])

        def look() -> None:
            made = made_partitions(home, key, definition, world)
            assert (made.number, made.total) == (len(versions), order.size)

        look()
        seconds = _median(look)
        tracemalloc.start()
        look()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    what = f"which of {order.size:,} {kind} partitions were made"
    return [
        row(f"{what}: read", seconds * 1000, "ms", must=50, aim=10),
        row(f"{what}: memory", peak / 1e6, "MB", must=5, aim=1),
    ]


def _asked(folder: Path) -> list[dict[str, Any]]:
    from tidemill import DagsterInstance, DailyPartitionsDefinition, asset
    from tidemill.execution.backfills import request_backfill
    from tidemill.execution.launch import world_of
    from tidemill.planning.backfills import runs_of

    days = DailyPartitionsDefinition("1998-01-01", end_date="2025-05-19")

    @asset(partitions_def=days)
    def rows() -> None:
        """Nothing is run."""

    assert days.get_num_partitions() == DAYS
    project = project_of(rows)
    with DagsterInstance.local_temp(str(folder)) as instance:
        home = instance.home

        def ask() -> None:
            world = world_of(project, home)
            state = request_backfill(project, home, world, selection="rows")
            assert sum(1 for _ in runs_of(project, state.backfill, world)) == DAYS

        seconds = _median(ask)
    return [
        row(f"a backfill of {DAYS:,} partitions, all its runs requested", seconds, "s", must=2.0, aim=0.5)
    ]


def project_of(*assets: Any) -> Any:
    """The definitions in their normal form."""
    from tidemill import Definitions

    return Definitions(assets=list(assets)).project()


def _median(call: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
