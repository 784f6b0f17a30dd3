"""Resources that are functions: `@resource`, and the base of `@io_manager`.

The function is given an `InitResourceContext`, where it takes one, and returns the value or, as a generator,
yields it and tears it down afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import _GeneratorContextManager, contextmanager, nullcontext
from types import GeneratorType
from typing import Any, TypeVar

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.resources.resource_set import InitResourceContext, ManagedResource
from tidemill.definitions.units.signatures import read_signature

R = TypeVar("R", bound="ResourceDefinition")


class ResourceDefinition(ManagedResource):
    """A resource that a function makes.

    Args:
        resource_fn: Takes an `InitResourceContext`, or nothing; returns the value, or yields it once.
        config_schema: Of its config: a dict of types, a `Config` subclass, or one type. Without one it takes any dict.
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
    def mock_resource(cls, description: str | None = None) -> ResourceDefinition:
        """A resource whose value is a `MagicMock`, for tests."""

        def mock(_: Any = None) -> Any:
            from unittest.mock import MagicMock  # noqa: PLC0415  (0.1 s that only tests pay)

            return MagicMock()

        return ResourceDefinition(mock, description=description)

    @classmethod
    def string_resource(cls, description: str | None = None) -> ResourceDefinition:
        """A resource whose value is the text that its config is."""
        return ResourceDefinition(lambda context: context.resource_config, str, description)

    @classmethod
    def none_resource(cls, description: str | None = None) -> ResourceDefinition:
        """A resource whose value is None."""
        return cls.hardcoded_resource(None, description)

    def configured(self: R, config: Any) -> R:
        """A copy that has some of its config already; a run may still give other values.

        Raises:
            InvalidDefinitionError: `config` is no dict, where the schema is none of one type.
        """
        copy = object.__new__(type(self))
        copy.__dict__.update(
            self.__dict__, _preset={**self._preset, **self._as_dict(config, "configured(…)")}
        )
        return copy

    def _as_dict(self, config: Any, where: str) -> Mapping[str, Any]:
        if isinstance(config, Mapping):
            return config
        if self.config_schema is not None:
            from tidemill.definitions.config.schemas import (  # noqa: PLC0415  (loads pydantic)
                is_whole,
                whole,
            )

            if is_whole(self.config_schema):
                return whole(config)
        raise wrong_type(type(self).__name__, where, config, "a dict of config")

    def __call__(self, context: InitResourceContext | None = None) -> Any:
        """Call the function as a test does, with the context's config checked and completed.

        Raises:
            InvalidConfigError: It does not fit `config_schema`.
        """
        context = context if context is not None else InitResourceContext()
        return self._call(self._configured(context, "root:config"))

    def _call(self, context: InitResourceContext) -> Any:
        return self.resource_fn(context) if self._takes_context else self.resource_fn()

    def _configured(self, context: InitResourceContext, path: str) -> InitResourceContext:
        """The context with all of the config in it, as the schema has it."""
        given = {**self._preset, **self._as_dict(context.resource_config, "its config")}
        if self.config_schema is None:
            return context.replaced(given, context.resources)
        from tidemill.definitions.config.schemas import build_config  # noqa: PLC0415  (loads pydantic)

        config = build_config(self.config_schema, given, path)
        return context.replaced(
            dict(config) if hasattr(type(config), "model_fields") else config, context.resources
        )

    def _finish(self, made: Any, context: InitResourceContext) -> Any:
        """What a run is given of what the function made."""
        del context
        return made

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
        context = self._configured(context, path)
        made = self._call(context)
        if isinstance(made, GeneratorType):
            generator = made
            made = contextmanager(lambda: generator)()
        elif not isinstance(made, _GeneratorContextManager):  # of a function under @contextmanager
            made = nullcontext(made)
        with made as value:
            yield self._finish(value, context)

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


def make_values_resource(**kwargs: Any) -> ResourceDefinition:
    """A resource whose value is its config, which a run gives.

    Args:
        **kwargs: Name → type; without any, all that is given.

    Example:
        >>> make_values_resource(depth=int)(InitResourceContext(resource_config={"depth": 3}))
        {'depth': 3}
    """
    return ResourceDefinition(lambda context: context.resource_config, kwargs or None)


def is_function(given: object) -> bool:
    """Whether a decorator was used bare: it was given the function itself, not a schema."""
    return callable(given) and not isinstance(given, type)
