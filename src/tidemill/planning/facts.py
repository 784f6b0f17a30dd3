"""What is known of units without their functions: plain values that a snapshot keeps and that verdicts are made of.

    Project, fingerprints, config ──(execution.coding)──▶ UnitFacts ──freshness──▶ fresh │ stale │ missing

Assets are their texts here (`AssetKey.text`), so that a command that only looks loads no definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class OutputFacts(NamedTuple):
    """An asset that a unit makes, and what its code is."""

    name: str
    asset: str
    code: str


class CheckFacts(NamedTuple):
    """A check whose verdict a unit gives."""

    asset: str
    name: str
    blocking: bool


class UnitFacts(NamedTuple):
    """A unit.

    Attributes:
        name: Of the step.
        kind: What the user decorated.
        outputs: What it makes, in order.
        inputs: Assets that it needs, in order.
        config: In force for it, with its resources; None where it has required fields that nobody gave, and what
            its latest version was made with counts.
        libraries: Distribution → version, as far as it counts.
        seed: Where the user gave one.
        deterministic: Whether a result may be used again.
        partitions: Keys of its slices; None where it has none.
        checks: Whose verdicts it gives.
        fingerprint: Of its code, whatever version the user gave that.
        unseen: What of its code is not covered, in words.
        keep: How many versions of each slice keep their value; None all.
        ttl: Seconds for which a version that is not the latest keeps it; None for ever.
    """

    name: str
    kind: str
    outputs: tuple[OutputFacts, ...]
    inputs: tuple[str, ...]
    config: Mapping[str, object] | None = {}
    libraries: Mapping[str, str] = {}
    seed: int | None = None
    deterministic: bool = True
    partitions: tuple[str, ...] | None = None
    checks: tuple[CheckFacts, ...] = ()
    fingerprint: str = ""
    unseen: tuple[str, ...] = ()
    keep: int | None = None
    ttl: float | None = None

    @classmethod
    def from_json(cls, row: list[Any]) -> UnitFacts:
        """Inverse of writing the tuple as JSON."""
        name, kind, outputs, inputs, config, libraries, seed, deterministic, partitions, checks, *rest = row
        fingerprint, unseen, keep, ttl = rest
        return cls(
            name,
            kind,
            tuple([OutputFacts._make(output) for output in outputs]),
            tuple(inputs),
            config,
            libraries,
            seed,
            deterministic,
            None if partitions is None else tuple(partitions),
            tuple([CheckFacts._make(check) for check in checks]),
            fingerprint,
            tuple(unseen),
            keep,
            ttl,
        )
