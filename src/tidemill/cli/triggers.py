"""What starts jobs by itself, as commands tell of it: how many there are, what is wrong, and that they wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tidemill.cli.formats import plural
from tidemill.core.errors import InvalidDefinitionError, TidemillError
from tidemill.core.suggest import did_you_mean

if TYPE_CHECKING:
    from tidemill.definitions.project import Project
    from tidemill.planning.graph import AssetGraph


def counted_triggers(project: Project) -> dict[str, int]:
    """How many schedules, sensors and automation conditions there are."""
    conditions = [
        *(output.spec.automation_condition for unit in project.units.values() for output in unit.outputs),
        *(check.automation_condition for unit in project.units.values() for check in unit.checks),
        *(source.automation_condition for source in project.sources.values()),
    ]
    return {
        "schedule": len(project.schedules),
        "sensor": len(project.sensors),
        "automation condition": sum(condition is not None for condition in conditions),
    }


def waiting_note(counts: Mapping[str, int]) -> str | None:
    """That nothing fires them, where there are any."""
    listed = [plural(count, name) for name, count in counts.items() if count]
    if not listed:
        return None
    several = ", ".join(listed[:-1]) + " and " + listed[-1] if len(listed) > 1 else listed[0]
    return (
        f"{several}: this version starts nothing by itself."
        " Until the next one does, start runs with `tidemill materialize` or `tidemill refresh`."
    )


def trigger_problems(project: Project, graph: AssetGraph) -> Iterator[TidemillError]:
    """What keeps a schedule or sensor from working: resources, selections and partitions that are not there."""
    from tidemill.planning.partitioned_jobs import resolved_schedule
    from tidemill.planning.selection import resolve_selection

    for trigger in (*project.schedules.values(), *project.sensors.values()):
        try:
            resolved = resolved_schedule(trigger, graph)
            if trigger.targets.selection is not None:
                resolve_selection(trigger.targets.selection, graph)
        except TidemillError as error:
            error.problem = f"The {trigger.kind} {trigger.name!r}: {error.problem}"
            yield error
            continue
        for key in sorted(resolved.required_resource_keys - project.resources.keys()):
            yield InvalidDefinitionError(
                f"The resource with key {key!r}, required by the {trigger.kind} {trigger.name!r}, was not provided",
                subject=key,
                found=", ".join(project.resources) or "no resources were provided",
                expected=f"a resource under the key {key!r}",
                next_step=did_you_mean(key, project.resources) or f"give it: resources={{{key!r}: …}}",
            )
