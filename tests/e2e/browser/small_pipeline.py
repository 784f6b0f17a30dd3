"""The pipeline behind most browser tests: light, and with something of everything that the page shows."""

from tidemill import (
    AssetCheckResult,
    AssetOut,
    Config,
    Definitions,
    MaterializeResult,
    MetadataValue,
    Output,
    asset,
    asset_check,
    multi_asset,
)

# One pixel.
PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
REPORT = """\
# Errors

They are **{error:.1f}** on average.

![a plot]({picture})

| number | error |
|---|---|
| 1 | 2 |
"""


class Size(Config):
    """How much to read."""

    rows: int = 100


@asset(group_name="data", owners=["ada@example.com"], tags={"layer": "raw"}, kinds={"python"})
def numbers(context, config: Size):
    """Whole numbers, from nought on."""
    context.log.info("reading %s rows", config.rows)
    print("a line that was printed")
    values = list(range(config.rows))
    return Output(values, metadata={"rows": len(values), "mean": sum(values) / len(values)})


@multi_asset(outs={"train": AssetOut(), "test": AssetOut()}, group_name="data")
def split(numbers):
    """Most to learn from, the rest to judge by."""
    cut = len(numbers) * 4 // 5
    return numbers[:cut], numbers[cut:]


@asset(group_name="model")
def model(train) -> float:
    """The mean of what was learnt from."""
    return sum(train) / len(train)


@asset(group_name="model")
def score(model, test):
    """How far the model is off."""
    error = sum(abs(model - each) for each in test) / len(test)
    note = REPORT.format(error=error, picture=PICTURE)
    return MaterializeResult(value=error, metadata={"error": error, "report": MetadataValue.md(note)})


@asset_check(asset=numbers)
def enough(numbers):
    """There is something to learn from."""
    return AssetCheckResult(passed=len(numbers) >= 10, metadata={"rows": len(numbers)})


@asset_check(asset=score)
def small_error(score):
    """The error is below twenty: it is not."""
    return AssetCheckResult(passed=score < 20, metadata={"error": score})


defs = Definitions(assets=[numbers, split, model, score], asset_checks=[enough, small_error])
