"""From a request to a finished run: check, plan, record, set up, drive, tear down.

Everything that can be refused is refused before the run exists: selection, subset, partition, config.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple

from tidemill.core.collecting import uncollected
from tidemill.core.errors import InvalidConfigError, TidemillError
from tidemill.core.events import Event, RunCanceled, RunCreated, RunFailed
from tidemill.core.records import CodeRef, PlannedStep, Run, RunStatus, Version
from tidemill.core.tags import PARTITION_TAG
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.project import Project
from tidemill.definitions.resource_set import ResourceSet
from tidemill.definitions.unit import DEFAULT_IO_MANAGER, ComputeUnit
from tidemill.execution.driver import Driver, Listener
from tidemill.execution.home import Home
from tidemill.execution.in_process import InProcessExecutor
from tidemill.execution.interrupts import INTERRUPTED
from tidemill.execution.lease import current_lease
from tidemill.planning.graph import AssetGraph
from tidemill.planning.machine import RunMachine
from tidemill.planning.plan import Plan, make_plan
from tidemill.planning.selection import select_to_run
from tidemill.planning.validation import check_project
from tidemill.work.bench import Bench
from tidemill.work.failures import error_info
from tidemill.work.logs import Capturing, Sink, StepLog, StepLogger
from tidemill.work.orders import LogLine, Progress, RunInfo
from tidemill.work.values import Values, manager_key


class Request(NamedTuple):
    """What somebody wants to run.

    Attributes:
        selection: Anything that `AssetSelection` can be made of; None is everything.
        config: Run config, raw.
        job_config: Config of the job, under the run's own.
        retry_policy: For units without one of their own.
    """

    job_name: str
    selection: Any = None
    config: Any = None
    job_config: Any = None
    partition: str | None = None
    tags: Mapping[str, str] = {}
    retry_policy: RetryPolicy | None = None
    code: CodeRef | None = None
    in_memory: bool = False


class Outcome(NamedTuple):
    """What became of a request: the run, all its events, and the live exceptions of steps that failed."""

    run: Run
    status: RunStatus
    events: list[Event]
    errors: dict[str, BaseException]
    values: Values
    plan: Plan


class Prepared(NamedTuple):
    """A request that was found good."""

    project: Project
    plan: Plan
    configs: Any


@uncollected()
def prepare(project: Project, request: Request) -> Prepared:
    """Check and plan.

    Raises:
        TidemillError: The definitions, the selection, the partition or the config are not good.
    """
    problems = check_project(project, stored=not request.in_memory)
    if problems:
        raise problems[0]
    everything = request.selection is None
    selected = None if everything else select_to_run(request.selection, AssetGraph.build(project))
    plan = make_plan(project, selected, partition=request.partition, retry_policy=request.retry_policy)
    return Prepared(project, plan, _resolve_config(project, plan, request))


def _resolve_config(project: Project, plan: Plan, request: Request) -> Any:
    """The config in force, or None where nothing that runs takes config and none was given."""
    units = [project.units[step.name] for step in plan.steps]
    takes_config = any(unit.config_type is not None for unit in units) or any(
        getattr(project.resources[key], "__tidemill_resource__", False)
        for key in _resource_keys(units, project)
    )
    if not (takes_config or request.config or request.job_config):
        return None
    from tidemill.definitions.config import resolve_run_config  # noqa: PLC0415  (loads pydantic)

    resolved = resolve_run_config(
        units=units,
        resources=project.resources,
        raw=request.config,
        job_config=request.job_config,
        job_name=request.job_name,
        keys=_resource_keys(units, project),
        known_steps=project.units,
    )
    for part, given in (("execution", resolved.execution), ("loggers", resolved.loggers)):
        if given:
            raise InvalidConfigError(
                f"Config under {part!r} has no meaning in this version",
                problems=((f"root:{part}", "nothing reads it"),),
                subject=part,
                found=repr(given),
                expected="config of steps and resources: {'ops': …, 'resources': …}",
                next_step="leave it out; runs are in process",
            )
    return resolved


def problems_of(project: Project) -> list[TidemillError]:
    """Everything that is wrong with the definitions as a whole."""
    return list(check_project(project))


def execute(
    project: Project,
    request: Request,
    home: Home,
    *,
    instance: Callable[[], Any],
    listener: Listener | None = None,
    shown: bool = False,
) -> Outcome:
    """Run a request in this process, to its end.

    Args:
        project: The definitions.
        request: What to run.
        home: Where to remember it.
        instance: The store in the compatible interface, for user code that asks for it.
        listener: Told events, log lines and progress as they come.
        shown: Whether the listener shows what steps print, so that it need not go to the standard streams.

    Raises:
        TidemillError: The request cannot be run; no run was made.
        ResourceError: A resource could not be set up; the run is recorded as failed.
    """
    prepared = prepare(project, request)
    plan = prepared.plan
    wanted = plan.wanted()
    latest = (
        home.store.latest_versions(wanted, metadata=False)
        if wanted and not (home.ephemeral and home.is_empty)
        else {}
    )
    run = _run_record(prepared, request, home)
    home.append(run.id, [RunCreated(run.created_at, run)])
    return _drive(prepared, request, run, home, latest, instance, listener, shown)


def _run_record(prepared: Prepared, request: Request, home: Home) -> Run:
    project, plan, configs = prepared
    tags = dict(request.tags)
    if request.partition is not None:
        tags.setdefault(PARTITION_TAG, request.partition)
    return Run(
        id=home.ids.new(),
        job_name=request.job_name,
        created_at=home.clock.now(),
        config=configs.given if configs is not None else {},
        tags=tags,
        steps=tuple(
            [
                _planned(project.units[step.name], step.outputs, request.partition, step.name)
                for step in plan.steps
            ]
        ),
        selection=None if request.selection is None else str(request.selection),
        partition=request.partition,
        code=request.code,
        lease=None if home.ephemeral else current_lease(),
        environment={} if home.ephemeral else environment(),
    )


def _planned(unit: ComputeUnit, outputs: Iterable[str], partition: str | None, name: str) -> PlannedStep:
    assets = tuple([output.spec.key for output in unit.outputs if output.name in outputs])
    return PlannedStep(name, assets, partition if unit.partitions is not None else None)


def environment() -> dict[str, str]:
    """What a run is made in: recorded with it, not part of any key."""
    return {
        "python": platform.python_version(),
        "platform": sys.platform,
        "machine": platform.machine(),
        "cpus": str(os.cpu_count() or 1),
    }


def _resource_keys(units: Iterable[ComputeUnit], project: Project) -> list[str]:
    """Resources and I/O managers that some units need, of those that the project has."""
    if not project.resources:
        return []
    keys: dict[str, None] = {}
    for unit in units:
        keys.update(dict.fromkeys(sorted(unit.required_resources)))
        keys.update(dict.fromkeys(output.manager for output in unit.outputs if output.manager is not None))
        for unit_input in unit.inputs:
            if unit_input.is_argument:
                keys[unit_input.manager or manager_key(project, unit_input.asset) or DEFAULT_IO_MANAGER] = (
                    None
                )
    return [key for key in keys if key in project.resources]


def _drive(
    prepared: Prepared,
    request: Request,
    run: Run,
    home: Home,
    latest: Mapping[Any, Version],
    instance: Callable[[], Any],
    listener: Listener | None,
    shown: bool,
) -> Outcome:
    project, plan, configs = prepared
    info = RunInfo(run.id, run.job_name, run.tags, run.config, run.partition, run.parent_id, run.code)
    events: list[Event] = [RunCreated(run.created_at, run)]
    errors: dict[str, BaseException] = {}

    def hear(fact: Event | LogLine | Progress) -> None:
        if not isinstance(fact, (LogLine, Progress)):
            events.append(fact)
        if listener is not None:
            listener(fact)

    sink: Sink | None = listener if shown else None
    if listener is not None:
        listener(events[0])
    with ExitStack() as stack:
        try:
            units = [project.units[step.name] for step in plan.steps]
            resources = set_up(
                stack, project, units, configs.resources if configs is not None else {}, info, instance
            )
        except BaseException as error:
            now = home.clock.now()
            interrupted = isinstance(error, KeyboardInterrupt)
            end = RunCanceled(now, INTERRUPTED) if interrupted else RunFailed(now, (), error_info(error))
            home.append(run.id, [end])
            hear(end)
            raise
        capturing = stack.enter_context(Capturing(passthrough=not shown))
        values = Values(
            project,
            home,
            dict(resources),  # a copy: the result still loads values through them when they are torn down
            instance=instance,
            log=lambda: StepLogger(capturing.log, echo=not shown) if capturing.log is not None else None,
            in_memory=request.in_memory,
        )
        logs = home.log_folder(run.id)
        bench = Bench(
            project=project,
            resources=resources,
            values=values,
            clock=home.clock,
            ids=home.ids,
            log_of=lambda order: StepLog(order.name, order.attempt, home.clock, logs, sink),
            instance=instance,
            load_latest=values.load_latest,
            keep_error=errors.__setitem__,
            capturing=capturing,
            echo=not shown,
            keyed=not home.ephemeral,
            sink=listener,
        )
        executor = InProcessExecutor(bench)
        machine = RunMachine(plan.machine_steps(), slots=executor.slots)
        status = Driver(
            info,
            plan,
            machine,
            executor,
            home,
            configs=configs.steps if configs is not None else {},
            latest=latest,
            listener=hear,
        ).drive()
    return Outcome(run, status, events, errors, values, plan)


def set_up(
    stack: ExitStack,
    project: Project,
    units: Iterable[ComputeUnit],
    configs: Mapping[str, Mapping[str, Any]],
    info: RunInfo,
    instance: Callable[[], Any],
) -> Mapping[str, Any]:
    """Set up the resources and I/O managers that some units need; they are torn down when `stack` closes.

    Args:
        stack: Owns them.
        project: Has them.
        units: Need them.
        configs: Config by resource key.
        info: The run that they are set up for.
        instance: The store in the compatible interface.

    Raises:
        ResourceError: One could not be set up.
    """
    keys = _resource_keys(units, project)
    if not keys:
        return {}
    resources = ResourceSet(project.resources, configs, keys=keys, run=info, instance=instance)
    return stack.enter_context(resources)
