"""Where the values of assets go and come from: the store's artifacts, or an I/O manager of the user's.

A value that an I/O manager wrote is *external*: its version records manager and identifier, and only that manager can
load it, and only its latest state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from tidemill.core.errors import InvariantViolationError, UnknownResourceError, ValueNotStoredError
from tidemill.core.keys import AssetKey, StepKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import MEMORY, NO_METADATA, Artifact, External, PassedValue, Version
from tidemill.definitions.project import Project
from tidemill.definitions.specs.assets import IO_MANAGER_KEY
from tidemill.definitions.units.unit import (
    DEFAULT_IO_MANAGER,
    ComputeUnit,
    PassedOutput,
    UnitInput,
    UnitOutput,
    Wire,
)
from tidemill.io.artifacts import ArtifactFolder
from tidemill.work.orders import OrderInput, StepOrder, slices_of

if TYPE_CHECKING:
    from tidemill.work.external import Surroundings

_SCALARS = (type(None), bool, int, float, str, bytes)


class Stored(NamedTuple):
    """What became of a value, and the metadata and events that the I/O manager added."""

    artifact: Artifact | None = None
    external: External | None = None
    metadata: Mapping[str, MetadataValue] = {}
    events: tuple[Any, ...] = ()


NOT_STORED = Stored()


class Vault(Protocol):
    """What values need of a store, wherever its database is."""

    @property
    def folder(self) -> Path:
        """Of the store."""
        ...

    @property
    def artifacts(self) -> ArtifactFolder:
        """Where values lie."""
        ...

    def load(self, version: Version) -> Any:
        """The value of a version that Tidemill itself stored."""
        ...

    def latest(self, asset: AssetKey, partition: str | None) -> Version | None:
        """The latest version of an asset, or of one partition of it."""
        ...


class Values:
    """Stores and loads for the steps of one run.

    Args:
        project: Tells which I/O manager an asset has.
        vault: The store.
        managers: I/O managers by resource key, set up. Without an entry for `io_manager` the store is the default.
        instance: The store in the compatible interface, for I/O managers that ask.
        log: The logger of the step that runs now, for I/O managers; None between steps.
        in_memory: Keep every value as the object that it is, whatever its I/O manager; `default`: where it has none.
        keep: Keep also what I/O managers were given, for who asks what a step gave: some only write.
    """

    def __init__(
        self,
        project: Project,
        vault: Vault,
        managers: Mapping[str, Any],
        *,
        instance: Callable[[], Any],
        log: Callable[[], Any] = lambda: None,
        in_memory: bool | Literal["default"] = False,
        keep: bool = False,
    ) -> None:
        self._project = project
        self._vault = vault
        self._managers = managers
        self._instance = instance
        self._log = log
        self._memory: dict[tuple[Any, ...], Any] | None = {} if in_memory else None
        self._always = in_memory is True
        self._passed: dict[tuple[str, str, str | None], Any] = {}
        self._scalars: dict[str, Any] = {}
        self._fresh: tuple[str, Any] | None = None
        self._kept: dict[str, Any] | None = {} if keep else None
        self._handed: tuple[External, Any] | None = None
        self.heard: list[Any] = []
        """What I/O managers observed of values that they loaded, until the step takes it."""

    def save(
        self,
        output: UnitOutput,
        value: object,
        order: StepOrder,
        unit: ComputeUnit,
        said: Mapping[str, MetadataValue] = NO_METADATA,
    ) -> Sequence[Stored]:
        """Hand a value to its I/O manager, with what the function said of it.

        Returns:
            What became of it, for each slice that the step makes.

        Raises:
            UnpicklableValueError: The store cannot keep it.
            UnknownResourceError: Its I/O manager was not provided.
            InvariantViolationError: The step makes several partitions, and this is no dict of their values.
        """
        key, slices = output.spec.key, slices_of(order.key)
        parts = self.parts(output, value, order)
        name = output.manager or DEFAULT_IO_MANAGER
        manager = None if self._always else self._manager(name, f"asset {key.to_user_string()!r}")
        if manager is None and self._memory is not None:
            for partition, part in zip(
                slices, parts if len(parts) > 1 else [value] * len(slices), strict=True
            ):
                self._memory[key, partition] = part
            return [Stored(external=External(MEMORY, None, _type_name(value)))] * len(slices)
        if manager is None:
            if len(slices) > 1 and len(parts) == 1 and value is not None:
                raise _one_value_for_many(key, value, slices)
            subject = key.to_user_string()
            artifacts = [self._vault.artifacts.save(part, subject=subject) for part in parts]
            if len(slices) == 1 and type(value) in _SCALARS:
                self._fresh = artifacts[0].address, value
            return [Stored(artifact=each) for each in artifacts] * (len(slices) // len(parts))
        from tidemill.work.external import write  # noqa: PLC0415  (only where a manager is the user's)

        external, context = write(manager, name, output, value, order, unit, self._surroundings(), said)
        if self._kept is not None:
            self._handed = external, value
        return [Stored(external=external, metadata=context.added, events=tuple(context.events))] * len(slices)

    def parts(self, output: UnitOutput, value: object, order: StepOrder) -> list[Any]:
        """The values of each partition, where the store itself keeps them and they were given as a dict by key."""
        name = output.manager or DEFAULT_IO_MANAGER
        own = self._memory is not None or (name == DEFAULT_IO_MANAGER and self._managers.get(name) is None)
        return parts_of(value, order) if own else [value]

    def hand_on(self, output: PassedOutput, value: object, mapping: str | None, order: StepOrder) -> Stored:
        """Keep a value that is no asset, for other steps of the run.

        Raises:
            UnpicklableValueError: The store cannot keep it.
            UnknownResourceError: Its I/O manager was not provided.
        """
        place = order.name, output.name, mapping
        name = output.manager or DEFAULT_IO_MANAGER
        manager = (
            None if self._always else self._manager(name, f"output {output.name!r} of op {order.name!r}")
        )
        if manager is None and self._memory is not None:
            self._memory[place] = value
            return Stored(external=External(MEMORY, None, _type_name(value)))
        if manager is None:
            if type(value) in _SCALARS:
                self._passed[place] = value
            return Stored(artifact=self._vault.artifacts.save(value, subject="/".join(filter(None, place))))
        from tidemill.work.external import write_passed  # noqa: PLC0415  (only where a manager is the user's)

        external, context = write_passed(manager, name, output, value, mapping, order, self._surroundings())
        return Stored(external=external, metadata=context.added, events=tuple(context.events))

    def receive(self, passed: PassedValue | Version, wire: Wire, order: StepOrder) -> Any:
        """A value that another step of the run gave, or of the run that this one re-executes.

        Raises:
            ValueNotStoredError: It is gone.
        """
        if isinstance(passed, Version):
            given = OrderInput(wire.name, passed.asset, True, ((passed.partition, passed),))
            read_as = UnitInput(wire.name, passed.asset, True, wire.annotation, wire.manager, wire.metadata)
            return self.load(given, read_as, order)
        place = passed.step, passed.output, passed.mapping
        if self._memory is not None and place in self._memory and (wire.manager is None or self._always):
            return self._memory[place]
        if passed.artifact is not None and wire.manager is None:
            if place in self._passed and passed.run_id == order.run.id:
                return self._passed[place]
            return self._vault.artifacts.load(passed.artifact).value
        if passed.artifact is None and passed.external is None:
            return None  # an output without a value
        name = wire.manager or (passed.external.manager if passed.external is not None else "")
        manager = self._manager(name, f"input {wire.name!r} of op {order.name!r}")
        if manager is None:
            raise ValueNotStoredError(
                f"The value that {passed.step!r} gave is gone",
                subject=passed.step,
                found=f"a value that was kept by {name!r}",
                expected="a value in the store",
                next_step=f"run {passed.step!r} again as well",
            )
        from tidemill.work.external import read_passed  # noqa: PLC0415  (only where a manager is the user's)

        return read_passed(manager, name, passed, wire, order, self._surroundings())

    def load_unconnected(self, wire: Wire, order: StepOrder) -> Any:
        """What the manager of an input gives for it where nothing is connected to it.

        Raises:
            UnknownResourceError: The manager was not provided.
        """
        from tidemill.work.external import read_unconnected  # noqa: PLC0415  (only where a manager is the user's)

        name = wire.manager or DEFAULT_IO_MANAGER
        manager = self._manager(name, f"input {wire.name!r} of op {order.name!r}")
        return read_unconnected(manager, name, wire, order, self._surroundings())

    def remember(self, version: Version) -> None:
        """Keep a plain immutable scalar at hand for the steps to come: its copy would be the same object.

        And what an I/O manager was given, for who asks what the step gave.
        """
        if self._kept is not None and self._handed is not None and version.external is self._handed[0]:
            self._kept[version.id] = self._handed[1]  # for each slice, where one call made several
        if (
            self._fresh is not None
            and version.artifact is not None
            and version.artifact.address == self._fresh[0]
        ):
            self._scalars[version.id] = self._fresh[1]
            self._fresh = None

    def load(self, order_input: OrderInput, unit_input: UnitInput, order: StepOrder) -> Any:
        """The value of an input; a dict by partition key where it has many slices.

        Raises:
            ValueNotStoredError: There is none.
            InvariantViolationError: The input is partitioned and the run is of no partition.
        """
        if not order_input.versions and not order_input.many:
            raise InvariantViolationError(
                "Cannot access partition_key for a non-partitioned run",
                subject=order_input.name,
                found="a run without a partition",
                expected=f"a partition of {order_input.asset.to_user_string()!r} to load",
                next_step="give partition_key=… (on the command line: --partition KEY)",
            )
        if not order_input.many:
            return self._load_one(order_input, unit_input, order)
        if not order_input.versions:
            return None
        manager, name = self._manager_of(order_input, unit_input)
        if manager is not None and not self._always:
            from tidemill.work.external import read  # noqa: PLC0415  (only where a manager is the user's)

            keys = tuple(partition for partition, _ in order_input.versions)
            return read(manager, name, unit_input, keys, order, self._surroundings())
        if len(order_input.versions) == 1 and not _is_dict(unit_input.annotation):
            return self._load_one(order_input, unit_input, order)
        may_miss = unit_input.metadata.get(ALLOW_MISSING)
        return {
            partition: self._load(order_input, unit_input, partition, version, order)
            for partition, version in order_input.versions
            if not may_miss or self._is_there(order_input.asset, partition, version)
        }

    def _load_one(self, order_input: OrderInput, unit_input: UnitInput, order: StepOrder) -> Any:
        partition, version = order_input.versions[0]
        missing = partition is not None and not self._is_there(order_input.asset, partition, version)
        if missing and unit_input.metadata.get(ALLOW_MISSING):
            return None
        return self._load(order_input, unit_input, partition, version, order)

    def _is_there(self, asset: AssetKey, partition: str | None, version: Version | None) -> bool:
        return version is not None or (self._memory is not None and (asset, partition) in self._memory)

    def _manager_of(self, order_input: OrderInput, unit_input: UnitInput) -> tuple[Any, str]:
        """The I/O manager that loads an input, and its key; None for the store itself."""
        name = unit_input.manager or manager_key(self._project, order_input.asset)
        owner = f"asset {order_input.asset.to_user_string()!r}"
        return (self._manager(name, owner), name) if name is not None else (None, "")

    def _surroundings(self) -> Surroundings:
        from tidemill.work.external import Surroundings  # noqa: PLC0415  (only where a manager is the user's)

        folder = self._vault.folder / "storage"
        return Surroundings(self._project, folder, self._instance, self._log, self.heard.extend)

    def unit(self, step: str) -> ComputeUnit:
        """The unit behind a step."""
        return self._project.unit(StepKey.unit_of(step))

    def knows(self, name: str) -> bool:
        """Whether a unit has that name, also one that the run left out."""
        return name in self._project.step_names

    def whole(self, step: str) -> ComputeUnit | None:
        """The graph that a step is a part of, if it is."""
        owner = self.unit(step).owner
        return self._project.units.get(owner) if owner is not None else None

    def load_passed(self, passed: PassedValue) -> Any:
        """The value of an output that is no asset."""
        return self.receive(passed, Wire(passed.output), _no_order(None))

    def was_handed(self, version: Version) -> bool:
        """Whether the value of a version is at hand because an I/O manager was given it in this process."""
        return self._kept is not None and version.id in self._kept

    def load_version(self, version: Version) -> Any:
        """The value of a version that this run made."""
        if self._kept is not None and version.id in self._kept:
            return self._kept[version.id]
        slices = ((version.partition, version),)
        order_input = OrderInput(version.asset.to_python_identifier(), version.asset, True, slices)
        return self.load(
            order_input, UnitInput(order_input.name, version.asset), _no_order(version.partition)
        )

    def load_latest(
        self,
        asset: AssetKey,
        partition: str | None,
        *,
        annotation: Any = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Any:
        """The latest value of any asset, whoever wrote it.

        Args:
            asset: Its key.
            partition: Key of the slice, or None.
            annotation: Type that an I/O manager is told to load.
            metadata: Definition metadata that an I/O manager is told.
        """
        if self._memory is not None and (asset, partition) in self._memory:
            return self._memory[asset, partition]
        version = self._vault.latest(asset, partition)
        order_input = OrderInput(asset.to_python_identifier(), asset, True, ((partition, version),))
        unit_input = UnitInput(order_input.name, asset, annotation=annotation, metadata=metadata or {})
        return self.load(order_input, unit_input, _no_order(partition))

    def _load(
        self,
        order_input: OrderInput,
        unit_input: UnitInput,
        partition: str | None,
        version: Version | None,
        order: StepOrder,
    ) -> Any:
        asset = order_input.asset
        own = unit_input.manager is not None and not self._always
        if self._memory is not None and (asset, partition) in self._memory and not own:
            return self._memory[asset, partition]
        if unit_input.manager is None and version is not None and version.artifact is not None:
            if version.id in self._scalars:
                return self._scalars[version.id]
            return self._vault.load(version)
        manager, name = self._manager_of(order_input, unit_input)
        if manager is None:
            raise _not_stored(asset, partition, version)
        from tidemill.work.external import read  # noqa: PLC0415  (only where a manager is the user's)

        return read(manager, name, unit_input, (partition,), order, self._surroundings())

    def _manager(self, name: str, owner: str) -> Any:
        """The I/O manager object; None for the store itself. `owner` is what needs it."""
        manager = self._managers.get(name)
        if manager is None and name != DEFAULT_IO_MANAGER:
            raise UnknownResourceError(
                f"io manager with key {name!r} required by {owner} was not provided",
                subject=name,
                found=", ".join(self._managers) or "no I/O managers",
                expected=f"a resource {name!r} that is an I/O manager",
                next_step=f"add it: resources={{{name!r}: …}}",
            )
        return manager


def manager_key(project: Project, asset: AssetKey) -> str | None:
    """Which I/O manager an asset's value is under; None where it stores none."""
    producer = project.producers.get(asset)
    if producer is not None:
        return next(output.manager for output in project.units[producer].outputs if output.spec.key == asset)
    source = project.sources.get(asset)
    return DEFAULT_IO_MANAGER if source is None else source.metadata.get(IO_MANAGER_KEY, DEFAULT_IO_MANAGER)


ALLOW_MISSING = "allow_missing_partitions"  # metadata of an input


def parts_of(value: object, order: StepOrder, annotation: Any = None) -> list[Any]:
    """The values of each partition of a step over several, where they were given as a dict by key.

    Where an annotation says that the dict itself is the value, it is.
    """
    slices = slices_of(order.key)
    if (
        len(slices) > 1
        and isinstance(value, dict)
        and value.keys() == set(slices)
        and not _is_dict(annotation)
    ):
        return [value[each] for each in slices]
    return [value]


def _is_dict(annotation: Any) -> bool:
    """Whether a parameter wants its partitions by key, even where there is one."""
    kind = getattr(annotation, "__origin__", annotation)
    return isinstance(kind, type) and issubclass(kind, Mapping)


def _one_value_for_many(
    asset: AssetKey, value: object, slices: Sequence[str | None]
) -> InvariantViolationError:
    name = asset.to_user_string()
    return InvariantViolationError(
        f"The store does not support persisting an output associated with multiple partitions as one value: {name!r}",
        subject=name,
        found=f"a value of type {type(value).__name__} for {len(slices)} partitions",
        expected="a dict of the value of each partition, by key",
        next_step="return {key: … for key in context.partition_keys}; or store the value yourself and declare"
        " `-> None` or return a MaterializeResult; or make a partition a run:"
        " backfill_policy=BackfillPolicy.multi_run()",
    )


def _not_stored(asset: AssetKey, partition: str | None, version: Version | None) -> ValueNotStoredError:
    name = asset.to_user_string() + (f"[{partition}]" if partition is not None else "")
    return ValueNotStoredError(
        f"No value of {name!r} is stored",
        subject=name,
        found="no version of it"
        if version is None
        else f"version {version.number or 'made in this run'}, without a value",
        expected="a version with a value",
        next_step=f"materialize {name!r} first, or select it too"
        if version is None
        else f"return the value from the function of {name!r} (one annotated `-> None` stores nothing)",
    )


def _type_name(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")


def _no_order(partition: str | None) -> StepOrder:
    from tidemill.core.keys import PartitionSet  # noqa: PLC0415
    from tidemill.work.orders import RunInfo  # noqa: PLC0415

    slices = PartitionSet((partition,)) if partition is not None else None
    return StepOrder(RunInfo("", "", partition=partition), StepKey("", slices), "", 1, (), (), (), {})
