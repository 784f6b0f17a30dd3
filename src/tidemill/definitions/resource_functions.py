"""Resources that are functions: `@resource`, and the base of `@io_manager`.

The function is given an `InitResourceContext`, where it takes one, and returns the value or, as a generator,
yields it and tears it down afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.resource_set import InitResourceContext, ManagedResource
from tidemill.definitions.signatures import read_signature

R = TypeVar("R", bound="ResourceDefinition")


class ResourceDefinition(ManagedResource):
    """A resource that a function makes.

    Args:
        resource_fn: Takes an `InitResourceContext`, or nothing; returns the value, or yields it once.
        config_schema: Of its config: a dict of types, or a `Config` subclass. Without one it takes any dict.
        description: For the reader.
        required_resource_keys: Resources that it reads from `context.resources`.
        version: Not in this version: it must be None.

    Raises:
        InvalidDefinitionError: The function takes more than the context, or `version` was given.
    """

    def __init__(
        self,
        resource_fn: Callable[..., Any],
        config_schema: Any = None,
        description: str | None = None,
        required_resource_keys: Iterable[str] | None = None,
        version: str | None = None,
    ) -> None:
        name = getattr(resource_fn, "__name__", type(self).__name__)
        if version is not None:
            raise InvalidDefinitionError(
                f"This version of Tidemill does not have {type(self).__name__}(version=)",
                subject="version",
                found=repr(version),
                expected="no version: a resource counts by its code and its config",
            )
        signature = read_signature(resource_fn, name)
        parameters = [*signature.inputs, *signature.resources]
        if parameters[not signature.context :]:
            raise wrong_type(name, "parameters", parameters, "the context, or none")
        self._takes_context = bool(parameters) or signature.context
        self._yields = signature.flow == "generator"
        self._preset: Mapping[str, Any] = {}
        self.required_resource_keys = frozenset(required_resource_keys or ())
        self.resource_fn = resource_fn
        self.config_schema = config_schema
        self.description = description

    @classmethod
    def hardcoded_resource(cls, value: Any, description: str | None = None) -> ResourceDefinition:
        """A resource whose value is `value`."""
        return ResourceDefinition(lambda: value, description=description)

    @classmethod
    def none_resource(cls, description: str | None = None) -> ResourceDefinition:
        """A resource whose value is None."""
        return cls.hardcoded_resource(None, description)

    def configured(self: R, config: Mapping[str, Any]) -> R:
        """A copy that has some of its config already; a run may still give other values.

        Raises:
            InvalidDefinitionError: `config` is no dict.
        """
        if not isinstance(config, Mapping):
            raise wrong_type(type(self).__name__, "configured(...)", config, "a dict of config")
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__, _preset={**self._preset, **config})
        return copy

    def __call__(self, context: InitResourceContext | None = None) -> Any:
        """Call the function as a test does."""
        return self._call(context if context is not None else InitResourceContext())

    def _call(self, context: InitResourceContext) -> Any:
        return self.resource_fn(context) if self._takes_context else self.resource_fn()

    def required_keys(self) -> frozenset[str]:
        """Resources that must be there first."""
        return self.required_resource_keys

    def launch_schema(self) -> tuple[Any, Mapping[str, Any]]:
        """What its config is described by, and what it has already."""
        return self.config_schema, self._preset

    @contextmanager
    def opened(
        self, context: InitResourceContext, value_of: Callable[[object], object], path: str
    ) -> Iterator[Any]:
        """The value, for as long as the context manager is open."""
        del value_of
        config = {**self._preset, **context.resource_config}
        if self.config_schema is not None:
            from tidemill.definitions.config import build_config  # noqa: PLC0415  (loads pydantic)

            config = dict(build_config(self.config_schema, config, path))
        context = context.replaced(config, context.resources)
        if self._yields:
            with contextmanager(self._call)(context) as value:
                yield value
        else:
            yield self._call(context)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self.resource_fn, '__name__', '…')})"


def resource(
    config_schema: Any = None,
    description: str | None = None,
    required_resource_keys: Iterable[str] | None = None,
    version: str | None = None,
) -> Any:
    """Make a resource of a function; usable bare or with arguments, those of `ResourceDefinition`.

    Example:
        >>> @resource(config_schema={"retries": int})
        ... def client(context):
        ...     return context.resource_config["retries"]
        >>> client(InitResourceContext(resource_config={"retries": 3}))
        3
    """
    if is_function(config_schema):
        return ResourceDefinition(config_schema)
    return lambda fn: ResourceDefinition(fn, config_schema, description, required_resource_keys, version)


def is_function(given: object) -> bool:
    """Whether a decorator was used bare: it was given the function itself, not a schema."""
    return callable(given) and not isinstance(given, type)
