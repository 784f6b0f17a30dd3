"""A step that makes fewer partitions than it was planned for: as if it had been planned for those."""

from __future__ import annotations

from tidemill.core.keys import PartitionSet
from tidemill.definitions.partitions.partitions import World
from tidemill.definitions.project import Project
from tidemill.planning.plan import PlanStep
from tidemill.planning.slices import input_slices, partitions_def_of


def narrowed(project: Project, step: PlanStep, keys: tuple[str, ...], world: World) -> PlanStep:
    """The step for some of its partitions, in their order, with what these read of each input."""
    unit = project.units[step.name]
    own = partitions_def_of(project, step.name)
    inputs = []
    for planned, unit_input in zip(step.inputs, unit.inputs, strict=True):
        read = input_slices(project, unit, own, unit_input, keys, world)
        inputs.append(planned._replace(partitions=read.partitions, many=read.many, shares=read.shares))
    return step._replace(key=step.key._replace(partitions=PartitionSet(keys)), inputs=tuple(inputs))
