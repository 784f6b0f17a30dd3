"""What a user says of a check, without the function that gives its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.arguments import valid_name
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.specs.assets import (
    AssetDep,
    DepLike,
    coerce_deps,
    read_automation,
    single_key,
)
from tidemill.definitions.values import NOTHING_SAID, Value, fill, replace

if TYPE_CHECKING:
    from tidemill.definitions.conditions.conditions import AutomationCondition


class AssetCheckSeverity(str, Enum):  # noqa: UP042  (as text it is `AssetCheckSeverity.X`, as programs have it)
    """What it means not to pass: of a blocking check, `ERROR` stops what comes after, `WARN` never."""

    WARN = "WARN"
    ERROR = "ERROR"


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
