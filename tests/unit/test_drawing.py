"""The drawing shows every edge and no other."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from small_graphs import build

from tidemill.core.keys import AssetKey
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.planning.drawing import DrawnLine, draw, draw_lines
from tidemill.planning.graph import AssetGraph

GUIDE = build(
    ("hackernews_stories", "", [AssetSpec("hackernews_stories")]),
    ("training_test_data", "hackernews_stories", [AssetSpec("training_data"), AssetSpec("test_data")]),
    (
        "transformed_train_data",
        "training_data",
        [AssetSpec("tfidf_vectorizer"), AssetSpec("transformed_training_data")],
    ),
    ("transformed_test_data", "test_data tfidf_vectorizer", [AssetSpec("transformed_test_data")]),
    ("xgboost_comments_model", "transformed_training_data", [AssetSpec("xgboost_comments_model")]),
    ("r_squared", "transformed_test_data xgboost_comments_model", [AssetSpec("r_squared")]),
    ("predictions", "xgboost_comments_model tfidf_vectorizer", [AssetSpec("predictions")]),
    checks="r_squared:beats_baseline r_squared:finite",
)


def test_the_guide() -> None:
    assert (
        f"\n{draw(GUIDE)}\n"
        == """
●      hackernews_stories
├─●    training_data              ┐ training_test_data
● │    test_data                  ┘
│ ├─●  tfidf_vectorizer           ┐ transformed_train_data
│ ● │  transformed_training_data  ┘
│ ● │  xgboost_comments_model
●─│─┤  transformed_test_data
●─┤ │  r_squared                                            ?beats_baseline ?finite
  ●─┘  predictions
"""
    )


def test_the_guide_without_box_characters() -> None:
    assert (
        f"\n{draw(GUIDE, ascii=True)}\n"
        == r"""
*      hackernews_stories
+-*    training_data              \ training_test_data
* |    test_data                  /
| +-*  tfidf_vectorizer           \ transformed_train_data
| * |  transformed_training_data  /
| * |  xgboost_comments_model
*-|-+  transformed_test_data
*-+ |  r_squared                                            ?beats_baseline ?finite
  *-'  predictions
"""
    )


def test_a_part_says_what_it_leaves_out() -> None:
    keys = [AssetKey("xgboost_comments_model"), AssetKey("predictions"), AssetKey("training_data")]
    assert draw(GUIDE, keys, {keys[0]: "version 3"}).splitlines() == [
        "●    training_data           ─ training_test_data  … from hackernews_stories",
        "  ●  xgboost_comments_model                        … from transformed_training_data  version 3",
        "  ●  predictions                                   … from tfidf_vectorizer",
    ]


def test_sources_are_marked() -> None:
    graph = build(("a", "s", [AssetSpec("a")]), ("lone", "", [AssetSpec("lone")]), sources="s")
    assert draw(graph) == "◇    s\n●    a\n  ●  lone"
    assert draw(build()) == ""


def edges(lines: list[DrawnLine]) -> set[tuple[AssetKey, AssetKey]]:
    """Read a drawing as a person would: follow each lane down, and each line of an asset sideways."""
    found = set()
    lanes: dict[int, AssetKey] = {}
    for line in lines:
        text = line.lanes
        node = next(index for index, sign in enumerate(text) if sign in "●◇")
        if node in lanes:
            found.add((lanes[node], line.key))
        for step, last in ((-1, "├└"), (1, "┤┘")):
            at = node + step
            while 0 <= at < len(text) and text[at] != " ":
                if text[at] in "├┤┼└┘┴":
                    found.add((lanes[at], line.key))
                if text[at] in last:
                    break
                at += step
        going_on = {at: key for at, key in lanes.items() if at < len(text) and text[at] in "│├┤┼"}
        lanes = {**going_on, node: line.key}
    return found


@st.composite
def graphs(draw_one: st.DrawFn) -> AssetGraph:
    size = draw_one(st.integers(1, 25))
    units = []
    made: list[str] = []
    for number in range(size):
        names = [f"a{number}", f"b{number}"][: draw_one(st.integers(1, 2))]
        needs = draw_one(st.sets(st.sampled_from([*made, "s"]), max_size=4))
        units.append((f"u{number}", " ".join(sorted(needs)), [AssetSpec(name) for name in names]))
        made += names
    return build(*draw_one(st.permutations(units)), sources="s")


@given(graphs())
def test_every_edge_is_drawn_and_no_other(graph: AssetGraph) -> None:
    lines = draw_lines(graph)
    assert {line.key for line in lines} == {*graph.keys, *graph.sources}
    assert edges(lines) == {(parent, key) for key in graph.keys for parent in graph.parents(key)}


@pytest.mark.parametrize("size", [300])
def test_a_long_chain_needs_one_lane(size: int) -> None:
    units = [(f"a{i}", f"a{i - 1}" if i else "", [AssetSpec(f"a{i}")]) for i in range(size)]
    assert {line.lanes for line in draw_lines(build(*units))} == {"●"}
