"""Metadata values: every kind survives JSON, and whatever a user gives becomes one of them."""

from __future__ import annotations

import collections
import copy
import dataclasses
import decimal
import enum
import fractions
import inspect
import json
import math
import pickle
import subprocess
import sys
import threading
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from tidemill.core import metadata as kinds
from tidemill.core.errors import InvalidMetadataError
from tidemill.core.keys import AssetKey
from tidemill.core.metadata import CodeReferencesMetadataValue, LossyMetadata, MetadataValue, coerced_metadata
from tidemill.core.references import LocalFileCodeReference, UrlCodeReference
from tidemill.core.tables import TableColumn, TableColumnDep, TableColumnLineage, TableRecord, TableSchema

SCHEMA = TableSchema([TableColumn("a", "int", "how many", tags={"unit": "m"}), TableColumn("b")])
LINEAGE = TableColumnLineage({"a": [TableColumnDep(AssetKey(["raw", "x/y"]), "b")]})

EXAMPLES = [
    MetadataValue.text("plain ✓"),
    MetadataValue.url("https://example.org"),
    MetadataValue.path(Path("/data/x.csv")),
    MetadataValue.notebook("a.ipynb"),
    MetadataValue.json({"a": [1, 2.5, None, True, math.nan, {"$float": "nan"}]}),
    MetadataValue.md("# Title"),
    MetadataValue.python_artifact(json.dumps),
    MetadataValue.float(0.1),
    MetadataValue.float(math.nan),
    MetadataValue.float(-math.inf),
    MetadataValue.int(3),
    MetadataValue.int(-(2**70)),
    MetadataValue.int(10**5000),
    MetadataValue.bool(True),
    MetadataValue.null(),
    MetadataValue.timestamp(1.5),
    MetadataValue.asset(["raw", "a/b"]),
    MetadataValue.job("daily", "here", repository_name="repo"),
    MetadataValue.dagster_run("1234"),
    MetadataValue.pool("gpu"),
    MetadataValue.table([TableRecord({"a": 1, "b": None})], SCHEMA),
    MetadataValue.table([{"x": math.nan, "y": 10**5000}]),
    MetadataValue.table_schema(SCHEMA),
    MetadataValue.column_lineage(LINEAGE),
    CodeReferencesMetadataValue([LocalFileCodeReference("a.py", 3), UrlCodeReference("u", "here")]),
]


def one(value: object) -> MetadataValue:
    """What `value` is coerced to, after a check that it survives strict JSON."""
    values = coerced_metadata({"x": value})
    assert through_json(values["x"]) == values["x"]
    return values["x"]


def warnings_of(value: object) -> list[str]:
    return getattr(coerced_metadata({"x": value}), "warnings", [])


def through_json(value: MetadataValue) -> MetadataValue:
    text = json.dumps(value.to_json(), allow_nan=False)
    return MetadataValue.from_json(json.loads(text.encode()))


@pytest.mark.parametrize("value", EXAMPLES, ids=lambda value: value.kind)
def test_every_kind_survives_json_pickle_and_copy(value: MetadataValue) -> None:
    for again in (through_json(value), pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert type(again) is type(value)
        assert again == value
        assert hash(again) == hash(value)


def test_examples_cover_every_kind() -> None:
    assert {value.kind for value in EXAMPLES} == set(kinds.KINDS)


@pytest.mark.parametrize(
    ("value", "attribute", "expected"),
    [
        (MetadataValue.text("a"), "text", "a"),
        (MetadataValue.url("u"), "url", "u"),
        (MetadataValue.path(Path("p")), "path", "p"),
        (MetadataValue.notebook("n"), "path", "n"),
        (MetadataValue.json([1]), "data", [1]),
        (MetadataValue.md("m"), "md_str", "m"),
        (MetadataValue.dagster_run("r"), "run_id", "r"),
        (MetadataValue.asset("a"), "asset_key", AssetKey("a")),
        (MetadataValue.table_schema(SCHEMA), "schema", SCHEMA),
        (MetadataValue.column_lineage(LINEAGE), "column_lineage", LINEAGE),
        (MetadataValue.int(2), "value", 2),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_value_is_the_named_attribute(value: MetadataValue, attribute: str, expected: object) -> None:
    assert getattr(value, attribute) == value.value == expected


def test_value_of_several_fields_is_the_object_and_of_none_is_none() -> None:
    job = MetadataValue.job("daily", "here")
    assert job.value is job
    assert (job.job_name, job.location_name, job.repository_name) == ("daily", "here", None)
    assert MetadataValue.null().value is None
    artifact = MetadataValue.python_artifact(collections.OrderedDict)
    assert (artifact.module, artifact.name) == ("collections", "OrderedDict")


def test_values_are_immutable_and_unequal_across_kinds() -> None:
    value = MetadataValue.text("a")
    with pytest.raises(AttributeError, match="immutable"):
        value.text = "b"
    assert MetadataValue.int(1) != MetadataValue.float(1.0)
    assert MetadataValue.text("a") != MetadataValue.md("a")
    assert (
        len({MetadataValue.text("a"), value, MetadataValue.json({"a": 1}), MetadataValue.json({"a": 1})}) == 2
    )


def test_values_do_not_carry_the_factories() -> None:
    with pytest.raises(AttributeError):
        MetadataValue.int(1).text  # noqa: B018


def test_unknown_and_missing_arguments_are_refused() -> None:
    for arguments in ({"txt": "a"}, {}, {"text": "a", "more": 1}):
        with pytest.raises(TypeError, match="TextMetadataValue takes text"):
            MetadataValue.text(**arguments)
    with pytest.raises(TypeError, match="takes text"):
        MetadataValue.text("a", "b")


def test_signatures_are_shown_to_tools() -> None:
    assert str(inspect.signature(MetadataValue.md)) == "(data: 'str') -> 'MarkdownMetadataValue'"
    assert list(inspect.signature(MetadataValue.table).parameters) == ["records", "schema"]
    assert str(inspect.signature(TableColumn)).startswith("(name, type='string', description=None")


def test_series_are_drawn_of_numbers_only() -> None:
    assert MetadataValue.float(0.5).numeric == 0.5
    assert MetadataValue.int(3).numeric == 3.0
    assert MetadataValue.bool(True).numeric == 1.0
    assert math.isnan(MetadataValue.float(math.nan).numeric or 0.0)
    assert MetadataValue.int(10**5000).numeric is None
    assert [
        v.numeric for v in (MetadataValue.text("1"), MetadataValue.timestamp(1.0), MetadataValue.null())
    ] == [None] * 3


def test_non_finite_floats_are_text_in_json() -> None:
    assert MetadataValue.float(math.nan).to_json() == {"type": "float", "value": "nan"}
    assert MetadataValue.float(math.inf).to_json() == {"type": "float", "value": "inf"}
    assert MetadataValue.float(-math.inf).to_json() == {"type": "float", "value": "-inf"}


def test_a_kind_of_the_future_is_read_as_json() -> None:
    assert MetadataValue.from_json({"type": "hologram", "x": 1}).value == {"type": "hologram", "x": 1}


@pytest.mark.parametrize(
    "make",
    [
        lambda: MetadataValue.float("0.5"),
        lambda: MetadataValue.int(0.5),
        lambda: MetadataValue.timestamp(datetime(2024, 1, 1)),
        lambda: MetadataValue.python_artifact(3),
    ],
)
def test_a_wrong_argument_is_an_error_that_says_what_was_expected(make: Any) -> None:
    with pytest.raises(InvalidMetadataError) as caught:
        make()
    assert caught.value.expected
    assert "<class" in (caught.value.found or "")


def test_timestamps_are_seconds_of_moments() -> None:
    assert MetadataValue.timestamp(datetime(1970, 1, 2, tzinfo=UTC)).value == 86400.0
    assert MetadataValue.timestamp(3).value == 3.0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("$float"), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_survives(data: object) -> None:
    assert one(data) == one(one(data).value)
    assert one({"inner": data}).to_json() == through_json(MetadataValue.json({"inner": data})).to_json()


@given(st.floats())
def test_any_float_survives_exactly(value: float) -> None:
    assert repr(through_json(MetadataValue.float(value)).value) == repr(value)


@given(st.integers(-(2**300), 2**300))
def test_any_integer_survives_exactly(value: int) -> None:
    assert through_json(MetadataValue.int(value)).value == value


# ------------------------------ coercion of plain values


class Color(enum.Enum):
    RED = "red"
    BOTH = (1, 2)


class Point(NamedTuple):
    x: int
    y: float


@dataclasses.dataclass
class Report:
    score: float
    path: Path


PLAIN = [
    (1.5, MetadataValue.float(1.5)),
    (2, MetadataValue.int(2)),
    (True, MetadataValue.bool(True)),
    ("s", MetadataValue.text("s")),
    (None, MetadataValue.null()),
    ({"a": [1]}, MetadataValue.json({"a": [1]})),
    ([1, "b"], MetadataValue.json([1, "b"])),
    ((1, 2), MetadataValue.json([1, 2])),
    ({3, 1, 2}, MetadataValue.json([1, 2, 3])),
    (Path("/a/b"), MetadataValue.path("/a/b")),
    (AssetKey("k"), MetadataValue.asset("k")),
    (SCHEMA, MetadataValue.table_schema(SCHEMA)),
    (LINEAGE, MetadataValue.column_lineage(LINEAGE)),
    (MetadataValue.md("x"), MetadataValue.md("x")),
    (datetime(1970, 1, 1, 1, tzinfo=UTC), MetadataValue.timestamp(3600.0)),
    (date(2024, 5, 1), MetadataValue.text("2024-05-01")),
    (timedelta(minutes=1), MetadataValue.float(60.0)),
    (decimal.Decimal("0.25"), MetadataValue.float(0.25)),
    (decimal.Decimal("NaN"), MetadataValue.float(math.nan)),
    (decimal.Decimal("1e999"), MetadataValue.text("1E+999")),
    (fractions.Fraction(1, 4), MetadataValue.float(0.25)),
    (1 + 2j, MetadataValue.text("(1+2j)")),
    (Color.RED, MetadataValue.text("red")),
    (Color.BOTH, MetadataValue.json([1, 2])),
    (Point(1, 2.0), MetadataValue.json({"x": 1, "y": 2.0})),
    (Report(0.5, Path("p")), MetadataValue.json({"score": 0.5, "path": "p"})),
    (uuid.UUID(int=5), MetadataValue.text(str(uuid.UUID(int=5)))),
    (b"abc", MetadataValue.text("3 bytes: 616263")),
    (ValueError("bad"), MetadataValue.text("ValueError: bad")),
    (range(3), MetadataValue.json([0, 1, 2])),
    ({"a": 1}.values(), MetadataValue.json([1])),
    (collections.Counter("aab"), MetadataValue.json({"a": 2, "b": 1})),
]


@pytest.mark.parametrize(("raw", "expected"), PLAIN, ids=[type(raw).__name__ for raw, _ in PLAIN])
def test_plain_values_become_their_kind_also_where_assets_are_defined(
    raw: object, expected: MetadataValue
) -> None:
    assert one(raw) == expected
    assert warnings_of(raw) == []
    assert coerced_metadata({"x": raw}, strict=True) == {"x": expected}


def test_what_is_nested_becomes_json() -> None:
    raw = {
        1: np.float32(0.5),
        ("a", 2): AssetKey("k"),
        "when": datetime(2024, 1, 1, tzinfo=UTC),
        "naive": datetime(2024, 1, 1),
        "value": MetadataValue.int(3),
        "json": MetadataValue.json({"a": {1}}),
        "frame": pd.DataFrame({"a": [1]}),
        "path": Path("p"),
        "missing": pd.NaT,
        "schema": TableSchema([TableColumn("c")]),
    }
    expected = {
        "1": 0.5,
        "a / 2": "k",
        "when": "2024-01-01T00:00:00+00:00",
        "naive": "2024-01-01T00:00:00",
        "value": 3,
        "json": {"a": [1]},
        "frame": [{"a": 1}],
        "path": "p",
        "missing": None,
        "schema": {"columns": [{"name": "c"}]},
    }
    assert one(raw).value == expected
    assert warnings_of(raw) == []


def test_keys_that_become_the_same_text_are_kept_apart() -> None:
    assert one({1: "a", "1": "b"}).value == {"1": "a", "1_": "b"}
    values = coerced_metadata({1: "a", "1": "b"})  # type: ignore[dict-item]
    assert isinstance(values, LossyMetadata)
    assert {label: value.value for label, value in values.items()} == {"1": "a", "1_": "b"}
    assert len(values.warnings) == 1
    assert "label" in values.warnings[0]


def test_json_is_a_snapshot() -> None:
    data = {"a": [1]}
    value = one(data)
    data["a"].append(2)
    assert value.value == {"a": [1]}


def test_text_that_no_database_takes_is_written_out() -> None:
    assert one("a\ud800").value == "a\\ud800"
    assert one(["\ud800", {"\udfff": 1}]).to_json()["data"] == ["\\ud800", {"\\udfff": 1}]


# ------------------------------ array libraries


@pytest.mark.parametrize("name", ["float16", "float32", "float64", "longdouble"])
def test_every_float_of_numpy_is_a_float(name: str) -> None:
    assert one(np.dtype(name).type(0.5)) == MetadataValue.float(0.5)


@pytest.mark.parametrize("name", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_every_integer_of_numpy_is_an_integer(name: str) -> None:
    assert one(np.dtype(name).type(7)) == MetadataValue.int(7)


def test_other_scalars_of_numpy() -> None:
    assert one(np.bool_(True)) == MetadataValue.bool(True)
    assert one(np.str_("s")) == MetadataValue.text("s")
    assert type(one(np.str_("s")).value) is str
    assert one(np.complex64(1j)) == MetadataValue.text("1j")
    assert one(np.datetime64("2024-01-01T00:00:00.000000001")).value == "2024-01-01T00:00:00.000000001"
    assert one(np.datetime64("NaT", "ns")) == MetadataValue.null()
    assert one(np.array(3.0)) == MetadataValue.float(3.0)
    assert one(np.float32("nan")) == MetadataValue.float(math.nan)
    assert one(np.void(b"ab")).value == "2 bytes: 6162"


def test_small_arrays_are_lists() -> None:
    assert one(np.eye(2, dtype="float32")).value == [[1.0, 0.0], [0.0, 1.0]]
    assert one(np.array(["2024-01-01"], "datetime64[ns]")).value == ["2024-01-01T00:00:00.000000000"]
    assert one(np.array([])).value == []
    assert one(np.ma.masked_array([1, 2], [True, False])).value == [None, 2]
    assert one(np.array([(1, "a")], [("x", int), ("y", "U1")])).value == [[1, "a"]]
    assert one(pd.Index([1, 2])).value == [1, 2]
    assert one(pd.Categorical(["a", "b"])).value == ["a", "b"]


def test_large_arrays_are_summaries() -> None:
    array = np.linspace(-1, 3, 5000, dtype="float32").reshape(1000, 5)
    array[0, 1] = np.nan
    assert one(array).value == "ndarray of float32, shape 1,000 × 5, from -1 to 3"
    assert warnings_of(array) == ['metadata "x": a summary of 5,000 elements is kept']
    assert one(np.full(2000, np.nan)).value.endswith("from nan to nan")
    assert one(np.zeros(2000, complex)).value == "ndarray of complex128, shape 2,000"


def test_scalars_of_pandas() -> None:
    assert one(pd.Timestamp("1970-01-02", tz="UTC")) == MetadataValue.timestamp(86400.0)
    assert one(pd.NaT) == MetadataValue.null()
    assert one(pd.NA) == MetadataValue.null()
    assert one(pd.Timedelta(seconds=5)) == MetadataValue.float(5.0)


def rows(value: MetadataValue) -> list[dict[str, Any]]:
    assert isinstance(value, kinds.TableMetadataValue)
    return [dict(record.data) for record in value.records]


def types(value: MetadataValue) -> dict[str, str]:
    assert isinstance(value, kinds.TableMetadataValue)
    return {column.name: column.type for column in value.schema.columns}


def test_a_frame_is_a_table() -> None:
    frame = pd.DataFrame(
        {"n": [1, 2], "f": np.array([0.5, np.nan], "float32"), "s": ["a", None], "b": [True, False]}
    )
    value = one(frame)
    first, second = rows(value)
    assert first == {"n": 1, "f": 0.5, "s": "a", "b": True}
    assert math.isnan(second.pop("f"))
    assert second == {"n": 2, "s": None, "b": False}
    assert types(value)["f"] == "float32"
    assert all(type(cell) in (int, float, str, bool) for cell in first.values())
    assert warnings_of(frame) == []


def test_a_frame_of_awkward_columns_is_a_table() -> None:
    frame = pd.DataFrame(
        {
            "cat": pd.Categorical(["u", None]),
            "zone": pd.to_datetime(["2024-01-01", None]).tz_localize("Europe/Paris"),
            "any": [{"a": 1}, [1, 2]],
            "big": [10**30, 1],
            "int": pd.array([1, None], "Int64"),
            "gap": pd.to_timedelta([1, None], "s"),
            ("a", 1): [1, 2],
        }
    )
    first, second = rows(one(frame))
    assert first == {
        "cat": "u",
        "zone": "2024-01-01T00:00:00+01:00",
        "any": "{'a': 1}",
        "big": 10**30,
        "int": 1,
        "gap": "P0DT0H0M1S",
        "a / 1": 1,
    }
    assert second == {
        "cat": None,
        "zone": None,
        "any": "[1, 2]",
        "big": 1,
        "int": None,
        "gap": None,
        "a / 1": 2,
    }
    assert types(one(frame))["zone"] == "datetime64[us, Europe/Paris]"


def test_duplicate_columns_are_kept_apart() -> None:
    assert rows(one(pd.DataFrame([[1, 2, 3]], columns=["a", "a", "a_"]))) == [{"a": 1, "a_": 2, "a__": 3}]


def test_an_index_that_says_something_is_kept() -> None:
    index = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", None])
    assert rows(one(pd.DataFrame({"v": [1, 2]}, index=index)))[1] == {"k": "b", "index 1": 2, "v": 2}
    assert rows(one(pd.DataFrame({"v": [5.0]}).describe()))[0] == {"index": "count", "v": 1.0}
    columns = pd.MultiIndex.from_tuples([("a", "min"), ("a", "max")])
    assert rows(one(pd.DataFrame([[1, 2]], columns=columns))) == [{"a / min": 1, "a / max": 2}]


def test_series_are_tables() -> None:
    assert rows(one(pd.Series([1.5], index=["f1"], name="gain"))) == [{"index": "f1", "gain": 1.5}]
    assert rows(one(pd.Series([1]))) == [{"value": 1}]
    assert rows(one(pl.Series("x", [1, None]))) == [{"x": 1}, {"x": None}]


@pytest.mark.parametrize(
    "frame", [pd.DataFrame(), pl.DataFrame(), pd.DataFrame({"a": []}), pd.Series([], dtype=float)]
)
def test_an_empty_frame_is_a_table_without_rows(frame: object) -> None:
    assert rows(one(frame)) == []
    assert warnings_of(frame) == []


def test_a_frame_of_polars_is_a_table() -> None:
    frame = pl.DataFrame(
        {"a": [1, None], "l": [[1], []], "d": [date(2024, 1, 1), None], "f": [math.inf, 0.0]}
    )
    assert rows(one(frame)) == [
        {"a": 1, "l": "[1]", "d": "2024-01-01", "f": math.inf},
        {"a": None, "l": "[]", "d": None, "f": 0.0},
    ]
    assert types(one(frame)) == {"a": "Int64", "l": "List(Int64)", "d": "Date", "f": "Float64"}


@pytest.mark.parametrize("library", [pd, pl])
def test_of_a_long_frame_the_first_thousand_rows_are_kept(library: Any) -> None:
    frame = library.DataFrame({"a": np.arange(100_000), "b": np.zeros(100_000)})
    value = one(frame)
    assert len(rows(value)) == 1000
    assert value.schema.constraints.other == ["the first 1,000 of 100,000 rows"]
    assert warnings_of(frame) == ['metadata "x": the first 1,000 of 100,000 rows are kept']
    assert coerced_metadata({"x": frame}, strict=True)["x"] == value


def test_of_a_wide_frame_the_first_columns_are_kept() -> None:
    value = one(pd.DataFrame(np.zeros((1000, 2000))))
    assert len(types(value)) == 500
    assert len(rows(value)) == 50
    assert value.schema.constraints.other == ["the first 50 of 1,000 rows", "the first 500 of 2,000 columns"]


# ------------------------------ figures

PNG = "![figure](data:image/png;base64,iVBORw0KGgo"


def test_figures_and_axes_are_pictures_and_pyplot_stays_as_it_was() -> None:
    plt = pyplot()
    figure, axes = plt.subplots(1, 2)
    canvas, manager, current = figure.canvas, figure.canvas.manager, plt.gcf()
    for drawing in (figure, axes[0], axes):
        assert one(drawing).value.startswith(PNG)
    assert (figure.canvas, figure.canvas.manager, plt.gcf()) == (canvas, manager, current)
    plt.close(figure)


def test_figures_within_figures_and_grids_of_seaborn() -> None:
    plt = pyplot()
    figure = plt.figure()
    assert one(figure.subfigures(1, 2)[0].subplots()).value.startswith(PNG)
    plt.close(figure)
    import seaborn

    grid = seaborn.FacetGrid(pd.DataFrame({"a": [1.0, 2.0]}))
    assert one(grid).value.startswith(PNG)
    plt.close(grid.figure)


def test_figures_are_drawn_in_worker_threads() -> None:
    from matplotlib.figure import Figure

    values: list[MetadataValue] = []

    def work(n: int) -> None:
        figure = Figure()
        figure.subplots().plot(range(n))
        values.append(one(figure))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({value.value for value in values}) == 4
    assert all(value.value.startswith(PNG) for value in values)


def pyplot() -> Any:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    return plt


class Plotly:
    """What Tidemill sees of such a figure."""

    def to_json(self) -> str:
        return '{"data": [{"y": [1, 2]}], "layout": {}}'


def test_a_figure_that_gives_json_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plotly, "__module__", "plotly.graph_objs._figure")
    assert one(Plotly()).value == {"data": [{"y": [1, 2]}], "layout": {}}


def test_images_of_pillow_are_pictures() -> None:
    from PIL import Image

    assert one(Image.new("RGB", (2, 2))).value.startswith(PNG)


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from tidemill.core.metadata import coerced_metadata; before = set(sys.modules);"
        "coerced_metadata({'a': 1, 'b': 'x', 'c': None});"
        "heavy = {'json', 'dataclasses', 'inspect', 'numpy', 'pandas', 'matplotlib'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules);"
        "coerced_metadata({'a': {'b': [1]}, 'c': {2}, 'd': object()});"
        "assert not {'numpy', 'pandas', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# ------------------------------ what cannot be known


class BrokenRepr:
    def __repr__(self) -> str:
        raise RuntimeError("no text")


class Hostile:
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


class BrokenMapping(collections.UserDict[str, int]):
    def items(self) -> Any:
        raise RuntimeError("no items")


def cycle() -> object:
    data: dict[str, object] = {}
    data["a"] = data["b"] = data
    return data


def nested(depth: int) -> object:
    data: list[object] = []
    for _ in range(depth):
        data = [data]
    return data


def doubled(times: int) -> object:
    data: list[object] = [1]
    for _ in range(times):
        data = [data, data]
    return data


STRANGE = {
    "broken repr": BrokenRepr,
    "hostile": Hostile,
    "broken mapping": BrokenMapping,
    "cycle": cycle,
    "deep": lambda: nested(50_000),
    "doubled": lambda: doubled(50),
    "object": object,
    "inner": lambda: {"a": BrokenRepr()},
}


@pytest.mark.parametrize("name", STRANGE)
def test_nothing_raises_at_run_time(name: str) -> None:
    raw = STRANGE[name]()
    assert isinstance(one(raw), MetadataValue)
    assert 'metadata "x": ' in warnings_of(raw)[0]


@given(
    st.recursive(
        st.builds(object) | st.builds(BrokenRepr),
        lambda inner: st.lists(inner) | st.dictionaries(st.integers(), inner),
    )
)
@settings(max_examples=30)
def test_nothing_raises_whatever_the_nesting(raw: object) -> None:
    one(raw)


def test_long_text_of_an_unknown_object_is_cut() -> None:
    class Long:
        def __repr__(self) -> str:
            return "y" * 10_000

    assert len(one(Long()).value) < 2_100
    assert one(Long()).value.endswith("(10,000 characters)")


def test_a_long_list_is_cut_and_says_so() -> None:
    assert len(one([1] * 300_000).value) == 200_000
    assert warnings_of([1] * 300_000) == ['metadata "x": only the first 200,000 values are kept']


def test_metadata_that_is_no_dict_is_kept_at_run_time() -> None:
    values = coerced_metadata([1])  # type: ignore[arg-type]
    assert isinstance(values, LossyMetadata)
    assert values == {"value": MetadataValue.json([1])}
    assert len(values.warnings) == 1
    assert coerced_metadata(None) == {}
    assert coerced_metadata(BrokenMapping(a=1))["value"].value == "RuntimeError: no items"


@pytest.mark.parametrize(
    ("raw", "label", "found"),
    [
        ({"model": object()}, "model", "<class 'object'>"),
        ({"inner": {"a": [object()]}}, "inner", "<class 'object'>"),
        ({"when": datetime(2024, 1, 1)}, "when", "<class 'datetime.datetime'> without a time zone"),
        ({3: "a"}, "3", "<class 'int'>"),
        ([1], "value", "<class 'list'>"),
    ],
)
def test_an_unknown_type_is_an_error_where_assets_are_defined(raw: Any, label: str, found: str) -> None:
    with pytest.raises(InvalidMetadataError) as caught:
        coerced_metadata(raw, strict=True)
    assert caught.value.subject == label
    assert f'metadata value for "{label}"' in str(caught.value)
    assert f"Its type was {found}" in str(caught.value)
    assert caught.value.expected
    assert caught.value.next_step


def test_coercion_is_lenient_unless_told() -> None:
    assert coerced_metadata({"x": None, "m": object}) == {"x": MetadataValue.null(), "m": one(object)}
