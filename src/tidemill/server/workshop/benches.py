"""The server's end of a process with the user's code (`bench`)."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from tidemill.core.errors import TidemillError, WorkerDiedError
from tidemill.core.processes import process_started
from tidemill.core.records import CodeRef
from tidemill.core.settings import Settings
from tidemill.server.workshop import wire

PROMPT = 10.0
"""Seconds for a bench to have somebody take a question up; one that does not is stuck."""

PATIENCE = 60.0
"""Seconds for an answer: a run is recorded, or a form made, in milliseconds, where the user's own code lets it."""

MARGIN = 4.0
"""Seconds beyond the grace time for a bench to end its runs and itself."""

LAST_WORDS = 4000
"""Characters of what a dead process wrote that a message shows."""


class BenchDiedError(WorkerDiedError):
    """The process with the user's code is gone, or stuck: another one is needed."""


class Bench:
    """A process. Its methods may be called from any thread.

    Args:
        spare: Whether nobody waits for it yet.

    Attributes:
        pid: Of the process.
    """

    def __init__(self, *, spare: bool = True) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [
            sys.executable,
            "-P",
            "-m",
            "tidemill.server.workshop.bench",
            "spare" if spare else "serve",
            str(theirs.fileno()),
            str(os.getpid()),
        ]
        self._process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env={"PYTHONHASHSEED": "0", **os.environ},
            start_new_session=True,  # Ctrl-C is for the server
        )
        theirs.close()
        self._control = ours
        self.pid = self._process.pid

    def load(self, code: CodeRef, settings: Settings) -> wire.Document:
        """Have it import the code; waits as long as that takes.

        Raises:
            BenchDiedError: The process ended.
        """
        request = {
            "code": list(code),
            "folder": str(Path.cwd()),
            "path": sys.path,
            "settings": {
                **settings._asdict(),
                "home": str(settings.home),
                "project": _text(settings.project),
            },
        }
        with self._connected("load", None) as end:
            wire.send(end, request)
            found = wire.receive(end)
        if found is None:
            raise self._died("while it imported the code")
        return found

    def ask(self, question: wire.Document) -> Any:
        """Have a question answered.

        Raises:
            TidemillError: The answer is an error.
            WorkerDiedError: Whoever was to answer died, or took too long.
            BenchDiedError: The process itself is gone or stuck.
        """
        with tempfile.TemporaryFile() as output, self._connected("serve", output) as end:
            wire.send(end, question)
            end.settimeout(PROMPT)
            pid = self._taken_up(end)
            end.settimeout(PATIENCE)
            try:
                found = wire.receive(end)
            except TimeoutError:
                _kill(pid)
                raise _no_answer(f"nothing within {PATIENCE:.0f} s", output) from None
            if found is None:
                raise _no_answer("a process that ended", output)
        if "error" in found:
            raise wire.error_of(found["error"])
        return found["answer"]

    def _taken_up(self, end: socket.socket) -> int:
        try:
            found = wire.receive(end)
        except TimeoutError:
            raise self._died(f"without a sign for {PROMPT:.0f} s") from None
        if found is None:
            raise self._died("before it took the question up")
        if "error" in found:
            raise wire.error_of(found["error"])
        return int(found["pid"])

    @contextlib.contextmanager
    def _connected(self, what: str, output: IO[bytes] | None) -> Any:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                descriptors = [theirs.fileno(), *([output.fileno()] if output is not None else [])]
                try:
                    wire.tell(self._control, {"do": what}, descriptors)
                except OSError:
                    raise self._died("when it was asked") from None
            yield ours

    def _died(self, when: str) -> BenchDiedError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        return BenchDiedError(
            "The process that has your code ended",
            subject="workshop",
            found=f"it {how_it_ended(self._process.returncode)} {when}",
            expected="a process that imports the code and waits for runs",
            next_step="what it wrote is in the terminal of the server; it is started again when a file is saved",
        )

    # The end

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def wait(self) -> None:
        """Wait for its end, and let go of what it held."""
        self._process.wait()
        self._control.close()

    def retire(self) -> None:
        """Have it end with its last run."""
        with contextlib.suppress(OSError):
            wire.tell(self._control, {"do": "retire"})

    def ask_to_end(self, *, kill: bool = False) -> None:
        """Have it ask its runs to end, or kill them; it ends with the last of them."""
        with contextlib.suppress(OSError):
            wire.tell(self._control, {"do": "kill" if kill else "end"})

    def end(self, grace: float) -> None:
        """Have it end its runs and itself; kills it where it does not."""
        self.ask_to_end()
        self.join(time.monotonic() + grace + MARGIN)

    def join(self, deadline: float) -> None:
        """Wait for its end, which a moment (monotonic) brings about."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        self.kill()

    def kill(self) -> None:
        """End it at once; its drivers are asked to end by the system."""
        if self.is_alive:
            self._process.kill()
        self._process.wait()
        self._control.close()


def how_it_ended(code: int | None) -> str:
    """How a process ended, in words."""
    if code is None:
        return "hangs"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _no_answer(found: str, output: IO[bytes]) -> TidemillError:
    output.seek(0)
    words = output.read().decode(errors="replace")[-LAST_WORDS:].strip()
    return WorkerDiedError(
        "The process that was to start the run gave no answer",
        subject="workshop",
        found=f"{found}\n{words}" if words else found,
        expected="a run that is recorded, or the reason why not",
        next_step="see what it wrote; your code (validators, resources, partitions) is asked before a run is recorded",
    )


def _kill(pid: int) -> None:
    if process_started(pid) is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
