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
import time
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from tidemill.core.formats import number
from tidemill.work.glances import (
    SAFE_MODULES,
    SAFE_REPR,
    Glance,
    Preview,
    counted,
    cut,
    plain_scalar,
    type_name,
)

SECONDS = 0.005
"""For which a preview may be taken."""

SHOWN = 50
"""Entries of a mapping or a sequence."""

FEW = 12
"""Entries of a mapping that is told by the first of them: scores, a handful of tables."""

TEXT = 4000
"""Characters of a text."""

SUMMARY = 80


def preview_of(value: object, *, short: bool = False) -> Preview | None:
    """A look at a value; None where nothing can be said of it, or its library fails. `short` is without details."""
    scalar = _SCALARS.get(type(value))
    try:
        if scalar is not None:
            return scalar(value)
        return _looked_at(value, Glance(time.monotonic() + SECONDS, _short_look, short))
    except Exception:  # noqa: BLE001  (whatever a library does with a strange value: the step is well)
        return None


def _short_look(value: object) -> Preview | None:
    return preview_of(value, short=True)


def _looked_at(value: Any, glance: Glance) -> Preview | None:
    cls = type(value)
    for base in cls.__mro__:
        found: Preview | None = None
        if base in _SCALARS:
            found = _SCALARS[base](_EXACTLY[base](value))
        elif base in _CONTAINERS:
            found = _CONTAINERS[base](value, glance)
        elif base.__module__.partition(".")[0] in _LIBRARIES:
            from tidemill.work.library_previews import look_at  # noqa: PLC0415  (only where one is loaded)

            found = look_at(value, base, glance)
        if found is not None:
            found["type"] = type_name(cls)
            return found
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.name in vars(value)]
        return _entries_of(value, [(name, vars(value)[name]) for name in names], len(names), glance)
    return _other(value)


def _other(value: Any) -> Preview:
    cls = type(value)
    name = type_name(cls)
    if cls.__module__ in SAFE_MODULES:
        return {"kind": "scalar", "type": name, "summary": cut(str(value), SUMMARY), "value": str(value)}
    text, summary = (repr(value),) * 2 if cls in SAFE_REPR else (name, cls.__name__)
    return {"kind": "other", "type": name, "summary": cut(summary, SUMMARY), "text": text}


_LIBRARIES = frozenset(
    {"numpy", "pandas", "polars", "pyarrow", "scipy", "sklearn", "xgboost", "matplotlib", "pydantic"}
)


# Python's own


def _number(value: Any) -> Preview:
    said = plain_scalar(value)
    summary = number(value) if type(value) is float and type(said) is float else cut(str(said), SUMMARY)
    return {"kind": "scalar", "type": type(value).__name__, "summary": summary, "value": said}


def _none(_: object) -> Preview:
    return {"kind": "scalar", "type": "NoneType", "summary": "None", "value": None}


def _text(value: str) -> Preview:
    first = value[: TEXT + 1].lstrip().partition("\n")[0]
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


def _mapping(value: dict[Any, Any], glance: Glance) -> Preview:
    return _entries_of(value, dict.items(value), dict.__len__(value), glance)


def _entries_of(value: object, pairs: Iterable[tuple[Any, Any]], length: int, glance: Glance) -> Preview:
    entries = []
    for key, each in islice(pairs, SHOWN):
        if glance.is_late:
            break
        entries.append({"key": str(glance.plain(key)), **glance.entry(each)})
    name = type(value).__name__
    summary = f"{name}, {counted(length)}"
    if 0 < length <= FEW:
        told = ", ".join(f"{each['key']} {each['summary']}" for each in entries[:3])
        summary = told + (", …" if length > 3 else "") if told else summary
    return {
        "kind": "mapping",
        "type": "",
        "summary": cut(summary, SUMMARY),
        "entries": entries,
        "length": length,
    }


def _sequence(value: Any, glance: Glance) -> Preview:
    fields = getattr(type(value), "_fields", None)
    if isinstance(value, tuple) and isinstance(fields, tuple):
        return _entries_of(value, zip(fields, tuple.__iter__(value), strict=False), len(fields), glance)
    base = next(each for each in (list, tuple, set, frozenset) if isinstance(value, each))
    entries = []
    for each in islice(base.__iter__(value), SHOWN):
        if glance.is_late:
            break
        entries.append(glance.entry(each))
    count, name = base.__len__(value), type(value).__name__
    told = ", ".join(each["summary"] for each in entries[:3])
    summary = f"{name}: {told}" if count <= 3 and told else f"{name}, {counted(count)}"
    return {
        "kind": "sequence",
        "type": "",
        "summary": cut(summary, SUMMARY),
        "entries": entries,
        "length": count,
    }


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
_CONTAINERS: dict[type, Callable[[Any, Glance], Preview]] = {
    dict: _mapping,
    list: _sequence,
    tuple: _sequence,
    set: _sequence,
    frozenset: _sequence,
}
