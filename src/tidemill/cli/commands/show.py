"""`tidemill show ASSET[@VERSION]`: a version with everything that is remembered of it, and the asset's history."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from tidemill.cli.formats import ago, iso, moment, number, size, to_json
from tidemill.cli.options import add_json_argument, add_store_argument, open_home
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.core.metadata import MetadataValue
    from tidemill.core.records import Version
    from tidemill.execution.home import Home

LONGEST = 100
HISTORY = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("asset", metavar="ASSET[@VERSION]", help="an asset, or a version of it: model, model@3, sales[eu]@2")
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print a version."""
    from tidemill.core.keys import VersionAddress

    home = open_home(settings)
    address = VersionAddress.parse(arguments.asset)
    version = find_version(home, address)
    history = home.store.versions(version.asset, partition=version.partition, limit=HISTORY)
    if arguments.json:
        sys.stdout.write(to_json(_document(home, version)) + "\n")
    else:
        sys.stdout.write(_page(home, version, history if address.version is None else []))
    home.close()
    return 0


def find_version(home: Home, address: Any) -> Version:
    """The version that an address names; the latest of any partition where it names none.

    Raises:
        ValueNotStoredError: There is none; near names are given.
    """
    from tidemill.core.errors import ValueNotStoredError
    from tidemill.core.suggest import did_you_mean

    store = home.store
    if isinstance(address.version, int):
        return store.version(address.asset, address.partition, address.version)
    known = [key.to_user_string() for key in store.asset_keys()]
    if isinstance(address.version, str):
        raise ValueNotStoredError(
            f"{address.asset} has no version {address.version!r}",
            subject=str(address),
            found=address.version,
            expected="the number of a version",
        )
    if address.partition is not None:
        versions = store.versions(address.asset, partition=address.partition, limit=1)
    else:
        versions = store.versions(address.asset, limit=1)
    if versions:
        return versions[0]
    name = address.asset.to_user_string()
    raise ValueNotStoredError(
        f"The store has no version of {address}",
        subject=str(address),
        found=f"an asset without partition {address.partition!r}" if name in known else f"no asset {name!r}",
        expected=", ".join(known[:20]) or "nothing was materialized here yet",
        next_step=did_you_mean(name, known) or f"materialize it: tidemill materialize --select {name}",
    )


def _document(home: Home, version: Version) -> dict[str, Any]:
    artifact, external = version.artifact, version.external
    return {
        "asset": version.asset,
        "partition": version.partition,
        "version": version.number,
        "id": version.id,
        "run": version.run_id,
        "run_number": home.store.run(version.run_id).number if version.run_id else None,
        "made_at": iso(version.made_at),
        "type": version.type_name,
        "bytes": artifact.size if artifact else None,
        "digest": artifact.address if artifact else None,
        "data_version": version.data_version,
        "code_version": version.code_version,
        "io_manager": external.manager if external else None,
        "identifier": external.identifier if external else None,
        "inputs": [
            {"asset": ref.asset, "partition": ref.partition, "id": ref.id, "data_version": ref.data_version}
            for ref in version.inputs
        ],
        "metadata": dict(version.metadata),
        "tags": dict(version.tags),
        "checks": [
            {"check": stored.check.name, "passed": stored.check.passed, "severity": stored.check.severity}
            for stored in _checks_of(home, version)
        ],
    }


def _checks_of(home: Home, version: Version) -> list[Any]:
    return [s for s in home.store.checks(asset=version.asset) if s.check.version_id == version.id]


def _page(home: Home, version: Version, history: list[Version]) -> str:
    now = home.clock.now()
    name = version.asset.to_user_string() + (f"[{version.partition}]" if version.partition is not None else "")
    run = home.store.run(version.run_id).number if version.run_id else None
    facts = [
        ("made", f"{moment(version.made_at)}, {ago(version.made_at, now)}" + (f", by run {run}" if run else "")),
        ("value", _value(home, version)),
        ("code", version.code_version),
        ("data", version.data_version),
    ]
    lines = [f"{name}@{version.number}", *_pairs(facts)]
    if version.inputs:
        lines += ["", "made from", *(f"  {_input(home, ref)}" for ref in version.inputs)]
    if version.metadata:
        entries = [(label, _metadata(value)) for label, value in version.metadata.items()]
        lines += ["", "metadata", *_pairs(entries)]
    checks = _checks_of(home, version)
    if checks:
        lines += ["", "checks", *(_check(stored) for stored in checks)]
    if len(history) > 1:
        lines += ["", "versions", *(_history_line(home, past, now) for past in history)]
    return "\n".join(lines) + "\n"


def _pairs(facts: list[tuple[str, str]]) -> list[str]:
    width = max(len(label) for label, _ in facts)
    indent = "\n" + " " * (width + 4)
    return [f"  {label:<{width}}  {text.replace(chr(10), indent)}" for label, text in facts]


def _value(home: Home, version: Version) -> str:
    from tidemill.cli.view import SCALARS

    artifact, external = version.artifact, version.external
    if artifact is not None:
        kind = artifact.type_name
        if artifact.type_name in SCALARS:
            value = home.load(version)
            return f"{number(value)} ({kind})"
        return f"{kind}, {size(artifact.size)}"
    if external is not None:
        place = f", at {external.identifier}" if external.identifier else ""
        return f"{external.type_name}, kept by I/O manager {external.manager!r}{place}"
    return "none (the asset stores no value)"


def _input(home: Home, ref: Any) -> str:
    version = home.store.version_by_id(ref.id)
    name = ref.asset.to_user_string() + (f"[{ref.partition}]" if ref.partition is not None else "")
    return f"{name}@{version.number}" if version is not None else f"{name} (removed version {ref.id})"


def _metadata(value: MetadataValue) -> str:
    text: str
    from tidemill.core.metadata import MarkdownMetadataValue, TableMetadataValue

    if isinstance(value, MarkdownMetadataValue):
        text = value.value
        if "data:image" in text:
            return f"an image, {size(len(text))} of Markdown (shown in the browser)"
    elif isinstance(value, TableMetadataValue):
        return _table_text(value)
    else:
        text = number(value.value) if isinstance(value.value, float) else str(value.value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _table_text(value: Any, most: int = 5) -> str:
    records = [record.data for record in value.records[:most]]
    if not records:
        return "an empty table"
    columns = list(records[0])[:6]
    rows = [columns, *([str(record.get(column, ""))[:20] for column in columns] for record in records)]
    widths = [max(len(str(row[index])) for row in rows) for index in range(len(columns))]
    lines = ["  ".join(f"{cell!s:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    more = len(value.records) - len(records)
    return "\n".join([*lines, *([f"… {more} more rows"] if more > 0 else [])])


def _check(stored: Any) -> str:
    check = stored.check
    sign = "✓" if check.passed else "✗" if check.severity == "ERROR" else "!"
    evidence = ", ".join(f"{label} {_metadata(value)}" for label, value in check.metadata.items())
    words = " — ".join(part for part in (check.description or "", evidence) if part)
    return f"  {sign} {check.name}{'  ' + words if words else ''}"


def _history_line(home: Home, version: Version, now: int) -> str:
    values = [
        f"{label} {number(value.numeric)}" for label, value in version.metadata.items() if value.numeric is not None
    ]
    made = size(version.artifact.size) if version.artifact is not None else ""
    return f"  @{version.number:<4} {ago(version.made_at, now):>12}  {made:>8}  {'  '.join(values)}".rstrip()
