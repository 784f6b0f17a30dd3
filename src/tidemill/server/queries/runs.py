"""What the page asks about runs: lists, one of them with its steps, events and logs, two side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from tidemill.core.keys import StepKey
from tidemill.core.records import FINAL_RUN_STATUSES
from tidemill.execution.outlook import code_changes
from tidemill.server.models import (
    Change,
    EventPage,
    LogFound,
    LogPage,
    RunDetail,
    RunDiff,
    RunPage,
    StepPage,
    StepRow,
    VersionRef,
)
from tidemill.server.problems import NotFoundError
from tidemill.server.reading.boards import GOING_ON, Board, Step
from tidemill.server.reading.changes import changes_between, flat_changes
from tidemill.server.reading.logs import Wanted
from tidemill.server.reading.shapes import as_number, failure_of, numbers_in, verdicts_of
from tidemill.server.reading.telling import event_row
from tidemill.server.service import Service
from tidemill.storage import page_reads
from tidemill.storage.page_reads import NEWEST, RunFilter, RunHead
from tidemill.work.logs import log_file

FIRST_STEPS = 500
MOST_VERDICTS = 200
MOST_COMPARED = 5_000
"""Versions of a run that are compared with those of another."""

MOST_CHANGED = 200
"""Assets of a run of which it is said what has become of them since."""

MOST_MADE = 50
"""Versions that a row of a step names: a step over many partitions makes as many."""


def runs_page(service: Service, filter: RunFilter, cursor: int, limit: int) -> RunPage:
    """Runs, newest first."""
    numbers = page_reads.run_numbers(service.store, filter, before=cursor or NEWEST, limit=limit + 1)
    rows = service.runs.rows(numbers[:limit])
    return RunPage(items=rows, next=numbers[limit - 1] if len(numbers) > limit else None)


def run_detail(service: Service, run: str) -> RunDetail:
    """A run with its first steps.

    Raises:
        RunNotFoundError: There is none.
    """
    head = service.runs.head(run)
    board = service.boards.of(head)
    order = board.order
    steps = step_rows(service, head, board, 0, FIRST_STEPS)
    code = order.get("code")
    since = _since(service, head, board)
    return RunDetail(
        **service.runs.one(head).model_dump(),
        code=f"{code['kind']}:{code['target']}" if code else None,
        config=order.get("config", {}),
        environment=order.get("environment", {}),
        counts=board.counts,
        trimmed=head.trimmed is not None,
        live=head.status not in FINAL_RUN_STATUSES,
        rows=steps,
        next_step=FIRST_STEPS if len(board.steps) > FIRST_STEPS else None,
        verdicts=verdicts_of(
            service.store, page_reads.verdicts_of_run(service.store, head.number, MOST_VERDICTS)
        ),
        children=page_reads.repeats_of(service.store, head.id),
        changed=since.changed,
        gone=since.gone,
    )


class _Since(NamedTuple):
    """What has become of the code since a run: assets that it made by other code, and those that are gone."""

    changed: list[str]
    gone: list[str]


def _since(service: Service, head: RunHead, board: Board) -> _Since:
    """Nothing where the run goes on, or nobody has the code."""
    view = service.view
    if view.judged is None or head.status not in FINAL_RUN_STATUSES:
        return _Since([], [])
    codes = page_reads.codes_of_run(service.store, head.number, MOST_CHANGED)
    codes |= _codes_of_failed(service, head, board)
    changed = [asset for asset, code in codes.items() if view.judged.code(asset) not in (None, code)]
    gone = islice((asset for asset in board.makers if asset not in view.nodes), MOST_CHANGED)
    return _Since(sorted(changed), sorted(gone))


def _codes_of_failed(service: Service, head: RunHead, board: Board) -> dict[str, str]:
    """The first asset of each step that failed, with the code version that it would have had."""
    failed = {name: step for name, step in board.steps.items() if step.status == "failed"}
    some = dict(islice(failed.items(), MOST_CHANGED))
    found = page_reads.step_facts(service.store, head.number, some, _places(some.values())) if some else []
    codes = {name: data["code"] for name, _, data in found if data.get("code")}
    return {board.plan_of(name).assets[0]: code for name, code in codes.items() if board.plan_of(name).assets}


def steps_page(service: Service, run: str, start: int, limit: int) -> StepPage:
    """Steps of a run in the order of the plan.

    Raises:
        RunNotFoundError: There is none.
    """
    head = service.runs.head(run)
    board = service.boards.of(head)
    more = start + limit < len(board.steps)
    return StepPage(items=step_rows(service, head, board, start, limit), next=start + limit if more else None)


class _Facts(NamedTuple):
    """The data of what became of a step."""

    end: Mapping[str, Any]
    error: Mapping[str, Any] | None


def step_rows(service: Service, head: RunHead, board: Board, start: int, limit: int) -> list[StepRow]:
    """Rows of steps; what they cost and why they ended so is read of these only."""
    page = dict(islice(board.steps.items(), start, start + limit))
    between = _places(page.values())
    facts: dict[str, _Facts] = {}
    for name, _, data in page_reads.step_facts(service.store, head.number, page, between):
        facts[name] = _Facts(data, data.get("error"))
    made: dict[str, list[VersionRef]] = {}
    for row in page_reads.made_by_steps(service.store, head.number, page, between):
        of_step = made.setdefault(row.step, [])
        if row.attempt is None or row.attempt >= page[row.step].attempt:
            of_step.append(
                VersionRef(
                    asset=row.asset,
                    partition=row.partition,
                    number=row.number,
                    id=row.version,
                    data_version=row.data_version,
                )
            )
    needs = _needs(service, board, page)
    said = service.progress_of(head.id) if head.status not in FINAL_RUN_STATUSES else {}
    rows = []
    for name, step in page.items():
        planned, fact = board.plan_of(name), facts.get(name, _Facts({}, None))
        end = fact.end if step.status not in GOING_ON else {}
        rows.append(
            StepRow(
                step=name,
                status=step.status,
                attempt=step.attempt,
                assets=list(planned.assets),
                partition=planned.partition,
                deps=needs.get(name, []),
                started_at=step.started_at,
                finished_at=step.finished_at,
                seconds=end.get("seconds"),
                cpu=end.get("cpu"),
                memory=end.get("memory"),
                progress=said[name].share if name in said else None,
                doing=(said[name].text or None) if name in said else None,
                log_bytes=end.get("log_bytes", 0),
                error=failure_of(fact.error),
                why=_why(name, end),
                made=made.get(name, [])[:MOST_MADE],
            )
        )
    return rows


def _places(steps: Collection[Step]) -> tuple[int, int]:
    """Between which places the facts of some steps are: of one that goes on, more may have come."""
    first = min((step.first for step in steps if step.first), default=0)
    going_on = any(step.first and step.status in GOING_ON for step in steps)
    return first, NEWEST if going_on else max((step.last for step in steps), default=0)


def _why(step: str, end: Mapping[str, Any]) -> str | None:
    """Why a step was reused, skipped or blocked."""
    if end.get("reason"):
        return str(end["reason"])
    cause = end.get("cause")
    if cause is None:
        return None
    return "its function gave no output" if cause == step else f"{cause} did not give what it needs"


def _needs(service: Service, board: Board, steps: Iterable[str]) -> dict[str, list[str]]:
    """Which steps of the run some steps wait for, as far as the graph of today tells."""
    nodes, makers, judged = service.view.nodes, board.makers, service.view.judged
    units = judged.units if judged is not None else {}
    found = {}
    for step in steps:
        needed = [dep for asset in board.plan_of(step).assets if asset in nodes for dep in nodes[asset].deps]
        unit = units.get(StepKey.unit_of(step))
        if unit is not None and not unit.outputs:  # it makes nothing: a step of checks
            needed += [*unit.inputs, *(check.asset for check in unit.checks)]
        above = [makers[dep] for dep in needed if dep in makers and makers[dep] != step]
        found[step] = list(dict.fromkeys(above))
    return found


def events_of_run(
    service: Service, run: str, after: int, limit: int, kinds: Sequence[str], step: str | None
) -> EventPage:
    """Facts of a run, oldest first.

    Raises:
        RunNotFoundError: There is none.
    """
    head = service.runs.head(run)
    rows = page_reads.events_of_run(
        service.store, head.number, after=after, limit=limit + 1, kinds=kinds, step=step
    )
    page = rows[:limit]
    return EventPage(items=[event_row(row) for row in page], next=page[-1].seq if len(rows) > limit else None)


def events_of_asset(service: Service, key: str, cursor: int, limit: int, kinds: Sequence[str]) -> EventPage:
    """Facts about an asset, newest first.

    Raises:
        NotFoundError: Neither the code nor the store has it.
    """
    key = service.known(key)
    rows = page_reads.events_of_asset(
        service.store, key, before=cursor or NEWEST, limit=limit + 1, kinds=kinds
    )
    page = rows[:limit]
    return EventPage(items=[event_row(row) for row in page], next=page[-1].seq if len(rows) > limit else None)


class LogOf(NamedTuple):
    """The log of an attempt at a step: its file, and whether nothing will come to it any more."""

    path: Path
    closed: bool


def log_of(service: Service, run: str, step: str, attempt: int | None) -> LogOf:
    """Where the log of a step is; of its last attempt where none is named.

    Raises:
        RunNotFoundError: There is no such run.
        NotFoundError: The run has no such step.
    """
    head = service.runs.head(run)
    board = service.boards.of(head)
    found = board.steps.get(step)
    if found is None and step not in board.planned:
        raise NotFoundError(
            f"Run {head.number} has no step {step!r}",
            subject=step,
            found=f"{len(board.steps)} steps, none of that name",
            expected=", ".join(islice(board.steps, 5)) or "a step; there are none",
            next_step=f"see the steps of run {head.number}",
        )
    last = max(1, found.attempt) if found is not None else 1
    wanted = attempt or last
    over = head.status in FINAL_RUN_STATUSES or found is None or found.status not in GOING_ON
    path = log_file(service.folder / "logs" / Path(head.id).name, step, wanted)
    return LogOf(path, over or wanted < last)


def log_page(service: Service, log: LogOf, start: int, limit: int) -> LogPage:
    """Lines of a log."""
    page = service.logs.page(log.path, start, limit)
    return LogPage(items=page.lines, total=page.total, closed=log.closed)


def log_found(service: Service, log: LogOf, wanted: Wanted, start: int, limit: int) -> LogFound:
    """Lines of a log that match."""
    found = service.logs.find(log.path, wanted, start, limit)
    return LogFound(items=found.lines, next=found.next)


def run_diff(service: Service, before: str, after: str) -> RunDiff:
    """Two runs side by side.

    Raises:
        RunNotFoundError: There is not one of them.
    """
    left, right = service.runs.head(before), service.runs.head(after)
    old, new = service.boards.of(left), service.boards.of(right)
    store = service.store
    codes = [page_reads.codes_of_run(store, head.number, MOST_COMPARED) for head in (left, right)]
    return RunDiff(
        before=service.runs.one(left),
        after=service.runs.one(right),
        config=flat_changes(old.order.get("config", {}), new.order.get("config", {})),
        code=_code(service, *codes),
        steps=changes_between(_seconds(old), _seconds(new)),
        metrics=changes_between(_numbers(service, left), _numbers(service, right)),
        environment=changes_between(old.order.get("environment", {}), new.order.get("environment", {})),
    )


def _code(service: Service, before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """What differs in the code of the assets that both made, in words."""
    found = []
    for asset in before.keys() & after.keys():
        old, new = before[asset], after[asset]
        if old != new:
            words = "; ".join(code_changes(service.store, old, new))
            found.append(Change(name=asset, before=old[:12], after=words))
    return sorted(found, key=lambda change: change.name)


def _seconds(board: Board) -> dict[str, float | None]:
    """How long each step that ran took, to the millisecond."""
    return {
        name: round((step.finished_at - step.started_at) / 1e6, 3)
        for name, step in islice(board.steps.items(), MOST_COMPARED)
        if step.started_at is not None and step.finished_at is not None
    }


def _numbers(service: Service, head: RunHead) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for asset, partition, metadata in page_reads.numbers_of_run(service.store, head.number, MOST_COMPARED):
        name = asset if partition is None else f"{asset}[{partition}]"
        found |= {f"{name}: {label}": as_number(n) for label, n in numbers_in(metadata).items()}
    return found
