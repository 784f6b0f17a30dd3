"""Functions that make several assets: by tuple, by name, by key; in part; with and without values."""

from __future__ import annotations

import pytest

from tidemill import (
    AssetDep,
    AssetKey,
    AssetOut,
    AssetSpec,
    DagsterInstance,
    MaterializeResult,
    Output,
    asset,
    materialize,
    materialize_to_memory,
    multi_asset,
)
from tidemill.core.errors import InvalidSubsetError, InvariantViolationError, ValueNotStoredError

RUNS = pytest.mark.parametrize("run", [materialize, materialize_to_memory])


def made(result) -> list[str]:
    return [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()]


@RUNS
def test_a_tuple_in_the_order_of_the_outputs(run) -> None:
    @multi_asset(outs={"train": AssetOut(), "test": AssetOut(key=AssetKey(["split", "test"]))})
    def split():
        return [1, 2], [3]

    @asset
    def size(train: list[int]) -> int:
        return len(train)

    result = run([split, size])
    assert result.asset_value("train") == [1, 2]
    assert result.asset_value(["split", "test"]) == [3]
    assert result.asset_value("size") == 2


@RUNS
def test_a_single_output_is_the_bare_value(run) -> None:
    @multi_asset(outs={"only": AssetOut()})
    def single():
        return (1, 2)

    assert run([single]).asset_value("only") == (1, 2)


@RUNS
def test_outputs_yielded_by_name_in_any_order(run) -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both():
        yield Output(2, output_name="b", metadata={"n": 2})
        yield Output(1, output_name="a")

    result = run([both])
    assert made(result) == ["b", "a"]
    assert (result.asset_value("a"), result.asset_value("b")) == (1, 2)
    assert result.asset_materializations_for_node("both")[0].metadata["n"].value == 2


@RUNS
def test_a_tuple_of_outputs(run) -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both():
        return Output(1, metadata={"n": 1}), Output(2)

    result = run([both])
    assert (result.asset_value("a"), result.asset_value("b")) == (1, 2)
    assert result.asset_materializations_for_node("both")[0].metadata["n"].value == 1


@RUNS
def test_a_tuple_of_values_and_outputs(run) -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both():
        return 1, Output(2, metadata={"n": 2})

    result = run([both])
    assert (result.asset_value("a"), result.asset_value("b")) == (1, 2)


def test_outputs_of_a_tuple_named_in_another_order() -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both():
        return Output(2, output_name="b"), Output(1, output_name="a")

    result = materialize([both])
    assert (result.asset_value("a"), result.asset_value("b")) == (1, 2)


def test_an_output_is_stored_before_the_next_one_is_made() -> None:
    seen = []

    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both(context):
        yield Output(1, output_name="a")
        seen.append(len(context.instance.get_versions("a")))
        yield Output(2, output_name="b")

    materialize([both], instance=DagsterInstance.ephemeral())
    assert seen in ([0], [1])


def test_versions_yielded_before_a_failure_stay() -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both():
        yield Output(1, output_name="a")
        raise ValueError("no")

    with DagsterInstance.ephemeral() as instance:
        result = materialize([both], instance=instance, raise_on_error=False)
        assert not result.success
        assert instance.load_asset_value("a") == 1


# Optional outputs


@multi_asset(outs={"always": AssetOut(), "sometimes": AssetOut(is_required=False)})
def partial():
    yield Output(1, output_name="always")


@asset
def child_of_sometimes(sometimes: int) -> int:
    return sometimes


@asset(deps=["sometimes"])
def after_sometimes() -> int:
    return 1


@asset
def child_of_always(always: int) -> int:
    return always


@RUNS
def test_an_optional_output_left_out_skips_what_needs_it(run) -> None:
    result = run([partial, child_of_sometimes, after_sometimes, child_of_always])
    assert result.success
    assert made(result) == ["always", "child_of_always"]
    assert [result.is_node_skipped(node) for node in ("child_of_sometimes", "after_sometimes")] == [
        True,
        True,
    ]
    assert result.is_node_success("partial")
    assert not result.is_node_skipped("partial")


@RUNS
def test_all_optional_outputs_left_out(run) -> None:
    @multi_asset(outs={"a": AssetOut(is_required=False), "b": AssetOut(is_required=False)})
    def nothing():
        return None

    @asset
    def child(a: int) -> int:
        return a

    result = run([nothing, child])
    assert result.success
    assert made(result) == []
    assert result.is_node_skipped("child")


# Specs: no values


def test_specs_are_materialized_when_the_function_returns() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b", deps=["a"])])
    def reports():
        pass

    result = materialize([reports])
    assert made(result) == ["a", "b"]
    with pytest.raises(ValueNotStoredError):
        result.asset_value("a")


def test_specs_with_results() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def reports():
        yield MaterializeResult(asset_key="b", metadata={"n": 2})

    result = materialize([reports])
    assert made(result) == ["b", "a"]
    assert result.asset_materializations_for_node("reports")[0].metadata["n"].value == 2


def test_specs_returned_as_a_list() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def reports():
        return [MaterializeResult(asset_key="a"), MaterializeResult(asset_key="b")]

    assert made(materialize([reports])) == ["a", "b"]


def test_a_skippable_spec_left_out() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b", skippable=True)])
    def reports():
        yield MaterializeResult(asset_key="a")

    @asset(deps=["b"])
    def child() -> int:
        return 1

    result = materialize([reports, child])
    assert made(result) == ["a"]
    assert result.is_node_skipped("child")


def test_a_result_must_say_which_asset() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def reports():
        yield MaterializeResult()

    with pytest.raises(InvariantViolationError) as caught:
        materialize([reports])
    assert (caught.value.found, caught.value.expected) == ("no asset_key", "a, b")


def test_a_result_for_an_asset_of_another_function() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def reports():
        yield MaterializeResult(asset_key="c")

    with pytest.raises(InvariantViolationError) as caught:
        materialize([reports])
    assert (caught.value.found, caught.value.expected) == ("c", "a, b")


# A part of the outputs


@multi_asset(
    outs={"x": AssetOut(is_required=False), "y": AssetOut(is_required=False)}, can_subset=True, name="parts"
)
def parts(context):
    for name in sorted(context.selected_output_names):
        yield Output(f"{name} of {len(context.selected_asset_keys)}", output_name=name)


def test_a_part_of_a_multi_asset_that_allows_it() -> None:
    result = materialize([parts], selection="y")
    assert made(result) == ["y"]
    assert result.asset_value("y") == "y of 1"
    assert made(materialize([parts])) == ["x", "y"]


def test_a_part_of_a_multi_asset_that_runs_as_a_whole() -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def whole():
        return 1, 2

    with pytest.raises(InvalidSubsetError) as caught:
        materialize([whole], selection="a")
    assert caught.value.subject == "whole"
    assert "'b'" in caught.value.found


def test_inner_dependencies_of_a_part_come_from_the_store() -> None:
    @multi_asset(
        outs={"up": AssetOut(is_required=False), "down": AssetOut(is_required=False)},
        internal_asset_deps={"up": set(), "down": {AssetKey("up")}},
        can_subset=True,
    )
    def chain(context):
        for name in ("up", "down"):
            if name in context.selected_output_names:
                yield Output(name, output_name=name)

    with DagsterInstance.ephemeral() as instance:
        materialize([chain], instance=instance)
        result = materialize([chain], instance=instance, selection="down")
    assert made(result) == ["down"]


def test_an_output_that_was_not_selected_is_refused() -> None:
    @multi_asset(outs={"x": AssetOut(is_required=False), "y": AssetOut(is_required=False)}, can_subset=True)
    def generous():
        yield Output(1, output_name="x")
        yield Output(2, output_name="y")

    with pytest.raises(InvariantViolationError) as caught:
        materialize([generous], selection="x")
    assert (caught.value.subject, caught.value.found, caught.value.expected) == ("generous", "y", "x")
    assert "selected_output_names" in caught.value.next_step


@pytest.mark.parametrize("again", [Output(2), MaterializeResult(), MaterializeResult(value=2)])
def test_an_output_given_twice_is_refused(again) -> None:
    @asset
    def twice():
        yield Output(1)
        yield again

    with pytest.raises(InvariantViolationError, match="twice") as caught:
        materialize([twice])
    assert (caught.value.subject, caught.value.found) == ("twice", "result")


def test_dependencies_by_spec_order_the_steps() -> None:
    @asset(deps=[AssetDep("b")])
    def later() -> int:
        return 1

    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def reports():
        pass

    assert made(materialize([later, reports])) == ["a", "b", "later"]
