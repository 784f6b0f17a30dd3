"""Secrets: a registered value is masked in every form in which user code is likely to write it."""

from __future__ import annotations

import base64
import json
import urllib.parse

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tidemill.core import secrets
from tidemill.core.secrets import MASK, mask, register_secret


@pytest.fixture(autouse=True)
def none_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_secrets", {})
    monkeypatch.setattr(secrets, "_pattern", None)


def test_nothing_is_masked_before_anything_is_registered() -> None:
    assert mask("hunter22") == "hunter22"


CANARY = 'ca"na\\ry/+é\n key~?>>>'


@pytest.mark.parametrize(
    "written",
    [
        CANARY,
        repr(CANARY),
        json.dumps(CANARY),
        json.dumps(CANARY, ensure_ascii=False),
        urllib.parse.quote(CANARY, safe=""),
        urllib.parse.quote_plus(CANARY),
        base64.b64encode(CANARY.encode()).decode(),
        base64.urlsafe_b64encode(CANARY.encode()).decode().rstrip("="),
        CANARY.splitlines()[0],
    ],
)
def test_every_form_is_masked(written: str) -> None:
    register_secret(CANARY)
    assert mask(f"<{written}>").strip("\"'<>") == MASK


def test_a_value_that_is_stripped_after_reading_is_masked() -> None:
    register_secret("  token-123 \n")
    assert mask("Bearer token-123!") == f"Bearer {MASK}!"


def test_the_longer_of_two_secrets_wins() -> None:
    register_secret("secret")
    register_secret("secret-and-more")
    assert mask("secret-and-more secret") == f"{MASK} {MASK}"


def test_short_values_are_left_alone() -> None:
    register_secret("12345")
    assert mask("12345") == "12345"
    register_secret("")
    assert mask("a") == "a"


def test_what_is_no_utf8_can_be_registered() -> None:
    register_secret("caf\udce9-token")
    assert mask("caf\udce9-token caf%E9-token") == f"{MASK} {MASK}"


LETTERS = st.characters(exclude_characters="*")  # of which the mask is made


@given(st.text(LETTERS, min_size=secrets.SHORTEST), st.text(LETTERS), st.text(LETTERS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_secret_stays_in_any_text(secret: str, before: str, after: str) -> None:
    register_secret(secret)
    assert secret not in mask(before + secret + after)
