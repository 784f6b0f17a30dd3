"""Values that an I/O manager of the user's keeps: written and read through contexts, remembered by name and place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import StepKey
from tidemill.core.records import NO_METADATA, External, PassedValue
from tidemill.definitions.assets.assets import AssetsDefinition
from tidemill.definitions.graph_config import INPUTS, OUTPUTS, port_entry
from tidemill.definitions.project import Project
from tidemill.definitions.units.unit import ComputeUnit, PassedOutput, Source, UnitInput, UnitOutput, Wire
from tidemill.io.contexts import InputContext, OutputContext
from tidemill.io.managers import ConfiguredManager, InputManager, IOManager
from tidemill.work.context import AssetExecutionContext
from tidemill.work.orders import StepOrder


class Surroundings(NamedTuple):
    """What the contexts of one run have in common.

    Attributes:
        project: The definitions.
        folder: Where an I/O manager without a place of its own keeps values.
        instance: The store in the compatible interface.
        log: The logger of the step that runs now, or None between steps.
        hear: Takes what managers observe of values that they load.
    """

    project: Project
    folder: Path
    instance: Callable[[], Any]
    log: Callable[[], Any]
    hear: Callable[[Iterable[Any]], None]


def write(
    manager: Any,
    name: str,
    output: UnitOutput,
    value: object,
    order: StepOrder,
    unit: ComputeUnit,
    around: Surroundings,
    said: Mapping[str, Any] = NO_METADATA,
) -> tuple[External, OutputContext]:
    """Hand a value to an I/O manager, with the metadata that the function said of it.

    Returns:
        Who keeps it and where; and the context, with the metadata and events that the manager added.

    Raises:
        InvalidDefinitionError: The resource of that name is no I/O manager.
        Exception: Whatever the manager raises.
    """
    if not isinstance(manager, IOManager):
        raise _no_manager(name, manager, "handle_output")
    context = _output_context(manager, output, order, unit, around, said)
    many = order.key.partitions is not None and len(order.key.partitions) > 1
    return _handled(manager, name, value, context, many=many), context


def _handled(
    manager: Any, name: str, value: object, context: OutputContext, *, many: bool = False
) -> External:
    handled: Any = manager.handle_output(context, value)
    if hasattr(handled, "__next__"):  # a generator of events, as older I/O managers were written
        for event in handled:
            context.log_event(event)
    return External(
        name,
        "/".join(context.asset_key.parts if many else context.get_identifier()),
        f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins."),
    )


def write_passed(
    manager: Any,
    name: str,
    output: PassedOutput,
    value: object,
    mapping: str | None,
    order: StepOrder,
    around: Surroundings,
) -> tuple[External, OutputContext]:
    """As `write`, for a value that is no asset: it is known by run, step, output and mapping key."""
    if not isinstance(manager, IOManager):
        raise _no_manager(name, manager, "handle_output")
    context = OutputContext(
        name=output.name,
        definition_metadata=output.metadata,
        config=_told(manager, order, order.key.unit, OUTPUTS, output.name),
        dagster_type=output.annotation,
        step_key=order.name,
        mapping_key=mapping,
        run_id=order.run.id,
        job_name=order.run.job_name,
        partition_key=order.run.partition,
        op_def=_op_of(order.name, around),
        step=AssetExecutionContext.get,
        storage_folder=around.folder,
        instance=around.instance,
        log=around.log(),
    )
    return _handled(manager, name, value, context), context


def read_passed(
    manager: Any, name: str, passed: PassedValue, wire: Wire, order: StepOrder, around: Surroundings
) -> Any:
    """As `read`, for a value that is no asset."""
    if not isinstance(manager, InputManager):
        raise _no_manager(name, manager, "load_input")
    project, unit = around.project, StepKey.unit_of(passed.step)
    outputs = project.parts[unit].passed if unit in project.parts else ()
    output = next((each for each in outputs if each.name == passed.output), None)
    written = OutputContext(
        name=passed.output,
        definition_metadata=output.metadata if output is not None else {},
        config=_told(manager, order, unit, OUTPUTS, passed.output),
        dagster_type=output.annotation if output is not None else None,
        step_key=passed.step,
        mapping_key=passed.mapping,
        run_id=passed.run_id,
        job_name=order.run.job_name,
        partition_key=order.run.partition,
        op_def=_op_of(passed.step, around),
        storage_folder=around.folder,
        instance=around.instance,
        log=around.log(),
    )
    return manager.load_input(_input_context(manager, wire, written, order, around))


def read_unconnected(manager: Any, name: str, wire: Wire, order: StepOrder, around: Surroundings) -> Any:
    """Have the manager of an input load it, where no output is connected to it."""
    if not isinstance(manager, InputManager):
        raise _no_manager(name, manager, "load_input")
    return manager.load_input(_input_context(manager, wire, None, order, around))


def _input_context(
    manager: object, wire: Wire, written: OutputContext | None, order: StepOrder, around: Surroundings
) -> InputContext:
    return InputContext(
        name=wire.name,
        config=_told(manager, order, order.key.unit, INPUTS, wire.name) if wire.manager is not None else None,
        definition_metadata=wire.metadata,
        dagster_type=wire.annotation,
        upstream_output=written,
        step_key=order.name,
        run_id=order.run.id,
        job_name=order.run.job_name,
        partition_key=order.run.partition,
        op_def=_op_of(order.name, around),
        step=AssetExecutionContext.get,
        storage_folder=around.folder,
        instance=around.instance,
        log=around.log(),
    )


def read(
    manager: Any,
    name: str,
    unit_input: UnitInput,
    partitions: tuple[str | None, ...],
    order: StepOrder,
    around: Surroundings,
) -> Any:
    """Ask an I/O manager for a value, or for many partitions of one at once.

    Raises:
        InvalidDefinitionError: The resource of that name is no I/O manager.
        Exception: Whatever the manager raises.
    """
    if not isinstance(manager, InputManager):
        raise _no_manager(name, manager, "load_input")
    asset = unit_input.asset
    project = around.project
    keys = [partition for partition in partitions if partition is not None]
    upstream = project.units.get(project.producers.get(asset, ""))
    source = project.sources.get(asset)
    output = (
        next((o for o in upstream.outputs if o.spec.key == asset), None) if upstream is not None else None
    )
    spec = output.spec if output is not None else source
    config = None
    if upstream is not None and output is not None:  # of a graph, the part that gives it is told
        giver = upstream.results.get(("", output.name), Source(upstream.name, output.name))
        config = _told(manager, order, giver.step, OUTPUTS, giver.output)
    written = OutputContext(
        name=output.name if output is not None else "result",
        dagster_type=output.annotation if output is not None else None,
        asset_key=asset,
        asset_spec=spec,
        definition_metadata=spec.metadata if spec is not None else {},
        config=config,
        step_key=upstream.name if upstream is not None else "",
        partition_key=keys[0] if len(keys) == 1 else None,
        partition_keys=keys,
        partitions_def=(upstream.partitions if upstream is not None else None)
        or (source.partitions_def if source is not None else None),
        storage_folder=around.folder,
        run_id=order.run.id,
        job_name=order.run.job_name,
        op_def=AssetsDefinition(upstream).op if upstream is not None else None,
        instance=around.instance,
        log=around.log(),
    )
    unit = project.units.get(order.name)
    context = InputContext(
        name=unit_input.name,
        asset_key=asset,
        config=_told(manager, order, order.key.unit, INPUTS, unit_input.name)
        if unit_input.manager is not None
        else None,
        definition_metadata=unit_input.metadata,
        dagster_type=unit_input.annotation,
        upstream_output=written,
        step_key=order.name,
        run_id=order.run.id,
        job_name=order.run.job_name,
        partition_key=order.run.partition,
        partition_keys=keys,
        partitions_def=(upstream.partitions if upstream is not None else None)
        or (source.partitions_def if source is not None else None),
        op_def=AssetsDefinition(unit).op if unit is not None else None,
        step=AssetExecutionContext.get,
        storage_folder=around.folder,
        instance=around.instance,
        log=around.log(),
    )
    value = manager.load_input(context)
    around.hear(context.get_observations())
    return value


def _output_context(
    manager: object,
    output: UnitOutput,
    order: StepOrder,
    unit: ComputeUnit,
    around: Surroundings,
    said: Mapping[str, Any],
) -> OutputContext:
    covered = order.key.partitions
    return OutputContext(
        name=output.name,
        asset_key=output.spec.key,
        asset_spec=output.spec,
        definition_metadata=output.spec.metadata,
        config=_told(manager, order, order.key.unit, OUTPUTS, output.name),
        output_metadata=said,
        dagster_type=output.annotation,
        step_key=order.name,
        run_id=order.run.id,
        job_name=order.run.job_name,
        partition_key=order.run.partition,
        partition_keys=[unit.partitions.key_of(key) for key in covered.keys]
        if covered is not None and unit.partitions is not None
        else (),
        partitions_def=unit.partitions,
        version=output.spec.code_version,
        op_def=AssetsDefinition(unit).op,
        step=AssetExecutionContext.get,
        storage_folder=around.folder,
        instance=around.instance,
        log=around.log(),
    )


def _told(manager: object, order: StepOrder, unit: str, side: str, name: str) -> Any:
    """What the run's config says of one output or input, as it was given: None where the manager has no use for it."""
    return (
        port_entry(order.run.config, unit, side).get(name, {})
        if isinstance(manager, ConfiguredManager)
        else None
    )


def _op_of(step: str, around: Surroundings) -> Any:
    """The definition of a step that gives or takes values that are no assets."""
    unit = around.project.parts.get(StepKey.unit_of(step))
    return AssetsDefinition(unit).op if unit is not None else None


def _no_manager(name: str, found: object, method: str) -> InvalidDefinitionError:
    return InvalidDefinitionError(
        f"The resource {name!r} is used as an I/O manager, but has no {method}",
        subject=name,
        found=f"an object of type {type(found).__name__}",
        expected="an IOManager or a ConfigurableIOManager",
        next_step=f"give an I/O manager as the resource {name!r}, or another io_manager_key",
    )
