"""The garbage collector, kept out of the way while many small values are made at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from walking many new records over and over, at the price of making them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


NEW_OBJECTS = 1_000_000
"""Containers; large libraries make a quarter of them while they are imported, nearly all to stay."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """The same around code of others, which may go on for long and leave garbage: collected by the million."""
    thresholds = gc.get_threshold()
    gc.set_threshold(NEW_OBJECTS, *thresholds[1:])
    try:
        yield
    finally:
        if gc.get_threshold()[0] == NEW_OBJECTS:  # else that code has its own mind about it
            gc.set_threshold(*thresholds)
