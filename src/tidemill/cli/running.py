"""What the commands that run something have in common: the run is watched, ended on request, and told at its end."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tidemill.cli.documents import error_text, whole_run_document
from tidemill.cli.formats import duration, plural, write_json
from tidemill.cli.project import open_home, open_if_there
from tidemill.cli.terminal import is_live, paint
from tidemill.cli.tidying import tidy_up
from tidemill.core.errors import InvalidDefinitionError, LeaseLostError, TidemillError
from tidemill.core.settings import Settings
from tidemill.execution.loads import remembered

if TYPE_CHECKING:
    from tidemill.cli.view import RunView
    from tidemill.code.loading import Loaded
    from tidemill.core.events import Event
    from tidemill.definitions.partitions.partitions import World
    from tidemill.definitions.project import Project
    from tidemill.execution.crews import Crew
    from tidemill.execution.launch import Prepared, Request
    from tidemill.home import Home


def add_place_argument(parser: argparse.ArgumentParser) -> None:
    """`--in-process`."""
    parser.add_argument("--in-process", action="store_true", help="run step after step in this process")


def carry_out(
    prepared: Prepared,
    loaded: Loaded,
    arguments: argparse.Namespace,
    settings: Settings,
    *,
    spare: str | None = None,
    past: Sequence[Event] = (),
    causes: Sequence[str] = (),
) -> int:
    """Run what was prepared in the place that the command asks for, and clear up behind it; the exit code.

    Args:
        prepared: What to run.
        loaded: The user's code, and how it was imported.
        arguments: Of the command: `in_process` and `json`.
        settings: Of the command.
        spare: The run that is resumed: opening the store does not mark it failed.
        past: What had happened in a run that is resumed.
        causes: Why a refresh runs at all.

    Raises:
        TidemillError: There was no run; or another process has it now.
    """
    from tidemill.compat.forking import fork_crew

    # Before the store is open: a server that is forked from here has no connection to it.
    crew = None if arguments.in_process else fork_crew(prepared, loaded.imports, settings.grace)
    home = open_home(settings, create=True, spare=spare)
    try:
        prepared = remembered(prepared, loaded, home, settings)
        code = run_prepared(
            prepared, home, crew, settings.pools, as_json=arguments.json, past=past, causes=causes
        )
        tidy_up(home, prepared, settings, quiet=arguments.json)
        return code
    finally:
        home.close()


def run_prepared(
    prepared: Prepared,
    home: Home,
    crew: Crew | None,
    pools: Mapping[str, int],
    *,
    as_json: bool,
    past: Sequence[Event] = (),
    causes: Sequence[str] = (),
) -> int:
    """Run what was prepared, show it while it lasts, say what came of it; the exit code.

    Args:
        prepared: What to run.
        home: The store.
        crew: Processes for its steps; None runs them here.
        pools: Their limits.
        as_json: Whether one document is printed, when all is over.
        past: What had happened in a run that is resumed.
        causes: Why a refresh runs at all.

    Raises:
        TidemillError: There was no run; or another process has it now.
    """
    from tidemill.compat.instance import DagsterInstance
    from tidemill.execution.runs import execute

    instance = DagsterInstance(home)
    view = _view(home, as_json=as_json)
    view.past = past
    trouble: TidemillError | None = None
    began = home.clock.monotonic()
    with ended_as_if_interrupted(), view.around():
        try:
            execute(
                prepared, home, instance=lambda: instance, listener=view, shown=True, crew=crew, limits=pools
            )
        except TidemillError as error:
            if not view.run_id or isinstance(error, LeaseLostError):
                raise
            trouble = error
    state = home.store.run(view.run_id)
    if trouble is not None and state.finished_at is None:
        state = state._replace(status="failed")  # and not even that could be recorded
    if as_json:
        write_json(whole_run_document(home, state))
    else:
        seconds = home.clock.monotonic() - began  # the clock on the wall may have been set meanwhile
        sys.stdout.write(_summary(view, state.number, state.status, seconds, trouble, causes))
    return 0 if state.status == "succeeded" else 1


def prepare_or_refuse(project: Project, request: Request, world: World) -> Prepared:
    """Check and plan.

    Raises:
        TidemillError: As `refusal` tells it.
    """
    from tidemill.execution.launch import prepare

    try:
        return prepare(project, request, world)
    except TidemillError as error:
        raise refusal(error, project) from None


def world_here(project: Project, settings: Settings) -> World:
    """What the partitions of a project depend on, as the store knows it now, if there is one."""
    from tidemill.definitions.partitions.partitions import NOWHERE
    from tidemill.execution.launch import world_of
    from tidemill.planning.slices import is_partitioned

    home = open_if_there(settings) if is_partitioned(project) else None
    if home is None:
        return NOWHERE
    try:
        return world_of(project, home)
    finally:
        home.close()


def refusal(error: TidemillError, project: Project) -> TidemillError:
    """The reason why there is no run; of definitions with several problems it is the first."""
    from tidemill.execution.launch import problems_of

    if isinstance(error, InvalidDefinitionError) and (count := len(problems_of(project))) > 1:
        steps = [error.next_step] if error.next_step else []
        error.next_step = "\n".join([*steps, f"`tidemill validate` lists all {count} problems"])
    return error


def _view(home: Home, *, as_json: bool) -> RunView:
    """The view that fits where the output goes."""
    from tidemill.cli.view import PlainView, RunView

    if as_json:
        return RunView(home.clock, home.load)
    if not is_live(sys.stdout):
        return PlainView(home.clock, home.load, sys.stdout)
    from tidemill.cli.live import TerminalView

    return TerminalView(home.clock, home.load, sys.stdout)


@contextlib.contextmanager
def ended_as_if_interrupted() -> Iterator[None]:
    """While it is entered, a request to end the process cancels the run as Ctrl-C does."""
    from tidemill.execution.interrupts import interrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _summary(
    view: RunView,
    number: int,
    status: str,
    seconds: float,
    trouble: TidemillError | None,
    causes: Sequence[str] = (),
) -> str:
    """The last lines: the errors with the user's frames, what became of the run, and what to do next."""
    lines = list(view.lines.values())
    texts = [""]
    failed = [line for line in lines if line.state == "failed"]
    for line in failed:
        if line.error is not None:
            texts += [paint(f"{line.name} failed", "red", sys.stdout), error_text(line.error), ""]
    if view.run_error is not None:
        texts += [error_text(view.run_error), ""]
    elif trouble is not None:
        texts += [str(trouble), ""]
    states = ("skipped", "failed", "blocked", "canceled")
    counts = {state: sum(line.state == state for line in lines) for state in states}
    detail = "".join(f", {count} {state}" for state, count in counts.items() if count)
    reason = f": {view.reason}" if view.reason else ""
    color = "green" if status == "succeeded" else "red" if status == "failed" else "yellow"
    head = paint(f"run {number} {status}", color, sys.stdout)
    texts.append(f"{head}{reason}  {plural(len(lines), 'step')}{detail}, {duration(seconds)}")
    reused = sum(line.state == "reused" for line in lines)
    if reused or causes:
        why = f", because {causes[0]}" if causes else ""
        more = f" (and {len(causes) - 1} more)" if len(causes) > 1 else ""
        ran = sum(line.attempt > 0 for line in lines)
        back = not ran and status == "succeeded"
        told = ": older versions were made from the same" if back else f"{why}{more}"
        texts.append(f"{ran} of {len(lines)} ran{told}")
    doubtful = [
        f"{check.asset.to_user_string()}:{check.name}" for line in lines for check in line.failed_checks
    ]
    if doubtful:
        texts.append(f"{plural(len(doubtful), 'check')} did not pass: {', '.join(doubtful)}")
    if failed:
        texts.append(f"see what it wrote: tidemill logs {number} {failed[0].name}")
    return "\n".join(texts) + "\n"
