"""Sensors: functions that look at the world from time to time and say what to run. What calls them is not here.

    @sensor ──▶ SensorDefinition; its kinds are in `asset_sensors` and `run_sensors`
    SensorDefinition.evaluate_tick(context) ──▶ Tick: run requests, or why there are none, and the new cursor

All kinds differ in one method, `react`: how the function is called with what the context knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from tidemill.core.errors import InvariantViolationError
from tidemill.core.metadata import coerced_metadata
from tidemill.core.tags import PARTITION_TAG
from tidemill.definitions.arguments import clean_owners, valid_name, wrong_type
from tidemill.definitions.triggers.functions import (
    Trigger,
    TriggerFunction,
    answers,
    decorated,
    function_name,
    merged_tags,
    no_single_job,
    read_targets,
    unexpected,
    valid_status,
)
from tidemill.definitions.triggers.jobs import IMPLICIT_JOB
from tidemill.definitions.triggers.requests import (
    SENSOR_TAG,
    DynamicPartitionsRequest,
    RunReaction,
    RunRequest,
    SensorResult,
    SkipReason,
    Tick,
    text_tags,
)
from tidemill.definitions.values import fill, replace

DEFAULT_INTERVAL = 30
DEFAULT_CONDITION_SENSOR = "default_automation_condition_sensor"
EMPTY = "Sensor function returned an empty result"


class DefaultSensorStatus(Enum):
    """Whether a sensor is on where nobody has switched it."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class SensorType(Enum):
    """What a sensor looks at."""

    STANDARD = "STANDARD"
    RUN_STATUS = "RUN_STATUS"
    ASSET = "ASSET"
    MULTI_ASSET = "MULTI_ASSET"
    FRESHNESS_POLICY = "FRESHNESS_POLICY"
    AUTOMATION = "AUTOMATION"


class SensorDefinition(Trigger):
    """A function that is evaluated from time to time and says what to run.

    Args:
        name: Letters, digits and underscores; the function's where it is not given.
        evaluation_fn: The function.
        job_name: The job that it starts, by name.
        minimum_interval_seconds: Between two evaluations, at least; 30 where it is not given.
        description: For the reader.
        job, jobs: The job or jobs that it starts.
        default_status: Whether it is on where nobody has switched it.
        asset_selection: Assets that it runs, instead of a job.
        required_resource_keys: Resources that the function takes from the context.
        tags: Labels of the sensor.
        metadata: Facts about it.
        target: Assets or jobs, in any of the forms above.
        owners: E-mail addresses, or `team:name`.

    Raises:
        InvalidDefinitionError: Arguments exclude each other or are of the wrong type.
    """

    minimum_interval_seconds: int
    description: str | None
    default_status: DefaultSensorStatus
    tags: Mapping[str, str]
    metadata: Mapping[str, Any]
    owners: tuple[str, ...]
    function: TriggerFunction

    kind = "sensor"
    sensor_type = SensorType.STANDARD
    takes = 1

    def __init__(
        self,
        name: str | None = None,
        *,
        evaluation_fn: Callable[..., Any] | None = None,
        job_name: str | None = None,
        minimum_interval_seconds: int | None = None,
        description: str | None = None,
        job: Any = None,
        jobs: Sequence[Any] | None = None,
        default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
        asset_selection: Any = None,
        required_resource_keys: Iterable[str] | None = None,
        tags: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        target: Any = None,
        owners: Sequence[str] | None = None,
    ) -> None:
        if evaluation_fn is None:
            raise wrong_type("SensorDefinition", "evaluation_fn", evaluation_fn, "a function")
        own_name = name or function_name(evaluation_fn, "sensor")
        owner = f"sensor {valid_name(own_name, 'the name of a sensor')!r}"
        if minimum_interval_seconds is not None and not isinstance(minimum_interval_seconds, (int, float)):
            raise wrong_type(
                owner, "minimum_interval_seconds", minimum_interval_seconds, "a number of seconds"
            )
        fill(
            self,
            own_name,
            read_targets(owner, own_name, job, jobs, job_name, target, asset_selection),
            DEFAULT_INTERVAL if minimum_interval_seconds is None else minimum_interval_seconds,
            description,
            valid_status(owner, default_status, DefaultSensorStatus),
            text_tags(owner, tags),
            coerced_metadata(metadata),
            clean_owners(owner, owners),
            TriggerFunction.read(evaluation_fn, "sensor", own_name, required_resource_keys, self.takes),
            *(
                None for _ in self.field_names[len(SensorDefinition.field_names) :]
            ),  # of a kind, which sets them
        )

    @property
    def job_name(self) -> str:
        """Name of the job that it starts.

        Raises:
            InvalidDefinitionError: It starts none, or several.
        """
        if len(self.targets.all_names) != 1:
            raise no_single_job(f"sensor {self.name!r}", self.targets)
        return self.targets.all_names[0]

    @property
    def job(self) -> Any:
        """The job that it starts.

        Raises:
            InvalidDefinitionError: There is none, several, or only a name.
        """
        if len(self.targets.jobs) != 1:
            raise no_single_job(f"sensor {self.name!r}", self.targets)
        return self.targets.jobs[0]

    @property
    def jobs(self) -> list[Any]:
        """The jobs that it starts."""
        return list(self.targets.jobs)

    @property
    def has_jobs(self) -> bool:
        """Whether jobs themselves were given, not only names."""
        return bool(self.targets.jobs)

    @property
    def asset_selection(self) -> Any:
        """The assets that it runs instead of a job."""
        return self.targets.selection

    @property
    def required_resource_keys(self) -> set[str]:
        """Resources that its function needs."""
        return set(self.function.required)

    def with_updated_job(self, new_job: Any) -> Any:
        """A copy that starts another job."""
        return self.with_updated_jobs([new_job])

    def with_updated_jobs(self, new_jobs: Sequence[Any]) -> Any:
        """A copy that starts other jobs."""
        return replace(self, targets=read_targets(f"sensor {self.name!r}", self.name, jobs=new_jobs))

    def with_attributes(
        self, *, jobs: Sequence[Any] | None = None, metadata: Mapping[str, Any] | None = None
    ) -> Any:
        """A copy with other jobs or metadata."""
        changed = self if jobs is None else self.with_updated_jobs(jobs)
        return changed if metadata is None else replace(changed, metadata=coerced_metadata(metadata))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the decorated function and give what it gives, untouched.

        Raises:
            InvalidInvocationError: The context is missing, or there are arguments that it does not have.
        """
        return self.function.directly(args, kwargs)

    def react(self, context: Any) -> Any:
        """What the function gives for one tick."""
        return self.function.call(context)

    def evaluate_tick(self, context: Any) -> Tick:
        """What the sensor asks for now.

        Args:
            context: What `build_sensor_context` gave.

        Raises:
            InvariantViolationError: The function gave something that means nothing, or names no job of the sensor.
            UnknownPartitionError: It asks for a partition that its job does not have.
            Exception: What the function raised, itself.
        """
        owner = f"sensor {self.name!r}"
        found = list(answers(self.react(context)))
        results = [answer for answer in found if isinstance(answer, SensorResult)]
        if results and len(found) > 1:
            raise unexpected(owner, found, "one SensorResult, and nothing beside it")
        if results:
            return self._tick_of(owner, results[0], context)
        for answer in found:
            if not isinstance(answer, (RunRequest, SkipReason, RunReaction)):
                raise unexpected(owner, answer, "RunRequests, a SkipReason or a SensorResult")
        runs = [answer for answer in found if isinstance(answer, RunRequest)]
        skips = [answer for answer in found if isinstance(answer, SkipReason)]
        reactions = [answer for answer in found if isinstance(answer, RunReaction)]
        if len(skips) > 1 or (skips and runs):
            raise unexpected(owner, found, "either one SkipReason, or RunRequests")
        skipped = skips[0].skip_message if skips else EMPTY if not runs and not reactions else None
        return Tick(self.resolved(owner, runs, context), skipped, context.cursor, reactions)

    def _tick_of(self, owner: str, result: SensorResult, context: Any) -> Tick:
        if result.cursor is not None and context.cursor_updated:
            raise InvariantViolationError(
                f"SensorResult.cursor cannot be set: {owner} called context.update_cursor() too",
                subject=self.name,
                found=f"{context.cursor!r} and {result.cursor!r}",
                expected="one of the two",
            )
        return Tick(
            self.resolved(owner, result.run_requests, context, result.dynamic_partitions_requests),
            result.skip_reason.skip_message if result.skip_reason else None if result.run_requests else EMPTY,
            context.cursor if result.cursor is None else result.cursor,
            (),
            result.dynamic_partitions_requests,
            result.asset_events,
        )

    def resolved(
        self,
        owner: str,
        runs: Sequence[RunRequest],
        context: Any,
        changes: Sequence[DynamicPartitionsRequest] = (),
    ) -> list[RunRequest]:
        """The requests with what the sensor adds: its tag, and the job where there is one only.

        `changes` are those of dynamic partitions, which come before the runs.
        """
        names = self.targets.all_names
        ready = []
        for request in runs:
            run = request
            if self.targets.selection is not None and not names:
                keys = context.selected_keys(self.targets.selection, run.asset_selection)
                run = run.with_replaced_attrs(job_name=run.job_name or IMPLICIT_JOB, asset_selection=keys)
            elif not names:
                raise unexpected(
                    owner, run, "no RunRequest, as it has no job: give it job=, jobs=, job_name= or target="
                )
            elif run.job_name is None and len(names) > 1:
                raise unexpected(owner, run, f"a RunRequest with the job_name of one of {', '.join(names)}")
            elif run.job_name is not None and run.job_name not in names:
                raise unexpected(owner, run, f"a job_name of {', '.join(names)}, not {run.job_name!r}")
            ready.append(run)
        return [self.tagged(run) for run in context.resolved_partitions(ready, self.targets, changes)]

    def tagged(self, run: RunRequest, tags: Mapping[str, str] | None = None) -> RunRequest:
        """A request with the tags that say who asked, and for which partition."""
        partition = {PARTITION_TAG: run.partition_key} if run.partition_key is not None else None
        return run.tagged(merged_tags(tags, partition, {SENSOR_TAG: self.name}))


def sensor(
    job_name: str | None = None,
    *,
    name: str | None = None,
    minimum_interval_seconds: int | None = None,
    description: str | None = None,
    job: Any = None,
    jobs: Sequence[Any] | None = None,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    asset_selection: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    target: Any = None,
    owners: Sequence[str] | None = None,
) -> Callable[[Callable[..., Any]], SensorDefinition]:
    """Define a sensor by the function that says what to run.

    The function may take a context and resources. It returns, or yields, `RunRequest`s, a `SkipReason` or a
    `SensorResult`.

    Args:
        job_name, minimum_interval_seconds, job, jobs, default_status, asset_selection, required_resource_keys, tags,
            metadata, target, owners: As of `SensorDefinition`.
        name: The function's where it is not given.
        description: For the reader; the docstring where it is not given.

    Raises:
        InvalidDefinitionError: As of `SensorDefinition`.

    Example:
        >>> @sensor(target="*")
        ... def new_files(context):
        ...     return SkipReason(f"nothing after {context.cursor}")
        >>> new_files.minimum_interval_seconds
        30
    """
    given = locals()
    if callable(job_name):
        raise wrong_type("@sensor", "the function", job_name, "parentheses: @sensor(job=…)")

    return decorated(SensorDefinition, given, "evaluation_fn")  # type: ignore[no-any-return]
