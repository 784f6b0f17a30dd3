"""From a cache file to a graph that can be trusted, and back.

    read ──▶ hash every file ──▶ ask again for every constant ──▶ dirty files
                                                                     │
         answers that reach no dirty file hold ◀── sealed again ◀── nodes that touch one, walked again

A file is dirty when its bytes differ, or when a name of it holds something else than it did: the environment, the
clock or another module may decide that. What a name holds that only its file decides is not asked again: a
plain definition under its own name, unless some file of the project assigns to an attribute of that name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tidemill.code.bindings import ANY_NAME
from tidemill.code.cache import Answers, Kept, Links, pack, read_cache, write_cache
from tidemill.code.digests import digest_of
from tidemill.code.graph import LOOSE, Graph
from tidemill.code.plain import LEAVES
from tidemill.code.scopes import MISSING
from tidemill.code.values import Described
from tidemill.code.walk import Walk


class Memory:
    """What is known of the user's code, in this process and from earlier ones.

    `places` gives the node of a function by its file and first line.
    """

    def __init__(self, walk: Walk, path: Path | None, head: tuple[Any, ...]) -> None:
        self.walk = walk
        self.path = path
        self.head = head
        self.places: dict[str, dict[int, int]] = {}
        self.names: list[str] = []
        self.providers: dict[str, list[str]] = {}
        self.changed = True  # whether there is something to write
        self._answers: Answers | None = None
        self._kept: Kept | None = None
        self._restored = True
        self._before = (0, 0)

    def open(self) -> None:
        """Read the cache and find what of it holds."""
        kept = read_cache(self.path, self.head) if self.path is not None else None
        walk = self.walk
        if kept is None:
            walk.nodes.assigned = self._assigned(walk.project.modules)
            return
        self.providers.update(kept.providers)
        for name in kept.imports:
            walk.scopes.imported(name)
        for path, (digest, _) in kept.files.items():
            if path in kept.sections:
                walk.sources.kept[path] = (digest, kept.sections[path])
        changed = {path for path, (digest, _) in kept.files.items() if walk.sources.digest(path) != digest}
        added = [path for path in walk.project.modules if path not in kept.files]
        before = {name for _, names in kept.files.values() for name in names}
        same = (names for path, (_, names) in kept.files.items() if path not in changed)
        walk.nodes.assigned = {name for names in same for name in names} | self._assigned([*changed, *added])
        self.changed = bool(changed or added)
        if "answers" not in kept.sections or not walk.nodes.assigned <= before:
            self.changed = True
            return
        self._kept = kept
        self._take_over(Answers(*kept.sections["answers"].unpack()), changed)

    def _assigned(self, paths: Any) -> set[str]:
        sources = (self.walk.sources.at(path) for path in paths)
        return {name for source in sources if source is not None for name in source.assigned}

    def _take_over(self, answers: Answers, changed: set[str]) -> None:
        graph = self.walk.graph
        graph.restore_facts(answers.facts)
        graph.digests = answers.digests
        graph.total = [answers.masks[place] for place in answers.totals]
        self.places, self.names = answers.places, answers.names
        self._answers = answers
        self._restored = False
        dirty = 0
        for path in {*changed, *self._with_other_values(answers)}:
            dirty |= graph.bit("file", path)
        if dirty or answers.watched:
            self.restore()
            if not self._renew(dirty, changed):
                self.forget()

    def _with_other_values(self, answers: Answers) -> Iterator[str]:
        """Files with a name that held a plain value, and holds another one now."""
        project = self.walk.project
        for path, name, _, digest in answers.quick:
            module = project.modules.get(path)
            value = vars(module).get(name, MISSING) if module is not None else MISSING
            leaf = LEAVES.get(type(value))
            if leaf is not None:
                text = leaf(value)
            else:
                described = Described(project, value)
                text = "" if described.definitions else described.text
            if digest_of(text) != digest:
                yield path

    def restore(self) -> None:
        """Take over the whole graph, so that it can be walked and shown."""
        if self._restored or self._kept is None or self._answers is None:
            return
        self._restored = True
        walk, graph, masks = self.walk, self.walk.graph, self._answers.masks
        links = Links(*self._kept.sections["links"].unpack())
        graph.own = links.own
        graph.edges = links.edges
        graph.direct = [masks[place] for place in links.direct]
        graph.kept_parts = self._kept.sections["parts"].unpack
        walk.nodes.anchors, walk.nodes.lines = links.anchors, links.lines
        walk.nodes.anchored = set(links.anchors.values())
        for path, name, node, digest in self._answers.quick:
            walk.nodes.slots[path, name] = node
            walk.nodes.quick[node] = digest
        for path, name, node in self._answers.watched:
            walk.nodes.slots[path, name] = node
        self._before = (len(walk.nodes.anchors), len(walk.nodes.slots))

    def _renew(self, dirty: int, changed: set[str]) -> bool:
        """Walk again what touches a dirty file, and what must be looked at in any case; False where that fails."""
        walk, graph = self.walk, self.walk.graph
        watched = {node for _, _, node in (self._answers.watched if self._answers else ())}
        touched = {node for node, direct in enumerate(graph.direct) if direct & dirty}
        again = touched | watched
        keyed = {node: (key, False) for key, node in walk.nodes.anchors.items() if node in again}
        keyed |= {node: (key, True) for key, node in walk.nodes.slots.items() if node in again}
        before = {node: graph.digests[node] for node in watched - touched}
        for node in again:
            key, is_slot = keyed.get(node, (None, False))
            if key is None or not walk.nodes.revisit(key, node, is_slot=is_slot):
                if key is not None and key[0] not in changed:
                    return False
                self._bury(node, key, is_slot)
        walk.expand()
        self._open_and_seal(dirty, again)
        others = 0
        for node, digest in before.items():
            if graph.digests[node] != digest:
                others |= graph.bit("file", keyed[node][0][0])
        if others:
            self._open_and_seal(others, set())
        self.changed |= bool(dirty or others)
        self._place_again(changed)
        return True

    def _open_and_seal(self, dirty: int, more: set[int]) -> None:
        """Give new digests to all that reaches a dirty file."""
        graph = self.walk.graph
        again = [node for node, total in enumerate(graph.total) if total & dirty or node in more]
        for node in again:
            graph.digests[node] = ""
        graph.seal(again)

    def _place_again(self, changed: set[str]) -> None:
        """Note the new lines of functions in files that changed."""
        for path in changed:
            self.places.pop(path, None)
        for (path, name), node in self.walk.nodes.anchors.items():
            if path in changed and node in self.walk.nodes.lines:
                self._place(path, self.walk.nodes.lines[node], name, node)

    def _place(self, path: str, line: int, name: str, node: int) -> None:
        self.places.setdefault(path, {})[line] = node
        self.names.extend([""] * (node + 1 - len(self.names)))
        self.names[node] = name

    def _bury(self, node: int, key: tuple[str, str] | None, is_slot: bool) -> None:
        """Forget a node whose definition is gone; what named it is walked again, as it touches the same file."""
        walk = self.walk
        walk.graph.edges[node] = ()
        if key is not None:
            (walk.nodes.slots if is_slot else walk.nodes.anchors).pop(key)
            walk.nodes.anchored.discard(node)
            walk.nodes.lines.pop(node, None)

    def forget(self) -> None:
        """Begin without answers; what files say is still known."""
        walk = self.walk
        self.walk = Walk(walk.project, walk.sources, Graph())
        self.walk.nodes.assigned = walk.nodes.assigned
        self.places, self.names = {}, []
        self._answers = self._kept = None
        self._restored = True
        self.changed = True

    def note(self, path: str, line: int, name: str, node: int) -> None:
        """Remember where a function stands, if it can be found again."""
        if node in self.walk.nodes.anchored and self.walk.nodes.lines.get(node) == line:
            self._place(path, line, name, node)

    def save(self) -> None:
        """Write the cache, if something changed."""
        walk = self.walk
        self.changed |= self._restored and (len(walk.nodes.anchors), len(walk.nodes.slots)) != self._before
        if self.path is None or not self.changed:
            return
        self.restore()
        files: dict[str, Any] = {}
        sections: dict[str, bytes | memoryview] = {}
        for path in walk.project.modules:
            digest = walk.sources.digest(path)
            if digest:
                files[path] = (digest, self._names_set(path, digest))
                packed = self._packed(path, digest)
                if packed is not None:
                    sections[path] = packed
        assigned = {name for _, names in files.values() for name in names}
        # A module that was imported late may set names that were trusted until then.
        if ANY_NAME not in assigned and assigned <= walk.nodes.assigned:
            answers, links, parts = _compact(walk)
            sections |= {"answers": pack(answers), "links": pack(links), "parts": pack(parts)}
        rest = (files, self.providers, list(walk.scopes.late_imports))
        write_cache(self.path, self.head, rest, sections)
        self.changed = False
        self._before = (len(walk.nodes.anchors), len(walk.nodes.slots))

    def _names_set(self, path: str, digest: str) -> tuple[str, ...]:
        before = self._kept.files.get(path) if self._kept is not None else None
        if before is not None and before[0] == digest:
            return before[1]
        source = self.walk.sources.at(path)
        return source.assigned if source is not None else ()

    def _packed(self, path: str, digest: str) -> bytes | memoryview | None:
        """The shapes of a file; as they were kept where nobody asked for them, and none where nobody ever did."""
        source = self.walk.sources.files.get(path)
        if source is not None and source.is_read:
            return pack(source.shapes)
        before = self.walk.sources.kept.get(path)
        return before[1].raw if before is not None and before[0] == digest else None


def _compact(walk: Walk) -> tuple[Answers, Links, list[Any]]:
    """The graph without what no key leads to, numbered anew."""
    graph = walk.graph
    loose = graph.bit(*LOOSE)
    anchors, slots = (
        {key: node for key, node in keys.items() if graph.digests[node] and not graph.total[node] & loose}
        for keys in (walk.nodes.anchors, walk.nodes.slots)
    )
    nodes = graph.leaves_first([*anchors.values(), *slots.values()])
    number = {node: place for place, node in enumerate(nodes)}
    masks: dict[int, int] = {}

    def packed(mask: int) -> int:
        return masks.setdefault(mask, len(masks))

    totals = [packed(graph.total[node]) for node in nodes]
    direct = [packed(graph.direct[node]) for node in nodes]
    places: dict[str, dict[int, int]] = {}
    names = [""] * len(nodes)
    for (path, name), node in anchors.items():
        if node in walk.nodes.lines:
            places.setdefault(path, {})[walk.nodes.lines[node]] = number[node]
            names[number[node]] = name
    quick = [
        (*key, number[node], walk.nodes.quick[node])
        for key, node in slots.items()
        if node in walk.nodes.quick
    ]
    watched = [(*key, number[node]) for key, node in slots.items() if node not in walk.nodes.quick]
    answers = Answers(
        places,
        names,
        [graph.digests[node] for node in nodes],
        totals,
        list(masks),
        graph.facts,
        quick,
        watched,
    )
    edges: list[Sequence[int]] = [tuple(number[target] for target in graph.edges[node]) for node in nodes]
    lines = {number[node]: walk.nodes.lines[node] for node in anchors.values() if node in walk.nodes.lines}
    links = Links(
        own=[graph.own[node] for node in nodes],
        edges=edges,
        direct=direct,
        anchors={key: number[node] for key, node in anchors.items()},
        lines=lines,
    )
    return answers, links, [graph.parts(node) for node in nodes]
