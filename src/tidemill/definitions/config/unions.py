"""Unions whose members a field tells apart: in run config, the member's name may stand around its fields.

    {"pet": {"cat": {"meows": 3}}}  ──flat──▶  {"pet": {"pet_type": "cat", "meows": 3}}  ──packed──▶  as before

Both are understood. What is recorded, and what `RunConfig.to_config_dict` gives, is the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def filled(field: FieldInfo, value: Any) -> Any:
    """A dict for a field whose default is an instance, completed by what that instance was given."""
    default = field.default
    if (
        not isinstance(value, Mapping)
        or not isinstance(default, BaseModel)
        or type(default) is not field.annotation
    ):
        return value
    given = {
        name: getattr(default, name)
        for name in default.model_fields_set
        if name in type(default).model_fields
    }
    aliased = {type(default).model_fields[name].alias or name: each for name, each in given.items()}
    return {**aliased, **value}


def is_told_apart(field: FieldInfo) -> bool:
    """Whether the values of a field are, or hold, members of such a union."""
    return bool(_discriminator(field)) or _holds(field.annotation)


def flat(field: FieldInfo, value: Any) -> Any:
    """A value of the field with the name of each member among its fields."""
    return _converted(field.annotation, _discriminator(field), value, _flat)


def packed(field: FieldInfo, value: Any) -> Any:
    """A value of the field with the name of each member around its fields."""
    return _converted(field.annotation, _discriminator(field), value, _packed)


def _discriminator(field: FieldInfo) -> str | None:
    return field.discriminator if isinstance(field.discriminator, str) else None


def _annotated(annotation: Any) -> tuple[Any, str | None]:
    """The type itself, and the discriminator that stands beside it in `Annotated[…]`."""
    metadata = getattr(annotation, "__metadata__", ())
    if not metadata:
        return annotation, None
    found = (_discriminator(each) for each in metadata if isinstance(each, FieldInfo))
    return get_args(annotation)[0], next((each for each in found if each), None)


def _holds(annotation: Any) -> bool:
    inner, discriminator = _annotated(annotation)
    return discriminator is not None or any(_holds(arm) for arm in get_args(inner) if arm is not annotation)


def _converted(annotation: Any, discriminator: str | None, value: Any, convert: Any) -> Any:
    inner, beside = _annotated(annotation)
    discriminator = discriminator or beside
    if discriminator is not None:
        return convert(inner, discriminator, value) if isinstance(value, Mapping) else value
    arms = get_args(inner)
    if isinstance(value, Mapping) and arms and _holds(arms[-1]):
        return {key: _converted(arms[-1], None, each, convert) for key, each in value.items()}
    if isinstance(value, (list, tuple)) and arms and _holds(arms[0]):
        return [_converted(arms[0], None, each, convert) for each in value]
    for arm in arms:  # `… | None`
        if _holds(arm):
            return _converted(arm, None, value, convert)
    return value


def _flat(union: Any, discriminator: str, value: Mapping[str, Any]) -> Any:
    if len(value) != 1 or discriminator in value:
        return value
    ((tag, fields),) = value.items()
    known = tag in _tags(union, discriminator) and isinstance(fields, Mapping)
    return {discriminator: tag, **fields} if known else value


def _packed(union: Any, discriminator: str, value: Mapping[str, Any]) -> Any:
    tag = value.get(discriminator)
    if tag not in _tags(union, discriminator):
        return value
    return {tag: {name: each for name, each in value.items() if name != discriminator}}


def _tags(union: Any, discriminator: str) -> set[Any]:
    """The names of its members."""
    tags: set[Any] = set()
    for arm in get_args(union):
        fields: Mapping[str, FieldInfo] = getattr(_annotated(arm)[0], "model_fields", {})
        annotation = fields[discriminator].annotation if discriminator in fields else None
        if get_origin(annotation) is Literal:
            tags |= {each.value if isinstance(each, Enum) else each for each in get_args(annotation)}
    return tags
