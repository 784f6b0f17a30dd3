"""Policies of rules. What a rule that materializes found waits until it is requested, made, or let go.

    found now, and waiting ──without what was made, and what a rule skips──▶ the newest are requested, others let go

Unlike in `since`, what is found now counts even where the asset was requested just before: its parent is newer again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from tidemill.automation.facts import NONE, WHOLE, RunFacts, Slices
from tidemill.automation.questions import NO_RUN, Evaluating, tagged
from tidemill.core.keys import AssetKey
from tidemill.definitions.calendar.ticks import ticks_of
from tidemill.definitions.conditions.auto_materialize import AutoMaterializePolicy, AutoMaterializeRule
from tidemill.definitions.partitions.partitions import World


class RuleBook:
    """What rules say in one evaluation."""

    def __init__(self, by: Evaluating) -> None:
        self.by = by
        self._outdated: dict[AssetKey, Slices] = {}

    def true(self, policy: AutoMaterializePolicy, node: str, key: AssetKey) -> Slices:
        """The slices of an asset that its policy requests."""
        waiting = {rule: self.waiting(rule, node, key) for rule in sorted(policy.materialize_rules, key=str)}
        candidates = NONE
        for slices in waiting.values():
            candidates |= slices
        for rule in policy.skip_rules:
            if candidates:
                candidates -= SKIPS[rule.kind](self, rule, key)
        ordered = self.by.slices.newest_first(key, candidates)
        taken = frozenset(ordered[: policy.max_materializations_per_minute])
        for rule, slices in waiting.items():
            self.by.remember(f"{node} {rule}", key, slices - candidates)
        return taken

    def waiting(self, rule: AutoMaterializeRule, node: str, key: AssetKey) -> Slices:
        """What a rule found now or before, and was not made since."""
        before: Slices = self.by.remembered(f"{node} {rule}", key) or NONE
        if rule.kind == "materialize_on_required_for_freshness":
            return WHOLE if key in self.by.lagging() else NONE
        found = FINDS[rule.kind](self, rule, key)
        return ((before - self.updated(key)) | found) & self.by.slices.full(key)

    # What is found

    def updated(self, key: AssetKey) -> Slices:
        """Slices that were made since the evaluation before."""
        if self.by.first:
            return NONE
        return frozenset(
            each for each, update in self.by.latest(key).items() if update.seq > self.by.cursor.seq
        )

    def missing(self, rule: AutoMaterializeRule, key: AssetKey) -> Slices:
        """Slices that came to be missing."""
        now: Slices = self.by.slices.full(key) - self.by.made(key)
        before = self.by.remembered(f"missing {rule.kind}", key) or NONE
        self.by.remember(f"missing {rule.kind}", key, now)
        return now - before

    def parent_updated(self, rule: AutoMaterializeRule, key: AssetKey) -> Slices:
        """Slices with a parent that was updated after them, or will be."""
        wanted = rule.updated_parent_filter.latest_run_required_tags if rule.updated_parent_filter else None
        found = NONE
        for parent in self.by.slices.parents(key):
            latest = self.by.latest(parent)
            since = -1 if self.by.first else self.by.cursor.seq
            new = {
                each: update
                for each, update in latest.items()
                if update.seq > since
                and (not wanted or tagged(self.run(update.run_id), (), tuple(wanted.items())))
            }
            found |= self.newer(key, parent, frozenset(new))
            found |= self.by.slices.below(key, parent, self.by.will_be_requested(parent))
        return found

    def run(self, run_id: str) -> RunFacts:
        """What is known of a run."""
        return self.by.facts.runs.get(run_id, NO_RUN)

    def newer(self, key: AssetKey, parent: AssetKey, some: Slices) -> Slices:
        """Slices that are missing, or older than one of these of a parent that they are made from."""
        if not some:
            return NONE
        own, latest = self.by.latest(key), self.by.latest(parent)
        return frozenset(
            each
            for each, sources in self.by.slices.pairs(key, parent).items()
            if any(
                source in some and (each not in own or latest[source].seq > own[each].seq)
                for source in sources or (None,)
                if source in latest
            )
        )

    def cron(self, rule: AutoMaterializeRule, key: AssetKey) -> Slices:
        """Slices for which a tick passed."""
        tick = self.latest_tick(rule)
        previous = self.by.previous_time
        if previous is not None and tick < previous.timestamp():
            return NONE
        world = World(datetime.fromtimestamp(tick, UTC), self.by.facts.world.dynamic)
        found: Slices = self.by.slices.full(key) if rule.strict else self.by.slices.at_tick(key, world)
        if previous is None:
            made = self.by.latest(key)
            found = frozenset(each for each in found if each not in made or made[each].at < tick * 1_000_000)
        return found

    def latest_tick(self, rule: AutoMaterializeRule) -> int:
        """The newest tick of the schedule of a rule, in UTC seconds."""
        return ticks_of(str(rule.cron_schedule), rule.timezone).before(int(self.by.now.timestamp()) + 1)

    # What is skipped

    def parent_missing(self, rule: AutoMaterializeRule, key: AssetKey) -> Slices:
        """Slices that would be made from something that is missing."""
        del rule
        found = NONE
        for parent in self.by.slices.parents(key):
            lacking = self.by.slices.full(parent) - self.by.made(parent)
            found |= self.by.slices.below(key, parent, lacking - self.by.will_be_requested(parent))
        return found

    def parent_outdated(self, rule: AutoMaterializeRule, key: AssetKey) -> Slices:
        """Slices with a parent that is older than what it is made from."""
        del rule
        found = NONE
        for parent in self.by.slices.parents(key):
            outdated = self.outdated(parent) - self.by.will_be_requested(parent)
            found |= self.by.slices.below(key, parent, outdated)
        return found

    def outdated(self, key: AssetKey) -> Slices:
        """Slices that are older than something that they are made from, however far up."""
        known = self._outdated.get(key)
        if known is None:
            self._outdated[key] = known = NONE
            for parent in self.by.slices.parents(key):
                known |= self.newer(key, parent, self.by.made(parent)) & self.by.made(key)
                known |= self.by.slices.below(key, parent, self.outdated(parent))
            self._outdated[key] = known
        return known

    def not_all_updated(self, rule: AutoMaterializeRule, key: AssetKey) -> Slices:
        """Slices with a parent that was not updated since they were made."""
        full: Slices = self.by.slices.full(key)
        own = self.by.latest(key)
        updated = full
        for parent in self.by.slices.parents(key):
            latest, coming = self.by.latest(parent), self.by.will_be_requested(parent)
            enough = all if rule.strict else any
            updated &= frozenset(
                each
                for each, sources in self.by.slices.pairs(key, parent).items()
                if enough(
                    source in coming
                    or (source in latest and (each not in own or latest[source].seq > own[each].seq))
                    for source in sources or (None,)
                )
            )
        return full - updated

    def not_all_updated_since_cron(self, rule: AutoMaterializeRule, key: AssetKey) -> Slices:
        """Slices with a parent that was not updated since the latest tick."""
        full: Slices = self.by.slices.full(key)
        tick = self.latest_tick(rule) * 1_000_000
        updated = full
        for parent in self.by.slices.parents(key):
            latest = self.by.latest(parent).items()
            some = frozenset(each for each, update in latest if update.at >= tick)
            updated &= self.by.slices.below(key, parent, some | self.by.will_be_requested(parent))
        return full - updated

    def nonexistent(self, rule: AutoMaterializeRule, key: AssetKey) -> Slices:
        """Slices that would be made from partitions that do not exist."""
        del rule
        found: Slices = self.by.slices.lacking(key)
        return found

    def backfilling(self, rule: AutoMaterializeRule, key: AssetKey) -> Slices:
        """Slices that a backfill is about to make."""
        found: Slices = self.by.facts.backfilling.get(key, NONE)
        full: Slices = self.by.slices.full(key)
        return full if rule.strict and found else found

    def running(self, rule: AutoMaterializeRule, key: AssetKey) -> Slices:
        """Slices that a run is about to make."""
        del rule
        found: Slices = self.by.facts.in_progress.get(key, NONE)
        return found


Rule = Callable[[RuleBook, AutoMaterializeRule, AssetKey], Slices]
FINDS: dict[str, Rule] = {
    "materialize_on_cron": RuleBook.cron,
    "materialize_on_missing": RuleBook.missing,
    "materialize_on_parent_updated": RuleBook.parent_updated,
}
SKIPS: dict[str, Rule] = {
    "skip_on_backfill_in_progress": RuleBook.backfilling,
    "skip_on_not_all_parents_updated": RuleBook.not_all_updated,
    "skip_on_not_all_parents_updated_since_cron": RuleBook.not_all_updated_since_cron,
    "skip_on_parent_missing": RuleBook.parent_missing,
    "skip_on_parent_outdated": RuleBook.parent_outdated,
    "skip_on_required_but_nonexistent_parents": RuleBook.nonexistent,
    "skip_on_run_in_progress": RuleBook.running,
}
