"""Records to plain JSON values and back, driven by the annotations of the named tuples.

A field that holds its default is left out, so a row stays small and a new field with a default reads old rows.
Fields of type `bytes` are left out always: bytes are kept beside the row, never inside it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue

Json = Any
Convert = Callable[[Any], Json]
R = TypeVar("R", bound=tuple[Any, ...])

_PLAIN = (str, int, float, bool, type(None), object)


def encode(record: tuple[Any, ...]) -> dict[str, Json]:
    """A named tuple as a dict of plain JSON values."""
    encoded = {}
    for name, default, convert in _encoders(type(record)):
        value = getattr(record, name)
        if value is default or value == default:
            continue
        encoded[name] = value if convert is None else convert(value)
    return encoded


def decode(cls: type[R], data: Mapping[str, Json]) -> R:
    """Inverse of `encode`; unknown names are ignored, so that an older Tidemill reads a newer row."""
    converters = _decoders(cls)
    return cls(**{name: converters[name](value) for name, value in data.items() if name in converters})


_REQUIRED = object()


@cache
def _encoders(cls: type) -> tuple[tuple[str, object, Convert | None], ...]:
    defaults = cls._field_defaults  # type: ignore[attr-defined]
    fields = [(name, hint) for name, hint in get_type_hints(cls).items() if name in cls._fields]  # type: ignore[attr-defined]
    return tuple(
        (name, defaults.get(name, _REQUIRED), _encoder(hint))
        for name, hint in fields
        if not _holds_bytes(hint)
    )


@cache
def _decoders(cls: type) -> dict[str, Convert]:
    return {name: _decoder(hint) for name, hint in get_type_hints(cls).items() if name in cls._fields}  # type: ignore[attr-defined]


def _holds_bytes(hint: Any) -> bool:
    return hint is bytes or bytes in get_args(hint)


def _optional(hint: Any) -> Any:
    """The one type beside None in a union, or the hint itself."""
    if get_origin(hint) in (Union, types.UnionType):
        rest = [argument for argument in get_args(hint) if argument is not type(None)]
        return rest[0] if len(rest) == 1 else object
    return hint


def _encoder(hint: Any) -> Convert | None:
    """How to encode a value of that type; None where it is plain already."""
    inner = _optional(hint)
    convert: Convert
    if inner is AssetKey:
        convert = _key_text
    elif inner is MetadataValue:
        convert = _metadata_json
    elif isinstance(inner, type) and issubclass(inner, tuple) and hasattr(inner, "_fields"):
        convert = encode
    elif get_origin(inner) is tuple:
        item = _encoder(get_args(inner)[0])
        convert = list if item is None else _each(item)
    elif get_origin(inner) in (dict, Mapping):
        item = _encoder(get_args(inner)[1])
        convert = dict if item is None else _each_value(item)
    elif inner in _PLAIN or get_origin(inner) is Literal:
        return None
    else:
        raise TypeError(f"No JSON form for a field of type {hint!r}")
    return convert if inner is hint else _unless_none(convert)


def _decoder(hint: Any) -> Convert:
    inner = _optional(hint)
    convert: Convert
    if inner is AssetKey:
        convert = AssetKey.from_text
    elif inner is MetadataValue:
        convert = MetadataValue.from_json
    elif isinstance(inner, type) and issubclass(inner, tuple) and hasattr(inner, "_fields"):
        convert = _record_decoder(inner)
    elif get_origin(inner) is tuple:
        one = _decoder(get_args(inner)[0])
        convert = lambda values: tuple(map(one, values))  # noqa: E731
    elif get_origin(inner) in (dict, Mapping):
        of_value = _decoder(get_args(inner)[1])
        convert = lambda values: {key: of_value(value) for key, value in values.items()}  # noqa: E731
    else:
        return lambda value: value
    return convert if inner is hint else _unless_none(convert)


def _record_decoder(cls: type) -> Convert:
    return lambda data: decode(cls, data)


def _key_text(key: AssetKey) -> str:
    return key.text


def _metadata_json(value: MetadataValue) -> Json:
    return value.to_json()


def _each(convert: Convert) -> Convert:
    return lambda values: [convert(value) for value in values]


def _each_value(convert: Convert) -> Convert:
    return lambda values: {key: convert(value) for key, value in values.items()}


def _unless_none(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)
