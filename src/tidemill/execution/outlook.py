"""What a refresh would do, and why: the state of each slice, told in words.

    facts (of definitions, or of a snapshot), the store ──look_ahead──▶ Outlook ──reason──▶ "helpers.py: MIN_DF 1 → 2"

It never guesses: what differs is read from what was recorded with the version, and what the fingerprint does not
cover is said.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from string import hexdigits
from typing import TYPE_CHECKING, NamedTuple

from tidemill.core.keys import AssetKey
from tidemill.core.records import Standing, Version, observation_id
from tidemill.definitions.partitions.keysets import Order
from tidemill.definitions.partitions.orders import order_at
from tidemill.definitions.partitions.partitions import NOWHERE, PartitionsDefinition, World
from tidemill.planning.comparison import Compared, Latest
from tidemill.planning.facts import UnitFacts
from tidemill.planning.freshness import (
    NOTHING_WITHHELD,
    Difference,
    SliceName,
    State,
    Withholdings,
    differences,
    judge_all,
    upstream,
)
from tidemill.planning.versions import DIGEST_BYTES, Ingredients
from tidemill.storage.reads import Reads

if TYPE_CHECKING:
    from tidemill.code.graph import Part

MISSING = "it was never made"
FINGERPRINT_DIGITS = 32


class Outlook(NamedTuple):
    """The state of each slice of some units.

    Attributes:
        units: By name, each after all that it needs.
        states: By asset and partition.
        standings: Latest versions, of these and of what they are made from.
        parts: Code fingerprint → what it stands for, as far as this process knows.
        world: What partitions depend on.
        withheld: Keys for which steps gave nothing.
        compared: Of assets with very many partitions, which of them are what.
        many: The latest versions of these.
    """

    units: Mapping[str, UnitFacts]
    states: Mapping[SliceName, State]
    standings: Mapping[SliceName, Standing]
    parts: Mapping[str, Sequence[Part]]
    world: World = NOWHERE
    withheld: Withholdings = NOTHING_WITHHELD
    compared: Mapping[str, Compared] = {}
    many: Mapping[str, Latest] = {}

    @property
    def behind(self) -> list[State]:
        """Slices that are not up to date."""
        return [state for state in self.states.values() if state.behind]

    @property
    def causes(self) -> list[State]:
        """Slices that are not up to date for a reason of their own."""
        return [state for state in self.behind if state.upstream is None]

    def unit_of(self, asset: str) -> UnitFacts:
        """The unit that makes an asset."""
        return next(u for u in self.units.values() if any(o.asset == asset for o in u.outputs))


def look_ahead(
    units: Mapping[str, UnitFacts],
    store: Reads,
    *,
    parts: Mapping[str, Sequence[Part]] | None = None,
    partitions: Sequence[str] | None = None,
    world: World = NOWHERE,
    but: Sequence[str] = (),
    many: int | None = None,
) -> Outlook:
    """What is up to date and what is not.

    Args:
        units: By name, each after all that it needs.
        store: Has the versions.
        parts: What the fingerprints of the units stand for, where it is known without asking the store.
        partitions: Only these, of units that have them.
        world: The time, and the keys of dynamic partitions.
        but: Assets that nobody asks about: their versions are not read.
        many: Number of partitions above which those of an asset are compared as sets, and no state is kept of each.
    """
    units = {name: unit if unit.config is not None else _as_last(unit, store) for name, unit in units.items()}
    withheld = store.withheld()
    crowds = _latest(units, store, world, many) if many is not None and world is not NOWHERE else {}
    apart = {*but, *crowds}
    standings = store.standings(_needed(units) - apart if apart else None)
    standings |= _standings_withheld(store, withheld, crowds)
    made = made_by(units)
    for name, (version, at) in store.all_observations().items():
        if name[0] not in made:
            standings[name] = _observed(standings.get(name), version, at)
    states, compared = judge_all(units.values(), standings, withheld, world, partitions, many=crowds)
    return Outlook(units, states, standings, parts or {}, world, withheld, compared, crowds)


def look_again(
    outlook: Outlook, units: Mapping[str, UnitFacts], store: Reads, changed: Collection[str]
) -> Outlook:
    """An outlook after something was recorded of some assets: these are judged anew, and what follows from them.

    It costs what has changed, not what there is; of assets with very many partitions it is all of those that changed,
    and of those that are made from them.

    Args:
        outlook: As it was before; what partitions depend on is the same still.
        units: What it was made of.
        store: Has the versions.
        changed: The assets.
    """
    made = made_by(units)
    standings = {name: standing for name, standing in outlook.standings.items() if name[0] not in changed}
    standings |= store.standings({*changed} - outlook.many.keys())
    for slice_, (version, at) in store.all_observations().items():
        if slice_[0] in changed and slice_[0] not in made:
            standings[slice_] = _observed(standings.get(slice_), version, at)
    withheld = store.withheld()
    many, compared = dict(outlook.many), dict(outlook.compared)
    for asset in many.keys() & changed:
        order = many[asset].order
        many[asset] = _by_place(store, asset, order, _places(order), bool(many[asset].contents))
    standings |= _standings_withheld(store, withheld, many.keys() & changed)
    states, dirty, seen = dict(outlook.states), set(changed), dict(outlook.units)
    for name, unit in units.items():
        own = any(output.asset in dirty for output in unit.outputs)
        if not own and dirty.isdisjoint(unit.inputs):
            continue
        if own and unit.config is None:
            seen[name] = _as_last(unit, store)
        found, sets = judge_all(
            [seen[name]], standings, withheld, outlook.world, known=states, many=many, before=compared
        )
        dirty |= {slice_[0] for slice_, state in found.items() if states.get(slice_) != state}
        dirty |= {asset for asset, some in sets.items() if compared.get(asset) != some}
        states |= found
        compared = sets
    return outlook._replace(
        units=seen, states=states, standings=standings, withheld=withheld, compared=compared, many=many
    )


def made_by(units: Mapping[str, UnitFacts]) -> frozenset[str]:
    """The assets that some units make, and do not only observe."""
    return frozenset(
        output.asset for unit in units.values() if unit.kind != "observation" for output in unit.outputs
    )


def _needed(units: Mapping[str, UnitFacts]) -> set[str]:
    """Assets that units make, are made from or judge."""
    needed = {asset for unit in units.values() for asset in unit.inputs}
    needed |= {output.asset for unit in units.values() for output in unit.outputs}
    return needed | {check.asset for unit in units.values() for check in unit.checks}


def _latest(units: Mapping[str, UnitFacts], store: Reads, world: World, many: int) -> dict[str, Latest]:
    """The latest versions of assets with more partitions than that, by place."""
    found: dict[str, Latest] = {}
    orders: dict[PartitionsDefinition, Order] = {}
    needed = {asset for unit in units.values() for asset in unit.inputs}
    for unit in units.values():
        if unit.partitions is None or not unit.outputs or unit.kind == "observation":
            continue
        if unit.partitions.get_num_partitions(world.now, world) <= many:
            continue
        order = orders.get(unit.partitions)
        if order is None:
            order = orders[unit.partitions] = order_at(unit.partitions, world)
        places = _places(order)
        for output in unit.outputs:
            found[output.asset] = _by_place(store, output.asset, order, places, output.asset in needed)
    return found


def _places(order: Order) -> dict[str, int]:
    return {str(key): place for place, key in enumerate(order.keys)}


def _by_place(store: Reads, asset: str, order: Order, places: Mapping[str, int], read: bool) -> Latest:
    key = AssetKey.from_text(asset)
    keys, made = bytearray(order.size * DIGEST_BYTES), bytearray(order.size)
    for partition, version_key in store.latest_keys(key):
        place = places.get(partition)
        if place is not None:
            made[place] = 1
            if version_key is not None:
                keys[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES] = bytes.fromhex(version_key)
    contents: list[str | None] = []
    if read:
        contents = [None] * order.size
        same: dict[str, str] = {}  # what many partitions have in common is one text
        for partition, content in store.latest_contents(key):
            if (place := places.get(partition)) is not None:
                contents[place] = same.setdefault(content, content)
    return Latest(order, bytes(keys), order.marked(made), contents)


def slice_outlook(outlook: Outlook, asset: str, partition: str, store: Reads) -> tuple[Outlook, State]:
    """Of an asset with very many partitions: one of them, as if there were no others."""
    unit, compared = outlook.unit_of(asset), outlook.compared[asset]
    names = [(asset, partition), *upstream(unit, outlook.world)(partition)]
    standings = _standings(store, names)
    waits = partition in compared.waiting
    status, behind = compared.status(partition), compared.upstream if waits else None
    state = State(asset, partition, status or "missing", behind, standings.get((asset, partition)))
    states = {
        name: State(*name, found)
        for name in names[1:]
        if name[0] in outlook.compared and (found := outlook.compared[name[0]].status(name[1]))
    }
    known = {**outlook.standings, **standings}
    return outlook._replace(states={**outlook.states, **states}, standings=known), state


def _standings(store: Reads, names: Sequence[SliceName]) -> dict[SliceName, Standing]:
    """The latest versions of some slices."""
    found = store.latest_versions([(AssetKey.from_text(asset), partition) for asset, partition in names])
    return {
        (asset.text, partition): Standing(v.id, v.number, v.version_key, v.data_version, v.made_at)
        for (asset, partition), v in found.items()
    }


def _standings_withheld(
    store: Reads, withheld: Withholdings, assets: Collection[str]
) -> dict[SliceName, Standing]:
    """The latest versions of those slices of some assets for which a step gave nothing."""
    held = [name for name in withheld if name[0] in assets]
    return _standings(store, held) if held else {}


def _observed(standing: Standing | None, version: str, at: int) -> Standing:
    """What a source stands for since it was observed."""
    known = standing or Standing("", 0, None, version, at)
    return known._replace(id=observation_id(version), data_version=version, at=at)


def _as_last(unit: UnitFacts, store: Reads) -> UnitFacts:
    """A unit with the config that its latest version was made with, or its last verdict given with."""
    made = [v.config for o in unit.outputs for v in store.versions(AssetKey.from_text(o.asset), limit=1)]
    for check in unit.checks if not unit.outputs else ():
        given = store.checks(asset=AssetKey.from_text(check.asset), name=check.name, limit=1)
        made += [one.check.config for one in given]
    return unit._replace(config=made[0] if made else {})


def reason(outlook: Outlook, state: State, store: Reads) -> str:
    """Why a slice is not up to date, in one line; the first ingredient that differs."""
    return next(iter(reasons(outlook, state, store)), "")


def reasons(outlook: Outlook, state: State, store: Reads) -> list[str]:
    """Every ingredient of a slice that differs from what its latest version was made from, first things first."""
    if state.standing is None:
        return [MISSING]
    if state.status == "fresh":
        return []
    version = store.version_by_id(state.standing.id)
    if version is None:
        return [MISSING]
    unit = outlook.unit_of(state.asset)
    now = _ingredients(outlook, unit, state)
    found = differences(version, now)
    told: list[str] = []
    for one in found:
        told += _told(outlook, one, version, now, store)
    if state.upstream is not None:
        told.append(_held_up(outlook, unit, state, store))
    return told or ["what it was made from was not recorded"]


def _held_up(outlook: Outlook, unit: UnitFacts, state: State, store: Reads) -> str:
    """That an input is not up to date, and why the one at the end of that chain is not."""
    above = root = outlook.states[_slice(outlook, unit, state)]
    while root.upstream is not None:
        root = outlook.states[_slice(outlook, outlook.unit_of(root.asset), root)]
    text = f"{state.upstream} is {above.status}"
    if root.status == "missing":
        return text if root is above else f"{text}: {_shown(root.asset, root.partition)} is missing"
    why = reason(outlook, root, store)
    return (
        f"{text}: {why}"
        if root is above
        else f"{text}, because of {_shown(root.asset, root.partition)}: {why}"
    )


def _slice(outlook: Outlook, unit: UnitFacts, state: State) -> SliceName:
    """The slice of its input that holds a slice up."""
    slices = [name for name in upstream(unit, outlook.world)(state.partition) if name[0] == state.upstream]
    return next(name for name in slices if name in outlook.states and outlook.states[name].status != "fresh")


def _ingredients(outlook: Outlook, unit: UnitFacts, state: State) -> Ingredients:
    code = next(output.code for output in unit.outputs if output.asset == state.asset)
    inputs = [
        (*name, outlook.standings[name].data_version)
        for name in upstream(unit, outlook.world)(state.partition)
        if name in outlook.standings
    ]
    return Ingredients(code, unit.config, state.partition, tuple(inputs), unit.libraries, unit.seed)


def _told(outlook: Outlook, one: Difference, version: Version, now: Ingredients, store: Reads) -> list[str]:
    if one.kind == "code":
        return code_changes(store, version.code_version, now.code, outlook.parts)
    if one.kind == "config":
        number = store.run(version.run_id).number if version.run_id and one.old and one.new else 0
        return [f"{one}, run {number} was given {one.old}" if number else str(one)]
    if one.kind == "input" and one.old is not None and one.new is not None:
        before = next((ref for ref in version.inputs if _name(ref.asset, ref.partition) == one.name), None)
        old = store.version_by_id(before.id) if before is not None else None
        after = next(
            (s for (asset, part), s in outlook.standings.items() if _shown(asset, part) == one.name), None
        )
        if old is not None and after is not None:
            return [f"input {one.name}: version {old.number} → {after.number}"]
    return [str(one)]


def code_changes(
    store: Reads, old: str, new: str, parts: Mapping[str, Sequence[Part]] | None = None
) -> list[str]:
    """What differs between two code fingerprints, or versions that the user gave, in words."""
    before, after = (
        (parts or {}).get(fingerprint) or stored_parts(store, fingerprint) for fingerprint in (old, new)
    )
    if before is not None and after is not None:
        from tidemill.code.recipes import difference  # noqa: PLC0415  (where all is up to date nothing differs)

        found = [str(change) for change in difference(before, after)]
        return found or ["code: the same parts, used in another way"]
    if not is_fingerprint(new):
        return [f"code_version {old} → {new}" if not is_fingerprint(old) else f"code_version is new: {new}"]
    if not is_fingerprint(old):
        return [f"code_version is gone, it was {old}"]
    return ["code changed; what it was before was not recorded"]


def is_fingerprint(code: str) -> bool:
    """Whether a code version is a fingerprint of ours; otherwise the user gave it."""
    return len(code) == FINGERPRINT_DIGITS and not set(code) - set(hexdigits)


def stored_parts(store: Reads, fingerprint: str) -> list[Part] | None:
    """What a code fingerprint stands for, if the store knows it."""
    from tidemill.code.graph import Part  # noqa: PLC0415  (as above)

    text = store.recipe(fingerprint)
    return None if text is None else [Part(*part) for part in json.loads(text)[0]]


def _name(asset: AssetKey, partition: str | None) -> str:
    return _shown(asset.text, partition)


def _shown(asset: str, partition: str | None) -> str:
    return asset if partition is None else f"{asset}[{partition}]"
