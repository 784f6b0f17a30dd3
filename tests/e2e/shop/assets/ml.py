import dagster as dg
import pandas as pd
from sklearn.linear_model import Ridge


class TrainConfig(dg.Config):
    alpha: float = 1.0
    columns: list[str] = ["lag_1", "lag_7", "weekday"]


@dg.multi_asset(outs={"train": dg.AssetOut(), "test": dg.AssetOut()}, group_name="ml")
def split(feature_table: pd.DataFrame):
    yield dg.Output(feature_table.iloc[:10], output_name="train")
    yield dg.Output(feature_table.iloc[10:], output_name="test")


@dg.asset(group_name="ml", compute_kind="sklearn")
def baseline(train: pd.DataFrame, test: pd.DataFrame) -> float:
    return float((test["target"] - train["target"].mean()).abs().mean())


@dg.asset(group_name="ml", op_tags={"cpu": "1"}, automation_condition=dg.AutomationCondition.eager())
def model(context: dg.AssetExecutionContext, config: TrainConfig, train: pd.DataFrame):
    fitted = Ridge(alpha=config.alpha).fit(train[config.columns], train["target"])
    context.add_output_metadata({"alpha": config.alpha, "columns": dg.MetadataValue.json(config.columns)})
    return fitted


@dg.asset(group_name="ml", check_specs=[dg.AssetCheckSpec("finite", asset="score")])
def score(model, test: pd.DataFrame):
    value = float((test["target"] - model.predict(test[["lag_1", "lag_7", "weekday"]])).abs().mean())
    yield dg.Output(value, metadata={"mae": value})
    yield dg.AssetCheckResult(passed=value < 1e9)


@dg.asset(group_name="ml", output_required=False)
def champion(model, score: float, baseline: float):
    if score < baseline * 100:
        yield dg.Output(model)


@dg.asset(group_name="ml")
async def forecast(champion, test: pd.DataFrame) -> list[float]:
    return [float(each) for each in champion.predict(test[["lag_1", "lag_7", "weekday"]])]


@dg.asset(group_name="ml", auto_materialize_policy=dg.AutoMaterializePolicy.eager())
def residuals(forecast: list, test: pd.DataFrame) -> list[float]:
    return [a - b for a, b in zip(forecast, test["target"], strict=True)]
