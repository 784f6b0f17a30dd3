"""Sources that are observed, on the command line: what is stale, why, and what is shown of them (api.md 1.1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_refresh import User, warm  # noqa: F401  (a fixture)

PIPELINE = """
from pathlib import Path
from tidemill import DataVersion, asset, asset_check, observable_source_asset

VERSION = Path(__file__).with_name("version.txt")

@observable_source_asset
def feed():
    return DataVersion(VERSION.read_text())

@asset(deps=[feed])
def table():
    return 1

@asset_check(asset=feed)
def fine():
    return True
"""


@pytest.fixture
def user(warm: Any, tmp_path: Path) -> User:  # noqa: F811
    return User(warm, tmp_path)


def test_what_is_made_from_a_source_follows_what_it_was_observed_to_be(user: User, tmp_path: Path) -> None:
    user.write(PIPELINE)
    (tmp_path / "version.txt").write_text("one")
    assert user.do("materialize", "--select", "feed+").code == 0
    assert "the asset is up to date" in user.do("refresh").out  # the verdict on the source stands too
    (tmp_path / "version.txt").write_text("two")
    assert "table" not in user.do("materialize", "--select", "feed").out
    assert "input feed changed" in user.do("why", "table").out
    assert "because input feed changed" in user.do("refresh").out
    assert "feed (observed to be two)" in user.warm.run(user.folder, "show", "table").out
    shown = user.warm.run(user.folder, "show", "feed")
    assert (shown.code, "only observed, to be two" in shown.err) == (2, True)
