"""Which values fit which annotations, and how a misfit is told."""

from __future__ import annotations

import collections.abc
import pickle
import typing
from typing import Any, Generic, Literal, Optional, Protocol, TypeVar, Union

import pytest

from tidemill.core.errors import TypeCheckError
from tidemill.definitions.types import DagsterType, TypeCheck, matches
from tidemill.work.typecheck import check_type

T = TypeVar("T")


class Base:
    pass


class Derived(Base):
    pass


class Box(Generic[T]):
    pass


class Sized(Protocol):
    def size(self) -> int: ...


class SizedOf(Protocol[T]):
    def size(self) -> T: ...


@typing.runtime_checkable
class Named(Protocol):
    def upper(self) -> str: ...


class Row(typing.TypedDict):
    name: str


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (1, int),
        (True, int),
        (True, bool),
        (1.5, float),
        (1, float),
        ("a", str),
        (b"a", bytes),
        (None, None),
        (None, type(None)),
        (1, Any),
        (1, object),
        (Derived(), Base),
        ([1], list),
        ([1], list[int]),
        ([], list[int]),
        ([1] * 1_000 + ["a"], list[int]),
        ([1, "a"], typing.List),  # noqa: UP006  (as users write it)
        ([1, "a"], list[T]),
        ((1, 2, 3), tuple[int, ...]),
        ({"a": [1]}, dict[str, list[int]]),
        ({"a": 1}, dict[str, int]),
        ((1, 2), tuple[int, int]),
        ({1}, set[int]),
        ([1], collections.abc.Sequence),
        ([1], typing.Sequence[int]),
        ({"a": 1}, collections.abc.Mapping[str, int]),
        (1, int | None),
        (None, int | None),
        (None, Optional[int]),  # noqa: UP045  (as users write it)
        ("a", Union[int, str]),  # noqa: UP007  (as users write it)
        (1, float | None),
        ("a", Literal["a", "b"]),
        (Box(), Box[int]),
        (1, Sized),
        (1, SizedOf[int]),
        (1, Row),
        ("a", Named),
        (1, T),
        (1, "int"),
        (1, "a name that nobody knows"),
        (int, type[int]),
        (print, collections.abc.Callable[..., Any]),
        (1, typing.Annotated[int, "more than nothing"]),
        (1, typing.NewType("Identity", int)),
        ([{"a": 1}], list[dict[str, int]]),
    ],
)
def test_fits(value: Any, annotation: Any) -> None:
    assert matches(value, annotation)
    check_type(value, annotation, role="input", name="x", step="s")


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        ("1", int),
        (1.5, int),
        (1, str),
        (1, bool),
        (True, float),
        ("1", float),
        (None, int),
        (1, type(None)),
        (Base(), Derived),
        ((1,), list),
        ((1,), list[int]),
        ([1, "a"], list[int]),
        ({"a": "b"}, dict[str, int]),
        ({1: 1}, dict[str, int]),
        ((1, 2), tuple[int, str]),
        ((1, 2, 3), tuple[int, int]),
        ((1, "a"), tuple[int, ...]),
        ({1, "a"}, set[int]),
        ({"a": ["b"]}, dict[str, list[int]]),
        ([1, None, "a"], list[Optional[int]]),  # noqa: UP045  (as users write it)
        ([1], dict[str, int]),
        (1, typing.Sequence[int]),
        ("a", int | None),
        (1.5, Union[int, str]),  # noqa: UP007  (as users write it)
        ("c", Literal["a", "b"]),
        (1, Box[int]),
        (1, Named),
        (1, collections.abc.Callable[..., Any]),
        ("a", typing.Annotated[int, "more than nothing"]),
    ],
)
def test_does_not_fit(value: Any, annotation: Any) -> None:
    assert not matches(value, annotation)
    with pytest.raises(TypeCheckError):
        check_type(value, annotation, role="input", name="x", step="s")


@pytest.mark.parametrize(
    ("annotation", "name"), [(str, "String"), (int, "Int"), (float, "Float"), (bool, "Bool"), (Base, "Base")]
)
def test_the_message_names_both_types(annotation: type, name: str) -> None:
    with pytest.raises(TypeCheckError) as caught:
        check_type(Ellipsis, annotation, role="output", name="result", step="model")
    error = caught.value
    assert str(error).splitlines()[0] == (
        f'Type check failed for step output "result" of \'model\' - expected type "{name}"'
    )
    assert error.subject == "result"
    assert error.found == "a value of type ellipsis"
    assert error.expected == annotation.__name__


def test_classes_are_named_with_their_module() -> None:
    with pytest.raises(TypeCheckError) as caught:
        check_type(Base(), list[int], role="input", name="x", step="s")
    assert caught.value.found == f"a value of type {__name__}.Base"
    assert caught.value.expected == "list[int]"


def test_numpy_numbers_fit_as_python_has_them() -> None:
    numpy = pytest.importorskip("numpy")
    assert matches(numpy.float64(1), float)
    assert matches(numpy.float32(1), float)
    assert matches(numpy.int64(1), int)
    assert matches(numpy.bool_(True), bool)
    assert not matches(numpy.float64(1), int)
    assert not matches(numpy.array([1.0]), float)


def test_pandas_frames() -> None:
    pandas = pytest.importorskip("pandas")
    assert matches(pandas.DataFrame(), pandas.DataFrame)
    assert not matches(pandas.Series(dtype=float), pandas.DataFrame)


def test_what_the_check_of_a_type_tells() -> None:
    even = DagsterType(
        lambda _, value: TypeCheck(value % 2 == 0, "an odd number", {"rest": value % 2}), name="Even"
    )
    with pytest.raises(TypeCheckError) as caught:
        check_type(3, even, role="output", name="result", step="half")
    assert caught.value.description.endswith('expected type "Even". Description: an odd number\nrest: 1')
    assert caught.value.metadata["rest"].value == 1  # type: ignore[attr-defined]
    assert pickle.loads(pickle.dumps(caught.value)).metadata == caught.value.metadata
