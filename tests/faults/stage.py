"""A folder with a graph and a store: starts commands there, ends their processes, and looks at what is left."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tidemill.core.records import FINAL_RUN_STATUSES, Artifact, RunState
from tidemill.executors.vitals import children_of
from tidemill.home import Home
from tidemill.storage import Store

COMMAND = [sys.executable, "-P", "-m", "tidemill.cli"]
OWN_FRAME = "cli/main.py"
"""In a traceback of our own: an error that nobody foresaw."""

QUIET = 2.0
"""Seconds after which nothing of a run may be left that was killed."""


class Extent(NamedTuple):
    """How much is done: the short form belongs to every test run, the long one is `make faults`.

    Attributes:
        kills: How many processes, or groups of them, are killed.
        crowd: Seconds of eight runs at once; 0: each runs once.
        rounds: Of everything else.
        seed: Of everything that is drawn.
    """

    kills: int
    crowd: float
    rounds: int
    seed: int


class Stage:
    """A user's folder.

    Args:
        folder: An empty one, with `graph.py` in it.
        home: Of the store.
    """

    def __init__(self, folder: Path, home: Path | None = None) -> None:
        self.folder = folder
        self.home = home or folder / "store"
        self.journal = folder / "journal"
        self.output = folder / "output"

    # Commands

    def start(
        self, *words: str, limit: Callable[[], None] | None = None, **more: str
    ) -> subprocess.Popen[bytes]:
        """Start a command; what it prints is added to `output`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMILL_")}
        with self.output.open("ab") as output:
            return subprocess.Popen(
                [*COMMAND, *words],
                cwd=self.folder,
                env={**kept, "HOME": str(self.folder), "TIDEMILL_HOME": str(self.home), **more},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=limit,
            )

    def run(
        self, *words: str, timeout: float = 60, limit: Callable[[], None] | None = None, **more: str
    ) -> int:
        """Run a command to its end; its exit code."""
        process = self.start(*words, limit=limit, **more)
        try:
            return process.wait(timeout=timeout)
        finally:
            process.kill()
            process.wait()

    def said(self) -> str:
        """All that commands printed."""
        return self.output.read_text(encoding="utf-8", errors="replace") if self.output.exists() else ""

    def undisturbed(self) -> dict[str, str]:
        """What a run makes that nobody disturbs: asset → digest of its value. It has a store of its own."""
        alone = Stage(self.folder, self.folder / "undisturbed")
        assert alone.run("materialize", "-f", "graph.py", "--in-process", FAULTS_WITHOUT_SLEEP="1") == 0
        alone.journal.unlink()
        return alone.data_versions()

    def next_words(self) -> tuple[list[str], str]:
        """The command that goes on from what the store holds; and what that is."""
        latest = self.latest_run()
        if latest is None:
            return ["materialize", "-f", "graph.py"], "no run was recorded"
        number = str(latest.number)
        if latest.status in FINAL_RUN_STATUSES:
            return ["rerun", number, "--from-failure"], f"run {number} {latest.status}"
        return ["rerun", number, "--resume"], f"run {number} is to be resumed"

    # The journal

    def begun(self, since: int = 0) -> list[str]:
        """The steps that began, in order; those from line `since` of the journal on."""
        lines = self._lines()[since:]
        return [name for word, name, _ in (line.split() for line in lines) if word == "begin"]

    def length(self) -> int:
        """How many lines the journal has."""
        return len(self._lines())

    def _lines(self) -> list[str]:
        return self.journal.read_text(encoding="utf-8").splitlines() if self.journal.exists() else []

    # The store, looked at without taking part: a run that is found dead stays as it is

    def latest_run(self) -> RunState | None:
        """The newest run; None where there is no run."""
        if not (self.home / "tidemill.db").exists():
            return None
        with Store.open(self.home, create=False) as store:
            runs = store.runs(limit=1)
            return runs[0] if runs else None

    def succeeded(self) -> set[str]:
        """The steps whose success was committed, in any run."""
        if self.latest_run() is None:
            return set()
        with Store.open(self.home, create=False) as store:
            return {
                state.step
                for run in store.runs()
                for state in store.steps(run.run.id)
                if state.status == "succeeded"
            }

    def data_versions(self) -> dict[str, str]:
        """Asset → digest of its latest value."""
        with Store.open(self.home, create=False) as store:
            wanted = [(key, None) for key in store.asset_keys()]
            latest = store.latest_versions(wanted)
        return {key.to_user_string(): version.data_version for (key, _), version in latest.items()}

    def check(self) -> None:
        """What must hold whatever was killed, and when."""
        if self.latest_run() is None:
            return
        with closing(sqlite3.connect(self.home / "tidemill.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with Store.open(self.home, create=False) as store:
            home = Home(self.home, store)
            by_id = {}
            for key in store.asset_keys():
                versions = store.versions(key, ascending=True)
                assert [version.number for version in versions] == list(range(1, len(versions) + 1))
                for version in versions:
                    value = home.load(version)
                    assert isinstance(value, str)
                    by_id[version.id] = version
            for version in by_id.values():
                assert [by_id[ref.id].data_version for ref in version.inputs] == [
                    ref.data_version for ref in version.inputs
                ]
            for run in store.runs(statuses=FINAL_RUN_STATUSES):
                states = {state.step: state.status for state in store.steps(run.run.id)}
                open_steps = [step for step, status in states.items() if status in ("started", "retrying")]
                assert not open_steps, f"run {run.number} {run.status}, but {open_steps} never ended"
            for artifact in store.artifacts():
                home.artifacts.verify(artifact)
            for path in (self.home / "artifacts").glob("??/*"):
                # Also what no version names: a file under its final name is whole.
                home.artifacts.verify(Artifact(path.name, 0, "", False, ""))

    def unfinished_files(self) -> list[str]:
        """Files that somebody was writing."""
        return [path.name for path in (self.home / "artifacts").glob(".writing-*")]


# Processes


def descendants(pid: int) -> list[int]:
    """All processes that a process has started, and those that these have, and so on."""
    children = children_of(pid)
    return [*children, *[other for child in children for other in descendants(child)]]


def left_in(folder: Path) -> list[int]:
    """The processes whose working folder this is: nobody but commands of ours and their children."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            here = (entry / "cwd").readlink() == folder
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if here and state not in "ZX":
            found.append(int(entry.name))
    return found


def wait_for(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until it holds; whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def commands_of(pids: Iterable[int]) -> list[str]:
    """What processes are, for a message."""
    told = []
    for pid in pids:
        try:
            told.append(
                f"{pid}: {Path(f'/proc/{pid}/cmdline').read_bytes().replace(bytes(1), b' ').decode()}"
            )
        except OSError:
            told.append(f"{pid}: gone")
    return told
