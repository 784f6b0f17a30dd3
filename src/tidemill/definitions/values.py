"""The base of the small frozen classes that users construct: their annotations are their fields."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")
V = TypeVar("V", bound="Value")

# One shared empty mapping: a definition that says nothing costs no memory.
NOTHING_SAID: Mapping[Any, Any] = {}


class Unset(Enum):
    """Where no value was given, which is not the same as None."""

    UNSET = "unset"


UNSET = Unset.UNSET

WHOLE = "the whole"
"""The only key of config that is one value, where it is handed on as a dict."""


def config_value(config: Mapping[str, Any]) -> Any:
    """Config as it was given: one value, or a dict of its own."""
    return config[WHOLE] if config.keys() == {WHOLE} else dict(config)


class Items(tuple[T, ...]):
    """Things in order, frozen, and equal to a list of the same, as programs and their tests write it."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return tuple.__eq__(self, tuple(other) if isinstance(other, list) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return tuple.__hash__(self)

    def __repr__(self) -> str:
        return repr(list(self))


class Labels(frozenset[str]):
    """Texts in no order, frozen, shown as the set that programs write."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(set(self))


NO_ITEMS: Items[Any] = Items()


class Value:
    """Equality, hash and text by the fields that a subclass annotates; constructors give them to `fill`."""

    field_names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__annotations__:
            cls.field_names = (*cls.field_names, *cls.__annotations__)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot delete {name!r}")

    def __eq__(self, other: object) -> bool:
        return self is other or (type(other) is type(self) and vars(self) == vars(other))

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        said = [f"{name}={value!r}" for name, value in vars(self).items() if not _is_silent(value)]
        return f"{type(self).__name__}({', '.join(said)})"


def _is_silent(value: object) -> bool:
    return value is None or (isinstance(value, (tuple, dict, frozenset)) and not value)


def fill(value: Value, *contents: object) -> None:
    """Set the fields of a new value, in the order of their annotations."""
    # One dict at once is a third of the price of a dozen attributes.
    object.__setattr__(value, "__dict__", dict(zip(value.field_names, contents, strict=True)))


def set_field(value: Value, name: str, content: object) -> None:
    """Set one field of a new value that the constructor of a parent has filled."""
    vars(value)[name] = content


def replace(value: V, **changes: object) -> V:
    """A copy with some fields changed, without asking the constructor."""
    copy = type(value).__new__(type(value))
    object.__setattr__(copy, "__dict__", {**vars(value), **changes})
    return copy
