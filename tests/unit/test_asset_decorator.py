"""`@asset`: what of the function and of the arguments becomes the unit, and what cannot become one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest

from tidemill import Config as TidemillConfig
from tidemill.core.errors import (
    InvalidConfigError,
    InvalidDefinitionError,
    InvalidInvocationError,
    InvariantViolationError,
)
from tidemill.core.keys import AssetKey
from tidemill.definitions.assets.assets import AssetsDefinition, SourceAsset
from tidemill.definitions.assets.decorators import asset, multi_asset
from tidemill.definitions.checks.decorators import asset_check, multi_asset_check
from tidemill.definitions.partitions.mappings import LastPartitionMapping
from tidemill.definitions.partitions.partitions import StaticPartitionsDefinition
from tidemill.definitions.policies import RetryPolicy
from tidemill.definitions.results import MaterializeResult, Output
from tidemill.definitions.specs.assets import AssetDep, AssetSpec
from tidemill.definitions.specs.checks import AssetCheckSpec
from tidemill.definitions.specs.ports import AssetIn, AssetOut, Nothing
from tidemill.definitions.units.unit import ComputeUnit


class Config:
    """What the library's `Config` is to a definition: a class with a mark."""

    __tidemill_config__ = True

    def __init__(self, depth: int = 3) -> None:
        self.depth = depth


class Depth(TidemillConfig):
    depth: int = 3


class Resource:
    __tidemill_resource__ = True


class Context:
    __tidemill_context__ = True

    def __init__(self, op_config: dict[str, Any] | None = None, **resources: object) -> None:
        self.given_config = op_config
        self.resources = type("Resources", (), resources)
        self.unit: ComputeUnit | None = None

    def bind(self, unit: ComputeUnit) -> None:
        self.unit = unit

    def bind_config(self, config: object) -> None:
        self.config = config


class ResourceMark:
    __tidemill_resource__ = True


def inputs(definition: Any) -> dict[str, tuple[str, bool]]:
    return {i.name: (i.asset.to_user_string(), i.is_argument) for i in definition.unit.inputs}


class TestForms:
    def test_bare_with_parentheses_and_called(self) -> None:
        def stories() -> int:
            return 1

        forms = [asset(stories), asset()(stories), asset(stories, group_name="g")]
        assert [type(form) for form in forms] == [AssetsDefinition] * 3
        assert [form.key for form in forms] == [AssetKey("stories")] * 3
        assert forms[2].group_names_by_key == {AssetKey("stories"): "g"}

    def test_the_unit_of_the_simplest_asset(self) -> None:
        @asset
        def model(train, test):
            """Fit it.

            Twice.
            """

        unit = model.unit
        assert (unit.name, unit.kind, unit.flow, unit.context) == ("model", "asset", "return", False)
        assert inputs(model) == {"train": ("train", True), "test": ("test", True)}
        (output,) = unit.outputs
        assert (output.name, output.asset, output.required, output.manager) == (
            "result",
            AssetKey("model"),
            True,
            "io_manager",
        )
        assert output.spec.description == unit.description == "Fit it.\n\nTwice."
        assert unit.source[0] == __file__

    def test_inputs_of_one_name_are_one_object(self) -> None:
        @asset
        def one(shared):
            pass

        @asset
        def two(shared):
            pass

        assert one.unit.inputs[0] is two.unit.inputs[0]


class TestNames:
    def test_key_prefix_makes_key_and_step_name(self) -> None:
        @asset(key_prefix=["p", "q"])
        def kp(other):
            pass

        assert kp.key == AssetKey(["p", "q", "kp"])
        assert kp.op.name == kp.node_def.name == "p__q__kp"
        assert inputs(kp) == {"other": ("other", True)}

    def test_name_and_key(self) -> None:
        assert asset(name="n")(lambda: 1).key == AssetKey("n")
        assert asset(key=["a", "b-c"])(lambda: 1).op.name == "a__b_c"

    @pytest.mark.parametrize("more", [{"name": "n"}, {"key_prefix": "p"}])
    def test_key_excludes_name_and_prefix(self, more: dict[str, Any]) -> None:
        with pytest.raises(InvalidDefinitionError, match="exclude each other") as caught:
            asset(key="k", **more)(lambda: 1)
        assert next(iter(more)) in str(caught.value.found)

    @pytest.mark.parametrize("name", ["a b", "", "a/b", "a.b", 3])
    def test_a_name_that_cannot_be_one(self, name: Any) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            asset(name=name)(lambda: 1)
        assert caught.value.found == repr(name)
        assert caught.value.expected == "letters, digits and underscores"

    def test_a_lambda_needs_a_name(self) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            asset(lambda: 1)
        assert caught.value.next_step == "give name="

    def test_what_is_no_function(self) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            asset("stories")  # type: ignore[call-overload]
        assert caught.value.expected == "a function"

    def test_a_bad_group(self) -> None:
        with pytest.raises(InvalidDefinitionError, match="group_name"):
            asset(group_name="a b", name="x")(lambda: 1)


class TestParameters:
    @pytest.mark.parametrize(
        "function",
        [
            lambda context, upstream: 1,
            lambda _context, upstream: 1,
            lambda _, upstream: 1,
            lambda __, upstream: 1,
        ],
    )
    def test_context_by_name(self, function: Any) -> None:
        made = asset(name="x")(function)
        assert made.unit.context
        assert inputs(made) == {"upstream": ("upstream", True)}

    def test_context_by_annotation(self) -> None:
        @asset
        def made(ctx: Context, upstream):
            pass

        assert made.unit.context
        assert inputs(made) == {"upstream": ("upstream", True)}

    def test_context_that_is_not_first(self) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:

            @asset
            def made(upstream, context):
                pass

        assert (caught.value.subject, caught.value.expected) == ("made", "context first")

    def test_config_and_resources_by_annotation(self) -> None:
        @asset(required_resource_keys={"db"})
        def made(settings: Config, client: Resource, raw: Annotated[int, ResourceMark()], upstream: int):
            pass

        unit = made.unit
        assert (unit.config_name, unit.config_type) == ("settings", Config)
        assert dict(unit.resource_parameters) == {"client": "client", "raw": "raw"}
        assert unit.required_resources == {"client", "raw", "db"}
        assert inputs(made) == {"upstream": ("upstream", True)}
        assert unit.inputs[0].annotation is int

    def test_annotations_of_local_classes_resolve(self) -> None:
        class Local:
            __tidemill_config__ = True

        @asset
        def bare(config: Local):
            pass

        @asset()
        def called(config: Local):
            pass

        assert bare.unit.config_type is called.unit.config_type is Local

    def test_an_annotation_that_does_not_resolve_is_no_annotation(self) -> None:
        @asset
        def made(upstream: NowhereDefined, other: int) -> AlsoNot:  # noqa: F821
            pass

        assert [i.annotation for i in made.unit.inputs] == [None, int]
        assert made.unit.outputs[0].annotation is None

    def test_a_config_parameter_without_a_class(self) -> None:
        @asset
        def loose(config):
            pass

        @asset
        def plain(config: dict[str, int]):
            pass

        assert (loose.unit.config_name, loose.unit.config_type) == ("config", None)
        assert (plain.unit.config_name, plain.unit.config_type) == ("config", None)
        with pytest.raises(InvalidDefinitionError, match="config"):

            @asset
            def wrong(config: set):
                pass

        @asset
        def whole(config: int):
            pass

        assert whole.unit.config_type is int

    def test_config_schema(self) -> None:
        unit = asset(config_schema={"n": int}, name="x")(lambda context: 1).unit
        assert (unit.config_name, unit.config_type) == (None, {"n": int})
        with pytest.raises(InvalidDefinitionError, match="config_schema"):
            asset(config_schema={"n": int}, name="x")(lambda config: 1)
        with pytest.raises(InvalidDefinitionError, match="config_schema"):
            asset(config_schema=3, name="x")(lambda context: 1)

    def test_positional_parameters_cannot_be_inputs(self) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            asset(name="x")(lambda *values: 1)
        assert caught.value.found == "*args"
        with pytest.raises(InvalidDefinitionError):
            asset(name="x")(lambda a, /, b: 1)
        assert asset(name="x")(lambda context, /, b: 1).unit.context

    def test_partials_methods_objects_and_wrapped_functions(self) -> None:
        def scale(context, numbers, factor):
            return [n * factor for n in numbers]

        class Step:
            def __call__(self, numbers):
                return numbers

            def run(self, numbers):
                return numbers

        @functools.wraps(scale)
        def wrapped(*args, **kwargs):
            return scale(*args, **kwargs)

        partial = asset(name="p")(functools.partial(scale, factor=2))
        assert (partial.unit.context, inputs(partial)) == (True, {"numbers": ("numbers", True)})
        assert partial(Context(), [1]) == [2]
        assert inputs(asset(name="o")(Step())) == {"numbers": ("numbers", True)}
        assert inputs(asset(Step().run)) == {"numbers": ("numbers", True)}
        assert inputs(asset(wrapped)) == {"numbers": ("numbers", True), "factor": ("factor", True)}


class TestFlows:
    def test_flows_come_from_the_code(self) -> None:
        def plain():
            return 1

        def generator() -> Iterator[int]:
            yield 1

        async def coroutine():
            return 1

        async def async_generator() -> AsyncIterator[int]:
            yield 1

        flows = [asset(fn).unit.flow for fn in (plain, generator, coroutine, async_generator)]
        assert flows == ["return", "generator", "coroutine", "async_generator"]

    def test_flow_of_a_callable_object(self) -> None:
        class Step:
            def __call__(self):
                yield 1

        assert asset(name="s")(Step()).unit.flow == "generator"


class TestInputsAndDeps:
    def test_ins_maps_parameters(self) -> None:
        ins = {
            "a": AssetIn(key=["x", "y"], input_manager_key="reader", metadata={"cols": ["t"]}),
            "b": AssetIn(key_prefix="p", dagster_type=int),
            "after": AssetIn(key="z", dagster_type=Nothing),
        }

        @asset(ins=ins)
        def made(a: str, b):
            pass

        assert inputs(made) == {"a": ("x/y", True), "b": ("p/b", True), "after": ("z", False)}
        first, second, _ = made.unit.inputs
        assert (first.annotation, first.manager, first.metadata) == (str, "reader", {"cols": ["t"]})
        assert second.annotation is int

    def test_var_keyword_takes_what_ins_names(self) -> None:
        made = asset(ins={"a": AssetIn(), "b": AssetIn()}, name="x")(lambda **values: 1)
        assert made.unit.has_var_keyword
        assert inputs(made) == {"a": ("a", True), "b": ("b", True)}

    def test_an_ins_name_that_is_no_parameter(self) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            asset(ins={"zz": AssetIn()}, name="x")(lambda a: 1)
        assert (caught.value.subject, caught.value.found) == ("x", "parameters a")
        assert caught.value.expected == "a parameter 'zz'"

    def test_ins_takes_asset_ins_only(self) -> None:
        with pytest.raises(InvalidDefinitionError, match="ins"):
            asset(ins={"a": "b"}, name="x")(lambda a: 1)  # type: ignore[dict-item]

    def test_deps_of_every_form(self) -> None:
        @asset
        def upstream():
            pass

        forms = [
            "s",
            ["p", "q"],
            AssetKey("k"),
            AssetSpec("spec"),
            upstream,
            SourceAsset("src"),
            AssetDep("d"),
        ]
        made = asset(deps=forms, name="x")(lambda: 1)
        keys = ["s", "p/q", "k", "spec", "upstream", "src", "d"]
        assert list(inputs(made).values()) == [(key, False) for key in keys]
        assert made.asset_deps == {made.key: {AssetKey.from_user_string(key) for key in keys}}

    def test_names_of_deps_and_arguments_do_not_collide(self) -> None:
        made = asset(ins={"a": AssetIn(key=["p", "a"])}, deps=["a"], name="x")(lambda a: 1)
        assert inputs(made) == {"a": ("p/a", True), "_a": ("a", False)}

    def test_a_dep_that_is_also_an_argument(self) -> None:
        with pytest.raises(InvalidDefinitionError, match="also declared as input/AssetIn") as caught:
            asset(deps=["a"], name="x")(lambda a: 1)
        assert "deps value" in str(caught.value)
        assert caught.value.subject == "x"

    def test_a_dep_twice(self) -> None:
        assert asset(deps=["a", AssetKey("a"), "a"], name="x")(lambda: 1).dependency_keys == {AssetKey("a")}
        lagged = AssetDep("a", partition_mapping=LastPartitionMapping())
        with pytest.raises(InvalidDefinitionError, match="more than once"):
            asset(deps=["a", lagged], name="x")(lambda: 1)

    def test_a_string_of_deps(self) -> None:
        with pytest.raises(InvalidDefinitionError, match="deps"):
            asset(deps="abc", name="x")(lambda: 1)

    def test_a_whole_multi_asset_stands_for_all_its_assets(self) -> None:
        @multi_asset(outs={"low": AssetOut(), "high": AssetOut()})
        def split():
            pass

        both = {AssetKey("low"), AssetKey("high")}
        assert asset(deps=[split], name="x")(lambda: 1).dependency_keys == both
        assert {dep.asset_key for dep in AssetSpec("x", deps=[split, "low"]).deps} == both
        with pytest.raises(InvalidDefinitionError) as caught:
            AssetDep(split)
        assert "For the multi_asset split, the available keys are: 'low', 'high'" in str(caught.value)

    def test_non_argument_deps(self) -> None:
        assert inputs(asset(non_argument_deps={"a"}, name="x")(lambda: 1)) == {"a": ("a", False)}
        with pytest.raises(InvalidDefinitionError, match="exclude each other"):
            asset(non_argument_deps={"a"}, deps=["b"])


class TestOutput:
    @pytest.mark.parametrize(
        ("annotation", "type_", "manager"),
        [
            (int, int, "io_manager"),
            (Output[int], int, "io_manager"),
            (Output, None, "io_manager"),
            (MaterializeResult, None, "io_manager"),
            (MaterializeResult | None, None, "io_manager"),
            (dict[str, int], dict[str, int], "io_manager"),
            (Any, None, "io_manager"),
            (None, None, None),
            (Nothing, None, None),
        ],
    )
    def test_return_annotations(self, annotation: Any, type_: Any, manager: str | None) -> None:
        def made():
            pass

        made.__annotations__["return"] = annotation
        (output,) = asset(made).unit.outputs
        assert (output.annotation, output.manager) == (type_, manager)

    def test_a_generator_s_annotation_is_not_the_value_s(self) -> None:
        @asset
        def made() -> Iterator[Output[int]]:
            yield Output(1)

        assert made.unit.outputs[0].annotation is None

    def test_dagster_type_wins(self) -> None:
        @asset(dagster_type=float)
        def made() -> int:
            return 1

        assert made.unit.outputs[0].annotation is float
        assert asset(dagster_type=Nothing, name="x")(lambda: 1).unit.outputs[0].manager is None
        with pytest.raises(InvalidDefinitionError, match="dagster_type"):
            asset(dagster_type="int", name="x")(lambda: 1)

    def test_io_managers(self) -> None:
        manager = object()
        assert asset(io_manager_key="k", name="x")(lambda: 1).unit.outputs[0].manager == "k"
        unit = asset(io_manager_def=manager, key=["p", "x"])(lambda: 1).unit
        assert unit.outputs[0].manager == "p__x__io_manager"
        assert unit.resource_defs == {"p__x__io_manager": manager}
        with pytest.raises(InvalidDefinitionError, match="exclude each other"):
            asset(io_manager_def=manager, io_manager_key="k", name="x")(lambda: 1)

    def test_not_required(self) -> None:
        (output,) = asset(output_required=False, name="x")(lambda: 1).unit.outputs
        assert not output.required
        assert output.spec.skippable


class TestAttributes:
    def test_what_is_said_reaches_spec_and_unit(self) -> None:
        partitions, policy = StaticPartitionsDefinition(["a", "b"]), RetryPolicy(max_retries=2)

        @asset(
            metadata={"unit": object},
            tags={"tier": "1", "team/name": ""},
            description="D",
            partitions_def=partitions,
            op_tags={"dagster/priority": 3, "x": "y"},
            group_name="g",
            retry_policy=policy,
            code_version="v1",
            owners=["me@example.com", "team:ml"],
            kinds={"xgboost"},
            pool="gpu",
        )
        def made():
            """Not this."""

        spec, unit = made.get_asset_spec(), made.unit
        assert spec.metadata == {"unit": object}
        tags = {"tier": "1", "team/name": "", "dagster/kind/xgboost": ""}
        assert (spec.tags, spec.kinds) == (tags, {"xgboost"})
        assert (spec.description, unit.description) == ("D", "D")
        assert (spec.partitions_def, unit.partitions, made.partitions_def) == (partitions,) * 3
        assert unit.tags == {"dagster/priority": "3", "x": "y"}
        assert (spec.group_name, spec.code_version, spec.owners) == ("g", "v1", ("me@example.com", "team:ml"))
        assert (unit.retry_policy, unit.pool) == (policy, "gpu")
        assert made.group_names_by_key == {made.key: "g"}
        assert made.metadata_by_key == {made.key: {"unit": object}}
        assert made.tags_by_key == {made.key: tags}
        assert made.descriptions_by_key == {made.key: "D"}
        assert made.code_versions_by_key == {made.key: "v1"}
        assert made.owners_by_key == {made.key: ("me@example.com", "team:ml")}
        assert made.specs == [spec]
        assert made.is_executable
        assert not made.can_subset

    def test_the_default_group(self) -> None:
        assert asset(name="x")(lambda: 1).group_names_by_key == {AssetKey("x"): "default"}

    def test_compute_kind(self) -> None:
        assert asset(compute_kind="python", name="x")(lambda: 1).get_asset_spec().kinds == {"python"}
        assert asset(compute_kind="Web API", name="x")(lambda: 1).get_asset_spec().kinds == {"Web_API"}
        assert asset(compute_kind="", name="x")(lambda: 1).get_asset_spec().kinds == set()
        with pytest.raises(InvalidDefinitionError, match="exclude each other"):
            asset(compute_kind="python", kinds={"sql"})

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            ("owners", ["nobody"]),
            ("owners", ["team:"]),
            ("owners", ["a@b"]),
            ("tags", {"a b": "x"}),
            ("tags", {"a/b/c": "x"}),
            ("tags", {"a": "x y"}),
            ("tags", {"a": 1}),
            ("tags", ["a"]),
            ("kinds", "python"),
            ("kinds", {"a b"}),
            ("required_resource_keys", "db"),
        ],
    )
    def test_values_that_cannot_be(self, argument: str, value: Any) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            asset(name="x", **{argument: value})(lambda: 1)
        assert caught.value.subject == "x"

    @pytest.mark.parametrize(
        "argument",
        [
            "is_virtual",
        ],
    )
    def test_what_comes_later_is_refused(self, argument: str) -> None:
        with pytest.raises(InvalidDefinitionError, match="does not have") as caught:
            asset(**{argument: True})
        assert caught.value.subject == argument
        assert caught.value.next_step

    def test_an_unknown_argument(self) -> None:
        with pytest.raises(InvalidDefinitionError) as caught:
            asset(group="g")  # type: ignore[call-overload]
        assert caught.value.subject == "group"
        assert "group_name" in str(caught.value.next_step)

    def test_own_checks(self) -> None:
        made = asset(check_specs=[AssetCheckSpec("ok", asset="x", blocking=True)], name="x")(lambda: 1)
        assert [key.to_user_string() for key in made.check_keys] == ["x:ok"]
        with pytest.raises(InvalidDefinitionError, match="another asset") as caught:
            asset(check_specs=[AssetCheckSpec("ok", asset="y")], name="x")(lambda: 1)
        assert (caught.value.found, caught.value.expected) == ("y", "x")
        with pytest.raises(InvalidDefinitionError, match="more than once"):
            asset(check_specs=[AssetCheckSpec("ok", asset="x")] * 2, name="x")(lambda: 1)

    def test_with_attributes(self) -> None:
        made = asset(deps=["up"], name="x")(lambda: 1)
        key, moved = AssetKey("x"), AssetKey(["p", "x"])
        copy = made.with_attributes(
            output_asset_key_replacements={key: moved},
            input_asset_key_replacements={AssetKey("up"): AssetKey("down")},
            group_names_by_key={key: "g"},
            tags_by_key={key: {"a": "b"}},
        )
        assert (copy.key, copy.dependency_keys) == (moved, {AssetKey("down")})
        assert copy.asset_deps == {moved: {AssetKey("down")}}
        assert (copy.group_names_by_key, copy.tags_by_key) == ({moved: "g"}, {moved: {"a": "b"}})
        assert made.key == key
        with pytest.raises(InvalidDefinitionError, match="group name"):
            copy.with_attributes(group_names_by_key={moved: "other"})

    def test_map_asset_specs(self) -> None:
        made = asset(name="x")(lambda: 1)
        copy = made.map_asset_specs(lambda spec: spec.replace_attributes(owners=["team:a"]))
        assert copy.owners_by_key == {AssetKey("x"): ("team:a",)}
        with pytest.raises(InvalidDefinitionError, match="change the key"):
            made.map_asset_specs(lambda spec: spec.replace_attributes(key="y"))

    def test_mapped_specs_may_have_other_dependencies(self) -> None:
        @asset(deps=["old"])
        def made(value):
            pass

        changed = made.map_asset_specs(lambda spec: spec.replace_attributes(deps=["value", "new"]))
        assert changed.dependency_keys == {AssetKey("value"), AssetKey("new")}
        assert [(i.name, i.is_argument) for i in changed.unit.inputs] == [("value", True), ("new", False)]
        with pytest.raises(InvalidDefinitionError, match="argument"):
            made.map_asset_specs(lambda spec: spec.replace_attributes(deps=["new"]))

    def test_keys_are_replaced(self) -> None:
        @asset
        def made(value):
            pass

        moved = {AssetKey("made"): AssetKey(["p", "made"]), AssetKey("value"): AssetKey("other")}
        changed = made.with_attributes(asset_key_replacements=moved)
        assert (changed.key, changed.dependency_keys) == (AssetKey(["p", "made"]), {AssetKey("other")})

    def test_a_kind_may_be_given_as_a_tag(self) -> None:
        made = asset(name="x", tags={"dagster/kind/dbt": "", "k": "v"}, kinds={"sql"})(lambda: 1)
        spec = made.get_asset_spec()
        assert spec.kinds == {"dbt", "sql"}
        assert spec.tags == {"k": "v", "dagster/kind/dbt": "", "dagster/kind/sql": ""}

    def test_to_source_asset(self) -> None:
        made = asset(io_manager_key="k", group_name="g", name="x")(lambda: 1)
        assert made.to_source_asset() == SourceAsset("x", io_manager_key="k", group_name="g")

    def test_several_assets_have_no_single_key(self) -> None:
        both = multi_asset(outs={"a": AssetOut(), "b": AssetOut()}, name="both")(lambda: (1, 2))
        with pytest.raises(InvariantViolationError) as caught:
            _ = both.key
        assert caught.value.found == "a, b"


class TestDirectCalls:
    def test_values_by_position_and_by_name(self) -> None:
        @asset
        def total(a, b=10):
            return a + b

        assert (total(5), total(5, 6), total(a=1, b=2)) == (15, 11, 3)

    def test_what_the_function_gives_is_untouched(self) -> None:
        result = Output(3, metadata={"rows": 3})
        assert asset(name="x")(lambda: result)() is result

    def test_config(self) -> None:
        @asset
        def made(numbers, config: Depth):
            return [n * config.depth for n in numbers]

        assert made([1], config=Depth(depth=2)) == made([1], Depth(depth=2)) == [2]
        assert made([1]) == [3]
        assert made(Context({"depth": 5}), [1]) == [5]
        with pytest.raises(InvalidConfigError, match="root:config:depth"):
            made(Context({"depth": "5"}), [1])

    def test_resources(self) -> None:
        @asset
        def made(client: Resource):
            return client

        client = Resource()
        assert made(client) is made(client=client) is made(Context(client=client)) is client
        with pytest.raises(InvalidInvocationError) as caught:
            made()
        assert caught.value.expected == "client=, or a context that has it"
        with pytest.raises(InvalidInvocationError, match="client"):
            made(Context())

    def test_context(self) -> None:
        @asset
        def made(context, a):
            return context, a

        context = Context()
        assert made(context, 1) == made(context, a=1) == made(context=context, a=1) == (context, 1)
        assert context.unit is made.unit
        with pytest.raises(InvalidInvocationError) as caught:
            made(1)
        assert (caught.value.subject, caught.value.found) == ("made", "no context")

    def test_a_missing_value_is_a_type_error(self) -> None:
        with pytest.raises(TypeError, match="argument"):
            asset(name="x")(lambda a: a)()


PUBLIC_SIGNATURES = {
    asset: """
        compute_fn=None, *, name=None, key_prefix=None, ins=None, deps=None, metadata=None,
        tags=None, description=None, config_schema=None, required_resource_keys=None,
        resource_defs=None, hooks=None, io_manager_def=None, io_manager_key=None,
        compute_kind=None, dagster_type=None, partitions_def=None, op_tags=None,
        group_name=None, output_required=True, freshness_policy=None, automation_condition=None,
        auto_materialize_policy=None, backfill_policy=None, retry_policy=None,
        code_version=None, key=None, non_argument_deps=None, check_specs=None, owners=None,
        kinds=None, pool=None, is_virtual=False, **kwargs
    """,
    multi_asset: """
        *, outs=None, name=None, ins=None, deps=None, description=None, config_schema=None,
        required_resource_keys=None, compute_kind=None, internal_asset_deps=None,
        partitions_def=None, hooks=None, backfill_policy=None, op_tags=None, can_subset=False,
        resource_defs=None, group_name=None, retry_policy=None, code_version=None, specs=None,
        check_specs=None, non_argument_deps=None, pool=None, **kwargs
    """,
    asset_check: """
        *, asset, name=None, description=None, blocking=False, additional_ins=None,
        additional_deps=None, required_resource_keys=None, resource_defs=None,
        config_schema=None, compute_kind=None, op_tags=None, retry_policy=None, metadata=None,
        automation_condition=None, pool=None, partitions_def=None
    """,
    multi_asset_check: """
        *, name=None, specs, description=None, can_subset=False, compute_kind=None,
        op_tags=None, resource_defs=None, required_resource_keys=None, retry_policy=None,
        config_schema=None, ins=None, pool=None
    """,
}


def written(function: Any) -> str:
    """A signature as the table writes it: names, order, kinds and defaults, no annotations."""
    parameters = [
        p.replace(annotation=p.empty)
        for p in inspect.signature(function).parameters.values()
        if p.name != "self"
    ]
    return str(inspect.Signature(parameters))[1:-1]


@pytest.mark.parametrize("function", PUBLIC_SIGNATURES, ids=lambda function: function.__name__)
def test_public_signatures(function: Any) -> None:
    assert written(function) == " ".join(PUBLIC_SIGNATURES[function].split())
