"""Section 1.9: when assets are made by themselves, in both generations."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tidemill import (
    AssetKey,
    AssetSelection,
    AutoMaterializeAssetPartitionsFilter,
    AutoMaterializePolicy,
    AutoMaterializeRule,
    AutomationCondition,
    AutomationResult,
    DagsterInstance,
    Definitions,
    DynamicPartitionsDefinition,
    FreshnessPolicy,
    StaticPartitionsDefinition,
    asset,
    evaluate_automation_conditions,
    materialize,
)

UTC = timezone.utc  # noqa: UP017
NOON = datetime(2024, 1, 5, 12, tzinfo=UTC)
Rule = AutoMaterializeRule


# --- the first generation ---------------------------------------------------------------------------------------------


EAGER = {
    Rule.materialize_on_missing(),
    Rule.materialize_on_parent_updated(),
    Rule.materialize_on_required_for_freshness(),
    Rule.skip_on_parent_outdated(),
    Rule.skip_on_parent_missing(),
    Rule.skip_on_required_but_nonexistent_parents(),
    Rule.skip_on_backfill_in_progress(),
}


def test_AutoMaterializePolicy_eager_and_lazy_rules() -> None:
    assert set(AutoMaterializePolicy.eager().rules) == EAGER
    without = {Rule.materialize_on_missing(), Rule.materialize_on_parent_updated()}
    assert set(AutoMaterializePolicy.lazy().rules) == EAGER - without


def test_AutoMaterializePolicy_limits() -> None:
    assert AutoMaterializePolicy.eager().max_materializations_per_minute == 1
    assert AutoMaterializePolicy.lazy().max_materializations_per_minute == 1
    assert (
        AutoMaterializePolicy.eager(max_materializations_per_minute=None).max_materializations_per_minute
        is None
    )
    assert AutoMaterializePolicy.lazy(max_materializations_per_minute=5).max_materializations_per_minute == 5


def test_AutoMaterializePolicy_with_and_without_rules() -> None:
    more = AutoMaterializePolicy.eager().with_rules(Rule.skip_on_not_all_parents_updated())
    assert set(more.rules) == EAGER | {Rule.skip_on_not_all_parents_updated()}
    less = AutoMaterializePolicy.eager().without_rules(Rule.materialize_on_missing())
    assert set(less.rules) == EAGER - {Rule.materialize_on_missing()}
    assert set(AutoMaterializePolicy.eager().rules) == EAGER


def test_AutoMaterializePolicy_over_the_limit_is_left_for_later() -> None:
    letters = StaticPartitionsDefinition(["x", "y", "z"])

    @asset(partitions_def=letters, auto_materialize_policy=AutoMaterializePolicy.eager())
    def one() -> None: ...

    @asset(
        partitions_def=letters,
        auto_materialize_policy=AutoMaterializePolicy.eager(max_materializations_per_minute=None),
    )
    def free() -> None: ...

    with DagsterInstance.ephemeral() as instance:
        asked = evaluate_automation_conditions([one, free], instance)
    assert asked.get_num_requested(AssetKey("one")) == 1
    assert asked.get_num_requested(AssetKey("free")) == 3


def test_AutoMaterializeRule_factories_and_their_arguments() -> None:
    assert Rule.materialize_on_cron("0 0 * * *") == Rule.materialize_on_cron("0 0 * * *", "UTC", False)
    assert Rule.materialize_on_cron(
        "0 0 * * *", timezone="Europe/Berlin", all_partitions=True
    ) != Rule.materialize_on_cron("0 0 * * *")
    assert (
        Rule.materialize_on_parent_updated(updated_parent_filter=None) == Rule.materialize_on_parent_updated()
    )
    assert Rule.skip_on_not_all_parents_updated() == Rule.skip_on_not_all_parents_updated(
        require_update_for_all_parent_partitions=False
    )
    assert Rule.skip_on_backfill_in_progress() == Rule.skip_on_backfill_in_progress(all_partitions=False)
    rules = [
        Rule.materialize_on_missing(),
        Rule.materialize_on_required_for_freshness(),
        Rule.skip_on_parent_outdated(),
        Rule.skip_on_parent_missing(),
        Rule.skip_on_required_but_nonexistent_parents(),
        Rule.skip_on_run_in_progress(),
        Rule.skip_on_not_all_parents_updated_since_cron("0 0 * * *"),
    ]
    assert len(set(rules)) == len(rules)
    assert all(isinstance(rule, AutoMaterializeRule) for rule in rules)


def test_AutoMaterializeAssetPartitionsFilter_names_tags_of_the_parents_runs() -> None:
    tags = {"t": "1"}
    found = AutoMaterializeAssetPartitionsFilter(latest_run_required_tags=tags)
    assert found.latest_run_required_tags == tags
    rule = Rule.materialize_on_parent_updated(updated_parent_filter=found)

    @asset
    def up() -> int:
        return 1

    policy = AutoMaterializePolicy.eager(None).without_rules(
        Rule.materialize_on_missing(), Rule.materialize_on_parent_updated()
    )

    @asset(deps=[up], auto_materialize_policy=policy.with_rules(rule))
    def below() -> None: ...

    with DagsterInstance.ephemeral() as instance:
        materialize([up, below], instance=instance)
        first = evaluate_automation_conditions([up, below], instance)
        materialize([up], instance=instance)
        second = evaluate_automation_conditions([up, below], instance, cursor=first.cursor)
        assert second.total_requested == 0
        materialize([up], instance=instance, tags=tags)
        third = evaluate_automation_conditions([up, below], instance, cursor=second.cursor)
        assert third.total_requested == 1


def test_AutoMaterializePolicy_eager_makes_what_is_missing_and_what_has_new_parents() -> None:
    @asset
    def up() -> int:
        return 1

    @asset(deps=[up], auto_materialize_policy=AutoMaterializePolicy.eager())
    def below() -> None: ...

    with DagsterInstance.ephemeral() as instance:
        waiting = evaluate_automation_conditions([up, below], instance)
        assert waiting.total_requested == 0
        materialize([up], instance=instance)
        asked = evaluate_automation_conditions([up, below], instance, cursor=waiting.cursor)
        assert asked.get_num_requested(AssetKey("below")) == 1


# --- FreshnessPolicy --------------------------------------------------------------------------------------------------


def test_FreshnessPolicy_of_both_generations() -> None:
    first = FreshnessPolicy(
        maximum_lag_minutes=30, cron_schedule="0 9 * * *", cron_schedule_timezone="Europe/Berlin"
    )
    assert (first.maximum_lag_minutes, first.cron_schedule) == (30, "0 9 * * *")
    assert first.cron_schedule_timezone == "Europe/Berlin"
    assert FreshnessPolicy(maximum_lag_minutes=30) == FreshnessPolicy(maximum_lag_minutes=30)
    window = FreshnessPolicy.time_window(fail_window=timedelta(hours=2), warn_window=timedelta(hours=1))
    assert FreshnessPolicy.time_window(timedelta(hours=2), timedelta(hours=1)) == window
    deadline = FreshnessPolicy.cron(deadline_cron="0 9 * * *", lower_bound_delta=timedelta(hours=1))
    assert deadline == FreshnessPolicy.cron("0 9 * * *", timedelta(hours=1), timezone="UTC")
    assert len({window, deadline, first}) == 3


@pytest.mark.parametrize(
    "policy", [FreshnessPolicy(maximum_lag_minutes=60), FreshnessPolicy.time_window(timedelta(1))]
)
def test_FreshnessPolicy_is_taken_by_assets(policy: FreshnessPolicy) -> None:
    @asset(freshness_policy=policy)
    def a() -> None: ...

    assert a.get_asset_spec().freshness_policy == policy


def test_FreshnessPolicy_lazy_runs_only_what_is_needed() -> None:
    lazy = AutoMaterializePolicy.lazy(max_materializations_per_minute=None)

    @asset(auto_materialize_policy=lazy)
    def source() -> int:
        return 1

    @asset(
        deps=[source], auto_materialize_policy=lazy, freshness_policy=FreshnessPolicy(maximum_lag_minutes=60)
    )
    def wanted() -> None: ...

    @asset(deps=[source], auto_materialize_policy=lazy)
    def unwanted() -> None: ...

    all_of = [source, wanted, unwanted]
    with DagsterInstance.ephemeral() as instance:
        materialize(all_of, instance=instance)
        now = datetime.now(UTC)
        first = evaluate_automation_conditions(all_of, instance, evaluation_time=now + timedelta(minutes=1))
        assert first.total_requested == 0
        later = evaluate_automation_conditions(
            all_of, instance, evaluation_time=now + timedelta(minutes=90), cursor=first.cursor
        )
    assert later.get_num_requested(AssetKey("wanted")) == 1
    assert later.get_num_requested(AssetKey("source")) == 1
    assert later.get_num_requested(AssetKey("unwanted")) == 0


# --- AutomationCondition ----------------------------------------------------------------------------------------------


CONDITIONS = [
    AutomationCondition.eager(),
    AutomationCondition.on_cron("0 9 * * *"),
    AutomationCondition.on_missing(),
    AutomationCondition.any_downstream_conditions(),
    AutomationCondition.missing(),
    AutomationCondition.in_progress(),
    AutomationCondition.run_in_progress(),
    AutomationCondition.backfill_in_progress(),
    AutomationCondition.execution_failed(),
    AutomationCondition.newly_updated(),
    AutomationCondition.newly_requested(),
    AutomationCondition.newly_missing(),
    AutomationCondition.missing().newly_true(),
    AutomationCondition.will_be_requested(),
    AutomationCondition.in_latest_time_window(),
    AutomationCondition.in_latest_time_window(lookback_delta=timedelta(days=3)),
    AutomationCondition.cron_tick_passed("0 9 * * *"),
    AutomationCondition.code_version_changed(),
    AutomationCondition.data_version_changed(),
    AutomationCondition.initial_evaluation(),
    AutomationCondition.freshness_passed(),
    AutomationCondition.freshness_warned(),
    AutomationCondition.freshness_failed(),
    AutomationCondition.any_deps_match(AutomationCondition.missing()),
    AutomationCondition.all_deps_match(AutomationCondition.missing()),
    AutomationCondition.any_deps_updated(),
    AutomationCondition.any_deps_missing(),
    AutomationCondition.any_deps_in_progress(),
    AutomationCondition.all_deps_updated_since_cron("0 9 * * *"),
    AutomationCondition.all_deps_blocking_checks_passed(),
    AutomationCondition.any_checks_match(AutomationCondition.check_failed()),
    AutomationCondition.all_checks_match(AutomationCondition.check_passed(), blocking_only=True),
    AutomationCondition.asset_matches("other", AutomationCondition.missing()),
    AutomationCondition.executed_with_tags(tag_keys={"t"}, tag_values={"t": "1"}),
    AutomationCondition.executed_with_root_target(),
    AutomationCondition.any_new_update_has_run_tags(tag_keys={"t"}),
    AutomationCondition.all_new_updates_have_run_tags(tag_values={"t": "1"}),
]


@pytest.mark.parametrize(
    "condition", CONDITIONS, ids=lambda c: str(c.get_label() or c.name if hasattr(c, "name") else c)[:50]
)
def test_AutomationCondition_every_factory_can_be_evaluated(condition: AutomationCondition) -> None:
    @asset
    def other() -> None: ...

    @asset(deps=[other], automation_condition=condition)
    def a() -> None: ...

    with DagsterInstance.ephemeral() as instance:
        found = evaluate_automation_conditions([other, a], instance, evaluation_time=NOON)
    assert found.total_requested in (0, 1)


def test_AutomationCondition_factories_differ_and_are_equal_to_themselves() -> None:
    assert len(set(CONDITIONS)) == len(CONDITIONS)
    assert AutomationCondition.eager() == AutomationCondition.eager()
    assert AutomationCondition.on_cron("0 9 * * *") == AutomationCondition.on_cron("0 9 * * *", "UTC")


class Story:
    """`up` ─▶ `below`, whose condition is looked at again and again; `requested` says how often it was true."""

    def __init__(self, condition: Any, instance: DagsterInstance, **how: Any) -> None:
        @asset(**how.pop("up", {}))
        def up() -> int:
            return 1

        @asset(deps=[up], automation_condition=condition, **how)
        def below() -> int:
            return 1

        self.up, self.below, self.instance, self.cursor = up, below, instance, None
        self.now = NOON

    def look(self, after: timedelta = timedelta(minutes=1)) -> int:
        self.now += after
        found = evaluate_automation_conditions(
            defs=[self.up, self.below], instance=self.instance, evaluation_time=self.now, cursor=self.cursor
        )
        self.cursor = found.cursor
        return found.get_num_requested(AssetKey("below"))

    def make(self, *assets: Any, **how: Any) -> None:
        materialize([self.up, self.below], instance=self.instance, selection=list(assets), **how)


def test_AutomationCondition_eager_has_no_surprise_backfill_and_asks_once_for_each_update() -> None:
    with DagsterInstance.ephemeral() as instance:
        story = Story(AutomationCondition.eager(), instance)
        story.make(story.up)
        assert story.look() == 0
        story.make(story.up)
        assert [story.look(), story.look()] == [1, 0]
        story.make(story.up)
        assert [story.look(), story.look()] == [1, 0]


def test_AutomationCondition_eager_waits_for_what_is_missing() -> None:
    with DagsterInstance.ephemeral() as instance:
        story = Story(AutomationCondition.eager(), instance)
        assert [story.look(), story.look()] == [0, 0]
        story.make(story.up)
        assert story.look() == 1


def test_AutomationCondition_eager_asks_for_a_chain_at_once() -> None:
    @asset
    def first() -> int:
        return 1

    @asset(deps=[first], automation_condition=AutomationCondition.eager())
    def second() -> int:
        return 1

    @asset(deps=[second], automation_condition=AutomationCondition.eager())
    def third() -> int:
        return 1

    with DagsterInstance.ephemeral() as instance:
        materialize([first, second, third], instance=instance)
        cursor = evaluate_automation_conditions([first, second, third], instance).cursor
        materialize([first], instance=instance)
        found = evaluate_automation_conditions([first, second, third], instance, cursor=cursor)
    assert found.total_requested == 2


def test_AutomationCondition_on_cron_waits_for_its_parents() -> None:
    with DagsterInstance.ephemeral() as instance:
        story = Story(AutomationCondition.on_cron("0 * * * *"), instance)
        story.now = datetime.now(UTC).replace(minute=5, second=0, microsecond=0) - timedelta(hours=1)
        assert story.look() == 0
        story.now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        assert story.look(timedelta(seconds=1)) == 0
        story.make(story.up)
        story.now = datetime.now(UTC)
        assert [story.look(timedelta(0)), story.look(timedelta(0))] == [1, 0]


def test_AutomationCondition_on_missing_asks_for_what_is_missing_since_it_was_first_looked_at() -> None:
    names = DynamicPartitionsDefinition(name="names")
    condition = AutomationCondition.on_missing()
    with DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("names", ["old"])
        story = Story(condition, instance, partitions_def=names)
        story.make(story.up)
        assert story.look() == 0
        instance.add_dynamic_partitions("names", ["new"])
        assert [story.look(), story.look()] == [1, 0]


def test_AutomationCondition_facts_about_the_asset() -> None:
    with DagsterInstance.ephemeral() as instance:
        missing = Story(AutomationCondition.missing(), instance)
        assert missing.look() == 1
        missing.make(missing.up, missing.below)
        assert missing.look() == 0
        updated = Story(AutomationCondition.newly_updated(), instance)
        updated.look()
        updated.make(updated.below)
        assert [updated.look(), updated.look()] == [1, 0]
        first = Story(AutomationCondition.initial_evaluation(), instance)
        assert [first.look(), first.look()] == [1, 0]


def test_AutomationCondition_combinators() -> None:
    yes, no = AutomationCondition.missing(), AutomationCondition.in_progress()
    with DagsterInstance.ephemeral() as instance:
        for condition, expected in [
            (yes & yes, 1),
            (yes & no, 0),
            (yes | no, 1),
            (~yes, 0),
            (~no, 1),
            (yes & ~no, 1),
            (yes.since(no), 1),
            (no.since(yes), 0),
            (yes.newly_true(), 1),
            (yes.since_last_handled(), 0),
            (yes.with_label("n"), 1),
        ]:
            assert Story(condition, instance).look() == expected, condition
    assert yes.with_label("n").get_label() == "n"


def test_AutomationCondition_without_and_replace() -> None:
    yes, no = AutomationCondition.missing(), AutomationCondition.in_progress()
    assert (yes & ~no & AutomationCondition.newly_updated()).without(
        AutomationCondition.newly_updated()
    ) == yes & ~no
    assert (yes & no).replace(
        no, AutomationCondition.newly_updated()
    ) == yes & AutomationCondition.newly_updated()
    labelled = AutomationCondition.eager().replace("handled", AutomationCondition.newly_updated())
    assert labelled != AutomationCondition.eager()
    changed = AutomationCondition.eager().without(~AutomationCondition.any_deps_missing())
    assert changed != AutomationCondition.eager()


def test_AutomationCondition_allow_and_ignore_choose_among_the_deps() -> None:
    any_missing = AutomationCondition.any_deps_match(AutomationCondition.missing())
    with DagsterInstance.ephemeral() as instance:
        assert Story(any_missing, instance).look() == 1
        assert Story(any_missing.ignore(AssetSelection.keys("up")), instance).look() == 0
        assert Story(any_missing.allow(AssetSelection.keys("up")), instance).look() == 1
        assert Story(any_missing.allow(AssetSelection.keys("below")), instance).look() == 0


def test_AutomationCondition_code_version_changed() -> None:
    with DagsterInstance.ephemeral() as instance:
        story = Story(AutomationCondition.code_version_changed(), instance, code_version="1")
        story.make(story.up, story.below)
        assert [story.look(), story.look()] == [0, 0]
        changed = Story(AutomationCondition.code_version_changed(), instance, code_version="2")
        changed.cursor = story.cursor
        assert [changed.look(), changed.look()] == [1, 0]


def test_AutomationCondition_cron_tick_passed() -> None:
    with DagsterInstance.ephemeral() as instance:
        story = Story(AutomationCondition.cron_tick_passed("0 * * * *", "UTC"), instance)
        assert story.look() == 0
        assert [story.look(timedelta(hours=1)), story.look()] == [1, 0]


def test_AutomationResult_is_what_a_condition_of_ones_own_gives() -> None:
    class Even(AutomationCondition):
        def evaluate(self, context: Any) -> AutomationResult:
            count = int(context.cursor or "0") + 1
            subset = context.candidate_subset if count % 2 == 0 else context.get_empty_subset()
            return AutomationResult(context, true_subset=subset, cursor=str(count))

    with DagsterInstance.ephemeral() as instance:
        story = Story(Even(), instance)
        assert [story.look() for _ in range(4)] == [0, 1, 0, 1]


# --- evaluate_automation_conditions -----------------------------------------------------------------------------------


def test_evaluate_automation_conditions_tells_what_would_be_asked_for() -> None:
    letters = StaticPartitionsDefinition(["x", "y"])

    @asset(partitions_def=letters, automation_condition=AutomationCondition.missing())
    def sliced() -> None: ...

    @asset(automation_condition=AutomationCondition.missing())
    def whole() -> None: ...

    with DagsterInstance.ephemeral() as instance:
        materialize([sliced], partition_key="x", instance=instance)
        found = evaluate_automation_conditions(defs=Definitions([sliced, whole]), instance=instance)
        assert found.total_requested == 2
        assert found.get_requested_partitions(AssetKey("sliced")) == {"y"}
        assert found.get_requested_partitions(AssetKey("whole")) == {None}
        assert found.get_num_requested(AssetKey("whole")) == 1
        part = evaluate_automation_conditions(
            [sliced, whole], instance, asset_selection=AssetSelection.assets(whole), cursor=found.cursor
        )
        assert part.total_requested == 1
