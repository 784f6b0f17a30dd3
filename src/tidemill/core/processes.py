"""Other processes of this machine: whether they run, and since when. One that nobody has reaped has ended."""

from __future__ import annotations

import os
from pathlib import Path


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
