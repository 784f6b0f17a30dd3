"""Pickled messages over a stream socket, each with its length before it.

    driver ──Begin, StepOrder, Answer──▶ worker          end of file = nothing more to do
    driver ◀──[facts], Done, Ask, Verified, Secrets── worker       end of file = the worker is gone

Both ends are processes of one program on one machine, so pickle is safe here; nothing of it is stored.
"""

from __future__ import annotations

import contextlib
import pickle
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

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
        told: Whether somebody listens to log lines and progress as they come.
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


class Done(NamedTuple):
    """An attempt is over. `spent` says why the worker should not be used again, or is empty."""

    cpu: float
    memory: int
    spent: str = ""


class Ask(NamedTuple):
    """A question to the store: a named statement, as `Reads.select` has it."""

    name: str
    parameters: Any
    tail: str


class Answer(NamedTuple):
    """The rows, or the error that the store raised."""

    rows: list[Any]
    error: BaseException | None = None


class Verified(NamedTuple):
    """Every byte of an artifact was verified; its file looks like this now."""

    address: str
    identity: FileIdentity


class Secrets(NamedTuple):
    """Values that must be masked in what the worker writes past Python. They go no further than the driver's memory."""

    values: tuple[str, ...]


class Channel:
    """One end of a connection."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._received = bytearray()
        self.ended = False

    def fileno(self) -> int:
        """For a selector."""
        return self._end.fileno()

    def send(self, message: object) -> None:
        """Send, and wait until the system has taken it.

        Raises:
            OSError: The other end is gone.
        """
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._end.sendall(len(data).to_bytes(HEAD, "little") + data)

    def receive(self) -> Any:
        """The next message.

        Raises:
            EOFError: The other end is gone.
        """
        while True:
            message = self._take()
            if message is not None:
                return message
            data = self._end.recv(CHUNK)
            if not data:
                self.ended = True
                raise EOFError
            self._received += data

    def arrived(self) -> list[Any]:
        """All messages that are here, without waiting; `ended` tells whether there will be more."""
        try:
            while not self.ended:
                data = self._end.recv(CHUNK, socket.MSG_DONTWAIT)
                self._received += data
                self.ended = not data
                if len(data) < CHUNK:
                    break
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
