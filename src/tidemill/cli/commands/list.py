"""`tidemill list`: every asset, what it is made from, its latest version."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from tidemill.cli.commands.materialize import selection_of
from tidemill.cli.formats import ago, iso, size, to_json
from tidemill.cli.options import add_code_arguments, add_json_argument, add_store_argument, load, open_if_there
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.core.keys import AssetKey
    from tidemill.core.records import Version
    from tidemill.planning.graph import AssetGraph


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)
    parser.add_argument("--select", metavar="EXPR", action="append", help="only these assets (default: all)")
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the assets in the order in which they can be made."""
    from tidemill.planning.graph import AssetGraph
    from tidemill.planning.selection import resolve_selection

    _, definitions = load(arguments, settings)
    graph = AssetGraph.build(definitions.project())
    selection = selection_of(arguments.select)
    chosen = resolve_selection(selection, graph).assets if selection is not None else graph.keys
    keys = [key for key in graph.topological_order() if key in set(chosen)]
    home = open_if_there(settings)
    latest: dict[AssetKey, Version] = {}
    now = 0
    if home is not None:
        now = home.clock.now()
        for key in keys:
            versions = home.store.versions(key, limit=1)
            if versions:
                latest[key] = versions[0]
        home.close()
    documents = [_document(key, graph, latest.get(key)) for key in keys]
    if arguments.json:
        sys.stdout.write(to_json(documents) + "\n")
    else:
        sys.stdout.write(_table(documents, latest, now))
    return 0


def _document(key: AssetKey, graph: AssetGraph, version: Version | None) -> dict[str, Any]:
    spec = graph.spec(key)
    return {
        "asset": key,
        "group": spec.group_name if spec is not None else None,
        "made_from": list(graph.parents(key)),
        "checks": [check.name for check in graph.checks_for(key)],
        "description": spec.description if spec is not None else None,
        "version": version.number if version is not None else None,
        "partition": version.partition if version is not None else None,
        "made_at": iso(version.made_at) if version is not None else None,
        "bytes": version.artifact.size if version is not None and version.artifact is not None else None,
    }


def _table(documents: list[dict[str, Any]], latest: dict[AssetKey, Version], now: int) -> str:
    if not documents:
        return "no assets\n"
    rows = []
    for document in documents:
        version = latest.get(document["asset"])
        made_from = ", ".join(key.to_user_string() for key in document["made_from"])
        state = f"@{version.number}" if version is not None else "never made"
        when = ago(version.made_at, now) if version is not None else ""
        bytes_made = size(document["bytes"]) if document["bytes"] is not None else ""
        rows.append((document["asset"].to_user_string(), state, when, bytes_made, f"← {made_from}" if made_from else ""))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]:>{widths[3]}}  {row[4]}".rstrip()
        for row in rows
    ]
    return "\n".join(lines) + "\n"
