"""api.md 1.6, remote paths: values of runs in a bucket of a real server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pandas as pd
import pytest
from upath import UPath

import tidemill as tm
from tidemill.aws.s3 import PickledObjectS3IOManager, S3PickleIOManager, S3Resource
from tidemill.parquet import ParquetIOManager

KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
REGIONS = tm.StaticPartitionsDefinition(["eu", "us"])


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Resource]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    s3 = S3Resource(endpoint_url=f"http://{host}:{port}", **KEYS)
    s3.get_client().create_bucket(Bucket="values")
    yield s3
    server.stop()


@pytest.fixture
def keys(s3: S3Resource) -> Any:
    """The keys below a folder of the bucket, as another tool lists them."""
    client = s3.get_client()
    return lambda folder: [
        item["Key"] for item in client.list_objects_v2(Bucket="values", Prefix=folder)["Contents"]
    ]


@tm.asset(key_prefix="raw", partitions_def=REGIONS)
def sales(context: tm.AssetExecutionContext) -> dict[str, str]:
    return {"region": context.partition_key}


@tm.asset(ins={"sales": tm.AssetIn(key_prefix="raw")})
def total(sales: dict[str, dict[str, str]]) -> list[str]:
    return [each["region"] for each in sales.values()]


def test_values_of_runs_lie_in_the_bucket(s3: S3Resource, keys: Any) -> None:
    resources = {"io_manager": S3PickleIOManager(s3_resource=s3, s3_bucket="values", s3_prefix="pickles")}
    with tm.instance_for_test() as instance:
        for region in ("eu", "us"):
            result = tm.materialize([sales], instance=instance, resources=resources, partition_key=region)
        told = result.asset_materializations_for_node("raw__sales")[0].metadata
        assert told["uri"].value == "s3://values/pickles/raw/sales/us"
        result = tm.materialize([sales, total], selection=[total], instance=instance, resources=resources)
        assert result.output_for_node("total") == ["eu", "us"]
        assert keys("pickles/") == ["pickles/raw/sales/eu", "pickles/raw/sales/us", "pickles/total"]
        defs = tm.Definitions([sales, total], resources=resources)
        assert defs.load_asset_value("total", instance=instance) == ["eu", "us"]


def test_what_is_missing_is_said_or_left_out(s3: S3Resource) -> None:
    manager = PickledObjectS3IOManager("values", s3, "empty")
    with pytest.raises(FileNotFoundError):
        manager.load_input(tm.build_input_context(asset_key="nothing"))
    output = tm.build_output_context(asset_key="a")
    assert not manager.has_output(output)
    manager.handle_output(output, 1)
    assert manager.has_output(output)
    manager.unlink(manager._get_path(output))
    assert not manager.has_output(output)
    lenient = tm.build_input_context(
        asset_key="sales",
        asset_partition_key_range=tm.PartitionKeyRange("eu", "us"),
        asset_partitions_def=REGIONS,
        metadata={"allow_missing_partitions": True},
    )
    assert manager.load_input(lenient) == {}


def test_tables_and_managers_of_the_users_own(s3: S3Resource, keys: Any) -> None:
    class Text(tm.UPathIOManager):
        extension: ClassVar[str | None] = ".txt"

        def dump_to_path(self, context: tm.OutputContext, obj: str, path: UPath) -> None:
            path.write_text(obj)

        def load_from_path(self, context: tm.InputContext, path: UPath) -> str:
            return path.read_text()

    @tm.asset(io_manager_key="text")
    def title() -> str:
        return "hello"

    @tm.asset
    def table(title: str) -> pd.DataFrame:
        return pd.DataFrame({"letter": list(title)})

    @tm.asset(io_manager_key="text")
    def last(table: pd.DataFrame) -> str:
        return str(table.letter.iloc[-1])

    options = s3.options()
    resources = {
        "text": Text(UPath("s3://values/text", **options)),
        "io_manager": ParquetIOManager(base_dir="s3://values/tables", options=options),
    }
    result = tm.materialize([title, table, last], resources=resources)
    assert result.output_for_node("last") == "o"
    assert keys("text/") == ["text/last.txt", "text/title.txt"]
    assert keys("tables/") == ["tables/table.parquet"]


def test_functions_of_older_programs_are_refused_with_what_to_use() -> None:
    with pytest.raises(ImportError, match="use S3Resource"):
        from tidemill.aws.s3 import s3_resource  # type: ignore[attr-defined]  # noqa: F401
