"""Small things that programs and their tests rely on, found by running many of them (api.md 1.1 to 1.11)."""

import logging
from collections.abc import Iterator
from functools import partial

import pytest

from tidemill import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetSelection,
    AssetSpec,
    BackfillPolicy,
    Config,
    ConfigurableResource,
    DagsterInstance,
    Definitions,
    Failure,
    In,
    InitLoggerContext,
    InputContext,
    InvalidConfigError,
    InvalidDefinitionError,
    InvalidInvocationError,
    InvariantViolationError,
    IOManager,
    MaterializeResult,
    MetadataValue,
    OpExecutionContext,
    Out,
    Output,
    OutputContext,
    RetryRequested,
    SkipReason,
    StaticPartitionsDefinition,
    TableColumnDep,
    TableColumnLineage,
    TableConstraints,
    TableSchema,
    TidemillError,
    asset,
    asset_check,
    build_asset_context,
    build_op_context,
    build_schedule_context,
    define_asset_job,
    in_process_executor,
    input_manager,
    job,
    logger,
    materialize,
    multi_asset,
    multi_asset_check,
    multiprocess_executor,
    op,
    schedule,
)


def test_1_1_an_asset_key_as_text_is_what_makes_it() -> None:
    assert f"{AssetKey('a')} {AssetKey(['a', 'b'])!s}" == "AssetKey(['a']) AssetKey(['a', 'b'])"


def test_1_1_keys_are_a_set() -> None:
    @multi_asset(specs=[AssetSpec("a"), AssetSpec("b")])
    def both() -> None: ...

    assert both.keys == {AssetKey("a"), AssetKey("b")}
    assert both.keys | {AssetKey("c")} == {AssetKey(each) for each in "abc"}
    assert both.keys.isdisjoint({AssetKey("d")})


def test_1_1_the_metadata_of_a_result_is_what_was_given_until_it_is_recorded() -> None:
    @asset
    def counted() -> MaterializeResult:
        return MaterializeResult(metadata={"rows": 3, "names": ["a"]})

    assert counted().metadata == {"rows": 3, "names": ["a"]}
    (made,) = materialize([counted]).asset_materializations_for_node("counted")
    assert made.metadata["rows"].value == 3
    assert made.metadata["names"].data == ["a"]


def test_1_2_what_user_code_raised_is_the_cause_of_an_error_that_names_the_step() -> None:
    @asset
    def odd() -> None:
        raise ValueError("seven") from KeyError("inner")

    @asset
    def refused() -> None:
        raise Failure("on purpose")

    @asset
    def asked() -> None:
        raise RetryRequested(max_retries=0) from OSError("busy")

    result = materialize([odd, refused, asked], raise_on_error=False)
    error = result.failure_data_for_node("odd").error
    assert error.cls_name == "DagsterExecutionStepExecutionError"
    assert "'odd'" in error.message
    assert (error.cause.cls_name, error.cause.cause.cls_name) == ("ValueError", "KeyError")
    assert "ValueError: seven" in error.to_string()
    assert result.failure_data_for_node("refused").error.cls_name == "Failure"
    assert result.failure_data_for_node("asked").error.cause.cls_name == "OSError"


def test_1_2_an_error_of_ours_is_told_as_it_is() -> None:
    @asset
    def number() -> int:
        return "three"  # type: ignore[return-value]

    result = materialize([number], raise_on_error=False)
    assert result.failure_data_for_node("number").error.cls_name == "DagsterTypeCheckDidNotPass"


def test_1_1_a_call_with_the_wrong_arguments() -> None:
    @asset
    def sums(rows: list[int]) -> int:
        return sum(rows)

    assert sums([1, 2]) == 3
    for wrong in (sums, partial(sums, [1], [2]), partial(sums, other=[1])):
        with pytest.raises(InvalidInvocationError, match="sums"):
            wrong()


class Table(ConfigurableResource):
    name: str


class Limit(Config):
    rows: int = 2


def test_1_4_an_op_is_called_with_resources_and_config_by_position() -> None:
    @op
    def read(context: OpExecutionContext, config: Limit, table: Table, x: int) -> str:
        return f"{table.name} {config.rows} {x}"

    @op
    def named(table: Table, config: Limit) -> str:
        return f"{table.name} {config.rows}"

    context, config, table = build_op_context(), Limit(rows=5), Table(name="t")
    assert read(context, config, table, 1) == read(context, config=config, table=table, x=1) == "t 5 1"
    assert read(context, 1, table=table, config=config) == "t 5 1"
    assert named(table, config) == named(table=table, config=config) == "t 5"
    with pytest.raises(InvalidInvocationError, match="named"):
        named(table, config, 3)


def test_1_3_output_metadata_is_what_was_added() -> None:
    @asset
    def counted(context: AssetExecutionContext) -> int:
        context.add_output_metadata({"rows": 3})
        context.add_output_metadata({"names": ["a"]})
        return 3

    context = build_asset_context()
    assert counted(context) == 3
    assert context.get_output_metadata("result") == {"rows": 3, "names": ["a"]}
    (made,) = materialize([counted]).asset_materializations_for_node("counted")
    assert (made.metadata["rows"].value, made.metadata["names"].data) == (3, ["a"])


def test_1_4_a_job_of_assets_stores_what_they_give() -> None:
    @asset
    def first() -> int:
        return 1

    @asset
    def second(first: int) -> int:
        return first + 1

    defs = Definitions(assets=[first, second], jobs=[define_asset_job("both")])
    with DagsterInstance.local_temp() as instance:
        job = defs.resolve_job_def("both")
        assert job.execute_in_process(instance=instance).success
        again = job.execute_in_process(instance=instance, asset_selection=[second.key])
        assert again.output_for_node("second") == 2
        assert materialize([first, second], instance=instance, selection=[second]).success
        assert defs.load_asset_value("first", instance=instance) == 1


@pytest.mark.parametrize("own", [None, StaticPartitionsDefinition(["x"])], ids=["none", "another"])
def test_1_7_a_job_of_assets_with_other_slices_is_refused(own: StaticPartitionsDefinition | None) -> None:
    @asset(partitions_def=StaticPartitionsDefinition(["x"]))
    def other() -> None: ...

    jobs = [
        define_asset_job("both", selection=["by_region", "other"], partitions_def=own),
        define_asset_job("one", selection=["by_region", "orders"]),
    ]
    defs = Definitions(assets=[orders, by_region, other], jobs=jobs)
    assert defs.resolve_job_def("one").partitions_def is by_region.partitions_def
    with pytest.raises(InvalidDefinitionError, match="partitioned differently"):
        defs.resolve_job_def("both")
    jobs = [define_asset_job("odd", selection=["by_region"], partitions_def=other.partitions_def)]
    with pytest.raises(InvalidDefinitionError, match="'odd'"):
        Definitions(assets=[by_region], jobs=jobs).resolve_job_def("odd")


class Inner(Config):
    rate: float = 0.1


class Middle(Config):
    inner: Inner
    size: int = 3


class Outer(Config):
    middle: Middle
    name: str = "none"


class Needy(Config):
    outer: Outer
    depth: int


def test_1_5_a_part_of_config_that_needs_nothing_need_not_be_given() -> None:
    @asset
    def shown(config: Outer) -> tuple[float, int, str]:
        return config.middle.inner.rate, config.middle.size, config.name

    def run(config: dict[str, object] | None) -> tuple[float, int, str]:
        given = None if config is None else {"ops": {"shown": {"config": config}}}
        return materialize([shown], run_config=given).output_for_node("shown")

    assert run(None) == run({}) == run({"middle": {}}) == (0.1, 3, "none")
    assert run({"middle": {"size": 4}, "name": "x"}) == (0.1, 4, "x")
    assert run({"middle": {"inner": {"rate": 2.0}}}) == (2.0, 3, "none")


def test_1_5_a_part_of_config_that_needs_something_must_be_given() -> None:
    @asset
    def needy(config: Needy) -> float:
        return config.outer.middle.inner.rate * config.depth

    with pytest.raises(InvalidConfigError, match="depth") as caught:
        materialize([needy])
    assert "outer" not in str(caught.value)
    assert (
        materialize([needy], run_config={"ops": {"needy": {"config": {"depth": 2}}}}).output_for_node("needy")
        == 0.2
    )


SEEN: list[str] = []


class Seen(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if "special" in record.getMessage():
            SEEN.append(record.levelname)


@logger(config_schema={"level": str})
def listing(context: InitLoggerContext) -> logging.Logger:
    made = logging.getLogger("test.listing")
    made.setLevel(context.logger_config["level"])
    made.handlers = [Seen()]
    return made


@op
def telling(context: OpExecutionContext) -> None:
    context.log.debug("a special one")
    context.log.warning("a special two")


@op(out={"low": Out(), "high": Out(is_required=False)})
def halves() -> Iterator[Output[int]]:
    yield Output(1, "low")


@pytest.mark.parametrize("within", [False, True], ids=["alone", "in definitions"])
def test_1_4_loggers_of_a_job(within: bool) -> None:
    @job(logger_defs={"listing": listing}, metadata={"pages": 3}, executor_def=in_process_executor)
    def told() -> None:
        telling()

    SEEN.clear()
    found = Definitions(jobs=[told]).resolve_job_def("told") if within else told
    assert found.execute_in_process(
        run_config={"loggers": {"listing": {"config": {"level": "INFO"}}}}
    ).success
    assert SEEN == ["WARNING"]
    assert found.metadata == {"pages": MetadataValue.int(3)}
    assert found.executor_def is in_process_executor


@input_manager
def table_rows(context: InputContext) -> str:
    assert not context.has_asset_key
    return f"{context.definition_metadata['table']} for {context.name}"


def test_1_6_an_input_that_nothing_is_connected_to_is_loaded_by_its_manager() -> None:
    @op(ins={"rows": In(str, input_manager_key="tables", metadata={"table": "users"})})
    def shown(rows: str) -> str:
        return rows

    @job(resource_defs={"tables": table_rows})
    def told() -> None:
        shown()

    assert told.execute_in_process().output_for_node("shown") == "users for rows"
    given = {"ops": {"shown": {"inputs": {"rows": "given"}}}}
    with pytest.raises(
        InvalidConfigError, match="inputs"
    ):  # its manager takes no config, and would not read it
        told.execute_in_process(run_config=given)

    @job
    def without() -> None:
        shown()

    with pytest.raises(InvalidDefinitionError, match="'tables'"):
        without.execute_in_process()


def test_1_4_the_executor_of_a_job() -> None:
    jobs = [define_asset_job("own", executor_def=in_process_executor), define_asset_job("other")]
    defs = Definitions(assets=[orders], jobs=jobs, executor=multiprocess_executor)
    assert defs.resolve_job_def("own").executor_def is in_process_executor
    assert defs.resolve_job_def("other").executor_def is multiprocess_executor
    assert Definitions(assets=[orders]).resolve_implicit_global_asset_job_def().executor_def.name


def test_1_2_an_output_that_was_not_given() -> None:
    @job
    def split() -> None:
        halves()

    result = split.execute_in_process()
    assert result.output_for_node("halves", "low") == 1
    with pytest.raises(InvariantViolationError, match="high"):
        result.output_for_node("halves", "high")


def test_1_3_a_resource_that_a_context_was_not_given() -> None:
    @op(required_resource_keys={"db"})
    def asking(context: OpExecutionContext) -> str:
        return context.resources.db

    assert asking(build_op_context(resources={"db": "d"})) == "d"
    with pytest.raises(TidemillError, match="'db'"):
        asking(build_op_context())


def test_1_8_a_tick_that_asks_for_nothing_has_an_empty_list() -> None:
    @schedule(cron_schedule="@daily", job_name="nightly")
    def never() -> SkipReason:
        return SkipReason("closed")

    tick = never.evaluate_tick(build_schedule_context())
    assert (tick.run_requests, tick.skip_message) == ([], "closed")


def test_1_7_the_output_of_a_run_over_a_range_is_what_the_function_gave() -> None:
    class Table(IOManager):
        def handle_output(self, context: OutputContext, obj: object) -> None: ...

        def load_input(self, context: InputContext) -> object:
            raise NotImplementedError

    @asset(
        partitions_def=StaticPartitionsDefinition(["a", "b", "c"]),
        backfill_policy=BackfillPolicy.single_run(),
    )
    def batch(context: AssetExecutionContext) -> list[str]:
        return list(context.partition_keys)

    bounds = {"dagster/asset_partition_range_start": "b", "dagster/asset_partition_range_end": "c"}
    result = materialize([batch], tags=bounds, resources={"io_manager": Table()})
    assert result.output_for_node("batch") == ["b", "c"]
    assert [event.partition for event in result.get_asset_materialization_events()] == ["b", "c"]


def test_1_10_the_key_of_a_check() -> None:
    assert some.check_key == AssetCheckKey(AssetKey("orders"), "some")

    @multi_asset_check(specs=[AssetCheckSpec("a", asset=orders), AssetCheckSpec("b", asset=orders)])
    def several() -> None: ...

    with pytest.raises(InvariantViolationError, match="several") as caught:
        _ = several.check_key
    assert caught.value.found == "orders:a, orders:b"


def test_1_11_column_lineage() -> None:
    lineage = TableColumnLineage({"total": [TableColumnDep(orders.key, "amount")]})
    assert MetadataValue.column_lineage(lineage).lineage == lineage
    assert TableSchema([], TableConstraints(["a > 0"])).constraints.other == ["a > 0"]


@asset(group_name="raw", tags={"of": "shop"}, kinds={"csv"}, owners=["team:x"], metadata={"rows": 3})
def orders() -> None: ...


@asset(deps=[orders, "given"], partitions_def=StaticPartitionsDefinition(["eu", "us"]), code_version="2")
def by_region() -> None:
    """Sums."""


@asset_check(asset=orders)
def some() -> AssetCheckResult:
    return AssetCheckResult(passed=True)


def test_1_4_the_asset_graph_of_definitions() -> None:
    defs = Definitions(assets=[by_region, orders], asset_checks=[some])
    graph = defs.resolve_asset_graph()
    made, given = {orders.key, by_region.key}, AssetKey("given")
    assert graph.get_all_asset_keys() == {*made, given}
    assert (graph.materializable_asset_keys, graph.external_asset_keys) == (made, {given})
    assert graph.root_materializable_asset_keys == {orders.key}
    assert graph.toposorted_asset_keys_by_level == [[given, orders.key], [by_region.key]]
    assert graph.toposorted_asset_keys == [given, orders.key, by_region.key]
    assert graph.partitioned_asset_keys == {by_region.key}
    assert graph.asset_keys_for_group("raw") == {orders.key}
    assert graph.asset_check_keys == graph.get_check_keys_for_assets({orders.key}) == some.check_keys
    assert (graph.has("given"), graph.has("nothing")) == (True, False)
    assert defs.get_asset_graph().get_all_asset_keys() == graph.get_all_asset_keys()
    assert AssetSelection.groups("raw").resolve(graph) == {orders.key}


def test_1_4_a_node_of_the_asset_graph() -> None:
    graph = Definitions(assets=[by_region, orders], asset_checks=[some]).resolve_asset_graph()
    node = graph.get("by_region")
    assert node.parent_keys == {orders.key, AssetKey("given")}
    assert node.partitions_def.get_partition_keys() == ["eu", "us"]
    assert (node.group_name, node.description, node.code_version) == ("default", "Sums.", "2")
    assert (node.is_partitioned, node.is_materializable, node.backfill_policy) == (True, True, None)
    node = graph.get(orders.key)
    assert (node.child_keys, node.check_keys) == ({by_region.key}, some.check_keys)
    assert (node.group_name, node.owners, node.kinds) == ("raw", ("team:x",), {"csv"})
    assert (node.tags["of"], node.metadata["rows"]) == ("shop", 3)
    node = graph.get("given")
    assert (node.is_external, node.is_partitioned, node.spec.key) == (True, False, AssetKey("given"))
    with pytest.raises(InvalidDefinitionError, match="'order'") as caught:
        graph.get("order")
    assert "orders" in caught.value.next_step


def test_1_4_a_graph_that_is_no_good_is_an_error_when_it_is_asked_for() -> None:
    @asset(deps=["there"])
    def here() -> None: ...

    @asset(deps=["here"])
    def there() -> None: ...

    with pytest.raises(InvalidDefinitionError):
        Definitions(assets=[here, there]).resolve_asset_graph()
    with pytest.raises(InvalidDefinitionError, match="orders"):
        Definitions(assets=[orders, orders.with_attributes()]).resolve_asset_graph()


def test_1_4_the_implicit_job_by_either_name() -> None:
    defs = Definitions(assets=[orders])
    assert defs.resolve_implicit_global_asset_job_def().execute_in_process().success
