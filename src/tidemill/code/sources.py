"""Source files, each read and parsed at most once, and the shapes of what they define.

    path ──read──▶ digest ──known?──▶ shapes that were kept
                       └──parse──▶ tree ──▶ shapes of all functions and classes; the tree is dropped
                       (of an edited file, what was edited: `pieces`)

A tree takes fifty times the memory of its file, and the garbage collector visits all of it. What is asked for
later and rarely (a lambda, the statement of a value) parses the file once more. What cannot be read or parsed
has no shapes, and code that is not where its code object says is not found: then the compiled code is
compared (`compiled`).
"""

from __future__ import annotations

import ast
import os
import sys
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

from blake3 import blake3

from tidemill.code.bindings import Binding, ModuleShape, module_shape, names_set, statements
from tidemill.code.cache import Section
from tidemill.code.compiled import compiled_digest
from tidemill.code.digests import DIGEST_BYTES
from tidemill.code.normal_form import Form
from tidemill.code.pieces import Piece, all_stand, pieces_of, with_stubs
from tidemill.code.shapes import Aside, ClassShape, FunctionShape, class_shape, form_of, function_shape
from tidemill.code.syntax import Function

DEEPEST = 50_000
LONGEST_READ = 1 << 18
EDITED = "edited while it was read"  # no digest, so that the next process looks again
NO_MODULE = ModuleShape({}, ())
# What holds statements; most statements do not.
BLOCKS = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Match, ast.match_case),
    *(ast.Try, ast.TryStar, ast.ExceptHandler),
)


class Source:
    """One file. `kept` are its shapes from an earlier process, as plain tuples; `before`, those of an earlier text."""

    def __init__(
        self, path: str, content: bytes, digest: str, kept: Section | None, before: Section | None = None
    ) -> None:
        self.path = path
        self.digest = digest
        self._content = content
        self._kept = kept
        self._before = before
        self._shapes: dict[Any, Any] | None = None
        self._index: weakref.ref[Index] | None = None
        self._functions: dict[Any, FunctionShape | None] = {}
        self._classes: dict[str, ClassShape | None] = {}
        self._module: ModuleShape | None = None
        self._assigned: tuple[str, ...] | None = None

    @property
    def shapes(self) -> dict[Any, Any]:
        """What the file defines, by (line, name), ("class", name), ("statement", name), "module", "pieces"."""
        if self._shapes is None:
            kept = self._kept
            usable = kept is not None and kept.is_whole
            self._shapes = kept.unpack() if kept is not None and usable else self._write_shapes()
        return self._shapes

    @property
    def is_read(self) -> bool:
        """Whether the shapes were asked for."""
        return self._shapes is not None

    @property
    def assigned(self) -> tuple[str, ...]:
        """Names that the file may set in other modules."""
        if self._assigned is None:
            self._assigned = names_set(self._content.decode("utf-8", "replace"))
        return self._assigned

    def _write_shapes(self) -> dict[Any, Any]:
        before = self._before.unpack() if self._before is not None and self._before.is_whole else {}
        pieces = before.get("pieces", ())
        shapes: dict[Any, Any] = {}
        index, found = self._parsed(map(Piece._make, pieces)) if pieces else (self.index(), [])
        for old, now in found:
            shapes.update({place: before[was] for was, place in zip(old.inside, now.inside, strict=True)})
        stubs = {now.place for _, now in found}
        written = {key: node for key, node in index.functions.items() if key not in stubs}
        with _deep():
            shapes.update({key: function_shape(node) for key, node in written.items()})
            shapes.update({("class", name): class_shape(nodes) for name, nodes in index.classes.items()})
        shapes["module"] = NO_MODULE
        if index.tree is not None:
            classes = [node.lineno for nodes in index.classes.values() for node in nodes]
            others = pieces_of(self._content, index.tree, written, classes, stubs)
            shapes |= {"module": module_shape(index.tree), "pieces": [*(now for _, now in found), *others]}
        return shapes

    def _parsed(self, pieces: Iterable[Piece]) -> tuple[Index, list[tuple[Piece, Piece]]]:
        """The tree with stubs for the pieces that still stand, and these as they were and are; else the whole tree."""
        content, found = with_stubs(self._content, pieces)
        if found:
            with _deep():
                index = Index(content)
            if all_stand(index.tree, [now for _, now in found]):
                return index, found
        return self.index(), []

    def index(self) -> Index:
        """The tree, by what it defines. It lives as long as somebody holds it."""
        index = self._index() if self._index is not None else None
        if index is None:
            with _deep():
                index = Index(self._content)
            self._index = weakref.ref(index)
        return index

    def function(self, code: CodeType) -> FunctionShape | None:
        """The shape of a function by its compiled code; None where it does not stand there."""
        key: Any = (code.co_firstlineno, code.co_name)
        if code.co_name == "<lambda>":
            column = _column(code)  # a constant has none: what is compiled tells it from the next
            key = (*key, column if column >= 0 else compiled_digest(code))
        if key not in self._functions:
            shapes = self.shapes
            if key not in shapes and code.co_name == "<lambda>":
                index = self.index()
                node = index.lambda_of(code)
                with _deep():
                    shapes[key] = None if node is None else function_shape(node, index.lambda_name(node))
            self._functions[key] = _function(shapes.get(key))
        return self._functions[key]

    def class_(self, qualname: str) -> ClassShape | None:
        """The shape of a class by its qualified name."""
        if qualname not in self._classes:
            self._classes[qualname] = _class(self.shapes.get(("class", qualname)))
        return self._classes[qualname]

    @property
    def module(self) -> ModuleShape:
        """What the file binds."""
        if self._module is None:
            bindings, stars = self.shapes["module"]
            self._module = ModuleShape({n: Binding._make(b) for n, b in bindings.items()}, stars)
        return self._module

    def statement(self, name: str) -> Form:
        """The statements that bind a name of the module."""
        key = ("statement", name)
        shapes = self.shapes
        if key not in shapes:
            tree = self.index().tree
            found = [node for bound, node, _ in statements(tree.body) if bound == name] if tree else []
            with _deep():
                shapes[key] = form_of(found)
        return Form._make(shapes[key])


def _function(kept: Any) -> FunctionShape | None:
    if kept is None or isinstance(kept, FunctionShape):
        return kept
    name, digest, uses, unseen, decorators, defaults = kept
    return FunctionShape(name, digest, uses, unseen, _asides(decorators), _asides(defaults))


def _asides(kept: Any) -> tuple[Aside, ...]:
    return tuple(Aside._make(each) for each in kept) if kept else ()


def _class(kept: Any) -> ClassShape | None:
    if kept is None or isinstance(kept, ClassShape):
        return kept
    shape = ClassShape._make(kept)
    return shape._replace(decorators=_asides(shape.decorators))


class Index:
    """A parsed file, by the place and the qualified name of what it defines; empty where it does not parse."""

    def __init__(self, content: bytes) -> None:
        self.tree: ast.Module | None = None
        self.functions: dict[tuple[int, str], Function] = {}
        self.classes: dict[str, list[ast.ClassDef]] = {}
        self._lambdas: dict[int, list[ast.Lambda]] | None = None
        self._names: dict[ast.Lambda, str] = {}
        try:
            self.tree = ast.parse(content)
        except (SyntaxError, ValueError, RecursionError):
            return
        self._define(self.tree.body, "")

    def _define(self, body: list[Any], prefix: str) -> None:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                self.functions[first, node.name] = node
                self._define(node.body, f"{prefix}{node.name}.<locals>.")
            elif isinstance(node, ast.ClassDef):
                self.classes.setdefault(prefix + node.name, []).append(node)
                self._define(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, BLOCKS):
                for field in ("body", "orelse", "finalbody", "handlers", "cases"):
                    inner = getattr(node, field, None)
                    if inner:
                        self._define(inner, prefix)

    def lambda_of(self, code: CodeType) -> ast.Lambda | None:
        """The lambda of a code object."""
        if self._lambdas is None:
            self._lambdas = {}
            for node in ast.walk(self.tree) if self.tree else ():
                if isinstance(node, ast.Lambda):
                    self._lambdas.setdefault(node.lineno, []).append(node)
                elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
                    self._names[node.value] = getattr(node.targets[0], "id", "")
        found = self._lambdas.get(code.co_firstlineno, [])
        return found[0] if len(found) == 1 else _which(code, found)

    def lambda_name(self, node: ast.Lambda) -> str:
        """What a lambda is assigned to, where it is."""
        return self._names.get(node, "")


@contextmanager
def _deep() -> Iterator[None]:
    """Allow for expressions of a thousand terms, each of which lies in the next."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _column(code: CodeType) -> int:
    """Where the body of a lambda begins in its line, as far as its instructions say."""
    columns = [column for _, _, column, end in code.co_positions() if column is not None and end]
    return min(columns, default=-1)


def _which(code: CodeType, found: list[ast.Lambda]) -> ast.Lambda | None:
    """The one of several lambdas of a line: by the column of its body, or by what it compiles to."""
    column = _column(code)
    at = [node for node in found if node.body.col_offset == column]
    if len(at) == 1:
        return at[0]
    same = [node for node in found if _compiles_to(node, code)]
    shapes = {function_shape(node).digest for node in same}
    return same[0] if len(shapes) == 1 else None


def _compiles_to(node: ast.Lambda, code: CodeType) -> bool:
    compiled = compile(ast.Expression(node), "<lambda>", "eval")
    made = next(constant for constant in compiled.co_consts if isinstance(constant, CodeType))
    same = ("co_code", "co_names", "co_varnames", "co_argcount")
    return all(getattr(made, name) == getattr(code, name) for name in same) and _constants(
        made
    ) == _constants(code)


def _constants(code: CodeType) -> list[str]:
    return [repr(constant) for constant in code.co_consts if not isinstance(constant, CodeType)]


class Sources:
    """All files that were read in this process. `kept` gives shapes by (path, digest) from an earlier one."""

    def __init__(self) -> None:
        self.files: dict[str, Source | None] = {}
        self.kept: dict[str, tuple[str, Section]] = {}
        self._digests: dict[str, str] = {}
        self._buffer = bytearray()

    def at(self, path: str) -> Source | None:
        """The file, or the cell of a notebook; None where there is none."""
        if path not in self.files:
            content = read(path)
            if content is None:
                self.files[path] = None
            else:
                digest = blake3(content).hexdigest(DIGEST_BYTES)
                if self._digests.get(path, digest) != digest:
                    digest = EDITED
                before, kept = self.kept.get(path, ("", None))
                same = before == digest
                self.files[path] = Source(path, content, digest, *((kept, None) if same else (None, kept)))
        return self.files[path]

    def digest(self, path: str) -> str:
        """The digest of a file, empty where there is none.

        Most are asked for nothing else. Their bytes go through one buffer: memory that is used for the first time
        takes longer to come by than what is read into it.
        """
        if path in self.files or not hasattr(os, "readv"):
            source = self.at(path)
            return source.digest if source is not None else ""
        known = self._digests.get(path)
        if known is None:
            known = self._digests[path] = self._hashed(path)
        return known

    def _hashed(self, path: str) -> str:
        self._buffer = self._buffer or bytearray(LONGEST_READ)
        hasher = blake3()
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                while size := os.readv(file, [self._buffer]):
                    hasher.update(memoryview(self._buffer)[:size])
            finally:
                os.close(file)
        except (OSError, ValueError):
            source = self.at(path)  # of an interactive session
            return source.digest if source is not None else ""
        return hasher.hexdigest(DIGEST_BYTES)

    def __iter__(self) -> Iterator[Source]:
        return (source for source in self.files.values() if source is not None)


def read(path: str) -> bytes | None:
    """The bytes of a file, or of what an interactive session remembers under that name."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123  (a Path costs as much as reading)
            return file.read()
    except (OSError, ValueError):
        remembered = getattr(sys.modules.get("linecache"), "cache", {}).get(path)
        return "".join(remembered[2]).encode() if remembered and len(remembered) > 2 else None
