"""What the page asks about versions: lists, one of them, two side by side, numbers over time, verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args

from tidemill.core.records import Version, observation_id
from tidemill.execution.outlook import code_changes, stored_parts
from tidemill.server.models import (
    Aspect,
    Change,
    CheckCounts,
    MetricPoint,
    Metrics,
    MetricSeries,
    Verdict,
    VersionDetail,
    VersionDiff,
    VersionPage,
    VersionRef,
)
from tidemill.server.problems import NotFoundError
from tidemill.server.reading.changes import changes_between, flat_changes
from tidemill.server.reading.shapes import (
    add_up,
    as_number,
    metadata_entries,
    preview_of,
    verdicts_of,
    version_fields,
    version_rows,
)
from tidemill.server.service import Service
from tidemill.storage import page_reads
from tidemill.storage.page_reads import NEWEST, StoredVersion
from tidemill.storage.reads import ANY_PARTITION

MOST_POINTS = 2_000
"""Points of a series; more cannot be told apart on a screen."""

ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
"""What two versions are compared by, in the order of `_aspects`."""

MOST_SERIES = 50
MOST_OUTPUTS = 50
MOST_VERDICTS = 1_000


def versions_page(service: Service, key: str, partition: str | None, cursor: int, limit: int) -> VersionPage:
    """Versions of an asset, newest first; of one partition where one is named.

    Raises:
        NotFoundError: Neither the code nor the store has the asset.
    """
    key, store = service.known(key), service.store
    view = service.view
    # One slice is read by number, which an index has in order; an asset without partitions is one.
    whole = view.head(key).partitions == 0
    wanted = None if partition is None and whole else ANY_PARTITION if partition is None else partition
    by_number = wanted != ANY_PARTITION
    found = page_reads.versions_page(store, key, partition=wanted, before=cursor or NEWEST, limit=limit + 1)
    page = found[:limit]
    last = (page[-1].version.number if by_number else page[-1].seq) if len(found) > limit else None
    changed = dict(_changed([one.version for one in found]))
    rows = version_rows(store, page, _checks_of(service, key, page))
    return VersionPage(
        items=[row.model_copy(update={"changed": changed.get(row.id)}) for row in rows],
        next=str(last) if last is not None else None,
    )


def _changed(versions: Iterable[Version]) -> Iterator[tuple[str, list[Aspect]]]:
    """What is another than in the version before it, by id; of those whose predecessor is among them.

    Args:
        versions: Newest first; of several partitions, each is compared within its own.
    """
    newer: dict[str | None, Version] = {}
    for version in versions:
        after = newer.get(version.partition)
        newer[version.partition] = version
        if after is not None and after.number == version.number + 1:
            pairs = zip(ASPECTS, _aspects(version), _aspects(after), strict=True)
            yield after.id, [name for name, old, new in pairs if old != new]


def _aspects(version: Version) -> tuple[object, ...]:
    inputs = {(ref.asset, ref.partition): ref.data_version for ref in version.inputs}
    return version.code_version, version.config, inputs, version.libraries, version.data_version


def _checks_of(service: Service, key: str, page: Sequence[StoredVersion]) -> dict[str, CheckCounts]:
    """Verdicts about some versions, the last of each name, by id of the version."""
    if not page:
        return {}
    oldest = min(one.seq for one in page)
    said: dict[str, dict[str, tuple[bool, str, int]]] = {}
    for row in page_reads.verdicts_page(service.store, key, after=oldest, limit=MOST_VERDICTS):
        told = page_reads.document(row.data)["check"]
        about = said.setdefault(told.get("version_id", ""), {})
        about.setdefault(told["name"], (bool(told["passed"]), told.get("severity", "ERROR"), 1))
    return {version: add_up(about.values()) for version, about in said.items()}


def find_version(service: Service, key: str, partition: str | None, number: int) -> StoredVersion:
    """A version by its number.

    Raises:
        NotFoundError: There is none, or of an asset with partitions none was named.
    """
    key = service.known(key)
    found = page_reads.version_by_number(service.store, key, partition, number)
    if found is not None:
        return found
    head = service.view.head(key)
    name = key if partition is None else f"{key}[{partition}]"
    ask_for_partition = partition is None and head.partitions > 0
    raise NotFoundError(
        f"There is no version {name}@{number}",
        subject=f"{name}@{number}",
        found=f"{head.versions} versions of {key}"
        + (f", of {head.partitions} partitions" if head.partitions else ""),
        expected="the name of a partition, and the number of a version of it"
        if ask_for_partition
        else "the number of a version that there is",
        next_step="name the partition, `&partition=`" if ask_for_partition else "see the list of versions",
    )


def version_detail(service: Service, found: StoredVersion) -> VersionDetail:
    """A version with all that is remembered of it."""
    store, version = service.store, found.version
    artifact, external = version.artifact, version.external
    rows = [
        row
        for row in page_reads.verdicts_page(store, version.asset.text, after=found.seq, limit=MOST_VERDICTS)
        if page_reads.document(row.data)["check"].get("version_id") == version.id
    ]
    verdicts = _last_of_each(verdicts_of(store, rows))
    counts = add_up([(verdict.passed, verdict.severity, 1) for verdict in verdicts])
    inputs = page_reads.named_versions(store, [ref.id for ref in version.inputs])
    return VersionDetail(
        **version_fields(store, found, counts),
        data_version=version.data_version,
        code_version=version.code_version,
        code_parts=_parts(service, version.code_version),
        description=version.description,
        preview=preview_of(found.preview),
        metadata=metadata_entries(found.metadata),
        inputs=[
            VersionRef(
                asset=ref.asset.text,
                partition=ref.partition,
                number=None if ref.id == observation_id(ref.data_version) else inputs.get(ref.id),
                id=ref.id,
                data_version=ref.data_version,
            )
            for ref in version.inputs
        ],
        outputs=[
            VersionRef(
                asset=made.asset,
                partition=made.partition,
                number=made.number,
                id=made.version,
                data_version=made.data_version,
            )
            for made in page_reads.made_from(store, version.id, MOST_OUTPUTS)
        ],
        config=dict(version.config),
        libraries=dict(version.libraries),
        seed=version.seed,
        tags=dict(version.tags),
        verdicts=verdicts,
        address=artifact.address if artifact is not None else "",
        digest=artifact.content if artifact is not None else None,
        io_manager=external.manager if external is not None else None,
        identifier=external.identifier if external is not None else None,
    )


def _last_of_each(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The last verdict of each check, from verdicts newest first; in order of the names."""
    last: dict[str, Verdict] = {}
    for verdict in verdicts:
        last.setdefault(verdict.name, verdict)
    return sorted(last.values(), key=lambda verdict: verdict.name)


def _parts(service: Service, code: str) -> list[str]:
    parts = stored_parts(service.store, code)
    return [f"{part.where}: {part.name}" if part.where else part.name for part in parts or ()]


def version_diff(service: Service, key: str, partition: str | None, before: int, after: int) -> VersionDiff:
    """What differs between two versions of an asset.

    Raises:
        NotFoundError: There is not one of them.
    """
    old, new = (find_version(service, key, partition, number) for number in (before, after))
    key, store = old.version.asset.text, service.store
    left, right = version_rows(store, [old, new], _checks_of(service, key, [old, new]))
    code = []
    if old.version.code_version != new.version.code_version:
        code = code_changes(store, old.version.code_version, new.version.code_version)
    parts: dict[str, list[Change]] = {
        "config": flat_changes(old.version.config, new.version.config),
        "inputs": _inputs(service, old, new),
        "libraries": changes_between(old.version.libraries, new.version.libraries),
        "metadata": changes_between(_shown(old), _shown(new)),
        "value": flat_changes(_looks(old), _looks(new)),
    }
    is_same = old.version.data_version == new.version.data_version
    same = [
        name
        for name, changes in {"code": code, **parts}.items()
        # What is seen of a value may be alike where the value is not.
        if not changes and (name != "value" or is_same)
    ]
    return VersionDiff.model_validate({"before": left, "after": right, "code": code, "same": same, **parts})


def _inputs(service: Service, old: StoredVersion, new: StoredVersion) -> list[Change]:
    """Inputs with another content, by the numbers of their versions."""
    ids = [ref.id for found in (old, new) for ref in found.version.inputs]
    numbers = page_reads.named_versions(service.store, ids)

    def told(found: StoredVersion) -> dict[str, tuple[str, str]]:
        said = {}
        for ref in found.version.inputs:
            name = ref.asset.text if ref.partition is None else f"{ref.asset.text}[{ref.partition}]"
            number = numbers.get(ref.id)
            said[name] = ref.data_version, f"version {number}" if number else ref.data_version
        return said

    before, after = told(old), told(new)
    contents = ({name: content for name, (content, _) in side.items()} for side in (before, after))
    return [
        Change(
            name=change.name, before=before.get(change.name, _NONE)[1], after=after.get(change.name, _NONE)[1]
        )
        for change in changes_between(*contents)
    ]


_NONE = ("", None)


def _shown(found: StoredVersion) -> dict[str, Any]:
    return {entry.label: entry.value for entry in metadata_entries(found.metadata)}


def _looks(found: StoredVersion) -> dict[str, Any]:
    """What of a preview is compared: not the rows of a head, which say little."""
    artifact = found.version.artifact
    facts: dict[str, Any] = {"type": found.version.type_name, "bytes": artifact.size if artifact else None}
    for name, told in (found.preview or {}).items():
        if name == "columns" and isinstance(told, list):
            facts |= {f"columns.{_column(each)}": _column_type(each) for each in told}
        elif name == "entries" and isinstance(told, list):
            facts |= {f"[{each['key']}]": each.get("summary") for each in told if "key" in each}
        elif name in ("shape", "dtype", "parameters", "value", "length"):
            facts[name] = told
    return facts


def _column(column: Any) -> str:
    return str(column.get("name")) if isinstance(column, Mapping) else str(column[0] if column else "")


def _column_type(column: Any) -> Any:
    return column.get("type") if isinstance(column, Mapping) else (column[1] if len(column) > 1 else None)


def metrics_of(service: Service, key: str, partition: str | None) -> Metrics:
    """All numeric metadata of an asset over its versions, oldest first.

    Raises:
        NotFoundError: Neither the code nor the store has the asset.
    """
    key, store = service.known(key), service.store
    lengths = page_reads.lengths_of_series(store, key)
    wanted = ANY_PARTITION if partition is None else partition
    longest = max(lengths.values(), default=0)
    series = [
        MetricSeries(label=label, points=list(_points(service, key, label, count, wanted)))
        for label, count in list(lengths.items())[:MOST_SERIES]
    ]
    return Metrics(series=series, thinned=longest > MOST_POINTS or len(lengths) > MOST_SERIES)


def _points(service: Service, key: str, label: str, count: int, partition: str) -> Iterator[MetricPoint]:
    stride = max(1, -(-count // MOST_POINTS))
    for point in page_reads.thinned_series(service.store, key, label, stride, partition=partition):
        value = as_number(float("nan") if point.value is None else point.value)
        assert value is not None
        yield MetricPoint(number=point.number, partition=point.partition, at=point.at, value=value)


def verdicts_page(
    service: Service, key: str, name: str | None, cursor: int, limit: int
) -> tuple[list[Verdict], int | None]:
    """Verdicts on an asset, newest first; and the place to ask on with.

    Raises:
        NotFoundError: Neither the code nor the store has the asset.
    """
    key, store = service.known(key), service.store
    rows = page_reads.verdicts_page(store, key, name=name, before=cursor or NEWEST, limit=limit + 1)
    verdicts = verdicts_of(store, rows[:limit])
    return verdicts, rows[limit - 1].seq if len(rows) > limit else None
