"""What a user's function gives back, or raises: values with facts about them, verdicts, wishes for a retry.

Metadata is made into `MetadataValue`s here, when the object is built: a value of no known kind becomes text,
because an hour of training must not be lost to a log entry. `__tidemill_result__` marks the classes that a
return annotation may name without a word on the value; definitions are lowered without this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Self, TypeVar

from tidemill.core.errors import InvalidInvocationError
from tidemill.core.keys import AssetKey, CoercibleToAssetKey
from tidemill.core.metadata import MetadataValue, coerced_metadata
from tidemill.definitions.arguments import valid_name
from tidemill.definitions.specs.checks import AssetCheckSeverity
from tidemill.definitions.values import UNSET, Unset, Value, fill, replace

T = TypeVar("T")


class DataVersion(Value):
    """What a value is, in the user's own words: the same version is the same value."""

    value: str

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            raise _wrong("DataVersion", "value", value, "a string")
        fill(self, value)


class DataVersionsByPartition(Value):
    """What each partition of an observed asset is now.

    Args:
        data_versions_by_partition: Partition key → `DataVersion`, or its text.
    """

    data_versions_by_partition: Mapping[str, DataVersion]

    def __init__(self, data_versions_by_partition: Mapping[str, DataVersion | str]) -> None:
        if not isinstance(data_versions_by_partition, Mapping):
            raise _wrong(
                "DataVersionsByPartition",
                "data_versions_by_partition",
                data_versions_by_partition,
                "a dict by partition key",
            )
        fill(
            self,
            {
                key: version if isinstance(version, DataVersion) else DataVersion(version)
                for key, version in data_versions_by_partition.items()
            },
        )


class Output(Value, Generic[T]):
    """A value of one output, with facts about it.

    Args:
        value: What to store and to hand on.
        output_name: Which output; `result` for a single asset.
        metadata: Facts about this value: name → number, string, table, figure, `MetadataValue`, ….
        data_version: What the value is, where the content digest should not decide.
        tags: Short labels of this version.

    Example:
        >>> Output(3, metadata={"rows": 3}).value
        3
    """

    __tidemill_result__ = True

    value: T
    output_name: str
    metadata: Mapping[str, MetadataValue]
    data_version: DataVersion | None
    tags: Mapping[str, str] | None

    def __init__(
        self,
        value: T,
        output_name: str = "result",
        metadata: Mapping[str, Any] | None = None,
        data_version: DataVersion | None = None,
        *,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        version = _version("Output", data_version)
        fill(self, value, output_name, coerced_metadata(metadata), version, tags and _tags("Output", tags))


class DynamicOutput(Value, Generic[T]):
    """One of the values of a dynamic output, with the key under which its steps are known.

    Args:
        value: What to hand on.
        mapping_key: Letters, digits and underscores; each key once.
        output_name: Which output.
        metadata: Facts about this value.
        tags: Short labels of it.

    Raises:
        InvalidDefinitionError: `mapping_key` has other characters.

    Example:
        >>> DynamicOutput("a.csv", mapping_key="a").mapping_key
        'a'
    """

    __tidemill_result__ = True

    value: T
    mapping_key: str
    output_name: str
    metadata: Mapping[str, MetadataValue]
    tags: Mapping[str, str]

    def __init__(
        self,
        value: T,
        mapping_key: str,
        output_name: str = "result",
        metadata: Mapping[str, Any] | None = None,
        *,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        key = valid_name(mapping_key, "a mapping_key")
        fill(self, value, key, output_name, coerced_metadata(metadata), _tags("DynamicOutput", tags))


class AssetCheckResult(Value):
    """The verdict of a check.

    Args:
        passed: Whether the asset is as it should be.
        asset_key: About which asset, where the function could mean several.
        check_name: Which check, where the function could mean several.
        metadata: Evidence.
        severity: What it means not to pass.
        description: A sentence for the reader.

    Example:
        >>> @asset
        ... def rows():
        ...     return [1]
        >>> @asset_check(asset=rows)
        ... def filled(rows):
        ...     return AssetCheckResult(passed=len(rows) > 0, metadata={"rows": len(rows)})
        >>> [each.passed for each in materialize([rows, filled]).get_asset_check_evaluations()]
        [True]
    """

    __tidemill_result__ = True

    passed: bool
    asset_key: AssetKey | None
    check_name: str | None
    metadata: Mapping[str, MetadataValue]
    severity: AssetCheckSeverity
    description: str | None

    def __init__(
        self,
        *,
        passed: bool,
        asset_key: CoercibleToAssetKey | None = None,
        check_name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        severity: AssetCheckSeverity = AssetCheckSeverity.ERROR,
        description: str | None = None,
    ) -> None:
        if not isinstance(passed, bool):
            # A comparison of arrays or columns gives a NumPy bool, which is no `bool`.
            if type(passed).__name__ not in ("bool", "bool_"):
                raise _wrong("AssetCheckResult", "passed", passed, "True or False")
            passed = bool(passed)
        severity = AssetCheckSeverity(severity)
        fill(self, passed, _key(asset_key), check_name, coerced_metadata(metadata), severity, description)


class ReportedAsset(Value):
    """What `MaterializeResult` and `ObserveResult` have in common.

    Their metadata stays as it was given, because tests call functions and compare it with plain values.
    """

    __tidemill_result__ = True

    asset_key: AssetKey | None
    metadata: Mapping[str, Any] | None
    check_results: Sequence[AssetCheckResult]
    data_version: DataVersion | None
    tags: Mapping[str, str] | None

    def report(
        self, key: Any, metadata: Any, check_results: Any, version: Any, tags: Any, *more: Any
    ) -> None:
        """Check and set the fields."""
        name = type(self).__name__
        checks = list(check_results or ())
        for result in checks:
            if not isinstance(result, AssetCheckResult):
                raise _wrong(name, "check_results", result, "AssetCheckResult objects")
        version, tags = _version(name, version), tags and _tags(name, tags)
        raw = dict(metadata) if isinstance(metadata, Mapping) else metadata
        fill(self, _key(key), raw, checks, version, tags, *more)

    def coerced(self) -> Self:
        """The same with metadata values."""
        return replace(self, metadata=coerced_metadata(self.metadata))


class ObserveResult(ReportedAsset):
    """That an asset was looked at: with facts and verdicts, and no new version of it."""

    def __init__(
        self,
        asset_key: CoercibleToAssetKey | None = None,
        metadata: Mapping[str, Any] | None = None,
        check_results: Sequence[AssetCheckResult] | None = None,
        data_version: DataVersion | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self.report(asset_key, metadata, check_results, data_version, tags)


class MaterializeResult(ReportedAsset, Generic[T]):
    """That an asset was materialized: with facts, verdicts, and a value only where one is given.

    Args:
        asset_key: Which asset, where the function makes several.
        metadata: Facts about this version.
        check_results: Verdicts of the checks in `check_specs=`.
        data_version: What the value is, where the content digest should not decide.
        tags: Short labels of this version.
        value: What the I/O manager stores; without it, nothing is stored.

    Example:
        >>> @asset
        ... def report():
        ...     return MaterializeResult(metadata={"rows": 3})
        >>> materialize([report]).asset_materializations_for_node("report")[0].metadata["rows"].value
        3
    """

    value: T | Unset

    def __init__(
        self,
        asset_key: CoercibleToAssetKey | None = None,
        metadata: Mapping[str, Any] | None = None,
        check_results: Sequence[AssetCheckResult] | None = None,
        data_version: DataVersion | None = None,
        tags: Mapping[str, str] | None = None,
        value: T | Unset = UNSET,
    ) -> None:
        self.report(asset_key, metadata, check_results, data_version, tags, value)


class AssetFact(Value):
    """What `AssetMaterialization` and `AssetObservation` have in common."""

    __tidemill_result__ = True

    asset_key: AssetKey
    description: str | None
    metadata: Mapping[str, MetadataValue]
    partition: str | None
    tags: Mapping[str, str]

    def __init__(
        self,
        asset_key: CoercibleToAssetKey,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        partition: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        key = _told_key(asset_key)
        fill(self, key, description, coerced_metadata(metadata), partition, _tags(type(self).__name__, tags))

    def with_metadata(self, metadata: Mapping[str, Any] | None) -> Self:
        """A copy with that metadata instead."""
        return replace(self, metadata=coerced_metadata(metadata))

    @property
    def label(self) -> str:
        """The parts of the key, separated by blanks."""
        return " ".join(self.asset_key.parts)


class AssetMaterialization(AssetFact):
    """That an asset was materialized, reported beside the function's own result."""

    @staticmethod
    def file(
        path: str, description: str | None = None, asset_key: CoercibleToAssetKey | None = None
    ) -> AssetMaterialization:
        """Of a file that was written; without a key the parts of its path are that."""
        text = str(path)
        return AssetMaterialization(asset_key or text, description, {"path": MetadataValue.path(text)})


class AssetObservation(AssetFact):
    """A fact about an asset that made no new version of it."""


class Failure(Exception):
    """Raised by a user's function to fail the step with facts about why.

    Args:
        description: What went wrong.
        metadata: Facts for whoever reads the failure.
        allow_retries: Whether a retry policy may try again; False fails at once.

    Example:
        >>> @asset
        ... def model():
        ...     raise Failure("the loss is no number", metadata={"epoch": 3}, allow_retries=False)
        >>> result = materialize([model], raise_on_error=False)
        >>> result.failure_data_for_node("model").user_failure_data.description
        'the loss is no number'
    """

    def __init__(
        self,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        allow_retries: bool | None = None,
    ) -> None:
        super().__init__(description)
        self.description = description
        self.metadata = coerced_metadata(metadata)
        self.allow_retries = allow_retries is not False

    def __str__(self) -> str:
        return self.description or ""


class RetryRequested(Exception):
    """Raised by a user's function to be tried again.

    Args:
        max_retries: Retries after the first attempt, at most.
        seconds_to_wait: Delay before the next attempt.
    """

    def __init__(self, max_retries: int = 1, seconds_to_wait: float | None = None) -> None:
        super().__init__(max_retries, seconds_to_wait)
        self.max_retries = max_retries
        self.seconds_to_wait = seconds_to_wait


def _told_key(asset_key: CoercibleToAssetKey) -> AssetKey:
    """The key that an event is about: of a text, the words are the parts, as programs have it."""
    if not isinstance(asset_key, str):
        return AssetKey.from_coercible(asset_key)
    words = "".join(each if each.isalnum() or each == "_" else " " for each in asset_key).split()
    return AssetKey(words or asset_key)


def _key(asset_key: CoercibleToAssetKey | None) -> AssetKey | None:
    return None if asset_key is None else AssetKey.from_coercible(asset_key)


def _version(owner: str, version: DataVersion | None) -> DataVersion | None:
    if version is None or isinstance(version, DataVersion):
        return version
    raise _wrong(owner, "data_version", version, "a DataVersion")


def _tags(owner: str, tags: Mapping[str, str] | None) -> dict[str, str]:
    if not tags:
        return {}
    for name, value in tags.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise _wrong(owner, "tags", {name: value}, "strings as names and as values")
    return dict(tags)


def _wrong(owner: str, argument: str, found: object, expected: str) -> InvalidInvocationError:
    return InvalidInvocationError(
        f"{owner}({argument}=) takes {expected}",
        subject=argument,
        found=f"{found!r}, of type {type(found).__name__}",
        expected=expected,
    )
