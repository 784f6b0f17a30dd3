"""Lowering of functions that judge assets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.arguments import valid_name, wrong_type
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.specs.ports import AssetIn
from tidemill.definitions.units.lowering import (
    Needs,
    build_unit,
    function_name,
    lower_inputs,
    order_only,
    own_checks,
    plain_dep,
    plain_key,
)
from tidemill.definitions.units.signatures import docstring, read_signature
from tidemill.definitions.units.unit import ComputeUnit


def lower_check(
    fn: Callable[..., Any],
    needs: Needs,
    spec: AssetCheckSpec,
    additional_ins: Mapping[str, AssetIn] | None = None,
) -> ComputeUnit:
    """The unit of a check of one asset: a parameter beside `additional_ins` receives the asset's value."""
    signature = read_signature(fn, spec.name)
    values = [name for name in signature.inputs if name not in (additional_ins or {})]
    if len(values) > 1:
        raise InvalidDefinitionError(
            f"The check {spec.name!r} has several parameters for the value of the asset that it is about",
            subject=spec.name,
            found=", ".join(values),
            expected="one parameter at most",
            next_step="say in additional_ins= which assets the others are",
        )
    ins = {**{name: AssetIn(key=spec.asset_key) for name in values}, **(additional_ins or {})}
    if additional_ins and any(
        asset_in.key_for(n) == spec.asset_key for n, asset_in in additional_ins.items()
    ):
        raise wrong_type(spec.name, "additional_ins", spec.asset_key.to_user_string(), "other assets")
    deps = [*spec.additional_deps] if values else [plain_dep(spec.asset_key), *spec.additional_deps]
    inputs = lower_inputs(spec.name, signature, ins, deps)
    name = spec.get_python_identifier()
    return build_unit(
        fn, name, spec.name, signature, needs, inputs, (), (spec,), kind="check", description=spec.description
    )


def lower_multi_check(
    fn: Callable[..., Any],
    needs: Needs,
    *,
    name: str | None,
    specs: Sequence[AssetCheckSpec],
    description: str | None,
    can_subset: bool,
    ins: Mapping[str, AssetIn] | None,
) -> ComputeUnit:
    """The unit of a function that gives the verdicts of several checks."""
    name = valid_name(name or function_name(fn), "the name of a multi_asset_check")
    if not specs:
        raise wrong_type(name, "specs", specs, "at least one AssetCheckSpec")
    checks = own_checks(name, specs, [getattr(spec, "asset_key", plain_key(name)) for spec in specs])
    signature = read_signature(fn, name)
    arguments = lower_inputs(name, signature, ins, None)
    loaded = {unit_input.asset for unit_input in arguments}
    needed = [
        key for check in checks for key in (check.asset_key, *(d.asset_key for d in check.additional_deps))
    ]
    taken = {unit_input.name for unit_input in arguments}
    ordered = [plain_dep(key) for key in dict.fromkeys(needed) if key not in loaded]
    inputs = (*arguments, *(order_only(dep, taken) for dep in ordered))
    return build_unit(
        fn,
        name,
        name,
        signature,
        needs,
        inputs,
        (),
        checks,
        kind="check",
        can_subset=can_subset,
        description=description or docstring(fn),
    )
