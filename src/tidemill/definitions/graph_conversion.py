"""Assets of graphs and ops that exist already: what `AssetsDefinition.from_graph` and `.from_op` do.

GraphDefinition, keys and what is said by output name ──▶ AssetSpecs ──lower_assets──▶ AssetsDefinition
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.definitions.arguments import refuse_later, valid_group, wrong_type
from tidemill.definitions.assets import AssetsDefinition
from tidemill.definitions.graph_assets import lower_assets
from tidemill.definitions.graphs import GraphDefinition, compose
from tidemill.definitions.hooks import valid_hooks
from tidemill.definitions.lowering import DEFAULT_GROUP
from tidemill.definitions.ops import OpDefinition
from tidemill.definitions.partitions import PartitionsDefinition
from tidemill.definitions.policies import checked_backfill_policy
from tidemill.definitions.specs import AssetIn, AssetSpec, prefix_parts
from tidemill.definitions.values import NOTHING_SAID

ByOutput = Mapping[str, Any] | None


def assets_of_op(op_def: Any, **arguments: Any) -> AssetsDefinition:
    """The assets that an op makes; arguments as of `assets_of_graph`."""
    if not isinstance(op_def, OpDefinition):
        raise wrong_type("from_op", "op_def", op_def, "what @op gave")
    body: Any = op_def  # within a graph, calling an op makes it a part
    composed, names = compose(body, op_def.name, op_def.output_names, op_def.input_names)
    return assets_of_graph(GraphDefinition(op_def.name, body, composed, names), **arguments)


def assets_of_graph(
    graph_def: Any,
    *,
    keys_by_input_name: Mapping[str, CoercibleToAssetKey] | None = None,
    keys_by_output_name: Mapping[str, CoercibleToAssetKey] | None = None,
    key_prefix: str | Sequence[str] | None = None,
    internal_asset_deps: Mapping[str, Iterable[AssetKey]] | None = None,
    partitions_def: PartitionsDefinition | None = None,
    partition_mappings: Mapping[str, Any] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    group_name: str | None = None,
    group_names_by_output_name: ByOutput = None,
    descriptions_by_output_name: ByOutput = None,
    metadata_by_output_name: ByOutput = None,
    tags_by_output_name: ByOutput = None,
    freshness_policies_by_output_name: ByOutput = None,
    automation_conditions_by_output_name: ByOutput = None,
    auto_materialize_policies_by_output_name: ByOutput = None,
    owners_by_output_name: ByOutput = None,
    code_versions_by_output_name: ByOutput = None,
    backfill_policy: Any = None,
    can_subset: bool = False,
    check_specs: Any = None,
    hook_defs: Any = None,
) -> AssetsDefinition:
    """The assets that the outputs of a graph are; what the arguments mean, `AssetsDefinition.from_graph` says."""
    if not isinstance(graph_def, GraphDefinition):
        raise wrong_type("from_graph", "graph_def", graph_def, "what @graph gave")
    name = graph_def.name
    refuse_later("from_graph", check_specs=check_specs)
    said = {
        "group_name": group_names_by_output_name,
        "description": descriptions_by_output_name,
        "metadata": metadata_by_output_name,
        "tags": tags_by_output_name,
        "freshness_policy": freshness_policies_by_output_name,
        "automation_condition": automation_conditions_by_output_name,
        "auto_materialize_policy": auto_materialize_policies_by_output_name,
        "owners": owners_by_output_name,
        "code_version": code_versions_by_output_name,
    }
    for argument, names, known in [
        ("keys_by_input_name", keys_by_input_name, graph_def.input_names),
        ("partition_mappings", partition_mappings, graph_def.input_names),
        ("keys_by_output_name", keys_by_output_name, graph_def.output_names),
        *(
            (f"{argument} by output", by_output, graph_def.output_names)
            for argument, by_output in said.items()
        ),
    ]:
        if unknown := [each for each in names or () if each not in known]:
            raise wrong_type(name, argument, unknown[0], f"names out of {', '.join(known) or '(none)'}")
    keys, prefix, specs = keys_by_output_name or NOTHING_SAID, prefix_parts(key_prefix), {}
    for output in graph_def.output_names:
        key = AssetKey.from_coercible(keys.get(output, name if output == "result" else output))
        of_output: dict[str, Any] = {
            field: by_output[output] for field, by_output in said.items() if by_output and output in by_output
        }
        of_output.setdefault("description", graph_def.description)
        group = of_output.pop("group_name", None) or valid_group(name, group_name) or DEFAULT_GROUP
        full = key.with_prefix(prefix) if prefix else key
        specs[output] = AssetSpec(full, group_name=group, partitions_def=partitions_def, **of_output)
    given, mappings = keys_by_input_name or NOTHING_SAID, partition_mappings or NOTHING_SAID
    ins = {
        each: (
            AssetKey.from_coercible(given.get(each, each)),
            AssetIn(given.get(each), partition_mapping=mappings.get(each)),
        )
        for each in graph_def.input_names
    }
    unit = lower_assets(
        graph_def,
        name,
        specs,
        ins,
        partitions_def=partitions_def,
        hooks=valid_hooks(name, hook_defs),
        resource_defs=resource_defs,
        can_subset=can_subset,
        internal=internal_asset_deps,
    )
    return AssetsDefinition(unit._replace(backfill=checked_backfill_policy("from_graph", backfill_policy)))
