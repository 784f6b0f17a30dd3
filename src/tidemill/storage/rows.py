"""Records to rows and back: what goes into the log as JSON, what stays beside it, how a read joins both.

    Event ──log_row──▶ columns + JSON, large metadata by digest, the artifact's own row
    row of the view `log` + blobs ──event_of──▶ Event       rows of a run ──run_state_of, step_states──▶ …

JSON never repeats a column and never holds bytes. What an artifact is stands in its own row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

from tidemill.core.codec import decode, encode
from tidemill.core.events import (
    KINDS,
    Checked,
    Event,
    Materialized,
    Observed,
    Passed,
    StepExpanded,
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
PREVIEW_BLOB = ',"blob":'  # how a look at a value goes on that has left its row
BLOB = '{"blob":'  # how a metadata value begins that has left its row
LARGE = 4096  # characters of JSON above which a metadata value leaves the row
LARGE_PREVIEW = 1024  # the same for a look at a value, of which its row keeps what it is in short
IN_SHORT = ("kind", "type", "summary")
IN_COLUMNS = ("asset", "partition", "id", "artifact", "number", "run_id", "step")

Document = dict[str, Any]
Fetch = Callable[[str], str]

EVENTS = {kind: cls for cls, kind in KINDS.items()}
ABOUT: dict[type[Event], str] = {
    Materialized: "version",
    Observed: "observation",
    Checked: "check",
    Passed: "value",
}

to_json = json.JSONEncoder(separators=(",", ":")).encode
asset_key = lru_cache(maxsize=65_536)(AssetKey.from_text)
made = tuple.__new__


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
WIDTH = len(Entry._fields)


def log_row(event: Event) -> tuple[LogRow, list[tuple[str, str]]]:
    """The event in columns and JSON; and (digest, JSON) of each metadata value too large for its row."""
    data = encode(event)
    at, step, attempt = data.pop("at"), data.pop("step", None), data.pop("attempt", None)
    subject = ABOUT.get(type(event))
    asset = partition = version = artifact = None
    if subject is not None:
        asset, partition, version, artifact, *_ = [data[subject].pop(name, None) for name in IN_COLUMNS]
    text, blobs = to_json(data), []
    if len(text) > LARGE_PREVIEW:
        blobs = [*_take_preview(data), *(_take_large(data) if len(text) > LARGE else ())]
        text = to_json(data) if blobs else text
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


def _take_preview(data: Document) -> Iterator[tuple[str, str]]:
    preview = data["version"].get("preview") if "version" in data else None
    text = to_json(preview) if preview is not None else ""
    if preview is not None and len(text) > LARGE_PREVIEW:
        from blake3 import blake3  # noqa: PLC0415  (as above)

        digest = blake3(text.encode()).hexdigest()
        data["version"]["preview"] = {name: preview[name] for name in IN_SHORT} | {"blob": digest}
        yield digest, text


def _metadata_in(data: Document) -> Iterator[Document]:
    for field in (*ABOUT.values(), "error"):
        holder = data.get(field)
        while holder is not None:
            yield holder.get("metadata", {})
            holder = holder.get("cause")


def documents(texts: Iterable[str], fetch: Fetch | None) -> list[Document]:
    """The JSON of many rows, parsed at once, with what had left them unless `fetch` is None."""
    text = ",".join(texts)
    parsed = cast("list[Document]", json.loads(f"[{text}]"))
    if fetch is not None and PREVIEW_BLOB in text:
        for data in parsed:
            preview = data["version"].get("preview") if "version" in data else None
            if preview is not None and "blob" in preview:
                data["version"]["preview"] = json.loads(fetch(preview["blob"]))
    if fetch is not None and BLOB in text:
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
        return Materialized(data["at"], data["step"], data["attempt"], version_of(entry, data))
    cls = EVENTS[entry.kind]
    if cls is Passed:
        return _passed_of(entry, data)
    if subject := ABOUT.get(cls):
        data[subject].update(asset=entry.asset, partition=entry.partition)
    return decode(cls, data)


def _passed_of(entry: Entry, data: Document) -> Passed:
    data["value"].update(step=entry.step, run_id=entry.run_id or "")
    passed = decode(Passed, data)
    if entry.artifact is None:
        return passed
    *facts, _ = entry[entry._fields.index("artifact") :]
    facts[2] = facts[2] or entry.artifact
    return passed._replace(value=passed.value._replace(artifact=artifact_of(facts)))


class StoredMetadata(Mapping[str, MetadataValue]):
    """The metadata of a version, made of its row's JSON when somebody looks at it.

    Most readers of ten thousand versions do not, and as values it would be half of all that they keep alive.
    It equals a dict of the same values, prints like one and is pickled as one.
    """

    __slots__ = ("_found",)

    def __init__(self, data: str) -> None:
        self._found: str | dict[str, MetadataValue] = data

    def _values(self) -> dict[str, MetadataValue]:
        found = self._found
        if isinstance(found, str):
            found = self._found = metadata_of(json.loads(found)["version"]["metadata"])
        return found

    def __getitem__(self, label: str) -> MetadataValue:
        return self._values()[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())

    def __or__(self, other: Mapping[str, MetadataValue]) -> dict[str, MetadataValue]:
        return {**self, **other}

    def __ror__(self, other: Mapping[str, MetadataValue]) -> dict[str, MetadataValue]:
        return {**other, **self}

    def __repr__(self) -> str:
        return repr(self._values())

    def __reduce__(self) -> tuple[object, ...]:
        return dict, (self._values(),)


def metadata_of(stored: Mapping[str, Any]) -> dict[str, MetadataValue]:
    """Metadata from its JSON."""
    return {label: MetadataValue.from_json(value) for label, value in stored.items()}


def version_of(row: Sequence[Any], data: Document) -> Version:
    """The version of a materialized event's row."""
    return versions_of([row], [data])[0]


def versions_of(
    found: Iterable[Sequence[Any]], data: Iterable[Document], with_metadata: bool = True
) -> list[Version]:
    """The versions of materialized events' rows: columns as an `Entry` has them, and maybe more.

    Ten thousand are read at once, and what that takes is memory: so texts that say the same are one, and each record
    is made as tuples are, since the constructor of a named tuple is a function of Python's that does no more.
    """
    versions = []
    known: dict[str, str] = {}
    one = known.setdefault
    for row, document in zip(found, data, strict=True):
        # fmt: off
        (_, _, run_id, _, _, step, _, asset, partition, number, version_id, text,
         address, size, content, canonical, type_name, identity, inline, dropped) = row[:WIDTH]
        # fmt: on
        told = document["version"]
        get = told.get
        key = asset_key(asset)
        artifact = external = None
        metadata: Mapping[str, MetadataValue] = NO_METADATA
        if address is not None:
            file = None if identity is None else identity_of(identity)
            type_name = one(type_name, type_name)
            artifact = made(
                Artifact, (address, size, content or address, canonical != 0, type_name, file, inline)
            )
        if "external" in told:
            external = decode(External, told["external"])
        if with_metadata and "metadata" in told:
            metadata = metadata_of(told["metadata"]) if BLOB in text else StoredMetadata(text)
        fields = (
            version_id,
            key,
            partition,
            told["made_at"],
            told["data_version"],
            one(told["code_version"], told["code_version"]),
            artifact,
            external,
            get("version_key"),
            tuple([_input_of(source) for source in told["inputs"]]) if "inputs" in told else (),
            metadata,
            get("tags", NO_TAGS),
            get("description"),
            get("reused_from"),
            number,
            one(run_id, run_id) if run_id else "",
            step or key.text,
            get("config", NO_CONFIG),
            get("libraries", NO_TAGS),
            get("seed"),
            get("previous"),
            dropped is not None,
            get("preview") if with_metadata else None,
        )
        versions.append(made(Version, fields))
    return versions


def _input_of(data: Document) -> VersionRef:
    return made(VersionRef, (asset_key(data["asset"]), data["partition"], data["id"], data["data_version"]))


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
    """A run from its number, status, times, the data of its first and last event, what trimmed it, and later tags."""
    number, status, started_at, finished_at, data, end, trimmed, later = row
    run = decode(Run, documents([data], fetch)[0]["run"])
    if later is not None:
        run = run._replace(tags={**run.tags, **json.loads(later)})
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
        if EVENTS[kind] is StepExpanded:
            # From here on it is the steps that it has become.
            states.pop(step, None)
            settled = document.get("settled", ())
            names = [f"{step}[{key}]" for key in document.get("keys", ()) if key not in settled]
            states.update({name: StepState(name, "planned", 0) for name in names if name not in states})
            continue
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
