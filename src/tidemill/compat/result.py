"""What `materialize` and `execute_in_process` give back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidemill.compat.evaluations import AssetCheckEvaluation
from tidemill.compat.events import (
    About,
    DagsterEvent,
    DagsterEventType,
    StepFailureData,
    materialization_of,
    observation_of,
    synthesise,
)
from tidemill.compat.runs import DagsterRun
from tidemill.compat.standing import about
from tidemill.core.errors import StepNotFoundError
from tidemill.core.events import Materialized, Observed, Passed, StepReused, StepSucceeded
from tidemill.core.keys import AssetKey, StepKey
from tidemill.core.records import RunState, Version
from tidemill.core.suggest import did_you_mean
from tidemill.definitions.results import AssetMaterialization, AssetObservation
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.execution.runs import Outcome
from tidemill.home import Home
from tidemill.work.orders import slices_of
from tidemill.work.surroundings import JobAround


class ExecuteInProcessResult:
    """A finished run: its status, its events, and the values of its assets.

    The values of a run without an instance live as long as this object does.
    """

    def __init__(self, outcome: Outcome, home: Home) -> None:
        self.outcome = outcome
        self.home = home
        self._told: list[DagsterEvent] | None = None

    @property
    def success(self) -> bool:
        """Whether no step failed and nobody canceled the run."""
        return self.outcome.status == "succeeded"

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self.outcome.run.id

    @property
    def dagster_run(self) -> DagsterRun:
        """The run."""
        return DagsterRun(RunState(self.outcome.run, 0, self.outcome.status))

    @property
    def job_def(self) -> JobAround:
        """The job, by its name and tags."""
        return JobAround(self.outcome.run.job_name, self.outcome.run.tags)

    @property
    def reused(self) -> dict[str, str]:
        """Of a refresh: the steps that did not run, each with the reason: `up to date`, or which version came back."""
        return {event.step: event.reason for event in self.outcome.events if isinstance(event, StepReused)}

    # Events

    @property
    def _about(self) -> About:
        return about(self.home, self.outcome.run)

    @property
    def all_events(self) -> list[DagsterEvent]:
        """Every event since the run began, in order."""
        planned = DagsterEventType.ASSET_MATERIALIZATION_PLANNED
        return [event for event in self._all if event.event_type != planned]

    @property
    def _all(self) -> list[DagsterEvent]:
        """Every event, what the run set out to make among them, which is recorded before it begins."""
        if self._told is None:
            self._told = synthesise(self.outcome.events, self.outcome.run.job_name, self._about)
        return self._told

    @property
    def all_node_events(self) -> list[DagsterEvent]:
        """Every event of a step."""
        return [event for event in self.all_events if event.is_step_event]

    def filter_events(self, event_filter: Callable[[DagsterEvent], bool]) -> list[DagsterEvent]:
        """Events that the function says yes to."""
        return [event for event in self.all_events if event_filter(event)]

    def events_for_node(self, node_name: str) -> list[DagsterEvent]:
        """Events of one step; none of one that the run left out.

        Raises:
            StepNotFoundError: Nothing is defined by that name.
        """
        if self.outcome.values.knows(node_name):
            return [event for event in self.all_events if event.node_name == node_name]
        node = self._node(node_name)
        within = f"{node}."
        return [
            event
            for event in self.all_events
            if event.node_name == node or (event.node_name or "").startswith(within)
        ]

    def _of_type(self, kind: DagsterEventType) -> list[DagsterEvent]:
        return [event for event in self._all if event.event_type == kind]

    def get_asset_materialization_events(self) -> list[DagsterEvent]:
        """One for each version that was made."""
        return self._of_type(DagsterEventType.ASSET_MATERIALIZATION)

    def get_asset_materialization_planned_events(self) -> list[DagsterEvent]:
        """One for each version that the run set out to make."""
        return self._of_type(DagsterEventType.ASSET_MATERIALIZATION_PLANNED)

    def get_asset_observation_events(self) -> list[DagsterEvent]:
        """One for each observation."""
        return self._of_type(DagsterEventType.ASSET_OBSERVATION)

    def get_asset_check_evaluations(self) -> list[AssetCheckEvaluation]:
        """The verdict of every check that ran."""
        return [event.event_specific_data for event in self._of_type(DagsterEventType.ASSET_CHECK_EVALUATION)]

    def get_step_success_events(self) -> list[DagsterEvent]:
        """One for each step that succeeded."""
        return self._of_type(DagsterEventType.STEP_SUCCESS)

    def get_step_failure_events(self) -> list[DagsterEvent]:
        """One for each step that failed."""
        return self._of_type(DagsterEventType.STEP_FAILURE)

    def get_step_skipped_events(self) -> list[DagsterEvent]:
        """One for each step that was skipped."""
        return self._of_type(DagsterEventType.STEP_SKIPPED)

    def get_failed_step_keys(self) -> set[str]:
        """Names of the steps that failed."""
        return {event.step_key for event in self.get_step_failure_events() if event.step_key is not None}

    def get_run_success_event(self) -> DagsterEvent:
        """The event that says that the run succeeded.

        Raises:
            StepNotFoundError: It did not.
        """
        return self._one(DagsterEventType.RUN_SUCCESS)

    def get_run_failure_event(self) -> DagsterEvent:
        """The event that says that the run failed.

        Raises:
            StepNotFoundError: It did not.
        """
        return self._one(DagsterEventType.RUN_FAILURE)

    get_job_success_event = get_run_success_event
    get_job_failure_event = get_run_failure_event

    def _one(self, kind: DagsterEventType) -> DagsterEvent:
        found = self._of_type(kind)
        if not found:
            raise StepNotFoundError(
                f"The run has no event {kind.value}",
                subject=self.run_id,
                found=f"a run that {self.outcome.status}",
                expected=kind.value,
            )
        return found[0]

    # Nodes

    def is_node_success(self, node_str: str) -> bool:
        """Whether the step succeeded."""
        return any(event.is_step_success for event in self.events_for_node(node_str))

    def is_node_failed(self, node_str: str) -> bool:
        """Whether the step failed."""
        return any(event.is_step_failure for event in self.events_for_node(node_str))

    def is_node_skipped(self, node_str: str) -> bool:
        """Whether the step was skipped."""
        return any(event.is_step_skipped for event in self.events_for_node(node_str))

    def is_node_untouched(self, node_str: str) -> bool:
        """Whether nothing happened to the step: it was not started because something that it needs failed."""
        return not self.events_for_node(node_str)

    def retry_attempts_for_node(self, node_str: str) -> int:
        """How often the step was started again."""
        events = self.events_for_node(node_str)
        return sum(event.event_type == DagsterEventType.STEP_RESTARTED for event in events)

    def failure_data_for_node(self, node_str: str) -> StepFailureData | None:
        """Why the step failed, or None."""
        for event in self.events_for_node(node_str):
            if event.is_step_failure:
                return event.event_specific_data  # type: ignore[no-any-return]
        return None

    def expectation_results_for_node(self, node_str: str) -> list[Any]:
        """Results of expectations: Tidemill has checks instead, so there are none."""
        self._node(node_str)
        return []

    def asset_materializations_for_node(self, node_name: str) -> list[AssetMaterialization]:
        """What the step materialized."""
        node = self._node(node_name)
        return [
            materialization_of(event.version, self._about)
            for event in self.outcome.events
            if isinstance(event, Materialized) and event.step == node
        ]

    def asset_observations_for_node(self, node_name: str) -> list[AssetObservation]:
        """What the step observed."""
        node = self._node(node_name)
        return [
            observation_of(event.observation)
            for event in self.outcome.events
            if isinstance(event, Observed) and event.step == node
        ]

    def _node(self, node_name: str) -> str:
        known = [step.name for step in self.outcome.plan.steps]
        if node_name not in known and not any(name.startswith(f"{node_name}.") for name in known):
            raise StepNotFoundError(
                f"The run has no step {node_name!r}",
                subject=node_name,
                found=node_name,
                expected=", ".join(known[:20]),
                next_step=did_you_mean(node_name, known),
            )
        return node_name

    # Values

    def asset_value(self, asset_key: object) -> Any:
        """The value that this run gave to an asset; of one that was up to date, the value that it has.

        Of several partitions, it is a dict by key; where an I/O manager took one value for all of them, it is that one.

        Raises:
            StepNotFoundError: The run made no version of it.
            ValueNotStoredError: It made one without a value.
        """
        key = AssetKey.from_coercible(asset_key)
        versions = {version.partition: version for version in self._versions() if version.asset == key}
        if not versions and any(self._makes(step, key) for step in self.reused):
            slices = self._slices(key)
            load = self.outcome.values.load_latest
            return load(key, slices[0]) if len(slices) == 1 else {each: load(key, each) for each in slices}
        if not versions:
            made = [v.asset.to_user_string() for v in self._versions()]
            raise StepNotFoundError(
                f"The run made no version of {key.to_user_string()!r}",
                subject=key.to_user_string(),
                found=", ".join(made) or "no versions at all",
                expected=key.to_user_string(),
                next_step=did_you_mean(key.to_user_string(), made),
            )
        values = {partition: self.outcome.values.load_version(each) for partition, each in versions.items()}
        first = next(iter(values.values()))
        handed = all(map(self.outcome.values.was_handed, versions.values()))
        one = len(values) == 1 or (handed and all(value is first for value in values.values()))
        return first if one else values

    def output_for_node(self, node_str: str, output_name: str = "result") -> Any:
        """The value of an output of a step, or of a graph; of one that is mapped or dynamic, a dict by mapping key.

        Raises:
            StepNotFoundError: No such step or output, or the step did not give it.
        """
        node = self._node(node_str)
        if all(step.name != node for step in self.outcome.plan.steps):
            return self._of_graph(node, output_name)
        unit = self.outcome.values.unit(node)
        if any(output.name == output_name for output in unit.passed):
            return self._passed(unit, output_name)
        for output in unit.outputs:
            if output.name == output_name:
                return self.asset_value(output.spec.key)
        raise StepNotFoundError(
            f"Step {node!r} has no output {output_name!r}",
            subject=node,
            found=output_name,
            expected=", ".join(output.name for output in unit.gives) or "no outputs",
        )

    def output_value(self, output_name: str = "result") -> Any:
        """The value of an output of the graph that was run.

        Raises:
            StepNotFoundError: It has no such output, or it was not given.
        """
        return self._of_graph("", output_name)

    def _of_graph(self, path: str, output_name: str) -> Any:
        """The value of an output of a graph within the run; of the whole where the path is empty."""
        steps = [step.name for step in self.outcome.plan.steps]
        whole = self.outcome.values.whole(steps[0]) if steps else None
        for step in steps if path else ():
            if step.startswith(f"{path}."):
                whole = self.outcome.values.whole(step)
        results = whole.results if whole is not None else {}
        source = results.get((path, output_name))
        if source is None:
            raise StepNotFoundError(
                f"{path or self.outcome.run.job_name!r} has no output {output_name!r}",
                subject=path,
                found=output_name,
                expected=", ".join(name for where, name in results if where == path) or "no outputs",
                next_step="return it from the body of the graph",
            )
        value = self.output_for_node(source.step, source.output)
        return list(value.values()) if source.how == "all" else value

    def _passed(self, unit: ComputeUnit, output_name: str) -> Any:
        """The value of an output that is no asset."""
        ends = {e.step: e.attempt for e in self.outcome.events if isinstance(e, StepSucceeded)}
        found: dict[tuple[str, str | None], Any] = {
            (event.step, event.value.mapping): event.value
            for event in self.outcome.events
            if isinstance(event, Passed)
            and StepKey.unit_of(event.step) == unit.name
            and event.value.output == output_name
            and ends.get(event.step) == event.attempt
        }
        load = self.outcome.values.load_passed
        dynamic = any(output.dynamic for output in unit.passed if output.name == output_name)
        if dynamic and unit.over is None:
            return {mapping: load(value) for (_, mapping), value in found.items()}
        if unit.over is not None:
            return {step[len(unit.name) + 1 : -1]: load(value) for (step, _), value in found.items()}
        if not found:
            raise StepNotFoundError(
                f"Step {unit.name!r} did not give the output {output_name!r}",
                subject=unit.name,
                found="no value",
                expected=output_name,
            )
        return load(next(iter(found.values())))

    def _versions(self) -> list[Version]:
        return [event.version for event in self.outcome.events if isinstance(event, Materialized)]

    def _makes(self, step: str, key: AssetKey) -> bool:
        return any(output.asset == key for output in self.outcome.values.unit(step).outputs)

    def _slices(self, key: AssetKey) -> tuple[str | None, ...]:
        """The slices of an asset that the run is of."""
        step = next(step for step in self.outcome.plan.steps if self._makes(step.name, key))
        return slices_of(step.key)

    def _repr_html_(self) -> str:
        """How a notebook shows it: a line for each asset, metadata and figures."""
        from tidemill.compat.notebook import page  # noqa: PLC0415  (only where somebody looks)

        outcome = self.outcome
        names = [step.name for step in outcome.plan.steps]
        return page(names, outcome.events, outcome.status, outcome.values.load_version)

    def __repr__(self) -> str:
        made = ", ".join(version.asset.to_user_string() for version in self._versions())
        return f"<{type(self).__name__} {self.outcome.status}: {made or 'nothing materialized'}>"
