"""What user code is given while it runs: one context class for assets and checks, in runs and in tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Protocol

from tidemill.core.errors import InvariantViolationError, StepNotFoundError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.core.metadata import LossyMetadata, MetadataValue, coerced_metadata
from tidemill.definitions.assets.assets import AssetsDefinition
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.work.logs import StepLogger
from tidemill.work.orders import RunInfo, StepOrder
from tidemill.work.partitioned_context import PartitionedContext
from tidemill.work.partitions import Partitions
from tidemill.work.surroundings import Surroundings

if TYPE_CHECKING:
    from tidemill.definitions.results import AssetMaterialization, AssetObservation
    from tidemill.work.earlier import DataProvenance, Earlier


class HasContext(Protocol):
    """A step that runs, and makes its context when somebody asks for it."""

    @property
    def context(self) -> AssetExecutionContext:
        """The context."""
        ...


_current: ContextVar[HasContext] = ContextVar("tidemill_step")


class AssetExecutionContext(PartitionedContext, Surroundings):
    """The run, the step and its surroundings, for the function that runs.

    Args:
        order: The attempt that is being made.
        unit: What is running.
        logger: Behind `log`.
        resources: Behind `resources`: attributes by resource key.
        config: Validated config of the step, or a plain dict.
        instance: Gives the store, in the compatible interface, when it is asked for.
        load: Loads the latest value of an asset, given its key and a partition key.
        earlier: Gives the latest version of an asset that another run made, given key, partition and run id.
        report: Takes progress: done, total and a text.
        partitions_def: Gives the partitions of an asset, or of the unit of a name.
    """

    __tidemill_context__ = True

    def __init__(
        self,
        *,
        order: StepOrder,
        unit: ComputeUnit,
        logger: Callable[[], StepLogger],
        resources: Any,
        config: Any = None,
        instance: Callable[[], Any],
        load: Callable[[AssetKey, str | None], Any],
        earlier: Callable[[AssetKey, str | None, str], Earlier | None],
        report: Callable[[float, float | None, str], None],
        partitions_def: Callable[[AssetKey | str], PartitionsDefinition | None],
    ) -> None:
        self._order = order
        self._unit = unit
        self._logger = logger
        self._log: StepLogger | None = None
        self._config = config
        self._instance = instance
        self._load = load
        self._earlier = earlier
        self._report = report
        self._partitions_def = partitions_def
        self._sliced: Partitions | None = None
        self.resources = resources
        self._metadata: dict[str, dict[str, MetadataValue]] = {}
        self._given_metadata: dict[str, dict[str, Any]] = {}
        self._of_partition: dict[tuple[str, str], dict[str, MetadataValue]] = {}
        self._data_versions: dict[AssetKey, str] = {}
        self.compared_with: dict[AssetKey, str] = {}
        self.logged_events: list[AssetMaterialization | AssetObservation] = []

    @classmethod
    def get(cls) -> AssetExecutionContext:
        """The context of the step that runs on this thread.

        Raises:
            InvariantViolationError: No step does.
        """
        step = _current.get(None)
        if step is None:
            raise InvariantViolationError(
                "No step is running here",
                subject="AssetExecutionContext.get",
                next_step="call it inside an asset's function while a run executes it",
            )
        return step.context

    def bind(self, unit: ComputeUnit) -> None:
        """Let a context that was built for a test know which function it is given to."""
        self._unit = unit
        names = tuple(output.name for output in unit.gives)
        checks = tuple(check.name for check in unit.checks)
        self._order = self._order._replace(name=unit.name, outputs=names, checks=checks)
        self._sliced = None

    def bind_config(self, config: Any) -> None:
        """Let a context that was built for a test know the config that its function takes as a parameter."""
        self._config = config

    def bind_mapping(self, mapping_key: str | None) -> None:
        """Let a context that was built for a test know which of a dynamic output's steps it is of."""
        self._order = self._order._replace(key=self._order.key._replace(mapping=mapping_key))

    # The step

    @property
    def log(self) -> StepLogger:
        """A logger whose lines are kept with the step."""
        if self._log is None:
            self._log = self._logger()
        return self._log

    @property
    def asset_key(self) -> AssetKey:
        """The only asset that the step makes or checks.

        Raises:
            InvariantViolationError: There are several.
        """
        keys = [output.spec.key for output in self._unit.outputs] or list(
            dict.fromkeys(check.asset_key for check in self._unit.checks)
        )
        if len(keys) != 1:
            raise InvariantViolationError(
                f"{self._unit.name!r} has no single asset key",
                subject=self._unit.name,
                found=", ".join(key.to_user_string() for key in keys) or "no assets",
                expected="exactly one asset",
                next_step="use context.asset_key_for_output(NAME) or context.selected_asset_keys",
            )
        return keys[0]

    @property
    def assets_def(self) -> AssetsDefinition:
        """The definition that is running.

        Raises:
            InvariantViolationError: It is an op, which makes no assets.
        """
        if not self.has_assets_def:
            raise InvariantViolationError(
                f"The step {self._order.name!r} makes no assets",
                subject=self._order.name,
                found="an op",
                expected="a step that makes assets",
                next_step="its definition is context.op_def",
            )
        return AssetsDefinition(self._unit)

    @property
    def has_assets_def(self) -> bool:
        """Whether the step makes assets."""
        return bool(self._unit.outputs)

    def asset_key_for_output(self, output_name: str = "result") -> AssetKey:
        """Key of the asset behind an output.

        Raises:
            StepNotFoundError: There is no such output.
        """
        for output in self._unit.outputs:
            if output.name == output_name:
                return output.spec.key
        raise self._unknown("output", output_name, [output.name for output in self._unit.outputs])

    def asset_key_for_input(self, input_name: str) -> AssetKey:
        """Key of the asset behind a parameter.

        Raises:
            StepNotFoundError: There is no such input.
        """
        for unit_input in self._unit.inputs:
            if unit_input.name == input_name:
                return unit_input.asset
        raise self._unknown("input", input_name, [unit_input.name for unit_input in self._unit.inputs])

    def _unknown(self, what: str, name: str, known: Sequence[str]) -> StepNotFoundError:
        return StepNotFoundError(
            f"{self._unit.name!r} has no {what} {name!r}",
            subject=self._unit.name,
            found=name,
            expected=", ".join(known) or f"no {what}s",
        )

    @property
    def selected_output_names(self) -> set[str]:
        """Outputs that this run asks for."""
        return set(self._order.outputs)

    @property
    def selected_asset_keys(self) -> set[AssetKey]:
        """Assets that this run asks for."""
        return {output.spec.key for output in self._unit.outputs if output.name in self._order.outputs}

    @property
    def selected_asset_check_keys(self) -> set[AssetCheckKey]:
        """Checks that this run asks for."""
        return {check.key for check in self._unit.checks if check.name in self._order.checks}

    @property
    def retry_number(self) -> int:
        """How many attempts came before this one."""
        return self._order.attempt - 1

    @property
    def op_config(self) -> Any:
        """Config of the step, as a plain dict."""
        config = self._config
        return config.model_dump() if hasattr(config, "model_dump") else config

    @property
    def op(self) -> Any:
        """The step's definition: an object with `.name`."""
        return AssetsDefinition(self._unit).op

    op_def = op
    op_handle = op

    @property
    def op_execution_context(self) -> AssetExecutionContext:
        """This context."""
        return self

    # The run

    @property
    def run(self) -> RunInfo:
        """The run: `.run_id`, `.job_name`, `.tags`, `.run_config`."""
        return self._order.run

    dagster_run = run

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self._order.run.id

    @property
    def job_name(self) -> str:
        """Name of the job."""
        return self._order.run.job_name

    @property
    def run_config(self) -> Mapping[str, object]:
        """The run's config as it was given."""
        return self._order.run.config

    @property
    def run_tags(self) -> Mapping[str, str]:
        """The run's tags."""
        return self._order.run.tags

    def has_tag(self, key: str) -> bool:
        """Whether the run has that tag."""
        return key in self._order.run.tags

    def get_tag(self, key: str) -> str | None:
        """The run's tag, or None."""
        return self._order.run.tags.get(key)

    @property
    def instance(self) -> Any:
        """The store, as `DagsterInstance` gives it."""
        return self._instance()

    # What the function tells

    def add_output_metadata(
        self, metadata: Mapping[str, Any], output_name: str | None = None, mapping_key: str | None = None
    ) -> None:
        """Add metadata to the version that an output will make; later values of a label replace earlier ones.

        Args:
            metadata: Label → value; NumPy and pandas scalars, frames and figures are understood.
            output_name: Which output; not needed where there is one.
            mapping_key: Of a dynamic output; others have none.

        Raises:
            InvariantViolationError: No such output, or several and none named.
        """
        names = [output.name for output in self._unit.gives]
        if output_name is None:
            if len(names) != 1:
                raise InvariantViolationError(
                    f"{self._unit.name!r} has {len(names)} outputs; say which one the metadata is for",
                    subject=self._unit.name,
                    found="no output_name",
                    expected=" or ".join(map(repr, names)),
                )
            output_name = names[0]
        elif output_name not in names:
            raise self._unknown("output", output_name, names)
        coerced = coerced_metadata(metadata)
        self.warn_of(coerced)
        place = self._place(output_name, mapping_key)
        self._metadata.setdefault(place, {}).update(coerced)
        self._given_metadata.setdefault(place, {}).update(metadata)

    def add_asset_metadata(
        self, metadata: Mapping[str, Any], asset_key: object = None, partition_key: str | None = None
    ) -> None:
        """Add metadata to the version of an asset that the step makes; name it where there are several.

        Of a step over several partitions, `partition_key` says which of its versions gets it; without, all do.
        """
        if partition_key is not None and partition_key not in self.partition_keys:
            raise InvariantViolationError(
                f"The step makes no version of partition {partition_key!r}",
                subject=partition_key,
                found=partition_key,
                expected=", ".join(self.partition_keys[:10]),
            )
        key = AssetKey.from_coercible(asset_key) if asset_key is not None else self.asset_key
        for output in self._unit.outputs:
            if output.spec.key == key and partition_key is not None:
                coerced = coerced_metadata(metadata)
                self.warn_of(coerced)
                self._of_partition.setdefault((output.name, str(partition_key)), {}).update(coerced)
                return
            if output.spec.key == key:
                self.add_output_metadata(metadata, output.name)
                return
        raise self._unknown(
            "asset", key.to_user_string(), [o.spec.key.to_user_string() for o in self._unit.outputs]
        )

    def get_output_metadata(self, output_name: str, mapping_key: str | None = None) -> Mapping[str, Any]:
        """Metadata that was added to an output so far, as it was given."""
        return self._given_metadata.get(self._place(output_name, mapping_key), {})

    def added_metadata(self, output_name: str, mapping_key: str | None = None) -> Mapping[str, MetadataValue]:
        """What is kept of the metadata that was added to an output so far."""
        return self._metadata.get(self._place(output_name, mapping_key), {})

    @property
    def all_output_metadata(self) -> Mapping[str, Mapping[str, MetadataValue]]:
        """Metadata that was added so far, by output."""
        return self._metadata

    def _place(self, output_name: str, mapping_key: str | None) -> str:
        """Where the metadata of an output is kept; only a dynamic one has mapping keys."""
        if mapping_key is None:
            return output_name
        if all(output.name != output_name or not output.dynamic for output in self._unit.passed):
            raise InvariantViolationError(
                f"The output {output_name!r} of {self._unit.name!r} has no mapping keys",
                subject=mapping_key,
                found=f"mapping_key={mapping_key!r}",
                expected="no mapping_key: the output is not dynamic",
            )
        return f"{output_name}[{mapping_key}]"

    def get_mapping_key(self) -> str | None:
        """The mapping key of a step that is one of a dynamic output's; None for any other."""
        return self._order.key.mapping

    def metadata_of(self, output_name: str, partition: str | None) -> Mapping[str, MetadataValue]:
        """Metadata that was added to an output so far, for one of its partitions."""
        added = self._metadata.get(output_name, {})
        own = self._of_partition.get((output_name, partition)) if partition is not None else None
        return {**added, **own} if own else added

    def set_data_version(self, asset_key: object, data_version: Any) -> None:
        """Name the data version of an asset that the step makes."""
        self._data_versions[AssetKey.from_coercible(asset_key)] = str(
            getattr(data_version, "value", data_version)
        )

    def get_data_version(self, asset_key: AssetKey) -> str | None:
        """The data version that was set for an asset, or None."""
        return self._data_versions.get(asset_key)

    def log_event(self, event: AssetMaterialization | AssetObservation) -> None:
        """Record a materialization or observation that the function made itself."""
        self.warn_of(event.metadata)
        self.logged_events.append(event)

    def warn_of(self, metadata: Mapping[str, MetadataValue]) -> None:
        """Say in the log what of some metadata could not be kept as it was given."""
        if isinstance(metadata, LossyMetadata):
            for warning in metadata.warnings:
                self.log.warning(warning)

    def progress(self, done: float, total: float | None = None, text: str = "") -> None:
        """Tell how far the step is, for whoever watches the run.

        Args:
            done: Units of work done so far.
            total: Units in all, where known.
            text: A few words to show beside it.

        Raises:
            InvariantViolationError: Not a number, where one belongs.
        """
        try:
            done, total = float(done), None if total is None else float(total)
        except (TypeError, ValueError) as error:
            raise InvariantViolationError(
                "context.progress takes numbers",
                subject="context.progress",
                found=f"done={done!r}, total={total!r}",
                expected="how much is done, and of how much, where that is known",
                next_step="give words as text=",
            ) from error
        self._report(done, total, text)

    # Values

    def load_asset_value(
        self, asset_key: object, *, python_type: type | None = None, partition_key: str | None = None
    ) -> Any:
        """The latest value of any asset.

        Raises:
            ValueNotStoredError: None is stored.
        """
        if python_type is not None and not isinstance(python_type, type):
            raise InvariantViolationError("python_type is a class", subject=repr(python_type))
        return self._load(AssetKey.from_coercible(asset_key), partition_key)

    def previous(self, asset_key: object = None) -> Earlier | None:
        """The latest version that an earlier run made of the asset that this step makes; None for the first.

        Of a partitioned asset, that of the same partition. What the step gives is recorded as compared with it: a
        refresh never uses such a version again for later ones (see `docs/design/0012-refresh.md`).

        Args:
            asset_key: Which of its assets; not needed where the step makes one.

        Raises:
            InvariantViolationError: It makes several and none was named, or the run is of no partition.
            StepNotFoundError: It does not make that one.

        Example:
            >>> @asset
            ... def model(context, data):
            ...     score, previous = train(data), context.previous()
            ...     if previous is None or score > previous.metadata["score"].value:
            ...         yield Output(score, metadata={"score": score})
        """
        key = AssetKey.from_coercible(asset_key) if asset_key is not None else self.asset_key
        made = [output.spec.key for output in self._unit.outputs]
        if key not in made:
            names = [each.to_user_string() for each in made]
            raise self._unknown("asset", key.to_user_string(), names)
        partition = self.partition_key if self._unit.partitions is not None else None
        found = self._earlier(key, partition, self.run_id)
        self.compared_with[key] = found.version.id if found is not None else ""
        return found

    def get_asset_provenance(self, asset_key: object) -> DataProvenance | None:
        """What the latest version of an asset that an earlier run made was made from; None where there is none."""
        key = AssetKey.from_coercible(asset_key)
        partition = self.partition_key if self.has_partition_key else None
        from tidemill.work.earlier import DataProvenance  # noqa: PLC0415  (few functions ask)

        found = self._earlier(key, partition, self.run_id) or self._earlier(key, None, self.run_id)
        return None if found is None else DataProvenance.of(found.version)

    @property
    def pdb(self) -> Any:
        """A debugger on the terminal, where the step runs in the process that has it: `context.pdb.set_trace()`."""
        import pdb  # noqa: PLC0415  (only who debugs needs it)

        return pdb.Pdb(stdin=sys.__stdin__, stdout=sys.__stdout__)  # what is printed in a step is captured

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        from tidemill.core.suggest import did_you_mean  # noqa: PLC0415  (the error path only)

        known = sorted(attribute for attribute in dir(type(self)) if not attribute.startswith("_"))
        hint = did_you_mean(name, known)
        raise AttributeError(f"The context has no {name!r}. {hint or ''} It has: {', '.join(known)}")


AssetCheckExecutionContext = AssetExecutionContext


def entered(step: HasContext) -> Token[HasContext]:
    """Make `step` the one whose context `AssetExecutionContext.get` gives; the token is for `left`."""
    return _current.set(step)


def left(token: Token[HasContext]) -> None:
    """Undo `entered`."""
    _current.reset(token)
