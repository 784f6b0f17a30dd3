"""What differs between two mappings, entry by entry."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from tidemill.server.models import Change
from tidemill.server.reading.shapes import as_number

NOT_THERE = object()


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Entries that differ, in order of the names in `before`, then those that are new."""
    found = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, NOT_THERE), after.get(name, NOT_THERE)
        if not _same(old, new):
            found.append(
                Change(
                    name=name,
                    before=None if old is NOT_THERE else old,
                    after=None if new is NOT_THERE else new,
                    delta=_delta(old, new),
                )
            )
    return found


def flat_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The same of nested mappings, by dotted names."""
    return changes_between(dict(_flat(before)), dict(_flat(after)))


def _same(old: object, new: object) -> bool:
    if isinstance(old, float) and isinstance(new, float) and math.isnan(old) and math.isnan(new):
        return True
    return type(old) is type(new) and old == new


def _delta(old: object, new: object) -> Any:
    if isinstance(old, bool) or isinstance(new, bool):
        return None
    if isinstance(old, (int, float)) and isinstance(new, (int, float)):
        try:
            return as_number(float(new) - float(old))
        except OverflowError:
            return None
    return None


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
