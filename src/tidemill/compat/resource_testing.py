"""Resources outside of any run, as programs of the compatible interface test them: with a store behind the context."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from tidemill.compat.instance import DagsterInstance
from tidemill.definitions import resource_testing as declared
from tidemill.definitions.resources.resource_set import InitResourceContext


class build_resources(declared.build_resources):
    """Set resources up for a test or a script: a context manager that gives their values as attributes.

    Args:
        resources: Key → resource.
        instance: Behind `context.instance` of those that ask; one that nothing outlives by default.
        resource_config: Key → `{"config": {…}}`, as under `resources` in run config.
        dagster_run: Behind `context.run`.
        log_manager: Behind `context.log`.

    Raises:
        InvalidConfigError: The config does not fit, or names a variable that is not set.
        ResourceError: One could not be set up.

    Example:
        >>> with build_resources({"limit": 3}) as resources:
        ...     resources.limit
        3
    """

    def _store(self, given: Any) -> Callable[[], Any]:
        self._stack = ExitStack()
        return store(given, self._stack)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            super().__exit__(kind, error, trace)


def build_init_resource_context(
    config: Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
    instance: DagsterInstance | None = None,
    log_manager: Any = None,
) -> InitResourceContext:
    """A context to set a resource up with, in a test.

    Args:
        config: Behind `context.resource_config`.
        resources: Behind `context.resources`; set up at once, and torn down when the context is gone.
        instance: Behind `context.instance`; a store that nothing outlives by default.
        log_manager: Behind `context.log`.

    Raises:
        ResourceError: One of `resources` could not be set up.

    Example:
        >>> build_init_resource_context(config={"depth": 3}).resource_config["depth"]
        3
    """
    context = declared.build_init_resource_context(config, resources, instance, log_manager)
    if instance is not None:
        return context
    stack = ExitStack()
    weakref.finalize(context, stack.close)
    return context.with_instance(store(None, stack))


def store(given: Any, stack: ExitStack) -> Callable[[], Any]:
    """Gives the store that was given, or one that is made when it is asked for and goes with `stack`."""
    opened = [given] if given is not None else []

    def get() -> Any:
        if not opened:
            opened.append(stack.enter_context(DagsterInstance.ephemeral()))
        return opened[0]

    return get
