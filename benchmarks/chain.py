"""A chain of 100 assets that do nothing: what a step costs, in memory and durable.

The durable floor is the least that remembers as much: the value pickled, a small file written and renamed,
and two commits of one row each into an SQLite database in WAL mode. Each file gets a new name: to rename over
an old one makes some file systems flush, and a floor that is too slow would flatter us. Tidemill need not do
all that the floor does (it keeps small values in the database), so it may be below it.
"""

from __future__ import annotations

import linecache
import pickle
import sqlite3
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.measuring import interleaved, row

STEPS = 100
ROUNDS = 25


def run() -> list[dict[str, Any]]:
    """Milliseconds a step of a chain of `STEPS` no-op assets."""
    from tidemill import DagsterInstance, asset, materialize, materialize_to_memory

    functions = chain()
    assets = [asset(function) for function in functions]
    with (
        tempfile.TemporaryDirectory() as floor_folder,
        tempfile.TemporaryDirectory() as folder,
        DagsterInstance.local_temp(folder) as instance,
    ):
        seconds = interleaved(
            {
                "calls": lambda: call(functions),
                "memory": lambda: _checked(materialize_to_memory(assets)),
                "floor": durable_floor(Path(floor_folder), functions),
                "durable": lambda: _checked(materialize(assets, instance=instance)),
            },
            rounds=ROUNDS,
        )
    ms = {name: value * 1000 / STEPS for name, value in seconds.items()}
    durable = f"chain of {STEPS}, durable, a step"
    return [
        row(
            f"chain of {STEPS}, in memory, a step", ms["memory"], "ms", floor=ms["calls"], must=0.06, aim=0.02
        ),
        row(durable, ms["durable"], "ms", floor=ms["floor"], includes_floor=False, must=0.3, aim=0.15),
        row(
            f"{durable}, to its floor",
            ms["durable"],
            "ms",
            floor=ms["floor"],
            includes_floor=False,
            judged="ratio",
            must=4,
        ),
    ]


def chain(annotated: bool = False) -> list[Callable[..., int]]:
    """`step_0()` gives 0, each other adds one to the one before it."""
    taken, given = (": int", " -> int") if annotated else ("", "")
    lines = [f"def step_0(){given}:\n    return 0\n"]
    lines += [
        f"def step_{n}(step_{n - 1}{taken}){given}:\n    return step_{n - 1} + 1\n" for n in range(1, STEPS)
    ]
    source, file = "\n".join(lines), "<chain>"
    # Tools read the source of a step, to tell whether it has changed.
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": __name__}
    exec(compile(source, file, "exec"), namespace)
    return [namespace[f"step_{n}"] for n in range(STEPS)]


def call(functions: list[Callable[..., int]]) -> int:
    """The floor in memory: each function called with the value of the one before it."""
    value = functions[0]()
    for function in functions[1:]:
        value = function(value)
    return value


def _checked(result: Any) -> None:
    value = result.output_for_node(f"step_{STEPS - 1}")
    if value != STEPS - 1:
        raise AssertionError(f"the chain ended in {value!r}")


def durable_floor(folder: Path, functions: list[Callable[..., int]]) -> Callable[[], None]:
    """The floor that remembers: a function that runs the chain once more, storing in `folder`."""
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, step TEXT, body TEXT)")
    insert = "INSERT INTO event (step, body) VALUES (?, ?)"

    rounds = count()

    def run_once() -> None:
        turn, value = next(rounds), 0
        for number, function in enumerate(functions):
            value = function(value) if number else function()
            connection.execute(insert, (f"step_{number}", '{"kind": "started"}'))
            temporary = folder / f".step_{number}.tmp"
            temporary.write_bytes(pickle.dumps(value, protocol=5))
            temporary.rename(folder / f"step_{number}.{turn}")
            connection.execute(insert, (f"step_{number}", '{"kind": "materialized"}'))

    return run_once
