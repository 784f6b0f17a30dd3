"""How a new interpreter gets the user's definitions: by importing them, or, where no module has them, by value."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tidemill.code.imports import watched
from tidemill.code.loading import format_user_error, load_definitions, without_runs
from tidemill.core.collecting import seldom_collected
from tidemill.core.errors import UnmetExecutorRequirementsError, UserCodeLoadError
from tidemill.core.records import CodeRef
from tidemill.definitions.project import Project
from tidemill.executors.child import Stock


class Origin(NamedTuple):
    """Where a new interpreter finds the user's code.

    Attributes:
        code: The module.
        path, folder: Where modules are found, and the working folder.
        maker: An object of the module with the `project`, or a function that gives one; "" for what the module defines.
    """

    code: CodeRef
    path: tuple[str, ...]
    folder: str
    maker: str = ""

    @classmethod
    def here(cls, code: CodeRef, maker: str = "") -> Origin:
        """As this process would find it."""
        return cls(code, tuple(sys.path), str(Path.cwd()), maker)

    def load(self) -> Stock:
        """Import it."""
        os.chdir(self.folder)
        sys.path[:] = self.path
        with without_runs(self.code):
            loaded = load_definitions(self.code)
            made: Any = getattr(loaded.module, self.maker) if self.maker else loaded.definitions.project
            made = made if hasattr(made, "project") else made()
            project = getattr(made, "project", made)
        return Stock.of(project, loaded.imports)


class Parcel(NamedTuple):
    """Definitions that no module has, because they were typed at a prompt or in a notebook: by value.

    Attributes:
        pickled: The `Project`.
        path, folder: As of an `Origin`.
    """

    pickled: bytes
    path: tuple[str, ...]
    folder: str

    @property
    def code(self) -> str:
        """What it is, for messages."""
        return "the code that was typed"

    @classmethod
    def of(cls, project: Project) -> Parcel:
        """As they are now.

        Raises:
            UnmetExecutorRequirementsError: Something of them exists in this process only.
        """
        import cloudpickle

        try:
            # What starts runs is no matter of a worker, and may hold what exists in this process only.
            pickled = cloudpickle.dumps(project._replace(schedules={}, sensors={}))
        except Exception as error:
            raise UnmetExecutorRequirementsError(
                "Another process cannot be given these definitions",
                subject="definitions",
                found=f"something that exists in this process only: {error}",
                expected="functions, classes and values that can be pickled",
                next_step="make connections and the like in the function or in a resource,"
                " or run in process (executor_def=in_process_executor)",
            ) from error
        return cls(pickled, tuple(sys.path), str(Path.cwd()))

    def load(self) -> Stock:
        """Unpack them, and import what they name."""
        os.chdir(self.folder)
        sys.path[:] = self.path
        try:
            with watched("__main__") as watch, seldom_collected():
                project: Project = pickle.loads(self.pickled)  # noqa: S301  (from our own driver)
        except Exception as error:
            raise UserCodeLoadError(
                "Definitions that were typed could not be given to another process",
                user_traceback=format_user_error(error),
                subject="definitions",
                found=f"{type(error).__name__}: {error}",
                expected="modules that a new interpreter can import",
                next_step="mend what the traceback names",
            ) from error
        return Stock.of(project, watch.seen())
