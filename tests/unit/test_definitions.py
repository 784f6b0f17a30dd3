"""`Definitions`, jobs, and the project that is assembled from them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from test_asset_decorator import written

import tidemill
from tidemill.core.errors import InvalidDefinitionError, InvariantViolationError
from tidemill.core.keys import AssetKey
from tidemill.definitions.assembly import assemble, build_project
from tidemill.definitions.assets.assets import SourceAsset
from tidemill.definitions.assets.decorators import asset, multi_asset
from tidemill.definitions.checks.decorators import asset_check
from tidemill.definitions.definitions import Definitions, definitions_of_module
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.specs.ports import AssetOut
from tidemill.definitions.triggers.jobs import define_asset_job

A, B = AssetKey("a"), AssetKey("b")


@asset
def a():
    return 1


@asset
def b(a):
    return a + 1


@asset_check(asset=a)
def a_is_good():
    return True


def another(name: str, **arguments: Any) -> Any:
    return asset(name=name, **arguments)(lambda: 1)


def test_public_signatures() -> None:
    assert written(Definitions.__init__) == (
        "assets=None, schedules=None, sensors=None, jobs=None, resources=None, executor=None, loggers=None, "
        "asset_checks=None, metadata=None"
    )
    assert written(define_asset_job) == (
        "name, selection=None, config=None, description=None, tags=None, run_tags=None, metadata=None, "
        "partitions_def=None, executor_def=None, hooks=None, op_retry_policy=None, owners=None"
    )


class TestProject:
    def test_everything_mixed_in_nested_lists(self) -> None:
        spec, source = AssetSpec("external"), SourceAsset("raw", group_name="g")
        project = build_project([a, [b, [a_is_good]], (source, spec)], resources={"r": 1})
        assert list(project.units) == ["a", "b", "a_a_is_good"]
        assert project.producers == {A: "a", B: "b"}
        assert [s.group_name for s in project.sources.values()] == ["g", "default"]
        assert list(project.sources) == [AssetKey("raw"), AssetKey("external")]
        assert project.resources == {"r": 1}

    def test_one_object_named_twice_counts_once(self) -> None:
        assert list(build_project([a, a, [a]]).units) == ["a"]

    def test_a_duplicate_key_names_both_lines(self) -> None:
        other = another("a")
        with pytest.raises(
            InvalidDefinitionError, match=r"Duplicate asset key: AssetKey\(\['a'\]\)"
        ) as caught:
            build_project([a, other])
        lines = [f"{__file__}:{d.unit.source[1]}" for d in (a, other)]
        assert caught.value.found == " and ".join(lines)

    @pytest.mark.parametrize("source", [SourceAsset("a"), AssetSpec("a")])
    def test_a_source_of_the_same_key(self, source: Any) -> None:
        for items in ([a, source], [source, a]):
            with pytest.raises(InvalidDefinitionError, match="Duplicate asset key"):
                build_project(items)

    def test_sources_that_say_the_same(self) -> None:
        assert list(build_project([SourceAsset("x"), SourceAsset("x")]).sources) == [AssetKey("x")]
        with pytest.raises(InvalidDefinitionError, match="Duplicate asset key"):
            build_project([SourceAsset("x"), SourceAsset("x", description="other")])

    def test_a_duplicate_check(self) -> None:
        checked = asset(name="c", check_specs=[AssetCheckSpec("ok", asset="c")])(lambda: 1)
        with pytest.raises(InvalidDefinitionError, match="Duplicate check: c:ok"):
            build_project([checked, asset_check(asset="c", name="ok")(lambda: True)])

    def test_every_problem_at_once(self) -> None:
        project, problems = assemble([a, another("a"), "text", len], jobs=["job"])
        assert [problem.subject for problem in problems] == ["AssetKey(['a'])", "'text'", "len", "'job'"]
        assert problems[2].next_step == "put @asset on the function"
        assert list(project.units) == ["a"]

    def test_steps_of_one_name(self) -> None:
        outs = {"x": AssetOut()}
        first = multi_asset(name="a", outs=outs)(lambda: 1)
        project = build_project([a, first])
        assert list(project.units) == ["a", "a_2"]
        assert project.producers[AssetKey("x")] == project.units["a_2"].name == "a_2"

    def test_a_sibling_of_the_same_group_is_found_by_its_last_part(self) -> None:
        upstream = another("kp", key_prefix=["p", "q"], group_name="g")
        same = asset(group_name="g", name="same")(lambda kp: 1)
        other = asset(name="other")(lambda kp: 1)
        project = build_project([upstream, same, other])
        (found,), (left,) = project.units["same"].inputs, project.units["other"].inputs
        assert (found.name, found.asset) == ("kp", AssetKey(["p", "q", "kp"]))
        assert project.units["same"].outputs[0].spec.deps[0].asset_key == AssetKey(["p", "q", "kp"])
        assert left.asset == AssetKey("kp")

    def test_two_siblings_are_none(self) -> None:
        siblings = [another("kp", key_prefix=prefix) for prefix in "pq"]
        project = build_project([*siblings, asset(name="x")(lambda kp: 1)])
        assert project.units["x"].inputs[0].asset == AssetKey("kp")

    def test_resources_that_come_with_definitions(self) -> None:
        manager, resource = object(), object()
        made = another("x", io_manager_def=manager, resource_defs={"r": resource})
        source = SourceAsset("y", io_manager_def=manager)
        project = build_project([made, source], resources={"r": resource})
        assert project.resources == {
            "r": resource,
            "x__io_manager": manager,
            "y__io_manager": manager,
        }
        with pytest.raises(InvalidDefinitionError) as caught:
            build_project([made], resources={"r": object()})
        assert caught.value.subject == "r"


class TestDefinitions:
    def test_nothing_is_checked_before_it_is_asked(self) -> None:
        definitions = Definitions([a, another("a")])
        with pytest.raises(InvalidDefinitionError, match=r"Duplicate asset key: AssetKey\(\['a'\]\)"):
            definitions.project()

    def test_project_is_made_once(self) -> None:
        definitions = Definitions([a, b], asset_checks=[a_is_good])
        assert definitions.project() is definitions.project()
        assert list(definitions.project().units) == ["a", "b", "a_a_is_good"]

    def test_jobs(self) -> None:
        job = define_asset_job("train", "b", tags={"x": "y"}, op_retry_policy=RetryPolicy())
        definitions = Definitions([a, b], jobs=[job])
        assert definitions.declared_job("train") == job
        assert (job.selection, job.tags, job.retry_policy) == ("b", {"x": "y"}, RetryPolicy())
        runnable = tidemill.Definitions([a, b], jobs=[job])
        assert runnable.get_implicit_global_asset_job_def().name == "__ASSET_JOB"
        assert [j.name for j in runnable.resolve_all_job_defs()] == ["__ASSET_JOB", "train"]
        with pytest.raises(InvariantViolationError) as caught:
            runnable.get_job_def("trian")
        assert (caught.value.found, caught.value.expected) == ("trian", "train")
        assert "'train'" in str(caught.value.next_step)

    def test_two_jobs_of_one_name(self) -> None:
        jobs = [define_asset_job("j", "a"), define_asset_job("j", "b")]
        with pytest.raises(InvalidDefinitionError, match="Duplicate job: j"):
            Definitions([a], jobs=jobs).project()

    def test_what_a_job_refuses(self) -> None:
        with pytest.raises(InvalidDefinitionError, match="hooks"):
            define_asset_job("j", hooks={object()})
        with pytest.raises(InvalidDefinitionError, match="name of a job"):
            define_asset_job("a job")

    def test_assets_by_key(self) -> None:
        definitions = Definitions([a, b])
        assert definitions.get_assets_def("b").key == definitions.resolve_assets_def(B).key == B
        with pytest.raises(InvariantViolationError) as caught:
            definitions.get_assets_def("c")
        assert caught.value.expected == "a, b"

    def test_merge(self) -> None:
        resource = object()
        merged = Definitions.merge(
            Definitions([a], resources={"r": resource}, metadata={"m": 1}),
            Definitions(
                [b], resources={"r": resource}, jobs=[define_asset_job("j")], asset_checks=[a_is_good]
            ),
        )
        assert list(merged.project().units) == ["a", "b", "a_a_is_good"]
        assert (list(merged.project().jobs), merged.metadata["m"].value) == (["j"], 1)
        with pytest.raises(InvariantViolationError, match="resource 'r'"):
            Definitions.merge(Definitions(resources={"r": 1}), Definitions(resources={"r": object()}))
        with pytest.raises(InvalidDefinitionError, match="executor"):
            Definitions(executor=object())


class TestModules:
    def module(self, **names: Any) -> ModuleType:
        module = ModuleType("user_code")
        vars(module).update(names)
        return module

    def test_the_sum_of_what_a_module_defines(self) -> None:
        job, source = define_asset_job("j"), SourceAsset("raw")
        module = self.module(
            a=a, alias=a, many=[b], check=a_is_good, job=job, source=source, number=[1, 2], f=len
        )
        project = definitions_of_module(module).project()
        assert (list(project.units), list(project.sources)) == (["a", "b", "a_a_is_good"], [AssetKey("raw")])
        assert list(project.jobs) == ["j"]

    def test_the_one_definitions_object(self) -> None:
        definitions = Definitions([a])
        assert definitions_of_module(self.module(b=b, defs=definitions, also=definitions)) is definitions

    def test_two_definitions_objects(self) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            definitions_of_module(self.module(one=Definitions(), two=Definitions()))
        assert (caught.value.subject, caught.value.found) == ("user_code", "one and two")

    def test_their_lines_are_named_where_there_is_a_source(self) -> None:
        import two_definitions

        with pytest.raises(InvalidDefinitionError) as caught:
            definitions_of_module(two_definitions)
        assert caught.value.found == "first (line 7) and second (line 9)"


def test_a_job_has_owners() -> None:
    assert define_asset_job("j", owners=["team:ml", "a@b.org"]).owners == ("team:ml", "a@b.org")
    with pytest.raises(InvalidDefinitionError, match="an owner"):
        define_asset_job("j", owners=["nobody"])
