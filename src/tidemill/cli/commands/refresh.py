"""`tidemill refresh`: run what is not up to date, and only that."""

from __future__ import annotations

import argparse

from tidemill.cli.arguments import (
    add_code_arguments,
    add_json_argument,
    add_selection_argument,
    add_store_argument,
)
from tidemill.core.settings import Settings

EXAMPLE = """\
tidemill refresh -f pipeline.py                       whatever is stale or missing
tidemill refresh -f pipeline.py model                 a model, and what it is made from
tidemill refresh -f pipeline.py --dry-run             only say what would run, and why"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "assets",
        metavar="SELECTION",
        nargs="*",
        help="assets to bring up to date, as in --select (default: all)",
    )
    add_code_arguments(parser)
    add_selection_argument(parser, "bring up to date")
    parser.add_argument("--partition", metavar="KEY", help="which partition of partitioned assets")
    parser.add_argument("--config", metavar="FILE|JSON", help="run config: a JSON or TOML file, or JSON")
    parser.add_argument(
        "--keep-config", action="store_true", help="the config that each asset's latest version was made with"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would run, and run nothing")
    parser.add_argument("--in-process", action="store_true", help="run step after step in this process")
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Refresh; 0 when all is up to date, 1 when a step failed."""
    arguments.select = [*(arguments.select or []), *arguments.assets] or None
    from tidemill.cli.commands.materialize import run_request

    return run_request(arguments, settings, refresh=True)
