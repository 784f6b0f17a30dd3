"""The config of units and resources as a form needs it: JSON schema and defaults, never a secret.

class of config ──pydantic──▶ JSON schema, with the defaults that may be told     (a secret's default is its value)
class, preset   ──plain──▶ defaults: what can be recorded; a variable is `{"env": NAME}`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from tidemill.core.errors import TidemillError
from tidemill.definitions.config.config import plain
from tidemill.definitions.config.schemas import class_of_schema, is_whole
from tidemill.definitions.project import Project
from tidemill.definitions.resources.resource_set import ManagedResource
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.definitions.values import WHOLE
from tidemill.server.snapshot import ConfigInfo

ANYTHING: Mapping[str, Any] = {"type": "object", "additionalProperties": True}
SAFE_FACTORIES = (list, dict, set, tuple)


class _Tolerant(GenerateJsonSchema):
    """A field of a type that JSON cannot describe takes anything; checking finds what is wrong with it."""

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:
        del schema, error_info
        return {}

    def default_schema(self, schema: Any) -> dict[str, Any]:
        """The schema with the default where that may be told: of what lies within a field, nothing else tells it."""
        described = self.generate_inner(schema["schema"])
        if "default" not in schema:
            return described
        try:
            return {**described, "default": plain(schema["default"], "")}
        except (TidemillError, ValueError, TypeError):  # a secret, or what JSON cannot say
            return described

    def emit_warning(self, kind: Any, detail: str) -> None:
        """Nothing: a user who did not write a schema need not hear of one."""


def unit_configs(project: Project) -> dict[str, ConfigInfo]:
    """By name of the unit, or of the op within a graph, those that take config."""
    units = [part for unit in project.units.values() for part in project.units_of(unit)]
    return {unit.name: found for unit in units if (found := config_of_unit(unit)) is not None}


def config_of_unit(unit: ComputeUnit) -> ConfigInfo | None:
    """What a unit takes; None where it takes none, or says nothing of it."""
    if unit.config_type is None:
        return None
    return _described(unit.config_type, unit.preset)


def resource_configs(project: Project) -> dict[str, ConfigInfo]:
    """By key, those that are configured by a class with fields."""
    found = {}
    for key, resource in project.resources.items():
        if not isinstance(resource, ManagedResource):
            continue
        schema, preset = resource.launch_schema()
        if schema is not None:
            info = _described(schema, preset)
            if info.schema.get("properties") or is_whole(schema):
                found[key] = info
    return found


def _described(schema: Any, preset: Mapping[str, Any]) -> ConfigInfo:
    cls = class_of_schema(schema)
    described = _json_schema(cls)
    held = {name for name, value in preset.items() if isinstance(value, ManagedResource)}
    properties = {name: each for name, each in described.get("properties", {}).items() if name not in held}
    defaults = {name: each for name, each in defaults_of(cls, preset).items() if name not in held}
    required = [name for name in described.get("required", ()) if name not in preset]
    if is_whole(schema):
        inner = {**properties.get(WHOLE, {}), **{k: v for k, v in described.items() if k == "$defs"}}
        return ConfigInfo(inner)
    described = {**described, "properties": properties, "required": required}
    if not required:
        del described["required"]
    return ConfigInfo(described, defaults)


def _json_schema(cls: type[BaseModel]) -> dict[str, Any]:
    try:
        return cls.model_json_schema(schema_generator=_Tolerant)
    except Exception:  # noqa: BLE001  (a schema that the user's own type gives, and that cannot be made)
        return {**ANYTHING, "title": cls.__name__}


def defaults_of(cls: type[BaseModel], preset: Mapping[str, Any]) -> dict[str, Any]:
    """What each field is where nobody gives it, as far as that may be recorded."""
    found = {}
    for name, field in cls.model_fields.items():
        key = field.alias or name
        if key in preset or name in preset:
            value = preset[key] if key in preset else preset[name]
        elif field.default_factory in SAFE_FACTORIES:
            value = field.default_factory()
        elif field.is_required() or field.default_factory is not None:
            continue
        else:
            value = field.default
        if isinstance(value, ManagedResource):
            continue
        try:
            found[key] = plain(value, key)
        except (TidemillError, ValueError, TypeError):  # a secret, or what JSON cannot say
            continue
    return found
