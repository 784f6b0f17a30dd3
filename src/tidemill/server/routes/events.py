"""What happens, as it happens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from tidemill.server.live.streaming import EventStream
from tidemill.server.problems import BusyError
from tidemill.server.routes.parameters import FURTHEST, Reading

router = APIRouter(tags=["events"])


@router.get(
    "/api/events",
    response_class=Response,
    responses={
        200: {
            "description": "Server-sent events: `event` (EventRow, with an id), `states` and `code` (whole values)",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def get_events(
    service: Reading,
    after: Annotated[
        int | None, Query(ge=0, le=FURTHEST, description="Place of the last fact one has")
    ] = None,
    revision: Annotated[int | None, Query(ge=0, le=FURTHEST, description="Of the states one has")] = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{0,19}$")] = None,
) -> Response:
    """Follow the log from a place on, and the states from a revision on; who reconnects gets each fact once."""
    if service.streams.full:
        raise BusyError(
            "Too many pages watch this server",
            subject="/api/events",
            found=f"{service.streams.open} of them",
            expected=f"at most {service.streams.most}",
            next_step="close some",
        )
    place = int(last_event_id) if last_event_id else after
    return EventStream(service.streams, place, revision)
