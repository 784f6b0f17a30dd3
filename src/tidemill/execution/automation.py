"""What a store says that automation asks: one read for all that an evaluation needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from tidemill.automation.facts import NONE, Facts, Needs, NewUpdate, RunFacts, Slices, Update, Verdict
from tidemill.automation.slices import SliceMap
from tidemill.core.errors import TidemillError
from tidemill.core.events import Materialized, Observed
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.core.records import FINAL_RUN_STATUSES, Run, Version
from tidemill.definitions.partitions.partitions import NOWHERE, World
from tidemill.execution.backfills import left
from tidemill.execution.spans import spans_of
from tidemill.planning.graph import AssetGraph
from tidemill.storage.reads import Reads

PAGE = 200


def read_facts(
    store: Reads,
    graph: AssetGraph,
    needs: Needs,
    now: datetime,
    code_versions: Mapping[AssetKey, str],
) -> Facts:
    """What a store says.

    Args:
        store: The store.
        graph: All assets.
        needs: What to read.
        now: The time of the evaluation.
        code_versions: Asset → version of its code, of those of `needs.code`.
    """
    seq = store.newest_event()
    world = World(now, store.dynamic_keys() if needs.dynamic else {})
    slices = SliceMap(graph, world)
    sliced = {key: order for key in needs.assets - needs.whole if (order := slices.order(key)) is not None}
    # Of many slices only what is new is read one by one; at the first evaluation nothing is.
    some = store.latest_updates(sliced, needs.since) if needs.since is not None else {}
    latest: dict[AssetKey, dict[str | None, Update]] = {
        key: {part: Update(*update) for part, update in updates.items()}
        for key, updates in {**some, **store.latest_updates(needs.assets - sliced.keys())}.items()
    }
    observed = _observed(store, graph, needs.assets)
    latest.update(observed)
    made = {
        key: spans_of(store, key, order, but_failed=True).made
        for key, order in sliced.items()
        if key not in observed
    }
    verdicts = (
        {
            key: {part: Verdict(*one) for part, one in told.items()}
            for key, told in store.latest_verdicts(_owners(needs.checks)).items()
        }
        if needs.checks
        else {}
    )
    plans = _Plans(slices)
    in_progress, checks = _in_progress(store, plans)
    updates = _new_updates(store, needs) if needs.updates else ()
    ids = {update.run_id for updates_of in latest.values() for update in updates_of.values()}
    ids |= {update.run_id for update in updates}
    return Facts(
        world,
        seq,
        latest,
        in_progress,
        _backfilling(store, graph, now),
        _failed(store, plans, latest, needs.assets) if needs.failures else {},
        verdicts,
        checks,
        _runs(store, ids - {""}) if needs.runs or needs.updates else {},
        updates,
        code_versions,
        data_times(store, latest) if needs.data_times else {},
        made,
    )


def _owners(checks: Iterable[AssetCheckKey]) -> set[AssetKey]:
    return {check.asset_key for check in checks}


def _observed(
    store: Reads, graph: AssetGraph, wanted: frozenset[AssetKey]
) -> dict[AssetKey, dict[str | None, Update]]:
    """Of assets that are observed: when their data version was seen to be another one."""
    observed = {
        output.asset
        for unit in graph.project.units.values()
        if unit.kind == "observation"
        for output in unit.outputs
    }
    found: dict[AssetKey, dict[str | None, Update]] = {}
    for key in observed & wanted:
        for stored in store.events(asset=key, kinds=[Observed]):
            if isinstance(stored.event, Observed):
                seen = stored.event.observation
                known = found.setdefault(key, {}).get(seen.partition)
                if known is None or known.data_version != seen.data_version:
                    found[key][seen.partition] = Update(
                        stored.seq, stored.event.at, stored.run_id, seen.data_version or ""
                    )
    return found


class _Plans(NamedTuple):
    """What runs were to make, where some name ranges of partitions."""

    slices: SliceMap

    def of(self, run: Run) -> Iterable[tuple[AssetKey, Slices]]:
        """The slices that a run was to make, by asset."""
        for step in run.steps:
            for asset in step.assets:
                order = self.slices.order(asset)
                if order is None:
                    yield asset, frozenset(step.partitions or (step.partition,))
                elif step.partitions or step.partition is not None:
                    yield asset, order.asked(step.partitions or (str(step.partition),))


def _in_progress(store: Reads, plans: _Plans) -> tuple[dict[AssetKey, Slices], frozenset[AssetCheckKey]]:
    """What live runs are about to make."""
    found: dict[AssetKey, Slices] = {}
    checks: set[AssetCheckKey] = set()
    for state in store.runs(statuses=["queued", "started"]):
        made: dict[AssetKey, set[str | None]] = {}
        for version in store.versions_of_run(state.run.id):
            made.setdefault(version.asset, set()).add(version.partition)
        for asset, slices in plans.of(state.run):
            found[asset] = found.get(asset, NONE) | (slices - made.get(asset, set()))
        for step in state.run.steps:
            unit = plans.slices.graph.project.units.get(step.step)
            if unit is not None:
                checks.update(check.key for check in unit.checks)
    return found, frozenset(checks)


def _backfilling(store: Reads, graph: AssetGraph, now: datetime) -> dict[AssetKey, Slices]:
    """What backfills that go on are about to make."""
    found: dict[AssetKey, set[str | None]] = {}
    going_on = store.backfills(status="requested")
    world = World(now, store.dynamic_keys()) if going_on else NOWHERE
    for state in going_on:
        with suppress(TidemillError):  # the definitions no longer have what it is of
            for run in left(graph.project, state, store, world):
                for asset in run.assets:
                    found.setdefault(asset, set()).update(run.keys or (None,))
    return {asset: frozenset(slices) for asset, slices in found.items()}


def _failed(
    store: Reads,
    plans: _Plans,
    latest: Mapping[AssetKey, Mapping[str | None, Update]],
    assets: frozenset[AssetKey],
) -> dict[AssetKey, Slices]:
    """Slices that the latest run that was to make them did not make, as it failed."""
    failed: dict[AssetKey, Slices] = {}
    decided: dict[AssetKey, Slices] = {}
    before: int | None = None
    while True:
        page = store.runs(before=before, limit=PAGE)
        for state in page:
            if state.status not in FINAL_RUN_STATUSES:
                continue
            for asset, slices in plans.of(state.run):
                if asset not in assets:
                    continue
                new = slices - decided.get(asset, NONE)
                decided[asset] = decided.get(asset, NONE) | new
                if state.status == "failed":
                    updates = latest.get(asset, {})
                    not_made = {
                        each
                        for each in new
                        if (update := updates.get(each)) is None or update.run_id != state.run.id
                    }
                    failed[asset] = failed.get(asset, NONE) | not_made
        if len(page) < PAGE:
            return failed
        before = page[-1].number


def _runs(store: Reads, ids: set[str]) -> dict[str, RunFacts]:
    """Runs, with their tags and of what they were to make slices."""
    return {
        state.run.id: RunFacts(
            state.run.tags, frozenset(asset for step in state.run.steps for asset in step.assets)
        )
        for state in (store.runs(ids=ids) if ids else ())
    }


def _new_updates(store: Reads, needs: Needs) -> tuple[NewUpdate, ...]:
    """All updates since the evaluation before."""
    return tuple(
        NewUpdate(stored.event.version.asset, stored.event.version.partition, stored.run_id)
        for stored in store.events(after=needs.since or 0, kinds=[Materialized])
        if isinstance(stored.event, Materialized) and stored.event.version.asset in needs.assets
    )


def data_times(store: Reads, latest: Mapping[AssetKey, Mapping[str | None, Update]]) -> dict[AssetKey, int]:
    """Of when the data is that assets were made from, all the way up: the oldest version without inputs."""
    known: dict[str, int] = {}

    def time_of(version: Version) -> int:
        if version.id not in known:
            known[version.id] = version.made_at
            sources = [store.version_by_id(source.id) for source in version.inputs]
            times = [time_of(source) for source in sources if source is not None]
            known[version.id] = min(times, default=version.made_at)
        return known[version.id]

    found = {}
    for asset, updates in latest.items():
        update = updates.get(None)
        version = store.version_by_id(update.version_id) if update is not None else None
        if version is not None:
            found[asset] = time_of(version)
    return found
