"""Canonical bytes of plain Python values: what a value *is*, whatever made it.

`Canon.name` gives any value a short name: its canonical bytes while they fit into 64, else their digest.
What holds others is made of their names, so shared parts are walked once and the name of a gigabyte is
short. Nothing depends on identity, interning, the hash seed or the order of a set or dict; `1`, `1.0` and
`True` differ. Sequences are encoded by columns, one for each plain type (and records field by field),
because a Python call for each of a million strings costs a second. A type that nobody claims raises
`NotCanonicalError`: no guessing.
"""

from __future__ import annotations

import datetime
import sys
import types
from array import array
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence, Set
from enum import Enum
from functools import partial
from pathlib import PurePath
from struct import pack as pack_struct
from typing import Any, TypeAlias

from blake3 import blake3

from tidemill.io.container import digest

LONGEST_NAME = 64
PartDigests: TypeAlias = MutableMapping[tuple[int, int], bytes]


class NotCanonicalError(Exception):
    """The value holds something of a type that has no canonical bytes."""


def shorten(data: bytes) -> bytes:
    """The data itself while it is short, else its digest. No tag begins with `#`."""
    return data if len(data) <= LONGEST_NAME else b"#" + blake3(data).digest()


def pack(tag: bytes, names: Iterable[bytes]) -> bytes:
    """Names one after another, so that no two different lists of names give the same bytes."""
    return tag + b"".join([bytes((len(name),)) + name for name in names])


class Canon:
    """One walk over one value.

    Args:
        resolve: Gives the encoder of a type that is not a plain one, or None.
        parts: Digests of buffers that were hashed already, by (memory address, bytes).
    """

    __slots__ = ("kept", "known", "parts", "resolve")

    def __init__(self, resolve: Callable[[type], Encoder | None], parts: PartDigests) -> None:
        self.resolve = resolve
        self.parts = parts
        self.known: dict[int, bytes] = {}
        self.kept: list[object] = []  # what `known` speaks of, alive: else another object gets its id

    def name(self, value: object) -> bytes:
        """At most 64 bytes that stand for the value; NotCanonicalError where it has none, or holds itself."""
        kind = type(value)
        leaf = LEAVES.get(kind)
        if leaf is not None:
            return shorten(leaf(value))
        known = self.known.get(id(value))
        if known is None:
            encoder = BRANCHES.get(kind) or self.resolve(kind)
            if encoder is None:
                raise NotCanonicalError(f"{kind.__module__}.{kind.__qualname__}")
            self.known[id(value)] = b""
            self.kept.append(value)
            known = self.known[id(value)] = shorten(encoder(self, value))
        elif not known:
            raise NotCanonicalError("a value that holds itself")
        return known

    def names(self, values: Iterable[object]) -> list[bytes]:
        """The name of each."""
        return [self.name(value) for value in values]

    def buffer(self, view: memoryview, address: int) -> bytes:
        """Digest of a contiguous buffer, from the parts where it was hashed when it was written."""
        return self.parts.get((address, view.nbytes)) or digest(view)

    def sequence(self, items: Sequence[Any], *, records: bool = True) -> bytes:
        """Name of some values in their order; plain values by columns, one for each type."""
        kinds = list(map(type, items))
        present = set(kinds)
        count = b"%d" % len(items)
        if len(present) == 1:
            return shorten(pack(b"same:", [count, self._column(kinds[0], items, records)]))
        codes = bytes([CODES.get(kind, OTHER) for kind in kinds])
        typed = list(zip(items, kinds, strict=True))
        columns = [
            self._column(plain, [item for item, kind in typed if kind is plain], False)
            for plain in CODES
            if plain in present
        ]
        others = [item for item, kind in typed if kind not in CODES]
        return shorten(pack(b"mixed:", [count, shorten(codes), *columns, *self.names(others)]))

    def _column(self, kind: type, items: Sequence[Any], records: bool) -> bytes:
        plain = COLUMNS.get(kind)
        if plain is not None:
            return shorten(plain(items))
        fields = _fields(kind, items) if records and len(items) > 1 else None
        if fields is None:
            return shorten(pack(b"each:", self.names(items)))
        keys, rows = fields
        columns = [self.sequence(column, records=False) for column in rows]
        return shorten(pack(b"records:" + kind.__name__.encode() + b":", [*self.names(keys), *columns]))


Encoder: TypeAlias = Callable[[Canon, Any], bytes]
Leaf: TypeAlias = Callable[[Any], bytes]


def _fields(kind: type, items: Sequence[Any]) -> tuple[list[str], list[list[object]]] | None:
    """Tuples of one length, or dicts with the same text keys, turned into columns; None for all else."""
    if kind is tuple:
        width = len(items[0])
        if width and all(len(item) == width for item in items):
            return [], [list(column) for column in zip(*items, strict=True)]
    elif kind is dict:
        keys = items[0].keys()
        if keys and set(map(type, keys)) == {str} and all(item.keys() == keys for item in items):
            ordered = sorted(keys)
            return ordered, [[item[key] for item in items] for key in ordered]
    return None


def text(value: str) -> bytes:
    """UTF-8, lone surrogates included."""
    return value.encode("utf-8", "surrogatepass")


def _strings(items: Sequence[str]) -> bytes:
    joined = text("".join(items))  # the lengths, in characters, say where each begins
    return pack(b"str:", [shorten(_numbers("q", map(len, items))), shorten(joined)])


def _bytes(items: Sequence[bytes]) -> bytes:
    return pack(b"bytes:", [shorten(_numbers("q", map(len, items))), shorten(b"".join(items))])


def _integers(items: Sequence[int]) -> bytes:
    try:
        return b"int64:" + _numbers("q", items)
    except OverflowError:
        return b"int:" + ",".join(map(hex, items)).encode()


def _numbers(code: str, items: Iterable[float]) -> bytes:
    numbers = array(code, items)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


COLUMNS: dict[type, Callable[[Sequence[Any]], bytes]] = {
    type(None): lambda _: b"none:",
    bool: lambda items: b"bool:" + bytes(items),
    int: _integers,
    float: lambda items: b"float:" + _numbers("d", items),
    str: _strings,
    bytes: _bytes,
}
CODES = {kind: number for number, kind in enumerate(COLUMNS)}
OTHER = 255


def _zone(zone: datetime.tzinfo | None) -> bytes:
    if zone is None:
        return b""
    if type(zone) is datetime.timezone:
        return repr(zone).encode()
    key = getattr(zone, "key", None) or getattr(zone, "zone", None)  # zoneinfo and pytz
    if not isinstance(key, str):
        raise NotCanonicalError("a time zone without a name")
    return key.encode()


def _instant(value: datetime.datetime | datetime.time) -> bytes:
    parts = (value.replace(tzinfo=None).isoformat().encode(), _zone(value.tzinfo), b"%d" % value.fold)
    return type(value).__name__.encode() + b":" + b"|".join(parts)


LEAVES: dict[type, Leaf] = {
    type(None): lambda _: b"none",
    bool: lambda value: b"true" if value else b"false",
    int: lambda value: b"i:%x" % value,
    float: lambda value: b"f:" + pack_struct("<d", value),
    complex: lambda value: b"c:" + pack_struct("<dd", value.real, value.imag),
    str: lambda value: b"s:" + text(value),
    bytes: lambda value: b"b:" + value,
    bytearray: lambda value: b"bytearray:" + value,
    datetime.date: lambda value: b"date:" + value.isoformat().encode(),
    datetime.datetime: _instant,
    datetime.time: _instant,
    datetime.timedelta: lambda value: b"timedelta:%d|%d|%d" % (value.days, value.seconds, value.microseconds),
    datetime.timezone: lambda value: b"zone:" + _zone(value),
    range: lambda value: b"range:%d|%d|%d" % (value.start, value.stop, value.step),
    type(Ellipsis): lambda _: b"ellipsis",
    type(NotImplemented): lambda _: b"notimplemented",
}


NAMED_LEAVES: dict[tuple[str, str], Leaf] = {  # of modules that need not be loaded
    ("decimal", "Decimal"): lambda value: b"decimal:" + str(value).encode(),
    ("fractions", "Fraction"): lambda value: b"fraction:" + str(value).encode(),
    ("uuid", "UUID"): lambda value: b"uuid:" + value.bytes,
}


def reference(value: Any) -> bytes:
    """`module:qualname` of a class or function that can be found there."""
    module, qualname = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    found: Any = sys.modules.get(module) if isinstance(module, str) else None
    for part in (qualname or "?").split("."):
        found = getattr(found, part, None)
    if found is not value:
        raise NotCanonicalError(f"{value!r}, which cannot be found by its name")
    return f"ref:{module}:{qualname}".encode()


def by_state(canon: Canon, value: object, state: Sequence[object]) -> bytes:
    """An instance as its class and what it holds."""
    return pack(b"object:", [shorten(reference(type(value))), *canon.names(state)])


def _mapping(canon: Canon, value: Mapping[Any, Any]) -> bytes:
    """Order does not count, as it does not for `==`."""
    if set(map(type, value)) == {str}:
        keys: list[Any] = sorted(value)
        return pack(b"dict:", [canon.sequence(keys), canon.sequence([value[key] for key in keys])])
    pairs = sorted((canon.name(key), canon.name(item)) for key, item in value.items())
    return pack(b"pairs:", [shorten(pack(b"", pair)) for pair in pairs])


def _set(canon: Canon, value: Set[Any]) -> bytes:
    if set(map(type, value)) == {str}:
        return pack(b"set:", [canon.sequence(sorted(value))])
    return pack(b"set:", sorted(canon.names(value)))


BRANCHES: dict[type, Encoder] = {
    list: lambda canon, value: b"list:" + canon.sequence(value),
    tuple: lambda canon, value: b"tuple:" + canon.sequence(value),
    dict: _mapping,
    set: _set,
    frozenset: lambda canon, value: b"frozen" + _set(canon, value),
    deque: lambda canon, value: pack(b"deque:", [canon.name(value.maxlen), canon.sequence(list(value))]),
    OrderedDict: lambda canon, value: pack(b"ordered:", [canon.sequence(list(value.items()))]),
    Counter: lambda canon, value: b"counter:" + _mapping(canon, value),
    defaultdict: lambda canon, value: pack(
        b"defaultdict:", [canon.name(value.default_factory), shorten(_mapping(canon, value))]
    ),
    slice: lambda canon, value: pack(b"slice:", canon.names((value.start, value.stop, value.step))),
    partial: lambda canon, value: pack(b"partial:", canon.names((value.func, value.args, value.keywords))),
    types.SimpleNamespace: lambda canon, value: b"namespace:" + _mapping(canon, vars(value)),
    types.FunctionType: lambda _, value: reference(value),
    types.BuiltinFunctionType: lambda _, value: reference(value),
    type: lambda _, value: reference(value),
}


def resolve_class(kind: type) -> Encoder | None:
    """Encoder for a class of the user's that says itself what its instances hold; None for any other."""
    leaf = NAMED_LEAVES.get((kind.__module__, kind.__qualname__))
    if leaf is not None:
        return lambda _, value: leaf(value)
    if issubclass(kind, type):
        return lambda _, value: reference(value)
    if issubclass(kind, PurePath):
        return lambda _, value: f"path:{kind.__name__}:{value}".encode("utf-8", "surrogateescape")
    if issubclass(kind, datetime.tzinfo):
        return lambda _, value: b"zone:" + _zone(value)
    if issubclass(kind, Enum):
        return lambda canon, value: by_state(canon, value, (value.name, value.value))
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return lambda canon, value: by_state(canon, value, (kind._fields, tuple(value)))
    if hasattr(kind, "__pydantic_fields__") and hasattr(kind, "model_fields"):
        return lambda canon, value: by_state(canon, value, [value.__getstate__()])
    if hasattr(kind, "__dataclass_fields__"):
        return _dataclass
    return None


def _dataclass(canon: Canon, value: Any) -> bytes:
    held = {name: getattr(value, name) for name in value.__dataclass_fields__ if hasattr(value, name)}
    return by_state(canon, value, [held | getattr(value, "__dict__", {})])
