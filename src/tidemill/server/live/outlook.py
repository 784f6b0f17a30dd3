"""The state of every asset, kept up to date in a thread of its own, and serialised once for each change.

    feed ──rows──▶ take ─┐
    code host ──changed──┼─▶ thread: live runs, heads, judgement ──▶ NodeState by asset ──▶ bytes of /api/states
    every minute ────────┘                                                            └──▶ changes_since(revision)

What a pass costs is what has changed; all is judged anew when the code is another, or the log says something rare.
"""

from __future__ import annotations

import gc
import json
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from tidemill.core.clock import Clock
from tidemill.core.collecting import uncollected
from tidemill.core.errors import TidemillError
from tidemill.core.keys import AssetKey, StepKey
from tidemill.definitions.partitions.keysets import KeySet
from tidemill.definitions.partitions.orders import order_at
from tidemill.execution.progress import OFTEN, Told
from tidemill.execution.spans import spans_of
from tidemill.server.live.busy import LiveRuns
from tidemill.server.live.judging import Judged, Opinion
from tidemill.server.models import CheckCounts, Graph, GraphNode, NodeState, PartitionCounts
from tidemill.server.port import CodeHost
from tidemill.server.reading.heads import NOTHING, Head, read_heads
from tidemill.server.reading.store_graph import nodes_of_store
from tidemill.server.sayable import json_of
from tidemill.server.snapshot import Snapshot
from tidemill.storage import page_reads
from tidemill.storage.page_reads import LogRow, Settled
from tidemill.storage.reads import Reads

REST = 0.03
"""Seconds between two passes: what happens meanwhile is told together."""

MINUTE = 60.0
A_SECOND = 1.0
"""Seconds in which partitions that failed are looked for in one pass; what is left out says that it is missing."""

MANY_NODES = 1_000
TOO_MUCH = 20_000
"""Facts in one pass above which it is cheaper to look at everything anew."""

_log = logging.getLogger("tidemill.server")


class Served(NamedTuple):
    """An answer that is kept: its bytes, and the tag by which a client asks whether it is still so."""

    etag: str
    body: bytes


class View(NamedTuple):
    """All that a request needs of one moment; it does not change.

    Attributes:
        snapshot: The definitions; None where nobody has the code.
        nodes: The graph, by key.
        judged: What is fresh; None without definitions.
        heads: Newest versions by asset.
    """

    snapshot: Snapshot | None
    nodes: Mapping[str, GraphNode]
    judged: Judged | None
    heads: Mapping[str, Head]

    def head(self, asset: str) -> Head:
        """The newest version of an asset."""
        return self.heads.get(asset, NOTHING)


EMPTY = View(None, {}, None, {})


class LiveOutlook:
    """States of assets.

    Args:
        store: To read; its questions may take long.
        host: Has the definitions.
        clock: For the time that partitions depend on.
        told: Called, from the thread, after each change.
        progress: How far the steps of a run are, by its id.
    """

    def __init__(
        self,
        store: Reads,
        host: CodeHost,
        clock: Clock,
        told: Callable[[], None],
        progress: Callable[[str], Mapping[str, Told]],
    ) -> None:
        self._store = store
        self._progress_of = progress
        self._host = host
        self._clock = clock
        self._told = told
        self._wake = threading.Event()
        self._inbox: list[LogRow] = []
        self._lock = threading.Lock()
        self._closing = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tidemill-outlook", daemon=True)
        self._unsubscribe = host.subscribe(self._wake.set)
        # Of a server that was started later, every revision is greater: whoever asks with an old one is told all.
        self._revision = time.time_ns() // 1000
        self._view = EMPTY
        self._live = LiveRuns({})
        self._seq = 0
        self._judged_at = 0.0
        self._why: dict[str, str] = {}
        self._lost: dict[str, KeySet] = {}
        self._progress: dict[str, tuple[int, Told]] = {}  # asset → run, what its step says
        self._crowds: set[str] = set()  # with very many partitions and news, not judged yet
        self._crowds_due = 0.0
        self._states: dict[str, NodeState] = {}
        self._fragments: dict[str, bytes] = {}
        self._changed: dict[str, int] = {}  # key → revision, in order of change
        self._served: Served | None = None
        self._graph = Served("", b"")

    def start(self) -> None:
        """Begin to keep them up to date."""
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._closing = True
        self._unsubscribe()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def take(self, rows: Iterable[LogRow]) -> None:
        """Facts that are new in the log, in order; from any thread."""
        with self._lock:
            self._inbox += rows
        self._wake.set()

    # Answers, from any thread

    def wait(self, seconds: float) -> bool:
        """Wait until all was judged once."""
        return self._ready.wait(seconds)

    @property
    def view(self) -> View:
        """The moment that the states are of."""
        return self._view

    @property
    def revision(self) -> int:
        """Grows with every change of a state."""
        return self._revision

    def state(self, key: str) -> NodeState | None:
        """The state of an asset, if it is on the graph."""
        return self._states.get(key)

    def lost(self, key: str) -> KeySet | None:
        """The partitions of an asset that runs failed to make, and that nobody has made since."""
        return self._lost.get(key)

    def states(self) -> Served:
        """The answer to `/api/states`."""
        with self._lock:
            if self._served is None:
                snapshot = self._view.snapshot
                name = _quoted(snapshot and snapshot.id)
                head = f'{{"snapshot":{name},"seq":{self._seq},"revision":{self._revision},"states":{{'
                body = head.encode() + b",".join(self._fragments.values()) + b"}}"
                self._served = Served(f'"s{self._revision}"', body)
            return self._served

    def graph(self) -> Served:
        """The answer to `/api/graph`."""
        return self._graph

    def changes_since(self, revision: int, most: int) -> tuple[int, list[bytes]]:
        """States that are others since a revision, as members of a JSON object; and the revision that they lead to.

        At most so many, the oldest changes first: whoever has read them asks on.
        """
        with self._lock:
            found = []
            for key in reversed(self._changed):
                if self._changed[key] <= revision:
                    break
                found.append(key)
            found.reverse()
            if len(found) <= most:
                return self._revision, [self._fragments[key] for key in found]
            # Not in the middle of what has changed together: the rest of it would be passed over.
            last = self._changed[found[most - 1]]
            together = [key for key in found if self._changed[key] <= last]
            return last, [self._fragments[key] for key in together]

    # The thread

    def _run(self) -> None:
        while not self._closing:
            began = time.monotonic()
            try:
                self._pass()
            except TidemillError as error:
                _log.warning("the states of assets could not be brought up to date: %s", error)
                self._view = EMPTY._replace(nodes=self._view.nodes)
                if self._wake_in(1.0):
                    return
            except Exception:  # noqa: BLE001  (without it, the page would stand still and say nothing)
                _log.exception("the states of assets could not be brought up to date")
                self._view = EMPTY._replace(nodes=self._view.nodes)
                if self._wake_in(1.0):
                    return
            self._ready.set()
            took = time.monotonic() - began
            wait = MINUTE if self._view.judged is not None and self._view.judged.depends_on_time else None
            if self._crowds:
                wait = max(REST, self._crowds_due - time.monotonic())
            if self._live.going_on:
                wait = OFTEN if wait is None else min(wait, OFTEN)
            self._wake.wait(wait)
            if not self._closing:
                time.sleep(max(REST, took))  # whoever asks for a page has at least half of the time

    def _wake_in(self, seconds: float) -> bool:
        time.sleep(seconds)
        self._wake.set()
        return self._closing

    def _pass(self) -> None:
        self._wake.clear()
        with self._lock:
            rows, self._inbox = self._inbox, []
        snapshot, view = self._host.snapshot, self._view
        other = (snapshot and snapshot.id) != (view.snapshot and view.snapshot.id) or not self._ready.is_set()
        late = view.judged is not None and view.judged.depends_on_time
        late = late and self._clock.monotonic() - self._judged_at >= MINUTE
        with uncollected():
            if other or late or len(rows) > TOO_MUCH or (snapshot is not None and view.judged is None):
                self._all(snapshot)
                return
            touched = self._live.take(rows)
            said = self._look_at_progress()
            unseen = snapshot is None and any(asset not in view.nodes for asset in touched.made)
            if touched.everything or unseen:
                self._all(snapshot)
            elif rows or (self._crowds and time.monotonic() >= self._crowds_due):
                self._some(touched.made, touched.shown, said, rows[-1].seq if rows else self._seq)
            elif said:
                self._show(said & view.nodes.keys(), self._seq)

    def _all(self, snapshot: Snapshot | None) -> None:
        """Look at everything."""
        store = self._store
        seq = store.newest_event()
        self._judged_at = self._clock.monotonic()
        judged = Judged.of(snapshot.units, store, self._clock.now()) if snapshot is not None else None
        heads = read_heads(store)
        nodes = snapshot.nodes if snapshot is not None else nodes_of_store(store, heads)
        outputs: dict[str, list[str]] = {}
        for node in nodes.values():
            outputs.setdefault(node.unit or node.key, []).append(node.key)
        live = LiveRuns(outputs)
        rows: list[LogRow] = []
        for run, _, created in page_reads.unfinished(store):
            rows += page_reads.events_of_run(store, run, after=created - 1, limit=1_000_000)
        live.take(sorted(rows))
        live.remember(failures(store, heads, outputs))
        self._live = live
        self._view = View(snapshot, nodes, judged, heads)
        self._why = judged.own_reasons(list(nodes), store) if judged is not None else {}
        self._lost, self._crowds = {}, set()
        self._look_for_lost(nodes)
        self._serve_graph()
        self._show(set(nodes), seq, gone=self._states.keys() - nodes.keys())
        if len(nodes) >= MANY_NODES:
            _set_aside()

    def _some(self, made: Collection[str], shown: Collection[str], said: Collection[str], seq: int) -> None:
        """Look at what may have changed."""
        view = self._view
        differ: set[str] = {*made, *shown}
        self._look_for_lost(differ)
        if made or self._crowds:
            heads = {**view.heads, **read_heads(self._store, made)} if made else view.heads
            judged = view.judged
            if judged is not None:
                judged, more = self._again(judged, made)
                differ |= more
                for asset in more:
                    self._why.pop(asset, None)
                self._why |= judged.own_reasons(more, self._store)
            self._view = view._replace(judged=judged, heads=heads)
        self._show((differ | {*said}) & self._view.nodes.keys(), seq)

    def _again(self, judged: Judged, made: Collection[str]) -> tuple[Judged, set[str]]:
        """Judge what has changed.

        Assets with very many partitions wait for one another, so that they take a tenth of the time: each is compared
        as a whole, and a backfill makes one partition after the other.
        """
        self._crowds |= judged.outlook.compared.keys() & made
        changed, began = {*made} - self._crowds, time.monotonic()
        if not self._crowds or began < self._crowds_due:
            return judged.again(self._store, changed)
        changed, self._crowds = changed | self._crowds, set()
        found = judged.again(self._store, changed)
        self._crowds_due = time.monotonic() + 10 * (time.monotonic() - began)
        return found

    def _look_at_progress(self) -> set[str]:
        """Read what the steps of runs that go on say; the assets of which it is something else."""
        found: dict[str, tuple[int, Told]] = {}
        for run, id in self._live.going_on.items():
            for step, told in self._progress_of(id).items():
                found |= dict.fromkeys(self._live.assets_of(run, step), (run, told))
        before, self._progress = self._progress, found
        return {asset for asset in before.keys() | found.keys() if before.get(asset) != found.get(asset)}

    def _look_for_lost(self, assets: Iterable[str]) -> None:
        judged, until = self._view.judged, time.monotonic() + A_SECOND
        if judged is None:
            return
        for asset in assets:
            lost = lost_partitions(self._store, judged, asset) if time.monotonic() < until else None
            if lost:
                self._lost[asset] = lost
            else:
                self._lost.pop(asset, None)

    def _show(self, keys: Collection[str], seq: int, gone: Collection[str] = ()) -> None:
        states = {key: self._compose(key) for key in keys}
        differ = {key: state for key, state in states.items() if self._states.get(key) != state}
        fragments = {key: b"%s:%s" % (_quoted(key).encode(), json_of(state)) for key, state in differ.items()}
        with self._lock:
            for key in list(gone):
                self._states.pop(key, None)
                self._fragments.pop(key, None)
                self._changed.pop(key, None)
            self._seq = seq
            if differ or gone:
                self._revision += 1
            self._states |= differ
            self._fragments |= fragments
            for key in differ:
                self._changed.pop(key, None)
                self._changed[key] = self._revision
            self._served = None
        self._told()

    def _compose(self, key: str) -> NodeState:
        view, head = self._view, self._view.head(key)
        busy, failed = self._live.busy(key), self._live.failed(key)
        opinion = self._opinion(key, head)
        state = NodeState(
            status=opinion.status,
            version=head.number,
            at=head.at,
            value=head.value,
            why=opinion.why or self._why.get(key),
            checks=_with_unknown(head, view.nodes.get(key)),
            partitions=opinion.partitions,
        )
        if failed is not None:
            state = state.model_copy(
                update={"status": "failed", "run": failed.run, "why": failed.message.strip()[:300] or None}
            )
        if busy is not None:
            update: dict[str, Any] = {"status": busy.stage, "run": busy.run, "started_at": busy.since}
            run, told = self._progress.get(key, (None, None))
            if told is not None and run == busy.run:
                update |= {"progress": told.share, "doing": told.text or None}
            state = state.model_copy(update=update)
        return state

    def _opinion(self, key: str, head: Head) -> Opinion:
        judged, node = self._view.judged, self._view.nodes.get(key)
        unit = judged.unit(key) if judged is not None else None
        if judged is None or unit is None:
            if node is not None and node.source:
                return Opinion("source")
            # Nobody has the code, or a function of the user's gives its partitions: what was made is known.
            known = max(node.partitions or 0, head.partitions) if node is not None else head.partitions
            counts = PartitionCounts(total=known, made=head.partitions) if known else None
            return Opinion("unknown" if head.versions else "missing", None, counts)
        return judged.opinion(key, unit, self._lost.get(key))

    def _serve_graph(self) -> None:
        snapshot, nodes = self._view.snapshot, list(self._view.nodes.values())
        name = snapshot.id if snapshot is not None else f"store-{len(nodes)}-{self._revision}"
        body = json_of(Graph(snapshot=name, nodes=nodes))
        self._graph = Served(f'"g{name}"', body)


def _set_aside() -> None:
    """Keep the collector from walking what stays until the code is another: a tenth of a second each time."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def failures(
    store: Reads, heads: Mapping[str, Head], outputs: Mapping[str, Collection[str]]
) -> Iterator[tuple[Settled, list[str]]]:
    """Steps that failed last, with the assets of each that nothing was recorded for since.

    Args:
        store: To read.
        heads: Newest versions.
        outputs: Name of a unit → the assets that it makes, where its run does not say.
    """
    found = page_reads.settled_steps(store)
    for one in found:
        order = page_reads.run_orders(store, [one.run]).get(one.run, {})
        planned = {step["step"]: step.get("assets", ()) for step in order.get("steps", ())}
        unit = StepKey.unit_of(one.step)
        assets = planned.get(one.step) or planned.get(unit) or outputs.get(unit, ())
        open_ = [asset for asset in assets if (heads.get(asset, NOTHING).latest or 0) < one.seq]
        if open_ and not page_reads.succeeded_since(store, open_[0], one):
            yield one, open_


def lost_partitions(store: Reads, judged: Judged, asset: str) -> KeySet | None:
    """The partitions of an asset that runs failed to make, and that nobody has made since; None where it has none."""
    unit = judged.unit(asset)
    if unit is None or unit.partitions is None or unit.kind == "observation":
        return None
    compared, world = judged.outlook.compared.get(asset), judged.outlook.world
    order = compared.fresh.order if compared is not None else order_at(unit.partitions, world)
    return spans_of(store, AssetKey.from_text(asset), order).failed


def _with_unknown(head: Head, node: GraphNode | None) -> CheckCounts:
    """Counts of verdicts, with the checks that never gave one."""
    counts = head.checks
    known = counts.passed + counts.warned + counts.failed
    unknown = max(0, len(node.checks) - known) if node is not None else 0
    return counts.model_copy(update={"unknown": unknown}) if unknown else counts


def _quoted(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=True)
