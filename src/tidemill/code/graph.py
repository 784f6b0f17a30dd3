"""The graph of code: what each definition is, what it names, and the digest of all that it reaches.

A node holds its own parts and edges to the nodes that it names. Its digest covers both, so a function that
reaches five thousand others costs as much as one that reaches two; functions that call each other in a circle
are one group. Facts (files, libraries, what is not covered) are bits of an integer, joined along the edges.

    add ──▶ open node ──fill (parts, edges, facts)──▶ seal ──▶ digest, facts of all that is reached
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from tidemill.code.digests import digest_of

Kind: TypeAlias = Literal["function", "class", "constant", "default", "closure", "read", "declared"]
FactKind: TypeAlias = Literal["file", "library", "unseen", "computed", "loose"]
LONGEST_TEXT = 200
LOOSE: tuple[FactKind, str] = ("loose", "")  # what reaches this is not kept


class Part(NamedTuple):
    """One ingredient of a function's code.

    Attributes:
        kind: What it is.
        where: Its file below the project's root, or the name of its module.
        name: `clean`, `Model.fit`, `MIN_DF`; `train(depth)` of a default or of a closure's variable.
        digest: 32 hexadecimal digits.
        text: Of a value: what a person can compare.
        inside: Of a class whose attributes are written out: name, digest and text of each, and under no name the digest
            of all else. It says what of `digest` changed, and counts for nothing.
    """

    kind: Kind
    where: str
    name: str
    digest: str
    text: str = ""
    inside: tuple[tuple[str, str, str], ...] = ()


class Graph:
    """Nodes by number. A node whose digest is empty is open: to be filled, or sealed again."""

    def __init__(self) -> None:
        self.own: list[str] = []
        self.edges: list[Sequence[int]] = []
        self.direct: list[int] = []
        self.total: list[int] = []
        self.digests: list[str] = []
        self.facts: list[tuple[FactKind, str]] = []
        self._bits: dict[tuple[FactKind, str], int] = {}
        self._all_of: dict[FactKind, int] = {}
        self._in_order: dict[FactKind, list[tuple[str, int]]] = {}
        self._parts: dict[int, tuple[Part, ...]] = {}
        self._kept: Sequence[Sequence[Sequence[str]]] | None = None
        self.kept_parts: Callable[[], Sequence[Sequence[Sequence[str]]]] = list

    def bit(self, kind: FactKind, text: str) -> int:
        """The bit that stands for a fact."""
        fact = (kind, text)
        bit = self._bits.get(fact)
        if bit is None:
            bit = self._bits[fact] = 1 << len(self.facts)
            self.facts.append(fact)
            self._all_of[kind] = self._all_of.get(kind, 0) | bit
            insort(self._in_order.setdefault(kind, []), (text, bit))
        return bit

    def restore_facts(self, facts: Iterable[tuple[FactKind, str]]) -> None:
        """Take over the facts of an earlier process, with their bits."""
        for kind, text in facts:
            self.bit(kind, text)

    def facts_of(self, mask: int, kind: FactKind) -> tuple[str, ...]:
        """The facts of a kind that a mask stands for, in order."""
        mask &= self._all_of.get(kind, 0)
        if not mask:
            return ()
        facts = self._in_order[kind]
        if mask.bit_count() > len(facts) // 8:
            return tuple([text for text, bit in facts if mask & bit])
        found = []
        while mask:
            lowest = mask & -mask
            found.append(self.facts[lowest.bit_length() - 1][1])
            mask ^= lowest
        return tuple(sorted(found))

    def add(self) -> int:
        """A new open node."""
        self.own.append("")
        self.edges.append(())
        self.direct.append(0)
        self.total.append(0)
        self.digests.append("")
        return len(self.own) - 1

    def fill(self, node: int, parts: Iterable[Part], edges: Sequence[int], direct: int) -> None:
        """Say what a node is; it stays open."""
        self._parts[node] = tuple(parts)
        lines = [f"{part.kind} {part.name} {part.digest}" for part in self._parts[node]]
        self.own[node] = digest_of("\n".join(lines)) if lines else ""
        self.edges[node] = edges
        self.direct[node] = direct
        self.digests[node] = ""

    def parts(self, node: int) -> tuple[Part, ...]:
        """The own parts of a node."""
        parts = self._parts.get(node)
        if parts is None:
            if self._kept is None:
                self._kept = self.kept_parts()
            parts = self._parts[node] = tuple(Part._make(part) for part in self._kept[node])
        return parts

    def parts_of(self, roots: Iterable[int]) -> tuple[Part, ...]:
        """The parts of all that is reached, each once, in the order of nearness."""
        near = self.reached(roots, self._behind)
        return tuple(dict.fromkeys(part for node in near for part in self.parts(node)))

    def reached(self, roots: Iterable[int], seen_as: Callable[[int], int] = int) -> Iterator[int]:
        """Nodes in the order of nearness, each once."""
        queue = list(dict.fromkeys(map(seen_as, roots)))
        seen = set(queue)
        for node in queue:
            yield node
            for target in map(seen_as, self.edges[node]):
                if target not in seen:
                    seen.add(target)
                    queue.append(target)

    def leaves_first(self, roots: Iterable[int]) -> list[int]:
        """All that is reached, each after what it names, but for circles."""
        order: list[int] = []
        seen: set[int] = set()
        for root in roots:
            if root in seen:
                continue
            seen.add(root)
            path = [(root, iter(self.edges[root]))]
            while path:
                node, targets = path[-1]
                for target in targets:
                    if target not in seen:
                        seen.add(target)
                        path.append((target, iter(self.edges[target])))
                        break
                else:
                    order.append(node)
                    path.pop()
        return order

    def seal(self, roots: Iterable[int]) -> None:
        """Give every open node that can be reached through open ones its digest and its facts."""
        for root in roots:
            # Those of an earlier process come leaves first, so that there is hardly ever a way to look for.
            if not self.digests[root] and not self._close_alone(root):
                self._seal(root)

    def _seal(self, root: int) -> None:
        """Groups of nodes that reach each other, innermost first (Tarjan's algorithm, without recursion)."""
        order: dict[int, int] = {root: 0}
        low = {root: 0}
        stack = [root]
        path = [(root, iter(self.edges[root]))]
        digests = self.digests
        while path:
            node, targets = path[-1]
            for target in targets:
                if digests[target]:
                    continue
                if target not in order:
                    order[target] = low[target] = len(order)
                    stack.append(target)
                    path.append((target, iter(self.edges[target])))
                    break
                low[node] = min(low[node], order[target])  # an open node that has an order is on the stack
            else:
                path.pop()
                if path:
                    outer = path[-1][0]
                    low[outer] = min(low[outer], low[node])
                if low[node] == order[node]:
                    group = [stack.pop()]
                    while group[-1] != node:
                        group.append(stack.pop())
                    self._close(group)

    def _close(self, group: list[int]) -> None:
        """The digests of nodes that reach each other. Whether a name or a value led to them makes no difference.

        A node without parts is only a name for what it leads to, and has the digest of that.
        """
        if len(group) == 1 and self._close_alone(group[0]):
            return
        total, known = self.total, self.digests
        outside = {target for node in group for target in self.edges[node]}.difference(group)
        mask = 0
        for node in group:
            mask |= self.direct[node]
        for node in outside:
            mask |= total[node]
        inner = sorted(self.own[node] for node in group if self.own[node])
        common = digest_of(" ".join([*inner, "|", *sorted({self.digests[node] for node in outside})]))
        for node in group:
            total[node] = mask
            known[node] = digest_of(f"{self.own[self._behind(node)]} in {common}")

    def _close_alone(self, node: int) -> bool:
        """The digest of a node, if all that it names is sealed: so it is in no circle."""
        total, known = self.total, self.digests
        mask = self.direct[node]
        digests: dict[str, None] = {}
        for target in self.edges[node]:
            digest = known[target]
            if not digest:
                return False
            digests[digest] = None
            mask |= total[target]
        total[node] = mask
        own = self.own[node]
        known[node] = (
            digest_of(" ".join([own, *digests])) if own or len(digests) != 1 else next(iter(digests))
        )
        return True

    def _behind(self, node: int) -> int:
        """What a node is a name for; else itself."""
        while not self.own[node] and len(self.edges[node]) == 1:
            node = self.edges[node][0]
        return node


class Parts(Sequence[Part]):
    """The parts of all that a node reaches, nearest first; gathered when they are first asked for."""

    __slots__ = ("_from", "_root")

    def __init__(self, gather: Callable[[int], tuple[Part, ...]], root: int) -> None:
        self._from: Any = gather  # until they are gathered; then these
        self._root = root

    def all(self) -> tuple[Part, ...]:
        """As a tuple."""
        if type(self._from) is not tuple:
            self._from = self._from(self._root)
        found: tuple[Part, ...] = self._from
        return found

    def __len__(self) -> int:
        return len(self.all())

    def __getitem__(self, place: Any) -> Any:
        return self.all()[place]

    def __iter__(self) -> Iterator[Part]:
        return iter(self.all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Parts, tuple)) and self.all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self.all())

    def __repr__(self) -> str:
        return repr(self.all())

    def __reduce__(self) -> tuple[object, ...]:
        return tuple, (list(self.all()),)
