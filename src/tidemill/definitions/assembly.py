"""From a list of definitions to a `Project`: duplicates are found, and what was left open is decided.

    assets, checks, sources, specs, jobs, resources ──assemble──▶ Project, problems

Open until here: names of steps that two units share (the second gets a number), upstream names that only an
asset of the same group can mean, and resources that came with single definitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetKey
from tidemill.core.suggest import did_you_mean
from tidemill.definitions.assets.assets import UnitDefinition, renamed
from tidemill.definitions.assets.sources import SourceAsset
from tidemill.definitions.executors import ExecutorDefinition
from tidemill.definitions.graphs.op_jobs import OpJob
from tidemill.definitions.project import Project
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.triggers.functions import Trigger
from tidemill.definitions.triggers.jobs import IMPLICIT_JOB, AssetJob
from tidemill.definitions.units.lowering import DEFAULT_GROUP
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.definitions.values import NOTHING_SAID, replace


def build_project(
    assets: Iterable[Any] = (),
    checks: Iterable[Any] = (),
    resources: Mapping[str, Any] | None = None,
    jobs: Iterable[AssetJob] = (),
    executor: ExecutorDefinition | None = None,
    triggers: Iterable[Trigger] = (),
) -> Project:
    """All definitions in their normal form."""
    project, problems = assemble(assets, checks, resources, jobs, triggers)
    if problems:
        raise problems[0]
    return project if executor is None else project._replace(executor=executor)


def assemble(
    assets: Iterable[Any] = (),
    checks: Iterable[Any] = (),
    resources: Mapping[str, Any] | None = None,
    jobs: Iterable[AssetJob] = (),
    triggers: Iterable[Any] = (),
) -> tuple[Project, list[InvalidDefinitionError]]:
    """The project without what could not be taken into it, and why it could not: every problem at once."""
    assembly = _Assembly(dict(resources or NOTHING_SAID))
    for item in flattened([assets, checks]):
        assembly.add(item)
    for job in jobs:
        assembly.add_job(job)
    for trigger in triggers:
        assembly.add_trigger(trigger)
    assembly.find_targets()
    assembly.resolve_siblings()
    parts = {part.name: part for unit in assembly.units.values() for part in unit.parts}
    project = Project(
        assembly.units,
        assembly.producers,
        assembly.sources,
        assembly.resources,
        assembly.jobs,
        schedules=assembly.schedules,
        sensors=assembly.sensors,
        parts=parts,
    )
    return project, assembly.problems


def flattened(items: Iterable[Any]) -> Iterator[Any]:
    """The items of lists within lists, each object once."""
    seen: set[int] = set()
    stack = [iter(items)]
    while stack:
        for item in stack[-1]:
            if isinstance(item, (list, tuple, set, frozenset)):
                stack.append(iter(item))
                break
            if id(item) not in seen:
                seen.add(id(item))
                yield item
        else:
            stack.pop()


class _Assembly:
    """A project while it grows."""

    def __init__(self, resources: dict[str, Any]) -> None:
        self.units: dict[str, ComputeUnit] = {}
        self.producers: dict[AssetKey, str] = {}
        self.sources: dict[AssetKey, AssetSpec] = {}
        self.checks: dict[Any, ComputeUnit] = {}
        self.resources = resources
        self.jobs: dict[str, AssetJob | OpJob] = {}
        self.schedules: dict[str, Trigger] = {}
        self.sensors: dict[str, Trigger] = {}
        self.problems: list[InvalidDefinitionError] = []

    def add(self, item: Any) -> None:
        if isinstance(item, UnitDefinition) or (isinstance(item, SourceAsset) and item.is_observable):
            self.add_unit(item.unit)
        elif isinstance(item, SourceAsset):
            self.add_source(item.to_spec())
            self.add_resources(item.key.to_user_string(), item.resource_defs)
        elif isinstance(item, AssetSpec):
            self.add_source(item if item.group_name else replace(item, group_name=DEFAULT_GROUP))
        else:
            named = getattr(item, "__name__", repr(item))
            self.refuse(
                f"{named} is neither an asset nor a check",
                subject=named,
                found=f"{item!r}, of type {type(item).__name__}",
                expected="what @asset, @multi_asset or @asset_check gave, a SourceAsset or an AssetSpec",
                next_step="put @asset on the function" if callable(item) else None,
            )

    def refuse(self, problem: str, **about: str | None) -> None:
        self.problems.append(InvalidDefinitionError(problem, **about))

    def add_unit(self, unit: ComputeUnit) -> None:
        for output in unit.outputs:
            key = output.spec.key
            if key in self.producers or key in self.sources:
                other = self.producers.get(key)
                self.twice("asset key", repr(key), unit, self.units[other] if other else None)
                return
        for check in unit.checks:
            if check.key in self.checks:
                self.twice("check", check.key.to_user_string(), unit, self.checks[check.key])
                return
        if unit.parts and unit.name in self.units:
            self.twice("graph", unit.name, unit, self.units[unit.name])
            return
        name, number = unit.name, 2
        while name in self.units:
            name, number = f"{unit.name}_{number}", number + 1
        self.units[name] = unit if name == unit.name else unit._replace(name=name)
        for output in unit.outputs:
            if unit.kind == "observation":
                self.sources[output.spec.key] = output.spec
            else:
                self.producers[output.spec.key] = name
        for check in unit.checks:
            self.checks[check.key] = unit
        if unit.resource_defs:
            self.add_resources(unit.name, unit.resource_defs)

    def add_source(self, spec: AssetSpec) -> None:
        other = self.producers.get(spec.key)
        if other is not None or self.sources.get(spec.key, spec) != spec:
            self.twice("asset key", repr(spec.key), None, self.units[other] if other else None)
            return
        self.sources[spec.key] = spec

    def twice(self, what: str, name: str, one: ComputeUnit | None, other: ComputeUnit | None) -> None:
        where = [_line(unit) if unit is not None else "a source asset" for unit in (other, one)]
        self.refuse(
            f"Duplicate {what}: {name}",
            subject=name,
            found=" and ".join(where),
            expected="one definition",
            next_step="rename one of them, or give one a key_prefix",
        )

    def add_resources(self, owner: str, resources: Mapping[str, Any]) -> None:
        for key, resource in resources.items():
            known = self.resources.setdefault(key, resource)
            if known is not resource:
                self.refuse(
                    f"{owner!r} brings a resource {key!r}, but there is another one of that name",
                    subject=key,
                    found=f"{resource!r} and {known!r}",
                    expected="one resource for each key",
                    next_step=f"leave it out of one of the two, or give {owner!r}'s another name",
                )

    def add_job(self, job: Any) -> None:
        job = getattr(job, "declared", job)  # a job that can run by itself
        if not isinstance(job, (AssetJob, OpJob)):
            found, expected = type(job).__name__, "what define_asset_job or @job gave"
            self.refuse(f"{job!r} is no job", subject=repr(job), found=found, expected=expected)
        elif self.jobs.setdefault(job.name, job) != job:
            name = job.name
            self.refuse(f"Duplicate job: {name}", subject=name, found="two jobs", expected="one definition")

    def add_trigger(self, trigger: Any) -> None:
        """A schedule or sensor, and the jobs that it brings."""
        if not isinstance(trigger, Trigger):
            found, expected = type(trigger).__name__, "what @schedule, @sensor or their kinds gave"
            self.refuse(
                f"{trigger!r} is neither a schedule nor a sensor",
                subject=repr(trigger),
                found=found,
                expected=expected,
            )
            return
        for job in trigger.targets.jobs:
            self.add_job(job)
        mine = self.schedules if trigger.kind == "schedule" else self.sensors
        known = self.schedules.get(trigger.name) or self.sensors.get(trigger.name)
        if known is None:
            mine[trigger.name] = trigger
        elif known is not trigger:
            self.refuse(
                f"Duplicate definition found for {trigger.name}",
                subject=trigger.name,
                found=f"a {known.kind} and another {trigger.kind}"
                if known.kind == trigger.kind
                else f"a {known.kind} and a {trigger.kind}",
                expected="one schedule or sensor of each name",
                next_step="give one of them another name=",
            )

    def find_targets(self) -> None:
        """Refuse triggers of jobs that nobody defines."""
        for trigger in (*self.schedules.values(), *self.sensors.values()):
            for name in trigger.targets.names:
                if name not in self.jobs and name != IMPLICIT_JOB:
                    self.refuse(
                        f'The {trigger.kind} "{trigger.name}" targets job "{name}", which is defined nowhere',
                        subject=trigger.name,
                        found=name,
                        expected=", ".join(self.jobs) or "no job, as none is defined",
                        next_step=did_you_mean(name, self.jobs)
                        or "give the job itself: job=, or Definitions(jobs=)",
                    )

    def resolve_siblings(self) -> None:
        """Let an upstream name that nothing has mean the one asset of the same named group whose key ends in it."""
        by_group: dict[tuple[str | None, str], list[AssetKey]] | None = None
        for name, unit in self.units.items():
            unknown = [
                i.asset for i in unit.inputs if i.asset not in self.producers and i.asset not in self.sources
            ]
            group = unit.outputs[0].spec.group_name if unit.outputs else DEFAULT_GROUP
            if not unknown or group == DEFAULT_GROUP:
                continue
            if by_group is None:
                by_group = self.grouped()
            found = {key: by_group.get((group, key.parts[-1]), ()) for key in unknown}
            meant = {key: match[0] for key, match in found.items() if len(match) == 1}
            own = {output.spec.key for output in unit.outputs}
            meant = {key: match for key, match in meant.items() if match not in own}
            if meant:
                self.units[name] = renamed(unit, NOTHING_SAID, meant)

    def grouped(self) -> dict[tuple[str | None, str], list[AssetKey]]:
        grouped: dict[tuple[str | None, str], list[AssetKey]] = {}
        made = [unit for unit in self.units.values() if unit.kind != "observation"]
        specs = [output.spec for unit in made for output in unit.outputs]
        for spec in [*specs, *self.sources.values()]:
            grouped.setdefault((spec.group_name, spec.key.parts[-1]), []).append(spec.key)
        return grouped


def _line(unit: ComputeUnit) -> str:
    file, line = unit.source
    return f"{file}:{line}" if file else repr(unit.fn)
