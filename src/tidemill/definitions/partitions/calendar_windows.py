"""Windows of the usual lengths: a partition an hour, a day, a week or a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidemill.definitions.arguments import refuse_unknown
from tidemill.definitions.partitions.time_windows import (
    Moment,
    ScheduleType,
    TimeWindowPartitionsDefinition,
)

DATE_FORMAT = "%Y-%m-%d"
HOUR_FORMAT = "%Y-%m-%d-%H:%M"


class _CalendarWindows(TimeWindowPartitionsDefinition):
    """What those of the usual lengths have in common: `start_date` and `end_date` are where they begin and end."""

    def _begin(self, kind: ScheduleType, fmt: str, given: Mapping[str, Any]) -> None:
        known = {name: value for name, value in given.items() if name not in ("self", "kwargs", "__class__")}
        refuse_unknown(type(self).__name__, given["kwargs"], known)
        start, end = known.pop("start_date"), known.pop("end_date")
        known["fmt"] = known["fmt"] or fmt
        TimeWindowPartitionsDefinition.__init__(self, start, end=end, schedule_type=kind, **known)


class DailyPartitionsDefinition(_CalendarWindows):
    """A partition a day.

    Args:
        start_date: The first day: a string as `fmt` says, or a datetime.
        end_date: No partition ends later.
        minute_offset, hour_offset: When days begin.
        timezone: IANA name; UTC by default.
        fmt: How keys are written: `%Y-%m-%d`.
        end_offset: How many days there are beyond the last that is over; 1 adds today.
        exclusions: Days that there are not: datetimes, or cron schedules.

    Example:
        >>> DailyPartitionsDefinition("2024-01-01", end_date="2024-01-04").get_partition_keys()
        ['2024-01-01', '2024-01-02', '2024-01-03']
    """

    def __init__(
        self,
        start_date: Moment,
        end_date: Moment | None = None,
        minute_offset: int = 0,
        hour_offset: int = 0,
        timezone: str | None = None,
        fmt: str | None = None,
        end_offset: int = 0,
        exclusions: Sequence[Moment] | None = None,
        **kwargs: Any,
    ) -> None:
        self._begin(ScheduleType.DAILY, DATE_FORMAT, locals())


class HourlyPartitionsDefinition(_CalendarWindows):
    """A partition an hour.

    Args:
        start_date: The first hour: a string as `fmt` says, or a datetime.
        end_date: No partition ends later.
        minute_offset: When hours begin.
        timezone: IANA name; UTC by default. The hour that a clock shows twice is two partitions, the key of the
            second with its offset from UTC; the one that it skips is none.
        fmt: How keys are written: `%Y-%m-%d-%H:%M`.
        end_offset: How many hours there are beyond the last that is over.
        exclusions: Hours that there are not: datetimes, or cron schedules.

    Example:
        >>> HourlyPartitionsDefinition("2024-01-01-22:00", end_date="2024-01-02-00:00").get_partition_keys()
        ['2024-01-01-22:00', '2024-01-01-23:00']
    """

    def __init__(
        self,
        start_date: Moment,
        end_date: Moment | None = None,
        minute_offset: int = 0,
        timezone: str | None = None,
        fmt: str | None = None,
        end_offset: int = 0,
        exclusions: Sequence[Moment] | None = None,
        **kwargs: Any,
    ) -> None:
        self._begin(ScheduleType.HOURLY, HOUR_FORMAT, locals())


class WeeklyPartitionsDefinition(_CalendarWindows):
    """A partition a week.

    Args:
        start_date: The first week begins here or after: a string as `fmt` says, or a datetime.
        end_date: No partition ends later.
        minute_offset, hour_offset, day_offset: When weeks begin; day 0 is Sunday.
        timezone: IANA name; UTC by default.
        fmt: How keys are written: `%Y-%m-%d`.
        end_offset: How many weeks there are beyond the last that is over.
        exclusions: Weeks that there are not: datetimes, or cron schedules.

    Example:
        >>> WeeklyPartitionsDefinition("2024-01-01", end_date="2024-01-21").get_partition_keys()
        ['2024-01-07', '2024-01-14']
    """

    def __init__(
        self,
        start_date: Moment,
        end_date: Moment | None = None,
        minute_offset: int = 0,
        hour_offset: int = 0,
        day_offset: int = 0,
        timezone: str | None = None,
        fmt: str | None = None,
        end_offset: int = 0,
        exclusions: Sequence[Moment] | None = None,
        **kwargs: Any,
    ) -> None:
        self._begin(ScheduleType.WEEKLY, DATE_FORMAT, locals())


class MonthlyPartitionsDefinition(_CalendarWindows):
    """A partition a month.

    Args:
        start_date: The first month begins here or after: a string as `fmt` says, or a datetime.
        end_date: No partition ends later.
        minute_offset, hour_offset, day_offset: When months begin; day 1 is the first.
        timezone: IANA name; UTC by default.
        fmt: How keys are written: `%Y-%m-%d`.
        end_offset: How many months there are beyond the last that is over.
        exclusions: Months that there are not: datetimes, or cron schedules.

    Example:
        >>> MonthlyPartitionsDefinition("2024-01-01", end_date="2024-03-01").get_partition_keys()
        ['2024-01-01', '2024-02-01']
    """

    def __init__(
        self,
        start_date: Moment,
        end_date: Moment | None = None,
        minute_offset: int = 0,
        hour_offset: int = 0,
        day_offset: int = 1,
        timezone: str | None = None,
        fmt: str | None = None,
        end_offset: int = 0,
        exclusions: Sequence[Moment] | None = None,
        **kwargs: Any,
    ) -> None:
        self._begin(ScheduleType.MONTHLY, DATE_FORMAT, locals())
