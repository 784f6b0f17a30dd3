"""`tidemill rerun`: from failure, from a step, a selection, and on from where a driver was killed."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from command_line import COMMAND, Done, environment, tidemill, write

from tidemill.core.events import CancelRequested, StepStarted
from tidemill.home import Home

SOURCE = """
import os, random, time
from pathlib import Path
from tidemill import Output, RetryPolicy, asset

def note(name):
    with open("journal", "a") as file:
        file.write(name + "\\n")

@asset
def numbers():
    note("numbers")
    return random.random()

@asset
def broken(numbers):
    note("broken")
    if not Path("mended").exists():
        raise ValueError("no")
    return numbers + 1

@asset
def after(broken):
    note("after")
    return broken * 2

@asset(output_required=False)
def maybe(numbers):
    note("maybe")
    if False:
        yield Output(1)

@asset
def both(maybe, broken):
    note("both")
    return 1
"""

SLOW = """
import time
from contextlib import closing
from pathlib import Path
from tidemill import RetryPolicy, asset

def note(name):
    with open("journal", "a") as file:
        file.write(name + "\\n")

@asset
def first():
    note("first")
    return 1

@asset
def bad():
    raise ValueError("no")

@asset
def blocked(bad):
    return 1

@asset(retry_policy=RetryPolicy(max_retries=1), pool="one")
def slow(first):
    note("slow")
    if not Path("quick").exists():
        time.sleep(60)
    return first + 1

@asset
def last(slow):
    note("last")
    return slow + 1
"""


def journal(folder: Path) -> list[str]:
    path = folder / "journal"
    return path.read_text().split() if path.exists() else []


def versions(done: Done) -> dict[str, Any]:
    return {version["asset"]: version for version in done.json["versions"]}


@pytest.fixture
def failed(tmp_path: Path) -> Path:
    """Run 1 failed; run 2 has made another version of what run 1 started from; the fault is mended."""
    write(tmp_path, "p.py", SOURCE)
    assert tidemill(tmp_path, "materialize", "-f", "p.py").code == 1
    assert tidemill(tmp_path, "materialize", "-f", "p.py", "--select", "numbers").code == 0
    (tmp_path / "mended").touch()
    (tmp_path / "journal").unlink()
    return tmp_path


@pytest.mark.parametrize("place", [[], ["--in-process"]], ids=["processes", "in process"])
def test_from_failure(failed: Path, place: list[str]) -> None:
    parent = tidemill(failed, "runs", "1", "--json").json
    done = tidemill(failed, "rerun", "1", "--from-failure", "--json", *place)
    assert (done.code, done.err) == (0, "run 1 is run again: 3 steps, 2 are taken over\n")
    assert sorted(journal(failed)) == ["after", "broken"]
    assert {step["step"]: step["status"] for step in done.json["steps"]} == {
        "broken": "succeeded",
        "after": "succeeded",
        "both": "skipped",
    }
    assert done.json["parent"] == parent["run"]
    assert done.json["tags"] == {
        "dagster/parent_run_id": parent["run"],
        "dagster/root_run_id": parent["run"],
    }
    (of_the_parent,) = parent["versions"]
    assert [ref["id"] for ref in versions(done)["broken"]["inputs"]] == [of_the_parent["id"]]
    with closing(Home.open(failed / ".tidemill")) as home:
        (number,) = map(home.load, home.store.versions_of_run(parent["run"]))
        made = [home.load(version) for version in home.store.versions_of_run(done.json["run"])]
        assert made == [number + 1, (number + 1) * 2]


def test_a_rerun_of_a_rerun_sees_what_the_first_run_made(failed: Path) -> None:
    (failed / "mended").unlink()
    assert tidemill(failed, "rerun", "1", "--from-failure").code == 1
    (failed / "mended").touch()
    done = tidemill(failed, "rerun", "3", "--from-failure", "--json")
    first = tidemill(failed, "runs", "1", "--json").json
    assert [ref["id"] for ref in versions(done)["broken"]["inputs"]] == [first["versions"][0]["id"]]
    assert done.json["tags"]["dagster/root_run_id"] == first["run"]
    assert {step["step"]: step["status"] for step in done.json["steps"]}["both"] == "skipped"


def test_from_the_failure_of_a_refresh_that_found_the_rest_up_to_date(tmp_path: Path) -> None:
    source = "from tidemill import asset\n@asset\ndef a(): return 1\n@asset\ndef b(a): return a + 1\n"
    file = write(tmp_path, "p.py", source)
    assert tidemill(tmp_path, "materialize", "-f", "p.py").code == 0
    file.write_text(source.replace("a + 1", "a / 0"))
    assert tidemill(tmp_path, "refresh", "-f", "p.py").code == 1
    file.write_text(source.replace("a + 1", "a + 2"))
    done = tidemill(tmp_path, "rerun", "2", "--from-failure")
    assert (done.code, done.out.splitlines()[0]) == (0, "run 2 is run again: 1 step, 1 is taken over")
    with closing(Home.open(tmp_path / ".tidemill")) as home:
        (version,) = home.store.versions_of_run(home.store.run(3).run.id)
        assert home.load(version) == 3


def test_from_a_step_and_all_of_it(failed: Path) -> None:
    assert tidemill(failed, "rerun", "1", "--from", "broken", "--from", "maybe").code == 0
    assert sorted(journal(failed)) == ["after", "broken", "maybe"]
    (failed / "journal").unlink()
    assert tidemill(failed, "rerun", "1").code == 0
    assert sorted(journal(failed)) == ["after", "broken", "maybe", "numbers"]
    (failed / "journal").unlink()
    assert tidemill(failed, "rerun", "1", "--select", "maybe").code == 0
    assert journal(failed) == ["maybe"]


def test_the_same_seeds_draw_the_same(failed: Path) -> None:
    first = tidemill(failed, "runs", "1", "--json").json["versions"][0]
    again = tidemill(failed, "rerun", "1", "--from", "numbers", "--same-seeds", "--json")
    assert versions(again)["numbers"]["data_version"] == first["data_version"]
    here = tidemill(failed, "rerun", "1", "--select", "numbers", "--same-seeds", "--in-process", "--json")
    assert versions(here)["numbers"]["data_version"] == first["data_version"]
    other = tidemill(failed, "rerun", "1", "--select", "numbers", "--json")
    assert versions(other)["numbers"]["data_version"] != first["data_version"]


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["9"], ["error: There is no run '9'"]),
        (
            ["2", "--from-failure"],
            ["error: Nothing of run 2 is left to run", "tidemill rerun 2 runs all of it"],
        ),
        (["1", "--from", "brokn"], ["error: Run 1 has no step 'brokn'", "did you mean 'broken'?"]),
        (["1", "--select", "nothing"], ["error:", "nothing"]),
        (["1", "--from", "a", "--from-failure"], ["error: argument --from-failure: not allowed with"]),
        (["1", "--resume", "--from", "a"], ["error: --resume and --from contradict one another"]),
        (
            ["1", "-f", "other.py"],
            ["error: The definitions no longer have the step 'broken' of run 1", "did you mean 'brokem'?"],
        ),
    ],
)
def test_what_cannot_be_run_again(failed: Path, words: list[str], lines: list[str]) -> None:
    write(failed, "other.py", SOURCE.replace("broken", "brokem"))
    done = tidemill(failed, "rerun", *words)
    assert done.code == 2
    assert all(line in done.err for line in lines), done.err
    assert journal(failed) == []


# A driver that was killed


class Killed:
    """A run whose driver was killed while its step `slow` ran."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write(folder, "p.py", SLOW)
        self.process = subprocess.Popen(
            [*COMMAND, "materialize", "-f", "p.py"],
            cwd=folder,
            env=environment(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait(self) -> None:
        deadline = time.monotonic() + 30
        while not self._slow_has_begun():
            assert time.monotonic() < deadline, "the step did not begin"
            time.sleep(0.02)

    def _slow_has_begun(self) -> bool:
        if "slow" not in journal(self.folder):
            return False
        with closing(Home.open(self.folder / ".tidemill")) as home:
            (state,) = home.store.runs()
            return bool(home.store.events(state.run.id, kinds=[StepStarted], step="slow"))

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)
        (self.folder / "quick").touch()


@pytest.fixture
def driven(tmp_path: Path) -> Any:
    killed = Killed(tmp_path)
    try:
        killed.wait()
        yield killed
    finally:
        killed.process.kill()
        killed.process.wait(timeout=10)


def test_resume_goes_on_under_the_same_id(driven: Killed) -> None:
    folder = driven.folder
    refused = tidemill(folder, "rerun", "1", "--resume")
    assert refused.code == 2
    assert f"process {driven.process.pid} on" in refused.err
    assert "tidemill cancel 1" in refused.err
    driven.kill()
    done = tidemill(folder, "rerun", "1", "--resume", "--json")
    assert (done.code, done.err) == (
        1,
        "run 1 goes on from where its process died: 2 steps, 3 are taken over\n",
    )
    assert journal(folder) == ["first", "slow", "slow", "last"]
    steps = {step["step"]: (step["status"], step["attempt"]) for step in done.json["steps"]}
    assert steps == {
        "first": ("succeeded", 1),
        "bad": ("failed", 1),
        "blocked": ("blocked", 0),
        "slow": ("succeeded", 2),
        "last": ("succeeded", 1),
    }
    assert (done.json["number"], done.json["status"], done.json["parent"]) == (1, "failed", None)
    later = tidemill(folder, "rerun", "1", "--resume")
    assert "run 1 was marked failed already: it is run again from its failure, as a new run" in later.out


def test_of_two_that_resume_one_wins(driven: Killed) -> None:
    driven.kill()
    command = [*COMMAND, "rerun", "1", "--resume"]
    both = [
        subprocess.Popen(
            command,
            cwd=driven.folder,
            env=environment(driven.folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = ["".join(process.communicate(timeout=60)) for process in both]
    # The loser was told while it prepared, or found the run alive, or over: it then ran it from failure as a new one.
    assert journal(driven.folder).count("last") == 1
    assert sum("goes on from where its process died" in text and "✓ last" in text for text in said) == 1, said


def test_resume_forgets_what_was_asked_of_the_dead_driver(driven: Killed) -> None:
    driven.kill()
    folder = driven.folder / ".tidemill"
    with closing(Home.open(folder, spare="1")) as home:
        home.append(home.store.run("1").run.id, [CancelRequested(home.clock.now(), "too late")])
    assert tidemill(driven.folder, "rerun", "1", "--resume").code == 1
    assert journal(driven.folder)[-1] == "last"


def test_whoever_opens_the_store_fails_a_dead_run_but_the_one_that_is_spared(driven: Killed) -> None:
    driven.kill()
    folder = driven.folder / ".tidemill"
    with closing(Home.open(folder, spare="1")) as home:
        assert home.store.run("1").status == "started"
        assert home.store.live_runs()[0].lease.pid == driven.process.pid
    with closing(Home.open(folder)) as home:
        assert home.store.run("1").status == "failed"
