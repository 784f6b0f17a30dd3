"""Definitions of partitions and mappings as plain JSON, so that what a snapshot keeps can be asked for keys later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tidemill.definitions.partitions.dynamic import DynamicPartitionsDefinition
from tidemill.definitions.partitions.keysets import Order
from tidemill.definitions.partitions.mappings import (
    AllPartitionMapping,
    DimensionPartitionMapping,
    IdentityPartitionMapping,
    LastPartitionMapping,
    MultiPartitionMapping,
    MultiToSingleDimensionPartitionMapping,
    PartitionMapping,
    Slicing,
    SpecificPartitionsPartitionMapping,
    StaticPartitionMapping,
    TimeWindowPartitionMapping,
)
from tidemill.definitions.partitions.multi import MultiPartitionsDefinition
from tidemill.definitions.partitions.orders import Listed, Product, Windows
from tidemill.definitions.partitions.partitions import PartitionsDefinition, StaticPartitionsDefinition
from tidemill.definitions.partitions.time_windows import TimeWindowPartitionsDefinition

MAPPINGS: dict[str, type[PartitionMapping]] = {
    cls.__name__: cls
    for cls in (
        AllPartitionMapping,
        IdentityPartitionMapping,
        LastPartitionMapping,
        MultiToSingleDimensionPartitionMapping,
        SpecificPartitionsPartitionMapping,
        StaticPartitionMapping,
        TimeWindowPartitionMapping,
    )
}


def to_json(definition: PartitionsDefinition) -> Any:
    """A definition as JSON; None where it is a function's, or of a class of the user's own."""
    if isinstance(definition, StaticPartitionsDefinition):
        return ["static", list(definition.keys)]
    if isinstance(definition, TimeWindowPartitionsDefinition):
        excluded = [each if isinstance(each, str) else _moment(each) for each in definition.exclusions]
        zone, fmt, cron = definition.timezone, definition.fmt, definition.cron_schedule
        ends = [_moment(definition.start), definition.end and _moment(definition.end)]
        return ["time", *ends, zone, fmt, definition.end_offset, cron, excluded]
    if isinstance(definition, DynamicPartitionsDefinition) and definition.name is not None:
        return ["dynamic", definition.name]
    if isinstance(definition, MultiPartitionsDefinition):
        dimensions = {name: to_json(each) for name, each in definition.dimensions}
        return ["multi", dimensions] if None not in dimensions.values() else None
    return None


def from_json(data: Any) -> PartitionsDefinition:
    """Inverse of `to_json`."""
    kind, *rest = data
    if kind == "static":
        return StaticPartitionsDefinition(*rest)
    if kind == "dynamic":
        return DynamicPartitionsDefinition(name=rest[0])
    if kind == "multi":
        return MultiPartitionsDefinition({name: from_json(each) for name, each in rest[0].items()})
    start, end, zone, fmt, end_offset, cron, excluded = rest
    return TimeWindowPartitionsDefinition(
        _read(start),
        fmt,
        None if end is None else _read(end),
        timezone=zone,
        end_offset=end_offset,
        cron_schedule=cron,
        exclusions=[each if isinstance(each, str) else _read(each) for each in excluded],
    )


def _moment(moment: datetime) -> list[str]:
    return [moment.isoformat()]


def _read(data: list[str]) -> datetime:
    return datetime.fromisoformat(data[0])


def order_json(order: Order) -> Any:
    """The keys that there were at some moment, as JSON: windows of time by their definition, others one by one."""
    if isinstance(order, Windows):
        definition = to_json(order.definition)
        if definition is not None:
            return ["windows", definition, [order.first, order.stop]]
    if isinstance(order, Product):
        return ["product", list(order.names), order_json(order.one), order_json(order.other)]
    return ["keys", list(order.keys)]


def order_of(data: Any) -> Order:
    """Inverse of `order_json`."""
    kind, *rest = data
    if kind == "windows":
        definition = from_json(rest[0])
        assert isinstance(definition, TimeWindowPartitionsDefinition)
        return Windows(definition, (rest[1][0], rest[1][1]))
    if kind == "product":
        return Product(rest[0], order_of(rest[1]), order_of(rest[2]))
    return Listed(rest[0])


def slicing_json(slicing: Slicing) -> Any:
    """How an input is sliced, as JSON; None where that cannot be said so."""
    definition = to_json(slicing.upstream)
    mapping = None if slicing.mapping is None else _mapping_json(slicing.mapping)
    lacking = definition is None or (slicing.mapping is not None and mapping is None)
    return None if lacking else [definition, mapping]


def slicing_of(data: Any) -> Slicing:
    """Inverse of `slicing_json`."""
    definition, mapping = data
    return Slicing(from_json(definition), None if mapping is None else _mapping_of(mapping))


def _mapping_json(mapping: PartitionMapping) -> Any:
    if isinstance(mapping, MultiPartitionMapping):
        dimensions = {
            name: [to.dimension_name, _mapping_json(to.partition_mapping)]
            for name, to in mapping.downstream_mappings_by_upstream_dimension.items()
        }
        return ["multi", dimensions] if all(each[1] is not None for each in dimensions.values()) else None
    name = type(mapping).__name__
    return [name, list(vars(mapping).values())] if type(mapping) is MAPPINGS.get(name) else None


def _mapping_of(data: Any) -> PartitionMapping:
    kind, rest = data
    if kind == "multi":
        return MultiPartitionMapping(
            {
                name: DimensionPartitionMapping(to, _mapping_of(mapping))
                for name, (to, mapping) in rest.items()
            }
        )
    return MAPPINGS[kind](*rest)
