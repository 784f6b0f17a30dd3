"""What runs now and what failed last, by asset: folded from the facts of the log as they come. Pure.

events of runs that are not over ──take──▶ Busy by asset      step_failed, and nothing made since ──▶ Failed
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from tidemill.core.keys import StepKey
from tidemill.storage.page_reads import LogRow, Settled, document

Stage = Literal["queued", "running"]
OVER = frozenset(("run_succeeded", "run_failed", "run_canceled"))
ENDED = frozenset(
    ("step_succeeded", "step_failed", "step_skipped", "step_blocked", "step_canceled", "step_reused")
)
FACTS = frozenset(("materialized", "observed", "checked"))
"""Facts about one asset, after which its state is another."""

SWEEPING = frozenset(
    (
        "values_dropped",
        "partitions_added",
        "partitions_removed",
        "asset_wiped",
        "run_deleted",
        "chatter_dropped",
    )
)
"""Facts after which everything is looked at anew: they are rare."""


class Busy(NamedTuple):
    """A run is about to make an asset, or makes it."""

    stage: Stage
    run: int
    since: int | None


class Failed(NamedTuple):
    """The last attempt to make an asset failed."""

    seq: int
    run: int
    at: int
    message: str


class Touched(NamedTuple):
    """Whose state is another after some facts: `made` are assets with new facts, `shown` those that only look other."""

    made: set[str]
    shown: set[str]
    everything: bool = False


class LiveRuns:
    """The fold.

    Args:
        outputs: Name of a unit → the assets that it makes, for failures of runs that are over.
    """

    def __init__(self, outputs: Mapping[str, Iterable[str]]) -> None:
        self._outputs = outputs
        self._steps: dict[int, dict[str, tuple[str, ...]]] = {}  # run → step → assets
        self._ids: dict[int, str] = {}  # of these runs
        self._busy: dict[str, dict[int, Busy]] = {}  # asset → run
        self._failed: dict[str, Failed] = {}

    def busy(self, asset: str) -> Busy | None:
        """What a run does about an asset; what runs comes before what waits."""
        found = self._busy.get(asset)
        if not found:
            return None
        return max(found.values(), key=lambda busy: (busy.stage == "running", -busy.run))

    def failed(self, asset: str) -> Failed | None:
        """The failure that nothing has made good."""
        return self._failed.get(asset)

    @property
    def going_on(self) -> Mapping[int, str]:
        """Ids of the runs that are not over, by number."""
        return self._ids

    def remember(self, failures: Iterable[tuple[Settled, Iterable[str]]]) -> None:
        """Have these be all that failed and was not made good: steps, and the assets that they were to make."""
        self._failed = {
            asset: Failed(one.seq, one.run, one.at, one.message)
            for one, assets in failures
            for asset in assets
        }

    def take(self, rows: Iterable[LogRow]) -> Touched:
        """Take in facts, oldest first."""
        touched = Touched(set(), set())
        everything = False
        for row in rows:
            if row.kind in FACTS and row.asset is not None:
                touched.made.add(row.asset)
                if row.kind == "materialized":
                    self._failed.pop(row.asset, None)
            elif row.kind in SWEEPING:
                everything = True
            else:
                assets = self._follow(row)
                touched.shown.update(assets)
                if row.kind in ("step_succeeded", "step_skipped") and '"withheld"' in row.data:
                    touched.made.update(assets)
        return touched._replace(everything=everything)

    def _follow(self, row: LogRow) -> Iterable[str]:
        """A fact about a run or a step; the assets that it concerns."""
        if row.kind == "run_created":
            asked = document(row.data)["run"]
            self._ids[row.run] = str(asked["id"])
            return self._plan(row.run, asked)
        if row.kind in OVER:
            return self._forget(row.run)
        if row.step is None:
            return ()
        assets = self.assets_of(row.run, row.step)
        if row.kind in ("step_started", "step_retrying"):
            for asset in assets:
                self._busy.setdefault(asset, {})[row.run] = Busy("running", row.run, row.at)
        elif row.kind in ENDED:
            for asset in assets:
                self._done(asset, row.run)
            self._settle(row, assets)
        return assets

    def _settle(self, row: LogRow, assets: Iterable[str]) -> None:
        for asset in assets:
            if row.kind == "step_failed":
                message = str(document(row.data)["error"].get("message", ""))
                self._failed[asset] = Failed(row.seq, row.run, row.at, message)
            elif row.kind in ("step_reused", "step_skipped", "step_succeeded"):
                self._failed.pop(asset, None)

    def _plan(self, run: int, order: Mapping[str, Any]) -> Iterable[str]:
        steps = {planned["step"]: tuple(planned.get("assets", ())) for planned in order.get("steps", ())}
        self._steps[run] = steps
        assets = [asset for of_step in steps.values() for asset in of_step]
        for asset in assets:
            self._busy.setdefault(asset, {})[run] = Busy("queued", run, None)
        return assets

    def _forget(self, run: int) -> Iterable[str]:
        self._ids.pop(run, None)
        assets = [asset for of_step in self._steps.pop(run, {}).values() for asset in of_step]
        for asset in assets:
            self._done(asset, run)
        return assets

    def _done(self, asset: str, run: int) -> None:
        found = self._busy.get(asset)
        if found is not None:
            found.pop(run, None)
            if not found:
                del self._busy[asset]

    def assets_of(self, run: int, step: str) -> Iterable[str]:
        """The assets of a step, of a mapped one those of what it was mapped from."""
        planned = self._steps.get(run)
        for name in (step, StepKey.unit_of(step)):
            if planned is not None and name in planned:
                return planned[name]
            if name in self._outputs:
                return self._outputs[name]
        return ()
