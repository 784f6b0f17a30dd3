"""Backfills: requested in one event, made run by run; what is done is read from the runs themselves.

    request_backfill ─▶ BackfillRequested          its runs: `<backfill>-<place in the list>[-<attempt>]`
    drive ─▶ for each run that has not succeeded: a lane starts it under that id ─▶ BackfillEnded

A run's id is its place in the backfill, and a store takes an id once: whoever drives a backfill, however often it was
killed, and even two at a time, makes each partition once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tidemill.core.errors import InvalidInvocationError, InvariantViolationError
from tidemill.core.events import BackfillEnded, BackfillRequested
from tidemill.core.keys import AssetKey
from tidemill.core.records import (
    FINAL_RUN_STATUSES,
    Backfill,
    BackfillPart,
    BackfillState,
    CodeRef,
    RunStatus,
)
from tidemill.core.tags import BACKFILL_TAG
from tidemill.definitions.partitions.partitions import World
from tidemill.definitions.project import Project
from tidemill.execution.lanes import Lanes
from tidemill.execution.launch import Prepared, Request, check, prepare, world_of
from tidemill.execution.runs import execute
from tidemill.home import Home
from tidemill.planning.backfills import BackfillRun, Failures, Line, parts_of, runs_of
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import AssetSelection, select_to_run
from tidemill.storage.reads import Reads

if TYPE_CHECKING:
    from tidemill.execution.crews import Crew

JOB_NAME = "__backfill"


class Step(NamedTuple):
    """What became of one run of a backfill.

    Attributes:
        run: Which.
        status: As the run ended; "blocked" where what it needs could not be made, "done" where it was made before,
            "taken" where another process makes it.
        because: The asset that blocks it.
    """

    run: BackfillRun
    status: str
    because: AssetKey | None = None


class Progress(NamedTuple):
    """How far a backfill is: its runs, by what became of them."""

    total: int
    succeeded: int
    failed: int
    running: int

    @property
    def left(self) -> int:
        """Runs that were not tried yet."""
        return self.total - self.succeeded - self.failed - self.running


def request_backfill(
    project: Project,
    home: Home,
    world: World,
    *,
    selection: Any = None,
    partitions: tuple[str, ...] = (),
    missing: bool = False,
    config: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    code: CodeRef | None = None,
) -> BackfillState:
    """Record what is to be made; nothing runs.

    Args:
        project: All definitions.
        home: The store.
        world: The time, and the keys of dynamic partitions.
        selection: Which assets; all that have partitions by default.
        partitions: Keys and ranges of keys; all by default.
        missing: Only partitions without a version.
        config: Run config of all its runs.
        tags: Of all its runs.
        code: Where the definitions are.

    Raises:
        TidemillError: The selection or the partitions are not good, or there is nothing to make.
    """
    chosen, parts = plan_backfill(
        project, home, world, selection=selection, partitions=partitions, missing=missing
    )
    now = home.clock.now()
    backfill = Backfill(home.ids.new(), now, parts, _told(chosen), config or {}, tags or {}, code)
    home.append("", [BackfillRequested(now, backfill)])
    return home.store.backfill(backfill.id)


def _told(selection: Any) -> str:
    """A selection in words."""
    return ", ".join(map(str, selection)) if isinstance(selection, (list, tuple)) else str(selection)


def plan_backfill(
    project: Project,
    home: Home,
    world: World,
    *,
    selection: Any = None,
    partitions: tuple[str, ...] = (),
    missing: bool = False,
) -> tuple[Any, tuple[BackfillPart, ...]]:
    """What a backfill would make: the selection, and its parts; arguments and errors as of `request_backfill`."""
    check(project, Request(JOB_NAME))
    graph = AssetGraph.build(project)
    if selection is None:
        sliced = [
            o.asset for unit in project.units.values() if unit.partitions is not None for o in unit.outputs
        ]
        selection = AssetSelection.assets(*sliced)
    selected = select_to_run(selection, graph)
    made = None
    if missing:
        made = {asset: set(home.store.partitions(asset)) for asset in selected.assets}
        made = {asset: keys for asset, keys in made.items() if keys or home.latest(asset, None) is not None}
    return selection, parts_of(project, selected, partitions, world, made=made)


def cancel_backfill(state: BackfillState, home: Home) -> None:
    """Have a backfill end; who drives it finishes the run that goes on.

    Raises:
        InvariantViolationError: It is over.
    """
    if state.status != "requested":
        raise InvariantViolationError(
            f"Backfill {state.number} is over",
            subject=f"backfill {state.number}",
            found=state.status,
            expected="a backfill that goes on",
        )
    home.append("", [BackfillEnded(home.clock.now(), state.backfill.id, "canceled")])


def progress(state: BackfillState, home: Home) -> Progress:
    """How far a backfill is."""
    statuses = _latest(home.store, state.backfill.id).values()
    counts = [status for status, _ in statuses]
    succeeded, failed = counts.count("succeeded"), counts.count("failed") + counts.count("canceled")
    return Progress(state.backfill.runs, succeeded, failed, len(counts) - succeeded - failed)


def left(project: Project, state: BackfillState, store: Reads, world: World) -> Iterator[BackfillRun]:
    """The runs of a backfill that are not over.

    Raises:
        TidemillError: The definitions no longer have what it is of.
    """
    tried = _latest(store, state.backfill.id)
    for each in runs_of(project, state.backfill, world):
        if each.number not in tried or tried[each.number][0] not in FINAL_RUN_STATUSES:
            yield each


def drive(project: Project, state: BackfillState, home: Home, world: World, lanes: Lanes) -> Iterator[Step]:
    """Make what is left of a backfill; as many runs at a time as there are lanes, each after what it needs.

    Args:
        project: All definitions.
        state: The backfill.
        home: The store.
        world: The time, and the keys of dynamic partitions.
        lanes: Drive its runs.

    Raises:
        InvalidInvocationError: It was canceled.
        TidemillError: The definitions no longer have what it is of.
    """
    backfill = state.backfill
    if state.status == "canceled":
        raise InvalidInvocationError(
            f"Backfill {state.number} was canceled",
            subject=f"backfill {state.number}",
            found="canceled",
            expected="a backfill that goes on, or has failed",
            next_step="request another",
        )
    before, failures = _latest(home.store, backfill.id), Failures(project, world)
    line = Line(project, world, runs_of(project, backfill, world))
    going: dict[str, BackfillRun] = {}
    over = False
    while True:
        while not over and len(going) < lanes.slots and (each := line.take(going.values())) is not None:
            status, attempt = before.get(each.number, (None, 0))
            if status != "succeeded" and home.store.backfill(backfill.id).status == "canceled":
                over = True
                break
            settled = _settled(each, status, failures)
            if settled is not None:
                yield settled
                continue
            request = request_of(backfill, each, attempt + 1)
            going[request.run_id or ""] = each
            lanes.start(request)
        if not going:
            break
        run_id, ended = lanes.wait()
        each = going.pop(run_id)
        if ended not in ("succeeded", None):
            failures.add(each)
        over = over or ended == "canceled"
        yield Step(each, ended or "taken")
    if not over:
        _end(state, home)


def _settled(run: BackfillRun, status: RunStatus | None, failures: Failures) -> Step | None:
    """Why a run need not or cannot begin; None where it can."""
    if status == "succeeded":
        return Step(run, "done")
    blocked = failures.block(run)
    if blocked is not None:
        failures.add(run)
        return Step(run, "blocked", blocked)
    return Step(run, "taken") if status is not None and status not in FINAL_RUN_STATUSES else None


def _end(state: BackfillState, home: Home) -> None:
    """Record that a backfill is over, unless another process still makes one of its runs, and will."""
    backfill = state.backfill
    statuses = [status for status, _ in _latest(home.store, backfill.id).values()]
    if all(status in FINAL_RUN_STATUSES for status in statuses):
        made = statuses.count("succeeded") == backfill.runs
        home.append("", [BackfillEnded(home.clock.now(), backfill.id, "succeeded" if made else "failed")])


def request_of(backfill: Backfill, run: BackfillRun, attempt: int = 1) -> Request:
    """What to ask the engine for; the id says which run of which backfill it is."""
    again = f"-{attempt}" if attempt > 1 else ""
    return Request(
        JOB_NAME,
        selection=AssetSelection.assets(*run.assets),
        config=dict(backfill.config) or None,
        partitions=run.keys,
        tags={**backfill.tags, BACKFILL_TAG: backfill.id},
        code=backfill.code,
        run_id=f"{backfill.id}-{run.number}{again}",
    )


def run_quietly(
    project: Project,
    home: Home,
    request: Request,
    *,
    instance: Callable[[], Any],
    crew: Callable[[Prepared], Crew | None] = lambda _: None,
    limits: Mapping[str, int] | None = None,
) -> RunStatus | None:
    """Run a request to its end without showing it.

    Args:
        project: All definitions.
        home: The store.
        request: What to run.
        instance: The store in the compatible interface, for user code that asks for it.
        crew: Gives processes for the steps; None runs them here.
        limits: Of pools, by name.

    Returns:
        How it ended; None where there is a run of that id already, because another process has started it.
    """
    prepared = prepare(project, request, world_of(project, home))
    try:
        outcome = execute(prepared, home, instance=instance, crew=crew(prepared), limits=limits)
    except InvariantViolationError as error:
        if error.subject == request.run_id:
            return None
        raise
    return outcome.status


def _latest(store: Reads, backfill: str) -> dict[int, tuple[RunStatus, int]]:
    """The runs of a backfill that were started, by their place: the status of the last attempt, and which it was."""
    found: dict[int, tuple[RunStatus, int]] = {}
    for run_id, status in store.backfill_runs(backfill):
        number, _, attempt = run_id.removeprefix(f"{backfill}-").partition("-")
        place = int(number), int(attempt or 1)
        if place[0] not in found or found[place[0]][1] < place[1]:
            found[place[0]] = status, place[1]
    return found
