"""The decorators of functions that judge assets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tidemill.core.keys import AssetCheckKey
from tidemill.definitions.assets.assets import AssetChecksDefinition
from tidemill.definitions.checks.checks import lower_check, lower_multi_check
from tidemill.definitions.partitions.partitions import PartitionsDefinition
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.specs.assets import DepLike
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.specs.ports import AssetIn
from tidemill.definitions.units.lowering import Needs, function_name
from tidemill.definitions.units.signatures import docstring

if TYPE_CHECKING:
    from tidemill.definitions.conditions.conditions import AutomationCondition


class SameCheck(list[AssetChecksDefinition]):
    """One check of several assets: a list of its definitions, which goes wherever a definition does."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function and give what it gives, untouched."""
        return self[0](*args, **kwargs)

    @property
    def check_specs(self) -> list[AssetCheckSpec]:
        """What is said of each."""
        return [spec for check in self for spec in check.check_specs]

    @property
    def check_keys(self) -> list[AssetCheckKey]:
        """Their keys."""
        return [spec.key for spec in self.check_specs]


def asset_check(
    *,
    asset: DepLike | Sequence[DepLike],
    name: str | None = None,
    description: str | None = None,
    blocking: bool = False,
    additional_ins: Mapping[str, AssetIn] | None = None,
    additional_deps: Iterable[DepLike] | None = None,
    required_resource_keys: Iterable[str] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    config_schema: Any = None,
    compute_kind: str | None = None,
    op_tags: Mapping[str, Any] | None = None,
    retry_policy: RetryPolicy | None = None,
    metadata: Mapping[str, Any] | None = None,
    automation_condition: AutomationCondition | None = None,
    pool: str | None = None,
    partitions_def: PartitionsDefinition | None = None,
) -> Callable[[Callable[..., Any]], Any]:
    """Define a check by the function that gives its verdict: an `AssetCheckResult`, or True or False.

    Args:
        asset: Which asset; a parameter that `additional_ins` does not name receives its value. A list of assets or
            keys makes a check of each (`SameCheck`); a list of strings is one key.
        name: Name of the check; the function's where it is not given.
        description: For the reader; the docstring where it is not given.
        blocking: Whether what depends on the asset waits for the verdict, and does not start when it is bad.
        additional_ins: Parameter → further asset whose value it receives.
        additional_deps: Further assets that must be made before.
        compute_kind: What it is made with, as a tag of the step.
        metadata: Facts that hold for every verdict.
        partitions_def: Slices that it judges one by one: of a run of partitions, each gets a verdict of its own.
        automation_condition: When it is made by itself.
        required_resource_keys, resource_defs, config_schema, op_tags, retry_policy, pool: As of `asset`.

    Raises:
        InvalidDefinitionError: The definition cannot work, or needs what this version does not have.

    Example:
        >>> @asset_check(asset="numbers")
        ... def not_empty(numbers):
        ...     return len(numbers) > 0
    """
    tags = _step_tags(op_tags, compute_kind)
    needs = Needs(
        config_schema, required_resource_keys, resource_defs, tags, retry_policy, partitions_def, pool
    )

    def define_one(fn: Callable[..., Any], about: DepLike) -> AssetChecksDefinition:
        spec = AssetCheckSpec(
            name or function_name(fn),
            asset=about,
            description=description or docstring(fn),
            additional_deps=additional_deps,
            blocking=blocking,
            metadata=metadata,
            partitions_def=partitions_def,
            automation_condition=automation_condition,
        )
        return AssetChecksDefinition(lower_check(fn, needs, spec, additional_ins))

    def define(fn: Callable[..., Any]) -> AssetChecksDefinition | SameCheck:
        if isinstance(asset, (list, tuple)) and not all(isinstance(part, str) for part in asset):
            return SameCheck([define_one(fn, about) for about in asset])
        return define_one(fn, asset)

    return define


def multi_asset_check(
    *,
    name: str | None = None,
    specs: Sequence[AssetCheckSpec],
    description: str | None = None,
    can_subset: bool = False,
    compute_kind: str | None = None,
    op_tags: Mapping[str, Any] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    required_resource_keys: Iterable[str] | None = None,
    retry_policy: RetryPolicy | None = None,
    config_schema: Any = None,
    ins: Mapping[str, AssetIn] | None = None,
    pool: str | None = None,
) -> Callable[[Callable[..., Any]], AssetChecksDefinition]:
    """Define several checks by the one function that gives their verdicts, as `AssetCheckResult`s.

    Args:
        name: Name of the step; the function's where it is not given.
        specs: The checks; they may be about different assets.
        description: For the reader; the docstring where it is not given.
        can_subset: Whether the function can give a part of the verdicts.
        compute_kind: What it is made with, as a tag of the step.
        ins: Parameter → asset whose value it receives.
        op_tags, resource_defs, required_resource_keys, retry_policy, config_schema, pool: As of `asset`.

    Raises:
        InvalidDefinitionError: The definition cannot work.

    Example:
        >>> @multi_asset_check(specs=[AssetCheckSpec("filled", asset="rows"), AssetCheckSpec("short", asset="rows")])
        ... def both():
        ...     yield AssetCheckResult(check_name="filled", passed=True)
        ...     yield AssetCheckResult(check_name="short", passed=False)
        >>> sorted(spec.name for spec in both.check_specs)
        ['filled', 'short']
    """
    tags = _step_tags(op_tags, compute_kind)
    needs = Needs(config_schema, required_resource_keys, resource_defs, tags, retry_policy, pool=pool)

    def define(fn: Callable[..., Any]) -> AssetChecksDefinition:
        unit = lower_multi_check(
            fn, needs, name=name, specs=specs, description=description, can_subset=can_subset, ins=ins
        )
        return AssetChecksDefinition(unit)

    return define


def _step_tags(op_tags: Mapping[str, Any] | None, compute_kind: str | None) -> Mapping[str, Any] | None:
    return op_tags if compute_kind is None else {**(op_tags or {}), "dagster/compute_kind": compute_kind}
