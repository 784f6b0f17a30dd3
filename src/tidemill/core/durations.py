"""Spans of time as people write them in settings and arguments: `90s`, `12h`, `30d`."""

from __future__ import annotations

import math

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
SHOWN = ("d", "h", "m", "s")


def seconds_of(text: str) -> float | None:
    """Seconds from text such as `30d`; None where it is no span of time, or none above zero."""
    try:
        seconds = float(text[:-1]) * SECONDS[text[-1:]]
    except (ValueError, KeyError):
        return None
    return seconds if seconds > 0 and math.isfinite(seconds) else None


def duration_text(seconds: float) -> str:
    """The same as text, in the largest unit that needs no fraction."""
    unit = next((unit for unit in SHOWN if seconds % SECONDS[unit] == 0), "s")
    return f"{seconds / SECONDS[unit]:g}{unit}"
