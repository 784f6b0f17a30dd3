"""Times as users give them to definitions of partitions: texts, with or without a zone, and seconds."""

from __future__ import annotations

from datetime import UTC, datetime

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.calendar.cron import cron_fields
from tidemill.definitions.calendar.ticks import zone_of


def read_moment(owner: str, name: str, value: object, timezone: str, fmt: str) -> datetime:
    """A time as somebody gave it, in the zone of the partitions."""
    if isinstance(value, str):
        read = None
        for each in (fmt, f"{fmt}%z"):
            try:
                read = datetime.strptime(value, each)  # noqa: DTZ007  (the zone comes next)
                break
            except ValueError:
                continue
        if read is None:
            raise InvalidDefinitionError(
                f"time data {value!r} does not match format {fmt!r}",
                subject=f"{owner}.{name}",
                found=value,
                expected=f"a time written {fmt}, or a datetime",
            )
        value = read
    if not isinstance(value, datetime):
        raise wrong_type(owner, name, value, f"a datetime, or a string written {fmt}")
    return in_zone(value, timezone)


def in_zone(moment: datetime, timezone: str) -> datetime:
    """A time in a zone; one without a zone is meant there."""
    zone = zone_of(timezone)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def read_exclusion(owner: str, value: object, timezone: str) -> str | datetime:
    """A window, or the windows of a cron schedule, that is left out."""
    if isinstance(value, str):
        cron_fields(value, f"an exclusion of a {owner}")
        return value
    if not isinstance(value, datetime):
        raise wrong_type(owner, "exclusions", value, "cron schedules and datetimes")
    return in_zone(value, timezone)


def ceil_second(moment: datetime) -> int:
    """The first whole second that is not before a time; one without a zone is UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return -(-int(aware.timestamp() * 1_000_000) // 1_000_000)


def floor_second(moment: datetime) -> int:
    """The last whole second that is not after a time."""
    return int(moment.timestamp() // 1)
