"""What definitions say, in words: partitions, freshness, conditions, retention, types, triggers."""

from __future__ import annotations

from typing import Any

from tidemill.core.durations import duration_text
from tidemill.definitions.conditions.conditions import AutomationCondition
from tidemill.definitions.conditions.freshness_policies import FreshnessPolicy
from tidemill.definitions.partitions.dynamic import DynamicPartitionsDefinition
from tidemill.definitions.partitions.multi import MultiPartitionsDefinition
from tidemill.definitions.partitions.partitions import PartitionsDefinition, StaticPartitionsDefinition
from tidemill.definitions.partitions.time_windows import TimeWindowPartitionsDefinition
from tidemill.definitions.triggers.schedules import ScheduleDefinition
from tidemill.definitions.units.terms import Terms

SHOWN = 10
CALENDAR = {"hourly": "each hour", "daily": "each day", "weekly": "each week", "monthly": "each month"}


def partitions_in_words(definition: PartitionsDefinition) -> str:
    """Which partitions there are: `each day from 2024-01-01 (UTC)`, `eu, us, ap`."""
    if isinstance(definition, StaticPartitionsDefinition):
        rest = len(definition.keys) - SHOWN
        return ", ".join(definition.keys[:SHOWN]) + (f" and {rest:,} more" if rest > 0 else "")
    if isinstance(definition, TimeWindowPartitionsDefinition):
        kind = type(definition).__name__.partition("Partitions")[0].lower()
        often = CALENDAR.get(kind, f"by {definition.cron_schedule}")
        end = f" to {definition.end.strftime(definition.fmt)}" if definition.end is not None else ""
        excluded = f", {len(definition.exclusions)} excluded" if definition.exclusions else ""
        return (
            f"{often} from {definition.start.strftime(definition.fmt)}{end} ({definition.timezone}){excluded}"
        )
    if isinstance(definition, DynamicPartitionsDefinition):
        return (
            f"keys that are added to {definition.name!r}" if definition.name else "keys that a function gives"
        )
    if isinstance(definition, MultiPartitionsDefinition):
        return " × ".join(f"{name}: {partitions_in_words(each)}" for name, each in definition.dimensions)
    return f"those of {type(definition).__qualname__}"


def freshness_in_words(policy: FreshnessPolicy) -> str:
    """How old it may be: `made within 1d`, `data of at most 1h, by 0 9 * * *`."""
    if policy.fail_window is not None:
        warned = f", warned of after {_span(policy.warn_window)}" if policy.warn_window is not None else ""
        return f"made within {_span(policy.fail_window)}{warned}"
    if policy.deadline_cron is not None:
        return (
            f"made within {_span(policy.lower_bound_delta)} before {policy.deadline_cron} ({policy.timezone})"
        )
    lag = duration_text((policy.maximum_lag_minutes or 0) * 60)
    when = f", by {policy.cron_schedule}" if policy.cron_schedule else ""
    zone = f" ({policy.cron_schedule_timezone})" if policy.cron_schedule_timezone else ""
    return f"from data of at most {lag} ago{when}{zone}"


def _span(span: Any) -> str:
    return duration_text(span.total_seconds())


def automation_in_words(condition: AutomationCondition) -> str:
    """When it is made by itself."""
    return condition.label or str(condition)


def retention_in_words(terms: Terms) -> str | None:
    """How long values are kept: `the newest 5`, `7d`; None where all are."""
    said = [f"the newest {terms.keep}"] if terms.keep is not None else []
    said += [f"those younger than {duration_text(terms.ttl)}"] if terms.ttl is not None else []
    return " of ".join(said) or None


def type_in_words(annotation: Any) -> str | None:
    """An annotation as its author wrote it: `DataFrame`, `dict[str, int]`; None where there is none."""
    if annotation is None:
        return None
    name = getattr(annotation, "display_name", None)
    if isinstance(name, str):
        return name
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        return annotation.__qualname__
    return str(annotation).replace("typing.", "")


def schedule_in_words(schedule: ScheduleDefinition) -> str:
    """When it fires: `0 2 * * * (UTC)`."""
    return f"{', '.join(schedule.cron_schedules)} ({schedule.execution_timezone or 'UTC'})"


def sensor_in_words(sensor: Any) -> str:
    """How often it looks."""
    return f"looks every {duration_text(sensor.minimum_interval_seconds)}"
