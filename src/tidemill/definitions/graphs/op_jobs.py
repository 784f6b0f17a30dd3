"""Jobs of ops: a graph that can be run by name, with its config, resources and hooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidemill.core.errors import InvalidDefinitionError, InvalidSubsetError
from tidemill.core.keys import AssetKey
from tidemill.core.suggest import did_you_mean
from tidemill.definitions.executors import ExecutorDefinition
from tidemill.definitions.graphs.composing import Fixed
from tidemill.definitions.graphs.graphs import (
    STEP_SEPARATOR,
    GraphDefinition,
    Lowered,
    lower_graph,
    unit_of_graph,
)
from tidemill.definitions.hooks import HookDefinition
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.project import Project
from tidemill.definitions.specs.assets import IO_MANAGER_KEY, AssetSpec
from tidemill.definitions.units.unit import DEFAULT_IO_MANAGER, ComputeUnit
from tidemill.definitions.values import Value


class OpJob(Value):
    """A graph as a job; what the fields are, `job` says."""

    name: str
    graph: GraphDefinition
    config: Any
    description: str | None
    tags: Mapping[str, str]
    run_tags: Mapping[str, str] | None
    metadata: Mapping[str, Any]
    partitions_def: PartitionsDefinition | None
    retry_policy: RetryPolicy | None
    executor: ExecutorDefinition | None
    resource_defs: Mapping[str, Any]
    hooks: tuple[HookDefinition, ...]
    input_values: Mapping[str, Any]
    owners: tuple[str, ...]
    loggers: Mapping[str, Any]

    @property
    def selection(self) -> None:
        """Of assets: it has none."""
        return

    def lower(self, input_values: Mapping[str, Any] | None = None) -> Lowered:
        """Its units, and where its outputs come from.

        Args:
            input_values: Of inputs of the graph, over the job's own.

        Raises:
            InvalidDefinitionError: The graph has no such input.
        """
        values = {**self.input_values, **(input_values or {})}
        for name in values:
            if name not in self.graph.input_names:
                raise InvalidDefinitionError(
                    f"The job {self.name!r} has no input {name!r}",
                    subject=name,
                    found=name,
                    expected=", ".join(self.graph.input_names) or "no inputs",
                    next_step=did_you_mean(name, self.graph.input_names),
                )
        fixed = {name: Fixed(value) for name, value in values.items()}
        return lower_graph(self.graph, fixed, hooks=self.hooks)

    def lowered(self, project: Project, input_values: Mapping[str, Any] | None = None) -> Project:
        """The project of its runs: its own units, with the resources of the project that it belongs to."""
        lowered = self.lower(input_values)
        if self.partitions_def is not None:
            for name, part in lowered.units.items():
                lowered.units[name] = part._replace(partitions=self.partitions_def)
        face = unit_of_graph(self.graph, lowered, self.name, kind="op", partitions=self.partitions_def)
        return project._replace(
            units={face.name: face},
            producers={},
            sources={key: _loaded_as(project, key, spec) for key, spec in lowered.assets.items()},
            resources={**project.resources, **self.resource_defs},
            loggers={**project.loggers, **self.loggers},
            parts={part.name: part for part in face.parts},
        )


def _loaded_as(project: Project, key: AssetKey, said: AssetSpec) -> AssetSpec:
    """An asset that a job of ops loads: as the project has it, else as the body named it."""
    known = project.sources.get(key)
    producer = project.producers.get(key)
    if known is not None or producer is None:
        return known or said
    made = next(output for output in project.units[producer].outputs if output.spec.key == key)
    if made.manager in (None, DEFAULT_IO_MANAGER):
        return made.spec
    return made.spec.replace_attributes(metadata={**made.spec.metadata, IO_MANAGER_KEY: made.manager})


def op_subset(project: Project, name: str, selection: list[str]) -> Project:
    """The project of a job's runs with a part of its ops.

    Args:
        project: As `OpJob.lowered` gives it.
        name: Of the job.
        selection: Names of ops or graphs, with `*` or `+` for what they need (`*name`, `++name`) and what needs them.

    Raises:
        InvalidSubsetError: A name is that of no op or graph.
    """
    parts = project.parts
    chosen: set[str] = set()
    for pattern in selection:
        chosen |= _matching(pattern, parts)
    if not chosen:
        raise _no_ops(name, selection, parts)
    kept = tuple([_cut_off(part, chosen) for part in parts.values() if part.name in chosen])
    face = project.units[name]._replace(parts=kept)
    return project._replace(units={name: face}, parts={part.name: part for part in kept})


def _matching(pattern: str, parts: Mapping[str, ComputeUnit]) -> set[str]:
    """The units that a pattern means: a graph stands for all in it, unless the pattern looks into one."""
    core = pattern.strip("*+")
    before, after = pattern[: pattern.find(core)], pattern[pattern.find(core) + len(core) :]
    within = STEP_SEPARATOR in core
    node = {name: name if within else name.partition(STEP_SEPARATOR)[0] for name in parts}
    named = {node[name] for name in parts if name == core or name.startswith(f"{core}.")} if core else set()
    if core and not named:
        raise _no_ops(pattern, [core], parts)
    up: dict[str, set[str]] = {each: set() for each in node.values()}
    down: dict[str, set[str]] = {each: set() for each in node.values()}
    for name, part in parts.items():
        for source in [source for wire in part.wires for source in wire.sources]:
            if node[source.step] != node[name]:
                up[node[name]].add(node[source.step])
                down[node[source.step]].add(node[name])
    found = {*named, *_walk(named, up, before), *_walk(named, down, after)} if core else set(up)
    return {name for name in parts if node[name] in found}


def _walk(start: set[str], edges: Mapping[str, set[str]], how_far: str) -> set[str]:
    """What is reached: `*` all the way, else a step for each `+`."""
    reached: set[str] = set()
    frontier, steps = start, len(edges) if "*" in how_far else len(how_far)
    while frontier and steps:
        frontier = {other for name in frontier for other in edges[name]} - reached
        reached |= frontier
        steps -= 1
    return reached


def _cut_off(part: ComputeUnit, chosen: set[str]) -> ComputeUnit:
    """A unit without what it was connected to and what does not run: the run's config may give it."""
    wires = []
    for wire in part.wires:
        left = tuple([source for source in wire.sources if source.step in chosen])
        if left or wire.is_argument:
            wires.append(wire._replace(sources=left))
    over = part.over if part.over is None or part.over.step in chosen else None
    return part._replace(wires=tuple(wires), over=over)


def _no_ops(name: str, selection: list[str], parts: Mapping[str, ComputeUnit]) -> InvalidSubsetError:
    return InvalidSubsetError(
        f"No qualified ops to execute found for op_selection={selection!r}",
        subject=name,
        found=", ".join(selection),
        expected=", ".join(list(parts)[:20]),
        next_step=did_you_mean(selection[0].strip("*+"), list(parts)) if selection else None,
    )
