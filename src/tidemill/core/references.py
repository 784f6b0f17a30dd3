"""References to code: a place in a file of this machine, or an address."""

from __future__ import annotations

from collections.abc import Mapping

from tidemill.core.tables import Frozen, Json


class LocalFileCodeReference(Frozen):
    """A line of a file, or the file."""

    file_path: str
    line_number: int | None = None
    label: str | None = None


class UrlCodeReference(Frozen):
    """An address of code."""

    url: str
    label: str | None = None


def reference_of(data: Mapping[str, Json]) -> LocalFileCodeReference | UrlCodeReference:
    """The reference with those fields."""
    return UrlCodeReference(**data) if "url" in data else LocalFileCodeReference(**data)
