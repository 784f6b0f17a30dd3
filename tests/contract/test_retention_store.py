"""Retention on a store: what the log, its tables and the files say before, while and after values and events go."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from store_events import A, B, begun, inline_artifact, new_version, step, tables

from tidemill.core.errors import InvariantViolationError, ValueNotStoredError
from tidemill.core.events import (
    ChatterDropped,
    Materialized,
    RunCreated,
    RunSucceeded,
    StepFailed,
    StepReused,
    StepSucceeded,
    ValuesDropped,
    Withheld,
)
from tidemill.core.keys import AssetKey
from tidemill.core.records import ErrorInfo, PlannedStep, Run, Version, VersionRef
from tidemill.home import Home
from tidemill.home.leases import current_lease
from tidemill.home.retention import Broom, Policy, alone, clear, look_at_values, survey
from tidemill.home.upkeep import keep_up
from tidemill.planning.retention import Rule
from tidemill.storage import Store, keeping
from tidemill.storage.projections import CHATTER
from tidemill.storage.store import START

HOUR, DAY = 3600, 86400
EVER = Policy()


class Ahead:
    """The machine's clock, set forward by `seconds`."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> int:
        return time.time_ns() // 1000 + int(self.seconds * 1e6)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = Store.in_memory() if request.param == "memory" else Store.open(tmp_path / "store")
    with made:
        yield made


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = Home.open(tmp_path / "store", clock=Ahead())
    yield opened
    opened.close()


def pass_time(home: Home, seconds: float) -> None:
    """Let time pass: the clock goes on, and files become older by that."""
    assert isinstance(home.clock, Ahead)
    home.clock.seconds += seconds


def make(home: Home, asset: AssetKey, value: Any, run_id: str = "", **fields: Any) -> Version:
    """A version with a value that the store keeps, outside of any run unless one is named."""
    artifact = home.artifacts.save(value, subject=asset.text)
    version = new_version(asset, artifact=artifact, **fields)
    home.append(run_id, [Materialized(home.clock.now(), "s", 1, version)])
    found = home.store.version_by_id(version.id)
    assert found is not None
    return found


def large(number: float) -> np.ndarray:
    return np.full(4_000, number)


def gc(home: Home, rules: dict[AssetKey, Rule], policy: Policy = EVER) -> list[str]:
    """Clear up; the versions that lost their value, as `a@1`."""
    named = {asset.text: rule for asset, rule in rules.items()}
    cleared = clear(home, survey(home, named, policy), policy)
    assert cleared.problems == ()
    return [f"{drop.value.asset}@{drop.value.number}" for drop in cleared.values]


def files(home: Home) -> set[str]:
    return {file.address for file in home.artifacts.files()}


def needed(home: Home) -> set[str]:
    """The files that the versions which have a value name."""
    return {artifact.address for artifact in home.store.artifacts() if artifact.inline is None}


def live_run(home: Home, run_id: str, **fields: Any) -> None:
    """A run of this process that goes on."""
    run = Run(run_id, "job", home.clock.now(), {}, lease=current_lease(), **fields)
    home.append(run_id, [created(run)])


def created(run: Run) -> RunCreated:
    return RunCreated(run.created_at, run)


class TestTables:
    def test_a_dropped_version_says_so_and_is_not_found_by_its_key(self, store: Store) -> None:
        old, new = (
            new_version(version_key=key, artifact=inline_artifact(key.encode())) for key in ("k1", "k2")
        )
        store.append("run", [*begun("run"), *step("s", old, new)])
        assert set(store.versions_by_key([(A, None, "k1"), (A, None, "k2")])) == {
            (A, None, "k1"),
            (A, None, "k2"),
        }
        store.append("", [ValuesDropped(77, (old.id,), "keep=1")])
        assert set(store.versions_by_key([(A, None, "k1"), (A, None, "k2")])) == {(A, None, "k2")}
        assert [version.dropped for version in store.versions(A)] == [False, True]
        assert keeping.drop_of(store, old.id) == (77, "keep=1")
        assert keeping.drop_of(store, new.id) is None
        dropped = store.version_by_id(old.id)
        assert dropped is not None
        assert dropped.artifact is not None
        assert (dropped.artifact.size, dropped.artifact.inline) == (2, None)
        assert [artifact.inline for artifact in store.artifacts()] == [b"k2"]

    def test_a_rebuild_gives_the_same_tables(self, store: Store) -> None:
        planned = (PlannedStep("s", (A,), None, 2, 60.0), PlannedStep("t", (B,)))
        versions = [new_version(version_key=f"k{n}", artifact=inline_artifact(b"%d" % n)) for n in range(4)]
        store.append("run", [created(Run("run", "job", 1, {}, steps=planned)), *step("s", *versions)])
        store.append("run", [RunSucceeded(9)])
        store.append("", [ValuesDropped(10, (versions[0].id, versions[2].id), "keep=2")])
        store.append("", [ValuesDropped(11, (versions[0].id,), "ttl=60s"), ChatterDropped(12, (1,), "old")])
        before = tables(store)
        assert (len(before["dropped"]), len(before["trimmed"]), len(before["keyed"])) == (2, 1, 2)
        assert before["rules"] == [("a", 2, 60.0)]
        store.rebuild()
        assert tables(store) == before
        assert keeping.drop_of(store, versions[0].id) == (10, "keep=2")

    def test_bytes_in_the_database_stay_while_a_version_needs_them(self, store: Store) -> None:
        same = inline_artifact(b"same")
        first, second = new_version(artifact=same), new_version(B, artifact=same)
        store.append("run", [*begun("run"), *step("s", first, second)])
        store.append("", [ValuesDropped(10, (first.id,), "keep=1")])
        assert [artifact.inline for artifact in store.artifacts()] == [b"same"]
        store.append("", [ValuesDropped(11, (second.id,), "keep=1")])
        assert list(store.artifacts()) == []
        store.append("run", step("t", new_version(artifact=same)))
        assert [artifact.inline for artifact in store.artifacts()] == [b"same"]

    def test_rules_are_what_the_last_run_said(self, store: Store) -> None:
        def plan(run_id: str, *steps: PlannedStep) -> None:
            store.append(run_id, [created(Run(run_id, "job", 1, {}, steps=steps)), RunSucceeded(2)])

        plan("1", PlannedStep("s", (A, B), None, 3), PlannedStep("t", (AssetKey("t"),), "x", None, 60.0))
        assert keeping.rules(store) == {"a": (3, None), B.text: (3, None), "t": (None, 60.0)}
        plan("2", PlannedStep("s", (A,), None, 5))
        plan("3", PlannedStep("t", (AssetKey("t"),)))
        assert keeping.rules(store) == {"a": (5, None), B.text: (3, None)}

    def test_values_and_chatter_are_not_dropped_by_runs(self, store: Store) -> None:
        with pytest.raises(InvariantViolationError):  # noqa: PT012  (in memory, the read tells)
            store.append("", [RunSucceeded(1)])
            store.events()
        assert [stored.event for stored in store.events()] == []


class TestValues:
    def test_what_goes_raises_and_says_why_and_the_rest_of_the_version_stays(self, home: Home) -> None:
        versions = [make(home, A, large(n)) for n in range(4)]
        small = [make(home, B, n) for n in range(3)]
        pass_time(home, 2 * HOUR)
        assert gc(home, {A: Rule(keep=2), B: Rule(ttl=60)}) == ["a@1", "a@2", "b/c\\/d@1", "b/c\\/d@2"]
        assert files(home) == needed(home) == {version.artifact.address for version in versions[2:]}
        for version in home.store.versions(A, ascending=True)[:2]:
            with pytest.raises(ValueNotStoredError) as gone:
                home.load(version)
            assert gone.value.subject == f"a@{version.number}"
            assert "keep=2" in (gone.value.found or "")
            assert "tidemill show a" in (gone.value.next_step or "")
            assert version.artifact is not None
            assert version.artifact.size > 32_000
        assert [float(home.load(v)[0]) for v in home.store.versions(A)[:2]] == [3, 2]
        assert home.load(home.store.versions(B)[0]) == 2
        with pytest.raises(ValueNotStoredError, match="no longer stored"):
            home.load(home.store.version(B, None, small[0].number))
        assert gc(home, {A: Rule(keep=2), B: Rule(ttl=60)}) == []

    def test_ttl_counts_from_when_a_version_was_made(self, home: Home) -> None:
        for _ in range(3):
            make(home, A, large(home.clock.now()))
            pass_time(home, DAY)
        assert gc(home, {A: Rule(ttl=4 * DAY)}) == []
        assert gc(home, {A: Rule(ttl=2.5 * DAY)}) == ["a@1"]
        pass_time(home, 365 * DAY)
        assert gc(home, {A: Rule(ttl=2.5 * DAY)}) == ["a@2"]
        assert home.load(home.store.versions(A)[0]) is not None

    def test_equal_values_share_a_file_that_goes_with_the_last(self, home: Home) -> None:
        make(home, A, large(1))
        for n in (2, 3):
            make(home, A, large(n))
        other = make(home, B, large(1))
        pass_time(home, 2 * HOUR)
        assert gc(home, {A: Rule(keep=1)}) == ["a@2"]
        assert home.load(home.store.version(A, None, 1)) is not None
        assert other.artifact is not None
        make(home, B, large(9))
        pass_time(home, 2 * HOUR)
        assert gc(home, {A: Rule(keep=1), B: Rule(keep=1)}) == ["a@1", "b/c\\/d@1"]
        assert other.artifact.address not in files(home)

    def test_a_version_that_was_reused_keeps_the_one_it_names(self, home: Home) -> None:
        first = make(home, A, large(1), version_key="k")
        make(home, A, large(2))
        again = first._replace(id="again", reused_from=first.id, number=0)
        home.append("", [Materialized(home.clock.now(), "s", 0, again)])
        pass_time(home, 2 * HOUR)
        assert gc(home, {A: Rule(keep=1)}) == ["a@2"]
        assert home.store.versions_by_key([(A, None, "k")])[A, None, "k"].id == "again"
        assert home.load(home.store.version(A, None, 1)) is not None

    def test_a_survey_changes_nothing(self, home: Home) -> None:
        for n in range(4):
            make(home, A, large(n))
        pass_time(home, 100 * DAY)
        before, found = files(home), survey(home, {"a": Rule(keep=1)}, Policy(1.0, 1.0))
        assert len(found.values.drops) == 3
        assert found.size == sum(drop.value.size for drop in found.values.drops)
        assert files(home) == before
        assert home.store.events(kinds=[ValuesDropped]) == []

    def test_only_one_clears_at_a_time(self, home: Home) -> None:
        with alone(home) as mine, alone(home) as other:
            assert mine is not None
            assert other is None
            assert keep_up(home, EVER, {"a"}) is None
        with alone(home) as later:
            assert later is not None


class TestRunsThatGoOn:
    def test_what_was_the_latest_since_it_began_stays(self, home: Home) -> None:
        for n in range(3):
            make(home, A, large(n))
        live_run(home, "run-live")
        for n in range(3, 6):
            make(home, A, large(n))
        pass_time(home, 2 * HOUR)
        verdict = look_at_values(home, {"a": Rule(keep=1)})
        assert [drop.value.number for drop in verdict.drops] == [1, 2]
        assert set(verdict.stays.values()) == {"live run"}
        assert gc(home, {A: Rule(keep=1)}) == ["a@1", "a@2"]
        home.append("run-live", [RunSucceeded(home.clock.now())])
        assert gc(home, {A: Rule(keep=1)}) == ["a@3", "a@4", "a@5"]

    def test_what_it_names_and_what_the_run_before_it_has_made_stays(self, home: Home) -> None:
        live_run(home, "run-first")
        made = make(home, A, large(1), "run-first")
        home.append("run-first", [RunSucceeded(home.clock.now())])
        source = make(home, B, large(2))
        for n in range(3, 6):
            make(home, A, large(n))
            make(home, B, large(10 + n))
        live_run(home, "run-again", parent_id="run-first")
        ref = VersionRef(B, None, source.id, source.data_version)
        make(home, AssetKey("c"), 1, "run-again", inputs=(ref,))
        pass_time(home, 2 * HOUR)
        assert gc(home, {A: Rule(keep=1), B: Rule(keep=1)}) == [
            f"{key}@{n}" for n in (2, 3) for key in ("a", "b/c\\/d")
        ]
        assert home.load(home.store.version(A, None, made.number)) is not None

    def test_a_file_that_it_wrote_and_has_not_named_yet_is_no_stray(self, home: Home) -> None:
        live_run(home, "run-live")
        home.artifacts.save(large(1), subject="a")
        pass_time(home, DAY)  # as a step that yields a second output after a day does
        gc(home, {})
        assert len(files(home)) == 1
        home.append("run-live", [RunSucceeded(home.clock.now())])
        gc(home, {})
        assert files(home) == set()

    def test_a_value_that_is_saved_again_while_it_goes_stays(self, home: Home) -> None:
        """The file is old, and another process finds it there at the moment between the event and the unlinking."""
        old = make(home, A, large(1))
        make(home, A, large(2))
        pass_time(home, 2 * HOUR)
        drops = look_at_values(home, {"a": Rule(keep=1)}).drops
        behind(home, old)
        broom = Broom(home)
        saved = home.artifacts.save(large(1), subject="a")
        broom.drop_values(drops)
        assert saved.address in files(home)
        third = new_version(A, artifact=saved)
        home.append("", [Materialized(home.clock.now(), "s", 1, third)])
        assert home.load(home.store.versions(A)[0])[0] == 1
        assert home.store.version(A, None, 1).dropped

    def test_a_version_that_is_reused_while_it_goes_stays(self, home: Home) -> None:
        old = make(home, A, large(1), version_key="k")
        make(home, A, large(2))
        pass_time(home, 2 * HOUR)
        drops = look_at_values(home, {"a": Rule(keep=1)}).drops
        behind(home, old)
        broom = Broom(home)
        home.load(old)  # which remembers what the file looks like now
        found = home.store.versions_by_key([(A, None, "k")])[A, None, "k"]
        held = home.artifacts.hold(found.artifact)
        broom.drop_values(drops)
        assert held is not None
        home.append(
            "", [Materialized(home.clock.now(), "s", 0, found._replace(id="again", artifact=held, number=0))]
        )
        latest = home.store.versions(A)[0]
        assert home.artifacts.load(latest.artifact).verified is None  # not read again: it was only held
        assert home.load(latest)[0] == 1

    def test_what_is_gone_cannot_be_held(self, home: Home) -> None:
        old = make(home, A, large(1), version_key="k")
        make(home, A, large(2))
        pass_time(home, 2 * HOUR)
        gc(home, {A: Rule(keep=1)})
        assert home.artifacts.hold(old.artifact) is None


def behind(home: Home, version: Version) -> None:
    """Set the clock back to now and the file of a version two hours: what is touched from here on is new."""
    assert isinstance(home.clock, Ahead)
    home.clock.seconds = 0
    path = home.artifacts.path(version.artifact.address)
    then = time.time() - 2 * HOUR
    os.utime(path, (then, then))


class TestStrays:
    def test_what_was_recorded_and_not_removed_is_removed_the_next_time(self, home: Home) -> None:
        for n in range(4):
            make(home, A, large(n))
        pass_time(home, 2 * HOUR)
        drops = look_at_values(home, {"a": Rule(keep=1)}).drops
        home.append("", [ValuesDropped(home.clock.now(), tuple(d.value.id for d in drops), "keep=1")])
        assert len(files(home)) == 4  # killed here
        assert gc(home, {A: Rule(keep=1)}) == []
        assert files(home) == needed(home)
        assert len(files(home)) == 1

    def test_files_that_no_version_named_go_after_an_hour(self, home: Home) -> None:
        kept = make(home, A, large(1))
        home.artifacts.save(large(2), subject="nobody")
        assert survey(home, {}, EVER).strays == ()
        pass_time(home, 2 * HOUR)
        gc(home, {})
        assert files(home) == {kept.artifact.address}

    def test_what_is_in_the_folder_and_is_no_artifact_is_left_alone(self, home: Home) -> None:
        make(home, A, large(1))
        mine = home.artifacts.folder / "notes.txt"
        inside = next(home.artifacts.folder.glob("??")) / "notes.txt"
        for path in (mine, inside):
            path.write_text("mine")
        pass_time(home, 100 * DAY)
        gc(home, {})
        assert mine.exists()
        assert inside.exists()


class TestChatter:
    def fill(self, home: Home, runs: int, steps: int) -> None:
        for run in range(runs):
            run_id = f"run-{run}"
            planned = [PlannedStep(f"s{n}") for n in range(steps)]
            home.append(run_id, [created(Run(run_id, "job", 1, {}, steps=tuple(planned)))])
            for n in range(steps):
                home.append(run_id, step(f"s{n}", new_version()) if n == 0 else step(f"s{n}"))
            home.append(run_id, [RunSucceeded(home.clock.now())])

    def test_what_was_made_and_what_failed_stays(self, home: Home) -> None:
        error = ErrorInfo("ValueError: bad", cls_name="ValueError")
        home.append("run", begun("run", "good", "bad", "old", "quiet"))
        home.append("run", step("good", new_version()))
        home.append("run", [StepFailed(5, "bad", 2, error), StepReused(6, "old", "up to date")])
        home.append("run", [*step("quiet"), RunSucceeded(home.clock.now())])
        statuses = {state.step: state.status for state in home.store.steps("run")}
        assert statuses == {"good": "succeeded", "bad": "failed", "old": "reused", "quiet": "succeeded"}
        pass_time(home, 91 * DAY)
        gc(home, {}, Policy(keep_events=90 * DAY))
        assert home.store.run("run").trimmed
        assert not home.store.events("run", kinds=CHATTER)
        states = {state.step: state for state in home.store.steps("run")}
        statuses = {name: state.status for name, state in states.items()}
        assert statuses == {"good": "succeeded", "bad": "failed", "old": "forgotten", "quiet": "forgotten"}
        assert (states["bad"].error, states["bad"].attempt) == (error, 2)
        before = tables(home.store)
        home.store.rebuild()
        assert tables(home.store) == before

    def test_what_a_step_withheld_is_no_chatter(self, home: Home) -> None:
        none_for = (Withheld(A, None, "key", "v-before"),)
        home.append("run", begun("run", "s"))
        home.append("run", [StepSucceeded(5, "s", 1, withheld=none_for), RunSucceeded(home.clock.now())])
        before = home.store.withheld()
        assert before == {("a", None): {"key": "v-before"}}
        pass_time(home, 2 * DAY)
        gc(home, {}, Policy(keep_events=float(DAY)))
        assert home.store.run("run").trimmed
        assert [state.status for state in home.store.steps("run")] == ["succeeded"]
        assert isinstance(home.store, Store)
        home.store.rebuild()
        assert home.store.withheld() == before

    def test_young_runs_and_runs_that_go_on_keep_theirs(self, home: Home) -> None:
        live_run(home, "run-live")
        home.append("run-live", step("s"))
        self.fill(home, 1, 2)
        pass_time(home, 89 * DAY)
        gc(home, {}, Policy(keep_events=90 * DAY))
        assert len(home.store.events(kinds=CHATTER)) == 6
        pass_time(home, 2 * DAY)
        assert survey(home, {}, Policy(keep_events=90 * DAY)).rows == 4
        gc(home, {}, Policy(keep_events=90 * DAY))
        assert {stored.run_id for stored in home.store.events(kinds=CHATTER)} == {"run-live"}

    def test_it_goes_in_small_transactions_and_a_run_is_marked_with_its_last_row(self, home: Home) -> None:
        self.fill(home, 3, 10)
        assert isinstance(home.store, Store)
        left = [60]
        marked = []
        while True:
            trimmed = home.store.trim(1 << 60, at=1, reason="r", rows=7)
            left.append(len(home.store.events(kinds=CHATTER)))
            marked.append(sum(state.trimmed for state in home.store.runs()))
            if not trimmed.more:
                break
        assert all(0 <= before - after <= 7 for before, after in pairwise(left))
        assert left[-1] == 0
        assert marked == sorted(marked)
        assert marked[-1] == 3
        whole = [20 * (3 - count) for count in marked]
        assert all(rows <= most for rows, most in zip(left[1:], whole, strict=True))

    def test_what_stays_is_looked_at_once_and_not_with_every_part(self, home: Home) -> None:
        kept = [new_version(A) for _ in range(50)]
        home.append("run", begun("run"))
        home.append("run", [*step("s", *kept), *step("t", *kept[:0]), RunSucceeded(home.clock.now())])
        assert isinstance(home.store, Store)
        place, parts = START, []
        while not parts or parts[-1].more:
            parts.append(home.store.trim(1 << 60, at=1, reason="r", rows=10, after=place))
            place = parts[-1].place
        assert [part.rows for part in parts] == [
            1,
            0,
            0,
            0,
            0,
            3,
        ]  # of 57 rows: the first is a step's, then versions
        assert [part.runs for part in parts] == [0, 0, 0, 0, 0, 1]
        assert len(home.store.versions(A)) == 50

    def test_a_pass_that_was_killed_is_gone_through_again(self, home: Home) -> None:
        self.fill(home, 2, 10)
        assert isinstance(home.store, Store)
        assert home.store.trim(1 << 60, at=1, reason="r", rows=15).more
        assert not home.store.trim(1 << 60, at=1, reason="r", rows=1_000).more
        assert not home.store.events(kinds=CHATTER)
        assert all(state.trimmed for state in home.store.runs())

    def test_a_writer_has_its_turn_meanwhile(self, home: Home, tmp_path: Path) -> None:
        self.fill(home, 1, 4_000)
        begun_to, done, waits = threading.Event(), threading.Event(), []

        def write() -> None:
            with Store.open(tmp_path / "store") as other:
                other.append("other", begun("other"))
                while not done.is_set():
                    began = time.monotonic()
                    other.append("other", step("s"))
                    waits.append(time.monotonic() - began)
                    begun_to.set()

        writer = threading.Thread(target=write)
        pass_time(home, 2 * DAY)
        writer.start()
        assert begun_to.wait(30)
        waits.clear()
        Broom(home).trim(float(DAY))
        done.set()
        writer.join()
        assert len(waits) >= 8  # of the sixteen times that it could have had it
        assert max(waits) < 2  # a hundredth of that on a machine with nothing else to do
        assert {stored.run_id for stored in home.store.events(kinds=CHATTER)} <= {"other"}


class TestUpkeep:
    def test_values_go_when_their_asset_was_made_and_all_else_once_a_day(self, home: Home) -> None:
        planned = (PlannedStep("s", (A, B), None, 1),)
        home.append(
            "run-1", [created(Run("run-1", "job", 1, {}, steps=planned)), RunSucceeded(home.clock.now())]
        )
        log = home.folder / "logs" / "run-1" / "s.1.jsonl"
        log.parent.mkdir()
        log.write_text("{}\n")
        first = keep_up(home, Policy(30.0 * DAY, 90.0 * DAY), ())
        assert first is not None
        for n in range(2):
            make(home, A, large(n))
            make(home, B, large(n + 5))
        pass_time(home, 2 * HOUR)
        policy = Policy(0.5 * HOUR, 0.5 * HOUR)
        assert keep_up(home, policy, {"x"}) is None
        some = keep_up(home, policy, {"a", "x"})
        assert some is not None
        assert [drop.value.asset for drop in some.values] == ["a"]
        assert log.exists()
        pass_time(home, DAY)
        rest = keep_up(home, policy, ())
        assert rest is not None
        assert [drop.value.asset for drop in rest.values] == [B.text]
        assert (rest.logs, rest.runs) == (1, 1)
        assert not log.parent.exists()

    def test_strays_go_within_sixteen_days(self, home: Home) -> None:
        for n in range(40):
            home.artifacts.save(large(n), subject="nobody")
        for _ in range(16):
            pass_time(home, DAY + 1)
            keep_up(home, EVER, ())
        assert files(home) == set()

    def test_what_nothing_outlives_is_left_alone(self) -> None:
        assert keep_up(Home.temporary(), Policy(1.0, 1.0), {"a"}) is None


class TestFiles:
    def test_caches_copies_and_what_dead_writers_left_go_when_they_are_old(self, home: Home) -> None:
        (home.folder / "snapshots").mkdir()
        old = [
            "fingerprints",
            "fingerprints.4194304",
            "snapshots/ab.json",
            "snapshots/.ab.json.4194304",
            "tidemill.db.schema-2",
            "tidemill.db.schema-2.new",
            "artifacts/.writing-4194304-1-1",
        ]
        for name in (*old, "snapshots/key"):
            (home.folder / name).write_text("x")
        assert [waste.path.name for waste in survey(home, {}, EVER).files] == [".writing-4194304-1-1"]
        pass_time(home, 31 * DAY)
        gc(home, {})
        assert [name for name in old if (home.folder / name).exists()] == []
        assert (home.folder / "snapshots" / "key").exists()

    def test_logs_go_by_the_end_of_their_run(self, home: Home) -> None:
        live_run(home, "run-live")
        for name, end in (("run-live", None), ("run-over", 40 * DAY), ("run-lost", None)):
            if end is not None:
                home.append(name, [*begun(name), RunSucceeded(home.clock.now())])
            (home.folder / "logs" / name).mkdir()
            (home.folder / "logs" / name / "s.1.jsonl").write_text("x" * 10)
        policy = Policy(keep_logs=30.0 * DAY)
        pass_time(home, 29 * DAY)
        assert survey(home, {}, policy).logs == ()
        pass_time(home, 2 * DAY)
        assert {(waste.path.name, waste.size) for waste in survey(home, {}, policy).logs} == {
            ("run-over", 10),
            ("run-lost", 10),
        }
        gc(home, {}, policy)
        assert [path.name for path in (home.folder / "logs").iterdir()] == ["run-live"]

    def test_the_database_is_compacted_when_no_run_is_live(self, home: Home) -> None:
        live_run(home, "run-live")
        home.append("run-1", begun("run-1"))
        for n in range(3_000):
            home.append("run-1", step(f"s{n}" * 10))
        home.append("run-1", [RunSucceeded(home.clock.now())])
        pass_time(home, 2 * DAY)
        policy = Policy(keep_events=float(DAY))
        first = clear(home, survey(home, {}, policy), policy)
        assert (first.rows, first.compacted) == (6_000, 0)
        assert first.room.free * 4 > first.room.size
        home.append("run-live", [RunSucceeded(home.clock.now())])
        second = clear(home, survey(home, {}, policy), policy)
        assert second.compacted == first.room.size - second.room.size > 0
        assert second.room.free == 0
        assert home.store.run("run-1").trimmed
