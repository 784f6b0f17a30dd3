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
    from tidemill.home import Home
    from tidemill.planning.facts import UnitFacts
    from tidemill.planning.freshness import State


class Seen(NamedTuple):
    """What a command works on: the store, and the outlook of all assets."""

    home: Home
    outlook: Outlook


TOO_MANY = 5000
"""Partitions of an asset above which a page about all assets tells which are what in ranges, and not one by one."""


def see(arguments: argparse.Namespace, settings: Settings, *, many: int | None = None) -> Seen:
    """Judge every asset; the user's code is imported only where a snapshot of it does not hold.

    With `many`, assets with more partitions than that are compared as sets.
    """
    code = code_ref(arguments, settings)
    home = open_home(settings, create=True)
    units: Mapping[str, UnitFacts] | None = snapshot_units(code, home)
    parts: Mapping[str, Sequence[Part]] = {}
    if units is None:
        code, loaded = load_watched(arguments, settings)
        coding = describe_all(code, loaded, home, settings)
        units, parts = coding.units, coding.parts
    from tidemill.execution.outlook import look_ahead

    return Seen(home, look_ahead(units, home.store, parts=parts, world=_world(units, home), many=many))


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
