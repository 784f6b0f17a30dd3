"""Outputs that are not given: skipped, with all that needs them; and those that must be given."""

from __future__ import annotations

import pytest

from tidemill import (
    AssetOut,
    DagsterInstance,
    MaterializeResult,
    Output,
    asset,
    materialize,
    materialize_to_memory,
    multi_asset,
)
from tidemill.core.errors import StepOutputNotFoundError

RUNS = pytest.mark.parametrize("run", [materialize, materialize_to_memory])


def made(result) -> list[str]:
    return [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()]


@asset
def child(maybe: int) -> int:
    return maybe + 1


@asset(deps=["maybe"])
def ordered() -> int:
    return 1


@asset
def grandchild(child: int) -> int:
    return child


@asset
def elsewhere() -> int:
    return 1


def assert_skipped(result) -> None:
    assert result.success
    assert made(result) == ["elsewhere"]
    assert [result.is_node_skipped(node) for node in ("child", "ordered", "grandchild")] == [True] * 3
    assert {event.step_key for event in result.get_step_skipped_events()} == {
        "child",
        "ordered",
        "grandchild",
    }
    assert result.is_node_success("maybe")


@RUNS
def test_a_generator_that_yields_nothing_skips(run) -> None:
    @asset
    def maybe():
        if False:
            yield Output(1)

    assert_skipped(run([maybe, child, ordered, grandchild, elsewhere]))


@RUNS
def test_an_optional_output_that_is_not_yielded_skips(run) -> None:
    @asset(output_required=False)
    def maybe():
        if False:
            yield Output(1)

    assert_skipped(run([maybe, child, ordered, grandchild, elsewhere]))


@RUNS
def test_a_generator_of_a_result_that_yields_nothing_skips(run) -> None:
    @asset
    def maybe():
        if False:
            yield MaterializeResult()

    assert_skipped(run([maybe, child, ordered, grandchild, elsewhere]))


@RUNS
def test_an_async_generator_that_yields_nothing_skips(run) -> None:
    @asset
    async def maybe():
        if False:
            yield Output(1)

    assert_skipped(run([maybe, child, ordered, grandchild, elsewhere]))


@RUNS
def test_a_generator_that_yields_runs_its_children(run) -> None:
    @asset
    def maybe():
        yield Output(1)

    result = run([maybe, child, ordered, grandchild, elsewhere])
    assert set(made(result)) == {"maybe", "child", "ordered", "grandchild", "elsewhere"}
    assert result.asset_value("grandchild") == 2


def test_a_skipped_asset_keeps_its_last_version() -> None:
    @asset
    def maybe(context):
        if context.run_tags["give"] == "yes":
            yield Output(1)

    with DagsterInstance.ephemeral() as instance:
        materialize([maybe, child], instance=instance, tags={"give": "yes"})
        result = materialize([maybe, child], instance=instance, tags={"give": "no"})
        assert result.is_node_skipped("child")
        assert [version.number for version in instance.get_versions("child")] == [1]
        assert instance.load_asset_value("maybe") == 1


def test_a_skip_and_a_failure_upstream_leave_the_child_untouched() -> None:
    @asset
    def maybe():
        if False:
            yield Output(1)

    @asset
    def bad() -> int:
        raise ValueError("no")

    @asset
    def both(maybe: int, bad: int) -> int:
        return 1

    result = materialize([maybe, bad, both], raise_on_error=False)
    assert result.is_node_untouched("both")
    assert not result.is_node_skipped("both")


@RUNS
def test_a_multi_asset_that_leaves_out_a_required_output_fails(run) -> None:
    @multi_asset(outs={"given": AssetOut(), "forgotten": AssetOut()})
    def careless():
        yield Output(1, output_name="given")

    with pytest.raises(StepOutputNotFoundError, match="forgotten") as caught:
        run([careless])
    assert caught.value.subject == "forgotten"
    assert caught.value.found == "given"
    assert "is_required=False" in caught.value.next_step


def test_a_multi_asset_generator_that_yields_nothing_fails() -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def silent():
        if False:
            yield Output(1, output_name="a")

    with pytest.raises(StepOutputNotFoundError) as caught:
        materialize([silent])
    assert caught.value.found == "no outputs"


def test_the_order_only_child_of_a_skipped_asset_is_skipped_in_the_store_too() -> None:
    @asset
    def maybe():
        if False:
            yield Output(1)

    with DagsterInstance.ephemeral() as instance:
        result = materialize([maybe, ordered], instance=instance)
        states = {state.step: state for state in instance.home.store.steps(result.run_id)}
    assert (states["maybe"].status, states["ordered"].status) == ("skipped", "skipped")
    assert states["ordered"].cause == "maybe"
