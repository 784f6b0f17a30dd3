"""The fingerprint of code: what a function is, with everything of the user's own project that it names.

    function ──known place?──▶ answer of an earlier process
                  └─walk────▶ graph ──▶ Recipe: fingerprint, parts, libraries, what was not covered

One `Fingerprints` belongs to one load of the user's code: what it has seen is not looked at again. See
`docs/design/0009-fingerprint.md`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, TypeAlias

from blake3 import blake3

from tidemill.code.cache import header
from tidemill.code.digests import DIGEST_BYTES, digest_of
from tidemill.code.graph import Graph, Part, Parts
from tidemill.code.libraries import Libraries, Precision
from tidemill.code.memory import Memory
from tidemill.code.project import Project
from tidemill.code.recipes import Recipe
from tidemill.code.sources import Sources
from tidemill.code.walk import Walk
from tidemill.core.collecting import uncollected

Facts: TypeAlias = tuple[Mapping[str, str], tuple[str, ...], tuple[str, ...], tuple[str, ...]]
NOTHING: dict[int, int] = {}
NEW = tuple.__new__


class Fingerprints:
    """Recipes of the functions of one project.

    Args:
        root: The project's folder: files are shown from there. What is own code does not depend on it.
        cache: A file to keep what was learnt in.
        library_versions: How much of a library's version counts.
    """

    def __init__(
        self, *, root: Path | None, cache: Path | None = None, library_versions: Precision = "minor"
    ) -> None:
        project = Project(root)
        self._root = root
        self._memory = Memory(
            Walk(project, Sources(), Graph()), cache, header(project.root, library_versions)
        )
        self._libraries = Libraries(library_versions, self._memory.providers)
        self._facts: dict[int, Facts] = {}
        self._is_open = False
        # Ten thousand are asked for at once, and each look-up on the way counts: these are made once.
        self._parts = self._gather
        self._graph = self._memory.walk.graph
        self._places = self._memory.places
        self._names = self._memory.names

    def recipe(  # without a keyword-only parameter, which would make each call a fifth slower
        self,
        fn: Any,
        code_version: str | None = None,
        reads: Sequence[str | Path] = (),
        depends_on_code: Sequence[object] = (),
    ) -> Recipe:
        """What the code of a function is.

        Args:
            fn: A function, or anything callable; of an asset or a check, its function counts.
            code_version: Stands for the code: nothing else counts.
            reads: Files and folders that the code reads, below the project's root if not absolute.
            depends_on_code: Functions, classes and modules that it reaches in ways that no reader of it can see.
        """
        if code_version is not None:
            return _declared(code_version)
        node = -1
        if type(fn) is FunctionType and fn.__closure__ is None:
            code = fn.__code__
            node = self._places.get(code.co_filename, NOTHING).get(code.co_firstlineno, -1)
            if node >= 0 and self._names[node] != code.co_qualname:
                node = -1
        if node < 0:
            if not self._is_open:  # asked only here, as it is asked ten thousand times
                self._open()
                return self.recipe(fn, reads=reads, depends_on_code=depends_on_code)
            node = self._walk_from(fn)
        if reads or depends_on_code:
            return self._with_declared(node, reads, depends_on_code)
        graph = self._graph
        mask = graph.total[node]
        libraries, unseen, files, computed = self._facts.get(mask) or self._facts_of(mask)
        parts = Parts(self._parts, node)
        # The constructor of a named tuple would take most of the time.
        return NEW(Recipe, (graph.digests[node], parts, libraries, unseen, files, computed))

    def _open(self) -> None:
        with uncollected():
            self._is_open = True
            self._memory.open()
            self._graph = self._memory.walk.graph
            self._places, self._names = self._memory.places, self._memory.names

    def save(self) -> None:
        """Write the cache file, if anything was learnt."""
        if self._is_open:
            with uncollected():
                self._memory.save()

    def _walk_from(self, fn: Any) -> int:
        with uncollected():
            self._memory.restore()
            node = self._memory.walk.root(fn)
            if type(fn) is FunctionType:
                code = fn.__code__
                self._memory.note(code.co_filename, code.co_firstlineno, code.co_qualname, node)
            return node

    def _gather(self, *roots: int) -> tuple[Part, ...]:
        self._memory.restore()
        hearts = self._memory.walk.hearts
        first = roots[0]
        while first in hearts:
            first = hearts[first]
        return self._memory.walk.graph.parts_of((first, *roots))

    def _facts_of(self, mask: int) -> Facts:
        """Libraries, unseen, files and computed constants that a mask stands for."""
        of = self._graph.facts_of
        facts = self._facts[mask] = (
            self._libraries.versions(of(mask, "library")),
            of(mask, "unseen"),
            of(mask, "file"),
            of(mask, "computed"),
        )
        return facts

    def _with_declared(
        self, node: int, reads: Sequence[str | Path], depends_on_code: Sequence[object]
    ) -> Recipe:
        with uncollected():
            self._memory.restore()
            others = [self._other(declared) for declared in depends_on_code]
        graph = self._graph
        mask = graph.total[node]
        for other in others:
            mask |= graph.total[other]
        files = [self._read(path) for path in reads]
        digests = [graph.digests[node], *sorted(graph.digests[other] for other in others)]
        digests += sorted(f"{part.name} {part.digest}" for part in files)
        libraries, unseen, paths, computed = self._facts_of(mask)
        missing = tuple(f"{part.name}, which does not exist" for part in files if not part.text)
        parts = Parts(lambda root: (*self._gather(root, *others), *files), node)
        return Recipe(digest_of("\n".join(digests)), parts, libraries, (*unseen, *missing), paths, computed)

    def _other(self, declared: object) -> int:
        return (
            self._memory.walk.module(declared)
            if isinstance(declared, ModuleType)
            else self._memory.walk.root(declared)
        )

    def _read(self, path: str | Path) -> Part:
        """A file that the code reads, or all files of a folder. The text says how many bytes; none if it is missing."""
        absolute = (self._root or Path.cwd()) / path
        name = (
            os.path.relpath(absolute, self._root)
            if self._root and self._root in absolute.parents
            else str(path)
        )
        name = name.replace(os.sep, "/")
        if absolute.is_dir():
            inside = sorted(each for each in absolute.rglob("*") if each.is_file())
            digest = digest_of(
                "\n".join(f"{each.relative_to(absolute).as_posix()} {_file_digest(each)}" for each in inside)
            )
            return Part("read", name, name, digest, f"{len(inside)} files")
        if not absolute.exists():
            return Part("read", name, name, digest_of("missing"))
        return Part("read", name, name, _file_digest(absolute), f"{absolute.stat().st_size} bytes")


def _declared(code_version: str) -> Recipe:
    part = Part("declared", "", "code_version", digest_of(code_version), code_version)
    return Recipe(digest_of(f"code_version {code_version}"), (part,))


def _file_digest(path: Path) -> str:
    return blake3().update_mmap(path).hexdigest(DIGEST_BYTES)
