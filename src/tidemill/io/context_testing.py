"""Contexts of I/O managers outside of any run, for tests."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from tidemill.core.errors import InvariantViolationError
from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.definitions.partitions.partitions import PartitionKeyRange, PartitionsDefinition
from tidemill.definitions.resources.resource_set import Resources, ResourceSet
from tidemill.io.contexts import InputContext, OutputContext, ValueContext

C = TypeVar("C", bound=ValueContext)


def build_output_context(
    step_key: str | None = None,
    name: str | None = None,
    definition_metadata: Mapping[str, Any] | None = None,
    run_id: str | None = None,
    mapping_key: str | None = None,
    config: Any = None,
    dagster_type: Any = None,
    version: str | None = None,
    resource_config: Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
    op_def: Any = None,
    asset_key: CoercibleToAssetKey | None = None,
    partition_key: str | None = None,
    asset_partitions_def: PartitionsDefinition | None = None,
    asset_partition_key_range: PartitionKeyRange | None = None,
    instance: Any = None,
    asset_spec: Any = None,
    metadata: Mapping[str, Any] | None = None,
    output_metadata: Mapping[str, Any] | None = None,
) -> OutputContext:
    """A context to call `handle_output` with, in a test.

    Args:
        step_key, name, run_id, mapping_key: Of the output.
        definition_metadata: Of the asset; `metadata` is its other spelling. That of `asset_spec` by default.
        dagster_type: Type of the value.
        version, config, resource_config, op_def, output_metadata: Behind the attributes of these names.
        resources: Key → resource, set up at once and torn down when the context is gone.
        asset_key: Of the asset, in any form that names one; that of `asset_spec` by default.
        partition_key: Of the run, and of the asset where no range is given.
        asset_partitions_def: Partitions of the asset.
        asset_partition_key_range: Slices of the asset, of `asset_partitions_def`.
        instance: Behind `context.instance`.
        asset_spec: What is said of the asset.

    Raises:
        InvariantViolationError: A range without the partitions that it is of.

    Example:
        >>> build_output_context(asset_key="model", partition_key="eu").get_identifier()
        ['model', 'eu']
    """
    if asset_spec is not None:
        asset_key = asset_spec.key if asset_key is None else asset_key
        metadata = asset_spec.metadata if metadata is None else metadata
    return _built(
        OutputContext,
        asset_key,
        resources,
        name=name or "result",
        step_key=step_key or "",
        run_id=run_id or "",
        mapping_key=mapping_key,
        definition_metadata=definition_metadata or metadata,
        config=config,
        dagster_type=dagster_type,
        version=version,
        resource_config=resource_config,
        op_def=op_def,
        partition_key=partition_key,
        partition_keys=_slices(partition_key, asset_partition_key_range, asset_partitions_def),
        partitions_def=asset_partitions_def,
        instance=lambda: instance,
        asset_spec=asset_spec,
        output_metadata=output_metadata,
    )


def build_input_context(
    name: str | None = None,
    config: Any = None,
    definition_metadata: Mapping[str, Any] | None = None,
    upstream_output: OutputContext | None = None,
    dagster_type: Any = None,
    resource_config: Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
    op_def: Any = None,
    step_context: Any = None,
    asset_key: CoercibleToAssetKey | None = None,
    partition_key: str | None = None,
    asset_partition_key_range: PartitionKeyRange | None = None,
    asset_partitions_def: PartitionsDefinition | None = None,
    instance: Any = None,
    metadata: Mapping[str, Any] | None = None,
) -> InputContext:
    """A context to call `load_input` with, in a test.

    Args:
        name, config, op_def, step_context: Behind the attributes of these names.
        resource_config, upstream_output: The same.
        definition_metadata: Of the input; `metadata` is its other spelling.
        dagster_type: Type to load.
        resources: Key → resource, set up at once and torn down when the context is gone.
        asset_key: Of the asset, in any form that names one; that of `upstream_output` by default.
        partition_key: Of the run, and of the asset where no range is given.
        asset_partition_key_range: Slices of the asset, of `asset_partitions_def`.
        asset_partitions_def: Partitions of the asset.
        instance: Behind `context.instance`.

    Raises:
        InvariantViolationError: A range without the partitions that it is of.
    """
    if asset_key is None and upstream_output is not None and upstream_output.has_asset_key:
        asset_key = upstream_output.asset_key
    return _built(
        InputContext,
        asset_key,
        resources,
        name=name or "input",
        config=config,
        definition_metadata=definition_metadata or metadata,
        upstream_output=upstream_output,
        dagster_type=dagster_type,
        resource_config=resource_config,
        op_def=op_def,
        step=lambda: step_context,
        partition_key=partition_key,
        partition_keys=_slices(partition_key, asset_partition_key_range, asset_partitions_def),
        partitions_def=asset_partitions_def,
        instance=lambda: instance,
    )


def _slices(
    key: str | None, between: PartitionKeyRange | None, partitions: PartitionsDefinition | None
) -> Sequence[str]:
    if between is None:
        return () if key is None else (key,)
    if partitions is None:
        raise InvariantViolationError(
            "A range of partitions needs the partitions that it is of",
            subject="asset_partition_key_range",
            found="no asset_partitions_def",
            expected="asset_partitions_def=StaticPartitionsDefinition([…])",
        )
    return partitions.get_partition_keys_in_range(between)


def _built(cls: type[C], asset_key: Any, resources: Mapping[str, Any] | None, **arguments: Any) -> C:
    key = None if asset_key is None else AssetKey.from_coercible(asset_key)
    if not resources:
        return cls(asset_key=key, **arguments)
    owned = ResourceSet(resources, {}, keys=resources)
    owned.start()
    context = cls(asset_key=key, resources=Resources(owned.values), **arguments)
    context.release = weakref.finalize(context, owned.close)
    return context
