"""How many steps run at a time, where, and in which order: slots, pools, GPUs, tags, priorities, executors."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from command_line import tidemill
from processes_line import Told, eventually, materialize, started, told, write

from tidemill.core.events import StepStarted

TIMES = """
import os, time
from pathlib import Path
from tidemill import asset

HERE = Path(__file__).parent

def worked(seconds=0.15):
    began = time.monotonic()
    time.sleep(seconds)
    return {"began": began, "ended": time.monotonic(), "gpus": os.environ.get("CUDA_VISIBLE_DEVICES"),
            "pid": os.getpid()}

def several(prefix, count, **options):
    def one(n):
        @asset(name=f"{prefix}_{n}", **options)
        def each():
            return worked()
        return each
    return [one(n) for n in range(count)]
"""


def execution(**config: object) -> tuple[str, str]:
    return "--config", json.dumps({"execution": {"config": {"multiprocess": config}}})


def most_at_once(times: list[dict[str, float]]) -> int:
    """How many of the intervals share a moment at most."""
    return max(sum(one["began"] <= each["began"] < one["ended"] for one in times) for each in times)


def order_of(store: Told) -> list[str]:
    events = store.home.store.events(store.run().run.id, kinds=[StepStarted])
    return [entry.event.step for entry in events if isinstance(entry.event, StepStarted)]


def test_slots_are_used_and_not_exceeded(tmp_path: Path) -> None:
    source = TIMES + "assets = several('x', 6)"
    assert materialize(tmp_path, *execution(max_concurrent=3), source=source).code == 0
    with told(tmp_path) as store:
        times = store.values([f"x_{n}" for n in range(6)])
        assert most_at_once(times) == 3
        assert len({each["pid"] for each in times}) == 3


def test_gpus_are_given_out_by_number(tmp_path: Path) -> None:
    source = TIMES + "assets = several('x', 4, resources={'gpu': 1})"
    done = materialize(
        tmp_path,
        *execution(max_concurrent=4),
        source=source,
        TIDEMILL_POOLS="gpu=2",
        CUDA_VISIBLE_DEVICES=None,
    )
    assert done.code == 0, done.out
    with told(tmp_path) as store:
        times = store.values([f"x_{n}" for n in range(4)])
        assert most_at_once(times) == 2
        assert {each["gpus"] for each in times} == {"0", "1"}
        for number in "01":
            assert most_at_once([each for each in times if each["gpus"] == number]) == 1
        assert len({each["pid"] for each in times}) == 4, "a library that has seen one GPU looks for no other"


def test_of_the_gpus_that_the_command_may_use(tmp_path: Path) -> None:
    source = TIMES + "assets = several('x', 2, resources={'gpu': 1}) + several('y', 1, resources={'gpu': 2})"
    done = materialize(
        tmp_path, *execution(max_concurrent=2), source=source, CUDA_VISIBLE_DEVICES="5,GPU-abc"
    )
    assert done.code == 0, done.out
    with told(tmp_path) as store:
        assert sorted(each["gpus"] for each in store.values(["x_0", "x_1"])) == ["5", "GPU-abc"]
        assert store.value("y_0")["gpus"] == "5,GPU-abc"


def test_a_pool_of_one_lets_one_in(tmp_path: Path) -> None:
    source = TIMES + "assets = several('x', 3, pool='db') + several('y', 1)"
    assert materialize(tmp_path, *execution(max_concurrent=4), source=source).code == 0
    with told(tmp_path) as store:
        times = store.values([f"x_{n}" for n in range(3)])
        assert most_at_once(times) == 1
        assert store.value("y_0")["began"] < max(each["ended"] for each in times)


def test_a_pool_holds_across_two_commands_at_once(tmp_path: Path) -> None:
    write(tmp_path, "p.py", TIMES + "assets = several('x', 3, pool='db') + several('y', 3, pool='db')")
    with (
        started(tmp_path, "materialize", "-f", "p.py", "--select", "x_0 or x_1 or x_2") as one,
        started(tmp_path, "materialize", "-f", "p.py", "--select", "y_0 or y_1 or y_2") as two,
    ):
        out = one.communicate(timeout=30)[0] + two.communicate(timeout=30)[0]
        assert (one.returncode, two.returncode) == (0, 0), out.decode()
    with told(tmp_path) as store:
        times = store.values([f"{name}_{n}" for name in "xy" for n in range(3)])
        assert most_at_once(times) == 1


def test_what_a_killed_command_held_is_free_again(tmp_path: Path) -> None:
    source = (
        TIMES
        + """
@asset(pool="db")
def holds():
    (HERE / "sign").touch()
    time.sleep(600)

@asset(pool="db")
def wants():
    return 1
"""
    )
    write(tmp_path, "p.py", source)
    with started(tmp_path, "materialize", "-f", "p.py", "--select", "holds") as holder:
        assert eventually((tmp_path / "sign").exists)
        with started(tmp_path, "materialize", "-f", "p.py", "--select", "wants") as waiting:
            assert eventually(lambda: (tmp_path / ".tidemill").exists())
            time.sleep(0.3)
            assert waiting.poll() is None
            holder.send_signal(signal.SIGKILL)
            out, _ = waiting.communicate(timeout=20)
            assert waiting.returncode == 0, out.decode()


def test_higher_priorities_go_first(tmp_path: Path) -> None:
    source = (
        TIMES
        + """
@asset
def plain(): return 1
@asset(op_tags={"dagster/priority": "-1"})
def low(): return 1
@asset(op_tags={"dagster/priority": "5"})
def high(): return 1
"""
    )
    assert materialize(tmp_path, *execution(max_concurrent=1), source=source).code == 0
    with told(tmp_path) as store:
        assert order_of(store) == ["high", "plain", "low"]


TAGGED = (
    TIMES
    + """
assets = (
    several("db", 3, op_tags={"kind": "db"}) + several("web", 3, op_tags={"kind": "web"}) + several("free", 3)
)
"""
)


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ([{"key": "kind", "limit": 1}], {"db": 1, "web": 1, "db web": 1}),
        ([{"key": "kind", "value": "db", "limit": 1}], {"db": 1, "web": 3}),
        (
            [{"key": "kind", "value": {"applyLimitPerUniqueValue": True}, "limit": 1}],
            {"db": 1, "web": 1, "db web": 2},
        ),
    ],
    ids=["any", "one", "each"],
)
def test_limits_on_tags(tmp_path: Path, limits: list[dict[str, object]], most: dict[str, int]) -> None:
    config = execution(max_concurrent=9, tag_concurrency_limits=limits)
    done = materialize(tmp_path, *config, source=TAGGED)
    assert done.code == 0, done.out
    with told(tmp_path) as store:
        for names, count in most.items():
            times = store.values([f"{name}_{n}" for name in names.split() for n in range(3)])
            assert most_at_once(times) == count, names
        assert most_at_once(store.values([f"free_{n}" for n in range(3)])) == 3


FLAKY = (
    TIMES
    + """
from tidemill import RetryPolicy, RetryRequested

@asset(retry_policy=RetryPolicy(max_retries=3))
def flaky(context):
    if context.retry_number < 1:
        raise ValueError("once")
    return os.getpid()

@asset
def asks(context):
    if context.retry_number < 1:
        raise RetryRequested(max_retries=2)
    return os.getpid()
"""
)


def test_retries_may_be_disabled(tmp_path: Path) -> None:
    assert materialize(tmp_path, source=FLAKY).code == 0
    assert materialize(tmp_path, *execution(retries={"disabled": {}})).code == 1
    with told(tmp_path) as store:
        assert set(store.statuses(1).values()) == {"succeeded"}
        assert {name: (state.status, state.attempt) for name, state in store.steps(2).items()} == {
            "flaky": ("failed", 1),
            "asks": ("failed", 1),
        }


@pytest.mark.parametrize(
    ("executor", "at_once", "processes"),
    [
        ("in_process_executor", 1, 1),
        ("multiprocess_executor.configured({'max_concurrent': 1})", 1, 1),
        ("multiprocess_executor.configured({'max_concurrent': 3})", 3, 3),
        ("multi_or_in_process_executor.configured({'in_process': {}})", 1, 1),
        ("multiprocess_executor.configured({'max_concurrent': 2, 'start_method': {'spawn': {}}})", 2, 2),
    ],
)
def test_the_executor_of_the_definitions(tmp_path: Path, executor: str, at_once: int, processes: int) -> None:
    names = f"Definitions, {executor.partition('.')[0]}"
    source = f"{TIMES}from tidemill import {names}\ndefs = Definitions(assets=several('x', 4), executor={executor})"
    done = materialize(tmp_path, source=source)
    assert (done.code, done.err) == (0, ""), done.out
    with told(tmp_path) as store:
        times = store.values([f"x_{n}" for n in range(4)])
        assert most_at_once(times) == at_once
        assert len({each["pid"] for each in times}) == processes


def test_config_of_the_executor_is_checked_before_there_is_a_run(tmp_path: Path) -> None:
    done = materialize(tmp_path, *execution(max_concurent=2), source=TIMES + "assets = several('x', 1)")
    assert done.code != 0
    assert "max_concurent" in done.err
    assert not (tmp_path / ".tidemill" / "tidemill.db").exists()


TERMS = (
    TIMES
    + """
assets = (
    several("slow", 2, timeout=0.05) + several("big", 1, resources={"memory": "1GiB"})
    + several("own", 1, isolation="spawn") + several("free", 1)
)
"""
)


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_in_process_nothing_ends_a_step_and_the_run_says_so_once(tmp_path: Path, words: list[str]) -> None:
    done = materialize(tmp_path, "--in-process", *words, source=TERMS)
    assert done.code == 0
    lines = [line for line in (done.err if words else done.out).splitlines() if "will not hold" in line]
    assert len(lines) == 1
    for part in ("timeout= of slow_0 and slow_1", "memory", "big_0", "isolation= of own_0"):
        assert part in lines[0]
    assert "free_0" not in lines[0]


def test_in_processes_there_is_nothing_to_say(tmp_path: Path) -> None:
    done = materialize(tmp_path, "--select", "big_0 or own_0", source=TERMS)
    assert (done.code, done.err) == (0, "")
    assert "will not hold" not in done.out


def test_from_python_the_logger_of_runs_says_it(caplog: pytest.LogCaptureFixture) -> None:
    from tidemill import asset, materialize as run

    @asset(timeout=60)
    def limited() -> int:
        return 1

    @asset(resources={"gpu": 1})
    def free() -> int:
        return 1

    assert run([limited, free]).success
    (record,) = [record for record in caplog.records if record.name == "tidemill.run"]
    assert "timeout= of limited will not hold" in record.getMessage()
    caplog.clear()
    assert run([free]).success
    assert caplog.records == []


def test_a_run_is_ended_when_it_takes_longer_than_its_tag_allows(tmp_path: Path) -> None:
    source = """
from time import sleep
from tidemill import MAX_RUNTIME_SECONDS_TAG, asset, define_asset_job

@asset
def quick():
    return 1

@asset
def long(quick):
    sleep(50)

nightly = define_asset_job("nightly", tags={MAX_RUNTIME_SECONDS_TAG: "1.5", "dagster/max_retries": "2"})
"""
    write(tmp_path, "pipeline.py", source)
    done = tidemill(tmp_path, "job", "execute", "-f", "pipeline.py", "-j", "nightly")
    assert done.code == 1
    assert "longer than the 1.5 s that its tag 'dagster/max_runtime' allows" in done.out + done.err
    assert "the tag dagster/max_retries: this version does not retry runs by itself" in done.out + done.err
    with told(tmp_path) as store:
        assert store.run().status == "failed"
    assert "dagster/max_retries" in tidemill(tmp_path, "validate", "-f", "pipeline.py").out
