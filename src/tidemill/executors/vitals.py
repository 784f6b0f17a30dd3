"""What the system gives to processes: processors, and how much memory they have (Linux; elsewhere 0).

What counts is resident memory without pages of files, which the system can drop at any time: mapped artifacts cost a
step nothing. Pages that a worker shares with the server that it was forked from do count.
"""

from __future__ import annotations

import os
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def usable_cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def resident(pid: int | str = "self") -> int:
    """Bytes of a process that are in memory, pages of files left out; 0 where there is no telling."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123  (after each step)
            _, total, of_files, *_ = file.read().split()
    except OSError:
        return 0
    return (int(total) - int(of_files)) * PAGE


def resident_with_descendants(pid: int) -> int:
    """The same, with all that it started and that is still its own."""
    return resident(pid) + sum(resident_with_descendants(child) for child in children_of(pid))


def children_of(pid: int) -> list[int]:
    """Process ids of the children of a process; none where the system does not tell."""
    try:
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text(encoding="ascii").split()
        ]
    except OSError:
        return []
