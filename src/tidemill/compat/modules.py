"""Modules of the promised interface that are no files here: packages beside it, and modules inside it.

The root puts a finder at the end of `sys.meta_path`; what no other finder knows, and is asked for under `tidemill.`, is
looked up here. Three answers:

    tidemill.mlflow           ImportError, with what to use instead
    tidemill.duckdb_pandas    the names of the module that it is another spelling of
    tidemill._core.errors     the public names: tests import errors from such modules, and each name exists only once
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from tidemill.compat.names import find, read, table, unsupported

INSIDE = "Modules inside"


def find_spec(fullname: str) -> ModuleSpec | None:
    """How to import `tidemill.…` where no file has it; None where nothing is known of such a module.

    Raises:
        ModuleNotFoundError: Nothing like it is here; the message says what to use.
    """
    name = fullname.partition(".")[2]
    top, _, rest = name.partition(".")
    inside = top.startswith("_") and not top.startswith("__")
    entry = read("modules.txt").get("_" if inside else top)
    if entry is None or rest.rpartition(".")[2][:1].isupper():
        return None  # `from tidemill._core.x import Name` asks for a module when the name is not there
    if entry.area == INSIDE:
        return ModuleSpec(fullname, _Spelling(_Inside, _public), is_package=True)
    if entry.mark == "=" and not rest:
        same = import_module(f"tidemill.{entry.text}")
        return ModuleSpec(fullname, _Spelling(ModuleType, lambda asked: getattr(same, asked)))
    raise ModuleNotFoundError(str(unsupported(f"module {name!r}", name, entry)), name=fullname)


def _public(name: str) -> Any:
    root = sys.modules["tidemill"]
    if name.startswith("__") and name not in root.EXPORTS:
        raise AttributeError(name)
    return getattr(root, name if name in root.EXPORTS else find(name, root.EXPORTS))


class _Inside(ModuleType):
    """A module that stands for one inside.

    Whether `from a import b` asks for a module or a function nobody can tell: should it have been a function, then the
    call is refused.
    """

    def __call__(self, *_: object, **__: object) -> None:
        """Refuse."""
        name = self.__name__.rpartition(".")[2]
        raise unsupported(repr(name), name, table().get(name))


class _Spelling(Loader):
    """Loads a module whose names come from elsewhere."""

    def __init__(self, kind: type[ModuleType], source: Callable[[str], Any]) -> None:
        self._kind, self._source = kind, source

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._kind(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__getattr__"] = self._source
