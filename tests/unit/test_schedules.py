"""api.md 1.4 and 1.8: schedules as definitions, called directly, and evaluated for one tick."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tidemill import (
    Config,
    ConfigurableResource,
    DefaultScheduleStatus,
    Definitions,
    RunConfig,
    RunRequest,
    ScheduleDefinition,
    SkipReason,
    asset,
    build_schedule_context,
    define_asset_job,
    graph,
    job,
    op,
    repository,
    schedule,
)
from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError, InvariantViolationError

JOB = define_asset_job("train")
NINE = datetime(2024, 5, 1, 9)
TAG = {"dagster/schedule_name": "daily"}


@asset
def model() -> int:
    return 1


def tick(fn: Any, **arguments: Any) -> Any:
    """What a schedule named `daily` with that function comes to."""
    defined = schedule("0 9 * * *", name="daily", job=JOB, **arguments)(fn)
    with build_schedule_context(scheduled_execution_time=NINE, resources={"limit": 7}) as context:
        return defined.evaluate_tick(context)


class TestDefinition:
    def test_defaults(self) -> None:
        defined = ScheduleDefinition(job=JOB, cron_schedule="@daily")
        assert (defined.name, defined.job_name, defined.job) == ("train_schedule", "train", JOB)
        assert (defined.cron_schedule, defined.cron_schedules) == ("@daily", ("0 0 * * *",))
        assert (defined.execution_timezone, defined.default_status) == (None, DefaultScheduleStatus.STOPPED)
        assert (defined.description, dict(defined.tags), defined.required_resource_keys) == (None, {}, set())

    def test_several_schedules_and_attributes(self) -> None:
        crons = ["0 9 * * *", "0 18 * * *"]
        defined = ScheduleDefinition(
            "both",
            cron_schedule=crons,
            job_name="train",
            execution_timezone="Europe/Berlin",
            description="twice",
            default_status=DefaultScheduleStatus.RUNNING,
            environment_vars={"A": "b"},
            owners=["team:ml"],
            metadata={"k": 1},
        )
        assert (defined.cron_schedule, defined.execution_timezone) == (crons, "Europe/Berlin")
        assert (defined.environment_vars, defined.owners) == ({"A": "b"}, ("team:ml",))
        assert defined.metadata["k"].value == 1
        assert not defined.has_job
        with pytest.raises(InvalidDefinitionError, match="no job of its own"):
            _ = defined.job

    @pytest.mark.parametrize("wrong", ["* * * *", "0 0 * * * *", "99 * * * *", [], None, 5, "@sometimes"])
    def test_what_is_no_cron_schedule(self, wrong: Any) -> None:
        with pytest.raises(InvalidDefinitionError, match="Found invalid cron schedule"):
            ScheduleDefinition(job=JOB, cron_schedule=wrong)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({}, "job"),
            ({"job": JOB, "job_name": "train"}, "exclude each other"),
            ({"job": JOB, "target": "*", "name": "x"}, "exclude each other"),
            ({"target": "*"}, "name"),
            ({"job": "train"}, "job cannot be 'train'"),
            ({"job": JOB, "name": "a-b"}, "cannot be the name"),
            ({"job": JOB, "tags": {"a": "b"}, "tags_fn": dict}, "exclude each other"),
            ({"job": JOB, "run_config": {}, "run_config_fn": dict}, "exclude each other"),
            ({"job": JOB, "execution_timezone": "Nowhere/Far"}, "Nowhere/Far"),
            ({"job": JOB, "default_status": "RUNNING"}, "default_status"),
            ({"job": JOB, "required_resource_keys": {"r"}}, "required_resource_keys"),
        ],
    )
    def test_what_cannot_be_one(self, arguments: dict[str, Any], message: str) -> None:
        with pytest.raises(InvalidDefinitionError, match=message):
            ScheduleDefinition(cron_schedule="0 9 * * *", **arguments)

    def test_target_is_a_job_of_its_own(self) -> None:
        defined = ScheduleDefinition("nightly", cron_schedule="@daily", target=[model])
        definitions = Definitions([model], schedules=[defined])
        assert definitions.get_schedule_def("nightly") is defined
        assert definitions.get_job_def(defined.job_name).execute_in_process().success

    def test_jobs_and_graphs_of_ops(self) -> None:
        @op
        def works() -> int:
            return 1

        @job
        def made() -> None:
            works()

        @graph
        def drawn() -> None:
            works()

        by_job = ScheduleDefinition(job=made, cron_schedule="@daily")
        by_graph = ScheduleDefinition(job=drawn, cron_schedule="@daily")
        by_target = ScheduleDefinition("third", target=made, cron_schedule="@daily")
        definitions = Definitions(schedules=[by_job, by_graph, by_target])
        assert [by_job.name, by_graph.name] == ["made_schedule", "drawn_schedule"]
        for name in ("made", "drawn"):
            assert definitions.get_job_def(name).execute_in_process().success

    def test_another_job(self) -> None:
        defined = ScheduleDefinition(job=JOB, cron_schedule="@daily").with_updated_job(
            define_asset_job("other")
        )
        assert (defined.name, defined.job_name) == ("train_schedule", "other")
        assert defined.with_attributes(metadata={"a": 1}).metadata["a"].value == 1


class TestTick:
    def test_config_and_tags(self) -> None:
        defined = ScheduleDefinition(
            "daily", job=JOB, cron_schedule="0 9 * * *", run_config={"ops": {}}, tags={"by": "clock", "n": 1}
        )
        (request,) = defined.evaluate_tick(build_schedule_context()).run_requests
        assert request == RunRequest(run_config={"ops": {}}, tags={"by": "clock", "n": "1", **TAG})

    def test_functions_for_config_and_tags(self) -> None:
        defined = ScheduleDefinition(
            "daily",
            job=JOB,
            cron_schedule="0 9 * * *",
            run_config_fn=lambda context: {"ops": {"at": context.scheduled_execution_time.hour}},
            tags_fn=lambda context: {"hour": str(context.scheduled_execution_time.hour)},
        )
        context = build_schedule_context(scheduled_execution_time=NINE)
        (request,) = defined.evaluate_tick(context).run_requests
        assert (request.run_config, request.tags) == ({"ops": {"at": 9}}, {"hour": "9", **TAG})

    def test_run_config_of_all_shapes(self) -> None:
        class ModelConfig(Config):
            depth: int

        wanted = {"ops": {"model": {"config": {"depth": 3}}}}
        for given in (wanted, RunConfig(ops={"model": ModelConfig(depth=3)})):
            for answer in (lambda _, given=given: given, lambda _, given=given: RunRequest(run_config=given)):
                (request,) = tick(answer).run_requests
                assert request.run_config["ops"] == wanted["ops"]
        assert tick(lambda _: {}, tags={"a": "b"}).run_requests[0].tags == {"a": "b", **TAG}

    def test_one_many_none_and_a_reason(self) -> None:
        def two(context: Any) -> Any:
            yield RunRequest("a")
            yield RunRequest("b", partition_key="p")

        assert [r.run_key for r in tick(two).run_requests] == ["a", "b"]
        assert tick(two).run_requests[1].tags == {"dagster/partition": "p", **TAG}
        assert [r.run_key for r in tick(lambda c: [RunRequest("a"), RunRequest("b")]).run_requests] == [
            "a",
            "b",
        ]
        assert tick(lambda c: SkipReason("holiday")) == ([], "holiday", None, (), (), ())
        assert "empty result" in tick(lambda c: None).skip_message
        assert "returned false" in tick(lambda c: RunRequest(), should_execute=lambda c: False).skip_message

    @pytest.mark.parametrize(
        "answer",
        [5, "text", [RunRequest(), RunRequest()], [RunRequest("a"), SkipReason("b")], [SkipReason("a")] * 2],
    )
    def test_what_means_nothing(self, answer: Any) -> None:
        with pytest.raises(InvariantViolationError):
            tick(lambda context: answer)

    def test_an_exception_is_the_users(self) -> None:
        with pytest.raises(ZeroDivisionError):
            tick(lambda context: 1 / 0)


class Limit(ConfigurableResource):
    value: int = 3


class TestCall:
    def test_gives_what_the_function_gives(self) -> None:
        @schedule("0 9 * * *", job=JOB)
        def plain() -> RunRequest:
            """Every morning."""
            return RunRequest(run_key="k")

        assert plain() == plain(build_schedule_context()) == RunRequest(run_key="k")
        assert plain.name == "plain"

    def test_the_context(self) -> None:
        @schedule("0 9 * * *", job=JOB)
        def timed(context: Any) -> Any:
            return RunRequest(run_key=context.scheduled_execution_time.isoformat())

        context = build_schedule_context(scheduled_execution_time=NINE)
        assert timed(context).run_key == timed(context=context).run_key == "2024-05-01T09:00:00"
        with pytest.raises(InvalidInvocationError, match="without its context"):
            timed()
        with pytest.raises(InvariantViolationError, match="scheduled_execution_time"):
            timed(build_schedule_context())
        with pytest.raises(InvalidInvocationError):
            timed(context, 5)

    def test_resources_by_annotation_and_by_key(self) -> None:
        @schedule("0 9 * * *", job=JOB)
        def annotated(context: Any, limit: Limit) -> Any:
            return RunRequest(run_key=str(limit.value))

        @schedule("0 9 * * *", job=JOB, required_resource_keys={"limit"})
        def named(context: Any) -> Any:
            return RunRequest(run_key=str(context.resources.limit.value))

        for defined in (annotated, named):
            assert defined.required_resource_keys == {"limit"}
            context = build_schedule_context(resources={"limit": Limit(value=5)})
            assert defined(context).run_key == "5"
            with pytest.raises(InvalidDefinitionError, match="'limit' required by schedule"):
                defined(build_schedule_context())
            definitions = Definitions([model], resources={"limit": Limit(value=8)}, schedules=[defined])
            known = build_schedule_context(repository_def=definitions.get_repository_def())
            assert defined.evaluate_tick(known).run_requests[0].run_key == "8"
        assert annotated(build_schedule_context(), limit=Limit(value=4)).run_key == "4"

    def test_only_a_decorated_one(self) -> None:
        with pytest.raises(InvalidInvocationError, match="cannot be called"):
            ScheduleDefinition(job=JOB, cron_schedule="@daily")(build_schedule_context())

    def test_no_instance(self) -> None:
        with pytest.raises(InvariantViolationError, match="no instance"):
            _ = build_schedule_context().instance


class TestGathering:
    def test_the_job_comes_with_the_schedule(self) -> None:
        daily = ScheduleDefinition(job=define_asset_job("train", [model]), cron_schedule="@daily")
        definitions = Definitions([model], schedules=[daily, daily])
        assert definitions.get_job_def("train").execute_in_process().success
        assert definitions.get_schedule_def("train_schedule") is daily
        assert Definitions.merge(definitions, Definitions()).get_schedule_def("train_schedule") is daily

    def test_unknown_duplicate_and_missing(self) -> None:
        daily = ScheduleDefinition("daily", job_name="nowhere", cron_schedule="@daily")
        with pytest.raises(InvalidDefinitionError, match='targets job "nowhere"'):
            Definitions([model], schedules=[daily]).get_schedule_def("daily")
        first, second = (ScheduleDefinition("daily", job=JOB, cron_schedule="@daily") for _ in range(2))
        with pytest.raises(InvalidDefinitionError, match="Duplicate definition found for daily"):
            Definitions([model], schedules=[first, second]).get_schedule_def("daily")
        with pytest.raises(
            InvariantViolationError, match=r"Could not find schedule 'weekly'\. Found: 'daily'"
        ):
            Definitions([model], schedules=[first]).get_schedule_def("weekly")
        with pytest.raises(InvalidDefinitionError, match="neither a schedule nor a sensor"):
            Definitions([model], schedules=[JOB]).get_schedule_def("daily")

    def test_a_repository_is_asked_for_them(self) -> None:
        daily = ScheduleDefinition(job=define_asset_job("train", [model]), cron_schedule="@daily")

        @repository
        def mine() -> list[Any]:
            return [model, daily]

        assert [schedule.name for schedule in mine.schedule_defs] == ["train_schedule"]
        assert mine.has_schedule_def("train_schedule")
        again = ScheduleDefinition(job=mine.get_job("train"), cron_schedule="@daily")
        assert Definitions([model], schedules=[again]).get_job_def("train").name == "train"
