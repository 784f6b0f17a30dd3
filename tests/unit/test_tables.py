"""Tables: what a cell shows of any object, schemas, lineage, and that all of them are values."""

from __future__ import annotations

import copy
import json
import math
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from tidemill.core.errors import InvalidMetadataError
from tidemill.core.keys import AssetKey
from tidemill.core.tables import (
    Frozen,
    TableColumn,
    TableColumnConstraints,
    TableColumnDep,
    TableColumnLineage,
    TableConstraints,
    TableRecord,
    TableSchema,
    cell,
    label,
    shown,
    unused,
    utf8,
)

CONSTRAINTS = TableColumnConstraints(nullable=False, unique=True, other=["above zero"])
SCHEMA = TableSchema(
    [TableColumn("id", "int", "key", CONSTRAINTS, {"unit": "m"}), TableColumn("title")],
    TableConstraints(["sorted by id"]),
)
LINEAGE = TableColumnLineage(
    {"id": [TableColumnDep("raw", "id"), TableColumnDep(["a", "b/c"], "x")], "title": []}
)

VALUES = [TableRecord({"a": 1}), CONSTRAINTS, TableConstraints(["x"]), SCHEMA.columns[0], SCHEMA, LINEAGE]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_each_is_an_immutable_value(value: Frozen) -> None:
    for again in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert again == value
        assert hash(again) == hash(value)
        assert repr(again) == repr(value)
    with pytest.raises(AttributeError, match="immutable"):
        value.columns = ()  # type: ignore[misc, attr-defined]
    assert value != object()


def test_defaults() -> None:
    column = TableColumn("a")
    assert (column.type, column.description, column.tags) == ("string", None, {})
    assert column.constraints == TableColumnConstraints(nullable=True, unique=False, other=None)
    assert TableSchema([column]).constraints == TableConstraints([])
    assert column != TableColumn("a", "int")


def test_a_schema_survives_json() -> None:
    for schema in (SCHEMA, TableSchema([]), TableSchema.from_name_type_dict({"a": "int"})):
        assert TableSchema.from_json(json.loads(json.dumps(schema.to_json()))) == schema
    assert TableSchema([TableColumn("a")]).to_json() == {"columns": [{"name": "a"}]}


def test_lineage_survives_json() -> None:
    assert TableColumnLineage.from_json(json.loads(json.dumps(LINEAGE.to_json()))) == LINEAGE
    assert LINEAGE.deps_by_column["id"][0].asset_key == AssetKey(["a", "b/c"])


def test_a_schema_from_names_and_types() -> None:
    schema = TableSchema.from_name_type_dict({"a": "int", "b": "string"})
    assert [(column.name, column.type) for column in schema.columns] == [("a", "int"), ("b", "string")]


def test_a_schema_refuses_what_is_no_column() -> None:
    with pytest.raises(InvalidMetadataError) as caught:
        TableSchema(["a"])  # type: ignore[list-item]
    assert caught.value.expected == "TableColumn"
    assert caught.value.subject == "a"


def test_a_schema_of_records_takes_the_first_cell_that_says_something() -> None:
    records = [TableRecord({"a": None, "b": 1.5, "n": None}), TableRecord({"a": True, "c": "x"})]
    schema = TableSchema.of_records(records)
    assert {column.name: column.type for column in schema.columns} == {
        "a": "bool",
        "b": "float",
        "n": "string",
        "c": "string",
    }


class Size(StrEnum):
    SMALL = "s"


class Level(Enum):
    ONE = 1


class Broken:
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (np.bool_(False), False),
        (np.int8(3), 3),
        (np.float32(0.5), 0.5),
        (np.str_("s"), "s"),
        (np.array(2), 2),
        (np.datetime64("2024-01-01"), "2024-01-01"),
        (np.datetime64("NaT", "ns"), None),
        (pd.NA, None),
        (pd.NaT, None),
        (pd.Timestamp("2024-01-01", tz="UTC"), "2024-01-01T00:00:00+00:00"),
        (datetime(2024, 1, 1, tzinfo=UTC), "2024-01-01T00:00:00+00:00"),
        (date(2024, 1, 1), "2024-01-01"),
        (Size.SMALL, "s"),
        (Decimal("1.50"), "1.50"),
        ([1, 2], "[1, 2]"),
        (1j, "1j"),
        (Broken(), "<Broken object whose text raised RuntimeError>"),
    ],
)
def test_a_cell_is_a_plain_value(value: object, expected: object) -> None:
    assert cell(value) == expected
    assert type(cell(value)) is type(expected)


def test_a_cell_keeps_nan_and_cuts_long_text_of_objects() -> None:
    assert math.isnan(cell(np.float32("nan")))  # type: ignore[arg-type]
    assert str(cell(list(range(10_000)))).endswith("characters)")


def test_records_have_text_for_labels() -> None:
    assert TableRecord({1: "a", ("a", Level.ONE): np.int64(1)}).data == {"1": "a", "a / Level.ONE": 1}  # type: ignore[dict-item]


def test_text_helpers() -> None:
    assert label(("a", ("b", 1))) == "a / b / 1"
    assert unused("a", {"a", "a_"}) == "a__"
    assert shown("x" * 30, 10) == "xxxxxxxxxx… (30 characters)"
    assert shown(10**5000).startswith("<int object whose text raised ValueError")


@given(st.text(st.characters(exclude_categories=[])))
def test_utf8_text_can_always_be_written(text: str) -> None:
    written = utf8(text)
    written.encode()
    assert written == text or any("\ud800" <= character <= "\udfff" for character in text)
