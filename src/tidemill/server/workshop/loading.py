"""Describing code that was imported, for the page: whether it is good, and its snapshot in the store's folder.

Imported ──check, describe──▶ Stock, snapshot
"""

from __future__ import annotations

import gc
import traceback
from typing import NamedTuple

from tidemill.code.loading import Loaded
from tidemill.core.errors import TidemillError, UserCodeLoadError
from tidemill.core.records import CodeRef
from tidemill.core.settings import Settings
from tidemill.execution.launch import problems_of, world_of
from tidemill.execution.loads import describe_all, root_of
from tidemill.home import Home
from tidemill.server.workshop.archive import Kept, keep
from tidemill.server.workshop.contents import Watched
from tidemill.server.workshop.describing import snapshot_of
from tidemill.server.workshop.importing import Imported
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


def load(code: CodeRef, imported: Imported, settings: Settings) -> Load:
    """Describe code that was imported, keep its snapshot. Any error is in the answer."""
    seconds, watched, loaded, error = imported
    try:
        if loaded is None:
            assert error is not None
            raise error
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
