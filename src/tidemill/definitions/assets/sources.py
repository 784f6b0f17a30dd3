"""Assets that are made elsewhere: loaded here, and observed where a function tells what they are now.

A function that observes lowers to a `ComputeUnit` of kind "observation". Its outputs are the assets that it looks at;
they stay sources for everyone who needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tidemill.core.errors import InvalidInvocationError
from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.definitions.arguments import clean_tags, refuse_twice, valid_group, valid_key, wrong_type
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.specs.assets import IO_MANAGER_KEY, AssetSpec, read_automation, read_freshness
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.units.direct_calls import StepDefinition, call_directly
from tidemill.definitions.units.lowering import DEFAULT_GROUP, NO_RESOURCES, Needs, build_unit, order_only
from tidemill.definitions.units.signatures import Signature, docstring, read_signature
from tidemill.definitions.units.unit import DEFAULT_IO_MANAGER, ComputeUnit, UnitOutput
from tidemill.definitions.values import NOTHING_SAID, Value, fill, replace


class SourceAsset(Value):
    """An asset that is made elsewhere: loaded here, and observed where there is a function for it.

    Args:
        key: Its name.
        metadata: Facts that hold for every version, for the I/O manager too.
        io_manager_key: Which I/O manager loads it.
        io_manager_def: The I/O manager itself; excludes `io_manager_key`.
        description: For the reader.
        partitions_def: Its slices.
        group_name: Its group.
        resource_defs: Resources that its I/O manager or its function needs.
        observe_fn: Tells what the asset is now, as a `DataVersion`, `DataVersionsByPartition` or `ObserveResult`.
        op_tags: Tags of the step that observes it.
        automation_condition: When it is observed by itself.
        freshness_policy: How old it may be.
        tags: Labels to select by.

    Raises:
        InvalidDefinitionError: The definition cannot work.

    Example:
        >>> SourceAsset("prices", io_manager_key="warehouse", group_name="raw").key
        AssetKey(['prices'])
    """

    key: AssetKey
    metadata: Mapping[str, Any]
    io_manager_key: str | None
    description: str | None
    partitions_def: PartitionsDefinition | None
    group_name: str | None
    resource_defs: Mapping[str, Any]
    observe_fn: Callable[..., Any] | None
    op_tags: Mapping[str, Any]
    tags: Mapping[str, str]
    automation_condition: Any
    freshness_policy: Any
    required_resource_keys: frozenset[str]
    signature: Signature | None

    def __init__(
        self,
        key: CoercibleToAssetKey,
        metadata: Mapping[str, Any] | None = None,
        io_manager_key: str | None = None,
        io_manager_def: Any = None,
        description: str | None = None,
        partitions_def: PartitionsDefinition | None = None,
        group_name: str | None = None,
        resource_defs: Mapping[str, Any] | None = None,
        observe_fn: Callable[..., Any] | None = None,
        op_tags: Mapping[str, Any] | None = None,
        *,
        automation_condition: Any = None,
        freshness_policy: Any = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        key = valid_key(AssetKey.from_coercible(key))
        name = key.to_user_string()
        if observe_fn is None and op_tags:
            raise wrong_type(
                name, "op_tags", op_tags, "nothing where there is no observe_fn: no step has them"
            )
        resource_defs = resource_defs or NOTHING_SAID
        if io_manager_def is not None:
            io_manager_key = io_manager_key or key.to_python_identifier("io_manager")
            resource_defs = {**resource_defs, io_manager_key: io_manager_def}
        fill(
            self,
            key,
            metadata or NOTHING_SAID,
            io_manager_key,
            description,
            partitions_def,
            valid_group(name, group_name),
            resource_defs,
            observe_fn,
            op_tags or NOTHING_SAID,
            clean_tags(name, tags),
            read_automation(name, automation_condition, None),
            read_freshness(name, freshness_policy),
            NO_RESOURCES,  # of the context; the decorator has an argument for them
            observing_signature(observe_fn, name) if observe_fn is not None else None,
        )

    @property
    def is_observable(self) -> bool:
        """Whether a function tells what it is now."""
        return self.observe_fn is not None

    @property
    def is_materializable(self) -> bool:
        """Whether something here makes it: never."""
        return False

    @property
    def is_executable(self) -> bool:
        """Whether there is a function."""
        return self.is_observable

    @property
    def io_manager_def(self) -> Any:
        """The I/O manager that came with it, or None."""
        return self.resource_defs.get(self.io_manager_key) if self.io_manager_key is not None else None

    @property
    def unit(self) -> ComputeUnit:
        """What runs to observe it.

        Raises:
            InvalidInvocationError: It has no `observe_fn`.
        """
        name = self.key.to_user_string()
        if self.observe_fn is None or self.signature is None:
            raise InvalidInvocationError(
                f"The source asset {name!r} is not observed by anything here",
                subject=name,
                found="no observe_fn",
                expected="a function that tells what it is now",
                next_step="write it with @observable_source_asset",
            )
        needs = Needs(
            required_resource_keys=self.required_resource_keys,
            resource_defs=self.resource_defs,
            op_tags=self.op_tags,
            partitions_def=self.partitions_def,
        )
        spec = self.to_spec()
        manager = self.io_manager_key or DEFAULT_IO_MANAGER
        output = UnitOutput("result", spec, False, None, manager)
        return observing_unit(
            self.observe_fn, self.signature, self.key.to_python_identifier(), needs, (output,)
        )

    @property
    def op(self) -> StepDefinition:
        """The step that observes it: `.name`, `.description`, `.tags`."""
        return StepDefinition.of(self.unit)

    node_def = op

    def to_spec(self) -> AssetSpec:
        """What is said of it, with the I/O manager as a metadata entry."""
        named = self.io_manager_key not in (None, DEFAULT_IO_MANAGER)
        return AssetSpec(
            self.key,
            description=self.description,
            metadata={**self.metadata, IO_MANAGER_KEY: self.io_manager_key} if named else self.metadata,
            group_name=self.group_name or DEFAULT_GROUP,
            tags=self.tags,
            partitions_def=self.partitions_def,
            automation_condition=self.automation_condition,
            freshness_policy=self.freshness_policy,
        )

    def with_attributes(
        self,
        key: CoercibleToAssetKey | None = None,
        group_name: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> SourceAsset:
        """A copy with another key, group or tags."""
        new = self.key if key is None else valid_key(AssetKey.from_coercible(key))
        name = new.to_user_string()
        return replace(
            self,
            key=new,
            group_name=valid_group(name, group_name) or self.group_name,
            tags=self.tags if tags is None else clean_tags(name, tags),
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function that observes it, outside of any run, and give what it gives.

        Raises:
            InvalidInvocationError: There is none, or its context or a resource is missing.
        """
        return call_directly(self.unit, args, kwargs)


def observing_signature(fn: Callable[..., Any], owner: str) -> Signature:
    """The parameters of a function that tells what sources are now; of a lambda the only one is the context.

    Raises:
        InvalidDefinitionError: It has parameters for values: it is given none.
    """
    signature = read_signature(fn, owner)
    if getattr(fn, "__name__", "") == "<lambda>" and len(signature.inputs) == 1 and not signature.context:
        signature = signature._replace(inputs=(), context=True)
    if signature.inputs:
        found, expected = ", ".join(signature.inputs), "the context, config or annotated resources"
        raise wrong_type(owner, "the parameters", found, expected)
    return signature


def observing_unit(
    fn: Callable[..., Any],
    signature: Signature,
    name: str,
    needs: Needs,
    outputs: tuple[UnitOutput, ...],
    checks: tuple[AssetCheckSpec, ...] = (),
    can_subset: bool = False,
    description: str | None = None,
) -> ComputeUnit:
    """The unit of a function that tells what sources are now."""
    taken: set[str] = set()
    deps = {dep.asset_key: dep for output in outputs for dep in output.spec.deps}
    own = {output.asset for output in outputs}
    inputs = tuple(order_only(dep, taken) for key, dep in deps.items() if key not in own)
    return build_unit(
        fn,
        name,
        name,
        signature,
        needs,
        inputs,
        outputs,
        checks,
        kind="observation",
        can_subset=can_subset,
        description=description or outputs[0].spec.description or docstring(fn),
    )


def observed_outputs(
    name: str, specs: Sequence[AssetSpec], group_name: str | None, partitions_def: PartitionsDefinition | None
) -> tuple[UnitOutput, ...]:
    """The outputs of a function that observes several sources.

    Raises:
        InvalidDefinitionError: There are none, one stands there twice, or they are partitioned differently.
    """
    if not specs or not all(isinstance(spec, AssetSpec) for spec in specs):
        raise wrong_type(name, "specs", specs, "AssetSpec objects")
    refuse_twice(name, [spec.key.to_user_string() for spec in specs], "asset")
    outputs = []
    for spec in specs:
        if None not in (partitions_def, spec.partitions_def) and partitions_def != spec.partitions_def:
            raise wrong_type(name, "partitions_def", spec.partitions_def, "one definition for all its assets")
        if None not in (group_name, spec.group_name):
            raise wrong_type(name, "group_name", spec.group_name, "one group: its own, or each asset's")
        whole = replace(
            spec,
            group_name=spec.group_name or valid_group(name, group_name) or DEFAULT_GROUP,
            partitions_def=spec.partitions_def or partitions_def,
        )
        manager = spec.metadata.get(IO_MANAGER_KEY)
        outputs.append(UnitOutput(spec.key.to_python_identifier(), whole, not spec.skippable, None, manager))
    return tuple(outputs)
