"""What is fresh and what is not, of a snapshot's assets: `execution.outlook`, asset by asset and in words.

Snapshot.units, store ──judge──▶ Judged ──again(changed)──▶ Judged      which judges only what follows from a change
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from tidemill.definitions.partitions.keysets import KeySet
from tidemill.definitions.partitions.partitions import World
from tidemill.execution.outlook import (
    MISSING,
    Outlook,
    look_again,
    look_ahead,
    reason,
    reasons,
    slice_outlook,
)
from tidemill.planning.facts import UnitFacts
from tidemill.planning.freshness import SliceName, State
from tidemill.server.models import AssetStatus, PartitionCounts
from tidemill.storage.reads import Reads

TOO_MANY = 5_000
"""Partitions of an asset above which they are compared as sets, and no state is kept of each."""

WORST_FIRST: tuple[AssetStatus, ...] = ("failed", "stale", "missing")

MOST_REASONS = 200
"""How many assets get the reason of their own that makes them stale, at a time: each is read from the store."""


class Opinion(NamedTuple):
    """What is to be said of an asset, whatever runs now."""

    status: AssetStatus
    why: str | None = None
    partitions: PartitionCounts | None = None


class Judged:
    """The opinions about all assets of a snapshot at one moment.

    Attributes:
        units: By name, as the snapshot has them.
        unit_of: Asset → name of the unit that makes it or observes it.
        outlook: What was judged, slice by slice, and in sets where there are very many.
    """

    def __init__(self, units: Mapping[str, UnitFacts], outlook: Outlook) -> None:
        self.units = units
        self.outlook = outlook
        self.unit_of = {output.asset: name for name, unit in units.items() for output in unit.outputs}

    @classmethod
    def of(cls, units: Mapping[str, UnitFacts], store: Reads, now: int) -> Judged:
        """Judge all of them at `now` (UTC microseconds)."""
        world = World(datetime.fromtimestamp(now / 1_000_000, UTC), store.dynamic_keys())
        return cls(units, look_ahead(units, store, world=world, many=TOO_MANY))

    def again(self, store: Reads, changed: Collection[str]) -> tuple[Judged, set[str]]:
        """Judge what follows from new facts about some assets; whose opinions may be others now."""
        outlook = look_again(self.outlook, self.units, store, changed)
        before = self.outlook.states
        differ = {name[0] for name, state in outlook.states.items() if before.get(name) is not state}
        # Of what only waits for others the state is the same, and what is said of it may not be.
        differ |= {state.asset for state in outlook.states.values() if state.upstream in differ}
        sets = self.outlook.compared
        differ |= {asset for asset, some in outlook.compared.items() if sets.get(asset) != some}
        return Judged(self.units, outlook), differ

    @property
    def depends_on_time(self) -> bool:
        """Whether another time alone may change it: there are partitions."""
        return any(unit.partitions is not None for unit in self.units.values())

    def unit(self, asset: str) -> UnitFacts | None:
        """The unit that makes an asset or observes it."""
        name = self.unit_of.get(asset)
        return None if name is None else self.units[name]

    def slices(self, asset: str) -> list[State]:
        """The state of each slice of an asset, in order."""
        unit = self.unit(asset)
        if unit is None:
            return []
        if unit.partitions is None:
            state = self.outlook.states.get((asset, None))
            return [] if state is None else [state]
        world = self.outlook.world
        keys = unit.partitions.get_partition_keys(world.now, world)
        return [state for key in keys if (state := self.outlook.states.get((asset, key))) is not None]

    def sets(self, asset: str, failed: KeySet | None = None) -> dict[AssetStatus, KeySet] | None:
        """The partitions of an asset by what they are; None where they are not kept as sets.

        Args:
            asset: Its text.
            failed: Those that runs failed to make, and nobody has made since.
        """
        compared = self.outlook.compared.get(asset)
        if compared is None:
            return None
        order = compared.fresh.order
        lost = compared.behind & failed if failed is not None else order.empty
        return {
            "fresh": KeySet(order, compared.fresh.bits | compared.skipped.bits),
            "stale": compared.stale - lost,
            "missing": compared.missing - lost,
            "failed": lost,
        }

    def opinion(self, asset: str, unit: UnitFacts, failed: KeySet | None = None) -> Opinion:
        """What is to be said of an asset.

        Args:
            asset: Its text.
            unit: What makes or observes it.
            failed: Partitions that a run failed to make, and nobody has made since.
        """
        if unit.kind == "observation":
            return Opinion("source")
        sets = self.sets(asset, failed)
        if sets is not None:
            return _added_up({name: len(some) for name, some in sets.items()})
        states = self.slices(asset)
        if unit.partitions is None:
            if not states:
                return Opinion("unknown")
            (state,) = states
            return Opinion(state.status, self._because(state))
        return self._summed(states, failed)

    def _summed(self, states: list[State], failed: KeySet | None) -> Opinion:
        lost: Collection[object] = failed if failed is not None else ()
        tally = Counter(
            "failed" if state.behind and state.partition in lost else state.status for state in states
        )
        return _added_up({**tally, "fresh": tally["fresh"] + tally["skipped"]})

    def _because(self, state: State) -> str | None:
        if state.upstream is not None:
            above = self.outlook.states.get((state.upstream, state.partition)) or self.outlook.states.get(
                (state.upstream, None)
            )
            return (
                f"{state.upstream} is {above.status}" if above is not None else f"{state.upstream} is behind"
            )
        return MISSING if state.status == "missing" else None

    def own_reasons(self, assets: Collection[str], store: Reads) -> dict[str, str]:
        """Why some assets without partitions are stale, where the reason is their own; of the first few hundred."""
        found: dict[str, str] = {}
        for state in self._causes(assets):
            if len(found) == MOST_REASONS:
                break
            found[state.asset] = reason(self.outlook, state, store)
        return found

    def _causes(self, assets: Collection[str]) -> Iterator[State]:
        for asset in assets:
            state = self.outlook.states.get((asset, None))
            if state is not None and state.status == "stale" and state.upstream is None:
                yield state

    def all_reasons(self, asset: str, store: Reads) -> list[str]:
        """Every reason why an asset is not fresh; of one with partitions, of the first slice that is not."""
        found = self._first_behind(asset, store)
        if found is None:
            return []
        outlook, behind = found
        told = reasons(outlook, behind, store)
        return told if behind.partition is None else [f"{behind.partition}: {one}" for one in told]

    def _first_behind(self, asset: str, store: Reads) -> tuple[Outlook, State] | None:
        """The first slice of an asset that is not up to date, with what is known around it."""
        compared = self.outlook.compared.get(asset)
        if compared is None:
            behind = next((state for state in self.slices(asset) if state.behind), None)
            return None if behind is None else (self.outlook, behind)
        first = next(iter(compared.stale or compared.missing), None)
        return None if first is None else slice_outlook(self.outlook, asset, first, store)

    def code(self, asset: str) -> str | None:
        """The code version of an asset as it would be made now."""
        unit = self.unit(asset)
        return None if unit is None else next(each.code for each in unit.outputs if each.asset == asset)

    def stands(self, slice_: SliceName) -> State | None:
        """The state of one slice."""
        return self.outlook.states.get(slice_)


def _added_up(counted: Mapping[str, int]) -> Opinion:
    """What is to be said of an asset whose partitions were counted by what they are."""
    counts = PartitionCounts(
        total=sum(counted.get(name, 0) for name in ("fresh", *WORST_FIRST)),
        fresh=counted.get("fresh", 0),
        stale=counted.get("stale", 0),
        missing=counted.get("missing", 0),
        failed=counted.get("failed", 0),
    )
    status: AssetStatus = next((name for name in WORST_FIRST if counted.get(name)), "fresh")
    if status == "fresh":
        return Opinion("fresh", None, counts)
    parts = [f"{counted[name]:,} {name}" for name in WORST_FIRST if counted.get(name)]
    return Opinion(status, f"{', '.join(parts)} of {counts.total:,} partitions", counts)
