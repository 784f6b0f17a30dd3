"""Records to rows and back: what goes into the log as JSON, what stays beside it, how a read joins both.

    Event ──log_row──▶ columns + JSON, large metadata by digest, the artifact's own row
    row of the view `log` + blobs ──event_of──▶ Event       rows of a run ──run_state_of, step_states──▶ …

JSON never repeats a column and never holds bytes. What an artifact is stands in its own row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

from tidemill.core.codec import decode, encode
from tidemill.core.events import (
    KINDS,
    Checked,
    Event,
    Materialized,
    Observed,
    StepRetrying,
    StepStarted,
)
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import (
    NO_METADATA,
    NO_TAGS,
    Artifact,
    ErrorInfo,
    External,
    FileIdentity,
    Lease,
    Run,
    RunState,
    StepState,
    StepStatus,
    Version,
    VersionRef,
)
from tidemill.storage.projections import STEP_STATUS

NO_CONFIG: dict[str, object] = {}
LARGE = 4096  # characters of JSON above which a metadata value leaves the row
IN_COLUMNS = ("asset", "partition", "id", "artifact", "number", "run_id", "step")

Document = dict[str, Any]
Fetch = Callable[[str], str]

EVENTS = {kind: cls for cls, kind in KINDS.items()}
ABOUT: dict[type[Event], str] = {Materialized: "version", Observed: "observation", Checked: "check"}

to_json = json.JSONEncoder(separators=(",", ":")).encode
asset_key = lru_cache(maxsize=65_536)(AssetKey.from_text)


class LogRow(NamedTuple):
    """The columns of an event, in the order of the statement `log_event`."""

    at: int
    kind: str
    step: str | None
    attempt: int | None
    asset: str | None
    partition: str | None
    version: str | None
    artifact: str | None
    data: str


class Entry(NamedTuple):
    """A row of the view `log`."""

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
    artifact: str | None
    size: int
    content: str
    canonical: int
    type_name: str
    identity: str | None
    inline: bytes | None
    dropped: int | None


DATA = Entry._fields.index("data")


def log_row(event: Event) -> tuple[LogRow, list[tuple[str, str]]]:
    """The event in columns and JSON; and (digest, JSON) of each metadata value too large for its row."""
    data = encode(event)
    at, step, attempt = data.pop("at"), data.pop("step", None), data.pop("attempt", None)
    subject = ABOUT.get(type(event))
    asset = partition = version = artifact = None
    if subject is not None:
        asset, partition, version, artifact, *_ = [data[subject].pop(name, None) for name in IN_COLUMNS]
    text, blobs = to_json(data), []
    if len(text) > LARGE:
        blobs = list(_take_large(data))
        text = to_json(data)
    address = artifact and artifact["address"]
    return LogRow(at, KINDS[type(event)], step, attempt, asset, partition, version, address, text), blobs


def _take_large(data: Document) -> Iterator[tuple[str, str]]:
    from blake3 import blake3  # noqa: PLC0415  (large metadata is rare, start-up is not)

    for metadata in _metadata_in(data):
        for label, value in metadata.items():
            text = to_json(value)
            if len(text) > LARGE:
                digest = blake3(text.encode()).hexdigest()
                metadata[label] = {"blob": digest}
                yield digest, text


def _metadata_in(data: Document) -> Iterator[Document]:
    for field in (*ABOUT.values(), "error"):
        holder = data.get(field)
        while holder is not None:
            yield holder.get("metadata", {})
            holder = holder.get("cause")


def documents(texts: Iterable[str], fetch: Fetch | None) -> list[Document]:
    """The JSON of many rows, parsed at once, with the metadata that had left them unless `fetch` is None."""
    text = ",".join(texts)
    parsed = cast("list[Document]", json.loads(f"[{text}]"))
    if fetch is not None and '{"blob":' in text:
        for data in parsed:
            for metadata in _metadata_in(data):
                for label, value in metadata.items():
                    if "type" not in value:  # which every metadata value has, whatever its kind
                        metadata[label] = json.loads(fetch(value["blob"]))
    return parsed


def event_of(entry: Entry, data: Document) -> Event:
    """Inverse of `log_row`; a version gets its run, its number, and its artifact as it is now."""
    data["at"] = entry.at
    if entry.step is not None:
        data["step"] = entry.step
    if entry.attempt is not None:
        data["attempt"] = entry.attempt
    if entry.kind == KINDS[Materialized]:
        return Materialized(data["at"], data["step"], data["attempt"], version_of(entry, data["version"]))
    cls = EVENTS[entry.kind]
    if subject := ABOUT.get(cls):
        data[subject].update(asset=entry.asset, partition=entry.partition)
    return decode(cls, data)


def version_of(row: Sequence[Any], data: Document, with_metadata: bool = True) -> Version:
    """The version of a materialized event's row. Written out, because planning reads ten thousand at once."""
    own = row[: len(Entry._fields)]
    _, _, run_id, _, _, step, _, asset, partition, number, version_id, _, *artifact, dropped = own
    get = data.get
    external = get("external")
    metadata = get("metadata") if with_metadata else None
    return Version(
        version_id,
        asset_key(asset),
        partition,
        data["made_at"],
        data["data_version"],
        data["code_version"],
        artifact_of(artifact) if artifact[0] is not None else None,
        external and decode(External, external),
        get("version_key"),
        tuple([_input_of(one) for one in data["inputs"]]) if "inputs" in data else (),
        {label: MetadataValue.from_json(v) for label, v in metadata.items()} if metadata else NO_METADATA,
        get("tags", NO_TAGS),
        get("description"),
        get("reused_from"),
        number,
        run_id or "",
        step,
        get("config", NO_CONFIG),
        get("libraries", NO_TAGS),
        get("seed"),
        get("previous"),
        dropped is not None,
    )


def _input_of(data: Document) -> VersionRef:
    return VersionRef(asset_key(data["asset"]), data["partition"], data["id"], data["data_version"])


def artifact_row(artifact: Artifact) -> tuple[object, ...]:
    """The columns of an artifact, in the order of the statement `keep_artifact`."""
    *facts, identity, inline = artifact
    return (*facts, identity_text(identity), inline)


def artifact_of(row: Sequence[Any]) -> Artifact:
    """Inverse of `artifact_row`."""
    address, size, content, canonical, type_name, identity, inline = row
    return Artifact(address, size, content, bool(canonical), type_name, identity_of(identity), inline)


def identity_text(identity: FileIdentity | None) -> str | None:
    """A file's identity as text, since an inode may need all 64 bits and SQLite has 63."""
    return None if identity is None else " ".join(map(str, identity))


def identity_of(text: str | None) -> FileIdentity | None:
    """Inverse of `identity_text`."""
    return None if text is None else FileIdentity(*map(int, text.split()))


def run_state_of(row: tuple[Any, ...], fetch: Fetch) -> RunState:
    """A run from its number, status, times, the data of its first and last event, and what trimmed it."""
    number, status, started_at, finished_at, data, end, trimmed = row
    run = decode(Run, documents([data], fetch)[0]["run"])
    error = documents([end], fetch)[0].get("error") if end else None
    told = error and decode(ErrorInfo, error)
    return RunState(run, number, status, started_at, finished_at, told, trimmed is not None)


def lease_of(text: str) -> Lease:
    """The lease in the data of the event that gave it."""
    data = json.loads(text)
    return decode(Lease, data["lease"] if "lease" in data else data["run"]["lease"])


def step_states(run: Run, found: Sequence[tuple[Any, ...]], fetch: Fetch) -> list[StepState]:
    """The steps of a run from (step, kind, at, attempt, data) of their events; planned ones first."""
    states = {planned.step: StepState(planned.step, "planned", 0) for planned in run.steps}
    data = documents([row[4] for row in found], fetch)
    for (step, kind, at, attempt, _), document in zip(found, data, strict=True):
        before, cls = states.get(step) or StepState(step, "planned", 0), EVENTS[kind]
        error = document.get("error")
        states[step] = StepState(
            step,
            STEP_STATUS[cls],
            max(before.attempt, attempt or cls._field_defaults.get("attempt", 0)),
            before.started_at or (at if cls is StepStarted else None),
            None if cls in (StepStarted, StepRetrying) else at,
            error and decode(ErrorInfo, error),
            document.get("cause"),
        )
    return list(states.values())


def remembered_states(run: Run, found: Sequence[tuple[Any, ...]], fetch: Fetch) -> list[StepState]:
    """The same of a run that was trimmed: what is left of its steps, and what they made or checked, tells."""
    left = [row for row in found if EVENTS[row[1]] in STEP_STATUS]
    told = {state.step: state for state in step_states(run._replace(steps=()), left, fetch)}
    states = {planned.step: StepState(planned.step, "forgotten", 0) for planned in run.steps}
    for step, _, at, attempt, _ in found:
        status: StepStatus = "succeeded" if attempt else "reused"
        states[step] = StepState(step, status, attempt or 0, None, at)
    return list({**states, **told}.values())
