"""`tidemill materialize`: run assets, watch them, say what came of it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tidemill.cli.arguments import (
    add_code_arguments,
    add_json_argument,
    add_partition_argument,
    add_selection_argument,
    add_store_argument,
)
from tidemill.cli.project import load_watched, selection_of
from tidemill.cli.running import add_place_argument, carry_out, prepare_or_refuse, world_here
from tidemill.core.errors import InvalidConfigError
from tidemill.core.settings import Settings
from tidemill.execution.loads import root_of

EXAMPLE = """\
tidemill materialize -f pipeline.py                           run everything
tidemill materialize -f pipeline.py 'model*'                  a model, and all made from it
tidemill materialize -f pipeline.py --config '{"ops": {"model": {"config": {"depth": 3}}}}'"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)
    add_selection_argument(parser, "run")
    add_partition_argument(parser)
    parser.add_argument("--config", metavar="FILE|JSON", help="run config: a JSON or TOML file, or JSON")
    add_place_argument(parser)
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Materialize; 0 when the run succeeded, 1 when it failed or was canceled."""
    from tidemill.definitions.triggers.jobs import IMPLICIT_JOB
    from tidemill.execution.launch import Request
    from tidemill.execution.partition_choice import check_partition

    config = read_config(arguments.config)
    where, loaded = load_watched(arguments, settings)
    project = loaded.definitions.project()
    request = Request(
        IMPLICIT_JOB,
        selection=selection_of(arguments.select),
        config=config,
        partitions=tuple(arguments.partition or ()),
        code=where,
        root=root_of(where, settings),
    )
    world = world_here(project, settings)
    check_partition(project, request, world)
    prepared = prepare_or_refuse(project, request, world)
    return carry_out(prepared, loaded, arguments, settings)


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
