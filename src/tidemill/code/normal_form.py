"""The normal form of code: what a piece of source *says*, as text that every Python version gives alike.

    syntax tree ──Writer──▶ text (what is compared) + the names that it uses and does not bind itself

Comments, layout, quotes and parentheses are gone before the tree exists. The writer leaves out docstrings and
other bare constants, `pass`, annotations and type parameters, and joins the pieces of f-strings, which each
version cuts differently. Nothing but the standard library is needed, so that a test can ask any interpreter.

A *use* is a dotted name as it is written (`MIN_DF`, `helpers.clean`), or, where a function imports for itself,
`:LEVEL:MODULE:NAME` (`:0:helpers:clean`; the name is `*` where the module itself is used as a value).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Literal, NamedTuple, TypeAlias

from tidemill.code.syntax import (
    BODIES,
    COUNTED,
    DYNAMIC,
    Function,
    constant_text,
    dotted,
    is_idle,
    marker,
    pieces_of,
)

Fields: TypeAlias = Literal["plain", "named", "typed"]


class Form(NamedTuple):
    """Text of a piece of code, the names that it uses, and what of it cannot be followed."""

    text: str
    uses: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


class Scope:
    """Names of one function, class or comprehension, while it is written."""

    __slots__ = ("bound", "imports", "is_class", "is_comprehension", "through", "uses")

    def __init__(self, is_class: bool = False, is_comprehension: bool = False) -> None:
        self.bound: set[str] = set()
        self.uses: dict[str, None] = {}
        self.through: dict[str, None] = {}  # of functions in a class: they do not see its names
        self.imports: dict[str, tuple[str, str]] = {}
        self.is_class = is_class
        self.is_comprehension = is_comprehension

    def free(self) -> Iterable[str]:
        """What is used here and bound further out."""
        for use in self.uses:
            root, _, rest = use.partition(".")
            if root in self.imports:
                module, name = self.imports[root]
                yield f"{module}:{'.'.join(filter(None, (name, rest))) or '*'}"
            elif root not in self.bound:
                yield use
        yield from self.through


class Writer:
    """Writes nodes one after another into `out`."""

    def __init__(self, fields: Fields = "named") -> None:
        self.out: list[str] = []
        self.scopes = [Scope()]
        self.unseen: dict[str, None] = {}
        self.fields = fields

    def form(self) -> Form:
        """What was written so far."""
        uses = dict.fromkeys(self.scopes[0].free())
        return Form("".join(self.out), tuple(uses), tuple(self.unseen))

    def write(self, node: Any) -> None:
        """A node; or what a field holds instead of one."""
        HANDLERS[type(node)](self, node)

    def plain(self, node: ast.AST) -> None:
        """An expression or a simple statement, with all that counts of it."""
        out = self.out
        head, values_of = LAYOUTS[type(node)]
        out.append(head)
        for value in values_of(node):
            HANDLERS[type(value)](self, value)
        out.append(")")

    def compound(self, node: ast.AST) -> None:
        """What may hold statements, some of which do nothing."""
        kind = type(node)
        self.out.append("(" + kind.__name__)
        for field in COUNTED.get(kind, kind._fields):
            value = getattr(node, field)
            if field in BODIES and type(value) is list:
                self.body(value)
            else:
                self.write(value)
        self.out.append(")")

    def operator(self, node: ast.AST) -> None:
        self.out.append(f"({type(node).__name__})")

    def literal(self, value: object) -> None:
        """What a field holds that is no node: a name, a number, nothing."""
        self.out.append(" " + ascii(value))

    def items(self, values: Sequence[Any]) -> None:
        self.out.append("[")
        for value in values:
            if value is None:  # nothing is not None: `{**a}` has no key, `{None: a}` has one
                self.out.append(" -")
            else:
                HANDLERS[type(value)](self, value)
        self.out.append("]")

    def body(self, statements: Sequence[Any]) -> None:
        """Statements without those that do nothing."""
        self.out.append("[")
        for statement in statements:
            if type(statement) not in IDLE or not is_idle(statement):
                HANDLERS[type(statement)](self, statement)
        self.out.append("]")

    def bind(self, name: str) -> None:
        self.scopes[-1].bound.add(name)

    def enter(self, **kind: bool) -> None:
        self.scopes.append(Scope(**kind))

    def leave(self) -> None:
        scope = self.scopes.pop()
        outer = self.scopes[-1]
        taken = outer.through if outer.is_class and not scope.is_class else outer.uses
        if scope.imports or scope.through:
            taken.update(dict.fromkeys(scope.free()))
            return
        bound = scope.bound
        for use in scope.uses:  # as `free` does, for the scopes that there are thousands of
            if use not in bound and ("." not in use or use[: use.index(".")] not in bound):
                taken[use] = None

    # Names

    def name(self, node: ast.Name) -> None:
        if type(node.ctx) is ast.Load:
            self.scopes[-1].uses[node.id] = None
            self.out.append(" " + node.id)
        else:
            self.bind(node.id)
            self.out.append(" =" + node.id)

    def attribute(self, node: ast.Attribute) -> None:
        names = [node.attr]
        inner = node.value
        while isinstance(inner, ast.Attribute):
            names.append(inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            self.plain(node)
            return
        names.append(inner.id)
        chain = ".".join(reversed(names))
        self.scopes[-1].uses[chain] = None
        self.out.append((" " if type(node.ctx) is ast.Load else " =") + chain)

    def named(self, node: ast.NamedExpr) -> None:
        holder = next(scope for scope in reversed(self.scopes) if not scope.is_comprehension)
        holder.bound.add(node.target.id)
        self.plain(node)

    def declared(self, node: ast.Global) -> None:
        # The assignment that follows would make the name a local one.
        self.scopes[0].uses.update(dict.fromkeys(node.names))
        self.plain(node)

    def captured(self, node: Any) -> None:
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if name:
            self.bind(name)
        self.compound(node)

    def imported(self, node: ast.Import) -> None:
        scope = self.scopes[-1]
        for alias in node.names:
            scope.uses[f":0:{alias.name}:"] = None
            local = alias.asname or alias.name.partition(".")[0]
            scope.imports[local] = (f":0:{alias.name if alias.asname else local}", "")
        self.plain(node)

    def imported_from(self, node: ast.ImportFrom) -> None:
        scope = self.scopes[-1]
        module = f":{node.level}:{node.module or ''}"
        for alias in node.names:
            scope.uses[f"{module}:{alias.name}"] = None
            scope.imports[alias.asname or alias.name] = (module, alias.name)
        self.plain(node)

    # Values

    def constant(self, node: ast.Constant) -> None:
        self.out.append(constant_text(node.value))

    def joined(self, node: ast.JoinedStr) -> None:
        pieces = list(pieces_of(node))
        if not pieces or (len(pieces) == 1 and isinstance(pieces[0], str)):
            self.out.append(constant_text(pieces[0] if pieces else ""))
            return
        self.out.append("(JoinedStr")
        for piece in pieces:
            if isinstance(piece, str):
                self.out.append(constant_text(piece))
            else:
                self.formatted(piece)
        self.out.append(")")

    def formatted(self, node: Any) -> None:
        self.out.append(f"({type(node).__name__} {node.conversion}")
        self.write(node.value)
        if node.format_spec is not None and any(pieces_of(node.format_spec)):
            self.joined(node.format_spec)
        self.out.append(")")

    def call(self, node: ast.Call) -> None:
        callee = node.func
        kind = type(callee)
        if kind is ast.Name:
            name = callee.id  # type: ignore[attr-defined]
            if name in TELLING:
                self.telling(node, name)
        elif kind is ast.Attribute and callee.attr == "import_module":  # type: ignore[attr-defined]
            self.import_by_name(node)
        self.plain(node)

    def telling(self, node: ast.Call, name: str) -> None:
        """A call that reaches what its code does not name."""
        if name in DYNAMIC:
            self.unseen[f"{name}()"] = None
        elif name == "import_module":
            self.import_by_name(node)
        elif len(node.args) > 1:
            self.attribute_by_name(node)

    def attribute_by_name(self, node: ast.Call) -> None:
        named = node.args[1]
        if not isinstance(named, ast.Constant):
            self.unseen[ast.unparse(node)] = None
        elif isinstance(named.value, str):
            chain = dotted(node.args[0])
            if chain:
                self.scopes[-1].uses[f"{chain}.{named.value}"] = None

    def import_by_name(self, node: ast.Call) -> None:
        named = node.args[0] if len(node.args) == 1 else None
        if isinstance(named, ast.Constant) and isinstance(named.value, str) and named.value[:1] != ".":
            self.scopes[-1].uses[f":0:{named.value}:*"] = None
        else:
            self.unseen[ast.unparse(node)] = None

    # What has a scope of its own

    def function(self, node: Function) -> None:
        self.bind(node.name)
        self.items(node.decorator_list)
        self.items(node.args.defaults)
        self.items(node.args.kw_defaults)
        self.function_proper(node)

    def function_proper(self, node: Function) -> None:
        """A function without what is evaluated where it is defined."""
        self.out.append(f"({type(node).__name__} {node.name}")
        self.enter()
        self.parameters(node.args)
        self.body(node.body)
        self.leave()
        self.out.append(")")

    def lambda_(self, node: ast.Lambda) -> None:
        self.items(node.args.defaults)
        self.items(node.args.kw_defaults)
        self.lambda_proper(node)

    def lambda_proper(self, node: ast.Lambda) -> None:
        self.out.append("(Lambda")
        self.enter()
        self.parameters(node.args)
        self.write(node.body)
        self.leave()
        self.out.append(")")

    def parameters(self, node: ast.arguments) -> None:
        first = len(node.posonlyargs) + len(node.args) - len(node.defaults)
        names = [
            *(
                f"{arg.arg}{'=' * (place >= first)}"
                for place, arg in enumerate((*node.posonlyargs, *node.args))
            ),
            *(f"*{arg.arg}" for arg in (node.vararg,) if arg),
            *(
                f"{arg.arg}:{'=' * (default is not None)}"
                for arg, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)
            ),
            *(f"**{arg.arg}" for arg in (node.kwarg,) if arg),
        ]
        if node.posonlyargs:
            names.insert(len(node.posonlyargs), "/")
        self.scopes[-1].bound.update(name.strip("*=:") for name in names)
        self.out.append(f"({' '.join(names)})")

    def class_(self, node: ast.ClassDef) -> None:
        self.bind(node.name)
        self.items(node.decorator_list)
        self.class_header(node)
        self.enter(is_class=True)
        self.body(node.body)
        self.leave()

    def class_header(self, node: ast.ClassDef) -> None:
        self.out.append(f"(Class {node.name}")
        self.items(node.bases)
        self.items(node.keywords)
        self.out.append(")")

    def comprehension(self, node: ast.AST) -> None:
        self.enter(is_comprehension=True)
        self.plain(node)
        self.leave()

    def annotated(self, node: ast.AnnAssign) -> None:
        """`x: int = 1` is `x = 1`, but for the classes whose annotations say what fields they have."""
        in_class = self.scopes[-1].is_class and isinstance(node.target, ast.Name)
        if not in_class or self.fields == "plain":
            if node.value is not None:
                self.out.append("(Assign[")
                self.write(node.target)
                self.out.append("]")
                self.write(node.value)
                self.out.append(")")
            return
        self.out.append("(Field")
        self.write(node.target)
        if self.fields == "typed":
            self.write(node.annotation)
        else:
            self.out.append(marker(node.annotation))
        if node.value is not None:
            self.write(node.value)
        self.out.append(")")


IDLE = (ast.Expr, ast.Pass)
TELLING = DYNAMIC | {"getattr", "import_module"}


class Layouts(dict[type, tuple[str, Callable[[Any], Iterable[Any]]]]):
    """How nodes of a kind begin, and what reads the fields that count."""

    def __missing__(self, kind: Any) -> tuple[str, Callable[[Any], Iterable[Any]]]:
        fields = COUNTED.get(kind, kind._fields)
        # Of one name it gives the value itself, and of two or more a tuple.
        values_of = attrgetter(*fields) if len(fields) > 1 else lambda node: [getattr(node, fields[0])]
        layout = self[kind] = ("(" + kind.__name__, values_of)
        return layout


class Handlers(dict[type, Callable[[Writer, Any], None]]):
    """What writes things of a kind; that is decided once, as a project has half a million."""

    def __missing__(self, kind: Any) -> Callable[[Writer, Any], None]:
        handler = self[kind] = _handler_of(kind)
        return handler


def _handler_of(kind: Any) -> Callable[[Writer, Any], None]:
    if not issubclass(kind, ast.AST):
        return Writer.literal
    fields = COUNTED.get(kind, kind._fields)
    if not fields:
        return Writer.operator
    return Writer.plain if BODIES.isdisjoint(fields) else Writer.compound


LAYOUTS = Layouts()
HANDLERS = Handlers(
    {
        list: Writer.items,
        ast.Name: Writer.name,
        ast.Attribute: Writer.attribute,
        ast.NamedExpr: Writer.named,
        ast.Global: Writer.declared,
        ast.ExceptHandler: Writer.captured,
        ast.MatchAs: Writer.captured,
        ast.MatchStar: Writer.captured,
        ast.MatchMapping: Writer.captured,
        ast.Import: Writer.imported,
        ast.ImportFrom: Writer.imported_from,
        ast.Constant: Writer.constant,
        ast.JoinedStr: Writer.joined,
        ast.Call: Writer.call,
        ast.FunctionDef: Writer.function,
        ast.AsyncFunctionDef: Writer.function,
        ast.Lambda: Writer.lambda_,
        ast.ClassDef: Writer.class_,
        ast.ListComp: Writer.comprehension,
        ast.SetComp: Writer.comprehension,
        ast.DictComp: Writer.comprehension,
        ast.GeneratorExp: Writer.comprehension,
        ast.AnnAssign: Writer.annotated,
    }
)
