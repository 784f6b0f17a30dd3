"""Trying again: by policy, at the function's own wish, never after a failure that forbids it; fake time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidemill import (
    Backoff,
    DagsterInstance,
    Definitions,
    Failure,
    Output,
    RetryPolicy,
    RetryRequested,
    asset,
    asset_check,
    define_asset_job,
    materialize,
)
from tidemill.home import Home

START = 1_700_000_000_000_000


class FakeClock:
    """Time that passes only when somebody sleeps; remembers how long."""

    def __init__(self) -> None:
        self.at = START
        self.slept: list[float] = []

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1_000_000

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.at += round(seconds * 1_000_000)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def instance(clock: FakeClock) -> DagsterInstance:
    return DagsterInstance(Home.temporary(clock))


class Flaky:
    """Fails so many times, then gives the number of the attempt."""

    def __init__(self, failures: int, error: Exception | None = None) -> None:
        self.failures = failures
        self.error = error or ValueError("not yet")
        self.numbers: list[int] = []

    def __call__(self, context) -> int:
        self.numbers.append(context.retry_number)
        if len(self.numbers) <= self.failures:
            raise self.error
        return context.retry_number


def kinds(result, node: str) -> list[str]:
    return [event.event_type_value for event in result.events_for_node(node)]


def test_a_policy_tries_again(instance: DagsterInstance, clock: FakeClock) -> None:
    work = Flaky(2)

    @asset(retry_policy=RetryPolicy(max_retries=2))
    def shaky(context) -> int:
        return work(context)

    result = materialize([shaky], instance=instance)
    assert result.asset_value("shaky") == 2
    assert work.numbers == [0, 1, 2]
    assert result.retry_attempts_for_node("shaky") == 2
    assert clock.slept == []
    assert kinds(result, "shaky") == [
        "STEP_START",
        "STEP_UP_FOR_RETRY",
        "STEP_RESTARTED",
        "STEP_UP_FOR_RETRY",
        "STEP_RESTARTED",
        "STEP_OUTPUT",
        "ASSET_MATERIALIZATION",
        "HANDLED_OUTPUT",
        "STEP_SUCCESS",
    ]


def test_a_policy_gives_up(instance: DagsterInstance) -> None:
    work = Flaky(9)

    @asset(retry_policy=RetryPolicy(max_retries=2))
    def shaky(context) -> int:
        return work(context)

    with pytest.raises(ValueError, match="not yet"):
        materialize([shaky], instance=instance)
    assert work.numbers == [0, 1, 2]
    (run,) = instance.get_runs()
    assert run.is_failure


@pytest.mark.parametrize(
    ("backoff", "waits"),
    [(None, [2, 2, 2]), (Backoff.LINEAR, [2, 4, 6]), (Backoff.EXPONENTIAL, [2, 6, 14])],
)
def test_delays(
    instance: DagsterInstance, clock: FakeClock, backoff: Backoff | None, waits: list[int]
) -> None:
    work = Flaky(3)

    @asset(retry_policy=RetryPolicy(max_retries=3, delay=2, backoff=backoff))
    def shaky(context) -> int:
        return work(context)

    result = materialize([shaky], instance=instance)
    assert clock.slept == waits
    asked = [
        e.step_retry_data.seconds_to_wait
        for e in result.all_events
        if e.event_type_value == "STEP_UP_FOR_RETRY"
    ]
    assert asked == waits


def test_others_run_while_one_waits(instance: DagsterInstance) -> None:
    ran = []
    work = Flaky(1)

    @asset(retry_policy=RetryPolicy(max_retries=1, delay=60))
    def shaky(context) -> int:
        ran.append("shaky")
        return work(context)

    @asset
    def unshaken() -> int:
        ran.append("unshaken")
        return 1

    @asset
    def child(shaky: int) -> int:
        ran.append("child")
        return shaky

    assert materialize([shaky, unshaken, child], instance=instance).success
    assert ran == ["shaky", "unshaken", "shaky", "child"]


def test_the_function_asks_for_another_attempt(instance: DagsterInstance, clock: FakeClock) -> None:
    work = Flaky(2, RetryRequested(max_retries=2, seconds_to_wait=7))

    @asset
    def shaky(context) -> int:
        return work(context)

    result = materialize([shaky], instance=instance)
    assert result.asset_value("shaky") == 2
    assert clock.slept == [7, 7]


def test_the_function_asks_too_often(instance: DagsterInstance) -> None:
    work = Flaky(9, RetryRequested(max_retries=1))

    @asset
    def shaky(context) -> int:
        return work(context)

    with pytest.raises(RetryRequested):
        materialize([shaky], instance=instance)
    assert work.numbers == [0, 1]


def test_a_retry_that_was_asked_for_tells_its_cause(instance: DagsterInstance) -> None:
    @asset
    def shaky() -> int:
        try:
            raise ConnectionError("refused")
        except ConnectionError as error:
            raise RetryRequested(max_retries=0) from error

    result = materialize([shaky], instance=instance, raise_on_error=False)
    assert result.failure_data_for_node("shaky").error.cause.cls_name == "ConnectionError"


def test_a_failure_that_forbids_retries(instance: DagsterInstance) -> None:
    work = Flaky(9, Failure("hopeless", allow_retries=False))

    @asset(retry_policy=RetryPolicy(max_retries=5))
    def shaky(context) -> int:
        return work(context)

    with pytest.raises(Failure, match="hopeless"):
        materialize([shaky], instance=instance)
    assert work.numbers == [0]


@pytest.mark.parametrize("allowed", [None, True])
def test_a_failure_that_allows_retries(instance: DagsterInstance, allowed: bool | None) -> None:
    work = Flaky(1, Failure("hopeful", allow_retries=allowed))

    @asset(retry_policy=RetryPolicy(max_retries=5))
    def shaky(context) -> int:
        return work(context)

    assert materialize([shaky], instance=instance).asset_value("shaky") == 1


def test_a_blocking_check_is_not_tried_again(instance: DagsterInstance) -> None:
    from tidemill.core.errors import AssetCheckFailedError

    seen = []

    @asset
    def table() -> int:
        return 1

    @asset_check(asset=table, blocking=True, retry_policy=RetryPolicy(max_retries=3))
    def good(table: int) -> bool:
        seen.append(table)
        return False

    with pytest.raises(AssetCheckFailedError):
        materialize([table, good], instance=instance)
    assert seen == [1]


def test_the_policy_of_a_job_is_for_assets_without_one(instance: DagsterInstance) -> None:
    first, second = Flaky(1), Flaky(1)

    @asset
    def plain(context) -> int:
        return first(context)

    @asset(retry_policy=RetryPolicy(max_retries=0))
    def strict(context) -> int:
        return second(context)

    job = define_asset_job("nightly", op_retry_policy=RetryPolicy(max_retries=1))
    defs = Definitions(assets=[plain, strict], jobs=[job])
    result = defs.get_job_def("nightly").execute_in_process(instance=instance, raise_on_error=False)
    assert result.get_failed_step_keys() == {"strict"}
    assert (first.numbers, second.numbers) == ([0, 1], [0])


def test_each_attempt_has_a_log_of_its_own(tmp_path: Path, clock: FakeClock) -> None:
    @asset(retry_policy=RetryPolicy(max_retries=1))
    def shaky(context) -> int:
        print("attempt", context.retry_number)
        if context.retry_number == 0:
            raise ValueError("not yet")
        return 1

    with DagsterInstance(Home.open(tmp_path, clock=clock)) as instance:
        result = materialize([shaky], instance=instance)
        names = sorted(path.name for path in (tmp_path / "logs" / result.run_id).iterdir())
    assert names == ["shaky.1.jsonl", "shaky.2.jsonl"]


def test_an_input_of_a_later_attempt_is_a_fresh_copy(instance: DagsterInstance) -> None:
    @asset
    def parent() -> list[int]:
        return [1]

    @asset(retry_policy=RetryPolicy(max_retries=1))
    def child(context, parent: list[int]) -> list[int]:
        parent.append(2)
        if context.retry_number == 0:
            raise ValueError("not yet")
        return parent

    assert materialize([parent, child], instance=instance).asset_value("child") == [1, 2]


def test_a_generator_that_gave_an_output_before_it_failed(instance: DagsterInstance) -> None:
    @asset(retry_policy=RetryPolicy(max_retries=1))
    def shaky(context):
        yield Output(context.retry_number)
        if context.retry_number == 0:
            raise ValueError("not yet")

    result = materialize([shaky], instance=instance)
    assert result.asset_value("shaky") == 1
    assert [version.number for version in instance.get_versions("shaky")] == [2, 1]
