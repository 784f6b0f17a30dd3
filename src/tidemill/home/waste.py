"""Files of a store folder that nothing needs any more: old logs, caches, copies, what dead writers left.

Each is told with its size and the reason; whoever has looked may remove it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tidemill.code.cache import CACHE_NAME
from tidemill.code.snapshot import FOLDER as SNAPSHOTS
from tidemill.core.durations import duration_text
from tidemill.home import Home
from tidemill.io.artifacts import StoredFile
from tidemill.storage.keeping import addresses_in_use, ends_of_runs
from tidemill.storage.store import DATABASE_NAME

UNUSED = 30 * 86_400
"""Seconds after which a cache that nobody read, and a copy that a migration made, are waste."""

AT_ONCE = 1_000


class Waste(NamedTuple):
    """A file or folder to remove; `run` is the number of the run whose logs it holds, 0 for one of no run."""

    path: Path
    size: int
    reason: str
    run: int = 0


def old_logs(home: Home, kept: float, now: int) -> Iterator[Waste]:
    """Folders with the logs of runs that ended more than `kept` seconds before `now`."""
    before, reason = now - int(kept * 1_000_000), f"keep_logs={duration_text(kept)}"
    with contextlib.suppress(FileNotFoundError):
        folders = {path.name: path for path in (home.folder / "logs").iterdir()}
        ends = ends_of_runs(home.store, folders)
        for name, path in folders.items():
            number, end = ends.get(
                name, (0, _touched(path))
            )  # of a run that the store has lost, by its files
            if end is not None and end < before:
                yield Waste(path, _size(path), reason, number)


def stray_files(home: Home, before: int, chosen: Callable[[str], bool] = lambda _: True) -> list[StoredFile]:
    """Files of artifacts that no version needs, untouched since `before`; by the first two digits of their names."""
    old = [file for file in home.artifacts.files(chosen) if file.touched < before]
    needed: set[str] = set()
    for start in range(0, len(old), AT_ONCE):
        needed |= addresses_in_use(home.store, [file.address for file in old[start : start + AT_ONCE]])
    return [file for file in old if file.address not in needed]


def leftovers(home: Home, before: int) -> Iterator[Waste]:
    """What writers that died left half-written, in the artifacts and beside the caches."""
    for path in home.artifacts.leftovers():
        yield from _if_there(path, "its writer died")
    patterns = (f"{CACHE_NAME}.*", f"{SNAPSHOTS}/.*", f"{DATABASE_NAME}.schema-*.new")
    for path in _found(home.folder, patterns):
        if _touched(path) < before:
            yield from _if_there(path, "its writer died")


def unused(home: Home, now: int) -> Iterator[Waste]:
    """Caches that nobody has read for a month, and copies of the database that migrations made before that."""
    before, reason = now - UNUSED * 1_000_000, f"not used for {duration_text(UNUSED)}"
    for path in _found(home.folder, (CACHE_NAME, f"{SNAPSHOTS}/*.json")):
        if _touched(path, read=True) < before:
            yield from _if_there(path, reason)
    for path in _found(home.folder, (f"{DATABASE_NAME}.schema-*[0-9]",)):
        if _touched(path) < before:
            yield from _if_there(path, "a copy of the database before a migration")


def remove(waste: Waste) -> int:
    """Remove it; the bytes that are freed.

    Raises:
        OSError: It cannot be.
    """
    try:
        if waste.path.is_dir():
            shutil.rmtree(waste.path)
        else:
            waste.path.unlink()
    except FileNotFoundError:
        return 0
    return waste.size


def _found(folder: Path, patterns: Iterable[str]) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(folder.glob(pattern))


def _if_there(path: Path, reason: str) -> Iterator[Waste]:
    with contextlib.suppress(FileNotFoundError):
        yield Waste(path, path.stat().st_size, reason)


def _touched(path: Path, *, read: bool = False) -> int:
    """When a file was last written, or read, in UTC microseconds; now, as it were, for one that is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 1 << 62
    return (max(found.st_mtime_ns, found.st_atime_ns) if read else found.st_mtime_ns) // 1000


def _size(folder: Path) -> int:
    total = 0
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            total += _size(Path(entry.path)) if entry.is_dir(follow_symlinks=False) else entry.stat().st_size
    return total
