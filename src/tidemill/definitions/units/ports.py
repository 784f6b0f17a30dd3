"""What programs ask of the inputs and outputs of a definition: names, types and managers, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tidemill.definitions.units.unit import NO_CONSTANT, ComputeUnit
from tidemill.definitions.values import NOTHING_SAID


class ValueType(NamedTuple):
    """The type of a value as its annotation says it; `typing_type` is `Any` where there is none."""

    typing_type: Any = Any

    @property
    def display_name(self) -> str:
        """Its name, as messages show it."""
        from tidemill.definitions.types import type_name  # noqa: PLC0415  (most definitions are never asked)

        return type_name(self.typing_type)


def value_type(annotation: Any) -> Any:
    """The type that an annotation says; one of the user's own is that itself."""
    if getattr(annotation, "__tidemill_type__", False):
        return annotation
    return ValueType(Any if annotation is None else annotation)


class InputDefinition(NamedTuple):
    """An input of an op or of an asset."""

    name: str
    dagster_type: Any
    description: str | None = None
    metadata: Mapping[str, Any] = NOTHING_SAID
    input_manager_key: str | None = None
    has_default_value: bool = False


class OutputDefinition(NamedTuple):
    """An output of an op or of an asset."""

    name: str
    dagster_type: Any
    description: str | None = None
    metadata: Mapping[str, Any] = NOTHING_SAID
    is_required: bool = True
    io_manager_key: str | None = None
    is_dynamic: bool = False


def input_defs(unit: ComputeUnit) -> list[InputDefinition]:
    """The inputs of a unit, assets first."""
    own = [
        InputDefinition(each.name, value_type(each.annotation), None, each.metadata, each.manager)
        for each in unit.inputs
    ]
    return own + [
        InputDefinition(
            each.name,
            value_type(each.annotation),
            None,
            each.metadata,
            each.manager,
            each.constant is not NO_CONSTANT,
        )
        for each in unit.wires
    ]


def output_defs(unit: ComputeUnit) -> list[OutputDefinition]:
    """The outputs of a unit, in the order in which its function gives them."""
    dynamic = {each.name for each in unit.passed if each.dynamic}
    said = {each.name: (each.description, each.metadata) for each in unit.passed}
    said.update({each.name: (each.spec.description, each.spec.metadata) for each in unit.outputs})
    return [
        OutputDefinition(
            each.name,
            value_type(each.annotation),
            *said[each.name],
            each.required,
            each.manager,
            each.name in dynamic,
        )
        for each in unit.gives
    ]
