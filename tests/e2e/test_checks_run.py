"""Checks while a run executes: verdicts, gates, what a blocking one holds back, checks inside an asset."""

from __future__ import annotations

import pytest

from tidemill import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetIn,
    AssetKey,
    AssetOut,
    DagsterInstance,
    MaterializeResult,
    Output,
    asset,
    asset_check,
    materialize,
    materialize_to_memory,
    multi_asset,
    multi_asset_check,
)
from tidemill.core.errors import (
    AssetCheckFailedError,
    InvalidDefinitionError,
    InvariantViolationError,
    StepOutputNotFoundError,
)

RUNS = pytest.mark.parametrize("run", [materialize, materialize_to_memory])


@asset
def table() -> list[int]:
    return [1, 2, 3]


@asset
def report(table: list[int]) -> int:
    return len(table)


@asset(deps=[table])
def ordered() -> int:
    return 1


def made(result) -> list[str]:
    return [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()]


@RUNS
def test_a_verdict_with_evidence(run) -> None:
    @asset_check(asset=table, description="rows")
    def enough(table: list[int]) -> AssetCheckResult:
        return AssetCheckResult(
            passed=len(table) > 2,
            metadata={"rows": len(table)},
            description="counted",
            severity=AssetCheckSeverity.WARN,
        )

    result = run([table, enough])
    (evaluation,) = result.get_asset_check_evaluations()
    assert evaluation.asset_key == AssetKey("table")
    assert evaluation.check_name == "enough"
    assert evaluation.passed is True
    assert evaluation.severity is AssetCheckSeverity.WARN
    assert evaluation.metadata["rows"].value == 3
    assert evaluation.description == "counted"
    assert evaluation.blocking is False
    assert evaluation.asset_check_key == AssetCheckKey(AssetKey("table"), "enough")
    assert result.is_node_success("table_enough")


@RUNS
@pytest.mark.parametrize("passed", [True, False])
def test_a_plain_bool_is_a_verdict(run, passed: bool) -> None:
    @asset_check(asset=table)
    def plain() -> bool:
        return passed

    result = run([table, plain])
    assert result.success
    assert [evaluation.passed for evaluation in result.get_asset_check_evaluations()] == [passed]


def test_a_numpy_bool_is_a_verdict() -> None:
    numpy = pytest.importorskip("numpy")

    @asset_check(asset=table)
    def vectorised(table: list[int]):
        return (numpy.array(table) > 0).all()

    @asset_check(asset=table)
    def wrapped(table: list[int]):
        return AssetCheckResult(passed=(numpy.array(table) > 1).all())

    evaluations = materialize([table, vectorised, wrapped]).get_asset_check_evaluations()
    assert [evaluation.passed for evaluation in evaluations] == [True, False]


@pytest.mark.parametrize("answer", [None, 1, "yes", [True]])
def test_anything_else_is_no_verdict(answer) -> None:
    @asset_check(asset=table)
    def vague():
        return answer

    with pytest.raises(InvalidDefinitionError, match="no verdict") as caught:
        materialize([table, vague])
    assert caught.value.subject == "table_vague"
    assert type(answer).__name__ in caught.value.found


def test_a_check_that_raises_fails_the_run_and_keeps_the_asset() -> None:
    @asset_check(asset=table)
    def broken():
        raise KeyError("column")

    with DagsterInstance.ephemeral() as instance:
        with pytest.raises(KeyError, match="column"):
            materialize([table, broken, report], instance=instance)
        assert instance.load_asset_value("table") == [1, 2, 3]
        assert instance.load_asset_value("report") == 3


@RUNS
def test_a_failing_check_that_does_not_block(run) -> None:
    @asset_check(asset=table)
    def hopeless():
        return False

    result = run([table, hopeless, report])
    assert result.success
    assert made(result) == ["table", "report"]
    assert result.get_asset_check_evaluations()[0].severity is AssetCheckSeverity.ERROR


@RUNS
def test_a_failing_blocking_check_holds_back_what_needs_the_asset(run) -> None:
    @asset_check(asset=table, blocking=True)
    def gate(table: list[int]):
        return AssetCheckResult(passed=False)

    @asset
    def elsewhere() -> int:
        return 1

    with pytest.raises(AssetCheckFailedError) as caught:
        run([table, gate, report, ordered, elsewhere])
    assert str(caught.value).splitlines()[0] == (
        "1 blocking asset check failed with ERROR severity: table: gate"
    )
    assert (caught.value.subject, caught.value.found) == ("table_gate", "table: gate")

    result = run([table, gate, report, ordered, elsewhere], raise_on_error=False)
    assert not result.success
    assert made(result) == ["table", "elsewhere"] or made(result) == ["elsewhere", "table"]
    assert result.get_failed_step_keys() == {"table_gate"}
    assert result.is_node_untouched("report")
    assert result.is_node_untouched("ordered")
    (evaluation,) = result.get_asset_check_evaluations()
    assert (evaluation.passed, evaluation.blocking) == (False, True)


@RUNS
def test_a_passing_blocking_check_runs_before_the_consumers(run) -> None:
    order = []

    @asset_check(asset=table, blocking=True)
    def gate():
        order.append("gate")
        return True

    @asset(name="report")
    def late(table: list[int]) -> int:
        order.append("report")
        return 1

    assert run([late, table, gate]).success
    assert order == ["gate", "report"]


@RUNS
def test_a_warning_never_blocks(run) -> None:
    @asset_check(asset=table, blocking=True)
    def gate():
        return AssetCheckResult(passed=False, severity=AssetCheckSeverity.WARN)

    result = run([table, gate, report])
    assert result.success
    assert made(result) == ["table", "report"]


def test_a_check_reads_other_assets_too() -> None:
    @asset
    def baseline() -> int:
        return 2

    @asset_check(asset=report, additional_ins={"floor": AssetIn("baseline")}, additional_deps=[ordered])
    def better(report: int, floor: int) -> bool:
        return report > floor

    result = materialize([table, report, baseline, ordered, better])
    assert result.get_asset_check_evaluations()[0].passed
    steps = [event.step_key for event in result.get_step_success_events()]
    assert steps[-1] == "report_better"


def test_a_check_with_the_context() -> None:
    seen = []

    @asset_check(asset=table)
    def told(context, table: list[int]) -> bool:
        seen.append((context.asset_key, context.selected_asset_check_keys, context.run_id))
        context.log.info("looked at %d", len(table))
        return True

    result = materialize([table, told])
    assert seen == [(AssetKey("table"), {AssetCheckKey(AssetKey("table"), "told")}, result.run_id)]


def test_a_function_with_several_checks() -> None:
    @multi_asset_check(
        specs=[AssetCheckSpec("one", asset="table"), AssetCheckSpec("two", asset="report", blocking=True)]
    )
    def several():
        yield AssetCheckResult(passed=True, asset_key="table", check_name="one")
        yield AssetCheckResult(passed=True, check_name="two")

    result = materialize([table, report, several])
    told = [(e.asset_key.to_user_string(), e.check_name) for e in result.get_asset_check_evaluations()]
    assert told == [("table", "one"), ("report", "two")]


def test_a_verdict_that_was_promised_and_not_given() -> None:
    @multi_asset_check(specs=[AssetCheckSpec("one", asset="table"), AssetCheckSpec("two", asset="table")])
    def several():
        yield AssetCheckResult(passed=True, check_name="one")

    with pytest.raises(StepOutputNotFoundError) as caught:
        materialize([table, several])
    assert (caught.value.found, caught.value.expected) == ("table:one", "table:two")


def test_a_verdict_that_nobody_declared() -> None:
    @asset_check(asset=table)
    def declared():
        return AssetCheckResult(passed=True, check_name="another")

    with pytest.raises(InvariantViolationError) as caught:
        materialize([table, declared])
    assert caught.value.expected == "table:declared"


def test_a_verdict_is_about_the_version_of_its_run() -> None:
    @asset_check(asset=table)
    def plain(table: list[int]) -> bool:
        return True

    with DagsterInstance.ephemeral() as instance:
        materialize([table, plain], instance=instance)
        materialize([table, plain], instance=instance)
        versions = instance.get_versions("table")
        checks = [stored.check for stored in instance.home.store.checks(asset=AssetKey("table"))]
    assert [check.version_id for check in checks] == [version.id for version in versions]


# Inside an asset


@RUNS
def test_checks_inside_an_asset_with_a_result(run) -> None:
    @asset(check_specs=[AssetCheckSpec("rows", asset="inner")])
    def inner():
        return MaterializeResult(
            value=[1], metadata={"n": 1}, check_results=[AssetCheckResult(passed=True, metadata={"rows": 1})]
        )

    result = run([inner])
    (evaluation,) = result.get_asset_check_evaluations()
    assert (evaluation.check_name, evaluation.passed) == ("rows", True)
    assert evaluation.metadata["rows"].value == 1
    assert result.asset_value("inner") == [1]


@RUNS
def test_checks_inside_an_asset_that_yields(run) -> None:
    @asset(check_specs=[AssetCheckSpec("rows", asset="inner"), AssetCheckSpec("columns", asset="inner")])
    def inner():
        yield Output([1])
        yield AssetCheckResult(passed=True, check_name="rows")
        yield AssetCheckResult(passed=False, check_name="columns")

    result = run([inner])
    assert result.success
    told = {evaluation.check_name: evaluation.passed for evaluation in result.get_asset_check_evaluations()}
    assert told == {"rows": True, "columns": False}


def test_a_tuple_of_output_and_verdict() -> None:
    @asset(check_specs=[AssetCheckSpec("rows", asset="inner")])
    def inner():
        return Output([1]), AssetCheckResult(passed=True)

    result = materialize([inner])
    assert result.asset_value("inner") == [1]
    assert len(result.get_asset_check_evaluations()) == 1


@RUNS
def test_a_failing_blocking_check_inside_an_asset(run) -> None:
    @asset(check_specs=[AssetCheckSpec("rows", asset="inner", blocking=True)])
    def inner():
        return MaterializeResult(value=1, check_results=[AssetCheckResult(passed=False)])

    @asset
    def child(inner: int) -> int:
        return inner

    with pytest.raises(AssetCheckFailedError, match="inner: rows"):
        run([inner, child])
    result = run([inner, child], raise_on_error=False)
    assert made(result) == ["inner"]
    assert result.get_failed_step_keys() == {"inner"}
    assert result.is_node_untouched("child")
    assert result.asset_value("inner") == 1


def test_a_plain_value_says_nothing_of_the_checks() -> None:
    @asset(check_specs=[AssetCheckSpec("rows", asset="inner")])
    def inner():
        return [1]

    with pytest.raises(
        InvariantViolationError, match="has multiple outputs, but only one output was returned"
    ) as caught:
        materialize([inner])
    assert caught.value.subject == "inner"
    assert caught.value.expected == "result, rows"


def test_a_result_without_the_verdict_that_was_promised() -> None:
    @asset(check_specs=[AssetCheckSpec("rows", asset="inner")])
    def inner():
        return MaterializeResult(value=1)

    with pytest.raises(StepOutputNotFoundError) as caught:
        materialize([inner])
    assert caught.value.expected == "inner:rows"


def test_a_verdict_without_a_check() -> None:
    @asset
    def inner():
        yield Output(1)
        yield AssetCheckResult(passed=True)

    with pytest.raises(InvariantViolationError) as caught:
        materialize([inner])
    assert caught.value.expected == "no checks"


def test_a_skipped_asset_owes_no_verdict() -> None:
    @asset(check_specs=[AssetCheckSpec("rows", asset="inner")])
    def inner():
        if False:
            yield Output(1)

    assert materialize([inner]).success


def test_checks_of_the_assets_of_a_multi_asset() -> None:
    @multi_asset(
        outs={"a": AssetOut(), "b": AssetOut()},
        check_specs=[AssetCheckSpec("ok", asset="a"), AssetCheckSpec("ok", asset="b")],
    )
    def both():
        yield Output(1, output_name="a")
        yield Output(2, output_name="b")
        yield AssetCheckResult(passed=True, asset_key="b")
        yield AssetCheckResult(passed=False, asset_key="a")

    evaluations = materialize([both]).get_asset_check_evaluations()
    told = {evaluation.asset_key.to_user_string(): evaluation.passed for evaluation in evaluations}
    assert told == {"a": False, "b": True}


def test_checks_and_the_store() -> None:
    @asset_check(asset=table)
    def hopeless():
        return False

    with DagsterInstance.ephemeral() as instance:
        result = materialize([table, hopeless], instance=instance)
        logged = [
            entry.dagster_event.event_specific_data
            for entry in instance.all_logs(result.run_id)
            if entry.dagster_event.event_type_value == "ASSET_CHECK_EVALUATION"
        ]
    assert logged == result.get_asset_check_evaluations()
