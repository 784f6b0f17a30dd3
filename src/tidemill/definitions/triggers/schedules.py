"""Schedules: a job, the moments at which it is started, and what its runs are given. What fires them is not here.

@schedule, ScheduleDefinition, build_schedule_from_partitioned_job ──▶ ScheduleDefinition
ScheduleDefinition.evaluate_tick(context) ──▶ Tick: run requests, or why there are none
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from tidemill.core.errors import InvalidInvocationError, InvariantViolationError
from tidemill.core.metadata import coerced_metadata
from tidemill.core.tags import PARTITION_TAG
from tidemill.definitions.arguments import clean_owners, only_one, valid_name, wrong_type
from tidemill.definitions.calendar.cron import cron_fields
from tidemill.definitions.calendar.ticks import zone_of
from tidemill.definitions.triggers.functions import (
    Trigger,
    TriggerFunction,
    answers,
    function_name,
    merged_tags,
    no_single_job,
    read_targets,
    unexpected,
    valid_status,
)
from tidemill.definitions.triggers.requests import (
    SCHEDULE_TAG,
    RunRequest,
    SkipReason,
    Tick,
    config_dict,
    text_tags,
)
from tidemill.definitions.values import NOTHING_SAID, fill, replace


class DefaultScheduleStatus(Enum):
    """Whether a schedule is on where nobody has switched it."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class ScheduleDefinition(Trigger):
    """When to start a job, and with what.

    Args:
        name: Letters, digits and underscores; `<job>_schedule` where it is not given.
        cron_schedule: Five cron fields, an alias such as `@daily`, or a list of these.
        job_name: The job, by name.
        run_config: Config of its runs.
        run_config_fn: Gives the config at each tick; excludes `run_config`.
        tags: Tags of its runs.
        tags_fn: Gives the tags at each tick; excludes `tags`.
        metadata: Facts about it.
        should_execute: Says at each tick whether anything is to run.
        environment_vars: Variables for what it starts.
        execution_timezone: The zone that the fields are read in; UTC where it is not given.
        execution_fn: Gives the runs at each tick; excludes config and tags.
        description: For the reader.
        job: The job.
        default_status: Whether it is on where nobody has switched it.
        required_resource_keys: Resources that its functions take from the context.
        target: A selection of assets to run, instead of a job; or a job.
        owners: E-mail addresses, or `team:name`.

    Raises:
        InvalidDefinitionError: There is no job, or arguments exclude each other or are no schedule, zone or name.

    Example:
        >>> ScheduleDefinition("nightly", cron_schedule="0 2 * * *", target=["model"]).job_name
        '__anonymous_asset_job_nightly'
    """

    cron_schedule: str | Sequence[str]
    tags: Mapping[str, str]
    metadata: Mapping[str, Any]
    environment_vars: Mapping[str, str]
    execution_timezone: str | None
    description: str | None
    default_status: DefaultScheduleStatus
    owners: tuple[str, ...]
    run_config: Mapping[str, Any]
    run_config_fn: Callable[..., Any] | None
    tags_fn: Callable[..., Any] | None
    should_execute: Callable[..., Any] | None
    function: TriggerFunction | None
    by_context: tuple[str, ...]
    decorated: bool

    def __init__(
        self,
        name: str | None = None,
        *,
        cron_schedule: str | Sequence[str] | None = None,
        job_name: str | None = None,
        run_config: Any = None,
        run_config_fn: Callable[..., Any] | None = None,
        tags: Mapping[str, Any] | None = None,
        tags_fn: Callable[..., Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        should_execute: Callable[..., Any] | None = None,
        environment_vars: Mapping[str, str] | None = None,
        execution_timezone: str | None = None,
        execution_fn: Callable[..., Any] | None = None,
        description: str | None = None,
        job: Any = None,
        default_status: DefaultScheduleStatus = DefaultScheduleStatus.STOPPED,
        required_resource_keys: Iterable[str] | None = None,
        target: Any = None,
        owners: Sequence[str] | None = None,
    ) -> None:
        targets = read_targets("ScheduleDefinition", name, job, None, job_name, target)
        if not targets.all_names:
            raise wrong_type("ScheduleDefinition", "job", job, "a job: job=, job_name= or target=")
        if name is None:
            name = f"{targets.all_names[0]}_schedule"
        owner = f"schedule {valid_name(name, 'the name of a schedule')!r}"
        only_one(owner, tags=tags, tags_fn=tags_fn)
        only_one(owner, run_config=run_config, run_config_fn=run_config_fn, execution_fn=execution_fn)
        only_one(owner, execution_fn=execution_fn, tags_fn=tags_fn)
        only_one(owner, execution_fn=execution_fn, should_execute=should_execute)
        if execution_timezone is not None:
            zone_of(execution_timezone)
        function = (
            TriggerFunction.read(execution_fn, "schedule", name, required_resource_keys)
            if execution_fn is not None
            else None
        )
        keys = tuple(required_resource_keys or ())
        if keys and all(fn is None for fn in (execution_fn, run_config_fn, tags_fn, should_execute)):
            raise wrong_type(
                owner, "required_resource_keys", required_resource_keys, "a function that needs them"
            )
        fill(
            self,
            name,
            targets,
            valid_schedule(owner, cron_schedule),
            text_tags(owner, tags),
            coerced_metadata(metadata),
            environment_vars or NOTHING_SAID,
            execution_timezone,
            description,
            valid_status(owner, default_status, DefaultScheduleStatus),
            clean_owners(owner, owners),
            config_dict(owner, run_config),
            run_config_fn,
            tags_fn,
            should_execute,
            function,
            keys if function is None else (),
            False,
        )

    @property
    def cron_schedules(self) -> tuple[str, ...]:
        """Its schedules as five fields each, aliases written out."""
        given = [self.cron_schedule] if isinstance(self.cron_schedule, str) else self.cron_schedule
        return tuple(" ".join(cron_fields(one, self.name)) for one in given)

    @property
    def job_name(self) -> str:
        """Name of the job that it starts."""
        return self.targets.all_names[0]

    @property
    def job(self) -> Any:
        """The job that it starts.

        Raises:
            InvalidDefinitionError: It was given by name only.
        """
        if not self.targets.jobs:
            raise no_single_job(f"schedule {self.name!r}", self.targets)
        return self.targets.jobs[0]

    @property
    def has_job(self) -> bool:
        """Whether the job itself was given, not only its name."""
        return bool(self.targets.jobs)

    @property
    def required_resource_keys(self) -> set[str]:
        """Resources that its functions need."""
        return set(self.by_context if self.function is None else self.function.required)

    def with_updated_job(self, new_job: Any) -> ScheduleDefinition:
        """A copy that starts another job."""
        return replace(self, targets=read_targets(f"schedule {self.name!r}", self.name, new_job))

    def with_attributes(
        self, *, job: Any = None, metadata: Mapping[str, Any] | None = None
    ) -> ScheduleDefinition:
        """A copy with another job or other metadata."""
        changed = self if job is None else self.with_updated_job(job)
        return changed if metadata is None else replace(changed, metadata=coerced_metadata(metadata))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the decorated function and give what it gives, untouched.

        Raises:
            InvalidInvocationError: There is no function, or it misses its context.
        """
        if self.function is None or not self.decorated:
            raise InvalidInvocationError(
                f"schedule {self.name!r} cannot be called",
                subject=self.name,
                found="a schedule without a decorated function",
                expected="one that @schedule made",
                next_step="call .evaluate_tick(build_schedule_context())",
            )
        return self.function.directly(args, kwargs)

    def evaluate_tick(self, context: Any) -> Tick:
        """What the schedule asks for at one moment.

        Args:
            context: What `build_schedule_context` gave.

        Raises:
            InvariantViolationError: The function gave something that means nothing.
            UnknownPartitionError: It asks for a partition that its job does not have.
            Exception: What the function raised, itself.
        """
        owner = f"schedule {self.name!r}"
        if self.should_execute is not None and not self.should_execute(context):
            return Tick([], f"The should_execute function of {self.name} returned false")
        tags = self.tags if self.tags_fn is None else text_tags(owner, self.tags_fn(context))
        if self.function is None:
            config = self.run_config
            if self.run_config_fn is not None:
                config = config_dict(owner, _given_context(self.run_config_fn, owner, context))
            found: list[Any] = [RunRequest(run_config=config, tags=tags)]
        else:
            result = self.function.call(context)
            if isinstance(result, Mapping) or hasattr(result, "to_config_dict"):
                result = RunRequest(run_config=result, tags=tags)
            found = list(answers(result))
        if not found:
            return Tick([], "Schedule function returned an empty result")
        return self._tick(owner, found, context)

    def _tick(self, owner: str, found: list[Any], context: Any) -> Tick:
        for answer in found:
            if not isinstance(answer, (RunRequest, SkipReason)):
                raise unexpected(owner, answer, "run config, a RunRequest, several of them, or a SkipReason")
        runs = [answer for answer in found if isinstance(answer, RunRequest)]
        if not runs and len(found) == 1:
            return Tick([], found[0].skip_message)
        if len(runs) < len(found):
            raise unexpected(owner, found, "either one SkipReason, or RunRequests")
        if len(runs) > 1 and any(run.run_key is None for run in runs):
            raise InvariantViolationError(
                f"{owner} gave several RunRequests, not all of them with a run_key",
                subject=self.name,
                found=f"run_key={', '.join(str(run.run_key) for run in runs)}",
                expected="a run_key on each, which names its run",
            )
        runs = context.resolved_partitions(runs, self.targets)
        return Tick([run.tagged(_own_tags(run, {SCHEDULE_TAG: self.name})) for run in runs])


def _own_tags(run: RunRequest, tags: Mapping[str, str]) -> dict[str, str]:
    partition = {PARTITION_TAG: run.partition_key} if run.partition_key is not None else {}
    return merged_tags(partition, tags)


def _given_context(fn: Callable[..., Any], owner: str, context: Any) -> Any:
    """What `fn` gives, which may take the context or nothing."""
    return TriggerFunction.read(fn, owner, "run_config_fn", None).call(context)


def valid_schedule(owner: str, cron_schedule: Any) -> str | Sequence[str]:
    """`cron_schedule` as it was given, where it is one or a list of them."""
    several = isinstance(cron_schedule, (list, tuple)) and cron_schedule
    for one in cron_schedule if several else [cron_schedule]:
        cron_fields(one if isinstance(one, str) else repr(one), owner)
    return list(cron_schedule) if several else str(cron_schedule)


def schedule(
    cron_schedule: str | Sequence[str],
    *,
    job_name: str | None = None,
    name: str | None = None,
    tags: Mapping[str, Any] | None = None,
    tags_fn: Callable[..., Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    should_execute: Callable[..., Any] | None = None,
    environment_vars: Mapping[str, str] | None = None,
    execution_timezone: str | None = None,
    description: str | None = None,
    job: Any = None,
    default_status: DefaultScheduleStatus = DefaultScheduleStatus.STOPPED,
    required_resource_keys: Iterable[str] | None = None,
    target: Any = None,
    owners: Sequence[str] | None = None,
) -> Callable[[Callable[..., Any]], ScheduleDefinition]:
    """Define a schedule by the function that says at each tick what to run.

    The function may take a context and resources. It returns, or yields, run config, `RunRequest`s or a `SkipReason`.

    Args:
        cron_schedule, job_name, metadata, should_execute, environment_vars, execution_timezone, job, default_status,
            target, owners: As of `ScheduleDefinition`.
        name: The function's where it is not given.
        tags: Tags of runs for which the function gives config only.
        tags_fn: Gives those tags at each tick; excludes `tags`.
        description: For the reader; the docstring where it is not given.
        required_resource_keys: Resources that the function takes from the context.

    Raises:
        InvalidDefinitionError: As of `ScheduleDefinition`.

    Example:
        >>> @schedule("0 9 * * 1-5", target="*")
        ... def weekday_mornings(context):
        ...     return RunRequest(run_key=context.scheduled_execution_time.isoformat())
        >>> weekday_mornings.name
        'weekday_mornings'
    """

    def define(fn: Callable[..., Any]) -> ScheduleDefinition:
        own_name = name or function_name(fn, "schedule")
        only_one(f"schedule {own_name!r}", tags=tags, tags_fn=tags_fn)
        defined = ScheduleDefinition(
            own_name,
            cron_schedule=cron_schedule,
            job_name=job_name,
            tags=tags,
            metadata=metadata,
            environment_vars=environment_vars,
            execution_timezone=execution_timezone,
            execution_fn=fn,
            description=description,
            job=job,
            default_status=default_status,
            required_resource_keys=required_resource_keys,
            target=target,
            owners=owners,
        )
        return replace(defined, tags_fn=tags_fn, should_execute=should_execute, decorated=True)

    return define
