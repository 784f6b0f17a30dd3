"""The part of an attempt that has to do with other steps: what it is given by them, and what it hands on to them.

    wires ──▶ receive ──▶ arguments          results ──▶ pass ──▶ Passed, the values that are no assets

`attempt` builds on it what is about assets and checks.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tidemill.core.errors import (
    InvariantViolationError,
    StepOutputNotFoundError,
)
from tidemill.core.events import OutputRecord, Passed
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import LossyMetadata, MetadataValue
from tidemill.core.records import (
    NO_METADATA,
    CheckResult,
    PassedValue,
    Version,
)
from tidemill.core.secrets import mask
from tidemill.definitions.graph_config import INPUTS, port_entry
from tidemill.definitions.results import (
    AssetCheckResult,
    DynamicOutput,
    MaterializeResult,
    ObserveResult,
    Output,
)
from tidemill.definitions.units.unit import NO_CONSTANT, ComputeUnit, PassedOutput, UnitOutput, Wire
from tidemill.definitions.values import config_value
from tidemill.planning.slices import partitions_def_of
from tidemill.work.bench import Bench
from tidemill.work.context import AssetExecutionContext
from tidemill.work.logs import StepLog, StepLogger
from tidemill.work.orders import Progress, Sources, StepFact, StepOrder
from tidemill.work.outfit import namespace
from tidemill.work.typecheck import check_type

READABLE = 0.1
"""Seconds between two reports of progress."""

LONGEST_BAR = 200
"""Characters of a progress bar that are told."""

_PERCENT = re.compile(r"\b(\d{1,3}(?:\.\d+)?) ?%")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


class Exchange:
    """The state of one attempt, as far as it gives and takes."""

    def __init__(self, order: StepOrder, bench: Bench, log: StepLog) -> None:
        self.order = order
        self.bench = bench
        self.unit: ComputeUnit = bench.project.unit(order.key.unit)
        self.log = log
        self.given: dict[str, OutputRecord] = {}
        self.loaded: list[str] = []
        self._context: AssetExecutionContext | None = None
        self.values: dict[str, Any] = {}
        self._versions: dict[AssetKey, list[Version]] = {}
        self._checked: dict[str, CheckResult] = {}
        self._reported = 0
        self._told_at = self._bar_at = -math.inf
        log.redrawn = self._redrawn
        self._sources: Sources | None = None
        self._config = self._build_config()
        self._resources = bench.outfit(self.unit)

    @property
    def context(self) -> AssetExecutionContext:
        """What the function is given, made when somebody asks: most functions never do."""
        if self._context is None:
            bench = self.bench
            self._context = AssetExecutionContext(
                order=self.order,
                unit=self.unit,
                logger=lambda: StepLogger(self.log, echo=bench.echo),
                resources=namespace(self._resources, self.unit),
                config=self._config,
                instance=bench.instance,
                load=bench.load_latest,
                earlier=bench.earlier,
                report=self._report,
                partitions_def=partial(partitions_def_of, bench.project),
            )
        return self._context

    def for_hooks(self) -> tuple[dict[str, Any], dict[str, Any], Any]:
        """Values and metadata by output, and the config."""
        added = self._context.all_output_metadata if self._context is not None else {}
        return self.values, dict(added), self._config

    def _build_config(self) -> Any:
        if self.unit.config_type is None:
            return config_value(self.order.config) if self.order.config else None
        from tidemill.definitions.config.schemas import build_config  # noqa: PLC0415  (loads pydantic)

        path = self.order.key.unit.replace(".", ":ops:")
        return build_config(self.unit.config_type, self.order.config, f"root:ops:{path}:config")

    def _report(self, done: float, total: float | None, text: str) -> None:
        """Tell how far the step is; not more often than anybody can read, but always that it is done."""
        now = time.monotonic()
        if now - self._told_at >= READABLE or (total is not None and done >= total):
            self._told_at = now
            self._say(done, total, text)

    def _say(self, done: float, total: float | None, text: str) -> None:
        if self.bench.sink is not None:
            now, text = self.bench.clock.now(), mask(text)
            self.bench.sink(Progress(now, self.order.name, self.order.attempt, done, total, text))

    def _redrawn(self, line: str) -> None:
        """Tell what a progress bar shows, where the step says nothing itself."""
        now = time.monotonic()
        if self._told_at > -math.inf or now - self._bar_at < READABLE:
            return
        self._bar_at = now
        shown = _ESCAPES.sub("", line)
        if percent := _PERCENT.search(shown):
            rest = shown[: percent.start()] + shown[percent.end() :]
            self._say(float(percent[1]), 100, rest.strip()[:LONGEST_BAR])
        elif shown.strip():
            self._say(0, None, shown.strip()[:LONGEST_BAR])

    def _receive(self, arguments: dict[str, Any]) -> None:
        """What other steps of the run gave, and what was known before the run."""
        order, received = self.order, {wire.name: wire for wire in self.order.wires}
        for wire in self.unit.wires:
            if not wire.is_argument:
                continue
            found = received.get(wire.name)
            if wire.gathers:
                value: Any = [arguments.pop(name) for name in wire.gathers]
                self.loaded = [name for name in self.loaded if name not in wire.gathers]
            elif found is None:
                value = given_by_config(wire, order, self.bench.values.load_unconnected)
            else:
                values = [self.bench.values.receive(passed, wire, order) for passed in found.values]
                many = found.many or any(source.how == "all" for source in wire.sources)
                value = values if many else values[0]
            self.loaded.append(wire.name)
            if wire.annotation is not None:
                check_type(value, wire.annotation, role="input", name=wire.name, step=order.name)
            arguments[wire.name] = value

    def _dynamic_output(self, result: DynamicOutput[Any]) -> StepFact:
        output = self._find_output(result.output_name)
        if isinstance(output, UnitOutput) or not output.dynamic:
            raise InvariantViolationError(
                f"{self.unit.name!r} gave a DynamicOutput for {output.name!r}, which is not dynamic",
                subject=self.unit.name,
                found=f"a DynamicOutput with the mapping key {result.mapping_key!r}",
                expected="an Output",
                next_step="declare it: @op(out=DynamicOut())",
            )
        self._warn_of(result)
        return self._pass(output, result.value, result.metadata, result.mapping_key)

    def _find_output(self, name: str) -> UnitOutput | PassedOutput:
        for output in self.unit.gives:
            if output.name == name:
                return output
        raise InvariantViolationError(
            f"{self.unit.name!r} gave an output {name!r} that it does not declare",
            subject=self.unit.name,
            found=name,
            expected=", ".join(output.name for output in self.unit.gives) or "no outputs",
            next_step=f"yield Output(value, output_name={self.unit.gives[0].name!r})"
            if self.unit.gives
            else None,
        )

    def _warn_of(
        self,
        result: Output[Any] | DynamicOutput[Any] | MaterializeResult[Any] | ObserveResult | AssetCheckResult,
    ) -> None:
        if isinstance(result.metadata, LossyMetadata):
            self.context.warn_of(result.metadata)

    def _accept(self, output: UnitOutput | PassedOutput, mapping: str | None = None) -> None:
        """Refuse an output that was given before, or that this run does not ask for.

        An op of a graph that can be made in part need not know which of its outputs that is.
        """
        given = output_text(output.name, mapping) in self.given
        if given or (output.name not in self.order.outputs and self.unit.owner is None):
            raise InvariantViolationError(
                f"{self.unit.name!r} gave output {output.name!r}"
                + (" twice" if given else ", which this run does not ask for"),
                subject=self.unit.name,
                found=output.name,
                expected="each output once" if given else ", ".join(self.order.outputs),
                next_step=None if given else "look at context.selected_output_names",
            )

    def _check_type(self, value: object, annotation: Any, role: str, name: str) -> None:
        step, run = self.order.name, self.order.run.id
        check_type(value, annotation, role=role, name=name, step=step, run_id=run)

    def _pass(
        self,
        output: PassedOutput,
        value: object,
        metadata: Mapping[str, MetadataValue] | None = None,
        mapping: str | None = None,
    ) -> StepFact:
        """Keep a value that is no asset, for the steps of this run."""
        if output.dynamic and mapping is None:
            raise InvariantViolationError(
                f"{self.unit.name!r} gave a plain value for its dynamic output {output.name!r}",
                subject=self.unit.name,
                found=f"a value of type {type(value).__name__}",
                expected="a DynamicOutput for each value",
                next_step='yield DynamicOutput(value, mapping_key="…")',
            )
        self._accept(output, mapping)
        order = self.order
        if output.annotation is not None:
            check_type(value, output.annotation, role="output", name=output.name, step=order.name)
        if self.unit.hooks:
            if mapping is None:
                self.values[output.name] = value
            else:
                self.values.setdefault(output.name, {})[mapping] = value
        passed = PassedValue(order.name, output.name, mapping, order.run.id)
        if output.manager is not None:
            stored = self.bench.values.hand_on(output, value, mapping, order)
            metadata = {**(metadata or {}), **stored.metadata}
            passed = passed._replace(artifact=stored.artifact, external=stored.external)
            for event in stored.events:
                self.context.log_event(event)
        if self._context is not None:
            metadata = {**(metadata or {}), **self._context.added_metadata(output.name, mapping)}
        self.given[output_text(output.name, mapping)] = OutputRecord(output.name, mapping)
        passed = passed._replace(metadata=metadata or NO_METADATA)
        return Passed(self.bench.clock.now(), order.name, order.attempt, passed)

    def _not_given(self, name: str) -> StepOutputNotFoundError:
        what = "Out" if self.unit.kind == "op" else "AssetOut"
        return StepOutputNotFoundError(
            f'{self.unit.name!r} did not return an output for non-optional output "{name}"',
            subject=name,
            found=", ".join(self.given) or "no outputs",
            expected=", ".join(self.order.outputs),
            next_step=f"give it, or declare it optional: {what}(is_required=False)",
        )


def output_text(name: str, mapping: str | None) -> str:
    """An output, with its mapping key where it is dynamic: each is given once."""
    return name if mapping is None else f"{name}[{mapping}]"


def given_by_config(wire: Wire, order: StepOrder, load: Callable[[Wire, StepOrder], Any]) -> Any:
    """The value of an input that nothing is connected to: from the run's config, else what is known or loaded."""
    given = port_entry(order.run.config, order.key.unit, INPUTS) if wire.manager is None else {}
    if wire.name in given:
        value = given[wire.name]
        return value["value"] if isinstance(value, Mapping) and set(value) == {"value"} else value
    if wire.constant is not NO_CONSTANT:
        return wire.constant
    if wire.manager is not None:
        return load(wire, order)
    raise InvariantViolationError(
        f"Nothing gives the input {wire.name!r} of {order.key.unit!r}",
        subject=wire.name,
        found="an input that no output is connected to",
        expected="a value",
        next_step=f'connect it, give it a default, or say in the run config: {{"ops": {{"{order.key.unit}":'
        f' {{"inputs": {{"{wire.name}": …}}}}}}}}',
    )
