"""Resources outside of any run, for tests and scripts."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from tidemill.definitions.resources.resource_set import (
    InitResourceContext,
    Resources,
    ResourceSet,
    is_managed,
)


class build_resources:
    """Set resources up for a test or a script: a context manager that gives their values as attributes.

    Args:
        resources: Key → resource.
        instance: Behind `context.instance` of those that ask.
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

    def __init__(
        self,
        resources: Mapping[str, Any],
        instance: Any = None,
        resource_config: Mapping[str, Any] | None = None,
        dagster_run: Any = None,
        log_manager: Any = None,
    ) -> None:
        config: Mapping[str, Mapping[str, Any]] = {}
        if resource_config:
            from tidemill.definitions.run_config import (  # noqa: PLC0415  (loads pydantic)
                resolve_run_config,
            )

            raw = {"resources": resource_config}
            resolved = resolve_run_config(
                units=(), resources=resources, raw=raw, job_name="build_resources", keys=resources
            )
            config = resolved.resources
        self._set = ResourceSet(
            resources,
            config,
            keys=resources,
            run=dagster_run,
            instance=self._store(instance),
            log=log_manager,
        )

    def _store(self, given: Any) -> Callable[[], Any]:
        return lambda: given

    def __enter__(self) -> Resources:
        return Resources(self._set.__enter__())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._set.__exit__(kind, error, trace)


def build_init_resource_context(
    config: Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
    instance: Any = None,
    log_manager: Any = None,
) -> InitResourceContext:
    """A context to set a resource up with, in a test.

    Args:
        config: Behind `context.resource_config`.
        resources: Behind `context.resources`; set up at once, and torn down when the context is gone.
        instance: Behind `context.instance`.
        log_manager: Behind `context.log`.

    Raises:
        ResourceError: One of `resources` could not be set up.
    """
    values: Mapping[str, Any] = resources or {}
    owned = None
    if any(is_managed(resource) for resource in values.values()):
        owned = ResourceSet(values, {}, keys=values, instance=lambda: instance, log=log_manager)
        owned.start()
        values = owned.values
    context = InitResourceContext(
        resource_config=config, resources=Resources(values), instance=lambda: instance, log=log_manager
    )
    if owned is not None:
        weakref.finalize(context, owned.close)
    return context
