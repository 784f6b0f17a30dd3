"""The context of sensors that look at several assets: one cursor for each, and what was left behind it.

Of each asset the cursor holds the newest event that was handled, and for partitioned assets the events before it that
were not. Moving it counts when the function is done: until then `context.cursor` is what it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tidemill.compat.instance import DagsterInstance
from tidemill.compat.records import EventLogRecord
from tidemill.compat.trigger_contexts import SensorEvaluationContext
from tidemill.core.errors import InvalidInvocationError
from tidemill.core.keys import AssetKey
from tidemill.definitions.assets.assets import AssetsDefinition
from tidemill.definitions.definitions import Definitions
from tidemill.planning.graph import AssetGraph

PAGE = 1000


class AssetCursor(NamedTuple):
    """How far the sensor came with one asset.

    Attributes:
        partition: Of the newest event that was handled.
        place: Of that event in the log.
        left: Partition → place of its newest event before that one that was not handled.
    """

    partition: str | None = None
    place: int = 0
    left: Mapping[str, int] = {}


class MultiAssetSensorEvaluationContext(SensorEvaluationContext):
    """What the function of a `multi_asset_sensor` is given.

    Args:
        monitored_assets: Keys, or a selection.
        resource_defs: Key → resource.
        instance_ref, last_tick_completion_time, last_run_key, cursor, repository_name, repository_def, instance,
            definitions, last_sensor_start_time, log_key, sensor_name, code_location_origin, last_completion_time: As of
            `SensorEvaluationContext`.
    """

    def __init__(
        self,
        instance_ref: Any = None,
        monitored_assets: Any = (),
        last_tick_completion_time: float | None = None,
        last_run_key: str | None = None,
        cursor: str | None = None,
        repository_name: str | None = None,
        repository_def: Definitions | None = None,
        instance: DagsterInstance | None = None,
        resource_defs: Mapping[str, Any] | None = None,
        definitions: Definitions | None = None,
        last_sensor_start_time: float | None = None,
        log_key: Any = None,
        sensor_name: str | None = None,
        code_location_origin: Any = None,
        last_completion_time: float | None = None,
    ) -> None:
        super().__init__(
            instance_ref,
            last_tick_completion_time,
            last_run_key,
            cursor,
            log_key,
            repository_name,
            repository_def,
            instance,
            sensor_name,
            resource_defs,
            definitions,
            last_sensor_start_time,
            code_location_origin,
            last_completion_time,
        )
        self.asset_keys: Sequence[AssetKey] = _keys(monitored_assets, self._definitions)
        self._cursors = _read(cursor)
        self._moved: dict[AssetKey, AssetCursor] = {}

    @property
    def assets_defs_by_key(self) -> Mapping[AssetKey, AssetsDefinition | None]:
        """Asset → its definition, None where nothing here makes it."""
        project = self.definitions.project()
        return {
            key: AssetsDefinition(project.units[project.producers[key]]) if key in project.producers else None
            for key in self.asset_keys
        }

    # What is new

    def latest_materialization_records_by_key(
        self, asset_keys: Sequence[AssetKey] | None = None
    ) -> Mapping[AssetKey, EventLogRecord | None]:
        """Asset → its newest materialization, None where it has no new one."""
        newest = {}
        for key in self._asked(asset_keys):
            records = self.instance.fetch_materializations(key, limit=1).records
            new = records and records[0].storage_id > self._cursor_of(key).place
            newest[key] = records[0] if new else None
        return newest

    def materialization_records_for_key(
        self, asset_key: AssetKey, limit: int | None = None
    ) -> Sequence[EventLogRecord]:
        """New materializations of an asset, oldest first."""
        (key,) = self._asked([asset_key])
        return self._after(key, self._cursor_of(key).place, limit)

    def latest_materialization_records_by_partition(
        self, asset_key: AssetKey, after_cursor_partition: bool = False
    ) -> Mapping[str, EventLogRecord]:
        """Partition → its newest materialization that was not handled, in the order in which they came.

        Args:
            asset_key: A partitioned asset.
            after_cursor_partition: Whether to leave out partitions that come before the cursor's, and the cursor's own.
        """
        (key,) = self._asked([asset_key])
        cursor = self._cursor_of(key)
        newest: dict[str, EventLogRecord] = {}
        for record in [*self.get_trailing_unconsumed_events(key), *self._after(key, cursor.place)]:
            if record.partition_key is not None:
                newest.pop(record.partition_key, None)
                newest[record.partition_key] = record
        if after_cursor_partition and cursor.partition is not None:
            order = self._partitions(key)
            after = set(order[order.index(cursor.partition) + 1 :]) if cursor.partition in order else newest
            newest = {partition: record for partition, record in newest.items() if partition in after}
        return newest

    def latest_materialization_records_by_partition_and_asset(
        self,
    ) -> Mapping[str, Mapping[AssetKey, EventLogRecord]]:
        """Partition → asset → newest materialization that was not handled."""
        found: dict[str, dict[AssetKey, EventLogRecord]] = {}
        for key in self.asset_keys:
            for partition, record in self.latest_materialization_records_by_partition(key).items():
                found.setdefault(partition, {})[key] = record
        return found

    def get_trailing_unconsumed_events(self, asset_key: AssetKey) -> Sequence[EventLogRecord]:
        """Materializations before the cursor that were not handled, oldest first."""
        (key,) = self._asked([asset_key])
        places = sorted(self._cursor_of(key).left.values())
        if not places:
            return []
        wanted = set(places)
        return [record for record in self._after(key, places[0] - 1) if record.storage_id in wanted]

    def get_cursor_partition(self, asset_key: AssetKey | None) -> str | None:
        """The partition of the newest event of an asset that was handled."""
        (key,) = self._asked([asset_key])
        return self._cursor_of(key).partition

    def all_partitions_materialized(
        self, asset_key: AssetKey, partitions: Sequence[str] | None = None
    ) -> bool:
        """Whether all partitions of an asset, or all of those given, were ever materialized."""
        (key,) = self._asked([asset_key])
        wanted = self._partitions(key) if partitions is None else partitions
        return self.instance.get_materialized_partitions(key).issuperset(wanted)

    def get_downstream_partition_keys(
        self, partition_key: str, from_asset_key: AssetKey, to_asset_key: AssetKey
    ) -> Sequence[str]:
        """The partitions of an asset that are made from a partition of another."""
        from datetime import UTC, datetime  # noqa: PLC0415

        from tidemill.automation.slices import SliceMap  # noqa: PLC0415  (few sensors ask)
        from tidemill.definitions.partitions.partitions import World  # noqa: PLC0415

        graph = AssetGraph.build(self.definitions.project())
        slices = SliceMap(graph, World(datetime.now(UTC), self._dynamic_keys()))
        below = slices.below(to_asset_key, from_asset_key, frozenset([partition_key]))
        return sorted(key for key in below if key is not None)

    def _dynamic_keys(self) -> Mapping[str, Sequence[str]]:
        return {} if self._instance is None else self._instance.home.store.dynamic_keys()

    # Moving on

    def advance_cursor(
        self, materialization_records_by_key: Mapping[AssetKey, EventLogRecord | None]
    ) -> None:
        """Say which event of each asset was handled; None leaves its cursor."""
        for asset_key, record in materialization_records_by_key.items():
            (key,) = self._asked([asset_key])
            if record is not None:
                self._moved[key] = self._behind(key, record)

    def advance_all_cursors(self) -> None:
        """Say that all events of all assets were handled."""
        for key in self.asset_keys:
            records = self.instance.fetch_materializations(key, limit=1).records
            if records:
                self._moved[key] = AssetCursor(records[0].partition_key, records[0].storage_id)
            else:
                self._moved[key] = self._cursor_of(key)

    def update_cursor_after_evaluation(self) -> None:
        """Let the cursors count that were moved."""
        if self._moved:
            self._cursors = {**self._cursors, **self._moved}
            self._moved = {}
            self.update_cursor(_written(self._cursors))

    def _behind(self, key: AssetKey, record: EventLogRecord) -> AssetCursor:
        """The cursor of an asset once a record was handled, with what that leaves behind."""
        before = self._moved.get(key, self._cursor_of(key))
        left = dict(before.left)
        place, partition = before.place, before.partition
        if record.storage_id > place:
            for passed in self._after(key, place):
                if passed.storage_id < record.storage_id and passed.partition_key is not None:
                    left[passed.partition_key] = passed.storage_id
            place, partition = record.storage_id, record.partition_key
        handled = record.partition_key
        if handled is not None and left.get(handled, 0) <= record.storage_id:
            left.pop(handled, None)
        return AssetCursor(partition, place, left)

    def _after(self, key: AssetKey, place: int, limit: int | None = None) -> list[EventLogRecord]:
        found: list[EventLogRecord] = []
        cursor = str(place)
        while limit is None or len(found) < limit:
            page = self.instance.fetch_materializations(key, limit or PAGE, cursor, ascending=True)
            found += page.records
            cursor = page.cursor
            if not page.has_more:
                break
        return found[:limit]

    def _cursor_of(self, key: AssetKey) -> AssetCursor:
        return self._cursors.get(key, AssetCursor())

    def _partitions(self, key: AssetKey) -> list[str]:
        project = self.definitions.project()
        spec = project.sources.get(key)
        partitions = (
            project.units[project.producers[key]].partitions
            if key in project.producers
            else spec.partitions_def
            if spec is not None
            else None
        )
        if partitions is None:
            raise _misused(key, "an asset without partitions", "a partitioned asset")
        return list(partitions.get_partition_keys(dynamic_partitions_store=self._instance))

    def _asked(self, keys: Sequence[AssetKey | None] | None) -> list[AssetKey]:
        if keys is None:
            return list(self.asset_keys)
        asked = [AssetKey.from_coercible(key) for key in keys]
        for key in asked:
            if key not in self.asset_keys:
                raise _misused(key, "an asset that the sensor does not monitor", "one of monitored_assets")
        return asked


def _misused(key: AssetKey, found: str, expected: str) -> InvalidInvocationError:
    name = key.to_user_string()
    return InvalidInvocationError(
        f"The context was asked about {name!r}", subject=name, found=found, expected=expected
    )


def _keys(monitored: Any, definitions: Definitions | None) -> list[AssetKey]:
    """The assets that are monitored."""
    if isinstance(monitored, (list, tuple)) and all(isinstance(key, (AssetKey, str)) for key in monitored):
        return [AssetKey.from_coercible(key) for key in monitored]
    from tidemill.planning.selection import AssetSelection  # noqa: PLC0415

    if definitions is None:
        raise InvalidInvocationError(
            "A selection of assets needs the definitions that it selects from",
            subject="monitored_assets",
            found=repr(monitored),
            expected="definitions=, or a list of asset keys",
        )
    graph = AssetGraph.build(definitions.project())
    return sorted(AssetSelection.from_coercible(monitored).resolve(graph))


def _read(cursor: str | None) -> dict[AssetKey, AssetCursor]:
    if not cursor:
        return {}
    import json  # noqa: PLC0415

    try:
        return {AssetKey.from_text(text): AssetCursor(*given) for text, given in json.loads(cursor).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidInvocationError(
            "Not the cursor of a sensor of several assets",
            subject="cursor",
            found=cursor,
            expected="what the context of such a sensor gave",
        ) from error


def _written(cursors: Mapping[AssetKey, AssetCursor]) -> str:
    import json  # noqa: PLC0415

    return json.dumps({key.text: cursor for key, cursor in sorted(cursors.items())})


def build_multi_asset_sensor_context(
    *,
    monitored_assets: Any,
    repository_def: Definitions | None = None,
    instance: DagsterInstance | None = None,
    cursor: str | None = None,
    repository_name: str | None = None,
    cursor_from_latest_materializations: bool = False,
    resources: Mapping[str, Any] | None = None,
    definitions: Definitions | None = None,
    last_sensor_start_time: float | None = None,
) -> MultiAssetSensorEvaluationContext:
    """A context to call a `multi_asset_sensor` with, in a test.

    Args:
        monitored_assets: Keys, or a selection.
        instance: The store.
        cursor: What a context gave before.
        repository_name: Name of the project.
        cursor_from_latest_materializations: Whether all that there is counts as handled.
        resources: Key → resource.
        repository_def, definitions: The definitions that the sensor is of.
        last_sensor_start_time: When the sensor was switched on, in seconds since 1970.

    Raises:
        InvalidInvocationError: A cursor and `cursor_from_latest_materializations`, or a selection without definitions.
    """
    if cursor is not None and cursor_from_latest_materializations:
        raise InvalidInvocationError(
            "build_multi_asset_sensor_context was given two cursors",
            subject="cursor",
            found=f"cursor={cursor!r} and cursor_from_latest_materializations=True",
            expected="one of the two",
        )
    context = MultiAssetSensorEvaluationContext(
        monitored_assets=monitored_assets,
        cursor=cursor,
        repository_name=repository_name,
        repository_def=repository_def,
        instance=instance,
        resource_defs=resources,
        definitions=definitions,
        last_sensor_start_time=last_sensor_start_time,
    )
    if cursor_from_latest_materializations:
        context.advance_all_cursors()
        context.update_cursor_after_evaluation()
        context.cursor_updated = False
    return context
