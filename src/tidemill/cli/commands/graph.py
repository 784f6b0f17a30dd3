"""`tidemill graph`: the asset graph, drawn in the terminal."""

from __future__ import annotations

import argparse
import sys

from tidemill.cli.arguments import add_code_arguments, add_selection_argument, add_store_argument
from tidemill.cli.project import chosen_assets, load, open_if_there
from tidemill.cli.terminal import columns, cut
from tidemill.core.settings import Settings

EXAMPLE = """\
tidemill graph -f pipeline.py
tidemill graph -f pipeline.py '*model'      all that a model is made from"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)
    add_selection_argument(parser, "draw")
    parser.add_argument("--ascii", action="store_true", help="draw with plain characters")
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Draw the graph, with the number of each asset's latest version."""
    from tidemill.cli.commands.list import latest_note, made_of
    from tidemill.planning.drawing import draw
    from tidemill.planning.graph import AssetGraph

    _, definitions = load(arguments, settings)
    graph = AssetGraph.build(definitions.project())
    chosen = chosen_assets(graph, arguments.select)
    notes = {}
    home = open_if_there(settings)
    if home is not None:
        made = made_of(home, graph, home.store.asset_keys())
        notes = {asset: latest_note(graph, asset, each) for asset, each in made.items()}
        home.close()
    encoding = (sys.stdout.encoding or "ascii").lower()
    text = draw(graph, chosen, notes, ascii=arguments.ascii or not encoding.startswith("utf"))
    room = columns(sys.stdout)
    for line in text.splitlines():
        sys.stdout.write((line if room is None else cut(line, room)) + "\n")
    return 0
