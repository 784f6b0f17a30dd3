"""Section 1.12: the store, as programs ask it."""

from pathlib import Path
from typing import Any

import pytest

from tidemill import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    EventLogEntry,
    EventRecordsFilter,
    EventRecordsResult,
    Output,
    RunsFilter,
    StaticPartitionsDefinition,
    asset,
    instance_for_test,
    job,
    materialize,
    op,
)

A = AssetKey("a")
LETTERS = StaticPartitionsDefinition(["x", "y", "z"])


@asset(code_version="3")
def a() -> Output[int]:
    return Output(1, metadata={"m": 7})


@asset(partitions_def=LETTERS)
def sliced(context: AssetExecutionContext) -> str:
    if context.has_tag("fail"):
        raise ValueError
    return context.partition_key


@asset(key_prefix="p")
def other() -> int:
    return 1


@op
def one() -> int:
    return 1


@job(tags={"kind": "ops"})
def ops() -> None:
    one()


@pytest.fixture
def instance() -> Any:
    with DagsterInstance.ephemeral() as made:
        yield made


# --- where it is ------------------------------------------------------------------------------------------------------


def test_DagsterInstance_get_needs_a_home_and_is_a_context_manager(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEMILL_HOME", str(tmp_path))
    with DagsterInstance.get() as found:
        materialize([a], instance=found)
        assert Path(found.root_directory).is_dir()
        assert Path(found.storage_directory()).is_relative_to(found.root_directory)
    with DagsterInstance.get() as again:
        assert again.has_asset_key(A)


def test_DagsterInstance_ephemeral_and_local_temp(tmp_path: Path) -> None:
    with DagsterInstance.ephemeral() as found:
        materialize([a], instance=found)
        assert found.has_asset_key(A)
    with DagsterInstance.ephemeral(tempdir=str(tmp_path / "one")) as found:
        materialize([a], instance=found)
    with DagsterInstance.local_temp(str(tmp_path / "two"), overrides={}) as found:
        materialize([a], instance=found)
        assert found.has_asset_key(A)
        assert isinstance(found.info_str(), str)
    assert DagsterInstance.ephemeral(tempdir=None, preload=None, settings=None).get_runs() == []


def test_instance_for_test_sets_the_home_while_it_lasts(tmp_path: Path) -> None:
    import os

    with instance_for_test() as found:
        home = os.environ["TIDEMILL_HOME"]
        assert Path(home) == Path(found.root_directory)
        with DagsterInstance.get() as same:
            materialize([a], instance=found)
            assert same.has_asset_key(A)
    assert os.environ.get("TIDEMILL_HOME") != home
    with instance_for_test(overrides=None, set_dagster_home=False, temp_dir=str(tmp_path)):
        assert "TIDEMILL_HOME" not in os.environ


# --- assets -----------------------------------------------------------------------------------------------------------


def test_DagsterInstance_the_latest_materialization(instance: DagsterInstance) -> None:
    assert instance.get_latest_materialization_event(A) is None
    result = materialize([a], instance=instance)
    entry = instance.get_latest_materialization_event(A)
    assert isinstance(entry, EventLogEntry)
    assert entry.asset_materialization.metadata["m"].value == 7
    assert entry.run_id == result.run_id
    found = instance.get_latest_materialization_events([A, AssetKey("none")])
    assert found[A].run_id == result.run_id
    assert found.get(AssetKey("none")) is None


def test_EventLogEntry_has_time_run_and_materialization(instance: DagsterInstance) -> None:
    import time

    before = time.time()
    result = materialize([a], instance=instance)
    entry = instance.get_latest_materialization_event(A)
    assert entry is not None
    assert before - 5 <= entry.timestamp <= time.time() + 5
    assert (entry.run_id, entry.asset_materialization.asset_key) == (result.run_id, A)
    assert entry.dagster_event.event_type == DagsterEventType.ASSET_MATERIALIZATION


def test_DagsterInstance_which_assets_there_are(instance: DagsterInstance) -> None:
    materialize([a, other], instance=instance)
    assert set(instance.get_asset_keys()) == {A, AssetKey(["p", "other"])}
    assert list(instance.get_asset_keys(prefix=["p"])) == [AssetKey(["p", "other"])]
    assert len(instance.get_asset_keys(limit=1)) == 1
    (after,) = instance.get_asset_keys(cursor=A.to_string())
    assert after == AssetKey(["p", "other"])
    assert instance.has_asset_key(A)
    assert not instance.has_asset_key(AssetKey("none"))
    records = instance.get_asset_records([A])
    assert [record.asset_entry.asset_key for record in records] == [A]
    assert records[0].asset_entry.last_materialization.asset_materialization.metadata["m"].value == 7


def test_DagsterInstance_fetch_materializations_in_pages(instance: DagsterInstance) -> None:
    runs = [materialize([a], instance=instance).run_id for _ in range(3)]
    newest = instance.fetch_materializations(A, limit=2)
    assert isinstance(newest, EventRecordsResult)
    assert [record.event_log_entry.run_id for record in newest.records] == runs[:0:-1]
    assert newest.has_more
    rest = instance.fetch_materializations(A, limit=2, cursor=newest.cursor)
    assert [record.event_log_entry.run_id for record in rest.records] == runs[:1]
    assert not rest.has_more
    oldest = instance.fetch_materializations(A, limit=5, ascending=True)
    assert [record.event_log_entry.run_id for record in oldest.records] == runs
    record = oldest.records[0]
    assert (record.asset_key, record.partition_key) == (A, None)
    assert isinstance(record.storage_id, int)
    assert record.timestamp == record.event_log_entry.timestamp


def test_EventRecordsResult_has_records_cursor_and_has_more(instance: DagsterInstance) -> None:
    result = instance.fetch_materializations(A, limit=1)
    assert (list(result.records), result.has_more) == ([], False)
    assert isinstance(result.cursor, str)


def test_DagsterInstance_fetch_observations_and_status_changes(instance: DagsterInstance) -> None:
    instance.report_runless_asset_event(AssetObservation("a", metadata={"m": 1}))
    (record,) = instance.fetch_observations(A, limit=5).records
    assert record.event_log_entry.asset_observation.metadata["m"].value == 1
    run = ops.execute_in_process(instance=instance)
    changes = instance.fetch_run_status_changes(DagsterEventType.RUN_SUCCESS, limit=5)
    assert [change.event_log_entry.run_id for change in changes.records] == [run.run_id]


def test_EventRecordsFilter_chooses_among_events(instance: DagsterInstance) -> None:
    for key in ("x", "y", "x"):
        materialize([sliced], instance=instance, partition_key=key)
    kind = DagsterEventType.ASSET_MATERIALIZATION

    def found(**how: Any) -> list[str]:
        records = instance.get_event_records(
            EventRecordsFilter(event_type=kind, asset_key=AssetKey("sliced"), **how), ascending=True
        )
        return [record.partition_key for record in records]

    assert found() == ["x", "y", "x"]
    assert found(asset_partitions=["y"]) == ["y"]
    records = list(instance.get_event_records(EventRecordsFilter(kind), limit=2, ascending=True))
    assert len(records) == 2
    assert found(after_cursor=records[0].storage_id) == ["y", "x"]
    assert found(before_cursor=records[1].storage_id) == ["x"]
    assert found(after_timestamp=records[0].timestamp - 100) == ["x", "y", "x"]
    assert found(before_timestamp=records[0].timestamp - 100) == []


def test_DagsterInstance_partitions(instance: DagsterInstance) -> None:
    key = AssetKey("sliced")
    materialize([sliced], instance=instance, partition_key="x")
    materialize([sliced], instance=instance, partition_key="y", tags={"fail": "1"}, raise_on_error=False)
    assert instance.get_materialized_partitions(key) == {"x"}
    statuses = instance.get_status_by_partition(key, ["x", "y", "z"], LETTERS)
    assert {name: getattr(status, "value", status) for name, status in statuses.items()} == {
        "x": "MATERIALIZED",
        "y": "FAILED",
        "z": None,
    }


def test_DagsterInstance_versions(instance: DagsterInstance) -> None:
    materialize([a], instance=instance)
    record = instance.get_latest_data_version_record(A)
    assert record.asset_key == A
    tags = record.event_log_entry.asset_materialization.tags
    assert "dagster/data_version" in tags
    assert instance.get_latest_materialization_code_versions([A]) == {A: "3"}


def test_DagsterInstance_report_runless_asset_event(instance: DagsterInstance) -> None:
    instance.report_runless_asset_event(AssetMaterialization("a", metadata={"m": 1}, partition="x"))
    entry = instance.get_latest_materialization_event(A)
    assert entry is not None
    assert entry.asset_materialization.partition == "x"
    instance.report_runless_asset_event(AssetCheckEvaluation(asset_key=A, check_name="c", passed=False))
    kind = DagsterEventType.ASSET_CHECK_EVALUATION
    assert len(instance.get_event_records(EventRecordsFilter(kind), limit=5)) == 1
    assert AssetCheckKey(A, "c").name == "c"


def test_DagsterInstance_wipe_assets(instance: DagsterInstance) -> None:
    materialize([a, other], instance=instance)
    instance.wipe_assets([A])
    assert not instance.has_asset_key(A)
    assert instance.get_latest_materialization_event(A) is None
    assert instance.has_asset_key(AssetKey(["p", "other"]))


def test_DagsterInstance_wipe_asset_partitions(instance: DagsterInstance) -> None:
    for key in ("x", "y"):
        materialize([sliced], instance=instance, partition_key=key)
    instance.wipe_asset_partitions(AssetKey("sliced"), ["x"])
    assert instance.get_materialized_partitions(AssetKey("sliced")) == {"y"}


# --- runs -------------------------------------------------------------------------------------------------------------


def test_DagsterInstance_get_runs(instance: DagsterInstance) -> None:
    first = ops.execute_in_process(instance=instance, tags={"t": "1"}).run_id
    second = materialize([a], instance=instance).run_id
    assert [run.run_id for run in instance.get_runs()] == [second, first]
    assert [run.run_id for run in instance.get_runs(limit=1)] == [second]
    assert [run.run_id for run in instance.get_runs(cursor=second)] == [first]
    assert instance.get_run_by_id(first).job_name == "ops"
    assert instance.get_run_by_id("none") is None
    assert instance.get_runs_count() == 2
    assert list(instance.get_run_ids()) == [second, first]
    (record, _) = instance.get_run_records()
    assert record.dagster_run.run_id == second


def test_RunsFilter_chooses_among_runs(instance: DagsterInstance) -> None:
    from datetime import datetime, timedelta, timezone

    good = ops.execute_in_process(instance=instance, tags={"t": "1"}).run_id
    bad = materialize(
        [sliced], instance=instance, partition_key="x", tags={"fail": "1"}, raise_on_error=False
    ).run_id
    now = datetime.now(timezone.utc)  # noqa: UP017

    def found(**how: Any) -> list[str]:
        return [run.run_id for run in instance.get_runs(filters=RunsFilter(**how))]

    assert found(run_ids=[good]) == [good]
    assert found(job_name="ops") == [good]
    assert found(statuses=[DagsterRunStatus.FAILURE]) == [bad]
    assert found(tags={"t": "1"}) == [good]
    assert found(tags={"t": ["1", "2"]}) == [good]
    assert found(updated_after=now - timedelta(hours=1)) == [bad, good]
    assert found(created_before=now - timedelta(hours=1)) == []
    assert found(created_after=now + timedelta(hours=1)) == []
    assert instance.get_runs_count(RunsFilter(job_name="ops")) == 1


def test_DagsterRunStatus_members() -> None:
    names = [
        "QUEUED",
        "NOT_STARTED",
        "MANAGED",
        "STARTING",
        "STARTED",
        "SUCCESS",
        "FAILURE",
        "CANCELING",
        "CANCELED",
    ]
    assert [status.name for status in DagsterRunStatus] == names
    assert all(status.value == status.name for status in DagsterRunStatus)


def test_DagsterInstance_delete_run_and_tags(instance: DagsterInstance) -> None:
    run = ops.execute_in_process(instance=instance).run_id
    instance.add_run_tags(run, {"later": "1"})
    assert instance.get_run_by_id(run).tags["later"] == "1"
    instance.delete_run(run)
    assert instance.get_run_by_id(run) is None


def test_DagsterInstance_report_run_failed_and_canceled(instance: DagsterInstance) -> None:
    failed, canceled = instance.create_run_for_job(ops), instance.create_run_for_job(ops)
    assert failed.status == DagsterRunStatus.NOT_STARTED
    instance.report_run_failed(failed)
    instance.report_run_canceled(canceled)
    assert instance.get_run_by_id(failed.run_id).status == DagsterRunStatus.FAILURE
    assert instance.get_run_by_id(canceled.run_id).status == DagsterRunStatus.CANCELED


def test_DagsterInstance_the_events_of_a_run(instance: DagsterInstance) -> None:
    run = materialize([a], instance=instance).run_id
    kinds = [
        entry.dagster_event.event_type_value for entry in instance.all_logs(run) if entry.is_dagster_event
    ]
    assert "STEP_START" in kinds
    only = instance.all_logs(run, of_type=DagsterEventType.STEP_SUCCESS)
    assert [entry.dagster_event.step_key for entry in only] == ["a"]
    page = instance.get_records_for_run(run, limit=3)
    assert len(page.records) == 3
    assert page.has_more


def test_DagsterInstance_statistics(instance: DagsterInstance) -> None:
    run = materialize([a], instance=instance).run_id
    stats = instance.get_run_stats(run)
    assert (stats.run_id, stats.steps_succeeded, stats.steps_failed, stats.materializations) == (run, 1, 0, 1)
    assert stats.start_time <= stats.end_time
    (step,) = instance.get_run_step_stats(run)
    assert (step.step_key, step.status.value) == ("a", "SUCCESS")


# --- dynamic partitions -----------------------------------------------------------------------------------------------


def test_DagsterInstance_dynamic_partitions(instance: DagsterInstance) -> None:
    instance.add_dynamic_partitions("names", ["b", "a"])
    instance.add_dynamic_partitions(partitions_def_name="names", partition_keys=["a", "c"])
    assert list(instance.get_dynamic_partitions("names")) == ["b", "a", "c"]
    assert instance.has_dynamic_partition("names", "a")
    assert not instance.has_dynamic_partition("others", "a")
    instance.delete_dynamic_partition("names", "a")
    assert list(instance.get_dynamic_partitions("names")) == ["b", "c"]
