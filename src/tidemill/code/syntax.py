"""What counts of a syntax tree, node by node, and small questions about nodes.

A field that a later Python adds to a node counts for nothing until it is listed here; a node that it adds is
written with all its fields.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

FIELDS: dict[str, str] = {
    "Assign": "targets value", "Assert": "test msg", "AsyncFor": "target iter body orelse", "AsyncWith": "items body",
    "Attribute": "value attr", "AugAssign": "target op value", "Await": "value", "BinOp": "left op right",
    "BoolOp": "op values", "Call": "func args keywords", "Compare": "left ops comparators", "Delete": "targets",
    "Dict": "keys values", "DictComp": "generators key value", "ExceptHandler": "type name body", "Expr": "value",
    "For": "target iter body orelse", "GeneratorExp": "generators elt", "Global": "names", "If": "test body orelse",
    "IfExp": "test body orelse", "Import": "names", "ImportFrom": "module level names", "List": "elts",
    "ListComp": "generators elt", "MatchAs": "pattern name", "MatchClass": "cls patterns kwd_attrs kwd_patterns",
    "MatchMapping": "keys patterns rest", "MatchOr": "patterns", "MatchSequence": "patterns",
    "MatchSingleton": "value", "MatchStar": "name", "MatchValue": "value", "Match": "subject cases",
    "NamedExpr": "target value", "Nonlocal": "names", "Raise": "exc cause", "Return": "value", "Set": "elts",
    "SetComp": "generators elt", "Slice": "lower upper step", "Starred": "value", "Subscript": "value slice",
    "Try": "body handlers orelse finalbody", "TryStar": "body handlers orelse finalbody", "Tuple": "elts",
    "TypeAlias": "name value", "UnaryOp": "op operand", "While": "test body orelse", "With": "items body",
    "Yield": "value", "YieldFrom": "value", "alias": "name asname", "comprehension": "target iter ifs is_async",
    "keyword": "arg value", "match_case": "pattern guard body", "withitem": "context_expr optional_vars",
    "Interpolation": "value conversion format_spec", "TemplateStr": "values",
}  # fmt: skip
COUNTED: dict[type, tuple[str, ...]] = {
    getattr(ast, name): tuple(fields.split()) for name, fields in FIELDS.items() if hasattr(ast, name)
}
BODIES = frozenset({"body", "orelse", "finalbody"})
# Calls whose target no reader of the source can tell.
DYNAMIC = frozenset({"eval", "exec", "globals", "__import__"})
# What a class keeps of an annotation however little else it reads of it.
MARKERS = ("ClassVar", "InitVar", "KW_ONLY")


def is_idle(statement: ast.stmt) -> bool:
    """Whether a statement does nothing: `pass`, a docstring or another bare constant."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass)


def constant_text(value: object) -> str:
    """A literal as text; ASCII, because which characters can be shown differs between Python versions."""
    if type(value) is int:
        return f" {value:#x}"  # decimal text of a long number is refused
    return f" {value!a}"


def pieces_of(node: Any) -> Iterator[str | ast.AST]:
    """An f-string as alternating text and replacement fields, however its tree was cut; no text is empty."""
    text = ""
    for piece in _flat(node):
        if isinstance(piece, str):
            text += piece
        else:
            if text:
                yield text
            text = ""
            yield piece
    if text:
        yield text


def _flat(node: Any) -> Iterator[str | ast.AST]:
    for value in node.values:
        if isinstance(value, ast.Constant):
            yield str(value.value)
        elif isinstance(value, ast.JoinedStr):
            yield from _flat(value)
        else:
            yield value


def dotted(node: ast.AST) -> str:
    """`a.b.c` as it is written; empty for anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join((node.id, *reversed(names)))


def called(decorator: ast.AST) -> str:
    """The dotted name of a decorator, with or without arguments."""
    return dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)


def marker(annotation: ast.AST) -> str:
    """What an annotation says to a dataclass beside the type: ClassVar, InitVar, KW_ONLY, or nothing."""
    if isinstance(annotation, ast.Constant):
        return next((f" {name}" for name in MARKERS if name in str(annotation.value)), "")
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    name = dotted(annotation).rpartition(".")[2]
    return f" {name}" if name in MARKERS else ""


def is_literal(node: ast.AST | None) -> bool:
    """Whether a value is written out, so that it is the same in every process."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return all(map(is_literal, node.elts))
    if isinstance(node, ast.Dict):
        return all(map(is_literal, node.keys)) and all(map(is_literal, node.values))
    if isinstance(node, ast.UnaryOp):
        return is_literal(node.operand)
    if isinstance(node, ast.BinOp):
        return is_literal(node.left) and is_literal(node.right)
    return isinstance(node, ast.Constant)
