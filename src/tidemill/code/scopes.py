"""Modules as the code in them sees them: live names beside what the source says of each.

chain `helpers.MIN_DF` ──names──▶ live value
                       ──import statements──▶ the module that defines it, so that `why` can name it
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any, NamedTuple

from tidemill.code.bindings import Binding
from tidemill.code.project import Project, module_of
from tidemill.code.sources import NO_MODULE, Source, Sources

MISSING: Any = object()
# Decorators of these change nothing that a file does not say.
STEADY = frozenset(
    {"abc", "builtins", "contextlib", "dataclasses", "enum", "functools", "tidemill", "typing"}
)


class Scope(NamedTuple):
    """The globals of a module. `file` is None where they come from no file, as in a notebook."""

    names: dict[str, Any]
    module: str
    file: str | None
    source: Source | None
    where: str

    @property
    def label(self) -> str:
        """The module as a person knows it."""
        if self.module == "__main__" and self.file:
            return os.path.basename(self.file).removesuffix(".py")  # noqa: PTH119
        return self.module

    def binding(self, name: str) -> Binding | None:
        """What the source says of a name."""
        return self.source.module.bindings.get(name) if self.source is not None else None


class Library(NamedTuple):
    """Something that is not the user's: its top-level module, empty where its version does not count."""

    top: str


class Place(NamedTuple):
    """Where a name is defined."""

    scope: Scope
    name: str
    value: Any


class Scopes:
    """All modules of the user's that were looked at."""

    def __init__(self, project: Project, sources: Sources) -> None:
        self.project = project
        self.sources = sources
        self.late_imports: dict[
            str, None
        ] = {}  # modules that were not loaded until a function's import was followed
        self._known: dict[int, Scope] = {}

    def of(self, names: dict[str, Any]) -> Scope:
        """The scope of some globals."""
        scope = self._known.get(id(names))
        if scope is None:
            module = str(names.get("__name__", "?"))
            path = names.get("__file__")
            file = os.path.abspath(path) if isinstance(path, str) else None  # noqa: PTH100
            source = self.sources.at(file) if file is not None and self.project.owns(file) else None
            where = self.project.where(file, module)
            scope = self._known[id(names)] = Scope(names, module, file if source else None, source, where)
        return scope

    def of_file(self, path: str) -> Scope | None:
        """The scope of the module that came from a file; None where it is not loaded."""
        module = self.project.modules.get(path)
        return self.of(vars(module)) if module is not None else None

    def library(self, module: str) -> Library:
        """The library that a module belongs to."""
        top = module.partition(".")[0]
        return Library("" if top in sys.stdlib_module_names or top in ("tidemill", "__main__") else top)

    def defining(self, scope: Scope, name: str) -> Place | Library | None:
        """Where a name of a module was defined, import statements undone; None where there is no such name."""
        for _ in range(100):  # a module may import a name from itself
            value = scope.names.get(name, MISSING)
            if value is MISSING:
                value = sys.modules.get(f"{scope.module}.{name}", MISSING)
                return None if value is MISSING else Place(scope, name, value)
            origin = self._origin(scope, name, value)
            if isinstance(origin, Library):
                return origin
            if origin is None:
                break
            scope, name = origin
        return Place(scope, name, value)

    def _origin(self, scope: Scope, name: str, value: Any) -> tuple[Scope, str] | Library | None:
        """The module that the import statement of a name takes it from; None where none says so."""
        binding = scope.binding(name)
        if binding is None:
            return self._star(scope, name, value)
        if binding.kind != "import" or not binding.simple:
            return None
        module_name, imported = self.absolute(scope, binding.target)
        module = sys.modules.get(module_name)
        if module is None:
            return None
        if not self.project.owns_module(module):
            return self.library(module_name)
        if (
            imported
            and vars(module).get(imported, MISSING) is value
            and not issubclass(type(value), ModuleType)
        ):
            return self.of(vars(module)), imported
        return None

    def _star(self, scope: Scope, name: str, value: Any) -> tuple[Scope, str] | Library | None:
        for target in reversed(scope.source.module.stars if scope.source else NO_MODULE.stars):
            module_name, _ = self.absolute(scope, target + ":")
            module = sys.modules.get(module_name)
            if module is not None and vars(module).get(name, MISSING) is value:
                owned = self.project.owns_module(module)
                return (self.of(vars(module)), name) if owned else self.library(module_name)
        return None

    def absolute(self, scope: Scope, target: str) -> tuple[str, str]:
        """Module and name of an import as it is written (`:1:helpers:clean`)."""
        _, level, module, name = target.split(":")
        if level != "0":
            package = scope.names.get("__package__") or ""
            base = package.rsplit(".", int(level) - 1)[0] if int(level) > 1 else package
            module = f"{base}.{module}" if module else base
        return module, name

    def imported(self, name: str) -> ModuleType | Library | str:
        """The module that a function imports for itself; a text where it is the user's and cannot be imported.

        The user's own modules are imported, as the function would; libraries are not.
        """
        module = sys.modules.get(name)
        if module is None:
            if not self._is_own_name(name.partition(".")[0]):
                return self.library(name)
            try:
                module = importlib.import_module(name)
            except Exception as error:  # noqa: BLE001  (the user's code: whatever it raises is told)
                return f"module {name}, which cannot be imported ({type(error).__name__})"
            self.late_imports[name] = None
            self.project.look_for_modules()
        return module if self.project.owns_module(module) else self.library(name)

    def _is_own_name(self, top: str) -> bool:
        if top in sys.modules:
            return self.project.owns_module(sys.modules[top])
        if top in sys.stdlib_module_names:
            return False
        try:
            spec = PathFinder.find_spec(top)
        except (ImportError, ValueError):
            return False
        places = [spec.origin or "", *(spec.submodule_search_locations or ())] if spec is not None else []
        return any(place and self.project.owns(os.path.join(place, "x")) for place in places)  # noqa: PTH118

    def is_steady(self, scope: Scope, chain: str, among: frozenset[str] = STEADY) -> bool:
        """Whether a decorator comes from a module that is known to add nothing of its own."""
        root = chain.partition(".")[0]
        value = scope.names.get(root, MISSING)
        if value is MISSING:
            value = getattr(sys.modules["builtins"], root, None)
        module = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        return isinstance(module, str) and module.partition(".")[0] in among

    def of_class(self, cls: type) -> Scope | None:
        """The scope that a class of the user's was defined in; None for any other class."""
        module = sys.modules.get(module_of(cls))
        if module is None or not self.project.owns_module(module):
            return None
        return self.of(vars(module))
