"""Partitions that are windows of time: hours, days, weeks, months, or what lies between the ticks of a cron schedule.

    start ├──window──┼──window──┼── … ──┤ the last tick that is over (`end_offset` ticks later), or `end`

Nothing is enumerated to answer how many there are, which is the first or the last, or whether a key is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from tidemill.core.errors import InvalidDefinitionError, InvariantViolationError, UnknownPartitionError
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.calendar.cron import ALIASES, cron_fields
from tidemill.definitions.calendar.moments import (
    ceil_second,
    floor_second,
    in_zone,
    read_exclusion,
    read_moment,
)
from tidemill.definitions.calendar.ticks import Ticks, between, moved, ticks_of, zone_of
from tidemill.definitions.partitions.partitions import (
    NOWHERE,
    DynamicKeys,
    PartitionKeyRange,
    PartitionsDefinition,
    World,
    unknown_partition,
)
from tidemill.definitions.values import fill

Moment = str | datetime


class ScheduleType(Enum):
    """How long windows are, where not a cron schedule says it."""

    HOURLY = "HOURLY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


class TimeWindow(NamedTuple):
    """From `start` on and before `end`, both with their time zone."""

    start: datetime
    end: datetime


class TimeWindowPartitionsDefinition(PartitionsDefinition):
    """Windows of time between the ticks of a schedule.

    Args:
        start: The first window begins at the first tick from here on: a datetime, or a string as `fmt` says. Without
            a zone of its own it is read in `timezone`.
        fmt: How a key is made of the start of its window, as `strftime` reads it.
        end: No window ends later; None is without end.
        schedule_type, minute_offset, hour_offset, day_offset: The schedule, where no `cron_schedule` is given.
        timezone: IANA name; UTC by default.
        end_offset: How many windows there are beyond the last that is over (1: the current one); may be negative.
        cron_schedule: The schedule.
        exclusions: Windows that there are not: datetimes at which they begin, or cron schedules of such.

    Raises:
        InvalidDefinitionError: A schedule, zone or time cannot be read, or the schedule is given twice or not at all.

    Example:
        >>> weekdays = TimeWindowPartitionsDefinition(
        ...     start="2024-01-05", fmt="%Y-%m-%d", cron_schedule="0 0 * * 1-5", end="2024-01-10"
        ... )
        >>> weekdays.get_partition_keys()
        ['2024-01-05', '2024-01-08', '2024-01-09']
    """

    start: datetime
    end: datetime | None
    timezone: str
    fmt: str
    end_offset: int
    cron_schedule: str
    exclusions: tuple[str | datetime, ...]

    def __init__(
        self,
        start: Moment,
        fmt: str,
        end: Moment | None = None,
        schedule_type: ScheduleType | None = None,
        timezone: str | None = None,
        end_offset: int = 0,
        minute_offset: int | None = None,
        hour_offset: int | None = None,
        day_offset: int | None = None,
        cron_schedule: str | None = None,
        exclusions: Sequence[Moment] | None = None,
    ) -> None:
        owner = type(self).__name__
        offsets = (minute_offset, hour_offset, day_offset)
        if (cron_schedule is None) == (schedule_type is None) or (cron_schedule and any(offsets)):
            raise InvalidDefinitionError(
                f"{owner} needs one of schedule_type and cron_schedule; offsets go with schedule_type",
                subject=owner,
                found=f"cron_schedule={cron_schedule!r}, schedule_type={schedule_type!r}, offsets={offsets!r}",
                expected="exactly one schedule",
            )
        cron = cron_schedule or _cron_of(schedule_type, minute_offset, hour_offset, day_offset)
        cron_fields(cron, f"a {owner}")
        if not isinstance(end_offset, int):
            raise wrong_type(owner, "end_offset", end_offset, "a number of windows")
        zone = timezone or "UTC"
        zone_of(zone)
        fill(
            self,
            read_moment(owner, "start", start, zone, fmt),
            None if end is None else read_moment(owner, "end", end, zone, fmt),
            zone,
            fmt,
            end_offset,
            ALIASES.get(cron, cron),
            tuple([read_exclusion(owner, each, zone) for each in exclusions or ()]),
        )

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, TimeWindowPartitionsDefinition) and vars(self) == vars(other)
        )

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), dict(vars(self)))

    # The schedule

    @property
    def ticks(self) -> Ticks:
        """When windows begin."""
        return ticks_of(self.cron_schedule, self.timezone)

    @property
    def schedule_type(self) -> ScheduleType | None:
        """How long windows are; None where only the cron schedule says it."""
        _, hour, day, _, weekday = cron_fields(self.cron_schedule)
        for kind in ScheduleType:
            if _cron_of(kind, self.minute_offset, self.hour_offset, self.day_offset) == self.cron_schedule:
                fits = {"HOURLY": hour == "*", "WEEKLY": weekday != "*", "MONTHLY": day != "*"}
                if fits.get(kind.value, (day, weekday) == ("*", "*") and hour != "*"):
                    return kind
        return None

    @property
    def minute_offset(self) -> int:
        """Minutes after the full hour at which windows begin."""
        return _number(cron_fields(self.cron_schedule)[0])

    @property
    def hour_offset(self) -> int:
        """Hour at which windows begin."""
        return _number(cron_fields(self.cron_schedule)[1])

    @property
    def day_offset(self) -> int:
        """Day of the week (0 is Sunday) or of the month on which windows begin."""
        _, _, day, _, weekday = cron_fields(self.cron_schedule)
        return _number(weekday if day == "*" else day)

    def get_cron_schedule(
        self,
        minute_of_hour: int | None = None,
        hour_of_day: int | None = None,
        day_of_week: int | None = None,
        day_of_month: int | None = None,
    ) -> str:
        """A cron expression that fires once a window, where nothing else is said at its start.

        Raises:
            InvalidDefinitionError: The windows are too short for what was said, or have a cron schedule of their own.
        """
        said = {
            "minute_of_hour": minute_of_hour,
            "hour_of_day": hour_of_day,
            "day_of_week": day_of_week,
            "day_of_month": day_of_month,
        }
        kind = self.schedule_type
        allowed = {
            None: (),
            ScheduleType.HOURLY: ("minute_of_hour",),
            ScheduleType.DAILY: ("minute_of_hour", "hour_of_day"),
            ScheduleType.WEEKLY: ("minute_of_hour", "hour_of_day", "day_of_week"),
            ScheduleType.MONTHLY: ("minute_of_hour", "hour_of_day", "day_of_month"),
        }[kind]
        refused = [name for name, value in said.items() if value is not None and name not in allowed]
        if refused:
            raise InvalidDefinitionError(
                f"Cannot set {' and '.join(refused)} for windows of the schedule {self.cron_schedule!r}",
                subject=refused[0],
                found=f"{refused[0]}={said[refused[0]]!r}",
                expected=f"only {', '.join(allowed)}" if allowed else "none of these for a cron schedule",
            )
        if kind is None:
            return self.cron_schedule
        day = day_of_week if kind is ScheduleType.WEEKLY else day_of_month
        given = (minute_of_hour, hour_of_day, day)
        own = (self.minute_offset, self.hour_offset, self.day_offset)
        return _cron_of(kind, *[o if g is None else g for g, o in zip(given, own, strict=True)])

    # Bounds, as instants

    def bounds(self, current_time: datetime | None = None) -> tuple[int, int]:
        """Where windows may begin: from the first instant on, and before the second."""
        ticks = self.ticks
        first = ticks.at_or_after(ceil_second(self.start))
        now = ceil_second(in_zone(current_time or datetime.now(UTC), self.timezone))
        last = moved(ticks, ticks.before(now + 1), self.end_offset)
        if self.end is not None:
            last = min(last, ticks.before(floor_second(self.end) + 1))
        return first, max(first, last)

    def _excluded(self, start: int, stop: int) -> frozenset[int]:
        """Ticks that begin no window."""
        return _excluded_ticks(self, start, stop) if self.exclusions else frozenset()

    def starts(self, start: int, stop: int) -> Iterator[int]:
        """When windows begin, from `start` on and before `stop`, whatever the bounds."""
        excluded = self._excluded(start, stop)
        found = between(self.ticks, start, stop)
        return (tick for tick in found if tick not in excluded) if excluded else found

    def number(self, start: int, stop: int) -> int:
        """How many windows begin from `start` on and before `stop`."""
        return self.ticks.count(start, stop) - len(self._excluded(start, stop)) if start < stop else 0

    # Keys

    def key_at(self, tick: int) -> str:
        """The key of the window that begins at a tick."""
        local = datetime.fromtimestamp(tick, zone_of(self.timezone))
        text = local.strftime(self.fmt)
        if local.fold and "%z" not in self.fmt:
            twin = int(local.replace(fold=0).timestamp())
            if (
                self.ticks.at_or_after(twin) == twin
            ):  # the clock shows this time twice, and both begin a window
                return text + local.strftime("%z")
        return text

    def tick_of(self, partition_key: str) -> int:
        """When the window of a key begins, whatever the bounds.

        Raises:
            UnknownPartitionError: No window has such a key.
        """
        for instant in self._readings(partition_key):
            tick = self.ticks.at_or_after(instant)
            if self.key_at(tick) == partition_key:
                return tick
        raise unknown_partition(
            partition_key, (), expected=f"a key like {self.get_first_partition_key() or self.fmt}: the start of"
            f" a window of the schedule {self.cron_schedule!r}, written {self.fmt}"
        )  # fmt: skip

    def _readings(self, text: str) -> Iterator[int]:
        """What a key may say: each instant at which the clock shows it."""
        for fmt in (self.fmt, f"{self.fmt}%z"):
            try:
                read = datetime.strptime(text, fmt)  # noqa: DTZ007  (the zone comes next)
            except (ValueError, TypeError):
                continue
            if read.tzinfo is not None:
                yield ceil_second(read)
                continue
            zone = zone_of(self.timezone)
            for fold in (0, 1):
                yield int(read.replace(tzinfo=zone, fold=fold).timestamp())

    def get_partition_keys(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> Sequence[str]:
        """All keys, oldest first: of the windows that are over at `current_time`, and `end_offset` more."""
        del dynamic_partitions_store
        return [self.key_at(tick) for tick in self.starts(*self.bounds(current_time))]

    def get_num_partitions(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> int:
        """How many windows there are."""
        del dynamic_partitions_store
        return self.number(*self.bounds(current_time))

    def get_first_partition_key(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> str | None:
        """The key of the oldest window, or None where none is over yet."""
        del dynamic_partitions_store
        tick = next(self.starts(*self.bounds(current_time)), None)
        return None if tick is None else self.key_at(tick)

    def get_last_partition_key(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> str | None:
        """The key of the newest window, or None where none is over yet."""
        del dynamic_partitions_store
        first, stop = self.bounds(current_time)
        tick = self.ticks.before(stop)
        while tick >= first and self._excluded(tick, tick + 1):
            tick = self.ticks.before(tick)
        return self.key_at(tick) if first <= tick < stop else None

    def has_partition_key(
        self,
        partition_key: str,
        current_time: datetime | None = None,
        dynamic_partitions_store: DynamicKeys | None = None,
    ) -> bool:
        """Whether that key is one of them."""
        del dynamic_partitions_store
        try:
            tick = self.tick_of(partition_key)
        except UnknownPartitionError:
            return False
        first, stop = self.bounds(current_time)
        return first <= tick < stop and not self._excluded(tick, tick + 1)

    def get_partition_keys_in_range(
        self,
        partition_key_range: PartitionKeyRange,
        dynamic_partitions_store: DynamicKeys | None = None,
        current_time: datetime | None = None,
    ) -> Sequence[str]:
        """The keys of a range, both ends included; none where it ends before it starts.

        Raises:
            UnknownPartitionError: An end of the range is no key.
        """
        del dynamic_partitions_store
        bounds = self.bounds(current_time)
        start, end = (self._known(key, bounds) for key in partition_key_range)
        return [self.key_at(tick) for tick in self.starts(start, end + 1)]

    def _known(self, key: str, bounds: tuple[int, int]) -> int:
        tick = self.tick_of(key)
        if not bounds[0] <= tick < bounds[1] or self._excluded(tick, tick + 1):
            ends = [self.key_at(bounds[0]), self.key_at(self.ticks.before(bounds[1]))]
            known = (
                f"{ends[0]} to {ends[1]}" if bounds[0] < bounds[1] else "no key at all: no window is over yet"
            )
            raise unknown_partition(key, (), expected=known)
        return tick

    def get_next_partition_key(self, partition_key: str, current_time: datetime | None = None) -> str | None:
        """The key of the window after that one, or None for the last."""
        _, stop = self.bounds(current_time)
        tick = next(self.starts(self.tick_of(partition_key) + 1, stop), None)
        return None if tick is None else self.key_at(tick)

    def get_partition_key(self, key: str | date | datetime) -> str:
        """The key of the window that begins at a time; a string that is a key is one."""
        if isinstance(key, str):
            self.tick_of(key)
            return key
        moment = key if isinstance(key, datetime) else datetime(key.year, key.month, key.day)  # noqa: DTZ001
        return self.key_at(self.ticks.at_or_after(ceil_second(in_zone(moment, self.timezone))))

    def get_partition_key_for_timestamp(self, timestamp: float, end_closed: bool = False) -> str:
        """The key of the window that an instant (UTC seconds) lies in; with `end_closed`, of the one that ends then."""
        tick = self.ticks.before(int(timestamp) + (0 if end_closed and timestamp == int(timestamp) else 1))
        return self.key_at(tick)

    # Windows

    def time_window_for_partition_key(self, partition_key: str) -> TimeWindow:
        """The window of a key.

        Raises:
            UnknownPartitionError: No window has such a key.
        """
        tick = self.tick_of(partition_key)
        return self.window(tick, self.ticks.at_or_after(tick + 1))

    def start_time_for_partition_key(self, partition_key: str) -> datetime:
        """When the window of a key begins."""
        return self.time_window_for_partition_key(partition_key).start

    def end_time_for_partition_key(self, partition_key: str) -> datetime:
        """When the window of a key ends."""
        return self.time_window_for_partition_key(partition_key).end

    def time_windows_for_partition_keys(self, partition_keys: Iterable[str]) -> Sequence[TimeWindow]:
        """The windows of some keys, oldest first; those that touch are one."""
        found: list[tuple[int, int]] = []
        for tick in sorted(map(self.tick_of, partition_keys)):
            stop = self.ticks.at_or_after(tick + 1)
            if found and found[-1][1] == tick:
                found[-1] = found[-1][0], stop
            else:
                found.append((tick, stop))
        return [self.window(*each) for each in found]

    def window(self, start: int, stop: int) -> TimeWindow:
        """A window from its ends as instants."""
        zone = zone_of(self.timezone)
        return TimeWindow(datetime.fromtimestamp(start, zone), datetime.fromtimestamp(stop, zone))

    def instants(self, time_window: TimeWindow) -> tuple[int, int]:
        """The ends of a window as instants; a time without a zone is one of this definition's."""
        start, end = (in_zone(moment, self.timezone) for moment in time_window)
        return ceil_second(start), ceil_second(end)

    def get_partition_key_range_for_time_window(
        self, time_window: TimeWindow, respect_bounds: bool = True
    ) -> PartitionKeyRange:
        """The windows that begin within a window of time.

        Args:
            time_window: From when on, and before when.
            respect_bounds: Whether only windows that there are now count.

        Raises:
            InvariantViolationError: None does.
        """
        keys = self.get_partition_keys_in_time_window(time_window, respect_bounds)
        if not keys:
            raise InvariantViolationError(
                "No partition begins in that window of time",
                subject=self.cron_schedule,
                found=f"{time_window.start} to {time_window.end}",
                expected="a window of time that holds the start of a partition",
            )
        return PartitionKeyRange(keys[0], keys[-1])

    def get_partition_keys_in_time_window(
        self, time_window: TimeWindow, respect_bounds: bool = True
    ) -> Sequence[str]:
        """The keys of the windows that begin within a window of time."""
        start, stop = self.instants(time_window)
        if respect_bounds:
            first, last = self.bounds()
            start, stop = max(start, first), min(stop, last)
        return [self.key_at(tick) for tick in self.starts(start, stop)]

    def get_first_partition_window(self, current_time: datetime | None = None) -> TimeWindow | None:
        """The oldest window."""
        key = self.get_first_partition_key(current_time)
        return None if key is None else self.time_window_for_partition_key(key)

    def get_last_partition_window(self, current_time: datetime | None = None) -> TimeWindow | None:
        """The newest window."""
        key = self.get_last_partition_key(current_time)
        return None if key is None else self.time_window_for_partition_key(key)

    def sorted_keys(self, keys: Iterable[str], world: World = NOWHERE) -> list[str]:
        """Some of its keys, oldest first."""
        del world
        return sorted(set(keys), key=self.tick_of)


def _again(kind: type[TimeWindowPartitionsDefinition], fields: dict[str, Any]) -> Any:
    """Inverse of `__reduce__`, so that a definition crosses processes without being parsed anew."""
    copy = kind.__new__(kind)
    object.__setattr__(copy, "__dict__", fields)
    return copy


def _number(field: str) -> int:
    return int(field) if field.isdecimal() else 0


def _cron_of(kind: ScheduleType | None, minute: int | None, hour: int | None, day: int | None) -> str:
    at = minute or 0
    if kind is ScheduleType.HOURLY:
        return f"{at} * * * *"
    if kind is ScheduleType.DAILY:
        return f"{at} {hour or 0} * * *"
    if kind is ScheduleType.WEEKLY:
        return f"{at} {hour or 0} * * {day or 0}"
    return f"{at} {hour or 0} {1 if day is None else day} * *"


@lru_cache(maxsize=256)
def _excluded_ticks(definition: TimeWindowPartitionsDefinition, start: int, stop: int) -> frozenset[int]:
    ticks, found = definition.ticks, set[int]()
    for each in definition.exclusions:
        if isinstance(each, datetime):
            instants: Iterable[int] = [int(each.timestamp())] if start <= each.timestamp() < stop else []
        else:
            instants = between(ticks_of(each, definition.timezone), start, stop)
        found.update(instant for instant in instants if ticks.at_or_after(instant) == instant)
    return frozenset(found)
