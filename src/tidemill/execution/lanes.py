"""Where the runs of a backfill are driven: one after another here, or several at a time, each in a process of its own.

    drive ──start(request)──▶ lane, lane, …        each drives one run at a time to its end, with a store of its own
      ▲────(run id, status)──── wait

A run needs a driver that waits for its steps, so that several at a time are several processes. They are forked before
anything ran, die with the process that forked them, and are told by it when somebody presses Ctrl-C.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, Protocol

from tidemill.core.errors import TidemillError, WorkerDiedError
from tidemill.core.processes import die_with, fork
from tidemill.core.records import RunStatus
from tidemill.execution.launch import Request

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Drive = Callable[[Request], "RunStatus | None"]
"""Runs a request to its end: how it ended; None where another process has taken it."""


class Lanes(Protocol):
    """Drives runs.

    Attributes:
        slots: How many at a time.
    """

    slots: int

    def start(self, request: Request) -> None:
        """Take a run; there is a free lane."""
        ...

    def wait(self) -> tuple[str, RunStatus | None]:
        """The id of a run that is over, and how it ended; waits for it."""
        ...


class OneLane:
    """Drives runs here, when somebody waits for them.

    Args:
        run: Runs a request.
    """

    slots = 1

    def __init__(self, run: Drive) -> None:
        self._run = run
        self._request: Request | None = None

    def start(self, request: Request) -> None:
        """Take a run."""
        self._request = request

    def wait(self) -> tuple[str, RunStatus | None]:
        """Run it."""
        assert self._request is not None
        return self._request.run_id or "", self._run(self._request)


class ForkedLanes:
    """Drives runs in processes that are forked from this one, which has imported the user's code and run nothing of it.

    Args:
        slots: How many.
        begin: Called in each process, which has a group of its own: what drives its runs.
    """

    def __init__(self, slots: int, begin: Callable[[], Drive]) -> None:
        from multiprocessing.connection import Pipe  # noqa: PLC0415  (only where there are several)

        self.slots = slots
        self._free: list[Connection] = []
        self._busy: dict[Connection, str] = {}
        self._pids: dict[Connection, int] = {}
        parent = os.getpid()
        for _ in range(slots):
            ours, theirs = Pipe()
            pid = fork()
            if not pid:
                for other in (ours, *self._pids):
                    other.close()
                _serve(theirs, begin, parent)
            theirs.close()
            self._free.append(ours)
            self._pids[ours] = pid

    def start(self, request: Request) -> None:
        """Give a run to a free process."""
        lane = self._free.pop()
        self._busy[lane] = request.run_id or ""
        with contextlib.suppress(OSError):  # one that is gone is found by `wait`
            lane.send(request)

    def wait(self) -> tuple[str, RunStatus | None]:
        """Wait for the first that is over; Ctrl-C ends all that go on, and is answered by how they ended.

        Raises:
            TidemillError: A run could not even begin.
            WorkerDiedError: No process is left to drive runs.
        """
        from multiprocessing.connection import wait  # noqa: PLC0415  (as above)

        while True:
            try:
                ready = wait(list(self._busy))
                break
            except KeyboardInterrupt:
                self.interrupt()
        lane = next(each for each in self._busy if each in ready)
        run_id = self._busy.pop(lane)
        try:
            answer = lane.recv()
        except (EOFError, OSError):
            return run_id, self._bury(lane)
        self._free.append(lane)
        if isinstance(answer, BaseException):
            raise answer
        return run_id, answer

    def interrupt(self) -> None:
        """Do in each process that drives a run as Ctrl-C does."""
        for lane in self._busy:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pids[lane], signal.SIGINT)

    def _bury(self, lane: Connection) -> RunStatus:
        """A process ended in the middle of a run, which whoever looks finds dead."""
        pid = self._pids.pop(lane)
        lane.close()
        _, status = os.waitpid(pid, 0)
        self.slots -= 1
        if not self.slots:
            raise WorkerDiedError(
                "No process is left to drive the runs of the backfill",
                subject="backfill",
                found=f"the last one ended with {os.waitstatus_to_exitcode(status)}",
                expected="processes that live as long as the backfill",
                next_step="`tidemill backfill --resume NUMBER` goes on with it",
            )
        return "failed"

    def close(self) -> None:
        """Let the processes end; those that still drive a run end it first."""
        self.interrupt()
        for lane, pid in self._pids.items():
            lane.close()
            os.waitpid(pid, 0)
        self._pids.clear()


def _serve(lane: Connection, begin: Callable[[], Drive], parent: int) -> NoReturn:
    """Drive runs until the parent hangs up."""
    code = 1
    try:
        os.setpgid(0, 0)  # what the terminal sends is passed on by the parent, once
        die_with(parent)
        drive = begin()
        while True:
            try:
                request = lane.recv()
            except (EOFError, OSError):
                code = 0
                break
            except KeyboardInterrupt:
                continue
            try:
                lane.send(drive(request))
            except KeyboardInterrupt:
                lane.send("canceled")
            except TidemillError as error:
                lane.send(error)
    finally:
        os._exit(code)  # nothing of what the parent has set up is torn down here
