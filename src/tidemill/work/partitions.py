"""Which partitions a step is of, as its context tells its function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tidemill.core.errors import InvariantViolationError
from tidemill.core.keys import AssetKey
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.work.orders import StepOrder

if TYPE_CHECKING:
    from tidemill.definitions.partitions.multi import MultiPartitionKey
    from tidemill.definitions.partitions.time_windows import TimeWindow


class Partitions:
    """The partitions of a run, for one of its steps.

    Args:
        order: The attempt that is being made.
        unit: What is running.
        definition_of: Gives the partitions of an asset, or of the unit of a name.
    """

    def __init__(
        self,
        order: StepOrder,
        unit: ComputeUnit,
        definition_of: Callable[[AssetKey | str], PartitionsDefinition | None],
    ) -> None:
        self._order = order
        self._unit = unit
        self._definition_of = definition_of

    @property
    def single(self) -> str | None:
        """The only partition of the run, where it is of one."""
        return self._order.run.partition

    @property
    def of_run(self) -> tuple[str, ...]:
        """All partitions of the run."""
        return self._order.run.keys or ((self.single,) if self.single is not None else ())

    @property
    def definition(self) -> PartitionsDefinition:
        """The partitions that the run is of.

        Raises:
            InvariantViolationError: Nothing in it has any.
        """
        found = self._unit.partitions
        if found is None and self._order.run.sliced_as is not None:
            found = self._definition_of(self._order.run.sliced_as)
        if found is None:
            raise InvariantViolationError(
                f"{self._unit.name!r} has no partitions",
                subject=self._unit.name,
                found="an asset without partitions_def",
                expected="partitions_def= of its decorator",
            )
        return found

    def _as_given(self, key: str) -> str:
        """A key as users get it: with its dimensions, where there are two."""
        sliced = self._unit.partitions is not None or self._order.run.sliced_as is not None
        return self.definition.key_of(key) if sliced else key

    @property
    def key(self) -> str:
        """The only partition of the run.

        Raises:
            InvariantViolationError: The run is of none, or of several.
        """
        keys = self.of_run
        if len(keys) == 1:
            return self._as_given(keys[0])
        if keys:
            raise InvariantViolationError(
                "Cannot access partition_key for a partitioned run with a range of partitions",
                subject=self._unit.name,
                found=f"a run of {len(keys)} partitions, {keys[0]} to {keys[-1]}",
                expected="a run of one partition",
                next_step="use context.partition_keys, context.partition_key_range or context.partition_time_window;"
                " or make each in a run of its own: tidemill backfill",
            )
        raise InvariantViolationError(
            "Cannot access partition_key for a non-partitioned run",
            subject=self._unit.name,
            found="a run without a partition",
            expected="a run of one partition",
            next_step="give partition_key=… (on the command line: --partition KEY)",
        )

    @property
    def multi_key(self) -> MultiPartitionKey:
        """The only partition of the run, in two dimensions.

        Raises:
            InvariantViolationError: The run is of none, of several, or of one in one dimension.
        """
        from tidemill.definitions.partitions.multi import (  # noqa: PLC0415  (few have two dimensions)
            MultiPartitionKey,
        )

        key = self.key
        if isinstance(key, MultiPartitionKey):
            return key
        raise InvariantViolationError(
            "Cannot access multi_partition_key for a run that is not partitioned with a MultiPartitionsDefinition",
            subject=self._unit.name,
            found=repr(key),
            expected="a key in two dimensions",
            next_step="use context.partition_key",
        )

    @property
    def keys(self) -> list[str]:
        """All partitions of the run, as users get them."""
        keys = self.of_run
        return [self._as_given(key) for key in keys] if keys else [self.key]

    def of_input(self, name: str) -> list[str]:
        """The partitions that an input is read from."""
        for order_input in self._order.inputs:
            if order_input.name == name:
                return [partition for partition, _ in order_input.versions if partition is not None]
        return []

    def window(self, keys: Sequence[str]) -> TimeWindow:
        """From the start of the first of some partitions to the end of the last."""
        return window_of(self.definition, keys, self._unit.name)


def window_of(definition: PartitionsDefinition, keys: Sequence[str], subject: str) -> TimeWindow:
    """From the start of the first of some partitions to the end of the last.

    Raises:
        InvariantViolationError: They are no windows of time.
    """
    window_for = getattr(definition, "time_window_for_partition_key", None)
    if window_for is None or not getattr(definition, "has_time_window_dimension", True):
        raise InvariantViolationError(
            f"The partitions of {subject!r} are no windows of time",
            subject=subject,
            found=type(definition).__name__,
            expected="a TimeWindowPartitionsDefinition, or two dimensions one of which is",
        )
    first: TimeWindow = window_for(keys[0])
    return first if len(keys) == 1 else first._replace(end=window_for(keys[-1]).end)
