"""`Definitions`: what a user declares to be together. Lazy: nothing is checked before somebody asks.

A module without a `Definitions` object is the sum of what it defines; one with two is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tidemill.core.errors import InvalidDefinitionError, InvariantViolationError
from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.core.metadata import coerced_metadata
from tidemill.core.suggest import did_you_mean
from tidemill.definitions.assembly import assemble as assemble, build_project as build_project
from tidemill.definitions.assets.assets import AssetChecksDefinition, AssetsDefinition
from tidemill.definitions.executors import valid_executor
from tidemill.definitions.graphs.op_jobs import OpJob
from tidemill.definitions.loading import defined_in
from tidemill.definitions.project import Project
from tidemill.definitions.triggers.functions import Trigger
from tidemill.definitions.triggers.jobs import IMPLICIT_JOB, AssetJob, implicit_job
from tidemill.definitions.values import NOTHING_SAID

if TYPE_CHECKING:
    from tidemill.definitions.triggers.schedules import ScheduleDefinition
    from tidemill.definitions.triggers.sensors import SensorDefinition


class Definitions:
    """Assets, checks, jobs and resources that belong together.

    Args:
        assets: Assets, source assets and specs; lists of them too.
        schedules, sensors: What starts jobs by itself; the jobs that they name come with them.
        loggers: Key → what `@logger` gave; run config names those that a run uses.
        executor: Where the steps of runs are made; processes by default.
        jobs: Jobs.
        resources: Key → resource: a `ConfigurableResource`, an I/O manager, or any object.
        asset_checks: Checks.
        metadata: Facts about the whole.

    Raises:
        InvalidDefinitionError: An argument that this version does not have. All else is found on use.

    Example:
        >>> Definitions(resources={"limit": 3}).project().resources
        {'limit': 3}
    """

    def __init__(
        self,
        assets: Iterable[Any] | None = None,
        schedules: Iterable[Any] | None = None,
        sensors: Iterable[Any] | None = None,
        jobs: Iterable[AssetJob] | None = None,
        resources: Mapping[str, Any] | None = None,
        executor: Any = None,
        loggers: Mapping[str, Any] | None = None,
        asset_checks: Iterable[Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.executor = valid_executor(executor)
        self.assets = list(assets or ())
        self.jobs = list(jobs or ())
        self.schedules = list(schedules or ())
        self.sensors = list(sensors or ())
        self.resources = dict(resources or NOTHING_SAID)
        self.asset_checks = list(asset_checks or ())
        self.metadata = coerced_metadata(metadata)
        self.loggers: dict[str, Any] = {}
        if loggers:
            from tidemill.definitions.resources.loggers import (  # noqa: PLC0415  (few have any)
                valid_loggers,
            )

            self.loggers = valid_loggers(loggers)
        self._project: Project | None = None

    def arguments(self) -> dict[str, Any]:
        """What the constructor was given, by name."""
        names = self.__init__.__code__.co_varnames[1 : self.__init__.__code__.co_argcount]  # type: ignore[misc]
        return {name: getattr(self, name) for name in names if hasattr(self, name)}

    def project(self) -> Project:
        """The normal form, made once.

        Raises:
            InvalidDefinitionError: Something is defined twice, or is no definition.
        """
        if self._project is None:
            self._project = build_project(
                self.assets,
                self.asset_checks,
                self.resources,
                self.jobs,
                self.executor,
                [*self.schedules, *self.sensors],
            )._replace(loggers=self.loggers)
        return self._project

    def declared_job(self, name: str) -> AssetJob | OpJob:
        """The job of that name.

        Raises:
            InvariantViolationError: There is none.
        """
        if name == IMPLICIT_JOB:
            return implicit_job()
        jobs = self.project().jobs
        if name not in jobs:
            raise InvariantViolationError(
                f"Could not find job {name!r}",
                subject=name,
                found=name,
                expected=", ".join(jobs) or f"no job but {IMPLICIT_JOB}",
                next_step=did_you_mean(name, jobs),
            )
        return jobs[name]  # type: ignore[no-any-return]  # a project does not look into its jobs

    def get_assets_def(self, key: CoercibleToAssetKey) -> AssetsDefinition:
        """The definition that makes an asset.

        Raises:
            InvariantViolationError: None does.
        """
        wanted = AssetKey.from_coercible(key)
        producers = self.project().producers
        if wanted not in producers:
            name, known = wanted.to_user_string(), [key.to_user_string() for key in producers]
            raise InvariantViolationError(
                f"Could not find asset {wanted!r}: no definition makes it",
                subject=name,
                found=name,
                expected=", ".join(known) or "no assets",
                next_step=did_you_mean(name, known),
            )
        return AssetsDefinition(self.project().units[producers[wanted]])

    resolve_assets_def = get_assets_def

    def get_schedule_def(self, name: str) -> ScheduleDefinition:
        """The schedule of that name.

        Raises:
            InvariantViolationError: There is none.
        """
        return _named("schedule", name, self.project().schedules)  # type: ignore[no-any-return]

    def get_sensor_def(self, name: str) -> SensorDefinition:
        """The sensor of that name.

        Raises:
            InvariantViolationError: There is none.
        """
        return _named("sensor", name, self.project().sensors)  # type: ignore[no-any-return]

    resolve_schedule_def = get_schedule_def
    resolve_sensor_def = get_sensor_def

    @classmethod
    def merge(cls, *def_sets: Definitions) -> Definitions:
        """One object of several.

        Raises:
            InvariantViolationError: They have different executors, or name different resources or loggers by one key.
        """
        executor = _merged("executor", [{"": d.executor} for d in def_sets if d.executor is not None])
        return cls(
            assets=[item for d in def_sets for item in d.assets],
            schedules=[schedule for d in def_sets for schedule in d.schedules],
            sensors=[sensor for d in def_sets for sensor in d.sensors],
            jobs=[job for d in def_sets for job in d.jobs],
            resources=_merged("resource", [d.resources for d in def_sets]),
            executor=executor.get(""),
            loggers=_merged("logger", [d.loggers for d in def_sets]),
            asset_checks=[check for d in def_sets for check in d.asset_checks],
            metadata={name: value for d in def_sets for name, value in d.metadata.items()},
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.assets)} assets, {len(self.jobs)} jobs)"


def _merged(kind: str, parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Objects by name of all parts, where no name is that of two."""
    merged: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            if merged.setdefault(key, value) is not value:
                what = f"{kind} {key!r}" if key else kind
                raise InvariantViolationError(
                    f"Definitions that are merged have different objects as {what}",
                    subject=key or kind,
                    found=f"{merged[key]!r} and {value!r}",
                    expected=f"the same {kind} in all of them, or in one of them alone",
                )
    return merged


def _named(kind: str, name: str, known: Mapping[str, Any]) -> Any:
    if name not in known:
        raise InvariantViolationError(
            f"Could not find {kind} {name!r}. Found: {', '.join(map(repr, known)) or 'none'}",
            subject=name,
            found=name,
            expected=", ".join(known) or f"no {kind}, as none is defined",
            next_step=did_you_mean(name, known),
        )
    return known[name]


def definitions_of_module(module: ModuleType) -> Definitions:
    """What a module defines: its one `Definitions` object, or the sum of all that stands at module level."""
    names = vars(module)
    found: dict[int, tuple[str, Definitions]] = {}
    for name, value in names.items():
        if isinstance(value, Definitions):
            found.setdefault(id(value), (name, value))
    if len(found) > 1:
        lines = _lines_of(module)
        where = [f"{name} (line {lines[name]})" if name in lines else name for name, _ in found.values()]
        raise InvalidDefinitionError(
            f"{module.__name__} has several Definitions objects: {' and '.join(where)}",
            subject=module.__name__,
            found=" and ".join(where),
            expected="one Definitions object at module level, or none",
            next_step="join them with Definitions.merge(...), and keep only the result at module level",
        )
    if found:
        return next(iter(found.values()))[1]
    jobs = [
        value
        for value in names.values()
        if isinstance(getattr(value, "declared", value), (AssetJob, OpJob)) and not isinstance(value, type)
    ]
    triggers = [value for value in names.values() if isinstance(value, Trigger)]
    return Definitions(
        defined_in([names]),
        [trigger for trigger in triggers if trigger.kind == "schedule"],
        [trigger for trigger in triggers if trigger.kind == "sensor"],
        jobs,
        asset_checks=defined_in([names], AssetChecksDefinition),
    )


def _lines_of(module: ModuleType) -> Mapping[str, int]:
    """Module-level name → line where it is set, as far as there is a source to read."""
    import ast  # noqa: PLC0415  (the error path only)
    from pathlib import Path  # noqa: PLC0415

    try:
        tree = ast.parse(Path(module.__file__ or "").read_bytes())
    except (OSError, SyntaxError, AttributeError):
        return NOTHING_SAID
    return {
        node.id: node.lineno
        for statement in tree.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
