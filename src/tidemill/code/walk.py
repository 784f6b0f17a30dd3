"""The walk: from a live function along everything that its code names, node by node.

    live object ──▶ its definition in a source file ──▶ names it uses ──▶ live objects of these names ──▶ …

The code of a thing is read from its source, what a name stands for is asked of the live module: decorators,
defaults, closures and constants are what they became, not what they were written as.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import FunctionType, ModuleType
from typing import Any

from tidemill.code.classes import ClassReading
from tidemill.code.compiled import compiled_digest, compiled_names
from tidemill.code.digests import digest_of
from tidemill.code.graph import LOOSE, Graph, Kind, Part
from tidemill.code.names import Names
from tidemill.code.nodes import Nodes
from tidemill.code.project import Project, module_of
from tidemill.code.scopes import Place, Scope
from tidemill.code.shapes import Aside, FunctionShape
from tidemill.code.sources import Sources
from tidemill.code.values import Described, callable_behind, content_of, readable, shown

FROM_TIDEMILL = frozenset({"tidemill"})


class Draft:
    """A node while it is written. `live` says that it leads to what no name leads to."""

    def __init__(self, scope: Scope, name: str) -> None:
        self.scope = scope
        self.name = name
        self.parts: list[Part] = []
        self.edges: dict[int, None] = {}
        self.mask = 0
        self.live = False


class Walk:
    """One process's view of the user's code. Nodes are sealed by the graph once all that is pending is expanded."""

    def __init__(self, project: Project, sources: Sources, graph: Graph) -> None:
        self.project = project
        self.sources = sources
        self.graph = graph
        self.nodes = Nodes(project, sources, graph)
        self.names = Names(self.nodes, graph)
        self.scopes = self.nodes.scopes
        self.hearts: dict[int, int] = {}  # of functions that decorators made: what they were made of

    # Nodes

    def root(self, value: Any) -> int:
        """The node of anything callable, sealed with all that it reaches."""
        behind = callable_behind(self.project, value)
        if not self.project.owns_definition(behind):
            behind = value
        node = self.nodes.definition(behind)
        self.finish([node])
        return node

    def module(self, module: ModuleType) -> int:
        """The node of a whole module: of all that it defines."""
        scope = self.scopes.of(vars(module))
        draft = Draft(scope, module.__name__)
        if self.project.owns_module(module):
            bindings = scope.source.module.bindings if scope.source is not None else {}
            self.follow(draft, [name for name, binding in bindings.items() if binding.kind != "import"])
        else:
            self._library(draft, module.__name__)
        node = self.graph.add()
        self.graph.fill(node, draft.parts, tuple(draft.edges), draft.mask)
        self.finish([node])
        return node

    def finish(self, nodes: list[int]) -> None:
        """Expand what is pending, and seal."""
        self.expand()
        self.graph.seal(nodes)

    def expand(self) -> None:
        """Find what each node that is pending holds, and so on."""
        while self.nodes.pending:
            node, value, reading = self.nodes.pending.pop()
            self._expand(node, value, reading)

    # What a node holds

    def _expand(self, node: int, value: Any, reading: Any) -> None:
        if type(value) is Place:
            draft = self._slot(node, value)
        elif not self.project.owns_definition(value):
            draft = self._value(value)
        elif type(value) is FunctionType:
            draft = self._function(value, reading)
        else:
            draft = self._class(value, reading)
        self.graph.fill(node, draft.parts, tuple(draft.edges), draft.mask)

    def _function(self, fn: FunctionType, shape: FunctionShape | None) -> Draft:
        scope = self.scopes.of(fn.__globals__)
        name = readable(fn.__code__.co_qualname)
        if shape is not None and shape.name:
            name = shape.name
        draft = Draft(scope, name)
        path = self.project.file_of_code(fn.__code__)
        where = self.project.where(path, fn.__module__ or "?")
        if shape is None:
            self._say(draft, f"the source of {scope.label}.{name}, whose compiled code is compared")
            draft.parts.append(Part("function", where, name, compiled_digest(fn.__code__)))
            self.follow(draft, [use for use in compiled_names(fn.__code__) if use in scope.names])
        else:
            digest = self._decorated(draft, shape.digest, shape.decorators)
            draft.parts.append(Part("function", where, name, digest))
            if path[:1] != "<":
                draft.mask |= self.graph.bit("file", path)
            for what in shape.unseen:
                self._say(draft, f"{what} in {scope.label}.{name}")
            held = fn.__code__.co_freevars
            self.follow(draft, [use for use in shape.uses if use.partition(".")[0] not in held])
        self._defaults(draft, fn, where, name, shape.defaults if shape is not None else ())
        for variable, cell in zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=False):
            self._held(draft, "closure", where, f"{name}({variable})", content_of(cell))
        wrapped = callable_behind(self.project, fn.__dict__.get("__wrapped__"))
        if self.project.owns_definition(wrapped):
            self._edge(draft, wrapped)
            self.hearts[self.nodes.definition(fn)] = self.nodes.definition(wrapped)
        return draft

    def _decorated(self, draft: Draft, digest: str, decorators: tuple[Aside, ...]) -> str:
        """The digest of a definition with its decorators, but for Tidemill's: they say nothing of what it does."""
        kept = [a for a in decorators if not self.scopes.is_steady(draft.scope, a.name, FROM_TIDEMILL)]
        for aside in kept:
            self.follow(draft, aside.uses)
            for what in aside.unseen:
                self._say(draft, f"{what} in {draft.scope.label}.{draft.name}")
        return digest_of(" ".join([*(aside.digest for aside in kept), digest])) if kept else digest

    def _defaults(
        self, draft: Draft, fn: FunctionType, where: str, name: str, asides: tuple[Aside, ...]
    ) -> None:
        code = fn.__code__
        values = fn.__defaults__ or ()
        positional = code.co_varnames[: code.co_argcount]
        held = {
            **dict(zip(positional[len(positional) - len(values) :], values, strict=False)),
            **(fn.__kwdefaults__ or {}),
        }
        written = {aside.name: aside for aside in asides}
        for parameter, value in held.items():
            self._held(draft, "default", where, f"{name}({parameter})", value, written.get(parameter))

    def _class(self, cls: type, reading: ClassReading | None) -> Draft:
        if reading is None:
            return self._unread_class(cls)
        draft = Draft(reading.scope, readable(cls.__qualname__))
        draft.mask |= self.graph.bit("file", reading.file) if reading.file else 0
        digest = self._decorated(draft, reading.digest, reading.decorators)
        inside = reading.literals
        if inside:
            inside = (*inside, ("", self._decorated(draft, reading.rest, reading.decorators), ""))
        draft.parts.append(Part("class", reading.scope.where, draft.name, digest, inside=inside))
        for method, method_digest in reading.methods:
            draft.parts.append(Part("function", reading.scope.where, f"{draft.name}.{method}", method_digest))
        for what in reading.unseen:
            self._say(draft, f"{what} in {draft.scope.label}.{draft.name}")
        self.follow(draft, reading.uses)
        for name, value in reading.attributes:
            self._held(draft, "constant", reading.scope.where, f"{draft.name}.{name}", value)
        for name, value in reading.defaults:
            self._held(draft, "default", reading.scope.where, f"{draft.name}.{name}", value)
        for member in reading.foreign:
            self._edge(draft, member)
        for base in (*cls.__bases__, type(cls)):
            if self.project.owns_class(base):
                draft.edges[self.nodes.definition(base)] = None
            else:
                self._library(draft, module_of(base))
        return draft

    def _unread_class(self, cls: type) -> Draft:
        """A class without a statement: a named tuple of `collections`, or one that a function made."""
        scope = self.scopes.of_class(cls) or self.scopes.of({"__name__": module_of(cls)})
        draft = Draft(scope, readable(cls.__qualname__))
        if issubclass(cls, tuple) and "_field_defaults" in vars(cls):
            fields = (vars(cls)["_fields"], vars(cls)["_field_defaults"])
            self._held(draft, "class", scope.where, draft.name, fields)
            return draft
        self._say(draft, f"the source of the class {scope.label}.{draft.name}")
        members = {
            name: held for name, held in sorted(vars(cls).items()) if name[:2] != "__" or callable(held)
        }
        self._held(draft, "class", scope.where, draft.name, members)
        return draft

    def _value(self, value: Any) -> Draft:
        """A root that is no function of the user's: a partial, an instance that can be called, a library's function."""
        scope = self.scopes.of({"__name__": module_of(type(value))})
        name = readable(getattr(value, "__qualname__", None) or type(value).__qualname__)
        draft = Draft(scope, name)
        self._held(draft, "function", scope.where, name, value)
        return draft

    def _slot(self, node: int, place: Place) -> Draft:
        """What a name of a module holds."""
        scope, name, value = place
        draft = Draft(scope, name)
        # Another process could not look again at a name of a module without a file.
        draft.mask |= self.graph.bit("file", scope.file) if scope.file else self.graph.bit(*LOOSE)
        self.nodes.quick.pop(node, None)
        behind = callable_behind(self.project, value)
        if self.project.owns_definition(behind):
            self._edge(draft, behind)
            return draft
        described = self._describe(draft, value)
        digest = quick = digest_of(described.text)
        binding = scope.binding(name)
        if described.opaque:
            for kind in described.opaque:
                self._say(draft, f"the value of {scope.label}.{name} ({kind})")
            if scope.source is not None:
                form = scope.source.statement(name)
                digest = digest_of(described.text + form.text)
                self.follow(draft, form.uses)
        elif binding is not None and binding.kind == "value" and not binding.pure:
            draft.mask |= self.graph.bit("computed", f"{scope.label}.{name}")
        draft.parts.append(Part("constant", scope.where, name, digest, shown(name, described.text)))
        if not draft.live:
            self.nodes.quick[node] = quick
        return draft

    def _held(
        self, draft: Draft, kind: Kind, where: str, name: str, value: Any, written: Aside | None = None
    ) -> None:
        """A value that no name leads to: of a closure, a default, a class."""
        behind = callable_behind(self.project, value)
        if self.project.owns_definition(behind):
            self._edge(draft, behind)
            return
        described = self._describe(draft, value)
        digest = digest_of(described.text)
        for what in described.opaque:
            self._say(draft, f"the value of {name} in {draft.scope.label} ({what})")
        if described.opaque and written is not None:
            digest = digest_of(described.text + written.digest)
            self.follow(draft, written.uses)
        draft.parts.append(Part(kind, where, name, digest, shown(name, described.text)))

    def _describe(self, draft: Draft, value: Any) -> Described:
        described = Described(self.project, value)
        for definition in described.definitions:
            self._edge(draft, definition)
        for module in described.libraries:
            self._library(draft, module)
        for note in described.unseen:
            self._say(draft, f"{note} in {draft.scope.label}.{draft.name}")
        return described

    def _edge(self, draft: Draft, definition: Any) -> None:
        draft.live = True
        draft.edges[self.nodes.definition(definition)] = None

    def _say(self, draft: Draft, what: str) -> None:
        draft.mask |= self.graph.bit("unseen", what)

    def _library(self, draft: Draft, module: str) -> None:
        draft.mask |= self.names.library(module)

    def follow(self, draft: Draft, uses: Iterable[str]) -> None:
        """Add what the names lead to."""
        for use in uses:
            found = self.names.look_up(draft.scope, use)
            draft.mask |= found.mask
            if found.node >= 0:
                draft.edges[found.node] = None
            if found.note:
                self._say(draft, f"{found.note} in {draft.scope.label}.{draft.name}")
