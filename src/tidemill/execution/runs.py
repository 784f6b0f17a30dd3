"""One run from its record to its end: recorded, set up, driven, torn down.

Prepared ─▶ RunCreated ─▶ executor (here, or a crew of processes) ─▶ driver ─▶ Outcome
          └▶ RunResumed ─▶      where the driver of the run died and this one takes it over
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from tidemill.core.errors import ResourceError
from tidemill.core.events import Event, RunCanceled, RunCreated, RunFailed
from tidemill.core.records import PlannedStep, Run, RunStatus, Version
from tidemill.core.tags import PARTITION_SET_TAG, RANGE_END_TAG, RANGE_START_TAG
from tidemill.definitions.partitions.keysets import Order
from tidemill.definitions.partitions.orders import order_at
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.partitions.ranges import ranges, texts
from tidemill.definitions.units.terms import PLAIN_TERMS
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.execution.coding import NO_CODING
from tidemill.execution.driver import Driver, Listener
from tidemill.execution.interrupts import INTERRUPTED
from tidemill.execution.launch import Prepared
from tidemill.execution.lookup import Lookup
from tidemill.execution.progress import ProgressFile
from tidemill.execution.recorder import Recorder
from tidemill.execution.run_tags import idle_note, max_runtime
from tidemill.execution.scarcity import Scarce
from tidemill.execution.scene import Scene
from tidemill.execution.spans import keep_spans
from tidemill.execution.takeover import check_given, starting_slices, starting_versions, take_over
from tidemill.executors.in_process import InProcessExecutor
from tidemill.executors.port import Executor
from tidemill.home import Home
from tidemill.home.leases import current_lease
from tidemill.planning.machine import RunMachine
from tidemill.planning.plan import Plan, PlanStep, Slice
from tidemill.planning.selection import explicit_keys
from tidemill.planning.slices import RANGE, is_single, partitions_def_of
from tidemill.work.bench import Bench
from tidemill.work.earlier import earlier_version
from tidemill.work.failures import error_info
from tidemill.work.loggers import RunLoggers
from tidemill.work.logs import Capturing, StepLogger
from tidemill.work.orders import LogLine, MadeFrom, Progress, RunInfo, slices_of
from tidemill.work.outfit import Outfit
from tidemill.work.values import Values

if TYPE_CHECKING:
    from tidemill.execution.crews import Crew


class Outcome(NamedTuple):
    """What became of a request: the run, all its events, and the live exceptions of steps that failed here."""

    run: Run
    status: RunStatus
    events: list[Event]
    errors: dict[str, BaseException]
    values: Values
    plan: Plan


def execute(
    prepared: Prepared,
    home: Home,
    *,
    instance: Callable[[], Any],
    listener: Listener | None = None,
    shown: bool = False,
    crew: Crew | None = None,
    limits: Mapping[str, int] | None = None,
    for_result: bool = False,
    keep_failures: bool = False,
) -> Outcome:
    """Run what was prepared, to its end.

    Args:
        prepared: What to run.
        home: Where to remember it.
        instance: The store in the compatible interface, for user code that asks for it.
        listener: Told events, log lines and progress as they come.
        shown: Whether the listener shows what steps print, so that it need not go to the standard streams.
        crew: Processes for its steps; without them they run in this one.
        limits: Of pools, by name.
        for_result: Whether somebody will ask what steps that run here gave to I/O managers.
        keep_failures: Whether a resource that cannot be set up makes a failed outcome, as a failed step does.

    Raises:
        StoreError: The run could not be recorded.
        LeaseLostError: Somebody else has resumed the run that was to be resumed.
        ValueNotStoredError: A version that the run is to start from can no longer be loaded.
        ResourceError: A resource could not be set up; the run is recorded as failed. Not where failures are kept.
    """
    try:
        check_given(prepared, home)
        slices = starting_slices(prepared, home)
        prepared = prepared.described(home)
        run, first, fence = take_over(prepared.resumed, home) if prepared.resumed else _create(prepared, home)
    except BaseException:
        if crew is not None:
            crew.nursery.close()
        raise
    events: list[Event] = first[:]

    progress = ProgressFile(home.log_folder(run.id))

    def hear(fact: Event | LogLine | Progress) -> None:
        if not isinstance(fact, (LogLine, Progress)):
            events.append(fact)
        progress.hear(fact)
        if listener is not None:
            listener(fact)

    if listener is not None:
        for event in first:
            listener(event)
    loggers = prepared.configs.loggers if prepared.configs is not None else {}
    info = RunInfo(
        run.id,
        run.job_name,
        run.tags,
        run.config,
        run.partition,
        run.parent_id,
        run.code,
        loggers,
        prepared.plan.keys,
        prepared.plan.sliced_as,
    )
    recorder = Recorder(home, run.id, fence=fence, background=crew is None)
    errors: dict[str, BaseException] = {}
    scene = Scene(
        prepared,
        info,
        home,
        fence,
        recorder,
        recorder.flushed(instance),
        hear,
        shown,
        limits or {},
        prepared.coding or NO_CODING,
        errors,
    )
    with ExitStack() as stack:
        stack.callback(progress.close)
        try:
            # Not before the run is recorded: what was the latest since then is kept from retention.
            latest = starting_versions(prepared, home, slices)
            executor, values = (
                _hired(scene, crew) if crew is not None else set_up_here(scene, stack, keep=for_result)
            )
        except BaseException as error:
            now = home.clock.now()
            interrupted = isinstance(error, KeyboardInterrupt)
            end = RunCanceled(now, INTERRUPTED) if interrupted else RunFailed(now, (), error_info(error))
            home.append(run.id, [end], fence=fence)
            hear(end)
            if not (keep_failures and isinstance(error, ResourceError)):
                raise
            values = Values(prepared.project, home, {}, instance=scene.instance)
            return Outcome(run, "failed", events, errors, values, prepared.to_run)
        status = _drive(scene, executor, latest)
    if prepared.plan.keys and not home.ephemeral:
        _keep_spans(prepared, home)
    return Outcome(run, status, events, errors, values, prepared.to_run)


def _keep_spans(prepared: Prepared, home: Home) -> None:
    """Remember which partitions were made, while they are few: whoever looks need not go through all of them."""
    orders: dict[PartitionsDefinition, Order] = {}
    for step in prepared.to_run.steps:
        unit = prepared.project.units[step.name]
        if step.key.partitions is not None and unit.partitions is not None:
            order = orders.setdefault(unit.partitions, order_at(unit.partitions, prepared.world))
            for output in unit.outputs:
                keep_spans(home, output.asset, order)


def record_run(prepared: Prepared, home: Home, run_id: str) -> Run:
    """Record a run that nobody drives."""
    run = _run_record(prepared, home)._replace(id=run_id, lease=None)
    home.append(run.id, [RunCreated(run.created_at, run)])
    return run


def _create(prepared: Prepared, home: Home) -> tuple[Run, list[Event], int]:
    run = _run_record(prepared, home)
    created = RunCreated(run.created_at, run)
    home.append(run.id, [created])
    return run, [created], 1


def _drive(scene: Scene, executor: Executor, latest: Mapping[Any, Version]) -> RunStatus:
    prepared = scene.prepared
    plan, configs, facts = prepared.plan, prepared.configs, scene.coding.units
    lookup = None
    if prepared.request.refresh:
        named = explicit_keys(prepared.request.selection)
        lookup = Lookup(prepared.project, facts, scene.home, scene.info.id, named, prepared.world)
    note = idle_note(scene.info.tags, "The run")
    if note is not None:
        scene.warn(note)
    choice = prepared.executor
    scarce = Scarce(scene.home, scene.info.id, prepared.units, scene.limits, fence=scene.fence)
    steps = plan.machine_steps(
        scarce.steps,
        prepared.settled,
        prepared.attempts,
        looking=lookup is not None,
        limits=choice.limits,
        keeps=_kept(prepared, latest) if lookup is not None else {},
        past=prepared.past,
        tried=prepared.tried,
    )
    machine = RunMachine(
        steps, slots=executor.slots, limits=plan.limits(choice.limits), retries=choice.retries
    )
    return Driver(
        scene.info,
        plan,
        machine,
        executor,
        scene.recorder,
        scarce,
        scene.home.clock,
        configs=configs.steps if configs is not None else {},
        terms={unit.name: unit.terms for unit in prepared.units if unit.terms is not PLAIN_TERMS},
        made_from={
            name: MadeFrom(fact.fingerprint, fact.config or {}, fact.libraries, fact.seed)
            for name, fact in facts.items()
        },
        lookup=lookup,
        latest=latest,
        passed=prepared.passed,
        seeds=prepared.seeds,
        retries=choice.retries,
        again=prepared.resumed is not None,
        listener=scene.hear,
        max_runtime=max_runtime(scene.info.tags),
    ).drive()


def _kept(prepared: Prepared, latest: Mapping[Slice, Version]) -> dict[str, frozenset[str]]:
    """Outputs that have a version: in a refresh they stay what they are where a step does not give them."""
    project = prepared.project
    return {
        step.name: frozenset(
            [
                o.name
                for o in project.unit(step.name).outputs
                if all((o.asset, partition) in latest for partition in slices_of(step.key))
            ]
        )
        for step in prepared.plan.steps
    }


def _hired(scene: Scene, crew: Crew) -> tuple[Executor, Values]:
    from tidemill.execution.crews import hire  # noqa: PLC0415  (a script that runs in process needs none of it)

    return hire(scene, crew)


def set_up_here(scene: Scene, stack: ExitStack, *, keep: bool = False) -> tuple[Executor, Values]:
    """Everything for steps that run in this process; it is torn down when `stack` closes."""
    prepared, home = scene.prepared, scene.home
    warn_of_terms(prepared.units, scene.warn)
    outfit = Outfit(stack, prepared.project, scene.resource_configs, scene.info, scene.instance)
    resources = outfit.provide(prepared.units)
    echo = not scene.listening
    capturing = stack.enter_context(Capturing(passthrough=echo))
    values = Values(
        prepared.project,
        home,
        dict(resources),  # a copy: the result still loads values through them when they are torn down
        instance=scene.instance,
        log=lambda: StepLogger(capturing.log, echo=echo) if capturing.log is not None else None,
        in_memory=prepared.request.in_memory,
        keep=keep,
    )
    bench = Bench(
        project=prepared.project,
        outfit=lambda _: resources,
        values=values,
        clock=home.clock,
        ids=home.ids,
        log_of=scene.log_of,
        instance=scene.instance,
        load_latest=scene.recorder.flushed(values.load_latest),
        earlier=scene.recorder.flushed(partial(earlier_version, home.store, values.load_version)),
        keep_error=scene.errors.__setitem__,
        capturing=capturing,
        echo=echo,
        keyed=not home.ephemeral,
        sink=scene.hear,
        loggers=RunLoggers(prepared.project, scene.info, shown=not echo) if scene.info.loggers else None,
    )
    return InProcessExecutor(bench), values


def _run_record(prepared: Prepared, home: Home) -> Run:
    project, request, configs = prepared.project, prepared.request, prepared.configs
    plan, tags = prepared.plan, dict(request.tags)
    single = plan.keys[0] if len(plan.keys) == 1 and is_single(request.partitions) else None
    several: tuple[str, ...] = ()
    definition = partitions_def_of(project, plan.sliced_as) if plan.sliced_as is not None else None
    if definition is not None and single is not None:
        named = {PARTITION_SET_TAG: f"{request.job_name}_partition_set"}
        tags = {**named, **definition.get_tags_for_partition_key(single), **tags}
    elif definition is not None:
        several = tuple(texts(ranges(definition, plan.keys, prepared.world)))
        if len(several) == 1:
            start, _, end = several[0].partition(RANGE)
            tags = {RANGE_START_TAG: start, RANGE_END_TAG: end or start, **tags}
    return Run(
        id=request.run_id or home.ids.new(),
        job_name=request.job_name,
        created_at=home.clock.now(),
        config=configs.given if configs is not None else {},
        tags=tags,
        steps=tuple(
            [
                _planned(project.unit(step.name), step, single, several)
                for step in prepared.to_run.steps
                if not step.is_gate
            ]
        ),
        selection=None if request.selection is None else str(request.selection),
        partition=single,
        partitions=several,
        code=request.code,
        parent_id=request.parent_id,
        lease=None if home.ephemeral else current_lease(),
        environment={} if home.ephemeral else environment(),
    )


def _planned(unit: ComputeUnit, step: PlanStep, single: str | None, several: tuple[str, ...]) -> PlannedStep:
    made = step.outputs if step.kind != "observation" else ()
    assets = tuple([output.spec.key for output in unit.outputs if output.name in made])
    if step.key.partitions is None:
        single, several = None, ()
    return PlannedStep(step.name, assets, single, unit.terms.keep, unit.terms.ttl, several)


def warn_of_terms(units: Iterable[ComputeUnit], warn: Callable[[str], None]) -> None:
    """Say once that steps have terms which only a process of their own can keep."""
    broken: dict[str, list[str]] = {}
    for unit in units:
        terms = unit.terms
        if terms.timeout is not None:
            broken.setdefault("timeout=", []).append(unit.name)
        if terms.memory is not None:
            broken.setdefault("resources={'memory': …}", []).append(unit.name)
        if terms.isolation != PLAIN_TERMS.isolation:
            broken.setdefault("isolation=", []).append(unit.name)
    if broken:
        which = ", ".join(f"{term} of {' and '.join(names)}" for term, names in broken.items())
        warn(f"nothing can end a step that runs in this process, nor set it apart: {which} will not hold")


def environment() -> dict[str, str]:
    """What a run is made in: recorded with it, not part of any key."""
    return {
        "python": platform.python_version(),
        "platform": sys.platform,
        "machine": platform.machine(),
        "cpus": str(os.cpu_count() or 1),
    }
