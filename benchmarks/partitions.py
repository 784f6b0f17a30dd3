"""A hundred thousand partitions of an asset: what it costs to show which were made; ten thousand asked for at once."""

from __future__ import annotations

import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
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
    from tidemill import AssetKey, DagsterInstance, HourlyPartitionsDefinition, asset, materialize
    from tidemill.execution.launch import world_of
    from tidemill.execution.spans import made_partitions

    hours = HourlyPartitionsDefinition("2014-01-01-00:00", end_date="2025-05-30-00:00")

    @asset(partitions_def=hours)
    def rows() -> None:
        """Stores nothing: what is measured is what is known of each partition."""

    with DagsterInstance.local_temp(str(folder)) as instance:
        assert hours.get_num_partitions() == HOURS
        first, last = hours.get_first_partition_key(), hours.get_last_partition_key()
        assert materialize([rows], instance=instance, partition_key=f"{first}...{last}").success
        home, key = instance.home, AssetKey("rows")
        world = world_of(project_of(rows), home)

        def look() -> None:
            made = made_partitions(home, key, hours, world)
            assert (made.number, made.ranges) == (HOURS, (f"{first}...{last}",))

        look()
        seconds = _median(look)
        tracemalloc.start()
        look()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    what = f"which of {HOURS:,} hourly partitions were made"
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
