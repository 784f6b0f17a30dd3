"""What an evaluation hands to the next one, as a value that can be written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from tidemill.automation.facts import EntityKey, Slices
from tidemill.core.errors import InvalidInvocationError
from tidemill.core.keys import AssetCheckKey, AssetKey

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

        return json.dumps(
            {
                "evaluation": self.evaluation,
                "at": self.at,
                "seq": self.seq,
                "requested": [[_name(key), _written(slices)] for key, slices in self.requested.items()],
                "nodes": [
                    [_name(key), {node: _written(state) for node, state in nodes.items()}]
                    for key, nodes in self.nodes.items()
                ],
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
            return cls(
                told["evaluation"],
                told["at"],
                told["seq"],
                {_key(name): _read(slices) for name, slices in told["requested"]},
                {_key(name): {n: _read(s) for n, s in nodes.items()} for name, nodes in told["nodes"]},
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


def _written(state: State) -> Any:
    if isinstance(state, str):
        return state
    if isinstance(state, frozenset):
        keys = sorted(each for each in state if each is not None)
        return [None, *keys] if None in state else keys
    return {"of": [[partition, text] for partition, text in state.items()]}


def _read(state: Any) -> Any:
    if isinstance(state, list):
        return frozenset(state)
    return state if isinstance(state, str) else dict(state["of"])
