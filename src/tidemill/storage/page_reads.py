"""What a page of the server asks a store: a few rows at a time of what may be a million, as the log has them.

Each function is one named statement; data stay JSON until somebody shows them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tidemill.core.records import Version
from tidemill.storage import rows
from tidemill.storage.reads import ANY_PARTITION, Reads

NEWEST = (1 << 63) - 1
"""A place that is after every place."""


class LogRow(NamedTuple):
    """A fact of the log; `data` is the JSON of its other fields."""

    seq: int
    run: int
    run_id: str | None
    kind: str
    at: int
    step: str | None
    attempt: int | None
    asset: str | None
    partition: str | None
    number: int | None
    version: str | None
    data: str


class RunHead(NamedTuple):
    """A run without its order; `tags` are those of later, `end` is the JSON of the event that ended it."""

    number: int
    id: str
    job_name: str
    status: str
    created_at: int
    started_at: int | None
    finished_at: int | None
    tags: str | None
    end: str | None
    trimmed: int | None


class StepMark(NamedTuple):
    """That something became of a step."""

    seq: int
    step: str
    kind: str
    at: int
    attempt: int | None


class MadeRow(NamedTuple):
    """A version that a step made."""

    step: str
    attempt: int | None
    asset: str
    partition: str | None
    number: int
    version: str
    data_version: str


class VerdictRow(NamedTuple):
    """A verdict; `data` is the JSON of the event."""

    seq: int
    asset: str
    partition: str | None
    at: int
    run: int
    data: str


class Sums(NamedTuple):
    """How many versions an asset has, of how many partitions, and where in the log the latest is."""

    versions: int
    partitions: int
    latest: int | None


class Head(NamedTuple):
    """A version as the log has it."""

    seq: int
    asset: str
    partition: str | None
    number: int | None
    at: int
    run: int
    data: str


class Settled(NamedTuple):
    """A step whose last end was a failure that made nothing."""

    seq: int
    step: str
    kind: str
    at: int
    run: int
    run_id: str | None
    data: str

    @property
    def message(self) -> str:
        """Of the error."""
        return str(document(self.data)["error"].get("message", ""))


class Made(NamedTuple):
    """A version, by what names it."""

    asset: str
    partition: str | None
    version: str
    number: int
    data_version: str


class Point(NamedTuple):
    """A number on a version; None is NaN."""

    number: int
    partition: str | None
    at: int
    value: float | None


class Place(NamedTuple):
    """Where a version is in the log: by which run, at which attempt."""

    seq: int
    run: int
    attempt: int | None


class StoredVersion(NamedTuple):
    """A version with its place in the log; its metadata apart, as JSON by label.

    A value that was too large for its row is `{"blob": DIGEST}`, but where the whole was asked for. `preview` is what
    its worker saw of the value, as JSON.
    """

    seq: int
    run: int
    attempt: int | None
    at: int
    version: Version
    metadata: Mapping[str, Any]
    preview: Mapping[str, Any] | None = None


class RunFilter(NamedTuple):
    """Which runs; what is None does not matter. Times are UTC microseconds, `until` exclusive."""

    statuses: tuple[str, ...] = ()
    job_name: str | None = None
    asset: str | None = None
    tag: tuple[str, str] | None = None
    since: int | None = None
    until: int | None = None


# Events


def events_after(store: Reads, seq: int, limit: int) -> list[LogRow]:
    """Facts after a place, oldest first."""
    return [LogRow._make(row) for row in store.select("events_after", (seq, limit))]


def events_of_run(
    store: Reads, run: int, *, after: int, limit: int, kinds: Collection[str] = (), step: str | None = None
) -> list[LogRow]:
    """Facts of a run after a place, oldest first."""
    asked = {"run": run, "after": after, "kinds": _some(kinds), "step": step, "limit": limit}
    return [LogRow._make(row) for row in store.select("page_of_run_events", asked)]


def events_of_asset(
    store: Reads, asset: str, *, before: int = NEWEST, limit: int, kinds: Collection[str] = ()
) -> list[LogRow]:
    """Facts about an asset before a place, newest first."""
    asked = {"asset": asset, "before": before, "kinds": _some(kinds), "limit": limit}
    return [LogRow._make(row) for row in store.select("page_of_asset_events", asked)]


# Runs


def run_numbers(store: Reads, filter: RunFilter, *, before: int = NEWEST, limit: int) -> list[int]:
    """Numbers of runs, newest first: by the index that leaves out most."""
    asked = {
        "before": before,
        "statuses": _some(filter.statuses),
        "status": filter.statuses[0] if len(filter.statuses) == 1 else None,
        "job_name": filter.job_name,
        "asset": filter.asset,
        "tag": filter.tag and filter.tag[0],
        "tagged": filter.tag and filter.tag[1],
        "since": filter.since,
        "until": filter.until,
        "limit": limit,
    }
    name = "page_of_runs"
    if filter.asset is not None:
        name = "page_of_runs_of_asset"
    elif filter.tag is not None:
        name = "page_of_runs_of_tag"
    elif asked["status"] is not None:
        name = "page_of_runs_of_status"
    return [number for (number,) in store.select(name, asked)]


def run_heads(store: Reads, numbers: Sequence[int]) -> list[RunHead]:
    """Runs by number, in that order."""
    return [RunHead._make(row) for row in store.select("run_heads", (rows.to_json(list(numbers)),))]


def run_orders(store: Reads, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What was asked for, of runs by number: the JSON of `Run`."""
    found = store.select("run_orders", (rows.to_json(list(numbers)),))
    data = rows.documents([text for _, text in found], None)
    return {number: document["run"] for (number, _), document in zip(found, data, strict=True)}


def numbers_of(store: Reads, run_ids: Iterable[str]) -> dict[str, int]:
    """Numbers of runs by id."""
    return dict(store.select("run_numbers", (rows.to_json(list(run_ids)),)))


def repeats_of(store: Reads, run_id: str, limit: int = 100) -> list[int]:
    """Runs that re-execute a run, newest first."""
    return [number for (number,) in store.select("repeats_of", (run_id, limit))]


def unfinished(store: Reads) -> list[tuple[int, str, int]]:
    """Number, id, and place of the first event of each run that is not over."""
    return store.select("unfinished")


def last_of_jobs(store: Reads, names: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Number and status of the last run of each job."""
    found = store.select("last_of_jobs", (rows.to_json(list(names)),))
    return {name: (number, status) for name, number, status in found}


def step_marks(store: Reads, run: int, after: int = 0) -> list[StepMark]:
    """What became of the steps of a run after a place."""
    return [StepMark._make(row) for row in store.select("step_marks", (run, after))]


def step_facts(
    store: Reads, run: int, steps: Collection[str], between: tuple[int, int]
) -> list[tuple[str, str, dict[str, Any]]]:
    """Step, kind and data of what became of some steps, from the first of two places to the last."""
    found = store.select("step_facts", _of_steps(run, steps, between))
    data = rows.documents([row[2] for row in found], None)
    return [(step, kind, document) for (step, kind, _), document in zip(found, data, strict=True)]


def made_by_steps(store: Reads, run: int, steps: Collection[str], between: tuple[int, int]) -> list[MadeRow]:
    """The versions that some steps of a run made, from the first of two places to the last."""
    found = store.select("made_by_steps", _of_steps(run, steps, between))
    return [MadeRow._make(row) for row in found]


def _of_steps(run: int, steps: Collection[str], between: tuple[int, int]) -> dict[str, object]:
    first, last = between
    return {"run": run, "steps": rows.to_json(list(steps)), "first": first, "last": last}


def numbers_of_run(store: Reads, run: int, limit: int) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Asset, partition and stored metadata of the versions that a run made."""
    found = store.select("numbers_of_run", {"run": run, "limit": limit})
    data = rows.documents([row[2] for row in found], None)
    return [
        (asset, partition, document["version"].get("metadata", {}))
        for (asset, partition, _), document in zip(found, data, strict=True)
    ]


def codes_of_run(store: Reads, run: int, limit: int) -> dict[str, str]:
    """The code version of each asset that a run made."""
    return dict(store.select("codes_of_run", {"run": run, "limit": limit}))


def verdicts_of_run(store: Reads, run: int, limit: int) -> list[VerdictRow]:
    """Verdicts that a run gave."""
    return [VerdictRow._make(row) for row in store.select("verdicts_of_run", (run, limit))]


def settled_steps(store: Reads) -> list[Settled]:
    """Steps whose last end, of those that made nothing, was a failure."""
    return [Settled._make(row) for row in store.select("settled_steps")]


def succeeded_since(store: Reads, asset: str, failure: Settled) -> bool:
    """Whether the step that failed, and was to make that asset, has succeeded since and given something else only."""
    asked = {"asset": asset, "run": failure.run, "seq": failure.seq, "step": failure.step}
    return bool(store.select("succeeded_since", asked))


# Versions


def versions_page(
    store: Reads, asset: str, *, partition: str | None = ANY_PARTITION, before: int = NEWEST, limit: int
) -> list[StoredVersion]:
    """Versions of an asset, newest first; `before` is a place, or of one slice a number."""
    asked = {"asset": asset, "partition": partition, "before": before, "limit": limit}
    if partition == ANY_PARTITION:
        return _stored(store.select("page_of_versions", {**asked, "any": True}))
    return _stored(store.select("page_of_slice_versions", asked))


def version_by_id(store: Reads, version_id: str) -> StoredVersion | None:
    """The version of that id, if there is one; its metadata whole."""
    return next(iter(_stored(store.select("version_by_id", (version_id,)), store.blob)), None)


def version_by_number(store: Reads, asset: str, partition: str | None, number: int) -> StoredVersion | None:
    """The version of that number, if there is one; its metadata whole."""
    found = store.select("version_by_number", (asset, partition, number))
    return next(iter(_stored(found, store.blob)), None)


def latest_of_asset(store: Reads, asset: str) -> StoredVersion | None:
    """The latest version of an asset, of whatever partition; its metadata whole."""
    return next(iter(_stored(store.select("latest_of_asset", {"asset": asset}), store.blob)), None)


def _stored(found: Sequence[Any], fetch: rows.Fetch | None = None) -> list[StoredVersion]:
    data = rows.documents([row[rows.DATA] for row in found], fetch)
    metadata = [document["version"].pop("metadata", {}) for document in data]
    previews = [preview_in(document["version"]) for document in data]
    versions = rows.versions_of(found, data, with_metadata=False)
    return [
        StoredVersion(entry.seq, entry.run, entry.attempt, entry.at, version, told, preview)
        for entry, version, told, preview in zip(
            map(rows.Entry._make, found), versions, metadata, previews, strict=True
        )
    ]


def place_of(store: Reads, version_id: str) -> Place | None:
    """Where a version is in the log."""
    found = store.select("place_of_version", (version_id,))
    return Place._make(found[0]) if found else None


def seconds_of(store: Reads, place: Place, step: str) -> float | None:
    """How long the step took that made the version at a place."""
    asked = {"seq": place.seq, "run": place.run, "step": step, "attempt": place.attempt}
    found = store.select("end_of_step", asked)
    return float(found[0][0] or 0.0) if found else None


def made_from(store: Reads, version_id: str, limit: int) -> list[Made]:
    """The newest versions that were made from one."""
    return [Made._make(row) for row in store.select("newest_made_from", (version_id, limit))]


def named_versions(store: Reads, version_ids: Iterable[str]) -> dict[str, int]:
    """Numbers of versions by id, as far as the store has them."""
    found = store.select("named_versions", (rows.to_json(list(version_ids)),))
    return {id: number for _, _, number, id in found}


def verdicts_page(
    store: Reads,
    asset: str,
    *,
    name: str | None = None,
    after: int = 0,
    before: int = NEWEST,
    limit: int,
) -> list[VerdictRow]:
    """Verdicts on an asset between two places, newest first; of one name, as far as ten thousand back."""
    most = limit if name is None else 10_000
    asked = {"asset": asset, "name": name, "after": after, "before": before, "most": most, "limit": limit}
    return [VerdictRow._make(row) for row in store.select("page_of_verdicts", asked)]


def verdicts_of_assets(store: Reads, assets: Iterable[str]) -> list[VerdictRow]:
    """The latest verdict of each check of some assets."""
    return [
        VerdictRow._make(row) for row in store.select("verdicts_of_assets", (rows.to_json(list(assets)),))
    ]


def verdict_signs(store: Reads, assets: Collection[str] | None = None) -> list[tuple[str, bool, str, int]]:
    """Asset, whether they passed, severity, and how many latest verdicts are so; of all assets where none are given."""
    found = store.select("verdict_signs", {"assets": None if assets is None else rows.to_json(list(assets))})
    return [(asset, bool(passed), severity or "ERROR", count) for asset, passed, severity, count in found]


def lengths_of_series(store: Reads, asset: str) -> dict[str, int]:
    """How many points each series of an asset has."""
    return dict(store.select("lengths_of_series", (asset,)))


def thinned_series(
    store: Reads, asset: str, label: str, stride: int, *, partition: str | None = ANY_PARTITION
) -> list[Point]:
    """Every so many points of a series, oldest first, the last one among them."""
    asked = {
        "asset": asset,
        "label": label,
        "stride": stride,
        "any": partition == ANY_PARTITION,
        "partition": partition,
    }
    return [Point._make(row) for row in store.select("thinned_series", asked)]


# Assets


def sums(store: Reads, assets: Iterable[str] | None = None) -> dict[str, Sums]:
    """What there is of assets, of all where none are given."""
    found = (
        store.select("sums_of_all")
        if assets is None
        else store.select("sums_of_assets", (rows.to_json(list(assets)),))
    )
    return {asset: Sums(*counts) for asset, *counts in found}


def heads(store: Reads, places: Iterable[int]) -> list[Head]:
    """The versions at some places."""
    return [Head._make(row) for row in store.select("heads_at", (rows.to_json(list(places)),))]


def made_keys(store: Reads, asset: str, limit: int = 200_000) -> list[str]:
    """The partitions of an asset that have a version, sorted."""
    return [partition for (partition,) in store.select("some_partitions", (asset, limit))]


def disk_of(store: Reads, asset: str) -> tuple[int, int]:
    """How many versions of an asset have their value stored, and the bytes of that."""
    ((stored, size),) = store.select("disk_of_asset", (asset,))
    return int(stored), int(size)


def totals(store: Reads) -> tuple[int, int]:
    """How many runs and versions there are."""
    ((runs, versions),) = store.select("totals")
    return int(runs), int(versions)


def count_of_events(store: Reads) -> int:
    """How many events there are."""
    return int(store.select("count_of_events")[0][0])


def preview_in(version: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a worker saw of the value of a version, from its JSON; None where it saw nothing that is known."""
    preview = version.get("preview")
    return preview if isinstance(preview, dict) else None


def document(text: str) -> Mapping[str, Any]:
    """The JSON of a row."""
    return rows.documents([text], None)[0]


def _some(values: Collection[str]) -> str | None:
    return rows.to_json(list(values)) if values else None
