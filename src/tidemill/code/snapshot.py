"""What a load of the user's code came to, kept so that the next command need not load it.

    load ──Snapshot.write──▶ .tidemill/snapshots/<code>.json ──holds?──▶ facts of the units, or None: load again

It holds while everything that the import depended on is the same: sources and files by content (times lie after a
checkout), listings of folders, variables of the environment, the interpreter, the installed distributions. Where
anything about the import could not be foreseen it does not hold at all.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from blake3 import blake3

from tidemill.code.audit import Audit, environment_text, is_given
from tidemill.core.records import CodeRef
from tidemill.core.version import __version__

FORMAT = 2
FOLDER = "snapshots"
KEY_BYTES = 32
SOURCES = (".py", ".so", ".pyd")


def read_snapshot(store: Path, code: CodeRef) -> list[Any] | None:
    """The facts of the units (JSON rows) as the last load found them; None where that may have changed."""
    try:
        text = _path(store, code).read_text(encoding="utf-8")
        key = (store / FOLDER / "key").read_bytes()
        digest, _, body = text.partition("\n")
        data = json.loads(body) if digest == _keyed(body, key) else None
    except (OSError, ValueError):
        return None
    return data["units"] if data is not None and _holds(data, key) else None


def _holds(data: Mapping[str, Any], key: bytes) -> bool:
    """Whether all that the import depended on is the same; what is cheap to tell comes first."""
    names = data["variables"]
    environment = environment_text(os.environ, None if names is None else set(names))
    return (
        data["made_by"] == _made_by()
        and not data["doubts"]
        and data["environment"] == _keyed(environment, key)
        and data["installed"] == _installed(data["path"])
        and all(_listing(path, sources) == digest for path, sources, digest in data["folders"])
        and all(_kind(path) == kind for path, kind in data["asked"].items())
        and all(_file(path) == digest for path, digest in data["files"].items())
    )


def write_snapshot(
    store: Path,
    code: CodeRef,
    audit: Audit,
    units: list[Any],
    *,
    sources: Iterable[str],
    reads: Iterable[Path] = (),
    doubts: Iterable[str] = (),
) -> None:
    """Keep what a load came to.

    Args:
        store: Folder of the store.
        code: What was loaded.
        audit: What the import depended on.
        units: Facts, as JSON rows.
        sources: Files of the user's modules.
        reads: Files and folders that the units declare to read.
        doubts: Further reasons why the next load may come to something else.
    """
    sources = set(sources)
    if any(_changed_since(audit.began, source) for source in sources):
        return  # somebody edits right now: what was imported may not be what is there
    folder = store / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    files = {*sources, *audit.files}
    folders = [(path, False) for path in sorted(audit.folders)]
    searched = [entry for entry in sys.path if not is_given(f"{entry}/")]  # a new file there is found first
    parents = {str(Path(source).parent) for source in sources}
    folders += [(path, True) for path in sorted({*parents, *searched})]
    for path in reads:
        inside = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]
        files.update(map(str, inside))
        folders += [(str(each), False) for each in {path, *(one.parent for one in inside)} if path.is_dir()]
    key = _key(folder)
    names = None if audit.variables is None else sorted(audit.variables)
    data: Mapping[str, Any] = {
        "made_by": _made_by(),
        "doubts": sorted({*audit.doubts, *doubts}),
        "path": sys.path,
        "installed": _installed(sys.path),
        "variables": names,
        "environment": _keyed(environment_text(audit.environment, audit.variables), key),
        "files": {path: _file(path) for path in sorted(files)},
        "asked": {path: _kind(path) for path in sorted(audit.asked - files)},
        "folders": [(path, only_sources, _listing(path, only_sources)) for path, only_sources in folders],
        "units": units,
    }
    path = _path(store, code)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    body = json.dumps(data, separators=(",", ":"))
    temporary.write_text(f"{_keyed(body, key)}\n{body}", encoding="utf-8")
    temporary.replace(path)


def _path(store: Path, code: CodeRef) -> Path:
    return store / FOLDER / f"{blake3(f'{code} {Path.cwd()}'.encode()).hexdigest(8)}.json"


def _made_by() -> list[Any]:
    flags = sys.flags
    modes = [flags.optimize, flags.safe_path, flags.no_site]
    return [FORMAT, __version__, sys.version, sys.prefix, modes, os.environ.get("PYTHONPATH", "")]


def _key(folder: Path) -> bytes:
    """A secret of this store: values of the environment cannot be guessed from their digest without it."""
    path = folder / "key"
    if not path.exists() or path.stat().st_size != KEY_BYTES:
        temporary = folder / f".key.{os.getpid()}"
        with temporary.open("wb") as file:
            temporary.chmod(0o600)
            file.write(os.urandom(KEY_BYTES))
        temporary.replace(path)
    return path.read_bytes()


def _keyed(text: str, key: bytes) -> str:
    return blake3(text.encode("utf-8", "surrogateescape"), key=key).hexdigest(16)


def _file(path: str) -> str:
    try:
        return blake3(Path(path).read_bytes()).hexdigest(16)
    except OSError:
        return ""


def _changed_since(moment: int, path: str) -> bool:
    try:
        return os.stat(path).st_mtime_ns > moment  # noqa: PTH116  (as below)
    except OSError:
        return True


def _kind(path: str) -> str:
    """What a path is; of a file also how large. Not when it was changed: that lies after a checkout."""
    try:
        status = os.stat(path)  # noqa: PTH116  (for each path, each time)
    except OSError:
        return ""
    return f"file {status.st_size}" if stat.S_ISREG(status.st_mode) else "other"


def _listing(path: str, only_sources: bool) -> str:
    """What is in a folder; of one on the way of imports, what could be imported from it."""
    try:
        names = sorted(os.listdir(path))  # noqa: PTH208  (for each folder, each time)
    except OSError:
        return ""
    if only_sources:
        names = [
            name
            for name in names
            if name.endswith(SOURCES) or (name.isidentifier() and name != "__pycache__")
        ]
    return blake3("\n".join(names).encode("utf-8", "surrogateescape")).hexdigest(16)


def _installed(path: Iterable[str]) -> str:
    """The distributions that can be imported, by the names of their folders, which hold their versions."""
    found = []
    for folder in path:
        try:
            names = os.listdir(folder)  # noqa: PTH208  (a path for each of hundreds of names takes a millisecond)
        except OSError:
            continue
        found += [name for name in names if name.endswith((".dist-info", ".egg-info", ".pth"))]
    return blake3("\n".join(sorted(found)).encode("utf-8", "surrogateescape")).hexdigest(16)
