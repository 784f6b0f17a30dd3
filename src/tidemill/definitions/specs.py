"""What a user says of assets: specs, inputs, outputs, dependencies, checks. Frozen, checked when built.

A decorator lowers its arguments to these; planning and the page read them and never ask the function again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias, get_origin

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetCheckKey, AssetKey, CoercibleToAssetKey
from tidemill.definitions.arguments import (
    clean_kinds,
    clean_owners,
    clean_tags,
    only_one,
    refuse_twice,
    split_kinds,
    valid_group,
    valid_key,
    valid_name,
    wrong_type,
)
from tidemill.definitions.partitions import PartitionsDefinition
from tidemill.definitions.policies import BackfillPolicy, checked_backfill_policy
from tidemill.definitions.values import NOTHING_SAID, UNSET, Unset, Value, fill, replace

if TYPE_CHECKING:
    from tidemill.definitions.auto_materialize import AutoMaterializePolicy
    from tidemill.definitions.conditions import AutomationCondition
    from tidemill.definitions.freshness_policies import FreshnessPolicy
    from tidemill.definitions.partition_mappings import PartitionMapping

DepLike: TypeAlias = "AssetDep | AssetSpec | CoercibleToAssetKey | Any"


class AssetCheckSeverity(str, Enum):  # noqa: UP042  (as text it is `AssetCheckSeverity.X`, as programs have it)
    """What it means not to pass: of a blocking check, `ERROR` stops what comes after, `WARN` never."""

    WARN = "WARN"
    ERROR = "ERROR"


class Nothing:
    """As `dagster_type`: no value passes here; only the order counts."""


class AssetDep(Value):
    """That an asset is made after another one, whose value its function does not receive.

    Args:
        asset: A key, or anything that has exactly one: a spec, an asset, a source.
        partition_mapping: Which of its partitions; the usual ones where it is not given.
        metadata: Facts about the dependency.

    Raises:
        InvalidDefinitionError: `asset` makes several assets.

    Example:
        >>> @asset(deps=[AssetDep("orders", partition_mapping=LastPartitionMapping())])
        ... def report(): ...
        >>> report.dependency_keys
        {AssetKey(['orders'])}
    """

    asset_key: AssetKey
    metadata: Mapping[str, Any]
    partition_mapping: PartitionMapping | None

    def __init__(
        self,
        asset: DepLike,
        *,
        partition_mapping: PartitionMapping | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        checked_mapping("AssetDep", partition_mapping)
        fill(self, single_key(asset), metadata or NOTHING_SAID, partition_mapping)

    @classmethod
    def from_coercible(cls, value: DepLike) -> AssetDep:
        """`value` where it is one already, else a dependency on it."""
        return value if isinstance(value, AssetDep) else cls(value)


def single_key(asset: DepLike) -> AssetKey:
    """The one key of a key, spec, asset or source."""
    keys = () if isinstance(asset, (str, AssetKey, AssetSpec)) else getattr(asset, "keys", ())
    if not callable(keys) and len(keys) > 1:
        name = getattr(getattr(asset, "op", None), "name", "it")
        names = ", ".join(repr(key.to_user_string()) for key in getattr(asset, "specs_by_key", keys))
        raise InvalidDefinitionError(
            f"For the multi_asset {name}, the available keys are: {names}. Depend on one of them",
            subject=name,
            found=f"{len(keys)} assets",
            expected="one asset",
            next_step="name the keys that are needed",
        )
    return AssetKey.from_coercible(asset)


def coerce_deps(owner: str, deps: Iterable[DepLike] | None) -> tuple[AssetDep, ...]:
    """Dependencies as `AssetDep`s, each once."""
    if not deps:
        return ()
    if isinstance(deps, str):
        raise wrong_type(owner, "deps", deps, "a list of assets or keys")
    coerced: list[AssetDep] = []
    known: dict[AssetKey, AssetDep] = {}
    for dep in map(AssetDep.from_coercible, deps):
        if known.get(dep.asset_key) != dep:
            coerced.append(dep)
            known[dep.asset_key] = dep
    refuse_twice(owner, [dep.asset_key.to_user_string() for dep in coerced], "dependency")
    return tuple(coerced)


class AssetSpec(Value):
    """All that is said of one asset, without the function that makes it.

    Args:
        key: Its name.
        deps: Assets that it is made from.
        description: For the reader; Markdown.
        metadata: Facts that hold for every version.
        skippable: Whether the function may leave it out.
        group_name: Group on the page and in selections.
        code_version: Given instead of the fingerprint of the code.
        owners: E-mail addresses, or `team:name`.
        tags: Labels to select by.
        kinds: What it is made with, such as `xgboost`.
        partitions_def: Its slices.
        freshness_policy: How old it may be.
        automation_condition: When it is made by itself.
        auto_materialize_policy: The same in the older vocabulary; excludes `automation_condition`.

    Raises:
        InvalidDefinitionError: A name, tag, owner or dependency cannot be one, or an argument is of the wrong type.

    Example:
        >>> AssetSpec("prices", group_name="raw", owners=["team:data"]).key
        AssetKey(['prices'])
    """

    key: AssetKey
    deps: tuple[AssetDep, ...]
    description: str | None
    metadata: Mapping[str, Any]
    skippable: bool
    group_name: str | None
    code_version: str | None
    owners: tuple[str, ...]
    tags: Mapping[str, str]
    kinds: frozenset[str]
    partitions_def: PartitionsDefinition | None
    freshness_policy: FreshnessPolicy | None
    automation_condition: AutomationCondition | None

    def __init__(
        self,
        key: CoercibleToAssetKey,
        *,
        deps: Iterable[DepLike] | None = None,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        skippable: bool = False,
        group_name: str | None = None,
        code_version: str | None = None,
        freshness_policy: FreshnessPolicy | None = None,
        automation_condition: AutomationCondition | None = None,
        auto_materialize_policy: AutoMaterializePolicy | None = None,
        owners: Sequence[str] | None = None,
        tags: Mapping[str, str] | None = None,
        kinds: Iterable[str] | None = None,
        partitions_def: PartitionsDefinition | None = None,
    ) -> None:
        key = AssetKey.from_coercible(key)
        name = valid_key(key).to_user_string()
        tags, kinds = split_kinds(tags, kinds)
        fill(
            self,
            key,
            coerce_deps(name, deps),
            description,
            metadata or NOTHING_SAID,
            skippable,
            valid_group(name, group_name),
            code_version,
            clean_owners(name, owners),
            clean_tags(name, tags),
            clean_kinds(name, kinds),
            partitions_def,
            read_freshness(name, freshness_policy),
            read_automation(name, automation_condition, auto_materialize_policy),
        )

    @property
    def auto_materialize_policy(self) -> AutoMaterializePolicy | None:
        """The condition in the older vocabulary."""
        return older_policy(self.automation_condition)

    def replace_attributes(self, **changes: Any) -> AssetSpec:
        """A copy with some arguments of the constructor replaced.

        Raises:
            InvalidDefinitionError: An argument has no such name, or its value is not as it must be.
        """
        said = vars(self)
        unknown = changes.keys() - said.keys()
        if unknown:
            raise wrong_type(
                self.key.to_user_string(), "replace_attributes", sorted(unknown), ", ".join(said)
            )
        return AssetSpec(**{**said, **changes})

    def merge_attributes(
        self,
        *,
        deps: Iterable[DepLike] = (),
        metadata: Mapping[str, Any] = NOTHING_SAID,
        owners: Sequence[str] = (),
        tags: Mapping[str, str] = NOTHING_SAID,
        kinds: Iterable[str] = (),
    ) -> AssetSpec:
        """A copy with more dependencies, metadata, owners, tags or kinds; what is given wins."""
        return self.replace_attributes(
            deps=[*self.deps, *deps],
            metadata={**self.metadata, **metadata},
            owners=[*self.owners, *owners],
            tags={**self.tags, **tags},
            kinds={*self.kinds, *kinds},
        )

    def with_io_manager_key(self, io_manager_key: str) -> AssetSpec:
        """A copy whose value is loaded by the I/O manager of that name."""
        return replace(self, metadata={**self.metadata, IO_MANAGER_KEY: io_manager_key})


IO_MANAGER_KEY = "dagster/io_manager_key"  # the public name of the metadata entry


class AssetIn(Value):
    """Where the value of a parameter comes from.

    Args:
        key: The upstream asset; the parameter's name where it is not given.
        metadata: For the I/O manager that loads the value.
        key_prefix: Put before the parameter's name; excludes `key`.
        input_manager_key: The I/O manager that loads the value, where it is not the one that stored it.
        partition_mapping: Which partitions of the upstream asset; the usual ones where it is not given.
        dagster_type: The expected Python type; `Nothing` for a dependency without a value.

    Example:
        >>> @asset(ins={"table": AssetIn("orders")})
        ... def total(table):
        ...     return sum(table)
        >>> total([1, 2])
        3
    """

    key: AssetKey | None
    metadata: Mapping[str, Any]
    key_prefix: tuple[str, ...]
    input_manager_key: str | None
    dagster_type: Any
    partition_mapping: PartitionMapping | None

    def __init__(
        self,
        key: CoercibleToAssetKey | None = None,
        metadata: Mapping[str, Any] | None = None,
        key_prefix: str | Sequence[str] | None = None,
        input_manager_key: str | None = None,
        partition_mapping: PartitionMapping | None = None,
        dagster_type: Any = UNSET,
    ) -> None:
        checked_mapping("AssetIn", partition_mapping)
        only_one("AssetIn", key=key, key_prefix=key_prefix)
        key = None if key is None else AssetKey.from_coercible(key)
        kind = python_type("AssetIn", dagster_type)
        prefix = prefix_parts(key_prefix)
        fill(self, key, metadata or NOTHING_SAID, prefix, input_manager_key, kind, partition_mapping)

    def key_for(self, parameter: str) -> AssetKey:
        """The upstream key of that parameter."""
        return self.key or AssetKey([*self.key_prefix, parameter])


class AssetOut(Value):
    """One asset of a `multi_asset` whose value goes through an I/O manager.

    Args:
        key_prefix: Put before the output's name; excludes `key`.
        key: The asset, where it is not named like the output.
        dagster_type: The expected Python type; `Nothing` for an asset without a stored value.
        description: For the reader.
        is_required: Whether the function must give it.
        io_manager_key: Which I/O manager stores it.
        metadata: Facts that hold for every version.
        group_name: Its group; excludes `group_name` of the multi-asset.
        code_version: Given instead of the fingerprint of the code.
        backfill_policy: How many partitions a run of a backfill covers; the same for all of them.
        owners: E-mail addresses, or `team:name`.
        tags: Labels to select by.
        kinds: What it is made with.
        freshness_policy, automation_condition, auto_materialize_policy: As of `AssetSpec`.

    Example:
        >>> AssetOut(key_prefix="raw").to_spec("train").key
        AssetKey(['raw', 'train'])
    """

    key_prefix: tuple[str, ...]
    key: AssetKey | None
    dagster_type: Any
    description: str | None
    is_required: bool
    io_manager_key: str | None
    metadata: Mapping[str, Any]
    group_name: str | None
    code_version: str | None
    owners: tuple[str, ...]
    tags: Mapping[str, str]
    kinds: frozenset[str]
    backfill_policy: BackfillPolicy | None
    freshness_policy: FreshnessPolicy | None
    automation_condition: AutomationCondition | None

    def __init__(
        self,
        key_prefix: str | Sequence[str] | None = None,
        key: CoercibleToAssetKey | None = None,
        dagster_type: Any = UNSET,
        description: str | None = None,
        is_required: bool = True,
        io_manager_key: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        group_name: str | None = None,
        code_version: str | None = None,
        freshness_policy: FreshnessPolicy | None = None,
        auto_materialize_policy: AutoMaterializePolicy | None = None,
        automation_condition: AutomationCondition | None = None,
        backfill_policy: BackfillPolicy | None = None,
        owners: Sequence[str] | None = None,
        tags: Mapping[str, str] | None = None,
        kinds: Iterable[str] | None = None,
    ) -> None:
        tags, kinds = split_kinds(tags, kinds)
        only_one("AssetOut", key=key, key_prefix=key_prefix)
        fill(
            self,
            prefix_parts(key_prefix),
            None if key is None else AssetKey.from_coercible(key),
            python_type("AssetOut", dagster_type),
            description,
            is_required,
            io_manager_key,
            metadata or NOTHING_SAID,
            valid_group("AssetOut", group_name),
            code_version,
            clean_owners("AssetOut", owners),
            clean_tags("AssetOut", tags),
            clean_kinds("AssetOut", kinds),
            checked_backfill_policy("AssetOut", backfill_policy),
            read_freshness("AssetOut", freshness_policy),
            read_automation("AssetOut", automation_condition, auto_materialize_policy),
        )

    def to_spec(self, name: str) -> AssetSpec:
        """The spec of the asset behind the output of that name."""
        return AssetSpec(
            self.key or AssetKey([*self.key_prefix, name]),
            description=self.description,
            metadata=self.metadata,
            skippable=not self.is_required,
            owners=self.owners,
            tags=self.tags,
            kinds=self.kinds,
            group_name=self.group_name,
            code_version=self.code_version,
            freshness_policy=self.freshness_policy,
            automation_condition=self.automation_condition,
        )


class AssetCheckSpec(Value):
    """What is said of one check, without the function that gives its verdict.

    Args:
        name: Its name; unique for the asset.
        asset: About which asset.
        description: For the reader.
        additional_deps: Assets that it needs beside the one that it is about.
        blocking: Whether what depends on the asset waits for it, and does not start when it fails.
        metadata: Facts that hold for every verdict.
        partitions_def: Slices that it judges one by one; those of its asset where a run is of a partition.
        automation_condition: When it is made by itself.
    """

    name: str
    asset_key: AssetKey
    description: str | None
    additional_deps: tuple[AssetDep, ...]
    blocking: bool
    metadata: Mapping[str, Any]
    partitions_def: PartitionsDefinition | None
    automation_condition: AutomationCondition | None

    def __init__(
        self,
        name: str,
        *,
        asset: DepLike,
        description: str | None = None,
        additional_deps: Iterable[DepLike] | None = None,
        blocking: bool = False,
        metadata: Mapping[str, Any] | None = None,
        automation_condition: AutomationCondition | None = None,
        partitions_def: PartitionsDefinition | None = None,
    ) -> None:
        valid_name(name, "the name of a check")
        key = single_key(asset)
        deps = coerce_deps(name, additional_deps)
        if any(dep.asset_key == key for dep in deps):
            raise InvalidDefinitionError(
                f"The check {name!r} names the asset that it is about in additional_deps",
                subject=name,
                found=key.to_user_string(),
                expected="other assets",
                next_step="leave it out: a check always comes after its own asset",
            )
        condition = read_automation(name, automation_condition, None)
        fill(
            self, name, key, description, deps, blocking, metadata or NOTHING_SAID, partitions_def, condition
        )

    @property
    def key(self) -> AssetCheckKey:
        """The asset and the name."""
        return AssetCheckKey(self.asset_key, self.name)

    def get_python_identifier(self) -> str:
        """The name of a step that gives only its verdict."""
        return f"{self.asset_key.to_python_identifier()}_{self.name}"

    def replace_key(self, key: AssetCheckKey) -> AssetCheckSpec:
        """A copy about another asset, or with another name."""
        return replace(self, asset_key=key.asset_key, name=valid_name(key.name, "the name of a check"))

    def with_metadata(self, metadata: Mapping[str, Any]) -> AssetCheckSpec:
        """A copy with that metadata instead."""
        return replace(self, metadata=metadata)


def checked_mapping(owner: str, mapping: object) -> None:
    """Refuse what is given as a partition mapping and is none."""
    if mapping is not None and not hasattr(mapping, "upstream"):
        raise wrong_type(owner, "partition_mapping", mapping, "a PartitionMapping")


def read_automation(
    owner: str, automation_condition: Any, auto_materialize_policy: Any
) -> AutomationCondition | None:
    """The condition of either argument; what can be one is loaded with the first that is."""
    if automation_condition is None and auto_materialize_policy is None:
        return None
    from tidemill.definitions.auto_materialize import read_condition  # noqa: PLC0415

    return read_condition(owner, automation_condition, auto_materialize_policy)


def older_policy(condition: AutomationCondition | None) -> AutoMaterializePolicy | None:
    """A condition in the older vocabulary."""
    if condition is None:
        return None
    from tidemill.definitions.auto_materialize import policy_of  # noqa: PLC0415

    return policy_of(condition)


def read_freshness(owner: str, policy: Any) -> FreshnessPolicy | None:
    """A freshness policy; what can be one is loaded with the first that is."""
    if policy is None:
        return None
    from tidemill.definitions.freshness_policies import valid_freshness  # noqa: PLC0415

    return valid_freshness(owner, policy)


def prefix_parts(prefix: str | Sequence[str] | None) -> tuple[str, ...]:
    """A `key_prefix` as parts: a string is one part."""
    if prefix is None:
        return ()
    return (prefix,) if isinstance(prefix, str) else tuple(prefix)


def python_type(owner: str, given: Any) -> Any:
    """`dagster_type=` as a type to check values against; None where none was given."""
    if isinstance(given, Unset) or given is None:
        return None
    marked = getattr(given, "__tidemill_type__", False)
    if marked or given is Any or isinstance(given, type) or get_origin(given) is not None:
        return given
    raise wrong_type(owner, "dagster_type", given, "a class, a type expression, a DagsterType or Nothing")
