"""`tidemill refresh`: what it selects, what it runs, what it leaves alone, and what it says."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import Done, write
from warm_command import Warm

HEAD = "from pathlib import Path\nfrom tidemill import *\n"
CHAIN = """
@asset
def raw(): return [1, 2, 3]
@asset
def rows(raw): return [row for row in raw if row > 0]
@asset
def model(rows): return sum(rows)
@asset
def report(model): return f"{model}"
@asset
def other(raw): return len(raw)
"""


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    server = Warm()
    yield server
    server.close()


class User:
    """A project in a folder."""

    def __init__(self, warm: Warm, folder: Path) -> None:
        self.warm, self.folder = warm, folder

    def write(self, source: str) -> None:
        write(self.folder, "pipeline.py", HEAD + source)

    def edit(self, old: str, new: str) -> None:
        text = (self.folder / "pipeline.py").read_text()
        assert text.count(old) == 1, old
        write(self.folder, "pipeline.py", text.replace(old, new))

    def do(self, command: str, *words: str, code: int = 0, **variables: str) -> Done:
        more = ("--in-process",) if command in ("refresh", "materialize") else ()
        done = self.warm.run(self.folder, command, *words, *more, "-f", "pipeline.py", **variables)
        assert done.code == code, done
        return done

    def refresh(self, *words: str, code: int = 0, **variables: str) -> dict[str, str]:
        """Status by step; empty where nothing was to do."""
        document = self.do("refresh", *words, "--json", code=code, **variables).json
        return {step["step"]: step["status"] for step in document.get("steps", [])}

    def ran(self, *words: str, **variables: str) -> list[str]:
        return [step for step, status in self.refresh(*words, **variables).items() if status == "succeeded"]

    def status(self, *words: str) -> dict[str, str]:
        return {row["asset"]: row["status"] for row in self.do("status", *words, "--json").json}

    def why(self, asset: str) -> str:
        return self.do("why", asset).out


@pytest.fixture
def user(warm: Warm, tmp_path: Path) -> User:
    return User(warm, tmp_path)


@pytest.fixture
def chain(user: User) -> User:
    user.write(CHAIN)
    user.refresh()
    return user


class TestSelection:
    @pytest.mark.parametrize(
        ("words", "ran"),
        [
            ((), "raw rows model report other"),
            (("model",), "raw rows model"),
            (("--select", "model"), "raw rows model"),
            (("model", "other"), "raw rows model other"),
            (("rows+1",), "raw rows model"),
            (("--select", "key:r* and not key:r*p*"), "raw rows"),
            (("raw", "--select", "rows"), "raw rows"),
        ],
    )
    def test_what_it_is_made_from_comes_along(self, user: User, words: tuple[str, ...], ran: str) -> None:
        user.write(CHAIN)
        assert sorted(user.ran(*words)) == sorted(ran.split())

    def test_an_edit_outside_of_the_selection_waits(self, chain: User) -> None:
        chain.edit("sum(rows)", "max(rows)")
        assert chain.ran("rows", "other") == []
        assert chain.ran("model") == ["model"]
        assert chain.ran() == ["report"]

    def test_a_name_that_is_none(self, chain: User) -> None:
        assert "did you mean 'model'?" in chain.do("refresh", "modle", code=2).err


class TestDryRun:
    def test_it_says_what_would_run_and_runs_nothing(self, chain: User) -> None:
        chain.edit("row > 0", "row > 1")
        said = chain.do("refresh", "--dry-run").out
        assert [line.split(maxsplit=2) for line in said.splitlines()[1:4]] == [
            ["rows", "stale", "pipeline.py: rows() changed"],
            ["model", "stale", "rows is stale"],
            ["report", "stale", "model is stale"],
        ]
        assert said.splitlines()[-1] == "3 of 5 assets would run; fewer where one comes out as it was"
        assert chain.ran("--dry-run") == []
        assert chain.status()["rows"] == "stale"

    def test_as_json(self, chain: User) -> None:
        chain.edit("row > 0", "row > 1")
        told = chain.do("refresh", "rows", "--dry-run", "--json").json
        assert told == {
            "run": None,
            "up_to_date": 1,
            "would_run": [{"asset": "rows", "status": "stale", "because": "pipeline.py: rows() changed"}],
        }

    def test_nothing_would_run(self, chain: User) -> None:
        assert chain.do("refresh", "--dry-run").out == "all 5 assets are up to date\n"
        assert chain.do("refresh", "--json").json == {"run": None, "up_to_date": 5, "would_run": []}

    def test_checks_that_would_run_are_told(self, user: User) -> None:
        user.write("@asset\ndef a(): return 1\n")
        user.refresh()
        user.write("@asset\ndef a(): return 1\n@asset_check(asset=a)\ndef ok(a): return a > 0\n")
        assert "a:ok" in user.do("refresh", "--dry-run").out
        assert user.ran() == ["a_ok"]
        assert user.do("refresh", "--dry-run").out == "the asset is up to date\n"

    def test_what_was_named_and_is_not_deterministic_is_told(self, user: User) -> None:
        user.write("@asset(deterministic=False)\ndef page(): return 1\n")
        user.refresh()
        assert "page" in user.do("refresh", "page", "--dry-run").out
        assert "not deterministic" in user.do("refresh", "page", "--dry-run").out


class TestTheSummary:
    def test_it_says_how_many_ran_and_why(self, chain: User) -> None:
        chain.edit("row > 0", "row > 1")
        said = chain.do("refresh").out
        assert said.splitlines()[-1] == "3 of 5 ran, because pipeline.py: rows() changed"
        assert "raw" not in said  # what was up to date is counted only

    def test_early_cut_off(self, chain: User) -> None:
        chain.edit("row > 0", "row >= 1")
        said = chain.do("refresh").out
        assert said.splitlines()[-1] == "1 of 5 ran, because pipeline.py: rows() changed"
        assert "model" not in said


CONFIG = """
class C(Config):
    depth: int = 3
class Limit(ConfigurableResource):
    top: int = 10
@asset
def raw(): return 5
@asset
def model(raw, config: C, limit: Limit): return min(raw * config.depth, limit.top)
defs = Definitions([raw, model], resources={"limit": Limit()})
"""
DEPTH = """{"ops": {"model": {"config": {"depth": %d}}}}"""
TOP = """{"resources": {"limit": {"config": {"top": 7}}}}"""


class TestConfig:
    def test_a_version_with_other_config_is_stale(self, user: User) -> None:
        user.write(CONFIG)
        user.refresh("--config", DEPTH % 9)
        assert user.status() == {"raw": "fresh", "model": "stale"}
        assert "depth 9 → 3, run 1 was given 9" in user.why("model")
        assert user.ran("--config", DEPTH % 9) == []
        assert user.ran("--keep-config") == []
        assert user.ran() == ["model"]
        assert user.refresh("--config", DEPTH % 9) == {"raw": "reused", "model": "reused"}  # version 1 again
        assert user.ran("--keep-config") == []

    def test_config_of_a_resource_is_kept_too(self, user: User) -> None:
        user.write(CONFIG)
        user.refresh("--config", TOP)
        assert "resources.limit.top 7 → 10, run 1 was given 7" in user.why("model")
        assert user.ran("--keep-config") == []
        user.edit("raw * config", "1 + raw * config")
        assert user.ran("--keep-config") == ["model"]
        assert user.ran("--keep-config") == []
        assert user.ran("--keep-config", "--config", DEPTH % 4) == ["model"]  # what is given wins

    def test_config_that_is_required(self, user: User) -> None:
        user.write(CONFIG.replace("depth: int = 3", "depth: int"))
        assert user.status() == {"raw": "missing", "model": "missing"}
        refused = user.do("refresh", code=2).err
        assert "--keep-config" in refused
        user.refresh("--config", DEPTH % 2)
        assert user.status() == {"raw": "fresh", "model": "fresh"}  # as its last config was
        assert user.do("refresh").out == "all 2 assets are up to date\n"
        user.edit("return 5", "return 6")
        assert user.status() == {"raw": "stale", "model": "stale"}
        assert user.ran("--keep-config") == ["raw", "model"]

    def test_a_field_that_is_new_or_gone(self, user: User) -> None:
        user.write(CONFIG)
        user.refresh()
        user.edit("depth: int = 3", "depth: int = 3\n    width: int = 1")
        assert "width is new: 1" in user.why("model")
        user.refresh()
        user.edit("\n    width: int = 1", "")
        assert "width is gone, it was 1" in user.why("model")
        assert user.ran() == []  # version 1 again

    def test_a_resource_from_the_environment_counts_by_name(self, user: User) -> None:
        user.write(
            """
class Database(ConfigurableResource):
    url: str
    port: int
@asset
def rows(database: Database): return 1
defs = Definitions([rows], resources={"database": Database(url=EnvVar("URL"), port=EnvVar.int("PORT"))})
"""
        )
        assert user.ran(URL="one", PORT="1") == ["rows"]
        assert user.ran(URL="two", PORT="2") == []
        user.edit('EnvVar.int("PORT")', 'EnvVar.int("DOOR")')
        told = user.do("why", "rows").out
        assert "resources.database.port.env 'PORT' → 'DOOR'" in told
        assert user.ran(URL="two", DOOR="2") == ["rows"]

    def test_a_resource_within_a_resource(self, user: User) -> None:
        user.write(
            """
class Inner(ConfigurableResource):
    n: int = 1
    def get(self): return self.n
class Outer(ConfigurableResource):
    inner: Inner
@asset
def rows(outer: Outer): return outer.inner.get()
defs = Definitions([rows], resources={"outer": Outer(inner=Inner())})
"""
        )
        user.refresh()
        user.edit("return self.n", "return self.n + 1")
        assert "pipeline.py: Inner.get() changed" in user.why("rows")
        assert user.ran() == ["rows"]
        user.edit("inner=Inner()", "inner=Inner(n=2)")
        assert "resources.outer.inner.n 1 → 2" in user.why("rows")

    def test_loggers_and_io_managers_do_not_count(self, user: User) -> None:
        source = """
class Files(ConfigurableIOManager):
    folder: str = "out"
    def handle_output(self, context, obj): Path("out.txt").write_text(str(obj))
    def load_input(self, context): return int(Path("out.txt").read_text())
@asset(io_manager_key="files")
def rows(): return 1
@asset
def more(rows): return rows + 1
defs = Definitions([rows, more], resources={"files": Files()})
"""
        user.write(source)
        assert user.ran() == ["rows", "more"]
        user.edit('"out"', '"elsewhere"')
        user.edit("str(obj)", "str(int(obj))")
        assert user.ran() == []


class TestExternalValues:
    SOURCE = """
class Files(ConfigurableIOManager):
    def handle_output(self, context, obj): Path("out.txt").write_text(str(obj))
    def load_input(self, context): return int(Path("out.txt").read_text())
N = 1
@asset(io_manager_key="files")
def rows(): return N
@asset
def more(rows): return rows + 1
defs = Definitions([rows, more], resources={"files": Files()})
"""

    def test_only_the_latest_counts(self, user: User) -> None:
        user.write(self.SOURCE)
        user.refresh()
        user.edit("N = 1", "N = 2")
        assert user.ran() == ["rows", "more"]
        user.edit("N = 2", "N = 1")
        assert user.ran() == ["rows", "more"]  # the first value was overwritten
        assert (user.folder / "out.txt").read_text() == "1"

    def test_a_data_version_is_its_content(self, user: User) -> None:
        user.write(self.SOURCE.replace("return N", 'return Output(N, data_version=DataVersion("same"))'))
        user.refresh()
        user.edit("N = 1", "N = 2")
        assert user.ran() == ["rows"]


def test_an_asset_that_stores_nothing(user: User) -> None:
    user.write(
        """
N = 1
@asset
def table() -> None: Path("table.txt").write_text(str(N))
@asset(deps=[table])
def more(): return Path("table.txt").read_text()
@asset
def kept() -> MaterializeResult:
    return MaterializeResult(data_version=DataVersion("d"), metadata={"n": N})
@asset(deps=[kept])
def after(): return 1
"""
    )
    assert set(user.ran()) == {"table", "kept", "more", "after"}
    assert user.ran() == []
    user.edit("N = 1", "N = 2")
    assert set(user.ran()) == {"table", "kept", "more"}  # `kept` says that its data are the same
    user.edit("N = 2", "N = 1")
    # What a function wrote by itself is not what it was; nothing is recorded again for it.
    assert set(user.ran()) == {"table", "kept", "more"}
    assert (user.folder / "table.txt").read_text() == "1"


class TestChecks:
    SOURCE = """
@asset
def rows(): return [1, 2]
@asset_check(asset=rows)
def enough(rows): return len(rows) > 1
@asset_check(asset=rows, blocking=True)
def good(rows): return not Path("bad").exists()
@asset
def model(rows): return sum(rows)
"""

    def test_a_verdict_stands_while_it_is_about_the_latest_version(self, user: User) -> None:
        user.write(self.SOURCE)
        assert set(user.ran()) == {"rows", "rows_enough", "rows_good", "model"}
        user.edit("sum(rows)", "max(rows)")
        assert user.refresh() == {
            "rows": "reused", "rows_enough": "reused", "rows_good": "reused", "model": "succeeded",
        }  # fmt: skip
        user.edit("[1, 2]", "[1, 3]")
        assert set(user.ran()) == {"rows", "rows_enough", "rows_good", "model"}

    def test_a_blocking_check_that_did_not_pass_is_asked_again(self, user: User) -> None:
        user.write(self.SOURCE)
        (user.folder / "bad").touch()
        statuses = user.refresh(code=1)
        assert (statuses["rows_good"], statuses["model"]) == ("failed", "blocked")
        assert user.status() == {"rows": "fresh", "model": "missing"}
        assert "it did not run: rows_good failed" in user.why("model")
        assert user.refresh(code=1)["rows_good"] == "failed"
        (user.folder / "bad").unlink()
        assert set(user.ran()) == {"rows_good", "model"}
        assert user.ran() == []

    def test_a_check_whose_code_changed_runs_again_and_its_asset_does_not(self, user: User) -> None:
        user.write(self.SOURCE)
        user.refresh()
        user.edit("len(rows) > 1", "len(rows) > 2")
        rows, model = user.do("status", "--json").json
        assert (rows["status"], rows["checks"]) == ("fresh", {"enough": "pipeline.py: enough() changed"})
        assert (model["status"], model["checks"]) == ("fresh", {})
        assert [row["asset"] for row in user.do("status", "--stale", "--json").json] == ["rows"]
        status = user.do("status").out
        assert "check enough: pipeline.py: enough() changed\n" in status
        assert "2 assets: 2 fresh; 1 check to run again\n" in status
        assert "  check enough runs again: pipeline.py: enough() changed\n" in user.why("rows")
        assert user.do("why", "rows", "--json").json["checks"] == {
            "enough": ["pipeline.py: enough() changed"]
        }
        assert user.do("refresh", "--dry-run", "--json").json["would_run"] == [
            {"asset": "rows:enough", "status": "check", "because": "pipeline.py: enough() changed"}
        ]
        done = user.do("refresh").out
        assert (
            "1 of 4 ran, because pipeline.py: enough() changed\n1 check did not pass: rows:enough\n" in done
        )
        assert user.ran() == []
        checks = user.warm.run(user.folder, "show", "rows", "--json").json["checks"]
        assert {check["check"]: check["passed"] for check in checks} == {"enough": False, "good": True}
        assert len(checks) == 2
        assert user.do("status").out.endswith("2 assets: 2 fresh\n")

    def test_a_blocking_check_whose_code_changed_holds_up_only_what_runs(self, user: User) -> None:
        user.write(self.SOURCE)
        user.refresh()
        user.edit('not Path("bad").exists()', "False")
        assert user.refresh("rows", code=1)["rows_good"] == "failed"
        user.edit("return False", "return True")
        assert user.ran() == ["rows_good"]

    def test_what_a_check_reaches_counts(self, user: User) -> None:
        user.write("LEAST = 1\n" + self.SOURCE.replace("> 1", "> LEAST"))
        user.refresh()
        user.edit("LEAST = 1", "LEAST = 0")
        assert "check enough runs again: pipeline.py: LEAST 1 → 0" in user.why("rows")
        assert user.ran() == ["rows_enough"]

    def test_the_config_of_a_check_counts(self, user: User) -> None:
        user.write(
            "class Limits(Config):\n    least: int = 1\n    name: str\n"
            "@asset\ndef rows(): return [1, 2]\n"
            "@asset_check(asset=rows)\ndef enough(config: Limits, rows): return len(rows) > config.least\n"
        )
        config = '{"ops": {"rows_enough": {"config": {"name": "a", "least": %s}}}}'
        assert set(user.ran("--config", config % 1)) == {"rows", "rows_enough"}
        assert user.ran("--config", config % 1) == []
        assert user.ran("--keep-config") == []
        assert user.do("status", "--json").json[0]["checks"] == {}
        would = user.do("refresh", "--dry-run", "--json", "--config", config % 2).json["would_run"]
        assert [row["because"] for row in would] == ["least 1 → 2"]
        assert user.ran("--config", config % 2) == ["rows_enough"]
        assert user.ran("--keep-config") == []

    def test_a_check_of_one_partition(self, user: User) -> None:
        user.write(
            'days = StaticPartitionsDefinition(["mon", "tue"])\n'
            "@asset(partitions_def=days)\ndef daily(context): return context.partition_key\n"
            "@asset_check(asset=daily)\ndef early(daily): return True\n"
        )
        for day in ("mon", "tue"):
            assert set(user.ran("--partition", day)) == {"daily", "daily_early"}
        user.edit("return True", "return 1 == 1")
        assert "check early runs again: pipeline.py: early() changed" in user.why("daily[tue]")
        assert user.ran("--partition", "mon") == ["daily_early"]
        assert user.ran("--partition", "mon") == []
        assert "early" not in user.why("daily[mon]")
        assert user.ran("--partition", "tue") == ["daily_early"]

    def test_a_verdict_from_before_its_code_was_recorded_stands(self, user: User) -> None:
        user.write(self.SOURCE)
        user.refresh()
        with contextlib.closing(sqlite3.connect(user.folder / ".tidemill" / "tidemill.db")) as database:
            path = "'$.check.code_version'"
            database.execute(f"UPDATE events SET data = json_remove(data, {path}) WHERE kind = 'checked'")  # noqa: S608
            database.commit()
        user.edit("len(rows) > 1", "len(rows) > 2")
        assert user.ran() == []

    def test_checks_of_the_asset_itself(self, user: User) -> None:
        user.write(
            """
@asset(check_specs=[AssetCheckSpec("ok", asset="rows")])
def rows():
    yield Output(1)
    yield AssetCheckResult(passed=True)
"""
        )
        assert user.ran() == ["rows"]
        assert user.ran() == []


class TestMultiAssets:
    SOURCE = """
N = 1
@multi_asset(outs={"a": AssetOut(), "b": AssetOut()}, can_subset=%s)
def ab(context):
    for name in sorted(context.selected_output_names):
        yield Output(N if name == "a" else 0, name)
@asset
def of_a(a): return a
@asset
def of_b(b): return b
"""

    @pytest.mark.parametrize("can_subset", [False, True])
    def test_early_cut_off_by_output(self, user: User, can_subset: bool) -> None:
        user.write(self.SOURCE % can_subset)
        assert user.ran() == ["ab", "of_a", "of_b"]
        user.edit("N = 1", "N = 2")
        assert user.ran() == ["ab", "of_a"]
        user.edit("N = 2", "N = 1")
        assert user.ran() == []

    def test_a_part_of_one_that_can_be_made_in_parts(self, user: User) -> None:
        user.write(self.SOURCE % True)
        user.refresh("a")
        statuses = user.status()
        assert statuses["a"] == "fresh"
        assert user.ran("a") == []
        assert user.ran() == ["ab", "of_a", "of_b"]
        assert user.ran() == []

    def test_a_part_of_one_that_cannot(self, user: User) -> None:
        user.write(self.SOURCE % False)
        assert user.ran("of_a") == ["ab", "of_a"]
        assert user.ran() == ["of_b"]


class TestPartitions:
    SOURCE = """
days = StaticPartitionsDefinition(["mon", "tue", "wed"])
N = 1
@asset
def raw(): return N
@asset(partitions_def=days)
def daily(context, raw): return f"{context.partition_key} {raw}"
@asset(partitions_def=days)
def more(daily): return daily.upper()
@asset
def weekly(daily): return sorted(daily)
"""

    def test_one_partition(self, user: User) -> None:
        user.write(self.SOURCE)
        assert "Which partition of 'daily'?" in user.do("refresh", code=2).err
        assert set(user.ran("daily", "more", "--partition", "mon")) == {"raw", "daily", "more"}
        assert user.ran("daily", "more", "--partition", "mon") == []
        assert set(user.ran("daily", "more", "--partition", "tue")) == {"daily", "more"}
        rows = {row["asset"]: row for row in user.do("status", "--json").json}
        assert rows["daily"]["partitions"] == {"mon": "fresh", "tue": "fresh", "wed": "missing"}
        assert rows["daily"]["status"] == "missing"
        user.edit("N = 1", "N = 2")
        assert set(user.ran("more", "--partition", "mon")) == {"raw", "daily", "more"}
        rows = {row["asset"]: row for row in user.do("status", "--json").json}
        assert rows["more"]["partitions"] == {"mon": "fresh", "tue": "stale", "wed": "missing"}
        assert "input raw: version 1 → 2" in user.why("daily[tue]")
        assert "daily[mon] is fresh" in user.why("daily[mon]")
        assert "not up to date either: daily[wed]" in user.why("daily")

    def test_a_partition_that_is_none(self, user: User) -> None:
        user.write(self.SOURCE)
        assert "Could not find a partition" in user.do("refresh", "daily", "--partition", "sun", code=2).err
        user.refresh("daily", "--partition", "mon")
        assert "did you mean" in user.do("why", "daily[sun]", code=2).err


class TestWhatGivesNothing:
    SOURCE = """
LIMIT = 5
@asset
def score(): return 3
@asset
def best(score):
    if score > LIMIT:
        yield Output(score)
@asset
def page(best): return f"best: {best}"
"""

    def test_it_is_not_asked_again_for_the_same(self, user: User) -> None:
        user.write(self.SOURCE)
        assert user.refresh() == {"score": "succeeded", "best": "skipped", "page": "skipped"}
        assert user.do("refresh").out == "all 3 assets are up to date; 2 gave nothing\n"
        assert user.status() == {"score": "fresh", "best": "skipped", "page": "skipped"}
        assert user.status("--stale") == {}
        assert "its function gave nothing" in user.why("best")
        assert "best gave nothing" in user.why("page")

    def test_what_it_had_before_stays_and_children_are_made_of_that(self, user: User) -> None:
        user.write(self.SOURCE.replace("LIMIT = 5", "LIMIT = 1"))
        user.refresh()
        user.edit("LIMIT = 1", "LIMIT = 5")
        user.edit('f"best', 'f"the best')
        assert user.refresh() == {"score": "reused", "best": "skipped", "page": "succeeded"}
        assert user.ran() == []
        assert user.status() == {"score": "fresh", "best": "fresh", "page": "fresh"}
        assert "best is fresh: version 1, made" in user.why("best")
        assert "its function gave nothing" in user.why("best")
        user.edit("the best", "still the best")
        assert user.refresh() == {"score": "reused", "best": "reused", "page": "succeeded"}

    def test_something_new_is_asked(self, user: User) -> None:
        user.write(self.SOURCE)
        user.refresh()
        user.edit("return 3", "return 9")
        assert user.ran() == ["score", "best", "page"]
        user.edit("return 9", "return 3")
        # The older score comes back; for that one there was nothing to be had, and the best stays.
        assert user.refresh() == {"score": "reused", "best": "reused", "page": "reused"}

    def test_one_of_several_outputs(self, user: User) -> None:
        user.write(
            """
@multi_asset(outs={"a": AssetOut(is_required=False), "b": AssetOut(is_required=False)})
def ab(): yield Output(1, "a")
@asset
def of_b(b): return b
"""
        )
        assert user.refresh() == {"ab": "succeeded", "of_b": "skipped"}
        assert user.ran() == []
        assert user.status() == {"a": "fresh", "b": "skipped", "of_b": "skipped"}

    def test_materialize_asks(self, user: User) -> None:
        user.write(self.SOURCE)
        user.refresh()
        done = user.do("materialize", "--json").json
        assert [step["attempt"] for step in done["steps"]] == [1, 1, 0]


class TestFailures:
    SOURCE = """
@asset(retry_policy=RetryPolicy(max_retries=1))
def shaky():
    with open("tries", "a") as file: file.write(".")
    if Path("down").exists(): raise ValueError("it is down\\nmore")
    return 1
@asset
def after(shaky): return shaky
@asset
def beside(): return 2
"""

    def test_a_failed_step_is_tried_again(self, user: User) -> None:
        user.write(self.SOURCE)
        (user.folder / "down").touch()
        assert user.refresh(code=1) == {"shaky": "failed", "beside": "succeeded", "after": "blocked"}
        assert (user.folder / "tries").read_text() == ".."
        rows = {row["asset"]: row for row in user.do("status", "--json").json}
        assert (rows["shaky"]["status"], rows["shaky"]["because"]) == ("failed", "ValueError: it is down")
        assert (rows["after"]["status"], rows["beside"]["status"]) == ("missing", "fresh")
        assert "in run 1, it failed: ValueError: it is down" in user.why("shaky")
        assert "in run 1, it did not run: shaky failed" in user.why("after")
        (user.folder / "down").unlink()
        assert user.ran() == ["shaky", "after"]
        assert user.status() == {"shaky": "fresh", "after": "fresh", "beside": "fresh"}

    def test_what_failed_in_materialize_and_is_up_to_date(self, user: User) -> None:
        user.write(self.SOURCE)
        user.refresh()
        (user.folder / "down").touch()
        user.do("materialize", "--select", "shaky", code=1)
        assert user.do("refresh").out == "all 3 assets are up to date\n"
        rows = {row["asset"]: row for row in user.do("status", "--json").json}
        assert rows["shaky"]["because"] == "made again it failed: ValueError: it is down"


class TestNotDeterministic:
    SOURCE = """
N = 1
@asset(deterministic=False)
def page(): return N
@asset
def words(page): return page
"""

    def test_it_runs_when_named_or_changed(self, user: User) -> None:
        user.write(self.SOURCE)
        assert user.ran() == ["page", "words"]
        assert user.ran() == []
        assert user.ran("words") == []
        assert user.ran("page") == ["page"]
        assert user.ran("--select", "page*") == []
        user.edit("N = 1", "N = 2")
        assert user.ran() == ["page", "words"]
        user.edit("N = 2", "N = 1")
        assert user.ran() == ["page"]  # the content of before, so that `words` comes back by itself


def test_a_store_in_another_place(user: User) -> None:
    user.write(CHAIN)
    assert len(user.ran("--home", "there")) == 5
    assert user.ran("--home", "there") == []
    assert len(user.ran()) == 5


def test_json_of_a_run(chain: User) -> None:
    chain.edit("row > 0", "row > 1")
    told: Any = chain.do("refresh", "--json").json
    assert (told["number"], told["status"], told["selection"]) == (2, "succeeded", None)
    assert [version["asset"] for version in told["versions"]] == ["rows", "model", "report"]
