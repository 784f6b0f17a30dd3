"""A store that somebody else writes to, as a server reads it: connections that cannot write, and no question for ever.

threads ──select──▶ a connection that is free, or a new one ──▶ rows
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tidemill.core.errors import StoreError, StoreVersionError
from tidemill.core.version import __version__
from tidemill.storage.database import BUSY_SECONDS, failures, own_migrations
from tidemill.storage.reads import Reads
from tidemill.storage.statements import statements
from tidemill.storage.store import DATABASE_NAME

PATIENCE = 5.0
"""Seconds that a question may take."""

STEPS = 20_000
"""Instructions of SQLite between two looks at the clock: a few tenths of a millisecond."""

CACHE = 4_096
"""Kilobytes that a connection keeps of the database: the system keeps the rest."""


class TooSlowError(StoreError):
    """A question took longer than it may."""


class ReadingStore(Reads):
    """The store in a folder, for questions only; they may come from any thread, several at a time.

    Args:
        folder: Where it lives.
        connections: How many questions are answered at a time; more wait.
        patience: Seconds that a question may take; None for ever.

    Raises:
        StoreError: There is none.
        StoreVersionError: It is older or newer than this Tidemill.
    """

    def __init__(self, folder: Path, *, connections: int = 4, patience: float | None = PATIENCE) -> None:
        self.folder = folder
        self._path = folder / DATABASE_NAME
        self._patience = patience
        self._room = threading.BoundedSemaphore(connections)
        self._free: list[_Connection] = []
        self._closed = False
        with self._lent() as connection:
            self._check(connection)

    def select(
        self, name: str, parameters: Sequence[object] | Mapping[str, object] = (), tail: str = ""
    ) -> list[Any]:
        """All rows of a statement of `sql/reads.sql`, completed by `tail`.

        Raises:
            TooSlowError: It took longer than `patience`.
        """
        with self._lent() as connection:
            return connection.ask(statements()[name] + tail, parameters, self._patience)

    def pragma(self, name: str) -> int:
        """A number that SQLite tells of the database: `page_count`, …"""
        with self._lent() as connection:
            return connection.number(f"PRAGMA {name}")

    def watch(self) -> Watch:
        """Whoever wants to know when something was committed."""
        return Watch(self._path)

    def close(self) -> None:
        """Let go of it."""
        self._closed = True
        while self._free:
            self._free.pop().close()

    @contextmanager
    def _lent(self) -> Iterator[_Connection]:
        with self._room, failures(self._path):
            try:
                connection = self._free.pop()
            except IndexError:  # not asked before: another thread may take the last one meanwhile
                connection = _Connection(self._path)
            try:
                yield connection
            finally:
                if self._closed:
                    connection.close()
                else:
                    self._free.append(connection)

    def _check(self, connection: _Connection) -> None:
        found, known = connection.number("PRAGMA user_version"), own_migrations()[-1].number
        if found != known:
            raise StoreVersionError(
                f"{self._path} is of {'a newer' if found > known else 'an older'} Tidemill",
                subject=str(self._path),
                found=f"schema {found}",
                expected=f"schema {known}, of Tidemill {__version__}",
                next_step="upgrade Tidemill"
                if found > known
                else "run a command that may write to it, which brings it up to date: `tidemill runs`",
            )


class _Connection:
    """A connection that cannot write."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise StoreError(
                f"There is no store in {path.parent}",
                subject=str(path.parent),
                found=f"no file {path.name}",
                expected="the folder of a store",
                next_step="materialize something first, or name another folder (TIDEMILL_HOME)",
            )
        self._deadline: float | None = None
        self._connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        self._connection.execute("PRAGMA query_only = 1")
        self._connection.execute(f"PRAGMA cache_size = -{CACHE}")
        self._connection.set_progress_handler(self._is_late, STEPS)

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() > self._deadline

    def ask(
        self, sql: str, parameters: Sequence[object] | Mapping[str, object], patience: float | None
    ) -> list[Any]:
        """All rows."""
        self._deadline = None if patience is None else time.monotonic() + patience
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
                raise
            raise TooSlowError(
                f"The store did not answer within {patience:g} s",
                subject=sql.split(maxsplit=1)[0],
                found="a question that reads very many rows",
                next_step="ask for less: fewer rows, a narrower filter",
            ) from error
        finally:
            self._deadline = None

    def number(self, sql: str) -> int:
        """The only cell of an answer."""
        return int(self._connection.execute(sql).fetchone()[0])

    def close(self) -> None:
        """Close it."""
        self._connection.close()


class Watch:
    """Tells whether anybody has committed anything since it was asked last. For one thread.

    It costs a few microseconds: SQLite looks at the memory that all who have the database open share.
    """

    def __init__(self, path: Path) -> None:
        self._connection = _Connection(path)
        self._version = -1

    def changed(self) -> bool:
        """Whether anything was committed; also the first time."""
        found = self._connection.number("PRAGMA data_version")
        before, self._version = self._version, found
        return found != before

    def close(self) -> None:
        """Stop."""
        self._connection.close()
