"""Which process drives a run, and whether it is still there; what becomes of a run whose process is gone.

    open a store ─▶ runs that are not over ─▶ is their process there? ─no─▶ the run failed, with the reason

On the same machine and boot a process is there or not, however old its last sign of life: a laptop may sleep, a
debugger may hold it. Only for another machine does the age of the sign decide.
"""

from __future__ import annotations

import contextlib
import os
import platform
import signal
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tidemill.core.errors import InvariantViolationError, LeaseLostError
from tidemill.core.events import Event, RunFailed, StepFailed
from tidemill.core.processes import is_running, process_started
from tidemill.core.records import ErrorInfo, Lease, LiveRun

if TYPE_CHECKING:
    from tidemill.home import Home

EXPIRY = 30.0
"""Seconds without a sign of life after which a run of another machine counts as dead: six heartbeats."""

RUN_VARIABLE = "TIDEMILL_RUN_ID"
LEASH = ".leash"
"""A file in a run's log folder that its processes keep open, so that what is left of a dead run can be found."""


def current_lease() -> Lease:
    """The lease of this process."""
    return _lease_of(os.getpid())


@lru_cache(maxsize=1)
def _lease_of(pid: int) -> Lease:
    return Lease(platform.node(), boot_id(), pid, process_started(pid) or 0)


@lru_cache(maxsize=1)
def boot_id() -> str:
    """This boot of this machine, and in it this world of process ids: a container has its own."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def is_here(lease: Lease) -> bool:
    """Whether the process of a lease could be looked up on this machine."""
    return lease.host == platform.node() and lease.boot == boot_id()


def is_dead(run: LiveRun, now: int) -> bool:
    """Whether the process that drives a run is gone, at `now` (UTC microseconds)."""
    return is_gone(run, now, platform.node(), boot_id(), _lives)


def is_gone(run: LiveRun, now: int, host: str, boot: str, lives: Callable[[Lease], bool]) -> bool:
    """The same, decided on a machine `host` in its boot `boot`, where `lives` looks a process up."""
    lease = run.lease
    if (lease.host, lease.boot) == (host, boot):
        return not lives(lease)
    if lease.host == host and lease.boot.partition("/")[0] != boot.partition("/")[0]:
        return True  # the machine was started again since
    return now - run.sign > EXPIRY * 1_000_000


def _lives(lease: Lease) -> bool:
    if not Path("/proc/self").exists():
        return is_running(lease.pid)
    return process_started(lease.pid) == lease.pid_started  # else the number was given to somebody else


def end_dead_runs(home: Home, *, spare: str | None = None) -> list[LiveRun]:
    """Fail the runs whose process is gone, and kill what is left of them.

    Args:
        home: The store.
        spare: Id of a run to leave as it is, because somebody is about to resume it.

    Returns:
        The runs that were found dead.
    """
    now = home.clock.now()
    dead = [run for run in home.store.live_runs() if run.id != spare and is_dead(run, now)]
    for run in dead:
        try:
            home.append(run.id, _ends(home, run, now), fence=run.fence)
        except (LeaseLostError, InvariantViolationError):
            continue  # somebody else was quicker: what there is of the run now may be a resumer's
        if is_here(run.lease):
            kill_leftovers(home.folder / "logs" / run.id, run.id)
    return dead


def _ends(home: Home, run: LiveRun, now: int) -> list[Event]:
    error = ErrorInfo(death(run.lease), cls_name="WorkerDiedError")
    begun = [state for state in home.store.steps(run.id) if state.status in ("started", "retrying")]
    failed = tuple(state.step for state in begun)
    ends: list[Event] = [StepFailed(now, state.step, state.attempt, error) for state in begun]
    return [*ends, RunFailed(now, failed, error)]


def death(lease: Lease) -> str:
    """What to say of a run whose process is gone."""
    if is_here(lease):
        return f"The process {lease.pid} that drove this run is gone: it was killed, or the machine ran out of memory."
    if lease.host == platform.node():
        return f"The process {lease.pid} that drove this run is gone: the machine was started again."
    return f"The process {lease.pid} on {lease.host} that drove this run gave no sign of life for {EXPIRY:.0f} s."


def kill_leftovers(logs: Path, run_id: str) -> list[int]:
    """Kill processes of a run that nobody drives any more; their process ids (Linux only).

    They are known by the run's id in their environment, or by the leash that they hold.
    """
    mark = f"{RUN_VARIABLE}={run_id}".encode()
    leash = str(logs / LEASH)
    killed = []
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        if pid != os.getpid() and (_has_mark(folder, mark) or _holds(folder, leash)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
    return killed


def _has_mark(folder: Path, mark: bytes) -> bool:
    try:
        return mark in (folder / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _holds(folder: Path, path: str) -> bool:
    try:
        return any(str(descriptor.readlink()) == path for descriptor in (folder / "fd").iterdir())
    except OSError:
        return False
