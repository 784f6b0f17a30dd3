"""The result object of a run: its events in order, its nodes, its values, and what it says of failures."""

from __future__ import annotations

import pytest

from tidemill import (
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    DagsterEventType,
    DagsterRunStatus,
    Failure,
    InputContext,
    IOManager,
    MaterializeResult,
    Output,
    OutputContext,
    asset,
    materialize,
    materialize_to_memory,
    multi_asset,
)
from tidemill.core.errors import StepNotFoundError, ValueNotStoredError
from tidemill.definitions.specs.ports import AssetOut


@asset
def first() -> int:
    return 1


@asset
def second(first: int) -> int:
    return first + 1


@asset
def broken(first: int) -> int:
    raise ZeroDivisionError("by zero")


@asset
def after(broken: int) -> int:
    return 1


@asset(deps=[after])
def last() -> int:
    return 1


def kinds(result) -> list[str]:
    return [event.event_type_value for event in result.all_events]


@pytest.mark.parametrize("run", [materialize, materialize_to_memory])
def test_the_order_of_events(run) -> None:
    assert kinds(run([first, second])) == [
        "PIPELINE_START",
        "ENGINE_EVENT",
        "RESOURCE_INIT_STARTED",
        "RESOURCE_INIT_SUCCESS",
        "LOGS_CAPTURED",
        "STEP_START",
        "STEP_OUTPUT",
        "ASSET_MATERIALIZATION",
        "HANDLED_OUTPUT",
        "STEP_SUCCESS",
        "STEP_START",
        "LOADED_INPUT",
        "STEP_INPUT",
        "STEP_OUTPUT",
        "ASSET_MATERIALIZATION",
        "HANDLED_OUTPUT",
        "STEP_SUCCESS",
        "ENGINE_EVENT",
        "PIPELINE_SUCCESS",
    ]


def test_events_of_a_failed_run() -> None:
    result = materialize([first, broken, after], raise_on_error=False)
    assert kinds(result)[-4:] == ["STEP_INPUT", "STEP_FAILURE", "ENGINE_EVENT", "PIPELINE_FAILURE"]


def test_success() -> None:
    result = materialize([first, second])
    assert result.success
    run = result.dagster_run
    assert run.run_id == result.run_id
    assert run.is_success
    assert not run.is_failure
    assert run.status is DagsterRunStatus.SUCCESS
    assert result.get_run_success_event().event_type is DagsterEventType.RUN_SUCCESS
    assert [event.step_key for event in result.get_step_success_events()] == ["first", "second"]
    with pytest.raises(StepNotFoundError, match="PIPELINE_FAILURE") as caught:
        result.get_run_failure_event()
    assert caught.value.found == "a run that succeeded"


def test_failure() -> None:
    result = materialize([first, broken, after, last], raise_on_error=False)
    assert not result.success
    assert result.dagster_run.status is DagsterRunStatus.FAILURE
    (event,) = result.get_step_failure_events()
    assert event.is_failure
    assert event.step_key == "broken"
    assert event.event_specific_data.error is event.step_failure_data.error
    assert event.event_specific_data.error.cls_name == "DagsterExecutionStepExecutionError"
    assert "'broken'" in event.event_specific_data.error.message
    error = event.event_specific_data.error.cause
    assert error.cls_name == "ZeroDivisionError"
    assert error.message == "ZeroDivisionError: by zero\n"
    assert error.cause is None
    assert len(error.stack) == 1
    assert 'in broken\n    raise ZeroDivisionError("by zero")' in error.stack[0]
    assert result.get_failed_step_keys() == {"broken"}
    assert "broken" in result.get_run_failure_event().message
    assert result.get_run_failure_event().event_specific_data.failed_steps == ("broken",)
    assert result.failure_data_for_node("broken").error.cause == error
    assert result.failure_data_for_node("first") is None


def test_what_needs_a_failed_step_is_untouched() -> None:
    result = materialize([first, broken, after, last], raise_on_error=False)
    assert [result.is_node_untouched(node) for node in ("first", "broken", "after", "last")] == [
        False,
        False,
        True,
        True,
    ]
    assert result.events_for_node("after") == []
    planned = result.get_asset_materialization_planned_events()
    assert [event.step_key for event in planned] == ["first", "broken", "after", "last"]
    assert result.is_node_success("first")
    assert result.is_node_failed("broken")
    assert not result.is_node_skipped("after")
    assert result.get_step_skipped_events() == []
    with pytest.raises(StepNotFoundError, match="after"):
        result.asset_value("after")


def test_events_of_a_node() -> None:
    result = materialize([first, second])
    events = result.events_for_node("second")
    assert {event.node_name for event in events} == {"second"}
    assert all(event.is_step_event for event in events)
    assert {event.step_key for event in result.all_node_events} == {"first", "second"}
    starts = result.filter_events(lambda event: event.event_type is DagsterEventType.STEP_START)
    assert [event.step_key for event in starts] == ["first", "second"]


def test_events_know_their_asset_and_time() -> None:
    result = materialize([first, second])
    events = result.get_asset_materialization_events()
    assert [(e.asset_key, e.step_key, e.partition) for e in events] == [
        (AssetKey("first"), "first", None),
        (AssetKey("second"), "second", None),
    ]
    assert all(event.is_step_materialization for event in events)
    assert all(event.materialization.asset_key == event.asset_key for event in events)
    planned = result.get_asset_materialization_planned_events()
    assert [event.asset_key for event in planned] == [AssetKey("first"), AssetKey("second")]
    times = [event.timestamp for event in result.all_events]
    assert times == sorted(times)
    assert times[0] > 1_700_000_000


def test_values() -> None:
    result = materialize([first, second])
    assert result.asset_value("second") == result.asset_value(AssetKey("second")) == 2
    assert result.asset_value(second) == 2
    assert result.output_for_node("second") == result.output_for_node("second", "result") == 2


def test_values_of_a_multi_asset() -> None:
    @multi_asset(outs={"left": AssetOut(), "right": AssetOut(key_prefix="deep")})
    def both():
        return 1, 2

    result = materialize([both])
    assert (result.output_for_node("both", "left"), result.output_for_node("both", "right")) == (1, 2)
    assert result.asset_value(["deep", "right"]) == 2
    outputs = result.filter_events(lambda event: event.event_type is DagsterEventType.STEP_OUTPUT)
    assert [event.step_output_data.output_name for event in outputs] == ["left", "right"]
    with pytest.raises(StepNotFoundError) as caught:
        result.output_for_node("both", "middle")
    assert caught.value.found == "middle"
    assert caught.value.expected == "left, right"


@pytest.mark.parametrize(
    "ask",
    [
        lambda result: result.events_for_node("secnd"),
        lambda result: result.is_node_success("secnd"),
        lambda result: result.is_node_untouched("secnd"),
        lambda result: result.output_for_node("secnd"),
        lambda result: result.retry_attempts_for_node("secnd"),
        lambda result: result.asset_materializations_for_node("secnd"),
        lambda result: result.asset_value("secnd"),
    ],
)
def test_an_unknown_name_is_answered_with_a_near_one(ask) -> None:
    with pytest.raises(StepNotFoundError) as caught:
        ask(materialize([first, second]))
    assert caught.value.subject == "secnd"
    assert "second" in caught.value.next_step


def test_a_value_that_was_not_stored() -> None:
    @asset
    def reported():
        return MaterializeResult(metadata={"rows": 1})

    result = materialize([reported])
    with pytest.raises(ValueNotStoredError, match="reported"):
        result.asset_value("reported")


def test_materializations_and_observations_of_a_node() -> None:
    @asset
    def talkative(context):
        context.log_event(AssetObservation("talkative", metadata={"seen": 1}))
        yield AssetMaterialization("other", description="by hand", metadata={"n": 2}, tags={"k": "v"})
        yield Output(5, metadata={"n": 3})

    result = materialize([talkative])
    made = {m.asset_key: m for m in result.asset_materializations_for_node("talkative")}
    assert made[AssetKey("other")].description == "by hand"
    assert made[AssetKey("other")].metadata["n"].value == 2
    assert made[AssetKey("other")].tags["k"] == "v"
    assert made[AssetKey("talkative")].metadata["n"].value == 3
    (observed,) = result.asset_observations_for_node("talkative")
    assert observed.metadata["seen"].value == 1
    outputs = result.filter_events(lambda event: event.event_type is DagsterEventType.STEP_OUTPUT)
    assert len(outputs) == 1
    (event,) = result.get_asset_observation_events()
    assert event.asset_key == AssetKey("talkative")
    assert event.is_asset_observation
    assert event.asset_observation_data.asset_observation.metadata["seen"].value == 1
    assert result.asset_value("talkative") == 5
    assert result.expectation_results_for_node("talkative") == []


def test_a_failure_with_facts() -> None:
    @asset
    def doubtful() -> None:
        raise Failure("too few rows", metadata={"rows": 3})

    with pytest.raises(Failure, match="too few rows"):
        materialize([doubtful])
    result = materialize([doubtful], raise_on_error=False)
    told = result.failure_data_for_node("doubtful").user_failure_data
    assert (told.label, told.description) == ("intentional-failure", "too few rows")
    assert told.metadata["rows"].value == 3


def test_an_error_without_facts_is_no_intentional_failure() -> None:
    result = materialize([first, broken], raise_on_error=False)
    assert result.failure_data_for_node("broken").user_failure_data is None
    assert "by zero" in result.failure_data_for_node("broken").error_display_string


def test_provenance_is_among_the_tags() -> None:
    result = materialize([first, second])
    made = {m.asset_key.to_user_string(): m for m in _materializations(result)}
    first_tags, second_tags = made["first"].tags, made["second"].tags
    assert second_tags["dagster/input_data_version/first"] == first_tags["dagster/data_version"]
    assert second_tags["dagster/input_event_pointer/first"]
    assert first_tags["dagster/code_version"]
    assert "dagster/code_version" in second_tags


def test_a_given_code_version_is_told() -> None:
    @asset(code_version="v7")
    def versioned() -> int:
        return 1

    (made,) = _materializations(materialize([versioned]))
    assert made.tags["dagster/code_version"] == "v7"


def _materializations(result) -> list[AssetMaterialization]:
    return [event.materialization for event in result.get_asset_materialization_events()]


def test_a_result_says_what_it_is() -> None:
    assert repr(materialize([first, second])) == "<ExecuteInProcessResult succeeded: first, second>"
    assert "nothing materialized" in repr(materialize([]))


def test_what_a_step_raised_is_its_errors_cause() -> None:
    @asset
    def plain():
        raise ValueError("boom")

    @asset
    def chained():
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("boom") from error

    @asset
    def typed() -> int:
        return "x"

    result = materialize([plain, chained, typed], raise_on_error=False)
    errors = {event.step_key: event.event_specific_data.error for event in result.get_step_failure_events()}
    assert errors["plain"].cls_name == "DagsterExecutionStepExecutionError"
    assert (errors["plain"].cause.cls_name, errors["plain"].cause.cause) == ("ValueError", None)
    assert errors["plain"].to_string().count("boom") == 2  # its line, and the line of the user's code
    causes = errors["chained"].cause, errors["chained"].cause.cause
    assert [each.cls_name for each in causes] == ["ValueError", "KeyError"]
    assert (errors["typed"].cls_name, errors["typed"].cause) == ("DagsterTypeCheckDidNotPass", None)


def test_a_result_gives_what_a_step_gave_not_what_a_manager_makes_of_it() -> None:
    class Extract(IOManager):
        def handle_output(self, context: OutputContext, obj: object) -> None:
            pass

        def load_input(self, context: InputContext) -> object:
            return "extract"

    @asset
    def whole():
        return "whole"

    @asset
    def reader(whole):
        return whole

    result = materialize([whole, reader], resources={"io_manager": Extract()})
    assert result.output_for_node("whole") == result.asset_value("whole") == "whole"
    assert result.output_for_node("reader") == "extract"
