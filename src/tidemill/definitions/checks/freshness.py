"""Checks of age: was an asset updated lately enough, or has the partition come that should be there.

build_last_update_freshness_checks, build_time_partition_freshness_checks ──▶ one function, a check for each asset
build_sensor_for_freshness_checks ──▶ a sensor that asks for those whose last verdict says nothing any more
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.definitions.arguments import refuse_twice, wrong_type
from tidemill.definitions.assembly import flattened
from tidemill.definitions.assets.assets import AssetChecksDefinition
from tidemill.definitions.calendar.cron import cron_fields
from tidemill.definitions.calendar.ticks import ticks_of, zone_of
from tidemill.definitions.checks.decorators import multi_asset_check
from tidemill.definitions.partitions.time_windows import TimeWindowPartitionsDefinition
from tidemill.definitions.results import AssetCheckResult
from tidemill.definitions.specs.assets import AssetSpec, single_key
from tidemill.definitions.specs.checks import AssetCheckSeverity, AssetCheckSpec
from tidemill.definitions.triggers.jobs import IMPLICIT_JOB
from tidemill.definitions.triggers.requests import RunRequest, SkipReason
from tidemill.definitions.triggers.sensors import DefaultSensorStatus, SensorDefinition
from tidemill.definitions.values import replace

CHECK = "freshness_check"
PARAMETERS = "dagster/freshness_params"
FRESH_UNTIL = "dagster/fresh_until_timestamp"
LAST_UPDATED = "dagster/last_updated_timestamp"
LATEST_TICK = "dagster/latest_cron_tick_timestamp"
LOWER_BOUND = "dagster/freshness_lower_bound_timestamp"

Judge = Callable[[AssetKey, Any, datetime], AssetCheckResult]


def build_last_update_freshness_checks(
    *,
    assets: Sequence[Any],
    lower_bound_delta: timedelta,
    deadline_cron: str | None = None,
    timezone: str = "UTC",
    severity: AssetCheckSeverity = AssetCheckSeverity.WARN,
    blocking: bool = False,
) -> Sequence[AssetChecksDefinition]:
    """Checks that assets were updated lately enough.

    Args:
        assets: Assets, or their keys.
        lower_bound_delta: How long ago the last update may be.
        deadline_cron: … at the latest tick of this schedule, and not now.
        timezone: The zone of the schedule.
        severity: What it means not to pass.
        blocking: Whether what depends on the assets waits for it.

    Returns:
        One definition, with a check `freshness_check` for each asset.

    Raises:
        InvalidDefinitionError: An asset stands there twice, or an argument is of the wrong type.

    Example:
        >>> from datetime import timedelta
        >>> (checks,) = build_last_update_freshness_checks(assets=["stories"], lower_bound_delta=timedelta(days=1))
        >>> [spec.name for spec in checks.check_specs]
        ['freshness_check']
    """
    if not isinstance(lower_bound_delta, timedelta):
        raise wrong_type("freshness checks", "lower_bound_delta", lower_bound_delta, "a timedelta")
    if deadline_cron is not None:
        cron_fields(deadline_cron, "freshness checks")
    zone_of(timezone)
    parameters: dict[str, Any] = {
        "timezone": timezone,
        "lower_bound_delta_seconds": lower_bound_delta.total_seconds(),
    }
    if deadline_cron is not None:
        parameters["deadline_cron"] = deadline_cron

    def judge(key: AssetKey, instance: Any, now: datetime) -> AssetCheckResult:
        metadata: dict[str, Any] = {}
        deadline, until = now, None
        if deadline_cron is not None:
            ticks = ticks_of(deadline_cron, timezone)
            deadline = _moment(ticks.before(int(now.timestamp()) + 1))
            until = _moment(ticks.at_or_after(int(now.timestamp()) + 1))
            metadata[LATEST_TICK] = MetadataValue.timestamp(deadline)
        bound = deadline - lower_bound_delta
        metadata[LOWER_BOUND] = MetadataValue.timestamp(bound)
        updated = _last_update(instance, key)
        if updated is None:
            return _verdict(key, False, severity, metadata, "The asset was never made or observed")
        metadata[LAST_UPDATED] = MetadataValue.timestamp(updated)
        passed = updated >= bound
        if passed:
            metadata[FRESH_UNTIL] = MetadataValue.timestamp(until or updated + lower_bound_delta)
        text = f"Last updated at {updated:%Y-%m-%d %H:%M} UTC, {'after' if passed else 'before'} {bound:%Y-%m-%d %H:%M}"
        return _verdict(key, passed, severity, metadata, text)

    return [_checks(assets, parameters, severity, blocking, judge)]


def build_time_partition_freshness_checks(
    *,
    assets: Sequence[Any],
    deadline_cron: str,
    timezone: str = "UTC",
    severity: AssetCheckSeverity = AssetCheckSeverity.WARN,
    blocking: bool = False,
) -> Sequence[AssetChecksDefinition]:
    """Checks that the newest time window that was over at the latest tick of a schedule has come.

    Args:
        assets: Assets with partitions of time, or their keys.
        deadline_cron: When a partition must be there.
        timezone, severity, blocking: As of `build_last_update_freshness_checks`.

    Raises:
        InvalidDefinitionError: An asset stands there twice, or an argument is of the wrong type.
    """
    cron_fields(deadline_cron, "freshness checks")
    zone_of(timezone)
    partitions = {single_key(asset): getattr(asset, "partitions_def", None) for asset in assets}

    def judge(key: AssetKey, instance: Any, now: datetime) -> AssetCheckResult:
        windows = partitions.get(key)
        if not isinstance(windows, TimeWindowPartitionsDefinition):
            raise InvalidDefinitionError(
                f"The freshness check of {key.to_user_string()!r} is about partitions of time",
                subject=key.to_user_string(),
                found=repr(windows),
                expected="the decorated asset itself, with partitions of time",
                next_step="give the asset and not its key, or use build_last_update_freshness_checks",
            )
        tick = _moment(ticks_of(deadline_cron, timezone).before(int(now.timestamp()) + 1))
        metadata: dict[str, Any] = {LATEST_TICK: MetadataValue.timestamp(tick)}
        expected = windows.get_last_partition_key(tick)
        updated = _last_update(instance, key)
        if updated is not None:
            metadata[LAST_UPDATED] = MetadataValue.timestamp(updated)
        passed = expected is None or expected in instance.get_materialized_partitions(key)
        if passed:
            following = _moment(ticks_of(deadline_cron, timezone).at_or_after(int(now.timestamp()) + 1))
            metadata[FRESH_UNTIL] = MetadataValue.timestamp(following)
        text = f"The partition {expected} has come" if passed else f"The partition {expected} has not come"
        return _verdict(key, passed, severity, metadata, text if expected else "No partition is due")

    parameters = {"timezone": timezone, "deadline_cron": deadline_cron}
    return [_checks(assets, parameters, severity, blocking, judge)]


def _checks(
    assets: Sequence[Any],
    parameters: Mapping[str, Any],
    severity: AssetCheckSeverity,
    blocking: bool,
    judge: Judge,
) -> AssetChecksDefinition:
    if isinstance(assets, str) or not assets:
        raise wrong_type("freshness checks", "assets", assets, "a list of assets or keys")
    if not isinstance(severity, AssetCheckSeverity):
        raise wrong_type("freshness checks", "severity", severity, "an AssetCheckSeverity")
    keys = [single_key(asset) for asset in assets]
    refuse_twice("freshness checks", [key.to_user_string() for key in keys], "asset")
    specs = [
        AssetCheckSpec(
            CHECK,
            asset=key,
            description="Was it updated lately enough?",
            blocking=blocking,
            metadata={PARAMETERS: MetadataValue.json(dict(parameters))},
        )
        for key in keys
    ]
    from zlib import crc32  # noqa: PLC0415

    name = f"{CHECK}_{crc32(repr((keys, sorted(parameters.items()))).encode()):08x}"

    @multi_asset_check(name=name, specs=specs, can_subset=True, description="Checks of age.")
    def check(context: Any) -> Iterator[AssetCheckResult]:
        now = datetime.now(UTC)
        chosen = context.selected_asset_check_keys
        for spec in specs:
            if spec.key in chosen:
                result = judge(spec.asset_key, context.instance, now)
                told = {PARAMETERS: spec.metadata[PARAMETERS], **(result.metadata or {})}
                yield replace(result, metadata=told)

    return check


def _verdict(
    key: AssetKey, passed: bool, severity: AssetCheckSeverity, metadata: Mapping[str, Any], text: str
) -> AssetCheckResult:
    return AssetCheckResult(
        passed=passed, asset_key=key, check_name=CHECK, metadata=metadata, severity=severity, description=text
    )


def _last_update(instance: Any, key: AssetKey) -> datetime | None:
    """When an asset was last made or observed."""
    records = [
        *instance.fetch_materializations(key, limit=1).records,
        *instance.fetch_observations(key, limit=1).records,
    ]
    newest = max((record.timestamp for record in records), default=None)
    return None if newest is None else datetime.fromtimestamp(newest, UTC)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def build_sensor_for_freshness_checks(
    *,
    freshness_checks: Sequence[AssetChecksDefinition | Sequence[AssetChecksDefinition]],
    minimum_interval_seconds: int | None = None,
    name: str = "freshness_checks_sensor",
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    tags: Mapping[str, Any] | None = None,
) -> SensorDefinition:
    """A sensor that runs freshness checks when their last verdicts say nothing any more.

    That is: one that was never given, one that passed and holds no longer, and one that did not pass and whose asset
    was updated since.

    Args:
        freshness_checks: What `build_last_update_freshness_checks` and its sibling gave, also as lists in a list.
        minimum_interval_seconds: Between two evaluations, at least; 30 where it is not given.
        name: Of the sensor.
        default_status: Whether it is on where nobody has switched it.
        tags: Labels of the sensor.

    Raises:
        InvalidDefinitionError: Something is no check.
    """
    keys: list[AssetCheckKey] = []
    for check in flattened(freshness_checks):
        if not isinstance(check, AssetChecksDefinition):
            raise wrong_type("build_sensor_for_freshness_checks", "a freshness check", check, "a check")
        keys += check.check_keys

    def look(context: Any) -> Any:
        now = datetime.now(UTC)
        due = [key for key in keys if _is_due(context, key, now)]
        if not due:
            return SkipReason("the last verdicts of all freshness checks still hold")
        return RunRequest(job_name=IMPLICIT_JOB, asset_selection=(), asset_check_keys=due)

    return SensorDefinition(
        name,
        evaluation_fn=look,
        job_name=IMPLICIT_JOB,
        minimum_interval_seconds=minimum_interval_seconds,
        default_status=default_status,
        tags=tags,
        description="Runs freshness checks whose last verdicts say nothing any more.",
    )


def _is_due(context: Any, key: AssetCheckKey, now: datetime) -> bool:
    verdict = context.latest_verdict(key)
    if verdict is None:
        return True
    at, passed, metadata = verdict
    if passed:
        until = metadata.get(FRESH_UNTIL)
        return until is not None and until.value < now.timestamp()
    updated = _last_update(context.instance, key.asset_key)
    return updated is not None and updated.timestamp() > at


def apply_freshness_policy(spec: AssetSpec, policy: Any, overwrite_existing: bool = True) -> AssetSpec:
    """A spec with a freshness policy.

    Args:
        spec: What is said of an asset.
        policy: The policy.
        overwrite_existing: Whether it takes the place of one that is there.

    Raises:
        InvalidDefinitionError: The policy is none.
    """
    if spec.freshness_policy is not None and not overwrite_existing:
        return spec
    return spec.replace_attributes(freshness_policy=policy)
