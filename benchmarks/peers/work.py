"""What the steps do: the same functions for every tool."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

PROCESSES = 2
CHILDREN = 64
FEWER_CHILDREN = 16  # where 64 would take minutes
ELEMENTS = 100_000_000  # of 8 bytes

NOTES = "PEERS_NOTES"
STORIES = "PEERS_STORIES"


def root() -> int:
    """The first step of the fan."""
    return 0


def child(value: int) -> int:
    """A step of the fan that follows its root."""
    _note()
    return value + 1


def large_array() -> np.ndarray:
    """Eight hundred megabytes."""
    import numpy as np

    return np.arange(ELEMENTS, dtype=np.float64)


def total(values: np.ndarray) -> float:
    """Reads all of it."""
    _note()
    return float(values.sum())


def stories_file() -> Path:
    """What the guide's pipeline reads."""
    return Path(os.environ[STORIES])


def _note() -> None:
    """Leave a line for this step in a file for this process, where somebody wants to know both."""
    folder = os.environ.get(NOTES)
    if folder:
        with Path(folder, str(os.getpid())).open("a") as file:
            file.write("step\n")
