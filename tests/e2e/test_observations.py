"""Assets that are made elsewhere and observed here (api.md 1.1, 1.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tidemill import (
    AssetKey,
    AssetObservation,
    AssetSpec,
    ConfigurableResource,
    DagsterInstance,
    DataVersion,
    DataVersionsByPartition,
    Definitions,
    InvalidDefinitionError,
    InvalidObservationError,
    IOManager,
    ObserveResult,
    SourceAsset,
    StaticPartitionsDefinition,
    StepOutputNotFoundError,
    asset,
    asset_check,
    build_asset_context,
    define_asset_job,
    materialize,
    multi_observable_source_asset,
    observable_source_asset,
    observe,
    refresh,
)

DATA_VERSION = "dagster/data_version"


@observable_source_asset
def src() -> DataVersion:
    return DataVersion("5")


@asset(deps=[src])
def made() -> int:
    return 1


def versions_seen(result: Any) -> dict[Any, str | None]:
    events = result.get_asset_observation_events()
    told = [event.event_specific_data.asset_observation for event in events]
    return {one.partition or one.asset_key.to_user_string(): one.tags.get(DATA_VERSION) for one in told}


def test_observe_records_the_data_version() -> None:
    with DagsterInstance.ephemeral() as instance:
        result = observe([src, made], instance=instance)
        assert versions_seen(result) == {"src": "5"}
        assert [event.event_type.value for event in result.all_node_events] == [
            "STEP_START", "ASSET_OBSERVATION", "STEP_OUTPUT", "STEP_SUCCESS",
        ]  # fmt: skip
        assert instance.has_asset_key(AssetKey("src"))


def test_what_is_made_downstream_names_the_version_that_was_observed() -> None:
    with DagsterInstance.ephemeral() as instance:
        observe([src], instance=instance)
        result = materialize([src, made], instance=instance)
        (told,) = result.asset_materializations_for_node("made")
        assert told.tags["dagster/input_data_version/src"] == "5"
        assert result.get_asset_observation_events() == []  # nothing observes by itself


def test_a_selection_and_the_implicit_job_observe_before_what_comes_after() -> None:
    defs = Definitions([src, made], jobs=[define_asset_job("both", [src, made]), define_asset_job("all")])
    for name, seen in (("both", True), ("__ASSET_JOB", True), ("all", False)):
        result = defs.get_job_def(name).execute_in_process()
        (told,) = result.asset_materializations_for_node("made")
        assert (told.tags.get("dagster/input_data_version/src") == "5") is seen
        assert bool(result.get_asset_observation_events()) is seen


def test_a_refresh_runs_what_is_made_from_a_source_that_was_observed_to_be_new(tmp_path: Path) -> None:
    text = ["a"]
    runs: list[int] = []

    @observable_source_asset(name="file")
    def file() -> DataVersion:
        return DataVersion(text[0])

    @asset(deps=[file], code_version="1")
    def table() -> int:
        runs.append(1)
        return 1

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        for version, count in (("a", 1), ("a", 1), ("b", 2)):
            text[0] = version
            observe([file], instance=instance)
            assert refresh([file, table], instance=instance).success
            assert len(runs) == count


def test_partitions_have_a_version_each() -> None:
    parts = StaticPartitionsDefinition(["x", "y"])

    @observable_source_asset(partitions_def=parts)
    def sliced() -> DataVersionsByPartition:
        return DataVersionsByPartition({"x": "1", "y": DataVersion("2")})

    assert versions_seen(observe([sliced])) == {"x": "1", "y": "2"}

    @observable_source_asset(name="whole", partitions_def=parts)
    def whole(context: Any) -> DataVersion:
        return DataVersion("k" + context.partition_key if context.has_partition_key else "k")

    assert versions_seen(observe([whole], partition_key="x")) == {"x": "kx"}
    with pytest.raises(InvalidObservationError, match="whole"):
        observe([whole])

    @observable_source_asset(name="other", partitions_def=parts)
    def other() -> DataVersionsByPartition:
        return DataVersionsByPartition({"z": "1"})

    with pytest.raises(InvalidObservationError, match="z"):
        observe([other])


@pytest.mark.parametrize("value", [None, "5", 5])
def test_an_observation_is_no_plain_value(value: object) -> None:
    @observable_source_asset(name="bad")
    def bad() -> Any:
        return value

    with pytest.raises(InvalidObservationError, match="bad"):
        observe([bad])


def test_an_observe_result_has_metadata_and_verdicts() -> None:
    @observable_source_asset(name="zz", key_prefix="p", group_name="g", tags={"k": "v"})
    def z(context: Any) -> ObserveResult:
        context.log.info("looking")
        return ObserveResult(metadata={"rows": 3}, data_version=DataVersion("q"))

    result = observe([z])
    (seen,) = result.asset_observations_for_node("p__zz")
    assert (seen.metadata["rows"].value, seen.tags[DATA_VERSION]) == (3, "q")
    assert (z.group_name, z.tags, z.op.name) == ("g", {"k": "v"}, "p__zz")


def test_several_sources_by_one_function() -> None:
    @multi_observable_source_asset(specs=[AssetSpec("m1"), AssetSpec("m2")], can_subset=True, group_name="g")
    def both(context: Any) -> Any:
        for key in sorted(context.selected_asset_keys):
            yield ObserveResult(asset_key=key, data_version=DataVersion(key.path[-1]))

    assert versions_seen(observe([both])) == {"m1": "m1", "m2": "m2"}
    assert versions_seen(observe([both], selection="m1")) == {"m1": "m1"}
    assert (both.is_observable, both.is_materializable, both.specs[0].group_name) == (True, False, "g")

    @multi_observable_source_asset(specs=[AssetSpec("n1"), AssetSpec("n2")])
    def part() -> Any:
        yield ObserveResult(asset_key="n1")

    with pytest.raises(StepOutputNotFoundError, match="n2"):
        observe([part])


def test_a_source_asset_with_a_function() -> None:
    observed = SourceAsset("s", observe_fn=lambda _: DataVersion("1"))
    assert (observed.is_observable, SourceAsset("k").is_observable) == (True, False)
    assert versions_seen(observe([observed])) == {"s": "1"}
    moved = observed.with_attributes(key=AssetKey(["p", "s"]), group_name="g")
    assert versions_seen(observe([moved])) == {"p/s": "1"}


def test_resources_and_direct_calls() -> None:
    class Limit(ConfigurableResource):  # type: ignore[misc]
        x: int = 3

    @observable_source_asset(name="limited")
    def limited(context: Any, limit: Limit) -> DataVersion:
        return DataVersion(str(limit.x))

    assert versions_seen(observe([limited], resources={"limit": Limit(x=7)})) == {"limited": "7"}
    assert limited(build_asset_context(), limit=Limit(x=4)) == DataVersion("4")


def test_the_value_is_loaded_by_its_io_manager() -> None:
    class Manager(IOManager):
        def load_input(self, context: Any) -> Any:
            return context.asset_key.to_user_string(), context.upstream_output.metadata["z"]

        def handle_output(self, context: Any, obj: object) -> None:
            raise AssertionError("nothing here writes it")

    @observable_source_asset(name="held", io_manager_def=Manager(), metadata={"z": 1})
    def held() -> DataVersion:
        return DataVersion("1")

    @asset
    def user(held: Any) -> Any:
        return held

    assert materialize([held, user], selection=[held, user]).output_for_node("user") == ("held", 1)


def test_a_check_of_an_observed_source_runs_with_it() -> None:
    @asset_check(asset=src)
    def fine() -> bool:
        return True

    result = observe([src, fine], selection=[src, fine])
    assert [check.check_name for check in result.get_asset_check_evaluations()] == ["fine"]


def test_a_function_that_fails_blocks_what_comes_after() -> None:
    @observable_source_asset(name="away")
    def away() -> DataVersion:
        raise ConnectionError("gone")

    @asset(deps=[away])
    def after() -> int:
        return 1

    result = materialize([away, after], selection=[away, after], raise_on_error=False)
    assert result.get_failed_step_keys() == {"away"}
    assert result.is_node_untouched("after")


def test_nothing_to_observe_is_an_error() -> None:
    with pytest.raises(InvalidDefinitionError, match="observed"):
        observe([made])


def test_an_observation_that_a_function_logs_may_name_the_data_version() -> None:
    @asset(name="logging")
    def logs(context: Any) -> int:
        context.log_event(AssetObservation("elsewhere", tags={DATA_VERSION: "9"}))
        return 1

    @asset(deps=[AssetSpec("elsewhere")], name="below")
    def below() -> int:
        return 1

    with DagsterInstance.ephemeral() as instance:
        materialize([logs], instance=instance)
        result = materialize([AssetSpec("elsewhere"), below], instance=instance)
        tags = result.asset_materializations_for_node("below")[0].tags
        assert tags["dagster/input_data_version/elsewhere"] == "9"
