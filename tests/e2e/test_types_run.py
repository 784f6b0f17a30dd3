"""Types of the user's own where assets run (api.md 1.15)."""

from __future__ import annotations

from typing import Any

import pytest

from tidemill import (
    AssetIn,
    AssetOut,
    ConfigurableIOManager,
    DagsterType,
    DagsterTypeCheckDidNotPass,
    InputContext,
    List,
    Output,
    OutputContext,
    TypeCheck,
    TypeCheckContext,
    asset,
    materialize,
    materialize_to_memory,
    multi_asset,
    usable_as_dagster_type,
)


def check_rows(context: TypeCheckContext, value: Any) -> TypeCheck:
    return TypeCheck(len(value) >= 2, f"{context.run_id[:0]}at least two rows", {"rows": len(value)})


Rows = DagsterType(check_rows, name="Rows", typing_type=list)


@usable_as_dagster_type(name="Story")
class Story:
    def __init__(self, title: str) -> None:
        self.title = title


def test_values_that_are_of_their_types() -> None:
    @asset(dagster_type=Rows)
    def rows():
        return [1, 2]

    @asset(ins={"rows": AssetIn(dagster_type=Rows)})
    def count(rows) -> int:
        return len(rows)

    @asset
    def stories() -> List[Story]:
        return [Story("a")]

    @multi_asset(outs={"a": AssetOut(dagster_type=Rows), "b": AssetOut(dagster_type=int)})
    def both():
        return [1, 2, 3], 4

    result = materialize([rows, count, stories, both])
    assert result.success
    assert result.output_for_node("count") == 2


@pytest.mark.parametrize("run", [materialize, materialize_to_memory])
def test_a_value_that_is_not(run) -> None:
    @asset(dagster_type=Rows)
    def rows():
        return [1]

    with pytest.raises(DagsterTypeCheckDidNotPass, match='expected type "Rows"') as caught:
        run([rows])
    assert "at least two rows" in str(caught.value)
    assert "rows: 1" in str(caught.value)

    @asset
    def stories() -> list[Story]:
        return [Story("a"), "b"]

    with pytest.raises(DagsterTypeCheckDidNotPass, match=r'expected type "\[Story\]"'):
        run([stories])


def test_an_input_that_is_not() -> None:
    @asset
    def rows():
        yield Output([1])

    @asset(ins={"rows": AssetIn(dagster_type=Rows)})
    def count(rows):
        return len(rows)

    result = materialize([rows, count], raise_on_error=False)
    (failure,) = result.get_step_failure_events()
    assert failure.step_key == "count"
    assert 'step input "rows"' in failure.event_specific_data.error.message


def test_a_check_that_fails_is_the_users_error() -> None:
    @asset(dagster_type=DagsterType(lambda _, value: value["x"] > 1, name="Broken"))
    def rows():
        return {}

    with pytest.raises(KeyError, match="x"):
        materialize([rows])


def test_an_io_manager_is_told_the_type() -> None:
    told = []

    class Manager(ConfigurableIOManager):
        def handle_output(self, context: OutputContext, obj: object) -> None:
            told.append((context.dagster_type.display_name, context.dagster_type.typing_type))

        def load_input(self, context: InputContext) -> object:
            told.append((context.dagster_type.display_name, context.dagster_type.typing_type))
            return [1, 2]

    @asset(dagster_type=Rows)
    def rows():
        return [1, 2]

    @asset(ins={"rows": AssetIn(dagster_type=Rows)})
    def count(rows) -> int:
        return len(rows)

    materialize([rows, count], resources={"io_manager": Manager()}, selection=["rows", "count"])
    assert told[:2] == [("Rows", list), ("Rows", list)]
