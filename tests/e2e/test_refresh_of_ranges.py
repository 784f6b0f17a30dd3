"""A refresh of several partitions makes those that are not up to date, in one call of each function."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tidemill import (
    AssetKey,
    DagsterInstance,
    DailyPartitionsDefinition,
    asset,
    materialize,
    refresh,
)

DAYS = DailyPartitionsDefinition("2024-01-01", end_date="2024-01-07")
ALL = "2024-01-01...2024-01-06"
CALLS: list[tuple[str, list[str]]] = []
DATA: dict[str, int] = {}
BROKEN: set[str] = set()


def one_by_key(context: Any, values: dict[str, Any]) -> Any:
    return values if len(context.partition_keys) > 1 else values[context.partition_key]


@asset(partitions_def=DAYS, code_version="1")  # what it reads is no part of its code
def rows(context: Any) -> Any:
    CALLS.append(("rows", list(context.partition_keys)))
    return one_by_key(context, {key: DATA.get(key, 1) for key in context.partition_keys})


@asset(partitions_def=DAYS, code_version="1")  # what it reads is no part of its code
def sums(context: Any, rows: Any) -> Any:
    keys = list(context.partition_keys)
    CALLS.append(("sums", keys))
    if BROKEN.intersection(keys):
        raise ValueError("no sums today")
    return one_by_key(context, {key: (rows[key] if isinstance(rows, dict) else rows) + 1 for key in keys})


@asset(partitions_def=DAYS, code_version="1")
def other(context: Any) -> Any:
    CALLS.append(("other", list(context.partition_keys)))
    return one_by_key(context, dict.fromkeys(context.partition_keys, 0))


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[DagsterInstance]:
    for told in (CALLS, DATA, BROKEN):
        told.clear()
    with DagsterInstance.local_temp(str(tmp_path)) as made:
        yield made


def days(*numbers: int) -> list[str]:
    return [f"2024-01-{number:02}" for number in numbers]


def again(instance: DagsterInstance, *assets: Any, **more: Any) -> list[tuple[str, list[str]]]:
    CALLS.clear()
    refresh(list(assets or (rows, sums)), instance=instance, partition_key=ALL, **more)
    return CALLS[:]


def test_only_those_that_are_missing(instance: DagsterInstance) -> None:
    materialize([rows, sums], instance=instance, partition_key=days(2, 4))
    materialize([rows], instance=instance, partition_key=days(5))
    assert again(instance) == [("rows", days(1, 3, 6)), ("sums", days(1, 3, 5, 6))]
    assert again(instance) == []
    assert [instance.load_asset_value("sums", partition_key=key) for key in days(1, 2, 5)] == [2, 2, 2]
    assert {v.number for v in instance.home.store.versions(AssetKey("sums"))} == {1}


def test_one_is_made_as_in_a_run_of_it(instance: DagsterInstance) -> None:
    materialize([rows, sums], instance=instance, partition_key=days(1, 2, 3, 4, 5))
    assert again(instance) == [("rows", days(6)), ("sums", days(6))]
    assert instance.load_asset_value("sums", partition_key=days(6)[0]) == 2


def test_what_comes_out_as_it_was_reaches_nobody(instance: DagsterInstance) -> None:
    materialize([rows, sums], instance=instance, partition_key=ALL)
    DATA[days(3)[0]] = 7
    materialize([rows], instance=instance, partition_key=days(2, 3))
    assert again(instance) == [("sums", days(3))]
    assert instance.load_asset_value("sums", partition_key=days(3)[0]) == 8


def test_an_older_version_comes_back_beside_those_that_run(instance: DagsterInstance) -> None:
    materialize([rows, sums], instance=instance, partition_key=days(1, 2))
    DATA[days(1)[0]] = 7
    materialize([rows, sums], instance=instance, partition_key=days(1))
    DATA.clear()
    materialize([rows], instance=instance, partition_key=days(1))
    assert again(instance) == [("rows", days(3, 4, 5, 6)), ("sums", days(3, 4, 5, 6))]
    latest = instance.home.latest(AssetKey("sums"), days(1)[0])
    assert latest is not None
    assert latest.reused_from is not None
    assert instance.load_asset_value("sums", partition_key=days(1)[0]) == 2


def test_after_a_failure_the_rest_is_made(instance: DagsterInstance) -> None:
    materialize([rows, sums], instance=instance, partition_key=days(1, 2))
    BROKEN.update(days(4))
    assert again(instance, raise_on_error=False) == [("rows", days(3, 4, 5, 6)), ("sums", days(3, 4, 5, 6))]
    BROKEN.clear()
    assert again(instance) == [("sums", days(3, 4, 5, 6))]


def test_each_asset_its_own(instance: DagsterInstance) -> None:
    materialize([rows, sums], instance=instance, partition_key=days(1, 2, 3))
    materialize([other], instance=instance, partition_key=days(4, 5, 6))
    made = again(instance, rows, sums, other)
    assert sorted(made) == [("other", days(1, 2, 3)), ("rows", days(4, 5, 6)), ("sums", days(4, 5, 6))]
