"""Sets of keys as bits: what they hold, how they meet other sets, and how they are carried to a later order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from tidemill.definitions.partitions.configs import DailyPartitionsDefinition, HourlyPartitionsDefinition
from tidemill.definitions.partitions.dynamic import DynamicPartitionsDefinition
from tidemill.definitions.partitions.keysets import KeySet, Order
from tidemill.definitions.partitions.multi import MultiPartitionKey, MultiPartitionsDefinition
from tidemill.definitions.partitions.orders import order_at
from tidemill.definitions.partitions.partitions import (
    PartitionsDefinition,
    StaticPartitionsDefinition,
    World,
)
from tidemill.definitions.partitions.texts import order_json, order_of
from tidemill.definitions.partitions.time_windows import TimeWindowPartitionsDefinition

NOW = datetime(2024, 6, 15, tzinfo=UTC)
WORLD = World(NOW, {"customers": tuple(f"c{number}" for number in range(200))})
DAYS = DailyPartitionsDefinition("2024-01-01")
CUSTOMERS = DynamicPartitionsDefinition(name="customers")
REGIONS = StaticPartitionsDefinition([f"r{number}" for number in range(150)])
KINDS: list[PartitionsDefinition] = [
    DAYS,
    DailyPartitionsDefinition("2024-01-01", exclusions=["0 0 * * 0"]),
    HourlyPartitionsDefinition("2024-03-30-00:00", timezone="Europe/Berlin", end_date="2024-04-05-00:00"),
    TimeWindowPartitionsDefinition(start="2024-01-05", fmt="%Y-%m-%d", cron_schedule="0 0 * * 1-5"),
    REGIONS,
    CUSTOMERS,
    MultiPartitionsDefinition({"day": DAYS, "region": StaticPartitionsDefinition(["eu", "us"])}),
    MultiPartitionsDefinition({"region": REGIONS, "size": StaticPartitionsDefinition(["s", "l"])}),
]


@pytest.mark.parametrize("definition", KINDS, ids=repr)
class TestEveryKind:
    def test_a_key_has_its_place(self, definition: PartitionsDefinition) -> None:
        order, keys = order_at(definition, WORLD), definition.get_partition_keys(NOW, WORLD)
        assert (order.size, list(order.keys)) == (len(keys), list(keys))
        for place in {0, 1, len(keys) // 3, len(keys) - 1}:
            assert order.place(keys[place]) == place
            assert list(order_at(definition, WORLD).slice(place, place + 1)) == [keys[place]]
        assert [order.place(each) for each in ("nowhere", "no|where", None, "")] == [None] * 4

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_it_is_a_set(self, definition: PartitionsDefinition, data: st.DataObject) -> None:
        order, keys = order_at(definition, WORLD), definition.get_partition_keys(NOW, WORLD)
        some = st.sets(st.sampled_from(list(keys)))
        plain = frozenset(data.draw(some)), frozenset(data.draw(some))
        one, other = (order.of(each) for each in plain)
        assert (one, other) == plain
        assert hash(one) == hash(plain[0])
        assert list(one) == [key for key in keys if key in plain[0]]
        for left, right in ((one, other), (one, plain[1]), (plain[0], other)):
            assert left & right == plain[0] & plain[1]
            assert left | right == plain[0] | plain[1]
            assert left - right == plain[0] - plain[1]
            assert left.isdisjoint(right) == plain[0].isdisjoint(plain[1])
        assert order.at(one.stretches()) == one
        assert order_of(order_json(order)).of(one) == one

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_its_ranges_are_those_that_one_can_ask_for(
        self, definition: PartitionsDefinition, data: st.DataObject
    ) -> None:
        order, keys = order_at(definition, WORLD), definition.get_partition_keys(NOW, WORLD)
        some = order.of(data.draw(st.sets(st.sampled_from(list(keys)))))
        texts = [start if start == end else f"{start}...{end}" for start, end in some.ranges()]
        assert order.asked(texts) == some

    def test_it_is_carried_by_what_is_kept(self, definition: PartitionsDefinition) -> None:
        order = order_at(definition, WORLD)
        some = order.of(list(order.keys)[::3])
        carried = order_at(definition, WORLD).carried(order.signature(), some.stretches())
        assert carried is not None
        assert (carried[0], len(carried[1])) == (some, 0)


class TestLater:
    def test_new_windows_come_behind(self) -> None:
        before, after = (order_at(DAYS, World(NOW + timedelta(days=days))) for days in (0, 3))
        some = before.of(["2024-01-02", "2024-06-14"])
        assert after.adopt(some) == some
        assert before.adopt(after.full) == before.full
        carried = after.carried(before.signature(), some.stretches())
        assert carried == (some, {"2024-06-15", "2024-06-16", "2024-06-17"})

    def test_fewer_windows(self) -> None:
        before, after = (order_at(DAYS, World(NOW - timedelta(days=days))) for days in (0, 3))
        carried = after.carried(before.signature(), before.full.stretches())
        assert carried == (after.full, set())

    def test_a_list_that_lost_a_key(self) -> None:
        before, after = (self.customers(names) for names in ("abcd", "acde"))
        assert after.adopt(before.of("bc")) == {"c"}
        assert after.carried(before.signature(), [(1, 2)]) is None

    def test_a_list_that_grew(self) -> None:
        before, after = (self.customers(names) for names in ("abcd", "abcdef"))
        assert after.carried(before.signature(), [(1, 2)]) == ({"b", "c"}, {"e", "f"})

    @staticmethod
    def customers(names: str) -> Order:
        return order_at(CUSTOMERS, World(NOW, {"customers": tuple(names)}))

    def test_rows_that_grew_longer(self) -> None:
        grid = MultiPartitionsDefinition({"day": DAYS, "area": StaticPartitionsDefinition(["eu", "us"])})
        before, after = (order_at(grid, World(NOW + timedelta(days=days))) for days in (0, 1))
        some = before.of(["eu|2024-06-14", "us|2024-01-01"])
        assert after.adopt(some) == some
        carried = after.carried(before.signature(), some.stretches())
        assert carried == (some, {"eu|2024-06-15", "us|2024-06-15"})

    def test_another_definition(self) -> None:
        regions = order_at(REGIONS, WORLD)
        assert order_at(DAYS, WORLD).carried(regions.signature(), [(0, 3)]) is None
        assert order_at(KINDS[6], WORLD).carried(regions.signature(), [(0, 3)]) is None


class TestText:
    def test_a_rectangle_is_one_range(self) -> None:
        grid = KINDS[6]
        order = order_at(grid, WORLD)
        wanted = [f"{day}|us" for day in ("2024-01-02", "2024-01-03", "2024-01-04")]
        assert order.of(wanted).ranges() == [("2024-01-02|us", "2024-01-04|us")]
        assert isinstance(next(iter(order.of(wanted))), MultiPartitionKey)

    def test_what_it_says_of_itself(self) -> None:
        order = order_at(DAYS, WORLD)
        assert repr(order.of(["2024-01-02", "2024-01-03"])) == "<2 keys: 2024-01-02...2024-01-03>"
        assert isinstance(order.of([]), KeySet)

    def test_a_union_with_keys_that_there_are_not(self) -> None:
        assert order_at(REGIONS, WORLD).of(["r1"]) | {"r1", "gone"} == {"r1", "gone"}
