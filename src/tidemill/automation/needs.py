"""Which conditions there are, and what an evaluation of them needs to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from tidemill.automation.cursors import AutomationCursor
from tidemill.automation.facts import EntityKey, Needs
from tidemill.automation.slices import SliceMap
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.conditions.auto_materialize import RulesCondition
from tidemill.definitions.conditions.conditions import (
    All,
    Any_,
    AnyDownstream,
    AutomationCondition,
    Deps,
    Leaf,
    Matches,
    Node,
    Not,
)
from tidemill.definitions.partitions.partitions import NOWHERE
from tidemill.planning.graph import AssetGraph
from tidemill.planning.partitioned_jobs import kept_names

Conditions: TypeAlias = Mapping[EntityKey, AutomationCondition]
OLD_UPDATES = frozenset({"data_version_changed", "freshness", "check"})
"""Questions that are about latest updates, however old."""

RUNS_OF_UPDATES = frozenset({"executed_with_tags", "executed_with_root_target"})
"""Those that are about their runs: of new updates only, where they are asked together with `newly_updated`."""

UPDATE_TAGS = frozenset({"any_new_update_has_run_tags", "all_new_updates_have_run_tags"})
RUN_FACTS = UPDATE_TAGS | RUNS_OF_UPDATES


def conditions_of(
    graph: AssetGraph, default: AutomationCondition | None = None
) -> dict[EntityKey, AutomationCondition]:
    """All assets and checks that have a condition, each after what it is made from.

    `default` is that of assets that are made here and have none.
    """
    found: dict[EntityKey, AutomationCondition] = {}
    for key in [*graph.topological_order(), *graph.sources]:
        spec = graph.spec(key)
        own = spec.automation_condition if spec is not None else None
        if own is None and graph.is_materializable(key):
            own = default
        if own is not None:
            found[key] = own
    for unit in graph.project.units.values():
        for check in unit.checks:
            if check.automation_condition is not None:
                found[check.key] = check.automation_condition
    return found


class _Asked:
    """What some conditions ask for, all parts of them looked at.

    Attributes:
        kinds: Of questions.
        others: Assets that they name.
        old: Whether a question is about latest updates, however old.
        depth: How many times they go on to what something is made from.
        rules, custom, downstream: Whether there are policies of rules, conditions of the user, and conditions on
            what is made from an asset.
    """

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.others: set[AssetKey] = set()
        self.depth = 1
        self.rules = self.custom = self.downstream = self.old = False

    def look(self, condition: AutomationCondition, depth: int = 0, *, new: bool = False) -> None:
        """Look at a condition and its parts; of a `new` one only what was newly updated counts."""
        if isinstance(condition, Leaf):
            self.kinds.add(condition.kind)
            self.old |= condition.kind in OLD_UPDATES or (condition.kind in RUNS_OF_UPDATES and not new)
        elif isinstance(condition, All):
            new |= any(isinstance(each, Leaf) and each.kind == "newly_updated" for each in condition.operands)
        elif isinstance(condition, Matches):
            self.others.add(condition.key)
        elif isinstance(condition, Deps):
            depth += 1
            self.depth = max(self.depth, depth)
        elif isinstance(condition, AnyDownstream):
            self.downstream = True
        elif isinstance(condition, RulesCondition):
            self.rules = True
        elif not isinstance(condition, Node):
            self.custom = True
        new &= isinstance(condition, (All, Any_, Not))
        for child in condition.children:
            self.look(child, depth, new=new)


def needs_of(graph: AssetGraph, conditions: Conditions, cursor: AutomationCursor | None = None) -> Needs:
    """What an evaluation of conditions needs to be told."""
    asked = _Asked()
    for condition in conditions.values():
        asked.look(condition)
    slices = SliceMap(graph, NOWHERE)
    near = {key.asset_key if isinstance(key, AssetCheckKey) else key for key in conditions}
    for check in (key for key in conditions if isinstance(key, AssetCheckKey)):
        near.update(slices.parents(check))
    if asked.downstream:
        near |= graph.descendants(near)
        for key in near:
            spec = graph.spec(key)
            if spec is not None and spec.automation_condition is not None:
                asked.look(spec.automation_condition)
    near |= asked.others
    if asked.rules or asked.custom:
        near |= graph.ancestors(near) | graph.descendants(near)
    near |= graph.ancestors(near, asked.depth)
    kinds = asked.kinds
    checks = frozenset(check for key in near for check in graph.checks_for(key))
    asked.old |= "execution_failed" in kinds
    whole = near if asked.old or asked.rules or asked.custom else {check.asset_key for check in checks}
    return Needs(
        assets=frozenset(near),
        whole=frozenset(whole) & near,
        checks=checks,
        runs=bool(kinds & RUN_FACTS) or asked.rules or asked.custom,
        updates=bool(kinds & UPDATE_TAGS) or asked.custom,
        failures="execution_failed" in kinds or asked.custom,
        code=frozenset(near) if "code_version_changed" in kinds or asked.custom else frozenset(),
        data_times=asked.rules and any(_lagging(graph, key) for key in near),
        dynamic=frozenset(name for key in near for name in kept_names(slices.partitions(key))),
        since=cursor.seq if cursor is not None else None,
    )


def _lagging(graph: AssetGraph, key: AssetKey) -> bool:
    spec = graph.spec(key)
    policy = spec.freshness_policy if spec is not None else None
    return policy is not None and policy.maximum_lag_minutes is not None
