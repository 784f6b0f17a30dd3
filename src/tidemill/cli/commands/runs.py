"""`tidemill runs [RUN]`: the newest runs, or one with its steps."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from tidemill.cli.formats import ago, duration, iso, moment, to_json
from tidemill.cli.options import add_json_argument, add_store_argument, open_home
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.core.records import RunState, StepState
    from tidemill.execution.home import Home


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("run", metavar="RUN", nargs="?", help="number of a run, its id, or the end of its id")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="how many runs to list (default: 20)")
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print runs."""
    home = open_home(settings)
    if arguments.run is not None:
        state = find_run(home, arguments.run)
        steps = home.store.steps(state.run.id)
        if arguments.json:
            text = to_json({**_document(state), "steps": [_step_document(step) for step in steps]})
        else:
            text = _page(home, state, steps)
    else:
        states = home.store.runs(limit=arguments.limit)
        text = to_json([_document(state) for state in states]) if arguments.json else _table(states, home.clock.now())
    sys.stdout.write(text.rstrip("\n") + "\n")
    home.close()
    return 0


def find_run(home: Home, text: str) -> RunState:
    """The run that a number, an id or a part of an id names.

    Raises:
        RunNotFoundError: There is none.
    """
    return home.store.run(int(text) if text.isdecimal() and len(text) < 10 else text)


def seconds(start: int | None, end: int | None, now: int) -> str:
    """How long something took, or takes so far."""
    return duration(((end if end is not None else now) - start) / 1e6) if start is not None else ""


def _document(state: RunState) -> dict[str, Any]:
    return {
        "run": state.run.id,
        "number": state.number,
        "job": state.run.job_name,
        "status": state.status,
        "created_at": iso(state.run.created_at),
        "started_at": iso(state.started_at),
        "finished_at": iso(state.finished_at),
        "selection": state.run.selection,
        "partition": state.run.partition,
        "config": state.run.config,
        "tags": dict(state.run.tags),
        "code": str(state.run.code) if state.run.code is not None else None,
        "environment": dict(state.run.environment),
        "error": state.error.to_string() if state.error is not None else None,
    }


def _step_document(step: StepState) -> dict[str, Any]:
    return {
        "step": step.step,
        "status": step.status,
        "attempt": step.attempt,
        "started_at": iso(step.started_at),
        "finished_at": iso(step.finished_at),
        "error": step.error.to_string() if step.error is not None else None,
        "cause": step.cause,
    }


def _table(states: list[RunState], now: int) -> str:
    if not states:
        return "no runs yet: tidemill materialize -f FILE makes one"
    rows = [
        (
            str(state.number),
            state.status,
            ago(state.run.created_at, now),
            seconds(state.started_at, state.finished_at, now),
            _what(state),
        )
        for state in states
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        f"{row[0]:>{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}  {row[4]}".rstrip()
        for row in rows
    )


def _what(state: RunState) -> str:
    assets = [asset.to_user_string() for step in state.run.steps for asset in step.assets]
    named = ", ".join(assets[:3]) + (f" and {len(assets) - 3} more" if len(assets) > 3 else "")
    return f"{named or 'checks only'}{f' [{state.run.partition}]' if state.run.partition else ''}"


def _page(home: Home, state: RunState, steps: list[StepState]) -> str:
    from tidemill.cli.view import SIGNS

    now = home.clock.now()
    took = seconds(state.started_at, state.finished_at, now)
    facts = [
        f"run {state.number} {state.status}{' in ' + took if took else ''}",
        f"  id       {state.run.id}",
        f"  asked    {moment(state.run.created_at)}, {ago(state.run.created_at, now)}",
    ]
    for label, value in (
        ("select", state.run.selection),
        ("slice", state.run.partition),
        ("config", state.run.config or None),
        ("code", state.run.code),
    ):
        if value is not None:
            facts.append(f"  {label:<8} {value}")
    width = max((len(step.step) for step in steps), default=0)
    lines = []
    for step in steps:
        sign = SIGNS.get(step.status or "waiting", " ")
        note = step.error.message.strip().splitlines()[0] if step.error is not None and step.status == "failed" else ""
        if step.status in ("blocked", "skipped") and step.cause and step.cause != step.step:
            note = f"needs {step.cause}" if step.status == "blocked" else f"{step.cause} gave no output"
        took = seconds(step.started_at, step.finished_at, now)
        lines.append(f"  {sign} {step.step:<{width}}  {step.status or 'waiting':<9}  {took:>8}  {note}".rstrip())
    error = ["", state.error.to_string()] if state.error is not None else []
    return "\n".join([*facts, "", *lines, *error])
