"""The facts of the append-only log. Everything else that the store can tell is folded from these.

A step writes three rows in the usual case: started, materialized, succeeded. Each event is a named tuple with `at`
(UTC microseconds) and, for the events of a step, `step` (text of its key) and `attempt` (from 1). `KINDS` gives each
its name in the database; a name is never given a second meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from tidemill.core.keys import AssetKey
from tidemill.core.records import (
    Backfill,
    BackfillStatus,
    CheckResult,
    ErrorInfo,
    Lease,
    Observation,
    PassedValue,
    Run,
    Version,
)


class RunCreated(NamedTuple):
    """A run was asked for."""

    at: int
    run: Run


class RunStarted(NamedTuple):
    """A process began to drive the run."""

    at: int


class RunResumed(NamedTuple):
    """Another process drives the run from here on; what the one before it sends late is refused."""

    at: int
    lease: Lease


class CancelRequested(NamedTuple):
    """Somebody, perhaps in another process, wants the run to end; its driver ends it.

    `grace` is how many seconds its steps have to end by themselves; None leaves that to the run.
    """

    at: int
    reason: str = ""
    grace: float | None = None


class RunSucceeded(NamedTuple):
    """All steps succeeded, were reused or skipped."""

    at: int


class RunFailed(NamedTuple):
    """At least one step failed, or the run itself did; `failed` names the steps."""

    at: int
    failed: tuple[str, ...] = ()
    error: ErrorInfo | None = None


class RunCanceled(NamedTuple):
    """Somebody ended the run; `reason` says who or what."""

    at: int
    reason: str = ""


class StepStarted(NamedTuple):
    """An attempt at a step began. `seed` is what the random sources of its worker were seeded with, if they were."""

    at: int
    step: str
    attempt: int = 1
    seed: int | None = None


class Materialized(NamedTuple):
    """A version of an asset was made."""

    at: int
    step: str
    attempt: int
    version: Version


class Passed(NamedTuple):
    """A step gave a value that is no asset, for others of its run."""

    at: int
    step: str
    attempt: int
    value: PassedValue


class StepExpanded(NamedTuple):
    """A mapped step became one step for each of these mapping keys, called `step[key]`.

    Those in `settled` do not run: the run that this one re-executes, or an earlier driver of it, has made them.
    """

    at: int
    step: str
    keys: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()


class HookRan(NamedTuple):
    """A hook was called because of how the attempt ended; `error` is what it raised, if anything."""

    at: int
    step: str
    attempt: int
    hook: str
    error: ErrorInfo | None = None


class Observed(NamedTuple):
    """Something was learned about an asset; outside of any run `step` is empty."""

    at: int
    step: str
    attempt: int
    observation: Observation


class Checked(NamedTuple):
    """A check gave its verdict."""

    at: int
    step: str
    attempt: int
    check: CheckResult


class OutputRecord(NamedTuple):
    """An output that a step gave: its name in the unit, and its mapping key where it is dynamic."""

    name: str
    mapping: str | None = None


class Withheld(NamedTuple):
    """An output that a step ran for and did not give: for this version key there is nothing to be had.

    `previous` is the earlier version that the function compared with, as in `Version`.
    """

    asset: AssetKey
    partition: str | None
    key: str
    previous: str | None = None


class StepSucceeded(NamedTuple):
    """A step ended well. `inputs` are the arguments that were loaded; `seconds` is monotonic time.

    `log_bytes` is the size of the step's log file. Of a step in a process of its own, `cpu` is its processor time in
    seconds, children included, and `memory` the most bytes that it had in memory at a time. `withheld` are outputs
    that it did not give, in a store that looks for versions.
    """

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


class StepFailed(NamedTuple):
    """The last attempt at a step failed.

    `inputs` are the arguments that were loaded by then; `code` is the code version that its first asset would have
    had, where that is known.
    """

    at: int
    step: str
    attempt: int
    error: ErrorInfo
    seconds: float = 0.0
    log_bytes: int = 0
    cpu: float = 0.0
    memory: int = 0
    inputs: tuple[str, ...] = ()
    code: str = ""


class StepRetrying(NamedTuple):
    """An attempt failed and another will be made after `wait` seconds; `inputs` as in `StepFailed`."""

    at: int
    step: str
    attempt: int
    error: ErrorInfo
    wait: float = 0.0
    log_bytes: int = 0
    inputs: tuple[str, ...] = ()


class StepSkipped(NamedTuple):
    """The user's code gave no output: this step's own (`cause` is itself, and it did run), or one that it needs."""

    at: int
    step: str
    cause: str
    attempt: int = 0
    inputs: tuple[str, ...] = ()
    seconds: float = 0.0
    log_bytes: int = 0
    withheld: tuple[Withheld, ...] = ()


class StepBlocked(NamedTuple):
    """Not started, because `cause` (a step) failed, was canceled, or holds a blocking check that did not pass."""

    at: int
    step: str
    cause: str


class StepCanceled(NamedTuple):
    """Ended or never started because the run was canceled."""

    at: int
    step: str
    attempt: int = 0


class StepReused(NamedTuple):
    """Up to date, not run."""

    at: int
    step: str
    reason: str = ""


class ValuesDropped(NamedTuple):
    """Retention let go of the values of versions (their ids), and will remove their files.

    It happens outside of runs. `reason` is the rule: `keep=2`, `ttl=30d`.
    """

    at: int
    versions: tuple[str, ...]
    reason: str


class ChatterDropped(NamedTuple):
    """Retention removed the events of steps of finished runs (their numbers), but for failures and what was made."""

    at: int
    runs: tuple[int, ...]
    reason: str


class PartitionsAdded(NamedTuple):
    """Keys of dynamic partitions were added; those that were there already stay where they are."""

    at: int
    name: str
    keys: tuple[str, ...]


class PartitionsRemoved(NamedTuple):
    """Keys of dynamic partitions were removed; versions of theirs stay."""

    at: int
    name: str
    keys: tuple[str, ...]


class BackfillRequested(NamedTuple):
    """Somebody wants partitions of assets to be made."""

    at: int
    backfill: Backfill


class BackfillEnded(NamedTuple):
    """Everything of a backfill (its id) was made, or tried, or somebody canceled it; it may go on after it failed."""

    at: int
    id: str
    status: BackfillStatus


class AssetWiped(NamedTuple):
    """All that was known of an asset, or of some of its partitions, is to be forgotten; what comes later is not.

    The log keeps it; nothing that reads the store sees it any more.
    """

    at: int
    asset: AssetKey
    partitions: tuple[str, ...] | None = None


class RunDeleted(NamedTuple):
    """A run that is over (its id) is to be forgotten; what it made is not."""

    at: int
    run: str


class RunTagged(NamedTuple):
    """A run (its id) was given tags after it was made; they replace those of the same name."""

    at: int
    run: str
    tags: Mapping[str, str]


Event: TypeAlias = (
    RunCreated
    | RunStarted
    | RunResumed
    | CancelRequested
    | RunSucceeded
    | RunFailed
    | RunCanceled
    | StepStarted
    | Materialized
    | Passed
    | StepExpanded
    | HookRan
    | Observed
    | Checked
    | StepSucceeded
    | StepFailed
    | StepRetrying
    | StepSkipped
    | StepBlocked
    | StepCanceled
    | StepReused
    | ValuesDropped
    | ChatterDropped
    | PartitionsAdded
    | PartitionsRemoved
    | BackfillRequested
    | BackfillEnded
    | AssetWiped
    | RunDeleted
    | RunTagged
)

KINDS: dict[type[Event], str] = {
    RunCreated: "run_created",
    RunStarted: "run_started",
    RunResumed: "run_resumed",
    CancelRequested: "cancel_requested",
    RunSucceeded: "run_succeeded",
    RunFailed: "run_failed",
    RunCanceled: "run_canceled",
    StepStarted: "step_started",
    Materialized: "materialized",
    Passed: "passed",
    StepExpanded: "step_expanded",
    HookRan: "hook_ran",
    Observed: "observed",
    Checked: "checked",
    StepSucceeded: "step_succeeded",
    StepFailed: "step_failed",
    StepRetrying: "step_retrying",
    StepSkipped: "step_skipped",
    StepBlocked: "step_blocked",
    StepCanceled: "step_canceled",
    StepReused: "step_reused",
    ValuesDropped: "values_dropped",
    ChatterDropped: "chatter_dropped",
    PartitionsAdded: "partitions_added",
    PartitionsRemoved: "partitions_removed",
    BackfillRequested: "backfill_requested",
    BackfillEnded: "backfill_ended",
    AssetWiped: "asset_wiped",
    RunDeleted: "run_deleted",
    RunTagged: "run_tagged",
}
