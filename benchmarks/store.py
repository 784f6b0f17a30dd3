"""What the store costs: appends against the floor of plain sqlite3, bulk reads, opening a store."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measuring import row
from tidemill.core.events import Event, Materialized, RunCreated, RunStarted, StepStarted, StepSucceeded
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import Artifact, PlannedStep, Run, Version, VersionRef
from tidemill.storage import Store

STEPS = 3200
KEYS = 10_000
INLINE = b"x" * 256
START = """
import sys; from pathlib import Path; import tidemill.core.codec, tidemill.core.events
import time; began = time.perf_counter()
from tidemill.storage import Store
Store.open(Path(sys.argv[1]), create=False); print(time.perf_counter() - began)
"""


def step_events(index: int, run_id: str = "run") -> list[Event]:
    """The three events of a step with one input, two numbers of metadata and an inline artifact."""
    name, digest = f"asset_{index}", f"{index:064x}"
    version = Version(
        id=f"{run_id}-{index:027d}",
        asset=AssetKey(name),
        partition=None,
        made_at=1_700_000_000_000_000 + index,
        data_version=digest,
        code_version="0" * 32,
        artifact=Artifact(digest, len(INLINE), digest, True, "builtins.int", None, INLINE),
        inputs=(VersionRef(AssetKey(f"asset_{index - 1}"), None, f"{run_id}-{index - 1:027d}", "f" * 64),),
        metadata={"rows": MetadataValue.int(index), "score": MetadataValue.float(0.5)},
    )
    at = version.made_at
    return [StepStarted(at, name), Materialized(at, name, 1, version), StepSucceeded(at, name, 1, ("x",))]


def begin(store: Store, steps: int, run_id: str = "run") -> None:
    """Create and start a run."""
    planned = tuple(PlannedStep(f"asset_{i}", (AssetKey(f"asset_{i}"),)) for i in range(steps))
    store.append(run_id, [RunCreated(1, Run(run_id, "job", 1, {}, steps=planned)), RunStarted(2)])


def append_microseconds(store: Store, group: int, steps: int = STEPS) -> float:
    """Time of a step when `group` steps share a transaction."""
    begin(store, steps)
    batches = [[e for i in range(at, at + group) for e in step_events(i)] for at in range(0, steps, group)]
    began = time.perf_counter()
    for batch in batches:
        store.append("run", batch)
    return (time.perf_counter() - began) / steps * 1e6


def floor_microseconds(path: Path, group: int, durability: str, steps: int = STEPS) -> float:
    """The same number of bytes as three rows of one bare table, with the same transactions."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute(f"PRAGMA synchronous = {durability}")
    connection.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, kind TEXT, data TEXT, inline BLOB)")
    data = "x" * 700
    began = time.perf_counter()
    for _ in range(0, steps, group):
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(group):
            connection.execute("INSERT INTO events (kind, data) VALUES ('step_started', '{}')")
            connection.execute(
                "INSERT INTO events (kind, data, inline) VALUES ('materialized', ?, ?)", (data, INLINE)
            )
            connection.execute("INSERT INTO events (kind, data) VALUES ('step_succeeded', '{}')")
        connection.execute("COMMIT")
    elapsed = time.perf_counter() - began
    connection.close()
    return elapsed / steps * 1e6


def best(measure: Callable[[], float], times: int = 3) -> float:
    """The least of a few attempts: what the machine can do, not what else it did."""
    return min(measure() for _ in range(times))


def timed(action: Callable[[], object]) -> float:
    """Milliseconds that `action` takes."""
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1e3


def appends(folder: Path) -> list[dict[str, Any]]:
    """Cost of a step's three events, alone and in groups, at both durabilities and in memory."""
    rows: list[dict[str, Any]] = []
    attempt = 0

    def fresh(name: str) -> Path:
        nonlocal attempt
        attempt += 1
        return folder / f"{name}{attempt}"

    for durability, group, steps, limit in (
        ("normal", 1, 800, 150.0),
        ("normal", 32, STEPS, 80.0),
        ("full", 1, 200, None),
        ("full", 32, STEPS, None),
    ):

        def measure(durability: str = durability, group: int = group, steps: int = steps) -> float:
            with Store.open(fresh("store"), durability=durability) as store:
                return append_microseconds(store, group, steps)

        def floor(durability: str = durability, group: int = group, steps: int = steps) -> float:
            return floor_microseconds(fresh("floor"), group, durability, steps)

        what = f"append a step, {durability}, " + ("alone" if group == 1 else f"{group} together")
        rows.append(row(what, best(measure), "µs", must=limit, floor=best(floor)))

    def in_memory() -> float:
        with Store.in_memory() as store:
            return append_microseconds(store, 1)

    rows.append(row("append a step, in memory, alone", best(in_memory), "µs", must=20))
    return rows


def reads(folder: Path) -> list[dict[str, Any]]:
    """Bulk reads, a rebuild and opening, over a store of ten thousand steps."""
    with Store.open(folder / "reads") as store:
        begin(store, KEYS)
        for at in range(0, KEYS, 500):
            store.append("run", [event for i in range(at, at + 500) for event in step_events(i)])
        wanted = [(AssetKey(f"asset_{i}"), None) for i in range(KEYS)]
        rows = [
            row(
                "latest_versions of 10,000 keys",
                best(lambda: timed(lambda: store.latest_versions(wanted))),
                "ms",
                must=100,
                aim=80,
            ),
            row("events of a run of 30,002 events", timed(lambda: store.events("run")), "ms"),
            row("steps of a run of 10,000 steps", timed(lambda: store.steps("run")), "ms"),
            row("rebuild from 30,002 events", timed(store.rebuild), "ms"),
        ]
    command = [sys.executable, "-c", START, str(folder / "reads")]

    def start() -> float:
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) * 1e3

    rows.append(row("import storage (beyond core) and open a store", best(start, 7), "ms", must=15))
    return rows


def run() -> list[dict[str, Any]]:
    """All rows, as plain values."""
    with tempfile.TemporaryDirectory() as name:
        return [*appends(Path(name)), *reads(Path(name))]
