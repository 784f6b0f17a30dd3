"""Checks that are made, not written: of a number in the metadata of versions, of columns that come and go.

Both read what was recorded with the latest versions of an asset; no value is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.tables import TableSchema
from tidemill.definitions.arguments import NAME_CHARACTERS, wrong_type
from tidemill.definitions.assets.assets import AssetChecksDefinition
from tidemill.definitions.checks.decorators import multi_asset_check
from tidemill.definitions.results import AssetCheckResult
from tidemill.definitions.specs.assets import DepLike, single_key
from tidemill.definitions.specs.checks import AssetCheckSeverity, AssetCheckSpec

COLUMN_SCHEMA = "dagster/column_schema"
Judge = Callable[[AssetKey, list[Any]], "tuple[bool, str]"]


def build_metadata_bounds_checks(
    *,
    assets: Sequence[DepLike],
    severity: AssetCheckSeverity = AssetCheckSeverity.WARN,
    metadata_key: str,
    min_value: float | None = None,
    max_value: float | None = None,
    exclusive_min: bool = False,
    exclusive_max: bool = False,
) -> list[AssetChecksDefinition]:
    """Checks that a number in the metadata of the latest version lies within bounds.

    With a score in the metadata it is a gate for models: severity `ERROR` says that one is not good enough.

    Args:
        assets: Assets or keys.
        severity: What it means not to pass.
        metadata_key: Label of the number.
        min_value, max_value: The bounds, in their order; one of them at least.
        exclusive_min, exclusive_max: Whether the bound itself is too far.

    Raises:
        InvalidDefinitionError: There is no bound.

    Example:
        >>> checks = build_metadata_bounds_checks(assets=["model"], metadata_key="r2", min_value=0.5)
        >>> [spec.name for spec in checks[0].check_specs]
        ['r2_bounds_check']
    """
    if min_value is None and max_value is None:
        raise wrong_type(
            "build_metadata_bounds_checks", "min_value", None, "a number, or a number as max_value"
        )
    if min_value is not None and max_value is not None and min_value > max_value:
        raise wrong_type(
            "build_metadata_bounds_checks", "min_value", min_value, f"a number up to max_value={max_value}"
        )
    least = "" if min_value is None else f"{'more than' if exclusive_min else 'at least'} {min_value}"
    most = "" if max_value is None else f"{'less than' if exclusive_max else 'at most'} {max_value}"
    bounds = " and ".join(filter(None, (least, most)))

    def judge(_: AssetKey, records: list[Any]) -> tuple[bool, str]:
        if not records:
            return False, "there is no version of the asset yet"
        metadata = records[0].asset_materialization.metadata
        if metadata_key not in metadata:
            return False, f"the latest version has no metadata {metadata_key!r}"
        value = metadata[metadata_key].value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False, f"{metadata_key!r} is no number: {value!r}"
        low = min_value is None or (value > min_value if exclusive_min else value >= min_value)
        high = max_value is None or (value < max_value if exclusive_max else value <= max_value)
        return low and high, f"{metadata_key!r} is {value}, and should be {bounds}"

    name = f"{''.join(c if c in NAME_CHARACTERS else '_' for c in metadata_key)}_bounds_check"
    return [_check_of_records(name, f"{metadata_key!r} should be {bounds}", assets, severity, 1, judge)]


def build_column_schema_change_checks(
    *, assets: Sequence[DepLike], severity: AssetCheckSeverity = AssetCheckSeverity.WARN
) -> list[AssetChecksDefinition]:
    """Checks that the columns of the latest version are those of the version before.

    Columns are what the metadata `dagster/column_schema` says, a `TableSchema`.

    Args:
        assets: Assets or keys.
        severity: What it means not to pass.

    Example:
        >>> checks = build_column_schema_change_checks(assets=["table"])
        >>> [spec.name for spec in checks[0].check_specs]
        ['column_schema_change']
    """

    def judge(_: AssetKey, records: list[Any]) -> tuple[bool, str]:
        if len(records) < 2:
            return True, "there is no version before to compare with"
        schemas = [_schema(record.asset_materialization.metadata.get(COLUMN_SCHEMA)) for record in records]
        for which, schema in zip(("latest version", "version before"), schemas, strict=True):
            if schema is None:
                return False, f"the {which} has no metadata {COLUMN_SCHEMA!r}"
        now, before = schemas
        assert now is not None
        assert before is not None
        changes = list(_changes(before, now))
        return not changes, "; ".join(changes) or "the columns are those of the version before"

    said = "the columns should be those of the version before"
    return [_check_of_records("column_schema_change", said, assets, severity, 2, judge)]


def _check_of_records(
    name: str,
    description: str,
    assets: Sequence[DepLike],
    severity: AssetCheckSeverity,
    count: int,
    judge: Judge,
) -> AssetChecksDefinition:
    """One function for all the assets, which gives its verdicts of so many latest records of each."""
    keys = [single_key(asset) for asset in assets]
    specs = [AssetCheckSpec(name, asset=key, description=description) for key in keys]

    def check(context: Any) -> Iterator[AssetCheckResult]:
        for key in sorted(context.selected_asset_check_keys, key=str):
            records = context.instance.fetch_materializations(key.asset_key, limit=count).records
            passed, said = judge(key.asset_key, list(records))
            yield AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=passed,
                description=said,
                severity=severity,
            )

    step = "_".join([name, *(key.to_python_identifier() for key in keys[:1])])
    if len(keys) > 1:
        step += f"_and_{len(keys) - 1}_more"
    made: AssetChecksDefinition = multi_asset_check(
        name=step, specs=specs, description=description, can_subset=True
    )(check)
    return made


def _schema(entry: MetadataValue | None) -> TableSchema | None:
    value = getattr(entry, "value", None)
    return value if isinstance(value, TableSchema) else getattr(entry, "schema", None)


def _changes(before: TableSchema, now: TableSchema) -> Iterator[str]:
    old, new = ({column.name: column.type for column in schema.columns} for schema in (before, now))
    added, removed = [name for name in new if name not in old], [name for name in old if name not in new]
    if added:
        yield f"added columns: {', '.join(added)}"
    if removed:
        yield f"removed columns: {', '.join(removed)}"
    changed = [f"{name} ({old[name]} → {new[name]})" for name in new if old.get(name, new[name]) != new[name]]
    if changed:
        yield f"other types: {', '.join(changed)}"
