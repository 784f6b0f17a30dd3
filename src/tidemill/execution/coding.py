"""What the units of a project are made of, as plain facts: code, config in force, resources, libraries.

Project ─┬─ fingerprints of functions and of the classes of their resources ─┐
         └─ config in force ─────────────────────────────────────────────────┴─▶ Coding: UnitFacts, recipes
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tidemill.code.fingerprint import Fingerprints
from tidemill.code.graph import Part
from tidemill.code.recipes import Recipe
from tidemill.definitions.project import Project
from tidemill.definitions.unit import ComputeUnit
from tidemill.home import Home
from tidemill.planning.facts import CheckFacts, OutputFacts, UnitFacts

CACHE_NAME = "fingerprints"


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
) -> Coding:
    """Facts of some units.

    Args:
        project: Has their resources.
        units: In the order in which the facts should be.
        configs: The config in force (`ResolvedConfig`), or None.
        folder: Where fingerprints are kept from one process to the next; None keeps none.
        root: The project's folder, from which files are named.
    """
    fingerprints = Fingerprints(root=root, cache=folder / CACHE_NAME if folder is not None else None)
    facts, recipes = {}, {}
    for unit in units:
        recipe = _recipe(fingerprints, project, unit)
        recipes[recipe.fingerprint] = recipe
        facts[unit.name] = _facts(project, unit, recipe, configs)
    fingerprints.save()
    return Coding(facts, recipes)


def keep_recipes(coding: Coding, home: Home) -> None:
    """Have the store remember what the fingerprints stand for; the parts of those that it knows are not gathered."""
    known = home.store.known_recipes(coding.recipes)
    new = {name: recipe_text(recipe) for name, recipe in coding.recipes.items() if name not in known}
    if new:
        home.store.keep_recipes(new)


def _recipe(fingerprints: Fingerprints, project: Project, unit: ComputeUnit) -> Recipe:
    resources = [_code_of(project.resources.get(key)) for key in sorted(unit.required_resources)]
    declared = [*(code for code in resources if code is not None), *unit.terms.depends_on_code]
    return fingerprints.recipe(unit.fn, reads=unit.terms.reads, depends_on_code=declared)


def _code_of(resource: Any) -> Any:
    """What of a resource is code: its class, or the function that makes it; plain values have none."""
    if resource is None or type(resource).__module__ == "builtins":
        return None
    made_by = getattr(resource, "cls", None) or getattr(resource, "resource_fn", None)
    return made_by or type(resource)


def _facts(project: Project, unit: ComputeUnit, recipe: Recipe, configs: Any) -> UnitFacts:
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
        counted_config(project, unit, configs),
        dict(recipe.libraries),
        terms.seed,
        terms.deterministic,
        tuple(unit.partitions.get_partition_keys()) if unit.partitions is not None else None,
        tuple([CheckFacts(check.asset_key.text, check.name, check.blocking) for check in unit.checks]),
        recipe.fingerprint,
        recipe.unseen,
    )


def counted_config(project: Project, unit: ComputeUnit, configs: Any) -> Mapping[str, object]:
    """The config in force for a unit, with that of its resources: what comes from the environment by name only."""
    counted: dict[str, object] = dict(configs.steps.get(unit.name, {})) if configs is not None else {}
    for key in sorted(unit.required_resources):
        resource = project.resources.get(key)
        if resource is not None:
            given = configs.resources.get(key, {}) if configs is not None else {}
            fields = _fields(resource, given)
            if fields:
                counted[f"resources.{key}"] = fields
    return counted


def _fields(resource: Any, given: Mapping[str, Any]) -> object:
    schema: Callable[[], tuple[Any, Mapping[str, Any]]] | None = getattr(resource, "launch_schema", None)
    fields: Any = {**schema()[1], **given} if schema is not None else resource
    if schema is None and type(resource).__module__ != "builtins":
        fields = dict(getattr(resource, "__dict__", {}))
    # What JSON cannot say counts by its type: its text may hold an address.
    return json.loads(json.dumps(fields, default=_said, sort_keys=True))


def _said(value: Any) -> object:
    schema = getattr(value, "launch_schema", None)
    return (
        dict(schema()[1]) if schema is not None else f"a {type(value).__module__}.{type(value).__qualname__}"
    )


def recipe_text(recipe: Recipe) -> str:
    """A recipe as JSON."""
    return json.dumps([list(map(list, recipe.parts)), list(recipe.unseen)])
