"""Which assets must be made now so that data is of the age that freshness policies want, with the least runs.

    an asset with a lag ──overdue? could it be newer?──▶ it, and those above it that are made from older data

The data of an asset is of the time at which what it was made from, all the way up, was made. An asset that no policy
makes keeps the data that it has; one without parents that a policy makes gets the data of now.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tidemill.automation.facts import Facts
from tidemill.core.keys import AssetKey
from tidemill.definitions.conditions.auto_materialize import RulesCondition
from tidemill.planning.graph import AssetGraph

RULE = "materialize_on_required_for_freshness"


def required_for_freshness(graph: AssetGraph, facts: Facts, now: datetime) -> frozenset[AssetKey]:
    """The assets that must be made now; those without partitions only, as data of slices has no one age."""
    planner = _Planner(graph, facts, now)
    for key in graph.keys:
        spec = graph.spec(key)
        policy = spec.freshness_policy if spec is not None else None
        if policy is None or policy.maximum_lag_minutes is None or not planner.makes(key):
            continue
        for wanted in policy.required_data_times(now):
            planner.want(key, wanted.timestamp() * 1_000_000)
    return frozenset(planner.required)


class _Planner:
    def __init__(self, graph: AssetGraph, facts: Facts, now: datetime) -> None:
        self.graph, self.times = graph, facts.data_times
        self.now = now.astimezone(UTC).timestamp() * 1_000_000
        self.required: set[AssetKey] = set()
        self._reachable: dict[AssetKey, float | None] = {}

    def makes(self, key: AssetKey) -> bool:
        """Whether a policy makes the asset when it must be."""
        spec = self.graph.spec(key)
        condition = spec.automation_condition if spec is not None else None
        return (
            isinstance(condition, RulesCondition)
            and any(rule.kind == RULE for rule in condition.policy.rules)
            and self.graph.is_materializable(key)
            and self.graph.unit_of(key).partitions is None
        )

    def reachable(self, key: AssetKey) -> float | None:
        """Of when the data of the asset would be if all that can be was made now; None where there is none."""
        if key not in self._reachable:
            parents = self.graph.parents(key)
            if not self.makes(key):
                found = self.times.get(key)
            elif not parents:
                found = self.now  # type: ignore[assignment]
            else:
                times = [self.reachable(parent) for parent in parents]
                found = None if None in times else min(time for time in times if time is not None)  # type: ignore[assignment]
            self._reachable[key] = found
        return self._reachable[key]

    def want(self, key: AssetKey, wanted: float) -> None:
        """Make an asset whose data is older than wanted, where that makes it newer; and so what it is made from."""
        held, could = self.times.get(key), self.reachable(key)
        if could is None or (held is not None and (held >= wanted or could <= held)):
            return
        self.required.add(key)
        for parent in self.graph.parents(key):
            if self.makes(parent):
                self.want(parent, wanted)
