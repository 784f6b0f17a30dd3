"""What is up to date and what is not, and why: pure functions of facts about units and of what the store has.

    units in an order in which they can run, latest versions ──judge──▶ a state for each slice
    a version, what would be made now ──first_difference──▶ the ingredient that differs

The key that a version was made with is compared with the key that it would be made with now; everything else (commands
that show, a run that decides whether to run a step) asks these functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from tidemill.core.records import Standing, Version
from tidemill.planning.facts import UnitFacts
from tidemill.planning.versions import Ingredients, input_facts, version_key

SliceName: TypeAlias = "tuple[str, str | None]"  # an asset's text, and which of its partitions
Status: TypeAlias = Literal["fresh", "stale", "missing"]
NOTHING = object()


class State(NamedTuple):
    """Whether a slice is up to date.

    Attributes:
        asset, partition: The slice.
        status: The verdict.
        upstream: The input that is stale or missing itself, where that is the reason.
        standing: Its latest version, if there is one.
        deterministic: Whether "up to date" is all there is to say; if not, the time counts too.
    """

    asset: str
    partition: str | None
    status: Status
    upstream: str | None = None
    standing: Standing | None = None
    deterministic: bool = True


def judge(units: Iterable[UnitFacts], standings: Mapping[SliceName, Standing]) -> dict[SliceName, State]:
    """The state of every slice of every unit.

    Args:
        units: Each after all that it needs.
        standings: Latest version by asset and partition.
    """
    partitions: dict[str, tuple[str, ...] | None] = {}
    states: dict[SliceName, State] = {}
    for unit in units:
        for output in unit.outputs:
            partitions[output.asset] = unit.partitions
        for partition in unit.partitions or (None,):
            sources = [
                (asset, part)
                for asset in unit.inputs
                for part in input_slices(unit, partition, partitions.get(asset))
            ]
            behind = next((asset for asset, part in sources if _is_behind(states.get((asset, part)))), None)
            known = [(name, standings.get(name)) for name in sources]
            inputs = tuple([(*name, found.data_version) for name, found in known if found is not None])
            for output in unit.outputs:
                standing = standings.get((output.asset, partition))
                status: Status = "missing"
                if standing is not None:
                    made_from = Ingredients(
                        output.code, unit.config, partition, inputs, unit.libraries, unit.seed
                    )
                    fresh = behind is None and standing.key == version_key(made_from)
                    status = "fresh" if fresh else "stale"
                states[output.asset, partition] = State(
                    output.asset, partition, status, behind, standing, unit.deterministic
                )
    return states


def _is_behind(state: State | None) -> bool:
    return state is not None and state.status != "fresh"


def input_slices(
    unit: UnitFacts, partition: str | None, upstream: tuple[str, ...] | None
) -> Sequence[str | None]:
    """Which slices of an input a slice of a unit is made from: the same one, all of them, or the whole."""
    if upstream is None:
        return (None,)
    return upstream if unit.partitions is None else (partition,)


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
    """What differs, in the order in which people look: code, config, inputs, libraries, seed."""
    found: list[Difference] = []
    if version.code_version != now.code:
        found.append(Difference("code"))
    found += _mapping("config", version.config, now.config)
    before, after = input_facts(version.inputs), now.inputs
    for name in dict.fromkeys([one[:2] for one in (*before, *after)]):
        old = next((content for *slice_, content in before if tuple(slice_) == name), None)
        new = next((content for *slice_, content in after if tuple(slice_) == name), None)
        if old != new:
            asset, partition = name
            shown = asset if partition is None else f"{asset}[{partition}]"
            found.append(Difference("input", shown, old and "", new and ""))
    found += _mapping("library", version.libraries, now.libraries)
    if version.seed != now.seed:
        seeds = [None if seed is None else str(seed) for seed in (version.seed, now.seed)]
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
