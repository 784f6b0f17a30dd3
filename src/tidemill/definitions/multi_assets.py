"""Lowering of functions that make several assets: by `outs=` with values, or by `specs=` without."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetKey
from tidemill.definitions.arguments import only_one, valid_group, valid_name, wrong_type
from tidemill.definitions.lowering import (
    DEFAULT_GROUP,
    NO_NEEDS,
    Needs,
    build_unit,
    function_name,
    lower_inputs,
    lower_output,
    order_only,
    own_checks,
    plain_dep,
    refuse_twice,
)
from tidemill.definitions.partitions import PartitionsDefinition
from tidemill.definitions.signatures import Signature, docstring, is_nothing, read_signature, returned_types
from tidemill.definitions.specs import (
    IO_MANAGER_KEY,
    AssetCheckSpec,
    AssetIn,
    AssetOut,
    AssetSpec,
    DepLike,
    Nothing,
)
from tidemill.definitions.unit import ComputeUnit, UnitInput, UnitOutput
from tidemill.definitions.values import NOTHING_SAID, replace


def lower_multi_asset(
    fn: Callable[..., Any],
    needs: Needs = NO_NEEDS,
    *,
    outs: Mapping[str, AssetOut] | None = None,
    specs: Sequence[AssetSpec] | None = None,
    name: str | None = None,
    ins: Mapping[str, AssetIn] | None = None,
    deps: Iterable[DepLike] | None = None,
    description: str | None = None,
    internal_asset_deps: Mapping[str, Iterable[AssetKey]] | None = None,
    can_subset: bool = False,
    group_name: str | None = None,
    code_version: str | None = None,
    kinds: Iterable[str] = (),
    check_specs: Sequence[AssetCheckSpec] | None = None,
) -> ComputeUnit:
    """The unit of a function that makes several assets."""
    name = valid_name(name or function_name(fn), "the name of a multi_asset")
    signature = read_signature(fn, name)
    listed = _listed_specs(name, outs, specs, deps)
    shared = _Shared(valid_group(name, group_name), code_version, frozenset(kinds), needs.partitions_def)
    completed = [_complete(name, spec, shared) for spec in listed.values()]
    keys = tuple(spec.key for spec in completed)
    refuse_twice(name, [key.to_user_string() for key in keys], "asset")
    if specs is None:
        inputs = lower_inputs(name, signature, ins, deps)
        internal = _internal_deps(name, internal_asset_deps, tuple(listed), inputs, keys)
        completed = _with_deps(completed, tuple(listed), inputs, internal)
    else:
        inputs, internal = _spec_inputs(name, signature, ins, tuple(listed), completed)
    types = returned_types(signature, len(completed)) if outs else (Nothing,) * len(completed)
    outputs = []
    for output_name, spec, returned in zip(listed, completed, types, strict=True):
        out = outs[output_name] if outs else None
        if out is None:  # of specs=: nothing is stored, but where an I/O manager is named
            manager = spec.metadata.get(IO_MANAGER_KEY)
            outputs.append(UnitOutput(output_name, spec, not spec.skippable, None, manager))
        else:
            # `-> None` on a function that makes several assets cannot speak of each of their values.
            annotation = out.dagster_type or (None if is_nothing(returned) else returned)
            outputs.append(lower_output(output_name, spec, annotation, out.io_manager_key))
    partitions = next((spec.partitions_def for spec in completed if spec.partitions_def is not None), None)
    return build_unit(
        fn,
        name,
        name,
        signature,
        needs._replace(partitions_def=partitions),
        inputs,
        tuple(outputs),
        own_checks(name, check_specs, keys),
        can_subset=can_subset,
        internal_deps=internal,
        description=description or docstring(fn),
    )


def _listed_specs(
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
        refuse_twice(name, [spec.key.to_user_string() for spec in specs], "asset")
        return {spec.key.to_python_identifier(): spec for spec in specs}
    if not outs:
        raise wrong_type(name, "outs", outs, "AssetOut objects by name, or specs= with AssetSpec objects")
    for output_name, out in outs.items():
        if not isinstance(out, AssetOut):
            raise wrong_type(name, f"outs[{output_name!r}]", out, "an AssetOut")
        valid_name(output_name, f"the name of an output of {name!r}")
    return {
        output_name: out.to_spec(output_name, group_name=out.group_name, code_version=out.code_version)
        for output_name, out in outs.items()
    }


class _Shared(NamedTuple):
    """What a multi-asset says for all its assets."""

    group_name: str | None
    code_version: str | None
    kinds: frozenset[str]
    partitions_def: PartitionsDefinition | None


def _complete(name: str, spec: AssetSpec, shared: _Shared) -> AssetSpec:
    if shared.group_name is not None and spec.group_name is not None:
        raise InvalidDefinitionError(
            f"The multi_asset {name!r} has a group_name, and so has its asset {spec.key.to_user_string()!r}",
            subject=name,
            found=f"group_name={shared.group_name!r} and group_name={spec.group_name!r}",
            expected="one of the two",
        )
    if shared.partitions_def not in (None, spec.partitions_def) and spec.partitions_def is not None:
        raise wrong_type(name, "partitions_def", spec.partitions_def, "one definition for all its assets")
    return replace(
        spec,
        group_name=spec.group_name or shared.group_name or DEFAULT_GROUP,
        code_version=spec.code_version or shared.code_version,
        kinds=spec.kinds | shared.kinds,
        partitions_def=spec.partitions_def or shared.partitions_def,
    )


def _internal_deps(
    name: str,
    internal: Mapping[str, Iterable[AssetKey]] | None,
    outputs: Sequence[str],
    inputs: Sequence[UnitInput],
    keys: Sequence[AssetKey],
) -> Mapping[str, frozenset[AssetKey]]:
    if not internal:
        return NOTHING_SAID
    known = {unit_input.asset for unit_input in inputs} | set(keys)
    checked = {}
    for output, needed in internal.items():
        upstream = frozenset(AssetKey.from_coercible(key) for key in needed)
        if output not in outputs:
            raise wrong_type(name, "internal_asset_deps", output, f"names of outputs: {', '.join(outputs)}")
        if not upstream <= known:
            unknown = min(upstream - known).to_user_string()
            expected = ", ".join(sorted(key.to_user_string() for key in known))
            raise wrong_type(
                name, f"internal_asset_deps[{output!r}]", unknown, f"inputs or outputs: {expected}"
            )
        checked[output] = upstream
    return checked


def _with_deps(
    specs: Sequence[AssetSpec],
    names: Sequence[str],
    inputs: Sequence[UnitInput],
    internal: Mapping[str, frozenset[AssetKey]],
) -> list[AssetSpec]:
    everything = tuple(plain_dep(unit_input.asset) for unit_input in inputs)
    return [
        replace(spec, deps=tuple(map(plain_dep, sorted(internal[name]))) if name in internal else everything)
        for name, spec in zip(names, specs, strict=True)
    ]


def _spec_inputs(
    name: str,
    signature: Signature,
    ins: Mapping[str, AssetIn] | None,
    names: Sequence[str],
    specs: list[AssetSpec],
) -> tuple[tuple[UnitInput, ...], Mapping[str, frozenset[AssetKey]]]:
    """Inputs of a multi-asset of specs, each with its own dependencies; arguments that none names are all's.

    The specs in the list are replaced by ones that name those arguments too.
    """
    arguments = lower_inputs(name, signature, ins, None)
    own = {spec.key for spec in specs}
    named = {dep.asset_key: dep for spec in specs for dep in spec.deps}
    loaded = {unit_input.asset for unit_input in arguments}
    taken = {unit_input.name for unit_input in arguments}
    ordered = [dep for key, dep in named.items() if key not in own and key not in loaded]
    inputs = (*arguments, *(order_only(dep, taken) for dep in ordered))
    for_all = tuple(plain_dep(argument.asset) for argument in arguments if argument.asset not in named)
    if for_all:
        specs[:] = [replace(spec, deps=(*spec.deps, *for_all)) for spec in specs]
    if not named:
        return inputs, NOTHING_SAID
    return inputs, {
        output: frozenset(dep.asset_key for dep in spec.deps)
        for output, spec in zip(names, specs, strict=True)
    }
