"""`tidemill runs [RUN]`: the newest runs, or one with its steps."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from tidemill.cli.arguments import add_json_argument, add_store_argument
from tidemill.cli.documents import error_text, run_document, whole_run_document
from tidemill.cli.formats import ago, duration, moment, write_json
from tidemill.cli.project import open_home, open_if_there
from tidemill.cli.terminal import columns, cut, paint, write_table
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.core.records import Run, RunState, StepState
    from tidemill.home import Home

EXAMPLE = """\
tidemill runs
tidemill runs 12         run 12 with its steps"""
COLORS = {"succeeded": "green", "failed": "red", "canceled": "yellow", "started": "cyan", "blocked": "yellow"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("run", metavar="RUN", nargs="?", help="number of a run, its id, or an end of its id")
    parser.add_argument(
        "--limit", type=_count, default=20, metavar="N", help="how many to list (default: 20)"
    )
    add_json_argument(parser)
    add_store_argument(parser)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of runs")
    return int(text)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print runs."""
    if arguments.run is not None:
        home = open_home(settings)
        state = home.store.run(arguments.run)
        if arguments.json:
            write_json(whole_run_document(home, state))
        else:
            sys.stdout.write(_page(home, state))
        home.close()
        return 0
    there = open_if_there(settings)
    states = there.store.runs(limit=arguments.limit) if there is not None else []
    if arguments.json:
        write_json([run_document(state) for state in states])
    elif there is not None and states:
        _list(states, there.clock.now())
    else:
        sys.stdout.write(f"no runs in {settings.home} yet: tidemill materialize -f FILE makes the first\n")
    if there is not None:
        there.close()
    return 0


def _list(states: list[RunState], now: int) -> None:
    rows = [
        (
            str(state.number),
            state.status,
            ago(state.run.created_at, now),
            _took(state.started_at, state.finished_at, now),
            _what(state),
        )
        for state in states
    ]
    write_table(
        rows,
        header=("run", "status", "asked", "took", "assets"),
        right=(0, 3),
        colors=[COLORS.get(state.status) for state in states],
    )


def _took(start: int | None, end: int | None, now: int) -> str:
    """How long something took, or takes so far."""
    if start is None:
        return ""
    return duration(max(0, (end if end is not None else now) - start) / 1e6)  # clocks are set back


def _what(state: RunState) -> str:
    assets = [asset.to_user_string() for step in state.run.steps for asset in step.assets]
    named = ", ".join(assets[:3]) + (f" and {len(assets) - 3} more" if len(assets) > 3 else "")
    return f"{named or 'checks only'}{_of_partitions(state.run)}"


def _of_partitions(run: Run) -> str:
    """The partition that a run is of, or the first of several ranges, after a space and in brackets."""
    several = run.partitions
    more = ", …" if len(several) > 1 else ""
    told = run.partition or (f"{several[0]}{more}" if several else "")
    return f" [{told}]" if told else ""


def _page(home: Home, state: RunState) -> str:
    from tidemill.cli.view import SIGNS, STATES

    now, out, run = home.clock.now(), sys.stdout, state.run
    took = _took(state.started_at, state.finished_at, now)
    facts = [
        ("id", run.id),
        ("reruns", _parent(home, state)),
        ("asked", f"{moment(run.created_at)}, {ago(run.created_at, now)}"),
        ("select", run.selection),
        ("partition", _of_partitions(run).strip(" []") or None),
        ("config", json.dumps(run.config, ensure_ascii=False, default=str) if run.config else None),
        ("code", run.code and run.code.target),
    ]
    status = paint(state.status, COLORS.get(state.status), out)
    lines = [f"run {state.number} {status}{' in ' + took if took else ''}"]
    lines += [f"  {label:<9}  {value}" for label, value in facts if value]
    steps = home.store.steps(run.id)
    width = max((len(step.step) for step in steps), default=0)
    lines += [""]
    for step in steps:
        status = step.status
        shown = STATES.get(status, status)
        took = _took(step.started_at, step.finished_at, now)
        line = f"{step.step:<{width}}  {status:<9}  {took:>8}  {_note(step)}".rstrip()
        room = columns(out)
        line = line if room is None else cut(line, room - 4)
        lines.append(f"  {paint(SIGNS.get(shown, ' '), COLORS.get(status), out)} {line}")
    lines += ["", error_text(state.error)] if state.error is not None else []
    if state.trimmed:
        lines += [
            "",
            "the events of its steps are no longer kept (keep_events): what is left tells what they made",
        ]
    failed = [step.step for step in steps if step.status == "failed"]
    if failed:
        lines += ["", f"the error and what it wrote: tidemill logs {state.number} {failed[0]}"]
    return "\n".join(lines) + "\n"


def _parent(home: Home, state: RunState) -> str | None:
    parents = home.store.runs(ids=[state.run.parent_id]) if state.run.parent_id is not None else []
    return f"run {parents[0].number}" if parents else state.run.parent_id


def _note(step: StepState) -> str:
    from tidemill.cli.formats import first_line

    again = [f"attempt {step.attempt}"] if step.attempt > 1 else []
    if step.error is not None and step.status in ("failed", "retrying"):
        return "  ".join([*again, first_line(step.error)])
    if step.status == "blocked" and step.cause:
        return f"needs {step.cause}"
    if step.status == "skipped" and step.cause:
        return "gave no output" if step.cause == step.step else f"{step.cause} gave no output"
    return "  ".join(again)
