"""Classes of config as users write them, and their values as they are recorded.

    instance or plain value ──plain──▶ what JSON has ──in_force──▶ the same, completed by the defaults of its class

A variable `{"env": NAME}` stays a name until `schemas.build_config`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, ClassVar, Literal, get_origin

from pydantic import BaseModel, ConfigDict, SecretBytes, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticSerializationError, to_jsonable_python

from tidemill.core.errors import InvalidConfigError
from tidemill.definitions.config.deferral import FrozenModel
from tidemill.definitions.config.env import EnvText, EnvVar, IntEnvVar
from tidemill.definitions.config.unions import filled, flat, packed

SECTIONS = ("ops", "resources", "loggers", "execution")


class Config(FrozenModel):
    """Base of the classes that describe config: fields with types, defaults and validators, as in pydantic.

    Instances are frozen; unknown fields are errors; defaults are validated; an enum is given by name or by
    value; a field may be given as `{"env": NAME}` or `EnvVar(NAME)`.

    Example:
        >>> class TrainConfig(Config):
        ...     depth: int = 3
        >>> TrainConfig(depth=9).depth
        9
    """

    __tidemill_config__: ClassVar[bool] = True


class PermissiveConfig(Config):
    """Config that takes fields it does not name; they are attributes too."""

    model_config = ConfigDict(extra="allow")


# Plain values


def plain(value: Any, path: str) -> Any:
    """`value` made of what JSON has; instances of config classes by their fields, variables by name."""
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, (EnvVar, IntEnvVar, EnvText)):
        return {"env": value.env_var_name}
    if isinstance(value, (SecretStr, SecretBytes)):
        raise _not_plain(path, "a secret", "config of a run is recorded", 'give its variable: {"env": NAME}')
    if isinstance(value, Mapping):
        return {plain(key, path): plain(inner, f"{path}:{key}") for key, inner in value.items()}
    if isinstance(value, BaseModel):
        fields = [*type(value).model_fields, *(value.model_extra or ())]
        held = {name: getattr(value, name) for name in fields}
        # A None that nobody gave may be of a type that has none: `x: int = None`.
        known = type(value).model_fields
        return {
            name: _plain_field(known.get(name), inner, f"{path}:{name}")
            for name, inner in held.items()
            if inner is not None or name in value.model_fields_set
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item, f"{path}[{number}]") for number, item in enumerate(value)]
    if isinstance(value, Enum):
        # By name; but where that is the value of another member, which would win, by value.
        others = [each.value for each in type(value) if each is not value]
        return plain(value.value, path) if value.name in others else value.name
    if hasattr(value, "dtype") and hasattr(value, "item"):
        return plain(value.item(), path)
    try:
        return to_jsonable_python(value)
    except PydanticSerializationError:
        found = f"an object of type {type(value).__name__}"
        raise _not_plain(
            path, found, "a value that JSON has", "give text or numbers, or use a resource"
        ) from None


def _plain_field(field: FieldInfo | None, value: Any, path: str) -> Any:
    if field is None:
        return plain(value, path)
    if isinstance(value, Enum) and get_origin(field.annotation) is Literal:  # which knows no names
        return plain(value.value, path)
    return packed(field, plain(value, path))


def _not_plain(path: str, found: str, expected: str, next_step: str) -> InvalidConfigError:
    message = f"The value at path {path} cannot be part of a run's config"
    return InvalidConfigError(
        message,
        problems=((path, message),),
        subject=path,
        found=found,
        expected=expected,
        next_step=next_step,
    )


def in_force(instance: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given`, completed by the defaults of the class, but for those that cannot be recorded."""
    if not isinstance(instance, BaseModel):
        return dict(given)
    config: dict[str, Any] = {}
    for name, field in type(instance).model_fields.items():
        key = field.alias if field.alias is not None and field.alias in given else name
        if key in given:
            completed = _completed(getattr(instance, name), _filled(field, given[key], name))
            config[key] = packed(field, completed)
            continue
        default = getattr(instance, name) if field.default_factory is not None else field.default
        try:
            default = plain(default, name)
        except InvalidConfigError:
            continue
        if default is not None:
            config[field.alias or name] = packed(field, default)
    return {**config, **{key: value for key, value in given.items() if key not in config}}


def _filled(field: FieldInfo, given: Any, name: str) -> Any:
    given = flat(field, given)
    if isinstance(field.default, BaseModel) and isinstance(given, Mapping):
        return {key: plain(value, f"{name}:{key}") for key, value in filled(field, given).items()}
    return given


def _completed(value: Any, given: Any) -> Any:
    if isinstance(value, BaseModel) and isinstance(given, Mapping):
        return in_force(value, given)
    if isinstance(value, (list, tuple)) and isinstance(given, list) and len(value) == len(given):
        return [_completed(item, raw) for item, raw in zip(value, given, strict=True)]
    if isinstance(value, Mapping) and isinstance(given, Mapping):
        return {key: _completed(value.get(key), raw) for key, raw in given.items()}
    return given
