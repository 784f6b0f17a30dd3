"""The text form of selections: both generations of it, its errors, and the way back."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, strategies as st
from small_graphs import GRAPH, build, names

from tidemill.core.errors import InvalidSubsetError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.values import Items, Labels
from tidemill.planning.selection import AssetSelection, resolve_selection

ALL = "lone/one model raw score test train"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("raw", "raw"),
        (" lone/one ", "lone/one"),
        ("*", ALL),
        ("*score", "model raw score test train"),
        ("test*", "score test"),
        ("*test*", "raw score test"),
        ("+score", "model score test"),
        ("++score", "model raw score test train"),
        ("train+", "model train"),
        ("train++", "model score train"),
        ("+train+", "model raw train"),
        ("2+score", "model raw score test train"),
        ("train+2", "model score train"),
        ('key:"raw"', "raw"),
        ("key:raw", "raw"),
        ('key:"t*"', "test train"),
        ("key:*o*e*", "lone/one model score"),
        ('key:"lone/*"', "lone/one"),
        ('+key:"score"', "model raw score test train"),
        ('key:"train"+', "model score train"),
        ('1+key:"score"', "model score test"),
        ('2+key:"model"+1', "model raw score train"),
        ("+(key:model or key:lone/one)+1", "lone/one model raw score train"),
        ("tag:tier=1", "raw"),
        ('tag:"tier"="1"', "raw"),
        ('tag:"tier=1"', "raw"),
        ("tag:nightly", "model"),
        ("group:raw", "raw"),
        ('group:"raw"+1', "raw test train"),
        ("kind:xgboost", "model"),
        ('owner:"team:data"', "raw"),
        ("owner:ann@example.com", "score"),
        ("key_substring:ra", "raw train"),
        ("prefix:lone", "lone/one"),
        ("roots(*)", "lone/one raw"),
        ("sinks(train or model)", "model"),
        ("+sinks(*)", ALL),
        ("required_multi_asset_neighbors(test)", "test train"),
        ("upstream_source_assets(score)", "source"),
        ("include_sources(group:raw)", "raw source"),
        ("raw or model", "model raw"),
        ("raw OR model AND train", "raw"),
        ("(raw or model) And key:raw", "raw"),
        ("not raw", "lone/one model score test train"),
        ("NOT (raw or group:side) and not not kind:xgboost", "model"),
        ("* and not *score", "lone/one"),
        ("raw,model, lone/one", "lone/one model raw"),
        ("key:raw or key:model and key:model", "model raw"),
        ("checks(*)", ""),
    ],
)
def test_reads(text: str, expected: str) -> None:
    assert names(text) == expected
    assert names(str(AssetSelection.from_string(text))) == expected


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("", 0, "a name"),
        ("raw and", 7, "a name"),
        ("or raw", 0, "a name"),
        ("(raw", 4, "`)`"),
        ("raw)", 3, "the end"),
        ("raw model", 4, "`or`"),
        ("groop:raw", 0, "group"),
        ("rots(raw)", 0, "roots"),
        ("group:", 6, "a value"),
        ('key:"raw', 4, "a value"),
        ('++key:"raw"', 0, "one plus"),
        ('key:"raw"++', 9, "one plus"),
        ("check:raw", 6, "name of a check"),
        ("raw+1b", 3, "the end"),
        ("a,,b", 2, "a name"),
        ("raw\n and ;", 9, "a name"),
    ],
)
def test_says_where_it_cannot_read(text: str, at: int, expected: str) -> None:
    with pytest.raises(InvalidSubsetError) as caught:
        AssetSelection.from_string(text)
    line, caret = caught.value.found.split("\n")
    start = text.rfind("\n", 0, at) + 1
    assert line == text[start:].split("\n")[0]
    assert caret.index("^") == at - start
    assert expected in caught.value.expected
    assert caught.value.subject == text


def test_an_unknown_attribute_names_near_ones() -> None:
    with pytest.raises(InvalidSubsetError) as caught:
        AssetSelection.from_string("groop:raw")
    assert caught.value.next_step == "did you mean 'group'?"


def test_sources_are_matched_where_asked() -> None:
    assert AssetSelection.from_string("group:raw", include_sources=True).resolve(GRAPH) == {
        AssetKey("raw"),
        AssetKey("source"),
    }


# Names with every sign that means something somewhere in the syntax.
PARTS = ["a", "and", "a*b", 'q"t', "s/l", "b\\s", "c:d", "2", "e f", "+g", "k=v", "(h)"]
ODD = [AssetKey([part, "x"]) for part in PARTS] + [AssetKey(part) for part in PARTS]


class OddSpec:
    """A spec with names that definitions refuse, but that a store of another day could hold."""

    def __init__(self, key: AssetKey, number: int) -> None:
        self.key = key
        self.group_name = PARTS[number % len(PARTS)]
        self.tags = {PARTS[(number + 3) % len(PARTS)].replace("=", ""): PARTS[number % len(PARTS)]}
        self.kinds = Labels({PARTS[(number + 5) % len(PARTS)]})
        self.owners = Items((PARTS[(number + 7) % len(PARTS)],))
        self.metadata: dict[str, object] = {}


def odd_graph() -> object:
    units = [(str(number), "", [OddSpec(key, number)]) for number, key in enumerate(ODD)]
    graph = build(*units, sources="source")  # type: ignore[arg-type]
    for number, key in enumerate(ODD):
        graph._parents[key] = tuple(ODD[max(0, number - 3) : number : 2]) + (AssetKey("source"),) * (
            number % 2
        )
    graph._checks[ODD[0]] = (AssetCheckKey(ODD[0], 'a:b"c\\'), AssetCheckKey(ODD[0], "plain"))
    graph.check_keys = graph._checks[ODD[0]]
    return graph


ODD_GRAPH = odd_graph()
LEAVES = st.one_of(
    st.lists(st.sampled_from(ODD), max_size=3).map(lambda keys: AssetSelection.assets(*keys)),
    st.booleans().map(AssetSelection.all),
    st.builds(AssetSelection.groups, st.sampled_from(PARTS), include_sources=st.booleans()),
    st.builds(AssetSelection.key_prefixes, st.sampled_from(ODD), include_sources=st.booleans()),
    st.builds(AssetSelection.key_substring, st.sampled_from(["*", '"', "\\", "a", "/"])),
    st.builds(AssetSelection.tag, st.sampled_from(PARTS[:9]), st.sampled_from(PARTS)),
    st.builds(AssetSelection.kind, st.sampled_from(PARTS)),
    st.builds(AssetSelection.owner, st.sampled_from(PARTS)),
    st.sampled_from(ODD_GRAPH.check_keys).map(AssetSelection.checks),
    st.sampled_from(ODD).map(AssetSelection.checks_for_assets),
    st.sampled_from(['key:"a*"', r'key:"*\**"', r'key:"*\"*"', "key:*/x"]).map(AssetSelection.from_string),
)


def larger(smaller: st.SearchStrategy[AssetSelection]) -> st.SearchStrategy[AssetSelection]:
    depth = st.none() | st.integers(0, 3)
    return st.one_of(
        st.builds(lambda one, other: one | other, smaller, smaller),
        st.builds(lambda one, other: one & other, smaller, smaller),
        st.builds(lambda one, other: one - other, smaller, smaller),
        st.builds(AssetSelection.upstream, smaller, depth, st.booleans()),
        st.builds(AssetSelection.downstream, smaller, depth, st.booleans()),
        smaller.map(AssetSelection.roots),
        smaller.map(AssetSelection.sinks),
        smaller.map(AssetSelection.materializable),
        smaller.map(AssetSelection.upstream_source_assets),
        smaller.map(AssetSelection.required_multi_asset_neighbors),
        smaller.map(AssetSelection.without_checks),
    )


@given(st.recursive(LEAVES, larger, max_leaves=8))
def test_the_text_of_a_selection_selects_the_same(selection: AssetSelection) -> None:
    again = AssetSelection.from_string(str(selection))
    assert resolve_selection(again, ODD_GRAPH) == resolve_selection(selection, ODD_GRAPH)
    assert str(again) == str(AssetSelection.from_string(str(again)))


@given(st.text(alphabet='ab+*(),:=" \\12/notrd', max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    read = "*"
    with suppress(InvalidSubsetError):
        read = str(AssetSelection.from_string(text))
    assert str(AssetSelection.from_string(read)) == read


def test_specs_of_the_odd_graph_stand_for_real_ones() -> None:
    real = AssetSpec("a", group_name="g", tags={"k": "v"}, kinds={"sql"}, owners=["team:x"])
    odd = OddSpec(AssetKey("a"), 0)
    for name in ("group_name", "tags", "kinds", "owners", "metadata"):
        assert isinstance(getattr(odd, name), type(getattr(real, name)))
