"""Jobs that can run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from tidemill.compat.instance import DagsterInstance
from tidemill.compat.materialize import run_prepared
from tidemill.compat.result import ExecuteInProcessResult
from tidemill.core.errors import InvalidDefinitionError, InvalidSubsetError, InvariantViolationError
from tidemill.core.metadata import coerced_metadata
from tidemill.definitions.executors import ExecutorDefinition, multi_or_in_process_executor
from tidemill.definitions.graph_config import with_root_inputs
from tidemill.definitions.graphs.op_jobs import OpJob, op_subset
from tidemill.definitions.hooks import HookDefinition, valid_hooks
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.project import Project
from tidemill.definitions.triggers.jobs import IMPLICIT_JOB, AssetJob, SlicedJob
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.definitions.values import replace
from tidemill.execution.launch import Request, asked_partitions, prepare, world_of
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import AssetSelection, select_to_run
from tidemill.planning.slices import one_definition

if TYPE_CHECKING:
    from tidemill.executors.origin import Origin, Parcel


class JobDefinition(SlicedJob):
    """A job with the project that it belongs to.

    Args:
        declared: What `define_asset_job` gave, or a graph with what `@job` says of it.
        project: All definitions.
        owner: The `Definitions` that it is of.

    Attributes:
        origin: Where another process finds it, where somebody has said so (`reconstructable`).
    """

    def __init__(self, declared: AssetJob | OpJob, project: Project, owner: object = None) -> None:
        self.declared = declared
        self._base = project
        self.project = project.of_job(declared.name)
        self.owner = owner
        self.origin: Origin | Parcel | None = None

    def found_at(self, origin: Origin | Parcel) -> JobDefinition:
        """The same job, with where another process finds it."""
        job = JobDefinition(self.declared, self._base, self.owner)
        job.origin = origin
        return job

    @property
    def name(self) -> str:
        """Its name."""
        return self.declared.name

    @property
    def description(self) -> str | None:
        """Its description."""
        return self.declared.description

    @property
    def tags(self) -> Mapping[str, str]:
        """Its tags."""
        return self.declared.tags

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Facts about it: label → `MetadataValue`."""
        return coerced_metadata(self.declared.metadata)

    @property
    def hook_defs(self) -> set[HookDefinition]:
        """The hooks of all its steps."""
        return set(self.declared.hooks)

    @property
    def executor_def(self) -> ExecutorDefinition:
        """Where its steps run when nothing else is said."""
        return self.declared.executor or self.project.executor or multi_or_in_process_executor

    @property
    def run_tags(self) -> Mapping[str, str]:
        """Tags of its runs."""
        return self.declared.run_tags if self.declared.run_tags is not None else self.declared.tags

    @property
    def graph(self) -> Any:
        """The graph that it runs.

        Raises:
            InvariantViolationError: It runs assets.
        """
        if isinstance(self.declared, OpJob):
            return self.declared.graph
        raise InvariantViolationError(
            f"The job {self.name!r} has no graph",
            subject=self.name,
            found="a job of assets",
            expected="a job of ops",
        )

    def with_hooks(self, hook_defs: Any) -> JobDefinition:
        """The same job with further hooks, for all its steps.

        Raises:
            InvalidDefinitionError: They are no hooks.
        """
        hooks = (*self.declared.hooks, *valid_hooks(self.name, hook_defs))
        return self._as(replace(self.declared, hooks=tuple(dict.fromkeys(hooks))))

    def with_top_level_resources(self, resource_defs: Mapping[str, Any]) -> JobDefinition:
        """The same job with further resources, under its own."""
        project = self._base._replace(resources={**self._base.resources, **resource_defs})
        return JobDefinition(self.declared, project, self.owner)

    def _as(self, declared: AssetJob | OpJob) -> JobDefinition:
        jobs = {**self._base.jobs, declared.name: declared}
        return JobDefinition(declared, self._base._replace(jobs=jobs), self.owner)

    @property
    def partitions_def(self) -> PartitionsDefinition | None:
        """The slices that its runs have: its own, or those of its assets, where they share them."""
        own = self.declared.partitions_def
        return own if own is not None else one_definition(self._units())

    @property
    def partitioned_config(self) -> Any:
        """The `PartitionedConfig` that it was given, or None."""
        config = self.declared.config
        return config if hasattr(config, "get_run_config_for_partition_key") else None

    def _units(self) -> list[ComputeUnit]:
        """What it runs."""
        if isinstance(self.declared, OpJob):
            return list(self.project.parts.values())
        graph = AssetGraph.build(self.project)
        if self.declared.selection is None:
            return list(self.project.units.values())
        selected = select_to_run(self.declared.selection, graph, nothing=lambda _: None)
        made = filter(graph.is_materializable, selected.assets)
        names = dict.fromkeys(self.project.producers[key] for key in made)
        return [self.project.units[name] for name in names]

    @property
    def config(self) -> Any:
        """Its run config, or what gives that for each partition."""
        return self.declared.config

    def check_partitions(self) -> None:
        """See whether the assets have the same slices, which are those of the job.

        Raises:
            InvalidDefinitionError: They have not.
        """
        own, found = self.declared.partitions_def, one_definition(self._units())
        if own is not None and found is not None and own != found:
            raise InvalidDefinitionError(
                f"The job {self.name!r} and its assets are partitioned differently",
                subject=self.name,
                found=f"partitions_def={own!r} of the job, and {found!r} of its assets",
                expected="the definition of the assets",
                next_step="leave partitions_def= of the job out, or select other assets",
            )

    def execute_in_process(
        self,
        run_config: Any = None,
        instance: DagsterInstance | None = None,
        partition_key: str | None = None,
        raise_on_error: bool = True,
        op_selection: Sequence[str] | None = None,
        asset_selection: Sequence[Any] | None = None,
        run_id: str | None = None,
        input_values: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        resources: Mapping[str, Any] | None = None,
    ) -> ExecuteInProcessResult:
        """Run the job in this process; values of ops without an I/O manager stay in memory, those of assets are stored.

        Args:
            run_config: Over the job's own config.
            instance: The store that remembers the run; without one, nothing outlives the result.
            partition_key: The slice that partitioned assets make.
            raise_on_error: Whether the exception of a failed step is raised.
            op_selection: Names of ops or graphs, to run only a part of a job of ops: `name`, `*name`, `name+`, ….
            asset_selection: Keys, to run only a part of a job of assets.
            run_id: Of the run; a new one by default.
            input_values: Of the inputs of the graph.
            tags: Tags of the run, over the job's own.
            resources: Instead of the project's, key by key.

        Raises:
            TidemillError: The job cannot run; nothing was run.
            Exception: What the first failed step raised, itself.
        """
        project = self.part(op_selection, input_values)
        if resources:
            project = project._replace(resources={**project.resources, **resources})
        request = self.request(run_config, partition_key, tags, asset_selection)
        world = world_of(project, instance.home if instance is not None else None)
        in_memory: Literal["default", False] = "default" if isinstance(self.declared, OpJob) else False
        prepared = prepare(project, request._replace(in_memory=in_memory, run_id=run_id), world)
        result, errors = run_prepared(prepared, instance, raise_on_error)
        if errors:
            raise errors.pop()
        return result

    def part(
        self, op_selection: Sequence[str] | None = None, input_values: Mapping[str, Any] | None = None
    ) -> Project:
        """The project of a run, of all ops or some.

        Raises:
            InvalidSubsetError: A selected op is none of the job's, or the job is one of assets.
        """
        if not isinstance(self.declared, OpJob):
            given = {"op_selection": op_selection, "input_values": input_values}
            for name in [name for name, value in given.items() if value]:
                raise InvalidSubsetError(
                    f"{name}= has no meaning for the job {self.name!r}",
                    subject=name,
                    found="a job of assets",
                    expected="a job of ops",
                    next_step="select assets instead: asset_selection=[…]",
                )
            return self.project
        project = self.declared.lowered(self.project, input_values) if input_values else self.project
        return op_subset(project, self.name, list(op_selection)) if op_selection else project

    def request(
        self,
        run_config: Any,
        partition_key: str | None,
        tags: Mapping[str, str] | None,
        asset_selection: Sequence[Any] | None,
    ) -> Request:
        """What to ask the engine for."""
        if isinstance(self.declared, OpJob) and isinstance(run_config, Mapping) and "inputs" in run_config:
            run_config = with_root_inputs(run_config, self.declared.lower().roots, self.name)
        selection = self.declared.selection
        if asset_selection is not None:
            part = AssetSelection.from_coercible(list(asset_selection))
            selection = part if selection is None else AssetSelection.from_coercible(selection) & part
        return Request(
            self.name,
            selection=selection,
            config=run_config,
            job_config=self.declared.config,
            partitions=asked_partitions(partition_key),
            partitions_def=self.declared.partitions_def,
            tags={**self.run_tags, **(tags or {})},
            retry_policy=self.declared.retry_policy,
            may_be_nothing=asset_selection is None,
            observing="also" if self.name == IMPLICIT_JOB else "named",
            executor=self.declared.executor,
        )

    def __repr__(self) -> str:
        return f"JobDefinition({self.name!r})"


class JobExecutionResult(ExecuteInProcessResult):
    """What `execute_job` gives back; a context manager, as programs use it."""

    def __enter__(self) -> JobExecutionResult:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
