"""The keys of a definition at one moment, each at its place.

    definition + World ──order_at──▶ Listed │ Windows │ Product: key ⇄ place

Windows of time are never listed to find a place; a list of keys is, once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from tidemill.core.errors import UnknownPartitionError
from tidemill.definitions.calendar.ticks import Irregular
from tidemill.definitions.partitions.dynamic import DynamicPartitionsDefinition
from tidemill.definitions.partitions.keysets import FEW, KeySet, Order, bits_of
from tidemill.definitions.partitions.multi import MultiPartitionKey, MultiPartitionsDefinition
from tidemill.definitions.partitions.partitions import PartitionsDefinition, StaticPartitionsDefinition, World
from tidemill.definitions.partitions.time_windows import TimeWindowPartitionsDefinition

LOOKED_THROUGH = 4
"""Keys for which a list is looked through, as that takes less than finding the place of each of its keys."""

DIGEST_BYTES = 16
CHUNK = 4096  # keys that are digested at a time


class Listed(Order):
    """Keys that are listed.

    Args:
        keys: All of them.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys
        self.size = len(keys)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {key: place for place, key in enumerate(self._keys)}

    def place(self, key: object) -> int | None:
        """Where a key stands."""
        return self._places.get(key)  # type: ignore[call-overload,no-any-return]

    def slice(self, start: int, stop: int) -> Iterable[str]:
        """The keys of some places."""
        return self._keys[start:stop]

    def of(self, keys: Iterable[object]) -> KeySet:
        """Those of some keys that there are; for few of them the list is looked through."""
        if isinstance(keys, KeySet):
            return self.adopt(keys)
        wanted = list(keys)
        if len(wanted) > LOOKED_THROUGH or "_places" in vars(self):
            return super().of(wanted)
        found = [self._keys.index(key) for key in wanted if key in self._keys]
        return self.at((place, place) for place in found)

    def signature(self) -> Any:
        """How many keys, and their digest."""
        return ["list", self.size, self._digest(self.size)]

    def _known(self, signature: Any) -> int | None:
        kind, size, digest = signature
        same = kind == "list" and size <= self.size and digest == self._digest(size)
        return int(size) if same else None

    def _digest(self, size: int) -> str:
        from blake3 import blake3  # noqa: PLC0415  (only where sets are kept)

        found = blake3()
        for start in range(0, size, CHUNK):
            keys = self._keys[start : min(size, start + CHUNK)]
            found.update(f"{chr(0).join(keys)}\0".encode())
        return found.hexdigest(DIGEST_BYTES)

    def continues(self, earlier: Order) -> bool:
        """Whether one list begins with the other."""
        if not isinstance(earlier, Listed):
            return False
        common = min(self.size, earlier.size)
        return self._keys is earlier._keys or list(self._keys[:common]) == list(earlier._keys[:common])


class Windows(Order):
    """Windows of time, from the first on.

    Args:
        definition: Whose windows.
        bounds: Where windows may begin.
    """

    def __init__(self, definition: TimeWindowPartitionsDefinition, bounds: tuple[int, int]) -> None:
        self.definition = definition
        self.first, self.stop = bounds
        self.size = definition.number(*bounds)
        self._kept: dict[str, int] | None = None

    def place(self, key: object) -> int | None:
        """Where a key stands."""
        if self._kept is not None:
            return self._kept.get(key)  # type: ignore[call-overload,no-any-return]
        try:
            tick = self.definition.tick_of(key) if isinstance(key, str) else self.stop
        except UnknownPartitionError:
            return None
        return self.place_of(tick) if self.place_of(tick + 1) > self.place_of(tick) else None

    @cached_property
    def _starts(self) -> list[int] | None:
        """When windows begin, of a schedule that has to be gone through to be counted; None of others."""
        irregular = isinstance(self.definition.ticks, Irregular)
        return list(self.definition.starts(self.first, self.stop)) if irregular else None

    def place_of(self, instant: int) -> int:
        """How many windows begin before an instant."""
        if self._starts is not None:
            return bisect_left(self._starts, instant)
        return self.definition.number(self.first, max(self.first, min(instant, self.stop)))

    def tick_at(self, place: int) -> int:
        """When the window of a place begins."""
        if self._starts is not None:
            return self._starts[place]
        low, high = self.first, self.stop  # the tick is not before `low`, and before `high`
        before, after = 0, self.size
        for _ in range(FEW):
            guess = low + max(1, (high - low) * (place + 1 - before) // max(1, after - before))
            guess = min(guess, high)
            count = self.place_of(guess)
            if count > place:
                high, after = guess, count
                if count == place + 1:
                    break
            else:
                low, before = guess, count
                tick = next(self.definition.starts(low, self.stop))
                if count == place:
                    return tick
        tick = self.definition.ticks.before(high)
        while self.place_of(tick) > place or self.place_of(tick + 1) <= place:
            tick = self.definition.ticks.before(tick)
        return tick

    def ends(self, stretches: Sequence[tuple[int, int]]) -> list[tuple[str, str]]:
        """The first and last keys of stretches; windows between them are not listed."""
        key_at, tick_at = self.definition.key_at, self.tick_at
        return [(key_at(tick_at(start)), key_at(tick_at(end))) for start, end in stretches]

    def slice(self, start: int, stop: int) -> Iterable[str]:
        """The keys of some places."""
        if start >= stop:
            return ()
        tick = self.tick_at(start) if start else self.first
        found = self.definition.starts(tick, self.stop)
        return [self.definition.key_at(each) for each, _ in zip(found, range(stop - start), strict=False)]

    def of(self, keys: Iterable[object]) -> KeySet:
        """Those of some keys that there are; for many of them the windows are listed once."""
        if isinstance(keys, KeySet):
            return self.adopt(keys)
        wanted = list(keys)
        if len(wanted) > max(FEW, self.size // FEW) and self._kept is None:
            self._kept = {key: place for place, key in enumerate(self.keys)}
        return super().of(wanted)

    def continues(self, earlier: Order) -> bool:
        """Whether they are the same windows, up to another time."""
        return isinstance(earlier, Windows) and self.signature()[:-1] == earlier.signature()[:-1]

    def signature(self) -> Any:
        """The schedule, where it begins, and how many windows there are."""
        one = self.definition
        excluded = [each if isinstance(each, str) else each.isoformat() for each in one.exclusions]
        return ["time", one.cron_schedule, one.timezone, one.fmt, excluded, self.first, self.size]

    def _known(self, signature: Any) -> int | None:
        *same, size = signature
        return min(int(size), self.size) if same == self.signature()[:-1] else None


class Product(Order):
    """Every key of one order with every key of another.

    Args:
        names: Of the two dimensions, in order.
        one, other: The orders.
    """

    def __init__(self, names: Sequence[str], one: Order, other: Order) -> None:
        self.names = tuple(names)
        self.one, self.other = one, other
        self.size = one.size * other.size

    def place(self, key: object) -> int | None:
        """Where a key, or its text, stands."""
        parts = key.split("|") if isinstance(key, str) else ()
        if len(parts) != 2:
            return None
        row, column = self.one.place(parts[0]), self.other.place(parts[1])
        return None if row is None or column is None else row * self.other.size + column

    def slice(self, start: int, stop: int) -> Iterable[str]:
        """The keys of some places."""
        return map(self.key, range(start, stop))

    def of(self, keys: Iterable[object]) -> KeySet:
        """Those of some keys that there are; for many of them both dimensions are listed once."""
        if isinstance(keys, KeySet):
            return self.adopt(keys)
        wanted = list(keys)
        if len(wanted) < FEW:
            return super().of(wanted)
        rows = {key: place for place, key in enumerate(self.one.keys)}
        columns = {key: place for place, key in enumerate(self.other.keys)}
        pairs = [str(key).partition("|") for key in wanted]
        places = [rows[a] * len(columns) + columns[b] for a, _, b in pairs if a in rows and b in columns]
        return self.at((place, place) for place in places)

    def between(self, start: str, end: str) -> KeySet:
        """The keys between two in both dimensions: a rectangle."""
        first, last = self.place(start), self.place(end)
        if first is None or last is None:
            return self.empty
        (top, left), (bottom, right) = divmod(first, self.other.size), divmod(last, self.other.size)
        rows = range(top * self.other.size, bottom * self.other.size + 1, self.other.size)
        return self.at((row + left, row + right) for row in rows if left <= right)

    def with_dimension(self, dimension: int, keys: Iterable[str]) -> KeySet:
        """All keys with one of these in the first dimension (0) or in the second (1)."""
        wide = self.other.size
        if dimension == 0:
            return self.at((a * wide, b * wide + wide - 1) for a, b in self.one.of(keys).stretches())
        found = self.other.of(keys).stretches()
        return self.at((row * wide + a, row * wide + b) for row in range(self.one.size) for a, b in found)

    def ends(self, stretches: Sequence[tuple[int, int]]) -> list[tuple[str, str]]:
        """Corners of rectangles: what lies alike in rows that follow one another is one."""
        found: list[tuple[int, int, int, int]] = []  # first and last row, first and last column
        open_: dict[tuple[int, int], int] = {}  # of the row before: columns → place in `found`
        row_of_open = -1
        for row, columns in self._rows(stretches):
            before, open_ = (open_ if row == row_of_open + 1 else {}), {}
            for left, right in columns:
                place = before.get((left, right))
                if place is None:
                    place = len(found)
                    found.append((row, row, left, right))
                else:
                    found[place] = found[place][0], row, left, right
                open_[left, right] = place
            row_of_open = row
        wide = self.other.size
        return [(self.key(a * wide + left), self.key(b * wide + right)) for a, b, left, right in found]

    def _rows(self, stretches: Iterable[tuple[int, int]]) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """The stretches of each row that has some, by columns."""
        wide, current = self.other.size, -1
        columns: list[tuple[int, int]] = []
        for start, end in stretches:
            for row in range(start // wide, end // wide + 1):
                if row != current and columns:
                    yield current, columns
                    columns = []
                current = row
                columns.append(
                    (max(start, row * wide) - row * wide, min(end, row * wide + wide - 1) - row * wide)
                )
        if columns:
            yield current, columns

    def key(self, place: int) -> str:
        """The key of a place."""
        row, column = divmod(place, self.other.size)
        return MultiPartitionKey(
            dict(zip(self.names, (self.one.keys[row], self.other.keys[column]), strict=True))
        )

    def signature(self) -> Any:
        """Those of both orders."""
        return ["product", self.one.signature(), self.other.signature()]

    def carried(self, signature: Any, stretches: Iterable[tuple[int, int]]) -> tuple[KeySet, KeySet] | None:
        """As of any order; new keys are those of new rows and of new columns."""
        if signature[0] != "product":
            return None
        _, one, other = signature
        rows, columns = self.one._known(one), self.other._known(other)
        if rows is None or columns is None:
            return None
        old, new = (size_of(one), size_of(other)), (self.one.size, self.other.size)
        bits = bits_of(stretches, old[0] * old[1])
        if old == new:
            return KeySet(self, bits), self.empty
        known = relaid((1 << rows * columns) - 1, (rows, columns), new, rows, columns)
        return KeySet(self, relaid(bits, old, new, rows, columns)), KeySet(self, self.full.bits & ~known)

    def continues(self, earlier: Order) -> bool:
        """Whether rows are as long as they were, and those that were there are the same."""
        return (
            isinstance(earlier, Product)
            and self.other.size == earlier.other.size
            and self.one.continues(earlier.one)
            and self.other.continues(earlier.other)
        )

    def adopt(self, some: KeySet) -> KeySet:
        """The keys of a set of another order that this one has; row by row where only rows have grown."""
        earlier = some.order
        if earlier is self or self.continues(earlier) or not isinstance(earlier, Product):
            return super().adopt(some)
        if not (self.one.continues(earlier.one) and self.other.continues(earlier.other)):
            return super().adopt(some)
        old, new = (earlier.one.size, earlier.other.size), (self.one.size, self.other.size)
        return KeySet(self, relaid(some.bits, old, new, *map(min, old, new)))


def size_of(signature: Any) -> int:
    """How many keys an order had."""
    kind, *rest = signature
    if kind == "product":
        return size_of(rest[0]) * size_of(rest[1])
    return int(rest[0] if kind == "list" else rest[-1])


def relaid(bits: int, old: tuple[int, int], new: tuple[int, int], rows: int, columns: int) -> int:
    """The first rows and columns of the bits of a table of one shape, as bits of a table of another."""
    text = f"{bits:b}"[::-1].ljust(old[0] * old[1], "0")
    found = [text[row * old[1] : row * old[1] + columns].ljust(new[1], "0") for row in range(rows)]
    joined = "".join(found)[::-1]
    return int(joined, 2) if joined else 0


def order_at(definition: PartitionsDefinition, world: World) -> Order:
    """The keys of a definition as they are then."""
    if isinstance(definition, TimeWindowPartitionsDefinition):
        return Windows(definition, definition.bounds(world.now))
    if isinstance(definition, MultiPartitionsDefinition):
        orders = [order_at(each, world) for _, each in definition.dimensions]
        return Product(definition.partition_dimension_names, *orders)
    if isinstance(definition, StaticPartitionsDefinition):
        return Listed(definition.keys)
    if isinstance(definition, DynamicPartitionsDefinition) and definition.name is not None:
        return Listed(world.get_dynamic_partitions(definition.name))
    return Listed(definition.get_partition_keys(world.now, world))
