"""Terms of a step: what may be said, how it is read, and how a slip is answered."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tidemill import asset
from tidemill.core.errors import InvalidDefinitionError
from tidemill.definitions.units.terms import OWN_ARGUMENTS, PLAIN_TERMS, Terms, read_terms


def read(**given: Any) -> Terms:
    return read_terms("@asset a", given)


def test_nothing_said_is_plain() -> None:
    assert read() is PLAIN_TERMS
    assert PLAIN_TERMS.memory is None


def test_what_is_not_ours_is_left() -> None:
    given = {"timeout": 1, "retry_policy": None}
    read_terms("@asset a", given)
    assert given == {"retry_policy": None}


@pytest.mark.parametrize(
    ("said", "read_as"),
    [
        ({"timeout": 1}, {"timeout": 1.0}),
        ({"timeout": 0.5}, {"timeout": 0.5}),
        ({"timeout": "90s"}, {"timeout": 90.0}),
        ({"timeout": "1.5m"}, {"timeout": 90.0}),
        ({"timeout": timedelta(minutes=2)}, {"timeout": 120.0}),
        ({"timeout": None}, {"timeout": None}),
        ({"ttl": "30d"}, {"ttl": 30 * 86400.0}),
        ({"ttl": "2w"}, {"ttl": 14 * 86400.0}),
        ({"isolation": "spawn"}, {"isolation": "spawn"}),
        ({"seed": 0}, {"seed": 0}),
        ({"keep": 1}, {"keep": 1}),
        ({"keep": None}, {"keep": None}),
        ({"deterministic": False}, {"deterministic": False}),
        ({"reads": ["a.csv", Path("b")]}, {"reads": ("a.csv", "b")}),
        ({"depends_on_code": [len]}, {"depends_on_code": (len,)}),
        ({"resources": {"gpu": 2}}, {"resources": {"gpu": 2}}),
        ({"resources": {}}, {"resources": {}}),
    ],
)
def test_what_may_be_said(said: dict[str, Any], read_as: dict[str, Any]) -> None:
    assert read(**said) == Terms(**read_as)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (1, 1),
        ("8GiB", 8 << 30),
        ("8 gib", 8 << 30),
        ("500 MB", 500_000_000),
        ("1.5KiB", 1536),
        ("12B", 12),
        ("2TB", 2 * 10**12),
    ],
)
def test_amounts_of_memory(text: object, size: int) -> None:
    assert read(resources={"memory": text}).memory == size


@pytest.mark.parametrize(
    ("said", "subject", "expected"),
    [
        ({"timeout": 0}, "timeout", "seconds above 0"),
        ({"timeout": -1}, "timeout", "seconds above 0"),
        ({"timeout": True}, "timeout", "seconds above 0"),
        ({"timeout": "soon"}, "timeout", "30d"),
        ({"timeout": "xs"}, "timeout", "30d"),
        ({"timeout": float("nan")}, "timeout", "seconds above 0"),
        ({"timeout": float("inf")}, "timeout", "seconds above 0"),
        ({"timeout": timedelta(0)}, "timeout", "seconds above 0"),
        ({"ttl": []}, "ttl", "seconds above 0"),
        ({"isolation": "thread"}, "isolation", "'pool' or 'process' or 'spawn'"),
        ({"isolation": None}, "isolation", "'pool'"),
        ({"isolation": ["pool"]}, "isolation", "'pool'"),
        ({"seed": -1}, "seed", "from 0 up"),
        ({"seed": 1.5}, "seed", "from 0 up"),
        ({"seed": True}, "seed", "from 0 up"),
        ({"seed": 1 << 63}, "seed", "below 2 ** 63"),
        ({"keep": 0}, "keep", "from 1 up"),
        ({"keep": "5"}, "keep", "from 1 up"),
        ({"keep": -2}, "keep", "from 1 up"),
        ({"deterministic": 1}, "deterministic", "True or False"),
        ({"reads": "a.csv"}, "reads", "a list"),
        ({"reads": [1]}, "reads", "paths"),
        ({"depends_on_code": len}, "depends_on_code", "a list"),
        ({"resources": [("gpu", 1)]}, "resources", "a mapping"),
        ({"resources": {"gpu": 0}}, "resources", "from 1 up"),
        ({"resources": {"gpu": 0.5}}, "resources", "from 1 up"),
        ({"resources": {"gpu": True}}, "resources", "from 1 up"),
        ({"resources": {1: 1}}, "resources", "from 1 up"),
        ({"resources": {"memory": "lots"}}, "resources", "8GiB"),
        ({"resources": {"memory": 0}}, "resources", "8GiB"),
        ({"resources": {"memory": "-1GiB"}}, "resources", "8GiB"),
        ({"resources": {"memory": True}}, "resources", "8GiB"),
        ({"resources": {"memory": 1.5}}, "resources", "8GiB"),
        ({"resources": {"memory": "nanGB"}}, "resources", "8GiB"),
        ({"resources": {"memory": "infGB"}}, "resources", "8GiB"),
    ],
    ids=str,
)
def test_a_slip_is_named_with_what_was_expected(said: dict[str, Any], subject: str, expected: str) -> None:
    with pytest.raises(InvalidDefinitionError) as caught:
        read(**said)
    error = caught.value
    assert error.subject is not None
    assert error.subject.startswith(f"@asset a({subject}=)")
    assert error.found is not None
    (value,) = said.values()
    shown = next(iter(value.values())) if isinstance(value, dict) else value
    assert error.found == repr(shown)
    assert expected in (error.expected or "")


def test_each_argument_is_one_of_the_decorators() -> None:
    assert {"timeout", "resources", "isolation", "seed"} <= set(OWN_ARGUMENTS)

    @asset(timeout="2m", resources={"memory": "1GiB"}, seed=3)
    def one() -> None: ...

    with pytest.raises(InvalidDefinitionError) as caught:

        @asset(timeout="later")
        def two() -> None: ...

    assert caught.value.subject == "asset(timeout=)"
