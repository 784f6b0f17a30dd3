import dagster as dg
import pandas as pd

from ..partitions import campaigns, daily
from ..resources import ShopApi

price_list = dg.AssetSpec(
    "price_list", group_name="raw", description="Kept by the buyers.", metadata={"owner": "buyers"}
)


@dg.observable_source_asset(group_name="raw")
def weather_station() -> dg.DataVersion:
    return dg.DataVersion("2024-01-15")


class StoresConfig(dg.Config):
    count: int = 4
    open_since: str | None = None


@dg.asset(group_name="raw", kinds={"python", "pandas"}, owners=["team:data"], tags={"tier": "gold"})
def stores(context: dg.AssetExecutionContext, config: StoresConfig) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "store": range(config.count),
            "region": [["north", "south", "west"][n % 3] for n in range(config.count)],
        }
    )
    context.add_output_metadata(
        {"rows": len(table), "preview": dg.MetadataValue.md(table.head().to_string())}
    )
    return table


@dg.asset(group_name="raw", deps=[price_list])
def products() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "product": range(5),
            "name": ["tea", "rice", "soap", "salt", "milk"],
            "cost": [1.0, 1.5, 0.5, 0.2, 0.8],
        }
    )


@dg.asset(group_name="raw")
def customers() -> pd.DataFrame:
    return pd.DataFrame({"customer": range(11), "age": [20 + 5 * n for n in range(11)]})


@dg.asset(
    partitions_def=daily,
    group_name="raw",
    metadata={"partition_expr": "day"},
    io_manager_key="warehouse",
    retry_policy=dg.RetryPolicy(max_retries=2, delay=0.01),
)
def raw_orders(context: dg.AssetExecutionContext, shop: ShopApi) -> dg.Output[pd.DataFrame]:
    frames = [shop.orders(day) for day in context.partition_keys]
    table = pd.concat(frames)
    table["day"] = pd.to_datetime(table["day"])
    return dg.Output(table, metadata={"rows": len(table), "calls": shop.calls})


@dg.asset(partitions_def=daily, group_name="raw", deps=[weather_station])
def weather(context: dg.AssetExecutionContext) -> dict:
    window = context.partition_time_window
    return {
        "day": context.partition_key,
        "hours": (window.end - window.start).total_seconds() / 3600,
        "rain": window.start.day % 3,
    }


@dg.asset(partitions_def=campaigns, group_name="raw")
def campaign_budget(context) -> int:
    return len(context.partition_key) * 100
