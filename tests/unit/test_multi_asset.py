"""`@multi_asset`: outputs with values, assets by spec, what depends on what inside, and what cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from tidemill.core.errors import InvalidDefinitionError
from tidemill.core.keys import AssetKey
from tidemill.definitions.assets.decorators import multi_asset
from tidemill.definitions.partitions.partitions import StaticPartitionsDefinition
from tidemill.definitions.results import Output
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.specs.ports import AssetIn, AssetOut, Nothing

A, B, C = map(AssetKey, "abc")


def keys(definition: Any) -> list[str]:
    return [key.to_user_string() for key in definition.specs_by_key]


class TestOuts:
    def test_outputs_in_order_with_values(self) -> None:
        @multi_asset(
            outs={"b": AssetOut(), "a": AssetOut(key_prefix="p", io_manager_key="k", is_required=False)}
        )
        def split(numbers):
            """Both."""

        assert keys(split) == ["b", "p/a"]
        assert split.keys == {AssetKey("b"), AssetKey(["p", "a"])}
        assert split.keys_by_output_name == {"b": B, "a": AssetKey(["p", "a"])}
        assert split.keys_by_input_name == {"numbers": AssetKey("numbers")}
        first, second = split.unit.outputs
        assert (first.manager, first.required, second.manager, second.required) == (
            "io_manager",
            True,
            "k",
            False,
        )
        assert (split.op.name, split.op.description) == ("split", "Both.")
        assert split.asset_deps == {key: {AssetKey("numbers")} for key in split.keys}

    def test_each_out_says_its_own(self) -> None:
        out = AssetOut(
            key=["x", "y"],
            description="d",
            metadata={"m": 1},
            group_name="g",
            code_version="1",
            owners=["team:a"],
            tags={"t": "v"},
            kinds={"sql"},
        )
        both = multi_asset(
            outs={"a": out, "b": AssetOut()}, name="both", code_version="2", compute_kind="py"
        )(lambda: (1, 2))
        spec, other = both.specs
        assert spec == AssetSpec(
            ["x", "y"],
            description="d",
            metadata={"m": 1},
            group_name="g",
            code_version="1",
            owners=["team:a"],
            tags={"t": "v"},
            kinds={"sql", "py"},
        )
        assert (other.code_version, other.kinds, other.group_name) == ("2", {"py"}, "default")

    def test_annotations_of_a_tuple(self) -> None:
        @multi_asset(
            outs={"a": AssetOut(), "b": AssetOut(dagster_type=str), "c": AssetOut(dagster_type=Nothing)}
        )
        def three() -> tuple[Output[int], int, int]:
            return Output(1), 2, 3

        assert [(o.annotation, o.manager) for o in three.unit.outputs] == [
            (int, "io_manager"),
            (str, "io_manager"),
            (None, None),
        ]

    @pytest.mark.parametrize("annotation", [tuple[int, ...], tuple[int], list[int], int])
    def test_an_annotation_that_does_not_fit_is_none(self, annotation: Any) -> None:
        def two():
            pass

        two.__annotations__["return"] = annotation
        both = multi_asset(outs={"a": AssetOut(), "b": AssetOut()})(two)
        assert [o.annotation for o in both.unit.outputs] == [None, None]

    def test_internal_deps(self) -> None:
        @multi_asset(
            outs={"a": AssetOut(), "b": AssetOut()},
            internal_asset_deps={"a": {AssetKey("up")}, "b": {A}},
            can_subset=True,
        )
        def both(up):
            pass

        assert both.unit.internal_deps == {"a": {AssetKey("up")}, "b": {A}}
        assert both.asset_deps == {A: {AssetKey("up")}, B: {A}}
        assert both.dependency_keys == {AssetKey("up"), A}
        assert both.can_subset

    @pytest.mark.parametrize(
        ("internal", "found"),
        [({"zz": {AssetKey("up")}}, "zz"), ({"a": {AssetKey("elsewhere")}}, "elsewhere")],
    )
    def test_internal_deps_that_name_nothing(self, internal: Any, found: str) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            multi_asset(outs={"a": AssetOut()}, internal_asset_deps=internal, name="m")(lambda up: 1)
        assert found in str(caught.value.found)

    def test_groups_on_both_sides(self) -> None:
        outs = {"a": AssetOut(group_name="one"), "b": AssetOut()}
        with pytest.raises(InvalidDefinitionError, match="group_name") as caught:
            multi_asset(outs=outs, group_name="two", name="m")(lambda: 1)
        assert caught.value.subject == "m"
        assert multi_asset(outs={"a": AssetOut()}, group_name="two", name="m")(
            lambda: 1
        ).group_names_by_key == {A: "two"}

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            ({}, "AssetOut"),
            ({"outs": {}}, "AssetOut"),
            ({"outs": {"a": int}}, "AssetOut"),
            ({"outs": {"a b": AssetOut()}}, "letters"),
            ({"outs": {"a": AssetOut(), "b": AssetOut(key="a")}}, "once"),
            ({"outs": {"a": AssetOut()}, "specs": [AssetSpec("b")]}, "one of"),
            ({"specs": [AssetSpec("a"), AssetSpec("a")]}, "once"),
            ({"specs": ["a"]}, "AssetSpec"),
            ({"specs": [AssetSpec("a")], "deps": ["b"]}, "deps"),
            ({"outs": {"a": AssetOut()}, "check_specs": [AssetCheckSpec("ok", asset="b")]}, "a"),
        ],
    )
    def test_what_cannot_be(self, arguments: Any, expected: str) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            multi_asset(name="m", **arguments)(lambda: 1)
        assert expected in str(caught.value.expected)

    def test_specs_say_their_own_deps(self) -> None:
        with pytest.raises(InvalidDefinitionError, match="exclude each other"):
            multi_asset(specs=[AssetSpec("a")], internal_asset_deps={"a": [AssetKey("b")]})

    def test_an_unknown_argument(self) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            multi_asset(out={"a": AssetOut()})
        assert "outs" in str(caught.value.next_step)


class TestSpecs:
    def test_specs_store_nothing(self) -> None:
        specs = [
            AssetSpec("a", skippable=True),
            AssetSpec(["p", "b"]),
            AssetSpec("c").with_io_manager_key("k"),
        ]
        made = multi_asset(specs=specs, name="m", group_name="g")(lambda context: None)
        assert [(o.name, o.manager, o.required) for o in made.unit.outputs] == [
            ("a", None, False),
            ("p__b", None, True),
            ("c", "k", True),
        ]
        assert set(made.group_names_by_key.values()) == {"g"}

    def test_each_has_its_own_deps(self) -> None:
        specs = [AssetSpec("a", deps=["x"]), AssetSpec("b", deps=["a", "y"]), AssetSpec("c")]
        made = multi_asset(specs=specs, name="m")(lambda: None)
        assert made.asset_deps == {A: {AssetKey("x")}, B: {A, AssetKey("y")}, C: set()}
        assert made.unit.internal_deps == {"a": {AssetKey("x")}, "b": {A, AssetKey("y")}, "c": frozenset()}
        assert [(i.name, i.is_argument) for i in made.unit.inputs] == [("x", False), ("y", False)]

    def test_arguments_beside_deps(self) -> None:
        specs = [AssetSpec("a", deps=["x"]), AssetSpec("b")]
        made = multi_asset(specs=specs, ins={"x": AssetIn(), "all_of_them": AssetIn(key="z")}, name="m")(
            lambda x, all_of_them: None
        )
        assert [(i.asset.to_user_string(), i.is_argument) for i in made.unit.inputs] == [
            ("x", True),
            ("z", True),
        ]
        assert made.asset_deps == {A: {AssetKey("x"), AssetKey("z")}, B: {AssetKey("z")}}

    def test_partitions_of_the_specs(self) -> None:
        days = StaticPartitionsDefinition(["1", "2"])
        made = multi_asset(specs=[AssetSpec("a", partitions_def=days)], name="m")(lambda: None)
        assert made.partitions_def == days
        with pytest.raises(InvalidDefinitionError, match="partitions_def"):
            multi_asset(
                specs=[AssetSpec("a", partitions_def=days)],
                partitions_def=StaticPartitionsDefinition(["3"]),
                name="m",
            )(lambda: None)
