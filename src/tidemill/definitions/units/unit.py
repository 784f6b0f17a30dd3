"""The normal form: every decorator lowers to one `ComputeUnit`, and nothing later knows which sugar it was.

@asset, @asset_check, @op in a @graph … ──lower──▶  ComputeUnit(inputs, function, outputs, needs)
                                                        │
                                    planning reads names, execution calls the function
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tidemill.core.keys import AssetKey
from tidemill.definitions.units.terms import PLAIN_TERMS, Terms

if TYPE_CHECKING:
    from tidemill.definitions.hooks import HookDefinition
    from tidemill.definitions.partitions.mappings import PartitionMapping
    from tidemill.definitions.partitions.partitions import PartitionsDefinition
    from tidemill.definitions.policies import BackfillPolicy, RetryPolicy
    from tidemill.definitions.specs.assets import AssetSpec
    from tidemill.definitions.specs.checks import AssetCheckSpec

DEFAULT_IO_MANAGER = "io_manager"
NO_CONSTANT: Any = ...


class UnitInput(NamedTuple):
    """Something that a unit needs.

    Attributes:
        name: Parameter of the function; for a dependency without a value, the identifier of the key.
        asset: Whose value, or whose completion.
        is_argument: Whether the value is loaded and passed; otherwise only the order counts.
        annotation: The parameter's type annotation, or None.
        manager: Key of the I/O manager that loads it, where not the one that wrote it (`input_manager_key`).
        metadata: Definition metadata of the input.
        partition_mapping: Which upstream partitions correspond; None is the usual ones.
    """

    name: str
    asset: AssetKey
    is_argument: bool = True
    annotation: Any = None
    manager: str | None = None
    metadata: Mapping[str, Any] = {}
    partition_mapping: PartitionMapping | None = None


class UnitOutput(NamedTuple):
    """An asset that a unit makes.

    Attributes:
        name: Output name (`result` for a single asset).
        spec: What the user said of the asset.
        required: Whether the function must give it.
        annotation: The value's type annotation, or None.
        manager: Key of the I/O manager, or None where the value is never stored (`-> None`, `specs=`).
    """

    name: str
    spec: AssetSpec
    required: bool = True
    annotation: Any = None
    manager: str | None = DEFAULT_IO_MANAGER

    @property
    def asset(self) -> AssetKey:
        """Key of the asset."""
        return self.spec.key


class Source(NamedTuple):
    """An output of another step of the same run.

    Attributes:
        step: Name of the unit.
        output: Name of its output.
        how: `one`: its value; `each`: the value under the mapping key of the step that reads it; `all`: those under
            all mapping keys, as a list.
    """

    step: str
    output: str
    how: Literal["one", "each", "all"] = "one"


class Wire(NamedTuple):
    """Something that a unit needs and no asset is: what other steps of the run gave.

    Attributes:
        name: Parameter of the function.
        sources: Whose outputs; empty where the value is known before the run.
        fan_in: Whether the values of several sources are passed as one list.
        is_argument: Whether the value is passed; otherwise only the order counts.
        annotation: The parameter's type annotation, or None.
        manager: Key of the I/O manager that loads it, where not the one that wrote it.
        metadata: Definition metadata of the input.
        constant: The value where there are no sources; an ellipsis where the run's config may give one.
        gathers: Instead of sources: inputs of the unit, assets, whose values are passed as one list.
        asset, asset_partitions: Of an op: the asset, and which of its partitions, that it takes where nothing is
            connected to it. (In a graph that is an input of the unit, and no wire.)
    """

    name: str
    sources: tuple[Source, ...] = ()
    fan_in: bool = False
    is_argument: bool = True
    annotation: Any = None
    manager: str | None = None
    metadata: Mapping[str, Any] = {}
    constant: Any = NO_CONSTANT
    gathers: tuple[str, ...] = ()
    asset: AssetKey | None = None
    asset_partitions: tuple[str, ...] | None = None


class PassedOutput(NamedTuple):
    """What a unit makes and no asset is: kept for the steps of its run.

    Attributes:
        name: Output name.
        required: Whether the function must give it; of a dynamic one, whether nothing of it is an empty list for what
            collects it.
        annotation: The value's type annotation, or None.
        manager: Key of the I/O manager, or None where there is no value (`Nothing`).
        dynamic: Whether it is given any number of times, each under a mapping key.
        metadata, description: Of the definition.
    """

    name: str
    required: bool = True
    annotation: Any = None
    manager: str | None = DEFAULT_IO_MANAGER
    dynamic: bool = False
    metadata: Mapping[str, Any] = {}
    description: str | None = None


class ComputeUnit(NamedTuple):
    """A function with everything that is known of it before it runs.

    Attributes:
        name: Name of the step: key parts joined by `__`, or the name given.
        fn: The user's function, as written.
        kind: What the user decorated.
        inputs, outputs: What it needs and makes, in order of parameters and of outputs.
        checks: Checks whose verdict it gives.
        context: Whether its first parameter is the context.
        config_name, config_type: Parameter that receives run config, and its class; a class without a
            parameter is read through `context.op_config`. `config_type` is a `Config` subclass, a dict schema
            or None.
        resource_parameters: Parameter name → resource key (they are the same name).
        required_resources: All resource keys that it needs, parameters included; I/O managers are not.
        resource_defs: Resources given to this unit alone.
        flow: How the function gives its results.
        has_var_keyword: Whether inputs that are no named parameters go into `**kwargs`.
        can_subset: Whether it may run for a part of its outputs.
        internal_deps: Output name → keys that it depends on, where not all inputs.
        pool: Which pool its step takes a slot of.
        terms: On which terms it runs, and its result may be used again.
        backfill: How many partitions a run of a backfill covers.
        wires: What it needs of other steps of its run.
        passed: What it makes for other steps of its run.
        order: Names of all outputs as the function gives them, where some are assets and some are passed.
        over: The dynamic output for each of whose mapping keys there is a step.
        hooks: What is called when its step has succeeded or failed.
        parts: Units that its steps are made of, where it is a graph; its own function only says how they go together.
        results: Graph within it ("" for itself) and output of that → which part gives it.
        preset: Config that the graph around it gives.
        owner: Name of the graph whose part it is.
        code_version: What its function counts as, where the user says so. (Of assets, their specs say it.)
        source: File and line of the function.
    """

    name: str
    fn: Callable[..., Any]
    kind: Literal["asset", "check", "observation", "op"] = "asset"
    inputs: tuple[UnitInput, ...] = ()
    outputs: tuple[UnitOutput, ...] = ()
    checks: tuple[AssetCheckSpec, ...] = ()
    context: bool = False
    config_name: str | None = None
    config_type: Any = None
    resource_parameters: Mapping[str, str] = {}
    required_resources: frozenset[str] = frozenset()
    resource_defs: Mapping[str, Any] = {}
    flow: Literal["return", "generator", "coroutine", "async_generator"] = "return"
    has_var_keyword: bool = False
    partitions: PartitionsDefinition | None = None
    retry_policy: RetryPolicy | None = None
    can_subset: bool = False
    internal_deps: Mapping[str, frozenset[AssetKey]] = {}
    tags: Mapping[str, str] = {}
    pool: str | None = None
    description: str | None = None
    terms: Terms = PLAIN_TERMS
    backfill: BackfillPolicy | None = None
    wires: tuple[Wire, ...] = ()
    passed: tuple[PassedOutput, ...] = ()
    order: tuple[str, ...] = ()
    over: Source | None = None
    hooks: tuple[HookDefinition, ...] = ()
    parts: tuple[ComputeUnit, ...] = ()
    results: Mapping[tuple[str, str], Source] = {}
    preset: Mapping[str, Any] = {}
    owner: str | None = None
    code_version: str | None = None

    @property
    def gives(self) -> tuple[UnitOutput | PassedOutput, ...]:
        """All outputs, in the order in which the function gives them."""
        if not self.passed:
            return self.outputs
        both: tuple[UnitOutput | PassedOutput, ...] = (*self.outputs, *self.passed)
        if not self.order:
            return both
        return tuple(sorted(both, key=lambda output: self.order.index(output.name)))

    @property
    def managers(self) -> list[tuple[str, str, str]]:
        """Keys of the I/O managers that it names, each with `output` or `input` and the name of that."""
        taken = [(each.name, each.manager) for each in self.inputs if each.is_argument]
        taken += [(each.name, each.manager) for each in self.wires]
        named = [("output", each.name, each.manager) for each in self.gives]
        named += [("input", *each) for each in taken]
        return [(key, side, name) for side, name, key in named if key is not None]

    def with_hooks(self, hooks: tuple[HookDefinition, ...]) -> ComputeUnit:
        """The same with further hooks, and what they need."""
        if not hooks:
            return self
        keys = self.required_resources.union(*[hook.required_resource_keys for hook in hooks])
        return self._replace(
            hooks=tuple(dict.fromkeys((*self.hooks, *hooks))),
            required_resources=keys,
            parts=tuple([part.with_hooks(hooks) for part in self.parts]),
        )

    @property
    def source(self) -> tuple[str, int]:
        """File and line of the function, as far as Python knows."""
        code = getattr(self.fn, "__code__", None)
        return (code.co_filename, code.co_firstlineno) if code else ("", 0)
