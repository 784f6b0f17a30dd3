"""Resources that definitions are given before they are gathered: `with_resources`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError
from tidemill.core.suggest import did_you_mean
from tidemill.definitions.assets.assets import UnitDefinition
from tidemill.definitions.assets.sources import SourceAsset
from tidemill.definitions.resources.functions import ResourceDefinition
from tidemill.definitions.resources.resource_set import is_managed, needed_keys
from tidemill.definitions.units.unit import DEFAULT_IO_MANAGER, ComputeUnit
from tidemill.definitions.values import replace


def with_resources(
    definitions: Iterable[Any],
    resource_defs: Mapping[str, Any],
    resource_config_by_key: Mapping[str, Any] | None = None,
) -> Sequence[Any]:
    """Copies of definitions that bring the resources which they need.

    Args:
        definitions: Assets, checks and source assets; anything else stays as it is.
        resource_defs: Key → resource; those that nothing needs are left out.
        resource_config_by_key: Key → `{"config": {…}}`, for resources that take config.

    Raises:
        InvalidDefinitionError: A resource that one needs is not there; or config of one that takes none.
        InvalidInvocationError: A definition brings another one of the same name already.

    Example:
        >>> @asset(required_resource_keys={"limit"})
        ... def top(context) -> int:
        ...     return context.resources.limit
        >>> [bound] = with_resources([top], {"limit": 3})
        >>> bound.resource_defs["limit"]
        3
    """
    resources = dict(resource_defs)
    for key, entry in (resource_config_by_key or {}).items():
        resources[key] = _configured(key, resources, entry)
    return [_bound(definition, resources) for definition in definitions]


def _bound(definition: Any, resources: Mapping[str, Any]) -> Any:
    if isinstance(definition, SourceAsset):
        key, own = definition.io_manager_key or DEFAULT_IO_MANAGER, definition.resource_defs
        keys, name = {key}, definition.key.to_user_string()
        _refuse_others(name, own, resources)
        _demand(
            key, {**resources, **own}, f"The io manager with key {key!r} required by source asset {name!r}"
        )
        return replace(definition, resource_defs={**_of(keys, resources), **own})
    if not isinstance(definition, UnitDefinition):
        return definition
    unit = definition.unit
    _refuse_others(unit.name, unit.resource_defs, resources)
    there = {**resources, **unit.resource_defs}
    for key in sorted(unit.required_resources):
        _demand(key, there, f"The resource with key {key!r} required by op {unit.name!r}")
    for key, side, name in unit.managers:
        _demand(
            key, there, f"The io manager with key {key!r} required by {side} {name!r} of op {unit.name!r}"
        )
    bound = unit._replace(resource_defs={**_of(_needs(unit), resources), **unit.resource_defs})
    return type(definition)(bound)


def _demand(key: str, there: Mapping[str, Any], needed: str) -> None:
    if key not in there and key != DEFAULT_IO_MANAGER:
        raise InvalidDefinitionError(
            f"{needed} was not provided",
            subject=key,
            found=f"provided are: {', '.join(there)}" if there else "no resources were provided",
            expected=f"a resource under the key {key!r}",
            next_step=did_you_mean(key, there) or f"give it: with_resources([…], {{{key!r}: …}})",
        )


def _refuse_others(owner: str, own: Mapping[str, Any], resources: Mapping[str, Any]) -> None:
    for key in sorted(own.keys() & resources.keys()):
        if own[key] is not resources[key]:
            raise InvalidInvocationError(
                f"{owner!r} brings a resource {key!r} already",
                subject=key,
                found=f"{own[key]!r} and {resources[key]!r}",
                expected="one resource for each key",
            )


def _needs(unit: ComputeUnit) -> set[str]:
    return {*unit.required_resources, *(key for key, _, _ in unit.managers), DEFAULT_IO_MANAGER}


def _of(keys: Iterable[str], resources: Mapping[str, Any]) -> dict[str, Any]:
    return {key: resources[key] for key in needed_keys(resources, keys)}


def _configured(key: str, resources: Mapping[str, Any], entry: Any) -> Any:
    resource = resources.get(key)
    config: Any = entry.get("config") if isinstance(entry, Mapping) and set(entry) <= {"config"} else ...
    if config is ... or key not in resources or not is_managed(resource):
        raise InvalidDefinitionError(
            f"Config of the resource {key!r} fits nothing",
            subject=key,
            found=f"{entry!r}, and {'a ' + type(resource).__name__ if key in resources else 'no such resource'}",
            expected='{"config": {…}}, for a resource that takes config',
            next_step="leave it out of resource_config_by_key",
        )
    if isinstance(resource, ResourceDefinition):
        return resource.configured(config)
    return _launched(resource, config)


def _launched(resource: Any, config: Mapping[str, Any]) -> Any:
    """A resource of a class with some of its fields given."""
    cls, fields = resource.launch_schema()
    return cls.configure_at_launch(**{**fields, **config})
