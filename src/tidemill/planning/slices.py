"""Which partitions a run is of, and which of each input its steps read: derived from definitions and a `World`.

("2024-01-01...2024-01-07", "2024-02-01") ──asked_keys──▶ keys ──input_slices──▶ slices of each input
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from tidemill.core.errors import InvalidDefinitionError, InvariantViolationError, UnknownPartitionError
from tidemill.core.keys import AssetKey
from tidemill.definitions.partitions.partitions import (
    PartitionKeyRange,
    PartitionsDefinition,
    World,
    unknown_partition,
)
from tidemill.definitions.project import Project
from tidemill.definitions.units.unit import ComputeUnit, UnitInput

RANGE = "..."
"""Between the ends of a range; without one of them it begins with the first key or ends with the last."""

OF_JOB = "job "
"""Before the name of a job, where the partitions of a run are not those of one of its units."""

WHOLE: tuple[str | None, ...] = (None,)
Shares: TypeAlias = Mapping[str, tuple[str, ...]]


class InputSlices(NamedTuple):
    """Which slices of an input a step reads.

    Attributes:
        partitions: The slices; empty where the step has no partition to derive them from, or none corresponds.
        many: Whether their number depends on a mapping, so that the value may be a dict by key, or None.
        shares: For a step over several partitions, what each of them is made from; None where all from all.
    """

    partitions: tuple[str | None, ...] = WHOLE
    many: bool = False
    shares: Shares | None = None


def is_single(asked: Sequence[str]) -> bool:
    """Whether what is asked for is one key, and no range."""
    return len(asked) == 1 and RANGE not in asked[0]


def asked_keys(
    asked: Collection[str], definition: PartitionsDefinition, world: World, owner: str
) -> tuple[str, ...]:
    """The keys that keys and ranges stand for, in the order of the definition.

    Raises:
        UnknownPartitionError: One is no key, or there is none in a range.
    """
    keys: dict[str, None] = {}
    for text in asked:
        start, is_range, end = text.partition(RANGE)
        if not is_range:
            if not definition.has_partition_key(text, world.now, world):
                raise unknown_key(text, definition, world, owner)
            keys[definition.key_of(text)] = None
            continue
        start = start or definition.get_first_partition_key(world.now, world) or ""
        end = end or definition.get_last_partition_key(world.now, world) or ""
        for key in (start, end):
            if not definition.has_partition_key(key, world.now, world):
                raise unknown_key(key, definition, world, owner)
        found = definition.get_partition_keys_in_range(PartitionKeyRange(start, end), world, world.now)
        if not found:
            raise UnknownPartitionError(
                f"The range {text!r} of {owner!r} ends before it starts",
                subject=owner,
                found=text,
                expected="the earlier key first",
            )
        keys.update(dict.fromkeys(found))
    in_order = len(keys) < 2 or len(asked) == 1
    return tuple(keys) if in_order else tuple(definition.sorted_keys(keys, world))


def unknown_key(
    key: str, definition: PartitionsDefinition, world: World, owner: str
) -> UnknownPartitionError:
    """The error of a key that a unit does not have; of many keys it names the ends."""
    count = definition.get_num_partitions(world.now, world)
    if count <= 1000:
        return unknown_partition(key, definition.get_partition_keys(world.now, world), owner)
    ends = [
        definition.get_first_partition_key(world.now, world),
        definition.get_last_partition_key(world.now, world),
    ]
    return unknown_partition(key, (), owner, f"{ends[0]} to {ends[1]} ({count:,} in all)")


def partitions_of(project: Project, asset: AssetKey) -> PartitionsDefinition | None:
    """The partitions of an asset or a source."""
    producer = project.producers.get(asset)
    if producer is not None:
        return project.units[producer].partitions
    source = project.sources.get(asset)
    return source.partitions_def if source is not None else None


def partitions_def_of(project: Project, what: AssetKey | str) -> PartitionsDefinition | None:
    """The partitions of an asset, or of the unit or job of a name."""
    if isinstance(what, AssetKey):
        return partitions_of(project, what)
    if what.startswith(OF_JOB):
        of_job: PartitionsDefinition | None = project.jobs[what.removeprefix(OF_JOB)].partitions_def
        return of_job
    return project.unit(what).partitions


def is_partitioned(project: Project) -> bool:
    """Whether anything has partitions."""
    return (
        any(unit.partitions is not None for unit in project.units.values())
        or any(source.partitions_def is not None for source in project.sources.values())
        or any(getattr(job, "partitions_def", None) is not None for job in project.jobs.values())
    )


def one_definition(
    units: Iterable[ComputeUnit], preferred: Iterable[ComputeUnit] = ()
) -> PartitionsDefinition | None:
    """The definition that all partitioned units of a run share; None where none is partitioned.

    Args:
        units: That the run is of.
        preferred: Those that somebody named; what was added to them does not count where they say it.

    Raises:
        InvalidDefinitionError: They are partitioned differently.
    """
    found: dict[PartitionsDefinition, str] = {}
    for unit in [*preferred] or units:
        if unit.partitions is not None and unit.kind != "check":
            found.setdefault(unit.partitions, unit.name)
    if len(found) > 1:
        (one, name), (other, other_name) = list(found.items())[:2]
        raise InvalidDefinitionError(
            f"{name!r} and {other_name!r} are partitioned differently, and a run of a partition is of one definition",
            subject=other_name,
            found=f"{one!r} and {other!r}",
            expected="assets with the same partitions definition, and assets without partitions",
            next_step="run them one after the other, or `tidemill backfill`, which finds the partitions of each",
        )
    return next(iter(found), None)


def input_slices(
    project: Project,
    unit: ComputeUnit,
    own: PartitionsDefinition | None,
    unit_input: UnitInput,
    keys: tuple[str, ...] | None,
    world: World,
) -> InputSlices:
    """Which slices of an input a step over some partitions reads.

    Raises:
        InvariantViolationError: It would read partitions that do not exist.
    """
    upstream = partitions_of(project, unit_input.asset)
    if upstream is None:
        return InputSlices()
    if own is not None and keys is None:
        return InputSlices(())
    from tidemill.definitions.partitions.mappings import (  # noqa: PLC0415  (only where there are partitions)
        Slicing,
    )

    slicing, asked = Slicing(upstream, unit_input.partition_mapping), keys or ()
    mapped = slicing.keys(asked, own, world)
    if mapped.missing:
        first, more = mapped.missing[0], len(mapped.missing) - 1
        raise InvariantViolationError(
            f"{_said(asked)} of {unit.name!r} depends on invalid partitions in upstream asset"
            f" {unit_input.asset.to_user_string()!r}",
            subject=unit.name,
            found=f"{first}{f' and {more} more' if more else ''}, which {unit_input.asset.to_user_string()!r} has not",
            expected="partitions that exist on both sides",
            next_step="give the definitions the same ends, or map the input with"
            " TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)",
        )
    is_one = len(mapped.keys) == 1 and slicing.means_one(own)
    shares = slicing.shares(asked, own, world) if len(asked) > 1 else None
    return InputSlices(mapped.keys, not is_one, shares)


def wrong_mapping(project: Project, unit: ComputeUnit, unit_input: UnitInput) -> list[InvalidDefinitionError]:
    """What is wrong with the mapping of an input, if it stands between partitions and cannot."""
    upstream, mapping = partitions_of(project, unit_input.asset), unit_input.partition_mapping
    if upstream is None or mapping is None:
        return []
    try:
        mapping.check(unit.partitions, upstream)
    except InvalidDefinitionError as error:
        asset = unit_input.asset.to_user_string()
        return [
            InvalidDefinitionError(
                f"The input {asset!r} of {unit.name!r} has a partition mapping that does not fit: {error.args[0]}",
                subject=unit.name,
                found=error.found,
                expected=error.expected,
                next_step=error.next_step,
            )
        ]
    return []


def _said(keys: Sequence[str]) -> str:
    if not keys:
        return "The whole"
    return f"Partition {keys[0]!r}" if len(keys) == 1 else f"Partitions {keys[0]!r} to {keys[-1]!r}"
