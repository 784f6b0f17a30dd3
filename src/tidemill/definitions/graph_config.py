"""Run config of ops within graphs: nested as it is written, by full names as it is checked.

    {"g": {"ops": {"o": {"config": …}}}} ──unnested──▶ {"g.o": {"config": …}} ──nested──▶ the first again

What an op's inputs are given stands beside its config: {"o": {"inputs": {"x": 3}}}; and so does what the managers of
inputs and outputs are told (`port_config`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tidemill.definitions.config.problems import (
    Problem,
    config_error,
    missing_entry,
    unexpected_entry,
    wrong_scalar,
)
from tidemill.definitions.types import matches, type_name
from tidemill.definitions.units.unit import NO_CONSTANT, ComputeUnit, Wire

OPS = "ops"
INPUTS = "inputs"
OUTPUTS = "outputs"


def unnested(entries: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Entries of ops by their full names."""
    found: dict[str, Any] = {}
    for name, entry in entries.items():
        own = f"{before}{name}"
        if not isinstance(entry, Mapping) or OPS not in entry:
            found[own] = entry
            continue
        rest = {key: value for key, value in entry.items() if key != OPS}
        if rest:
            found[own] = rest
        if isinstance(entry[OPS], Mapping):
            found.update(unnested(entry[OPS], f"{own}."))
        else:
            found[own] = entry
    return found


def nested(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Inverse of `unnested`."""
    found: dict[str, Any] = {}
    for name, entry in entries.items():
        *graphs, own = name.split(".")
        place = found
        for graph in graphs:
            place = place.setdefault(graph, {}).setdefault(OPS, {})
        place[own] = {**place.get(own, {}), **entry} if isinstance(entry, Mapping) else entry
    return found


def path_of(step: str) -> str:
    """Where the config of a step stands, below `root:ops`."""
    return step.replace(".", ":ops:")


def port_entry(config: Mapping[str, Any], unit: str, side: str) -> Mapping[str, Any]:
    """What run config says of the inputs, or of the outputs, of a unit: by name, as it was given."""
    section: Any = {OPS: config.get(OPS, {})}
    for name in unit.split("."):
        section = section.get(OPS, {}).get(name, {})
    return section.get(side, {})  # type: ignore[no-any-return]  # checked when the run was prepared


def presets(units: Iterable[ComputeUnit]) -> dict[str, Any]:
    """The config that graphs give to their ops."""
    return {unit.name: {"config": dict(unit.preset)} for unit in units if unit.preset}


def with_root_inputs(
    config: Mapping[str, Any], roots: Mapping[str, Iterable[tuple[str, str]]], job: str
) -> dict[str, Any]:
    """Run config in which what is given for inputs of the graph is given for those of its ops.

    Args:
        config: As it was given: `{"inputs": {"x": 3}, …}`.
        roots: Input of the graph → the units and inputs that it is connected to.
        job: Name of the job.

    Raises:
        InvalidConfigError: The graph has no such input.
    """
    rest = {name: section for name, section in config.items() if name != INPUTS}
    ops = unnested(rest.get(OPS, {}))
    for name, value in config[INPUTS].items():
        if name not in roots:
            message = unexpected_entry(name, "root:inputs", roots)
            raise config_error(f"Error in config for job {job}", job, [(f"root:inputs:{name}", message)])
        for unit, wire in roots[name]:
            entry = ops.get(unit, {})
            ops[unit] = {**entry, INPUTS: {wire: value, **entry.get(INPUTS, {})}}
    return {**rest, OPS: nested(ops)}


def input_problems(units: Iterable[ComputeUnit], entries: Mapping[str, Any]) -> Iterator[Problem]:
    """Inputs that nothing gives, and given values of a wrong type."""
    for unit in units:
        entry = entries.get(unit.name, {})
        given = entry.get(INPUTS, {}) if isinstance(entry, Mapping) else {}
        path = f"root:ops:{path_of(unit.name)}"
        open_inputs = [
            w for w in unit.wires if w.is_argument and not w.sources and not w.gathers and w.manager is None
        ]
        for wire in open_inputs:
            if isinstance(given, Mapping) and wire.name in given and not _fits(wire, given[wire.name]):
                yield f"{path}:inputs:{wire.name}", _wrong_input(wire, given[wire.name], path)
        for wire in open_inputs:
            if wire.constant is NO_CONSTANT and wire.name not in given:
                example = nested({unit.name: {INPUTS: {wire.name: "…"}}})
                yield path, missing_entry(INPUTS, path, {OPS: example})


SCALARS = (str, int, float, bool)


def _fits(wire: Wire, value: object) -> bool:
    """Whether a scalar is of the type of a scalar input; what is of any other type is seen when the step has it."""
    if wire.annotation not in SCALARS or not isinstance(value, SCALARS):
        return True
    return isinstance(value, bool) is (wire.annotation is bool) and matches(value, wire.annotation)


def _wrong_input(wire: Wire, value: object, path: str) -> str:
    return wrong_scalar(f"{path}:inputs:{wire.name}", value, type_name(wire.annotation))
