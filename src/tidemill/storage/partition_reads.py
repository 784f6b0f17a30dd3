"""What a store can be asked about partitions: which were made, which keys were added, how far backfills are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tidemill.core.codec import decode
from tidemill.core.errors import RunNotFoundError
from tidemill.core.keys import AssetKey
from tidemill.core.records import Backfill, BackfillState, BackfillStatus, RunStatus
from tidemill.storage import rows


class KeptSpans(NamedTuple):
    """Which partitions of an asset were made, as it was worked out at some time.

    Attributes:
        order: What the ordinals depend on.
        upto: Place in the log of the last event that counts.
        stretches: First and last ordinals, as JSON.
        said: The same in keys, one stretch a line.
    """

    order: str
    upto: int
    stretches: str
    said: str


class FailedPlan(NamedTuple):
    """What a run that failed was to make of an asset: when it was created, and keys and ranges of keys."""

    created: int
    asked: tuple[str, ...]


class PartitionReads:
    """The questions; as of `Reads`, a subclass gives `select`."""

    def select(
        self, name: str, parameters: Sequence[object] | Mapping[str, object] = (), tail: str = ""
    ) -> list[Any]:
        """All rows of a statement of `sql/reads.sql`."""
        raise NotImplementedError

    def blob(self, digest: str) -> str:
        """The JSON of a metadata value that was too large for its row."""
        raise NotImplementedError

    def partitions(self, asset: AssetKey, limit: int | None = None) -> list[str]:
        """The partitions of an asset that have a version, sorted; at most so many."""
        most = -1 if limit is None else limit
        return [partition for (partition,) in self.select("some_partitions", (asset.text, most))]

    def whole_counts(self, assets: Iterable[AssetKey]) -> dict[AssetKey, int]:
        """How many versions each asset without partitions has had."""
        asked = {"assets": rows.to_json([asset.text for asset in assets])}
        return {rows.asset_key(text): count for text, count in self.select("whole_counts", asked)}

    def partition_count(self, asset: AssetKey) -> int:
        """How many partitions of an asset have a version."""
        return int(self.select("partition_count", (asset.text,))[0][0])

    def partitions_since(self, asset: AssetKey, seq: int) -> tuple[int, list[str]]:
        """The partitions of an asset that were made after an event of the log, and the last event that there is."""
        last = int(self.select("last_seq")[0][0])
        if not seq:
            return last, self.partitions(asset)
        return last, [partition for (partition,) in self.select("partitions_since", (seq, asset.text))]

    def partitions_among(self, asset: AssetKey, keys: Iterable[str]) -> list[str]:
        """Those of some partitions of an asset that have a version."""
        asked = (asset.text, rows.to_json(list(keys)))
        return [partition for (partition,) in self.select("partitions_among", asked)]

    def latest_keys(self, asset: AssetKey) -> Iterator[tuple[str, str | None]]:
        """Partition and version key of the latest versions of an asset."""
        yield from self._paged("latest_keys", asset)

    def latest_contents(self, asset: AssetKey) -> Iterator[tuple[str, str]]:
        """Partition and data version of the latest versions of an asset."""
        yield from self._paged("latest_contents", asset)

    def _paged(self, name: str, asset: AssetKey) -> Iterator[Any]:
        """The rows of a statement about partitions, page by page, so that not all of them are in memory."""
        page = self.select(name, (asset.text, ""))
        while page:
            yield from page
            page = self.select(name, (asset.text, page[-1][0]))

    def latest_since(self, asset: AssetKey, seq: int) -> dict[str, int]:
        """Partitions of an asset whose latest version is newer than an event of the log, and its place there."""
        return dict(self.select("latest_since", (asset.text, seq)))

    def failed_plans(self, asset: AssetKey, seq: int) -> list[FailedPlan]:
        """What runs were to make of the partitions of an asset that failed after an event of the log, oldest first."""
        found = []
        for created, data, begun in self.select("failed_plans", (seq, rows.to_json(asset.text))):
            tried = set(json.loads(begun))  # others were up to date, or gave nothing
            for step in rows.documents([data], self.blob)[0]["run"].get("steps", ()):
                if asset.text in step.get("assets", ()) and (not tried or step["step"] in tried):
                    single = step.get("partition")
                    asked = step.get("partitions") or ([single] if single is not None else [])
                    found.append(FailedPlan(created, tuple(asked)))
        return found

    def spans(self, asset: AssetKey) -> KeptSpans | None:
        """Which partitions of an asset were made, as it was worked out last."""
        found = self.select("spans", (asset.text,))
        return KeptSpans(*found[0]) if found else None

    def dynamic_keys(self) -> dict[str, tuple[str, ...]]:
        """All keys of dynamic partitions, by the name of their definition, in the order in which they were added."""
        found: dict[str, list[str]] = {}
        for name, key in self.select("dynamic_keys"):
            found.setdefault(name, []).append(key)
        return {name: tuple(keys) for name, keys in found.items()}

    def dynamic_partitions(self, name: str) -> list[str]:
        """The keys of one definition, in the order in which they were added."""
        return [key for (key,) in self.select("dynamic_partitions", (name,))]

    def has_dynamic_partition(self, name: str, key: str) -> bool:
        """Whether a key was added and not removed."""
        return bool(self.select("has_dynamic_partition", (name, key)))

    def new_dynamic_partitions(self, name: str, keys: Sequence[str]) -> list[str]:
        """Those of some keys that are not there, in their order."""
        return [
            key for (key,) in self.select("new_dynamic_partitions", {"name": name, "keys": json.dumps(keys)})
        ]

    # Backfills

    def backfills(
        self, limit: int | None = None, *, status: BackfillStatus | None = None
    ) -> list[BackfillState]:
        """Backfills, newest first; only those of a status, where one is given."""
        most = -1 if limit is None else limit
        found = self.select("backfills", {"id": None, "number": None, "status": status, "limit": most})
        return [self._backfill(row) for row in found]

    def backfill(self, which: str | int) -> BackfillState:
        """The backfill of an id or a number.

        Raises:
            RunNotFoundError: There is none.
        """
        number = which if isinstance(which, int) else None
        asked = {"id": "" if number is not None else which, "number": number, "status": None, "limit": 1}
        found = self.select("backfills", asked)
        if found:
            return self._backfill(found[0])
        known = ", ".join(str(state.number) for state in self.backfills(10))
        raise RunNotFoundError(
            f"There is no backfill {which!r}",
            subject=str(which),
            found=f"backfills {known}" if known else "no backfills at all",
            expected="the number or the id of a backfill",
            next_step="`tidemill backfill --list` lists them",
        )

    def backfill_runs(self, backfill: str) -> list[tuple[str, RunStatus]]:
        """Id and status of every run of a backfill."""
        return [(run_id, status) for run_id, status in self.select("backfill_runs", (backfill,))]

    def _backfill(self, row: Any) -> BackfillState:
        number, status, finished_at, data = row
        backfill = decode(Backfill, rows.documents([data], self.blob)[0]["backfill"])
        return BackfillState(backfill, number, status, finished_at)
