"""`tidemill list`: every asset, its latest version, what it is made from."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
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
    from tidemill.planning.graph import AssetGraph

EXAMPLE = """\
tidemill list -f pipeline.py
tidemill list -f pipeline.py --select 'group:features' --json"""


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
    counts: Mapping[tuple[AssetKey, str | None], int] = {}
    now = 0
    home = open_if_there(settings)
    if home is not None:
        now = home.clock.now()
        counts = home.store.version_counts()
        latest = {key: found[0] for key in keys if (found := home.store.versions(key, limit=1))}
        home.close()
    if arguments.json:
        write_json([_document(key, graph, latest.get(key), counts) for key in keys])
    elif keys:
        rows = [_row(key, graph, latest.get(key), counts, now) for key in keys]
        write_table(
            rows,
            header=("asset", "version", "made", "size", "made from"),
            right=(3,),
            colors=["dim" if key not in latest else None for key in keys],
        )
    else:
        sys.stdout.write("no assets\n")
    note = None if arguments.json else waiting_note(counted_triggers(graph.project))
    if note is not None:
        sys.stdout.write(f"\n{note}\n")
    return 0


def latest_note(graph: AssetGraph, key: AssetKey, counts: Mapping[tuple[AssetKey, str | None], int]) -> str:
    """The number of an asset's latest version; for a partitioned asset, how many partitions have one."""
    unit = graph.project.units[graph.project.producers[key]] if key in graph.project.producers else None
    if unit is not None and unit.partitions is not None:
        keys = unit.partitions.get_partition_keys()
        made = sum(1 for partition in keys if counts.get((key, partition)))
        return f"{made} of {len(keys)} partitions" if made else ""
    count = counts.get((key, None), 0)
    return f"@{count}" if count else ""


def _row(
    key: AssetKey,
    graph: AssetGraph,
    version: Version | None,
    counts: Mapping[tuple[AssetKey, str | None], int],
    now: int,
) -> tuple[str, ...]:
    made = size(version.artifact.size) if version is not None and version.artifact is not None else ""
    return (
        key.to_user_string(),
        latest_note(graph, key, counts) or ("never made" if version is None else address(version)),
        ago(version.made_at, now) if version is not None else "",
        made,
        ", ".join(parent.to_user_string() for parent in graph.parents(key)),
    )


def _document(
    key: AssetKey,
    graph: AssetGraph,
    version: Version | None,
    counts: Mapping[tuple[AssetKey, str | None], int],
) -> dict[str, Any]:
    spec = graph.spec(key)
    unit = graph.project.units[graph.project.producers[key]] if key in graph.project.producers else None
    partitions = (
        unit.partitions.get_partition_keys() if unit is not None and unit.partitions is not None else None
    )
    return {
        "asset": key,
        "group": spec.group_name if spec is not None else None,
        "description": spec.description if spec is not None else None,
        "made_from": list(graph.parents(key)),
        "checks": [check.name for check in graph.checks_for(key)],
        "partitions": None if partitions is None else {p: counts.get((key, p), 0) for p in partitions},
        "version": version.number if version is not None else None,
        "partition": version.partition if version is not None else None,
        "made_at": iso(version.made_at) if version is not None else None,
        "bytes": version.artifact.size if version is not None and version.artifact is not None else None,
    }
