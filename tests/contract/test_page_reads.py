"""What pages ask of a store, and the store that cannot be written to."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from store_events import A, B, begun, new_version, step, tables, tables_of

from tidemill.core.errors import StoreError, StoreVersionError
from tidemill.core.events import (
    AssetWiped,
    Checked,
    Event,
    Materialized,
    RunCreated,
    RunFailed,
    RunStarted,
    RunSucceeded,
    StepFailed,
    StepReused,
    StepStarted,
)
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import CheckResult, ErrorInfo, PlannedStep, Run
from tidemill.storage import Store, page_reads
from tidemill.storage.database import Database, own_migrations
from tidemill.storage.page_reads import RunFilter
from tidemill.storage.reading import ReadingStore, TooSlowError


def asked(
    run_id: str, *assets: AssetKey, parent: str | None = None, at: int = 1, job: str = "job"
) -> list[Event]:
    """A run that means to make some assets."""
    steps = tuple(PlannedStep(asset.text, (asset,)) for asset in assets)
    order = Run(run_id, job, at, {}, {"team": run_id}, steps, parent_id=parent)
    return [RunCreated(at, order), RunStarted(at)]


def verdict(name: str, passed: bool, at: int, partition: str | None = None) -> Checked:
    return Checked(at, "s", 1, CheckResult(A, name, passed, partition=partition))


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Three runs: one that made A, one that failed at B, one that re-executes the second."""
    with Store.open(tmp_path) as store:
        store.append(
            "one", [*asked("one", A), *step("a", new_version(A)), verdict("c", False, 5), RunSucceeded(6)]
        )
        error = ErrorInfo("ValueError: no")
        store.append(
            "two", [*asked("two", A, B, at=10), StepStarted(11, B.text), StepFailed(12, B.text, 1, error)]
        )
        store.append("two", [verdict("c", True, 13), RunFailed(14, (B.text,))])
        store.append("three", asked("three", B, parent="two", at=20, job="other"))
    return tmp_path


def test_runs_by_what_they_meant_to_make_by_state_by_job_by_tag_and_by_time(filled: Path) -> None:
    store = ReadingStore(filled)

    def found(before: int = page_reads.NEWEST, limit: int = 9, **wanted: object) -> list[int]:
        return page_reads.run_numbers(store, RunFilter(**wanted), before=before, limit=limit)  # type: ignore[arg-type]

    assert found() == [3, 2, 1]
    assert found(asset=A.text) == [2, 1]
    assert found(asset=B.text) == [3, 2]
    assert found(asset=B.text, statuses=("failed",)) == [2]
    assert found(statuses=("failed",)) == [2]
    assert found(statuses=("failed", "succeeded")) == [2, 1]
    assert found(job_name="other") == [3]
    assert found(tag=("team", "two")) == [2]
    assert found(since=10, until=20) == [2]
    assert found(before=3, limit=1) == [2]
    store.close()


def test_who_repeats_a_run_is_known(filled: Path) -> None:
    store = ReadingStore(filled)
    assert page_reads.repeats_of(store, "two") == [3]
    assert page_reads.repeats_of(store, "one") == []
    store.close()


def test_of_each_check_the_last_verdict_counts(filled: Path) -> None:
    store = ReadingStore(filled)
    (row,) = page_reads.verdicts_of_assets(store, [A.text])
    assert page_reads.document(row.data)["check"]["passed"] is True
    assert page_reads.verdict_signs(store) == [(A.text, True, "ERROR", 1)]
    assert [row.at for row in page_reads.verdicts_page(store, A.text, limit=9)] == [13, 5]
    store.close()


def test_a_step_whose_last_end_was_a_failure_is_found_until_it_is_made_good(filled: Path) -> None:
    store = ReadingStore(filled)
    assert [(one.step, one.run, one.message) for one in page_reads.settled_steps(store)] == [
        (B.text, 2, "ValueError: no")
    ]
    with Store.open(filled) as writing:
        writing.append("three", [StepReused(21, B.text)])
    assert page_reads.settled_steps(store) == []
    store.close()


def test_versions_of_all_partitions_are_in_the_order_of_the_log_and_of_one_by_number(tmp_path: Path) -> None:
    with Store.open(tmp_path) as writing:
        versions = [new_version(A, partition) for partition in ("y", "x", "y", "x", "y")]
        writing.append("", [Materialized(n, "s", 1, version) for n, version in enumerate(versions)])
    store = ReadingStore(tmp_path)
    every = page_reads.versions_page(store, A.text, limit=3)
    rest = page_reads.versions_page(store, A.text, before=every[-1].seq, limit=9)
    assert [found.version.id for found in (*every, *rest)] == [version.id for version in reversed(versions)]
    of_y = page_reads.versions_page(store, A.text, partition="y", before=3, limit=9)
    assert [found.version.number for found in of_y] == [2, 1]
    store.close()


def test_a_series_is_thinned_and_keeps_its_last_point(tmp_path: Path) -> None:
    with Store.open(tmp_path) as writing:
        made = [new_version(A, metadata={"score": MetadataValue.float(n)}) for n in range(101)]
        writing.append("", [Materialized(n, "s", 1, version) for n, version in enumerate(made)])
    store = ReadingStore(tmp_path)
    assert page_reads.lengths_of_series(store, A.text) == {"score": 101}
    points = page_reads.thinned_series(store, A.text, "score", 10)
    assert [point.value for point in points] == [float(n) for n in range(0, 101, 10)]
    store.close()


def test_what_was_forgotten_of_an_asset_is_on_no_page(filled: Path) -> None:
    with Store.open(filled) as writing:
        writing.append("", [AssetWiped(30, A)])
    store = ReadingStore(filled)
    assert page_reads.versions_page(store, A.text, limit=9) == []
    assert page_reads.verdicts_of_assets(store, [A.text]) == []
    assert page_reads.verdicts_page(store, A.text, limit=9) == []
    assert page_reads.events_of_asset(store, A.text, limit=9) == []
    store.close()


def test_a_rebuild_folds_what_pages_ask_to_the_same(filled: Path) -> None:
    with Store.open(filled) as store:
        before = tables(store)
        assert before["verdicts"]
        assert before["run_assets"]
        assert before["repeats"]
        store.rebuild()
        assert tables(store) == before


def test_a_store_of_before_has_the_same_after_its_migration(
    filled: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Store.open(filled) as store:
        wanted = tables(store)
    path = tmp_path_factory.mktemp("old") / "tidemill.db"
    old = Database.open(path, migrations=own_migrations()[:6]).connection
    old.execute("ATTACH ? AS new", (str(filled / "tidemill.db"),))
    for (name,) in old.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
        if name != "migrations" and not name.startswith("sqlite_"):
            old.execute(f"INSERT INTO main.{name} SELECT * FROM new.{name}")  # noqa: S608  (our own tables)
    old.commit()
    old.close()
    migrated = Database.open(path).connection
    assert tables_of(migrated) == wanted
    migrated.close()


def test_a_reading_store_writes_nothing(filled: Path) -> None:
    store = ReadingStore(filled)
    with pytest.raises(StoreError, match="cannot be written"):
        store.select("keep_recipe", ("f", "d"))
    store.close()


def test_a_reading_store_refuses_what_is_not_there_and_another_schema(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="There is no store"):
        ReadingStore(tmp_path)
    Database.open(tmp_path / "tidemill.db", migrations=own_migrations()[:6]).connection.close()
    with pytest.raises(StoreVersionError) as older:
        ReadingStore(tmp_path)
    assert "older" in older.value.problem
    connection = sqlite3.connect(tmp_path / "tidemill.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreVersionError, match="newer"):
        ReadingStore(tmp_path)


def test_a_question_that_takes_too_long_is_given_up_and_the_next_is_answered(tmp_path: Path) -> None:
    with Store.open(tmp_path) as writing:
        writing.append("run", begun("run"))
        writing.append("run", [StepStarted(n, f"s{n}") for n in range(30_000)])
    store = ReadingStore(tmp_path, patience=0.05)
    endless = " UNION ALL SELECT count(*) FROM events a, events b"
    began = time.monotonic()
    with pytest.raises(TooSlowError):
        store.select("count_of_events", (), endless)
    assert time.monotonic() - began < 5
    assert store.newest_event() == 30_002
    store.close()


def test_a_watch_sees_what_others_commit(tmp_path: Path) -> None:
    with Store.open(tmp_path) as writing:
        watch = ReadingStore(tmp_path).watch()
        assert watch.changed()
        assert not watch.changed()
        writing.append("run", begun("run"))
        assert watch.changed()
        assert not watch.changed()
        watch.close()


def test_many_threads_ask_at_a_time(filled: Path) -> None:
    store = ReadingStore(filled, connections=2)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(store.newest_event())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert len(answers) == 20
    store.close()
