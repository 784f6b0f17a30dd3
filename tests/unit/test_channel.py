"""Messages between driver and worker: whole, in order, however the system cuts them."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import threading

import pytest
from hypothesis import given, strategies as st

from tidemill.executors.channel import HEAD, Channel, HungUpError


@pytest.fixture
def ends():
    one, other = socket.socketpair()
    channels = Channel(one), Channel(other)
    yield channels
    for channel in channels:
        channel.close()


def test_messages_arrive_in_order(ends) -> None:
    here, there = ends
    for number in range(100):
        here.send(number)
    assert [there.receive() for _ in range(50)] == list(range(50))
    assert there.arrived() == list(range(50, 100))
    assert there.arrived() == []
    assert not there.ended


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=8), st.data())
def test_a_message_in_pieces_is_put_together(bodies: list[bytes], data: st.DataObject) -> None:
    raw, end = socket.socketpair()
    with raw, end:
        channel = Channel(end)
        stream = b""
        for body in bodies:
            message = pickle.dumps(body)
            stream += len(message).to_bytes(HEAD, "little") + message
        cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=6)))
        got = []
        for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            raw.sendall(stream[start:stop])
            got += channel.arrived()
        assert got == bodies


def test_a_message_larger_than_any_buffer(ends) -> None:
    here, there = ends
    large = os.urandom(5 << 20)
    sender = threading.Thread(target=here.send, args=(large,))
    sender.start()
    assert there.receive() == large
    sender.join()


def test_posting_does_not_wait_and_pushing_sends_the_rest(ends) -> None:
    here, there = ends
    large = os.urandom(5 << 20)
    here.post(large)
    here.post("after")
    assert here.is_full
    got: list[object] = []
    while len(got) < 2:
        here.push()
        got += there.arrived()
    assert got == [large, "after"]
    assert not here.is_full


def test_the_end_comes_after_what_was_sent(ends) -> None:
    here, there = ends
    here.send("last")
    here.hang_up()
    assert there.arrived() == ["last"]
    assert there.ended
    assert there.arrived() == []
    there.send("still heard")
    assert here.receive() == "still heard"


def test_half_a_message_at_the_end_is_none(ends) -> None:
    raw, end = socket.socketpair()
    channel = Channel(end)
    raw.sendall((100).to_bytes(HEAD, "little") + b"half")
    raw.close()
    assert channel.arrived() == []
    assert channel.ended
    with pytest.raises(HungUpError):
        channel.receive()
    channel.close()


def test_who_is_gone_is_told_apart_from_other_trouble(ends) -> None:
    here, there = ends
    there.close()
    with pytest.raises(HungUpError):
        here.send("to nobody")
    with pytest.raises(HungUpError):
        here.receive()
    with pytest.raises(OSError, match=r"."):
        here.post("to nobody")


def test_threads_may_send_at_once(ends) -> None:
    here, there = ends
    bodies = [bytes([number]) * 200_000 for number in range(8)]
    threads = [threading.Thread(target=here.send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    assert sorted(there.receive() for _ in bodies) == bodies
    for thread in threads:
        thread.join()


def test_after_a_message_that_was_interrupted_nothing_is_sent(ends) -> None:
    """The rest of it would be read as another."""
    here, there = ends

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)  # by then the first part of it has gone
        with pytest.raises(KeyboardInterrupt):
            here.send(b"x" * (5 << 20))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    with pytest.raises(HungUpError):
        here.send("another")
    assert there.arrived() == []
