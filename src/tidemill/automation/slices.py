"""Which slices there are, and how those of one asset correspond to those of another.

below(child, parent, some)   slices of the child that are made from one of them, at least
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidemill.automation.facts import NONE, WHOLE, EntityKey, Slices
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.partitions.mappings import IdentityPartitionMapping, Slicing
from tidemill.definitions.partitions.multi import MultiPartitionKey, MultiPartitionsDefinition
from tidemill.definitions.partitions.partitions import PartitionsDefinition, World
from tidemill.definitions.partitions.time_windows import TimeWindowPartitionsDefinition
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.planning.graph import AssetGraph

Pairs = Mapping["str | None", tuple["str | None", ...]]


class SliceMap:
    """The slices of all assets and checks of a graph, at one moment."""

    def __init__(self, graph: AssetGraph, world: World) -> None:
        self.graph = graph
        self.world = world
        self._full: dict[EntityKey, Slices] = {}
        self._pairs: dict[tuple[EntityKey, EntityKey], tuple[Pairs, bool]] = {}
        self.check_specs: dict[AssetCheckKey, AssetCheckSpec] = {
            spec.key: spec for unit in graph.project.units.values() for spec in unit.checks
        }

    def partitions(self, key: EntityKey) -> PartitionsDefinition | None:
        """The partitions of an asset, or of a check that judges them one by one."""
        if isinstance(key, AssetCheckKey):
            return self.check_specs[key].partitions_def
        if self.graph.is_materializable(key):
            return self.graph.unit_of(key).partitions
        spec = self.graph.spec(key)
        return spec.partitions_def if spec is not None else None

    def full(self, key: EntityKey) -> Slices:
        """All slices of an asset or check."""
        found = self._full.get(key)
        if found is None:
            partitions = self.partitions(key)
            keys = None if partitions is None else partitions.get_partition_keys(self.world.now, self.world)
            found = self._full[key] = WHOLE if keys is None else frozenset(keys)
        return found

    def parents(self, key: EntityKey) -> tuple[AssetKey, ...]:
        """What an asset is made from, or a check is about and needs."""
        if isinstance(key, AssetKey):
            return self.graph.parents(key)
        spec = self.check_specs[key]
        return (spec.asset_key, *(dep.asset_key for dep in spec.additional_deps))

    def checks(self, key: AssetKey, *, blocking_only: bool) -> list[AssetCheckKey]:
        """The checks of an asset."""
        found = self.graph.checks_for(key)
        return [check for check in found if not blocking_only or self.check_specs[check].blocking]

    def below(self, child: EntityKey, parent: EntityKey, some: Slices) -> Slices:
        """Slices of the child that are made from one of these, at least."""
        if not some:
            return NONE
        pairs, same = self._between(child, parent)
        if same:
            return self.full(child) & some
        if self.partitions(parent) is None:
            return self.full(child)
        return frozenset(each for each, sources in pairs.items() if not some.isdisjoint(sources))

    def above(self, key: AssetKey, check: AssetCheckKey, some: Slices) -> Slices:
        """Slices of an asset that these of one of its checks are about."""
        if some and self.partitions(check) is not None:
            return self.full(key) & some
        return self.full(key) if some else NONE

    def pairs(self, child: EntityKey, parent: EntityKey) -> Pairs:
        """Slice of the child → those of the parent that it is made from."""
        pairs, same = self._between(child, parent)
        if same:
            return {each: (each,) for each in self.full(child)}
        return pairs or dict.fromkeys(self.full(child), tuple(self.full(parent)))

    def lacking(self, key: AssetKey) -> Slices:
        """Slices that would be made from partitions that do not exist."""
        own = self.partitions(key)
        if own is None:
            return NONE
        found: set[str | None] = set()
        for parent in self.parents(key):
            upstream = self.partitions(parent)
            if upstream is not None:
                slicing = Slicing(upstream, self._mapping(key, parent))
                found.update(
                    each for each in self.full(key)
                    if each is not None and slicing.keys((each,), own, self.world).missing
                )  # fmt: skip
        return frozenset(found)

    def in_one_run(self, child: EntityKey, parent: EntityKey) -> bool:
        """Whether one run makes a slice of the child together with those that it is made from."""
        if child == parent:
            return True
        if not isinstance(parent, AssetKey) or not isinstance(child, AssetKey):
            return True
        if self.partitions(parent) is None and self.partitions(child) is None:
            return True
        return self._between(child, parent)[1]

    def latest_window(self, key: EntityKey, lookback: Any = None) -> Slices:
        """The slices of the latest time window, and those that start within `lookback` of its end; else all."""
        partitions = self.partitions(key)
        full = self.full(key)
        timed = _timed(partitions)
        if timed is None:
            return full
        last = timed.get_last_partition_window(self.world.now)
        if last is None:
            return NONE
        if lookback is None:
            wanted = {timed.get_last_partition_key(self.world.now)}
        else:
            start = last.end - lookback
            wanted = {
                each for each in timed.get_partition_keys(self.world.now)
                if timed.start_time_for_partition_key(each).timestamp() >= start.timestamp()
            }  # fmt: skip
        if not isinstance(partitions, MultiPartitionsDefinition):
            return frozenset(wanted) & full
        dimension = partitions.time_window_dimension.name
        return frozenset(
            each for each in full
            if isinstance(each, MultiPartitionKey) and each.keys_by_dimension[dimension] in wanted
        )  # fmt: skip

    def newest_first(self, key: EntityKey, some: Slices) -> list[str | None]:
        """Slices, the newest time window first, otherwise in the order of the definition."""
        partitions = self.partitions(key)
        if partitions is None:
            return list(some)
        ordered = partitions.sorted_keys([each for each in some if each is not None], self.world)
        return list(reversed(ordered)) if _timed(partitions) is not None else list(ordered)

    def at_tick(self, key: EntityKey, world: World) -> Slices:
        """The slices of the latest time window that was complete then; all, where there is no time."""
        return SliceMap(self.graph, world).latest_window(key)

    def _mapping(self, child: EntityKey, parent: EntityKey) -> Any:
        if isinstance(child, AssetKey) and self.graph.is_materializable(child):
            for needed in self.graph.unit_of(child).inputs:
                if needed.asset == parent:
                    return needed.partition_mapping
        return None

    def _between(self, child: EntityKey, parent: EntityKey) -> tuple[Pairs, bool]:
        """Slices of the child by what they are made from, and whether that is always their namesake."""
        known = self._pairs.get((child, parent))
        if known is None:
            known = self._pairs[child, parent] = self._find(child, parent)
        return known

    def _find(self, child: EntityKey, parent: EntityKey) -> tuple[Pairs, bool]:
        downstream, upstream = self.partitions(child), self.partitions(parent)
        if upstream is None:
            return {}, downstream is None
        mapping = self._mapping(child, parent)
        if downstream == upstream and (mapping is None or isinstance(mapping, IdentityPartitionMapping)):
            return {}, True
        slicing = Slicing(upstream, mapping)
        if downstream is None:
            return {None: slicing.keys((), None, self.world).keys}, False
        keys = [each for each in self.full(child) if each is not None]
        shares = slicing.shares(keys, downstream, self.world)
        if shares is None:
            shares = dict.fromkeys(keys, slicing.keys(keys, downstream, self.world).keys)
        return shares, False  # type: ignore[return-value]  # keys are texts, of which a slice is one


def _timed(partitions: PartitionsDefinition | None) -> TimeWindowPartitionsDefinition | None:
    """The time windows of a definition, if it has any."""
    if isinstance(partitions, TimeWindowPartitionsDefinition):
        return partitions
    if isinstance(partitions, MultiPartitionsDefinition) and partitions.has_time_window_dimension:
        return partitions.time_window_partitions_def
    return None
