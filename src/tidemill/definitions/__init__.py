"""What users write, as frozen values. The modules named here may be imported from the layers above.

    decorators ──lowering──▶ ComputeUnit ──assembly──▶ Project ──▶ planning, execution

Rooms, each importing those before it only:

    calendar                points in time        resources     what a run opens and closes
    partitions              how assets are cut    triggers      jobs, schedules, sensors, requests
    conditions              when to make them     graphs        ops and what is composed of them
    specs                   what is said of them  assets        what users are given back
    units                   what all lowers to    checks        the same for checks
    config                  classes of config

In the hall: what all rooms use (`values`, `arguments`, `types`, `policies`, `hooks`, `executors`, `results`), and
what gathers them (`run_config`, `assembly`, `loading`, `definitions`, `project`). Nothing is imported here:
`@asset` is quick.
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
