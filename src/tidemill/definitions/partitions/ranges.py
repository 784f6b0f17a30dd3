"""Many keys said in few words: stretches of keys that follow one another in their definition.

    keys ──ordinals──▶ whole numbers ──joined──▶ (first, last), …      ten thousand days without a gap are one pair

An ordinal is when a window begins, or the place of a key in a fixed list. Keys that come and go, and keys in two
dimensions, have no single order that lasts: each is a stretch of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from tidemill.definitions.partitions.partitions import (
    NOWHERE,
    PartitionsDefinition,
    StaticPartitionsDefinition,
    World,
)

if TYPE_CHECKING:
    from tidemill.definitions.partitions.time_windows import TimeWindowPartitionsDefinition

BETWEEN = "..."
Stretches: TypeAlias = "list[tuple[int, int]]"


def _timed(definition: PartitionsDefinition) -> TimeWindowPartitionsDefinition | None:
    return definition if hasattr(definition, "ticks") else None  # type: ignore[return-value]


def order_of(definition: PartitionsDefinition) -> str | None:
    """What the ordinals of a definition depend on, so that those of an earlier one are not mistaken for them."""
    timed = _timed(definition)
    if timed is not None:
        excluded = [each if isinstance(each, str) else each.isoformat() for each in timed.exclusions]
        return f"time {timed.cron_schedule} {timed.timezone} {timed.fmt} {excluded}"
    if isinstance(definition, StaticPartitionsDefinition):
        from blake3 import blake3  # noqa: PLC0415  (only where partitions are counted)

        text = "\0".join(definition.keys)
        return f"list {blake3(text.encode()).hexdigest(16)}"
    return None


def joined(
    definition: PartitionsDefinition, before: Iterable[tuple[int, int]], keys: Iterable[str]
) -> Stretches:
    """Stretches with more keys; those that the definition cannot have are left out."""
    found: Stretches = []
    for start, end in sorted([*before, *((each, each) for each in _ordinals(definition, keys))]):
        if found and (start <= found[-1][1] or _follows(definition, found[-1][1], start)):
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _ordinals(definition: PartitionsDefinition, keys: Iterable[str]) -> Iterator[int]:
    from tidemill.core.errors import UnknownPartitionError  # noqa: PLC0415  (only for what is no key)

    timed = _timed(definition)
    if timed is not None:
        for key in keys:
            try:
                yield timed.tick_of(key)
            except UnknownPartitionError:
                continue
    elif isinstance(definition, StaticPartitionsDefinition):
        places = {key: place for place, key in enumerate(definition.keys)}
        yield from (places[key] for key in keys if key in places)


def _follows(definition: PartitionsDefinition, end: int, start: int) -> bool:
    """Whether nothing lies between two ordinals."""
    timed = _timed(definition)
    return start == end + 1 if timed is None else next(timed.starts(end + 1, start + 1), start) == start


def within(definition: PartitionsDefinition, stretches: Iterable[tuple[int, int]], world: World) -> int:
    """How many keys that there are now lie in some stretches."""
    timed = _timed(definition)
    if timed is None:
        return sum(end - start + 1 for start, end in stretches)
    first, stop = timed.bounds(world.now)
    return sum(timed.number(max(start, first), min(end + 1, stop)) for start, end in stretches)


def named(definition: PartitionsDefinition, stretches: Iterable[tuple[int, int]]) -> list[tuple[str, str]]:
    """Stretches by their first and last keys."""
    timed = _timed(definition)
    if timed is not None:
        return [(timed.key_at(start), timed.key_at(end)) for start, end in stretches]
    keys: Sequence[str] = getattr(definition, "keys", ())
    return [(keys[start], keys[end]) for start, end in stretches]


def ranges(
    definition: PartitionsDefinition, keys: Iterable[str], world: World = NOWHERE
) -> list[tuple[str, str]]:
    """Keys as first and last of each stretch, in the order of the definition."""
    if order_of(definition) is not None:
        return named(definition, joined(definition, (), set(keys)))
    return [(key, key) for key in definition.sorted_keys(keys, world)]


def texts(found: Iterable[tuple[str, str]]) -> list[str]:
    """Ranges as users write them."""
    return [start if start == end else f"{start}{BETWEEN}{end}" for start, end in found]
