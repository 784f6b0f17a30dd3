"""What a store would say, told by hand: for tests of automation that need no store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tidemill.automation.cursors import AutomationCursor
from tidemill.automation.evaluation import Evaluation, evaluate
from tidemill.automation.facts import Facts, NewUpdate, RunFacts, Update, Verdict
from tidemill.automation.needs import conditions_of, needs_of
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.assets.decorators import asset
from tidemill.definitions.definitions import Definitions, build_project
from tidemill.definitions.partitions.partitions import World
from tidemill.planning.graph import AssetGraph

START = datetime(2024, 5, 1, tzinfo=UTC)


def defined(name: str, condition: Any = None, deps: Iterable[Any] = (), **arguments: Any) -> Any:
    """An asset."""

    @asset(name=name, automation_condition=condition, deps=list(deps), **arguments)
    def function() -> int:
        return 1

    return function


class Story:
    """Definitions, what was made of them, and one evaluation after the other.

    Args:
        assets: All assets.
        at: The time of the first evaluation.
        checks: All checks.
    """

    def __init__(self, *assets: Any, at: datetime = START, checks: Iterable[Any] = ()) -> None:
        self.now = at
        self.seq = 0
        self.cursor: AutomationCursor | None = None
        self.latest: dict[AssetKey, dict[str | None, Update]] = {}
        self.verdicts: dict[AssetCheckKey, dict[str | None, Verdict]] = {}
        self.runs: dict[str, RunFacts] = {}
        self.updates: list[tuple[int, NewUpdate]] = []
        self.extra: dict[str, Any] = {}
        self.last: Evaluation | None = None
        self.redefine(*assets, checks=checks)

    def redefine(self, *assets: Any, checks: Iterable[Any] = ()) -> None:
        """Other definitions, from here on."""
        several = assets[0] if len(assets) == 1 and isinstance(assets[0], Definitions) else None
        project = several.project() if several is not None else build_project(assets, checks)
        self.graph = AssetGraph.build(project)

    def made(
        self,
        *names: str,
        partition: str | None = None,
        tags: Mapping[str, str] | None = None,
        version: str | None = None,
        ago: timedelta = timedelta(),
    ) -> None:
        """A run made these assets, or this partition of them."""
        run = f"run {len(self.runs) + 1}"
        keys = [AssetKey.from_text(name) for name in names]
        self.runs[run] = RunFacts(tags or {}, frozenset(keys))
        for key in keys:
            self.seq += 1
            at = round((self.now - ago).timestamp() * 1_000_000)
            data = f"v{self.seq}" if version is None else version
            self.latest.setdefault(key, {})[partition] = Update(self.seq, at, run, data, f"id {self.seq}")
            self.updates.append((self.seq, NewUpdate(key, partition, run)))

    def checked(self, asset_name: str, check: str, *, passed: bool, partition: str | None = None) -> None:
        """A check gave its verdict."""
        self.seq += 1
        at = round(self.now.timestamp() * 1_000_000)
        key = AssetCheckKey(AssetKey.from_text(asset_name), check)
        self.verdicts.setdefault(key, {})[partition] = Verdict(self.seq, at, "", passed)

    def tick(self, **later: float) -> dict[str, set[str | None]]:
        """What an evaluation requests; `hours=1`: an hour after the one before."""
        self.now += timedelta(**later)
        conditions = conditions_of(self.graph)
        needs = needs_of(self.graph, conditions, self.cursor)
        new = tuple(update for seq, update in self.updates if seq > (needs.since or 0))
        facts = Facts(
            World(self.now),
            self.seq,
            {key: dict(updates) for key, updates in self.latest.items()},
            verdicts={key: dict(verdicts) for key, verdicts in self.verdicts.items()},
            runs=dict(self.runs),
            updates=new,
            **self.extra,
        )
        self.last = evaluate(self.graph, conditions, facts, self.cursor)
        text = self.last.cursor.to_json()
        self.cursor = AutomationCursor.from_json(text)
        assert self.cursor.to_json() == text
        return {key.to_user_string(): set(slices) for key, slices in self.last.requested.items() if slices}
