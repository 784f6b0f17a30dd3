"""The log as it grows, whoever writes to it, to everybody who watches: each fact once, in order.

    Watch ─(20 ms)─▶ thread: rows after the last ──▶ ring of the newest, serialised once ──▶ pulse
                                   └──▶ the outlook                 └──▶ streams, each with its place

A stream holds a place in the log and no queue: what it has not read yet it takes from the ring, or from the store
where it is far behind. So a slow reader costs the same memory as a fast one, and who reconnects with its place misses
nothing and gets nothing twice.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tidemill.core.errors import TidemillError
from tidemill.server.reading.telling import event_row
from tidemill.server.sayable import json_of
from tidemill.storage import page_reads
from tidemill.storage.page_reads import LogRow
from tidemill.storage.reading import ReadingStore, Watch

GLANCE = 0.02
"""Seconds between two looks whether anybody has committed anything; each costs some microseconds."""

TOGETHER = 1_000
"""Facts that are read at once."""

RING = 4_000
RING_BYTES = 2_000_000
"""How many facts, and bytes, are kept for those who watch."""

_log = logging.getLogger("tidemill.server")


class Sent(NamedTuple):
    """A fact as it is sent."""

    seq: int
    data: bytes


def encoded(row: LogRow) -> Sent:
    """A fact as a server-sent event with its place."""
    body = json_of(event_row(row))
    return Sent(row.seq, b"id: %d\nevent: event\ndata: %s\n\n" % (row.seq, body))


class Pulse:
    """Wakes everybody who waits in an event loop, from any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say in which loop they wait."""
        self._loop = loop

    def beat(self) -> None:
        """Wake them."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            try:
                loop.call_soon_threadsafe(self._wake)
            except RuntimeError:
                return  # it was closed meanwhile: nobody waits

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def next(self) -> asyncio.Future[None]:
        """What is done with the next beat. Ask for it before you look whether there is something to do."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        return future

    def forget(self, future: asyncio.Future[None]) -> None:
        """Nobody waits for it any more."""
        self._waiting.discard(future)


class Feed:
    """The tail of the log.

    Args:
        store: To read.
        told: Called in the thread with rows that are new, oldest first.
        pulse: Beats when there is something new.
    """

    def __init__(self, store: ReadingStore, told: Callable[[Sequence[LogRow]], None], pulse: Pulse) -> None:
        self._store = store
        self._told = told
        self._pulse = pulse
        self._ring: deque[Sent] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tidemill-feed", daemon=True)
        self._seq = store.newest_event()
        self._floor = self._seq

    @property
    def seq(self) -> int:
        """Place of the newest fact that is known."""
        return self._seq

    def start(self) -> None:
        """Begin to follow the log."""
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def kept(self, after: int, most: int) -> list[Sent] | None:
        """Facts after a place, from those that are kept; None where the store has to be asked."""
        with self._lock:
            if after < self._floor:
                return None
            start = bisect_right(self._ring, after, key=lambda sent: sent.seq)
            return [self._ring[index] for index in range(start, min(start + most, len(self._ring)))]

    def stored(self, after: int, most: int) -> list[Sent]:
        """The same from the store; not beyond what is known, so that none comes before its turn."""
        rows = page_reads.events_after(self._store, after, most)
        return [encoded(row) for row in rows if row.seq <= self._seq]

    def _run(self) -> None:
        watch: Watch | None = None
        while not self._closing.wait(GLANCE):
            try:
                watch = watch or self._store.watch()
                if watch.changed():
                    self._read()
            except TidemillError as error:
                _log.warning("the log could not be followed: %s", error)
                watch = None
            except Exception:  # noqa: BLE001  (without its tail, the page would stand still and say nothing)
                _log.exception("the log could not be followed")
                watch = None
        if watch is not None:
            watch.close()

    def _read(self) -> None:
        while rows := page_reads.events_after(self._store, self._seq, TOGETHER):
            sent = [encoded(row) for row in rows]
            with self._lock:
                self._ring.extend(sent)
                self._bytes += sum(len(one.data) for one in sent)
                while len(self._ring) > RING or self._bytes > RING_BYTES:
                    oldest = self._ring.popleft()
                    self._bytes -= len(oldest.data)
                    self._floor = oldest.seq
                self._seq = rows[-1].seq
            self._told(rows)
            self._pulse.beat()
