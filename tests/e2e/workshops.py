"""What tests of the workshop share: one in a folder, with the user's file, and what its store says."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from processes_line import LONG, Told, eventually, told

from tidemill.core.records import CodeRef
from tidemill.core.settings import Settings
from tidemill.server.models import Code, Requested, RunRequest
from tidemill.server.workshop.workshop import Workshop

GRACE = 0.5


class Shop:
    """A workshop on `p.py` of a folder.

    Args:
        folder: The user's; its store is `.tidemill`.
        workshop: Of the code.
    """

    def __init__(self, folder: Path, workshop: Workshop) -> None:
        self.folder = folder
        self.workshop = workshop
        self.codes: list[Code] = []
        self._changed = threading.Event()
        workshop.subscribe(self._note)

    def _note(self) -> None:
        self.codes.append(self.workshop.code)

    def write(self, source: str, name: str = "p.py") -> None:
        """Save a file."""
        (self.folder / name).write_text(source, encoding="utf-8")

    def ready(self) -> Code:
        """The code once it is loaded, one way or the other."""
        code = eventually(lambda: self.workshop.code.status != "loading" and self.workshop.code)
        assert code, "the code was not loaded in time"
        return code

    def until(self, condition: Callable[[Code], Any]) -> Code:
        """The code once something is so of it."""
        assert eventually(lambda: condition(self.workshop.code)), self.workshop.code
        return self.workshop.code

    def keys(self) -> list[str]:
        """The assets of the snapshot."""
        assert self.workshop.snapshot is not None
        return list(self.workshop.snapshot.nodes)

    def launch(self, **asked: Any) -> Requested:
        """Ask for a run."""
        return self.workshop.launch(RunRequest(**asked))

    @contextlib.contextmanager
    def store(self) -> Iterator[Told]:
        """What the store says."""
        with told(self.folder) as found:
            yield found

    def ended(self, number: int | None) -> str:
        """The status of a run once it is over."""
        assert number is not None
        with self.store() as found:
            assert eventually(lambda: found.run(number).finished_at is not None, LONG), found.run(number)
            return found.run(number).status


@contextlib.contextmanager
def workshop_in(
    folder: Path, source: str, *, pools: Mapping[str, int] | None = None, **changes: Any
) -> Iterator[Shop]:
    """A workshop on a file, to the end of the block; nothing of it is left then."""
    path = folder / "p.py"
    path.write_text(source, encoding="utf-8")
    settings = Settings(home=folder / ".tidemill", grace=GRACE, pools=pools or {})
    workshop = Workshop(CodeRef("file", str(path)), settings, **changes)
    try:
        yield Shop(folder, workshop)
    finally:
        workshop.close()
