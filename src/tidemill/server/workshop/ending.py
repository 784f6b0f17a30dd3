"""How a process that was forked from the bench begins and ends: its own output, and an end that takes nothing apart."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
import traceback
from typing import NoReturn

from tidemill.core.secrets import mask


def become(output: int) -> None:
    """Print to a descriptor from now on, and read nothing."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(null)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def finish() -> NoReturn:
    """End as the interpreter would, with everything that asked to be called, but take nothing apart."""
    code = 0
    if sys.exc_info()[0] is not None:
        code = 1
        sys.stderr.write(mask(traceback.format_exc()))
    try:
        with contextlib.suppress(Exception):
            threading._shutdown()  # type: ignore[attr-defined]  # waits for threads that are not daemons
            atexit._run_exitfuncs()
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
    finally:
        os._exit(code)
