"""Facts of the log in words, and what of them the page needs: the rows of event lists and of the live feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tidemill.core.formats import duration
from tidemill.server.models import EventRow
from tidemill.storage.page_reads import LogRow, document

LONGEST = 300
"""Characters of an error's message in a line."""

NAMES = 3
"""How many names a line lists."""

Told = Mapping[str, Any]


def event_row(row: LogRow) -> EventRow:
    """A fact as the API answers it."""
    data = document(row.data)
    return EventRow(
        seq=row.seq,
        kind=row.kind,
        at=row.at,
        run=row.run or None,
        run_id=row.run_id,
        step=row.step or None,
        attempt=row.attempt or (1 if row.kind == "step_started" else None),
        asset=row.asset,
        partition=row.partition,
        version=row.number,
        text=in_words(row, data),
        data=_short(row.kind, data),
    )


def in_words(row: LogRow, data: Told) -> str:
    """The fact in one line."""
    tell = _TELL.get(row.kind)
    return tell(row, data) if tell is not None else row.kind.replace("_", " ")


def _short(kind: str, data: Told) -> dict[str, Any]:
    """The other fields of a fact, without what may be large: plans, values, tracebacks."""
    if kind == "run_created":
        run = data["run"]
        steps = run.get("steps", ())
        return {
            "job": run["job_name"],
            "steps": len(steps),
            "selection": run.get("selection"),
            "partition": run.get("partition"),
            "parent_id": run.get("parent_id"),
            "tags": run.get("tags", {}),
        }
    if kind == "materialized":
        version = data["version"]
        return {
            "data_version": version["data_version"],
            "reused": "reused_from" in version,
            "labels": list(version.get("metadata", ())),
        }
    if kind == "checked":
        check = data["check"]
        return {
            "name": check["name"],
            "passed": bool(check["passed"]),
            "severity": check.get("severity", "ERROR"),
            "blocking": bool(check.get("blocking", False)),
            "description": check.get("description"),
        }
    if kind == "observed":
        return {"data_version": data["observation"].get("data_version")}
    kept = (
        "cause",
        "reason",
        "seconds",
        "cpu",
        "memory",
        "wait",
        "log_bytes",
        "hook",
        "seed",
        "grace",
        "status",
    )
    short = {name: data[name] for name in kept if name in data}
    if "error" in data:
        short["error"] = _line(data["error"])
    for name in ("keys", "failed", "versions", "runs"):
        if name in data:
            short[name] = len(data[name])
    return short


def _line(error: Told) -> str:
    """The first line of an error's message."""
    lines = str(error.get("message", "")).strip().splitlines() or [error.get("cls_name") or "error"]
    return lines[0][:LONGEST]


def _name(row: LogRow) -> str:
    partition = f"[{row.partition}]" if row.partition is not None else ""
    number = f"@{row.number}" if row.number else ""
    return f"{row.asset}{partition}{number}"


def _attempt(row: LogRow) -> str:
    return f", attempt {row.attempt}" if (row.attempt or 0) > 1 else ""


def _some(names: Any, what: str) -> str:
    listed = list(map(str, names))
    more = f" and {len(listed) - NAMES} more" if len(listed) > NAMES else ""
    return f"{', '.join(listed[:NAMES])}{more}" or f"no {what}"


def _created(row: LogRow, data: Told) -> str:
    steps = len(data["run"].get("steps", ()))
    return (
        f"run {row.run} was asked for: {steps} step{'' if steps == 1 else 's'} of {data['run']['job_name']}"
    )


def _checked(row: LogRow, data: Told) -> str:
    check = data["check"]
    said = "passed" if check["passed"] else "warns" if check.get("severity") == "WARN" else "failed"
    words = f": {check['description']}" if check.get("description") else ""
    return f"check {check['name']} of {_name(row)} {said}{words}"


def _failed(row: LogRow, data: Told) -> str:
    return f"{row.step} failed{_attempt(row)}: {_line(data['error'])}"


def _skipped(row: LogRow, data: Told) -> str:
    cause = data.get("cause")
    return (
        f"{row.step} gave no output"
        if cause == row.step
        else f"{row.step} was skipped: {cause} gave no output"
    )


def _run_failed(row: LogRow, data: Told) -> str:
    why = f": {_line(data['error'])}" if "error" in data else ""
    steps = f": {_some(data['failed'], 'steps')}" if data.get("failed") else ""
    return f"run {row.run} failed{why or steps}"


_TELL: dict[str, Callable[[LogRow, Told], str]] = {
    "run_created": _created,
    "run_started": lambda row, _: f"run {row.run} began",
    "run_resumed": lambda row, _: f"run {row.run} goes on under another driver",
    "cancel_requested": lambda row, data: (
        f"run {row.run} is to end: {data.get('reason') or 'somebody asked'}"
    ),
    "run_succeeded": lambda row, _: f"run {row.run} succeeded",
    "run_failed": _run_failed,
    "run_canceled": lambda row, data: f"run {row.run} was canceled: {data.get('reason') or 'somebody asked'}",
    "step_started": lambda row, _: f"{row.step} began{_attempt(row)}",
    "materialized": lambda row, _: f"{_name(row)} was made",
    "passed": lambda row, _: f"{row.step} handed a value on",
    "step_expanded": lambda row, data: f"{row.step} became {len(data.get('keys', ()))} steps",
    "hook_ran": lambda row, data: (
        f"the hook {data.get('hook')} of {row.step} "
        + (f"failed: {_line(data['error'])}" if "error" in data else "ran")
    ),
    "observed": lambda row, data: (
        f"{_name(row)} was observed"
        + (f" to be {told}" if (told := data["observation"].get("data_version")) else "")
    ),
    "checked": _checked,
    "step_succeeded": lambda row, data: f"{row.step} succeeded in {duration(data.get('seconds', 0.0))}",
    "step_failed": _failed,
    "step_retrying": lambda row, data: f"{_failed(row, data)}; next in {duration(data.get('wait', 0.0))}",
    "step_skipped": _skipped,
    "step_blocked": lambda row, data: f"{row.step} was not started: it needs {data.get('cause')}",
    "step_canceled": lambda row, _: f"{row.step} was canceled",
    "step_reused": lambda row, data: (
        f"{row.step} is up to date" + (f": {data['reason']}" if data.get("reason") else "")
    ),
    "values_dropped": lambda _, data: f"retention dropped {len(data['versions'])} values ({data['reason']})",
    "chatter_dropped": lambda _, data: f"retention trimmed {len(data['runs'])} runs ({data['reason']})",
    "partitions_added": lambda _, data: (
        f"partitions of {data['name']} were added: {_some(data['keys'], 'keys')}"
    ),
    "partitions_removed": lambda _, data: (
        f"partitions of {data['name']} were removed: {_some(data['keys'], 'keys')}"
    ),
    "backfill_requested": lambda _, data: (
        f"a backfill of {len(data['backfill'].get('parts', ()))} parts was asked for"
    ),
    "backfill_ended": lambda _, data: f"a backfill {data['status']}",
    "asset_wiped": lambda _, data: f"{data['asset']} was forgotten",
    "run_deleted": lambda _, data: f"the run {data['run']} was forgotten",
    "run_tagged": lambda _, data: f"the run {data['run']} was tagged: {_some(data['tags'], 'tags')}",
}
