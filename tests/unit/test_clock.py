"""Clock and ids: ids are UUIDs of version 7, unique, and in the order in which they were made."""

from __future__ import annotations

import time
import uuid

from hypothesis import given, strategies as st

from tidemill.core.clock import Clock, IdSource, SystemClock


class StoppedClock:
    """A clock that says what it is told."""

    def __init__(self, *times: int) -> None:
        self.times = list(times)

    def now(self) -> int:
        return self.times.pop(0) if len(self.times) > 1 else self.times[0]

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


def zeros(count: int) -> bytes:
    return bytes(count)


def test_an_id_is_a_uuid_of_version_7_that_holds_its_time() -> None:
    clock: Clock = StoppedClock(1_700_000_000_123_456)
    made = uuid.UUID(IdSource(clock).new())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == 1_700_000_000_123
    assert (made.int >> 64 & 0xFFF) * 1000 // 4096 in (455, 456)


@given(st.lists(st.integers(1, 2**50), min_size=2, max_size=20))
def test_ids_are_in_order_even_when_the_clock_stands_or_is_set_back(times: list[int]) -> None:
    source = IdSource(StoppedClock(*times), zeros)
    ids = [source.new() for _ in range(len(times) + 3)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_the_same_clock_and_entropy_give_the_same_ids() -> None:
    one, other = (IdSource(StoppedClock(5_000), zeros) for _ in range(2))
    assert [one.new(), one.new()] == [other.new(), other.new()]


def test_ids_of_two_sources_at_one_moment_differ() -> None:
    clock = StoppedClock(5_000)
    assert IdSource(clock).new() != IdSource(clock).new()


def test_the_clock_of_the_machine() -> None:
    clock = SystemClock()
    before, start = clock.now(), clock.monotonic()
    clock.sleep(0.001)
    assert clock.monotonic() > start
    assert abs(clock.now() / 1e6 - time.time()) < 5
    assert clock.now() >= before
