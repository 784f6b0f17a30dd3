"""What commands that tell freshness share: facts (of a snapshot, or of freshly loaded code), judged and in words."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tidemill.cli.project import code_ref, load_watched, open_home
from tidemill.core.settings import Settings
from tidemill.execution.loads import describe_all, snapshot_units

if TYPE_CHECKING:
    from tidemill.code.graph import Part
    from tidemill.definitions.partitions.partitions import World
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
