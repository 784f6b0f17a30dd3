"""Run one command as a process of its own, in a tool's environment, and take its time."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.peers.report import MOST_SECONDS, Finished
from benchmarks.peers.timing import MEDIAN
from benchmarks.peers.tools import NO_TELEMETRY, Tool
from benchmarks.run import ROOT

ENVIRONMENTS = ROOT / ".venv-peers"
# Settings of whoever runs this that would change what is measured.
NOT_PASSED_ON = ("DAGSTER_", "HAMILTON_", "KEDRO_", "PREFECT_", "PYTHON", "TIDEMILL_")


def variables(tool: Tool, home: Path) -> dict[str, str]:
    """The environment variables that every command of a tool gets; its settings lie in `home`."""
    programs = ENVIRONMENTS / tool.environment / "bin"
    passed = {name: value for name, value in os.environ.items() if not name.startswith(NOT_PASSED_ON)}
    return {
        **passed,
        **NO_TELEMETRY,
        "HOME": str(home),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }


def run(tool: Tool, command: str, folder: Path, environment: Mapping[str, str]) -> Finished:
    """Run a command of a tool, with an empty or used folder for what it stores."""
    words = [word.format(folder=folder) for word in shlex.split(command)]
    # A file, and not a pipe: whoever reads a pipe takes time of the one that writes.
    with tempfile.TemporaryFile() as file:
        start = time.perf_counter()
        child = subprocess.Popen(
            words,
            cwd=ROOT / tool.folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        # `wait` with a time-out looks every 50 ms only, so another thread watches the clock.
        alarm = threading.Timer(MOST_SECONDS, os.killpg, (child.pid, signal.SIGKILL))
        alarm.start()
        try:
            code = child.wait()
            seconds = time.perf_counter() - start
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
        finally:
            alarm.cancel()
        file.seek(0)
        output = file.read().decode(errors="replace")
    median = folder / MEDIAN
    if code == 0 and median.exists():
        seconds = float(median.read_text())
    return Finished(code, seconds, output)


def noted(notes: Path) -> tuple[int, int]:
    """How many processes left notes in a folder, and for how many steps."""
    files = list(notes.iterdir())
    return len(files), sum(len(file.read_text().splitlines()) for file in files)


def version(distribution: str, environment: Mapping[str, str]) -> str:
    """The version of what a tool's environment has installed."""
    script = f"from importlib.metadata import version; print(version({distribution!r}))"
    done = subprocess.run(
        ["python", "-c", script], env=dict(environment), stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.strip()
