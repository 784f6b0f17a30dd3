"""Ctrl-C, at a moment of our choice: user code is interrupted at once, the driver never half-way."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

INTERRUPTED = "interrupted"


class Interrupts:
    """Holds SIGINT back while it is forbidden, and remembers in `pending` that it came.

    Does nothing outside the main thread, where Python delivers no signals, nor where the user has a handler.
    """

    def __init__(self) -> None:
        self.pending = False
        self._allowed = False
        self._before: Any = None

    def hold(self) -> None:
        """Take over the signal."""
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            self._before = signal.signal(signal.SIGINT, self._on_signal)

    def release(self) -> None:
        """Give the signal back."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def allow(self) -> None:
        """From now on Ctrl-C raises `KeyboardInterrupt`; if it came while it was forbidden, at once."""
        self._allowed = True
        if self.pending:
            self._allowed = self.pending = False
            raise KeyboardInterrupt

    def forbid(self) -> None:
        """From now on Ctrl-C is remembered only."""
        self._allowed = False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  (as Python calls it)
        if self._allowed:
            # It stays allowed until the driver forbids it: user code may swallow the first one.
            raise KeyboardInterrupt
        self.pending = True
