"""Small runs and versions for the tests of the store."""

from __future__ import annotations

import sqlite3
from itertools import count
from typing import Any

from tidemill.core.events import Event, Materialized, RunCreated, RunStarted, StepStarted, StepSucceeded
from tidemill.core.keys import AssetKey
from tidemill.core.records import Artifact, FileIdentity, PlannedStep, Run, Version
from tidemill.storage import Store
from tidemill.storage.projections import TABLES

A = AssetKey("a")
B = AssetKey(["b", "c/d"])
IDENTITY = FileIdentity(2**64 - 1, 300, 1_700_000_000_000_000_001, 1_700_000_000_000_000_002)
ids = count(1)


def new_version(asset: AssetKey = A, partition: str | None = None, **fields: Any) -> Version:
    """A version with an id of its own."""
    version_id = fields.pop("id", f"v-{next(ids):08d}")
    return Version(version_id, asset, partition, 10, "data", "code", **fields)


def inline_artifact(data: bytes) -> Artifact:
    """An artifact that lives in the database."""
    address = f"{data.hex():0>64}"
    return Artifact(address, len(data), address, True, "builtins.bytes", None, data)


def begun(run_id: str, *steps: str, **fields: Any) -> list[Event]:
    """The first two events of a run."""
    planned = tuple(PlannedStep(step) for step in steps)
    return [
        RunCreated(1, Run(run_id, fields.pop("job_name", "job"), 1, {}, steps=planned, **fields)),
        RunStarted(2),
    ]


def step(name: str, *versions: Version) -> list[Event]:
    """The events of a step that went well."""
    made = [Materialized(4, name, 1, version) for version in versions]
    return [StepStarted(3, name), *made, StepSucceeded(5, name, 1)]


def tables(store: Store) -> dict[str, list[Any]]:
    """Everything that is folded, as it stands in the database."""
    with store.database() as database:
        return tables_of(database.connection)


def tables_of(connection: sqlite3.Connection) -> dict[str, list[Any]]:
    """The same, of a bare connection."""
    queries = {name: f"SELECT * FROM {name}" for name in TABLES}  # noqa: S608  (constants)
    return {name: sorted(connection.execute(query), key=repr) for name, query in queries.items()}
