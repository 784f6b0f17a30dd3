"""Contexts for tests: the one context class, outside of any run."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from tidemill.compat.instance import DagsterInstance
from tidemill.core.clock import SystemClock
from tidemill.core.errors import InvalidInvocationError, UnknownResourceError, UnsupportedNameError
from tidemill.core.keys import AssetKey, PartitionSet, StepKey
from tidemill.definitions.arguments import only_one
from tidemill.definitions.partitions.partitions import PartitionKeyRange
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.work.context import AssetExecutionContext
from tidemill.work.earlier import Earlier, earlier_version
from tidemill.work.hooking import HookContext, Named
from tidemill.work.logs import StepLog, StepLogger
from tidemill.work.orders import RunInfo, StepOrder

DIRECT_RUN = "EPHEMERAL"


class NoResources:
    """The resources of a context that was built without any."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnknownResourceError(
            f"The resource {name!r} was not given to the context",
            subject=name,
            found="a context that was built without resources",
            expected=f"resources={{{name!r}: …}}",
        )


class DirectExecutionContext(AssetExecutionContext):
    """A context that was built for a test; as a context manager it tears its resources down."""

    def __init__(self, stack: ExitStack, key_range: PartitionKeyRange | None = None, **parts: Any) -> None:
        super().__init__(**parts)
        self._given = parts.get("config")
        self._stack = stack
        self._range = key_range

    @property
    def given_config(self) -> Any:
        """The config that it was built with, whatever function it has been given to since."""
        return self._given

    def bind(self, unit: ComputeUnit) -> None:
        """Let the context know which function it is given to: what its config is, and the keys of a range.

        Raises:
            InvalidConfigError: The function reads the config of the context, and it does not fit.
        """
        super().bind(unit)
        if unit.config_type is not None and unit.config_name is None:
            from tidemill.definitions.config.schemas import build_unseen  # noqa: PLC0415  (loads pydantic)

            self._config = build_unseen(unit.config_type, self._given, f"root:ops:{unit.name}:config")
        if self._range is not None and unit.partitions is not None:
            keys = unit.partitions.get_partition_keys_in_range(self._range, self.instance)
            run = self._order.run._replace(keys=tuple(keys))
            self._order = self._order._replace(run=run, key=StepKey("", PartitionSet(keys)))

    def __enter__(self) -> DirectExecutionContext:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def build_asset_context(
    resources: Mapping[str, Any] | None = None,
    resources_config: Mapping[str, Any] | None = None,
    asset_config: Mapping[str, Any] | None = None,
    instance: DagsterInstance | None = None,
    partition_key: str | None = None,
    partition_key_range: PartitionKeyRange | None = None,
    run_tags: Mapping[str, str] | None = None,
    event_loop: Any = None,
) -> DirectExecutionContext:
    """A context to call an asset's function with, in a test.

    Args:
        resources: Key → resource, set up at once.
        resources_config: Config of those that want one.
        asset_config: Behind `context.op_config`.
        instance: Behind `context.instance`; an ephemeral store by default.
        partition_key: Behind `context.partition_key`.
        partition_key_range: Behind `context.partition_keys` and `context.partition_key_range`: of the partitions of
            the asset that the context is given to.
        run_tags: Behind `context.run_tags`.
        event_loop: Not in this version: async functions are awaited by the test.

    Raises:
        ResourceError: A resource could not be set up.
        UnsupportedNameError: An argument that this version does not have.

    Example:
        >>> @asset(partitions_def=StaticPartitionsDefinition(["eu", "us"]))
        ... def region(context):
        ...     return context.partition_key
        >>> region(build_asset_context(partition_key="eu"))
        'eu'
    """
    if event_loop is not None:
        raise UnsupportedNameError(
            "build_asset_context(event_loop=) is not in this version", subject="event_loop"
        )
    if partition_key is not None and partition_key_range is not None:
        only_one("build_asset_context", partition_key=partition_key, partition_key_range=partition_key_range)
    stack = ExitStack()
    opened = [instance] if instance is not None else []

    def store() -> DagsterInstance:
        if not opened:
            opened.append(stack.enter_context(DagsterInstance.ephemeral()))
        return opened[0]

    def load(key: AssetKey, partition: str | None) -> Any:
        return store().load_asset_value(key, partition_key=partition)

    def earlier(key: AssetKey, partition: str | None, run_id: str) -> Earlier | None:
        home = store().home
        return earlier_version(home.store, home.load, key, partition, run_id)

    values: Any = NoResources()
    if resources:
        from tidemill.compat.resource_testing import build_resources  # noqa: PLC0415  (loads pydantic)

        values = stack.enter_context(build_resources(resources, instance, resource_config=resources_config))
    run = RunInfo(DIRECT_RUN, DIRECT_RUN, run_tags or {}, {}, partition_key)
    if partition_key_range is not None:
        run = run._replace(keys=tuple(dict.fromkeys(partition_key_range)))
    slices = PartitionSet((partition_key,)) if partition_key is not None else None
    clock = SystemClock()
    return DirectExecutionContext(
        stack,
        partition_key_range,
        order=StepOrder(run, StepKey("", slices), "", 1, (), (), (), {}),
        unit=ComputeUnit("", _no_function),
        logger=lambda: StepLogger(StepLog("", 1, clock), echo=True),
        resources=values,
        config=asset_config,
        instance=store,
        load=load,
        earlier=earlier,
        report=_report_nowhere,
        partitions_def=lambda _: None,
    )


build_asset_check_context = build_asset_context


def _no_function() -> None:
    """What a context that was given to no function belongs to."""


def _report_nowhere(done: float, total: float | None, text: str) -> None:
    """Nobody watches a test."""


def build_op_context(
    resources: Mapping[str, Any] | None = None,
    op_config: Any = None,
    resources_config: Mapping[str, Any] | None = None,
    instance: DagsterInstance | None = None,
    config: Any = None,
    partition_key: str | None = None,
    partition_key_range: Any = None,
    mapping_key: str | None = None,
    run_tags: Mapping[str, str] | None = None,
    event_loop: Any = None,
) -> DirectExecutionContext:
    """A context to call an op's function with, in a test.

    Args:
        resources: Key → resource, set up at once.
        op_config: Behind `context.op_config`, and for the config parameter of the function.
        resources_config: Config of those that want one.
        instance: Behind `context.instance`; an ephemeral store by default.
        config: Another spelling of `op_config`.
        partition_key: Behind `context.partition_key`.
        partition_key_range: As of `build_asset_context`.
        mapping_key: Behind `context.get_mapping_key()`.
        run_tags: Behind `context.run_tags`.
        event_loop: As of `build_asset_context`.

    Raises:
        InvalidInvocationError: Both `op_config` and `config` were given.
        ResourceError: A resource could not be set up.
        UnsupportedNameError: An argument that this version does not have.

    Example:
        >>> build_op_context(op_config={"depth": 3}).op_config
        {'depth': 3}
    """
    if op_config is not None and config is not None:
        raise InvalidInvocationError(
            "build_op_context takes op_config= or config=, which mean the same",
            subject="build_op_context",
            found="both",
            expected="one of them",
        )
    context = build_asset_context(
        resources,
        resources_config,
        op_config if op_config is not None else config,
        instance,
        partition_key,
        partition_key_range,
        run_tags,
        event_loop,
    )
    context.bind_mapping(mapping_key)
    return context


def build_hook_context(
    resources: Mapping[str, Any] | None = None,
    op: Any = None,
    run_id: str | None = None,
    job_name: str | None = None,
    op_exception: BaseException | None = None,
    instance: DagsterInstance | None = None,
) -> HookContext:
    """A context to call a hook with, in a test; a context manager too.

    Args:
        resources: Key → resource, set up at once and torn down when the context is gone.
        op: What has run: an op, also one with an alias.
        run_id, job_name: Of the run.
        op_exception: What the step failed with.
        instance: Behind `context.instance`.

    Raises:
        ResourceError: A resource could not be set up.

    Example:
        >>> build_hook_context(job_name="nightly").job_name
        'nightly'
    """
    stack = ExitStack()
    values: Any = None
    if resources:
        from tidemill.definitions.resource_testing import build_resources  # noqa: PLC0415  (loads pydantic)

        values = stack.enter_context(build_resources(resources, instance))
    settings = getattr(op, "settings", None)
    node = getattr(op, "node", op)
    named = Named((settings.alias if settings is not None else None) or node.name) if op is not None else None
    context = HookContext(
        op=named,
        step_key=named.name if named is not None else None,
        run_id=run_id,
        job_name=job_name,
        log=StepLogger(StepLog("", 1, SystemClock()), echo=True),
        resources=values,
        op_exception=op_exception,
        instance=None if instance is None else lambda: instance,
    )
    weakref.finalize(context, stack.close)
    return context
