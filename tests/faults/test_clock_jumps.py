"""A clock on the wall that jumps by an hour while a run goes on: durations, leases and order are as they would be."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from stage import Extent

from tidemill import DagsterInstance, RetryPolicy, asset, materialize
from tidemill.core.clock import SystemClock
from tidemill.core.events import Materialized, StepRetrying, StepStarted, StepSucceeded
from tidemill.home import Home

HOUR = 3_600_000_000
SLEEP = 0.01
STEPS = 12


class JumpingClock(SystemClock):
    """The system's, but that the time of day jumps by up to an hour whenever it is asked for, or nearly.

    Args:
        draw: Says when, and how far.
    """

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._offset = 0
        self.jumps = 0

    def now(self) -> int:
        """A moment of today."""
        if self._draw.random() < 0.3:
            self._offset = self._draw.choice((-HOUR, HOUR, self._draw.randrange(-HOUR, HOUR)))
            self.jumps += 1
        return super().now() + self._offset


def test_a_clock_that_jumps(folder: Path, extent: Extent, tell: Callable[[str], None]) -> None:
    clock = JumpingClock(random.Random(extent.seed))
    store, tries = folder / "store", []

    def another_command_opens_the_store() -> None:
        for opened in (Home.open(store), Home.open(store, clock=JumpingClock(random.Random(1)))):
            with closing(opened) as home:
                assert [run.status for run in home.store.runs(limit=1)] == ["started"]

    def step(name: str, needs: list[str]):
        @asset(name=name, deps=needs, retry_policy=RetryPolicy(max_retries=1, delay=0.05))
        def made() -> str:
            tries.append(name)
            time.sleep(SLEEP)
            if tries.count(name) % 2 and name in ("s3", "s7"):
                raise ValueError("not the first time")
            if name == "s5":
                another_command_opens_the_store()
            return name

        return made

    assets = [step(f"s{number}", [f"s{number - 1}"] if number else []) for number in range(STEPS)]
    began = time.monotonic()
    with closing(Home.open(store, clock=clock)) as home:
        for _ in range(3 * extent.rounds):
            assert materialize(assets, instance=DagsterInstance(home)).success
        runs = home.store.runs(ascending=True)
        events = [[stored.event for stored in home.store.events(run.run.id)] for run in runs]
        ids = [run.run.id for run in runs]
        numbers = [
            [version.number for version in home.store.versions(key, ascending=True)]
            for key in home.store.asset_keys()
        ]
    took = time.monotonic() - began
    assert ids == sorted(ids)
    assert numbers == [list(range(1, len(runs) + 1))] * STEPS
    for story in events:
        told = [event for event in story if isinstance(event, (StepStarted, Materialized, StepSucceeded))]
        good = [event.step for event in told if isinstance(event, StepSucceeded)]
        assert good == [f"s{number}" for number in range(STEPS)]
        assert [event.step for event in told if isinstance(event, Materialized)] == good
        assert sum(isinstance(event, StepRetrying) for event in story) == 2
        seconds = [event.seconds for event in told if isinstance(event, StepSucceeded)]
        assert min(seconds) >= SLEEP
        assert max(seconds) < 5
    assert took < 5 + 2 * len(runs), "a retry waited for the clock on the wall"
    tell(f"= seed {extent.seed}: {clock.jumps} jumps of a clock in {len(runs)} runs, {took:.1f} s")
