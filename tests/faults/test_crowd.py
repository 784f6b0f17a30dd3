"""Eight runs at once on one store: none finds it locked, and no event is lost."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from graphs import write_graph
from stage import Extent, Stage

CROWD = 8
STEPS = 30
EVENTS = 3 + 3 * STEPS
"""Of a run: created, started, succeeded; and of each step started, materialized, succeeded."""


def test_eight_runs_at_once(folder: Path, extent: Extent, tell: Callable[[str], None]) -> None:
    write_graph(folder, extent.seed, steps=STEPS, longest=0.002)
    stage = Stage(folder)
    expected = stage.undisturbed()
    codes: Counter[int] = Counter()
    deadline = time.monotonic() + extent.crowd

    def keep_running(number: int) -> None:
        place = ["--in-process"] if number % 2 else []
        while True:
            codes[stage.run("materialize", "-f", "graph.py", *place, timeout=100)] += 1
            if time.monotonic() > deadline:
                return

    began = time.monotonic()
    crowd = [threading.Thread(target=keep_running, args=(number,)) for number in range(CROWD)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    took = time.monotonic() - began
    runs = codes.total()
    assert codes == {0: runs}, stage.said()[-3000:]
    assert "locked" not in stage.said()
    stage.check()
    assert stage.data_versions() == expected
    assert Counter(stage.begun()) == dict.fromkeys(expected, runs)
    with closing(sqlite3.connect(stage.home / "tidemill.db")) as database:
        counts = database.execute("SELECT run, count(*) FROM events GROUP BY run").fetchall()
        versions = database.execute("SELECT count, asset FROM slices").fetchall()
        (unbroken,) = database.execute("SELECT count(*) = max(seq) - min(seq) + 1 FROM events").fetchone()
    assert counts == [(number, EVENTS) for number in range(1, runs + 1)]
    assert {asset: count for count, asset in versions} == dict.fromkeys(expected, runs)
    assert unbroken
    tell(
        f"= seed {extent.seed}: {runs} runs, {CROWD} at a time, in {took:.0f} s:"
        f" {runs * EVENTS:,} events, none lost, nothing locked"
    )
