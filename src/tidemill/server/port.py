"""The port between the API and whoever has the user's code: a child process, or nobody (`server --read-only`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from tidemill.server.models import Checked, Code, ConfigCheck, LaunchForm, Requested, RerunRequest, RunRequest
from tidemill.server.snapshot import Snapshot


class CodeHost(Protocol):
    """Has the user's code, and runs it where it is asked to. Its methods may be called from any thread and wait."""

    @property
    def code(self) -> Code:
        """How the code is now."""
        ...

    @property
    def snapshot(self) -> Snapshot | None:
        """The definitions as they were last loaded well; None where they never were."""
        ...

    def subscribe(self, told: Callable[[], None]) -> Callable[[], None]:
        """Have a function called, from any thread, after `code` or `snapshot` changed; what it gives ends that."""
        ...

    def launch(self, request: RunRequest) -> Requested:
        """Start a run, and come back once it is recorded.

        Raises:
            TidemillError: It cannot be made; nothing is recorded.
        """
        ...

    def rerun(self, run: str, request: RerunRequest) -> Requested:
        """Start a run that re-executes another; raises as `launch`."""
        ...

    def form(self, selection: str | None, assets: list[str] | None, job: str | None) -> LaunchForm:
        """What a run of some assets can be given; raises as `launch`."""
        ...

    def check(self, config: ConfigCheck) -> Checked:
        """What is wrong with a config."""
        ...

    def reload(self) -> None:
        """Load the code anew; comes back at once."""
        ...

    def close(self) -> None:
        """End what it has started, runs included."""
        ...
