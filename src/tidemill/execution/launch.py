"""From a request to what can be run: check, plan, resolve config.

    Project, Request ──prepare──▶ Prepared ──runs.execute──▶ Outcome

Everything that can be refused is refused here, before a run exists: selection, subset, partition, config.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tidemill.core.collecting import uncollected
from tidemill.core.errors import InvalidConfigError, TidemillError
from tidemill.core.records import CodeRef
from tidemill.definitions.executors import ExecutorChoice, ExecutorDefinition, chosen_executor
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.project import Project
from tidemill.definitions.unit import ComputeUnit
from tidemill.execution.coding import Coding, describe, keep_recipes
from tidemill.home import Home
from tidemill.planning.graph import AssetGraph
from tidemill.planning.plan import Plan, make_plan
from tidemill.planning.selection import select_to_run, with_all_needed
from tidemill.planning.validation import check_project
from tidemill.work.outfit import resource_keys


class Request(NamedTuple):
    """What somebody wants to run.

    Attributes:
        selection: Anything that `AssetSelection` can be made of; None is everything.
        config: Run config, raw.
        job_config: Config of the job, under the run's own.
        retry_policy: For units without one of their own.
        root: The project's folder, from which files are named.
        refresh: Whether what is up to date is not run, and what the selection needs is brought up to date too.
        executor: Of the job, where it has one of its own.
    """

    job_name: str
    selection: Any = None
    config: Any = None
    job_config: Any = None
    partition: str | None = None
    tags: Mapping[str, str] = {}
    retry_policy: RetryPolicy | None = None
    executor: ExecutorDefinition | None = None
    code: CodeRef | None = None
    root: Path | None = None
    refresh: bool = False
    in_memory: bool = False


class Prepared(NamedTuple):
    """A request that was found good.

    Attributes:
        configs: The config in force, None where nothing takes any.
        coding: What the units are made of, once somebody has asked.
        unsettled: Units whose config has required fields that nobody gave; only where config was not checked.
    """

    project: Project
    request: Request
    plan: Plan
    configs: Any
    coding: Coding | None = None
    unsettled: frozenset[str] = frozenset()

    def described(self, home: Home) -> Prepared:
        """The same, with what its units are made of, which the store remembers; not for one that nothing outlives."""
        if home.ephemeral or self.coding is not None:
            return self
        coding = describe(
            self.project,
            self.units,
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
    def units(self) -> list[ComputeUnit]:
        """The units that run."""
        return [self.project.units[step.name] for step in self.plan.steps]


@uncollected()
def prepare(project: Project, request: Request, *, check_config: bool = True) -> Prepared:
    """Check and plan; without `check_config`, for who only looks, required config may be missing.

    Raises:
        TidemillError: The definitions, the selection, the partition or the config are not good.
    """
    problems = check_project(project, stored=not request.in_memory)
    if problems:
        raise problems[0]
    selected = None
    if request.selection is not None:
        graph = AssetGraph.build(project)
        selected = select_to_run(request.selection, graph)
        if request.refresh:
            selected = with_all_needed(selected, graph)
    plan = make_plan(project, selected, partition=request.partition, retry_policy=request.retry_policy)
    units = [project.units[step.name] for step in plan.steps]
    if check_config:
        return Prepared(project, request, plan, _resolve_config(project, units, request))
    configs, unsettled = _resolve_each(project, units, request)
    return Prepared(project, request, plan, configs, unsettled=unsettled)


def _resolve_each(project: Project, units: list[ComputeUnit], request: Request) -> tuple[Any, frozenset[str]]:
    """The config in force as far as it can be told, unit by unit; and the units whose config lacks something."""
    found: Any = None
    unsettled = set()
    for unit in units:
        try:
            configs = _resolve_config(project, [unit], request)
        except InvalidConfigError:
            unsettled.add(unit.name)
            continue
        if configs is not None:
            found = (
                configs
                if found is None
                else found._replace(
                    steps={**found.steps, **configs.steps}, resources={**found.resources, **configs.resources}
                )
            )
    return found, frozenset(unsettled)


def _resolve_config(project: Project, units: list[ComputeUnit], request: Request) -> Any:
    """The config in force, or None where nothing that runs takes config and none was given."""
    takes_config = any(unit.config_type is not None for unit in units) or any(
        getattr(project.resources[key], "__tidemill_resource__", False)
        for key in resource_keys(units, project)
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
        keys=resource_keys(units, project),
        known_steps=project.units,
    )
    if resolved.loggers:
        raise InvalidConfigError(
            "Config under 'loggers' has no meaning in this version",
            problems=(("root:loggers", "nothing reads it"),),
            subject="loggers",
            found=repr(resolved.loggers),
            expected="config of steps, resources and the executor",
            next_step="leave it out",
        )
    return resolved


def problems_of(project: Project) -> list[TidemillError]:
    """Everything that is wrong with the definitions as a whole."""
    return list(check_project(project))
