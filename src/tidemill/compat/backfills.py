"""`backfill`: many partitions from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidemill.compat.instance import DagsterInstance
from tidemill.compat.materialize import caller
from tidemill.core.records import BackfillState, RunStatus
from tidemill.definitions.definitions import Definitions, build_project
from tidemill.execution.backfills import Progress, drive, progress, request_backfill, run_quietly
from tidemill.execution.lanes import OneLane
from tidemill.execution.launch import Request, asked_partitions, world_of
from tidemill.home import Home


class BackfillResult:
    """What became of a backfill.

    Attributes:
        state: As the store has it.
        failed: What was not made: its assets, its partitions, and how it ended.
    """

    def __init__(
        self, state: BackfillState, home: Home, failed: list[tuple[list[str], list[str], str]]
    ) -> None:
        self.state = state
        self.failed = failed
        self._home = home

    @property
    def success(self) -> bool:
        """Whether everything was made."""
        return self.state.status == "succeeded"

    @property
    def backfill_id(self) -> str:
        """Its id, which is the tag `dagster/backfill` of its runs."""
        return self.state.backfill.id

    @property
    def progress(self) -> Progress:
        """Its runs, by what became of them."""
        return progress(self.state, self._home)

    def __repr__(self) -> str:
        return f"<BackfillResult {self.state.number} {self.state.status}: {self.state.backfill.runs} runs>"


def backfill(
    assets: Definitions | Sequence[Any],
    selection: Any = None,
    partitions: Any = None,
    instance: DagsterInstance | None = None,
    missing: bool = False,
    run_config: Any = None,
    resources: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    resume: str | int | None = None,
) -> BackfillResult:
    """Make many partitions of assets in this process, run by run, each after what it is made from.

    A run makes as many partitions as the assets' `backfill_policy` says: one where it says nothing. What cannot be made
    because something failed is left out, and the rest goes on.

    Args:
        assets: A `Definitions`, or what `materialize` takes.
        selection: Which of them; all that have partitions by default.
        partitions: A key, a `PartitionKeyRange`, or a list of keys and ranges `A...B`: of the first assets that have
            partitions. Of others, those that are made from these. All by default.
        instance: The store; the project's by default.
        missing: Only partitions that were never made.
        run_config: Of all runs: `RunConfig`, or a dict.
        resources: Resource key → resource, I/O manager or plain object; those of a `Definitions` are its own.
        tags: Of all runs.
        resume: Number or id of an earlier backfill to go on with, instead of a new one.

    Raises:
        TidemillError: The selection or the partitions are not good, or there is nothing to make.

    Example:
        >>> @asset(partitions_def=DailyPartitionsDefinition("2024-01-01"))
        ... def sales(context):
        ...     return context.partition_key
        >>> instance = DagsterInstance.local_temp()
        >>> backfill([sales], partitions="2024-01-01...2024-01-04", instance=instance).progress.succeeded
        4
    """
    project = (
        assets.project() if isinstance(assets, Definitions) else build_project(assets, resources=resources)
    )
    if resources:
        project = project._replace(resources={**project.resources, **resources})
    store = instance if instance is not None else DagsterInstance.get()
    home = store.home
    world = world_of(project, home)
    if resume is not None:
        state = home.store.backfill(resume)
    else:
        config = run_config.to_config_dict() if hasattr(run_config, "to_config_dict") else run_config
        state = request_backfill(
            project,
            home,
            world,
            selection=selection,
            partitions=asked_partitions(partitions),
            missing=missing,
            config=config,
            tags=tags,
            code=caller(),
        )

    def run(request: Request) -> RunStatus | None:
        return run_quietly(project, home, request, instance=lambda: store)

    failed = [
        ([asset.to_user_string() for asset in step.run.assets], list(step.run.keys), step.status)
        for step in drive(project, state, home, world, OneLane(run))
        if step.status not in ("succeeded", "done")
    ]
    return BackfillResult(home.store.backfill(state.backfill.id), home, failed)
