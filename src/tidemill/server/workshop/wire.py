"""What the server and the processes with the user's code say to one another: JSON, and nothing that runs code.

    control    a datagram of JSON, perhaps with descriptors          start this, end that; loaded, broken
    exchange   length (4 bytes), JSON                                one question; the pid of who answers; the answer

Each question has a connection of its own: an answer is on time, or its process is gone, which the system tells.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

from tidemill.core import errors
from tidemill.core.errors import InvalidConfigError, TidemillError, UserCodeLoadError
from tidemill.core.secrets import mask

MESSAGE = 1 << 16
LARGEST = 1 << 28
HEAD = struct.Struct(">I")

Document = dict[str, Any]


# Control


def tell(end: socket.socket, document: Document, descriptors: Sequence[int] = ()) -> None:
    """Send a short message.

    Raises:
        OSError: The other end is gone.
    """
    data = json.dumps(document).encode()
    socket.send_fds(end, [data], list(descriptors))


def hear(end: socket.socket, descriptors: int = 2) -> tuple[Document, list[int]] | None:
    """The next short message, with the descriptors that came along; None where the other end is gone."""
    try:
        data, found, _, _ = socket.recv_fds(end, MESSAGE, descriptors)
    except ConnectionError:
        return None
    return (json.loads(data), found) if data else None


# Exchange


def send(end: socket.socket, document: Document) -> None:
    """Send a document of any length.

    Raises:
        OSError: The other end is gone.
    """
    data = json.dumps(document).encode()
    end.sendall(HEAD.pack(len(data)) + data)


def receive(end: socket.socket) -> Document | None:
    """The next document; None where the other end is gone, or says what cannot be one.

    Raises:
        TimeoutError: The time-out of the socket has passed.
    """
    with contextlib.suppress(ConnectionError, ValueError):
        head = _exactly(end, HEAD.size)
        size = HEAD.unpack(head)[0] if head is not None else LARGEST
        body = _exactly(end, size) if size < LARGEST else None
        found = json.loads(body) if body is not None else None
        return found if isinstance(found, dict) else None
    return None


def _exactly(end: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        piece = end.recv(min(size - len(data), MESSAGE))
        if not piece:
            return None
        data += piece
    return bytes(data)


# Errors


def error_document(error: TidemillError) -> Document:
    """An error as JSON, without secrets."""
    document: Document = {"class": type(error).__name__, "problem": mask(error.problem)}
    for name in ("subject", "found", "expected", "next_step"):
        text = getattr(error, name)
        if text is not None:
            document[name] = mask(text)
    if isinstance(error, InvalidConfigError):
        document["problems"] = [[path, mask(message)] for path, message in error.problems]
    if isinstance(error, UserCodeLoadError):
        document["user_traceback"] = mask(error.user_traceback)
    return document


def error_of(document: Document) -> TidemillError:
    """Inverse of `error_document`; of a class that this version does not have, the root of all."""
    found = getattr(errors, str(document.get("class")), TidemillError)
    cls = found if isinstance(found, type) and issubclass(found, TidemillError) else TidemillError
    texts = {
        name: document[name] for name in ("subject", "found", "expected", "next_step") if name in document
    }
    problem = str(document.get("problem", ""))
    if issubclass(cls, InvalidConfigError):
        problems = tuple([(str(path), str(text)) for path, text in document.get("problems", ())])
        return cls(problem, problems=problems, **texts)
    if issubclass(cls, UserCodeLoadError):
        return cls(problem, user_traceback=str(document.get("user_traceback", "")), **texts)
    return cls(problem, **texts)
