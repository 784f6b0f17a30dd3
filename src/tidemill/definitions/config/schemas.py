"""What `config_schema=` may say: a class, a dict of types, or one type; and instances made of it.

Config subclass, {"depth": int, "names": [str], "inner": {…}}, str ──class_of_schema──▶ a class, which is validated
config ──build_config──▶ an instance of the class; a dict for a dict; the value itself for one type
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, Field, create_model

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.config.deferral import FrozenModel
from tidemill.definitions.config.problems import config_error
from tidemill.definitions.config.validation import build, validate
from tidemill.definitions.values import WHOLE


def build_config(config_type: Any, raw: Mapping[str, Any], path: str = "root:config") -> Any:
    """An instance of a config class, with environment variables read; for a dict of types, a dict."""
    instance = build(class_of_schema(config_type), raw, path)
    if is_whole(config_type):
        return _unmodelled(instance)[WHOLE]
    return _unmodelled(instance) if isinstance(config_type, Mapping) else instance


def build_unseen(config_type: Any, given: Any, path: str) -> Any:
    """As `build_config`, of config that was not validated before: one value as it is, and "3" is no number there.

    Raises:
        InvalidConfigError: It does not fit.
    """
    raw = whole(given) if is_whole(config_type) else given or {}
    _, problems = validate(class_of_schema(config_type), raw, path)
    if problems:
        raise config_error(f"Error in config at {path}", path, problems)
    return build_config(config_type, raw, path)


def build_port_config(config_type: Any, given: Any, path: str) -> Any:
    """Config of one output or input, for its manager: a dict, or the value of one type.

    Nothing was given where `given` is an empty dict.
    """
    if is_whole(config_type):
        return build_config(config_type, whole(given) if given != {} else {}, path)
    config = build_config(config_type, given, path)
    return dict(config) if isinstance(config, BaseModel) else config


def class_of_schema(schema: Any, name: str = "config_schema") -> type[BaseModel]:
    """The config class that a `config_schema` stands for.

    Raises:
        InvalidDefinitionError: It is of another schema language.
    """
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema
    types = dict(schema) if isinstance(schema, Mapping) else {WHOLE: schema}
    fields: Any = {}
    for key, inner in types.items():
        if not isinstance(key, str):
            raise _no_type(schema, name)
        kind = _type_of_schema(inner, name if key is WHOLE else f"{name}.{key}")
        # What may be None may be left out. A key that pydantic has another use for becomes an alias.
        taken = hasattr(FrozenModel, key) or not key.isidentifier() or key.startswith("_")
        default = None if type(None) in get_args(kind) else ...
        field = f"key_{len(fields)}" if taken else key
        fields[field] = kind, Field(default, alias=key if taken else None)
    return create_model(name, __base__=FrozenModel, **fields)


def is_whole(schema: Any) -> bool:
    """Whether a `config_schema` is one type, for config that is no dict."""
    return not isinstance(schema, Mapping) and not (
        isinstance(schema, type) and issubclass(schema, BaseModel)
    )


def whole(value: Any) -> dict[str, Any]:
    """Config that is one value, as a dict."""
    return {WHOLE: value}


def _type_of_schema(schema: Any, name: str) -> Any:
    if isinstance(schema, Mapping):
        return class_of_schema(schema, name)
    if isinstance(schema, list) and len(schema) == 1:
        return list[_type_of_schema(schema[0], name)]  # type: ignore[misc]  # a type made while running
    if (
        isinstance(schema, type)
        or hasattr(schema, "__origin__")
        or hasattr(schema, "__args__")
        or schema is Any
    ):
        return schema
    raise _no_type(schema, name)


def _no_type(schema: object, name: str) -> InvalidDefinitionError:
    field = name.rpartition(".")[2]
    return InvalidDefinitionError(
        f"{name} cannot be {schema!r}",
        subject=name,
        found=f"{schema!r}, of type {type(schema).__name__}",
        expected="a type such as int or list[str], or a dict of types",
        next_step=f"write a class instead: class MyConfig(Config): {field}: int = Field(3, description=…)"
        " and take it as the parameter `config: MyConfig`",
    )


def _unmodelled(value: Any) -> Any:
    """A nested dict as the dict that its schema was."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {fields[name].alias or name: _unmodelled(inner) for name, inner in value}
    return [_unmodelled(item) for item in value] if isinstance(value, list) else value
