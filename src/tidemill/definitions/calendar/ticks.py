"""When a schedule ticks: instants as whole UTC seconds, found by arithmetic wherever the schedule allows it.

    "30 2 * * *", a day, a week or a month  ──▶ Calendar: one tick a local date, at a local time
    "15 * * * *", "*/10 * * * *"            ──▶ Periodic: whenever the local clock shows that minute
    anything else                           ──▶ Irregular: asked of cronsim, one after the other

Seconds and not datetimes, because two datetimes of one zone compare by what the clock shows: in the hour that comes
twice the later one is not after the earlier one. Where clocks change, a calendar tick at a time that the clock skips
is at the end of the gap, and one at a time that comes twice is at the second; a periodic one is at both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal, Protocol

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.calendar.cron import cron_fields, plain

MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800
EPOCH = 719_163
"""The ordinal of 1970-01-01."""

Unit = Literal["day", "week", "month"]


class Ticks(Protocol):
    """The instants of one schedule in one zone, UTC seconds."""

    def at_or_after(self, instant: int) -> int:
        """The first tick that is not before an instant."""
        ...

    def before(self, instant: int) -> int:
        """The last tick before an instant."""
        ...

    def count(self, start: int, stop: int) -> int:
        """How many ticks there are from `start` on and before `stop`."""
        ...


def between(ticks: Ticks, start: int, stop: int) -> Iterator[int]:
    """The ticks from `start` on and before `stop`."""
    if isinstance(ticks, Calendar) or (isinstance(ticks, Periodic) and ticks.is_even):
        yield from ticks.between(start, stop)
        return
    tick = ticks.at_or_after(start)
    while tick < stop:
        yield tick
        tick = ticks.at_or_after(tick + 1)


def moved(ticks: Ticks, tick: int, by: int) -> int:
    """The tick so many ticks later, or earlier where `by` is negative."""
    for _ in range(abs(by)):
        tick = ticks.at_or_after(tick + 1) if by > 0 else ticks.before(tick)
    return tick


class Calendar:
    """One tick every day, week or month at a local time.

    Args:
        zone: Whose clock it is.
        unit: How often.
        day: Day of the week (0 is Sunday) or of the month (at most 28).
        hour, minute: When.
    """

    def __init__(self, zone: tzinfo, unit: Unit, day: int, hour: int, minute: int) -> None:
        self._zone, self._unit, self._day = zone, unit, day
        self._hour, self._minute = hour, minute
        # Without a zone, days are all of one length.
        self._length = (DAY if unit == "day" else WEEK) if zone is UTC and unit != "month" else 0
        self._first = hour * HOUR + minute * MINUTE - EPOCH * DAY + (day * DAY if unit == "week" else 0)

    def _ordinal(self, day: date) -> int:
        """The number of the day, week or month that a date is in."""
        if self._unit == "day":
            return day.toordinal()
        if self._unit == "week":
            return (day.toordinal() - self._day) // 7  # ordinal 7 was a Sunday
        return day.year * 12 + day.month - (1 if day.day >= self._day else 2)

    def _tick(self, ordinal: int) -> int:
        if self._length:
            return ordinal * self._length + self._first
        if self._unit == "month":
            local = datetime(ordinal // 12, ordinal % 12 + 1, self._day, self._hour, self._minute)  # noqa: DTZ001
        else:
            day = ordinal if self._unit == "day" else ordinal * 7 + self._day
            local = datetime.fromordinal(day).replace(hour=self._hour, minute=self._minute)
        return instant_of(local, self._zone)

    def at_or_after(self, instant: int) -> int:
        """The first tick that is not before an instant."""
        return self._tick(self._rank(instant))

    def before(self, instant: int) -> int:
        """The last tick before an instant."""
        return self._tick(self._rank(instant) - 1)

    def between(self, start: int, stop: int) -> Iterator[int]:
        """The ticks from `start` on and before `stop`."""
        return map(self._tick, range(self._rank(start), self._rank(stop)))

    def count(self, start: int, stop: int) -> int:
        """How many ticks there are from `start` on and before `stop`."""
        return max(0, self._rank(stop) - self._rank(start))

    def _rank(self, instant: int) -> int:
        """The number of the first tick that is not before an instant."""
        if self._length:
            return -((self._first - instant) // self._length)
        ordinal = self._ordinal(datetime.fromtimestamp(instant, self._zone).date())
        while self._tick(ordinal) < instant:
            ordinal += 1
        while self._tick(ordinal - 1) >= instant:
            ordinal -= 1
        return ordinal


class Periodic:
    """A tick whenever the minutes of the local clock say so.

    Args:
        zone: Whose clock it is.
        period: Seconds; a divisor of an hour.
        phase: Seconds after the full hour.
    """

    def __init__(self, zone: tzinfo, period: int, phase: int) -> None:
        self._zone, self._period, self._phase = zone, period, phase
        self.is_even = zone is UTC  # whose clock never changes

    def between(self, start: int, stop: int) -> Iterator[int]:
        """The ticks from `start` on and before `stop`, of a clock that never changes."""
        return iter(range(self.at_or_after(start), stop, self._period))

    def _offset(self, instant: int) -> int:
        return offset_at(instant, self._zone)

    def at_or_after(self, instant: int) -> int:
        """The first tick that is not before an instant."""
        offset = self._offset(instant)
        tick = instant + (self._phase - instant - offset) % self._period
        return tick if self._offset(tick) == offset else self._search(instant + -instant % MINUTE, MINUTE)

    def before(self, instant: int) -> int:
        """The last tick before an instant."""
        last = instant - 1
        offset = self._offset(last)
        tick = last - (last + offset - self._phase) % self._period
        return tick if self._offset(tick) == offset else self._search(last - last % MINUTE, -MINUTE)

    def _search(self, instant: int, step: int) -> int:
        """The nearest tick, minute by minute: the clock changes on the way."""
        while (instant + self._offset(instant) - self._phase) % self._period:
            instant += step
        return instant

    def count(self, start: int, stop: int) -> int:
        """How many ticks there are from `start` on and before `stop`."""
        total, since = 0, start
        for change in self._changes(start, stop):
            total += self._steady(since, change)
            since = change
        return total + self._steady(since, max(stop, since))

    def _steady(self, start: int, stop: int) -> int:
        """The ticks of a time in which the offset stays the same, as far as it counts."""
        shift = self._offset(start) - self._phase
        return (stop - 1 + shift) // self._period - (start - 1 + shift) // self._period

    def _changes(self, start: int, stop: int) -> Iterator[int]:
        """When the offset changes by something that is no multiple of the period: half an hour on Lord Howe Island."""
        if self.is_even:
            return
        here = self._offset(start)
        for instant in range(start, stop + WEEK, WEEK):
            later = min(instant, stop)
            there = self._offset(later)
            if (there - here) % self._period:
                yield change_between(later - WEEK, later, self._zone)
            here = there


class Irregular:
    """The ticks of any cron expression, day by day.

    cronsim is asked what the clock shows, never about zones; where minute or hour is a star, a tick that comes twice is
    two and one that is skipped is none, as cron has it for what runs all the time.
    """

    def __init__(self, zone: tzinfo, fields: Sequence[str]) -> None:
        self._zone, self._expression = zone, " ".join(fields)
        self._restless = fields[0].startswith("*") or fields[1].startswith("*")
        self._days: dict[date, tuple[int, ...]] = {}

    def _shown(self, start: datetime, reverse: bool = False) -> Iterator[datetime]:
        """What the clock shows at ticks after `start`, or before it."""
        from cronsim import CronSim  # noqa: PLC0415  (only where a schedule needs it)

        return CronSim(self._expression, start, reverse=reverse)

    def _ticks(self, day: date) -> tuple[int, ...]:
        """The ticks of a local date, in order."""
        found = self._days.get(day)
        if found is None:
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
            ticks: set[int] = set()
            for shown in self._shown(midnight - timedelta(minutes=1)):
                if shown.date() != day:
                    break
                ticks.update(self._instants(shown))
            found = self._days[day] = tuple(sorted(ticks))
        return found

    def _instants(self, shown: datetime) -> Iterator[int]:
        first, second = (int(shown.replace(tzinfo=self._zone, fold=fold).timestamp()) for fold in (0, 1))
        if first == second or not self._restless:
            yield instant_of(shown, self._zone)
        elif first < second:
            yield from (first, second)

    def at_or_after(self, instant: int) -> int:
        """The first tick that is not before an instant."""
        day = self._date(instant) - timedelta(days=1)
        while True:
            for tick in self._ticks(day):
                if tick >= instant:
                    return tick
            last = datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)
            day = next(self._shown(last)).date()

    def before(self, instant: int) -> int:
        """The last tick before an instant."""
        day = self._date(instant) + timedelta(days=1)
        while True:
            for tick in reversed(self._ticks(day)):
                if tick < instant:
                    return tick
            day = next(self._shown(datetime(day.year, day.month, day.day, tzinfo=UTC), reverse=True)).date()

    def _date(self, instant: int) -> date:
        return datetime.fromtimestamp(instant, self._zone).date()

    def count(self, start: int, stop: int) -> int:
        """How many ticks there are from `start` on and before `stop`."""
        return sum(1 for _ in between(self, start, stop))


@lru_cache(maxsize=256)
def ticks_of(expression: str, timezone: str) -> Ticks:
    """The ticks of a cron expression on the clock of a zone.

    Raises:
        InvalidDefinitionError: It is no cron expression, or there is no such zone.
    """
    minute, hour, day, month, weekday = cron_fields(expression)
    zone = zone_of(timezone)
    at, hours = plain(minute, 0, 59), plain(hour, 0, 23)
    if (hour, day, month, weekday) == ("*", "*", "*", "*"):
        period = _period(minute)
        if period is not None:
            return Periodic(zone, period, (at or 0) * MINUTE)
    if at is not None and hours is not None and month == "*":
        if (day, weekday) == ("*", "*"):
            return Calendar(zone, "day", 0, hours, at)
        on = plain(weekday, 0, 7)
        if day == "*" and on is not None:
            return Calendar(zone, "week", on % 7, hours, at)
        on = plain(day, 1, 28)
        if weekday == "*" and on is not None:
            return Calendar(zone, "month", on, hours, at)
    return Irregular(zone, (minute, hour, day, month, weekday))


def _period(minute: str) -> int | None:
    if plain(minute, 0, 59) is not None:
        return HOUR
    every = plain(minute.removeprefix("*/"), 1, 59) if minute.startswith("*/") else None
    if minute == "*":
        every = 1
    return every * MINUTE if every is not None and 60 % every == 0 else None


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """The zone of that name.

    Raises:
        InvalidDefinitionError: There is none.
    """
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  (only where there is a zone)

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidDefinitionError(
            f"No time zone found with key {name}",
            subject=name,
            found=repr(name),
            expected="a name of the IANA database, such as Europe/Berlin",
            next_step="correct the name, or `pip install tzdata` where the system has no such database",
        ) from error


def offset_at(instant: int, zone: tzinfo) -> int:
    """Seconds between UTC and the local clock at an instant."""
    offset = datetime.fromtimestamp(instant, zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def instant_of(local: datetime, zone: tzinfo) -> int:
    """The instant at which a local clock shows a time: the second of two, the end of the gap where it never does."""
    first, second = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset() or timedelta(), second.utcoffset() or timedelta()
    if (
        before < after
    ):  # the clock jumps over it; `fold=1` is read with the offset after the jump, so it is earlier
        return change_between(int(second.timestamp()), int(first.timestamp()), zone)
    return int(second.timestamp())


def change_between(early: int, late: int, zone: tzinfo) -> int:
    """The first instant at which the offset is what it is at `late`; at `early` it is another."""
    offset = offset_at(late, zone)
    while late - early > 1:
        middle = (early + late) // 2
        if offset_at(middle, zone) == offset:
            late = middle
        else:
            early = middle
    return late
