"""Which assets are to be made now: their conditions, one after the other, in the order in which they are made.

    for each asset, parents first:  true(condition, asset, all its slices) ──▶ requested
                                        │ a join narrows the candidates of its operands
                                        │ since, newly: over all slices, with what they remember
                                        └ a leaf: `questions`

What does not remember and is no code of the user is found once for all slices, and kept for the evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tidemill.automation.contexts import AutomationContext, AutomationResult
from tidemill.automation.cursors import AutomationCursor, State
from tidemill.automation.facts import NONE, EntityKey, Facts, Slices
from tidemill.automation.lag import required_for_freshness
from tidemill.automation.needs import Conditions
from tidemill.automation.questions import Asked, Evaluating, ask, since_cron, updated_after_tick
from tidemill.automation.rules import RuleBook
from tidemill.automation.slices import SliceMap
from tidemill.automation.subsets import EntitySubset
from tidemill.core.keys import AssetKey
from tidemill.definitions.conditions.auto_materialize import RulesCondition
from tidemill.definitions.conditions.conditions import (
    About,
    All,
    Any_,
    AnyDownstream,
    AutomationCondition,
    Checks,
    Deps,
    Leaf,
    Matches,
    NewlyTrue,
    Node,
    Not,
    Since,
)
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import resolve_selection


class Explained(NamedTuple):
    """What a condition came to, and those that it is made of."""

    text: str
    label: str | None
    slices: Slices
    parts: tuple[Explained, ...] = ()


class Evaluation(NamedTuple):
    """What an evaluation came to.

    Attributes:
        true: Asset or check → slices of which its condition is true.
        requested: The same, with what must be made together with them.
        cursor: For the next evaluation.
        explained: Asset or check → why; found out when it is asked.
    """

    true: Mapping[EntityKey, Slices]
    requested: Mapping[EntityKey, Slices]
    cursor: AutomationCursor
    explained: Mapping[EntityKey, Explained]


def evaluate(
    graph: AssetGraph, conditions: Conditions, facts: Facts, cursor: AutomationCursor | None = None
) -> Evaluation:
    """Evaluate conditions once.

    Args:
        graph: All assets.
        conditions: Of those to look at, each after what it is made from.
        facts: What the store says, for `needs_of` the same conditions.
        cursor: That of the evaluation before; None for the first.
    """
    return Evaluator(graph, conditions, facts, cursor or AutomationCursor()).run()


class Evaluator(Evaluating):
    """One evaluation while it goes on.

    Attributes:
        graph, conditions, facts, cursor: As of `evaluate`.
        slices: The slices at that moment.
        requested: So far.
        assumed: Those that count as requested for now.
        root: Whose condition is looked at.
    """

    def __init__(
        self, graph: AssetGraph, conditions: Conditions, facts: Facts, cursor: AutomationCursor
    ) -> None:
        self.graph, self.conditions, self.facts, self.cursor = graph, conditions, facts, cursor
        self.slices = SliceMap(graph, facts.world)
        self.requested: dict[EntityKey, Slices] = {}
        self.assumed: list[EntityKey] = []
        self.root: EntityKey = AssetKey("")
        self.rules = RuleBook(self)
        self.now = facts.world.now or datetime.now(UTC)
        self._remembered: dict[EntityKey, dict[str, State]] = {}
        self._found: dict[tuple[str, EntityKey, int], Slices] = {}
        self._memos: dict[EntityKey, dict[tuple[str, EntityKey, int], Slices]] = {}
        self._texts: dict[int, tuple[AutomationCondition, str]] = {}
        self._seen: dict[tuple[str, EntityKey], int] = {}
        self._explaining = False
        self._lag: frozenset[AssetKey] | None = None

    # The whole

    def run(self) -> Evaluation:
        """Look at each condition."""
        true: dict[EntityKey, Slices] = {}
        for key, condition in self.conditions.items():
            self.root, self._found, self._seen = key, {}, {}
            self._memos[key] = self._found
            self._remembered[key] = {}
            true[key] = self.true(condition, key, self.slices.full(key))
            self._request(key, true[key])
        moment = round(self.now.timestamp() * 1_000_000)
        cursor = AutomationCursor(
            self.cursor.evaluation + 1,
            moment,
            max(self.facts.seq, self.cursor.seq),
            {key: slices for key, slices in self.requested.items() if slices},
            {**self.cursor.nodes, **self._remembered},
        )
        return Evaluation(true, self.requested, cursor, _Explanations(self, true))

    def explain(self, key: EntityKey, slices: Slices) -> Explained:
        """What became of a condition, from what was found out about it."""
        self.root, self._found, self._explaining = key, self._memos[key], True
        return self._explain(self.conditions[key], key, slices)

    def _request(self, key: EntityKey, slices: Slices) -> None:
        together: tuple[EntityKey, ...] = (key,)
        if isinstance(key, AssetKey) and self.graph.is_materializable(key):
            unit = self.graph.unit_of(key)
            if not unit.can_subset:
                together = tuple(output.asset for output in unit.outputs)
        for each in together:
            if slices or each == key:
                self.requested[each] = self.requested.get(each, NONE) | slices

    @property
    def first(self) -> bool:
        """Whether the root was never looked at."""
        return self.root not in self.cursor.nodes

    @property
    def previous_time(self) -> datetime | None:
        """When the root was looked at before."""
        if self.first or self.cursor.at is None:
            return None
        return datetime.fromtimestamp(self.cursor.at / 1_000_000, UTC)

    def lagging(self) -> frozenset[AssetKey]:
        """Assets that must be made now for some freshness policy."""
        if self._lag is None:
            self._lag = required_for_freshness(self.graph, self.facts, self.now)
        return self._lag

    # What nodes remember

    def remembered(self, node: str, key: EntityKey) -> Any:
        """What a node about `key` remembers under the root; None where it was not there."""
        state = self.cursor.nodes.get(self.root, {}).get(self._id(node, key))
        return self.slices.own(key, state) if isinstance(state, AbstractSet) else state

    def remember(self, node: str, key: EntityKey, state: State) -> None:
        """What a node is to remember."""
        self._remembered[self.root][self._id(node, key)] = state

    def _id(self, node: str, key: EntityKey) -> str:
        if key == self.root:
            return node
        return f"{key.to_user_string()} {node}"

    # The tree

    def true(self, condition: AutomationCondition, key: EntityKey, candidates: Slices) -> Slices:
        """Those of some slices of which a condition is true."""
        handler = HANDLERS.get(type(condition))
        if handler is None:
            return self._custom(condition, key, candidates)
        if handler in NARROWING:
            return handler(self, condition, key, candidates)
        known = self._texts.get(id(condition))
        if known is None:  # with the condition itself, as the id of one that is gone may be another's
            known = self._texts[id(condition)] = condition, str(condition)
        name = known[1], key, len(self.assumed)
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = handler(self, condition, key, self.slices.full(key))
        return found & candidates

    def _all(self, condition: All, key: EntityKey, candidates: Slices) -> Slices:
        for operand in condition.operands:
            candidates = self.true(operand, key, candidates)
        return candidates

    def _any(self, condition: Any_, key: EntityKey, candidates: Slices) -> Slices:
        found = NONE
        for operand in condition.operands:
            found |= self.true(operand, key, candidates)
        return found

    def _not(self, condition: Not, key: EntityKey, candidates: Slices) -> Slices:
        return candidates - self.true(condition.operand, key, candidates)

    def _newly(self, condition: NewlyTrue, key: EntityKey, full: Slices) -> Slices:
        now, node = self.true(condition.operand, key, full), str(condition)
        before = self.remembered(node, key) or NONE
        self.remember(node, key, now)
        return now - before

    def _since(self, condition: Since, key: EntityKey, full: Slices) -> Slices:
        node = str(condition)
        since = (self.remembered(node, key) or NONE) | self.true(condition.trigger_condition, key, full)
        since = (since - self.true(condition.reset_condition, key, full)) & full
        if since_cron(condition):
            asked = Asked(self, condition.reset_condition, key, full)  # type: ignore[arg-type]  # a leaf, as seen
            since |= updated_after_tick(asked)
        self.remember(node, key, since)
        return since

    def _deps(self, condition: Deps, key: EntityKey, full: Slices) -> Slices:
        parts = [
            self.slices.below(key, parent, self.true(condition.operand, parent, self.slices.full(parent)))
            for parent in self.chosen(condition, self.slices.parents(key))
        ]
        return _joined(condition.match, parts, full)

    def _checks(self, condition: Checks, key: EntityKey, full: Slices) -> Slices:
        asset = key if isinstance(key, AssetKey) else key.asset_key
        checks = self.slices.checks(asset, blocking_only=condition.blocking_only)
        parts = [
            self.slices.above(asset, check, self.true(condition.operand, check, self.slices.full(check)))
            for check in checks
        ]
        return _joined(condition.match, parts, full)

    def chosen(self, condition: About, keys: Iterable[AssetKey]) -> list[AssetKey]:
        """The assets that a condition on several is about."""
        chosen = list(keys)
        for selection, wanted in ((condition.allowed, True), (condition.ignored, False)):
            if selection is not None:
                selected = resolve_selection(selection, self.graph).assets
                chosen = [key for key in chosen if (key in selected) is wanted]
        return chosen

    def _matches(self, condition: Matches, key: EntityKey, full: Slices) -> Slices:
        del full
        other = condition.key
        return self.slices.below(key, other, self.true(condition.operand, other, self.slices.full(other)))

    def _downstream(self, condition: AnyDownstream, key: EntityKey, full: Slices) -> Slices:
        """Slices for something made from them; what that asks of them is asked as if they were requested."""
        del condition
        found = NONE
        self.assumed.append(key)
        for child in self.graph.children(key) if isinstance(key, AssetKey) else ():
            spec = self.graph.spec(child)
            if spec is not None and spec.automation_condition is not None:
                true = self.true(spec.automation_condition, child, self.slices.full(child))
                pairs = self.slices.pairs(child, key)
                found |= {source for each in true for source in pairs.get(each, ())}
        self.assumed.pop()
        return found & full

    def _rules(self, condition: RulesCondition, key: EntityKey, full: Slices) -> Slices:
        del full
        return self.rules.true(condition.policy, str(condition), key) if isinstance(key, AssetKey) else NONE

    def _leaf(self, condition: Leaf, key: EntityKey, full: Slices) -> Slices:
        return ask(Asked(self, condition, key, full))

    def _custom(self, condition: AutomationCondition, key: EntityKey, candidates: Slices) -> Slices:
        """What a condition of the user says; of two that say the same of themselves, the second has another name."""
        text = str(condition)
        count = self._seen[text, key] = self._seen.get((text, key), -1) + 1
        name = text if count == 0 else f"{text} #{count}"
        memo = f"what {name} said", key, len(self.assumed)
        if self._explaining:  # by what was found out: the user's code is not asked again
            return self._found.get((f"what {text} said", *memo[1:]), NONE) & candidates
        given = condition.evaluate(AutomationContext(self, condition, key, candidates, name))
        if not isinstance(given, AutomationResult):
            raise AutomationResult.refused(condition, given)
        self._found[memo] = given.true_subset.slices
        if given.cursor is not None:
            self.remember(f"cursor of {name}", key, given.cursor)
        self.remember(f"true of {name}", key, given.true_subset.slices)
        return given.true_subset.slices & candidates

    def _explain(self, condition: AutomationCondition, key: EntityKey, slices: Slices) -> Explained:
        parts = condition.children if isinstance(condition, (All, Any_, Not, Since, NewlyTrue)) else ()
        full = self.slices.full(key)
        told = [
            self._explain(part, key, self.true(part, key, full)) for part in parts if isinstance(part, Node)
        ]
        return Explained(str(condition), condition.label, slices, tuple(told))


class _Explanations(Mapping[EntityKey, Explained]):
    """Why, for each asset or check, when it is asked."""

    def __init__(self, evaluator: Evaluator, true: Mapping[EntityKey, Slices]) -> None:
        self._evaluator, self._true = evaluator, true

    def __getitem__(self, key: EntityKey) -> Explained:
        return self._evaluator.explain(key, self._true[key])

    def __iter__(self) -> Iterator[EntityKey]:
        return iter(self._true)

    def __len__(self) -> int:
        return len(self._true)


def _joined(match: str, parts: list[Slices], full: Slices) -> Slices:
    found = NONE if match == "any" else full
    for part in parts:
        found = found | part if match == "any" else found & part
    return found


HANDLERS: dict[type[Any], Callable[..., Slices]] = {
    All: Evaluator._all,
    Any_: Evaluator._any,
    Not: Evaluator._not,
    NewlyTrue: Evaluator._newly,
    Since: Evaluator._since,
    Deps: Evaluator._deps,
    Checks: Evaluator._checks,
    Matches: Evaluator._matches,
    AnyDownstream: Evaluator._downstream,
    RulesCondition: Evaluator._rules,
    Leaf: Evaluator._leaf,
}
NARROWING = (Evaluator._all, Evaluator._any, Evaluator._not)


def requested_subset(evaluation: Evaluation, key: EntityKey) -> EntitySubset:
    """What was requested of one asset or check."""
    return EntitySubset(key, evaluation.requested.get(key, NONE))
