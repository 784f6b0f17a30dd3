"""Specs that are changed where they stand, or that nobody makes here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.assets.assets import AssetsDefinition
from tidemill.definitions.specs.assets import AssetSpec


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
