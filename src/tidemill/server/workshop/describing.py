"""From the definitions to the document that the page reads; in the process that has the user's code.

Project, Coding ──snapshot_of──▶ Snapshot
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tidemill.core.collecting import uncollected
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import coerced_metadata
from tidemill.definitions.arguments import KIND_TAG
from tidemill.definitions.graphs.op_jobs import OpJob
from tidemill.definitions.partitions.partitions import PartitionsDefinition, World
from tidemill.definitions.project import Project
from tidemill.definitions.specs.assets import IO_MANAGER_KEY, AssetSpec
from tidemill.definitions.triggers.functions import ANONYMOUS_JOB
from tidemill.definitions.units.unit import ComputeUnit, UnitOutput
from tidemill.execution.coding import Coding
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import resolve_selection
from tidemill.server.models import CheckInfo, GraphNode, Job, SourceLink, Trigger
from tidemill.server.reading.shapes import metadata_entries
from tidemill.server.snapshot import AssetInfo, Snapshot
from tidemill.server.workshop.config_schemas import resource_configs, unit_configs
from tidemill.server.workshop.words import (
    automation_in_words,
    freshness_in_words,
    partitions_in_words,
    retention_in_words,
    schedule_in_words,
    sensor_in_words,
    type_in_words,
)

DEFAULT_GROUP = "default"


@uncollected()
def snapshot_of(
    project: Project, coding: Coding, *, code: str, root: Path, made_at: int, seconds: float, world: World
) -> Snapshot:
    """Describe what was loaded.

    Args:
        project: The definitions, found good.
        coding: What its units are made of.
        code: What was loaded, as `file:PATH`.
        root: The folder from which files are named.
        made_at: Now, UTC microseconds.
        seconds: How long the import took.
        world: What partitions depend on.
    """
    author = _Author(project, root, world)
    return Snapshot(
        "",
        code,
        str(root),
        made_at,
        seconds,
        author.nodes(),
        author.assets(),
        {name: unit for name, unit in coding.units.items() if unit.sayable},
        unit_configs(project),
        resource_configs(project),
        author.jobs(),
        author.triggers(),
    )


class _Author:
    """Describes the assets, jobs and triggers of one project."""

    def __init__(self, project: Project, root: Path, world: World) -> None:
        self._project = project
        self._root = f"{root}{os.sep}"
        self._world = world
        self._graph = AssetGraph.build(project)
        self._order = [*self._graph.sources, *self._graph.topological_order()]
        self._outputs = {
            output.spec.key: (unit, output) for unit in project.units.values() for output in unit.outputs
        }
        self._checks = {check.key: (check, unit) for unit in project.units.values() for check in unit.checks}
        self._counts: dict[int, int] = {}
        self._selected = {
            name: self._keys_of(job.selection)
            for name, job in project.jobs.items()
            if not isinstance(job, OpJob) and _is_named(name)
        }
        self._jobs_of: dict[AssetKey, list[str]] = {}
        for name, keys in self._selected.items():
            for key in keys:
                self._jobs_of.setdefault(key, []).append(name)

    def _keys_of(self, selection: Any) -> list[AssetKey]:
        if selection is None:
            return [key for key in self._order if self._graph.is_materializable(key)]
        chosen = resolve_selection(selection, self._graph).assets
        return [key for key in self._order if key in chosen and self._graph.is_materializable(key)]

    # Assets

    def nodes(self) -> dict[str, GraphNode]:
        """By key, each after those that it is made from."""
        return {key.text: self._node(key) for key in self._order}

    def _node(self, key: AssetKey) -> GraphNode:
        spec, made = self._spec(key), self._outputs.get(key)
        unit = made[0] if made is not None else None
        return GraphNode(
            key=key.text,
            group=(spec.group_name if spec is not None else None) or DEFAULT_GROUP,
            unit=unit.name if unit is not None else None,
            deps=[parent.text for parent in self._graph.parents(key)],
            kinds=sorted(spec.kinds) if spec is not None else [],
            tags=_labels(spec.tags) if spec is not None else {},
            owners=list(spec.owners) if spec is not None else [],
            source=not self._graph.is_materializable(key),
            checks=[check.name for check in self._graph.checks_for(key)],
            partitions=self._count(self._partitions(unit, spec)),
            description=_described(spec, unit),
            jobs=self._jobs_of.get(key, []),
        )

    def _spec(self, key: AssetKey) -> AssetSpec | None:
        made = self._outputs.get(key)
        return made[1].spec if made is not None else self._project.sources.get(key)

    def _partitions(self, unit: ComputeUnit | None, spec: AssetSpec | None) -> PartitionsDefinition | None:
        if unit is not None:
            return unit.partitions
        return spec.partitions_def if spec is not None else None

    def _count(self, definition: PartitionsDefinition | None) -> int | None:
        """How many partitions; counted once for each definition, which many assets may have."""
        if definition is None:
            return None
        if id(definition) not in self._counts:
            count = definition.get_num_partitions(self._world.now, self._world)
            self._counts[id(definition)] = count
        return self._counts[id(definition)]

    def assets(self) -> dict[str, AssetInfo]:
        """By key."""
        return {key.text: self._info(key) for key in self._order}

    def _info(self, key: AssetKey) -> AssetInfo:
        spec = self._spec(key)
        unit, output = self._outputs.get(key, (None, None))
        partitions = self._partitions(unit, spec)
        condition = spec.automation_condition if spec is not None else None
        freshness = spec.freshness_policy if spec is not None else None
        return AssetInfo(
            self._source(unit) if unit is not None else None,
            type_in_words(output.annotation) if output is not None else None,
            _manager(spec, output),
            partitions_in_words(partitions) if partitions is not None else None,
            automation_in_words(condition) if condition is not None else None,
            freshness_in_words(freshness) if freshness is not None else None,
            retention_in_words(unit.terms) if unit is not None else None,
            metadata_entries(_said(spec.metadata)) if spec is not None and spec.metadata else (),
            [self._check(check) for check in self._graph.checks_for(key)],
        )

    def _source(self, unit: ComputeUnit) -> SourceLink | None:
        file, line = unit.source
        return SourceLink(file=file.removeprefix(self._root), line=line) if file else None

    def _check(self, key: Any) -> CheckInfo:
        check, unit = self._checks[key]
        description = check.description or (unit.description if not unit.outputs else None)
        return CheckInfo(name=check.name, description=description, blocking=check.blocking)

    # Jobs and triggers

    def jobs(self) -> list[Job]:
        """In order of definition."""
        schedules: dict[str, list[str]] = {}
        for schedule in self._project.schedules.values():
            for name in schedule.targets.all_names:
                schedules.setdefault(name, []).append(schedule.name)
        return [
            Job(
                name=name,
                description=job.description,
                assets=_texts(self._selected.get(name, ())),
                ops=isinstance(job, OpJob),
                schedules=schedules.get(name, []),
            )
            for name, job in self._project.jobs.items()
            if _is_named(name)
        ]

    def triggers(self) -> list[Trigger]:
        """Schedules, then sensors."""
        return [
            *(self._trigger(each, schedule_in_words(each)) for each in self._project.schedules.values()),
            *(self._trigger(each, sensor_in_words(each)) for each in self._project.sensors.values()),
        ]

    def _trigger(self, trigger: Any, when: str) -> Trigger:
        return Trigger(
            name=trigger.name,
            kind=trigger.kind,
            job=", ".join(filter(_is_named, trigger.targets.all_names)) or None,
            when=when,
            description=trigger.description,
        )


def _labels(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags without those that say of what kind an asset is."""
    return {name: value for name, value in tags.items() if not name.startswith(KIND_TAG)}


def _is_named(job: str) -> bool:
    """Whether somebody gave the job its name: what a schedule or sensor selects by itself is one too."""
    return not job.startswith(ANONYMOUS_JOB)


def _described(spec: AssetSpec | None, unit: ComputeUnit | None) -> str | None:
    own = spec.description if spec is not None else None
    return own or (unit.description if unit is not None and len(unit.outputs) == 1 else None)


def _manager(spec: AssetSpec | None, output: UnitOutput | None) -> str | None:
    if output is not None:
        return output.manager
    found = spec.metadata.get(IO_MANAGER_KEY) if spec is not None else None
    return str(found) if found is not None else None


def _said(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    coerced = coerced_metadata({label: value for label, value in metadata.items() if label != IO_MANAGER_KEY})
    return {label: value.to_json() for label, value in coerced.items()}


def _texts(keys: Iterable[AssetKey]) -> list[str]:
    return [key.text for key in keys]
