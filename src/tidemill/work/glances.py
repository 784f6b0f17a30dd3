"""How values are looked at: until when, and what is said of the values within them. Nothing of the user's is called."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

Preview = dict[str, Any]

CELL = 200
"""Characters of a cell of a table, or of a parameter."""

EXACT = 1 << 53
"""Integers below this are numbers in every reader of JSON."""

SAFE_REPR = frozenset({range, slice, complex})
SAFE_MODULES = frozenset({"datetime", "decimal", "fractions", "uuid"})
CONTAINERS = (dict, list, tuple, set, frozenset)


class Glance(NamedTuple):
    """One look at a value.

    Attributes:
        deadline: When it must be over, on the monotonic clock.
        of: Gives a short look at another value, that this one holds.
        short: Whether only the summary will be read.
    """

    deadline: float
    of: Callable[[object], Preview | None]
    short: bool = False

    @property
    def is_late(self) -> bool:
        """Whether there is no time left."""
        return time.monotonic() > self.deadline

    def plain(self, value: Any) -> Any:
        """A scalar as JSON says it; of anything else a short text."""
        found = plain_scalar(value)
        if found is not UNSAID:
            return found
        if type(value).__module__ == "numpy" and hasattr(type(value), "item"):
            item = value.item()
            if type(item) is not type(value):
                return self.plain(item)
        return self.entry(value)["summary"]

    def entry(self, value: Any) -> dict[str, Any]:
        """What is said of a value within another: its type, and a line. Not what is in it in turn."""
        cls = type(value)
        found: Preview | None
        if isinstance(value, CONTAINERS):
            found = {"type": type_name(cls), "summary": f"{cls.__name__}, {counted(_length(value))}"}
        else:
            found = self.of(value)
        if found is None:
            return {"type": type_name(cls), "summary": cls.__name__}
        return {"type": found["type"], "summary": found["summary"]}


UNSAID: Any = object()
"""That a value is no scalar."""


def plain_scalar(value: Any) -> Any:
    """A scalar as JSON says it; `UNSAID` where it is none."""
    cls = type(value)
    if cls is float:
        return value if math.isfinite(value) else _not_finite(value)
    if value is None or cls is bool:
        return value
    if cls is int:
        return value if -EXACT < value < EXACT else cut(_digits(value), CELL)
    if cls is str:
        return cut(value, CELL)
    if cls.__module__ in SAFE_MODULES:
        return cut(str(value), CELL)
    if cls in SAFE_REPR:
        return cut(repr(value), CELL)
    return value.__qualname__ if cls is type or cls is FunctionType else UNSAID


def type_name(cls: type) -> str:
    """Module and name of a class, as artifacts have it."""
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def cut(text: str, most: int) -> str:
    """The text, or its beginning."""
    return text if len(text) <= most else text[: most - 1] + "…"


def counted(count: int) -> str:
    """`3 entries`."""
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _length(value: Any) -> int:
    """How much a container holds, whatever a class of the user's says of it."""
    return int(next(base for base in CONTAINERS if isinstance(value, base)).__len__(value))


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _digits(value: int) -> str:
    return str(value) if value.bit_length() < 10_000 else f"an integer of {value.bit_length():,} bits"
