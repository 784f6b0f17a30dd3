"""Ops without a job (api.md 1.4): called directly in tests, and as what assets are made of."""

from __future__ import annotations

from typing import Any

import pytest

from tidemill import (
    AssetKey,
    AssetsDefinition,
    Config,
    ConfigurableResource,
    DagsterInstance,
    Definitions,
    DynamicOut,
    DynamicOutput,
    GraphOut,
    InvalidDefinitionError,
    InvalidInvocationError,
    IOManager,
    SourceAsset,
    TypeCheckError,
    asset,
    build_op_context,
    graph,
    graph_asset,
    job,
    materialize,
    op,
)


@op
def one():
    return 1


@op
def double(x):
    return 2 * x


@op
def add(x, y):
    return x + y


@op
def total(xs):
    return sum(xs)


@op(out=DynamicOut(int))
def three():
    for number in range(3):
        yield DynamicOutput(number, mapping_key=f"k{number}")


def steps(result: Any, kind: str = "STEP_SUCCESS") -> list[str]:
    return [event.step_key for event in result.all_events if event.event_type_value == kind]


class Depth(Config):
    depth: int = 1


class TestDirectCalls:
    def test_values_by_position_and_by_name(self):
        assert (double(3), add(1, y=2), add(x=1, y=2)) == (6, 3, 3)

    def test_too_many_and_too_few(self):
        with pytest.raises(InvalidInvocationError, match="Too many input arguments"):
            double(1, 2)
        with pytest.raises(InvalidInvocationError, match='required input "y"'):
            add(1)

    def test_a_context_comes_first(self):
        @op
        def look(context, x):
            return context.op_config, x, context.get_mapping_key()

        assert look(build_op_context(op_config={"a": 1}, mapping_key="k"), 2) == ({"a": 1}, 2, "k")
        assert look(None, x=2) == (None, 2, None)
        with pytest.raises(InvalidInvocationError, match="no context was provided"):
            look(2)

    def test_config_and_resources(self):
        class Factor(ConfigurableResource):
            by: int

        @op
        def scaled(config: Depth, factor: Factor):
            return config.depth * factor.by

        assert scaled(Depth(depth=2), factor=Factor(by=3)) == 6
        assert scaled(config=Depth(depth=2), factor=Factor(by=3)) == 6
        with build_op_context(resources={"factor": Factor(by=4)}, op_config={"depth": 5}) as context:
            assert scaled(context) == 20

    def test_types_are_checked(self):
        @op
        def typed(x: int) -> str:
            return x

        with pytest.raises(TypeCheckError, match='input "x"'):
            typed("3")
        with pytest.raises(TypeCheckError, match='output "result"'):
            typed(3)

    def test_what_is_yielded_comes_as_it_is(self):
        assert [each.mapping_key for each in three()] == ["k0", "k1", "k2"]


class TestGraphAssets:
    def test_an_asset_of_a_graph(self):
        @asset
        def raw():
            return 4

        @op(out=DynamicOut())
        def fan(n):
            for number in range(n):
                yield DynamicOutput(number, mapping_key=str(number))

        @graph_asset
        def summed(raw):
            return total(fan(raw).map(lambda x: add(x, raw)).collect())

        @asset
        def after(summed):
            return summed + 1

        result = materialize([raw, summed, after])
        assert result.asset_value("after") == 23
        assert steps(result)[1:3] == ["summed.fan", "summed.add[0]"]
        assert result.output_for_node("summed.add") == {"0": 4, "1": 5, "2": 6, "3": 7}
        (made,) = result.asset_materializations_for_node("summed.total")
        assert "dagster/input_data_version/raw" in made.tags
        alone = materialize([raw, summed, after], selection="summed", raise_on_error=False)
        assert alone.get_failed_step_keys() == {"summed.fan"}  # raw was not made in this store

    def test_a_job_that_reads_assets(self):
        table = asset(name="table")(lambda: 5)
        elsewhere = SourceAsset("elsewhere", io_manager_key="nine")

        class Nine(IOManager):
            def handle_output(self, context, obj):
                raise AssertionError

            def load_input(self, context):
                return 9

        @job(resource_defs={"nine": Nine()})
        def reads():
            add(table, elsewhere)

        defs = Definitions(assets=[table, elsewhere], jobs=[reads], resources={"nine": Nine()})
        with DagsterInstance.ephemeral() as instance:
            materialize([table], instance=instance)
            result = defs.get_job_def("reads").execute_in_process(instance=instance)
            assert result.output_for_node("add") == 14
        with pytest.raises(InvalidDefinitionError, match="names the asset 'table' itself"):
            graph_asset(name="x")(lambda: double(table))

    def test_several_assets_as_one_list(self):
        first = asset(name="first")(lambda: 3)
        second = asset(name="second")(lambda: 4)

        @graph_asset
        def both(first, second):
            return total([first, second])

        assert materialize([first, second, both]).asset_value("both") == 7
        with pytest.raises(InvalidInvocationError, match="is a graph"):
            both(1, 2)

    def test_assets_of_a_graph_and_of_an_op(self):
        @graph(out={"low": GraphOut(), "high": GraphOut()})
        def split(src):
            return {"low": double(src), "high": add(src, double(src))}

        src = asset(name="src")(lambda: 4)
        of_graph = AssetsDefinition.from_graph(
            split,
            keys_by_output_name={"low": AssetKey("l")},
            group_name="g",
            descriptions_by_output_name={"high": "the higher"},
        )
        of_op = AssetsDefinition.from_op(double, keys_by_input_name={"x": AssetKey("high")}, key_prefix="p")
        result = materialize([src, of_graph, of_op])
        assert (result.asset_value("l"), result.asset_value(["p", "double"])) == (8, 24)
        assert of_graph.group_names_by_key == {AssetKey("l"): "g", AssetKey("high"): "g"}
        assert of_graph.descriptions_by_key[AssetKey("high")] == "the higher"
        assert "split.double" in steps(result)
        with pytest.raises(InvalidDefinitionError, match="keys_by_output_name"):
            AssetsDefinition.from_graph(split, keys_by_output_name={"nope": AssetKey("x")})
