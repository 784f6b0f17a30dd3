"""api.md 1.6, DuckDB: data frames as tables of a real database file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import tidemill as tm
from tidemill.duckdb import (
    DbTypeHandler,
    DuckDBIOManager,
    DuckDBResource,
    TableSlice,
    build_duckdb_io_manager,
)
from tidemill.duckdb_pandas import DuckDBPandasIOManager, DuckDBPandasTypeHandler, duckdb_pandas_io_manager
from tidemill.duckdb_polars import DuckDBPolarsIOManager, duckdb_polars_io_manager
from tidemill.io.context_testing import build_input_context, build_output_context
from tidemill.io.contexts import InputContext, OutputContext
from tidemill.io.duckdb import DuckDBTables, connected
from tidemill.io.table_slices import quoted

ORDERS = pd.DataFrame({"id": [1, 2], "amount": [1.5, None], "who": ["ann", None]})
COLORS = tm.StaticPartitionsDefinition(["red", "green", "it's"])


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "made" / "shop.duckdb")


def returning(frame: pd.DataFrame) -> Any:
    return lambda: frame


def rows(file: str, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(file) as connection:
        return connection.sql(query).fetchall()


def tables(file: str) -> list[str]:
    query = "select table_schema || '.' || table_name from information_schema.tables order by 1"
    return [name for (name,) in rows(file, query)]


def test_pandas_as_a_program_writes_it(file: str) -> None:
    @tm.asset(key_prefix=["raw"])
    def orders() -> pd.DataFrame:
        return ORDERS

    @tm.asset(ins={"orders": tm.AssetIn(key_prefix="raw", metadata={"columns": ["who", "id"]})})
    def buyers(orders: pd.DataFrame) -> pd.DataFrame:
        return orders[orders.who.notna()]

    manager = DuckDBPandasIOManager(database=file)
    result = tm.materialize([orders, buyers], resources={"io_manager": manager})
    assert tables(file) == ["public.buyers", "raw.orders"]
    assert result.output_for_node("buyers").to_dict("list") == {"who": ["ann"], "id": [1]}
    told = result.asset_materializations_for_node("raw__orders")[0].metadata
    assert told["dagster/row_count"].value == 2
    assert told["Query"].value == "SELECT * FROM raw.orders"
    assert [column.name for column in told["dataframe_columns"].schema.columns] == ["id", "amount", "who"]


def test_the_schema_is_the_assets_then_the_managers_then_the_keys(file: str) -> None:
    assets = [
        tm.asset(name=name, key_prefix=prefix, metadata=metadata)(lambda: ORDERS)
        for name, prefix, metadata in [
            ("plain", None, None),
            ("prefixed", ["a", "b"], None),
            ("said", ["a"], {"schema": "own"}),
        ]
    ]
    tm.materialize(assets, resources={"io_manager": DuckDBPandasIOManager(database=file)})
    assert tables(file) == ["b.prefixed", "own.said", "public.plain"]
    tm.materialize(
        assets, resources={"io_manager": DuckDBPandasIOManager(database=file + "2", schema="given")}
    )
    assert tables(file + "2") == ["given.plain", "given.prefixed", "own.said"]


def test_a_table_takes_on_new_columns_as_a_whole(file: str) -> None:
    for frame in (ORDERS, pd.DataFrame({"other": [1]}), pd.DataFrame({"other": [2]})):
        again = tm.asset(name="orders")(returning(frame))
        tm.materialize([again], resources={"io_manager": DuckDBPandasIOManager(database=file)})
    assert rows(file, "from public.orders") == [(2,)]


def test_partitions_are_rows_of_one_table(file: str) -> None:
    @tm.asset(partitions_def=COLORS, metadata={"partition_expr": "color"})
    def paint(context: tm.AssetExecutionContext) -> pd.DataFrame:
        return pd.DataFrame({"color": [context.partition_key], "run": [context.run_tags["n"]]})

    @tm.asset(partitions_def=COLORS, metadata={"partition_expr": "color"})
    def copy(paint: pd.DataFrame) -> pd.DataFrame:
        assert len(paint) == 1
        return paint

    @tm.asset(io_manager_key="memory")
    def total(paint: pd.DataFrame) -> int:
        return len(paint)

    resources = {"io_manager": DuckDBPandasIOManager(database=file), "memory": tm.mem_io_manager}
    with tm.instance_for_test() as instance:
        for number, color in enumerate(["red", "green", "it's", "red"]):
            result = tm.materialize(
                [paint, copy],
                instance=instance,
                resources=resources,
                partition_key=color,
                tags={"n": str(number)},
            )
        assert rows(file, "from public.copy order by 1") == [("green", "1"), ("it's", "2"), ("red", "3")]
        told = result.asset_materializations_for_node("paint")[0].metadata
        assert told["dagster/partition_row_count"].value == 1
        assert told["Query"].value == "SELECT * FROM public.paint WHERE color IN ('red')"
        counted = tm.materialize([paint, total], selection=[total], instance=instance, resources=resources)
    assert counted.output_for_node("total") == 3


def test_what_says_no_rows_or_other_columns_is_refused(file: str) -> None:
    def write(frame: pd.DataFrame, **metadata: str) -> None:
        paint = tm.asset(partitions_def=COLORS, metadata=metadata, name="paint")(lambda: frame)
        manager = DuckDBPandasIOManager(database=file)
        tm.materialize([paint], resources={"io_manager": manager}, partition_key="red")

    with pytest.raises(tm.InvalidDefinitionError, match="partition_expr"):
        write(pd.DataFrame({"color": ["red"]}))
    write(pd.DataFrame({"color": ["red"], "n": [1]}), partition_expr="color")
    with pytest.raises(tm.InvariantViolationError) as caught:
        write(pd.DataFrame({"color": ["red"], "m": [1]}), partition_expr="color")
    assert (caught.value.found, caught.value.expected) == ("color, m", "color, n")
    write(pd.DataFrame({"n": [2], "color": ["red"]}), partition_expr="color")
    assert rows(file, "from public.paint") == [("red", 2)]


@pytest.mark.parametrize("manager", [DuckDBPolarsIOManager, DuckDBIOManager])
def test_polars_eager_and_lazy(file: str, manager: type[DuckDBIOManager]) -> None:
    @tm.asset
    def frame() -> pl.LazyFrame:
        return pl.LazyFrame({"a": [1, 2]})

    @tm.asset
    def filtered(frame: pl.LazyFrame) -> pl.DataFrame:
        return frame.filter(pl.col("a") > 1).collect()

    result = tm.materialize([frame, filtered], resources={"io_manager": manager(database=file)})
    assert result.output_for_node("filtered").rows() == [(2,)]


def test_one_manager_for_all_frames_loads_what_the_annotation_says(file: str) -> None:
    @tm.asset
    def arrow() -> pa.Table:
        return pa.table({"a": [1]})

    @tm.asset
    def read(arrow: pl.DataFrame) -> pd.DataFrame:
        assert isinstance(arrow, pl.DataFrame)
        return pd.DataFrame({"a": arrow["a"].to_list()})

    @tm.asset
    def unsaid(read: Any, arrow) -> pl.DataFrame:  # type: ignore[no-untyped-def]
        assert (type(read), type(arrow)) == (pd.DataFrame, pa.Table)
        return pl.DataFrame({"b": ["x"]})

    result = tm.materialize(
        [arrow, read, unsaid], resources={"io_manager": DuckDBIOManager(database=file, schema="s")}
    )
    assert result.success
    assert tables(file) == ["s.arrow", "s.read", "s.unsaid"]


def test_tables_that_something_else_made_are_sources(file: str) -> None:
    Path(file).parent.mkdir()
    rows_made = duckdb.connect(file)
    rows_made.execute("create schema iris")
    rows_made.execute("create table iris.flowers as select 3 as petals")
    rows_made.close()
    source = tm.SourceAsset(["iris", "flowers"])

    @tm.asset(ins={"flowers": tm.AssetIn(["iris", "flowers"])})
    def petals(flowers: pd.DataFrame) -> pd.DataFrame:
        return flowers

    manager = DuckDBPandasIOManager(database=file, schema="iris")
    result = tm.materialize([source, petals], resources={"io_manager": manager})
    assert result.output_for_node("petals").petals.tolist() == [3]
    missing = build_input_context(asset_key="nothing")
    with pytest.raises(tm.ValueNotStoredError, match="materialize 'nothing' first"):
        manager.create_io_manager(None).load_input(missing)


def test_values_that_are_no_frames_are_refused(file: str) -> None:
    manager = DuckDBPandasIOManager(database=file).create_io_manager(None)
    with pytest.raises(tm.InvalidDefinitionError) as caught:
        manager.handle_output(build_output_context(asset_key="a"), 3)
    assert (caught.value.subject, caught.value.found) == ("int", "handlers: DuckDBPandasTypeHandler")
    with pytest.raises(tm.InvalidDefinitionError):
        manager.load_input(build_input_context(asset_key="a", dagster_type=int))
    with pytest.raises(tm.InvariantViolationError, match="no table to write"):
        manager.handle_output(build_output_context(asset_key="a"), None)


def test_function_style_managers_take_config(file: str) -> None:
    @tm.asset
    def orders() -> pd.DataFrame:
        return ORDERS

    for number, manager in enumerate(
        [duckdb_pandas_io_manager, build_duckdb_io_manager([DuckDBPandasTypeHandler()])]
    ):
        configured = manager.configured({"database": file, "schema": f"s{number}"})
        tm.materialize([orders], resources={"io_manager": configured})
    tm.materialize(
        [tm.asset(name="lazily")(lambda: pl.DataFrame({"a": [1]}))],
        resources={"io_manager": duckdb_polars_io_manager},
        run_config={"resources": {"io_manager": {"config": {"database": file}}}},
    )
    assert tables(file) == ["public.lazily", "s0.orders", "s1.orders"]


def test_own_handlers_and_default_types(file: str) -> None:
    class Records(DbTypeHandler):
        @property
        def supported_types(self) -> list[type]:
            return [list]

        def handle_output(
            self, context: OutputContext, table_slice: TableSlice, obj: Any, connection: Any
        ) -> dict[str, Any]:
            connection.execute(f"create schema if not exists {table_slice.schema}")
            connection.execute(f"create table {table_slice.name} (n int)")
            connection.executemany(f"insert into {table_slice.name} values (?)", [[n] for n in obj])  # noqa: S608
            return {"length": len(obj)}

        def load_input(self, context: InputContext, table_slice: TableSlice, connection: Any) -> Any:
            return [n for (n,) in connection.sql(table_slice.query).fetchall()]

    class Own(DuckDBIOManager):
        @staticmethod
        def type_handlers() -> list[DbTypeHandler]:
            return [DuckDBPandasTypeHandler(), Records()]

        @staticmethod
        def default_load_type() -> type:
            return list

    @tm.asset
    def numbers():  # type: ignore[no-untyped-def]
        return [1, 2]

    @tm.asset
    def copy(numbers):  # type: ignore[no-untyped-def]
        assert numbers == [1, 2]
        return pd.DataFrame({"n": numbers})

    result = tm.materialize([numbers, copy], resources={"io_manager": Own(database=file)})
    assert result.asset_materializations_for_node("numbers")[0].metadata["length"].value == 2


def test_a_resource_gives_connections(file: str) -> None:
    Path(file).parent.mkdir()

    @tm.asset
    def made(duckdb: DuckDBResource) -> None:
        with duckdb.get_connection() as connection:
            connection.execute("create table t as select 3 as x")

    tm.materialize([made], resources={"duckdb": DuckDBResource(database=file)})
    assert rows(file, "from t") == [(3,)]


def test_a_database_in_memory_lives_as_long_as_its_manager() -> None:
    manager = DuckDBTables(":memory:", [DuckDBPandasTypeHandler()])
    manager.handle_output(build_output_context(asset_key="a"), ORDERS)
    assert len(manager.load_input(build_input_context(asset_key="a"))) == 2


def test_a_database_that_another_process_has_open_is_waited_for(file: str) -> None:
    Path(file).parent.mkdir()
    code = f"import duckdb, sys\nc = duckdb.connect({file!r})\nprint('open', flush=True)\nsys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "open\n"
    with (
        pytest.raises(tm.StoreError, match="cannot be opened") as caught,
        connected(file, {}, patience=0.05, sleep=lambda _: None),
    ):
        pass
    assert "another process has it open" in (caught.value.found or "")
    waited: list[float] = []

    def let_go(seconds: float) -> None:
        if not waited:
            holder.communicate("")
        waited.append(seconds)

    with connected(file, {}, sleep=let_go) as connection:
        assert connection.sql("select 1").fetchall() == [(1,)]
    assert waited
    with pytest.raises(tm.StoreError, match="cannot be opened"), connected("/no/folder/x", {}):
        pass


@pytest.mark.parametrize(
    ("name", "sql"),
    [("orders", "orders"), ("Ab_1", "Ab_1"), ("order", '"order"'), ('a"b-c', '"a""b-c"'), ("1", '"1"')],
)
def test_names_are_quoted_where_they_need_be(name: str, sql: str) -> None:
    assert quoted(name) == sql
