"""Section 1.1: the decorators of assets, and what they return."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tidemill import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetIn,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    AssetOut,
    AssetsDefinition,
    AssetSpec,
    AutoMaterializePolicy,
    BackfillPolicy,
    CircularDependencyError,
    Config,
    ConfigurableResource,
    DagsterInstance,
    DagsterInvalidDefinitionError,
    DagsterInvalidSubsetError,
    DagsterInvariantViolationError,
    DagsterTypeCheckDidNotPass,
    Definitions,
    FilesystemIOManager,
    FreshnessPolicy,
    MaterializeResult,
    Nothing,
    Output,
    ResourceParam,
    RetryPolicy,
    StaticPartitionsDefinition,
    asset,
    materialize,
    multi_asset,
    success_hook,
)


class Settings(Config):
    factor: int = 2


class Store(ConfigurableResource):
    url: str = "u"


def keys(of: Any) -> set[str]:
    return {key.to_user_string() for key in of}


def made(result: Any) -> list[str]:
    return [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()]


# --- asset ------------------------------------------------------------------------------------------------------------


def test_asset_is_usable_bare_with_parentheses_and_as_a_call() -> None:
    def plain() -> int:
        return 1

    @asset
    def bare() -> int:
        return 1

    @asset()
    def called() -> int:
        return 1

    for each in (bare, called, asset(plain)):
        assert isinstance(each, AssetsDefinition)
        assert materialize([each]).success
    assert [d.key for d in (bare, called, asset(plain))] == [AssetKey(n) for n in ("bare", "called", "plain")]


def test_asset_name_key_prefix_and_key() -> None:
    def fn() -> None: ...

    assert asset(name="n")(fn).key == AssetKey("n")
    assert asset(key_prefix="p")(fn).key == AssetKey(["p", "fn"])
    assert asset(name="kp", key_prefix=["p", "q"])(fn).key == AssetKey(["p", "q", "kp"])
    assert asset(key=["x", "y"])(fn).key == AssetKey(["x", "y"])
    assert asset(key="x")(fn).key == AssetKey("x")


def test_asset_step_name_output_name_and_description() -> None:
    @asset(key_prefix=["p", "q"])
    def kp() -> int:
        """What it is."""
        return 1

    assert kp.op.name == "p__q__kp"
    assert set(kp.keys_by_output_name) == {"result"}
    assert kp.descriptions_by_key == {kp.key: "What it is."}
    (event,) = materialize([kp]).get_step_success_events()
    assert event.step_key == "p__q__kp"


def test_asset_description_wins_over_the_docstring() -> None:
    @asset(description="said")
    def a() -> None:
        """Written."""

    assert a.descriptions_by_key[a.key] == "said"


CONTEXTS = [
    lambda context: context.run_id,
    lambda _context: _context.run_id,
    lambda _: _.run_id,
    lambda __: __.run_id,
]


@pytest.mark.parametrize("fn", CONTEXTS)
def test_asset_context_is_recognised_by_name(fn: Any) -> None:
    result = materialize([asset(name="a")(fn)])
    assert result.asset_value("a") == result.run_id


def test_asset_context_is_recognised_by_annotation() -> None:
    @asset
    def a(ctx: AssetExecutionContext) -> str:
        return ctx.run_id

    result = materialize([a])
    assert result.asset_value("a") == result.run_id


def test_asset_config_and_resource_parameters_are_no_inputs() -> None:
    @asset
    def up() -> int:
        return 3

    @asset
    def a(config: Settings, store: Store, plain: ResourceParam[str], up: int) -> str:
        return f"{config.factor * up} {store.url} {plain}"

    assert a.keys_by_input_name == {"up": AssetKey("up")}
    result = materialize(
        [up, a],
        resources={"store": Store(url="x"), "plain": "p"},
        run_config={"ops": {"a": {"config": {"factor": 5}}}},
    )
    assert result.asset_value("a") == "15 x p"


def test_asset_kwargs_with_ins_are_allowed() -> None:
    @asset
    def x() -> int:
        return 1

    @asset
    def y() -> int:
        return 2

    @asset(ins={"first": AssetIn("x"), "second": AssetIn("y")})
    def total(**kwargs: Any) -> Any:
        return dict(sorted(kwargs.items()))

    assert materialize([x, y, total]).asset_value("total") == {"first": 1, "second": 2}


def test_asset_an_ins_name_that_is_no_parameter_raises() -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="nope"):

        @asset(ins={"nope": AssetIn("x")})
        def a(x: int) -> None: ...


def test_asset_metadata_tags_owners_group_code_version_and_kinds() -> None:
    @asset(
        metadata={"m": 1},
        tags={"k": "v"},
        owners=["a@b.co", "team:x"],
        group_name="g",
        code_version="7",
        kinds={"python"},
    )
    def a() -> None: ...

    spec = a.get_asset_spec()
    assert spec.metadata["m"] == 1
    assert spec.tags["k"] == "v"
    assert list(spec.owners) == ["a@b.co", "team:x"]
    assert (spec.group_name, spec.code_version, spec.kinds) == ("g", "7", {"python"})


def test_asset_owners_are_addresses_or_teams() -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="somebody"):
        asset(name="a", owners=["somebody"])(lambda: None)


def test_asset_required_resource_keys_and_resource_defs() -> None:
    @asset(required_resource_keys={"r"}, resource_defs={"r": Store(url="own")})
    def a(context: AssetExecutionContext) -> str:
        return context.resources.r.url

    assert materialize([a]).asset_value("a") == "own"


def test_asset_config_schema_is_validated_and_read_by_op_config() -> None:
    @asset(config_schema={"n": int})
    def a(context: AssetExecutionContext) -> int:
        return context.op_config["n"]

    assert materialize([a], run_config={"ops": {"a": {"config": {"n": 4}}}}).asset_value("a") == 4


def test_asset_retry_policy() -> None:
    tries = []

    @asset(retry_policy=RetryPolicy(max_retries=2))
    def a() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise ValueError
        return len(tries)

    assert materialize([a]).asset_value("a") == 3


def test_asset_partitions_and_backfill_policy() -> None:
    letters = StaticPartitionsDefinition(["x", "y"])

    @asset(partitions_def=letters, backfill_policy=BackfillPolicy.single_run())
    def a(context: AssetExecutionContext) -> str:
        return context.partition_key

    assert a.partitions_def == letters
    assert a.backfill_policy == BackfillPolicy.single_run()
    assert materialize([a], partition_key="y").asset_value("a") == "y"


def test_asset_policies_of_the_first_generation() -> None:
    @asset(
        auto_materialize_policy=AutoMaterializePolicy.eager(),
        freshness_policy=FreshnessPolicy(maximum_lag_minutes=5),
        compute_kind="sql",
        op_tags={"t": "1"},
    )
    def a() -> None: ...

    assert set(a.auto_materialize_policies_by_key) == {a.key}
    assert a.freshness_policies_by_key == {a.key: FreshnessPolicy(maximum_lag_minutes=5)}
    assert a.op.tags["t"] == "1"


def test_asset_non_argument_deps_is_the_old_spelling_of_deps() -> None:
    @asset(non_argument_deps={"up"})
    def a() -> None: ...

    assert keys(a.dependency_keys) == {"up"}


def test_asset_returns_a_value_an_output_or_a_result() -> None:
    @asset
    def value() -> int:
        return 1

    @asset
    def wrapped() -> Output[int]:
        return Output(2, metadata={"m": 2})

    @asset
    def result() -> MaterializeResult:
        return MaterializeResult(metadata={"m": 3})

    ran = materialize([value, wrapped, result])
    assert (ran.asset_value("value"), ran.asset_value("wrapped")) == (1, 2)
    facts = {
        e.asset_key.to_user_string(): e.materialization.metadata
        for e in ran.get_asset_materialization_events()
    }
    assert (facts["wrapped"]["m"].value, facts["result"]["m"].value) == (2, 3)


def test_asset_may_be_a_generator() -> None:
    @asset(check_specs=[AssetCheckSpec("ok", asset="a")])
    def a() -> Iterator[Any]:
        yield AssetMaterialization("elsewhere", metadata={"x": 1})
        yield AssetObservation("seen")
        yield Output(1)
        yield AssetCheckResult(passed=True, check_name="ok")

    result = materialize([a])
    assert result.asset_value("a") == 1
    assert sorted(made(result)) == ["a", "elsewhere"]
    assert [e.asset_key for e in result.get_asset_observation_events()] == [AssetKey("seen")]
    assert [e.passed for e in result.get_asset_check_evaluations()] == [True]


def test_asset_may_be_asynchronous() -> None:
    @asset
    async def a() -> int:
        await asyncio.sleep(0)
        return 1

    @asset
    async def b(a: int) -> AsyncIterator[Any]:
        await asyncio.sleep(0)
        yield Output(a + 1)

    result = materialize([a, b])
    assert (result.asset_value("a"), result.asset_value("b")) == (1, 2)


def test_asset_annotated_none_calls_no_io_manager_but_an_argument_still_loads() -> None:
    @asset
    def a() -> None: ...

    @asset
    def b(a: Any) -> int:
        return 1

    result = materialize([a])
    assert "HANDLED_OUTPUT" not in [e.event_type_value for e in result.all_events]
    with pytest.raises(FileNotFoundError):
        materialize([a, b])


def test_asset_that_returns_none_without_an_annotation_stores_it() -> None:
    @asset
    def a():
        return None

    @asset
    def b(a: Any) -> str:
        return repr(a)

    result = materialize([a, b])
    assert result.asset_value("b") == "None"
    assert "HANDLED_OUTPUT" in [e.event_type_value for e in result.events_for_node("a")]


def test_asset_annotations_are_checked_at_run_time() -> None:
    @asset
    def a() -> int:
        return 1

    @asset
    def b(a: str) -> None: ...

    with pytest.raises(DagsterTypeCheckDidNotPass) as caught:
        materialize([a, b])
    assert 'step input "a"' in str(caught.value)
    assert "String" in str(caught.value)


def test_asset_output_required_false_may_yield_nothing_and_what_is_below_is_skipped() -> None:
    @asset(output_required=False)
    def a() -> Iterator[Output[int]]:
        yield from ()

    @asset
    def b(a: int) -> int:
        return 1

    @asset(deps=[a])
    def c() -> int:
        return 1

    result = materialize([a, b, c])
    assert result.success
    assert made(result) == []
    assert {e.step_key for e in result.get_step_skipped_events()} == {"b", "c"}


def test_asset_with_an_unknown_argument_raises() -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="no_such_thing"):
        asset(no_such_thing=1)(lambda: None)


def test_asset_names_resolve_exactly() -> None:
    @asset(key_prefix=["p", "q"])
    def kp() -> int:
        return 1

    @asset(key_prefix=["p", "q"])
    def below(kp: int) -> int:
        return 1

    with pytest.raises(DagsterInvalidDefinitionError) as caught:
        Definitions([kp, below]).get_implicit_global_asset_job_def()
    assert "kp" in str(caught.value)


def test_asset_siblings_of_a_group_resolve_by_their_last_part() -> None:
    @asset(key_prefix="p", group_name="g")
    def up() -> int:
        return 4

    @asset(group_name="g")
    def below(up: int) -> int:
        return up

    assert materialize([up, below]).asset_value("below") == 4


def test_asset_an_argument_that_nobody_defines_raises() -> None:
    @asset
    def b(a: int) -> int:
        return a

    with pytest.raises(DagsterInvalidDefinitionError) as caught:
        materialize([b])
    assert '["a"]' in str(caught.value)


def test_asset_duplicate_keys_raise() -> None:
    def a() -> int:
        return 1

    with pytest.raises(DagsterInvalidDefinitionError) as caught:
        materialize([asset(a), asset(name="a")(lambda: 2)])
    assert "AssetKey(['a'])" in str(caught.value)


def test_CircularDependencyError_is_raised_for_a_cycle() -> None:
    @asset
    def x(y: int) -> int:
        return y

    @asset
    def y(x: int) -> int:
        return x

    with pytest.raises(CircularDependencyError) as caught:
        materialize([x, y])
    assert "x" in str(caught.value)
    assert "y" in str(caught.value)


# --- multi_asset ------------------------------------------------------------------------------------------------------


def test_multi_asset_outs_take_a_tuple_in_their_order() -> None:
    @multi_asset(outs={"b": AssetOut(), "a": AssetOut(key=["k", "a"])})
    def both() -> Any:
        return 1, 2

    result = materialize([both])
    assert (result.asset_value("b"), result.asset_value(["k", "a"])) == (1, 2)
    assert both.op.name == "both"


def test_multi_asset_a_single_out_is_a_bare_value() -> None:
    @multi_asset(outs={"only": AssetOut()})
    def one() -> Any:
        return (1, 2)

    assert materialize([one]).asset_value("only") == (1, 2)


def test_multi_asset_outs_may_be_yielded_by_name() -> None:
    @multi_asset(name="named", outs={"a": AssetOut(), "b": AssetOut()})
    def both() -> Any:
        yield Output(2, output_name="b")
        yield Output(1, output_name="a")

    result = materialize([both])
    assert (result.asset_value("a"), result.asset_value("b")) == (1, 2)
    assert result.is_node_success("named")


def test_multi_asset_specs_use_no_io_manager_and_every_key_is_recorded() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def both() -> Any:
        return MaterializeResult(asset_key="a", metadata={"n": 1}), MaterializeResult(asset_key="b")

    @multi_asset(specs=[AssetSpec("c"), AssetSpec("d")])
    def silent() -> None: ...

    result = materialize([silent])
    assert sorted(made(result)) == ["c", "d"]
    assert "HANDLED_OUTPUT" not in [e.event_type_value for e in result.all_events]

    @multi_asset(specs=[AssetSpec("e"), AssetSpec("f")])
    def yields() -> Any:
        yield MaterializeResult(asset_key="e")

    assert sorted(made(materialize([yields]))) == ["e", "f"]
    assert sorted(made(materialize([both]))) == ["a", "b"]

    @multi_asset(specs=[AssetSpec("g"), AssetSpec("h")])
    def returns_one() -> Any:
        return MaterializeResult(asset_key="g")

    with pytest.raises(DagsterInvariantViolationError, match="returned the results of 1"):
        materialize([returns_one])


def test_multi_asset_can_subset_runs_a_part() -> None:
    seen: list[Any] = []

    @multi_asset(outs={"a": AssetOut(is_required=False), "b": AssetOut(is_required=False)}, can_subset=True)
    def both(context: AssetExecutionContext) -> Any:
        seen.append((set(context.selected_output_names), keys(context.selected_asset_keys)))
        for name in context.selected_output_names:
            yield Output(name, output_name=name)

    assert made(materialize([both], selection=["b"])) == ["b"]
    assert seen == [({"b"}, {"b"})]


def test_multi_asset_a_part_of_one_that_cannot_be_divided_raises() -> None:
    @multi_asset(outs={"a": AssetOut(), "b": AssetOut()})
    def both() -> Any:
        return 1, 2

    with pytest.raises((DagsterInvalidSubsetError, DagsterInvalidDefinitionError), match="both"):
        materialize([both], selection=["b"])


def test_multi_asset_group_name_and_groups_of_its_outs_exclude_each_other() -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="group"):

        @multi_asset(outs={"a": AssetOut(group_name="x")}, group_name="y")
        def both() -> Any: ...


def test_multi_asset_internal_asset_deps() -> None:
    @multi_asset(
        outs={"a": AssetOut(), "b": AssetOut()},
        internal_asset_deps={"a": set(), "b": {AssetKey("a")}},
    )
    def both() -> Any:
        return 1, 2

    assert both.asset_deps[AssetKey("b")] == {AssetKey("a")}
    assert both.asset_deps[AssetKey("a")] == set()


def test_multi_asset_arguments() -> None:
    @multi_asset(
        outs={"a": AssetOut()},
        ins={"up": AssetIn("raw")},
        description="d",
        compute_kind="k",
        group_name="g",
        code_version="1",
        op_tags={"t": "1"},
        required_resource_keys={"r"},
        retry_policy=RetryPolicy(max_retries=1),
    )
    def one(up: int) -> Any:
        return up

    assert one.keys_by_input_name == {"up": AssetKey("raw")}
    assert one.group_names_by_key == {AssetKey("a"): "g"}
    assert one.specs_by_key[AssetKey("a")].code_version == "1"
    assert one.op.tags["t"] == "1"
    assert "r" in one.required_resource_keys


def test_asset_dagster_type_nothing_as_the_type_of_an_input() -> None:
    @asset
    def a() -> None: ...

    @asset(ins={"a": AssetIn(dagster_type=Nothing)})
    def b() -> int:
        return 1

    assert materialize([a, b]).asset_value("b") == 1
    assert keys(b.dependency_keys) == {"a"}


def test_asset_io_manager_def_and_key(tmp_path: Path) -> None:
    @asset(io_manager_def=FilesystemIOManager(base_dir=str(tmp_path / "own")))
    def a() -> int:
        return 1

    @asset(io_manager_key="m")
    def b() -> int:
        return 2

    with DagsterInstance.ephemeral() as instance:
        materialize(
            [a, b], instance=instance, resources={"m": FilesystemIOManager(base_dir=str(tmp_path / "m"))}
        )
    assert (tmp_path / "own" / "a").exists()
    assert (tmp_path / "m" / "b").exists()


def test_asset_hooks_and_pool() -> None:
    ran = []

    @success_hook
    def told(context: Any) -> None:
        ran.append(context.step_key)

    @asset(hooks={told}, pool="p")
    def a() -> int:
        return 1

    assert materialize([a]).success
    assert ran == ["a"]
