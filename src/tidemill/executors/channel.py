"""Pickled messages over a stream socket, each with its length before it.

    driver ──Begin, StepOrder, Answer──▶ worker          end of file = nothing more to do
    driver ◀──Up, [facts], Done, Ask, Note, Verified, Secrets── worker       end of file = the worker is gone

Both ends are processes of one program on one machine, so pickle is safe here; nothing of it is stored.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tidemill.core.events import Event
from tidemill.core.records import FileIdentity
from tidemill.work.orders import RunInfo

HEAD = 8
CHUNK = 1 << 18


class Begin(NamedTuple):
    """The first message to a worker: what all its orders have in common.

    Attributes:
        run: The run.
        folder: Of the store.
        durability: Of artifacts.
        logs: Folder for the logs of steps, or None.
        resources: Config by resource key.
        face: `module:name` of what makes the store in the compatible interface from a home.
        told: Whether somebody listens to log lines as they come.
        keyed: Whether versions get keys to be found by.
    """

    run: RunInfo
    folder: Path
    durability: Literal["normal", "full"]
    logs: Path | None
    resources: Mapping[str, Mapping[str, Any]]
    face: str
    told: bool
    keyed: bool


class Up(NamedTuple):
    """The worker is ready for its first order; what it took so far, in seconds of processor time, is no step's."""

    cpu: float


class Done(NamedTuple):
    """An attempt is over.

    Attributes:
        cpu: Seconds of processor time that it took.
        used: The same of all that the worker did so far.
        memory: The most bytes that it had.
        spent: Why the worker should not be used again, or "".
        settled: Whether the driver has read all that it wrote past Python: what comes later is not of this attempt.
    """

    cpu: float
    used: float
    memory: int
    spent: str = ""
    settled: bool = False


class Ask(NamedTuple):
    """A question to the store: a named statement, as `Reads.select` has it."""

    name: str
    parameters: Any
    tail: str


class Note(NamedTuple):
    """What a step may record by itself, at once and whatever becomes of it (`remote.NOTED`)."""

    events: tuple[Event, ...]


class Answer(NamedTuple):
    """The rows, or the error that the store raised; none for a note."""

    rows: list[Any]
    error: BaseException | None = None


class Verified(NamedTuple):
    """Every byte of an artifact was verified; its file looks like this now."""

    address: str
    identity: FileIdentity


class Secrets(NamedTuple):
    """Values that must be masked in what the worker writes past Python. They go no further than the driver's memory."""

    values: tuple[str, ...]


class HungUpError(OSError):
    """The other end is gone."""


class Channel:
    """One end of a connection. The driver's end is never waited for (`post`, `arrived`), the worker's is."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._received = bytearray()
        self._unsent = bytearray()
        self._sending = threading.Lock()  # user code may print from threads of its own
        self._pid = os.getpid()
        self._torn = False
        self.ended = False

    def fileno(self) -> int:
        """For a selector."""
        return self._end.fileno()

    @property
    def is_ours(self) -> bool:
        """Whether this process is the one that it was made for, and not a child that inherited it."""
        return self._pid == os.getpid()

    def send(self, message: object) -> None:
        """Send, and wait until the system has taken it.

        Raises:
            HungUpError: The other end is gone, or an earlier message was interrupted half-way.
        """
        data = _framed(message)
        with self._sending:
            if self._torn:
                raise HungUpError("a message was interrupted")
            self._torn = True
            try:
                self._end.sendall(data)
            except OSError as error:
                raise HungUpError(str(error)) from error
            self._torn = False

    def post(self, message: object) -> None:
        """Send as much as the system takes at once; `push` sends the rest.

        Raises:
            OSError: The other end is gone.
        """
        self._unsent += _framed(message)
        self.push()

    def push(self) -> None:
        """Send more of what was posted.

        Raises:
            OSError: The other end is gone.
        """
        while self._unsent:
            try:
                sent = self._end.send(self._unsent[:CHUNK], socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            del self._unsent[:sent]

    @property
    def is_full(self) -> bool:
        """Whether something that was posted is still to be sent."""
        return bool(self._unsent)

    def receive(self) -> Any:
        """The next message.

        Raises:
            HungUpError: The other end is gone, or sends nothing more.
        """
        while True:
            message = self._take()
            if message is not None:
                return message
            try:
                data = self._end.recv(CHUNK)
            except OSError:
                data = b""
            if not data:
                self.ended = True
                raise HungUpError("nothing more is sent")
            self._received += data

    def arrived(self) -> list[Any]:
        """All messages that are here, without waiting; `ended` tells whether there will be more."""
        try:
            while not self.ended:
                data = self._end.recv(CHUNK, socket.MSG_DONTWAIT)
                self._received += data
                self.ended = not data
        except BlockingIOError:
            pass
        except ConnectionError:
            self.ended = True
        messages = []
        while (message := self._take()) is not None:
            messages.append(message)
        return messages

    def _take(self) -> Any:
        received = self._received
        if len(received) < HEAD:
            return None
        end = HEAD + int.from_bytes(received[:HEAD], "little")
        if len(received) < end:
            return None
        message = pickle.loads(received[HEAD:end])  # noqa: S301  (from our own worker)
        del received[:end]
        return message

    def hang_up(self) -> None:
        """Say that nothing more will be sent; the other end may still send."""
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Let go of the connection."""
        self._end.close()


def _framed(message: object) -> bytes:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return len(data).to_bytes(HEAD, "little") + data
