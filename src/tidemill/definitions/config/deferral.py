"""How config classes take environment variables in place of values, and enum members by name.

    core schema of a class ──defer──▶ the same, in which every field lets a variable through unread, unless
                                      the validation's context is READ: then it is read where it stands

A field that holds a variable anywhere inside is left as it was given, and none of its validators sees it:
they run once, on the real value, in the process that uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from typing import Any, Self, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic_core.core_schema import (
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    no_info_before_validator_function,
    with_info_wrap_validator_function,
)

from tidemill.core.errors import InvalidInvocationError
from tidemill.core.secrets import register_secret
from tidemill.definitions.config.env import EnvText, env_name, not_of_type, read_env
from tidemill.definitions.config.unions import filled, flat, is_told_apart

READ = {"tidemill": "read the environment"}
SCALAR_NAMES = {"str": "String", "int": "Int", "float": "Float", "bool": "Bool"}
_LEAVES = {*SCALAR_NAMES, "enum", "bytes", "date", "datetime", "time", "timedelta", "decimal", "uuid", "url"}
_OPAQUE = {"serialization", "metadata", "default", "keys_schema"}
_CLOSED = {"definition-ref", "tagged-union", "model", "literal"}  # classes look after themselves

Schema: TypeAlias = Any  # a core schema: a dict of one of fifty typed shapes


class VariableFoundError(Exception):
    """Validation met a variable that is not to be read yet."""


def defer(schema: Any, handler: GetCoreSchemaHandler, cls: type[BaseModel] | None = None) -> Any:
    """Change the core schema of a class in place."""
    model: Any = handler.resolve_ref_schema(schema)
    fields = next(_find_fields(model), None)
    known = cls.model_fields if cls is not None else {}
    for name, field in fields["fields"].items() if fields is not None else ():
        info = known.get(name)
        if info is not None and info.is_required() and type(None) in get_args(info.annotation):
            # `x: Optional[int]` may be left out, as everywhere where None says that nothing was given.
            info.default = None
            field["schema"] = {"type": "default", "schema": field["schema"], "default": None}
        holder, node = field, field["schema"]
        if node["type"] == "default":
            if node.get("default", ...) is None:  # `x: int = None` is common, and pydantic does not mind
                node["validate_default"] = False
            holder, node = node, node["schema"]
        # A literal may tell the members of a union apart: pydantic allows it no wrapper.
        if node["type"] != "literal" and not _is_done(node):
            inner = _with_leaves(node, handler)
            if info is not None and is_told_apart(info):
                inner = no_info_before_validator_function(partial(flat, info), inner)
            elif info is not None and isinstance(info.default, BaseModel):
                inner = no_info_before_validator_function(partial(filled, info), inner)
            holder["schema"] = with_info_wrap_validator_function(_keep_variables, inner)
    return schema


def _find_fields(node: Schema) -> Iterator[Schema]:
    """The fields of a model, under whatever validators its class has."""
    if node["type"] == "model-fields":
        yield node
    elif isinstance(node.get("schema"), dict):
        yield from _find_fields(node["schema"])


def _is_done(node: Schema) -> bool:
    return node["type"] == "function-wrap" and node["function"]["function"] is _keep_variables


def _keep_variables(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo[Any]) -> Any:
    if getattr(value, "__tidemill_launch__", False):  # a nested resource whose config comes with the run
        return value
    if info.context is READ:
        return _shown_by_name(handler(value), env_name(value))
    try:
        return handler(value)
    except VariableFoundError:
        return value


def _with_leaves(node: Schema, handler: GetCoreSchemaHandler) -> Schema:
    """`node` with every leaf in it able to stand for a variable."""
    resolved: Any = handler.resolve_ref_schema(node) if node["type"] == "definition-ref" else node
    if resolved["type"] in _LEAVES:
        return with_info_wrap_validator_function(_leaf(resolved["type"], resolved.get("cls")), node)
    if node["type"] in _CLOSED:
        return node
    for name, child in node.items():
        if name not in _OPAQUE:
            several = isinstance(child, list)
            node[name] = [_item(item, handler) for item in child] if several else _item(child, handler)
    return node


def _item(item: Any, handler: GetCoreSchemaHandler) -> Any:
    if isinstance(item, tuple) and item:  # a choice of a union, with its label
        return (_item(item[0], handler), *item[1:])
    if isinstance(item, dict):
        kind = item.get("type")
        if "schema" in item or (isinstance(kind, str) and "function" not in kind):
            return _with_leaves(item, handler)
    return item


def _leaf(kind: str, enum: type[Enum] | None) -> Callable[..., Any]:
    def leaf(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo[Any]) -> Any:
        name = env_name(value)
        if name is None:
            return _member(enum, value, handler)
        if info.context is not READ:
            raise VariableFoundError
        try:
            read = _member(enum, read_env(name), handler)
        except ValidationError:
            raise not_of_type(name, SCALAR_NAMES.get(kind, kind)) from None
        return _shown_by_name(read, name)

    return leaf


def _shown_by_name(read: Any, name: str | None) -> Any:
    """Text that a variable held, also after the field's own validators have changed it."""
    if name is None or not isinstance(read, str) or isinstance(read, (EnvText, Enum)):
        return read
    register_secret(read)
    return EnvText(read, name)


def _member(enum: type[Enum] | None, given: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """A member by its value, which wins, or by its name."""
    try:
        return handler(given)
    except ValidationError:
        if enum is not None and isinstance(given, str) and given in enum.__members__:
            return enum[given]
        raise


class FrozenModel(BaseModel):
    """Fields that never change, each of which may be given as the name of an environment variable."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        validate_default=True,
        hide_input_in_errors=True,
        protected_namespaces=(),  # `model_name` is a good name for a field here
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return defer(handler(source), handler, cls)

    @classmethod
    def to_config_schema(cls) -> type[Self]:
        """What `config_schema=` of a function says to take the fields of this class: the class."""
        return cls

    def __setattr__(self, name: str, value: Any) -> None:
        try:
            super().__setattr__(name, value)
        except ValidationError as error:
            if error.errors(include_url=False, include_input=False)[0]["type"] != "frozen_instance":
                raise
            cls = type(self)
            raise InvalidInvocationError(
                f"{cls.__name__} never changes: its field {name!r} cannot be set",
                subject=name,
                found="an assignment",
                expected="values given where it is made",
                next_step="make another: .model_copy(update={…}); what a run finds out goes into a private"
                " attribute: _client: Any = PrivateAttr()",
            ) from None
