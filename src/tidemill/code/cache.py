"""What one process learnt of the user's code, kept for the next: one file, four layers, each read when needed.

    digest │ header │ files │ answers: fingerprint of each function, by its place; constants to look at again
                            │ graph:   what names what           (when something changed)
                            │ parts:   what a person is shown    (when somebody asks)
                            │ shapes:  what each file says       (of files that did not change)

Everything is plain (`marshal`): nothing in it can run code. It begins with its own digest, so that a damaged
file is as good as none, as is one of another Python, project or format.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from blake3 import blake3

FORMAT = 1
MAGIC = b"tidemill fingerprints\n"
DIGEST_BYTES = 32
Mask: TypeAlias = int


class Answers(NamedTuple):
    """What is read always.

    Attributes:
        places: File → first line → (qualified name, node) of functions.
        digests, totals: Of each node; totals as places in `masks`.
        facts: What the bits of the masks stand for.
        quick: (file, name, node, digest of the text) of names that hold plain values.
        watched: Nodes of names that hold something else.
    """

    places: dict[str, dict[int, tuple[str, int]]]
    digests: list[str]
    totals: list[int]
    masks: list[Mask]
    facts: list[tuple[Any, str]]
    quick: list[tuple[str, str, int, str]]
    watched: list[tuple[str, str, int]]


class Links(NamedTuple):
    """What the nodes are, but for what a person sees."""

    own: list[str]
    edges: list[tuple[int, ...]]
    direct: list[int]
    anchors: list[tuple[str, str, int, int]]


class Kept(NamedTuple):
    """A cache file. `files` gives digest and names that are set elsewhere; the rest is packed."""

    files: dict[str, tuple[str, tuple[str, ...]]]
    providers: dict[str, list[str]]
    answers: bytes
    links: bytes
    parts: bytes
    shapes: Mapping[str, bytes]


def header(root: str | None, precision: str) -> tuple[Any, ...]:
    """What a cache file must agree in, to be of use."""
    return (FORMAT, sys.version, root, precision)


def read_cache(path: Path, expected: tuple[Any, ...]) -> Kept | None:
    """The file, or None where it is missing, damaged or of no use."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    start = len(MAGIC) + DIGEST_BYTES
    if content[: len(MAGIC)] != MAGIC or content[len(MAGIC) : start] != blake3(content[start:]).digest():
        return None
    try:
        found, *rest = marshal.loads(content[start:])
        return Kept(*rest) if found == expected else None
    except (ValueError, TypeError, EOFError):
        return None


def write_cache(path: Path, head: tuple[Any, ...], kept: Kept) -> None:
    """Write the file whole, or not at all."""
    content = pack((head, *kept))
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(MAGIC + blake3(content).digest() + content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def pack(value: object) -> bytes:
    """Plain values as bytes; named tuples become tuples."""
    return marshal.dumps(plain(value))


def unpack(content: bytes) -> Any:
    """The values."""
    return marshal.loads(content)


def plain(value: Any) -> Any:
    """The same without subclasses, which marshal refuses."""
    if isinstance(value, tuple):
        return tuple([plain(each) for each in value])
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items()}
    return value
