import dagster as dg
import pandas as pd

from ..partitions import daily, region_by_day, regions, weekly


@dg.asset(
    partitions_def=daily,
    group_name="staging",
    io_manager_key="warehouse",
    metadata={"partition_expr": "day"},
    code_version="2",
)
def clean_orders(raw_orders: pd.DataFrame) -> pd.DataFrame:
    """Orders with a revenue."""
    table = raw_orders[raw_orders["quantity"] > 0].copy()
    table["revenue"] = table["quantity"] * table["price"]
    return table


@dg.asset(
    partitions_def=region_by_day,
    group_name="staging",
    ins={"clean_orders": dg.AssetIn(partition_mapping=dg.MultiToSingleDimensionPartitionMapping("day"))},
)
def region_orders(context: dg.AssetExecutionContext, clean_orders: pd.DataFrame) -> float:
    keys = context.partition_key.keys_by_dimension
    part = clean_orders[clean_orders["region"] == keys["region"]]
    context.log.info("%d orders on %s in %s", len(part), keys["day"], keys["region"])
    return float(part["revenue"].sum())


@dg.asset(partitions_def=weekly, group_name="staging")
def weekly_revenue(context: dg.AssetExecutionContext, clean_orders: pd.DataFrame) -> float:
    return float(clean_orders["revenue"].sum())


@dg.asset(
    partitions_def=daily,
    group_name="staging",
    ins={
        "yesterday": dg.AssetIn(
            "weather",
            partition_mapping=dg.TimeWindowPartitionMapping(
                start_offset=-1, end_offset=-1, allow_nonexistent_upstream_partitions=True
            ),
        )
    },
)
def rain_yesterday(yesterday: dict | None) -> int:
    return yesterday["rain"] if yesterday else 0


@dg.asset(group_name="staging")
def days(weather: dict[str, dict]) -> pd.DataFrame:
    return pd.DataFrame([weather[key] for key in sorted(weather)])


@dg.multi_asset(
    outs={
        "orders_table": dg.AssetOut(),
        "revenue_by_product": dg.AssetOut(description="Sums.", metadata={"unit": "EUR"}),
    },
    group_name="staging",
    ins={"clean_orders": dg.AssetIn(), "products": dg.AssetIn()},
    internal_asset_deps={
        "orders_table": {dg.AssetKey("clean_orders")},
        "revenue_by_product": {dg.AssetKey("clean_orders"), dg.AssetKey("products")},
    },
)
def order_tables(clean_orders: pd.DataFrame, products: pd.DataFrame):
    joined = clean_orders.merge(products, on="product")
    return clean_orders.reset_index(drop=True), joined.groupby("name")["revenue"].sum().to_dict()


@dg.asset(partitions_def=regions, group_name="staging")
def region_stores(context, stores: pd.DataFrame) -> list[int]:
    return stores[stores["region"] == context.partition_key]["store"].tolist()


@dg.asset(group_name="staging")
def all_region_stores(region_stores: dict) -> int:
    return sum(len(stores) for stores in region_stores.values())
