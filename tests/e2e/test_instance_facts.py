"""What programs tell a store, and how they ask where things stand (api.md 1.12)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tidemill import (
    AssetCheckEvaluation,
    AssetCheckResult,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    AssetRecordsFilter,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    DataVersion,
    Definitions,
    EventRecordsFilter,
    InvariantViolationError,
    Output,
    RetryPolicy,
    RunNotFoundError,
    RunsFilter,
    RunStatusChangeRecordsFilter,
    StaticPartitionsDefinition,
    UnsupportedNameError,
    asset,
    asset_check,
    define_asset_job,
    instance_for_test,
    materialize,
)

A, B, EXT = AssetKey("a"), AssetKey("b"), AssetKey("ext")
PARTS = StaticPartitionsDefinition(["x", "y", "z"])


@asset(code_version="1")
def a() -> Any:
    return Output(1, data_version=DataVersion("da"))


@asset(code_version="2")
def b(a: int) -> int:
    return 2


@asset(partitions_def=PARTS)
def sliced() -> int:
    return 1


@pytest.fixture(params=["memory", "file"])
def instance(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[DagsterInstance]:
    if request.param == "memory":
        opened = DagsterInstance.ephemeral()
    else:
        opened = DagsterInstance.local_temp(str(tmp_path / "store"))
    with opened:
        yield opened


def test_a_runless_materialization_is_one_like_any_other(instance: DagsterInstance) -> None:
    tags = {"k": "v", "dagster/data_version": "d1"}
    instance.report_runless_asset_event(AssetMaterialization("ext", "note", {"rows": 5}, "x", tags))
    event = instance.get_latest_materialization_event(EXT)
    assert event is not None
    told = event.asset_materialization
    assert told is not None
    assert (told.metadata["rows"].value, told.partition, told.description) == (5, "x", "note")
    assert {name: told.tags[name] for name in tags} == tags
    assert event.run_id == ""
    assert instance.get_materialized_partitions(EXT) == {"x"}
    assert instance.get_asset_keys() == [EXT]


def test_runless_observations_and_verdicts(instance: DagsterInstance) -> None:
    materialize([a], instance=instance)
    instance.report_runless_asset_event(AssetObservation("ext", metadata={"n": 1}))
    instance.report_runless_asset_event(AssetCheckEvaluation(A, "c", passed=True, metadata={"m": 2}))
    assert len(instance.fetch_observations(EXT, limit=10).records) == 1
    (record,) = instance.get_event_records(EventRecordsFilter(DagsterEventType.ASSET_CHECK_EVALUATION))
    told = record.event_log_entry.asset_check_evaluation
    assert told is not None
    assert (told.passed, told.metadata["m"].value, told.asset_check_key.name) == (True, 2, "c")
    target = told.target_materialization_data
    made = instance.fetch_materializations(A, limit=1).records[0]
    assert target is not None
    assert (target.storage_id, target.run_id, target.timestamp) == (
        made.storage_id,
        made.run_id,
        made.timestamp,
    )
    with pytest.raises(InvariantViolationError, match="AssetMaterialization"):
        instance.report_runless_asset_event("x")  # type: ignore[arg-type]


def test_what_is_made_from_a_table_that_was_reported_names_its_data_version(
    instance: DagsterInstance,
) -> None:
    @asset(deps=["ext"])
    def child() -> int:
        return 1

    instance.report_runless_asset_event(AssetMaterialization("ext", tags={"dagster/data_version": "d1"}))
    (told,) = materialize([child], instance=instance).asset_materializations_for_node("child")
    assert told.tags["dagster/input_data_version/ext"] == "d1"


def test_the_latest_data_version(instance: DagsterInstance) -> None:
    assert instance.get_latest_data_version_record(EXT) is None
    instance.report_runless_asset_event(AssetMaterialization("ext", partition="x"))
    instance.report_runless_asset_event(AssetObservation("ext", tags={"dagster/data_version": "o"}))
    instance.report_runless_asset_event(AssetObservation("ext"))
    kinds = {
        asked: instance.get_latest_data_version_record(EXT, **narrower).event_log_entry.dagster_event_type
        for asked, narrower in (
            ("any", {}),
            ("version", {"is_source": False}),
            ("slice", {"partition_key": "x"}),
        )
    }
    made = DagsterEventType.ASSET_MATERIALIZATION
    assert kinds == {"any": DagsterEventType.ASSET_OBSERVATION, "version": made, "slice": made}


def test_an_asset_is_wiped(instance: DagsterInstance) -> None:
    materialize([a, b], instance=instance)
    instance.wipe_assets([A])
    assert instance.get_latest_materialization_event(A) is None
    assert instance.get_asset_keys() == [B]
    materialize([a, b], instance=instance)
    assert len(instance.fetch_materializations(A, limit=10).records) == 1
    assert instance.load_asset_value("a") == 1
    with pytest.raises(InvariantViolationError, match="AssetKey"):
        instance.wipe_assets(["a"])  # type: ignore[list-item]


def test_partitions_are_wiped_and_where_they_stand(instance: DagsterInstance) -> None:
    for key in ("x", "y"):
        materialize([sliced], partition_key=key, instance=instance)
    key = AssetKey("sliced")
    told = instance.get_status_by_partition(key, ["x", "y", "z"], PARTS)
    values = {name: status.value if status else None for name, status in told.items()}
    assert values == {"x": "MATERIALIZED", "y": "MATERIALIZED", "z": None}
    instance.wipe_asset_partitions(key, ["x"])
    assert instance.get_materialized_partitions(key) == {"y"}


def test_a_partition_whose_last_run_failed(instance: DagsterInstance) -> None:
    @asset(partitions_def=PARTS, name="failing")
    def failing() -> int:
        raise ValueError

    materialize([failing], partition_key="x", instance=instance, raise_on_error=False)
    told = instance.get_status_by_partition(AssetKey("failing"), ["x", "y"], PARTS)
    assert [status.value if status else None for status in told.values()] == ["FAILED", None]


def test_tags_stats_and_deletion_of_a_run(instance: DagsterInstance) -> None:
    result = materialize([a, b], instance=instance, tags={"t": "1"})
    instance.add_run_tags(result.run_id, {"u": "2", "t": "3"})
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert (run.tags["t"], run.tags["u"]) == ("3", "2")
    assert [len(instance.get_runs(RunsFilter(tags=tags))) for tags in ({"u": "2"}, {"t": "1"})] == [1, 0]
    assert len(instance.get_runs(RunsFilter(tags={"t": ["3", "9"]}))) == 1
    stats = instance.get_run_stats(result.run_id)
    assert (stats.steps_succeeded, stats.steps_failed, stats.materializations) == (2, 0, 2)
    assert stats.start_time <= stats.end_time
    steps = instance.get_run_step_stats(result.run_id)
    assert [(step.step_key, step.status.value, step.attempts) for step in steps] == [
        ("a", "SUCCESS", 1),
        ("b", "SUCCESS", 1),
    ]
    instance.delete_run(result.run_id)
    assert instance.get_run_by_id(result.run_id) is None
    assert (instance.get_runs_count(), instance.has_run(result.run_id)) == (0, False)
    assert instance.load_asset_value("b") == 2
    with pytest.raises(RunNotFoundError):
        instance.add_run_tags(result.run_id, {"u": "3"})


def test_stats_of_a_step_that_failed(instance: DagsterInstance) -> None:
    @asset(retry_policy=RetryPolicy(max_retries=1), name="bad")
    def bad() -> int:
        raise ValueError

    result = materialize([bad], instance=instance, raise_on_error=False)
    (step,) = instance.get_run_step_stats(result.run_id)
    assert (step.status.value, step.attempts) == ("FAILURE", 2)
    assert instance.get_run_stats(result.run_id).steps_failed == 1


def test_runs_made_by_hand(instance: DagsterInstance) -> None:
    job = Definitions([a, b], jobs=[define_asset_job("j")]).get_job_def("j")
    run = instance.create_run_for_job(job, tags={"x": "y"}, run_id="some-run")
    assert (run.status, run.job_name, run.tags["x"], run.run_id) == (
        DagsterRunStatus.NOT_STARTED, "j", "y", "some-run",
    )  # fmt: skip
    assert instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.NOT_STARTED])) == [run]
    assert instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.QUEUED])) == []
    event = instance.report_run_failed(run, "why")
    assert (event.event_type, event.message) == (DagsterEventType.RUN_FAILURE, "why")
    assert instance.get_run_by_id(run.run_id).status == DagsterRunStatus.FAILURE
    with pytest.raises(InvariantViolationError, match="failed"):
        instance.report_run_canceled(run)
    other = instance.create_run_for_job(job)
    instance.report_run_canceled(other)
    assert instance.get_run_by_id(other.run_id).status == DagsterRunStatus.CANCELED
    for status in (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.STARTED):
        assert instance.create_run_for_job(job, status=status).status == status
    never = instance.create_run_for_job(job)
    instance.delete_run(never.run_id)
    started = instance.create_run_for_job(job, status=DagsterRunStatus.STARTED)
    with pytest.raises(InvariantViolationError, match="not over"):
        instance.delete_run(started.run_id)
    with pytest.raises(UnsupportedNameError, match="asset_selection"):
        instance.create_run_for_job(job, op_selection=["a"])
    for name in ("submit_run", "launch_run"):
        with pytest.raises(UnsupportedNameError, match="execute_in_process"):
            getattr(instance, name)(run.run_id, None)


def test_filters_of_records(instance: DagsterInstance) -> None:
    for _ in range(3):
        materialize([a], instance=instance)
    first = instance.fetch_materializations(AssetRecordsFilter(A), limit=2)
    rest = instance.fetch_materializations(AssetRecordsFilter(A), limit=2, cursor=first.cursor)
    assert (len(first.records), first.has_more, len(rest.records), rest.has_more) == (2, True, 1, False)
    place = first.records[0].storage_id

    def count(**narrower: Any) -> int:
        return len(instance.fetch_materializations(AssetRecordsFilter(A, **narrower), limit=9).records)

    assert count(storage_ids=[place]) == 1
    assert (count(before_storage_id=place), count(after_storage_id=place)) == (2, 0)
    assert (count(tags={"dagster/data_version": ["da"]}), count(tags={"k": "v"})) == (3, 0)
    assert count(after_timestamp=first.records[0].timestamp - 1000) == 3
    success = DagsterEventType.RUN_SUCCESS
    changes = instance.fetch_run_status_changes
    assert len(changes(success, limit=9).records) == 3
    assert len(changes(RunStatusChangeRecordsFilter(success, job_names=["nope"]), limit=9).records) == 0
    assert len(instance.fetch_planned_materializations(A, limit=9).records) == 3
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    assert len(instance.get_runs(RunsFilter(updated_after=long_ago), limit=2)) == 2
    assert instance.get_runs(RunsFilter(updated_before=long_ago)) == []
    assert instance.get_asset_records([A])[0].asset_entry.last_run_id == instance.get_runs()[0].run_id


def test_provenance_in_the_context(instance: DagsterInstance) -> None:
    seen: list[Any] = []

    @asset(code_version="2", name="child")
    def child(context: Any, a: int) -> int:
        seen.append(context.get_asset_provenance(AssetKey("child")))
        return 2

    for _ in range(2):
        materialize([a, child], instance=instance)
    first, second = seen
    assert first is None
    assert (second.code_version, second.input_data_versions) == ("2", {A: DataVersion("da")})
    assert second.is_user_provided is False
    assert instance.get_asset_provenance(A).is_user_provided is True
    latest = instance.get_asset_provenance(AssetKey("child"))
    assert latest.input_storage_ids == {A: instance.fetch_materializations(A, limit=1).records[0].storage_id}


def test_the_version_that_a_verdict_of_a_run_is_about(instance: DagsterInstance) -> None:
    @asset_check(asset=a)
    def fine(a: int) -> AssetCheckResult:
        return AssetCheckResult(passed=a == 1)

    result = materialize([a, fine], instance=instance)
    (told,) = result.get_asset_check_evaluations()
    target = told.target_materialization_data
    assert target is not None
    assert (target.run_id, target.storage_id) == (
        result.run_id,
        instance.fetch_materializations(A, limit=1).records[0].storage_id,
    )


def test_a_step_tells_the_store() -> None:
    @asset(name="telling")
    def telling(context: Any) -> int:
        context.instance.report_runless_asset_event(AssetMaterialization("other", metadata={"z": 1}))
        context.instance.add_run_tags(context.run_id, {"mine": "1"})
        return 1

    with DagsterInstance.ephemeral() as store:
        result = materialize([telling], instance=store)
        event = store.get_latest_materialization_event(AssetKey("other"))
        assert event.asset_materialization.metadata["z"].value == 1
        assert store.get_run_by_id(result.run_id).tags["mine"] == "1"


def test_a_store_for_tests_has_no_telemetry_to_switch_off() -> None:
    with instance_for_test(overrides={"telemetry": {"enabled": False}}) as store:
        assert DagsterInstance.get().root_directory == store.root_directory
    with (
        pytest.raises(UnsupportedNameError, match="TIDEMILL_"),
        instance_for_test(overrides={"run_launcher": {}}),
    ):
        pass
