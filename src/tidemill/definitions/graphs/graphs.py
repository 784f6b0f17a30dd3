"""Graphs: ops and graphs that belong together, and what they are lowered to.

    @graph body ──composing──▶ Composed ──lower_graph──▶ units: `op`, `inner.op`, each with the wires between them

A graph within a graph leaves nothing but the dot in the names of its units. A step that is mapped over a dynamic output
is one unit that names that output (`over`): how many steps it becomes is known only when the output has been given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError
from tidemill.core.keys import AssetKey
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.graphs.composing import (
    Composed,
    DynamicHandle,
    Feed,
    Fixed,
    InputHandle,
    Node,
    OutputHandle,
    Settings,
    Use,
    composing,
    current,
)
from tidemill.definitions.hooks import HookDefinition
from tidemill.definitions.partitions.mappings import SpecificPartitionsPartitionMapping
from tidemill.definitions.partitions.partitions import StaticPartitionsDefinition
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.specs.ports import AssetIn, Nothing
from tidemill.definitions.units.signatures import docstring, read_signature
from tidemill.definitions.units.unit import NO_CONSTANT, ComputeUnit, Source, UnitInput, Wire
from tidemill.definitions.values import NOTHING_SAID, Value, fill

STEP_SEPARATOR = "."


class GraphIn(Value):
    """What is said of an input of a graph."""

    description: str | None

    def __init__(self, description: str | None = None) -> None:
        fill(self, description)


class GraphOut(Value):
    """What is said of an output of a graph."""

    description: str | None

    def __init__(self, description: str | None = None) -> None:
        fill(self, description)


class GraphDefinition(Node):
    """Ops and graphs that were put together; made by `@graph`.

    Args:
        name: Its name.
        fn: Its body.
        composed: What calling the body gave.
        input_names: What it takes, in order.
        description: For the reader.
        tags: Of all its steps.
        config: Config of its ops, by their names.
    """

    def __init__(
        self,
        name: str,
        fn: Callable[..., Any],
        composed: Composed,
        input_names: Sequence[str] = (),
        description: str | None = None,
        tags: Mapping[str, str] = NOTHING_SAID,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.fn = fn
        self.composed = composed
        self.input_names = tuple(input_names)
        self.description = description
        self.tags = tags
        self.config = config
        self.__name__ = name
        self.__doc__ = description

    @property
    def output_names(self) -> tuple[str, ...]:
        """What it gives, in order."""
        return tuple(self.composed.outputs)

    @property
    def dynamic_outputs(self) -> Mapping[str, bool]:
        """Its outputs, and whether each is dynamic."""
        return {
            name: isinstance(handle, OutputHandle) and handle.how == "each"
            for name, handle in self.composed.outputs.items()
        }

    @property
    def node_names(self) -> tuple[str, ...]:
        """Names of the ops and graphs that it calls."""
        return tuple(self.composed.uses)

    @property
    def node_defs(self) -> list[Node]:
        """The ops and graphs that it calls, each once, in the order of the calls."""
        return list({id(use.node): use.node for use in self.composed.uses.values()}.values())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make it a part of the graph whose body is being called.

        Raises:
            InvalidDefinitionError: What was given does not fit its inputs.
            InvalidInvocationError: No graph is being put together here.
        """
        composition = current()
        if composition is not None:
            return composition.add(self, Settings(), args, kwargs)
        raise InvalidInvocationError(
            f"The graph {self.name!r} can be called only within the body of another @graph or @job",
            subject=self.name,
            found="a call outside of any graph",
            expected="a call within one",
            next_step=f"to run it: {self.name}.execute_in_process(input_values={{…}})",
        )

    def __repr__(self) -> str:
        return f"GraphDefinition({self.name!r})"


# The body


def compose(
    fn: Callable[..., Any], name: str, outs: Sequence[str] | None, inputs: Sequence[str] | None = None
) -> tuple[Composed, tuple[str, ...]]:
    """Call the body of a graph.

    Args:
        fn: The body.
        name: Of the graph.
        outs: Names of the outputs, where they were declared.
        inputs: Names of the inputs; the parameters of the body by default.

    Returns:
        What it says, and the names of its inputs.

    Raises:
        InvalidDefinitionError: What it gives is no output, or does not fit `outs`.
    """
    parameters = tuple(inputs if inputs is not None else _parameters(fn, name))
    with composing(name) as composition:
        given = fn(**{parameter: InputHandle(parameter) for parameter in parameters})
    return Composed(composition.uses, _outputs(name, given, outs)), parameters


def _parameters(fn: Callable[..., Any], name: str) -> tuple[str, ...]:
    signature = read_signature(fn, name)
    if signature.context:
        raise InvalidDefinitionError(
            f"The body of {name!r} takes a context, but it is called before any run",
            subject=name,
            found="a first parameter for the context",
            expected="inputs only",
            next_step="take the context in the ops that it calls",
        )
    return signature.inputs


def _outputs(name: str, given: Any, outs: Sequence[str] | None) -> dict[str, OutputHandle | InputHandle]:
    if given is None:
        named: dict[str, Any] = {}
    elif isinstance(given, Mapping):
        named = dict(given)
    elif isinstance(given, tuple) and not isinstance(given, (OutputHandle, InputHandle)):
        names = outs if outs is not None else getattr(given, "_fields", None)
        if names is None or len(names) != len(given):
            raise InvalidDefinitionError(
                f"The body of {name!r} gives {len(given)} outputs without names",
                subject=name,
                found=f"a tuple of {len(given)}",
                expected=f"{len(outs)} outputs: {', '.join(outs)}" if outs else "a dict of outputs by name",
                next_step='return {"first": …, "second": …}, and declare out={"first": GraphOut(), …}',
            )
        named = dict(zip(names, given, strict=True))
    else:
        named = {outs[0] if outs is not None and len(outs) == 1 else "result": given}
    if outs is not None and set(named) != set(outs):
        raise InvalidDefinitionError(
            f"The body of {name!r} does not give the outputs that were declared",
            subject=name,
            found=", ".join(named) or "no outputs",
            expected=", ".join(outs),
        )
    order = outs if outs is not None else list(named)
    return {output: _handle(name, named[output]) for output in order}


def _handle(name: str, given: Any) -> OutputHandle | InputHandle:
    if isinstance(given, DynamicHandle):
        return given.handle
    if isinstance(given, (OutputHandle, InputHandle)):
        return given
    raise wrong_type(name, "what its body gives", given, "outputs of the ops and graphs that it calls")


# Lowering


class Wired(NamedTuple):
    """What is connected to an input: outputs of steps."""

    sources: tuple[Source, ...]
    fan_in: bool = False


class FromAsset(NamedTuple):
    """What is connected to an input: an asset."""

    key: AssetKey
    asset_in: AssetIn


class Gathered(NamedTuple):
    """What is connected to an input: several assets, as a list."""

    assets: tuple[FromAsset, ...]


class Root(NamedTuple):
    """What is connected to an input: one of the outermost graph's, to which the run's config may give a value."""

    name: str


Connected: TypeAlias = "Wired | Fixed | FromAsset | Gathered | Root | None"


class Lowered(NamedTuple):
    """A graph as units, in an order in which they can run, and where outputs come from: its own, those within it.

    `roots` are inputs of the graph that nothing is connected to, each with the units and inputs that it is.
    `assets` are those that its body names itself.
    """

    units: dict[str, ComputeUnit]
    outputs: dict[str, Connected]
    results: dict[tuple[str, str], Source]
    roots: dict[str, list[tuple[str, str]]]
    assets: dict[AssetKey, AssetSpec]


class _Surroundings(NamedTuple):
    """What the graphs around a use say of it."""

    prefix: str = ""
    tags: Mapping[str, str] = {}
    hooks: tuple[HookDefinition, ...] = ()
    retry_policy: RetryPolicy | None = None
    config: Mapping[str, Any] = {}

    def within(self, use: Use) -> _Surroundings:
        """The same for what is within a graph."""
        node, said = use.node, use.settings
        return _Surroundings(
            f"{self.prefix}{use.name}{STEP_SEPARATOR}",
            {**self.tags, **node.tags, **said.tags},
            (*self.hooks, *said.hooks),
            said.retry_policy or self.retry_policy,
            {**(node.config or {}), **self.config_of(use.name, "ops")},
        )

    def config_of(self, name: str, section: str) -> Mapping[str, Any]:
        """What these graphs give to a use in them: its `config`, or that of its own `ops`."""
        entry = self.config.get(name, {})
        return entry.get(section, {}) if isinstance(entry, Mapping) else {}


def lower_graph(
    graph: GraphDefinition,
    inputs: Mapping[str, Connected] = NOTHING_SAID,
    *,
    prefix: str = "",
    hooks: tuple[HookDefinition, ...] = (),
) -> Lowered:
    """The units of a graph.

    Args:
        graph: The graph.
        inputs: What is connected to its inputs.
        prefix: Before the names of the units.
        hooks: Of all of them.

    Raises:
        InvalidDefinitionError: A step would be mapped over two dynamic outputs; or a list mixes outputs with values.
    """
    lowered = Lowered({}, {}, {}, {}, {})
    inputs = {**{name: Root(name) for name in graph.input_names}, **inputs}
    outputs = _lower(
        graph, inputs, _Surroundings(prefix, graph.tags, hooks, None, graph.config or {}), lowered
    )
    return lowered._replace(outputs=outputs)


def _lower(
    graph: GraphDefinition,
    inputs: Mapping[str, Connected],
    around: _Surroundings,
    lowered: Lowered,
) -> dict[str, Connected]:
    units = lowered.units
    made: dict[str, Mapping[str, Connected]] = {}

    def connected(feed: Feed) -> Connected:
        if isinstance(feed, InputHandle):
            return inputs.get(feed.name)
        if isinstance(feed, OutputHandle):
            return _as_asked(made[feed.use][feed.output], feed.how)
        if isinstance(feed, Fixed):
            return _value_or_asset(feed, lowered)
        return _fanned_in(graph.name, [connected(item) for item in feed])

    for use in graph.composed.uses.values():
        given = {name: connected(feed) for name, feed in use.inputs.items()}
        if isinstance(use.node, GraphDefinition):
            made[use.name] = _lower(use.node, given, around.within(use), lowered)
            continue
        given |= _assets_of(use.node.unit, given, lowered)
        unit = _lower_use(use, given, around, units)
        units[unit.name] = unit
        for name, found in given.items():
            if isinstance(found, Root):
                lowered.roots.setdefault(found.name, []).append((unit.name, name))
        made[use.name] = {output.name: Wired((Source(unit.name, output.name),)) for output in unit.passed}
    outputs = {name: connected(handle) for name, handle in graph.composed.outputs.items()}
    path = around.prefix.removesuffix(STEP_SEPARATOR)
    for name, found in outputs.items():
        if isinstance(found, Wired) and len(found.sources) == 1:
            lowered.results[path, name] = found.sources[0]
    return outputs


def _value_or_asset(fixed: Fixed, lowered: Lowered) -> Connected:
    """A plain value; or an asset that the body names, whose latest value is loaded."""
    key = getattr(fixed.value, "key", None)
    if not isinstance(key, AssetKey):
        return fixed
    to_spec = getattr(fixed.value, "to_spec", None)
    lowered.assets[key] = to_spec() if to_spec is not None else AssetSpec(key)
    return FromAsset(key, AssetIn())


def _assets_of(unit: ComputeUnit, given: Mapping[str, Connected], lowered: Lowered) -> dict[str, Connected]:
    """The assets that an op says it takes where nothing is connected."""
    return {
        wire.name: _asset_of_wire(wire, wire.asset, lowered)
        for wire in unit.wires
        if wire.asset is not None and wire.constant is NO_CONSTANT and given.get(wire.name) is None
    }


def _asset_of_wire(wire: Wire, key: AssetKey, lowered: Lowered) -> FromAsset:
    keys = wire.asset_partitions
    if keys is None:
        lowered.assets.setdefault(key, AssetSpec(key))
        return FromAsset(key, AssetIn())
    # Where nothing else defines the asset, it has the partitions that are asked for.
    before = lowered.assets.get(key)
    known = before.partitions_def if before is not None else None
    if before is None or isinstance(known, StaticPartitionsDefinition):
        every = sorted({*keys, *(known.get_partition_keys() if known is not None else ())})
        lowered.assets[key] = AssetSpec(key, partitions_def=StaticPartitionsDefinition(every))
    return FromAsset(key, AssetIn(partition_mapping=SpecificPartitionsPartitionMapping(keys)))


def _as_asked(found: Connected, how: Any) -> Connected:
    """An output of a use: of each mapping key or of all, where that was asked for."""
    if how == "one" or not isinstance(found, Wired):
        return found
    return Wired(tuple([source._replace(how=how) for source in found.sources]), found.fan_in)


def _fanned_in(name: str, items: Sequence[Connected]) -> Connected:
    if all(isinstance(item, Fixed) for item in items):
        return Fixed([item.value for item in items if isinstance(item, Fixed)])
    assets = tuple([item for item in items if isinstance(item, FromAsset)])
    if len(assets) == len(items):
        return Gathered(assets)
    sources: list[Source] = []
    for item in items:
        if not isinstance(item, Wired) or item.fan_in:
            raise InvalidDefinitionError(
                f"A list of inputs in {name!r} holds something else than outputs of ops",
                subject=name,
                found="plain values, assets or lists beside outputs, or an input that nothing is connected to",
                expected="outputs of ops only, or assets only",
                next_step="give it as an input of its own",
            )
        sources += item.sources
    return Wired(tuple(sources), fan_in=True)


def _lower_use(
    use: Use, given: Mapping[str, Connected], around: _Surroundings, units: Mapping[str, ComputeUnit]
) -> ComputeUnit:
    unit: ComputeUnit = use.node.unit
    name, said = around.prefix + use.name, use.settings
    wires: list[Wire] = []
    inputs: list[UnitInput] = []
    for wire in unit.wires:
        found = given.get(wire.name)
        if found is None or isinstance(found, Root):
            if wire.is_argument:
                wires.append(wire)
        elif isinstance(found, Gathered):
            each = [
                _asset_input(wire._replace(name=f"{wire.name}[{number}]", annotation=None), asset)
                for number, asset in enumerate(found.assets)
            ]
            inputs += each
            if wire.is_argument:
                wires.append(wire._replace(gathers=tuple([needed.name for needed in each])))
        elif isinstance(found, Fixed):
            wires.append(wire._replace(constant=found.value))
        elif isinstance(found, FromAsset):
            inputs.append(_asset_input(wire, found))
        else:
            sources = tuple([_each_of_mapped(source, units) for source in found.sources])
            wires.append(wire._replace(sources=sources, fan_in=found.fan_in))
    hooks = (*around.hooks, *said.hooks)
    keys = unit.required_resources.union(*[hook.required_resource_keys for hook in hooks])
    return unit._replace(
        name=name,
        wires=tuple(wires),
        inputs=tuple(inputs),
        tags={**around.tags, **unit.tags, **said.tags},
        hooks=tuple(dict.fromkeys(hooks)),
        required_resources=keys,
        retry_policy=said.retry_policy or unit.retry_policy or around.retry_policy,
        over=_mapped_over(name, wires, units),
        preset={**unit.preset, **around.config_of(use.name, "config")},
    )


def _asset_input(wire: Wire, found: FromAsset) -> UnitInput:
    asset_in = found.asset_in
    return UnitInput(
        wire.name,
        found.key,
        wire.is_argument and asset_in.dagster_type is not Nothing,
        wire.annotation,
        asset_in.input_manager_key or wire.manager,
        {**asset_in.metadata, **wire.metadata},
        getattr(asset_in, "partition_mapping", None),
    )


def _each_of_mapped(source: Source, units: Mapping[str, ComputeUnit]) -> Source:
    """What is read from a mapped step without a word is read under the same mapping key."""
    return source._replace(how="each") if source.how == "one" and units[source.step].over else source


def _mapped_over(name: str, wires: Sequence[Wire], units: Mapping[str, ComputeUnit]) -> Source | None:
    """The dynamic output that a unit is mapped over, if any."""
    origins: dict[Source, None] = {}
    for wire in wires:
        for source in wire.sources:
            upstream = units[source.step]
            dynamic = any(output.dynamic for output in upstream.passed if output.name == source.output)
            nested = dynamic and upstream.over is not None
            if dynamic and (source.how == "each" or nested):
                origins[Source(source.step, source.output)] = None
            if upstream.over is not None and (source.how == "each" or nested):
                origins[upstream.over] = None
    if len(origins) > 1:
        both = [f'"{origin.step}:{origin.output}"' for origin in origins]
        raise InvalidDefinitionError(
            f"op {name!r} cannot be downstream of more than one dynamic output. It is downstream of both"
            f" {' and '.join(both)}",
            subject=name,
            found=" and ".join(both),
            expected="one dynamic output at most",
            next_step="collect one of them first, or give all combinations as one dynamic output",
        )
    return next(iter(origins), None)


def unit_of_graph(graph: GraphDefinition, lowered: Lowered, name: str, **said: Any) -> ComputeUnit:
    """The unit that stands for a whole graph: its own function only says how the parts go together."""
    owned = tuple([part._replace(owner=name) for part in lowered.units.values()])
    return ComputeUnit(
        name,
        graph.fn,
        parts=owned,
        results=lowered.results,
        required_resources=frozenset().union(*[part.required_resources for part in owned]),
        description=graph.description or docstring(graph.fn),
        **said,
    )
