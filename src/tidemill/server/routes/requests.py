"""What is asked to be done: runs, their end, the code loaded anew; and the form for a run."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Query
from starlette.responses import Response

from tidemill.core.records import FINAL_RUN_STATUSES
from tidemill.server.answers import answer
from tidemill.server.models import (
    Checked,
    Code,
    ConfigCheck,
    LaunchForm,
    Requested,
    RerunRequest,
    RunRequest,
)
from tidemill.server.routes.parameters import LINE, Name, Reading, Run, Text, Writing

REASON = "canceled on the page"
NOTHING_TO_DO: dict[int | str, dict[str, Any]] = {
    200: {"model": Requested, "description": "There was nothing to do, and `why` says so"}
}

router = APIRouter(tags=["requests"])


@router.post("/api/runs", response_model=Requested, status_code=201, responses=NOTHING_TO_DO)
def create_run(service: Writing, request: RunRequest) -> Response:
    """Start a run; `number` is None where there was nothing to do, and `why` says so."""
    asked = service.host.launch(request)
    return answer(asked, 201 if asked.id is not None else 200)


@router.post("/api/run/{run}/rerun", response_model=Requested, status_code=201, responses=NOTHING_TO_DO)
def rerun(service: Writing, run: Run, request: RerunRequest) -> Response:
    """Start a run that re-executes another: all of it, from its failure, or from a step."""
    asked = service.host.rerun(service.runs.head(run).id, request)
    return answer(asked, 201 if asked.id is not None else 200)


@router.post("/api/run/{run}/cancel", response_model=Requested, status_code=202, responses=NOTHING_TO_DO)
def cancel_run(service: Writing, run: Run, later: BackgroundTasks) -> Response:
    """Have a run end, whoever drives it; it is over when its event says so."""
    head = service.runs.head(run)
    if head.status in FINAL_RUN_STATUSES:
        return answer(Requested(id=head.id, number=head.number, why=f"it is over: {head.status}"), 200)
    later.add_task(service.cancel, head.id, REASON)
    response = answer(Requested(id=head.id, number=head.number), 202)
    response.background = later
    return response


@router.post("/api/code/reload", response_model=Code, status_code=202)
def reload_code(service: Writing) -> Response:
    """Load the code anew; how that went comes as an event."""
    service.host.reload()
    return answer(service.host.code, 202)


@router.get("/api/launch", response_model=LaunchForm)
def get_launch_form(
    service: Reading,
    selection: Text = None,
    asset: Annotated[
        list[Annotated[str, Query(max_length=1000, pattern=LINE)]] | None, Query(max_length=40)
    ] = None,
    job: Name = None,
) -> Response:
    """What a run of some assets, or of a job, can be given."""
    return answer(service.host.form(selection, asset, job))


@router.post("/api/launch/check", response_model=Checked)
def check_config(service: Reading, config: ConfigCheck) -> Response:
    """What is wrong with a config."""
    return answer(service.host.check(config))
