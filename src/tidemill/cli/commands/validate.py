"""`tidemill validate`: load the definitions and report every problem at once."""

from __future__ import annotations

import argparse
import sys

from tidemill.cli.options import add_code_arguments, load
from tidemill.core.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print all problems; 0 when there are none, 1 otherwise."""
    from tidemill.execution.launch import problems_of

    code, definitions = load(arguments, settings)
    project = definitions.project()
    problems = problems_of(project)
    for problem in problems:
        sys.stdout.write(f"✗ {problem}\n\n")
    assets, jobs = len(project.producers), len(project.jobs)
    checks = sum(len(unit.checks) for unit in project.units.values())
    counted = [
        f"{count} {name}{'s' if count != 1 else ''}"
        for count, name in ((assets, "asset"), (checks, "check"), (jobs, "job"), (len(project.resources), "resource"))
        if count or name == "asset"
    ]
    verdict = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}" if problems else "all good"
    sys.stdout.write(f"{code.target}: {', '.join(counted)}: {verdict}\n")
    return 1 if problems else 0
