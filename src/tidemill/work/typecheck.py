"""Whether a value is of the type that an annotation names, for the annotations that can be checked cheaply.

Classes, unions and the outer class of generics (`list[int]` is checked as `list`) are checked; type
variables, protocols and anything else that `isinstance` cannot answer passes. An int passes for a float (PEP 484,
the numeric tower), and NumPy's numbers for Python's: a score must not be lost for being a `float32`.
"""

from __future__ import annotations

import types
from numbers import Integral, Real
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from tidemill.core.errors import TypeCheckError


def matches(value: object, annotation: Any) -> bool:
    """Whether `value` may stand where `annotation` was written."""
    if annotation is None or annotation is Any or annotation is object:
        return True
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return _is_instance(value, annotation)
    origin = get_origin(annotation)
    if origin is Annotated:
        return matches(value, get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return any(matches(value, arm) for arm in get_args(annotation))
    if origin is Literal:
        return value in get_args(annotation)
    return _is_instance(value, origin) if isinstance(origin, type) else True


def _is_instance(value: object, annotation: type) -> bool:
    if annotation is float:
        return isinstance(value, Real) and not isinstance(value, bool)
    try:
        if isinstance(value, annotation):
            return True
    except TypeError:  # a protocol, a TypedDict: the class itself says that it cannot tell
        return True
    if annotation is int:
        return isinstance(value, Integral)
    # NumPy's bool is no subclass of anything, and its name has changed.
    return annotation is bool and type(value).__name__ in ("bool_", "bool")


def check_type(value: object, annotation: Any, *, role: str, name: str, step: str) -> None:
    """Refuse a value that is not of its annotated type.

    Args:
        value: What was given.
        annotation: The type that the user wrote, or None.
        role: `input` or `output`.
        name: Of the input or output.
        step: Of the step.

    Raises:
        TypeCheckError: It is of another type.
    """
    if annotation is None or matches(value, annotation):
        return
    expected = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    found = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    told = _LEGACY.get(expected, expected)
    raise TypeCheckError(
        f'Type check failed for step {role} "{name}" of {step!r} - expected type "{told}"',
        subject=name,
        found=f"a value of type {found}",
        expected=expected,
        next_step=f"return what the annotation says, or correct the annotation of {step!r}",
    )


# The names that programs written against the compatible interface look for in the message.
_LEGACY = {"str": "String", "int": "Int", "float": "Float", "bool": "Bool"}
