"""Run config of the managers of single outputs and inputs: `ops: {STEP: {outputs: {NAME: …}, inputs: {NAME: …}}}`.

    @io_manager(output_config_schema=) , @input_manager(input_config_schema=) ──Ports──▶ problems and examples
    run config + step + name ──port_entry──▶ what the context of the manager is given, as it was written

An output has config where its manager says so; an input where it names a manager of its own that says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tidemill.definitions.config.problems import Problem, missing_entry, unexpected_entry
from tidemill.definitions.config.schemas import class_of_schema, is_whole, whole
from tidemill.definitions.config.validation import example, validate
from tidemill.definitions.graph_config import INPUTS, OUTPUTS
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.definitions.values import WHOLE


class Ports:
    """What the outputs and inputs of one unit take as config.

    Args:
        unit: The unit.
        resources: Key → resource, among them the managers.
    """

    def __init__(self, unit: ComputeUnit, resources: Mapping[str, object]) -> None:
        managers = {**resources, **unit.resource_defs}
        given = [(each.name, managers.get(each.manager or "")) for each in unit.gives]
        taken = [(each.name, managers.get(each.manager or "")) for each in unit.inputs]
        taken += [(each.name, managers.get(each.manager or "")) for each in unit.wires]
        self._schemas = {
            OUTPUTS: _schemas(given, "output_config_schema"),
            INPUTS: _schemas(taken, "input_config_schema"),
        }
        self._values = [  # inputs whose values themselves may be given
            wire.name
            for wire in unit.wires
            if wire.is_argument and not wire.sources and not wire.gathers and wire.manager is None
        ]

    def missing(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Sections that the entry of the unit needs and has not, each with an example."""
        return {
            side: needed
            for side, schemas in self._schemas.items()
            if side not in entry and (needed := _examples(schemas, {}))
        }

    def problems(self, entry: Mapping[str, Any], path: str) -> Iterator[Problem]:
        """What is wrong with those sections of an entry that are there."""
        for side, schemas in self._schemas.items():
            if side not in entry:
                continue
            given, at = entry[side], f"{path}:{side}"
            known = [*schemas, *(self._values if side == INPUTS else ())]
            if not known:
                yield at, unexpected_entry(side, path, [])
            elif isinstance(given, dict):
                for name, value in given.items():
                    if name not in known:
                        yield f"{at}:{name}", unexpected_entry(name, at, known)
                    elif name in schemas:
                        yield from _wrong(schemas[name], value, f"{at}:{name}")
                for name, needed in _examples(schemas, given).items():
                    yield at, missing_entry(name, at, {name: needed})
            else:
                yield at, f'Invalid value at path {at}. Value "{given}" of type "{type(given)}" is no dict.'


def _schemas(ports: list[tuple[str, object]], which: str) -> dict[str, Any]:
    found = {name: getattr(manager, which, None) for name, manager in ports if manager is not None}
    return {name: schema for name, schema in found.items() if schema is not None}


def _examples(schemas: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What those need that are not given."""
    needed = {
        name: (example(class_of_schema(schema), {}), is_whole(schema))
        for name, schema in schemas.items()
        if name not in given
    }
    return {name: each[WHOLE] if one else each for name, (each, one) in needed.items() if each}


def _wrong(schema: Any, value: Any, path: str) -> list[Problem]:
    if is_whole(schema):
        _, problems = validate(class_of_schema(schema), whole(value), path)
        inner = f"{path}:{WHOLE}"
        return [(where.replace(inner, path), text.replace(inner, path)) for where, text in problems]
    if not isinstance(value, dict):
        return [(path, f'Invalid value at path {path}. Value "{value}" of type "{type(value)}" is no dict.')]
    return validate(class_of_schema(schema), value, path)[1]
