"""The one fold: what an event of the log changes in the tables derived from it. Pure; `Store` executes.

Event ──advance──▶ is it allowed after what the run has come to?
Event ──fold──▶ (statement, parameters), …     the same at an append and at a rebuild
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from tidemill.core.errors import InvariantViolationError, RunNotFoundError
from tidemill.core.events import (
    KINDS,
    AssetWiped,
    BackfillEnded,
    BackfillRequested,
    ChatterDropped,
    Checked,
    Event,
    HookRan,
    Materialized,
    Observed,
    PartitionsAdded,
    PartitionsRemoved,
    Passed,
    RunCanceled,
    RunCreated,
    RunDeleted,
    RunFailed,
    RunResumed,
    RunStarted,
    RunSucceeded,
    RunTagged,
    StepBlocked,
    StepCanceled,
    StepExpanded,
    StepFailed,
    StepRetrying,
    StepReused,
    StepSkipped,
    StepStarted,
    StepSucceeded,
    ValuesDropped,
    Withheld,
)
from tidemill.core.records import FINAL_RUN_STATUSES, Observation, Run, RunStatus, StepStatus, Version

# What a rebuild empties. The log and the bytes that it names are folded from nothing: they are what there is.
TABLES = (
    "runs", "run_tags", "leases", "slices", "keyed", "withheld", "lineage", "metrics", "rules", "dropped", "trimmed",
    "dynamic_partitions", "backfills", "spans", "observed", "wiped", "deleted", "retagged",
    "run_assets", "verdicts", "repeats",
)  # fmt: skip

Change: TypeAlias = "tuple[str, tuple[object, ...] | Mapping[str, object]]"

# Events that change a table. Those of steps, which are nearly all, change none, but for what they withheld.
FOLDED: frozenset[type[Event]] = frozenset(
    {
        Materialized,
        Observed,
        Checked,
        RunCreated,
        RunStarted,
        RunResumed,
        RunSucceeded,
        RunFailed,
        RunCanceled,
    }
    | {StepSucceeded, StepSkipped, ValuesDropped, ChatterDropped, PartitionsAdded, PartitionsRemoved}
    | {BackfillRequested, BackfillEnded}
    | {AssetWiped, RunDeleted, RunTagged}
)

RUN_STATUS: dict[type[Event], RunStatus] = {
    RunCreated: "queued",
    RunStarted: "started",
    RunResumed: "started",
    RunSucceeded: "succeeded",
    RunFailed: "failed",
    RunCanceled: "canceled",
}
STEP_STATUS: dict[type[Event], StepStatus] = {
    StepStarted: "started",
    StepSucceeded: "succeeded",
    StepFailed: "failed",
    StepRetrying: "retrying",
    StepSkipped: "skipped",
    StepBlocked: "blocked",
    StepCanceled: "canceled",
    StepReused: "reused",
    StepExpanded: "expanded",
}
CHATTER = (
    HookRan,
    Passed,
    StepExpanded,
    StepStarted,
    StepRetrying,
    StepSucceeded,
    StepSkipped,
    StepBlocked,
    StepCanceled,
    StepReused,
)
"""What the steps of a run leave that nobody needs once it is long over: what was made, checked and failed says more.

What a step withheld is no chatter: a table is folded from it.
"""

WIPES = (
    "wipe_facts",
    "wipe_slices",
    "wipe_observed",
    "wipe_keyed",
    "wipe_withheld",
    "wipe_spans",
    "wipe_metrics",
    "wipe_verdicts",
)

OUTSIDE = (
    Materialized, Observed, Checked, ValuesDropped, ChatterDropped, PartitionsAdded, PartitionsRemoved,
    BackfillRequested, BackfillEnded, AssetWiped, RunDeleted, RunTagged,
)  # fmt: skip
"""What may happen outside of runs."""


def advance(run_id: str, status: RunStatus | None, event: Event) -> RunStatus | None:
    """The status of a run ("" outside of runs) after `event`, or an error where the run does not allow it."""
    if not run_id:
        if not isinstance(event, OUTSIDE):
            raise _refused(event, "outside of any run", "run", "a fact about assets, or about the store")
        return None
    if status in FINAL_RUN_STATUSES:
        raise _refused(
            event, f"a run that has {ENDED[status]}", run_id, "no event after the one that ended the run"
        )
    if isinstance(event, RunCreated):
        if status is not None or event.run.id != run_id:
            raise _refused(
                event, f"run {run_id}", event.run.id, "the first event of a new run, under the run's own id"
            )
    elif status is None:
        raise RunNotFoundError(
            f"There is no run {run_id!r}",
            subject=run_id,
            found=KINDS[type(event)],
            expected="run_created first",
        )
    return RUN_STATUS.get(type(event), status)


ENDED = {"succeeded": "succeeded", "failed": "failed", "canceled": "been canceled"}


def _refused(event: Event, where: str, subject: str, expected: str) -> InvariantViolationError:
    kind = KINDS[type(event)]
    return InvariantViolationError(
        f"The event {kind!r} was refused: {where}", subject=subject, found=kind, expected=expected
    )


def fold(seq: int, run: int, number: int, event: Event) -> Iterator[Change]:
    """What an event changes, as statements of `sql/writes.sql` with their parameters.

    `seq` is its place in the log, `run` and `number` those of its run and its version, 0 where it has none.
    """
    match event:
        case Materialized(version=version):
            yield from _fold_version(seq, number, version)
        case Observed(observation=observation):
            yield from _fold_observation(seq, observation)
        case Checked(check=check):
            yield "judged", (check.asset.text, check.name, slice_name(check.partition), seq)
        case StepSucceeded(withheld=withheld) | StepSkipped(withheld=withheld):
            yield from _fold_withheld(withheld)
        case RunCreated(run=created):
            yield from _fold_run(seq, run, created)
        case RunResumed(at=at):
            yield "leased", (run, seq)
            yield "release_run", (run,)  # its steps claim anew
            yield "run_started", (at, run)
            yield "release_run", (run,)  # what the driver before it held
        case RunStarted(at=at):
            yield "run_started", (at, run)
        case RunSucceeded(at=at) | RunFailed(at=at) | RunCanceled(at=at):
            yield "run_finished", (RUN_STATUS[type(event)], at, seq, run)
            yield "forget_live", (run,)
            yield "release_run", (run,)
        case ValuesDropped() | ChatterDropped():
            yield from _fold_retention(seq, event)
        case _:
            yield from _fold_asked(seq, event)


def _fold_run(seq: int, run: int, created: Run) -> Iterator[Change]:
    yield "run_created", (run, created.id, created.job_name, created.created_at, seq)
    for key, text in created.tags.items():
        yield "run_tagged", (key, text, run)
    if created.lease is not None:
        yield "leased", (run, seq)
    for planned in created.steps:
        for asset in planned.assets:
            yield "run_means", (asset.text, run)
    if created.parent_id is not None:
        yield "run_repeats", (created.parent_id, run)
    yield from _fold_rules(created)


def _fold_retention(seq: int, event: ValuesDropped | ChatterDropped) -> Iterator[Change]:
    if isinstance(event, ChatterDropped):
        for run in event.runs:
            yield "run_trimmed", (run, seq)
        return
    for version_id in event.versions:
        yield "value_dropped", (seq, version_id)
        yield "unkeyed", (version_id,)


def _fold_observation(seq: int, observation: Observation) -> Iterator[Change]:
    owner = observation.asset.text, slice_name(observation.partition)
    yield "slice_seen", owner
    if observation.data_version is not None:
        yield "observed", (*owner, seq)


def _fold_withheld(withheld: Iterable[Withheld]) -> Iterator[Change]:
    for asset, partition, key, previous in withheld:
        yield "gave_none", (asset.text, slice_name(partition), key, previous)


def _fold_asked(seq: int, event: Event) -> Iterator[Change]:
    """What somebody asked for, outside of runs."""
    match event:
        case BackfillRequested(backfill=backfill):
            yield "backfill_requested", (backfill.id, seq)
        case BackfillEnded(at=at, id=id, status=status):
            yield "backfill_ended", (status, at, id)
        case PartitionsAdded() | PartitionsRemoved():
            statement = "partition_added" if isinstance(event, PartitionsAdded) else "partition_removed"
            for key in event.keys:
                yield statement, (event.name, slice_name(key))
        case AssetWiped():
            partitions = None if event.partitions is None else json.dumps(event.partitions)
            about = {"asset": event.asset.text, "partitions": partitions, "seq": seq}
            for statement in WIPES:
                yield statement, about
        case RunDeleted() | RunTagged():
            yield from _fold_about_run(seq, event)


def _fold_about_run(seq: int, event: RunDeleted | RunTagged) -> Iterator[Change]:
    if isinstance(event, RunDeleted):
        yield "run_deleted", (seq, event.run)
    else:
        yield "run_retagged", (json.dumps(dict(event.tags)), event.run)
        for key, text in event.tags.items():
            yield "run_untagged", (key, event.run)
            yield "run_tagged_later", (key, text, event.run)


def _fold_rules(run: Run) -> Iterator[Change]:
    """An asset goes by what the last run that planned it said, which may be nothing."""
    free = []
    for planned in run.steps:
        for asset in planned.assets:
            if planned.keep is None and planned.ttl is None:
                free.append(asset.text)
            else:
                yield "rule_given", (asset.text, planned.keep, planned.ttl)
    if free:
        yield "rules_taken", (json.dumps(free),)


def _fold_version(seq: int, number: int, version: Version) -> Iterator[Change]:
    asset = version.asset.text
    yield "version_made", (asset, slice_name(version.partition), number, seq)
    if version.version_key is not None:
        yield "made_as", (asset, slice_name(version.partition), version.version_key, seq)
    for source in version.inputs:
        yield "made_from", (source.id, seq)
    for label, entry in version.metadata.items():
        measured = entry.numeric
        if measured is not None:
            yield "measured", (asset, label, seq, None if math.isnan(measured) else measured)


def slice_name(partition: str | None) -> str:
    """The partition as part of a key: '' for the asset as a whole, so no partition may be called that."""
    if partition == "":
        raise InvariantViolationError(
            "A partition key is empty",
            subject="partition",
            found="''",
            expected="a key of at least one character",
        )
    return partition or ""
