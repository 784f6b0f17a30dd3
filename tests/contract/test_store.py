"""What a store promises, the same on disk and in memory."""

from __future__ import annotations

import math
import os
import pickle
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from store_events import IDENTITY, A, B, begun, inline_artifact, new_version, step, tables

from tidemill.core.errors import (
    InvariantViolationError,
    RunNotFoundError,
    StoreError,
    StoreVersionError,
    ValueNotStoredError,
)
from tidemill.core.events import (
    Checked,
    Event,
    Materialized,
    Observed,
    RunCanceled,
    RunFailed,
    RunSucceeded,
    StepBlocked,
    StepCanceled,
    StepFailed,
    StepRetrying,
    StepReused,
    StepSkipped,
    StepStarted,
    StepSucceeded,
)
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import (
    Artifact,
    CheckResult,
    CodeRef,
    ErrorInfo,
    External,
    Lease,
    Observation,
    Version,
    VersionRef,
)
from tidemill.storage import Store
from tidemill.storage.database import Database, Migration, own_migrations


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = Store.in_memory() if request.param == "memory" else Store.open(tmp_path / "store")
    with made:
        yield made


SMALL = {"kind": "scalar", "type": "float", "summary": "NaN", "value": "NaN"}
LARGE = {"kind": "text", "type": "str", "summary": "xxx…", "text": "x" * 2000, "length": 2000}


class TestVersions:
    @pytest.mark.parametrize(("preview", "kept_apart"), [(SMALL, 0), (LARGE, 1)], ids=["small", "large"])
    def test_a_large_look_at_a_value_leaves_its_row(
        self, store: Store, preview: dict[str, object], kept_apart: int
    ) -> None:
        made = [new_version(A, preview=preview) for _ in range(2)]
        store.append("run", [*begun("run"), *step("make", *made)])
        found = store.versions(A)
        assert [one.preview for one in found] == [preview, preview]
        assert store.latest_versions([(A, None)], metadata=False)[A, None].preview is None
        with store.database() as database:
            (blobs,) = database.connection.execute("SELECT count(*) FROM blobs").fetchone()
        assert blobs == kept_apart

    def test_everything_that_a_version_says_comes_back(self, store: Store) -> None:
        source = VersionRef(B, "2024", "v-source", "content")
        version = Version(
            id="v-full",
            asset=A,
            partition="2024-05-01",
            made_at=11,
            data_version="content",
            code_version="code",
            artifact=inline_artifact(b"\x00bytes")._replace(identity=IDENTITY),
            external=External("duckdb", "schema.table", "pandas.DataFrame"),
            version_key="key",
            inputs=(source,),
            metadata={"n": MetadataValue.int(3), "blob": MetadataValue.json({"blob": "text"})},
            tags={"color": "blue"},
            description="words",
            reused_from="v-older",
            number=1,
            run_id="run",
            step="make",
            config={"depth": 3},
            libraries={"xgboost": "2.1"},
            seed=7,
            previous="v-before",
            preview={
                "kind": "table",
                "type": "pandas.DataFrame",
                "summary": "900 × 1",
                "rows": [["x" * 20]] * 60,
            },
        )
        defaults = Version._field_defaults
        unsaid = [name for name in defaults if getattr(version, name) == defaults[name]]
        assert unsaid == ["dropped"]  # what retention says of it, and nobody else
        store.append("run", [*begun("run"), *step("make", version._replace(number=99))])
        assert store.version(A, "2024-05-01", 1) == version
        assert store.latest_versions([(A, "2024-05-01")]) == {(A, "2024-05-01"): version}
        assert store.version_by_id("v-full") == version
        assert store.versions_made_from("v-source") == [version]
        assert store.artifact_users(version.artifact.address) == [version]
        assert [stored.event.version for stored in store.events(kinds=[Materialized])] == [version]

    def test_numbers_count_for_each_asset_and_partition(self, store: Store) -> None:
        order = [(A, None), (B, None), (A, "x"), (A, None), (A, "x"), (A, "y"), (A, None)]
        made = [new_version(asset, partition) for asset, partition in order]
        store.append("run", [*begun("run"), *step("s", *made[:3])])
        store.append("run", step("t", *made[3:]))
        numbers = [store.version_by_id(version.id).number for version in made]
        assert numbers == [1, 1, 1, 2, 2, 1, 3]
        assert store.version_counts() == {(A, None): 3, (A, "x"): 2, (A, "y"): 1, (B, None): 1}
        assert store.partitions(A) == ["x", "y"]
        assert store.asset_keys() == [A, B]
        assert store.asset_keys(["b"]) == [B]

    def test_versions_come_newest_first_and_in_pages(self, store: Store) -> None:
        made = [new_version(A, partition) for partition in (None, "x", None, "x", None)]
        store.append("run", [*begun("run"), *step("s", *made)])
        ids = [version.id for version in made]
        assert [v.id for v in store.versions(A)] == ids[::-1]
        assert [v.id for v in store.versions(A, ascending=True, limit=2)] == ids[:2]
        assert [v.id for v in store.versions(A, before=ids[3], limit=2)] == [ids[2], ids[1]]
        assert [v.number for v in store.versions(A, partition=None)] == [3, 2, 1]
        assert [v.id for v in store.versions(A, partition="x", before=ids[3])] == [ids[1]]
        assert store.versions(AssetKey("none")) == []

    def test_the_latest_is_read_in_bulk_and_only_where_there_is_one(self, store: Store) -> None:
        keys = [AssetKey(f"asset_{i}") for i in range(300)]
        store.append("run", [*begun("run"), *step("s", *map(new_version, keys), new_version(A, "x"))])
        latest = store.latest_versions([(A, None), (A, "x"), *((key, None) for key in keys)])
        assert len(latest) == 301
        assert latest[A, "x"].partition == "x"
        assert all(latest[key, None].asset == key for key in keys)

    def test_the_latest_in_bulk_is_what_each_is_alone(self, store: Store) -> None:
        made = [
            new_version(
                AssetKey(f"asset_{i}"),
                artifact=inline_artifact(i.to_bytes(2, "big"))._replace(content=f"{i % 2:064}"),
                metadata={"i": MetadataValue.int(i)} if i % 3 else {},
                run_id="run",
                step="s" if i % 5 else f"asset_{i}",
                number=1,
            )
            for i in range(250)
        ]
        store.append("run", [*begun("run"), *(event for one in made for event in step(one.step, one))])
        latest = store.latest_versions([(one.asset, None) for one in made])
        assert list(latest.values()) == made
        assert [store.version(one.asset, None, 1) for one in made] == made

    def test_a_number_that_is_not_there_names_those_that_are(self, store: Store) -> None:
        store.append("run", [*begun("run"), *step("s", new_version(), new_version())])
        with pytest.raises(ValueNotStoredError) as missing:
            store.version(A, None, 7)
        assert missing.value.subject == "a@7"
        assert missing.value.found == "versions 2, 1 (newest first)"
        with pytest.raises(ValueNotStoredError, match="no version of a\\[x\\] at all"):
            store.version(A, "x", 1)
        assert store.version_by_id("nothing") is None

    def test_an_id_is_never_used_twice(self, store: Store) -> None:
        store.append("run", [*begun("run"), *step("s", new_version(id="same"))])
        with pytest.raises(InvariantViolationError, match="contradicts"):  # noqa: PT012  (in memory, the read tells)
            store.append("run", step("t", new_version(id="same")))
            store.versions(A)

    def test_files_change_their_identity_for_every_version(self, store: Store) -> None:
        file = Artifact("f" * 64, 5, "c" * 64, False, "numpy.ndarray", IDENTITY)
        store.append(
            "run", [*begun("run"), *step("s", new_version(artifact=file), new_version(artifact=file))]
        )
        touched = IDENTITY._replace(mtime_ns=9)
        store.record_identity(file.address, touched)
        assert [v.artifact.identity for v in store.versions(A)] == [touched, touched]
        store.rebuild()
        assert list(store.artifacts()) == [file._replace(identity=touched)]

    def test_every_artifact_is_listed_once(self, store: Store) -> None:
        artifacts = [inline_artifact(i.to_bytes(2, "big")) for i in range(1, 451)]
        versions = [new_version(artifact=artifact) for artifact in [*artifacts, *artifacts[:9]]]
        store.append("run", [*begun("run"), *step("s", *versions)])
        assert sorted(store.artifacts()) == sorted(artifacts)


class TestMetadata:
    def test_two_megabytes_of_markdown_leave_the_row_and_come_back(self, store: Store) -> None:
        plot = MetadataValue.md("![plot](data:image/png;base64," + "A" * 2_000_000 + ")")
        metadata = {"plot": plot, "rows": MetadataValue.int(3)}
        failure = ErrorInfo("E: no", cause=ErrorInfo("Failure", metadata=metadata))
        check = CheckResult(A, "looks", True, metadata=metadata)
        store.append(
            "run",
            [
                *begun("run", "s", "t"),
                *step("s", new_version(metadata=metadata)),
                Checked(6, "s", 1, check),
                Observed(6, "s", 1, Observation(A, metadata=metadata)),
                StepFailed(7, "t", 1, failure),
            ],
        )
        with store.database() as database:
            (longest,) = database.connection.execute("SELECT max(length(data)) FROM events").fetchone()
            (blobs,) = database.connection.execute("SELECT count(*) FROM blobs").fetchone()
        assert longest < 2_000
        assert blobs == 1
        store.rebuild()
        assert store.versions(A)[0].metadata == metadata
        assert store.checks(asset=A)[0].check == check
        assert store.events(asset=A, kinds=[Observed])[0].event.observation.metadata == metadata
        assert store.steps("run")[1].error == failure
        bare = store.latest_versions([(A, None)], metadata=False)[A, None]
        assert bare == store.versions(A)[0]._replace(metadata={})

    def test_what_comes_back_is_as_good_as_the_dict_that_went_in(self, store: Store) -> None:
        metadata = {"rows": MetadataValue.int(3), "note": MetadataValue.text('{"blob":')}
        version = new_version(metadata=metadata, number=1, run_id="run", step="s")
        store.append("run", [*begun("run"), *step("s", version)])
        found = store.latest_versions([(A, None)])[A, None]
        assert found == version
        assert version == found
        assert repr(found) == repr(version)
        assert type(pickle.loads(pickle.dumps(found)).metadata) is dict
        assert pickle.loads(pickle.dumps(found)) == version
        stored = found.metadata
        assert {**stored} == dict(stored) == metadata == stored
        assert (stored | {"x": 1}, {"x": 1} | stored) == (metadata | {"x": 1}, {"x": 1} | metadata)
        assert (list(stored), len(stored), "rows" in stored, "x" in stored) == (
            list(metadata),
            2,
            True,
            False,
        )
        with pytest.raises(TypeError):
            stored["rows"] = MetadataValue.int(4)
        store.append("", [Observed(9, "", 1, Observation(A, metadata=stored))])
        (again,) = store.events("", kinds=[Observed])
        assert again.event.observation.metadata == metadata

    def test_numbers_make_a_series_with_nan_and_infinity(self, store: Store) -> None:
        values = [0.5, math.nan, math.inf, -math.inf, 3]
        made = [
            new_version(metadata={"loss": MetadataValue.float(value), "note": MetadataValue.text("x")})
            for value in values
        ]
        other = new_version(A, "x", metadata={"loss": MetadataValue.int(10**18)})
        store.append("run", [*begun("run"), *step("s", *made, other)])
        points = store.series(A, "loss", partition=None)
        assert [repr(point.value) for point in points] == ["0.5", "nan", "inf", "-inf", "3.0"]
        assert [(p.version_id, p.number, p.at) for p in points] == [
            (v.id, n, 4) for n, v in enumerate(made, 1)
        ]
        assert [(p.partition, p.value) for p in store.series(A, "loss")][-1] == ("x", 1e18)
        assert store.series_labels(A) == ["loss"]
        assert store.versions(A, partition=None)[-2].metadata["loss"] == MetadataValue.float(math.nan)


class TestRuns:
    def test_a_run_is_found_by_number_id_and_either_end_of_its_id(self, store: Store) -> None:
        for run_id in ("0190-aaaa-1111", "0190-bbbb-2222", "1234"):
            store.append(run_id, begun(run_id))
        assert [store.run(key).number for key in (2, "2", "0190-bbbb-2222", "2222", "0190-b")] == [2] * 5
        assert store.run("1234").number == 3
        with pytest.raises(RunNotFoundError) as many:
            store.run("0190")
        assert many.value.found == "0190-aaaa-1111, 0190-bbbb-2222"
        for absent in (9, "222", "zzzz-9999"):
            with pytest.raises(RunNotFoundError) as missing:
                store.run(absent)
            assert missing.value.subject == str(absent)
            assert "3 (job, 1234)" in missing.value.expected

    def test_runs_match_all_that_is_asked(self, store: Store) -> None:
        for number, run_id in enumerate(["r-1", "r-2", "r-3", "r-4"], 1):
            tags = {"team": "red" if number % 2 else "blue", "n": str(number)}
            store.append(run_id, begun(run_id, tags=tags, job_name="odd" if number % 2 else "even"))
        store.append("r-1", [RunSucceeded(9)])
        store.append("r-2", [RunFailed(9, ("s",), ErrorInfo("E: no"))])

        def found(**asked: object) -> list[int]:
            return [state.number for state in store.runs(**asked)]

        assert found() == [4, 3, 2, 1]
        assert found(ascending=True, limit=2) == [1, 2]
        assert found(before=3) == [2, 1]
        assert found(statuses=["started"]) == [4, 3]
        assert found(statuses=["failed", "started"]) == [4, 3, 2]
        assert found(job_name="odd") == [3, 1]
        assert found(tags={"team": "red", "n": "3"}) == [3]
        assert found(tags={"team": "blue", "n": "3"}) == []
        assert found(ids=["r-1", "r-4", "r-9"]) == [4, 1]
        assert found(statuses=[]) == []
        assert found(created_after=1) == []
        assert found(created_after=0, created_before=2, limit=1) == [4]
        failed = store.run("r-2")
        assert (failed.status, failed.started_at, failed.finished_at) == ("failed", 2, 9)
        assert failed.error == ErrorInfo("E: no")

    def test_everything_that_a_run_says_comes_back(self, store: Store) -> None:
        (created, _) = begun(
            "run",
            "s",
            tags={"a": "b"},
            selection="+a",
            partition="x",
            code=CodeRef("module", "m"),
            parent_id="p",
            lease=Lease("host", "boot", 1, 2),
            environment={"python": "3.11"},
        )
        store.append("run", [created])
        assert store.run(1).run == created.run
        assert store.run(1).status == "queued"

    def test_steps_come_in_plan_order_with_what_became_of_them(self, store: Store) -> None:
        error = ErrorInfo("ValueError: bad", ("frame",), "ValueError")
        names = ["never", "done", "failed", "retrying", "running", "skipped", "blocked", "canceled", "reused"]
        store.append(
            "run",
            [
                *begun("run", *names),
                StepStarted(10, "failed", 1),
                StepRetrying(11, "failed", 1, error),
                StepStarted(12, "failed", 2),
                *step("done", new_version()),
                StepStarted(13, "dynamic[1]"),
                StepFailed(14, "failed", 2, error),
                StepStarted(15, "retrying"),
                StepRetrying(16, "retrying", 1, error, 2.0),
                StepStarted(17, "running", 3),
                StepSkipped(18, "skipped", "done"),
                StepBlocked(19, "blocked", "failed"),
                StepCanceled(20, "canceled"),
                StepReused(21, "reused"),
            ],
        )
        assert [(s.step, s.status, s.attempt, s.started_at, s.finished_at) for s in store.steps("run")] == [
            ("never", "planned", 0, None, None),
            ("done", "succeeded", 1, 3, 5),
            ("failed", "failed", 2, 10, 14),
            ("retrying", "retrying", 1, 15, None),
            ("running", "started", 3, 17, None),
            ("skipped", "skipped", 0, None, 18),
            ("blocked", "blocked", 0, None, 19),
            ("canceled", "canceled", 0, None, 20),
            ("reused", "reused", 0, None, 21),
            ("dynamic[1]", "started", 1, 13, None),
        ]
        states = {state.step: state for state in store.steps("run")}
        assert states["failed"].error == error
        assert states["blocked"].cause == "failed"

    def test_the_end_of_a_run_is_final_and_a_refused_append_leaves_nothing(self, store: Store) -> None:
        store.append("run", [*begun("run"), RunCanceled(3, "somebody")])
        before = store.events()
        with pytest.raises(InvariantViolationError) as refused:
            store.append("run", [RunSucceeded(4)])
        assert refused.value.subject == "run"
        store.append("other", begun("other"))
        with pytest.raises(InvariantViolationError):
            store.append("other", [*step("s", new_version()), RunSucceeded(4), StepStarted(5, "late")])
        assert store.run("run").status == "canceled"
        assert store.run("other").status == "started"
        assert store.versions(A) == []
        assert [stored.run_id for stored in store.events(after=before[-1].seq)] == ["other", "other"]

    def test_a_run_must_be_created_first(self, store: Store) -> None:
        with pytest.raises(RunNotFoundError, match="nobody"):
            store.append("nobody", step("s"))
        assert store.events() == []


class TestEvents:
    def test_events_come_in_order_and_can_be_chosen(self, store: Store) -> None:
        observed = Observed(1, "", 1, Observation(B, "p", "v", {"n": MetadataValue.int(1)}, {"t": "u"}, "d"))
        store.append("", [observed])
        store.append("run", [*begun("run"), *step("s", new_version()), *step("t", new_version(B))])
        everything = store.events()
        assert [stored.seq for stored in everything] == sorted({stored.seq for stored in everything})
        assert (everything[0].run_id, everything[0].event) == ("", observed)
        assert store.events("") == everything[:1]
        assert store.events("run") == everything[1:]
        assert store.events("run", after=everything[3].seq, limit=2) == everything[4:6]
        assert store.events(kinds=[StepStarted, StepSucceeded], step="t") == [everything[6], everything[8]]
        assert store.events(asset=B) == [everything[0], everything[7]]
        assert store.events("run", asset=B) == [everything[7]]
        assert store.events(asset=B, kinds=[Materialized], ascending=False) == [everything[7]]
        assert store.events(ascending=False, limit=1) == everything[-1:]
        assert store.events(asset=B, kinds=[Observed]) == everything[:1]
        assert store.asset_keys() == [A, B]
        assert store.partitions(B) == []

    def test_checks_are_found_by_asset_name_and_run(self, store: Store) -> None:
        bad = CheckResult(
            A, "beats", False, "WARN", True, "x", "v", {"by": MetadataValue.float(0.1)}, "words"
        )
        good = CheckResult(A, "fresh", True)
        store.append("run", [*begun("run"), Checked(3, "s", 1, bad), Checked(4, "s", 1, good)])
        store.append("", [Checked(5, "", 1, good._replace(asset=B))])
        assert [c.check.asset for c in store.checks()] == [B, A, A]
        assert [c.check for c in store.checks(asset=A)] == [good, bad]
        assert [c.check for c in store.checks(asset=A, limit=1, ascending=True)] == [bad]
        (found,) = store.checks(name="beats")
        assert (found.run_id, found.at, found.step, found.check) == ("run", 3, "s", bad)
        assert [c.check.name for c in store.checks(run_id="run", name="fresh")] == ["fresh"]

    def test_threads_may_share_a_store(self, store: Store) -> None:
        def work(run_id: str) -> None:
            store.append(run_id, begun(run_id))
            for number in range(20):
                store.append(run_id, step(f"s{number}", new_version()))
                assert store.run(run_id).status == "started"

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(work, f"run-{n}") for n in range(4)]:
                done.result()
        assert [version.number for version in store.versions(A)] == list(range(80, 0, -1))

    def test_an_empty_append_is_no_event(self, store: Store) -> None:
        store.append("nobody", [])
        assert store.events() == []


keys = st.sampled_from([A, B, AssetKey("metric")])
partitions = st.sampled_from([None, "x", "y"])
numbers = st.one_of(st.floats().map(MetadataValue.float), st.integers().map(MetadataValue.int))
entries = st.dictionaries(
    st.text(max_size=3), numbers | st.text(max_size=9000).map(MetadataValue.text), max_size=3
)
happenings = st.one_of(
    st.tuples(st.just("version"), keys, partitions, entries),
    st.tuples(st.just("observation"), keys, partitions, entries),
    st.tuples(st.just("check"), keys, partitions, entries),
    st.tuples(st.just("end"), keys, partitions, entries),
)


@given(st.lists(st.tuples(st.integers(0, 2), happenings), max_size=30))
def test_a_rebuild_gives_the_same_tables(
    story: list[tuple[int, tuple[str, AssetKey, str | None, dict]]],
) -> None:
    with Store.in_memory() as store:
        generation = [0, 0, 0]
        ids: list[str] = []
        for number in range(3):
            store.append(f"run-{number}.0", begun(f"run-{number}.0", tags={"n": str(number)}))
        for lane, (what, key, partition, metadata) in story:
            run_id = f"run-{lane}.{generation[lane]}"
            if what == "end":
                store.append(run_id, [RunSucceeded(9)])
                generation[lane] += 1
                store.append(f"run-{lane}.{generation[lane]}", begun(f"run-{lane}.{generation[lane]}"))
                continue
            inputs = tuple(VersionRef(key, partition, made, "d") for made in ids[-2:])
            version = new_version(key, partition, metadata=metadata, inputs=inputs)
            event: Event = {
                "version": Materialized(4, "s", 1, version),
                "observation": Observed(4, "s", 1, Observation(key, partition, metadata=metadata)),
                "check": Checked(4, "s", 1, CheckResult(key, "c", True, metadata=metadata)),
            }[what]
            ids += [version.id] if what == "version" else []
            store.append(run_id, [event])
        before, events = tables(store), store.events()
        store.rebuild()
        assert tables(store) == before
        assert store.events() == events


class TestOnDisk:
    def test_a_new_store_keeps_itself_out_of_git_and_is_found_again(self, tmp_path: Path) -> None:
        folder = tmp_path / "project" / ".tidemill"
        with Store.open(folder) as store:
            store.append("run", begun("run"))
        assert (folder / ".gitignore").read_text() == "*\n"
        assert sorted(path.name for path in folder.iterdir()) == [
            ".gitignore",
            "artifacts",
            "logs",
            "tidemill.db",
        ]
        with Store.open(folder, durability="full", create=False) as store:
            assert store.run(1).run.id == "run"

    @pytest.mark.parametrize(("durability", "level"), [("normal", 1), ("full", 2)])
    def test_durability_is_what_sqlite_is_told(self, tmp_path: Path, durability: str, level: int) -> None:
        with Store.open(tmp_path, durability=durability) as store, store.database() as database:
            assert database.connection.execute("PRAGMA synchronous").fetchone() == (level,)
            assert database.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    def test_a_store_that_is_not_there_is_not_made_unasked(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError) as missing:
            Store.open(tmp_path / "none", create=False)
        assert missing.value.subject == str(tmp_path / "none")
        assert not (tmp_path / "none").exists()

    def test_a_folder_that_is_a_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("mine")
        with pytest.raises(StoreError) as refused:
            Store.open(tmp_path / "file")
        assert refused.value.subject == str(tmp_path / "file")
        assert (tmp_path / "file").read_text() == "mine"

    def test_a_corrupt_database_is_refused_by_name(self, tmp_path: Path) -> None:
        (tmp_path / "tidemill.db").write_bytes(b"this is no database at all" * 400)
        with pytest.raises(StoreError, match="damaged") as refused:
            Store.open(tmp_path)
        assert refused.value.subject == str(tmp_path / "tidemill.db")

    def test_damage_inside_of_the_database_is_told_when_it_is_met(self, tmp_path: Path) -> None:
        with Store.open(tmp_path) as store:
            store.append("run", [*begun("run"), *step("s", *[new_version() for _ in range(2_000)])])
        path = tmp_path / "tidemill.db"
        data = bytearray(path.read_bytes())
        data[200_000:-40_000] = b"\xa5" * (len(data) - 240_000)
        path.write_bytes(data)
        with Store.open(tmp_path) as store, pytest.raises(StoreError, match="damaged") as refused:
            store.events()
        assert refused.value.subject == str(path)

    def test_the_database_of_another_program_is_left_alone(self, tmp_path: Path) -> None:
        connection = sqlite3.connect(tmp_path / "tidemill.db")
        connection.execute("CREATE TABLE runs (id)")
        connection.close()
        with pytest.raises(StoreError, match="not one of Tidemill"):
            Store.open(tmp_path)

    def test_a_newer_schema_is_refused_with_both_versions(self, tmp_path: Path) -> None:
        Store.open(tmp_path).close()
        connection = sqlite3.connect(tmp_path / "tidemill.db")
        connection.execute("INSERT INTO migrations VALUES (99, 'later', '7.8.9')")
        connection.execute("PRAGMA user_version = 99")
        connection.commit()
        connection.close()
        with pytest.raises(StoreVersionError) as newer:
            Store.open(tmp_path)
        assert newer.value.found == "schema 99, of Tidemill 7.8.9"
        assert newer.value.expected.startswith(f"schema {len(own_migrations())} or older")

    def test_an_older_schema_is_migrated_with_a_copy_beside_it(self, tmp_path: Path) -> None:
        with Store.open(tmp_path) as store:
            store.append("run", begun("run"))
        path = tmp_path / "tidemill.db"
        after = len(own_migrations()) + 1
        second = Migration(
            after, "notes", "CREATE TABLE notes (text TEXT DEFAULT ';');\nINSERT INTO notes VALUES ('hi');"
        )
        old = Database.open(path)
        new = Database.open(path, migrations=[*own_migrations(), second])
        assert new.connection.execute("SELECT text FROM notes").fetchall() == [("hi",)]
        assert new.connection.execute("SELECT number, name FROM migrations").fetchall()[-1] == (
            after,
            "notes",
        )
        with pytest.raises(StoreVersionError), old.writing():
            pass
        for database in (old, new):
            database.connection.close()
        copy = Database.open(tmp_path / f"tidemill.db.schema-{after - 1}")
        assert copy.connection.execute("SELECT id FROM runs").fetchall() == [("run",)]
        copy.connection.close()
        with pytest.raises(StoreVersionError):
            Store.open(tmp_path)

    def test_a_migration_that_fails_leaves_the_store_as_it_was(self, tmp_path: Path) -> None:
        Store.open(tmp_path).close()
        script = "CREATE TABLE notes (text);\nINSERT INTO nowhere VALUES (1);"
        broken = Migration(len(own_migrations()) + 1, "broken", script)
        with pytest.raises(StoreError, match="nowhere"):
            Database.open(tmp_path / "tidemill.db", migrations=[*own_migrations(), broken])
        with Store.open(tmp_path) as store, store.database() as database:
            assert (
                database.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'notes'").fetchall()
                == []
            )

    def test_a_forked_child_may_not_use_it(self, store: Store) -> None:
        store.append("run", begun("run"))
        child = os.fork()
        if child == 0:
            outcomes = []
            for use in (lambda: store.append("run", step("s")), lambda: store.run(1)):
                try:
                    use()
                    outcomes.append(False)
                except InvariantViolationError as error:
                    outcomes.append("forked" in str(error))
            store.close()
            os._exit(0 if all(outcomes) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        store.append("run", step("s"))
        assert len(store.events()) == 4
