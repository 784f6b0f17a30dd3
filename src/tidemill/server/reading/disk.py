"""What assets and logs take on the disk: worked out once in the background, then only for what has changed.

An asset is asked about anew when it has a newer version, or when values were dropped since.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tidemill.core.errors import TidemillError
from tidemill.server.reading.heads import Head
from tidemill.storage import page_reads
from tidemill.storage.reads import Reads

LOGS_AGAIN = 600.0
"""Seconds between two looks at the folder of logs and the number of facts, at most."""

LOGS_SHARE = 0.01
"""Share of the time that these looks may take: soon again in a small store, seldom in a large one."""

AGAIN = 5.0
"""Seconds between two looks which assets have something new."""

BREATH = 0.002
"""Seconds between two assets in the background, so that whoever asks for a page comes first."""

_log = logging.getLogger("tidemill.server")


class Use(NamedTuple):
    """Of an asset: the place of the newest version that counts, values that are kept, and their bytes."""

    latest: int
    stored: int
    bytes: int


class Ranked(NamedTuple):
    """Of many assets: those that are known, the largest first, and what all of them take."""

    uses: Mapping[str, Use]
    order: Sequence[str]
    bytes: int


class DiskUse:
    """The sums.

    Args:
        store: To ask.
        folder: Of the store.
        heads: Gives the newest versions of all assets.
        again: Seconds between two looks in the background.
    """

    def __init__(
        self, store: Reads, folder: Path, heads: Callable[[], Mapping[str, Head]], again: float = AGAIN
    ) -> None:
        self._store = store
        self._logs = folder / "logs"
        self._known: dict[str, Use] = {}
        self._generation = 0
        self._changes = 0
        self._ranked: tuple[Mapping[str, Head], int, Ranked] | None = None
        self._closing = threading.Event()
        self._measured = threading.Event()
        self._log_bytes = 0
        self._events = 0
        self._heads = heads
        self._again = again
        self._thread = threading.Thread(target=self._run, name="tidemill-disk", daemon=True)

    def start(self) -> None:
        """Begin, in the background."""
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def forget(self) -> None:
        """Values were dropped."""
        self._generation += 1
        self._changes += 1
        self._known = {}

    def of(self, heads: Mapping[str, Head], assets: Iterable[str], seconds: float = 0.0) -> dict[str, Use]:
        """What some assets take, as far as it is known or can be found out in so many seconds.

        The rest is known once the background has come to it.
        """
        deadline = time.monotonic() + seconds
        found = {}
        for asset in assets:
            latest = heads[asset].latest or 0 if asset in heads else None
            if latest is None:
                continue
            known = self._known.get(asset)
            if known is not None and (known.latest == latest or time.monotonic() > deadline):
                found[asset] = known
            elif time.monotonic() <= deadline:
                found[asset] = self._use(asset, latest)
        return found

    def ranked(self, heads: Mapping[str, Head], seconds: float = 0.0) -> Ranked:
        """As `of` all assets, in order; worked out again only when something has changed since.

        `heads` are others when an asset has another newest version: never the same ones with other contents.
        """
        known, changes = self._ranked, self._changes
        if known is not None and known[0] is heads and known[1] == changes:
            return known[2]
        uses = self.of(heads, heads, seconds)
        order = sorted(uses, key=lambda asset: (-uses[asset].bytes, asset))
        ranked = Ranked(uses, order, sum(use.bytes for use in uses.values()))
        if len(uses) == len(heads):
            self._ranked = heads, changes, ranked
        return ranked

    @property
    def log_bytes(self) -> int:
        """What the logs took when somebody looked; it waits a little for the first look."""
        self._measured.wait(1.0)
        return self._log_bytes

    @property
    def events(self) -> int:
        """How many facts the log had when somebody looked."""
        self._measured.wait(1.0)
        return self._events

    def _use(self, asset: str, latest: int) -> Use:
        known, generation = self._known.get(asset), self._generation
        if known is not None and known.latest == latest:
            return known
        use = Use(latest, *page_reads.disk_of(self._store, asset))
        if generation == self._generation:
            self._known[asset] = use
            self._changes += 1
        return use

    def _run(self) -> None:
        due = -math.inf
        while not self._closing.is_set():
            began = time.monotonic()
            if began >= due:
                self._log_bytes = _size(self._logs, self._closing)
                with suppress(TidemillError):
                    self._events = page_reads.count_of_events(self._store)
                self._measured.set()
                ended = time.monotonic()
                due = ended + min(LOGS_AGAIN, (ended - began) / LOGS_SHARE)
            for asset, head in self._heads().items():
                known = self._known.get(asset)
                if known is not None and known.latest == (head.latest or 0):
                    continue
                if self._closing.wait(BREATH):
                    return
                try:
                    self._use(asset, head.latest or 0)
                except TidemillError as error:
                    _log.warning("what %s takes on the disk could not be found out: %s", asset, error)
            self._closing.wait(self._again)


def _size(folder: Path, closing: threading.Event) -> int:
    total = 0
    with suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            if closing.is_set():
                break
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    total += _size(Path(entry.path), closing)
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return total
