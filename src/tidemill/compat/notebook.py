"""How a run shows itself in a notebook: a line for each asset, then what was told of it, and errors.

    outcome ──page──▶ HTML without scripts or outside addresses; every text of the user's is escaped

Images are those that Markdown has within it (`data:` addresses); nothing else of Markdown is interpreted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from html import escape
from typing import Any, NamedTuple

from tidemill.core import metadata as kinds
from tidemill.core.events import (
    Checked,
    Event,
    Materialized,
    StepBlocked,
    StepCanceled,
    StepFailed,
    StepReused,
    StepSkipped,
    StepSucceeded,
)
from tidemill.core.formats import SCALARS, duration, number, size
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import CheckResult, ErrorInfo, Version

MOST_ROWS = 20
LONGEST = 400
IMAGE = re.compile(r"!\[([^\]]*)\]\((data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]+)\)")
SIGNS = {
    "succeeded": "✓",
    "failed": "✗",
    "reused": "=",
    "skipped": "⊘",
    "blocked": "⊘",
    "canceled": "⊘",
    "waiting": "·",
}
CELL = "text-align:left;padding:2px 12px 2px 0;vertical-align:top"


class Line(NamedTuple):
    """What became of one step.

    Attributes:
        state: As `SIGNS` has it.
        note: The cause, where it did not run.
    """

    name: str
    state: str = "waiting"
    seconds: float | None = None
    note: str = ""
    error: ErrorInfo | None = None
    versions: tuple[Version, ...] = ()
    checks: tuple[CheckResult, ...] = ()


def page(names: Iterable[str], events: Iterable[Event], status: str, load: Callable[[Version], Any]) -> str:
    """A run as HTML.

    Args:
        names: Of its steps, in order.
        events: All of its events.
        status: What it came to.
        load: Gives the value of a version, so that a score is shown itself.
    """
    lines = lines_of(names, events)
    seconds = sum(line.seconds or 0.0 for line in lines)
    count = f"{len(lines)} step{'' if len(lines) == 1 else 's'}"
    head = f"<b>run {escape(status)}</b> &nbsp; {count}, {duration(seconds)} in them"
    rows = "".join(_row(line, load) for line in lines)
    told = "".join(_told(version) for line in lines for version in line.versions if version.metadata)
    errors = "".join(_error(line) for line in lines if line.error is not None)
    return (
        f'<div>{head}<table style="border-collapse:collapse;margin:6px 0">{rows}</table>{told}{errors}</div>'
    )


def lines_of(names: Iterable[str], events: Iterable[Event]) -> list[Line]:
    """What became of each step."""
    lines = {name: Line(name) for name in names}
    for event in events:
        line = lines.get(getattr(event, "step", ""))
        if line is not None:
            lines[line.name] = _after(line, event)
    return list(lines.values())


def _after(line: Line, event: Event) -> Line:
    if isinstance(event, Materialized):
        return line._replace(versions=(*line.versions, event.version))
    if isinstance(event, Checked):
        return line._replace(checks=(*line.checks, event.check))
    if isinstance(event, StepSucceeded):
        return line._replace(state="succeeded", seconds=event.seconds)
    if isinstance(event, StepFailed):
        return line._replace(state="failed", seconds=event.seconds, error=event.error)
    if isinstance(event, StepReused):
        return line._replace(state="reused", note=event.reason)
    if isinstance(event, StepSkipped):
        cause = "gave no output" if event.cause == line.name else f"{event.cause} gave no output"
        return line._replace(state="skipped", note=cause)
    if isinstance(event, StepBlocked):
        return line._replace(state="blocked", note=f"needs {event.cause}")
    if isinstance(event, StepCanceled):
        return line._replace(state="canceled")
    return line


def _row(line: Line, load: Callable[[Version], Any]) -> str:
    notes = [line.note] if line.note else []
    for version in line.versions:
        if version.artifact is not None and version.artifact.type_name in SCALARS:
            notes.append(_figure(load(version)))
        notes += [
            f"{label} {_figure(value.numeric)}"
            for label, value in version.metadata.items()
            if value.numeric is not None
        ]
    if line.state == "failed" and line.error is not None:
        notes.append((line.error.message.strip().splitlines() or [""])[0][:LONGEST])
    notes += [f"{'✓' if check.passed else '✗'} {check.name}" for check in line.checks]
    made = sum(version.artifact.size for version in line.versions if version.artifact is not None)
    cells = [
        SIGNS[line.state],
        line.name,
        duration(line.seconds) if line.seconds is not None else "",
        size(made) if made else "",
        "  ".join(notes),
    ]
    return "<tr>" + "".join(f'<td style="{CELL}">{escape(cell)}</td>' for cell in cells) + "</tr>"


def _told(version: Version) -> str:
    """The metadata that are no numbers: those are in the asset's line."""
    rest = {label: value for label, value in version.metadata.items() if value.numeric is None}
    if not rest:
        return ""
    entries = "".join(
        f'<tr><td style="{CELL}"><i>{escape(label)}</i></td><td style="{CELL}">{_shown(value)}</td></tr>'
        for label, value in rest.items()
    )
    name = escape(version.asset.to_user_string())
    return f"<details open><summary>{name}</summary><table>{entries}</table></details>"


def _shown(value: MetadataValue) -> str:
    if isinstance(value, kinds.MarkdownMetadataValue):
        return _markdown(value.value)
    if isinstance(value, kinds.TableMetadataValue):
        return _table([record.data for record in value.records])
    text = str(value.value)
    return escape(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def _markdown(text: str) -> str:
    """Its images, and the text between them as it was written."""
    shown, place = [], 0
    for found in IMAGE.finditer(text):
        shown.append(escape(text[place : found.start()]))
        source = "".join(found[2].split())
        shown.append(f'<img alt="{escape(found[1])}" src="{source}" style="max-width:100%">')
        place = found.end()
    shown.append(escape(text[place:]))
    return f'<div style="white-space:pre-wrap">{"".join(shown)}</div>'


def _table(rows: list[Any]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f"<th>{escape(str(name))}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(row.get(name)))}</td>" for name in names) + "</tr>"
        for row in rows[:MOST_ROWS]
    )
    more = (
        f"<caption>{len(rows)} rows, the first {MOST_ROWS} shown</caption>" if len(rows) > MOST_ROWS else ""
    )
    return f"<table>{more}<tr>{head}</tr>{body}</table>"


def _cell(value: Any) -> str:
    return "" if value is None else _figure(value) if isinstance(value, float) else str(value)


def _figure(value: float) -> str:
    if isinstance(value, bool):
        return str(value)
    whole = math.isfinite(value) and value == int(value) and abs(value) < 1e15
    return number(int(value) if whole else value)


def _error(line: Line) -> str:
    assert line.error is not None
    story = "".join([*line.error.stack, line.error.message])
    return f"<details open><summary>{escape(line.name)} failed</summary><pre>{escape(story)}</pre></details>"
