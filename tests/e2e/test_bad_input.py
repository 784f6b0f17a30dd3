"""Bad input while something runs: an error that names the thing, and nothing lost that was made before."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tidemill import (
    AssetIn,
    AssetOut,
    DagsterInstance,
    Definitions,
    MaterializeResult,
    Output,
    asset,
    asset_check,
    materialize,
    materialize_to_memory,
    multi_asset,
)
from tidemill.core.errors import (
    CircularDependencyError,
    InvalidDefinitionError,
    InvalidSubsetError,
    InvariantViolationError,
    StepOutputNotFoundError,
    TidemillError,
    TypeCheckError,
    UnpicklableValueError,
)

RUNS = pytest.mark.parametrize("run", [materialize, materialize_to_memory])


@asset
def before() -> int:
    return 1


def refused(kind: type[TidemillError], *assets, run=materialize, **arguments) -> TidemillError:
    """The error of a run that made `before` first, after which its version is still there."""
    with DagsterInstance.ephemeral() as instance:
        with pytest.raises(kind) as caught:
            run([before, *assets], instance=instance, **arguments)
        assert [version.number for version in instance.get_versions("before")] == [1]
        (made,) = instance.get_runs()
        assert made.is_failure
    error = caught.value
    assert error.subject
    assert error.next_step
    assert error.subject in str(error)
    return error


def never_started(kind: type[TidemillError], *assets, **arguments) -> TidemillError:
    """The error of a run that was refused before it began: the store knows nothing of it."""
    with DagsterInstance.ephemeral() as instance:
        with pytest.raises(kind) as caught:
            materialize(list(assets), instance=instance, **arguments)
        assert instance.get_runs() == []
    return caught.value


# The number and the names of outputs


@RUNS
@pytest.mark.parametrize(
    ("returned", "found"),
    [
        ((1,), "a tuple of 1"),
        ((1, 2, 3), "a tuple of 3"),
        (1, "one int"),
        ([1, 2], "one list"),
        (None, "one NoneType"),
    ],
)
def test_the_wrong_number_of_outputs(run, returned, found: str) -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both(before: int):
        return returned

    error = refused(InvariantViolationError, both, run=run)
    assert error.subject == "both"
    assert error.found == found
    assert error.expected == "a tuple of 2: a, b"


@RUNS
def test_an_output_of_the_wrong_name(run) -> None:
    @multi_asset(outs={"train": AssetOut(), "test": AssetOut()})
    def split(before: int):
        yield Output(1, output_name="tain")

    error = refused(InvariantViolationError, split, run=run)
    assert (error.subject, error.found, error.expected) == ("split", "tain", "train, test")
    assert "train" in error.next_step


def test_an_output_of_the_wrong_name_of_a_single_asset() -> None:
    @asset
    def single(before: int):
        return Output(1, output_name="model")

    error = refused(InvariantViolationError, single)
    assert (error.found, error.expected) == ("model", "result")


def test_a_value_where_none_is_stored() -> None:
    @asset
    def effect(before: int) -> None:
        return 5

    error = refused(InvariantViolationError, effect)
    assert error.subject == "effect"
    assert error.found == "a value of type int"
    assert "-> None" in error.next_step


def test_nothing_from_an_asset_that_must_give_something() -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both(before: int):
        yield Output(1, output_name="a")

    error = refused(StepOutputNotFoundError, both)
    assert (error.subject, error.found) == ("b", "a")


def test_a_list_with_a_stray_value_among_results() -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both(before: int):
        yield Output(1, output_name="a")
        yield 2

    error = refused(InvariantViolationError, both)
    assert error.found == "an object of type int"


# Types


@RUNS
def test_an_output_of_the_wrong_type(run) -> None:
    @asset
    def text(before: int) -> str:
        return 5

    error = refused(TypeCheckError, text, run=run)
    assert 'Type check failed for step output "result"' in str(error)
    assert 'expected type "String"' in str(error)
    assert (error.subject, error.found, error.expected) == ("result", "a value of type int", "str")


@RUNS
def test_an_input_of_the_wrong_type(run) -> None:
    @asset
    def child(before: str) -> str:
        return before

    error = refused(TypeCheckError, child, run=run)
    assert 'Type check failed for step input "before"' in str(error)
    assert 'expected type "String"' in str(error)
    assert "'child'" in str(error)


def test_a_wrong_type_inside_an_output_or_a_result() -> None:
    @asset
    def wrapped(before: int) -> Output[str]:
        return Output(5)

    @asset
    def reported(before: int) -> MaterializeResult[str]:
        return MaterializeResult(value=5)

    for definition in (wrapped, reported):
        assert refused(TypeCheckError, definition).expected == "str"


def test_a_wrong_type_of_one_of_several_outputs() -> None:
    @multi_asset(outs={"a": AssetOut(dagster_type=int), "b": AssetOut(dagster_type=str)})
    def both(before: int):
        return 1, 2

    error = refused(TypeCheckError, both)
    assert (error.subject, error.expected) == ("b", "str")


# Values that cannot be stored


class Connection:
    def __init__(self) -> None:
        self.name = "warehouse"
        self.lock = threading.Lock()


def test_a_value_that_cannot_be_pickled_names_the_part() -> None:
    @asset
    def client(before: int):
        return {"settings": 1, "connection": Connection()}

    error = refused(UnpicklableValueError, client)
    assert error.subject == "client"
    assert "lock" in error.found
    assert "connection" in error.found


def test_a_value_that_cannot_be_pickled_is_no_problem_in_memory() -> None:
    @asset
    def client(before: int):
        return Connection()

    assert materialize_to_memory([before, client]).asset_value("client").name == "warehouse"


def test_no_half_written_artifact_is_left(tmp_path: Path) -> None:
    @asset
    def client():
        return [bytes(100_000), threading.Lock()]

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        with pytest.raises(UnpicklableValueError):
            materialize([client], instance=instance)
        assert instance.get_versions("client") == []
    assert [path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()] == []


# Definitions that do not go together


def test_an_unknown_upstream() -> None:
    @asset
    def child(befor: int) -> int:
        return befor

    error = never_started(InvalidDefinitionError, before, child)
    assert error.subject == "befor"
    assert "'[\"befor\"]'" in str(error)
    assert "before" in error.next_step


def test_an_upstream_of_another_prefix_is_not_found() -> None:
    @asset(key_prefix="raw", group_name="raw")
    def table() -> int:
        return 1

    @asset
    def child(table: int) -> int:
        return table

    error = never_started(InvalidDefinitionError, table, child)
    assert error.subject == "table"
    assert "raw/table" in error.next_step


def test_a_circle_is_printed_as_a_path() -> None:
    @asset
    def a(c: int) -> int:
        return 1

    @asset
    def b(a: int) -> int:
        return 1

    @asset
    def c(b: int) -> int:
        return 1

    error = never_started(CircularDependencyError, a, b, c)
    assert isinstance(error, CircularDependencyError)
    assert sorted(error.path[:-1]) == ["a", "b", "c"]
    assert error.path[0] == error.path[-1]
    assert " → ".join(error.path) in str(error)


def test_an_asset_that_needs_itself() -> None:
    @asset(ins={"mine": AssetIn("selfish")})
    def selfish(mine: int) -> int:
        return mine

    error = never_started(CircularDependencyError, selfish)
    assert error.path == ("selfish", "selfish")


def test_a_circle_through_a_blocking_check() -> None:
    @asset
    def child(before: int) -> int:
        return before

    @asset_check(asset=before, blocking=True, additional_ins={"child": AssetIn("child")})
    def gate(child: int) -> bool:
        return True

    error = never_started(CircularDependencyError, before, child, gate)
    assert set(error.path) == {"child", "before_gate"}
    assert "non-blocking" in error.next_step


def test_the_same_key_twice() -> None:
    @asset(name="before")
    def again() -> int:
        return 2

    error = never_started(InvalidDefinitionError, before, again)
    assert "Duplicate asset key: AssetKey(['before'])" in str(error)
    assert "before" in error.subject


def test_the_same_asset_twice_is_one() -> None:
    assert materialize([before, before]).success


def test_something_that_is_no_definition() -> None:
    error = never_started(InvalidDefinitionError, before, lambda: 1)
    assert "function" in error.found or "lambda" in str(error)


def test_a_selection_of_nothing() -> None:
    error = never_started(InvalidSubsetError, before, selection="befor")
    assert "befor" in str(error)
    assert "before" in str(error)


def test_a_missing_io_manager_and_resource() -> None:
    @asset(io_manager_key="warehouse")
    def table() -> int:
        return 1

    @asset(required_resource_keys={"client"})
    def fetched() -> int:
        return 1

    assert never_started(InvalidDefinitionError, table).subject == "warehouse"
    error = never_started(InvalidDefinitionError, fetched)
    assert error.subject == "client"
    assert "resources={'client'" in error.next_step


def test_every_problem_is_found_at_once() -> None:
    @asset
    def one(nowhere: int) -> int:
        return 1

    @asset(required_resource_keys={"client"})
    def two() -> int:
        return 1

    from tidemill.execution.launch import problems_of

    problems = problems_of(Definitions(assets=[one, two]).project())
    assert [problem.subject for problem in problems] == ["nowhere", "client"]


def test_unknown_run_config() -> None:
    from tidemill import Config
    from tidemill.core.errors import InvalidConfigError

    class Depth(Config):
        depth: int = 3

    @asset
    def tuned(config: Depth) -> int:
        return config.depth

    error = never_started(InvalidConfigError, tuned, run_config={"ops": {"tuned": {"config": {"dept": 1}}}})
    assert [path for path, _ in error.problems] == ["root:ops:tuned:config:dept"]
    assert "dept" in str(error)
