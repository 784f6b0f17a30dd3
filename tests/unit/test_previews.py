"""Looks at values: what is said of each kind, how little is looked at, and that nothing of the user's is called."""

from __future__ import annotations

import dataclasses
import datetime
import json
import sys
import time
from collections import namedtuple
from enum import IntEnum
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
import xgboost as xgb
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tidemill.server.models import Preview
from tidemill.work.glances import CELL
from tidemill.work.library_previews import COLUMNS, MOST, ROWS
from tidemill.work.previews import SHOWN, TEXT, preview_of

mpl.use("Agg")
Point = namedtuple("Point", "x y")


@dataclasses.dataclass
class Fit:
    slope: float = 2.0
    name: str = "line"


class Grade(IntEnum):
    GOOD = 3


class Hostile:
    """Fails whenever anything of it is called."""

    def _fail(self, *_: object) -> Any:
        raise AssertionError("user code was called")

    __repr__ = __str__ = __len__ = __iter__ = __eq__ = __hash__ = __getattr__ = __bool__ = _fail


def look(value: object) -> dict[str, Any]:
    """The preview, which is strict JSON and fits the model."""
    found = preview_of(value)
    assert found is not None
    text = json.dumps(found, allow_nan=False)
    Preview.model_validate_json(text)
    return json.loads(text)


@pytest.mark.parametrize(
    ("value", "summary", "said"),
    [
        (3, "3", 3),
        (0.1234567, "0.123457", 0.1234567),
        (float("nan"), "NaN", "NaN"),
        (float("-inf"), "-Infinity", "-Infinity"),
        (True, "True", True),
        (None, "None", None),
        (2**70, str(2**70), str(2**70)),
        (np.float32(0.5), "0.5", 0.5),
        (np.int64(7), "7", 7),
        (Grade.GOOD, "3", 3),
        (datetime.date(2024, 5, 1), "2024-05-01", "2024-05-01"),
    ],
)
def test_a_scalar_is_its_value(value: object, summary: str, said: object) -> None:
    found = look(value)
    assert (found["kind"], found["summary"], found["value"]) == ("scalar", summary, said)


def test_an_integer_that_python_would_not_write_is_described() -> None:
    assert look(10**5000)["summary"] == "an integer of 16,610 bits"


def test_a_text_is_its_beginning() -> None:
    found = look("\nfirst line\n" + "x" * 10_000)
    assert (found["kind"], found["summary"], found["length"]) == ("text", "first line", 10_012)
    assert len(found["text"]) == TEXT
    assert found["text"].endswith("…")


FRAME = {"n": [1, 2], "text": ["a" * 300, None], "x": [0.5, float("nan")]}


@pytest.mark.parametrize(
    "table",
    [pd.DataFrame(FRAME), pl.DataFrame(FRAME), pa.table(FRAME), pa.RecordBatch.from_pydict(FRAME)],
    ids=lambda table: type(table).__module__.partition(".")[0] + type(table).__name__,
)
def test_a_table_is_its_head_its_columns_and_its_shape(table: Any) -> None:
    found = look(table)
    assert (found["kind"], found["shape"], found["summary"]) == ("table", [2, 3], "2 × 3")
    assert [column["name"] for column in found["columns"]] == ["n", "text", "x"]
    assert found["rows"][0] == [1, "a" * (CELL - 1) + "…", 0.5]
    assert found["rows"][1][2] == "NaN"


def test_of_a_large_table_only_a_corner_is_looked_at() -> None:
    found = look(pd.DataFrame(np.zeros((100_000, 300))))
    assert (len(found["rows"]), len(found["columns"]), found["shape"]) == (ROWS, COLUMNS, [100_000, 300])


def test_an_index_with_names_is_a_column() -> None:
    found = look(pd.DataFrame({"a": [1]}, index=pd.Index(["k"], name="key")))
    assert [column["name"] for column in found["columns"]] == ["key", "a"]
    assert found["rows"] == [["k", 1]]
    assert look(pd.Series([1.5], name="q"))["rows"] == [[1.5]]


def test_an_array_is_its_shape_and_a_histogram() -> None:
    found = look(np.array([[1.0, 2.0], [3.0, float("nan")]]))
    assert (found["shape"], found["dtype"], found["summary"]) == ([2, 2], "float64", "2 × 2 float64")
    assert found["rows"] == [[1.0, 2.0], [3.0, "NaN"]]
    assert (sum(found["histogram"]["counts"]), found["not_finite"], found["maximum"]) == (3, 1, 3.0)
    assert len(found["histogram"]["edges"]) == len(found["histogram"]["counts"]) + 1


@pytest.mark.parametrize(
    "array",
    [
        np.arange(1_000_000.0),
        np.asfortranarray(np.arange(1_000_000.0).reshape(1000, 1000)),
        np.arange(4_000_000.0).reshape(2000, 2000)[::2, ::2],
        np.arange(1_000_000).reshape(100, 100, 100).transpose(1, 0, 2),
    ],
    ids=["flat", "by columns", "strided", "turned"],
)
def test_of_a_large_array_a_sample_from_end_to_end_is_looked_at(array: Any) -> None:
    found = look(array)
    assert MOST / 4 < found["sampled"] <= MOST
    assert found["maximum"] - found["minimum"] > 0.9 * (array.max() - array.min())
    assert "rows" not in found


OBJECTS = np.empty(1, object)
OBJECTS[0] = Hostile()


@pytest.mark.parametrize(
    "array",
    [np.array([]), np.array(3.0), OBJECTS, np.array(["a"])],
    ids=["empty", "no dimensions", "objects", "texts"],
)
def test_arrays_without_numbers_have_a_shape(array: Any) -> None:
    assert look(array)["shape"] == list(array.shape)


@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
def test_a_sparse_matrix_has_a_density(form: str) -> None:
    found = look(sp.random(100, 50, 0.02, format=form, random_state=1))
    assert (found["shape"], found["stored"], found["density"]) == ([100, 50], 100, 0.02)
    assert found["summary"] == "100 × 50 float64, 2.00% filled"


def test_an_estimator_is_its_parameters_and_what_it_has_learned() -> None:
    inputs, targets = np.random.default_rng(1).random((50, 4)), np.arange(50.0)
    model = xgb.XGBRegressor(n_estimators=3, max_depth=2).fit(inputs, targets)
    found = look(model)
    assert (found["kind"], found["summary"]) == ("estimator", "XGBRegressor")
    assert (found["parameters"]["max_depth"], found["fitted"]) == (2, {"rounds": 3, "features": 4})
    assert look(model.get_booster())["summary"] == "Booster, 3 rounds"
    words = look(TfidfVectorizer(max_features=9).fit(["a few words", "more words"]))
    assert (words["parameters"]["max_features"], words["fitted"]["vocabulary_"]) == (9, "dict, 3 entries")
    pipeline = look(make_pipeline(StandardScaler(), Ridge(alpha=2)).fit(inputs, targets))
    assert pipeline["parameters"]["steps"] == "standardscaler: StandardScaler, ridge: Ridge"


class Careless(Ridge):
    """An estimator whose parameters cannot be asked for."""

    def get_params(self, deep: bool = True) -> Any:
        raise AssertionError("user code was called")


def test_an_estimator_of_the_user_is_not_called() -> None:
    found = look(Careless(alpha=3.0))
    assert (found["kind"], found["parameters"]["alpha"]) == ("estimator", 3.0)


def test_containers_have_entries_that_say_what_they_hold() -> None:
    table = np.zeros((3, 2))
    assert look((table, 1))["summary"] == "tuple: 3 × 2 float64, 1"
    found = look({"a": table, 2: [1, 2]})
    assert [(each["key"], each["summary"]) for each in found["entries"]] == [
        ("a", "3 × 2 float64"),
        ("2", "list, 2 entries"),
    ]
    assert found["summary"] == "a 3 × 2 float64, 2 list, 2 entries"
    assert look({"r2": 0.25, "mae": 16.5})["summary"] == "r2 0.25, mae 16.5"
    assert look({"a": 1, "b": 2, "c": None, "d": 4})["summary"] == "a 1, b 2, c None, …"
    assert look({f"k{n}": n for n in range(13)})["summary"] == "dict, 13 entries"
    assert (look({})["summary"], look(Point(1, 2))["summary"]) == ("dict, 0 entries", "x 1, y 2")
    many = look(list(range(10_000)))
    assert (many["length"], len(many["entries"]), many["summary"]) == (10_000, SHOWN, "list, 10,000 entries")
    assert [each["key"] for each in look(Point(1, 2))["entries"]] == ["x", "y"]
    assert [each["summary"] for each in look(Fit())["entries"]] == ["2", "line"]
    assert look(frozenset([1]))["length"] == 1


def test_a_figure_has_a_size() -> None:
    from matplotlib.figure import Figure

    found = look(Figure(figsize=(4, 3), dpi=100))
    assert (found["kind"], found["width"], found["height"]) == ("figure", 400, 300)


def test_anything_else_is_its_class_and_is_not_called() -> None:
    hostile = Hostile()
    assert look(hostile)["text"].endswith("Hostile")
    assert look({"k": hostile})["entries"][0]["summary"] == "Hostile"
    assert look([hostile])["entries"][0]["summary"] == "Hostile"
    assert look(range(3))["summary"] == "range(0, 3)"
    assert look(pl.DataFrame({"a": [1]}).lazy())["summary"] == "LazyFrame"


class BrokenFrame(pd.DataFrame):
    """A table that cannot be looked at."""

    @property
    def iloc(self) -> Any:
        raise ValueError("no")


def test_what_fails_costs_the_preview_only() -> None:
    assert preview_of(BrokenFrame({"a": [1]})) is None


def test_a_preview_takes_milliseconds() -> None:
    values = [pd.DataFrame(np.zeros((200_000, 40))), np.zeros(5_000_000), dict.fromkeys(range(1_000_000))]
    for value in values:
        preview_of(value)  # what libraries do at the first time is theirs
        best = min(_seconds(value) for _ in range(5))
        assert best < 0.005


def _seconds(value: object) -> float:
    began = time.perf_counter()
    preview_of(value)
    return time.perf_counter() - began


def test_no_library_is_loaded_for_it() -> None:
    import subprocess

    code = (
        "import sys; from tidemill.work.previews import preview_of; preview_of([1, {'a': 2.5}]); "
        "print([name for name in ('numpy', 'pandas', 'polars', 'narwhals') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
