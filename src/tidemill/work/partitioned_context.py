"""The partition part of a context: which ones the run is of, and which each input is read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tidemill.core.errors import InvariantViolationError
from tidemill.core.keys import AssetKey
from tidemill.definitions.partitions.partitions import PartitionKeyRange, PartitionsDefinition
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.work.orders import StepOrder
from tidemill.work.partitions import Partitions, window_of

if TYPE_CHECKING:
    from tidemill.definitions.partitions.multi import MultiPartitionKey
    from tidemill.definitions.partitions.time_windows import TimeWindow


class PartitionedContext:
    """What a context has that is of partitions; the rest of it says which attempt and which unit it is."""

    _order: StepOrder
    _unit: ComputeUnit
    _partitions_def: Callable[[AssetKey | str], PartitionsDefinition | None]
    _sliced: Partitions | None

    def asset_key_for_output(self, output_name: str = "result") -> AssetKey:
        """Key of the asset behind an output."""
        raise NotImplementedError

    def asset_key_for_input(self, input_name: str) -> AssetKey:
        """Key of the asset behind a parameter."""
        raise NotImplementedError

    @property
    def _partitions(self) -> Partitions:
        if self._sliced is None:
            self._sliced = Partitions(self._order, self._unit, self._partitions_def)
        return self._sliced

    @property
    def has_partition_key(self) -> bool:
        """Whether the run is of one partition."""
        return self._partitions.single is not None

    @property
    def has_partition_key_range(self) -> bool:
        """Whether the run is of several partitions."""
        return self._partitions.single is None and bool(self._partitions.of_run)

    @property
    def partition_key(self) -> str:
        """Key of the run's partition; a `MultiPartitionKey` where there are two dimensions.

        Raises:
            InvariantViolationError: The run has none, or several.
        """
        return self._partitions.key

    @property
    def multi_partition_key(self) -> MultiPartitionKey:
        """Key of the run's partition, in two dimensions.

        Raises:
            InvariantViolationError: The run has none, or one in one dimension.
        """
        return self._partitions.multi_key

    @property
    def partition_keys(self) -> list[str]:
        """Keys of all partitions of the run, in the order of their definition.

        Raises:
            InvariantViolationError: The run has none.
        """
        return self._partitions.keys

    @property
    def partition_key_range(self) -> PartitionKeyRange:
        """First and last key of the run's partitions."""
        return PartitionKeyRange(self.partition_keys[0], self.partition_keys[-1])

    asset_partition_key_range = partition_key_range

    @property
    def partition_time_window(self) -> TimeWindow:
        """From the start of the run's first partition to the end of its last.

        Raises:
            InvariantViolationError: The run has none, or they are no windows of time.
        """
        return self._partitions.window(self.partition_keys)

    def asset_partition_key_for_output(self, output_name: str = "result") -> str:
        """Key of the only partition that an output is made for."""
        self.asset_key_for_output(output_name)
        return self.partition_key

    def asset_partition_keys_for_output(self, output_name: str = "result") -> list[str]:
        """Keys of the partitions that an output is made for."""
        self.asset_key_for_output(output_name)
        return self.partition_keys

    def asset_partition_key_range_for_output(self, output_name: str = "result") -> PartitionKeyRange:
        """First and last key of the partitions that an output is made for."""
        self.asset_key_for_output(output_name)
        return self.partition_key_range

    def asset_partitions_time_window_for_output(self, output_name: str = "result") -> TimeWindow:
        """From the start of the first partition that an output is made for to the end of the last."""
        self.asset_key_for_output(output_name)
        return self.partition_time_window

    def asset_partitions_def_for_output(self, output_name: str = "result") -> PartitionsDefinition:
        """The partitions of the asset behind an output."""
        self.asset_key_for_output(output_name)
        return self._partitions.definition

    def asset_partition_keys_for_input(self, input_name: str) -> list[str]:
        """Keys of the partitions that an input is read from."""
        self.asset_key_for_input(input_name)
        return self._partitions.of_input(input_name)

    def asset_partition_key_for_input(self, input_name: str) -> str:
        """Key of the only partition that an input is read from.

        Raises:
            InvariantViolationError: There are several, or none.
        """
        keys = self.asset_partition_keys_for_input(input_name)
        if len(keys) != 1:
            raise InvariantViolationError(
                f"Input {input_name!r} of {self._unit.name!r} has no single partition",
                subject=input_name,
                found=f"{len(keys)} partitions",
                expected="one",
                next_step="use context.asset_partition_keys_for_input",
            )
        return keys[0]

    def asset_partition_key_range_for_input(self, input_name: str) -> PartitionKeyRange:
        """First and last key of the partitions that an input is read from.

        Raises:
            InvariantViolationError: There is none.
        """
        keys = self.asset_partition_keys_for_input(input_name)
        if not keys:
            raise InvariantViolationError(
                f"Input {input_name!r} of {self._unit.name!r} is read from no partition",
                subject=input_name,
                found="none that corresponds to the partition of the run",
                expected="one or more",
            )
        return PartitionKeyRange(keys[0], keys[-1])

    def asset_partitions_time_window_for_input(self, input_name: str) -> TimeWindow:
        """From the start of the first partition that an input is read from to the end of the last."""
        first, last = self.asset_partition_key_range_for_input(input_name)
        definition = self.asset_partitions_def_for_input(input_name)
        return window_of(definition, [first, last], input_name)

    def asset_partitions_def_for_input(self, input_name: str) -> PartitionsDefinition:
        """The partitions of the asset behind an input.

        Raises:
            InvariantViolationError: It has none.
        """
        asset = self.asset_key_for_input(input_name)
        definition = self._partitions_def(asset)
        if definition is None:
            raise InvariantViolationError(
                f"Input {input_name!r} of {self._unit.name!r} has no partitions",
                subject=input_name,
                found=f"{asset.to_user_string()!r}, which has none",
                expected="an asset with partitions_def=",
            )
        return definition
