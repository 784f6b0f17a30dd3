"""api.md 1.7: which partitions of an input correspond, by each mapping and by default."""

from __future__ import annotations

import json
import pickle

import pytest

from tidemill import (
    AllPartitionMapping,
    DailyPartitionsDefinition,
    DimensionPartitionMapping,
    DynamicPartitionsDefinition,
    HourlyPartitionsDefinition,
    IdentityPartitionMapping,
    InvalidDefinitionError,
    LastPartitionMapping,
    MultiPartitionMapping,
    MultiPartitionsDefinition,
    MultiToSingleDimensionPartitionMapping,
    PartitionMapping,
    PartitionsDefinition,
    SpecificPartitionsPartitionMapping,
    StaticPartitionMapping,
    StaticPartitionsDefinition,
    TimeWindowPartitionMapping,
    WeeklyPartitionsDefinition,
)
from tidemill.definitions.partitions.mappings import Sides, Slicing, between
from tidemill.definitions.partitions.partitions import NOWHERE, World
from tidemill.definitions.partitions.texts import slicing_json, slicing_of

T = TimeWindowPartitionMapping


def fixed(*keys: str) -> StaticPartitionsDefinition:
    return StaticPartitionsDefinition(keys)


def days(start: str, end: str = "2024-01-10", **more: str) -> DailyPartitionsDefinition:
    return DailyPartitionsDefinition(start, end_date=end, **more)  # type: ignore[arg-type]


DAYS = days("2024-01-01")
WEEKS = WeeklyPartitionsDefinition("2023-12-31", end_date="2024-01-14")
HOURS = HourlyPartitionsDefinition("2024-01-01-00:00", end_date="2024-01-03-00:00")
GRID = MultiPartitionsDefinition({"d": days("2024-01-01", "2024-01-04"), "c": fixed("x", "y")})
OTHER_GRID = MultiPartitionsDefinition({"d": days("2024-01-01", "2024-01-04"), "q": fixed("1", "2")})
CITIES = StaticPartitionMapping({"a": "1", "b": ["1", "2"]})
SINGLE = MultiToSingleDimensionPartitionMapping
DAY_BEFORE = MultiPartitionMapping({"d": DimensionPartitionMapping("d", T(-1, -1))})
WEEK_ONE = [f"2024-01-0{day}" for day in range(1, 7)]


@pytest.mark.parametrize(
    ("mapping", "downstream", "upstream", "key", "keys", "missing"),
    [
        (T(), days("2024-01-01"), days("2024-01-03"), "2024-01-01", [], ["2024-01-01"]),
        (T(-1, -1), days("2024-01-01"), days("2024-01-03"), "2024-01-03", [], []),
        (T(-1, 0), days("2024-01-01"), days("2024-01-03"), "2024-01-03", ["2024-01-03"], []),
        (T(-3, 0), DAYS, DAYS, "2024-01-02", ["2024-01-01", "2024-01-02"], []),
        (T(), DAYS, days("2024-01-01", "2024-01-06"), "2024-01-08", [], ["2024-01-08"]),
        (T(0, 1), days("2024-01-01", "2024-01-06"), days("2024-01-01", "2024-01-06"), "2024-01-05", ["2024-01-05"], []),
        (T(), WEEKS, days("2024-01-01", "2024-01-20"), "2023-12-31", WEEK_ONE, ["2023-12-31"]),
        (T(0, 0, True), WEEKS, days("2024-01-01", "2024-01-20"), "2023-12-31", WEEK_ONE, []),
        (T(-1, -1), WEEKS, days("2023-12-31", "2024-01-20"), "2024-01-07", ["2023-12-31", *WEEK_ONE], []),
        (T(), days("2024-01-01", "2024-01-20"), WEEKS, "2024-01-09", ["2024-01-07"], []),
        (T(), DAYS, HOURS, "2024-01-01", [f"2024-01-01-{hour:02}:00" for hour in range(24)], []),
        (T(), HOURS, DAYS, "2024-01-01-05:00", ["2024-01-01"], []),
        (T(-1, -1), HOURS, DAYS, "2024-01-02-05:00", ["2024-01-02"], []),
        (CITIES, fixed("1", "2", "3"), fixed("a", "b", "c"), "1", ["a", "b"], []),
        (CITIES, fixed("1", "2", "3"), fixed("a", "b", "c"), "3", [], []),
        (LastPartitionMapping(), fixed("1"), fixed("a", "b", "c"), "1", ["c"], []),
        (AllPartitionMapping(), fixed("1"), fixed("a", "b", "c"), "1", ["a", "b", "c"], []),
        (SpecificPartitionsPartitionMapping(["b"]), fixed("1"), fixed("a", "b"), "1", ["b"], []),
        (SpecificPartitionsPartitionMapping(["x"]), fixed("1"), fixed("a", "b"), "1", [], ["x"]),
        (IdentityPartitionMapping(), fixed("1", "2"), fixed("1", "b"), "1", ["1"], []),
        (IdentityPartitionMapping(), fixed("1", "2"), fixed("1", "b"), "2", [], ["2"]),
        (SINGLE("c"), fixed("x", "y"), GRID, "x", [f"x|2024-01-0{day}" for day in (1, 2, 3)], []),
        (MultiToSingleDimensionPartitionMapping(), GRID, fixed("x", "y"), "x|2024-01-01", ["x"], []),
        (MultiToSingleDimensionPartitionMapping(), WEEKS, GRID, "2024-01-07", [], ["2024-01-07"]),
        (DAY_BEFORE, OTHER_GRID, GRID, "2024-01-02|1", ["x|2024-01-01", "y|2024-01-01"], []),
        (
            MultiPartitionMapping(
                {
                    "d": DimensionPartitionMapping("d", T(-1, -1)),
                    "c": DimensionPartitionMapping("q", StaticPartitionMapping({"x": "1", "y": "2"})),
                }
            ),
            OTHER_GRID,
            GRID,
            "2024-01-02|1",
            ["x|2024-01-01"],
            [],
        ),
    ],
)  # fmt: skip
def test_what_a_partition_is_made_from(
    mapping: PartitionMapping,
    downstream: PartitionsDefinition,
    upstream: PartitionsDefinition,
    key: str,
    keys: list[str],
    missing: list[str],
) -> None:
    mapping.check(downstream, upstream)
    found = mapping.upstream([key], Sides(downstream, upstream))
    assert list(found.keys) == keys
    assert (found.missing[:1] or ()) == tuple(missing[:1])
    slicing = Slicing(upstream, mapping)
    if keys:
        assert key in slicing.downstream_of(keys, downstream, NOWHERE)
    again = slicing_of(json.loads(json.dumps(slicing_json(slicing))))
    assert again.keys([key], downstream, NOWHERE) == found
    assert pickle.loads(pickle.dumps(mapping)) == mapping


@pytest.mark.parametrize(
    ("downstream", "upstream", "mapping"),
    [
        (fixed("1"), fixed("1"), IdentityPartitionMapping()),
        (fixed("1"), fixed("2"), IdentityPartitionMapping()),
        (DAYS, WEEKS, T()),
        (None, DAYS, AllPartitionMapping()),
        (GRID, GRID, IdentityPartitionMapping()),
        (fixed("x", "y"), GRID, MultiToSingleDimensionPartitionMapping()),
        (WEEKS, GRID, MultiToSingleDimensionPartitionMapping()),
        (GRID, fixed("x", "y"), MultiToSingleDimensionPartitionMapping()),
        (GRID, fixed("q"), IdentityPartitionMapping()),
        (DAYS, fixed("q"), IdentityPartitionMapping()),
    ],
)
def test_the_mapping_where_none_is_given(
    downstream: PartitionsDefinition | None, upstream: PartitionsDefinition, mapping: PartitionMapping
) -> None:
    assert between(downstream, upstream) == mapping


@pytest.mark.parametrize(
    ("mapping", "downstream", "upstream", "one"),
    [
        (None, DAYS, DAYS, True),
        (None, DAYS, days("2024-01-02"), True),
        (None, WEEKS, DAYS, False),
        (None, None, DAYS, False),
        (T(-1, -1), DAYS, DAYS, True),
        (T(-1, 0), DAYS, DAYS, False),
        (LastPartitionMapping(), None, DAYS, True),
        (AllPartitionMapping(), None, fixed("1"), False),
        (SpecificPartitionsPartitionMapping(["1"]), None, fixed("1", "2"), True),
        (SpecificPartitionsPartitionMapping(["1", "2"]), None, fixed("1", "2"), False),
        (CITIES, fixed("1", "2"), fixed("a", "b"), False),
        (StaticPartitionMapping({"a": "1", "b": "2"}), fixed("1", "2"), fixed("a", "b"), True),
        (None, GRID, days("2024-01-01", "2024-01-04"), True),
        (None, days("2024-01-01", "2024-01-04"), GRID, False),
        (DAY_BEFORE, GRID, GRID, False),
        (
            MultiPartitionMapping(
                {n: DimensionPartitionMapping(n, IdentityPartitionMapping()) for n in "dc"}
            ),
            GRID,
            GRID,
            True,
        ),
    ],
)
def test_whether_a_partition_is_made_from_one_at_most(
    mapping: PartitionMapping | None,
    downstream: PartitionsDefinition | None,
    upstream: PartitionsDefinition,
    one: bool,
) -> None:
    assert Slicing(upstream, mapping).means_one(downstream) is one


def test_several_partitions_at_once() -> None:
    slicing = Slicing(DAYS, T(-1, 0))
    keys = ("2024-01-02", "2024-01-05")
    assert slicing.keys(keys, DAYS, NOWHERE).keys == ("2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05")
    assert slicing.shares(keys, DAYS, NOWHERE) == {
        "2024-01-02": ("2024-01-01", "2024-01-02"),
        "2024-01-05": ("2024-01-04", "2024-01-05"),
    }
    assert Slicing(fixed("a"), AllPartitionMapping()).shares(keys, DAYS, NOWHERE) is None


def test_dynamic_keys_are_those_of_the_world() -> None:
    people, world = DynamicPartitionsDefinition(name="people"), World(dynamic={"people": ("ada", "bob")})
    assert Slicing(people).keys((), None, world).keys == ("ada", "bob")
    assert Slicing(people, LastPartitionMapping()).keys((), None, world).keys == ("bob",)


@pytest.mark.parametrize(
    ("mapping", "downstream", "upstream", "match"),
    [
        (StaticPartitionMapping({"a": "1"}), fixed("1"), fixed("b"), "upstream partitions definition does not have"),
        (StaticPartitionMapping({"a": "9"}), fixed("1"), fixed("a"), "downstream partitions definition does not"),
        (T(), fixed("1"), DAYS, "Downstream partitions definition must be a TimeWindow"),
        (T(), days("2024-01-01", timezone="Europe/Berlin"), DAYS, "Timezones UTC and Europe/Berlin"),
        (MultiPartitionMapping({}), DAYS, GRID, "must be a MultiPartitionsDefinition"),
        (MultiToSingleDimensionPartitionMapping(), fixed("z"), GRID, "like one of them"),
    ],
)  # fmt: skip
def test_what_a_mapping_cannot_stand_between(
    mapping: PartitionMapping, downstream: PartitionsDefinition, upstream: PartitionsDefinition, match: str
) -> None:
    with pytest.raises(InvalidDefinitionError, match=match):
        mapping.check(downstream, upstream)
