"""Ctrl-C: the run ends as canceled, what was made stays, and the terminal is given back."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tidemill import (
    DagsterInstance,
    DagsterRunStatus,
    Definitions,
    Output,
    RetryPolicy,
    asset,
    materialize,
    materialize_to_memory,
    multi_asset,
)
from tidemill.core.events import Materialized
from tidemill.definitions.assembly import build_project
from tidemill.definitions.specs.ports import AssetOut
from tidemill.execution.launch import Request, prepare
from tidemill.execution.runs import execute


@asset
def first() -> int:
    return 1


@asset(retry_policy=RetryPolicy(max_retries=3))
def stopped(first: int) -> int:
    raise KeyboardInterrupt


@asset
def last(stopped: int) -> int:
    return 1


@asset
def unrelated(first: int) -> int:
    return 1


def states(instance: DagsterInstance) -> dict[str, str]:
    (run,) = instance.get_runs()
    return {state.step: state.status for state in instance.home.store.steps(run.run_id)}


@pytest.mark.parametrize("run", [materialize, materialize_to_memory])
@pytest.mark.parametrize("raise_on_error", [True, False])
def test_an_interrupt_ends_the_run_as_canceled(run, raise_on_error: bool) -> None:
    with DagsterInstance.ephemeral() as instance:
        with pytest.raises(KeyboardInterrupt):
            run([first, stopped, last, unrelated], instance=instance, raise_on_error=raise_on_error)
        (told,) = instance.get_runs()
        assert told.status is DagsterRunStatus.CANCELED
        assert told.is_finished
        assert len(instance.get_versions("first")) == 1
        assert states(instance) == {
            "first": "succeeded",
            "stopped": "canceled",
            "last": "canceled",
            "unrelated": "canceled",
        }


def test_the_next_run_is_not_affected() -> None:
    handler = signal.getsignal(signal.SIGINT)
    streams = sys.stdout, sys.stderr
    with pytest.raises(KeyboardInterrupt):
        materialize([first, stopped])
    assert signal.getsignal(signal.SIGINT) is handler
    assert (sys.stdout, sys.stderr) == streams
    assert materialize([first]).success


def test_an_interrupt_between_two_outputs() -> None:
    closed = []

    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both():
        try:
            yield Output(1, output_name="a")
            raise KeyboardInterrupt
        finally:
            closed.append(True)

    with DagsterInstance.ephemeral() as instance:
        with pytest.raises(KeyboardInterrupt):
            materialize([both], instance=instance)
        assert instance.load_asset_value("a") == 1
        assert states(instance) == {"both": "canceled"}
    assert closed == [True]


def test_a_signal_from_inside() -> None:
    @asset
    def signaled() -> None:
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("never reached")

    with DagsterInstance.ephemeral() as instance:
        with pytest.raises(KeyboardInterrupt):
            materialize([first, signaled, unrelated], instance=instance)
        assert states(instance) == {"first": "succeeded", "signaled": "canceled", "unrelated": "canceled"}


def test_a_signal_while_the_driver_decides() -> None:
    """It comes when the first of two outputs is recorded: the second is never made."""
    reached = []

    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both():
        yield Output(1, output_name="a")
        reached.append("b")
        yield Output(2, output_name="b")

    @asset
    def other() -> int:
        return 1

    def listener(fact: object) -> None:
        if isinstance(fact, Materialized):
            signal.raise_signal(signal.SIGINT)

    with DagsterInstance.ephemeral() as instance:
        project = build_project([both, other])
        prepared = prepare(project, Request("job"))
        outcome = execute(prepared, instance.home, instance=lambda: instance, listener=listener)
        assert outcome.status == "canceled"
        assert states(instance) == {"both": "canceled", "other": "canceled"}
        assert instance.load_asset_value("a") == 1
    assert reached == []


def test_an_interrupt_that_user_code_swallows_is_its_own_affair() -> None:
    @asset
    def stubborn() -> int:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            return 7
        return 1

    assert materialize([stubborn]).asset_value("stubborn") == 7


def test_a_handler_of_the_users_is_left_alone() -> None:
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(True))
    try:

        @asset
        def signaled() -> int:
            signal.raise_signal(signal.SIGINT)
            return 1

        assert materialize([signaled]).success
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [True]


def test_resources_are_torn_down() -> None:
    from tidemill import ConfigurableResource

    heard = []

    class Client(ConfigurableResource):
        def setup_for_execution(self, context) -> None:
            heard.append("up")

        def teardown_after_execution(self, context) -> None:
            heard.append("down")

    @asset
    def fetched(client: Client) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Definitions(
            assets=[fetched], resources={"client": Client()}
        ).get_implicit_global_asset_job_def().execute_in_process()
    assert heard == ["up", "down"]


SCRIPT = """
import sys, time
from pathlib import Path
from tidemill import DagsterInstance, RetryPolicy, asset, materialize

@asset
def before():
    return 1

@asset(retry_policy=RetryPolicy(max_retries=1, delay=600))
def slow(before):
    Path(sys.argv[2]).touch()
    if sys.argv[3] == "waiting":
        raise ValueError("again later")
    time.sleep(600)

@asset
def after(slow):
    return 1

with DagsterInstance.local_temp(sys.argv[1]) as instance:
    materialize([before, slow, after], instance=instance)
"""


@pytest.mark.parametrize("when", ["working", "waiting"])
def test_a_signal_from_outside(tmp_path: Path, when: str) -> None:
    script, store, sign = tmp_path / "script.py", tmp_path / "store", tmp_path / "sign"
    script.write_text(SCRIPT)
    child = subprocess.Popen(
        [sys.executable, str(script), str(store), str(sign), when], stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 30
        while not sign.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=30)
    finally:
        child.kill()
    assert child.returncode == -signal.SIGINT or child.returncode == 130
    assert said.rstrip().endswith("KeyboardInterrupt")
    with DagsterInstance.local_temp(str(store)) as instance:
        (run,) = instance.get_runs()
        assert run.status is DagsterRunStatus.CANCELED
        assert states(instance) == {"before": "succeeded", "slow": "canceled", "after": "canceled"}
        assert instance.load_asset_value("before") == 1
