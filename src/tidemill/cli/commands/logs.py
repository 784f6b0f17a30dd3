"""`tidemill logs RUN [STEP]`: what the steps of a run wrote, in order."""

from __future__ import annotations

import argparse
import sys

from tidemill.cli.commands.runs import find_run
from tidemill.cli.formats import iso, moment, to_json
from tidemill.cli.options import add_json_argument, add_store_argument, open_home
from tidemill.core.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("run", metavar="RUN", help="number of a run, its id, or the end of its id")
    parser.add_argument("step", metavar="STEP", nargs="?", help="only this step")
    parser.add_argument(
        "--level", default="debug", choices=("debug", "info", "warning", "error"), help="least level to print"
    )
    add_json_argument(parser)
    add_store_argument(parser)


LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print lines by time; the error of a step after its lines."""
    from tidemill.core.errors import StepNotFoundError
    from tidemill.core.suggest import did_you_mean
    from tidemill.execution.logs import log_name, read_log

    home = open_home(settings)
    state = find_run(home, arguments.run)
    steps = home.store.steps(state.run.id)
    names = [step.step for step in steps]
    if arguments.step is not None and arguments.step not in names:
        raise StepNotFoundError(
            f"Run {state.number} has no step {arguments.step!r}",
            subject=arguments.step,
            found=arguments.step,
            expected=", ".join(names),
            next_step=did_you_mean(arguments.step, names),
        )
    folder = home.log_folder(state.run.id)
    found = [line for path in sorted(folder.glob("*.jsonl")) for line in read_log(path)] if folder is not None else []
    wanted = None if arguments.step is None else log_name(arguments.step)
    lines = sorted(
        (
            line
            for line in found
            if (wanted is None or line.step == wanted) and LEVELS.get(line.level, 20) >= LEVELS[arguments.level]
        ),
        key=lambda line: line.at,
    )
    if arguments.json:
        documents = [{**line._asdict(), "at": iso(line.at)} for line in lines]
        sys.stdout.write(to_json(documents) + "\n")
    else:
        one = arguments.step is not None
        for line in lines:
            level = "" if line.level == "info" else f"{line.level} "
            sys.stdout.write(f"{moment(line.at)[11:]}  {'' if one else line.step + '  '}{level}{line.text}\n")
        for step in steps:
            if step.error is not None and (not one or step.step == arguments.step):
                sys.stdout.write(f"\n{step.step} {step.status}, attempt {step.attempt}:\n{_text(step.error)}\n")
        if not lines and not any(step.error for step in steps):
            sys.stdout.write("nothing was written\n")
    home.close()
    return 0


def _text(error: object) -> str:
    from tidemill.cli.commands.materialize import error_text

    return error_text(error)
