"""`tidemill materialize`: run assets, watch them, say what came of it."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from tidemill.cli.arguments import (
    add_code_arguments,
    add_json_argument,
    add_selection_argument,
    add_store_argument,
)
from tidemill.cli.documents import error_text, whole_run_document
from tidemill.cli.formats import duration, plural, write_json
from tidemill.cli.outlooks import root_of
from tidemill.cli.project import hire, load_watched, open_home, selection_of
from tidemill.cli.terminal import is_live, paint
from tidemill.core.errors import (
    InvalidConfigError,
    InvalidDefinitionError,
    TidemillError,
    UnknownPartitionError,
)
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.cli.view import RunView
    from tidemill.definitions.project import Project
    from tidemill.execution.launch import Prepared, Request
    from tidemill.execution.runs import Crew
    from tidemill.home import Home

EXAMPLE = """\
tidemill materialize -f pipeline.py                           run everything
tidemill materialize -f pipeline.py --select 'model*'         a model, and all made from it
tidemill materialize -f pipeline.py --config '{"ops": {"model": {"config": {"depth": 3}}}}'"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)
    add_selection_argument(parser, "run")
    parser.add_argument("--partition", metavar="KEY", help="which partition of partitioned assets to make")
    parser.add_argument("--config", metavar="FILE|JSON", help="run config: a JSON or TOML file, or JSON")
    parser.add_argument("--in-process", action="store_true", help="run step after step in this process")
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Materialize; 0 when the run succeeded, 1 when it failed or was canceled."""
    from tidemill.definitions.jobs import IMPLICIT_JOB
    from tidemill.execution.launch import Request

    config = read_config(arguments.config)
    code, loaded = load_watched(arguments, settings)
    project = loaded.definitions.project()
    request = Request(
        IMPLICIT_JOB,
        selection=selection_of(arguments.select),
        config=config,
        partition=arguments.partition,
        code=code,
        root=root_of(code, settings),
    )
    check_partition(project, request)
    prepared = prepare_or_refuse(project, request)
    # Before the store is open: a server that is forked from here has no connection to it.
    crew = None if arguments.in_process else hire(prepared, loaded.imports)
    home = open_home(settings, create=True)
    try:
        return run_prepared(prepared, home, crew, settings.pools, as_json=arguments.json)
    finally:
        home.close()


def prepare_or_refuse(project: Project, request: Request) -> Prepared:
    """Check and plan; of definitions with several problems, the error tells how to see them all."""
    from tidemill.execution.launch import prepare

    try:
        return prepare(project, request)
    except TidemillError as error:
        raise _refusal(error, project) from None


def run_prepared(
    prepared: Prepared,
    home: Home,
    crew: Crew | None,
    pools: Mapping[str, int],
    *,
    as_json: bool,
    causes: Sequence[str] = (),
) -> int:
    """Run, show and tell; `causes` are why a refresh runs at all."""
    from tidemill.compat.instance import DagsterInstance
    from tidemill.execution.runs import execute

    instance = DagsterInstance(home)
    view = _view(home, as_json=as_json)
    trouble: TidemillError | None = None
    with _ended_as_if_interrupted(), view.around():
        try:
            execute(
                prepared, home, instance=lambda: instance, listener=view, shown=True, crew=crew, limits=pools
            )
        except TidemillError as error:
            if not view.run_id:
                raise
            trouble = error
    state = home.store.run(view.run_id)
    if trouble is not None and state.finished_at is None:
        state = state._replace(status="failed")  # and not even that could be recorded
    if as_json:
        write_json(whole_run_document(home, state))
    else:
        micros = (state.finished_at or home.clock.now()) - (state.started_at or state.run.created_at)
        sys.stdout.write(_summary(view, state.number, state.status, micros, trouble, causes))
    return 0 if state.status == "succeeded" else 1


def _refusal(error: TidemillError, project: Project) -> TidemillError:
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
def _ended_as_if_interrupted() -> Iterator[None]:
    """While it is entered, a request to end the process cancels the run as Ctrl-C does."""

    def end(_: int, frame: FrameType | None) -> None:
        on_interrupt = signal.getsignal(signal.SIGINT)
        if not callable(on_interrupt):
            raise KeyboardInterrupt  # a shell has its background processes ignore Ctrl-C
        on_interrupt(signal.SIGINT, frame)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def check_partition(project: Project, request: Request) -> None:
    """A partition is given where one is needed, and only there.

    Raises:
        UnknownPartitionError: It is missing, or nothing that is selected has partitions.
    """
    if request.partition is None and all(unit.partitions is None for unit in project.units.values()):
        return
    from tidemill.planning.graph import AssetGraph
    from tidemill.planning.selection import AssetSelection, select_to_run

    graph = AssetGraph.build(project)
    selection = AssetSelection.all() if request.selection is None else request.selection
    chosen = select_to_run(selection, graph).assets
    units = [project.units[project.producers[key]] for key in sorted(chosen)]
    partitioned = [unit for unit in units if unit.partitions is not None]
    if partitioned and request.partition is None:
        unit = partitioned[0]
        keys = list(unit.partitions.get_partition_keys()) if unit.partitions is not None else []
        raise UnknownPartitionError(
            f"Which partition of {unit.name!r}?",
            subject=unit.name,
            found="no --partition",
            expected=f"one of {', '.join(keys[:10])}{', …' if len(keys) > 10 else ''}",
            next_step=f"give one, such as --partition {keys[0]}" if keys else "define a partition",
        )
    if not partitioned and request.partition is not None:
        raise UnknownPartitionError(
            f"Nothing that is selected has partitions, but --partition {request.partition} was given",
            subject="--partition",
            found=request.partition,
            expected="an asset with partitions_def=",
            next_step="leave --partition out, or select a partitioned asset",
        )


def read_config(given: str | None) -> dict[str, Any] | None:
    """Run config from a file or from the command line.

    Raises:
        InvalidConfigError: It is neither a file nor JSON, or no object.
    """
    if given is None:
        return None
    loaded = _parsed(given)
    if not isinstance(loaded, dict):
        raise InvalidConfigError(
            "--config is not an object",
            subject="--config",
            found=f"{type(loaded).__name__}: {given}",
            expected=_EXPECTED,
        )
    return loaded


_EXPECTED = """a JSON or TOML file, or JSON such as '{"ops": {"model": {"config": {"depth": 3}}}}'"""


def _parsed(given: str) -> Any:
    as_json = given.lstrip()[:1] in ("{", "[", '"')
    try:
        text = given if as_json else Path(given).read_text(encoding="utf-8")
        if not as_json and given.endswith(".toml"):
            import tomllib

            return tomllib.loads(text)
        return json.loads(text)
    except OSError as error:
        problem, found = f"--config names no file that can be read: {given}", error.strerror
    except ValueError as error:
        problem, found = "--config is no valid JSON" if as_json else f"{given} is no valid JSON", str(error)
        if given.endswith(".toml"):
            problem = f"{given} is no valid TOML"
    raise InvalidConfigError(problem, subject="--config", found=found, expected=_EXPECTED)


def _summary(
    view: RunView,
    number: int,
    status: str,
    micros: int,
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
    texts.append(f"{head}{reason}  {plural(len(lines), 'step')}{detail}, {duration(micros / 1e6)}")
    reused = sum(line.state == "reused" for line in lines)
    if reused or causes:
        why = f", because {causes[0]}" if causes else ""
        more = f" (and {len(causes) - 1} more)" if len(causes) > 1 else ""
        ran = sum(line.attempt > 0 for line in lines)
        texts.append(f"{ran} of {len(lines)} ran{why}{more}")
    doubtful = [
        f"{check.asset.to_user_string()}:{check.name}" for line in lines for check in line.failed_checks
    ]
    if doubtful:
        texts.append(f"{plural(len(doubtful), 'check')} did not pass: {', '.join(doubtful)}")
    if failed:
        texts.append(f"see what it wrote: tidemill logs {number} {failed[0].name}")
    return "\n".join(texts) + "\n"
