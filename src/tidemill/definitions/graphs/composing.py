"""Putting ops and graphs together: the body of a @graph is called once, with handles in the place of values.

    body ──calls──▶ Use(node, inputs) …        handle: an output of a use, or an input of the graph
                                               .map, .collect: of a dynamic output only

Nothing is computed here. What came of it is a value (`Composed`), which `graphs` lowers to units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError
from tidemill.core.keys import AssetKey
from tidemill.core.suggest import did_you_mean
from tidemill.definitions.arguments import valid_name, wrong_type
from tidemill.definitions.hooks import HookDefinition, valid_hooks
from tidemill.definitions.policies import RetryPolicy

ALL_OUTPUTS = "result"


class OutputHandle(NamedTuple):
    """What a call within a graph gives: an output, before there is a value.

    Attributes:
        use: The call.
        output: Name of its output.
        how: As of `unit.Source`.
    """

    use: str
    output: str = ALL_OUTPUTS
    how: Literal["one", "each", "all"] = "one"


class InputHandle(NamedTuple):
    """An input of the graph, as its body receives it."""

    name: str


class DynamicHandle:
    """A dynamic output within a graph: it can be mapped over and collected, and nothing else.

    Args:
        handle: The output.
    """

    __slots__ = ("handle",)

    def __init__(self, handle: OutputHandle) -> None:
        self.handle = handle

    def map(self, fn: Callable[[Any], Any]) -> Any:
        """Do the same for each of the values: one step for each mapping key.

        Args:
            fn: An op, a graph, or a function that calls some; it is called once, now.

        Returns:
            What `fn` gave, in the same form, each of it to be mapped over or collected in turn.

        Raises:
            InvalidDefinitionError: `fn` gave something else than outputs.
        """
        given = fn(self.handle._replace(how="each"))
        if given is None or isinstance(given, (OutputHandle, DynamicHandle)):
            return _mapped(given)
        if isinstance(given, tuple) and hasattr(given, "_fields"):
            return type(given)(*map(_mapped, given))
        if isinstance(given, (tuple, list)):
            return tuple(map(_mapped, given))
        raise wrong_type("map", "what its function gives", given, "outputs of ops")

    def collect(self) -> OutputHandle:
        """All values, as a list in the order in which the mapping keys were given."""
        return self.handle._replace(how="all")

    def __repr__(self) -> str:
        return f"DynamicHandle({self.handle.use}.{self.handle.output})"


def _mapped(given: Any) -> Any:
    if given is None or isinstance(given, DynamicHandle):
        return given
    if isinstance(given, OutputHandle):
        return DynamicHandle(given._replace(how="each"))
    raise wrong_type("map", "what its function gives", given, "outputs of ops")


Handle: TypeAlias = OutputHandle | InputHandle


class Fixed(NamedTuple):
    """A plain value that was given to a call within a graph."""

    value: Any


Feed: TypeAlias = "Handle | Fixed | tuple[Handle | Fixed, ...]"


class NodeLike(Protocol):
    """An op or a graph."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def input_names(self) -> Sequence[str]:
        """What it takes, in order."""
        ...

    @property
    def dynamic_outputs(self) -> Mapping[str, bool]:
        """Its outputs, and whether each is dynamic."""
        ...


class Settings(NamedTuple):
    """What is said of one use of an op or graph."""

    alias: str | None = None
    tags: Mapping[str, str] = {}
    hooks: tuple[HookDefinition, ...] = ()
    retry_policy: RetryPolicy | None = None


class Use(NamedTuple):
    """One call within a graph."""

    name: str
    node: Any
    inputs: Mapping[str, Feed]
    settings: Settings


class Composed(NamedTuple):
    """What the body of a graph says: its calls in order, and which outputs it gives."""

    uses: Mapping[str, Use]
    outputs: Mapping[str, OutputHandle | InputHandle]


class Composition:
    """A graph whose body is being called."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.uses: dict[str, Use] = {}

    def add(self, node: NodeLike, settings: Settings, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Take in a call; its outputs as handles."""
        name = self._name(node, settings.alias)
        inputs = self._inputs(node, name, args, kwargs)
        self.uses[name] = Use(name, node, inputs, settings)
        outputs = [
            DynamicHandle(OutputHandle(name, output, "each")) if dynamic else OutputHandle(name, output)
            for output, dynamic in node.dynamic_outputs.items()
        ]
        if len(outputs) < 2:
            return outputs[0] if outputs else None
        return _outputs_class(node.name, tuple(node.dynamic_outputs))(*outputs)

    def _name(self, node: NodeLike, alias: str | None) -> str:
        if alias is None:
            name, number = node.name, 2
            while name in self.uses:
                name, number = f"{node.name}_{number}", number + 1
            return name
        if alias in self.uses:
            raise InvalidDefinitionError(
                f"{self.owner!r} calls two things {alias!r}",
                subject=alias,
                found="the same alias twice",
                expected="a name of its own for each call",
            )
        return alias

    def _inputs(
        self, node: NodeLike, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> dict[str, Feed]:
        names = node.input_names
        if len(args) > len(names):
            raise InvalidDefinitionError(
                f"In {self.owner!r}, {name!r} was given {len(args)} values by position",
                subject=name,
                found=f"{len(args)} values",
                expected=f"at most {len(names)}: {', '.join(names) or 'it takes none'}",
            )
        given = dict(zip(names, args, strict=False))
        for key, value in kwargs.items():
            if key not in names or key in given:
                raise InvalidDefinitionError(
                    f"In {self.owner!r}, {name!r} was given {key!r}" + (" twice" if key in given else ""),
                    subject=name,
                    found=key,
                    expected=", ".join(names) or "no inputs",
                    next_step=did_you_mean(key, names),
                )
            given[key] = value
        return {key: self._feed(name, key, value) for key, value in given.items()}

    def _feed(self, use: str, name: str, value: Any) -> Feed:
        if isinstance(value, DynamicHandle):
            raise InvalidDefinitionError(
                f"In {self.owner!r}, {use!r} received the dynamic output {value.handle.output} of"
                f" {value.handle.use!r} directly. Dynamic output must be unpacked by invoking map or collect",
                subject=use,
                found=f"a dynamic output as the input {name!r}",
                expected="one value, or the list of all",
                next_step=f"write outputs.map({use}), or {use}(outputs.collect())",
            )
        if isinstance(value, (OutputHandle, InputHandle)):
            return value
        if isinstance(value, (list, tuple)) and any(
            isinstance(item, (OutputHandle, InputHandle, DynamicHandle)) for item in value
        ):
            if hasattr(value, "_fields"):
                raise InvalidDefinitionError(
                    f"In {self.owner!r}, {use!r} received several outputs as the input {name!r}",
                    subject=use,
                    found=", ".join(value._fields),
                    expected="one output, or a list of outputs",
                    next_step=f"name the one that is meant: outputs.{value._fields[0]}",
                )
            return tuple(self._item(use, name, item) for item in value)
        if value is None or (callable(value) and not isinstance(getattr(value, "key", None), AssetKey)):
            raise InvalidDefinitionError(
                f"In {self.owner!r}, {use!r} received {value!r} as the input {name!r}",
                subject=use,
                found="what a function without outputs gives" if value is None else f"{value!r} itself",
                expected="an output of an op or graph, or an input of this graph",
                next_step="call the op that gives it" if value is not None else "give that op an output",
            )
        return Fixed(value)

    def _item(self, use: str, name: str, item: Any) -> Handle | Fixed:
        feed = self._feed(use, name, item)
        if isinstance(feed, tuple) and not isinstance(feed, (OutputHandle, InputHandle, Fixed)):
            raise wrong_type(use, name, item, "a list of outputs, without lists in it")
        return feed


_classes: dict[tuple[str, tuple[str, ...]], Any] = {}


def _outputs_class(name: str, fields: tuple[str, ...]) -> Any:
    """A named tuple for the outputs of a call, so that they can be unpacked and named."""
    found = _classes.get((name, fields))
    if found is None:
        from collections import namedtuple  # noqa: PLC0415  (only where a node has several outputs)

        found = _classes[name, fields] = namedtuple(f"{name}_outputs", fields)
    return found


_open: ContextVar[Composition | None] = ContextVar("tidemill_composition", default=None)


@contextmanager
def composing(owner: str) -> Iterator[Composition]:
    """While entered, calls of ops and graphs on this thread are taken in instead of made."""
    token = _open.set(Composition(owner))
    try:
        yield _open.get()  # type: ignore[misc]  # it was set a line before
    finally:
        _open.reset(token)


def current() -> Composition | None:
    """The graph whose body is being called, if any."""
    return _open.get()


class Node:
    """An op or a graph: called within the body of a graph it becomes a part of it."""

    name: str

    def alias(self, name: str) -> Pending:
        """The same under another name, for one call within a graph."""
        return Pending(self, Settings(alias=valid_name(name, "an alias")))

    def tag(self, tags: Mapping[str, str]) -> Pending:
        """The same with further tags, for one call within a graph."""
        return Pending(self, Settings(tags=dict(tags or {})))

    def with_hooks(self, hook_defs: Any) -> Pending:
        """The same with hooks, for one call within a graph."""
        return Pending(self, Settings(hooks=valid_hooks(self.name, hook_defs)))

    def with_retry_policy(self, retry_policy: RetryPolicy) -> Pending:
        """The same with a retry policy instead of its own, for one call within a graph."""
        return Pending(self, Settings(retry_policy=_valid_policy(self.name, retry_policy)))


def _valid_policy(owner: str, policy: object) -> RetryPolicy:
    if not isinstance(policy, RetryPolicy):
        raise wrong_type(owner, "retry_policy", policy, "a RetryPolicy")
    return policy


class Pending(NamedTuple):
    """An op or graph of which something was said for one call within a graph, which is still to come."""

    node: Any
    settings: Settings

    def alias(self, name: str) -> Pending:
        """Another name."""
        return self._with(alias=valid_name(name, "an alias"))

    def tag(self, tags: Mapping[str, str]) -> Pending:
        """Further tags."""
        return self._with(tags={**self.settings.tags, **(tags or {})})

    def with_hooks(self, hook_defs: Any) -> Pending:
        """Further hooks."""
        return self._with(hooks=(*self.settings.hooks, *valid_hooks(self.node.name, hook_defs)))

    def with_retry_policy(self, retry_policy: RetryPolicy) -> Pending:
        """A retry policy."""
        return self._with(retry_policy=_valid_policy(self.node.name, retry_policy))

    def _with(self, **changes: Any) -> Pending:
        return self._replace(settings=self.settings._replace(**changes))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it within the body of a graph.

        Raises:
            InvalidInvocationError: No graph is being put together here.
        """
        composition = current()
        if composition is None:
            name = self.settings.alias or self.node.name
            raise InvalidInvocationError(
                f"{name!r} can be called only within the body of a @graph or @job",
                subject=name,
                found="a call outside of any graph",
                expected="a call within one",
                next_step=f"to run the function itself, call {self.node.name!r} without alias, tags or hooks",
            )
        return composition.add(self.node, self.settings, args, kwargs)
