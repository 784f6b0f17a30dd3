"""The process behind `warm_command`: imports Tidemill once, then forks a child for each command or program."""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

LOADED = (
    "tidemill.cli.commands.materialize",
    "tidemill.cli.outlooks",
    "tidemill.cli.view",
    "tidemill.compat.instance",
    "tidemill.definitions.config.config",
    "tidemill.definitions.resources.resources",
    "tidemill.definitions.executors",
    "tidemill.code.loading",
    "tidemill.execution.runs",
    "tidemill.execution.outlook",
)
LONGEST = 100
"""Seconds until a child is taken for one that hangs."""


def serve(loaded: tuple[str, ...]) -> None:
    """Read what is asked, one a line, and answer each with its exit code and what it printed."""
    for name in loaded:
        import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                os._exit(_child(asked, out.fileno(), err.fileno()))
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode())
        print(json.dumps([code, *texts]), flush=True)


def _child(asked: dict[str, Any], out: int, err: int) -> int:
    """In the child: one command or program, from a state as if the interpreter had just begun."""
    signal.alarm(LONGEST)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.path[:0] = asked["path"]
    null = os.open(os.devnull, os.O_RDONLY)
    for number, descriptor in enumerate((null, out, err)):
        os.dup2(descriptor, number)
    sys.stdout = os.fdopen(1, "w", buffering=1, encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8")
    code = 70
    try:
        code = _program(asked["program"]) if "program" in asked else _command(asked["words"])
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _command(words: list[str]) -> int:
    from tidemill.cli.main import main

    return main(words)


def _program(path: str) -> int:
    """Run a file as `python FILE` does."""
    sys.argv = [path]
    sys.path[0] = str(Path(path).absolute().parent)
    runpy.run_path(path, run_name="__main__")
    return 0


if __name__ == "__main__":
    serve((*LOADED, *sys.argv[1:]))
