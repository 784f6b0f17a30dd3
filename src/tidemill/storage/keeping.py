"""What retention asks a store: which values are held, by which rules, who needs them, and what became of others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from tidemill.core.events import KINDS
from tidemill.core.records import HeldValue
from tidemill.storage import rows
from tidemill.storage.projections import CHATTER
from tidemill.storage.reads import Reads

MANY = 10_000


class LiveSince(NamedTuple):
    """When the oldest run that is not over was created: its place in the log, and the moment."""

    seq: int
    at: int


class Dropped(NamedTuple):
    """When retention let go of a value, and by which rule."""

    at: int
    reason: str


def rules(store: Reads) -> dict[str, tuple[int | None, float | None]]:
    """How many versions of an asset keep their value, and for how many seconds, as the runs said."""
    return {asset: (keep, ttl) for asset, keep, ttl in store.select("rules")}


def held_values(store: Reads, assets: Iterable[str]) -> list[HeldValue]:
    """The values of some assets that the store has, oldest first."""
    return [HeldValue._make(row) for row in store.select("held_values", (rows.to_json(list(assets)),))]


def addresses_in_use(
    store: Reads, addresses: Collection[str], *, besides: Collection[str] | None = None
) -> set[str]:
    """Which of some artifacts a version needs that still has its value; not counting those of the assets `besides`."""
    found: set[str] = set()
    left_out = None if besides is None else rows.to_json(list(besides))
    for some in _batches(addresses):
        asked = {"addresses": rows.to_json(some), "besides": left_out}
        found.update(address for (address,) in store.select("addresses_in_use", asked))
    return found


def live_since(store: Reads) -> LiveSince | None:
    """Since when some run has been live without a break; None where none is."""
    ((seq, at),) = store.select("oldest_live_run")
    return None if seq is None else LiveSince(seq, at)


def needed_versions(store: Reads) -> frozenset[str]:
    """What live runs, and the runs that they re-execute, have made and made it from."""
    return frozenset(version for (version,) in store.select("needed_versions"))


def drop_of(store: Reads, version_id: str) -> Dropped | None:
    """What became of the value of a version, where retention let go of it."""
    found = store.select("drop_of", (version_id,))
    return Dropped._make(found[0]) if found else None


def ends_of_runs(store: Reads, run_ids: Iterable[str]) -> Mapping[str, tuple[int, int | None]]:
    """Number and end (UTC microseconds; None where it is not over) of each of these runs that the store knows."""
    return {
        run_id: (number, end)
        for some in _batches(run_ids)
        for run_id, number, end in store.select("ends_of_runs", (rows.to_json(some),))
    }


def chatter(store: Reads, before: int) -> tuple[int, int]:
    """How many runs that ended before a moment have chatter left, and how many rows."""
    kinds = rows.to_json([KINDS[kind] for kind in CHATTER])
    ((runs, events),) = store.select("chatter", {"before": before, "kinds": kinds})
    return runs, events


def _batches(values: Iterable[str]) -> Iterator[list[str]]:
    given = list(values)
    for start in range(0, len(given), MANY):
        yield given[start : start + MANY]
