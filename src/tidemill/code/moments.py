"""Calls in module-level code that answer differently each time: the clock, random numbers, this process.

    sources ──moments──▶ "pipeline.py, line 12: date.today()"       the next import may come to something else

What is called inside of functions is not looked at: most of them run in steps, not while the module is imported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tidemill.code.syntax import dotted

CALLS = frozenset(
    """
    datetime.datetime.now datetime.datetime.today datetime.datetime.utcnow datetime.date.today
    time.time time.time_ns time.localtime time.gmtime time.ctime time.strftime time.asctime
    uuid.uuid1 uuid.uuid4 os.urandom os.getpid os.getloadavg socket.gethostname platform.node
    pandas.Timestamp.now pandas.Timestamp.today pandas.Timestamp.utcnow
    random.random random.randint random.choice random.choices random.sample random.uniform random.randrange
    """.split()  # noqa: SIM905
)
MODULES = ("secrets.",)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def moments(sources: Iterable[str]) -> Iterator[str]:
    """The calls in some files, in words; files that cannot be read or parsed have none."""
    for path in sources:
        try:
            tree = ast.parse(Path(path).read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue
        known = _imports(tree)
        for node in _run_at_import(tree):
            if isinstance(node, ast.Call):
                chain = dotted(node.func)
                root, _, rest = chain.partition(".")
                name = ".".join(filter(None, (known.get(root, root), rest)))
                if name in CALLS or name.startswith(MODULES):
                    yield f"{Path(path).name}, line {node.lineno}: {chain}()"


def _imports(tree: ast.Module) -> Mapping[str, str]:
    """Local names → what they were imported as."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known.update({alias.asname: alias.name for alias in node.names if alias.asname})
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            known.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return known


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those in the bodies of functions; defaults and decorators are run."""
    yield node
    if isinstance(node, FUNCTIONS):
        arguments = node.args
        inner: list[ast.AST] = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
        inner += getattr(node, "decorator_list", [])
    else:
        inner = list(ast.iter_child_nodes(node))
    for child in inner:
        yield from _run_at_import(child)
