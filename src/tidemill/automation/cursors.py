"""What an evaluation hands to the next one, as a value that can be written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set as AbstractSet
from typing import Any, NamedTuple, TypeAlias

from tidemill.automation.facts import EntityKey, Slices
from tidemill.core.errors import InvalidInvocationError
from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.partitions.keysets import KeySet, Order
from tidemill.definitions.partitions.texts import order_json, order_of

State: TypeAlias = "Slices | str | Mapping[str | None, str]"
"""What a node remembers: slices, a text, or a text for each slice."""


class AutomationCursor(NamedTuple):
    """What is known from the evaluation before.

    Attributes:
        evaluation: How many there were.
        at: When it was, UTC microseconds; None before the first.
        seq: Place in the log of the newest event that it knew.
        requested: What it requested.
        nodes: Asset or check → what the nodes of its condition remember.
    """

    evaluation: int = 0
    at: int | None = None
    seq: int = 0
    requested: Mapping[EntityKey, Slices] = {}
    nodes: Mapping[EntityKey, Mapping[str, State]] = {}

    def to_json(self) -> str:
        """The cursor as text."""
        import json  # noqa: PLC0415

        orders = _Orders()
        return json.dumps(
            {
                "evaluation": self.evaluation,
                "at": self.at,
                "seq": self.seq,
                "requested": [
                    [_name(key), _written(slices, orders)] for key, slices in self.requested.items()
                ],
                "nodes": [
                    [_name(key), {node: _written(state, orders) for node, state in nodes.items()}]
                    for key, nodes in self.nodes.items()
                ],
                "orders": orders.told,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> AutomationCursor:
        """The cursor that `to_json` wrote.

        Raises:
            InvalidInvocationError: The text is none.
        """
        import json  # noqa: PLC0415

        try:
            told = json.loads(text)
            orders = [order_of(each) for each in told.get("orders", ())]
            return cls(
                told["evaluation"],
                told["at"],
                told["seq"],
                {_key(name): _read(slices, orders) for name, slices in told["requested"]},
                {
                    _key(name): {n: _read(s, orders) for n, s in nodes.items()}
                    for name, nodes in told["nodes"]
                },
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInvocationError(
                "Not the cursor of an evaluation",
                subject="cursor",
                found=text,
                expected="what to_json() gave",
            ) from error


def _name(key: EntityKey) -> list[str]:
    return [key.text] if isinstance(key, AssetKey) else [key.asset_key.text, key.name]


def _key(name: list[str]) -> EntityKey:
    asset = AssetKey.from_text(name[0])
    return asset if len(name) == 1 else AssetCheckKey(asset, name[1])


class _Orders:
    """The orders of sets that are written; each is told once, however many sets are of it."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self._places: dict[int, int] = {}

    def place(self, order: Order) -> int:
        """Which of those that are told."""
        if id(order) not in self._places:
            told = order_json(order)
            if told not in self.told:
                self.told.append(told)
            self._places[id(order)] = self.told.index(told)
        return self._places[id(order)]


def _written(state: State, orders: _Orders) -> Any:
    if isinstance(state, str):
        return state
    if isinstance(state, KeySet):
        return {"order": orders.place(state.order), "places": state.stretches()} if state else []
    if isinstance(state, AbstractSet):
        keys = sorted(each for each in state if each is not None)
        return [None, *keys] if None in state else keys
    return {"of": [[partition, text] for partition, text in state.items()]}


def _read(state: Any, orders: Sequence[Order]) -> Any:
    if isinstance(state, list):
        return frozenset(state)
    if isinstance(state, dict) and "order" in state:
        return orders[state["order"]].at(state["places"])
    return state if isinstance(state, str) else dict(state["of"])
