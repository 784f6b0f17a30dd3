"""Saved files: tells when something that an import depended on has another content.

Watched (files and their digests, folders) ──watchfiles──▶ a path changed ──other content?──▶ called
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

from watchfiles import watch

from tidemill.server.workshop.contents import Watched, digest_of

STEP, DEBOUNCE = 20, 200
"""Milliseconds: how long nothing more must change, and how long to wait for that at most."""

GLANCE = 1000
"""Milliseconds between looks whether to stop."""


class Watcher:
    """A thread that watches until it is stopped.

    Args:
        watched: What the import depended on.
        answered: Path → content for which the code was loaded again already, because it was saved while it was
            imported. An import that writes its own sources would go on for ever.
        changed: Called, from the thread, when something has another content, or is new.
        broken: Whether the import failed: then any new source may mend it.
    """

    def __init__(
        self, watched: Watched, answered: dict[str, str], changed: Callable[[], None], *, broken: bool
    ) -> None:
        self._files = dict(watched.files)
        self._folders = frozenset(watched.folders)
        self._answered = answered
        self._broken = broken
        self._changed = changed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tidemill-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no more; comes back at once."""
        self._stop.set()

    def _run(self) -> None:
        folders = folders_of(self._files, self._folders)
        if not folders:
            return
        changes = watch(
            *folders,
            recursive=False,
            step=STEP,
            debounce=DEBOUNCE,
            rust_timeout=GLANCE,
            stop_event=self._stop,
            watch_filter=None,
            raise_interrupt=False,
            ignore_permission_denied=True,
            yield_on_timeout=True,
        )
        first = next(changes, ())  # from here on nothing is missed
        if not self._stop.is_set():  # else the next one finds it
            self._tell([path for path in self._files if self._was_saved_before(path)])
        for found in chain([first], changes):
            self._tell([path for _, path in found if self._is_other(path)])

    def _was_saved_before(self, path: str) -> bool:
        """Whether a file was saved after it was read and before anybody watched it."""
        if not self._is_other(path):
            return False
        before = self._answered.get(path)
        self._answered[path] = self._files[path]
        return before != self._files[path]

    def _is_other(self, path: str) -> bool:
        if path in self._files:
            digest = digest_of(path)
            before, self._files[path] = self._files[path], digest
            return before != digest
        return (self._broken and path.endswith(".py")) or str(Path(path).parent) in self._folders

    def _tell(self, changed: list[str]) -> None:
        if changed and not self._stop.is_set():
            self._changed()


def folders_of(files: Iterable[str], folders: Iterable[str]) -> list[str]:
    """The folders that hold what is watched, as far as they are there."""
    folders = {*folders, *(str(Path(path).parent) for path in files)}
    return sorted(folder for folder in folders if Path(folder).is_dir())
