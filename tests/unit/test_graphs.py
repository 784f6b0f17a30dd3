"""Graphs of ops (api.md 1.4): what putting them together gives, what it refuses, and the units that come of it."""

from __future__ import annotations

import pytest

from tidemill import (
    AssetKey,
    AssetOut,
    DynamicOut,
    DynamicOutput,
    GraphIn,
    GraphOut,
    In,
    InvalidDefinitionError,
    InvalidInvocationError,
    InvalidSubsetError,
    Nothing,
    Out,
    RetryPolicy,
    graph,
    graph_asset,
    graph_multi_asset,
    job,
    op,
    success_hook,
)
from tidemill.definitions.graphs.op_jobs import op_subset
from tidemill.definitions.units.unit import Source


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


@op(out={"low": Out(), "high": Out()})
def ends():
    return 1, 9


def units(defined):
    return {unit.name: unit for unit in defined.project.units[defined.name].parts}


def sources(unit):
    return {wire.name: wire.sources for wire in unit.wires}


class TestComposition:
    def test_calls_become_units_with_wires(self):
        @job
        def work():
            add(one(), double(one()))

        found = units(work)
        assert list(found) == ["one", "one_2", "double", "add"]
        assert sources(found["add"]) == {"x": (Source("one", "result"),), "y": (Source("double", "result"),)}

    def test_an_alias_names_a_call(self):
        @job
        def work():
            double.alias("again")(one.alias("first")())

        assert list(units(work)) == ["first", "again"]

    def test_an_alias_is_taken_once(self):
        with pytest.raises(InvalidDefinitionError, match="two things 'twice'"):

            @job
            def work():
                one.alias("twice")()
                one.alias("twice")()

    def test_outputs_are_unpacked_and_named(self):
        @job
        def work():
            low, _ = ends()
            add(low, ends.alias("more")().high)

        assert sources(units(work)["add"]) == {"x": (Source("ends", "low"),), "y": (Source("more", "high"),)}

    def test_what_is_said_of_a_call_reaches_its_unit(self):
        @success_hook(required_resource_keys={"pager"})
        def tell(context):
            pass

        @job(tags={"team": "ml"})
        def work():
            one.tag({"kind": "x"}).with_hooks({tell}).with_retry_policy(RetryPolicy(max_retries=3)).alias(
                "go"
            )()

        unit = units(work)["go"]
        assert unit.tags == {"kind": "x"}
        assert [hook.name for hook in unit.hooks] == ["tell"]
        assert unit.required_resources == {"pager"}
        assert unit.retry_policy == RetryPolicy(max_retries=3)

    @pytest.mark.parametrize("given", [lambda: double(three()), lambda: total([three()])])
    def test_a_dynamic_output_is_mapped_or_collected(self, given):
        with pytest.raises(
            InvalidDefinitionError, match="Dynamic output must be unpacked by invoking map or collect"
        ):
            job(name="work")(given)

    def test_an_op_that_was_not_called_is_no_input(self):
        with pytest.raises(InvalidDefinitionError, match="received"):

            @job
            def work():
                double(one)

    def test_inputs_must_fit(self):
        with pytest.raises(InvalidDefinitionError, match="given 'z'"):

            @job
            def work():
                double(z=one())

        with pytest.raises(InvalidDefinitionError, match="2 values by position"):

            @job
            def more():
                double(one(), one())

    def test_a_call_with_settings_has_no_meaning_outside(self):
        with pytest.raises(InvalidInvocationError, match="only within the body"):
            one.alias("x")()

    def test_the_body_of_a_graph_takes_no_context(self):
        with pytest.raises(InvalidDefinitionError, match="called before any run"):

            @graph
            def work(context):
                one()

    def test_ins_and_outs_must_fit_the_body(self):
        with pytest.raises(InvalidDefinitionError, match="no parameter 'z'"):

            @graph(ins={"z": GraphIn()})
            def work(x):
                double(x)

        with pytest.raises(InvalidDefinitionError, match="does not give the outputs"):

            @graph(out={"a": GraphOut(), "b": GraphOut()})
            def fewer():
                return {"a": one()}


class TestMapping:
    def test_a_mapped_unit_names_the_output_that_it_is_mapped_over(self):
        @job
        def work():
            total(three().map(lambda x: add(double(x), one())).map(double).collect())

        found = units(work)
        over = Source("three", "result")
        assert [found[name].over for name in ("double", "one", "add", "double_2", "total")] == [
            over, None, over, over, None,
        ]  # fmt: skip
        assert sources(found["double_2"]) == {"x": (Source("add", "result", "each"),)}
        assert sources(found["total"]) == {"xs": (Source("double_2", "result", "all"),)}

    def test_no_step_is_mapped_over_two_outputs(self):
        with pytest.raises(
            InvalidDefinitionError, match=r'downstream of both "three:result" and "more:result"'
        ):

            @job
            def work():
                three().map(lambda x: three.alias("more")().map(lambda y: add(x, y)))

    def test_nor_over_one_of_a_mapped_step(self):
        @op(out=DynamicOut())
        def again(x):
            yield DynamicOutput(x, mapping_key="z")

        with pytest.raises(InvalidDefinitionError, match="more than one dynamic output"):

            @job
            def work():
                three().map(again).map(double)

    def test_a_graph_is_mapped_as_its_ops_are(self):
        @graph
        def twice(x):
            return double(double(x))

        @job
        def work():
            total(three().map(twice).collect())

        found = units(work)
        assert [found[f"twice.{name}"].over for name in ("double", "double_2")] == [
            Source("three", "result")
        ] * 2
        assert sources(found["total"]) == {"xs": (Source("twice.double_2", "result", "all"),)}


class TestNesting:
    def test_a_graph_within_a_graph_is_a_prefix(self):
        @graph
        def inner(x):
            return double(x)

        @graph
        def outer(x):
            return add(inner(x), one())

        @job
        def work():
            double(outer(one()))

        assert list(units(work)) == ["one", "outer.inner.double", "outer.one", "outer.add", "double"]
        assert work.project.units["work"].results["outer.inner", "result"] == Source(
            "outer.inner.double", "result"
        )

    def test_an_order_without_a_value(self):
        @op(ins={"before": In(Nothing)})
        def last():
            return 3

        @job
        def work():
            last(before=[one(), double(one())])

        (wire,) = units(work)["last"].wires
        assert (wire.is_argument, wire.fan_in, len(wire.sources)) == (False, True, 2)

    def test_an_input_must_be_a_parameter_or_nothing(self):
        with pytest.raises(InvalidDefinitionError, match="no parameter 'y'"):

            @op(ins={"y": In(int)})
            def last(x):
                return x


class TestSelection:
    def names(self, *selection):
        @graph
        def g(x):
            return add(double(x), one())

        @job
        def work():
            total([g(one.alias("start")())])

        chosen = op_subset(work.project, "work", list(selection))
        return list(chosen.parts)

    def test_by_name_and_what_is_around_it(self):
        everything = ["start", "g.double", "g.one", "g.add", "total"]
        assert self.names("start") == ["start"]
        assert self.names("start*") == everything
        assert self.names("*g") == everything[:-1]
        assert self.names("start+") == everything[:-1]
        assert self.names("*g.add") == ["start", "g.double", "g.one", "g.add"]

    def test_what_is_not_there_is_named(self):
        with pytest.raises(InvalidSubsetError, match="No qualified ops"):
            self.names("strat")


class TestAssets:
    def test_a_graph_is_one_asset_with_steps_of_its_own(self):
        @graph_asset(group_name="g", key_prefix="p", metadata={"a": 1})
        def summed(raw):
            return total(three().map(lambda x: add(x, raw)).collect())

        assert summed.key == AssetKey(["p", "summed"])
        assert summed.dependency_keys == {AssetKey("raw")}
        assert [part.name for part in summed.unit.parts] == [
            "p__summed.three",
            "p__summed.add",
            "p__summed.total",
        ]
        (made,) = summed.unit.parts[-1].outputs
        assert made.spec is summed.unit.outputs[0].spec
        assert [i.asset for i in summed.unit.parts[-1].inputs] == [AssetKey("raw")]  # what it is made from

    def test_what_is_said_later_reaches_the_parts(self):
        @graph_asset
        def summed(raw):
            return double(raw)

        moved = summed.with_attributes(
            output_asset_key_replacements={AssetKey("summed"): AssetKey("x")},
            input_asset_key_replacements={AssetKey("raw"): AssetKey("y")},
            group_names_by_key={AssetKey("summed"): "g"},
        )
        (part,) = moved.unit.parts
        assert part.outputs[0].spec.key == AssetKey("x")
        assert part.outputs[0].spec.group_name == "g"
        assert part.inputs[0].asset == AssetKey("y")

    def test_several_assets_of_one_graph(self):
        @graph_multi_asset(outs={"low": AssetOut(), "sum": AssetOut(key="all")})
        def both():
            low, high = ends()
            return {"low": low, "sum": add(low, high)}

        assert both.keys == {AssetKey("low"), AssetKey("all")}
        assert [o.name for o in both.unit.parts[0].gives] == ["low", "high"]

    @pytest.mark.parametrize(
        "body", [lambda: three().map(double).collect(), lambda raw: raw, lambda: three()]
    )
    def test_an_asset_is_what_one_op_gives(self, body):
        with pytest.raises(InvalidDefinitionError, match="is not what one op gives"):
            graph_asset(name="x")(body)
