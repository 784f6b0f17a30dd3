"""api.md 1.7 ("ours"): which partitions were made and which failed, whatever kind they are of, as keys come and go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tidemill import (
    AssetKey,
    DagsterInstance,
    DailyPartitionsDefinition,
    Definitions,
    DynamicPartitionsDefinition,
    MultiPartitionsDefinition,
    StaticPartitionsDefinition,
    asset,
    materialize,
    refresh,
)
from tidemill.definitions.partitions.orders import order_at
from tidemill.execution.launch import world_of
from tidemill.execution.spans import Made, made_partitions, spans_of

KEY = AssetKey("rows")
DAYS = DailyPartitionsDefinition("2024-01-01", end_date="2024-01-06")
REGIONS = StaticPartitionsDefinition(["eu", "us", "asia"])
GRID = MultiPartitionsDefinition({"day": DAYS, "region": REGIONS})
CUSTOMERS = DynamicPartitionsDefinition(name="customers")
BROKEN: set[str] = set()


class Shop:
    """An asset over some partitions, in a store of its own."""

    def __init__(self, folder: Path, definition: Any) -> None:
        @asset(partitions_def=definition)
        def rows(context: Any) -> dict[str, int]:
            wrong = BROKEN.intersection(context.partition_keys)
            if wrong:
                raise ValueError(wrong)
            return dict.fromkeys(context.partition_keys, 1)

        self.rows, self.definition = rows, definition
        self.instance = DagsterInstance.local_temp(str(folder))

    def make(self, *keys: str) -> None:
        materialize([self.rows], instance=self.instance, partition_key=list(keys), raise_on_error=False)

    def seen(self) -> Made:
        home = self.instance.home
        world = world_of(Definitions(assets=[self.rows]).project(), home)
        made = made_partitions(home, KEY, self.definition, world)
        spans = spans_of(home.store, KEY, order_at(self.definition, world))
        assert not spans.news
        home.store.rebuild()  # folded from nothing it is the same
        assert made_partitions(home, KEY, self.definition, world) == made
        return made


@pytest.fixture(autouse=True)
def _whole() -> Any:
    BROKEN.clear()
    yield
    BROKEN.clear()


@pytest.mark.parametrize(
    ("definition", "keys", "said"),
    [
        (
            DAYS,
            ["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05"],
            ["2024-01-01...2024-01-02", "2024-01-05"],
        ),
        (REGIONS, ["eu", "us", "asia"], ["eu...us"]),
        (
            GRID,
            ["2024-01-01|eu", "2024-01-01|us", "2024-01-02|eu", "2024-01-02|us", "2024-01-05|asia"],
            ["2024-01-01|eu...2024-01-02|us"],
        ),
        (CUSTOMERS, ["ada", "bob", "eve", "zoe"], ["ada...bob", "zoe"]),
    ],
    ids=["time", "static", "two dimensions", "dynamic"],
)
def test_made_and_failed(tmp_path: Path, definition: Any, keys: list[str], said: list[str]) -> None:
    shop = Shop(tmp_path, definition)
    if definition is CUSTOMERS:
        shop.instance.add_dynamic_partitions("customers", [*keys, "new"])
    bad = keys[-1] if definition in (REGIONS, GRID) else keys[2]
    BROKEN.add(bad)
    shop.make(*[key for key in keys if key != bad])
    shop.make(bad)
    seen = shop.seen()
    assert (list(seen.ranges), list(seen.failed), seen.number) == (said, [bad], len(keys) - 1)
    BROKEN.clear()
    shop.make(bad)
    assert shop.seen().failed == ()
    assert shop.seen().number == len(keys)


def test_a_version_stays_where_a_later_run_fails(tmp_path: Path) -> None:
    shop = Shop(tmp_path, REGIONS)
    shop.make("eu", "us")
    BROKEN.add("us")
    shop.make("us")
    assert shop.seen() == Made(2, 3, ("eu...us",), ("us",))


def test_keys_come_and_go(tmp_path: Path) -> None:
    shop = Shop(tmp_path, CUSTOMERS)
    shop.instance.add_dynamic_partitions("customers", ["ada", "bob", "eve"])
    shop.make("ada", "eve")
    assert shop.seen() == Made(2, 3, ("ada", "eve"))
    shop.instance.delete_dynamic_partition("customers", "ada")
    assert shop.seen() == Made(1, 2, ("eve",))
    shop.instance.add_dynamic_partitions("customers", ["new", "ada"])
    assert shop.seen() == Made(2, 4, ("eve", "ada"))


def test_what_was_up_to_date_in_a_run_that_failed_did_not_fail(tmp_path: Path) -> None:
    shop = Shop(tmp_path, REGIONS)
    shop.make("eu")

    @asset(partitions_def=REGIONS)
    def broken(context: Any) -> None:
        raise ValueError

    result = refresh([shop.rows, broken], instance=shop.instance, partition_key="eu", raise_on_error=False)
    assert not result.success
    assert shop.seen() == Made(1, 3, ("eu",))
