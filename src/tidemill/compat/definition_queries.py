"""What programs ask of definitions beside jobs and values, and definitions that are made of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from tidemill.core.errors import InvariantViolationError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.core.suggest import did_you_mean
from tidemill.definitions import definitions as declared
from tidemill.definitions.assembly import flattened
from tidemill.definitions.assets.assets import AssetChecksDefinition, AssetsDefinition
from tidemill.definitions.assets.sources import SourceAsset
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.values import NOTHING_SAID
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import AssetSelection

D = TypeVar("D", bound="DefinitionQueries")
MapSpec = Callable[[AssetSpec], AssetSpec]


class DefinitionQueries(declared.Definitions):
    """The questions; `compat.definitions.Definitions` has the doors to running and loading as well."""

    def resolve_all_asset_keys(self) -> Sequence[AssetKey]:
        """All assets, those that are made elsewhere included."""
        graph = AssetGraph.build(self.project())
        return [*graph.keys, *graph.sources]

    def resolve_all_asset_specs(self) -> Sequence[AssetSpec]:
        """What is said of each of them."""
        graph = AssetGraph.build(self.project())
        return [graph.spec(key) or AssetSpec(key) for key in (*graph.keys, *graph.sources)]

    get_all_asset_specs = resolve_all_asset_specs

    def get_asset_checks_def(self, key: AssetCheckKey) -> AssetChecksDefinition:
        """The definition that gives the verdict of a check.

        Raises:
            InvariantViolationError: None does.
        """
        known = {check.key: unit for unit in self.project().units.values() for check in unit.checks}
        if key not in known:
            names = [each.to_user_string() for each in known]
            raise InvariantViolationError(
                f"Could not find check {key.to_user_string()!r}",
                subject=key.to_user_string(),
                found=key.to_user_string(),
                expected=", ".join(names) or "no checks",
                next_step=did_you_mean(key.to_user_string(), names),
            )
        return AssetChecksDefinition(known[key])

    # Definitions of definitions

    def map_asset_specs(self: D, *, func: MapSpec, selection: Any = None) -> D:
        """A copy in which every asset says what `func` gives of what it said.

        Raises:
            InvariantViolationError: A selection was given, or there is something that has no spec.
            InvalidDefinitionError: `func` changed a key or dependencies that a function decides.
        """
        if selection is not None:
            raise InvariantViolationError(
                "map_asset_specs maps the specs of all assets",
                subject="selection",
                found=repr(selection),
                expected="no selection",
                next_step="use map_resolved_asset_specs(func=…, selection=…)",
            )
        return self._mapped(func, None)

    def map_resolved_asset_specs(self: D, *, func: MapSpec, selection: Any = None) -> D:
        """The same for the selected assets only.

        Raises:
            InvalidSubsetError: The selection is none.
            InvalidDefinitionError: `func` changed a key or dependencies that a function decides.
        """
        if selection is None:
            return self._mapped(func, None)
        return self._mapped(
            func, AssetSelection.from_coercible(selection).resolve(AssetGraph.build(self.project()))
        )

    def permissive_map_resolved_asset_specs(self: D, func: MapSpec, selection: Any = None) -> D:
        """The same as `map_resolved_asset_specs`."""
        return self.map_resolved_asset_specs(func=func, selection=selection)

    def _mapped(self: D, func: MapSpec, keys: Iterable[AssetKey] | None) -> D:
        chosen = None if keys is None else set(keys)

        def mapped(spec: AssetSpec) -> AssetSpec:
            return func(spec) if chosen is None or spec.key in chosen else spec

        assets = []
        for item in flattened([self.assets]):
            if isinstance(item, AssetsDefinition):
                item = item.map_asset_specs(mapped)  # noqa: PLW2901  (its successor)
            elif isinstance(item, AssetSpec):
                item = mapped(item)  # noqa: PLW2901  (its successor)
            elif isinstance(item, SourceAsset) and (chosen is None or item.key in chosen):
                raise InvariantViolationError(
                    f"The source asset {item.key.to_user_string()!r} has no spec to map",
                    subject=item.key.to_user_string(),
                    found="a SourceAsset",
                    expected="an AssetSpec, or an asset that a function makes",
                    next_step="write it as an AssetSpec",
                )
            assets.append(item)
        return self.but(assets=assets)

    def with_definition_metadata_update(
        self: D, update: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> D:
        """A copy whose metadata is what `update` gives of its metadata."""
        return self.but(metadata=update(self.metadata))

    def with_resources(self: D, resources: Mapping[str, Any] | None) -> D:
        """A copy with these resources too; one that it has already stays."""
        return self.but(resources={**(resources or NOTHING_SAID), **self.resources})

    def but(self: D, **changes: Any) -> D:
        """A copy with other arguments of the constructor."""
        return type(self)(**{**self.arguments(), **changes})
