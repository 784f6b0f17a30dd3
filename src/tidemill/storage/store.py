"""The store: one folder that remembers. Events go in, all or none of them; all else is read or rebuilt.

    append ─▶ BEGIN IMMEDIATE ─▶ advance (allowed?) ─▶ log + artifacts + blobs ─▶ fold ─▶ COMMIT

A store in memory only collects events until the first read, which folds them by the same code: a run
that nobody asks about costs no database.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tidemill.core.errors import InvariantViolationError, LeaseLostError, StoreError
from tidemill.core.events import KINDS, ChatterDropped, Event, Materialized, Passed, RunCreated, ValuesDropped
from tidemill.core.keys import AssetKey
from tidemill.core.records import FINAL_RUN_STATUSES, FileIdentity, RunStatus
from tidemill.storage.claims import Claim, Holder, Want, grant
from tidemill.storage.database import Database, Durability
from tidemill.storage.port import OpenStore
from tidemill.storage.projections import CHATTER, ENDED, FOLDED, TABLES, advance, fold, slice_name
from tidemill.storage.rows import Entry, artifact_row, documents, event_of, identity_text, log_row, to_json
from tidemill.storage.statements import statements

DATABASE_NAME = "tidemill.db"
MOST_RUNS = 200
"""How many runs are trimmed in one transaction at most."""


class Place(NamedTuple):
    """The last row that was looked at: of which run, and its place in the log."""

    run: int
    seq: int


START = Place(0, 0)


class Trimmed(NamedTuple):
    """What one call of `Store.trim` came to; `more` says that there may be more to remove, after `place`."""

    runs: int
    rows: int
    more: bool
    place: Place


class Room(NamedTuple):
    """Bytes of a database, and how many of them are free."""

    size: int
    free: int


class Store(OpenStore):
    """Runs, versions, checks and their history. Use `open` or `in_memory`; may be used from any thread.

    Attributes:
        folder: Where it lives; None in memory.
    """

    def __init__(self, folder: Path | None, database: Database | None) -> None:
        self.folder = folder
        self._database = database
        self._waiting: list[tuple[str, tuple[Event, ...]]] = []
        self._statuses: dict[str, RunStatus | None] = {}
        self._lock = threading.RLock()
        self._pid = os.getpid()

    @classmethod
    def open(cls, folder: Path, *, durability: Durability = "normal", create: bool = True) -> Store:
        """Open the store in `folder`.

        Args:
            durability: What a commit survives: `normal` the end of any process, `full` the loss of power too.
            create: Whether to make it where there is none.

        Raises:
            StoreError: There is none and none is to be made; or it cannot be read or written, or is damaged.
            StoreVersionError: A newer Tidemill wrote it.
        """
        path = folder / DATABASE_NAME
        try:
            found = path.exists()
            if create and not found:
                _make_folder(folder)
        except OSError as error:
            raise StoreError(
                f"{folder} cannot be used as a store",
                subject=str(folder),
                found=f"{type(error).__name__}: {error.strerror}",
                expected="a folder that may be read and written",
                next_step="check its permissions, or name another folder (TIDEMILL_HOME)",
            ) from error
        if not create and not found:
            raise StoreError(
                f"There is no store in {folder}",
                subject=str(folder),
                found=f"no file {DATABASE_NAME}",
                expected="the folder of a store",
                next_step="materialize something first, or name another folder (TIDEMILL_HOME)",
            )
        return cls(folder, Database.open(path, durability))

    @classmethod
    def in_memory(cls) -> Store:
        """A store that is gone with the process."""
        return cls(None, None)

    def close(self) -> None:
        """Give the database back. In a forked child this does nothing: the connection is the parent's."""
        if self._database is not None and self._pid == os.getpid():
            self._database.connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, run_id: str, events: Sequence[Event], *, fence: int | None = None) -> None:
        """Record what happened, in one transaction.

        Args:
            run_id: The run that the events belong to; "" for facts about assets outside of any run.
            events: In order; the first of a run is `RunCreated`.
            fence: Which driver of the run sends them, counted from 1; None where it is no driver.

        Raises:
            LeaseLostError: Another driver has taken the run over, or ended it; nothing is recorded.
            InvariantViolationError: The run has ended, or an id is in use; nothing is recorded.
            RunNotFoundError: The run was never created.
            StoreError: The disk is full or fails; nothing is recorded.
        """
        if not events:
            return
        with self._lock:
            if self.folder is None:
                self._check_process()
                status = self._statuses.get(run_id)
                for event in events:
                    status = advance(run_id, status, event)
                self._statuses[run_id] = status
                self._waiting.append((run_id, tuple(events)))
                return
            with self.database() as database, database.writing() as connection:
                _append(connection, run_id, events, fence)

    def beat(self, run_id: str, at: int, *, fence: int) -> None:
        """Give a sign of life of a run.

        Raises:
            LeaseLostError: Another driver has taken the run over, or ended it.
        """
        with self.database() as database, database.writing() as connection:
            run = _driven_run(connection, run_id, fence)
            connection.execute(statements()["beat"], (run, at))

    def claim(self, run_id: str, step: str, wants: Sequence[Want], *, fence: int) -> Claim:
        """Try to get what a step needs, all or nothing.

        Raises:
            LeaseLostError: Another driver has taken the run over, or ended it.
        """
        sql = statements()
        with self.database() as database, database.writing() as connection:
            run = _driven_run(connection, run_id, fence)
            names = to_json([want.pool for want in wants])
            held = [
                Holder(pool, amount, tuple(map(int, filter(None, units.split(",")))), holder, owner)
                for pool, amount, units, holder, owner in connection.execute(sql["claims"], (names,))
            ]
            claim = grant(wants, held)
            if claim.granted:
                for want in wants:
                    amount = min(want.amount, want.limit)
                    units = ",".join(map(str, claim.units.get(want.pool, ())))
                    connection.execute(sql["claim"], (run, step, want.pool, amount, units))
            return claim

    def release(self, run_id: str, step: str, *, fence: int) -> None:
        """Give back what a step holds.

        Raises:
            LeaseLostError: Another driver has taken the run over, or ended it; what it holds stays so.
        """
        with self.database() as database, database.writing() as connection:
            run = _driven_run(connection, run_id, fence)
            connection.execute(statements()["release_step"], (run, step))

    def keep_spans(self, asset: AssetKey, order: str, upto: int, stretches: str, said: str) -> None:
        """Remember which partitions of an asset were made; fields as of `KeptSpans`."""
        with self.database() as database, database.writing() as connection:
            connection.execute(statements()["keep_spans"], (asset.text, order, upto, stretches, said))

    def keep_recipes(self, recipes: Mapping[str, str]) -> None:
        """Remember what code fingerprints stand for, as JSON."""
        if self.folder is not None and recipes:
            with self.database() as database, database.writing() as connection:
                connection.executemany(statements()["keep_recipe"], recipes.items())

    def record_identity(self, address: str, identity: FileIdentity) -> None:
        """Remember what an artifact's file looks like, after all of it was verified."""
        with self.database() as database, database.writing() as connection:
            connection.execute(statements()["record_identity"], (identity_text(identity), address))

    def trim(self, before: int, *, at: int, reason: str, rows: int, after: Place = START) -> Trimmed:
        """Remove the chatter of runs that ended before a moment, in one short transaction.

        That a run was trimmed is recorded when all of it was looked at: whoever is killed between two calls leaves a
        run that the next one goes through again.

        Args:
            before: The moment.
            at: Now.
            reason: The rule.
            rows: How many rows are looked at, whether they go or stay.
            after: Where the call before this one stopped.
        """
        sql, kinds = statements(), to_json([KINDS[kind] for kind in CHATTER])
        done: list[int] = []
        place, left, removed = after, rows, 0
        with self.database() as database, database.writing() as connection:
            runs = connection.execute(sql["trimmable_runs"], (after.run, before, MOST_RUNS)).fetchall()
            for (run,) in runs:
                seen = after.seq if run == after.run else 0
                count, last = connection.execute(sql["page_of_run"], (run, seen, left)).fetchone()
                removed += connection.execute(sql["drop_chatter"], (run, seen, last, kinds)).rowcount
                place, left = Place(run, last), left - count
                if left <= 0:
                    break
                done.append(run)
            if done:
                _append(connection, "", [ChatterDropped(at, tuple(done), reason)])
        return Trimmed(len(done), removed, left <= 0 or len(runs) == MOST_RUNS, place)

    def room(self) -> Room:
        """How much of the database is in use."""
        with self.database() as database, database.reading() as connection:
            free, pages, size = [
                int(connection.execute(f"PRAGMA {name}").fetchone()[0])
                for name in ("freelist_count", "page_count", "page_size")
            ]
        return Room(pages * size, free * size)

    def compact(self) -> None:
        """Give the free pages of the database back to the disk. Others wait meanwhile: not for when a run is live."""
        with self.database() as database, database.reading() as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def rebuild(self) -> None:
        """Drop everything that was folded and fold the whole log again, in one transaction."""
        with self.database() as database, database.writing() as connection:
            for table in TABLES:
                connection.execute(f"DELETE FROM {table}")  # noqa: S608  (a constant of ours)
            last, page = 0, statements()["log_page"]
            while entries := list(map(Entry._make, connection.execute(page, (last,)))):
                for entry, data in zip(entries, documents([e.data for e in entries], self.blob), strict=True):
                    _fold(connection, entry.seq, entry.run, entry.number or 0, event_of(entry, data))
                last = entries[-1].seq

    def select(
        self, name: str, parameters: Sequence[object] | Mapping[str, object] = (), tail: str = ""
    ) -> list[Any]:
        """All rows of a statement of `sql/reads.sql`, completed by `tail`."""
        with self.database() as database, database.reading() as connection:
            return connection.execute(statements()[name] + tail, parameters).fetchall()

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Lend the database, with everything that was appended in it."""
        with self._lock:
            self._check_process()
            if self._database is None:
                self._database = Database.in_memory()
            if self._waiting:
                with self._database.writing() as connection:
                    for run_id, events in self._waiting:
                        _append(connection, run_id, events)
                self._waiting.clear()
            yield self._database

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            raise InvariantViolationError(
                "A store cannot be used in a process forked from the one that opened it",
                subject=str(self.folder or "a store in memory"),
                found=f"process {os.getpid()}",
                expected=f"process {self._pid}",
                next_step="open the store again in the child, or send events to the parent",
            )


def _append(
    connection: sqlite3.Connection, run_id: str, events: Sequence[Event], fence: int | None = None
) -> None:
    sql, execute = statements(), connection.execute
    run, status, found = execute(sql["run_status"], (run_id,)).fetchone() or (0, None, None)
    if fence is not None and run:
        _check_fence(run_id, run, status, found, fence)
    for event in events:
        status = advance(run_id, status, event)
        number = 0
        if isinstance(event, Materialized):
            version = event.version
            owner = {"asset": version.asset.text, "slice": slice_name(version.partition)}
            number = execute(sql["last_version_number"], owner).fetchone()[0] + 1
            if version.artifact is not None:
                execute(sql["keep_artifact"], artifact_row(version.artifact))
        elif isinstance(event, Passed):
            if event.value.artifact is not None:
                execute(sql["keep_artifact"], artifact_row(event.value.artifact))
        elif isinstance(event, RunCreated):
            run = execute(sql["last_run_number"]).fetchone()[0] + 1
        row, blobs = log_row(event)
        seq = execute(sql["log_event"], (run, number or None, *row)).lastrowid or 0
        if blobs:
            connection.executemany(sql["keep_blob"], blobs)
        if type(event) in FOLDED:
            _fold(connection, seq, run, number, event)
        if isinstance(event, ValuesDropped):
            # What lies in the database is gone with the commit; files are for whoever commits.
            execute(sql["let_go_inline"], (to_json(event.versions),))


def _driven_run(connection: sqlite3.Connection, run_id: str, fence: int) -> int:
    """The number of a run that goes on, and is driven by that driver."""
    run, status, found = connection.execute(statements()["run_status"], (run_id,)).fetchone()
    _check_fence(run_id, run, status, found, fence)
    return int(run)


def _check_fence(run_id: str, run: int, status: RunStatus | None, found: int | None, fence: int) -> None:
    if found in (None, fence) and status not in FINAL_RUN_STATUSES:
        return
    taken = found not in (None, fence)
    raise LeaseLostError(
        f"Run {run} is no longer driven from here",
        subject=run_id,
        found=f"driver number {found} has taken it over" if taken else f"it has {ENDED[str(status)]}",
        expected=f"driver number {fence}, and a run that goes on",
        next_step=f"nothing was recorded; see what became of it: tidemill runs {run}",
    )


def _fold(connection: sqlite3.Connection, seq: int, run: int, number: int, event: Event) -> None:
    sql = statements()
    for name, parameters in fold(seq, run, number, event):
        connection.execute(sql[name], parameters)


def _make_folder(folder: Path) -> None:
    for part in (folder, folder / "artifacts", folder / "logs"):
        part.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
