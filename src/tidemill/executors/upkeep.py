"""What a worker does around an attempt so that the next one finds it as the first did.

before   seeds, threads, GPUs, memory's high-water mark
after    working folder, environment and warning filters as they were; what cannot be put back makes it *spent*
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import threading
import warnings

from tidemill.executors.channel import Done
from tidemill.executors.thread_limits import ThreadLimits
from tidemill.executors.vitals import children_of, resident
from tidemill.work.orders import Conditions
from tidemill.work.seeding import RandomState, seed_all

GROWTH = 512 * 1024 * 1024
"""Bytes that a worker may keep of a step before it is replaced: a new one costs milliseconds."""


class Upkeep:
    """The state of this process before its first step, and the way back to it.

    Args:
        limits: Of numeric libraries.
        random: Where the user's code left the random generators, if it seeded them while it was imported. Then every
            step begins from there, as it would in a process of its own, unless it has a seed.
    """

    def __init__(self, limits: ThreadLimits, random: RandomState | None = None) -> None:
        self._limits = limits
        self._random = random
        self._folder = os.getcwd()  # noqa: PTH109  (asked after each step, where a path costs more than the answer)
        self._environment = dict(os.environ)
        self._filters = list(warnings.filters)
        self._threads = set(threading.enumerate())
        self._resident = resident()
        self._cpu = 0.0
        self._encoded: dict[bytes, bytes] = {}
        if "MPLBACKEND" not in os.environ:
            os.environ["MPLBACKEND"] = self._environment["MPLBACKEND"] = "Agg"

    def before(self, conditions: Conditions) -> None:
        """Make ready for an attempt."""
        if self._random is not None and conditions.drawn:
            self._random.restore()
        elif conditions.seed is not None:
            seed_all(conditions.seed)
        if conditions.devices is not None:
            os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(conditions.devices)
        if conditions.threads is not None:
            self._environment.update(self._limits.set(conditions.threads))
        _forget_peak()
        self._encoded = dict(os.environ._data)  # type: ignore[attr-defined]  # as the system has it: comparing texts would decode them all
        self._cpu = processor_time()

    def after(self, conditions: Conditions) -> Done:
        """Clean up; what the attempt has used, and whether the worker is spent."""
        ctypes.CDLL(None).fflush(None)  # what C code printed belongs to this step
        used, memory = processor_time(), peak()
        spent = self._spent(conditions)
        try:
            os.chdir(self._folder)  # without a look where it is: that may be gone
        except OSError:
            spent = "the step took the working folder away"
        if os.environ._data != self._encoded:  # type: ignore[attr-defined]
            os.environ.clear()
            os.environ.update(self._environment)
        if warnings.filters != self._filters:
            warnings.filters[:] = self._filters  # type: ignore[index]
        with warnings.catch_warnings():
            pass  # has Python forget which warnings were shown once already
        return Done(used - self._cpu, used, memory, spent)

    def _spent(self, conditions: Conditions) -> str:
        if conditions.isolation != "pool":
            return "the step asked for a process of its own"
        if threading.active_count() > len(self._threads):
            return "the step left threads behind"
        if children_of(os.getpid()):
            return "the step left processes behind"
        if resident() - self._resident > GROWTH:
            gc.collect()
            if resident() - self._resident > GROWTH:
                return "the step left memory behind"
        return ""


def peak() -> int:
    """The most bytes that were in memory since `before`, pages of files included."""
    try:
        with open("/proc/self/status", "rb") as file:  # noqa: PTH123  (after each step)
            status = file.read()
    except OSError:
        return 0
    start = status.find(b"VmHWM:")
    return int(status[start + 6 : status.index(b"kB", start)]) * 1024 if start >= 0 else 0


def _forget_peak() -> None:
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:  # noqa: PTH123
        file.write("5")  # the high-water mark only (proc_pid_clear_refs(5))


def processor_time() -> float:
    """Seconds that this process and the children that it has waited for have worked."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
