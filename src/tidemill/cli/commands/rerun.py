"""`tidemill rerun RUN`: run a run again, whole or in part; or go on with one whose process died."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tidemill.cli.arguments import (
    add_code_arguments,
    add_json_argument,
    add_select_option,
    add_store_argument,
)
from tidemill.cli.formats import plural
from tidemill.cli.project import load_watched, open_home
from tidemill.cli.running import add_place_argument, carry_out, refusal
from tidemill.core.errors import InvalidConfigError, TidemillError
from tidemill.core.settings import Settings
from tidemill.execution.loads import root_of

if TYPE_CHECKING:
    from tidemill.core.events import Event
    from tidemill.core.records import LiveRun
    from tidemill.execution.history import Past
    from tidemill.execution.launch import Prepared
    from tidemill.execution.reruns import Part
    from tidemill.home import Home

EXAMPLE = """\
tidemill rerun 12 --from-failure        what failed, and what was not started because of it
tidemill rerun 12 --from model          the model, and all that the run made from it
tidemill rerun 12 --resume              on with a run whose process was killed"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("run", metavar="RUN", help="number of a run, its id, or an end of its id")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--from-failure", action="store_true", help="run what did not succeed or was skipped")
    which.add_argument(
        "--from",
        dest="starts",
        metavar="STEP",
        action="append",
        help="run this step (or the step of this asset) and all that needs it; may be repeated",
    )
    add_select_option(which, "run again")
    parser.add_argument("--resume", action="store_true", help="go on with a run whose process is gone")
    parser.add_argument("--same-seeds", action="store_true", help="seed each step as it was seeded in RUN")
    add_code_arguments(parser)
    add_place_argument(parser)
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run again; 0 when the run succeeded, 1 when it failed or was canceled."""
    from tidemill.home.world import world_around

    _check_resume(arguments)
    home = open_home(settings, spare=arguments.run if arguments.resume else None)
    try:
        past, dead, seen = _found(home, arguments)
        world = world_around(home)
    finally:
        home.close()
    code, loaded = load_watched(arguments, settings, past.state.run.code)
    project = loaded.definitions.project().of_job(past.state.run.job_name)
    from tidemill.execution.reruns import rerun, resume

    try:
        if dead is not None:
            prepared = resume(project, past, dead, code=code, same_seeds=arguments.same_seeds, world=world)
        else:
            part = _part(arguments)
            prepared = rerun(project, past, part, same_seeds=arguments.same_seeds, code=code, world=world)
    except TidemillError as error:
        raise refusal(error, project) from None
    _tell(arguments, past, prepared)
    prepared = prepared._replace(request=prepared.request._replace(root=root_of(code, settings)))
    spare = past.state.run.id if dead is not None else None
    return carry_out(prepared, loaded, arguments, settings, spare=spare, past=seen)


def _check_resume(arguments: argparse.Namespace) -> None:
    if arguments.resume and (arguments.starts or arguments.select):
        option = "--from" if arguments.starts else "--select"
        raise InvalidConfigError(
            f"--resume and {option} contradict one another",
            subject=option,
            found=f"--resume {option} {' '.join(arguments.starts or arguments.select)}",
            expected="one of them: --resume goes on with all that the run has not finished",
            next_step=f"leave --resume out for a new run, or {option} to go on with the old one",
        )


def _found(home: Home, arguments: argparse.Namespace) -> tuple[Past, LiveRun | None, list[Event]]:
    """What became of the run; and, where it is to be resumed, the run as its dead driver left it, and what happened.

    Raises:
        InvariantViolationError: It goes on.
    """
    from tidemill.execution.history import read_past
    from tidemill.execution.takeover import check_over, find_live
    from tidemill.home.leases import is_dead

    state = home.store.run(arguments.run)
    live = find_live(state.run.id, home)
    if live is not None and arguments.resume and is_dead(live, home.clock.now()):
        seen = [stored.event for stored in home.store.events(live.id)]
        return read_past(home.store, live.id), live, seen
    check_over(state, home)
    return read_past(home.store, state.run.id), None, []


def _part(arguments: argparse.Namespace) -> Part:
    from tidemill.execution.reruns import ALL, FAILED, Part

    if arguments.starts:
        return Part("steps", tuple(f"{start}*" for start in arguments.starts))
    if arguments.select:
        return Part("assets", tuple(arguments.select))
    return FAILED if arguments.from_failure or arguments.resume else ALL


def _tell(arguments: argparse.Namespace, past: Past, prepared: Prepared) -> None:
    """What is about to happen; beside the document where one is to be printed."""
    number, status = past.state.number, past.state.status
    running, settled = len(prepared.to_run.steps), len(prepared.settled)
    rest = f", {settled} {'are' if settled > 1 else 'is'} taken over" if settled else ""
    if prepared.resumed is not None:
        head = f"run {number} goes on from where its process died"
    elif arguments.resume:
        head = f"run {number} was marked {status} already: it is run again from its failure, as a new run"
    else:
        head = f"run {number} is run again"
    out = sys.stderr if arguments.json else sys.stdout
    out.write(f"{head}: {plural(running, 'step')}{rest}\n")
