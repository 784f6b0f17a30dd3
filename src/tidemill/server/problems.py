"""Errors as answers: every status of 400 and above has a `Problem` that says what to do."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tidemill.core.errors import (
    InvalidConfigError,
    RunNotFoundError,
    StoreError,
    TidemillError,
    UnknownPartitionError,
    ValueNotStoredError,
)
from tidemill.server.models import FieldProblem, Problem
from tidemill.server.nobody import NoCodeError
from tidemill.server.sayable import json_of

_log = logging.getLogger("tidemill.server")


class NotFoundError(TidemillError, LookupError):
    """What was asked for is not there."""


class ReadOnlyError(TidemillError):
    """The server changes nothing."""


class BusyError(TidemillError):
    """The server does as much as it may."""


STATUSES: Sequence[tuple[type[TidemillError], int]] = (
    (NotFoundError, 404),
    (RunNotFoundError, 404),
    (ValueNotStoredError, 404),
    (UnknownPartitionError, 404),
    (ReadOnlyError, 403),
    (NoCodeError, 409),
    (BusyError, 503),
    (StoreError, 503),
)
"""The first that fits; what is none of them was asked for in a way that cannot be: 422."""

WORDS = {
    404: ("There is nothing at this address", "see /api/openapi.json for what there is"),
    405: ("This address does not take that method", "see /api/openapi.json for what it takes"),
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"model": Problem, "description": "Why it was not done, and what to do"}
}
"""Of every route."""


def problem_of(error: TidemillError) -> tuple[int, Problem]:
    """The status and the answer for an error."""
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 422)
    details = []
    if isinstance(error, InvalidConfigError):
        details = [FieldProblem(path=path, message=message) for path, message in error.problems]
    return status, Problem(
        problem=error.problem or type(error).__name__,
        subject=error.subject,
        found=error.found,
        expected=error.expected,
        next_step=error.next_step,
        details=details,
    )


def answer_problem(status: int, problem: Problem) -> Response:
    """A problem as an answer."""
    return Response(
        json_of(problem), status, media_type="application/json", headers={"cache-control": "no-store"}
    )


def install(app: FastAPI) -> None:
    """Have the app answer errors so."""

    @app.exception_handler(TidemillError)
    async def refused(_: Request, error: TidemillError) -> Response:
        return answer_problem(*problem_of(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return answer_problem(422, _of_fields(error.errors()))

    @app.exception_handler(ValidationError)
    async def unsaid(request: Request, error: ValidationError) -> Response:
        _log.error("%s: an answer could not be made", request.url.path, exc_info=error)
        return answer_problem(500, _unexpected(error))

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        words, next_step = WORDS.get(error.status_code, (str(error.detail), None))
        told = Problem(problem=words, subject=request.url.path, found=request.method, next_step=next_step)
        return answer_problem(error.status_code, told)

    @app.exception_handler(Exception)
    async def broken(_: Request, error: Exception) -> Response:
        # The app raises it again, so that the log of the server has the traceback.
        return answer_problem(500, _unexpected(error))


def _of_fields(errors: Sequence[Any]) -> Problem:
    details = [
        FieldProblem(path=":".join(map(str, error["loc"])), message=str(error["msg"])) for error in errors
    ]
    first = details[0] if details else FieldProblem(path="", message="it is not valid")
    return Problem(
        problem=f"The request is not valid: {first.path}: {first.message}",
        subject=first.path or None,
        next_step="see /api/openapi.json for what is expected",
        details=details[:100],
    )


def _unexpected(error: Exception) -> Problem:
    return Problem(
        problem="The server failed at this; nothing was changed by it",
        found=type(error).__name__,
        next_step="the traceback is in what the server writes; please report it",
    )
