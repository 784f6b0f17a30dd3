"""Retry policies: how long to wait before which retry."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st
from test_asset_decorator import written

from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.policies import Backoff, Jitter, RetryPolicy


def test_public_signature() -> None:
    assert written(RetryPolicy.__init__) == "max_retries=1, delay=None, backoff=None, jitter=None"


@pytest.mark.parametrize(
    ("policy", "delays"),
    [
        (RetryPolicy(), [0, 0, 0]),
        (RetryPolicy(delay=2), [2, 2, 2]),
        (RetryPolicy(delay=2, backoff=Backoff.LINEAR), [2, 4, 6]),
        (RetryPolicy(delay=2, backoff=Backoff.EXPONENTIAL), [2, 6, 14]),
        (RetryPolicy(delay=2, backoff=Backoff.LINEAR, jitter=Jitter.FULL), [0.5, 1, 1.5]),
        (RetryPolicy(delay=2, jitter=Jitter.PLUS_MINUS), [1, 1, 1]),
    ],
)
def test_delays(policy: RetryPolicy, delays: list[float]) -> None:
    assert [policy.calculate_delay(n, random=lambda: 0.25) for n in (1, 2, 3)] == delays


@given(
    attempt=st.integers(1, 20),
    delay=st.floats(0, 1000),
    backoff=st.sampled_from([None, *Backoff]),
    jitter=st.sampled_from(list(Jitter)),
)
def test_jitter_stays_in_its_bounds(
    attempt: int, delay: float, backoff: Backoff | None, jitter: Jitter
) -> None:
    plain = RetryPolicy(delay=delay, backoff=backoff).calculate_delay(attempt)
    found = RetryPolicy(delay=delay, backoff=backoff, jitter=jitter).calculate_delay(attempt)
    if jitter is Jitter.FULL:
        assert 0 <= found <= plain
    else:
        assert plain - delay <= found <= plain + delay


def test_policies_are_values() -> None:
    assert RetryPolicy(delay=2) == RetryPolicy(delay=2) != RetryPolicy(delay=3)
    assert len({RetryPolicy(delay=2), RetryPolicy(delay=2)}) == 1
    assert repr(RetryPolicy(2, 1.5)) == "RetryPolicy(max_retries=2, delay=1.5)"


@pytest.mark.parametrize(
    ("arguments", "subject"),
    [
        ({"max_retries": -1}, "max_retries"),
        ({"max_retries": "3"}, "max_retries"),
        ({"delay": -0.1}, "delay"),
        ({"backoff": Backoff.LINEAR}, "delay"),
        ({"jitter": Jitter.FULL}, "delay"),
    ],
)
def test_what_cannot_be(arguments: Any, subject: str) -> None:
    with pytest.raises(InvalidDefinitionError) as caught:
        RetryPolicy(**arguments)
    assert caught.value.subject == subject
