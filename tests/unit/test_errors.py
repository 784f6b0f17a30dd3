"""Errors: the tree that the docstring draws, attributes that survive pickling, messages that say all."""

from __future__ import annotations

import copy
import pickle
import re

import pytest

from tidemill.core import errors
from tidemill.core.errors import CircularDependencyError, InvalidConfigError, TidemillError, UserCodeLoadError

ALL = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, TidemillError)]
ATTRIBUTES = {"subject": "the thing", "found": "a\nb", "expected": "c", "next_step": "do d"}


def drawn_tree() -> dict[str, tuple[str, str | None]]:
    """Name → (parent, builtin that it also is), as the docstring draws it."""
    tree: dict[str, tuple[str, str | None]] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    ((?:│  |   )*)(?:[├└]─ )(\w+Error)(?: \((\w+)\))?", line)
        if match:
            depth = len(match[1]) // 3
            path[depth:] = [match[2]]
            tree[match[2]] = (path[depth - 1] if depth else "TidemillError", match[3])
    return tree


def test_the_docstring_draws_the_real_tree() -> None:
    real = {
        cls.__name__: (
            cls.__bases__[0].__name__,
            next((base.__name__ for base in cls.__bases__ if base.__module__ == "builtins"), None),
        )
        for cls in ALL
        if cls is not TidemillError
    }
    assert drawn_tree() == real


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_each_error_keeps_its_attributes_when_pickled(cls: type[TidemillError]) -> None:
    error = cls("It is so", **ATTRIBUTES)
    error.add_note("a note")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is cls
        assert vars(again) == vars(error)
        assert str(again) == str(error)
        assert again.args == error.args


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_each_message_has_all_that_the_error_knows(cls: type[TidemillError]) -> None:
    text = str(cls("It is so", **ATTRIBUTES))
    assert text.splitlines() == [
        "It is so",
        "  about:    the thing",
        "  found:    a",
        "            b",
        "  expected: c",
        "  next:     do d",
    ]


def test_a_message_does_not_say_twice_what_it_is_about() -> None:
    assert str(TidemillError("No asset 'x'", subject="x", found="y")) == "No asset 'x'\n  found:    y"
    assert str(TidemillError("plain")) == "plain"


def test_what_some_errors_carry_besides() -> None:
    circle = pickle.loads(pickle.dumps(CircularDependencyError("circle", path=("a", "b", "a"))))
    assert circle.path == ("a", "b", "a")
    config = pickle.loads(pickle.dumps(InvalidConfigError("two", problems=(("a.b", "bad"), ("", "worse")))))
    assert str(config) == "two\n  - a.b: bad\n  - worse"
    assert UserCodeLoadError("no", user_traceback="File x").user_traceback == "File x"


def test_errors_are_caught_as_the_builtin_that_they_are() -> None:
    with pytest.raises(LookupError):
        raise errors.UnknownPartitionError("p")
    with pytest.raises(FileNotFoundError):
        raise errors.ValueNotStoredError("v")
    with pytest.raises(errors.StoreError):
        raise errors.DamagedArtifactError("d")


def test_there_are_few_enough_to_know() -> None:
    # One more for what programs catch by name: processes that would not find their code, what is no observation.
    assert len(ALL) <= 30
