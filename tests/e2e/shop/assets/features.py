import dagster as dg
import pandas as pd


@dg.op
def pick_columns(orders: pd.DataFrame) -> pd.DataFrame:
    return orders[["day", "store", "quantity", "price", "revenue"]]


@dg.op(out=dg.DynamicOut())
def one_store_each(orders: pd.DataFrame):
    for store, part in orders.groupby("store"):
        yield dg.DynamicOutput(part, mapping_key=f"store_{store}")


@dg.op
def mean_revenue(part: pd.DataFrame) -> float:
    return float(part["revenue"].mean())


@dg.op
def spread(means: list[float]) -> float:
    return max(means) - min(means)


@dg.graph_asset(group_name="features")
def store_spread(orders_table):
    parts = one_store_each(pick_columns(orders_table))
    return spread(parts.map(mean_revenue).collect())


def make_lag(lag: int):
    @dg.asset(
        name=f"revenue_lag_{lag}", group_name="features", key_prefix=["features"], tags={"lag": str(lag)}
    )
    def feature(orders_table: pd.DataFrame) -> pd.Series:
        return orders_table.groupby("day")["revenue"].sum().shift(lag).fillna(0.0)

    return feature


lags = [make_lag(lag) for lag in (1, 2, 3, 7)]


@dg.asset(group_name="features", key_prefix="features")
def weekday(days: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(days["day"]).dt.dayofweek


@dg.asset(
    group_name="features",
    ins={f"lag_{lag}": dg.AssetIn(key=["features", f"revenue_lag_{lag}"]) for lag in (1, 2, 3, 7)}
    | {"weekday": dg.AssetIn(key_prefix="features")},
)
def feature_table(lag_1, lag_2, lag_3, lag_7, weekday, orders_table) -> pd.DataFrame:
    target = orders_table.groupby("day")["revenue"].sum()
    return pd.DataFrame(
        {
            "lag_1": lag_1.values,
            "lag_2": lag_2.values,
            "lag_3": lag_3.values,
            "lag_7": lag_7.values,
            "weekday": weekday.values[: len(target)],
            "target": target.values,
        }
    )
