"""The leaves of a condition: what is asked of the slices of one asset or check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from tidemill.automation.facts import NONE, EntityKey, RunFacts, Slices, Update, Verdict
from tidemill.core.errors import InvariantViolationError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.calendar.ticks import ticks_of
from tidemill.definitions.conditions.conditions import Leaf, Since

if TYPE_CHECKING:
    from tidemill.automation.cursors import AutomationCursor, State
    from tidemill.automation.facts import Facts
    from tidemill.automation.slices import SliceMap
    from tidemill.planning.graph import AssetGraph

NO_RUN = RunFacts()


class Evaluating:
    """What a question asks of the evaluation that it is part of."""

    graph: AssetGraph
    facts: Facts
    cursor: AutomationCursor
    slices: SliceMap
    requested: dict[EntityKey, Slices]
    assumed: list[EntityKey]
    root: EntityKey
    now: datetime

    @property
    def first(self) -> bool:
        """Whether the root was never looked at."""
        raise NotImplementedError

    @property
    def previous_time(self) -> datetime | None:
        """When the root was looked at before."""
        raise NotImplementedError

    @property
    def previously_requested(self) -> Mapping[EntityKey, Slices]:
        """What the evaluation before requested."""
        return self.cursor.requested

    def lagging(self) -> frozenset[AssetKey]:
        """Assets that must be made now for some freshness policy."""
        raise NotImplementedError

    def remembered(self, node: str, key: EntityKey) -> Any:
        """What a node remembers."""
        raise NotImplementedError

    def remember(self, node: str, key: EntityKey, state: State) -> None:
        """What a node is to remember."""
        raise NotImplementedError

    def latest(self, key: EntityKey) -> Mapping[str | None, Update]:
        """The latest updates of an asset, as far as the slices are there."""
        return self.facts.latest.get(key, {}) if isinstance(key, AssetKey) else {}

    def made(self, key: EntityKey) -> Slices:
        """The slices of an asset that have a version."""
        found = self.facts.made.get(key) if isinstance(key, AssetKey) else None
        return self.slices.own(key, self.latest(key).keys() if found is None else found)

    def will_be_requested(self, key: EntityKey) -> Slices:
        """What this evaluation requested so far, as far as the run that makes the root makes it too."""
        if not self.slices.in_one_run(self.root, key):
            return NONE
        return self.slices.full(key) if key in self.assumed else self.requested.get(key, NONE)


class Asked(NamedTuple):
    """A question: who asks, what, and of which slices."""

    by: Evaluating
    leaf: Leaf
    key: EntityKey
    full: Slices

    @property
    def node(self) -> str:
        """The text of the question."""
        return str(self.leaf)


def ask(asked: Asked) -> Slices:
    """The slices of which a question is true."""
    question = QUESTIONS.get(asked.leaf.kind)
    if question is None:
        raise InvariantViolationError(f"Nobody can answer {asked.leaf}", subject=asked.leaf.kind)
    return asked.full & question(asked)


def _missing(asked: Asked) -> Slices:
    if isinstance(asked.key, AssetCheckKey):
        return asked.full - _current_verdicts(asked, asked.key).keys()
    return asked.full - asked.by.made(asked.key)


def _verdicts(asked: Asked, check: AssetCheckKey) -> Mapping[str | None, Verdict]:
    """Slice → latest verdict of a check; of one without partitions, whichever partition it was about."""
    told = asked.by.facts.verdicts.get(check, {})
    if not told or asked.by.slices.partitions(check) is not None:
        return told
    return {None: max(told.values(), key=lambda verdict: verdict.seq)}


def _current_verdicts(asked: Asked, check: AssetCheckKey) -> dict[str | None, bool]:
    """Slice → what a check said of the latest version of its asset."""
    latest = asked.by.latest(check.asset_key)
    newest = max(latest.values(), key=lambda update: update.seq, default=None)
    current = {}
    for each, verdict in _verdicts(asked, check).items():
        update = newest if each is None else latest.get(each)
        if update is None or verdict.seq > update.seq or verdict.version_id == update.version_id:
            current[each] = verdict.passed
    return current


def _check(asked: Asked) -> Slices:
    if not isinstance(asked.key, AssetCheckKey):
        return NONE
    (wanted,) = asked.leaf.arguments
    current = _current_verdicts(asked, asked.key).items()
    return frozenset(each for each, passed in current if passed is wanted)


def _newly_updated(asked: Asked) -> Slices:
    if asked.by.first:
        return NONE
    since = asked.by.cursor.seq
    if isinstance(asked.key, AssetCheckKey):
        told = _verdicts(asked, asked.key).items()
        return frozenset(each for each, verdict in told if verdict.seq > since)
    return frozenset(each for each, update in asked.by.latest(asked.key).items() if update.seq > since)


def _newly_requested(asked: Asked) -> Slices:
    return asked.by.slices.own(asked.key, asked.by.cursor.requested.get(asked.key, NONE))


def _will_be_requested(asked: Asked) -> Slices:
    return asked.by.will_be_requested(asked.key)


def _in_progress(asked: Asked) -> Slices:
    if isinstance(asked.key, AssetCheckKey):
        return asked.full if asked.key in asked.by.facts.checks_in_progress else NONE
    return asked.by.facts.in_progress.get(asked.key, NONE)


def _backfilling(asked: Asked) -> Slices:
    return asked.by.facts.backfilling.get(asked.key, NONE) if isinstance(asked.key, AssetKey) else NONE


def _failed(asked: Asked) -> Slices:
    return asked.by.facts.failed.get(asked.key, NONE) if isinstance(asked.key, AssetKey) else NONE


def _initial(asked: Asked) -> Slices:
    """True until it was asked once of these partitions."""
    partitions = asked.by.slices.said(asked.key)
    before = asked.by.remembered(asked.node, asked.key)
    asked.by.remember(asked.node, asked.key, partitions)
    return asked.full if before != partitions else NONE


def _latest_window(asked: Asked) -> Slices:
    return asked.by.slices.latest_window(asked.key, *asked.leaf.arguments)


def _tick_passed(asked: Asked) -> Slices:
    """Whether there was a tick since the evaluation before: one at that very moment counts for both."""
    previous = asked.by.previous_time
    return asked.full if previous is not None and _latest_tick(asked) >= previous.timestamp() else NONE


def _latest_tick(asked: Asked) -> int:
    schedule, zone = asked.leaf.arguments
    return ticks_of(schedule, zone).before(int(asked.by.now.timestamp()) + 1)


def since_cron(condition: Since) -> bool:
    """Whether it asks what was updated since a tick, so that times can decide where both are new."""
    kinds = [getattr(part, "kind", None) for part in condition.children]
    return kinds == ["newly_updated", "cron_tick_passed"]


def updated_after_tick(asked: Asked) -> Slices:
    """The slices that were updated since the evaluation before, and after the tick that passed since."""
    if asked.by.first:
        return NONE
    since, tick = asked.by.cursor.seq, _latest_tick(asked) * 1_000_000
    latest: Mapping[str | None, Verdict] | Mapping[str | None, Update] = asked.by.latest(asked.key)
    if isinstance(asked.key, AssetCheckKey):
        latest = _verdicts(asked, asked.key)
    new = [each for each, update in latest.items() if update.seq > since and update.at >= tick]
    return asked.full & frozenset(new)


def _code_changed(asked: Asked) -> Slices:
    if not isinstance(asked.key, AssetKey):
        return NONE
    now = asked.by.facts.code_versions.get(asked.key, "")
    before = asked.by.remembered(asked.node, asked.key)
    asked.by.remember(asked.node, asked.key, now)
    return asked.full if before is not None and before != now else NONE


def _data_changed(asked: Asked) -> Slices:
    now = {each: update.data_version for each, update in asked.by.latest(asked.key).items()}
    before = asked.by.remembered(asked.node, asked.key)
    asked.by.remember(asked.node, asked.key, now)
    if before is None:
        return NONE
    return frozenset(each for each, version in now.items() if before.get(each) != version)


def _freshness(asked: Asked) -> Slices:
    (wanted,) = asked.leaf.arguments
    spec = asked.by.graph.spec(asked.key) if isinstance(asked.key, AssetKey) else None
    policy = spec.freshness_policy if spec is not None else None
    if policy is None:
        return NONE
    newest = max((update.at for update in asked.by.latest(asked.key).values()), default=None)
    made = None if newest is None else datetime.fromtimestamp(newest / 1_000_000, UTC)
    return asked.full if policy.state(made, asked.by.now) == wanted else NONE


def tagged(run: RunFacts, tag_keys: tuple[str, ...], tag_values: tuple[tuple[str, str], ...]) -> bool:
    """Whether a run has all these tags."""
    return all(name in run.tags for name in tag_keys) and all(
        run.tags.get(name) == value for name, value in tag_values
    )


def _executed_with_tags(asked: Asked) -> Slices:
    runs = asked.by.facts.runs
    return frozenset(
        each
        for each, update in asked.by.latest(asked.key).items()
        if update.run_id and tagged(runs.get(update.run_id, NO_RUN), *asked.leaf.arguments)
    )


def _executed_with_root(asked: Asked) -> Slices:
    runs, root = asked.by.facts.runs, asked.by.root
    return frozenset(
        each
        for each, update in asked.by.latest(asked.key).items()
        if root in runs.get(update.run_id, NO_RUN).assets
    )


def _new_updates(asked: Asked) -> dict[str | None, list[bool]]:
    """Slice → of each update since the evaluation before, whether its run has the tags."""
    found: dict[str | None, list[bool]] = {}
    if not asked.by.first:
        for update in asked.by.facts.updates:
            if update.asset == asked.key:
                run = asked.by.facts.runs.get(update.run_id, NO_RUN)
                found.setdefault(update.partition, []).append(tagged(run, *asked.leaf.arguments))
    return found


def _any_update_tagged(asked: Asked) -> Slices:
    return frozenset(each for each, said in _new_updates(asked).items() if any(said))


def _all_updates_tagged(asked: Asked) -> Slices:
    return frozenset(each for each, said in _new_updates(asked).items() if all(said))


QUESTIONS: dict[str, Callable[[Asked], Slices]] = {
    "all_new_updates_have_run_tags": _all_updates_tagged,
    "any_new_update_has_run_tags": _any_update_tagged,
    "backfill_in_progress": _backfilling,
    "check": _check,
    "code_version_changed": _code_changed,
    "cron_tick_passed": _tick_passed,
    "data_version_changed": _data_changed,
    "executed_with_root_target": _executed_with_root,
    "executed_with_tags": _executed_with_tags,
    "execution_failed": _failed,
    "freshness": _freshness,
    "in_latest_time_window": _latest_window,
    "initial_evaluation": _initial,
    "missing": _missing,
    "newly_requested": _newly_requested,
    "newly_updated": _newly_updated,
    "run_in_progress": _in_progress,
    "will_be_requested": _will_be_requested,
}
