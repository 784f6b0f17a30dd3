"""What a store answers: assets, records in pages, runs by filter, versions by number; and who may open it."""

from __future__ import annotations

from datetime import timedelta, timezone
from pathlib import Path

import pytest

from tidemill import (
    AssetKey,
    AssetObservation,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    EventRecordsFilter,
    Output,
    RunsFilter,
    asset,
    asset_check,
    instance_for_test,
    materialize,
    materialize_to_memory,
)
from tidemill.core.errors import (
    InvalidInvocationError,
    RunNotFoundError,
    UnsupportedNameError,
    ValueNotStoredError,
)
from tidemill.home import Home

MINUTE = 60_000_000


class SteppingClock:
    """Each look at the clock is a minute after the last."""

    def __init__(self) -> None:
        self.at = 1_700_000_000_000_000

    def now(self) -> int:
        self.at += MINUTE
        return self.at

    def monotonic(self) -> float:
        return self.at / 1_000_000

    def sleep(self, seconds: float) -> None:
        self.at += round(seconds * 1_000_000)


@asset
def count(context):
    context.log_event(AssetObservation("count", metadata={"seen": 1}))
    return Output(int(context.run_tags["n"]), metadata={"n": int(context.run_tags["n"])})


@asset(key_prefix="deep")
def other() -> int:
    return 1


@asset
def bad() -> None:
    raise ValueError("no")


@asset_check(asset=count)
def positive(count: int) -> bool:
    return count > 0


@pytest.fixture
def instance():
    with DagsterInstance(Home.temporary(SteppingClock())) as instance:
        for n in range(1, 6):
            materialize(
                [count, other, positive], instance=instance, tags={"n": str(n), "parity": "eo"[n % 2]}
            )
        materialize([bad], instance=instance, raise_on_error=False)
        yield instance


# Assets


def test_keys(instance: DagsterInstance) -> None:
    deep, bad = AssetKey(["deep", "other"]), AssetKey("bad")  # a run failed to make `bad`
    assert instance.get_asset_keys() == [bad, AssetKey("count"), deep]
    assert instance.get_asset_keys(prefix=["deep"]) == [deep]
    assert instance.get_asset_keys(limit=1) == [bad]
    assert instance.get_asset_keys(cursor=AssetKey("count").to_string()) == [deep]
    assert instance.has_asset_key(deep)
    assert instance.has_asset_key(bad)
    assert not instance.has_asset_key(AssetKey("other"))


def test_what_was_planned_and_is_wiped_is_not_known_any_more() -> None:
    @asset
    def broken() -> None:
        raise ValueError

    with DagsterInstance.ephemeral() as instance:
        materialize([broken], instance=instance, raise_on_error=False)
        assert instance.get_asset_keys() == [AssetKey("broken")]
        instance.wipe_assets([AssetKey("broken")])
        assert instance.get_asset_keys() == []
        materialize([broken], instance=instance, raise_on_error=False)
        assert instance.has_asset_key(AssetKey("broken"))


@pytest.mark.parametrize("make", [DagsterInstance.ephemeral, instance_for_test])
def test_what_steps_log_stands_among_the_events(make) -> None:
    @asset
    def chatty(context) -> int:
        context.log.info("first")
        print("not a line of the log")
        context.log.warning("second, %d", 2)
        return 1

    with make() as instance:
        run_id = materialize([chatty], instance=instance).run_id
        entries = instance.all_logs(run_id)
        lines = [entry for entry in entries if not entry.is_dagster_event]
        told = [(line.user_message, line.level, line.step_key, line.dagster_event) for line in lines]
        assert told == [("first", 20, "chatty", None), ("second, 2", 30, "chatty", None)]
        kinds = [entry.is_dagster_event and entry.dagster_event_type.value for entry in entries]
        assert kinds.index("STEP_START") < kinds.index(False) < kinds.index("STEP_OUTPUT")
        assert [entry.storage_id for entry in entries] == list(range(1, len(entries) + 1))
        assert all(entry.is_dagster_event for entry in instance.all_logs(run_id, DagsterEventType.STEP_START))


def test_where_a_value_lies_is_metadata(tmp_path: Path) -> None:
    @asset
    def large() -> bytes:
        return b"x" * 100_000

    @asset
    def nothing() -> None:
        return None

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        result = materialize([large, nothing], instance=instance)
        (made,) = result.asset_materializations_for_node("large")
        assert Path(made.metadata["path"].value).stat().st_size > 100_000
        assert instance.get_latest_materialization_event(AssetKey("large")).asset_materialization == made
        assert dict(result.asset_materializations_for_node("nothing")[0].metadata) == {}
    assert dict(materialize_to_memory([large]).asset_materializations_for_node("large")[0].metadata) == {}


def test_the_latest_materialization(instance: DagsterInstance) -> None:
    entry = instance.get_latest_materialization_event(AssetKey("count"))
    assert entry.asset_materialization.metadata["n"].value == 5
    assert entry.asset_key == AssetKey("count")
    assert entry.run_id == instance.get_runs(limit=2)[1].run_id
    assert entry.timestamp > 1_700_000_000
    assert entry.step_key == "count"
    assert entry.job_name == "__ephemeral_asset_job__"
    assert instance.get_latest_materialization_event(AssetKey("nothing")) is None
    found = instance.get_latest_materialization_events([AssetKey("count"), AssetKey("nothing")])
    assert found[AssetKey("count")].asset_materialization.metadata["n"].value == 5
    assert AssetKey("nothing") not in found


def test_records_of_assets(instance: DagsterInstance) -> None:
    records = instance.get_asset_records([AssetKey("count")])
    assert [record.asset_entry.asset_key for record in records] == [AssetKey("count")]
    assert records[0].asset_entry.last_materialization.asset_materialization.metadata["n"].value == 5
    assert len(instance.get_asset_records()) == 3


def test_code_versions(instance: DagsterInstance) -> None:
    found = instance.get_latest_materialization_code_versions([AssetKey("count"), AssetKey("nothing")])
    assert found[AssetKey("count")] == instance.get_versions("count")[0].code_version
    assert found[AssetKey("nothing")] is None


# Pages of records


def numbers(result) -> list[int]:
    return [record.asset_materialization.metadata["n"].value for record in result.records]


@pytest.mark.parametrize(("ascending", "order"), [(False, [5, 4, 3, 2, 1]), (True, [1, 2, 3, 4, 5])])
def test_materializations_in_pages(instance: DagsterInstance, ascending: bool, order: list[int]) -> None:
    pages, cursor = [], None
    while True:
        page = instance.fetch_materializations(AssetKey("count"), limit=2, cursor=cursor, ascending=ascending)
        pages.append(numbers(page))
        cursor = page.cursor
        if not page.has_more:
            break
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [n for page in pages for n in page] == order


def test_a_page_after_the_last_is_empty(instance: DagsterInstance) -> None:
    page = instance.fetch_materializations(AssetKey("count"), limit=5)
    assert (len(page.records), page.has_more) == (5, False)
    after = instance.fetch_materializations(AssetKey("count"), limit=5, cursor=page.cursor)
    assert (after.records, after.has_more, after.cursor) == ([], False, page.cursor)
    assert instance.fetch_materializations(AssetKey("nothing"), limit=5).records == []


def test_a_record_says_where_it_comes_from(instance: DagsterInstance) -> None:
    (record,) = instance.fetch_materializations(AssetKey("count"), limit=1).records
    assert record.asset_key == AssetKey("count")
    assert record.partition_key is None
    assert record.run_id == record.event_log_entry.run_id
    assert record.storage_id == record.event_log_entry.storage_id
    assert record.timestamp == record.event_log_entry.timestamp
    assert record.event_log_entry.dagster_event.event_type is DagsterEventType.ASSET_MATERIALIZATION


def test_records_between_two_places_or_times(instance: DagsterInstance) -> None:
    records = instance.fetch_materializations(AssetKey("count"), limit=9, ascending=True).records
    kind = DagsterEventType.ASSET_MATERIALIZATION

    def found(**narrower) -> list[int]:
        wanted = EventRecordsFilter(kind, AssetKey("count"), **narrower)
        return [r.asset_materialization.metadata["n"].value for r in instance.get_event_records(wanted)]

    assert found() == [5, 4, 3, 2, 1]
    assert found(after_cursor=records[1].storage_id) == [5, 4, 3]
    assert found(before_cursor=records[1].storage_id) == [1]
    assert found(after_timestamp=records[3].timestamp) == [5]
    assert found(before_timestamp=records[1].timestamp) == [1]
    limited = EventRecordsFilter(kind, AssetKey("count"), before_timestamp=records[2].timestamp)
    assert numbers_of(instance.get_event_records(limited, limit=1)) == [2]
    assert numbers_of(instance.get_event_records(limited, limit=1, ascending=True)) == [1]
    assert numbers(instance.fetch_materializations(limited, limit=5)) == [2, 1]


def numbers_of(records) -> list[int]:
    return [record.asset_materialization.metadata["n"].value for record in records]


def test_observations(instance: DagsterInstance) -> None:
    page = instance.fetch_observations(AssetKey("count"), limit=2)
    assert [record.asset_observation.metadata["seen"].value for record in page.records] == [1, 1]
    assert page.has_more
    assert instance.fetch_observations(AssetKey("deep"), limit=2).records == []


def test_changes_of_the_status_of_runs(instance: DagsterInstance) -> None:
    succeeded = instance.fetch_run_status_changes(DagsterEventType.RUN_SUCCESS, limit=10)
    failed = instance.fetch_run_status_changes(DagsterEventType.RUN_FAILURE, limit=10)
    assert (len(succeeded.records), len(failed.records)) == (5, 1)
    assert failed.records[0].run_id == instance.get_runs(limit=1)[0].run_id


def test_planned_materializations(instance: DagsterInstance) -> None:
    wanted = EventRecordsFilter(DagsterEventType.ASSET_MATERIALIZATION_PLANNED, AssetKey("count"))
    assert len(instance.get_event_records(wanted)) == 5


def test_verdicts_and_failures_are_records(instance: DagsterInstance) -> None:
    checks = instance.get_event_records(EventRecordsFilter(DagsterEventType.ASSET_CHECK_EVALUATION))
    failures = instance.get_event_records(EventRecordsFilter(DagsterEventType.STEP_FAILURE))
    assert (len(checks), len(failures)) == (5, 1)
    assert failures[0].event_log_entry.step_key == "bad"


def test_a_kind_that_is_no_record(instance: DagsterInstance) -> None:
    with pytest.raises(InvalidInvocationError) as caught:
        instance.get_event_records(EventRecordsFilter(DagsterEventType.STEP_OUTPUT))
    assert caught.value.subject == "STEP_OUTPUT"
    assert "all_logs" in caught.value.next_step


# Runs


def test_runs_newest_first(instance: DagsterInstance) -> None:
    runs = instance.get_runs()
    assert [run.status for run in runs] == [DagsterRunStatus.FAILURE] + [DagsterRunStatus.SUCCESS] * 5
    assert [run.tags.get("n") for run in runs] == [None, "5", "4", "3", "2", "1"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (RunsFilter(statuses=[DagsterRunStatus.FAILURE]), [None]),
        (RunsFilter(statuses=["SUCCESS"], tags={"parity": "e"}), ["4", "2"]),
        (RunsFilter(statuses=[DagsterRunStatus.QUEUED]), []),
        (RunsFilter(tags={"n": "3"}), ["3"]),
        (RunsFilter(tags={"n": "3", "parity": "e"}), []),
        (RunsFilter(job_name="nightly"), []),
        (RunsFilter(run_ids=[]), []),
    ],
)
def test_runs_by_filter(instance: DagsterInstance, wanted: RunsFilter, found: list[str]) -> None:
    assert [run.tags.get("n") for run in instance.get_runs(wanted)] == found
    assert instance.get_runs_count(wanted) == len(found)
    assert len(instance.get_run_ids(wanted)) == len(found)


def test_runs_by_time(instance: DagsterInstance) -> None:
    records = instance.get_run_records(ascending=True)
    aware = records[2].create_timestamp
    moment = aware.timestamp()
    for asked in (moment, aware, aware.astimezone(timezone(timedelta(hours=5)))):
        after = instance.get_runs(RunsFilter(created_after=asked))
        before = instance.get_runs(RunsFilter(created_before=asked))
        assert (len(after), len(before)) == (3, 2)
    with pytest.raises(InvalidInvocationError, match="zone"):
        instance.get_runs(RunsFilter(created_after=aware.replace(tzinfo=None)))


def test_runs_in_pages(instance: DagsterInstance) -> None:
    first = instance.get_run_ids(limit=4)
    assert len(first) == 4
    assert len(instance.get_run_ids(cursor=first[-1], limit=4)) == 2
    assert [record.run_id for record in instance.get_run_records(limit=4)] == first
    assert instance.get_run_records(limit=1, ascending=True)[0].dagster_run.tags["n"] == "1"


def test_one_run(instance: DagsterInstance) -> None:
    run = instance.get_runs()[0]
    assert instance.get_run_by_id(run.run_id) == run
    assert instance.get_run_by_id("nothing") is None
    record = instance.get_run_record_by_id(run.run_id)
    assert record.create_timestamp.timestamp() <= record.start_time < record.end_time
    assert record.update_timestamp.timestamp() == record.end_time
    assert instance.get_run_record_by_id("nothing") is None
    with pytest.raises(RunNotFoundError):
        instance.all_logs("nothing")


def test_the_log_of_a_run(instance: DagsterInstance) -> None:
    run = instance.get_runs(limit=2)[1]
    kinds = [entry.dagster_event.event_type_value for entry in instance.all_logs(run.run_id)]
    assert kinds[0] == "ASSET_MATERIALIZATION_PLANNED"
    assert kinds[-1] == "PIPELINE_SUCCESS"
    only = instance.all_logs(run.run_id, DagsterEventType.ASSET_MATERIALIZATION)
    assert [entry.asset_key.to_user_string() for entry in only] == ["count", "deep/other"]
    both = {DagsterEventType.STEP_START, DagsterEventType.STEP_SUCCESS}
    assert len(instance.all_logs(run.run_id, both)) == 6
    page = instance.get_records_for_run(run.run_id, limit=3)
    rest = instance.get_records_for_run(run.run_id, cursor=page.cursor)
    assert page.has_more
    assert not rest.has_more
    assert len(page.records) + len(rest.records) == len(kinds)


def test_the_log_equals_the_events_of_the_result() -> None:
    with DagsterInstance.ephemeral() as instance:
        result = materialize([other], instance=instance)
        logged = [repr(entry.dagster_event) for entry in instance.all_logs(result.run_id)]
    planned = result.get_asset_materialization_planned_events()
    assert logged == [repr(event) for event in (*planned, *result.all_events)]


def test_steps_of_a_run(instance: DagsterInstance) -> None:
    run = instance.get_runs(limit=2)[1]
    states = {state.step: state.status for state in instance.home.store.steps(run.run_id)}
    assert states == {"count": "succeeded", "deep__other": "succeeded", "count_positive": "succeeded"}
    assert [s.step_key for s in instance.get_run_step_stats(run.run_id, ["count"])] == ["count"]


# Values


def test_values_by_version(instance: DagsterInstance) -> None:
    assert instance.load_asset_value(AssetKey("count")) == 5
    assert instance.load_asset_value("count", version=2) == 2
    assert instance.load_asset_value("count@3") == 3
    assert instance.load_asset_value("deep/other@1") == 1
    assert [version.number for version in instance.get_versions("count", limit=2)] == [5, 4]
    for missing in ("nothing", "count@9", "count@champion", "count[eu]"):
        with pytest.raises(ValueNotStoredError) as caught:
            instance.load_asset_value(missing)
        assert isinstance(caught.value, FileNotFoundError)


# Stores


def test_the_project_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIDEMILL_HOME", str(tmp_path / "home"))
    with DagsterInstance.get() as instance:
        assert not instance.is_ephemeral
        assert instance.root_directory == str(tmp_path / "home")
        assert instance.storage_directory().startswith(str(tmp_path / "home"))
        materialize([other], instance=instance)
        assert str(tmp_path) in instance.info_str()
    with DagsterInstance.get() as again:
        assert again.load_asset_value(["deep", "other"]) == 1


def test_temporary_stores_are_apart(tmp_path: Path) -> None:
    with DagsterInstance.ephemeral() as one, DagsterInstance.ephemeral() as two:
        materialize([other], instance=one)
        assert one.is_ephemeral
        assert (len(one.get_runs()), len(two.get_runs())) == (1, 0)
    with DagsterInstance.local_temp() as gone:
        folder = Path(gone.root_directory)
        assert materialize([other], instance=gone).success
    assert not folder.exists()
    with DagsterInstance.local_temp(str(tmp_path)) as kept:
        materialize([other], instance=kept)
    with DagsterInstance.ephemeral(str(tmp_path)) as again:
        assert len(again.get_runs()) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: DagsterInstance.ephemeral(preload=[1]),
        lambda: DagsterInstance.ephemeral(settings={"telemetry": {}}),
        lambda: DagsterInstance.local_temp(overrides={"run_launcher": {}}),
    ],
)
def test_settings_that_mean_nothing_here(make) -> None:
    with pytest.raises(UnsupportedNameError) as caught:
        make()
    assert "TIDEMILL_" in caught.value.next_step


def test_a_method_that_it_does_not_have(instance: DagsterInstance) -> None:
    with pytest.raises(UnsupportedNameError) as caught:
        instance.get_run_by_ids()
    assert caught.value.subject == "get_run_by_ids"
    assert "get_run_by_id" in caught.value.next_step
    assert not hasattr(instance, "launch_everything")


def test_partitions_of_an_asset_without_any(instance: DagsterInstance) -> None:
    assert instance.get_materialized_partitions(AssetKey("count")) == set()


def test_runs_and_records_in_either_order(tmp_path: Path) -> None:
    @asset
    def made() -> int:
        return 1

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        ids = [materialize([made], instance=instance).run_id for _ in range(3)]
        assert [run.run_id for run in instance.get_runs(ascending=True, limit=2)] == ids[:2]
        assert [run.run_id for run in instance.get_runs(limit=2)] == ids[:0:-1]
        forth = instance.get_records_for_run(ids[0]).records
        back = instance.get_records_for_run(ids[0], ascending=False, limit=2)
        assert [each.storage_id for each in back.records] == [each.storage_id for each in forth[:-3:-1]]
        again = instance.get_records_for_run(ids[0], back.cursor, ascending=False)
        assert again.records[0].storage_id == forth[-3].storage_id
        with pytest.raises(UnsupportedNameError, match="order_by"):
            instance.get_run_records(order_by="status")
