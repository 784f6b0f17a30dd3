"""api.md 1.7, design 4: verdicts, refreshes and reasons for each partition, through mappings."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import tidemill

CODE = """\
from tidemill import AssetIn, DailyPartitionsDefinition, TimeWindowPartitionMapping, asset

days = DailyPartitionsDefinition("2024-01-01", end_date="2024-01-05")

def each(context, value):
    keys = context.partition_keys
    return value if len(keys) == 1 else {key: value for key in keys}

@asset(partitions_def=days)
def raw(context):
    return each(context, 1)

@asset(partitions_def=days, ins={"raw": AssetIn(partition_mapping=TimeWindowPartitionMapping(-1, 0))})
def pair(context, raw):
    return each(context, 2)

@asset
def total(pair: dict):
    return sum(pair.values())
"""
RANGE = ("--partition", "2024-01-01...2024-01-03")
REFRESH = ("refresh", "-f", "pipeline.py", "--in-process")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pipeline.py").write_text(CODE)
    return tmp_path


def test_a_range_is_refreshed_and_then_up_to_date(folder: Path) -> None:
    done = tidemill(folder, *REFRESH, "pair", *RANGE)
    assert (done.code, "2 steps" in done.out) == (0, True), done
    again = tidemill(folder, *REFRESH, "pair", *RANGE)
    assert again.out == "all 2 assets are up to date\n"
    assert "pair[2024-01-03] is fresh" in tidemill(folder, "why", "pair[2024-01-03]", "-f", "pipeline.py").out
    status = tidemill(folder, "status", "-f", "pipeline.py", "--json").json
    assert [row["partitions"] and list(row["partitions"].values()) for row in status] == [
        ["fresh", "fresh", "fresh", "missing"],
        ["fresh", "fresh", "fresh", "missing"],
        None,
    ]


def test_only_what_is_behind_of_a_range_runs(folder: Path) -> None:
    tidemill(folder, *REFRESH, "pair", "--partition", "2024-01-01...2024-01-02")
    done = tidemill(folder, *REFRESH, "pair", *RANGE, "--json").json
    assert done["partition"] == "2024-01-03"


def test_a_new_value_makes_stale_what_is_made_from_it(folder: Path) -> None:
    tidemill(folder, "backfill", "-f", "pipeline.py", "*", "--in-process")
    (folder / "pipeline.py").write_text(CODE.replace("return each(context, 1)", "return each(context, 7)"))
    tidemill(
        folder,
        "materialize",
        "-f",
        "pipeline.py",
        "--in-process",
        "--select",
        "raw",
        "--partition",
        "2024-01-02",
    )
    status = {row["asset"]: row for row in tidemill(folder, "status", "-f", "pipeline.py", "--json").json}
    assert status["pair"]["partitions"] == {f"2024-01-0{day}": "stale" for day in range(1, 5)}
    why = tidemill(folder, "why", "pair[2024-01-03]", "-f", "pipeline.py").out
    assert "input raw[2024-01-02]: version 1 → 2" in why


def test_a_failure_of_a_partition_is_told_until_it_is_made(folder: Path) -> None:
    broken = CODE.replace("return each(context, 1)", 'raise ValueError("not today")')
    (folder / "pipeline.py").write_text(broken)
    make = (
        "materialize",
        "-f",
        "pipeline.py",
        "--in-process",
        "--select",
        "raw",
        "--partition",
        "2024-01-02",
    )
    assert tidemill(folder, *make).code == 1
    assert "not today" in tidemill(folder, "status", "-f", "pipeline.py").out
    (folder / "pipeline.py").write_text(CODE)
    assert tidemill(folder, *make).code == 0
    assert "not today" not in tidemill(folder, "status", "-f", "pipeline.py").out


WORKERS = """\
from tidemill import DailyPartitionsDefinition, DynamicPartitionsDefinition, asset

days = DailyPartitionsDefinition("2024-01-01", end_date="2024-01-05")
people = DynamicPartitionsDefinition(name="people")

@asset(partitions_def=days)
def span(context):
    context.instance.add_dynamic_partitions("people", ["ada", "bob"])
    assert context.instance.get_dynamic_partitions("people") == ["ada", "bob"]
    window = context.partition_time_window
    return {key: f"{window.start:%d}-{window.end:%d}" for key in context.partition_keys}

@asset(partitions_def=people)
def profile(context):
    return context.partition_key
"""


def test_in_processes_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(WORKERS)
    make = ("materialize", "-f", "pipeline.py", "--select")
    done = tidemill(tmp_path, *make, "span", "--partition", "2024-01-01", "--partition", "2024-01-03...")
    assert done.code == 0, done
    assert "span [2024-01-01, …]" in tidemill(tmp_path, "runs").out
    assert tidemill(tmp_path, "runs", "1", "--json").json["partitions"] == [
        "2024-01-01",
        "2024-01-03...2024-01-04",
    ]
    assert "01-05" in tidemill(tmp_path, "show", "span[2024-01-04]").out
    assert tidemill(tmp_path, *make, "profile", "--partition", "bob").code == 0
    refused = tidemill(tmp_path, *make, "profile", "--partition", "eve")
    assert "one of ada, bob" in refused.err
