"""Runs of one partition: what is made, read and refused; static keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidemill import (
    AssetKey,
    DagsterInstance,
    SourceAsset,
    StaticPartitionsDefinition,
    asset,
    asset_check,
    materialize,
    materialize_to_memory,
)
from tidemill.core.errors import (
    InvalidDefinitionError,
    InvariantViolationError,
    UnknownPartitionError,
    ValueNotStoredError,
)

REGIONS = StaticPartitionsDefinition(["eu", "us", "asia"])
RUNS = pytest.mark.parametrize("run", [materialize, materialize_to_memory])


@asset(partitions_def=REGIONS)
def sales(context) -> str:
    return f"sales of {context.partition_key}"


@asset(partitions_def=REGIONS)
def report(sales: str) -> str:
    return f"report on {sales}"


@asset
def total(sales: dict[str, str]) -> list[str]:
    return sorted(sales)


@asset
def rate() -> float:
    return 2.0


@RUNS
def test_a_partition_is_made_and_read(run) -> None:
    result = run([sales, report], partition_key="eu")
    assert result.asset_value("report") == "report on sales of eu"
    events = result.get_asset_materialization_events()
    assert [(event.asset_key.to_user_string(), event.partition) for event in events] == [
        ("sales", "eu"),
        ("report", "eu"),
    ]
    assert result.dagster_run.tags["dagster/partition"] == "eu"
    assert {event.partition for event in result.get_asset_materialization_planned_events()} == {"eu"}


def test_an_asset_without_partitions_beside_ones_that_have_them() -> None:
    @asset(partitions_def=REGIONS)
    def priced(rate: float, sales: str) -> str:
        return f"{sales} times {rate}"

    result = materialize([rate, sales, priced], partition_key="us")
    assert result.asset_value("priced") == "sales of us times 2.0"
    made = {
        event.asset_key.to_user_string(): event.partition
        for event in result.get_asset_materialization_events()
    }
    assert made == {"rate": None, "sales": "us", "priced": "us"}


def test_versions_count_for_each_partition(tmp_path: Path) -> None:
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        for key in ("eu", "us", "eu"):
            materialize([sales], instance=instance, partition_key=key)
        numbers = [(version.partition, version.number) for version in instance.get_versions("sales")]
        assert numbers == [("eu", 2), ("us", 1), ("eu", 1)]
        assert instance.get_materialized_partitions(AssetKey("sales")) == {"eu", "us"}
        assert instance.load_asset_value("sales", partition_key="us") == "sales of us"
        assert instance.load_asset_value("sales[eu]@1") == "sales of eu"
        for address in ("sales", "sales[asia]", "sales[us]@2"):
            with pytest.raises(ValueNotStoredError):
                instance.load_asset_value(address)


def test_the_other_partition_is_not_read(tmp_path: Path) -> None:
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        materialize([sales], instance=instance, partition_key="eu")
        with pytest.raises(ValueNotStoredError) as caught:
            materialize([sales, report], instance=instance, partition_key="us", selection="report")
        assert caught.value.subject == "sales[us]"
        result = materialize([sales, report], instance=instance, partition_key="eu", selection="report")
        assert result.asset_value("report") == "report on sales of eu"


def test_all_partitions_together_are_a_dict(tmp_path: Path) -> None:
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        for key in REGIONS.get_partition_keys():
            materialize([sales], instance=instance, partition_key=key)
        result = materialize([sales, total], instance=instance, selection="total")
        assert result.asset_value("total") == ["asia", "eu", "us"]
        tags = result.get_asset_materialization_events()[0].materialization.tags
    assert "dagster/input_data_version/sales" in tags


def test_a_missing_one_of_all_partitions(tmp_path: Path) -> None:
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        materialize([sales], instance=instance, partition_key="eu")
        with pytest.raises(ValueNotStoredError) as caught:
            materialize([sales, total], instance=instance, selection="total")
    assert caught.value.subject in ("sales[us]", "sales[asia]")


def test_partitions_of_a_source(tmp_path: Path) -> None:
    source = SourceAsset("sales", partitions_def=REGIONS)
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        materialize([sales], instance=instance, partition_key="eu")
        result = materialize([source, report], instance=instance, partition_key="eu")
    assert result.asset_value("report") == "report on sales of eu"


def test_an_unknown_partition() -> None:
    with pytest.raises(UnknownPartitionError, match="Could not find a partition with key 'eur'") as caught:
        materialize([sales], partition_key="eur")
    assert caught.value.found == "eur"
    assert caught.value.expected == "one of eu, us, asia"
    assert "eu" in caught.value.next_step


def test_no_partition_where_one_is_asked_for() -> None:
    with pytest.raises(
        InvariantViolationError, match="Cannot access partition_key for a non-partitioned run"
    ) as caught:
        materialize([sales])
    assert "partition_key" in caught.value.next_step


def test_no_partition_where_nothing_asks_for_one() -> None:
    @asset(partitions_def=REGIONS)
    def silent() -> int:
        return 1

    result = materialize([silent])  # as programs have it: only what asks for the partition fails
    assert [event.partition for event in result.get_asset_materialization_events()] == [None]
    with pytest.raises(InvariantViolationError, match="Cannot access partition_key"):
        materialize([sales, report], selection=[report])


def test_a_partition_of_a_run_without_any() -> None:
    result = materialize([rate], partition_key="eu")
    assert result.success
    assert result.get_asset_materialization_events()[0].partition is None


def test_two_definitions_in_one_chain() -> None:
    @asset(partitions_def=StaticPartitionsDefinition(["eu", "us"]))
    def elsewhere(sales: str) -> str:
        return sales

    with pytest.raises(InvalidDefinitionError) as caught:
        materialize([sales, elsewhere], partition_key="eu")
    assert caught.value.subject == "elsewhere"


def test_the_context_of_a_partition() -> None:
    seen = {}

    @asset(partitions_def=REGIONS)
    def looked(context, sales: str) -> None:
        seen["key"] = (context.has_partition_key, context.partition_key, context.partition_keys)
        seen["output"] = (
            context.asset_partition_key_for_output(),
            context.asset_partition_keys_for_output("result"),
        )
        seen["input"] = (
            context.asset_partition_key_for_input("sales"),
            context.asset_partition_keys_for_input("sales"),
        )

    materialize([sales, looked], partition_key="us")
    assert seen == {
        "key": (True, "us", ["us"]),
        "output": ("us", ["us"]),
        "input": ("us", ["us"]),
    }


def test_a_check_of_a_partition(tmp_path: Path) -> None:
    @asset_check(asset=sales)
    def known(context, sales: str) -> bool:
        return sales == "sales of us"

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        result = materialize([sales, known], instance=instance, partition_key="us")
        (stored,) = instance.home.store.checks(asset=AssetKey("sales"))
    (evaluation,) = result.get_asset_check_evaluations()
    assert evaluation.passed
    assert stored.check.partition == "us"
    assert stored.check.version_id is not None
