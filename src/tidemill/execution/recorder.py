"""Commits what happened: soon, and together.

    driver ──add──▶ pending ──flush──▶ home.append       a few milliseconds after the first of them, or when asked

Several events in one transaction cost a fifth of one each. Where user code runs on the driver's own thread, a
second thread commits what is pending, so that a step which takes an hour cannot lose the one before it.
"""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

from tidemill.core.events import CancelRequested, Event, RunResumed
from tidemill.core.records import FileIdentity
from tidemill.home import Home
from tidemill.storage.port import OpenStore

P = ParamSpec("P")
R = TypeVar("R")

SOON = 0.005
"""Seconds that an event may wait for others. In them a hundred no-op steps end, and a kill loses no more."""

BEAT = 5.0
"""Seconds between two signs of life of a run."""


class Recorder:
    """The events of one run on their way into the store.

    Args:
        home: The store.
        run_id: The run.
        fence: Which driver of the run this is; the store refuses what an earlier one sends late.
        background: Whether a thread of its own commits, because the caller's is busy with user code.

    Attributes:
        asked: What somebody has asked, through the store, once it was seen: for the run to end.
    """

    def __init__(self, home: Home, run_id: str, *, fence: int = 1, background: bool = False) -> None:
        self._home = home
        self._run_id = run_id
        self._fence = fence
        self._pending: list[Event] = []
        self._since = 0.0
        self._last_beat = home.clock.monotonic()
        self._changing = threading.Lock()
        self._writing = threading.Lock()
        self._background = background and not home.ephemeral
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._failed: BaseException | None = None
        self.asked: CancelRequested | None = None

    def add(self, event: Event) -> None:
        """Take in an event.

        Raises:
            StoreError: What was added before could not be recorded; this one waits with it.
        """
        with self._changing:
            self._pending.append(event)
            first = len(self._pending) == 1
        if self._failed is not None:
            self._raise()
        if first:
            if self._background:
                self._begin()
            else:
                self._since = self._home.clock.monotonic()

    def tick(self) -> float | None:
        """Commit what has waited long enough, give a sign of life when it is time.

        Returns:
            Seconds until it should be called again; None where a thread does all this.
        """
        if self._background:
            return None
        now = self._home.clock.monotonic()
        waited = now - self._since
        if self._pending and (
            waited >= SOON or self._home.ephemeral
        ):  # a store in memory has nothing to save
            self.flush()
        if now - self._last_beat >= BEAT:
            self._beat(now)
        if self._pending:
            return SOON - waited
        return None if self._home.ephemeral else BEAT

    def flush(self) -> None:
        """Commit everything.

        Raises:
            StoreError: It could not be recorded.
        """
        if self._failed is not None:
            self._raise()
        self._commit()

    def drop(self) -> list[Event]:
        """Forget what is pending, and that it could not be recorded; what it was."""
        with self._changing:
            dropped, self._pending = self._pending, []
        self._failed = None
        return dropped

    def look(self) -> CancelRequested | None:
        """Whether somebody has asked, through the store, for the run to end; the first who has."""
        if self.asked is None and not self._home.ephemeral:
            # What was asked of an earlier driver of the run is past: somebody wanted the run resumed since.
            told = self._home.store.events(
                self._run_id, kinds=[CancelRequested, RunResumed], limit=1, ascending=False
            )
            if told and isinstance(told[0].event, CancelRequested):
                self.asked = told[0].event
        return self.asked

    def close(self) -> None:
        """Stop committing by itself; what is pending stays so."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def flushed(self, function: Callable[P, R]) -> Callable[P, R]:
        """`function` after a commit: for user code that reads what the run has made so far."""

        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            self.flush()
            return function(*args, **kwargs)

        return called

    def _commit(self) -> None:
        with self._writing:
            with self._changing:
                events, self._pending = self._pending, []
            if not events:
                return
            try:
                self._home.append(self._run_id, events, fence=self._fence)
            except BaseException:
                with self._changing:
                    self._pending = events + self._pending
                raise

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep_committing, name="tidemill-commit", daemon=True)
            self._thread.start()
        self._wake.set()

    def _keep_committing(self) -> None:
        while not self._closing.is_set():
            if self._wake.wait(BEAT) and not self._closing.wait(SOON):
                self._wake.clear()
            try:
                self._commit()
                now = self._home.clock.monotonic()
                if now - self._last_beat >= BEAT:
                    self._beat(now)
            except BaseException as error:  # noqa: BLE001  (it is raised where the driver adds the next event)
                self._failed = error
                return

    def _beat(self, now: float) -> None:
        """A sign of life, and a look whether somebody on another machine wants the run to end."""
        self._last_beat = now
        if self._home.ephemeral:
            return
        self._home.beat(self._run_id, fence=self._fence)
        seen = self.asked
        if self.look() is not seen and seen is None and self._background:
            _thread.interrupt_main()  # user code has the driver's thread

    def _raise(self) -> None:
        failed, self._failed = self._failed, None
        self._background = False
        if failed is not None:
            raise failed


class CurrentStore:
    """The store as steps in other processes ask it: what their run has made so far is in it."""

    def __init__(self, store: OpenStore, recorder: Recorder) -> None:
        self._store = store
        self._recorder = recorder

    def select(self, name: str, parameters: Any = (), tail: str = "") -> list[Any]:
        """All rows of a named statement."""
        self._recorder.flush()  # else a step could miss what the one before it made
        return self._store.select(name, parameters, tail)

    def append(self, run_id: str, events: Sequence[Event], *, fence: int | None = None) -> None:
        """Record what happened, in one transaction."""
        self._store.append(run_id, events, fence=fence)

    def record_identity(self, address: str, identity: FileIdentity) -> None:
        """Remember what an artifact's file looks like."""
        self._store.record_identity(address, identity)
