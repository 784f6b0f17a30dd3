"""From a selection to a plan: which steps, in which order, with which inputs. A pure function of values.

Project + AssetGraph + Selected + partitions ──make_plan──▶ Plan ──▶ MachineStep (order and retries)
                                                              └──▶ wanted(): versions that the store must name
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from tidemill.core.collecting import uncollected
from tidemill.core.errors import CircularDependencyError
from tidemill.core.keys import AssetKey, PartitionSet, StepKey
from tidemill.core.tags import PRIORITY_TAG
from tidemill.definitions.executors import TagLimit
from tidemill.definitions.partitions.partitions import NOWHERE, PartitionsDefinition, World
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.project import Project
from tidemill.definitions.units.unit import ComputeUnit, Source, Wire
from tidemill.planning.graph import find_circle, ordered_by_need
from tidemill.planning.selection import Selected
from tidemill.planning.slices import (
    OF_JOB,
    WHOLE,
    InputSlices,
    Shares,
    asked_keys,
    input_slices,
    is_partitioned,
    one_definition,
    partitions_of,
)
from tidemill.planning.steps import MachineStep, Need, Settled

Slice: TypeAlias = "tuple[AssetKey, str | None]"  # an asset, and which of its partitions
_WHOLE_INPUT = InputSlices()
_NOTHING: Mapping[str, Any] = {}


class PlannedInput(NamedTuple):
    """One input of a step, with where its value will come from.

    Attributes:
        name: Parameter, or identifier of a dependency without a value.
        asset: Whose value.
        is_argument: Whether the value is loaded.
        partitions: Which slices of the asset; empty where the step has no partition to derive them from.
        many: Whether the value may be of several: a dict by partition key, or None where there is none.
        step: The step of this run that makes it, or None: the latest version of the store.
        shares: For a step over several partitions, what each is made from; None where all from all.
    """

    name: str
    asset: AssetKey
    is_argument: bool
    partitions: tuple[str | None, ...] = WHOLE
    many: bool = False
    step: str | None = None
    shares: Shares | None = None


class PlanStep(NamedTuple):
    """One call of a unit's function; of a mapped one, a call for each mapping key.

    Attributes:
        wires: What it receives from other steps of the run, beside the assets among its inputs.
        over: The dynamic output that it is mapped over.
        shares: Output → asset, of a part of a graph: other parts may receive these too.
        gate: The step that looks whether the graph that it is a part of need not run, if one does.
        is_gate: Whether it is such a step: it runs nothing.
        owner: The unit by whose name its fingerprint and terms are known: the graph that it is a part of, or its own.
        kind: Of the unit.
    """

    key: StepKey
    name: str
    outputs: tuple[str, ...]
    checks: tuple[str, ...]
    inputs: tuple[PlannedInput, ...]
    needs: tuple[Need, ...]
    retry_policy: RetryPolicy | None = None
    priority: int = 0
    tags: Mapping[str, str] = {}
    wires: tuple[Wire, ...] = ()
    over: Need | None = None
    shares: Mapping[str, AssetKey] = {}
    gate: str | None = None
    is_gate: bool = False
    owner: str = ""
    kind: str = "asset"

    def mapped(self, key: str) -> PlanStep:
        """The step that it becomes for a mapping key."""
        named = self.key._replace(mapping=key)
        return self._replace(key=named, name=named.text, over=None)


class Plan(NamedTuple):
    """Steps in an order in which they can run one after the other.

    Attributes:
        keys: The partitions that it is of.
        sliced_as: The unit whose partitions they are.
    """

    steps: tuple[PlanStep, ...]
    keys: tuple[str, ...] = ()
    sliced_as: str | None = None

    def wanted(self) -> list[Slice]:
        """Slices whose latest version must come from the store, because no step of this run makes them."""
        seen: dict[Slice, None] = {}
        sets = {step.name: step.key.partitions for step in self.steps if step.key.partitions is not None}
        made = {name: frozenset(partitions.keys) for name, partitions in sets.items()}
        for step in self.steps:
            for planned in step.inputs:
                # A step of this run may make other partitions than the one that is meant: the day before, say.
                here = made.get(planned.step or "", frozenset()) if not planned.many else frozenset()
                for partition in planned.partitions if planned.step is None or planned.step in made else ():
                    if partition not in here:
                        seen[planned.asset, partition] = None
        return list(seen)

    def made(self, project: Project) -> list[Slice]:
        """Slices that its steps make."""
        return [
            (output.spec.key, partition)
            for step in self.steps
            if step.kind != "observation"  # which makes nothing
            for output in project.unit(step.name).outputs
            if output.name in step.outputs
            for partition in (step.key.partitions.keys if step.key.partitions is not None else WHOLE)
        ]

    def machine_steps(
        self,
        claiming: frozenset[str] = frozenset(),
        settled: Mapping[str, Settled] = _NOTHING,
        attempts: Mapping[str, int] = _NOTHING,
        *,
        looking: bool = False,
        limits: Sequence[TagLimit] = (),
        keeps: Mapping[str, frozenset[str]] = _NOTHING,
        past: Mapping[str, Mapping[str, Settled]] = _NOTHING,
        tried: Mapping[str, Mapping[str, int]] = _NOTHING,
    ) -> list[MachineStep]:
        """The plan as the run machine reads it, in the order in which a single worker runs the steps.

        Args:
            claiming: Steps that need something scarce.
            settled: Steps that do not run, and what became of them.
            attempts: How often other steps were tried before.
            looking: Whether a step need not run where the store has what it would make.
            limits: How many steps with certain tags may run at a time.
            keeps: Step → outputs that stay what they were where it does not give them.
            past: Mapped step → mapping key → what became of that one.
            tried: Mapped step → mapping key → how often that one was tried before.
        """
        return [
            MachineStep(
                step.name,
                step.needs,
                bool(step.outputs) and step.kind != "op",
                step.retry_policy,
                step.priority,
                step.name in claiming,
                looking and step.gate is None,
                attempts.get(step.name, 0),
                settled.get(step.name),
                limited_by(step.tags, limits) if limits and step.tags else (),
                keeps.get(step.name, frozenset()),
                step.over,
                past.get(step.name, _NOTHING),
                tried.get(step.name, _NOTHING),
                step.gate,
                step.is_gate,
                frozenset(step.outputs) if step.gate is not None else frozenset(),
            )
            for step in _by_turn(self.steps)
        ]

    def limits(self, limits: Sequence[TagLimit]) -> dict[str, int]:
        """How many of its steps may run at a time, by the names under which they count."""
        least: dict[str, int] = {}
        for step in self.steps if limits else ():
            for limit in limits:
                name = limit.name_for(step.tags)
                if name is not None:
                    least[name] = min(limit.limit, least.get(name, limit.limit))
        return least


def limited_by(tags: Mapping[str, str], limits: Sequence[TagLimit]) -> tuple[str, ...]:
    """The names under which a step with these tags counts."""
    return tuple({name: None for limit in limits if (name := limit.name_for(tags)) is not None})


def make_plan(
    project: Project,
    selected: Selected | None,
    *,
    partitions: Sequence[str] = (),
    of_job: tuple[str, PartitionsDefinition | None] = ("", None),
    world: World = NOWHERE,
    named: Selected | None = None,
    retry_policy: RetryPolicy | None = None,
    looking: bool = False,
) -> Plan:
    """Plan a run of the selected assets and checks, or of everything.

    Args:
        project: All definitions.
        selected: What to run.
        partitions: Keys and ranges of keys of the selected assets that have partitions.
        of_job: Name and partitions of the job, for a run of things that have none of their own.
        world: The time, and the keys of dynamic partitions.
        named: What of it somebody named; the rest was added, and is left out where it is partitioned differently.
        retry_policy: For units that have none of their own.
        looking: Whether what is up to date does not run.

    Raises:
        UnknownPartitionError: A selected unit does not have those partitions.
        CircularDependencyError: Steps wait for one another.
        InvalidDefinitionError: Selected units are partitioned differently, or a mapping does not fit.
        InvariantViolationError: A step would read partitions that do not exist.
    """
    with uncollected():
        chosen = _chosen_units(project, selected)
        definition = None
        if partitions:
            own = [one[0] for one in _chosen_units(project, named)] if named is not None else []
            definition = one_definition([one[0] for one in chosen], own)
            chosen = [one for one in chosen if _fits(one[0], definition)]
        owner = next(
            (u.name for u, _, _ in chosen if definition is not None and u.partitions == definition), None
        )
        if partitions and definition is None and of_job[1] is not None:
            owner, definition = f"{OF_JOB}{of_job[0]}", of_job[1]
        planner = _Planner(project, chosen, definition, partitions, world, owner)
        steps = [planner.step(unit, outputs, checks, retry_policy) for unit, outputs, checks in chosen]
        if looking and project.parts:
            steps = _behind_gates(project, planner, steps)
        return Plan(tuple(_in_order(steps)), planner.keys or (), planner.sliced_as)


def _fits(unit: ComputeUnit, definition: PartitionsDefinition | None) -> bool:
    """Whether a unit can be part of a run of partitions of that definition."""
    return unit.partitions is None or unit.partitions == definition or unit.kind == "check"


class _Planner:
    """What the steps of one plan share."""

    def __init__(
        self,
        project: Project,
        chosen: Sequence[_Chosen],
        definition: PartitionsDefinition | None,
        asked: Sequence[str],
        world: World,
        owner: str | None,
    ) -> None:
        self._project = project
        self._definition = definition
        self._world = world
        self.keys: tuple[str, ...] | None = None
        self.sliced_as = owner
        if definition is not None and owner is not None:
            self.keys = asked_keys(asked, definition, world, owner.removeprefix(OF_JOB))
        self._makers = {
            output.spec.key: Need(unit.name, output.name)
            for unit, outputs, _ in chosen
            if unit.kind != "observation"
            for output in unit.outputs
            if output.name in outputs
        }
        # What is made from an asset that this run observes comes after, but does not get its value from there.
        self._observers = {
            output.spec.key: Need(unit.name)
            for unit, outputs, _ in chosen
            if unit.kind == "observation"
            for output in unit.outputs
            if output.name in outputs
        }
        self._gates = _blocking_checks(chosen)
        self._partitioned = is_partitioned(project)

    def step(
        self,
        unit: ComputeUnit,
        outputs: tuple[str, ...],
        checks: tuple[str, ...],
        retry_policy: RetryPolicy | None,
    ) -> PlanStep:
        """The step of one unit."""
        name, makers = unit.name, self._makers
        own = self._partitions_of(unit) if self._partitioned else None
        keys = self.keys if own is not None and own == self._definition else None
        slices = PartitionSet(keys) if keys is not None else None
        inputs: list[PlannedInput] = []
        needs: dict[Need, None] = dict.fromkeys(_needs_of_wires(self._project, unit))
        for unit_input in unit.inputs:
            asset = unit_input.asset
            read = _WHOLE_INPUT
            if self._partitioned:
                read = input_slices(self._project, unit, own, unit_input, keys, self._world)
            maker = makers.get(asset)
            made_by = maker.step if maker is not None and maker.step != name else None
            inputs.append(
                PlannedInput(unit_input.name, asset, unit_input.is_argument, *read[:2], made_by, read.shares)
            )
            if self._observers and asset in self._observers and self._observers[asset].step != name:
                needs[self._observers[asset]] = None
            if maker is not None and made_by is not None:
                needs[maker] = None
                if self._gates and unit.kind != "check":
                    gates = [gate for gate in self._gates.get(asset, ()) if gate not in (name, made_by)]
                    needs.update(dict.fromkeys(map(Need, gates)))
        return PlanStep(
            StepKey(name, slices),
            name,
            outputs,
            checks,
            tuple(inputs),
            tuple(needs),
            unit.retry_policy or retry_policy,
            _priority(unit) if unit.tags else 0,
            unit.tags,
            tuple([wire for wire in unit.wires if wire.sources]),
            Need(unit.over.step, unit.over.output) if unit.over is not None else None,
            {output.name: output.spec.key for output in unit.outputs} if unit.owner else _NOTHING,
            owner=unit.owner or name,
            kind=unit.kind,
        )

    def _partitions_of(self, unit: ComputeUnit) -> PartitionsDefinition | None:
        """Those of the unit; in a run of partitions, a check that names none has those of its asset."""
        if unit.partitions is not None or unit.kind != "check" or self._definition is None:
            return unit.partitions
        of_asset = partitions_of(self._project, unit.checks[0].asset_key)
        return of_asset if of_asset == self._definition else None


_Chosen: TypeAlias = "tuple[ComputeUnit, tuple[str, ...], tuple[str, ...]]"


def _chosen_units(project: Project, selected: Selected | None) -> list[_Chosen]:
    """Units with the outputs and checks of theirs that were selected, in order of definition."""
    if selected is None:
        return [
            _whole(unit)
            for whole in project.units.values()
            for unit in project.units_of(whole)
            if (unit.outputs or unit.checks or unit.owner) and unit.kind != "observation"
        ]
    assets, check_keys = selected.assets, selected.checks
    chosen = []
    for unit in project.units.values():
        if unit.parts:
            chosen += _chosen_parts(unit, assets)
            continue
        outputs = tuple([output.name for output in unit.outputs if output.spec.key in assets])
        checks: tuple[str, ...] = ()
        if unit.checks:
            # A check that an asset's own function makes cannot run without it, and runs with it.
            alone = unit.kind == "check" or unit.can_subset
            checks = tuple([c.name for c in unit.checks if (c.key in check_keys if alone else outputs)])
        if outputs or checks:
            chosen.append((unit, outputs, checks))
    return chosen


def _whole(unit: ComputeUnit) -> _Chosen:
    return unit, tuple([o.name for o in unit.gives]), tuple([check.name for check in unit.checks])


def _chosen_parts(graph: ComputeUnit, assets: Collection[AssetKey]) -> list[_Chosen]:
    """Parts of a graph: all of them where all that it makes is selected, else those that the selected assets need.

    Of these, what an op must give is made as well, were it an asset that nobody selected.
    """
    wanted = {output.spec.key for output in graph.outputs} & set(assets)
    if graph.outputs and not wanted:
        return []
    if len(wanted) == len(graph.outputs):
        return [_whole(part) for part in graph.parts]
    chosen: list[_Chosen] = []
    read: set[tuple[str, str]] = set()  # outputs that those chosen so far need
    assets_read: set[AssetKey] = set()
    for part in reversed(graph.parts):
        asked = {o.name for o in part.outputs if o.spec.key in wanted or o.spec.key in assets_read}
        asked.update(output for step, output in read if step == part.name)
        if asked:
            # What its function must give it gives, also where only another output of it is needed.
            outputs = [o.name for o in (*part.outputs, *part.passed) if o.required or o.name in asked]
            chosen.append((part, tuple(outputs), tuple([check.name for check in part.checks])))
            read.update((source.step, source.output) for wire in part.wires for source in wire.sources)
            read.update([(part.over.step, part.over.output)] if part.over is not None else ())
            assets_read.update(unit_input.asset for unit_input in part.inputs)
    return chosen[::-1]


def _behind_gates(project: Project, planner: _Planner, steps: Sequence[PlanStep]) -> list[PlanStep]:
    """The steps with one more for each graph: it looks whether the assets of the graph are up to date."""
    made: dict[str, set[AssetKey]] = {}
    for step in steps:
        if step.owner != step.name:
            given = [asset for name, asset in step.shares.items() if name in step.outputs]
            made.setdefault(step.owner, set()).update(given)
    gates = []
    for owner, assets in made.items():
        unit = project.units[owner]
        outputs = tuple([output.name for output in unit.outputs if output.spec.key in assets])
        gates.append(planner.step(unit, outputs, (), None)._replace(is_gate=True))
    behind = [
        step
        if step.owner == step.name
        else step._replace(gate=step.owner, needs=(*step.needs, Need(step.owner)))
        for step in steps
    ]
    return [*gates, *behind]


def _needs_of_wires(project: Project, unit: ComputeUnit) -> Iterator[Need]:
    """What a unit waits for among the other parts of its graph."""
    for number, wire in enumerate(unit.wires):
        for source in wire.sources:
            among = number if wire.fan_in else None
            only_order = wire.fan_in and not wire.is_argument
            how = "some" if source.how == "all" and not _may_be_empty(project, source) else source.how
            yield Need(source.step, None if only_order else source.output, how, among)


def _may_be_empty(project: Project, source: Source) -> bool:
    """Whether there is a list to collect where the dynamic output behind it was not given once."""
    giver = project.unit(source.step).over or source
    passed = project.unit(giver.step).passed
    return next((each.required for each in passed if each.name == giver.output), True)


def _blocking_checks(chosen: Iterable[_Chosen]) -> dict[AssetKey, list[str]]:
    """Asset → steps whose blocking checks must pass before anything that needs the asset may start."""
    gates: dict[AssetKey, list[str]] = {}
    for unit, _, checks in chosen:
        for check in unit.checks:
            if check.blocking and check.name in checks:
                gates.setdefault(check.asset_key, []).append(unit.name)
    return gates


def _priority(unit: ComputeUnit) -> int:
    text = unit.tags.get(PRIORITY_TAG, "0")
    return int(text) if text.lstrip("-").isdecimal() else 0


def _in_order(steps: Sequence[PlanStep]) -> list[PlanStep]:
    """Steps after all that they need; in order of definition where that leaves a choice."""
    by_name = {step.name: step for step in steps}
    needs = {step.name: [need.step for need in step.needs] for step in steps}
    ordered, stuck = ordered_by_need(needs)
    if stuck:
        circle = find_circle(needs, stuck)
        path = (*circle, circle[0])
        raise CircularDependencyError(
            f"Steps wait for one another: {' → '.join(path)}",
            path=path,
            subject=path[0],
            found=" → ".join(path),
            expected="a graph without circles",
            next_step="remove one of these dependencies, or make the check that closes the circle"
            " non-blocking",
        )
    return [by_name[name] for name in ordered]


def _by_turn(steps: Sequence[PlanStep]) -> list[PlanStep]:
    """Steps as they become ready when one runs after another; those that become so together by name.

    By name and not by place in the code, because people read, and compare, what their functions print in that order.
    """
    by_name = {step.name: step for step in sorted(steps, key=attrgetter("name"))}
    needs = {
        name: {need.step for need in step.needs} | ({step.over.step} if step.over else set())
        for name, step in by_name.items()
    }
    return [by_name[name] for name in ordered_by_need(needs, by_turn=True)[0]]
