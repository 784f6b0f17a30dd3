"""Jobs that can run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tidemill.compat.instance import DagsterInstance
from tidemill.compat.materialize import run_prepared
from tidemill.compat.result import ExecuteInProcessResult
from tidemill.core.keys import CoercibleToAssetKey
from tidemill.definitions.jobs import AssetJob
from tidemill.definitions.partitions import DynamicKeys, PartitionsDefinition
from tidemill.definitions.project import Project
from tidemill.definitions.unit import ComputeUnit
from tidemill.execution.launch import Request, asked_partitions, prepare, world_of
from tidemill.executors.origin import Origin, Parcel
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import AssetSelection, select_to_run
from tidemill.planning.slices import one_definition

if TYPE_CHECKING:
    from datetime import datetime

    from tidemill.definitions.requests import RunRequest


class JobDefinition:
    """A job with the project that it belongs to.

    Args:
        declared: What `define_asset_job` gave.
        project: All definitions.
        owner: The `Definitions` that it is of.

    Attributes:
        origin: Where another process finds it, where somebody has said so (`reconstructable`).
    """

    def __init__(self, declared: AssetJob, project: Project, owner: object = None) -> None:
        self.declared = declared
        self.project = project
        self.owner = owner
        self.origin: Origin | Parcel | None = None

    def found_at(self, origin: Origin | Parcel) -> JobDefinition:
        """The same job, with where another process finds it."""
        job = JobDefinition(self.declared, self.project, self.owner)
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
        graph = AssetGraph.build(self.project)
        if self.declared.selection is None:
            return list(self.project.units.values())
        selected = select_to_run(self.declared.selection, graph)
        names = dict.fromkeys(self.project.producers[key] for key in selected.assets)
        return [self.project.units[name] for name in names]

    def run_request_for_partition(
        self,
        partition_key: str,
        run_key: str | None = None,
        tags: Mapping[str, str] | None = None,
        asset_selection: Iterable[CoercibleToAssetKey] | None = None,
        run_config: Mapping[str, Any] | None = None,
        current_time: datetime | None = None,
        dynamic_partitions_store: DynamicKeys | None = None,
    ) -> RunRequest:
        """What a schedule or sensor returns to have one partition run.

        Args:
            partition_key: Which.
            run_key: Names the run; a sensor never starts two runs of one key.
            tags: Of the run, over those that name its partition.
            asset_selection: Which of the job's assets; all by default.
            run_config: Instead of that which the job has for the partition.
            current_time, dynamic_partitions_store: Where either is given, the key must be one then and there.

        Raises:
            UnknownPartitionError: It is none.
        """
        from tidemill.definitions.partition_requests import request_for_partition  # noqa: PLC0415  (few jobs are sliced)

        return request_for_partition(
            self.name,
            self.declared.config,
            self.partitions_def,
            partition_key,
            run_key=run_key,
            tags=tags,
            asset_selection=asset_selection,
            run_config=run_config,
            current_time=current_time,
            dynamic_partitions_store=dynamic_partitions_store,
        )

    def execute_in_process(
        self,
        run_config: Any = None,
        instance: DagsterInstance | None = None,
        partition_key: str | None = None,
        raise_on_error: bool = True,
        asset_selection: Sequence[Any] | None = None,
        tags: Mapping[str, str] | None = None,
        resources: Mapping[str, Any] | None = None,
    ) -> ExecuteInProcessResult:
        """Run the job in this process, keeping values in memory.

        Args:
            run_config: Over the job's own config.
            instance: The store that remembers the run; without one, nothing outlives the result.
            partition_key: The slice that partitioned assets make.
            raise_on_error: Whether the exception of a failed step is raised.
            asset_selection: Keys, to run only a part of the job.
            tags: Tags of the run, over the job's own.
            resources: Instead of the project's, key by key.

        Raises:
            TidemillError: The job cannot run; nothing was run.
            Exception: What the first failed step raised, itself.
        """
        project = self.project
        if resources:
            project = project._replace(resources={**project.resources, **resources})
        request = self.request(run_config, partition_key, tags, asset_selection)
        world = world_of(project, instance.home if instance is not None else None)
        prepared = prepare(project, request._replace(in_memory=True), world)
        result, errors = run_prepared(prepared, instance, raise_on_error)
        if errors:
            raise errors.pop()
        return result

    def request(
        self,
        run_config: Any,
        partition_key: str | None,
        tags: Mapping[str, str] | None,
        asset_selection: Sequence[Any] | None,
    ) -> Request:
        """What to ask the engine for."""
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
            tags={**self.declared.tags, **self.declared.run_tags, **(tags or {})},
            retry_policy=self.declared.retry_policy,
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
