"""From a request to what can be run: check, plan, resolve config.

    Project, Request ──prepare──▶ Prepared ──runs.execute──▶ Outcome

Everything that can be refused is refused here, before a run exists: selection, subset, partition, config.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tidemill.code.loading import refuse_run
from tidemill.core.collecting import uncollected
from tidemill.core.errors import InvalidConfigError, InvalidDefinitionError, InvalidSubsetError, TidemillError
from tidemill.core.records import CodeRef, LiveRun, PassedValue, Version
from tidemill.core.tags import PARTITION_TAG, RANGE_END_TAG, RANGE_START_TAG
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.executors import ExecutorChoice, ExecutorDefinition, chosen_executor
from tidemill.definitions.partitions.partitions import NOWHERE, PartitionKeyRange, PartitionsDefinition, World
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.project import Project
from tidemill.definitions.units.unit import NO_CONSTANT, ComputeUnit
from tidemill.execution.coding import Coding, describe, keep_recipes
from tidemill.execution.run_tags import max_runtime
from tidemill.home import Home
from tidemill.planning.graph import AssetGraph
from tidemill.planning.plan import Plan, Slice, make_plan
from tidemill.planning.selection import Selected, select_to_run, with_all_needed
from tidemill.planning.slices import RANGE, is_partitioned, is_single
from tidemill.planning.steps import Settled
from tidemill.planning.validation import check_project
from tidemill.work.outfit import resource_keys, with_default_manager


class Request(NamedTuple):
    """What somebody wants to run.

    Attributes:
        selection: Anything that `AssetSelection` can be made of; None is everything.
        config: Run config, raw.
        job_config: Config of the job, under the run's own.
        partitions: Keys, and ranges of keys `A...B`, of what is selected and has partitions.
        partitions_def: Of the job; where nothing that is selected has any, those of its runs.
        retry_policy: For units without one of their own.
        root: The project's folder, from which files are named.
        may_be_nothing: Whether a selection of nothing is a run of nothing, with a warning, and no error.
        observing: Whether sources are observed that the selection names, all of them too, or nothing else is done.
        refresh: Whether what is up to date is not run, and what the selection needs is brought up to date too.
        executor: Of the job, where it has one of its own.
        in_memory: Whether values are kept as the objects that they are: all, or (`default`) those of no I/O manager.
        parent_id: The run that this one re-executes.
        run_id: Of the run; a new one by default.
    """

    job_name: str
    selection: Any = None
    config: Any = None
    job_config: Any = None
    partitions: tuple[str, ...] = ()
    partitions_def: PartitionsDefinition | None = None
    tags: Mapping[str, str] = {}
    retry_policy: RetryPolicy | None = None
    executor: ExecutorDefinition | None = None
    code: CodeRef | None = None
    root: Path | None = None
    refresh: bool = False
    may_be_nothing: bool = False
    observing: Literal["named", "also", "only"] = "named"
    in_memory: bool | Literal["default"] = False
    parent_id: str | None = None
    run_id: str | None = None

    @property
    def partition(self) -> str | None:
        """The one partition that is asked for; None where there is none, or a range."""
        return self.partitions[0] if is_single(self.partitions) else None


def asked_partitions(given: Any) -> tuple[str, ...]:
    """What somebody gave as `partition_key=`: a key, a `PartitionKeyRange`, or a list of keys and ranges `A...B`.

    Raises:
        InvalidDefinitionError: It is none of these.
    """
    if given is None:
        return ()
    if isinstance(given, str):
        return (str(given),)
    if isinstance(given, PartitionKeyRange):
        return (RANGE.join(given),)
    if isinstance(given, Iterable) and not isinstance(given, Mapping):
        return tuple([text for each in given for text in asked_partitions(each)])
    raise wrong_type("a run", "partition_key", given, "a key, a PartitionKeyRange, or a list of these")


class Prepared(NamedTuple):
    """A request that was found good.

    Attributes:
        plan: Its steps, also those that are settled before it begins.
        configs: The config in force, None where nothing takes any.
        settled: Steps that do not run, and what became of them.
        attempts: How often steps that run were tried by an earlier driver.
        past: Of mapped steps: what became of those that do not run, by mapping key.
        tried: Of mapped steps: how often those that run were tried by an earlier driver, by mapping key.
        given: Versions to use for what no step of the run makes, instead of the latest.
        passed: Values that steps which do not run gave for others.
        seeds: What the random sources of steps are to be seeded with.
        resumed: The run that goes on under another driver; None for a new run.
        coding: What the units are made of, once somebody has asked.
        unsettled: Units whose config has required fields that nobody gave; only where config was not checked.
        world: The time, and the keys of dynamic partitions, as it was planned with.
    """

    project: Project
    request: Request
    plan: Plan
    configs: Any
    settled: Mapping[str, Settled] = {}
    attempts: Mapping[str, int] = {}
    past: Mapping[str, Mapping[str, Settled]] = {}
    tried: Mapping[str, Mapping[str, int]] = {}
    given: Mapping[Slice, Version] = {}
    passed: tuple[PassedValue, ...] = ()
    seeds: Mapping[str, int] = {}
    resumed: LiveRun | None = None
    coding: Coding | None = None
    unsettled: frozenset[str] = frozenset()
    world: World = NOWHERE

    @property
    def to_run(self) -> Plan:
        """The plan without what is settled."""
        if not self.settled:
            return self.plan
        steps = [step for step in self.plan.steps if step.name not in self.settled]
        return self.plan._replace(steps=tuple(steps))

    def described(self, home: Home) -> Prepared:
        """The same, with what its units are made of, which the store remembers; not for one that nothing outlives."""
        if home.ephemeral or self.coding is not None:
            return self
        coding = describe(
            self.project,
            self.wholes,
            self.configs,
            folder=home.folder,
            root=self.request.root,
            unsettled=self.unsettled,
        )
        keep_recipes(coding, home)
        return self._replace(coding=coding)

    @property
    def executor(self) -> ExecutorChoice:
        """Where its steps are to be made.

        Raises:
            InvalidConfigError: The run config says what the executor does not know.
        """
        said = self.configs.execution if self.configs is not None else {}
        return chosen_executor(self.request.executor or self.project.executor, said)

    @property
    def wholes(self) -> list[ComputeUnit]:
        """The units that run, graphs in the place of their parts; jobs of ops, which make no asset, left out."""
        owners: dict[str, None] = {}
        for step in self.to_run.steps:
            owners.pop(step.owner, None)  # a graph comes after all that any of its parts needs
            owners[step.owner] = None
        found = [self.project.units[name] for name in owners]
        return [unit for unit in found if unit.outputs or unit.checks]

    @property
    def units(self) -> list[ComputeUnit]:
        """The units that run."""
        return [self.project.unit(step.name) for step in self.to_run.steps]


@uncollected()
def prepare(
    project: Project, request: Request, world: World = NOWHERE, *, check_config: bool = True
) -> Prepared:
    """Check and plan; without `check_config`, for who only looks, required config may be missing.

    Args:
        project: All definitions.
        request: What to run.
        world: The time, and the keys of dynamic partitions; without one there are no such keys.
        check_config: Whether required config must be there.

    Raises:
        TidemillError: The definitions, the selection, the partition or the config are not good.
    """
    project = with_default_manager(project, _configured_resources(request))
    check(project, request)
    max_runtime(request.tags)  # refuses what is no time
    request = with_tagged_partitions(request)
    selected = named = None
    if request.selection is None and request.observing != "named":
        selected = _observed_too(AssetGraph.build(project), request.observing == "only")
    elif request.selection is not None:
        graph = AssetGraph.build(project)
        nothing = warn_of_nothing(request.job_name) if request.may_be_nothing else None
        selected = select_to_run(request.selection, graph, nothing=nothing)
        if request.refresh:
            named, selected = selected, with_all_needed(selected, graph)
    plan = make_plan(
        project,
        selected,
        partitions=request.partitions,
        of_job=(request.job_name, request.partitions_def),
        world=world,
        named=named,
        retry_policy=request.retry_policy,
        looking=request.refresh,
    )
    prepared = Prepared(project, with_config_of_partition(request, plan), plan, None, world=world)
    if check_config:
        return with_config(prepared)
    configs, unsettled = _resolve_each(prepared)
    return prepared._replace(configs=configs, unsettled=unsettled)


def with_tagged_partitions(request: Request) -> Request:
    """The request with the partitions that its tags name, where it names none itself."""
    tags = request.tags
    if request.partitions or not tags:
        return request
    if RANGE_START_TAG in tags and RANGE_END_TAG in tags:
        return request._replace(partitions=(f"{tags[RANGE_START_TAG]}{RANGE}{tags[RANGE_END_TAG]}",))
    return request._replace(partitions=(tags[PARTITION_TAG],)) if PARTITION_TAG in tags else request


def with_config_of_partition(request: Request, plan: Plan) -> Request:
    """The request with the config and the tags that its job has for the partition of the run.

    Raises:
        InvalidConfigError: The run is of several partitions, and their config differs.
    """
    config_of = getattr(request.job_config, "get_run_config_for_partition_key", None)
    if config_of is None:
        return request
    if not plan.keys:
        return request._replace(job_config=None)
    configs = [config_of(key) for key in plan.keys]
    if any(config != configs[0] for config in configs):
        raise InvalidConfigError(
            f"The config of job {request.job_name!r} differs from one partition to the next",
            problems=(("root", f"{len(configs)} partitions in one run"),),
            subject=request.job_name,
            found=f"a run of the partitions {plan.keys[0]!r} to {plan.keys[-1]!r}",
            expected="a run of one partition, or the same config for all of them",
            next_step="run one partition at a time; `tidemill backfill` does",
        )
    tags = request.job_config.get_tags_for_partition_key(plan.keys[0]) if len(plan.keys) == 1 else {}
    return request._replace(job_config=configs[0], tags={**tags, **request.tags})


def world_of(project: Project, home: Home | None) -> World:
    """What the partitions of a project depend on beside their definitions, as a store knows it now."""
    if home is None or not is_partitioned(project):
        return NOWHERE
    from tidemill.home.world import world_around  # noqa: PLC0415  (only where there are partitions)

    return world_around(home)


def _configured_resources(request: Request) -> set[str]:
    """Keys of the resources that the run, or its job, gives config to."""
    keys: set[str] = set()
    for given in (request.config, request.job_config):
        section = given.get("resources") if isinstance(given, Mapping) else getattr(given, "resources", None)
        keys |= set(section) if isinstance(section, Mapping) else set()
    return keys


def warn_of_nothing(job_name: str) -> Callable[[InvalidSubsetError], None]:
    """What says that a job has nothing to run: a group that will be, or that has lost its last asset."""

    def warn(problem: InvalidSubsetError) -> None:
        logging.getLogger("tidemill").warning("The job %r runs nothing. %s", job_name, problem)

    return warn


def _observed_too(graph: AssetGraph, only: bool) -> Selected | None:
    """All assets and the sources that are observed, with their checks; or these alone."""
    if only and not graph.observers:
        raise InvalidDefinitionError(
            "None of these assets is observed by a function",
            subject="observe",
            found=", ".join(key.to_user_string() for key in (*graph.keys, *graph.sources)) or "no assets",
            expected="at least one @observable_source_asset",
        )
    if not graph.observers:
        return None
    keys = frozenset(graph.observers)
    if only:
        return Selected(keys, frozenset())
    return Selected(keys.union(graph.keys), frozenset(graph.check_keys))


def check(project: Project, request: Request) -> None:
    """Find out whether the definitions as a whole are good, and a run may start here.

    Raises:
        TidemillError: The first thing that is not.
    """
    refuse_run()
    problems = check_project(project, stored=request.in_memory is not True)
    if problems:
        raise problems[0]


def _resolve_each(prepared: Prepared) -> tuple[Any, frozenset[str]]:
    """The config in force as far as it can be told, unit by unit; and the units whose config lacks something."""
    found: Any = None
    unsettled = set()
    for unit in prepared.units:
        try:
            configs = _resolve_config(prepared, [unit])
        except InvalidConfigError:
            unsettled.add(unit.name)
            continue
        if found is None or configs is None:
            found = configs or found
            continue
        steps, resources = {**found.steps, **configs.steps}, {**found.resources, **configs.resources}
        found = found._replace(steps=steps, resources=resources)
    return found, frozenset(unsettled)


def with_config(prepared: Prepared) -> Prepared:
    """The same with the config in force, or None where nothing that runs takes config and none was given."""
    configs = _resolve_config(prepared, prepared.units)
    if configs is not None:
        # Refuses what the executor does not have, before there is a run.
        chosen_executor(prepared.request.executor or prepared.project.executor, configs.execution)
    return prepared._replace(configs=configs)


def _resolve_config(prepared: Prepared, units: list[ComputeUnit]) -> Any:
    project, request = prepared.project, prepared.request
    asks = any(
        unit.config_type is not None
        or unit.preset
        or any(w.constant is NO_CONSTANT and not w.gathers for w in unit.wires)
        for unit in units
    )
    takes_config = asks or any(
        getattr(project.resources[key], "__tidemill_resource__", False)
        for key in resource_keys(units, project)
    )
    if not (takes_config or request.config or request.job_config):
        return None
    from tidemill.definitions.resources.loggers import default_loggers  # noqa: PLC0415  (as above)
    from tidemill.definitions.run_config import resolve_run_config  # noqa: PLC0415  (loads pydantic)

    return resolve_run_config(
        units=units,
        resources=project.resources,
        raw=request.config,
        job_config=request.job_config,
        job_name=request.job_name,
        keys=resource_keys(units, project),
        known_steps={*project.units, *project.parts},
        loggers={**default_loggers(), **project.loggers},
    )


def problems_of(project: Project) -> list[TidemillError]:
    """Everything that is wrong with the definitions as a whole."""
    return list(check_project(project))
