"""Cron expressions: five fields, or an alias of five. `cronsim` reads them; it is loaded when one is used."""

from __future__ import annotations

from functools import lru_cache

from tidemill.core.errors import InvalidDefinitionError

ALIASES = {
    "@annually": "0 0 1 1 *",
    "@daily": "0 0 * * *",
    "@hourly": "0 * * * *",
    "@midnight": "0 0 * * *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@yearly": "0 0 1 1 *",
}


@lru_cache(maxsize=1024)
def cron_fields(expression: str, owner: str = "a cron schedule") -> tuple[str, str, str, str, str]:
    """Minute, hour, day of month, month and day of week.

    Raises:
        InvalidDefinitionError: It is no cron expression, or one that never fires.
    """
    from datetime import UTC, datetime  # noqa: PLC0415  (only where a schedule is used)

    from cronsim import CronSim, CronSimError  # noqa: PLC0415  (only where a schedule is used)

    fields = ALIASES.get(expression.strip(), expression).split()
    reason = f"{len(fields)} fields"
    if len(fields) == 5:
        try:
            CronSim(" ".join(fields), datetime(2000, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            reason = str(error)
        else:
            return fields[0], fields[1], fields[2], fields[3], fields[4]
    raise InvalidDefinitionError(
        f"Found invalid cron schedule {expression!r} for {owner}",
        subject=expression,
        found=reason,
        expected="five fields (minute, hour, day of month, month, day of week), such as '0 9 * * 1-5',"
        f" or one of {', '.join(ALIASES)}",
    )


def plain(field: str, least: int, most: int) -> int | None:
    """The number that a field is, or None where it is a list, a range, a step or a star."""
    return int(field) if field.isdecimal() and least <= int(field) <= most else None
