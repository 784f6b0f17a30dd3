"""`materialize` and its twin that keeps values in memory: a run in this process, from Python."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidemill.compat.instance import DagsterInstance
from tidemill.compat.result import ExecuteInProcessResult
from tidemill.core.errors import TidemillError, UserCodeError
from tidemill.core.events import StepFailed
from tidemill.core.records import CodeRef
from tidemill.core.settings import load_settings
from tidemill.definitions.definitions import build_project
from tidemill.definitions.project import Project
from tidemill.execution.launch import Prepared, Request, asked_partitions, prepare, world_of
from tidemill.execution.run_tags import max_runtime, too_long
from tidemill.execution.runs import Outcome, execute
from tidemill.home import Home
from tidemill.work.failures import user_traceback

if TYPE_CHECKING:
    from tidemill.execution.crews import Crew

EPHEMERAL_JOB = "__ephemeral_asset_job__"
OBSERVATION_JOB = "in_process_observation_job"


def materialize(
    assets: Sequence[Any],
    run_config: Any = None,
    instance: DagsterInstance | None = None,
    resources: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
    raise_on_error: bool = True,
    tags: Mapping[str, str] | None = None,
    selection: Any = None,
) -> ExecuteInProcessResult:
    """Run assets in this process, one after the other, each after what it needs.

    Args:
        assets: Assets, source assets, specs and asset checks, also in nested lists.
        run_config: `RunConfig`, or a dict `{"ops": {STEP: {"config": …}}, "resources": …}`.
        instance: The store that remembers the run; without one, nothing outlives the result.
        resources: Resource key → resource, I/O manager or plain object.
        partition_key: The slice that partitioned assets make.
        raise_on_error: Whether the exception of a failed step is raised; otherwise `result.success` tells.
        tags: Tags of the run.
        selection: Which of `assets` to run: a string, keys, assets or an `AssetSelection`. Inputs that are
            not selected are loaded from the store. All by default.

    Returns:
        Status, events and values of the run.

    Raises:
        TidemillError: The assets, the selection, the partition or the config are not good; nothing was run.
        Exception: What the first failed step raised, itself.

    Example:
        >>> @asset
        ... def rows():
        ...     return [3, 1, 2]
        >>> @asset
        ... def largest(rows):
        ...     return max(rows)
        >>> materialize([rows, largest]).output_for_node("largest")
        3
    """
    project = build_project(assets, resources=resources)
    request = _request(run_config, partition_key, tags, selection)
    result, errors = _run(project, request, instance, raise_on_error)
    if errors:
        raise errors.pop()
    return result


def materialize_to_memory(
    assets: Sequence[Any],
    run_config: Any = None,
    instance: DagsterInstance | None = None,
    resources: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
    raise_on_error: bool = True,
    tags: Mapping[str, str] | None = None,
    selection: Any = None,
) -> ExecuteInProcessResult:
    """Run assets as `materialize` does, and hand on every value as the very object that it is.

    No I/O manager is called, not even those that assets name. Arguments, result and errors are as there.

    Example:
        >>> @asset(io_manager_key="a warehouse that is not there")
        ... def rows():
        ...     return [3, 1, 2]
        >>> materialize_to_memory([rows]).output_for_node("rows")
        [3, 1, 2]
    """
    project = build_project(assets, resources=resources)
    request = _request(run_config, partition_key, tags, selection)._replace(in_memory=True)
    result, errors = _run(project, request, instance, raise_on_error)
    if errors:
        raise errors.pop()
    return result


def observe(
    assets: Sequence[Any],
    run_config: Any = None,
    instance: DagsterInstance | None = None,
    resources: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
    raise_on_error: bool = True,
    tags: Mapping[str, str] | None = None,
    *,
    selection: Any = None,
) -> ExecuteInProcessResult:
    """Look at assets that are made elsewhere, in this process, and record what they are now.

    Arguments, result and errors are those of `materialize`; assets that nothing observes are left alone.

    Raises:
        InvalidDefinitionError: None of the assets is observed by a function.

    Example:
        >>> @observable_source_asset
        ... def numbers():
        ...     return DataVersion("7")
        >>> observe([numbers]).get_asset_observation_events()[0].asset_key
        AssetKey(['numbers'])
    """
    project = build_project(assets, resources=resources)
    request = _request(run_config, partition_key, tags, selection)._replace(
        job_name=OBSERVATION_JOB, observing="only"
    )
    result, errors = _run(project, request, instance, raise_on_error)
    if errors:
        raise errors.pop()
    return result


def _request(
    run_config: Any, partition_key: str | None, tags: Mapping[str, str] | None, selection: Any
) -> Request:
    return Request(
        EPHEMERAL_JOB,
        selection=selection,
        config=run_config,
        partitions=asked_partitions(partition_key),
        tags=tags or {},
        code=caller(),
    )


def _run(
    project: Project, request: Request, instance: DagsterInstance | None, raise_on_error: bool
) -> tuple[ExecuteInProcessResult, list[BaseException]]:
    """Prepare and run with the dynamic partitions that the store knows; what `run_prepared` gives."""
    world = world_of(project, instance.home if instance is not None else None)
    return run_prepared(prepare(project, request, world), instance, raise_on_error)


def run_prepared(
    prepared: Prepared, instance: DagsterInstance | None, raise_on_error: bool, crew: Crew | None = None
) -> tuple[ExecuteInProcessResult, list[BaseException]]:
    """Run what was prepared, in this process or in those of a crew.

    Returns:
        What became of it; and, alone in a list, the exception that the caller should raise, if any: that of
        the first failed step, with the user's frames only, or a `KeyboardInterrupt` where somebody pressed
        Ctrl-C. The caller pops it, so that no frame of ours keeps it alive, and all that the run had open.
    """
    home = instance.home if instance is not None else Home.temporary()
    given = instance if instance is not None else DagsterInstance(home)
    outcome = execute(
        _rooted(prepared, home),
        home,
        instance=lambda: given,
        crew=crew,
        for_result=True,
        keep_failures=not raise_on_error,
    )
    result = ExecuteInProcessResult(outcome, home)
    if outcome.status == "canceled":
        return result, [KeyboardInterrupt()]
    planned = [step.name for step in outcome.plan.steps]  # those of a mapped step have names of their own
    raised = [outcome.errors[step] for step in [*planned, *outcome.errors] if step in outcome.errors]
    outcome.errors.clear()
    if outcome.status != "failed" or not raise_on_error:
        return result, []
    if not raised:
        return result, [_failed_elsewhere(outcome)]
    return result, [raised[0].with_traceback(user_traceback(raised[0]))]


def _failed_elsewhere(outcome: Outcome) -> TidemillError:
    """What to raise for a step that failed in a process of its own, where its exception stayed; or for the run."""
    failed = [event for event in outcome.events if isinstance(event, StepFailed)]
    seconds = max_runtime(outcome.run.tags)
    if seconds is not None and not failed:
        return too_long(seconds)
    step = failed[0].step if failed else outcome.run.job_name
    message = failed[0].error.to_string() if failed else "the run itself failed"
    return UserCodeError(
        f"Step {step!r} failed in a process of its own",
        subject=step,
        found=message,
        expected="a step that succeeds",
        next_step=f"what it wrote: tidemill logs {outcome.run.id} {step}",
    )


def _rooted(prepared: Prepared, home: Home) -> Prepared:
    """With the folder from which files are named, as the command line has it: that of the script that called."""
    code = prepared.request.code
    if prepared.request.root is not None or home.ephemeral:
        return prepared
    root = Path(code.target).parent if code is not None and code.kind != "module" else load_settings().project
    return prepared._replace(request=prepared.request._replace(root=root or Path.cwd()))


def caller() -> CodeRef | None:
    """The script that called, so that a later load can say which code made a version."""
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    return CodeRef("main", str(Path(path).absolute())) if path else None
