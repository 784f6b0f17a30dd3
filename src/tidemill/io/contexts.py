"""What an I/O manager is told of the value that it stores or loads.

    execution ──keyword arguments──▶ OutputContext, InputContext ──▶ I/O manager
    execution ◀── added, events ──────────────────── what the manager said

Both are plain objects without a way back into the run. `context_testing` makes them for tests. Attributes that a
run gives and a test did not are None or empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from tidemill.core.errors import InvariantViolationError, UnsupportedNameError
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue, coerced_metadata
from tidemill.core.suggest import did_you_mean
from tidemill.definitions.partitions.partitions import PartitionKeyRange, PartitionsDefinition
from tidemill.definitions.resources.resource_set import Resources
from tidemill.definitions.units.ports import value_type
from tidemill.definitions.values import NOTHING_SAID

V = TypeVar("V")


class ValueContext:
    """What both contexts have in common.

    Args:
        name: Of the output, or of the parameter.
        asset_key: Of the asset whose value it is; None for the output of a step that makes no asset.
        run_id, job_name, step_key: Of the run and the step; empty outside of one.
        partition_key: Of the run; None where it has none.
        partition_keys: Slices of the asset that are meant; empty where it has none.
        partitions_def: Its partitions.
        definition_metadata: Given where the output or the input was defined.
        dagster_type: Type of the value; None where nothing says it.
        config: Of this output or input.
        resource_config, resources: Config of the I/O manager, and the resources that it asked for.
        op_def: The step's definition.
        step: Gives the context of the step that runs.
        log: A logger; that of Tidemill by default.
        instance: Gives the store in the compatible interface.
        storage_folder: Where an I/O manager keeps files that was not told where.
    """

    def __init__(
        self,
        *,
        name: str = "result",
        asset_key: AssetKey | None = None,
        run_id: str = "",
        job_name: str = "",
        step_key: str = "",
        partition_key: str | None = None,
        partition_keys: Sequence[str] = (),
        partitions_def: PartitionsDefinition | None = None,
        definition_metadata: Mapping[str, Any] | None = None,
        dagster_type: Any = None,
        config: Any = None,
        resource_config: Mapping[str, Any] | None = None,
        resources: Any = None,
        op_def: Any = None,
        step: Callable[[], Any] | None = None,
        log: Any = None,
        instance: Callable[[], Any] | None = None,
        storage_folder: Path | None = None,
    ) -> None:
        self.name = name
        self.run_id = run_id
        self.job_name = job_name
        self.step_key = step_key
        self.definition_metadata: Mapping[str, Any] = definition_metadata or NOTHING_SAID
        self.dagster_type = value_type(dagster_type)
        self.config = config
        self.resource_config: Mapping[str, Any] = resource_config or NOTHING_SAID
        self.resources = resources if resources is not None else Resources({})
        self.op_def = op_def
        self.added: dict[str, MetadataValue] = {}
        self.release: Callable[[], object] | None = None  # what a test opened for it is let go of
        self._asset_key = asset_key
        self._partition_key = partition_key
        self._partition_keys = tuple(partition_keys)
        self._partitions_def = partitions_def
        self.storage_folder = storage_folder
        self._log = log
        self._instance = instance
        self._step = step

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.release is not None:
            self.release()

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The definition metadata."""
        return self.definition_metadata

    @property
    def has_asset_key(self) -> bool:
        """Whether the value is that of an asset."""
        return self._asset_key is not None

    @property
    def asset_key(self) -> AssetKey:
        """Of the asset.

        Raises:
            InvariantViolationError: The value is of none.
        """
        return self._given(self._asset_key, "asset key", "a value that is no asset's")

    @property
    def log(self) -> Any:
        """A logger."""
        if self._log is None:
            import logging  # noqa: PLC0415  (10 ms that few managers need)

            self._log = logging.getLogger("tidemill")
        return self._log

    @property
    def instance(self) -> Any:
        """The store.

        Raises:
            InvariantViolationError: The context was built for a test, without one.
        """
        return self._given(self._instance and self._instance(), "instance", "a context without a store")

    @property
    def step_context(self) -> Any:
        """The context of the step that runs, as its function has it.

        Raises:
            InvariantViolationError: None does.
        """
        return self._given(self._step and self._step(), "step_context", "a context outside of a step")

    # Partitions

    @property
    def has_partition_key(self) -> bool:
        """Whether the run is of one partition."""
        return self._partition_key is not None

    @property
    def partition_key(self) -> str:
        """Of the run.

        Raises:
            InvariantViolationError: The run has none.
        """
        return self._given(self._partition_key, "partition_key", "a run without a partition")

    @property
    def has_asset_partitions(self) -> bool:
        """Whether the asset has partitions."""
        return bool(self._partition_keys) or self._partitions_def is not None

    @property
    def has_partitions_def(self) -> bool:
        """Whether the partitions of the asset are known."""
        return self._partitions_def is not None

    @property
    def asset_partitions_def(self) -> PartitionsDefinition:
        """Partitions of the asset.

        Raises:
            InvariantViolationError: It has none.
        """
        return self._given(self._partitions_def, "asset_partitions_def", "an asset without partitions")

    @property
    def asset_partition_keys(self) -> list[str]:
        """Slices of the asset that are meant.

        Raises:
            InvariantViolationError: It has none.
        """
        if not self._partition_keys and self._partitions_def is not None:
            return []  # a mapping may lead to none
        keys = self._partition_keys or None
        return list(self._given(keys, "asset_partition_keys", "an asset without partitions"))

    @property
    def asset_partition_key(self) -> str:
        """The only slice that is meant.

        Raises:
            InvariantViolationError: There are several, or none.
        """
        keys = self.asset_partition_keys
        only = keys[0] if len(keys) == 1 else None
        return self._given(only, "single asset_partition_key", f"{len(keys)} partitions")

    @property
    def asset_partition_key_range(self) -> PartitionKeyRange:
        """First and last slice that are meant.

        Raises:
            InvariantViolationError: There is none.
        """
        keys = self.asset_partition_keys
        ends = (keys[0], keys[-1]) if keys else None
        return PartitionKeyRange(*self._given(ends, "asset_partition_key_range", "no partitions"))

    @property
    def asset_partitions_time_window(self) -> Any:
        """From the start of the first slice that is meant to the end of the last: `.start`, `.end`.

        Raises:
            InvariantViolationError: The slices are no windows of time.
        """
        partitions: Any = self.asset_partitions_def
        window_of = self._given(
            getattr(partitions, "time_window_for_partition_key", None),
            "asset_partitions_time_window",
            f"a {type(partitions).__name__}",
        )
        first, last = (window_of(key) for key in self.asset_partition_key_range)
        return type(first)(first.start, last.end)

    # Identifiers

    def get_asset_identifier(self) -> list[str]:
        """The parts of the asset's key, and of the partition where it has one.

        Raises:
            InvariantViolationError: The value is no asset's, or of several partitions.
        """
        partition = [self.asset_partition_key] if self._partition_keys else []
        return [*self.asset_key.parts, *partition]

    def _given(self, value: V | None, what: str, found: str) -> V:
        if value is not None:
            return value
        subject = self._asset_key.to_user_string() if self._asset_key is not None else self.name
        raise InvariantViolationError(
            f"The context of {subject!r} has no {what}",
            subject=subject,
            found=found,
            expected=f"one with {'an' if what[0] in 'aei' else 'a'} {what}",
            next_step="ask has_partition_key, has_asset_partitions or has_asset_key first",
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        known = sorted(each for each in (*dir(type(self)), *vars(self)) if not each.startswith("_"))
        raise UnsupportedNameError(
            f"{type(self).__name__} has no {name!r}",
            subject=name,
            found=name,
            expected=", ".join(known),
            next_step=did_you_mean(name, known),
        )


class OutputContext(ValueContext):
    """Given to `handle_output`.

    Args:
        output_metadata: What the function attached to its result.
        mapping_key: Of a dynamic output.
        asset_spec: What was said of the asset.
        version: Of the value, where its data version is known before it is stored.
        shared: As for `ValueContext`.
    """

    def __init__(
        self,
        *,
        output_metadata: Mapping[str, Any] | None = None,
        mapping_key: str | None = None,
        asset_spec: Any = None,
        version: str | None = None,
        **shared: Any,
    ) -> None:
        super().__init__(**shared)
        self.output_metadata: Mapping[str, Any] = output_metadata or NOTHING_SAID
        self.mapping_key = mapping_key
        self.asset_spec = asset_spec
        self.version = version
        self.events: list[Any] = []

    def add_output_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Add to the metadata of the version that is being made; execution reads `added`."""
        self.added.update(coerced_metadata(metadata))

    def log_event(self, event: Any) -> None:
        """Record an `AssetMaterialization` or `AssetObservation`; execution reads `events`."""
        self.events.append(event)

    def get_logged_metadata(self) -> Mapping[str, MetadataValue]:
        """What was added so far, for a test."""
        return dict(self.added)

    def get_logged_events(self) -> Sequence[Any]:
        """Events that were recorded so far, for a test."""
        return list(self.events)

    def consume_logged_metadata(self) -> Mapping[str, MetadataValue]:
        """What was added since this was asked last."""
        added, self.added = self.added, {}
        return added

    def consume_events(self) -> Sequence[Any]:
        """Events that were recorded since this was asked last."""
        events, self.events = self.events, []
        return events

    def get_identifier(self) -> list[str]:
        """What names the value: that of the asset, or that of the output in its run."""
        return self.get_asset_identifier() if self.has_asset_key else self.get_run_scoped_output_identifier()

    def get_run_scoped_output_identifier(self) -> list[str]:
        """Run, step, output, and mapping key where there is one."""
        mapping = [self.mapping_key] if self.mapping_key is not None else []
        return [self.run_id, self.step_key, self.name, *mapping]


class InputContext(ValueContext):
    """Given to `load_input`. Its asset is the one that is loaded; `step_key` is the step that needs it.

    Args:
        upstream_output: What the value was stored with.
        shared: As for `ValueContext`.
    """

    def __init__(self, *, upstream_output: OutputContext | None = None, **shared: Any) -> None:
        super().__init__(**shared)
        self.upstream_output = upstream_output

    def add_input_metadata(self, metadata: Mapping[str, Any], description: str | None = None) -> None:
        """Tell something about the value that was loaded; of an asset, it is recorded as an observation.

        Args:
            metadata: Label → value.
            description: A text that is kept under the label `description`.
        """
        said = {"description": description, **metadata} if description is not None else metadata
        self.added.update(coerced_metadata(said))

    @property
    def has_input_name(self) -> bool:
        """Whether the value is that of a parameter."""
        return bool(self.name)

    def get_observations(self) -> Sequence[Any]:
        """What was told of the value, as observations of its asset: one for each slice."""
        if not self.added or not self.has_asset_key:
            return []
        from tidemill.definitions.results import (  # noqa: PLC0415  (few managers tell anything)
            AssetObservation,
        )

        return [
            AssetObservation(self.asset_key, partition=partition, metadata=self.added)
            for partition in self._partition_keys or (None,)
        ]

    def get_identifier(self) -> list[str]:
        """What names the value: that of the asset, or that of the output that it was."""
        if not self.has_asset_key and self.upstream_output is not None:
            return self.upstream_output.get_identifier()
        return self.get_asset_identifier()
