"""Section 1.7: jobs with partitions, their config, and the schedules that are made of them."""

from datetime import datetime, timezone
from typing import Any

import pytest

from tidemill import (
    DailyPartitionsDefinition,
    DefaultScheduleStatus,
    Definitions,
    DynamicPartitionsDefinition,
    MonthlyPartitionsDefinition,
    OpExecutionContext,
    PartitionedConfig,
    StaticPartitionsDefinition,
    WeeklyPartitionsDefinition,
    asset,
    build_schedule_context,
    build_schedule_from_partitioned_job,
    daily_partitioned_config,
    define_asset_job,
    dynamic_partitioned_config,
    hourly_partitioned_config,
    job,
    monthly_partitioned_config,
    op,
    partitioned_config,
    static_partitioned_config,
    weekly_partitioned_config,
)

UTC = timezone.utc  # noqa: UP017
LETTERS = StaticPartitionsDefinition(["x", "y"])
DAYS = DailyPartitionsDefinition("2024-01-01")


@op(config_schema={"text": str})
def tells(context: OpExecutionContext) -> str:
    return context.op_config["text"]


def config_of(text: str) -> dict[str, Any]:
    return {"ops": {"tells": {"config": {"text": text}}}}


def outcome(config: Any, key: str) -> str:
    @job(config=config)
    def whole() -> None:
        tells()

    return whole.execute_in_process(partition_key=key).output_for_node("tells")


def windowed(start: datetime, end: datetime) -> dict[str, Any]:
    return config_of(f"{start:%Y-%m-%dT%H:%M} {end:%Y-%m-%dT%H:%M}")


def test_PartitionedConfig_gives_the_config_of_a_partition() -> None:
    config = PartitionedConfig(LETTERS, run_config_for_partition_key_fn=config_of)
    assert config.partitions_def == LETTERS
    assert config.get_partition_keys() == ["x", "y"]
    assert config.get_run_config_for_partition_key("y") == config_of("y")
    assert outcome(config, "y") == "y"


def test_partitioned_config_decorates_a_function_of_the_key() -> None:
    @partitioned_config(partitions_def=LETTERS, tags_for_partition_key_fn=lambda key: {"t": key})
    def config(key: str) -> dict[str, Any]:
        return config_of(key)

    assert isinstance(config, PartitionedConfig)
    assert config("x") == config_of("x")
    assert config.get_tags_for_partition_key("y")["t"] == "y"
    assert outcome(config, "x") == "x"


def test_static_partitioned_config_takes_the_keys() -> None:
    @static_partitioned_config(partition_keys=["x", "y"])
    def config(key: str) -> dict[str, Any]:
        return config_of(key)

    assert outcome(config, "y") == "y"


def test_dynamic_partitioned_config_takes_a_function_of_the_keys() -> None:
    @dynamic_partitioned_config(partition_fn=lambda _now=None: ["x", "y"])
    def config(key: str) -> dict[str, Any]:
        return config_of(key)

    assert isinstance(config.partitions_def, DynamicPartitionsDefinition)
    assert outcome(config, "y") == "y"


def test_daily_partitioned_config_takes_the_window() -> None:
    @daily_partitioned_config(start_date="2024-01-01", hour_offset=1, minute_offset=30, timezone="UTC")
    def config(start: datetime, end: datetime) -> dict[str, Any]:
        return windowed(start, end)

    assert outcome(config, "2024-01-02") == "2024-01-02T01:30 2024-01-03T01:30"
    last = daily_partitioned_config(start_date="2024-01-01", end_offset=1)(windowed)
    before = daily_partitioned_config(start_date="2024-01-01")(windowed)
    now = datetime(2024, 1, 3, tzinfo=UTC)
    assert len(last.get_partition_keys(now)) == len(before.get_partition_keys(now)) + 1


def test_hourly_partitioned_config_takes_the_window() -> None:
    config = hourly_partitioned_config(start_date=datetime(2024, 1, 1), minute_offset=15)(windowed)
    assert outcome(config, "2024-01-02-03:15") == "2024-01-02T03:15 2024-01-02T04:15"


def test_weekly_partitioned_config_takes_the_window() -> None:
    config = weekly_partitioned_config(start_date="2024-01-01", day_offset=1)(windowed)
    assert outcome(config, "2024-01-08") == "2024-01-08T00:00 2024-01-15T00:00"


def test_monthly_partitioned_config_takes_the_window() -> None:
    config = monthly_partitioned_config(start_date="2024-01", fmt="%Y-%m")(windowed)
    assert outcome(config, "2024-02") == "2024-02-01T00:00 2024-03-01T00:00"


# --- build_schedule_from_partitioned_job ------------------------------------------------------------------------------


@asset(partitions_def=DAYS)
def daily(context: Any) -> str:
    return context.partition_key


def test_build_schedule_from_partitioned_job_asks_for_the_last_partition() -> None:
    schedule = build_schedule_from_partitioned_job(define_asset_job("j", "daily", partitions_def=DAYS))
    assert schedule.name == "j_schedule"
    assert schedule.cron_schedule == "0 0 * * *"
    assert schedule.default_status == DefaultScheduleStatus.STOPPED
    defs = Definitions([daily], schedules=[schedule])
    context = build_schedule_context(
        scheduled_execution_time=datetime(2024, 1, 5, tzinfo=UTC), repository_def=defs.get_repository_def()
    )
    (request,) = defs.get_schedule_def("j_schedule").evaluate_tick(context).run_requests
    assert request.partition_key == "2024-01-04"
    assert request.tags["dagster/partition"] == "2024-01-04"


def test_build_schedule_from_partitioned_job_arguments() -> None:
    schedule = build_schedule_from_partitioned_job(
        define_asset_job("j", "daily", partitions_def=DAYS),
        description="d",
        name="n",
        minute_of_hour=30,
        hour_of_day=4,
        default_status=DefaultScheduleStatus.RUNNING,
        tags={"t": "1"},
    )
    assert (schedule.name, schedule.description, schedule.cron_schedule) == ("n", "d", "30 4 * * *")
    assert schedule.default_status == DefaultScheduleStatus.RUNNING
    weekly = build_schedule_from_partitioned_job(
        define_asset_job("w", partitions_def=WeeklyPartitionsDefinition("2024-01-01")),
        day_of_week=2,
        hour_of_day=3,
    )
    assert weekly.cron_schedule == "0 3 * * 2"
    monthly = build_schedule_from_partitioned_job(
        define_asset_job("m", partitions_def=MonthlyPartitionsDefinition("2024-01-01")),
        day_of_month=3,
    )
    assert monthly.cron_schedule == "0 0 3 * *"


def test_build_schedule_from_partitioned_job_of_other_partitions_needs_a_cron_schedule() -> None:
    static = define_asset_job("s", partitions_def=LETTERS)
    with pytest.raises(Exception, match="cron_schedule"):
        build_schedule_from_partitioned_job(static)
    schedule = build_schedule_from_partitioned_job(
        static, cron_schedule="0 1 * * *", execution_timezone="Europe/Berlin"
    )
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 1 * * *", "Europe/Berlin")


def test_partitioned_config_of_a_job_gives_run_requests() -> None:
    @job(config=partitioned_config(partitions_def=LETTERS)(config_of))
    def whole() -> None:
        tells()

    request = whole.run_request_for_partition("y", run_key="k", tags={"t": "1"})
    assert (request.partition_key, request.run_key, request.tags["t"]) == ("y", "k", "1")
    assert whole.partitions_def == LETTERS
