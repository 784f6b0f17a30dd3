"""The walk: from a live function along everything that its code names, node by node.

    live object ──▶ its definition in a source file ──▶ names it uses ──▶ live objects of these names ──▶ …

The code of a thing is read from its source, what a name stands for is asked of the live module: decorators,
defaults, closures and constants are what they became, not what they were written as.

Two sorts of node have a key, and are found again in another process: an *anchored* definition (a function or
class that stands under its own name in its module, and of which nothing but its file decides) and a *slot* (a
name of a module, whatever it holds). Everything else hangs below a slot or a root, and is walked anew.
"""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import Any, NamedTuple, TypeAlias

from tidemill.code.bindings import ANY_NAME
from tidemill.code.classes import ClassReading, read_class
from tidemill.code.compiled import compiled_digest, compiled_names
from tidemill.code.digests import digest_of
from tidemill.code.graph import Graph, Kind, Part
from tidemill.code.project import Project
from tidemill.code.scopes import MISSING, Library, Place, Scope, Scopes
from tidemill.code.shapes import Aside, FunctionShape
from tidemill.code.sources import Sources
from tidemill.code.values import Described, callable_behind, content_of, readable, shown

Key: TypeAlias = tuple[str, str]
FROM_TIDEMILL = frozenset({"tidemill"})


class Found(NamedTuple):
    """What a use leads to: a node or -1, facts, and what there is to say."""

    node: int
    mask: int
    note: str = ""


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
        self.scopes = Scopes(project, sources)
        self.anchors: dict[Key, int] = {}
        self.anchored: set[int] = set()
        self.slots: dict[Key, int] = {}
        self.lines: dict[int, int] = {}  # of anchored functions: where each begins
        self.quick: dict[int, str] = {}  # of slots that hold plain values: the digest of the text
        self.hearts: dict[int, int] = {}  # of functions that decorators made: what they were made of
        self.assigned: set[str] = set()
        self.expanded = 0
        self._by_id: dict[int, int] = {}
        self._alive: list[object] = []
        self._pending: list[tuple[int, Any, Any]] = []
        self._uses: dict[tuple[int, str], Found] = {}

    # Nodes

    def root(self, value: Any) -> int:
        """The node of anything callable, sealed with all that it reaches."""
        behind = callable_behind(self.project, value)
        if not self._is_definition(behind):
            behind = value
        node = self.definition(behind)
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
        while self._pending:
            node, value, reading = self._pending.pop()
            self._expand(node, value, reading)

    def _is_definition(self, value: Any) -> bool:
        if type(value) is FunctionType:
            return self.project.owns_function(value)
        return isinstance(value, type) and self.project.owns_class(value)

    def definition(self, value: Any) -> int:
        """The node of a function or class of the user's, or of any other value that no name leads to."""
        known = self._by_id.get(id(value))
        if known is not None:
            return known
        reading: Any = None
        key: Key | None = None
        if type(value) is FunctionType:
            path = self.project.file_of_code(value.__code__)
            key = (path, value.__code__.co_qualname)  # not `__qualname__`, which decorators copy
            node = self.anchors.get(key)
            if (
                node is not None
                and self.lines.get(node) == value.__code__.co_firstlineno
                and value.__closure__ is None
            ):
                return self._remember(value, node)
            reading = self._function_shape(value)
            if reading is None or not self._is_anchored(value, path, reading):
                key = None
        elif isinstance(value, type):
            reading = read_class(self.project, self.scopes, value)
            key = self._class_key(value, reading)
            if key is not None and key in self.anchors:
                return self._remember(value, self.anchors[key])
        node = self._remember(value, self.graph.add())
        if key is not None:
            self.anchor(key, node)
            if type(value) is FunctionType:
                self.lines[node] = value.__code__.co_firstlineno
        self._pending.append((node, value, reading))
        return node

    def anchor(self, key: Key, node: int) -> None:
        """Note the key of a node."""
        self.anchors[key] = node
        self.anchored.add(node)

    def _remember(self, value: object, node: int) -> int:
        self._by_id[id(value)] = node
        self._alive.append(value)
        return node

    def revisit(self, key: Key, node: int, *, is_slot: bool) -> bool:
        """Expand a node of an earlier process again, from the live object of its key; False where there is none."""
        scope = self.scopes.of_file(key[0])
        value = scope.names.get(key[1], MISSING) if scope is not None else MISSING
        if value is MISSING or scope is None:
            return False
        if is_slot:
            self._pending.append((node, Place(scope, key[1], value), None))
            return True
        behind = callable_behind(self.project, value)
        if type(behind) is FunctionType:
            reading: Any = self._function_shape(behind)
            if reading is None or not self._is_anchored(behind, key[0], reading):
                return False
            self.lines[node] = behind.__code__.co_firstlineno
        elif isinstance(behind, type):
            reading = read_class(self.project, self.scopes, behind)
            if self._class_key(behind, reading) != key:
                return False
        else:
            return False
        self._remember(behind, node)
        self._pending.append((node, behind, reading))
        return True

    def _function_shape(self, fn: FunctionType) -> FunctionShape | None:
        source = self.sources.at(self.project.file_of_code(fn.__code__))
        return source.function(fn.__code__) if source is not None else None

    def _is_anchored(self, fn: FunctionType, path: str, shape: FunctionShape) -> bool:
        if fn.__closure__ is not None or "__wrapped__" in fn.__dict__ or fn.__code__.co_name == "<lambda>":
            return False
        scope = self.scopes.of(fn.__globals__)
        standing = scope.names.get(fn.__code__.co_qualname) if scope.file == path else None
        return (
            callable_behind(self.project, standing) is fn
            and scope is self.scopes.of_file(path)
            and all(aside.literal for aside in shape.defaults)
        )

    def _class_key(self, cls: type, reading: ClassReading | None) -> Key | None:
        scope = reading.scope if reading is not None else None
        if reading is None or not reading.fixed or scope is None or scope.file is None:
            return None
        if scope.names.get(cls.__qualname__) is not cls or scope is not self.scopes.of_file(scope.file):
            return None
        bases = [base for base in (*cls.__bases__, type(cls)) if self.project.owns_class(base)]
        anchored = all(self.definition(base) in self.anchored for base in bases)
        return (scope.file, cls.__qualname__) if anchored else None

    # What a node holds

    def _expand(self, node: int, value: Any, reading: Any) -> None:
        self.expanded += 1
        if type(value) is Place:
            draft = self._slot(node, value)
        elif type(value) is FunctionType:
            draft = self._function(value, reading)
        elif isinstance(value, type):
            draft = self._class(value, reading)
        else:
            draft = self._value(value)
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
        if self._is_definition(wrapped):
            self._edge(draft, wrapped)
            self.hearts[self.definition(fn)] = self.definition(wrapped)
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
        draft.parts.append(Part("class", reading.scope.where, draft.name, digest))
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
                draft.edges[self.definition(base)] = None
            else:
                self._library(draft, base.__module__)
        return draft

    def _unread_class(self, cls: type) -> Draft:
        """A class without a statement: a named tuple of `collections`, or one that a function made."""
        scope = self.scopes.of_class(cls) or self.scopes.of({"__name__": cls.__module__})
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
        scope = self.scopes.of({"__name__": type(value).__module__})
        name = readable(getattr(value, "__qualname__", None) or type(value).__qualname__)
        draft = Draft(scope, name)
        self._held(draft, "function", scope.where, name, value)
        return draft

    def _slot(self, node: int, place: Place) -> Draft:
        """What a name of a module holds."""
        scope, name, value = place
        draft = Draft(scope, name)
        draft.mask |= self.graph.bit("file", scope.file) if scope.file else 0
        self.quick.pop(node, None)
        behind = callable_behind(self.project, value)
        if self._is_definition(behind):
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
            self.quick[node] = quick
        return draft

    def _held(
        self, draft: Draft, kind: Kind, where: str, name: str, value: Any, written: Aside | None = None
    ) -> None:
        """A value that no name leads to: of a closure, a default, a class."""
        behind = callable_behind(self.project, value)
        if self._is_definition(behind):
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
        draft.edges[self.definition(definition)] = None

    def _say(self, draft: Draft, what: str) -> None:
        draft.mask |= self.graph.bit("unseen", what)

    def _library(self, draft: Draft, module: str) -> None:
        draft.mask |= self._library_bit(self.scopes.library(module))

    def _library_bit(self, library: Library) -> int:
        return self.graph.bit("library", library.top) if library.top else 0

    # Names

    def follow(self, draft: Draft, uses: tuple[str, ...] | list[str]) -> None:
        """Add what the names lead to."""
        place = id(draft.scope.names)
        for use in uses:
            found = self._uses.get((place, use))
            if found is None:
                found = self._uses[place, use] = self._resolve(draft.scope, use)
            draft.mask |= found.mask
            if found.node >= 0:
                draft.edges[found.node] = None
            if found.note:
                self._say(draft, f"{found.note} in {draft.scope.label}.{draft.name}")

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
            mask = self.graph.bit("file", inner.file) if inner.file else 0
            return Found(-1, mask, f"module {name} as a value" if wanted else "")
        first, *rest = wanted.split(".")
        return self._through(inner, first, rest)

    def _through(self, scope: Scope, name: str, rest: list[str]) -> Found:
        """Follow a name, through the user's modules, to what it stands for."""
        mask = 0
        while True:
            mask |= self.graph.bit("file", scope.file) if scope.file else 0
            place = self.scopes.defining(scope, name)
            if place is None:
                dynamic = "__getattr__" in scope.names
                return Found(-1, mask, f"{scope.module}.__getattr__({name!r})" if dynamic else "")
            if isinstance(place, Library):
                return Found(-1, mask | self._library_bit(place))
            mask |= self.graph.bit("file", place.scope.file) if place.scope.file else 0
            if not isinstance(place.value, ModuleType):
                return self._stands_for(place, mask)
            if not self.project.owns_module(place.value):
                return self._stands_for(place, mask)
            if not rest:
                return Found(-1, mask, f"module {place.value.__name__} as a value")
            scope, name = self.scopes.of(vars(place.value)), rest.pop(0)

    def _stands_for(self, place: Place, mask: int) -> Found:
        behind = callable_behind(self.project, place.value)
        if self._is_definition(behind):
            node = self.definition(behind)
            if self._is_trusted(place, node):
                return Found(node, mask)
        key = (place.scope.file or f"<{id(place.scope.names)}>", place.name)
        slot = self.slots.get(key)
        if slot is None:
            slot = self.slots[key] = self.graph.add()
            self._pending.append((slot, place, None))
        return Found(slot, mask)

    def _is_trusted(self, place: Place, node: int) -> bool:
        """Whether the file alone decides what a name stands for, so that it need not be asked again."""
        scope, name, _ = place
        binding = scope.binding(name)
        return (
            binding is not None
            and binding.simple
            and binding.kind in ("def", "class")
            and self.anchors.get((scope.file or "", name)) == node
            and name not in self.assigned
            and ANY_NAME not in self.assigned
            and all(self.scopes.is_steady(scope, decorator) for decorator in binding.decorators)
        )
