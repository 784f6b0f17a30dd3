"""Which slices an asset has: a fixed list of keys. A definition answers from itself, not from a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tidemill.core.errors import UnknownPartitionError
from tidemill.definitions.arguments import refuse_twice, wrong_type
from tidemill.definitions.values import Value, fill


class PartitionKeyRange(NamedTuple):
    """All keys from `start` to `end`, both included, in the order of the definition."""

    start: str
    end: str


class PartitionsDefinition(Value):
    """Base of all definitions of partitions: an ordered list of distinct keys."""

    keys: tuple[str, ...]

    def get_partition_keys(
        self, current_time: object = None, dynamic_partitions_store: object = None
    ) -> Sequence[str]:
        """All keys, in order. Neither the time nor the store changes a fixed list."""
        del current_time, dynamic_partitions_store
        return list(self.keys)

    def get_num_partitions(self) -> int:
        """How many keys there are."""
        return len(self.keys)

    def get_first_partition_key(self) -> str | None:
        """The first key, or None where there are none."""
        return self.keys[0] if self.keys else None

    def get_last_partition_key(self) -> str | None:
        """The last key, or None where there are none."""
        return self.keys[-1] if self.keys else None

    def has_partition_key(self, partition_key: str) -> bool:
        """Whether that key is one of them."""
        return partition_key in self.keys

    def get_partition_keys_in_range(self, partition_key_range: PartitionKeyRange) -> Sequence[str]:
        """The keys of a range, both ends included.

        Raises:
            UnknownPartitionError: An end of the range is no key.
        """
        start, end = (self._position(key) for key in partition_key_range)
        return list(self.keys[start : end + 1])

    def _position(self, key: str) -> int:
        try:
            return self.keys.index(key)
        except ValueError:
            raise unknown_partition(key, self.keys) from None


class StaticPartitionsDefinition(PartitionsDefinition):
    """A fixed list of partition keys.

    Args:
        partition_keys: Distinct, non-empty strings; their order is kept.

    Raises:
        InvalidDefinitionError: A key is empty, no string, or twice in the list.

    Example:
        >>> StaticPartitionsDefinition(["eu", "us"]).get_last_partition_key()
        'us'
    """

    def __init__(self, partition_keys: Sequence[str]) -> None:
        if isinstance(partition_keys, str):
            raise wrong_type(
                "StaticPartitionsDefinition", "partition_keys", partition_keys, "a list of strings"
            )
        keys = tuple(partition_keys)
        for key in keys:
            if not isinstance(key, str) or not key:
                raise wrong_type("StaticPartitionsDefinition", "a partition key", key, "a non-empty string")
        refuse_twice("StaticPartitionsDefinition", keys, "partition key")
        fill(self, keys)


def unknown_partition(key: str, keys: Sequence[str]) -> UnknownPartitionError:
    """The error of a key that a definition does not have: with the first keys, and near ones."""
    from tidemill.core.suggest import did_you_mean  # noqa: PLC0415  (the error path only)

    more = f", … ({len(keys)} in all)" if len(keys) > 10 else ""
    return UnknownPartitionError(
        f"Could not find a partition with key {key!r}",
        subject=key,
        found=key,
        expected=f"one of {', '.join(keys[:10])}{more}",
        next_step=did_you_mean(key, keys),
    )
