"""The older vocabulary of automation: policies made of rules. `automation` evaluates them as they always were.

    AutoMaterializePolicy.eager() ──▶ rules that materialize, rules that skip, how much at a time

A slice is requested when one of the first kind says so and none of the second does; those that are skipped wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.arguments import only_one, wrong_type
from tidemill.definitions.calendar.cron import cron_fields
from tidemill.definitions.calendar.ticks import zone_of
from tidemill.definitions.conditions.conditions import AutomationCondition, valid_condition
from tidemill.definitions.values import Value, fill, replace


class AutoMaterializePolicyType(Enum):
    """Whether a policy makes an asset when it can, or when it must."""

    EAGER = "EAGER"
    LAZY = "LAZY"


class AutoMaterializeDecisionType(Enum):
    """What a rule says of the slices that it is true of."""

    MATERIALIZE = "MATERIALIZE"
    SKIP = "SKIP"
    DISCARD = "DISCARD"


class AutoMaterializeAssetPartitionsFilter(Value):
    """Which updates of parents count.

    Args:
        latest_run_required_tags: Those whose run has all these tags; all where it is not given.
    """

    latest_run_required_tags: Mapping[str, str] | None

    def __init__(self, latest_run_required_tags: Mapping[str, str] | None = None) -> None:
        fill(self, latest_run_required_tags)

    def __hash__(self) -> int:
        return hash(tuple(sorted((self.latest_run_required_tags or {}).items())))


class AutoMaterializeRule(Value):
    """When slices are to be made, or are not. Take one of the factories."""

    kind: str
    cron_schedule: str | None
    timezone: str
    strict: bool
    updated_parent_filter: AutoMaterializeAssetPartitionsFilter | None

    def __init__(self) -> None:
        raise InvalidDefinitionError(
            "AutoMaterializeRule is not called",
            subject="AutoMaterializeRule",
            expected="AutoMaterializeRule.materialize_on_missing(), .skip_on_parent_missing(), …",
            next_step="for a rule of your own, write a subclass of AutomationCondition",
        )

    @property
    def decision_type(self) -> AutoMaterializeDecisionType:
        """What it says of the slices that it is true of."""
        skips = self.kind.startswith("skip")
        return AutoMaterializeDecisionType.SKIP if skips else AutoMaterializeDecisionType.MATERIALIZE

    @property
    def description(self) -> str:
        """What it asks, for the reader."""
        return self.kind.replace("_", " ")

    @staticmethod
    def materialize_on_parent_updated(
        updated_parent_filter: AutoMaterializeAssetPartitionsFilter | None = None,
    ) -> AutoMaterializeRule:
        """Something that it is made from was updated after it, or will be."""
        return _rule("materialize_on_parent_updated", updated_parent_filter=updated_parent_filter)

    @staticmethod
    def materialize_on_missing() -> AutoMaterializeRule:
        """It was never made."""
        return _rule("materialize_on_missing")

    @staticmethod
    def materialize_on_cron(
        cron_schedule: str, timezone: str = "UTC", all_partitions: bool = False
    ) -> AutoMaterializeRule:
        """It was not made since the latest tick of a schedule; of time windows, the latest that was complete then."""
        cron_fields(cron_schedule, "materialize_on_cron")
        zone_of(timezone)
        return _rule("materialize_on_cron", cron_schedule, timezone, all_partitions)

    @staticmethod
    def materialize_on_required_for_freshness() -> AutoMaterializeRule:
        """Its freshness policy, or that of something made from it, needs newer data."""
        return _rule("materialize_on_required_for_freshness")

    @staticmethod
    def skip_on_parent_outdated() -> AutoMaterializeRule:
        """Something that it is made from is older than what that is made from."""
        return _rule("skip_on_parent_outdated")

    @staticmethod
    def skip_on_parent_missing() -> AutoMaterializeRule:
        """Something that it is made from is missing."""
        return _rule("skip_on_parent_missing")

    @staticmethod
    def skip_on_not_all_parents_updated(
        require_update_for_all_parent_partitions: bool = False,
    ) -> AutoMaterializeRule:
        """Something that it is made from was not updated since it was made."""
        return _rule("skip_on_not_all_parents_updated", strict=require_update_for_all_parent_partitions)

    @staticmethod
    def skip_on_not_all_parents_updated_since_cron(
        cron_schedule: str, timezone: str = "UTC"
    ) -> AutoMaterializeRule:
        """Something that it is made from was not updated since the latest tick of a schedule."""
        cron_fields(cron_schedule, "skip_on_not_all_parents_updated_since_cron")
        zone_of(timezone)
        return _rule("skip_on_not_all_parents_updated_since_cron", cron_schedule, timezone)

    @staticmethod
    def skip_on_required_but_nonexistent_parents() -> AutoMaterializeRule:
        """It would be made from partitions that do not exist."""
        return _rule("skip_on_required_but_nonexistent_parents")

    @staticmethod
    def skip_on_backfill_in_progress(all_partitions: bool = False) -> AutoMaterializeRule:
        """A backfill is about to make it; with `all_partitions`, any of its partitions."""
        return _rule("skip_on_backfill_in_progress", strict=all_partitions)

    @staticmethod
    def skip_on_run_in_progress() -> AutoMaterializeRule:
        """A run is about to make it."""
        return _rule("skip_on_run_in_progress")


def _rule(
    kind: str,
    cron_schedule: str | None = None,
    timezone: str = "UTC",
    strict: bool = False,
    updated_parent_filter: AutoMaterializeAssetPartitionsFilter | None = None,
) -> AutoMaterializeRule:
    rule = object.__new__(AutoMaterializeRule)
    fill(rule, kind, cron_schedule, timezone, strict, updated_parent_filter)
    return rule


class AutoMaterializePolicy(Value):
    """When an asset is made by itself, as rules.

    Args:
        rules: Of both kinds.
        max_materializations_per_minute: How many of its partitions one evaluation requests at most, newest first; the
            others are let go. None is no limit.
        asset_condition: Instead of rules.

    Raises:
        InvalidDefinitionError: The limit is not positive, or there are rules and a condition.

    Example:
        >>> AutoMaterializePolicy.eager(max_materializations_per_minute=60).policy_type.value
        'EAGER'
    """

    rules: frozenset[AutoMaterializeRule]
    max_materializations_per_minute: int | None
    asset_condition: AutomationCondition | None

    def __init__(
        self,
        rules: Any = frozenset(),
        max_materializations_per_minute: int | None = 1,
        asset_condition: AutomationCondition | None = None,
    ) -> None:
        limit = max_materializations_per_minute
        if limit is not None and (not isinstance(limit, int) or limit < 1):
            raise wrong_type(
                "AutoMaterializePolicy",
                "max_materializations_per_minute",
                limit,
                "a positive number; None is no limit, and to switch automation off leave the policy out",
            )
        only_one("AutoMaterializePolicy", rules=rules or None, asset_condition=asset_condition)
        found = frozenset(rules)
        for rule in found:
            if not isinstance(rule, AutoMaterializeRule):
                raise wrong_type("AutoMaterializePolicy", "a rule", rule, "an AutoMaterializeRule")
        fill(self, found, limit, valid_condition("AutoMaterializePolicy", asset_condition))

    @staticmethod
    def eager(max_materializations_per_minute: int | None = 1) -> AutoMaterializePolicy:
        """Whenever it is missing, or something that it is made from was updated."""
        lazy = AutoMaterializePolicy.lazy(max_materializations_per_minute)
        rule = AutoMaterializeRule
        return lazy.with_rules(rule.materialize_on_missing(), rule.materialize_on_parent_updated())

    @staticmethod
    def lazy(max_materializations_per_minute: int | None = 1) -> AutoMaterializePolicy:
        """Only when its freshness policy, or that of something made from it, needs it."""
        rule = AutoMaterializeRule
        rules = (
            rule.materialize_on_required_for_freshness(),
            rule.skip_on_parent_outdated(),
            rule.skip_on_parent_missing(),
            rule.skip_on_required_but_nonexistent_parents(),
            rule.skip_on_backfill_in_progress(),
        )
        return AutoMaterializePolicy(rules, max_materializations_per_minute)

    @staticmethod
    def from_automation_condition(automation_condition: AutomationCondition) -> AutoMaterializePolicy:
        """A condition, in this vocabulary."""
        return AutoMaterializePolicy((), None, automation_condition)

    def to_automation_condition(self) -> AutomationCondition:
        """The policy, in the newer vocabulary."""
        return self.asset_condition if self.asset_condition is not None else RulesCondition(self)

    @property
    def materialize_rules(self) -> frozenset[AutoMaterializeRule]:
        """The rules that materialize."""
        return frozenset(r for r in self.rules if r.decision_type is AutoMaterializeDecisionType.MATERIALIZE)

    @property
    def skip_rules(self) -> frozenset[AutoMaterializeRule]:
        """The rules that skip."""
        return self.rules - self.materialize_rules

    @property
    def policy_type(self) -> AutoMaterializePolicyType:
        """Eager, where updates of parents count."""
        eager = any(rule.kind == "materialize_on_parent_updated" for rule in self.rules)
        return AutoMaterializePolicyType.EAGER if eager else AutoMaterializePolicyType.LAZY

    def with_rules(self, *rules_to_add: AutoMaterializeRule) -> AutoMaterializePolicy:
        """A copy with more rules; a rule of a kind that is there already takes its place."""
        kinds = {rule.kind for rule in rules_to_add}
        kept = [rule for rule in self.rules if rule.kind not in kinds]
        return AutoMaterializePolicy((*kept, *rules_to_add), self.max_materializations_per_minute)

    def without_rules(self, *rules_to_remove: AutoMaterializeRule) -> AutoMaterializePolicy:
        """A copy without some rules.

        Raises:
            InvalidDefinitionError: The policy does not have one of them.
        """
        for rule in rules_to_remove:
            if rule not in self.rules:
                raise InvalidDefinitionError(
                    "The policy does not have a rule that is to be taken from it",
                    subject=rule.kind,
                    found=repr(rule),
                    expected=", ".join(sorted(each.kind for each in self.rules)),
                )
        return replace(self, rules=self.rules.difference(rules_to_remove))


class RulesCondition(AutomationCondition):
    """A policy of rules, as a condition."""

    policy: AutoMaterializePolicy
    fields = ("policy",)
    name = "AUTO_MATERIALIZE_POLICY"

    def __init__(self, policy: AutoMaterializePolicy) -> None:
        self.policy = policy

    def __str__(self) -> str:
        rules = sorted(str(rule) for rule in self.policy.rules)
        return f"rules({', '.join(rules)}; {self.policy.max_materializations_per_minute})"


def read_condition(
    owner: str, automation_condition: Any, auto_materialize_policy: Any
) -> AutomationCondition | None:
    """The condition of either argument.

    Raises:
        InvalidDefinitionError: Both are given, or one is of the wrong type.
    """
    only_one(
        owner, automation_condition=automation_condition, auto_materialize_policy=auto_materialize_policy
    )
    if auto_materialize_policy is None:
        return valid_condition(owner, automation_condition)
    if isinstance(auto_materialize_policy, AutoMaterializePolicy):
        return auto_materialize_policy.to_automation_condition()
    raise wrong_type(owner, "auto_materialize_policy", auto_materialize_policy, "an AutoMaterializePolicy")


def policy_of(condition: AutomationCondition | None) -> AutoMaterializePolicy | None:
    """A condition as the policy that it was given as, or would be."""
    if condition is None:
        return None
    if isinstance(condition, RulesCondition):
        return condition.policy
    return AutoMaterializePolicy.from_automation_condition(condition)
