"""Finding what modules define, with a group or a prefix for all of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, TypeAlias

from tidemill.definitions.assembly import flattened
from tidemill.definitions.assets.assets import AssetChecksDefinition, AssetsDefinition, renamed
from tidemill.definitions.assets.sources import SourceAsset
from tidemill.definitions.policies import BackfillPolicy
from tidemill.definitions.specs.assets import AssetSpec, prefix_parts, read_automation, read_freshness
from tidemill.definitions.values import replace

Prefix: TypeAlias = "str | Sequence[str] | None"
Loaded: TypeAlias = "list[AssetsDefinition | SourceAsset | AssetSpec]"


def defined_in(namespaces: Iterable[Mapping[str, Any]], *classes: type[Any]) -> list[Any]:
    """Objects of those classes (assets and sources by default) at module level or in lists there, once."""
    wanted = classes or (AssetsDefinition, SourceAsset)
    candidates = [
        value
        for namespace in namespaces
        for value in namespace.values()
        if isinstance(value, wanted) or (isinstance(value, list) and value and isinstance(value[0], wanted))
    ]
    return [item for item in flattened(candidates) if isinstance(item, wanted)]


def load_assets_from_modules(
    modules: Iterable[ModuleType],
    group_name: str | None = None,
    key_prefix: Prefix = None,
    *,
    freshness_policy: Any = None,
    automation_condition: Any = None,
    auto_materialize_policy: Any = None,
    backfill_policy: BackfillPolicy | None = None,
    source_key_prefix: Prefix = None,
    include_specs: bool = False,
) -> Loaded:
    """The assets and source assets of some modules.

    Args:
        modules: Where to look; an object that several of them name counts once.
        group_name: Group of all of them.
        key_prefix: Parts before the keys of all assets; inputs that name one of them follow.
        source_key_prefix: Parts before the keys of all source assets; likewise.
        include_specs: Whether module-level `AssetSpec`s count, too; they are placed as assets are.
        backfill_policy: Of those that have none of their own.
        freshness_policy: Of all assets that have none of their own.
        automation_condition, auto_materialize_policy: Of all assets that have none of their own; one of the two.

    Raises:
        InvalidDefinitionError: An asset has a group already, or an argument is not in this version.
    """
    condition = read_automation("load_assets_from_modules", automation_condition, auto_materialize_policy)
    freshness = read_freshness("load_assets_from_modules", freshness_policy)
    found = defined_in(map(vars, modules), AssetsDefinition, SourceAsset, *[AssetSpec] * include_specs)
    assets = [item for item in found if isinstance(item, AssetsDefinition)]
    sources = [item for item in found if isinstance(item, SourceAsset)]
    prefix, source_prefix = prefix_parts(key_prefix), prefix_parts(source_key_prefix)
    specs = [item for item in found if isinstance(item, AssetSpec)]
    named = [key for item in assets for key in item.keys] + [spec.key for spec in specs]
    own = {key: key.with_prefix(prefix) for key in named} if prefix else {}
    outside = {item.key: item.key.with_prefix(source_prefix) for item in sources} if source_prefix else {}
    placed: Loaded = [
        item.with_attributes(
            output_asset_key_replacements=own,
            input_asset_key_replacements={**outside, **own},
            group_names_by_key=dict.fromkeys(item.keys, group_name) if group_name else {},
            backfill_policy=backfill_policy,
        )
        for item in assets
    ]
    if condition is not None or freshness is not None:
        placed = [
            item.map_asset_specs(lambda spec: _automated(spec, condition, freshness))
            for item in placed
            if isinstance(item, AssetsDefinition)
        ]
    for item in sources:
        group = item.group_name or group_name
        placed.append(replace(item, key=outside.get(item.key, item.key), group_name=group))
    for spec in specs:
        deps = tuple(replace(dep, asset_key=own.get(dep.asset_key, dep.asset_key)) for dep in spec.deps)
        group = spec.group_name or group_name
        placed.append(replace(spec, key=own.get(spec.key, spec.key), deps=deps, group_name=group))
    return placed


def _automated(spec: AssetSpec, condition: Any, freshness: Any) -> AssetSpec:
    return replace(
        spec,
        automation_condition=spec.automation_condition or condition,
        freshness_policy=spec.freshness_policy or freshness,
    )


def load_assets_from_current_module(
    group_name: str | None = None,
    key_prefix: Prefix = None,
    *,
    freshness_policy: Any = None,
    automation_condition: Any = None,
    auto_materialize_policy: Any = None,
    backfill_policy: BackfillPolicy | None = None,
    source_key_prefix: Prefix = None,
    include_specs: bool = False,
) -> Loaded:
    """As `load_assets_from_modules`, for what the calling module has defined so far."""
    return load_assets_from_modules([_calling_module()], **locals())


def load_assets_from_package_module(
    package_module: ModuleType,
    group_name: str | None = None,
    key_prefix: Prefix = None,
    *,
    freshness_policy: Any = None,
    automation_condition: Any = None,
    auto_materialize_policy: Any = None,
    backfill_policy: BackfillPolicy | None = None,
    source_key_prefix: Prefix = None,
    include_specs: bool = False,
) -> Loaded:
    """As `load_assets_from_modules`, for a package and all modules in it, which are imported."""
    given = locals()
    return load_assets_from_modules(_modules_of(given.pop("package_module")), **given)


def load_assets_from_package_name(
    package_name: str,
    group_name: str | None = None,
    key_prefix: Prefix = None,
    *,
    freshness_policy: Any = None,
    automation_condition: Any = None,
    auto_materialize_policy: Any = None,
    backfill_policy: BackfillPolicy | None = None,
    source_key_prefix: Prefix = None,
    include_specs: bool = False,
) -> Loaded:
    """As `load_assets_from_package_module`, for the package of that name."""
    given = locals()
    return load_assets_from_package_module(import_module(given.pop("package_name")), **given)


def load_asset_checks_from_modules(
    modules: Iterable[ModuleType], asset_key_prefix: Prefix = None
) -> list[AssetChecksDefinition]:
    """The checks of some modules.

    Args:
        modules: Where to look; an object that several of them name counts once.
        asset_key_prefix: Parts before the keys of the assets that they are about.
    """
    prefix = prefix_parts(asset_key_prefix)
    checks = defined_in(map(vars, modules), AssetChecksDefinition)
    if not prefix:
        return checks
    moved = []
    for check in checks:
        keys = {key.asset_key: key.asset_key.with_prefix(prefix) for key in check.check_keys}
        moved.append(AssetChecksDefinition(renamed(check.unit, keys, keys)))
    return moved


def load_asset_checks_from_current_module(asset_key_prefix: Prefix = None) -> list[AssetChecksDefinition]:
    """As `load_asset_checks_from_modules`, for what the calling module has defined so far."""
    return load_asset_checks_from_modules([_calling_module()], asset_key_prefix)


def load_asset_checks_from_package_module(
    package_module: ModuleType, asset_key_prefix: Prefix = None
) -> list[AssetChecksDefinition]:
    """As `load_asset_checks_from_modules`, for a package and all modules in it, which are imported."""
    return load_asset_checks_from_modules(_modules_of(package_module), asset_key_prefix)


def load_asset_checks_from_package_name(
    package_name: str, asset_key_prefix: Prefix = None
) -> list[AssetChecksDefinition]:
    """As `load_asset_checks_from_package_module`, for the package of that name."""
    return load_asset_checks_from_package_module(import_module(package_name), asset_key_prefix)


def _calling_module() -> ModuleType:
    """The module whose code called into this one."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    module = ModuleType(frame.f_globals.get("__name__", "?"))
    # Its names as they are now: a script that is being loaded need not be in `sys.modules`.
    vars(module).update(frame.f_globals)
    return module


def _modules_of(package: ModuleType) -> Iterator[ModuleType]:
    from pkgutil import walk_packages  # noqa: PLC0415

    yield package
    for info in walk_packages(package.__path__, f"{package.__name__}."):
        yield import_module(info.name)
