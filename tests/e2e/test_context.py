"""The context: what it tells while a run executes, what it takes, and how it stands in where none does."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from tidemill import (
    AssetExecutionContext,
    AssetIn,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    AssetOut,
    DagsterInstance,
    DataVersion,
    MaterializeResult,
    Output,
    asset,
    asset_check,
    build_asset_context,
    get_dagster_logger,
    materialize,
    multi_asset,
)
from tidemill.core.errors import InvariantViolationError, StepNotFoundError, UnsupportedNameError


def told(function, **arguments):
    """What `function` says of the context of an asset in a run."""
    seen = []

    @asset(**arguments.pop("asset", {}))
    def looked(context: AssetExecutionContext) -> None:
        seen.append(function(context))

    materialize([looked], **arguments)
    return seen[0]


def test_the_step() -> None:
    assert told(lambda context: context.asset_key) == AssetKey("looked")
    assert told(lambda context: context.asset_key_for_output()) == AssetKey("looked")
    assert told(lambda context: context.asset_key_for_output("result")) == AssetKey("looked")
    assert told(lambda context: context.selected_output_names) == {"result"}
    assert told(lambda context: context.selected_asset_keys) == {AssetKey("looked")}
    assert told(lambda context: context.selected_asset_check_keys) == set()
    assert told(lambda context: context.retry_number) == 0
    assert told(lambda context: context.has_assets_def) is True
    assert told(lambda context: context.assets_def.key) == AssetKey("looked")
    assert told(lambda context: (context.op.name, context.op_def.name)) == ("looked", "looked")
    assert told(lambda context: context.op_execution_context is context) is True
    assert told(lambda context: context.op_config) in ({}, None)


def test_a_key_of_several_parts() -> None:
    key = {"key_prefix": ["raw", "daily"]}
    assert told(lambda context: context.asset_key.path, asset=key) == ["raw", "daily", "looked"]
    assert told(lambda context: context.op.name, asset=key) == "raw__daily__looked"


def test_the_run() -> None:
    seen = {}

    @asset
    def looked(context) -> None:
        seen["ids"] = {context.run_id, context.run.run_id, context.dagster_run.run_id}
        seen["job"] = {context.job_name, context.run.job_name}
        seen["tags"] = (
            context.has_tag("k"),
            context.get_tag("k"),
            context.has_tag("x"),
            context.get_tag("x"),
        )
        seen["run_tags"] = dict(context.run.tags)
        seen["partition"] = context.has_partition_key

    result = materialize([looked], tags={"k": "v"})
    assert seen["ids"] == {result.run_id}
    assert seen["job"] == {"__ephemeral_asset_job__"}
    assert seen["tags"] == (True, "v", False, None)
    assert seen["run_tags"] == {"k": "v"}
    assert seen["partition"] is False


def test_inputs_by_name() -> None:
    seen = []

    @asset(key_prefix="raw")
    def source() -> int:
        return 1

    @asset(ins={"given": AssetIn(key=AssetKey(["raw", "source"]))})
    def looked(context, given: int) -> None:
        seen.append(context.asset_key_for_input("given"))
        with pytest.raises(StepNotFoundError) as caught:
            context.asset_key_for_input("other")
        assert caught.value.expected == "given"

    materialize([source, looked])
    assert seen == [AssetKey(["raw", "source"])]


def test_several_assets_have_no_single_key() -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both(context):
        assert context.asset_key_for_output("b") == AssetKey("b")
        with pytest.raises(StepNotFoundError):
            context.asset_key_for_output("c")
        return context.asset_key

    with pytest.raises(InvariantViolationError) as caught:
        materialize([both])
    assert caught.value.found == "a, b"


def test_the_context_of_whoever_runs() -> None:
    def deep() -> str:
        return AssetExecutionContext.get().asset_key.to_user_string()

    @asset
    def first() -> str:
        return deep()

    @asset
    def second(context) -> bool:
        return AssetExecutionContext.get() is context

    result = materialize([first, second])
    assert result.asset_value("first") == "first"
    assert result.asset_value("second") is True
    with pytest.raises(InvariantViolationError, match="No step"):
        AssetExecutionContext.get()


def test_no_context_after_a_failure() -> None:
    @asset
    def bad() -> None:
        raise ValueError("no")

    materialize([bad], raise_on_error=False)
    with pytest.raises(InvariantViolationError):
        AssetExecutionContext.get()


def test_a_property_that_it_does_not_have() -> None:
    with pytest.raises(AttributeError) as caught:
        told(lambda context: context.partition_kee)
    assert "partition_key" in str(caught.value)


@pytest.mark.parametrize("name", ["context", "_context", "_", "__"])
def test_names_of_the_context_parameter(name: str) -> None:
    namespace = {"asset": asset, "seen": []}
    exec(f"@asset\ndef looked({name}):\n    seen.append({name}.asset_key)\n", namespace)  # noqa: S102  (ours)
    materialize([namespace["looked"]])
    assert namespace["seen"] == [AssetKey("looked")]


# Metadata


def metadata_of(*assets, node: str = "scored"):
    (made,) = materialize(list(assets)).asset_materializations_for_node(node)
    told = {name: value.value for name, value in made.metadata.items()}
    told.pop("path", None)  # of the file, which the manager adds
    return told


def test_metadata_of_the_output_and_of_the_context_go_together() -> None:
    @asset
    def scored(context):
        context.add_output_metadata({"rows": 1, "kept": "yes"})
        context.add_output_metadata({"rows": 2})
        assert context.get_output_metadata("result")["rows"] == 2
        return Output(1, metadata={"score": 0.5})

    assert metadata_of(scored) == {"rows": 2, "kept": "yes", "score": 0.5}


def test_metadata_with_a_plain_value_or_a_result() -> None:
    @asset
    def scored(context) -> int:
        context.add_asset_metadata({"rows": 1})
        return 1

    assert metadata_of(scored) == {"rows": 1}

    @asset(name="scored")
    def reported(context):
        context.add_output_metadata({"rows": 1}, output_name="result")
        return MaterializeResult(metadata={"n": 2})

    assert metadata_of(reported) == {"rows": 1, "n": 2}


def test_metadata_of_one_of_several_outputs() -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both(context):
        context.add_output_metadata({"n": 1}, output_name="a")
        context.add_asset_metadata({"n": 2}, asset_key="b")
        with pytest.raises(InvariantViolationError, match="2 outputs"):
            context.add_output_metadata({"n": 3})
        with pytest.raises(StepNotFoundError):
            context.add_output_metadata({"n": 3}, output_name="c")
        with pytest.raises(StepNotFoundError):
            context.add_asset_metadata({"n": 3}, asset_key="c")
        return 1, 2

    made = materialize([both]).asset_materializations_for_node("both")
    assert [m.metadata["n"].value for m in made] == [1, 2]


def test_numpy_numbers_are_kept_as_numbers() -> None:
    numpy = pytest.importorskip("numpy")

    @asset
    def scored(context):
        context.add_output_metadata({"loss": numpy.float32(0.5)})
        return Output(1, metadata={"n": numpy.int64(3), "ok": numpy.bool_(True)})

    assert metadata_of(scored) == {"loss": 0.5, "n": 3, "ok": True}
    with DagsterInstance.ephemeral() as instance:
        materialize([scored], instance=instance)
        assert [point.value for point in instance.home.store.series(AssetKey("scored"), "loss")] == [0.5]


class Strange:
    def __repr__(self) -> str:
        return "<strange>"


@pytest.mark.parametrize("way", ["output", "context", "result", "check", "event", "observation"])
def test_metadata_of_an_unknown_type_is_a_warning_in_the_log(way: str, tmp_path: Path) -> None:
    odd = {"odd": Strange()}

    @asset
    def scored(context):
        if way == "context":
            context.add_output_metadata(odd)
        if way == "event":
            context.log_event(AssetMaterialization("other", metadata=odd))
        if way == "observation":
            yield AssetObservation("other", metadata=odd)
        if way == "result":
            yield MaterializeResult(value=1, metadata=odd)
        else:
            yield Output(1, metadata=odd if way == "output" else None)

    @asset_check(asset=scored)
    def fine():
        from tidemill import AssetCheckResult

        return AssetCheckResult(passed=True, metadata=odd if way == "check" else None)

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        result = materialize([scored, fine], instance=instance)
    assert result.success
    lines = log_of(tmp_path, result.run_id)
    assert [(line["stream"], line["level"]) for line in lines] == [("log", "warning")]
    assert 'metadata "odd"' in lines[0]["text"]
    assert "Strange" in lines[0]["text"]


def log_of(folder: Path, run_id: str) -> list[dict]:
    files = sorted((folder / "logs" / run_id).glob("*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


# Data versions


def test_a_data_version_of_the_users_own() -> None:
    @asset
    def by_output():
        return Output(1, data_version=DataVersion("v1"))

    @asset
    def by_result():
        return MaterializeResult(value=2, data_version=DataVersion("v2"))

    @asset
    def by_context(context) -> int:
        context.set_data_version("by_context", DataVersion("v3"))
        return 3

    @asset
    def child(by_output: int, by_result: int, by_context: int) -> int:
        return 4

    result = materialize([by_output, by_result, by_context, child])
    tags = {
        m.asset_key.to_user_string(): m.materialization.tags
        for m in result.get_asset_materialization_events()
    }
    assert [tags[name]["dagster/data_version"] for name in ("by_output", "by_result", "by_context")] == [
        "v1",
        "v2",
        "v3",
    ]
    assert tags["child"]["dagster/input_data_version/by_result"] == "v2"


def test_tags_of_a_version() -> None:
    @asset
    def tagged():
        return Output(1, tags={"split": "time"})

    (made,) = materialize([tagged]).asset_materializations_for_node("tagged")
    assert made.tags["split"] == "time"


# The store


def test_the_store_and_values_of_other_assets(tmp_path: Path) -> None:
    @asset
    def settings() -> dict[str, int]:
        return {"depth": 3}

    @asset(deps=[settings])
    def model(context) -> int:
        assert context.instance.load_asset_value("settings") == {"depth": 3}
        assert context.instance.has_asset_key(AssetKey("settings"))
        return context.load_asset_value("settings", python_type=dict)["depth"]

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert materialize([settings, model], instance=instance).asset_value("model") == 3


# The log


def test_the_log_is_kept_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    @asset
    def loud(context) -> None:
        context.log.info("one %s", "argument")
        print("two")
        context.log.warning("three")
        get_dagster_logger().info("four")
        get_dagster_logger("mine").debug("five")
        context.log.debug("six")
        try:
            raise ValueError("seven")
        except ValueError:
            context.log.exception("caught")
            get_dagster_logger().exception("eight")

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        result = materialize([loud], instance=instance)
    lines = log_of(tmp_path, result.run_id)
    assert [line["text"] for line in lines[:6]] == ["one argument", "two", "three", "four", "five", "six"]
    assert [line["level"] for line in lines] == [
        "info",
        "info",
        "warning",
        "info",
        "debug",
        "debug",
        "error",
        "error",
    ]
    assert lines[6]["text"].startswith("caught\n")
    assert "ValueError: seven" in lines[6]["text"]
    assert lines[7]["text"].startswith("eight\n")
    assert "ValueError: seven" in lines[7]["text"]
    assert capsys.readouterr().out == "two\n"


def test_lines_reach_standard_logging(caplog: pytest.LogCaptureFixture) -> None:
    @asset
    def loud(context) -> None:
        context.log.error("heard")

    with caplog.at_level(logging.INFO):
        materialize([loud])
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", "loud - heard")
    ]


# Outside of any run


def test_calling_with_a_context() -> None:
    @asset
    def scored(context, table: list[int]) -> int:
        context.log.info("rows %d", len(table))
        context.add_output_metadata({"rows": len(table)})
        return len(table)

    context = build_asset_context()
    assert scored(context, [1, 2]) == 2
    assert context.get_output_metadata("result")["rows"] == 2
    assert context.asset_key == AssetKey("scored")


def test_calling_without_a_context() -> None:
    @asset
    def added(table: int, more: int = 1) -> int:
        return table + 1

    assert added(5, 1) == 6
    assert added(table=5, more=1) == 6


def test_a_partition_in_a_test() -> None:
    from tidemill import StaticPartitionsDefinition

    @asset(partitions_def=StaticPartitionsDefinition(["eu", "us"]))
    def sliced(context) -> str:
        return context.partition_key

    assert sliced(build_asset_context(partition_key="eu")) == "eu"
    with pytest.raises(
        InvariantViolationError, match="Cannot access partition_key for a non-partitioned run"
    ):
        sliced(build_asset_context())


def test_run_facts_in_a_test() -> None:
    context = build_asset_context(run_tags={"k": "v"})
    assert isinstance(context.run_id, str)
    assert context.get_tag("k") == "v"
    assert context.retry_number == 0
    assert context.has_partition_key is False


def test_an_instance_in_a_test() -> None:
    @asset
    def counted(context) -> int:
        return len(context.instance.get_asset_keys())

    @asset
    def stored() -> int:
        return 7

    with DagsterInstance.ephemeral() as instance:
        materialize([stored], instance=instance)
        context = build_asset_context(instance=instance)
        assert counted(context) == 1
        assert context.load_asset_value("stored") == 7
    with build_asset_context() as context:
        assert counted(context) == 0


def test_config_in_a_test() -> None:
    assert build_asset_context(asset_config={"depth": 3}).op_config == {"depth": 3}
    assert build_asset_context().op_config in ({}, None)


def test_resources_in_a_test() -> None:
    @asset(required_resource_keys={"client"})
    def fetched(context) -> str:
        return context.resources.client.upper()

    with build_asset_context(resources={"client": "mine"}) as context:
        assert fetched(context) == "MINE"


def test_what_this_version_does_not_have() -> None:
    with pytest.raises(UnsupportedNameError) as caught:
        build_asset_context(event_loop=object())
    assert caught.value.subject == "event_loop"


def test_a_resource_as_a_parameter_in_a_test() -> None:
    from tidemill import ConfigurableResource

    heard = []

    class Client(ConfigurableResource):
        address: str

        def setup_for_execution(self, context) -> None:
            heard.append(f"up {self.address}")

        def teardown_after_execution(self, context) -> None:
            heard.append("down")

    @asset
    def fetched(context, client: Client, table: list[int]) -> str:
        return f"{client.address}: {len(table)}"

    assert fetched(build_asset_context(), client=Client(address="here"), table=[1]) == "here: 1"
    with build_asset_context(resources={"client": Client(address="there")}) as context:
        assert fetched(context, table=[1, 2]) == "there: 2"
    assert heard == ["up there", "down"]


def test_resources_and_config_in_a_run() -> None:
    from tidemill import Config

    class Depth(Config):
        depth: int = 3

    seen = {}

    @asset(required_resource_keys={"client"})
    def tuned(context, config: Depth) -> int:
        seen["config"] = context.op_config
        seen["client"] = context.resources.client
        with pytest.raises(AttributeError) as caught:
            _ = context.resources.clients
        seen["error"] = str(caught.value)
        return config.depth

    result = materialize(
        [tuned], resources={"client": "mine"}, run_config={"ops": {"tuned": {"config": {"depth": 9}}}}
    )
    assert result.asset_value("tuned") == 9
    assert (seen["config"], seen["client"]) == ({"depth": 9}, "mine")
    assert "client" in seen["error"]


def test_a_slip_in_a_message_costs_the_step_nothing() -> None:
    @asset
    def slips(context: AssetExecutionContext) -> int:
        context.log.info("%d of %d", 1)  # noqa: PLE1206  (the slip)
        return 1

    assert materialize([slips]).asset_value("slips") == 1
