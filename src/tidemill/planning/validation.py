"""What can be wrong with a project as a whole, and with a part of it that somebody wants to run.

    Project ──check_project──▶ all problems: unknown inputs, missing resources and I/O managers, circles
    Selected ──check_subset──▶ part of a multi-asset that runs as a whole, a check without its function

Problems are returned where there can be many, so that a command shows them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tidemill.core.errors import (
    CircularDependencyError,
    InvalidDefinitionError,
    InvalidSubsetError,
    TidemillError,
)
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.core.suggest import did_you_mean
from tidemill.definitions.project import Project
from tidemill.definitions.specs.assets import IO_MANAGER_KEY
from tidemill.definitions.units.unit import DEFAULT_IO_MANAGER, ComputeUnit, UnitInput
from tidemill.planning.graph import AssetGraph, circle_errors, ordered_by_need
from tidemill.planning.slices import wrong_mapping

UNNAMED = (None, DEFAULT_IO_MANAGER)


def check_project(project: Project, *, stored: bool = True) -> list[TidemillError]:
    """Everything that is wrong with a project as a whole, in order of definition; empty where it can run.

    `stored` says whether values go through their I/O managers, and not only through memory.
    """
    needs: dict[str, dict[str, None]] = {}
    problems: list[TidemillError] = []
    # Few projects name an I/O manager at an input; where none does, ten thousand units need not be asked for it.
    named_managers = any(
        needed.manager is not None for unit in project.units.values() for needed in unit.inputs
    ) or any(source.metadata.get(IO_MANAGER_KEY) for source in project.sources.values())
    for unit in project.units.values():
        makers = needs[unit.name] = {}
        for needed in unit.inputs:
            maker = project.producers.get(needed.asset)
            if maker is None:
                if needed.is_argument and needed.asset not in project.sources:
                    problems.append(_unknown_input(project, unit, needed))
            elif unit.kind != "check" and (maker != unit.name or needed.partition_mapping is None):
                makers[maker] = None
            if needed.partition_mapping is not None:
                problems += wrong_mapping(project, unit, needed)
        for part in project.units_of(unit) if unit.required_resources else ():
            problems += _missing_resources(project, part)
        for part in project.units_of(unit):
            named = [*(output.manager for output in part.gives), *(wire.manager for wire in part.wires)]
            if stored and (named_managers or any(key not in UNNAMED for key in named)):
                problems += _missing_managers(project, part)
        if unit.internal_deps:
            problems += _internal_circles(project, unit)
    stuck = ordered_by_need(needs)[1]
    return [*problems, *circle_errors(project, needs, stuck)]


def _known_names(project: Project) -> list[str]:
    return [key.to_user_string() for key in (*project.producers, *project.sources)]


def _who(unit: ComputeUnit) -> str:
    """How a message names what the user decorated."""
    if unit.kind == "asset" and len(unit.outputs) == 1:
        return f"asset {unit.outputs[0].asset.to_user_string()!r}"
    return f"{'multi-asset' if unit.kind == 'asset' else unit.kind} {unit.name!r}"


def _unknown_input(project: Project, unit: ComputeUnit, needed: UnitInput) -> InvalidDefinitionError:
    name = needed.asset.to_user_string()
    question = did_you_mean(name, _known_names(project))
    return InvalidDefinitionError(
        f"Input asset '{needed.asset.to_string()}' of {_who(unit)} (parameter {needed.name!r})"
        " is defined nowhere",
        subject=name,
        found="no asset and no source asset with that key",
        expected="an asset or a source asset that the same definitions hold",
        next_step=f"{question or 'define it'} (a value that is made elsewhere is a SourceAsset;"
        " where only the order counts, name it in deps=)",
    )


def _missing_resources(project: Project, unit: ComputeUnit) -> Iterator[InvalidDefinitionError]:
    for key in sorted(unit.required_resources):
        if key not in unit.resource_defs and key not in project.resources:
            yield InvalidDefinitionError(
                f"The resource with key {key!r} required by op {unit.name!r} was not provided",
                subject=key,
                **_provided(project, unit, key, "a resource"),
            )


def _missing_managers(project: Project, unit: ComputeUnit) -> Iterator[InvalidDefinitionError]:
    wanted: list[tuple[str | None, str, str]] = [*unit.managers]
    for needed in unit.inputs:
        if needed.is_argument and needed.manager is None and needed.asset in project.sources:
            of_source = project.sources[needed.asset].metadata.get(IO_MANAGER_KEY)
            wanted.append((of_source, "input", needed.name))
    for key, side, name in wanted:
        if key is None or key == DEFAULT_IO_MANAGER:
            continue
        if key not in unit.resource_defs and key not in project.resources:
            yield InvalidDefinitionError(
                f"The io manager with key {key!r} required by {side} {name!r} of op {unit.name!r}"
                " was not provided",
                subject=key,
                **_provided(project, unit, key, "an I/O manager"),
            )


def _provided(project: Project, unit: ComputeUnit, key: str, kind: str) -> dict[str, str]:
    known = dict.fromkeys([*unit.resource_defs, *project.resources])
    question = did_you_mean(key, known)
    return {
        "found": f"provided are: {', '.join(map(repr, known))}" if known else "no resources were provided",
        "expected": f"{kind} under the key {key!r}",
        "next_step": f"{question + ' Or ' if question else ''}give it: resources={{{key!r}: …}}",
    }


def _internal_circles(project: Project, unit: ComputeUnit) -> Iterator[CircularDependencyError]:
    siblings = {output.spec.key: unit.internal_deps.get(output.name, ()) for output in unit.outputs}
    return circle_errors(project, siblings, ordered_by_need(siblings)[1])


def check_subset(assets: Iterable[AssetKey], checks: Iterable[AssetCheckKey], graph: AssetGraph) -> None:
    """Refuse a part of a multi-asset that runs as a whole, or a check without its function."""
    chosen, wanted = set(assets), set(checks)
    for unit in graph.project.units.values():
        if unit.can_subset or (len(unit.outputs) < 2 and not unit.checks):
            continue
        made = [output.asset for output in unit.outputs]
        selected = [asset for asset in made if asset in chosen]
        if selected and len(selected) < len(made):
            missing = _listed(asset for asset in made if asset not in chosen)
            raise InvalidSubsetError(
                f"The multi-asset {unit.name!r} makes all its assets at once or none",
                subject=unit.name,
                found=f"selected {_listed(selected)}, without {missing}",
                expected=_listed(made),
                next_step="select them all (AssetSelection.required_multi_asset_neighbors() adds them),"
                " or give the multi-asset can_subset=True",
            )
        alone = [] if unit.kind == "check" or selected else [c.key for c in unit.checks if c.key in wanted]
        if alone:
            name = alone[0].to_user_string()
            raise InvalidSubsetError(
                f"The check {name!r} is made by the asset's own function",
                subject=name,
                found="selected the check alone",
                expected=f"the check together with {_listed(made)}",
                next_step="select the asset too, or write the check as a function of its own",
            )


def _listed(keys: Iterable[AssetKey]) -> str:
    return ", ".join(repr(key.to_user_string()) for key in keys)
