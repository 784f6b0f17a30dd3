"""api.md 1.6, Parquet: data frames of any library as files, on a local disk and at an address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from polars.testing import assert_frame_equal
from upath import UPath

import tidemill as tm
from tidemill.io.context_testing import build_input_context, build_output_context
from tidemill.parquet import ParquetIOManager
from tidemill.polars import PolarsParquetIOManager

PANDAS = pd.DataFrame(
    {"n": [1, 2], "t": pd.to_datetime(["2024-01-01", None]), "s": ["x", None]},
    index=pd.Index([5, 6], name="k"),
)
POLARS = pl.DataFrame({"n": [1, 2], "l": [[1], []], "d": [{"a": 1}, {"a": 2}]})
DAYS = tm.StaticPartitionsDefinition(["mon", "tue"])


@pytest.fixture(params=["a folder", "an address"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    yield str(tmp_path) if request.param == "a folder" else f"memory://{uuid4().hex}"
    MemoryFileSystem.store.clear()


def stored(base: str, value: Any, annotation: Any = None, **metadata: Any) -> Any:
    manager = ParquetIOManager(base_dir=base)
    context = build_output_context(asset_key=["raw", "table"])
    manager.handle_output(context, value)
    assert context.added["dagster/row_count"].value == 2
    assert UPath(base, "raw", "table.parquet").exists()
    return manager.load_input(
        build_input_context(asset_key=["raw", "table"], dagster_type=annotation, metadata=metadata)
    )


def test_a_frame_comes_back_as_what_it_was(base: str) -> None:
    pd.testing.assert_frame_equal(stored(base, PANDAS), PANDAS)
    assert_frame_equal(stored(base, POLARS), POLARS)
    assert_frame_equal(stored(base, POLARS.lazy()).collect(), POLARS)
    assert stored(base, POLARS.to_arrow()) == POLARS.to_arrow()


@pytest.mark.parametrize("value", [PANDAS, pl.from_pandas(PANDAS), pa.Table.from_pandas(PANDAS)])
def test_a_frame_is_loaded_as_the_annotation_says(base: str, value: Any) -> None:
    for annotation in (pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.Table, pl.DataFrame | None):
        loaded = stored(base, value, annotation)
        assert isinstance(loaded, annotation)
        names = loaded.collect_schema().names() if isinstance(loaded, pl.LazyFrame) else list(loaded.columns)
        assert len(names) in (3, 4)


def test_an_input_names_its_columns_and_other_files_are_read_too(base: str) -> None:
    assert stored(base, POLARS, columns=["l", "n"]).columns == ["l", "n"]
    with UPath(base, "other.parquet").open("wb") as file:
        pq.write_table(pa.table({"a": [1]}), file)
    loaded = ParquetIOManager(base_dir=base).load_input(build_input_context(asset_key="other"))
    assert loaded.to_dict("list") == {"a": [1]}


def test_partitions_are_one_frame_or_a_dict(base: str) -> None:
    @tm.asset(partitions_def=DAYS)
    def daily(context: tm.AssetExecutionContext) -> pl.DataFrame:
        return pl.DataFrame({"day": [context.partition_key]})

    @tm.asset
    def whole(daily: pl.DataFrame) -> pl.DataFrame:
        return daily.sort("day")

    @tm.asset(io_manager_key="memory")
    def apart(daily: dict[str, pd.DataFrame]) -> list[tuple[str, str]]:
        return [(key, type(frame).__module__.partition(".")[0]) for key, frame in daily.items()]

    @tm.asset(io_manager_key="memory")
    def unsaid(daily) -> list[str]:  # type: ignore[no-untyped-def]
        return [type(frame).__module__.partition(".")[0] for frame in daily.values()]

    resources = {"io_manager": ParquetIOManager(base_dir=base), "memory": tm.mem_io_manager}
    assets = [daily, whole, apart, unsaid]
    with tm.instance_for_test() as instance:
        for day in ("mon", "tue"):
            tm.materialize([daily], instance=instance, resources=resources, partition_key=day)
        result = tm.materialize(
            assets, instance=instance, resources=resources, selection=[whole, apart, unsaid]
        )
    assert result.output_for_node("whole")["day"].to_list() == ["mon", "tue"]
    assert result.output_for_node("apart") == [("mon", "pandas"), ("tue", "pandas")]
    assert result.output_for_node("unsaid") == ["polars", "polars"]


def test_a_value_that_is_no_frame_is_refused(base: str) -> None:
    with pytest.raises(tm.InvalidDefinitionError, match="cannot be written as Parquet") as caught:
        stored(base, [1, 2])
    assert caught.value.subject == "raw/table"
    assert not UPath(base, "raw", "table.parquet").exists()


def test_without_a_folder_it_is_that_of_the_store() -> None:
    @tm.asset
    def table() -> pd.DataFrame:
        return PANDAS

    with tm.instance_for_test() as instance:
        result = tm.materialize([table], instance=instance, resources={"io_manager": ParquetIOManager()})
        told = result.asset_materializations_for_node("table")[0].metadata
        assert told["path"].value == str(Path(instance.storage_directory(), "table.parquet"))
        assert [column.name for column in told["dataframe_columns"].schema.columns] == ["n", "t", "s", "k"]


def test_options_open_the_file_system_of_an_address() -> None:
    manager = ParquetIOManager(
        base_dir="memory://options", options={"skip_instance_cache": True}, compression="snappy"
    )
    manager.handle_output(build_output_context(asset_key="a"), POLARS)
    with UPath("memory://options/a.parquet").open("rb") as file:
        assert pq.read_metadata(file).row_group(0).column(0).compression == "SNAPPY"
    MemoryFileSystem.store.clear()


def test_polars_by_default() -> None:
    manager = PolarsParquetIOManager(
        base_dir="memory://polars", cloud_storage_options={"skip_instance_cache": True}
    )
    manager.handle_output(build_output_context(asset_key="a"), PANDAS)
    assert isinstance(manager.load_input(build_input_context(asset_key="a")), pl.DataFrame)
    loaded = manager.load_input(build_input_context(asset_key="a", dagster_type=pd.DataFrame))
    pd.testing.assert_frame_equal(loaded, PANDAS)
    MemoryFileSystem.store.clear()
