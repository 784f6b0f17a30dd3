"""Which sensor evaluates which conditions: those that the user wrote, and the default one for all others."""

from __future__ import annotations

from collections.abc import Mapping

from tidemill.automation.facts import EntityKey
from tidemill.automation.needs import conditions_of
from tidemill.core.keys import AssetCheckKey
from tidemill.definitions.triggers.automation_sensors import AutomationConditionSensorDefinition
from tidemill.definitions.triggers.sensors import DEFAULT_CONDITION_SENSOR, DefaultSensorStatus
from tidemill.planning.expressions import Checks, Keys
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import AssetSelection, resolve_selection


def condition_sensors(
    graph: AssetGraph,
) -> Mapping[AutomationConditionSensorDefinition, tuple[EntityKey, ...]]:
    """Sensor → the assets and checks whose conditions it evaluates; each belongs to the first that selects it.

    Those that no sensor selects belong to a default one, which is on.
    """
    left = list(conditions_of(graph))
    found: dict[AutomationConditionSensorDefinition, tuple[EntityKey, ...]] = {}
    for sensor in graph.project.sensors.values():
        if not isinstance(sensor, AutomationConditionSensorDefinition):
            continue
        chosen = resolve_selection(sensor.asset_selection, graph)
        mine = [
            key for key in left if key in (chosen.checks if isinstance(key, AssetCheckKey) else chosen.assets)
        ]
        found[sensor] = tuple(mine)
        left = [key for key in left if key not in mine]
    if left:
        assets = tuple(key for key in left if not isinstance(key, AssetCheckKey))
        checks = tuple(key for key in left if isinstance(key, AssetCheckKey))
        selection = AssetSelection(Keys(assets)).without_checks() | AssetSelection(Checks(checks))
        default = AutomationConditionSensorDefinition(
            DEFAULT_CONDITION_SENSOR, target=selection, default_status=DefaultSensorStatus.RUNNING
        )
        found[default] = tuple(left)
    return found
