"""The context of one tick of a sensor, with all that its kinds ask of the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tidemill.automation.cursors import AutomationCursor
from tidemill.compat.asset_watching import MultiAssetSensorEvaluationContext
from tidemill.compat.automation import evaluate_now, requests_of
from tidemill.compat.instance import DagsterInstance
from tidemill.compat.records import EventLogRecord
from tidemill.compat.run_status import RunStatusSensorContext, status_changes
from tidemill.compat.trigger_contexts import SensorEvaluationContext
from tidemill.core.errors import InvalidSubsetError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.conditions.conditions import AutomationCondition
from tidemill.definitions.definitions import Definitions
from tidemill.definitions.triggers.requests import RunRequest
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import AssetSelection


class SensorTick(SensorEvaluationContext):
    """What `evaluate_tick` of any sensor is given."""

    def newest_materialization(self, asset_key: AssetKey) -> EventLogRecord | None:
        """The newest materialization of an asset, if the cursor has not passed it."""
        records = self.instance.fetch_materializations(asset_key, limit=1).records
        passed = int(self.cursor) if self.cursor else 0
        return records[0] if records and records[0].storage_id > passed else None

    def watching(self, monitored_assets: Any) -> MultiAssetSensorEvaluationContext:
        """The same, for a sensor that looks at several assets."""
        return MultiAssetSensorEvaluationContext(
            monitored_assets=monitored_assets,
            last_tick_completion_time=self.last_tick_completion_time,
            last_run_key=self.last_run_key,
            cursor=self.cursor,
            repository_name=self.repository_name,
            instance=self._instance,
            resource_defs=self._given,
            definitions=self._definitions,
            last_sensor_start_time=self.last_sensor_start_time,
            sensor_name=self._name,
        )

    def newest_event(self) -> int:
        """The place of the newest event of the store."""
        return self.instance.home.store.newest_event()

    def latest_verdict(self, key: AssetCheckKey) -> tuple[float, bool, Mapping[str, Any]] | None:
        """When a check last gave its verdict (seconds since 1970), which, and its metadata."""
        found = self.instance.home.store.checks(asset=key.asset_key, name=key.name, limit=1)
        return (found[0].at / 1_000_000, found[0].check.passed, found[0].check.metadata) if found else None

    def evaluate_conditions(
        self, selection: Any, default: AutomationCondition | None
    ) -> tuple[list[RunRequest], str]:
        """The runs that the conditions of some assets request now, and the cursor afterwards."""
        graph = AssetGraph.build(self.definitions.project())
        before = AutomationCursor.from_json(self.cursor) if self.cursor else None
        evaluation = evaluate_now(graph, self.instance, selection, datetime.now(UTC), before, default)
        cursor = evaluation.cursor.to_json()
        self.update_cursor(cursor)
        return requests_of(evaluation, graph), cursor

    def status_changes(
        self, run_status: Any, monitored: tuple[str, ...] | None, after: int
    ) -> Iterator[tuple[int, RunStatusSensorContext | None]]:
        """Place of each event that brought a run to a status, with the context of those of the jobs monitored."""
        return status_changes(self, run_status, monitored, after)

    def selected_keys(self, selection: Any, requested: Iterable[AssetKey] | None) -> list[AssetKey]:
        """The assets of a request: those that it names, else all of the selection.

        Raises:
            InvalidSubsetError: It names an asset that is not selected.
        """
        chosen = AssetSelection.from_coercible(selection).resolve(self.definitions)
        wanted = sorted(chosen) if requested is None else list(requested)
        for key in wanted:
            if key not in chosen:
                raise InvalidSubsetError(
                    f"A request names the asset {key.to_user_string()!r}, which its sensor does not run",
                    subject=key.to_user_string(),
                    found=key.to_user_string(),
                    expected=", ".join(sorted(one.to_user_string() for one in chosen)) or "no assets",
                )
        return wanted


def build_sensor_context(
    instance: DagsterInstance | None = None,
    cursor: str | None = None,
    repository_name: str | None = None,
    repository_def: Definitions | None = None,
    sensor_name: str | None = None,
    resources: Mapping[str, Any] | None = None,
    definitions: Definitions | None = None,
    instance_ref: Any = None,
    last_sensor_start_time: float | None = None,
) -> SensorTick:
    """A context to call a sensor with, in a test.

    Args:
        instance: Behind `context.instance`.
        cursor: Behind `context.cursor`.
        repository_name: Name of the project.
        repository_def, definitions: The definitions that the sensor is of.
        sensor_name: Behind `context.sensor_name`.
        resources: Key → resource.
        instance_ref: Not in Tidemill; None.
        last_sensor_start_time: When the sensor was switched on, in seconds since 1970.

    Example:
        >>> with build_sensor_context(cursor="17") as context:
        ...     context.cursor
        '17'
    """
    return SensorTick(
        instance_ref,
        cursor=cursor,
        repository_name=repository_name,
        repository_def=repository_def,
        instance=instance,
        sensor_name=sensor_name,
        resources=resources,
        definitions=definitions,
        last_sensor_start_time=last_sensor_start_time,
    )
