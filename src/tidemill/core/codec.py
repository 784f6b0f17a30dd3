"""Records to plain JSON values and back, driven by the annotations of the named tuples.

A field that holds its default is left out, so a row stays small and a new field with a default reads old rows.
Fields of type `bytes` are left out always: bytes are kept beside the row, never inside it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue

Json = Any
Convert = Callable[[Any], Json]
R = TypeVar("R", bound=tuple[Any, ...])

_PLAIN = (str, int, float, bool, type(None), object)


class Form(NamedTuple):
    """How the values of one type become JSON and values again; None where they are JSON already."""

    encode: Convert | None = None
    decode: Convert | None = None


def encode(record: tuple[Any, ...]) -> dict[str, Json]:
    """A named tuple as a dict of plain JSON values."""
    encoded = {}
    for index, name, default, convert in _encoders(type(record)):
        value = record[index]
        if value is not default and value != default:
            encoded[name] = value if convert is None else convert(value)
    return encoded


def decode(cls: type[R], data: Mapping[str, Json]) -> R:
    """Inverse of `encode`; unknown names are ignored, so that an older Tidemill reads a newer row."""
    forms = _forms(cls)
    given = [(name, value, forms[name].decode) for name, value in data.items() if name in forms]
    return cls(**{name: value if convert is None else convert(value) for name, value, convert in given})


_REQUIRED = object()


@cache
def _encoders(cls: Any) -> list[tuple[int, str, object, Convert | None]]:
    """Place, name and default of each field that is written, and how it becomes JSON."""
    defaults = cls._field_defaults
    return [
        (cls._fields.index(name), name, defaults.get(name, _REQUIRED), form.encode)
        for name, form in _forms(cls).items()
    ]


@cache
def _forms(cls: Any) -> dict[str, Form]:
    """By name of the field."""
    hints = get_type_hints(cls)
    return {
        name: _form(hints[name]) for name in cls._fields if bytes not in (hints[name], *get_args(hints[name]))
    }


def _form(hint: Any) -> Form:
    if get_origin(hint) in (Union, types.UnionType):
        rest = [argument for argument in get_args(hint) if argument is not type(None)]
        inner = _form(rest[0]) if len(rest) == 1 else Form()
        return Form(*(convert and _unless_none(convert) for convert in inner))
    if hint is AssetKey:
        return Form(lambda key: key.text, AssetKey.from_text)
    if hint is MetadataValue:
        return Form(lambda value: value.to_json(), MetadataValue.from_json)
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        return Form(encode, lambda data: decode(hint, data))
    if get_origin(hint) is tuple:
        one = _form(get_args(hint)[0])
        return Form(_each(one.encode, list), _each(one.decode, tuple))
    if get_origin(hint) in (dict, Mapping):
        one = _form(get_args(hint)[1])
        return Form(_each_value(one.encode), _each_value(one.decode))
    if hint in _PLAIN or get_origin(hint) is Literal:
        return Form()
    raise TypeError(f"No JSON form for a field of type {hint!r}")


def _each(convert: Convert | None, collect: type[list[Any]] | type[tuple[Any, ...]]) -> Convert:
    return collect if convert is None else lambda values: collect(map(convert, values))


def _each_value(convert: Convert | None) -> Convert:
    return dict if convert is None else lambda values: {key: convert(value) for key, value in values.items()}


def _unless_none(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)
