"""Importing the user's code for the page: what came of it, and what it depended on.

code ──import──▶ Stock, snapshot in the store's folder, files to watch
     └─ it fails ─▶ the error, the user's traceback, files to watch all the same
"""

from __future__ import annotations

import gc
import os
import sys
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tidemill.code.audit import Audit, audited, is_given
from tidemill.code.loading import Loaded, load_definitions, without_runs
from tidemill.core.errors import TidemillError, UserCodeLoadError
from tidemill.core.masked_output import masked
from tidemill.core.records import CodeRef
from tidemill.core.settings import Settings
from tidemill.execution.launch import problems_of, world_of
from tidemill.execution.loads import describe_all, root_of
from tidemill.home import Home
from tidemill.server.workshop.archive import Kept, keep
from tidemill.server.workshop.contents import CHANGING, Watched, digest_of
from tidemill.server.workshop.describing import snapshot_of
from tidemill.server.workshop.launching import Stock


class Load(NamedTuple):
    """What came of a load; `stock` and `kept` where it was good, `error` where not.

    Attributes:
        seconds: How long the import took.
    """

    seconds: float
    watched: Watched
    stock: Stock | None = None
    kept: Kept | None = None
    error: TidemillError | None = None


def load(code: CodeRef, settings: Settings) -> Load:
    """Import the code, describe it, keep its snapshot. Any error is in the answer."""
    began = time.monotonic()
    loaded: Loaded | None = None
    error: BaseException | None = None
    with audited() as audit:
        try:
            with masked(sys.stdout, sys.stderr), without_runs(code):
                loaded = load_definitions(code)
        except TidemillError as failure:
            error = failure
    seconds = time.monotonic() - began
    watched = watched_of(code, audit, error)
    try:
        if loaded is None:
            assert isinstance(error, TidemillError)
            raise error
        loaded = loaded._replace(audit=audit)
        gc.freeze()  # what large libraries made is never garbage
        check(code, loaded)
        stock, kept = _described(code, loaded, settings, seconds)
    except TidemillError as failure:
        return Load(seconds, watched, error=failure)
    return Load(seconds, watched, stock, kept)


def check(code: CodeRef, loaded: Loaded) -> None:
    """Find out whether the definitions are something, and good.

    Raises:
        UserCodeLoadError: There are none.
        TidemillError: The first problem; its next step says how many there are.
    """
    found = loaded.definitions
    if not (found.assets or found.asset_checks or found.jobs or found.resources):
        raise UserCodeLoadError(
            f"{code.target} defines no assets",
            subject=code.target,
            found="a module without @asset functions and without a Definitions object",
            expected="functions decorated with @asset, or defs = Definitions(assets=[...])",
            next_step="decorate a function with @asset, or name another file",
        )
    problems = problems_of(found.project())
    if len(problems) > 1:
        steps = [problems[0].next_step] if problems[0].next_step else []
        problems[0].next_step = "\n".join([*steps, f"`tidemill validate` lists all {len(problems)} problems"])
    if problems:
        raise problems[0]


def _described(code: CodeRef, loaded: Loaded, settings: Settings, seconds: float) -> tuple[Stock, Kept]:
    root, project = root_of(code, settings), loaded.definitions.project()
    home = Home.open(settings.home, durability=settings.durability)
    try:
        coding = describe_all(code, loaded, home, settings)
        snapshot = snapshot_of(
            project,
            coding,
            code=str(code),
            root=root,
            made_at=home.clock.now(),
            seconds=seconds,
            world=world_of(project, home),
        )
        kept = keep(home.folder, snapshot)
    except Exception as error:
        if isinstance(error, TidemillError):
            raise
        raise UserCodeLoadError(
            f"The definitions of {code.target} could not be described",
            user_traceback="".join(traceback.format_exception(error)),
            subject=code.target,
            found=f"{type(error).__name__}: {error}",
            expected="definitions that answer when they are asked: partitions, schemas of config",
            next_step="mend what the traceback names",
        ) from error
    finally:
        home.close()
    return Stock(code, loaded, coding, settings, root), kept


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
