"""A look at a value, taken where the value is: what a page shows of it without unpickling anything.

    value ──preview_of──▶ {"kind": …, "type": …, "summary": …, …}: plain JSON, or None where there is nothing to say

At most some thousand elements are looked at, within milliseconds, and whatever goes wrong costs the preview and not the
step. Nothing of the user's is called: no `repr`, no property. Libraries are found in `sys.modules`, never imported: who
has such a value has loaded its library.

    scalar    value                                   mapping   entries: key, type, summary; length
    table     columns: name, type; rows; shape        sequence  entries: type, summary; length
    array     shape, dtype, sampled, histogram        text      text, length
    estimator parameters, fitted                      figure    width, height      other   text
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterable
from itertools import islice
from types import FunctionType
from typing import Any

from tidemill.core.formats import number

Preview = dict[str, Any]
Look = Callable[[Any, float], Preview | None]

SECONDS = 0.005
"""For which a preview may be taken."""

SHOWN = 50
"""Entries of a mapping or a sequence."""

TEXT = 4000
"""Characters of a text."""

CELL = 200
"""Characters of a cell of a table, or of a parameter."""

SUMMARY = 80
EXACT = 1 << 53
"""Integers below this are numbers in every reader of JSON."""


def preview_of(value: object, clock: Callable[[], float] = time.monotonic) -> Preview | None:
    """A look at a value; None where nothing can be said of it, or its library fails."""
    scalar = _SCALARS.get(type(value))
    try:
        return scalar(value) if scalar is not None else _looked_at(value, clock() + SECONDS)
    except Exception:  # noqa: BLE001  (whatever a library does with a strange value: the step is well)
        return None


def _looked_at(value: Any, deadline: float) -> Preview | None:
    cls = type(value)
    for base in cls.__mro__:
        found: Preview | None = None
        if base in _SCALARS:
            found = _SCALARS[base](_EXACTLY[base](value))
        elif base in _CONTAINERS:
            found = _CONTAINERS[base](value, deadline)
        elif (look := _of_library(base)) is not None:
            found = look(value, deadline)
        if found is not None:
            found["type"] = type_name(cls)
            return found
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.name in vars(value)]
        return _entries_of(value, [(name, vars(value)[name]) for name in names], len(names), deadline)
    name = type_name(cls)
    if cls.__module__ in _SAFE_MODULES:
        return {"kind": "scalar", "type": name, "summary": cut(str(value), SUMMARY), "value": str(value)}
    text, summary = (repr(value),) * 2 if cls in _SAFE_REPR else (name, cls.__name__)
    return {"kind": "other", "type": name, "summary": cut(summary, SUMMARY), "text": text}


def _of_library(base: type) -> Look | None:
    root = base.__module__.partition(".")[0]
    if root not in _LIBRARIES:
        return None
    from tidemill.work.library_previews import look_of  # noqa: PLC0415  (only where such a library is loaded)

    return look_of(root, base)


_LIBRARIES = frozenset(
    {"numpy", "pandas", "polars", "pyarrow", "scipy", "sklearn", "xgboost", "matplotlib", "pydantic"}
)


def type_name(cls: type) -> str:
    """Module and name of a class, as artifacts have it."""
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def plain(value: Any) -> Any:
    """A scalar as JSON says it; of anything else a short text. Nothing of the user's is called."""
    cls = type(value)
    if cls is float:
        return value if math.isfinite(value) else _not_finite(value)
    if value is None or cls is bool:
        return value
    if cls is int:
        return value if -EXACT < value < EXACT else cut(_digits(value), CELL)
    if cls is str:
        return cut(value, CELL)
    if cls.__module__ in _SAFE_MODULES:
        return cut(str(value), CELL)
    if cls in _SAFE_REPR:
        return cut(repr(value), CELL)
    if cls is type or cls is FunctionType:
        return value.__qualname__
    if cls.__module__ == "numpy" and hasattr(cls, "item"):
        item = value.item()
        return plain(item) if type(item) is not cls else str(item)
    return short(value)


def short(value: Any) -> str:
    """One line about a value within another."""
    found = preview_within(value)
    return str(found["summary"]) if found is not None else type(value).__name__


def preview_within(value: Any) -> Preview | None:
    """A look at a value within another: not at what is in it."""
    cls = type(value)
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        return {"kind": "other", "type": type_name(cls), "summary": f"{cls.__name__}, {counted(len(value))}"}
    return preview_of(value)


def cut(text: str, most: int) -> str:
    """The text, or its beginning."""
    return text if len(text) <= most else text[: most - 1] + "…"


def counted(count: int) -> str:
    """`3 entries`."""
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _digits(value: int) -> str:
    return str(value) if value.bit_length() < 10_000 else f"an integer of {value.bit_length():,} bits"


# Python's own


def _number(value: Any) -> Preview:
    said = plain(value)
    summary = number(value) if type(value) is float and type(said) is float else cut(str(said), SUMMARY)
    return {"kind": "scalar", "type": type(value).__name__, "summary": summary, "value": said}


def _none(_: object) -> Preview:
    return {"kind": "scalar", "type": "NoneType", "summary": "None", "value": None}


def _text(value: str) -> Preview:
    first = value.lstrip().partition("\n")[0]
    return {
        "kind": "text",
        "type": "str",
        "summary": cut(first, SUMMARY),
        "text": cut(value[: TEXT + 1], TEXT),
        "length": len(value),
    }


def _bytes(value: bytes) -> Preview:
    count = f"{len(value):,} {'byte' if len(value) == 1 else 'bytes'}"
    return {"kind": "other", "type": type(value).__name__, "summary": count, "text": count}


def _mapping(value: dict[Any, Any], deadline: float) -> Preview:
    return _entries_of(value, dict.items(value), dict.__len__(value), deadline)


def _entries_of(value: object, pairs: Iterable[tuple[Any, Any]], length: int, deadline: float) -> Preview:
    entries = []
    for key, each in islice(pairs, SHOWN):
        if time.monotonic() > deadline:
            break
        entries.append({"key": str(plain(key)), **entry(each)})
    return {
        "kind": "mapping",
        "type": type_name(type(value)),
        "summary": f"{type(value).__name__}, {counted(length)}",
        "entries": entries,
        "length": length,
    }


def _sequence(value: Any, deadline: float) -> Preview:
    fields = getattr(type(value), "_fields", None)
    if isinstance(value, tuple) and isinstance(fields, tuple):
        return _entries_of(value, zip(fields, tuple.__iter__(value), strict=False), len(value), deadline)
    base = next(each for each in (list, tuple, set, frozenset) if isinstance(value, each))
    entries = []
    for each in islice(base.__iter__(value), SHOWN):
        if time.monotonic() > deadline:
            break
        entries.append(entry(each))
    count = base.__len__(value)
    name = type(value).__name__
    told = ", ".join(each["summary"] for each in entries[:3])
    summary = f"{name}: {told}" if count <= 3 and told else f"{name}, {counted(count)}"
    return {
        "kind": "sequence",
        "type": type_name(type(value)),
        "summary": cut(summary, SUMMARY),
        "entries": entries,
        "length": count,
    }


def entry(value: Any) -> dict[str, Any]:
    """What is said of a value within another."""
    found = preview_within(value)
    if found is None:
        return {"type": type_name(type(value)), "summary": type(value).__name__}
    return {"type": found["type"], "summary": found["summary"]}


_SCALARS: dict[type, Callable[[Any], Preview]] = {
    type(None): _none,
    bool: _number,
    int: _number,
    float: _number,
    str: _text,
    bytes: _bytes,
    bytearray: _bytes,
}
_EXACTLY: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    str: str.__str__,
    bytes: bytes.__bytes__,
    bytearray: bytes,
}
_CONTAINERS: dict[type, Look] = {
    dict: _mapping,
    list: _sequence,
    tuple: _sequence,
    set: _sequence,
    frozenset: _sequence,
}
_SAFE_REPR = frozenset({range, slice, complex})
_SAFE_MODULES = frozenset({"datetime", "decimal", "fractions", "uuid"})
