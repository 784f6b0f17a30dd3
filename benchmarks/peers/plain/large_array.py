"""A large array in a file, and two processes that map it into memory."""

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.peers import work


def total(path: Path) -> float:
    return work.total(np.load(path, mmap_mode="r"))


if __name__ == "__main__":
    path = Path(sys.argv[1]) / "large.npy"
    np.save(path, work.large_array())
    with ProcessPoolExecutor(work.PROCESSES, mp_context=get_context("fork")) as pool:
        list(pool.map(total, [path, path]))
