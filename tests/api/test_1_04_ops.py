"""Section 1.4: ops, graphs, jobs and hooks."""

from typing import Any

import pytest

from tidemill import (
    AssetExecutionContext,
    AssetKey,
    Config,
    DagsterInstance,
    DagsterInvalidDefinitionError,
    Definitions,
    DynamicOut,
    DynamicOutput,
    GraphIn,
    GraphOut,
    HookContext,
    In,
    InMemoryIOManager,
    JobDefinition,
    Nothing,
    OpExecutionContext,
    Out,
    Output,
    ResourceDefinition,
    RetryPolicy,
    StaticPartitionsDefinition,
    asset,
    build_hook_context,
    failure_hook,
    graph,
    in_process_executor,
    job,
    materialize,
    op,
    success_hook,
    validate_run_config,
)
from tidemill.core.errors import ValueNotStoredError


@op
def one() -> int:
    return 1


@op
def add_one(n: int) -> int:
    return n + 1


def steps(result: Any) -> set[str]:
    return {event.step_key for event in result.get_step_success_events()}


# --- op, In, Out ------------------------------------------------------------------------------------------------------


def test_op_arguments() -> None:
    @op(
        name="n",
        description="d",
        ins={"x": In(int)},
        out=Out(int),
        config_schema={"k": int},
        required_resource_keys={"r"},
        tags={"t": "1"},
        retry_policy=RetryPolicy(max_retries=2),
        code_version="3",
        pool="p",
    )
    def fn(context: OpExecutionContext, x: int) -> int:
        return x

    assert (fn.name, fn.description, fn.tags["t"]) == ("n", "d", "1")
    assert fn.required_resource_keys == {"r"}
    assert set(fn.ins) == {"x"}
    assert set(fn.outs) == {"result"}


def test_op_is_usable_bare_and_called_directly() -> None:
    assert add_one(4) == 5
    assert one.name == "one"


def test_op_aliases_tags_hooks_and_retry_policies_of_one_use() -> None:
    seen = []

    @success_hook
    def told(context: HookContext) -> None:
        seen.append(context.step_key)

    tries = []

    @op
    def flaky(n: int) -> int:
        tries.append(n)
        if len(tries) < 2:
            raise ValueError
        return n

    @job
    def whole() -> None:
        first = one.alias("first").tag({"t": "1"})()
        second = add_one.with_hooks({told}).alias("second")(first)
        flaky.with_retry_policy(RetryPolicy(max_retries=1))(second)

    result = whole.execute_in_process()
    assert steps(result) == {"first", "second", "flaky"}
    assert seen == ["second"]
    assert result.output_for_node("flaky") == 2


def test_op_config_class_and_context() -> None:
    class Settings(Config):
        n: int = 4

    @op
    def configured(context: OpExecutionContext, config: Settings) -> int:
        return config.n

    @job
    def whole() -> None:
        configured()

    assert whole.execute_in_process().output_for_node("configured") == 4
    config = {"ops": {"configured": {"config": {"n": 5}}}}
    assert whole.execute_in_process(config).output_for_node("configured") == 5


def test_In_default_value_description_and_type() -> None:
    @op(ins={"n": In(int, "what it is", default_value=7, metadata={"m": 1})})
    def given(n: int) -> int:
        return n

    @job
    def whole() -> None:
        given()

    assert In(int, "what it is").description == "what it is"
    assert whole.execute_in_process().output_for_node("given") == 7


def test_op_config_without_a_schema_is_what_was_given() -> None:
    @op
    def told(context: OpExecutionContext) -> list[Any]:
        return [context.op_config]

    @job
    def whole() -> None:
        told()

    assert whole.execute_in_process().output_for_node("told") == [None]
    for given in (5, 0, "x", [1, 2], {"a": {"b": 1}}):
        result = whole.execute_in_process({"ops": {"told": {"config": given}}})
        assert result.output_for_node("told") == [given]
        assert (
            validate_run_config(whole, {"ops": {"told": {"config": given}}})["ops"]["told"]["config"] == given
        )


def test_In_asset_key_loads_the_asset_where_nothing_is_connected() -> None:
    @asset
    def emails() -> list[int]:
        return [1, 2]

    @op(ins={"given": In(asset_key=AssetKey("emails"))})
    def count(given: list[int]) -> int:
        return len(given)

    @op(ins={"given": In(asset_key="emails", default_value=[])})
    def defaulted(given: list[int]) -> int:
        return len(given)

    @op(ins={"after": In(Nothing, asset_key="emails")})
    def later() -> str:
        return "done"

    @op
    def three() -> list[int]:
        return [1, 2, 3]

    @job
    def whole() -> None:
        count()
        count.alias("connected")(three())
        defaulted()
        later()

    instance = DagsterInstance.ephemeral()
    materialize([emails], instance=instance)
    for known in (whole, Definitions(assets=[emails], jobs=[whole]).get_job_def("whole")):
        result = known.execute_in_process(instance=instance)
        told = [result.output_for_node(name) for name in ("count", "connected", "defaulted", "later")]
        assert told == [2, 3, 0, "done"]
    assert count.ins["given"].asset_key == AssetKey("emails")
    with pytest.raises(ValueNotStoredError, match="No value of 'emails' is stored"):
        whole.execute_in_process(instance=DagsterInstance.ephemeral())


def test_In_asset_partitions() -> None:
    @asset(partitions_def=StaticPartitionsDefinition(["a", "b", "c"]))
    def sliced(context: AssetExecutionContext) -> str:
        return context.partition_key * 2

    @op(ins={"given": In(asset_key="sliced", asset_partitions={"b", "a"})})
    def several(given: dict[str, str]) -> dict[str, str]:
        return given

    @op(ins={"given": In(asset_key="sliced", asset_partitions={"c"})})
    def one_of_them(given: str) -> str:
        return given

    @job
    def whole() -> None:
        several()
        one_of_them()

    instance = DagsterInstance.ephemeral()
    for key in "abc":
        materialize([sliced], instance=instance, partition_key=key)
    for known in (whole, Definitions(assets=[sliced], jobs=[whole]).get_job_def("whole")):
        result = known.execute_in_process(instance=instance)
        assert result.output_for_node("several") == {"a": "aa", "b": "bb"}
        assert result.output_for_node("one_of_them") == "cc"


@pytest.mark.parametrize(
    "given",
    [
        {"asset_key": lambda context: AssetKey("x")},
        {"asset_key": "x", "asset_partitions": lambda context: {"a"}},
        {"asset_partitions": {"a"}},
        {"asset_key": "x", "asset_partitions": "a"},
    ],
)
def test_In_asset_key_is_known_before_the_run(given: Any) -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="In: asset_"):
        In(**given)


def test_In_input_manager_key() -> None:
    class Constant(InMemoryIOManager):
        def load_input(self, context: Any) -> Any:
            return 9

    @op(ins={"n": In(input_manager_key="m")})
    def given(n: int) -> int:
        return n

    @job(resource_defs={"m": ResourceDefinition.hardcoded_resource(Constant())})
    def whole() -> None:
        given()

    assert whole.execute_in_process().output_for_node("given") == 9


def test_In_and_Nothing_order_without_data() -> None:
    order = []

    @op(ins={"start": In(Nothing)})
    def last() -> None:
        order.append("last")

    @op(out=Out(Nothing))
    def begin() -> None:
        order.append("begin")

    @job
    def whole() -> None:
        last(start=begin())

    assert whole.execute_in_process().success
    assert order == ["begin", "last"]


def test_Nothing_is_what_an_input_without_data_is_typed_with() -> None:
    assert In(Nothing).dagster_type == In(dagster_type=Nothing).dagster_type


def test_Out_several_and_optional() -> None:
    @op(out={"x": Out(int, "d", metadata={"m": 1}), "y": Out(is_required=False)})
    def two() -> Any:
        yield Output(1, "x")

    @op
    def never(n: int) -> int:
        return n

    @job
    def whole() -> None:
        x, y = two()
        add_one(x)
        never(y)

    result = whole.execute_in_process()
    assert result.success
    assert result.output_for_node("two", "x") == 1
    assert result.is_node_skipped("never")
    assert two.outs["x"].is_required
    assert Out().is_required
    assert not Out(is_required=False).is_required


def test_Out_io_manager_key_and_code_version() -> None:
    stored = []

    class Own(InMemoryIOManager):
        def handle_output(self, context: Any, obj: Any) -> None:
            stored.append(obj)
            super().handle_output(context, obj)

    @op(out=Out(io_manager_key="m", code_version="1"))
    def kept() -> int:
        return 3

    @job(resource_defs={"m": ResourceDefinition.hardcoded_resource(Own())})
    def whole() -> None:
        add_one(kept())

    assert whole.execute_in_process().output_for_node("add_one") == 4
    assert stored == [3]


def test_DynamicOut_maps_and_collects() -> None:
    @op(out=DynamicOut(int, description="d"))
    def fan() -> Any:
        for key in "ab":
            yield DynamicOutput(ord(key), mapping_key=key)

    @op
    def total(ns: list) -> int:
        return sum(ns)

    @job
    def whole() -> None:
        total(fan().map(add_one).collect())

    result = whole.execute_in_process()
    assert steps(result) == {"fan", "add_one[a]", "add_one[b]", "total"}
    assert result.output_for_node("total") == ord("a") + ord("b") + 2


def test_DynamicOutput_arguments_and_what_becomes_of_it() -> None:
    output = DynamicOutput(1, "k", "o", {"m": 1})
    assert (output.value, output.mapping_key, output.output_name) == (1, "k", "o")
    assert DynamicOutput(1, mapping_key="k").output_name == "result"

    @op(out=DynamicOut())
    def fan() -> Any:
        yield DynamicOutput(1, mapping_key="x", metadata={"m": 1})

    @graph
    def each(n: int) -> int:
        return add_one(add_one.alias("again")(n))

    @job
    def whole() -> None:
        fan().map(lambda n: each(n)).collect()

    result = whole.execute_in_process()
    assert result.output_for_node("each.add_one") == {"x": 3}


def test_DynamicOutput_mapping_keys_are_unique_and_words() -> None:
    with pytest.raises(Exception, match="a b"):
        DynamicOutput(1, mapping_key="a b")

    @op(out=DynamicOut())
    def twice() -> Any:
        yield DynamicOutput(1, mapping_key="x")
        yield DynamicOutput(2, mapping_key="x")

    @job
    def whole() -> None:
        twice()

    assert not whole.execute_in_process(raise_on_error=False).success


# --- graph, job -------------------------------------------------------------------------------------------------------


def test_graph_becomes_a_job() -> None:
    @graph(name="n", description="d", tags={"t": "1"})
    def fn() -> int:
        return add_one(one())

    made = fn.to_job(
        name="j",
        description="of the job",
        resource_defs={"r": ResourceDefinition.hardcoded_resource(1)},
        tags={"u": "2"},
        metadata={"m": 1},
        executor_def=in_process_executor,
        op_retry_policy=RetryPolicy(max_retries=1),
    )
    assert fn.name == "n"
    assert isinstance(made, JobDefinition)
    assert (made.name, made.description, made.tags["u"]) == ("j", "of the job", "2")
    result = made.execute_in_process()
    assert result.output_value() == 2
    assert result.dagster_run.tags["u"] == "2"


def test_graph_inputs_outputs_and_nesting() -> None:
    @graph(ins={"n": GraphIn("d")}, out=GraphOut("e"))
    def inner(n: int) -> int:
        return add_one(n)

    @graph(out={"a": GraphOut(), "b": GraphOut()})
    def outer() -> Any:
        start = one()
        return {"a": inner.alias("left")(start), "b": inner(inner.alias("middle")(start))}

    result = outer.to_job().execute_in_process()
    assert (result.output_value("a"), result.output_value("b")) == (2, 3)
    assert "left.add_one" in steps(result)


def test_graph_config_and_input_values() -> None:
    class Settings(Config):
        n: int

    @op
    def configured(config: Settings) -> int:
        return config.n

    @graph(config={"configured": {"config": {"n": 3}}})
    def fixed() -> int:
        return configured()

    @graph
    def given(n: int) -> int:
        return add_one(n)

    assert fixed.to_job().execute_in_process().output_value() == 3
    assert given.to_job(input_values={"n": 4}).execute_in_process().output_value() == 5
    assert given.to_job().execute_in_process(input_values={"n": 5}).output_value() == 6


def test_GraphIn_has_a_description() -> None:
    assert GraphIn("d").description == "d"
    assert GraphIn().description is None


def test_GraphOut_has_a_description_and_must_be_what_an_op_gives() -> None:
    assert GraphOut("d").description == "d"
    with pytest.raises(DagsterInvalidDefinitionError):

        @graph(out={"a": GraphOut(), "b": GraphOut()})
        def half() -> Any:
            return {"a": one()}


def test_job_arguments() -> None:
    seen = []

    @success_hook
    def told(context: HookContext) -> None:
        seen.append(context.step_key)

    @op(required_resource_keys={"r"}, config_schema={"n": int})
    def uses(context: OpExecutionContext) -> Any:
        return context.resources.r, context.op_config["n"]

    @job(
        name="n",
        description="d",
        resource_defs={"r": ResourceDefinition.hardcoded_resource("res")},
        config={"ops": {"uses": {"config": {"n": 1}}}},
        tags={"t": "1"},
        run_tags={"u": "2"},
        metadata={"m": 1},
        executor_def=in_process_executor,
        hooks={told},
        op_retry_policy=RetryPolicy(max_retries=1),
    )
    def whole() -> None:
        uses()

    assert (whole.name, whole.description, whole.tags["t"]) == ("n", "d", "1")
    result = whole.execute_in_process()
    assert result.output_for_node("uses") == ("res", 1)
    assert result.dagster_run.tags["u"] == "2"
    assert seen == ["uses"]


def test_job_partitions_def() -> None:
    @op
    def tells(context: OpExecutionContext) -> str:
        return context.partition_key

    @job(partitions_def=StaticPartitionsDefinition(["x", "y"]))
    def whole() -> None:
        tells()

    assert whole.execute_in_process(partition_key="y").output_for_node("tells") == "y"


def test_JobDefinition_execute_in_process_arguments() -> None:
    @op(required_resource_keys={"r"})
    def uses(context: OpExecutionContext, n: int) -> Any:
        return context.resources.r, n

    @job
    def whole() -> None:
        uses(one())

    with DagsterInstance.ephemeral() as instance:
        result = whole.execute_in_process(
            run_config={},
            instance=instance,
            tags={"k": "v"},
            resources={"r": "res"},
            run_id="11111111-1111-1111-1111-111111111111",
        )
        assert result.output_for_node("uses") == ("res", 1)
        assert result.run_id == "11111111-1111-1111-1111-111111111111"
        assert instance.get_run_by_id(result.run_id).tags["k"] == "v"
    part = whole.execute_in_process(op_selection=["one"], resources={"r": 1})
    assert steps(part) == {"one"}


def test_JobDefinition_execute_in_process_raises_or_tells() -> None:
    @op
    def broken() -> None:
        raise ZeroDivisionError("told")

    @job
    def whole() -> None:
        broken()

    with pytest.raises(ZeroDivisionError):
        whole.execute_in_process()
    assert not whole.execute_in_process(raise_on_error=False).success


def test_JobDefinition_execute_in_process_swaps_the_default_io_manager_only() -> None:
    stored = []

    class Own(InMemoryIOManager):
        def handle_output(self, context: Any, obj: Any) -> None:
            stored.append(context.step_key)
            super().handle_output(context, obj)

    @job(resource_defs={"io_manager": ResourceDefinition.hardcoded_resource(Own())})
    def whole() -> None:
        add_one(one())

    assert whole.execute_in_process().output_for_node("add_one") == 2
    assert stored == ["one", "add_one"]


# --- hooks ------------------------------------------------------------------------------------------------------------


def test_success_hook_and_what_it_is_told() -> None:
    seen: dict[str, Any] = {}

    @success_hook(required_resource_keys={"r"})
    def told(context: HookContext) -> None:
        seen.update(
            op=context.op.name,
            step=context.step_key,
            error=context.op_exception,
            values=dict(context.op_output_values),
            r=context.resources.r,
            run=context.run_id,
            job=context.job_name,
        )
        context.log.info("told")

    @job(hooks={told}, resource_defs={"r": ResourceDefinition.hardcoded_resource("res")})
    def whole() -> None:
        one()

    result = whole.execute_in_process()
    assert seen == {
        "op": "one",
        "step": "one",
        "error": None,
        "values": {"result": 1},
        "r": "res",
        "run": result.run_id,
        "job": "whole",
    }


def test_success_hook_bare_and_named() -> None:
    @success_hook
    def bare(context: HookContext) -> None: ...

    @success_hook(name="n")
    def named(context: HookContext) -> None: ...

    assert (bare.name, named.name) == ("bare", "n")


def test_failure_hook_sees_what_was_raised() -> None:
    seen = []

    @failure_hook(name="n")
    def told(context: HookContext) -> None:
        seen.append((context.step_key, type(context.op_exception)))

    @op
    def broken() -> None:
        raise ZeroDivisionError

    @job(hooks={told})
    def whole() -> None:
        broken()
        one()

    assert not whole.execute_in_process(raise_on_error=False).success
    assert seen == [("broken", ZeroDivisionError)]


def test_HookContext_of_a_hook_that_fails_does_not_fail_the_step() -> None:
    @success_hook
    def bad(context: HookContext) -> None:
        raise ValueError(context.step_key, context.op, context.op_exception, context.op_output_values)

    @job(hooks={bad})
    def whole() -> None:
        one()

    result = whole.execute_in_process()
    assert result.success
    assert "HOOK_ERRORED" in [event.event_type_value for event in result.all_events]


def test_HookContext_has_log_resources_run_and_job() -> None:
    seen = []

    @success_hook(required_resource_keys={"r"})
    def told(context: HookContext) -> None:
        context.log.info(context.step_key)
        seen.append((context.resources.r, context.run_id is not None, context.job_name))

    @job(hooks={told}, resource_defs={"r": ResourceDefinition.hardcoded_resource(1)})
    def whole() -> None:
        one()

    whole.execute_in_process()
    assert seen == [(1, True, "whole")]


def test_build_hook_context_runs_a_hook_directly() -> None:
    seen = []

    @failure_hook(required_resource_keys={"r"})
    def told(context: HookContext) -> None:
        seen.append(
            (context.resources.r, context.op.name, context.op_exception, context.run_id, context.job_name)
        )

    error = ValueError("x")
    told(build_hook_context({"r": "res"}, op=one, op_exception=error, run_id="id", job_name="j"))
    assert seen == [("res", "one", error, "id", "j")]
