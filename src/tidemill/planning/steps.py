"""Steps as the run machine sees them: what each needs, and what has become of it so far."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from tidemill.definitions.policies import RetryPolicy


class Need(NamedTuple):
    """What a step waits for: another step, and the output of it that must be there (None: only that it went well)."""

    step: str
    output: str | None = None


class Settled(NamedTuple):
    """What had become of a step before this machine began: in the run that is re-executed, or under another driver.

    Attributes:
        state: Its fate.
        outputs: Names of the outputs that it gave.
        cause: The step that it was blocked or skipped for.
    """

    state: Literal["succeeded", "skipped", "failed", "blocked"]
    outputs: frozenset[str] = frozenset()
    cause: str = ""


class MachineStep(NamedTuple):
    """A step as the machine sees it. Of several that are ready, the highest priority goes first, then plan order.

    `looks` says that it need not run where the store has what it would make; `claims` that it needs something scarce
    before it may start; `attempts` counts those of an earlier driver. A step that is `settled` does not run: others
    need it as if it just had. `limited` names the limits of the run that it counts under while it runs. `keeps` are
    outputs that stay what they were where the step does not give them, so that what needs them runs all the same.
    """

    name: str
    needs: tuple[Need, ...] = ()
    gives: bool = True
    retry_policy: RetryPolicy | None = None
    priority: int = 0
    claims: bool = False
    looks: bool = False
    attempts: int = 0
    settled: Settled | None = None
    limited: tuple[str, ...] = ()
    keeps: frozenset[str] = frozenset()


State: TypeAlias = Literal[
    "waiting",
    "looking",
    "pending",
    "ready",
    "claiming",
    "running",
    "retrying",
    "succeeded",
    "reused",
    "skipped",
    "failed",
    "blocked",
    "canceled",
]
SETTLED: frozenset[State] = frozenset({"succeeded", "reused", "skipped", "failed", "blocked", "canceled"})


class Progress:
    """What the machine knows of one step so far."""

    __slots__ = ("attempt", "cause", "consumers", "missing", "outputs", "position", "state", "step")

    def __init__(self, step: MachineStep, position: int) -> None:
        self.step = step
        self.position = position
        self.state: State = "waiting"
        self.attempt = step.attempts
        self.missing = 0
        self.consumers: list[Progress] = []
        self.outputs: frozenset[str] = frozenset()
        self.cause = ""
        if step.settled is not None:
            self.state, self.outputs, self.cause = step.settled
