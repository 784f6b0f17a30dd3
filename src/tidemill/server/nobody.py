"""The code host of a server that has no code: it shows the store, and refuses everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from tidemill.core.errors import TidemillError
from tidemill.server.models import Checked, Code, ConfigCheck, LaunchForm, Requested, RerunRequest, RunRequest
from tidemill.server.snapshot import Snapshot


class NoCodeError(TidemillError):
    """The server has no code to run."""


class NobodyHost:
    """Implements `CodeHost` without code.

    Args:
        snapshot: Definitions that somebody has written earlier, to be shown.
    """

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self._snapshot = snapshot

    @property
    def code(self) -> Code:
        """None."""
        known = self._snapshot
        return Code(
            status="none",
            target=known and known.code,
            snapshot=known and known.id,
            loaded_at=known and known.made_at,
            seconds=known and known.seconds,
        )

    @property
    def snapshot(self) -> Snapshot | None:
        """What it was given."""
        return self._snapshot

    def subscribe(self, told: Callable[[], None]) -> Callable[[], None]:  # noqa: ARG002  (nothing ever changes)
        """Nothing ever changes."""
        return lambda: None

    def launch(self, request: RunRequest) -> Requested:
        """Refuse."""
        _refuse("run anything", request.selection or request.job or "a run")

    def rerun(self, run: str, request: RerunRequest) -> Requested:  # noqa: ARG002  (whatever part of it)
        """Refuse."""
        _refuse("run anything again", run)

    def form(self, selection: str | None, assets: list[str] | None, job: str | None) -> LaunchForm:
        """Refuse."""
        _refuse(
            "tell what a run can be given", selection or job or ", ".join((assets or [])[:3]) or "all assets"
        )

    def check(self, config: ConfigCheck) -> Checked:
        """Refuse."""
        _refuse("check a config", config.job or config.selection or "all assets")

    def reload(self) -> None:
        """Refuse."""
        _refuse("load code", "the code")

    def close(self) -> None:
        """Nothing was started."""


def _refuse(what: str, subject: str) -> NoReturn:
    raise NoCodeError(
        f"This server cannot {what}: it shows a store and has no code",
        subject=subject,
        found="a server without code",
        expected="a server that was started with the file of the definitions",
        next_step="start `tidemill dev -f FILE`",
    )
