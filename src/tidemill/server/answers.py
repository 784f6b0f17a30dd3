"""Models as answers: serialised once, by pydantic, not validated again."""

from __future__ import annotations

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from tidemill.server.live.outlook import Served
from tidemill.server.sayable import json_of

NO_STORE = {"cache-control": "no-store"}


def answer(model: BaseModel, status: int = 200) -> Response:
    """A model as JSON."""
    return Response(json_of(model), status, media_type="application/json", headers=NO_STORE)


def served(request: Request, kept: Served) -> Response:
    """What is kept as bytes, or only that it is still so."""
    headers = {"etag": kept.etag, "cache-control": "no-cache"}
    asked = request.headers.get("if-none-match", "")
    if kept.etag and kept.etag in [each.strip().removeprefix("W/") for each in asked.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(kept.body, media_type="application/json", headers=headers)
