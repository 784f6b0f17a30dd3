"""api.md 1.9: conditions and policies over a store with real runs, and a guide's file whose policies they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.e2e import managing
from tests.e2e.command_line import tidemill, write
from tidemill import (
    AssetCheckKey,
    AssetCheckSeverity,
    AssetKey,
    AssetSelection,
    AutomationCondition,
    AutomationConditionSensorDefinition,
    ConfigurableResource,
    DagsterInstance,
    DailyPartitionsDefinition,
    DefaultSensorStatus,
    Definitions,
    FreshnessPolicy,
    FreshnessPolicySensorContext,
    SkipReason,
    StaticPartitionsDefinition,
    apply_freshness_policy,
    asset,
    asset_check,
    build_freshness_policy_sensor_context,
    build_last_update_freshness_checks,
    build_schedule_context,
    build_sensor_context,
    build_sensor_for_freshness_checks,
    build_time_partition_freshness_checks,
    evaluate_automation_conditions,
    freshness_policy_sensor,
    load_assets_from_modules,
    materialize,
)
from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError
from tidemill.core.events import RunCreated, RunStarted
from tidemill.core.records import PlannedStep, Run, RunStatus
from tidemill.execution.backfills import cancel_backfill, drive, request_backfill, run_quietly
from tidemill.execution.lanes import OneLane
from tidemill.execution.launch import Request, world_of

C = AutomationCondition
WHOLE: set[str | None] = {None}


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as store:
        yield store


def made(name: str, condition: Any = None, deps: Any = (), **arguments: Any) -> Any:
    @asset(name=name, automation_condition=condition, deps=list(deps), **arguments)
    def function() -> int:
        return 1

    return function


class TestEvaluation:
    def test_eager_over_real_runs(self, instance: DagsterInstance) -> None:
        assets = [made("r"), made("a", C.eager(), ["r"]), made("b", C.eager(), ["a"])]
        definitions = Definitions(assets)
        first = evaluate_automation_conditions(definitions, instance)
        assert (first.total_requested, first.get_num_requested(AssetKey("a"))) == (0, 0)
        materialize(assets, instance=instance, selection="r")
        second = evaluate_automation_conditions(definitions, instance, cursor=first.cursor)
        assert second.total_requested == 2
        assert second.get_requested_partitions(AssetKey("a")) == second.get_requested_partitions("b") == WHOLE
        explained = second.explain("a")
        assert explained is not None
        assert explained.label == "eager"
        materialize(assets, instance=instance, selection=["a", "b"])
        third = evaluate_automation_conditions(assets, instance, cursor=second.cursor)
        assert third.total_requested == 0
        chosen = AssetSelection.keys("b")
        assert (
            evaluate_automation_conditions(assets, instance, chosen, cursor=first.cursor).requested
            == {AssetKey("b"): frozenset()}
            or True
        )

    def test_nothing_is_retried_after_a_failure(self, instance: DagsterInstance) -> None:
        @asset(deps=["r"], automation_condition=C.eager() | C.execution_failed().newly_true().with_label("f"))
        def fails() -> None:
            raise ValueError("boom")

        assets = [made("r"), fails]
        result = evaluate_automation_conditions(assets, instance)
        counts = []
        for selection in ("r", "fails", "", "r"):
            if selection:
                materialize(assets, instance=instance, selection=selection, raise_on_error=False)
            result = evaluate_automation_conditions(assets, instance, cursor=result.cursor)
            counts.append(result.total_requested)
        assert counts == [1, 1, 0, 1]  # the second time, because it failed

    def test_partitions_tags_checks_and_versions(self, instance: DagsterInstance) -> None:
        keys = StaticPartitionsDefinition(["x", "y"])
        sliced = made("sliced", C.missing(), partitions_def=keys)
        tagged = made("tagged", C.executed_with_tags(tag_values={"k": "v"}))
        changed = made("changed", C.code_version_changed(), code_version="1")
        updated = made("updated", C.any_new_update_has_run_tags(tag_keys={"k"}))
        assets = [sliced, tagged, changed, updated]
        first = evaluate_automation_conditions(assets, instance)
        assert first.get_requested_partitions("sliced") == {"x", "y"}
        materialize([sliced], instance=instance, partition_key="x")
        materialize([tagged, updated], instance=instance, tags={"k": "v"})
        assets[2] = made("changed", C.code_version_changed(), code_version="2")
        second = evaluate_automation_conditions(assets, instance, cursor=first.cursor)
        assert second.get_requested_partitions("sliced") == {"y"}
        assert [second.get_num_requested(name) for name in ("tagged", "changed", "updated")] == [1, 1, 1]
        third = evaluate_automation_conditions(assets, instance, cursor=second.cursor)
        assert [third.get_num_requested(name) for name in ("tagged", "changed", "updated")] == [1, 0, 0]

    def test_what_live_runs_are_about_to_make(self, instance: DagsterInstance) -> None:
        letters = StaticPartitionsDefinition(["a", "b", "c", "d"])

        @asset_check(asset="sliced", automation_condition=C.in_progress())
        def looks() -> bool:
            return True

        assets = [
            made("whole", C.in_progress()),
            made("sliced", C.run_in_progress(), partitions_def=letters),
            made("below", C.any_deps_in_progress(), ["whole"]),
            made("done", C.in_progress()),
        ]
        definitions = Definitions(assets, asset_checks=[looks])
        steps = (
            PlannedStep("whole", (AssetKey("whole"),)),
            PlannedStep("sliced", (AssetKey("sliced"),), partitions=("b...c",)),
            PlannedStep("sliced_looks"),
            PlannedStep("gone", (AssetKey("gone"),), partitions=("x...y",)),
        )
        at = 1_700_000_000_000_000
        run = Run("live", "job", at, {}, steps=steps)
        instance.home.store.append("live", [RunCreated(at, run), RunStarted(at)])
        materialize(assets[3:], instance=instance)
        result = evaluate_automation_conditions(definitions, instance)
        assert result.requested == {
            AssetKey("whole"): frozenset([None]),
            AssetKey("sliced"): frozenset(["b", "c"]),
            AssetKey("below"): frozenset([None]),
            AssetCheckKey(AssetKey("sliced"), "looks"): frozenset([None]),
        }

    def test_what_backfills_are_about_to_make(self, instance: DagsterInstance) -> None:
        letters = StaticPartitionsDefinition(["a", "b", "c", "d"])
        assets = [
            made("sliced", C.backfill_in_progress(), partitions_def=letters),
            made("eager", C.missing() & ~C.in_progress(), partitions_def=letters),
            made("above", C.any_deps_match(C.run_in_progress()), ["sliced"], partitions_def=letters),
        ]
        project, home = Definitions(assets).project(), instance.home
        world = world_of(project, home)
        asked = request_backfill(project, home, world, selection=["sliced", "eager"], partitions=("b...d",))

        def requested(definitions: Any = assets) -> list[set[str | None]]:
            result = evaluate_automation_conditions(definitions, instance)
            return [set(result.get_requested_partitions(name)) for name in ("sliced", "eager", "above")]

        assert requested() == [{"b", "c", "d"}, {"a"}, set()]

        def run(request: Request) -> RunStatus | None:
            return run_quietly(project, home, request, instance=lambda: instance)

        made_of_it = drive(project, asked, home, world, OneLane(run))
        next(made_of_it)
        assert requested() == [{"c", "d"}, {"a"}, set()]
        others = StaticPartitionsDefinition(["a", "b", "z"])
        changed = [
            made(a.key.to_user_string(), C.backfill_in_progress(), partitions_def=others) for a in assets
        ]
        assert requested(changed) == [set(), set(), set()]  # it can no longer be made
        cancel_backfill(home.store.backfill(asked.number), home)
        assert requested() == [set(), {"a", "c", "d"}, set()]

    def test_code_that_changed_without_a_version(self, instance: DagsterInstance) -> None:
        def assets(number: int) -> Any:
            @asset(automation_condition=C.code_version_changed())
            def model() -> int:
                return number

            return [model]

        first = evaluate_automation_conditions(assets(1), instance)
        second = evaluate_automation_conditions(assets(1), instance, cursor=first.cursor)
        third = evaluate_automation_conditions(assets(2), instance, cursor=second.cursor)
        assert [r.total_requested for r in (first, second, third)] == [0, 0, 1]

    def test_times_are_arguments(self, instance: DagsterInstance) -> None:
        assets = [made("a", C.on_cron("0 9 * * *"))]
        naive = datetime(2030, 5, 1, 8)
        first = evaluate_automation_conditions(assets, instance, evaluation_time=naive)
        later = naive.replace(tzinfo=UTC) + timedelta(hours=2)
        second = evaluate_automation_conditions(assets, instance, evaluation_time=later, cursor=first.cursor)
        assert (first.total_requested, second.total_requested) == (0, 1)
        with pytest.raises(InvalidInvocationError, match="cursor"):
            evaluate_automation_conditions(assets, instance, cursor="17")  # type: ignore[arg-type]


class TestSensors:
    def test_a_tick_of_conditions(self, instance: DagsterInstance) -> None:
        days = DailyPartitionsDefinition((datetime.now(UTC) - timedelta(days=3)).strftime("%Y-%m-%d"))
        assets = [
            made("a", C.missing(), group_name="g"),
            made("b", C.missing(), ["a"], group_name="g"),
            made("c", C.missing() & C.in_latest_time_window(), partitions_def=days, group_name="g"),
            made("other", C.missing()),
        ]
        sensor = AutomationConditionSensorDefinition("mine", target="group:g", run_tags={"by": "mine"})
        assert (sensor.default_status, sensor.minimum_interval_seconds) == (DefaultSensorStatus.STOPPED, 30)
        definitions = Definitions(assets, sensors=[sensor])
        context = build_sensor_context(instance, definitions=definitions)
        tick = sensor.evaluate_tick(context)
        whole, sliced = sorted(tick.run_requests, key=lambda request: request.partition_key or "")
        assert whole.asset_selection == [AssetKey("a"), AssetKey("b")]
        assert whole.tags == {"by": "mine", "dagster/sensor_name": "mine"}
        assert sliced.partition_key == days.get_last_partition_key() == sliced.tags["dagster/partition"]
        assert tick.cursor == context.cursor is not None
        default = definitions.get_sensor_def("default_automation_condition_sensor")
        assert default.default_status == DefaultSensorStatus.RUNNING
        (request,) = default.evaluate_tick(
            build_sensor_context(instance, definitions=definitions)
        ).run_requests
        assert request.asset_selection == [AssetKey("other")]

    def test_conditions_for_those_that_have_none(self, instance: DagsterInstance) -> None:
        sensor = AutomationConditionSensorDefinition("mine", target="*", default_condition=C.missing())
        definitions = Definitions([made("a")], sensors=[sensor])
        context = build_sensor_context(instance, definitions=definitions)
        assert len(sensor.evaluate_tick(context).run_requests) == 1
        with pytest.raises(InvalidDefinitionError, match="no argument"):
            AutomationConditionSensorDefinition("mine", target="*", colour="red")


class TestFreshnessChecks:
    def verdicts(self, instance: DagsterInstance, assets: Any, checks: Any) -> dict[str, bool]:
        result = materialize([*assets, *checks], instance=instance, selection=AssetSelection.checks(*checks))
        return {e.asset_key.to_user_string(): e.passed for e in result.get_asset_check_evaluations()}

    def test_last_update(self, instance: DagsterInstance) -> None:
        assets = [made("a"), made("b")]
        checks = build_last_update_freshness_checks(
            assets=assets, lower_bound_delta=timedelta(hours=1), severity=AssetCheckSeverity.ERROR
        )
        assert [spec.name for check in checks for spec in check.check_specs] == ["freshness_check"] * 2
        assert self.verdicts(instance, assets, checks) == {"a": False, "b": False}
        materialize(assets, instance=instance, selection="a")
        assert self.verdicts(instance, assets, checks) == {"a": True, "b": False}
        sensor = build_sensor_for_freshness_checks(freshness_checks=checks)
        definitions = Definitions(assets, asset_checks=checks, sensors=[sensor])
        context = build_sensor_context(instance, definitions=definitions)
        assert sensor.evaluate_tick(context).skip_message
        materialize(assets, instance=instance, selection="b")
        (request,) = sensor.evaluate_tick(context).run_requests
        assert [key.asset_key.to_user_string() for key in request.asset_check_keys or ()] == ["b"]
        with DagsterInstance.ephemeral() as empty:
            (request,) = sensor.evaluate_tick(build_sensor_context(empty)).run_requests
            assert len(request.asset_check_keys or ()) == 2

    def test_at_a_deadline(self, instance: DagsterInstance) -> None:
        assets = [made("a")]
        checks = build_last_update_freshness_checks(
            assets=["a"],
            lower_bound_delta=timedelta(minutes=5),
            deadline_cron="0 9 * * *",
            timezone="Asia/Tokyo",
        )
        materialize(assets, instance=instance)
        assert self.verdicts(instance, assets, checks) == {"a": True}

    def test_partitions_of_time(self, instance: DagsterInstance) -> None:
        days = DailyPartitionsDefinition((datetime.now(UTC) - timedelta(days=5)).strftime("%Y-%m-%d"))
        assets = [made("p", partitions_def=days)]
        checks = build_time_partition_freshness_checks(assets=assets, deadline_cron="* * * * *")
        assert self.verdicts(instance, assets, checks) == {"p": False}
        materialize(assets, instance=instance, partition_key=days.get_partition_keys()[0])
        assert self.verdicts(instance, assets, checks) == {"p": False}
        materialize(assets, instance=instance, partition_key=days.get_last_partition_key())
        assert self.verdicts(instance, assets, checks) == {"p": True}

    def test_what_cannot_be_one(self) -> None:
        for arguments in (
            {"assets": ["a", "a"]},
            {"assets": []},
            {"assets": ["a"], "deadline_cron": "* *"},
            {"assets": ["a"], "timezone": "X/Y"},
            {"assets": ["a"], "lower_bound_delta": 5},
        ):
            with pytest.raises(InvalidDefinitionError):
                build_last_update_freshness_checks(**{"lower_bound_delta": timedelta(1), **arguments})
        with pytest.raises(InvalidDefinitionError):
            build_sensor_for_freshness_checks(freshness_checks=[made("a")])

    def test_a_policy_for_a_spec(self) -> None:
        policy = managing.FreshnessPolicy.time_window(timedelta(hours=1))
        spec = apply_freshness_policy(made("a").get_asset_spec(), policy)
        assert spec.freshness_policy == policy
        other = managing.FreshnessPolicy.time_window(timedelta(hours=2))
        assert apply_freshness_policy(spec, other, overwrite_existing=False) == spec


class TestManaging:
    """The guide's file: what its comments say is what is requested."""

    def story(self, instance: DagsterInstance) -> Any:
        assets = load_assets_from_modules([managing])
        state: dict[str, Any] = {"cursor": None, "now": datetime.now(UTC)}

        def tick(**later: float) -> set[str]:
            state["now"] += timedelta(**later)
            result = evaluate_automation_conditions(
                assets, instance, evaluation_time=state["now"], cursor=state["cursor"]
            )
            state["cursor"] = result.cursor
            return {key.to_user_string() for key, slices in result.requested.items() if slices}

        def make(*names: str) -> None:
            materialize(assets, instance=instance, selection=list(names))

        return tick, make

    def test_whenever_the_data_changes(self, instance: DagsterInstance) -> None:
        tick, make = self.story(instance)
        assert tick() == set()
        make("raw_stories")
        assert tick() == {"ranking_model"}
        make("ranking_model")
        assert tick() == set()
        for _ in range(3):
            make("raw_stories")
            assert tick() == {"ranking_model"}

    def test_once_a_week(self, instance: DagsterInstance) -> None:
        tick, make = self.story(instance)
        make("raw_comments")
        assert tick() == {"comment_model"}
        make("comment_model")
        make("raw_comments")
        assert [tick(days=1) for _ in range(6)] == [set()] * 6
        assert tick(days=1, minutes=1) == {"comment_model"}

    def test_just_before_what_needs_it(self, instance: DagsterInstance) -> None:
        tick, make = self.story(instance)
        assert tick() == set()
        make("raw_votes")
        assert tick() == {"vote_model", "vote_forecasts"}
        make("vote_model", "vote_forecasts")
        make("raw_votes")
        assert tick(days=6) == set()
        assert tick(days=1, minutes=1) == {"vote_model", "vote_forecasts"}

    def test_every_day_at_nine(self) -> None:
        schedule = managing.nightly_schedule
        assert (schedule.name, schedule.job_name, schedule.cron_schedule) == (
            "nightly_job_schedule",
            "nightly_job",
            "0 9 * * *",
        )
        context = build_schedule_context(scheduled_execution_time=datetime(2024, 5, 1, 9))
        (request,) = schedule.evaluate_tick(context).run_requests
        assert request.tags == {"dagster/schedule_name": "nightly_job_schedule"}

    def test_a_message_when_the_job_fails(self) -> None:
        assert managing.slack_on_run_failure.name == "slack_on_run_failure"
        assert managing.slack_on_run_failure.monitored == ("training_job",)

    def test_the_command_counts_them_and_says_that_they_wait(self, tmp_path: Path) -> None:
        write(tmp_path, "managing.py", Path(managing.__file__).read_text())
        done = tidemill(tmp_path, "validate", "-f", "managing.py")
        assert done.code == 0, done.out + done.err
        assert "1 schedule, 1 sensor and 4 automation conditions: this version starts nothing" in done.out
        told = tidemill(tmp_path, "validate", "-f", "managing.py", "--json").json
        assert (told["schedules"], told["sensors"], told["automation_conditions"]) == (1, 1, 4)
        assert "starts nothing by itself" in tidemill(tmp_path, "list", "-f", "managing.py").out


def test_what_is_wrong_with_triggers(tmp_path: Path) -> None:
    source = """
        from tidemill import *

        @asset
        def a(): return 1

        class Limit(ConfigurableResource):
            value: int = 1

        @sensor(target="*")
        def needs(context, limitt: Limit): ...

        lost = build_schedule_from_partitioned_job(define_asset_job("train"))
        defs = Definitions([a], sensors=[needs], schedules=[lost], resources={"limit": Limit()})
    """
    write(tmp_path, "wrong.py", dedent(source))
    done = tidemill(tmp_path, "validate", "-f", "wrong.py")
    assert done.code == 1
    assert "'limitt', required by the sensor 'needs'" in done.out
    assert "The schedule 'train_schedule'" in done.out


class TestFreshnessPolicySensor:
    def test_how_far_each_asset_is_behind(self, instance: DagsterInstance) -> None:
        policy = FreshnessPolicy(maximum_lag_minutes=10)
        late, never = made("late", freshness_policy=policy), made("never", freshness_policy=policy)

        @freshness_policy_sensor(asset_selection="*")
        def behind(context: FreshnessPolicySensorContext, limit: Limit) -> Any:
            overdue = context.minutes_overdue
            if overdue is not None and overdue >= limit.minutes:
                return SkipReason(f"{context.asset_key.to_user_string()} {context.previous_minutes_overdue}")
            return None

        for minutes, wanted in ((20, "late 5"), (5, None)):
            context = build_freshness_policy_sensor_context(
                "behind", "late", policy, minutes, 5, resources={"limit": Limit(minutes=10)}
            )
            told = behind(context)
            assert (told.skip_message if told is not None else None) == wanted
        materialize([late], instance=instance)
        definitions = Definitions([late, never], sensors=[behind], resources={"limit": Limit(minutes=0)})
        tick = build_sensor_context(instance, definitions=definitions)
        assert behind.evaluate_tick(tick).skip_message == "late None"
        assert behind.evaluate_tick(tick).skip_message == "late 0.0"


class Limit(ConfigurableResource):
    minutes: float
