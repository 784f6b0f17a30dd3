"""DuckDB: data frames as tables, and connections (extra `duckdb`). What programs import from `dagster_duckdb`."""

from tidemill.io.duckdb import (
    DbTypeHandler as DbTypeHandler,
    DuckDBArrowTypeHandler as DuckDBArrowTypeHandler,
    DuckDBIOManager as DuckDBIOManager,
    DuckDBResource as DuckDBResource,
    build_duckdb_io_manager as build_duckdb_io_manager,
)
from tidemill.io.table_slices import TableSlice as TableSlice
