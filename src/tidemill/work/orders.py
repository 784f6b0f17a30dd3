"""What crosses the door between the driver and a worker: orders in, by value; facts out, one way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from tidemill.core.events import Checked, HookRan, Materialized, Observed, Passed, StepStarted
from tidemill.core.keys import AssetKey, StepKey
from tidemill.core.records import CodeRef, PassedValue, Version, VersionRef
from tidemill.planning.signals import (
    AttemptCanceled,
    AttemptFailed,
    AttemptSucceeded,
    CancelAsked,
)


class RunInfo(NamedTuple):
    """What a step may know of its run.

    Attributes:
        partition: The one that it is of.
        keys: All of them, where it is of several.
        sliced_as: The unit whose partitions they are.
    """

    id: str
    job_name: str
    tags: Mapping[str, str] = {}
    config: Mapping[str, object] = {}
    partition: str | None = None
    parent_id: str | None = None
    code: CodeRef | None = None
    loggers: Mapping[str, Mapping[str, object]] = {}
    keys: tuple[str, ...] = ()
    sliced_as: str | None = None

    @property
    def run_id(self) -> str:
        """Its id."""
        return self.id

    @property
    def run_config(self) -> Mapping[str, object]:
        """Its config, as it was given."""
        return self.config

    @property
    def parent_run_id(self) -> str | None:
        """The run that it re-executes, or None."""
        return self.parent_id


class OrderInput(NamedTuple):
    """An input with the versions that it resolved to, one for each slice; None where the store knows none.

    `many` and `shares` are those of the planned input.
    """

    name: str
    asset: AssetKey
    is_argument: bool
    versions: tuple[tuple[str | None, Version | None], ...]
    many: bool = False
    shares: Mapping[str, tuple[str, ...]] | None = None


class Sources:
    """The versions that each partition of a step is made from.

    Args:
        inputs: Of the step.
    """

    def __init__(self, inputs: Iterable[OrderInput]) -> None:
        self._inputs = [
            (
                each.shares,
                {slice_: version.ref for slice_, version in each.versions if version is not None},
            )
            for each in inputs
        ]

    def of(self, partition: str | None) -> tuple[VersionRef, ...]:
        """Those of one partition, in the order of the inputs."""
        found: list[VersionRef] = []
        for shares, refs in self._inputs:
            if shares is None or partition is None:
                found += refs.values()
            else:
                found += [refs[slice_] for slice_ in shares.get(partition, ()) if slice_ in refs]
        return tuple(found)


class OrderWire(NamedTuple):
    """What other steps of the run gave for a parameter, as values or as assets; `many` are passed as a list."""

    name: str
    values: tuple[PassedValue | Version, ...]
    many: bool = False


Isolation: TypeAlias = Literal["pool", "process", "spawn"]


class Conditions(NamedTuple):
    """Under which conditions an attempt is made, beyond what the function needs.

    Attributes:
        seed: What random sources are seeded with; None leaves them alone.
        timeout: Seconds after which it is ended; None never.
        memory: Bytes that its processes may have in memory; None any.
        devices: The GPUs that it may use, as CUDA_VISIBLE_DEVICES names them.
        threads: How many threads numeric libraries should use; None leaves them alone.
        isolation: `pool`: any worker; `process`: one that nothing ran in before and nothing runs in after; `spawn`: a
            new interpreter.
        drawn: Whether the seed was drawn for this attempt, and nobody asked for it.
    """

    seed: int | None = None
    timeout: float | None = None
    memory: int | None = None
    devices: tuple[str, ...] | None = None
    threads: int | None = None
    isolation: Isolation = "pool"
    drawn: bool = False


UNCONDITIONAL = Conditions()


class MadeFrom(NamedTuple):
    """What of a step's results is known before it runs: what versions are found by, beside their inputs.

    Attributes:
        code: Fingerprint of the code; "" where nothing will look for the versions.
        config: In force, with that of its resources.
        libraries: Distribution → version, as far as it counts.
        seed: Where the user gave one.
    """

    code: str = ""
    config: Mapping[str, object] = {}
    libraries: Mapping[str, str] = {}
    seed: int | None = None


UNKNOWN = MadeFrom()


class StepOrder(NamedTuple):
    """Everything that a worker needs to make one attempt at a step; `retries` is how many its policy allows."""

    run: RunInfo
    key: StepKey
    name: str
    attempt: int
    outputs: tuple[str, ...]
    checks: tuple[str, ...]
    inputs: tuple[OrderInput, ...]
    config: Mapping[str, object]
    conditions: Conditions = UNCONDITIONAL
    made_from: MadeFrom = UNKNOWN
    wires: tuple[OrderWire, ...] = ()
    retries: int = 0


def slices_of(key: StepKey) -> tuple[str | None, ...]:
    """The slices that a step makes."""
    return key.partitions.keys if key.partitions is not None else (None,)


class LogLine(NamedTuple):
    """A line that a step wrote, masked: `stream` is `log`, `stdout` or `stderr`."""

    at: int
    step: str
    attempt: int
    stream: str
    level: str
    text: str


class Progress(NamedTuple):
    """How far a step says that it is; `total` may be unknown."""

    at: int
    step: str
    attempt: int
    done: float
    total: float | None = None
    text: str = ""


StepFact: TypeAlias = (
    StepStarted
    | Materialized
    | Passed
    | HookRan
    | Observed
    | Checked
    | AttemptSucceeded
    | AttemptFailed
    | AttemptCanceled
    | CancelAsked
    | LogLine
    | Progress
)
