"""Jobs of ops on workers and from the command line (api.md 1.4, 1.16): mapped steps, hooks, reruns, and a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import COMMAND, Done, environment, tidemill, write

SOURCE = """
import os, time
from pathlib import Path
from tidemill import (
    Config, Definitions, DynamicOut, DynamicOutput, In, Nothing, RetryPolicy, asset, failure_hook, graph, graph_asset,
    job, op, success_hook,
)

def note(name):
    with open("journal", "a") as file:
        file.write(name + "\\n")

class Width(Config):
    width: int = 3

@op(out=DynamicOut(int))
def fan(config: Width):
    note("fan")
    for number in range(config.width):
        yield DynamicOutput(number, mapping_key=f"k{number}")

@op
def base():
    note("base")
    return 10

@op
def work(context, number):
    note(f"work[{context.get_mapping_key()}]")
    if number == 1 and not Path("mended").exists():
        if Path("slow").exists():
            Path("waiting").touch()
            time.sleep(60)
        raise ValueError("not yet")
    return number * 2

@op
def add(context, number, base):
    note(f"add[{context.get_mapping_key()}]")
    return number + base

@op
def total(context, numbers):
    note("total")
    context.log.info(f"of {len(numbers)}")
    return sum(numbers)

@success_hook
def good(context):
    note(f"good {context.step_key} {context.op_output_values}")

@failure_hook
def bad(context):
    note(f"bad {context.step_key} {context.op_exception}")

@job
def nightly():
    base_value = base()
    total(fan().map(lambda number: add(work(number), base_value)).collect())

@graph
def inner(numbers):
    return total(numbers)

@job(hooks={good, bad}, description="Tells how it ends.")
def told():
    inner(fan().collect())
    work.alias("one")(base())

@asset
def start():
    return 10

@graph_asset
def summed(start):
    return total(fan().map(lambda number: add(work(number), start)).collect())

@asset
def after(summed):
    return summed + 1

defs = Definitions(assets=[start, summed, after], jobs=[nightly, told])
"""


class Folder:
    """A user's folder with the file of jobs in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        write(path, "jobs.py", SOURCE)

    def run(self, *words: str) -> Done:
        """A command, with the definitions where it takes some."""
        code = () if words[0] in ("runs", "logs", "rerun") else ("-f", "jobs.py")
        return tidemill(self.path, *words, *code)

    def ran(self) -> list[str]:
        """What ran since this was asked last."""
        journal = self.path / "journal"
        lines = sorted(journal.read_text().split("\n")[:-1]) if journal.exists() else []
        journal.unlink(missing_ok=True)
        return lines

    def mend(self) -> None:
        """Let what fails succeed from here on."""
        (self.path / "mended").touch()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def states(document: Any) -> dict[str, str]:
    return {step["step"]: step["status"] for step in document["steps"]}


def test_jobs_are_listed(folder: Folder) -> None:
    assert folder.run("job", "list").out.splitlines() == [
        "nightly  ops",
        "told     ops     Tells how it ends.",
    ]
    assert [job["name"] for job in folder.run("job", "list", "--json").json] == ["nightly", "told"]
    assert "Which job?" in folder.run("job", "execute").err
    missing = folder.run("job", "execute", "-j", "nihgtly").err
    assert "Could not find job 'nihgtly'" in missing
    assert "nightly" in missing


@pytest.mark.parametrize("place", [[], ["--in-process"]])
def test_a_failed_mapped_step_runs_again_and_what_waited_for_it(folder: Folder, place: list[str]) -> None:
    first = folder.run("job", "execute", "-j", "nightly", *place)
    assert first.code == 1
    assert "work[k1] failed" in first.out
    assert folder.ran() == ["add[k0]", "add[k2]", "base", "fan", "work[k0]", "work[k1]", "work[k2]"]
    run = folder.run("runs", "1", "--json").json
    assert states(run) == {
        "base": "succeeded",
        "fan": "succeeded",
        "total": "blocked",
        "work[k0]": "succeeded",
        "work[k1]": "failed",
        "work[k2]": "succeeded",
        "add[k0]": "succeeded",
        "add[k1]": "blocked",
        "add[k2]": "succeeded",
    }
    folder.mend()
    again = folder.run("rerun", "1", "--from-failure", *place)
    assert again.code == 0, again.err
    assert folder.ran() == ["add[k1]", "total", "work[k1]"]
    assert "of 3" in folder.run("logs", "2", "total").out
    assert (
        "needs what 'work' gives, which did not succeed" in folder.run("rerun", "1", "--from", "add[k0]").err
    )
    assert folder.run("rerun", "2", "--from", "total", *place).code == 0
    assert folder.ran() == ["total"]


def test_hooks_run_where_the_step_ran(folder: Folder) -> None:
    assert (
        folder.run(
            "job", "execute", "-j", "told", "--config", '{"ops": {"fan": {"config": {"width": 1}}}}'
        ).code
        == 0
    )
    assert [line for line in folder.ran() if line.startswith("good")] == [
        "good base {'result': 10}",
        "good fan {'result': {'k0': 0}}",
        "good inner.total {'result': 0}",
        "good one {'result': 20}",
    ]


def test_a_part_of_a_job_with_tags(folder: Folder) -> None:
    done = folder.run(
        "job", "execute", "-j", "nightly", "--select", "base", "--tags", '{"team": "ml"}', "--json"
    )
    assert done.code == 0
    assert states(done.json) == {"base": "succeeded"}
    assert done.json["tags"] == {"team": "ml"}
    assert folder.run("job", "execute", "-j", "nightly", "--tags", "[1]").code == 2


def test_an_asset_of_a_graph_is_up_to_date_as_a_whole(folder: Folder) -> None:
    folder.mend()
    assert folder.run("materialize").code == 0
    assert len(folder.ran()) == 8
    assert "all 3 assets are up to date" in folder.run("refresh").out
    source = SOURCE.replace("return number + base", "return number - base")
    write(folder.path, "jobs.py", source)
    status = folder.run("status").out
    assert "jobs.py: add() changed" in status
    assert folder.run("refresh").code == 0
    assert len(folder.ran()) == 8
    write(folder.path, "jobs.py", SOURCE)
    back = folder.run("refresh")
    assert "older versions were made from the same" in back.out
    assert folder.ran() == []


def test_a_killed_run_goes_on_with_the_mapped_steps_that_are_left(folder: Folder) -> None:
    (folder.path / "slow").touch()
    command = [*COMMAND, "job", "execute", "-j", "nightly", "-f", "jobs.py"]
    driver = subprocess.Popen(
        command,
        cwd=folder.path,
        env=environment(folder.path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        journal = folder.path / "journal"
        if (folder.path / "waiting").exists() and journal.exists() and "add[k2]" in journal.read_text():
            break
        time.sleep(0.02)
    time.sleep(0.1)  # until what ended is committed
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    assert folder.ran() == ["add[k0]", "add[k2]", "base", "fan", "work[k0]", "work[k1]", "work[k2]"]
    folder.mend()
    resumed = tidemill(folder.path, "rerun", "1", "--resume")
    assert resumed.code == 0, resumed.err
    assert folder.ran() == ["add[k1]", "total", "work[k1]"]
    assert set(states(folder.run("runs", "1", "--json").json).values()) == {"succeeded"}


PROGRAM = """
import os
from tidemill import DagsterInstance, ReexecutionOptions, execute_job, job, op, reconstructable
import jobs

@op
def pid():
    return os.getpid()

@job
def alone():
    pid()

if __name__ == "__main__":
    with DagsterInstance.local_temp("store") as instance:
        with execute_job(reconstructable(jobs.nightly), instance) as result:
            assert not result.success
            assert result.get_failed_step_keys() == {"work[k1]"}
            assert result.output_for_node("add") == {"k0": 10, "k2": 14}
        open("mended", "w").close()
        options = ReexecutionOptions.from_failure(result.run_id, instance)
        with execute_job(reconstructable(jobs.nightly), instance, reexecution_options=options) as again:
            assert again.success
            assert again.output_for_node("total") == 36
        with execute_job(jobs.nightly, instance, op_selection=["base"]) as part:
            assert part.output_for_node("base") == 10
        with execute_job(reconstructable(alone), instance) as lone:  # part of no definitions
            assert lone.output_for_node("pid") != os.getpid()
"""


def test_a_program_runs_a_job_in_processes_and_again_from_its_failure(folder: Folder) -> None:
    write(folder.path, "program.py", PROGRAM)
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=folder.path,
        env=environment(folder.path),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert folder.ran().count("work[k1]") == 2


SLOW = """
import time
from pathlib import Path
from tidemill import graph_asset, op

@op
def slow():
    Path("begun").touch()
    while not Path("go").exists():
        time.sleep(0.02)
    with open("journal", "a") as file:
        file.write("slow\\n")
    return 1

@op
def more(number):
    return number + 1

@graph_asset
def result():
    return more(slow())
"""


def test_a_refresh_waits_for_a_graph_that_another_run_is_making(tmp_path: Path) -> None:
    write(tmp_path, "slow.py", SLOW)
    making, waiting = [[*COMMAND, name, "-f", "slow.py"] for name in ("materialize", "refresh")]
    first = subprocess.Popen(making, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    second = subprocess.Popen(waiting, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.DEVNULL)
    time.sleep(1)
    (tmp_path / "go").touch()
    assert (first.wait(timeout=30), second.wait(timeout=30)) == (0, 0)
    assert (tmp_path / "journal").read_text() == "slow\n"
