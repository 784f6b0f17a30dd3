"""`@asset_check` and `@multi_asset_check`: which unit they make, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.assets.assets import AssetChecksDefinition, SourceAsset
from tidemill.definitions.assets.decorators import asset
from tidemill.definitions.checks.decorators import asset_check, multi_asset_check
from tidemill.definitions.results import AssetCheckResult
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.specs.ports import AssetIn


def inputs(definition: Any) -> dict[str, tuple[str, bool]]:
    return {i.name: (i.asset.to_user_string(), i.is_argument) for i in definition.unit.inputs}


@asset(key_prefix="p")
def model():
    return 1


class TestAssetCheck:
    def test_the_value_of_the_asset_is_the_parameter(self) -> None:
        @asset_check(asset=model, blocking=True, metadata={"limit": 3})
        def is_good(context, fitted):
            """Better than nothing."""
            return AssetCheckResult(passed=fitted > 0)

        assert isinstance(is_good, AssetChecksDefinition)
        unit = is_good.unit
        assert (unit.kind, unit.name, unit.outputs, unit.context) == ("check", "p__model_is_good", (), True)
        assert inputs(is_good) == {"fitted": ("p/model", True)}
        (spec,) = unit.checks
        assert spec == AssetCheckSpec(
            "is_good",
            asset=["p", "model"],
            description="Better than nothing.",
            blocking=True,
            metadata={"limit": 3},
        )
        assert is_good.name == "is_good"
        assert list(is_good.check_keys) == [AssetCheckKey(AssetKey(["p", "model"]), "is_good")]

    @pytest.mark.parametrize("about", ["a", ["a"], AssetKey("a"), SourceAsset("a")])
    def test_without_a_parameter_only_the_order_counts(self, about: Any) -> None:
        check = asset_check(asset=about, name="ok")(lambda: True)
        assert inputs(check) == {"a": ("a", False)}

    def test_additional_inputs_and_deps(self) -> None:
        @asset_check(asset="a", additional_ins={"other": AssetIn(key="b")}, additional_deps=["c"])
        def ok(other, a):
            return other == a

        assert inputs(ok) == {"other": ("b", True), "a": ("a", True), "c": ("c", False)}
        assert ok(1, 1) is True

    def test_two_values(self) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            asset_check(asset="a", name="ok")(lambda a, b: True)
        assert (caught.value.subject, caught.value.found) == ("ok", "a, b")

    def test_the_asset_is_no_additional_input(self) -> None:
        with pytest.raises(InvalidDefinitionError, match="additional_ins"):
            asset_check(asset="a", name="ok", additional_ins={"x": AssetIn(key="a")})(lambda x: True)

    def test_a_lambda_needs_a_name(self) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            asset_check(asset="a")(lambda: True)
        assert caught.value.next_step == "give name="

    def test_needs(self) -> None:
        check = asset_check(
            asset="a",
            name="ok",
            required_resource_keys={"db"},
            compute_kind="sql",
            op_tags={"x": "y"},
            pool="p",
        )(lambda context: True)
        assert check.required_resource_keys == {"db"}
        assert check.op.tags == {"x": "y", "dagster/compute_kind": "sql"}
        assert check.unit.pool == "p"


class TestMultiAssetCheck:
    def test_specs_of_several_assets(self) -> None:
        specs = [
            AssetCheckSpec("one", asset="a", additional_deps=["c"]),
            AssetCheckSpec("two", asset="b"),
            AssetCheckSpec("three", asset="b"),
        ]

        @multi_asset_check(specs=specs, ins={"b": AssetIn()}, can_subset=True)
        def verdicts(b):
            """All."""

        unit = verdicts.unit
        assert (unit.name, unit.kind, unit.can_subset, unit.description) == (
            "verdicts",
            "check",
            True,
            "All.",
        )
        assert inputs(verdicts) == {"b": ("b", True), "a": ("a", False), "c": ("c", False)}
        assert [spec.name for spec in verdicts.check_specs] == ["one", "two", "three"]
        assert verdicts.name == "verdicts"

    @pytest.mark.parametrize(
        ("specs", "match"),
        [
            ([], "specs"),
            (["ok"], "AssetCheckSpec"),
            ([AssetCheckSpec("ok", asset="a")] * 2, "more than once"),
        ],
    )
    def test_what_cannot_be(self, specs: Any, match: str) -> None:
        with pytest.raises(InvalidDefinitionError, match=match):
            multi_asset_check(specs=specs, name="m")(lambda: None)
