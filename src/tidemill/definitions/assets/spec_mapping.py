"""Specs that are changed where they stand, or that nobody makes here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from tidemill.core.keys import AssetKey
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.assets.assets import AssetsDefinition
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.units.lowering import DEFAULT_GROUP
from tidemill.definitions.values import fill


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


class ExternalAsset(AssetSpec):
    """The spec of an asset that is made elsewhere, with what programs ask of a definition that has no function."""

    is_executable = False

    @property
    def keys(self) -> set[AssetKey]:
        """Its key."""
        return {self.key}

    @property
    def specs(self) -> list[AssetSpec]:
        """Itself."""
        return [self]

    @property
    def group_names_by_key(self) -> Mapping[AssetKey, str]:
        """Its group."""
        return {self.key: self.group_name or DEFAULT_GROUP}

    @property
    def dependency_keys(self) -> set[AssetKey]:
        """What it is made from."""
        return {dep.asset_key for dep in self.deps}


def external_assets_from_specs(specs: Sequence[AssetSpec]) -> list[ExternalAsset]:
    """Definitions of assets that are made elsewhere, for `Definitions(assets=…)`, which takes specs as well."""
    return [external_asset_from_spec(spec) for spec in specs]


def external_asset_from_spec(spec: AssetSpec) -> ExternalAsset:
    """The definition of an asset that is made elsewhere, for `Definitions(assets=…)`, which takes the spec as well."""
    external = ExternalAsset.__new__(ExternalAsset)
    fill(external, *[getattr(spec, name) for name in AssetSpec.field_names])
    return external
