"""The decorators: what a user says of a function is lowered at once to a `ComputeUnit`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.definitions.arguments import (
    clean_tags,
    kind_of_text,
    only_one,
    refuse_later,
    refuse_unknown,
    valid_group,
    valid_name,
)
from tidemill.definitions.assets.assets import AssetsDefinition
from tidemill.definitions.hooks import valid_hooks
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.policies import BackfillPolicy, RetryPolicy, checked_backfill_policy
from tidemill.definitions.specs.assets import AssetSpec, DepLike, read_automation, read_freshness
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.specs.ports import AssetIn, AssetOut, python_type
from tidemill.definitions.units.lowering import (
    DEFAULT_GROUP,
    PLAIN_SPEC,
    Needs,
    asset_key,
    build_unit,
    function_name,
    lower_inputs,
    lower_output,
    own_checks,
    plain_dep,
)
from tidemill.definitions.units.multi_assets import (
    completed,
    listed_specs,
    lower_outputs,
    own_backfill_policy,
    with_arguments,
    with_deps,
)
from tidemill.definitions.units.signatures import docstring, read_signature, returned_types
from tidemill.definitions.units.terms import OWN_ARGUMENTS, PLAIN_TERMS, read_terms
from tidemill.definitions.values import Items, replace

if TYPE_CHECKING:
    from datetime import timedelta
    from os import PathLike

    from tidemill.definitions.conditions.auto_materialize import AutoMaterializePolicy
    from tidemill.definitions.conditions.conditions import AutomationCondition
    from tidemill.definitions.conditions.freshness_policies import FreshnessPolicy


@overload
def asset(compute_fn: Callable[..., Any]) -> AssetsDefinition: ...
@overload
def asset(
    *,
    name: str | None = ...,
    key_prefix: str | Sequence[str] | None = ...,
    ins: Mapping[str, AssetIn] | None = ...,
    deps: Iterable[DepLike] | None = ...,
    metadata: Mapping[str, Any] | None = ...,
    tags: Mapping[str, str] | None = ...,
    description: str | None = ...,
    config_schema: Any = ...,
    required_resource_keys: Iterable[str] | None = ...,
    resource_defs: Mapping[str, Any] | None = ...,
    io_manager_def: Any = ...,
    io_manager_key: str | None = ...,
    compute_kind: str | None = ...,
    dagster_type: Any = ...,
    partitions_def: PartitionsDefinition | None = ...,
    op_tags: Mapping[str, Any] | None = ...,
    group_name: str | None = ...,
    output_required: bool = ...,
    freshness_policy: FreshnessPolicy | None = ...,
    automation_condition: AutomationCondition | None = ...,
    auto_materialize_policy: AutoMaterializePolicy | None = ...,
    retry_policy: RetryPolicy | None = ...,
    code_version: str | None = ...,
    key: CoercibleToAssetKey | None = ...,
    non_argument_deps: Iterable[DepLike] | None = ...,
    check_specs: Sequence[AssetCheckSpec] | None = ...,
    owners: Sequence[str] | None = ...,
    kinds: Iterable[str] | None = ...,
    pool: str | None = ...,
    resources: Mapping[str, int | str] = ...,
    timeout: float | str | timedelta | None = ...,
    isolation: Literal["pool", "process", "spawn"] = ...,
    seed: int | None = ...,
    deterministic: bool = ...,
    reads: Iterable[str | PathLike[str]] = ...,
    depends_on_code: Iterable[Any] = ...,
    keep: int | None = ...,
    ttl: float | str | timedelta | None = ...,
) -> Callable[[Callable[..., Any]], AssetsDefinition]: ...
def asset(
    compute_fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    key_prefix: str | Sequence[str] | None = None,
    ins: Mapping[str, AssetIn] | None = None,
    deps: Iterable[DepLike] | None = None,
    metadata: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    description: str | None = None,
    config_schema: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    hooks: object = None,
    io_manager_def: Any = None,
    io_manager_key: str | None = None,
    compute_kind: str | None = None,
    dagster_type: Any = None,
    partitions_def: PartitionsDefinition | None = None,
    op_tags: Mapping[str, Any] | None = None,
    group_name: str | None = None,
    output_required: bool = True,
    freshness_policy: FreshnessPolicy | None = None,
    automation_condition: AutomationCondition | None = None,
    auto_materialize_policy: AutoMaterializePolicy | None = None,
    backfill_policy: BackfillPolicy | None = None,
    retry_policy: RetryPolicy | None = None,
    code_version: str | None = None,
    key: CoercibleToAssetKey | None = None,
    non_argument_deps: Iterable[DepLike] | None = None,
    check_specs: Sequence[AssetCheckSpec] | None = None,
    owners: Sequence[str] | None = None,
    kinds: Iterable[str] | None = None,
    pool: str | None = None,
    is_virtual: bool = False,
    **kwargs: object,
) -> AssetsDefinition | Callable[[Callable[..., Any]], AssetsDefinition]:
    """Define an asset by the function that makes it.

    Its parameters name the assets that it is made from; a first parameter `context`, and parameters annotated
    with a `Config` class or with resources, receive those instead.

    Args:
        compute_fn: The function, where the decorator is used without parentheses.
        name: Name of the asset; the function's where it is not given.
        key_prefix: Parts before the name.
        ins: Parameter → which asset it receives, where not the one of its own name.
        deps: Assets that must be made before, and whose values the function does not receive.
        metadata: Facts that hold for every version.
        tags: Labels to select by.
        description: For the reader; the docstring where it is not given.
        config_schema: Types of the config in `context.op_config`.
        required_resource_keys: Resources that the function takes from the context.
        resource_defs: Resources that come with the asset.
        hooks: What is called when its step has succeeded or failed.
        io_manager_def: The I/O manager of its value; excludes `io_manager_key`.
        io_manager_key: Name of the I/O manager of its value.
        compute_kind: What it is made with, in any words; excludes `kinds`.
        dagster_type: The Python type of the value; the return annotation where it is not given.
        partitions_def: Its slices.
        op_tags: Tags of the step.
        group_name: Its group.
        output_required: Whether the function must give a value.
        backfill_policy: How many partitions a run of a backfill covers; one where it is not given.
        retry_policy: What to do when the function fails.
        code_version: Given instead of the fingerprint of the code.
        key: The whole key; excludes `name` and `key_prefix`.
        non_argument_deps: Older name of `deps`.
        check_specs: Checks whose verdicts the function gives.
        owners: E-mail addresses, or `team:name`.
        kinds: What it is made with.
        freshness_policy: How old it may be.
        automation_condition: When it is made by itself.
        auto_materialize_policy: The same in the older vocabulary; excludes `automation_condition`.
        pool: Which pool its step takes a slot of.
        **kwargs: Tidemill's own: `resources={"gpu": 1, "memory": "8GiB"}`, what the step holds while it runs;
            `timeout`, seconds or text such as "90s"; `isolation`, `"pool"`, `"process"` or `"spawn"`; `seed` of its
            random sources; `deterministic=False`, its result is never used again; `reads`, files that count as its
            code; `depends_on_code`, functions and modules that do; `keep`, how many versions keep their value;
            `ttl`, how long those before the latest do.

    Raises:
        InvalidDefinitionError: The definition cannot work, or needs what this version does not have.

    Example:
        >>> @asset(deps=["raw"])
        ... def doubled(numbers):
        ...     return [2 * number for number in numbers]
        >>> doubled([1, 2])
        [2, 4]
    """
    if is_virtual:
        refuse_later(
            "asset",
            is_virtual=is_virtual,
        )
    terms = PLAIN_TERMS
    if kwargs:
        terms = read_terms("asset", kwargs)
        refuse_unknown("asset", kwargs, (*(asset.__kwdefaults__ or ()), *OWN_ARGUMENTS))
    if non_argument_deps is not None:
        only_one("asset", deps=deps, non_argument_deps=non_argument_deps)
    needs = Needs(
        config_schema,
        required_resource_keys,
        resource_defs,
        op_tags,
        retry_policy,
        partitions_def,
        pool,
        terms,
        checked_backfill_policy("asset", backfill_policy),
    )
    said: dict[str, Any] = {}
    if metadata or tags or owners or kinds or compute_kind:
        said = {"metadata": metadata, "tags": tags, "owners": owners, "kinds": _kinds(compute_kind, kinds)}
    condition = read_automation("asset", automation_condition, auto_materialize_policy)
    freshness = read_freshness("asset", freshness_policy)

    def define(fn: Callable[..., Any]) -> AssetsDefinition:
        own_key = asset_key(fn, name, key, key_prefix)
        owner = own_key.to_user_string()
        signature = read_signature(fn, owner)
        inputs = lower_inputs(owner, signature, ins, deps or non_argument_deps)
        text = description or docstring(fn)
        # Its arguments were checked already, and the constructor is a third of what all this costs.
        spec = replace(
            PLAIN_SPEC,
            key=own_key,
            deps=Items([plain_dep(unit_input.asset) for unit_input in inputs]),
            description=text,
            skippable=not output_required,
            group_name=valid_group(owner, group_name) or DEFAULT_GROUP,
            code_version=code_version,
            partitions_def=partitions_def,
            freshness_policy=freshness,
            automation_condition=condition,
        )
        if said:
            spec = spec.replace_attributes(**said)
        manager, resources = io_manager_key, needs
        if io_manager_def is not None:
            only_one(owner, io_manager_key=io_manager_key, io_manager_def=io_manager_def)
            manager = own_key.to_python_identifier("io_manager")
            resources = needs._replace(resource_defs={**(resource_defs or {}), manager: io_manager_def})
        (returned,) = returned_types(signature, 1)
        output = lower_output("result", spec, python_type(owner, dagster_type) or returned, manager)
        checks = own_checks(owner, check_specs, (own_key,))
        step = own_key.to_python_identifier()
        unit = build_unit(fn, step, owner, signature, resources, inputs, (output,), checks, description=text)
        return AssetsDefinition(unit.with_hooks(valid_hooks(owner, hooks)) if hooks else unit)

    return define if compute_fn is None else define(compute_fn)


def _kinds(compute_kind: str | None, kinds: Iterable[str] | None) -> Iterable[str] | None:
    if compute_kind is None:
        return kinds
    only_one("asset", compute_kind=compute_kind, kinds=kinds)
    return kind_of_text(compute_kind)


def multi_asset(
    *,
    outs: Mapping[str, AssetOut] | None = None,
    name: str | None = None,
    ins: Mapping[str, AssetIn] | None = None,
    deps: Iterable[DepLike] | None = None,
    description: str | None = None,
    config_schema: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    compute_kind: str | None = None,
    internal_asset_deps: Mapping[str, Iterable[AssetKey]] | None = None,
    partitions_def: PartitionsDefinition | None = None,
    hooks: object = None,
    backfill_policy: BackfillPolicy | None = None,
    op_tags: Mapping[str, Any] | None = None,
    can_subset: bool = False,
    resource_defs: Mapping[str, Any] | None = None,
    group_name: str | None = None,
    retry_policy: RetryPolicy | None = None,
    code_version: str | None = None,
    specs: Sequence[AssetSpec] | None = None,
    check_specs: Sequence[AssetCheckSpec] | None = None,
    non_argument_deps: Iterable[DepLike] | None = None,
    pool: str | None = None,
    **kwargs: object,
) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Define several assets by the one function that makes them.

    Args:
        outs: Output → asset whose value the function gives: a tuple in this order, or `Output`s by name.
        name: Name of the step; the function's where it is not given.
        ins, deps, description, config_schema, required_resource_keys, resource_defs, retry_policy, op_tags,
            pool: As of `asset`.
        compute_kind: What all of them are made with.
        internal_asset_deps: Output → assets that it is made from, where not all inputs.
        partitions_def: The slices of all of them.
        backfill_policy: Of all of them; or of the `AssetOut`s, the same for each.
        hooks: What is called when its step has succeeded or failed.
        can_subset: Whether the function can make a part of them (`context.selected_output_names`).
        group_name: The group of all of them.
        code_version: Of all of them, where an output has none of its own.
        specs: Instead of `outs`: assets whose values the function stores itself.
        check_specs: Checks whose verdicts the function gives.
        non_argument_deps: Older name of `deps`.

    Raises:
        InvalidDefinitionError: The definition cannot work, or needs what this version does not have.

    Example:
        >>> @multi_asset(outs={"low": AssetOut(), "high": AssetOut()})
        ... def split(numbers):
        ...     return numbers[:2], numbers[2:]
    """
    only_one("multi_asset", specs=specs, internal_asset_deps=internal_asset_deps)
    if non_argument_deps is not None:
        only_one("multi_asset", deps=deps, non_argument_deps=non_argument_deps)
        deps = non_argument_deps
    tags = clean_tags("multi_asset", None, _kinds(compute_kind, None))
    terms = PLAIN_TERMS
    if kwargs:
        terms = read_terms("multi_asset", kwargs)
        refuse_unknown("multi_asset", kwargs, (*(multi_asset.__kwdefaults__ or ()), *OWN_ARGUMENTS))
    needs = Needs(
        config_schema,
        required_resource_keys,
        resource_defs,
        op_tags,
        retry_policy,
        partitions_def,
        pool,
        terms,
        own_backfill_policy(backfill_policy, outs),
    )

    def define(fn: Callable[..., Any]) -> AssetsDefinition:
        step = valid_name(name or function_name(fn), "the name of a multi_asset")
        signature = read_signature(fn, step)
        group = valid_group(step, group_name)
        listed = {
            output: completed(step, spec, group, code_version, tags, partitions_def)
            for output, spec in listed_specs(step, outs, specs, deps).items()
        }
        inputs = lower_inputs(step, signature, ins, deps)
        if specs is None:
            listed, internal = with_deps(step, listed, inputs, internal_asset_deps)
        else:
            listed, inputs, internal = with_arguments(listed, inputs)
        partitions = [spec.partitions_def for spec in listed.values() if spec.partitions_def is not None]
        unit = build_unit(
            fn,
            step,
            step,
            signature,
            needs._replace(partitions_def=partitions[0] if partitions else None),
            inputs,
            tuple(lower_outputs(signature, outs, listed)),
            own_checks(step, check_specs, [spec.key for spec in listed.values()]),
            can_subset=can_subset,
            internal_deps=internal,
            description=description or docstring(fn),
        )
        return AssetsDefinition(unit.with_hooks(valid_hooks(step, hooks)))

    return define
