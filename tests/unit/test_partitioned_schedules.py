"""api.md 1.7: schedules that follow from partitions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tidemill import (
    DailyPartitionsDefinition,
    Definitions,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    MultiPartitionsDefinition,
    StaticPartitionsDefinition,
    WeeklyPartitionsDefinition,
    asset,
    build_schedule_context,
    build_schedule_from_partitioned_job,
    daily_partitioned_config,
    define_asset_job,
)
from tidemill.core.errors import InvalidDefinitionError

DAYS = DailyPartitionsDefinition("2024-01-01")
LETTERS = StaticPartitionsDefinition(["a", "b"])


def job(partitions: Any = None, **arguments: Any) -> Any:
    return define_asset_job("train", partitions_def=partitions, **arguments)


def keys(schedule: Any, moment: datetime) -> list[str]:
    context = build_schedule_context(scheduled_execution_time=moment)
    return [request.partition_key for request in schedule.evaluate_tick(context).run_requests]


@pytest.mark.parametrize(
    ("partitions", "arguments", "cron", "zone"),
    [
        (DAYS, {}, "0 0 * * *", "UTC"),
        (DAYS, {"hour_of_day": 3, "minute_of_hour": 10}, "10 3 * * *", "UTC"),
        (WeeklyPartitionsDefinition("2024-01-01"), {"day_of_week": 3}, "0 0 * * 3", "UTC"),
        (
            MonthlyPartitionsDefinition("2024-01-01"),
            {"day_of_month": 3, "hour_of_day": 2},
            "0 2 3 * *",
            "UTC",
        ),
        (
            HourlyPartitionsDefinition("2024-01-01-00:00", timezone="Europe/Berlin"),
            {"minute_of_hour": 7},
            "7 * * * *",
            "Europe/Berlin",
        ),
        (
            LETTERS,
            {"cron_schedule": "@daily", "execution_timezone": "Europe/Berlin"},
            "@daily",
            "Europe/Berlin",
        ),
    ],
)
def test_when(partitions: Any, arguments: dict[str, Any], cron: str, zone: str) -> None:
    schedule = build_schedule_from_partitioned_job(job(partitions), **arguments)
    assert (schedule.name, schedule.job_name) == ("train_schedule", "train")
    assert (schedule.cron_schedule, schedule.execution_timezone) == (cron, zone)


def test_each_tick_is_for_the_window_that_is_over() -> None:
    schedule = build_schedule_from_partitioned_job(job(DAYS), tags={"by": "clock"})
    (request,) = schedule.evaluate_tick(
        build_schedule_context(scheduled_execution_time=datetime(2024, 1, 4, tzinfo=UTC))
    ).run_requests
    assert (request.run_key, request.partition_key, request.job_name) == ("2024-01-03", "2024-01-03", "train")
    assert request.tags == {
        "by": "clock",
        "dagster/partition": "2024-01-03",
        "dagster/schedule_name": "train_schedule",
    }
    assert keys(schedule, datetime(2024, 1, 4)) == ["2024-01-03"]
    told = schedule.evaluate_tick(build_schedule_context(scheduled_execution_time=datetime(2024, 1, 1)))
    assert "no key" in str(told.skip_message)


def test_all_keys_where_there_is_no_time() -> None:
    schedule = build_schedule_from_partitioned_job(job(LETTERS), cron_schedule="@daily")
    assert keys(schedule, datetime(2024, 1, 4)) == ["a", "b"]
    grid = MultiPartitionsDefinition({"day": DAYS, "letter": LETTERS})
    schedule = build_schedule_from_partitioned_job(job(grid))
    assert keys(schedule, datetime(2024, 1, 4)) == ["2024-01-03|a", "2024-01-03|b"]


def test_the_assets_know() -> None:
    @asset(partitions_def=DAYS)
    def sliced() -> int:
        return 1

    @asset
    def whole() -> int:
        return 1

    schedule = build_schedule_from_partitioned_job(
        job(selection=[sliced, whole]), name="nightly", hour_of_day=1
    )
    assert schedule.job_name == "train"
    definitions = Definitions([sliced, whole], schedules=[schedule])
    assert definitions.get_schedule_def("nightly").cron_schedule == "0 1 * * *"
    assert definitions.get_job_def("train").name == "train"
    lost = build_schedule_from_partitioned_job(job(selection=[whole]))
    with pytest.raises(InvalidDefinitionError, match="no partitions"):
        Definitions([sliced, whole], schedules=[lost]).get_schedule_def("train_schedule")

    @asset(partitions_def=LETTERS)
    def other() -> int:
        return 1

    mixed = build_schedule_from_partitioned_job(job(selection=[sliced, other]))
    with pytest.raises(InvalidDefinitionError, match="different partitions"):
        Definitions([sliced, other], schedules=[mixed]).get_schedule_def("train_schedule")


@pytest.mark.parametrize(
    ("partitions", "arguments"),
    [
        (LETTERS, {}),
        (DAYS, {"cron_schedule": "@daily"}),
        (DAYS, {"execution_timezone": "Europe/Berlin"}),
        (DAYS, {"day_of_week": 3}),
    ],
)
def test_what_does_not_fit(partitions: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidDefinitionError):
        build_schedule_from_partitioned_job(job(partitions), **arguments)


def test_what_is_no_job() -> None:
    with pytest.raises(InvalidDefinitionError, match="job cannot be"):
        build_schedule_from_partitioned_job("train")


def test_the_config_of_a_partition() -> None:
    @daily_partitioned_config(start_date="2024-01-01")
    def config(start: datetime, end: datetime) -> dict[str, Any]:
        return {"ops": {"sliced": {"config": {"day": start.strftime("%d")}}}}

    schedule = build_schedule_from_partitioned_job(define_asset_job("configured", config=config))
    context = build_schedule_context(scheduled_execution_time=datetime(2024, 1, 6))
    (request,) = schedule.evaluate_tick(context).run_requests
    assert request.run_config == {"ops": {"sliced": {"config": {"day": "05"}}}}
