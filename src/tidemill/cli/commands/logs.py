"""`tidemill logs RUN [STEP]`: what the steps of a run wrote, in order."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tidemill.cli.arguments import add_json_argument, add_store_argument
from tidemill.cli.documents import error_text, log_document
from tidemill.cli.formats import moment, write_json
from tidemill.cli.project import open_home
from tidemill.cli.terminal import paint
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.core.records import RunState, StepState
    from tidemill.home import Home
    from tidemill.work.orders import LogLine

EXAMPLE = """\
tidemill logs 12                    of all steps of run 12
tidemill logs 12 model --level warning"""
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
COLORS = {"debug": "dim", "warning": "yellow", "error": "red", "critical": "red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("run", metavar="RUN", help="number of a run, its id, or an end of its id")
    parser.add_argument("step", metavar="STEP", nargs="?", help="only this step, or the step of this asset")
    parser.add_argument(
        "--level", default="debug", choices=tuple(LEVELS), help="leave out what is less than this"
    )
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print lines by time; the error of a step after its lines."""
    home = open_home(settings)
    state = home.store.run(arguments.run)
    steps = home.store.steps(state.run.id)
    if arguments.step is not None:
        wanted = _step_named(state, steps, arguments.step)
        steps = [step for step in steps if step.step == wanted]
    lines = _lines(home, state, steps, LEVELS[arguments.level])
    removed = not lines and _were_removed(home, state, settings)
    home.close()
    if arguments.json:
        write_json([log_document(line) for line in lines])
        return 0
    out = sys.stdout
    for line in lines:
        attempt = f" (attempt {line.attempt})" if line.attempt > 1 else ""
        step = (
            line.step + attempt + "  " if arguments.step is None else attempt.strip() + "  " * bool(attempt)
        )
        level = "" if line.level == "info" else paint(line.level, COLORS.get(line.level), out) + "  "
        out.write(f"{paint(moment(line.at)[11:], 'dim', out)}  {step}{level}{line.text}\n")
    failed = [step for step in steps if step.error is not None]
    for one in failed:
        if one.error is not None:
            head = paint(f"{one.step} {one.status}, attempt {one.attempt}", "red", out)
            out.write(f"\n{head}\n{error_text(one.error)}\n")
    if not lines and not failed:
        out.write("its logs are no longer kept (keep_logs)\n" if removed else "nothing was written\n")
    return 0


def _were_removed(home: Home, state: RunState, settings: Settings) -> bool:
    """Whether there may have been logs once, which retention has removed."""
    folder, kept = home.log_folder(state.run.id), settings.keep_logs
    if folder is None or folder.exists() or kept is None or state.finished_at is None:
        return False
    return home.clock.now() - state.finished_at > kept * 1_000_000


def _lines(home: Home, state: RunState, steps: list[StepState], least: int) -> list[LogLine]:
    from tidemill.work.logs import log_name, read_log

    folder = home.log_folder(state.run.id)
    names = {log_name(step.step): step.step for step in steps}
    paths = sorted(folder.glob("*.jsonl")) if folder is not None else []
    lines = [
        line._replace(step=names[line.step])
        for path in paths
        if path.name.removesuffix(".jsonl").rpartition(".")[0] in names
        for line in read_log(path)
    ]
    return sorted((line for line in lines if LEVELS.get(line.level, 20) >= least), key=lambda line: line.at)


def _step_named(state: RunState, steps: list[StepState], name: str) -> str:
    """The step of that name, or the one that makes the asset of that name.

    Raises:
        StepNotFoundError: The run has none.
    """
    from tidemill.core.errors import StepNotFoundError
    from tidemill.core.suggest import did_you_mean

    names = [step.step for step in steps]
    if name in names:
        return name
    makers = {asset.to_user_string(): step.step for step in state.run.steps for asset in step.assets}
    if name in makers:
        return makers[name]
    raise StepNotFoundError(
        f"Run {state.number} has no step {name!r}",
        subject=name,
        found=name,
        expected=", ".join(names[:20]) + (", …" if len(names) > 20 else ""),
        next_step=did_you_mean(name, [*names, *makers]) or f"tidemill runs {state.number} lists the steps",
    )
