"""api.md 1.7: windows of time, held against what `zoneinfo` says minute by minute across changes of the clock."""

from __future__ import annotations

import itertools
import pickle
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from tidemill import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    InvalidDefinitionError,
    InvariantViolationError,
    MonthlyPartitionsDefinition,
    PartitionKeyRange,
    TimeWindow,
    TimeWindowPartitionsDefinition,
    UnknownPartitionError,
    WeeklyPartitionsDefinition,
)
from tidemill.definitions.calendar.cron import ALIASES
from tidemill.definitions.calendar.ticks import between, ticks_of

NOW = datetime(2024, 11, 5, 12, tzinfo=UTC)
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
CHANGES = {  # days around which the clocks of 2024 change; Kathmandu's changed in 1986
    "Europe/Berlin": [date(2024, 3, 31), date(2024, 10, 27)],
    "America/New_York": [date(2024, 3, 10), date(2024, 11, 3)],
    "Australia/Lord_Howe": [date(2024, 4, 7), date(2024, 10, 6)],
    "Asia/Kathmandu": [date(1986, 1, 1), date(2024, 6, 1)],
}
MINUTE = 60


def shown(instant: int, zone: str) -> datetime:
    """What a clock shows, without its zone: two datetimes of one zone compare by this."""
    return datetime.fromtimestamp(instant, ZoneInfo(zone)).replace(tzinfo=None, fold=0)


@st.composite
def around_changes(draw: st.DrawFn) -> tuple[str, int]:
    zone = draw(st.sampled_from(ZONES))
    day = draw(st.sampled_from(CHANGES[zone]))
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).timestamp())
    return zone, noon + MINUTE * draw(st.integers(-36 * 60, 36 * 60))


@settings(max_examples=60, deadline=None)
@given(around_changes(), st.sampled_from([1, 5, 15, 30, 60]), st.integers(0, 59), st.integers(1, 30))
def test_periodic_ticks_are_all_minutes_at_which_the_clock_says_so(
    where: tuple[str, int], period: int, minute: int, hours: int
) -> None:
    zone, start = where
    cron = f"{minute} * * * *" if period == 60 else f"*/{period} * * * *"
    phase = minute if period == 60 else 0
    stop = start + hours * 3600
    expected = [t for t in range(start, stop, MINUTE) if (shown(t, zone).minute - phase) % period == 0]
    ticks = ticks_of(cron, zone)
    assert list(between(ticks, start, stop)) == expected
    assert ticks.count(start, stop) == len(expected)
    if expected:
        assert ticks.before(stop) == expected[-1]


@settings(max_examples=80, deadline=None)
@given(around_changes(), st.integers(0, 23), st.integers(0, 59))
def test_daily_ticks_are_one_a_date_at_the_time_or_at_the_end_of_the_gap(
    where: tuple[str, int], hour: int, minute: int
) -> None:
    zone, middle = where
    start, stop = middle - 2 * 86_400, middle + 2 * 86_400
    expected = []
    for day in sorted({shown(t, zone).date() for t in range(start - 86_400, stop + 86_400, 3600)}):
        wanted = datetime(day.year, day.month, day.day, hour, minute)
        midnight = int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())
        minutes = range(midnight - 7200, midnight + 86_400 + 7200, MINUTE)
        at = [t for t in minutes if shown(t, zone) == wanted]
        # Where the clock never shows it, the first minute at which it shows something later.
        expected.append(at[-1] if at else next(t for t in minutes if shown(t, zone) > wanted))
    expected = [t for t in expected if start <= t < stop]
    ticks = ticks_of(f"{minute} {hour} * * *", zone)
    assert list(between(ticks, start, stop)) == expected
    assert ticks.count(start, stop) == len(expected)
    assert ticks.before(expected[-1]) == expected[-2]


@settings(max_examples=80, deadline=None)
@given(st.integers(-(10**9), 3 * 10**9), st.sampled_from(["7 5 * * *", "0 0 * * 0", "30 23 * * 3"]))
def test_days_and_weeks_without_a_zone_are_those_of_a_zone_that_never_changes(start: int, cron: str) -> None:
    plain, zoned = ticks_of(cron, "UTC"), ticks_of(cron, "Etc/UTC")
    assert plain.at_or_after(start) == zoned.at_or_after(start)
    assert plain.before(start) == zoned.before(start)
    stop = start + 40 * 86_400
    assert list(between(plain, start, stop)) == list(between(zoned, start, stop))
    assert plain.count(start, stop) == zoned.count(start, stop)


@settings(max_examples=80, deadline=None)
@given(
    around_changes(),
    st.sampled_from(["0 */6 * * *", "30 2 * * 1-5", "15,45 1 * * *", "0 0 31 * *", "5 3 1 */2 *"]),
)
def test_any_cron_schedule_ticks_forwards_as_it_does_backwards(where: tuple[str, int], cron: str) -> None:
    zone, start = where
    ticks = ticks_of(cron, zone)
    found = list(between(ticks, start, start + 100 * 86_400))
    assert found == sorted(set(found))
    assert ticks.count(start, start + 100 * 86_400) == len(found)
    back, tick = [], ticks.before(start + 100 * 86_400)
    while tick >= start:
        back.append(tick)
        tick = ticks.before(tick)
    assert back[::-1] == found


@settings(max_examples=60, deadline=None)
@given(around_changes(), st.integers(0, 59), st.integers(1, 60))
def test_windows_have_keys_of_their_own_and_touch(where: tuple[str, int], minute: int, hours: int) -> None:
    zone, start = where
    begin = datetime.fromtimestamp(start, ZoneInfo(zone))
    definition = HourlyPartitionsDefinition(
        begin, begin.astimezone(UTC) + timedelta(hours=hours), minute, zone
    )
    keys = definition.get_partition_keys()
    assert len(set(keys)) == len(keys) == definition.get_num_partitions()
    windows = [definition.time_window_for_partition_key(key) for key in keys]
    ends = [(w.start.timestamp(), w.end.timestamp()) for w in windows]
    assert all(one[1] == other[0] for one, other in itertools.pairwise(ends))
    assert all(definition.has_partition_key(key) for key in keys)
    if keys:
        assert [definition.get_first_partition_key(), definition.get_last_partition_key()] == [
            keys[0],
            keys[-1],
        ]
        assert definition.get_partition_keys_in_range(PartitionKeyRange(keys[0], keys[-1])) == keys
        whole = TimeWindow(windows[0].start, windows[-1].end)
        assert definition.get_partition_key_range_for_time_window(whole) == (keys[0], keys[-1])


def test_the_hour_that_comes_twice_is_two_partitions() -> None:
    hours = HourlyPartitionsDefinition("2024-10-27-01:00", "2024-10-27-04:00", timezone="Europe/Berlin")
    assert hours.get_partition_keys() == [
        "2024-10-27-01:00",
        "2024-10-27-02:00",
        "2024-10-27-02:00+0100",
        "2024-10-27-03:00",
    ]
    window = hours.time_window_for_partition_key("2024-10-27-02:00+0100")
    assert window.start.astimezone(UTC) == datetime(2024, 10, 27, 1, tzinfo=UTC)
    assert window.end.astimezone(UTC) == datetime(2024, 10, 27, 2, tzinfo=UTC)


def test_the_hour_that_is_skipped_is_none() -> None:
    hours = HourlyPartitionsDefinition("2024-03-31-01:00", "2024-03-31-04:00", timezone="Europe/Berlin")
    assert hours.get_partition_keys() == ["2024-03-31-01:00", "2024-03-31-03:00"]
    assert not hours.has_partition_key("2024-03-31-02:00")


def test_a_day_that_begins_in_the_gap_begins_at_its_end() -> None:
    days = DailyPartitionsDefinition(
        "2024-03-30", "2024-04-02", minute_offset=30, hour_offset=2, timezone="Europe/Berlin"
    )
    assert days.get_partition_keys() == ["2024-03-30", "2024-03-31"]
    assert days.time_window_for_partition_key("2024-03-31").start.isoformat() == "2024-03-31T03:00:00+02:00"


@pytest.mark.parametrize(
    ("definition", "count", "first", "last"),
    [
        (DailyPartitionsDefinition("2024-01-15"), 295, "2024-01-15", "2024-11-04"),
        (DailyPartitionsDefinition("2024-01-15", end_offset=1), 296, "2024-01-15", "2024-11-05"),
        (DailyPartitionsDefinition("2024-01-15", end_offset=-2), 293, "2024-01-15", "2024-11-02"),
        (DailyPartitionsDefinition("2024-01-15", "2024-01-20", end_offset=1), 5, "2024-01-15", "2024-01-19"),
        (DailyPartitionsDefinition(datetime(2024, 1, 15, 5, 30)), 294, "2024-01-16", "2024-11-04"),
        (DailyPartitionsDefinition("2024-01-15", hour_offset=13), 294, "2024-01-15", "2024-11-03"),
        (WeeklyPartitionsDefinition("2024-01-01"), 43, "2024-01-07", "2024-10-27"),
        (MonthlyPartitionsDefinition("2024-01-15"), 9, "2024-02-01", "2024-10-01"),
        (MonthlyPartitionsDefinition("2024-01-15", day_offset=31), 5, "2024-01-31", "2024-08-31"),
        (HourlyPartitionsDefinition("2024-11-05-00:00"), 12, "2024-11-05-00:00", "2024-11-05-11:00"),
        (
            TimeWindowPartitionsDefinition("2024-01-01", "%Y-%m-%d", cron_schedule="0 0 * * 1-5"),
            221,
            "2024-01-01",
            "2024-11-04",
        ),
        (
            DailyPartitionsDefinition("2024-01-15", exclusions=["0 0 * * 6", datetime(2024, 1, 16)]),
            252,
            "2024-01-15",
            "2024-11-04",
        ),
        (DailyPartitionsDefinition("2024-01-25", "2024-01-20"), 0, None, None),
        (DailyPartitionsDefinition("2044-01-25"), 0, None, None),
    ],
)
def test_which_windows_there_are(
    definition: TimeWindowPartitionsDefinition, count: int, first: str | None, last: str | None
) -> None:
    keys = definition.get_partition_keys(current_time=NOW)
    assert len(keys) == count == definition.get_num_partitions(NOW)
    assert (keys[0] if keys else None) == first == definition.get_first_partition_key(NOW)
    assert (keys[-1] if keys else None) == last == definition.get_last_partition_key(NOW)
    assert definition.sorted_keys(reversed(keys)) == keys


def test_exclusions_are_no_partitions() -> None:
    days = DailyPartitionsDefinition("2024-01-15", exclusions=["0 0 * * 6", datetime(2024, 1, 16)])
    assert not days.has_partition_key("2024-01-20", NOW)
    assert days.get_next_partition_key("2024-01-19", NOW) == "2024-01-21"
    assert days.get_partition_keys_in_range(PartitionKeyRange("2024-01-15", "2024-01-18")) == [
        "2024-01-15",
        "2024-01-17",
        "2024-01-18",
    ]


def test_equal_where_the_windows_are_whatever_the_class() -> None:
    daily = DailyPartitionsDefinition("2024-01-01")
    cron = TimeWindowPartitionsDefinition("2024-01-01", "%Y-%m-%d", cron_schedule="@daily")
    assert daily == cron
    assert hash(daily) == hash(cron)
    assert daily != DailyPartitionsDefinition("2024-01-02")
    assert pickle.loads(pickle.dumps(daily)) == daily


def test_cron_schedules() -> None:
    assert DailyPartitionsDefinition("2024-01-01", hour_offset=3).get_cron_schedule() == "0 3 * * *"
    weekly = WeeklyPartitionsDefinition("2024-01-01", day_offset=1)
    assert weekly.get_cron_schedule(hour_of_day=9) == "0 9 * * 1"
    assert weekly.get_cron_schedule(day_of_week=3, minute_of_hour=5) == "5 0 * * 3"
    assert MonthlyPartitionsDefinition("2024-01-01").get_cron_schedule(day_of_month=2) == "0 0 2 * *"
    with pytest.raises(InvalidDefinitionError, match="day_of_month"):
        weekly.get_cron_schedule(day_of_month=2)
    assert [each for each in ALIASES if ticks_of(ALIASES[each], "UTC") is None] == []


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: DailyPartitionsDefinition("2024-13-25"), "does not match format"),
        (lambda: DailyPartitionsDefinition("2024-01-25", timezone="Nowhere/X"), "Nowhere/X"),
        (lambda: DailyPartitionsDefinition("2024-01-25", minute_offset=70), "Found invalid cron schedule"),
        (lambda: TimeWindowPartitionsDefinition("2024-01-01", "%Y-%m-%d"), "one of schedule_type"),
        (lambda: TimeWindowPartitionsDefinition("2024-01-01", "%Y-%m-%d", cron_schedule="x"), "1 fields"),
        (
            lambda: TimeWindowPartitionsDefinition(
                "2024-01-01", "%Y-%m-%d", cron_schedule="0 0 * * *", hour_offset=3
            ),
            "offsets go with",
        ),
        (lambda: DailyPartitionsDefinition("2024-01-01", day_offset=3), "day_offset"),
    ],
)
def test_what_cannot_be_read_is_refused(make: object, match: str) -> None:
    with pytest.raises(InvalidDefinitionError, match=match):
        make()  # type: ignore[operator]


def test_unknown_keys_name_what_there_is() -> None:
    days = DailyPartitionsDefinition("2024-01-15")
    with pytest.raises(UnknownPartitionError, match="a key like 2024-01-15"):
        days.time_window_for_partition_key("x")
    with pytest.raises(UnknownPartitionError, match="2024-01-15 to 2024-11-04"):
        days.get_partition_keys_in_range(PartitionKeyRange("2024-01-10", "2024-01-23"), current_time=NOW)
    assert days.get_partition_keys_in_range(PartitionKeyRange("2024-01-23", "2024-01-20")) == []
    with pytest.raises(InvariantViolationError, match="No partition begins"):
        days.get_partition_key_range_for_time_window(TimeWindow(NOW, NOW))


def test_a_hundred_thousand_hours_are_not_enumerated() -> None:
    hours = HourlyPartitionsDefinition("2010-01-01-00:00", timezone="Europe/Berlin")
    began = time.perf_counter()
    assert hours.get_num_partitions(NOW) == 130_141
    assert hours.has_partition_key("2020-06-01-05:00", NOW)
    assert hours.get_last_partition_key(NOW) == "2024-11-05-12:00"
    assert time.perf_counter() - began < 0.1
