"""The run of one partition of a job, as a schedule or sensor asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tidemill.core.keys import CoercibleToAssetKey
from tidemill.core.tags import PARTITION_SET_TAG
from tidemill.definitions.partitions.partitions import DynamicKeys, PartitionsDefinition, unknown_partition
from tidemill.definitions.triggers.requests import RunRequest

if TYPE_CHECKING:
    from datetime import datetime


def request_for_partition(
    job_name: str,
    config: Any,
    partitions_def: PartitionsDefinition | None,
    partition_key: str,
    *,
    run_key: str | None,
    tags: Mapping[str, str] | None,
    asset_selection: Iterable[CoercibleToAssetKey] | None,
    run_config: Mapping[str, Any] | None,
    current_time: datetime | None,
    dynamic_partitions_store: DynamicKeys | None,
) -> RunRequest:
    """A request with the config and the tags that a job has for a partition.

    Args:
        job_name: Of the job.
        config: Of the job; a `PartitionedConfig` has one for each partition.
        partitions_def: Of the job, where they are known.
        partition_key: Which.
        run_key, tags, asset_selection: Of the request.
        run_config: Instead of the job's.
        current_time, dynamic_partitions_store: Where either is given, the key must be one then and there.

    Raises:
        UnknownPartitionError: It is none.
    """
    named: dict[str, str] = {PARTITION_SET_TAG: f"{job_name}_partition_set"}
    if partitions_def is not None:
        if (current_time is not None or dynamic_partitions_store is not None) and (
            not partitions_def.has_partition_key(partition_key, current_time, dynamic_partitions_store)
        ):
            keys = partitions_def.get_partition_keys(current_time, dynamic_partitions_store)
            raise unknown_partition(partition_key, keys, job_name)
        named |= partitions_def.get_tags_for_partition_key(partition_key)
    config_of = getattr(config, "get_run_config_for_partition_key", None)
    if config_of is not None:
        named |= config.get_tags_for_partition_key(partition_key)
        run_config = run_config if run_config is not None else config_of(partition_key)
    return RunRequest(
        run_key=run_key,
        run_config=run_config,
        tags={**named, **(tags or {})},
        job_name=job_name,
        asset_selection=asset_selection,
        partition_key=str(partition_key),
    )
