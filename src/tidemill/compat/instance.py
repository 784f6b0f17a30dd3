"""`DagsterInstance`: a store, as programs written against the compatible interface ask it; `telling` has the writes.

What Tidemill's store keeps beyond the other interface (versions, series) is reached by the
methods that are marked as its own.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tidemill.compat.logbook import Logbook
from tidemill.compat.records import AssetRecord, EventLogEntry, EventLogRecord
from tidemill.compat.runs import (
    STATUS_NAMES,
    DagsterRun,
    DagsterRunStatus,
    RunRecord,
    RunsFilter,
    micros,
    run_record,
)
from tidemill.compat.standing import (
    AssetPartitionStatus,
    DagsterRunStatsSnapshot,
    RunStepKeyStatsSnapshot,
    partition_statuses,
    planned_assets,
    run_stats,
    step_stats,
)
from tidemill.compat.telling import Telling
from tidemill.core.errors import UnsupportedNameError, ValueNotStoredError
from tidemill.core.events import (
    PartitionsAdded,
    PartitionsRemoved,
)
from tidemill.core.keys import AssetKey, VersionAddress
from tidemill.core.records import RunState, Version
from tidemill.core.settings import load_settings
from tidemill.definitions.partitions.partitions import checked_keys
from tidemill.home import Home
from tidemill.work.earlier import DataProvenance

FACE = "tidemill.compat.instance:DagsterInstance"
"""What makes an instance from a home, for a process that has it by name only."""


class DagsterInstance(Logbook, Telling):
    """A store. Make one with `get`, `ephemeral` or `local_temp`; it is a context manager.

    Args:
        home: The opened store.

    Example:
        >>> @asset
        ... def rows():
        ...     return [1, 2]
        >>> with DagsterInstance.ephemeral() as instance:
        ...     _ = materialize([rows], instance=instance)
        ...     instance.load_asset_value("rows")
        [1, 2]
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self._remove: Callable[[], object] | None = None

    @classmethod
    def get(cls) -> DagsterInstance:
        """The project's store: `TIDEMILL_HOME`, else the nearest `.tidemill/`; made if there is none."""
        settings = load_settings()
        return cls(Home.open(settings.home, durability=settings.durability))

    @classmethod
    def ephemeral(
        cls, tempdir: str | None = None, preload: Any = None, settings: Mapping[str, Any] | None = None
    ) -> DagsterInstance:
        """A store that nothing outlives."""
        _refuse("DagsterInstance.ephemeral", preload=preload, settings=settings)
        if tempdir is not None:
            return cls.local_temp(tempdir)
        return cls(Home.temporary(keeps_logs=True))

    @classmethod
    def local_temp(
        cls, tempdir: str | None = None, overrides: Mapping[str, Any] | None = None
    ) -> DagsterInstance:
        """A store on the disk, in a folder that the caller looks after; without one, in one that goes with it."""
        _refuse("DagsterInstance.local_temp", overrides=overrides)
        if tempdir is not None:
            return cls(Home.open(Path(tempdir)))
        import shutil  # noqa: PLC0415  (8 ms that only this needs)
        import tempfile  # noqa: PLC0415  (as above)

        folder = Path(tempfile.mkdtemp(prefix="tidemill-"))
        instance = cls(Home.open(folder))
        instance._remove = weakref.finalize(instance, shutil.rmtree, folder, ignore_errors=True)
        return instance

    def __enter__(self) -> DagsterInstance:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dispose()

    def dispose(self) -> None:
        """Close the store, and remove the folder where that is its own."""
        self.home.close()
        if self._remove is not None:
            self._remove()

    @property
    def is_ephemeral(self) -> bool:
        """Whether nothing outlives it."""
        return self.home.ephemeral

    @property
    def is_persistent(self) -> bool:
        """Whether it is on the disk."""
        return not self.home.ephemeral

    @property
    def root_directory(self) -> str:
        """Folder of the store."""
        return str(self.home.folder)

    def storage_directory(self) -> str:
        """Folder for I/O managers that keep files in the store's own; artifacts are elsewhere."""
        return str(self.home.folder / "storage")

    def info_str(self) -> str:
        """What kind of store this is, for people."""
        kind = "ephemeral" if self.home.ephemeral else "SQLite"
        return f"store: {self.home.folder}\nkind: {kind}\n"

    # Values (Tidemill's own)

    def load_asset_value(
        self, asset_key: object, *, version: int | None = None, partition_key: str | None = None
    ) -> Any:
        """The value of a version that Tidemill stored.

        Args:
            asset_key: Of the asset; a string may be an address: `model@3`, `sales[2024-05-01]`.
            version: Its number, from 1; the latest by default.
            partition_key: Of which slice.

        Raises:
            ValueNotStoredError: There is no such version, or it has no value in the store.
        """
        found = self.get_version(asset_key, version=version, partition_key=partition_key)
        return self.home.load(found)

    def get_version(
        self, asset_key: object, *, version: int | None = None, partition_key: str | None = None
    ) -> Version:
        """All that is remembered of a version. Arguments and errors are those of `load_asset_value`."""
        if isinstance(asset_key, str) and ("@" in asset_key or asset_key.endswith("]")):
            address = VersionAddress.parse(asset_key)
            if isinstance(address.version, str):
                raise ValueNotStoredError(
                    f"{address.asset.to_user_string()!r} has no version {address.version!r}",
                    subject=asset_key,
                    found=address.version,
                    expected="a number",
                )
            key = address.asset
            version = address.version if version is None else version
            partition_key = address.partition if partition_key is None else partition_key
        else:
            key = AssetKey.from_coercible(asset_key)
        store = self.home.store
        if version is not None:
            return store.version(key, partition_key, version)
        latest = store.latest_versions([(key, partition_key)]).get((key, partition_key))
        if latest is None:
            name = key.to_user_string() + (f"[{partition_key}]" if partition_key is not None else "")
            raise ValueNotStoredError(
                f"No version of {name!r} is stored",
                subject=name,
                found="an asset that was never materialized"
                if key not in store.asset_keys()
                else "other partitions",
                expected="at least one version",
                next_step=f"materialize it first: tidemill materialize {key.to_user_string()}",
            )
        return latest

    def get_versions(self, asset_key: object, *, limit: int | None = None) -> list[Version]:
        """All versions of an asset, newest first."""
        return self.home.store.versions(AssetKey.from_coercible(asset_key), limit=limit)

    # Assets

    def get_asset_keys(
        self, prefix: Sequence[str] | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Sequence[AssetKey]:
        """Keys of all assets that were ever materialized or observed, or that a run set out to make, in order."""
        keys = [key for key in self._known_assets() if prefix is None or key.has_prefix(prefix)]
        if cursor is not None:
            keys = [key for key in keys if key.to_string() > cursor]
        return keys[:limit]

    def has_asset_key(self, asset_key: AssetKey) -> bool:
        """Whether the store knows the asset."""
        return asset_key in self._known_assets()

    def _known_assets(self) -> list[AssetKey]:
        return sorted({*self.home.store.asset_keys(), *planned_assets(self.home.store)})

    def get_asset_records(self, asset_keys: Sequence[AssetKey] | None = None) -> Sequence[AssetRecord]:
        """The assets that the store knows, each with its latest materialization."""
        known = self._known_assets()
        wanted = [key for key in known if asset_keys is None or key in asset_keys]
        return [AssetRecord(key, self._latest_record(key)) for key in wanted]

    def get_latest_materialization_event(self, asset_key: AssetKey) -> EventLogEntry | None:
        """The latest materialization of an asset, or None."""
        record = self._latest_record(AssetKey.from_coercible(asset_key))
        return record.event_log_entry if record is not None else None

    def get_latest_materialization_events(
        self, asset_keys: Iterable[AssetKey]
    ) -> Mapping[AssetKey, EventLogEntry]:
        """The latest materialization of each asset that has one."""
        found = {key: self.get_latest_materialization_event(key) for key in asset_keys}
        return {key: event for key, event in found.items() if event is not None}

    def get_latest_materialization_code_versions(
        self, asset_keys: Iterable[AssetKey]
    ) -> Mapping[AssetKey, str | None]:
        """The code version that made the latest materialization of each asset."""
        found = {}
        for key in asset_keys:
            versions = self.home.store.versions(key, limit=1)
            found[key] = versions[0].code_version if versions else None
        return found

    def get_materialized_partitions(self, asset_key: AssetKey) -> set[str]:
        """Keys of the partitions that have a version."""
        return set(self.home.store.partitions(asset_key))

    # Dynamic partitions

    def get_dynamic_partitions(self, partitions_def_name: str) -> Sequence[str]:
        """The keys under that name, in the order in which they were added."""
        return self.home.store.dynamic_partitions(partitions_def_name)

    def has_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> bool:
        """Whether a key is there."""
        return self.home.store.has_dynamic_partition(partitions_def_name, partition_key)

    def add_dynamic_partitions(self, partitions_def_name: str, partition_keys: Sequence[str]) -> None:
        """Add keys; those that are there already stay where they are.

        Raises:
            InvalidDefinitionError: It is no list of strings, or one cannot be a key.
        """
        keys = checked_keys("add_dynamic_partitions", partition_keys)
        new = self.home.store.new_dynamic_partitions(partitions_def_name, keys)
        if new:
            self.home.append("", [PartitionsAdded(self.home.clock.now(), partitions_def_name, tuple(new))])

    def delete_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> None:
        """Remove a key; the versions of its partitions stay. Nothing happens where it is not there."""
        if self.has_dynamic_partition(partitions_def_name, partition_key):
            removed = PartitionsRemoved(self.home.clock.now(), partitions_def_name, (partition_key,))
            self.home.append("", [removed])

    # Where assets stand

    def get_status_by_partition(
        self,
        asset_key: AssetKey,
        partition_keys: Sequence[str],
        partitions_def: object = None,  # noqa: ARG002  (promised; keys say enough)
    ) -> Mapping[str, AssetPartitionStatus | None]:
        """Where each of some partitions is; None where nothing was ever made or tried.

        Args:
            asset_key: Of the asset.
            partition_keys: Of the partitions.
            partitions_def: The keys are looked up as they are; it is asked for nothing.
        """
        return partition_statuses(self.home.store, asset_key, partition_keys)

    def get_asset_provenance(self, asset_key: AssetKey) -> DataProvenance | None:
        """What the latest version of an asset was made from; None where there is none."""
        found = self.home.store.versions(AssetKey.from_coercible(asset_key), limit=1)
        return DataProvenance.of(found[0], self._place_of) if found else None

    def _place_of(self, version_id: str) -> int | None:
        place = self.home.store.place_of_version(version_id)
        return place.seq if place is not None else None

    def _latest_record(self, asset_key: AssetKey) -> EventLogRecord | None:
        records = self.fetch_materializations(asset_key, limit=1).records
        return records[0] if records else None

    # Runs

    def get_runs(
        self,
        filters: RunsFilter | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        bucket_by: Any = None,
        ascending: bool = False,
    ) -> Sequence[DagsterRun]:
        """Runs that fit the filter, newest first unless they are asked for in ascending order."""
        records = self.get_run_records(filters, limit, None, ascending, cursor, bucket_by)
        return [record.dagster_run for record in records]

    def get_run_by_id(self, run_id: str) -> DagsterRun | None:
        """A run, or None."""
        states = self.home.store.runs(ids=[run_id])
        return DagsterRun(states[0]) if states else None

    def get_run_records(
        self,
        filters: RunsFilter | None = None,
        limit: int | None = None,
        order_by: str | None = None,
        ascending: bool = False,
        cursor: str | None = None,
        bucket_by: Any = None,
    ) -> Sequence[RunRecord]:
        """Runs that fit the filter, with their times; in the order in which they were created, newest first."""
        _refuse("get_runs", order_by=None if order_by == "id" else order_by, bucket_by=bucket_by)
        records = [run_record(state) for state in self._states(filters, cursor, None if ascending else limit)]
        return records[::-1][:limit] if ascending else records

    def get_run_record_by_id(self, run_id: str) -> RunRecord | None:
        """A run with its times, or None."""
        states = self.home.store.runs(ids=[run_id])
        return run_record(states[0]) if states else None

    def get_run_ids(
        self, filters: RunsFilter | None = None, cursor: str | None = None, limit: int | None = None
    ) -> Sequence[str]:
        """Ids of the runs that fit the filter, newest first."""
        return [state.run.id for state in self._states(filters, cursor, limit)]

    def get_runs_count(self, filters: RunsFilter | None = None) -> int:
        """How many runs fit the filter."""
        return len(self._states(filters, None, None))

    def _states(self, filters: RunsFilter | None, cursor: str | None, limit: int | None) -> list[RunState]:
        wanted = filters or RunsFilter()
        _refuse("RunsFilter", snapshot_id=wanted.snapshot_id)
        before = self.home.store.run(cursor).number if cursor is not None else None
        own = {there: here for here, there in STATUS_NAMES.items()} | {DagsterRunStatus.NOT_STARTED: "queued"}
        statuses = wanted.statuses
        found = self.home.store.runs(
            ids=list(wanted.run_ids) if wanted.run_ids is not None else None,
            job_name=wanted.job_name,
            statuses={own[DagsterRunStatus(s)] for s in statuses if s in own}
            if statuses is not None
            else None,
            tags=wanted.plain_tags,
            created_after=micros(wanted.created_after),
            created_before=micros(wanted.created_before),
            before=before,
            # What else the filter says is looked at below: then there is no telling how many to read.
            limit=limit if filters is None else None,
        )
        return [state for state in found if wanted.lets_through(state)][:limit]

    def has_run(self, run_id: str) -> bool:
        """Whether there is a run with that id."""
        return bool(self.home.store.runs(ids=[run_id]))

    def get_run_stats(self, run_id: str) -> DagsterRunStatsSnapshot:
        """A run in figures.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return run_stats(self.home.store.run(run_id), self.home.store)

    def get_run_step_stats(
        self, run_id: str, step_keys: Sequence[str] | None = None
    ) -> Sequence[RunStepKeyStatsSnapshot]:
        """What became of each step of a run that began, or was skipped."""
        states = self.home.store.steps(run_id)
        return step_stats(run_id, [s for s in states if step_keys is None or s.step in step_keys])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        from tidemill.core.suggest import did_you_mean  # noqa: PLC0415  (the error path only)

        known = [attribute for attribute in dir(type(self)) if not attribute.startswith("_")]
        raise UnsupportedNameError(
            f"This store has no method {name!r}",
            subject=name,
            found=name,
            expected=", ".join(known),
            next_step=did_you_mean(name, known),
        )


def _refuse(caller: str, **arguments: Any) -> None:
    for name, value in arguments.items():
        if value:  # an empty dict of settings asks for nothing
            raise UnsupportedNameError(
                f"{caller}({name}=) has no meaning here",
                subject=name,
                found=repr(value),
                expected="no such argument",
                next_step="settings of a store are TIDEMILL_* variables or [tool.tidemill] in pyproject.toml",
            )
