"""Resources that are classes: `ConfigurableResource`, with fields as in pydantic.

    class, fields (values, EnvVar, other resources) ──opened──▶ a copy with every variable read ──▶ its value

The instance that a user writes is a definition: it holds names of variables and other definitions, and is
never changed. Each run makes a copy, and calls `setup_for_execution` and `teardown_after_execution` on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from inspect import signature
from types import GeneratorType
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, GetCoreSchemaHandler, PrivateAttr, model_validator
from pydantic_core import core_schema

from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError, InvariantViolationError
from tidemill.core.suggest import did_you_mean
from tidemill.definitions.config.deferral import FrozenModel
from tidemill.definitions.config.validation import build
from tidemill.definitions.resources.resource_set import (
    InitResourceContext,
    ManagedResource,
    ResourceSet,
    is_managed,
)

T = TypeVar("T")
K = TypeVar("K", bound="ConfigurableResource[Any]")


class ResourceMark:
    """Marks a parameter or a field that takes the value of a resource, of whatever type."""

    __tidemill_resource__ = True

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        # The value exists in a run only; until then the field holds what makes it.
        del source, handler
        return core_schema.any_schema()


ResourceParam = Annotated[T, ResourceMark()]
ResourceDependency = Annotated[T, ResourceMark()]


class FieldResource(ManagedResource):
    """A resource that is described by a class with fields."""

    @contextmanager
    def opened(
        self, context: InitResourceContext, value_of: Callable[[object], object], path: str
    ) -> Iterator[Any]:
        """Make a run's copy of the resource and open it."""
        copy = _copy_for_run(*self.launch_schema(), context, value_of, path)
        opened = copy.yield_for_execution(copy.get_resource_context())
        if isinstance(opened, GeneratorType):  # written without @contextmanager
            generator = opened
            opened = contextmanager(lambda: generator)()
        with opened as value:
            yield value


class ConfigurableResource(FrozenModel, FieldResource, Generic[T]):
    """Base of resources with typed fields.

    A field may be given an `EnvVar`, which is read when a run sets the resource up, or another resource.
    Override `setup_for_execution` and `teardown_after_execution`, or `yield_for_execution` for both in one;
    keep what they make in private attributes. `create_resource` gives what the run's code receives: itself.

    Example:
        >>> class Bucket(ConfigurableResource):
        ...     name: str
        ...     def address(self) -> str:
        ...         return f"s3://{self.name}"
        >>> Bucket(name="models").address()
        's3://models'
    """

    _given: dict[str, Any] = PrivateAttr(default_factory=dict)
    _context: InitResourceContext | None = PrivateAttr(default=None)

    @model_validator(mode="wrap")
    @classmethod
    def _remember(cls, data: Any, handler: Callable[[Any], Self]) -> Self:
        instance = handler(data)
        if isinstance(data, Mapping) and instance.__pydantic_private__ is not None:
            instance._given = dict(data)
        return instance

    @classmethod
    def configure_at_launch(cls, **fields: Any) -> PartialResource:
        """A resource whose other fields come with the run: `resources: {KEY: {config: {…}}}`.

        Raises:
            InvalidDefinitionError: There is no field of that name.
        """
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for name in fields:
            if name not in known and name not in cls.model_fields:
                raise InvalidDefinitionError(
                    f"{cls.__name__} has no field {name!r}",
                    subject=name,
                    found=name,
                    expected=", ".join(known),
                    next_step=did_you_mean(name, known),
                )
        return PartialResource(cls, fields)

    # For users to override

    def setup_for_execution(self, context: InitResourceContext) -> None:
        """Prepare; called once a run, before anything uses the resource."""

    def teardown_after_execution(self, context: InitResourceContext) -> None:
        """Clean up; called once a run, if `setup_for_execution` succeeded."""

    def create_resource(self, context: InitResourceContext) -> Any:
        """What the run's code receives."""
        del context
        return self

    def yield_for_execution(self, context: InitResourceContext) -> AbstractContextManager[Any]:
        """Both in one: a context manager that gives what the run's code receives."""
        return self._between_hooks(context)

    @contextmanager
    def _between_hooks(self, context: InitResourceContext) -> Iterator[Any]:
        self.setup_for_execution(context)
        try:
            yield self.create_resource(context)
        finally:
            self.teardown_after_execution(context)

    # Outside of a run

    def get_resource_context(self) -> InitResourceContext:
        """The context that the run's copy was set up with.

        Raises:
            InvariantViolationError: This is no such copy.
        """
        if self._context is None:
            raise InvariantViolationError(
                f"{type(self).__name__} has not been set up by a run",
                subject=type(self).__name__,
                found="the resource as it was defined",
                expected="the copy that a run, or build_resources, made of it",
                next_step="use it within one, or call with_replaced_resource_context(…)",
            )
        return self._context

    def with_replaced_resource_context(self, resource_context: InitResourceContext) -> Self:
        """A copy that has that context."""
        copy = self.model_copy()
        copy._context = resource_context
        return copy

    def process_config_and_initialize(self) -> Any:
        """The value as a run would make it: variables read, `setup_for_execution` called, nothing torn down.

        Raises:
            InvalidInvocationError: The class overrides `yield_for_execution`, which has to be closed.
            InvalidConfigError: A variable is not set.
        """
        if type(self).yield_for_execution is not ConfigurableResource.yield_for_execution:
            raise _must_be_closed(type(self), "process_config_and_initialize")
        context = InitResourceContext()
        # Not through a context manager: collected as garbage, that would tear down.
        copy = _copy_for_run(type(self), self._given, context, _initialized, "root:config")
        copy.setup_for_execution(copy.get_resource_context())
        return copy.create_resource(copy.get_resource_context())

    @classmethod
    def from_resource_context(
        cls, context: InitResourceContext, nested_resources: Mapping[str, Any] | None = None
    ) -> Any:
        """What a function under `@resource` returns to make a resource of this class of its own config.

        Args:
            context: What the function was given.
            nested_resources: Field → value, of the resources that it holds.

        Raises:
            InvalidInvocationError: The class cleans up after itself.
        """
        own = ConfigurableResource
        if (cls.teardown_after_execution, cls.yield_for_execution) != (
            own.teardown_after_execution,
            own.yield_for_execution,
        ):
            raise _must_be_closed(cls, "from_resource_context")
        copy = cls._from(context, nested_resources)
        copy.setup_for_execution(copy.get_resource_context())
        return copy.create_resource(copy.get_resource_context())

    @classmethod
    @contextmanager
    def from_resource_context_cm(
        cls, context: InitResourceContext, nested_resources: Mapping[str, Any] | None = None
    ) -> Iterator[Any]:
        """The same as a context manager, which is torn down at the end."""
        copy = cls._from(context, nested_resources)
        with copy.yield_for_execution(copy.get_resource_context()) as value:
            yield value

    @classmethod
    def _from(cls, context: InitResourceContext, nested: Mapping[str, Any] | None) -> Self:
        return _copy_for_run(cls, dict(nested or {}), context, _initialized, "root:config")

    @contextmanager
    def process_config_and_initialize_cm(self) -> Iterator[Any]:
        """The value as a run would make it, torn down at the end."""
        with ResourceSet({"resource": self}, {}, keys=["resource"]) as values:
            yield values["resource"]

    # For the run

    def nested(self) -> list[object]:
        """Resources that its fields hold."""
        return [value for value in self.__dict__.values() if is_managed(value)]

    def launch_schema(self) -> tuple[type[BaseModel], Mapping[str, Any]]:
        """Its class, and the fields that it was given."""
        return type(self), self._given

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return id(type(self))  # fields may hold dicts


class PartialResource(FieldResource):
    """A resource some of whose fields come with the run; from `configure_at_launch`."""

    __tidemill_launch__ = True

    def __init__(self, cls: type[ConfigurableResource[Any]], fields: Mapping[str, Any]) -> None:
        self.cls = cls
        self.fields = dict(fields)

    def nested(self) -> list[object]:
        """Resources that its fields hold."""
        return [value for value in self.fields.values() if is_managed(value)]

    def launch_schema(self) -> tuple[type[BaseModel], Mapping[str, Any]]:
        """Its class, and the fields that it has."""
        return self.cls, self.fields

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return f"{self.cls.__name__}.configure_at_launch({given})"


def _must_be_closed(cls: type, method: str) -> InvalidInvocationError:
    return InvalidInvocationError(
        f"{cls.__name__} cleans up after itself, so it must be closed",
        subject=cls.__name__,
        found=f"{method}(…)",
        expected="a context manager",
        next_step=f"with {method}_cm(…) as value: …",
    )


def _copy_for_run(
    cls: type[K],
    fields: Mapping[str, Any],
    context: InitResourceContext,
    value_of: Callable[[object], object],
    path: str,
) -> K:
    copy = _through_own_init(build(cls, {**fields, **context.resource_config}, path))
    config = {name: value for name, value in copy if not is_managed(value)}
    for name, value in copy.__dict__.items():
        if is_managed(value):
            copy.__dict__[name] = value_of(value)  # after validation: it need not be of the field's type
    copy._context = context.replaced(config, context.resources)
    return copy


def _through_own_init(made: K) -> K:
    """What the user's own `__init__` makes of the fields, where it takes them: it may prepare private attributes.

    One that takes other things has made the fields of them already.
    """
    cls = type(made)
    init: Any = cls.__init__
    if init is BaseModel.__init__:
        return made
    fields = {field.alias or name: getattr(made, name) for name, field in cls.model_fields.items()}
    try:
        signature(init).bind(made, **fields)
    except TypeError:
        return made
    return cls(**fields)


def _initialized(nested: Any) -> Any:
    initialize = getattr(nested, "process_config_and_initialize", None)
    return nested(InitResourceContext()) if initialize is None else initialize()
