"""Older ways to say things of definitions that exist already: their resources, specs that nobody makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.assets import AssetsDefinition, SourceAsset, UnitDefinition
from tidemill.definitions.resource_set import ManagedResource
from tidemill.definitions.specs import AssetSpec
from tidemill.definitions.unit import DEFAULT_IO_MANAGER, ComputeUnit
from tidemill.definitions.values import replace


def with_resources(
    definitions: Iterable[Any],
    resource_defs: Mapping[str, Any],
    resource_config_by_key: Mapping[str, Any] | None = None,
) -> list[Any]:
    """Copies of assets, checks and source assets that bring the resources which they need.

    Args:
        definitions: What `@asset` and its like gave, and source assets; anything else stays as it is.
        resource_defs: Key → resource; more than are needed.
        resource_config_by_key: Key → `{"config": {…}}` for resources that functions make.

    Raises:
        InvalidDefinitionError: A resource that is needed is not there.
        InvalidInvocationError: A definition brings another one of the same name already.
    """
    resources = dict(resource_defs)
    for key, section in (resource_config_by_key or {}).items():
        configured = getattr(resources.get(key), "configured", None)
        if configured is None or not isinstance(section, Mapping) or set(section) != {"config"}:
            raise wrong_type(
                key, "resource_config_by_key", section, 'a resource made by a function, and {"config": {…}}'
            )
        resources[key] = configured(section["config"])
    return [_bound(each, resources) for each in definitions]


def _bound(definition: Any, resources: Mapping[str, Any]) -> Any:
    if isinstance(definition, UnitDefinition):
        unit = definition.unit
        bound = _picked(unit.name, _needed(unit), unit.required_resources, unit.resource_defs, resources)
        return type(definition)(unit._replace(resource_defs=bound))
    if isinstance(definition, SourceAsset):
        keys = {definition.io_manager_key or DEFAULT_IO_MANAGER}
        name = definition.key.to_user_string()
        return replace(definition, resource_defs=_picked(name, keys, (), definition.resource_defs, resources))
    return definition


def _needed(unit: ComputeUnit) -> set[str]:
    managers = [output.manager for output in unit.outputs] + [needed.manager for needed in unit.inputs]
    return {*unit.required_resources, DEFAULT_IO_MANAGER, *(key for key in managers if key is not None)}


def _picked(
    owner: str,
    keys: set[str],
    must: Iterable[str],
    own: Mapping[str, Any],
    resources: Mapping[str, Any],
) -> Mapping[str, Any]:
    """Those of `resources` that are needed, and what these need themselves, with the definition's own."""
    for key in sorted(must):
        if key not in resources and key not in own:
            raise InvalidDefinitionError(
                f"resource with key {key!r} required by {owner!r} was not provided",
                subject=key,
                found=", ".join(sorted({*resources, *own})) or "no resources",
                expected=f"resource_defs={{{key!r}: …}}",
            )
    twice = sorted(key for key in own.keys() & resources.keys() if own[key] is not resources[key])
    if twice:
        raise InvalidInvocationError(
            f"{owner!r} brings a resource {twice[0]!r} already",
            subject=twice[0],
            found=f"{own[twice[0]]!r} and {resources[twice[0]]!r}",
            expected="one resource for each key",
        )
    picked: dict[str, Any] = {}
    wanted = [key for key in sorted(keys) if key in resources]
    while wanted:
        key = wanted.pop()
        picked[key] = resources[key]
        if isinstance(picked[key], ManagedResource):
            wanted += [k for k in picked[key].required_keys() if k in resources and k not in picked]
    return {**picked, **own}


def map_asset_specs(
    func: Callable[[AssetSpec], AssetSpec], iterable: Iterable[AssetsDefinition | AssetSpec]
) -> list[AssetsDefinition | AssetSpec]:
    """Assets and specs whose specs are what `func` gives for each.

    Raises:
        InvalidDefinitionError: It changed a key or dependencies that a function decides, or one is neither.
    """
    mapped: list[AssetsDefinition | AssetSpec] = []
    for each in iterable:
        if isinstance(each, AssetSpec):
            mapped.append(func(each))
        elif isinstance(each, AssetsDefinition):
            mapped.append(each.map_asset_specs(func))
        else:
            raise wrong_type("map_asset_specs", "iterable", each, "assets and AssetSpecs")
    return mapped


def external_assets_from_specs(specs: Sequence[AssetSpec]) -> list[AssetSpec]:
    """The specs themselves: `Definitions(assets=…)` takes them as assets that are made elsewhere."""
    return list(specs)


def external_asset_from_spec(spec: AssetSpec) -> AssetSpec:
    """The spec itself: `Definitions(assets=…)` takes it as an asset that is made elsewhere."""
    return spec
