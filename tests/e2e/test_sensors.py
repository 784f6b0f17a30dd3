"""api.md 1.8: sensors as definitions, called directly, and evaluated for one tick against a store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tidemill import (
    AddDynamicPartitionsRequest,
    AssetKey,
    AssetMaterialization,
    AssetSelection,
    ConfigurableResource,
    DagsterInstance,
    DagsterRunStatus,
    DailyPartitionsDefinition,
    DefaultSensorStatus,
    Definitions,
    DynamicPartitionsDefinition,
    RunFailureSensorContext,
    RunRequest,
    SensorDefinition,
    SensorResult,
    SkipReason,
    StaticPartitionsDefinition,
    asset,
    asset_sensor,
    build_multi_asset_sensor_context,
    build_run_status_sensor_context,
    build_schedule_context,
    build_sensor_context,
    define_asset_job,
    job,
    materialize,
    multi_asset_sensor,
    op,
    run_failure_sensor,
    run_status_sensor,
    schedule,
    sensor,
    static_partitioned_config,
)
from tidemill.core.errors import (
    InvalidDefinitionError,
    InvalidInvocationError,
    InvalidSubsetError,
    InvariantViolationError,
    UnknownPartitionError,
)

JOB, OTHER = define_asset_job("train"), define_asset_job("other")


@asset(metadata={"unit": "stories"})
def stories() -> int:
    return 3


@asset
def broken() -> None:
    raise ValueError("boom")


class Limit(ConfigurableResource):
    value: int = 3


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as store:
        yield store


def tick(fn: Any, context: Any = None, **arguments: Any) -> Any:
    """What a sensor of the job `train` with that function comes to."""
    arguments = arguments or {"job": JOB}
    return sensor(name="watch", **arguments)(fn).evaluate_tick(context or build_sensor_context())


class TestSensor:
    def test_defaults(self) -> None:
        @sensor(job=JOB)
        def watch(context: Any) -> None:
            """Looks."""

        assert (watch.name, watch.job_name, watch.job, watch.jobs) == ("watch", "train", JOB, [JOB])
        assert (watch.minimum_interval_seconds, watch.default_status) == (30, DefaultSensorStatus.STOPPED)
        assert watch.required_resource_keys == set()

    def test_answers_of_all_shapes(self) -> None:
        def both(context: Any) -> Any:
            yield RunRequest("a", tags={"k": 1})
            yield RunRequest(run_config={"ops": {}})

        first, second = tick(both).run_requests
        assert first == RunRequest("a", tags={"k": "1", "dagster/sensor_name": "watch"})
        assert second.run_config == {"ops": {}}
        assert len(tick(lambda context: [RunRequest(), RunRequest()]).run_requests) == 2
        assert tick(lambda context: SkipReason("nothing")).skip_message == "nothing"
        assert "empty result" in tick(lambda context: None).skip_message
        assert tick(lambda: RunRequest("k")).run_requests[0].run_key == "k"

    def test_cursors(self) -> None:
        def count(context: Any) -> Any:
            context.update_cursor(str(int(context.cursor or 0) + 1))
            return RunRequest(run_key=context.cursor)

        context = build_sensor_context(cursor="4")
        assert (tick(count, context).cursor, context.cursor) == ("5", "5")
        result = tick(lambda context: SensorResult(skip_reason="hm", cursor="2"))
        assert (result.cursor, result.skip_message) == ("2", "hm")
        with pytest.raises(InvariantViolationError, match="update_cursor"):
            tick(lambda context: context.update_cursor("1") or SensorResult(cursor="2"))

        for wrong in (lambda: context.update_cursor(5), lambda: build_sensor_context(cursor=5)):
            with pytest.raises(InvalidInvocationError, match="cursor is a text"):
                wrong()

    def test_partitions_and_events_beside_runs(self) -> None:
        event = AssetMaterialization("stories")
        added = AddDynamicPartitionsRequest("files", ["a"])
        told = tick(lambda c: SensorResult([RunRequest(partition_key="a")], None, "1", [added], [event]))
        assert (told.dynamic_partitions_requests, told.asset_events) == ([added], [event])
        assert told.run_requests[0].tags["dagster/partition"] == "a"
        with pytest.raises(InvalidDefinitionError):
            SensorResult([RunRequest()], "and yet")

    def test_partitions_of_a_job(self, instance: DagsterInstance) -> None:
        days = DailyPartitionsDefinition("2024-01-01")
        files = DynamicPartitionsDefinition(name="files")
        instance.add_dynamic_partitions("files", ["old"])

        @asset(partitions_def=days)
        def daily() -> int:
            return 1

        @asset(partitions_def=files)
        def read() -> int:
            return 1

        @asset
        def whole() -> int:
            return 1

        @op(config_schema={"n": int})
        def counts() -> None:
            pass

        @static_partitioned_config(["a", "b"])
        def configured(key: str) -> Any:
            return {"ops": {"counts": {"config": {"n": len(key)}}}}

        @job(config=configured)
        def counting() -> None:
            counts()

        jobs = [define_asset_job(f"{name}_job", [name]) for name in ("daily", "read", "whole")]
        definitions = Definitions([daily, read, whole], jobs=[*jobs, counting])

        def asked(
            target: Any, *keys: str, store: Any = instance, known: Any = definitions, **more: Any
        ) -> Any:
            runs = [RunRequest(key, partition_key=key) for key in keys]
            given = build_sensor_context(store, definitions=known)
            found = SensorDefinition("s", job=target, evaluation_fn=lambda _: SensorResult(runs, **more))
            return found.evaluate_tick(given).run_requests

        (run,) = asked(jobs[0], "2024-01-02")
        assert run.tags == {
            "dagster/partition": "2024-01-02",
            "dagster/partition_set": "daily_job_partition_set",
            "dagster/sensor_name": "s",
        }
        with pytest.raises(UnknownPartitionError, match="2023-01-01"):
            asked(jobs[0], "2024-01-02", "2023-01-01")
        assert asked(jobs[0], "nobody knows", known=None)[0].partition_key == "nobody knows"
        change = files.build_add_request(["new"]), files.build_delete_request(["old"])
        assert len(asked(jobs[1], "old")) == len(asked(jobs[1], "any", store=None)) == 1
        assert len(asked(jobs[1], "old", "new", dynamic_partitions_requests=change[:1])) == 2
        for gone in ({"dynamic_partitions_requests": change}, {"dynamic_partitions_requests": change[1:]}):
            with pytest.raises(UnknownPartitionError, match="old"):
                asked(jobs[1], "old", **gone)
        with pytest.raises(InvariantViolationError, match="has no partitions"):
            asked(jobs[2], "2024-01-02")
        assert asked(counting, "b", store=None, known=None)[0].run_config == {
            "ops": {"counts": {"config": {"n": 1}}}
        }
        by_name = SensorDefinition(
            "n", job_name="daily_job", evaluation_fn=lambda _: RunRequest(partition_key="x")
        )
        by_asset = SensorDefinition(
            "n", asset_selection=["daily", "whole"], evaluation_fn=lambda _: RunRequest(partition_key="x")
        )
        for found in (by_name, by_asset):
            with pytest.raises(UnknownPartitionError, match="'x'"):
                found.evaluate_tick(build_sensor_context(instance, definitions=definitions))

        @schedule("@daily", job=jobs[0])
        def tomorrow(context: Any) -> Any:
            day = context.scheduled_execution_time - timedelta(days=1)
            return RunRequest(partition_key=day.strftime("%Y-%m-%d"))

        for year in (2024, 2100):
            at = build_schedule_context(instance, datetime(year, 2, 1), repository_def=definitions)
            assert tomorrow.evaluate_tick(at).run_requests[0].partition_key == f"{year}-01-31"

    def test_which_job(self) -> None:
        several = {"jobs": [JOB, OTHER]}
        assert tick(lambda c: RunRequest(job_name="other"), **several).run_requests[0].job_name == "other"
        for request in (RunRequest(), RunRequest(job_name="third")):
            with pytest.raises(InvariantViolationError, match="train, other"):
                tick(lambda c, request=request: request, **several)
        with pytest.raises(InvariantViolationError, match="no job"):
            tick(lambda c: RunRequest(), minimum_interval_seconds=5)
        with pytest.raises(InvalidDefinitionError, match="exclude each other"):
            tick(lambda c: None, job=JOB, jobs=[OTHER])

    def test_a_selection_instead_of_a_job(self) -> None:
        context = build_sensor_context(definitions=Definitions([stories, broken]))
        (request,) = tick(lambda c: RunRequest(), context, asset_selection="stories").run_requests
        assert (request.job_name, request.asset_selection) == ("__ASSET_JOB", [AssetKey("stories")])
        with pytest.raises(InvalidSubsetError, match="broken"):
            tick(lambda c: RunRequest(asset_selection=["broken"]), context, asset_selection=["stories"])

    @pytest.mark.parametrize("answer", [7, [SkipReason("a"), RunRequest()], [SensorResult(), RunRequest()]])
    def test_what_means_nothing(self, answer: Any) -> None:
        with pytest.raises(InvariantViolationError):
            tick(lambda context: answer)

    def test_direct_calls(self) -> None:
        @sensor(job=JOB)
        def watch(ctx: Any, limit: Limit) -> Any:
            yield RunRequest(run_key=f"{ctx.cursor}-{limit.value}")

        def context() -> Any:
            return build_sensor_context(cursor="1", resources={"limit": Limit(value=2)})

        assert [r.run_key for r in watch(context())] == ["1-2"]
        assert [r.run_key for r in watch(ctx=context())] == ["1-2"]
        assert [r.run_key for r in watch(build_sensor_context(), limit=Limit(value=5))] == ["None-5"]
        assert [r.run_key for r in watch.evaluate_tick(context()).run_requests] == ["1-2"]
        with pytest.raises(InvalidDefinitionError, match="'limit' required by sensor"):
            watch(build_sensor_context())
        with pytest.raises(InvalidInvocationError, match="without its context"):
            watch(limit=Limit())

    def test_the_context(self, instance: DagsterInstance) -> None:
        context = build_sensor_context(instance, sensor_name="watch", last_sensor_start_time=1.0)
        assert (context.instance, context.sensor_name, context.last_run_key) == (instance, "watch", None)
        assert context.is_first_tick_since_sensor_start
        assert not build_sensor_context().is_first_tick_since_sensor_start
        assert context.last_tick_completion_time is context.last_completion_time is None

    def test_gathering(self) -> None:
        watch = SensorDefinition("watch", evaluation_fn=lambda context: None, job=JOB)
        definitions = Definitions([stories], sensors=[watch])
        assert definitions.get_sensor_def("watch") is watch
        assert definitions.get_job_def("train").name == "train"
        repository = definitions.get_repository_def()
        assert [sensor.name for sensor in repository.sensor_defs] == ["watch"]
        assert (repository.has_sensor_def("watch"), repository.has_sensor_def("zz")) == (True, False)
        assert (repository.schedule_defs, repository.has_schedule_def("watch")) == ([], False)
        assert repository.get_job("train").name == "train"
        assert [job.name for job in repository.get_all_jobs()] == repository.job_names
        assert repository.has_job("train")
        assert AssetKey("stories") in repository.asset_graph
        with pytest.raises(InvariantViolationError, match=r"Could not find sensor 'zz'\. Found: 'watch'"):
            definitions.get_sensor_def("zz")


class TestAssetSensor:
    def test_the_latest_event_once(self, instance: DagsterInstance) -> None:
        @asset_sensor(asset_key=AssetKey("stories"), job=JOB)
        def watch(context: Any, asset_event: Any) -> Any:
            assert asset_event.dagster_event.asset_key == AssetKey("stories")
            data = asset_event.dagster_event.event_specific_data.materialization
            assert data.metadata == asset_event.asset_materialization.metadata
            yield RunRequest(run_key=str(context.cursor), tags={"run": asset_event.run_id})

        context = build_sensor_context(instance)
        nothing = "No new materialization events found for asset key AssetKey(['stories'])"
        assert watch.evaluate_tick(context).skip_message == nothing
        assert list(watch(context)) == [SkipReason(nothing)]
        for _ in range(2):
            run_id = materialize([stories], instance=instance).run_id
        told = watch.evaluate_tick(context)
        assert [request.tags["run"] for request in told.run_requests] == [run_id]
        assert told.cursor == context.cursor is not None
        assert told.run_requests[0].run_key == "None"
        assert watch.evaluate_tick(context).skip_message == nothing

    def test_resources_and_events_by_hand(self, instance: DagsterInstance) -> None:
        @asset_sensor(AssetKey("stories"), job=JOB)
        def watch(context: Any, event: Any, limit: Limit) -> Any:
            return RunRequest(run_key=f"{event}-{limit.value}")

        context = build_sensor_context(instance, resources={"limit": Limit(value=2)})
        assert watch(context, "event").run_key == "event-2"


class TestMultiAssetSensor:
    def context(self, instance: DagsterInstance, **arguments: Any) -> Any:
        return build_multi_asset_sensor_context(
            monitored_assets=[AssetKey("stories"), AssetKey("broken")],
            instance=instance,
            definitions=Definitions([stories, broken]),
            **arguments,
        )

    def test_cursors_move_when_the_function_is_done(self, instance: DagsterInstance) -> None:
        @multi_asset_sensor([AssetKey("stories"), AssetKey("broken")], job=JOB)
        def watch(context: Any) -> Any:
            found = context.latest_materialization_records_by_key()
            if found[AssetKey("stories")]:
                context.advance_all_cursors()
                return RunRequest(run_key=str(context.cursor))
            return None

        materialize([stories], instance=instance)
        context = self.context(instance)
        assert watch(context).run_key == "None"
        assert context.cursor is not None
        assert watch(context) is None
        ticking = build_sensor_context(instance, definitions=Definitions([stories, broken]))
        assert len(watch.evaluate_tick(ticking).run_requests) == 1
        assert watch.evaluate_tick(ticking).run_requests == []

    def test_each_event_and_a_forgotten_cursor(self, instance: DagsterInstance) -> None:
        for _ in range(3):
            materialize([stories], instance=instance)
        context = self.context(instance)
        records = context.materialization_records_for_key(AssetKey("stories"))
        assert [r.storage_id for r in records] == sorted(r.storage_id for r in records)
        assert len(records) == 3
        context.advance_cursor({AssetKey("stories"): records[1], AssetKey("broken"): None})
        context.update_cursor_after_evaluation()
        again = self.context(instance, cursor=context.cursor)
        (left,) = again.materialization_records_for_key(AssetKey("stories"))
        assert left.storage_id == records[2].storage_id
        seen = self.context(instance, cursor_from_latest_materializations=True)
        assert seen.latest_materialization_records_by_key()[AssetKey("stories")] is None

        @multi_asset_sensor(AssetSelection.all(), job=JOB)
        def forgetful(context: Any) -> Any:
            return RunRequest()

        ticking = build_sensor_context(instance, definitions=Definitions([stories, broken]))
        with pytest.raises(InvalidDefinitionError, match="advance_cursor"):
            forgetful.evaluate_tick(ticking)

    def test_partitions(self, instance: DagsterInstance) -> None:
        @asset(partitions_def=StaticPartitionsDefinition(["a", "b", "c"]))
        def sliced() -> int:
            return 1

        key = sliced.key
        for partition in ("a", "b", "a"):
            materialize([sliced], instance=instance, partition_key=partition)
        context = build_multi_asset_sensor_context(
            monitored_assets=[key], instance=instance, definitions=Definitions([sliced])
        )
        found = context.latest_materialization_records_by_partition(key)
        assert list(found) == ["b", "a"]
        both = context.latest_materialization_records_by_partition_and_asset()
        assert both["a"][key].storage_id == found["a"].storage_id
        assert not context.all_partitions_materialized(key)
        assert context.all_partitions_materialized(key, ["a", "b"])
        context.advance_cursor({key: found["a"]})
        context.update_cursor_after_evaluation()
        assert context.get_cursor_partition(key) == "a"
        assert [record.partition_key for record in context.get_trailing_unconsumed_events(key)] == ["b"]
        assert list(context.latest_materialization_records_by_partition(key)) == ["b"]
        context.advance_cursor({key: found["b"]})
        context.update_cursor_after_evaluation()
        assert context.latest_materialization_records_by_partition(key) == {}


class TestRunSensors:
    def failed(self, instance: DagsterInstance) -> Any:
        result = materialize([broken], instance=instance, raise_on_error=False)
        return build_run_status_sensor_context(
            sensor_name="tell",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
        ).for_run_failure()

    def test_a_failure_by_hand(self, instance: DagsterInstance) -> None:
        @run_failure_sensor
        def tell(context: RunFailureSensorContext) -> Any:
            (failure,) = context.get_step_failure_events()
            assert "boom" in failure.event_specific_data.error.cause.message
            assert context.partition_key is None
            return SkipReason(f"{context.sensor_name}: {context.failure_event.message}")

        assert "broken" in tell(self.failed(instance)).skip_message
        assert (tell.name, tell.default_status) == ("tell", DefaultSensorStatus.STOPPED)

    def test_resources(self, instance: DagsterInstance) -> None:
        @run_failure_sensor(name="with_limit")
        def tell(context: Any, limit: Limit) -> Any:
            return SkipReason(str(limit.value))

        assert tell(self.failed(instance), limit=Limit(value=9)).skip_message == "9"

    def test_one_reaction_for_each_run_after_the_first_tick(self, instance: DagsterInstance) -> None:
        told: list[str] = []

        @run_failure_sensor(monitored_jobs=["train", JOB], request_job=OTHER)
        def tell(context: Any) -> Any:
            told.append(context.dagster_run.job_name)
            return RunRequest(run_key=context.dagster_run.run_id)

        definitions = Definitions([stories, broken], jobs=[JOB, OTHER])
        context = build_sensor_context(instance, definitions=definitions)

        def fail(name: str) -> str:
            done = definitions.get_job_def(name).execute_in_process(instance=instance, raise_on_error=False)
            return done.run_id

        fail("train")
        assert "Initiating" in tell.evaluate_tick(context).skip_message
        wanted = fail("train")
        fail("other")
        tick = tell.evaluate_tick(context)
        assert [request.run_key for request in tick.run_requests] == [wanted]
        assert [reaction.dagster_run.run_id for reaction in tick.dagster_run_reactions] == [wanted]
        assert tell.evaluate_tick(context).run_requests == []
        assert told == ["train"]

    def test_other_statuses_and_errors_of_one_run(self, instance: DagsterInstance) -> None:
        @run_status_sensor(run_status=DagsterRunStatus.SUCCESS)
        def tell(context: Any) -> Any:
            raise KeyError(context.dagster_event.event_type_value)

        context = build_sensor_context(instance, cursor="0")
        materialize([stories], instance=instance)
        (reaction,) = tell.evaluate_tick(context).dagster_run_reactions
        assert str(reaction.error) == "'PIPELINE_SUCCESS'"
        with pytest.raises(InvalidDefinitionError, match="run_status"):
            run_status_sensor(run_status="SUCCESS")(tell.function.fn)
        with pytest.raises(InvalidDefinitionError, match="monitored_jobs"):
            run_failure_sensor(monitored_jobs="train")(tell.function.fn)
