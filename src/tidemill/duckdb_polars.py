"""DuckDB with polars (extra `duckdb`). What programs import from `dagster_duckdb_polars`."""

from tidemill.io.duckdb import (
    DuckDBPolarsIOManager as DuckDBPolarsIOManager,
    DuckDBPolarsTypeHandler as DuckDBPolarsTypeHandler,
    duckdb_polars_io_manager as duckdb_polars_io_manager,
)
