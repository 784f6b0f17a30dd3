"""Sensors of runs that failed or came to another status: their contexts, and `run_failure_sensor`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tidemill.compat.events import DagsterEvent, DagsterEventType, synthesise
from tidemill.compat.instance import DagsterInstance
from tidemill.compat.runs import DagsterRun, DagsterRunStatus
from tidemill.compat.trigger_contexts import SensorEvaluationContext, TriggerContext
from tidemill.core.errors import InvalidInvocationError
from tidemill.core.events import (
    CancelRequested,
    Event,
    RunCanceled,
    RunCreated,
    RunFailed,
    RunStarted,
    RunSucceeded,
)
from tidemill.core.tags import PARTITION_TAG
from tidemill.definitions.definitions import Definitions
from tidemill.definitions.triggers.functions import function_name
from tidemill.definitions.triggers.run_sensors import RunStatusSensorDefinition
from tidemill.definitions.triggers.sensors import DefaultSensorStatus
from tidemill.definitions.units.signatures import docstring

CHANGES: Mapping[DagsterRunStatus, type[Event]] = {
    DagsterRunStatus.QUEUED: RunCreated,
    DagsterRunStatus.NOT_STARTED: RunCreated,
    DagsterRunStatus.STARTING: RunCreated,
    DagsterRunStatus.STARTED: RunStarted,
    DagsterRunStatus.SUCCESS: RunSucceeded,
    DagsterRunStatus.FAILURE: RunFailed,
    DagsterRunStatus.CANCELING: CancelRequested,
    DagsterRunStatus.CANCELED: RunCanceled,
}
TOLD = {
    RunStarted: DagsterEventType.RUN_START,
    RunSucceeded: DagsterEventType.RUN_SUCCESS,
    RunFailed: DagsterEventType.RUN_FAILURE,
    RunCanceled: DagsterEventType.RUN_CANCELED,
}


class RunStatusSensorContext(TriggerContext):
    """What the function of a sensor of runs is given, for one run.

    Args:
        sensor_name: Name of the sensor.
        dagster_run: The run.
        dagster_event: The event that brought it to the status.
        instance: The store.
        context: The context of the tick, if there is one.
        resource_defs: Key → resource.
        logger: Behind `context.log`.
        partition_key: The slice that the run is about; that of its tags by default.
        repository_def: The definitions.
    """

    def __init__(
        self,
        sensor_name: str,
        dagster_run: DagsterRun,
        dagster_event: DagsterEvent,
        instance: DagsterInstance,
        context: TriggerContext | None = None,
        resource_defs: Mapping[str, Any] | None = None,
        logger: Any = None,
        partition_key: str | None = None,
        repository_def: Definitions | None = None,
    ) -> None:
        surrounding = context.repository_def if context is not None else None
        super().__init__(
            instance, resource_defs, repository_def if repository_def is not None else surrounding
        )
        if context is not None and not resource_defs:
            self._given = dict(context._given)
        self.sensor_name = sensor_name
        self.dagster_run = dagster_run
        self.dagster_event = dagster_event
        self._logger = logger
        self._partition = partition_key

    @property
    def log(self) -> Any:
        """A logger."""
        return self._logger if self._logger is not None else super().log

    @property
    def partition_key(self) -> str | None:
        """The slice that the run is about, or None."""
        return self._partition if self._partition is not None else self.dagster_run.tags.get(PARTITION_TAG)

    def for_run_failure(self) -> RunFailureSensorContext:
        """The same, for a sensor of failures."""
        return RunFailureSensorContext(
            self.sensor_name,
            self.dagster_run,
            self.dagster_event,
            self.instance,
            resource_defs=self._given,
            logger=self._logger,
            partition_key=self._partition,
            repository_def=self._definitions,
        )


class RunFailureSensorContext(RunStatusSensorContext):
    """What the function of a `run_failure_sensor` is given, for one failed run."""

    @property
    def failure_event(self) -> DagsterEvent:
        """The event of the failure; `.message` says what failed."""
        return self.dagster_event

    def get_step_failure_events(self) -> Sequence[DagsterEvent]:
        """The failures of its steps."""
        entries = self.instance.all_logs(self.dagster_run.run_id, DagsterEventType.STEP_FAILURE)
        return [entry.dagster_event for entry in entries]


def status_changes(
    tick: SensorEvaluationContext, status: DagsterRunStatus, monitored: tuple[str, ...] | None, after: int
) -> Iterator[tuple[int, RunStatusSensorContext | None]]:
    """Place of each event after `after` that brought a run to a status, oldest first; its context where it counts."""
    store = tick.instance.home.store
    kind = CHANGES[status]
    for stored in store.events(after=after, kinds=[kind]):
        run = DagsterRun(store.run(stored.run_id))
        if monitored is not None and run.job_name not in monitored:
            yield stored.seq, None
            continue
        told = synthesise([stored.event], run.job_name)
        event = next((one for one in told if one.event_type == TOLD.get(kind, one.event_type)), None)
        if event is None:
            event = DagsterEvent(DagsterEventType.RUN_ENQUEUED, run.job_name, stored.event.at / 1_000_000)
        yield stored.seq, RunStatusSensorContext(tick.sensor_name_or(""), run, event, tick.instance, tick)


def build_run_status_sensor_context(
    sensor_name: str,
    dagster_event: DagsterEvent,
    dagster_instance: DagsterInstance,
    dagster_run: DagsterRun,
    context: TriggerContext | None = None,
    resources: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
    *,
    repository_def: Definitions | None = None,
) -> RunStatusSensorContext:
    """A context to call a sensor of runs with, in a test.

    Args:
        sensor_name: Name of the sensor.
        dagster_event: The event that brought the run to the status: `result.get_run_failure_event()`.
        dagster_instance: The store.
        dagster_run: The run: `result.dagster_run`.
        context: The context of a tick, whose resources count too.
        resources: Key → resource.
        partition_key: The slice that the run is about; that of its tags by default.
        repository_def: The definitions.

    Raises:
        InvalidInvocationError: There is no event or no run.
    """
    for name, value in (("dagster_event", dagster_event), ("dagster_run", dagster_run)):
        if value is None:
            raise InvalidInvocationError(
                f"build_run_status_sensor_context was given no {name}", subject=name, found="None"
            )
    return RunStatusSensorContext(
        sensor_name,
        dagster_run,
        dagster_event,
        dagster_instance,
        context,
        resources,
        partition_key=partition_key,
        repository_def=repository_def,
    )


class RunFailureSensorDefinition(RunStatusSensorDefinition):
    """A sensor that is called for each run that failed."""

    def context_for(self, change: Any) -> Any:
        """The context of one failure."""
        return change.for_run_failure()


def run_failure_sensor(
    name: str | Callable[..., Any] | None = None,
    minimum_interval_seconds: int | None = None,
    description: str | None = None,
    monitored_jobs: Iterable[Any] | None = None,
    job_selection: Iterable[Any] | None = None,
    monitor_all_code_locations: bool | None = None,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    request_job: Any = None,
    request_jobs: Sequence[Any] | None = None,
    monitor_all_repositories: bool | None = None,
    tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """Define a sensor that is called for each run that failed; usable without parentheses.

    The function takes a context with `.dagster_run`, `.failure_event` and `.get_step_failure_events()`, and resources.

    Args:
        name: The function's where it is not given.
        minimum_interval_seconds, default_status, request_job, request_jobs, tags, metadata: As of `run_status_sensor`.
        description: For the reader; the docstring where it is not given.
        monitored_jobs, job_selection: Jobs, or their names; all by default.
        monitor_all_code_locations, monitor_all_repositories: As of `run_status_sensor`.

    Raises:
        InvalidDefinitionError: As of `run_status_sensor`.

    Example:
        >>> @run_failure_sensor(monitored_jobs=["train"])
        ... def tell(context):
        ...     print(context.failure_event.message)
        >>> tell.name
        'tell'
    """

    def define(fn: Callable[..., Any]) -> RunFailureSensorDefinition:
        return RunFailureSensorDefinition(
            name if isinstance(name, str) else function_name(fn, "sensor"),
            DagsterRunStatus.FAILURE,
            fn,
            minimum_interval_seconds,
            description or docstring(fn),
            job_selection if monitored_jobs is None else monitored_jobs,
            monitor_all_code_locations or monitor_all_repositories,
            default_status,
            request_job,
            request_jobs,
            tags,
            metadata,
        )

    return define(name) if callable(name) else define
