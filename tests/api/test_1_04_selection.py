"""Section 1.4: `AssetSelection`, in Python and as text."""

from typing import Any

import pytest

from tidemill import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetIn,
    AssetKey,
    AssetOut,
    AssetSelection,
    DagsterInvalidSubsetError,
    Output,
    SourceAsset,
    asset,
    asset_check,
    materialize,
    multi_asset,
)

# source ─▶ a ─▶ p/b ─▶ c ;  x and y come from one step;  a has a check
source = SourceAsset("source", group_name="raw")


@asset(group_name="g", tags={"k": "v"}, kinds={"python"}, owners=["a@b.co"])
def a(source: int) -> int:
    return 1


@asset(key_prefix="p", group_name="g", tags={"k": "w", "bare": ""})
def b(a: int) -> int:
    return 1


@asset(group_name="h", ins={"b": AssetIn(key_prefix="p")})
def c(b: int) -> int:
    return 1


@multi_asset(outs={"x": AssetOut(), "y": AssetOut()})
def both() -> Any: ...


@asset_check(asset=a)
def good() -> bool:
    return True


def selected(selection: AssetSelection) -> str:
    return " ".join(sorted(key.to_user_string() for key in selection.resolve([source, a, b, c, both])))


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (AssetSelection.all(), "a c p/b x y"),
        (AssetSelection.all(include_sources=True), "a c p/b source x y"),
        (AssetSelection.assets(a, "c"), "a c"),
        (AssetSelection.assets(AssetKey("a"), ["p", "b"]), "a p/b"),
        (AssetSelection.keys("a", AssetKey(["p", "b"]), ["c"]), "a c p/b"),
        (AssetSelection.keys("p/b"), "p/b"),
        (AssetSelection.groups("g"), "a p/b"),
        (AssetSelection.groups("g", "h"), "a c p/b"),
        (AssetSelection.groups("raw"), ""),
        (AssetSelection.groups("raw", include_sources=True), "source"),
        (AssetSelection.key_prefixes("p"), "p/b"),
        (AssetSelection.key_prefixes(["p"], "c"), "c p/b"),
        (AssetSelection.key_substring("/"), "p/b"),
        (AssetSelection.tag("k", "v"), "a"),
        (AssetSelection.kind("python"), "a"),
        (AssetSelection.owner("a@b.co"), "a"),
    ],
    ids=repr,
)
def test_AssetSelection_factories(selection: AssetSelection, expected: str) -> None:
    assert selected(selection) == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (AssetSelection.keys("c").upstream(), "a c p/b"),
        (AssetSelection.keys("c").upstream(depth=1), "c p/b"),
        (AssetSelection.keys("c").upstream(include_self=False), "a p/b"),
        (AssetSelection.keys("a").downstream(), "a c p/b"),
        (AssetSelection.keys("a").downstream(depth=1, include_self=False), "p/b"),
        (AssetSelection.keys("a", "p/b", "c").roots(), "a"),
        (AssetSelection.keys("a", "p/b", "c").sinks(), "c"),
        (AssetSelection.all(include_sources=True).materializable(), "a c p/b x y"),
        (AssetSelection.keys("x").upstream_source_assets(), ""),
        (AssetSelection.keys("a").upstream_source_assets(), "source"),
        (AssetSelection.keys("x").required_multi_asset_neighbors(), "x y"),
        (AssetSelection.keys("p/b", "c").sources(), "p/b"),
    ],
    ids=repr,
)
def test_AssetSelection_of_others(selection: AssetSelection, expected: str) -> None:
    assert selected(selection) == expected


def test_AssetSelection_operators() -> None:
    left, right = AssetSelection.keys("a", "p/b"), AssetSelection.keys("p/b", "c")
    assert selected(left | right) == "a c p/b"
    assert selected(left & right) == "p/b"
    assert selected(left - right) == "a"


def checks(selection: AssetSelection) -> list[str]:
    result = materialize([a_plain, good_plain], selection=selection)
    made = [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()]
    return [*made, *[each.check_name for each in result.get_asset_check_evaluations()]]


@asset(name="plain")
def a_plain() -> int:
    return 1


@asset_check(asset=a_plain)
def good_plain() -> bool:
    return True


def test_AssetSelection_checks() -> None:
    assert checks(AssetSelection.all()) == ["plain", "good_plain"]
    assert checks(AssetSelection.all().without_checks()) == ["plain"]
    assert checks(AssetSelection.checks(good_plain)) == ["good_plain"]
    assert checks(AssetSelection.checks_for_assets(a_plain)) == ["good_plain"]
    assert checks(AssetSelection.all_asset_checks()) == ["good_plain"]
    assert checks(AssetSelection.all() - AssetSelection.all_asset_checks()) == ["plain"]


def test_AssetSelection_with_specs_of_checks_inside() -> None:
    @asset(check_specs=[AssetCheckSpec("inside", asset="own")])
    def own() -> Any:
        yield Output(1)
        yield AssetCheckResult(passed=True)

    result = materialize([own], selection=AssetSelection.assets(own))
    assert [each.check_name for each in result.get_asset_check_evaluations()] == ["inside"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "a"),
        ("p/b", "p/b"),
        ('key:"p*"', "p/b"),
        ("key:a", "a"),
        ("*c", "a c p/b"),
        ("a*", "a c p/b"),
        ("+c", "c p/b"),
        ("a+", "a p/b"),
        ("++c", "a c p/b"),
        ('1+key:"p/b"+1', "a c p/b"),
        ('key:"p/b"+1', "c p/b"),
        ("tag:k=v", "a"),
        ("tag:bare", "p/b"),
        ("group:g", "a p/b"),
        ("kind:python", "a"),
        ('owner:"a@b.co"', "a"),
        ("roots(group:g)", "a"),
        ("sinks(group:g)", "p/b"),
        ("key:a or key:c", "a c"),
        ("group:g and not key:a", "p/b"),
        ("(key:a or key:c) and group:h", "c"),
        ("*", "a c p/b x y"),
    ],
)
def test_AssetSelection_from_string(text: str, expected: str) -> None:
    assert selected(AssetSelection.from_string(text)) == expected


@pytest.mark.parametrize("text", ["group:", "((key:a)", "nope:x", "key:a or"])
def test_AssetSelection_from_string_refuses(text: str) -> None:
    with pytest.raises(DagsterInvalidSubsetError) as caught:
        AssetSelection.from_string(text)
    assert text in str(caught.value)


@pytest.mark.parametrize("given", ["a_plain_key", ["a_plain_key"], [AssetKey("a_plain_key")]])
def test_AssetSelection_texts_and_lists_coerce_too(given: Any) -> None:
    @asset
    def a_plain_key() -> int:
        return 1

    result = materialize([a_plain_key, a_plain], selection=given)
    assert [e.asset_key.to_user_string() for e in result.get_asset_materialization_events()] == [
        "a_plain_key"
    ]
