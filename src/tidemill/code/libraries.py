"""Which installed distribution a module comes from, and its version: from the folder that both lie in.

    module `sklearn` ──▶ its folder ──▶ `scikit_learn-1.9.1.dist-info` beside it ──▶ scikit-learn 1.9

The standard library can tell too, by reading the records of everything installed. Here one listing of the
folder gives all names and versions; records are read only for a module that is not called as its distribution.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.machinery import PathFinder
from typing import Literal, NamedTuple

Precision = Literal["exact", "minor", "off"]
UNKNOWN = "?"
ENDS = (b"/", b".py,", b".cpython", b".abi3", b".pyd")  # of a module's name in a list of files


class Installed(NamedTuple):
    """A distribution: the folder of its records, its name as it is written today, its version."""

    records: str
    name: str
    version: str


class Libraries:
    """Distributions of library modules, looked up once each. `known` are providers from an earlier process."""

    def __init__(self, precision: Precision, known: dict[str, list[str]] | None = None) -> None:
        self.precision = precision
        self.known = known if known is not None else {}
        self._folders: dict[str, dict[str, Installed]] = {}
        self._versions: dict[str, dict[str, str]] = {}

    def versions(self, tops: Iterable[str]) -> Mapping[str, str]:
        """Distribution → version of the modules named (`sklearn`); nothing where versions do not count."""
        if self.precision == "off":
            return {}
        found: dict[str, str] = {}
        for top in tops:
            if top not in self._versions:
                self._versions[top] = self._lookup(top)
            found.update(self._versions[top])
        return dict(sorted(found.items()))

    def _lookup(self, top: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for folder in _folders_of(top):
            installed = self._installed(folder)
            for name in self._providers(top, folder, installed):
                found[name] = self._cut(installed[name].version)
        if not found:
            version = getattr(sys.modules.get(top), "__version__", None)
            found[top] = self._cut(version) if isinstance(version, str) else UNKNOWN
        return found

    def _cut(self, version: str) -> str:
        if self.precision == "exact":
            return version
        matched = re.match(r"\d+(?:\.\d+)?", version)
        return matched.group() if matched else version

    def _installed(self, folder: str) -> dict[str, Installed]:
        if folder not in self._folders:
            self._folders[folder] = {each.name: each for each in _distributions(folder)}
        return self._folders[folder]

    def _providers(self, top: str, folder: str, installed: Mapping[str, Installed]) -> list[str]:
        same = normalised(top)
        if same in installed:
            return [same]
        key = f"{folder}:{top}"
        before = self.known.get(key)
        if before is None or not all(name in installed for name in before):
            self.known[key] = [each.name for each in installed.values() if _provides(folder, each, top)]
        return self.known[key]


def normalised(name: str) -> str:
    """The name of a distribution as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _folders_of(top: str) -> Iterator[str]:
    """Folders that hold a top-level module, without importing it."""
    spec = getattr(sys.modules.get(top), "__spec__", None)
    if spec is None:
        try:
            spec = PathFinder.find_spec(top)
        except (ImportError, ValueError):
            return
    if spec is None:
        return
    places = list(spec.submodule_search_locations or ()) or [spec.origin or ""]
    yield from dict.fromkeys(os.path.dirname(place) for place in places)  # noqa: PTH120


def _distributions(folder: str) -> Iterator[Installed]:
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return
    for records in names:
        stem, dot, suffix = records.rpartition(".")
        if dot and suffix in ("dist-info", "egg-info"):
            name, _, version = stem.partition("-")
            yield Installed(records, normalised(name), version.partition("-py")[0] or UNKNOWN)


def _provides(folder: str, installed: Installed, top: str) -> bool:
    """Whether a distribution brings a top-level module; asked of everything installed, so a file is searched once."""
    records, wanted = f"{folder}/{installed.records}", top.encode()
    for name in ("top_level.txt", "RECORD", "SOURCES.txt"):
        try:
            with open(f"{records}/{name}", "rb", buffering=0) as file:  # noqa: PTH123  (hundreds of them)
                content = b"\n" + file.read()
        except OSError:
            continue
        if name == "top_level.txt":
            if wanted in content.split():
                return True
            continue
        start = content.find(b"\n" + wanted)
        if start >= 0 and any(content.find(b"\n" + wanted + end, start) >= 0 for end in ENDS):
            return True
    return False
