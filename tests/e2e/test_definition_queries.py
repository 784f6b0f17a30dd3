"""What programs ask of definitions and of their graph, and definitions that are made of others (api.md 1.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tidemill import (
    AssetCheckKey,
    AssetKey,
    AssetSpec,
    DataVersion,
    Definitions,
    InvalidDefinitionError,
    InvariantViolationError,
    SourceAsset,
    asset,
    asset_check,
    define_asset_job,
    observable_source_asset,
)


@asset(group_name="g", tags={"k": "v"}, owners=["a@b.co"], kinds={"python"}, metadata={"m": 1})
def a() -> int:
    return 1


@asset(deps=["ext"])
def b(a: int) -> int:
    return 2


@asset_check(asset=a)
def good(a: int) -> bool:
    return a == 1


@observable_source_asset
def seen() -> DataVersion:
    return DataVersion("1")


DEFS = Definitions(
    [a, b, SourceAsset("s"), AssetSpec("below", group_name="g2", deps=[a]), seen],
    asset_checks=[good],
    jobs=[define_asset_job("j"), define_asset_job("look", [seen, a])],
)
GRAPH = DEFS.resolve_asset_graph()


def names(keys: Any) -> list[str]:
    return sorted(key.to_user_string() for key in keys)


def test_the_assets_of_the_graph() -> None:
    assert names(GRAPH.get_all_asset_keys()) == ["a", "b", "below", "ext", "s", "seen"]
    assert names(GRAPH.executable_asset_keys) == ["a", "b", "seen"]
    assert names(GRAPH.observable_asset_keys) == ["seen"]
    assert names(GRAPH.unexecutable_asset_keys) == ["below", "ext", "s"]
    assert GRAPH.all_group_names == {"default", "g", "g2"}
    assert names(node.key for node in GRAPH.asset_nodes) == names(GRAPH.get_all_asset_keys())
    assert names(GRAPH.assets_defs_by_key) == ["a", "b", "seen"]


def test_an_asset_of_the_graph() -> None:
    node = GRAPH.get(AssetKey("a"))
    assert (node.owners, node.kinds, node.is_observable, node.is_executable) == (
        ["a@b.co"], {"python"}, False, True,
    )  # fmt: skip
    assert names(node.child_keys) == ["b", "below"]
    assert names(each.key for each in GRAPH.get_children(node)) == ["b", "below"]
    assert names(GRAPH.get_parents(AssetKey("below"))) == ["a"]
    assert names(GRAPH.get_ancestor_asset_keys(AssetKey("b"))) == ["a", "ext"]
    assert GRAPH.get(AssetKey("seen")).is_observable
    assert node == GRAPH.get(AssetKey("a"))


def test_checks_and_specs() -> None:
    key = AssetCheckKey(AssetKey("a"), "good")
    assert GRAPH.get_check_spec(key).name == "good"
    assert DEFS.get_asset_checks_def(key).check_keys == {key}
    with pytest.raises(InvalidDefinitionError, match="a:god"):
        GRAPH.get_check_spec(AssetCheckKey(AssetKey("a"), "god"))
    with pytest.raises(InvariantViolationError, match="a:god"):
        DEFS.get_asset_checks_def(AssetCheckKey(AssetKey("a"), "god"))
    assert names(spec.key for spec in DEFS.resolve_all_asset_specs()) == names(DEFS.resolve_all_asset_keys())


def test_as_a_repository() -> None:
    repository = DEFS.get_repository_def()
    assert names(repository.assets_defs_by_key) == ["a", "b", "seen"]
    assert names(repository.source_assets_by_key) == ["s", "seen"]


def test_a_job_observes_what_it_names() -> None:
    result = DEFS.get_job_def("look").execute_in_process()
    assert names(event.asset_key for event in result.get_asset_observation_events()) == ["seen"]
    assert DEFS.get_job_def("look").partitions_def is None


def test_specs_are_mapped() -> None:
    defs = Definitions([a, AssetSpec("x")])
    grouped = defs.map_asset_specs(func=lambda spec: spec.replace_attributes(group_name="n"))
    assert {spec.group_name for spec in grouped.resolve_all_asset_specs()} == {"n"}
    tagged = defs.map_resolved_asset_specs(
        func=lambda spec: spec.merge_attributes(tags={"q": "1"}), selection="group:g"
    )
    assert [spec.tags.get("q") for spec in tagged.resolve_all_asset_specs()] == ["1", None]
    with pytest.raises(InvariantViolationError, match="map_resolved_asset_specs"):
        defs.map_asset_specs(func=lambda spec: spec, selection="a")
    with pytest.raises(InvariantViolationError, match="no spec"):
        DEFS.map_asset_specs(func=lambda spec: spec)


def test_definitions_with_something_changed() -> None:
    @asset(required_resource_keys={"q"})
    def needs(context: Any) -> Any:
        return context.resources.q

    defs = Definitions([needs], metadata={"a": 1}).with_resources({"q": 5})
    assert defs.get_implicit_global_asset_job_def().execute_in_process().output_for_node("needs") == 5
    assert set(defs.with_definition_metadata_update(lambda said: {**said, "w": 2}).metadata) == {"a", "w"}
