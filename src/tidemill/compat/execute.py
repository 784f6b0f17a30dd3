"""`execute_job`: a job on a store, here or in processes, anew or again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidemill.compat.instance import DagsterInstance
from tidemill.compat.jobs import JobDefinition, JobExecutionResult
from tidemill.compat.materialize import run_prepared
from tidemill.compat.reconstruct import hire
from tidemill.compat.reexecution import ReexecutionOptions
from tidemill.core.errors import UnsupportedNameError
from tidemill.execution.launch import prepare, world_of


def execute_job(
    job: JobDefinition,
    instance: DagsterInstance,
    run_config: Any = None,
    tags: Mapping[str, str] | None = None,
    raise_on_error: bool = False,
    op_selection: Sequence[str] | None = None,
    reexecution_options: ReexecutionOptions | None = None,
    asset_selection: Sequence[Any] | None = None,
) -> JobExecutionResult:
    """Run a job on a store; its values go through their I/O managers.

    Its steps run in this process, unless the job comes from `reconstructable`, or its executor (or else that of its
    definitions) is `multiprocess_executor`.

    Args:
        job: From `Definitions.get_job_def`, or `reconstructable`.
        instance: The store that remembers the run.
        run_config: Over the job's own config; of a run that is executed again, instead of that run's.
        tags: Tags of the run, over the job's own, or over those of the run that is executed again.
        raise_on_error: Whether the exception of a failed step is raised.
        op_selection: Names of ops or graphs, to run only a part of a job of ops.
        reexecution_options: The run to execute again, and which steps of it.
        asset_selection: Keys, to run only a part of the job.

    Raises:
        UnmetExecutorRequirementsError: Processes would not find the code of the job, or see the store.
        TidemillError: The job cannot run; nothing was run.
        UserCodeError: A step failed in a process of its own, with `raise_on_error`.
        Exception: What the first failed step raised here, with `raise_on_error`.
    """
    if reexecution_options is None:
        request = job.request(run_config, None, tags, asset_selection)
        prepared = prepare(job.part(op_selection), request, world_of(job.project, instance.home))
    elif asset_selection is not None or op_selection is not None:
        name = "asset_selection" if asset_selection is not None else "op_selection"
        next_step = "select its steps instead: ReexecutionOptions(run_id, step_selection=[…])"
        raise _refused(name, asset_selection or op_selection, next_step)
    else:
        prepared = reexecution_options.prepare(job.project, instance, run_config, tags)
    crew = hire(job, prepared, instance.home)
    result, errors = run_prepared(prepared, instance, raise_on_error, crew)
    if errors:
        raise errors.pop()
    return JobExecutionResult(result.outcome, result.home)


def _refused(name: str, value: object, next_step: str) -> UnsupportedNameError:
    return UnsupportedNameError(
        f"execute_job({name}=) has no meaning here",
        subject=name,
        found=repr(value),
        expected="no such argument",
        next_step=next_step,
    )
