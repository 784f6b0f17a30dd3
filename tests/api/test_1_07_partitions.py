"""Section 1.7: how assets are cut, and what their partitions are made from."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tidemill import (
    AddDynamicPartitionsRequest,
    AllPartitionMapping,
    AssetDep,
    AssetIn,
    BackfillPolicy,
    DagsterInstance,
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterInvariantViolationError,
    DagsterUnknownPartitionError,
    DailyPartitionsDefinition,
    Definitions,
    DeleteDynamicPartitionsRequest,
    DimensionPartitionMapping,
    DynamicPartitionsDefinition,
    HourlyPartitionsDefinition,
    IdentityPartitionMapping,
    InMemoryIOManager,
    LastPartitionMapping,
    MonthlyPartitionsDefinition,
    MultiPartitionKey,
    MultiPartitionMapping,
    MultiPartitionsDefinition,
    MultiToSingleDimensionPartitionMapping,
    PartitionKeyRange,
    SpecificPartitionsPartitionMapping,
    StaticPartitionMapping,
    StaticPartitionsDefinition,
    TimeWindow,
    TimeWindowPartitionMapping,
    TimeWindowPartitionsDefinition,
    WeeklyPartitionsDefinition,
    asset,
    define_asset_job,
    materialize,
)

UTC = timezone.utc  # noqa: UP017
NOW = datetime(2024, 1, 5, 12, 30, tzinfo=UTC)
DAYS = DailyPartitionsDefinition("2024-01-01")
LETTERS = StaticPartitionsDefinition(["x", "y", "z"])


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2024, 1, number, hour, tzinfo=UTC)


# --- time windows -----------------------------------------------------------------------------------------------------


def test_DailyPartitionsDefinition_keys_are_complete_days() -> None:
    assert DAYS.get_partition_keys(current_time=NOW) == [
        "2024-01-01",
        "2024-01-02",
        "2024-01-03",
        "2024-01-04",
    ]
    assert DAYS.get_first_partition_key(current_time=NOW) == "2024-01-01"
    assert DAYS.get_last_partition_key(current_time=NOW) == "2024-01-04"
    assert DAYS.get_num_partitions(current_time=NOW) == 4
    assert DAYS.has_partition_key("2024-01-02", current_time=NOW)
    assert not DAYS.has_partition_key("2024-01-05", current_time=NOW)
    assert not DAYS.has_partition_key("2023-12-31", current_time=NOW)


def test_DailyPartitionsDefinition_end_date_is_exclusive_and_end_offset_moves_the_last() -> None:
    ended = DailyPartitionsDefinition("2024-01-01", "2024-01-03")
    assert ended.get_partition_keys(current_time=NOW) == ["2024-01-01", "2024-01-02"]
    ahead = DailyPartitionsDefinition("2024-01-01", end_offset=1)
    assert ahead.get_last_partition_key(current_time=NOW) == "2024-01-05"
    behind = DailyPartitionsDefinition("2024-01-01", end_offset=-1)
    assert behind.get_last_partition_key(current_time=NOW) == "2024-01-03"


def test_DailyPartitionsDefinition_offsets_zone_and_format() -> None:
    late = DailyPartitionsDefinition(datetime(2024, 1, 1), hour_offset=5, minute_offset=30)
    window = late.time_window_for_partition_key("2024-01-02")
    assert window.start == datetime(2024, 1, 2, 5, 30, tzinfo=UTC)
    berlin = DailyPartitionsDefinition("2024-01-01", timezone="Europe/Berlin")
    assert berlin.time_window_for_partition_key("2024-01-02").start == day(1, 23)
    other = DailyPartitionsDefinition("2024/01/01", fmt="%Y/%m/%d")
    assert other.get_first_partition_key(current_time=NOW) == "2024/01/01"


def test_DailyPartitionsDefinition_windows_and_ranges() -> None:
    window = DAYS.time_window_for_partition_key("2024-01-02")
    assert window == TimeWindow(day(2), day(3))
    keys = DAYS.get_partition_keys_in_range(PartitionKeyRange("2024-01-02", "2024-01-04"))
    assert keys == ["2024-01-02", "2024-01-03", "2024-01-04"]
    found = DAYS.get_partition_key_range_for_time_window(TimeWindow(day(2), day(4)))
    assert found == PartitionKeyRange("2024-01-02", "2024-01-03")
    assert DAYS.get_cron_schedule() == "0 0 * * *"
    assert DAYS.get_next_partition_key("2024-01-02") == "2024-01-03"


def test_DailyPartitionsDefinition_exclusions() -> None:
    without = DailyPartitionsDefinition("2024-01-01", exclusions=[day(2)])
    assert without.get_partition_keys(current_time=NOW) == ["2024-01-01", "2024-01-03", "2024-01-04"]


def test_HourlyPartitionsDefinition_keys_and_format() -> None:
    hours = HourlyPartitionsDefinition("2024-01-05-10:00")
    assert hours.get_partition_keys(current_time=NOW) == ["2024-01-05-10:00", "2024-01-05-11:00"]
    assert hours.time_window_for_partition_key("2024-01-05-10:00") == TimeWindow(day(5, 10), day(5, 11))
    shifted = HourlyPartitionsDefinition("2024-01-05-10:00", minute_offset=15)
    assert shifted.get_first_partition_key(current_time=NOW) == "2024-01-05-10:15"
    assert hours.get_cron_schedule() == "0 * * * *"
    with pytest.raises(DagsterInvalidDefinitionError, match="hour_offset"):
        HourlyPartitionsDefinition("2024-01-05-10:00", hour_offset=1)  # type: ignore[call-arg]


def test_WeeklyPartitionsDefinition_begins_on_sundays() -> None:
    weeks = WeeklyPartitionsDefinition("2024-01-01")
    later = datetime(2024, 1, 25, tzinfo=UTC)
    assert weeks.get_partition_keys(current_time=later) == ["2024-01-07", "2024-01-14"]
    mondays = WeeklyPartitionsDefinition("2024-01-01", day_offset=1)
    assert mondays.get_first_partition_key(current_time=later) == "2024-01-01"
    assert weeks.get_cron_schedule() == "0 0 * * 0"


def test_MonthlyPartitionsDefinition_begins_on_the_first() -> None:
    months = MonthlyPartitionsDefinition("2024-01-01")
    later = datetime(2024, 3, 15, tzinfo=UTC)
    assert months.get_partition_keys(current_time=later) == ["2024-01-01", "2024-02-01"]
    fifth = MonthlyPartitionsDefinition("2024-01-01", day_offset=5)
    assert fifth.get_first_partition_key(current_time=later) == "2024-01-05"
    assert months.get_cron_schedule() == "0 0 1 * *"


def test_TimeWindowPartitionsDefinition_of_a_cron_schedule() -> None:
    halves = TimeWindowPartitionsDefinition(
        start="2024-01-01-00", fmt="%Y-%m-%d-%H", cron_schedule="0 */12 * * *"
    )
    keys = halves.get_partition_keys(current_time=day(2, 13))
    assert keys == ["2024-01-01-00", "2024-01-01-12", "2024-01-02-00"]
    assert halves.time_window_for_partition_key("2024-01-01-12") == TimeWindow(day(1, 12), day(2))
    assert halves.get_cron_schedule() == "0 */12 * * *"


def test_TimeWindowPartitionsDefinition_other_arguments() -> None:
    ended = TimeWindowPartitionsDefinition(
        start=day(1), fmt="%Y-%m-%d", end=day(3), timezone="UTC", cron_schedule="0 0 * * *", end_offset=0
    )
    assert ended.get_partition_keys(current_time=NOW) == ["2024-01-01", "2024-01-02"]
    assert ended.get_num_partitions() == 2


def test_TimeWindow_has_aware_ends() -> None:
    window = DAYS.time_window_for_partition_key("2024-01-02")
    assert window.start.tzinfo is not None
    assert window.end - window.start == timedelta(days=1)
    assert TimeWindow(start=day(1), end=day(2)) == TimeWindow(day(1), day(2))


def test_PartitionKeyRange_has_a_start_and_an_end() -> None:
    keys = PartitionKeyRange("x", "z")
    assert (keys.start, keys.end) == ("x", "z")
    assert LETTERS.get_partition_keys_in_range(keys) == ["x", "y", "z"]


# --- keys of other kinds ----------------------------------------------------------------------------------------------


def test_StaticPartitionsDefinition_keys_in_their_order() -> None:
    assert LETTERS.get_partition_keys() == ["x", "y", "z"]
    assert (LETTERS.get_first_partition_key(), LETTERS.get_last_partition_key()) == ("x", "z")
    assert (LETTERS.get_num_partitions(), LETTERS.has_partition_key("y"), LETTERS.has_partition_key("q")) == (
        3,
        True,
        False,
    )
    assert StaticPartitionsDefinition(["x"]) == StaticPartitionsDefinition(["x"])


def test_DynamicPartitionsDefinition_keys_are_those_of_the_store() -> None:
    names = DynamicPartitionsDefinition(name="names")
    with DagsterInstance.ephemeral() as instance:
        assert names.get_partition_keys(dynamic_partitions_store=instance) == []
        instance.add_dynamic_partitions("names", ["b", "a"])
        assert names.get_partition_keys(dynamic_partitions_store=instance) == ["b", "a"]
        assert names.has_partition_key("a", dynamic_partitions_store=instance)


def test_DynamicPartitionsDefinition_requests() -> None:
    names = DynamicPartitionsDefinition(name="names")
    assert names.build_add_request(["a"]) == AddDynamicPartitionsRequest("names", ["a"])
    assert names.build_delete_request(["a"]) == DeleteDynamicPartitionsRequest("names", ["a"])


def test_DynamicPartitionsDefinition_of_a_function() -> None:
    computed = DynamicPartitionsDefinition(lambda current_time: ["a", "b"])
    assert computed.get_partition_keys() == ["a", "b"]


def test_MultiPartitionsDefinition_has_two_dimensions_in_the_order_of_their_names() -> None:
    grid = MultiPartitionsDefinition(
        {"d": StaticPartitionsDefinition(["1"]), "c": StaticPartitionsDefinition(["a", "b"])}
    )
    assert grid.get_partition_keys() == ["a|1", "b|1"]
    assert grid.has_partition_key(MultiPartitionKey({"d": "1", "c": "b"}))
    assert grid.get_num_partitions() == 2
    for wrong in ({"one": LETTERS}, {"a": LETTERS, "b": LETTERS, "c": LETTERS}):
        with pytest.raises(DagsterInvalidInvocationError):
            MultiPartitionsDefinition(wrong)


def test_MultiPartitionKey_is_a_text() -> None:
    key = MultiPartitionKey({"d": "1", "c": "a"})
    assert key == "a|1"
    assert isinstance(key, str)
    assert key.keys_by_dimension == {"c": "a", "d": "1"}


# --- mappings ---------------------------------------------------------------------------------------------------------


def needed(upstream: Any, downstream: Any, mapping: Any, key: str) -> list[str]:
    """The partitions of `up` that one partition of `below` is made from."""
    seen: list[str] = []

    @asset(partitions_def=upstream)
    def up() -> int:
        return 1

    @asset(partitions_def=downstream, ins={"up": AssetIn(partition_mapping=mapping)})
    def below(context: Any, up: Any) -> None:
        seen.extend(context.asset_partition_keys_for_input("up"))

    class Anything(InMemoryIOManager):
        def load_input(self, context: Any) -> Any:
            return None

    resources = {"io_manager": Anything()}
    with DagsterInstance.ephemeral() as instance:
        how: dict[str, Any] = {} if downstream is None else {"partition_key": key}
        materialize([up, below], instance=instance, selection=[below], resources=resources, **how)
    return seen


NUMBERS = StaticPartitionsDefinition(["1", "2", "3"])


def test_IdentityPartitionMapping_is_the_same_key_and_the_default_of_the_same_definition() -> None:
    assert needed(LETTERS, LETTERS, IdentityPartitionMapping(), "y") == ["y"]
    assert needed(LETTERS, LETTERS, None, "y") == ["y"]


def test_AllPartitionMapping_is_all_keys() -> None:
    assert needed(LETTERS, NUMBERS, AllPartitionMapping(), "1") == ["x", "y", "z"]


def test_LastPartitionMapping_is_the_last_key() -> None:
    assert needed(LETTERS, NUMBERS, LastPartitionMapping(), "1") == ["z"]


def test_StaticPartitionMapping_is_written_out() -> None:
    mapping = StaticPartitionMapping({"x": "1", "y": {"1", "2"}, "z": "3"})
    assert sorted(needed(LETTERS, NUMBERS, mapping, "1")) == ["x", "y"]
    by_name = StaticPartitionMapping(downstream_partition_keys_by_upstream_partition_key={"x": "3"})
    assert needed(LETTERS, NUMBERS, by_name, "3") == ["x"]


def test_SpecificPartitionsPartitionMapping_is_those_keys() -> None:
    assert needed(LETTERS, NUMBERS, SpecificPartitionsPartitionMapping(["y", "z"]), "1") == ["y", "z"]


def test_TimeWindowPartitionMapping_is_the_overlapping_windows_moved_by_offsets() -> None:
    hours = HourlyPartitionsDefinition("2024-01-01-00:00")
    assert len(needed(hours, DAYS, None, "2024-01-02")) == 24
    assert needed(DAYS, hours, TimeWindowPartitionMapping(), "2024-01-02-07:00") == ["2024-01-02"]
    lagged = TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)
    assert needed(DAYS, DAYS, lagged, "2024-01-03") == ["2024-01-02"]
    assert needed(DAYS, DAYS, TimeWindowPartitionMapping(start_offset=-2), "2024-01-03") == [
        "2024-01-01",
        "2024-01-02",
        "2024-01-03",
    ]


def test_TimeWindowPartitionMapping_before_the_upstream_start() -> None:
    late = DailyPartitionsDefinition("2024-01-03")
    with pytest.raises(DagsterInvariantViolationError, match="depends on invalid partitions"):
        needed(late, DAYS, TimeWindowPartitionMapping(), "2024-01-02")
    allowed = TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)
    assert needed(late, DAYS, allowed, "2024-01-02") == []
    assert needed(late, DAYS, allowed, "2024-01-03") == ["2024-01-03"]


GRID = MultiPartitionsDefinition({"day": DAYS, "letter": LETTERS})


def test_MultiToSingleDimensionPartitionMapping_takes_one_dimension() -> None:
    mapping = MultiToSingleDimensionPartitionMapping("letter")
    assert needed(LETTERS, GRID, mapping, "2024-01-01|y") == ["y"]
    assert needed(LETTERS, GRID, MultiToSingleDimensionPartitionMapping(), "2024-01-01|y") == ["y"]
    small = MultiPartitionsDefinition({"letter": LETTERS, "number": NUMBERS})
    assert needed(small, LETTERS, mapping, "y") == ["y|1", "y|2", "y|3"]


def test_MultiPartitionMapping_maps_dimension_by_dimension() -> None:
    small = MultiPartitionsDefinition({"letter": LETTERS, "number": NUMBERS})
    other = MultiPartitionsDefinition({"alpha": LETTERS, "number": NUMBERS})
    mapping = MultiPartitionMapping(
        {
            "letter": DimensionPartitionMapping("alpha", IdentityPartitionMapping()),
            "number": DimensionPartitionMapping("number", SpecificPartitionsPartitionMapping(["3"])),
        }
    )
    assert needed(small, other, mapping, "y|1") == ["y|3"]


def test_DimensionPartitionMapping_has_a_dimension_and_a_mapping() -> None:
    mapping = DimensionPartitionMapping("d", IdentityPartitionMapping())
    assert (mapping.dimension_name, mapping.partition_mapping) == ("d", IdentityPartitionMapping())


def test_AllPartitionMapping_is_the_default_where_only_the_upstream_has_partitions() -> None:
    assert needed(LETTERS, None, None, "") == ["x", "y", "z"]


def test_IdentityPartitionMapping_is_no_default_where_only_the_downstream_has_partitions() -> None:
    @asset
    def up() -> int:
        return 7

    @asset(partitions_def=LETTERS)
    def below(up: int) -> int:
        return up

    assert materialize([up, below], partition_key="x").asset_value("below") == 7


def test_StaticPartitionsDefinition_different_ones_in_one_job_are_an_error() -> None:
    @asset(partitions_def=LETTERS)
    def one() -> None: ...

    @asset(partitions_def=NUMBERS)
    def other() -> None: ...

    with pytest.raises(DagsterInvalidDefinitionError):
        Definitions([one, other], jobs=[define_asset_job("j")]).get_job_def("j")


def test_StaticPartitionMapping_of_a_dep() -> None:
    @asset(partitions_def=LETTERS)
    def up() -> None: ...

    @asset(partitions_def=NUMBERS, deps=[AssetDep(up, partition_mapping=AllPartitionMapping())])
    def below() -> int:
        return 1

    assert materialize([below], partition_key="1").success


# --- runs and backfills -----------------------------------------------------------------------------------------------


def test_PartitionKeyRange_in_tags_runs_the_range() -> None:
    @asset(partitions_def=DAYS, backfill_policy=BackfillPolicy.single_run())
    def a(context: Any) -> None:
        seen.append((list(context.partition_keys), context.has_partition_key))

    seen: list[Any] = []
    tags = {
        "dagster/asset_partition_range_start": "2024-01-01",
        "dagster/asset_partition_range_end": "2024-01-03",
    }
    result = materialize([a], tags=tags)
    assert seen == [(["2024-01-01", "2024-01-02", "2024-01-03"], False)]
    assert sorted(e.partition for e in result.get_asset_materialization_events()) == seen[0][0]


def test_DailyPartitionsDefinition_the_tag_of_a_run() -> None:
    @asset(partitions_def=DAYS)
    def a() -> None: ...

    assert materialize([a], partition_key="2024-01-02").dagster_run.tags["dagster/partition"] == "2024-01-02"
    with pytest.raises(DagsterUnknownPartitionError):
        materialize([a], partition_key="2023-01-01")


def test_BackfillPolicy_single_run_and_multi_run() -> None:
    assert BackfillPolicy.single_run().max_partitions_per_run is None
    assert BackfillPolicy.multi_run().max_partitions_per_run == 1
    assert BackfillPolicy.multi_run(max_partitions_per_run=5).max_partitions_per_run == 5
    assert BackfillPolicy.multi_run(5) == BackfillPolicy.multi_run(max_partitions_per_run=5)
