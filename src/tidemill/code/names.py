"""From a name as code uses it to the node of what it stands for.

use ──the function's own import, or its module──▶ through modules of the user's ──▶ definition or slot
                                              └──▶ a library: its version counts, its code does not
"""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

from tidemill.code.graph import Graph
from tidemill.code.nodes import Nodes
from tidemill.code.scopes import Library, Place, Scope
from tidemill.code.values import callable_behind


class Found(NamedTuple):
    """What a use leads to: a node or -1, facts, and what there is to say."""

    node: int
    mask: int
    note: str = ""


class Names:
    """Looks each name up once."""

    def __init__(self, nodes: Nodes, graph: Graph) -> None:
        self.nodes = nodes
        self.graph = graph
        self.scopes = nodes.scopes
        self.project = nodes.project
        self._known: dict[tuple[int, str], Found] = {}

    def look_up(self, scope: Scope, use: str) -> Found:
        """What a use in a module leads to."""
        key = (id(scope.names), use)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._resolve(scope, use)
        return found

    def library(self, module: str) -> int:
        """The bit of the library that a module belongs to; 0 for the standard library."""
        return self._library_bit(self.scopes.library(module))

    def _library_bit(self, library: Library) -> int:
        return self.graph.bit("library", library.top) if library.top else 0

    def _file_bit(self, scope: Scope) -> int:
        return self.graph.bit("file", scope.file) if scope.file else 0

    def _resolve(self, scope: Scope, use: str) -> Found:
        if use[0] == ":":
            return self._resolve_import(scope, use)
        root, *rest = use.split(".")
        if root[:2] == "__" or root not in scope.names:
            return Found(-1, 0)
        return self._through(scope, root, rest)

    def _resolve_import(self, scope: Scope, use: str) -> Found:
        """What a function imports for itself."""
        name, wanted = self.scopes.absolute(scope, use)
        module = self.scopes.imported(name)
        if isinstance(module, str):
            return Found(-1, 0, module)
        if isinstance(module, Library):
            return Found(-1, self._library_bit(module))
        inner = self.scopes.of(vars(module))
        if wanted in ("", "*"):
            mask = self._file_bit(inner)
            return Found(-1, mask, f"module {name} as a value" if wanted else "")
        first, *rest = wanted.split(".")
        return self._through(inner, first, rest)

    def _through(self, scope: Scope, name: str, rest: list[str]) -> Found:
        """Follow a name, through the user's modules, to what it stands for."""
        mask = 0
        while True:
            mask |= self._file_bit(scope)
            place = self.scopes.defining(scope, name)
            if place is None:
                dynamic = "__getattr__" in scope.names
                return Found(-1, mask, f"{scope.module}.__getattr__({name!r})" if dynamic else "")
            if isinstance(place, Library):
                return Found(-1, mask | self._library_bit(place))
            mask |= self._file_bit(place.scope)
            if not issubclass(type(place.value), ModuleType):
                return self._stands_for(place, mask)
            if not self.project.owns_module(place.value):
                return self._stands_for(place, mask)
            if not rest:
                return Found(-1, mask, f"module {place.value.__name__} as a value")
            scope, name = self.scopes.of(vars(place.value)), rest.pop(0)

    def _stands_for(self, place: Place, mask: int) -> Found:
        behind = callable_behind(self.project, place.value)
        if self.project.owns_definition(behind):
            node = self.nodes.definition(behind)
            if self.nodes.is_trusted(place, node):
                return Found(node, mask)
        return Found(self.nodes.slot(place), mask)
