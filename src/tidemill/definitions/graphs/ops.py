"""Ops: functions whose results are no assets, to be put together in graphs and jobs.

@op ──▶ OpDefinition(unit)          called: outside of a graph the function itself, within one a part of it
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Self

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.definitions.arguments import not_reserved, valid_key, valid_name, wrong_type
from tidemill.definitions.graphs.composing import Node
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.specs.ports import Nothing, python_type
from tidemill.definitions.units.lowering import Needs, build_unit, function_name
from tidemill.definitions.units.ports import InputDefinition, OutputDefinition, input_defs, output_defs
from tidemill.definitions.units.signatures import (
    Signature,
    docstring,
    is_nothing,
    read_signature,
    returned_types,
)
from tidemill.definitions.units.unit import DEFAULT_IO_MANAGER, NO_CONSTANT, ComputeUnit, PassedOutput, Wire
from tidemill.definitions.values import NOTHING_SAID, UNSET, Items, Unset, Value, fill


class In(Value):
    """What is said of an input of an op.

    Args:
        dagster_type: Type of the value; `Nothing` where only the order counts.
        description: For the reader.
        default_value: Where nothing is connected to the input.
        metadata: Facts, for the I/O manager too.
        asset_key: An asset whose value it takes where nothing is connected to it, and nothing else is said.
        asset_partitions: Of that asset, where it has partitions: the keys of those that are taken, one as its value,
            several as a dict by key.
        input_manager_key: Which I/O manager loads it, where not the one that stored it.

    Raises:
        InvalidDefinitionError: `asset_key` is no key, or there are partitions of no asset.

    Example:
        >>> @op(ins={"number": In(int, default_value=2)})
        ... def doubled(number):
        ...     return 2 * number
        >>> @job
        ... def numbers():
        ...     doubled()
        >>> numbers.execute_in_process().output_for_node("doubled")
        4
    """

    dagster_type: Any
    description: str | None
    default_value: Any
    metadata: Mapping[str, Any]
    asset_key: AssetKey | None
    asset_partitions: Items[str] | None
    input_manager_key: str | None

    def __init__(
        self,
        dagster_type: Any = UNSET,
        description: str | None = None,
        default_value: Any = UNSET,
        metadata: Mapping[str, Any] | None = None,
        asset_key: CoercibleToAssetKey | None = None,
        asset_partitions: Collection[str] | None = None,
        input_manager_key: str | None = None,
    ) -> None:
        kind = dagster_type if dagster_type is Nothing else python_type("In", dagster_type)
        key, slices = _asset_of_input(asset_key, asset_partitions)
        fill(self, kind, description, default_value, metadata or NOTHING_SAID, key, slices, input_manager_key)


def _asset_of_input(key: Any, partitions: Any) -> tuple[AssetKey | None, Items[str] | None]:
    if callable(key) or callable(partitions):
        raise wrong_type(
            "In",
            "asset_key" if callable(key) else "asset_partitions",
            key if callable(key) else partitions,
            "what is known before the run; an op that computes it calls context.load_asset_value(KEY)",
        )
    if partitions is None:
        return None if key is None else valid_key(AssetKey.from_coercible(key)), None
    if key is None or isinstance(partitions, str):
        raise wrong_type("In", "asset_partitions", partitions, "a set of partition keys, with asset_key=")
    return valid_key(AssetKey.from_coercible(key)), Items(sorted(partitions))


class Out(Value):
    """What is said of an output of an op.

    Args:
        dagster_type: Type of the value; `Nothing` where there is none.
        description: For the reader.
        is_required: Whether the function must give it; what needs one that it did not give is skipped.
        io_manager_key: Which I/O manager stores it.
        metadata: Facts, for the I/O manager too.
        code_version: Of what makes it.

    Example:
        >>> @op(out={"half": Out(), "rest": Out()})
        ... def halved():
        ...     return 3, 1
        >>> @job
        ... def numbers():
        ...     halved()
        >>> numbers.execute_in_process().output_for_node("halved", "rest")
        1
    """

    dagster_type: Any
    description: str | None
    is_required: bool
    io_manager_key: str | None
    metadata: Mapping[str, Any]
    code_version: str | None

    def __init__(
        self,
        dagster_type: Any = UNSET,
        description: str | None = None,
        is_required: bool = True,
        io_manager_key: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        code_version: str | None = None,
    ) -> None:
        kind = dagster_type if dagster_type is Nothing else python_type("Out", dagster_type)
        fill(self, kind, description, is_required, io_manager_key, metadata or NOTHING_SAID, code_version)


class DynamicOut(Out):
    """An output that is given any number of times, as `DynamicOutput`s; arguments as of `Out`.

    Example:
        >>> @op(out=DynamicOut(str))
        ... def files():
        ...     for name in ("a", "b"):
        ...         yield DynamicOutput(f"{name}.csv", mapping_key=name)
    """


class OpDefinition(Node):
    """A function that can be a step of a graph; made by `@op`.

    Attributes:
        unit: Its normal form, not yet connected to anything.
    """

    def __init__(self, unit: ComputeUnit) -> None:
        self.unit = unit
        self.__name__ = unit.name
        self.__doc__ = unit.description

    @property
    def name(self) -> str:  # type: ignore[override]
        """Its name."""
        return self.unit.name

    @property
    def description(self) -> str | None:
        """What it does."""
        return self.unit.description

    @property
    def tags(self) -> Mapping[str, str]:
        """Its tags."""
        return self.unit.tags

    @property
    def pool(self) -> str | None:
        """The pool that its steps take a slot of."""
        return self.unit.pool

    @property
    def retry_policy(self) -> RetryPolicy | None:
        """How often it is tried again."""
        return self.unit.retry_policy

    @property
    def required_resource_keys(self) -> frozenset[str]:
        """Resources that it needs."""
        return self.unit.required_resources

    @property
    def compute_fn(self) -> Callable[..., Any]:
        """The function."""
        return self.unit.fn

    @property
    def input_names(self) -> tuple[str, ...]:
        """What it takes, in order."""
        return tuple([wire.name for wire in self.unit.wires])

    @property
    def output_names(self) -> tuple[str, ...]:
        """What it gives, in order."""
        return tuple([output.name for output in self.unit.passed])

    @property
    def dynamic_outputs(self) -> Mapping[str, bool]:
        """Its outputs, and whether each is dynamic."""
        return {output.name: output.dynamic for output in self.unit.passed}

    @property
    def input_defs(self) -> list[InputDefinition]:
        """Its inputs, in order."""
        return input_defs(self.unit)

    @property
    def output_defs(self) -> list[OutputDefinition]:
        """Its outputs, in order."""
        return output_defs(self.unit)

    @property
    def ins(self) -> Mapping[str, In]:
        """Its inputs by name."""
        return {
            wire.name: In(
                wire.annotation if wire.is_argument else Nothing,
                default_value=UNSET if wire.constant is NO_CONSTANT else wire.constant,
                metadata=wire.metadata,
                asset_key=wire.asset,
                asset_partitions=wire.asset_partitions,
                input_manager_key=wire.manager,
            )
            for wire in self.unit.wires
        }

    @property
    def outs(self) -> Mapping[str, Out]:
        """Its outputs by name."""
        return {
            output.name: (DynamicOut if output.dynamic else Out)(
                output.annotation if output.manager is not None else Nothing,
                output.description,
                output.required,
                output.manager,
                output.metadata,
            )
            for output in self.unit.passed
        }

    def configured(
        self,
        config_or_config_fn: Any,
        name: str | None = None,
        config_schema: Any = None,
        description: str | None = None,
    ) -> Self:
        """The same op with config that a run need not give.

        Args:
            config_or_config_fn: The config: a dict, or an instance of a `Config` class.
            name: Of the new op; the same by default.
            config_schema: Not in this version, like a function that makes the config.
            description: For the reader.

        Raises:
            InvalidDefinitionError: The config is a function, or no dict.
        """
        given = config_or_config_fn
        if hasattr(given, "model_dump"):
            given = given.model_dump()
        if config_schema is not None or not isinstance(given, Mapping):
            raise wrong_type(self.name, "configured", config_or_config_fn, "a dict, without config_schema")
        unit = self.unit._replace(
            name=valid_name(name, "the name of an op") if name is not None else self.name,
            preset={**self.unit.preset, **given},
            description=description or self.description,
        )
        return type(self)(unit)

    def __repr__(self) -> str:
        return f"OpDefinition({self.name!r})"


def lower_op(
    fn: Callable[..., Any],
    name: str | None,
    ins: Mapping[str, In] | None,
    out: Out | Mapping[str, Out] | None,
    needs: Needs,
    description: str | None,
    code_version: str | None,
) -> ComputeUnit:
    """The unit of an op, not yet connected to anything.

    Raises:
        InvalidDefinitionError: The definition cannot work.
    """
    own = valid_name(name, "the name of an op") if name is not None else function_name(fn)
    not_reserved(own, "the name of an op")
    signature = read_signature(fn, own)
    return build_unit(
        fn,
        own,
        own,
        signature,
        needs,
        (),
        description=description or docstring(fn),
        wires=lower_ins(own, fn, signature, ins),
        passed=lower_outs(own, signature, out),
        kind="op",
        code_version=code_version,
    )


def lower_ins(
    owner: str, fn: Callable[..., Any], signature: Signature, ins: Mapping[str, In] | None
) -> tuple[Wire, ...]:
    """Parameters in their order; then the inputs that only order."""
    said = dict(ins or {})
    for key, value in said.items():
        if not isinstance(value, In):
            raise wrong_type(owner, f"ins[{key!r}]", value, "an In")
    defaults = _defaults(fn)
    wires = []
    for name in signature.inputs:
        given = said.pop(name, None)
        annotation = signature.annotations.get(name)
        constant = defaults.get(name, NO_CONSTANT)
        if given is None:
            wires.append(Wire(name, annotation=annotation, constant=constant))
            continue
        if given.dagster_type is Nothing:
            raise wrong_type(
                owner, f"the parameter {name!r}", Nothing, "no parameter for an input without a value"
            )
        if not isinstance(given.default_value, Unset):
            constant = given.default_value
        kind = given.dagster_type or annotation
        wires.append(
            Wire(
                name,
                annotation=kind,
                manager=given.input_manager_key,
                metadata=given.metadata,
                constant=constant,
                asset=given.asset_key,
                asset_partitions=given.asset_partitions,
            )
        )
    for name, given in said.items():
        if given.dagster_type is not Nothing and not signature.var_keyword:
            raise InvalidDefinitionError(
                f"{owner!r} has ins={{{name!r}: …}}, but its function has no parameter {name!r}",
                subject=owner,
                found=f"parameters {', '.join(signature.inputs) or '(none)'}",
                expected=f"a parameter {name!r}",
                next_step="add the parameter, or say In(Nothing) where only the order counts",
            )
        ordering = given.dagster_type is Nothing
        kind = None if ordering else given.dagster_type
        wires.append(
            Wire(
                name,
                is_argument=not ordering,
                annotation=kind,
                metadata=given.metadata,
                asset=given.asset_key,
                asset_partitions=given.asset_partitions,
            )
        )
    return tuple(wires)


def _defaults(fn: Callable[..., Any]) -> dict[str, Any]:
    """Parameter → its default value."""
    code = getattr(fn, "__code__", None)
    if code is not None and not hasattr(fn, "__wrapped__"):
        values = getattr(fn, "__defaults__", None) or ()
        names = code.co_varnames[: code.co_argcount]
        last = dict(zip(names[len(names) - len(values) :], values, strict=True)) if values else {}
        return {**last, **(getattr(fn, "__kwdefaults__", None) or {})}
    import inspect  # noqa: PLC0415  (10 ms that plain functions do not pay)

    found = inspect.signature(fn).parameters.values()
    return {each.name: each.default for each in found if each.default is not inspect.Parameter.empty}


def lower_outs(
    owner: str, signature: Signature, out: Out | Mapping[str, Out] | None
) -> tuple[PassedOutput, ...]:
    """One output `result`, or those that were named."""
    if out is None:
        (annotation,) = returned_types(signature, 1)
        return (_lower_out("result", Out(), annotation),)
    if isinstance(out, Out):
        (annotation,) = returned_types(signature, 1)
        return (_lower_out("result", out, annotation),)
    if not isinstance(out, Mapping):
        raise wrong_type(owner, "out", out, "an Out, or a dict of them by name")
    annotations = returned_types(signature, len(out)) if out else ()
    outputs = []
    for (name, said), annotation in zip(out.items(), annotations, strict=True):
        if not isinstance(said, Out):
            raise wrong_type(owner, f"out[{name!r}]", said, "an Out")
        not_reserved(valid_name(name, "the name of an output"), "the name of an output")
        outputs.append(_lower_out(name, said, annotation))
    return tuple(outputs)


def _lower_out(name: str, out: Out, annotation: Any) -> PassedOutput:
    dynamic = isinstance(out, DynamicOut)
    kind = out.dagster_type or (None if dynamic else annotation)
    nothing = is_nothing(kind)
    return PassedOutput(
        name,
        out.is_required,
        None if nothing else kind,
        None if nothing else (out.io_manager_key or DEFAULT_IO_MANAGER),
        dynamic,
        out.metadata,
        out.description,
    )
