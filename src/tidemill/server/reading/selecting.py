"""The selection syntax on a snapshot: the graph as `planning` asks for it, made of nodes instead of definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.units.unit import ComputeUnit
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import resolve_selection
from tidemill.server.models import GraphNode


class Named(NamedTuple):
    """An output, as far as a selection asks."""

    asset: AssetKey


class Whole(NamedTuple):
    """A unit, as far as a selection asks: what it makes, and that it is made whole."""

    name: str
    outputs: tuple[Named, ...]
    can_subset: bool = False


class NodeGraph(AssetGraph):
    """A graph of nodes; what it knows of a unit is its name and its outputs."""

    __slots__ = ("_specs", "_units")

    def __init__(self, nodes: Mapping[str, GraphNode]) -> None:
        keys = {text: AssetKey.from_text(text) for text in nodes}
        parents: dict[AssetKey, tuple[AssetKey, ...]] = {}
        checks: dict[AssetKey, tuple[AssetCheckKey, ...]] = {}
        outputs: dict[str, list[Named]] = {}
        for text, node in nodes.items():
            key = keys[text]
            checks[key] = tuple(AssetCheckKey(key, name) for name in node.checks)
            if node.source:
                continue
            parents[key] = tuple(keys.get(dep) or AssetKey.from_text(dep) for dep in node.deps)
            outputs.setdefault(node.unit or text, []).append(Named(key))
        sources = tuple(keys[text] for text, node in nodes.items() if node.source)
        # There is no project behind it: `unit_of` and `spec`, which would ask it, are answered by the nodes.
        self.keys = tuple(parents)
        self.sources = sources
        self.project = cast("Any", None)
        self.observers = {}
        self.check_keys = tuple(check for of_asset in checks.values() for check in of_asset)
        self._parents = parents
        self._checks = checks
        self._children = None
        self._specs = {keys[text]: _described(node) for text, node in nodes.items()}
        self._units = {
            output.asset: Whole(name, tuple(of_unit))
            for name, of_unit in outputs.items()
            for output in of_unit
        }

    def unit_of(self, key: AssetKey) -> ComputeUnit:
        """The unit that makes the asset; KeyError where none does."""
        return cast("ComputeUnit", self._units[key])

    def spec(self, key: AssetKey) -> AssetSpec | None:
        """Group, tags, kinds and owners of the asset."""
        return cast("AssetSpec | None", self._specs.get(key))

    def select(self, expression: str) -> set[str]:
        """The texts of the assets that an expression means.

        Raises:
            InvalidSubsetError: It is none, or names what is not there.
        """
        found = resolve_selection(expression, self)
        return {key.text for key in found.assets} | {check.asset_key.text for check in found.checks}


class Described(NamedTuple):
    """What a selection asks about an asset."""

    group_name: str
    tags: Mapping[str, str]
    kinds: frozenset[str]
    owners: tuple[str, ...]


def _described(node: GraphNode) -> Described:
    return Described(node.group, node.tags, frozenset(node.kinds), tuple(node.owners))
