"""One worker as the driver sees it: its connection, its order, what it printed, and why it is being ended."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from tidemill.core.errors import StepTimeoutError, WorkerDiedError
from tidemill.core.frames import OWN_CODE
from tidemill.executors.channel import Channel
from tidemill.executors.nursery import NOT_STARTED
from tidemill.executors.outlets import consume, peek
from tidemill.work.logs import StepLog, read_log
from tidemill.work.orders import StepOrder

Reason = Literal["cancel", "timeout", "memory", ""]
KEPT_LINES = 10
LONGEST_LINE = 1 << 16
MOST_CHUNKS = 16
"""Pieces of 8 KiB that are taken when an order is done: more than a pipe holds."""

FRAME = '  File "'


class Ending(NamedTuple):
    """Why a worker is being ended, and when it is killed if it does not end by itself."""

    reason: Reason
    killed_at: float


class Hand:
    """A worker.

    Args:
        stray: Takes lines that it writes between two orders: a resource that is torn down, say.

    Attributes:
        number: Which worker of the run.
        channel: To it.
        outputs: Descriptor → name of the stream, of what it writes past Python.
        order: What it works on; None between two orders.
        deadline: When its order must be done (monotonic seconds).
        ending: Set when somebody wants it to end.
        code: Its exit code, once the server has told.
        pid: Once the server has told.
        worked: Whether it had an order before.
        began: When it got its order (monotonic seconds).
        spent: Whether it gets no order any more.
        channel_closed_at: When its connection was found closed.
        memory: The most bytes that were seen of it and its children during its order.
        used: Seconds of processor time that it had taken before its order, as it told.
        cpu: Of all its life, once the server has told.
    """

    def __init__(
        self, number: int, channel: Channel, outputs: dict[int, str], stray: Callable[[str], None]
    ) -> None:
        self.number = number
        self.channel = channel
        self.outputs = outputs
        self.order: StepOrder | None = None
        self.deadline: float | None = None
        self.ending: Ending | None = None
        self.code: int | None = None
        self.pid: int | None = None
        self.worked = False
        self.memory = 0
        self.used = self.cpu = 0.0
        self.spent = False
        self.began = 0.0
        self.channel_closed_at: float | None = None
        self._parts = dict.fromkeys(outputs, b"")
        self._last: deque[str] = deque(maxlen=KEPT_LINES)
        self._log: StepLog | None = None
        self._beneath = False
        self._stray = stray

    @property
    def can_work(self) -> bool:
        """Whether it may get orders."""
        return not (self.spent or self.channel.ended or self.ending is not None)

    def begin(self, order: StepOrder, now: float) -> None:
        """It is sent an order."""
        timeout = order.conditions.timeout
        self.order, self.began = order, now
        self.deadline = None if timeout is None else now + timeout
        self.worked = True
        self.memory = 0
        self._last.clear()

    def end(self) -> int:
        """Its order is done; how many bytes of log it wrote past Python."""
        written = 0
        if self._log is not None:
            written = self._log.bytes
            self._log.close()
            self._log = None
        self.order = self.deadline = None
        return written

    def read(self, descriptor: int, log_of: Callable[[StepOrder], StepLog], *, end: bool = False) -> bool:
        """Take in what it has written to a stream, line by line; whether there may be more later.

        Of a flood it takes a part, so that others get their turn.

        Args:
            end: Whether a last line that has no end is to be kept as it is.
        """
        for _ in range(MOST_CHUNKS if end else 1):
            data = peek(descriptor)
            if not data:
                break
            *lines, rest = (self._parts[descriptor] + data).split(b"\n")
            if len(rest) > LONGEST_LINE:
                lines.append(rest)
                rest = b""
            self._parts[descriptor] = rest
            for line in lines:
                self._keep(self.outputs[descriptor], line, log_of)
            consume(descriptor, len(data))  # not before it is kept
        open_still: bool = data != b""
        if end or not open_still:
            self.finish(descriptor, log_of)
        return open_still

    def finish(self, descriptor: int, log_of: Callable[[StepOrder], StepLog]) -> None:
        """Keep a last line that has no end as it is."""
        rest, self._parts[descriptor] = self._parts[descriptor], b""
        if rest:
            self._keep(self.outputs[descriptor], rest, log_of)

    def _keep(self, stream: str, line: bytes, log_of: Callable[[StepOrder], StepLog]) -> None:
        text = line.rstrip(b"\r").rsplit(b"\r", 1)[-1].decode("utf-8", "backslashreplace")
        # A crash prints the stack, innermost first: from the first frame of ours on, it is what called the user's.
        self._beneath = text.startswith(FRAME) and (self._beneath or OWN_CODE in text)
        if self._beneath:
            return
        if self.order is None:
            self._stray(text)
            return
        if self._log is None:
            self._log = log_of(self.order)
        self._last.append(self._log.write(stream, "info", text))

    def death(self, order: StepOrder, grace: float, log: Path | None) -> WorkerDiedError:
        """What to say of an order whose worker is gone; `log` is the file with all that it wrote."""
        name = order.name
        reason = self.ending.reason if self.ending is not None else ""
        if reason == "timeout":
            return StepTimeoutError(
                f"Step {name!r} took longer than the {order.conditions.timeout:g} s that it may",
                subject=name,
                found=f"it was asked to end, and killed {grace:g} s later if it did not",
                expected=f"an end within {order.conditions.timeout:g} s",
                next_step="raise timeout=, or make the step shorter",
            )
        if reason == "memory":
            return WorkerDiedError(
                f"Step {name!r} took more memory than it may, and was killed",
                subject=name,
                found=f"{amount(self.memory)} in memory",
                expected=f"at most {amount(order.conditions.memory or 0)} (resources={{'memory': …}})",
                next_step="raise the limit, or load less at a time",
            )
        lines = "\n".join(_last_lines(log) or self._last)
        return WorkerDiedError(
            f"The process of step {name!r} {cause(self.code)}",
            subject=name,
            found=f"its last lines were:\n{lines}" if lines else "it had written nothing",
            expected="a step that returns or raises",
            next_step=_advice(self.code, self.memory),
        )


def orphaned(step: str) -> WorkerDiedError:
    """What to say of an order when the process that starts workers is gone."""
    return WorkerDiedError(
        f"The process that starts workers was killed, and step {step!r} with it",
        subject=step,
        found="it ended while the run went on",
        expected="that it lives as long as the run",
        next_step="run again; if nobody killed it, the machine may have run out of memory: see `dmesg`",
    )


def rootless(step: str) -> WorkerDiedError:
    """What to say of an order that needs a new interpreter where nobody knows what that should import."""
    return WorkerDiedError(
        f"Step {step!r} cannot have an interpreter of its own",
        subject=step,
        found="definitions that are in no file and no module",
        expected="definitions that another process can import",
        next_step="write them to a file, or leave isolation='spawn' out",
    )


def _last_lines(log: Path | None) -> list[str]:
    if log is None or not log.exists():
        return []
    return [line.text for line in read_log(log)[-KEPT_LINES:] if line.text]


def cause(code: int | None) -> str:
    """How a process ended, in words."""
    if code is None:
        return "is gone"
    if code == NOT_STARTED:
        return "could not be started"
    if code >= 0:
        return f"ended itself with exit code {code}"
    name = signal.Signals(-code).name if -code in signal.valid_signals() else f"signal {-code}"
    words = {
        "SIGSEGV": "crashed with a segmentation fault",
        "SIGKILL": "was killed",
        "SIGABRT": "aborted",
        "SIGBUS": "crashed with a bus error",
    }
    return f"{words.get(name, 'was ended')} ({name})"


def _advice(code: int | None, memory: int) -> str:
    if code == NOT_STARTED:
        return "end other processes, or raise the limits (ulimit -u)"
    if code == -signal.SIGKILL:
        seen = f"; the most that was seen of it was {amount(memory)}" if memory else ""
        return f"the system kills processes when memory runs out: see `dmesg`{seen}"
    if code is not None and code >= 0:
        return "a step ends by returning or raising; look for os._exit or sys.exit in what it calls"
    return "look at the library that it was in; isolation='spawn' gives the step an interpreter of its own"


def amount(size: float) -> str:
    """Bytes for people."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
