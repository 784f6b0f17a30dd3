"""Data frames as Parquet files (extra `parquet`)."""

from tidemill.io.parquet import ParquetIOManager as ParquetIOManager
