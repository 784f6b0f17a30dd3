"""The nodes of live things: one for each function and class of the user's, and for each name that is a slot.

Two sorts of node have a key, and are found again in another process: an *anchored* definition (a function or
class that stands under its own name in its module, and of which nothing but its file decides) and a *slot* (a
name of a module, whatever it holds). Everything else hangs below a slot or a root, and is walked anew.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any, TypeAlias

from tidemill.code.bindings import ANY_NAME
from tidemill.code.classes import ClassReading, read_class
from tidemill.code.graph import Graph
from tidemill.code.project import Project
from tidemill.code.scopes import MISSING, Place, Scopes
from tidemill.code.shapes import FunctionShape
from tidemill.code.sources import Sources
from tidemill.code.values import callable_behind

Key: TypeAlias = tuple[str, str]  # file and name


class Nodes:
    """Which node stands for what.

    Attributes:
        anchors, slots: Node by key.
        lines: Of anchored functions: where each begins.
        quick: Of slots that hold plain values: the digest of the text.
        assigned: Names that some file of the project may set in another.
        pending: Nodes to be expanded, each with what it stands for and what was read of that.
    """

    def __init__(self, project: Project, sources: Sources, graph: Graph) -> None:
        self.project = project
        self.sources = sources
        self.graph = graph
        self.scopes = Scopes(project, sources)
        self.anchors: dict[Key, int] = {}
        self.anchored: set[int] = set()
        self.slots: dict[Key, int] = {}
        self.lines: dict[int, int] = {}
        self.quick: dict[int, str] = {}
        self.assigned: set[str] = set()
        self.pending: list[tuple[int, Any, Any]] = []
        self._by_id: dict[int, int] = {}
        self._alive: list[object] = []  # what `_by_id` speaks of: else another object gets its id

    def definition(self, value: Any) -> int:
        """The node of a function or class of the user's, or of any other value that no name leads to."""
        known = self._by_id.get(id(value))
        if known is not None:
            return known
        reading: Any = None
        key: Key | None = None
        if not self.project.owns_definition(value):
            pass
        elif type(value) is FunctionType:
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
        else:
            reading = read_class(self.project, self.scopes, value)
            key = self._class_key(value, reading)
            if key is not None and key in self.anchors:
                return self._remember(value, self.anchors[key])
        node = self._remember(value, self.graph.add())
        if key is not None:
            self.anchor(key, node)
            if type(value) is FunctionType:
                self.lines[node] = value.__code__.co_firstlineno
        self.pending.append((node, value, reading))
        return node

    def slot(self, place: Place) -> int:
        """The node of a name."""
        key = (place.scope.file or f"<{id(place.scope.names)}>", place.name)
        node = self.slots.get(key)
        if node is None:
            node = self.slots[key] = self.graph.add()
            self.pending.append((node, place, None))
        return node

    def is_trusted(self, place: Place, node: int) -> bool:
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
            self.pending.append((node, Place(scope, key[1], value), None))
            return True
        behind = callable_behind(self.project, value)
        if type(behind) is FunctionType:
            reading: Any = self._function_shape(behind)
            if reading is None or not self._is_anchored(behind, key[0], reading):
                return False
            self.lines[node] = behind.__code__.co_firstlineno
        elif issubclass(type(behind), type):
            reading = read_class(self.project, self.scopes, behind)
            if self._class_key(behind, reading) != key:
                return False
        else:
            return False
        self._remember(behind, node)
        self.pending.append((node, behind, reading))
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
