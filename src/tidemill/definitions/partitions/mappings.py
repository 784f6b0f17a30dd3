"""Which partitions of an input a partition is made from.

    keys of the asset, both definitions, World ──PartitionMapping.upstream──▶ Mapped(keys, missing)

`missing` are partitions that would be needed and do not exist. What lies only within an offset (the day before the
first day) is not among them: there is nothing to wait for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.calendar.ticks import moved
from tidemill.definitions.partitions.multi import MultiPartitionKey, MultiPartitionsDefinition
from tidemill.definitions.partitions.partitions import NOWHERE, PartitionsDefinition, World
from tidemill.definitions.partitions.time_windows import TimeWindowPartitionsDefinition
from tidemill.definitions.values import Items, Value, fill


class Mapped(NamedTuple):
    """Keys of an input, in the order of its definition; and those that are needed and do not exist."""

    keys: tuple[str, ...]
    missing: tuple[str, ...] = ()


class Sides(NamedTuple):
    """What a mapping stands between.

    Attributes:
        downstream: Partitions of the asset; None where it has none.
        upstream: Partitions of the input.
        world: The time, and the keys of dynamic partitions.
    """

    downstream: PartitionsDefinition | None
    upstream: PartitionsDefinition
    world: World = NOWHERE


class PartitionMapping(Value):
    """Base of all mappings. One of your own defines `upstream`."""

    def upstream(self, keys: Sequence[str], sides: Sides) -> Mapped:
        """The partitions of an input that some partitions are made from.

        Args:
            keys: Of the asset; empty where it has no partitions.
            sides: Whose partitions, and when.
        """
        raise NotImplementedError

    def means_one(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> bool:
        """Whether a partition is made from one of the input at most, whatever their keys."""
        del downstream, upstream
        return False

    def check(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> None:
        """Refuse definitions that the mapping cannot stand between.

        Raises:
            InvalidDefinitionError: With what it expects.
        """


class IdentityPartitionMapping(PartitionMapping):
    """The partition of the same key."""

    def upstream(self, keys: Sequence[str], sides: Sides) -> Mapped:
        """The same keys."""
        if sides.downstream == sides.upstream:
            return Mapped(tuple(keys))
        return _existing(keys, sides)

    def means_one(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> bool:
        """It has one of that key."""
        del downstream, upstream
        return True


class AllPartitionMapping(PartitionMapping):
    """All partitions of the input."""

    def upstream(self, keys: Sequence[str], sides: Sides) -> Mapped:
        """All keys."""
        del keys
        return Mapped(tuple(sides.upstream.get_partition_keys(sides.world.now, sides.world)))


class LastPartitionMapping(PartitionMapping):
    """The last partition of the input."""

    def upstream(self, keys: Sequence[str], sides: Sides) -> Mapped:
        """The last key, if there is one."""
        del keys
        last = sides.upstream.get_last_partition_key(sides.world.now, sides.world)
        return Mapped((last,) if last is not None else ())

    def means_one(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> bool:
        """There is one last key."""
        del downstream, upstream
        return True


class SpecificPartitionsPartitionMapping(PartitionMapping):
    """Always the same partitions of the input.

    Args:
        partition_keys: Which.
    """

    partition_keys: Items[str]

    def __init__(self, partition_keys: Sequence[str]) -> None:
        if isinstance(partition_keys, str):
            raise wrong_type(
                "SpecificPartitionsPartitionMapping", "partition_keys", partition_keys, "a list of keys"
            )
        fill(self, Items(partition_keys))

    def upstream(self, keys: Sequence[str], sides: Sides) -> Mapped:
        """Those keys."""
        del keys
        return _existing(self.partition_keys, sides)

    def means_one(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> bool:
        """Where one is named."""
        del downstream, upstream
        return len(self.partition_keys) == 1


class StaticPartitionMapping(PartitionMapping):
    """Which partitions are made from each partition of the input, one by one.

    Args:
        downstream_partition_keys_by_upstream_partition_key: Key of the input → key, or keys, of the asset.

    Example:
        >>> from tidemill import StaticPartitionsDefinition
        >>> from tidemill.definitions.partitions.mappings import Sides
        >>> mapping = StaticPartitionMapping({"berlin": "de", "bonn": "de", "oslo": "no"})
        >>> cities = StaticPartitionsDefinition(["berlin", "bonn", "oslo"])
        >>> mapping.upstream(["de"], Sides(StaticPartitionsDefinition(["de", "no"]), cities)).keys
        ('berlin', 'bonn')
    """

    downstream_partition_keys_by_upstream_partition_key: Mapping[str, str | Collection[str]]

    def __init__(
        self, downstream_partition_keys_by_upstream_partition_key: Mapping[str, str | Collection[str]]
    ) -> None:
        given = downstream_partition_keys_by_upstream_partition_key
        if not isinstance(given, Mapping):
            raise wrong_type("StaticPartitionMapping", "its mapping", given, "a dict of key → key or keys")
        fill(self, {key: each if isinstance(each, str) else tuple(each) for key, each in given.items()})

    def __hash__(self) -> int:
        return hash(tuple(self.downstream_partition_keys_by_upstream_partition_key.items()))

    def _pairs(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        for key, each in self.downstream_partition_keys_by_upstream_partition_key.items():
            yield key, (each,) if isinstance(each, str) else tuple(each)

    def upstream(self, keys: Sequence[str], sides: Sides) -> Mapped:
        """The keys that name one of `keys`."""
        wanted = set(keys)
        found = [key for key, each in self._pairs() if wanted.intersection(each)]
        return Mapped(tuple(sides.upstream.sorted_keys(found, sides.world)))

    def means_one(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> bool:
        """Where no two keys name the same one."""
        del downstream, upstream
        named = [key for _, each in self._pairs() for key in each]
        return len(named) == len(set(named))

    def check(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> None:
        """Both sides are fixed lists that have the keys named here."""
        sides = (
            ("upstream", upstream, [key for key, _ in self._pairs()]),
            (
                "downstream",
                downstream,
                [key for _, each in self._pairs() for key in each],
            ),
        )
        for side, definition, named in sides:
            known = getattr(definition, "keys", None)
            unknown = sorted(set(named).difference(known)) if known is not None else named
            if known is None or unknown:
                raise InvalidDefinitionError(
                    f"StaticPartitionMapping names keys that the {side} partitions definition does not have",
                    subject="StaticPartitionMapping",
                    found=", ".join(unknown[:10]),
                    expected=", ".join(known[:10]) if known is not None else "a StaticPartitionsDefinition",
                )


class TimeWindowPartitionMapping(PartitionMapping):
    """The windows of the input that overlap a window.

    Args:
        start_offset, end_offset: By how many windows of the asset itself the ends of its window are moved before:
            -1, -1 is the window before; -1, 0 that and its own.
        allow_nonexistent_upstream_partitions: Whether windows that the input does not have may be missing.

    Example:
        >>> from tidemill import DailyPartitionsDefinition
        >>> from tidemill.definitions.partitions.mappings import Sides
        >>> days = DailyPartitionsDefinition("2024-01-01")
        >>> TimeWindowPartitionMapping(start_offset=-1).upstream(["2024-01-03"], Sides(days, days)).keys
        ('2024-01-02', '2024-01-03')
    """

    start_offset: int
    end_offset: int
    allow_nonexistent_upstream_partitions: bool

    def __init__(
        self,
        start_offset: int = 0,
        end_offset: int = 0,
        allow_nonexistent_upstream_partitions: bool = False,
    ) -> None:
        for name, number in (("start_offset", start_offset), ("end_offset", end_offset)):
            if not isinstance(number, int):
                raise wrong_type("TimeWindowPartitionMapping", name, number, "a number of windows")
        fill(self, start_offset, end_offset, allow_nonexistent_upstream_partitions)

    def upstream(self, keys: Sequence[str], sides: Sides) -> Mapped:
        """The keys of the windows that overlap."""
        self.check(sides.downstream, sides.upstream)
        own = cast("TimeWindowPartitionsDefinition", sides.downstream)
        other = cast("TimeWindowPartitionsDefinition", sides.upstream)
        plain = not (self.start_offset or self.end_offset)
        if plain and own == other:
            return Mapped(tuple(keys))
        first, last = other.bounds(sides.world.now)
        found: dict[int, None] = {}
        missing: dict[int, None] = {}
        for tick in map(own.tick_of, keys):
            stop = own.ticks.at_or_after(tick + 1)
            window = moved(own.ticks, tick, self.start_offset), moved(own.ticks, stop, self.end_offset)
            for start in other.starts(other.ticks.before(window[0] + 1), window[1]):
                if first <= start < last:
                    found[start] = None
                # Beyond the ends of the input, what only an offset reaches is not there to be waited for.
                elif tick < other.ticks.at_or_after(start + 1) and start < stop:
                    missing[start] = None
        lacking = () if self.allow_nonexistent_upstream_partitions else sorted(missing)
        return Mapped(tuple(map(other.key_at, sorted(found))), tuple(map(other.key_at, lacking)))

    def means_one(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> bool:
        """Where both sides have the same windows, and one of them is meant."""
        own, other = (cast("TimeWindowPartitionsDefinition", each) for each in (downstream, upstream))
        return self.start_offset == self.end_offset and own.ticks == other.ticks

    def check(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> None:
        """Both sides are windows of time in one zone."""
        for side, definition in (("Downstream", downstream), ("Upstream", upstream)):
            if not isinstance(definition, TimeWindowPartitionsDefinition):
                raise InvalidDefinitionError(
                    f"{side} partitions definition must be a TimeWindowPartitionsDefinition",
                    subject="TimeWindowPartitionMapping",
                    found="no partitions" if definition is None else type(definition).__name__,
                    expected="windows of time on both sides",
                )
        zones = [cast("TimeWindowPartitionsDefinition", each).timezone for each in (upstream, downstream)]
        if zones[0] != zones[1]:
            raise InvalidDefinitionError(
                f"Timezones {zones[0]} and {zones[1]} don't match",
                subject="TimeWindowPartitionMapping",
                found=f"{zones[0]} upstream, {zones[1]} downstream",
                expected="windows of time in one zone",
                next_step="give both definitions the same timezone=",
            )


class DimensionPartitionMapping(NamedTuple):
    """How a dimension of the input corresponds to a dimension of the asset.

    Attributes:
        dimension_name: Of the asset.
        partition_mapping: Between the two.
    """

    dimension_name: str
    partition_mapping: PartitionMapping


class MultiPartitionMapping(PartitionMapping):
    """Between two definitions of two dimensions each: dimension by dimension; of one that is not named, all keys.

    Args:
        downstream_mappings_by_upstream_dimension: Dimension of the input → dimension of the asset, and how.
    """

    downstream_mappings_by_upstream_dimension: Mapping[str, DimensionPartitionMapping]

    def __init__(
        self, downstream_mappings_by_upstream_dimension: Mapping[str, DimensionPartitionMapping]
    ) -> None:
        given = downstream_mappings_by_upstream_dimension
        for each in given.values():
            if not isinstance(each, DimensionPartitionMapping):
                raise wrong_type("MultiPartitionMapping", "a mapping", each, "a DimensionPartitionMapping")
        fill(self, dict(given))

    def __hash__(self) -> int:
        return hash(tuple(self.downstream_mappings_by_upstream_dimension.items()))

    def upstream(self, keys: Sequence[str], sides: Sides) -> Mapped:
        """Keys with what corresponds in each dimension."""
        self.check(sides.downstream, sides.upstream)
        own = cast("MultiPartitionsDefinition", sides.downstream)
        other = cast("MultiPartitionsDefinition", sides.upstream)
        world = sides.world
        found: dict[str, None] = {}
        missing: dict[str, None] = {}
        for key in map(own.key_of, keys):
            parts = []
            for name, definition in other.dimensions:
                to = self.downstream_mappings_by_upstream_dimension.get(name)
                if to is None:
                    parts.append(Mapped(tuple(definition.get_partition_keys(world.now, world))))
                    continue
                dimension = own.get_partitions_def_for_dimension(to.dimension_name)
                of_key = [key.keys_by_dimension[to.dimension_name]]
                parts.append(to.partition_mapping.upstream(of_key, Sides(dimension, definition, world)))
            found |= dict.fromkeys(_product(other, *[part.keys for part in parts]))
            lacking = [part.keys + part.missing for part in parts]
            missing |= dict.fromkeys(each for each in _product(other, *lacking) if each not in found)
        return Mapped(tuple(other.sorted_keys(found, world)), tuple(missing))

    def means_one(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> bool:
        """Where it is so in each dimension."""
        own = cast("MultiPartitionsDefinition", downstream)
        for name, definition in cast("MultiPartitionsDefinition", upstream).dimensions:
            to = self.downstream_mappings_by_upstream_dimension.get(name)
            if to is None or not to.partition_mapping.means_one(
                own.get_partitions_def_for_dimension(to.dimension_name), definition
            ):
                return False
        return True

    def check(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> None:
        """Both sides have two dimensions, of these names."""
        for side, definition in (("Downstream", downstream), ("Upstream", upstream)):
            if not isinstance(definition, MultiPartitionsDefinition):
                raise InvalidDefinitionError(
                    f"{side} partitions definition must be a MultiPartitionsDefinition",
                    subject="MultiPartitionMapping",
                    found="no partitions" if definition is None else type(definition).__name__,
                    expected="two dimensions on both sides",
                )
        own = cast("MultiPartitionsDefinition", downstream)
        other = cast("MultiPartitionsDefinition", upstream)
        for name, to in self.downstream_mappings_by_upstream_dimension.items():
            to.partition_mapping.check(
                own.get_partitions_def_for_dimension(to.dimension_name),
                other.get_partitions_def_for_dimension(name),
            )


class MultiToSingleDimensionPartitionMapping(PartitionMapping):
    """Between a definition of two dimensions and one that is like one of them: all keys with the same key in it.

    Args:
        partition_dimension_name: Which dimension; the one that is like the other side, where only one is.
    """

    partition_dimension_name: str | None

    def __init__(self, partition_dimension_name: str | None = None) -> None:
        fill(self, partition_dimension_name)

    def upstream(self, keys: Sequence[str], sides: Sides) -> Mapped:
        """The keys whose dimension corresponds."""
        world = sides.world
        many, single, name = self._sides(sides.downstream, sides.upstream)
        dimension = many.get_partitions_def_for_dimension(name)
        if many is sides.downstream:
            of_keys = list(dict.fromkeys(many.key_of(key).keys_by_dimension[name] for key in keys))
            return between(dimension, single).upstream(of_keys, Sides(dimension, single, world))
        found = between(single, dimension).upstream(keys, Sides(single, dimension, world))
        parts = [
            found.keys if each == name else tuple(definition.get_partition_keys(world.now, world))
            for each, definition in many.dimensions
        ]
        return Mapped(tuple(_product(many, *parts)), found.missing)

    def means_one(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> bool:
        """Where the asset has the two dimensions, and it is so in the one that is alike."""
        many, single, name = self._sides(downstream, upstream)
        dimension = many.get_partitions_def_for_dimension(name)
        return many is downstream and between(dimension, single).means_one(dimension, single)

    def check(self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> None:
        """One side has two dimensions, one of which is like the other side."""
        self._sides(downstream, upstream)

    def _sides(
        self, downstream: PartitionsDefinition | None, upstream: PartitionsDefinition
    ) -> tuple[MultiPartitionsDefinition, PartitionsDefinition, str]:
        pair = [each for each in (downstream, upstream) if isinstance(each, MultiPartitionsDefinition)]
        other = [
            each
            for each in (downstream, upstream)
            if each and not isinstance(each, MultiPartitionsDefinition)
        ]
        if len(pair) == 1 and len(other) == 1:
            names = (
                [self.partition_dimension_name]
                if self.partition_dimension_name is not None
                else alike(pair[0], other[0])
            )
            if len(names) == 1:
                pair[0].get_partitions_def_for_dimension(names[0])
                return pair[0], other[0], names[0]
        raise InvalidDefinitionError(
            "MultiToSingleDimensionPartitionMapping stands between two dimensions and one that is like one of them",
            subject="MultiToSingleDimensionPartitionMapping",
            found=f"{downstream!r} and {upstream!r}",
            expected="a MultiPartitionsDefinition on one side, and on the other one of its dimensions",
            next_step="name the dimension: partition_dimension_name=",
        )


def alike(many: MultiPartitionsDefinition, single: PartitionsDefinition) -> list[str]:
    """The dimensions that are like a definition: the same, or of time too."""
    same = [name for name, each in many.dimensions if each == single]
    if same or not isinstance(single, TimeWindowPartitionsDefinition):
        return same
    return [name for name, each in many.dimensions if isinstance(each, TimeWindowPartitionsDefinition)]


def _product(definition: MultiPartitionsDefinition, one: Sequence[str], other: Sequence[str]) -> list[str]:
    first, second = definition.partition_dimension_names
    return [MultiPartitionKey({first: each, second: also}) for each in one for also in other]


def _existing(keys: Iterable[str], sides: Sides) -> Mapped:
    _, upstream, world = sides
    found: list[str] = []
    missing: list[str] = []
    for key in keys:
        (found if upstream.has_partition_key(key, world.now, world) else missing).append(key)
    return Mapped(
        tuple(upstream.sorted_keys(found, world)) if len(found) > 1 else tuple(found), tuple(missing)
    )


IDENTITY, ALL, OVERLAPPING = (
    IdentityPartitionMapping(),
    AllPartitionMapping(),
    TimeWindowPartitionMapping(),
)


def between(downstream: PartitionsDefinition | None, upstream: PartitionsDefinition) -> PartitionMapping:
    """The mapping where none is given: the same key, overlapping windows, the dimension that is alike, or all."""
    if downstream is None:
        return ALL
    if downstream == upstream:
        return IDENTITY
    kinds = [isinstance(each, TimeWindowPartitionsDefinition) for each in (downstream, upstream)]
    if all(kinds):
        return OVERLAPPING
    many = [each for each in (downstream, upstream) if isinstance(each, MultiPartitionsDefinition)]
    if len(many) == 1 and len(alike(many[0], upstream if many[0] is downstream else downstream)) == 1:
        return MultiToSingleDimensionPartitionMapping()
    return IDENTITY


class Slicing(NamedTuple):
    """How an input is sliced.

    Attributes:
        upstream: Partitions of the input.
        mapping: As given at the input; None is the usual one.
    """

    upstream: PartitionsDefinition
    mapping: PartitionMapping | None = None

    @property
    def constant(self) -> bool:
        """Whether every partition is made from the same ones."""
        kinds = (AllPartitionMapping, LastPartitionMapping, SpecificPartitionsPartitionMapping)
        return isinstance(self.mapping, kinds)

    def is_identity(self, downstream: PartitionsDefinition | None) -> bool:
        """Whether every partition is made from its namesake, which there always is."""
        plain = self.mapping is None or isinstance(self.mapping, IdentityPartitionMapping)
        return plain and downstream == self.upstream

    def keys(self, keys: Sequence[str], downstream: PartitionsDefinition | None, world: World) -> Mapped:
        """The partitions of the input that some partitions of the asset are made from."""
        if self.mapping is None and downstream == self.upstream:
            return Mapped(tuple(keys))
        mapping = self.mapping or between(downstream, self.upstream)
        return mapping.upstream(keys, Sides(downstream, self.upstream, world))

    def means_one(self, downstream: PartitionsDefinition | None) -> bool:
        """Whether a partition of the asset is made from one of the input at most, whatever their keys."""
        mapping = self.mapping or between(downstream, self.upstream)
        return mapping.means_one(downstream, self.upstream)

    def shares(
        self, keys: Sequence[str], downstream: PartitionsDefinition | None, world: World
    ) -> dict[str, tuple[str, ...]] | None:
        """The same for each of several partitions; None where each is made from all of them."""
        if self.constant or downstream is None:
            return None
        return {key: self.keys((key,), downstream, world).keys for key in keys}

    def downstream_of(
        self, keys: Collection[str], downstream: PartitionsDefinition | None, world: World
    ) -> list[str]:
        """The partitions of the asset that are made from some partitions of the input."""
        if downstream is None:
            return []
        if self.mapping is None and downstream == self.upstream:
            return downstream.sorted_keys(keys, world)
        wanted = set(keys)
        every = downstream.get_partition_keys(world.now, world)
        return [key for key in every if wanted.intersection(self.keys((key,), downstream, world).keys)]
