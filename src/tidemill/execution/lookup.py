"""Whether the store already has what a step would make: asked when all its inputs are known, not before.

inputs' contents + facts ──version_key──▶ the latest version has it: up to date
                                          an older one has it: recorded again, naming that one
                                          another run is making it: wait for that run
                                          none has it: the step must run
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from enum import Enum

from tidemill.core.clock import Clock, IdSource
from tidemill.core.events import Materialized, StepReused
from tidemill.core.keys import AssetKey
from tidemill.core.records import Version, VersionRef
from tidemill.definitions.partitions.partitions import NOWHERE, World
from tidemill.definitions.project import Project
from tidemill.definitions.units.unit import UnitOutput
from tidemill.execution.rivals import Rivals
from tidemill.execution.verdicts import verdict_stands
from tidemill.home import Home
from tidemill.planning.facts import CheckFacts, UnitFacts
from tidemill.planning.freshness import still_holds
from tidemill.planning.narrowing import narrowed
from tidemill.planning.plan import PlanStep, Slice
from tidemill.planning.signals import Found, Missing, Pending
from tidemill.planning.versions import Ingredients, input_facts, version_key
from tidemill.work.orders import OrderInput, Sources, slices_of

UP_TO_DATE = "up to date"
GAVE_NOTHING = "it gave nothing for the same before"
LOOK_AGAIN = 0.3
"""Seconds between two looks at what another run makes."""


class Lookup:
    """Looks for the steps of one refresh.

    Args:
        project: The definitions.
        facts: Of each unit.
        home: The store.
        run_id: The run, for versions that are recorded again.
        forced: Assets that were named themselves: those that are not deterministic run.
        world: What partitions depend on.
    """

    def __init__(
        self,
        project: Project,
        facts: Mapping[str, UnitFacts],
        home: Home,
        run_id: str,
        forced: Collection[AssetKey] = (),
        world: World = NOWHERE,
    ) -> None:
        self._project = project
        self._facts = facts
        self._home = home
        self._clock: Clock = home.clock
        self._ids: IdSource = home.ids
        self._run_id = run_id
        self._forced = frozenset(forced)
        self._withheld = home.store.withheld()
        self._world = world
        self._rivals = Rivals(home, run_id, project, world)

    def look(
        self, step: PlanStep, inputs: Sequence[OrderInput], latest: MutableMapping[Slice, Version]
    ) -> Found | Missing | Pending:
        """What the store has for a step, given its inputs.

        `latest` has the latest version of each slice; where another run was quicker, it is corrected.
        """
        now = self._clock.now()
        unit, facts = self._project.units[step.name], self._facts[step.name]
        outputs = [output for output in unit.outputs if output.name in step.outputs]
        if not outputs:
            return self._look_for_checks(step, latest, now)
        if step.kind == "observation":
            return Missing(now, step.name)
        if not facts.deterministic and not self._forced.isdisjoint(output.asset for output in outputs):
            return Missing(now, step.name)
        given: dict[str, None] = {}
        again: list[Version] = []
        numbers: list[int] = []
        lacking: list[str | None] = []
        made_from, slices = Sources(inputs), slices_of(step.key)
        for partition in slices:
            sources = made_from.of(partition)
            found = {}
            for output in outputs:
                found[output.name] = self._find(output, partition, facts, sources, latest)
                if found[output.name] is None:
                    lacking.append(partition)
                    break
            else:
                given.update(dict.fromkeys(name for name, one in found.items() if one is not WITHHELD))
                versions = [one for one in found.values() if isinstance(one, Version)]
                numbers += [one.number for one in versions]
                again += [self._again(one, step, sources, now) for one in versions]
            if lacking and (len(slices) == 1 or step.is_gate):
                break
        events = tuple([Materialized(now, step.name, 0, version) for version in again])
        if not lacking:
            reason = f"as version {numbers[0]}" if numbers else UP_TO_DATE if given else GAVE_NOTHING
            return Found(now, step.name, (*events, StepReused(now, step.name, reason)), tuple(given))
        fewer = tuple([key for key in lacking if key is not None])
        if len(fewer) == len(slices) or not fewer or step.is_gate:
            fewer = ()
        rival = self._rivals.making(narrowed(self._project, step, fewer, self._world) if fewer else step)
        if rival is not None:
            return Pending(now, step.name, LOOK_AGAIN, rival)
        return Missing(now, step.name, fewer, events if fewer else ())

    def narrowed(self, step: PlanStep, keys: tuple[str, ...]) -> PlanStep:
        """A step for some of its partitions."""
        return narrowed(self._project, step, keys, self._world)

    def _find(
        self,
        output: UnitOutput,
        partition: str | None,
        facts: UnitFacts,
        sources: tuple[VersionRef, ...],
        latest: MutableMapping[Slice, Version],
    ) -> Version | Answer | None:
        """An older version that stands for what would be made, or that it is not needed; None where there is none."""
        name = output.asset, partition
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
        newest = latest.get(name)
        if newest is not None and newest.version_key == key:
            return CURRENT
        older = self._home.store.versions_by_key([(*name, key)]).get((*name, key))
        if older is not None:
            now_newest = self._home.latest(*name)
            if now_newest is not None and now_newest.id == older.id:
                latest[name] = older
                return CURRENT
            if facts.deterministic and may_stand_again(older) and (held := self._held(older)) is not None:
                return held
        none_for = self._withheld.get((output.asset.text, partition), {})
        if key in none_for and still_holds(none_for[key], newest.id if newest is not None else None):
            return WITHHELD
        return None

    def _held(self, older: Version) -> Version | None:
        """The version, if its value is still there; retention that lets go of it just now must not take its file."""
        if older.artifact is None:
            return older
        held = self._home.artifacts.hold(older.artifact)
        return older._replace(artifact=held) if held is not None else None

    def _again(self, older: Version, step: PlanStep, sources: tuple[VersionRef, ...], now: int) -> Version:
        return older._replace(
            id=self._ids.new(),
            made_at=now,
            inputs=sources,
            reused_from=older.id,
            number=0,
            run_id=self._run_id,
            step=step.name,
        )

    def _look_for_checks(self, step: PlanStep, latest: Mapping[Slice, Version], now: int) -> Found | Missing:
        """Whether the verdicts of a step that makes nothing but them still stand."""
        asked = [check for check in self._project.units[step.name].checks if check.name in step.checks]
        for check, partition in [(check, partition) for check in asked for partition in slices_of(step.key)]:
            version = latest.get((check.asset_key, partition)) or self._home.latest(
                check.asset_key, partition
            )
            if not verdict_stands(
                self._home.store,
                self._facts[step.name],
                CheckFacts(check.asset_key.text, check.name, check.blocking),
                partition,
                version and version.id,
            ):
                return Missing(now, step.name)
        return Found(now, step.name, (StepReused(now, step.name, UP_TO_DATE),))


class Answer(Enum):
    """What needs no version: the latest is right, or there is none to be had."""

    CURRENT = "current"
    WITHHELD = "withheld"


CURRENT, WITHHELD = Answer.CURRENT, Answer.WITHHELD


def may_stand_again(version: Version) -> bool:
    """Whether a version may be recorded again as the newest.

    Not one whose value Tidemill does not keep: an I/O manager, or the function itself, has written over it. Not one
    that was compared with its predecessor, which today is another.
    """
    return version.artifact is not None and version.previous is None
