"""What is up to date among very many partitions: the verdicts of `freshness`, on sets of keys instead of one by one.

    order of the keys, latest version keys by place, contents of inputs ──▶ Compared(fresh, stale, missing, skipped)

A key is compared for each partition that is there and whose inputs are up to date, and nothing is kept of it but a bit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal, NamedTuple

from tidemill.definitions.partitions.keysets import KeySet, Order
from tidemill.planning.facts import UnitFacts
from tidemill.planning.versions import DIGEST_BYTES, common_text, slice_key


class Latest(NamedTuple):
    """The latest versions of an asset with very many partitions, by the places of their keys.

    Attributes:
        order: The keys.
        keys: Version key of each, 16 bytes a place.
        made: Which have a version.
        contents: Data version of each, for an asset that others are made from; empty where nobody asks.
    """

    order: Order
    keys: bytes
    made: KeySet
    contents: Sequence[str | None] = ()

    def content(self, partition: str | None) -> str | None:
        """The data version of a partition."""
        place = self.order.place(partition)
        return self.contents[place] if place is not None and self.contents else None


class Compared(NamedTuple):
    """The partitions of an asset by what they are; each is one of the four.

    Attributes:
        fresh, stale, missing, skipped: As of `freshness.State`.
        waiting: Those that are not up to date because of an input.
        upstream: The input that is the reason.
    """

    fresh: KeySet
    stale: KeySet
    missing: KeySet
    skipped: KeySet
    waiting: KeySet
    upstream: str | None = None

    def status(self, partition: str | None) -> Literal["fresh", "stale", "missing", "skipped"] | None:
        """What one of them is."""
        place = self.fresh.order.place(partition)
        if place is None:
            return None
        sets: dict[Literal["fresh", "stale", "missing", "skipped"], KeySet] = {
            "fresh": self.fresh,
            "stale": self.stale,
            "skipped": self.skipped,
        }
        return next((name for name, some in sets.items() if some.bits >> place & 1), "missing")

    @property
    def behind(self) -> KeySet:
        """Those that a refresh would do something about."""
        return KeySet(self.fresh.order, self.stale.bits | self.missing.bits)


class Above(NamedTuple):
    """What is known of the inputs of a unit, by place of its own keys.

    Attributes:
        behind: Input → partitions for which it is not up to date.
        skipped: Input → partitions for which it gives nothing.
        inputs: Place, key → what a partition is made from, as ingredients.
    """

    behind: Mapping[str, KeySet]
    skipped: Mapping[str, KeySet]
    inputs: Callable[[int, str], tuple[tuple[str, str | None, str], ...]]


def compare(
    unit: UnitFacts, code: str, latest: Latest, above: Above, nothing: Mapping[str, Collection[str]]
) -> Compared:
    """What is up to date of one output of a unit.

    Args:
        unit: What makes it.
        code: What the code of the output is.
        latest: What there is.
        above: What is known of its inputs.
        nothing: Partition → version keys for which its function gave nothing, and would again.
    """
    order, keys, inputs = latest.order, latest.keys, above.inputs
    late, none = _union(order, above.behind), _union(order, above.skipped)
    common = common_text(unit.config, unit.libraries, unit.seed)
    same, stays = bytearray(order.size), bytearray(order.size)
    asked = latest.made.bits | (order.of(nothing).bits if nothing else 0)
    for start, end in KeySet(order, asked & ~late.bits).stretches():
        for place in range(start, end + 1):
            name = order.keys[place]
            key = slice_key(code, name, inputs(place, name), common)
            if keys[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES] == bytes.fromhex(key):
                same[place] = 1
            elif nothing and key in nothing.get(name, ()):
                stays[place] = 1
    made, withheld = latest.made.bits, order.marked(stays).bits
    fresh = (order.marked(same).bits | withheld) & made
    stale, missing = made & ~fresh, order.full.bits & ~made & ~withheld
    lacking = (stale | missing) & ~late.bits & none.bits
    sets = (fresh, stale & ~lacking, missing & ~lacking, (withheld & ~made) | lacking)
    reason = next((name for name, some in (*above.behind.items(), *above.skipped.items()) if some), None)
    fresh_, stale_, missing_, skipped = [KeySet(order, bits) for bits in sets]
    return Compared(fresh_, stale_, missing_, skipped, late, reason)


def _union(order: Order, some: Mapping[str, KeySet]) -> KeySet:
    bits = 0
    for each in some.values():
        bits |= each.bits
    return KeySet(order, bits)
