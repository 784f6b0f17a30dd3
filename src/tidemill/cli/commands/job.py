"""`tidemill job`: list the jobs, or run one."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from tidemill.cli.arguments import (
    add_code_arguments,
    add_json_argument,
    add_partition_argument,
    add_store_argument,
)
from tidemill.cli.commands.materialize import read_config
from tidemill.cli.formats import write_json
from tidemill.cli.project import load_watched
from tidemill.cli.running import add_place_argument, carry_out, prepare_or_refuse, world_here
from tidemill.core.errors import InvalidConfigError
from tidemill.core.settings import Settings
from tidemill.execution.loads import root_of

if TYPE_CHECKING:
    from tidemill.definitions.definitions import Definitions

EXAMPLE = """\
tidemill job list -f pipeline.py
tidemill job execute -f pipeline.py -j nightly
tidemill job execute -f pipeline.py -j nightly --select 'load+' --tags '{"team": "ml"}'"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("action", metavar="ACTION", choices=("list", "execute"), help="list, or execute")
    parser.add_argument("-j", "--job", metavar="NAME", help="the job to run (needed where there are several)")
    add_code_arguments(parser)
    parser.add_argument(
        "-c", "--config", metavar="FILE|JSON", help="run config: a JSON or TOML file, or JSON"
    )
    parser.add_argument("--tags", metavar="JSON", help="tags of the run, as a JSON object")
    add_partition_argument(parser)
    parser.add_argument(
        "--select",
        metavar="OP",
        action="append",
        help="run only these ops of a job of ops: NAME, NAME+, *NAME; may be repeated",
    )
    add_place_argument(parser)
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run a job; 0 when the run succeeded, 1 when it failed or was canceled."""
    from tidemill.compat.jobs import JobDefinition
    from tidemill.definitions.graphs.op_jobs import OpJob
    from tidemill.execution.partition_choice import check_partition

    config, tags = read_config(arguments.config), _tags(arguments.tags)
    where, loaded = load_watched(arguments, settings)
    definitions = loaded.definitions
    if arguments.action == "list":
        return _list(definitions, as_json=arguments.json)
    declared = definitions.declared_job(_name(arguments.job, definitions))
    job = JobDefinition(declared, definitions.project(), definitions)
    request = job.request(config, None, tags, None)._replace(partitions=tuple(arguments.partition or ()))
    request = request._replace(code=where, root=root_of(where, settings))
    world = world_here(job.project, settings)
    if not isinstance(declared, OpJob):
        check_partition(job.project, request, world)
    prepared = prepare_or_refuse(job.part(arguments.select), request, world)
    return carry_out(prepared, loaded, arguments, settings)


def _list(definitions: Definitions, *, as_json: bool) -> int:
    from tidemill.definitions.graphs.op_jobs import OpJob

    jobs = [
        {
            "name": job.name,
            "kind": "ops" if isinstance(job, OpJob) else "assets",
            "description": job.description or "",
        }
        for job in definitions.project().jobs.values()
    ]
    if as_json:
        write_json(jobs)
        return 0
    width = max((len(job["name"]) for job in jobs), default=0)
    for job in jobs:
        first = job["description"].partition("\n")[0]
        sys.stdout.write(f"{job['name']:<{width}}  {job['kind']:<6}  {first}".rstrip() + "\n")
    return 0


def _name(given: str | None, definitions: Definitions) -> str:
    """The job that is meant.

    Raises:
        InvalidConfigError: None was named, and there is not exactly one.
    """
    jobs = list(definitions.project().jobs)
    if given is not None or len(jobs) == 1:
        return given or jobs[0]
    raise InvalidConfigError(
        "Which job?",
        subject="--job",
        found="no -j",
        expected=f"one of {', '.join(jobs[:10])}" if jobs else "a job; the definitions have none",
        next_step=f"give one: -j {jobs[0]}"
        if jobs
        else "define one with @job or define_asset_job, or run assets: tidemill materialize",
    )


def _tags(given: str | None) -> dict[str, str]:
    """Tags from a JSON object of strings.

    Raises:
        InvalidConfigError: It is none.
    """
    if given is None:
        return {}
    import json

    try:
        found: Any = json.loads(given)
    except ValueError:
        found = None
    if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()):
        return found
    raise InvalidConfigError(
        "--tags is no JSON object of strings",
        subject="--tags",
        found=given,
        expected="""such as '{"team": "ml"}'""",
    )
