"""Where assets, partitions and runs stand, as the compatible interface counts them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import partial
from typing import NamedTuple

from tidemill.compat.evaluations import AssetCheckEvaluationTargetMaterializationData, FindTarget
from tidemill.compat.events import About
from tidemill.compat.runs import SECOND
from tidemill.core.events import AssetWiped, Materialized
from tidemill.core.keys import AssetKey
from tidemill.core.records import Run, RunState, StepState, StepStatus, Version
from tidemill.home import Home
from tidemill.storage.reads import Reads
from tidemill.storage.store import DATABASE_NAME


class AssetPartitionStatus(str, Enum):  # noqa: UP042  (as text it is `AssetPartitionStatus.X`, as programs have it)
    """Where a partition of an asset is; one of which nothing is known has no status."""

    IN_PROGRESS = "IN_PROGRESS"
    MATERIALIZED = "MATERIALIZED"
    FAILED = "FAILED"


class StepEventStatus(str, Enum):  # noqa: UP042  (as above)
    """Where a step that began, or was skipped, is."""

    SKIPPED = "SKIPPED"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    IN_PROGRESS = "IN_PROGRESS"


STEP_STATUSES: Mapping[StepStatus, StepEventStatus] = {
    "started": StepEventStatus.IN_PROGRESS,
    "retrying": StepEventStatus.IN_PROGRESS,
    "succeeded": StepEventStatus.SUCCESS,
    "reused": StepEventStatus.SUCCESS,
    "failed": StepEventStatus.FAILURE,
    "canceled": StepEventStatus.FAILURE,
    "skipped": StepEventStatus.SKIPPED,
}


class RunStepKeyStatsSnapshot(NamedTuple):
    """What became of a step; times are seconds since 1970."""

    run_id: str
    step_key: str
    status: StepEventStatus
    start_time: float | None = None
    end_time: float | None = None
    attempts: int = 0


class DagsterRunStatsSnapshot(NamedTuple):
    """A run in figures; times are seconds since 1970."""

    run_id: str
    steps_succeeded: int
    steps_failed: int
    materializations: int
    expectations: int
    enqueued_time: float | None
    launch_time: float | None
    start_time: float | None
    end_time: float | None


def about(home: Home, run: Run | None = None) -> About:
    """What a store knows beyond the events of a run, or of no run."""
    return About(
        target_in(home.store),
        partial(place_of, home),
        {step.step: step.assets for step in run.steps} if run is not None else {},
    )


def place_of(home: Home, version: Version) -> str | None:
    """Where the store has the value of a version: in a file of its own, or in the database where it is small."""
    if version.artifact is None or version.dropped:
        return None
    if version.artifact.identity is None and not home.ephemeral:
        return str(home.folder / DATABASE_NAME)
    return str(home.artifacts.path(version.artifact.address))


def planned_assets(store: Reads) -> set[AssetKey]:
    """What runs set out to make that have not succeeded; not what was wiped since."""
    planned = {
        key: state.run.created_at
        for state in store.runs(statuses=["queued", "started", "failed", "canceled"], ascending=True)
        for step in state.run.steps
        for key in step.assets
    }
    wiped = [one.event for one in store.events(kinds=[AssetWiped])] if planned else []
    for event in wiped:
        if not isinstance(event, AssetWiped) or event.partitions is not None:
            continue
        if planned.get(event.asset, event.at) < event.at:
            del planned[event.asset]
    return set(planned)


def target_in(store: Reads) -> FindTarget:
    """What finds the version that a verdict is about."""

    def find(version_id: str) -> AssetCheckEvaluationTargetMaterializationData | None:
        place = store.place_of_version(version_id)
        if place is None:
            return None
        return AssetCheckEvaluationTargetMaterializationData(place.seq, place.run_id, place.at / SECOND)

    return find


def step_stats(run_id: str, states: Iterable[StepState]) -> list[RunStepKeyStatsSnapshot]:
    """Of the steps that began, or were skipped."""
    return [
        RunStepKeyStatsSnapshot(
            run_id,
            state.step,
            STEP_STATUSES[state.status],
            _seconds(state.started_at),
            _seconds(state.finished_at),
            state.attempt,
        )
        for state in states
        if state.status in STEP_STATUSES and (state.attempt or state.status in ("skipped", "reused"))
    ]


def run_stats(state: RunState, store: Reads) -> DagsterRunStatsSnapshot:
    """A run in figures."""
    run_id = state.run.id
    steps = [stats.status for stats in step_stats(run_id, store.steps(run_id))]
    return DagsterRunStatsSnapshot(
        run_id,
        steps.count(StepEventStatus.SUCCESS),
        steps.count(StepEventStatus.FAILURE),
        len(store.events(run_id, kinds=[Materialized])),
        0,
        None,
        None,
        _seconds(state.started_at),
        _seconds(state.finished_at),
    )


def partition_statuses(
    store: Reads, asset: AssetKey, partition_keys: Sequence[str]
) -> dict[str, AssetPartitionStatus | None]:
    """Where each of some partitions of an asset is: what was made last counts, unless a run failed to since."""
    latest = store.latest_versions([(asset, key) for key in partition_keys], metadata=False)
    found: dict[str, AssetPartitionStatus | None] = dict.fromkeys(partition_keys)
    found |= {key: AssetPartitionStatus.MATERIALIZED for _, key in latest if key is not None}
    for state in store.runs(statuses=["failed"], ascending=True):
        for key in _planned(state, asset, found):
            version = latest.get((asset, key))
            if version is None or version.made_at < state.run.created_at:
                found[key] = AssetPartitionStatus.FAILED
    for state in store.runs(statuses=["queued", "started"]):
        for key in _planned(state, asset, found):
            version = latest.get((asset, key))
            if version is None or version.run_id != state.run.id:
                found[key] = AssetPartitionStatus.IN_PROGRESS
    return found


def _planned(state: RunState, asset: AssetKey, known: Mapping[str, object]) -> list[str]:
    """Which of the known partitions of an asset a run set out to make."""
    return [
        step.partition
        for step in state.run.steps
        if asset in step.assets and step.partition is not None and step.partition in known
    ]


def _seconds(at: int | None) -> float | None:
    return at / SECOND if at is not None else None
