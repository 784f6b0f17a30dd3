"""The frozen values that cross the doors between layers: references, artifacts, versions, checks, errors, runs.

All are named tuples: a class costs 0.07 ms of start-up where a frozen dataclass costs 0.56 ms, an instance a third.
`core.codec` turns each into JSON and back; a field of type `bytes` never enters JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue

RunStatus: TypeAlias = Literal["queued", "started", "succeeded", "failed", "canceled"]
StepStatus: TypeAlias = Literal[
    "planned",
    "started",
    "succeeded",
    "failed",
    "retrying",
    "skipped",
    "blocked",
    "canceled",
    "reused",
    "expanded",
    "forgotten",
]
Severity: TypeAlias = Literal["WARN", "ERROR"]

BackfillStatus: TypeAlias = Literal["requested", "succeeded", "failed", "canceled"]

FINAL_RUN_STATUSES: frozenset[str] = frozenset({"succeeded", "failed", "canceled"})
NO_METADATA: Mapping[str, MetadataValue] = {}
NO_TAGS: Mapping[str, str] = {}


class CodeRef(NamedTuple):
    """Where user code is: `module:NAME`, `file:PATH`, or `main:PATH` (a script that called the library itself)."""

    kind: Literal["module", "file", "main"]
    target: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.target}"


class FileIdentity(NamedTuple):
    """What tells an untouched file from a touched one, without reading it."""

    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


class Artifact(NamedTuple):
    """The stored bytes of one value, in the container format of `tidemill.io.container`.

    Attributes:
        address: Hex blake3 of the container's header, which lists the digest of every part.
        size: Bytes of the whole container.
        content: Hex digest of what the value is, canonical by type; equal to `address` where the type has none.
        canonical: Whether `content` is canonical.
        type_name: Module and name of the value's class, for display.
        identity: Of the file as it was written; None while the container is inline.
        inline: The container itself, where it is small enough to live in the database.
    """

    address: str
    size: int
    content: str
    canonical: bool
    type_name: str
    identity: FileIdentity | None = None
    inline: bytes | None = None


MEMORY = "memory"
"""What a value is external to that stays in the process: no I/O manager of the user's."""


class External(NamedTuple):
    """A value that another I/O manager wrote: who wrote it, and what it called the place."""

    manager: str
    identifier: str | None = None
    type_name: str = ""


class VersionRef(NamedTuple):
    """A version of an asset, as another version names what it was made from."""

    asset: AssetKey
    partition: str | None
    id: str
    data_version: str


class Version(NamedTuple):
    """One materialization of one asset (of one partition), as the step that made it reports it.

    `number` counts from 1 for each asset and partition; it is 0 until the store has given it. `config` is what was in
    force for its step, `libraries` the versions of the distributions that its code uses, as far as they count; with
    code, partition and inputs they are what `version_key` is a digest of. `seed` is there where the user gave one.
    `previous` is the id of its own earlier version that the function looked at, "" where it looked and there was none.
    `artifact` and `external` are both None where the function stores nothing (`-> None`, `MaterializeResult`).
    `dropped` says that retention let go of the value: the artifact is what it was, its bytes are not there.
    `preview` is a look at the value as plain JSON, taken where it was made; None where nobody did, or read it.
    """

    id: str
    asset: AssetKey
    partition: str | None
    made_at: int
    data_version: str
    code_version: str
    artifact: Artifact | None = None
    external: External | None = None
    version_key: str | None = None
    inputs: tuple[VersionRef, ...] = ()
    metadata: Mapping[str, MetadataValue] = NO_METADATA
    tags: Mapping[str, str] = NO_TAGS
    description: str | None = None
    reused_from: str | None = None
    number: int = 0
    run_id: str = ""
    step: str = ""
    config: Mapping[str, object] = {}
    libraries: Mapping[str, str] = NO_TAGS
    seed: int | None = None
    previous: str | None = None
    dropped: bool = False
    preview: Mapping[str, object] | None = None

    @property
    def type_name(self) -> str | None:
        """Module and name of the value's class; None where there is no value."""
        stored = self.artifact or self.external
        return stored.type_name if stored is not None else None

    @property
    def ref(self) -> VersionRef:
        """How another version names this one."""
        return VersionRef(self.asset, self.partition, self.id, self.data_version)


class PassedValue(NamedTuple):
    """A value that one step hands on to others of its run, and that is no asset: kept as long as the run's events are.

    `step` and `output` say which, `mapping` under which mapping key where the output is dynamic; `run_id` names the
    run that made it, which a run that re-executes it does not make again.
    """

    step: str
    output: str
    mapping: str | None = None
    run_id: str = ""
    artifact: Artifact | None = None
    external: External | None = None
    metadata: Mapping[str, MetadataValue] = NO_METADATA


class Standing(NamedTuple):
    """The latest version of a slice, as far as a verdict needs it."""

    id: str
    number: int
    key: str | None
    data_version: str
    at: int


class HeldValue(NamedTuple):
    """A version whose value the store has, as far as retention needs it.

    `seq` is its place in the log, `successor` that of the next version of its slice, if there is one; `at` is when it
    was made; `address` and `size` are those of its artifact, which is `inline` where it lies in the database.
    """

    seq: int
    id: str
    asset: str
    partition: str | None
    number: int
    at: int
    address: str
    size: int
    successor: int | None
    inline: bool = False


class CheckResult(NamedTuple):
    """A verdict on an asset, and on the version that it was about where one is known.

    `code_version`, `config`, `libraries` and `seed` are those of the check, as in `Version`; the first is None where an
    asset's own function gave the verdict, or nothing looks for it later.
    """

    asset: AssetKey
    name: str
    passed: bool
    severity: Severity = "ERROR"
    blocking: bool = False
    partition: str | None = None
    version_id: str | None = None
    metadata: Mapping[str, MetadataValue] = NO_METADATA
    description: str | None = None
    code_version: str | None = None
    config: Mapping[str, object] = {}
    libraries: Mapping[str, str] = NO_TAGS
    seed: int | None = None


class Observation(NamedTuple):
    """A fact about an asset that made no version."""

    asset: AssetKey
    partition: str | None = None
    data_version: str | None = None
    metadata: Mapping[str, MetadataValue] = NO_METADATA
    tags: Mapping[str, str] = NO_TAGS
    description: str | None = None


def observation_id(data_version: str) -> str:
    """What stands for the id of a version where a slice was only observed."""
    return f"observation:{data_version}"


def observed_version(
    asset: AssetKey, partition: str | None, data_version: str, at: int, base: Version | None = None
) -> Version:
    """How a slice that was only observed stands for what is made from it: no row of the store has that version.

    Args:
        asset, partition: The slice.
        data_version: What it was observed to be.
        at: When.
        base: Its latest version, which has its value if there is one.
    """
    id = observation_id(data_version)
    if base is not None:
        return base._replace(id=id, data_version=data_version, made_at=at)
    return Version(id, asset, partition, at, data_version, "")


class ErrorInfo(NamedTuple):
    """An exception that crossed a process or went to disk, with its story.

    Attributes:
        message: Last line(s) of the traceback: `ValueError: bad`.
        stack: Formatted frames, oldest first, the user's frames only where the error arose in user code.
        cls_name: Name of the class.
        cause: The exception that it was raised from, or that was being handled.
        description, metadata: What a raised `Failure` carried.
    """

    message: str
    stack: tuple[str, ...] = ()
    cls_name: str | None = None
    cause: ErrorInfo | None = None
    description: str | None = None
    metadata: Mapping[str, MetadataValue] = NO_METADATA

    def to_string(self) -> str:
        """The whole as Python would print it, causes first."""
        own = (
            f"{self.message.rstrip()}\n\nStack Trace:\n{''.join(self.stack)}" if self.stack else self.message
        )
        if self.cause is None or self.cause.message == self.message:
            return own
        return f"{self.cause.to_string()}\n\nThe above exception led to:\n\n{own}"


class Lease(NamedTuple):
    """Which process drives a run: enough to tell, on the same machine and boot, whether it is still there."""

    host: str
    boot: str
    pid: int
    pid_started: int


class LiveRun(NamedTuple):
    """A run that is not over, with the lease of its driver.

    Attributes:
        fence: How many drivers it has had.
        sign: The last sign of life, UTC microseconds: a heartbeat or an event.
    """

    id: str
    number: int
    job_name: str
    fence: int
    lease: Lease
    sign: int


class PlannedStep(NamedTuple):
    """A step as a run promises it: its name and the assets (with partition) that it will make.

    Of several partitions, `partition` is None and `partitions` names them: keys, and ranges of keys `A...B`.
    `keep` and `ttl` (seconds) are how long their values are to be kept, so that retention needs no definitions.
    """

    step: str
    assets: tuple[AssetKey, ...] = ()
    partition: str | None = None
    keep: int | None = None
    ttl: float | None = None
    partitions: tuple[str, ...] = ()


class Run(NamedTuple):
    """One execution of a plan, as it was asked for.

    Of one partition, `partition` is its key; of several, `partitions` names them: keys, and ranges of keys `A...B`.
    """

    id: str
    job_name: str
    created_at: int
    config: Mapping[str, object]
    tags: Mapping[str, str] = NO_TAGS
    steps: tuple[PlannedStep, ...] = ()
    selection: str | None = None
    partition: str | None = None
    code: CodeRef | None = None
    parent_id: str | None = None
    lease: Lease | None = None
    environment: Mapping[str, str] = NO_TAGS
    partitions: tuple[str, ...] = ()


class BackfillPart(NamedTuple):
    """Assets that a backfill makes together.

    Attributes:
        assets: In the order in which they can be made.
        partitions: Keys, and ranges of keys `A...B`; empty for assets that have none.
        per_run: How many partitions a run makes at most; None all.
        size: How many partitions these are.
    """

    assets: tuple[AssetKey, ...]
    partitions: tuple[str, ...] = ()
    per_run: int | None = 1
    size: int = 0

    @property
    def runs(self) -> int:
        """How many runs it takes."""
        return -(-self.size // (self.per_run or self.size)) if self.size else 1


class Backfill(NamedTuple):
    """Partitions of assets that somebody wants to be made, as it was asked for; its parts in order."""

    id: str
    created_at: int
    parts: tuple[BackfillPart, ...]
    selection: str | None = None
    config: Mapping[str, object] = {}
    tags: Mapping[str, str] = NO_TAGS
    code: CodeRef | None = None

    @property
    def runs(self) -> int:
        """How many runs it takes."""
        return sum(part.runs for part in self.parts)


class BackfillState(NamedTuple):
    """A backfill with what has become of it so far. `number` counts the backfills of a store from 1."""

    backfill: Backfill
    number: int
    status: BackfillStatus
    finished_at: int | None = None


class RunState(NamedTuple):
    """A run with what has become of it so far. `number` counts the runs of a store from 1.

    `trimmed` says that retention removed the events of its steps, but for failures and what was made.
    """

    run: Run
    number: int
    status: RunStatus
    started_at: int | None = None
    finished_at: int | None = None
    error: ErrorInfo | None = None
    trimmed: bool = False


class StepState(NamedTuple):
    """A step of a run with what has become of it so far."""

    step: str
    status: StepStatus
    attempt: int
    started_at: int | None = None
    finished_at: int | None = None
    error: ErrorInfo | None = None
    cause: str | None = None
