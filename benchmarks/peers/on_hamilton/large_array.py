"""A large array and two that sum it; processes are for fans only, so these run in one."""

import sys

import numpy as np
from hamilton import driver

from benchmarks.peers import work


def large_array() -> np.ndarray:
    return work.large_array()


def total(large_array: np.ndarray) -> float:
    return work.total(large_array)


def same_total(large_array: np.ndarray) -> float:
    return work.total(large_array)


if __name__ == "__main__":
    import __main__

    built = driver.Builder().with_modules(__main__).with_cache(sys.argv[1]).build()
    built.execute(["total", "same_total"])
