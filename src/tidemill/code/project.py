"""What is the user's own code: modules whose source is neither the standard library, nor installed, nor Tidemill.

An editable install lies outside of `site-packages` and is therefore own code, as it should be: its version says
nothing about it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

INSTALLED = frozenset({"site-packages", "dist-packages"})
STANDARD = os.path.dirname(os.path.abspath(os.__file__))  # noqa: PTH100, PTH120  (asked ten thousand times)
NO_NAMES: dict[str, Any] = {}
TIDEMILL = str(Path(__file__).parent.parent)


class Project:
    """The user's code in this process. Files are absolute paths, as text."""

    def __init__(self, root: Path | None) -> None:
        self.root = str(root.absolute()) if root is not None else None
        self._folders: dict[str, bool] = {}
        self._classes: dict[str, bool] = {}
        self._files: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        self.modules: dict[str, ModuleType] = {}
        self.look_for_modules()

    def look_for_modules(self) -> None:
        """Note the modules that are loaded by now, by their files."""
        for module in list(sys.modules.values()):
            path = getattr(module, "__dict__", NO_NAMES).get("__file__")  # a lazy module is left alone
            # Thousands are loaded, and few are the user's: only the path of one is made absolute.
            if isinstance(path, str) and self.owns(path) and path.endswith(".py"):
                self.modules.setdefault(os.path.abspath(path), module)  # noqa: PTH100

    def owns(self, path: str) -> bool:
        """Whether a file is the user's own."""
        folder = path.rpartition(os.sep)[0]
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = path[:1] != "<" and not _is_foreign(folder)
        return known

    def owns_module(self, module: ModuleType) -> bool:
        """Whether a module is the user's own; one without a file is where it came from no file at all."""
        path = getattr(module, "__dict__", NO_NAMES).get("__file__")
        if isinstance(path, str):
            return self.owns(self._absolute(path))
        folders = getattr(module, "__path__", None)  # a folder without `__init__.py`
        if folders is not None:
            return any(self.owns(os.path.join(folder, "x")) for folder in folders)  # noqa: PTH118
        top = sys.modules.get(module.__name__.partition(".")[0], module)
        if top is not module:
            return self.owns_module(top)
        return module.__name__ == "__main__" or getattr(module, "__spec__", None) is None

    def owns_names(self, names: dict[str, Any]) -> bool:
        """The same, by the globals of a function."""
        path = names.get("__file__")
        if isinstance(path, str):
            return self.owns(self._absolute(path))
        module = sys.modules.get(names.get("__name__", ""))
        if module is not None and vars(module) is names:
            return self.owns_module(module)
        return names.get("__name__") not in sys.stdlib_module_names

    def file_of_code(self, code: CodeType) -> str:
        """The file that code was compiled from; a name in angle brackets where there is none."""
        name = code.co_filename
        path = self._files.get(name)
        if path is None:
            path = self._files[name] = name if name[:1] == "<" else self._absolute(name)
        return path

    def _absolute(self, name: str) -> str:
        path = self._paths.get(name)
        if path is None:
            path = self._paths[name] = os.path.abspath(name)  # noqa: PTH100
        return path

    def owns_function(self, fn: FunctionType) -> bool:
        """Whether a function was written by the user."""
        path = self.file_of_code(fn.__code__)
        return self.owns_names(fn.__globals__) if path[:1] == "<" else self.owns(path)

    def owns_class(self, cls: type) -> bool:
        """Whether a class was written by the user."""
        name = module_of(cls)
        known = self._classes.get(name)
        if known is None:
            module = sys.modules.get(name)
            known = self._classes[name] = module is not None and self.owns_module(module)
        return known

    def owns_definition(self, value: Any) -> bool:
        """Whether a value is a function or class of the user's."""
        if type(value) is FunctionType:
            return self.owns_function(value)
        return issubclass(type(value), type) and self.owns_class(value)

    def where(self, path: str | None, module: str) -> str:
        """How a file is shown: from the root of the project; else as its module would lie below a root."""
        if path is None or path[:1] == "<":
            return module
        if self.root is not None and path.startswith(self.root + os.sep):
            return path[len(self.root) + 1 :].replace(os.sep, "/")
        depth = module.count(".") + (os.path.basename(path) == "__init__.py")  # noqa: PTH119
        return "/".join(path.split(os.sep)[-depth - 1 :])  # noqa: PTH206


def module_of(cls: type) -> str:
    """The module that a class says it is from."""
    module = getattr(cls, "__module__", None)
    return module if isinstance(module, str) else "?"


def _is_foreign(folder: str) -> bool:
    return (
        (folder + os.sep).startswith((STANDARD + os.sep, TIDEMILL + os.sep))
        or not INSTALLED.isdisjoint(folder.split(os.sep))  # noqa: PTH206
    )
