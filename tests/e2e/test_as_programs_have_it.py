"""Small things that programs and their tests rely on, found by running many of them (api.md 1.1, 1.2, 1.4)."""

import pytest

from tidemill import (
    AssetCheckResult,
    AssetKey,
    AssetSelection,
    AssetSpec,
    Definitions,
    Failure,
    InvalidDefinitionError,
    MaterializeResult,
    RetryRequested,
    StaticPartitionsDefinition,
    asset,
    asset_check,
    materialize,
    multi_asset,
)


def test_1_1_an_asset_key_as_text_is_what_makes_it() -> None:
    assert f"{AssetKey('a')} {AssetKey(['a', 'b'])!s}" == "AssetKey(['a']) AssetKey(['a', 'b'])"


def test_1_1_keys_are_a_set() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def both() -> None: ...

    assert both.keys == {AssetKey("a"), AssetKey("b")}
    assert both.keys | {AssetKey("c")} == {AssetKey(each) for each in "abc"}
    assert both.keys.isdisjoint({AssetKey("d")})


def test_1_1_the_metadata_of_a_result_is_what_was_given_until_it_is_recorded() -> None:
    @asset
    def counted() -> MaterializeResult:
        return MaterializeResult(metadata={"rows": 3, "names": ["a"]})

    assert counted().metadata == {"rows": 3, "names": ["a"]}
    (made,) = materialize([counted]).asset_materializations_for_node("counted")
    assert made.metadata["rows"].value == 3
    assert made.metadata["names"].data == ["a"]


def test_1_2_what_user_code_raised_is_the_cause_of_an_error_that_names_the_step() -> None:
    @asset
    def odd() -> None:
        raise ValueError("seven") from KeyError("inner")

    @asset
    def refused() -> None:
        raise Failure("on purpose")

    @asset
    def asked() -> None:
        raise RetryRequested(max_retries=0) from OSError("busy")

    result = materialize([odd, refused, asked], raise_on_error=False)
    error = result.failure_data_for_node("odd").error
    assert error.cls_name == "DagsterExecutionStepExecutionError"
    assert "'odd'" in error.message
    assert (error.cause.cls_name, error.cause.cause.cls_name) == ("ValueError", "KeyError")
    assert "ValueError: seven" in error.to_string()
    assert result.failure_data_for_node("refused").error.cls_name == "Failure"
    assert result.failure_data_for_node("asked").error.cause.cls_name == "OSError"


def test_1_2_an_error_of_ours_is_told_as_it_is() -> None:
    @asset
    def number() -> int:
        return "three"  # type: ignore[return-value]

    result = materialize([number], raise_on_error=False)
    assert result.failure_data_for_node("number").error.cls_name == "DagsterTypeCheckDidNotPass"


@asset(group_name="raw", tags={"of": "shop"}, kinds={"csv"}, owners=["team:x"], metadata={"rows": 3})
def orders() -> None: ...


@asset(deps=[orders, "given"], partitions_def=StaticPartitionsDefinition(["eu", "us"]), code_version="2")
def by_region() -> None:
    """Sums."""


@asset_check(asset=orders)
def some() -> AssetCheckResult:
    return AssetCheckResult(passed=True)


def test_1_4_the_asset_graph_of_definitions() -> None:
    defs = Definitions(assets=[by_region, orders], asset_checks=[some])
    graph = defs.resolve_asset_graph()
    made, given = {orders.key, by_region.key}, AssetKey("given")
    assert graph.get_all_asset_keys() == {*made, given}
    assert (graph.materializable_asset_keys, graph.external_asset_keys) == (made, {given})
    assert graph.root_materializable_asset_keys == {orders.key}
    assert graph.toposorted_asset_keys_by_level == [[given, orders.key], [by_region.key]]
    assert graph.toposorted_asset_keys == [given, orders.key, by_region.key]
    assert graph.partitioned_asset_keys == {by_region.key}
    assert graph.asset_keys_for_group("raw") == {orders.key}
    assert graph.asset_check_keys == graph.get_check_keys_for_assets({orders.key}) == some.check_keys
    assert (graph.has("given"), graph.has("nothing")) == (True, False)
    assert defs.get_asset_graph().get_all_asset_keys() == graph.get_all_asset_keys()
    assert AssetSelection.groups("raw").resolve(graph) == {orders.key}


def test_1_4_a_node_of_the_asset_graph() -> None:
    graph = Definitions(assets=[by_region, orders], asset_checks=[some]).resolve_asset_graph()
    node = graph.get("by_region")
    assert node.parent_keys == {orders.key, AssetKey("given")}
    assert node.partitions_def.get_partition_keys() == ["eu", "us"]
    assert (node.group_name, node.description, node.code_version) == ("default", "Sums.", "2")
    assert (node.is_partitioned, node.is_materializable, node.backfill_policy) == (True, True, None)
    node = graph.get(orders.key)
    assert (node.child_keys, node.check_keys) == ({by_region.key}, some.check_keys)
    assert (node.group_name, node.owners, node.kinds) == ("raw", ("team:x",), {"csv"})
    assert (node.tags["of"], node.metadata["rows"]) == ("shop", 3)
    node = graph.get("given")
    assert (node.is_external, node.is_partitioned, node.spec.key) == (True, False, AssetKey("given"))
    with pytest.raises(InvalidDefinitionError, match="'order'") as caught:
        graph.get("order")
    assert "orders" in caught.value.next_step


def test_1_4_a_graph_that_is_no_good_is_an_error_when_it_is_asked_for() -> None:
    @asset(deps=["there"])
    def here() -> None: ...

    @asset(deps=["here"])
    def there() -> None: ...

    with pytest.raises(InvalidDefinitionError):
        Definitions(assets=[here, there]).resolve_asset_graph()
    with pytest.raises(InvalidDefinitionError, match="orders"):
        Definitions(assets=[orders, orders.with_attributes()]).resolve_asset_graph()


def test_1_4_the_implicit_job_by_either_name() -> None:
    defs = Definitions(assets=[orders])
    assert defs.resolve_implicit_global_asset_job_def().execute_in_process().success
