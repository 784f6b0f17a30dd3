"""A class of the user's: its statement in the source, and what became of it when it ran."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any, NamedTuple

from tidemill.code.project import Project
from tidemill.code.scopes import Scope, Scopes
from tidemill.code.shapes import Aside, ClassShape
from tidemill.code.values import Described, callable_behind, functions_in, is_logger

# Classes with these read their annotations when they are made; `__dataclass_fields__` reads which there are.
TYPED = ("__pydantic_fields__", "__attrs_attrs__", "__struct_fields__")
NAMED = ("__dataclass_fields__", "_fields", "__required_keys__")
PLAIN_METACLASSES = ("type", "ABCMeta", "EnumType", "EnumMeta")


class ClassReading(NamedTuple):
    """What is to be known of a class.

    Attributes:
        digest: Of the statement without methods.
        literals: Attributes whose value is written out: name, digest, and a text to show.
        rest: Digest of the statement without methods and these values.
        attributes: Names and live values that are not written out.
        defaults: Parameters of methods whose default is not written out (`fit(depth)`), with its value.
        foreign: Functions that it was given from elsewhere.
        fixed: Whether the file alone decides all this.
    """

    scope: Scope
    file: str | None
    digest: str
    literals: tuple[tuple[str, str, str], ...]
    rest: str
    methods: tuple[tuple[str, str], ...]
    uses: tuple[str, ...]
    unseen: tuple[str, ...]
    decorators: tuple[Aside, ...]
    attributes: tuple[tuple[str, Any], ...]
    defaults: tuple[tuple[str, Any], ...]
    foreign: tuple[FunctionType, ...]
    fixed: bool


def read_class(project: Project, scopes: Scopes, cls: type) -> ClassReading | None:
    """Read a class; None where its source cannot be found."""
    scope = scopes.of_class(cls)
    if scope is None:
        return None
    functions = list(functions_in(vars(cls).values(), lambda value: callable_behind(project, value)))
    source = scope.source
    if source is None and functions:  # of a notebook's cell
        source = scopes.sources.at(project.file_of_code(functions[0].__code__))
    shape = source.class_(cls.__qualname__) if source is not None else None
    if shape is None:
        return None
    level = _level(cls)
    attributes = tuple(_attributes(project, cls, shape))
    foreign = tuple(fn for fn in functions if _is_foreign(project, fn, scope, shape))
    defaults = tuple(_defaults(scope, functions)) if shape.live_defaults else ()
    return ClassReading(
        scope=scope,
        file=scope.file,
        digest=shape.digests[level],
        literals=shape.literals,
        rest=shape.rests[level] if shape.literals else "",
        methods=shape.methods,
        uses=(*shape.uses, *shape.typed_uses) if level == len(shape.digests) - 1 else shape.uses,
        unseen=shape.unseen,
        decorators=shape.decorators,
        attributes=attributes,
        defaults=defaults,
        foreign=foreign,
        fixed=not (attributes or foreign or defaults or "<locals>" in cls.__qualname__),
    )


def _level(cls: type) -> int:
    """How much of the annotations of its fields a class reads: nothing, which there are, or all."""
    own = [base for base in cls.__mro__ if base is not object]
    if any(name in vars(base) for base in own for name in TYPED):
        return 2
    if any(name in vars(base) for base in own for name in NAMED):
        return 1
    return 0 if type(cls).__name__ in PLAIN_METACLASSES else 2


def _attributes(project: Project, cls: type, shape: ClassShape) -> Iterator[tuple[str, Any]]:
    for name in shape.computed:
        value = vars(cls).get(name)
        if value is None or is_logger(value) or issubclass(type(value), cls):  # a member of an enumeration
            continue
        described = Described(project, value)
        if not (described.opaque or described.definitions):
            yield name, value


def _is_foreign(project: Project, fn: FunctionType, scope: Scope, shape: ClassShape) -> bool:
    """Whether a function of the user's stands outside of the class statement."""
    first, last = shape.lines
    inside = project.file_of_code(fn.__code__) == scope.file and first <= fn.__code__.co_firstlineno <= last
    return (
        not inside
        and scope.file is not None
        and fn.__code__.co_filename[:1] != "<"
        and project.owns_function(fn)
    )


def _defaults(scope: Scope, functions: list[FunctionType]) -> Iterator[tuple[str, Any]]:
    for fn in functions:
        shape = scope.source.function(fn.__code__) if scope.source is not None else None
        written = (
            {aside.name for aside in shape.defaults if not aside.literal} if shape is not None else set()
        )
        code, values = fn.__code__, fn.__defaults__ or ()
        positional = code.co_varnames[: code.co_argcount][-len(values) :] if values else ()
        held = {**dict(zip(positional, values, strict=False)), **(fn.__kwdefaults__ or {})}
        yield from ((f"{fn.__name__}({name})", value) for name, value in held.items() if name in written)
