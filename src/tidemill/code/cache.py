"""What one process learnt of the user's code, kept for the next: one file, four layers, each read when needed.

    digest │ header │ files │ answers: fingerprint of each function, by its place; constants to look at again
                            │ graph:   what names what           (when something changed)
                            │ parts:   what a person is shown    (when somebody asks)
                            │ shapes:  what each file says       (of files that did not change)

Everything is plain (`marshal`): nothing in it can run code. Each section has its digest in the head and the head
its own, so that a damaged file is as good as none, as is one of another Python, project or format.
"""

from __future__ import annotations

import marshal
import mmap
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from blake3 import blake3

CACHE_NAME = "fingerprints"
FORMAT = 3
MAGIC = b"tidemill fingerprints\n"
DIGEST_BYTES = 32
GRAPH = ("answers", "links", "parts")  # verified at once, as answers are given before the rest is read
Mask: TypeAlias = int


class Section(NamedTuple):
    """A part of the file, which is read when it is needed."""

    content: memoryview
    offset: int
    size: int
    digest: bytes

    @property
    def raw(self) -> memoryview:
        """Its bytes."""
        return self.content[self.offset : self.offset + self.size]

    @property
    def is_whole(self) -> bool:
        """Whether it is what was written."""
        return blake3(self.raw).digest() == self.digest

    def unpack(self) -> Any:
        """Its values; only where it is whole."""
        return marshal.loads(self.raw)


class Answers(NamedTuple):
    """What is read always.

    Attributes:
        places: File → first line → node of functions.
        names: Of each node: the qualified name of a function, else nothing.
        digests, totals: Of each node; totals as places in `masks`.
        facts: What the bits of the masks stand for.
        quick: (file, name, node, digest of the text) of names that hold plain values.
        watched: Nodes of names that hold something else.
    """

    places: dict[str, dict[int, int]]
    names: list[str]
    digests: list[str]
    totals: list[int]
    masks: list[Mask]
    facts: list[tuple[Any, str]]
    quick: list[tuple[str, str, int, str]]
    watched: list[tuple[str, str, int]]


class Links(NamedTuple):
    """What the nodes are, but for what a person sees: as the graph has it, so that nothing is made of it.

    Attributes:
        anchors: (file, name) → node.
        lines: Node of a function → its line.
    """

    own: list[str]
    edges: list[Sequence[int]]
    direct: list[int]
    anchors: dict[tuple[str, str], int]
    lines: dict[int, int]


class Kept(NamedTuple):
    """A cache file.

    Attributes:
        files: Digest of each, and the names that it may set in others.
        providers: Distributions of modules, by folder and name.
        imports: Modules that functions import for themselves.
        sections: `answers`, `links`, `parts`, and the shapes of each file by its path.
    """

    files: dict[str, tuple[str, tuple[str, ...]]]
    providers: dict[str, list[str]]
    imports: list[str]
    sections: Mapping[str, Section]


def header(root: str | None, precision: str) -> tuple[Any, ...]:
    """What a cache file must agree in, to be of use."""
    return (FORMAT, sys.version, root, precision)


def read_cache(path: Path, expected: tuple[Any, ...]) -> Kept | None:
    """The file, or None where it is missing, damaged or of no use."""
    try:
        content = _content(path)
        if content[: len(MAGIC)] != MAGIC:
            return None
        start = len(MAGIC) + 8
        size = int.from_bytes(content[len(MAGIC) : start], "little")
        view = memoryview(content)
        head = Section(view, start + DIGEST_BYTES, size, content[start : start + DIGEST_BYTES])
    except (OSError, ValueError):
        return None
    if not head.is_whole:
        return None
    found, files, providers, imports, table = head.unpack()
    if found != expected:
        return None
    offset = start + DIGEST_BYTES + size
    sections = {}
    for name, length, digest in table:
        sections[name] = Section(view, offset, length, digest)
        offset += length
    if not all(sections[name].is_whole for name in GRAPH if name in sections):
        return None
    return Kept(files, providers, imports, sections)


def _content(path: Path) -> bytes | mmap.mmap:
    if sys.platform == "win32":  # where a file that is mapped cannot be replaced
        return path.read_bytes()
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def write_cache(
    path: Path, head: tuple[Any, ...], rest: tuple[Any, ...], sections: Mapping[str, bytes | memoryview]
) -> None:
    """Write the file whole, or not at all; `rest` is what a `Kept` holds before its sections."""
    table = [(name, len(content), blake3(content).digest()) for name, content in sections.items()]
    first = pack((head, *rest, table))
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(MAGIC + len(first).to_bytes(8, "little") + blake3(first).digest() + first)
            file.writelines(sections.values())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def pack(value: object) -> bytes:
    """Plain values as bytes; named tuples become tuples."""
    return marshal.dumps(plain(value))


def plain(value: Any) -> Any:
    """The same without subclasses, which marshal refuses."""
    if isinstance(value, tuple):
        return tuple([plain(each) for each in value])
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return value
