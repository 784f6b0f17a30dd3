"""From a graph, or an op, whose outputs are assets to the one unit that makes them.

GraphDefinition + what is said of its assets ──lower_assets──▶ ComputeUnit(outputs, parts)
OpDefinition + what is said of its assets ──assets_of_op──▶ ComputeUnit(outputs)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetKey
from tidemill.definitions.arguments import valid_group, wrong_type
from tidemill.definitions.graphs.graphs import (
    STEP_SEPARATOR,
    FromAsset,
    GraphDefinition,
    Lowered,
    Wired,
    lower_graph,
    unit_of_graph,
)
from tidemill.definitions.hooks import HookDefinition
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.specs.ports import AssetIn, Nothing
from tidemill.definitions.units.lowering import DEFAULT_GROUP
from tidemill.definitions.units.multi_assets import with_deps
from tidemill.definitions.units.unit import ComputeUnit, PassedOutput, Source, UnitInput, UnitOutput
from tidemill.definitions.values import NOTHING_SAID


def lower_assets(
    graph: GraphDefinition,
    step: str,
    specs: Mapping[str, AssetSpec],
    ins: Mapping[str, tuple[AssetKey, AssetIn]],
    *,
    partitions_def: PartitionsDefinition | None = None,
    hooks: tuple[HookDefinition, ...] = (),
    resource_defs: Mapping[str, Any] | None = None,
    can_subset: bool = False,
    checks: tuple[AssetCheckSpec, ...] = (),
    managers: Mapping[str, str] = NOTHING_SAID,
    internal: Mapping[str, Iterable[AssetKey]] | None = None,
) -> ComputeUnit:
    """The unit of a graph whose outputs are assets.

    Args:
        graph: The graph.
        step: Name of the unit, before those of its parts.
        specs: Output of the graph → what is said of the asset.
        ins: Input of the graph → the asset that it is.
        partitions_def: Slices of all of them.
        hooks: Of all its steps.
        resource_defs: That come with it.
        can_subset: Whether a part of the assets can be made.
        checks: Of its assets; each is an output of the graph too, named by `output_of_check`.
        managers: Output → I/O manager, where not that of the op's output.
        internal: Output → assets that it is made from, where not all inputs.

    Raises:
        InvalidDefinitionError: An output is not that of one op, or is one of a mapped step.
    """
    connected = {name: FromAsset(key, asset_in) for name, (key, asset_in) in ins.items()}
    lowered = lower_graph(graph, connected, prefix=f"{step}{STEP_SEPARATOR}", hooks=hooks)
    for key in lowered.assets:
        raise InvalidDefinitionError(
            f"The body of {step!r} names the asset {key.to_user_string()!r} itself",
            subject=step,
            found=f"{key.to_user_string()!r} as the input of an op",
            expected="a parameter for each asset that it is made from",
            next_step=f'take it as a parameter: ins={{"…": AssetIn(key="{key.to_user_string()}")}}',
        )
    inputs = tuple(
        [
            UnitInput(
                name,
                key,
                asset_in.dagster_type is not Nothing,
                None,
                asset_in.input_manager_key,
                asset_in.metadata,
                getattr(asset_in, "partition_mapping", None),
            )
            for name, (key, asset_in) in ins.items()
        ]
    )
    described, internal_deps = with_deps(step, specs, inputs, internal)
    outputs = []
    for name, spec in described.items():
        source, passed = _giver(step, name, lowered)
        manager = None if passed.manager is None else managers.get(name, passed.manager)
        outputs.append(UnitOutput(name, spec, passed.required, passed.annotation, manager))
        _make_asset(lowered, source, spec, manager, inputs)
    for check in checks:
        source, _ = _giver(step, output_of_check(check), lowered)
        _make_check(lowered, source, check)
    for name, part in lowered.units.items():
        lowered.units[name] = part._replace(partitions=partitions_def)
    return unit_of_graph(
        graph,
        lowered,
        step,
        inputs=inputs,
        outputs=tuple(outputs),
        checks=checks,
        partitions=partitions_def,
        resource_defs=resource_defs or NOTHING_SAID,
        can_subset=can_subset or len(outputs) == 1,
        internal_deps=internal_deps,
    )


def output_of_check(check: AssetCheckSpec) -> str:
    """The name of the output of a graph that gives the verdict of a check."""
    return f"{check.asset_key.to_python_identifier()}_{check.name}"


def _giver(step: str, name: str, lowered: Lowered) -> tuple[Source, PassedOutput]:
    """Which output of which part an asset is."""
    found = lowered.outputs.get(name)
    source = found.sources[0] if isinstance(found, Wired) and not found.fan_in else None
    part = lowered.units[source.step] if source is not None else None
    passed = (
        next((each for each in part.passed if each.name == source.output), None)
        if part is not None and source is not None and part.over is None and source.how == "one"
        else None
    )
    if source is None or passed is None or passed.dynamic:
        raise InvalidDefinitionError(
            f"The output {name!r} of {step!r} is not what one op gives",
            subject=step,
            found="an input of the graph"
            if isinstance(found, FromAsset)
            else "all outputs of a mapped step, or one that another asset is already",
            expected="the output of an op",
            next_step="give it to an op that returns what the asset is: return gather(results.collect())",
        )
    return source, passed


def _make_asset(
    lowered: Lowered, source: Source, spec: AssetSpec, manager: str | None, inputs: tuple[UnitInput, ...]
) -> None:
    """Let a part give an asset: it is made from all that the graph reads, whatever of that the part itself reads."""
    part = lowered.units[source.step]
    order = part.order or tuple([passed.name for passed in part.passed])
    passed = next(each for each in part.passed if each.name == source.output)
    own = {unit_input.asset for unit_input in part.inputs}
    taken = {unit_input.name for unit_input in part.inputs}
    ordered = []
    for unit_input in inputs:
        if unit_input.asset not in own:
            name = unit_input.asset.to_python_identifier()
            while name in taken:
                name = f"_{name}"
            taken.add(name)
            ordered.append(unit_input._replace(name=name, is_argument=False))
    rank = {unit_input.asset: number for number, unit_input in enumerate(inputs)}  # as a look has them
    every = sorted([*part.inputs, *ordered], key=lambda each: rank[each.asset])
    lowered.units[source.step] = part._replace(
        outputs=(*part.outputs, UnitOutput(source.output, spec, passed.required, passed.annotation, manager)),
        passed=tuple([each for each in part.passed if each is not passed]),
        order=order,
        inputs=tuple(every),
    )


def _make_check(lowered: Lowered, source: Source, check: AssetCheckSpec) -> None:
    """Let a part give the verdict of a check, and no value."""
    part = lowered.units[source.step]
    lowered.units[source.step] = part._replace(
        checks=(*part.checks, check),
        passed=tuple([each for each in part.passed if each.name != source.output]),
    )


# Of ops and graphs that were made before anybody thought of assets


class Naming:
    """What is said of the assets that the outputs of an op or graph become.

    Args:
        node: The op or graph.
        said: Attribute of a spec → output → what is said; and what is said for all of them, by plain names.
    """

    def __init__(self, node: Any, said: Mapping[str, Any]) -> None:
        self.node = node
        self.said = said

    def ins(self) -> dict[str, tuple[AssetKey, AssetIn]]:
        """Input → the asset that it is."""
        keys = self._by_name("keys_by_input_name", self.node.input_names)
        mappings = self._by_name("partition_mappings", self.node.input_names)
        return {
            name: (
                AssetKey.from_coercible(keys.get(name, name)),
                AssetIn(partition_mapping=mappings.get(name)),
            )
            for name in self.node.input_names
        }

    def specs(self) -> dict[str, AssetSpec]:
        """Output → what is said of the asset."""
        outputs = list(self.node.output_names)
        keys = self._by_name("keys_by_output_name", outputs)
        prefix = self.said.get("key_prefix")
        told = {
            field: self._by_name(argument, outputs)
            for field, argument in (
                ("group_name", "group_names_by_output_name"),
                ("description", "descriptions_by_output_name"),
                ("metadata", "metadata_by_output_name"),
                ("tags", "tags_by_output_name"),
                ("owners", "owners_by_output_name"),
                ("code_version", "code_versions_by_output_name"),
            )
        }
        group = valid_group(self.node.name, self.said.get("group_name")) or DEFAULT_GROUP
        specs = {}
        for output in outputs:
            own = self.node.name if output == "result" else output
            key = AssetKey.from_coercible(keys.get(output, own))
            if prefix is not None:
                key = key.with_prefix(prefix)
            given: dict[str, Any] = {field: found.get(output) for field, found in told.items()}
            given["group_name"] = given["group_name"] or group
            specs[output] = AssetSpec(key, partitions_def=self.said.get("partitions_def"), **given)
        return specs

    def _by_name(self, argument: str, names: Iterable[str]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.said.get(argument) or NOTHING_SAID
        for name in found:
            if name not in names:
                raise wrong_type(self.node.name, argument, name, f"names of {', '.join(names) or 'nothing'}")
        return found


def assets_of_graph(graph: GraphDefinition, said: Mapping[str, Any]) -> ComputeUnit:
    """The unit of a graph whose outputs become assets; `said` has the arguments of `AssetsDefinition.from_graph`."""
    naming = Naming(graph, said)
    return lower_assets(
        graph,
        graph.name,
        naming.specs(),
        naming.ins(),
        partitions_def=said.get("partitions_def"),
        hooks=said.get("hooks", ()),
        resource_defs=said.get("resource_defs"),
        can_subset=bool(said.get("can_subset")),
        internal=said.get("internal_asset_deps"),
    )


def assets_of_op(op: Any, said: Mapping[str, Any]) -> ComputeUnit:
    """The unit of an op whose outputs become assets; `said` as of `assets_of_graph`."""
    naming, unit = Naming(op, said), op.unit
    ins = naming.ins()
    inputs = tuple(
        [
            UnitInput(
                wire.name,
                ins[wire.name][0],
                wire.is_argument,
                wire.annotation,
                wire.manager,
                wire.metadata,
                ins[wire.name][1].partition_mapping,
            )
            for wire in unit.wires
        ]
    )
    specs, internal = with_deps(unit.name, naming.specs(), inputs, said.get("internal_asset_deps"))
    for each in unit.passed:
        if each.dynamic:
            raise wrong_type(unit.name, "an asset", each.name, "an output that is not dynamic")
    outputs = tuple(
        [UnitOutput(o.name, specs[o.name], o.required, o.annotation, o.manager) for o in unit.passed]
    )
    made: ComputeUnit = unit._replace(
        kind="asset",
        inputs=inputs,
        outputs=outputs,
        wires=(),
        passed=(),
        partitions=said.get("partitions_def"),
        internal_deps=internal,
        can_subset=bool(said.get("can_subset")),
    )
    return made.with_hooks(said.get("hooks", ()))
