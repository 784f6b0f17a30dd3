"""Ctrl-C, at a moment of our choice: user code is interrupted at once, the driver never half-way.

Ctrl-C, SIGTERM ─▶ allowed (user code runs on this thread): KeyboardInterrupt
                 └ forbidden: `pending`, and whoever waits is woken
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

INTERRUPTED = "interrupted"


class Interrupts:
    """Holds SIGINT back while it is forbidden, and remembers in `pending` that it came.

    Does nothing outside the main thread, where Python delivers no signals, nor where the user has a handler.

    Args:
        wake: Called from the handler when the signal is held back.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self.pending = False
        self._allowed = False
        self._before: Any = None

    def hold(self) -> None:
        """Take over the signal."""
        global _driving
        if threading.current_thread() is not threading.main_thread():
            return
        handler = signal.getsignal(signal.SIGINT)
        if handler is signal.default_int_handler:
            self._before = signal.signal(signal.SIGINT, self._on_signal)
        if handler in (signal.default_int_handler, signal.SIG_IGN):
            _driving = self

    def release(self) -> None:
        """Give the signal back."""
        global _driving
        if _driving is self:
            _driving = None
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
        self._wake()


_driving: Interrupts | None = None


def interrupt(number: int, frame: FrameType | None) -> None:
    """Do as Ctrl-C does, also where it is ignored, as a shell has its background processes do; a signal handler."""
    if _driving is not None:
        _driving._on_signal(number, frame)
        return
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(number, frame)
