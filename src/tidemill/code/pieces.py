"""The functions of an edited file that were not edited: known by their text, so that only the rest is parsed.

    new text ──find──▶ text with a stub for each function that is known ──parse──▶ tree, a hundredth of the size
                                                                             └──▶ shapes, beside those that were kept

To parse is nine tenths of what an edit costs, and most edits touch one function of a file. Whether a text is a
function is not told by its text alone: it may stand in a string that the edit began. So each stub must be found
in the tree as a statement of the module, in its line; then what comes before it ended there, and the text in its
place says what it said before. Otherwise the whole file is parsed.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple
from zlib import crc32

from blake3 import blake3

from tidemill.code.syntax import called

Place = tuple[int, str]  # line and name

_START = re.compile(rb"^(?:@|def |async def )", re.MULTILINE)
_COOKIE = re.compile(rb"\A(?:[^\n]*\n)?[^\n]*coding[:=]")


class Piece(NamedTuple):
    """The text of a function of the module, and what it defines.

    Attributes:
        head: Checksum of its first line.
        size, digest: Of its lines.
        place: Where it stood when it was parsed.
        decorators: By the names that are called.
        inside: Places of itself and of functions in it.
    """

    head: int
    size: int
    digest: bytes
    place: Place
    decorators: tuple[str, ...]
    inside: tuple[Place, ...]

    def at(self, line: int) -> Piece:
        """The same in another line."""
        move = line - self.place[0]
        inside = tuple([(each + move, name) for each, name in self.inside]) if move else self.inside
        return self._replace(place=(line, self.place[1]), inside=inside)

    @property
    def stub(self) -> bytes:
        """A function that binds the same name, with as much of its decorators as counts for the module."""
        lines = [f"@{name or 0}\n" for name in self.decorators]
        return "".join([*lines, f"def {self.place[1]}(): 0\n"]).encode()


def pieces_of(
    content: bytes,
    tree: ast.Module,
    functions: Iterable[Place],
    classes: Iterable[int],
    stubs: Collection[Place],
) -> Iterator[Piece]:
    """The functions of a module that another process can know again.

    Args:
        content: The file.
        tree: What it says, or what it says with stubs.
        functions: Places of all functions.
        classes: First lines of all classes. Their shapes are made of all statements of a name, wherever these stand.
        stubs: Places of those, which are no functions of the file.
    """
    if not _is_plain(content):
        return
    starts = _line_starts(content)
    places, lines = sorted(functions), sorted(classes)
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        place, last = _place_of(node), node.end_lineno or 0
        if place in stubs or bisect_left(lines, place[0]) != bisect_left(lines, last + 1):
            continue
        text = content[starts[place[0] - 1] : starts[last]]
        decorators = tuple(map(called, node.decorator_list))
        if _is_closed(text) and _START.match(text) and "".join([node.name, *decorators]).isascii():
            inside = places[bisect_left(places, (place[0], "")) : bisect_left(places, (last + 1, ""))]
            yield Piece(_head(text), len(text), _digest(text), place, decorators, tuple(inside))


def with_stubs(content: bytes, pieces: Iterable[Piece]) -> tuple[bytes, list[tuple[Piece, Piece]]]:
    """A file with a stub in place of each piece that stands in it, and these pieces as they were and are."""
    if not _is_plain(content):
        return content, []
    by_head: dict[int, list[Piece]] = {}
    for piece in pieces:
        by_head.setdefault(piece.head, []).append(piece)
    out: list[bytes] = []
    found: list[tuple[Piece, Piece]] = []
    done, line = 0, 1  # what was looked at, and the line in which that ends
    for matched in _START.finditer(content):
        start = matched.start()
        if start < done:
            continue
        for piece in by_head.get(_head(content, start), ()):
            text = content[start : start + piece.size]
            if _digest(text) != piece.digest:
                continue
            line += content.count(b"\n", done, start)
            lines = text.count(b"\n")
            out += (content[done:start], piece.stub, b"\n" * (lines - 1 - len(piece.decorators)))
            found.append((piece, piece.at(line)))
            done, line = start + piece.size, line + lines
            break
    out.append(content[done:])
    return b"".join(out), found


def all_stand(tree: ast.Module | None, pieces: Iterable[Piece]) -> bool:
    """Whether each stub became a statement of the module, in its line."""
    if tree is None:
        return False
    standing = {_place_of(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
    return all(piece.place in standing for piece in pieces)


def _is_plain(content: bytes) -> bool:
    """Whether bytes mean the same in every such file, and lines end where Python says."""
    return not _COOKIE.match(content) and content.count(b"\r") == content.count(b"\r\n")


def _is_closed(text: bytes) -> bool:
    """Whether what follows cannot go on with the last line."""
    return text[-1:] == b"\n" and not text.rstrip().endswith(b"\\")


def _place_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Place:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]), node.name


def _line_starts(content: bytes) -> list[int]:
    starts = [0]
    starts += [matched.end() for matched in re.finditer(rb"\n", content)]
    return starts if content[-1:] == b"\n" else [*starts, len(content)]


def _head(content: bytes, start: int = 0) -> int:
    end = content.find(b"\n", start)
    return crc32(content[start : end if end >= 0 else len(content)])


def _digest(text: bytes) -> bytes:
    return blake3(text).digest(16)
