"""Types with a check of their own, and the names of types (api.md 1.15)."""

from __future__ import annotations

import typing
from typing import Any

import pytest

import tidemill
from tidemill.core.errors import InvalidDefinitionError, InvariantViolationError, TypeCheckError
from tidemill.core.metadata import MetadataValue
from tidemill.definitions.types import (
    REGISTERED,
    DagsterType,
    PythonObjectDagsterType,
    TypeCheck,
    check_dagster_type,
    make_python_type_usable_as_dagster_type,
    type_name,
    usable_as_dagster_type,
)
from tidemill.work.typecheck import check_type

EVEN = DagsterType(lambda _, value: value % 2 == 0, name="Even", description="even numbers")


def test_a_type_says_what_it_is() -> None:
    assert (EVEN.key, EVEN.display_name, EVEN.unique_name, EVEN.has_unique_name) == (
        "Even",
        "Even",
        "Even",
        True,
    )
    assert (EVEN.description, EVEN.typing_type, EVEN.is_builtin) == ("even numbers", Any, False)
    keyed = DagsterType(lambda *_: True, key="k", metadata={"limit": 3}, typing_type=int)
    assert (keyed.display_name, keyed.has_unique_name, keyed.typing_type) == ("k", False, int)
    assert keyed.metadata == {"limit": MetadataValue.int(3)}
    assert repr(EVEN) == "DagsterType('Even')"


def test_a_check_gives_a_bool_or_tells_more() -> None:
    assert EVEN.type_check(None, 2) == TypeCheck(True)
    assert not check_dagster_type(EVEN, 3).success
    told = DagsterType(lambda _, v: TypeCheck(v > 0, "must be above 0", {"value": v}), name="Positive")
    verdict = check_dagster_type(told, -1)
    assert (verdict.success, verdict.description) == (False, "must be above 0")
    assert verdict.metadata == {"value": MetadataValue.int(-1)}
    with pytest.raises(InvariantViolationError, match="'Odd' gave 'yes'"):
        check_dagster_type(DagsterType(lambda *_: "yes", name="Odd"), 1)


def test_a_check_is_given_a_context() -> None:
    seen = []
    kind = DagsterType(lambda context, _: not seen.append((context.run_id, context.log.name)), name="Seen")
    check_type(1, kind, role="input", name="x", step="s", run_id="r1")
    assert seen == [("r1", "tidemill.user")]


def test_a_misfit_of_such_a_type_is_told_with_its_description_and_facts() -> None:
    kind = DagsterType(lambda _, v: TypeCheck(False, "too few rows", {"rows": len(v)}), name="Table")
    with pytest.raises(TypeCheckError) as caught:
        check_type([1], kind, role="output", name="result", step="model")
    error = caught.value
    assert 'step output "result"' in str(error)
    assert 'expected type "Table"' in str(error)
    assert (error.found, error.expected) == ("too few rows\nrows: 1", "Table")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"type_check_fn": lambda *_: True}, "name"),
        ({"type_check_fn": 3, "name": "T"}, "type_check_fn"),
        ({"type_check_fn": lambda *_: True, "name": "T", "loader": 3}, "loader"),
        (
            {"type_check_fn": lambda *_: True, "name": "T", "required_resource_keys": {"r"}},
            "required_resource_keys",
        ),
    ],
)
def test_a_type_that_cannot_be(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidDefinitionError, match=named):
        DagsterType(**arguments)


def test_instances_of_a_class_or_of_one_of_several() -> None:
    text = PythonObjectDagsterType(str)
    assert (text.display_name, text.python_type, text.typing_type) == ("str", str, str)
    assert check_dagster_type(text, "a").success
    assert check_dagster_type(text, 1).description == "a value of type int"
    several = PythonObjectDagsterType((int, str), name="Key")
    assert (several.display_name, several.typing_type) == ("Key", typing.Union[int, str])  # noqa: UP007
    assert check_dagster_type(several, 1).success
    assert not check_dagster_type(several, 1.5).success
    with pytest.raises(InvalidDefinitionError, match="python_type"):
        PythonObjectDagsterType("int")


def test_a_class_is_called_by_another_name() -> None:
    @usable_as_dagster_type
    class Plain:
        pass

    @usable_as_dagster_type(name="Story", description="of a site")
    class Named:
        pass

    assert (type_name(Plain), type_name(Named)) == ("Plain", "Story")
    assert check_dagster_type(Named, Named()).success
    assert not check_dagster_type(Named, Plain()).success
    assert type_name(list[Named]) == "[Story]"
    for cls in (Plain, Named):
        del REGISTERED[cls]


def test_a_class_is_checked_by_a_type_made_for_it() -> None:
    class Score(float):
        pass

    kind = PythonObjectDagsterType(Score, type_check_fn=lambda _, value: 0 <= value <= 1, name="Score")
    make_python_type_usable_as_dagster_type(Score, kind)
    make_python_type_usable_as_dagster_type(Score, kind)
    assert check_dagster_type(Score, Score(0.5)).success
    assert not check_dagster_type(list[Score], [Score(2)]).success
    with pytest.raises(InvalidDefinitionError, match="Score"):
        make_python_type_usable_as_dagster_type(Score, EVEN)
    with pytest.raises(InvalidDefinitionError, match="a class"):
        make_python_type_usable_as_dagster_type(3, kind)  # type: ignore[arg-type]
    with pytest.raises(InvalidDefinitionError, match="a DagsterType"):
        make_python_type_usable_as_dagster_type(int, int)  # type: ignore[arg-type]
    del REGISTERED[Score]


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (tidemill.Int, "Int"),
        (tidemill.String, "String"),
        (tidemill.List[tidemill.Int], "[Int]"),
        (tidemill.Optional[int], "Int?"),
        (int | str | None, "Int | String?"),
        (tidemill.Dict[str, int], "Dict[String,Int]"),
        (tidemill.Tuple[int, str], "Tuple[Int,String]"),
        (tidemill.Set[float], "Set[Float]"),
        (list[list[bool]], "[[Bool]]"),
        (list[EVEN], "[Even]"),  # type: ignore[valid-type]
        (dict, "dict"),
    ],
)
def test_names_that_messages_show(annotation: Any, name: str) -> None:
    assert type_name(annotation) == name


def test_what_is_wrong_inside_a_container_is_told() -> None:
    def found(annotation: Any, value: Any) -> str | None:
        return check_dagster_type(annotation, value).description

    assert found(list[int], [1, "a"]) == "a value of type list with a value of type str: 'a'"
    assert found(dict[str, int], {"a": None}) == "a value of type dict with a value of type NoneType: None"
    assert found(tuple[int, str], (1, 2)) == "a value of type tuple with a value of type int: 2"
    assert found(list[int], "a") == "a value of type str"


def test_types_that_programs_know_by_name() -> None:
    for kind, value in [
        (tidemill.Int, 3),
        (tidemill.Float, 1.5),
        (tidemill.Bool, True),
        (tidemill.Any, object()),
        (tidemill.List, [1]),
        (tidemill.Dict, {}),
        (tidemill.List[EVEN], [2]),
        (tidemill.Optional[EVEN], None),
    ]:
        assert check_dagster_type(kind, value).success
    assert not check_dagster_type(tidemill.List[EVEN], [3]).success
