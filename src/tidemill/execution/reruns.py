"""Re-execution: a run again, from its middle, or on from where its driver died. Pure: what is read is an argument.

    Project, Past, Part ──rerun──▶ Prepared        a new run: what it leaves out is settled, its versions are the past's
    Project, Past, LiveRun ──resume──▶ Prepared    the same run: what had begun begins again, what has ended stays so

The plan is made anew from the definitions as they are now. What is left out and succeeded is needed as if it just had;
what is left out and did not is no part of the plan, so that the latest version of the store serves.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, NoReturn

from tidemill.core.collecting import uncollected
from tidemill.core.errors import InvalidConfigError, InvalidSubsetError, StepNotFoundError
from tidemill.core.keys import AssetKey, StepKey
from tidemill.core.records import CodeRef, LiveRun, PassedValue, StepState
from tidemill.core.suggest import did_you_mean
from tidemill.core.tags import PARENT_RUN_TAG, ROOT_RUN_TAG
from tidemill.definitions.partitions.partitions import NOWHERE, World
from tidemill.definitions.project import Project
from tidemill.execution.history import DONE, Past
from tidemill.execution.launch import Prepared, Request, asked_partitions, check, with_config
from tidemill.planning.graph import AssetGraph
from tidemill.planning.plan import Plan, make_plan
from tidemill.planning.selection import Selected, resolve_selection
from tidemill.planning.steps import Settled

WALK = re.compile(r"(\*|\+*)([^*+]+)(\*|\+*)")


class Part(NamedTuple):
    """Which steps of the parent run again: all, those that did not end well, steps by pattern, or those of assets.

    Attributes:
        kind: Which of these.
        what: Patterns (`name`, `name*`, `name+`, `*name`, `+name`), or expressions for assets.
    """

    kind: Literal["all", "failed", "steps", "assets"]
    what: tuple[str, ...] = ()


ALL = Part("all")
FAILED = Part("failed")


@uncollected()
def rerun(
    project: Project,
    past: Past,
    part: Part = ALL,
    *,
    same_seeds: bool = False,
    code: CodeRef | None = None,
    config: Any = None,
    tags: Any = None,
    world: World = NOWHERE,
) -> Prepared:
    """Plan a new run that re-executes another.

    Args:
        project: The definitions as they are now.
        past: What became of the parent.
        part: What runs again.
        same_seeds: Whether steps get the seeds that they had in the parent.
        code: Where the definitions are.
        config: Instead of the parent's.
        tags: Over the parent's.
        world: What partitions depend on.

    Raises:
        StepNotFoundError: The definitions no longer have a step of the parent, or the parent none that was named.
        InvalidSubsetError: Nothing is left to run.
        InvalidConfigError: The parent has no seeds; or its config does not fit any more.
    """
    run = past.state.run
    request = _request(project, past, code)._replace(
        parent_id=run.id,
        tags={
            **run.tags,
            **(tags or {}),
            PARENT_RUN_TAG: run.id,
            ROOT_RUN_TAG: run.tags.get(ROOT_RUN_TAG, run.id),
        },
    )
    if config is not None:
        request = request._replace(config=config)
    check(project, request)
    whole = _plan(project, past, past.planned, request, world)
    chosen = _chosen(project, past, part, whole)
    if not chosen:
        _refuse_nothing(past, part)
    settled = {
        step: _settled(past, past.steps[step], whole)
        for step in past.planned
        if step not in chosen and past.steps[step].status in DONE and _is_whole(project, past, step)
    }
    plan = _plan(project, past, {*chosen, *settled}, request, world)
    mapped = _mapped_past(past, plan, chosen, part)
    return with_config(
        Prepared(
            project,
            request,
            plan,
            None,
            settled=settled,
            world=world,
            past=mapped,
            given=_given(past, chosen),
            passed=_passed(past, settled, mapped),
            seeds=_seeds(past, chosen) if same_seeds else {},
        )
    )


@uncollected()
def resume(
    project: Project,
    past: Past,
    live: LiveRun,
    *,
    code: CodeRef | None = None,
    same_seeds: bool = False,
    world: World = NOWHERE,
) -> Prepared:
    """Plan how a run whose driver died goes on.

    Args:
        project: The definitions as they are now.
        past: What became of the run so far.
        live: The run as it was found, with the fence of the dead driver.
        code: Where the definitions are.
        same_seeds: Whether steps that had begun get the seeds that they had.
        world: What partitions depend on.

    Raises:
        StepNotFoundError: The definitions no longer have a step of the run.
        InvalidConfigError: Its config does not fit any more.
    """
    request = _request(project, past, code)
    check(project, request)
    whole = _plan(project, past, past.planned, request, world)
    own = set(past.own)
    ended = {*DONE, "failed", "blocked"}
    settled = {
        step: _settled(past, past.steps[step], whole)
        for step in past.planned
        if step not in past.mapped
        and past.steps[step].status in (ended if step in own else DONE)
        and _is_whole(project, past, step)
    }
    open_steps = own - set(settled)
    mapped = {
        step: {key: _settled(past, state, whole) for key, state in found.items() if state.status in ended}
        for step, found in past.mapped.items()
    }
    seeds = {step: seed for step, seed in past.seeds.items() if StepKey.unit_of(step) in open_steps}
    return with_config(
        Prepared(
            project,
            request,
            _plan(project, past, {*open_steps, *settled}, request, world),
            None,
            settled=settled,
            world=world,
            attempts={step: past.steps[step].attempt for step in open_steps},
            past=mapped,
            tried={
                step: {key: each.attempt for key, each in found.items()}
                for step, found in past.mapped.items()
            },
            given=_given(past, open_steps),
            passed=_passed(past, settled, mapped),
            seeds=seeds if same_seeds else {},
            resumed=live,
        )
    )


def _again(past: Past, part: Part) -> dict[str, set[str]]:
    """Of mapped steps, those single ones that a pattern names: they run again, and no others of them."""
    named: dict[str, set[str]] = {}
    for pattern in part.what if part.kind == "steps" else ():
        unit, bracket, key = pattern.strip("*+").partition("[")
        if bracket and key[:-1] in past.mapped.get(unit, {}):
            named.setdefault(unit, set()).add(key[:-1])
    return named


def _mapped_past(
    past: Past, plan: Plan, chosen: Collection[str], part: Part
) -> dict[str, dict[str, Settled]]:
    """Of mapped steps whose mapping keys stay what they were: what became of those that do not run again."""
    again = _again(past, part)
    found = {}
    for step in plan.steps:
        states = past.mapped.get(step.name, {})
        if step.over is None or step.over.step in chosen or not states:
            continue
        if step.name in chosen and part.kind != "failed" and step.name not in again:
            continue  # all that it becomes runs again
        leave = again.get(step.name, set())
        found[step.name] = {
            key: _settled(past, state, plan)
            for key, state in states.items()
            if key not in leave and state.status in DONE
        }
    return found


def _passed(
    past: Past, settled: Collection[str], mapped: Mapping[str, Mapping[str, Settled]]
) -> tuple[PassedValue, ...]:
    """The values that steps which do not run gave for others."""
    names = [*settled, *(f"{step}[{key}]" for step, keys in mapped.items() for key in keys)]
    return tuple([value for name in names for value in past.passed.get(name, ())])


def _request(project: Project, past: Past, code: CodeRef | None) -> Request:
    """What the parent was asked for."""
    run = past.state.run
    job = project.jobs.get(run.job_name)
    return Request(
        run.job_name,
        selection=run.selection,
        config=run.config or None,
        partitions=run.partitions or asked_partitions(run.partition),
        tags=run.tags,
        partitions_def=job.partitions_def if job is not None else None,
        retry_policy=job.retry_policy if job is not None else None,
        executor=job.executor if job is not None else None,
        code=code or run.code,
        parent_id=run.parent_id,
    )


def _plan(project: Project, past: Past, steps: Collection[str], request: Request, world: World) -> Plan:
    """The plan of some steps of the past; its own must be there, those of ancestors may be gone."""
    own = set(past.own)
    for step in past.own:
        if step in steps and not _is_whole(project, past, step):
            _refuse_missing(project, past, step)
    names = [
        step for step in past.planned if step in steps and (step in own or _is_whole(project, past, step))
    ]
    assets = {asset for step in names for asset in past.planned[step].assets}
    owners = {project.unit(step).owner for step in names} - {None}
    assets.update(output.asset for owner in owners for output in project.units[str(owner)].outputs)
    checks = {check.key for step in names for check in project.unit(step).checks}
    selected = Selected(frozenset(assets), frozenset(checks))
    plan = make_plan(
        project,
        selected,
        partitions=request.partitions,
        of_job=(request.job_name, request.partitions_def),
        world=world,
        retry_policy=request.retry_policy,
    )
    return _only(plan, past, set(names)) if owners else plan


def _only(plan: Plan, past: Past, names: set[str]) -> Plan:
    """The plan without the other parts of graphs.

    What the parent ran and this run does not know any more cannot be done without; what it left out, its config gave.
    """
    steps = []
    for step in plan.steps:
        if step.name not in names:
            continue
        wires = []
        for wire in step.wires:
            lost = [source.step for source in wire.sources if source.step not in names]
            for source in lost:
                if source in past.planned:
                    raise InvalidSubsetError(
                        f"The step {step.name!r} needs what {source!r} gives, which did not succeed",
                        subject=step.name,
                        found=f"a selection without {source!r}",
                        expected=f"{source!r} among the steps that run again",
                        next_step=f"run it too: --from {source} (step_selection=['{source}*'])",
                    )
            sources = tuple([source for source in wire.sources if source.step not in lost])
            if sources:
                wires.append(wire._replace(sources=sources))
        needs = tuple([need for need in step.needs if need.step in names])
        over = step.over if step.over is not None and step.over.step in names else None
        steps.append(step._replace(wires=tuple(wires), needs=needs, over=over))
    return plan._replace(steps=tuple(steps))


def _is_whole(project: Project, past: Past, step: str) -> bool:
    """Whether the definitions still have the step, with all that it was to make."""
    unit = project.units.get(step) or project.parts.get(step)
    return unit is not None and {output.spec.key for output in unit.outputs}.issuperset(
        past.planned[step].assets
    )


def _refuse_missing(project: Project, past: Past, step: str) -> NoReturn:
    number, unit = past.state.number, project.units.get(step) or project.parts.get(step)
    if unit is None:
        raise StepNotFoundError(
            f"The definitions no longer have the step {step!r} of run {number}",
            subject=step,
            found=", ".join([*project.units, *project.parts][:20]) or "no steps",
            expected=f"every step of run {number}",
            next_step=did_you_mean(step, [*project.units, *project.parts])
            or "name the definitions that made it: -f FILE or -m MODULE",
        )
    made = {output.spec.key for output in unit.outputs}
    gone = [asset.to_user_string() for asset in past.planned[step].assets if asset not in made]
    raise StepNotFoundError(
        f"The step {step!r} no longer makes {', '.join(gone)}, as it was to in run {number}",
        subject=step,
        found=", ".join(key.to_user_string() for key in made) or "no assets",
        expected=", ".join(key.to_user_string() for key in past.planned[step].assets),
        next_step="materialize instead",
    )


# Which steps


def _chosen(project: Project, past: Past, part: Part, whole: Plan) -> set[str]:
    own = set(past.own)
    if part.kind == "all":
        return own
    if part.kind == "failed":
        chosen = {step for step in own if past.steps[step].status not in DONE}
        for step in whole.steps:
            # What was skipped for the want of an output may get it now.
            if past.steps[step.name].status == "skipped" and any(need.step in chosen for need in step.needs):
                chosen.add(step.name)
        return chosen & own
    if part.kind == "assets":
        selected = resolve_selection(
            part.what[0] if len(part.what) == 1 else list(part.what), AssetGraph.build(project)
        )
        found = {
            step
            for step in own
            if not selected.assets.isdisjoint(past.planned[step].assets)
            or (not past.planned[step].assets and not selected.checks.isdisjoint(_checks(project, step)))
        }
        graphs = {project.unit(step).owner for step in found} - {None}
        return found | {step for step in own if project.unit(step).owner in graphs}
    return {step for pattern in part.what for step in _matching(pattern, past, whole)} & own


def _checks(project: Project, step: str) -> Iterable[Any]:
    return [check.key for check in project.unit(step).checks]


def _matching(pattern: str, past: Past, whole: Plan) -> set[str]:
    """The steps that a pattern means."""
    found = WALK.fullmatch(pattern)
    name = past.step_named(StepKey.unit_of(found[2])) if found is not None else None
    if found is None or name is None:
        makers = [asset.to_user_string() for step in past.own for asset in past.planned[step].assets]
        raise StepNotFoundError(
            f"Run {past.state.number} has no step {pattern.strip('*+')!r}",
            subject=pattern,
            found=pattern,
            expected=_some(past.own),
            next_step=did_you_mean(pattern.strip("*+"), [*past.own, *makers])
            or f"tidemill runs {past.state.number} lists the steps",
        )
    up = {step.name: [need.step for need in step.needs] for step in whole.steps}
    down: dict[str, list[str]] = {step: [] for step in up}
    for step, needs in up.items():
        for need in needs:
            down[need].append(step)
    return {name, *_walk(name, up, found[1]), *_walk(name, down, found[3])}


def _walk(start: str, edges: dict[str, list[str]], how_far: str) -> set[str]:
    """What is reached: `*` all the way, else a step for each `+`."""
    reached: set[str] = set()
    frontier = {start}
    steps = len(edges) if how_far == "*" else len(how_far)
    while frontier and steps:
        frontier = {other for step in frontier for other in edges[step]} - reached
        reached |= frontier
        steps -= 1
    return reached


def _refuse_nothing(past: Past, part: Part) -> NoReturn:
    number = past.state.number
    if part.kind == "failed":
        raise InvalidSubsetError(
            f"Nothing of run {number} is left to run",
            subject=f"run {number}",
            found=f"a run that {past.state.status}: all its steps succeeded or were skipped",
            expected="a step that failed, or that was not started",
            next_step=f"tidemill rerun {number} runs all of it again, --from STEP a part of it",
        )
    raise InvalidSubsetError(
        f"The selection {' '.join(part.what)!r} holds no step of run {number}",
        subject=" ".join(part.what),
        found="assets that the run did not make",
        expected=f"some of {_some(past.own)}",
        next_step="materialize what another run is to make",
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (", …" if len(names) > 20 else "")


# What is taken over


def _settled(past: Past, state: StepState, whole: Plan) -> Settled:
    if state.status == "reused":
        outputs = next((step.outputs for step in whole.steps if step.name == state.step), ())
        return Settled("succeeded", frozenset(outputs))
    status: Any = state.status
    given = past.outputs.get(state.step)
    if given is None:  # of a mapped step, all that it became gave together
        mapped = [past.outputs.get(f"{state.step}[{key}]", ()) for key in past.mapped.get(state.step, {})]
        given = frozenset().union(*mapped)
    return Settled(status, given, state.cause or "", past.keys.get(state.step, {}))


def _given(past: Past, running: Collection[str]) -> dict[tuple[AssetKey, str | None], Any]:
    """The versions of the past, but for what is made again: a step may read what it made before."""
    made = {asset for step in running for asset in past.planned[step].assets}
    return {key: version for key, version in past.versions.items() if key[0] not in made}


def _seeds(past: Past, chosen: Collection[str]) -> dict[str, int]:
    seeds = {step: seed for step, seed in past.seeds.items() if StepKey.unit_of(step) in chosen}
    if not seeds:
        raise InvalidConfigError(
            f"Run {past.state.number} recorded no seeds for the steps that run again",
            subject="--same-seeds",
            found="steps that ran in the process of the command, where random state is left alone, or did not start",
            expected="steps that ran in processes of their own, or with seed=",
            next_step="leave --same-seeds out, or give the steps a seed: @asset(seed=…)",
        )
    return seeds
