"""A project: all that was defined together, checked as a whole, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tidemill.core.keys import AssetKey
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.definitions.values import NOTHING_SAID


class Project(NamedTuple):
    """Definitions in their normal form: what crosses the door to planning and execution.

    Attributes:
        units: By name, in the order of definition.
        producers: Asset → name of the unit that makes it.
        sources: Assets that nothing here makes but whose values can be loaded (source assets, specs).
        resources: Key → resource (a definition, a configurable resource, or a plain object).
        jobs: By name.
        executor: Where steps are made, where the definitions say so.
        loggers: Key → definition of a logger that run config may name.
        schedules, sensors: By name.
        parts: Units that graphs are made of, by name.
    """

    units: Mapping[str, ComputeUnit]
    producers: Mapping[AssetKey, str]
    sources: Mapping[AssetKey, AssetSpec]
    resources: Mapping[str, Any]
    jobs: Mapping[str, Any]
    executor: Any = None
    loggers: Mapping[str, Any] = {}
    schedules: Mapping[str, Any] = NOTHING_SAID
    sensors: Mapping[str, Any] = NOTHING_SAID
    parts: Mapping[str, ComputeUnit] = {}

    def unit(self, name: str) -> ComputeUnit:
        """The unit behind a step."""
        found = self.units.get(name)
        return found if found is not None else self.parts[name]

    def units_of(self, unit: ComputeUnit) -> tuple[ComputeUnit, ...]:
        """The units that run for one: its parts, or itself."""
        return unit.parts or (unit,)

    @property
    def step_names(self) -> list[str]:
        """Names of all units that could be steps, those of jobs of ops included."""
        of_jobs = [self.of_job(name) for name in self.jobs]
        return list(
            dict.fromkeys([*self.units, *self.parts, *[part for job in of_jobs for part in job.parts]])
        )

    def of_job(self, name: str) -> Project:
        """What the runs of a job are made of: the same, but for a job of ops."""
        lowered = getattr(self.jobs.get(name), "lowered", None)
        return self if lowered is None else lowered(self)
