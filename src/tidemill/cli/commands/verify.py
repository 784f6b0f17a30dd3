"""`tidemill verify`: read everything that is stored and compare it with its digests."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from tidemill.cli.formats import size, to_json
from tidemill.cli.options import add_json_argument, add_store_argument, open_home
from tidemill.core.settings import Settings


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
            users = home.store.artifact_users(artifact.address)
            names = [f"{v.asset.to_user_string()}{f'[{v.partition}]' if v.partition else ''}@{v.number}" for v in users]
            damaged.append({"address": artifact.address, "versions": names, "problem": error.problem, "found": error.found})
        else:
            if identity is not None and identity != artifact.identity:
                home.store.record_identity(artifact.address, identity)
    home.close()
    if arguments.json:
        sys.stdout.write(to_json({"artifacts": count, "bytes": total, "damaged": damaged}) + "\n")
        return 1 if damaged else 0
    for one in damaged:
        sys.stdout.write(f"✗ {', '.join(one['versions'])}: {one['problem']}\n")
        if one["found"]:
            sys.stdout.write(f"    {one['found']}\n")
    verdict = f"{len(damaged)} damaged" if damaged else "all as they were written"
    sys.stdout.write(f"{count} artifacts, {size(total)}: {verdict}\n")
    if damaged:
        sys.stdout.write("materialize the damaged assets again, or restore the files from a backup\n")
    return 1 if damaged else 0
