"""What the decorators give back: a `ComputeUnit` with the questions that users and tests ask of an asset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, KeysView, Mapping
from typing import Any, NamedTuple

from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError, InvariantViolationError
from tidemill.core.keys import AssetCheckKey, AssetKey, CoercibleToAssetKey
from tidemill.definitions.arguments import clean_tags, refuse_later, valid_group, valid_key, wrong_type
from tidemill.definitions.lowering import DEFAULT_GROUP
from tidemill.definitions.partitions import PartitionsDefinition
from tidemill.definitions.policies import BackfillPolicy, checked_backfill_policy
from tidemill.definitions.specs import (
    IO_MANAGER_KEY,
    AssetCheckSpec,
    AssetSpec,
    read_automation,
    read_freshness,
)
from tidemill.definitions.unit import DEFAULT_IO_MANAGER, ComputeUnit, UnitOutput
from tidemill.definitions.values import NOTHING_SAID, Value, fill, replace


class StepDefinition(NamedTuple):
    """What a step is called, and what is said of it."""

    name: str
    description: str | None
    tags: Mapping[str, str]


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
        return StepDefinition(self.unit.name, self.unit.description, self.unit.tags)

    node_def = op

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
    def partitions_def(self) -> PartitionsDefinition | None:
        """The slices that the assets have."""
        return self.unit.partitions

    @property
    def backfill_policy(self) -> BackfillPolicy | None:
        """How many partitions a run of a backfill covers, where that was said."""
        return self.unit.backfill

    @property
    def asset_deps(self) -> Mapping[AssetKey, set[AssetKey]]:
        """Asset → assets that it is made from."""
        return {spec.key: {dep.asset_key for dep in spec.deps} for spec in self.specs}

    @property
    def dependency_keys(self) -> set[AssetKey]:
        """Assets that the function needs."""
        return {unit_input.asset for unit_input in self.unit.inputs}

    @property
    def can_subset(self) -> bool:
        """Whether a part of the assets can be made."""
        return self.unit.can_subset

    @property
    def is_executable(self) -> bool:
        """Whether there is a function."""
        return True

    def with_attributes(
        self,
        *,
        output_asset_key_replacements: Mapping[AssetKey, AssetKey] = NOTHING_SAID,
        input_asset_key_replacements: Mapping[AssetKey, AssetKey] = NOTHING_SAID,
        group_names_by_key: Mapping[AssetKey, str] = NOTHING_SAID,
        descriptions_by_key: Mapping[AssetKey, str] = NOTHING_SAID,
        metadata_by_key: Mapping[AssetKey, Mapping[str, Any]] = NOTHING_SAID,
        tags_by_key: Mapping[AssetKey, Mapping[str, str]] = NOTHING_SAID,
        backfill_policy: BackfillPolicy | None = None,
    ) -> AssetsDefinition:
        """A copy with other keys, groups, descriptions, metadata or tags; the attributes go by the old keys.

        The backfill policy is for one that has none.

        Raises:
            InvalidDefinitionError: An asset that has a group was given one.
        """
        outputs = []
        for output in self.unit.outputs:
            spec, key = output.spec, output.spec.key
            name = key.to_user_string()
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
                tags=clean_tags(name, tags_by_key.get(key, spec.tags)),
            )
            outputs.append(output._replace(spec=changed))
        policy = self.unit.backfill or checked_backfill_policy("with_attributes", backfill_policy)
        unit = with_outputs(self.unit, outputs)._replace(backfill=policy)
        return AssetsDefinition(renamed(unit, output_asset_key_replacements, input_asset_key_replacements))

    def map_asset_specs(self, fn: Callable[[AssetSpec], AssetSpec]) -> AssetsDefinition:
        """A copy whose specs are what `fn` gives for each.

        Raises:
            InvalidDefinitionError: `fn` changed a key or the dependencies, which the function decides.
        """
        outputs = []
        for output in self.unit.outputs:
            spec = fn(output.spec)
            if (spec.key, spec.deps) != (output.spec.key, output.spec.deps):
                raise InvalidDefinitionError(
                    f"map_asset_specs cannot change the key or deps of {output.asset.to_user_string()!r}",
                    subject=output.asset.to_user_string(),
                    found=repr(spec),
                    expected="the same key and deps",
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
        return AssetsDefinition(with_outputs(self.unit._replace(partitions=sliced, parts=parts), outputs))

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
        return f"AssetsDefinition({', '.join(key.to_user_string() for key in self.keys)})"


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


class SourceAsset(Value):
    """An asset that is made elsewhere and only loaded here.

    Args:
        key: Its name.
        metadata: Facts that hold for every version, for the I/O manager too.
        io_manager_key: Which I/O manager loads it.
        io_manager_def: The I/O manager itself; excludes `io_manager_key`.
        description: For the reader.
        partitions_def: Its slices.
        group_name: Its group.
        resource_defs: Resources that its I/O manager needs.
        tags: Labels to select by.
        automation_condition: When it is observed by itself.
        freshness_policy: How old it may be.
    """

    key: AssetKey
    metadata: Mapping[str, Any]
    io_manager_key: str | None
    description: str | None
    partitions_def: PartitionsDefinition | None
    group_name: str | None
    resource_defs: Mapping[str, Any]
    tags: Mapping[str, str]
    automation_condition: Any
    freshness_policy: Any

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
        observe_fn: object = None,
        op_tags: Mapping[str, Any] | None = None,
        *,
        automation_condition: Any = None,
        freshness_policy: Any = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        refuse_later(
            "SourceAsset",
            observe_fn=observe_fn,
            op_tags=op_tags,
        )
        key = valid_key(AssetKey.from_coercible(key))
        name = key.to_user_string()
        resource_defs = resource_defs or NOTHING_SAID
        if io_manager_def is not None:
            io_manager_key = io_manager_key or key.to_python_identifier("io_manager")
            resource_defs = {**resource_defs, io_manager_key: io_manager_def}
        group = valid_group(name, group_name)
        metadata, tags = metadata or NOTHING_SAID, clean_tags(name, tags)
        fill(
            self,
            key,
            metadata,
            io_manager_key,
            description,
            partitions_def,
            group,
            resource_defs,
            tags,
            read_automation(name, automation_condition, None),
            read_freshness(name, freshness_policy),
        )

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


def call_directly(unit: ComputeUnit, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a unit's function as a test does: without a run, with a context only where one is given."""
    import inspect  # noqa: PLC0415  (10 ms that only tests pay)

    context = None
    if args and getattr(args[0], "__tidemill_context__", False):
        context, args = args[0], args[1:]
    elif unit.context and "context" in kwargs:
        context = kwargs.pop("context")
    if unit.context:
        if context is None:
            raise _cannot_call(
                unit, "its context", "no context", "build_asset_context() as the first argument"
            )
        args = (context, *args)
    if context is not None:
        context.bind(unit)
    try:
        bound = inspect.signature(unit.fn).bind_partial(*args, **kwargs).arguments
    except TypeError:
        bound = {}  # too many, or unknown: what is wrong is told below
    for name, key in unit.resource_parameters.items():
        if name not in bound:
            kwargs[name] = _resource(unit, context, name, key)
    if unit.config_name is not None and unit.config_name not in bound:
        given = getattr(context, "op_config", None)
        is_class = getattr(unit.config_type, "__tidemill_config__", False)
        kwargs[unit.config_name] = unit.config_type(**(given or {})) if is_class else given or {}
    try:
        inspect.signature(unit.fn).bind(*args, **kwargs)
    except TypeError as error:
        raise InvalidInvocationError(
            f"{unit.name!r} cannot be called with these arguments: {error}",
            subject=unit.name,
            found=", ".join([*(type(arg).__name__ for arg in args), *(f"{name}=" for name in kwargs)])
            or "nothing",
            expected=f"{unit.name}{inspect.signature(unit.fn)}",
        ) from None
    return unit.fn(*args, **kwargs)


def _resource(unit: ComputeUnit, context: Any, name: str, key: str) -> Any:
    resources = getattr(context, "resources", None)
    if resources is not None and hasattr(resources, key):
        return getattr(resources, key)
    found = "no resource of that name in the context" if context is not None else "neither it nor a context"
    raise _cannot_call(unit, f"the resource {name!r}", found, f"{name}=, or a context that has it")


def _cannot_call(unit: ComputeUnit, what: str, found: str, expected: str) -> InvalidInvocationError:
    return InvalidInvocationError(
        f"{unit.name!r} was called without {what}", subject=unit.name, found=found, expected=expected
    )
