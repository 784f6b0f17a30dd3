"""`tidemill verify`: read everything that is stored and compare it with its digests."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from tidemill.cli.arguments import add_json_argument, add_store_argument
from tidemill.cli.formats import address, plural, size, write_json
from tidemill.cli.project import open_home
from tidemill.cli.terminal import paint
from tidemill.core.settings import Settings

EXAMPLE = "tidemill verify"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Verify; 0 when everything is as it was written, 1 otherwise. Nothing is unpickled."""
    from tidemill.core.errors import StoreError

    home = open_home(settings)
    damaged: list[dict[str, Any]] = []
    count = total = 0
    for artifact in home.store.artifacts():
        count, total = count + 1, total + artifact.size
        try:
            identity = home.artifacts.verify(artifact)
        except StoreError as error:
            users = [user for user in home.store.artifact_users(artifact.address) if not user.dropped]
            if not users:  # retention let go of it meanwhile
                continue
            damaged.append(
                {
                    "address": artifact.address,
                    "versions": [address(version) for version in users],
                    "problem": error.problem,
                    "found": error.found,
                }
            )
        else:
            if identity is not None and identity != artifact.identity:
                home.store.record_identity(artifact.address, identity)
    home.close()
    if arguments.json:
        write_json({"artifacts": count, "bytes": total, "damaged": damaged})
        return 1 if damaged else 0
    for one in damaged:
        sign = paint("✗", "red", sys.stdout)
        sys.stdout.write(f"{sign} {', '.join(one['versions'])}: {one['problem']}\n")
        if one["found"]:
            sys.stdout.write(f"    {one['found']}\n")
    verdict = paint(f"{len(damaged)} damaged", "red", sys.stdout) if damaged else "all as they were written"
    sys.stdout.write(f"{plural(count, 'artifact')}, {size(total)}: {verdict}\n")
    if damaged:
        sys.stdout.write("Restore the files from a backup, or materialize the assets again.\n")
    return 1 if damaged else 0
