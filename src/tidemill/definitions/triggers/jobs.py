"""Jobs: a name for a selection of assets, with config and tags for its runs. Resolved when planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tidemill.core.keys import CoercibleToAssetKey
from tidemill.definitions.arguments import clean_owners, valid_name, wrong_type
from tidemill.definitions.executors import ExecutorDefinition, valid_executor
from tidemill.definitions.hooks import HookDefinition, valid_hooks
from tidemill.definitions.partitions.partitions import DynamicKeys, PartitionsDefinition
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.project import Project
from tidemill.definitions.values import NOTHING_SAID, Value, fill

if TYPE_CHECKING:
    from datetime import datetime

    from tidemill.definitions.triggers.requests import RunRequest

IMPLICIT_JOB = "__ASSET_JOB"


class SlicedJob:
    """What can be asked of a job with partitions; a job has a `name`, a `partitions_def` and config."""

    if TYPE_CHECKING:
        name: Any
        config: Any
        partitions_def: Any

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
        from tidemill.definitions.triggers.partition_requests import (  # noqa: PLC0415  (few jobs are sliced)
            request_for_partition,
        )

        return request_for_partition(
            self.name,
            self.config,
            self.partitions_def,
            partition_key,
            run_key=run_key,
            tags=tags,
            asset_selection=asset_selection,
            run_config=run_config,
            current_time=current_time,
            dynamic_partitions_store=dynamic_partitions_store,
        )


class AssetJob(SlicedJob, Value):
    """A selection of assets to run together; what the fields are, `define_asset_job` says."""

    name: str
    selection: Any
    config: Any
    description: str | None
    tags: Mapping[str, str]
    run_tags: Mapping[str, str] | None
    metadata: Mapping[str, Any]
    partitions_def: PartitionsDefinition | None
    retry_policy: RetryPolicy | None
    executor: ExecutorDefinition | None
    hooks: tuple[HookDefinition, ...]
    owners: tuple[str, ...]

    def lowered(self, project: Project) -> Project:
        """The project of its runs: the same, with the job's hooks at every step."""
        if not self.hooks:
            return project
        units = {name: unit.with_hooks(self.hooks) for name, unit in project.units.items()}
        parts = {part.name: part for unit in units.values() for part in unit.parts}
        return project._replace(units=units, parts=parts)


def define_asset_job(
    name: str,
    selection: Any = None,
    config: Any = None,
    description: str | None = None,
    tags: Mapping[str, str] | None = None,
    run_tags: Mapping[str, str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    partitions_def: PartitionsDefinition | None = None,
    executor_def: Any = None,
    hooks: object = None,
    op_retry_policy: RetryPolicy | None = None,
    owners: Sequence[str] | None = None,
) -> AssetJob:
    """Name a selection of assets.

    Args:
        name: Letters, digits and underscores.
        selection: A selection, its text, or a list of texts, keys or assets; None is everything.
        config: Run config of its runs; a `PartitionedConfig` has one for each partition.
        description: For the reader.
        tags: Labels of the job; of its runs too, where these have none of their own.
        run_tags: Labels of its runs.
        metadata: Facts about it.
        partitions_def: The slices that its runs have; those of its assets, or of its config, where not given.
        executor_def: Where its steps are made; as the definitions say where it is not given.
        hooks: What is called when any of its steps has succeeded or failed.
        op_retry_policy: For steps that have none of their own.
        owners: E-mail addresses, or `team:NAME`.

    Raises:
        InvalidDefinitionError: `name` cannot be a name, or `hooks` are no hooks.

    Example:
        >>> define_asset_job("train", selection=["model"]).name
        'train'
    """
    job = AssetJob()
    fill(
        job,
        valid_name(name, "the name of a job"),
        selection,
        config,
        description,
        tags or NOTHING_SAID,
        run_tags,
        metadata or NOTHING_SAID,
        job_partitions(name, partitions_def, config),
        op_retry_policy,
        valid_executor(executor_def),
        valid_hooks(name, hooks),
        clean_owners(name, owners),
    )
    return job


def job_partitions(
    name: str, partitions_def: PartitionsDefinition | None, config: object
) -> PartitionsDefinition | None:
    """The partitions of a job: those that it was given, or those of its config.

    Raises:
        InvalidDefinitionError: Its config is of others.
    """
    of_config: PartitionsDefinition | None = getattr(config, "partitions_def", None)
    if None not in (partitions_def, of_config) and partitions_def != of_config:
        raise wrong_type(
            name, "config", of_config, f"config for the partitions of the job, {partitions_def!r}"
        )
    return partitions_def or of_config


def implicit_job() -> AssetJob:
    """The job that every project has: all its assets and checks."""
    return define_asset_job(IMPLICIT_JOB)
