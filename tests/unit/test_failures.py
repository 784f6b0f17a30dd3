"""Exceptions as records: the user's frames, causes, notes and facts; without secrets."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

from tidemill.core import secrets
from tidemill.core.errors import InvariantViolationError
from tidemill.core.keys import AssetKey
from tidemill.definitions.results import Failure
from tidemill.work.failures import DEEPEST_CAUSE, error_info, user_traceback


def raised(function: Callable[[], object]) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def fail() -> None:
    raise ValueError("bad", 3)


def through_tidemill() -> None:
    AssetKey.from_coercible(3)


def test_message_class_and_frames() -> None:
    info = error_info(raised(fail))
    assert info.message == "ValueError: ('bad', 3)\n"
    assert info.cls_name == "ValueError"
    assert [frame.splitlines()[1].strip() for frame in info.stack] == [
        "function()",
        'raise ValueError("bad", 3)',
    ]
    assert info.cause is None
    assert info.description is None
    assert info.to_string().startswith("ValueError: ('bad', 3)\n\nStack Trace:\n  File")


def test_an_error_that_was_never_raised() -> None:
    info = error_info(ValueError("bad"))
    assert (info.message, info.stack) == ("ValueError: bad\n", ())
    assert info.to_string() == "ValueError: bad\n"


def test_frames_of_tidemill_are_left_out() -> None:
    info = error_info(raised(through_tidemill))
    assert not any("tidemill/core" in frame for frame in info.stack)
    assert any("in through_tidemill" in frame for frame in info.stack)


def test_a_bug_of_tidemill_shows_every_frame() -> None:
    error = raised(lambda: AssetKey(["a"]).with_prefix(3))
    error.__traceback__ = error.__traceback__.tb_next.tb_next
    assert "in with_prefix" in "".join(error_info(error).stack)


def test_causes_and_contexts() -> None:
    def explicit() -> None:
        try:
            fail()
        except ValueError as error:
            raise KeyError("outer") from error

    def implicit() -> None:
        try:
            fail()
        except ValueError:
            raise KeyError("outer")  # noqa: B904

    def hidden() -> None:
        try:
            fail()
        except ValueError:
            raise KeyError("outer") from None

    for function in (explicit, implicit):
        info = error_info(raised(function))
        assert info.cause is not None
        assert info.cause.cls_name == "ValueError"
        assert info.to_string().index("ValueError") < info.to_string().index("KeyError")
    assert error_info(raised(hidden)).cause is None


def test_a_long_chain_of_causes_ends() -> None:
    error: BaseException = ValueError("first")
    for _ in range(50):
        later = ValueError("later")
        later.__cause__ = error
        error = later
    info, depth = error_info(error), 0
    while info.cause is not None:
        info, depth = info.cause, depth + 1
    assert depth == DEEPEST_CAUSE


def test_errors_that_are_their_own_cause() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert error_info(one).cause is not None


def test_notes_are_part_of_the_message() -> None:
    error = ValueError("bad")
    error.add_note("look here")
    assert error_info(error).message == "ValueError: bad\nlook here\n"


def test_facts_of_a_failure() -> None:
    class Rejected(Failure):
        pass

    for cls in (Failure, Rejected):
        info = error_info(cls("too few", metadata={"rows": 3}))
        assert info.description == "too few"
        assert info.metadata["rows"].value == 3
    assert error_info(Failure()).description == ""


def test_attributes_of_other_exceptions_are_their_own() -> None:
    error = ValueError("bad")
    error.description, error.metadata = "mine", object()
    info = error_info(error)
    assert (info.description, info.metadata) == (None, {})


def test_an_exception_whose_text_fails() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert error_info(Broken()).cls_name == "Broken"


def test_syntax_errors_show_the_line() -> None:
    assert "^" in error_info(raised(lambda: compile("a = = 1", "user.py", "exec"))).message


def test_groups_are_told() -> None:
    info = error_info(ExceptionGroup("several", [ValueError("one")]))
    assert info.message.startswith("ExceptionGroup: several")


def test_a_record_crosses_processes() -> None:
    info = error_info(raised(fail))
    assert pickle.loads(pickle.dumps(info)) == info


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(secrets, "_secrets", {})
    monkeypatch.setattr(secrets, "_pattern", None)
    secrets.register_secret("canary-77")
    return "canary-77"


def test_secrets_are_masked_everywhere(canary: str) -> None:
    error = Failure(f"no {canary}", metadata={"k": canary})
    error.add_note(canary)
    error.__cause__ = ValueError(canary)
    text = repr(error_info(error))
    assert canary not in text
    assert "no ********" in text


# Which part of a traceback is shown


def names(error: BaseException) -> list[str]:
    found, trace = [], user_traceback(error)
    while trace is not None:
        found.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    return found


def test_a_traceback_begins_with_the_users_code() -> None:
    assert names(raised(fail)) == ["raised", "fail"]


def test_what_tidemill_raises_on_purpose_shows_none_of_its_frames() -> None:
    error = raised(through_tidemill)
    error.__traceback__ = error.__traceback__.tb_next.tb_next  # as if a run had called it
    assert names(error) == []


def test_a_bug_of_tidemill_is_shown_whole() -> None:
    error = raised(lambda: AssetKey(["a"]).with_prefix(3))
    error.__traceback__ = error.__traceback__.tb_next.tb_next
    assert names(error) == ["with_prefix"]


def test_an_error_of_tidemill_in_user_code_shows_the_users_frames() -> None:
    def asked() -> None:
        raise InvariantViolationError("no")

    assert names(raised(asked)) == ["raised", "asked"]
