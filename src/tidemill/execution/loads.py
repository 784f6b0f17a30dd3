"""What a load of the user's code came to: described, and kept for whoever comes next and need not load it.

    Loaded ──describe_all──▶ Coding: facts of every unit, and recipes of their code, both kept
    snapshot ──snapshot_units──▶ facts of every unit, while all that the import depended on is the same

Nothing here calls the user's code.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tidemill.core.errors import InvalidConfigError, TidemillError
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.code.loading import Loaded
    from tidemill.core.records import CodeRef
    from tidemill.execution.coding import Coding
    from tidemill.execution.launch import Prepared
    from tidemill.home import Home
    from tidemill.planning.facts import UnitFacts

MANY = 300
"""Units beside those that run, whose facts a run does not wait for: each takes a tenth of a millisecond."""


def root_of(code: CodeRef, settings: Settings) -> Path:
    """The folder from which files are named: that of the file with the definitions, else that of the project."""
    if code.kind != "module":
        return Path(code.target).parent
    return settings.project or Path.cwd()


def snapshot_units(code: CodeRef, home: Home) -> dict[str, UnitFacts] | None:
    """Facts of all units as the last load found them; None where that may have changed."""
    # Who finds a snapshot that holds loads nothing of what comes further down.
    from tidemill.code.snapshot import read_snapshot  # noqa: PLC0415
    from tidemill.planning.facts import UnitFacts  # noqa: PLC0415  (as above)

    rows = read_snapshot(home.folder, code)
    return None if rows is None else {row[0]: UnitFacts.from_json(row) for row in rows}


def describe_all(
    code: CodeRef, loaded: Loaded, home: Home, settings: Settings, whole: Prepared | None = None
) -> Coding:
    """Facts of everything that was loaded, in its default config; kept for the next command.

    `whole` is a run of just that, where there is one.
    """
    from tidemill.code.moments import moments  # noqa: PLC0415  (as above)
    from tidemill.code.project import Project  # noqa: PLC0415  (as above)
    from tidemill.code.snapshot import write_snapshot  # noqa: PLC0415  (as above)
    from tidemill.definitions.triggers.jobs import IMPLICIT_JOB  # noqa: PLC0415  (as above)
    from tidemill.execution.launch import Request, prepare, world_of  # noqa: PLC0415  (as above)

    root = root_of(code, settings)
    request = Request(IMPLICIT_JOB, code=code, root=root)
    project = loaded.definitions.project()
    try:
        world = world_of(project, home)
        prepared = whole or prepare(project, request, world)
    except InvalidConfigError:
        # What no run could start without is asked for when one is to start, not when somebody looks.
        prepared = prepare(project, request, world, check_config=False)
    coding = prepared.described(home).coding
    assert coding is not None
    if loaded.audit is not None:
        recipes = coding.recipes.values()
        found = {*Project(root).modules, *(path for recipe in recipes for path in recipe.files)}
        sources = {path for path in found if path.endswith(".py")}  # not the command itself
        computed = {
            f"{name} is computed while the code is imported" for recipe in recipes for name in recipe.computed
        }
        unsayable = {
            f"{name} has partitions that a function or a class of the project's own gives"
            for name, unit in coding.units.items()
            if not unit.sayable
        }
        reads = [root / path for unit in project.units.values() for path in unit.terms.reads]
        write_snapshot(
            home.folder,
            code,
            loaded.audit,
            [unit.to_json() for unit in coding.units.values()] if not unsayable else [],
            sources=sources,
            reads=reads,
            doubts={*computed, *unsayable, *moments(sources)},
        )
    return coding


def remembered(prepared: Prepared, loaded: Loaded, home: Home, settings: Settings) -> Prepared:
    """What is about to run; facts of everything that was loaded are kept, so that the next command need not load it.

    Before the run: what it writes, and what steps in this process change of the live code, is not what was imported.
    """
    request = prepared.request
    if prepared.coding is not None or request.code is None or snapshot_units(request.code, home) is not None:
        return prepared
    if len(prepared.project.units) - len(prepared.to_run.steps) > MANY:
        return prepared
    plain = not (request.config or request.job_config)
    everything = loaded.definitions.project().units.keys() == prepared.project.units.keys()  # no job of ops
    anew = request.parent_id is None and not prepared.settled
    whole = plain and everything and anew and request.selection is None
    try:
        coding = describe_all(request.code, loaded, home, settings, prepared if whole else None)
    except (TidemillError, OSError):
        return prepared  # the next command finds out, if it is still so; the run does not depend on it
    return prepared._replace(coding=coding) if plain else prepared
