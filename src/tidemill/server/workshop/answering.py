"""One question, answered in the process that was made for it; a launch goes on as the driver of its run.

{"ask": "form" │ "check", …}      ──▶ pid ──▶ {"answer": …} │ {"error": …} ──▶ the end
{"ask": "launch" │ "rerun", …}    ──▶ pid ──▶ run is recorded ──▶ {"answer": …} ──▶ the run to its end
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Any

from tidemill.core.errors import InvariantViolationError
from tidemill.server.models import ConfigCheck, Model, Requested, RerunRequest, RunRequest
from tidemill.server.workshop import driving, forms, launching, wire
from tidemill.server.workshop.launching import NothingToDo, Stock


def answer(stock: Stock | None, question: wire.Document, end: socket.socket) -> None:
    """Answer a question, to the end of the run where it starts one."""
    answered = False

    def say(found: Model) -> None:
        nonlocal answered
        answered = True
        with contextlib.suppress(OSError):  # nobody waits for it any more: the run is recorded all the same
            wire.send(end, {"answer": found.model_dump(mode="json", by_alias=True)})
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)

    try:
        wire.send(end, {"pid": os.getpid()})
        if stock is None:
            raise InvariantViolationError(
                "The code is not there",
                subject="definitions",
                found="an import that failed, or has not ended",
                expected="definitions that were loaded",
                next_step="mend the code: it is loaded when it is saved",
            )
        _answer(stock, question, say)
    except BaseException as error:
        if answered or not isinstance(error, Exception):
            raise
        wire.send(end, {"error": wire.error_document(launching.explained(error))})


def _answer(stock: Stock, question: wire.Document, say: Any) -> None:
    ask = question["ask"]
    if ask == "form":
        say(forms.form_of(stock, question["selection"], question["assets"], question["job"]))
    elif ask == "check":
        say(forms.checked(stock, ConfigCheck.model_validate(question["config"])))
    elif ask == "launch":
        prepared = launching.launched(stock, RunRequest.model_validate(question["request"]))
        if isinstance(prepared, NothingToDo):
            say(Requested(why=prepared.why))
        else:
            driving.drive(prepared, stock, say)
    else:
        asked = RerunRequest.model_validate(question["request"])
        driving.drive(launching.rerun_of(stock, question["run"], asked), stock, say)
