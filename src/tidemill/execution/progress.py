"""How far steps say that they are, in a file beside their logs for as long as the run goes on.

    driver ──▶ ProgressFile ──(four times a second at most)──▶ logs/RUN/progress.json ──▶ whoever watches

It is no fact of the log: nobody asks for it afterwards, and a loop may tell it a million times.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from tidemill.core.events import Event
from tidemill.storage.projections import STEP_STATUS
from tidemill.work.orders import LogLine, Progress

NAME = "progress.json"
OFTEN = 0.25
"""Seconds between two writes."""


class Told(NamedTuple):
    """How far a step is.

    Attributes:
        share: From 0 to 1, where it said of how much.
        text: In its own words; what it waits for, where it does not run yet.
    """

    share: float | None
    text: str


class ProgressFile:
    """The writing side, in the process that drives a run.

    Args:
        folder: Of the run's logs; None where nobody can ask for them, and nothing is written.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / NAME if folder is not None else None
        self._told: dict[str, Told] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._closed = folder is None

    def hear(self, fact: Event | LogLine | Progress) -> None:
        """Take in what a step says, or that it says nothing any more."""
        if isinstance(fact, Progress):
            share = min(1.0, max(0.0, fact.done / fact.total)) if fact.total else None
            self._told[fact.step] = Told(share, fact.text)
        elif type(fact) not in STEP_STATUS or self._told.pop(getattr(fact, "step", ""), None) is None:
            return  # only where the step is in another state, what it said before says nothing
        with self._lock:
            if self._timer is None and not self._closed:
                self._timer = threading.Timer(OFTEN, self._write)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """The run is over."""
        with self._lock:
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        with self._lock:  # to the end: what is written after `close` nobody would remove
            self._timer = None
            if self._closed or self._path is None:
                return
            half = self._path.with_suffix(".half")
            try:
                half.parent.mkdir(parents=True, exist_ok=True)
                half.write_text(json.dumps(dict(self._told)), encoding="utf-8", errors="backslashreplace")
                half.replace(self._path)
            except OSError:
                self._closed = True  # a full disk: the run goes on without it


def read_progress(folder: Path) -> Mapping[str, Told]:
    """How far the steps of a run are, by name; nothing where they say nothing, or the run is over."""
    try:
        data: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return {
            step: Told(None if share is None else float(share), str(text))
            for step, (share, text) in data.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
