"""`tidemill cancel RUN`: end a run, and all its processes."""

from __future__ import annotations

import argparse
import os
import sys

from tidemill.cli.arguments import add_store_argument
from tidemill.cli.project import open_home
from tidemill.core.settings import Settings

EXAMPLE = """\
tidemill cancel 12
tidemill cancel 12 --grace 60         its steps have a minute to end by themselves"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("run", metavar="RUN", help="number of a run, its id, or an end of its id")
    parser.add_argument(
        "--grace",
        metavar="SECONDS",
        help="how long its steps have to end by themselves before they are killed (default: the setting, 5)",
    )
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Cancel; 0 when the run is over, 1 when it is not (it runs on another machine)."""
    from tidemill.core.records import FINAL_RUN_STATUSES
    from tidemill.execution.cancel import cancel_run

    home = open_home(settings)
    state = home.store.run(arguments.run)
    if state.status in FINAL_RUN_STATUSES:
        sys.stdout.write(f"run {state.number} was over already: it {_was(state.status)}\n")
        return 0
    reason = f"canceled by `tidemill cancel` (process {os.getpid()})"
    state = cancel_run(home, state.run.id, reason, grace=settings.grace)
    if state.status not in FINAL_RUN_STATUSES:
        host = state.run.lease.host if state.run.lease is not None else "another machine"
        sys.stdout.write(f"run {state.number} runs on {host}, and ends once it sees that it was asked to\n")
        return 1
    sys.stdout.write(f"run {state.number} {_was(state.status)}\n")
    return 0


def _was(status: str) -> str:
    return "was canceled" if status == "canceled" else status
