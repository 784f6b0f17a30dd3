"""What schedules and sensors answer with: runs to start, a reason not to, partitions to add, facts to record.

A tick is one evaluation of a schedule or sensor; what it came to is a `Tick`, by which name the compatible interface
knows it too (`SensorExecutionData`, `ScheduleExecutionData`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from tidemill.core.keys import AssetCheckKey, AssetKey, CoercibleToAssetKey
from tidemill.core.tags import PARTITION_TAG
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.partitions.dynamic import (
    AddDynamicPartitionsRequest,
    DeleteDynamicPartitionsRequest,
)
from tidemill.definitions.partitions.partitions import PartitionKeyRange
from tidemill.definitions.values import NOTHING_SAID, Value, fill, replace

RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
SCHEDULE_TAG = "dagster/schedule_name"
SENSOR_TAG = "dagster/sensor_name"


class RunRequest(Value):
    """A run that a schedule or sensor asks for.

    Args:
        run_key: Names the run; a sensor never starts two runs of one key.
        run_config: Config of the run, as a dict or `RunConfig`.
        tags: Of the run; what is no text is written as JSON.
        job_name: Which job, where the sensor has several.
        asset_selection: Which of the job's assets; all by default.
        stale_assets_only: Only those of them that are not up to date.
        partition_key: The slice that partitioned assets make.
        asset_check_keys: Which checks; those of the selected assets by default.

    Raises:
        InvalidDefinitionError: An argument is of the wrong type.

    Example:
        >>> RunRequest(run_key="2024-05-01", tags={"source": "sensor"}).tags
        {'source': 'sensor'}
    """

    run_key: str | None
    run_config: Mapping[str, Any]
    tags: Mapping[str, str]
    job_name: str | None
    asset_selection: list[AssetKey] | None
    stale_assets_only: bool
    partition_key: str | None
    asset_check_keys: list[AssetCheckKey] | None

    def __init__(
        self,
        run_key: str | None = None,
        run_config: Any = None,
        tags: Mapping[str, Any] | None = None,
        job_name: str | None = None,
        asset_selection: Iterable[CoercibleToAssetKey] | None = None,
        stale_assets_only: bool = False,
        partition_key: str | None = None,
        asset_check_keys: Iterable[AssetCheckKey] | None = None,
    ) -> None:
        texts = {"run_key": run_key, "job_name": job_name, "partition_key": partition_key}
        for name, text in texts.items():
            if text is not None and not isinstance(text, str):
                raise wrong_type("RunRequest", name, text, "a string")
        if isinstance(asset_selection, str):
            raise wrong_type("RunRequest", "asset_selection", asset_selection, "a list of asset keys")
        fill(
            self,
            run_key,
            config_dict("RunRequest", run_config),
            text_tags("RunRequest", tags),
            job_name,
            None if asset_selection is None else [AssetKey.from_coercible(key) for key in asset_selection],
            stale_assets_only,
            partition_key,
            None if asset_check_keys is None else list(asset_check_keys),
        )

    @property
    def partition_key_range(self) -> PartitionKeyRange | None:
        """The range that its tags name, or None."""
        if all(tag in self.tags for tag in RANGE_TAGS):
            return PartitionKeyRange(*(self.tags[tag] for tag in RANGE_TAGS))
        return None

    def has_resolved_partition(self) -> bool:
        """Whether its tags name the partition that it is for."""
        return self.tags.get(PARTITION_TAG) is not None

    def with_replaced_attrs(self, **kwargs: Any) -> RunRequest:
        """A copy with some arguments replaced."""
        return RunRequest(**{**vars(self), **kwargs})

    def tagged(self, tags: Mapping[str, str]) -> RunRequest:
        """A copy with more tags."""
        return replace(self, tags={**self.tags, **tags})

    __hash__ = None  # type: ignore[assignment]  # it holds dicts


class SkipReason(Value):
    """Why a tick starts no run.

    Args:
        skip_message: For the reader.
    """

    skip_message: str | None

    def __init__(self, skip_message: str | None = None) -> None:
        if skip_message is not None and not isinstance(skip_message, str):
            raise wrong_type("SkipReason", "skip_message", skip_message, "a string")
        fill(self, skip_message)


DynamicPartitionsRequest: TypeAlias = "AddDynamicPartitionsRequest | DeleteDynamicPartitionsRequest"


class SensorResult(Value):
    """All that one evaluation of a sensor comes to.

    Args:
        run_requests: Runs to start.
        skip_reason: Why there are none: a `SkipReason` or its text.
        cursor: What `context.cursor` is at the next evaluation.
        dynamic_partitions_requests: Partitions to add or to take away, before the runs start.
        asset_events: Materializations, observations and check evaluations to record.

    Raises:
        InvalidDefinitionError: There are runs and a reason to skip, or an argument is of the wrong type.

    Example:
        >>> SensorResult(skip_reason="no new files", cursor="17").skip_reason
        SkipReason(skip_message='no new files')
    """

    run_requests: Sequence[RunRequest]
    skip_reason: SkipReason | None
    cursor: str | None
    dynamic_partitions_requests: Sequence[DynamicPartitionsRequest]
    asset_events: Sequence[Any]

    def __init__(
        self,
        run_requests: Sequence[RunRequest] | None = None,
        skip_reason: SkipReason | str | None = None,
        cursor: str | None = None,
        dynamic_partitions_requests: Sequence[DynamicPartitionsRequest] | None = None,
        asset_events: Sequence[Any] | None = None,
    ) -> None:
        if run_requests and skip_reason:
            raise wrong_type("SensorResult", "skip_reason", skip_reason, "runs or a reason, not both")
        if cursor is not None and not isinstance(cursor, str):
            raise wrong_type("SensorResult", "cursor", cursor, "a string")
        fill(
            self,
            _all_of("run_requests", run_requests, RunRequest),
            SkipReason(skip_reason) if isinstance(skip_reason, str) else skip_reason,
            cursor,
            _all_of(
                "dynamic_partitions_requests",
                dynamic_partitions_requests,
                AddDynamicPartitionsRequest,
                DeleteDynamicPartitionsRequest,
            ),
            list(asset_events or ()),
        )

    __hash__ = None  # type: ignore[assignment]  # it holds lists


def _all_of(name: str, items: Any, *kinds: type[Any]) -> list[Any]:
    found = list(items) if isinstance(items, (list, tuple)) else items or []
    if not isinstance(found, list) or not all(isinstance(item, kinds) for item in found):
        raise wrong_type("SensorResult", name, items, f"a list of {kinds[0].__name__}s")
    return found


class RunReaction(NamedTuple):
    """What a sensor did about one run: `error` is what its function raised."""

    dagster_run: Any
    error: BaseException | None = None


class Tick(NamedTuple):
    """What one evaluation of a schedule or sensor came to.

    Attributes:
        run_requests: Runs to start.
        skip_message: Why there are none.
        cursor: The cursor afterwards.
        dagster_run_reactions: Runs that a sensor looked at.
        dynamic_partitions_requests: Partitions to add or to take away.
        asset_events: What to record.
    """

    run_requests: Sequence[RunRequest] = ()
    skip_message: str | None = None
    cursor: str | None = None
    dagster_run_reactions: Sequence[RunReaction] = ()
    dynamic_partitions_requests: Sequence[DynamicPartitionsRequest] = ()
    asset_events: Sequence[Any] = ()


def config_dict(owner: str, run_config: Any) -> Mapping[str, Any]:
    """Run config as a dict."""
    if run_config is None:
        return NOTHING_SAID
    if hasattr(run_config, "to_config_dict"):
        found: Mapping[str, Any] = run_config.to_config_dict()
        return found
    if not isinstance(run_config, Mapping):
        raise wrong_type(owner, "run_config", run_config, "a dict or a RunConfig")
    return run_config


def text_tags(owner: str, tags: Mapping[str, Any] | None) -> Mapping[str, str]:
    """Tags of runs, of which any text will do; what is none is written as JSON."""
    if not tags:
        return NOTHING_SAID
    if not isinstance(tags, Mapping) or not all(isinstance(name, str) for name in tags):
        raise wrong_type(owner, "tags", tags, "a dict whose keys are strings")
    texts = {}
    for name, value in tags.items():
        texts[name] = value if isinstance(value, str) else _as_json(owner, name, value)
    return texts


def _as_json(owner: str, name: str, value: object) -> str:
    import json  # noqa: PLC0415  (few tags need it)

    try:
        return json.dumps(value)
    except TypeError:
        raise wrong_type(owner, f"tag {name!r}", value, "text, or what JSON can say") from None
