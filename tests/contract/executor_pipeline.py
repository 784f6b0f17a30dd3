"""What every executor is to run alike: one step for each thing that a step can do."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from pathlib import Path

from tidemill import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetOut,
    Backoff,
    Config,
    ConfigurableResource,
    DataVersion,
    Definitions,
    EnvVar,
    Failure,
    MaterializeResult,
    Output,
    RetryPolicy,
    RetryRequested,
    StaticPartitionsDefinition,
    asset,
    asset_check,
    get_dagster_logger,
    multi_asset,
    observable_source_asset,
)


def sign(name: str) -> Path:
    """Where steps and tests leave signs for each other."""
    return Path(os.environ["EXECUTOR_SIGNS"]) / name


def sees(name: str, seconds: float = 10.0) -> bool:
    """Wait for a sign."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if sign(name).exists():
            return True
        time.sleep(0.005)
    return False


@asset
def numbers():
    return list(range(1000))


@asset
def total(numbers):
    return MaterializeResult(value=sum(numbers), metadata={"count": len(numbers)})


@asset
def nothing() -> None:
    """Has no value."""


@asset
def speaks(context: AssetExecutionContext):
    print("printed")
    print("complained", file=sys.stderr)
    context.log.warning("logged %d", 1)
    get_dagster_logger().info("through the logger")
    print("bar 1\rbar 2")
    context.progress(1, 2, "half")
    print("unfinished", end="")


def inner(numbers: dict[str, int]) -> int:
    return numbers["missing"]


@asset
def fails():
    print("before")
    try:
        inner({})
    except KeyError as error:
        raise ValueError("no such number") from error


@asset
def after_fails(fails):
    return 1


@asset
def told():
    raise Failure("out of numbers", metadata={"left": 0})


@asset(retry_policy=RetryPolicy(max_retries=2, delay=0.01, backoff=Backoff.LINEAR))
def flaky(context: AssetExecutionContext):
    print("attempt", context.retry_number)
    if context.retry_number < 2:
        raise RuntimeError("not yet")
    return context.retry_number


@asset
def asks(context: AssetExecutionContext):
    if context.retry_number < 1:
        raise RetryRequested(max_retries=1)
    return context.retry_number


@asset(retry_policy=RetryPolicy(max_retries=5))
def final():
    raise Failure("for good", allow_retries=False)


@asset(output_required=False)
def maybe(numbers):
    if not numbers:
        yield Output(1)


@asset
def after_maybe(maybe):
    return 1


@multi_asset(outs={"first_half": AssetOut(), "second_half": AssetOut()})
def halves(numbers):
    return numbers[:500], numbers[500:]


@multi_asset(outs={"early": AssetOut(), "late": AssetOut(is_required=False)})
def gives_slowly():
    yield Output(1, output_name="early")
    yield Output(sees("heard-early"), output_name="late")


@asset_check(asset=total)
def is_large(total):
    return AssetCheckResult(passed=total > 10, metadata={"total": total})


@asset_check(asset=numbers)
def is_empty(numbers):
    return AssetCheckResult(passed=not numbers)


@asset
def gated():
    return 1


@asset_check(asset=gated, blocking=True)
def gate(gated):
    return AssetCheckResult(passed=False)


@asset
def behind_gate(gated):
    return 1


@asset(check_specs=[AssetCheckSpec("own", asset="checks_itself")])
def checks_itself():
    return MaterializeResult(value=1, check_results=[AssetCheckResult(passed=True)])


class Depth(Config):
    depth: int = 1


@asset
def configured(config: Depth):
    return config.depth


class Client(ConfigurableResource):
    token: str

    def setup_for_execution(self, context) -> None:
        sign(f"up-{os.getpid()}").touch()

    def teardown_after_execution(self, context) -> None:
        sign(f"down-{os.getpid()}").touch()


@asset
def fetched(context: AssetExecutionContext, client: Client):
    print("the token is", client.token)
    context.log.info("token %s", client.token)
    return MaterializeResult(value=len(client.token), metadata={"token": client.token})


@asset
def leaks(client: Client):
    raise ValueError(f"wrong token {client.token}")


@asset(deps=[numbers])
def reads(context: AssetExecutionContext):
    event = context.instance.get_latest_materialization_event(AssetKey("numbers"))
    values = context.load_asset_value(AssetKey("numbers"))
    with_threads = []

    def ask() -> None:
        with_threads.append(len(context.instance.get_asset_keys()) > 0)

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    return [
        event is not None,
        len(values),
        context.instance.get_runs()[0].run_id == context.run_id,
        with_threads,
    ]


@asset
async def slept():
    await asyncio.sleep(0.001)
    return "slept"


@multi_asset(outs={"one": AssetOut(), "two": AssetOut()})
async def streams():
    for name in ("one", "two"):
        await asyncio.sleep(0.001)
        yield Output(name, output_name=name)


@asset
def function():
    power = 3
    return lambda base: base**power


@asset
def unstorable():
    return threading.Lock()


@asset
def large():
    import numpy

    return numpy.arange(500_000)


@asset
def uses_large(large):
    return int(large.sum())


@asset
def exits():
    sys.exit(3)


@asset(partitions_def=StaticPartitionsDefinition(["a", "b"]))
def sliced(context: AssetExecutionContext):
    return context.partition_key * 2


@asset(partitions_def=StaticPartitionsDefinition(["a", "b"]))
def doubled(sliced):
    return sliced * 2


@observable_source_asset
def weather():
    return DataVersion("rainy")


@asset(deps=[weather])
def tells(context: AssetExecutionContext):
    store = context.instance
    store.report_runless_asset_event(AssetMaterialization("elsewhere", metadata={"rows": 5}))
    store.add_run_tags(context.run_id, {"told": "yes"})
    seen = store.get_latest_materialization_event(AssetKey("elsewhere"))
    return seen.asset_materialization.metadata["rows"].value


@multi_asset(outs={"begun": AssetOut(), "never": AssetOut()})
def endless():
    try:
        yield Output(1, output_name="begun")
        sees("nobody makes this", 600)
        yield Output(2, output_name="never")
    finally:
        sign("cleaned-up").touch()


defs = Definitions(
    assets=[
        endless, numbers, total, nothing, speaks, fails, after_fails, told, flaky, asks, final, maybe, after_maybe,
        halves, gives_slowly, gated, behind_gate, checks_itself, configured, fetched, leaks, reads, slept, streams,
        function, unstorable, large, uses_large, exits, sliced, doubled, weather, tells,
    ],
    asset_checks=[is_large, is_empty, gate],
    resources={"client": Client(token=EnvVar("EXECUTOR_TOKEN"))},
)  # fmt: skip
