"""Assets that a whole graph makes: one unit in the graph of assets, whose steps are those of its ops.

@graph_asset body ──compose──▶ lower_graph ──▶ ComputeUnit(outputs, parts): the asset is the output of one part
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.definitions.arguments import refuse_unknown, valid_group, valid_name, wrong_type
from tidemill.definitions.assets.assets import AssetsDefinition
from tidemill.definitions.graphs.graphs import GraphDefinition, compose
from tidemill.definitions.graphs.lowering import lower_assets, output_of_check
from tidemill.definitions.hooks import valid_hooks
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.policies import checked_backfill_policy
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.specs.ports import AssetIn, AssetOut
from tidemill.definitions.units.lowering import (
    DEFAULT_GROUP,
    asset_key,
    function_name,
    own_checks,
    plain_key,
)
from tidemill.definitions.units.multi_assets import completed, own_backfill_policy
from tidemill.definitions.units.signatures import docstring
from tidemill.definitions.values import NOTHING_SAID


@overload
def graph_asset(compose_fn: Callable[..., Any]) -> AssetsDefinition: ...
@overload
def graph_asset(
    *,
    name: str | None = ...,
    description: str | None = ...,
    ins: Mapping[str, AssetIn] | None = ...,
    config: Mapping[str, Any] | None = ...,
    key_prefix: str | Sequence[str] | None = ...,
    group_name: str | None = ...,
    partitions_def: PartitionsDefinition | None = ...,
    hooks: Any = ...,
    metadata: Mapping[str, Any] | None = ...,
    tags: Mapping[str, str] | None = ...,
    owners: Sequence[str] | None = ...,
    automation_condition: Any = ...,
    backfill_policy: Any = ...,
    resource_defs: Mapping[str, Any] | None = ...,
    check_specs: Any = ...,
    code_version: str | None = ...,
    key: CoercibleToAssetKey | None = ...,
    kinds: Iterable[str] | None = ...,
    freshness_policy: Any = ...,
    auto_materialize_policy: Any = ...,
) -> Callable[[Callable[..., Any]], AssetsDefinition]: ...
def graph_asset(
    compose_fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    ins: Mapping[str, AssetIn] | None = None,
    config: Mapping[str, Any] | None = None,
    key_prefix: str | Sequence[str] | None = None,
    group_name: str | None = None,
    partitions_def: PartitionsDefinition | None = None,
    hooks: Any = None,
    metadata: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    owners: Sequence[str] | None = None,
    automation_condition: Any = None,
    backfill_policy: Any = None,
    resource_defs: Mapping[str, Any] | None = None,
    check_specs: Any = None,
    code_version: str | None = None,
    key: CoercibleToAssetKey | None = None,
    kinds: Iterable[str] | None = None,
    freshness_policy: Any = None,
    auto_materialize_policy: Any = None,
    **kwargs: object,
) -> AssetsDefinition | Callable[[Callable[..., Any]], AssetsDefinition]:
    """Define an asset by a function that puts ops together; its steps are called `name.op`.

    Args:
        compose_fn: The function, where the decorator stands without parentheses. It is called once, as that of `graph`:
            its parameters name the assets that it is made from, and what it returns is the output of an op.
        name, description, ins, key_prefix, group_name, partitions_def, metadata, tags, owners, resource_defs,
            code_version, key, kinds: As of `asset`.
        config: Config of the ops, by their names.
        hooks: What is called when one of its steps has succeeded or failed.
        check_specs: Checks of the asset. With them, the function returns a dict: the asset as `result`, and under
            `ASSET_CHECK` the output of an op that returns an `AssetCheckResult`.
        automation_condition, backfill_policy, freshness_policy, auto_materialize_policy: As of `asset`.

    Raises:
        InvalidDefinitionError: The ops do not go together, or what the function returns is no single output.

    Example:
        >>> @op
        ... def load():
        ...     return [1, 2]
        >>> @op
        ... def add_up(numbers):
        ...     return sum(numbers)
        >>> @graph_asset
        ... def total():
        ...     return add_up(load())
        >>> materialize([total]).asset_value("total")
        3
    """
    refuse_unknown("graph_asset", kwargs, list(graph_asset.__kwdefaults__ or ()))
    backfill = checked_backfill_policy("graph_asset", backfill_policy)

    def define(fn: Callable[..., Any]) -> AssetsDefinition:
        own_key = asset_key(fn, name, key, key_prefix)
        owner = own_key.to_user_string()
        spec = AssetSpec(
            own_key,
            description=description or docstring(fn),
            metadata=metadata,
            group_name=valid_group(owner, group_name) or DEFAULT_GROUP,
            code_version=code_version,
            owners=owners,
            tags=tags,
            kinds=kinds,
            partitions_def=partitions_def,
            freshness_policy=freshness_policy,
            automation_condition=automation_condition,
            auto_materialize_policy=auto_materialize_policy,
        )
        checks, step = own_checks(owner, check_specs, [own_key]), own_key.to_python_identifier()
        graph = _composed(fn, step, ["result", *map(output_of_check, checks)], config)
        unit = lower_assets(
            graph,
            step,
            {"result": spec},
            _asset_ins(owner, graph, ins),
            partitions_def=partitions_def,
            hooks=valid_hooks(owner, hooks),
            resource_defs=resource_defs,
            checks=checks,
        )
        return AssetsDefinition(unit._replace(backfill=backfill))

    return define if compose_fn is None else define(compose_fn)


def graph_multi_asset(
    *,
    outs: Mapping[str, AssetOut],
    name: str | None = None,
    ins: Mapping[str, AssetIn] | None = None,
    partitions_def: PartitionsDefinition | None = None,
    hooks: Any = None,
    backfill_policy: Any = None,
    group_name: str | None = None,
    can_subset: bool = False,
    resource_defs: Mapping[str, Any] | None = None,
    check_specs: Any = None,
    config: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Define several assets by a function that puts ops together; arguments and errors as of `graph_asset`.

    Args:
        outs: Output → what is said of the asset; the function returns a dict of outputs by these names.
        can_subset: Whether a part of the assets can be made: the ops that they need run, and no others.

    Example:
        >>> @op(out={"low": Out(), "high": Out()})
        ... def split():
        ...     return 1, 9
        >>> @graph_multi_asset(outs={"low": AssetOut(), "high": AssetOut()})
        ... def ends():
        ...     low, high = split()
        ...     return {"low": low, "high": high}
        >>> materialize([ends]).asset_value("high")
        9
    """
    backfill = own_backfill_policy(backfill_policy, outs)

    def define(fn: Callable[..., Any]) -> AssetsDefinition:
        step = valid_name(name or function_name(fn), "the name of a graph_multi_asset")
        group = valid_group(step, group_name)
        specs = {
            output: completed(step, _out_spec(step, output, out), group, None, NOTHING_SAID, partitions_def)
            for output, out in outs.items()
        }
        checks = own_checks(step, check_specs, [spec.key for spec in specs.values()])
        graph = _composed(fn, step, [*specs, *map(output_of_check, checks)], config)
        unit = lower_assets(
            graph,
            step,
            specs,
            _asset_ins(step, graph, ins),
            partitions_def=partitions_def,
            hooks=valid_hooks(step, hooks),
            resource_defs=resource_defs,
            can_subset=can_subset,
            checks=checks,
            managers={output: out.io_manager_key for output, out in outs.items() if out.io_manager_key},
        )
        return AssetsDefinition(unit._replace(backfill=backfill))

    return define


def _out_spec(owner: str, name: str, out: object) -> AssetSpec:
    if not isinstance(out, AssetOut):
        raise wrong_type(owner, f"outs[{name!r}]", out, "an AssetOut")
    return out.to_spec(valid_name(name, f"the name of an output of {owner!r}"))


def _composed(
    fn: Callable[..., Any], name: str, outs: list[str], config: Mapping[str, Any] | None
) -> GraphDefinition:
    if config is not None and not isinstance(config, Mapping):
        raise wrong_type(name, "config", config, "a dict of the config of its ops, by their names")
    composed, inputs = compose(fn, name, outs)
    return GraphDefinition(name, fn, composed, inputs, docstring(fn), config=config)


def _asset_ins(
    owner: str, graph: GraphDefinition, ins: Mapping[str, AssetIn] | None
) -> dict[str, tuple[AssetKey, AssetIn]]:
    """Input of the graph → the asset that it is."""
    for name, asset_in in (ins or {}).items():
        if not isinstance(asset_in, AssetIn):
            raise wrong_type(owner, f"ins[{name!r}]", asset_in, "an AssetIn")
        if name not in graph.input_names:
            raise InvalidDefinitionError(
                f"{owner!r} has ins={{{name!r}: …}}, but its function has no parameter {name!r}",
                subject=owner,
                found=f"parameters {', '.join(graph.input_names) or '(none)'}",
                expected=f"a parameter {name!r}",
            )
    given = ins or {}
    return {
        name: (given[name].key_for(name), given[name]) if name in given else (plain_key(name), AssetIn())
        for name in graph.input_names
    }
