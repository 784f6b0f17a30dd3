"""Records of the store as the API answers them: metadata, versions, verdicts, failures, numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from tidemill.core.formats import number as number_text
from tidemill.core.metadata import JsonMetadataValue, MetadataValue, TableMetadataValue
from tidemill.core.records import ErrorInfo, Version
from tidemill.server.models import (
    CheckCounts,
    Failure,
    MetadataEntry,
    Number,
    Preview,
    Verdict,
    VersionRef,
    VersionRow,
)
from tidemill.storage import page_reads
from tidemill.storage.page_reads import StoredVersion, VerdictRow
from tidemill.storage.reads import Reads

FRAME = '  File "'
LABELS = 12
"""Most numbers that a row of a list shows."""


def metadata_entries(stored: Mapping[str, Mapping[str, Any]]) -> list[MetadataEntry]:
    """Metadata as the store has it, by label; values that are not in their row are left out."""
    return [metadata_entry(label, told) for label, told in stored.items() if "type" in told]


def metadata_entry(label: str, stored: Mapping[str, Any]) -> MetadataEntry:
    """A metadata value from its stored JSON."""
    value = MetadataValue.from_json(stored)
    shown: Any
    if isinstance(value, JsonMetadataValue):
        shown = value.data
    elif isinstance(value, TableMetadataValue):
        shown = {"records": [record.data for record in value.records], "schema": value.schema.to_json()}
    else:
        fields = {name: told for name, told in stored.items() if name != "type"}
        shown = next(iter(fields.values()), None) if len(fields) < 2 else fields
    measured = value.numeric
    if measured is not None and value.kind == "float":
        shown = measured
    return MetadataEntry(label=label, type=value.kind, value=shown, number=as_number(measured))


def as_number(value: float | None) -> Number | None:
    """A number as JSON can say it."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def numbers_in(stored: Mapping[str, Mapping[str, Any]], most: int = LABELS) -> dict[str, float]:
    """The numeric entries of stored metadata, without making the others; the first so many."""
    found: dict[str, float] = {}
    for label, told in stored.items():
        if told.get("type") in ("float", "int", "bool"):
            measured = MetadataValue.from_json(told).numeric
            if measured is not None:
                found[label] = measured
                if len(found) == most:
                    break
    return found


def preview_of(stored: Mapping[str, Any] | None) -> Preview | None:
    """A preview that a worker took; None where it is of a form that this Tidemill does not know."""
    if stored is None:
        return None
    try:
        return Preview.model_validate(dict(stored))
    except ValueError:
        return None


def value_text(preview: Mapping[str, Any] | None, metadata: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The short text on a node: the value itself where it is one, else its shape, else the first number on it."""
    summary = preview.get("summary") if preview is not None else None
    if isinstance(summary, str) and summary:
        return summary
    for label, measured in numbers_in(metadata, 1).items():
        whole = isinstance(measured, float) and measured.is_integer()
        return f"{label} {number_text(int(measured) if whole else measured)}"
    return None


def version_ref(version: Version) -> VersionRef:
    """How a version is named by another answer."""
    return VersionRef(
        asset=version.asset.text,
        partition=version.partition,
        number=version.number,
        id=version.id,
        data_version=version.data_version,
    )


def version_rows(
    store: Reads, found: Iterable[StoredVersion], checks: Mapping[str, CheckCounts]
) -> list[VersionRow]:
    """Versions in a list; `checks` by id of the version."""
    return [VersionRow(**version_fields(store, one, checks.get(one.version.id))) for one in found]


def version_fields(store: Reads, found: StoredVersion, checks: CheckCounts | None) -> dict[str, Any]:
    """The fields of a `VersionRow`."""
    version, artifact = found.version, found.version.artifact
    summary = found.preview.get("summary") if found.preview is not None else None
    place = page_reads.Place(found.seq, found.run, found.attempt)
    return {
        "asset": version.asset.text,
        "partition": version.partition,
        "number": version.number,
        "id": version.id,
        "made_at": version.made_at,
        "run": found.run or None,
        "step": version.step,
        "type": version.type_name,
        "bytes": artifact.size if artifact is not None else None,
        "stored": artifact is not None and not version.dropped,
        "reused": version.reused_from is not None,
        "seconds": page_reads.seconds_of(store, place, version.step) if found.run else None,
        "summary": summary if isinstance(summary, str) else None,
        "checks": checks or CheckCounts(),
        "metrics": {label: as_number(n) for label, n in numbers_in(found.metadata).items()},
    }


def verdict_of(
    row: VerdictRow, versions: Mapping[str, int], metadata: Mapping[str, Any] | None = None
) -> Verdict:
    """A verdict; `versions` are numbers by id, `metadata` the whole where some of it was too large for its row."""
    told = page_reads.document(row.data)["check"]
    return Verdict(
        seq=row.seq,
        asset=row.asset,
        name=told["name"],
        passed=bool(told["passed"]),
        severity=told.get("severity", "ERROR"),
        blocking=bool(told.get("blocking", False)),
        at=row.at,
        run=row.run or None,
        version=versions.get(told.get("version_id", "")),
        partition=row.partition,
        description=told.get("description"),
        metadata=metadata_entries(told.get("metadata", {}) if metadata is None else metadata),
    )


def verdicts_of(store: Reads, rows: Iterable[VerdictRow]) -> list[Verdict]:
    """Verdicts, with the versions that they are about by number."""
    found = list(rows)
    ids = [page_reads.document(row.data)["check"].get("version_id") for row in found]
    versions = page_reads.named_versions(store, [id for id in ids if id])
    return [verdict_of(row, versions) for row in found]


def add_up(signs: Iterable[tuple[bool, str, int]]) -> CheckCounts:
    """How many verdicts passed, warn, and failed, from (passed, severity, how many)."""
    passed = warned = failed = 0
    for good, severity, count in signs:
        if good:
            passed += count
        elif severity == "WARN":
            warned += count
        else:
            failed += count
    return CheckCounts(passed=passed, warned=warned, failed=failed)


def failure_of(error: Mapping[str, Any] | ErrorInfo | None) -> Failure | None:
    """An error as the log has it, the innermost cause being the user's; None where there is none."""
    if error is None:
        return None
    if not isinstance(error, ErrorInfo):
        error = _error_info(error)
    first = error
    while first.cause is not None and not first.stack:
        first = first.cause
    file, line = _place(first.stack or error.stack)
    return Failure(
        message=error.message.strip() or (error.cls_name or "error"),
        cls=error.cls_name,
        traceback=error.to_string(),
        file=file,
        line=line,
    )


def _error_info(told: Mapping[str, Any]) -> ErrorInfo:
    cause = told.get("cause")
    return ErrorInfo(
        told["message"],
        tuple(told.get("stack", ())),
        told.get("cls_name"),
        _error_info(cause) if cause is not None else None,
        told.get("description"),
    )


def _place(stack: Iterable[str]) -> tuple[str | None, int | None]:
    """File and line of the innermost frame."""
    for frame in reversed(list(stack)):
        if frame.startswith(FRAME):
            path, _, rest = frame[len(FRAME) :].partition('", line ')
            digits = rest.partition(",")[0].strip()
            return path, int(digits) if digits.isdecimal() else None
    return None, None
