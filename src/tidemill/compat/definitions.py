"""`Definitions` as programs use it: what was declared, with the doors to running it and to the values that it made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidemill.compat.definition_queries import DefinitionQueries
from tidemill.compat.instance import DagsterInstance
from tidemill.compat.jobs import JobDefinition
from tidemill.compat.values import AssetValueLoader
from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.definitions import definitions as declared
from tidemill.definitions.assembly import flattened
from tidemill.definitions.assets.assets import AssetsDefinition
from tidemill.definitions.assets.sources import SourceAsset
from tidemill.definitions.project import Project
from tidemill.definitions.triggers.jobs import IMPLICIT_JOB, AssetJob
from tidemill.definitions.triggers.schedules import ScheduleDefinition
from tidemill.definitions.triggers.sensors import DEFAULT_CONDITION_SENSOR, SensorDefinition
from tidemill.execution.launch import problems_of
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import select_to_run


class Definitions(DefinitionQueries):
    """Assets, checks, jobs and resources that belong together.

    Args:
        assets: Assets, source assets and specs; lists of them too.
        schedules, sensors: What starts jobs by itself; the jobs that they name come with them.
        loggers: Key → what `@logger` gave; run config names those that a run uses.
        executor: Where the steps of runs are made; processes by default.
        jobs: Jobs.
        resources: Key → resource: a `ConfigurableResource`, an I/O manager, or any object.
        asset_checks: Checks.
        metadata: Facts about the whole.

    Raises:
        InvalidDefinitionError: An argument was given that this version does not have. All else is found on use.

    Example:
        >>> @asset
        ... def rows():
        ...     return [1, 2]
        >>> definitions = Definitions(assets=[rows], jobs=[define_asset_job("daily", selection="rows")])
        >>> definitions.get_job_def("daily").execute_in_process(instance=DagsterInstance.ephemeral()).success
        True
    """

    def get_job_def(self, name: str) -> JobDefinition:
        """The job of that name, able to run.

        Raises:
            InvalidDefinitionError: There is none, or the definitions are not good.
        """
        job = JobDefinition(self.declared_job(name), self.checked(), self)
        if name != IMPLICIT_JOB:
            job.check_partitions()
        return job

    def get_implicit_global_asset_job_def(self) -> JobDefinition:
        """The job of all assets and checks, able to run."""
        return self.get_job_def(IMPLICIT_JOB)

    def get_all_job_defs(self) -> list[JobDefinition]:
        """All jobs, the implicit one first, able to run."""
        return [self.get_job_def(name) for name in (IMPLICIT_JOB, *self.project().jobs)]

    def get_repository_def(self) -> Repository:
        """These definitions, found good as a whole; contexts of sensors take them as `repository_def`."""
        self.checked()
        return Repository(self)

    def get_schedule_def(self, name: str) -> ScheduleDefinition:
        """The schedule of that name; one that follows from partitions of assets with what these say.

        Raises:
            InvariantViolationError: There is none.
            InvalidDefinitionError: Its job has no partitions, or several.
        """
        from tidemill.planning.partitioned_jobs import resolved_schedule  # noqa: PLC0415  (loads time windows)

        found: ScheduleDefinition = resolved_schedule(
            super().get_schedule_def(name), AssetGraph.build(self.project())
        )
        return found

    resolve_schedule_def = get_schedule_def

    def get_sensor_def(self, name: str) -> SensorDefinition:
        """The sensor of that name; `default_automation_condition_sensor` where conditions have no sensor of their own.

        Raises:
            InvariantViolationError: There is none.
        """
        if name == DEFAULT_CONDITION_SENSOR and name not in self.project().sensors:
            from tidemill.automation.gathering import condition_sensors  # noqa: PLC0415  (few ask for it)

            for sensor in condition_sensors(AssetGraph.build(self.project())):
                if sensor.name == name:
                    return sensor
        return super().get_sensor_def(name)

    resolve_sensor_def = get_sensor_def

    def resolve_asset_graph(self) -> Any:
        """All assets, and what each is made with: a `ResolvedAssetGraph`, which `AssetSelection.resolve` takes, too.

        Raises:
            TidemillError: The definitions are not good.
        """
        from tidemill.compat.asset_graph import ResolvedAssetGraph  # noqa: PLC0415  (few ask for it)

        graph = ResolvedAssetGraph.build(self.project())
        graph.topological_order()
        return graph

    get_asset_graph = resolve_asset_graph
    resolve_job_def = get_job_def
    resolve_all_job_defs = get_all_job_defs

    # As a repository, which older programs know

    get_job = get_job_def
    get_all_jobs = get_all_job_defs

    @property
    def job_names(self) -> list[str]:
        """The names of all jobs."""
        return [IMPLICIT_JOB, *self.project().jobs]

    def has_job(self, name: str) -> bool:
        """Whether there is a job of that name."""
        return name in self.job_names

    def checked(self) -> Project:
        """The project, found good as a whole.

        Raises:
            TidemillError: The first thing that is not.
        """
        return _found_good(self.project())

    @staticmethod
    def validate_loadable(defs: declared.Definitions) -> None:
        """Find whether the definitions are good as a whole.

        Raises:
            TidemillError: The first thing that is not.
        """
        _found_good(defs.project())

    def load_asset_value(
        self,
        asset_key: CoercibleToAssetKey,
        *,
        python_type: type | None = None,
        instance: DagsterInstance | None = None,
        partition_key: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Any:
        """The latest value of an asset, loaded by its I/O manager.

        Args:
            asset_key: Of the asset.
            python_type: Type that the I/O manager is told to load.
            instance: The store; the project's by default.
            partition_key: Of which slice.
            metadata: Definition metadata that the I/O manager is told.

        Raises:
            ValueNotStoredError: None is stored.
        """
        with self.get_asset_value_loader(instance) as loader:
            return loader.load_asset_value(
                asset_key, python_type=python_type, partition_key=partition_key, metadata=metadata
            )

    def get_asset_value_loader(self, instance: DagsterInstance | None = None) -> AssetValueLoader:
        """A context manager that loads several values with resources set up once."""
        return AssetValueLoader(self.project(), instance)

    resolve_implicit_global_asset_job_def = get_implicit_global_asset_job_def

    def has_implicit_global_asset_job_def(self) -> bool:
        """Whether there is a job of all assets: there always is."""
        return True


class Repository(Definitions):
    """Definitions under the questions that are asked of a repository.

    Args:
        definitions: The same definitions.

    Attributes:
        name: What it is called where it must be called something.
    """

    def __init__(self, definitions: Definitions) -> None:
        self.__dict__.update(definitions.__dict__)
        self.name = "__repository__"

    @property
    def schedule_defs(self) -> list[ScheduleDefinition]:
        """All schedules."""
        return [self.get_schedule_def(name) for name in self.project().schedules]

    @property
    def sensor_defs(self) -> list[SensorDefinition]:
        """All sensors, and the default one where conditions have no sensor of their own."""
        from tidemill.automation.gathering import condition_sensors  # noqa: PLC0415  (few ask for it)

        own = dict.fromkeys(self.project().sensors.values())
        return list({**own, **dict.fromkeys(condition_sensors(AssetGraph.build(self.project())))})

    @property
    def asset_graph(self) -> Any:
        """All assets."""
        return self.get_asset_graph()

    @property
    def job_names(self) -> list[str]:
        """Names of all jobs, the implicit one first."""
        return [IMPLICIT_JOB, *self.project().jobs]

    @property
    def assets_defs_by_key(self) -> Mapping[AssetKey, AssetsDefinition]:
        """Asset → the definition that makes or observes it."""
        found: Mapping[AssetKey, AssetsDefinition] = self.asset_graph.assets_defs_by_key
        return found

    @property
    def source_assets_by_key(self) -> Mapping[AssetKey, SourceAsset]:
        """Key → source asset."""
        return {item.key: item for item in flattened([self.assets]) if isinstance(item, SourceAsset)}

    def has_job(self, name: str) -> bool:
        """Whether there is such a job."""
        return name in self.job_names

    def has_schedule_def(self, name: str) -> bool:
        """Whether there is such a schedule."""
        return name in self.project().schedules

    def has_sensor_def(self, name: str) -> bool:
        """Whether there is such a sensor."""
        return any(sensor.name == name for sensor in self.sensor_defs)

    get_job = Definitions.get_job_def
    get_all_jobs = Definitions.get_all_job_defs


def _found_good(project: Project) -> Project:
    """A project where what it has fits together, and each job finds what it selects.

    Raises:
        TidemillError: The first thing that does not.
    """
    for problem in problems_of(project):
        raise problem
    graph = AssetGraph.build(project)
    for job in project.jobs.values():
        if isinstance(job, AssetJob) and job.selection is not None:
            select_to_run(job.selection, graph, nothing=lambda _: None)
    return project
