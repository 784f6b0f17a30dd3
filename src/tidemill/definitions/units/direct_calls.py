"""A decorated function outside of any run: what its step is called, and how a test calls it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError
from tidemill.definitions.units.ports import InputDefinition, OutputDefinition, input_defs, output_defs
from tidemill.definitions.units.signatures import is_marked
from tidemill.definitions.units.unit import ComputeUnit

CONFIG = "root:config"
"""Where the config of a function lies that is called directly, in errors about it."""


class StepDefinition(NamedTuple):
    """What a step is called, what is said of it, and what it takes and gives."""

    name: str
    description: str | None
    tags: Mapping[str, str]
    input_defs: Sequence[InputDefinition] = ()
    output_defs: Sequence[OutputDefinition] = ()

    @classmethod
    def of(cls, unit: ComputeUnit) -> StepDefinition:
        """The step of a unit."""
        return cls(unit.name, unit.description, unit.tags, input_defs(unit), output_defs(unit))


def call_directly(unit: ComputeUnit, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a unit's function with what the caller gives and, for the rest, what the context has.

    Raises:
        InvalidInvocationError: The context is missing, or a resource that only a context could give.
        InvalidConfigError: The config that the context has does not fit the function.
        InvalidDefinitionError: The context lacks a resource that the function says it takes from there.
    """
    import inspect  # noqa: PLC0415  (10 ms that only tests pay)

    if unit.parts:
        raise InvalidInvocationError(
            f"{unit.name!r} is a graph: its function was called when it was defined, to put its ops together",
            subject=unit.name,
            found="a direct call",
            expected="a run",
            next_step=f"materialize([{unit.name}]), or call its ops",
        )
    context = None
    if args and getattr(args[0], "__tidemill_context__", False):
        context, args = args[0], args[1:]
    elif unit.context and "context" in kwargs:
        context = kwargs.pop("context")
    if unit.context:
        if context is None:
            raise _cannot_call(
                unit, "its context", "no context", "build_asset_context() as the first argument"
            )
        args = (context, *args)
    if context is not None:
        context.bind(unit)
        _check_resources(unit, context)
    signature = inspect.signature(unit.fn)
    try:
        bound = signature.bind_partial(*args, **kwargs).arguments
    except TypeError:
        bound = {}  # too many, or unknown: what is wrong is told below
    for name, key in unit.resource_parameters.items():
        if name not in bound:
            kwargs[name] = _resource(unit, context, name, key)
    if unit.config_name is not None:
        config = _config(unit, bound, context)
        place = list(signature.parameters).index(unit.config_name)
        args, kwargs = _with_argument(args, kwargs, place, unit.config_name, config)
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        given = [*(type(each).__name__ for each in args), *(f"{name}=" for name in kwargs)]
        raise InvalidInvocationError(
            f"{unit.name!r} cannot be called with these arguments: {error}",
            subject=unit.name,
            found=", ".join(given) or "nothing",
            expected=f"{unit.name}{signature}",
        ) from None
    return unit.fn(*args, **kwargs)


def _config(unit: ComputeUnit, arguments: Mapping[str, Any], context: Any) -> Any:
    """Config as the function takes it: a dict becomes an instance of the class that it names. The context learns it."""
    of_context = getattr(context, "given_config", None) or {}
    if of_context and unit.config_name in arguments:
        raise InvalidInvocationError(
            f"{unit.name!r} was given its config twice",
            subject=unit.name,
            found="config in the context, and as an argument",
            expected="one of them",
        )
    config = arguments.get(unit.config_name or "", of_context)
    if isinstance(config, Mapping) and is_marked(unit.config_type, "__tidemill_config__"):
        from tidemill.definitions.config.schemas import build_unseen  # noqa: PLC0415  (loads pydantic)

        config = build_unseen(unit.config_type, config, CONFIG)
    if context is not None:
        context.bind_config(config)
    return config


def _with_argument(
    args: tuple[Any, ...], kwargs: dict[str, Any], place: int, name: str, value: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments with the value of one parameter, where it was given, or by name."""
    if place < len(args):
        return (*args[:place], value, *args[place + 1 :]), kwargs
    return args, {**kwargs, name: value}


def _check_resources(unit: ComputeUnit, context: Any) -> None:
    """Find out whether the context has what the function takes from it."""
    resources = getattr(context, "resources", None)
    for key in sorted(unit.required_resources.difference(unit.resource_parameters.values())):
        if not hasattr(resources, key):
            raise InvalidDefinitionError(
                f"The resource with key {key!r} required by op {unit.name!r} was not provided",
                subject=key,
                found="a context without it",
                expected=f"a resource of the name {key!r}",
                next_step=f"build the context with resources={{{key!r}: …}}",
            )


def _resource(unit: ComputeUnit, context: Any, name: str, key: str) -> Any:
    resources = getattr(context, "resources", None)
    if resources is not None and hasattr(resources, key):
        return getattr(resources, key)
    found = "no resource of that name in the context" if context is not None else "neither it nor a context"
    raise _cannot_call(unit, f"the resource {name!r}", found, f"{name}=, or a context that has it")


def _cannot_call(unit: ComputeUnit, what: str, found: str, expected: str) -> InvalidInvocationError:
    return InvalidInvocationError(
        f"{unit.name!r} was called without {what}", subject=unit.name, found=found, expected=expected
    )
