"""Shapes: what one definition says, as far as its file alone tells; small, plain, and kept between processes.

    definition ──normal form──▶ digest + names used + what is evaluated elsewhere (decorators, defaults)

Decorators and default values stand apart from the function that they belong to: they are evaluated where it is
defined, and what they gave is asked of the live function.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from typing import Any, NamedTuple

from tidemill.code.digests import digest_of
from tidemill.code.normal_form import Fields, Form, Writer
from tidemill.code.plain import Text
from tidemill.code.syntax import Function, called, is_literal
from tidemill.code.values import shown

FIELDS: tuple[Fields, ...] = ("plain", "named", "typed")


class Aside(NamedTuple):
    """A decorator (by the name that is called) or a default value (by its parameter)."""

    name: str
    digest: str
    literal: bool
    uses: tuple[str, ...]
    unseen: tuple[str, ...] = ()


class FunctionShape(NamedTuple):
    """A function or lambda. `name` is what a lambda is assigned to, and empty for a function."""

    name: str
    digest: str
    uses: tuple[str, ...]
    unseen: tuple[str, ...] = ()
    decorators: tuple[Aside, ...] = ()
    defaults: tuple[Aside, ...] = ()


class ClassShape(NamedTuple):
    """A class statement.

    Attributes:
        digests: Of the statement without its methods: annotated fields as plain assignments; as fields by
            name; with their annotations.
        methods: Name and digest of each, in order of names.
        uses, typed_uses: Names used; those of annotated fields' annotations.
        computed: Attributes whose value is not written out.
        lines: First and last.
        live_defaults: Whether a method has a default value that is not written out.
        literals: Attributes whose value is written out: name, digest, and a text to show.
        rests: As `digests`, without these values.
    """

    digests: tuple[str, str, str]
    methods: tuple[tuple[str, str], ...]
    uses: tuple[str, ...]
    typed_uses: tuple[str, ...]
    unseen: tuple[str, ...]
    decorators: tuple[Aside, ...]
    computed: tuple[str, ...]
    lines: tuple[int, int]
    live_defaults: bool
    literals: tuple[tuple[str, str, str], ...] = ()
    rests: tuple[str, ...] = ()


def function_shape(node: Function | ast.Lambda, name: str = "") -> FunctionShape:
    """The shape of a function, whatever it stands in."""
    writer = Writer()
    if isinstance(node, ast.Lambda):
        writer.lambda_proper(node)
    else:
        writer.function_proper(node)
    form = writer.form()
    defaults = tuple(_aside(arg, default) for arg, default in default_values(node.args))
    return FunctionShape(name, digest_of(form.text), form.uses, form.unseen, decorators(node), defaults)


def decorators(node: Any) -> tuple[Aside, ...]:
    """The decorators of a function or class, outermost first."""
    return tuple(_aside(called(each), each) for each in getattr(node, "decorator_list", ()))


def default_values(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    """Parameters that have a default, with it."""
    positional = [*arguments.posonlyargs, *arguments.args]
    for arg, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
        yield arg.arg, default
    for arg, given in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if given is not None:
            yield arg.arg, given


def _aside(name: str, node: ast.expr) -> Aside:
    form = form_of([node])
    return Aside(name, digest_of(form.text), is_literal(node), form.uses, form.unseen)


def form_of(nodes: Iterable[ast.AST]) -> Form:
    """Some nodes, one after another."""
    writer = Writer()
    for node in nodes:
        writer.write(node)
    return writer.form()


def class_shape(nodes: list[ast.ClassDef]) -> ClassShape:
    """The shape of a class; of all statements that may have made it, where there are several."""
    texts = {fields: _class_form(nodes, fields) for fields in FIELDS}
    named, typed = texts["named"], texts["typed"]
    methods = [(method, node) for node in nodes for method in _methods(node)]
    literals = {name: value for node in nodes for name, value in _literals(node)}
    forms = sorted((method.name, _method_form(method, node)) for method, node in methods)
    return ClassShape(
        digests=(digest_of(texts["plain"].text), digest_of(named.text), digest_of(typed.text)),
        methods=tuple((name, digest_of(form.text)) for name, form in forms),
        uses=tuple(dict.fromkeys([*named.uses, *(use for _, form in forms for use in form.uses)])),
        typed_uses=tuple(use for use in typed.uses if use not in named.uses),
        unseen=tuple(dict.fromkeys([*named.unseen, *(note for _, form in forms for note in form.unseen)])),
        decorators=tuple(aside for node in nodes for aside in decorators(node)),
        computed=tuple(sorted({name for node in nodes for name in _computed(node)})),
        lines=(min(_first_line(node) for node in nodes), max(node.end_lineno or 0 for node in nodes)),
        live_defaults=any(
            not is_literal(default) for method, _ in methods for _, default in default_values(method.args)
        ),
        literals=tuple(
            (name, digest_of(form_of([value]).text), shown(name, _written(value)))
            for name, value in literals.items()
        ),
        rests=_rests(nodes, texts) if literals else (),
    )


def _rests(nodes: list[ast.ClassDef], texts: Mapping[Fields, Form]) -> tuple[str, ...]:
    """Digests of the statement without the values that are written out; where annotations say nothing they are one."""
    found: dict[str, str] = {}
    for fields, form in texts.items():
        if form.text not in found:
            found[form.text] = digest_of(_class_form(nodes, fields, values=False).text)
    return tuple([found[form.text] for form in texts.values()])


def _methods(node: ast.ClassDef) -> list[Function]:
    return [each for each in node.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))]


def _class_form(nodes: list[ast.ClassDef], fields: Fields, *, values: bool = True) -> Form:
    writer = Writer(fields)
    for node in nodes:
        writer.class_header(node)
        writer.enter(is_class=True)
        methods = _methods(node)
        body = [statement for statement in node.body if statement not in methods]
        writer.body(body if values else [_without_value(statement) for statement in body])
        for method in methods:  # written apart, but the class binds their names
            writer.bind(method.name)
        writer.leave()
    return writer.form()


def _method_form(method: Function, owner: ast.ClassDef) -> Form:
    writer = Writer()
    writer.enter(is_class=True)
    for each in _methods(owner):
        writer.bind(each.name)
    writer.function(method)
    writer.leave()
    return writer.form()


def _computed(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and not is_literal(statement.value):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if not isinstance(statement.value, (ast.Lambda, type(None))):
                yield from (target.id for target in targets if isinstance(target, ast.Name))


def _literals(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Attributes whose value is written out, with it."""
    for statement in node.body:
        names, value = _names_set(statement)
        if value is not None and is_literal(value):
            yield from ((name, value) for name in names)


def _without_value(statement: ast.stmt) -> ast.stmt:
    """The same statement with an ellipsis for the value of attributes that are written out."""
    names, value = _names_set(statement)
    if not names or not is_literal(value):
        return statement
    bare = copy(statement)
    bare.value = ast.Constant(...)  # type: ignore[attr-defined]  # it has one
    return bare


def _names_set(statement: ast.stmt) -> tuple[list[str], ast.expr | None]:
    """The names that a statement gives its value to; none where it does more than that."""
    if isinstance(statement, ast.Assign):
        targets: list[ast.expr] = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return [], None
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    return (names, statement.value) if len(names) == len(targets) else ([], None)


def _written(value: ast.expr) -> str:
    """A value that is written out, as constants of modules are shown."""
    try:
        return Text(None, str).of(ast.literal_eval(value))
    except (ValueError, TypeError, MemoryError, RecursionError):
        return ast.unparse(value)  # arithmetic: `60 * 60`


def _first_line(node: ast.ClassDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
