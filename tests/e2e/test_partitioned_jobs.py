"""api.md 1.7: jobs that have partitions, and config for each of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tidemill import (
    Config,
    DailyPartitionsDefinition,
    Definitions,
    InvalidConfigError,
    InvalidDefinitionError,
    PartitionedConfig,
    RunConfig,
    StaticPartitionsDefinition,
    UnknownPartitionError,
    asset,
    daily_partitioned_config,
    define_asset_job,
    dynamic_partitioned_config,
    hourly_partitioned_config,
    job as op_job,
    monthly_partitioned_config,
    op,
    partitioned_config,
    static_partitioned_config,
    weekly_partitioned_config,
)

DAYS = DailyPartitionsDefinition("2024-01-01")
LETTERS = StaticPartitionsDefinition(["x", "y"])


class Word(Config):
    text: str = "default"


@asset(partitions_def=DAYS)
def daily(context: Any, config: Word) -> tuple[str, str]:
    return context.partition_key, config.text


@asset
def plain(context: Any, config: Word) -> tuple[Any, str]:
    return context.partition_key if context.has_partition_key else None, config.text


def says(text: str) -> dict[str, Any]:
    return {"ops": {"daily": {"config": {"text": text}}}}


@daily_partitioned_config("2024-01-01", tags_for_partition_fn=lambda start, end: {"start": start.isoformat()})
def by_day(start: datetime, end: datetime) -> dict[str, Any]:
    return says(start.strftime("%m/%d"))


def job(**arguments: Any) -> Any:
    declared = define_asset_job("j", [daily], **arguments)
    return Definitions(assets=[daily, plain], jobs=[declared]).get_job_def("j")


def test_config_by_day() -> None:
    assert by_day.get_partition_keys()[:2] == ["2024-01-01", "2024-01-02"]
    assert by_day.get_run_config_for_partition_key("2024-01-02") == says("01/02")
    assert by_day.get_tags_for_partition_key("2024-01-02") == {
        "start": "2024-01-02T00:00:00+00:00",
        "dagster/partition": "2024-01-02",
    }
    assert by_day(datetime(2024, 1, 1), datetime(2024, 1, 2)) == says("01/01")


def test_a_run_has_the_config_of_its_partition() -> None:
    made = job(config=by_day)
    assert made.partitions_def == DAYS
    result = made.execute_in_process(partition_key="2024-01-02")
    assert result.output_for_node("daily") == ("2024-01-02", "01/02")
    assert result.dagster_run.tags == {
        "start": "2024-01-02T00:00:00+00:00",
        "dagster/partition": "2024-01-02",
        "dagster/partition_set": "j_partition_set",
    }
    other = made.execute_in_process(partition_key="2024-01-02", run_config=says("other"))
    assert other.output_for_node("daily") == ("2024-01-02", "other")


def test_the_partitions_of_a_job_are_those_of_its_assets() -> None:
    assert job().partitions_def == DAYS
    assert job().execute_in_process(partition_key="2024-01-05").output_for_node("daily")[0] == "2024-01-05"


def test_a_job_may_have_partitions_where_its_assets_have_none() -> None:
    @static_partitioned_config(["x", "y"], tags_for_partition_key_fn=lambda key: {"key": key})
    def by_letter(key: str) -> RunConfig:
        return RunConfig(ops={"plain": Word(text=key * 2)})

    declared = define_asset_job("letters", [plain], config=by_letter)
    made = Definitions(assets=[plain], jobs=[declared]).get_job_def("letters")
    result = made.execute_in_process(partition_key="y")
    assert result.output_for_node("plain") == ("y", "yy")
    assert result.dagster_run.tags["key"] == "y"
    assert made.execute_in_process().output_for_node("plain") == (None, "default")


def test_config_that_differs_is_no_config_of_one_run() -> None:
    with pytest.raises(InvalidConfigError, match="differs from one partition to the next"):
        job(config=by_day).execute_in_process(partition_key=["2024-01-01", "2024-01-02"])


def test_partitions_of_job_and_config_are_the_same() -> None:
    with pytest.raises(InvalidDefinitionError, match="config for the partitions of the job"):
        job(config=by_day, partitions_def=LETTERS)


def test_the_other_windows() -> None:
    def window(start: datetime, end: datetime) -> dict[str, Any]:
        return {"ops": {"w": {"config": {"hours": (end - start).total_seconds() / 3600}}}}

    found = [
        hourly_partitioned_config("2024-01-01-00:00")(window).get_run_config_for_partition_key(
            "2024-01-01-05:00"
        ),
        weekly_partitioned_config("2024-01-01")(window).get_run_config_for_partition_key("2024-01-07"),
        monthly_partitioned_config("2024-01-01")(window).get_run_config_for_partition_key("2024-02-01"),
    ]
    assert [config["ops"]["w"]["config"]["hours"] for config in found] == [1, 168, 696]


def test_config_by_key() -> None:
    by_key = partitioned_config(LETTERS)(lambda key: {"ops": {"a": {"config": {"k": key}}}})
    assert by_key.get_run_config_for_partition_key("x") == {"ops": {"a": {"config": {"k": "x"}}}}
    named = dynamic_partitioned_config(lambda now: ["m", "n"])(lambda key: {"ops": {}})
    assert named.get_partition_keys() == ["m", "n"]
    older = PartitionedConfig(LETTERS, run_config_for_partition_fn=lambda p: {"ops": {"v": p.name + p.value}})
    assert older.get_run_config_for_partition_key("x") == {"ops": {"v": "xx"}}
    with pytest.raises(
        InvalidDefinitionError, match="Must provide exactly one of run_config_for_partition_fn"
    ):
        PartitionedConfig(LETTERS)


def test_the_request_of_a_partition() -> None:
    declared = define_asset_job("j", [daily], config=by_day)
    for one in (declared, job(config=by_day)):
        request = one.run_request_for_partition("2024-01-02", run_key="key", tags={"mine": "1"})
        assert (request.partition_key, request.run_key, request.job_name) == ("2024-01-02", "key", "j")
        assert request.run_config == says("01/02")
        assert request.tags == {
            "start": "2024-01-02T00:00:00+00:00",
            "dagster/partition": "2024-01-02",
            "dagster/partition_set": "j_partition_set",
            "mine": "1",
        }
        assert one.run_request_for_partition("2024-01-02", run_config=says("x")).run_config == says("x")
        with pytest.raises(UnknownPartitionError, match="2026-01-02"):
            one.run_request_for_partition("2026-01-02", current_time=datetime(2024, 1, 5))


def test_jobs_of_ops_have_partitions_too() -> None:
    @op
    def where(context: Any) -> str:
        return str(context.partition_key)

    @op
    def load(context: Any, config: Word, where: str) -> tuple[str, str, str]:
        return where, config.text, context.partition_time_window.start.isoformat()[:10]

    @daily_partitioned_config("2024-01-01")
    def by_start(start: datetime, end: datetime) -> dict[str, Any]:
        return {"ops": {"load": {"config": {"text": start.strftime("%d.%m.")}}}}

    @op_job(config=by_start)
    def loading() -> None:
        load(where())

    assert loading.partitions_def == by_start.partitions_def
    result = loading.execute_in_process(partition_key="2024-01-03")
    assert result.output_for_node("load") == ("2024-01-03", "03.01.", "2024-01-03")

    @op_job(partitions_def=LETTERS)
    def lettered() -> None:
        where()

    assert lettered.execute_in_process(partition_key="x").output_for_node("where") == "x"
    with pytest.raises(UnknownPartitionError, match="one of x, y"):
        lettered.execute_in_process(partition_key="z")
