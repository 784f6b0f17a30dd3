"""The asset graph, the order in it, and the checks of a project as a whole."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from tidemill.core.errors import CircularDependencyError, InvalidDefinitionError, InvalidSubsetError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.core.suggest import did_you_mean, near
from tidemill.definitions.project import Project
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.units.unit import ComputeUnit, UnitInput, UnitOutput
from tidemill.planning.graph import AssetGraph
from tidemill.planning.validation import check_project, check_subset


def key(text: str) -> AssetKey:
    return AssetKey.from_text(text)


def unit(name: str, needs: str = "", makes: str | None = None, **more: object) -> ComputeUnit:
    """A unit that makes `makes` (its own name by default) with `needs`; `~need` is for order only."""
    inputs = tuple(
        UnitInput(need.lstrip("~"), key(need.lstrip("~")), is_argument=not need.startswith("~"))
        for need in needs.split()
    )
    outputs = tuple(
        UnitOutput(made, AssetSpec(key(made))) for made in (name if makes is None else makes).split()
    )
    return ComputeUnit(name, print, inputs=inputs, outputs=outputs, **more)


def check(name: str, asset: str) -> ComputeUnit:
    spec = AssetCheckSpec(name, asset=key(asset))
    return ComputeUnit(
        f"{asset}_{name}", print, "check", inputs=(UnitInput("asset", key(asset)),), checks=(spec,)
    )


def project(*units: ComputeUnit, sources: str = "", resources: dict[str, object] | None = None) -> Project:
    return Project(
        units={each.name: each for each in units},
        producers={output.asset: each.name for each in units for output in each.outputs},
        sources={key(source): AssetSpec(key(source)) for source in sources.split()},
        resources=resources or {},
        jobs={},
    )


DIAMOND = project(
    unit("join", "left right ~outside"),
    unit("left", "split_a"),
    unit("split", "raw source", "split_a split_b"),
    unit("right", "split_b"),
    unit("raw"),
    check("rows", "raw"),
    check("nulls", "raw"),
    sources="source unused",
)


def names(keys: object) -> list[str]:
    return [each.to_user_string() for each in keys]


def test_keys_and_sources_are_in_order_of_definition() -> None:
    graph = AssetGraph.build(DIAMOND)
    assert names(graph.keys) == ["join", "left", "split_a", "split_b", "right", "raw"]
    assert names(graph.sources) == ["source", "unused", "outside"]
    assert key("outside") in graph
    assert key("nowhere") not in graph
    assert not graph.is_materializable(key("outside"))


def test_neighbours_are_those_of_the_functions() -> None:
    graph = AssetGraph.build(DIAMOND)
    assert names(graph.parents(key("join"))) == ["left", "right", "outside"]
    assert names(graph.children(key("raw"))) == ["split_a", "split_b"]
    assert names(graph.children(key("source"))) == ["split_a", "split_b"]
    assert graph.parents(key("source")) == ()
    assert graph.unit_of(key("split_b")).name == "split"
    assert graph.spec(key("split_b")).key == key("split_b")
    assert graph.spec(key("unused")).key == key("unused")
    assert graph.spec(key("outside")) is None


def test_checks_belong_to_their_asset() -> None:
    graph = AssetGraph.build(DIAMOND)
    expected = (AssetCheckKey(key("raw"), "rows"), AssetCheckKey(key("raw"), "nulls"))
    assert graph.check_keys == expected
    assert graph.checks_for(key("raw")) == expected
    assert graph.checks_for(key("left")) == ()


def test_internal_dependencies_replace_the_inputs() -> None:
    inner = unit("both", "raw", "first second", internal_deps={"second": frozenset({key("first")})})
    graph = AssetGraph.build(project(unit("raw"), inner))
    assert names(graph.parents(key("first"))) == ["raw"]
    assert names(graph.parents(key("second"))) == ["first"]


def test_an_asset_may_be_made_with_its_own_earlier_slices() -> None:
    again = ComputeUnit(
        "a",
        print,
        inputs=(UnitInput("a", key("a"), partition_mapping=object()),),
        outputs=(UnitOutput("result", AssetSpec("a")),),
    )
    assert check_project(project(again)) == []
    assert AssetGraph.build(project(again)).parents(key("a")) == ()


def test_walks_stop_after_their_depth() -> None:
    graph = AssetGraph.build(DIAMOND)
    assert graph.ancestors([key("join")], 1) == {key("left"), key("right"), key("outside")}
    assert graph.ancestors([key("left")]) == {key("split_a"), key("raw"), key("source")}
    assert graph.descendants([key("raw")], 0) == set()
    assert graph.descendants([key("raw")], 2) == set(map(key, ("split_a", "split_b", "left", "right")))


def test_order_is_that_of_definition_where_it_can_be() -> None:
    graph = AssetGraph.build(DIAMOND)
    assert names(graph.topological_order()) == ["raw", "split_a", "left", "split_b", "right", "join"]


@given(st.lists(st.sets(st.integers(0, 30), max_size=4), max_size=30), st.randoms(use_true_random=False))
def test_each_asset_comes_after_its_parents(needs: list[set[int]], random: object) -> None:
    units = [unit(f"a{i}", " ".join(f"a{j}" for j in sorted(some) if j < i)) for i, some in enumerate(needs)]
    random.shuffle(units)
    graph = AssetGraph.build(project(*units))
    order = graph.topological_order()
    place = {each: index for index, each in enumerate(order)}
    assert sorted(order) == sorted(graph.keys)
    assert all(place[parent] < place[each] for each in order for parent in graph.parents(each))
    assert check_project(graph.project) == []


def test_a_circle_is_printed_as_a_path() -> None:
    circle = project(unit("x"), unit("c", "b"), unit("a", "c x"), unit("b", "a"))
    with pytest.raises(CircularDependencyError, match="c → a → b → c") as caught:
        AssetGraph.build(circle).topological_order()
    assert caught.value.path == ("c", "a", "b", "c")
    assert caught.value.subject == "c"
    (problem,) = check_project(circle)
    assert isinstance(problem, CircularDependencyError)
    assert problem.path == ("c", "a", "b", "c")


def test_every_separate_circle_is_reported() -> None:
    circles = project(unit("a", "a"), unit("b", "c"), unit("c", "b"), unit("d", "c"))
    assert [problem.path for problem in check_project(circles)] == [("a", "a"), ("b", "c", "b")]


def test_a_circle_through_a_multi_asset_cannot_run() -> None:
    pair = unit(
        "pair",
        "middle",
        "early late",
        internal_deps={"early": frozenset(), "late": frozenset({key("middle")})},
    )
    assembled = project(pair, unit("middle", "early"))
    assert len(AssetGraph.build(assembled).topological_order()) == 3
    (problem,) = check_project(assembled)
    assert problem.path == ("early", "middle", "early")
    assert "'pair'" in problem.found
    assert "split the multi-asset" in problem.next_step


def test_outputs_of_one_function_may_not_need_one_another() -> None:
    internal = {"a": frozenset({key("b")}), "b": frozenset({key("a")})}
    (problem,) = check_project(project(unit("pair", "", "a b", internal_deps=internal)))
    assert problem.path == ("a", "b", "a")


def test_an_unknown_input_names_itself_its_parameter_and_near_names() -> None:
    (problem,) = check_project(project(unit("p/q/model"), unit("score", "p/q/modle"), unit("raw")))
    assert isinstance(problem, InvalidDefinitionError)
    assert problem.subject == "p/q/modle"
    assert """Input asset '["p", "q", "modle"]' of asset 'score' (parameter 'p/q/modle')""" in str(problem)
    assert "did you mean 'p/q/model'?" in problem.next_step


def test_the_last_part_of_a_key_is_recognised() -> None:
    (problem,) = check_project(project(unit("p/q/kp"), unit("score", "kp")))
    assert "did you mean 'p/q/kp'?" in problem.next_step


def test_an_unknown_asset_may_be_named_for_order_only() -> None:
    assert check_project(project(unit("score", "~elsewhere source"), sources="source")) == []


def test_missing_resources_and_managers_name_key_and_step() -> None:
    needy = unit("train", required_resources=frozenset({"gpu", "db"}), resource_defs={"db": object()})
    output = needy.outputs[0]._replace(manager="lake")
    needy = needy._replace(outputs=(output,), inputs=(UnitInput("raw", key("raw"), manager="warehouse"),))
    needed, stored, loaded = check_project(project(needy, unit("raw"), resources={"gpus": 1}))
    assert (needed.subject, stored.subject, loaded.subject) == ("gpu", "lake", "warehouse")
    assert "resource with key 'gpu'" in needed.problem
    assert "'train'" in needed.problem
    assert needed.found == "provided are: 'db', 'gpus'"
    assert "did you mean 'gpus'?" in needed.next_step
    assert "io manager with key 'lake'" in stored.problem
    assert "output 'train' of op 'train'" in stored.problem
    assert "input 'raw' of op 'train'" in loaded.problem
    in_memory = check_project(project(needy, unit("raw")), stored=False)
    assert [problem.subject for problem in in_memory] == ["gpu"]


def test_a_source_names_the_manager_that_loads_it() -> None:
    source = {key("s"): AssetSpec("s").with_io_manager_key("lake")}
    (problem,) = check_project(project(unit("a", "s"))._replace(sources=source))
    assert problem.subject == "lake"


def test_a_check_may_be_about_an_asset_that_is_made_elsewhere() -> None:
    about = check("rows", "rwa")._replace(inputs=(UnitInput("rwa", AssetKey("rwa"), is_argument=False),))
    defined = project(unit("raw"), about)
    assert check_project(defined) == []
    assert AssetGraph.build(defined).sources == (AssetKey("rwa"),)
    (problem,) = check_project(project(unit("raw"), check("rows", "rwa")))  # whose value nobody can load
    assert problem.subject == "rwa"


def test_every_problem_is_found_at_once() -> None:
    broken = project(
        unit("a", "nope"),
        unit("b", required_resources=frozenset({"r"})),
        unit("c", "d"),
        unit("d", "c"),
        check("x", "y"),
    )
    assert [problem.subject for problem in check_project(broken)] == ["nope", "r", "y", "c"]


def test_a_part_of_a_multi_asset_is_refused() -> None:
    graph = AssetGraph.build(DIAMOND)
    check_subset([key("split_a"), key("split_b"), key("left")], (), graph)
    with pytest.raises(InvalidSubsetError, match="'split'") as caught:
        check_subset([key("split_a"), key("left")], (), graph)
    assert caught.value.subject == "split"
    assert caught.value.found == "selected 'split_a', without 'split_b'"
    assert "required_multi_asset_neighbors" in caught.value.next_step
    parts = AssetGraph.build(project(unit("split", "", "a b", can_subset=True)))
    check_subset([key("a")], (), parts)


def test_a_check_of_the_assets_own_function_is_not_run_alone() -> None:
    own = unit("raw", checks=(AssetCheckSpec("rows", asset="raw"),))
    graph = AssetGraph.build(project(own, check("nulls", "raw")))
    check_subset([], [AssetCheckKey(key("raw"), "nulls")], graph)
    check_subset([key("raw")], graph.check_keys, graph)
    with pytest.raises(InvalidSubsetError) as caught:
        check_subset([], graph.check_keys, graph)
    assert caught.value.subject == "raw:rows"


def test_near_names_are_ordered_and_few() -> None:
    assert near("kp", ["keep", "a/kp", "kp2"]) == ["a/kp", "kp2", "keep"]
    assert near("Model", ["model", "other"]) == ["model"]
    assert near("x", ["x"]) == []
    assert did_you_mean("modle", ["model", "models", "zebra"]) == "did you mean 'model' or 'models'?"
    assert did_you_mean("zzz", ["model"]) is None
