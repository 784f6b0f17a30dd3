"""What the routes have at hand: the store, the code behind the port, and what is kept up to date beside them."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from tidemill.core.clock import Clock, SystemClock
from tidemill.core.errors import TidemillError
from tidemill.core.keys import AssetKey
from tidemill.core.settings import Settings
from tidemill.core.suggest import did_you_mean
from tidemill.execution.progress import Told, read_progress
from tidemill.server.live.feed import Feed, Pulse
from tidemill.server.live.outlook import LiveOutlook, View
from tidemill.server.live.streaming import Streams
from tidemill.server.models import GraphNode
from tidemill.server.port import CodeHost
from tidemill.server.problems import NotFoundError, ReadOnlyError
from tidemill.server.reading.boards import Boards
from tidemill.server.reading.disk import DiskUse
from tidemill.server.reading.logs import LogPages
from tidemill.server.reading.run_rows import RunRows
from tidemill.server.reading.selecting import NodeGraph
from tidemill.storage.page_reads import LogRow
from tidemill.storage.reading import ReadingStore
from tidemill.storage.store import Store

DROPPING = frozenset(("values_dropped", "asset_wiped"))
TRIMMING = frozenset(("chatter_dropped", "run_deleted", "run_tagged"))
UPKEEP = 5.0
"""Seconds between two looks for runs whose process is gone."""

_log = logging.getLogger("tidemill.server")


class Service:
    """Everything behind the routes. `start` and `close` belong to the life of the app.

    Args:
        folder: Of the store; it is made where it may be written.
        host: Has the code.
        settings: Of the project, for the page that lists them.
        read_only: Whether nothing is ever written, not even by a migration.
        clock: Where time comes from.
        most_streams: How many may watch at a time.
    """

    def __init__(
        self,
        folder: Path,
        host: CodeHost,
        *,
        settings: Settings,
        read_only: bool = False,
        clock: Clock | None = None,
        most_streams: int = 64,
    ) -> None:
        if not read_only:
            Store.open(folder, durability=settings.durability).close()  # made, or brought up to date
        self.folder = folder
        self.host = host
        self.settings = settings
        self.read_only = read_only
        self.clock: Clock = clock or SystemClock()
        self.store = ReadingStore(folder)
        # Its questions may take long, and wait for nobody's page.
        self._background = ReadingStore(folder, connections=3, patience=None)
        self.pulse = Pulse()
        self.outlook = LiveOutlook(self._background, host, self.clock, self.pulse.beat, self.progress_of)
        self.feed = Feed(self._background, self._took, self.pulse)
        self.streams = Streams(self.feed, self.outlook, host, self.pulse, most_streams)
        self.boards = Boards(self.store)
        self.runs = RunRows(self.store)
        self.logs = LogPages()
        self.disk = DiskUse(self._background, folder, lambda: self.outlook.view.heads)
        self._graph: tuple[Mapping[str, GraphNode], NodeGraph] | None = None
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._unsubscribe = host.subscribe(self.pulse.beat)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to follow the log and to judge; the first page waits for the first judgement."""
        self.pulse.bind(loop)
        self.outlook.start()
        self.feed.start()
        self.disk.start()
        if not self.read_only:
            self._begin(self._keep_up, "tidemill-upkeep")

    def close(self) -> None:
        """Stop all that was started; the host is its owner's."""
        self._closing.set()
        self._unsubscribe()
        self.streams.close()
        for part in (self.feed, self.outlook, self.disk):
            part.close()
        for thread in self._threads:
            thread.join(10)
        self.store.close()
        self._background.close()

    def _begin(self, work: object, name: str) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _keep_up(self) -> None:
        """End runs whose driver is gone, for as long as the server is there."""
        from tidemill.home import Home

        while not self._closing.wait(UPKEEP):
            try:
                if self.store.live_runs():
                    Home.open(self.folder, create=False, clock=self.clock).close()
            except TidemillError as error:
                _log.warning("runs whose process is gone could not be ended: %s", error)

    def _took(self, rows: Sequence[LogRow]) -> None:
        """New facts of the log, in the thread of the feed."""
        kinds = {row.kind for row in rows}
        if kinds & DROPPING:
            self.disk.forget()
        if kinds & TRIMMING:
            self.boards.forget()
            self.runs.forget()
        self.outlook.take(rows)

    # What several routes ask

    def progress_of(self, run_id: str) -> Mapping[str, Told]:
        """How far the steps of a run that goes on are, by name."""
        return read_progress(self.folder / "logs" / run_id)

    @property
    def view(self) -> View:
        """The assets as they were judged last; waits for the first time."""
        self.outlook.wait(10.0)
        return self.outlook.view

    def writable(self) -> None:
        """Nothing, where something may be changed.

        Raises:
            ReadOnlyError: The server changes nothing.
        """
        if self.read_only:
            raise ReadOnlyError(
                "This server is read-only",
                subject=str(self.folder),
                found="a server that was started with --read-only",
                expected="one that may start and end runs",
                next_step="start `tidemill dev -f FILE`",
            )

    def cancel(self, run_id: str, reason: str) -> None:
        """End a run, and wait until it has ended, or was ended."""
        # What ends a run knows how steps are run; whoever only reads loads none of that.
        from tidemill.execution.cancel import cancel_run
        from tidemill.home import Home

        home = Home(self.folder, Store.open(self.folder, create=False), clock=self.clock)
        try:
            cancel_run(home, run_id, reason, grace=self.settings.grace)
        except TidemillError:
            _log.exception("run %s could not be canceled", run_id)
        finally:
            home.close()

    def known(self, key: str) -> str:
        """The text of an asset that the code or the store has, by what the user wrote.

        Raises:
            NotFoundError: Neither has it.
        """
        view = self.view
        for text in (key, AssetKey.from_user_string(key).text):
            if text in view.nodes or text in view.heads:
                return text
        known = list({**view.nodes, **view.heads})
        raise NotFoundError(
            f"There is no asset {key!r}",
            subject=key,
            found=f"{len(known)} assets, none of that name",
            expected=", ".join(known[:8]) + (", …" if len(known) > 8 else "") or "assets; there are none yet",
            next_step=did_you_mean(key, known) or "see the catalog",
        )

    def select(self, expression: str) -> list[str]:
        """The assets that an expression means, in the order of the graph.

        Raises:
            InvalidSubsetError: It is no expression, or names what is not there.
        """
        view = self.view
        if self._graph is None or self._graph[0] is not view.nodes:
            self._graph = view.nodes, NodeGraph(view.nodes)
        selected = self._graph[1].select(expression)
        return [key for key in view.nodes if key in selected]
