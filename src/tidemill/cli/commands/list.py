"""`tidemill list`: every asset, its latest version, what it is made from."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tidemill.cli.arguments import (
    add_code_arguments,
    add_json_argument,
    add_selection_argument,
    add_store_argument,
)
from tidemill.cli.formats import address, ago, iso, size, write_json
from tidemill.cli.project import chosen_assets, load, open_if_there
from tidemill.cli.terminal import write_table
from tidemill.cli.triggers import counted_triggers, waiting_note
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.core.keys import AssetKey
    from tidemill.core.records import Version
    from tidemill.definitions.units.unit import ComputeUnit
    from tidemill.execution.spans import Made
    from tidemill.home import Home
    from tidemill.planning.graph import AssetGraph

MOST = 1000
"""Partitions of an asset that JSON lists one by one; of more it has ranges."""

EXAMPLE = """\
tidemill list -f pipeline.py
tidemill list -f pipeline.py 'group:features' --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)
    add_selection_argument(parser, "list")
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the assets in the order in which they can be made."""
    from tidemill.planning.graph import AssetGraph

    _, definitions = load(arguments, settings)
    graph = AssetGraph.build(definitions.project())
    chosen = chosen_assets(graph, arguments.select)
    keys = [key for key in graph.topological_order() if chosen is None or key in chosen]
    latest: dict[AssetKey, Version] = {}
    made: Mapping[AssetKey, Made] = {}
    now = 0
    home = open_if_there(settings)
    if home is not None:
        now = home.clock.now()
        made = made_of(home, graph, keys)
        latest = {key: found[0] for key in keys if (found := home.store.versions(key, limit=1))}
    if arguments.json:
        write_json([_document(key, graph, latest.get(key), made.get(key), home) for key in keys])
    elif keys:
        rows = [_row(key, graph, latest.get(key), made.get(key), now) for key in keys]
        write_table(
            rows,
            header=("asset", "version", "made", "size", "made from"),
            right=(3,),
            colors=["dim" if key not in latest else None for key in keys],
        )
    else:
        sys.stdout.write("no assets\n")
    if home is not None:
        home.close()
    note = None if arguments.json else waiting_note(counted_triggers(graph.project))
    if note is not None:
        sys.stdout.write(f"\n{note}\n")
    return 0


def made_of(home: Home, graph: AssetGraph, keys: Sequence[AssetKey]) -> dict[AssetKey, Made]:
    """How many versions each asset has; of an asset with partitions, which of them have one."""
    from tidemill.execution.launch import world_of
    from tidemill.execution.spans import Made, made_partitions
    from tidemill.planning.slices import partitions_of

    counts = home.store.whole_counts(keys)
    world = world_of(graph.project, home)
    found = {}
    for key in keys:
        definition = partitions_of(graph.project, key)
        if definition is None:
            found[key] = Made(counts.get(key, 0), 0)
        else:
            found[key] = made_partitions(home, key, definition, world)
    return found


def latest_note(graph: AssetGraph, key: AssetKey, made: Made | None) -> str:
    """The number of an asset's latest version; for a partitioned asset, how many partitions have one."""
    unit = graph.project.units[graph.project.producers[key]] if key in graph.project.producers else None
    if made is None or not made.number:
        return ""
    if unit is not None and unit.partitions is not None:
        return f"{made.number:,} of {made.total:,} partitions"
    return f"@{made.number}"


def _row(
    key: AssetKey,
    graph: AssetGraph,
    version: Version | None,
    made: Made | None,
    now: int,
) -> tuple[str, ...]:
    bytes_ = size(version.artifact.size) if version is not None and version.artifact is not None else ""
    return (
        key.to_user_string(),
        latest_note(graph, key, made) or ("never made" if version is None else address(version)),
        ago(version.made_at, now) if version is not None else "",
        bytes_,
        ", ".join(parent.to_user_string() for parent in graph.parents(key)),
    )


def _document(
    key: AssetKey,
    graph: AssetGraph,
    version: Version | None,
    made: Made | None,
    home: Home | None,
) -> dict[str, Any]:
    spec = graph.spec(key)
    unit = graph.project.units[graph.project.producers[key]] if key in graph.project.producers else None
    partitions, sliced = None, unit is not None and unit.partitions is not None
    if sliced and (made is None or made.total <= MOST):
        partitions = _partition_counts(key, unit, home)
    return {
        "asset": key,
        "group": spec.group_name if spec is not None else None,
        "description": spec.description if spec is not None else None,
        "made_from": list(graph.parents(key)),
        "checks": [check.name for check in graph.checks_for(key)],
        "partitions": partitions,
        "partitions_made": made.number if sliced and made is not None else None,
        "partitions_in_all": made.total if sliced and made is not None else None,
        "partition_ranges": made.ranges if sliced and made is not None else None,
        "partition_ranges_left_out": made.more if sliced and made is not None else None,
        "partitions_failed": made.failed if sliced and made is not None else None,
        "version": version.number if version is not None else None,
        "partition": version.partition if version is not None else None,
        "made_at": iso(version.made_at) if version is not None else None,
        "bytes": version.artifact.size if version is not None and version.artifact is not None else None,
    }


def _partition_counts(key: AssetKey, unit: ComputeUnit | None, home: Home | None) -> dict[str, int]:
    """How many versions each partition has."""
    from tidemill.definitions.partitions.partitions import NOWHERE
    from tidemill.home.world import world_around

    if unit is None or unit.partitions is None:
        return {}
    world = world_around(home) if home is not None else NOWHERE
    counts = home.store.version_counts(key) if home is not None else {}
    return {each: counts.get((key, each), 0) for each in unit.partitions.get_partition_keys(world.now, world)}
