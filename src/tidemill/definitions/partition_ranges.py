"""Many keys said in few words: ranges of keys that follow one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tidemill.definitions.partitions import NOWHERE, PartitionsDefinition, World

BETWEEN = "..."


def ranges(
    definition: PartitionsDefinition, keys: Iterable[str], world: World = NOWHERE
) -> list[tuple[str, str]]:
    """Keys as first and last of each range, in the order of the definition; those that it has not are left out.

    Keys in two dimensions have no single order: each is a range of its own.
    """
    following = getattr(definition, "ticks", None)
    if following is not None:
        return _runs_of_time(definition, keys)
    if hasattr(definition, "dimensions"):
        return [(key, key) for key in definition.sorted_keys(keys, world)]
    return list(runs(definition.get_partition_keys(world.now, world), set(keys)))


def runs(ordered: Sequence[str], chosen: set[str]) -> Iterator[tuple[str, str]]:
    """The stretches of an ordered list whose members are chosen."""
    start = last = None
    for key in ordered:
        if key in chosen:
            start, last = start or key, key
        elif start is not None and last is not None:
            yield start, last
            start = None
    if start is not None and last is not None:
        yield start, last


def _runs_of_time(definition: PartitionsDefinition, keys: Iterable[str]) -> list[tuple[str, str]]:
    from tidemill.core.errors import UnknownPartitionError  # noqa: PLC0415  (only for windows of time)
    from tidemill.definitions.time_windows import TimeWindowPartitionsDefinition  # noqa: PLC0415  (as above)

    assert isinstance(definition, TimeWindowPartitionsDefinition)
    ticks = []
    for key in set(keys):
        try:
            ticks.append(definition.tick_of(key))
        except UnknownPartitionError:
            continue
    found: list[list[int]] = []
    for tick in sorted(ticks):
        if found and next(definition.starts(found[-1][1] + 1, tick + 1), tick) == tick:
            found[-1][1] = tick
        else:
            found.append([tick, tick])
    return [(definition.key_at(start), definition.key_at(end)) for start, end in found]


def texts(found: Iterable[tuple[str, str]]) -> list[str]:
    """Ranges as users write them."""
    return [start if start == end else f"{start}{BETWEEN}{end}" for start, end in found]
