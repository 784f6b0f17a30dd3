"""What a function that observes may say of an asset with partitions, and of one without."""

from __future__ import annotations

from tidemill.core.errors import InvalidObservationError
from tidemill.core.records import Observation
from tidemill.definitions.partitions.dynamic import DynamicPartitionsDefinition
from tidemill.definitions.results import DataVersionsByPartition, ObserveResult
from tidemill.definitions.units.unit import ComputeUnit, UnitOutput


def check_whole(unit: ComputeUnit, output: UnitOutput, result: ObserveResult, partition: str | None) -> None:
    """Refuse one data version for an asset whose partitions have one each, in a run of no partition."""
    if result.data_version is None or unit.partitions is None or partition is not None:
        return
    name = output.asset.to_user_string()
    raise InvalidObservationError(
        f"{name!r} is partitioned, and one DataVersion cannot be that of all partitions",
        subject=name,
        found=repr(result.data_version),
        expected="a data version for each partition",
        next_step="return DataVersionsByPartition({partition key: data version})",
    )


def observations(unit: ComputeUnit, output: UnitOutput, result: DataVersionsByPartition) -> list[Observation]:
    """One of each partition that the function told of."""
    partitions, versions = unit.partitions, result.data_versions_by_partition
    # Keys that come and go need not be known yet: whoever looks at the source is the first to see them.
    fixed = partitions is not None and not isinstance(partitions, DynamicPartitionsDefinition)
    unknown = [key for key in versions if fixed and partitions and not partitions.has_partition_key(key)]
    if partitions is None or unknown:
        name = output.asset.to_user_string()
        raise InvalidObservationError(
            f"{unit.name!r} observed partitions that {name!r} does not have",
            subject=name,
            found=", ".join(unknown[:10]) or "DataVersionsByPartition",
            expected="a DataVersion: it has no partitions" if partitions is None else repr(partitions),
        )
    return [Observation(output.asset, key, version.value) for key, version in versions.items()]
