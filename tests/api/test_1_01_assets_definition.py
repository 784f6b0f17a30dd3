"""Section 1.1: what the decorators of assets return, and assets that graphs make."""

from pathlib import Path
from typing import Any

import pytest

from tidemill import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetIn,
    AssetKey,
    AssetOut,
    AssetsDefinition,
    AutoMaterializePolicy,
    BackfillPolicy,
    Config,
    ConfigurableResource,
    DagsterInvalidDefinitionError,
    DagsterStepOutputNotFoundError,
    DynamicOut,
    DynamicOutput,
    FreshnessPolicy,
    GraphOut,
    Out,
    SourceAsset,
    StaticPartitionsDefinition,
    asset,
    build_asset_context,
    graph,
    graph_asset,
    materialize,
    multi_asset,
    op,
)


class Settings(Config):
    factor: int = 2


class Store(ConfigurableResource):
    url: str = "u"


def keys(of: Any) -> set[str]:
    return {key.to_user_string() for key in of}


def made(result: Any) -> list[str]:
    return [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()]


@multi_asset(
    outs={
        "x": AssetOut(description="of x", metadata={"m": 1}, tags={"t": "1"}, group_name="g"),
        "y": AssetOut(key=["k", "y"]),
    },
    deps=["other"],
    partitions_def=StaticPartitionsDefinition(["p"]),
    can_subset=True,
    check_specs=[AssetCheckSpec("c", asset="x")],
)
def several(up: int) -> Any:
    return 1, 2


X, Y = AssetKey("x"), AssetKey(["k", "y"])


def test_AssetsDefinition_attributes_of_one() -> None:
    @asset
    def one() -> None: ...

    assert one.key == AssetKey("one")
    assert one.keys == {AssetKey("one")}
    assert one.op.name == one.node_def.name == "one"
    assert one.is_executable
    assert not one.can_subset
    assert one.partitions_def is None


def test_AssetsDefinition_attributes_of_several() -> None:
    assert several.keys == {X, Y}
    assert several.keys_by_output_name["x"] == X
    assert several.keys_by_output_name["y"] == Y
    assert AssetKey("up") in several.keys_by_input_name.values()
    assert several.keys_by_input_name["up"] == AssetKey("up")
    assert several.group_names_by_key == {X: "g", Y: "default"}
    assert several.metadata_by_key[X]["m"] == 1
    assert several.tags_by_key[X]["t"] == "1"
    assert several.descriptions_by_key[X] == "of x"
    assert several.partitions_def == StaticPartitionsDefinition(["p"])
    assert keys(several.dependency_keys) == {"up", "other"}
    assert keys(several.asset_deps[X]) == {"up", "other"}
    assert [spec.name for spec in several.check_specs] == ["c"]
    assert {spec.key for spec in several.specs} == {X, Y}
    assert several.specs_by_key[X].description == "of x"
    assert several.can_subset
    assert several.get_asset_spec(Y).key == Y
    assert several.auto_materialize_policies_by_key == {}
    assert several.freshness_policies_by_key == {}


def test_AssetsDefinition_key_of_several_is_an_error() -> None:
    with pytest.raises(Exception, match="several"):
        _ = several.key


def test_AssetsDefinition_calling_it_runs_the_function() -> None:
    @asset
    def b(a: int) -> int:
        return a + 1

    @asset
    def ca(config: Settings) -> int:
        return config.factor

    @asset
    def with_all(context: AssetExecutionContext, a: int, store: Store) -> str:
        return f"{a} {store.url}"

    assert b(5) == 6
    assert ca(config=Settings(factor=3)) == 3
    assert ca(Settings(factor=4)) == 4
    assert with_all(build_asset_context(), 1, store=Store(url="s")) == "1 s"


def test_AssetsDefinition_with_attributes_and_map_asset_specs() -> None:
    @asset
    def a(up: int) -> int:
        return up

    renamed = a.with_attributes(asset_key_replacements={AssetKey("a"): AssetKey("b")})
    assert (renamed.key, a.key) == (AssetKey("b"), AssetKey("a"))
    mapped = a.map_asset_specs(lambda spec: spec.replace_attributes(group_name="g"))
    assert mapped.group_names_by_key[AssetKey("a")] == "g"


def test_AssetsDefinition_to_source_asset(tmp_path: Path) -> None:
    @asset(io_manager_key="m", group_name="g", description="d")
    def a() -> int:
        return 1

    source = a.to_source_asset()
    assert isinstance(source, SourceAsset)
    assert (source.key, source.group_name, source.description) == (a.key, "g", "d")


def test_AssetsDefinition_from_op_and_from_graph() -> None:
    @op
    def add(n: int) -> int:
        return n + 1

    @graph
    def twice(n: int) -> int:
        return add(add(n))

    @asset
    def n() -> int:
        return 1

    from_op = AssetsDefinition.from_op(add, key_prefix="p")
    from_graph = AssetsDefinition.from_graph(twice)
    assert from_op.keys_by_input_name == {"n": AssetKey("n")}
    result = materialize([n, from_op, from_graph])
    assert result.asset_value(["p", "add"]) == 2
    assert result.asset_value("twice") == 3


def test_AssetsDefinition_from_graph_with_keys() -> None:
    @op(out={"a": Out(), "b": Out()})
    def two() -> Any:
        return 1, 2

    @graph(out={"left": GraphOut(), "right": GraphOut()})
    def halves() -> Any:
        a, b = two()
        return {"left": a, "right": b}

    assets = AssetsDefinition.from_graph(halves, keys_by_output_name={"left": AssetKey("l")})
    assert assets.keys == {AssetKey("l"), AssetKey("right")}


def test_graph_asset_step_keys_and_value() -> None:
    @op(out=DynamicOut())
    def fan(up: int) -> Any:
        for i in range(up):
            yield DynamicOutput(i, mapping_key=str(i))

    @op
    def mul(n: int) -> int:
        return n * 10

    @op
    def tot(ns: list) -> int:
        return sum(ns)

    @asset
    def up() -> int:
        return 3

    @graph_asset
    def ga(up):
        return tot(fan(up).map(mul).collect())

    result = materialize([up, ga])
    assert result.asset_value("ga") == 30
    steps = {e.step_key for e in result.get_step_success_events()}
    assert steps == {"up", "ga.fan", "ga.mul[0]", "ga.mul[1]", "ga.mul[2]", "ga.tot"}


def test_graph_asset_arguments() -> None:
    @op
    def one(n: int) -> int:
        return n

    @graph_asset(
        name="named",
        key_prefix="p",
        description="d",
        ins={"n": AssetIn("raw")},
        group_name="g",
        metadata={"m": 1},
        tags={"t": "1"},
        owners=["team:x"],
        partitions_def=StaticPartitionsDefinition(["x"]),
        auto_materialize_policy=AutoMaterializePolicy.eager(),
        freshness_policy=FreshnessPolicy(maximum_lag_minutes=1),
        backfill_policy=BackfillPolicy.single_run(),
        kinds={"k"},
    )
    def ga(n):
        return one(n)

    key = AssetKey(["p", "named"])
    spec = ga.specs_by_key[key]
    assert keys(ga.dependency_keys) == {"raw"}
    assert (spec.description, spec.group_name, spec.metadata["m"], spec.tags["t"]) == ("d", "g", 1, "1")
    assert list(spec.owners) == ["team:x"]
    assert spec.kinds == {"k"}
    assert ga.partitions_def == StaticPartitionsDefinition(["x"])


def test_graph_asset_config_is_that_of_its_ops() -> None:
    @op
    def scaled(config: Settings) -> int:
        return config.factor

    @graph_asset(config={"scaled": {"config": {"factor": 9}}})
    def ga():
        return scaled()

    @graph_asset
    def gb():
        return scaled()

    assert materialize([ga]).asset_value("ga") == 9
    config = {"ops": {"gb": {"ops": {"scaled": {"config": {"factor": 8}}}}}}
    assert materialize([gb], run_config=config).asset_value("gb") == 8


def checked(blocking: bool, limit: int) -> Any:
    """A graph asset of the value 6, with a check that it is below a limit."""

    @op
    def make() -> int:
        return 6

    @op
    def look(n: int) -> AssetCheckResult:
        return AssetCheckResult(passed=n < limit)

    @graph_asset(check_specs=[AssetCheckSpec("low", asset="ga", blocking=blocking)])
    def ga():
        value = make()
        return {"result": value, "ga_low": look(value)}

    return ga


@asset
def below(ga: int) -> int:
    return ga


@pytest.mark.parametrize(
    ("blocking", "limit", "passed", "success"),
    [(False, 7, True, True), (False, 5, False, True), (True, 7, True, True), (True, 5, False, False)],
)
def test_graph_asset_check_specs(blocking: bool, limit: int, passed: bool, success: bool) -> None:
    result = materialize([checked(blocking, limit), below], raise_on_error=False)
    (verdict,) = result.get_asset_check_evaluations()
    assert (verdict.check_name, verdict.asset_key, verdict.passed) == ("low", AssetKey("ga"), passed)
    assert result.success == success
    assert result.is_node_success("below") == success


def test_graph_asset_check_specs_are_outputs_that_the_function_gives() -> None:
    @op
    def nothing() -> None: ...

    with pytest.raises(DagsterInvalidDefinitionError, match="ga"):
        graph_asset(name="ga", check_specs=[AssetCheckSpec("low", asset="ga")])(lambda: nothing())
    silent = graph_asset(name="ga", check_specs=[AssetCheckSpec("low", asset="ga")])(
        lambda: {"result": nothing(), "ga_low": nothing.alias("look")()}
    )
    assert [spec.name for spec in silent.check_specs] == ["low"]
    with pytest.raises(DagsterStepOutputNotFoundError, match="look"):
        materialize([silent])
