"""Runs in lists: what was asked for is read once for each run, since it never changes and may be a megabyte."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tidemill.core.errors import RunNotFoundError
from tidemill.server.models import RunRow
from tidemill.server.reading.shapes import failure_of
from tidemill.storage import page_reads
from tidemill.storage.page_reads import RunHead
from tidemill.storage.reads import Reads

KEPT = 2_000
NAMED = 5
"""Assets that a row names, and steps."""


class Order(NamedTuple):
    """What was asked for, as far as a list shows it."""

    selection: str | None
    partition: str | None
    tags: Mapping[str, str]
    parent: str | None
    steps: int
    assets: tuple[str, ...]


class RunRows:
    """Makes rows.

    Args:
        store: To read.
    """

    def __init__(self, store: Reads) -> None:
        self._store = store
        self._orders: OrderedDict[int, Order] = OrderedDict()
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Runs were deleted, or given tags."""
        with self._lock:
            self._orders.clear()

    def head(self, run: str) -> RunHead:
        """A run by its number or its id.

        Raises:
            RunNotFoundError: There is none.
        """
        number = int(run) if run.isascii() and run.isdecimal() and len(run) <= 15 else None
        if number is None:
            number = page_reads.numbers_of(self._store, [run]).get(run)
        found = page_reads.run_heads(self._store, [number]) if number is not None else []
        if not found or self._is_deleted(found[0].number):
            raise RunNotFoundError(
                f"There is no run {run!r}",
                subject=run,
                found="no run of that number or id",
                expected="the number or the id of a run",
                next_step="see the list of runs",
            )
        return found[0]

    def _is_deleted(self, number: int) -> bool:
        found = page_reads.run_numbers(self._store, page_reads.RunFilter(), before=number + 1, limit=1)
        return found != [number]

    def rows(self, numbers: Sequence[int]) -> list[RunRow]:
        """Rows of runs, in that order."""
        heads = page_reads.run_heads(self._store, numbers)
        return self._rows(heads)

    def one(self, head: RunHead) -> RunRow:
        """The row of a run."""
        return self._rows([head])[0]

    def _rows(self, heads: Sequence[RunHead]) -> list[RunRow]:
        orders = self._of([head.number for head in heads])
        parents = {order.parent for order in orders.values() if order.parent is not None}
        numbers = page_reads.numbers_of(self._store, parents) if parents else {}
        return [_row(head, orders[head.number], numbers) for head in heads]

    def _of(self, numbers: Sequence[int]) -> dict[int, Order]:
        with self._lock:
            found = {number: self._orders[number] for number in numbers if number in self._orders}
        missing = [number for number in numbers if number not in found]
        if missing:
            read = page_reads.run_orders(self._store, missing)
            found |= {number: _order(told) for number, told in read.items()}
        with self._lock:
            for number in numbers:
                if number in found:
                    self._orders[number] = found[number]
                    self._orders.move_to_end(number)
            while len(self._orders) > KEPT:
                self._orders.popitem(last=False)
        return found


def _row(head: RunHead, order: Order, numbers: Mapping[str, int]) -> RunRow:
    """A run with what was asked for; `numbers` are those of runs that others run again, by id."""
    later = json.loads(head.tags) if head.tags else {}
    end = page_reads.document(head.end) if head.end else {}
    return RunRow.model_validate(
        {
            "id": head.id,
            "number": head.number,
            "job": head.job_name,
            "status": head.status,
            "created_at": head.created_at,
            "started_at": head.started_at,
            "finished_at": head.finished_at,
            "selection": order.selection,
            "partition": order.partition,
            "tags": {**order.tags, **later},
            "steps": order.steps,
            "assets": list(order.assets),
            "parent": order.parent,
            "parent_number": numbers.get(order.parent or ""),
            "error": failure_of(end.get("error")),
            "failed": list(end.get("failed", ()))[:NAMED],
        }
    )


def _order(told: Mapping[str, Any]) -> Order:
    steps = told.get("steps", ())
    assets: list[str] = []
    for step in steps:
        assets += step.get("assets", ())
        if len(assets) >= NAMED:
            break
    return Order(
        told.get("selection"),
        partition_text(told),
        told.get("tags", {}),
        told.get("parent_id"),
        len(steps),
        tuple(assets[:NAMED]),
    )


def partition_text(told: Mapping[str, Any]) -> str | None:
    """The partition that a run is of, or the ranges of several."""
    if told.get("partition") is not None:
        return str(told["partition"])
    several = told.get("partitions", ())
    if not several:
        return None
    return ", ".join(map(str, several[:3])) + (", …" if len(several) > 3 else "")
