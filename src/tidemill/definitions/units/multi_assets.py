"""Lowering of functions that make several assets: by `outs=` with values, or by `specs=` without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetKey
from tidemill.definitions.arguments import not_reserved, only_one, refuse_twice, valid_name, wrong_type
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.policies import BackfillPolicy, checked_backfill_policy
from tidemill.definitions.specs.assets import IO_MANAGER_KEY, AssetSpec, DepLike
from tidemill.definitions.specs.ports import AssetOut
from tidemill.definitions.units.lowering import DEFAULT_GROUP, lower_output, order_only, plain_dep
from tidemill.definitions.units.signatures import Signature, is_nothing, returned_types
from tidemill.definitions.units.unit import ComputeUnit, UnitInput, UnitOutput
from tidemill.definitions.values import NOTHING_SAID, Items, replace


def listed_specs(
    name: str,
    outs: Mapping[str, AssetOut] | None,
    specs: Sequence[AssetSpec] | None,
    deps: Iterable[DepLike] | None,
) -> dict[str, AssetSpec]:
    """Output name → spec, as the user gave them."""
    only_one(name, outs=outs, specs=specs)
    if specs is not None:
        if deps:
            raise wrong_type(name, "deps", deps, "nothing beside specs=: each AssetSpec has deps= of its own")
        for spec in specs:
            if not isinstance(spec, AssetSpec):
                raise wrong_type(name, "specs", spec, "AssetSpec objects")
        listed = [(spec.key.to_python_identifier(), spec) for spec in specs]
    elif not outs:
        raise wrong_type(name, "outs", outs, "AssetOut objects by name, or specs= with AssetSpec objects")
    else:
        for output, out in outs.items():
            if not isinstance(out, AssetOut):
                raise wrong_type(name, f"outs[{output!r}]", out, "an AssetOut")
            valid_name(output, f"the name of an output of {name!r}")
        listed = [(output, out.to_spec(output)) for output, out in outs.items()]
    for output, _ in listed:
        not_reserved(output, f"the name of an output of {name!r}")
    refuse_twice(name, [spec.key.to_user_string() for _, spec in listed], "asset")
    return dict(listed)


def completed(
    name: str,
    spec: AssetSpec,
    group_name: str | None,
    code_version: str | None,
    tags: Mapping[str, str],
    partitions_def: PartitionsDefinition | None,
) -> AssetSpec:
    """The spec of one asset with what the multi-asset says for all of them."""
    if group_name is not None and spec.group_name is not None:
        raise InvalidDefinitionError(
            f"The multi_asset {name!r} has a group_name, and so has its asset {spec.key.to_user_string()!r}",
            subject=name,
            found=f"group_name={group_name!r} and group_name={spec.group_name!r}",
            expected="one of the two",
        )
    if None not in (partitions_def, spec.partitions_def) and partitions_def != spec.partitions_def:
        raise wrong_type(name, "partitions_def", spec.partitions_def, "one definition for all its assets")
    return replace(
        spec,
        group_name=spec.group_name or group_name or DEFAULT_GROUP,
        code_version=spec.code_version or code_version,
        tags={**spec.tags, **tags},
        partitions_def=spec.partitions_def or partitions_def,
    )


def own_backfill_policy(given: object, outs: Mapping[str, AssetOut] | None) -> BackfillPolicy | None:
    """The policy of the whole multi-asset: given for it, or the same for each of its outputs."""
    policies = {out.backfill_policy for out in (outs or {}).values() if isinstance(out, AssetOut)} - {None}
    if given is None and len(policies) == 1:
        return policies.pop()
    if policies - {given}:
        raise wrong_type(
            "multi_asset", "backfill_policy", policies, "one policy: its assets are made together"
        )
    return checked_backfill_policy("multi_asset", given)


def with_deps(
    name: str,
    specs: Mapping[str, AssetSpec],
    inputs: Sequence[UnitInput],
    internal: Mapping[str, Iterable[AssetKey]] | None,
) -> tuple[dict[str, AssetSpec], Mapping[str, frozenset[AssetKey]]]:
    """The specs of `outs=`, each made from what `internal` says of it, or else from all inputs."""
    everything = Items(plain_dep(unit_input.asset) for unit_input in inputs)
    known = {dep.asset_key for dep in everything} | {spec.key for spec in specs.values()}
    checked, changed = {}, {output: replace(spec, deps=everything) for output, spec in specs.items()}
    for output, needed in (internal or NOTHING_SAID).items():
        upstream = frozenset(AssetKey.from_coercible(key) for key in needed)
        if output not in specs:
            raise wrong_type(name, "internal_asset_deps", output, f"names of outputs: {', '.join(specs)}")
        if not upstream <= known:
            unknown = min(upstream - known).to_user_string()
            expected = ", ".join(sorted(key.to_user_string() for key in known))
            raise wrong_type(
                name, f"internal_asset_deps[{output!r}]", unknown, f"inputs or outputs: {expected}"
            )
        checked[output] = upstream
        changed[output] = replace(specs[output], deps=Items(map(plain_dep, sorted(upstream))))
    return changed, checked


def with_arguments(
    specs: dict[str, AssetSpec], arguments: tuple[UnitInput, ...]
) -> tuple[dict[str, AssetSpec], tuple[UnitInput, ...], Mapping[str, frozenset[AssetKey]]]:
    """Specs of `specs=`, which have dependencies of their own; an argument that none names is of them all."""
    own = {spec.key for spec in specs.values()}
    named = {dep.asset_key: dep for spec in specs.values() for dep in spec.deps}
    for_all = tuple(plain_dep(argument.asset) for argument in arguments if argument.asset not in named)
    loaded = {argument.asset for argument in arguments}
    taken = {argument.name for argument in arguments}
    mapped = {key: dep.partition_mapping for key, dep in named.items()}
    arguments = tuple(
        [a._replace(partition_mapping=a.partition_mapping or mapped.get(a.asset)) for a in arguments]
    )
    # An asset may be made from other partitions of itself.
    ordered = [
        dep
        for key, dep in named.items()
        if key not in loaded and (key not in own or dep.partition_mapping is not None)
    ]
    inputs = (*arguments, *(order_only(dep, taken) for dep in ordered))
    changed = {output: replace(spec, deps=Items((*spec.deps, *for_all))) for output, spec in specs.items()}
    if not named:
        return changed, inputs, NOTHING_SAID
    return changed, inputs, {output: frozenset(d.asset_key for d in s.deps) for output, s in changed.items()}


def lower_outputs(
    signature: Signature, outs: Mapping[str, AssetOut] | None, specs: Mapping[str, AssetSpec]
) -> Iterator[UnitOutput]:
    """The outputs, in order."""
    types = returned_types(signature, len(specs))
    for (name, spec), returned in zip(specs.items(), types, strict=True):
        if outs:
            # `-> None` on a function that makes several assets cannot speak of each of their values.
            annotation = outs[name].dagster_type or (None if is_nothing(returned) else returned)
            yield lower_output(name, spec, annotation, outs[name].io_manager_key)
        else:  # of specs=: nothing is stored, but where an I/O manager is named
            yield UnitOutput(name, spec, not spec.skippable, None, spec.metadata.get(IO_MANAGER_KEY))


def with_mapped_deps(unit: ComputeUnit) -> ComputeUnit:
    """The unit with the inputs that follow from changed dependencies of its outputs.

    Raises:
        InvalidDefinitionError: An argument of the function is no dependency any more.
    """
    deps = {dep.asset_key: dep for output in unit.outputs for dep in output.spec.deps}
    arguments = [unit_input for unit_input in unit.inputs if unit_input.is_argument]
    for argument in arguments:
        if argument.asset not in deps:
            raise wrong_type(
                unit.name,
                "deps",
                list(deps),
                f"{argument.asset.to_user_string()!r} among them: it is an argument",
            )
    held = {argument.asset for argument in arguments} | {output.asset for output in unit.outputs}
    taken = {argument.name for argument in arguments}
    ordered = [order_only(dep, taken) for key, dep in deps.items() if key not in held]
    internal = {output.name: frozenset(dep.asset_key for dep in output.spec.deps) for output in unit.outputs}
    several = len(unit.outputs) > 1
    return unit._replace(
        inputs=(*arguments, *ordered), internal_deps=internal if several else unit.internal_deps
    )
