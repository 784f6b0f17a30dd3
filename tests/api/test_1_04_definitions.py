"""Section 1.4: what a project defines, its jobs and its schedules."""

import logging
from typing import Any

import pytest

from tidemill import (
    AssetKey,
    AssetSelection,
    AssetSpec,
    DagsterInstance,
    DagsterInvalidDefinitionError,
    DefaultScheduleStatus,
    Definitions,
    FilesystemIOManager,
    JobDefinition,
    RetryPolicy,
    RunConfig,
    RunRequest,
    ScheduleDefinition,
    StaticPartitionsDefinition,
    asset,
    asset_check,
    build_schedule_context,
    define_asset_job,
    in_process_executor,
    job,
    materialize,
    op,
    schedule,
    sensor,
    success_hook,
)


@asset(group_name="left")
def a() -> int:
    return 1


@asset(group_name="right")
def b(a: int) -> int:
    return a + 1


@asset_check(asset=b)
def is_two(b: int) -> bool:
    return b == 2


@op
def one() -> int:
    return 1


@job
def ops() -> None:
    one()


def made(result: Any) -> list[str]:
    return [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()]


# --- Definitions ------------------------------------------------------------------------------------------------------


def test_Definitions_gathers_all_kinds() -> None:
    @sensor(job=ops)
    def watching() -> None: ...

    defs = Definitions(
        assets=[a, b],
        schedules=[ScheduleDefinition(job=ops, cron_schedule="@daily")],
        sensors=[watching],
        jobs=[ops],
        resources={"r": "plain objects are allowed"},
        executor=in_process_executor,
        loggers={},
        asset_checks=[is_two],
        metadata={"m": 1},
    )
    assert isinstance(defs.get_job_def("ops"), JobDefinition)
    assert defs.get_sensor_def("watching") is watching
    assert defs.get_schedule_def("ops_schedule").name == "ops_schedule"
    assert defs.get_repository_def() is not None
    assert defs.resolve_job_def("ops").name == "ops"
    Definitions.validate_loadable(defs)


def test_Definitions_the_implicit_job_has_all_assets() -> None:
    everything = Definitions(assets=[a, b]).get_implicit_global_asset_job_def()
    assert everything.name == "__ASSET_JOB"
    result = everything.execute_in_process()
    assert sorted(made(result)) == ["a", "b"]


def test_Definitions_get_asset_graph_and_resolve_asset_graph() -> None:
    defs = Definitions(assets=[a, b, AssetSpec("c")])
    for graph in (defs.get_asset_graph(), defs.resolve_asset_graph()):
        keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
        assert keys == {"a", "b", "c"}


def test_Definitions_load_asset_value(tmp_path: Any) -> None:
    letters = StaticPartitionsDefinition(["x", "y"])

    @asset(partitions_def=letters)
    def sliced(context: Any) -> str:
        return context.partition_key

    defs = Definitions(
        assets=[a, sliced], resources={"io_manager": FilesystemIOManager(base_dir=str(tmp_path))}
    )
    with DagsterInstance.ephemeral() as instance:
        manager = FilesystemIOManager(base_dir=str(tmp_path))
        materialize([a], instance=instance, resources={"io_manager": manager})
        materialize([sliced], instance=instance, partition_key="y", resources={"io_manager": manager})
        assert defs.load_asset_value("a", instance=instance) == 1
        assert defs.load_asset_value(AssetKey("a"), python_type=int, instance=instance) == 1
        assert defs.load_asset_value("sliced", instance=instance, partition_key="y") == "y"
        with defs.get_asset_value_loader(instance) as loader:
            assert loader.load_asset_value("a") == 1
            assert loader.load_asset_value("sliced", partition_key="y") == "y"


def test_Definitions_plain_objects_are_resources() -> None:
    @asset(required_resource_keys={"r"})
    def uses(context: Any) -> Any:
        return context.resources.r

    defs = Definitions(assets=[uses], resources={"r": {"plain": 1}})
    result = defs.get_implicit_global_asset_job_def().execute_in_process()
    assert result.output_for_node("uses") == {"plain": 1}


def test_Definitions_errors_show_on_resolution_not_in_the_constructor() -> None:
    @asset
    def needs(nobody: int) -> int:
        return nobody

    @asset(required_resource_keys={"nowhere"})
    def wants() -> None: ...

    for wrong in ([needs], [wants]):
        defs = Definitions(assets=wrong)
        with pytest.raises(DagsterInvalidDefinitionError):
            defs.get_implicit_global_asset_job_def()
        with pytest.raises(DagsterInvalidDefinitionError):
            Definitions.validate_loadable(Definitions(assets=wrong))


def test_Definitions_merge() -> None:
    merged = Definitions.merge(Definitions(assets=[a]), Definitions(assets=[b], jobs=[ops]))
    keys = {key.to_user_string() for key in merged.resolve_asset_graph().get_all_asset_keys()}
    assert keys == {"a", "b"}
    assert merged.get_job_def("ops").name == "ops"
    with pytest.raises(Exception, match="r"):
        Definitions.merge(Definitions(resources={"r": 1}), Definitions(resources={"r": 2}))


# --- define_asset_job -------------------------------------------------------------------------------------------------


def test_define_asset_job_selects_all_by_default_and_takes_the_selection_by_place() -> None:
    defs = Definitions(
        assets=[a, b],
        jobs=[
            define_asset_job("everything"),
            define_asset_job("left", AssetSelection.groups("left")),
            define_asset_job("text", "a"),
            define_asset_job("list", ["a", "b"]),
            define_asset_job("keys", [AssetKey("a")]),
        ],
    )
    selected = {
        name: sorted(made(defs.get_job_def(name).execute_in_process()))
        for name in ("everything", "left", "text", "list", "keys")
    }
    assert selected == {
        "everything": ["a", "b"], "left": ["a"], "text": ["a"], "list": ["a", "b"], "keys": ["a"],
    }  # fmt: skip


def test_define_asset_job_arguments() -> None:
    ran = []

    @success_hook
    def told(context: Any) -> None:
        ran.append(context.step_key)

    @asset(config_schema={"n": int})
    def configured(context: Any) -> int:
        if context.retry_number == 0:
            raise ValueError
        return context.op_config["n"]

    defs = Definitions(
        assets=[configured],
        jobs=[
            define_asset_job(
                "j",
                selection=["configured"],
                config={"ops": {"configured": {"config": {"n": 5}}}},
                description="d",
                tags={"t": "1"},
                run_tags={"u": "2"},
                metadata={"m": 1},
                executor_def=in_process_executor,
                hooks={told},
                op_retry_policy=RetryPolicy(max_retries=1),
            )
        ],
    )
    found = defs.get_job_def("j")
    assert (found.description, found.tags["t"]) == ("d", "1")
    result = found.execute_in_process()
    assert result.output_for_node("configured") == 5
    assert result.dagster_run.tags["u"] == "2"
    assert ran == ["configured"]


def test_define_asset_job_config_may_be_a_run_config() -> None:
    @asset(config_schema={"n": int})
    def configured(context: Any) -> int:
        return context.op_config["n"]

    config = RunConfig(ops={"configured": {"config": {"n": 6}}})
    defs = Definitions(assets=[configured], jobs=[define_asset_job("j", config=config)])
    assert defs.get_job_def("j").execute_in_process().output_for_node("configured") == 6


def test_define_asset_job_partitions_def() -> None:
    letters = StaticPartitionsDefinition(["x", "y"])

    @asset(partitions_def=letters)
    def sliced(context: Any) -> str:
        return context.partition_key

    defs = Definitions(assets=[sliced], jobs=[define_asset_job("j", "sliced", partitions_def=letters)])
    assert defs.get_job_def("j").partitions_def == letters
    result = defs.get_job_def("j").execute_in_process(partition_key="y")
    assert result.output_for_node("sliced") == "y"


def test_define_asset_job_of_a_group_that_does_not_exist_is_empty_and_warns(
    caplog: pytest.LogCaptureFixture,
) -> None:
    defs = Definitions(assets=[a], jobs=[define_asset_job("j", AssetSelection.groups("nope"))])
    with caplog.at_level(logging.WARNING, "tidemill"):
        assert made(defs.get_job_def("j").execute_in_process()) == []
    assert "nope" in caplog.text


# --- ScheduleDefinition -----------------------------------------------------------------------------------------------


def test_ScheduleDefinition_defaults() -> None:
    plain = ScheduleDefinition(job=ops, cron_schedule="0 2 * * *")
    assert plain.name == "ops_schedule"
    assert plain.job_name == "ops"
    assert plain.cron_schedule == "0 2 * * *"
    assert (plain.execution_timezone or "UTC") == "UTC"
    assert plain.default_status == DefaultScheduleStatus.STOPPED
    assert ScheduleDefinition(job_name="later", cron_schedule="@daily").name == "later_schedule"


def test_ScheduleDefinition_of_an_asset_job_and_of_a_target() -> None:
    assert ScheduleDefinition(job=define_asset_job("j"), cron_schedule="@daily").name == "j_schedule"
    by_target = ScheduleDefinition("named", cron_schedule="@daily", target=AssetSelection.all())
    assert by_target.name == "named"
    Definitions.validate_loadable(Definitions(assets=[a], schedules=[by_target]))


@pytest.mark.parametrize("cron", ["* * * * *", "@daily", "@hourly", ["0 1 * * *", "0 2 * * *"]])
def test_ScheduleDefinition_accepts(cron: Any) -> None:
    assert ScheduleDefinition(job=ops, cron_schedule=cron).cron_schedule == cron


@pytest.mark.parametrize("cron", ["* * * *", "not a cron", "61 * * * *", ["0 1 * * *", "* * *"]])
def test_ScheduleDefinition_refuses(cron: Any) -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="invalid cron schedule"):
        ScheduleDefinition(job=ops, cron_schedule=cron)


def test_ScheduleDefinition_run_config_and_tags() -> None:
    fixed = ScheduleDefinition(
        job=ops,
        cron_schedule="@daily",
        run_config={"ops": {}},
        tags={"t": "1"},
        execution_timezone="Europe/Berlin",
    )
    (request,) = fixed.evaluate_tick(build_schedule_context()).run_requests
    assert request.run_config == {"ops": {}}
    assert request.tags["t"] == "1"
    assert fixed.execution_timezone == "Europe/Berlin"


def test_ScheduleDefinition_functions_of_the_tick() -> None:
    computed = ScheduleDefinition(
        job=ops,
        cron_schedule="@daily",
        run_config_fn=lambda context: {"ops": {"one": {}}},
        tags_fn=lambda context: {"t": "computed"},
        should_execute=lambda context: True,
    )
    (request,) = computed.evaluate_tick(build_schedule_context()).run_requests
    assert (request.run_config, request.tags["t"]) == ({"ops": {"one": {}}}, "computed")
    never = ScheduleDefinition(job=ops, cron_schedule="@daily", should_execute=lambda context: False)
    assert list(never.evaluate_tick(build_schedule_context()).run_requests or []) == []


def test_ScheduleDefinition_execution_fn() -> None:
    own = ScheduleDefinition(
        "own", cron_schedule="@daily", job=ops, execution_fn=lambda context: RunRequest(run_key="k")
    )
    (request,) = own.evaluate_tick(build_schedule_context()).run_requests
    assert request.run_key == "k"


def test_ScheduleDefinition_other_arguments() -> None:
    full = ScheduleDefinition(
        name="n",
        cron_schedule="@daily",
        job=ops,
        description="d",
        environment_vars={},
        default_status=DefaultScheduleStatus.RUNNING,
        run_config_fn=lambda context: {"ops": {}},
        required_resource_keys={"r"},
        metadata={"m": 1},
    )
    assert (full.name, full.description, full.default_status) == ("n", "d", DefaultScheduleStatus.RUNNING)
    assert full.required_resource_keys == {"r"}


def test_Definitions_accepts_decorated_schedules() -> None:
    @schedule("@daily", job=ops)
    def nightly() -> RunRequest:
        return RunRequest()

    assert Definitions(jobs=[ops], schedules=[nightly]).get_schedule_def("nightly") is nightly
