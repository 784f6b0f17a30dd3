"""Resources outside of any run, for tests and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from tidemill.core.errors import InvalidInvocationError
from tidemill.definitions.resource_set import InitResourceContext, ManagedResource, Resources, ResourceSet


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
            from tidemill.definitions.config import resolve_run_config  # noqa: PLC0415  (loads pydantic)

            raw = {"resources": resource_config}
            resolved = resolve_run_config(
                units=(), resources=resources, raw=raw, job_name="build_resources", keys=resources
            )
            config = resolved.resources
        self._set = ResourceSet(
            resources, config, keys=resources, run=dagster_run, instance=lambda: instance, log=log_manager
        )

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
        resources: Behind `context.resources`: values. (What must be set up first is for `build_resources`.)
        instance: Behind `context.instance`.
        log_manager: Behind `context.log`.

    Raises:
        InvalidInvocationError: One of `resources` makes its value only in a run.
    """
    for key, resource in (resources or {}).items():
        if isinstance(resource, ManagedResource) and not hasattr(resource, "setup_for_execution"):
            raise InvalidInvocationError(
                f"The resource {key!r} has no value yet",
                subject=key,
                found=f"an object of type {type(resource).__name__}",
                expected="a value",
                next_step="set it up first: with build_resources({…}) as values",
            )
    return InitResourceContext(
        resource_config=config,
        resources=Resources(resources or {}),
        instance=lambda: instance,
        log=log_manager,
    )
