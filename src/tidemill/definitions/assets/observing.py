"""The decorators of functions that tell what assets from elsewhere are now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload

from tidemill.core.keys import CoercibleToAssetKey
from tidemill.definitions.arguments import refuse_later, refuse_unknown, valid_name
from tidemill.definitions.assets.assets import AssetsDefinition
from tidemill.definitions.assets.sources import (
    SourceAsset,
    observed_outputs,
    observing_signature,
    observing_unit,
)
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.units.lowering import Needs, asset_key, function_name, own_checks
from tidemill.definitions.units.signatures import docstring
from tidemill.definitions.values import replace


@overload
def observable_source_asset(observe_fn: Callable[..., Any]) -> SourceAsset: ...
@overload
def observable_source_asset(
    *,
    key: CoercibleToAssetKey | None = ...,
    name: str | None = ...,
    key_prefix: str | Sequence[str] | None = ...,
    metadata: Mapping[str, Any] | None = ...,
    io_manager_key: str | None = ...,
    io_manager_def: Any = ...,
    description: str | None = ...,
    group_name: str | None = ...,
    required_resource_keys: Iterable[str] | None = ...,
    resource_defs: Mapping[str, Any] | None = ...,
    partitions_def: PartitionsDefinition | None = ...,
    op_tags: Mapping[str, Any] | None = ...,
    tags: Mapping[str, str] | None = ...,
) -> Callable[[Callable[..., Any]], SourceAsset]: ...
def observable_source_asset(
    observe_fn: Callable[..., Any] | None = None,
    *,
    key: CoercibleToAssetKey | None = None,
    name: str | None = None,
    key_prefix: str | Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    io_manager_key: str | None = None,
    io_manager_def: Any = None,
    description: str | None = None,
    group_name: str | None = None,
    required_resource_keys: Iterable[str] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    partitions_def: PartitionsDefinition | None = None,
    auto_observe_interval_minutes: float | None = None,
    freshness_policy: Any = None,
    automation_condition: Any = None,
    op_tags: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    **kwargs: object,
) -> SourceAsset | Callable[[Callable[..., Any]], SourceAsset]:
    """Define an asset that is made elsewhere by a function that tells what it is now.

    What is made from it is stale when the data version that was observed last differs from the one that it was made
    from. Nothing observes by itself: `observe([…])` does, and a job or selection that names the asset.

    Args:
        observe_fn: The function, where the decorator is used without parentheses. It takes the context, config and
            resources, and returns a `DataVersion`, `DataVersionsByPartition` or `ObserveResult`.
        key: The whole key; excludes `name` and `key_prefix`.
        name: Name of the asset; the function's where it is not given.
        key_prefix: Parts before the name.
        metadata: Facts that hold for every version, for the I/O manager too.
        io_manager_key, io_manager_def: Which I/O manager loads its value.
        description: For the reader; the docstring where it is not given.
        group_name: Its group.
        required_resource_keys: Resources that the function takes from the context.
        resource_defs: Resources that come with the asset.
        partitions_def: Its slices.
        op_tags: Tags of the step.
        automation_condition: When it is observed by itself.
        freshness_policy: How old it may be.
        tags: Labels to select by.

    Raises:
        InvalidDefinitionError: The definition cannot work, or needs what this version does not have.

    Example:
        >>> @observable_source_asset
        ... def numbers():
        ...     return DataVersion("7")
        >>> numbers.key.to_user_string(), numbers.is_observable
        ('numbers', True)
    """
    refuse_later("observable_source_asset", auto_observe_interval_minutes=auto_observe_interval_minutes)
    refuse_unknown("observable_source_asset", kwargs, observable_source_asset.__kwdefaults__ or ())

    def define(fn: Callable[..., Any]) -> SourceAsset:
        source = SourceAsset(
            asset_key(fn, name, key, key_prefix),
            metadata,
            io_manager_key,
            io_manager_def,
            description or docstring(fn),
            partitions_def,
            group_name,
            resource_defs,
            fn,
            op_tags,
            automation_condition=automation_condition,
            freshness_policy=freshness_policy,
            tags=tags,
        )
        keys = frozenset(required_resource_keys or ())
        return replace(source, required_resource_keys=keys) if keys else source

    return define if observe_fn is None else define(observe_fn)


def multi_observable_source_asset(
    *,
    specs: Sequence[AssetSpec],
    name: str | None = None,
    description: str | None = None,
    partitions_def: PartitionsDefinition | None = None,
    can_subset: bool = False,
    required_resource_keys: Iterable[str] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    group_name: str | None = None,
    check_specs: Sequence[AssetCheckSpec] | None = None,
) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Define several assets that are made elsewhere by one function that tells what they are now.

    Args:
        specs: The assets.
        name: Name of the step; the function's where it is not given.
        description: For the reader; the docstring where it is not given.
        partitions_def: The slices of all of them.
        can_subset: Whether the function can observe a part of them (`context.selected_asset_keys`).
        required_resource_keys, resource_defs: As of `observable_source_asset`.
        group_name: The group of all of them.
        check_specs: Checks whose verdicts the function gives.

    Raises:
        InvalidDefinitionError: The definition cannot work.

    Example:
        >>> @multi_observable_source_asset(specs=[AssetSpec("low"), AssetSpec("high")])
        ... def both():
        ...     yield ObserveResult(asset_key="low", data_version=DataVersion("1"))
        ...     yield ObserveResult(asset_key="high", data_version=DataVersion("2"))
    """
    needs = Needs(
        required_resource_keys=required_resource_keys,
        resource_defs=resource_defs,
        partitions_def=partitions_def,
    )

    def define(fn: Callable[..., Any]) -> AssetsDefinition:
        step = valid_name(name or function_name(fn), "the name of a multi_observable_source_asset")
        outputs = observed_outputs(step, specs, group_name, partitions_def)
        partitions = next((o.spec.partitions_def for o in outputs if o.spec.partitions_def is not None), None)
        checks = own_checks(step, check_specs, [output.asset for output in outputs])
        own = needs._replace(partitions_def=partitions)
        signature = observing_signature(fn, step)
        unit = observing_unit(fn, signature, step, own, outputs, checks, can_subset, description)
        return AssetsDefinition(unit)

    return define
