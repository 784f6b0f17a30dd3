"""`tidemill status` and `tidemill why`: what they say, for people and as JSON."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import tidemill, write
from test_refresh import CHAIN, User, warm  # noqa: F401  (a fixture)


@pytest.fixture
def user(warm: Any, tmp_path: Path) -> User:  # noqa: F811
    return User(warm, tmp_path)


@pytest.fixture
def chain(user: User) -> User:
    user.write(CHAIN)
    user.refresh()
    return user


def lines(text: str) -> list[str]:
    """Lines without their alignment; on a busy machine the seconds that a test takes are "just now" too."""
    return [re.sub(r"\b\d{1,2} s ago", "just now", " ".join(line.split())) for line in text.splitlines()]


class TestStatus:
    def test_without_a_store(self, user: User) -> None:
        user.write(CHAIN)
        assert lines(user.do("status").out) == [
            "asset state version made because",
            *(f"{name} missing it was never made" for name in ("raw", "rows", "model", "report", "other")),
            "5 assets: 5 missing",
        ]

    def test_for_people(self, chain: User) -> None:
        assert lines(chain.do("status").out)[1] == "raw fresh @1 just now"
        assert chain.do("status", "--stale").out == "all assets are up to date\n"
        chain.edit("row > 0", "row > 1")
        assert lines(chain.do("status", "--stale").out) == [
            "asset state version made because",
            "rows stale @1 just now pipeline.py: rows() changed",
            "model stale @1 just now rows is stale",
            "report stale @1 just now model is stale",
            "3 assets: 3 stale",
        ]
        assert lines(chain.do("status").out)[-1] == "5 assets: 2 fresh, 3 stale"

    def test_as_json(self, chain: User) -> None:
        chain.edit("row > 0", "row > 1")
        fresh, stale, *_ = chain.do("status", "--json").json
        assert fresh.pop("made_at").endswith("Z")
        assert stale.pop("made_at").endswith("Z")
        assert fresh == {
            "asset": "raw", "status": "fresh", "because": None, "version": 1, "partitions": None, "checks": {},
        }  # fmt: skip
        assert stale == {
            "asset": "rows", "status": "stale", "because": "pipeline.py: rows() changed", "version": 1,
            "partitions": None, "checks": {},
        }  # fmt: skip
        assert [row["asset"] for row in chain.do("status", "--stale", "--json").json] == [
            "rows", "model", "report",
        ]  # fmt: skip

    def test_one_that_is_not_deterministic(self, user: User) -> None:
        user.write("@asset(deterministic=False)\ndef page(): return 1\n")
        user.refresh()
        assert "as of then: it is not deterministic" in user.do("status").out
        assert "it is not deterministic" in user.why("page")

    def test_keys_with_several_parts(self, user: User) -> None:
        user.write('@asset(key_prefix=["a", "b"])\ndef c(): return 1\n@asset(ins={"x": AssetIn(["a", "b", "c"])})\n'
                   "def d(x): return x\n")  # fmt: skip
        user.refresh()
        user.edit("return 1", "return 2")
        assert user.status() == {"a/b/c": "stale", "d": "stale"}
        assert lines(user.why("a/b/c")) == [
            "a/b/c is stale: version 1, made just now in run 1, but since then",
            "pipeline.py: c() changed",
        ]
        assert lines(user.why("d"))[1] == "a/b/c is stale: pipeline.py: c() changed"
        assert user.ran("d") == ["a__b__c", "d"]

    def test_a_thousand_assets(self, user: User) -> None:
        first = "@asset\ndef a0(): return N\n"
        rest = [f"@asset\ndef a{i}(a{i // 2}): return N + a{i // 2}\n" for i in range(1, 1000)]
        user.write("N = 1\n" + first + "".join(rest).replace("a0): return N + a0", "a0): return N + a0"))
        user.refresh()
        user.edit("N = 1", "N = 2")
        user.do("status")
        began = time.monotonic()
        rows = user.do("status", "--json").json
        assert len(rows) == 1000
        assert rows[0]["because"] == "pipeline.py: N 1 → 2"
        assert time.monotonic() - began < 5  # a generous bound; it takes a tenth of a second

    def test_no_user_code(self, user: User) -> None:
        assert user.do("status", code=2).err.startswith("error: There is no file")
        user.write("")
        assert "defines no assets" in user.do("status", code=2).err

    def test_code_that_is_broken(self, chain: User) -> None:
        chain.edit("return sum(rows)", "return sum(rows")
        assert "SyntaxError" in chain.do("status", code=2).err


class TestWhy:
    def test_why_it_is_up_to_date(self, chain: User) -> None:
        assert lines(chain.why("model")) == [
            "model is fresh: version 1, made just now in run 1, has the same code, config, inputs and libraries",
        ]

    def test_what_became_of_it_later(self, chain: User) -> None:
        chain.edit("sum(rows)", "1 / 0")
        chain.refresh(code=1)
        chain.edit("1 / 0", "max(rows)")
        assert lines(chain.why("model")) == [
            "model is stale: version 1, made just now in run 1, but since then",
            "pipeline.py: model() changed",
            "the last time, in run 2, it failed: ZeroDivisionError: division by zero",
        ]

    def test_why_it_is_stale(self, chain: User) -> None:
        chain.edit("sum(rows)", "max(rows)")
        chain.edit("[1, 2, 3]", "[1, 2]")
        assert lines(chain.why("model"))[:3] == [
            "model is stale: version 1, made just now in run 1, but since then",
            "pipeline.py: model() changed",
            "rows is stale, because of raw: pipeline.py: raw() changed",
        ]

    def test_an_input_that_was_made_since(self, chain: User) -> None:
        chain.edit("[1, 2, 3]", "[1, 2]")
        chain.refresh("rows")
        assert lines(chain.why("model"))[1] == "input rows: version 1 → 2"

    def test_why_it_came_back(self, chain: User) -> None:
        chain.edit("row > 0", "row > 1")
        chain.refresh()
        chain.edit("row > 1", "row > 0")
        chain.refresh()
        assert lines(chain.why("rows"))[1] == (
            "the last time, in run 3, it did not run: version 1 was made from the same, and was recorded again"
        )
        assert lines(chain.why("other"))[1] == "the last time, in run 3, it did not run: it was up to date"

    def test_what_is_not_covered(self, user: User) -> None:
        user.write("import math\n@asset\ndef a(context): return getattr(math, context.job_name[:0] + 'pi')\n")
        user.refresh()
        told = user.do("why", "a", "--json").json
        assert len(told["not_covered"]) == 1
        assert "getattr(math" in told["not_covered"][0]
        assert f"not covered: {told['not_covered'][0]}" in user.why("a")

    def test_a_step_that_was_canceled(self, user: User) -> None:
        user.write(
            "import os, signal, time\n@asset\ndef a():\n    os.kill(os.getpid(), signal.SIGINT)\n    time.sleep(5)\n"
            "@asset\ndef b(a): return a\n"
        )
        user.do("refresh", code=1)
        assert lines(user.why("a")) == [
            "a is missing: it was never made",
            "the last time, in run 1, it was canceled",
        ]
        assert lines(user.why("b"))[1] == "the last time, in run 1, it did not run: the run was canceled"

    def test_as_json(self, chain: User) -> None:
        chain.edit("row > 0", "row > 1")
        told = chain.do("why", "rows", "--json").json
        assert told.pop("made_at").endswith("Z")
        assert told == {
            "asset": "rows",
            "status": "stale",
            "version": 1,
            "reasons": ["pipeline.py: rows() changed"],
            "not_covered": [],
            "checks": {},
            "last": {"run": 1, "status": "succeeded", "cause": None},
        }

    def test_an_asset_that_is_none(self, chain: User) -> None:
        said = chain.do("why", "modle", code=2).err
        assert lines(said) == [
            "error: There is no asset 'modle'",
            "found: modle",
            "expected: raw, rows, model, report, other",
            "next: did you mean 'model'?",
        ]

    def test_a_version_that_was_recorded_without_a_recipe(self, chain: User) -> None:
        import sqlite3

        with sqlite3.connect(chain.folder / ".tidemill" / "tidemill.db") as database:
            database.execute("DELETE FROM recipes")
        database.close()
        chain.edit("sum(rows)", "max(rows)")
        assert lines(chain.why("model"))[1] == "code changed; what it was before was not recorded"

    def test_a_version_that_another_step_told_of(self, user: User) -> None:
        user.write(
            "@asset\ndef teller(context):\n    context.log_event(AssetMaterialization('b'))\n    return 1\n"
            "@asset\ndef b(): return 1\n"
        )
        user.refresh("teller")
        assert user.status() == {"teller": "fresh", "b": "stale"}
        assert lines(user.why("b"))[0] == "b is stale: version 1, made just now in run 1, but since then"
        assert user.ran() == ["b"]


def test_the_three_as_installed(tmp_path: Path) -> None:
    write(tmp_path, "pipeline.py", "from tidemill import asset\n@asset\ndef a(): return 1\n")
    write(tmp_path, "pyproject.toml", '[tool.tidemill]\nfile = "pipeline.py"\n')
    assert "1 asset: 1 missing" in tidemill(tmp_path, "status").out
    assert "run 1 succeeded" in tidemill(tmp_path, "refresh").out
    assert "a is fresh" in tidemill(tmp_path, "why", "a").out
    assert tidemill(tmp_path, "refresh", "a").out == "the asset is up to date\n"
