"""Hooks as a worker calls them: when a step has succeeded, or has failed and is not tried again.

    unit.hooks, how the attempt ended ──run_hooks──▶ HookRan for each that was called

What a hook raises is recorded and stands in the log of the step, and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from tidemill.core.errors import InvariantViolationError
from tidemill.core.events import HookRan
from tidemill.definitions.hooks import HookDefinition
from tidemill.definitions.resources.resource_set import Resources
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.work.bench import Bench
from tidemill.work.failures import error_info
from tidemill.work.logs import StepLog, StepLogger
from tidemill.work.orders import StepOrder


class HasName(Protocol):
    """An op, as far as a hook asks."""

    @property
    def name(self) -> str:
        """Its name."""
        ...


class HookContext:
    """What a hook is given: the step that has ended, and its surroundings.

    Args:
        hook: The hook.
        op: What has run; None in a test that names none.
        step_key, run_id, job_name: Of the step.
        log: A logger whose lines are kept with the step.
        resources: Behind `resources`.
        instance: Gives the store.
        op_config: Config of the step.
        op_exception: What the step failed with.
        op_output_values: Output → value; of a dynamic output, a dict by mapping key.
        op_output_metadata: Output → metadata.
    """

    def __init__(
        self,
        *,
        hook: HookDefinition | None = None,
        op: HasName | None = None,
        step_key: str | None = None,
        run_id: str | None = None,
        job_name: str | None = None,
        log: Any = None,
        resources: Any = None,
        instance: Any = None,
        op_config: Any = None,
        op_exception: BaseException | None = None,
        op_output_values: Mapping[str, Any] | None = None,
        op_output_metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._hook = hook
        self._op = op
        self._step_key = step_key
        self._run_id = run_id
        self._job_name = job_name
        self._instance = instance
        self.log = log
        self.resources = resources
        self.op_config = op_config
        self.op_exception = op_exception
        self.op_output_values = dict(op_output_values or {})
        self.op_output_metadata = dict(op_output_metadata or {})

    def __enter__(self) -> HookContext:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    @property
    def hook_def(self) -> HookDefinition:
        """The hook."""
        return self._given(self._hook, "hook_def")  # type: ignore[no-any-return]

    @property
    def op(self) -> HasName:
        """What has run: an object with `.name`."""
        return self._given(self._op, "op")  # type: ignore[no-any-return]

    @property
    def step_key(self) -> str:
        """Name of the step."""
        return self._given(self._step_key, "step_key")  # type: ignore[no-any-return]

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self._given(self._run_id, "run_id")  # type: ignore[no-any-return]

    @property
    def job_name(self) -> str:
        """Name of the job."""
        return self._given(self._job_name, "job_name")  # type: ignore[no-any-return]

    @property
    def instance(self) -> Any:
        """The store, as `DagsterInstance` gives it."""
        return self._given(self._instance, "instance")()

    @property
    def required_resource_keys(self) -> frozenset[str]:
        """Resources that the hook asked for."""
        return self._hook.required_resource_keys if self._hook is not None else frozenset()

    def _given(self, value: Any, name: str) -> Any:
        if value is not None:
            return value
        raise InvariantViolationError(
            f"This context has no {name}",
            subject=name,
            found="a context that was built for a test without it",
            expected=f"a {name}",
            next_step=f"build_hook_context({name}=…)"
            if name in ("op", "run_id", "job_name", "instance")
            else "only a run has one",
        )


def run_hooks(
    unit: ComputeUnit,
    order: StepOrder,
    bench: Bench,
    log: StepLog,
    *,
    values: Mapping[str, Any],
    metadata: Mapping[str, Any],
    config: Any = None,
    error: BaseException | None = None,
) -> Iterator[HookRan]:
    """Call the hooks that are meant for how an attempt ended.

    Args:
        unit: What has run.
        order: The attempt.
        bench: Has resources and store.
        log: Of the attempt.
        values, metadata: By output.
        config: Of the step.
        error: What it failed with; None where it succeeded.
    """
    on = "success" if error is None else "failure"
    for hook in unit.hooks:
        if hook.on != on:
            continue
        failed = None
        try:
            resources = bench.outfit(unit)
            logger = StepLogger(log, echo=bench.echo)
            hook.fn(
                HookContext(
                    hook=hook,
                    op=Named(unit.name.rpartition(".")[2]),
                    step_key=order.name,
                    run_id=order.run.id,
                    job_name=order.run.job_name,
                    log=logger,
                    resources=Resources({key: resources[key] for key in hook.required_resource_keys}),
                    instance=bench.instance,
                    op_config=config.model_dump() if hasattr(config, "model_dump") else config or None,
                    op_exception=error,
                    op_output_values=values,
                    op_output_metadata=metadata,
                )
            )
        except Exception as raised:  # noqa: BLE001  (the boundary: a hook fails nothing)
            failed = error_info(raised)
            log.write("log", "error", f"The hook {hook.name} failed: {failed.to_string()}")
        yield HookRan(bench.clock.now(), order.name, order.attempt, hook.name, failed)


class Named:
    """What a hook is told of what has run."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name
