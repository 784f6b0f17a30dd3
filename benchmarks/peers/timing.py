"""The child that times what happens inside one process: a chain, or a plan.

A module that calls `main` is started as `python -m MODULE WORKLOAD FOLDER`; the median is left in a file, because
tools write what they like to the standard output.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

# A workload gets a folder of its own and gives back what is to be timed; whatever it prepares is not timed.
Workload = Callable[[Path], Callable[[], object]]

MEDIAN = "seconds"
ENOUGH_SECONDS = 1.0
ENOUGH_TURNS = 9
LONG_SECONDS = 10.0


def main(workloads: Mapping[str, Workload], rest: float = 0.0) -> None:
    """Time the workload that the command line names, until it has been enough.

    The first turn does not count, unless it is so long that what it loads is nothing beside it.

    Args:
        workloads: What can be asked for.
        rest: Seconds to wait before each turn, where another process is still busy with the one before it.
    """
    name, folder = sys.argv[1], Path(sys.argv[2])
    seconds: list[float] = []
    for turn in range(ENOUGH_TURNS + 1):
        place = folder / str(turn)
        place.mkdir()
        elapsed = _timed(workloads[name](place))
        if turn or elapsed > LONG_SECONDS:
            seconds.append(elapsed)
        if sum(seconds) > ENOUGH_SECONDS:
            break
        time.sleep(rest)
    (folder / MEDIAN).write_text(repr(statistics.median(seconds)))


def _timed(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def expect(found: object, expected: object) -> None:
    """Stop where a tool has not done the work that it was timed for."""
    if found != expected:
        raise AssertionError(f"found {found!r}, expected {expected!r}")
