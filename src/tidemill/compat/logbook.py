"""The log of a store in the compatible vocabulary: records of events, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import merge
from typing import Any

from tidemill.compat.events import DagsterEventType, synthesise
from tidemill.compat.records import (
    EventLogEntry,
    EventLogRecord,
    EventRecordsFilter,
    EventRecordsResult,
    LogEntry,
    as_event_filter,
)
from tidemill.compat.standing import about
from tidemill.core.errors import InvalidInvocationError
from tidemill.core.events import (
    Checked,
    Event,
    Materialized,
    Observed,
    RunCanceled,
    RunCreated,
    RunFailed,
    RunStarted,
    RunSucceeded,
    StepFailed,
)
from tidemill.core.keys import AssetKey
from tidemill.home import Home
from tidemill.storage.reads import ANY_PARTITION, StoredEvent
from tidemill.work.logs import log_name, read_log
from tidemill.work.orders import LogLine

_KINDS: Mapping[DagsterEventType, type[Event]] = {
    DagsterEventType.ASSET_MATERIALIZATION: Materialized,
    DagsterEventType.ASSET_OBSERVATION: Observed,
    DagsterEventType.ASSET_CHECK_EVALUATION: Checked,
    DagsterEventType.ASSET_MATERIALIZATION_PLANNED: RunCreated,
    DagsterEventType.STEP_FAILURE: StepFailed,
    DagsterEventType.RUN_START: RunStarted,
    DagsterEventType.RUN_SUCCESS: RunSucceeded,
    DagsterEventType.RUN_FAILURE: RunFailed,
    DagsterEventType.RUN_CANCELED: RunCanceled,
}
PAGE = 1000


class Logbook:
    """The reads of `DagsterInstance` that give records of events."""

    home: Home

    def fetch_materializations(
        self, records_filter: Any, limit: int, cursor: str | None = None, ascending: bool = False
    ) -> EventRecordsResult:
        """Materializations of an asset, a page at a time."""
        return self._fetch(DagsterEventType.ASSET_MATERIALIZATION, records_filter, limit, cursor, ascending)

    def fetch_observations(
        self, records_filter: Any, limit: int, cursor: str | None = None, ascending: bool = False
    ) -> EventRecordsResult:
        """Observations of an asset, a page at a time."""
        return self._fetch(DagsterEventType.ASSET_OBSERVATION, records_filter, limit, cursor, ascending)

    def fetch_run_status_changes(
        self, records_filter: Any, limit: int, cursor: str | None = None, ascending: bool = False
    ) -> EventRecordsResult:
        """Changes of the status of runs, a page at a time; the filter is a kind of event, or has one."""
        if isinstance(records_filter, DagsterEventType):
            return self._fetch(records_filter, None, limit, cursor, ascending)
        return self._fetch(records_filter.event_type, records_filter, limit, cursor, ascending)

    def fetch_planned_materializations(
        self, records_filter: Any, limit: int, cursor: str | None = None, ascending: bool = False
    ) -> EventRecordsResult:
        """Versions of an asset that runs set out to make, a page at a time."""
        kind = DagsterEventType.ASSET_MATERIALIZATION_PLANNED
        return self._fetch(kind, records_filter, limit, cursor, ascending)

    def _fetch(
        self, kind: DagsterEventType, records_filter: Any, limit: int, cursor: str | None, ascending: bool
    ) -> EventRecordsResult:
        if records_filter is None or isinstance(records_filter, (AssetKey, str)):
            key = AssetKey.from_coercible(records_filter) if records_filter is not None else None
            wanted = EventRecordsFilter(kind, key)
        else:
            wanted = as_event_filter(records_filter, kind)
        place = int(cursor) if cursor else None
        narrowed = wanted._replace(
            after_cursor=place if ascending and place is not None else wanted.after_cursor,
            before_cursor=wanted.before_cursor if ascending or place is None else place,
        )
        records = self.get_event_records(narrowed, limit + 1, ascending)
        page = records[:limit]
        last = str(page[-1].storage_id) if page else (cursor or "")
        return EventRecordsResult(page, last, len(records) > limit)

    def get_event_records(
        self, event_records_filter: EventRecordsFilter, limit: int | None = None, ascending: bool = False
    ) -> Sequence[EventLogRecord]:
        """Records of the log that fit the filter, newest first unless `ascending`."""
        wanted = event_records_filter
        kind = _KINDS.get(wanted.event_type)
        if kind is None:
            raise InvalidInvocationError(
                f"Events of type {wanted.event_type.value} are not records of the log",
                subject=wanted.event_type.value,
                expected=", ".join(kind.value for kind in _KINDS),
                next_step="read all events of a run with all_logs(run_id)",
            )
        # A planned event has no asset of its own in the log: its run names all of them.
        asset = None if kind is RunCreated else wanted.asset_key
        after, before = wanted.after_cursor or 0, wanted.before_cursor
        records: list[EventLogRecord] = []
        while limit is None or len(records) < limit:
            page = self.home.store.events(
                kinds=[kind],
                asset=asset,
                after=after,
                before=before,
                limit=limit or PAGE,
                ascending=ascending,
            )
            if not page:
                break
            for stored in page:
                records.extend(r for r in self._records(stored, wanted.event_type) if _fits(r, wanted))
            if ascending:
                after = page[-1].seq
            else:
                before = page[-1].seq
        return records[:limit]

    def all_logs(self, run_id: str, of_type: Any = None) -> Sequence[EventLogEntry]:
        """All events of a run, in order, and between them what its steps logged; or the events of some types."""
        run = self.home.store.run(run_id).run
        stored = self.home.store.events(run_id)
        told = synthesise([one.event for one in stored], run.job_name, about(self.home))
        wanted = {of_type} if isinstance(of_type, DagsterEventType) else set(of_type) if of_type else None
        events = [EventLogEntry(event, run_id, number) for number, event in enumerate(told, 1)]
        if wanted is not None:
            return [entry for entry in events if entry.dagster_event_type in wanted]
        lines: list[EventLogEntry] = [LogEntry(line, run.job_name, run_id) for line in self._lines(run_id)]
        entries = list(merge(events, lines, key=lambda entry: entry.timestamp)) if lines else events
        return [entry.at(number) for number, entry in enumerate(entries, 1)]

    def _lines(self, run_id: str) -> list[LogLine]:
        """What the steps of a run logged, in order; nothing of what they printed."""
        folder = self.home.log_folder(run_id)
        if folder is None or not folder.exists():
            return []
        names = {log_name(step.step): step.step for step in self.home.store.steps(run_id)}
        lines = [
            line._replace(step=names.get(line.step, line.step))
            for path in sorted(folder.glob("*.jsonl"))
            for line in read_log(path)
            if line.stream == "log"
        ]
        return sorted(lines, key=lambda line: line.at)

    def get_records_for_run(
        self,
        run_id: str,
        cursor: str | None = None,
        of_type: Any = None,
        limit: int | None = None,
        ascending: bool = True,
    ) -> EventRecordsResult:
        """All that `all_logs` gives, a page at a time."""
        told, here = self.all_logs(run_id, of_type), None if cursor is None else int(cursor)
        entries = [
            e for e in told if here is None or (e.storage_id > here if ascending else e.storage_id < here)
        ]
        entries = entries if ascending else entries[::-1]
        page = entries[:limit]
        records = [EventLogRecord(entry.storage_id, entry) for entry in page]
        last = str(page[-1].storage_id) if page else (cursor or "")
        return EventRecordsResult(records, last, len(page) < len(entries))

    def _records(self, stored: StoredEvent, kind: DagsterEventType) -> list[EventLogRecord]:
        run = self.home.store.run(stored.run_id).run if stored.run_id else None
        job = run.job_name if run is not None else ""
        return [
            EventLogRecord(stored.seq, EventLogEntry(told, stored.run_id, stored.seq))
            for told in synthesise([stored.event], job, about(self.home, run))
            if told.event_type == kind
        ]

    def get_latest_data_version_record(
        self,
        key: AssetKey,
        is_source: bool | None = None,
        partition_key: str | None = None,
        before_cursor: int | None = None,
        after_cursor: int | None = None,
    ) -> EventLogRecord | None:
        """What tells best what an asset is now: its latest version, or a later observation of its data version.

        Args:
            key: Of the asset.
            is_source: Only observations where True, only versions where False.
            partition_key: Of which partition; of any by default.
            before_cursor, after_cursor: Bounds of `storage_id`, exclusive.
        """
        kinds: dict[bool | None, list[type[Event]]] = {True: [Observed], False: [Materialized]}
        before = before_cursor
        while page := self.home.store.events(
            kinds=kinds.get(is_source, [Observed, Materialized]),
            asset=key,
            partition=ANY_PARTITION if partition_key is None else partition_key,
            after=after_cursor or 0,
            before=before,
            limit=100,
            ascending=False,
        ):
            for one in page:
                if isinstance(one.event, Materialized):
                    return self._records(one, DagsterEventType.ASSET_MATERIALIZATION)[0]
                if isinstance(one.event, Observed) and one.event.observation.data_version is not None:
                    return self._records(one, DagsterEventType.ASSET_OBSERVATION)[0]
            before = page[-1].seq
        return None


def _has_tags(record: EventLogRecord, wanted: Mapping[str, str | Sequence[str]]) -> bool:
    told = record.asset_materialization or record.asset_observation
    tags = told.tags if told is not None else {}
    return all(
        tags.get(name) == value if isinstance(value, str) else tags.get(name) in value
        for name, value in wanted.items()
    )


def _fits(record: EventLogRecord, wanted: EventRecordsFilter) -> bool:
    if wanted.storage_ids is not None and record.storage_id not in wanted.storage_ids:
        return False
    if wanted.tags and not _has_tags(record, wanted.tags):
        return False
    if wanted.job_names is not None and record.event_log_entry.job_name not in wanted.job_names:
        return False
    if wanted.asset_key is not None and record.asset_key != wanted.asset_key:
        return False
    if wanted.asset_partitions is not None and record.partition_key not in wanted.asset_partitions:
        return False
    if wanted.after_timestamp is not None and record.timestamp <= wanted.after_timestamp:
        return False
    return wanted.before_timestamp is None or record.timestamp < wanted.before_timestamp
