import dagster as dg
import pandas as pd

from .assets.ml import score


@dg.asset_check(asset="orders_table", blocking=True)
def has_rows(orders_table: pd.DataFrame) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=len(orders_table) > 0, metadata={"rows": len(orders_table)})


@dg.asset_check(
    asset=score, additional_ins={"base": dg.AssetIn("baseline")}, description="Better than the mean?"
)
def beats_baseline(score: float, base: float):
    return dg.AssetCheckResult(
        passed=score < base, severity=dg.AssetCheckSeverity.WARN, metadata={"baseline": base}
    )


@dg.multi_asset_check(
    specs=[dg.AssetCheckSpec("positive", asset="baseline"), dg.AssetCheckSpec("small", asset="score")]
)
def both():
    yield dg.AssetCheckResult(asset_key="baseline", check_name="positive", passed=True)
    yield dg.AssetCheckResult(asset_key="score", check_name="small", passed=True)
