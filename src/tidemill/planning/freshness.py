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
from tidemill.planning.comparison import Above, Compared, Latest, compare
from tidemill.planning.facts import UnitFacts
from tidemill.planning.versions import Ingredients, input_facts, version_key

SliceName: TypeAlias = "tuple[str, str | None]"  # an asset's text, and which of its partitions
Status: TypeAlias = Literal["fresh", "stale", "missing", "skipped"]
Withholdings: TypeAlias = Mapping[SliceName, Mapping[str, "str | None"]]  # key → what it was compared with
NOTHING = object()
NOT_MANY: Mapping[str, Latest] = {}
NOTHING_COMPARED: Mapping[str, Compared] = {}
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
    """The state of every slice of every unit; arguments as of `judge_all`."""
    return judge_all(units, standings, withheld, world, keys, known)[0]


def judge_all(
    units: Iterable[UnitFacts],
    standings: Mapping[SliceName, Standing],
    withheld: Withholdings = NOTHING_WITHHELD,
    world: World = NOWHERE,
    keys: Sequence[str] | None = None,
    known: Mapping[SliceName, State] = NOTHING_KNOWN,
    many: Mapping[str, Latest] = NOT_MANY,
    before: Mapping[str, Compared] = NOTHING_COMPARED,
) -> tuple[dict[SliceName, State], dict[str, Compared]]:
    """The state of every slice of every unit; of assets with very many, which slices are what.

    Args:
        units: Each after all that it needs.
        standings: Latest version by asset and partition.
        withheld: Keys for which a step gave nothing.
        world: The time, and the keys of dynamic partitions.
        keys: Only these partitions, of units that have some.
        known: States of what none of the units makes, and they are made from.
        many: The latest versions of assets with very many partitions.
        before: What is known of those of them that none of the units makes.
    """
    states: dict[SliceName, State] = {}
    compared: dict[str, Compared] = dict(before)

    def state_of(name: SliceName) -> State | None:
        status = compared[name[0]].status(name[1]) if name[0] in compared else None
        return states.get(name) or known.get(name) if status is None else State(*name, status)

    def content_of(name: SliceName) -> str | None:
        if name[0] in many:
            return many[name[0]].content(name[1])
        standing = standings.get(name)
        return standing.data_version if standing is not None else None

    for unit in units:
        if unit.kind == "observation":
            continue  # what it looks at is made elsewhere
        if any(output.asset in many for output in unit.outputs):
            above = _above(unit, many, compared, world, state_of, content_of)
            for output in unit.outputs:
                latest = many[output.asset]
                nothing = _nothing(output.asset, withheld, standings) if withheld else {}
                compared[output.asset] = compare(unit, output.code, latest, above, nothing)
            continue
        sources_of = upstream(unit, world)
        for partition in slices_of(unit, world) if keys is None or unit.partitions is None else keys:
            sources = sources_of(partition)
            over = [state for name in sources if (state := state_of(name)) is not None]
            behind = next((state.asset for state in over if state.behind), None)
            skipped = next((state.asset for state in over if state.status == "skipped"), None)
            inputs = _ingredients(sources, content_of)
            for output in unit.outputs:
                name = output.asset, partition
                state = State(*name, "missing", behind, standings.get(name), unit.deterministic)
                made_from = Ingredients(
                    output.code, unit.config, partition, inputs, unit.libraries, unit.seed
                )
                states[name] = _judged(state, made_from, withheld.get(name, {}), skipped)
    return states, compared


def _judged(
    state: State, made_from: Ingredients, none_for: Mapping[str, str | None], skipped: str | None
) -> State:
    """The verdict on a slice whose inputs are known."""
    if state.upstream is None and (state.standing is not None or none_for):
        state = _compared(state, version_key(made_from), none_for)
    elif state.standing is not None:
        return state._replace(status="stale")
    if state.behind and state.upstream is None and skipped is not None:
        return state._replace(status="skipped", upstream=skipped)
    return state


def _ingredients(
    sources: Iterable[SliceName], content_of: Callable[[SliceName], str | None]
) -> tuple[tuple[str, str | None, str], ...]:
    return tuple([(*name, content) for name in sources if (content := content_of(name)) is not None])


def _nothing(
    asset: str, withheld: Withholdings, standings: Mapping[SliceName, Standing]
) -> dict[str, frozenset[str]]:
    """Partition of an asset → version keys for which its function gave nothing, and would again."""
    found = {}
    for name, keys in withheld.items():
        if name[0] == asset and name[1] is not None:
            standing = standings.get(name)
            latest = standing.id if standing is not None else None
            found[name[1]] = frozenset(key for key, previous in keys.items() if still_holds(previous, latest))
    return found


def _above(
    unit: UnitFacts,
    many: Mapping[str, Latest],
    compared: Mapping[str, Compared],
    world: World,
    state_of: Callable[[SliceName], State | None],
    content_of: Callable[[SliceName], str | None],
) -> Above:
    """What is known of the inputs of a unit with very many partitions."""
    order = many[unit.outputs[0].asset].order
    sources_of = upstream(unit, world)
    namesakes = [
        asset
        for asset, slicing in zip(unit.inputs, unit.slicing, strict=False)
        if slicing is not None and asset in many and slicing.is_identity(unit.partitions)
    ]
    if len(namesakes) == sum(slicing is not None for slicing in unit.slicing):
        # Each partition is made from its namesakes, and from what all are made from: sets say it at once.
        contents = {asset: many[asset].contents for asset in namesakes}
        whole: list[SliceName] = [(asset, None) for asset in unit.inputs if asset not in contents]
        always = {one[0]: _ingredients([one], content_of) for one in whole}
        behind = {asset: order.adopt(compared[asset].behind) for asset in namesakes if asset in compared}
        skipped = {asset: order.adopt(compared[asset].skipped) for asset in namesakes if asset in compared}
        for one in whole:
            state = state_of(one)
            if state is not None and (state.behind or state.status == "skipped"):
                (behind if state.behind else skipped)[one[0]] = order.full

        def inputs(place: int, key: str) -> tuple[tuple[str, str | None, str], ...]:
            found: list[tuple[str, str | None, str]] = []
            for asset in unit.inputs:
                if asset not in contents:
                    found += always[asset]
                elif (content := contents[asset][place]) is not None:
                    found.append((asset, key, content))
            return tuple(found)

        return Above(behind, skipped, inputs)
    late: dict[str, list[str]] = {}
    none: dict[str, list[str]] = {}
    for key in order.keys:
        for name in sources_of(key):
            state = state_of(name)
            if state is not None and (state.behind or state.status == "skipped"):
                (late if state.behind else none).setdefault(state.asset, []).append(key)
    behind, skipped = ({asset: order.of(keys) for asset, keys in found.items()} for found in (late, none))
    return Above(behind, skipped, lambda _, key: _ingredients(sources_of(key), content_of))


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
