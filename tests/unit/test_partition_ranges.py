"""api.md 1.7 ("ours"): many partitions in few words, whatever order they come in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings, strategies as st

from tidemill import DailyPartitionsDefinition, HourlyPartitionsDefinition, StaticPartitionsDefinition
from tidemill.definitions.partitions.partitions import PartitionsDefinition, World
from tidemill.definitions.partitions.ranges import ranges, texts
from tidemill.planning.slices import asked_keys

WORLD = World(datetime(2024, 12, 1, tzinfo=UTC))
DEFINITIONS = [
    DailyPartitionsDefinition("2024-01-01", end_date="2024-04-01", exclusions=["0 0 * * 6"]),
    HourlyPartitionsDefinition("2024-10-26-00:00", end_date="2024-10-29-00:00", timezone="Europe/Berlin"),
    StaticPartitionsDefinition([f"p{number}" for number in range(80)]),
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(DEFINITIONS), st.sets(st.integers(0, 70)), st.sets(st.integers(0, 70)))
def test_ranges_are_the_keys_that_they_came_from(
    definition: PartitionsDefinition, one: set[int], other: set[int]
) -> None:
    keys = definition.get_partition_keys(WORLD.now, WORLD)
    chosen = [keys[place] for place in sorted(one | other)]
    said = texts(ranges(definition, reversed(chosen), WORLD))
    if chosen:
        assert list(asked_keys(said, definition, WORLD, "asset")) == chosen
    gaps = sum(1 for place in range(1, len(keys)) if keys[place] in chosen and keys[place - 1] not in chosen)
    assert len(said) == gaps + (keys[0] in chosen)


@pytest.mark.parametrize("text", ["2024-01-05...", "...2024-01-03", "..."])
def test_open_ranges(text: str) -> None:
    days = DailyPartitionsDefinition("2024-01-01", end_date="2024-01-08")
    keys = days.get_partition_keys()
    expected = {"2024-01-05...": keys[4:], "...2024-01-03": keys[:3], "...": keys}
    assert list(asked_keys((text,), days, WORLD, "asset")) == expected[text]
