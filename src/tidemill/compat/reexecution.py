"""`ReexecutionOptions`: which run `execute_job` is to run again, and which steps of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidemill.compat.instance import DagsterInstance
from tidemill.core.errors import InvalidSubsetError, UnsupportedNameError
from tidemill.definitions.project import Project
from tidemill.execution.history import DONE, Past, read_past
from tidemill.execution.launch import Prepared, world_of
from tidemill.execution.reruns import ALL, FAILED, Part, rerun
from tidemill.execution.takeover import check_over


class ReexecutionOptions:
    """A run to execute again.

    Args:
        parent_run_id: Id of the run.
        step_selection: Steps of it: names, with `*` or `+` for what they need (`*name`, `+name`) and what needs them
            (`name*`, `name+`). All by default.
    """

    def __init__(self, parent_run_id: str, step_selection: Sequence[str] = ()) -> None:
        if isinstance(step_selection, str):
            raise UnsupportedNameError(
                "step_selection is a list of steps",
                subject="step_selection",
                found=repr(step_selection),
                expected="a list of names",
                next_step=f"step_selection=[{step_selection!r}]",
            )
        self.parent_run_id = parent_run_id
        self.step_selection = list(step_selection)
        self._part = Part("steps", tuple(step_selection)) if step_selection else ALL

    @staticmethod
    def from_failure(run_id: str, instance: DagsterInstance) -> ReexecutionOptions:
        """What failed in a run, and what was not started because of it.

        Args:
            run_id: The run.
            instance: The store that remembers it.

        Raises:
            RunNotFoundError: The store has no such run.
            InvalidSubsetError: Nothing of it is left to run.
        """
        past = read_past(instance.home.store, run_id)
        left = [step for step in past.own if past.steps[step].status not in DONE]
        if not left:
            raise InvalidSubsetError(
                f"Nothing of run {past.state.number} is left to run",
                subject=run_id,
                found=f"a run that {past.state.status}: all its steps succeeded or were skipped",
                expected="a step that failed, or that was not started",
                next_step="ReexecutionOptions(run_id) runs all of it again",
            )
        options = ReexecutionOptions(past.state.run.id, left)
        options._part = FAILED
        return options

    def prepare(
        self, project: Project, instance: DagsterInstance, config: Any, tags: Mapping[str, str] | None
    ) -> Prepared:
        """Plan the run.

        Raises:
            InvariantViolationError: The parent goes on.
            StepNotFoundError: It has no such step, or the definitions no longer have one of its steps.
            InvalidSubsetError: Nothing is left to run.
        """
        past: Past = read_past(instance.home.store, self.parent_run_id)
        check_over(past.state, instance.home)
        return rerun(
            project, past, self._part, config=config, tags=tags, world=world_of(project, instance.home)
        )

    def __repr__(self) -> str:
        return f"ReexecutionOptions({self.parent_run_id!r}, {self.step_selection!r})"
