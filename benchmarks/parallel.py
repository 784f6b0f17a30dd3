"""Steps on parallel workers, from the command line: what a cold run of 65 costs, and what a warm step does.

The floors do the least that gives the same: a bare fork pool for the 65 steps, the module's own import, `np.save` and
two processes that map the file for the array, the plain script for the guide's pipeline.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks import guide
from benchmarks.measuring import in_turn, row

ROUNDS = 9
LEAVES = 64
WARM = 5_000
WIDTH = 1_000
COMMAND = [sys.executable, "-m", "tidemill.cli"]

FAN = """
from tidemill import asset
{imports}

@asset
def root():
    return 1

def make(number):
    @asset(name=f"leaf_{{number}}")
    def leaf(root):
        return root + number
    return leaf

leaves = [make(number) for number in range({leaves})]
"""

HEAVY = "import pandas, sklearn.linear_model, xgboost"

FORK_POOL = """
from multiprocessing import get_context
def leaf(number):
    return 1 + number
if __name__ == "__main__":
    with get_context("fork").Pool(2) as pool:
        print(sum(pool.map(leaf, range(64), chunksize=1)))
"""

ARRAY = """
import numpy as np
from tidemill import asset

@asset
def array():
    return np.ones(100_000_000)

@asset
def first(array):
    return float(array.sum())

@asset
def second(array):
    return float(array.sum())
"""

ARRAY_FLOOR = """
import sys
from multiprocessing import get_context
import numpy as np
def total(path):
    return float(np.load(path, mmap_mode="r").sum())
if __name__ == "__main__":
    np.save(sys.argv[1], np.ones(100_000_000))
    with get_context("fork").Pool(2) as pool:
        print(pool.map(total, [sys.argv[1]] * 2))
"""

MAPPED = """
from tidemill import DynamicOut, DynamicOutput, job, op

@op(out=DynamicOut(int))
def numbers():
    for number in range({width}):
        yield DynamicOutput(number, mapping_key=f"n{{number}}")

@op
def same(number):
    return number

@op
def total(numbers):
    return sum(numbers)

@job
def fan():
    total(numbers().map(same).collect())
"""

GUIDE = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from benchmarks.guide import pipeline
from tidemill import AssetOut, asset, multi_asset

OUTPUTS = {{
    "training_test_data": ("training_data", "test_data"),
    "transformed_train_data": ("tfidf_vectorizer", "transformed_training_data"),
}}
assets = [
    multi_asset(outs={{name: AssetOut() for name in OUTPUTS[function.__name__]}})(function)
    if function.__name__ in OUTPUTS
    else asset(function)
    for function in pipeline(Path({stories!r}))
]
for definition in assets:
    globals()[definition.node_def.name if hasattr(definition, "node_def") else definition.op.name] = definition
"""


def run() -> list[dict[str, Any]]:
    """Rows of the table."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        return [*_cold(where), *_warm(where), *_mapped(where), *_array(where), *_guide(where)]


def _cold(folder: Path) -> list[dict[str, Any]]:
    (folder / "fan.py").write_text(FAN.format(imports="", leaves=LEAVES))
    (folder / "heavy_fan.py").write_text(FAN.format(imports=HEAVY, leaves=LEAVES))
    (folder / "pool.py").write_text(FORK_POOL)
    inside: list[float] = []
    seconds = _whole(
        {
            "pool": lambda: _run([sys.executable, "pool.py"], folder),
            "fan": lambda: inside.append(_materialize(folder, "fan.py")),
            "imports": lambda: _run([sys.executable, "-c", HEAVY], folder),
            "heavy": lambda: _materialize(folder, "heavy_fan.py"),
        }
    )
    what = f"1 + {LEAVES} no-op steps, two processes, cold"
    return [
        row(f"{what}: inside", statistics.median(inside[1:]), "s", must=0.12, aim=0.06),
        row(
            f"{what}: whole command",
            seconds["fan"],
            "s",
            floor=seconds["pool"],
            must=0.25,
            aim=0.15,
            note="the floor is a bare fork pool that remembers nothing",
        ),
        row(
            "the same, in a module that imports pandas, scikit-learn and XGBoost",
            seconds["heavy"],
            "s",
            floor=seconds["imports"],
            judged="above",
            must=0.15,
            aim=0.08,
        ),
    ]


def _warm(folder: Path) -> list[dict[str, Any]]:
    (folder / "many.py").write_text(FAN.format(imports="", leaves=WARM))
    rates = [WARM / _materialize(folder, "many.py") for _ in range(5)]
    per_step = 1000 / statistics.median(rates)
    note = f"{statistics.median(rates):,.0f} steps a second; at least 2,000, aim 5,000"
    return [row("a step on a warm pool, recorded", per_step, "ms", must=0.5, aim=0.2, note=note)]


def _mapped(folder: Path) -> list[dict[str, Any]]:
    (folder / "mapped.py").write_text(MAPPED.format(width=WIDTH))
    seconds = statistics.median([_materialize(folder, "mapped.py", "job", "execute") for _ in range(5)])
    return [row(f"{WIDTH:,} mapped no-op steps, collected, two processes", seconds, "s", must=2.0, aim=1.0)]


def _array(folder: Path) -> list[dict[str, Any]]:
    (folder / "large.py").write_text(ARRAY)
    (folder / "floor.py").write_text(ARRAY_FLOOR)
    peak: list[int] = []
    seconds = _whole(
        {
            "floor": lambda: _run([sys.executable, "floor.py", "array.npy"], folder),
            "assets": lambda: peak.append(_peak_of(folder, "large.py")),
        },
        after=lambda: (folder / "array.npy").unlink(missing_ok=True),
    )
    what = "800 MB array made in one step, summed by two others"
    return [
        row(what, seconds["assets"], "s", floor=seconds["floor"], judged="ratio", must=1.3, aim=1.15),
        row(f"{what}: memory of all processes (PSS)", statistics.median(peak) / 1e9, "GB", must=0.9),
    ]


def _guide(folder: Path) -> list[dict[str, Any]]:
    recorded = os.environ.get("TIDEMILL_HN_CSV")
    stories = folder / "stories.csv"
    guide.write_stories(stories, Path(recorded) if recorded else None)
    root = str(Path(__file__).parent.parent)
    (folder / "pipeline.py").write_text(GUIDE.format(root=root, stories=str(stories)))
    plain = [sys.executable, "-m", "benchmarks.guide", "plain", str(stories), "unused"]
    seconds = _whole(
        {
            "plain": lambda: _run(plain, Path(root)),
            "assets": lambda: _materialize(folder, "pipeline.py"),
        }
    )
    what = f"the guide's pipeline from the command line, cold, two processes, {guide.STORIES:,} stories"
    note = "recorded stories" if recorded else "generated stories: TIDEMILL_HN_CSV is not set"
    return [
        row(what, seconds["assets"], "s", floor=seconds["plain"], judged="ratio", must=1.15, aim=1.0, note=note,
            includes_floor=False)
    ]  # fmt: skip


def _whole(work: dict[str, Callable[[], Any]], after: Callable[[], Any] = lambda: None) -> dict[str, float]:
    """Median seconds of whole commands, in turn, after one round that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(ROUNDS + 1):
        for name, function in in_turn(work.items(), turn):
            start = time.perf_counter()
            function()
            elapsed = time.perf_counter() - start
            if turn:
                seconds[name].append(elapsed)
            after()
    return {name: statistics.median(values) for name, values in seconds.items()}


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)


def _materialize(folder: Path, name: str, *words: str) -> float:
    """Run a file cold, in a new store; seconds inside of the run."""
    store = folder / "store"
    shutil.rmtree(store, ignore_errors=True)
    _run([*COMMAND, *(words or ("materialize",)), "-f", name, "--home", str(store)], folder)
    command = [*COMMAND, "runs", "1", "--json", "--home", str(store)]
    told = json.loads(subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=True).stdout)
    created, finished = (datetime.fromisoformat(told[name]) for name in ("created_at", "finished_at"))
    return (finished - created).total_seconds()


def _peak_of(folder: Path, name: str) -> int:
    """Run a file and watch how much memory its processes have between them; the most that was seen."""
    store = folder / "store"
    shutil.rmtree(store, ignore_errors=True)
    command = [*COMMAND, "materialize", "-f", name, "--home", str(store)]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        most = max(most, sum(map(_pss, _tree(process.pid))))
        time.sleep(0.02)
    if process.returncode:
        raise AssertionError(f"exit code {process.returncode}")
    return most


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in _tree(int(child)))]


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
