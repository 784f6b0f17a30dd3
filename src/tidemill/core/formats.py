"""How sizes, durations and numbers are written for people."""

from __future__ import annotations

SCALARS = frozenset(
    ("int", "float", "bool", "numpy.float64", "numpy.float32", "numpy.int64", "numpy.int32", "numpy.bool")
)
"""Types of which the value says more than its size does."""


def size(count: float) -> str:
    """Bytes as `312 B`, `4.2 kB`, `1.3 GB` (powers of 1000)."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.95 else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("unreachable")


def duration(seconds: float) -> str:
    """Seconds as `0.4 ms`, `12 ms`, `1.2 s`, `3 min 20 s`, `2 h 05 min`."""
    if seconds < 0.00995:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def number(value: float) -> str:
    """A number in at most six digits that matter; `True` and `False` as they are."""
    if isinstance(value, bool):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"
