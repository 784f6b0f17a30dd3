"""Partitions in two dimensions: every key of one with every key of the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError, UnknownPartitionError
from tidemill.core.tags import PARTITION_TAG
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.partitions.partitions import (
    NOWHERE,
    DynamicKeys,
    PartitionKeyRange,
    PartitionsDefinition,
    World,
    checked_definition,
    unknown_partition,
)
from tidemill.definitions.values import fill

if TYPE_CHECKING:
    from datetime import datetime

    from tidemill.definitions.partitions.time_windows import TimeWindow, TimeWindowPartitionsDefinition

BETWEEN = "|"


class PartitionDimensionKey(NamedTuple):
    """A key of one dimension."""

    dimension_name: str
    partition_key: str


class PartitionDimensionDefinition(NamedTuple):
    """One dimension: its name and its partitions."""

    name: str
    partitions_def: PartitionsDefinition


class MultiPartitionKey(str):
    """A key in two dimensions: the keys of both, joined by `|` in the alphabetical order of the dimensions' names.

    Args:
        keys_by_dimension: Name of a dimension → key.

    Example:
        >>> MultiPartitionKey({"date": "2024-01-01", "color": "red"})
        'red|2024-01-01'
    """

    dimension_keys: list[PartitionDimensionKey]

    def __new__(cls, keys_by_dimension: Mapping[str, str]) -> MultiPartitionKey:
        if not isinstance(keys_by_dimension, Mapping):
            raise wrong_type(
                "MultiPartitionKey", "keys_by_dimension", keys_by_dimension, "a dict of dimension → key"
            )
        keys = [PartitionDimensionKey(name, str(key)) for name, key in sorted(keys_by_dimension.items())]
        made = super().__new__(cls, BETWEEN.join(key.partition_key for key in keys))
        made.dimension_keys = keys
        return made

    @property
    def keys_by_dimension(self) -> Mapping[str, str]:
        """Name of a dimension → key."""
        return dict(self.dimension_keys)

    def __reduce__(self) -> tuple[Any, ...]:
        return MultiPartitionKey, (dict(self.dimension_keys),)


class MultiPartitionsDefinition(PartitionsDefinition):
    """Every key of one dimension with every key of another.

    Args:
        partitions_defs: Name → partitions of each of the two dimensions; at most one is dynamic or of time.

    Raises:
        InvalidDefinitionError: A dimension is no definition of partitions, or its keys hold `|`.
        InvalidInvocationError: There are not exactly two.

    Example:
        >>> from tidemill import StaticPartitionsDefinition
        >>> both = MultiPartitionsDefinition(
        ...     {
        ...         "size": StaticPartitionsDefinition(["s", "l"]),
        ...         "color": StaticPartitionsDefinition(["red", "blue"]),
        ...     }
        ... )
        >>> both.get_partition_keys()
        ['red|s', 'red|l', 'blue|s', 'blue|l']
    """

    dimensions: tuple[PartitionDimensionDefinition, ...]

    def __init__(self, partitions_defs: Mapping[str, PartitionsDefinition]) -> None:
        if not isinstance(partitions_defs, Mapping):
            raise wrong_type(
                "MultiPartitionsDefinition", "partitions_defs", partitions_defs, "a dict of name → partitions"
            )
        if len(partitions_defs) != 2:
            raise InvalidInvocationError(
                f"MultiPartitionsDefinition has 2 dimensions, and {len(partitions_defs)} were given",
                subject="MultiPartitionsDefinition",
                found=", ".join(map(str, partitions_defs)) or "no dimensions",
                expected="exactly two dimensions",
                next_step="join some of them into one StaticPartitionsDefinition",
            )
        for name, each in partitions_defs.items():
            checked_definition(f"MultiPartitionsDefinition({name!r})", each)
            if isinstance(each, MultiPartitionsDefinition):
                raise wrong_type("MultiPartitionsDefinition", name, each, "partitions of one dimension")
            held = next((key for key in getattr(each, "keys", ()) if BETWEEN in key), None)
            if held is not None or BETWEEN in name:
                raise InvalidDefinitionError(
                    f"{BETWEEN!r} stands between the keys of two dimensions, so no name and no key may hold it",
                    subject=name,
                    found=repr(held if held is not None else name),
                    expected=f"names and keys without {BETWEEN!r}",
                )
        fill(self, tuple(PartitionDimensionDefinition(*each) for each in sorted(partitions_defs.items())))

    # Dimensions

    @property
    def partitions_defs(self) -> Sequence[PartitionDimensionDefinition]:
        """The dimensions, in the order of their names."""
        return list(self.dimensions)

    @property
    def partition_dimension_names(self) -> list[str]:
        """The names of the dimensions, in order."""
        return [dimension.name for dimension in self.dimensions]

    def get_partitions_def_for_dimension(self, dimension_name: str) -> PartitionsDefinition:
        """The partitions of one dimension.

        Raises:
            InvalidDefinitionError: There is none of that name.
        """
        for dimension in self.dimensions:
            if dimension.name == dimension_name:
                return dimension.partitions_def
        raise InvalidDefinitionError(
            f"There is no dimension {dimension_name!r}",
            subject=dimension_name,
            found=dimension_name,
            expected=" or ".join(map(repr, self.partition_dimension_names)),
        )

    @property
    def time_dimension(self) -> PartitionDimensionDefinition | None:
        """The dimension that is of time, where exactly one is."""
        found = [
            each for each in self.dimensions if hasattr(each.partitions_def, "time_window_for_partition_key")
        ]
        return found[0] if len(found) == 1 else None

    @property
    def primary_dimension(self) -> PartitionDimensionDefinition:
        """That of time; without one, the first by name."""
        return self.time_dimension or self.dimensions[0]

    @property
    def secondary_dimension(self) -> PartitionDimensionDefinition:
        """The other one."""
        return next(each for each in self.dimensions if each is not self.primary_dimension)

    @property
    def has_time_window_dimension(self) -> bool:
        """Whether one dimension is of time."""
        return self.time_dimension is not None

    @property
    def time_window_dimension(self) -> PartitionDimensionDefinition:
        """The dimension that is of time.

        Raises:
            InvalidDefinitionError: None is, or both are.
        """
        if self.time_dimension is None:
            raise InvalidDefinitionError(
                "There is no single dimension of time",
                subject="MultiPartitionsDefinition",
                found=", ".join(f"{name}: {type(each).__name__}" for name, each in self.dimensions),
                expected="one dimension with windows of time",
            )
        return self.time_dimension

    @property
    def time_window_partitions_def(self) -> TimeWindowPartitionsDefinition:
        """The windows of the dimension that is of time."""
        return self.time_window_dimension.partitions_def  # type: ignore[return-value]

    def time_window_for_partition_key(self, partition_key: str) -> TimeWindow:
        """The window of the dimension that is of time."""
        name, windows = self.time_window_dimension.name, self.time_window_partitions_def
        return windows.time_window_for_partition_key(self.key_of(partition_key).keys_by_dimension[name])

    # Keys

    def key_of(self, text: str) -> MultiPartitionKey:
        """The key that a text writes.

        Raises:
            UnknownPartitionError: It is none of two dimensions.
        """
        if isinstance(text, MultiPartitionKey):
            return text
        parts = str(text).split(BETWEEN)
        if len(parts) != 2:
            raise unknown_partition(
                text, (), expected=f"two keys: {BETWEEN.join(self.partition_dimension_names)}"
            )
        return MultiPartitionKey(dict(zip(self.partition_dimension_names, parts, strict=True)))

    get_partition_key_from_str = key_of

    def get_partition_keys(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> Sequence[MultiPartitionKey]:
        """All keys: in the order of the first dimension, and of the second within it."""
        return self._product(
            [
                d.partitions_def.get_partition_keys(current_time, dynamic_partitions_store)
                for d in self.dimensions
            ]
        )

    def _product(self, keys: Sequence[Iterable[str]]) -> list[MultiPartitionKey]:
        first, second = self.partition_dimension_names
        inner = list(keys[1])
        return [MultiPartitionKey({first: one, second: other}) for one in keys[0] for other in inner]

    def get_num_partitions(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> int:
        """How many keys there are."""
        one, other = [
            d.partitions_def.get_num_partitions(current_time, dynamic_partitions_store)
            for d in self.dimensions
        ]
        return one * other

    def get_first_partition_key(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> MultiPartitionKey | None:
        """The first key of both dimensions, or None where one has none."""
        ends = {
            d.name: d.partitions_def.get_first_partition_key(current_time, dynamic_partitions_store)
            for d in self.dimensions
        }
        return _whole(ends)

    def get_last_partition_key(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> MultiPartitionKey | None:
        """The last key of both dimensions, or None where one has none."""
        ends = {
            d.name: d.partitions_def.get_last_partition_key(current_time, dynamic_partitions_store)
            for d in self.dimensions
        }
        return _whole(ends)

    def has_partition_key(
        self,
        partition_key: str,
        current_time: datetime | None = None,
        dynamic_partitions_store: DynamicKeys | None = None,
    ) -> bool:
        """Whether that key, a `MultiPartitionKey` or its text, is one of them."""
        try:
            keys = self.key_of(partition_key).keys_by_dimension
        except UnknownPartitionError:
            return False
        return set(keys) == set(self.partition_dimension_names) and all(
            d.partitions_def.has_partition_key(keys[d.name], current_time, dynamic_partitions_store)
            for d in self.dimensions
        )

    def get_partition_keys_in_range(
        self,
        partition_key_range: PartitionKeyRange,
        dynamic_partitions_store: DynamicKeys | None = None,
        current_time: datetime | None = None,
    ) -> Sequence[MultiPartitionKey]:
        """The keys between two in both dimensions: a rectangle.

        Raises:
            UnknownPartitionError: An end of the range is no key.
        """
        start, end = (self.key_of(key).keys_by_dimension for key in partition_key_range)
        return self._product(
            [
                d.partitions_def.get_partition_keys_in_range(
                    PartitionKeyRange(start[d.name], end[d.name]), dynamic_partitions_store, current_time
                )
                for d in self.dimensions
            ]
        )

    def get_multipartition_keys_with_dimension_value(
        self,
        dimension_name: str,
        dimension_partition_key: str,
        current_time: datetime | None = None,
        dynamic_partitions_store: DynamicKeys | None = None,
    ) -> Sequence[MultiPartitionKey]:
        """All keys with that key in one dimension."""
        self.get_partitions_def_for_dimension(dimension_name)
        return self._product(
            [
                [dimension_partition_key]
                if d.name == dimension_name
                else d.partitions_def.get_partition_keys(current_time, dynamic_partitions_store)
                for d in self.dimensions
            ]
        )

    def get_tags_for_partition_key(self, partition_key: str) -> Mapping[str, str]:
        """The tags of a run of that partition: the key, and that of each dimension."""
        key = self.key_of(partition_key)
        tags = {f"{PARTITION_TAG}/{name}": each for name, each in key.dimension_keys}
        return {PARTITION_TAG: str(key), **tags}

    def sorted_keys(self, keys: Iterable[str], world: World = NOWHERE) -> list[str]:
        """Some of its keys, in its order."""
        wanted = [self.key_of(key) for key in set(keys)]
        ranks = []
        for name, definition in self.dimensions:
            ordered = definition.sorted_keys({key.keys_by_dimension[name] for key in wanted}, world)
            ranks.append({key: rank for rank, key in enumerate(ordered)})
        order: dict[str, tuple[int, ...]] = {
            key: tuple(
                [rank.get(each, -1) for rank, (_, each) in zip(ranks, key.dimension_keys, strict=True)]
            )
            for key in wanted
        }
        return sorted(wanted, key=order.__getitem__)


def _whole(ends: Mapping[str, str | None]) -> MultiPartitionKey | None:
    keys = {name: key for name, key in ends.items() if key is not None}
    return MultiPartitionKey(keys) if len(keys) == len(ends) else None
