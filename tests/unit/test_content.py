"""The content digest: one for each value, whoever made it, in whatever process, and after a round trip.

Run as a script it prints, for each sample, the digest of two makings and of a round trip; the tests run it
twice under different hash seeds.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import functools
import json
import os
import pathlib
import subprocess
import sys
import types
import uuid
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pydantic
import pytest
import scipy.sparse as sparse
from hypothesis import given, strategies as st

from tidemill.io import pickling
from tidemill.io.content import content_digest


class Colour(enum.Enum):
    RED = 1
    BLUE = "b"


class Point(NamedTuple):
    x: float
    y: float


@dataclass
class Split:
    name: str
    rows: list[int] = field(default_factory=list)
    table: Any = None


@dataclass(frozen=True, slots=True)
class Slotted:
    name: str


class Model(pydantic.BaseModel):
    depth: int = 3
    names: set[str] = {"b", "a", "c"}


class Plain:
    """A class that says nothing of what its instances hold."""


def words(count: int = 40) -> list[str]:
    return [f"word {number * 7919 % count}" for number in range(count)]


def frame() -> pd.DataFrame:
    index = pd.date_range("2024-05-01", periods=6, freq="D", tz="Europe/Berlin")
    return pd.DataFrame(
        {
            "i": np.arange(6),
            "f": np.linspace(0, 1, 6),
            "s": [f"t{number}" for number in range(6)],
            "o": pd.Series(["a", None, 3, 2.5, ("x",), {"k": "v"}], dtype=object, index=index),
            "c": pd.Categorical(["u", "v", "u", None, "v", "u"], ordered=True),
            "n": pd.array([1, None, 3, 4, None, 6], dtype="Int64"),
            "b": pd.array([True, None, False, True, True, False], dtype="boolean"),
            "d": index,
            "dt": index - index[0],
            "p": pd.period_range("2024-01", periods=6, freq="M"),
        },
        index=index,
    )


def data() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.RandomState(0)
    features = random.rand(120, 4)
    return features, (features[:, 0] > 0.5).astype(int)


def fitted(name: str, **parameters: object) -> Any:
    from sklearn import cluster, ensemble, linear_model, neighbors, svm, tree

    for module in (ensemble, linear_model, neighbors, svm, tree, cluster):
        if hasattr(module, name):
            return getattr(module, name)(**parameters).fit(*data())
    raise LookupError(name)


def pipeline() -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = ColumnTransformer(
        [("n", StandardScaler(), [0, 1]), ("c", OneHotEncoder(handle_unknown="ignore"), [2])]
    )
    return make_pipeline(columns, fitted("LogisticRegression")).fit(*data())


def tfidf() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(stop_words=["the", "a"])
    vectorizer.fit_transform(words())
    return vectorizer


def xgboost_model() -> Any:
    import xgboost
    from sklearn.metrics import mean_absolute_error

    model = xgboost.XGBRegressor(
        objective="reg:squarederror", eval_metric=mean_absolute_error, n_estimators=5
    )
    return model.fit(*data())


def csr() -> Any:
    return sparse.csr_matrix(([1.0, 2.0, 3.0], ([0, 1, 1], [1, 0, 2])), shape=(3, 3))


def structured() -> np.ndarray:
    made = np.empty(3, dtype=np.dtype([("a", "u1"), ("b", "f8"), ("c", "U3"), ("d", "f4", (2,))], align=True))
    made["a"], made["b"], made["c"], made["d"] = [1, 2, 3], 0.5, "xy", 1.5
    return made


def table() -> pa.Table:
    return pa.table(
        {
            "i": pa.array([1, None, 3]),
            "s": ["a", None, "c"],
            "t": pa.array([1, 2, None], pa.timestamp("us", "UTC")),
            "l": [[1], None, [2, 3]],
            "d": pa.array(["x", "y", "x"]).dictionary_encode(),
        }
    )


def polars_frame() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "i": [1, None, 3],
            "s": ["a", None, "c"],
            "b": [True, None, False],
            "d": [datetime.date(2024, 1, 1), None, datetime.date(2024, 1, 2)],
            "l": [[1], None, [2, 3]],
            "c": pl.Series(["x", "y", "x"], dtype=pl.Categorical),
        }
    )


SAMPLES: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "bool": lambda: True,
    "int": lambda: 3**400,
    "float": lambda: 0.1,
    "nan": lambda: float("nan"),
    "minus zero": lambda: -0.0,
    "complex": lambda: 1 + 2j,
    "str": lambda: "".join(["tide", "mill \udc80 é"]),
    "bytes": lambda: bytes(100),
    "bytearray": lambda: bytearray(b"abc"),
    "decimal": lambda: decimal.Decimal("1.10"),
    "fraction": lambda: fractions.Fraction(1, 3),
    "date": lambda: datetime.date(2024, 5, 1),
    "datetime": lambda: datetime.datetime(2024, 5, 1, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
    "utc": lambda: datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC),
    "time": lambda: datetime.time(12, 30, fold=1),
    "timedelta": lambda: datetime.timedelta(days=-1, seconds=3),
    "zone": lambda: zoneinfo.ZoneInfo("Asia/Tokyo"),
    "path": lambda: pathlib.PurePosixPath("a/b"),
    "uuid": lambda: uuid.UUID(int=5),
    "enum": lambda: Colour.RED,
    "range": lambda: range(3, 9, 2),
    "slice": lambda: slice(1, None, 2),
    "list": lambda: [1, "a", None, 2.5, b"x", True, [1, 2], {"k": 3**99}],
    "empty": lambda: ([], (), {}, set(), "", b""),
    "strings": words,
    "shared": lambda: (lambda part: [part, part, list(part)])(words(3)),
    "records": lambda: [{"id": number, "title": f"t{number}", "kids": [number]} for number in range(30)],
    "rows": lambda: [(number, f"t{number}", None) for number in range(30)],
    "dict": lambda: {word: number for number, word in enumerate(words())},
    "mixed keys": lambda: {1: "a", "b": 2, (3, "c"): None, None: 4.5},
    "set of str": lambda: set(words()),
    "set": lambda: {1, "a", None, (2, "b"), frozenset({"x", "y"})},
    "frozenset": lambda: frozenset(words()),
    "deque": lambda: collections.deque([1, 2], maxlen=5),
    "ordered": lambda: collections.OrderedDict(b=1, a=2),
    "counter": lambda: collections.Counter("abracadabra"),
    "defaultdict": lambda: collections.defaultdict(list, {"a": [1]}),
    "namespace": lambda: types.SimpleNamespace(b=1, a={"x", "y", "z"}),
    "namedtuple": lambda: Point(1.0, 2.0),
    "dataclass": lambda: Split("train", [1, 2], {"a", "b", "c"}),
    "slotted": lambda: Slotted("x"),
    "pydantic": lambda: Model(depth=4),
    "function": lambda: json.dumps,
    "class": lambda: Split,
    "builtin": lambda: len,
    "partial": lambda: functools.partial(json.dumps, indent=2),
    "numpy scalar": lambda: np.float32(0.5),
    "numpy date": lambda: np.datetime64("2024-05-01"),
    "array": lambda: np.arange(1000.0).reshape(20, 50),
    "array F": lambda: np.asfortranarray(np.arange(1000.0).reshape(20, 50)),
    "array view": lambda: np.arange(1000.0).reshape(20, 50)[::2, ::3],
    "array 0-d": lambda: np.array(3),
    "array empty": lambda: np.empty((0, 3)),
    "array bool": lambda: np.arange(2000) % 3 == 0,
    "array dates": lambda: np.arange("2024-01", "2034-01", dtype="datetime64[D]"),
    "array text": lambda: np.array(words(400)),
    "array strings": lambda: np.array(words(400), dtype=np.dtypes.StringDType()),
    "array objects": lambda: np.array([None, "a", 3, {"x", "y"}], dtype=object),
    "array structured": structured,
    "array masked": lambda: np.ma.masked_greater(np.arange(10.0), 5),
    "matrix": lambda: np.matrix([[1, 2], [3, 4]]),
    "dtype": lambda: np.dtype("f4"),
    "ufunc": lambda: np.log1p,
    "random state": lambda: np.random.RandomState(7),
    "generator": lambda: np.random.default_rng(7),
    "frame": frame,
    "frame numbers": lambda: pd.DataFrame(np.arange(3000.0).reshape(500, 6)),
    "frame empty": pd.DataFrame,
    "series": lambda: pd.Series(words(300), name="title"),
    "series arrow": lambda: pd.Series([1, None, 3], dtype="int64[pyarrow]"),
    "series sparse": lambda: pd.Series(pd.arrays.SparseArray([0, 0, 1, 2])),
    "series interval": lambda: pd.cut(pd.Series([1, 5, 9]), 3),
    "index": lambda: pd.Index(words(), name="w"),
    "range index": lambda: pd.RangeIndex(10),
    "multi index": lambda: pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["x", "y"]),
    "timestamp": lambda: [pd.Timestamp("2024-05-01", tz="Asia/Tokyo"), pd.Timedelta("3h"), pd.NaT, pd.NA],
    "period": lambda: [pd.Period("2024-05", "M"), pd.Interval(0, 1), pd.offsets.MonthEnd(2)],
    "polars": polars_frame,
    "polars series": lambda: pl.Series("x", words()),
    "arrow": table,
    "arrow array": lambda: pa.array([1.5, None, 2.5]),
    "csr": csr,
    "csc": lambda: sparse.csc_array(csr()),
    "coo": lambda: csr().tocoo(),
    "dok": lambda: csr().todok(),
    "tfidf": tfidf,
    "xgboost": xgboost_model,
    "pipeline": pipeline,
    "forest": lambda: fitted("RandomForestClassifier", n_estimators=4, random_state=0),
    "boosting": lambda: fitted("GradientBoostingClassifier", n_estimators=4, random_state=0),
    "histogram boosting": lambda: fitted("HistGradientBoostingClassifier", max_iter=4, random_state=0),
    "tree": lambda: fitted("DecisionTreeRegressor", random_state=np.random.RandomState(3)),
    "neighbours": lambda: fitted("KNeighborsClassifier", algorithm="kd_tree"),
    "svm": lambda: fitted("SVC"),
    "isolation": lambda: fitted("IsolationForest", n_estimators=4, random_state=0),
    "sgd": lambda: fitted("SGDClassifier", random_state=0),
    "kmeans": lambda: fitted("KMeans", n_clusters=3, random_state=0, n_init=1),
}


def round_trip(value: object) -> Any:
    pickled = pickling.dump(value, subject="sample")
    stream, buffers = bytes(pickled.stream), [memoryview(bytearray(buffer)) for buffer in pickled.buffers]
    return pickling.load(stream, buffers, subject="sample")


def digests() -> dict[str, list[str | None]]:
    found = {}
    for name, make in SAMPLES.items():
        value = make()
        before = content_digest(value)
        found[name] = [
            before,
            content_digest(make()),
            content_digest(round_trip(value)),
            content_digest(value),
        ]
    return found


@pytest.fixture(scope="module")
def two_processes() -> list[dict[str, list[str | None]]]:
    children = [
        subprocess.Popen(
            [sys.executable, __file__], env={**os.environ, "PYTHONHASHSEED": seed}, stdout=subprocess.PIPE
        )
        for seed in ("1", "2")
    ]
    return [json.loads(child.communicate()[0]) for child in children]


@pytest.mark.parametrize("name", SAMPLES)
def test_one_digest_in_every_process_and_after_a_round_trip(
    name: str, two_processes: list[dict[str, list[str | None]]]
) -> None:
    found = {digest for process in two_processes for digest in process[name]}
    assert len(found) == 1
    assert found != {None}


def test_different_samples_have_different_digests(two_processes: list[dict[str, list[str | None]]]) -> None:
    first = {name: found[0] for name, found in two_processes[0].items()}
    del first["array F"]  # the same content as `array`, in another layout
    assert len(set(first.values())) == len(first)


PINNED = {
    "none": "eb3e683c487b78e2538f882c5ad4f0cb52ccb2a1af3bc4ee9271babcb305c02e",
    "bool": "1c23009d7827fefeb9452e48eceacf48722edaa861cfd8d0bb21d575226fc833",
    "int": "4f4f85c413ea276e508f3985aeb2bc1bfc288f56966dcaba6ff89a5804fa8f87",
    "float": "eeb6621d0bc5f76f688f4b7453ac8b7c25e13527f241dca81a89682ea0c7e4ad",
    "minus zero": "74de610cfdd35f724b757ef952e4a2312ffeb59d89a05f5222dc448bb85e8666",
    "str": "f60372f8854c7d2cc51c3b3faa002359c2b736dba7a3c130418265ced8124fe9",
    "bytes": "12c56695cf0be6a97d5ed409fe7cb7b104507cba24195f15db0e49b442bdd9cd",
    "utc": "ba378ba93b8eb815c614b0a78b32afcd88917ca023395a6467ce7c83df9ac15e",
    "path": "80187d86b6499c4fa8165e0c450b7efd7947089e35c95351071c2e3dd24bdcb4",
    "enum": "a97d736973e3d0b2d18bd63fb106c2fe3c8b4c1162fe0f925868e19cccda51df",
    "list": "f00866f2e9bd46315b8e2807e7351e0e2a9c3f374ece875561297f92a37b7045",
    "empty": "5f6f1870501fa65e86b4dbc01edb0ea50b0b17ea42005b754dc1c4daed579315",
    "strings": "d8ee218ff7663c895e7c0a9f9c83672eedb6d65efe9787ffa2f147887145fd70",
    "records": "91354c91bc7ae6dd60f3343145afcae288bd61cb8b5a47a3ce1fc714e42fdedf",
    "dict": "e078a8c07eb20264d0904f677ce39da841714de8be6916b14a14df492d425467",
    "set": "8fcf3a53fe6411fe2cb1c9588e088c6c1a2a569abf6366017040a71fc313a185",
    "namedtuple": "534a408da17029455496370f4f5918f2bb8596238cd1cf5985991be435e5a391",
    "array": "159030b444dff45364ad28ff809a70543ecc7a20f767d19820e2cbdc1e366fcb",
    "array text": "b9b2b8cf34735cbb0741bae0d58d98b737771b5365070db0dd2c86e8babe9a32",
    "frame numbers": "1afe777deb289a4ee21a9b5692298615c22b1b0ee095951450938a8f98810994",
    "series": "2722b90e22632d5a21537facbfc314081f14d703a9c0081184c259ac92efc0bd",
    "csr": "f00b6c59c8bbd826e4980f416749b57a85ca896cf31960f9b1af382560f11869",
}


@pytest.mark.parametrize("name", PINNED)
def test_digests_are_pinned(name: str) -> None:
    assert content_digest(SAMPLES[name]()) == PINNED[name]


@pytest.mark.parametrize(
    "value",
    [
        object(),
        Plain(),
        lambda: 1,
        [lambda: 1],
        {"a": Plain()},
        Split("x", table=Plain()),
        iter([]),
        [1].append,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_nobody_can_tell_has_no_digest(value: object) -> None:
    assert content_digest(value) is None


def test_values_that_hold_themselves_have_no_digest() -> None:
    items: list[object] = []
    items.append({"again": (items, 1)})
    record: dict[str, object] = {}
    record["self"] = record
    assert content_digest(items) is None
    assert content_digest([record, record]) is None


def test_shared_parts_cost_what_they_are_not_what_they_spell() -> None:
    value: object = "x"
    for _ in range(100):
        value = [value, {"a": value, "b": value}]
    assert content_digest(value) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (0.0, -0.0),
        ("1", 1),
        (b"a", "a"),
        ([1], (1,)),
        ([], ()),
        (["ab", "c"], ["a", "bc"]),
        ([1, None], [None, 1]),
        ({1, 2}, frozenset({1, 2})),
        ({"a": 1}, [("a", 1)]),
        ([[1], [2]], [[1, 2], []]),
        ([{"a": 1}, {"a": 2}], [{"a": 2}, {"a": 1}]),
        ([(1, 2), (3, 4)], [(1, 3), (2, 4)]),
        (np.zeros(4), np.zeros((2, 2))),
        (np.zeros(2), np.zeros(2, "f4")),
        (np.zeros(2), [0.0, 0.0]),
        (np.array(["a"], object), np.array(["a"])),
        (np.float64(1), 1.0),
        (Split("a"), Split("b")),
        (pd.Series([1, 2]), pd.Series([1, 2], name="x")),
        (pd.Series([1, 2]), pd.Series([1, 2], index=[1, 2])),
        (pd.Series([1, None], dtype="Int64"), pd.Series([1, 0], dtype="Int64")),
        (pd.DataFrame({"a": [1], "b": [2]}), pd.DataFrame({"b": [2], "a": [1]})),
        (pl.Series([1, None]), pl.Series([1, 0])),
        (pa.array([1, None]), pa.array([1, 0])),
        (datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC), datetime.datetime(2024, 1, 1)),
        (datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1)),
        (json.dumps, json.loads),
    ],
)
def test_unequal_values_differ(one: object, other: object) -> None:
    assert content_digest(one) != content_digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3))),
        (np.arange(6.0)[::2], np.array([0.0, 2.0, 4.0])),
        (
            pd.Series(["a", None], dtype=pd.StringDtype("python")),
            pd.Series(["a", None], dtype=pd.StringDtype("pyarrow")),
        ),
        (pd.Series(["a", "b"]).iloc[:1], pd.Series(["a"])),
        (pa.chunked_array([[1, 2], [3]]), pa.chunked_array([[1], [2, 3]])),
        (pl.concat([pl.Series([1]), pl.Series([2])], rechunk=False), pl.Series([1, 2])),
        (csr(), sparse.csr_matrix(csr().toarray())),
    ],
)
def test_equal_values_agree_however_they_are_kept(one: object, other: object) -> None:
    assert content_digest(one) == content_digest(other)


def test_blocks_of_a_frame_do_not_count() -> None:
    whole = pd.DataFrame(np.arange(12.0).reshape(4, 3), columns=list("abc"))
    grown = pd.DataFrame(index=whole.index)
    for name in whole:
        grown[name] = whole[name]
    assert content_digest(grown) == content_digest(whole)


def test_the_order_and_repetition_of_sparse_entries_do_not_count_and_the_users_object_stays() -> None:
    messy = sparse.csr_matrix(
        (np.array([2.0, 1.0, 0.5]), np.array([2, 0, 2]), np.array([0, 3])), shape=(1, 3)
    )
    held = {name: np.array(part) for name, part in vars(messy).items() if isinstance(part, np.ndarray)}
    attributes = set(vars(messy))
    assert content_digest(messy) == content_digest(sparse.csr_matrix([[1.0, 0.0, 2.5]]))
    assert set(vars(messy)) == attributes
    assert all(np.array_equal(held[name], vars(messy)[name]) for name in held)


def test_garbage_between_the_fields_and_under_the_mask_does_not_count() -> None:
    clean, dirty = structured(), structured()
    dirty.view("u1").reshape(3, -1)[:, 1:8] = 255
    assert content_digest(clean) == content_digest(dirty)
    masked = pd.array([1, 7, 3], dtype="Int64")
    masked[1] = pd.NA
    assert content_digest(masked) == content_digest(pd.array([1, None, 3], dtype="Int64"))


def test_hashed_parts_are_not_read_again() -> None:
    array = np.arange(1000.0)
    place = (array.__array_interface__["data"][0], array.nbytes)
    assert content_digest(array, {place: bytes(32)}) != content_digest(array)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=30,
)


@given(plain)
def test_a_round_trip_keeps_the_digest(value: object) -> None:
    assert content_digest(round_trip(value)) == content_digest(value) is not None


@given(plain, plain)
def test_equal_digests_mean_equal_values(one: object, other: object) -> None:
    assert (content_digest(one) == content_digest(other)) == (_typed(one) == _typed(other))


def _typed(value: Any) -> object:
    """A value such that `==` tells types and bits apart."""
    if isinstance(value, dict):
        return {(type(key), key): _typed(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value), [_typed(part) for part in value]
    return type(value), np.float64(value).tobytes() if isinstance(value, float) else value


if __name__ == "__main__":
    print(json.dumps(digests()))
