"""Section 1.1: keys, and what is said of assets, of their inputs and outputs."""

import re
from typing import Any

import pytest

from tidemill import (
    AssetDep,
    AssetExecutionContext,
    AssetIn,
    AssetKey,
    AssetOut,
    AssetSpec,
    AutoMaterializePolicy,
    AutomationCondition,
    BackfillPolicy,
    DagsterInstance,
    DagsterInvalidDefinitionError,
    DataVersion,
    Definitions,
    FilesystemIOManager,
    FreshnessPolicy,
    InMemoryIOManager,
    LastPartitionMapping,
    Nothing,
    SourceAsset,
    StaticPartitionsDefinition,
    asset,
    external_assets_from_specs,
    materialize,
    multi_asset,
    observe,
)

LETTERS = StaticPartitionsDefinition(["x", "y"])


def keys(of: Any) -> set[str]:
    return {key.to_user_string() for key in of}


# --- AssetKey ---------------------------------------------------------------------------------------------------------


def test_AssetKey_is_made_of_a_text_or_a_list_and_a_text_is_not_split() -> None:
    assert list(AssetKey("a/b").path) == ["a/b"]
    assert list(AssetKey(["a", "b"]).path) == ["a", "b"]
    assert list(AssetKey(["a", "b"]).parts) == ["a", "b"]
    assert AssetKey("a") == AssetKey(["a"])


def test_AssetKey_as_text() -> None:
    key = AssetKey(["a", "b"])
    assert key.to_user_string() == "a/b"
    assert AssetKey.from_user_string("a/b") == key
    assert key.to_string() == '["a", "b"]'
    assert repr(key) == "AssetKey(['a', 'b'])"
    assert key.to_python_identifier() == "a__b"
    assert key.to_python_identifier("x") == "a__b__x"


def test_AssetKey_prefixes() -> None:
    key = AssetKey(["a", "b"])
    assert key.with_prefix("p") == AssetKey(["p", "a", "b"])
    assert key.with_prefix(["p", "q"]) == AssetKey(["p", "q", "a", "b"])
    assert key.has_prefix(["a"])
    assert not key.has_prefix(["b"])


def test_AssetKey_from_coercible() -> None:
    @asset
    def one() -> None: ...

    assert AssetKey.from_coercible("a") == AssetKey("a")
    assert AssetKey.from_coercible(["a", "b"]) == AssetKey(["a", "b"])
    assert AssetKey.from_coercible(AssetKey("a")) == AssetKey("a")
    assert AssetKey.from_coercible(one) == AssetKey("one")


def test_AssetKey_is_hashable_and_equal_by_its_path_alone() -> None:
    assert len({AssetKey("a"), AssetKey(["a"]), AssetKey("b")}) == 2
    assert AssetKey("a") != "a"


# --- AssetIn ----------------------------------------------------------------------------------------------------------


def test_AssetIn_defaults_and_places() -> None:
    plain = AssetIn()
    assert (plain.key, plain.input_manager_key, plain.partition_mapping) == (None, None, None)
    assert AssetIn("a", {"m": 1}).key == AssetKey("a")
    assert AssetIn("a", {"m": 1}).metadata == {"m": 1}


def test_AssetIn_key_and_key_prefix_exclude_each_other() -> None:
    with pytest.raises(Exception, match="key_prefix"):
        AssetIn(key="a", key_prefix="p")


def test_AssetIn_key_prefix_is_put_before_the_parameters_name() -> None:
    @asset(key_prefix="p")
    def up() -> int:
        return 3

    @asset(ins={"up": AssetIn(key_prefix="p")})
    def below(up: int) -> int:
        return up + 1

    assert below.keys_by_input_name == {"up": AssetKey(["p", "up"])}
    assert materialize([up, below]).asset_value("below") == 4


def test_AssetIn_nothing_is_a_dependency_without_data() -> None:
    @asset
    def up() -> None: ...

    @asset(ins={"up": AssetIn(dagster_type=Nothing)})
    def below() -> int:
        return 1

    assert materialize([up, below]).asset_value("below") == 1


def test_AssetIn_input_manager_and_metadata_reach_the_manager() -> None:
    seen = {}

    class Other(InMemoryIOManager):
        def load_input(self, context: Any) -> Any:
            seen["metadata"] = dict(context.metadata)
            return 42

    @asset
    def up() -> int:
        return 1

    @asset(ins={"up": AssetIn(input_manager_key="other", metadata={"m": 1})})
    def below(up: int) -> int:
        return up

    result = materialize([up, below], resources={"other": Other()})
    assert result.asset_value("below") == 42
    assert seen == {"metadata": {"m": 1}}


def test_AssetIn_partition_mapping() -> None:
    @asset(partitions_def=LETTERS)
    def up(context: AssetExecutionContext) -> str:
        return context.partition_key

    @asset(ins={"up": AssetIn(partition_mapping=LastPartitionMapping())})
    def below(up: str) -> str:
        return up

    with DagsterInstance.ephemeral() as instance:
        for key in ("x", "y"):
            materialize([up], instance=instance, partition_key=key)
        assert materialize([up, below], instance=instance, selection=[below]).asset_value("below") == "y"


# --- AssetDep ---------------------------------------------------------------------------------------------------------


def test_AssetDep_takes_whatever_names_an_asset() -> None:
    @asset
    def one() -> None: ...

    for given in ("one", ["one"], AssetKey("one"), AssetSpec("one"), one, SourceAsset("one")):
        assert AssetDep(given).asset_key == AssetKey("one")


def test_AssetDep_a_whole_multi_asset_names_the_keys_to_choose_from() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def both() -> None: ...

    with pytest.raises(Exception, match="available keys are") as caught:
        AssetDep(both)
    assert {"both", "'a'", "'b'"} <= set(re.findall(r"both|'\w+'", str(caught.value)))


def test_AssetDep_partition_mapping_is_kept_and_metadata_taken() -> None:
    dep = AssetDep("a", partition_mapping=LastPartitionMapping(), metadata={"m": 1})
    assert dep.partition_mapping == LastPartitionMapping()
    assert AssetDep("a").partition_mapping is None


def test_AssetDep_the_same_key_as_an_argument_raises() -> None:
    with pytest.raises(DagsterInvalidDefinitionError) as caught:

        @asset(deps=[AssetDep("up")])
        def below(up: int) -> None: ...

    assert "up" in str(caught.value)


def test_AssetDep_of_a_key_that_nobody_defines_is_fine() -> None:
    @asset(deps=[AssetDep("elsewhere")])
    def below() -> int:
        return 1

    assert materialize([below]).asset_value("below") == 1


# --- AssetOut ---------------------------------------------------------------------------------------------------------


def test_AssetOut_key_and_key_prefix_exclude_each_other() -> None:
    with pytest.raises(Exception, match="key_prefix"):
        AssetOut(key="a", key_prefix="p")


def test_AssetOut_what_it_says_is_said_of_the_asset() -> None:
    @multi_asset(
        outs={
            "a": AssetOut(
                "p",
                description="d",
                metadata={"m": 1},
                group_name="g",
                code_version="3",
                owners=["team:x"],
                tags={"t": "1"},
                kinds={"k"},
                freshness_policy=FreshnessPolicy(maximum_lag_minutes=1),
                auto_materialize_policy=AutoMaterializePolicy.lazy(),
            ),
            "b": AssetOut(key="other", automation_condition=AutomationCondition.eager()),
        }
    )
    def both() -> Any: ...

    spec = both.specs_by_key[AssetKey(["p", "a"])]
    assert (spec.description, spec.metadata["m"], spec.group_name, spec.code_version) == ("d", 1, "g", "3")
    assert (list(spec.owners), spec.tags["t"], spec.kinds) == (["team:x"], "1", {"k"})
    assert both.specs_by_key[AssetKey("other")].automation_condition == AutomationCondition.eager()
    assert keys(both.freshness_policies_by_key) == {"p/a"}


def test_AssetOut_is_required_by_default_and_need_not_be() -> None:
    assert AssetOut().is_required
    assert not AssetOut(is_required=False).is_required


def test_AssetOut_io_manager_key(tmp_path: Any) -> None:
    @multi_asset(outs={"a": AssetOut(io_manager_key="m")})
    def one() -> Any:
        return 5

    materialize([one], resources={"m": FilesystemIOManager(base_dir=str(tmp_path))})
    assert (tmp_path / "a").exists()


def test_AssetOut_dagster_type_is_checked() -> None:
    @multi_asset(outs={"a": AssetOut(dagster_type=int)})
    def one() -> Any:
        return "text"

    assert not materialize([one], raise_on_error=False).success


def test_AssetOut_backfill_policy_is_taken() -> None:
    @multi_asset(outs={"a": AssetOut(backfill_policy=BackfillPolicy.single_run())}, partitions_def=LETTERS)
    def one() -> Any: ...

    assert one.backfill_policy == BackfillPolicy.single_run()


# --- AssetSpec --------------------------------------------------------------------------------------------------------


def test_AssetSpec_arguments_and_defaults() -> None:
    plain = AssetSpec("a")
    assert (plain.description, plain.skippable, plain.code_version) == (None, False, None)
    assert (list(plain.deps), dict(plain.tags), list(plain.owners)) == ([], {}, [])
    full = AssetSpec(
        ["p", "a"],
        deps=["b"],
        description="d",
        metadata={"m": 1},
        skippable=True,
        group_name="g",
        code_version="1",
        freshness_policy=FreshnessPolicy(maximum_lag_minutes=1),
        automation_condition=AutomationCondition.eager(),
        owners=["a@b.co"],
        tags={"t": "1"},
        kinds={"k"},
        partitions_def=LETTERS,
    )
    assert full.key == AssetKey(["p", "a"])
    assert [dep.asset_key for dep in full.deps] == [AssetKey("b")]
    assert (full.skippable, full.group_name, full.kinds, full.partitions_def) == (True, "g", {"k"}, LETTERS)
    assert AssetSpec("a", auto_materialize_policy=AutoMaterializePolicy.eager()).key == AssetKey("a")


def test_AssetSpec_replace_attributes_leaves_the_rest() -> None:
    spec = AssetSpec("a", group_name="g", tags={"t": "1"})
    other = spec.replace_attributes(group_name="h", metadata={"m": 1})
    assert (other.key, other.group_name, dict(other.tags), other.metadata["m"]) == (
        spec.key,
        "h",
        {"t": "1"},
        1,
    )
    assert spec.group_name == "g"


def test_AssetSpec_merge_attributes_adds() -> None:
    spec = AssetSpec("a", deps=["x"], tags={"t": "1"}, metadata={"m": 1}, owners=["team:x"], kinds={"k"})
    other = spec.merge_attributes(
        deps=["y"], tags={"u": "2"}, metadata={"n": 2}, owners=["team:y"], kinds={"l"}
    )
    assert [dep.asset_key.to_user_string() for dep in other.deps] == ["x", "y"]
    assert (other.tags["t"], other.tags["u"]) == ("1", "2")
    assert (other.metadata["m"], other.metadata["n"]) == (1, 2)
    assert list(other.owners) == ["team:x", "team:y"]
    assert other.kinds == {"k", "l"}


def test_AssetSpec_with_io_manager_key_is_loaded_with_it() -> None:
    class Constant(InMemoryIOManager):
        def load_input(self, context: Any) -> Any:
            return 11

    @asset
    def below(outside: int) -> int:
        return outside

    spec = AssetSpec("outside").with_io_manager_key("m")
    assert materialize([spec, below], resources={"m": Constant()}).asset_value("below") == 11


def test_AssetSpec_is_taken_by_definitions_and_materialize() -> None:
    @asset(deps=["outside"])
    def below() -> int:
        return 1

    defs = Definitions(assets=[AssetSpec("outside", group_name="g"), below])
    assert keys(defs.resolve_asset_graph().get_all_asset_keys()) == {"outside", "below"}
    assert materialize([AssetSpec("outside"), below]).success


def test_AssetSpec_skippable_is_recorded_only_when_it_is_given() -> None:
    @multi_asset(specs=[AssetSpec("a", skippable=True), AssetSpec("b")])
    def both() -> None: ...

    result = materialize([both])
    assert keys(e.asset_key for e in result.get_asset_materialization_events()) == {"b"}


def test_external_assets_from_specs_is_the_older_form() -> None:
    @asset(deps=["outside"])
    def below() -> int:
        return 1

    outside = external_assets_from_specs([AssetSpec("outside", group_name="g")])
    assert len(outside) == 1
    assert materialize([*outside, below]).success
    graph = Definitions(assets=[*outside, below]).resolve_asset_graph()
    assert not graph.get(AssetKey("outside")).is_materializable


# --- SourceAsset ------------------------------------------------------------------------------------------------------


def test_SourceAsset_arguments() -> None:
    source = SourceAsset(
        ["p", "s"],
        metadata={"m": 1},
        io_manager_key="m",
        description="d",
        partitions_def=LETTERS,
        group_name="g",
    )
    assert source.key == AssetKey(["p", "s"])
    assert (source.description, source.group_name, source.partitions_def) == ("d", "g", LETTERS)
    assert source.metadata["m"] == 1


def test_SourceAsset_is_loaded_by_its_manager() -> None:
    class Constant(InMemoryIOManager):
        def load_input(self, context: Any) -> Any:
            return context.asset_key.to_user_string()

    @asset
    def below(s: str) -> str:
        return s + "!"

    by_key = materialize([SourceAsset("s", io_manager_key="m"), below], resources={"m": Constant()})
    assert by_key.asset_value("below") == "s!"


def test_SourceAsset_with_a_manager_of_its_own() -> None:
    from tidemill import IOManagerDefinition

    class Constant(InMemoryIOManager):
        def load_input(self, context: Any) -> Any:
            return 5

    @asset
    def below(s: int) -> int:
        return s

    own = SourceAsset("s", io_manager_def=IOManagerDefinition.hardcoded_io_manager(Constant()))
    assert materialize([own, below]).asset_value("below") == 5


def test_SourceAsset_observe_fn_tells_its_data_version() -> None:
    source = SourceAsset("s", observe_fn=lambda: DataVersion("7"))
    with DagsterInstance.ephemeral() as instance:
        result = observe([source], instance=instance)
        assert result.success
        (event,) = result.get_asset_observation_events()
    assert event.asset_key == AssetKey("s")
