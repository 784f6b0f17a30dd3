import dagster as dg

from ..resources import Mailer


@dg.asset(group_name="reports", deps=["forecast"])
def report(
    context: dg.AssetExecutionContext, mailer: Mailer, score: float, baseline: float
) -> dg.MaterializeResult:
    text = mailer.send(f"mae {score:.1f}, baseline {baseline:.1f}")
    return dg.MaterializeResult(
        metadata={"text": text, "link": dg.MetadataValue.url("http://localhost/report")}
    )


@dg.asset(group_name="reports", deps=[report])
def archive() -> None:
    pass


@dg.asset(group_name="reports")
def top_product(revenue_by_product: dict) -> str:
    return max(revenue_by_product, key=revenue_by_product.get)


@dg.multi_asset(
    specs=[
        dg.AssetSpec("chart_a", deps=["report"], skippable=True),
        dg.AssetSpec("chart_b", deps=["report"], skippable=True),
    ],
    can_subset=True,
    group_name="reports",
)
def charts(context: dg.AssetExecutionContext):
    for key in context.selected_asset_keys:
        yield dg.MaterializeResult(asset_key=key, metadata={"points": 3})


@dg.asset(group_name="reports", required_resource_keys={"threshold"})
def alert(context, residuals) -> bool:
    return max(map(abs, residuals)) > context.resources.threshold


@dg.asset(group_name="reports")
def customer_ages(customers) -> dict:
    return {"youngest": int(customers["age"].min()), "oldest": int(customers["age"].max())}


@dg.asset(
    group_name="reports", ins={"names": dg.AssetIn("products"), "sums": dg.AssetIn("revenue_by_product")}
)
def margins(names, sums) -> dict:
    return {name: sums[name] - cost for name, cost in zip(names["name"], names["cost"], strict=True)}
