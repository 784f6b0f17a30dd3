"""From a request to what can be run: check, plan, resolve config.

    Project, Request ──prepare──▶ Prepared ──runs.execute──▶ Outcome

Everything that can be refused is refused here, before a run exists: selection, subset, partition, config.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tidemill.core.collecting import uncollected
from tidemill.core.errors import InvalidConfigError, TidemillError
from tidemill.core.records import CodeRef
from tidemill.definitions.executors import ExecutorChoice, ExecutorDefinition, chosen_executor
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.project import Project
from tidemill.definitions.unit import ComputeUnit
from tidemill.planning.graph import AssetGraph
from tidemill.planning.plan import Plan, make_plan
from tidemill.planning.selection import select_to_run
from tidemill.planning.validation import check_project
from tidemill.work.outfit import resource_keys


class Request(NamedTuple):
    """What somebody wants to run.

    Attributes:
        selection: Anything that `AssetSelection` can be made of; None is everything.
        config: Run config, raw.
        job_config: Config of the job, under the run's own.
        retry_policy: For units without one of their own.
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
    in_memory: bool = False


class Prepared(NamedTuple):
    """A request that was found good.

    Attributes:
        configs: The config in force, None where nothing takes any.
        executor: Where its steps are to be made.
    """

    project: Project
    request: Request
    plan: Plan
    configs: Any
    executor: ExecutorChoice

    @property
    def units(self) -> list[ComputeUnit]:
        """The units that run."""
        return [self.project.units[step.name] for step in self.plan.steps]


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
    configs = _resolve_config(project, plan, request)
    said = configs.execution if configs is not None else {}
    executor = chosen_executor(request.executor or project.executor, said)
    return Prepared(project, request, plan, configs, executor)


def _resolve_config(project: Project, plan: Plan, request: Request) -> Any:
    """The config in force, or None where nothing that runs takes config and none was given."""
    units = [project.units[step.name] for step in plan.steps]
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
