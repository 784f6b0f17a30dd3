"""What the decorators give back: a `ComputeUnit` with the questions that users and tests ask of an asset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, KeysView, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tidemill.core.errors import InvalidDefinitionError, InvariantViolationError
from tidemill.core.keys import AssetCheckKey, AssetKey, CoercibleToAssetKey
from tidemill.definitions.arguments import clean_tags, valid_group, wrong_type
from tidemill.definitions.assets.sources import SourceAsset
from tidemill.definitions.hooks import valid_hooks
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.policies import BackfillPolicy, checked_backfill_policy
from tidemill.definitions.specs.assets import AssetSpec, read_automation
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.units.direct_calls import StepDefinition, call_directly
from tidemill.definitions.units.lowering import DEFAULT_GROUP
from tidemill.definitions.units.multi_assets import with_mapped_deps
from tidemill.definitions.units.unit import DEFAULT_IO_MANAGER, ComputeUnit, UnitOutput
from tidemill.definitions.values import NOTHING_SAID, replace

if TYPE_CHECKING:
    from tidemill.definitions.conditions.auto_materialize import AutoMaterializePolicy
    from tidemill.definitions.conditions.conditions import AutomationCondition


class UnitDefinition:
    """A function with its definition; calling it calls the function, outside of any run."""

    __slots__ = ("unit",)

    def __init__(self, unit: ComputeUnit) -> None:
        self.unit = unit

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function and give what it gives, untouched.

        Args:
            *args: The context first, where the function or its resources need one; then values.
            **kwargs: Values, config and resources by parameter.

        Raises:
            InvalidInvocationError: The context is missing, or a resource that only a context could give.
        """
        return call_directly(self.unit, args, kwargs)

    @property
    def op(self) -> StepDefinition:
        """The step: `.name`, `.description`, `.tags`."""
        return StepDefinition.of(self.unit)

    node_def = op

    @property
    def can_subset(self) -> bool:
        """Whether the function can give a part of what it gives."""
        return self.unit.can_subset

    @property
    def partitions_def(self) -> PartitionsDefinition | None:
        """The slices that the function makes or judges."""
        return self.unit.partitions

    @property
    def check_specs(self) -> Iterable[AssetCheckSpec]:
        """Checks whose verdict the function gives."""
        return self.unit.checks

    @property
    def check_keys(self) -> KeysView[AssetCheckKey]:
        """Their keys."""
        return dict.fromkeys(check.key for check in self.unit.checks).keys()

    @property
    def keys_by_input_name(self) -> Mapping[str, AssetKey]:
        """Input → asset."""
        return {unit_input.name: unit_input.asset for unit_input in self.unit.inputs}

    @property
    def required_resource_keys(self) -> frozenset[str]:
        """Resources that the function needs."""
        return self.unit.required_resources

    @property
    def resource_defs(self) -> Mapping[str, Any]:
        """Resources that came with the definition."""
        return self.unit.resource_defs


def _by_key(field: str, doc: str) -> Any:
    def asked(assets: AssetsDefinition) -> dict[AssetKey, Any]:
        return {spec.key: getattr(spec, field) for spec in assets.specs}

    return property(asked, doc=doc)


class AssetsDefinition(UnitDefinition):
    """A function that makes one or more assets; made by `@asset` and `@multi_asset`."""

    __slots__ = ()

    @property
    def key(self) -> AssetKey:
        """Key of the only asset.

        Raises:
            InvariantViolationError: There are several.
        """
        if len(self.unit.outputs) != 1:
            raise InvariantViolationError(
                f"{self.unit.name!r} makes several assets, so it has no single key",
                subject=self.unit.name,
                found=", ".join(key.to_user_string() for key in self.specs_by_key),
                expected="one asset",
                next_step="use .keys",
            )
        return self.unit.outputs[0].asset

    @property
    def keys(self) -> set[AssetKey]:
        """Keys of all assets."""
        return set(self.specs_by_key)

    @property
    def specs(self) -> list[AssetSpec]:
        """What is said of each asset."""
        return [output.spec for output in self.unit.outputs]

    @property
    def specs_by_key(self) -> dict[AssetKey, AssetSpec]:
        """The same, by key."""
        return {output.spec.key: output.spec for output in self.unit.outputs}

    def get_asset_spec(self, key: CoercibleToAssetKey | None = None) -> AssetSpec:
        """What is said of one asset; `key` is needed where there are several."""
        return self.specs_by_key[self.key if key is None else AssetKey.from_coercible(key)]

    @property
    def keys_by_output_name(self) -> Mapping[str, AssetKey]:
        """Output → asset."""
        return {output.name: output.asset for output in self.unit.outputs}

    group_names_by_key: Mapping[AssetKey, str] = _by_key("group_name", "Asset → group.")
    metadata_by_key: Mapping[AssetKey, Mapping[str, Any]] = _by_key(
        "metadata", "Asset → metadata of the definition."
    )
    tags_by_key: Mapping[AssetKey, Mapping[str, str]] = _by_key("tags", "Asset → tags.")
    descriptions_by_key: Mapping[AssetKey, str | None] = _by_key("description", "Asset → description.")
    code_versions_by_key: Mapping[AssetKey, str | None] = _by_key(
        "code_version", "Asset → code version that was given."
    )
    owners_by_key: Mapping[AssetKey, tuple[str, ...]] = _by_key("owners", "Asset → owners.")

    @property
    def backfill_policy(self) -> BackfillPolicy | None:
        """How many partitions a run of a backfill covers, where that was said."""
        return self.unit.backfill

    @property
    def automation_conditions_by_key(self) -> Mapping[AssetKey, Any]:
        """Asset → when it is made by itself, of those that are."""
        return {spec.key: c for spec in self.specs if (c := spec.automation_condition) is not None}

    @property
    def auto_materialize_policies_by_key(self) -> Mapping[AssetKey, Any]:
        """Asset → the same in the older vocabulary."""
        return {spec.key: p for spec in self.specs if (p := spec.auto_materialize_policy) is not None}

    @property
    def freshness_policies_by_key(self) -> Mapping[AssetKey, Any]:
        """Asset → how old it may be, of those of which it is said."""
        return {spec.key: p for spec in self.specs if (p := spec.freshness_policy) is not None}

    @property
    def asset_deps(self) -> Mapping[AssetKey, set[AssetKey]]:
        """Asset → assets that it is made from."""
        return {spec.key: {dep.asset_key for dep in spec.deps} for spec in self.specs}

    @property
    def dependency_keys(self) -> set[AssetKey]:
        """Assets that these are made from; one of them that another is made from counts too."""
        inputs = {unit_input.asset for unit_input in self.unit.inputs}
        return inputs.union(*self.asset_deps.values())

    @property
    def is_executable(self) -> bool:
        """Whether there is a function."""
        return True

    @property
    def is_materializable(self) -> bool:
        """Whether its function makes the assets."""
        return self.unit.kind != "observation"

    @property
    def is_observable(self) -> bool:
        """Whether its function tells what the assets, which are made elsewhere, are now."""
        return self.unit.kind == "observation"

    @property
    def is_external(self) -> bool:
        """Whether the assets are made elsewhere."""
        return self.is_observable

    @property
    def description(self) -> str | None:
        """What is said of the function."""
        return self.unit.description

    @property
    def input_names(self) -> list[str]:
        """Names of all that it needs."""
        return [unit_input.name for unit_input in self.unit.inputs]

    @property
    def output_names(self) -> list[str]:
        """Names of its outputs, in order."""
        return [output.name for output in self.unit.outputs]

    def get_io_manager_key_for_asset_key(self, key: CoercibleToAssetKey) -> str:
        """Which I/O manager stores the value of one of its assets."""
        wanted = self.get_asset_spec(key).key
        found = next(output.manager for output in self.unit.outputs if output.asset == wanted)
        return found or DEFAULT_IO_MANAGER

    def with_resources(self, resource_defs: Mapping[str, Any]) -> AssetsDefinition:
        """A copy that brings these resources with it; of those that it does not need, none.

        Raises:
            InvalidDefinitionError: It has another resource of that name already.
        """
        own = dict(self.unit.resource_defs)
        managers = {output.manager for output in self.unit.outputs if output.manager is not None}
        for key in (self.unit.required_resources | managers) & resource_defs.keys():
            if own.setdefault(key, resource_defs[key]) is not resource_defs[key]:
                raise InvalidDefinitionError(
                    f"{self.unit.name!r} has a resource {key!r} already",
                    subject=key,
                    found=f"{own[key]!r} and {resource_defs[key]!r}",
                    expected="one resource for each key",
                )
        return AssetsDefinition(self.unit._replace(resource_defs=own))

    def to_source_assets(self) -> list[SourceAsset]:
        """All its assets as ones that are only loaded."""
        return [self.to_source_asset(key) for key in self.keys]

    @staticmethod
    def from_graph(
        graph_def: Any,
        *,
        keys_by_input_name: Mapping[str, AssetKey] | None = None,
        keys_by_output_name: Mapping[str, AssetKey] | None = None,
        key_prefix: str | Sequence[str] | None = None,
        internal_asset_deps: Mapping[str, set[AssetKey]] | None = None,
        partitions_def: PartitionsDefinition | None = None,
        partition_mappings: Mapping[str, Any] | None = None,
        resource_defs: Mapping[str, Any] | None = None,
        group_name: str | None = None,
        group_names_by_output_name: Mapping[str, str | None] | None = None,
        descriptions_by_output_name: Mapping[str, str] | None = None,
        metadata_by_output_name: Mapping[str, Mapping[str, Any] | None] | None = None,
        tags_by_output_name: Mapping[str, Mapping[str, str] | None] | None = None,
        can_subset: bool = False,
        owners_by_output_name: Mapping[str, Sequence[str]] | None = None,
        code_versions_by_output_name: Mapping[str, str | None] | None = None,
        hook_defs: Any = None,
    ) -> AssetsDefinition:
        """Assets of the outputs of a graph.

        Args:
            graph_def: What `@graph` gave.
            keys_by_input_name: Input → asset, where not the one of its name.
            keys_by_output_name: Output → asset, where not the one of its name; the only output is called as the graph.
            key_prefix: Before the keys of all assets.
            internal_asset_deps: Output → assets that it is made from, where not all inputs.
            partitions_def: Slices of all of them.
            partition_mappings: Input → which partitions correspond.
            resource_defs: Resources that come with it.
            group_name: Of all of them; `group_names_by_output_name` of single ones.
            descriptions_by_output_name, metadata_by_output_name, tags_by_output_name, owners_by_output_name,
                code_versions_by_output_name: What is said of each.
            can_subset: Whether a part of them can be made.
            hook_defs: What is called when one of its steps has succeeded or failed.

        Raises:
            InvalidDefinitionError: A name is that of no input or output, or an output is not what one op gives.
        """
        said = locals()
        from tidemill.definitions.graphs.lowering import assets_of_graph  # noqa: PLC0415  (graphs are rare)

        said["hooks"] = valid_hooks(graph_def.name, hook_defs)
        return AssetsDefinition(assets_of_graph(graph_def, said))

    @staticmethod
    def from_op(
        op_def: Any,
        *,
        keys_by_input_name: Mapping[str, AssetKey] | None = None,
        keys_by_output_name: Mapping[str, AssetKey] | None = None,
        key_prefix: str | Sequence[str] | None = None,
        internal_asset_deps: Mapping[str, set[AssetKey]] | None = None,
        partitions_def: PartitionsDefinition | None = None,
        partition_mappings: Mapping[str, Any] | None = None,
        group_name: str | None = None,
        group_names_by_output_name: Mapping[str, str | None] | None = None,
        descriptions_by_output_name: Mapping[str, str] | None = None,
        metadata_by_output_name: Mapping[str, Mapping[str, Any] | None] | None = None,
        tags_by_output_name: Mapping[str, Mapping[str, str] | None] | None = None,
        can_subset: bool = False,
        hook_defs: Any = None,
    ) -> AssetsDefinition:
        """Assets of the outputs of an op; arguments and errors as of `from_graph`."""
        said = locals()
        from tidemill.definitions.graphs.lowering import assets_of_op  # noqa: PLC0415  (ops are rare)

        said["hooks"] = valid_hooks(op_def.name, hook_defs)
        return AssetsDefinition(assets_of_op(op_def, said))

    def with_attributes(
        self,
        *,
        asset_key_replacements: Mapping[AssetKey, AssetKey] = NOTHING_SAID,
        output_asset_key_replacements: Mapping[AssetKey, AssetKey] = NOTHING_SAID,
        input_asset_key_replacements: Mapping[AssetKey, AssetKey] = NOTHING_SAID,
        group_names_by_key: Mapping[AssetKey, str] = NOTHING_SAID,
        descriptions_by_key: Mapping[AssetKey, str] = NOTHING_SAID,
        metadata_by_key: Mapping[AssetKey, Mapping[str, Any]] = NOTHING_SAID,
        tags_by_key: Mapping[AssetKey, Mapping[str, str]] = NOTHING_SAID,
        backfill_policy: BackfillPolicy | None = None,
        automation_condition: AutomationCondition | Mapping[AssetKey, AutomationCondition] | None = None,
        auto_materialize_policy: AutoMaterializePolicy | None = None,
    ) -> AssetsDefinition:
        """A copy with other keys, groups, descriptions, metadata or tags; the attributes go by the old keys.

        The policies and the condition are for those that have none.

        Raises:
            InvalidDefinitionError: An asset that has a group was given one.
        """
        outputs = []
        for output in self.unit.outputs:
            spec, key = output.spec, output.spec.key
            name = key.to_user_string()
            said = automation_condition
            condition = said.get(key) if isinstance(said, Mapping) else said
            group = valid_group(name, group_names_by_key.get(key)) or spec.group_name
            if spec.group_name not in (group, DEFAULT_GROUP):
                raise InvalidDefinitionError(
                    f"The group name of {name!r} exists already",
                    subject=name,
                    found=f"{group!r}, and {spec.group_name!r} on the asset itself",
                    expected="one group",
                )
            changed = replace(
                spec,
                group_name=group,
                description=descriptions_by_key.get(key, spec.description),
                metadata=metadata_by_key.get(key, spec.metadata),
                tags=clean_tags(name, tags_by_key.get(key, spec.tags), spec.kinds),
                automation_condition=spec.automation_condition
                or read_automation("with_attributes", condition, auto_materialize_policy),
            )
            outputs.append(output._replace(spec=changed))
        policy = self.unit.backfill or checked_backfill_policy("with_attributes", backfill_policy)
        unit = with_outputs(self.unit, outputs)._replace(backfill=policy)
        moved = {old: new for old, new in asset_key_replacements.items() if old in self.specs_by_key}
        own = {**moved, **output_asset_key_replacements}
        needed = {**asset_key_replacements, **input_asset_key_replacements}
        return AssetsDefinition(renamed(unit, own, needed))

    def map_asset_specs(self, fn: Callable[[AssetSpec], AssetSpec]) -> AssetsDefinition:
        """A copy whose specs are what `fn` gives for each.

        Raises:
            InvalidDefinitionError: `fn` changed a key, or took a dependency away whose value the function receives.
        """
        outputs = []
        for output in self.unit.outputs:
            spec = fn(output.spec)
            if spec.key != output.spec.key:
                raise InvalidDefinitionError(
                    f"map_asset_specs cannot change the key of {output.asset.to_user_string()!r}",
                    subject=output.asset.to_user_string(),
                    found=repr(spec),
                    expected="the same key",
                    next_step="change the decorator's arguments, or load the module with key_prefix=",
                )
            outputs.append(output._replace(spec=spec, required=not spec.skippable))
        partitions = {output.spec.partitions_def for output in outputs} - {None}
        if len(partitions) > 1:
            raise wrong_type(
                self.unit.name, "partitions_def", partitions, "one definition for all its assets"
            )
        sliced = next(iter(partitions), None)
        parts = tuple([part._replace(partitions=sliced) for part in self.unit.parts])
        unit = with_outputs(self.unit._replace(partitions=sliced, parts=parts), outputs)
        same = all(
            new.spec.deps == old.spec.deps for new, old in zip(outputs, self.unit.outputs, strict=True)
        )
        return AssetsDefinition(unit if same else with_mapped_deps(unit))

    def to_source_asset(self, key: CoercibleToAssetKey | None = None) -> SourceAsset:
        """The asset as one that is only loaded; `key` is needed where there are several."""
        spec = self.get_asset_spec(key)
        manager = next(output.manager for output in self.unit.outputs if output.spec is spec)
        return SourceAsset(
            spec.key,
            metadata=spec.metadata,
            io_manager_key=manager,
            description=spec.description,
            partitions_def=spec.partitions_def,
            group_name=spec.group_name,
            resource_defs=self.unit.resource_defs,
            tags=spec.tags,
        )

    def __repr__(self) -> str:
        names = ", ".join(key.to_string() for key in sorted(self.keys))
        return f"AssetsDefinition with key{'s' if len(self.keys) > 1 else ''} {names}"


class AssetChecksDefinition(UnitDefinition):
    """A function that gives the verdicts of checks; made by `@asset_check` and `@multi_asset_check`."""

    __slots__ = ()

    @property
    def keys(self) -> Iterable[AssetKey]:
        """Assets that the function makes: none."""
        return ()

    @property
    def name(self) -> str:
        """Name of the check, or of the function of several."""
        return self.unit.checks[0].name if len(self.unit.checks) == 1 else self.unit.name

    @property
    def check_key(self) -> AssetCheckKey:
        """Key of the only check.

        Raises:
            InvariantViolationError: There are several.
        """
        if len(self.unit.checks) != 1:
            raise InvariantViolationError(
                f"{self.unit.name!r} gives the verdicts of several checks, so it has no single key",
                subject=self.unit.name,
                found=", ".join(key.to_user_string() for key in self.check_keys),
                expected="one check",
                next_step="use .check_keys",
            )
        return self.unit.checks[0].key

    def __repr__(self) -> str:
        return f"AssetChecksDefinition({', '.join(key.to_user_string() for key in self.check_keys)})"


def with_outputs(unit: ComputeUnit, outputs: Iterable[UnitOutput]) -> ComputeUnit:
    """The unit with other things said of its assets; where it is a graph, its parts say the same."""
    changed = tuple(outputs)
    by_key = {output.spec.key: output.spec for output in changed}
    parts = [
        part._replace(outputs=tuple([o._replace(spec=by_key[o.spec.key]) for o in part.outputs]))
        for part in unit.parts
    ]
    return unit._replace(outputs=changed, parts=tuple(parts))


def renamed(
    unit: ComputeUnit, outputs: Mapping[AssetKey, AssetKey], inputs: Mapping[AssetKey, AssetKey]
) -> ComputeUnit:
    """The unit with other keys for what it makes and for what it needs; its name stays."""
    if not outputs and not inputs:
        return unit
    upstream = {**inputs, **outputs}

    def moved(spec: AssetSpec) -> AssetSpec:
        deps = tuple(replace(d, asset_key=upstream.get(d.asset_key, d.asset_key)) for d in spec.deps)
        return replace(spec, key=outputs.get(spec.key, spec.key), deps=deps)

    return unit._replace(
        outputs=tuple(output._replace(spec=moved(output.spec)) for output in unit.outputs),
        inputs=tuple(needed._replace(asset=inputs.get(needed.asset, needed.asset)) for needed in unit.inputs),
        checks=tuple(replace(c, asset_key=upstream.get(c.asset_key, c.asset_key)) for c in unit.checks),
        internal_deps={
            name: frozenset(upstream.get(key, key) for key in keys)
            for name, keys in unit.internal_deps.items()
        },
        parts=tuple([renamed(part, outputs, upstream) for part in unit.parts]),
    )
