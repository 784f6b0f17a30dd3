"""What is fresh and what is not, of a snapshot's assets: `execution.outlook`, asset by asset and in words.

Snapshot.units, store ──judge──▶ Judged ──again(changed)──▶ Judged      which judges only what follows from a change
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from tidemill.definitions.partitions.partitions import World
from tidemill.execution.outlook import MISSING, Outlook, look_again, look_ahead, reason, reasons
from tidemill.planning.facts import UnitFacts
from tidemill.planning.freshness import SliceName, State
from tidemill.server.models import AssetStatus, PartitionCounts
from tidemill.storage.reads import Reads

TOO_MANY = 5_000
"""Partitions of an asset above which they are counted and none is compared."""

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
        bulk: Names of those of them with too many partitions to compare each.
        unit_of: Asset → name of the unit that makes it or observes it.
        outlook: What was judged, slice by slice.
    """

    def __init__(self, units: Mapping[str, UnitFacts], outlook: Outlook, bulk: frozenset[str]) -> None:
        self.units = units
        self.outlook = outlook
        self.bulk = bulk
        self.unit_of = {output.asset: name for name, unit in units.items() for output in unit.outputs}

    @classmethod
    def of(cls, units: Mapping[str, UnitFacts], store: Reads, now: int) -> Judged:
        """Judge all of them at `now` (UTC microseconds)."""
        world = World(datetime.fromtimestamp(now / 1_000_000, UTC), store.dynamic_keys())
        bulk = frozenset(
            name
            for name, unit in units.items()
            if unit.partitions is not None and unit.partitions.get_num_partitions(world.now, world) > TOO_MANY
        )
        but = [output.asset for name in bulk for output in units[name].outputs]
        rest = {name: unit for name, unit in units.items() if name not in bulk}
        return cls(units, look_ahead(rest, store, world=world, but=but), bulk)

    def again(self, store: Reads, changed: Collection[str]) -> tuple[Judged, set[str]]:
        """Judge what follows from new facts about some assets; whose opinions may be others now."""
        rest = {name: unit for name, unit in self.units.items() if name not in self.bulk}
        outlook = look_again(self.outlook, rest, store, changed)
        before = self.outlook.states
        differ = {name[0] for name, state in outlook.states.items() if before.get(name) is not state}
        # Of what only waits for others the state is the same, and what is said of it may not be.
        differ |= {state.asset for state in outlook.states.values() if state.upstream in differ}
        return Judged(self.units, outlook, self.bulk), differ

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
        if unit is None or unit.name in self.bulk:
            return []
        if unit.partitions is None:
            state = self.outlook.states.get((asset, None))
            return [] if state is None else [state]
        world = self.outlook.world
        keys = unit.partitions.get_partition_keys(world.now, world)
        return [state for key in keys if (state := self.outlook.states.get((asset, key))) is not None]

    def opinion(self, asset: str, unit: UnitFacts, made: int, failed: Collection[str] = ()) -> Opinion:
        """What is to be said of an asset.

        Args:
            asset: Its text.
            unit: What makes or observes it.
            made: Of how many partitions there is a version.
            failed: Partitions that the last run failed to make.
        """
        if unit.kind == "observation":
            return Opinion("source")
        if unit.partitions is not None and unit.name in self.bulk:
            return self._counted(unit, made)
        states = self.slices(asset)
        if unit.partitions is None:
            if not states:
                return Opinion("unknown")
            (state,) = states
            return Opinion(state.status, self._because(state))
        return self._summed(states, failed)

    def _counted(self, unit: UnitFacts, made: int) -> Opinion:
        world = self.outlook.world
        assert unit.partitions is not None
        total = unit.partitions.get_num_partitions(world.now, world)
        counts = PartitionCounts(total=total, made=min(made, total), missing=max(0, total - made))
        why = f"{made:,} of {total:,} partitions were made; too many to compare each"
        return Opinion("unknown" if made else "missing", why, counts)

    def _summed(self, states: list[State], failed: Collection[str]) -> Opinion:
        tally = Counter(
            "failed" if state.partition in failed and state.behind else state.status for state in states
        )
        fresh = tally["fresh"] + tally["skipped"]
        counts = PartitionCounts(
            total=len(states),
            fresh=fresh,
            stale=tally["stale"],
            missing=tally["missing"],
            failed=tally["failed"],
        )
        if fresh == len(states):
            return Opinion("fresh", None, counts)
        status: AssetStatus = "failed" if counts.failed else "stale" if counts.stale else "missing"
        parts = [f"{tally[name]:,} {name}" for name in ("failed", "stale", "missing") if tally[name]]
        return Opinion(status, f"{', '.join(parts)} of {len(states):,} partitions", counts)

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
        behind = next((state for state in self.slices(asset) if state.behind), None)
        if behind is None:
            return []
        told = reasons(self.outlook, behind, store)
        return told if behind.partition is None else [f"{behind.partition}: {one}" for one in told]

    def stands(self, slice_: SliceName) -> State | None:
        """The state of one slice."""
        return self.outlook.states.get(slice_)
