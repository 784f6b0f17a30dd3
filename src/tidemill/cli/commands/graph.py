"""`tidemill graph`: the asset graph, drawn in the terminal."""

from __future__ import annotations

import argparse
import sys

from tidemill.cli.commands.materialize import selection_of
from tidemill.cli.options import add_code_arguments, add_store_argument, load, open_if_there
from tidemill.core.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)
    parser.add_argument("--select", metavar="EXPR", action="append", help="only these assets (default: all)")
    parser.add_argument("--ascii", action="store_true", help="draw with plain characters")
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Draw the graph, with the number of each asset's latest version."""
    from tidemill.planning.drawing import draw
    from tidemill.planning.graph import AssetGraph
    from tidemill.planning.selection import resolve_selection

    _, definitions = load(arguments, settings)
    graph = AssetGraph.build(definitions.project())
    selection = selection_of(arguments.select)
    chosen = resolve_selection(selection, graph).assets if selection is not None else None
    notes = {}
    home = open_if_there(settings)
    if home is not None:
        counts = home.store.version_counts()
        for (asset, _), count in counts.items():
            notes[asset] = f"@{count}"
        home.close()
    encoding = (sys.stdout.encoding or "ascii").lower()
    text = draw(graph, chosen, notes, ascii=arguments.ascii or not encoding.startswith("utf"))
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    return 0
