"""Contexts of I/O managers: what they tell, what they collect, and that they say what they do not have."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from tidemill.core.errors import InvariantViolationError, UnsupportedNameError
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.definitions.partitions.partitions import PartitionKeyRange, StaticPartitionsDefinition
from tidemill.definitions.resources.functions import resource
from tidemill.definitions.results import AssetObservation
from tidemill.io.context_testing import build_input_context, build_output_context
from tidemill.io.contexts import InputContext, OutputContext

REGIONS = StaticPartitionsDefinition(["eu", "us", "asia"])


def test_an_output_knows_its_asset() -> None:
    context = OutputContext(
        asset_key=AssetKey(["ml", "model"]),
        definition_metadata={"columns": 3},
        output_metadata={"rows": 1},
        dagster_type=int,
        run_id="r1",
        job_name="train",
        step_key="ml__model",
    )
    assert (context.asset_key, context.has_asset_key, context.name) == (
        AssetKey(["ml", "model"]),
        True,
        "result",
    )
    assert context.metadata == context.definition_metadata == {"columns": 3}
    assert (context.output_metadata, context.dagster_type.typing_type) == ({"rows": 1}, int)
    assert context.dagster_type.display_name == "Int"
    assert (context.run_id, context.job_name, context.step_key) == ("r1", "train", "ml__model")
    assert context.get_identifier() == context.get_asset_identifier() == ["ml", "model"]
    assert context.get_run_scoped_output_identifier() == ["r1", "ml__model", "result"]


def test_an_output_of_no_asset_is_named_by_its_run() -> None:
    context = build_output_context(step_key="split", name="left", run_id="r1", mapping_key="m")
    assert context.get_identifier() == ["r1", "split", "left", "m"]
    with pytest.raises(InvariantViolationError) as caught:
        _ = context.asset_key
    assert caught.value.subject == "left"


def test_what_the_manager_says_is_collected_in_order() -> None:
    context = build_output_context(asset_key="a")
    context.add_output_metadata({"rows": 1, "path": "x"})
    context.add_output_metadata({"rows": 2})
    context.log_event(AssetObservation("a"))
    assert context.added == {"rows": MetadataValue.int(2), "path": MetadataValue.text("x")}
    assert context.events == [AssetObservation("a")]
    read = build_input_context(asset_key="a")
    read.add_input_metadata({"rows": 2}, description="whole")
    assert set(read.added) == {"description", "rows"}


def test_one_partition() -> None:
    context = build_output_context(asset_key="a", partition_key="eu")
    assert (context.partition_key, context.asset_partition_key) == ("eu", "eu")
    assert (context.has_partition_key, context.has_asset_partitions) == (True, True)
    assert context.get_identifier() == ["a", "eu"]


def test_a_range_of_partitions() -> None:
    context = build_input_context(
        asset_key="a",
        asset_partition_key_range=PartitionKeyRange("us", "asia"),
        asset_partitions_def=REGIONS,
    )
    assert context.asset_partition_keys == ["us", "asia"]
    assert context.asset_partition_key_range == PartitionKeyRange("us", "asia")
    assert (context.asset_partitions_def, context.has_partition_key) == (REGIONS, False)
    with pytest.raises(InvariantViolationError) as caught:
        _ = context.asset_partition_key
    assert caught.value.found == "2 partitions"
    with pytest.raises(InvariantViolationError) as caught:
        build_input_context(asset_partition_key_range=PartitionKeyRange("us", "asia"))
    assert caught.value.subject == "asset_partition_key_range"


@pytest.mark.parametrize(
    "question",
    [
        "partition_key",
        "asset_partition_key",
        "asset_partition_keys",
        "asset_partition_key_range",
        "asset_partitions_def",
        "instance",
    ],
)
@pytest.mark.parametrize("build", [build_input_context, build_output_context])
def test_what_is_not_there_is_said(build: Any, question: str) -> None:
    with pytest.raises(InvariantViolationError) as caught:
        getattr(build(asset_key="a"), question)
    assert caught.value.subject == "a"
    assert "'a' has no" in caught.value.problem


def test_an_input_knows_what_it_was_stored_with() -> None:
    upstream = build_output_context(asset_key=["raw", "a"], metadata={"format": "csv"})
    context = build_input_context(
        name="table", upstream_output=upstream, definition_metadata={"columns": ["x"]}
    )
    assert (context.asset_key, context.name) == (AssetKey(["raw", "a"]), "table")
    assert (context.metadata, context.upstream_output) == ({"columns": ["x"]}, upstream)
    scoped = build_output_context(step_key="s", run_id="r")
    assert build_input_context(upstream_output=scoped).get_identifier() == ["r", "s", "result"]


def test_resources_of_a_built_context_live_as_long_as_it() -> None:
    story = []

    @resource
    def database() -> Iterator[str]:
        story.append("+")
        yield "db"
        story.append("-")

    context = build_output_context(resources={"database": database}, resource_config={"n": 1})
    assert (context.resources.database, context.resource_config, story) == ("db", {"n": 1}, ["+"])
    del context
    gc.collect()
    assert story == ["+", "-"]


def test_the_store_and_a_logger() -> None:
    context = build_input_context(asset_key="a", instance="store")
    assert context.instance == "store"
    assert context.log.name == "tidemill"


@pytest.mark.parametrize("cls", [InputContext, OutputContext])
def test_an_attribute_of_another_name_is_an_error_with_near_ones(cls: type) -> None:
    with pytest.raises(UnsupportedNameError) as caught:
        _ = cls().asset_kye
    assert caught.value.subject == "asset_kye"
    assert (caught.value.next_step or "").startswith("did you mean 'asset_key'")
    assert not hasattr(cls(), "asset_partitions_time_windows")
