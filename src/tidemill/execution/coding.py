"""What the units of a project are made of, as plain facts: code, config in force, resources, libraries.

Project ─┬─ fingerprints of functions and of the classes of their resources ─┐
         └─ config in force ─────────────────────────────────────────────────┴─▶ Coding: UnitFacts, recipes
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from tidemill.code.cache import CACHE_NAME
from tidemill.code.fingerprint import Fingerprints
from tidemill.code.graph import Part
from tidemill.code.recipes import Recipe
from tidemill.definitions.config.env import env_name
from tidemill.definitions.graph_config import INPUTS, port_entry
from tidemill.definitions.project import Project
from tidemill.definitions.resources.resource_set import is_managed, needed_keys
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.home import Home
from tidemill.planning.facts import CheckFacts, OutputFacts, UnitFacts
from tidemill.planning.slices import is_partitioned, partitions_of

if TYPE_CHECKING:
    from tidemill.definitions.partitions.mappings import Slicing

NOTHING: Mapping[str, Any] = {}


class Coding(NamedTuple):
    """Facts of units by name, and what their fingerprints stand for."""

    units: Mapping[str, UnitFacts]
    recipes: Mapping[str, Recipe]

    @property
    def parts(self) -> Mapping[str, Sequence[Part]]:
        """What the fingerprints stand for; gathered when they are read."""
        return {fingerprint: recipe.parts for fingerprint, recipe in self.recipes.items()}


NO_CODING = Coding({}, {})


def describe(
    project: Project,
    units: Iterable[ComputeUnit],
    configs: Any,
    *,
    folder: Path | None = None,
    root: Path | None = None,
    unsettled: Collection[str] = (),
) -> Coding:
    """Facts of some units.

    Args:
        project: Has their resources.
        units: In the order in which the facts should be.
        configs: The config in force (`ResolvedConfig`), or None.
        folder: Where fingerprints are kept from one process to the next; None keeps none.
        root: The project's folder, from which files are named.
        unsettled: Units whose config is not known.
    """
    fingerprints = Fingerprints(root=root, cache=folder / CACHE_NAME if folder is not None else None)
    facts, recipes, sliced = {}, {}, is_partitioned(project)
    for unit in units:
        recipe = _recipe(fingerprints, project, unit)
        recipes[recipe.fingerprint] = recipe
        config = None if unit.name in unsettled else counted_config(project, unit, configs)
        facts[unit.name] = _facts(unit, recipe, config, _slicing(project, unit) if sliced else ())
    fingerprints.save()
    return Coding(facts, recipes)


def keep_recipes(coding: Coding, home: Home) -> None:
    """Have the store remember what the fingerprints stand for; the parts of those that it knows are not gathered."""
    known = home.store.known_recipes(coding.recipes)
    new = {name: recipe_text(recipe) for name, recipe in coding.recipes.items() if name not in known}
    if new:
        home.store.keep_recipes(new)


def _recipe(fingerprints: Fingerprints, project: Project, unit: ComputeUnit) -> Recipe:
    resources = [project.resources[key] for key in _resources_of(project, unit)]
    codes = {id(code): code for resource in resources for code in _codes_of(resource)}
    parts = [part.code_version or part.fn for part in unit.parts]
    declared = [*codes.values(), *unit.terms.depends_on_code, *parts]
    return fingerprints.recipe(unit.fn, reads=unit.terms.reads, depends_on_code=declared)


def _resources_of(project: Project, unit: ComputeUnit) -> list[str]:
    """Resources that a unit needs, and those that these need."""
    if not unit.required_resources:
        return []
    return sorted(needed_keys(project.resources, unit.required_resources))


def _codes_of(resource: Any) -> Iterator[Any]:
    """What of a resource is code: its class, or the function that makes it; plain values have none."""
    if type(resource).__module__ == "builtins":
        return
    made_by = getattr(resource, "cls", None) or getattr(resource, "resource_fn", None)
    yield made_by or type(resource)
    if is_managed(resource):
        for nested in resource.nested():
            yield from _codes_of(nested)


def _facts(
    unit: ComputeUnit,
    recipe: Recipe,
    config: Mapping[str, object] | None,
    slicing: tuple[Slicing | None, ...],
) -> UnitFacts:
    terms = unit.terms
    return UnitFacts(
        unit.name,
        unit.kind,
        tuple(
            [
                OutputFacts(o.name, o.spec.key.text, o.spec.code_version or recipe.fingerprint)
                for o in unit.outputs
            ]
        ),
        tuple([unit_input.asset.text for unit_input in unit.inputs]),
        config,
        dict(recipe.libraries),
        terms.seed,
        terms.deterministic,
        unit.partitions,
        tuple([CheckFacts(check.asset_key.text, check.name, check.blocking) for check in unit.checks]),
        recipe.fingerprint,
        recipe.unseen,
        terms.keep,
        terms.ttl,
        slicing,
    )


def _slicing(project: Project, unit: ComputeUnit) -> tuple[Slicing | None, ...]:
    """How each input is sliced; empty where none is."""
    upstream = [partitions_of(project, unit_input.asset) for unit_input in unit.inputs]
    if not any(upstream):
        return ()
    from tidemill.definitions.partitions.mappings import (  # noqa: PLC0415  (only where there are partitions)
        Slicing,
    )

    return tuple(
        [
            None if definition is None else Slicing(definition, unit_input.partition_mapping)
            for definition, unit_input in zip(upstream, unit.inputs, strict=True)
        ]
    )


def counted_config(project: Project, unit: ComputeUnit, configs: Any) -> Mapping[str, object]:
    """The config in force for a unit, with that of its resources: what comes from the environment by name only."""
    counted: dict[str, object] = dict(configs.steps.get(unit.name, {})) if configs is not None else {}
    for part in unit.parts:
        own = configs.steps.get(part.name) if configs is not None else None
        if own:
            counted[part.name] = own
    for step in (unit, *unit.parts):
        told = port_entry(configs.given, step.name, INPUTS) if configs is not None else None
        if told:  # what an input is, or how it is loaded; where an output is kept changes nothing of it
            counted[f"inputs.{step.name}"] = told
    for key in _resources_of(project, unit):
        given = configs.resources.get(key, {}) if configs is not None else {}
        fields = _fields(project.resources[key], given)
        if fields not in ({}, None):
            counted[f"resources.{key}"] = fields
    return counted


def _fields(resource: Any, given: Mapping[str, Any] = NOTHING) -> object:
    """What a resource is made with: its fields, defaults included; plain JSON, without what only memory knows."""
    if is_managed(resource):
        schema, preset = resource.launch_schema()
        return _plain({**_defaults(schema), **preset, **given})
    if type(resource).__module__ == "builtins":
        return _plain(resource)
    return _plain(getattr(resource, "__dict__", {}))


def _defaults(schema: Any) -> dict[str, Any]:
    fields: Mapping[str, Any] = getattr(schema, "model_fields", {})
    return {
        name: field.default
        for name, field in fields.items()
        if not field.is_required() and field.default_factory is None
    }


def _plain(value: Any) -> Any:
    """A value as JSON says it; one from the environment by name, one that JSON cannot say by its type."""
    name = env_name(value)
    if name is not None:
        return {"env": name}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if is_managed(value):
        return _fields(value)
    if type(value).__module__ in _IN_WORDS or isinstance(value, PurePath):
        return str(value)
    return f"a {type(value).__module__}.{type(value).__qualname__}"  # its text may hold an address


_IN_WORDS = frozenset({"datetime", "decimal", "fractions", "uuid"})


def recipe_text(recipe: Recipe) -> str:
    """A recipe as JSON."""
    return json.dumps([list(map(list, recipe.parts)), list(recipe.unseen)])
