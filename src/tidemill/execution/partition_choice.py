"""Whether a request names partitions where what it selects has some, and only there."""

from __future__ import annotations

from tidemill.core.errors import UnknownPartitionError
from tidemill.definitions.partitions.partitions import PartitionsDefinition, World
from tidemill.definitions.project import Project
from tidemill.execution.launch import Request
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import AssetSelection, select_to_run


def check_partition(project: Project, request: Request, world: World) -> None:
    """A partition is given where one is needed, and only there.

    Raises:
        UnknownPartitionError: It is missing, or nothing that is selected has partitions.
    """
    if not request.partitions and all(unit.partitions is None for unit in project.units.values()):
        return
    graph = AssetGraph.build(project)
    selection = AssetSelection.all() if request.selection is None else request.selection
    chosen = select_to_run(selection, graph).assets
    made = sorted(filter(graph.is_materializable, chosen))
    units = [project.units[project.producers[key]] for key in made]
    partitioned = [unit for unit in units if unit.partitions is not None]
    if partitioned and not request.partitions:
        unit = partitioned[0]
        count, keys = _some_keys(unit.partitions, world)
        raise UnknownPartitionError(
            f"Which partition of {unit.name!r}?",
            subject=unit.name,
            found="no --partition",
            expected=f"one of {', '.join(keys)}{f', … ({count:,} in all)' if count > len(keys) else ''}",
            next_step=f"give one, such as --partition {keys[0]}, or a range A...B; `tidemill backfill` makes them all"
            if keys
            else "there is none yet: add a key, or wait until the first window is over",
        )
    if not partitioned and request.partitions:
        raise UnknownPartitionError(
            f"Nothing that is selected has partitions, but --partition {' '.join(request.partitions)} was given",
            subject="--partition",
            found=" ".join(request.partitions),
            expected="an asset with partitions_def=",
            next_step="leave --partition out, or select a partitioned asset",
        )


def _some_keys(definition: PartitionsDefinition | None, world: World) -> tuple[int, list[str]]:
    """How many keys there are, and all of them; of many only the last, which is the likeliest to be meant."""
    if definition is None:
        return 0, []
    count = definition.get_num_partitions(world.now, world)
    if count <= 10:
        return count, list(definition.get_partition_keys(world.now, world))
    return count, [str(definition.get_last_partition_key(world.now, world))]
