"""Runs as the compatible interface tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple

from tidemill.core.errors import InvalidInvocationError
from tidemill.core.keys import AssetKey
from tidemill.core.records import RunState, RunStatus
from tidemill.core.tags import ROOT_RUN_TAG

SECOND = 1_000_000


class DagsterRunStatus(str, Enum):  # noqa: UP042  (as text it is `DagsterRunStatus.X`, as programs have it)
    """Where a run is."""

    QUEUED = "QUEUED"
    NOT_STARTED = "NOT_STARTED"
    MANAGED = "MANAGED"
    STARTING = "STARTING"
    STARTED = "STARTED"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"


STATUS_NAMES: dict[RunStatus, DagsterRunStatus] = {
    "queued": DagsterRunStatus.QUEUED,
    "started": DagsterRunStatus.STARTED,
    "succeeded": DagsterRunStatus.SUCCESS,
    "failed": DagsterRunStatus.FAILURE,
    "canceled": DagsterRunStatus.CANCELED,
}


class DagsterRun:
    """A run: what was asked for, and where it is."""

    def __init__(self, state: RunState) -> None:
        self._state = state

    @property
    def run_id(self) -> str:
        """Its id."""
        return self._state.run.id

    @property
    def job_name(self) -> str:
        """Name of its job."""
        return self._state.run.job_name

    name = job_name

    @property
    def status(self) -> DagsterRunStatus:
        """Where it is."""
        if self.was_never_driven:
            return DagsterRunStatus.NOT_STARTED
        return STATUS_NAMES[self._state.status]

    @property
    def was_never_driven(self) -> bool:
        """Whether it was only recorded (`create_run_for_job`): no process has it."""
        return self._state.status == "queued" and self._state.run.lease is None

    @property
    def tags(self) -> Mapping[str, str]:
        """Its tags."""
        return dict(self._state.run.tags)

    @property
    def run_config(self) -> Mapping[str, Any]:
        """Its config, as it was given."""
        return self._state.run.config

    @property
    def parent_run_id(self) -> str | None:
        """The run that it re-executes, or None."""
        return self._state.run.parent_id

    @property
    def root_run_id(self) -> str | None:
        """The first of the runs that it repeats, or None."""
        return self._state.run.tags.get(ROOT_RUN_TAG) or self._state.run.parent_id

    @property
    def asset_selection(self) -> frozenset[AssetKey]:
        """The assets that it set out to make."""
        return frozenset(asset for step in self._state.run.steps for asset in step.assets)

    @property
    def is_cancelable(self) -> bool:
        """Whether it goes on."""
        return not self.is_finished

    @property
    def is_resume_retry(self) -> bool:
        """Whether it repeats another run."""
        return self._state.run.parent_id is not None

    @property
    def is_success(self) -> bool:
        """Whether it succeeded."""
        return self._state.status == "succeeded"

    @property
    def is_failure(self) -> bool:
        """Whether it failed."""
        return self._state.status == "failed"

    @property
    def is_failure_or_canceled(self) -> bool:
        """Whether it ended, and not well."""
        return self._state.status in ("failed", "canceled")

    @property
    def is_finished(self) -> bool:
        """Whether it ended, well or not."""
        return self._state.status in ("succeeded", "failed", "canceled")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DagsterRun) and (self.run_id, self.status) == (other.run_id, other.status)

    def __hash__(self) -> int:
        return hash(self.run_id)

    def __repr__(self) -> str:
        return f"<DagsterRun {self.run_id} {self.job_name} {self.status.value}>"


class RunRecord(NamedTuple):
    """A run with its times: when it was made and changed last, in UTC; its beginning and end in seconds since 1970."""

    storage_id: int
    dagster_run: DagsterRun
    create_timestamp: datetime
    update_timestamp: datetime
    start_time: float | None
    end_time: float | None

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self.dagster_run.run_id


class RunsFilter(NamedTuple):
    """Which runs to list; times are seconds since 1970 or aware datetimes."""

    run_ids: tuple[str, ...] | list[str] | None = None
    job_name: str | None = None
    statuses: tuple[DagsterRunStatus, ...] | list[DagsterRunStatus] | None = None
    tags: Mapping[str, str | Sequence[str]] | None = None
    snapshot_id: str | None = None
    updated_after: Any = None
    updated_before: Any = None
    created_after: Any = None
    created_before: Any = None
    exclude_subruns: bool | None = None

    @property
    def plain_tags(self) -> dict[str, str]:
        """Tags with one value each."""
        return {name: value for name, value in (self.tags or {}).items() if isinstance(value, str)}

    def lets_through(self, state: RunState) -> bool:
        """Whether a run fits what a store is not asked: several values of a tag, its last change, its exact status."""
        changed = changed_at(state)
        after, before = micros(self.updated_after), micros(self.updated_before)
        if (after is not None and changed <= after) or (before is not None and changed >= before):
            return False
        for name, values in (self.tags or {}).items():
            if not isinstance(values, str) and state.run.tags.get(name) not in values:
                return False
        wanted = self.statuses
        return wanted is None or DagsterRun(state).status in map(DagsterRunStatus, wanted)


def micros(moment: Any) -> int | None:
    """A time as the store has it.

    Raises:
        InvalidInvocationError: It is a datetime without a zone.
    """
    if moment is None:
        return None
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise InvalidInvocationError(
                "A time without a zone could mean any of several moments",
                subject=repr(moment),
                found="a naive datetime",
                expected="an aware datetime, or seconds since 1970",
            )
        return round(moment.timestamp() * SECOND)
    return round(float(moment) * SECOND)


def changed_at(state: RunState) -> int:
    """When the status of a run changed last, in UTC microseconds."""
    return state.finished_at or state.started_at or state.run.created_at


def run_record(state: RunState) -> RunRecord:
    """The record of a run."""
    return RunRecord(
        state.number,
        DagsterRun(state),
        datetime.fromtimestamp(state.run.created_at / SECOND, UTC),
        datetime.fromtimestamp(changed_at(state) / SECOND, UTC),
        state.started_at / SECOND if state.started_at is not None else None,
        state.finished_at / SECOND if state.finished_at is not None else None,
    )
