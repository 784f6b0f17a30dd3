"""Sets of partition keys as bits: a hundred thousand keys are 12 kB, and what two sets share is one operation.

    keys, stretches of places ──Order──▶ KeySet(order, bits)          (orders of definitions: `orders`)

Two sets of one order meet bit by bit. A set of an earlier order, in which there were fewer keys or others, is carried
over (`Order.adopt`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set as AbstractSet
from functools import cached_property
from typing import Any

FEW = 64
"""Keys and stretches that are found one by one; for more of them an order lists its keys."""

BETWEEN = "..."

DIGITS = bytes([ord("0"), *[ord("1")] * 255])
_ONES = re.compile("1+")


class Order:
    """The keys of a definition at one moment, each at its place.

    Attributes:
        size: How many there are.
    """

    size: int

    def place(self, key: object) -> int | None:
        """Where a key stands; None where it is none of them."""
        raise NotImplementedError

    def slice(self, start: int, stop: int) -> Iterable[str]:
        """The keys of some places that follow one another."""
        raise NotImplementedError

    def continues(self, earlier: Order) -> bool:
        """Whether every key of an earlier order that is still there has the place that it had."""
        raise NotImplementedError

    def signature(self) -> Any:
        """What places depend on, as JSON that is short however many keys there are."""
        raise NotImplementedError

    def carried(self, signature: Any, stretches: Iterable[tuple[int, int]]) -> tuple[KeySet, KeySet] | None:
        """A set that was written as places of an earlier order, and the keys that have come since.

        None where a place is no longer that of the same key.
        """
        known = self._known(signature)
        if known is None:
            return None
        found = KeySet(self, self.at(stretches).bits & (1 << known) - 1)
        return found, self.at([(known, self.size - 1)] if known < self.size else ())

    def _known(self, signature: Any) -> int | None:
        """How many keys an earlier order and this one begin with."""
        raise NotImplementedError

    @property
    def full(self) -> KeySet:
        """All keys."""
        return KeySet(self, (1 << self.size) - 1)

    @property
    def empty(self) -> KeySet:
        """No keys."""
        return KeySet(self, 0)

    @cached_property
    def keys(self) -> Sequence[str]:
        """All keys, in order."""
        return list(self.slice(0, self.size))

    def of(self, keys: Iterable[object]) -> KeySet:
        """Those of some keys that there are."""
        if isinstance(keys, KeySet):
            return self.adopt(keys)
        places = map(self.place, keys)
        return self.at((place, place) for place in places if place is not None)

    def at(self, stretches: Iterable[tuple[int, int]]) -> KeySet:
        """The keys of first and last places."""
        return KeySet(self, bits_of(stretches, self.size))

    def between(self, start: str, end: str) -> KeySet:
        """The keys of a range, both ends included; none where an end is no key."""
        places = self.place(start), self.place(end)
        return self.at(() if None in places else [places])  # type: ignore[list-item]

    def asked(self, texts: Iterable[str]) -> KeySet:
        """The keys that keys and ranges `A...B` stand for, as far as there are such."""
        bits, single = 0, []
        for text in texts:
            start, is_range, end = text.partition(BETWEEN)
            if is_range:
                bits |= self.between(start, end).bits
            else:
                single.append(text)
        return KeySet(self, bits | self.of(single).bits if single else bits)

    def ends(self, stretches: Sequence[tuple[int, int]]) -> list[tuple[str, str]]:
        """The first and last keys of stretches of places, as ranges of keys."""
        if len(stretches) > FEW:
            return [(self.keys[start], self.keys[end]) for start, end in stretches]
        one = self.key
        return [(one(start), one(end)) for start, end in stretches]

    def key(self, place: int) -> str:
        """The key of a place; one after the other, of all of many, `keys` is quicker."""
        if "keys" in vars(self):
            return self.keys[place]
        return next(iter(self.slice(place, place + 1)))

    def marked(self, marks: bytearray) -> KeySet:
        """The keys whose places are marked with 1; the marks are used up."""
        marks.reverse()
        digits = marks.translate(DIGITS)
        return KeySet(self, int(digits, 2) if digits else 0)

    def adopt(self, some: KeySet) -> KeySet:
        """The keys of a set of another order that this one has."""
        if some.order is self:
            return some
        if self.continues(some.order):
            return KeySet(self, some.bits & ((1 << self.size) - 1))
        return self.of(list(some))


def bits_of(stretches: Iterable[tuple[int, int]], size: int) -> int:
    """The bits of first and last places, of which there are so many in all."""
    found = [(start, min(end, size - 1)) for start, end in stretches if start < size]
    if len(found) < FEW:
        bits = 0
        for start, end in found:
            bits |= ((1 << (end + 1 - start)) - 1) << start
        return bits
    digits = bytearray(b"0") * size
    for start, end in found:
        digits[start : end + 1] = b"1" * (end + 1 - start)
    digits.reverse()
    return int(digits, 2)


class KeySet(AbstractSet[str | None]):
    """Some keys of an order; a set like any other, and fast with sets of the same order.

    Args:
        order: Of which keys.
        bits: The bit of each place.
    """

    __slots__ = ("bits", "order")

    def __init__(self, order: Order, bits: int) -> None:
        self.order = order
        self.bits = bits

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> frozenset[Any]:
        return frozenset(it)

    def stretches(self) -> list[tuple[int, int]]:
        """First and last place of each stretch of keys that follow one another."""
        found = _ONES.finditer(f"{self.bits:b}"[::-1]) if self.bits else ()
        return [(match.start(), match.end() - 1) for match in found]

    def ranges(self, most: int | None = None) -> list[tuple[str, str]]:
        """First and last key of each stretch, as ranges are asked for; of so many stretches at most."""
        return self.order.ends(self.stretches()[:most])

    def __len__(self) -> int:
        return self.bits.bit_count()

    def __bool__(self) -> bool:
        return self.bits != 0

    def __iter__(self) -> Iterator[str]:
        found, order = self.stretches(), self.order
        if len(found) > FEW:
            keys = order.keys
            return (key for start, end in found for key in keys[start : end + 1])
        return (key for start, end in found for key in order.slice(start, end + 1))

    def __contains__(self, key: object) -> bool:
        place = self.order.place(key)
        return place is not None and bool(self.bits >> place & 1)

    def _like(self, other: object) -> int | None:
        """The bits of a set of the same order."""
        if isinstance(other, KeySet):
            return other.bits if other.order is self.order else self.order.adopt(other).bits
        return None

    def __and__(self, other: AbstractSet[Any]) -> KeySet:
        if not isinstance(other, AbstractSet):
            return NotImplemented
        bits = self._like(other)
        return KeySet(self.order, self.bits & (self.order.of(other).bits if bits is None else bits))

    __rand__ = __and__

    def __sub__(self, other: AbstractSet[Any]) -> KeySet:
        if not isinstance(other, AbstractSet):
            return NotImplemented
        bits = self._like(other)
        return KeySet(self.order, self.bits & ~(self.order.of(other).bits if bits is None else bits))

    def __or__(self, other: AbstractSet[Any]) -> AbstractSet[Any]:
        if not isinstance(other, AbstractSet):
            return NotImplemented
        found = self.order.of(other)
        if len(found) == len(other):
            return KeySet(self.order, self.bits | found.bits)
        return frozenset([*self, *other])  # with keys that the order does not have

    __ror__ = __or__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, KeySet) and other.order is self.order:
            return self.bits == other.bits
        return super().__eq__(other)

    def __hash__(self) -> int:
        return self._hash()

    def isdisjoint(self, other: Iterable[Any]) -> bool:
        """Whether no key is in both."""
        return not self & (other if isinstance(other, AbstractSet) else frozenset(other))

    def __repr__(self) -> str:
        said = ", ".join(a if a == b else f"{a}...{b}" for a, b in self.ranges(4)[:3])
        return f"<{len(self)} keys: {said}{', …' if len(self.stretches()) > 3 else ''}>"
