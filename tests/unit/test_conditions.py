"""api.md 1.9: automation conditions, as data and evaluated one tick after the other."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.automation_story import Story, defined
from tidemill import (
    AssetCheckResult,
    AssetKey,
    AssetSelection,
    AssetSpec,
    AutoMaterializePolicy,
    AutomationCondition,
    AutomationContext,
    AutomationResult,
    BackfillPolicy,
    DailyPartitionsDefinition,
    DynamicPartitionsDefinition,
    FreshnessPolicy,
    HourlyPartitionsDefinition,
    MaterializeResult,
    MultiPartitionsDefinition,
    StaticPartitionsDefinition,
    asset,
    asset_check,
    graph_asset,
    multi_asset,
    op,
)
from tidemill.automation.needs import conditions_of, needs_of
from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError, InvariantViolationError

C = AutomationCondition
WHOLE: set[str | None] = {None}
DAYS = DailyPartitionsDefinition("2024-04-25")
ONE = datetime(2024, 5, 1, 1, tzinfo=UTC)
HOURLY = "0 * * * *"


def alone(condition: Any, **arguments: Any) -> Story:
    return Story(defined("a", condition, **arguments))


def below(condition: Any, **arguments: Any) -> Story:
    return Story(defined("p"), defined("q"), defined("a", condition, ["p", "q"], **arguments))


class TestData:
    def test_text_and_equality(self) -> None:
        condition = C.missing() & ~C.in_progress()
        assert str(condition) == "(missing & ~(run_in_progress | backfill_in_progress))"
        assert condition == C.missing() & ~C.in_progress() != C.missing()
        assert hash(C.eager()) == hash(C.eager())
        assert C.eager() == C.eager()

    def test_pickles(self) -> None:
        lazy = AutoMaterializePolicy.lazy().to_automation_condition()
        policy = FreshnessPolicy(maximum_lag_minutes=5)
        for value in (C.eager(), C.on_cron("@daily").ignore(AssetSelection.keys("a")), lazy, policy, Odd()):
            assert pickle.loads(pickle.dumps(value)) == value

    def test_labels(self) -> None:
        assert C.eager().get_label() == "eager"
        assert C.on_cron("@daily", "Europe/Berlin").get_label() == "on_cron(@daily, Europe/Berlin)"
        assert C.missing().with_label("gone").get_label() == "gone"
        assert C.missing().get_label() is None
        assert [child.get_label() for child in (C.eager() | C.on_missing()).children] == [
            "eager",
            "on_missing",
        ]

    def test_joins_are_flat(self) -> None:
        assert len(((C.missing() & C.newly_updated()) & C.newly_requested()).children) == 3
        assert len((C.eager() & C.missing()).children) == 2

    def test_without(self) -> None:
        assert len(C.eager().without(~C.in_progress()).children) == len(C.eager().children) - 1
        assert C.eager().without(C.in_latest_time_window()).get_label() == "eager"
        with pytest.raises(InvalidDefinitionError, match="no operand"):
            C.eager().without(C.missing())

    def test_replace_by_condition_and_by_label(self) -> None:
        wide = C.in_latest_time_window(timedelta(days=3))
        assert C.eager().replace(C.in_latest_time_window(), wide).children[0] == wide
        assert "any_deps_match" not in str(
            C.any_deps_updated().since(C.missing()).replace("any_deps_updated", C.newly_updated())
        )
        assert C.eager().replace("nowhere", C.missing()) == C.eager()

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda: C.missing() & 5,
            lambda: C.missing().since("x"),
            lambda: C.any_deps_match(None),
            lambda: C.on_cron("* * *"),
            lambda: C.cron_tick_passed(HOURLY, "Nowhere/Far"),
            lambda: C.in_latest_time_window(5),
            lambda: C.executed_with_tags(tag_keys="k"),
        ],
    )
    def test_what_cannot_be_one(self, wrong: Any) -> None:
        with pytest.raises(InvalidDefinitionError):
            wrong()

    def test_where_conditions_are_said(self) -> None:
        eager = C.eager()

        @op
        def works() -> int:
            return 1

        @graph_asset(automation_condition=eager, backfill_policy=BackfillPolicy.single_run())
        def drawn() -> int:
            return works()

        assert drawn.automation_conditions_by_key == {AssetKey("drawn"): eager}
        made = defined("a", eager)
        assert made.automation_conditions_by_key == {AssetKey("a"): eager}
        assert made.get_asset_spec().automation_condition == eager
        assert AssetSpec("a", automation_condition=eager).auto_materialize_policy.asset_condition == eager
        assert AssetSpec("a").replace_attributes(automation_condition=eager).automation_condition == eager


class TestLeaves:
    @pytest.mark.parametrize(
        (
            "condition",
            "wanted",
        ),  # at: first, second, after it was made, then nothing, after it was made, nothing
        [
            (C.missing(), "110000"),
            (~C.missing(), "001111"),
            (C.newly_updated(), "001010"),
            (C.newly_missing(), "100000"),
            (C.missing().newly_true(), "100000"),
            ((~C.missing()).newly_true(), "001000"),
            (C.initial_evaluation(), "100000"),
            (C.newly_requested(), "000000"),
            (C.will_be_requested(), "000000"),
            (C.in_latest_time_window(), "111111"),
            (C.newly_updated().since(C.newly_requested()), "001010"),
            (C.newly_updated().since_last_handled(), "000000"),
            (C.missing().since(C.initial_evaluation()), "011111"),
            (C.missing() | C.newly_updated(), "111010"),
            (C.data_version_changed(), "001010"),
            (C.code_version_changed(), "000000"),
            (C.execution_failed(), "000000"),
            (C.in_progress(), "000000"),
        ],
        ids=str,
    )
    def test_one_asset(self, condition: Any, wanted: str) -> None:
        story = alone(condition)
        told = [bool(story.tick()), bool(story.tick())]
        for _ in range(2):
            story.made("a")
            told += [bool(story.tick()), bool(story.tick())]
        assert "".join("1" if each else "0" for each in told) == wanted

    def test_cron_ticks(self) -> None:
        story = Story(
            defined("a", C.cron_tick_passed(HOURLY)),
            defined("b", C.cron_tick_passed("0 9 * * *", "Europe/Berlin")),
            at=datetime(2024, 5, 1, 0, 30, tzinfo=UTC),
        )
        ticks = [set(story.tick(minutes=minutes)) for minutes in (0, 40, 1, 360)]
        assert ticks == [set(), {"a"}, set(), {"a", "b"}]

    def test_runs_that_go_on_or_failed(self) -> None:
        story = Story(defined("a", C.in_progress()), defined("b", C.execution_failed()))
        assert story.tick() == {}
        story.extra = {
            "in_progress": {AssetKey("a"): frozenset([None])},
            "failed": {AssetKey("b"): frozenset([None])},
        }
        assert story.tick() == {"a": WHOLE, "b": WHOLE}
        story.extra = {"backfilling": {AssetKey("a"): frozenset([None])}}
        assert story.tick() == {"a": WHOLE}

    def test_versions_of_code_and_data(self) -> None:
        story = Story(defined("a", C.code_version_changed()), defined("b", C.data_version_changed()))
        story.extra = {"code_versions": {AssetKey("a"): "1"}}
        story.made("b", version="same")
        assert story.tick() == {}
        story.extra = {"code_versions": {AssetKey("a"): "2"}}
        story.made("b", version="same")
        assert story.tick() == {"a": WHOLE}
        story.made("b", version="other")
        assert story.tick() == {"b": WHOLE}

    def test_tags_of_runs(self) -> None:
        for condition, wanted in (
            (C.executed_with_tags(tag_keys={"k"}), "1100"),
            (C.executed_with_tags(tag_values={"k": "w"}), "0000"),
            (C.any_new_update_has_run_tags(tag_values={"k": "v"}), "1001"),
            (C.all_new_updates_have_run_tags(tag_keys={"k"}), "1000"),
        ):
            story = alone(condition)
            story.tick()
            story.made("a", tags={"k": "v"})
            told = [story.tick(), story.tick()]
            story.made("a")
            told.append(story.tick())
            story.made("a", tags={"k": "v"})
            story.made("a")
            told.append(story.tick())
            assert "".join("1" if each else "0" for each in told) == wanted, condition

    def test_freshness(self) -> None:
        window = FreshnessPolicy.time_window(timedelta(hours=2), timedelta(hours=1))
        for condition, wanted in (
            (C.freshness_passed(), "0100"),
            (C.freshness_warned(), "0010"),
            (C.freshness_failed(), "0001"),
        ):
            story = alone(condition, freshness_policy=window)
            told = [story.tick()]
            story.made("a")
            told += [story.tick(minutes=minutes) for minutes in (10, 60, 120)]
            assert "".join("1" if each else "0" for each in told) == wanted


class TestDeps:
    @pytest.mark.parametrize(
        ("condition", "wanted"),  # at: first, p made, q made, nothing, both made, p and a made by one run
        [
            (C.any_deps_missing(), "110000"),
            (C.any_deps_updated(), "011010"),
            (C.any_deps_match(C.missing()), "110000"),
            (C.all_deps_match(~C.missing()), "001111"),
            (C.all_deps_match(C.missing()), "100000"),
            (C.any_deps_match(C.missing()).allow(AssetSelection.keys("p")), "100000"),
            (C.any_deps_match(C.missing()).ignore(AssetSelection.keys("p")), "110000"),
            ((C.any_deps_updated() & ~C.in_progress()).ignore(AssetSelection.keys("p")), "001010"),
            (C.asset_matches("q", C.newly_updated()), "001010"),
            (C.any_deps_in_progress(), "000000"),
            (C.all_deps_blocking_checks_passed(), "111111"),
            (C.eager(), "001010"),
            (C.eager().ignore(AssetSelection.keys("p")), "001010"),
            (C.eager().allow(AssetSelection.keys("p")), "010010"),
        ],
        ids=str,
    )
    def test_two_parents(self, condition: Any, wanted: str) -> None:
        story = below(condition)
        told = [story.tick()]
        for names in ("p", "q", "", "p q"):
            story.made(*names.split())
            told.append(story.tick())
        story.made("p", "a")
        told.append(story.tick())
        assert "".join("1" if "a" in each else "0" for each in told) == wanted

    def test_none_at_all(self) -> None:
        for condition, wanted in (
            (C.any_deps_match(C.missing()), {}),
            (C.all_deps_match(C.missing()), {"a": WHOLE}),
            (C.all_deps_updated_since_cron("@hourly"), {"a": WHOLE}),
        ):
            assert alone(condition).tick() == wanted

    def test_a_chain_is_one_run(self) -> None:
        story = Story(defined("r"), defined("a", C.eager(), ["r"]), defined("b", C.eager(), ["a"]))
        assert story.tick() == {}
        story.made("r")
        assert story.tick() == {"a": WHOLE, "b": WHOLE}
        assert story.tick() == {}
        story.made("a", "b")
        assert story.tick() == {}
        story.made("r", "a")
        assert story.tick() == {"b": WHOLE}
        story.made("b")
        assert story.tick() == {}
        story.made("a")
        assert story.tick() == {"b": WHOLE}

    def test_conditions_below(self) -> None:
        story = Story(
            defined("a", C.any_downstream_conditions()),
            defined("b", C.any_downstream_conditions(), ["a"]),
            defined("c", C.on_cron("@hourly"), ["b"]),
            at=datetime(2024, 5, 1, 0, 30, tzinfo=UTC),
        )
        assert [set(story.tick(hours=hours)) for hours in (0, 2, 0, 2)] == [set(), {*"abc"}, set(), {*"abc"}]

    def test_all_of_a_multi_asset(self) -> None:
        for can_subset, wanted in ((False, {"x", "y"}), (True, {"x"})):

            @multi_asset(
                specs=[
                    AssetSpec("x", automation_condition=C.eager(), deps=["r"]),
                    AssetSpec("y", deps=["r"]),
                ],
                can_subset=can_subset,
            )
            def both() -> Any:
                yield MaterializeResult(asset_key="x")

            story = Story(defined("r"), both)
            story.tick()
            story.made("r")
            assert set(story.tick()) == wanted
            assert story.last is not None
            assert sum(map(len, story.last.true.values())) == 1


class TestPolicies:
    def test_eager_from_the_start(self) -> None:
        story = below(C.eager())
        story.made("p", "q")
        assert story.tick() == {}  # no surprise: what there is counts as handled
        story.made("p")
        assert story.tick() == {"a": WHOLE}
        assert story.tick() == {}  # it may have failed: that is not tried again
        story.made("q")
        assert story.tick() == {"a": WHOLE}

    def test_on_cron(self) -> None:
        story = Story(
            defined("r"),
            defined("a", C.on_cron(HOURLY), ["r"]),
            defined("z", C.on_cron(HOURLY)),
            at=datetime(2024, 5, 1, 0, 30, tzinfo=UTC),
        )
        story.made("r")
        assert [set(story.tick(minutes=minutes)) for minutes in (0, 20, 20, 1)] == [
            set(),
            set(),
            {"z"},
            set(),
        ]
        story.made("r")
        assert [set(story.tick(minutes=minutes)) for minutes in (1, 1, 60)] == [{"a"}, set(), {"z"}]

    def test_on_cron_updates_of_the_same_moment(self) -> None:
        for ago, wanted in ((timedelta(), {"a"}), (timedelta(minutes=20), set())):
            story = Story(
                defined("r"),
                defined("a", C.on_cron(HOURLY), ["r"]),
                at=datetime(2024, 5, 1, 0, 50, tzinfo=UTC),
            )
            story.tick()
            story.now += timedelta(minutes=15)
            story.made("r", ago=ago)
            assert set(story.tick()) == wanted

    def test_on_missing_is_for_new_slices(self) -> None:
        story = Story(
            defined("r", partitions_def=DAYS),
            defined("a", C.on_missing(), ["r"], partitions_def=DAYS),
            at=ONE,
        )
        story.tick()
        story.made("r", partition="2024-04-30")
        assert story.tick() == {}
        assert story.tick(days=1) == {}
        story.made("r", partition="2024-05-01")
        assert story.tick() == {"a": {"2024-05-01"}}
        assert story.tick() == {}

    def test_a_changed_condition_keeps_what_its_parts_know(self) -> None:
        def assets(condition: Any) -> Any:
            return defined("r"), defined("a", condition, ["r"])

        newly = C.missing().newly_true().since(C.newly_updated())
        story = Story(*assets(newly))
        assert story.tick() == story.tick() == {"a": WHOLE}
        story.redefine(*assets(newly & ~C.in_progress()))
        assert story.tick() == {"a": WHOLE}
        story.redefine(*assets(C.eager()))
        story.made("r")
        assert story.tick() == {}  # newly eager: what there is counts as handled

    def test_why(self) -> None:
        story = below(C.eager())
        story.tick()
        assert story.last is not None
        told = story.last.explained[AssetKey("a")]
        assert (told.label, told.slices) == ("eager", frozenset())
        assert [bool(part.slices) for part in told.parts] == [True, False, False, True, True]


class TestPartitions:
    def test_the_latest_window(self) -> None:
        for lookback, wanted in (
            (None, {30}),
            (timedelta(days=1), {30}),
            (timedelta(days=2), {29, 30}),
            (timedelta(hours=36), {30}),
            (timedelta(0), {30}),
            (timedelta(hours=12), set()),
        ):
            story = Story(defined("a", C.in_latest_time_window(lookback), partitions_def=DAYS), at=ONE)
            assert story.tick().get("a", set()) == {f"2024-04-{day}" for day in wanted}

    def test_the_latest_window_of_two_dimensions(self) -> None:
        grid = MultiPartitionsDefinition({"day": DAYS, "region": StaticPartitionsDefinition(["eu", "us"])})
        story = Story(defined("a", C.in_latest_time_window(), partitions_def=grid), at=ONE)
        assert story.tick() == {"a": {"2024-04-30|eu", "2024-04-30|us"}}

    def test_eager_is_for_the_latest_window(self) -> None:
        story = Story(
            defined("r", partitions_def=DAYS), defined("a", C.eager(), ["r"], partitions_def=DAYS), at=ONE
        )
        story.tick()
        story.made("r", partition="2024-04-26")
        assert story.tick() == {}
        story.made("r", partition="2024-04-30")
        assert story.tick() == {"a": {"2024-04-30"}}
        assert story.tick(days=1) == {}
        story.made("r", partition="2024-05-01")
        assert story.tick() == {"a": {"2024-05-01"}}

    def test_eager_without_the_window(self) -> None:
        eager = C.eager().without(C.in_latest_time_window())
        story = Story(
            defined("r", partitions_def=DAYS), defined("a", eager, ["r"], partitions_def=DAYS), at=ONE
        )
        story.tick()
        story.made("r", partition="2024-04-26")
        assert story.tick() == {"a": {"2024-04-26"}}

    def test_fixed_keys(self) -> None:
        keys = StaticPartitionsDefinition(["x", "y"])
        story = Story(defined("r", partitions_def=keys), defined("a", C.eager(), ["r"], partitions_def=keys))
        story.tick()
        for key in ("x", "y", "x"):
            story.made("r", partition=key)
            assert story.tick() == {"a": {key}}

    def test_with_and_without_partitions(self) -> None:
        story = Story(defined("r", partitions_def=DAYS), defined("a", C.eager(), ["r"]), at=ONE)
        story.tick()
        for day in range(25, 31):
            story.made("r", partition=f"2024-04-{day}")
            assert story.tick() == ({"a": WHOLE} if day == 30 else {})
        story = Story(defined("r"), defined("a", C.eager(), ["r"], partitions_def=DAYS), at=ONE)
        story.tick()
        story.made("r")
        assert story.tick() == {"a": {"2024-04-30"}}

    def test_windows_of_two_lengths(self) -> None:
        hours = HourlyPartitionsDefinition("2024-04-30-00:00")
        story = Story(
            defined("r", partitions_def=hours),
            defined("a", C.eager(), ["r"], partitions_def=DAYS),
            defined("b", C.all_deps_match(~C.missing()), ["r"], partitions_def=DAYS),
            at=ONE,
        )
        story.tick()
        story.made("r", partition="2024-04-30-05:00")
        assert story.tick() == {"b": {"2024-04-30"}}

    def test_ten_thousand_slices_in_a_moment(self) -> None:
        from time import perf_counter

        many = StaticPartitionsDefinition([f"k{number}" for number in range(10_000)])
        story = Story(
            defined("r", partitions_def=many),
            *(
                defined(f"a{n}", C.eager(), [f"a{n - 1}" if n else "r"], partitions_def=many)
                for n in range(5)
            ),
        )
        story.tick()
        story.made("r", partition="k77")
        start = perf_counter()
        assert story.tick() == {f"a{n}": {"k77"} for n in range(5)}
        assert perf_counter() - start < 5


class TestChecks:
    def story(self, condition: Any) -> Story:
        @asset_check(asset="p", blocking=True)
        def first() -> AssetCheckResult:
            return AssetCheckResult(passed=True)

        @asset_check(asset="p")
        def second() -> bool:
            return True

        return Story(
            defined("p", condition),
            defined("a", C.all_deps_blocking_checks_passed(), ["p"]),
            checks=[first, second],
        )

    @pytest.mark.parametrize(
        (
            "condition",
            "wanted",
        ),  # of p: first, made and checked, made alone, made and `first` failed, `first` passed
        [
            (C.any_checks_match(C.check_passed()), "01011"),
            (C.any_checks_match(C.check_failed()), "00010"),
            (C.all_checks_match(C.check_passed()), "01001"),
            (C.all_checks_match(C.check_passed(), blocking_only=True), "01001"),
            (C.any_checks_match(C.missing()), "10100"),
            (C.any_checks_match(C.newly_updated()), "01011"),
        ],
        ids=str,
    )
    def test_of_an_asset(self, condition: Any, wanted: str) -> None:
        story = self.story(condition)
        told = [story.tick()]
        story.made("p")
        story.checked("p", "first", passed=True)
        story.checked("p", "second", passed=True)
        told.append(story.tick())
        story.made("p")
        told.append(story.tick())
        story.made("p")
        story.checked("p", "first", passed=False)
        story.checked("p", "second", passed=True)
        told.append(story.tick())
        story.checked("p", "first", passed=True)
        told.append(story.tick())
        assert "".join("1" if "p" in each else "0" for each in told) == wanted
        assert ["a" in each for each in told] == [False, True, False, False, True]

    def test_of_a_check(self) -> None:
        @asset_check(asset="p", automation_condition=C.eager())
        def first() -> bool:
            return True

        story = Story(defined("p"), checks=[first])
        assert story.tick() == {}
        story.made("p")
        assert story.tick() == {"p:first": WHOLE}
        assert story.tick() == {}

    def test_partition_by_partition(self) -> None:
        keys = StaticPartitionsDefinition(["x", "y"])

        @asset_check(asset="p", partitions_def=keys, automation_condition=C.eager())
        def sliced() -> bool:
            return True

        story = Story(
            defined("p", C.any_checks_match(C.check_failed()), partitions_def=keys), checks=[sliced]
        )
        assert story.tick() == {}
        story.made("p", partition="x")
        assert story.tick() == {"p:sliced": {"x"}}
        story.checked("p", "sliced", passed=False, partition="x")
        story.checked("p", "sliced", passed=True, partition="y")
        assert story.tick() == {"p": {"x"}}
        story.made("p", partition="x")
        assert story.tick() == {"p:sliced": {"x"}}


class Odd(AutomationCondition):
    """True at every other evaluation."""

    def evaluate(self, context: AutomationContext) -> AutomationResult:
        count = int(context.cursor or 0) + 1
        true = context.candidate_subset if count % 2 else context.get_empty_subset()
        return AutomationResult(context, true, cursor=str(count))


class Only(AutomationCondition):
    """True of one partition, while another condition is."""

    def __init__(self, partition: str, inner: AutomationCondition) -> None:
        self.partition, self.inner = partition, inner

    def evaluate(self, context: AutomationContext) -> AutomationResult:
        assert context.key == AssetKey("a")
        assert context.evaluation_time == ONE
        assert context.partitions_def == DAYS
        full = context.asset_graph_view.get_full_subset(key=context.key)
        assert context.candidate_subset.compute_union(full) == full
        inner = self.inner.evaluate(context.for_child_condition(self.inner)).true_subset
        chosen = inner.compute_intersection_with_partition_keys([self.partition])
        return AutomationResult(true_subset=chosen, context=context)


class TestNeeds:
    """What is read before anything is asked."""

    def needs(self, *assets: Any) -> Any:
        graph = Story(*assets).graph
        return needs_of(graph, conditions_of(graph))

    def keys(self, *names: str) -> set[AssetKey]:
        return set(map(AssetKey, names))

    def test_the_asset_and_what_it_is_made_from(self) -> None:
        chain = [
            defined("r"),
            defined("p", None, ["r"]),
            defined("a", C.any_deps_missing(), ["p"]),
            defined("z"),
        ]
        needs = self.needs(*chain)
        assert needs.assets >= self.keys("p", "a")
        assert AssetKey("z") not in needs.assets
        assert not any((needs.runs, needs.updates, needs.failures, needs.code, needs.data_times))

    def test_only_what_is_asked_for(self) -> None:
        policy = FreshnessPolicy(maximum_lag_minutes=5)
        lazy = AutoMaterializePolicy.lazy()
        for condition, field in (
            (C.eager(), "runs"),
            (C.executed_with_tags(tag_keys={"k"}), "runs"),
            (C.any_new_update_has_run_tags(tag_keys={"k"}), "updates"),
            (C.execution_failed(), "failures"),
            (C.code_version_changed(), "code"),
            (lazy.to_automation_condition(), "data_times"),
        ):
            assert getattr(self.needs(defined("a", condition, freshness_policy=policy)), field), field

    def test_further_away(self) -> None:
        far = [
            defined("a"),
            defined("b", None, ["a"]),
            defined("c", C.asset_matches("x", C.missing()), ["b"]),
        ]
        assert AssetKey("x") in self.needs(*far, defined("x")).assets
        chain = [defined("a", C.any_downstream_conditions()), defined("b", C.missing(), ["a"])]
        assert self.needs(*chain).assets == self.keys("a", "b")
        chain[0] = defined("a", C.missing() & ~C.any_downstream_conditions())
        assert self.needs(*chain).assets == self.keys("a", "b")
        above = C.any_deps_match(C.any_deps_match(C.any_deps_match(C.missing())))
        names = ["d", "c", "b", "a"]
        deep = [
            defined(n, above if n == "a" else None, names[i - 1 : i] if i else [])
            for i, n in enumerate(names)
        ]
        assert self.needs(*deep).assets == self.keys(*names)
        keys = DynamicPartitionsDefinition(name="files")
        assert self.needs(defined("a", C.missing(), partitions_def=keys)).dynamic == {"files"}


class TestOfTheUser:
    def test_a_cursor(self) -> None:
        story = alone(Odd())
        assert [bool(story.tick()) for _ in range(3)] == [True, False, True]

    def test_in_a_join(self) -> None:
        story = alone(Odd() & ~C.missing())
        assert story.tick() == {}
        story.made("a")
        assert [bool(story.tick()) for _ in range(2)] == [False, True]

    def test_two_of_a_kind_have_cursors_of_their_own(self) -> None:
        story = alone((Odd() & C.missing()) | (C.missing() & Odd()))
        assert [bool(story.tick()) for _ in range(3)] == [True, False, True]
        assert story.cursor is not None
        assert set(story.cursor.nodes[AssetKey("a")].values()) >= {"3"}
        assert story.last is not None
        told = story.last.explained[AssetKey("a")]
        assert [bool(part.slices) for part in told.parts] == [True, True]
        assert story.tick() == {}  # to explain asks nobody again

    def test_subsets_and_conditions_inside(self) -> None:
        condition = C.in_latest_time_window(timedelta(days=3)) & Only("2024-04-29", C.missing())
        story = Story(defined("a", condition, partitions_def=DAYS), at=ONE)
        assert story.tick() == {"a": {"2024-04-29"}}
        story.made("a", partition="2024-04-29")
        assert story.tick() == {}

    def test_what_is_no_result(self) -> None:
        class Wrong(AutomationCondition):
            def evaluate(self, context: AutomationContext) -> Any:
                return True

        with pytest.raises(InvariantViolationError, match="no result"):
            alone(Wrong()).tick()

    def test_subsets_of_two_assets(self) -> None:
        class Mixed(AutomationCondition):
            def evaluate(self, context: AutomationContext) -> Any:
                other = context.asset_graph_view.get_full_subset(key=AssetKey("b"))
                return AutomationResult(context, context.candidate_subset.compute_union(other))

        with pytest.raises(InvalidInvocationError, match="two assets"):
            Story(defined("a", Mixed()), defined("b")).tick()


def test_definitions_that_say_one_thing_twice() -> None:
    with pytest.raises(InvalidDefinitionError, match="exclude each other"):
        defined("a", C.eager(), auto_materialize_policy=AutoMaterializePolicy.eager())
    with pytest.raises(InvalidDefinitionError, match="automation_condition"):

        @asset(automation_condition=5)  # type: ignore[call-overload]
        def wrong() -> None: ...
