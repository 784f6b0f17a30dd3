"""What selections come to: assets, checks, and errors that help."""

from __future__ import annotations

import pickle

import pytest
from small_graphs import GRAPH, checks, names

from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError, InvalidSubsetError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.assets.decorators import asset, multi_asset
from tidemill.definitions.checks.decorators import asset_check
from tidemill.definitions.definitions import Definitions
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.specs.ports import AssetOut
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import AssetSelection, resolve_selection, select_to_run

ALL = AssetSelection.all()
ROWS = AssetCheckKey(AssetKey("raw"), "rows")


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (ALL, "lone/one model raw score test train"),
        (AssetSelection.all(include_sources=True), "lone/one model raw score source test train"),
        (AssetSelection.assets("raw", AssetKey("test"), ["lone", "one"]), "lone/one raw test"),
        (AssetSelection.keys("lone/one"), "lone/one"),
        (AssetSelection.assets(AssetSpec("raw")), "raw"),
        (AssetSelection.assets(), ""),
        (AssetSelection.groups("raw", "side"), "lone/one raw"),
        (AssetSelection.groups("raw", include_sources=True), "raw source"),
        (AssetSelection.groups("default"), "model score test train"),
        (AssetSelection.key_prefixes("lone"), "lone/one"),
        (AssetSelection.key_prefixes(["lone", "one"], "raw"), "lone/one raw"),
        (AssetSelection.key_prefixes("lo"), ""),
        (AssetSelection.key_substring("r"), "raw score train"),
        (AssetSelection.key_substring("e/o"), "lone/one"),
        (AssetSelection.tag("tier", "1"), "raw"),
        (AssetSelection.tag("nightly", ""), "model"),
        (AssetSelection.tag("tier", "2"), ""),
        (AssetSelection.kind("xgboost"), "model"),
        (AssetSelection.owner("team:data"), "raw"),
        (AssetSelection.owner("ann@example.com"), "score"),
        (AssetSelection.assets("score").upstream(), "model raw score test train"),
        (AssetSelection.assets("score").upstream(1), "model score test"),
        (AssetSelection.assets("score").upstream(depth=1, include_self=False), "model test"),
        (AssetSelection.assets("source").downstream(), "model raw score source test train"),
        (AssetSelection.assets("train").downstream(include_self=False), "model score"),
        (AssetSelection.assets("raw").downstream(0), "raw"),
        (AssetSelection.assets("train", "model", "score").roots(), "train"),
        (AssetSelection.assets("train", "test", "raw").sources(), "raw"),
        (AssetSelection.assets("raw", "source", "train").sinks(), "train"),
        (AssetSelection.assets("raw", "source").materializable(), "raw"),
        (AssetSelection.assets("model").upstream_source_assets(), "source"),
        (AssetSelection.assets("source").upstream_source_assets(), "source"),
        (AssetSelection.assets("test").required_multi_asset_neighbors(), "test train"),
        (AssetSelection.assets("raw") | AssetSelection.assets("test"), "raw test"),
        (ALL & AssetSelection.groups("raw", include_sources=True), "raw"),
        (ALL - AssetSelection.assets("score").upstream(), "lone/one"),
        (["raw", "model+"], "model raw score"),
        ([AssetKey("raw"), ["lone", "one"], AssetSelection.groups("side")], "lone/one raw"),
        (AssetKey(["lone", "one"]), "lone/one"),
        ([], ""),
    ],
    ids=str,
)
def test_assets(selection: object, expected: str) -> None:
    assert names(selection) == expected
    again = AssetSelection.from_string(str(AssetSelection.from_coercible(selection)))
    assert names(again) == expected
    assert checks(again) == checks(selection)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (AssetSelection.assets("raw"), "raw:nulls raw:rows"),
        (AssetSelection.assets("raw").without_checks(), ""),
        (AssetSelection.assets("raw", "score") - AssetSelection.checks(ROWS), "raw:nulls score:better"),
        (AssetSelection.checks_for_assets("score", "model"), "score:better"),
        (AssetSelection.all_asset_checks(), "raw:nulls raw:rows score:better"),
        (AssetSelection.checks(ROWS), "raw:rows"),
        (ROWS, "raw:rows"),
        (ALL & AssetSelection.checks_for_assets("raw"), "raw:nulls raw:rows"),
        (AssetSelection.checks(), ""),
    ],
    ids=str,
)
def test_checks(selection: object, expected: str) -> None:
    assert checks(selection) == expected
    assert checks(AssetSelection.from_string(str(AssetSelection.from_coercible(selection)))) == expected


def test_checks_alone_select_no_asset() -> None:
    assert names(AssetSelection.all_asset_checks()) == ""
    assert names(AssetSelection.assets("raw").without_checks()) == "raw"


def test_an_expression_is_a_value() -> None:
    one, other = AssetSelection.groups("raw") | AssetSelection.assets("model"), AssetSelection.groups("raw")
    assert one == other | AssetSelection.assets("model")
    assert hash(one) == hash(other | AssetSelection.assets("model"))
    assert one != other
    assert AssetSelection.assets() != AssetSelection.checks()
    assert pickle.loads(pickle.dumps(one)) == one
    assert repr(one) == """AssetSelection.from_string('group:"raw" or key:"model"')"""
    with pytest.raises(AttributeError, match="immutable"):
        one.expression = None


def test_a_long_union_stays_flat() -> None:
    selection = AssetSelection.groups("side")
    for _ in range(5_000):
        selection = selection | AssetSelection.assets("raw") | AssetSelection.kind("xgboost")
    assert names(selection) == "lone/one model raw"


def test_resolve_takes_a_graph() -> None:
    assert AssetSelection.assets("raw").resolve(GRAPH) == {AssetKey("raw")}
    assert len(AssetSelection.assets("raw").resolve_checks(GRAPH)) == 2


def test_an_unknown_key_names_near_ones() -> None:
    with pytest.raises(InvalidSubsetError, match="'modle'") as caught:
        resolve_selection(AssetSelection.assets("raw", "modle"), GRAPH)
    assert caught.value.subject == "modle"
    assert caught.value.next_step == "did you mean 'model'?"
    with pytest.raises(InvalidSubsetError) as caught:
        resolve_selection("one", GRAPH)
    assert caught.value.next_step == "did you mean 'lone/one'?"


def test_an_unknown_check_names_near_ones() -> None:
    with pytest.raises(InvalidSubsetError) as caught:
        resolve_selection('check:"raw:row"', GRAPH)
    assert caught.value.subject == "raw:row"
    assert caught.value.next_step == "did you mean 'raw:rows'?"


@pytest.mark.parametrize(
    ("selection", "hint"),
    [
        ("group:rwa", "no asset has the group 'rwa': did you mean 'raw'?"),
        ("tag:tier=3 and kind:xgboost", "no asset has the tag 'tier=3': did you mean 'tier=1'?"),
        ('key:"modl?*"', "no key matches 'modl?*': did you mean 'model'?"),
        ("kind:zzz", "no asset has the kind 'zzz': choose from 'xgboost'"),
        ("raw and model", "choose from 'lone/one', 'model', 'raw', 'score', 'test', 'train'"),
    ],
)
def test_a_run_of_nothing_says_what_there_is(selection: str, hint: str) -> None:
    with pytest.raises(InvalidSubsetError, match="matches nothing") as caught:
        select_to_run(selection, GRAPH)
    assert caught.value.subject == str(AssetSelection.from_string(selection))
    assert caught.value.next_step == hint


def test_a_source_alone_cannot_be_run() -> None:
    with pytest.raises(InvalidSubsetError, match="nothing that can be materialized") as caught:
        select_to_run("source", GRAPH)
    assert caught.value.found == "'source': made elsewhere"
    assert select_to_run("source+", GRAPH).assets == {AssetKey("raw")}


def test_a_run_has_whole_multi_assets() -> None:
    with pytest.raises(InvalidSubsetError, match="'split'"):
        select_to_run("train", GRAPH)
    selected = select_to_run(AssetSelection.assets("train").required_multi_asset_neighbors(), GRAPH)
    assert selected.assets == {AssetKey("train"), AssetKey("test")}


def test_what_is_no_selection_is_refused() -> None:
    with pytest.raises(InvalidDefinitionError, match="asset key"):
        AssetSelection.from_coercible(3)
    with pytest.raises(InvalidInvocationError, match="Not a check"):
        AssetSelection.checks("raw")
    with pytest.raises(InvalidInvocationError, match="not called"):
        AssetSelection("raw")


def test_resolve_takes_what_definitions_take() -> None:
    @asset(group_name="raw")
    def raw() -> int:
        return 1

    @multi_asset(outs={"train": AssetOut(), "test": AssetOut()})
    def split(raw: int) -> tuple[int, int]:
        return raw, raw

    @asset_check(asset=raw)
    def positive(raw: int) -> bool:
        return raw > 0

    defined = [raw, split, positive]
    both = {AssetKey("train"), AssetKey("test")}
    assert AssetSelection.assets(split).resolve(defined) == both
    assert AssetSelection.from_coercible([split]).upstream().resolve(defined) == {*both, AssetKey("raw")}
    assert AssetSelection.groups("default").resolve(Definitions(assets=defined)) == both
    assert AssetSelection.assets(raw).resolve_checks(defined) == {AssetCheckKey(AssetKey("raw"), "positive")}
    assert str(AssetSelection.from_coercible(positive)) == 'check:"raw:positive"'
    assert str(AssetSelection.from_coercible([raw, positive])) == 'key:"raw" or check:"raw:positive"'
    with pytest.raises(InvalidDefinitionError, match="Cannot make an asset key"):
        AssetSelection.assets(positive)
    with pytest.raises(InvalidSubsetError, match="'split'"):
        select_to_run("train", AssetGraph.build(Definitions(assets=defined).project()))
