"""Commands that run nothing: a refresh with nothing to do, and the status of many assets over a long history."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import guide
from benchmarks.measuring import in_turn, row
from benchmarks.parallel import COMMAND, GUIDE
from benchmarks.retention import longest_wait
from tidemill.core.events import RunCreated, RunStarted, StepStarted, StepSucceeded
from tidemill.core.records import Run
from tidemill.storage import Store

ROUNDS = 15
ASSETS = 10_000
EVENTS = 1_000_000
FILLER = "filler"

MANY = """
from tidemill import asset

def make(layer, place):
    ups = [f"a_{layer - 1}_{place}", f"a_{layer - 1}_{(place + 1) % 100}"] if layer else []
    names = {}
    exec(f"def a_{layer}_{place}({', '.join(ups)}): return {place}", names)
    return asset(names[f"a_{layer}_{place}"])

assets = [make(layer, place) for layer in range(100) for place in range(100)]
"""


def run() -> list[dict[str, Any]]:
    """Rows of the table."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_unchanged(Path(folder)), *_status(Path(folder))]


def _unchanged(folder: Path) -> list[dict[str, Any]]:
    recorded = os.environ.get("TIDEMILL_HN_CSV")
    stories = folder / "stories.csv"
    guide.write_stories(stories, Path(recorded) if recorded else None)
    root = str(Path(__file__).parent.parent)
    (folder / "pipeline.py").write_text(GUIDE.format(root=root, stories=str(stories)))
    store = ["--home", str(folder / "store")]
    _quietly([*COMMAND, "refresh", "-f", "pipeline.py", *store], folder)
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "refresh": [*COMMAND, "refresh", "-f", "pipeline.py", *store],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(ROUNDS + 1):
        for name, command in in_turn(commands.items(), turn):
            start = time.perf_counter()
            done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
            if turn:
                seconds[name].append((time.perf_counter() - start) * 1000)
            if name == "refresh" and "up to date" not in done.stdout:
                raise AssertionError(done.stdout)
    measured, floor = (statistics.median(seconds[name]) for name in ("refresh", "python"))
    return [
        row(
            "the guide's pipeline unchanged, again: refresh, whole command",
            measured,
            "ms",
            floor=floor,
            must=100,
            aim=50,
        )
    ]


def _status(folder: Path) -> list[dict[str, Any]]:
    (folder / "many.py").write_text(MANY)
    home = folder / "many"
    store = ["--home", str(home)]
    _quietly([*COMMAND, "materialize", "--in-process", "-f", "many.py", *store], folder)
    rate = _fill(home)
    _quietly([*COMMAND, "status", "-f", "many.py", *store], folder)
    seconds, memory = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        process = subprocess.Popen(
            [*COMMAND, "status", "-f", "many.py", *store], cwd=folder, stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - start)
        memory.append(usage.ru_maxrss / 1024)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise AssertionError(f"exit code {process.returncode}")
    what = f"status of {ASSETS:,} assets over {EVENTS:,} events"
    return [
        row(f"{what}: time", statistics.median(seconds), "s", must=0.4, aim=0.2),
        row(f"{what}: memory", statistics.median(memory), "MB", must=100),
        row("an event appended through the real path", 1e6 / rate, "µs", must=1e6 / 30_000, aim=1e6 / 80_000,
            note=f"{rate:,.0f} events a second; at least 30,000, aim 80,000"),
        *longest_wait(home, FILLER),
    ]  # fmt: skip


def _quietly(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def _fill(home: Path) -> float:
    """Add steps of other runs until there are a million events; events a second of doing so, 32 steps a commit."""
    with Store.open(home) as store, store.database() as database:
        (present,) = database.connection.execute("SELECT count(*) FROM events").fetchone()
        store.append(FILLER, [RunCreated(1, Run(FILLER, "job", 1, {})), RunStarted(2)])
        steps = (EVENTS - present) // 2
        began = time.perf_counter()
        for at in range(0, steps, 32):
            events = []
            for number in range(at, min(at + 32, steps)):
                events += [StepStarted(3, f"s{number}"), StepSucceeded(4, f"s{number}", 1)]
            store.append(FILLER, events)
        return steps * 2 / (time.perf_counter() - began)
