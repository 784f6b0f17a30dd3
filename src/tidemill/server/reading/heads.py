"""The newest version of every asset, as far as a node of the graph shows it: number, time, the value in a few words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from tidemill.server.models import CheckCounts
from tidemill.server.reading.shapes import add_up, value_text
from tidemill.storage import page_reads
from tidemill.storage.reads import Reads

TOGETHER = 500


class Head(NamedTuple):
    """What is so of an asset, whatever the code says.

    Attributes:
        versions: How many there are.
        partitions: Of how many partitions there is one.
        latest: Place of the newest in the log; None where there is none.
        number, partition, at: Of the newest.
        value: In a few words.
        checks: Latest verdicts.
    """

    versions: int = 0
    partitions: int = 0
    latest: int | None = None
    number: int | None = None
    partition: str | None = None
    at: int | None = None
    value: str | None = None
    checks: CheckCounts = CheckCounts()


NOTHING = Head()


def read_heads(store: Reads, assets: Collection[str] | None = None) -> dict[str, Head]:
    """The heads of some assets, of all that the store knows where none are named."""
    sums = page_reads.sums(store, assets)
    signs: dict[str, list[tuple[bool, str, int]]] = {}
    for asset, passed, severity, count in page_reads.verdict_signs(store, assets):
        signs.setdefault(asset, []).append((passed, severity, count))
    newest = _newest(store, [one.latest for one in sums.values() if one.latest is not None])
    found = {}
    for asset in {*sums, *signs}:
        versions, partitions, latest = sums.get(asset, page_reads.Sums(0, 0, None))
        number, partition, at, value = newest.get(latest or 0, (None, None, None, None))
        checks = add_up(signs[asset]) if asset in signs else NOTHING.checks
        found[asset] = Head(versions, partitions, latest, number, partition, at, value, checks)
    return found


def _newest(
    store: Reads, places: Collection[int]
) -> Mapping[int, tuple[int | None, str | None, int | None, str | None]]:
    found = {}
    ordered = sorted(places)
    for start in range(0, len(ordered), TOGETHER):
        for head in page_reads.heads(store, ordered[start : start + TOGETHER]):
            told = page_reads.document(head.data)["version"]
            value = value_text(page_reads.preview_in(told), told.get("metadata", {}))
            found[head.seq] = (head.number, head.partition, told["made_at"], value)
    return found
