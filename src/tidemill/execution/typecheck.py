"""Whether a value is of the type that an annotation names, for the annotations that can be checked cheaply.

Classes, unions and the outer class of generics (`list[int]` is checked as `list`) are checked; type variables, protocols
and anything else that `isinstance` cannot answer passes. An int passes for a float (PEP 484, the numeric tower).
"""

from __future__ import annotations

import types
from typing import Any, Literal, Union, get_args, get_origin

from tidemill.core.errors import TypeCheckError


def matches(value: object, annotation: Any) -> bool:
    """Whether `value` may stand where `annotation` was written."""
    if annotation is None or annotation is Any or annotation is object:
        return True
    if isinstance(annotation, type) and get_origin(annotation) is None:
        if annotation is float:
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        if getattr(annotation, "_is_protocol", False):
            return True
        return isinstance(value, annotation)
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return any(arm is type(None) and value is None or arm is not type(None) and matches(value, arm) for arm in get_args(annotation))
    if origin is Literal:
        return value in get_args(annotation)
    if isinstance(origin, type):
        return isinstance(value, origin)
    return True


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
    raise TypeCheckError(
        f'Type check failed for step {role} "{name}" of {step!r} - expected type "{_LEGACY.get(expected, expected)}"',
        subject=name,
        found=f"a value of type {found}",
        expected=expected,
        next_step=f"return what the annotation says, or correct the annotation of {step!r}",
    )


# The names that programs written against the compatible interface look for in the message.
_LEGACY = {"str": "String", "int": "Int", "float": "Float", "bool": "Bool"}
