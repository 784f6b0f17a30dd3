"""`tidemill status` of very many partitions compares each of them, and says which are what in ranges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_refresh import User, warm  # noqa: F401  (a fixture)

MANY = """
from tidemill import AssetExecutionContext, HourlyPartitionsDefinition, asset

hours = HourlyPartitionsDefinition("2024-01-01-00:00", end_date="2024-08-01-00:00")
FACTOR = 1
BROKEN = False

@asset(partitions_def=hours)
def rows(context: AssetExecutionContext):
    return {key: len(key) for key in context.partition_keys}

@asset(partitions_def=hours)
def sums(context: AssetExecutionContext, rows):
    if BROKEN:
        raise ValueError("no sums today")
    keys = context.partition_keys
    return {key: (rows[key] if isinstance(rows, dict) else rows) * FACTOR for key in keys}

@asset(deps=[sums])
def total():
    return 1
"""
ALL = "2024-01-01-00:00...2024-07-31-23:00"
LAST = "2024-07-31-23:00"


@pytest.fixture
def user(warm: Any, tmp_path: Path) -> User:  # noqa: F811
    made = User(warm, tmp_path)
    made.write(MANY)
    return made


def rows(user: User) -> dict[str, dict[str, Any]]:
    return {row["asset"]: row for row in user.do("status", "--json").json}


def test_each_is_compared(user: User) -> None:
    user.do(
        "materialize",
        "--in-process",
        "--select",
        "rows,sums",
        "--partition",
        "2024-01-01-00:00...2024-07-31-22:00",
    )
    seen = rows(user)["sums"]
    assert seen["partition_counts"] == {"missing": 1, "fresh": 5111}
    assert seen["partition_ranges"]["missing"] == [LAST]
    assert (seen["status"], seen["because"]) == ("missing", "1 were never made")
    user.do("materialize", "--select", "rows,sums", "--partition", LAST)
    user.do("materialize", "--select", "total")
    assert {name: row["status"] for name, row in rows(user).items()} == {
        "rows": "fresh", "sums": "fresh", "total": "fresh",
    }  # fmt: skip

    user.edit("FACTOR = 1", "FACTOR = 2")
    user.do(
        "materialize",
        "--in-process",
        "--select",
        "sums",
        "--partition",
        "2024-03-01-00:00...2024-03-31-23:00",
    )
    seen = rows(user)
    assert (seen["rows"]["status"], seen["sums"]["status"], seen["total"]["status"]) == (
        "fresh",
        "stale",
        "stale",
    )
    assert seen["sums"]["partition_counts"] == {"stale": 5112 - 31 * 24, "fresh": 31 * 24}
    assert seen["sums"]["partition_ranges"]["fresh"] == ["2024-03-01-00:00...2024-03-31-23:00"]
    assert seen["sums"]["because"] == "pipeline.py: FACTOR 1 → 2"
    assert seen["total"]["because"] == "sums is stale"

    user.edit("len(key)", "len(key) + 1")
    seen = rows(user)
    assert seen["rows"]["partition_counts"] == seen["sums"]["partition_counts"] == {"stale": 5112}
    assert seen["sums"]["because"] == "rows is stale"

    user.edit("BROKEN = False", "BROKEN = True")
    user.do("materialize", "--select", "rows,sums", "--partition", LAST, code=1)
    seen = rows(user)
    assert (seen["sums"]["status"], seen["sums"]["because"]) == ("failed", "ValueError: no sums today")
    assert seen["sums"]["partition_ranges"]["failed"] == [LAST]
    told = user.do("status").out.splitlines()
    assert " ".join(told[2].split()).startswith("sums failed 0 of 5,112 partitions")
