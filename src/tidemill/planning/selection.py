"""Which assets and checks: the public `AssetSelection`, and what a selection comes to in a graph.

AssetSelection.groups("train") | "+model" ──▶ expressions (a tree) ──resolve_selection(…, graph)──▶ Selected
                ▲                                │                └──select_to_run───▶ … or a clear error
                └────── selection_syntax ◀── str(selection)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from tidemill.core.errors import InvalidInvocationError, InvalidSubsetError
from tidemill.core.keys import AssetCheckKey, AssetKey, CoercibleToAssetKey
from tidemill.core.suggest import did_you_mean
from tidemill.definitions.values import Value, fill
from tidemill.planning.expressions import (
    ATTRIBUTES,
    Checks,
    ChecksOf,
    Everything,
    Expression,
    Function,
    Keys,
    Matching,
    Walk,
    Without,
    both,
    escaped_key,
    leaves,
    named_in,
    some,
    union,
)
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection_syntax import parse_selection
from tidemill.planning.validation import check_subset

if TYPE_CHECKING:
    from tidemill.definitions.definitions import Definitions


class Selected(NamedTuple):
    """What a selection came to."""

    assets: frozenset[AssetKey]
    checks: frozenset[AssetCheckKey]


class AssetSelection(Value):
    """A set of assets and checks, as an expression. Combine with `|`, `&` and `-`; all of it is immutable.

    Assets come with their checks, unless `without_checks` says otherwise.

    Example:
        >>> str(AssetSelection.groups("train").upstream() - AssetSelection.assets("raw"))
        '+group:"train" and not key:"raw"'
    """

    expression: Expression

    def __init__(self, expression: Expression) -> None:
        if not isinstance(expression, Expression):
            raise InvalidInvocationError(
                "AssetSelection is not called",
                subject="AssetSelection",
                found=repr(expression),
                next_step="use AssetSelection.all(), .assets(…), .groups(…), … or .from_string(…)",
            )
        fill(self, expression)

    @classmethod
    def all(cls, include_sources: bool = False) -> AssetSelection:
        """All assets that can be materialized; with `include_sources` the others too."""
        return cls(Everything(include_sources))

    @classmethod
    def assets(cls, *assets: object) -> AssetSelection:
        """The assets named: keys, strings (`a/b` has two parts), lists of parts, or decorated functions."""
        return cls(Keys(tuple(dict.fromkeys(key for asset in assets for key in _keys_of(asset)))))

    @classmethod
    def keys(cls, *asset_keys: CoercibleToAssetKey) -> AssetSelection:
        """The assets with these keys."""
        return cls.assets(*asset_keys)

    @classmethod
    def groups(cls, *group_strs: str, include_sources: bool = False) -> AssetSelection:
        """All assets of the groups."""
        return cls(union(Matching("group", include_sources, name) for name in group_strs))

    @classmethod
    def key_prefixes(
        cls, *key_prefixes: CoercibleToAssetKey, include_sources: bool = False
    ) -> AssetSelection:
        """All assets whose key starts with one of these parts, or sequences of parts."""
        texts = [escaped_key(AssetKey.from_coercible(prefix)) for prefix in key_prefixes]
        return cls(union(Matching("prefix", include_sources, text) for text in texts))

    @classmethod
    def key_substring(cls, key_substring: str, include_sources: bool = False) -> AssetSelection:
        """All assets whose key, written `a/b`, contains the text."""
        return cls(Matching("key_substring", include_sources, key_substring))

    @classmethod
    def tag(cls, key: str, value: str, include_sources: bool = False) -> AssetSelection:
        """All assets with that tag."""
        return cls(Matching("tag", include_sources, f"{key}={value}"))

    @classmethod
    def kind(cls, kind: str, include_sources: bool = False) -> AssetSelection:
        """All assets of that kind."""
        return cls(Matching("kind", include_sources, kind))

    @classmethod
    def owner(cls, owner: str, include_sources: bool = False) -> AssetSelection:
        """All assets with that owner: an address, or `team:name`."""
        return cls(Matching("owner", include_sources, owner))

    @classmethod
    def checks(cls, *assets_or_keys: object) -> AssetSelection:
        """These checks, and no assets: check keys or decorated checks."""
        return cls(
            Checks(tuple(dict.fromkeys(key for item in assets_or_keys for key in _check_keys_of(item))))
        )

    @classmethod
    def checks_for_assets(cls, *assets: object) -> AssetSelection:
        """The checks of these assets, without the assets."""
        return cls(ChecksOf(cls.assets(*assets).expression))

    @classmethod
    def all_asset_checks(cls) -> AssetSelection:
        """All checks, and no assets."""
        return cls(ChecksOf(Everything(True)))

    @classmethod
    def from_string(cls, string: str, include_sources: bool = False) -> AssetSelection:
        """Read an expression such as `a+`, `group:train and not kind:sql`, `+key:"a/b"`.

        Raises:
            InvalidSubsetError: The text is no expression; the error shows where.
        """
        return cls(parse_selection(string, include_sources))

    @classmethod
    def from_coercible(cls, selection: object) -> AssetSelection:
        """An expression from an expression, a string, a key, an asset, or a list of these (their union).

        Raises:
            InvalidSubsetError: A string is no expression.
            InvalidDefinitionError: It is none of these.
        """
        if isinstance(selection, AssetSelection):
            return selection
        if isinstance(selection, str):
            return cls.from_string(selection)
        checks: Iterable[AssetCheckKey] = getattr(selection, "check_keys", ())
        if isinstance(selection, AssetCheckKey) or (checks and not getattr(selection, "keys", ())):
            return cls.checks(selection)
        if isinstance(selection, (list, tuple, set, frozenset)):
            # A list within the list is a key of several parts.
            items = sorted(selection, key=str) if isinstance(selection, (set, frozenset)) else selection
            parts = [
                cls.assets(item) if isinstance(item, list) else cls.from_coercible(item) for item in items
            ]
            return cls(union(part.expression for part in parts))
        return cls.assets(selection)

    def upstream(self, depth: int | None = None, include_self: bool = True) -> AssetSelection:
        """Also (or only) what these assets are made with, at most `depth` steps away; no sources."""
        return self._walk(depth, True, include_self)

    def downstream(self, depth: int | None = None, include_self: bool = True) -> AssetSelection:
        """Also (or only) what is made with these assets, at most `depth` steps away."""
        return self._walk(depth, False, include_self)

    def _walk(self, depth: int | None, upstream: bool, include_self: bool) -> AssetSelection:
        walked = AssetSelection(Walk(self.expression, depth, upstream))
        return walked if include_self else walked - self

    def roots(self) -> AssetSelection:
        """Those that are made with no other asset of the selection."""
        return AssetSelection(Function(self.expression, "roots"))

    def sources(self) -> AssetSelection:
        """Older name of `roots`."""
        return self.roots()

    def sinks(self) -> AssetSelection:
        """Those that no other asset of the selection is made with."""
        return AssetSelection(Function(self.expression, "sinks"))

    def materializable(self) -> AssetSelection:
        """Those that can be materialized."""
        return AssetSelection(Function(self.expression, "materializable"))

    def upstream_source_assets(self) -> AssetSelection:
        """The sources that these assets are made with, directly or not, and those among them."""
        return AssetSelection(Function(self.expression, "upstream_source_assets"))

    def required_multi_asset_neighbors(self) -> AssetSelection:
        """Also all that is made by the same step, where a step makes all its assets at once or none."""
        return AssetSelection(Function(self.expression, "required_multi_asset_neighbors"))

    def without_checks(self) -> AssetSelection:
        """The assets, without their checks."""
        return self - AssetSelection.all_asset_checks()

    def resolve(self, all_assets: AssetGraph | Definitions | Iterable[Any]) -> set[AssetKey]:
        """The keys that the expression comes to.

        Args:
            all_assets: An `AssetGraph`, a `Definitions`, or what `Definitions(assets=…)` takes.

        Raises:
            InvalidSubsetError: It names an asset that is not there.
        """
        return self.expression.assets_in(_graph_of(all_assets))

    def resolve_checks(self, assets: AssetGraph | Definitions | Iterable[Any]) -> set[AssetCheckKey]:
        """The checks that the expression comes to; arguments as for `resolve`."""
        return self.expression.checks_in(_graph_of(assets))

    def to_selection_str(self) -> str:
        """The expression as `from_string` reads it."""
        return str(self.expression)

    def __or__(self, other: AssetSelection) -> AssetSelection:
        return AssetSelection(union([self.expression, _operand(other)]))

    def __and__(self, other: AssetSelection) -> AssetSelection:
        return AssetSelection(both(self.expression, _operand(other)))

    def __sub__(self, other: AssetSelection) -> AssetSelection:
        return AssetSelection(Without((self.expression, _operand(other))))

    def __str__(self) -> str:
        return self.to_selection_str()

    def __repr__(self) -> str:
        return f"AssetSelection.from_string({str(self)!r})"


def resolve_selection(selection: object, graph: AssetGraph) -> Selected:
    """What a selection, in any form that `AssetSelection.from_coercible` takes, comes to; perhaps nothing."""
    expression = _operand(selection)
    return Selected(frozenset(expression.assets_in(graph)), frozenset(expression.checks_in(graph)))


def select_to_run(
    selection: object, graph: AssetGraph, *, nothing: Callable[[InvalidSubsetError], None] | None = None
) -> Selected:
    """What a run of a selection makes: no sources, nothing by halves, and never nothing where `nothing` is None.

    Otherwise `nothing` is told why there is nothing to run.
    """
    selection = AssetSelection.from_coercible(selection)
    found, expression = resolve_selection(selection, graph), selection.expression
    assets = frozenset(filter(graph.is_executable, found.assets))
    if not assets and not found.checks:
        problem = _nothing_selected(expression, found.assets, graph)
        if nothing is None:
            raise problem
        nothing(problem)
    check_subset(assets, found.checks, graph)
    return Selected(assets, found.checks)


def with_all_needed(selected: Selected, graph: AssetGraph) -> Selected:
    """The same, with all that it is made from, and the checks of that."""
    assets = frozenset(filter(graph.is_materializable, graph.ancestors(selected.assets))) | selected.assets
    for key in tuple(assets):  # a step that makes several assets makes them all, if it cannot make one
        unit = graph.unit_of(key)
        if not unit.can_subset:
            assets |= {output.asset for output in unit.outputs}
    checks = {check for key in assets - selected.assets for check in graph.checks_for(key)}
    return Selected(assets, selected.checks | checks)


def explicit_keys(selection: object) -> frozenset[AssetKey]:
    """The assets that a selection names themselves, not by a pattern, a group or a way through the graph."""
    if selection is None:
        return frozenset()
    return frozenset(named_in(AssetSelection.from_coercible(selection).expression))


def _nothing_selected(
    expression: Expression, sources: Iterable[AssetKey], graph: AssetGraph
) -> InvalidSubsetError:
    names = ", ".join(sorted(repr(key.to_user_string()) for key in sources))
    if names:
        return InvalidSubsetError(
            f"The selection {str(expression)!r} holds nothing that can be materialized",
            subject=str(expression),
            found=f"{names}: made elsewhere",
            expected="an asset that a function here makes",
            next_step="select what is made with it: AssetSelection.downstream(), or a `+` after the name",
        )
    known = sorted({key.to_user_string() for key in graph.keys})
    questions = [question for leaf in leaves(expression) if (question := _near_leaf(leaf, graph))]
    return InvalidSubsetError(
        f"The selection {str(expression)!r} matches nothing",
        subject=str(expression),
        found=f"{len(known)} assets, none of them selected",
        expected="at least one asset or check",
        next_step="; ".join(questions) or f"choose from {some(known)}",
    )


def _near_leaf(leaf: Matching, graph: AssetGraph) -> str | None:
    """What to write instead of a filter that lets nothing through."""
    if leaf.assets_in(graph):
        return None
    if leaf.attribute in ATTRIBUTES:
        values = ATTRIBUTES[leaf.attribute]
        specs = filter(None, map(graph.spec, (*graph.keys, *graph.sources)))
        known = sorted({value for spec in specs for value in values(spec)})
        what = f"no asset has the {leaf.attribute} {leaf.value!r}"
    else:
        known = [key.to_user_string() for key in graph.keys]
        what = f"no key matches {leaf.value!r}"
    return f"{what}: {did_you_mean(leaf.value.strip('*'), known) or f'choose from {some(known)}'}"


def _keys_of(value: object) -> tuple[AssetKey, ...]:
    """The keys that a key, its text, a list of its parts or a decorated function stands for."""
    if isinstance(value, str):
        return (AssetKey.from_text(value),)
    keys = getattr(value, "keys", None)
    if not keys or callable(keys):
        return (AssetKey.from_coercible(value),)
    return tuple(keys)


def _check_keys_of(value: object) -> tuple[AssetCheckKey, ...]:
    if isinstance(value, AssetCheckKey):
        return (value,)
    keys: Iterable[AssetCheckKey] = getattr(value, "check_keys", ())
    if not keys:
        raise InvalidInvocationError(
            f"Not a check: {value!r}",
            subject=repr(value),
            found=f"an object of type {type(value).__name__}",
            expected="an AssetCheckKey or a function decorated with @asset_check",
        )
    return tuple(keys)


def _operand(value: object) -> Expression:
    return AssetSelection.from_coercible(value).expression


def _graph_of(assets: AssetGraph | Definitions | Iterable[Any]) -> AssetGraph:
    if isinstance(assets, AssetGraph):
        return assets
    from tidemill.definitions.definitions import (  # noqa: PLC0415  (only for callers without a graph)
        Definitions,
    )

    definitions = assets if isinstance(assets, Definitions) else Definitions(assets=assets)
    return AssetGraph.build(definitions.project())
