"""Models as answers: serialised once, by pydantic, not validated again."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError
from starlette.requests import Request
from starlette.responses import Response

from tidemill.server.outlook import Served

NO_STORE = {"cache-control": "no-store"}


def answer(model: BaseModel, status: int = 200) -> Response:
    """A model as JSON; texts that are no UTF-8 (half of a surrogate pair) with a question mark there."""
    try:
        body = model.model_dump_json(by_alias=True).encode()
    except (PydanticSerializationError, UnicodeEncodeError):
        body = (
            type(model)
            .model_validate(_sayable(model.model_dump(by_alias=True)))
            .model_dump_json(by_alias=True)
            .encode()
        )
    return Response(body, status, media_type="application/json", headers=NO_STORE)


def served(request: Request, kept: Served) -> Response:
    """What is kept as bytes, or only that it is still so."""
    headers = {"etag": kept.etag, "cache-control": "no-cache"}
    asked = request.headers.get("if-none-match", "")
    if kept.etag and kept.etag in [each.strip().removeprefix("W/") for each in asked.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(kept.body, media_type="application/json", headers=headers)


def _sayable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_sayable(key): _sayable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_sayable(item) for item in value]
    return value
