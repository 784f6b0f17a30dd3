"""The names of a module, and what in its source binds each: a definition, an import, a value.

A name that one statement at the top of a module binds is *simple*: what it stands for is told by the file.
Everything else (a name bound twice, in a branch, in a loop) is asked of the live module.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from tidemill.code.syntax import called, dotted

# Calls that give the same for the same, by the names that they are known by.
PURE = frozenset(
    """
    abs bool bytes complex dict divmod enumerate float format frozenset int len list map max min ord pow range repr
    reversed round set slice sorted str sum tuple zip re.compile functools.partial collections.namedtuple
    typing.NewType typing.cast datetime.datetime.fromisoformat datetime.date.fromisoformat
    os.path.join os.path.dirname types.MappingProxyType logging.getLogger
    """.split()  # noqa: SIM905
)
IMPURE = frozenset({"os.environ", "sys.argv"})  # even without a call
# `name.attribute =`, `name.attribute +=`, `a.attribute, b = …`: whatever the object, some module may be meant.
_ASSIGNED = re.compile(r"\.(\w+)[ \t]*(?:,[^=\n()]*|[-+*/%@&|^]|//|\*\*|<<|>>)?=(?!=)")
_ROOT = re.compile(r"\b(self|cls)\Z")
_SETATTR = re.compile(r"setattr\(\s*(?!(?:self|cls)\b)[^,]*,\s*(?:[\"'](\w+)[\"'])?")
_GLOBAL = re.compile(r"\n[ \t]+global[ \t]+([^\n#;]+)")
_ANY = re.compile(
    r"(?:\bglobals\(\)|\bvars\((?!self\)|cls\))[^()]*\)|(?<!\bself\.)(?<!\bcls\.)\b__dict__)"
    r"\s*(?:\.update\b|\[[^\]]*\]\s*=(?!=))"
)
ANY_NAME = "*"


class Binding(NamedTuple):
    """What binds one name of a module.

    Attributes:
        kind: What sort of statement.
        simple: Whether it is the only one, and unconditional.
        target: Of an import, as a use is written: `:0:helpers:clean`.
        decorators: Of a definition; an empty name where one cannot be told.
        pure: Of a value: whether it is made without calls that may give something else tomorrow.
    """

    kind: Literal["def", "class", "import", "value"]
    simple: bool = True
    target: str = ""
    decorators: tuple[str, ...] = ()
    pure: bool = True


class ModuleShape(NamedTuple):
    """Bindings by name, and star imports (`:0:helpers`)."""

    bindings: dict[str, Binding]
    stars: tuple[str, ...]


def module_shape(tree: ast.Module) -> ModuleShape:
    """What a module binds."""
    bindings: dict[str, Binding] = {}
    stars: list[str] = []
    for name, statement, simple in statements(tree.body):
        if name == "*":
            stars.append(_module_of(statement))
            continue
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            binding = Binding("import", simple, _targets_of(statement)[name])
        else:
            binding = _binding(statement, simple, bindings)
        before = bindings.get(name)
        if before is not None:
            binding = binding._replace(simple=False, pure=binding.pure and before.pure)
        bindings[name] = binding
    return ModuleShape(bindings, tuple(stars))


def names_set(text: str) -> tuple[str, ...]:
    """Names that code may set in other modules, as far as its text tells; `*` where it may be any.

    It is asked of every file of the project, so it looks at the text and does not parse it.
    """
    found = {
        matched[1]
        for matched in _ASSIGNED.finditer(text)
        if not _ROOT.search(text, max(0, matched.start() - 5), matched.start())
    }
    found.update(name or ANY_NAME for name in _SETATTR.findall(text))
    for names in _GLOBAL.findall(text):
        found.update(name.strip() for name in names.split(","))
    # The pattern begins in many ways, which makes it slow.
    if any(word in text for word in ("__dict__", "vars(", "globals(")) and _ANY.search(text):
        found.add(ANY_NAME)
    return tuple(sorted(found))


def statements(body: list[ast.stmt], simple: bool = True) -> Iterator[tuple[str, ast.stmt, bool]]:
    """Each name that module-level code binds, with its statement and whether that is unconditional."""
    for statement in body:
        for name in _bound_by(statement):
            yield name, statement, simple
        if isinstance(statement, ast.If) and dotted(statement.test).endswith("TYPE_CHECKING"):
            yield from statements(statement.orelse, simple)
        elif not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for block in _blocks(statement):
                yield from statements(block, simple=False)


def _blocks(statement: ast.AST) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        yield getattr(statement, field, [])
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        for alias in statement.names:
            yield alias.asname or (
                alias.name if isinstance(statement, ast.ImportFrom) else alias.name.partition(".")[0]
            )
    else:
        for target in _targets(statement):
            yield from (
                node.id
                for node in ast.walk(target)
                if isinstance(node, ast.Name) and type(node.ctx) is ast.Store
            )


def _targets(statement: ast.stmt) -> Iterator[ast.AST]:
    if isinstance(statement, (ast.Assign, ast.Delete)):
        yield from statement.targets
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor)):
        yield statement.target
    elif isinstance(statement, (ast.With, ast.AsyncWith)):
        yield from (item.optional_vars for item in statement.items if item.optional_vars)
    elif type(statement).__name__ == "TypeAlias":
        yield statement.name  # type: ignore[attr-defined]


def _binding(statement: ast.stmt, simple: bool, known: dict[str, Binding]) -> Binding:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        kind: Literal["def", "class"] = "class" if isinstance(statement, ast.ClassDef) else "def"
        return Binding(kind, simple, decorators=tuple(called(each) for each in statement.decorator_list))
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Lambda) and len(list(_bound_by(statement))) == 1:
        return Binding("def", simple)
    return Binding("value", simple, pure=value is not None and _is_pure(value, known))


@lru_cache(maxsize=1)
def _targets_of(statement: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Where an import takes its names from; of one statement, all names are asked for in turn."""
    if isinstance(statement, ast.ImportFrom):
        return {
            alias.asname or alias.name: f"{_module_of(statement)}:{alias.name}" for alias in statement.names
        }
    roots = {alias.name.partition(".")[0] for alias in statement.names if not alias.asname}
    whole = {alias.asname: f":0:{alias.name}:" for alias in statement.names if alias.asname}
    return {**{root: f":0:{root}:" for root in roots}, **whole}


def _module_of(statement: ast.stmt) -> str:
    assert isinstance(statement, ast.ImportFrom)
    return f":{statement.level}:{statement.module or ''}"


def _is_pure(value: ast.AST, known: dict[str, Binding]) -> bool:
    return all(_gives_the_same(node, known) for node in ast.walk(value))


def _gives_the_same(node: ast.AST, known: dict[str, Binding]) -> bool:
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and isinstance(
            node.func.value, (ast.Constant, ast.JoinedStr)
        ):
            return True  # "a b".split()
        name = _full_name(dotted(node.func), known)
        # A class, by its spelling: what an instance holds is compared in any case.
        return (
            name in PURE
            or name.rpartition(".")[2][:1].isupper()
            or name in ("datetime.date", "datetime.datetime", "datetime.timedelta", "datetime.time")
        )
    if isinstance(node, (ast.Name, ast.Attribute)):
        binding = known.get(getattr(node, "id", ""))
        return _full_name(dotted(node), known) not in IMPURE and (binding is None or binding.pure)
    return True


def _full_name(chain: str, known: dict[str, Binding]) -> str:
    """A dotted name with its import undone: `timedelta` is `datetime.timedelta`."""
    root, _, rest = chain.partition(".")
    binding = known.get(root)
    if binding is None or binding.kind != "import":
        return chain
    _, level, module, name = binding.target.split(":")
    return ".".join(filter(None, (module, name, rest))) if level == "0" else chain
