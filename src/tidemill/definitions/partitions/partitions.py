"""Which slices an asset has: an ordered list of distinct keys. What changes it from outside is given, never asked for.

    definition + World(now, dynamic keys) ──▶ keys, how many, first, last, is it one

Kinds: fixed lists (here), windows of time (`time_windows`), lists that grow (`dynamic_partitions`), two dimensions
(`multi_partitions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tidemill.core.errors import InvalidDefinitionError, UnknownPartitionError
from tidemill.core.suggest import did_you_mean
from tidemill.definitions.arguments import refuse_twice, wrong_type
from tidemill.definitions.values import Value, fill

if TYPE_CHECKING:
    from datetime import datetime

SHOWN = 10  # keys that a message lists
REFUSED_IN_KEYS = ("...", "\a", "\b", "\f", "\n", "\r", "\t", "\v", "\0")
"""What no key holds: `...` stands between the ends of a range, and the others cannot be typed or shown."""


class PartitionKeyRange(NamedTuple):
    """All keys from `start` to `end`, both included, in the order of the definition."""

    start: str
    end: str


class DynamicKeys(Protocol):
    """Whoever knows the keys of dynamic partitions: a store, or what was read of one."""

    def get_dynamic_partitions(self, partitions_def_name: str) -> Sequence[str]:
        """The keys under that name, in the order in which they were added."""
        ...


class World(NamedTuple):
    """What partitions depend on beside their definition, as it was when somebody looked.

    Attributes:
        now: The time; None is the time at which a definition is asked.
        dynamic: Name of dynamic partitions → their keys.
    """

    now: datetime | None = None
    dynamic: Mapping[str, Sequence[str]] = {}

    def get_dynamic_partitions(self, partitions_def_name: str) -> Sequence[str]:
        """The keys under that name; none where nothing was ever added."""
        return self.dynamic.get(partitions_def_name, ())


NOWHERE = World()


class PartitionsDefinition(Value):
    """Base of all definitions of partitions: an ordered list of distinct keys.

    Every method takes the time and who knows dynamic keys, since both decide which keys there are; the time is now
    where none is given.
    """

    def get_partition_keys(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> Sequence[str]:
        """All keys, in order."""
        raise NotImplementedError

    def get_num_partitions(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> int:
        """How many keys there are."""
        return len(self.get_partition_keys(current_time, dynamic_partitions_store))

    def get_first_partition_key(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> str | None:
        """The first key, or None where there are none."""
        keys = self.get_partition_keys(current_time, dynamic_partitions_store)
        return keys[0] if keys else None

    def get_last_partition_key(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> str | None:
        """The last key, or None where there are none."""
        keys = self.get_partition_keys(current_time, dynamic_partitions_store)
        return keys[-1] if keys else None

    def has_partition_key(
        self,
        partition_key: str,
        current_time: datetime | None = None,
        dynamic_partitions_store: DynamicKeys | None = None,
    ) -> bool:
        """Whether that key is one of them."""
        return partition_key in self.get_partition_keys(current_time, dynamic_partitions_store)

    def get_partition_keys_in_range(
        self,
        partition_key_range: PartitionKeyRange,
        dynamic_partitions_store: DynamicKeys | None = None,
        current_time: datetime | None = None,
    ) -> Sequence[str]:
        """The keys of a range, both ends included; none where it ends before it starts.

        Raises:
            UnknownPartitionError: An end of the range is no key.
        """
        keys = self.get_partition_keys(current_time, dynamic_partitions_store)
        ends = [_position(key, keys) for key in partition_key_range]
        return list(keys[ends[0] : ends[1] + 1])

    def get_tags_for_partition_key(self, partition_key: str) -> Mapping[str, str]:
        """The tags of a run of that partition."""
        from tidemill.core.tags import PARTITION_TAG  # noqa: PLC0415  (nothing else here needs it)

        return {PARTITION_TAG: str(partition_key)}

    def sorted_keys(self, keys: Iterable[str], world: World = NOWHERE) -> list[str]:
        """Some of its keys, in its order."""
        wanted = set(keys)
        return [key for key in self.get_partition_keys(world.now, world) if key in wanted]

    def key_of(self, text: str) -> str:
        """A key as users get it, from its text."""
        return text


def _position(key: str, keys: Sequence[str]) -> int:
    try:
        return keys.index(key)
    except ValueError:
        raise unknown_partition(key, keys) from None


class StaticPartitionsDefinition(PartitionsDefinition):
    """A fixed list of partition keys.

    Args:
        partition_keys: Distinct, non-empty strings; their order is kept.

    Raises:
        InvalidDefinitionError: A key is empty, no string, or twice in the list, or holds `...`.

    Example:
        >>> StaticPartitionsDefinition(["eu", "us"]).get_last_partition_key()
        'us'
    """

    keys: tuple[str, ...]

    def __init__(self, partition_keys: Sequence[str]) -> None:
        keys = checked_keys("StaticPartitionsDefinition", partition_keys)
        refuse_twice("StaticPartitionsDefinition", keys, "partition key")
        fill(self, keys)

    def get_partition_keys(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> Sequence[str]:
        """All keys, in order. Neither the time nor a store changes a fixed list."""
        del current_time, dynamic_partitions_store
        return list(self.keys)


def checked_keys(owner: str, partition_keys: object) -> tuple[str, ...]:
    """Keys that somebody gave, as plain strings.

    Raises:
        InvalidDefinitionError: It is no list of strings, or one is empty or holds what no key may.
    """
    if isinstance(partition_keys, str) or not isinstance(partition_keys, Iterable):
        raise wrong_type(owner, "partition_keys", partition_keys, "a list of strings")
    keys = tuple(partition_keys)
    for key in keys:
        if not isinstance(key, str) or not key:
            raise wrong_type(owner, "a partition key", key, "a non-empty string")
        refused = next((part for part in REFUSED_IN_KEYS if part in key), None)
        if refused is not None:
            raise InvalidDefinitionError(
                f"{refused!r} is an invalid substring in a partition key",
                subject=key,
                found=repr(key),
                expected="a key without control characters and without `...`, which stands between"
                " the ends of a range",
            )
    return tuple([str(key) for key in keys])


def unknown_partition(
    key: str, keys: Sequence[str], owner: str | None = None, expected: str | None = None
) -> UnknownPartitionError:
    """The error of a key that a definition does not have.

    Args:
        key: What was asked for.
        keys: Those that there are.
        owner: Whose partitions they are, where it matters.
        expected: What to say instead of listing the first keys.
    """
    more = f", … ({len(keys)} in all)" if len(keys) > SHOWN else ""
    listed = (
        f"one of {', '.join(keys[:SHOWN])}{more}" if keys else "no key at all: there are no partitions yet"
    )
    return UnknownPartitionError(
        f"Could not find a partition with key {str(key)!r}{f' of {owner!r}' if owner else ''}",
        subject=owner or key,
        found=str(key),
        expected=expected or listed,
        next_step=did_you_mean(key, keys[:1000]),
    )


def no_dynamic_keys(name: str) -> InvalidDefinitionError:
    """The error of asking for dynamic keys without saying who knows them."""
    return InvalidDefinitionError(
        f"The keys of the dynamic partitions {name!r} are in a store, and the instance is not available",
        subject=name,
        found="no dynamic_partitions_store",
        expected="whoever knows the keys",
        next_step=f"instance.get_dynamic_partitions({name!r}), or give dynamic_partitions_store=instance",
    )


def checked_definition(owner: str, value: Any) -> PartitionsDefinition:
    """A definition of partitions, or an error that names what was given instead."""
    if not isinstance(value, PartitionsDefinition):
        raise wrong_type(owner, "partitions_def", value, "a definition of partitions")
    return value
