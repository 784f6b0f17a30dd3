"""Section 1.14: what tests of programs use, beside what other sections describe."""

import logging
from datetime import datetime, timezone
from typing import Any

import pytest

from tidemill import (
    AssetKey,
    ConfigurableResource,
    DagsterInstance,
    DagsterInvalidConfigError,
    DagsterType,
    Definitions,
    InitLoggerContext,
    MultiAssetSensorEvaluationContext,
    RunRequest,
    ScheduleEvaluationContext,
    SensorEvaluationContext,
    asset,
    build_init_logger_context,
    build_multi_asset_sensor_context,
    build_schedule_context,
    build_sensor_context,
    check_dagster_type,
    job,
    logger,
    materialize,
    multi_asset_sensor,
    op,
    validate_run_config,
)

UTC = timezone.utc  # noqa: UP017


@asset
def a() -> int:
    return 1


@op(config_schema={"n": int})
def takes(context: Any) -> int:
    return context.op_config["n"]


@job
def whole() -> None:
    takes()


class Store(ConfigurableResource):
    url: str


def test_build_sensor_context_arguments() -> None:
    defs = Definitions([a], resources={"store": Store(url="of the definitions")})
    with DagsterInstance.ephemeral() as instance:
        context = build_sensor_context(
            instance, "c", "repository", defs.get_repository_def(), "n", {"store": Store(url="given")},
            last_sensor_start_time=7.0,
        )  # fmt: skip
        assert isinstance(context, SensorEvaluationContext)
        assert (context.cursor, context.sensor_name, context.resources.store.url) == ("c", "n", "given")
        assert (context.last_sensor_start_time, context.instance) == (7.0, instance)
    by_definitions = build_sensor_context(definitions=defs)
    assert by_definitions.resources.store.url == "of the definitions"


def test_build_sensor_context_is_a_context_manager() -> None:
    with build_sensor_context(resources={"r": 1}) as context:
        assert context.resources.r == 1


def test_build_schedule_context_arguments() -> None:
    at = datetime(2024, 1, 5, tzinfo=UTC)
    with DagsterInstance.ephemeral() as instance:
        context = build_schedule_context(
            instance, at, resources={"r": 1}, repository_def=None, instance_ref=None
        )
        assert isinstance(context, ScheduleEvaluationContext)
        assert (context.scheduled_execution_time, context.resources.r) == (at, 1)
        assert context.instance is instance
    with build_schedule_context() as plain:
        assert plain.log is not None


def test_build_multi_asset_sensor_context_arguments() -> None:
    @multi_asset_sensor(monitored_assets=[AssetKey("a")], job=whole)
    def watching(context: MultiAssetSensorEvaluationContext) -> Any:
        records = context.latest_materialization_records_by_key()
        if records[AssetKey("a")] is None:
            return None
        context.advance_all_cursors()
        return RunRequest(run_key=records[AssetKey("a")].event_log_entry.run_id)

    defs = Definitions([a], jobs=[whole])
    with DagsterInstance.ephemeral() as instance:
        run = materialize([a], instance=instance).run_id
        context = build_multi_asset_sensor_context(
            monitored_assets=[AssetKey("a")], instance=instance, definitions=defs
        )
        assert watching(context).run_key == run
        assert context.cursor is not None
        again = build_multi_asset_sensor_context(
            monitored_assets=[AssetKey("a")],
            instance=instance,
            repository_def=defs.get_repository_def(),
            cursor=context.cursor,
        )
        assert watching(again) is None


def test_build_init_logger_context_runs_a_logger_directly() -> None:
    @logger(config_schema={"level": str})
    def own(context: InitLoggerContext) -> logging.Logger:
        made = logging.getLogger("own of the test")
        made.setLevel(context.logger_config["level"])
        return made

    made = own(build_init_logger_context(logger_config={"level": "ERROR"}, job_def=whole))
    assert made.level == logging.ERROR


def test_validate_run_config_gives_the_config_or_says_what_is_wrong() -> None:
    good = {"ops": {"takes": {"config": {"n": 1}}}}
    assert validate_run_config(whole, good)["ops"]["takes"]["config"] == {"n": 1}
    for bad in ({}, {"ops": {"takes": {"config": {"n": "text"}}}}, {"nope": 1}):
        with pytest.raises(DagsterInvalidConfigError):
            validate_run_config(whole, bad)


def test_check_dagster_type_gives_a_verdict() -> None:
    even = DagsterType(lambda _context, value: value % 2 == 0, name="Even")
    assert check_dagster_type(even, 2).success
    assert not check_dagster_type(even, 3).success
    assert check_dagster_type(int, 3).success
    assert not check_dagster_type(int, "text").success
