"""Every error that Tidemill raises on purpose, as one tree.

    TidemillError
    ├─ InvalidDefinitionError (ValueError)    what the user wrote cannot work
    │  ├─ CircularDependencyError             assets that need one another
    │  ├─ InvalidMetadataError                a metadata value of no known kind
    │  ├─ InvalidSubsetError                  a selection that cannot be run
    │  ├─ UnknownResourceError (LookupError)  a resource that was not provided; an AttributeError too
    │  └─ UnmetExecutorRequirementsError      processes that cannot find the code, or a store that they cannot see
    ├─ InvalidInvocationError (TypeError)     a function was called in a way that it does not allow
    ├─ InvalidConfigError (ValueError)        run config that does not fit its schema
    ├─ InvariantViolationError                a question that has no answer here
    │  ├─ InvalidObservationError             a function that observes told what cannot be an observation
    │  ├─ StepOutputNotFoundError             a required output that the function did not give
    │  ├─ StepNotFoundError (LookupError)     a step, or an output of one, that the run does not have
    │  └─ TypeCheckError                      a value that is not of its annotated type
    ├─ UnknownPartitionError (LookupError)    a partition key that the definition does not have
    ├─ RunNotFoundError (LookupError)
    ├─ UserCodeError                          user code failed; `__cause__` is its exception
    │  ├─ UserCodeLoadError                   … while it was imported
    │  └─ ResourceError                       … while a resource was set up
    ├─ WorkerDiedError                        the process that ran a step is gone
    │  └─ StepTimeoutError (TimeoutError)     … because the step took longer than it may
    ├─ AssetCheckFailedError                  a blocking check did not pass
    ├─ ExecutionInterruptedError              the run was canceled while it waited
    ├─ StoreError (OSError)                   the store cannot be read or written
    │  ├─ StoreVersionError                   … because a newer Tidemill wrote it
    │  ├─ LeaseLostError                      … by this process, because another one drives the run now
    │  ├─ DamagedArtifactError                stored bytes are not those that were written
    │  └─ ValueNotStoredError (FileNotFoundError)   nothing is stored under that address
    ├─ UnpicklableValueError (TypeError)      a value that cannot be stored
    └─ UnsupportedNameError (AttributeError)  a public name or argument that Tidemill does not have

Each is built from a one-line problem and, where they apply, four attributes that tests and tools read:
`subject` (the thing it is about), `found`, `expected` and `next_step`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class TidemillError(Exception):
    """Root of all errors of Tidemill.

    Args:
        problem: One line that says what is wrong.
        subject: Name of the thing that it is about: an asset, a key, a path, a setting.
        found: What was there.
        expected: What should have been there.
        next_step: What the reader can do now.
    """

    def __init__(
        self,
        problem: str = "",
        *,
        subject: str | None = None,
        found: str | None = None,
        expected: str | None = None,
        next_step: str | None = None,
    ) -> None:
        self.problem = problem
        self.subject = subject
        self.found = found
        self.expected = expected
        self.next_step = next_step
        super().__init__(problem)

    def __str__(self) -> str:
        parts = {"found": self.found, "expected": self.expected, "next": self.next_step}
        if self.subject is not None and self.subject not in f"{self.problem}\n{parts}":
            parts = {"about": self.subject, **parts}
        lines = [self.problem]
        for label, text in parts.items():
            if text is not None:
                indented = text.replace("\n", "\n            ")
                lines.append(f"  {label + ':':<10}{indented}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are rebuilt from `args`, which would lose the attributes on the way out of a worker.
        return _rebuild, (type(self), self.problem, dict(self.__dict__))


def _rebuild(cls: type[TidemillError], problem: str, state: dict[str, object]) -> TidemillError:
    error = cls.__new__(cls)
    error.args = (problem,)
    error.__dict__.update(state)
    return error


class InvalidDefinitionError(TidemillError, ValueError):
    """What the user wrote cannot work, whatever the data."""


class CircularDependencyError(InvalidDefinitionError):
    """Assets need one another in a circle; `path` holds it, first key repeated at the end."""

    def __init__(self, problem: str = "", *, path: tuple[str, ...] = (), **attributes: str | None) -> None:
        super().__init__(problem, **attributes)
        self.path = path


class InvalidMetadataError(InvalidDefinitionError):
    """A metadata value is of no kind that can be kept."""


class UnmetExecutorRequirementsError(InvalidDefinitionError):
    """Steps cannot run in processes: these would not find the code, or see no store."""


class InvalidInvocationError(TidemillError, TypeError):
    """A function was called in a way that it does not allow."""


class ConfigProblem(NamedTuple):
    """What is wrong at one place of a run config."""

    path: str
    message: str


class InvalidConfigError(TidemillError, ValueError):
    """Run config does not fit its schema; `problems` lists each as (path, message)."""

    def __init__(
        self, problem: str = "", *, problems: tuple[tuple[str, str], ...] = (), **attributes: str | None
    ) -> None:
        super().__init__(problem, **attributes)
        self.problems = tuple([ConfigProblem(path, message) for path, message in problems])

    @property
    def errors(self) -> tuple[ConfigProblem, ...]:
        """The same problems, each with its `message`."""
        return self.problems

    def __str__(self) -> str:
        text = super().__str__()
        for path, message in self.problems:
            if message not in text:
                text += f"\n  - {path}: {message}" if path and path not in message else f"\n  - {message}"
        return text


class InvalidSubsetError(InvalidDefinitionError):
    """A selection cannot be run: it matches nothing, or a part of something that runs only as a whole."""


class InvariantViolationError(TidemillError):
    """A question was asked that has no answer here."""


class InvalidObservationError(InvariantViolationError):
    """A function that observes an asset told something that cannot be an observation of it."""


class StepOutputNotFoundError(InvariantViolationError):
    """The function ended without an output that it must give."""


class NamedType(NamedTuple):
    """A type, as far as an error that leaves its process can tell of it."""

    display_name: str


class TypeCheckError(InvariantViolationError):
    """A value is not of the type that the function's annotation names.

    `metadata` is what the check tells of it, and `dagster_type.display_name` how the type is called.
    """

    def __init__(
        self,
        problem: str = "",
        *,
        metadata: Mapping[str, object] | None = None,
        type_name: str = "",
        **attributes: str | None,
    ) -> None:
        super().__init__(problem, **attributes)
        self.metadata = metadata or {}
        self.dagster_type = NamedType(type_name)

    @property
    def description(self) -> str:
        """What is wrong, in one line, and what was found."""
        return f"{self.problem}. Description: {self.found}"


class UnknownPartitionError(TidemillError, LookupError):
    """A partition key that the partitions definition does not have."""


class UnknownResourceError(InvalidDefinitionError, LookupError, AttributeError):
    """A resource was asked for that was not provided; also as an attribute of `context.resources`."""


class RunNotFoundError(TidemillError, LookupError):
    """The store has no such run."""


class StepNotFoundError(InvariantViolationError, LookupError):
    """The run has no such step, or the step no such output."""


class UserCodeError(TidemillError):
    """User code raised; `__cause__` is what it raised."""


class UserCodeLoadError(UserCodeError):
    """User code raised while it was imported; `user_traceback` shows the user's frames only."""

    def __init__(self, problem: str = "", *, user_traceback: str = "", **attributes: str | None) -> None:
        super().__init__(problem, **attributes)
        self.user_traceback = user_traceback


class ResourceError(UserCodeError):
    """User code raised while a resource was set up or torn down."""


class WorkerDiedError(TidemillError):
    """The process that ran a step is gone: it crashed, was killed, or ended itself."""


class StepTimeoutError(WorkerDiedError, TimeoutError):
    """The step took longer than it may, and its process was ended."""


class AssetCheckFailedError(TidemillError):
    """A blocking check with severity ERROR did not pass."""


class ExecutionInterruptedError(TidemillError):
    """The run was canceled while it waited."""


class StoreError(TidemillError, OSError):
    """The store cannot be read or written."""


class StoreVersionError(StoreError):
    """A newer Tidemill wrote this store."""


class LeaseLostError(StoreError):
    """Another process drives the run now, or it has ended; what this one sends comes too late."""


class DamagedArtifactError(StoreError):
    """Stored bytes are not those that were written; nothing of them was unpickled."""


class ValueNotStoredError(StoreError, FileNotFoundError):
    """No value is stored under that address."""


class UnpicklableValueError(TidemillError, TypeError):
    """A value cannot be stored; `subject` names the asset and `found` the part of the value."""


class UnsupportedNameError(TidemillError, AttributeError):
    """A public name or an argument that Tidemill does not have; the message names what to use."""
