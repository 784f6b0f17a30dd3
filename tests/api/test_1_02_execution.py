"""Section 1.2: assets that are executed in Python, and what a run gives back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tidemill import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    AssetSelection,
    AssetSpec,
    Config,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    DynamicOut,
    DynamicOutput,
    ExecuteInProcessResult,
    Failure,
    InMemoryIOManager,
    JobExecutionResult,
    Out,
    Output,
    ReexecutionOptions,
    RetryPolicy,
    SerializableErrorInfo,
    SourceAsset,
    StaticPartitionsDefinition,
    asset,
    asset_check,
    execute_job,
    graph,
    in_process_executor,
    job,
    materialize,
    materialize_to_memory,
    op,
    reconstructable,
)


@asset
def first() -> int:
    return 1


@asset
def second(first: int) -> int:
    return first + 1


@asset_check(asset=first)
def is_one(first: int) -> AssetCheckResult:
    return AssetCheckResult(passed=first == 1)


@asset
def broken() -> int:
    return 1 // 0


@asset
def after(broken: int) -> int:
    return broken


def made(result: Any) -> list[str]:
    return [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()]


def kinds(events: Any) -> list[str]:
    return [event.event_type_value for event in events]


# --- materialize ------------------------------------------------------------------------------------------------------


def test_materialize_takes_assets_sources_specs_and_checks() -> None:
    class Constant(InMemoryIOManager):
        def load_input(self, context: Any) -> Any:
            return 5

    @asset(deps=["spec"])
    def below(source: int) -> int:
        return source

    result = materialize(
        [first, is_one, SourceAsset("source", io_manager_key="m"), AssetSpec("spec"), below],
        resources={"m": Constant()},
    )
    assert isinstance(result, ExecuteInProcessResult)
    assert (result.success, result.asset_value("below")) == (True, 5)
    assert [each.check_name for each in result.get_asset_check_evaluations()] == ["is_one"]


def test_materialize_its_job_and_nothing_at_all() -> None:
    assert materialize([first]).dagster_run.job_name == "__ephemeral_asset_job__"
    assert materialize([]).success


def test_materialize_run_config_tags_and_partition_key() -> None:
    class Settings(Config):
        n: int

    @asset(partitions_def=StaticPartitionsDefinition(["x"]))
    def a(context: AssetExecutionContext, config: Settings) -> str:
        return f"{context.partition_key} {config.n} {context.get_tag('k')}"

    result = materialize([a], {"ops": {"a": {"config": {"n": 4}}}}, partition_key="x", tags={"k": "v"})
    assert result.asset_value("a") == "x 4 v"
    assert result.dagster_run.tags["k"] == "v"


@pytest.mark.parametrize(
    "selection",
    [
        "second",
        ["second"],
        [AssetKey("second")],
        [second],
        AssetSelection.keys("second"),
        AssetSelection.assets(second),
    ],
    ids=repr,
)
def test_materialize_selection_takes_what_names_assets_and_loads_the_inputs(selection: Any) -> None:
    with DagsterInstance.ephemeral() as instance:
        materialize([first], instance=instance)
        result = materialize([first, second], instance=instance, selection=selection)
        assert (made(result), result.asset_value("second")) == (["second"], 2)


def test_materialize_without_an_instance_keeps_nothing() -> None:
    materialize([first])
    with pytest.raises(FileNotFoundError):
        materialize([first, second], selection="second")


def test_materialize_raises_what_the_function_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        materialize([broken])


def test_materialize_raise_on_error_false_tells_in_the_result() -> None:
    result = materialize([broken, after], raise_on_error=False)
    assert result.success is False
    (event,) = result.get_step_failure_events()
    error = event.event_specific_data.error
    assert error.cause.cls_name == "ZeroDivisionError" or error.cls_name == "ZeroDivisionError"


def test_materialize_the_children_of_what_failed_have_no_events() -> None:
    result = materialize([broken, after], raise_on_error=False)
    assert [
        e
        for e in result.all_events
        if e.step_key == "after" and e.event_type_value != "ASSET_MATERIALIZATION_PLANNED"
    ] == []
    assert result.get_step_skipped_events() == []


def test_materialize_in_one_thread_of_this_process() -> None:
    import threading

    @asset
    def where() -> str:
        return threading.current_thread().name

    assert materialize([where]).asset_value("where") == threading.current_thread().name


def test_materialize_to_memory_needs_no_io_manager() -> None:
    @asset(io_manager_key="nobody_has_it")
    def a() -> int:
        return 1

    @asset
    def b(a: int) -> int:
        return a + 1

    result = materialize_to_memory([a, b])
    assert (result.success, result.asset_value("b")) == (True, 2)


def test_materialize_to_memory_takes_the_same_arguments() -> None:
    class Settings(Config):
        n: int

    @asset(partitions_def=StaticPartitionsDefinition(["x"]), required_resource_keys={"r"})
    def a(context: AssetExecutionContext, config: Settings) -> str:
        return f"{context.partition_key} {config.n} {context.resources.r}"

    with DagsterInstance.ephemeral() as instance:
        result = materialize_to_memory(
            [a, first],
            run_config={"ops": {"a": {"config": {"n": 4}}}},
            instance=instance,
            resources={"r": "res"},
            partition_key="x",
            raise_on_error=True,
            tags={"k": "v"},
            selection=["a"],
        )
        assert instance.get_run_by_id(result.run_id).tags["k"] == "v"
    assert made(result) == ["a"]
    assert result.asset_value("a") == "x 4 res"


# --- ExecuteInProcessResult -------------------------------------------------------------------------------------------


def test_ExecuteInProcessResult_of_assets() -> None:
    result = materialize([first, second, is_one])
    assert result.success
    run = result.dagster_run
    assert (run.run_id, run.status, run.is_success) == (result.run_id, DagsterRunStatus.SUCCESS, True)
    assert result.asset_value("second") == result.asset_value(AssetKey("second")) == 2
    assert result.output_for_node("second") == result.output_for_node("second", "result") == 2
    assert {e.step_key for e in result.get_step_success_events()} == {"first", "second", "first_is_one"}
    assert result.get_step_failure_events() == result.get_step_skipped_events() == []
    assert list(result.get_failed_step_keys()) == []
    assert result.get_run_success_event().event_type_value == "PIPELINE_SUCCESS"
    assert len(result.get_asset_materialization_planned_events()) == 2
    assert [e.passed for e in result.get_asset_check_evaluations()] == [True]


def test_DagsterEventType_decides_the_sentence_that_tells_the_event() -> None:
    said = {
        (e.step_key, e.event_type_value): e.message for e in materialize([first, second, is_one]).all_events
    }
    assert said["first", "ASSET_MATERIALIZATION"] == "first was materialized."
    assert said["first", "STEP_OUTPUT"] == "The step first gave the output result."
    assert said["second", "LOADED_INPUT"] == "The input first of second was loaded."
    assert said["first_is_one", "ASSET_CHECK_EVALUATION"] == "The check is_one of first passed."
    assert said[None, "PIPELINE_SUCCESS"] == "The run of __ephemeral_asset_job__ has succeeded."


def test_ExecuteInProcessResult_its_materialization_events() -> None:
    @asset(partitions_def=StaticPartitionsDefinition(["x"]))
    def a() -> Output[int]:
        return Output(1, metadata={"m": 1})

    (event,) = materialize([a], partition_key="x").get_asset_materialization_events()
    assert (event.asset_key, event.partition, event.step_key) == (AssetKey("a"), "x", "a")
    assert isinstance(event.materialization, AssetMaterialization)
    assert event.materialization.metadata["m"].value == 1


def test_ExecuteInProcessResult_materializations_and_observations_for_node() -> None:
    @asset
    def a(context: AssetExecutionContext) -> int:
        context.log_event(AssetObservation("seen", metadata={"m": 1}))
        context.log_event(AssetMaterialization("other"))
        return 1

    result = materialize([a, first])
    found = result.asset_materializations_for_node("a")
    assert all(isinstance(each, AssetMaterialization) for each in found)
    assert {each.asset_key for each in found} == {AssetKey("a"), AssetKey("other")}
    (seen,) = result.asset_observations_for_node("a")
    assert isinstance(seen, AssetObservation)
    assert seen.asset_key == AssetKey("seen")
    assert len(result.get_asset_observation_events()) == 1


def test_ExecuteInProcessResult_events_and_filters() -> None:
    result = materialize([first, second])
    of_first = result.events_for_node("first")
    assert {event.step_key for event in of_first} == {"first"}
    assert "STEP_SUCCESS" in kinds(of_first)
    assert {event.step_key for event in result.all_node_events} == {"first", "second"}
    assert kinds(result.filter_events(lambda e: e.event_type_value == "STEP_START")) == ["STEP_START"] * 2
    assert len(result.all_events) > len(result.all_node_events)


def test_ExecuteInProcessResult_what_became_of_a_node() -> None:
    @asset(output_required=False)
    def skips() -> Iterator[Any]:
        yield from ()

    @asset
    def skipped(skips: int) -> int:
        return skips

    result = materialize([first, broken, after, skips, skipped], raise_on_error=False)
    assert result.is_node_success("first")
    assert result.is_node_failed("broken")
    assert result.is_node_skipped("skipped")
    assert result.is_node_untouched("after")
    assert not result.is_node_success("broken")
    assert not result.is_node_failed("first")
    assert list(result.get_failed_step_keys()) == ["broken"]
    assert [e.step_key for e in result.get_step_skipped_events()] == ["skipped"]
    assert result.get_run_failure_event().event_type_value == "PIPELINE_FAILURE"


def test_ExecuteInProcessResult_retries_and_failure_data() -> None:
    @asset(retry_policy=RetryPolicy(max_retries=2))
    def a() -> None:
        raise Failure("said", metadata={"m": 1})

    result = materialize([a], raise_on_error=False)
    assert result.retry_attempts_for_node("a") == 2
    assert result.failure_data_for_node("a").user_failure_data.metadata["m"].value == 1
    assert result.failure_data_for_node("a").user_failure_data.description == "said"
    assert materialize([first]).retry_attempts_for_node("first") == 0


def test_ExecuteInProcessResult_outputs_of_dynamic_and_nested_ops() -> None:
    @op(out=DynamicOut())
    def fan() -> Any:
        yield DynamicOutput(1, mapping_key="a")
        yield DynamicOutput(2, mapping_key="b")

    @op
    def double(n: int) -> int:
        return n * 2

    @op(out={"x": Out(), "y": Out()})
    def two() -> Any:
        return 1, 2

    @graph
    def inner() -> Any:
        return double.alias("one")(two().x)

    @job
    def whole() -> None:
        fan().map(double)
        inner()

    result = whole.execute_in_process()
    assert result.output_for_node("fan") == {"a": 1, "b": 2}
    assert result.output_for_node("double") == {"a": 2, "b": 4}
    assert result.output_for_node("inner.one") == 2
    assert result.output_for_node("inner.two", "y") == 2


def test_ExecuteInProcessResult_output_value_of_a_job_from_a_graph() -> None:
    @op
    def one() -> int:
        return 1

    @graph
    def gives() -> int:
        return one()

    assert gives.to_job().execute_in_process().output_value() == 1
    assert gives.execute_in_process().output_value("result") == 1


def test_SerializableErrorInfo_tells_class_message_stack_and_cause() -> None:
    @asset
    def a() -> None:
        try:
            raise KeyError("below")
        except KeyError as error:
            raise ValueError("above") from error

    (event,) = materialize([a], raise_on_error=False).get_step_failure_events()
    error = event.event_specific_data.error
    assert isinstance(error, SerializableErrorInfo)
    chain = []
    while error is not None:
        chain.append(error.cls_name)
        assert error.message
        assert any("test_1_02" in line for line in error.stack) or error.cls_name not in (
            "ValueError",
            "KeyError",
        )
        error = error.cause
    assert chain[-2:] == ["ValueError", "KeyError"]


def test_DagsterEventType_the_order_of_one_run_of_an_asset_in_process() -> None:
    with DagsterInstance.ephemeral() as instance:
        materialize([first], instance=instance)
        result = materialize([first, second], instance=instance, selection="second")
        logged = [entry.dagster_event for entry in instance.all_logs(result.run_id)]
    expected = """
        ASSET_MATERIALIZATION_PLANNED PIPELINE_START ENGINE_EVENT RESOURCE_INIT_STARTED RESOURCE_INIT_SUCCESS
        LOGS_CAPTURED STEP_START LOADED_INPUT STEP_INPUT STEP_OUTPUT ASSET_MATERIALIZATION HANDLED_OUTPUT
        STEP_SUCCESS ENGINE_EVENT PIPELINE_SUCCESS
    """
    assert kinds(logged) == expected.split()
    assert kinds(result.all_events) == expected.split()[1:]  # what was planned is told by the log alone
    assert all(event.event_type in DagsterEventType for event in logged)


def test_DagsterEventType_runs_keep_the_older_spelling() -> None:
    assert DagsterEventType.RUN_START.value == "PIPELINE_START"
    assert DagsterEventType.RUN_SUCCESS.value == "PIPELINE_SUCCESS"
    assert DagsterEventType.RUN_FAILURE.value == "PIPELINE_FAILURE"
    assert DagsterEventType.RUN_CANCELED.value == "PIPELINE_CANCELED"
    assert DagsterEventType.STEP_UP_FOR_RETRY.value == "STEP_UP_FOR_RETRY"


# --- execute_job ------------------------------------------------------------------------------------------------------

COUNTS: dict[str, int] = {"start": 0, "end": 0}


@op
def start() -> int:
    COUNTS["start"] += 1
    return 1


@op
def end(context: Any, n: int) -> int:
    COUNTS["end"] += 1
    if context.run.tags.get("fail"):
        raise ValueError("told to")
    return n + 1


@job(
    executor_def=in_process_executor
)  # by default its steps run in processes, which need a store in a folder
def both() -> None:
    end(start())


def test_execute_job_gives_a_result_that_is_a_context_manager() -> None:
    with DagsterInstance.ephemeral() as instance:
        with execute_job(reconstructable(both), instance, tags={"k": "v"}) as result:
            assert isinstance(result, JobExecutionResult)
            assert result.success
            assert result.output_for_node("end") == 2
        assert instance.get_run_by_id(result.run_id).tags["k"] == "v"


def test_execute_job_does_not_raise_by_default() -> None:
    with DagsterInstance.ephemeral() as instance:
        with execute_job(reconstructable(both), instance, tags={"fail": "1"}) as result:
            assert not result.success
        with pytest.raises(ValueError, match="told to"):
            execute_job(reconstructable(both), instance, tags={"fail": "1"}, raise_on_error=True)


def test_execute_job_op_selection() -> None:
    instance = DagsterInstance.ephemeral()
    with instance, execute_job(reconstructable(both), instance, op_selection=["start"]) as result:
        assert result.success
        assert {e.step_key for e in result.get_step_success_events()} == {"start"}


def test_JobExecutionResult_has_the_events_and_the_run() -> None:
    with DagsterInstance.ephemeral() as instance, execute_job(reconstructable(both), instance) as result:
        assert result.dagster_run.job_name == "both"
        assert "PIPELINE_SUCCESS" in kinds(result.all_events)
        assert result.is_node_success("start")


def test_reconstructable_takes_a_job_or_a_function_that_returns_one() -> None:
    with DagsterInstance.ephemeral() as instance:
        for given in (both, made_by_a_function):
            with execute_job(reconstructable(given), instance) as result:
                assert result.success


def made_by_a_function() -> Any:
    return both


def test_ReexecutionOptions_from_failure_runs_what_is_left() -> None:
    with DagsterInstance.ephemeral() as instance:
        with execute_job(reconstructable(both), instance, tags={"fail": "1"}) as result:
            failed = result.run_id
        before = dict(COUNTS)
        options = ReexecutionOptions.from_failure(failed, instance)
        with execute_job(reconstructable(both), instance, reexecution_options=options) as again:
            assert {
                e.step_key for e in again.get_step_success_events() + again.get_step_failure_events()
            } == {"end"}
            assert again.dagster_run.parent_run_id == failed
        assert (COUNTS["start"], COUNTS["end"]) == (before["start"], before["end"] + 1)


def test_ReexecutionOptions_step_selection_runs_those_steps() -> None:
    with DagsterInstance.ephemeral() as instance:
        with execute_job(reconstructable(both), instance) as result:
            whole = result.run_id
        options = ReexecutionOptions(parent_run_id=whole, step_selection=["end"])
        with execute_job(reconstructable(both), instance, reexecution_options=options) as again:
            assert again.output_for_node("end") == 2
            assert {e.step_key for e in again.get_step_success_events()} == {"end"}
        assert list(ReexecutionOptions(parent_run_id=whole).step_selection) == []


def test_materialize_stores_where_the_instance_is(tmp_path: Path) -> None:
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        materialize([first], instance=instance)
        assert instance.has_asset_key(AssetKey("first"))
        result = materialize([first, second], instance=instance, selection=[second])
    assert result.asset_value("second") == 2
