"""How many threads numeric libraries may use, told to those that are loaded and to those that will be.

A library reads the environment once, when it is loaded; one that is loaded is told by `threadpoolctl`, where that is
installed. It looks through every shared object of the process for those it knows, which takes 10 ms where there are
hundreds: the server looks before it forks, and its workers look again only after something has been imported.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from tidemill.executors.vitals import usable_cores

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
)


class ThreadLimits:
    """The limits of this process and of those that are forked from it; what the user has set counts for more."""

    def __init__(self) -> None:
        self._free = tuple(name for name in VARIABLES if name not in os.environ)
        self._limit: int | None = None
        self._libraries: Any = None
        self._modules = 0

    def look(self) -> None:
        """Find the libraries that are loaded, unless nothing was imported since the last time."""
        if "numpy" not in sys.modules or len(sys.modules) == self._modules or not self._free:
            return
        self._modules = len(sys.modules)
        try:
            from threadpoolctl import ThreadpoolController  # noqa: PLC0415  (not needed by most)
        except ImportError:
            return
        self._libraries = ThreadpoolController()

    def set(self, threads: int) -> dict[str, str]:
        """Limit each library to so many threads.

        Returns:
            The variables that were set in the environment.
        """
        if threads == self._limit:
            return {}
        limited, self._limit = self._limit is not None, threads
        said = dict.fromkeys(self._free, str(threads))
        os.environ.update(said)
        # They begin with all processors; to be told so has them start threads, which wait for work at full speed.
        if limited or threads < usable_cores():
            self.look()
            if self._libraries is not None:
                self._libraries.limit(limits=threads)
        return said
