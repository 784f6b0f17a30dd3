"""Modules of the promised interface that are no files here: packages beside it, and modules inside it.

The root puts a finder at the end of `sys.meta_path`; what no other finder knows, and is asked for under `tidemill.`, is
looked up here. Two answers:

    tidemill.mlflow           ImportError, with what to use instead
    tidemill._core.errors     the public names: tests import errors from such modules, and each name exists only once
"""

from __future__ import annotations

import sys
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
        return ModuleSpec(fullname, _PublicNames(), is_package=True)
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


class _PublicNames(Loader):
    """Loads a module that has the public names."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Inside(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__getattr__"] = _public
