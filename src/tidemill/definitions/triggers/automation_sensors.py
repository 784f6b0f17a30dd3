"""The sensor that evaluates automation conditions: which ones, how often, and with which tags on the runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidemill.core.errors import InvalidInvocationError
from tidemill.definitions.arguments import refuse_unknown
from tidemill.definitions.conditions.conditions import AutomationCondition, valid_condition
from tidemill.definitions.triggers.requests import Tick, text_tags
from tidemill.definitions.triggers.sensors import DefaultSensorStatus, SensorDefinition, SensorType
from tidemill.definitions.values import set_field


class AutomationConditionSensorDefinition(SensorDefinition):
    """Evaluates the conditions of some assets, apart from those of the others.

    Args:
        name: Letters, digits and underscores.
        target: Whose conditions: a selection.
        tags: Labels of the sensor.
        run_tags: Tags of the runs that it starts.
        default_status: Whether it is on where nobody has switched it.
        minimum_interval_seconds: Between two evaluations, at least; 30 where it is not given.
        description: For the reader.
        metadata: Facts about it.
        emit_backfills: Whether what it requests of several partitions may become one backfill.
        use_user_code_server: Conditions of your own are evaluated either way.
        default_condition: Of assets that have none.

    Raises:
        InvalidDefinitionError: An argument is of the wrong type.

    Example:
        >>> AutomationConditionSensorDefinition("models", target="group:models").minimum_interval_seconds
        30
    """

    run_tags: Mapping[str, str]
    emit_backfills: bool
    use_user_code_server: bool
    default_condition: AutomationCondition | None

    sensor_type = SensorType.AUTOMATION

    def __init__(
        self,
        name: str,
        *,
        target: Any,
        tags: Mapping[str, Any] | None = None,
        run_tags: Mapping[str, Any] | None = None,
        default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
        minimum_interval_seconds: int | None = None,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        emit_backfills: bool = True,
        use_user_code_server: bool = False,
        default_condition: AutomationCondition | None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs:
            refuse_unknown("AutomationConditionSensorDefinition", kwargs, ("target", "tags", "run_tags"))
        super().__init__(
            name,
            evaluation_fn=_no_function,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description,
            default_status=default_status,
            asset_selection=target,
            tags=tags,
            metadata=metadata,
        )
        set_field(self, "run_tags", text_tags(f"sensor {name!r}", run_tags))
        set_field(self, "emit_backfills", emit_backfills)
        set_field(self, "use_user_code_server", use_user_code_server)
        set_field(self, "default_condition", valid_condition(f"sensor {name!r}", default_condition))

    def evaluate_tick(self, context: Any) -> Tick:
        """What the conditions request now; the cursor is that of their evaluation.

        Args:
            context: What `build_sensor_context(instance, definitions=…)` gave.
        """
        requests, cursor = context.evaluate_conditions(self.targets.selection, self.default_condition)
        tagged = [self.tagged(request, self.run_tags) for request in requests]
        return Tick(tagged, None if tagged else "no condition requests anything", cursor)


def _no_function() -> None:
    raise InvalidInvocationError(
        "A sensor of conditions has no function to call",
        subject="AutomationConditionSensorDefinition",
        next_step="call .evaluate_tick(context), or evaluate_automation_conditions(defs, instance)",
    )
