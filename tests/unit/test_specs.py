"""Specs, inputs, outputs and dependencies: what they hold, how they are compared, what they refuse."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from test_asset_decorator import written

from tidemill.core.errors import InvalidDefinitionError, UnknownPartitionError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.assets.sources import SourceAsset
from tidemill.definitions.partitions.partitions import PartitionKeyRange, StaticPartitionsDefinition
from tidemill.definitions.specs.assets import IO_MANAGER_KEY, AssetDep, AssetSpec
from tidemill.definitions.specs.checks import AssetCheckSeverity, AssetCheckSpec
from tidemill.definitions.specs.ports import AssetIn, AssetOut

PUBLIC_SIGNATURES = {
    AssetSpec: """
        key, *, deps=None, description=None, metadata=None, skippable=False, group_name=None,
        code_version=None, freshness_policy=None, automation_condition=None,
        auto_materialize_policy=None, owners=None, tags=None, kinds=None, partitions_def=None
    """,
    AssetOut: """
        key_prefix=None, key=None, dagster_type=<Unset.UNSET: 'unset'>, description=None,
        is_required=True, io_manager_key=None, metadata=None, group_name=None, code_version=None,
        freshness_policy=None, auto_materialize_policy=None, automation_condition=None,
        backfill_policy=None, owners=None, tags=None, kinds=None
    """,
    AssetIn: """
        key=None, metadata=None, key_prefix=None, input_manager_key=None, partition_mapping=None,
        dagster_type=<Unset.UNSET: 'unset'>
    """,
    AssetDep: "asset, *, partition_mapping=None, metadata=None",
    AssetCheckSpec: """
        name, *, asset, description=None, additional_deps=None, blocking=False, metadata=None,
        automation_condition=None, partitions_def=None
    """,
    SourceAsset: """
        key, metadata=None, io_manager_key=None, io_manager_def=None, description=None,
        partitions_def=None, group_name=None, resource_defs=None, observe_fn=None, op_tags=None, *,
        automation_condition=None, freshness_policy=None, tags=None
    """,
}


@pytest.mark.parametrize("cls", PUBLIC_SIGNATURES, ids=lambda cls: cls.__name__)
def test_public_signatures(cls: Any) -> None:
    assert written(cls.__init__) == " ".join(PUBLIC_SIGNATURES[cls].split())


EXAMPLES = [
    AssetSpec("a", deps=["b"], tags={"x": "y"}, kinds={"sql"}, metadata={"n": 1}),
    AssetOut(key_prefix="p", dagster_type=int),
    AssetIn(key="a"),
    AssetDep("a", metadata={"n": 1}),
    AssetCheckSpec("c", asset="a", blocking=True),
    SourceAsset(["p", "a"], io_manager_key="k"),
    StaticPartitionsDefinition(["a", "b"]),
]


@pytest.mark.parametrize("value", EXAMPLES, ids=lambda value: type(value).__name__)
class TestValues:
    def test_copies_are_equal(self, value: Any) -> None:
        assert pickle.loads(pickle.dumps(value)) == value
        assert copy.deepcopy(value) == value
        assert value != object()

    def test_nothing_can_be_set(self, value: Any) -> None:
        name = next(iter(vars(value)))
        with pytest.raises(AttributeError, match="immutable"):
            setattr(value, name, None)
        with pytest.raises(AttributeError, match="immutable"):
            delattr(value, name)

    def test_text_names_class_and_fields(self, value: Any) -> None:
        assert repr(value).startswith(f"{type(value).__name__}({next(iter(vars(value)))}=")


class TestAssetSpec:
    def test_replace_and_merge(self) -> None:
        spec = AssetSpec(
            "a", owners=["team:a"], tags={"x": "1"}, metadata={"m": 1}, deps=["b"], kinds={"sql"}
        )
        replaced = spec.replace_attributes(key="z", owners=["team:b"], group_name="g")
        assert (replaced.key, replaced.owners, replaced.group_name) == (AssetKey("z"), ("team:b",), "g")
        assert (replaced.tags, replaced.kinds) == ({"x": "1", "dagster/kind/sql": ""}, {"sql"})
        assert spec.replace_attributes(kinds={"py"}).tags == {"x": "1", "dagster/kind/py": ""}
        assert spec.replace_attributes(tags={"y": "2"}).tags == {"y": "2", "dagster/kind/sql": ""}
        assert (repr(spec.kinds), repr(spec.deps)) == ("{'sql'}", "[AssetDep(asset_key=AssetKey(['b']))]")
        merged = spec.merge_attributes(
            owners=["team:b"], tags={"x": "2", "y": "3"}, metadata={"n": 2}, deps=["c"], kinds={"py"}
        )
        assert merged.owners == ("team:a", "team:b")
        assert merged.tags == {"x": "2", "y": "3", "dagster/kind/py": "", "dagster/kind/sql": ""}
        assert merged.metadata == {"m": 1, "n": 2}
        assert [dep.asset_key for dep in merged.deps] == [AssetKey("b"), AssetKey("c")]
        assert merged.kinds == {"sql", "py"}

    def test_replace_refuses_unknown_names_and_bad_values(self) -> None:
        with pytest.raises(InvalidDefinitionError, match="replace_attributes"):
            AssetSpec("a").replace_attributes(group="g")
        with pytest.raises(InvalidDefinitionError, match="owner"):
            AssetSpec("a").replace_attributes(owners=["me"])

    def test_with_io_manager_key(self) -> None:
        assert AssetSpec("a", metadata={"m": 1}).with_io_manager_key("k").metadata == {
            "m": 1,
            IO_MANAGER_KEY: "k",
        }

    @pytest.mark.parametrize("key", ["", ["a", ""]])
    def test_an_empty_part(self, key: Any) -> None:
        with pytest.raises(InvalidDefinitionError, match="key"):
            AssetSpec(key)

    @pytest.mark.parametrize(
        "argument", ["freshness_policy", "automation_condition", "auto_materialize_policy"]
    )
    def test_what_is_no_policy(self, argument: str) -> None:
        for cls in (AssetSpec, AssetOut):
            with pytest.raises(InvalidDefinitionError, match=argument):
                cls(key="a", **{argument: object()})


def test_key_and_prefix_exclude_each_other() -> None:
    for cls in (AssetIn, AssetOut):
        with pytest.raises(InvalidDefinitionError, match="exclude each other") as caught:
            cls(key="a", key_prefix="b")
        assert caught.value.subject == cls.__name__


def test_partition_mappings_are_refused() -> None:
    with pytest.raises(InvalidDefinitionError, match="partition_mapping"):
        AssetIn(partition_mapping=object())
    with pytest.raises(InvalidDefinitionError, match="partition_mapping"):
        AssetDep("a", partition_mapping=object())


def test_out_refuses_what_comes_later() -> None:
    with pytest.raises(InvalidDefinitionError, match="backfill_policy"):
        AssetOut(backfill_policy=object())


class TestAssetCheckSpec:
    def test_key(self) -> None:
        spec = AssetCheckSpec("ok", asset=["p", "a"], additional_deps=["b"])
        assert spec.key == AssetCheckKey(AssetKey(["p", "a"]), "ok")
        assert [dep.asset_key for dep in spec.additional_deps] == [AssetKey("b")]

    def test_a_bad_name(self) -> None:
        with pytest.raises(InvalidDefinitionError, match="name of a check"):
            AssetCheckSpec("not ok", asset="a")

    def test_its_own_asset_is_no_additional_dep(self) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            AssetCheckSpec("ok", asset="a", additional_deps=["a"])
        assert (caught.value.subject, caught.value.found) == ("ok", "a")

    def test_severity_is_its_text(self) -> None:
        assert AssetCheckSeverity.WARN == "WARN"
        assert AssetCheckSeverity("ERROR") is AssetCheckSeverity.ERROR
        assert AssetCheckSeverity.WARN.value == "WARN"


class TestSourceAsset:
    def test_manager_of_its_own(self) -> None:
        manager = object()
        source = SourceAsset(["p", "a"], io_manager_def=manager)
        assert source.resource_defs == {"p__a__io_manager": manager}
        assert source.to_spec().metadata == {IO_MANAGER_KEY: "p__a__io_manager"}

    def test_spec_without_a_manager(self) -> None:
        spec = SourceAsset("a", description="d", tags={"x": "y"}).to_spec()
        assert spec == AssetSpec("a", description="d", tags={"x": "y"}, group_name="default")

    def test_tags_of_no_step_are_refused(self) -> None:
        with pytest.raises(InvalidDefinitionError, match="op_tags"):
            SourceAsset("a", op_tags={"a": "1"})


class TestStaticPartitions:
    def test_answers(self) -> None:
        letters = StaticPartitionsDefinition(["c", "a", "b"])
        assert letters.get_partition_keys() == ["c", "a", "b"]
        assert letters.get_partition_keys(current_time=None, dynamic_partitions_store=None) == ["c", "a", "b"]
        assert (letters.get_first_partition_key(), letters.get_last_partition_key()) == ("c", "b")
        assert letters.get_num_partitions() == 3
        assert letters.has_partition_key("a")
        assert not letters.has_partition_key("z")
        assert letters.get_partition_keys_in_range(PartitionKeyRange("a", "b")) == ["a", "b"]
        assert letters == StaticPartitionsDefinition(["c", "a", "b"])
        assert letters != StaticPartitionsDefinition(["a", "b", "c"])

    def test_empty(self) -> None:
        none = StaticPartitionsDefinition([])
        assert (none.get_first_partition_key(), none.get_last_partition_key()) == (None, None)

    def test_an_unknown_end_of_a_range(self) -> None:
        with pytest.raises(
            UnknownPartitionError, match="Could not find a partition with key 'estt'"
        ) as caught:
            StaticPartitionsDefinition(["east", "west"]).get_partition_keys_in_range(
                PartitionKeyRange("estt", "west")
            )
        assert caught.value.subject == "estt"
        assert "'east'" in str(caught.value.next_step)

    @pytest.mark.parametrize(
        ("keys", "found"),
        [
            (["a", ""], "'', of type str"),
            (["a", 1], "1, of type int"),
            (["a", "b", "a"], "'a', 2 times"),
            ("ab", "'ab', of type str"),
        ],
    )
    def test_keys_that_cannot_be(self, keys: Any, found: str) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            StaticPartitionsDefinition(keys)
        assert caught.value.found == found


def test_a_group_may_have_parts() -> None:
    assert AssetSpec("x", group_name="marketing/daily").group_name == "marketing/daily"
    for wrong in ("/a", "a//b", "a/b c"):
        with pytest.raises(InvalidDefinitionError, match="group_name of 'x'"):
            AssetSpec("x", group_name=wrong)
