"""Which partitions of an asset were made, and which failed last, kept as places: a hundred thousand are a few numbers.

    after a run, or when somebody looks: what was kept + what happened since ──▶ kept again

Beside the log and folded from nothing: what is kept may be thrown away at any time and is worked out again,
and so it is where a place is no longer that of the same key.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from tidemill.core.keys import AssetKey
from tidemill.definitions.partitions.keysets import KeySet, Order
from tidemill.definitions.partitions.orders import order_at
from tidemill.definitions.partitions.partitions import PartitionsDefinition, World
from tidemill.definitions.partitions.ranges import texts
from tidemill.home import Home
from tidemill.storage.reads import Reads


class Spans(NamedTuple):
    """Which partitions of an asset are what.

    Attributes:
        made: Those that have a version.
        failed: Those that the latest run which was to make them did not make, as it failed.
        upto: Place in the log of the last event that counts.
        news: Whether what is kept does not say it yet.
    """

    made: KeySet
    failed: KeySet
    upto: int
    news: bool

    @property
    def missing(self) -> KeySet:
        """Those that have no version."""
        return self.made.order.full - self.made


class Made(NamedTuple):
    """Which partitions of an asset were made.

    Attributes:
        number: How many of those that there are.
        total: How many there are.
        ranges: Keys and ranges of keys; where there are very many, the first ones.
        failed: The same of those that failed last.
        more: How many ranges are left out.
    """

    number: int
    total: int
    ranges: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    more: int = 0


def made_partitions(home: Home, asset: AssetKey, definition: PartitionsDefinition, world: World) -> Made:
    """Which partitions of an asset were made so far, and which failed."""
    order = order_at(definition, world)
    spans = keep_spans(home, asset, order)
    made, failed = (tuple(texts(each.ranges(MOST_RANGES))) for each in (spans.made, spans.failed))
    more = max(0, len(spans.made.stretches()) - MOST_RANGES) if len(made) >= MOST_RANGES else 0
    return Made(len(spans.made), order.size, made, failed, more)


MOST_RANGES = 200
"""Ranges that are put in words: more of them nobody reads."""


def spans_of(store: Reads, asset: AssetKey, order: Order, *, but_failed: bool = False) -> Spans:
    """Which partitions of an asset are what, by what was kept and what happened since.

    `but_failed` leaves out what failed, for who asks only what was made.
    """
    kept = store.spans(asset)
    told = json.loads(kept.stretches) if kept is not None and kept.order == FORM else None
    carried = order.carried(told["order"], told["made"]) if told is not None else None
    if kept is None or told is None or carried is None:
        upto, keys = store.partitions_since(asset, 0)
        made = order.of(keys)
        return Spans(
            made, order.empty if but_failed else _failed(store, asset, order.empty, 0), upto, news=True
        )
    made, new = carried
    upto, keys = store.partitions_since(asset, kept.upto)
    if new:
        keys += store.partitions_among(asset, [each for each in new if each is not None])
    failed = KeySet(order, 0)
    if told["failed"]:
        before = order.carried(told["order"], told["failed"])
        failed = before[0] if before is not None else failed
    now = failed
    if not but_failed:
        now = _failed(store, asset, failed - order.of(keys) if keys else failed, kept.upto)
    if keys:
        made = KeySet(order, made.bits | order.of(keys).bits)
    return Spans(made, now, upto, news=bool(keys or new) or now != failed)


def _failed(store: Reads, asset: AssetKey, before: KeySet, since: int) -> KeySet:
    """Partitions that failed before or in runs that failed since, and were not made after those had begun."""
    runs = store.failed_plans(asset, since)
    if not runs:
        return before
    order, found = before.order, before.bits
    latest = store.latest_since(asset, min(run.created for run in runs))
    for created, asked in runs:
        made = order.of([key for key, seq in latest.items() if seq > created]) if latest else order.empty
        found |= order.asked(asked).bits & ~made.bits
    return KeySet(order, found)


FORM = "places 1"
"""How what is kept is written; what was written otherwise is worked out again."""


def keep_spans(home: Home, asset: AssetKey, order: Order) -> Spans:
    """Bring what is kept of an asset up to date."""
    spans = spans_of(home.store, asset, order)
    if spans.news:
        told = {
            "order": order.signature(),
            "made": spans.made.stretches(),
            "failed": spans.failed.stretches(),
        }
        said = texts(spans.made.ranges(MOST_RANGES))
        written = json.dumps(told, separators=(",", ":"))
        home.store.keep_spans(asset, FORM, spans.upto, written, "\n".join(said))
    return spans
