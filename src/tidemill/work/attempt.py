"""The state of one attempt: what was loaded, what the function gave, and the facts that follow from it.

    inputs ──▶ function ──▶ results ──▶ stored outputs, verdicts, observations ──▶ facts

`worker` wraps it: it tells how the attempt began and ended, and takes in whatever user code throws.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tidemill.code.compiled import code_version
from tidemill.core.errors import (
    AssetCheckFailedError,
    InvariantViolationError,
    StepOutputNotFoundError,
)
from tidemill.core.events import Checked, Materialized, Observed, OutputRecord, Withheld
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import (
    NO_METADATA,
    NO_TAGS,
    CheckResult,
    Observation,
    Version,
    VersionRef,
)
from tidemill.definitions.results import (
    AssetCheckResult,
    AssetMaterialization,
    AssetObservation,
    DataVersionsByPartition,
    DynamicOutput,
    MaterializeResult,
    ObserveResult,
    Output,
)
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.units.unit import PassedOutput, UnitOutput
from tidemill.definitions.values import UNSET
from tidemill.planning.versions import Ingredients, input_facts, version_key
from tidemill.work.calling import Given, call
from tidemill.work.context import entered, left
from tidemill.work.exchange import Exchange
from tidemill.work.glances import Preview
from tidemill.work.observing import check_whole, observations
from tidemill.work.orders import Sources, StepFact, slices_of
from tidemill.work.previews import preview_of
from tidemill.work.told import told_observation, told_version
from tidemill.work.values import NOT_STORED, Stored, parts_of

MOST_PREVIEWS = 100
"""Slices of one step whose values are looked at."""


class Attempt(Exchange):
    """The state of one attempt."""

    def run(self) -> Iterator[StepFact]:
        """Call the function and handle each thing that it gives, in order."""
        unit = self.unit
        token = entered(self)
        try:
            arguments = self._arguments()
            context = self.context if unit.context else None
            for result in call(unit, context, arguments, self._config, self._resources):
                yield from self._logged()
                yield from self._handle(result)
            yield from self._logged()
            yield from self._complete()
        finally:
            left(token)
        if self._checked:
            self._enforce_checks()

    def _arguments(self) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        for unit_input, order_input in zip(self.unit.inputs, self.order.inputs, strict=True):
            if not order_input.is_argument:
                continue
            value = self.bench.values.load(order_input, unit_input, self.order)
            self.loaded.append(order_input.name)
            if unit_input.annotation is not None and (order_input.versions or not order_input.many):
                self._check_type(value, unit_input.annotation, "input", order_input.name)
            arguments[order_input.name] = value
        if self.unit.wires:
            self._receive(arguments)
        heard = self.bench.values.heard
        while heard:
            self.context.log_event(heard.pop(0))
        return arguments

    # Results

    def _handle(self, result: object) -> Sequence[StepFact]:
        if isinstance(result, Given):
            return self._store(result.output, result.value, None, None, None)
        if isinstance(result, Output):
            return self._output(result)
        if isinstance(result, DynamicOutput):
            passed = self._dynamic_output(result)
            return [*self._logged(), passed]
        if isinstance(result, MaterializeResult):
            return self._materialize_result(result.coerced())
        if isinstance(result, AssetCheckResult):
            return self._check(result)
        if isinstance(result, ObserveResult):
            return self._observe_result(result.coerced())
        if isinstance(result, DataVersionsByPartition):
            return self._observe_partitions(result)
        if isinstance(result, (AssetMaterialization, AssetObservation)):
            self.context.log_event(result)
            return ()
        raise InvariantViolationError(
            f"{self.unit.name!r} yielded a value that is no result",
            subject=self.unit.name,
            found=f"an object of type {type(result).__name__}",
            expected="Output, MaterializeResult, AssetCheckResult, AssetMaterialization or AssetObservation",
            next_step="wrap the value: yield Output(value, output_name=…)",
        )

    def _output(self, result: Output[Any]) -> Sequence[StepFact]:
        output = self._find_output(result.output_name)
        self._warn_of(result)
        return self._store(output, result.value, result.metadata, result.tags, result.data_version)

    def _materialize_result(self, result: MaterializeResult[Any]) -> Sequence[StepFact]:
        output = self._output_of(result.asset_key)
        self._warn_of(result)
        if result.value is not UNSET:
            facts = self._store(output, result.value, result.metadata, result.tags, result.data_version)
        else:
            self._accept(output)
            facts = self._materialized(output, result.metadata, result.tags, result.data_version)
        return [*facts, *self._checks(result.check_results, output)]

    def _observe_result(self, result: ObserveResult) -> Sequence[StepFact]:
        output = self._output_of(result.asset_key)
        if self.unit.kind == "observation":
            self._accept(output)
            self.given[output.name] = OutputRecord(output.name)
            check_whole(self.unit, output, result, self.order.run.partition)
        self._warn_of(result)
        given = str(result.data_version.value) if result.data_version is not None else None
        said = given, result.metadata or {}, result.tags or {}
        covered = self.order.key.partitions
        slices = slices_of(self.order.key) if covered is not None else (self.order.run.partition,)
        observed = [self._observed(Observation(output.spec.key, each, *said)) for each in slices]
        return [*observed, *self._checks(result.check_results, output)]

    def _checks(self, results: Iterable[AssetCheckResult] | None, output: UnitOutput) -> list[StepFact]:
        return [fact for result in results or () for fact in self._check(result, output.spec.key)]

    def _observe_partitions(self, result: DataVersionsByPartition) -> Sequence[StepFact]:
        output = self._output_of(None)
        seen = observations(self.unit, output, result)
        self._accept(output)
        self.given[output.name] = OutputRecord(output.name)
        return [self._observed(each) for each in seen]

    def _output_of(self, asset_key: object) -> UnitOutput:
        outputs = self.unit.outputs
        if asset_key is None:
            if len(outputs) == 1:
                return outputs[0]
            raise InvariantViolationError(
                f"{self.unit.name!r} makes {len(outputs)} assets; a result must say which one it is about",
                subject=self.unit.name,
                found="no asset_key",
                expected=", ".join(output.spec.key.to_user_string() for output in outputs),
            )
        key = AssetKey.from_coercible(asset_key)
        for output in outputs:
            if output.spec.key == key:
                return output
        raise InvariantViolationError(
            f"{self.unit.name!r} gave a result for asset {key.to_user_string()!r}, which it does not make",
            subject=self.unit.name,
            found=key.to_user_string(),
            expected=", ".join(output.spec.key.to_user_string() for output in outputs),
        )

    # Facts

    def _store(
        self,
        output: UnitOutput | PassedOutput,
        value: object,
        metadata: Mapping[str, MetadataValue] | None,
        tags: Mapping[str, str] | None,
        data_version: Any,
    ) -> list[StepFact]:
        if isinstance(output, PassedOutput):
            passed = self._pass(output, value, metadata)
            return [*self._logged(), passed]
        self._accept(output)
        if self.unit.hooks:
            self.values[output.name] = value
        if output.annotation is not None:
            for each in parts_of(value, self.order, output.annotation):
                self._check_type(each, output.annotation, "output", output.name)
        if output.manager is None:
            if value is not None:
                raise InvariantViolationError(
                    f"{self.unit.name!r} gave a value for {output.spec.key.to_user_string()!r}, which stores none",
                    subject=output.spec.key.to_user_string(),
                    found=f"a value of type {type(value).__name__}",
                    expected="a result without a value",
                    next_step="declare the asset with @asset or AssetOut, or give only metadata",
                )
            return self._materialized(output, metadata, tags, data_version)
        said = metadata or NO_METADATA
        if self._context is not None:
            said = {**said, **self._context.added_metadata(output.name)}
        stored = self.bench.values.save(output, value, self.order, self.unit, said)
        if stored[0].metadata:
            metadata = {**(metadata or {}), **stored[0].metadata}
        for event in stored[0].events:
            self.context.log_event(event)
        logged = list(self._logged())  # what the I/O manager reported comes before the version that it stored
        previews = self._previews(output, value)
        return [*logged, *self._materialized(output, metadata, tags, data_version, stored, previews)]

    def _materialized(
        self,
        output: UnitOutput,
        metadata: Mapping[str, MetadataValue] | None,
        tags: Mapping[str, str] | None,
        data_version: Any,
        stored: Sequence[Stored] = (),
        previews: Sequence[Preview | None] = (),
    ) -> list[StepFact]:
        """One version for each slice that the step makes."""
        self.given[output.name] = OutputRecord(output.name)
        kept = stored or [NOT_STORED] * len(self._slices)
        facts: list[StepFact] = []
        for partition, each in zip(self._slices, kept, strict=True):
            preview = previews[len(facts) % len(previews)] if previews else None
            version = self._version(output, partition, metadata, tags, data_version, each, preview)
            self._versions.setdefault(output.spec.key, []).append(version)
            self.bench.values.remember(version)
            facts.append(Materialized(version.made_at, self.order.name, self.order.attempt, version))
        return facts

    def _previews(self, output: UnitOutput, value: object) -> Sequence[Preview | None]:
        """Looks at the values of the slices, or at the one value of all; not for a store that nothing outlives."""
        if not self.bench.keyed:
            return ()
        if self.order.key.partitions is None:
            return (preview_of(value),)
        parts = self.bench.values.parts(output, value, self.order)
        return [preview_of(part) for part in parts] if len(parts) <= MOST_PREVIEWS else ()

    def _version(
        self,
        output: UnitOutput,
        partition: str | None,
        metadata: Mapping[str, MetadataValue] | None,
        tags: Mapping[str, str] | None,
        data_version: Any,
        stored: Stored,
        preview: Preview | None,
    ) -> Version:
        bench, order, key = self.bench, self.order, output.spec.key
        version_id, now, artifact = bench.ids.new(), bench.clock.now(), stored.artifact
        given = data_version.value if data_version is not None else None
        added: Mapping[str, MetadataValue] = {}
        if self._context is not None:
            given = given or self._context.get_data_version(key)
            added = self._context.metadata_of(output.name, partition)
        made, code, inputs = order.made_from, self._code(output), self._inputs(partition)
        return Version(
            id=version_id,
            asset=key,
            partition=partition,
            made_at=now,
            data_version=given or (artifact.content if artifact is not None else version_id),
            code_version=code,
            artifact=artifact,
            external=stored.external,
            version_key=self._key(code, partition, inputs) if bench.keyed else None,
            inputs=inputs,
            metadata={**(metadata or {}), **added} if metadata or added else NO_METADATA,
            tags=tags or NO_TAGS,
            run_id=order.run.id,
            step=order.name,
            config=made.config,
            libraries=made.libraries,
            seed=made.seed,
            previous=self._compared_with(key),
            preview=preview,
        )

    def _code(self, output: UnitOutput) -> str:
        return output.spec.code_version or self.order.made_from.code or code_version(self.unit.fn)

    def _inputs(self, partition: str | None) -> tuple[VersionRef, ...]:
        if self._sources is None:
            self._sources = Sources(self.order.inputs)
        return self._sources.of(partition)

    def _compared_with(self, key: AssetKey) -> str | None:
        return self._context.compared_with.get(key) if self._context is not None else None

    def withheld(self) -> tuple[Withheld, ...]:
        """Outputs that were asked for and not given, under the keys by which a refresh would look for them."""
        order = self.order
        if len(self.given) >= len(order.outputs) or not self.bench.keyed or self.unit.kind == "observation":
            return ()
        return tuple(
            [
                Withheld(
                    output.spec.key,
                    partition,
                    self._key(self._code(output), partition, self._inputs(partition)),
                    self._compared_with(output.spec.key),
                )
                for partition in self._slices
                for output in self.unit.outputs
                if output.name in order.outputs and output.name not in self.given
            ]
        )

    def _key(self, code: str, partition: str | None, inputs: tuple[VersionRef, ...]) -> str:
        made = self.order.made_from
        return version_key(
            Ingredients(code, made.config, partition, input_facts(inputs), made.libraries, made.seed)
        )

    @property
    def _slices(self) -> tuple[str | None, ...]:
        """The slices that the step makes or judges; of an asset with partitions, in a run without, the whole."""
        return slices_of(self.order.key)

    def _check(self, result: AssetCheckResult, about: AssetKey | None = None) -> list[StepFact]:
        """A verdict; one for each partition that the step is about."""
        spec = self._check_spec(result, about)
        self._warn_of(result)
        versions = self._versions.get(spec.asset_key) or self._input_versions(spec.asset_key)
        checks = [self._verdict(spec, result, version) for version in versions]
        self._checked[spec.key.to_user_string()] = checks[0]
        now, order = self.bench.clock.now(), self.order
        return [Checked(now, order.name, order.attempt, check) for check in checks]

    def _verdict(
        self, spec: AssetCheckSpec, result: AssetCheckResult, version: Version | None
    ) -> CheckResult:
        check = CheckResult(
            asset=spec.asset_key,
            name=spec.name,
            passed=bool(result.passed),
            severity=result.severity.value,
            blocking=spec.blocking,
            partition=version.partition if version is not None else None,
            version_id=version.id if version is not None else None,
            metadata=result.metadata or {},
            description=result.description,
        )
        made = self.order.made_from
        if not made.code or self.unit.outputs:
            return check
        return check._replace(
            code_version=made.code, config=made.config, libraries=made.libraries, seed=made.seed
        )

    def _check_spec(self, result: AssetCheckResult, about: AssetKey | None) -> AssetCheckSpec:
        key = AssetKey.from_coercible(result.asset_key) if result.asset_key is not None else about
        fitting = [
            spec
            for spec in self.unit.checks
            if (key is None or spec.asset_key == key)
            and (result.check_name is None or spec.name == result.check_name)
        ]
        if len(fitting) == 1:
            return fitting[0]
        raise InvariantViolationError(
            f"{self.unit.name!r} gave a check result that fits {'several' if fitting else 'none'} of its checks",
            subject=self.unit.name,
            found=f"asset_key={result.asset_key!r}, check_name={result.check_name!r}",
            expected=", ".join(spec.key.to_user_string() for spec in self.unit.checks) or "no checks",
            next_step="name both: AssetCheckResult(asset_key=…, check_name=…, …), and declare the check in check_specs",
        )

    def _input_versions(self, asset: AssetKey) -> Sequence[Version | None]:
        """What a check is about: the versions of the slices that its step covers, or one alone."""
        for order_input in self.order.inputs:
            if order_input.asset == asset and order_input.versions:
                covered = dict(order_input.versions)
                if len(covered) == 1 or (self.order.key.partitions and set(self._slices) <= set(covered)):
                    return [covered[each] for each in (covered if len(covered) == 1 else self._slices)]
        return (None,)

    def _observed(self, observation: Observation) -> StepFact:
        return Observed(self.bench.clock.now(), self.order.name, self.order.attempt, observation)

    def _logged(self) -> Iterator[StepFact]:
        """Events that the function, or an I/O manager, logged through the context since the last look."""
        if self._context is None:
            return
        events = self._context.logged_events
        while self._reported < len(events):
            event = events[self._reported]
            self._reported += 1
            if isinstance(event, AssetObservation):
                yield self._observed(told_observation(event))
                continue
            order, now = self.order, self.bench.clock.now()
            version = told_version(
                event,
                id=self.bench.ids.new(),
                at=now,
                code=order.made_from.code or code_version(self.unit.fn),
                run_id=order.run.id,
                step=order.name,
            )
            yield Materialized(now, order.name, order.attempt, version)

    # The end

    def _complete(self) -> Iterator[StepFact]:
        """Record what the function made without saying so, and refuse what it should have given and did not."""
        order = self.order
        if self.unit.passed or len(self.given) < len(order.outputs):
            yield from self._missing()
        if not order.checks:
            return
        unchecked = [
            spec.key.to_user_string()
            for spec in self.unit.checks
            if spec.name in self.order.checks and spec.key.to_user_string() not in self._checked
        ]
        if unchecked and (self.given or not self.unit.outputs):
            raise StepOutputNotFoundError(
                f"{self.unit.name!r} did not give the result of {len(unchecked)} of its checks",
                subject=self.unit.name,
                found=", ".join(self._checked) or "no check results",
                expected=", ".join(unchecked),
                next_step="return or yield an AssetCheckResult for each declared check",
            )

    def _missing(self) -> Iterator[StepFact]:
        """Outputs that the function has not given: made without a value, skipped, or an error."""
        for passed in self.unit.passed:
            if passed.required and not passed.dynamic and passed.name not in self.given:
                if passed.manager is not None:
                    raise self._not_given(passed.name)
                yield self._pass(passed, None)
        may_skip = len(self.unit.outputs) == 1 and self.unit.flow in ("generator", "async_generator")
        for output in self.unit.outputs:
            if output.name in self.given or output.name not in self.order.outputs or not output.required:
                continue
            if output.manager is None and self.unit.kind != "observation":
                yield from self._materialized(output, None, None, None)
            elif not may_skip:
                raise self._not_given(output.name)

    def _enforce_checks(self) -> None:
        failed = [
            f"{check.asset.to_user_string()}: {check.name}"
            for check in self._checked.values()
            if check.blocking and not check.passed and check.severity == "ERROR"
        ]
        if failed:
            raise AssetCheckFailedError(
                f"{len(failed)} blocking asset check{'s' if len(failed) > 1 else ''} failed with ERROR severity: "
                f"{', '.join(failed)}",
                subject=self.unit.name,
                found=", ".join(failed),
                expected="every blocking check passes",
                next_step="what needs the asset was not run; mend the data or the check and run again",
            )
