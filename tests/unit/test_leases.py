"""When a run counts as dead: by its process on the same machine and boot, by its age on another."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given, strategies as st

from tidemill.core.processes import is_running, process_started
from tidemill.core.records import Lease, LiveRun
from tidemill.home.leases import EXPIRY, current_lease, death, is_dead, is_gone, is_here

HOST, BOOT = "here", "boot-1/pid:[1]"
NOW = 1_000_000_000_000_000
OLD = NOW - 30 * 86400 * 1_000_000


def run(host: str = HOST, boot: str = BOOT, sign: int = NOW) -> LiveRun:
    return LiveRun("run", 1, "job", 1, Lease(host, boot, 7, 70), sign)


def alive(_: Lease) -> bool:
    return True


def gone(_: Lease) -> bool:
    return False


def unasked(lease: Lease) -> bool:
    raise AssertionError(f"nothing can be said of process {lease.pid} from here")


@pytest.mark.parametrize("sign", [NOW, OLD])
def test_here_the_process_decides_however_old_the_sign_is(sign: int) -> None:
    assert not is_gone(run(sign=sign), NOW, HOST, BOOT, alive)
    assert is_gone(run(sign=sign), NOW, HOST, BOOT, gone)


def test_after_another_boot_nothing_lives() -> None:
    assert is_gone(run(), NOW, HOST, "boot-2/pid:[1]", unasked)


@pytest.mark.parametrize(("host", "boot"), [("elsewhere", "boot-9/pid:[1]"), (HOST, "boot-1/pid:[2]")])
def test_on_another_machine_or_in_another_container_the_age_decides(host: str, boot: str) -> None:
    limit = NOW - round(EXPIRY * 1_000_000)
    assert not is_gone(run(host, boot, limit), NOW, HOST, BOOT, unasked)
    assert is_gone(run(host, boot, limit - 1), NOW, HOST, BOOT, unasked)


def test_a_clock_that_was_set_back_makes_nobody_dead() -> None:
    assert not is_gone(run("elsewhere", sign=NOW + 3600 * 1_000_000), NOW, HOST, BOOT, unasked)


@given(
    st.sampled_from([HOST, "elsewhere"]),
    st.sampled_from([BOOT, "boot-2/pid:[1]", ""]),
    st.integers(0, 2 * NOW),
)
def test_a_living_process_of_this_boot_is_never_dead(host: str, boot: str, sign: int) -> None:
    if (host, boot) == (HOST, BOOT):
        assert not is_gone(run(host, boot, sign), NOW, HOST, BOOT, alive)


def test_this_process_lives() -> None:
    lease = current_lease()
    assert lease.pid == os.getpid()
    assert is_here(lease)
    assert not is_dead(LiveRun("run", 1, "job", 1, lease, OLD), NOW)


def test_a_process_id_that_was_given_again_is_another_process() -> None:
    lease = current_lease()
    reused = lease._replace(pid_started=lease.pid_started + 1)
    assert is_dead(LiveRun("run", 1, "job", 1, reused, NOW), NOW)


def test_a_process_that_has_ended_and_waits_to_be_reaped_is_gone() -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert process_started(pid) is None
    finally:
        os.waitpid(pid, 0)


@pytest.mark.parametrize(
    ("lease", "said"),
    [
        (current_lease(), "was killed, or the machine ran out of memory"),
        (current_lease()._replace(boot="another/pid:[1]"), "the machine was started again"),
        (Lease("elsewhere", "x", 7, 70), "on elsewhere that drove this run gave no sign of life for 30 s"),
    ],
)
def test_what_is_said_of_it(lease: Lease, said: str) -> None:
    assert said in death(lease)
    assert str(lease.pid) in death(lease)


def test_a_process_that_nobody_has_reaped_does_not_run() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays unreaped
    assert not is_running(child.pid)
    assert is_running(os.getpid())
    child.wait()
