"""`refresh`: from Python, bring assets up to date, and run only what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidemill.compat.instance import DagsterInstance
from tidemill.compat.materialize import EPHEMERAL_JOB, caller, run_prepared
from tidemill.compat.result import ExecuteInProcessResult
from tidemill.core.errors import InvalidInvocationError
from tidemill.definitions.definitions import Definitions, build_project
from tidemill.definitions.project import Project
from tidemill.execution.coding import describe
from tidemill.execution.keeping import kept_config, merged
from tidemill.execution.launch import Request, asked_partitions, prepare, world_of


def refresh(
    assets: Definitions | Sequence[Any],
    selection: Any = None,
    instance: DagsterInstance | None = None,
    run_config: Any = None,
    resources: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
    keep_config: bool = False,
    raise_on_error: bool = True,
    tags: Mapping[str, str] | None = None,
) -> ExecuteInProcessResult:
    """Bring assets up to date in this process: run those whose code, config, inputs or libraries changed.

    What the selection is made from is brought up to date too. A step whose inputs come out as they were does not run.

    Args:
        assets: A `Definitions`, or what `materialize` takes.
        selection: Which of them: a string, keys, assets or an `AssetSelection`; all by default. An asset that is not
            deterministic runs also where nothing changed, if it is named itself.
        instance: The store to look in; the project's by default. It must outlive this call.
        run_config: `RunConfig`, or a dict `{"ops": {STEP: {"config": …}}, "resources": …}`.
        resources: Resource key → resource, I/O manager or plain object; those of a `Definitions` are its own.
        partition_key: The slice of partitioned assets.
        keep_config: Whether each asset keeps the config that its latest version was made with, where `run_config` says
            nothing else.
        raise_on_error: Whether the exception of a failed step is raised; otherwise `result.success` tells.
        tags: Tags of the run.

    Returns:
        Status, events and values of the run; `result.reused` says what did not run.

    Raises:
        TidemillError: The assets, the selection, the partition, the config or the store are not good; nothing was run.
        Exception: What the first failed step raised, itself.

    Example:
        >>> @asset
        ... def rows():
        ...     return [1, 2]
        >>> @asset
        ... def total(rows):
        ...     return sum(rows)
        >>> instance = DagsterInstance.get()
        >>> _ = materialize([rows], instance=instance)
        >>> refresh([rows, total], instance=instance).reused
        {'rows': 'up to date'}
    """
    project = _project(assets, resources)
    own = instance is None
    store = instance if instance is not None else DagsterInstance.get()
    if store.home.ephemeral:
        raise InvalidInvocationError(
            "refresh() looks for what earlier runs made, and this store has none",
            subject="instance",
            found="a store in memory, which nothing outlives",
            expected="a store in a folder",
            next_step="leave instance= out for the project's, or give DagsterInstance.local_temp(FOLDER)",
        )
    config = _kept(project, run_config, store, partition_key) if keep_config else run_config
    request = Request(
        EPHEMERAL_JOB,
        selection=selection,
        config=config,
        partitions=asked_partitions(partition_key),
        tags=tags or {},
        code=caller(),
        refresh=True,
    )
    try:
        result, errors = run_prepared(
            prepare(project, request, world_of(project, store.home)), store, raise_on_error
        )
    except BaseException:
        if own:
            store.home.close()
        raise
    if errors:
        raise errors.pop()
    return result


def _project(assets: Definitions | Sequence[Any], resources: Mapping[str, Any] | None) -> Project:
    if not isinstance(assets, Definitions):
        return build_project(assets, resources=resources)
    project = assets.project()
    return project if not resources else project._replace(resources={**project.resources, **resources})


def _kept(project: Project, run_config: Any, store: DagsterInstance, partition: str | None) -> dict[str, Any]:
    units = prepare(project, Request(EPHEMERAL_JOB), check_config=False).wholes
    facts = describe(project, units, None).units.values()
    given = run_config.to_config_dict() if hasattr(run_config, "to_config_dict") else run_config or {}
    given = {section: part for section, part in given.items() if part}
    return merged(kept_config(facts, store.home.store, partition), given)
