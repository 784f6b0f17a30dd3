"""polars frames as Parquet files (extra `parquet`). What programs import from `dagster_polars`."""

from tidemill.io.parquet import PolarsParquetIOManager as PolarsParquetIOManager
