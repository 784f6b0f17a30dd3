"""`tidemill validate`: load the definitions and report every problem at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tidemill.cli.arguments import add_code_arguments, add_json_argument
from tidemill.cli.formats import plural, write_json
from tidemill.cli.project import code_ref, load
from tidemill.cli.terminal import paint
from tidemill.cli.triggers import counted_triggers, trigger_problems, waiting_note
from tidemill.core.errors import (
    CircularDependencyError,
    InvalidDefinitionError,
    TidemillError,
    UserCodeLoadError,
)
from tidemill.core.secrets import mask
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.definitions.definitions import Definitions
    from tidemill.definitions.project import Project

EXAMPLE = "tidemill validate -f pipeline.py"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)
    add_json_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print all problems; 0 when there are none, 1 otherwise."""
    counts: dict[str, int] = {}
    problems: list[TidemillError]
    jobs: list[Any] = []
    try:
        _, definitions = load(arguments, settings)
        project, problems = _problems(definitions)
    except UserCodeLoadError as error:
        if not error.user_traceback:
            raise  # there is nothing to validate
        problems = [error]
    except InvalidDefinitionError as error:
        problems = [error]
    else:
        from tidemill.definitions.triggers.functions import ANONYMOUS_JOB

        jobs = list(project.jobs.values())
        counts = {
            "asset": len(project.producers),
            "check": sum(len(unit.checks) for unit in project.units.values()),
            "job": sum(not name.startswith(ANONYMOUS_JOB) for name in project.jobs),
            **counted_triggers(project),
            "resource": len(project.resources),
        }
    target = code_ref(arguments, settings).target
    if arguments.json:
        listed = {f"{name.replace(' ', '_')}s": count for name, count in counts.items()}
        write_json({"code": target, **listed, "problems": [_document(problem) for problem in problems]})
    else:
        _print(target, counts, problems)
        if not problems:
            from tidemill.execution.run_tags import idle_note

            for job in jobs:
                tags = {**(job.tags or {}), **(getattr(job, "run_tags", None) or {})}
                note = idle_note(tags, f"The job {job.name!r}")
                sys.stdout.write(f"{note}\n" if note is not None else "")
    return 1 if problems else 0


def _print(target: str, counts: dict[str, int], problems: list[TidemillError]) -> None:
    sign = paint("✗", "red", sys.stdout)
    for problem in problems:
        traceback = problem.user_traceback if isinstance(problem, UserCodeLoadError) else ""
        text = f"{problem.problem}\n\n{traceback.rstrip()}" if traceback else str(problem)
        sys.stdout.write(mask(f"{sign} {text}\n\n"))
    counted = ", ".join(plural(count, name) for name, count in counts.items() if count or name == "asset")
    verdict = plural(len(problems), "problem") if problems else paint("all good", "green", sys.stdout)
    sys.stdout.write(": ".join(filter(None, [target, counted, verdict])) + "\n")
    note = waiting_note(
        {name: counts.get(name, 0) for name in ("schedule", "sensor", "automation condition")}
    )
    if note is not None:
        sys.stdout.write(f"{note}\n")


def _document(problem: TidemillError) -> dict[str, str | None]:
    return {
        "class": type(problem).__name__,
        "problem": mask(problem.problem),
        "subject": problem.subject,
        "found": problem.found and mask(problem.found),
        "expected": problem.expected,
        "next_step": problem.next_step,
    }


def _problems(definitions: Definitions) -> tuple[Project, list[TidemillError]]:
    """All that is wrong: with single definitions, with how they fit together, and with the jobs."""
    from tidemill.definitions.definitions import assemble
    from tidemill.planning.graph import AssetGraph
    from tidemill.planning.validation import check_project

    project, unfit = assemble(
        definitions.assets,
        definitions.asset_checks,
        definitions.resources,
        definitions.jobs,
        [*definitions.schedules, *definitions.sensors],
    )
    problems: list[TidemillError] = [*unfit, *check_project(project)]
    if any(isinstance(problem, CircularDependencyError) for problem in problems):
        return project, problems  # without an order there is nothing to plan
    triggers = trigger_problems(project, AssetGraph.build(project))
    return project, [*problems, *_job_problems(project, whole=not problems), *triggers]


def _job_problems(project: Project, *, whole: bool) -> Iterator[TidemillError]:
    """What keeps a job from being planned; the job of everything is looked at where all else is well."""
    from tidemill.definitions.graphs.op_jobs import OpJob
    from tidemill.definitions.run_config import resolve_run_config
    from tidemill.definitions.triggers.jobs import implicit_job
    from tidemill.execution.launch import Request, prepare
    from tidemill.planning.graph import AssetGraph
    from tidemill.planning.plan import make_plan
    from tidemill.planning.selection import AssetSelection, select_to_run

    graph = AssetGraph.build(project)
    implicit = [implicit_job()] if whole and project.units else []
    for job in (*implicit, *project.jobs.values()):
        try:
            if isinstance(job, OpJob):
                of_ops, request = project.of_job(job.name), Request(job.name, job_config=job.config)
                prepare(of_ops, request, check_config=job.config is not None)
                continue
            selection = AssetSelection.all() if job.selection is None else job.selection
            plan = make_plan(project, select_to_run(selection, graph))
            if job.config is not None:
                units = [project.unit(step.name) for step in plan.steps]
                resolve_run_config(
                    units=units, resources=project.resources, job_config=job.config, job_name=job.name
                )
        except TidemillError as error:
            if job not in implicit:
                error.problem = f"Job {job.name!r}: {error.problem}"
            yield error
