"""What is up to date and what is not, and why: pure functions of facts about units and of what the store has.

    units in an order in which they can run, latest versions ──judge──▶ a state for each slice
    a version, what would be made now ──first_difference──▶ the ingredient that differs

The key that a version was made with is compared with the key that it would be made with now; everything else (commands
that show, a run that decides whether to run a step) asks these functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from tidemill.core.records import Standing, Version
from tidemill.definitions.partitions.partitions import NOWHERE, World
from tidemill.planning.facts import UnitFacts
from tidemill.planning.versions import Ingredients, input_facts, version_key

SliceName: TypeAlias = "tuple[str, str | None]"  # an asset's text, and which of its partitions
Status: TypeAlias = Literal["fresh", "stale", "missing", "skipped"]
Withholdings: TypeAlias = Mapping[SliceName, Mapping[str, "str | None"]]  # key → what it was compared with
NOTHING = object()
NOTHING_WITHHELD: Withholdings = {}
BEHIND: frozenset[Status] = frozenset({"stale", "missing"})


class State(NamedTuple):
    """Whether a slice is up to date.

    Attributes:
        asset, partition: The slice.
        status: The verdict; "skipped" where there is no version and for what there is now its function gives none.
        upstream: The input that is stale, missing or skipped itself, where that is the reason.
        standing: Its latest version, if there is one.
        deterministic: Whether "up to date" is all there is to say; if not, the time counts too.
        withheld: Whether its function gave nothing for what it is made from now, so that what there is stays.
    """

    asset: str
    partition: str | None
    status: Status
    upstream: str | None = None
    standing: Standing | None = None
    deterministic: bool = True
    withheld: bool = False

    @property
    def behind(self) -> bool:
        """Whether a refresh would do something about it."""
        return self.status in BEHIND


NOTHING_KNOWN: Mapping[SliceName, State] = {}


def judge(
    units: Iterable[UnitFacts],
    standings: Mapping[SliceName, Standing],
    withheld: Withholdings = NOTHING_WITHHELD,
    world: World = NOWHERE,
    keys: Sequence[str] | None = None,
    known: Mapping[SliceName, State] = NOTHING_KNOWN,
) -> dict[SliceName, State]:
    """The state of every slice of every unit.

    Args:
        units: Each after all that it needs.
        standings: Latest version by asset and partition.
        withheld: Keys for which a step gave nothing.
        world: The time, and the keys of dynamic partitions.
        keys: Only these partitions, of units that have some.
        known: States of what none of the units makes, and they are made from.
    """
    states: dict[SliceName, State] = {}
    for unit in units:
        if unit.kind == "observation":
            continue  # what it looks at is made elsewhere
        sources_of = upstream(unit, world)
        for partition in slices_of(unit, world) if keys is None or unit.partitions is None else keys:
            sources = sources_of(partition)
            above = [state for name in sources if (state := states.get(name) or known.get(name)) is not None]
            behind = next((state.asset for state in above if state.behind), None)
            skipped = next((state.asset for state in above if state.status == "skipped"), None)
            stand = [(name, standings.get(name)) for name in sources]
            inputs = tuple([(*name, found.data_version) for name, found in stand if found is not None])
            for output in unit.outputs:
                name = output.asset, partition
                standing, none_for = standings.get(name), withheld.get(name, {})
                state = State(*name, "missing", behind, standing, unit.deterministic)
                if behind is None and (standing is not None or none_for):
                    made_from = Ingredients(
                        output.code, unit.config, partition, inputs, unit.libraries, unit.seed
                    )
                    state = _compared(state, version_key(made_from), none_for)
                elif standing is not None:
                    state = state._replace(status="stale")
                if state.behind and behind is None and skipped is not None:
                    state = state._replace(status="skipped", upstream=skipped)
                states[name] = state
    return states


def _compared(state: State, key: str, none_for: Mapping[str, str | None]) -> State:
    """The state of a slice whose inputs are all up to date, and which would be made under that key."""
    standing = state.standing
    if standing is not None and standing.key == key:
        return state._replace(status="fresh")
    if key in none_for and still_holds(none_for[key], standing.id if standing is not None else None):
        return state._replace(status="skipped" if standing is None else "fresh", withheld=True)
    return state._replace(status="missing" if standing is None else "stale")


def still_holds(previous: str | None, latest: str | None) -> bool:
    """Whether what came of a comparison is still so.

    Args:
        previous: Id of the version that was compared with; "" where there was none, None where nothing was compared.
        latest: Id of the version that it would be compared with now.
    """
    return previous is None or previous == (latest or "")


def slices_of(unit: UnitFacts, world: World) -> Sequence[str | None]:
    """The slices of a unit."""
    return (None,) if unit.partitions is None else unit.partitions.get_partition_keys(world.now, world)


def upstream(unit: UnitFacts, world: World) -> Callable[[str | None], list[SliceName]]:
    """What a slice of a unit is made from, by the slice."""
    own = unit.partitions
    fixed: list[list[SliceName] | None] = []
    for asset, slicing in zip(unit.inputs, unit.slicing or [None] * len(unit.inputs), strict=True):
        if slicing is None:
            fixed.append([(asset, None)])
        elif own is None or slicing.constant:
            fixed.append([(asset, key) for key in slicing.keys((), own, world).keys])
        else:
            fixed.append(None)
    if None not in fixed:
        always = [name for names in fixed if names is not None for name in names]
        return lambda _: always

    def sources(partition: str | None) -> list[SliceName]:
        found: list[SliceName] = []
        for index, names in enumerate(fixed):
            if names is not None:
                found += names
                continue
            slicing, asset = unit.slicing[index], unit.inputs[index]
            if slicing is not None and partition is not None:
                found += [(asset, key) for key in slicing.keys((partition,), own, world).keys]
        return found

    return sources


class Difference(NamedTuple):
    """The first ingredient that differs between a version and what would be made now.

    Attributes:
        kind: Which kind of ingredient.
        name: Of the input, the config entry or the library.
        old, new: Its values, as text; None where there is none, empty where a digest says nothing to people.
    """

    kind: Literal["code", "config", "input", "library", "seed", "partition"]
    name: str = ""
    old: str | None = ""
    new: str | None = ""

    def __str__(self) -> str:
        what = self.name if self.kind == "config" else f"{self.kind} {self.name}".rstrip()
        if self.old is None:
            return f"{what} is new: {self.new}" if self.new else f"{what} is new"
        if self.new is None:
            return f"{what} is gone, it was {self.old}" if self.old else f"{what} is gone"
        return f"{what} {self.old} → {self.new}" if self.old or self.new else f"{what} changed"


def differences(version: Version, now: Ingredients) -> list[Difference]:
    """What differs between what a version was made from and what would be used now."""
    code, inputs = version.code_version, input_facts(version.inputs)
    before = Ingredients(code, version.config, version.partition, inputs, version.libraries, version.seed)
    return ingredient_differences(before, now)


def ingredient_differences(before: Ingredients, now: Ingredients) -> list[Difference]:
    """What differs, in the order in which people look: code, config, inputs, libraries, seed."""
    found: list[Difference] = []
    if before.code != now.code:
        found.append(Difference("code"))
    found += _mapping("config", before.config or {}, now.config or {})
    for name in dict.fromkeys([one[:2] for one in (*before.inputs, *now.inputs)]):
        old = next((content for *slice_, content in before.inputs if tuple(slice_) == name), None)
        new = next((content for *slice_, content in now.inputs if tuple(slice_) == name), None)
        if old != new:
            asset, partition = name
            shown = asset if partition is None else f"{asset}[{partition}]"
            found.append(Difference("input", shown, old and "", new and ""))
    found += _mapping("library", before.libraries, now.libraries)
    if before.seed != now.seed:
        seeds = [None if seed is None else str(seed) for seed in (before.seed, now.seed)]
        found.append(Difference("seed", "", *seeds))
    return found


def _mapping(
    kind: Literal["config", "library"], old: Mapping[str, object], new: Mapping[str, object]
) -> list[Difference]:
    before, after = dict(_flat(old)), dict(_flat(new))
    said = repr if kind == "config" else str
    return [
        Difference(kind, name, *(said(side[name]) if name in side else None for side in (before, after)))
        for name in dict.fromkeys([*before, *after])
        if before.get(name, NOTHING) != after.get(name, NOTHING)
    ]


def _flat(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Entries by dotted name, so that of a nested one only what differs is told."""
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
