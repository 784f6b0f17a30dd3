"""Checks that are made, checks of many assets, and what a check knows of itself (api.md 1.10)."""

from __future__ import annotations

from typing import Any

import pytest

from tidemill import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    AssetSelection,
    DagsterInstance,
    Definitions,
    InvalidDefinitionError,
    MaterializeResult,
    StaticPartitionsDefinition,
    TableColumn,
    TableSchema,
    asset,
    asset_check,
    build_asset_check_context,
    build_column_schema_change_checks,
    build_metadata_bounds_checks,
    define_asset_job,
    materialize,
    multi_asset_check,
)


@asset
def a() -> int:
    return 1


@asset
def b(a: int) -> int:
    return 2


def told(result: Any) -> list[tuple[str, str, bool]]:
    evaluations = result.get_asset_check_evaluations()
    return [(each.asset_key.to_user_string(), each.check_name, each.passed) for each in evaluations]


def test_one_check_of_many_assets() -> None:
    @asset_check(asset=[a, AssetKey("b")], blocking=True)
    def positive(value: int) -> bool:
        return value > 0

    assert told(materialize([a, b, positive])) == [("a", "positive", True), ("b", "positive", True)]
    assert (positive(5), positive(-1)) == (True, False)
    assert [spec.blocking for spec in positive.check_specs] == [True, True]
    defs = Definitions([a, b], asset_checks=[positive])
    assert AssetSelection.checks(positive).resolve_checks(defs) == set(positive.check_keys)
    assert AssetCheckKey(AssetKey("b"), "positive") in positive.check_keys

    @asset_check(asset=["p", "q"])
    def one_key() -> bool:
        return True

    assert [key.asset_key for key in one_key.check_keys] == [AssetKey(["p", "q"])]


@pytest.mark.parametrize(
    ("bounds", "passed", "said"),
    [
        ({"min_value": 1, "max_value": 9}, True, "at least 1 and at most 9"),
        ({"min_value": 6}, False, "at least 6"),
        ({"max_value": 5, "exclusive_max": True}, False, "less than 5"),
        ({"min_value": 5}, True, "at least 5"),
        ({"min_value": 5, "exclusive_min": True}, False, "more than 5"),
    ],
)
def test_bounds_of_metadata(bounds: dict[str, Any], passed: bool, said: str) -> None:
    @asset(name="model")
    def model() -> Any:
        return MaterializeResult(metadata={"dagster/row_count": 5})

    checks = build_metadata_bounds_checks(assets=[model], metadata_key="dagster/row_count", **bounds)
    (verdict,) = materialize([model, *checks]).get_asset_check_evaluations()
    assert (verdict.check_name, verdict.passed) == ("dagster_row_count_bounds_check", passed)
    assert said in verdict.description
    assert verdict.severity == AssetCheckSeverity.WARN


def test_what_has_no_number_does_not_pass() -> None:
    @asset(name="model")
    def model() -> Any:
        return MaterializeResult(metadata={"n": "text"})

    severe = AssetCheckSeverity.ERROR
    checks = build_metadata_bounds_checks(
        assets=[model, "other"], metadata_key="n", min_value=1, severity=severe
    )
    verdicts = materialize([model, *checks]).get_asset_check_evaluations()
    assert [(each.passed, each.severity) for each in verdicts] == [(False, severe), (False, severe)]
    assert "no number" in verdicts[0].description
    assert "no version" in verdicts[1].description
    with pytest.raises(InvalidDefinitionError, match="max_value"):
        build_metadata_bounds_checks(assets=[model], metadata_key="n")


def test_changes_of_columns() -> None:
    def table(columns: dict[str, str] | None) -> Any:
        @asset(name="table")
        def made() -> Any:
            if columns is None:
                return MaterializeResult()
            schema = TableSchema(columns=[TableColumn(name, kind) for name, kind in columns.items()])
            return MaterializeResult(metadata={"dagster/column_schema": schema})

        return made

    seen = []
    with DagsterInstance.ephemeral() as instance:
        for columns in (None, {"a": "int"}, {"a": "int"}, {"a": "str", "b": "int"}, {"b": "int"}, None):
            made = table(columns)
            checks = build_column_schema_change_checks(assets=[made])
            (verdict,) = materialize([made, *checks], instance=instance).get_asset_check_evaluations()
            seen.append((verdict.passed, verdict.description))
    assert [passed for passed, _ in seen] == [True, False, True, False, False, False]
    assert "added columns: b" in seen[3][1]
    assert "a (int → str)" in seen[3][1]
    assert "removed columns: a" in seen[4][1]


def test_what_a_check_knows_of_itself() -> None:
    @asset_check(asset=a)
    def knows(context: AssetCheckExecutionContext) -> AssetCheckResult:
        assert list(context.asset_checks_def.check_specs) == context.check_specs
        return AssetCheckResult(passed=context.check_specs[0].name == "knows" and not context.is_subset)

    assert told(materialize([a, knows])) == [("a", "knows", True)]
    assert knows(build_asset_check_context()).passed
    (spec,) = knows.check_specs
    assert spec.get_python_identifier() == "a_knows"
    moved = spec.replace_key(AssetCheckKey(AssetKey("q"), "other")).with_metadata({"k": 1})
    assert (moved.key, moved.metadata) == (AssetCheckKey(AssetKey("q"), "other"), {"k": 1})


def test_a_part_of_several_checks() -> None:
    @multi_asset_check(specs=[AssetCheckSpec("c1", asset=a), AssetCheckSpec("c2", asset=b)], can_subset=True)
    def both(context: Any) -> Any:
        for key in sorted(context.selected_asset_check_keys, key=str):
            yield AssetCheckResult(asset_key=key.asset_key, check_name=key.name, passed=context.is_subset)

    assert both.can_subset
    assert told(materialize([a, b, both])) == [("a", "c1", False), ("b", "c2", False)]
    only = AssetSelection.checks(AssetCheckKey(AssetKey("a"), "c1"))
    defs = Definitions([a, b], asset_checks=[both], jobs=[define_asset_job("j", only)])
    assert told(defs.get_job_def("j").execute_in_process()) == [("a", "c1", True)]


def test_a_check_of_an_asset_that_is_made_elsewhere() -> None:
    @asset_check(asset="elsewhere")
    def there() -> bool:
        return True

    job = define_asset_job("checks", AssetSelection.all_asset_checks())
    defs = Definitions([a], asset_checks=[there], jobs=[job])
    Definitions.validate_loadable(defs)
    assert told(defs.get_job_def("checks").execute_in_process()) == [("elsewhere", "there", True)]


def test_a_check_of_a_partition() -> None:
    parts = StaticPartitionsDefinition(["x", "y"])

    @asset(partitions_def=parts)
    def sliced(context: Any) -> Any:
        return context.partition_key

    @asset_check(asset=sliced, partitions_def=parts)
    def same(context: Any, sliced: str) -> bool:
        return bool(sliced == context.partition_key)

    (verdict,) = materialize([sliced, same], partition_key="y").get_asset_check_evaluations()
    assert (verdict.passed, verdict.partition, same.partitions_def) == (True, "y", parts)
