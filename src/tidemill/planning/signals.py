"""What a run machine is told, and what it asks for: its stimuli and its commands.

Stimuli come from workers (attempts), from the store (looks and claims), from a timer and from people; commands go to
the store, the executor, the timer and the driver.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from tidemill.core.events import (
    Checked,
    Event,
    HookRan,
    Materialized,
    Observed,
    OutputRecord,
    Passed,
    StepCanceled,
    StepFailed,
    StepSkipped,
    StepStarted,
    StepSucceeded,
    Withheld,
)
from tidemill.core.records import ErrorInfo, RunStatus


class Begin(NamedTuple):
    """The run may start, or go on `again` under another driver."""

    at: int
    again: bool = False


class AttemptSucceeded(NamedTuple):
    """The function returned and its outputs are stored."""

    at: int
    step: str
    attempt: int
    inputs: tuple[str, ...] = ()
    outputs: tuple[OutputRecord, ...] = ()
    seconds: float = 0.0
    log_bytes: int = 0
    cpu: float = 0.0
    memory: int = 0
    withheld: tuple[Withheld, ...] = ()


class RetryAsked(NamedTuple):
    """The function itself asked to be tried again."""

    max_retries: int
    wait: float


class AttemptFailed(NamedTuple):
    """The attempt failed; `final` says that no policy may retry it."""

    at: int
    step: str
    attempt: int
    error: ErrorInfo
    asked: RetryAsked | None = None
    final: bool = False
    seconds: float = 0.0
    log_bytes: int = 0
    cpu: float = 0.0
    memory: int = 0
    inputs: tuple[str, ...] = ()
    code: str = ""


class AttemptCanceled(NamedTuple):
    """The attempt was ended from outside."""

    at: int
    step: str
    attempt: int


class Woke(NamedTuple):
    """The time that a retrying step waited for has come."""

    at: int
    step: str


class Found(NamedTuple):
    """The store has what a step would make: `events` say how, `outputs` are there without running it."""

    at: int
    step: str
    events: tuple[Event, ...] = ()
    outputs: tuple[str, ...] = ()


class Missing(NamedTuple):
    """The store does not have it: the step must run.

    Of several partitions it may have some: then `partitions` are those that it must run for, and `events` say how the
    others are there.
    """

    at: int
    step: str
    partitions: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()


class Pending(NamedTuple):
    """Another run (`holder`, in words) is making it; it is worth looking again after `wait` seconds."""

    at: int
    step: str
    wait: float
    holder: str


class Granted(NamedTuple):
    """A step has what it claimed."""

    at: int
    step: str


class Denied(NamedTuple):
    """What a step claimed is held by others; it is worth asking again after `wait` seconds."""

    at: int
    step: str
    wait: float


class CancelAsked(NamedTuple):
    """Somebody wants the run to end, and its steps within `grace` seconds; None where that is left to the executor.

    With an `error` it has failed of that.
    """

    at: int
    reason: str
    grace: float | None = None
    error: ErrorInfo | None = None


OfAttempt: TypeAlias = (
    StepStarted
    | Materialized
    | Passed
    | HookRan
    | Observed
    | Checked
    | AttemptSucceeded
    | AttemptFailed
    | AttemptCanceled
)
OfStep: TypeAlias = OfAttempt | Woke | Found | Missing | Pending | Granted | Denied
Stimulus: TypeAlias = Begin | OfStep | CancelAsked
StepEnd: TypeAlias = StepSucceeded | StepSkipped | StepFailed | StepCanceled


class Record(NamedTuple):
    """Append this event to the log."""

    event: Event


class Launch(NamedTuple):
    """Start an attempt at this step."""

    step: str
    attempt: int


class Look(NamedTuple):
    """Is there a version of what this step would make? `Found`, `Missing` or `Pending` is awaited."""

    step: str


class Claim(NamedTuple):
    """Try to get what this step needs; `Granted` or `Denied` is awaited."""

    step: str


class WakeAfter(NamedTuple):
    """Send `Woke` for this step after so many seconds, whatever the clock on the wall does meanwhile."""

    step: str
    seconds: float


class Cancel(NamedTuple):
    """End the running attempt at this step; `AttemptCanceled` (or its own end) is awaited. Twice: at once.

    `grace` is how many seconds it has, where somebody has said so.
    """

    step: str
    grace: float | None = None


class Finish(NamedTuple):
    """Nothing is left to do."""

    status: RunStatus


Command: TypeAlias = Record | Launch | Look | Claim | WakeAfter | Cancel | Finish
