"""What users write, as frozen values. The modules named here may be imported from the layers above.

    decorators ──lowering──▶ ComputeUnit ──assembly──▶ Project ──▶ planning, execution

`specs`, `results`, `policies`, `partitions`, `jobs` hold the values; `assets`, `checks`, `definitions` what
users are given back; `unit` and `project` what the layers above read. Nothing of them is imported: `@asset` is quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType


class _Package(ModuleType):
    """This package, which bears the name of a public decorator: `@definitions` means that one."""

    def __call__(self, fn: object) -> object:
        return import_module("tidemill.compat.gathering").definitions(fn)


sys.modules[__name__].__class__ = _Package
