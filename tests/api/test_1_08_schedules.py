"""Section 1.8: schedules, and the requests that they and sensors give."""

from datetime import datetime, timezone
from typing import Any

import pytest

from tidemill import (
    AddDynamicPartitionsRequest,
    AssetCheckKey,
    AssetKey,
    AssetMaterialization,
    ConfigurableResource,
    DagsterInstance,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    Definitions,
    DeleteDynamicPartitionsRequest,
    RunConfig,
    RunRequest,
    ScheduleEvaluationContext,
    SensorResult,
    SkipReason,
    build_schedule_context,
    job,
    op,
    schedule,
    sensor,
)

UTC = timezone.utc  # noqa: UP017
AT = datetime(2024, 1, 5, 3, tzinfo=UTC)


@op
def one() -> int:
    return 1


@job
def ops() -> None:
    one()


class Store(ConfigurableResource):
    url: str = "u"


# --- schedule ---------------------------------------------------------------------------------------------------------


def test_schedule_arguments() -> None:
    @schedule(
        "0 3 * * *",
        job=ops,
        name="n",
        tags={"t": "1"},
        metadata={"m": 1},
        execution_timezone="Europe/Berlin",
        description="d",
        default_status=DefaultScheduleStatus.RUNNING,
        environment_vars={},
    )
    def fn() -> RunRequest:
        return RunRequest()

    assert (fn.name, fn.cron_schedule, fn.job_name) == ("n", "0 3 * * *", "ops")
    assert (fn.execution_timezone, fn.description) == ("Europe/Berlin", "d")
    assert fn.default_status == DefaultScheduleStatus.RUNNING

    @schedule("@daily", job_name="later")
    def plain() -> None: ...

    assert (plain.name, plain.job_name, plain.default_status) == (
        "plain",
        "later",
        DefaultScheduleStatus.STOPPED,
    )


def requests(fn: Any, **how: Any) -> list[RunRequest]:
    made = schedule("@daily", job=ops, **{"name": "n", **how})(fn)
    return list(made.evaluate_tick(build_schedule_context(scheduled_execution_time=AT)).run_requests or [])


def nothing() -> dict[str, Any]:
    return {}


def test_schedule_functions_return_or_yield() -> None:
    def several() -> Any:
        yield RunRequest(run_key="a")
        yield RunRequest(run_key="b")

    assert [r.run_key for r in requests(lambda: RunRequest(run_key="k"))] == ["k"]
    assert [r.run_key for r in requests(several)] == ["a", "b"]
    assert [r.run_key for r in requests(lambda: [RunRequest(run_key="a"), RunRequest(run_key="b")])] == [
        "a",
        "b",
    ]
    assert [r.run_config for r in requests(lambda: {"ops": {"one": {}}})] == [{"ops": {"one": {}}}]
    assert [r.run_config["ops"] for r in requests(lambda: RunConfig(ops={"one": {}}))] == [{"one": {}}]
    assert requests(lambda: SkipReason("no")) == []


def test_schedule_takes_a_context_and_resources() -> None:
    @schedule("@daily", job=ops)
    def fn(context: ScheduleEvaluationContext, store: Store) -> RunRequest:
        return RunRequest(run_key=f"{context.scheduled_execution_time:%d} {store.url}")

    context = build_schedule_context(scheduled_execution_time=AT, resources={"store": Store(url="x")})
    assert fn(context).run_key == "05 x"
    (request,) = fn.evaluate_tick(context).run_requests
    assert request.run_key == "05 x"


def test_schedule_tags_tags_fn_and_should_execute() -> None:
    (tagged,) = requests(nothing, tags={"t": "1"})
    assert tagged.tags["t"] == "1"
    (computed,) = requests(nothing, tags_fn=lambda context: {"t": "2"})
    assert computed.tags["t"] == "2"
    assert requests(nothing, should_execute=lambda context: False) == []


def test_schedule_adds_its_name_to_the_tags() -> None:
    def nightly() -> RunRequest:
        return RunRequest()

    (request,) = requests(nightly, name=None)
    assert request.tags["dagster/schedule_name"] == "nightly"


def test_schedule_required_resource_keys_and_target() -> None:
    @schedule("@daily", target=["a"], required_resource_keys={"r"})
    def fn(context: ScheduleEvaluationContext) -> RunRequest:
        return RunRequest(run_key=context.resources.r)

    assert fn(build_schedule_context(resources={"r": "res"})).run_key == "res"
    assert fn.required_resource_keys == {"r"}


def test_schedule_that_skips_says_why() -> None:
    @schedule("@daily", job=ops)
    def fn() -> SkipReason:
        return SkipReason("not today")

    assert fn.evaluate_tick(build_schedule_context()).skip_message == "not today"


def test_ScheduleEvaluationContext_attributes() -> None:
    with DagsterInstance.ephemeral() as instance:
        context = build_schedule_context(instance, AT, resources={"r": "res"})
        assert isinstance(context, ScheduleEvaluationContext)
        assert context.scheduled_execution_time == AT
        assert context.instance is instance
        assert context.resources.r == "res"
        context.log.info("told")


def test_DefaultScheduleStatus_has_two_members() -> None:
    assert {DefaultScheduleStatus.RUNNING, DefaultScheduleStatus.STOPPED} == set(DefaultScheduleStatus)
    assert DefaultScheduleStatus("RUNNING") is DefaultScheduleStatus.RUNNING


def test_DefaultSensorStatus_has_two_members() -> None:
    assert {DefaultSensorStatus.RUNNING, DefaultSensorStatus.STOPPED} == set(DefaultSensorStatus)


# --- requests ---------------------------------------------------------------------------------------------------------


def test_RunRequest_arguments_and_defaults() -> None:
    plain = RunRequest()
    assert (plain.run_key, plain.run_config, plain.job_name, plain.partition_key) == (None, {}, None, None)
    assert (plain.asset_selection, plain.stale_assets_only) == (None, False)
    full = RunRequest(
        "k",
        {"ops": {}},
        {"t": "1"},
        "j",
        [AssetKey("a")],
        stale_assets_only=True,
        partition_key="x",
        asset_check_keys=[AssetCheckKey(AssetKey("a"), "c")],
    )
    assert (full.run_key, full.run_config, full.tags["t"], full.job_name) == ("k", {"ops": {}}, "1", "j")
    assert list(full.asset_selection or ()) == [AssetKey("a")]
    assert (full.partition_key, full.stale_assets_only) == ("x", True)
    assert list(full.asset_check_keys or ()) == [AssetCheckKey(AssetKey("a"), "c")]


def test_RunRequest_takes_a_run_config() -> None:
    assert RunRequest(run_config=RunConfig(ops={"a": {}})).run_config["ops"] == {"a": {}}


def test_SkipReason_has_a_message() -> None:
    assert SkipReason("m").skip_message == "m"
    assert SkipReason().skip_message is None


def test_SensorResult_arguments() -> None:
    result = SensorResult(
        run_requests=[RunRequest(run_key="k")],
        cursor="c",
        dynamic_partitions_requests=[AddDynamicPartitionsRequest("names", ["a"])],
        asset_events=[AssetMaterialization("a")],
    )
    assert [r.run_key for r in result.run_requests or ()] == ["k"]
    assert result.cursor == "c"
    assert [event.asset_key for event in result.asset_events] == [AssetKey("a")]
    assert SensorResult(skip_reason="why").skip_reason.skip_message == "why"
    assert SensorResult(skip_reason=SkipReason("why")).skip_reason.skip_message == "why"
    with pytest.raises(Exception, match="skip"):
        SensorResult(run_requests=[RunRequest()], skip_reason="why")


def test_AddDynamicPartitionsRequest_arguments() -> None:
    request = AddDynamicPartitionsRequest("names", ["a", "b"])
    assert (request.partitions_def_name, list(request.partition_keys)) == ("names", ["a", "b"])
    assert AddDynamicPartitionsRequest(partitions_def_name="n", partition_keys=[]).partitions_def_name == "n"


def test_DeleteDynamicPartitionsRequest_arguments() -> None:
    request = DeleteDynamicPartitionsRequest("names", ["a"])
    assert (request.partitions_def_name, list(request.partition_keys)) == ("names", ["a"])


def test_sensor_is_in_the_definitions_by_name() -> None:
    @sensor(job=ops)
    def watching() -> None: ...

    assert Definitions(jobs=[ops], sensors=[watching]).get_sensor_def("watching") is watching
