"""What commands that tell freshness share: facts (of a snapshot, or of freshly loaded code), judged and in words."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tidemill.cli.project import code_ref, load_watched, open_home
from tidemill.core.errors import InvalidConfigError, TidemillError
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.code.graph import Part
    from tidemill.code.loading import Loaded
    from tidemill.core.records import CodeRef
    from tidemill.definitions.partitions.partitions import World
    from tidemill.execution.coding import Coding
    from tidemill.execution.launch import Prepared
    from tidemill.execution.outlook import Outlook
    from tidemill.execution.spans import Made
    from tidemill.home import Home
    from tidemill.planning.facts import UnitFacts
    from tidemill.planning.freshness import State


class Seen(NamedTuple):
    """What a command works on: the store, and the outlook of all assets.

    `bulk` are assets with so many partitions that they were not judged one by one: which of them were made.
    """

    home: Home
    outlook: Outlook
    bulk: Mapping[str, Made] = {}


MANY = 300
"""Units beside those that run, whose facts a run does not wait for: each takes a tenth of a millisecond."""


def root_of(code: CodeRef, settings: Settings) -> Path:
    """The folder from which files are named: that of the file with the definitions, else that of the project."""
    if code.kind != "module":
        return Path(code.target).parent
    return settings.project or Path.cwd()


TOO_MANY = 5000
"""Partitions of an asset above which a page about all assets counts them and compares none."""


def see(arguments: argparse.Namespace, settings: Settings, *, in_bulk: bool = False) -> Seen:
    """Judge every asset; the user's code is imported only where a snapshot of it does not hold.

    With `in_bulk`, assets with very many partitions are counted instead.
    """
    code = code_ref(arguments, settings)
    home = open_home(settings, create=True)
    units = snapshot_units(code, home)
    if units is not None:
        return _judged(home, units, {}, in_bulk=in_bulk)
    code, loaded = load_watched(arguments, settings)
    coding = describe_all(code, loaded, home, settings)
    return _judged(home, coding.units, coding.parts, in_bulk=in_bulk)


def _judged(
    home: Home, units: Mapping[str, UnitFacts], parts: Mapping[str, Sequence[Part]], *, in_bulk: bool
) -> Seen:
    from tidemill.core.keys import AssetKey
    from tidemill.execution.outlook import look_ahead

    world = _world(units, home)
    large = {
        name: unit.partitions
        for name, unit in units.items()
        if in_bulk
        and unit.partitions is not None
        and unit.partitions.get_num_partitions(world.now, world) > TOO_MANY
    }
    bulk: dict[str, Made] = {}
    if large:
        from tidemill.execution.spans import made_partitions

        for name, definition in large.items():
            for output in units[name].outputs:
                asset = AssetKey.from_text(output.asset)
                bulk[output.asset] = made_partitions(home, asset, definition, world)
    rest = {name: unit for name, unit in units.items() if name not in large}
    return Seen(home, look_ahead(rest, home.store, parts=parts, world=world, but=tuple(bulk)), bulk)


def _world(units: Mapping[str, UnitFacts], home: Home) -> World:
    """What partitions depend on, where there are any."""
    from tidemill.definitions.partitions.partitions import NOWHERE

    if not any(unit.partitions is not None or unit.slicing for unit in units.values()):
        return NOWHERE
    from tidemill.home.world import world_around

    return world_around(home)


def snapshot_units(code: CodeRef, home: Home) -> dict[str, UnitFacts] | None:
    """Facts of all units as the last load found them; None where that may have changed."""
    from tidemill.code.snapshot import read_snapshot
    from tidemill.planning.facts import UnitFacts

    rows = read_snapshot(home.folder, code)
    return None if rows is None else {row[0]: UnitFacts.from_json(row) for row in rows}


def describe_all(
    code: CodeRef, loaded: Loaded, home: Home, settings: Settings, whole: Prepared | None = None
) -> Coding:
    """Facts of everything that was loaded, in its default config; kept for the next command.

    `whole` is a run of just that, where there is one.
    """
    from tidemill.code.moments import moments
    from tidemill.code.project import Project
    from tidemill.code.snapshot import write_snapshot
    from tidemill.definitions.triggers.jobs import IMPLICIT_JOB
    from tidemill.execution.launch import Request, prepare, world_of

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


def shown(asset: str, partition: str | None) -> str:
    """A slice for people."""
    from tidemill.core.keys import AssetKey

    # A text without escapes is what people read; there may be ten thousand of them.
    name = AssetKey.from_text(asset).to_user_string() if "\\" in asset else asset
    return name if partition is None else f"{name}[{partition}]"


def because(seen: Seen, state: State) -> str:
    """Why a slice is not up to date; the reason of its own, or the input that is behind."""
    from tidemill.execution.outlook import reason

    if state.status == "skipped":
        return f"{shown(state.upstream, None)} gave nothing" if state.upstream else "it gave nothing"
    if state.standing is not None and state.upstream is not None:
        return f"{shown(state.upstream, None)} is {_status(seen, state)}"
    return reason(seen.outlook, state, seen.home.store)


def _status(seen: Seen, state: State) -> str:
    behind = [one for (asset, _), one in seen.outlook.states.items() if asset == state.upstream]
    return next((one.status for one in behind if one.behind), "stale")
