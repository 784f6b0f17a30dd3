"""`@op`, and an op that can be called: within the body of a graph, and by itself in a test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, overload

from tidemill.compat.contexts import build_op_context
from tidemill.core.errors import InvalidInvocationError
from tidemill.definitions.graphs import ops as declared
from tidemill.definitions.graphs.composing import Settings, current
from tidemill.definitions.graphs.ops import In, Out, lower_op
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.units.direct_calls import call_directly
from tidemill.definitions.units.lowering import Needs
from tidemill.definitions.units.unit import NO_CONSTANT, ComputeUnit
from tidemill.work.typecheck import check_type


class OpDefinition(declared.OpDefinition):
    """A function that can be a step of a graph; made by `@op`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Within the body of a graph: make it a part of the graph. Elsewhere: call the function.

        Args:
            *args: The context first, where the function has one; then values by position.
            **kwargs: Values, config and resources by parameter.

        Returns:
            Within a graph its outputs, to be given to other ops; elsewhere what the function gives, untouched.

        Raises:
            InvalidDefinitionError: Within a graph: what was given does not fit its inputs.
            InvalidInvocationError: Elsewhere: the context, a value or a resource is missing.
        """
        composition = current()
        if composition is not None:
            return composition.add(self, Settings(), args, kwargs)
        return call_op(self.unit, args, kwargs)


def call_op(unit: ComputeUnit, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the function of an op as a test does; inputs without a value get their defaults."""
    given, named = list(args), dict(kwargs)
    context = _context(unit, given, named)
    first_is_config = bool(given) and getattr(type(given[0]), "__tidemill_config__", False)
    if first_is_config and unit.config_name is not None and unit.config_name not in named:
        named[unit.config_name] = given.pop(0)
    values = _values(unit, given, named)
    for wire in unit.wires:
        if wire.name in values and wire.annotation is not None:
            check_type(values[wire.name], wire.annotation, role="input", name=wire.name, step=unit.name)
    returned = call_directly(unit, () if context is None else (context,), {**values, **named})
    if unit.flow == "return" and len(unit.passed) == 1:
        (output,) = unit.passed
        plain = not getattr(type(returned), "__tidemill_result__", False) and not output.dynamic
        if plain and output.annotation is not None:
            check_type(returned, output.annotation, role="output", name=output.name, step=unit.name)
    return returned


def _context(unit: ComputeUnit, given: list[Any], named: dict[str, Any]) -> Any:
    """The context, taken from what was given; for None, as a test that does not need one gives it, a plain one."""
    is_context = bool(given) and getattr(given[0], "__tidemill_context__", False)
    if not unit.context:
        return given.pop(0) if is_context else named.pop("context", None)
    if "context" in named:
        context = named.pop("context")
    elif is_context or (given and given[0] is None):
        context = given.pop(0)
    else:
        raise InvalidInvocationError(
            f"{unit.name!r} has a context argument, but no context was provided when invoking",
            subject=unit.name,
            found=f"{given[0]!r} as the first argument" if given else "no arguments",
            expected="a context as the first argument",
            next_step=f"{unit.name}(build_op_context(), …)",
        )
    return build_op_context() if context is None else context


def _values(unit: ComputeUnit, given: list[Any], named: dict[str, Any]) -> dict[str, Any]:
    """Input → value, taken from what was given; one that only orders takes none, whatever is given for it."""
    names = [wire.name for wire in unit.wires if wire.is_argument]
    if len(given) > len(names):
        given = _inputs_of(unit, given, named)
    if len(given) > len(names):
        raise InvalidInvocationError(
            f"Too many input arguments were provided for op {unit.name!r}",
            subject=unit.name,
            found=f"{len(given)} values by position",
            expected=f"at most {len(names)}: {', '.join(names) or 'it takes none'}",
            next_step=None if unit.context else "leave a context out: its function has no context parameter",
        )
    values = dict(zip(names, given, strict=False))
    for wire in unit.wires:
        if not wire.is_argument:
            named.pop(wire.name, None)
        elif wire.name in values:
            continue
        elif wire.name in named:
            values[wire.name] = named.pop(wire.name)
        elif wire.constant is not NO_CONSTANT:
            values[wire.name] = wire.constant
        else:
            raise InvalidInvocationError(
                f'No value provided for required input "{wire.name}" of op {unit.name!r}',
                subject=wire.name,
                found=", ".join(values) or "no values",
                expected=", ".join(names),
            )
    return values


def _inputs_of(unit: ComputeUnit, given: list[Any], named: dict[str, Any]) -> list[Any]:
    """Those values by position that are inputs; resources and config among them get their names."""
    import inspect  # noqa: PLC0415  (10 ms that only tests pay)

    others = {*unit.resource_parameters, unit.config_name}
    names = [name for name in inspect.signature(unit.fn).parameters if name not in named][unit.context :]
    named.update({name: value for name, value in zip(names, given, strict=False) if name in others})
    return [value for name, value in zip(names, given, strict=False) if name not in others] + given[
        len(names) :
    ]


@overload
def op(compute_fn: Callable[..., Any]) -> OpDefinition: ...
@overload
def op(
    *,
    name: str | None = ...,
    description: str | None = ...,
    ins: Mapping[str, In] | None = ...,
    out: Out | Mapping[str, Out] | None = ...,
    config_schema: Any = ...,
    required_resource_keys: Iterable[str] | None = ...,
    tags: Mapping[str, Any] | None = ...,
    version: str | None = ...,
    retry_policy: RetryPolicy | None = ...,
    code_version: str | None = ...,
    pool: str | None = ...,
) -> Callable[[Callable[..., Any]], OpDefinition]: ...
def op(
    compute_fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    ins: Mapping[str, In] | None = None,
    out: Out | Mapping[str, Out] | None = None,
    config_schema: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    tags: Mapping[str, Any] | None = None,
    version: str | None = None,
    retry_policy: RetryPolicy | None = None,
    code_version: str | None = None,
    pool: str | None = None,
) -> OpDefinition | Callable[[Callable[..., Any]], OpDefinition]:
    """Define a step of graphs and jobs by the function that does it.

    Parameters of the function are as of `@asset`: a context first, one with config, some with resources; all others are
    inputs, which the body of a graph connects to the outputs of other ops.

    Args:
        compute_fn: The function, where the decorator stands without parentheses.
        name: Of the op; the function's where it is not given.
        description: For the reader; the docstring where it is not given.
        ins: Input → what is said of it. One of type `Nothing` is no parameter: only the order counts.
        out: What is said of its output, or of several by name; several are returned as a tuple, or yielded.
        config_schema: A dict of types or a `Config` class, for `context.op_config`.
        required_resource_keys: Resources, for `context.resources`.
        tags: Of its steps.
        version: Another spelling of `code_version`.
        retry_policy: How often a step that fails is tried again.
        code_version: Of its code, in the user's own words.
        pool: Which pool its steps take a slot of.

    Raises:
        InvalidDefinitionError: The definition cannot work.

    Example:
        >>> @op
        ... def double(number: int) -> int:
        ...     return 2 * number
        >>> double(3)
        6
    """

    needs = Needs(config_schema, required_resource_keys, None, tags, retry_policy, pool=pool)

    def define(fn: Callable[..., Any]) -> OpDefinition:
        return OpDefinition(lower_op(fn, name, ins, out, needs, description, code_version or version))

    return define if compute_fn is None else define(compute_fn)
