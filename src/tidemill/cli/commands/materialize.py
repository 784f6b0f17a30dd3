"""`tidemill materialize`: run assets, watch them, say what came of it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidemill.cli.arguments import (
    add_code_arguments,
    add_json_argument,
    add_partition_argument,
    add_selection_argument,
    add_store_argument,
)
from tidemill.cli.outlooks import root_of
from tidemill.cli.project import load_watched, selection_of
from tidemill.cli.running import add_place_argument, carry_out, prepare_or_refuse, world_here
from tidemill.core.errors import InvalidConfigError, UnknownPartitionError
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.definitions.partitions.partitions import PartitionsDefinition, World
    from tidemill.definitions.project import Project
    from tidemill.execution.launch import Request

EXAMPLE = """\
tidemill materialize -f pipeline.py                           run everything
tidemill materialize -f pipeline.py --select 'model*'         a model, and all made from it
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


def check_partition(project: Project, request: Request, world: World) -> None:
    """A partition is given where one is needed, and only there.

    Raises:
        UnknownPartitionError: It is missing, or nothing that is selected has partitions.
    """
    if not request.partitions and all(unit.partitions is None for unit in project.units.values()):
        return
    from tidemill.planning.graph import AssetGraph
    from tidemill.planning.selection import AssetSelection, select_to_run

    graph = AssetGraph.build(project)
    selection = AssetSelection.all() if request.selection is None else request.selection
    chosen = select_to_run(selection, graph).assets
    made = sorted(filter(graph.is_materializable, chosen))
    units = [project.units[project.producers[key]] for key in made]
    partitioned = [unit for unit in units if unit.partitions is not None]
    if partitioned and not request.partitions:
        unit = partitioned[0]
        count, keys = _some_keys(unit.partitions, world)
        raise UnknownPartitionError(
            f"Which partition of {unit.name!r}?",
            subject=unit.name,
            found="no --partition",
            expected=f"one of {', '.join(keys)}{f', … ({count:,} in all)' if count > len(keys) else ''}",
            next_step=f"give one, such as --partition {keys[0]}, or a range A...B; `tidemill backfill` makes them all"
            if keys
            else "there is none yet: add a key, or wait until the first window is over",
        )
    if not partitioned and request.partitions:
        raise UnknownPartitionError(
            f"Nothing that is selected has partitions, but --partition {' '.join(request.partitions)} was given",
            subject="--partition",
            found=" ".join(request.partitions),
            expected="an asset with partitions_def=",
            next_step="leave --partition out, or select a partitioned asset",
        )


def _some_keys(definition: PartitionsDefinition | None, world: World) -> tuple[int, list[str]]:
    """How many keys there are, and all of them; of many only the last, which is the likeliest to be meant."""
    if definition is None:
        return 0, []
    count = definition.get_num_partitions(world.now, world)
    if count <= 10:
        return count, list(definition.get_partition_keys(world.now, world))
    return count, [str(definition.get_last_partition_key(world.now, world))]


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
