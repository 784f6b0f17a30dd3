"""Time and identity, as arguments: whoever needs one is given a `Clock` and an `IdSource`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> int:
        """Microseconds since 1970 in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; for durations only."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> int:
        """Microseconds since 1970 in UTC."""
        return time.time_ns() // 1000

    def monotonic(self) -> float:
        """Seconds on the monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for real."""
        time.sleep(seconds)


class IdSource:
    """Makes time-ordered ids: UUID version 7, sub-millisecond clock in `rand_a` (RFC 9562, 6.2 method 3).

    `entropy` gives that many random bytes: `os.urandom`, unless a test wants the same ids twice.
    """

    def __init__(self, clock: Clock, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self._clock = clock
        self._entropy = entropy
        self._last = 0

    def new(self) -> str:
        """An id of 36 characters that sorts after all that this source made before."""
        # Never the same microsecond twice, nor an earlier one: clocks are set back.
        micros = self._last = max(self._clock.now(), self._last + 1)
        millis, rest = divmod(micros, 1000)
        head = (millis & 0xFFFF_FFFF_FFFF) << 16 | 0x7000 | (rest * 4096 // 1000)
        tail = int.from_bytes(self._entropy(8), "big") & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        text = f"{head:016x}{tail:016x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
