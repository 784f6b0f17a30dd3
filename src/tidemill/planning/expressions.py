"""The tree behind a selection: frozen nodes, each of which knows its assets, its checks and its text.

A node that selects assets selects their checks with them; `Checks` and `ChecksOf` select no asset. Union,
intersection and difference treat both alike, so `Without((x, ChecksOf(Everything(True))))` has no checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

from tidemill.core.errors import InvalidSubsetError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.core.suggest import did_you_mean, near
from tidemill.definitions.specs.assets import AssetSpec
from tidemill.definitions.values import Value, fill
from tidemill.planning.graph import AssetGraph

ATTRIBUTES: dict[str, Callable[[AssetSpec], Iterable[str]]] = {
    "group": lambda spec: (spec.group_name or "default",),
    "tag": lambda spec: [f"{name}={value}" for name, value in spec.tags.items()],
    "kind": lambda spec: spec.kinds,
    "owner": lambda spec: spec.owners,
}


class Expression(Value):
    """A node. Its arguments are its fields, in order."""

    def __init__(self, *contents: object) -> None:
        fill(self, *contents)

    def assets_in(self, graph: AssetGraph) -> set[AssetKey]:
        """Assets of the graph that are selected."""
        raise NotImplementedError(type(self).__name__)

    def checks_in(self, graph: AssetGraph) -> set[AssetCheckKey]:
        """Checks of the graph that are selected: those of the assets, unless a node says otherwise."""
        if not graph.check_keys:
            return set()
        return {check for key in self.assets_in(graph) for check in graph.checks_for(key)}

    def text(self) -> tuple[str, int]:
        """Source for `selection_syntax`, and how tightly it binds: 3 takes a `+`, 2 an `and`, 1 an `or`."""
        raise NotImplementedError(type(self).__name__)

    def __str__(self) -> str:
        return self.text()[0]


class Everything(Expression):
    """Every asset."""

    include_sources: bool

    def assets_in(self, graph: AssetGraph) -> set[AssetKey]:
        return {*graph.keys, *(graph.sources if self.include_sources else ())}

    def text(self) -> tuple[str, int]:
        return ("include_sources(*)" if self.include_sources else "*"), 3


class Keys(Expression):
    """Assets by name; a name that is not there is an error."""

    of: tuple[AssetKey, ...]

    def assets_in(self, graph: AssetGraph) -> set[AssetKey]:
        unknown = [key for key in self.of if key not in graph]
        if unknown:
            raise _unknown_keys(self, unknown, graph)
        return set(self.of)

    def text(self) -> tuple[str, int]:
        return _any_of([f'key:"{escaped_key(key)}"' for key in self.of])


class Matching(Expression):
    """Assets with an attribute: `key` (a pattern), `key_substring`, `prefix`, or one of `ATTRIBUTES`."""

    attribute: str
    include_sources: bool
    value: str

    def assets_in(self, graph: AssetGraph) -> set[AssetKey]:
        among: Iterable[AssetKey] = Everything(self.include_sources).assets_in(graph)
        if self.attribute == "key":
            pattern = _pattern(self.value)
            return {key for key in among if pattern.fullmatch(key.to_user_string())}
        if self.attribute == "key_substring":
            return {key for key in among if self.value in key.to_user_string()}
        if self.attribute == "prefix":
            prefix = AssetKey.from_text(self.value).parts
            return {key for key in among if key.has_prefix(prefix)}
        values = ATTRIBUTES[self.attribute]
        specs = ((key, graph.spec(key)) for key in among)
        return {key for key, spec in specs if spec is not None and self.value in values(spec)}

    def text(self) -> tuple[str, int]:
        raw = self.attribute in ("key", "prefix")
        text = f'{self.attribute}:"{self.value if raw else _escaped(self.value)}"'
        if self.attribute == "tag":
            name, _, value = map(_escaped, self.value.partition("="))
            text = f'tag:"{name}"="{value}"' if value else f'tag:"{name}"'
        return (f"include_sources({text})" if self.include_sources else text), 3


class Checks(Expression):
    """Checks by name; a name that is not there is an error."""

    of: tuple[AssetCheckKey, ...]

    def assets_in(self, graph: AssetGraph) -> set[AssetKey]:  # noqa: ARG002  (none, whatever the graph)
        return set()

    def checks_in(self, graph: AssetGraph) -> set[AssetCheckKey]:
        known = set(graph.check_keys)
        for check in self.of:
            if check not in known:
                name = check.to_user_string()
                raise InvalidSubsetError(
                    f"No asset has the check {name!r}",
                    subject=name,
                    found=f"selection {self}",
                    next_step=did_you_mean(name, [k.to_user_string() for k in known])
                    or "see `tidemill list`",
                )
        return set(self.of)

    def text(self) -> tuple[str, int]:
        special = '":'
        pairs = [f"{escaped_key(key.asset_key)}:{_escaped(key.name, special)}" for key in self.of]
        return _any_of([f'check:"{pair}"' for pair in pairs])


class ChecksOf(Expression):
    """The checks of assets, without the assets."""

    child: Expression

    def assets_in(self, graph: AssetGraph) -> set[AssetKey]:  # noqa: ARG002  (none, whatever the graph)
        return set()

    def checks_in(self, graph: AssetGraph) -> set[AssetCheckKey]:
        return self.child.checks_in(graph)

    def text(self) -> tuple[str, int]:
        return f"checks({self.child})", 3


class Walk(Expression):
    """Assets, and what they are made with or what is made with them, `depth` steps far (None: to the end)."""

    child: Expression
    depth: int | None
    upstream: bool

    def assets_in(self, graph: AssetGraph) -> set[AssetKey]:
        own = self.child.assets_in(graph)
        if not self.upstream:
            return own | graph.descendants(own, self.depth)
        return own | set(filter(graph.is_materializable, graph.ancestors(own, self.depth)))

    def text(self) -> tuple[str, int]:
        steps = "" if self.depth is None else str(self.depth)
        inner = _enclosed(self.child, 3)
        return (f"{steps}+{inner}" if self.upstream else f"{inner}+{steps}"), 2


class Function(Expression):
    """Assets that follow from others by a rule of that name."""

    child: Expression
    name: str

    def assets_in(self, graph: AssetGraph) -> set[AssetKey]:
        return FUNCTIONS[self.name](graph, self.child.assets_in(graph))

    def text(self) -> tuple[str, int]:
        return f"{self.name}({self.child})", 3


class Combination(Expression):
    """What sets of several operands come to together."""

    operands: tuple[Expression, ...]
    combine = staticmethod(cast("Callable[..., set[Any]]", set.union))
    word, tightness = "", 0

    def assets_in(self, graph: AssetGraph) -> set[AssetKey]:
        return self.combine(*[operand.assets_in(graph) for operand in self.operands])

    def checks_in(self, graph: AssetGraph) -> set[AssetCheckKey]:
        return self.combine(*[operand.checks_in(graph) for operand in self.operands])

    def text(self) -> tuple[str, int]:
        texts = [_enclosed(operand, self.tightness) for operand in self.operands]
        return f" {self.word} ".join(texts), self.tightness


class Either(Combination):
    """What at least one operand selects."""

    word, tightness = "or", 1


class Both(Combination):
    """What all operands select."""

    combine = staticmethod(set.intersection)
    word, tightness = "and", 2


class Without(Combination):
    """What the first selects and the second does not."""

    combine = staticmethod(set.difference)

    def text(self) -> tuple[str, int]:
        left, right = self.operands
        if left == Everything(False):
            return f"not {_enclosed(right, 3)}", 1  # after an `and` it would be read as a difference
        return f"{_enclosed(left, 2)} and not {_enclosed(right, 3)}", 2


def _roots(graph: AssetGraph, keys: set[AssetKey]) -> set[AssetKey]:
    return {key for key in keys if keys.isdisjoint(set(graph.parents(key)) - {key})}


def _sinks(graph: AssetGraph, keys: set[AssetKey]) -> set[AssetKey]:
    return {key for key in keys if keys.isdisjoint(set(graph.children(key)) - {key})}


def _upstream_sources(graph: AssetGraph, keys: set[AssetKey]) -> set[AssetKey]:
    return {key for key in keys | graph.ancestors(keys) if not graph.is_materializable(key)}


def _neighbours(graph: AssetGraph, keys: set[AssetKey]) -> set[AssetKey]:
    units = {unit.name: unit for unit in map(graph.unit_of, filter(graph.is_materializable, keys))}
    whole = [unit for unit in units.values() if not unit.can_subset]
    return keys | {output.asset for unit in whole for output in unit.outputs}


FUNCTIONS: dict[str, Callable[[AssetGraph, set[AssetKey]], set[AssetKey]]] = {
    "roots": _roots,
    "sinks": _sinks,
    "materializable": lambda graph, keys: set(filter(graph.is_materializable, keys)),
    "upstream_source_assets": _upstream_sources,
    "required_multi_asset_neighbors": _neighbours,
}


def union(parts: Iterable[Expression]) -> Expression:
    """One node for all parts; keys are gathered in one, so that a long list stays flat."""
    flat = _flat(parts, Either)
    if all(isinstance(part, Keys) for part in flat):
        return Keys(tuple(dict.fromkeys(key for part in flat if isinstance(part, Keys) for key in part.of)))
    distinct = tuple(dict.fromkeys(flat))
    return distinct[0] if len(distinct) == 1 else Either(distinct)


def both(left: Expression, right: Expression) -> Expression:
    """One node for a chain of intersections."""
    return Both(tuple(_flat((left, right), Both)))


def _flat(parts: Iterable[Expression], kind: type[Combination]) -> list[Expression]:
    return [part for side in parts for part in (side.operands if isinstance(side, kind) else (side,))]


def leaves(node: object) -> Iterator[Matching]:
    """The filters of a tree."""
    if isinstance(node, Matching):
        yield node
    elif isinstance(node, Expression):
        for value in vars(node).values():
            for child in value if isinstance(value, tuple) else (value,):
                yield from leaves(child)


def named_in(node: object) -> Iterator[AssetKey]:
    """Assets that an expression names themselves, alone or beside others."""
    if isinstance(node, Keys):
        yield from node.of
    elif isinstance(node, Either):
        for operand in node.operands:
            yield from named_in(operand)


def _unknown_keys(node: Keys, unknown: Sequence[AssetKey], graph: AssetGraph) -> InvalidSubsetError:
    known = [key.to_user_string() for key in (*graph.keys, *graph.sources)]
    names = [key.to_user_string() for key in unknown]
    found = dict.fromkeys(candidate for name in names for candidate in near(name, known))
    return InvalidSubsetError(
        f"No asset has the key {', '.join(map(repr, names))}",
        subject=names[0],
        found=f"selection {str(node)!r}",
        expected=f"keys of assets that are defined: {some(known)}" if known else "assets; none are defined",
        next_step=f"did you mean {' or '.join(map(repr, found))}?" if found else "see `tidemill list`",
    )


def some(names: Sequence[str], at_most: int = 8) -> str:
    """The first of the names, and how many there are."""
    listed = ", ".join(map(repr, names[:at_most]))
    return listed + (f", … ({len(names)} in all)" if len(names) > at_most else "")


def _any_of(texts: Sequence[str]) -> tuple[str, int]:
    return (" or ".join(texts), 3 if len(texts) == 1 else 1) if texts else ("not *", 1)


def _enclosed(node: Expression, tightness: int) -> str:
    text, own = node.text()
    return text if own >= tightness else f"({text})"


def _escaped(text: str, special: str = '"') -> str:
    return re.sub(rf"([\\{special}])", r"\\\1", text)


def escaped_key(key: AssetKey) -> str:
    """`key.text`, which has backslashes already, for where a quote ends it and a star is a wildcard."""
    return re.sub(r'(["*])', r"\\\1", key.text)


def _pattern(text: str) -> re.Pattern[str]:
    """A star is any text; a backslash makes what follows plain."""
    parts = re.findall(r"\\.|[^\\]", text, re.DOTALL)
    return re.compile("".join(".*" if part == "*" else re.escape(part[-1]) for part in parts), re.DOTALL)
