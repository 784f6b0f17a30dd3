"""Where snapshots lie: one file for each code that was ever loaded, in the folder of the store.

Each is written whole under another name and then renamed, so that whoever reads finds the last one or the new one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

from tidemill.core.collecting import uncollected
from tidemill.core.secrets import mask
from tidemill.server.snapshot import FORMAT, Snapshot

FOLDER = "snapshots"
ENDING = ".definitions.json"


class Kept(NamedTuple):
    """A snapshot that was written: its file and its id."""

    path: Path
    id: str


@uncollected()
def keep(store: Path, snapshot: Snapshot) -> Kept:
    """Write a snapshot over the last one of the same code."""
    path = _path(store, snapshot.code, snapshot.root)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = mask(json.dumps(snapshot.to_json(), separators=(",", ":")))
    id = blake3(body.encode()).hexdigest(16)
    head = json.dumps({"id": id, "made_at": snapshot.made_at, "seconds": snapshot.seconds})
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(f"{head[:-1]},{body[1:]}", encoding="utf-8")
    temporary.replace(path)
    return Kept(path, id)


def read(path: Path) -> Snapshot | None:
    """The snapshot in a file; None where there is none, or one that another version wrote."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Snapshot.from_json(data) if data["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def last(store: Path, code: str | None = None) -> Snapshot | None:
    """The snapshot that was written last.

    Args:
        store: Folder of the store.
        code: Of this code only, as `file:PATH`.
    """
    found = sorted(
        (store / FOLDER).glob(f"*{ENDING}"), key=lambda path: path.stat().st_mtime_ns, reverse=True
    )
    for path in found:
        snapshot = read(path)
        if snapshot is not None and code in (None, snapshot.code):
            return snapshot
    return None


def _path(store: Path, code: str, root: str) -> Path:
    return store / FOLDER / f"{blake3(f'{code} {root}'.encode()).hexdigest(8)}{ENDING}"
