"""What goes into an asset's function and what comes out of it: where a value is from, and which asset it becomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_origin

from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.definitions.arguments import (
    clean_owners,
    clean_tags,
    kinds_among,
    only_one,
    valid_group,
    wrong_type,
)
from tidemill.definitions.policies import BackfillPolicy, checked_backfill_policy
from tidemill.definitions.specs.assets import (
    AssetSpec,
    checked_mapping,
    prefix_parts,
    read_automation,
    read_freshness,
)
from tidemill.definitions.values import NOTHING_SAID, UNSET, Labels, Unset, Value, fill

if TYPE_CHECKING:
    from tidemill.definitions.conditions.auto_materialize import AutoMaterializePolicy
    from tidemill.definitions.conditions.conditions import AutomationCondition
    from tidemill.definitions.conditions.freshness_policies import FreshnessPolicy
    from tidemill.definitions.partitions.mappings import PartitionMapping


class Nothing:
    """As `dagster_type`: no value passes here; only the order counts."""


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
            clean_tags("AssetOut", tags, kinds),
            checked_backfill_policy("AssetOut", backfill_policy),
            read_freshness("AssetOut", freshness_policy),
            read_automation("AssetOut", automation_condition, auto_materialize_policy),
        )

    @property
    def kinds(self) -> Labels:
        """What it is made with: its tags `dagster/kind/KIND`."""
        return kinds_among(self.tags)

    def to_spec(self, name: str) -> AssetSpec:
        """The spec of the asset behind the output of that name."""
        return AssetSpec(
            self.key or AssetKey([*self.key_prefix, name]),
            description=self.description,
            metadata=self.metadata,
            skippable=not self.is_required,
            owners=self.owners,
            tags=self.tags,
            group_name=self.group_name,
            code_version=self.code_version,
            freshness_policy=self.freshness_policy,
            automation_condition=self.automation_condition,
        )


def python_type(owner: str, given: Any) -> Any:
    """`dagster_type=` as a type to check values against; None where none was given."""
    if isinstance(given, Unset) or given is None:
        return None
    marked = getattr(given, "__tidemill_type__", False)
    if marked or given is Any or isinstance(given, type) or get_origin(given) is not None:
        return given
    raise wrong_type(owner, "dagster_type", given, "a class, a type expression, a DagsterType or Nothing")
