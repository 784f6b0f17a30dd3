"""Records of the log and of assets, as the compatible interface tells them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tidemill.compat.evaluations import AssetCheckEvaluation
from tidemill.compat.events import DagsterEvent, DagsterEventType
from tidemill.compat.runs import SECOND
from tidemill.core.keys import AssetKey
from tidemill.definitions.results import AssetMaterialization, AssetObservation
from tidemill.work.orders import LogLine


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

    @property
    def asset_check_evaluation(self) -> AssetCheckEvaluation | None:
        """The verdict, or None."""
        data = self.dagster_event.event_specific_data
        return data if isinstance(data, AssetCheckEvaluation) else None

    @property
    def is_dagster_event(self) -> bool:
        """Whether it is more than a line of a log."""
        return True

    @property
    def dagster_event_type(self) -> DagsterEventType:
        """Its kind."""
        return self.dagster_event.event_type

    @property
    def level(self) -> int:
        """How grave it is, as the standard library counts."""
        return logging.ERROR if self.dagster_event.is_failure else logging.DEBUG

    @property
    def user_message(self) -> str:
        """A sentence about it."""
        return self.dagster_event.message

    def get_dagster_event(self) -> DagsterEvent:
        """The event."""
        return self.dagster_event

    def at(self, storage_id: int) -> EventLogEntry:
        """The same with another place in the log."""
        return EventLogEntry(self.dagster_event, self.run_id, storage_id)

    def __repr__(self) -> str:
        return f"<EventLogEntry {self.storage_id} {self.dagster_event!r}>"


class LogEntry(EventLogEntry):
    """A line that a step logged, among the events of its run: an entry without an event."""

    __slots__ = ("_job_name", "_line")

    def __init__(self, line: LogLine, job_name: str, run_id: str, storage_id: int = 0) -> None:
        self.dagster_event = None  # type: ignore[assignment]  # as `is_dagster_event` says
        self.run_id = run_id
        self.storage_id = storage_id
        self._line = line
        self._job_name = job_name

    timestamp = property(lambda self: self._line.at / SECOND)
    step_key = property(lambda self: self._line.step)
    job_name = property(lambda self: self._job_name)
    message = property(lambda self: self._line.text)
    user_message = message
    level = property(lambda self: logging.getLevelNamesMapping().get(self._line.level.upper(), logging.INFO))
    is_dagster_event = property(lambda _: False)
    dagster_event_type = property(lambda _: None)
    asset_key = property(lambda _: None)
    partition_key = property(lambda _: None)
    asset_materialization = property(lambda _: None)
    asset_observation = property(lambda _: None)
    asset_check_evaluation = property(lambda _: None)

    def at(self, storage_id: int) -> LogEntry:
        """The same with another place in the log."""
        return LogEntry(self._line, self._job_name, self.run_id, storage_id)

    def __repr__(self) -> str:
        return f"<EventLogEntry {self.storage_id} {self.message!r}>"


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
    def event_type(self) -> DagsterEventType | None:
        """Its kind."""
        return self.event_log_entry.dagster_event_type

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
    storage_ids: Sequence[int] | None = None
    tags: Mapping[str, str | Sequence[str]] | None = None
    job_names: Sequence[str] | None = None


class AssetRecordsFilter(NamedTuple):
    """Which records of an asset to list; times are seconds since 1970, ids places in the log, exclusive."""

    asset_key: AssetKey
    asset_partitions: Sequence[str] | None = None
    after_timestamp: float | None = None
    before_timestamp: float | None = None
    after_storage_id: int | None = None
    before_storage_id: int | None = None
    storage_ids: Sequence[int] | None = None
    tags: Mapping[str, str | Sequence[str]] | None = None


class RunStatusChangeRecordsFilter(NamedTuple):
    """Which changes of the status of runs to list; times are seconds since 1970, ids places in the log, exclusive."""

    event_type: DagsterEventType
    after_timestamp: float | None = None
    before_timestamp: float | None = None
    after_storage_id: int | None = None
    before_storage_id: int | None = None
    storage_ids: Sequence[int] | None = None
    job_names: Sequence[str] | None = None


def as_event_filter(
    wanted: EventRecordsFilter | AssetRecordsFilter | RunStatusChangeRecordsFilter, kind: DagsterEventType
) -> EventRecordsFilter:
    """Any filter as the one that the log is asked with, for events of one kind."""
    if isinstance(wanted, EventRecordsFilter):
        return wanted._replace(event_type=kind)
    return EventRecordsFilter(
        kind,
        getattr(wanted, "asset_key", None),
        getattr(wanted, "asset_partitions", None),
        wanted.after_storage_id,
        wanted.before_storage_id,
        wanted.after_timestamp,
        wanted.before_timestamp,
        wanted.storage_ids,
        getattr(wanted, "tags", None),
        job_names=getattr(wanted, "job_names", None),
    )


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
    def last_run_id(self) -> str | None:
        """The run that made it last, or None."""
        return self.last_materialization.run_id if self.last_materialization is not None else None

    @property
    def last_materialization_storage_id(self) -> int | None:
        """Place in the log of the latest materialization, or None."""
        record = self.last_materialization_record
        return record.storage_id if record is not None else None

    @property
    def asset_entry(self) -> AssetRecord:
        """This record."""
        return self
