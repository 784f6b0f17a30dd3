"""What needs what: the asset graph of a project, orders in it, and circles that leave none.

An edge leads from an asset to one that is made with it. An output with `internal_deps` has the edges named
there; any other output of a unit has an edge from each input of the unit.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Self, TypeVar

from tidemill.core.errors import CircularDependencyError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.project import Project
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.units.unit import ComputeUnit

N = TypeVar("N", AssetKey, str)
NO_KEYS: tuple[AssetKey, ...] = ()


class AssetGraph:
    """Assets and what each is made with.

    Attributes:
        project: What the graph was built from.
        keys: Assets that can be materialized, in order of definition.
        sources: Assets that nothing here materializes: declared ones, then those that only a `deps=` names.
        observers: Those of them that a function observes, and the name of its unit.
        check_keys: All checks, in order of definition.
    """

    __slots__ = ("_checks", "_children", "_parents", "check_keys", "keys", "observers", "project", "sources")

    def __init__(
        self,
        project: Project,
        parents: Mapping[AssetKey, tuple[AssetKey, ...]],
        sources: tuple[AssetKey, ...],
        checks: Mapping[AssetKey, tuple[AssetCheckKey, ...]],
    ) -> None:
        self.project = project
        self.keys = tuple(parents)
        self.sources = sources
        self.observers = {
            output.spec.key: unit.name
            for unit in project.units.values()
            if unit.kind == "observation"
            for output in unit.outputs
        }
        self.check_keys = tuple(check for of_asset in checks.values() for check in of_asset)
        self._parents = parents
        self._checks = checks
        self._children: dict[AssetKey, list[AssetKey]] | None = None

    @classmethod
    def build(cls, project: Project) -> Self:
        """The graph of all that a project defines."""
        parents: dict[AssetKey, tuple[AssetKey, ...]] = {}
        checks: dict[AssetKey, tuple[AssetCheckKey, ...]] = {}
        for unit in project.units.values():
            for check in unit.checks:
                checks[check.asset_key] = (*checks.get(check.asset_key, ()), check.key)
            if not unit.outputs or unit.kind == "observation":
                continue
            needed = _needed(unit, project)
            for output in unit.outputs:
                internal = unit.internal_deps.get(output.name) if unit.internal_deps else None
                key = output.spec.key
                parents[key] = needed if internal is None else _in_unit_order(internal, needed, unit)
        sources = dict.fromkeys(project.sources)
        for needed in parents.values():
            for key in needed:
                if key not in parents:
                    sources[key] = None
        for key in checks:  # of an asset that nothing here knows: it is made elsewhere
            if key not in parents:
                sources[key] = None
        return cls(project, parents, tuple(sources), checks)

    def __contains__(self, key: object) -> bool:
        return key in self._parents or key in self.sources

    def is_materializable(self, key: AssetKey) -> bool:
        """Whether a unit of the project makes the asset."""
        return key in self._parents

    def is_executable(self, key: AssetKey) -> bool:
        """Whether a unit of the project makes or observes the asset."""
        return key in self._parents or key in self.observers

    def parents(self, key: AssetKey) -> tuple[AssetKey, ...]:
        """Assets that `key` is made with, sources included, in the order of the function's parameters."""
        return self._parents.get(key, NO_KEYS)

    def children(self, key: AssetKey) -> tuple[AssetKey, ...]:
        """Assets that are made with `key`, in order of definition."""
        if self._children is None:
            self._children = {}
            for child, parents in self._parents.items():
                for parent in parents:
                    self._children.setdefault(parent, []).append(child)
        return tuple(self._children.get(key, NO_KEYS))

    def checks_for(self, key: AssetKey) -> tuple[AssetCheckKey, ...]:
        """Checks of the asset."""
        return self._checks.get(key, ())

    def unit_of(self, key: AssetKey) -> ComputeUnit:
        """The unit that makes the asset; KeyError where none does."""
        return self.project.units[self.project.producers[key]]

    def spec(self, key: AssetKey) -> AssetSpec | None:
        """What the user said of the asset; None for one that only a `deps=` names."""
        if key in self._parents:
            return next(output.spec for output in self.unit_of(key).outputs if output.spec.key == key)
        return self.project.sources.get(key)

    def ancestors(self, keys: Iterable[AssetKey], depth: int | None = None) -> set[AssetKey]:
        """What `keys` are made with, directly or not, at most `depth` steps away; sources included."""
        return _reached(keys, self.parents, depth)

    def descendants(self, keys: Iterable[AssetKey], depth: int | None = None) -> set[AssetKey]:
        """What is made with `keys`, directly or not, at most `depth` steps away."""
        return _reached(keys, self.children, depth)

    def topological_order(self) -> list[AssetKey]:
        """All materializable assets, each after its parents; otherwise in order of definition."""
        ordered, stuck = ordered_by_need(self._parents)
        if stuck:
            raise next(circle_errors(self.project, self._parents, stuck))
        return ordered


def _needed(unit: ComputeUnit, project: Project) -> tuple[AssetKey, ...]:
    """Assets that a unit needs; a partition mapping lets an asset be made with earlier slices of itself."""
    needed = [
        each.asset
        for each in unit.inputs
        if each.partition_mapping is None or project.producers.get(each.asset) != unit.name
    ]
    return tuple(dict.fromkeys(needed))


def _in_unit_order(
    internal: frozenset[AssetKey], needed: tuple[AssetKey, ...], unit: ComputeUnit
) -> tuple[AssetKey, ...]:
    known = dict.fromkeys([*needed, *(output.spec.key for output in unit.outputs)])
    return tuple(key for key in known if key in internal)


def _reached(
    keys: Iterable[AssetKey], neighbours: Callable[[AssetKey], Iterable[AssetKey]], depth: int | None
) -> set[AssetKey]:
    reached: set[AssetKey] = set()
    edge = set(keys)
    while edge and depth != 0:
        edge = {found for key in edge for found in neighbours(key)} - reached
        reached |= edge
        depth = None if depth is None else depth - 1
    return reached


def ordered_by_need(needs: Mapping[N, Iterable[N]], *, by_turn: bool = False) -> tuple[list[N], set[N]]:
    """Nodes after all that they need, and the nodes that have no place in such an order.

    The order is that of `needs` where there is a choice; `by_turn`, what has waited longest goes first, and the
    order of `needs` is that of nodes that have waited equally long. Without a place are nodes that need one
    another, and what needs them. What is no key of `needs` does not count.
    """
    position = {node: index for index, node in enumerate(needs)}
    nodes = list(position)
    waiting = [0] * len(nodes)
    consumers: dict[int, list[int]] = {}
    for index, needed in enumerate(needs.values()):
        for node in needed:
            at = position.get(node)
            if at is not None:
                waiting[index] += 1
                consumers.setdefault(at, []).append(index)
    ready = [(0, index) for index, count in enumerate(waiting) if count == 0]
    ordered: list[N] = []
    while ready:
        _, index = heapq.heappop(ready)
        ordered.append(nodes[index])
        turn = len(ordered) if by_turn else 0
        for consumer in consumers.get(index, ()):
            waiting[consumer] -= 1
            if waiting[consumer] == 0:
                heapq.heappush(ready, (turn, consumer))
    return ordered, set(nodes).difference(ordered)


def circle_errors(
    project: Project, needs: Mapping[N, Iterable[N]], stuck: set[N]
) -> Iterator[CircularDependencyError]:
    """One error for each of the circles among `stuck` that share no node."""
    left = stuck
    while left:
        circle = find_circle(needs, left)
        yield _circle_error(project, circle)
        rest = [node for node in needs if node in left and node not in circle]
        left = ordered_by_need({node: [n for n in needs[node] if n in left] for node in rest})[1]


def find_circle(needs: Mapping[N, Iterable[N]], stuck: set[N]) -> list[N]:
    """A circle, in the direction in which data flows, from its first node in order of definition.

    Each node that is stuck needs another that is: whoever follows them comes to one for the second time.
    """
    current = next(node for node in needs if node in stuck)
    walked: dict[N, None] = {}
    while current not in walked:
        walked[current] = None
        current = next(node for node in needs[current] if node in stuck)
    nodes = list(walked)
    circle = nodes[nodes.index(current) :][::-1]
    first = next(node for node in needs if node in circle)
    at = circle.index(first)
    return circle[at:] + circle[:at]


def _circle_error(project: Project, circle: Sequence[AssetKey | str]) -> CircularDependencyError:
    """Of units, the path names the assets that lead from one to the next."""
    names, units = [], []
    for node, following in zip(circle, [*circle[1:], circle[0]], strict=True):
        if isinstance(node, AssetKey):
            names.append(node.to_user_string())
            continue
        unit = project.units[node]
        used = {needed.asset for needed in project.units[str(following)].inputs}
        link = next(output.asset for output in unit.outputs if output.asset in used)
        names.append(link.to_user_string())
        if len(unit.outputs) > 1:
            units.append(f"{names[-1]!r} is made by the step {unit.name!r}, which needs all its inputs first")
    path = (*names, names[0])
    drawn = " → ".join(path)
    return CircularDependencyError(
        f"Assets need one another in a circle: {drawn}",
        path=path,
        subject=names[0],
        found="; ".join([drawn, *units]),
        expected="an order in which each asset is made after all that it is made with",
        next_step="remove one of these dependencies" + (", or split the multi-asset" if units else ""),
    )
