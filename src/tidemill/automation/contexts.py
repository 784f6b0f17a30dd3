"""What a condition of the user is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from tidemill.automation.facts import NONE, EntityKey, Slices
from tidemill.automation.subsets import EntitySubset
from tidemill.core.errors import InvariantViolationError
from tidemill.core.keys import AssetKey
from tidemill.definitions.conditions.conditions import AutomationCondition
from tidemill.definitions.partitions.partitions import PartitionsDefinition

if TYPE_CHECKING:
    import logging

    from tidemill.automation.facts import Facts
    from tidemill.automation.slices import SliceMap
    from tidemill.planning.graph import AssetGraph


class Surroundings(Protocol):
    """What a context asks of the evaluation that it is part of."""

    graph: AssetGraph
    facts: Facts
    slices: SliceMap
    requested: dict[EntityKey, Slices]
    now: datetime

    @property
    def previous_time(self) -> datetime | None:
        """When the asset was looked at before."""
        ...

    @property
    def previously_requested(self) -> Mapping[EntityKey, Slices]:
        """What the evaluation before requested."""
        ...

    def remembered(self, node: str, key: EntityKey) -> Any:
        """What a node remembers."""
        ...

    def true(self, condition: AutomationCondition, key: EntityKey, candidates: Slices) -> Slices:
        """Those of some slices of which a condition is true."""
        ...


class AssetGraphView:
    """Slices of any asset, at the time of the evaluation."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._in = surroundings

    @property
    def asset_graph(self) -> AssetGraph:
        """All assets."""
        return self._in.graph

    @property
    def effective_dt(self) -> datetime:
        """The time of the evaluation."""
        return self._in.now

    def get_full_subset(self, *, key: EntityKey) -> EntitySubset:
        """All slices."""
        return EntitySubset(key, self._in.slices.full(key))

    def get_empty_subset(self, *, key: EntityKey) -> EntitySubset:
        """No slices."""
        return EntitySubset(key)

    def compute_latest_time_window_subset(
        self, asset_key: AssetKey, lookback_delta: Any = None
    ) -> EntitySubset:
        """The slices of the latest time window."""
        return EntitySubset(asset_key, self._in.slices.latest_window(asset_key, lookback_delta))

    def compute_child_subset(self, child_asset_key: AssetKey, subset: EntitySubset) -> EntitySubset:
        """The slices of an asset that are made from some of another."""
        return EntitySubset(
            child_asset_key, self._in.slices.below(child_asset_key, subset.key, subset.slices)
        )


class AutomationContext:
    """What the `evaluate` of a condition is given: whose slices, and when.

    Attributes:
        condition: The condition.
        key: The asset or check that it is asked of.
        candidate_subset: Slices that are still in question.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        condition: AutomationCondition,
        key: EntityKey,
        candidates: Slices,
        node: str,
    ) -> None:
        self._in = surroundings
        self._node = node
        self.condition = condition
        self.key = key
        self.candidate_subset = EntitySubset(key, candidates)

    @property
    def cursor(self) -> str | None:
        """What the condition gave as its cursor before."""
        found: str | None = self._in.remembered(f"cursor of {self._node}", self.key)
        return found

    @property
    def previous_true_subset(self) -> EntitySubset | None:
        """Of which slices it was true at the evaluation before, if there was one."""
        found = self._in.remembered(f"true of {self._node}", self.key)
        return None if found is None else EntitySubset(self.key, found)

    @property
    def evaluation_time(self) -> datetime:
        """When it is."""
        return self._in.now

    @property
    def previous_evaluation_time(self) -> datetime | None:
        """When the evaluation before was, if there was one."""
        return self._in.previous_time

    @property
    def asset_graph(self) -> AssetGraph:
        """All assets."""
        return self._in.graph

    @property
    def asset_graph_view(self) -> AssetGraphView:
        """Slices of any asset."""
        return AssetGraphView(self._in)

    @property
    def partitions_def(self) -> PartitionsDefinition | None:
        """The partitions of the asset."""
        return self._in.slices.partitions(self.key)

    @property
    def log(self) -> logging.Logger:
        """A logger."""
        import logging  # noqa: PLC0415

        return logging.getLogger("tidemill")

    @property
    def request_subsets_by_key(self) -> Mapping[EntityKey, EntitySubset]:
        """What this evaluation has requested so far."""
        return {key: EntitySubset(key, slices) for key, slices in self._in.requested.items()}

    def get_empty_subset(self) -> EntitySubset:
        """No slices of the asset."""
        return EntitySubset(self.key)

    def get_previous_requested_subset(self, key: EntityKey) -> EntitySubset | None:
        """What the evaluation before requested of an asset, if there was one."""
        if self._in.previous_time is None:
            return None
        return EntitySubset(key, self._in.previously_requested.get(key, NONE))

    def evaluate(self, condition: AutomationCondition) -> AutomationResult:
        """What another condition says of the candidates."""
        slices = self._in.true(condition, self.key, self.candidate_subset.slices)
        return AutomationResult(self, EntitySubset(self.key, slices))

    def for_child_condition(
        self,
        child_condition: AutomationCondition,
        child_indices: Any = None,
        candidate_subset: EntitySubset | None = None,
    ) -> AutomationContext:
        """The context for a condition that this one is made of, whose `evaluate` it can be given to."""
        del child_indices  # what a condition remembers goes by what it says, not by where it stands
        subset = self.candidate_subset if candidate_subset is None else candidate_subset
        return AutomationContext(
            self._in, child_condition, subset.key, subset.slices, f"{self._node} {child_condition}"
        )


class AutomationResult:
    """What the `evaluate` of a condition gives.

    Args:
        context: What it was given.
        true_subset: The slices of which it is true.
        cursor: What `context.cursor` is at the next evaluation.
        child_results: What conditions said that it is made of.
    """

    def __init__(
        self,
        context: AutomationContext,
        true_subset: EntitySubset,
        cursor: str | None = None,
        child_results: Any = None,
    ) -> None:
        if not isinstance(true_subset, EntitySubset) or not (cursor is None or isinstance(cursor, str)):
            raise self.refused(context.condition, (true_subset, cursor))
        self.context = context
        self.true_subset = true_subset
        self.cursor = cursor
        self.child_results = list(child_results or ())

    @property
    def condition(self) -> AutomationCondition:
        """The condition."""
        return self.context.condition

    @property
    def key(self) -> EntityKey:
        """The asset or check that it was asked of."""
        return self.context.key

    @staticmethod
    def refused(condition: AutomationCondition, given: object) -> InvariantViolationError:
        """The error of a condition that gave something else."""
        return InvariantViolationError(
            f"The condition {condition} gave something that is no result",
            subject=str(condition),
            found=repr(given),
            expected="AutomationResult(context, true_subset, cursor), with a subset that the context gave and a text",
        )
