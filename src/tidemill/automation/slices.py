"""Which slices there are, and how those of one asset correspond to those of another.

below(child, parent, some)   slices of the child that are made from one of them, at least
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tidemill.automation.facts import NONE, WHOLE, EntityKey, Slices
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.calendar.moments import ceil_second
from tidemill.definitions.calendar.ticks import moved
from tidemill.definitions.partitions.keysets import KeySet, Order
from tidemill.definitions.partitions.mappings import Slicing, TimeWindowPartitionMapping
from tidemill.definitions.partitions.multi import MultiPartitionsDefinition
from tidemill.definitions.partitions.orders import Product, Windows, order_at
from tidemill.definitions.partitions.partitions import PartitionsDefinition, World
from tidemill.definitions.partitions.time_windows import TimeWindowPartitionsDefinition
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.planning.graph import AssetGraph

LONG = 1000
"""Characters of a definition above which only its digest is remembered."""

Pairs = Mapping["str | None", tuple["str | None", ...]]


class SliceMap:
    """The slices of all assets and checks of a graph, at one moment."""

    def __init__(self, graph: AssetGraph, world: World) -> None:
        self.graph = graph
        self.world = world
        self._full: dict[EntityKey, Slices] = {}
        self._orders: dict[PartitionsDefinition, Order] = {}
        self._said: dict[PartitionsDefinition | None, str] = {}
        self._order_of: dict[EntityKey, Order | None] = {}
        self._same: dict[tuple[EntityKey, EntityKey], bool] = {}
        self._pairs: dict[tuple[EntityKey, EntityKey], Pairs] = {}
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
            order = self.order(key)
            found = self._full[key] = WHOLE if order is None else order.full
        return found

    def order(self, key: EntityKey) -> Order | None:
        """The partition keys of an asset or check at that moment; one and the same for all of one definition."""
        if key not in self._order_of:
            partitions = self.partitions(key)
            if partitions is not None and partitions not in self._orders:
                self._orders[partitions] = order_at(partitions, self.world)
            self._order_of[key] = None if partitions is None else self._orders[partitions]
        return self._order_of[key]

    def said(self, key: EntityKey) -> str:
        """The definition of its partitions as text, by which it is known again; of a long one the digest."""
        partitions = self.partitions(key)
        if partitions not in self._said:
            text = repr(partitions)
            if len(text) > LONG:
                from blake3 import blake3  # noqa: PLC0415  (few definitions are long)

                text = f"{type(partitions).__name__} {blake3(text.encode()).hexdigest(16)}"
            self._said[partitions] = text
        return self._said[partitions]

    def own(self, key: EntityKey, some: Iterable[str | None]) -> Slices:
        """Those of some slices that an asset or check has."""
        order = self.order(key)
        if order is not None:
            return order.of(some)
        return some if isinstance(some, frozenset) else frozenset(some)

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
        if self._are_namesakes(child, parent):
            return self.full(child) & some
        upstream = self.partitions(parent)
        if upstream is None:
            return self.full(child)
        slicing = Slicing(upstream, self._mapping(child, parent))
        if slicing.constant:
            always = slicing.keys((), self.partitions(child), self.world).keys
            return NONE if some.isdisjoint(always) else self.full(child)
        own, other = self.order(child), self.order(parent)
        mapping = slicing.mapping or TimeWindowPartitionMapping()
        if isinstance(own, Windows) and isinstance(other, Windows):  # noqa: SIM102  (mypy)
            if isinstance(mapping, TimeWindowPartitionMapping):
                return _overlapping(own, other.of(some), mapping)
        pairs = self.pairs(child, parent)
        return self.own(child, [each for each, sources in pairs.items() if not some.isdisjoint(sources)])

    def above(self, key: AssetKey, check: AssetCheckKey, some: Slices) -> Slices:
        """Slices of an asset that these of one of its checks are about."""
        if some and self.partitions(check) is not None:
            return self.full(key) & some
        return self.full(key) if some else NONE

    def pairs(self, child: EntityKey, parent: EntityKey) -> Pairs:
        """Slice of the child → those of the parent that it is made from."""
        if self._are_namesakes(child, parent):
            return {each: (each,) for each in self.full(child)}
        found = self._pairs.get((child, parent))
        if found is None:
            found = self._pairs[child, parent] = self._find(child, parent)
        return found or dict.fromkeys(self.full(child), tuple(self.full(parent)))

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
        return self._are_namesakes(child, parent)

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
        wanted: set[str]
        if lookback is None:
            wanted = {str(timed.get_last_partition_key(self.world.now))}
        else:
            start = last.end - lookback
            first, stop = timed.bounds(self.world.now)
            ticks = timed.starts(max(first, ceil_second(start)), stop)
            wanted = {timed.key_at(tick) for tick in ticks}
        if not isinstance(partitions, MultiPartitionsDefinition):
            return full & wanted
        places = {each.name: place for place, each in enumerate(partitions.dimensions)}
        place, order = places[partitions.time_window_dimension.name], self.order(key)
        assert isinstance(order, Product)
        return order.with_dimension(place, wanted)

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

    def _are_namesakes(self, child: EntityKey, parent: EntityKey) -> bool:
        """Whether a slice of the child is always made from the slice of the same name."""
        known = self._same.get((child, parent))
        if known is None:
            downstream, upstream = self.partitions(child), self.partitions(parent)
            known = downstream is None and upstream is None
            if upstream is not None and downstream == upstream:
                known = Slicing(upstream, self._mapping(child, parent)).is_identity(downstream)
            self._same[child, parent] = known
        return known

    def _find(self, child: EntityKey, parent: EntityKey) -> Pairs:
        """Slices of the child by what they are made from; nothing where that is all there is."""
        downstream, upstream = self.partitions(child), self.partitions(parent)
        if upstream is None:
            return {}
        slicing = Slicing(upstream, self._mapping(child, parent))
        if downstream is None:
            return {None: slicing.keys((), None, self.world).keys}
        keys = [each for each in self.full(child) if each is not None]
        shares = slicing.shares(keys, downstream, self.world)
        if shares is None:
            shares = dict.fromkeys(keys, slicing.keys(keys, downstream, self.world).keys)
        return shares  # type: ignore[return-value]  # keys are texts, of which a slice is one


def _overlapping(own: Windows, some: KeySet, mapping: TimeWindowPartitionMapping) -> KeySet:
    """The windows that overlap some windows of an input, by their ends: none of them is listed."""
    other = some.order
    assert isinstance(other, Windows)
    ticks, found = own.definition.ticks, []
    for first, last in some.stretches():
        start, stop = other.tick_at(first), other.definition.ticks.at_or_after(other.tick_at(last) + 1)
        # A window reads from its own start on, moved by one offset, until its end, moved by the other.
        early = moved(ticks, ticks.at_or_after(start + 1), -1 - mapping.end_offset)
        late = moved(ticks, ticks.before(stop), -mapping.start_offset)
        before, after = own.place_of(early), own.place_of(late + 1)
        if before < after:
            found.append((before, after - 1))
    return own.at(found)


def _timed(partitions: PartitionsDefinition | None) -> TimeWindowPartitionsDefinition | None:
    """The time windows of a definition, if it has any."""
    if isinstance(partitions, TimeWindowPartitionsDefinition):
        return partitions
    if isinstance(partitions, MultiPartitionsDefinition) and partitions.has_time_window_dimension:
        return partitions.time_window_partitions_def
    return None
