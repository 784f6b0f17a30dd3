"""Variables that `.env` gives to every command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidemill.cli.dotenv import read_dot_env
from tidemill.core.errors import InvalidConfigError


def read(folder: Path, text: str, **before: str) -> dict[str, str]:
    (folder / ".env").write_text(text, encoding="utf-8")
    environment = dict(before)
    read_dot_env(folder, environment)
    return environment


def test_lines_are_variables_as_in_a_shell(tmp_path: Path) -> None:
    text = "# ours\nA=1\nexport B='two words'\nC=\"a\\nb\"\n\nD=${A}0 # ten\nEMPTY=\n"
    assert read(tmp_path, text) == {"A": "1", "B": "two words", "C": "a\nb", "D": "10", "EMPTY": ""}


def test_what_is_set_already_stays(tmp_path: Path) -> None:
    assert read(tmp_path, "SEED=7\nOTHER=1\n", SEED="8") == {"SEED": "8", "OTHER": "1"}


def test_a_byte_order_mark_and_crlf_are_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfA=1\r\nB=2\r\n")
    environment: dict[str, str] = {}
    read_dot_env(tmp_path, environment)
    assert environment == {"A": "1", "B": "2"}


def test_nothing_is_set_without_a_file_or_by_a_folder_of_that_name(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    read_dot_env(tmp_path, environment)
    (tmp_path / ".env").mkdir()
    read_dot_env(tmp_path, environment)
    assert environment == {}


@pytest.mark.parametrize("line", ["A=1\nthis is = no\x00line", 'A="not closed', "=value"])
def test_a_line_that_is_none_is_named_and_not_told(tmp_path: Path, line: str) -> None:
    environment: dict[str, str] = {}
    (tmp_path / ".env").write_text(line, encoding="utf-8")
    with pytest.raises(InvalidConfigError) as caught:
        read_dot_env(tmp_path, environment)
    assert "line" in str(caught.value)
    assert "not closed" not in str(caught.value)
    assert environment == {}


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe")
    with pytest.raises(InvalidConfigError, match="cannot be read"):
        read_dot_env(tmp_path, {})
