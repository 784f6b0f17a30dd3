"""Section 1.3: what functions are told and can say while they run, and what stands in where none does."""

import logging
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from tidemill import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetIn,
    AssetKey,
    AssetMaterialization,
    AssetOut,
    Config,
    DagsterInstance,
    DagsterInvariantViolationError,
    DagsterUnknownPartitionError,
    DailyPartitionsDefinition,
    DataVersion,
    Definitions,
    HourlyPartitionsDefinition,
    MultiPartitionKey,
    MultiPartitionsDefinition,
    OpExecutionContext,
    Output,
    PartitionKeyRange,
    ResourceDefinition,
    RetryRequested,
    StaticPartitionsDefinition,
    asset,
    asset_check,
    build_asset_check_context,
    build_asset_context,
    build_op_context,
    job,
    materialize,
    multi_asset,
    op,
)

DAYS = DailyPartitionsDefinition("2024-01-01")
LETTERS = StaticPartitionsDefinition(["x", "y", "z"])
UTC = timezone.utc  # noqa: UP017


def day(number: int) -> datetime:
    return datetime(2024, 1, number, tzinfo=UTC)


def ran(fn: Any, **how: Any) -> Any:
    """The value that a function gives as the asset `a`."""
    wrapped = fn if hasattr(fn, "keys") else asset(name="a")(fn)
    return materialize([wrapped], **how).asset_value("a")


# --- AssetExecutionContext: where it runs -----------------------------------------------------------------------------


def test_AssetExecutionContext_log_takes_every_level(caplog: pytest.LogCaptureFixture) -> None:
    @asset
    def a(context: AssetExecutionContext) -> None:
        for level in ("debug", "info", "warning", "error", "critical"):
            getattr(context.log, level)(f"at {level}")
        try:
            raise ValueError
        except ValueError:
            context.log.exception("at exception")

    with caplog.at_level(logging.DEBUG):
        assert materialize([a]).success


def test_AssetExecutionContext_the_asset_and_its_parts() -> None:
    @asset(key_prefix="p")
    def a(context: AssetExecutionContext, up: int) -> Any:
        assert context.asset_key == AssetKey(["p", "a"])
        assert context.asset_key_for_output() == AssetKey(["p", "a"])
        assert context.asset_key_for_output("result") == AssetKey(["p", "a"])
        assert context.asset_key_for_input("up") == AssetKey("up")
        assert context.assets_def.key == AssetKey(["p", "a"])
        assert set(context.selected_asset_keys) == {AssetKey(["p", "a"])}
        assert set(context.selected_output_names) == {"result"}
        assert set(context.selected_asset_check_keys) == set()
        return 1

    @asset
    def up() -> int:
        return 1

    assert materialize([up, a]).success


def test_AssetExecutionContext_selected_asset_check_keys() -> None:
    @asset(check_specs=[AssetCheckSpec("c", asset="a")])
    def a(context: AssetExecutionContext) -> Iterator[Any]:
        assert set(context.selected_asset_check_keys) == {AssetCheckKey(AssetKey("a"), "c")}
        yield Output(1)
        yield AssetCheckResult(passed=True)

    assert materialize([a]).success


def test_AssetExecutionContext_the_run() -> None:
    def a(context: AssetExecutionContext) -> int:
        assert context.run.run_id == context.dagster_run.run_id == context.run_id
        assert context.run_tags["k"] == "v"
        assert (context.has_tag("k"), context.has_tag("none")) == (True, False)
        assert (context.get_tag("k"), context.get_tag("none")) == ("v", None)
        assert context.retry_number == 0
        assert context.job_name == "__ephemeral_asset_job__"
        assert context.job_def.name == context.job_name
        assert context.op_def.name == context.op.name == "a"
        assert isinstance(context.instance, DagsterInstance)
        assert context.run_config["ops"]["a"]["config"] == {"n": 1}
        assert context.op_config == {"n": 1}
        assert context.resources.r == "r"
        assert context.pdb is not None
        return 1

    of = asset(config_schema={"n": int}, required_resource_keys={"r"})(a)
    config = {"ops": {"a": {"config": {"n": 1}}}}
    assert ran(of, tags={"k": "v"}, run_config=config, resources={"r": "r"}) == 1


def test_AssetExecutionContext_repository_def_is_that_of_the_definitions() -> None:
    @asset
    def a(context: AssetExecutionContext) -> bool:
        return context.repository_def is not None

    result = Definitions([a]).get_implicit_global_asset_job_def().execute_in_process()
    assert result.success


def test_AssetExecutionContext_retry_number_counts_from_zero() -> None:
    def a(context: AssetExecutionContext) -> int:
        if context.retry_number < 2:
            raise RetryRequested(max_retries=3)
        return context.retry_number

    assert ran(a) == 2


def test_AssetExecutionContext_get_and_op_execution_context() -> None:
    def a(context: AssetExecutionContext) -> bool:
        assert AssetExecutionContext.get().run_id == context.run_id
        assert context.op_execution_context.run_id == context.run_id
        return True

    assert ran(a)


# --- AssetExecutionContext: partitions --------------------------------------------------------------------------------


def test_AssetExecutionContext_one_partition() -> None:
    def a(context: AssetExecutionContext) -> int:
        assert context.has_partition_key
        assert not context.has_partition_key_range
        assert context.partition_key == "2024-01-02"
        assert list(context.partition_keys) == ["2024-01-02"]
        assert context.partition_key_range == PartitionKeyRange("2024-01-02", "2024-01-02")
        window = context.partition_time_window
        assert (window.start, window.end) == (day(2), day(3))
        assert context.asset_partition_key_for_output() == "2024-01-02"
        assert list(context.asset_partition_keys_for_output()) == ["2024-01-02"]
        assert context.asset_partition_key_range_for_output().start == "2024-01-02"
        assert context.asset_partitions_time_window_for_output().end == day(3)
        assert context.asset_partitions_def_for_output() == DAYS
        return 1

    assert ran(asset(partitions_def=DAYS)(a), partition_key="2024-01-02") == 1


def test_AssetExecutionContext_the_partitions_of_an_input() -> None:
    hours = HourlyPartitionsDefinition("2024-01-01-00:00")

    @asset(partitions_def=hours)
    def up(context: AssetExecutionContext) -> str:
        return context.partition_key

    @asset(partitions_def=DAYS, deps=[])
    def a(context: AssetExecutionContext, same: str) -> int:
        assert context.asset_partition_key_for_input("same") == "2024-01-02"
        return 1

    @asset(partitions_def=DAYS)
    def same(context: AssetExecutionContext) -> str:
        return context.partition_key

    @asset(partitions_def=DAYS, ins={"up": AssetIn()})
    def wide(context: AssetExecutionContext, up: Any) -> int:
        keys = list(context.asset_partition_keys_for_input("up"))
        assert (len(keys), keys[0], keys[-1]) == (24, "2024-01-02-00:00", "2024-01-02-23:00")
        assert context.asset_partition_key_range_for_input("up") == PartitionKeyRange(keys[0], keys[-1])
        window = context.asset_partitions_time_window_for_input("up")
        assert (window.start, window.end) == (day(2), day(3))
        assert context.asset_partitions_def_for_input("up") == hours
        return len(up)

    with DagsterInstance.ephemeral() as instance:
        assert materialize([same, a], instance=instance, partition_key="2024-01-02").success
        for key in hours.get_partition_keys_in_range(
            PartitionKeyRange("2024-01-02-00:00", "2024-01-02-23:00")
        ):
            materialize([up], instance=instance, partition_key=key)
        result = materialize([up, wide], instance=instance, partition_key="2024-01-02", selection=[wide])
        assert result.asset_value("wide") == 24


def test_AssetExecutionContext_a_range_of_partitions() -> None:
    seen = []

    @asset(partitions_def=DAYS)
    def a(context: AssetExecutionContext) -> dict[str, int]:
        assert context.has_partition_key_range
        assert not context.has_partition_key
        seen.extend(context.partition_keys)
        assert context.partition_key_range == PartitionKeyRange("2024-01-02", "2024-01-04")
        window = context.partition_time_window
        assert (window.start, window.end) == (day(2), day(5))
        return dict.fromkeys(context.partition_keys, 1)

    tags = {
        "dagster/asset_partition_range_start": "2024-01-02",
        "dagster/asset_partition_range_end": "2024-01-04",
    }
    assert materialize([a], tags=tags).success
    assert seen == ["2024-01-02", "2024-01-03", "2024-01-04"]


def test_AssetExecutionContext_multi_partition_key() -> None:
    grid = MultiPartitionsDefinition({"d": LETTERS, "c": StaticPartitionsDefinition(["1"])})

    def a(context: AssetExecutionContext) -> str:
        assert isinstance(context.partition_key, MultiPartitionKey)
        assert context.multi_partition_key.keys_by_dimension == {"c": "1", "d": "x"}
        return context.partition_key

    assert ran(asset(partitions_def=grid)(a), partition_key=MultiPartitionKey({"d": "x", "c": "1"})) == "1|x"


def test_AssetExecutionContext_partition_key_of_a_run_without_partitions() -> None:
    def a(context: AssetExecutionContext) -> str:
        return context.partition_key

    with pytest.raises(DagsterInvariantViolationError, match="partition_key") as caught:
        ran(a)
    assert "non-partitioned run" in str(caught.value)
    with pytest.raises(DagsterInvariantViolationError):
        ran(asset(partitions_def=LETTERS)(a))
    assert ran(asset(name="a", partitions_def=LETTERS)(lambda: 7)) == 7


def test_AssetExecutionContext_an_unknown_partition() -> None:
    @asset(partitions_def=LETTERS)
    def a() -> int:
        return 1

    with pytest.raises(DagsterUnknownPartitionError, match="Could not find a partition with key"):
        materialize([a], partition_key="nope")


# --- AssetExecutionContext: what it takes -----------------------------------------------------------------------------


def test_AssetExecutionContext_output_metadata() -> None:
    @asset
    def a(context: AssetExecutionContext) -> int:
        context.add_output_metadata({"m": 1})
        context.add_output_metadata({"n": 2}, output_name="result")
        assert dict(context.get_output_metadata("result")) == {"m": 1, "n": 2}
        return 1

    (event,) = materialize([a]).get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert (metadata["m"].value, metadata["n"].value) == (1, 2)


def test_AssetExecutionContext_output_metadata_of_several_names_the_output() -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both(context: AssetExecutionContext) -> Any:
        context.add_output_metadata({"m": 1}, "b")
        context.add_asset_metadata({"k": 2}, asset_key="a")
        return 1, 2

    events = materialize([both]).get_asset_materialization_events()
    facts = {event.asset_key.to_user_string(): event.materialization.metadata for event in events}
    assert ("m" in facts["a"], facts["b"]["m"].value) == (False, 1)
    assert ("k" in facts["b"], facts["a"]["k"].value) == (False, 2)


def test_AssetExecutionContext_add_asset_metadata_of_a_partition() -> None:
    @asset(partitions_def=LETTERS)
    def a(context: AssetExecutionContext) -> Any:
        context.add_asset_metadata({"all": 1})
        context.add_asset_metadata({"one": 2}, asset_key="a", partition_key="x")
        return 1

    (event,) = materialize([a], partition_key="x").get_asset_materialization_events()
    assert event.materialization.metadata["all"].value == 1
    assert event.materialization.metadata["one"].value == 2


def test_AssetExecutionContext_log_event() -> None:
    @asset
    def a(context: AssetExecutionContext) -> int:
        context.log_event(AssetMaterialization("other", metadata={"m": 1}))
        return 1

    made = [e.asset_key.to_user_string() for e in materialize([a]).get_asset_materialization_events()]
    assert sorted(made) == ["a", "other"]


def test_AssetExecutionContext_load_asset_value() -> None:
    @asset(partitions_def=LETTERS)
    def sliced(context: AssetExecutionContext) -> str:
        return context.partition_key

    @asset
    def up() -> int:
        return 3

    @asset(deps=[up, sliced])
    def a(context: AssetExecutionContext) -> Any:
        return (
            context.load_asset_value(AssetKey("up")),
            context.load_asset_value("up", python_type=int),
            context.load_asset_value("sliced", partition_key="y"),
        )

    with DagsterInstance.ephemeral() as instance:
        materialize([sliced], instance=instance, partition_key="y")
        materialize([up], instance=instance)
        result = materialize([up, sliced, a], instance=instance, selection=[a])
        assert result.asset_value("a") == (3, 3, "y")


def test_AssetExecutionContext_provenance_and_data_version() -> None:
    @asset(code_version="7")
    def a(context: AssetExecutionContext) -> str:
        context.set_data_version(AssetKey("a"), DataVersion("v1"))
        found = context.get_asset_provenance(AssetKey("a"))
        return "none" if found is None else found.code_version

    with DagsterInstance.ephemeral() as instance:
        result = materialize([a], instance=instance)
        assert result.asset_value("a") == "none"
        (event,) = result.get_asset_materialization_events()
        assert event.materialization.tags["dagster/data_version"] == "v1"
        assert materialize([a], instance=instance).asset_value("a") == "7"


# --- the others -------------------------------------------------------------------------------------------------------


def test_OpExecutionContext_of_an_op() -> None:
    @op(config_schema={"n": int}, required_resource_keys={"r"})
    def one(context: OpExecutionContext) -> Any:
        assert context.op_config == {"n": 2}
        assert context.resources.r == "res"
        assert (context.op.name, context.op_def.name, context.job_name) == ("one", "one", "ops")
        assert context.has_tag("k")
        assert context.retry_number == 0
        context.log.info("told")
        context.add_output_metadata({"m": 1})
        return context.run_id

    @job(resource_defs={"r": ResourceDefinition.hardcoded_resource("res")}, tags={"k": "v"})
    def ops() -> None:
        one()

    result = ops.execute_in_process(run_config={"ops": {"one": {"config": {"n": 2}}}})
    assert result.output_for_node("one") == result.run_id


def test_AssetCheckExecutionContext_of_a_check() -> None:
    seen = []

    @asset
    def a() -> int:
        return 1

    @asset_check(asset=a)
    def c(context: AssetCheckExecutionContext, a: int) -> AssetCheckResult:
        seen.append((context.run_id, context.check_specs[0].name))
        assert context.check_specs[0].asset_key == AssetKey("a")
        assert context.op_execution_context is not None
        context.log.info("told")
        return AssetCheckResult(passed=True)

    result = materialize([a, c])
    assert seen == [(result.run_id, "c")]


class Settings(Config):
    n: int = 1


def test_build_asset_context_arguments() -> None:
    with DagsterInstance.ephemeral() as instance:
        context = build_asset_context(
            resources={"r": "res"},
            asset_config={"n": 3},
            instance=instance,
            partition_key="x",
            run_tags={"k": "v"},
        )
        assert context.resources.r == "res"
        assert context.op_config == {"n": 3}
        assert context.instance is instance
        assert context.partition_key == "x"
        assert context.run_tags["k"] == "v"
        assert context.has_tag("k")


def test_build_asset_context_a_range() -> None:
    @asset(partitions_def=DAYS)
    def a(context: AssetExecutionContext) -> Any:
        return list(context.partition_keys)

    context = build_asset_context(partition_key_range=PartitionKeyRange("2024-01-01", "2024-01-03"))
    assert a(context) == ["2024-01-01", "2024-01-02", "2024-01-03"]


def test_build_asset_context_is_a_context_manager_and_tells_of_the_called_asset() -> None:
    @asset
    def a(context: AssetExecutionContext) -> Any:
        context.add_output_metadata({"m": 1})
        return context.asset_key, context.assets_def.key

    with build_asset_context() as context:
        assert a(context) == (AssetKey("a"), AssetKey("a"))
        assert context.get_output_metadata("result") == {"m": 1}


def test_build_asset_context_has_values_for_what_only_a_run_has() -> None:
    context = build_asset_context()
    assert isinstance(context.run_id, str)
    assert context.retry_number == 0
    context.log.info("told")


def test_build_op_context_arguments() -> None:
    with DagsterInstance.ephemeral() as instance:
        context = build_op_context(
            resources={"r": "res"},
            op_config={"n": 3},
            instance=instance,
            partition_key="x",
            mapping_key="k",
            run_tags={"t": "v"},
        )
        assert context.resources.r == "res"
        assert context.op_config == {"n": 3}
        assert context.instance is instance
        assert context.partition_key == "x"
        assert context.get_mapping_key() == "k"
        assert context.run_tags["t"] == "v"


def test_build_op_context_runs_an_op_directly() -> None:
    @op(config_schema={"n": int})
    def one(context: OpExecutionContext, m: int) -> int:
        return context.op_config["n"] + m

    with build_op_context(config={"n": 3}) as context:
        assert one(context, 4) == 7
    ranged = build_op_context(partition_key_range=PartitionKeyRange("2024-01-01", "2024-01-03"))
    assert ranged.partition_key_range == PartitionKeyRange("2024-01-01", "2024-01-03")


def test_build_op_context_resources_config() -> None:
    from tidemill import InitResourceContext, resource

    @resource(config_schema={"n": int})
    def number(context: InitResourceContext) -> int:
        return context.resource_config["n"] + 1

    built = build_op_context(resources={"r": number}, resources_config={"r": {"config": {"n": 4}}})
    with built as context:
        assert context.resources.r == 5


def test_build_asset_check_context_runs_a_check_directly() -> None:
    @asset_check(asset="a", required_resource_keys={"r"})
    def c(context: AssetCheckExecutionContext) -> AssetCheckResult:
        return AssetCheckResult(passed=context.resources.r == "res")

    assert c(build_asset_check_context(resources={"r": "res"})).passed
    with DagsterInstance.ephemeral() as instance:
        assert build_asset_check_context(instance=instance).instance is instance
