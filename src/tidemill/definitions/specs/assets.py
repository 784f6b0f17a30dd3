"""What a user says of assets: specs and dependencies. Frozen, checked when built.

A decorator lowers its arguments to these; planning and the page read them and never ask the function again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.definitions.arguments import (
    clean_owners,
    clean_tags,
    kinds_among,
    refuse_twice,
    valid_group,
    valid_key,
    without_kinds,
    wrong_type,
)
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.values import NO_ITEMS, NOTHING_SAID, Items, Labels, Value, fill, replace

if TYPE_CHECKING:
    from tidemill.definitions.conditions.auto_materialize import AutoMaterializePolicy
    from tidemill.definitions.conditions.conditions import AutomationCondition
    from tidemill.definitions.conditions.freshness_policies import FreshnessPolicy
    from tidemill.definitions.partitions.mappings import PartitionMapping

DepLike: TypeAlias = "AssetDep | AssetSpec | CoercibleToAssetKey | Any"


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


def coerce_deps(owner: str, deps: Iterable[DepLike] | None) -> Items[AssetDep]:
    """Dependencies as `AssetDep`s, each once; what makes several assets stands for all of them."""
    if not deps:
        return NO_ITEMS
    if isinstance(deps, str):
        raise wrong_type(owner, "deps", deps, "a list of assets or keys")
    coerced: list[AssetDep] = []
    known: dict[AssetKey, AssetDep] = {}
    for dep in map(AssetDep.from_coercible, chain.from_iterable(map(_each, deps))):
        if known.get(dep.asset_key) != dep:
            coerced.append(dep)
            known[dep.asset_key] = dep
    refuse_twice(owner, [dep.asset_key.to_user_string() for dep in coerced], "dependency")
    return Items(coerced)


def _each(dep: DepLike) -> Iterable[DepLike]:
    """The keys of what makes several assets, in the order of their definition; anything else is one."""
    if isinstance(dep, (str, AssetDep, AssetKey, AssetSpec)):
        return (dep,)
    keys = getattr(dep, "specs_by_key", ())
    return keys if len(keys) > 1 else (dep,)


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
    deps: Items[AssetDep]
    description: str | None
    metadata: Mapping[str, Any]
    skippable: bool
    group_name: str | None
    code_version: str | None
    owners: tuple[str, ...]
    tags: Mapping[str, str]
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
            clean_tags(name, tags, kinds),
            partitions_def,
            read_freshness(name, freshness_policy),
            read_automation(name, automation_condition, auto_materialize_policy),
        )

    @property
    def kinds(self) -> Labels:
        """What it is made with: its tags `dagster/kind/KIND`."""
        return kinds_among(self.tags)

    @property
    def auto_materialize_policy(self) -> AutoMaterializePolicy | None:
        """The condition in the older vocabulary."""
        return older_policy(self.automation_condition)

    def replace_attributes(self, **changes: Any) -> AssetSpec:
        """A copy with some arguments of the constructor replaced.

        Raises:
            InvalidDefinitionError: An argument has no such name, or its value is not as it must be.
        """
        said = {**vars(self), "tags": without_kinds(self.tags), "kinds": self.kinds}
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
    from tidemill.definitions.conditions.auto_materialize import read_condition  # noqa: PLC0415

    return read_condition(owner, automation_condition, auto_materialize_policy)


def older_policy(condition: AutomationCondition | None) -> AutoMaterializePolicy | None:
    """A condition in the older vocabulary."""
    if condition is None:
        return None
    from tidemill.definitions.conditions.auto_materialize import policy_of  # noqa: PLC0415

    return policy_of(condition)


def read_freshness(owner: str, policy: Any) -> FreshnessPolicy | None:
    """A freshness policy; what can be one is loaded with the first that is."""
    if policy is None:
        return None
    from tidemill.definitions.conditions.freshness_policies import valid_freshness  # noqa: PLC0415

    return valid_freshness(owner, policy)


def prefix_parts(prefix: str | Sequence[str] | None) -> tuple[str, ...]:
    """A `key_prefix` as parts: a string is one part."""
    if prefix is None:
        return ()
    return (prefix,) if isinstance(prefix, str) else tuple(prefix)
