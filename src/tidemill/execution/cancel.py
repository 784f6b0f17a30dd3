"""Ends a run that another process drives, whatever that process does.

asked (recorded, and SIGTERM) ─▶ it ends by itself │ it does not, or is gone ─▶ killed with all that is left of it
"""

from __future__ import annotations

import contextlib
import os
import signal

from tidemill.core.errors import InvariantViolationError, LeaseLostError
from tidemill.core.events import CancelRequested, RunCanceled, StepCanceled
from tidemill.core.processes import process_started
from tidemill.core.records import FINAL_RUN_STATUSES, LiveRun, RunState
from tidemill.executors.port import GRACE
from tidemill.home import Home
from tidemill.home.leases import is_dead, is_here, kill_leftovers

MARGIN = 2.0
"""Seconds beyond the grace time for the driver to record the end."""

GLANCE = 0.05


def cancel_run(home: Home, run_id: str, reason: str, *, grace: float = GRACE) -> RunState:
    """End a run and all its processes.

    Args:
        home: The store.
        run_id: The run.
        reason: Who or what wants it to end.
        grace: Seconds that its steps have to end by themselves, whatever the run would give them.

    Returns:
        What has become of it; a run of another machine may not be over yet.
    """
    live = next((run for run in home.store.live_runs() if run.id == run_id), None)
    if live is None:
        return home.store.run(run_id)
    with contextlib.suppress(InvariantViolationError, LeaseLostError):
        # Before the signal: the driver looks for it when that comes.
        home.append(run_id, [CancelRequested(home.clock.now(), reason, grace)])
    if is_here(live.lease):
        _signal(live, signal.SIGTERM)
    deadline = home.clock.monotonic() + grace + MARGIN
    while home.clock.monotonic() < deadline:
        if home.store.run(run_id).status in FINAL_RUN_STATUSES:
            return home.store.run(run_id)
        if is_dead(live, home.clock.now()):
            break
        home.clock.sleep(GLANCE)
    if is_here(live.lease):
        _signal(live, signal.SIGKILL)
        if _record(home, live, reason):
            kill_leftovers(home.folder / "logs" / run_id, run_id)
    return home.store.run(run_id)


def _signal(live: LiveRun, number: int) -> None:
    # A process id that was given again belongs to somebody else.
    if process_started(live.lease.pid) in (live.lease.pid_started, None):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(live.lease.pid, number)


def _record(home: Home, live: LiveRun, reason: str) -> bool:
    """Record the end for a driver that cannot; False where it did so at last, or another one has the run now."""
    now = home.clock.now()
    begun = [s for s in home.store.steps(live.id) if s.status in ("started", "retrying", "planned")]
    ends = [StepCanceled(now, state.step, state.attempt) for state in begun]
    try:
        home.append(live.id, [*ends, RunCanceled(now, reason)], fence=live.fence)
    except (InvariantViolationError, LeaseLostError):
        return False
    return True
