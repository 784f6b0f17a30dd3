"""What the server and the processes with users' code say to one another: whole, or not at all; nothing but JSON."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st

from tidemill.core import secrets
from tidemill.core.errors import (
    InvalidConfigError,
    InvariantViolationError,
    TidemillError,
    UserCodeLoadError,
)
from tidemill.server.workshop import wire


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(document=st.dictionaries(st.text(), Json, max_size=5))
def test_documents_come_as_they_were_sent(document: dict[str, object]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send(ours, document)
        wire.send(ours, {"next": 1})
        assert wire.receive(theirs) == document
        assert wire.receive(theirs) == {"next": 1}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x00",
        b"\x00\x00\x00\x05{}",
        b"\x00\x00\x00\x02[]",
        b"\x00\x00\x00\x04\xff\xff\xff\xff",
        b"\xff\xff\xff\xff" + b"x" * 100,
    ],
    ids=["nothing", "half a head", "half a body", "a list", "no text", "too large"],
)
def test_what_is_no_document_is_none(ends: tuple[socket.socket, socket.socket], data: bytes) -> None:
    ours, theirs = ends
    ours.sendall(data)
    ours.close()
    assert wire.receive(theirs) is None


def test_a_time_out_is_told(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[1].settimeout(0.01)
    with pytest.raises(TimeoutError):
        wire.receive(ends[1])


def test_short_messages_bring_descriptors() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    reading, writing = os.pipe()
    with ours, theirs:
        wire.tell(ours, {"do": "serve"}, [writing])
        os.close(writing)
        heard = wire.hear(theirs)
        assert heard is not None
        document, (received,) = heard
        assert document == {"do": "serve"}
        os.write(received, b"x")
        os.close(received)
        assert os.read(reading, 10) == b"x"
        os.close(reading)
        ours.close()
        assert wire.hear(theirs) is None


@pytest.mark.parametrize(
    "error",
    [
        TidemillError("p"),
        InvariantViolationError("p", subject="s", found="f", expected="e", next_step="n"),
        InvalidConfigError("p", problems=(("root:ops", "no"),), subject="s"),
        UserCodeLoadError("p", user_traceback="Traceback", found="f"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_come_with_their_story(error: TidemillError) -> None:
    found = wire.error_of(wire.error_document(error))
    assert type(found) is type(error)
    assert vars(found) == vars(error)
    assert str(found) == str(error)


@pytest.mark.parametrize("name", ["SystemExit", "annotations", "NoSuchError", None])
def test_a_class_that_is_no_error_of_ours_is_the_root_of_all(name: str | None) -> None:
    found = wire.error_of({"class": name, "problem": "p"})
    assert type(found) is TidemillError


def test_secrets_do_not_travel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_secrets", {})
    monkeypatch.setattr(secrets, "_pattern", None)
    secrets.register_secret("hunter2hunter2")
    document = wire.error_document(
        UserCodeLoadError("hunter2hunter2", found="is hunter2hunter2", user_traceback="at hunter2hunter2")
    )
    assert "hunter2" not in str(document)
