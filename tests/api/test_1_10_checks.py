"""Section 1.10: checks of assets, on their own and inside what makes the asset."""

from collections.abc import Iterator
from typing import Any

import pytest

from tidemill import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetIn,
    AssetKey,
    AssetSelection,
    AutomationCondition,
    ConfigurableResource,
    DagsterAssetCheckFailedError,
    MaterializeResult,
    Output,
    ResourceParam,
    RetryPolicy,
    asset,
    asset_check,
    materialize,
    multi_asset_check,
)


@asset
def x() -> int:
    return 1


@asset
def below(x: int) -> int:
    return x


class Store(ConfigurableResource):
    limit: int = 5


def verdicts(result: Any) -> dict[str, bool]:
    return {each.check_name: each.passed for each in result.get_asset_check_evaluations()}


# --- asset_check ------------------------------------------------------------------------------------------------------


def test_asset_check_loads_the_value_by_the_name_of_the_asset() -> None:
    @asset_check(asset=x)
    def is_one(x: int) -> AssetCheckResult:
        return AssetCheckResult(passed=x == 1, metadata={"seen": x})

    result = materialize([x, is_one])
    (verdict,) = result.get_asset_check_evaluations()
    assert (verdict.check_name, verdict.passed, verdict.asset_key) == ("is_one", True, AssetKey("x"))
    assert verdict.metadata["seen"].value == 1
    assert (verdict.severity, verdict.blocking) == (AssetCheckSeverity.ERROR, False)
    assert "x_is_one" in {event.step_key for event in result.get_step_success_events()}


def test_asset_check_arguments() -> None:
    @asset_check(
        asset="x",
        name="n",
        description="d",
        blocking=True,
        additional_deps=["other"],
        compute_kind="k",
        op_tags={"t": "1"},
        retry_policy=RetryPolicy(max_retries=1),
        metadata={"m": 1},
        automation_condition=AutomationCondition.eager(),
        pool="p",
    )
    def fn() -> AssetCheckResult:
        return AssetCheckResult(passed=True)

    (spec,) = fn.check_specs
    assert (spec.name, spec.asset_key, spec.description, spec.blocking) == ("n", AssetKey("x"), "d", True)
    assert spec.metadata["m"] == 1
    assert {dep.asset_key for dep in spec.additional_deps} == {AssetKey("other")}
    assert set(fn.check_keys) == {AssetCheckKey(AssetKey("x"), "n")}


def test_asset_check_additional_ins_config_and_resources() -> None:
    @asset
    def other() -> int:
        return 7

    @asset_check(asset=x, additional_ins={"o": AssetIn("other")}, config_schema={"n": int})
    def all_of(
        context: AssetCheckExecutionContext, x: int, o: int, store: Store, r: ResourceParam[int]
    ) -> Any:
        return AssetCheckResult(passed=(x, o, store.limit, r, context.op_config["n"]) == (1, 7, 5, 6, 3))

    result = materialize(
        [x, other, all_of],
        resources={"store": Store(), "r": 6},
        run_config={"ops": {"x_all_of": {"config": {"n": 3}}}},
    )
    assert verdicts(result) == {"all_of": True}


def test_asset_check_required_resource_keys_and_resource_defs() -> None:
    @asset_check(asset=x, required_resource_keys={"r"}, resource_defs={"r": Store(limit=9)})
    def own(context: AssetCheckExecutionContext) -> AssetCheckResult:
        return AssetCheckResult(passed=context.resources.r.limit == 9)

    assert verdicts(materialize([x, own])) == {"own": True}


def test_asset_check_may_return_a_plain_bool() -> None:
    @asset_check(asset=x)
    def no(x: int) -> bool:
        return x == 2

    result = materialize([x, no])
    assert (result.success, verdicts(result)) == (True, {"no": False})


def test_asset_check_that_does_not_block_leaves_the_run_successful() -> None:
    @asset_check(asset=x)
    def fails() -> AssetCheckResult:
        return AssetCheckResult(passed=False)

    result = materialize([x, fails, below])
    assert result.success
    assert result.asset_value("below") == 1


def blocking(severity: AssetCheckSeverity) -> Any:
    @asset_check(asset=x, blocking=True)
    def chk() -> AssetCheckResult:
        return AssetCheckResult(passed=False, severity=severity)

    return materialize([x, chk, below], raise_on_error=False)


def test_asset_check_that_blocks_fails_its_step_and_what_is_below_has_no_event() -> None:
    result = blocking(AssetCheckSeverity.ERROR)
    assert not result.success
    assert list(result.get_failed_step_keys()) == ["x_chk"]
    assert result.is_node_untouched("below")
    assert verdicts(result) == {"chk": False}


def test_DagsterAssetCheckFailedError_names_asset_and_check() -> None:
    @asset_check(asset=x, blocking=True)
    def chk() -> AssetCheckResult:
        return AssetCheckResult(passed=False)

    with pytest.raises(DagsterAssetCheckFailedError) as caught:
        materialize([x, chk])
    assert "chk" in str(caught.value)
    assert "x" in str(caught.value)


def test_AssetCheckSeverity_a_warning_never_blocks() -> None:
    result = blocking(AssetCheckSeverity.WARN)
    assert result.success
    assert result.asset_value("below") == 1
    assert set(AssetCheckSeverity) == {AssetCheckSeverity.WARN, AssetCheckSeverity.ERROR}


# --- inside an asset --------------------------------------------------------------------------------------------------


def test_AssetCheckSpec_inside_an_asset_with_a_materialize_result() -> None:
    @asset(check_specs=[AssetCheckSpec("c", asset="a"), AssetCheckSpec("d", asset="a")])
    def a() -> MaterializeResult:
        return MaterializeResult(
            check_results=[
                AssetCheckResult(passed=True, check_name="c"),
                AssetCheckResult(passed=False, check_name="d"),
            ]
        )

    assert verdicts(materialize([a])) == {"c": True, "d": False}


def test_AssetCheckSpec_inside_an_asset_that_yields() -> None:
    @asset(check_specs=[AssetCheckSpec("c", asset="a")])
    def a() -> Iterator[Any]:
        yield Output(1)
        yield AssetCheckResult(passed=True)

    result = materialize([a])
    assert (result.asset_value("a"), verdicts(result)) == (1, {"c": True})


def test_AssetCheckSpec_only_a_value_is_then_an_error() -> None:
    @asset(check_specs=[AssetCheckSpec("c", asset="a")])
    def a() -> int:
        return 1

    with pytest.raises(Exception, match="a"):
        materialize([a])


def test_AssetCheckSpec_arguments_and_defaults() -> None:
    plain = AssetCheckSpec("n", asset="a")
    assert (plain.name, plain.asset_key, plain.blocking, plain.description) == (
        "n",
        AssetKey("a"),
        False,
        None,
    )
    assert plain.key == AssetCheckKey(AssetKey("a"), "n")
    full = AssetCheckSpec(
        "n", asset=x, description="d", additional_deps=["b"], blocking=True, metadata={"m": 1},
        automation_condition=AutomationCondition.eager(),
    )  # fmt: skip
    assert (full.asset_key, full.description, full.blocking, full.metadata["m"]) == (
        AssetKey("x"),
        "d",
        True,
        1,
    )
    assert [dep.asset_key for dep in full.additional_deps] == [AssetKey("b")]


def test_AssetCheckKey_is_an_asset_and_a_name() -> None:
    key = AssetCheckKey(AssetKey("a"), "n")
    assert (key.asset_key, key.name) == (AssetKey("a"), "n")
    assert AssetCheckKey(asset_key=AssetKey("a"), name="n") == key
    assert len({key, AssetCheckKey(AssetKey("a"), "m")}) == 2


def test_AssetCheckResult_arguments_and_defaults() -> None:
    plain = AssetCheckResult(passed=True)
    assert (plain.asset_key, plain.check_name, plain.description) == (None, None, None)
    assert plain.severity == AssetCheckSeverity.ERROR
    full = AssetCheckResult(
        passed=False,
        asset_key="a",
        check_name="n",
        metadata={"m": 1},
        severity=AssetCheckSeverity.WARN,
        description="d",
    )
    assert (full.passed, full.asset_key, full.check_name, full.description) == (
        False,
        AssetKey("a"),
        "n",
        "d",
    )
    assert full.metadata["m"].value == 1
    with pytest.raises(TypeError):
        AssetCheckResult(True)  # type: ignore[misc]


# --- multi_asset_check ------------------------------------------------------------------------------------------------


def test_multi_asset_check_gives_a_verdict_for_each_spec() -> None:
    @multi_asset_check(
        name="n",
        description="d",
        specs=[AssetCheckSpec("c", asset="x"), AssetCheckSpec("d", asset="below")],
    )
    def both() -> Iterator[AssetCheckResult]:
        yield AssetCheckResult(passed=True, asset_key="x", check_name="c")
        yield AssetCheckResult(passed=False, asset_key="below", check_name="d")

    result = materialize([x, below, both])
    assert verdicts(result) == {"c": True, "d": False}
    assert "n" in {event.step_key for event in result.get_step_success_events()}


def test_multi_asset_check_can_subset() -> None:
    specs = [AssetCheckSpec("c", asset="x"), AssetCheckSpec("d", asset="x")]

    @multi_asset_check(specs=specs, can_subset=True)
    def both(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        for key in context.selected_asset_check_keys:
            yield AssetCheckResult(passed=True, asset_key=key.asset_key, check_name=key.name)

    one = AssetSelection.checks(AssetCheckKey(AssetKey("x"), "d"))
    assert verdicts(materialize([x, both], selection=AssetSelection.assets(x).without_checks() | one)) == {
        "d": True
    }
