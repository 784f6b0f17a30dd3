"""Runs: lists, one of them, its steps, facts and logs, two side by side."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query
from starlette.responses import Response

from tidemill.server.answers import answer
from tidemill.server.models import (
    EventPage,
    LogFound,
    LogPage,
    RunDetail,
    RunDiff,
    RunPage,
    RunStatus,
    StepPage,
)
from tidemill.server.queries import runs as queries_runs
from tidemill.server.reading.logs import Wanted
from tidemill.server.routes.parameters import (
    Attempt,
    Cursor,
    Kinds,
    Limit,
    Lines,
    MaybeKey,
    MaybeStep,
    Moment,
    Name,
    Place,
    Reading,
    Run,
    RunQuery,
    Start,
    Step,
)
from tidemill.storage.page_reads import RunFilter

GLANCE = 0.05
"""Seconds between two looks whether a log has grown."""

router = APIRouter(tags=["runs"])


@router.get("/api/runs", response_model=RunPage)
def get_runs(
    service: Reading,
    status: Annotated[list[RunStatus] | None, Query(max_length=5)] = None,
    asset: MaybeKey = None,
    job: Name = None,
    tag: Annotated[
        str | None,
        Query(max_length=2000, pattern=r"^[^=\x00-\x1f]+=[^\x00-\x1f]*$", description="NAME=VALUE"),
    ] = None,
    after: Moment = None,
    before: Moment = None,
    cursor: Cursor = 0,
    limit: Limit = 50,
) -> Response:
    """Runs that match all that is given, newest first."""
    name, _, value = (tag or "").partition("=")
    wanted = RunFilter(
        statuses=tuple(dict.fromkeys(status or ())),
        job_name=job,
        asset=service.known(asset) if asset is not None else None,
        tag=(name, value) if tag is not None else None,
        since=after,
        until=before,
    )
    return answer(queries_runs.runs_page(service, wanted, cursor, limit))


@router.get("/api/runs/diff", response_model=RunDiff)
def get_run_diff(service: Reading, before: RunQuery, after: RunQuery) -> Response:
    """Two runs side by side."""
    return answer(queries_runs.run_diff(service, before, after))


@router.get("/api/run/{run}", response_model=RunDetail)
def get_run(service: Reading, run: Run) -> Response:
    """A run with its first steps."""
    return answer(queries_runs.run_detail(service, run))


@router.get("/api/run/{run}/steps", response_model=StepPage)
def get_steps(service: Reading, run: Run, start: Start = 0, limit: Limit = 1000) -> Response:
    """Steps of a run, in the order of the plan."""
    return answer(queries_runs.steps_page(service, run, start, limit))


@router.get("/api/run/{run}/events", response_model=EventPage)
def get_run_events(
    service: Reading,
    run: Run,
    after: Place = 0,
    kind: Kinds = None,
    step: MaybeStep = None,
    limit: Limit = 500,
) -> Response:
    """Facts of a run, oldest first."""
    return answer(queries_runs.events_of_run(service, run, after, limit, kind or (), step))


@router.get("/api/run/{run}/log", response_model=LogPage)
async def get_log(
    service: Reading,
    run: Run,
    step: Step,
    attempt: Attempt = None,
    start: Annotated[
        int, Query(ge=-1_000_000_000, le=1_000_000_000, description="From 0; negative counts from the end")
    ] = 0,
    limit: Lines = 1000,
    wait: Annotated[
        float, Query(ge=0, le=30, description="Seconds to wait where there is nothing at `start` yet")
    ] = 0,
) -> Response:
    """Lines of the log of a step, from a line on; of one that runs, as they come."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait
    while True:
        log = await to_thread.run_sync(queries_runs.log_of, service, run, step, attempt)
        page = await to_thread.run_sync(queries_runs.log_page, service, log, start, limit)
        left = deadline - loop.time()
        if page.items or log.closed or left <= 0 or service.streams.closing:
            return answer(page)
        await _grown(log.path, min(left, 1.0))


@router.get("/api/run/{run}/log/find", response_model=LogFound)
def find_in_log(
    service: Reading,
    run: Run,
    step: Step,
    attempt: Attempt = None,
    text: Annotated[str, Query(max_length=1000, description="What a line contains, in any case")] = "",
    serious: Annotated[bool, Query(description="Errors only, or worse")] = False,
    start: Start = 0,
    limit: Lines = 1000,
) -> Response:
    """Lines of the log of a step that match, from a line on; as many as are found in a moment."""
    log = queries_runs.log_of(service, run, step, attempt)
    return answer(queries_runs.log_found(service, log, Wanted(text, serious), start, limit))


async def _grown(path: Path, seconds: float) -> None:
    """Wait until a file has grown, at most so long."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    before = _size(path)
    # Whoever writes the log is another process: there is no event to wait for.
    while loop.time() < end and _size(path) == before:  # noqa: ASYNC110
        await asyncio.sleep(GLANCE)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
