"""Section 1.13: where steps run. What they do there is tested in `tests/contract` and `tests/e2e`."""

import time
from typing import Any

import pytest

from tidemill import (
    MAX_RUNTIME_SECONDS_TAG,
    AssetExecutionContext,
    DagsterExecutionInterruptedError,
    DagsterInvalidConfigError,
    DagsterInvalidInvocationError,
    Definitions,
    ExecutorDefinition,
    asset,
    define_asset_job,
    in_process_executor,
    job,
    materialize,
    multi_or_in_process_executor,
    multiprocess_executor,
    op,
)

TRIES: list[int] = []


@op
def flaky() -> int:
    TRIES.append(1)
    if len(TRIES) < 2:
        raise ValueError
    return 1


@asset
def where() -> int:
    import os

    return os.getpid()


def test_in_process_executor_runs_steps_in_this_process() -> None:
    import os

    assert isinstance(in_process_executor, ExecutorDefinition)
    assert in_process_executor.name == "in_process"
    for defs in (
        Definitions([where], executor=in_process_executor),
        Definitions([where], jobs=[define_asset_job("j", executor_def=in_process_executor)]),
    ):
        found = defs.get_job_def("j") if defs.jobs else defs.get_implicit_global_asset_job_def()
        assert found.execute_in_process().output_for_node("where") == os.getpid()


def test_in_process_executor_is_configured_with_retries() -> None:
    assert in_process_executor.configured({"retries": {"disabled": {}}}).name == "in_process"
    with pytest.raises(DagsterInvalidConfigError, match="nope"):
        in_process_executor.configured({"nope": 1})


def test_multiprocess_executor_takes_its_config() -> None:
    assert multiprocess_executor.name == "multiprocess"
    for config in (
        {"max_concurrent": 2},
        {"max_concurrent": 0},
        {"start_method": {"spawn": {}}},
        {"start_method": {"forkserver": {"preload_modules": ["json"]}}},
        {"retries": {"enabled": {}}},
        {"retries": {"disabled": {}}},
        {"tag_concurrency_limits": [{"key": "k", "value": "v", "limit": 1}]},
    ):
        assert isinstance(multiprocess_executor.configured(config), ExecutorDefinition)


@pytest.mark.parametrize(
    "config", [{"max_concurrent": -1}, {"max_concurrent": "two"}, {"start_method": {"fork": {}}}, {"nope": 1}]
)
def test_multiprocess_executor_refuses(config: Any) -> None:
    with pytest.raises(DagsterInvalidConfigError):
        multiprocess_executor.configured(config)


def test_multi_or_in_process_executor_is_the_default_and_takes_either_config() -> None:
    assert multi_or_in_process_executor.name == "multi_or_in_process"
    for config in ({"in_process": {}}, {"multiprocess": {"max_concurrent": 2}}):
        assert isinstance(multi_or_in_process_executor.configured(config), ExecutorDefinition)


def test_multi_or_in_process_executor_in_the_run_config() -> None:
    @job
    def whole() -> None:
        flaky()

    TRIES[:] = [1]
    config = {"execution": {"config": {"in_process": {}}}}
    assert whole.execute_in_process(run_config=config).success


def test_in_process_executor_tags_of_a_run_that_ask_for_retries() -> None:
    @job(tags={"dagster/max_retries": 1, "dagster/retry_strategy": "FROM_FAILURE", "dagster/priority": "3"})
    def whole() -> None:
        flaky()

    TRIES[:] = [1]
    tags = whole.execute_in_process().dagster_run.tags
    assert (tags["dagster/max_retries"], tags["dagster/priority"]) == ("1", "3")


def test_MAX_RUNTIME_SECONDS_TAG_ends_the_run() -> None:
    @asset
    def slow() -> None:
        time.sleep(0.2)

    @asset(deps=[slow])
    def after() -> None: ...

    tags = {MAX_RUNTIME_SECONDS_TAG: "0.1"}
    result = materialize([slow, after], tags=tags, raise_on_error=False)
    assert not result.success
    assert [event.step_key for event in result.get_asset_materialization_events()] == ["slow"]
    assert "longer than the 0.1 s" in result.get_run_failure_event().message
    with pytest.raises(DagsterExecutionInterruptedError, match=MAX_RUNTIME_SECONDS_TAG):
        materialize([slow, after], tags=tags)
    with pytest.raises(DagsterInvalidInvocationError, match="soon"):
        materialize([slow], tags={MAX_RUNTIME_SECONDS_TAG: "soon"})


def test_in_process_executor_tags_of_an_op_are_taken() -> None:
    @asset(op_tags={"dagster/priority": "3", "dagster/concurrency_key": "db"})
    def limited(context: AssetExecutionContext) -> int:
        return 1

    assert limited.op.tags["dagster/concurrency_key"] == "db"
    assert Definitions([limited]).get_implicit_global_asset_job_def().execute_in_process().success
