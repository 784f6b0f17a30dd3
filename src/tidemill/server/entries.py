"""Metadata values as the API has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from tidemill.core.metadata import MetadataValue
from tidemill.server.models import MetadataEntry, Number


def metadata_entries(metadata: Mapping[str, MetadataValue]) -> list[MetadataEntry]:
    """Each value by its label."""
    return [metadata_entry(label, value) for label, value in metadata.items()]


def metadata_entry(label: str, value: MetadataValue) -> MetadataEntry:
    """A value with its kind; what JSON has no word for is a text."""
    numeric = value.numeric
    said = {name: inner for name, inner in value.to_json().items() if name != "type"}
    return MetadataEntry(
        label=label,
        type=value.kind,
        value=said,
        number=None if numeric is None else number(numeric),
    )


def number(value: float) -> Number:
    """A number as JSON can say it: "NaN", "Infinity" and "-Infinity" are texts."""
    if math.isfinite(value):
        return value
    text: Any = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return cast("Number", text)
