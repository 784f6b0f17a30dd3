"""Steps as the run machine sees them: what each needs, and what has become of it so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from tidemill.core.events import OutputRecord
from tidemill.definitions.policies import RetryPolicy


class Need(NamedTuple):
    """What a step waits for: another step, and the output of it that must be there (None: only that it went well).

    `how` says what of a mapped step, or of a dynamic output: `each` is what has the mapping key of the step that waits,
    `all` is everything, were nothing mapped, and `some` everything, but at least something. `among` several it is
    enough that one of them is there: those with the same number are such several, which are passed as one list.
    """

    step: str
    output: str | None = None
    how: Literal["one", "each", "all", "some"] = "one"
    among: int | None = None


class Settled(NamedTuple):
    """What had become of a step before this machine began: in the run that is re-executed, or under another driver.

    Attributes:
        state: Its fate.
        outputs: Names of the outputs that it gave.
        cause: The step that it was blocked or skipped for.
        keys: Mapping keys under which it gave dynamic outputs, in their order.
    """

    state: Literal["succeeded", "skipped", "failed", "blocked"]
    outputs: frozenset[str] = frozenset()
    cause: str = ""
    keys: Mapping[str, tuple[str, ...]] = {}


class MachineStep(NamedTuple):
    """A step as the machine sees it. Of several that are ready, the highest priority goes first, then plan order.

    `looks` says that it need not run where the store has what it would make; `claims` that it needs something scarce
    before it may start; `attempts` counts those of an earlier driver. A step that is `settled` does not run: others
    need it as if it just had. `limited` names the limits of the run that it counts under while it runs. `keeps` are
    outputs that stay what they were where the step does not give them, so that what needs them runs all the same.

    A step `over` a dynamic output is a pattern: it becomes one step for each mapping key under which that was given,
    called `name[key]`. Of those, `past` has what is settled and `tried` how often others were tried before.
    A step with a `gate` is reused where that step is: they make the same together.
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
    over: Need | None = None
    past: Mapping[str, Settled] = {}
    tried: Mapping[str, int] = {}
    gate: str | None = None
    is_gate: bool = False
    outputs: frozenset[str] = frozenset()

    def mapped(self, key: str, patterns: Mapping[str, MachineStep]) -> MachineStep:
        """The step that a pattern becomes for a mapping key.

        Args:
            key: The mapping key.
            patterns: All patterns by name: what this one needs of each of their steps it needs under the same key.
        """
        needs = []
        for need in self.needs:
            if need.how != "each":
                needs.append(need)
            elif need.step in patterns:
                needs.append(Need(f"{need.step}[{key}]", need.output, "one", need.among))
        return self._replace(
            name=f"{self.name}[{key}]",
            needs=tuple(needs),
            over=None,
            settled=self.past.get(key),
            attempts=self.tried.get(key, 0),
        )


State: TypeAlias = Literal[
    "waiting",
    "expanded",
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


def mapping_keys(outputs: Iterable[OutputRecord]) -> dict[str, tuple[str, ...]]:
    """The mapping keys under which dynamic outputs were given, by output."""
    keys: dict[str, list[str]] = {}
    for name, mapping in outputs:
        if mapping is not None:
            keys.setdefault(name, []).append(mapping)
    return {name: tuple(found) for name, found in keys.items()}


class Progress:
    """What the machine knows of one step so far."""

    __slots__ = (
        "attempt",
        "cause",
        "consumers",
        "keys",
        "left",
        "mapped",
        "missing",
        "outputs",
        "pattern",
        "patterns",
        "position",
        "state",
        "step",
    )

    def __init__(self, step: MachineStep, position: tuple[int, int], pattern: Progress | None = None) -> None:
        self.step = step
        self.position = position
        self.pattern = pattern
        self.patterns: list[Progress] = []
        self.mapped: list[Progress] = []
        self.left = 0
        self.keys: Mapping[str, tuple[str, ...]] = {}
        self.state: State = "waiting"
        self.attempt = step.attempts
        self.missing = 0
        self.consumers: list[Progress] = []
        self.outputs: frozenset[str] = frozenset()
        self.cause = ""
        if step.settled is not None:
            self.state, self.outputs, self.cause, self.keys = step.settled
