"""Ops, graphs and jobs in process (api.md 1.3, 1.4): values, dynamic outputs, conditions, config, hooks, retries."""

from __future__ import annotations

from typing import Any

import pytest

from tidemill import (
    AssetMaterialization,
    Config,
    ConfigurableIOManager,
    ConfigurableResource,
    DagsterInstance,
    Definitions,
    DynamicOut,
    DynamicOutput,
    Failure,
    In,
    InvalidConfigError,
    InvalidDefinitionError,
    InvalidInvocationError,
    InvalidSubsetError,
    InvariantViolationError,
    IOManager,
    Nothing,
    OpExecutionContext,
    Out,
    Output,
    ResourceParam,
    RetryPolicy,
    RetryRequested,
    RunConfig,
    StaticPartitionsDefinition,
    StepNotFoundError,
    StepOutputNotFoundError,
    asset,
    build_hook_context,
    define_asset_job,
    execute_job,
    failure_hook,
    graph,
    job,
    materialize,
    op,
    success_hook,
)


@op
def one():
    return 1


@op
def double(x):
    return 2 * x


@op
def add(x, y):
    return x + y


@op
def total(xs):
    return sum(xs)


@op(out=DynamicOut(int))
def three():
    for number in range(3):
        yield DynamicOutput(number, mapping_key=f"k{number}")


def steps(result: Any, kind: str = "STEP_SUCCESS") -> list[str]:
    return [event.step_key for event in result.all_events if event.event_type_value == kind]


class TestJobs:
    def test_values_pass_from_op_to_op(self):
        @job
        def work():
            add(one(), double(one.alias("first")()))

        result = work.execute_in_process()
        assert result.success
        assert result.output_for_node("add") == 3
        assert steps(result) == ["first", "one", "double", "add"]
        assert result.dagster_run.job_name == "work"

    def test_in_memory_it_is_the_very_object(self):
        made = object()

        @op
        def make():
            return made

        @op
        def same(x):
            return x is made

        assert graph(name="g")(lambda: same(make())).execute_in_process().output_value() is True

    def test_on_a_store_values_outlive_the_step_and_not_the_asset_list(self, tmp_path):
        @job
        def work():
            double(one())

        with DagsterInstance.local_temp(str(tmp_path)) as instance:
            result = execute_job(work, instance)
            assert result.success
            assert result.output_for_node("double") == 2
            assert instance.get_asset_keys() == []
            kinds = [entry.dagster_event.event_type_value for entry in instance.all_logs(result.run_id)]
            assert kinds.count("STEP_OUTPUT") == kinds.count("HANDLED_OUTPUT") == 2

    def test_jobs_stand_beside_assets(self):
        @asset
        def a():
            return 1

        @op(required_resource_keys={"factor"})
        def scaled(context):
            return 3 * context.resources.factor

        @job
        def work():
            scaled()

        defs = Definitions(assets=[a], jobs=[work, define_asset_job("all_assets")], resources={"factor": 5})
        assert defs.get_job_def("work").execute_in_process().output_for_node("scaled") == 15
        assert defs.get_implicit_global_asset_job_def().execute_in_process().asset_value("a") == 1

    def test_resources_of_the_job_and_of_the_call(self):
        class Factor(ConfigurableResource):
            by: int

        @op
        def scaled(factor: Factor, plain: ResourceParam[int]):
            return factor.by * plain

        @job(resource_defs={"factor": Factor(by=2), "plain": 10})
        def work():
            scaled()

        assert work.execute_in_process().output_for_node("scaled") == 20
        other = work.execute_in_process(resources={"plain": 100})
        assert other.output_for_node("scaled") == 200

    def test_a_missing_resource_is_named(self):
        @op(required_resource_keys={"nowhere"})
        def needs():
            pass

        with pytest.raises(InvalidDefinitionError, match="'nowhere' required by op 'needs'"):
            job(name="work")(lambda: needs()).execute_in_process()

    def test_tags_run_id_and_partitions(self):
        seen = {}

        @op
        def look(context: OpExecutionContext):
            seen.update(
                run=context.run_id, tags=context.run_tags, partition=context.partition_key, op=context.op.name
            )

        @job(tags={"a": "1"}, run_tags={"b": "2"}, partitions_def=StaticPartitionsDefinition(["x", "y"]))
        def work():
            look()

        run_id = "01234567-0123-4123-8123-0123456789ab"
        result = work.execute_in_process(partition_key="y", run_id=run_id, tags={"c": "3"})
        assert result.run_id == run_id
        assert (seen["run"], seen["partition"], seen["op"]) == (run_id, "y", "look")
        assert {"b": "2", "c": "3"}.items() <= seen["tags"].items()
        assert (
            "a" not in seen["tags"]
        )  # those of the job are for runs only where these have none of their own

    def test_a_failure_raises_what_the_op_raised(self):
        @op
        def broken():
            raise ZeroDivisionError("no")

        @job
        def work():
            double(broken())

        with pytest.raises(ZeroDivisionError, match="no"):
            work.execute_in_process()
        result = work.execute_in_process(raise_on_error=False)
        assert not result.success
        assert result.get_failed_step_keys() == {"broken"}
        assert result.is_node_failed("broken")
        assert result.is_node_untouched("double")

    def test_the_events_of_one_op(self):
        result = job(name="work")(lambda: double(one())).execute_in_process()
        assert [event.event_type_value for event in result.events_for_node("double")] == [
            "STEP_START",
            "LOADED_INPUT",
            "STEP_INPUT",
            "STEP_OUTPUT",
            "HANDLED_OUTPUT",
            "STEP_SUCCESS",
        ]

    def test_a_job_of_assets_has_hooks_too(self):
        done = []

        @success_hook
        def tell(context):
            done.append((context.step_key, context.op_output_values))

        @asset(hooks={tell})
        def a():
            return 1

        @asset
        def b(a):
            return a + 1

        materialize([a, b])
        assert done == [("a", {"result": 1})]
        done.clear()
        defs = Definitions(assets=[a, b], jobs=[define_asset_job("both", hooks={tell})])
        defs.get_job_def("both").execute_in_process()
        assert [step for step, _ in done] == ["a", "b"]


class TestOutputs:
    def test_a_branch_that_is_not_taken_is_skipped(self):
        @op(out={"yes": Out(is_required=False), "no": Out(is_required=False)})
        def branch():
            yield Output(1, "yes")

        @job
        def work():
            yes, no = branch()
            double.alias("taken")(yes)
            double.alias("after")(double.alias("left")(no))
            total([yes, no])

        result = work.execute_in_process()
        assert result.success
        assert steps(result, "STEP_SKIPPED") == ["left", "after"]
        assert result.output_for_node("total") == 1
        assert result.output_for_node("branch", "yes") == 1
        with pytest.raises(StepNotFoundError):
            result.output_for_node("branch", "no")

    def test_a_required_output_that_is_not_given_fails(self):
        @op(out={"a": Out(), "b": Out()})
        def lazy():
            yield Output(1, "a")

        with pytest.raises(StepOutputNotFoundError, match='non-optional output "b"'):
            job(name="work")(lambda: lazy() and None).execute_in_process()

    def test_several_outputs_are_returned_or_yielded(self):
        @op(out={"a": Out(int), "b": Out(str)})
        def pair():
            return 1, "x"

        result = job(name="work")(lambda: pair() and None).execute_in_process()
        assert (result.output_for_node("pair", "a"), result.output_for_node("pair", "b")) == (1, "x")

    @pytest.mark.parametrize(("value", "ok"), [(3, True), ("3", False)])
    def test_annotations_are_checked(self, value, ok):
        @op
        def make():
            return value

        @op
        def use(x: int) -> int:
            return x

        result = job(name="work")(lambda: use(make()) and None).execute_in_process(raise_on_error=False)
        assert result.success is ok
        if not ok:
            (failure,) = result.get_step_failure_events()
            assert 'Type check failed for step input "x"' in failure.event_specific_data.error.message

    def test_nothing_is_only_an_order(self):
        done = []

        @op(out=Out(Nothing))
        def first():
            done.append("first")

        @op
        def quiet() -> None:
            done.append("quiet")

        @op(ins={"start": In(Nothing)})
        def last(x):
            done.append("last")
            return x

        @job
        def work():
            last(one(), start=[first(), quiet()])

        assert work.execute_in_process().output_for_node("last") == 1
        assert done == ["first", "quiet", "last"]

    def test_defaults_and_values_known_before(self):
        @op(ins={"b": In(int, default_value=10)})
        def sum_up(a, b, c=100):
            return a + b + c

        assert job(name="w")(lambda: sum_up(1) and None).execute_in_process().output_for_node("sum_up") == 111
        assert (
            job(name="w")(lambda: sum_up(1, c=5) and None).execute_in_process().output_for_node("sum_up")
            == 16
        )

    def test_an_io_manager_of_the_ops_own(self):
        kept: dict[tuple[str, ...], Any] = {}

        class Kept(IOManager):
            def handle_output(self, context, obj):
                assert not context.has_asset_key
                context.add_output_metadata({"size": 1})
                kept[tuple(context.get_identifier()[1:])] = obj

            def load_input(self, context):
                return kept[tuple(context.upstream_output.get_identifier()[1:])] * 10

        @op(out=Out(io_manager_key="kept"))
        def make():
            return 4

        @op(out=DynamicOut(io_manager_key="kept"))
        def many():
            yield DynamicOutput(1, "a")

        @job(resource_defs={"kept": Kept()})
        def work():
            add(make(), make.alias("again")())
            many().map(double)

        result = work.execute_in_process()
        assert result.output_for_node("add") == 80
        assert result.output_for_node("double") == {"a": 20}
        assert kept == {("make", "result"): 4, ("again", "result"): 4, ("many", "result", "a"): 1}

    def test_an_io_manager_that_is_missing_is_named(self):
        @op(out=Out(io_manager_key="kept"))
        def make():
            return 4

        with pytest.raises(InvalidDefinitionError, match="'kept' required by output 'result' of op 'make'"):
            job(name="work")(lambda: make() and None).execute_in_process()

    def test_a_configured_io_manager_keeps_values_in_files(self, tmp_path):
        class Files(ConfigurableIOManager):
            folder: str

            def _path(self, context):
                return tmp_path / "_".join(context.get_identifier())

            def handle_output(self, context, obj):
                self._path(context).write_text(str(obj))

            def load_input(self, context):
                return int(self._path(context).read_text())

        @job(resource_defs={"io_manager": Files(folder=str(tmp_path))})
        def work():
            double(one())

        result = work.execute_in_process()
        assert result.output_for_node("double") == 2
        assert {path.name.removeprefix(f"{result.run_id}_") for path in tmp_path.iterdir()} == {
            "one_result",
            "double_result",
        }

    def test_metadata_and_materializations(self):
        @op(out=DynamicOut())
        def many(context):
            context.add_output_metadata({"rows": 3}, mapping_key="a")
            context.log_event(AssetMaterialization("table", metadata={"rows": 5}))
            yield DynamicOutput(1, "a")
            yield DynamicOutput(2, "b", metadata={"rows": 4})

        result = job(name="work")(lambda: many() and None).execute_in_process()
        told = [e.step_output_data for e in result.all_events if e.event_type_value == "STEP_OUTPUT"]
        assert [(each.mapping_key, each.metadata["rows"].value) for each in told] == [("a", 3), ("b", 4)]
        (made,) = result.asset_materializations_for_node("many")
        assert made.metadata["rows"].value == 5


class TestDynamic:
    def test_map_and_collect(self):
        @job
        def work():
            total(three().map(lambda x: add(double(x), one())).map(double).collect())

        result = work.execute_in_process()
        assert result.output_for_node("total") == 18
        assert result.output_for_node("three") == {"k0": 0, "k1": 1, "k2": 2}
        assert result.output_for_node("double_2") == {"k0": 2, "k1": 6, "k2": 10}
        assert [step for step in steps(result) if step.startswith("add")] == ["add[k0]", "add[k1]", "add[k2]"]

    def test_what_is_collected_of_nothing(self):
        @op(out=DynamicOut())
        def none():
            yield from ()

        result = job(name="work")(lambda: total(none().map(double).collect()) and None).execute_in_process()
        assert result.success
        assert result.output_for_node("total") == 0

    def test_a_list_of_dynamic_outputs_may_be_returned(self):
        @op(out=DynamicOut(int))
        def listed():
            return [DynamicOutput(1, "a"), DynamicOutput(2, mapping_key="b")]

        assert graph(name="g")(lambda: total(listed().collect())).execute_in_process().output_value() == 3

    def test_one_that_fails_is_named_and_its_neighbours_go_on(self):
        @op
        def picky(x):
            if x == 1:
                raise ValueError("one")
            return x

        result = job(name="work")(lambda: total(three().map(picky).collect()) and None).execute_in_process(
            raise_on_error=False
        )
        assert result.get_failed_step_keys() == {"picky[k1]"}
        assert result.output_for_node("picky") == {"k0": 0, "k2": 2}
        assert result.is_node_untouched("total")

    def test_one_that_gives_nothing_is_left_out(self):
        @op(out=Out(is_required=False))
        def odd(x):
            if x % 2:
                yield Output(x)

        @job
        def work():
            total(three().map(odd).collect())
            three.alias("more")().map(odd.alias("o")).map(double)

        result = work.execute_in_process()
        assert result.output_for_node("total") == 1
        assert steps(result, "STEP_SKIPPED") == ["double[k0]", "double[k2]"]

    def test_the_context_knows_the_mapping_key(self):
        @op
        def key(context, x):
            return context.get_mapping_key()

        result = job(name="work")(lambda: three().map(key) and None).execute_in_process()
        assert result.output_for_node("key") == {"k0": "k0", "k1": "k1", "k2": "k2"}

    def test_a_retry_of_the_dynamic_op_forgets_what_it_gave_before(self):
        @op(out=DynamicOut(), retry_policy=RetryPolicy(max_retries=1))
        def shaky(context):
            yield DynamicOutput(1, f"try{context.retry_number}")
            if context.retry_number == 0:
                raise ValueError("not yet")

        @job
        def work():
            total(shaky().map(double).collect())

        result = work.execute_in_process()
        assert result.output_for_node("shaky") == {"try1": 1}
        assert result.output_for_node("total") == 2

    @pytest.mark.parametrize("key", ["a b", "", "a[0]"])
    def test_a_mapping_key_is_a_name(self, key):
        with pytest.raises(InvalidDefinitionError, match="mapping_key"):
            DynamicOutput(1, mapping_key=key)

    def test_each_mapping_key_once(self):
        @op(out=DynamicOut())
        def twice():
            yield DynamicOutput(1, "a")
            yield DynamicOutput(1, "a")

        with pytest.raises(InvariantViolationError, match="twice"):
            job(name="work")(lambda: twice() and None).execute_in_process()

    def test_a_plain_value_is_no_dynamic_output(self):
        @op(out=DynamicOut())
        def plain():
            return 3

        with pytest.raises(InvariantViolationError, match="plain value for its dynamic output"):
            job(name="work")(lambda: plain() and None).execute_in_process()


class Depth(Config):
    depth: int = 1


@op
def deep(x: int, config: Depth):
    return x * config.depth


@op(config_schema={"by": int})
def old(context, x):
    return x + context.op_config["by"]


@graph
def inner(x):
    return old(deep(x))


class TestConfig:
    @pytest.mark.parametrize(
        "config",
        [
            {"ops": {"inner": {"ops": {"deep": {"config": {"depth": 3}}, "old": {"config": {"by": 4}}}}}},
            RunConfig(ops={"inner": {"ops": {"deep": Depth(depth=3), "old": {"config": {"by": 4}}}}}),
        ],
    )
    def test_config_of_ops_within_graphs(self, config):
        @job
        def work():
            inner(double(one()))

        result = work.execute_in_process(run_config=config)
        assert result.output_for_node("inner") == result.output_for_node("inner.old") == 10
        assert result.dagster_run.run_config["ops"]["inner"]["ops"]["old"] == {"config": {"by": 4}}

    def test_config_of_the_graph_and_of_the_job(self):
        @graph(config={"old": {"config": {"by": 7}}})
        def preset(x):
            return old(deep(x))

        @job(config={"ops": {"preset": {"ops": {"deep": {"config": {"depth": 2}}}}}})
        def work():
            preset(one())

        assert work.execute_in_process().output_for_node("preset") == 9
        over = {"ops": {"preset": {"ops": {"old": {"config": {"by": 0}}}}}}
        assert work.execute_in_process(run_config=over).output_for_node("preset") == 2

    def test_an_op_with_config_of_its_own(self):
        more = old.configured({"by": 100}, name="more")

        @job
        def work():
            more(deep.configured(Depth(depth=3))(one()))

        assert work.execute_in_process().output_for_node("more") == 103
        with pytest.raises(InvalidDefinitionError, match="configured"):
            old.configured(lambda config: config)

    def test_every_problem_is_told_with_its_path(self):
        bad = {"ops": {"inner": {"ops": {"deep": {"config": {"depth": "x"}}, "nope": {}}}}}
        with pytest.raises(InvalidConfigError) as raised:
            job(name="work")(lambda: inner(one()) and None).execute_in_process(run_config=bad)
        paths = [path for path, _ in raised.value.problems]
        assert "root:ops:inner:ops:deep:config:depth" in paths
        assert "root:ops:inner:ops:nope" in paths
        assert any('"old"' in text for _, text in raised.value.problems)

    def test_an_input_that_nothing_is_connected_to(self):
        @job
        def work():
            deep()

        with pytest.raises(InvalidConfigError, match="inputs"):
            work.execute_in_process()
        for given in ({"x": 5}, {"x": {"value": 5}}):
            result = work.execute_in_process(run_config={"ops": {"deep": {"inputs": given}}})
            assert result.output_for_node("deep") == 5

    def test_input_values(self):
        @job(input_values={"x": 2})
        def work(x):
            deep(x)

        assert work.execute_in_process().output_for_node("deep") == 2
        assert work.execute_in_process(input_values={"x": 3}).output_for_node("deep") == 3
        assert (
            inner.to_job("j", config={"ops": {"old": {"config": {"by": 1}}}})
            .execute_in_process(input_values={"x": 4})
            .output_value()
            == 5
        )
        with pytest.raises(InvalidDefinitionError, match="no input 'z'"):
            work.execute_in_process(input_values={"z": 3})

    def test_inputs_of_the_graph_from_the_config(self):
        @job
        def work(x):
            deep(x)

        result = work.execute_in_process(run_config={"inputs": {"x": {"value": 6}}})
        assert result.output_for_node("deep") == 6
        with pytest.raises(InvalidConfigError, match='"z"'):
            work.execute_in_process(run_config={"inputs": {"z": 6}})

    def test_a_part_of_a_job(self):
        @job
        def work():
            double(add(one(), three.alias("x")().collect and one.alias("second")()))

        result = work.execute_in_process(op_selection=["*add"])
        assert sorted(steps(result)) == ["add", "one", "second"]
        result = work.execute_in_process(
            run_config={"ops": {"double": {"inputs": {"x": 21}}}}, op_selection=["double"]
        )
        assert result.output_for_node("double") == 42
        with pytest.raises(InvalidSubsetError, match="No qualified ops"):
            work.execute_in_process(op_selection=["nope"])


class TestEnds:
    def test_hooks_are_told_how_a_step_ended(self):
        told: list[Any] = []

        @success_hook(required_resource_keys={"pager"})
        def good(context):
            told.append((context.step_key, context.op_output_values, context.resources.pager))

        @failure_hook(name="told_of_failure")
        def bad(context):
            told.append(
                (context.step_key, type(context.op_exception), context.job_name, context.hook_def.name)
            )

        @op
        def broken(x):
            raise ValueError("no")

        @job(hooks={good, bad}, resource_defs={"pager": "p"})
        def work():
            broken(one())

        result = work.execute_in_process(raise_on_error=False)
        assert told == [
            ("one", {"result": 1}, "p"),
            ("broken", ValueError, "work", "told_of_failure"),
        ]
        assert steps(result, "HOOK_COMPLETED") == ["one", "broken"]

    def test_a_hook_that_fails_fails_nothing(self):
        @success_hook
        def broken(context):
            raise RuntimeError("hook")

        result = job(name="work", hooks={broken})(lambda: one() and None).execute_in_process()
        assert result.success
        (event,) = [e for e in result.all_events if e.event_type_value == "HOOK_ERRORED"]
        assert "RuntimeError: hook" in event.message

    def test_a_hook_hears_of_a_failure_when_no_attempt_is_left(self):
        told = []

        @failure_hook
        def bad(context):
            told.append(context.step_key)

        @op
        def asks(context):
            if context.retry_number < 1:
                raise RetryRequested(max_retries=1)
            raise Failure("enough", metadata={"n": 1}, allow_retries=False)

        result = job(name="work", hooks={bad}, op_retry_policy=RetryPolicy(max_retries=5))(
            lambda: asks() and None
        ).execute_in_process(raise_on_error=False)
        assert told == ["asks"]
        assert result.retry_attempts_for_node("asks") == 1
        data = result.failure_data_for_node("asks")
        assert data.user_failure_data.description == "enough"

    def test_a_policy_of_the_call_counts_before_those_of_the_op_and_the_job(self):
        tries: list[str] = []

        @op(retry_policy=RetryPolicy(max_retries=1))
        def shaky(context):
            tries.append(context.op.name)
            raise ValueError("no")

        @job(op_retry_policy=RetryPolicy(max_retries=5))
        def work():
            shaky()
            shaky.with_retry_policy(RetryPolicy(max_retries=2)).alias("more")()

        result = work.execute_in_process(raise_on_error=False)
        assert result.retry_attempts_for_node("shaky") == 1
        assert result.retry_attempts_for_node("more") == 2

    def test_hooks_are_called_in_tests(self):
        @success_hook(required_resource_keys={"pager"})
        def tell(context):
            return context.op.name, context.resources.pager, context.run_id

        context = build_hook_context(resources={"pager": 3}, op=one.alias("first"), run_id="r")
        assert tell(context) == ("first", 3, "r")
        with pytest.raises(InvalidInvocationError, match="its context"):
            tell()
        with pytest.raises(InvariantViolationError, match="no job_name"):
            _ = context.job_name
