"""What crosses between a step and the process that it started: two environment variables, a context, messages.

    step ──DAGSTER_PIPES_CONTEXT: where the context is──▶ process
    step ◀──lines of JSON, at the place in DAGSTER_PIPES_MESSAGES── process

The names and shapes are those of the open protocol Dagster Pipes, version 0.1, so that a process in any language, with
any of its libraries, can report. The variables hold JSON, packed: compressed by zlib, then base64.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

CONTEXT_VARIABLE = "DAGSTER_PIPES_CONTEXT"
MESSAGES_VARIABLE = "DAGSTER_PIPES_MESSAGES"
VERSION_FIELD = "__dagster_pipes_version"
VERSION = "0.1"
INFER = "__infer__"
"""The type of a metadata value of which nobody said it."""


def packed(value: Mapping[str, Any]) -> str:
    """A dict as the text of an environment variable."""
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


def unpacked(text: str) -> dict[str, Any]:
    """Inverse of `packed`."""
    return json.loads(zlib.decompress(base64.b64decode(text)))  # type: ignore[no-any-return]


def message(method: str, **params: Any) -> dict[str, Any]:
    """One message of a process to its step."""
    return {VERSION_FIELD: VERSION, "method": method, "params": params or None}


def typed(metadata: Mapping[str, Any] | None) -> dict[str, dict[str, Any]] | None:
    """Metadata with the type of each value: that which it says itself, or one to be inferred."""
    if metadata is None:
        return None
    return {
        label: dict(value)
        if isinstance(value, Mapping) and value.keys() == {"raw_value", "type"}
        else {"raw_value": value, "type": INFER}
        for label, value in metadata.items()
    }
