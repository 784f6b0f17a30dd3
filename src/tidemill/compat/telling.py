"""What a program tells a store by itself, and what it wants to be forgotten: facts that no step of a run has made.

    instance.report_… · wipe_… · delete_run · add_run_tags ──▶ events outside of runs (docs/design/0020)

In a step that runs in a process of its own, the driver of the run records them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidemill.compat.evaluations import AssetCheckEvaluation
from tidemill.compat.events import DagsterEvent, synthesise
from tidemill.compat.runs import DagsterRun, DagsterRunStatus
from tidemill.core.errors import InvariantViolationError, RunNotFoundError, UnsupportedNameError
from tidemill.core.events import (
    AssetWiped,
    CancelRequested,
    Checked,
    Event,
    Materialized,
    Observed,
    RunCanceled,
    RunDeleted,
    RunFailed,
    RunStarted,
    RunSucceeded,
    RunTagged,
    ValuesDropped,
)
from tidemill.core.keys import AssetKey
from tidemill.core.records import FINAL_RUN_STATUSES, CheckResult, ErrorInfo, RunState
from tidemill.definitions.results import AssetMaterialization, AssetObservation
from tidemill.home import Home
from tidemill.work.told import told_observation, told_version

WIPED = "wiped"
REPORTED = "somebody said so through the store"


class Telling:
    """The writes of `DagsterInstance`."""

    home: Home

    def report_runless_asset_event(
        self, asset_event: AssetMaterialization | AssetObservation | AssetCheckEvaluation
    ) -> None:
        """Record that an asset was materialized, observed or checked, by something else than a run.

        A tag `dagster/data_version` names what the asset is now: what is made from it is stale when it differs.

        Raises:
            InvariantViolationError: It is no such event.

        Example:
            >>> with DagsterInstance.ephemeral() as instance:
            ...     instance.report_runless_asset_event(AssetMaterialization("table", metadata={"rows": 5}))
            ...     event = instance.get_latest_materialization_event(AssetKey("table"))
            ...     event.asset_materialization.metadata["rows"].value
            5
        """
        now = self.home.clock.now()
        event: Event
        if isinstance(asset_event, AssetMaterialization):
            version = told_version(asset_event, id=self.home.ids.new(), at=now)
            event = Materialized(now, "", 0, version)
        elif isinstance(asset_event, AssetObservation):
            event = Observed(now, "", 0, told_observation(asset_event))
        elif isinstance(asset_event, AssetCheckEvaluation):
            event = Checked(now, "", 0, self._verdict(asset_event))
        else:
            raise InvariantViolationError(
                "This is no event of an asset",
                subject="report_runless_asset_event",
                found=f"{asset_event!r}, of type {type(asset_event).__name__}",
                expected="AssetMaterialization, AssetObservation or AssetCheckEvaluation",
            )
        self.home.append("", [event])

    def _verdict(self, told: AssetCheckEvaluation) -> CheckResult:
        latest = self.home.latest(told.asset_key, told.partition)
        return CheckResult(
            told.asset_key,
            told.check_name,
            told.passed,
            told.severity.value,
            bool(told.blocking),
            told.partition,
            latest.id if latest is not None else None,
            told.metadata,
            told.description,
        )

    def wipe_assets(self, asset_keys: Sequence[AssetKey]) -> None:
        """Forget all versions, observations and verdicts of assets, and let go of the values.

        Raises:
            InvariantViolationError: A key is no asset key.
        """
        for key in asset_keys:
            self._wipe(key, None)

    def wipe_asset_partitions(self, asset_key: AssetKey, partition_keys: Sequence[str]) -> None:
        """Forget the same of some partitions of an asset."""
        self._wipe(asset_key, tuple(partition_keys))

    def _wipe(self, key: AssetKey, partitions: tuple[str, ...] | None) -> None:
        if not isinstance(key, AssetKey):
            raise InvariantViolationError(
                "Only assets can be wiped",
                subject=repr(key),
                found=type(key).__name__,
                expected="an AssetKey",
                next_step=f"AssetKey({key!r})",
            )
        now = self.home.clock.now()
        held = [
            version.id
            for version in self.home.store.versions(key)
            if version.artifact is not None and (partitions is None or version.partition in partitions)
        ]
        dropped = [ValuesDropped(now, tuple(held), WIPED)] if held else []
        self.home.append("", [*dropped, AssetWiped(now, key, partitions)])

    # Runs

    def add_run_tags(self, run_id: str, new_tags: Mapping[str, str]) -> None:
        """Give a run further tags, whether it is over or not; they replace those of the same name.

        Raises:
            RunNotFoundError: There is no such run.
        """
        self._state(run_id)
        self.home.append("", [RunTagged(self.home.clock.now(), run_id, dict(new_tags))])

    def delete_run(self, run_id: str) -> None:
        """Forget a run; the versions that it made stay.

        Raises:
            RunNotFoundError: There is no such run.
            InvariantViolationError: It is not over.
        """
        state = self._state(run_id)
        if state.status not in FINAL_RUN_STATUSES and not DagsterRun(state).was_never_driven:
            raise InvariantViolationError(
                f"Run {state.number} is not over",
                subject=run_id,
                found=f"a run that is {state.status}",
                expected="a run that succeeded, failed or was canceled",
                next_step=f"end it first: tidemill cancel {state.number}",
            )
        self.home.append("", [RunDeleted(self.home.clock.now(), run_id)])

    def report_run_failed(
        self, dagster_run: DagsterRun, message: str | None = None, job_failure_data: Any = None
    ) -> DagsterEvent:
        """Record that a run failed, where its own driver does not.

        Raises:
            InvariantViolationError: It is over already.
        """
        error = getattr(job_failure_data, "error", None) or ErrorInfo(message or REPORTED)
        return self._end(dagster_run, RunFailed(self.home.clock.now(), (), error))

    def report_run_canceled(self, dagster_run: DagsterRun, message: str | None = None) -> DagsterEvent:
        """Record that a run was canceled, where its own driver does not.

        Raises:
            InvariantViolationError: It is over already.
        """
        return self._end(dagster_run, RunCanceled(self.home.clock.now(), message or REPORTED))

    def report_run_canceling(self, run: DagsterRun, message: str | None = None) -> None:
        """Ask the driver of a run to end it."""
        self.home.append(run.run_id, [CancelRequested(self.home.clock.now(), message or REPORTED)])

    def _end(self, run: DagsterRun, end: RunFailed | RunCanceled) -> DagsterEvent:
        self.home.append(run.run_id, [end])
        return synthesise([end], run.job_name)[-1]

    def _state(self, run_id: str) -> RunState:
        found = self.home.store.runs(ids=[run_id])
        if not found:
            raise RunNotFoundError(
                f"There is no run {run_id!r}", subject=run_id, found=run_id, expected="the id of a run"
            )
        return found[0]

    def create_run_for_job(
        self,
        job_def: Any,
        execution_plan: Any = None,
        run_id: str | None = None,
        run_config: Mapping[str, object] | None = None,
        resolved_op_selection: Any = None,
        status: DagsterRunStatus | str | None = None,
        tags: Mapping[str, str] | None = None,
        root_run_id: str | None = None,
        parent_run_id: str | None = None,
        op_selection: Sequence[str] | None = None,
        asset_selection: Any = None,
        **internal: Any,
    ) -> DagsterRun:
        """Record a run of a job that nobody drives: for tests of what looks at runs.

        Args:
            job_def: The job, as `get_job_def` gives it.
            run_id: Its id; a new one by default.
            run_config: Over the job's own config.
            status: What has become of it; `NOT_STARTED` by default.
            tags: Over the job's own.
            root_run_id: The first of the runs that it repeats.
            parent_run_id: The run that it repeats.
            asset_selection: Keys, for only a part of the job.

        Raises:
            UnsupportedNameError: An argument that has no meaning here.
            TidemillError: The job cannot run.
        """
        from tidemill.execution.launch import prepare  # noqa: PLC0415  (only who makes runs by hand)
        from tidemill.execution.runs import record_run  # noqa: PLC0415  (as above)

        refused = {
            "execution_plan": execution_plan,
            "resolved_op_selection": resolved_op_selection,
            "op_selection": op_selection,
            **internal,
        }
        for name, value in refused.items():
            if value is not None:
                raise UnsupportedNameError(
                    f"create_run_for_job({name}=) has no meaning here",
                    subject=name,
                    found=repr(value),
                    expected="no such argument",
                    next_step="name the assets of the run with asset_selection=",
                )
        wanted = DagsterRunStatus(status or DagsterRunStatus.NOT_STARTED)
        roots = {"dagster/root_run_id": root_run_id, "dagster/parent_run_id": parent_run_id}
        all_tags = {**{name: id for name, id in roots.items() if id is not None}, **(tags or {})}
        request = job_def.request(run_config, None, all_tags, asset_selection)
        prepared = prepare(job_def.project, request._replace(parent_id=parent_run_id))
        run = record_run(prepared, self.home, run_id or self.home.ids.new())
        for event in _made_up(wanted, self.home.clock.now()):
            self.home.append(run.id, [event])
        return DagsterRun(self._state(run.id))

    def submit_run(self, run_id: str, workspace: Any) -> DagsterRun:  # noqa: ARG002  (promised)
        """Refused: nothing here takes runs from a queue."""
        raise _no_queue("submit_run", run_id)

    def launch_run(self, run_id: str, workspace: Any) -> DagsterRun:  # noqa: ARG002  (promised)
        """Refused: nothing here takes runs from a queue."""
        raise _no_queue("launch_run", run_id)


def _made_up(status: DagsterRunStatus, now: int) -> list[Event]:
    """The events after which a run has that status."""
    kinds = DagsterRunStatus
    if status in (kinds.NOT_STARTED, kinds.QUEUED, kinds.MANAGED, kinds.STARTING):
        return []
    ends: dict[DagsterRunStatus, list[Event]] = {
        kinds.SUCCESS: [RunSucceeded(now)],
        kinds.FAILURE: [RunFailed(now, (), ErrorInfo(REPORTED))],
        kinds.CANCELING: [CancelRequested(now, REPORTED)],
        kinds.CANCELED: [RunCanceled(now, REPORTED)],
    }
    return [RunStarted(now), *ends.get(status, [])]


def _no_queue(name: str, run_id: str) -> UnsupportedNameError:
    return UnsupportedNameError(
        f"{name} needs a queue of runs, which this version does not have",
        subject=name,
        found=run_id,
        expected="a run that this process executes itself",
        next_step="run the job: job.execute_in_process(instance=…), execute_job(…), or `tidemill materialize`",
    )
