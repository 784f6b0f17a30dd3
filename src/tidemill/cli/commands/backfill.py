"""`tidemill backfill`: make many partitions of assets, run by run; see how far one is, go on with it, end it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tidemill.cli.arguments import (
    add_code_arguments,
    add_json_argument,
    add_partition_argument,
    add_selection_argument,
    add_store_argument,
)
from tidemill.cli.formats import ago, duration, iso, plural, write_json
from tidemill.cli.project import load_watched, open_home, selection_of
from tidemill.cli.running import add_place_argument, ended_as_if_interrupted
from tidemill.cli.terminal import paint, write_table
from tidemill.core.errors import InvalidInvocationError
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.code.loading import Loaded
    from tidemill.core.records import BackfillState, RunStatus
    from tidemill.definitions.project import Project
    from tidemill.execution.backfills import Progress, Step
    from tidemill.execution.crews import Crew
    from tidemill.execution.lanes import Drive, Lanes
    from tidemill.execution.launch import Prepared, Request
    from tidemill.home import Home

EXAMPLE = """\
tidemill backfill -f pipeline.py                                    all partitions of everything that has some
tidemill backfill -f pipeline.py sales --partition 2024-01-01...    from that day on, and what is made from them
tidemill backfill -f pipeline.py --missing                          only what was never made
tidemill backfill -f pipeline.py --parallel 4                       four runs at a time
tidemill backfill --resume 3                                        go on with what is left of it
tidemill backfill --list                                            how far each is"""
SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)
    add_selection_argument(parser, "make", rest="all that have partitions")
    add_partition_argument(parser)
    parser.add_argument("--missing", action="store_true", help="only partitions that were never made")
    parser.add_argument("--config", metavar="FILE|JSON", help="run config: a JSON or TOML file, or JSON")
    parser.add_argument("--dry-run", action="store_true", help="say what would be made, and make nothing")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="list backfills, and how far each is")
    what.add_argument(
        "--resume", metavar="NUMBER", help="go on with a backfill that was stopped, or has failed"
    )
    what.add_argument("--cancel", metavar="NUMBER", help="end a backfill after the runs that go on")
    parser.add_argument(
        "--parallel",
        metavar="N",
        type=_number,
        help="runs at a time (default: one for each processor, at most 8; 1 with --in-process)",
    )
    add_place_argument(parser)
    add_json_argument(parser)
    add_store_argument(parser)


def _number(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of runs: expected 1 or more")
    return int(text)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Backfill; 0 when everything was made, 1 when something was not."""
    if arguments.list:
        return _list(open_home(settings), arguments)
    if arguments.cancel is not None:
        from tidemill.execution.backfills import cancel_backfill

        home = open_home(settings)
        state = home.store.backfill(_which(arguments.cancel))
        cancel_backfill(state, home)
        sys.stdout.write(f"backfill {state.number} is canceled\n")
        home.close()
        return 0
    return _make(arguments, settings)


def _which(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


def _list(home: Home, arguments: argparse.Namespace) -> int:
    from tidemill.execution.backfills import progress

    now = home.clock.now()
    states = home.store.backfills(None if arguments.json else SHOWN)
    told = [(state, progress(state, home)) for state in states]
    home.close()
    if arguments.json:
        write_json([_document(*each) for each in told])
    elif told:
        rows = [
            (
                str(state.number),
                _status(state, how),
                f"{how.succeeded} of {how.total}",
                ago(state.backfill.created_at, now),
                state.backfill.selection or "",
            )
            for state, how in told
        ]
        write_table(rows, header=("backfill", "state", "runs", "requested", "of"), colors=[None] * len(rows))
    else:
        sys.stdout.write("no backfills\n")
    return 0


def _status(state: BackfillState, how: Progress) -> str:
    if state.status == "requested":
        return "going on" if how.running else "open"
    return state.status


def _document(state: BackfillState, how: Progress) -> dict[str, Any]:
    return {
        "backfill": state.number,
        "id": state.backfill.id,
        "status": state.status,
        "selection": state.backfill.selection,
        "requested_at": iso(state.backfill.created_at),
        "finished_at": iso(state.finished_at) if state.finished_at is not None else None,
        "runs": how.total,
        "succeeded": how.succeeded,
        "failed": how.failed,
        "running": how.running,
        "parts": [
            {"assets": list(part.assets), "partitions": part.size, "runs": part.runs}
            for part in state.backfill.parts
        ],
    }


def _make(arguments: argparse.Namespace, settings: Settings) -> int:
    from tidemill.cli.commands.materialize import read_config
    from tidemill.execution.backfills import drive, progress, request_backfill
    from tidemill.execution.launch import world_of

    if arguments.resume is not None and (arguments.select or arguments.partition or arguments.missing):
        raise InvalidInvocationError(
            "--resume goes on with a backfill as it was requested",
            subject="--resume",
            found="a selection or partitions beside it",
            expected="only the number of the backfill",
        )
    home = open_home(settings, create=True)
    state = home.store.backfill(_which(arguments.resume)) if arguments.resume is not None else None
    code, loaded = load_watched(arguments, settings, state.backfill.code if state is not None else None)
    project = loaded.definitions.project()
    world = world_of(project, home)
    if state is None:
        asked = {
            "selection": selection_of(arguments.select),
            "partitions": tuple(arguments.partition or ()),
            "missing": arguments.missing,
            "config": read_config(arguments.config),
            "code": code,
        }
        if arguments.dry_run:
            return _say_what_would_run(project, home, world, asked)
        state = request_backfill(project, home, world, **asked)
    shown = _Shown(state, home, quiet=arguments.json)
    with ended_as_if_interrupted(), _lanes(project, loaded, arguments, settings, home, state) as lanes:
        for step in drive(project, state, home, world, lanes):
            shown.tell(step)
    state = home.store.backfill(state.backfill.id)
    how = progress(state, home)
    if arguments.json:
        write_json(_document(state, how))
    else:
        shown.end(state, how)
    home.close()
    return 0 if state.status == "succeeded" else 1


def _say_what_would_run(project: Any, home: Home, world: Any, asked: dict[str, Any]) -> int:
    from tidemill.execution.backfills import plan_backfill

    asked.pop("code"), asked.pop("config")
    _, parts = plan_backfill(project, home, world, **asked)
    rows = [
        (
            ", ".join(asset.to_user_string() for asset in part.assets),
            str(part.size or ""),
            str(part.runs),
            ", ".join(part.partitions[:3]) + (", …" if len(part.partitions) > 3 else ""),
        )
        for part in parts
    ]
    header = ("assets", "partitions", "runs", "which")
    write_table(rows, header=header, right=(1, 2), colors=[None] * len(rows))
    sys.stdout.write(f"{plural(sum(part.runs for part in parts), 'run')} would be made\n")
    home.close()
    return 0


@contextmanager
def _lanes(
    project: Project,
    loaded: Loaded,
    arguments: argparse.Namespace,
    settings: Settings,
    home: Home,
    state: BackfillState,
) -> Iterator[Lanes]:
    """Where the runs of a backfill are driven: one after another here, or several at a time."""
    from tidemill.execution.lanes import ForkedLanes, OneLane

    slots = _slots(arguments, state.backfill.runs, loaded)
    if slots == 1:
        yield OneLane(_drive(project, loaded, arguments, settings, home, 1))
        return
    lanes = ForkedLanes(
        slots, lambda: _drive(project, loaded, arguments, settings, open_home(settings), slots)
    )
    try:
        yield lanes
    finally:
        lanes.close()


MOST_LANES = 8


def _slots(arguments: argparse.Namespace, runs: int, loaded: Loaded) -> int:
    """How many runs at a time: as asked, else one for each processor, and one where steps run in process."""
    from tidemill.executors.vitals import usable_cores

    if loaded.imports.threads:  # which a fork does not survive
        if arguments.parallel is not None and arguments.parallel > 1:
            sys.stderr.write(
                "one run at a time: what was imported has threads, and such a process cannot be forked\n"
            )
        return 1
    if arguments.parallel is not None:
        return max(1, min(int(arguments.parallel), runs))
    return 1 if arguments.in_process else max(1, min(usable_cores(), MOST_LANES, runs))


def _drive(
    project: Project,
    loaded: Loaded,
    arguments: argparse.Namespace,
    settings: Settings,
    home: Home,
    lanes: int,
) -> Drive:
    """What runs a request to its end, in processes or here; one of so many that do."""
    from tidemill.compat.forking import fork_crew
    from tidemill.compat.instance import DagsterInstance
    from tidemill.execution.backfills import run_quietly

    instance = DagsterInstance(home)

    def crew(prepared: Prepared) -> Crew | None:
        if arguments.in_process:
            return None
        found = fork_crew(prepared, loaded.imports, settings.grace)
        return found and found._replace(slots=max(1, found.slots // lanes))

    def run(request: Request) -> RunStatus | None:
        return run_quietly(
            project, home, request, instance=lambda: instance, crew=crew, limits=settings.pools
        )

    return run


class _Shown:
    """Progress on the terminal: one line that is written over, and a line for each run that did not succeed."""

    def __init__(self, state: BackfillState, home: Home, *, quiet: bool) -> None:
        self._total = state.backfill.runs
        self._number = state.number
        self._quiet = quiet
        self._clock = home.clock
        self._began = home.clock.monotonic()
        self._count = 0
        self._live = not quiet and sys.stdout.isatty()

    def tell(self, step: Step) -> None:
        """A run is over."""
        self._count += 1
        if self._quiet:
            return
        names = ", ".join(asset.to_user_string() for asset in step.run.assets)
        keys = step.run.keys
        which = f"[{keys[0]}{f'...{keys[-1]}' if len(keys) > 1 else ''}]" if keys else ""
        if step.status not in ("succeeded", "done"):
            why = f", which needs {step.because.to_user_string()}" if step.because is not None else ""
            self._write(paint(f"{step.status}: {names}{which}{why}", "red", sys.stdout) + "\n")
        if self._live:
            self._write(f"{self._count} of {self._total}  {names}{which}")

    def _write(self, text: str) -> None:
        sys.stdout.write(f"\r\x1b[K{text}" if self._live else text)
        sys.stdout.flush()

    def end(self, state: BackfillState, how: Progress) -> None:
        """Everything is over."""
        if self._live:
            self._write("")
        seconds = duration(self._clock.monotonic() - self._began)
        told = (
            f"backfill {state.number}: {how.succeeded} of {plural(how.total, 'run')} succeeded in {seconds}"
        )
        if how.succeeded < how.total:
            told += f"; `tidemill backfill --resume {state.number}` goes on with the rest"
        sys.stdout.write(f"{told}\n")
