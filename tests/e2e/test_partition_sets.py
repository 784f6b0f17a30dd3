"""api.md 1.7 and 1.6: runs of one partition and of many, what is read by each mapping, and what contexts tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tidemill import (
    AllPartitionMapping,
    AssetCheckResult,
    AssetDep,
    AssetIn,
    DagsterInstance,
    DailyPartitionsDefinition,
    DynamicPartitionsDefinition,
    FilesystemIOManager,
    InMemoryIOManager,
    InvalidDefinitionError,
    InvariantViolationError,
    IOManager,
    LastPartitionMapping,
    MaterializeResult,
    MultiPartitionKey,
    MultiPartitionsDefinition,
    PartitionKeyRange,
    SpecificPartitionsPartitionMapping,
    StaticPartitionsDefinition,
    TimeWindowPartitionMapping,
    UnknownPartitionError,
    ValueNotStoredError,
    WeeklyPartitionsDefinition,
    asset,
    asset_check,
    build_asset_context,
    materialize,
    materialize_to_memory,
)

DAYS = DailyPartitionsDefinition("2024-01-01", end_date="2024-01-06")
ONE, TWO, THREE = "2024-01-01", "2024-01-02", "2024-01-03"
RANGE_TAGS = {
    "dagster/asset_partition_range_start": ONE,
    "dagster/asset_partition_range_end": THREE,
}


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as opened:
        yield opened


@asset(partitions_def=DAYS)
def number(context: Any) -> int:
    return int(context.partition_key[-2:])


def made(result: Any) -> list[str | None]:
    return [event.partition for event in result.get_asset_materialization_events()]


def filled(instance: DagsterInstance, *keys: str) -> None:
    for key in keys:
        materialize([number], partition_key=key, instance=instance)


# One run over several partitions


def test_a_range_by_tags_is_one_run_that_records_each_partition() -> None:
    seen: dict[str, Any] = {}

    @asset(partitions_def=DAYS)
    def table(context: Any) -> None:
        seen["keys"] = context.partition_keys
        seen["range"] = context.partition_key_range
        seen["window"] = context.partition_time_window
        seen["has"] = (context.has_partition_key, context.has_partition_key_range)
        seen["for_output"] = (
            context.asset_partition_keys_for_output(),
            context.asset_partition_key_range_for_output(),
            context.asset_partitions_time_window_for_output(),
            context.asset_partitions_def_for_output(),
        )
        with pytest.raises(
            InvariantViolationError, match="a partitioned run with a range of partitions"
        ) as caught:
            _ = context.partition_key
        assert "tidemill backfill" in str(caught.value)

    result = materialize([table], tags=RANGE_TAGS)
    assert made(result) == [ONE, TWO, THREE]
    assert result.dagster_run.tags == RANGE_TAGS
    assert seen["keys"] == [ONE, TWO, THREE]
    assert seen["range"] == PartitionKeyRange(ONE, THREE)
    assert [moment.isoformat()[:10] for moment in seen["window"]] == [ONE, "2024-01-04"]
    assert seen["has"] == (False, True)
    assert seen["for_output"] == (seen["keys"], seen["range"], seen["window"], DAYS)


def test_partitions_that_do_not_follow_one_another_are_one_run_too() -> None:
    @asset(partitions_def=DAYS)
    def table(context: Any) -> MaterializeResult[Any]:
        return MaterializeResult(metadata={"count": len(context.partition_keys)})

    result = materialize([table], partition_key=[THREE, ONE])
    assert made(result) == [ONE, THREE]
    assert made(materialize([table], partition_key=PartitionKeyRange(TWO, THREE))) == [TWO, THREE]
    assert made(materialize([table], partition_key=[ONE, f"{THREE}..."])) == [
        ONE,
        THREE,
        "2024-01-04",
        "2024-01-05",
    ]


def test_values_of_several_partitions_are_a_dict_by_key(instance: DagsterInstance) -> None:
    @asset(partitions_def=DAYS)
    def doubled(context: Any, number: Any) -> int:
        return {key: 2 * value for key, value in number.items()}  # type: ignore[return-value]

    filled(instance, ONE, TWO)
    result = materialize(
        [number, doubled], selection=[doubled], partition_key=f"{ONE}...{TWO}", instance=instance
    )
    assert made(result) == [ONE, TWO]
    assert result.asset_value("doubled") == {ONE: 2, TWO: 4}
    assert instance.load_asset_value("doubled", partition_key=TWO) == 4
    version = instance.get_version("doubled", partition_key=TWO)
    assert [ref.partition for ref in version.inputs] == [TWO]


@pytest.mark.parametrize("make", [InMemoryIOManager, FilesystemIOManager])
def test_managers_of_ours_take_a_dict_too(make: Any, tmp_path: Path) -> None:
    manager = make() if make is InMemoryIOManager else make(str(tmp_path))

    @asset(partitions_def=DAYS)
    def table(context: Any) -> int:
        return {key: int(key[-1]) for key in context.partition_keys}  # type: ignore[return-value]

    @asset(ins={"table": AssetIn(partition_mapping=SpecificPartitionsPartitionMapping([TWO, THREE]))})
    def after(table: Any) -> Any:
        return table

    resources = {"io_manager": manager}
    materialize([table], tags=RANGE_TAGS, resources=resources)
    result = materialize([table, after], selection=[after], resources=resources)
    assert result.asset_value("after") == {TWO: 2, THREE: 3}

    @asset(partitions_def=DAYS)
    def single() -> int:
        return 5

    with pytest.raises(InvariantViolationError, match="does not say which is which"):
        materialize([single], tags=RANGE_TAGS, resources=resources)


def test_one_value_for_several_partitions_is_refused() -> None:
    @asset(partitions_def=DAYS)
    def table() -> int:
        return 5

    with pytest.raises(
        InvariantViolationError, match="persisting an output associated with multiple partitions"
    ):
        materialize([table], tags=RANGE_TAGS)
    assert materialize_to_memory([table], tags=RANGE_TAGS).output_for_node("table") == {
        ONE: 5,
        TWO: 5,
        THREE: 5,
    }


def test_no_value_for_several_partitions(instance: DagsterInstance) -> None:
    @asset(partitions_def=DAYS)
    def nothing(): ...  # type: ignore[no-untyped-def]

    assert made(materialize([nothing], tags=RANGE_TAGS, instance=instance)) == [ONE, TWO, THREE]
    assert instance.load_asset_value("nothing", partition_key=TWO) is None
    assert instance.get_materialized_partitions(nothing.key) == {ONE, TWO, THREE}


def test_metadata_of_one_of_several_partitions(instance: DagsterInstance) -> None:
    @asset(partitions_def=DAYS)
    def table(context: Any) -> None:
        context.add_output_metadata({"all": 1})
        context.add_asset_metadata({"own": 2}, partition_key=TWO)

    materialize([table], tags=RANGE_TAGS, instance=instance)
    assert set(instance.get_version("table", partition_key=ONE).metadata) == {"all"}
    assert set(instance.get_version("table", partition_key=TWO).metadata) == {"all", "own"}


def test_a_manager_is_told_all_partitions_at_once() -> None:
    told: list[Any] = []

    class Recorder(IOManager):
        def handle_output(self, context: Any, obj: Any) -> None:
            told.append((obj, context.asset_partition_keys, context.asset_partition_key_range))
            told.append(context.has_partition_key)

        def load_input(self, context: Any) -> Any:
            return dict.fromkeys(context.asset_partition_keys, 1)

    @asset(partitions_def=DAYS)
    def five() -> int:
        return 5

    @asset(partitions_def=DAYS)
    def after(five: Any) -> None:
        told.append(five)

    result = materialize([five, after], tags=RANGE_TAGS, resources={"io_manager": Recorder()})
    keys = [ONE, TWO, THREE]
    assert told == [(5, keys, PartitionKeyRange(ONE, THREE)), False, dict.fromkeys(keys, 1)]
    assert made(result) == keys * 2


def test_unknown_partitions_are_refused_before_anything_runs() -> None:
    with pytest.raises(UnknownPartitionError, match="Could not find a partition with key '2025-01-01'"):
        materialize([number], partition_key="2025-01-01")
    with pytest.raises(UnknownPartitionError, match="2025-01-01"):
        materialize([number], tags={**RANGE_TAGS, "dagster/asset_partition_range_end": "2025-01-01"})
    with pytest.raises(UnknownPartitionError, match="ends before it starts"):
        materialize([number], partition_key=f"{TWO}...{ONE}")


def test_assets_that_are_partitioned_differently_are_no_one_run() -> None:
    @asset(partitions_def=StaticPartitionsDefinition([ONE]))
    def other() -> int:
        return 1

    with pytest.raises(InvalidDefinitionError, match="'number' and 'other' are partitioned differently"):
        materialize([number, other], partition_key=ONE)


# Tags, and keys in two dimensions


def test_the_tags_of_a_run_of_one_partition() -> None:
    result = materialize([number], partition_key=TWO)
    assert result.dagster_run.tags == {
        "dagster/partition": TWO,
        "dagster/partition_set": "__ephemeral_asset_job___partition_set",
    }
    assert made(materialize([number], tags={"dagster/partition": TWO})) == [TWO]


def test_a_key_in_two_dimensions() -> None:
    grid = MultiPartitionsDefinition({"x": StaticPartitionsDefinition(["a", "b"]), "day": DAYS})
    seen: list[Any] = []

    @asset(partitions_def=grid)
    def cell(context: Any) -> str:
        seen.append((context.partition_key, context.multi_partition_key.keys_by_dimension))
        seen.append(context.partition_time_window.start.isoformat()[:10])
        return str(context.partition_key)

    @asset(partitions_def=StaticPartitionsDefinition(["a", "b"]))
    def column(cell: Any) -> int:
        return len(cell)

    key = MultiPartitionKey({"x": "a", "day": ONE})
    with DagsterInstance.ephemeral() as instance:
        result = materialize([cell], partition_key=key, instance=instance)
        assert seen == [(key, {"x": "a", "day": ONE}), ONE]
        assert result.dagster_run.tags["dagster/partition/x"] == "a"
        for day in DAYS.get_partition_keys()[1:]:
            materialize([cell], partition_key=f"{day}|a", instance=instance)
        found = materialize([cell, column], selection=[column], partition_key="a", instance=instance)
        assert found.asset_value("column") == 5


# What is read


def read(instance: DagsterInstance, mapping: Any, key: str | None, **more: Any) -> Any:
    @asset(
        partitions_def=DAYS if key is not None else None,
        ins={"number": AssetIn(partition_mapping=mapping, **more)},
    )
    def reader(context: Any, number: Any) -> Any:
        return context.asset_partition_keys_for_input("number"), number

    result = materialize([number, reader], selection=[reader], partition_key=key, instance=instance)
    return result.asset_value("reader")


@pytest.mark.parametrize(
    ("mapping", "key", "keys", "value"),
    [
        (TimeWindowPartitionMapping(-1, -1), TWO, [ONE], 1),
        (TimeWindowPartitionMapping(-1, -1), ONE, [], None),
        (TimeWindowPartitionMapping(-1, 0), TWO, [ONE, TWO], {ONE: 1, TWO: 2}),
        (TimeWindowPartitionMapping(-1, 0), ONE, [ONE], 1),
        (SpecificPartitionsPartitionMapping([TWO]), ONE, [TWO], 2),
        (LastPartitionMapping(), None, ["2024-01-05"], 5),
        (None, THREE, [THREE], 3),
        (
            AllPartitionMapping(),
            ONE,
            [ONE, TWO, THREE, "2024-01-04", "2024-01-05"],
            {ONE: 1, TWO: 2, THREE: 3, "2024-01-04": 4, "2024-01-05": 5},
        ),
    ],
)
def test_an_input_by_each_mapping(
    instance: DagsterInstance, mapping: Any, key: str | None, keys: list[str], value: Any
) -> None:
    filled(instance, *DAYS.get_partition_keys())
    assert read(instance, mapping, key) == (keys, value)


def test_missing_partitions(instance: DagsterInstance) -> None:
    filled(instance, ONE, THREE)
    found = read(instance, None, None, metadata={"allow_missing_partitions": True})
    assert found[1] == {ONE: 1, THREE: 3}
    with pytest.raises(ValueNotStoredError, match=TWO):
        read(instance, None, None)


def test_partitions_that_cannot_exist_are_refused() -> None:
    @asset(partitions_def=WeeklyPartitionsDefinition("2023-12-31", end_date="2024-01-07"))
    def week(number: Any) -> int:
        return len(number)

    with pytest.raises(InvariantViolationError, match="depends on invalid partitions in upstream asset"):
        materialize([number, week], selection=[week], partition_key="2023-12-31")


def test_an_asset_made_from_its_own_partition_before(instance: DagsterInstance) -> None:
    before = TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)

    @asset(partitions_def=DAYS, ins={"total": AssetIn(partition_mapping=before)})
    def total(total: int | None) -> int:
        return (total or 0) + 1

    for key, expected in [(ONE, 1), (TWO, 2), (THREE, 3)]:
        assert materialize([total], partition_key=key, instance=instance).asset_value("total") == expected


def test_a_dependency_without_a_value(instance: DagsterInstance) -> None:
    before = TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)

    @asset(partitions_def=DAYS, deps=[AssetDep(number, partition_mapping=before)])
    def after(context: Any) -> list[str]:
        return context.asset_partition_keys_for_input("number")  # type: ignore[no-any-return]

    filled(instance, ONE, TWO)
    result = materialize([number, after], selection=[after], partition_key=TWO, instance=instance)
    assert result.asset_value("after") == [ONE]


def test_one_partition_by_key_where_the_parameter_says_so(instance: DagsterInstance) -> None:
    alone = StaticPartitionsDefinition(["a"])

    @asset(partitions_def=alone)
    def one() -> int:
        return 1

    @asset
    def plain(one: Any) -> Any:
        return one

    @asset
    def by_key(one: dict[str, int]) -> Any:
        return one

    materialize([one], partition_key="a", instance=instance)
    result = materialize([one, plain, by_key], selection=[plain, by_key], instance=instance)
    assert (result.asset_value("plain"), result.asset_value("by_key")) == (1, {"a": 1})


# Checks


def test_a_check_judges_each_partition_of_a_run(instance: DagsterInstance) -> None:
    seen: list[Any] = []

    @asset(partitions_def=DAYS)
    def table(context: Any) -> int:
        return dict.fromkeys(context.partition_keys, 1)  # type: ignore[return-value]

    @asset_check(asset=table, partitions_def=DAYS)
    def positive(context: Any, table: Any) -> AssetCheckResult:
        seen.append((context.partition_keys, table))
        return AssetCheckResult(passed=True)

    materialize([table, positive], partition_key=[ONE, TWO], instance=instance)
    assert seen == [([ONE, TWO], {ONE: 1, TWO: 1})]
    checks = instance.home.store.checks(asset=table.key, ascending=True)
    assert [stored.check.partition for stored in checks] == [ONE, TWO]
    versions = [instance.get_version("table", partition_key=key).id for key in (ONE, TWO)]
    assert [stored.check.version_id for stored in checks] == versions


# Dynamic partitions


def test_dynamic_partitions(instance: DagsterInstance) -> None:
    people = DynamicPartitionsDefinition(name="people")

    @asset(partitions_def=people)
    def profile(context: Any) -> str:
        context.instance.add_dynamic_partitions("people", ["eve"])
        return f"profile of {context.partition_key}"

    with pytest.raises(UnknownPartitionError, match="Could not find a partition with key 'ada'"):
        materialize([profile], partition_key="ada", instance=instance)
    instance.add_dynamic_partitions("people", ["bob", "ada", "bob"])
    instance.add_dynamic_partitions("people", ["ada"])
    assert instance.get_dynamic_partitions("people") == ["bob", "ada"]
    assert people.get_partition_keys(dynamic_partitions_store=instance) == ["bob", "ada"]
    result = materialize([profile], partition_key="ada", instance=instance)
    assert result.asset_value("profile") == "profile of ada"
    assert instance.get_dynamic_partitions("people") == ["bob", "ada", "eve"]
    instance.delete_dynamic_partition("people", "bob")
    instance.delete_dynamic_partition("people", "nobody")
    assert instance.get_dynamic_partitions("people") == ["ada", "eve"]
    assert not instance.has_dynamic_partition("people", "bob")
    with pytest.raises(InvalidDefinitionError, match="a list of strings"):
        instance.add_dynamic_partitions("people", "abc")


# Contexts for tests


def test_a_context_for_a_range() -> None:
    @asset(partitions_def=DAYS)
    def table(context: Any) -> Any:
        return context.partition_keys, context.partition_time_window.end.isoformat()[:10]

    context = build_asset_context(partition_key_range=PartitionKeyRange(ONE, THREE))
    assert table(context) == ([ONE, TWO, THREE], "2024-01-04")
    single = build_asset_context(partition_key=ONE)
    assert table(single) == ([ONE], TWO)


def test_a_mapping_that_does_not_fit_is_found_with_the_definitions() -> None:
    @asset(
        partitions_def=StaticPartitionsDefinition(["a"]),
        ins={"number": AssetIn(partition_mapping=TimeWindowPartitionMapping())},
    )
    def fixed(number: Any) -> int:
        return 1

    with pytest.raises(
        InvalidDefinitionError, match="'number' of 'fixed' has a partition mapping that does not fit"
    ):
        materialize([number, fixed], selection=[fixed], partition_key="a")
