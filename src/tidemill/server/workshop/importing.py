"""Importing the user's code for the page: what it defines or why not, and what it depended on.

code ──import──▶ definitions, files to watch
     └─ it fails ─▶ the error, the user's traceback, files to watch all the same

It loads little of Tidemill: the first picture of a graph waits for this import, and the rest can come after it.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tidemill.code.audit import Audit, audited, is_given
from tidemill.code.loading import Loaded, load_definitions, without_runs
from tidemill.core.errors import TidemillError
from tidemill.core.masked_output import masked
from tidemill.core.records import CodeRef
from tidemill.server.workshop.contents import CHANGING, Watched, digest_of


class Imported(NamedTuple):
    """What came of an import: what was loaded, or the error.

    Attributes:
        seconds: How long it took.
    """

    seconds: float
    watched: Watched
    loaded: Loaded | None = None
    error: TidemillError | None = None


def import_code(code: CodeRef) -> Imported:
    """Import the code. Any error is in the answer."""
    began = time.monotonic()
    loaded: Loaded | None = None
    error: TidemillError | None = None
    with audited() as audit:
        try:
            with masked(sys.stdout, sys.stderr), without_runs(code):
                loaded = load_definitions(code)
        except TidemillError as failure:
            error = failure
    seconds = time.monotonic() - began
    watched = watched_of(code, audit, error)
    return Imported(seconds, watched, None if loaded is None else loaded._replace(audit=audit), error)


# What to watch


def watched_of(code: CodeRef, audit: Audit, error: BaseException | None) -> Watched:
    """What the import depended on, as it was when it was read."""
    files = {*audit.files, *audit.asked, *_sources(), *_named_in(error)}
    if code.kind != "module":
        files.add(str(Path(code.target).resolve()))
    seen = {path: _seen(path, audit.began) for path in files if not Path(path).is_dir()}
    return Watched(seen, sorted(audit.folders))


def _seen(path: str, began: int) -> str:
    try:
        changing = path.endswith(".py") and Path(path).stat().st_mtime_ns > began
    except OSError:
        changing = False
    return CHANGING if changing else digest_of(path)


def _sources() -> Iterable[str]:
    """Files of the user's modules."""
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path.endswith(".py"):
            path = os.path.abspath(path)  # noqa: PTH100  (for each of thousands of modules)
            if not is_given(path):
                yield path


def _named_in(error: BaseException | None) -> Iterable[str]:
    """Files of the frames of an error, and of one that is no Python."""
    while error is not None:
        for frame in traceback.extract_tb(error.__traceback__):
            if Path(frame.filename).is_file() and not is_given(frame.filename):
                yield frame.filename
        if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_file():
            yield error.filename
        error = error.__cause__ or error.__context__
