"""Sensors that react to materializations: of one asset, or of several with a cursor for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import GeneratorType
from typing import Any

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetKey
from tidemill.definitions.triggers.functions import answers, decorated
from tidemill.definitions.triggers.requests import RunRequest, SkipReason
from tidemill.definitions.triggers.sensors import DefaultSensorStatus, SensorDefinition, SensorType
from tidemill.definitions.values import set_field


class AssetSensorDefinition(SensorDefinition):
    """A sensor that reacts to the latest new materialization of one asset.

    Args:
        name: Letters, digits and underscores.
        asset_key: The asset.
        job_name: The job that it starts, by name.
        asset_materialization_fn: The function; it takes a context and the event.
        minimum_interval_seconds, description, job, jobs, default_status, required_resource_keys, tags, metadata: As of
            `SensorDefinition`.
    """

    asset_key: AssetKey

    sensor_type = SensorType.ASSET
    takes = 2

    def __init__(
        self,
        name: str,
        asset_key: Any,
        job_name: str | None,
        asset_materialization_fn: Callable[..., Any],
        minimum_interval_seconds: int | None = None,
        description: str | None = None,
        job: Any = None,
        jobs: Sequence[Any] | None = None,
        default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
        required_resource_keys: Iterable[str] | None = None,
        tags: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            name,
            evaluation_fn=asset_materialization_fn,
            job_name=job_name,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description,
            job=job,
            jobs=jobs,
            default_status=default_status,
            required_resource_keys=required_resource_keys,
            tags=tags,
            metadata=metadata,
        )
        set_field(self, "asset_key", AssetKey.from_coercible(asset_key))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """React to the newest event after the cursor of a context, one answer after the other.

        With an event as the second argument, call the function with that.
        """

        def call(context: Any, *events: Any) -> Any:
            return self.function.call(context, *events) if events else self.react(context)

        return self.function.directly(args, kwargs, call)

    def react(self, context: Any) -> Any:
        """What the function gives for the newest materialization that the cursor has not passed."""
        record = context.newest_materialization(self.asset_key)
        if record is None:
            yield SkipReason(f"No new materialization events found for asset key {self.asset_key!r}")
            return
        yield from answers(self.function.call(context, record.event_log_entry))
        context.update_cursor(str(record.storage_id))


def asset_sensor(
    asset_key: Any,
    *,
    job_name: str | None = None,
    name: str | None = None,
    minimum_interval_seconds: int | None = None,
    description: str | None = None,
    job: Any = None,
    jobs: Sequence[Any] | None = None,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    required_resource_keys: Iterable[str] | None = None,
    tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Any]], AssetSensorDefinition]:
    """Define a sensor that reacts to the latest new materialization of one asset.

    The function takes a context and the event, and answers as that of `sensor`.

    Args:
        asset_key: The asset.
        job_name, minimum_interval_seconds, job, jobs, default_status, required_resource_keys, tags, metadata: As of
            `SensorDefinition`.
        name: The function's where it is not given.
        description: For the reader; the docstring where it is not given.

    Raises:
        InvalidDefinitionError: As of `SensorDefinition`.

    Example:
        >>> @asset_sensor(asset_key=AssetKey("rows"), job_name="train")
        ... def on_rows(context, asset_event):
        ...     return RunRequest(run_key=context.cursor)
        >>> on_rows.name
        'on_rows'
    """
    given = locals()
    return decorated(AssetSensorDefinition, given, "asset_materialization_fn")  # type: ignore[no-any-return]


class MultiAssetSensorDefinition(SensorDefinition):
    """A sensor that looks at the new materializations of several assets, with a cursor for each.

    Args:
        name: Letters, digits and underscores.
        monitored_assets: Keys, or a selection.
        job_name: The job that it starts, by name.
        asset_materialization_fn: The function; its context has the events.
        request_assets: Assets that it runs, instead of a job.
        minimum_interval_seconds, description, job, jobs, default_status, required_resource_keys, tags, metadata: As of
            `SensorDefinition`.
    """

    monitored_assets: Any

    sensor_type = SensorType.MULTI_ASSET

    def __init__(
        self,
        name: str,
        monitored_assets: Any,
        job_name: str | None,
        asset_materialization_fn: Callable[..., Any],
        minimum_interval_seconds: int | None = None,
        description: str | None = None,
        job: Any = None,
        jobs: Sequence[Any] | None = None,
        default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
        request_assets: Any = None,
        required_resource_keys: Iterable[str] | None = None,
        tags: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            name,
            evaluation_fn=asset_materialization_fn,
            job_name=job_name,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description,
            job=job,
            jobs=jobs,
            default_status=default_status,
            asset_selection=request_assets,
            required_resource_keys=required_resource_keys,
            tags=tags,
            metadata=metadata,
        )
        set_field(self, "monitored_assets", monitored_assets)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function with what `build_multi_asset_sensor_context` gave, whose cursor moves afterwards."""

        def call(context: Any) -> Any:
            given = self.function.call(context)
            if not isinstance(given, GeneratorType):
                context.update_cursor_after_evaluation()
                return given
            return self._moving(context, given)

        return self.function.directly(args, kwargs, call)

    def _moving(self, context: Any, given: Any) -> Any:
        yield from answers(given)
        context.update_cursor_after_evaluation()

    def react(self, context: Any) -> Any:
        """What the function gives for the new materializations."""
        watching = context.watching(self.monitored_assets)
        found = list(self._moving(watching, self.function.call(watching)))
        asked = any(
            isinstance(answer, RunRequest) or getattr(answer, "run_requests", None) for answer in found
        )
        if asked and not watching.cursor_updated:
            raise InvalidDefinitionError(
                f"sensor {self.name!r} asks for runs, but did not move its cursor: it would ask again at each tick",
                subject=self.name,
                found="the cursor as it was",
                expected="a cursor behind the events that were handled",
                next_step="call context.advance_cursor({key: record}) or context.advance_all_cursors()",
            )
        context.update_cursor(watching.cursor)
        yield from found


def multi_asset_sensor(
    monitored_assets: Any,
    *,
    job_name: str | None = None,
    name: str | None = None,
    minimum_interval_seconds: int | None = None,
    description: str | None = None,
    job: Any = None,
    jobs: Sequence[Any] | None = None,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    request_assets: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Any]], MultiAssetSensorDefinition]:
    """Define a sensor that looks at the new materializations of several assets.

    Args:
        monitored_assets, request_assets: As of `MultiAssetSensorDefinition`.
        job_name, minimum_interval_seconds, job, jobs, default_status, required_resource_keys, tags, metadata: As of
            `SensorDefinition`.
        name: The function's where it is not given.
        description: For the reader; the docstring where it is not given.

    Raises:
        InvalidDefinitionError: As of `SensorDefinition`.
    """
    given = locals()
    return decorated(MultiAssetSensorDefinition, given, "asset_materialization_fn")  # type: ignore[no-any-return]
