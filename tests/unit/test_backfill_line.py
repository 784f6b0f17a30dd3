"""In which order the runs of a backfill begin where several go at a time."""

from __future__ import annotations

from typing import Any

from tidemill import AssetIn, DailyPartitionsDefinition, TimeWindowPartitionMapping, asset
from tidemill.core.keys import AssetKey
from tidemill.definitions.definitions import build_project
from tidemill.definitions.partitions.partitions import NOWHERE
from tidemill.planning.backfills import LOOK_AHEAD, BackfillRun, Line

DAYS = DailyPartitionsDefinition("2024-01-01", end_date="2024-03-01")
KEYS = DAYS.get_partition_keys()


@asset(partitions_def=DAYS)
def raw() -> None: ...


@asset(partitions_def=DAYS)
def clean(raw: Any) -> None: ...


@asset(
    partitions_def=DAYS,
    ins={"before": AssetIn("chain", partition_mapping=TimeWindowPartitionMapping(-1, -1, True))},
)
def chain(before: Any) -> None: ...


PROJECT = build_project([raw, clean, chain])


def runs(*names: str, days: int = 3) -> list[BackfillRun]:
    pairs = [(name, key) for name in names for key in KEYS[:days]]
    return [BackfillRun(place, (AssetKey(name),), (key,)) for place, (name, key) in enumerate(pairs)]


def begun(all_: list[BackfillRun], going: list[BackfillRun], most: int = 9) -> list[int]:
    """What begins beside those that go on, one after the other."""
    line, on = Line(PROJECT, NOWHERE, iter(all_)), list(going)
    found = []
    while len(found) < most and (run := line.take(on)) is not None:
        on.append(run)
        found.append(run.number)
    return found


def test_what_needs_nothing_begins_at_once() -> None:
    assert begun(runs("raw"), []) == [0, 1, 2]


def test_what_needs_others_waits_for_them() -> None:
    every = runs("raw", "clean")
    assert begun(every, []) == [0, 1, 2]
    assert begun(every[1:], [every[0]]) == [1, 2]
    assert begun(every[1:], []) == [1, 2, 3]  # the first day is there


def test_an_asset_that_is_made_from_its_own_past_goes_in_order() -> None:
    every = runs("chain")
    assert begun(every, []) == [0]
    assert begun(every[1:], [every[0]]) == []
    assert begun(every[1:], []) == [1]


def test_later_ones_go_before_those_that_wait() -> None:
    every = runs("chain", "raw")
    assert begun(every, []) == [0, 3, 4, 5]


def test_not_too_many_are_overtaken() -> None:
    every = [*runs("chain", days=LOOK_AHEAD + 1), *runs("raw")]
    assert begun(every, []) == [0]
