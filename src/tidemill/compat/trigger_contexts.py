"""What the functions of schedules and sensors are given: when it is, how far they came, the store and resources.

The same classes serve tests (`build_schedule_context`, in `sensor_ticks` `build_sensor_context`) and what fires
schedules and sensors. Resources are set up when they are first asked for, and torn down with the context.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from tidemill.compat.instance import DagsterInstance
from tidemill.core.errors import InvalidInvocationError, InvariantViolationError, UnsupportedNameError
from tidemill.definitions.definitions import Definitions
from tidemill.definitions.resources.resource_set import Resources
from tidemill.definitions.triggers.functions import Targets
from tidemill.definitions.triggers.jobs import IMPLICIT_JOB, implicit_job
from tidemill.definitions.triggers.requests import DynamicPartitionsRequest, RunRequest
from tidemill.planning.graph import AssetGraph

if TYPE_CHECKING:
    import logging


class TriggerContext:
    """What all contexts of schedules and sensors have; as a context manager it tears its resources down."""

    __tidemill_context__: ClassVar[bool] = True

    def __init__(
        self,
        instance: DagsterInstance | None,
        resources: Mapping[str, Any] | None = None,
        definitions: Definitions | None = None,
    ) -> None:
        self._instance = instance
        self._given = dict(resources or {})
        self._definitions = definitions
        self._stack = ExitStack()
        self._resources: Resources | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Tear the resources down."""
        self._resources = None
        self._stack.close()

    @property
    def instance(self) -> DagsterInstance:
        """The store.

        Raises:
            InvariantViolationError: The context has none.
        """
        if self._instance is None:
            raise InvariantViolationError(
                "This context has no instance",
                subject="instance",
                expected="a context with a store",
                next_step="build it with instance=DagsterInstance.ephemeral(), or instance_for_test()",
            )
        return self._instance

    @property
    def log(self) -> logging.Logger:
        """A logger."""
        import logging  # noqa: PLC0415  (10 ms that few functions need)

        return logging.getLogger("tidemill")

    @property
    def resources(self) -> Resources:
        """Resources by name: those given, else those of the definitions."""
        if self._resources is None:
            known = self.given_resources
            values: Mapping[str, Any] = {}
            if known:
                from tidemill.definitions.resource_testing import (  # noqa: PLC0415  (loads pydantic)
                    build_resources,
                )

                values = vars(self._stack.enter_context(build_resources(known, self._instance)))
            self._resources = Resources(values)
        return self._resources

    @property
    def given_resources(self) -> Mapping[str, Any]:
        """What resources are set up from."""
        return {**(self._definitions.resources if self._definitions is not None else {}), **self._given}

    def merge_resources(self, resources_dict: Mapping[str, Any]) -> Self:
        """The context, with more resources.

        Raises:
            InvariantViolationError: Its resources are set up already.
        """
        if self._resources is not None:
            raise InvariantViolationError(
                "Resources cannot be added to a context whose resources are set up",
                subject=", ".join(resources_dict),
                expected="a new context, or one whose resources nobody has asked for",
                next_step="give them to build_sensor_context(resources=…)",
            )
        self._given.update(resources_dict)
        return self

    @property
    def definitions(self) -> Definitions:
        """The definitions that the schedule or sensor is of.

        Raises:
            InvariantViolationError: The context has none.
        """
        if self._definitions is None:
            raise InvariantViolationError(
                "This context knows no definitions",
                subject="definitions",
                expected="the Definitions that hold the assets",
                next_step="build it with definitions=Definitions(…)",
            )
        return self._definitions

    @property
    def repository_def(self) -> Definitions | None:
        """The definitions, or None."""
        return self._definitions

    @property
    def latest_time(self) -> datetime:
        """The time that decides which partitions there are."""
        return datetime.now(UTC)

    def resolved_partitions(
        self, runs: Sequence[RunRequest], targets: Targets, changes: Sequence[DynamicPartitionsRequest] = ()
    ) -> list[RunRequest]:
        """Requests for partitions with the config and the tags that their jobs have for them.

        Args:
            runs: All requests.
            targets: The jobs of the schedule or sensor.
            changes: What is to be added to dynamic partitions and removed before the runs start.

        Raises:
            UnknownPartitionError: There is no such partition.
            InvariantViolationError: The job has no partitions.
        """
        if all(run.partition_key is None or run.has_resolved_partition() for run in runs):
            return list(runs)
        from tidemill.planning.partitioned_jobs import Changed, resolved_requests  # noqa: PLC0415  (loads time windows)

        jobs = {job.name: job for job in targets.jobs}
        graph = None
        if self._definitions is not None:
            project = self._definitions.project()
            graph = AssetGraph.build(project)
            jobs |= {name: project.jobs[name] for name in targets.names if name in project.jobs}
            if not targets.all_names:
                jobs[IMPLICIT_JOB] = implicit_job()
        store = Changed(self._instance, changes) if self._instance is not None else None
        return resolved_requests(runs, jobs, graph, self.latest_time, store)


class ScheduleEvaluationContext(TriggerContext):
    """What the function of a schedule is given.

    Args:
        instance_ref: Not in Tidemill; None.
        scheduled_execution_time: The moment that the tick is for.
        log_key: Not in Tidemill; None.
        repository_name: Name of the project.
        schedule_name: Name of the schedule.
        resources: Key → resource.
        repository_def: The definitions.
        instance: The store.
    """

    def __init__(
        self,
        instance_ref: Any = None,
        scheduled_execution_time: datetime | None = None,
        log_key: Any = None,
        repository_name: str | None = None,
        schedule_name: str | None = None,
        resources: Mapping[str, Any] | None = None,
        repository_def: Definitions | None = None,
        *,
        instance: DagsterInstance | None = None,
    ) -> None:
        _refuse("ScheduleEvaluationContext", instance_ref=instance_ref, log_key=log_key)
        super().__init__(instance, resources, repository_def)
        self._time = scheduled_execution_time
        self.repository_name = repository_name
        self.schedule_name = schedule_name

    @property
    def scheduled_execution_time(self) -> datetime:
        """The moment that the tick is for.

        Raises:
            InvariantViolationError: The context has none.
        """
        if self._time is None:
            raise InvariantViolationError(
                "This context has no scheduled_execution_time",
                subject="scheduled_execution_time",
                expected="a moment",
                next_step="build it with scheduled_execution_time=datetime(…)",
            )
        return self._time

    @property
    def latest_time(self) -> datetime:
        """The moment that the tick is for, where it is later than now."""
        now, given = super().latest_time, self._time
        return now if given is None else max(now, given if given.tzinfo else given.replace(tzinfo=UTC))


class SensorEvaluationContext(TriggerContext):
    """What the function of a sensor is given.

    Args:
        instance_ref, log_key, code_location_origin: Not in Tidemill; None.
        last_tick_completion_time, last_completion_time: When it was evaluated before, in seconds since 1970.
        last_run_key: The key of the newest run that it started.
        cursor: How far it came.
        repository_name: Name of the project.
        repository_def, definitions: The definitions.
        instance: The store.
        sensor_name: Name of the sensor.
        resources: Key → resource.
        last_sensor_start_time: When it was switched on, in seconds since 1970.
    """

    def __init__(
        self,
        instance_ref: Any = None,
        last_tick_completion_time: float | None = None,
        last_run_key: str | None = None,
        cursor: str | None = None,
        log_key: Any = None,
        repository_name: str | None = None,
        repository_def: Definitions | None = None,
        instance: DagsterInstance | None = None,
        sensor_name: str | None = None,
        resources: Mapping[str, Any] | None = None,
        definitions: Definitions | None = None,
        last_sensor_start_time: float | None = None,
        code_location_origin: Any = None,
        last_completion_time: float | None = None,
    ) -> None:
        _refuse("SensorEvaluationContext", instance_ref=instance_ref, log_key=log_key)
        _refuse("SensorEvaluationContext", code_location_origin=code_location_origin)
        super().__init__(instance, resources, definitions if definitions is not None else repository_def)
        self.last_tick_completion_time = (
            last_tick_completion_time if last_completion_time is None else last_completion_time
        )
        self.last_run_key = last_run_key
        self.last_sensor_start_time = last_sensor_start_time
        self.repository_name = repository_name
        self.cursor_updated = False
        self._cursor = _text_cursor(cursor)
        self._name = sensor_name

    @property
    def cursor(self) -> str | None:
        """How far the sensor came: what it said last."""
        return self._cursor

    def update_cursor(self, cursor: str | None) -> None:
        """Say how far the sensor came."""
        self._cursor = _text_cursor(cursor)
        self.cursor_updated = True

    @property
    def last_completion_time(self) -> float | None:
        """When the sensor was evaluated before, in seconds since 1970."""
        return self.last_tick_completion_time

    @property
    def is_first_tick_since_sensor_start(self) -> bool:
        """Whether it was not evaluated since it was switched on."""
        started, before = self.last_sensor_start_time, self.last_tick_completion_time
        return started is not None and (before is None or before < started)

    @property
    def sensor_name(self) -> str:
        """Name of the sensor.

        Raises:
            InvariantViolationError: The context has none.
        """
        if self._name is None:
            raise InvariantViolationError(
                "This context has no sensor_name",
                subject="sensor_name",
                next_step="build it with sensor_name=…",
            )
        return self._name

    def sensor_name_or(self, default: str) -> str:
        """Name of the sensor, or the default."""
        return default if self._name is None else self._name


def _text_cursor(cursor: Any) -> str | None:
    if cursor is None or isinstance(cursor, str):
        return cursor
    raise InvalidInvocationError(
        "A cursor is a text",
        subject="cursor",
        found=repr(cursor),
        expected="a string",
        next_step="use str(…)",
    )


def _refuse(owner: str, **given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise UnsupportedNameError(
                f"{owner}({name}=) has no meaning here",
                subject=name,
                found=repr(value),
                expected="no such argument",
                next_step="give instance= and definitions=",
            )


def build_schedule_context(
    instance: DagsterInstance | None = None,
    scheduled_execution_time: datetime | None = None,
    resources: Mapping[str, Any] | None = None,
    repository_def: Definitions | None = None,
    instance_ref: Any = None,
) -> ScheduleEvaluationContext:
    """A context to call a schedule with, in a test.

    Args:
        instance: Behind `context.instance`.
        scheduled_execution_time: The moment that the tick is for.
        resources: Key → resource.
        repository_def: The definitions that the schedule is of.
        instance_ref: Not in Tidemill; None.

    Raises:
        InvalidInvocationError: The time is no datetime.

    Example:
        >>> from datetime import datetime
        >>> with build_schedule_context(scheduled_execution_time=datetime(2024, 5, 1, 9)) as context:
        ...     context.scheduled_execution_time.hour
        9
    """
    if scheduled_execution_time is not None and not isinstance(scheduled_execution_time, datetime):
        raise InvalidInvocationError(
            "scheduled_execution_time is no datetime",
            subject="scheduled_execution_time",
            found=repr(scheduled_execution_time),
            expected="a datetime",
        )
    return ScheduleEvaluationContext(
        instance_ref,
        scheduled_execution_time,
        resources=resources,
        repository_def=repository_def,
        instance=instance,
    )
