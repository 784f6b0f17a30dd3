"""Section 1.11: metadata, what it is made of, and what is recorded of versions."""

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tidemill import (
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    DagsterInvalidMetadata,
    MarkdownMetadataValue,
    MaterializeResult,
    MetadataValue,
    Output,
    TableColumn,
    TableColumnDep,
    TableColumnLineage,
    TableRecord,
    TableSchema,
    TextMetadataValue,
    asset,
    materialize,
)

UTC = timezone.utc  # noqa: UP017


def coerced(value: Any) -> Any:
    return AssetMaterialization("a", metadata={"x": value}).metadata["x"]


def test_MetadataValue_factories_keep_their_values() -> None:
    assert MetadataValue.text("t").value == "t"
    assert MetadataValue.url("https://example.com").value == "https://example.com"
    assert MetadataValue.path("/a/b").value == "/a/b"
    assert MetadataValue.path(Path("/a/b")).value == "/a/b"
    assert MetadataValue.notebook("/a.ipynb").value == "/a.ipynb"
    assert MetadataValue.json({"k": [1]}).value == {"k": [1]}
    assert MetadataValue.json([1, 2]).value == [1, 2]
    assert MetadataValue.md("# m").value == "# m"
    assert MetadataValue.float(1.5).value == 1.5
    assert MetadataValue.int(2).value == 2
    assert MetadataValue.bool(True).value is True
    assert MetadataValue.null().value is None
    assert (
        MetadataValue.timestamp(datetime(2024, 1, 1, tzinfo=UTC)).value
        == datetime(2024, 1, 1, tzinfo=UTC).timestamp()
    )
    assert MetadataValue.timestamp(5.0).value == 5.0
    assert MetadataValue.asset(AssetKey("a")).value == AssetKey("a")
    assert MetadataValue.dagster_run("id").value == "id"
    assert MetadataValue.job("j", "somewhere").value.job_name == "j"
    assert MetadataValue.pool("p").value == "p"
    assert "datetime" in str(MetadataValue.python_artifact(datetime).value)


def test_MetadataValue_tables() -> None:
    schema = TableSchema(columns=[TableColumn("n", "int"), TableColumn("t")])
    assert MetadataValue.table_schema(schema).value == schema
    table = MetadataValue.table([TableRecord({"n": 1, "t": "a"})], schema)
    assert list(table.records) == [TableRecord({"n": 1, "t": "a"})]
    assert table.schema == schema
    lineage = TableColumnLineage({"n": [TableColumnDep(AssetKey("up"), "m")]})
    assert MetadataValue.column_lineage(lineage).value == lineage


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (1.5, "FloatMetadataValue"),
        (1, "IntMetadataValue"),
        (True, "BoolMetadataValue"),
        ("t", "TextMetadataValue"),
        ({"k": 1}, "JsonMetadataValue"),
        ([1, "a"], "JsonMetadataValue"),
        (Path("/a"), "PathMetadataValue"),
        (None, "NullMetadataValue"),
        (AssetKey("a"), "DagsterAssetMetadataValue"),
        (datetime(2024, 1, 1, tzinfo=UTC), "TimestampMetadataValue"),
        (TableSchema(columns=[TableColumn("n")]), "TableSchemaMetadataValue"),
        (TableColumnLineage({}), "TableColumnLineageMetadataValue"),
    ],
    ids=repr,
)
def test_MetadataValue_plain_objects_are_coerced(given: Any, kind: str) -> None:
    assert type(coerced(given)).__name__ == kind


def test_MetadataValue_numbers_and_frames_of_libraries_are_coerced() -> None:
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    assert coerced(numpy.float32(1.5)).value == 1.5
    assert coerced(numpy.float64(1.5)).value == 1.5
    assert coerced(numpy.int64(3)).value == 3
    assert coerced(numpy.bool_(True)).value is True
    table = coerced(pandas.DataFrame({"n": [1, 2]}))
    assert type(table).__name__ == "TableMetadataValue"


def test_MarkdownMetadataValue_has_its_text() -> None:
    value = MarkdownMetadataValue("# m")
    assert (value.md_str, value.value) == ("# m", "# m")
    assert isinstance(MetadataValue.md("# m"), MarkdownMetadataValue)


def test_TextMetadataValue_has_its_text() -> None:
    assert (TextMetadataValue("t").text, MetadataValue.text("t").text) == ("t", "t")


def test_DagsterInvalidMetadata_is_raised_for_what_is_of_no_kind() -> None:
    with pytest.raises(DagsterInvalidMetadata, match="object"):
        MetadataValue.python_artifact(object())


def test_DagsterInvalidMetadata_never_fails_a_step_that_has_done_its_work(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Other: ...

    @asset
    def a() -> MaterializeResult:
        return MaterializeResult(metadata={"x": Other()})

    (event,) = materialize([a]).get_asset_materialization_events()
    assert "Other object" in event.materialization.metadata["x"].value
    assert '"x"' in caplog.text


def test_MetadataValue_of_definition_result_and_context_are_merged() -> None:
    @asset(metadata={"fixed": 1, "both": "definition"})
    def a(context: AssetExecutionContext) -> Output[int]:
        context.add_output_metadata({"added": 3})
        return Output(1, metadata={"given": 2, "both": "result"})

    (event,) = materialize([a]).get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert (metadata["given"].value, metadata["added"].value, metadata["both"].value) == (2, 3, "result")


def test_MetadataValue_tags_of_a_version_say_what_it_was_made_of() -> None:
    @asset(code_version="3")
    def up() -> int:
        return 1

    @asset(code_version="4")
    def below(up: int) -> MaterializeResult:
        return MaterializeResult()

    result = materialize([up, below])
    tags = {
        e.asset_key.to_user_string(): e.materialization.tags
        for e in result.get_asset_materialization_events()
    }
    assert tags["up"]["dagster/code_version"] == "3"
    assert tags["below"]["dagster/code_version"] == "4"
    assert tags["below"]["dagster/input_data_version/up"] == tags["up"]["dagster/data_version"]
    assert "dagster/input_event_pointer/up" in tags["below"]


def test_MetadataValue_the_same_value_has_the_same_data_version() -> None:
    @asset
    def up() -> int:
        return 1

    first, second = (
        materialize([up]).get_asset_materialization_events()[0].materialization.tags["dagster/data_version"]
        for _ in range(2)
    )
    assert first == second
