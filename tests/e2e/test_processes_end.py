"""How runs in processes end: canceled, killed, their server killed. Nothing is left behind, whatever a step started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command_line import tidemill
from processes_line import eventually, is_gone, materialize, processes_of, started, told, write

FAMILY = """
import multiprocessing, os, subprocess, sys, time
from pathlib import Path
from tidemill import asset

HERE = Path(__file__).parent

def idle():
    time.sleep(600)

def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            (HERE / "daemon.part").write_text(str(os.getpid()))
            (HERE / "daemon.part").rename(HERE / "daemon")  # whoever waits for it finds it whole
            time.sleep(600)
        os._exit(0)
    os.wait()
    while not (HERE / "daemon").exists():
        time.sleep(0.01)

def have_family():
    subprocess.Popen(["sleep", "600"])
    subprocess.Popen(["sleep", "600"], start_new_session=True, env={})
    multiprocessing.get_context("fork").Process(target=idle).start()
    daemon()
    pids = [os.getpid(), *map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())]
    told = HERE / "family.part"
    told.write_text(" ".join(map(str, [os.getppid(), *pids, int((HERE / "daemon").read_text())])))
    told.rename(HERE / "family")

@asset
def before():
    return 1

@asset
def parent(before):
    have_family()
    END

@asset
def after(parent):
    return 2

@asset
def neighbour():
    while not (HERE / "family").exists():
        time.sleep(0.01)
    NEIGHBOUR
"""
WAITS = "time.sleep(600)"


def family(folder: Path) -> list[int]:
    """Server, worker, and all that the step in it has started; empty until they are there."""
    path = folder / "family"
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


def alive(pids: list[int]) -> list[int]:
    """Those that are there and no zombies."""

    def lives(pid: int) -> bool:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] not in "ZX"

    return [pid for pid in pids if lives(pid)]


def project(folder: Path, end: str = WAITS, neighbour: str = "return 1") -> None:
    write(folder, "p.py", FAMILY.replace("END", end).replace("NEIGHBOUR", neighbour))


COMMAND = ("materialize", "-f", "p.py")
QUICK = {"TIDEMILL_GRACE": "0.3"}


@pytest.mark.parametrize(
    ("end", "status"), [("return 1", "succeeded"), ("os._exit(1)", "failed"), ("raise ValueError", "failed")]
)
def test_what_a_step_leaves_is_gone_after_the_run(tmp_path: Path, end: str, status: str) -> None:
    project(tmp_path, end)
    materialize(tmp_path)
    assert len(family(tmp_path)) == 6
    assert alive(family(tmp_path)) == []
    assert is_gone(tmp_path)
    with told(tmp_path) as store:
        assert store.statuses()["parent"] == status
        assert store.statuses()["neighbour"] == "succeeded"


def test_the_family_of_a_dead_worker_goes_at_once_and_others_stay(tmp_path: Path) -> None:
    neighbour = """
    mine = subprocess.Popen(["sleep", "600"], start_new_session=True)
    theirs = [int(pid) for pid in (HERE / "family").read_text().split()][1:]
    def lives(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        except OSError:
            return False
    limit = time.monotonic() + 10
    while any(map(lives, theirs)) and time.monotonic() < limit:
        time.sleep(0.01)
    return [mine.poll(), list(map(lives, theirs))]
"""
    project(tmp_path, "os._exit(1)", neighbour)
    materialize(tmp_path)
    with told(tmp_path) as store:
        assert store.value("neighbour") == [None, [False] * 5]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_and_leaves_nothing(tmp_path: Path, number: int) -> None:
    project(tmp_path, neighbour=WAITS)
    with started(tmp_path, *COMMAND, **QUICK) as command:
        assert eventually(lambda: family(tmp_path))
        began = time.monotonic()
        command.send_signal(number)
        out, _ = command.communicate(timeout=20)
        assert time.monotonic() - began < 5
        assert b"canceled" in out
        assert command.returncode == 1
        assert alive(family(tmp_path)) == []
        assert is_gone(tmp_path)
    with told(tmp_path) as store:
        assert store.run().status == "canceled"
        assert store.statuses() == {
            "before": "succeeded",
            "parent": "canceled",
            "after": "canceled",
            "neighbour": "canceled",
        }


def test_a_signal_cancels_where_the_shell_has_ctrl_c_ignored(tmp_path: Path) -> None:
    project(tmp_path)
    with started(tmp_path, *COMMAND, ignoring=signal.SIGINT, **QUICK) as command:
        assert eventually(lambda: family(tmp_path))
        command.send_signal(signal.SIGINT)
        command.send_signal(signal.SIGTERM)
        out, _ = command.communicate(timeout=20)
        assert b"canceled" in out
        assert is_gone(tmp_path)


STUBBORN = """
import time
from pathlib import Path
from tidemill import asset

@asset
def stubborn():
    while True:
        try:
            (Path(__file__).parent / "sign").touch()
            time.sleep(600)
        except BaseException:
            (Path(__file__).parent / "asked").touch()
"""


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    write(tmp_path, "p.py", STUBBORN)
    with started(tmp_path, *COMMAND, TIDEMILL_GRACE="600") as command:
        assert eventually((tmp_path / "sign").exists)
        command.send_signal(signal.SIGINT)
        assert eventually((tmp_path / "asked").exists)
        with pytest.raises(subprocess.TimeoutExpired):
            command.wait(timeout=0.3)
        command.send_signal(signal.SIGINT)
        out, _ = command.communicate(timeout=20)
        assert b"canceled" in out
        assert is_gone(tmp_path)


def test_a_step_that_does_not_end_is_killed_after_the_grace_time(tmp_path: Path) -> None:
    write(tmp_path, "p.py", STUBBORN)
    with started(tmp_path, *COMMAND, **QUICK) as command:
        assert eventually((tmp_path / "sign").exists)
        began = time.monotonic()
        command.send_signal(signal.SIGINT)
        command.communicate(timeout=20)
        assert 0.3 <= time.monotonic() - began < 5
    with told(tmp_path) as store:
        assert store.statuses() == {"stubborn": "canceled"}


@pytest.mark.parametrize(("own", "asked"), [("600", "0.3"), ("0.1", "1.5")])
def test_the_grace_of_a_cancel_is_that_of_the_steps(tmp_path: Path, own: str, asked: str) -> None:
    write(tmp_path, "p.py", STUBBORN)
    with started(tmp_path, *COMMAND, TIDEMILL_GRACE=own) as command:
        assert eventually((tmp_path / "sign").exists)
        began = time.monotonic()
        done = tidemill(tmp_path, "cancel", "1", "--grace", asked, TIDEMILL_GRACE="30")
        assert float(asked) <= time.monotonic() - began
        assert done.out == "run 1 was canceled\n"
        out, _ = command.communicate(timeout=20)
        assert command.returncode == 1  # it has ended by itself: nobody killed it
        assert b"canceled by `tidemill cancel`" in out
        assert is_gone(tmp_path)
    with told(tmp_path) as store:
        assert store.statuses() == {"stubborn": "canceled"}


@pytest.mark.parametrize("grace", ["-1", "inf", "soon"])
def test_a_grace_that_is_no_time(tmp_path: Path, grace: str) -> None:
    assert "0 or more" in tidemill(tmp_path, "cancel", "1", f"--grace={grace}").err


def test_a_driver_that_is_killed_takes_all_with_it(tmp_path: Path) -> None:
    project(tmp_path, neighbour=WAITS)
    with started(tmp_path, *COMMAND) as command:
        assert eventually(lambda: family(tmp_path))
        pids = family(tmp_path)
        assert alive(pids) == pids
        command.kill()
        killed = time.monotonic()
        assert eventually(lambda: not alive(pids) and is_gone(tmp_path))
        assert time.monotonic() - killed < 1.5
    with told(tmp_path) as store:  # as the next command does
        run = store.run()
        assert run.status == "failed"
        assert run.error is not None
        assert f"The process {command.pid} that drove this run is gone" in run.error.message
        assert store.statuses()["before"] == "succeeded"
        assert store.statuses()["parent"] == "failed"
    again = materialize(tmp_path, "--select", "before")
    assert again.code == 0


def test_a_server_that_is_killed_ends_the_run_with_that_cause(tmp_path: Path) -> None:
    project(tmp_path, neighbour=WAITS)
    with started(tmp_path, *COMMAND, **QUICK) as command:
        assert eventually(lambda: family(tmp_path))
        server, *others = family(tmp_path)
        os.kill(server, signal.SIGKILL)
        out, _ = command.communicate(timeout=20)
        assert command.returncode == 1, out
        assert b"The process that starts workers was killed" in out
        assert eventually(
            lambda: len(alive(others)) <= 1
        )  # a child of the step's that was given no environment
        assert is_gone(tmp_path), processes_of(tmp_path)
    for pid in alive(others):
        os.kill(pid, signal.SIGKILL)
    with told(tmp_path) as store:
        assert store.statuses() == {
            "before": "succeeded",
            "parent": "failed",
            "after": "blocked",
            "neighbour": "failed",
        }


def test_steps_that_come_after_the_server_was_killed_fail_with_that_cause(tmp_path: Path) -> None:
    source = """
import os, signal, time
from tidemill import asset
@asset
def kills():
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(600)
@asset(deps=[])
def second(): time.sleep(600)
@asset
def third(): return 1
@asset
def other(): return 1
"""
    config = '{"execution": {"config": {"multiprocess": {"max_concurrent": 1}}}}'
    done = materialize(tmp_path, "--config", config, source=source)
    assert done.code == 1
    with told(tmp_path) as store:
        assert set(store.statuses().values()) == {"failed"}
        for step in store.statuses():
            assert "The process that starts workers was killed" in store.error(step)


def test_when_all_are_killed_the_next_command_kills_what_is_left(tmp_path: Path) -> None:
    project(tmp_path, neighbour=WAITS)
    with started(tmp_path, *COMMAND) as command:
        assert eventually(lambda: family(tmp_path))
        server, worker, *rest = family(tmp_path)
        for pid in (server, command.pid, worker):
            os.kill(pid, signal.SIGKILL)
        command.wait()
        assert alive(rest)
        with told(tmp_path) as store:
            assert store.run().status == "failed"
        assert eventually(
            lambda: len(alive(rest)) <= 1
        )  # the one without an environment holds no file either
        assert is_gone(tmp_path)
        for pid in alive(rest):
            os.kill(pid, signal.SIGKILL)


def test_the_command_cancel_ends_a_run_of_processes(tmp_path: Path) -> None:
    project(tmp_path, neighbour=WAITS)
    with started(tmp_path, *COMMAND, **QUICK) as command:
        assert eventually(lambda: family(tmp_path))
        done = tidemill(tmp_path, "cancel", "1", **QUICK)
        assert (done.code, done.err) == (0, "")
        command.communicate(timeout=20)
        assert alive(family(tmp_path)) == []
        assert is_gone(tmp_path)
    with told(tmp_path) as store:
        assert store.run().status == "canceled"
