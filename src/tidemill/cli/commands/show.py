"""`tidemill show ASSET[@VERSION]`: a version with all that is remembered of it, and the others of its asset.

Of values only scalars and short texts are loaded; others are told by type and size, and nothing of them is unpickled.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from tidemill.cli.arguments import add_json_argument, add_store_argument
from tidemill.cli.documents import check_document, version_document
from tidemill.cli.formats import address, ago, iso, moment, number, size, write_json
from tidemill.cli.project import open_home
from tidemill.cli.terminal import columns, cut, paint
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.core.errors import StoreError
    from tidemill.core.keys import AssetKey, VersionAddress
    from tidemill.core.metadata import MetadataValue
    from tidemill.core.records import CheckResult, Version, VersionRef
    from tidemill.home import Home

EXAMPLE = """\
tidemill show model              the latest version, and the ones before
tidemill show model@3
tidemill show 'sales[eu]@2'      of a partition"""
LONGEST = 100
LONGEST_TEXT = 256  # bytes of a stored text that is shown itself
MOST_LINES = 12
HISTORY = 10
SUGGESTED = 1000  # partitions among which a near name is looked for
DIGITS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("asset", metavar="ASSET[@VERSION]", help="model, model@3, sales[eu], sales[eu]@2")
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print a version; 1 when its stored value is damaged."""
    from tidemill.core.keys import VersionAddress
    from tidemill.storage.keeping import drop_of

    home = open_home(settings)
    asked = VersionAddress.parse(arguments.asset)
    version = find_version(home, asked)
    damage = _damage(home, version)
    given = [s.check for s in home.store.checks(asset=version.asset) if s.check.version_id == version.id]
    checks = list({check.name: check for check in reversed(given)}.values())  # of each its last verdict
    if arguments.json:
        document = version_document(version)
        document["run_number"] = home.store.run(version.run_id).number if version.run_id else None
        document["checks"] = [check_document(check) for check in checks]
        document["damaged"] = damage is not None
        dropped = drop_of(home.store, version.id) if version.dropped else None
        document["dropped"] = {"at": iso(dropped.at), "because": dropped.reason} if dropped else None
        write_json(document)
    else:
        lines = [*_page(home, version, damage), *_checks(checks)]
        if asked.version is None:
            lines += _history(home, version, whole=asked.partition is None)
        sys.stdout.write("\n".join(lines) + "\n")
    home.close()
    if damage is not None:
        from tidemill.core.errors import DamagedArtifactError

        raise DamagedArtifactError(
            f"The value of {address(version)} is damaged: {damage.problem}",
            subject=address(version),
            found=damage.found,
            expected=damage.expected,
            next_step=f"materialize {version.asset.to_user_string()} again, or restore its file",
        )
    return 0


def find_version(home: Home, asked: VersionAddress) -> Version:
    """The version that an address names; the latest of any partition where it names none.

    Raises:
        ValueNotStoredError: There is none; near names are given.
    """
    from tidemill.core.errors import ValueNotStoredError
    from tidemill.core.suggest import did_you_mean

    store, name = home.store, asked.asset.to_user_string()
    known = [key.to_user_string() for key in store.asset_keys()]
    partitions = store.partitions(asked.asset, limit=SUGGESTED)
    if isinstance(asked.version, int) and name in known and (asked.partition is not None or not partitions):
        return store.version(asked.asset, asked.partition, asked.version)
    if asked.version is None:
        if asked.partition is None:
            versions = store.versions(asked.asset, limit=1)
        else:
            versions = store.versions(asked.asset, partition=asked.partition, limit=1)
        if versions:
            return versions[0]
    if name not in known:
        found, expected = f"no version of an asset {name!r}", ", ".join(known[:20])
        next_step = did_you_mean(name, known)
    elif isinstance(asked.version, str):
        found, expected, next_step = asked.version, "the number of a version", f"tidemill show {name}"
    elif asked.partition is None and not partitions:
        found, expected, next_step = _only_observed(home, asked)
    elif asked.partition is None:
        found, expected = "an asset with partitions", ", ".join(f"{name}[{key}]" for key in partitions[:10])
        next_step = f"name the partition: 'tidemill show {name}[{partitions[0]}]@{asked.version}'"
    else:
        found, expected = f"no version of partition {asked.partition!r}", ", ".join(partitions[:20])
        next_step = did_you_mean(asked.partition, partitions)
    raise ValueNotStoredError(
        f"The store in {home.folder} has no {asked}",
        subject=str(asked),
        found=found,
        expected=expected or "nothing was materialized here yet",
        next_step=next_step or f"materialize it: tidemill materialize -f FILE {name}",
    )


def _only_observed(home: Home, asked: VersionAddress) -> tuple[str, str, str]:
    """What is known of an asset that nothing here makes, in place of a version."""
    asset = asked.asset
    seen = home.store.observations([(asset, None)]).get((asset, None))
    found = f"an asset that was only observed{f', to be {seen[0]}' if seen is not None else ''}"
    return found, "an asset that was materialized", "`tidemill list` shows what is made from it"


def _damage(home: Home, version: Version) -> StoreError | None:
    """What is wrong with the stored bytes, if they are no longer those that were written.

    A file that nobody touched is not read; one that somebody did is read whole. Nothing is unpickled.
    """
    from tidemill.core.errors import StoreError
    from tidemill.core.records import FileIdentity

    artifact = version.artifact
    if artifact is None or version.dropped:
        return None
    try:
        path = home.artifacts.path(artifact.address)
        if artifact.inline is None and path.exists():
            found = path.stat()
            identity = FileIdentity(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            if identity == artifact.identity:
                return None
        verified = home.artifacts.verify(artifact)
        if verified is not None:
            home.store.record_identity(artifact.address, verified)
    except StoreError as error:
        return error
    return None


def _page(home: Home, version: Version, damage: StoreError | None) -> list[str]:
    run = f", by run {home.store.run(version.run_id).number}" if version.run_id else ""
    facts = [
        ("made", f"{moment(version.made_at)}, {ago(version.made_at, home.clock.now())}{run}"),
        ("value", _value(home, version, damage)),
        ("description", version.description),
        ("code", _short(version.code_version)),
        ("data", _short(version.data_version)),
        *((label, value) for label, value in version.tags.items()),
    ]
    lines = [address(version), *_pairs([(label, text) for label, text in facts if text])]
    if version.inputs:
        lines += ["", "made from", *(f"  {_input(home, ref)}" for ref in version.inputs)]
    if version.metadata:
        entries = [(label, metadata_text(value)) for label, value in version.metadata.items()]
        lines += ["", "metadata", *_pairs(entries)]
    return lines


def _short(version: str) -> str:
    """A version that the user gave, as it is; of a digest the first digits."""
    is_digest = len(version) >= 32 and all(c in "0123456789abcdef" for c in version)
    return version[:DIGITS] if is_digest else version


def _pairs(facts: list[tuple[str, str]]) -> list[str]:
    width = max(len(label) for label, _ in facts)
    indent = "\n" + " " * (width + 4)
    return [f"  {label:<{width}}  {text.replace(chr(10), indent)}".rstrip() for label, text in facts]


def _value(home: Home, version: Version, damage: StoreError | None) -> str:
    from tidemill.core.formats import SCALARS

    artifact, external = version.artifact, version.external
    if artifact is not None:
        kind = artifact.type_name
        if version.dropped:
            return f"{kind}, {size(artifact.size)}, {_drop(home, version)}"
        if damage is not None:
            return f"{kind}, {size(artifact.size)}, {paint('damaged', 'red', sys.stdout)}"
        if kind in SCALARS:
            value = home.load(version)
            return f"{number(value) if isinstance(value, (int, float)) else value} ({kind})"
        if kind == "str" and artifact.size <= LONGEST_TEXT:
            return f"{home.load(version)!r} (str)"
        return f"{kind}{_look(version)}, {size(artifact.size)}"
    if external is not None:
        place = f", at {external.identifier}" if external.identifier else ""
        return f"{external.type_name}{_look(version)}, kept by the I/O manager {external.manager!r}{place}".lstrip(
            ", "
        )
    return "none: the function returned nothing to store"


def _look(version: Version) -> str:
    """What the worker saw of the value, where that says more than its type: `, 8,000 × 20`."""
    preview = version.preview or {}
    said, own = str(preview.get("summary", "")), (version.type_name or "").rpartition(".")[2]
    return f", {cut(said, LONGEST)}" if said not in ("", own) and preview.get("kind") != "text" else ""


def _drop(home: Home, version: Version) -> str:
    from tidemill.storage.keeping import drop_of

    dropped = drop_of(home.store, version.id)
    when = f" {ago(dropped.at, home.clock.now())} ({dropped.reason})" if dropped is not None else ""
    return f"{paint('no longer stored', 'yellow', sys.stdout)}: retention dropped it{when}"


def _input(home: Home, ref: VersionRef) -> str:
    from tidemill.core.records import observation_id

    version, name = home.store.version_by_id(ref.id), ref.asset.to_user_string()
    if version is not None:
        return address(version)
    if ref.id == observation_id(ref.data_version):
        return f"{name} (observed to be {ref.data_version})"
    return f"{name} (removed: {ref.id})"


def metadata_text(value: MetadataValue) -> str:
    """A metadata value as the terminal shows it: a few lines at most, no image data."""
    from tidemill.core import metadata as kinds

    if isinstance(value, kinds.MarkdownMetadataValue):
        images = value.value.count("data:image")
        if images:
            return (
                f"Markdown with {'an image' if images == 1 else f'{images} images'}, {size(len(value.value))}"
            )
    if isinstance(value, kinds.TableMetadataValue):
        return _table_text([record.data for record in value.records])
    if isinstance(value, kinds.TableSchemaMetadataValue):
        return "\n".join(f"{column.name}: {column.type}" for column in value.schema.columns[:MOST_LINES])
    if isinstance(value, kinds.TimestampMetadataValue):
        return moment(int(value.value * 1_000_000))
    shown = getattr(value, "value", None)
    text = number(shown) if isinstance(shown, float) else str(shown if shown is not None else "none")
    lines = [cut(line, LONGEST) for line in text.splitlines()]
    more = len(lines) - MOST_LINES
    return "\n".join([*lines[:MOST_LINES], *([f"… {more} more lines"] if more > 0 else [])])


def _table_text(records: list[Any], most: int = 5) -> str:
    if not records:
        return "an empty table"
    names = list(records[0])
    room = (columns(sys.stdout) or LONGEST) - 20
    rows = [names, *([_cell(record.get(name)) for name in names] for record in records[:most])]
    widths = [max(len(row[index]) for row in rows) for index in range(len(names))]
    fitting = 1
    while fitting < len(names) and sum(widths[: fitting + 1]) + 2 * fitting <= room:
        fitting += 1
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row[:fitting], widths, strict=False))
        for row in rows
    ]
    more = [f"{len(records) - most} more rows"] if len(records) > most else []
    more += (
        [f"{len(names) - fitting} more columns: {', '.join(names[fitting:])}"] if fitting < len(names) else []
    )
    return "\n".join([*(line.rstrip() for line in lines), *(cut(f"… {text}", LONGEST) for text in more)])


def _cell(value: Any) -> str:
    text = number(value) if isinstance(value, float) else "" if value is None else str(value)
    return cut(" ".join(text.split()), 30)


def _checks(checks: list[CheckResult]) -> list[str]:
    lines = []
    for check in checks:
        evidence = ", ".join(f"{label} {metadata_text(value)}" for label, value in check.metadata.items())
        words = "; ".join(part for part in (check.description or "", evidence.replace("\n", " ")) if part)
        sign, color = ("✓", "green") if check.passed else ("✗" if check.severity == "ERROR" else "!", "red")
        lines.append(f"  {paint(sign, color, sys.stdout)} {cut(f'{check.name}  {words}'.rstrip(), LONGEST)}")
    return ["", "checks", *lines] if lines else []


def _history(home: Home, version: Version, *, whole: bool) -> list[str]:
    """The versions of the same slice; of an asset that was asked for as a whole, its partitions too."""
    now, store = home.clock.now(), home.store
    lines: list[str] = []
    past = store.versions(version.asset, partition=version.partition, limit=HISTORY + 1)
    if len(past) > 1:
        rows = [_history_line(f"@{one.number}", one, now) for one in past[:HISTORY]]
        lines += ["", "versions", *rows, *(["  …"] if len(past) > HISTORY else [])]
    if version.partition is not None and whole:
        most = HISTORY * 5
        keys = store.partitions(version.asset, limit=most + 1)
        if len(keys) > most and (told := _ranges(home, version.asset)):
            return [*lines, "", *told]
        latest = store.latest_versions([(version.asset, key) for key in keys[:most]])
        width = max(map(len, keys), default=0) + 6
        rows = [
            _history_line(f"[{key}]@{one.number}".ljust(width), one, now)
            for key in keys[:most]
            if (one := latest.get((version.asset, key))) is not None
        ]
        lines += ["", "partitions", *rows, *(["  …"] if len(keys) > most else [])]
    return lines


def _ranges(home: Home, asset: AssetKey) -> list[str]:
    """Which of many partitions were made, as the last run or `tidemill list` worked it out."""
    kept = home.store.spans(asset)
    if kept is None:
        return []
    ranges = kept.said.split("\n")
    shown = [f"  {each}" for each in ranges[: HISTORY * 2]]
    count = f"{home.store.partition_count(asset):,}"
    return [f"{count} partitions", *shown, *(["  …"] if len(ranges) > HISTORY * 2 else [])]


def _history_line(name: str, version: Version, now: int) -> str:
    told = [f"{label} {number(v.numeric)}" for label, v in version.metadata.items() if v.numeric is not None]
    made = size(version.artifact.size) if version.artifact is not None else ""
    made = "dropped" if version.dropped else made
    return f"  {name:<5} {ago(version.made_at, now):>12}  {made:>8}  {'  '.join(told[:5])}".rstrip()
