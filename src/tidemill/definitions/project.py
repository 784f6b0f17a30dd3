"""A project: all that was defined together, checked as a whole, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tidemill.core.keys import AssetKey
from tidemill.definitions.specs import AssetSpec
from tidemill.definitions.unit import ComputeUnit
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
