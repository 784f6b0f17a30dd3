"""Config of a job by partition: a function from a key, or from the window of one, to run config.

@daily_partitioned_config(start_date=…)       key ──▶ run config, tags of the run
def config(start, end): …
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.arguments import only_one, wrong_type
from tidemill.definitions.partitions.calendar_windows import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    WeeklyPartitionsDefinition,
)
from tidemill.definitions.partitions.dynamic import DynamicPartitionsDefinition
from tidemill.definitions.partitions.partitions import (
    DynamicKeys,
    PartitionsDefinition,
    StaticPartitionsDefinition,
    checked_definition,
)
from tidemill.definitions.partitions.time_windows import Moment, TimeWindowPartitionsDefinition
from tidemill.definitions.values import Value, fill

ConfigByKey = Callable[[str], Any]
TagsByKey = Callable[[str], Mapping[str, str]]
ConfigByWindow = Callable[[datetime, datetime], Any]
TagsByWindow = Callable[[datetime, datetime], Mapping[str, str]]


class Partition(Value):
    """A partition as older functions get it.

    Args:
        value: What it stands for.
        name: Its key; the value as text by default.
    """

    value: Any
    name: str

    def __init__(self, value: Any, name: str | None = None) -> None:
        fill(self, value, name if name is not None else str(value))


class PartitionedConfig:
    """Run config of a job for each of its partitions; called, it calls the function that it was made of.

    Args:
        partitions_def: The partitions.
        run_config_for_partition_fn: Gives the config of a `Partition`.
        decorated_fn: The function that a decorator was put on.
        tags_for_partition_fn: Gives further tags of the run of a `Partition`.
        run_config_for_partition_key_fn: Gives the config of a key.
        tags_for_partition_key_fn: Gives further tags of the run of a key.

    Raises:
        InvalidDefinitionError: Not exactly one function gives the config, or both give tags.

    Example:
        >>> regions = StaticPartitionsDefinition(["eu", "us"])
        >>> config = PartitionedConfig(
        ...     regions, run_config_for_partition_key_fn=lambda key: {"ops": {"load": {"config": {"region": key}}}}
        ... )
        >>> config.get_run_config_for_partition_key("eu")
        {'ops': {'load': {'config': {'region': 'eu'}}}}
    """

    def __init__(
        self,
        partitions_def: PartitionsDefinition,
        run_config_for_partition_fn: Callable[[Partition], Any] | None = None,
        decorated_fn: Callable[..., Any] | None = None,
        tags_for_partition_fn: Callable[[Partition], Mapping[str, str]] | None = None,
        run_config_for_partition_key_fn: ConfigByKey | None = None,
        tags_for_partition_key_fn: TagsByKey | None = None,
    ) -> None:
        if (run_config_for_partition_fn is None) == (run_config_for_partition_key_fn is None):
            raise InvalidDefinitionError(
                "Must provide exactly one of run_config_for_partition_fn or run_config_for_partition_key_fn",
                subject="PartitionedConfig",
                found="both" if run_config_for_partition_fn is not None else "neither",
                expected="one function that gives the config",
            )
        only_one(
            "PartitionedConfig",
            tags_for_partition_fn=tags_for_partition_fn,
            tags_for_partition_key_fn=tags_for_partition_key_fn,
        )
        self.partitions_def = checked_definition("PartitionedConfig", partitions_def)
        self.run_config_for_partition_fn = run_config_for_partition_fn
        self.run_config_for_partition_key_fn = run_config_for_partition_key_fn
        self.tags_for_partition_fn = tags_for_partition_fn
        self.tags_for_partition_key_fn = tags_for_partition_key_fn
        self._decorated = decorated_fn

    def get_partition_keys(
        self, current_time: datetime | None = None, dynamic_partitions_store: DynamicKeys | None = None
    ) -> Sequence[str]:
        """The keys that there is config for."""
        return self.partitions_def.get_partition_keys(current_time, dynamic_partitions_store)

    def get_run_config_for_partition_key(self, partition_key: str) -> Mapping[str, Any]:
        """The config of a key, as a dict.

        Raises:
            UnknownPartitionError: It cannot be a key.
        """
        key = self.partitions_def.key_of(partition_key)
        if self.run_config_for_partition_key_fn is not None:
            given = self.run_config_for_partition_key_fn(key)
        else:
            assert self.run_config_for_partition_fn is not None
            given = self.run_config_for_partition_fn(Partition(key))
        config = given.to_config_dict() if hasattr(given, "to_config_dict") else given
        if not isinstance(config, Mapping):
            raise wrong_type(
                "PartitionedConfig", f"the config of {str(key)!r}", config, "a dict or a RunConfig"
            )
        return config

    def get_tags_for_partition_key(
        self, partition_key: str, job_name: str | None = None
    ) -> Mapping[str, str]:
        """The tags of the run of a key: what the function gives, and those that name the partition."""
        from tidemill.core.tags import PARTITION_SET_TAG  # noqa: PLC0415  (nothing else here needs it)

        key = self.partitions_def.key_of(partition_key)
        given: Mapping[str, str] = {}
        if self.tags_for_partition_key_fn is not None:
            given = self.tags_for_partition_key_fn(key)
        elif self.tags_for_partition_fn is not None:
            given = self.tags_for_partition_fn(Partition(key))
        of_set = {PARTITION_SET_TAG: f"{job_name}_partition_set"} if job_name is not None else {}
        return {**given, **self.partitions_def.get_tags_for_partition_key(key), **of_set}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the decorated function itself."""
        if self._decorated is None:
            raise InvalidDefinitionError(
                "This PartitionedConfig was not made by a decorator, so there is no function to call",
                subject="PartitionedConfig",
                expected="one that a decorator such as @daily_partitioned_config made",
                next_step="use get_run_config_for_partition_key",
            )
        return self._decorated(*args, **kwargs)

    def __repr__(self) -> str:
        return f"PartitionedConfig({self.partitions_def!r})"


def partitioned_config(
    partitions_def: PartitionsDefinition, tags_for_partition_key_fn: TagsByKey | None = None
) -> Callable[[ConfigByKey], PartitionedConfig]:
    """Make config by partition of a function from a key to run config.

    Args:
        partitions_def: The partitions.
        tags_for_partition_key_fn: Gives further tags of the run of a key.
    """

    def define(fn: ConfigByKey) -> PartitionedConfig:
        return PartitionedConfig(
            partitions_def,
            decorated_fn=fn,
            run_config_for_partition_key_fn=fn,
            tags_for_partition_key_fn=tags_for_partition_key_fn,
        )

    return define


def static_partitioned_config(
    partition_keys: Sequence[str],
    tags_for_partition_fn: TagsByKey | None = None,
    tags_for_partition_key_fn: TagsByKey | None = None,
) -> Callable[[ConfigByKey], PartitionedConfig]:
    """As `partitioned_config`, of a fixed list of keys; both functions for tags take a key."""
    only_one(
        "static_partitioned_config",
        tags_for_partition_fn=tags_for_partition_fn,
        tags_for_partition_key_fn=tags_for_partition_key_fn,
    )
    keys = StaticPartitionsDefinition(partition_keys)
    return partitioned_config(keys, tags_for_partition_key_fn or tags_for_partition_fn)


def dynamic_partitioned_config(
    partition_fn: Callable[[datetime | None], Sequence[str]],
    tags_for_partition_fn: TagsByKey | None = None,
    tags_for_partition_key_fn: TagsByKey | None = None,
) -> Callable[[ConfigByKey], PartitionedConfig]:
    """As `partitioned_config`, of keys that a function gives; both functions for tags take a key."""
    only_one(
        "dynamic_partitioned_config",
        tags_for_partition_fn=tags_for_partition_fn,
        tags_for_partition_key_fn=tags_for_partition_key_fn,
    )
    keys = DynamicPartitionsDefinition(partition_fn)
    return partitioned_config(keys, tags_for_partition_key_fn or tags_for_partition_fn)


def _by_window(cls: Any, given: dict[str, Any]) -> Callable[[ConfigByWindow], PartitionedConfig]:
    """Config by the start and the end of the window of a key, of windows that are made with what was given."""
    tags: TagsByWindow | None = given.pop("tags_for_partition_fn")
    windows: TimeWindowPartitionsDefinition = cls(**given)
    tags_by_key = None if tags is None else (lambda key: tags(*windows.time_window_for_partition_key(key)))

    def define(fn: ConfigByWindow) -> PartitionedConfig:
        return PartitionedConfig(
            windows,
            decorated_fn=fn,
            run_config_for_partition_key_fn=lambda key: fn(*windows.time_window_for_partition_key(key)),
            tags_for_partition_key_fn=tags_by_key,
        )

    return define


def hourly_partitioned_config(
    start_date: Moment,
    minute_offset: int = 0,
    timezone: str | None = None,
    fmt: str | None = None,
    end_offset: int = 0,
    tags_for_partition_fn: TagsByWindow | None = None,
    exclusions: Sequence[Moment] | None = None,
) -> Callable[[ConfigByWindow], PartitionedConfig]:
    """Config of each hour, by a function of its start and its end; arguments as of `HourlyPartitionsDefinition`."""
    return _by_window(HourlyPartitionsDefinition, locals())


def daily_partitioned_config(
    start_date: Moment,
    minute_offset: int = 0,
    hour_offset: int = 0,
    timezone: str | None = None,
    fmt: str | None = None,
    end_offset: int = 0,
    tags_for_partition_fn: TagsByWindow | None = None,
    exclusions: Sequence[Moment] | None = None,
) -> Callable[[ConfigByWindow], PartitionedConfig]:
    """Config of each day, by a function of its start and its end; arguments as of `DailyPartitionsDefinition`.

    Example:
        >>> @daily_partitioned_config(start_date="2024-01-01")
        ... def config(start, end):
        ...     return {"ops": {"load": {"config": {"day": start.strftime("%d.%m.")}}}}
        >>> config.get_run_config_for_partition_key("2024-05-02")
        {'ops': {'load': {'config': {'day': '02.05.'}}}}
    """
    return _by_window(DailyPartitionsDefinition, locals())


def weekly_partitioned_config(
    start_date: Moment,
    minute_offset: int = 0,
    hour_offset: int = 0,
    day_offset: int = 0,
    timezone: str | None = None,
    fmt: str | None = None,
    end_offset: int = 0,
    tags_for_partition_fn: TagsByWindow | None = None,
    exclusions: Sequence[Moment] | None = None,
) -> Callable[[ConfigByWindow], PartitionedConfig]:
    """Config of each week, by a function of its start and its end; arguments as of `WeeklyPartitionsDefinition`."""
    return _by_window(WeeklyPartitionsDefinition, locals())


def monthly_partitioned_config(
    start_date: Moment,
    minute_offset: int = 0,
    hour_offset: int = 0,
    day_offset: int = 1,
    timezone: str | None = None,
    fmt: str | None = None,
    end_offset: int = 0,
    tags_for_partition_fn: TagsByWindow | None = None,
    exclusions: Sequence[Moment] | None = None,
) -> Callable[[ConfigByWindow], PartitionedConfig]:
    """Config of each month, by a function of its start and its end; arguments as of `MonthlyPartitionsDefinition`."""
    return _by_window(MonthlyPartitionsDefinition, locals())
