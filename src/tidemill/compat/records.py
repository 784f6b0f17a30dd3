"""Records of the log and of assets, as the compatible interface tells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tidemill.compat.events import DagsterEvent, DagsterEventType
from tidemill.core.keys import AssetKey
from tidemill.definitions.results import AssetMaterialization, AssetObservation


class EventLogEntry:
    """An event with the run that it belongs to."""

    __slots__ = ("dagster_event", "run_id", "storage_id")

    def __init__(self, dagster_event: DagsterEvent, run_id: str, storage_id: int) -> None:
        self.dagster_event = dagster_event
        self.run_id = run_id
        self.storage_id = storage_id

    @property
    def timestamp(self) -> float:
        """Seconds since 1970 in UTC."""
        return self.dagster_event.timestamp

    @property
    def step_key(self) -> str | None:
        """Name of the step."""
        return self.dagster_event.step_key

    @property
    def job_name(self) -> str:
        """Name of the job."""
        return self.dagster_event.job_name

    @property
    def message(self) -> str:
        """A sentence about it."""
        return self.dagster_event.message

    @property
    def asset_key(self) -> AssetKey | None:
        """The asset that it is about, or None."""
        return self.dagster_event.asset_key

    @property
    def partition_key(self) -> str | None:
        """The partition that it is about, or None."""
        return self.dagster_event.partition

    @property
    def asset_materialization(self) -> AssetMaterialization | None:
        """What was materialized, or None."""
        data = self.dagster_event.event_specific_data
        return getattr(data, "materialization", None)

    @property
    def asset_observation(self) -> AssetObservation | None:
        """What was observed, or None."""
        data = self.dagster_event.event_specific_data
        return getattr(data, "asset_observation", None)

    def __repr__(self) -> str:
        return f"<EventLogEntry {self.storage_id} {self.dagster_event!r}>"


class EventLogRecord(NamedTuple):
    """An event of the log, with its place there."""

    storage_id: int
    event_log_entry: EventLogEntry

    @property
    def timestamp(self) -> float:
        """Seconds since 1970 in UTC."""
        return self.event_log_entry.timestamp

    @property
    def run_id(self) -> str:
        """Id of its run."""
        return self.event_log_entry.run_id

    @property
    def asset_key(self) -> AssetKey | None:
        """The asset that it is about, or None."""
        return self.event_log_entry.asset_key

    @property
    def partition_key(self) -> str | None:
        """The partition that it is about, or None."""
        return self.event_log_entry.partition_key

    @property
    def asset_materialization(self) -> AssetMaterialization | None:
        """What was materialized, or None."""
        return self.event_log_entry.asset_materialization

    @property
    def asset_observation(self) -> AssetObservation | None:
        """What was observed, or None."""
        return self.event_log_entry.asset_observation


class EventRecordsResult(NamedTuple):
    """A page of records; give `cursor` back for the next one while `has_more`."""

    records: Sequence[EventLogRecord]
    cursor: str
    has_more: bool


class EventRecordsFilter(NamedTuple):
    """Which records of the log to list; times are seconds since 1970."""

    event_type: DagsterEventType
    asset_key: AssetKey | None = None
    asset_partitions: Sequence[str] | None = None
    after_cursor: int | None = None
    before_cursor: int | None = None
    after_timestamp: float | None = None
    before_timestamp: float | None = None


class AssetRecord(NamedTuple):
    """An asset with its latest materialization."""

    asset_key: AssetKey
    last_materialization_record: EventLogRecord | None

    @property
    def last_materialization(self) -> EventLogEntry | None:
        """The latest materialization, or None."""
        record = self.last_materialization_record
        return record.event_log_entry if record is not None else None

    @property
    def asset_entry(self) -> AssetRecord:
        """This record."""
        return self
