"""`tidemill dev`: the page in the browser, with the code behind it, loaded again when it is edited."""

from __future__ import annotations

import argparse

from tidemill.cli.arguments import add_code_arguments, add_store_argument
from tidemill.cli.project import code_ref
from tidemill.cli.serving import add_address_arguments, serve
from tidemill.core.settings import Settings

EXAMPLE = """\
tidemill dev -f pipeline.py
tidemill dev -f pipeline.py --port 0 --no-open           any free port, and no browser
tidemill dev -f pipeline.py --host 0.0.0.0 --token       others can reach it, with the address that is printed"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)
    add_address_arguments(parser)
    parser.add_argument("--no-open", action="store_true", help="do not open a browser")
    add_store_argument(parser)
    parser.set_defaults(read_only=False)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until Ctrl-C; 0."""
    code = code_ref(arguments, settings)
    return serve(arguments, settings, code, watching=True, opening=not arguments.no_open)
