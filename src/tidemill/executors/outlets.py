"""What a worker writes past Python, in order with what it writes through Python.

    os.write(1, …), C code, child processes ─▶ pipe ─peek─▶ log ─consume      (the driver)
    print, context.log ─▶ settle: is the pipe empty? ─▶ log                   (the worker)

A line of Python's goes to the log at once. It waits until the pipes are empty, and the driver empties a pipe only when
what was in it is in the log: so none overtakes another.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import errno
import fcntl
import os
import sys
import termios
import time
from functools import lru_cache
from typing import Any

PATIENCE = 0.2
"""Seconds that a line waits for the driver at most, who may be busy."""

HASTE = 4.0
"""Seconds in which no line waits after one has waited in vain: a child that never pauses must not slow a step down."""

GLANCE = 0.0002
CHUNK = 1 << 13  # some thousand lines of the shortest kind cost the driver a twentieth of a second
SPLICE_F_NONBLOCK = 2


class Outlets:
    """The pipes behind standard output and standard error of a worker, whatever user code does to its descriptors."""

    def __init__(self) -> None:
        self._pipes = [os.dup(1), os.dup(2)]  # not inherited by what the step executes
        self._hasty_until = 0.0

    def __enter__(self) -> Outlets:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            os.close(pipe)
        self._pipes = []

    def restore(self) -> None:
        """Have descriptors 1 and 2 lead here again."""
        for pipe, descriptor in zip(self._pipes, (1, 2), strict=True):
            os.dup2(pipe, descriptor)

    def settle(self) -> bool:
        """Wait, for a short time, until the driver has taken what is in them; whether it has."""
        if not self._holds_any():
            return True
        now = began = time.monotonic()
        while now >= self._hasty_until and self._holds_any():
            time.sleep(GLANCE)
            now = time.monotonic()
            if now - began > PATIENCE:
                self._hasty_until = now + HASTE
        return not self._holds_any()

    def _holds_any(self) -> bool:
        count = array.array("i", [0])
        for pipe in self._pipes:
            with contextlib.suppress(OSError):
                fcntl.ioctl(pipe, termios.FIONREAD, count)
            if count[0]:
                return True
        return False


def peek(pipe: int) -> bytes | None:
    """What is in a pipe; it stays there (on Linux). None where there is nothing yet, b"" where nothing will come."""
    if sys.platform != "linux":
        try:
            return os.read(pipe, CHUNK)
        except BlockingIOError:
            return None
    copy_out, copy_in = _copies()
    count = _libc().tee(pipe, copy_in, CHUNK, SPLICE_F_NONBLOCK)
    if count < 0:
        number = ctypes.get_errno()
        if number in (errno.EAGAIN, errno.EINTR):
            return None
        raise OSError(number, os.strerror(number))
    return os.read(copy_out, count) if count else b""


def consume(pipe: int, count: int) -> None:
    """Take out of a pipe what was looked at."""
    if sys.platform == "linux":
        while count > 0:
            count -= len(os.read(pipe, count))


@lru_cache(maxsize=1)
def _copies() -> tuple[int, int]:
    return os.pipe()


@lru_cache(maxsize=1)
def _libc() -> Any:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.tee.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_size_t, ctypes.c_uint]
    libc.tee.restype = ctypes.c_ssize_t
    return libc
