"""Libraries of extras: what is said where one is not installed."""

from __future__ import annotations

import sys

import pytest

from tidemill.aws.s3 import S3Resource
from tidemill.duckdb import DuckDBResource
from tidemill.io.context_testing import build_output_context
from tidemill.io.extras import library
from tidemill.io.paths import as_path
from tidemill.parquet import ParquetIOManager


def use_duckdb() -> None:
    with DuckDBResource(database=":memory:").get_connection():
        pass


def use_parquet() -> None:
    ParquetIOManager(base_dir="nowhere").handle_output(build_output_context(asset_key="a"), None)


@pytest.mark.parametrize(
    ("name", "extra", "use"),
    [
        ("duckdb", "duckdb", use_duckdb),
        ("narwhals", "parquet", use_parquet),
        ("upath", "remote", lambda: as_path("s3://bucket")),
        ("boto3", "aws", S3Resource().get_client),
    ],
)
def test_a_missing_library_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, name: str, extra: str, use: object
) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ModuleNotFoundError, match=f"'{name}'.*pip install 'tidemill\\[{extra}\\]'"):
        use()  # type: ignore[operator]


def test_a_library_that_is_there_but_lacks_another_says_its_own() -> None:
    assert library("json", "none").dumps(1) == "1"
    with pytest.raises(ModuleNotFoundError, match="pip install"):
        library("no_such_library.inner", "none")
