"""Whether the store already has what a step would make: asked when all its inputs are known, not before.

inputs' contents + facts ──version_key──▶ the latest version has it: up to date
                                          an older one has it: recorded again, naming that one
                                          none has it: the step must run
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tidemill.core.clock import Clock, IdSource
from tidemill.core.events import Event, Materialized, StepReused
from tidemill.core.keys import AssetKey
from tidemill.core.records import Version
from tidemill.definitions.project import Project
from tidemill.definitions.unit import UnitOutput
from tidemill.home import Home
from tidemill.planning.facts import UnitFacts
from tidemill.planning.machine import Found, Missing
from tidemill.planning.plan import PlanStep, Slice
from tidemill.planning.versions import Ingredients, input_facts, version_key
from tidemill.work.orders import OrderInput

UP_TO_DATE = "up to date"


class Lookup:
    """Looks for the steps of one refresh.

    Args:
        project: The definitions.
        facts: Of each unit.
        home: The store.
        run_id: The run, for versions that are recorded again.
        forced: Assets that were named themselves: those that are not deterministic run.
    """

    def __init__(
        self,
        project: Project,
        facts: Mapping[str, UnitFacts],
        home: Home,
        run_id: str,
        forced: Collection[AssetKey] = (),
    ) -> None:
        self._project = project
        self._facts = facts
        self._home = home
        self._clock: Clock = home.clock
        self._ids: IdSource = home.ids
        self._run_id = run_id
        self._forced = frozenset(forced)

    def look(
        self, step: PlanStep, inputs: Sequence[OrderInput], latest: Mapping[Slice, Version]
    ) -> Found | Missing:
        """What the store has for a step, given its inputs and the latest version of each slice."""
        now = self._clock.now()
        unit, facts = self._project.units[step.name], self._facts[step.name]
        partition = step.key.partitions.single if step.key.partitions is not None else None
        outputs = [output for output in unit.outputs if output.name in step.outputs]
        if not outputs:
            return self._look_for_checks(step, partition, latest, now)
        if not facts.deterministic and not self._forced.isdisjoint(output.asset for output in outputs):
            return Missing(now, step.name)
        sources = tuple([v.ref for order_input in inputs for _, v in order_input.versions if v is not None])
        events: list[Event] = []
        numbers: list[int] = []
        for output in outputs:
            key = version_key(
                Ingredients(
                    output.spec.code_version or facts.fingerprint,
                    facts.config,
                    partition,
                    input_facts(sources),
                    facts.libraries,
                    facts.seed,
                )
            )
            found = latest.get((output.asset, partition))
            if found is not None and found.version_key == key:
                continue
            older = self._older(output, partition, key) if facts.deterministic else None
            if older is None:
                return Missing(now, step.name)
            again = older._replace(
                id=self._ids.new(),
                made_at=now,
                inputs=sources,
                reused_from=older.id,
                number=0,
                run_id=self._run_id,
                step=step.name,
            )
            events.append(Materialized(now, step.name, 0, again))
            numbers.append(older.number)
        reason = f"as version {numbers[0]}" if numbers else UP_TO_DATE
        names = tuple(output.name for output in outputs)
        return Found(now, step.name, (*events, StepReused(now, step.name, reason)), names)

    def _older(self, output: UnitOutput, partition: str | None, key: str) -> Version | None:
        """A version with that key whose value can still be loaded; what an I/O manager overwrote cannot."""
        wanted = output.asset, partition, key
        older = self._home.store.versions_by_key([wanted]).get(wanted)
        return older if older is not None and older.artifact is not None else None

    def _look_for_checks(
        self, step: PlanStep, partition: str | None, latest: Mapping[Slice, Version], now: int
    ) -> Found | Missing:
        """A verdict stands while it is about the latest version, unless it holds others up."""
        for check in self._project.units[step.name].checks:
            if check.name not in step.checks:
                continue
            version = latest.get((check.asset_key, partition)) or self._home.latest(
                check.asset_key, partition
            )
            given = self._home.store.checks(asset=check.asset_key, name=check.name, limit=1)
            if version is None or not given or given[0].check.version_id != version.id:
                return Missing(now, step.name)
            if check.blocking and not given[0].check.passed:
                return Missing(now, step.name)
        return Found(now, step.name, (StepReused(now, step.name, UP_TO_DATE),))
