"""The port: what the driver asks of whatever runs steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from tidemill.work.orders import StepFact, StepOrder

GRACE = 5.0
"""Seconds between asking a step to end and killing it, unless the settings say otherwise."""


class Executor(Protocol):
    """Runs orders somewhere.

    Attributes:
        slots: How many orders it takes at a time.
        here: Whether user code runs on the thread that asks for facts, which then does nothing else.
    """

    slots: int
    here: bool

    def launch(self, order: StepOrder) -> None:
        """Take an order."""
        ...

    def cancel(self, step: str, grace: float | None = None) -> Iterator[StepFact]:
        """End the attempt at a step; what is known at once comes back, the rest through `facts`.

        It has `grace` seconds to end by itself; without, as many as the executor gives. Asked a second time it ends at
        once, however unclean that is.
        """
        ...

    def facts(self, timeout: float | None) -> Iterator[StepFact]:
        """What happened; waits for it at most `timeout` seconds (None: as long as it takes)."""
        ...

    def wake(self) -> None:
        """Make `facts` come back where it waits, unless user code runs here; for a signal handler."""
        ...

    def close(self) -> None:
        """End everything that still runs, and let go of it."""
        ...
