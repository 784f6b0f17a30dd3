"""Retention: what a store lets go of, and in which order, so that it may be killed at any moment.

    survey (reads only) ──▶ Survey ──clear──▶ Cleared

Of a value first the event is committed, then the file removed: no version ever claims a value whose file is gone.
A file that was not removed any more is a stray to the next survey. What another process may be about to commit is kept
by the time of its file: whoever writes a file, or means to name one again, touches it (`ArtifactFolder.hold`), and
no file is removed that was touched within the hour, or since the oldest run that is live was created.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tidemill.core.durations import duration_text
from tidemill.core.errors import StoreError
from tidemill.core.events import ValuesDropped
from tidemill.home import Home
from tidemill.home.waste import Waste, leftovers, old_logs, remove, stray_files, unused
from tidemill.io.artifacts import StoredFile
from tidemill.io.locks import locked
from tidemill.planning.retention import GRACE, Drop, Needs, Rule, Verdict, judge_values
from tidemill.storage import keeping
from tidemill.storage.store import START, Room, Store

MARKER = "retention"
"""A file of the store folder: locked by who clears; it holds the moment of the last daily pass."""

MARGIN = 60
"""Seconds by which the time of a file may be behind the clock of the run that wrote it."""

VALUES = 500
ROWS = 500
"""How many values go, and how many rows are looked at, in one transaction: milliseconds for whoever waits to write."""

REST = 0.005
"""Least seconds between two of them, so that others have their turn."""

FREE = 4
"""The database is compacted when one part of so many is free."""

NOTHING = Verdict((), {})


class Policy(NamedTuple):
    """How long logs and events are kept, in seconds; None for ever."""

    keep_logs: float | None = None
    keep_events: float | None = None


class Survey(NamedTuple):
    """What may go.

    Attributes:
        values: Versions that lose their value; and those that are over their rule and keep it, with why.
        strays: Files of artifacts that no version needs.
        logs: Folders of runs.
        files: Caches, copies, and what dead writers left.
        runs, rows: Of chatter: of how many runs, how many rows.
        live: Numbers of runs that are not over.
        room: Of the database.
    """

    values: Verdict
    strays: tuple[StoredFile, ...]
    logs: tuple[Waste, ...]
    files: tuple[Waste, ...]
    runs: int
    rows: int
    live: tuple[int, ...]
    room: Room

    @property
    def size(self) -> int:
        """Bytes that are freed when all of it goes; the database's own are not foreseen."""
        return (
            sum(drop.freed for drop in self.values.drops)
            + sum(file.size for file in self.strays)
            + sum(waste.size for waste in (*self.logs, *self.files))
        )


class Cleared(NamedTuple):
    """What went.

    Attributes:
        values: Versions that lost their value.
        size: Bytes that were freed.
        strays, logs, files: How many went of each.
        runs, rows: Of chatter.
        compacted: Bytes by which the database became smaller.
        more: Whether some chatter was left for another time.
        problems: What could not be removed.
        room: Of the database, afterwards.
    """

    values: tuple[Drop, ...] = ()
    size: int = 0
    strays: int = 0
    logs: int = 0
    files: int = 0
    runs: int = 0
    rows: int = 0
    compacted: int = 0
    more: bool = False
    problems: tuple[str, ...] = ()
    room: Room = Room(0, 0)


def stored_rules(home: Home) -> dict[str, Rule]:
    """The rules that the runs have recorded, by asset."""
    return {asset: Rule(*said) for asset, said in keeping.rules(home.store).items()}


def look_at_values(home: Home, rules: Mapping[str, Rule], aliased: Collection[str] = ()) -> Verdict:
    """Which values go by these rules.

    The values are read first: what a run that is created later reads was the latest then, or became so since.
    """
    values = keeping.held_values(home.store, rules)
    if not values:
        return NOTHING
    since, now = keeping.live_since(home.store), home.clock.now()
    needs = Needs(aliased=frozenset(aliased))
    if since is not None:
        needs = needs._replace(live_since=since.seq, versions=keeping.needed_versions(home.store))
    first = judge_values(values, rules, needs, now=now)
    going = {drop.value.address for drop in first.drops}
    elsewhere = keeping.addresses_in_use(home.store, going, besides=rules)
    return judge_values(values, rules, needs._replace(addresses=elsewhere), now=now) if elsewhere else first


def survey(home: Home, rules: Mapping[str, Rule], policy: Policy, *, aliased: Collection[str] = ()) -> Survey:
    """Look for everything that may go; nothing is changed.

    Args:
        home: The store.
        rules: Of values, by asset.
        policy: Of the rest.
        aliased: Ids of versions that keep their value because they have a name.
    """
    now, before = home.clock.now(), untouched_since(home)
    values = look_at_values(home, rules, aliased)
    runs, rows = 0, 0
    if policy.keep_events is not None:
        runs, rows = keeping.chatter(home.store, now - int(policy.keep_events * 1_000_000))
    logs = old_logs(home, policy.keep_logs, now) if policy.keep_logs is not None else ()
    return Survey(
        values,
        tuple(stray_files(home, before)),
        tuple(logs),
        (*leftovers(home, before), *unused(home, now)),
        runs,
        rows,
        tuple(run.number for run in home.store.live_runs()),
        room_of(home),
    )


def clear(home: Home, found: Survey, policy: Policy) -> Cleared:
    """Let go of what a survey has found; of the database, more than that where the rules allow it."""
    broom = Broom(home)
    broom.drop_values(found.values.drops)
    broom.sweep(found.strays)
    logs, files = broom.remove(found.logs), broom.remove(found.files)
    chatter = broom.trim(policy.keep_events)
    compacted = broom.compact()
    return broom.done._replace(
        logs=logs,
        files=files,
        runs=chatter.runs,
        rows=chatter.rows,
        more=chatter.more,
        compacted=compacted,
        room=room_of(home),
    )


def untouched_since(home: Home) -> int:
    """A file that was touched at this moment (UTC microseconds) or later may be about to be named by a version."""
    before = home.clock.now() - GRACE * 1_000_000
    since = keeping.live_since(home.store)
    return before if since is None else min(before, since.at - MARGIN * 1_000_000)


@contextlib.contextmanager
def alone(home: Home) -> Iterator[Path | None]:
    """Keep other processes from clearing the same store; None where one does already, else the marker."""
    marker = home.folder / MARKER
    marker.touch()
    with locked(marker, exclusive=True, wait=False) as mine:
        yield marker if mine else None


class Broom:
    """Removes, and keeps count in `done`."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.before = untouched_since(home)
        self.done = Cleared()

    def drop_values(self, drops: Sequence[Drop]) -> None:
        """Let go of values: first recorded, then removed."""
        for start in range(0, len(drops), VALUES):
            some = drops[start : start + VALUES]
            rules = dict.fromkeys(drop.rule for drop in some)
            now = self.home.clock.now()
            self.home.append(
                "",
                [
                    ValuesDropped(now, tuple(drop.value.id for drop in some if drop.rule == rule), rule)
                    for rule in rules
                ],
            )
            self._count(values=(*self.done.values, *some))
            for drop in some:
                # Of versions that share bytes the newest comes last, and only it has something to free.
                if drop.value.inline:
                    self._count(size=self.done.size + drop.freed)
                elif drop.freed:
                    self._unlink(drop.value.address)
            self.home.clock.sleep(REST)

    def sweep(self, strays: Sequence[StoredFile]) -> None:
        """Remove files of artifacts, unless somebody has touched them since they were found."""
        for file in strays:
            if self._unlink(file.address):
                self._count(strays=self.done.strays + 1)

    def remove(self, found: Sequence[Waste]) -> int:
        """Remove files and folders; how many."""
        count = 0
        for waste in found:
            try:
                self._count(size=self.done.size + remove(waste))
                count += 1
            except OSError as error:
                self._fail(waste.path, error)
        return count

    def trim(self, kept: float | None, most: int | None = None) -> _Chatter:
        """Remove the chatter of runs that ended more than `kept` seconds ago, in many short transactions."""
        store, clock = self.home.store, self.home.clock
        if kept is None or not isinstance(store, Store):
            return _Chatter(0, 0, False)
        now, place, runs, rows = clock.now(), START, 0, 0
        before, reason = now - int(kept * 1_000_000), f"keep_events={duration_text(kept)}"
        while True:
            began = clock.monotonic()
            trimmed = store.trim(before, at=now, reason=reason, rows=ROWS, after=place)
            place, runs, rows = trimmed.place, runs + trimmed.runs, rows + trimmed.rows
            if not trimmed.more or (most is not None and rows >= most):
                return _Chatter(runs, rows, trimmed.more)
            clock.sleep(max(REST, clock.monotonic() - began))  # as long again is everybody else's

    def compact(self) -> int:
        """Give the free pages of the database back, where they are many and no run is live; the bytes."""
        store = self.home.store
        if not isinstance(store, Store) or store.live_runs() or not is_loose(room := store.room()):
            return 0
        try:
            store.compact()
        except StoreError as error:
            self._count(problems=(*self.done.problems, str(error)))
            return 0
        saved = room.size - store.room().size
        self._count(size=self.done.size + saved)
        return saved

    def _unlink(self, address: str) -> bool:
        try:
            freed = self.home.artifacts.remove(address, self.before)
        except OSError as error:
            self._fail(self.home.artifacts.path(address), error)
            return False
        self._count(size=self.done.size + (freed or 0))
        return freed is not None

    def _fail(self, path: Path, error: OSError) -> None:
        self._count(problems=(*self.done.problems, f"{path}: {error.strerror or error}"))

    def _count(self, **changes: object) -> None:
        self.done = self.done._replace(**changes)  # type: ignore[arg-type]  # names of its fields


class _Chatter(NamedTuple):
    """What a trimming came to."""

    runs: int
    rows: int
    more: bool


def room_of(home: Home) -> Room:
    """How much of the database is in use."""
    return home.store.room() if isinstance(home.store, Store) else Room(0, 0)


def is_loose(room: Room) -> bool:
    """Whether enough of the database is free to be worth a rewriting."""
    return room.free > 0 and room.free * FREE >= room.size
