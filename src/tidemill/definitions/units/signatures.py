"""What a function says by itself: which parameter is what, how results come out, what annotations mean.

    function ──read_signature──▶ Signature(inputs, context, config, resources, flow, annotations)

A plain function is read off its code object: `inspect` costs 10 ms of start-up and 30 µs a function. Classes
are known by their marks (`__tidemill_context__`, `…_config__`, `…_resource__`, `…_result__`), so that nothing
heavy is imported to recognise them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import FunctionType, UnionType
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar, Union, get_args, get_origin

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.specs.ports import Nothing
from tidemill.definitions.values import NOTHING_SAID

Flow: TypeAlias = Literal["return", "generator", "coroutine", "async_generator"]

CONTEXT_NAMES = frozenset({"context", "_context", "_", "__"})
POSITIONAL, VAR_KEYWORD = 0x04, 0x08  # flags of code objects: `*args`, `**kwargs`
FLOWS: tuple[tuple[int, Flow], ...] = ((0x20, "generator"), (0x80, "coroutine"), (0x200, "async_generator"))
ANY_FLOW = 0x20 | 0x80 | 0x200
UNRESOLVED = (NameError, AttributeError, TypeError, SyntaxError)


class Signature(NamedTuple):
    """A function's parameters by role.

    Attributes:
        inputs: Parameters that receive values of assets.
        context: Whether the first parameter is the context.
        config_name, config_type: The parameter that receives config, and its class.
        resources: Parameters that receive resources.
        var_keyword: Whether there is a `**kwargs`.
        flow: How results come out.
        annotations: Parameter (or `return`) → annotation, as far as names resolve.
    """

    inputs: tuple[str, ...]
    context: bool = False
    config_name: str | None = None
    config_type: Any = None
    resources: tuple[str, ...] = ()
    var_keyword: bool = False
    flow: Flow = "return"
    annotations: Mapping[str, Any] = NOTHING_SAID


def read_signature(fn: Callable[..., Any], owner: str) -> Signature:
    """Read a function's parameters."""
    if type(fn) is FunctionType and not hasattr(fn, "__wrapped__"):
        code = fn.__code__
        flags = code.co_flags
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        by_position = code.co_posonlyargcount
        annotations: Mapping[str, Any] = fn.__annotations__
        source: Any = fn
    else:
        names, by_position, flags, annotations, source = _inspected(fn)
    for annotation in annotations.values():
        if type(annotation) is str:
            annotations = _resolved(annotations, getattr(source, "__globals__", {}))
            break
    context = bool(names) and (
        names[0] in CONTEXT_NAMES
        or (bool(annotations) and is_marked(annotations.get(names[0]), "__tidemill_context__"))
    )
    if context:
        names = names[1:]
    if flags & POSITIONAL or by_position > context or "context" in names:
        raise _cannot_be_named(owner, names, by_position - context, flags)
    flow: Flow = "return"
    if flags & ANY_FLOW:
        flow = next(kind for flag, kind in FLOWS if flags & flag)
    var_keyword = bool(flags & VAR_KEYWORD)
    if not annotations and "config" not in names:
        return Signature(names, context, None, None, (), var_keyword, flow)
    config = [n for n in names if n == "config" or is_marked(annotations.get(n), "__tidemill_config__")]
    resources = tuple(name for name in names if is_marked(annotations.get(name), "__tidemill_resource__"))
    if len(config) > 1:
        raise wrong_type(owner, "the config", config, "one parameter at most")
    return Signature(
        tuple(name for name in names if name not in config and name not in resources),
        context,
        config[0] if config else None,
        _config_type(owner, config[0], annotations) if config else None,
        resources,
        var_keyword,
        flow,
        annotations,
    )


def _inspected(
    fn: Callable[..., Any],
) -> tuple[tuple[str, ...], int, int, Mapping[str, Any], Callable[..., Any]]:
    """The same facts of a partial, a bound method, a wrapped function or an object with `__call__`."""
    import functools  # noqa: PLC0415
    import inspect  # noqa: PLC0415  (10 ms that plain functions do not pay)

    parameters = inspect.signature(fn).parameters.values()
    source: Any = fn
    while True:
        inner = source.func if isinstance(source, functools.partial) else getattr(source, "__wrapped__", None)
        if inner is None:
            break
        source = inner
    if not hasattr(source, "__code__"):
        source = type(source).__call__
    flags = source.__code__.co_flags & ANY_FLOW if hasattr(source, "__code__") else 0  # a class has none
    variable = {inspect.Parameter.VAR_POSITIONAL: POSITIONAL, inspect.Parameter.VAR_KEYWORD: VAR_KEYWORD}
    for parameter in parameters:
        if parameter.kind in variable:
            flags |= variable[parameter.kind]
    # What a partial has bound already is no input any more; it shows as a keyword with a default.
    bound = fn.keywords if isinstance(fn, functools.partial) else {}
    names = tuple(p.name for p in parameters if p.kind not in variable and p.name not in bound)
    by_position = sum(p.kind is p.POSITIONAL_ONLY for p in parameters)
    return (
        names,
        by_position,
        flags,
        getattr(source, "__annotations__", {}),
        getattr(source, "__func__", source),
    )


def _resolved(annotations: Mapping[str, Any], module_names: dict[str, Any]) -> dict[str, Any]:
    """Annotations with text evaluated where the function was written; what does not resolve is left out."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("tidemill."):
        frame = frame.f_back  # up to the user's code, whose local classes an annotation may name
    local_names = frame.f_locals
    resolved = {}
    for name, annotation in annotations.items():
        try:
            value = eval(annotation, module_names, local_names) if isinstance(annotation, str) else annotation
        except UNRESOLVED:
            continue
        resolved[name] = value
    return resolved


def _cannot_be_named(
    owner: str, names: tuple[str, ...], by_position: int, flags: int
) -> InvalidDefinitionError:
    if "context" in names:
        return InvalidDefinitionError(
            f"{owner!r} takes the context, but not as its first parameter",
            subject=owner,
            found=f"parameters {', '.join(names)}",
            expected="context first",
        )
    return InvalidDefinitionError(
        f"{owner!r} has parameters that cannot be given by name",
        subject=owner,
        found="*args" if flags & POSITIONAL else ", ".join((*names[:by_position], "/")),
        expected="one named parameter for each input",
        next_step="name the parameters, or use **kwargs together with ins=",
    )


def _config_type(owner: str, name: str, annotations: Mapping[str, Any]) -> Any:
    annotation = annotations.get(name)
    if is_marked(annotation, "__tidemill_config__"):
        return annotation
    if annotation is None or annotation is Any or (get_origin(annotation) or annotation) in (dict, Mapping):
        return None
    if (get_origin(annotation) or annotation) in (str, int, float, bool, list):
        return annotation
    raise wrong_type(owner, f"the annotation of {name!r}", annotation, "a subclass of Config, or dict")


def is_marked(annotation: Any, mark: str) -> bool:
    """Whether an annotation is a class with that mark, or `Annotated` with one."""
    if annotation is None:
        return False
    if getattr(annotation, mark, False) is True:
        return True
    return any(getattr(extra, mark, False) is True for extra in getattr(annotation, "__metadata__", ()))


def is_nothing(annotation: Any) -> bool:
    """Whether an annotation says that no value is given: `-> None`, `Nothing`."""
    return annotation is type(None) or annotation is Nothing


def value_type(annotation: Any) -> Any:
    """The type of the value that a return annotation promises, such as T of `Output[T]`, or None."""
    if is_marked(get_origin(annotation), "__tidemill_result__"):
        inner = get_args(annotation)[0]
        return None if isinstance(inner, TypeVar) else inner
    if annotation is Any or is_marked(annotation, "__tidemill_result__"):
        return None
    if get_origin(annotation) in (Union, UnionType) and any(
        is_marked(get_origin(arm) or arm, "__tidemill_result__") for arm in get_args(annotation)
    ):
        return None
    return annotation


def returned_types(signature: Signature, count: int) -> tuple[Any, ...]:
    """The annotated type of each of `count` outputs, or None; `-> None` gives `NoneType`."""
    unknown = (None,) * count
    if "return" not in signature.annotations or signature.flow in ("generator", "async_generator"):
        return unknown
    annotation = signature.annotations["return"]
    if annotation is None:
        return (type(None),) * count
    if count == 1:
        return (value_type(annotation),)
    arms = get_args(annotation) if get_origin(annotation) is tuple else ()
    return tuple(map(value_type, arms)) if len(arms) == count and ... not in arms else unknown


def docstring(fn: Callable[..., Any]) -> str | None:
    """The docstring without its indentation, or None; that of a callable object's class does not count."""
    text = fn.__doc__ if type(fn) is FunctionType else None
    if not text:
        return None
    first, *rest = text.expandtabs().splitlines()
    margin = min((len(line) - len(line.lstrip()) for line in rest if line.strip()), default=0)
    return "\n".join([first.strip(), *(line[margin:].rstrip() for line in rest)]).strip() or None
