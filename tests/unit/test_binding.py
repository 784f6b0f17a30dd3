"""Resources bound to definitions, and specs changed where they stand (api.md 1.1, 1.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tidemill import (
    AssetKey,
    AssetSpec,
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    IOManager,
    ResourceDefinition,
    SourceAsset,
    asset,
    asset_check,
    define_asset_job,
    external_asset_from_spec,
    external_assets_from_specs,
    io_manager,
    map_asset_specs,
    materialize,
    resource,
    with_resources,
)

THREE = ResourceDefinition.hardcoded_resource(3)


@asset(required_resource_keys={"r"})
def a(context) -> int:
    return context.resources.r


@asset
def b(a: int, s: int) -> int:
    return a + s


@resource(config_schema={"p": int})
def base(context):
    return context.resource_config["p"]


kept: list[int] = []


class Fixed(IOManager):
    def __init__(self, value: int) -> None:
        self.value = value

    def handle_output(self, context: Any, obj: Any) -> None:
        kept.append(obj)

    def load_input(self, context: Any) -> int:
        return self.value


@io_manager(required_resource_keys={"base"})
def fixed(context):
    return Fixed(context.resources.base)


def test_each_definition_brings_what_it_needs_and_no_more() -> None:
    given = {"r": THREE, "io_manager": fixed, "base": base, "unused": ResourceDefinition.none_resource()}
    bound = with_resources([a, b, SourceAsset("s")], given, {"base": {"config": {"p": 4}}})
    assert [sorted(each.resource_defs) for each in bound] == [
        ["base", "io_manager", "r"],
        ["base", "io_manager"],
        ["base", "io_manager"],
    ]
    assert not a.resource_defs
    kept.clear()
    assert materialize(bound).success
    assert kept == [3, 8]


def test_checks_too_and_anything_else_stays() -> None:
    @asset_check(asset="a", required_resource_keys={"r"})
    def check(context) -> bool:
        return context.resources.r == 3

    job = define_asset_job("j")
    bound, same = with_resources([check, job], {"r": THREE})
    assert bound.resource_defs == {"r": THREE}
    assert same is job


def test_what_cannot_be_bound() -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="resource with key 'r' required by op 'a'"):
        with_resources([a], {})
    once = with_resources([a], {"r": THREE})
    assert with_resources(once, {"r": THREE})[0].resource_defs == {"r": THREE}
    with pytest.raises(DagsterInvalidInvocationError, match="'r' already"):
        with_resources(once, {"r": ResourceDefinition.hardcoded_resource(4)})
    with pytest.raises(DagsterInvalidDefinitionError, match="resource_config_by_key"):
        with_resources([a], {"r": 3}, {"r": {"config": {}}})


def test_specs_of_many_at_once() -> None:
    mapped = map_asset_specs(lambda spec: spec.replace_attributes(tags={"t": "1"}), [a, AssetSpec("x")])
    assert mapped[0].tags_by_key == {AssetKey("a"): {"t": "1"}}
    assert mapped[1] == AssetSpec("x", tags={"t": "1"})
    with pytest.raises(DagsterInvalidDefinitionError, match="AssetSpecs"):
        map_asset_specs(lambda spec: spec, ["x"])


def test_specs_that_nobody_makes_here() -> None:
    specs = external_assets_from_specs([AssetSpec("x"), AssetSpec("y")])
    assert [spec.key for spec in specs] == [AssetKey("x"), AssetKey("y")]
    assert external_asset_from_spec(AssetSpec("x")).key == AssetKey("x")

    @asset(deps=["x"])
    def child() -> int:
        return 1

    assert materialize([*specs, child]).success
