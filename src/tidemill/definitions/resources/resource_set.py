"""Resources of a run: set up once, in the order of their needs, and torn down in reverse, whatever happens.

    key → definition, config ──ResourceSet──▶ key → value ──▶ parameters, context.resources

Any object is a resource, its own value. One that is *managed* makes its value: it
names the resources that it needs and opens itself as a context manager. Nothing here loads pydantic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, ClassVar, TypeGuard

from tidemill.core.errors import (
    CircularDependencyError,
    InvalidConfigError,
    InvalidDefinitionError,
    ResourceError,
    UnknownResourceError,
)
from tidemill.core.suggest import did_you_mean


class ManagedResource:
    """What makes a value for a run."""

    __tidemill_resource__: ClassVar[bool] = True

    def required_keys(self) -> Iterable[str]:
        """Keys of the resources that its function reads."""
        return ()

    def nested(self) -> Iterable[object]:
        """Managed resources that its fields hold."""
        return ()

    def launch_schema(self) -> tuple[Any, Mapping[str, Any]]:
        """What its config is described by (None: it takes any), and the part that it has already."""
        raise NotImplementedError

    def opened(
        self, context: InitResourceContext, value_of: Callable[[object], object], path: str
    ) -> AbstractContextManager[Any]:
        """The value, for as long as it is open; `value_of` gives those of nested ones, `path` is for messages."""
        raise NotImplementedError


def is_managed(value: object) -> TypeGuard[ManagedResource]:
    """Whether this makes a value for a run. A mock that only says that it is of the class is a plain value."""
    return issubclass(type(value), ManagedResource)


class Resources:
    """Values of resources as attributes, as `context.resources`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        known = list(self.__dict__)
        raise UnknownResourceError(
            f"There is no resource {name!r} here",
            subject=name,
            found=name,
            expected=", ".join(known) or "no resources were asked for",
            next_step=did_you_mean(name, known)
            or f"ask for it, as a parameter or by required_resource_keys={{{name!r}}}",
        )

    def _asdict(self) -> dict[str, Any]:
        """Key → value, as of a named tuple."""
        return dict(self.__dict__)

    def __repr__(self) -> str:
        return f"Resources({', '.join(self.__dict__)})"


class InitResourceContext:
    """What a resource is given while it is set up and torn down.

    Args:
        resource_config: Its config.
        resources: Values of the resources that it needs.
        run: The run: `.id`, `.job_name`, `.tags`; None outside of one.
        instance: Gives the store in the compatible interface.
        log: A logger; that of Tidemill by default.
    """

    def __init__(
        self,
        *,
        resource_config: Mapping[str, Any] | None = None,
        resources: Resources | None = None,
        run: Any = None,
        instance: Callable[[], Any] | None = None,
        log: Any = None,
    ) -> None:
        self.resource_config: Mapping[str, Any] = resource_config or {}
        self.resources = resources or Resources({})
        self.run = run
        self._instance = instance
        self._log = log

    @property
    def dagster_run(self) -> Any:
        """The run."""
        return self.run

    @property
    def run_id(self) -> str | None:
        """Id of the run."""
        return None if self.run is None else self.run.id

    @property
    def instance(self) -> Any:
        """The store, or None where the context has none."""
        return self._instance() if self._instance is not None else None

    @property
    def log(self) -> Any:
        """A logger."""
        if self._log is None:
            import logging  # noqa: PLC0415  (10 ms that few resources need)

            self._log = logging.getLogger("tidemill")
        return self._log

    def replace_config(self, config: Any) -> InitResourceContext:
        """The same context with other config."""
        return self.replaced(config, self.resources)

    def with_instance(self, instance: Callable[[], Any]) -> InitResourceContext:
        """This context, with a store."""
        self._instance = instance
        return self

    def __enter__(self) -> InitResourceContext:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def replaced(self, resource_config: Mapping[str, Any], resources: Resources) -> InitResourceContext:
        """The same surroundings for another resource."""
        return InitResourceContext(
            resource_config=resource_config,
            resources=resources,
            run=self.run,
            instance=self._instance,
            log=self._log,
        )


class ResourceSet:
    """The resources of a run.

    Args:
        resources: Key → managed resource or any object; more than are needed.
        config: Key → what the run gives to it.
        keys: Those that are needed; what they need themselves comes with them.
        run, instance, log: For the contexts that they are given.

    Example:
        >>> with ResourceSet({"limit": 3}, {}, keys=["limit"]) as values:
        ...     values["limit"]
        3
    """

    def __init__(
        self,
        resources: Mapping[str, object],
        config: Mapping[str, Mapping[str, Any]],
        *,
        keys: Iterable[str],
        run: Any = None,
        instance: Callable[[], Any] | None = None,
        log: Any = None,
    ) -> None:
        self._resources = resources
        self._config = config
        self._keys = tuple(keys)
        self._surroundings = InitResourceContext(run=run, instance=instance, log=log)
        self._key_of = _keys_by_identity(resources)
        self._open: list[tuple[str, AbstractContextManager[object]]] = []
        self._path: list[str] = []
        self.values: dict[str, Any] = {}

    def start(self) -> None:
        """Set up what is needed; where one cannot be, those before it are torn down.

        Raises:
            ResourceError: Setting one up raised, which is the error's cause.
            UnknownResourceError: A needed one was not provided.
            CircularDependencyError: They need one another.
            InvalidConfigError: The config of one does not fit, or names a variable that is not set.
        """
        try:
            for key in self._keys:
                self._set_up(key)
        except BaseException as error:
            for failure in self._tear_down():
                error.add_note(f"While it was torn down, a resource failed too: {failure.problem}")
            raise

    def close(self) -> None:
        """Tear down, last first; all of them, even where one fails."""
        failures = self._tear_down()
        if failures:
            for other in failures[1:]:
                failures[0].add_note(f"Another resource failed too: {other.problem}")
            raise failures[0] from failures[0].__cause__

    def __enter__(self) -> Mapping[str, Any]:
        self.start()
        return self.values

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        for failure in self._tear_down():
            error.add_note(f"Afterwards a resource failed too: {failure.problem}")

    def _set_up(self, key: str) -> Any:
        if key in self.values:
            return self.values[key]
        if key not in self._resources:
            raise _unknown(key, self._path, self._resources)
        if key in self._path:
            circle = (*self._path[self._path.index(key) :], key)
            raise CircularDependencyError(
                f"Resources need one another: {' → '.join(circle)}", path=circle, subject=key
            )
        self._path.append(key)
        value = self.values[key] = self._value(key, self._resources[key], self._config.get(key, {}))
        self._path.pop()
        return value

    def _value(self, key: str, resource: Any, config: Mapping[str, Any]) -> Any:
        if not is_managed(resource):
            return resource
        needs = Resources({needed: self._set_up(needed) for needed in resource.required_keys()})
        context = self._surroundings.replaced(config, needs)
        manager = resource.opened(
            context, lambda nested: self._nested(key, nested), f"root:resources:{key}:config"
        )
        try:
            value = manager.__enter__()
        except (InvalidConfigError, InvalidDefinitionError, ResourceError):
            raise
        except Exception as error:
            raise _failed(key, "set up", error) from error
        self._open.append((key, manager))
        return value

    def _nested(self, key: str, resource: object) -> Any:
        """The value of a resource that is a field of another: shared where it has a key of its own."""
        own = self._key_of.get(id(resource))
        return self._set_up(own) if own is not None else self._value(key, resource, {})

    def _tear_down(self) -> list[ResourceError]:
        failures = []
        while self._open:
            key, manager = self._open.pop()
            try:
                manager.__exit__(None, None, None)
            except Exception as error:  # noqa: BLE001  (the others must be torn down too)
                failure = _failed(key, "torn down", error)
                failure.__cause__ = error
                failures.append(failure)
        self.values.clear()
        return failures


def needed_keys(resources: Mapping[str, object], keys: Iterable[str]) -> Iterator[str]:
    """`keys`, and all that they need, as far as `resources` has them; each once."""
    key_of = _keys_by_identity(resources)
    found: dict[str, None] = {}
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        resource: Any = resources.get(key)
        if key in found or resource is None:
            continue
        found[key] = None
        inner: list[Any] = [resource] if is_managed(resource) else []
        while inner:
            managed = inner.pop()
            waiting += managed.required_keys()
            for nested in managed.nested():
                own = key_of.get(id(nested))
                waiting += [own] if own is not None else []
                inner += [nested] if own is None else []
    yield from found


def _keys_by_identity(resources: Mapping[str, object]) -> dict[int, str]:
    return {id(resource): key for key, resource in resources.items() if is_managed(resource)}


def _unknown(key: str, path: list[str], known: Mapping[str, object]) -> UnknownResourceError:
    needed_by = f", which {path[-1]!r} needs," if path else ""
    return UnknownResourceError(
        f"The resource with key {key!r}{needed_by} was not provided",
        subject=key,
        found=f"provided are: {', '.join(known)}" if known else "no resources were provided",
        expected=f"a resource under the key {key!r}",
        next_step=did_you_mean(key, known) or f"give it: resources={{{key!r}: …}}",
    )


def _failed(key: str, what: str, error: Exception) -> ResourceError:
    return ResourceError(
        f"The resource {key!r} could not be {what}: {type(error).__name__}: {error}",
        subject=key,
        found=f"{type(error).__name__}, raised by the resource's own code",
        expected=f"a resource that can be {what}",
        next_step=f"correct the code or the config of {key!r}; its exception is the cause of this one",
    )
