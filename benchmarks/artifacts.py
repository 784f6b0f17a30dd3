"""What it costs to store and to load a large value, against `np.save` of the same bytes on the same disk.

The two take turns, and each file is removed before the next is written: the page cache is as warm for both.
Alone: `python -m benchmarks.artifacts`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measuring import row
from benchmarks.run import table
from tidemill.io.artifacts import ArtifactFolder

ROUNDS = 7
ELEMENTS = 50_000_000
ROWS = 1_000_000
SMALL = 5_000


def run() -> list[dict[str, Any]]:
    """Measure, in a temporary folder that needs half a gigabyte."""
    random = np.random.default_rng(0)
    value = (random.random(ELEMENTS), pd.Series(random.random(ROWS)))
    with tempfile.TemporaryDirectory() as name:
        folder = ArtifactFolder(Path(name) / "artifacts")
        return [*_large(folder, value, Path(name)), *_small(folder)]


def _large(
    folder: ArtifactFolder, value: tuple[np.ndarray, pd.Series], scratch: Path
) -> list[dict[str, Any]]:
    plain = {scratch / "array.npy": value[0], scratch / "series.npy": value[1].to_numpy()}
    floors, saves, loads = [], [], []
    for turn in range(ROUNDS + 1):
        floor = _seconds(lambda: [np.save(path, array) for path, array in plain.items()])
        for path in plain:
            path.unlink()
        start = time.perf_counter()
        artifact = folder.save(value, subject="benchmark")
        save = time.perf_counter() - start
        load = _seconds(lambda: folder.load(artifact))  # noqa: B023  (called at once)
        folder.path(artifact.address).unlink()
        if turn:  # the first one finds memory that nobody has touched
            floors.append(floor)
            saves.append(save)
            loads.append(load)
    what = "artifact of 400 MB array + Series"
    return [
        row(
            f"{what}: write, to `np.save`",
            median(saves) * 1e3,
            "ms",
            floor=median(floors) * 1e3,
            judged="ratio",
            must=2,
            aim=1.3,
        ),
        row(f"{what}: load untouched", median(loads) * 1e3, "ms", must=5, aim=1),
    ]


def _small(folder: ArtifactFolder) -> list[dict[str, Any]]:
    artifact = folder.save("a small value", subject="benchmark")
    save = _seconds(lambda: [folder.save("a small value", subject="benchmark") for _ in range(SMALL)])
    load = _seconds(lambda: [folder.load(artifact) for _ in range(SMALL)])
    return [
        row("small value: save", save / SMALL * 1e6, "µs", must=20, aim=10),
        row("small value: load", load / SMALL * 1e6, "µs", must=10, aim=5),
    ]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    print(table(run()))
