"""api.md 1.7: backfills, from Python and from the command line: order, failures, once each, going on, ending."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command_line import environment, tidemill
from tidemill import (
    AssetIn,
    AssetKey,
    BackfillPolicy,
    DagsterInstance,
    DailyPartitionsDefinition,
    DynamicPartitionsDefinition,
    InvalidSubsetError,
    TimeWindowPartitionMapping,
    UnknownPartitionError,
    WeeklyPartitionsDefinition,
    asset,
    backfill,
)
from tidemill.definitions.definitions import build_project
from tidemill.execution.backfills import drive, progress, request_backfill, run_quietly
from tidemill.execution.lanes import OneLane
from tidemill.execution.launch import world_of
from tidemill.home import Home

DAYS = DailyPartitionsDefinition("2024-01-01", end_date="2024-01-15")
WEEKS = WeeklyPartitionsDefinition("2024-01-01", end_date="2024-01-15")
FIRST = "2024-01-01...2024-01-04"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[DagsterInstance]:
    with DagsterInstance.local_temp(str(tmp_path / "store")) as opened:
        yield opened


def runs(instance: DagsterInstance) -> list[tuple[str, str | None]]:
    """What each run made, oldest first."""
    states = reversed(instance.home.store.runs())
    return [
        (state.run.steps[0].step, state.run.partition or (state.run.partitions or (None,))[0])
        for state in states
    ]


@asset(partitions_def=DAYS)
def raw(context: Any) -> int:
    return int(context.partition_key[-2:])


@asset(partitions_def=DAYS)
def clean(raw: int) -> int:
    return raw * 10


@asset(partitions_def=WEEKS)
def weekly(clean: Any) -> int:
    return len(clean)


@asset
def report(weekly: Any) -> Any:
    return weekly


def test_a_run_for_each_partition_of_assets_that_go_together(instance: DagsterInstance) -> None:
    result = backfill([raw, clean], partitions=FIRST, instance=instance)
    assert result.success
    assert (result.progress.total, result.progress.succeeded, result.failed) == (4, 4, [])
    assert runs(instance) == [("raw", f"2024-01-0{day}") for day in range(1, 5)]
    assert instance.load_asset_value("clean", partition_key="2024-01-03") == 30
    tags = {state.run.tags["dagster/backfill"] for state in instance.home.store.runs()}
    assert tags == {result.backfill_id}


def test_other_partitions_follow_from_those_that_were_asked_for(instance: DagsterInstance) -> None:
    result = backfill(
        [raw, clean, weekly, report],
        selection="*",
        partitions="2024-01-07...2024-01-13",
        instance=instance,
    )
    assert result.success
    assert runs(instance)[-2:] == [("weekly", "2024-01-07"), ("report", None)]
    assert len(runs(instance)) == 9
    assert instance.load_asset_value("report") == 7


def test_policies_say_how_many_partitions_a_run_makes(instance: DagsterInstance) -> None:
    seen: list[list[str]] = []

    @asset(partitions_def=DAYS, backfill_policy=BackfillPolicy.multi_run(max_partitions_per_run=3))
    def threes(context: Any) -> None:
        seen.append(context.partition_keys)

    @asset(partitions_def=DAYS, backfill_policy=BackfillPolicy.single_run(), deps=[threes])
    def whole(context: Any) -> None:
        seen.append(context.partition_keys)

    assert backfill([threes, whole], partitions=FIRST, instance=instance).progress.succeeded == 3
    assert [len(keys) for keys in seen] == [3, 1, 4]


def test_what_looks_ahead_comes_after_all_that_it_needs(instance: DagsterInstance) -> None:
    ahead = TimeWindowPartitionMapping(start_offset=1, end_offset=1)

    @asset(partitions_def=DAYS, ins={"raw": AssetIn(partition_mapping=ahead)})
    def tomorrow(raw: Any) -> Any:
        return raw

    assert backfill([raw, tomorrow], instance=instance).success
    assert instance.load_asset_value("tomorrow", partition_key="2024-01-03") == 4
    assert instance.load_asset_value("tomorrow", partition_key="2024-01-14") is None


def test_what_fails_holds_up_only_what_is_made_from_it(instance: DagsterInstance) -> None:
    broken = True

    @asset(partitions_def=DAYS)
    def fragile(context: Any) -> int:
        if broken and context.partition_key == "2024-01-02":
            raise ValueError("not yet")
        return 1

    @asset(
        partitions_def=DAYS,
        backfill_policy=BackfillPolicy.multi_run(2),
        ins={"fragile": AssetIn(partition_mapping=TimeWindowPartitionMapping(-1, -1))},
    )
    def after(context: Any, fragile: Any) -> None: ...

    result = backfill([fragile, after], partitions=FIRST, instance=instance)
    assert not result.success
    assert result.failed == [
        (["fragile"], ["2024-01-02"], "failed"),
        (["after"], ["2024-01-03", "2024-01-04"], "blocked"),
    ]
    broken = False
    again = backfill([fragile, after], resume=result.state.number, instance=instance)
    assert again.success
    assert again.backfill_id == result.backfill_id
    assert runs(instance)[-2:] == [("fragile", "2024-01-02"), ("after", "2024-01-03...2024-01-04")]
    assert len(runs(instance)) == 7


def test_only_what_is_missing(instance: DagsterInstance) -> None:
    backfill([raw], partitions="2024-01-02", instance=instance)
    backfill([raw], partitions=FIRST, missing=True, instance=instance)
    assert [key for _, key in runs(instance)] == ["2024-01-02", "2024-01-01", "2024-01-03", "2024-01-04"]
    with pytest.raises(InvalidSubsetError, match="nothing to backfill"):
        backfill([raw], partitions=FIRST, missing=True, instance=instance)


def test_dynamic_partitions_are_those_of_the_request(instance: DagsterInstance) -> None:
    people = DynamicPartitionsDefinition(name="people")

    @asset(partitions_def=people)
    def profile(context: Any) -> str:
        context.instance.add_dynamic_partitions("people", ["eve"])
        return str(context.partition_key)

    instance.add_dynamic_partitions("people", ["ada", "bob"])
    assert backfill([profile], instance=instance).progress.total == 2
    assert [key for _, key in runs(instance)] == ["ada", "bob"]


def test_unknown_partitions_are_refused_before_anything_is_recorded(instance: DagsterInstance) -> None:
    with pytest.raises(UnknownPartitionError, match="2025-01-01"):
        backfill([raw], partitions="2025-01-01", instance=instance)
    assert instance.home.store.backfills() == []


def test_two_that_drive_one_backfill_make_each_partition_once(instance: DagsterInstance) -> None:
    project, home = build_project([raw]), instance.home
    world = world_of(project, home)
    state = request_backfill(project, home, world, partitions=(FIRST,))

    def run(request: Any) -> Any:
        return run_quietly(project, home, request, instance=lambda: instance)

    one, other = (drive(project, state, home, world, OneLane(run)) for _ in range(2))
    statuses = [next(each).status for each in (one, other, one, other)]
    assert statuses == ["succeeded", "done", "succeeded", "taken"]
    assert [step.status for step in one] == ["succeeded", "succeeded"]
    assert [step.status for step in other] == ["taken", "taken"]
    assert home.store.backfill(state.number).status == "succeeded"
    assert progress(home.store.backfill(state.number), home).succeeded == 4
    assert len(runs(instance)) == 4


def test_ten_thousand_partitions_are_requested_in_two_seconds(instance: DagsterInstance) -> None:
    @asset(partitions_def=DailyPartitionsDefinition("1990-01-01", end_date="2017-05-19"))
    def long(context: Any) -> int:
        return 1

    project, home = build_project([long]), instance.home
    began = time.process_time()
    state = request_backfill(project, home, world_of(project, home))
    from tidemill.execution.backfills import request_of
    from tidemill.planning.backfills import runs_of

    requests = [
        request_of(state.backfill, each) for each in runs_of(project, state.backfill, world_of(project, home))
    ]
    assert len(requests) == 10_000
    assert time.process_time() - began < 2


# The command line

CODE = """\
import time
from pathlib import Path
from tidemill import DailyPartitionsDefinition, asset

days = DailyPartitionsDefinition("2024-01-01", end_date="2024-01-07")

@asset(partitions_def=days)
def slow(context):
    while context.partition_key > "2024-01-02" and not Path("fast").exists():
        time.sleep(0.02)
    with Path("made").open("a") as file:
        file.write(context.partition_key + "\\n")
    return 1

@asset(partitions_def=days)
def after(slow):
    return slow + 1
"""


def test_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(CODE)
    (tmp_path / "fast").touch()
    dry = tidemill(tmp_path, "backfill", "-f", "pipeline.py", "--dry-run")
    assert "6 runs would be made" in dry.out
    done = tidemill(tmp_path, "backfill", "-f", "pipeline.py", "--in-process", "--partition", "2024-01-03...")
    assert (done.code, done.out.startswith("backfill 1: 4 of 4 runs succeeded")) == (0, True), done
    rest = tidemill(tmp_path, "backfill", "-f", "pipeline.py", "--in-process", "--missing", "--json")
    assert json.loads(rest.out)["succeeded"] == 2
    listed = tidemill(tmp_path, "backfill", "--list")
    assert "4 of 4" in listed.out
    assert "2 of 2" in listed.out


def test_a_backfill_that_was_killed_goes_on(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(CODE)
    command = [sys.executable, "-m", "tidemill.cli", "backfill", "-f", "pipeline.py", "--in-process"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.DEVNULL, start_new_session=True
    )
    made = tmp_path / "made"
    for _ in range(1200):
        if made.exists() and len(made.read_text().split()) >= 2:
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (tmp_path / "fast").touch()
    done = tidemill(tmp_path, "backfill", "--resume", "1", "--in-process")
    assert (done.code, "6 of 6 runs succeeded" in done.out) == (0, True), done
    keys = made.read_text().split()
    assert sorted(set(keys)) == [f"2024-01-0{day}" for day in range(1, 7)]
    assert len(keys) <= 7  # only the one that was cut short may have been made twice


def test_a_backfill_is_canceled(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(CODE)
    command = [sys.executable, "-m", "tidemill.cli", "backfill", "-f", "pipeline.py", "--in-process"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.DEVNULL, start_new_session=True
    )
    made = tmp_path / "made"
    for _ in range(1200):
        if made.exists() and len(made.read_text().split()) >= 2:
            break
        time.sleep(0.05)
    assert tidemill(tmp_path, "backfill", "--cancel", "1").out == "backfill 1 is canceled\n"
    (tmp_path / "fast").touch()
    assert process.wait(60) == 1
    assert len(made.read_text().split()) < 6
    refused = tidemill(tmp_path, "backfill", "--resume", "1")
    assert (refused.code, "was canceled" in refused.err) == (2, True), refused


# Several runs at a time

MEETING = """\
import os, time
from pathlib import Path
from tidemill import DailyPartitionsDefinition, TimeWindowPartitionMapping, AssetIn, asset

days = DailyPartitionsDefinition("2024-01-01", end_date="2024-01-07")

@asset(partitions_def=days)
def meets(context):
    Path(f"here {context.partition_key}").touch()
    until = time.monotonic() + 60
    while len(list(Path().glob("here *"))) < int(os.environ.get("MEET", "1")) and time.monotonic() < until:
        time.sleep(0.01)
    with Path("made").open("a") as file:
        file.write(context.partition_key + "\\n")
    if context.partition_key == os.environ.get("BROKEN"):
        raise ValueError("not today")
    return 1

before = AssetIn("chain", partition_mapping=TimeWindowPartitionMapping(start_offset=-1, end_offset=-1))

@asset(partitions_def=days, ins={"yesterday": before})
def chain(context, yesterday, meets):
    return f"{(yesterday or '')} {context.partition_key[-1]}".strip()
"""


@pytest.mark.parametrize("place", [[], ["--in-process"]], ids=["workers", "in process"])
def test_runs_go_at_the_same_time(tmp_path: Path, place: list[str]) -> None:
    (tmp_path / "pipeline.py").write_text(MEETING)
    done = tidemill(tmp_path, "backfill", "meets", "--parallel", "3", *place, "-f", "pipeline.py", MEET="3")
    assert (done.code, done.out.startswith("backfill 1: 6 of 6 runs succeeded")) == (0, True), done
    assert sorted((tmp_path / "made").read_text().split()) == [f"2024-01-0{day}" for day in range(1, 7)]


def test_a_run_waits_for_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(MEETING)
    done = tidemill(tmp_path, "backfill", "--parallel", "4", "--in-process", "-f", "pipeline.py")
    assert done.code == 0, done
    home = Home.open(tmp_path / ".tidemill")
    last = home.latest(AssetKey("chain"), "2024-01-06")
    assert last is not None
    assert home.load(last) == "1 2 3 4 5 6"
    home.close()


def test_what_fails_holds_up_what_needs_it(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(MEETING)
    words = ("backfill", "--parallel", "3", "--in-process", "-f", "pipeline.py")
    done = tidemill(tmp_path, *words, BROKEN="2024-01-04")
    assert (done.code, "3 of 6 runs succeeded" in done.out) == (1, True), done
    assert "blocked: meets, chain[2024-01-05], which needs chain" in done.out
    again = tidemill(tmp_path, "backfill", "--resume", "1", "--parallel", "2", "--in-process")
    assert (again.code, "6 of 6 runs succeeded" in again.out) == (0, True), again


def test_several_that_were_killed_go_on(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(CODE)
    command = [
        sys.executable,
        "-m",
        "tidemill.cli",
        "backfill",
        "-f",
        "pipeline.py",
        "--parallel",
        "3",
        "slow",
    ]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.DEVNULL, start_new_session=True
    )
    made = tmp_path / "made"
    for _ in range(1200):
        if made.exists() and len(made.read_text().split()) >= 2:
            break
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)  # its lanes die with it, and their workers with them
    process.wait()
    (tmp_path / "fast").touch()
    done = tidemill(tmp_path, "backfill", "--resume", "1", "--parallel", "2", "--in-process")
    assert (done.code, "6 of 6 runs succeeded" in done.out) == (0, True), done
    keys = made.read_text().split()
    assert sorted(set(keys)) == [f"2024-01-0{day}" for day in range(1, 7)]
    assert len(keys) <= 9  # only those that were cut short may have been made twice


@pytest.mark.parametrize("number", ["INT", "TERM"])
def test_several_are_interrupted(tmp_path: Path, number: str) -> None:
    (tmp_path / "pipeline.py").write_text(CODE)
    command = [
        sys.executable,
        "-m",
        "tidemill.cli",
        "backfill",
        "-f",
        "pipeline.py",
        "--parallel",
        "2",
        "slow",
    ]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    )
    made = tmp_path / "made"
    for _ in range(1200):
        if made.exists() and len(made.read_text().split()) >= 2:
            break
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(getattr(signal, f"SIG{number}"))
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1, out
    listed = json.loads(tidemill(tmp_path, "backfill", "--list", "--json").out)
    assert (listed[0]["succeeded"], listed[0]["running"]) == (2, 0), listed
    (tmp_path / "fast").touch()
    assert tidemill(tmp_path, "backfill", "--resume", "1", "--in-process").code == 0


def test_how_many_is_a_number(tmp_path: Path) -> None:
    done = tidemill(tmp_path, "backfill", "--parallel", "0", "-f", "pipeline.py")
    assert (done.code, "no number of runs" in done.err) == (2, True), done
