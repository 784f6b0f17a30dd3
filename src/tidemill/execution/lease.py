"""Which process this is, told so that another one on the same machine can see whether it is still there."""

from __future__ import annotations

import os
import platform
from functools import lru_cache
from pathlib import Path

from tidemill.core.records import Lease


def current_lease() -> Lease:
    """The lease of this process."""
    return _lease_of(os.getpid())


@lru_cache(maxsize=1)
def _lease_of(pid: int) -> Lease:
    return Lease(platform.node(), _boot_id(), pid, process_started(pid) or 0)


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def process_started(pid: int) -> int | None:
    """When a process began, in clock ticks since boot; None where there is no such process, or no way to tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name in parentheses may hold blanks; start time is field 22 (proc(5)).
    return int(stat.rpartition(")")[2].split()[19])
