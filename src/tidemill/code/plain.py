"""Plain values as text: what a constant *is*, written so that a person can compare two of them.

The text is canonical: it does not depend on the hash seed, on identity or on the process, and equal texts are
equal values. The order of a dict counts, because code iterates over it; that of a set does not. A path inside
the project is written from its root, so that two checkouts agree. What is not plain is handed to `other`,
which gives a text for it or notes that there is none.
"""

from __future__ import annotations

import datetime
import os
import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from types import MappingProxyType, SimpleNamespace
from typing import Any, TypeAlias

from tidemill.code.digests import digest_of

Other: TypeAlias = Callable[[object], str]
LONGEST_DECIMAL = 10**1000
_ESCAPED = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


class Text:
    """Writes values as text.

    Args:
        root: The project's folder.
        other: Writes what is not plain.
    """

    def __init__(self, root: str | None, other: Other) -> None:
        self.root = root
        self.other = other
        self._open: set[int] = set()

    def of(self, value: object) -> str:
        """The text of any value."""
        kind = type(value)
        leaf = LEAVES.get(kind)
        if leaf is not None:
            return leaf(value)
        if kind is str:
            return self.string(value)  # type: ignore[arg-type]
        branch = BRANCHES.get(kind)
        if branch is None:
            branch = self._branch(kind)
            if branch is None:
                return self.other(value)
        return self.once(value, branch)

    def once(self, value: object, branch: Callable[[Text, Any], str]) -> str:
        """A value that holds others; itself, inside of itself, is an ellipsis."""
        if id(value) in self._open:
            return "…"
        self._open.add(id(value))
        try:
            return branch(self, value)
        finally:
            self._open.discard(id(value))

    def each(self, values: Iterable[object]) -> str:
        """Values with commas."""
        return ", ".join([self.of(value) for value in values])

    def pairs(self, mapping: Mapping[Any, Any]) -> str:
        """A mapping in its order."""
        return "{" + ", ".join([f"{self.of(key)}: {self.of(item)}" for key, item in mapping.items()]) + "}"

    def string(self, value: str) -> str:
        """A string in quotes; not by `repr`, which differs between Python versions."""
        if self.root is not None and (value + os.sep).startswith(self.root + os.sep):
            value = "<root>" + value[len(self.root) :].replace(os.sep, "/")
        return "'" + value.translate(_ESCAPED) + "'"

    def _branch(self, kind: type) -> Callable[[Text, Any], str] | None:
        if issubclass(kind, PurePath):
            return lambda text, value: f"{kind.__name__}({text.string(str(value))})"
        named = NAMED.get(f"{kind.__module__}.{kind.__qualname__}")
        if named is not None:
            return named
        library = kind.__module__.partition(".")[0]
        return ARRAYS.get(library, {}).get(kind.__name__) or (_scalar if _is_scalar(kind) else None)


def _int(value: int) -> str:
    return str(value) if -LONGEST_DECIMAL < value < LONGEST_DECIMAL else hex(value)


def _sorted(text: Text, values: Iterable[object]) -> str:
    return ", ".join(sorted([text.of(value) for value in values]))


def _zoned(text: Text, value: Any) -> str:
    zone = value.tzinfo
    if zone is None or type(zone) is datetime.timezone:
        return repr(value)
    return f"{value.replace(tzinfo=None)!r} {getattr(zone, 'key', None) or text.other(zone)}"


LEAVES: dict[type, Callable[[Any], str]] = {
    type(None): repr,
    bool: repr,
    int: _int,
    float: repr,
    complex: repr,
    bytes: repr,
    bytearray: repr,
    range: repr,
    type(Ellipsis): repr,
    type(NotImplemented): repr,
    datetime.date: repr,
    datetime.timedelta: repr,
    datetime.timezone: repr,
    re.Pattern: lambda value: f"re.compile({value.pattern!a}, {int(value.flags)})",
}

BRANCHES: dict[type, Callable[[Text, Any], str]] = {
    list: lambda text, value: f"[{text.each(value)}]",
    tuple: lambda text, value: f"({text.each(value)},)" if len(value) == 1 else f"({text.each(value)})",
    dict: lambda text, value: text.pairs(value),
    set: lambda text, value: "{" + _sorted(text, value) + "}" if value else "set()",
    frozenset: lambda text, value: f"frozenset({{{_sorted(text, value)}}})",
    slice: lambda text, value: f"slice({text.each((value.start, value.stop, value.step))})",
    deque: lambda text, value: f"deque([{text.each(value)}], {value.maxlen})",
    OrderedDict: lambda text, value: f"OrderedDict({text.pairs(value)})",
    Counter: lambda text, value: f"Counter({text.pairs(value)})",
    defaultdict: lambda text, value: f"defaultdict({text.of(value.default_factory)}, {text.pairs(value)})",
    MappingProxyType: lambda text, value: f"mappingproxy({text.pairs(value)})",
    SimpleNamespace: lambda text, value: f"namespace({text.pairs(vars(value))})",
    datetime.datetime: _zoned,
    datetime.time: _zoned,
}

NAMED: dict[str, Callable[[Text, Any], str]] = {  # of modules that need not be loaded
    "decimal.Decimal": lambda _, value: repr(value),
    "fractions.Fraction": lambda _, value: repr(value),
    "uuid.UUID": lambda _, value: repr(value),
    "zoneinfo.ZoneInfo": lambda _, value: f"ZoneInfo({value.key!r})",
}


# Arrays and tables: whoever has one has loaded its library.


def _array(text: Text, value: Any) -> str:
    kind = type(value).__name__
    if value.dtype.hasobject:
        return f"{kind}({value.dtype.str}, {value.shape}, {text.each(value.ravel().tolist())})"
    if value.size <= 8:
        return f"{kind}({value.dtype.str}, {value.shape}, {value.tolist()!r})"
    return f"{kind}({_described(value.dtype)}, {value.shape}, {_bytes_digest(value.tobytes())})"


def _described(dtype: Any) -> str:
    return str(dtype.str if dtype.names is None else dtype.descr)


def _bytes_digest(content: bytes) -> str:
    return digest_of(content.decode("latin-1"))


def _is_scalar(kind: type) -> bool:
    return any(base.__module__ == "numpy" and base.__name__ == "generic" for base in kind.__mro__)


def _scalar(text: Text, value: Any) -> str:
    return f"{_described(value.dtype)} {text.of(value.item())}"


def _column(text: Text, value: Any) -> str:
    if type(value.dtype).__module__.partition(".")[0] == "numpy":
        return _array(text, value.to_numpy())
    return f"{value.dtype}[{text.each(value.tolist())}]"


def _series(text: Text, value: Any) -> str:
    return f"{type(value).__name__}({text.of(value.name)}, {text.of(value.index)}, {_column(text, value)})"


def _frame(text: Text, value: Any) -> str:
    columns = [_column(text, value.iloc[:, place]) for place in range(value.shape[1])]
    return f"DataFrame({text.of(value.columns)}, {text.of(value.index)}, [{', '.join(columns)}])"


def _index(text: Text, value: Any) -> str:
    return f"{type(value).__name__}({text.each(value.names)}, {value.dtype}, [{text.each(value.tolist())}])"


def _shown(_: Text, value: Any) -> str:
    return f"{type(value).__name__}({value})"


_INDEXES = (
    "Index",
    "RangeIndex",
    "MultiIndex",
    "DatetimeIndex",
    "TimedeltaIndex",
    "PeriodIndex",
    "IntervalIndex",
)
ARRAYS: dict[str, dict[str, Callable[[Text, Any], str]]] = {
    "numpy": {"ndarray": _array},
    "pandas": {
        "Series": _series,
        "DataFrame": _frame,
        "CategoricalIndex": _index,
        **dict.fromkeys(_INDEXES, _index),
        **dict.fromkeys(("Timestamp", "Timedelta", "Period", "Interval", "NaTType", "NAType"), _shown),
    },
}
