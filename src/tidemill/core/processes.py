"""Processes of this machine: forks, ends with their parents, whether one runs and since when.

One that nobody has reaped has ended.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import warnings
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # prctl(2)


def fork() -> int:
    """`os.fork`, without the warning about threads: what this process has loaded has them, and nothing here uses it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def die_with(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the system send this process a signal when its parent is gone."""
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it was, before we asked
            os._exit(1)


def outlive_parent() -> None:
    """Take `die_with` back."""
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, 0)


def adopt_orphans() -> None:
    """Have the orphans among this process's descendants become its children."""
    if sys.platform == "linux":
        _prctl(PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def process_started(pid: int) -> int | None:
    """When a process began, in clock ticks since boot; None where there is no such process, or no way to tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name in parentheses may hold blanks; start time is field 22 (proc(5)). A zombie is gone.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def is_running(pid: int) -> bool:
    """Whether there is a process of that number that has not ended."""
    if Path("/proc/self").exists():
        return process_started(pid) is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
