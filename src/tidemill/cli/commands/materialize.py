"""`tidemill materialize`: run assets, watch them, say what came of it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidemill.cli.formats import duration, iso, to_json
from tidemill.cli.options import add_code_arguments, add_json_argument, add_store_argument, load, open_home
from tidemill.core.errors import InvalidConfigError
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.cli.view import RunView
    from tidemill.core.records import StepState
    from tidemill.execution.home import Home
    from tidemill.execution.launch import Outcome

JOB = "__ASSET_JOB"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)
    parser.add_argument(
        "--select", metavar="EXPR", action="append", help='assets to run: "a+", "*model", "group:ml" (default: all)'
    )
    parser.add_argument("--partition", metavar="KEY", help="slice that partitioned assets make")
    parser.add_argument("--config", metavar="FILE|JSON", help="run config: a JSON or TOML file, or JSON itself")
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Materialize; 0 when the run succeeded, 1 when it failed or was canceled."""
    from tidemill.compat.instance import DagsterInstance
    from tidemill.execution.launch import Request, execute

    config = read_config(arguments.config)
    code, definitions = load(arguments, settings)
    project = definitions.project()
    home = open_home(settings, create=True)
    request = Request(
        JOB,
        selection=selection_of(arguments.select),
        config=config,
        partition=arguments.partition,
        code=code,
    )
    instance = DagsterInstance(home)
    view = _view(home, arguments.json)
    try:
        outcome = execute(project, request, home, instance=lambda: instance, listener=view, shown=True)
    finally:
        if view is not None:
            view.close()
    state = home.store.run(outcome.run.id)
    if view is None:
        sys.stdout.write(to_json(_document(outcome, home)) + "\n")
    else:
        sys.stdout.write(_summary(view, state.number, (state.finished_at or 0) - (state.started_at or 0)))
    home.close()
    return 0 if outcome.status == "succeeded" else 1


def _view(home: Home, as_json: bool) -> RunView | None:
    if as_json:
        return None
    from tidemill.cli.view import make_view

    return make_view(home.clock, home.load)


def selection_of(expressions: list[str] | None) -> Any:
    """What `--select` means: nothing is everything, several are their union."""
    if not expressions:
        return None
    return expressions[0] if len(expressions) == 1 else expressions


def read_config(given: str | None) -> dict[str, Any] | None:
    """Run config from a file or from the command line.

    Raises:
        InvalidConfigError: It is neither a file nor JSON, or no object.
    """
    if given is None:
        return None
    path = Path(given)
    is_file = not given.lstrip().startswith("{") and path.is_file()
    text = path.read_text(encoding="utf-8") if is_file else given
    try:
        if is_file and path.suffix == ".toml":
            import tomllib

            loaded: Any = tomllib.loads(text)
        else:
            loaded = json.loads(text)
    except ValueError as error:
        raise InvalidConfigError(
            f"--config is {'not readable' if is_file else 'neither a file nor JSON'}",
            subject="--config",
            found=f"{given}: {error}",
            expected='a JSON or TOML file, or JSON such as {"ops": {"model": {"config": {"depth": 3}}}}',
        ) from error
    if not isinstance(loaded, dict):
        raise InvalidConfigError(
            "Run config is an object", subject="--config", found=type(loaded).__name__, expected='{"ops": {…}}'
        )
    return loaded


def _summary(view: RunView, number: int, micros: int) -> str:
    """The last lines: what became of the run, the errors with the user's frames, and what to do next."""
    lines = list(view.lines.values())
    counts = {state: sum(line.state == state for line in lines) for state in ("succeeded", "skipped", "failed", "blocked")}
    steps = f"{len(lines)} step{'s' if len(lines) != 1 else ''}"
    detail = ", ".join(f"{count} {state}" for state, count in counts.items() if count and state != "succeeded")
    texts = [""]
    for line in lines:
        if line.state == "failed" and line.error is not None:
            texts += [f"{line.name} failed:", error_text(line.error), ""]
    if view.run_error is not None:
        texts += [error_text(view.run_error), ""]
    texts.append(f"run {number} {view.status}: {steps}{', ' + detail if detail else ''} in {duration(micros / 1e6)}")
    if view.status == "canceled":
        texts[-1] += f" ({view.reason})"
    failed = [line.name for line in lines if line.state == "failed"]
    if failed:
        texts.append(f"see what it wrote: tidemill logs {number} {failed[0]}")
    return "\n".join(texts) + "\n"


def error_text(error: Any) -> str:
    """An error as Python prints it: causes first, the user's frames only."""
    before = error_text(error.cause) + "\n\nwhich led to\n\n" if error.cause is not None else ""
    frames = "".join(error.stack)
    head = "Traceback (most recent call last):\n" if frames else ""
    return f"{before}{head}{frames}{error.message.rstrip()}"


def _document(outcome: Outcome, home: Home) -> dict[str, Any]:
    """The run as `--json` prints it."""
    from tidemill.core.events import Materialized

    state = home.store.run(outcome.run.id)
    # The store has given the versions their numbers; the events of this process were told before it did.
    made = [e.version for e in outcome.events if isinstance(e, Materialized)]
    numbers = {v.id: v.number for v in (home.store.version_by_id(version.id) for version in made) if v is not None}
    return {
        "run": outcome.run.id,
        "number": state.number,
        "status": outcome.status,
        "started_at": iso(state.started_at),
        "finished_at": iso(state.finished_at),
        "steps": [_step_document(step) for step in home.store.steps(outcome.run.id)],
        "versions": [
            {
                "asset": version.asset,
                "partition": version.partition,
                "version": numbers.get(version.id),
                "id": version.id,
                "step": version.step,
                "data_version": version.data_version,
                "code_version": version.code_version,
                "bytes": version.artifact.size if version.artifact is not None else None,
                "metadata": dict(version.metadata),
            }
            for version in made
        ],
        "checks": [
            {
                "asset": check.check.asset,
                "check": check.check.name,
                "passed": check.check.passed,
                "severity": check.check.severity,
                "metadata": dict(check.check.metadata),
            }
            for check in home.store.checks(run_id=outcome.run.id)
        ],
    }


def _step_document(step: StepState) -> dict[str, Any]:
    return {
        "step": step.step,
        "status": step.status,
        "attempt": step.attempt,
        "started_at": iso(step.started_at),
        "finished_at": iso(step.finished_at),
        "error": step.error.to_string() if step.error is not None else None,
        "cause": step.cause,
    }
