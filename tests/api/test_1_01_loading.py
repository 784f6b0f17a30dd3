"""Section 1.1: assets and checks that are gathered from modules and packages."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tidemill import (
    AssetKey,
    AutoMaterializePolicy,
    AutomationCondition,
    BackfillPolicy,
    FreshnessPolicy,
    SourceAsset,
    StaticPartitionsDefinition,
    asset,
    load_asset_checks_from_current_module,
    load_asset_checks_from_modules,
    load_asset_checks_from_package_module,
    load_asset_checks_from_package_name,
    load_assets_from_current_module,
    load_assets_from_modules,
    load_assets_from_package_module,
    load_assets_from_package_name,
)

TOP = """
from tidemill import SourceAsset, asset, asset_check

source = SourceAsset("source")

@asset
def top(source): ...

@asset_check(asset=top)
def good(): return True
"""
INNER = """
from tidemill import asset, asset_check

@asset
def inner(): ...

@asset_check(asset=inner)
def fine(): return True
"""
CURRENT = """
from tidemill import load_asset_checks_from_current_module, load_assets_from_current_module

gathered = load_assets_from_current_module(group_name="g")
checks = load_asset_checks_from_current_module(asset_key_prefix="p")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A package with an asset and a check, and a module of it with another."""
    folder = tmp_path / "gathered_package"
    folder.mkdir()
    (folder / "__init__.py").write_text(TOP)
    (folder / "inner.py").write_text(INNER)
    (folder / "current.py").write_text(TOP + CURRENT)
    monkeypatch.syspath_prepend(str(tmp_path))
    import gathered_package

    yield gathered_package
    for name in [name for name in sys.modules if name.startswith("gathered_package")]:
        del sys.modules[name]


def keys(of: Any) -> set[str]:
    return {each.key.to_user_string() for each in of}


def check_names(of: Any) -> set[str]:
    return {f"{key.asset_key.to_user_string()}:{key.name}" for each in of for key in each.check_keys}


def test_load_assets_from_modules_takes_assets_and_sources(package: ModuleType) -> None:
    loaded = load_assets_from_modules([package])
    assert keys(loaded) == {"source", "top"}
    assert keys(each for each in loaded if isinstance(each, SourceAsset)) == {"source"}


def test_load_assets_from_modules_with_what_is_said_of_all(package: ModuleType) -> None:
    letters = StaticPartitionsDefinition(["x"])
    sliced = ModuleType("sliced")
    sliced.one = asset(name="one", partitions_def=letters)(lambda: None)  # type: ignore[attr-defined]
    (one,) = load_assets_from_modules(
        [sliced],
        "g",
        "p",
        automation_condition=AutomationCondition.eager(),
        backfill_policy=BackfillPolicy.single_run(),
    )
    assert one.key == AssetKey(["p", "one"])
    assert one.group_names_by_key == {one.key: "g"}
    assert one.get_asset_spec().automation_condition == AutomationCondition.eager()
    assert one.backfill_policy == BackfillPolicy.single_run()


def test_load_assets_from_modules_policies_of_the_first_generation(package: ModuleType) -> None:
    policy = FreshnessPolicy(maximum_lag_minutes=3)
    loaded = load_assets_from_modules(
        [package], auto_materialize_policy=AutoMaterializePolicy.eager(), freshness_policy=policy
    )
    (top,) = [each for each in loaded if not isinstance(each, SourceAsset)]
    assert top.freshness_policies_by_key == {top.key: policy}
    assert set(top.auto_materialize_policies_by_key) == {top.key}


def test_load_assets_from_modules_key_prefix_is_that_of_assets_and_source_key_prefix_of_sources(
    package: ModuleType,
) -> None:
    assert keys(load_assets_from_modules([package], key_prefix="p")) == {"source", "p/top"}
    both = load_assets_from_modules([package], key_prefix=["p", "q"], source_key_prefix="s")
    assert keys(both) == {"s/source", "p/q/top"}
    (top,) = [each for each in both if not isinstance(each, SourceAsset)]
    assert keys_of(top.dependency_keys) == {"s/source"}


def keys_of(of: Any) -> set[str]:
    return {key.to_user_string() for key in of}


def test_load_assets_from_package_module_goes_into_its_modules(package: ModuleType) -> None:
    (package_path,) = package.__path__
    (Path(package_path) / "current.py").unlink()
    assert keys(load_assets_from_package_module(package)) == {"source", "top", "inner"}
    loaded = load_assets_from_package_module(package, group_name="g", key_prefix="p")
    assert keys(loaded) == {"source", "p/top", "p/inner"}


def test_load_assets_from_package_name_is_the_same_by_name(package: ModuleType) -> None:
    (package_path,) = package.__path__
    (Path(package_path) / "current.py").unlink()
    assert keys(load_assets_from_package_name("gathered_package")) == {"source", "top", "inner"}
    assert keys(load_assets_from_package_name("gathered_package", key_prefix="p")) == {
        "source",
        "p/top",
        "p/inner",
    }


def test_load_assets_from_current_module_takes_those_of_the_caller(package: ModuleType) -> None:
    from gathered_package import current

    assert keys(current.gathered) == {"source", "top"}
    (top,) = [each for each in current.gathered if not isinstance(each, SourceAsset)]
    assert set(top.group_names_by_key.values()) == {"g"}
    assert load_assets_from_current_module() == []


def test_load_asset_checks_from_modules(package: ModuleType) -> None:
    assert check_names(load_asset_checks_from_modules([package])) == {"top:good"}
    prefixed = load_asset_checks_from_modules([package], asset_key_prefix="p")
    assert check_names(prefixed) == {"p/top:good"}


def test_load_asset_checks_from_package_module(package: ModuleType) -> None:
    (package_path,) = package.__path__
    (Path(package_path) / "current.py").unlink()
    assert check_names(load_asset_checks_from_package_module(package)) == {"top:good", "inner:fine"}
    prefixed = load_asset_checks_from_package_module(package, asset_key_prefix=["p"])
    assert check_names(prefixed) == {"p/top:good", "p/inner:fine"}


def test_load_asset_checks_from_package_name(package: ModuleType) -> None:
    (package_path,) = package.__path__
    (Path(package_path) / "current.py").unlink()
    assert check_names(load_asset_checks_from_package_name("gathered_package")) == {"top:good", "inner:fine"}


def test_load_asset_checks_from_current_module(package: ModuleType) -> None:
    from gathered_package import current

    assert check_names(current.checks) == {"p/top:good"}
    assert load_asset_checks_from_current_module() == []
