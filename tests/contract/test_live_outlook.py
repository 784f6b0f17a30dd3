"""The outlook that is brought up to date by what has changed says what one says that looks at everything."""

from __future__ import annotations

import random
from itertools import count
from pathlib import Path

import pytest

from tidemill.core.events import (
    Checked,
    Event,
    Materialized,
    Observed,
    RunCanceled,
    RunCreated,
    RunFailed,
    RunStarted,
    RunSucceeded,
    StepFailed,
    StepReused,
    StepSkipped,
    StepStarted,
    StepSucceeded,
    Withheld,
)
from tidemill.core.keys import AssetKey
from tidemill.core.records import CheckResult, ErrorInfo, Observation, PlannedStep, Run, Version, VersionRef
from tidemill.definitions.partitions.partitions import StaticPartitionsDefinition
from tidemill.planning.facts import OutputFacts, UnitFacts
from tidemill.planning.versions import Ingredients, version_key
from tidemill.server.live.outlook import LiveOutlook
from tidemill.server.models import GraphNode, NodeState
from tidemill.server.nobody import NobodyHost
from tidemill.server.snapshot import AssetInfo, Snapshot
from tidemill.storage import Store, page_reads
from tidemill.storage.reading import ReadingStore

CODE = "code"
REGIONS = StaticPartitionsDefinition(["x", "y", "z"])
GRAPH = {
    "source": (),
    "a": ("source",),
    "b": ("a",),
    "c": ("a", "b"),
    "d": ("c",),
    "parts": (),
    "e": (),
}


def unit(name: str) -> UnitFacts:
    partitions = REGIONS if name == "parts" else None
    config = None if name == "e" else {}
    return UnitFacts(
        name, "asset", (OutputFacts("result", name, CODE),), GRAPH[name], config=config, partitions=partitions
    )


def snapshot() -> Snapshot:
    nodes = {
        key: GraphNode(
            key=key,
            group="default",
            unit=None if key == "source" else key,
            deps=list(deps),
            source=key == "source",
            checks=["good"] if key in ("a", "d") else [],
            partitions=3 if key == "parts" else None,
        )
        for key, deps in GRAPH.items()
    }
    units = {key: unit(key) for key in GRAPH if key != "source"}
    return Snapshot("s", "c", "/", 1, 0.0, nodes, {key: AssetInfo() for key in nodes}, units, {}, {}, (), ())


class Story:
    """Writes a history at random."""

    def __init__(self, store: Store, chance: random.Random) -> None:
        self.store = store
        self.chance = chance
        self.clock = count(1_000)
        self.runs = count(1)
        self.contents = count(1)

    def version(self, name: str, partition: str | None) -> Version:
        refs = []
        for above in GRAPH[name]:
            latest = self.store.latest_versions([(AssetKey(above), None)]).get((AssetKey(above), None))
            if latest is not None:
                refs.append(VersionRef(latest.asset, None, latest.id, latest.data_version))
        facts = tuple((ref.asset.text, None, ref.data_version) for ref in refs)
        code = CODE if self.chance.random() < 0.8 else "old code"
        config = {"x": self.chance.choice((1, 2))} if name == "e" else {}
        key = version_key(Ingredients(code, config, partition, facts, {}, None))
        number = next(self.contents)
        return Version(
            f"v{number}", AssetKey(name), partition, next(self.clock), f"content {number % 3}", code,
            version_key=key, inputs=tuple(refs), config=config,
        )  # fmt: skip

    def step(self, name: str, partition: str | None) -> list[Event]:
        now, chance = next(self.clock), self.chance
        end = chance.choice(("made", "made", "made", "failed", "skipped", "reused", "withheld"))
        if end == "reused":
            return [StepReused(now, name)]
        if end == "skipped":
            return [StepStarted(now, name), StepSkipped(now, name, name, 1)]
        if end == "failed":
            return [StepStarted(now, name), StepFailed(now, name, 1, ErrorInfo(f"ValueError: {now}"))]
        version = self.version(name, partition)
        if end == "withheld":
            none = Withheld(version.asset, partition, str(version.version_key))
            return [StepStarted(now, name), StepSucceeded(now, name, 1, withheld=(none,))]
        events: list[Event] = [StepStarted(now, name), Materialized(now, name, 1, version)]
        if name in ("a", "d"):
            passed = chance.random() < 0.5
            events.append(
                Checked(now, name, 1, CheckResult(version.asset, "good", passed, version_id=version.id))
            )
        return [*events, StepSucceeded(now, name, 1)]

    def turn(self) -> None:
        """Something happens: all of a run, a part of one that goes on, or a fact outside of runs."""
        chance = self.chance
        if chance.random() < 0.2:
            data = f"seen {chance.randrange(3)}"
            self.store.append(
                "", [Observed(next(self.clock), "", 1, Observation(AssetKey("source"), None, data))]
            )
            return
        names = [name for name in GRAPH if name != "source" and chance.random() < 0.5] or ["a"]
        partition = chance.choice(REGIONS.keys) if names == ["parts"] else None
        names = [name for name in names if (name == "parts") == (partition is not None)] or ["a"]
        id, now = f"run-{next(self.runs)}", next(self.clock)
        planned = tuple(PlannedStep(name, (AssetKey(name),), partition) for name in names)
        self.store.append(id, [RunCreated(now, Run(id, "job", now, {}, steps=planned)), RunStarted(now)])
        for name in names[: chance.randrange(len(names) + 1)]:
            self.store.append(id, self.step(name, partition))
        end = chance.choice((RunSucceeded, RunFailed, RunCanceled, None))
        if end is not None:
            self.store.append(id, [end(next(self.clock))])


def states_of(outlook: LiveOutlook) -> dict[str, NodeState]:
    return {key: state for key in GRAPH if (state := outlook.state(key)) is not None}


def looked_at_whole(store: ReadingStore) -> dict[str, NodeState]:
    fresh = LiveOutlook(store, NobodyHost(snapshot()), Clock(), lambda: None, lambda _: {})
    fresh._pass()
    return states_of(fresh)


class Clock:
    def now(self) -> int:
        return 1_700_000_000_000_000

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_brought_up_to_date_is_what_a_look_at_everything_sees(tmp_path: Path, seed: int) -> None:
    with Store.open(tmp_path) as writing:
        story = Story(writing, random.Random(seed))
        for _ in range(seed):
            story.turn()
        store = ReadingStore(tmp_path)
        outlook = LiveOutlook(store, NobodyHost(snapshot()), Clock(), lambda: None, lambda _: {})
        outlook._pass()
        outlook._ready.set()
        place = store.newest_event()
        for _ in range(15):
            for _ in range(story.chance.randrange(1, 3)):
                story.turn()
            rows = page_reads.events_after(store, place, 10_000)
            place = rows[-1].seq
            outlook.take(rows)
            outlook._pass()
            assert states_of(outlook) == looked_at_whole(store)
        store.close()


def test_changes_come_in_order_and_none_is_left_out(tmp_path: Path) -> None:
    with Store.open(tmp_path) as writing:
        story = Story(writing, random.Random(1))
        store = ReadingStore(tmp_path)
        outlook = LiveOutlook(store, NobodyHost(snapshot()), Clock(), lambda: None, lambda _: {})
        before = outlook.revision
        outlook._pass()
        outlook._ready.set()
        revision, found = outlook.changes_since(before, 1_000)
        assert (revision, len(found)) == (outlook.revision, len(GRAPH))
        known = {one.partition(b":")[0]: one for one in found}
        place, behind = 0, revision
        for _ in range(20):
            story.turn()
            rows = page_reads.events_after(store, place, 10_000)
            place = rows[-1].seq
            outlook.take(rows)
            outlook._pass()
            while behind < outlook.revision:
                behind, found = outlook.changes_since(behind, 2)
                known |= {one.partition(b":")[0]: one for one in found}
        told = {f'"{key}"'.encode(): state for key, state in states_of(outlook).items()}
        assert {key: one.partition(b":")[2].decode() for key, one in known.items()} == {
            key: state.model_dump_json() for key, state in told.items()
        }
        store.close()
