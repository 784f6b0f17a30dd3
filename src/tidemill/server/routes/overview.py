"""What is: the server, the graph, the states of all assets, jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from tidemill.server.answers import answer, served
from tidemill.server.models import Graph, Jobs, Selected, Server, States
from tidemill.server.queries import store as queries_store
from tidemill.server.routes.parameters import Reading

router = APIRouter(tags=["overview"])


@router.get("/api/server", response_model=Server)
def get_server(service: Reading) -> Response:
    """What this server is, and how the code behind it is."""
    return answer(queries_store.server(service))


@router.get("/api/graph", response_model=Graph)
def get_graph(service: Reading, request: Request) -> Response:
    """All assets, each after those that it is made from; it changes with the code."""
    service.outlook.wait(10.0)
    return served(request, service.outlook.graph())


@router.get("/api/states", response_model=States)
def get_states(service: Reading, request: Request) -> Response:
    """The state of every asset; what changes from there on comes as events."""
    service.outlook.wait(10.0)
    return served(request, service.outlook.states())


@router.get("/api/selection", response_model=Selected)
def get_selection(
    service: Reading, expression: Annotated[str, Query(min_length=1, max_length=4_000)]
) -> Response:
    """The assets that an expression of the selection syntax means."""
    return answer(Selected(keys=service.select(expression)))


@router.get("/api/jobs", response_model=Jobs)
def get_jobs(service: Reading) -> Response:
    """Jobs, schedules and sensors, with the last run of each job."""
    return answer(queries_store.jobs(service))
