"""Two commands at once on one store, each in a process of its own: who waits for whom, and what is made once."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import COMMAND, environment, tidemill, write

# `model` takes until the file `go` is there; each time that it runs leaves a dot.
SOURCE = """
import time
from collections.abc import Iterator
from pathlib import Path
from tidemill import Config, asset

class Slow(Config):
    depth: int = 1

@asset
def raw(): return [1, 2]

@asset
def model(raw, config: Slow):
    with open("runs", "a") as file: file.write(".")
    end = time.monotonic() + 30
    while not Path("go").exists() and time.monotonic() < end: time.sleep(0.02)
    if Path("break").exists(): raise ValueError("broken")
    return sum(raw) * config.depth

@asset
def report(model): return f"{model}"
"""


class Together:
    """Starts commands, and waits for what they do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.children: list[subprocess.Popen[str]] = []
        write(folder, "pipeline.py", SOURCE)

    def start(self, *words: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [*COMMAND, *words, "-f", "pipeline.py"],
            cwd=self.folder,
            env=environment(self.folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.children.append(child)
        return child

    @property
    def runs(self) -> int:
        path = self.folder / "runs"
        return len(path.read_text()) if path.exists() else 0

    def until(self, what: str, seconds: float = 30) -> None:
        """Wait until `runs` or the runs of the store say so: an expression over `self`."""
        end = time.monotonic() + seconds
        while not eval(what, {"self": self}):
            assert time.monotonic() < end, what
            time.sleep(0.05)

    def statuses(self, run: int) -> dict[str, str]:
        done = tidemill(self.folder, "runs", str(run), "--json")
        return {step["step"]: step["status"] for step in done.json["steps"]} if done.code == 0 else {}

    def go(self) -> None:
        (self.folder / "go").touch()

    def end(self, child: subprocess.Popen[str]) -> str:
        out, _ = child.communicate(timeout=40)
        return out


@pytest.fixture
def together(tmp_path: Path) -> Iterator[Together]:
    both = Together(tmp_path)
    yield both
    both.go()
    for child in both.children:
        child.kill()
        child.wait(timeout=10)
        assert child.stdout is not None
        child.stdout.close()


@pytest.mark.parametrize("more", [(), ("--in-process",)], ids=["processes", "in process"])
def test_a_refresh_waits_for_the_run_that_makes_the_same_and_uses_it(
    together: Together, more: tuple[str, ...]
) -> None:
    first = together.start("refresh", *more)
    together.until("self.runs == 1")
    second = together.start("refresh", *more)
    together.until("'model' in self.statuses(2) or self.statuses(2)")
    time.sleep(0.7)
    assert together.runs == 1
    together.go()
    assert "run 1 succeeded" in together.end(first)
    said = together.end(second)
    assert "run 2 succeeded" in said
    assert together.runs == 1
    assert set(together.statuses(2).values()) == {"reused"}
    shown = tidemill(together.folder, "show", "model", "--json").json
    assert (shown["version"], shown["reused_from"]) == (1, None)  # nothing was recorded a second time


def test_it_says_for_whom_it_waits(together: Together) -> None:
    first = together.start("refresh")
    together.until("self.runs == 1")
    second = together.start("refresh")
    together.until("self.statuses(2)")
    time.sleep(1)
    together.go()
    together.end(first)
    said = [" ".join(line.split()) for line in together.end(second).splitlines() if "waits" in line]
    # When the model is there, the first run may still be making the report: then that is waited for, too.
    assert said[0] == "model waits for run 1, which makes the same"
    assert said[1:] in ([], ["report waits for run 1, which makes the same"])


def test_a_materialize_does_not_wait(together: Together) -> None:
    first = together.start("refresh")
    together.until("self.runs == 1")
    second = together.start("materialize", "--select", "model")
    together.until("self.runs == 2")
    together.go()
    together.end(first)
    together.end(second)


def test_a_refresh_waits_for_a_materialize(together: Together) -> None:
    first = together.start("materialize")
    together.until("self.runs == 1")
    second = together.start("refresh")
    together.until("self.statuses(2)")
    time.sleep(0.5)
    together.go()
    together.end(first)
    assert "run 2 succeeded" in together.end(second)
    assert together.runs == 1


def test_where_that_run_fails_it_tries_itself(together: Together) -> None:
    (together.folder / "break").touch()
    first = together.start("refresh")
    together.until("self.runs == 1")
    second = together.start("refresh")
    together.until("self.statuses(2)")
    together.go()
    assert "run 1 failed" in together.end(first)
    assert "run 2 failed" in together.end(second)
    assert together.runs == 2


def test_where_that_run_is_killed_it_tries_itself(together: Together) -> None:
    first = together.start("refresh", "--in-process")
    together.until("self.runs == 1")
    second = together.start("refresh", "--in-process")
    together.until("self.statuses(2)")
    first.kill()
    first.communicate()
    together.until("self.runs == 2")
    together.go()
    assert "run 2 succeeded" in together.end(second)


def test_what_that_run_makes_with_other_config_is_no_use(together: Together) -> None:
    first = together.start("refresh", "--config", '{"ops": {"model": {"config": {"depth": 9}}}}')
    together.until("self.runs == 1")
    second = together.start("refresh")
    together.until("self.statuses(2)")
    together.go()
    together.end(first)
    assert "run 2 succeeded" in together.end(second)
    assert together.runs == 2


def test_a_waiting_refresh_can_be_canceled(together: Together) -> None:
    together.start("refresh")
    together.until("self.runs == 1")
    second = together.start("refresh")
    together.until("self.statuses(2)")
    time.sleep(0.5)
    second.terminate()
    assert "run 2 canceled" in together.end(second)


def test_many_at_once_end_and_make_each_once(together: Together) -> None:
    together.go()
    children = [together.start("refresh", "--in-process") for _ in range(4)]
    said = [together.end(child) for child in children]
    assert [child.returncode for child in children] == [0] * 4, said
    assert together.runs == 1
