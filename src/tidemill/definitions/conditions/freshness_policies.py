"""How old an asset may be: one `FreshnessPolicy` for both vocabularies.

`FreshnessPolicy(maximum_lag_minutes=…)` says of what age the data may be that an asset is made from; lazy automation
plans by it. `FreshnessPolicy.time_window(…)` and `.cron(…)` say how long ago it may have been made; conditions and
`tidemill status` judge by it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.calendar.cron import cron_fields
from tidemill.definitions.calendar.ticks import Ticks, ticks_of, zone_of
from tidemill.definitions.values import Value, fill, replace

MINUTE = timedelta(minutes=1)
EARLY = timedelta(seconds=30)


class FreshnessMinutes(NamedTuple):
    """How far an asset is behind."""

    overdue_minutes: float
    lag_minutes: float


class FreshnessPolicy(Value):
    """How old an asset may be.

    Args:
        maximum_lag_minutes: The asset is made from all data that was there so many minutes ago, at any time.
        cron_schedule: … not at any time, but at the ticks of this schedule.
        cron_schedule_timezone: The zone of the schedule; UTC where it is not given.

    Raises:
        InvalidDefinitionError: The lag is no number, or the schedule is none.

    Example:
        >>> FreshnessPolicy(maximum_lag_minutes=60).maximum_lag_delta
        datetime.timedelta(seconds=3600)
    """

    maximum_lag_minutes: float | None
    cron_schedule: str | None
    cron_schedule_timezone: str | None
    fail_window: timedelta | None
    warn_window: timedelta | None
    deadline_cron: str | None
    lower_bound_delta: timedelta | None
    timezone: str | None

    def __init__(
        self,
        *,
        maximum_lag_minutes: float,
        cron_schedule: str | None = None,
        cron_schedule_timezone: str | None = None,
    ) -> None:
        if not isinstance(maximum_lag_minutes, (int, float)):
            raise wrong_type("FreshnessPolicy", "maximum_lag_minutes", maximum_lag_minutes, "a number")
        if cron_schedule is not None:
            cron_fields(cron_schedule, "FreshnessPolicy")
        if cron_schedule_timezone is not None:
            if cron_schedule is None:
                raise wrong_type(
                    "FreshnessPolicy", "cron_schedule_timezone", cron_schedule_timezone, "a cron_schedule too"
                )
            zone_of(cron_schedule_timezone)
        lag = float(maximum_lag_minutes)
        fill(self, lag, cron_schedule, cron_schedule_timezone, None, None, None, None, None)

    @staticmethod
    def time_window(fail_window: timedelta, warn_window: timedelta | None = None) -> FreshnessPolicy:
        """Made within the last `fail_window`; one that is older than `warn_window` is warned of.

        Raises:
            InvalidDefinitionError: A window is shorter than a minute, or the one to warn is not the shorter.
        """
        for name, window in (("fail_window", fail_window), ("warn_window", warn_window)):
            if (name == "fail_window" or window is not None) and not _is_window(window):
                raise wrong_type(
                    "FreshnessPolicy.time_window", name, window, "a timedelta of a minute or more"
                )
        if warn_window is not None and warn_window >= fail_window:
            raise wrong_type(
                "FreshnessPolicy.time_window", "warn_window", warn_window, f"less than {fail_window}"
            )
        return _policy(fail_window=fail_window, warn_window=warn_window)

    @staticmethod
    def cron(deadline_cron: str, lower_bound_delta: timedelta, timezone: str = "UTC") -> FreshnessPolicy:
        """Made within `lower_bound_delta` before the latest tick of a schedule, or after it.

        Raises:
            InvalidDefinitionError: The schedule or zone is none, or the delta is longer than from one tick to the next.
        """
        cron_fields(deadline_cron, "FreshnessPolicy.cron")
        zone_of(timezone)
        if not _is_window(lower_bound_delta):
            raise wrong_type(
                "FreshnessPolicy.cron",
                "lower_bound_delta",
                lower_bound_delta,
                "a timedelta of a minute or more",
            )
        ticks = ticks_of(deadline_cron, timezone)
        shortest = _shortest_interval(ticks)
        if lower_bound_delta.total_seconds() > shortest:
            raise wrong_type(
                "FreshnessPolicy.cron",
                "lower_bound_delta",
                lower_bound_delta,
                f"at most {timedelta(seconds=shortest)}, the time from one tick of {deadline_cron!r} to the next",
            )
        return _policy(deadline_cron=deadline_cron, lower_bound_delta=lower_bound_delta, timezone=timezone)

    @property
    def maximum_lag_delta(self) -> timedelta:
        """The lag, as a timedelta."""
        return timedelta(minutes=self.lag_minutes)

    @property
    def lag_minutes(self) -> float:
        """The lag.

        Raises:
            InvalidDefinitionError: The policy is about when the asset was made, not about its data.
        """
        if self.maximum_lag_minutes is None:
            raise InvalidDefinitionError(
                "This freshness policy has no maximum lag",
                subject="FreshnessPolicy",
                found=repr(self),
                expected="FreshnessPolicy(maximum_lag_minutes=…)",
            )
        return self.maximum_lag_minutes

    def get_evaluation_tick(self, evaluation_time: datetime) -> datetime | None:
        """The moment at which the lag counts: the latest tick, or the time itself where there is no schedule."""
        if self.cron_schedule is None:
            return evaluation_time
        ticks = ticks_of(self.cron_schedule, self.cron_schedule_timezone or "UTC")
        tick = ticks.before(int(evaluation_time.timestamp()) + 1)
        return datetime.fromtimestamp(tick, evaluation_time.tzinfo or UTC)

    def minutes_overdue(
        self, data_time: datetime | None, evaluation_time: datetime
    ) -> FreshnessMinutes | None:
        """How far an asset is behind whose data is of `data_time`; None where it has none."""
        if data_time is None:
            return None
        tick = self.get_evaluation_tick(evaluation_time)
        if tick is None:
            return None
        lag = max(0.0, (tick - data_time) / MINUTE)
        return FreshnessMinutes(max(0.0, lag - self.lag_minutes), lag)

    def required_data_times(self, now: datetime) -> list[datetime]:
        """Of when the data must be by now: of each that is given, or newer.

        Half a minute early, as somebody looks again only then. With a schedule, the tick that comes next counts as soon
        as data may be new enough for it.
        """
        lag = self.maximum_lag_delta
        if self.cron_schedule is None:
            return [now - lag + EARLY]
        ticks = ticks_of(self.cron_schedule, self.cron_schedule_timezone or "UTC")
        seconds = int(now.timestamp())
        latest, coming = ticks.before(seconds + 1), ticks.at_or_after(seconds + 1)
        moments = [datetime.fromtimestamp(tick, UTC) - lag for tick in (latest, coming)]
        return [moment for moment in moments if moment <= now]

    def state(self, made_at: datetime | None, now: datetime) -> Literal["PASS", "WARN", "FAIL", "UNKNOWN"]:
        """Whether an asset that was last made then is fresh enough now."""
        if made_at is None:
            return "UNKNOWN"
        if self.fail_window is not None:
            age = now - made_at
            if age > self.fail_window:
                return "FAIL"
            return "WARN" if self.warn_window is not None and age > self.warn_window else "PASS"
        if self.deadline_cron is not None and self.lower_bound_delta is not None:
            tick = ticks_of(self.deadline_cron, self.timezone or "UTC").before(int(now.timestamp()) + 1)
            wanted = datetime.fromtimestamp(tick, UTC) - self.lower_bound_delta
            return "PASS" if made_at >= wanted else "FAIL"
        overdue = self.minutes_overdue(made_at, now)
        return "FAIL" if overdue is not None and overdue.overdue_minutes > 0 else "PASS"


def _policy(**contents: Any) -> FreshnessPolicy:
    silent = object.__new__(FreshnessPolicy)
    fill(silent, *(None for _ in FreshnessPolicy.field_names))
    return replace(silent, **contents)


def _is_window(window: Any) -> bool:
    return isinstance(window, timedelta) and window >= MINUTE


def _shortest_interval(ticks: Ticks) -> int:
    """Seconds from one tick to the next, at least, as far as a year of them (or a hundred) shows."""
    start = tick = ticks.at_or_after(1_704_067_200)  # 2024-01-01, a leap year
    shortest = None
    for _ in range(100):
        following = ticks.at_or_after(tick + 1)
        shortest = following - tick if shortest is None else min(shortest, following - tick)
        tick = following
        if tick - start > 366 * 86_400:
            break
    return shortest or 0


def valid_freshness(owner: str, policy: Any) -> FreshnessPolicy | None:
    """`policy`, where it is one or None."""
    if policy is None or isinstance(policy, FreshnessPolicy):
        return policy
    raise wrong_type(owner, "freshness_policy", policy, "a FreshnessPolicy")
