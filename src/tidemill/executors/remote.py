"""The store as a worker sees it: questions travel to the driver and back, and so do facts from outside of runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tidemill.core.errors import UnsupportedNameError
from tidemill.core.events import (
    Checked,
    Event,
    Materialized,
    Observed,
    PartitionsAdded,
    PartitionsRemoved,
    RunTagged,
)
from tidemill.core.records import FileIdentity
from tidemill.storage.port import OpenStore

NOTED = (PartitionsAdded, PartitionsRemoved, RunTagged, Materialized, Observed, Checked)
"""What a step may record by itself: nothing of it takes anything from anybody."""


class RemoteStore(OpenStore):
    """The store of the run, asked through its driver.

    Args:
        folder: Of the store.
        ask: Sends a question (statement, parameters, tail) and gives its rows.
        note: Has what a step may record by itself recorded.
        verified: Takes the address and the file identity of an artifact that was verified in full.
    """

    def __init__(
        self,
        folder: Path,
        ask: Callable[[str, Any, str], list[Any]],
        note: Callable[[tuple[Any, ...]], None],
        verified: Callable[[str, FileIdentity], None],
    ) -> None:
        self.folder = folder
        self._ask = ask
        self._note = note
        self._verified = verified

    def select(
        self, name: str, parameters: Sequence[object] | Mapping[str, object] = (), tail: str = ""
    ) -> list[Any]:
        """All rows of a statement of `sql/reads.sql`."""
        return self._ask(name, parameters, tail)

    def append(self, run_id: str, events: Sequence[Event], *, fence: int | None = None) -> None:  # noqa: ARG002  (of the port)
        """Have facts from outside of runs recorded; what else a step has to say, it says through its results."""
        if not run_id and all(isinstance(event, NOTED) for event in events):
            self._note(tuple(events))
            return
        raise UnsupportedNameError(
            "A step cannot write to the store by itself",
            subject="context.instance",
            found=", ".join(type(event).__name__ for event in events),
            expected="reads, dynamic partitions, run tags and runless events, in a process of its own",
            next_step="yield or return it: AssetMaterialization, AssetObservation, MaterializeResult …",
        )

    def record_identity(self, address: str, identity: FileIdentity) -> None:
        """Tell the driver, who remembers it."""
        self._verified(address, identity)

    def beat(self, run_id: str, at: int, *, fence: int) -> None:
        """The driver gives the signs of life."""

    def close(self) -> None:
        """Nothing to give back."""
