"""Which partitions of an asset were made, kept as stretches: what a hundred thousand cost to show is a few numbers.

    after a run, or when somebody looks: what was kept + partitions made since ──▶ kept again

Beside the log and folded from nothing: what is kept may be thrown away at any time and is worked out again.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from tidemill.core.keys import AssetKey
from tidemill.definitions.partitions.partitions import PartitionsDefinition, World
from tidemill.definitions.partitions.ranges import Stretches, joined, named, order_of, texts, within
from tidemill.home import Home
from tidemill.storage.reads import Reads


class Made(NamedTuple):
    """Which partitions of an asset were made.

    Attributes:
        number: How many of those that there are.
        total: How many there are.
        ranges: Keys and ranges of keys; empty where their order is not kept.
    """

    number: int
    total: int
    ranges: tuple[str, ...] = ()


def made_partitions(home: Home, asset: AssetKey, definition: PartitionsDefinition, world: World) -> Made:
    """Which partitions of an asset were made so far."""
    total = definition.get_num_partitions(world.now, world)
    order = order_of(definition)
    if order is None:
        return Made(min(home.store.partition_count(asset), total), total)
    stretches = keep_spans(home, asset, definition)
    return Made(within(definition, stretches, world), total, tuple(texts(named(definition, stretches))))


def keep_spans(home: Home, asset: AssetKey, definition: PartitionsDefinition) -> Stretches:
    """Bring what is kept of an asset up to date."""
    order = order_of(definition)
    if order is None:
        return []
    stretches, seq = _spans_now(home.store, asset, definition, order)
    if seq is not None:
        said = texts(named(definition, stretches))
        kept = json.dumps(stretches, separators=(",", ":"))
        home.store.keep_spans(asset, order, seq, kept, "\n".join(said))
    return stretches


def look_at_spans(store: Reads, asset: str, definition: PartitionsDefinition) -> Stretches | None:
    """The same for who may not write; None where the order of the partitions does not last."""
    order = order_of(definition)
    return None if order is None else _spans_now(store, AssetKey.from_text(asset), definition, order)[0]


def _spans_now(
    store: Reads, asset: AssetKey, definition: PartitionsDefinition, order: str
) -> tuple[Stretches, int | None]:
    """The stretches that were made, and the place up to which that is so; None where nothing is new."""
    kept = store.spans(asset)
    before: Stretches = []
    upto = 0
    if kept is not None and kept.order == order:
        before, upto = [(start, end) for start, end in json.loads(kept.stretches)], kept.upto
    seq, keys = store.partitions_since(asset, upto)
    return (joined(definition, before, keys), seq) if keys else (before, None)
