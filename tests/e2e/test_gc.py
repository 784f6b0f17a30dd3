"""`tidemill gc`, and the retention that happens by itself, as users meet them: what goes, what stays, what is told."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import COMMAND, environment, tidemill, write

from tidemill import DagsterInstance, asset, materialize
from tidemill.core.errors import ValueNotStoredError
from tidemill.core.events import Materialized
from tidemill.core.keys import AssetKey
from tidemill.core.records import Version
from tidemill.home import Home

HOUR, DAY = 3600, 86400
BYTES = 400_000

PIPELINE = """
import numpy as np
from tidemill import asset

@asset(keep=2, deterministic=False)
def big():
    print("making it")
    return np.random.default_rng().random(50_000)

@asset(ttl="10d", deterministic=False)
def mean(big):
    return float(big.mean())

@asset(deterministic=False)
def everything(big):
    return big.copy() + 1
"""


def pass_time(folder: Path, seconds: float) -> None:
    """Make a store older: what the log and its tables say, and the files."""
    store = folder / ".tidemill"
    connection = sqlite3.connect(store / "tidemill.db")
    micros = int(seconds * 1e6)
    connection.execute("UPDATE events SET at = at - ?", (micros,))
    for column in ("created_at", "started_at", "finished_at"):
        connection.execute(f"UPDATE runs SET {column} = {column} - ?", (micros,))  # noqa: S608  (ours)
    connection.commit()
    connection.close()
    for path in store.rglob("*"):
        if path.is_file() and not path.name.endswith(("tidemill.db", "-wal", "-shm")):
            found = path.stat()
            os.utime(path, (found.st_atime - seconds, found.st_mtime - seconds))
    marker = store / "retention"
    if marker.exists():
        marker.write_text(str(int(marker.read_text() or 0) - micros))


def stored(folder: Path) -> int:
    """Bytes of the artifacts that are files."""
    return sum(path.stat().st_size for path in (folder / ".tidemill" / "artifacts").glob("??/*"))


def dropped(folder: Path, name: str) -> dict[int, bool]:
    """By number of each version, whether retention let go of its value; each says the same when it is loaded."""
    with DagsterInstance.local_temp(str(folder / ".tidemill")) as instance:
        found = {version.number: version.dropped for version in instance.get_versions(name)}
        for number, is_dropped in found.items():
            if is_dropped:
                with pytest.raises(ValueNotStoredError, match="no longer stored"):
                    instance.load_asset_value(name, version=number)
            else:
                instance.load_asset_value(name, version=number)
        return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five runs, none of which was old enough for retention to do anything."""
    folder = tmp_path_factory.mktemp("made")
    write(folder, "pipeline.py", PIPELINE)
    write(folder, "pyproject.toml", '[tool.tidemill]\nkeep_logs = "30d"\n')
    for _ in range(5):
        assert tidemill(folder, "materialize", "-f", "pipeline.py", "--in-process").code == 0
    assert stored(folder) > 10 * BYTES
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A copy of it, two hours later."""
    shutil.copytree(made, tmp_path / "project")
    pass_time(tmp_path / "project", 2 * HOUR)
    return tmp_path / "project"


class TestValues:
    def test_keep_two_of_five(self, project: Path) -> None:
        before = stored(project)
        plan = tidemill(project, "gc", "--dry-run")
        assert (plan.code, stored(project)) == (0, before)
        assert re.search(r"^big +@1, @2, @3 +1\.2 MB +keep=2$", plan.out, re.MULTILINE)
        assert "would be freed" in plan.out
        done = tidemill(project, "gc", "--json").json
        assert [(v["asset"], v["version"], v["because"]) for v in done["values"]] == [
            ("big", number, "keep=2") for number in (1, 2, 3)
        ]
        assert (
            before - stored(project) == done["bytes"] == sum(v["bytes"] for v in done["values"]) > 3 * BYTES
        )
        assert done["problems"] == []
        assert dropped(project, "big") == {5: False, 4: False, 3: True, 2: True, 1: True}
        assert not any(dropped(project, "everything").values())
        assert tidemill(project, "verify").code == 0
        again = tidemill(project, "gc")
        assert (again.code, again.out) == (0, "nothing was to go\n")

    def test_a_dropped_value_is_told_by_show_and_all_else_of_its_version_stays(self, project: Path) -> None:
        before = tidemill(project, "show", "big@1", "--json").json
        assert before["dropped"] is None
        assert tidemill(project, "gc").code == 0
        shown = tidemill(project, "show", "big@1")
        assert shown.code == 0
        assert re.search(r"value +numpy\.ndarray, 400 kB, no longer stored: .*\(keep=2\)", shown.out)
        after = tidemill(project, "show", "big@1", "--json").json
        assert after.pop("dropped")["because"] == "keep=2"
        assert after == {name: value for name, value in before.items() if name != "dropped"}
        history = tidemill(project, "show", "big").out
        assert len(re.findall(r"@[123] .* dropped$", history, re.MULTILINE)) == 3

    def test_a_time_to_live(self, project: Path) -> None:
        pass_time(project, 9 * DAY)
        assert [v["asset"] for v in tidemill(project, "gc", "--json").json["values"]] == ["big"] * 3
        pass_time(project, 2 * DAY)
        done = tidemill(project, "gc", "--json").json
        assert {v["because"] for v in done["values"]} == {"ttl=10d"}
        assert dropped(project, "mean") == {5: False, 4: True, 3: True, 2: True, 1: True}

    def test_the_definitions_count_where_they_are_named(self, project: Path) -> None:
        write(project, "pipeline.py", PIPELINE.replace("keep=2", "keep=4").replace('ttl="10d", ', "keep=1, "))
        known = tidemill(project, "gc", "--dry-run", "--json").json["values"]
        assert {(v["asset"], v["version"]) for v in known} == {("big", n) for n in (1, 2, 3)}
        for words in (["-f", "pipeline.py"], ["-f", "pipeline.py"]):  # loaded, then from the snapshot of that
            now = tidemill(project, "gc", "--dry-run", "--json", *words).json["values"]
            assert {(v["asset"], v["version"]) for v in now} == {
                ("big", 1),
                *(("mean", n) for n in range(1, 5)),
            }

    def test_values_in_the_database_go_too(self, project: Path) -> None:
        write(project, "pipeline.py", PIPELINE.replace('ttl="10d"', "keep=1"))
        done = tidemill(project, "gc", "-f", "pipeline.py", "--json").json
        assert [v["version"] for v in done["values"] if v["asset"] == "mean"] == [1, 2, 3, 4]
        assert dropped(project, "mean") == {5: False, 4: True, 3: True, 2: True, 1: True}

    def test_a_version_that_comes_again_has_its_value_again(self, tmp_path: Path) -> None:
        text = "import numpy as np\nfrom tidemill import asset\n@asset(keep=1)\ndef a(): return np.full(50_000, {})\n"
        for number in (1, 2):
            write(tmp_path, "p.py", text.format(number))
            assert tidemill(tmp_path, "refresh", "-f", "p.py", "--in-process").code == 0
        pass_time(tmp_path, 2 * HOUR)
        assert tidemill(tmp_path, "gc").code == 0
        write(tmp_path, "p.py", text.format(1))
        done = tidemill(tmp_path, "refresh", "-f", "p.py", "--in-process")
        assert "✓ a" in done.out  # made again: the version with that key has no value to give
        assert dropped(tmp_path, "a") == {3: False, 2: True, 1: True}
        assert tidemill(tmp_path, "verify").code == 0


class TestByItself:
    def test_a_run_lets_go_of_what_it_has_made_too_much_of(self, project: Path) -> None:
        done = tidemill(project, "materialize", "-f", "pipeline.py", "--select", "big")
        assert done.code == 0
        assert done.out.splitlines()[-1] == "let go of 4 older values of big (keep=2), 1.6 MB"
        assert dropped(project, "big") == {6: False, 5: False, **dict.fromkeys(range(1, 5), True)}
        document = tidemill(project, "materialize", "-f", "pipeline.py", "--select", "big", "--json")
        assert document.json["status"] == "succeeded"

    def test_logs_and_chatter_go_once_a_day(self, project: Path) -> None:
        pass_time(project, 89 * DAY)
        assert tidemill(project, "logs", "1").out.count("making it") == 1
        tidemill(project, "materialize", "-f", "pipeline.py", "--select", "mean")
        assert tidemill(project, "logs", "1").out == "its logs are no longer kept (keep_logs)\n"
        pass_time(project, 2 * DAY)
        tidemill(project, "materialize", "-f", "pipeline.py", "--select", "mean")
        told = tidemill(project, "runs", "1")
        assert "no longer kept (keep_events)" in told.out
        assert [step["status"] for step in tidemill(project, "runs", "1", "--json").json["steps"]] == [
            "succeeded"
        ] * 3
        assert tidemill(project, "runs", "6", "--json").json["steps"][0]["started_at"] is not None

    def test_a_run_does_not_fail_with_it(self, project: Path) -> None:
        marker = project / ".tidemill" / "retention"
        marker.unlink()
        marker.symlink_to(project / "nowhere" / "at all")
        done = tidemill(project, "materialize", "-f", "pipeline.py", "--select", "big")
        assert done.code == 0
        assert done.err.startswith("warning: retention did not finish: FileNotFoundError")
        assert done.err.count("\n") == 1
        assert not any(dropped(project, "big").values())

    def test_in_python_nothing_goes_by_itself(self, tmp_path: Path) -> None:
        @asset(keep=1)
        def a() -> np.ndarray:
            return np.full(50_000, time.monotonic())

        for _ in range(3):
            with DagsterInstance.local_temp(str(tmp_path / ".tidemill")) as instance:
                assert materialize([a], instance=instance).success
            pass_time(tmp_path, 2 * DAY)
        assert dropped(tmp_path, "a") == {1: False, 2: False, 3: False}
        assert [v["version"] for v in tidemill(tmp_path, "gc", "--json").json["values"]] == [1, 2]


class TestRunsThatGoOn:
    WAITING = """
import time
from pathlib import Path
import numpy as np
from tidemill import asset

@asset(keep=1, deterministic=False)
def big():
    return np.random.default_rng().random(50_000)

@asset
def ready():
    Path("begun").touch()
    while not Path("go").exists():
        time.sleep(0.01)
    return True

@asset
def used(ready, big):
    return float(big.sum())
"""

    def test_what_they_will_read_stays(self, tmp_path: Path) -> None:
        write(tmp_path, "pipeline.py", self.WAITING)
        select = ["materialize", "-f", "pipeline.py", "--in-process", "--select"]
        for _ in range(2):
            assert tidemill(tmp_path, *select, "big").code == 0
        waiting = subprocess.Popen(
            [*COMMAND, *select, "ready", "--select", "used"],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
        )
        try:
            until((tmp_path / "begun").exists)
            for _ in range(2):
                assert tidemill(tmp_path, *select, "big").code == 0
            pass_time(tmp_path, 2 * HOUR)
            done = tidemill(tmp_path, "gc", "--json").json
            assert [v["version"] for v in done["values"]] == [1]
            assert done["kept"]["live run"] == 2
            assert "a run that goes on may need it" in tidemill(tmp_path, "gc").out
            (tmp_path / "go").touch()
            assert b"succeeded" in waiting.communicate(timeout=60)[0]
        finally:
            waiting.kill()
        read = tidemill(tmp_path, "show", "used", "--json").json["inputs"]
        big = tidemill(tmp_path, "show", "big@2", "--json").json
        assert big["id"] in [one["id"] for one in read]
        assert tidemill(tmp_path, "gc").code == 0
        assert dropped(tmp_path, "big") == {1: True, 2: True, 3: True, 4: False}


def until(true: object, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():  # type: ignore[operator]
            return
        time.sleep(0.002)
    raise AssertionError("it did not come")


class TestKilled:
    VERSIONS = 1_500

    def test_no_version_claims_a_value_that_is_gone(self, tmp_path: Path) -> None:
        write(
            tmp_path,
            "p.py",
            "from tidemill import asset\n@asset(keep=3)\ndef many(): return list(range(999))\n",
        )
        assert tidemill(tmp_path, "materialize", "-f", "p.py", "--in-process").code == 0
        key = AssetKey("many")
        home = Home.open(tmp_path / ".tidemill")
        for number in range(self.VERSIONS):
            saved = home.artifacts.save(np.full(250, number), subject="many")
            version = Version(home.ids.new(), key, None, 1, "d", "c", saved)
            home.append("", [Materialized(home.clock.now(), "many", 1, version)])
        home.close()
        pass_time(tmp_path, 2 * HOUR)
        kills = 0
        while kills < 4:
            left = self.files(tmp_path)
            if left <= 3:
                break
            gc = subprocess.Popen([*COMMAND, "gc"], cwd=tmp_path, env=environment(tmp_path))
            until(lambda left=left, gc=gc: self.files(tmp_path) < left - 10 or gc.poll() is not None)
            gc.send_signal(signal.SIGKILL)
            gc.wait()
            kills += 1
            self.check(tmp_path)
        assert tidemill(tmp_path, "gc").code == 0
        assert self.files(tmp_path) == 3
        self.check(tmp_path)
        assert tidemill(tmp_path, "verify").out.startswith("3 artifacts")
        assert kills > 0

    def files(self, folder: Path) -> int:
        return sum(1 for _ in (folder / ".tidemill" / "artifacts").glob("??/*"))

    def check(self, folder: Path) -> None:
        home = Home.open(folder / ".tidemill")
        for version in home.store.versions(AssetKey("many")):
            assert version.artifact is not None
            assert version.dropped or home.artifacts.path(version.artifact.address).exists()
        home.close()


class TestTheCommand:
    def test_logs_events_and_what_was_left_behind(self, project: Path) -> None:
        pass_time(project, 100 * DAY)
        (project / ".tidemill" / "tidemill.db.schema-1").write_bytes(b"x" * 5_000)
        pass_time(project, 40 * DAY)
        stray = project / ".tidemill" / "artifacts" / "ab" / ("ab" * 32)
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"x" * 9_000)
        old = time.time() - 2 * HOUR
        os.utime(stray, (old, old))
        plan, done = (tidemill(project, "gc", *words, "--json").json for words in (["--dry-run"], []))
        for document in (plan, done):
            assert document["logs"]["runs"] == 5
            assert document["logs"]["bytes"] > 0
            assert document["events"] == {"runs": 5, "count": 30}
            assert document["strays"] == {"files": 1, "bytes": 9_000}
            assert "tidemill.db.schema-1" in {Path(file["path"]).name for file in document["files"]}
        assert not stray.exists()
        assert list((project / ".tidemill" / "logs").iterdir()) == []
        assert not (project / ".tidemill" / "tidemill.db.schema-1").exists()
        assert tidemill(project, "verify").code == 0
        assert tidemill(project, "gc", "--dry-run").out.startswith("nothing would go")

    def test_forever(self, project: Path) -> None:
        pass_time(project, 1_000 * DAY)
        settings = {"TIDEMILL_KEEP_LOGS": "forever", "TIDEMILL_KEEP_EVENTS": "forever"}
        document = tidemill(project, "gc", "--dry-run", "--json", **settings).json
        assert (document["logs"]["runs"], document["events"]["count"]) == (0, 0)
        wrong = tidemill(project, "gc", TIDEMILL_KEEP_LOGS="soon")
        assert wrong.code == 2
        assert "keep_logs" in wrong.err

    def test_what_cannot_be_removed_is_told(self, project: Path) -> None:
        digest = tidemill(project, "show", "big@1", "--json").json["digest"]
        path = project / ".tidemill" / "artifacts" / digest[:2] / digest
        path.unlink()
        path.mkdir()  # root is allowed to remove everything else
        old = time.time() - 2 * HOUR
        os.utime(path, (old, old))
        done = tidemill(project, "gc")
        assert done.code == 1
        assert f"not removed: {path}" in done.out
        assert dropped(project, "big") == {5: False, 4: False, 3: True, 2: True, 1: True}

    def test_without_a_store(self, tmp_path: Path) -> None:
        done = tidemill(tmp_path, "gc")
        assert done.code == 2
        assert "There is no store" in done.err
