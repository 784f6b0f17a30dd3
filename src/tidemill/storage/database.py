"""The connection to a store's database: how it is opened, migrated and locked, and how its failures are told.

    connect(path) ─▶ WAL ─▶ new? the schema │ older? copy + migrations │ newer? StoreVersionError ─▶ Database

Write transactions take the write lock when they begin (`BEGIN IMMEDIATE`), never half-way: the busy timeout
then covers every wait, and two processes cannot lock one another out.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from tidemill.core.errors import InvariantViolationError, StoreError, StoreVersionError
from tidemill.core.version import __version__
from tidemill.storage.statements import FOLDER, split

BUSY_SECONDS = 30.0
APPLICATION_ID = 0x7469_6465  # "tide", in the file's header

Durability: TypeAlias = Literal["normal", "full"]


class Migration(NamedTuple):
    """One numbered step of the schema."""

    number: int
    name: str
    script: str


@cache
def own_migrations() -> tuple[Migration, ...]:
    """The migrations of this Tidemill, in order."""
    paths = sorted((FOLDER / "migrations").glob("*.sql"))
    return tuple(
        Migration(int(path.stem[:4]), path.stem[5:], path.read_text(encoding="utf-8")) for path in paths
    )


class Database:
    """An open connection and its transactions."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None, schema: int) -> None:
        self.connection = connection
        self.path = path
        self._schema = schema

    @classmethod
    def open(
        cls, path: Path, durability: Durability = "normal", migrations: Sequence[Migration] | None = None
    ) -> Database:
        """Open or create the database at `path`, and bring it to the schema that `migrations` add up to."""
        steps = own_migrations() if migrations is None else migrations
        with failures(path):
            connection = _connect(path)
            try:
                _use_wal(connection, path)
                connection.execute(f"PRAGMA synchronous = {durability}")
                connection.execute(f"PRAGMA fullfsync = {durability == 'full'}")
                connection.execute("PRAGMA cache_size = -16384")
                connection.execute("PRAGMA wal_autocheckpoint = 2000")  # pages; each waits for the disk
                _bring_up_to_date(connection, path, steps)
            except BaseException:
                connection.close()
                raise
        return cls(connection, path, steps[-1].number)

    @classmethod
    def in_memory(cls) -> Database:
        """A database that is gone with the process."""
        connection = _connect(":memory:")
        connection.executescript(schema_script())
        return cls(connection, None, own_migrations()[-1].number)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection."""
        with failures(self.path):
            yield self.connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection inside a transaction: all that is done with it, or nothing."""
        with self.reading() as connection, _transaction(connection, "IMMEDIATE"):
            found = _number(connection, "PRAGMA user_version")
            if found > self._schema:
                raise _too_new(connection, self.path, found, self._schema)
            yield connection


@contextmanager
def _transaction(connection: sqlite3.Connection, kind: str) -> Iterator[None]:
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has SQLite roll back by itself
            connection.execute("ROLLBACK")
        raise


@cache
def schema_script() -> str:
    """`schema.sql`."""
    return (FOLDER / "schema.sql").read_text(encoding="utf-8")


def _connect(path: Path | str) -> sqlite3.Connection:
    return sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )


def _use_wal(connection: sqlite3.Connection, path: Path) -> None:
    # The switch ignores the busy timeout, and several processes may open a new store at once.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = wal").fetchone()
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
    if mode != "wal":
        raise StoreError(
            f"The file system of {path} does not support a shared database",
            subject=str(path),
            found=f"journal mode {mode}",
            expected="write-ahead logging, which needs shared memory",
            next_step="keep the store on a local disk (TIDEMILL_HOME)",
        )


def _bring_up_to_date(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    newest = migrations[-1].number
    found = _number(connection, "PRAGMA user_version")
    if found < newest:
        with _transaction(connection, "EXCLUSIVE"):
            found = _number(connection, "PRAGMA user_version")  # another process may have been quicker
            if found < newest:
                _migrate(connection, path, found, migrations)
    if found > newest:
        raise _too_new(connection, path, found, newest)
    if _number(connection, "PRAGMA application_id") != APPLICATION_ID:
        raise _foreign(path)


def _migrate(connection: sqlite3.Connection, path: Path, found: int, migrations: Sequence[Migration]) -> None:
    if found:
        _copy(path, path.with_name(f"{path.name}.schema-{found}"))
    elif _number(connection, "SELECT count(*) FROM sqlite_master"):
        raise _foreign(path)
    fresh = not found and list(migrations) == list(own_migrations())
    pending = [migration for migration in migrations if migration.number > found]
    for script in [schema_script()] if fresh else [migration.script for migration in pending]:
        for statement in split(script):
            connection.execute(statement)
    connection.executemany(
        "INSERT INTO migrations (number, name, tidemill) VALUES (?, ?, ?)",
        [(migration.number, migration.name, __version__) for migration in pending],
    )
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {migrations[-1].number}")


def _copy(path: Path, target: Path) -> None:
    """Copy what was last committed; by SQLite, as closing a plain handle drops this process's locks."""
    unfinished = target.with_name(f"{target.name}.new")
    unfinished.unlink(missing_ok=True)
    source, copy = sqlite3.connect(path), sqlite3.connect(unfinished)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
    unfinished.replace(target)


def _number(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])


def _too_new(connection: sqlite3.Connection, path: Path | None, found: int, known: int) -> StoreVersionError:
    writer = connection.execute("SELECT tidemill FROM migrations WHERE number = ?", (found,)).fetchone()
    return StoreVersionError(
        f"A newer Tidemill wrote {path}",
        subject=str(path),
        found=f"schema {found}, of Tidemill {writer[0] if writer else 'unknown'}",
        expected=f"schema {known} or older, of Tidemill {__version__}",
        next_step="upgrade Tidemill, or name another store (TIDEMILL_HOME)",
    )


def _foreign(path: Path) -> StoreError:
    return StoreError(
        f"{path} is a database, but not one of Tidemill",
        subject=str(path),
        found="tables of another program",
        expected="a store of Tidemill, or no file",
        next_step="name another store (TIDEMILL_HOME)",
    )


@contextmanager
def failures(path: Path | None) -> Iterator[None]:
    """Tell a failure of SQLite as one of the store, with what to do next."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise InvariantViolationError(
            "The store refused a record that contradicts another",
            subject=str(path or "a store in memory"),
            found=str(error),
            expected="ids that are not in use",
        ) from error
    except sqlite3.DatabaseError as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        problem, next_step = _TOLD.get(code, ("cannot be used", "see what SQLite found"))
        raise StoreError(
            f"The database {path} {problem}", subject=str(path), found=str(error), next_step=next_step
        ) from error


_DAMAGED = ("is damaged", "move it away and restore a copy; the artifacts beside it are intact")
_TOLD = {
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_FULL: (
        "cannot grow: the disk is full",
        "free some space; what was stored before is intact",
    ),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "check the disk and its free space"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "check the permissions of the folder"),
    sqlite3.SQLITE_READONLY: ("cannot be written", "check the permissions of the folder and the file"),
    sqlite3.SQLITE_BUSY: (
        f"was kept locked by another process for {BUSY_SECONDS:.0f} s",
        "end the process that holds it",
    ),
}
