"""The partitions of a job: its own, or those that its assets share."""

from __future__ import annotations

from typing import Any

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.partitioned_schedules import UnresolvedPartitionedAssetScheduleDefinition
from tidemill.definitions.partitions import PartitionsDefinition
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
    found: dict[PartitionsDefinition, str] = {}
    for key in sorted(filter(graph.is_materializable, resolve_selection(selection, graph).assets)):
        partitions = graph.unit_of(key).partitions
        if partitions is not None:
            found.setdefault(partitions, key.to_user_string())
    if len(found) > 1:
        raise InvalidDefinitionError(
            f"The assets of the job {job.name!r} have different partitions",
            subject=job.name,
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
