"""Locks between processes that end with their holder: on a file, or on a folder as a whole."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path, *, exclusive: bool, wait: bool = True) -> Iterator[bool]:
    """Hold a lock on a file or folder that exists; whether it could be had, which may be False without `wait`.

    Where the system has no such locks, all may go on.
    """
    if sys.platform == "win32":
        yield True
        return
    import fcntl  # noqa: PLC0415  (not on Windows)

    descriptor = os.open(path, os.O_RDONLY)
    try:
        kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
        try:
            fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # for a child that was forked meanwhile too
    finally:
        os.close(descriptor)
