"""`tidemill` and `python -m tidemill.cli`: the command line as a process."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys

from tidemill.cli.main import main


def run() -> None:
    """Run the command that the process was given, and end it with the command's exit code.

    It ends as the interpreter would, with everything that asked to be called, but takes nothing apart: where large
    libraries are loaded that takes a third of a second, for memory that the system gets back at once.
    """
    code = main()
    if sys.getprofile() is not None or sys.gettrace() is not None:
        sys.exit(code)  # whoever watches wants to tell what was seen
    try:
        if threading := sys.modules.get("threading"):
            threading._shutdown()  # waits for threads that are not daemons, as `multiprocessing` does in its children
        atexit._run_exitfuncs()
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    run()
