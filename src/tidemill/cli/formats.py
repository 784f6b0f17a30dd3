"""How the command line writes sizes, durations, moments and JSON."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tidemill.core.formats import duration as duration, number as number, size as size
from tidemill.core.keys import AssetKey, VersionAddress
from tidemill.core.metadata import MetadataValue

if TYPE_CHECKING:
    from tidemill.core.records import ErrorInfo, Version


def moment(at: int) -> str:
    """A moment (UTC microseconds) in the machine's zone, to the second."""
    return datetime.fromtimestamp(at / 1_000_000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ago(at: int, now: int) -> str:
    """How long ago a moment was: `just now`, `5 min ago`, `3 h ago`, `12 days ago`."""
    seconds = max(0, now - at) // 1_000_000
    for limit, unit, name in ((90, 1, "s"), (5400, 60, "min"), (129_600, 3600, "h")):
        if seconds < limit:
            return f"{seconds // unit} {name} ago" if seconds >= 2 else "just now"
    return f"{seconds // 86_400} days ago" if seconds >= 172_800 else "1 day ago"


def iso(at: int | None) -> str | None:
    """A moment as ISO 8601 with Z, to the microsecond."""
    if at is None:
        return None
    text = datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{at % 1_000_000:06d}Z"


def first_line(error: ErrorInfo) -> str:
    """The first line of an error's message, its class without the module."""
    first = (error.message.strip().splitlines() or [error.cls_name or "error"])[0]
    name, colon, rest = first.partition(": ")
    return name.rpartition(".")[2] + colon + rest if " " not in name else first


def address(version: Version) -> str:
    """How a user names the version: `model@3`, `sales[eu]@2`."""
    return str(VersionAddress(version.asset, version.partition, version.number))


def plural(count: int, name: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{count} {name}{'' if count == 1 else 's'}"


def write_json(document: object) -> None:
    """Print a document of plain values, keys and metadata as JSON; NaN and infinities become strings."""
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(_plain(document), indent=2, ensure_ascii=not is_utf8, allow_nan=False)
    sys.stdout.write(text + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, AssetKey):
        return value.to_user_string()
    if isinstance(value, MetadataValue):
        return _plain(value.to_json())
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value
