"""Sensors that look at how far assets are behind their freshness policies, one call for each asset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tidemill.automation.facts import Update
from tidemill.compat.instance import DagsterInstance
from tidemill.compat.trigger_contexts import TriggerContext
from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.definitions.conditions.freshness_policies import FreshnessPolicy
from tidemill.definitions.triggers.functions import answers, function_name
from tidemill.definitions.triggers.sensors import DefaultSensorStatus, SensorDefinition, SensorType
from tidemill.definitions.units.signatures import docstring
from tidemill.definitions.values import set_field
from tidemill.execution.automation import data_times
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import AssetSelection


class FreshnessPolicySensorContext(TriggerContext):
    """What the function of a `freshness_policy_sensor` is given, for one asset.

    Args:
        sensor_name: Name of the sensor.
        asset_key: The asset.
        freshness_policy: Its policy.
        minutes_overdue: How far it is behind now; None where it was never made.
        previous_minutes_overdue: How far it was behind at the evaluation before; None where that is not known.
        instance: The store.
        resources: Key → resource.
    """

    def __init__(
        self,
        sensor_name: str,
        asset_key: CoercibleToAssetKey,
        freshness_policy: FreshnessPolicy,
        minutes_overdue: float | None,
        previous_minutes_overdue: float | None,
        instance: DagsterInstance | None,
        resources: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(instance, resources)
        self.sensor_name = sensor_name
        self.asset_key = AssetKey.from_coercible(asset_key)
        self.freshness_policy = freshness_policy
        self.minutes_overdue = minutes_overdue
        self.previous_minutes_overdue = previous_minutes_overdue


def build_freshness_policy_sensor_context(
    sensor_name: str,
    asset_key: CoercibleToAssetKey,
    freshness_policy: FreshnessPolicy,
    minutes_overdue: float | None,
    previous_minutes_overdue: float | None = None,
    instance: DagsterInstance | None = None,
    resources: Mapping[str, Any] | None = None,
) -> FreshnessPolicySensorContext:
    """A context to call a `freshness_policy_sensor` with, in a test; arguments as of `FreshnessPolicySensorContext`."""
    return FreshnessPolicySensorContext(
        sensor_name,
        asset_key,
        freshness_policy,
        minutes_overdue,
        previous_minutes_overdue,
        instance,
        resources,
    )


class FreshnessPolicySensorDefinition(SensorDefinition):
    """A sensor that is called for each asset with a lag, with how far it is behind.

    Args:
        name: Letters, digits and underscores.
        asset_selection: Which assets.
        freshness_policy_sensor_fn: The function; it takes a context, and resources.
        minimum_interval_seconds, description, default_status: As of `SensorDefinition`.
        required_resource_keys: Resources that the function takes from the context.
    """

    watched: Any

    sensor_type = SensorType.FRESHNESS_POLICY

    def __init__(
        self,
        name: str,
        asset_selection: Any,
        freshness_policy_sensor_fn: Callable[..., Any],
        minimum_interval_seconds: int | None = None,
        description: str | None = None,
        default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
        required_resource_keys: set[str] | None = None,
    ) -> None:
        super().__init__(
            name,
            evaluation_fn=freshness_policy_sensor_fn,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description,
            default_status=default_status,
            required_resource_keys=required_resource_keys,
        )
        set_field(self, "watched", AssetSelection.from_coercible(asset_selection))

    def react(self, context: Any) -> Any:
        """What the function gives for each asset."""
        import json  # noqa: PLC0415
        from datetime import UTC, datetime  # noqa: PLC0415

        graph = AssetGraph.build(context.definitions.project())
        store = context.instance.home.store
        now = datetime.now(UTC)
        before = json.loads(context.cursor) if context.cursor else {}
        policies = {
            key: spec.freshness_policy
            for key in sorted(self.watched.resolve(graph))
            if (spec := graph.spec(key)) is not None
            and spec.freshness_policy is not None
            and spec.freshness_policy.maximum_lag_minutes is not None
        }
        latest = {
            key: {part: Update(*update) for part, update in updates.items()}
            for key, updates in store.latest_updates(policies).items()
        }
        times = data_times(store, latest)
        overdue: dict[str, float | None] = {}
        for key, policy in policies.items():
            made = datetime.fromtimestamp(times[key] / 1_000_000, UTC) if key in times else None
            told = policy.minutes_overdue(made, now)
            overdue[key.text] = None if told is None else told.overdue_minutes
            asked = FreshnessPolicySensorContext(
                self.name,
                key,
                policy,
                overdue[key.text],
                before.get(key.text),
                context.instance,
                context.given_resources,
            )
            yield from answers(self.function.call(asked))
        context.update_cursor(json.dumps(overdue))


def freshness_policy_sensor(
    asset_selection: Any,
    *,
    name: str | None = None,
    minimum_interval_seconds: int | None = None,
    description: str | None = None,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
) -> Callable[[Callable[..., Any]], FreshnessPolicySensorDefinition]:
    """Define a sensor that is called for each asset with a lag, with how far it is behind.

    Args:
        asset_selection: Which assets.
        name: The function's where it is not given.
        minimum_interval_seconds, default_status: As of `SensorDefinition`.
        description: For the reader; the docstring where it is not given.

    Raises:
        InvalidDefinitionError: As of `SensorDefinition`.
    """

    def define(fn: Callable[..., Any]) -> FreshnessPolicySensorDefinition:
        return FreshnessPolicySensorDefinition(
            name or function_name(fn, "sensor"),
            asset_selection,
            fn,
            minimum_interval_seconds,
            description or docstring(fn),
            default_status,
        )

    return define
