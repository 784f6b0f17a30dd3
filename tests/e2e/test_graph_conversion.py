"""Assets of graphs and ops that exist already (api.md 1.1: `from_graph`, `from_op`)."""

from __future__ import annotations

from tidemill import (
    AssetKey,
    AssetsDefinition,
    Out,
    ResourceDefinition,
    StaticPartitionsDefinition,
    asset,
    graph,
    materialize,
    op,
    success_hook,
)


@op
def one() -> int:
    """Gives one."""
    return 1


@op(required_resource_keys={"step"})
def add(context, x: int) -> int:
    return x + context.resources.step


@op(out={"low": Out(), "high": Out()})
def split(x: int):
    return x - 1, x + 1


@graph
def plain():
    return one()


@graph
def added(x):
    return add(x)


@graph
def both(x):
    low, high = split(x)
    return {"low": low, "high": high}


def test_the_only_output_is_named_like_the_graph_or_op() -> None:
    of_graph, of_op = AssetsDefinition.from_graph(plain), AssetsDefinition.from_op(one, key_prefix="p")
    assert (of_graph.key, of_op.key) == (AssetKey("plain"), AssetKey(["p", "one"]))
    result = materialize([of_graph, of_op])
    assert (result.asset_value("plain"), result.asset_value(["p", "one"])) == (1, 1)


def test_keys_and_what_is_said_by_name() -> None:
    @asset
    def source() -> int:
        return 5

    heard = []

    @success_hook
    def hear(context):
        heard.append(context.step_key)

    made = AssetsDefinition.from_graph(
        both,
        keys_by_input_name={"x": AssetKey("source")},
        keys_by_output_name={"low": AssetKey(["k", "low"])},
        key_prefix="out",
        group_name="g",
        group_names_by_output_name={"high": "h"},
        metadata_by_output_name={"low": {"m": 1}},
        tags_by_output_name={"low": {"t": "1"}},
        descriptions_by_output_name={"high": "the upper"},
        hook_defs={hear},
    )
    low, high = AssetKey(["out", "k", "low"]), AssetKey(["out", "high"])
    assert made.group_names_by_key == {low: "g", high: "h"}
    assert (made.metadata_by_key[low], made.tags_by_key[low]) == ({"m": 1}, {"t": "1"})
    assert made.descriptions_by_key[high] == "the upper"
    assert made.asset_deps == {low: {AssetKey("source")}, high: {AssetKey("source")}}
    result = materialize([source, made])
    assert (result.asset_value(low), result.asset_value(high)) == (4, 6)
    assert heard == ["both.split"]


def test_resources_partitions_and_inner_dependencies() -> None:
    days = StaticPartitionsDefinition(["mon", "tue"])

    @asset(partitions_def=days)
    def x(context) -> int:
        return 3

    step = {"step": ResourceDefinition.hardcoded_resource(10)}
    made = AssetsDefinition.from_graph(added, partitions_def=days, resource_defs=step)
    assert made.partitions_def == days
    assert materialize([x, made], partition_key="mon").asset_value("added") == 13
    inner = AssetsDefinition.from_op(
        split, internal_asset_deps={"low": {AssetKey("x")}, "high": {AssetKey("low")}}
    )
    assert inner.asset_deps[AssetKey("high")] == {AssetKey("low")}
