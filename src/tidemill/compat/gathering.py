"""Definitions from where they stand: modules, packages, the folder of definitions of a project."""

from __future__ import annotations

import inspect
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

from tidemill.compat.definitions import Definitions, Repository
from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions import definitions as declared
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.assembly import flattened
from tidemill.definitions.assets.assets import AssetChecksDefinition, AssetsDefinition
from tidemill.definitions.assets.sources import SourceAsset
from tidemill.definitions.definitions import definitions_of_module
from tidemill.definitions.loading import defined_in
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.triggers.schedules import ScheduleDefinition
from tidemill.definitions.triggers.sensors import SensorDefinition

SORTS: Mapping[str, tuple[type, ...]] = {
    "asset_checks": (AssetChecksDefinition,),
    "assets": (AssetsDefinition, SourceAsset, AssetSpec),
    "schedules": (ScheduleDefinition,),
    "sensors": (SensorDefinition,),
}
COMPONENTS = ("defs.yaml", "component.yaml")


class DeclaredDefinitions(Definitions):
    """What `@definitions` gives; calling it gives itself, as tests have it."""

    def __init__(self, given: Definitions) -> None:
        self.__dict__.update(given.__dict__)

    def __call__(self) -> Definitions:
        """The definitions."""
        return self


def definitions(fn: Callable[[], Any]) -> DeclaredDefinitions:
    """Decorate a function that gives a `Definitions` object; it is called at once.

    Raises:
        InvalidDefinitionError: It takes an argument, or gives something else.
    """
    name = getattr(fn, "__name__", "definitions")
    if inspect.signature(fn).parameters:
        raise wrong_type(
            name, "parameters", list(inspect.signature(fn).parameters), "none: there is no context here"
        )
    given = fn()
    if not isinstance(given, Definitions):
        raise wrong_type(name, "what it gave", given, "a Definitions object")
    return DeclaredDefinitions(given)


class DeclaredRepository(DeclaredDefinitions, Repository):
    """What `@repository` gives: definitions with a name.

    Attributes:
        name: Of the repository.
        description: For the reader.
    """

    def __init__(self, given: Definitions, name: str, description: str | None) -> None:
        super().__init__(given)
        self.name = name
        self.description = description


def repository(
    definitions_fn: Callable[[], Iterable[Any]] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    default_executor_def: Any = None,
    default_logger_defs: Mapping[str, Any] | None = None,
) -> Any:
    """Decorate a function that gives a list of definitions; it is called at once. `Definitions` is the newer form.

    Args:
        definitions_fn: The function, where the decorator is used without parentheses.
        name: Name of the repository; the function's where it is not given.
        description: For the reader; the docstring where it is not given.
        metadata, default_executor_def, default_logger_defs: As `metadata`, `executor` and `loggers` of `Definitions`.

    Raises:
        InvalidDefinitionError: The function gives no list.
    """

    def declare(fn: Callable[[], Iterable[Any]]) -> DeclaredRepository:
        given = fn()
        if not isinstance(given, (list, tuple)):
            raise wrong_type(
                fn.__name__, "what it gave", given, "a list of assets, jobs, schedules and sensors"
            )
        sorts: dict[str, Any] = {}
        for each in flattened(given):
            sort = next((sort for sort, classes in SORTS.items() if isinstance(each, classes)), "jobs")
            sorts.setdefault(sort, []).append(each)
        made = Definitions(
            **sorts, executor=default_executor_def, loggers=default_logger_defs, metadata=metadata
        )
        return DeclaredRepository(made, name or fn.__name__, description or inspect.getdoc(fn))

    return declare if definitions_fn is None else declare(definitions_fn)


def load_definitions_from_modules(
    modules: Iterable[ModuleType],
    resources: Mapping[str, Any] | None = None,
    loggers: Mapping[str, Any] | None = None,
    executor: Any = None,
) -> Definitions:
    """The sum of what modules define at their top level, `Definitions` objects apart.

    Args:
        modules: Where to look; an object that several of them name counts once.
        resources, loggers, executor: As of `Definitions`.
    """
    parts = []
    for module in modules:
        loose = ModuleType(module.__name__)
        vars(loose).update({k: v for k, v in vars(module).items() if not hasattr(v, "validate_loadable")})
        parts.append(definitions_of_module(loose))
        parts.append(Definitions(defined_in([vars(loose)], AssetSpec)))
    return _sum(*parts, Definitions(resources=resources, loggers=loggers, executor=executor))


def load_definitions_from_module(
    module: ModuleType,
    resources: Mapping[str, Any] | None = None,
    loggers: Mapping[str, Any] | None = None,
    executor: Any = None,
) -> Definitions:
    """As `load_definitions_from_modules`, for one module."""
    return load_definitions_from_modules([module], resources, loggers, executor)


def load_definitions_from_current_module(
    resources: Mapping[str, Any] | None = None,
    loggers: Mapping[str, Any] | None = None,
    executor: Any = None,
) -> Definitions:
    """As `load_definitions_from_modules`, for what the calling module has defined so far."""
    names = sys._getframe(1).f_globals
    module = ModuleType(names.get("__name__", "?"))
    vars(module).update(names)
    return load_definitions_from_modules([module], resources, loggers, executor)


def load_definitions_from_package_module(
    package_module: ModuleType,
    resources: Mapping[str, Any] | None = None,
    loggers: Mapping[str, Any] | None = None,
    executor: Any = None,
) -> Definitions:
    """As `load_definitions_from_modules`, for a package and all modules in it, which are imported."""
    return load_definitions_from_modules(_modules_of(package_module), resources, loggers, executor)


def load_definitions_from_package_name(
    package_name: str,
    resources: Mapping[str, Any] | None = None,
    loggers: Mapping[str, Any] | None = None,
    executor: Any = None,
) -> Definitions:
    """As `load_definitions_from_package_module`, for the package of that name."""
    return load_definitions_from_package_module(import_module(package_name), resources, loggers, executor)


def load_defs(defs_root: ModuleType, project_root: Path | None = None) -> Definitions:
    """The sum of all modules of a package, each with its `Definitions` object or what it defines without one.

    Args:
        defs_root: The package.
        project_root: Not needed.

    Raises:
        InvalidDefinitionError: A folder has components in YAML.
    """
    del project_root
    for folder in getattr(defs_root, "__path__", ()):
        for path in sorted(Path(folder).rglob("*.yaml")):
            if path.name in COMPONENTS:
                raise InvalidDefinitionError(
                    "Definitions are written in Python here, not in YAML",
                    subject=str(path),
                    found=str(path),
                    expected="modules with assets, checks and jobs",
                    next_step="write what the component makes as @asset functions in a module beside it",
                )
    return _sum(*map(definitions_of_module, _modules_of(defs_root)))


def load_from_defs_folder(
    *, path_within_project: Path | None = None, project_root: Path | None = None
) -> Definitions:
    """The sum of the folder of definitions of a project, as its `pyproject.toml` names it.

    Under `[tool.dg.project]`, `root_module` is the project's package, and `defs_module` the folder in it: by default
    `ROOT_MODULE.defs`.

    Args:
        path_within_project: Any path of the project.
        project_root: Older name of it.

    Raises:
        InvalidDefinitionError: There is no such file upward of the path, or it names no package.
    """
    start = Path(path_within_project or project_root or ".").resolve()
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            said = (
                tomllib.loads(path.read_text(encoding="utf-8"))
                .get("tool", {})
                .get("dg", {})
                .get("project", {})
            )
            root = said.get("root_module")
            if root is not None:
                return load_defs(import_module(said.get("defs_module", f"{root}.defs")))
    raise InvalidDefinitionError(
        "No pyproject.toml says where the definitions are",
        subject=str(start),
        found=f"none with [tool.dg.project] in {start} or above",
        expected='[tool.dg.project] with root_module = "…"',
        next_step="write it, or load_definitions_from_package_name(…)",
    )


def _sum(*parts: declared.Definitions) -> Definitions:
    merged: Any = Definitions.merge(*parts)
    return merged  # type: ignore[no-any-return]  # of the class that merges


def _modules_of(package: ModuleType) -> list[ModuleType]:
    infos = walk_packages(getattr(package, "__path__", ()), f"{package.__name__}.")
    return [package, *(import_module(info.name) for info in infos)]
