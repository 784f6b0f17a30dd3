"""Loading what modules define, with a group or a prefix for all of it."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import loadable_package
import pytest
from test_asset_decorator import written

from tidemill import AutoMaterializePolicy, AutomationCondition, FreshnessPolicy
from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetKey
from tidemill.definitions import loading
from tidemill.definitions.assets.assets import SourceAsset
from tidemill.definitions.assets.decorators import asset
from tidemill.definitions.checks.decorators import asset_check
from tidemill.definitions.specs.assets import AssetSpec

REST = (
    "group_name=None, key_prefix=None, *, freshness_policy=None, automation_condition=None, "
    "auto_materialize_policy=None, backfill_policy=None, source_key_prefix=None, include_specs=False"
)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("modules", "modules, "),
        ("current_module", ""),
        ("package_module", "package_module, "),
        ("package_name", "package_name, "),
    ],
)
def test_public_signatures(name: str, first: str) -> None:
    assert written(getattr(loading, f"load_assets_from_{name}")) == first + REST
    assert written(getattr(loading, f"load_asset_checks_from_{name}")) == f"{first}asset_key_prefix=None"


def module(**names: Any) -> ModuleType:
    made = ModuleType("user_code")
    vars(made).update(names)
    return made


def keys(definitions: list[Any]) -> list[str]:
    return [definition.key.to_user_string() for definition in definitions]


source = SourceAsset("raw")


@asset
def clean(raw, elsewhere):
    return raw


@asset
def model(clean):
    return clean


@asset_check(asset=model)
def model_is_good(model):
    return True


def test_an_object_of_two_names_and_modules_counts_once() -> None:
    found = loading.load_assets_from_modules(
        [module(clean=clean, again=clean, some=[model]), module(m=model)]
    )
    assert keys(found) == ["clean", "model"]


def test_group_name() -> None:
    found = loading.load_assets_from_modules([module(clean=clean, source=source)], group_name="g")
    assert found[0].group_names_by_key == {AssetKey("clean"): "g"}
    assert found[1].group_name == "g"
    grouped = asset(name="x", group_name="own")(lambda: 1)
    with pytest.raises(InvalidDefinitionError, match="group name"):
        loading.load_assets_from_modules([module(x=grouped)], group_name="g")


def test_prefixes_follow_into_the_inputs() -> None:
    code = module(clean=clean, model=model, source=source)
    made, fitted, raw = loading.load_assets_from_modules([code], key_prefix="p", source_key_prefix=["s", "t"])
    assert keys([made, fitted, raw]) == ["p/clean", "p/model", "s/t/raw"]
    assert made.keys_by_input_name == {"raw": AssetKey(["s", "t", "raw"]), "elsewhere": AssetKey("elsewhere")}
    assert fitted.asset_deps == {AssetKey(["p", "model"]): {AssetKey(["p", "clean"])}}
    assert fitted.op.name == "model"


def test_sources_keep_their_keys_without_a_prefix_of_their_own() -> None:
    made, raw = loading.load_assets_from_modules([module(clean=clean, source=source)], key_prefix="p")
    assert keys([made, raw]) == ["p/clean", "raw"]
    assert made.dependency_keys == {AssetKey("raw"), AssetKey("elsewhere")}


def test_checks_with_a_prefix() -> None:
    (check,) = loading.load_asset_checks_from_modules(
        [module(c=model_is_good, a=clean)], asset_key_prefix="p"
    )
    assert [key.to_user_string() for key in check.check_keys] == ["p/model:model_is_good"]
    assert check.keys_by_input_name == {"model": AssetKey(["p", "model"])}


def test_the_current_module() -> None:
    assert keys(loading.load_assets_from_current_module()) == ["clean", "model", "raw"]
    assert loading.load_asset_checks_from_current_module() == [model_is_good]


def test_a_package_by_module_and_by_name() -> None:
    assert keys(loading.load_assets_from_package_module(loadable_package)) == ["outer", "inner"]
    assert keys(loading.load_assets_from_package_name("loadable_package", group_name="g")) == [
        "outer",
        "inner",
    ]
    assert "loadable_package.nested.deep" in sys.modules
    (check,) = loading.load_asset_checks_from_package_name("loadable_package")
    assert [check] == loading.load_asset_checks_from_package_module(loadable_package)
    assert check.name == "inner_is_good"


def test_policies_for_all_that_have_none() -> None:
    @asset
    def plain() -> int:
        return 1

    lazy, weekly = AutoMaterializePolicy.lazy(), FreshnessPolicy(maximum_lag_minutes=7 * 24 * 60)
    own = asset(name="own", automation_condition=AutomationCondition.eager())(lambda: 1)
    code = module(plain=plain, own=own)
    placed = loading.load_assets_from_modules([code], auto_materialize_policy=lazy, freshness_policy=weekly)
    specs = {spec.key.to_user_string(): spec for item in placed for spec in item.specs}
    assert specs["plain"].auto_materialize_policy == lazy
    assert specs["own"].automation_condition == AutomationCondition.eager()
    assert {spec.freshness_policy for spec in specs.values()} == {weekly}
    with pytest.raises(InvalidDefinitionError, match="freshness_policy"):
        loading.load_assets_from_modules([], freshness_policy=object())


def test_specs_count_where_they_are_asked_for() -> None:
    raw = AssetSpec("raw")
    code = module(raw=raw, listed=[AssetSpec("clean", deps=[raw, "outside"], group_name="own")])
    assert loading.load_assets_from_modules([code]) == []
    placed = loading.load_assets_from_modules([code], "g", "p", include_specs=True)
    assert placed == [
        AssetSpec(["p", "raw"], group_name="g"),
        AssetSpec(["p", "clean"], deps=[["p", "raw"], "outside"], group_name="own"),
    ]
