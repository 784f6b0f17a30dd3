"""Section 1.8: sensors, their contexts, and messages about failed runs."""

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
    DefaultSensorStatus,
    Definitions,
    EventLogEntry,
    Output,
    RunFailureSensorContext,
    RunRequest,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    StaticPartitionsDefinition,
    asset,
    asset_sensor,
    build_run_status_sensor_context,
    build_sensor_context,
    define_asset_job,
    job,
    make_email_on_run_failure_sensor,
    materialize,
    op,
    run_failure_sensor,
    run_status_sensor,
    sensor,
)
from tidemill.slack import (
    SlackResource,
    make_slack_on_run_failure_sensor,
    slack_on_failure,
    slack_on_success,
    slack_resource,
)


@op
def one() -> int:
    return 1


@job
def ops() -> None:
    one()


@op
def breaks() -> None:
    raise ValueError("told")


@job
def broken() -> None:
    breaks()


@asset
def watched() -> Output[int]:
    return Output(1, metadata={"m": 7})


class Store(ConfigurableResource):
    url: str = "u"


# --- sensor -----------------------------------------------------------------------------------------------------------


def test_sensor_arguments_and_defaults() -> None:
    @sensor(job=ops)
    def plain(context: SensorEvaluationContext) -> None: ...

    assert (plain.name, plain.minimum_interval_seconds or 30, plain.default_status) == (
        "plain",
        30,
        DefaultSensorStatus.STOPPED,
    )

    @sensor(
        name="n",
        minimum_interval_seconds=60,
        description="d",
        jobs=[ops, broken],
        default_status=DefaultSensorStatus.RUNNING,
        tags={"t": "1"},
        metadata={"m": 1},
    )
    def full(context: SensorEvaluationContext) -> None: ...

    assert (full.name, full.minimum_interval_seconds, full.description) == ("n", 60, "d")
    assert full.default_status == DefaultSensorStatus.RUNNING
    assert [each.name for each in full.jobs] == ["ops", "broken"]


def test_sensor_targets() -> None:
    @sensor("by_place")
    def by_name() -> None: ...

    @sensor(asset_selection=AssetSelection.keys("watched"))
    def by_selection() -> None: ...

    @sensor(target=["watched"])
    def by_target() -> None: ...

    assert by_name.job_name == "by_place"
    Definitions.validate_loadable(Definitions([watched], sensors=[by_selection, by_target]))


def test_sensor_called_directly_gives_what_the_function_gives() -> None:
    @sensor(job=ops)
    def watching(context: SensorEvaluationContext) -> Any:
        yield RunRequest(run_key="a")
        yield RunRequest(run_key="b")

    assert [request.run_key for request in watching(build_sensor_context())] == ["a", "b"]
    assert [r.run_key for r in watching.evaluate_tick(build_sensor_context()).run_requests] == ["a", "b"]


def test_sensor_evaluate_tick_of_every_answer() -> None:
    def tick(answer: Any) -> Any:
        return sensor(job=ops, name="n")(lambda context: answer).evaluate_tick(build_sensor_context())

    assert tick(SkipReason("no")).skip_message == "no"
    assert [r.run_key for r in tick([RunRequest(run_key="k")]).run_requests] == ["k"]
    assert tick(None).run_requests == []
    result = tick(
        SensorResult(
            [RunRequest(run_key="k")],
            cursor="c",
            dynamic_partitions_requests=[AddDynamicPartitionsRequest("names", ["a"])],
        )
    )
    assert (result.cursor, [r.run_key for r in result.run_requests]) == ("c", ["k"])
    assert list(result.dynamic_partitions_requests) == [AddDynamicPartitionsRequest("names", ["a"])]


def test_sensor_adds_its_name_to_the_tags() -> None:
    @sensor(job=ops)
    def watching() -> RunRequest:
        return RunRequest()

    (request,) = watching.evaluate_tick(build_sensor_context()).run_requests
    assert request.tags["dagster/sensor_name"] == "watching"


def test_sensor_required_resource_keys_and_parameters() -> None:
    @sensor(job=ops, required_resource_keys={"r"})
    def by_key(context: SensorEvaluationContext) -> RunRequest:
        return RunRequest(run_key=context.resources.r)

    @sensor(job=ops)
    def by_parameter(context: SensorEvaluationContext, store: Store) -> RunRequest:
        return RunRequest(run_key=store.url)

    assert by_key(build_sensor_context(resources={"r": "res"})).run_key == "res"
    assert by_parameter(build_sensor_context(resources={"store": Store(url="x")})).run_key == "x"


def test_SensorEvaluationContext_attributes() -> None:
    defs = Definitions(jobs=[ops])
    with DagsterInstance.ephemeral() as instance:
        context = build_sensor_context(
            instance=instance,
            cursor="c",
            resources={"r": "res"},
            repository_def=defs.get_repository_def(),
            sensor_name="n",
            last_sensor_start_time=5.0,
        )
        assert isinstance(context, SensorEvaluationContext)
        assert context.cursor == "c"
        context.update_cursor("d")
        assert context.cursor == "d"
        assert (context.last_run_key, context.sensor_name) == (None, "n")
        assert context.last_tick_completion_time == context.last_completion_time
        assert context.last_sensor_start_time == 5.0
        assert isinstance(context.is_first_tick_since_sensor_start, bool)
        assert context.instance is instance
        assert context.resources.r == "res"
        assert context.repository_def is not None
        context.log.info("told")
    assert build_sensor_context().cursor is None


def test_SensorEvaluationContext_cursor_reaches_the_tick() -> None:
    @sensor(job=ops)
    def watching(context: SensorEvaluationContext) -> Any:
        context.update_cursor(str(int(context.cursor or "0") + 1))
        return SkipReason("no")

    context = build_sensor_context(cursor="4")
    assert watching.evaluate_tick(context).cursor == "5"


# --- asset_sensor -----------------------------------------------------------------------------------------------------


def test_asset_sensor_fires_once_with_the_latest_event() -> None:
    @asset_sensor(asset_key=AssetKey("watched"), job=ops, minimum_interval_seconds=5, description="d")
    def watching(context: SensorEvaluationContext, asset_event: EventLogEntry) -> RunRequest:
        assert asset_event.dagster_event.asset_key == AssetKey("watched")
        event_data = asset_event.dagster_event.event_specific_data
        assert event_data.materialization.metadata["m"].value == 7
        assert asset_event.asset_materialization.metadata["m"].value == 7
        return RunRequest(run_key=asset_event.run_id)

    assert (watching.minimum_interval_seconds, watching.description) == (5, "d")
    with DagsterInstance.ephemeral() as instance:
        nothing = watching.evaluate_tick(build_sensor_context(instance))
        assert "AssetKey(['watched'])" in (nothing.skip_message or "")
        materialize([watched], instance=instance)
        last = materialize([watched], instance=instance)
        tick = watching.evaluate_tick(build_sensor_context(instance))
        assert [request.run_key for request in tick.run_requests] == [last.run_id]
        again = watching.evaluate_tick(build_sensor_context(instance, cursor=tick.cursor))
        assert again.run_requests == []


def test_asset_sensor_without_an_answer_asks_for_a_run() -> None:
    @asset_sensor(AssetKey("watched"), job_name="later", name="n", default_status=DefaultSensorStatus.RUNNING)
    def watching(context: SensorEvaluationContext, asset_event: EventLogEntry) -> Any:
        yield RunRequest()

    assert (watching.name, watching.job_name) == ("n", "later")
    assert watching.default_status == DefaultSensorStatus.RUNNING


# --- run_status_sensor, run_failure_sensor ----------------------------------------------------------------------------


def context_of(result: Any, instance: DagsterInstance, event: Any, **how: Any) -> Any:
    return build_run_status_sensor_context("n", event, instance, result.dagster_run, **how)


def test_run_status_sensor_is_called_with_what_ended() -> None:
    seen = []

    @run_status_sensor(
        run_status=DagsterRunStatus.SUCCESS,
        name="n",
        minimum_interval_seconds=5,
        description="d",
        monitored_jobs=[ops, "named"],
        default_status=DefaultSensorStatus.RUNNING,
    )
    def told(context: Any) -> None:
        seen.append((context.dagster_run.job_name, context.dagster_event.event_type_value))

    assert (told.name, told.minimum_interval_seconds, told.description) == ("n", 5, "d")
    with DagsterInstance.ephemeral() as instance:
        result = ops.execute_in_process(instance=instance)
        told(context_of(result, instance, result.get_run_success_event()))
    assert seen == [("ops", "PIPELINE_SUCCESS")]


def test_run_status_sensor_may_request_a_job() -> None:
    @run_status_sensor(run_status=DagsterRunStatus.SUCCESS, request_job=ops)
    def follows(context: Any) -> RunRequest:
        return RunRequest(run_key=context.dagster_run.run_id)

    with DagsterInstance.ephemeral() as instance:
        result = ops.execute_in_process(instance=instance)
        request = follows(context_of(result, instance, result.get_run_success_event()))
    assert request.run_key == result.run_id


def test_run_status_sensor_job_selection_and_all_code_locations() -> None:
    @run_status_sensor(
        run_status=DagsterRunStatus.FAILURE,
        job_selection=[ops],
        monitor_all_code_locations=False,
        request_jobs=[ops],
    )
    def told(context: Any) -> None: ...

    assert told.name == "told"


def test_run_failure_sensor_bare_and_with_arguments() -> None:
    @run_failure_sensor
    def bare(context: RunFailureSensorContext) -> None: ...

    @run_failure_sensor(name="n", monitored_jobs=[broken], default_status=DefaultSensorStatus.RUNNING)
    def named(context: RunFailureSensorContext) -> None: ...

    assert (bare.name, named.name) == ("bare", "n")
    assert named.default_status == DefaultSensorStatus.RUNNING


def test_RunFailureSensorContext_attributes() -> None:
    seen: dict[str, Any] = {}

    @run_failure_sensor
    def told(context: RunFailureSensorContext) -> None:
        context.log.info("told")
        seen.update(
            job=context.dagster_run.job_name,
            event=context.dagster_event.event_type_value,
            message=context.failure_event.message,
            sensor=context.sensor_name,
            partition=context.partition_key,
            steps=[event.step_key for event in context.get_step_failure_events()],
            instance=context.instance is not None,
        )

    with DagsterInstance.ephemeral() as instance:
        result = broken.execute_in_process(instance=instance, raise_on_error=False)
        context = context_of(result, instance, result.get_run_failure_event())
        told(context.for_run_failure())
    assert "breaks" in seen.pop("message")
    assert seen == {
        "job": "broken",
        "event": "PIPELINE_FAILURE",
        "sensor": "n",
        "partition": None,
        "steps": ["breaks"],
        "instance": True,
    }


def test_RunFailureSensorContext_has_the_partition_of_the_run() -> None:
    @asset(partitions_def=StaticPartitionsDefinition(["x"]))
    def sliced() -> None:
        raise ValueError

    seen = []

    @run_failure_sensor
    def told(context: RunFailureSensorContext) -> None:
        seen.append(context.partition_key)

    with DagsterInstance.ephemeral() as instance:
        result = materialize([sliced], partition_key="x", instance=instance, raise_on_error=False)
        told(context_of(result, instance, result.get_run_failure_event()).for_run_failure())
    assert seen == ["x"]


def test_build_run_status_sensor_context_arguments() -> None:
    with DagsterInstance.ephemeral() as instance:
        result = ops.execute_in_process(instance=instance)
        context = build_run_status_sensor_context(
            sensor_name="s",
            dagster_event=result.get_run_success_event(),
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            context=build_sensor_context(instance),
            resources={"r": "res"},
            partition_key="x",
        )
        assert context.sensor_name == "s"
        assert context.dagster_run.run_id == result.run_id
        assert context.instance is instance
        assert context.resources.r == "res"
        assert context.partition_key == "x"


# --- messages ---------------------------------------------------------------------------------------------------------


def test_make_email_on_run_failure_sensor_arguments() -> None:
    made = make_email_on_run_failure_sensor(
        email_from="me@example.com",
        email_password="p",
        email_to=["you@example.com"],
        email_body_fn=lambda context: "body",
        email_subject_fn=lambda context: "subject",
        smtp_host="localhost",
        smtp_type="STARTTLS",
        smtp_port=25,
        smtp_user="u",
        name="n",
        webserver_base_url="http://localhost:3000",
        monitored_jobs=["ops", broken],
    )
    assert made.name == "n"
    assert made.default_status == DefaultSensorStatus.STOPPED
    assert make_email_on_run_failure_sensor("a@b.co", "p", ["c@d.co"]).name == "email_on_run_failure"


def test_slack_make_slack_on_run_failure_sensor_arguments() -> None:
    made = make_slack_on_run_failure_sensor(
        channel="#c",
        slack_token="t",
        text_fn=lambda context: "text",
        blocks_fn=lambda context: [],
        name="n",
        dagit_base_url=None,
        minimum_interval_seconds=5,
        monitored_jobs=["ops"],
        job_selection=None,
        monitor_all_code_locations=False,
        default_status=DefaultSensorStatus.RUNNING,
        webserver_base_url="http://localhost:3000",
        monitor_all_repositories=False,
    )
    assert (made.name, made.minimum_interval_seconds) == ("n", 5)
    assert made.default_status == DefaultSensorStatus.RUNNING
    plain = make_slack_on_run_failure_sensor("#c", "t")
    assert (plain.name, plain.default_status) == ("slack_on_run_failure", DefaultSensorStatus.STOPPED)
    import tidemill

    assert tidemill.make_slack_on_run_failure_sensor is make_slack_on_run_failure_sensor


def test_slack_SlackResource_has_a_client() -> None:
    client = SlackResource(token="xoxb-1").get_client()
    assert callable(client.chat_postMessage)


def test_slack_slack_resource_is_the_function_style_of_it() -> None:
    from tidemill import build_resources

    with build_resources({"slack": slack_resource.configured({"token": "xoxb-1"})}) as resources:
        assert callable(resources.slack.chat_postMessage)


class FakeSlack:
    """Stands where the client stands."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []

    def chat_postMessage(self, **message: Any) -> None:
        self.posted.append(message)

    def get_client(self) -> "FakeSlack":
        return self


def posted_by(hook: Any, of: Any) -> list[dict[str, Any]]:
    slack = FakeSlack()

    @job(hooks={hook}, resource_defs={"slack": slack})
    def whole() -> None:
        of()

    whole.execute_in_process(raise_on_error=False)
    return slack.posted


def test_slack_slack_on_success_posts_when_a_step_succeeds() -> None:
    (message,) = posted_by(slack_on_success("#c", lambda context: f"done {context.op.name}"), one)
    assert (message["channel"], message["text"]) == ("#c", "done one")
    assert posted_by(slack_on_success("#c"), breaks) == []


def test_slack_slack_on_failure_posts_when_a_step_fails() -> None:
    (message,) = posted_by(
        slack_on_failure("#c", message_fn=lambda context: f"failed {context.op.name}"), breaks
    )
    assert (message["channel"], message["text"]) == ("#c", "failed breaks")
    (plain,) = posted_by(slack_on_failure("#c"), breaks)
    assert "breaks" in plain["text"]


def test_asset_sensor_of_a_job_of_assets_is_defined() -> None:
    @asset_sensor(asset_key=AssetKey("watched"), job=define_asset_job("j"))
    def watching(context: SensorEvaluationContext, asset_event: EventLogEntry) -> RunRequest:
        return RunRequest()

    Definitions.validate_loadable(Definitions([watched], sensors=[watching]))
    with DagsterInstance.ephemeral() as instance:
        instance.report_runless_asset_event(AssetMaterialization("watched"))
        assert len(watching.evaluate_tick(build_sensor_context(instance)).run_requests) == 1


@pytest.mark.parametrize("given", [{"email_to": "you@example.com"}, {"smtp_type": "SMOKE"}])
def test_make_email_on_run_failure_sensor_refuses(given: Any) -> None:
    with pytest.raises(Exception, match=next(iter(given))):
        make_email_on_run_failure_sensor(
            **{"email_from": "a@b.co", "email_password": "p", "email_to": ["c@d.co"], **given}
        )
