"""The pipeline behind the tests of runs: steps that wait for a file, that fail, that are tried again, that say much."""

import sys
import time
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from tidemill import (
    AssetCheckResult,
    Config,
    ConfigurableResource,
    DailyPartitionsDefinition,
    Definitions,
    Output,
    RetryPolicy,
    asset,
    asset_check,
    define_asset_job,
)

HERE = Path(__file__).parent
LINES = 30_000


class Ridge(Config):
    kind: Literal["ridge"] = "ridge"
    alpha: float = Field(1.0, gt=0, description="How hard")


class Forest(Config):
    kind: Literal["forest"] = "forest"
    trees: int = Field(100, ge=1, le=1000)


class Training(Config):
    """How the model is made."""

    model: Ridge | Forest = Field(default=Ridge(), discriminator="kind", description="What is fitted")
    rounds: int = Field(3, ge=1, le=50, description="How often it looks at the data")
    columns: list[str] = Field(["title"])
    careful: bool = True
    note: str | None = None


class Service(ConfigurableResource):
    host: str = "localhost"
    password: SecretStr = SecretStr("hunter2")


@asset
def gate(context):
    """Waits until somebody opens it."""
    context.log.info("waiting at the gate")
    while (HERE / "closed").exists():
        time.sleep(0.02)
    print("through the gate")


@asset(retry_policy=RetryPolicy(max_retries=2, delay=0.05))
def shaky(context, gate):
    """Comes at the second attempt."""
    if context.retry_number == 0:
        raise ConnectionError("the service did not answer")


@asset
def fitted(context, gate, config: Training, service: Service):
    """Fails where the file `broken` is."""
    for number in range(config.rounds):
        context.log.info("round %d", number)
    if (HERE / "broken").exists():
        look_up({}, "weights")
    return Output(0.5, metadata={"score": 0.5 + config.rounds / 100})


def look_up(table, name):
    """The user's own frame at the bottom of a traceback."""
    return table[name]


@asset
def report(fitted):
    """What is written about it."""
    return f"score {fitted}"


@asset
def chatty(context):
    """Writes many lines, and one error in the middle."""
    for number in range(LINES):
        if number == LINES // 2:
            context.log.error("something odd happened")
        print("line", number, "of many")


def epochs(context, so_far):
    """Says so, again and again, until the file `epochs` is gone."""
    while (HERE / "epochs").exists():
        so_far()
        time.sleep(0.05)


@asset
def training(context):
    """Says how far it is."""
    epochs(context, lambda: context.progress(3, 8, "epoch 3"))


@asset
def bar(context):
    """Draws a progress bar."""
    epochs(context, lambda: sys.stderr.write("\r 25%|##      | 2/8"))
    sys.stderr.write("\r100%|########| 8/8\n")


@asset(partitions_def=DailyPartitionsDefinition("2026-01-01", end_date="2026-01-11"))
def daily(context):
    """One a day."""
    return context.partition_key


@asset_check(asset=fitted)
def good(fitted):
    """It is better than nothing."""
    return AssetCheckResult(passed=fitted > 0.9)


defs = Definitions(
    assets=[gate, shaky, fitted, report, chatty, training, bar, daily],
    asset_checks=[good],
    resources={"service": Service()},
    jobs=[define_asset_job("nightly", selection=["gate", "shaky"], tags={"team": "data"})],
)
