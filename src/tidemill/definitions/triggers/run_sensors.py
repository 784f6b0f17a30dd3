"""Sensors that react to what becomes of runs: one reaction for each run that came to a status.

    context.status_changes(…) ──▶ runs since the cursor ──react──▶ what the function gives for each

The first tick only puts the cursor behind what there is: a new sensor does not answer for the past.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.triggers.functions import answers, function_name, job_names
from tidemill.definitions.triggers.requests import RunReaction, SensorResult, SkipReason
from tidemill.definitions.triggers.sensors import DefaultSensorStatus, SensorDefinition, SensorType
from tidemill.definitions.units.signatures import docstring
from tidemill.definitions.values import set_field

STATUSES = ("QUEUED", "NOT_STARTED", "STARTING", "STARTED", "SUCCESS", "FAILURE", "CANCELING", "CANCELED")


class RunStatusSensorDefinition(SensorDefinition):
    """A sensor that is called for each run that came to a status.

    Args:
        name: Letters, digits and underscores.
        run_status: The status, a `DagsterRunStatus`.
        run_status_sensor_fn: The function; it takes a context, and resources.
        minimum_interval_seconds, description, default_status, tags, metadata, required_resource_keys: As of
            `SensorDefinition`.
        monitored_jobs: Jobs, or their names; all by default.
        monitor_all_code_locations: One project is one code location: all of its runs are looked at either way.
        request_job, request_jobs: The job or jobs that it starts.
    """

    run_status: Any
    monitored: tuple[str, ...] | None

    sensor_type = SensorType.RUN_STATUS

    def __init__(
        self,
        name: str,
        run_status: Any,
        run_status_sensor_fn: Callable[..., Any],
        minimum_interval_seconds: int | None = None,
        description: str | None = None,
        monitored_jobs: Iterable[Any] | None = None,
        monitor_all_code_locations: bool | None = None,
        default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
        request_job: Any = None,
        request_jobs: Sequence[Any] | None = None,
        tags: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        required_resource_keys: Iterable[str] | None = None,
    ) -> None:
        owner = f"sensor {name!r}"
        if getattr(run_status, "value", None) not in STATUSES:
            raise wrong_type(owner, "run_status", run_status, "a DagsterRunStatus")
        if monitored_jobs is not None and monitor_all_code_locations:
            raise InvalidDefinitionError(
                f"{owner} cannot monitor some jobs and all",
                subject=name,
                found="monitored_jobs= and monitor_all_code_locations=True",
                expected="one of the two",
            )
        super().__init__(
            name,
            evaluation_fn=run_status_sensor_fn,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description,
            job=request_job,
            jobs=request_jobs,
            default_status=default_status,
            required_resource_keys=required_resource_keys,
            tags=tags,
            metadata=metadata,
        )
        set_field(self, "run_status", run_status)
        set_field(self, "monitored", job_names(owner, monitored_jobs))

    def context_for(self, change: Any) -> Any:
        """The context of one run."""
        return change

    def react(self, context: Any) -> Any:
        """What the function gives for each run that came to the status since the cursor."""
        if context.cursor is None:
            context.update_cursor(str(context.newest_event()))
            yield SkipReason(f"Initiating {self.name}: it answers for what happens from here on")
            return
        for place, change in context.status_changes(self.run_status, self.monitored, int(context.cursor)):
            context.update_cursor(str(place))
            if change is None:
                continue
            error = None
            try:
                given = list(answers(self.function.call(self.context_for(change))))
            except Exception as raised:  # noqa: BLE001  (the other runs have their reaction all the same)
                error, given = raised, []
            yield RunReaction(change.dagster_run, error)
            for answer in given:
                yield from _unpacked(answer)


def _unpacked(answer: Any) -> Iterable[Any]:
    return answer.run_requests if isinstance(answer, SensorResult) else (answer,)


def run_status_sensor(
    run_status: Any,
    name: str | None = None,
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
) -> Callable[[Callable[..., Any]], RunStatusSensorDefinition]:
    """Define a sensor that is called for each run that came to a status.

    The function takes a context with `.dagster_run` and `.dagster_event`, and resources. It may return a `RunRequest`
    where the sensor has a `request_job`, or a `SkipReason`.

    Args:
        run_status, minimum_interval_seconds, monitored_jobs, monitor_all_code_locations, default_status, request_job,
            request_jobs, tags, metadata: As of `RunStatusSensorDefinition`.
        name: The function's where it is not given.
        description: For the reader; the docstring where it is not given.
        job_selection: Older name of `monitored_jobs`.
        monitor_all_repositories: Older name of `monitor_all_code_locations`.

    Raises:
        InvalidDefinitionError: As of `RunStatusSensorDefinition`.
    """

    def define(fn: Callable[..., Any]) -> RunStatusSensorDefinition:
        return RunStatusSensorDefinition(
            name or function_name(fn, "sensor"),
            run_status,
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

    return define
