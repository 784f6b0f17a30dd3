"""Schedules that follow from partitions: each tick runs the slice that has just become complete.

a job that knows its partitions ──▶ ScheduleDefinition
a job of assets that know them  ──▶ UnresolvedPartitionedAssetScheduleDefinition ──resolve(partitions)──▶ …
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.tags import PARTITION_SET_TAG
from tidemill.definitions.arguments import valid_name, wrong_type
from tidemill.definitions.partitions.multi import MultiPartitionsDefinition
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.partitions.time_windows import TimeWindowPartitionsDefinition
from tidemill.definitions.triggers.functions import Targets, Trigger, valid_job
from tidemill.definitions.triggers.jobs import AssetJob
from tidemill.definitions.triggers.requests import RunRequest, SkipReason
from tidemill.definitions.triggers.schedules import DefaultScheduleStatus, ScheduleDefinition
from tidemill.definitions.values import NOTHING_SAID, fill, replace


class UnresolvedPartitionedAssetScheduleDefinition(Trigger):
    """A schedule of a job whose partitions are those of its assets, which its definitions know."""

    description: str | None
    default_status: DefaultScheduleStatus
    tags: Mapping[str, Any]
    metadata: Mapping[str, Any]
    owners: Sequence[str]
    minute_of_hour: int | None
    hour_of_day: int | None
    day_of_week: int | None
    day_of_month: int | None
    cron_schedule: str | Sequence[str] | None
    execution_timezone: str | None

    @property
    def job(self) -> Any:
        """The job that it starts."""
        return self.targets.jobs[0]

    @property
    def job_name(self) -> str:
        """Name of the job that it starts."""
        return self.targets.all_names[0]

    def resolve(self, partitions: PartitionsDefinition | None) -> ScheduleDefinition:
        """The schedule, once the partitions of the job are known.

        Raises:
            InvalidDefinitionError: There are none, or they do not say when, or say it where it was given.
        """
        owner = f"build_schedule_from_partitioned_job of {self.job_name!r}"
        if partitions is None:
            raise InvalidDefinitionError(
                f"The job {self.job_name!r} has no partitions that a schedule could follow from",
                subject=self.job_name,
                found="neither partitions_def= nor partitioned assets",
                expected="a partitioned job",
                next_step="give the job partitions_def=, or use ScheduleDefinition(job=…, cron_schedule=…)",
            )
        timed = _timed(partitions)
        if timed is not None:
            if self.cron_schedule is not None or self.execution_timezone is not None:
                raise wrong_type(
                    owner,
                    "cron_schedule",
                    self.cron_schedule,
                    "nothing: its time windows say when, and in which zone",
                )
            moments = (self.minute_of_hour, self.hour_of_day, self.day_of_week, self.day_of_month)
            cron: Any = timed.get_cron_schedule(*moments)
            zone: str | None = timed.timezone
        else:
            if self.cron_schedule is None:
                raise wrong_type(
                    owner, "cron_schedule", None, "a schedule, as its partitions are not of time"
                )
            cron, zone = self.cron_schedule, self.execution_timezone

        def request(context: Any) -> Any:
            keys = list(_due(partitions, context.scheduled_execution_time, context))
            if not keys:
                return SkipReason("The partitions of the job have no key for this tick")
            return [self._request(key) for key in keys]

        made = ScheduleDefinition(
            self.name,
            cron_schedule=cron,
            job=self.job,
            execution_fn=request,
            execution_timezone=zone,
            description=self.description,
            default_status=self.default_status,
            metadata=self.metadata,
            owners=self.owners,
        )
        return replace(made, tags=self.tags)

    def _request(self, key: str) -> RunRequest:
        request: RunRequest = self.job.run_request_for_partition(key, run_key=key, tags=self.tags)
        # Which set the partition is of, the run says; a request of a job of assets has only the partition.
        tags = {name: text for name, text in request.tags.items() if name != PARTITION_SET_TAG}
        return replace(request, tags=tags) if isinstance(self.job, AssetJob) else request


def _timed(partitions: PartitionsDefinition) -> TimeWindowPartitionsDefinition | None:
    if isinstance(partitions, TimeWindowPartitionsDefinition):
        return partitions
    if isinstance(partitions, MultiPartitionsDefinition) and partitions.has_time_window_dimension:
        return partitions.time_window_partitions_def
    return None


def _due(partitions: PartitionsDefinition, moment: Any, context: Any) -> Iterable[str]:
    """The keys that a tick at that moment is for."""
    timed = _timed(partitions)
    if timed is None:
        store = getattr(context, "_instance", None)
        return partitions.get_partition_keys(moment, store)
    last = timed.get_last_partition_key(moment)
    if last is None:
        return ()
    if not isinstance(partitions, MultiPartitionsDefinition):
        return (last,)
    return partitions.get_multipartition_keys_with_dimension_value(
        partitions.time_window_dimension.name, last
    )


def build_schedule_from_partitioned_job(
    job: Any,
    description: str | None = None,
    name: str | None = None,
    minute_of_hour: int | None = None,
    hour_of_day: int | None = None,
    day_of_week: int | None = None,
    day_of_month: int | None = None,
    default_status: DefaultScheduleStatus = DefaultScheduleStatus.STOPPED,
    tags: Mapping[str, str] | None = None,
    cron_schedule: str | Sequence[str] | None = None,
    execution_timezone: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    owners: Sequence[str] | None = None,
) -> ScheduleDefinition | UnresolvedPartitionedAssetScheduleDefinition:
    """A schedule that runs each partition of a job when its time window is over.

    Args:
        job: A partitioned job.
        description: For the reader.
        name: `<job>_schedule` where it is not given.
        minute_of_hour, hour_of_day, day_of_week, day_of_month: When after the end of a window, where not at once.
        default_status: Whether it is on where nobody has switched it.
        tags: Tags of its runs.
        cron_schedule, execution_timezone: When to run, where the partitions are not of time; then each tick runs all.
        metadata: Facts about it.
        owners: E-mail addresses, or `team:name`.

    Returns:
        A schedule; where only the assets of the job know their partitions, one that its `Definitions` resolve.

    Raises:
        InvalidDefinitionError: The job is none, or what was given does not fit its partitions.

    Example:
        >>> days = DailyPartitionsDefinition("2024-01-01")
        >>> build_schedule_from_partitioned_job(define_asset_job("train", partitions_def=days)).cron_schedule
        '0 0 * * *'
    """
    unresolved = UnresolvedPartitionedAssetScheduleDefinition()
    targets = Targets((valid_job("build_schedule_from_partitioned_job", job),))
    fill(
        unresolved,
        valid_name(name or f"{job.name}_schedule", "the name of a schedule"),
        targets,
        description,
        default_status,
        tags or NOTHING_SAID,
        metadata or NOTHING_SAID,
        owners or (),
        minute_of_hour,
        hour_of_day,
        day_of_week,
        day_of_month,
        cron_schedule,
        execution_timezone,
    )
    given = unresolved.job
    partitions = given.partitions_def
    if partitions is None and isinstance(given, AssetJob):
        return unresolved  # its assets are known to the definitions that it will be of
    return unresolved.resolve(partitions)
