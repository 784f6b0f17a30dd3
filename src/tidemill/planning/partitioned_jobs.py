"""The partitions of a job, its own or those that its assets share, and what a request for one of them comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tidemill.core.errors import InvalidDefinitionError, InvariantViolationError
from tidemill.core.keys import AssetKey
from tidemill.core.tags import PARTITION_TAG
from tidemill.definitions.partitions.dynamic import AddDynamicPartitionsRequest, DynamicPartitionsDefinition
from tidemill.definitions.partitions.multi import MultiPartitionsDefinition
from tidemill.definitions.partitions.partitions import DynamicKeys, PartitionsDefinition
from tidemill.definitions.triggers.jobs import AssetJob
from tidemill.definitions.triggers.partition_requests import request_for_partition
from tidemill.definitions.triggers.partitioned_schedules import UnresolvedPartitionedAssetScheduleDefinition
from tidemill.definitions.triggers.requests import DynamicPartitionsRequest, RunRequest
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import AssetSelection, resolve_selection


def partitions_of_job(job: Any, graph: AssetGraph) -> PartitionsDefinition | None:
    """The partitions of a job; None where it has none.

    Raises:
        InvalidDefinitionError: Its assets have different ones.
    """
    own: PartitionsDefinition | None = job.partitions_def
    if own is not None:
        return own
    selection = AssetSelection.all() if job.selection is None else job.selection
    return _shared(f"The assets of the job {job.name!r}", resolve_selection(selection, graph).assets, graph)


def _shared(owner: str, assets: Iterable[AssetKey], graph: AssetGraph) -> PartitionsDefinition | None:
    found: dict[PartitionsDefinition, str] = {}
    for key in sorted(filter(graph.is_materializable, assets)):
        partitions = graph.unit_of(key).partitions
        if partitions is not None:
            found.setdefault(partitions, key.to_user_string())
    if len(found) > 1:
        raise InvalidDefinitionError(
            f"{owner} have different partitions",
            subject=owner,
            found="; ".join(f"{name}: {partitions!r}" for partitions, name in found.items()),
            expected="the same partitions for all of them",
            next_step="select those that share theirs",
        )
    return next(iter(found), None)


def resolved_schedule(schedule: Any, graph: AssetGraph) -> Any:
    """The schedule, with what only the assets of its job know."""
    if isinstance(schedule, UnresolvedPartitionedAssetScheduleDefinition):
        return schedule.resolve(partitions_of_job(schedule.job, graph))
    return schedule


def kept_names(partitions: PartitionsDefinition | None) -> list[str]:
    """Under which names a store keeps keys of these partitions."""
    several = (
        [dimension.partitions_def for dimension in partitions.partitions_defs]
        if isinstance(partitions, MultiPartitionsDefinition)
        else [partitions]
    )
    return [
        each.name
        for each in several
        if isinstance(each, DynamicPartitionsDefinition) and each.name is not None
    ]


class Changed:
    """Keys of dynamic partitions, as they are when what a sensor wants was added and removed; each read once.

    Args:
        before: Who knows them.
        requests: What the sensor wants.
    """

    def __init__(self, before: DynamicKeys, requests: Sequence[DynamicPartitionsRequest]) -> None:
        self._before = before
        self._requests = requests
        self._known: dict[str, Sequence[str]] = {}

    def get_dynamic_partitions(self, partitions_def_name: str) -> Sequence[str]:
        """The keys under that name."""
        if partitions_def_name not in self._known:
            keys = dict.fromkeys(self._before.get_dynamic_partitions(partitions_def_name))
            for request in self._requests:
                if request.partitions_def_name == partitions_def_name:
                    if isinstance(request, AddDynamicPartitionsRequest):
                        keys |= dict.fromkeys(request.partition_keys)
                    else:
                        keys = {key: None for key in keys if key not in request.partition_keys}
            self._known[partitions_def_name] = tuple(keys)
        return self._known[partitions_def_name]


def resolved_requests(
    runs: Iterable[RunRequest],
    jobs: Mapping[str, Any],
    graph: AssetGraph | None,
    now: datetime,
    store: DynamicKeys | None,
) -> list[RunRequest]:
    """Requests for partitions with the config and the tags that their jobs have for them.

    Args:
        runs: All requests; those that are for no partition, or have its tag, stay as they are.
        jobs: Name → job, as far as they are known; a request of no known job is left as it is.
        graph: All assets, where they are known; a request of a job of assets is left as it is where they are not.
        now: The latest time that decides which partitions there are.
        store: Who knows dynamic keys; None takes every one of them.

    Raises:
        UnknownPartitionError: There is no such partition.
        InvariantViolationError: The job has no partitions.
    """
    known: dict[tuple[str | None, tuple[AssetKey, ...] | None], PartitionsDefinition | None] = {}
    ready = []
    for run in runs:
        job = next(iter(jobs.values()), None) if run.job_name is None else jobs.get(run.job_name)
        if run.partition_key is None or run.has_resolved_partition() or job is None:
            ready.append(run)
            continue
        name = run.job_name, None if run.asset_selection is None else tuple(run.asset_selection)
        if name not in known:
            known[name] = _partitions_of_run(run, job, graph)
        told = graph is not None or known[name] is not None or not isinstance(job, AssetJob)
        ready.append(_resolved(run, run.partition_key, job, known[name], now, store) if told else run)
    return ready


def _partitions_of_run(run: RunRequest, job: Any, graph: AssetGraph | None) -> PartitionsDefinition | None:
    found: PartitionsDefinition | None = job.partitions_def
    if found is None and graph is not None and isinstance(job, AssetJob):
        if run.asset_selection is not None:
            return _shared("The assets of a RunRequest", run.asset_selection, graph)
        return partitions_of_job(job, graph)
    return found


def _resolved(
    run: RunRequest,
    key: str,
    job: Any,
    partitions: PartitionsDefinition | None,
    now: datetime,
    store: DynamicKeys | None,
) -> RunRequest:
    if partitions is None:
        raise InvariantViolationError(
            f"A RunRequest is for the partition {key!r} of the job {job.name!r}, which has no partitions",
            subject=job.name,
            found=f"partition_key={key!r}",
            expected="no partition_key, or a job with partitions",
        )
    unknown = store is None and bool(kept_names(partitions))
    found = request_for_partition(
        job.name,
        getattr(job, "declared", job).config,
        partitions,
        key,
        run_key=run.run_key,
        tags=run.tags,
        asset_selection=None,
        run_config=run.run_config or None,
        current_time=None if unknown else now,
        dynamic_partitions_store=store,
    )
    return run.with_replaced_attrs(run_config=found.run_config, tags={PARTITION_TAG: key, **found.tags})
