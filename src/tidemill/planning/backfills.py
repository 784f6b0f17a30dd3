"""A backfill: any assets × any partitions as a list of runs, in an order in which they can be made. Pure.

    Project, selection, partitions asked for, World ──parts_of──▶ parts (recorded with the backfill, in few words)
    parts ──runs_of──▶ BackfillRun, BackfillRun, …   the place in this list is the cursor; the same list, always

A part is what can run together: assets of one partitions definition and one backfill policy, none of which needs
another through an asset outside of the part. Parts come after all that they are made from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tidemill.core.errors import InvalidSubsetError, UnknownPartitionError
from tidemill.core.keys import AssetKey
from tidemill.core.records import Backfill, BackfillPart
from tidemill.definitions.partitions.partitions import PartitionsDefinition, World
from tidemill.definitions.partitions.ranges import ranges, texts
from tidemill.definitions.policies import BackfillPolicy
from tidemill.definitions.project import Project
from tidemill.definitions.units.unit import ComputeUnit, UnitInput
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import Selected
from tidemill.planning.slices import asked_keys, partitions_of

ONE_BY_ONE = BackfillPolicy.multi_run()


class BackfillRun(NamedTuple):
    """One run of a backfill: its place in the list, what it makes, and of which partitions; none for the whole."""

    number: int
    assets: tuple[AssetKey, ...]
    keys: tuple[str, ...]


class _Kind(NamedTuple):
    """What units of one part have in common; `depth` counts how many parts come before."""

    depth: int
    partitions: PartitionsDefinition | None
    per_run: int | None


def parts_of(
    project: Project,
    selected: Selected,
    asked: Sequence[str],
    world: World,
    *,
    made: Mapping[AssetKey, Collection[str]] | None = None,
) -> tuple[BackfillPart, ...]:
    """The parts of a backfill.

    Args:
        project: All definitions.
        selected: Which assets.
        asked: Keys and ranges of keys of the first assets that have partitions; all of them where nothing is asked.
            Of assets that are partitioned differently, the partitions that are made from these.
        world: The time, and the keys of dynamic partitions.
        made: Partitions that have a version, to leave out those of which all assets of the part have one.

    Raises:
        InvalidSubsetError: There is nothing to make.
        UnknownPartitionError: A key is none of the partitions.
    """
    kinds: dict[_Kind, list[ComputeUnit]] = {}
    of_unit: dict[str, _Kind] = {}
    for unit in _in_order(project, selected):
        policy = unit.backfill or ONE_BY_ONE
        per_run = policy.max_partitions_per_run if unit.partitions is not None else 1
        depth = 0
        for unit_input in unit.inputs:
            maker = project.producers.get(unit_input.asset)
            above = of_unit.get(maker) if maker is not None else None
            if above is not None and maker != unit.name:
                together = above[1:] == (unit.partitions, per_run) and _looks_back(unit_input)
                depth = max(depth, above.depth + (not together))
        kind = of_unit[unit.name] = _Kind(depth, unit.partitions, per_run)
        kinds.setdefault(kind, []).append(unit)
    parts: list[BackfillPart] = []
    chosen: dict[AssetKey, tuple[str, ...]] = {}
    for kind in sorted(kinds, key=lambda each: each.depth):
        units = kinds[kind]
        assets = tuple([o.asset for unit in units for o in unit.outputs if o.asset in selected.assets])
        keys: tuple[str, ...] = ()
        if kind.partitions is not None:
            keys = _keys_of(project, units, kind.partitions, asked, chosen, world)
            chosen |= dict.fromkeys(assets, keys)
            if made is not None:
                keys = tuple([key for key in keys if any(key not in made.get(asset, ()) for asset in assets)])
            if not keys:
                continue
        elif made is not None and all(asset in made for asset in assets):
            continue
        said = () if kind.partitions is None else tuple(_said(kind.partitions, keys, world))
        parts.append(BackfillPart(assets, said, kind.per_run, len(keys)))
    if not parts:
        raise InvalidSubsetError(
            "There is nothing to backfill",
            subject="backfill",
            found="every partition that is asked for has a version" if made is not None else "no partitions",
            expected="assets with partitions that can be made",
            next_step="leave --missing out to make them again" if made is not None else None,
        )
    return tuple(parts)


def _looks_back(unit_input: UnitInput) -> bool:
    """Whether a partition is made from the same one and earlier ones, which come first in the order of runs."""
    mapping = unit_input.partition_mapping
    if mapping is None:
        return True
    from tidemill.definitions.partitions.mappings import (  # noqa: PLC0415  (only where one is given)
        IdentityPartitionMapping,
        TimeWindowPartitionMapping,
    )

    if isinstance(mapping, TimeWindowPartitionMapping):
        return mapping.start_offset <= 0 and mapping.end_offset <= 0
    return isinstance(mapping, IdentityPartitionMapping)


def _in_order(project: Project, selected: Selected) -> Iterator[ComputeUnit]:
    """The units that make what is selected, each after all that it needs."""
    names: dict[str, None] = {}
    for key in AssetGraph.build(project).topological_order():
        if key in selected.assets:
            names[project.producers[key]] = None
    return (project.units[name] for name in names)


def _said(definition: PartitionsDefinition, keys: Sequence[str], world: World) -> Iterable[str]:
    """Keys in few words that mean the same later: of keys that come and go, each one."""
    steady = hasattr(definition, "ticks") or hasattr(definition, "keys")
    return texts(ranges(definition, keys, world)) if steady else keys


def _keys_of(
    project: Project,
    units: Sequence[ComputeUnit],
    definition: PartitionsDefinition,
    asked: Sequence[str],
    chosen: Mapping[AssetKey, tuple[str, ...]],
    world: World,
) -> tuple[str, ...]:
    """The partitions of a part."""
    if not asked:
        return tuple(definition.get_partition_keys(world.now, world))
    from tidemill.definitions.partitions.mappings import (  # noqa: PLC0415  (only where there are partitions)
        Slicing,
    )

    found: dict[str, None] = {}
    mapped = False
    for unit in units:
        for unit_input in unit.inputs:
            upstream = partitions_of(project, unit_input.asset)
            if upstream is None or upstream == definition or unit_input.asset not in chosen:
                continue
            mapped = True
            slicing = Slicing(upstream, unit_input.partition_mapping)
            found |= dict.fromkeys(slicing.downstream_of(chosen[unit_input.asset], definition, world))
    if mapped:
        return tuple(definition.sorted_keys(found, world))
    return asked_keys(asked, definition, world, units[0].name)


def runs_of(project: Project, backfill: Backfill, world: World) -> Iterator[BackfillRun]:
    """The runs of a backfill, in order.

    Raises:
        UnknownPartitionError: The definitions have changed, and a partition is no more.
        InvalidSubsetError: An asset is no more.
    """
    number = 0
    for part in backfill.parts:
        gone = next((asset for asset in part.assets if asset not in project.producers), None)
        if gone is not None:
            raise InvalidSubsetError(
                f"The definitions no longer have the asset {gone.to_user_string()!r} of backfill {backfill.id}",
                subject=gone.to_user_string(),
                found="no such asset",
                expected="the definitions as they were when it was requested",
                next_step="cancel it, and request another",
            )
        if not part.partitions:
            number += 1
            yield BackfillRun(number, part.assets, ())
            continue
        unit = project.units[project.producers[part.assets[0]]]
        if unit.partitions is None:
            raise UnknownPartitionError(
                f"{unit.name!r} has no partitions any more",
                subject=unit.name,
                found="an asset without partitions",
                expected=", ".join(part.partitions[:3]),
            )
        keys = asked_keys(part.partitions, unit.partitions, world, unit.name)
        size = part.per_run or len(keys)
        for start in range(0, len(keys), size):
            number += 1
            yield BackfillRun(number, part.assets, keys[start : start + size])


class Failures:
    """What of a backfill could not be made, so that what is made from it does not run.

    Args:
        project: All definitions.
        world: The time, and the keys of dynamic partitions.
    """

    def __init__(self, project: Project, world: World) -> None:
        self._project = project
        self._world = world
        self._failed: dict[AssetKey, set[str | None]] = {}

    def add(self, run: BackfillRun) -> None:
        """A run failed, or could not run."""
        for asset in run.assets:
            self._failed.setdefault(asset, set()).update(run.keys or (None,))

    def block(self, run: BackfillRun) -> AssetKey | None:
        """The asset, if any, because of which a run cannot be made."""
        if not self._failed:
            return None
        from tidemill.definitions.partitions.mappings import Slicing  # noqa: PLC0415  (as above)

        names = dict.fromkeys(self._project.producers[asset] for asset in run.assets)
        for unit in [self._project.units[name] for name in names]:
            for unit_input in unit.inputs:
                failed = self._failed.get(unit_input.asset)
                if not failed:
                    continue
                upstream = partitions_of(self._project, unit_input.asset)
                if upstream is None:
                    return unit_input.asset
                slicing = Slicing(upstream, unit_input.partition_mapping)
                if not failed.isdisjoint(slicing.keys(run.keys, unit.partitions, self._world).keys):
                    return unit_input.asset
        return None


LOOK_AHEAD = 32
"""Runs that wait for others while later ones that wait for nothing go before them."""


class Line:
    """Runs of a backfill that have not begun: whoever needs what an earlier one is to make lets others go first.

    Args:
        project: All definitions.
        world: The time, and the keys of dynamic partitions.
        runs: In order.
    """

    def __init__(self, project: Project, world: World, runs: Iterator[BackfillRun]) -> None:
        self._project, self._world = project, world
        self._runs = runs
        self._waiting: list[BackfillRun] = []

    def take(self, going: Collection[BackfillRun]) -> BackfillRun | None:
        """The first run that needs nothing of those that go on or stand before it; None where there is none now."""
        ahead = Failures(self._project, self._world)  # as if they had failed: what they make is not there
        for run in going:
            ahead.add(run)
        for place, run in enumerate(self._waiting):
            if ahead.block(run) is None:
                return self._waiting.pop(place)
            ahead.add(run)
        while len(self._waiting) < LOOK_AHEAD and (next_ := next(self._runs, None)) is not None:
            if ahead.block(next_) is None:
                return next_
            ahead.add(next_)
            self._waiting.append(next_)
        return None
