"""DuckDB with pandas (extra `duckdb`). What programs import from `dagster_duckdb_pandas`."""

from tidemill.io.duckdb import (
    DuckDBPandasIOManager as DuckDBPandasIOManager,
    DuckDBPandasTypeHandler as DuckDBPandasTypeHandler,
    duckdb_pandas_io_manager as duckdb_pandas_io_manager,
)
