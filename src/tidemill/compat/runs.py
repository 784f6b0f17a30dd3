"""Runs as the compatible interface tells them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from tidemill.core.records import RunState, RunStatus

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
        return STATUS_NAMES[self._state.status]

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
    def is_success(self) -> bool:
        """Whether it succeeded."""
        return self._state.status == "succeeded"

    @property
    def is_failure(self) -> bool:
        """Whether it failed."""
        return self._state.status == "failed"

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
    """A run with its times, in seconds since 1970 in UTC."""

    storage_id: int
    dagster_run: DagsterRun
    create_timestamp: float
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
    tags: Mapping[str, str] | None = None
    created_after: Any = None
    created_before: Any = None


def run_record(state: RunState) -> RunRecord:
    """The record of a run."""
    return RunRecord(
        state.number,
        DagsterRun(state),
        state.run.created_at / SECOND,
        state.started_at / SECOND if state.started_at is not None else None,
        state.finished_at / SECOND if state.finished_at is not None else None,
    )
