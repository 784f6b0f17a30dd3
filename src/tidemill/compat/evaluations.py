"""Verdicts of checks as the compatible interface tells them, each with the version that it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from tidemill.core.keys import AssetCheckKey, AssetKey, CoercibleToAssetKey
from tidemill.core.metadata import MetadataValue, coerced_metadata
from tidemill.core.records import CheckResult
from tidemill.definitions.specs.checks import AssetCheckSeverity
from tidemill.definitions.values import Value, fill


class AssetCheckEvaluationTargetMaterializationData(NamedTuple):
    """Which version a verdict is about: its place in the log, the run that made it, seconds since 1970."""

    storage_id: int
    run_id: str
    timestamp: float


Target: TypeAlias = AssetCheckEvaluationTargetMaterializationData
FindTarget: TypeAlias = Callable[[str], Target | None]


class Sought:
    """A version that is looked up when somebody asks; the same one is equal."""

    __slots__ = ("_find", "_id")

    def __init__(self, find: FindTarget, version_id: str) -> None:
        self._find = find
        self._id = version_id

    def __call__(self) -> Target | None:
        return self._find(self._id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sought) and other._id == self._id

    def __hash__(self) -> int:
        return hash(self._id)


class AssetCheckEvaluation(Value):
    """A verdict, as `result.get_asset_check_evaluations()` gives it and `report_runless_asset_event` takes it."""

    asset_key: AssetKey
    check_name: str
    passed: bool
    metadata: Mapping[str, MetadataValue]
    target: Target | Sought | None
    severity: AssetCheckSeverity
    description: str | None
    blocking: bool | None
    partition: str | None

    def __init__(
        self,
        asset_key: CoercibleToAssetKey,
        check_name: str,
        passed: bool,
        metadata: Mapping[str, Any] | None = None,
        target_materialization_data: Target | Sought | None = None,
        severity: AssetCheckSeverity = AssetCheckSeverity.ERROR,
        description: str | None = None,
        blocking: bool | None = None,
        partition: str | None = None,
    ) -> None:
        key, severity = AssetKey.from_coercible(asset_key), AssetCheckSeverity(severity)
        target, about = target_materialization_data, coerced_metadata(metadata)
        fill(self, key, check_name, passed, about, target, severity, description, blocking, partition)

    @property
    def target_materialization_data(self) -> Target | None:
        """The version that it is about, or None where none is known."""
        return self.target() if isinstance(self.target, Sought) else self.target

    @property
    def asset_check_key(self) -> AssetCheckKey:
        """Name of the check."""
        return AssetCheckKey(self.asset_key, self.check_name)


def evaluation_of(check: CheckResult, find: FindTarget | None = None) -> AssetCheckEvaluation:
    """A verdict as the compatible interface tells it; `find` knows the version with an id."""
    # Looked up when somebody asks: most never do, and a store that is in memory would fold all of its events for it.
    target = Sought(find, check.version_id) if find is not None and check.version_id is not None else None
    return AssetCheckEvaluation(
        check.asset,
        check.name,
        check.passed,
        check.metadata,
        target,
        AssetCheckSeverity(check.severity),
        check.description,
        check.blocking,
        check.partition,
    )
