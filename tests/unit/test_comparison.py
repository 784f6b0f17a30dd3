"""Very many partitions are compared as sets: the same verdicts as one by one, whatever is late, missing or withheld."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from tidemill import (
    DailyPartitionsDefinition,
    LastPartitionMapping,
    StaticPartitionsDefinition,
    TimeWindowPartitionMapping,
)
from tidemill.core.records import Standing
from tidemill.definitions.partitions.mappings import Slicing
from tidemill.definitions.partitions.orders import order_at
from tidemill.definitions.partitions.partitions import World
from tidemill.planning.comparison import Latest
from tidemill.planning.facts import OutputFacts, UnitFacts
from tidemill.planning.freshness import judge, judge_all, upstream
from tidemill.planning.versions import Ingredients, version_key

WORLD = World(datetime(2024, 1, 9, tzinfo=UTC))
DAYS = DailyPartitionsDefinition("2024-01-01")
REGIONS = StaticPartitionsDefinition(["eu", "us", "asia"])
SLICINGS = {
    "namesakes": (DAYS, Slicing(DAYS)),
    "the day before": (DAYS, Slicing(DAYS, TimeWindowPartitionMapping(start_offset=-1, end_offset=-1))),
    "the last": (REGIONS, Slicing(DAYS, LastPartitionMapping())),
}


def unit(name: str, *inputs: str, partitions: Any, slicing: Any = ()) -> UnitFacts:
    outputs = (OutputFacts("result", name, "code"),)
    return UnitFacts(name, "asset", outputs, inputs, partitions=partitions, slicing=slicing)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("kind", SLICINGS)
def test_the_same_verdicts_as_one_by_one(kind: str, data: st.DataObject) -> None:
    partitions, slicing = SLICINGS[kind]
    settled = unit("settings", partitions=None)
    raw = unit("raw", "settings", partitions=DAYS, slicing=(None,))
    below = unit("below", "settings", "raw", partitions=partitions, slicing=(None, slicing))
    total = unit("total", "below", partitions=None, slicing=(Slicing(partitions),))
    units = [settled, raw, below, total]
    standings: dict[Any, Standing] = {}
    withheld: dict[Any, dict[str, str | None]] = {}
    for each in units:
        sources_of = upstream(each, WORLD)
        for key in (
            [None] if each.partitions is None else each.partitions.get_partition_keys(WORLD.now, WORLD)
        ):
            name = each.name, key
            content = f"data of {name}"
            made_from = [(*n, standings[n].data_version) for n in sources_of(key) if n in standings]
            wanted = version_key(Ingredients("code", {}, key, tuple(made_from), {}, None))
            fate = data.draw(st.sampled_from(["fresh"] * 5 + ["stale", "missing", "withheld", "kept"]))
            if fate not in ("missing", "withheld"):
                made = wanted if fate == "fresh" else "0" * 32
                standings[name] = Standing(f"id {name}", 1, made, content, 5)
            if fate in ("withheld", "kept"):
                withheld[name] = {wanted: None}
    plain = judge(units, standings, withheld, WORLD)
    many = {}
    for each in (raw, below):
        order = order_at(each.partitions, WORLD)
        found = [standings.get((each.name, key)) for key in order.keys]
        keys = b"".join(bytes.fromhex(one.key or "") if one else bytes(16) for one in found)
        made = order.of([key for key, one in zip(order.keys, found, strict=True) if one])
        many[each.name] = Latest(order, keys, made, [one.data_version if one else None for one in found])
    apart = {name: one for name, one in standings.items() if name[0] not in many or name in withheld}
    states, compared = judge_all(units, apart, withheld, WORLD, many=many)
    for name, state in plain.items():
        asset, key = name
        if asset in many:
            assert compared[asset].status(key) == state.status, name
            assert (key in compared[asset].waiting) == (state.upstream is not None and state.behind), name
        else:
            assert (states[name].status, states[name].upstream) == (state.status, state.upstream)
