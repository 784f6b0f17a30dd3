"""How the command line writes sizes, durations, moments and numbers."""

from __future__ import annotations

import io
import json
import math
import sys

import pytest

from tidemill.cli.formats import ago, duration, iso, number, plural, size, write_json
from tidemill.cli.terminal import cut, open_streams, write_table
from tidemill.core.keys import AssetKey
from tidemill.core.masked_output import Masking
from tidemill.core.metadata import MetadataValue
from tidemill.core.secrets import register_secret

SECOND = 1_000_000


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (312, "312 B"), (999, "999 B"), (1000, "1.0 kB"), (4_240, "4.2 kB"), (99_960, "100 kB"),
     (999_499, "999 kB"), (999_500, "1.0 MB"), (1.3e9, "1.3 GB"), (5e12, "5000 GB")],
)  # fmt: skip
def test_sizes_have_two_or_three_digits(count: float, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0004, "0.4 ms"), (0.00994, "9.9 ms"), (0.00996, "10 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"),
     (59.94, "59.9 s"), (59.96, "1 min 00 s"), (200, "3 min 20 s"), (3599.6, "1 h 00 min"), (7500, "2 h 05 min")],
)  # fmt: skip
def test_durations_never_show_a_full_unit_in_the_smaller_one(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "just now"), (1, "just now"), (2, "2 s ago"), (89, "89 s ago"), (90, "1 min ago"), (5400, "1 h ago"),
     (129_600, "1 day ago"), (172_800, "2 days ago")],
)  # fmt: skip
def test_how_long_ago(seconds: int, text: str) -> None:
    assert ago(10**15, 10**15 + seconds * SECOND) == text


def test_moments_in_json_are_utc_to_the_microsecond() -> None:
    assert iso(1_700_000_000_000_001) == "2023-11-14T22:13:20.000001Z"
    assert iso(None) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "True"), (1234567, "1,234,567"), (0.123456789, "0.123457"), (math.nan, "nan"), (1e300, "1e+300")],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_plurals() -> None:
    assert [plural(count, "step") for count in (0, 1, 2)] == ["0 steps", "1 step", "2 steps"]


def test_json_is_strict_and_keeps_keys_and_metadata_readable(capsys: pytest.CaptureFixture[str]) -> None:
    write_json(
        {"key": AssetKey(["a", "b"]), "m": MetadataValue.float(math.nan), "x": [math.inf, -math.inf], "ü": 1}
    )
    text = capsys.readouterr().out
    assert json.loads(text, parse_constant=pytest.fail) == {
        "key": "a/b",
        "m": {"type": "float", "value": "nan"},
        "x": ["inf", "-inf"],
        "ü": 1,
    }


def ascii_stream(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    open_streams()
    return raw


def test_json_stays_json_where_the_stream_has_ascii_only(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = ascii_stream(monkeypatch)
    write_json({"name": "hällo ✓"})
    assert json.loads(raw.getvalue()) == {"name": "hällo ✓"}


def test_signs_become_plain_ones_and_other_text_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = ascii_stream(monkeypatch)
    sys.stdout.write("✓ ✗ ↻ … hällo \udcff")
    assert raw.getvalue() == b"+ x ~ ~ h\\xe4llo \\udcff"


def test_a_closed_stream_swallows_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    open_streams()
    sys.stdout.write("nobody hears")
    sys.stdout.close()


def test_columns_are_as_wide_as_their_widest_cell(capsys: pytest.CaptureFixture[str]) -> None:
    write_table([("a", "1", "x y z"), ("long", "100", "")], header=("n", "no", "rest"), right=(1,))
    assert capsys.readouterr().out == "n      no  rest\na       1  x y z\nlong  100\n"


def test_what_is_cut_says_so() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"


def test_a_secret_written_in_pieces_is_masked() -> None:
    register_secret("formats-test-secret")
    out = io.StringIO()
    stream = Masking(out)
    stream.write("a formats-te")
    stream.flush()
    stream.write("st-secret b\nrest formats-test-")
    stream.write("secret")
    stream.finish()
    assert out.getvalue() == "a ******** b\nrest ********"
