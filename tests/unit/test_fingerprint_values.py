"""Live values in fingerprints: how they are written, and what is said of those that cannot be."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import functools
import json
import os
import re
import subprocess
import sys
import threading
import types
import uuid
from enum import Enum, IntEnum
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from tidemill.code.project import Project
from tidemill.code.values import Described, shown
from tidemill.definitions.config.env import EnvVar

ROOT = Path(__file__).parent


class Colour(Enum):
    RED = 1


class Level(IntEnum):
    HIGH = 3


class Point(NamedTuple):
    x: int
    y: int = 2


class Holder:
    def __init__(self, **held: Any) -> None:
        self.__dict__.update(held)


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self) -> None:
        self.a = 1


class Names(list):  # type: ignore[type-arg]
    pass


def described(value: object) -> Described:
    return Described(Project(ROOT), value)


def looped() -> list[Any]:
    values: list[Any] = [1]
    values.append(values)
    return values


PLAIN: list[tuple[Any, str]] = [
    (None, "None"),
    (True, "True"),
    (1, "1"),
    (1.0, "1.0"),
    (2j, "2j"),
    ("it's\n", r"'it\'s\n'"),
    (b"a", "b'a'"),
    (..., "Ellipsis"),
    ((1,), "(1,)"),
    ([1, (2, 3)], "[1, (2, 3)]"),
    ({"b": 1, "a": 2}, "{'b': 1, 'a': 2}"),
    ({"b", "a"}, "{'a', 'b'}"),
    (frozenset({2, 1}), "frozenset({1, 2})"),
    (range(3), "range(0, 3)"),
    (slice(1, None), "slice(1, None, None)"),
    (collections.deque([1], 3), "deque([1], 3)"),
    (collections.defaultdict(list, a=[1]), "defaultdict(<class list>, {'a': [1]})"),
    (collections.Counter("aab"), "Counter({'a': 2, 'b': 1})"),
    (types.MappingProxyType({"a": 1}), "mappingproxy({'a': 1})"),
    (types.SimpleNamespace(a=1), "namespace({'a': 1})"),
    (datetime.date(2024, 5, 1), "datetime.date(2024, 5, 1)"),
    (datetime.datetime(2024, 5, 1), "datetime.datetime(2024, 5, 1, 0, 0)"),
    (datetime.time(1, tzinfo=datetime.UTC), "datetime.time(1, 0, tzinfo=datetime.timezone.utc)"),
    (datetime.timedelta(1), "datetime.timedelta(days=1)"),
    (decimal.Decimal("1.10"), "Decimal('1.10')"),
    (fractions.Fraction(1, 3), "Fraction(1, 3)"),
    (uuid.UUID(int=1), "UUID('00000000-0000-0000-0000-000000000001')"),
    (re.compile("a+", re.IGNORECASE), "re.compile('a+', 34)"),
    (PurePosixPath("/data"), "PurePosixPath('/data')"),
    (ROOT / "data", "PosixPath('<root>/data')"),
    (str(ROOT), "'<root>'"),
    (Colour.RED, "Colour.RED=1"),
    (Level.HIGH, "Level.HIGH=3"),
    (Point(1), "Point((1, 2))"),
    (Holder(b=1, a=[2]), "Holder(a=[2], b=1)"),
    (Slotted(), "Slotted(a=1)"),
    (Names([1]), "Names([1])"),
    (functools.partial(len, 1), "partial(<function builtins.len>, (1,), {})"),
    (len, "<function builtins.len>"),
    (str.upper, "<function builtins.str.upper>"),
    (json.dumps, "<function json.dumps>"),
    (os, "<module os>"),
    (int, "<class int>"),
    (decimal.Decimal, "<class decimal.Decimal>"),
    (list[int], "list[int]"),
    (EnvVar("API_TOKEN"), "EnvVar('API_TOKEN')"),
    (looped(), "[1, …]"),
    (np.float32(0.5), "<f4 0.5"),
    (np.array([1, 2]), "ndarray(<i8, (2,), [1, 2])"),
    (np.array([[1.5]]), "ndarray(<f8, (1, 1), [[1.5]])"),
    (np.array(["a", None], dtype=object), "ndarray(|O, (2,), 'a', None)"),
    (np.add, "<function numpy.add>"),
    (pd.Series([1, 2], name="n"), "Series('n', RangeIndex(None, int64, [0, 1]), ndarray(<i8, (2,), [1, 2]))"),
    (pd.Timestamp("2024-05-01"), "Timestamp(2024-05-01 00:00:00)"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), PLAIN, ids=[text for _, text in PLAIN])
def test_plain_values(value: object, text: str) -> None:
    found = described(value)
    assert (found.text, found.opaque) == (text, [])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        ([1], (1,)),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({1}, frozenset({1})),
        ("a', 'b", ["a", "b"]),
        (np.arange(9), np.arange(9.0)),
        (np.arange(9), np.arange(9).reshape(3, 3)),
        (np.arange(9), np.arange(1, 10)),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
        (pd.DataFrame({"a": ["x"]}), pd.DataFrame({"a": ["y"]})),
        (Holder(a=1), Holder(a=2)),
    ],
)
def test_different_values_have_different_texts(one: object, other: object) -> None:
    assert described(one).text != described(other).text


@pytest.mark.parametrize("value", [threading.Lock(), object(), iter([])])
def test_what_has_no_text_is_said(value: object) -> None:
    found = described([1, value])
    assert "0x" not in found.text
    assert len(found.opaque) == 1


def test_definitions_in_a_value_are_found() -> None:
    def step() -> None: ...

    found = described({"a": [step, Colour.RED], "b": functools.partial(step)})
    assert found.definitions == [step, Colour, step]
    assert found.text == (
        "{'a': [<function test_definitions_in_a_value_are_found.step>, Colour.RED=1], "
        "'b': partial(<function test_definitions_in_a_value_are_found.step>, (), {})}"
    )


def test_nothing_of_the_user_is_called() -> None:
    class Trap:
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(name)

        def __repr__(self) -> str:
            raise AssertionError

        __hash__ = __eq__ = __repr__  # type: ignore[assignment]

    assert described(Trap()).text == "test_nothing_of_the_user_is_called.<locals>.Trap()"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("LIMIT", "10", "10"),
        ("API_TOKEN", "'abc'", ""),
        ("train(password)", "'abc'", ""),
        ("CLIENT", "Client(api_key='abc')", ""),
        ("CLIENT", "{'secret': 'abc'}", ""),
        ("TOKENIZER", "'words'", "'words'"),
        ("WORDS", "x" * 300, "x" * 199 + "…"),
    ],
)
def test_what_may_be_shown(name: str, text: str, told: str) -> None:
    assert shown(name, text) == told


CHILD = """
import sys
sys.path[:0] = {path!r}
from test_fingerprint_values import PLAIN, described
print([described(value).text for value, _ in PLAIN])
"""


def test_texts_do_not_depend_on_the_process() -> None:
    code = CHILD.format(path=[str(ROOT), str(ROOT.parents[1] / "src")])
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
