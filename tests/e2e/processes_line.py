"""What tests of processes share: commands in the background, what is left of them, and what the store says."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from command_line import COMMAND, Done, environment, tidemill, write

from tidemill.core.keys import AssetKey
from tidemill.core.records import RunState, StepState
from tidemill.home import Home
from tidemill.work.logs import LogLine, read_log

LONG = 20.0
"""Seconds after which a test gives up; none of them should take one."""


def eventually(condition: Callable[[], Any], seconds: float = LONG) -> Any:
    """What `condition` gives once that is true; as it is after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def processes_of(folder: Path) -> list[int]:
    """Processes that descend from a command which was run in `folder`: its HOME is in their environment."""
    mark = f"HOME={folder}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return sorted(found)


def is_gone(folder: Path) -> bool:
    """Whether nothing is left that a command in `folder` started."""
    return not processes_of(folder)


@contextlib.contextmanager
def started(
    folder: Path, *words: str, ignoring: int | None = None, **changes: str | None
) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs while the block does; `ignoring` is a signal that it is to find ignored."""
    child = subprocess.Popen(
        [*COMMAND, *words],
        cwd=folder,
        env=environment(folder, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=None if ignoring is None else lambda: signal.signal(ignoring, signal.SIG_IGN),
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()
        for pid in processes_of(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def materialize(folder: Path, *words: str, source: str | None = None, **changes: str | None) -> Done:
    """Run the pipeline `p.py` of the folder."""
    if source is not None:
        write(folder, "p.py", source)
    return tidemill(folder, "materialize", "-f", "p.py", *words, **{"TIDEMILL_GRACE": "0.3", **changes})


class Told:
    """What the store in a folder says; opening it is what the next command would do."""

    def __init__(self, folder: Path) -> None:
        self.home = Home.open(folder / ".tidemill", create=False)

    def run(self, number: int = 1) -> RunState:
        """A run."""
        return self.home.store.run(str(number))

    def steps(self, number: int = 1) -> dict[str, StepState]:
        """Its steps by name."""
        return {state.step: state for state in self.home.store.steps(self.run(number).run.id)}

    def statuses(self, number: int = 1) -> dict[str, str]:
        """What became of its steps."""
        return {name: state.status for name, state in self.steps(number).items()}

    def error(self, step: str, number: int = 1) -> str:
        """The message of a step's error."""
        error = self.steps(number)[step].error
        return error.message if error is not None else ""

    def lines(self, step: str, attempt: int = 1, number: int = 1) -> list[LogLine]:
        """What an attempt wrote."""
        folder = self.home.log_folder(self.run(number).run.id)
        assert folder is not None
        path = folder / f"{step}.{attempt}.jsonl"
        return read_log(path) if path.exists() else []

    def texts(self, step: str, attempt: int = 1, number: int = 1) -> list[str]:
        """The same, without when and where."""
        return [line.text for line in self.lines(step, attempt, number)]

    def value(self, asset: str) -> Any:
        """The latest value of an asset."""
        version = self.home.latest(AssetKey(asset), None)
        assert version is not None, f"{asset} was never made"
        return self.home.load(version)

    def values(self, assets: list[str]) -> list[Any]:
        """The latest values of several."""
        return [self.value(asset) for asset in assets]


@contextlib.contextmanager
def told(folder: Path) -> Iterator[Told]:
    """The store of a folder."""
    found = Told(folder)
    try:
        yield found
    finally:
        found.home.close()
