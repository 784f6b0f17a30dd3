"""The documents that `--json` prints. Fields are added to them, never renamed or given another meaning.

Times are ISO 8601 in UTC with Z, sizes bytes, keys as users write them (`a/b`), NaN and infinities strings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidemill.cli.formats import iso
from tidemill.core import errors

if TYPE_CHECKING:
    from tidemill.core.records import CheckResult, ErrorInfo, RunState, StepState, Version
    from tidemill.home import Home
    from tidemill.work.orders import LogLine

Document = dict[str, Any]


def run_document(state: RunState) -> Document:
    """A run, as `runs` lists it."""
    run = state.run
    return {
        "run": run.id,
        "number": state.number,
        "job": run.job_name,
        "status": state.status,
        "created_at": iso(run.created_at),
        "started_at": iso(state.started_at),
        "finished_at": iso(state.finished_at),
        "selection": run.selection,
        "partition": run.partition,
        "partitions": list(run.partitions),
        "config": run.config,
        "tags": dict(run.tags),
        "parent": run.parent_id,
        "code": str(run.code) if run.code is not None else None,
        "environment": dict(run.environment),
        "error": error_document(state.error),
    }


def whole_run_document(home: Home, state: RunState) -> Document:
    """A run with its steps, versions and checks, as `materialize` and `runs RUN` print it."""
    from tidemill.core.events import Materialized

    made = [stored.event for stored in home.store.events(state.run.id, kinds=[Materialized])]
    return {
        **run_document(state),
        "steps": [step_document(step) for step in home.store.steps(state.run.id)],
        "versions": [version_document(event.version) for event in made if isinstance(event, Materialized)],
        "checks": [
            check_document(stored.check) for stored in home.store.checks(run_id=state.run.id, ascending=True)
        ],
    }


def step_document(step: StepState) -> Document:
    """A step of a run."""
    return {
        "step": step.step,
        "status": step.status,
        "attempt": step.attempt,
        "started_at": iso(step.started_at),
        "finished_at": iso(step.finished_at),
        "error": error_document(step.error),
        "cause": step.cause,
    }


def version_document(version: Version) -> Document:
    """A version, without its value."""
    artifact, external = version.artifact, version.external
    return {
        "asset": version.asset,
        "partition": version.partition,
        "version": version.number,
        "id": version.id,
        "run": version.run_id,
        "step": version.step,
        "made_at": iso(version.made_at),
        "type": version.type_name,
        "bytes": artifact.size if artifact is not None else None,
        "digest": artifact.address if artifact is not None else None,
        "data_version": version.data_version,
        "code_version": version.code_version,
        "reused_from": version.reused_from,
        "io_manager": external.manager if external is not None else None,
        "identifier": external.identifier if external is not None else None,
        "inputs": [
            {"asset": ref.asset, "partition": ref.partition, "id": ref.id, "data_version": ref.data_version}
            for ref in version.inputs
        ],
        "metadata": dict(version.metadata),
        "tags": dict(version.tags),
        "preview": version.preview,
    }


def check_document(check: CheckResult) -> Document:
    """The verdict of a check."""
    return {
        "asset": check.asset,
        "partition": check.partition,
        "check": check.name,
        "passed": check.passed,
        "severity": check.severity,
        "blocking": check.blocking,
        "description": check.description,
        "metadata": dict(check.metadata),
    }


def log_document(line: LogLine) -> Document:
    """A line that a step wrote."""
    return {**line._asdict(), "at": iso(line.at)}


def error_document(error: ErrorInfo | None) -> Document | None:
    """An exception: its class, its last line, and what Python would print."""
    if error is None:
        return None
    return {"class": error.cls_name, "message": error.message.strip(), "traceback": error_text(error)}


def error_text(error: ErrorInfo) -> str:
    """An error as Python prints it: causes first, the user's frames only; then what a `Failure` carried."""
    before = f"{error_text(error.cause)}\n\nwhich led to\n\n" if error.cause is not None else ""
    frames = "".join(error.stack)
    head = "Traceback (most recent call last):\n" if frames else ""
    carried = "".join(f"\n  {label}: {value.value}" for label, value in error.metadata.items())
    message = error.message.rstrip().removeprefix(f"{errors.__name__}.")
    return f"{before}{head}{frames}{message}{carried}"
