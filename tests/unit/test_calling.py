"""What a returned value means: one function turns every way of giving results into one stream."""

from __future__ import annotations

from typing import Any

import pytest

from tidemill.core.errors import InvalidDefinitionError, InvariantViolationError, UnknownResourceError
from tidemill.core.keys import AssetKey
from tidemill.definitions.results import (
    AssetCheckResult,
    DataVersion,
    MaterializeResult,
    ObserveResult,
    Output,
)
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.units.unit import ComputeUnit, UnitOutput
from tidemill.work.calling import Given, call


def unit(fn: Any, *names: str, **more: Any) -> ComputeUnit:
    """A unit with outputs of those names; a name that ends in `?` is optional, one in `!` stores nothing."""
    outputs = tuple(
        UnitOutput(
            name.rstrip("?!"),
            AssetSpec(name.rstrip("?!")),
            required=not name.endswith("?"),
            manager=None if name.endswith("!") else "io_manager",
        )
        for name in names
    )
    return ComputeUnit("made", fn, outputs=outputs, **more)


def results(made: ComputeUnit, **arguments: Any) -> list[Any]:
    return list(call(made, None, arguments, None, {}))


def given(*names: str, returned: Any) -> list[Any]:
    """Results of a function that returns that; plain values as pairs of output and value."""
    told = results(unit(lambda: returned, *names))
    return [(one.output.name, one.value) if isinstance(one, Given) else one for one in told]


@pytest.mark.parametrize("value", [1, None, (1, 2), [1], [], (), "text", {"a": 1}])
def test_a_value_of_the_only_output(value: Any) -> None:
    assert given("result", returned=value) == [("result", value)]


def test_values_of_several_outputs() -> None:
    assert given("a", "b", returned=(1, None)) == [("a", 1), ("b", None)]


def test_results_are_passed_on_as_they_are() -> None:
    for result in (Output(1), MaterializeResult(), AssetCheckResult(passed=True)):
        assert given("result", returned=result) == [result]
        assert given("result", returned=[result]) == [result]
        assert given("result", returned=(result,)) == [result]


def test_unnamed_outputs_of_a_tuple_take_the_names_in_order() -> None:
    told = given("a", "b", returned=(Output(1, metadata={"n": 1}), Output(2)))
    assert [(output.output_name, output.value) for output in told] == [("a", 1), ("b", 2)]
    assert told[0].metadata["n"].value == 1


def test_named_outputs_of_a_tuple_keep_their_names() -> None:
    told = given("a", "b", returned=(Output(2, "b"), Output(1, "a")))
    assert [(output.output_name, output.value) for output in told] == [("b", 2), ("a", 1)]


def test_a_tuple_of_values_and_outputs() -> None:
    told = given("a", "b", returned=(1, Output(2, tags={"k": "v"})))
    assert told[0] == ("a", 1)
    assert (told[1].output_name, told[1].value, told[1].tags) == ("b", 2, {"k": "v"})


@pytest.mark.parametrize("returned", [(1,), (1, 2, 3), 1, [1, 2], None])
def test_the_wrong_number_of_values(returned: Any) -> None:
    with pytest.raises(InvariantViolationError) as caught:
        given("a", "b", returned=returned)
    assert caught.value.subject == "made"
    assert caught.value.expected == "a tuple of 2: a, b"


def test_nothing_of_what_is_optional() -> None:
    assert given("a?", "b?", returned=None) == []


def test_nothing_where_nothing_is_stored() -> None:
    assert given("result!", returned=None) == []
    assert given(returned=None) == []
    with pytest.raises(InvariantViolationError) as caught:
        given("result!", returned=1)
    assert caught.value.found == "a value of type int"


def test_a_value_alone_where_checks_were_promised() -> None:
    check = AssetCheckSpec("rows", asset="result")
    with pytest.raises(InvariantViolationError, match="only one output was returned") as caught:
        results(unit(lambda: 1, "result", checks=(check,)))
    assert caught.value.expected == "result, rows"


def check(returned: Any) -> list[Any]:
    spec = AssetCheckSpec("fine", asset="table")
    return results(ComputeUnit("table_fine", lambda: returned, kind="check", checks=(spec,)))


@pytest.mark.parametrize("passed", [True, False])
def test_a_bool_is_the_verdict_of_a_check(passed: bool) -> None:
    assert check(passed) == [AssetCheckResult(passed=passed)]
    assert check(AssetCheckResult(passed=passed)) == [AssetCheckResult(passed=passed)]


@pytest.mark.parametrize("vague", [None, 1, "True", [True, False]])
def test_other_values_are_no_verdict(vague: Any) -> None:
    with pytest.raises(InvalidDefinitionError) as caught:
        check(vague)
    assert caught.value.found == f"a value of type {type(vague).__name__}"


def test_a_data_version_is_an_observation() -> None:
    observed = ComputeUnit("seen", lambda: DataVersion("v1"), kind="observation")
    assert results(observed) == [ObserveResult(data_version=DataVersion("v1"))]


def test_generators_give_one_result_at_a_time() -> None:
    steps = []

    def generated():
        steps.append(1)
        yield Output(1)
        steps.append(2)

    stream = call(unit(generated, "result", flow="generator"), None, {}, None, {})
    assert steps == []
    assert next(stream) == Output(1)
    assert steps == [1]
    assert list(stream) == []
    assert steps == [1, 2]


def test_async_functions_and_generators() -> None:
    async def one() -> int:
        return 1

    async def two():
        yield Output(1, "a")
        yield Output(2, "b")

    assert [given.value for given in results(unit(one, "result", flow="coroutine"))] == [1]
    told = results(unit(two, "a", "b", flow="async_generator"))
    assert [(output.output_name, output.value) for output in told] == [("a", 1), ("b", 2)]


def test_what_the_function_is_given() -> None:
    def fn(context: str, table: int, config: dict[str, int], client: str) -> tuple[Any, ...]:
        return Output((context, table, config, client))

    made = unit(fn, "result", context=True, config_name="config", resource_parameters={"client": "client"})
    (result,) = call(made, "the context", {"table": 1}, {"depth": 3}, {"client": "mine"})
    assert result.value == ("the context", 1, {"depth": 3}, "mine")


def test_a_resource_that_was_not_provided() -> None:
    made = unit(lambda client: client, "result", resource_parameters={"client": "client"})
    with pytest.raises(UnknownResourceError) as caught:
        list(call(made, None, {}, None, {"other": 1}))
    assert (caught.value.subject, caught.value.expected) == ("client", "other")


def test_keys_of_the_outputs_are_those_of_the_specs() -> None:
    assert [output.asset for output in unit(print, "a", "b").outputs] == [AssetKey("a"), AssetKey("b")]
