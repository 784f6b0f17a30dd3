"""What a store can be asked. Answers are frozen records of `core.records`, in bulk where many are wanted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from tidemill.core.collecting import uncollected
from tidemill.core.errors import RunNotFoundError, StoreError, ValueNotStoredError
from tidemill.core.events import KINDS, Checked, Event
from tidemill.core.keys import AssetCheckKey, AssetKey, VersionAddress
from tidemill.core.records import (
    FINAL_RUN_STATUSES,
    Artifact,
    CheckResult,
    LiveRun,
    RunState,
    RunStatus,
    Standing,
    StepState,
    Version,
)
from tidemill.storage import rows
from tidemill.storage.partition_reads import PartitionReads
from tidemill.storage.projections import slice_name

Slice: TypeAlias = tuple[AssetKey, str | None]

ANY_PARTITION: Final = "*"  # a default that is no partition: None is the asset as a whole
CHUNK = 10_000
TOGETHER = (
    100  # rows whose JSON is parsed at once: few enough that the processor's cache still has what comes of it
)
SHORTEST_ID_PART = 4
LONGEST_NUMBER = 16


class StoredEvent(NamedTuple):
    """An event with its place in the log; `run_id` is empty outside of runs."""

    seq: int
    run_id: str
    event: Event


class StoredCheck(NamedTuple):
    """A check's verdict, and who gave it when."""

    seq: int
    run_id: str
    at: int
    step: str
    check: CheckResult


class Place(NamedTuple):
    """Where in the log a version was recorded: by which run ("" by none), when."""

    seq: int
    run_id: str
    at: int


class MetricPoint(NamedTuple):
    """The value of a numeric metadata entry on one version; `at` is when the version was recorded."""

    version_id: str
    number: int
    at: int
    value: float
    partition: str | None = None


class LatestUpdate(NamedTuple):
    """The latest version of a slice, as far as automation needs it; `run_id` is empty outside of runs."""

    seq: int
    at: int
    run_id: str
    data_version: str
    version_id: str


class LatestVerdict(NamedTuple):
    """The latest verdict of a check, and the version that it is about where that is known."""

    seq: int
    at: int
    run_id: str
    passed: bool
    version_id: str | None


class Reads(PartitionReads):
    """The questions; a subclass gives `select`, which runs one named statement."""

    # Runs

    def run(self, run: str | int) -> RunState:
        """A run, by its number, its id, or four or more characters at either end of its id."""
        text = str(run)
        found = self.select("run_by_id", (text,)) if isinstance(run, str) else []
        if not found:
            number = int(text) if text.isdecimal() and len(text) < LONGEST_NUMBER else None
            part = run if isinstance(run, str) and len(run) >= SHORTEST_ID_PART else None
            near = [id for (id,) in self.select("run_ids", {"number": number, "part": part})]
            if len(near) != 1:
                raise self._no_run(text, near)
            found = self.select("run_by_id", near)
        return rows.run_state_of(found[0], self.blob)

    def _no_run(self, text: str, near: Sequence[str]) -> RunNotFoundError:
        newest = [f"{number} ({job}, {id})" for number, id, job in self.select("newest_runs")]
        return RunNotFoundError(
            f"More than one run may be meant by {text!r}" if near else f"There is no run {text!r}",
            subject=text,
            found=", ".join(near) or None,
            expected=f"one run; the newest are {', '.join(newest)}" if newest else "a store with a run in it",
            next_step="`tidemill runs` lists them; give the number, or more of the id",
        )

    def runs(
        self,
        *,
        statuses: Collection[RunStatus] | None = None,
        job_name: str | None = None,
        tags: Mapping[str, str] | None = None,
        ids: Collection[str] | None = None,
        created_after: int | None = None,
        created_before: int | None = None,
        before: int | None = None,
        limit: int | None = None,
        ascending: bool = False,
    ) -> list[RunState]:
        """Runs that match all that is given, newest first.

        Times are UTC microseconds, exclusive; `before` is a run's number: the last of a page gives the next.
        """
        unfinished = statuses is not None and FINAL_RUN_STATUSES.isdisjoint(statuses)
        parameters = {
            "statuses": _json(statuses),
            "job_name": job_name,
            "tags": rows.to_json(dict(tags)) if tags else None,
            "ids": _json(ids),
            "created_after": created_after,
            "created_before": created_before,
            "before": before,
        }
        tail = f"{' AND r.finished IS NULL' if unfinished else ''} ORDER BY r.number"
        found = self._ordered("runs", parameters, ascending, limit, tail)
        return [rows.run_state_of(row, self.blob) for row in found]

    def live_runs(self, *, but: str = "") -> list[LiveRun]:
        """Runs that are not over and whose driver can be found dead; all `but` the one with that id."""
        return [
            LiveRun(id, number, job_name, fence, rows.lease_of(data), sign)
            for id, number, job_name, fence, data, sign in self.select("live_runs", (but,))
        ]

    def standings(self, of: Iterable[str] | None = None) -> dict[tuple[str, str | None], Standing]:
        """The latest version of every asset (its text) and partition, or of some, as far as a verdict needs it."""
        found = (
            self.select("standings") if of is None else self.select("standings_of", (rows.to_json(list(of)),))
        )
        return {(asset, partition or None): Standing(*standing) for asset, partition, *standing in found}

    def newest_event(self) -> int:
        """The place of the newest event of the log; 0 where there is none."""
        return int(self.select("newest_event")[0][0])

    def latest_updates(
        self, assets: Iterable[AssetKey], since: int = 0
    ) -> dict[AssetKey, dict[str | None, LatestUpdate]]:
        """The latest version of every slice of some assets, in one read; only those newer than an event of the log."""
        found: dict[AssetKey, dict[str | None, LatestUpdate]] = {}
        asked = _json([key.text for key in assets]), since
        for text, partition, *update in self.select("latest_updates", asked):
            found.setdefault(rows.asset_key(text), {})[partition or None] = LatestUpdate(*update)
        return found

    def latest_verdicts(
        self, assets: Iterable[AssetKey]
    ) -> dict[AssetCheckKey, dict[str | None, LatestVerdict]]:
        """The latest verdict of every check of some assets on each partition, in one read."""
        found: dict[AssetCheckKey, dict[str | None, LatestVerdict]] = {}
        told = self.select("latest_verdicts", (_json([key.text for key in assets]),))
        for text, name, partition, seq, at, run_id, passed, version in told:
            verdict = LatestVerdict(seq, at, run_id, bool(passed), version)
            found.setdefault(AssetCheckKey(rows.asset_key(text), name), {})[partition or None] = verdict
        return found

    def observations(self, wanted: Iterable[Slice]) -> dict[Slice, tuple[str, int]]:
        """The data version that each slice was observed to have since its latest version, and when."""
        slices = list(wanted)
        names = rows.to_json([(asset.text, slice_name(partition)) for asset, partition in slices])
        return {
            slices[place]: (version, at)
            for place, version, at in self.select("observations", {"wanted": names})
        }

    def all_observations(self) -> dict[tuple[str, str | None], tuple[str, int]]:
        """The same of every asset (its text) and partition."""
        return {
            (asset, partition or None): (version, at)
            for asset, partition, version, at in self.select("all_observations")
        }

    def withheld(self) -> dict[tuple[str, str | None], dict[str, str | None]]:
        """Of every asset (its text) and partition: the version keys for which its step gave nothing.

        Each with the id of the earlier version that it was compared with: "" where there was none, None where it
        was compared with nothing.
        """
        found: dict[tuple[str, str | None], dict[str, str | None]] = {}
        for asset, partition, key, previous in self.select("withheld"):
            found.setdefault((asset, partition or None), {})[key] = previous
        return found

    def known_recipes(self, fingerprints: Iterable[str]) -> set[str]:
        """Which code fingerprints the store can explain."""
        return {name for (name,) in self.select("known_recipes", (_json(fingerprints),))}

    def recipe(self, fingerprint: str) -> str | None:
        """What a code fingerprint stands for, as JSON, if the store knows it."""
        found = self.select("recipe", (fingerprint,))
        return str(found[0][0]) if found else None

    def versions_by_key(
        self, wanted: Iterable[tuple[AssetKey, str | None, str]]
    ) -> dict[tuple[AssetKey, str | None, str], Version]:
        """The newest version of each asset and partition that was made as the version key says."""
        asked = list(wanted)
        names = rows.to_json([(asset.text, slice_name(partition), key) for asset, partition, key in asked])
        found = self.select("versions_by_key", {"wanted": names})
        places = [asked[row[-1]] for row in found]
        return dict(zip(places, self._versions(found), strict=True))

    def steps(self, run_id: str) -> list[StepState]:
        """The steps of a run in plan order, dynamic ones at the end; without an event one is "planned".

        Of a run that was trimmed, one that left nothing is "forgotten".
        """
        state = self.run(run_id)
        run = state.run
        if state.trimmed:
            return rows.remembered_states(run, self.select("traces", (run.id,)), self.blob)
        return rows.step_states(run, self.select("steps", (run.id,)), self.blob)

    # Events

    def events(
        self,
        run_id: str | None = None,
        *,
        after: int = 0,
        before: int | None = None,
        kinds: Iterable[type[Event]] | None = None,
        step: str | None = None,
        asset: AssetKey | None = None,
        check: str | None = None,
        partition: str | None = ANY_PARTITION,
        limit: int | None = None,
        ascending: bool = True,
    ) -> list[StoredEvent]:
        """Events of the log, oldest first, that match all that is given.

        `run_id` is "" for those outside of runs; `after` and `before` are bounds of `seq`, exclusive.
        """
        name = "events_of_run" if run_id is not None else "events_of_asset" if asset is not None else "events"
        parameters = {
            "run_id": run_id,
            "asset": asset and asset.text,
            "kinds": None if kinds is None else rows.to_json([KINDS[kind] for kind in kinds]),
            "after": after,
            "before": before,
            "step": step,
            "check": check,
            "partition": partition,
        }
        found = self._ordered(name, parameters, ascending, limit)
        with uncollected():
            entries = [rows.Entry._make(row) for row in found]
            data = rows.documents([entry.data for entry in entries], self.blob)
            return [
                StoredEvent(entry.seq, entry.run_id or "", rows.event_of(entry, document))
                for entry, document in zip(entries, data, strict=True)
            ]

    def checks(
        self,
        *,
        asset: AssetKey | None = None,
        name: str | None = None,
        run_id: str | None = None,
        partition: str | None = ANY_PARTITION,
        limit: int | None = None,
        ascending: bool = False,
    ) -> list[StoredCheck]:
        """Verdicts of checks, newest first."""
        found = self.events(
            run_id,
            asset=asset,
            kinds=[Checked],
            check=name,
            partition=partition,
            limit=limit,
            ascending=ascending,
        )
        return [
            StoredCheck(seq, run, event.at, event.step, event.check)
            for seq, run, event in found
            if isinstance(event, Checked)
        ]

    # Versions

    def latest_versions(self, wanted: Iterable[Slice], *, metadata: bool = True) -> dict[Slice, Version]:
        """The latest version of each asset and partition that has one, in one read for every ten thousand.

        Without `metadata`, a plan over thousands of plots stays cheap.
        """
        slices = list(wanted)
        latest: dict[Slice, Version] = {}
        with uncollected():
            for start in range(0, len(slices), CHUNK):
                found = self._latest(slices[start : start + CHUNK])
                places = [slices[start + row[-1]] for row in found]
                latest.update(zip(places, self._versions(found, metadata), strict=True))
        return latest

    def _latest(self, wanted: Sequence[Slice]) -> list[Any]:
        if any(partition is not None for _, partition in wanted):
            names = rows.to_json([(asset.text, slice_name(partition)) for asset, partition in wanted])
            return self.select("latest_versions", {"wanted": names})
        return self.select("latest_of_assets", (rows.to_json([asset.text for asset, _ in wanted]),))

    def versions(
        self,
        asset: AssetKey,
        *,
        partition: str | None = ANY_PARTITION,
        limit: int | None = None,
        before: str | None = None,
        ascending: bool = False,
    ) -> list[Version]:
        """Versions of an asset or one partition, newest first; those before the version `before`."""
        parameters = {"asset": asset.text, "before": before, "partition": partition}
        if limit == 1 and before is None and partition == ANY_PARTITION and not ascending:
            return self._versions(self.select("latest_of_asset", {"asset": asset.text}))
        name = "versions_of_asset" if partition == ANY_PARTITION else "versions_of_slice"
        return self._versions(self._ordered(name, parameters, ascending, limit))

    def version(self, asset: AssetKey, partition: str | None, number: int) -> Version:
        """The version with that number; ValueNotStoredError names the newest that there are."""
        owner = (asset.text, partition)
        if found := self._versions(self.select("version_by_number", (*owner, number))):
            return found[0]
        newest = ", ".join(str(other) for (other,) in self.select("newest_numbers", owner))
        address = VersionAddress(asset, partition)
        raise ValueNotStoredError(
            f"There is no version {number} of {address}",
            subject=str(VersionAddress(asset, partition, number)),
            found=f"versions {newest} (newest first)" if newest else f"no version of {address} at all",
            expected="the number of a stored version",
            next_step=f"`tidemill show {asset.to_user_string()}` lists the versions",
        )

    def version_by_id(self, version_id: str) -> Version | None:
        """The version with that id, if there is one."""
        found = self._versions(self.select("version_by_id", (version_id,)))
        return found[0] if found else None

    def place_of_version(self, version_id: str) -> Place | None:
        """Where in the log the version with that id is, if there is one."""
        for row in self.select("version_by_id", (version_id,)):
            entry = rows.Entry._make(row)
            return Place(entry.seq, entry.run_id or "", entry.at)
        return None

    def versions_of_run(self, run_id: str) -> list[Version]:
        """The versions that a run made, in the order in which it made them; without their metadata."""
        return self._versions(self.select("versions_of_run", (run_id,)), metadata=False)

    def versions_made_from(self, version_id: str) -> list[Version]:
        """The versions that name this one among their inputs, oldest first."""
        return self._versions(self.select("versions_made_from", (version_id,)))

    def artifact_users(self, address: str) -> list[Version]:
        """The versions whose value is stored under that address, oldest first."""
        return self._versions(self.select("versions_of_artifact", (address,)))

    def _versions(self, found: list[Any], metadata: bool = True) -> list[Version]:
        """The versions of rows; these are gone from the list then, so that their memory serves what is made next."""
        fetch = self.blob if metadata else None
        versions: list[Version] = []
        with uncollected():
            for start in range(0, len(found), TOGETHER):
                some = found[start : start + TOGETHER]
                found[start : start + TOGETHER] = [None] * len(some)
                data = rows.documents([row[rows.DATA] for row in some], fetch)
                versions += rows.versions_of(some, data, metadata)
                del some, data  # before the collector would look at them
        return versions

    # Assets

    def version_counts(self, asset: AssetKey | None = None) -> dict[Slice, int]:
        """How many versions each asset and partition has had; 0 where it was only observed."""
        found = self.select("slices", {"asset": asset and asset.text})
        return {(rows.asset_key(text), partition or None): count for text, partition, count in found}

    def asset_keys(self, prefix: Sequence[str] | None = None) -> list[AssetKey]:
        """The assets that were ever materialized or observed."""
        keys = [rows.asset_key(text) for (text,) in self.select("asset_names")]
        return [key for key in keys if prefix is None or key.has_prefix(prefix)]

    def series(
        self, asset: AssetKey, label: str, *, partition: str | None = ANY_PARTITION
    ) -> list[MetricPoint]:
        """The values of a numeric metadata entry over an asset's versions, oldest first, NaN included."""
        asked = {
            "asset": asset.text,
            "label": label,
            "any": partition == ANY_PARTITION,
            "partition": partition,
        }
        return [
            MetricPoint(id, number, at, float("nan") if value is None else value, part)
            for id, number, at, value, part in self.select("series", asked)
        ]

    def series_labels(self, asset: AssetKey) -> list[str]:
        """The metadata entries of an asset that were ever numeric."""
        return [label for (label,) in self.select("series_labels", (asset.text,))]

    def artifacts(self) -> Iterator[Artifact]:
        """Every artifact that a version still needs, with its file's identity or its inline bytes."""
        last = ""
        while found := self.select("artifacts_page", (last,)):
            yield from map(rows.artifact_of, found)
            last = found[-1][0]

    def _ordered(
        self,
        name: str,
        parameters: Mapping[str, object],
        ascending: bool,
        limit: int | None,
        tail: str = "",
    ) -> list[Any]:
        tail += f" {'ASC' if ascending else 'DESC'} LIMIT :limit"
        return self.select(name, {**parameters, "limit": -1 if limit is None else limit}, tail)

    def blob(self, digest: str) -> str:
        """The JSON of a metadata value that was too large for its row."""
        found = self.select("blob", (digest,))
        if not found:
            raise StoreError(
                "A large metadata value is gone from the store",
                subject=digest,
                found="no row of that digest",
                expected="one in the table blobs",
                next_step="restore a copy of the database",
            )
        return str(found[0][0])


def _json(values: Iterable[str] | None) -> str | None:
    return None if values is None else rows.to_json(list(values))
