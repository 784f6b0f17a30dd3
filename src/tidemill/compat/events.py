"""The event vocabulary of the compatible interface, synthesised from Tidemill's own few events.

A step that left three rows in the log (started, materialized, succeeded) is told here as the kinds that programs
look for: step start, loaded input, step input, step output, materialization, handled output, step success.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from tidemill.compat.evaluations import AssetCheckEvaluation, FindTarget, evaluation_of
from tidemill.compat.names import spelled
from tidemill.core.events import (
    Checked,
    Event,
    HookRan,
    Materialized,
    Observed,
    OutputRecord,
    Passed,
    RunCanceled,
    RunCreated,
    RunFailed,
    RunStarted,
    RunSucceeded,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSucceeded,
)
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import MEMORY, ErrorInfo, External, Observation, Version
from tidemill.definitions.results import AssetMaterialization, AssetObservation
from tidemill.definitions.units.unit import DEFAULT_IO_MANAGER

_STEP_ERROR = "DagsterExecutionStepExecutionError"


class DagsterEventType(str, Enum):  # noqa: UP042  (as text it is `DagsterEventType.X`, as programs have it)
    """Kinds of events; those of runs keep their historical spelling."""

    STEP_OUTPUT = "STEP_OUTPUT"
    STEP_INPUT = "STEP_INPUT"
    STEP_FAILURE = "STEP_FAILURE"
    STEP_START = "STEP_START"
    STEP_SUCCESS = "STEP_SUCCESS"
    STEP_SKIPPED = "STEP_SKIPPED"
    STEP_UP_FOR_RETRY = "STEP_UP_FOR_RETRY"
    STEP_RESTARTED = "STEP_RESTARTED"
    ASSET_MATERIALIZATION = "ASSET_MATERIALIZATION"
    ASSET_MATERIALIZATION_PLANNED = "ASSET_MATERIALIZATION_PLANNED"
    ASSET_OBSERVATION = "ASSET_OBSERVATION"
    ASSET_CHECK_EVALUATION = "ASSET_CHECK_EVALUATION"
    RUN_ENQUEUED = "PIPELINE_ENQUEUED"
    RUN_START = "PIPELINE_START"
    RUN_SUCCESS = "PIPELINE_SUCCESS"
    RUN_FAILURE = "PIPELINE_FAILURE"
    RUN_CANCELED = "PIPELINE_CANCELED"
    PIPELINE_ENQUEUED = "PIPELINE_ENQUEUED"  # noqa: PIE796  (another name of the same)
    PIPELINE_START = "PIPELINE_START"  # noqa: PIE796  (another name of the same)
    PIPELINE_SUCCESS = "PIPELINE_SUCCESS"  # noqa: PIE796  (another name of the same)
    PIPELINE_FAILURE = "PIPELINE_FAILURE"  # noqa: PIE796  (another name of the same)
    PIPELINE_CANCELED = "PIPELINE_CANCELED"  # noqa: PIE796  (another name of the same)
    RESOURCE_INIT_STARTED = "RESOURCE_INIT_STARTED"
    RESOURCE_INIT_SUCCESS = "RESOURCE_INIT_SUCCESS"
    ENGINE_EVENT = "ENGINE_EVENT"
    LOADED_INPUT = "LOADED_INPUT"
    HANDLED_OUTPUT = "HANDLED_OUTPUT"
    HOOK_COMPLETED = "HOOK_COMPLETED"
    HOOK_ERRORED = "HOOK_ERRORED"
    LOGS_CAPTURED = "LOGS_CAPTURED"


class StepMaterializationData(NamedTuple):
    """Of ASSET_MATERIALIZATION."""

    materialization: AssetMaterialization


class AssetMaterializationPlannedData(NamedTuple):
    """Of ASSET_MATERIALIZATION_PLANNED."""

    asset_key: AssetKey
    partition: str | None = None


class AssetObservationData(NamedTuple):
    """Of ASSET_OBSERVATION."""

    asset_observation: AssetObservation


class UserFailureData(NamedTuple):
    """What a raised `Failure` carried."""

    label: str
    description: str | None
    metadata: Mapping[str, MetadataValue]


class StepFailureData(NamedTuple):
    """Of STEP_FAILURE."""

    error: ErrorInfo
    user_failure_data: UserFailureData | None = None

    @property
    def error_display_string(self) -> str:
        """The error as text."""
        return self.error.to_string()


class StepRetryData(NamedTuple):
    """Of STEP_UP_FOR_RETRY."""

    error: ErrorInfo
    seconds_to_wait: float


class StepOutputHandle(NamedTuple):
    """Which output of which step."""

    step_key: str
    output_name: str = "result"
    mapping_key: str | None = None


class TypeCheckData(NamedTuple):
    """That a value is of its type: a step with one that is not has failed."""

    label: str
    success: bool = True
    description: str | None = None
    metadata: Mapping[str, MetadataValue] = {}


class StepOutputData(NamedTuple):
    """Of STEP_OUTPUT and HANDLED_OUTPUT; `manager_key` is that of the I/O manager, where one was asked."""

    step_output_handle: StepOutputHandle
    metadata: Mapping[str, MetadataValue] = {}
    manager_key: str | None = None

    @property
    def type_check_data(self) -> TypeCheckData:
        """The check of its type."""
        return TypeCheckData(self.output_name)

    @property
    def output_name(self) -> str:
        """Name of the output."""
        return self.step_output_handle.output_name

    @property
    def mapping_key(self) -> str | None:
        """Of a dynamic output: under which key the value was given."""
        return self.step_output_handle.mapping_key


class StepInputData(NamedTuple):
    """Of STEP_INPUT."""

    input_name: str


class StepSuccessData(NamedTuple):
    """Of STEP_SUCCESS."""

    duration_ms: float


class RunFailureData(NamedTuple):
    """Of PIPELINE_FAILURE."""

    error: ErrorInfo | None
    failed_steps: tuple[str, ...] = ()


class DagsterEvent:
    """One event of a run.

    Args:
        event_type: Its kind.
        job_name: Of the run.
        step_key: Of the step, or None for an event of the run.
        data: What belongs to the kind.
        message: A sentence about it; by its kind where it is empty.
        timestamp: Seconds since 1970 in UTC.
    """

    __slots__ = ("_message", "event_specific_data", "event_type", "job_name", "step_key", "timestamp")

    def __init__(
        self,
        event_type: DagsterEventType,
        job_name: str,
        timestamp: float,
        step_key: str | None = None,
        data: Any = None,
        message: str = "",
    ) -> None:
        self.event_type = event_type
        self.job_name = job_name
        self.step_key = step_key
        self.event_specific_data = data
        self._message = message
        self.timestamp = timestamp

    @property
    def message(self) -> str:
        """A sentence about it; of a failure, what failed."""
        return self._message or _sentence(self)

    @property
    def event_type_value(self) -> str:
        """The kind's text."""
        return self.event_type.value

    @property
    def node_name(self) -> str | None:
        """Name of the step without its mapping key."""
        return None if self.step_key is None else self.step_key.partition("[")[0]

    @property
    def is_step_event(self) -> bool:
        """Whether it is about a step."""
        return self.step_key is not None

    @property
    def is_failure(self) -> bool:
        """Whether a step or the run failed."""
        return self.event_type in (DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE)

    @property
    def is_run_failure(self) -> bool:
        """Whether the run failed."""
        return self.event_type == DagsterEventType.RUN_FAILURE

    @property
    def is_step_success(self) -> bool:
        """Whether a step succeeded."""
        return self.event_type == DagsterEventType.STEP_SUCCESS

    @property
    def is_step_failure(self) -> bool:
        """Whether a step failed."""
        return self.event_type == DagsterEventType.STEP_FAILURE

    @property
    def is_step_skipped(self) -> bool:
        """Whether a step was skipped."""
        return self.event_type == DagsterEventType.STEP_SKIPPED

    @property
    def is_step_materialization(self) -> bool:
        """Whether an asset was materialized."""
        return self.event_type == DagsterEventType.ASSET_MATERIALIZATION

    is_asset_materialization = is_step_materialization

    @property
    def is_asset_observation(self) -> bool:
        """Whether an asset was observed."""
        return self.event_type == DagsterEventType.ASSET_OBSERVATION

    @property
    def materialization(self) -> AssetMaterialization:
        """Of ASSET_MATERIALIZATION: what was materialized."""
        return self.event_specific_data.materialization  # type: ignore[no-any-return]

    step_materialization_data = property(lambda self: self.event_specific_data)
    step_failure_data = property(lambda self: self.event_specific_data)
    step_success_data = property(lambda self: self.event_specific_data)
    step_output_data = property(lambda self: self.event_specific_data)
    step_retry_data = property(lambda self: self.event_specific_data)
    asset_observation_data = property(lambda self: self.event_specific_data)
    asset_check_evaluation_data = property(lambda self: self.event_specific_data)
    asset_materialization_planned_data = property(lambda self: self.event_specific_data)

    @property
    def asset_key(self) -> AssetKey | None:
        """The asset that it is about, or None."""
        data = self.event_specific_data
        if isinstance(data, StepMaterializationData):
            return data.materialization.asset_key
        if isinstance(data, AssetObservationData):
            return data.asset_observation.asset_key
        if isinstance(data, (AssetMaterializationPlannedData, AssetCheckEvaluation)):
            return data.asset_key
        return None

    @property
    def partition(self) -> str | None:
        """The partition that it is about, or None."""
        data = self.event_specific_data
        if isinstance(data, StepMaterializationData):
            return data.materialization.partition
        if isinstance(data, AssetObservationData):
            return data.asset_observation.partition
        if isinstance(data, (AssetMaterializationPlannedData, AssetCheckEvaluation)):
            return data.partition
        return None

    def __repr__(self) -> str:
        step = f" {self.step_key}" if self.step_key else ""
        return f"<{self.event_type.value}{step}>"


_SENTENCES: Mapping[DagsterEventType, str] = {
    DagsterEventType.RUN_START: "The run of {job} has started.",
    DagsterEventType.RUN_SUCCESS: "The run of {job} has succeeded.",
    DagsterEventType.RUN_FAILURE: "The run of {job} has failed.",
    DagsterEventType.RUN_CANCELED: "The run of {job} was canceled.",
    DagsterEventType.STEP_START: "The step {step} has started.",
    DagsterEventType.STEP_RESTARTED: "The step {step} has started again.",
    DagsterEventType.STEP_SUCCESS: "The step {step} has succeeded.",
    DagsterEventType.STEP_SKIPPED: "The step {step} was skipped.",
    DagsterEventType.STEP_OUTPUT: "The step {step} gave the output {port}.",
    DagsterEventType.HANDLED_OUTPUT: "The output {port} of {step} was stored.",
    DagsterEventType.LOADED_INPUT: "The input {port} of {step} was loaded.",
    DagsterEventType.STEP_INPUT: "The step {step} received the input {port}.",
    DagsterEventType.ASSET_MATERIALIZATION: "{asset} was materialized.",
    DagsterEventType.ASSET_MATERIALIZATION_PLANNED: "{asset} is to be materialized.",
    DagsterEventType.ASSET_OBSERVATION: "{asset} was observed.",
    DagsterEventType.ASSET_CHECK_EVALUATION: "The check {check} of {asset} {verdict}.",
}


def _sentence(event: DagsterEvent) -> str:
    """What an event says of which nothing more is to be said than what it is about."""
    data, asset = event.event_specific_data, event.asset_key
    slice_ = "" if event.partition is None else f" for {event.partition}"
    return _SENTENCES.get(event.event_type, "").format(
        job=event.job_name,
        step=event.step_key,
        port=getattr(data, "output_name", None) or getattr(data, "input_name", None),
        asset="" if asset is None else f"{asset.to_user_string()}{slice_}",
        check=getattr(data, "check_name", None),
        verdict="passed" if getattr(data, "passed", False) else "failed",
    )


class About(NamedTuple):
    """What a store knows beyond the events that are told.

    Attributes:
        find: The place of the version with an id, for verdicts.
        locate: Where the value of a version lies, if the store itself has it.
        planned: By step, what its run set out to make; of a step that is not there, nothing is known.
    """

    find: FindTarget | None = None
    locate: Callable[[Version], str | None] = lambda _: None
    planned: Mapping[str, tuple[AssetKey, ...]] = {}

    def was_planned(self, step: str, asset: AssetKey) -> bool:
        """Whether a step set out to make an asset; otherwise its function said so itself, or a program did."""
        return bool(step) and asset in self.planned.get(step, (asset,))


def materialization_of(version: Version, about: About) -> AssetMaterialization:
    """A version as the compatible interface tells it: provenance among its tags, the place of its value as metadata."""
    metadata, tags = dict(version.metadata), {}
    if about.was_planned(version.step, version.asset):
        place = about.locate(version)
        if place is not None:
            metadata.setdefault("path", MetadataValue.path(place))
        tags["dagster/code_version"] = version.code_version
    if (
        tags or version.data_version != version.id
    ):  # a version that was only told of is often known by its id alone
        tags["dagster/data_version"] = version.data_version
    for ref in version.inputs:
        name = ref.asset.to_user_string()
        tags[f"dagster/input_data_version/{name}"] = ref.data_version
        tags[f"dagster/input_event_pointer/{name}"] = ref.id
    return AssetMaterialization(
        version.asset,
        description=version.description,
        metadata=metadata,
        partition=version.partition,
        tags={**tags, **version.tags},
    )


def observation_of(observation: Observation) -> AssetObservation:
    """An observation as the compatible interface tells it."""
    tags = dict(observation.tags)
    if observation.data_version is not None:
        tags["dagster/data_version"] = observation.data_version
    return AssetObservation(
        observation.asset,
        description=observation.description,
        metadata=observation.metadata,
        partition=observation.partition,
        tags=tags,
    )


def failure_of(error: ErrorInfo, step: str) -> StepFailureData:
    """An error as the compatible interface tells it.

    What the user's code raised is the cause of an error that says which step failed. Ours say so themselves; they have
    the names that programs know.
    """
    if error.description is not None:  # a `Failure`, or a subclass of it, said so itself
        told = UserFailureData("intentional-failure", error.description or None, error.metadata)
        return StepFailureData(error, told)
    if error.message.startswith("tidemill."):  # an error of ours, or `RetryRequested`
        return StepFailureData(error._replace(cls_name=spelled(error.cls_name or "")))
    return StepFailureData(
        ErrorInfo(f"{_STEP_ERROR}: The step {step!r} raised an error\n", (), _STEP_ERROR, error)
    )


class _Story(NamedTuple):
    """What other events say about one: by attempt what it took and gave; which are ops; and what the store knows."""

    about: About
    ops: frozenset[str]
    inputs: Mapping[tuple[str, int], tuple[str, ...]]
    outputs: Mapping[tuple[str, int], Iterator[OutputRecord]]


def synthesise(events: Iterable[Event], job_name: str, about: About | None = None) -> list[DagsterEvent]:
    """All events of a run in the compatible vocabulary, in the order in which it has them."""
    listed = list(events)
    kinds = (StepSucceeded, StepSkipped, StepFailed, StepRetrying)
    ended = [e for e in listed if isinstance(e, kinds) and e.attempt]
    planned = {step.step: step.assets for e in listed if isinstance(e, RunCreated) for step in e.run.steps}
    about = about or About()
    story = _Story(
        about._replace(planned={**about.planned, **planned}),
        frozenset([e.step for e in listed if isinstance(e, Passed)]),
        {(e.step, e.attempt): e.inputs for e in ended},
        {(e.step, e.attempt): iter(e.outputs) for e in ended if isinstance(e, StepSucceeded)},
    )
    return [told for event in _hooks_last(listed) for told in _tell(event, job_name, story)]


def _hooks_last(events: Iterable[Event]) -> Iterator[Event]:
    """What hooks did after the end of their step, as it is told here."""
    held: dict[str, list[Event]] = {}
    for event in events:
        if isinstance(event, HookRan):
            held.setdefault(event.step, []).append(event)
            continue
        yield event
        if isinstance(event, (StepSucceeded, StepSkipped, StepFailed)):
            yield from held.pop(event.step, ())


def _tell(event: Event, job: str, story: _Story) -> Iterator[DagsterEvent]:
    kinds, at = DagsterEventType, event.at / 1_000_000

    def told(kind: DagsterEventType, data: Any = None, message: str = "") -> DagsterEvent:
        return DagsterEvent(kind, job, at, getattr(event, "step", None) or None, data, message)

    if isinstance(event, RunCreated):
        for step in event.run.steps:
            for asset in step.assets:
                planned = AssetMaterializationPlannedData(asset, step.partition)
                yield DagsterEvent(kinds.ASSET_MATERIALIZATION_PLANNED, job, at, step.step, planned)
    elif isinstance(event, RunStarted):
        for kind in (
            kinds.RUN_START,
            kinds.ENGINE_EVENT,
            kinds.RESOURCE_INIT_STARTED,
            kinds.RESOURCE_INIT_SUCCESS,
            kinds.LOGS_CAPTURED,
        ):
            yield told(kind)
    elif isinstance(event, (RunSucceeded, RunFailed, RunCanceled)):
        yield told(kinds.ENGINE_EVENT)
        yield _end_of_run(event, told)
    elif isinstance(event, StepStarted):
        yield told(kinds.STEP_START if event.attempt == 1 else kinds.STEP_RESTARTED)
        for name in story.inputs.get((event.step, event.attempt), ()):
            yield told(kinds.LOADED_INPUT, StepInputData(name))
            yield told(kinds.STEP_INPUT, StepInputData(name))
    else:
        yield from _of_step(event, told, story)


def _end_of_run(event: RunSucceeded | RunFailed | RunCanceled, told: Any) -> DagsterEvent:
    if isinstance(event, RunSucceeded):
        return told(DagsterEventType.RUN_SUCCESS)  # type: ignore[no-any-return]
    if isinstance(event, RunCanceled):
        return told(DagsterEventType.RUN_CANCELED, None, event.reason)  # type: ignore[no-any-return]
    names = ", ".join(event.failed)
    message = f"Steps failed: {names}" if event.failed else (event.error.message if event.error else "")
    return told(DagsterEventType.RUN_FAILURE, RunFailureData(event.error, event.failed), message)  # type: ignore[no-any-return]


def _of_check(event: Checked, told: Any, story: _Story) -> Iterator[DagsterEvent]:
    if event.step:  # a verdict is an output of the step, in this vocabulary
        name = f"{event.check.asset.to_python_identifier()}_{event.check.name}"
        yield told(DagsterEventType.STEP_OUTPUT, StepOutputData(StepOutputHandle(event.step, name)))
    yield told(DagsterEventType.ASSET_CHECK_EVALUATION, evaluation_of(event.check, story.about.find))


def _of_step(event: Event, told: Any, story: _Story) -> Iterator[DagsterEvent]:
    kinds = DagsterEventType
    if isinstance(event, Materialized):
        made = StepMaterializationData(materialization_of(event.version, story.about))
        if not story.about.was_planned(event.step, event.version.asset):
            yield told(
                kinds.ASSET_MATERIALIZATION, made
            )  # logged by the function itself: no output of the step
            return
        record = next(story.outputs.get((event.step, event.attempt), iter(())), None)
        handle = StepOutputHandle(event.step, record.name if record is not None else "result")
        output = StepOutputData(handle, event.version.metadata)
        yield told(kinds.STEP_OUTPUT, output)
        yield told(kinds.ASSET_MATERIALIZATION, made)
        if event.version.type_name is not None:  # no I/O manager is asked where there is no value
            key = _manager_of(event.version.external)
            yield told(kinds.HANDLED_OUTPUT, StepOutputData(handle, made.materialization.metadata, key))
    elif isinstance(event, (Passed, HookRan)):
        yield from _of_op(event, told, story)
    elif isinstance(event, Observed):
        yield told(kinds.ASSET_OBSERVATION, AssetObservationData(observation_of(event.observation)))
        # Of a step that observes, or checks: which gives no output.
        if event.step not in story.ops and not story.about.planned.get(event.step, (None,)):
            record = next(story.outputs.get((event.step, event.attempt), iter(())), None)
            if record is not None:
                yield told(kinds.STEP_OUTPUT, StepOutputData(StepOutputHandle(event.step, record.name)))
    elif isinstance(event, Checked):
        yield from _of_check(event, told, story)
    else:
        yield from _end_of_step(event, told)


def _manager_of(external: External | None) -> str:
    """The key of the I/O manager that keeps a value; the store itself stands for the default one."""
    return external.manager if external is not None and external.manager != MEMORY else DEFAULT_IO_MANAGER


def _of_op(event: Passed | HookRan, told: Any, story: _Story) -> Iterator[DagsterEvent]:
    kinds = DagsterEventType
    if isinstance(event, Passed):
        handle = StepOutputHandle(event.step, event.value.output, event.value.mapping)
        passed = StepOutputData(handle, event.value.metadata)
        next(story.outputs.get((event.step, event.attempt), iter(())), None)  # its turn among the outputs
        yield told(kinds.STEP_OUTPUT, passed)
        yield told(kinds.HANDLED_OUTPUT, passed._replace(manager_key=_manager_of(event.value.external)))
    elif event.error is None:
        yield told(kinds.HOOK_COMPLETED, None, event.hook)
    else:
        yield told(kinds.HOOK_ERRORED, failure_of(event.error, event.step), event.error.message)


def _end_of_step(event: Event, told: Any) -> Iterator[DagsterEvent]:
    kinds = DagsterEventType
    if isinstance(event, StepSucceeded):
        yield told(kinds.STEP_SUCCESS, StepSuccessData(event.seconds * 1000))
    elif isinstance(event, StepFailed):
        yield told(kinds.STEP_FAILURE, failure_of(event.error, event.step), event.error.message)
    elif isinstance(event, StepRetrying):
        yield told(kinds.STEP_UP_FOR_RETRY, StepRetryData(event.error, event.wait), event.error.message)
    elif isinstance(event, StepSkipped):
        # A step that ran and gave nothing succeeded, in this vocabulary; what needed it was skipped.
        if event.attempt:
            yield told(kinds.STEP_SUCCESS, StepSuccessData(event.seconds * 1000))
        else:
            yield told(kinds.STEP_SKIPPED)
