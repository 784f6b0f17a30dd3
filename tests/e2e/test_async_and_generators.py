"""Functions that give their results bit by bit, or when something else is done."""

from __future__ import annotations

import asyncio
import traceback

import pytest

from tidemill import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetOut,
    MaterializeResult,
    Output,
    asset,
    asset_check,
    materialize,
    materialize_to_memory,
    multi_asset,
)
from tidemill.core.errors import InvariantViolationError

RUNS = pytest.mark.parametrize("run", [materialize, materialize_to_memory])


@RUNS
def test_an_async_function(run) -> None:
    @asset
    async def slow() -> int:
        await asyncio.sleep(0)
        return 1

    @asset
    async def child(slow: int) -> Output[int]:
        one, two = await asyncio.gather(_later(slow), _later(2))
        return Output(one + two, metadata={"n": 1})

    result = run([slow, child])
    assert result.asset_value("child") == 3
    assert result.asset_materializations_for_node("child")[0].metadata["n"].value == 1


async def _later(value: int) -> int:
    await asyncio.sleep(0)
    return value


def test_an_async_function_that_raises() -> None:
    @asset
    async def slow() -> int:
        await asyncio.sleep(0)
        raise KeyError("late")

    with pytest.raises(KeyError, match="late"):
        materialize([slow])


@RUNS
def test_an_async_generator(run) -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    async def both():
        yield Output(1, output_name="a")
        await asyncio.sleep(0)
        yield Output(2, output_name="b")

    result = run([both])
    assert (result.asset_value("a"), result.asset_value("b")) == (1, 2)


def test_an_async_generator_stays_in_one_event_loop() -> None:
    loops = []

    @asset(check_specs=[AssetCheckSpec("ok", asset="streamed")])
    async def streamed():
        loops.append(asyncio.get_running_loop())
        yield Output(1)
        loops.append(asyncio.get_running_loop())
        yield AssetCheckResult(passed=True)

    assert len(materialize([streamed]).get_asset_check_evaluations()) == 1
    assert loops[0] is loops[1]


def test_an_async_generator_is_closed_when_a_result_is_refused() -> None:
    closed = []

    @asset
    async def streamed():
        try:
            yield 3
        finally:
            closed.append(True)

    with pytest.raises(InvariantViolationError):
        materialize([streamed])
    assert closed == [True]


def test_a_generator_is_closed_when_a_result_is_refused() -> None:
    closed = []

    @asset
    def streamed():
        try:
            yield Output(1, output_name="nowhere")
        finally:
            closed.append(True)

    with pytest.raises(InvariantViolationError, match="nowhere"):
        materialize([streamed])
    assert closed == [True]


def test_the_context_is_known_inside_async_functions() -> None:
    @asset
    async def told() -> str:
        await asyncio.sleep(0)
        return AssetExecutionContext.get().asset_key.to_user_string()

    @asset
    async def streamed():
        yield Output(AssetExecutionContext.get().asset_key.to_user_string())

    result = materialize([told, streamed])
    assert (result.asset_value("told"), result.asset_value("streamed")) == ("told", "streamed")


def test_an_async_check() -> None:
    @asset
    def table() -> int:
        return 1

    @asset_check(asset=table)
    async def slow(table: int) -> bool:
        return await _later(table) == 1

    assert materialize([table, slow]).get_asset_check_evaluations()[0].passed


def test_an_async_function_within_a_running_loop() -> None:
    @asset
    async def slow() -> int:
        return await _later(1)

    @asset
    async def streamed(slow: int):
        first = asyncio.get_running_loop()
        yield Output(slow)
        assert asyncio.get_running_loop() is first

    async def main() -> int:
        return materialize([slow, streamed]).asset_value("streamed")

    assert asyncio.run(main()) == 1


def test_the_traceback_of_an_async_function_is_the_users() -> None:
    @asset
    async def slow() -> None:
        raise KeyError("late")

    for run in (lambda: materialize([slow]), lambda: asyncio.run(_within_a_loop(slow))):
        with pytest.raises(KeyError, match="late") as caught:
            run()
        names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
        assert names[-2:] == ["materialize", "slow"]


async def _within_a_loop(definition) -> None:
    materialize([definition])


def test_a_generator_object_that_is_returned_is_drained() -> None:
    def results():
        yield Output(1)

    @asset
    def returned():
        return results()

    assert materialize([returned]).asset_value("returned") == 1


def test_a_generator_of_a_result() -> None:
    @asset
    def reported():
        yield MaterializeResult(value=3, metadata={"n": 3})

    result = materialize([reported])
    assert result.asset_value("reported") == 3


def test_a_generator_that_returns_a_value_after_its_results() -> None:
    @asset
    def streamed():
        yield Output(1)
        return 2

    assert materialize([streamed]).asset_value("streamed") == 1


def test_a_plain_value_is_no_result_of_a_generator() -> None:
    @asset
    def streamed():
        yield 3

    with pytest.raises(InvariantViolationError) as caught:
        materialize([streamed])
    assert caught.value.found == "an object of type int"
    assert "yield Output" in caught.value.next_step
