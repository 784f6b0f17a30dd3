"""The graph of a `Definitions` as programs ask it: which assets there are, and what each is made with."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetCheckKey, AssetKey, CoercibleToAssetKey
from tidemill.core.suggest import did_you_mean
from tidemill.definitions.assets.assets import AssetsDefinition
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.policies import BackfillPolicy
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.planning.graph import AssetGraph


class AssetNode:
    """One asset among the others.

    Attributes:
        key: Its key.
        parent_keys: Assets that it is made with.
        child_keys: Assets that are made with it.
        check_keys: Its checks.
    """

    def __init__(self, graph: AssetGraph, key: AssetKey) -> None:
        self.key = key
        specs = graph.project.sources
        elsewhere = specs[key].deps if key in specs else ()
        named = [spec.key for spec in specs.values() if any(dep.asset_key == key for dep in spec.deps)]
        self.parent_keys = frozenset([*graph.parents(key), *(dep.asset_key for dep in elsewhere)])
        self.child_keys = frozenset([*graph.children(key), *named])
        self.check_keys = frozenset(graph.checks_for(key))
        self._graph = graph

    @property
    def spec(self) -> AssetSpec:
        """What was said of it; a spec with nothing but the key where only a `deps=` names it."""
        return self._graph.spec(self.key) or AssetSpec(self.key)

    @property
    def group_name(self) -> str:
        """Its group."""
        return self.spec.group_name or "default"

    @property
    def description(self) -> str | None:
        """Its description."""
        return self.spec.description

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Facts about its definition."""
        return self.spec.metadata

    @property
    def tags(self) -> Mapping[str, str]:
        """Its tags."""
        return self.spec.tags

    @property
    def owners(self) -> tuple[str, ...]:
        """Who answers for it."""
        return self.spec.owners

    @property
    def kinds(self) -> Set[str]:
        """What it is made with or of."""
        return set(self.spec.kinds)

    @property
    def code_version(self) -> str | None:
        """The version of its code, where somebody states one."""
        return self.spec.code_version

    @property
    def partitions_def(self) -> PartitionsDefinition | None:
        """Its slices."""
        if self.is_materializable and (own := self._graph.unit_of(self.key).partitions) is not None:
            return own
        return self.spec.partitions_def

    @property
    def backfill_policy(self) -> BackfillPolicy | None:
        """How many of its partitions one run makes."""
        return self._graph.unit_of(self.key).backfill if self.is_materializable else None

    @property
    def is_partitioned(self) -> bool:
        """Whether it has slices."""
        return self.partitions_def is not None

    @property
    def is_materializable(self) -> bool:
        """Whether something here makes it."""
        return self._graph.is_materializable(self.key)

    @property
    def is_observable(self) -> bool:
        """Whether a function here tells what it is now."""
        return self.key in self._graph.observers

    @property
    def is_executable(self) -> bool:
        """Whether a function here makes or observes it."""
        return self._graph.is_executable(self.key)

    @property
    def automation_condition(self) -> Any:
        """When it is made by itself, or None."""
        return self.spec.automation_condition

    @property
    def is_external(self) -> bool:
        """Whether nothing here makes it."""
        return not self.is_materializable

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssetNode) and (self.key, self._graph) == (other.key, other._graph)

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"<AssetNode {self.key.to_user_string()}>"


class ResolvedAssetGraph(AssetGraph):
    """All assets of a project; what `Definitions.resolve_asset_graph()` gives, and `AssetSelection.resolve` takes."""

    __slots__ = ()

    def get_all_asset_keys(self) -> set[AssetKey]:
        """Every asset, also those that only a `deps=` names."""
        return {*self.keys, *self.sources}

    all_asset_keys = property(get_all_asset_keys)

    @property
    def materializable_asset_keys(self) -> set[AssetKey]:
        """Assets that something here makes."""
        return set(self.keys)

    @property
    def observable_asset_keys(self) -> set[AssetKey]:
        """Assets that are made elsewhere and that something here observes."""
        return set(self.observers)

    @property
    def executable_asset_keys(self) -> set[AssetKey]:
        """Assets that something here makes or observes."""
        return {*self.keys, *self.observers}

    @property
    def unexecutable_asset_keys(self) -> set[AssetKey]:
        """Assets that nothing here makes or observes."""
        return set(self.sources).difference(self.observers)

    @property
    def external_asset_keys(self) -> set[AssetKey]:
        """Assets that nothing here makes."""
        return set(self.sources)

    @property
    def unpartitioned_asset_keys(self) -> set[AssetKey]:
        """Assets without slices."""
        return {key for key in self.get_all_asset_keys() if not self.get(key).is_partitioned}

    @property
    def partitioned_asset_keys(self) -> set[AssetKey]:
        """Assets with slices."""
        return self.get_all_asset_keys() - self.unpartitioned_asset_keys

    @property
    def root_materializable_asset_keys(self) -> set[AssetKey]:
        """Assets made here that need no other asset made here."""
        made = self.materializable_asset_keys
        return {key for key in made if made.isdisjoint(self.parents(key))}

    root_asset_keys = root_materializable_asset_keys

    @property
    def asset_check_keys(self) -> set[AssetCheckKey]:
        """Every check."""
        return set(self.check_keys)

    def get_check_spec(self, key: AssetCheckKey) -> AssetCheckSpec:
        """What was said of a check.

        Raises:
            InvalidDefinitionError: There is none with that key.
        """
        known = {check.key: check for unit in self.project.units.values() for check in unit.checks}
        if key in known:
            return known[key]
        names = sorted(each.to_user_string() for each in known)
        raise InvalidDefinitionError(
            f"There is no check {key.to_user_string()!r}",
            subject=key.to_user_string(),
            found=key.to_user_string(),
            expected=", ".join(names[:20]) or "no checks at all",
            next_step=did_you_mean(key.to_user_string(), names),
        )

    @property
    def all_group_names(self) -> set[str]:
        """Every group."""
        return {node.group_name for node in self.asset_nodes}

    @property
    def asset_nodes(self) -> list[AssetNode]:
        """Every asset."""
        return [self.get(key) for key in (*self.keys, *self.sources)]

    def get_parents(self, node: AssetNode | AssetKey) -> set[Any]:
        """What an asset is made with: nodes of a node, keys of a key."""
        found = self._node(node).parent_keys
        return {self.get(key) for key in found} if isinstance(node, AssetNode) else set(found)

    def get_children(self, node: AssetNode | AssetKey) -> set[Any]:
        """What is made with an asset: nodes of a node, keys of a key."""
        found = self._node(node).child_keys
        return {self.get(key) for key in found} if isinstance(node, AssetNode) else set(found)

    def _node(self, node: AssetNode | AssetKey) -> AssetNode:
        return node if isinstance(node, AssetNode) else self.get(node)

    def get_ancestor_asset_keys(self, asset_key: AssetKey) -> set[AssetKey]:
        """What an asset is made with, directly or not."""
        return self.ancestors([asset_key])

    @property
    def assets_defs(self) -> list[AssetsDefinition]:
        """The definitions that make or observe assets."""
        return [AssetsDefinition(unit) for unit in self.project.units.values() if unit.outputs]

    @property
    def assets_defs_by_key(self) -> dict[AssetKey, AssetsDefinition]:
        """The same by asset."""
        return {key: definition for definition in self.assets_defs for key in definition.keys}

    def get_check_keys_for_assets(self, asset_keys: Set[AssetKey]) -> set[AssetCheckKey]:
        """Checks of these assets."""
        return {check for key in asset_keys for check in self.checks_for(key)}

    def asset_keys_for_group(self, group_name: str) -> set[AssetKey]:
        """Assets of a group."""
        return {key for key in self.get_all_asset_keys() if self.get(key).group_name == group_name}

    @property
    def toposorted_asset_keys_by_level(self) -> list[list[AssetKey]]:
        """Assets in waves: each wave needs only those before it; in a wave they are sorted."""
        levels: dict[AssetKey, int] = dict.fromkeys(self.sources, 0)
        for key in self.topological_order():
            levels[key] = max((levels[each] + 1 for each in self.parents(key)), default=0)
        waves: list[list[AssetKey]] = [[] for _ in range(max(levels.values(), default=-1) + 1)]
        for key in sorted(levels):
            waves[levels[key]].append(key)
        return waves

    @property
    def toposorted_asset_keys(self) -> list[AssetKey]:
        """Assets, each after what it needs."""
        return [key for wave in self.toposorted_asset_keys_by_level for key in wave]

    def has(self, key: CoercibleToAssetKey) -> bool:
        """Whether there is such an asset."""
        return AssetKey.from_coercible(key) in self

    def get(self, key: CoercibleToAssetKey) -> AssetNode:
        """One asset.

        Raises:
            InvalidDefinitionError: There is none.
        """
        wanted = AssetKey.from_coercible(key)
        if wanted in self:
            return AssetNode(self, wanted)
        known = sorted(each.to_user_string() for each in self.get_all_asset_keys())
        name = wanted.to_user_string()
        raise InvalidDefinitionError(
            f"There is no asset {name!r}",
            subject=name,
            found=name,
            expected=", ".join(known[:20]) or "no assets at all",
            next_step=did_you_mean(name, known),
        )
