"""Refusing what a step is given, or gives, that is not of its annotated type: `definitions.types` tells."""

from __future__ import annotations

from typing import Any

from tidemill.core.errors import TypeCheckError
from tidemill.definitions.types import TypeCheckContext, checked, of_users, type_name


def spelled(annotation: Any) -> str:
    """A type as the user wrote it."""
    made = of_users(annotation)
    if made is not None:
        return made.display_name
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def check_type(value: object, annotation: Any, *, role: str, name: str, step: str, run_id: str = "") -> None:
    """Refuse a value that is not of its annotated type.

    Args:
        value: What was given.
        annotation: The type that the user wrote, or None.
        role: `input` or `output`.
        name: Of the input or output.
        step: Of the step.
        run_id: Of the run, for a check of the user's own.

    Raises:
        TypeCheckError: It is of another type.
    """
    if annotation is None:
        return
    verdict = checked(annotation, value, TypeCheckContext(run_id))
    if verdict.success:
        return
    expected = type_name(annotation)
    facts = [f"{label}: {fact.value}" for label, fact in verdict.metadata.items()]
    raise TypeCheckError(
        f'Type check failed for step {role} "{name}" of {step!r} - expected type "{expected}"',
        subject=name,
        found="\n".join([verdict.description or f"a value of type {type(value).__name__}", *facts]),
        expected=spelled(annotation),
        metadata=verdict.metadata,
        type_name=expected,
        next_step=f"return what the annotation says, or correct the annotation of {step!r}",
    )
