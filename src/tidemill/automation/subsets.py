"""Some slices of one asset or check, as conditions of users see and give them."""

from __future__ import annotations

from collections.abc import Iterable

from tidemill.automation.facts import NONE, EntityKey, Slices
from tidemill.core.errors import InvalidInvocationError
from tidemill.definitions.partitions.keysets import KeySet


class EntitySubset:
    """Some slices of one asset or check; of one without partitions, it or nothing.

    Args:
        key: The asset or check.
        slices: Partition keys, or `{None}`.
    """

    __slots__ = ("key", "slices")

    def __init__(self, key: EntityKey, slices: Iterable[str | None] = NONE) -> None:
        self.key = key
        self.slices: Slices = slices if isinstance(slices, KeySet) else frozenset(slices)

    @property
    def is_empty(self) -> bool:
        """Whether there is none."""
        return not self.slices

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.slices)

    def expensively_compute_partition_keys(self) -> frozenset[str]:
        """The partition keys."""
        return frozenset(each for each in self.slices if each is not None)

    def compute_union(self, other: EntitySubset) -> EntitySubset:
        """Those of either."""
        return EntitySubset(self.key, self.slices | self._of(other))

    def compute_intersection(self, other: EntitySubset) -> EntitySubset:
        """Those of both."""
        return EntitySubset(self.key, self.slices & self._of(other))

    def compute_difference(self, other: EntitySubset) -> EntitySubset:
        """Those that the other does not have."""
        return EntitySubset(self.key, self.slices - self._of(other))

    def compute_intersection_with_partition_keys(self, partition_keys: Iterable[str]) -> EntitySubset:
        """Those with one of these keys."""
        return EntitySubset(self.key, self.slices & frozenset(partition_keys))

    def _of(self, other: EntitySubset) -> Slices:
        if other.key != self.key:
            raise InvalidInvocationError(
                "Slices of two assets cannot be compared",
                subject=str(self.key),
                found=str(other.key),
                expected=str(self.key),
            )
        return other.slices

    def __contains__(self, partition_key: object) -> bool:
        return partition_key in self.slices

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EntitySubset) and (self.key, self.slices) == (other.key, other.slices)

    def __hash__(self) -> int:
        return hash((self.key, self.slices))

    def __repr__(self) -> str:
        return f"EntitySubset({self.key!r}, {sorted(map(str, self.slices))})"
