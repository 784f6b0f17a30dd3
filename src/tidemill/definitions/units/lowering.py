"""From what a user decorated to the normal form. All that can be wrong with one definition is found here.

    function + arguments ──decorators──▶ names, inputs, outputs, checks ──build_unit──▶ ComputeUnit

Ten thousand assets are defined in a tenth of a second: what is the same for many (keys and inputs of one
name, empty mappings) is one object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.definitions.arguments import (
    not_reserved,
    only_one,
    refuse_twice,
    valid_key,
    valid_name,
    wrong_type,
)
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.policies import BackfillPolicy, RetryPolicy
from tidemill.definitions.specs.assets import (
    AssetDep,
    AssetSpec,
    DepLike,
    coerce_deps,
    prefix_parts,
)
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.specs.ports import AssetIn, Nothing
from tidemill.definitions.units.signatures import Signature, is_nothing
from tidemill.definitions.units.terms import CONCURRENCY_KEY, PLAIN_TERMS, Terms
from tidemill.definitions.units.unit import DEFAULT_IO_MANAGER, ComputeUnit, UnitInput, UnitOutput
from tidemill.definitions.values import NOTHING_SAID

DEFAULT_GROUP = "default"
PLAIN_SPEC = AssetSpec("plain", group_name=DEFAULT_GROUP)  # what an asset says that says nothing
NO_RESOURCES: frozenset[str] = frozenset()


class Needs(NamedTuple):
    """What every decorator takes beside what it makes: passed on as it was given."""

    config_schema: Any = None
    required_resource_keys: Iterable[str] | None = None
    resource_defs: Mapping[str, Any] | None = None
    op_tags: Mapping[str, Any] | None = None
    retry_policy: RetryPolicy | None = None
    partitions_def: PartitionsDefinition | None = None
    pool: str | None = None
    terms: Terms = PLAIN_TERMS
    backfill: BackfillPolicy | None = None


def asset_key(
    fn: Callable[..., Any],
    name: str | None,
    key: CoercibleToAssetKey | None,
    key_prefix: str | Sequence[str] | None,
) -> AssetKey:
    if key is not None:
        only_one("asset", key=key, name=name, key_prefix=key_prefix)
        return valid_key(AssetKey.from_coercible(key))
    last = _asset_name(name) if name is not None else function_name(fn)
    return plain_key(last) if key_prefix is None else valid_key(AssetKey([*prefix_parts(key_prefix), last]))


def _asset_name(name: str) -> str:
    """A name that may have dashes: the name of its step has underscores there."""
    valid_name(name.replace("-", "_") if isinstance(name, str) else name, "the name of an asset")
    return name


def function_name(fn: Callable[..., Any]) -> str:
    """The name that a definition takes from its function."""
    if not callable(fn):
        raise wrong_type("the decorator", "what it is put on", fn, "a function")
    name = getattr(fn, "__name__", None)
    if name is None or name == "<lambda>":
        raise InvalidDefinitionError(
            f"{fn!r} has no name that could become the name of an asset or a check",
            subject=repr(fn),
            found=f"an object of type {type(fn).__name__}",
            expected="a function written with def",
            next_step="give name=",
        )
    return str(name)


@cache
def plain_key(name: str) -> AssetKey:
    """The key of one part, the same object for the same name."""
    return AssetKey(name)


@cache
def plain_input(name: str) -> UnitInput:
    """The input of a parameter that says nothing but its name."""
    return UnitInput(name, plain_key(name))


@cache
def plain_dep(key: AssetKey) -> AssetDep:
    """The dependency on a key, the same object for the same key."""
    return AssetDep(key)


def lower_inputs(
    owner: str, signature: Signature, ins: Mapping[str, AssetIn] | None, deps: Iterable[DepLike] | None
) -> tuple[UnitInput, ...]:
    """Parameters first, in their order; then what `ins=` and `deps=` add."""
    if not ins and not deps and not signature.annotations:
        return tuple(map(plain_input, signature.inputs))
    _check_ins(owner, signature, ins or {})
    given = ins or {}
    inputs = [_argument(name, given.get(name), signature.annotations.get(name)) for name in signature.inputs]
    for name, asset_in in given.items():
        if name not in signature.inputs:
            inputs.append(_argument(name, asset_in, None))
    if not deps:
        return tuple(inputs)
    loaded = {unit_input.asset: unit_input.name for unit_input in inputs}
    taken = {unit_input.name for unit_input in inputs}
    for dep in coerce_deps(owner, deps):
        if dep.asset_key in loaded:
            raise InvalidDefinitionError(
                f"The deps value {dep.asset_key!r} of {owner!r} is also declared as input/AssetIn",
                subject=owner,
                found=f"deps, and the parameter {loaded[dep.asset_key]!r}",
                expected="each upstream asset once",
                next_step="leave it out of deps: the parameter says it already",
            )
        inputs.append(order_only(dep, taken))
    return tuple(inputs)


def _check_ins(owner: str, signature: Signature, ins: Mapping[str, AssetIn]) -> None:
    for name, asset_in in ins.items():
        if not isinstance(asset_in, AssetIn):
            raise wrong_type(owner, f"ins[{name!r}]", asset_in, "an AssetIn")
        without_value = asset_in.dagster_type is Nothing
        if name in signature.inputs and without_value:
            raise wrong_type(
                owner, f"the parameter {name!r}", Nothing, "no parameter for an input without a value"
            )
        if name not in signature.inputs and not without_value and not signature.var_keyword:
            raise InvalidDefinitionError(
                f"{owner!r} has ins={{{name!r}: …}}, but its function has no parameter {name!r}",
                subject=owner,
                found=f"parameters {', '.join(signature.inputs) or '(none)'}",
                expected=f"a parameter {name!r}",
                next_step="add the parameter, or name the asset in deps= where only the order counts",
            )


def _argument(name: str, asset_in: AssetIn | None, annotation: Any) -> UnitInput:
    if asset_in is None:
        return plain_input(name) if annotation is None else UnitInput(name, plain_key(name), True, annotation)
    if asset_in.dagster_type is Nothing:
        annotation, manager = None, None
    else:
        annotation, manager = asset_in.dagster_type or annotation, asset_in.input_manager_key
    key, mapping = asset_in.key_for(name), asset_in.partition_mapping
    is_argument = asset_in.dagster_type is not Nothing
    return UnitInput(name, key, is_argument, annotation, manager, asset_in.metadata, mapping)


def order_only(dep: AssetDep, taken: set[str]) -> UnitInput:
    name = dep.asset_key.to_python_identifier()
    while name in taken:
        name = f"_{name}"
    taken.add(name)
    return UnitInput(name, dep.asset_key, False, None, None, dep.metadata, dep.partition_mapping)


def lower_output(name: str, spec: AssetSpec, annotation: Any, manager: str | None) -> UnitOutput:
    if is_nothing(annotation):
        return UnitOutput(name, spec, not spec.skippable, None, None)
    return UnitOutput(name, spec, not spec.skippable, annotation, manager or DEFAULT_IO_MANAGER)


def own_checks(
    owner: str, check_specs: Sequence[AssetCheckSpec] | None, keys: Sequence[AssetKey]
) -> tuple[AssetCheckSpec, ...]:
    if not check_specs:
        return ()
    checks = tuple(check_specs)
    for check in checks:
        if not isinstance(check, AssetCheckSpec):
            raise wrong_type(owner, "check_specs", check, "AssetCheckSpec objects")
        if check.asset_key not in keys:
            raise InvalidDefinitionError(
                f"The check {check.name!r} of {owner!r} is about another asset",
                subject=check.name,
                found=check.asset_key.to_user_string(),
                expected=" or ".join(key.to_user_string() for key in keys),
                next_step="write a function with @asset_check for checks of other assets",
            )
    refuse_twice(owner, [check.key.to_user_string() for check in checks], "check")
    return checks


def build_unit(
    fn: Callable[..., Any],
    name: str,
    owner: str,
    signature: Signature,
    needs: Needs,
    inputs: tuple[UnitInput, ...],
    outputs: tuple[UnitOutput, ...] = (),
    checks: tuple[AssetCheckSpec, ...] = (),
    description: str | None = None,
    **more: Any,
) -> ComputeUnit:
    not_reserved(name, "the name of a step")
    config_type = signature.config_type
    if needs.config_schema is not None:
        config_type = _config_schema(owner, signature, needs.config_schema)
    keys = _resource_keys(owner, signature, needs, outputs)
    if not isinstance(needs.retry_policy, RetryPolicy | None):
        raise wrong_type(owner, "retry_policy", needs.retry_policy, "a RetryPolicy")
    if not isinstance(needs.partitions_def, PartitionsDefinition | None):
        raise wrong_type(owner, "partitions_def", needs.partitions_def, "a PartitionsDefinition")
    tags = _op_tags(needs.op_tags)
    parameters = {key: key for key in signature.resources} if signature.resources else NOTHING_SAID
    return ComputeUnit(
        name,
        fn,
        inputs=inputs,
        outputs=outputs,
        checks=checks,
        context=signature.context,
        config_name=signature.config_name,
        config_type=config_type,
        resource_parameters=parameters,
        required_resources=keys,
        resource_defs=needs.resource_defs or NOTHING_SAID,
        flow=signature.flow,
        has_var_keyword=signature.var_keyword,
        partitions=needs.partitions_def,
        retry_policy=needs.retry_policy,
        tags=tags,
        pool=needs.pool or tags.get(CONCURRENCY_KEY),
        description=description,
        terms=needs.terms,
        backfill=needs.backfill,
        **more,
    )


def _resource_keys(
    owner: str, signature: Signature, needs: Needs, outputs: tuple[UnitOutput, ...]
) -> frozenset[str]:
    """What the function takes: by its parameters, by name, and what comes with it but stores its outputs."""
    keys = needs.required_resource_keys
    if isinstance(keys, str):
        raise wrong_type(owner, "required_resource_keys", keys, "a set of strings")
    own = needs.resource_defs
    if not (signature.resources or keys or own):
        return NO_RESOURCES
    brought = set(own or ()).difference(output.manager or DEFAULT_IO_MANAGER for output in outputs)
    return frozenset((*signature.resources, *(keys or ()), *brought))


def _config_schema(owner: str, signature: Signature, schema: Any) -> Any:
    if signature.config_name is not None:
        raise InvalidDefinitionError(
            f"{owner!r} has both config_schema= and the parameter {signature.config_name!r}",
            subject=owner,
            found="two descriptions of its config",
            expected="one",
            next_step="leave config_schema= out: the annotation of the parameter says it",
        )
    one = isinstance(schema, (Mapping, type)) or hasattr(schema, "__origin__")
    if one or (isinstance(schema, list) and len(schema) == 1):
        return schema
    raise wrong_type(owner, "config_schema", schema, "a type, a dict of types, or a subclass of Config")


def _op_tags(tags: Mapping[str, Any] | None) -> Mapping[str, str]:
    """Tags of the step; a value that is no string becomes its JSON."""
    if not tags:
        return NOTHING_SAID
    import json  # noqa: PLC0415  (rare, and the first asset must be quick)

    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in tags.items()}
