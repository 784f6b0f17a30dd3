"""api.md 1.9, the older vocabulary: policies of rules and lags, as data and evaluated one tick after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.automation_story import START, Story, defined
from tidemill import (
    AssetKey,
    AutoMaterializeAssetPartitionsFilter,
    AutoMaterializePolicy,
    AutoMaterializeRule,
    AutomationCondition,
    DailyPartitionsDefinition,
    FreshnessPolicy,
    StaticPartitionsDefinition,
)
from tidemill.core.errors import InvalidDefinitionError

P, R = AutoMaterializePolicy, AutoMaterializeRule
WHOLE: set[str | None] = {None}
WEEK = 7 * 24 * 60
HALF_PAST = datetime(2024, 5, 1, 0, 30, tzinfo=UTC)
DAYS = DailyPartitionsDefinition("2024-04-25")
HOURLY = "0 * * * *"


def under(name: str, policy: Any, deps: Any = (), **arguments: Any) -> Any:
    return defined(name, None, deps, auto_materialize_policy=policy, **arguments)


def story(policy: Any, at: datetime = START, **arguments: Any) -> Story:
    return Story(defined("r", **arguments), under("a", policy, ["r"], **arguments), at=at)


class TestData:
    def test_rules_of_both(self) -> None:
        lazy = {
            "materialize_on_required_for_freshness",
            "skip_on_backfill_in_progress",
            "skip_on_parent_missing",
            "skip_on_parent_outdated",
            "skip_on_required_but_nonexistent_parents",
        }
        assert {rule.kind for rule in P.lazy().rules} == lazy
        eager = {rule.kind for rule in P.eager().rules}
        assert eager == lazy | {"materialize_on_missing", "materialize_on_parent_updated"}
        assert P.eager() == P.eager() != P.lazy()
        assert (P.eager().policy_type.value, P.lazy().policy_type.value) == ("EAGER", "LAZY")
        assert P.eager().max_materializations_per_minute == 1
        assert P.eager(max_materializations_per_minute=60).max_materializations_per_minute == 60
        assert P.eager(None).max_materializations_per_minute is None

    def test_with_and_without(self) -> None:
        without = P.eager().without_rules(R.materialize_on_missing())
        assert len(without.rules) == 6
        assert without.with_rules(R.materialize_on_missing()) == P.eager()
        cron = P.lazy().with_rules(R.materialize_on_cron("@daily"), R.skip_on_run_in_progress())
        assert cron.with_rules(R.materialize_on_cron("@hourly")).rules >= {R.materialize_on_cron("@hourly")}
        with pytest.raises(InvalidDefinitionError, match="does not have a rule"):
            P.lazy().without_rules(R.materialize_on_missing())

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda: P.eager(0),
            lambda: P.eager(max_materializations_per_minute=-1),
            lambda: P(["rule"]),
            lambda: R.materialize_on_cron("* * *"),
            lambda: R.materialize_on_cron("@daily", "Nowhere/Far"),
            R,
            lambda: defined("a", auto_materialize_policy="eager"),
        ],
    )
    def test_what_cannot_be_one(self, wrong: Any) -> None:
        with pytest.raises(InvalidDefinitionError):
            wrong()

    def test_in_the_newer_vocabulary(self) -> None:
        asset = under("a", P.eager())
        assert asset.auto_materialize_policies_by_key == {AssetKey("a"): P.eager()}
        condition = AutomationCondition.eager()
        assert P.from_automation_condition(condition).to_automation_condition() == condition
        assert (
            defined("a", condition).auto_materialize_policies_by_key[AssetKey("a")].asset_condition
            == condition
        )


class TestEager:
    def test_missing_and_updated(self) -> None:
        told = story(P.eager())
        assert told.tick() == {}
        told.made("r")
        assert [told.tick(), told.tick()] == [{"a": WHOLE}, {}]
        told.made("a")
        assert told.tick() == {}
        for _ in range(2):
            told.made("r")
            assert told.tick() == {"a": WHOLE}
        told.made("a")
        assert told.tick() == {}

    def test_a_chain_from_nothing(self) -> None:
        told = Story(under("r", P.eager()), under("a", P.eager(), ["r"]), under("b", P.eager(), ["a"]))
        assert told.tick() == {"r": WHOLE, "a": WHOLE, "b": WHOLE}
        told.made("r")
        assert told.tick() == {"a": WHOLE, "b": WHOLE}
        told.made("a", "b")
        assert told.tick() == {}

    def test_what_was_before_the_first_tick(self) -> None:
        rule = P.eager().without_rules(R.materialize_on_missing())
        for made, wanted in ((["r"], WHOLE), (["a", "r"], WHOLE), (["r", "a"], None)):
            told = story(rule)
            for name in made:
                told.made(name)
            assert told.tick() == ({"a": wanted} if wanted else {})

    def test_an_outdated_parent(self) -> None:
        told = Story(defined("r"), defined("m", None, ["r"]), under("a", P.eager(), ["m"]))
        told.made("r")
        told.made("m")
        assert told.tick() == {"a": WHOLE}
        told.made("a")
        told.tick()
        told.made("r")
        assert told.tick() == {}
        told.made("m")
        assert told.tick() == {"a": WHOLE}

    def test_how_much_at_a_time(self) -> None:
        for limit, wanted in ((1, {30}), (3, {28, 29, 30}), (None, set(range(25, 31)))):
            told = Story(under("a", P.eager(limit), partitions_def=DAYS), at=HALF_PAST)
            assert told.tick() == {"a": {f"2024-04-{day}" for day in wanted}}
            assert told.tick() == {}
            assert told.tick(days=1) == {"a": {"2024-05-01"}}
        keys = StaticPartitionsDefinition(["x", "y", "z"])
        assert Story(under("a", P.eager(2), partitions_def=keys)).tick() == {"a": {"x", "y"}}

    def test_partitions_of_any_age(self) -> None:
        told = story(P.eager(), HALF_PAST, partitions_def=DAYS)
        told.tick()
        for day in ("2024-04-26", "2024-04-30"):
            told.made("r", partition=day)
            assert told.tick() == {"a": {day}}


class TestOtherRules:
    def test_cron(self) -> None:
        told = Story(under("a", P.lazy().with_rules(R.materialize_on_cron(HOURLY))), at=HALF_PAST)
        assert [bool(told.tick(minutes=m)) for m in (0, 20, 20, 1)] == [True, False, True, False]

    def test_cron_of_days(self) -> None:
        rule = R.materialize_on_cron("0 2 * * *")
        told = Story(under("a", P.lazy().with_rules(rule), partitions_def=DAYS), at=HALF_PAST)
        wanted = [{"a": {day}} for day in ("2024-04-29", "2024-04-30", "2024-05-01")]
        assert [told.tick(), told.tick(hours=2), told.tick(days=1)] == wanted
        every = R.materialize_on_cron("0 2 * * *", all_partitions=True)
        told = Story(under("a", P.lazy(None).with_rules(every), partitions_def=DAYS), at=HALF_PAST)
        assert len(told.tick()["a"]) == 6

    def test_only_some_updates(self) -> None:
        wanted = AutoMaterializeAssetPartitionsFilter({"k": "v"})
        told = story(P.lazy().with_rules(R.materialize_on_parent_updated(wanted)))
        told.tick()
        told.made("r")
        assert told.tick() == {}
        told.made("r", tags={"k": "v"})
        assert told.tick() == {"a": WHOLE}

    def test_all_parents(self) -> None:
        policy = P.eager().with_rules(R.skip_on_not_all_parents_updated())
        told = Story(defined("p"), defined("q"), under("a", policy, ["p", "q"]))
        told.tick()
        told.made("p")
        told.made("q")
        assert told.tick() == {"a": WHOLE}
        told.made("a")
        told.tick()
        told.made("p")
        assert told.tick() == {}
        told.made("q")
        assert told.tick() == {"a": WHOLE}

    def test_all_parents_since_a_tick(self) -> None:
        rules = R.materialize_on_cron(HOURLY), R.skip_on_not_all_parents_updated_since_cron(HOURLY)
        told = story(P.lazy().with_rules(*rules), HALF_PAST)
        told.made("r")
        told.made("a")
        assert [told.tick(), told.tick(minutes=40)] == [{}, {}]
        told.made("r")
        assert [told.tick(), told.tick()] == [{"a": WHOLE}, {}]

    def test_what_goes_on(self) -> None:
        told = story(P.eager().with_rules(R.skip_on_run_in_progress()))
        told.made("r")
        told.extra = {"in_progress": {AssetKey("a"): frozenset([None])}}
        assert told.tick() == {}
        told.extra = {"backfilling": {AssetKey("a"): frozenset([None])}}
        assert told.tick() == {}
        told.extra = {}
        assert told.tick() == {"a": WHOLE}


class TestLag:
    """Lazy assets are made for the freshness that is wanted of them, or of what is made from them."""

    def tick(self, told: Story, **later: float) -> set[str]:
        """What is requested, and made at once; data times follow from what things were made from."""
        times: dict[AssetKey, int] = told.extra.setdefault("data_times", {})
        found = set(told.tick(**later))
        for key in told.graph.topological_order():
            if key.to_user_string() in found:
                self.make(told, key.to_user_string())
        assert times is told.extra["data_times"]
        return found

    def make(self, told: Story, name: str) -> None:
        told.made(name)
        key, times = AssetKey(name), told.extra.setdefault("data_times", {})
        now = round(told.now.timestamp() * 1_000_000)
        times[key] = min((times[parent] for parent in told.graph.parents(key)), default=now)

    def test_once_a_week(self) -> None:
        weekly = FreshnessPolicy(maximum_lag_minutes=WEEK)
        told = Story(defined("data"), under("model", P.lazy(), ["data"], freshness_policy=weekly))
        assert self.tick(told) == set()
        runs = []
        for day in range(30):
            self.make(told, "data")
            if self.tick(told):
                runs.append(day)
            told.now += timedelta(days=1)
        assert runs == [0, 7, 14, 21, 28]

    def test_only_for_what_is_made_from_it(self) -> None:
        weekly = FreshnessPolicy(maximum_lag_minutes=WEEK)
        told = Story(
            defined("data"),
            under("model", P.lazy(), ["data"]),
            under("predictions", P.lazy(), ["model"], freshness_policy=weekly),
        )
        self.make(told, "data")
        assert self.tick(told) == {"model", "predictions"}
        for _ in range(6):
            self.make(told, "data")
            assert self.tick(told, days=1) == set()
        self.make(told, "data")
        assert self.tick(told, days=1, minutes=1) == {"model", "predictions"}
        assert self.tick(told) == set()

    def test_nothing_newer_to_be_had(self) -> None:
        weekly = FreshnessPolicy(maximum_lag_minutes=WEEK)
        told = Story(defined("data"), under("model", P.lazy(), ["data"], freshness_policy=weekly))
        self.make(told, "data")
        assert self.tick(told) == {"model"}
        assert self.tick(told, days=30) == set()

    def test_the_least_runs_for_two(self) -> None:
        hours, days = (FreshnessPolicy(maximum_lag_minutes=60 * hours) for hours in (6, 24))
        told = Story(
            under("source", P.lazy()),
            under("often", P.lazy(), ["source"], freshness_policy=hours),
            under("seldom", P.lazy(), ["source"], freshness_policy=days),
        )
        assert self.tick(told) == {"source", "often", "seldom"}
        counts = {"source": 0, "often": 0, "seldom": 0}
        for _ in range(48):
            for name in self.tick(told, hours=1):
                counts[name] += 1
        assert counts == {"source": 8, "often": 8, "seldom": 2}

    def test_at_the_ticks_of_a_schedule(self) -> None:
        morning = FreshnessPolicy(maximum_lag_minutes=60, cron_schedule="0 9 * * *")
        told = Story(under("report", P.lazy(), freshness_policy=morning))
        self.tick(told)
        hours = [told.now.hour for _ in range(48) if self.tick(told, hours=1)]
        assert hours == [8, 8]


class TestFreshnessPolicy:
    def test_the_two_vocabularies(self) -> None:
        lag = FreshnessPolicy(maximum_lag_minutes=5, cron_schedule="@daily", cron_schedule_timezone="UTC")
        assert (lag.maximum_lag_minutes, lag.maximum_lag_delta) == (5.0, timedelta(minutes=5))
        window = FreshnessPolicy.time_window(fail_window=timedelta(hours=2), warn_window=timedelta(hours=1))
        assert (window.fail_window, window.warn_window) == (timedelta(hours=2), timedelta(hours=1))
        cron = FreshnessPolicy.cron("0 9 * * *", timedelta(hours=1), "Europe/Berlin")
        assert (cron.deadline_cron, cron.timezone) == ("0 9 * * *", "Europe/Berlin")
        assert isinstance(window, FreshnessPolicy)
        assert window != cron
        assert cron == FreshnessPolicy.cron("0 9 * * *", timedelta(hours=1), "Europe/Berlin")
        assert defined("a", freshness_policy=lag).freshness_policies_by_key == {AssetKey("a"): lag}
        with pytest.raises(InvalidDefinitionError, match="no maximum lag"):
            _ = cron.maximum_lag_delta

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda: FreshnessPolicy(maximum_lag_minutes="5"),
            lambda: FreshnessPolicy(maximum_lag_minutes=5, cron_schedule="* *"),
            lambda: FreshnessPolicy(maximum_lag_minutes=5, cron_schedule_timezone="UTC"),
            lambda: FreshnessPolicy(
                maximum_lag_minutes=5, cron_schedule="@daily", cron_schedule_timezone="X/Y"
            ),
            lambda: FreshnessPolicy.time_window(timedelta(seconds=10)),
            lambda: FreshnessPolicy.time_window(timedelta(hours=1), timedelta(hours=2)),
            lambda: FreshnessPolicy.cron("* *", timedelta(hours=1)),
            lambda: FreshnessPolicy.cron("0 9 * * *", timedelta(days=2)),
            lambda: FreshnessPolicy.cron("0 9 * * *", timedelta(hours=1), "X/Y"),
        ],
    )
    def test_what_cannot_be_one(self, wrong: Any) -> None:
        with pytest.raises(InvalidDefinitionError):
            wrong()

    def test_minutes_overdue(self) -> None:
        midnight, three = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, 3, tzinfo=UTC)
        assert FreshnessPolicy(maximum_lag_minutes=60).minutes_overdue(midnight, three) == (120, 180)
        assert FreshnessPolicy(maximum_lag_minutes=60).minutes_overdue(None, three) is None
        at_two = FreshnessPolicy(maximum_lag_minutes=60, cron_schedule="0 2 * * *")
        assert at_two.minutes_overdue(midnight, three) == (60, 120)
        assert at_two.minutes_overdue(midnight, three - timedelta(hours=2)) == (0, 0)
        assert at_two.get_evaluation_tick(three) == datetime(2024, 1, 1, 2, tzinfo=UTC)

    def test_states(self) -> None:
        nine = datetime(2024, 5, 1, 9, tzinfo=UTC)
        cron = FreshnessPolicy.cron("0 9 * * *", timedelta(hours=2))
        for hours, at, wanted in (
            (1, 9, "PASS"),
            (3, 9, "FAIL"),
            (3, 8, "PASS"),
            (26, 8, "PASS"),
            (27, 8, "FAIL"),
        ):
            moment = nine.replace(hour=at, minute=30)
            made = nine - timedelta(hours=hours)
            assert cron.state(made, moment) == wanted, (hours, at)
        assert cron.state(None, nine) == "UNKNOWN"
