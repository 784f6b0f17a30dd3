"""What a step needs besides its inputs: resources and I/O managers, set up once and torn down at the end.

In the process that drives a run they are set up before the first step. A worker process sets up what a unit needs when
its first order comes, and keeps it until the run ends.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

from tidemill.core.errors import UnknownResourceError
from tidemill.definitions.project import Project
from tidemill.definitions.resources.resource_set import Resources, ResourceSet
from tidemill.definitions.units.unit import DEFAULT_IO_MANAGER, ComputeUnit
from tidemill.work.orders import RunInfo
from tidemill.work.values import manager_key


def resource_keys(units: Iterable[ComputeUnit], project: Project) -> list[str]:
    """Resources and I/O managers that some units need, of those that the project has."""
    if not project.resources:
        return []
    keys: dict[str, None] = {}
    for unit in units:
        keys.update(dict.fromkeys(sorted(unit.required_resources)))
        keys.update(dict.fromkeys(output.manager for output in unit.gives if output.manager is not None))
        keys.update(dict.fromkeys(wire.manager for wire in unit.wires if wire.manager is not None))
        for unit_input in unit.inputs:
            if unit_input.is_argument:
                keys[unit_input.manager or manager_key(project, unit_input.asset) or DEFAULT_IO_MANAGER] = (
                    None
                )
    return [key for key in keys if key in project.resources]


def with_default_manager(project: Project, configured: Container[str]) -> Project:
    """The project with an I/O manager that keeps files in place of the store, where a run gives it config.

    Args:
        project: All definitions.
        configured: Keys of the resources that the run gives config to.
    """
    if DEFAULT_IO_MANAGER not in configured or DEFAULT_IO_MANAGER in project.resources:
        return project
    from tidemill.io.managers import FilesystemIOManager  # noqa: PLC0415  (few runs need it)

    return project._replace(resources={**project.resources, DEFAULT_IO_MANAGER: FilesystemIOManager()})


class Outfit:
    """Resources of one run in one process; they are torn down when `stack` closes.

    Args:
        stack: Owns them.
        project: Has them.
        configs: Config by resource key.
        run: The run that they are set up for.
        instance: The store in the compatible interface.

    Attributes:
        values: Those that are set up, by key; it grows.
    """

    def __init__(
        self,
        stack: ExitStack,
        project: Project,
        configs: Mapping[str, Mapping[str, Any]],
        run: RunInfo,
        instance: Callable[[], Any],
    ) -> None:
        self.values: dict[str, Any] = {}
        self._stack = stack
        self._project = project
        self._configs = configs
        self._run = run
        self._instance = instance

    def provide(self, units: Iterable[ComputeUnit]) -> Mapping[str, Any]:
        """Set up what the units need and is not there yet; everything that is.

        Raises:
            ResourceError: One could not be set up.
        """
        return self.provide_keys(resource_keys(units, self._project))

    def provide_keys(self, keys: Iterable[str]) -> Mapping[str, Any]:
        """The same for resources by key."""
        if self._project.resources:
            missing = [key for key in keys if key not in self.values]
            if missing:
                more = ResourceSet(
                    self._project.resources,
                    self._configs,
                    keys=missing,
                    run=self._run,
                    instance=self._instance,
                )
                self.values.update(self._stack.enter_context(more))
        return self.values


class Managers(Mapping[str, Any]):
    """Resources by key, each set up when it is first asked for: for the values of a run whose steps ran elsewhere.

    Args:
        project: Has them.
        outfit: Sets them up.
    """

    def __init__(self, project: Project, outfit: Outfit) -> None:
        self._project = project
        self._outfit = outfit

    def __getitem__(self, key: str) -> Any:
        if key not in self._project.resources:
            raise KeyError(key)
        return self._outfit.provide_keys([key])[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._project.resources)

    def __len__(self) -> int:
        return len(self._project.resources)


def namespace(resources: Mapping[str, Any], unit: ComputeUnit) -> Any:
    """What a step sees as `context.resources`."""
    if not unit.required_resources:
        return _NO_RESOURCES
    return Resources({key: resources[key] for key in unit.required_resources})


class _NoResources:
    """`context.resources` of a step that needs none."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnknownResourceError(
            f"This asset did not ask for a resource {name!r}",
            subject=name,
            found="no required resources",
            expected=f"a parameter `{name}: <resource class>`, or required_resource_keys={{{name!r}}}",
        )


_NO_RESOURCES = _NoResources()
