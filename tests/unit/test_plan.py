"""From a selection to steps: order, needs, gates, partitions, and what must come from the store."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from tidemill.core.errors import CircularDependencyError, InvalidDefinitionError, UnknownPartitionError
from tidemill.core.keys import AssetKey, PartitionSet
from tidemill.definitions.partitions.partitions import StaticPartitionsDefinition
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.project import Project
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.units.unit import ComputeUnit, UnitInput, UnitOutput
from tidemill.planning.graph import AssetGraph
from tidemill.planning.plan import Plan, PlanStep, make_plan
from tidemill.planning.selection import Selected
from tidemill.planning.steps import Need

REGIONS = StaticPartitionsDefinition(["eu", "us"])


def unit(name: str, needs: str = "", makes: str | None = None, **more: Any) -> ComputeUnit:
    """A unit; a need that begins with `-` only orders."""
    inputs = tuple(
        UnitInput(need.lstrip("-"), AssetKey(need.lstrip("-")), not need.startswith("-"))
        for need in needs.split()
    )
    outputs = tuple(
        UnitOutput(made, AssetSpec(made)) for made in (makes if makes is not None else name).split()
    )
    return ComputeUnit(name, print, inputs=inputs, outputs=outputs, **more)


def check(
    asset: str, name: str, needs: str | None = None, *, blocking: bool = False, **more: Any
) -> ComputeUnit:
    spec = AssetCheckSpec(name, asset=asset, blocking=blocking)
    made = unit(f"{asset}_{name}", asset if needs is None else needs, "", checks=(spec,), **more)
    return made._replace(kind="check")


def project(*units: ComputeUnit, sources: dict[str, AssetSpec] | None = None) -> Project:
    return Project(
        units={one.name: one for one in units},
        producers={output.asset: one.name for one in units for output in one.outputs},
        sources={AssetKey(name): spec for name, spec in (sources or {}).items()},
        resources={},
        jobs={},
    )


def plan(made: Project, only: str | None = None, **arguments: Any) -> Plan:
    """The plan of everything, or of some assets with the checks that are about them."""
    graph = AssetGraph.build(made)
    assets = frozenset(graph.keys if only is None else map(AssetKey, only.split()))
    checks = frozenset(key for key in graph.check_keys if only is None or key.asset_key in assets)
    return make_plan(made, Selected(assets, checks), **arguments)


def order(made: Plan) -> list[str]:
    return [step.name for step in made.steps]


def step(made: Plan, name: str) -> PlanStep:
    return next(step for step in made.steps if step.name == name)


# Order and needs


def test_steps_come_after_all_that_they_need() -> None:
    made = plan(project(unit("c", "b"), unit("b", "a"), unit("a"), unit("lone")))
    assert order(made) == ["a", "lone", "b", "c"] or order(made) == ["a", "b", "c", "lone"]
    assert step(made, "c").needs == (Need("b", "b"),)
    assert step(made, "a").needs == ()


def test_order_of_definition_decides_where_needs_do_not() -> None:
    assert order(plan(project(unit("z"), unit("y"), unit("x")))) == ["z", "y", "x"]


def test_what_is_ready_first_runs_first_and_names_decide_among_equals() -> None:
    after = [unit("a_of_z", "z"), unit("b_of_y", "y"), unit("a_of_both", "y z"), unit("last", "b_of_y")]
    made = plan(project(unit("z"), unit("y"), *after))
    assert order(made) == ["z", "y", "a_of_z", "b_of_y", "a_of_both", "last"]
    assert [step.name for step in made.machine_steps()] == ["y", "z", "b_of_y", "a_of_both", "a_of_z", "last"]


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=10))
def test_any_graph_is_ordered(needs: list[list[int]]) -> None:
    units = [
        unit(f"a{i}", " ".join(f"a{n}" for n in sorted(set(below)) if n < i)) for i, below in enumerate(needs)
    ]
    made = plan(project(*reversed(units)))
    seen: set[str] = set()
    for one in made.steps:
        assert {need.step for need in one.needs} <= seen
        seen.add(one.name)
    assert seen == {one.name for one in units}


def test_order_only_needs_are_needs() -> None:
    made = plan(project(unit("a"), unit("b", "-a")))
    assert step(made, "b").needs == (Need("a", "a"),)
    assert step(made, "b").inputs[0].is_argument is False


def test_a_need_names_the_output() -> None:
    made = plan(project(unit("split", "", "train test"), unit("model", "train"), unit("score", "train test")))
    assert step(made, "model").needs == (Need("split", "train"),)
    assert step(made, "score").needs == (Need("split", "train"), Need("split", "test"))


def test_nothing_selected_is_an_empty_plan() -> None:
    assert plan(project(unit("a")), only="").steps == ()


def test_a_selection_reads_the_rest_from_the_store() -> None:
    made = plan(project(unit("a"), unit("b", "a"), unit("c", "b -a")), only="c")
    assert order(made) == ["c"]
    assert step(made, "c").needs == ()
    assert [planned.step for planned in step(made, "c").inputs] == [None, None]
    assert made.wanted() == [(AssetKey("b"), None), (AssetKey("a"), None)]


def test_what_the_run_makes_is_not_wanted_from_the_store() -> None:
    made = plan(project(unit("a"), unit("b", "a source"), sources={"source": AssetSpec("source")}))
    assert step(made, "b").inputs[0].step == "a"
    assert made.wanted() == [(AssetKey("source"), None)]


def test_a_gap_in_a_selection_does_not_order() -> None:
    made = plan(project(unit("a"), unit("b", "a"), unit("c", "b")), only="a c")
    assert step(made, "c").needs == ()


def test_a_part_of_a_unit() -> None:
    made = plan(project(unit("both", "", "x y", can_subset=True)), only="y")
    assert step(made, "both").outputs == ("y",)


def test_an_input_that_the_unit_makes_itself() -> None:
    made = plan(project(unit("both", "x", "x y")))
    assert step(made, "both").needs == ()
    assert made.wanted() == [(AssetKey("x"), None)]


def test_a_circle_of_steps() -> None:
    with pytest.raises(CircularDependencyError) as caught:
        plan(project(unit("a", "b"), unit("b", "a")))
    assert set(caught.value.path) == {"a", "b"}
    assert caught.value.path[0] == caught.value.path[-1]


# Policies


def test_the_policy_of_the_unit_comes_first() -> None:
    own, other = RetryPolicy(max_retries=1), RetryPolicy(max_retries=2)
    made = plan(project(unit("a", retry_policy=own), unit("b")), retry_policy=other)
    assert [one.retry_policy for one in made.steps] == [own, other]
    assert [one.retry_policy for one in made.machine_steps()] == [own, other]


@pytest.mark.parametrize(("tag", "priority"), [("3", 3), ("-2", -2), ("high", 0), ("", 0)])
def test_priority_is_a_tag(tag: str, priority: int) -> None:
    made = plan(project(unit("a", tags={"dagster/priority": tag}), unit("b")))
    assert step(made, "a").priority == priority
    assert step(made, "b").priority == 0


def test_the_machine_is_told_whether_a_step_gives_anything() -> None:
    made = plan(project(unit("a"), check("a", "rows")))
    assert [(one.name, one.gives) for one in made.machine_steps()] == [("a", True), ("a_rows", False)]


# Checks


def test_a_check_needs_its_asset() -> None:
    made = plan(project(check("a", "rows"), unit("a")))
    assert order(made) == ["a", "a_rows"]
    assert step(made, "a_rows").checks == ("rows",)
    assert step(made, "a_rows").outputs == ()


def test_a_check_that_does_not_block_holds_nothing_back() -> None:
    made = plan(project(unit("a"), check("a", "rows"), unit("b", "a")))
    assert step(made, "b").needs == (Need("a", "a"),)


def test_a_blocking_check_gates_what_needs_the_asset() -> None:
    made = plan(
        project(unit("a"), unit("b", "a"), unit("c", "-a"), unit("d", "b"), check("a", "rows", blocking=True))
    )
    for name in ("b", "c"):
        assert step(made, name).needs == (Need("a", "a"), Need("a_rows"))
    assert step(made, "d").needs == (Need("b", "b"),)
    assert order(made).index("a_rows") < order(made).index("b")


def test_a_blocking_check_does_not_gate_other_checks() -> None:
    made = plan(project(unit("a"), check("a", "rows", blocking=True), check("a", "columns")))
    assert step(made, "a_columns").needs == (Need("a", "a"),)


def test_a_blocking_check_that_is_not_selected_gates_nothing() -> None:
    made = project(unit("a"), unit("b", "a"), check("a", "rows", blocking=True))
    selected = Selected(frozenset({AssetKey("a"), AssetKey("b")}), frozenset())
    assert order(make_plan(made, selected)) == ["a", "b"]


def test_a_blocking_check_inside_the_asset_needs_no_gate() -> None:
    inside = AssetCheckSpec("rows", asset="a", blocking=True)
    made = plan(project(unit("a", checks=(inside,)), unit("b", "a")))
    assert step(made, "a").checks == ("rows",)
    assert step(made, "b").needs == (Need("a", "a"),)


def test_a_blocking_check_that_waits_for_what_it_gates() -> None:
    with pytest.raises(CircularDependencyError) as caught:
        plan(project(unit("a"), unit("b", "a"), check("a", "rows", "a b", blocking=True)))
    assert set(caught.value.path) == {"b", "a_rows"}
    assert "non-blocking" in str(caught.value.next_step)


def test_the_checks_of_an_asset_run_with_it_and_never_without() -> None:
    inside = AssetCheckSpec("rows", asset="a")
    made = project(unit("a", checks=(inside,)), unit("b", "a"))
    assert step(plan(made, only="a"), "a").checks == ("rows",)
    assert order(plan(made, only="b")) == ["b"]


# Partitions


def test_a_partition_on_both_sides() -> None:
    made = plan(project(unit("a", partitions=REGIONS), unit("b", "a", partitions=REGIONS)), partitions=["eu"])
    assert made.keys == ("eu",)
    assert step(made, "a").key.partitions == PartitionSet(("eu",))
    assert (step(made, "b").inputs[0].partitions, step(made, "b").inputs[0].many) == (("eu",), False)


def test_all_partitions_of_an_input() -> None:
    made = plan(project(unit("a", partitions=REGIONS), unit("b", "a")), only="b")
    assert step(made, "b").key.partitions is None
    assert (step(made, "b").inputs[0].partitions, step(made, "b").inputs[0].many) == (("eu", "us"), True)
    assert made.wanted() == [(AssetKey("a"), "eu"), (AssetKey("a"), "us")]


def test_partitions_that_the_run_does_not_make_are_wanted_from_the_store() -> None:
    made = plan(project(unit("a", partitions=REGIONS), unit("b", "a")), partitions=["eu"])
    assert step(made, "b").needs == (Need("a", "a"),)
    assert (AssetKey("a"), "us") in made.wanted()


def test_a_whole_input_of_a_partition() -> None:
    made = plan(project(unit("a"), unit("b", "a", partitions=REGIONS)), partitions=["eu"])
    assert step(made, "a").key.partitions is None
    assert (step(made, "b").inputs[0].partitions, step(made, "b").inputs[0].many) == ((None,), False)


def test_a_source_has_partitions_too() -> None:
    source = AssetSpec("source", partitions_def=REGIONS)
    made = plan(
        project(unit("a", "source", partitions=REGIONS), sources={"source": source}), partitions=["us"]
    )
    assert made.wanted() == [(AssetKey("source"), "us")]


def test_no_partition_is_found_out_when_something_is_read() -> None:
    made = plan(project(unit("a", partitions=REGIONS), unit("b", "a", partitions=REGIONS)))
    assert step(made, "a").key.partitions is None
    assert step(made, "b").inputs[0].partitions == ()


def test_an_unknown_partition() -> None:
    with pytest.raises(UnknownPartitionError, match="Could not find a partition with key 'uk'") as caught:
        plan(project(unit("a", partitions=REGIONS)), partitions=["uk"])
    assert (caught.value.subject, caught.value.found, caught.value.expected) == ("a", "uk", "one of eu, us")


def test_an_unknown_partition_of_what_is_not_selected_does_not_matter() -> None:
    others = StaticPartitionsDefinition(["north"])
    made = project(unit("a", partitions=REGIONS), unit("b", partitions=others))
    assert order(plan(made, only="b", partitions=["north"])) == ["b"]


def test_different_partitions_on_both_sides() -> None:
    others = StaticPartitionsDefinition(["eu"])
    with pytest.raises(InvalidDefinitionError) as caught:
        plan(project(unit("a", partitions=REGIONS), unit("b", "a", partitions=others)), partitions=["eu"])
    assert caught.value.subject == "b"


def test_a_check_is_of_the_partition_of_its_asset() -> None:
    made = plan(project(unit("a", partitions=REGIONS), check("a", "rows")), partitions=["eu"])
    assert step(made, "a_rows").key.partitions == PartitionSet(("eu",))
    assert (step(made, "a_rows").inputs[0].partitions, step(made, "a_rows").inputs[0].many) == (
        ("eu",),
        False,
    )


def test_a_check_outside_of_any_partition_reads_all() -> None:
    made = plan(project(unit("a", partitions=REGIONS), check("a", "rows")))
    assert step(made, "a_rows").inputs[0].many is True
