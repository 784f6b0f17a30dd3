"""What is known of units without their functions: plain values that a snapshot keeps and that verdicts are made of.

    Project, fingerprints, config ──(execution.coding)──▶ UnitFacts ──freshness──▶ fresh │ stale │ missing

Assets are their texts here (`AssetKey.text`), so that a command that only looks loads no definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tidemill.definitions.partitions.mappings import Slicing
    from tidemill.definitions.partitions.partitions import PartitionsDefinition


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
        partitions: Its slices; None where it has none.
        checks: Whose verdicts it gives.
        fingerprint: Of its code, whatever version the user gave that.
        unseen: What of its code is not covered, in words.
        keep: How many versions of each slice keep their value; None all.
        ttl: Seconds for which a version that is not the latest keeps it; None for ever.
        slicing: How each input is sliced, None where it is not; empty where none is.
    """

    name: str
    kind: str
    outputs: tuple[OutputFacts, ...]
    inputs: tuple[str, ...]
    config: Mapping[str, object] | None = {}
    libraries: Mapping[str, str] = {}
    seed: int | None = None
    deterministic: bool = True
    partitions: PartitionsDefinition | None = None
    checks: tuple[CheckFacts, ...] = ()
    fingerprint: str = ""
    unseen: tuple[str, ...] = ()
    keep: int | None = None
    ttl: float | None = None
    slicing: tuple[Slicing | None, ...] = ()

    @property
    def sayable(self) -> bool:
        """Whether JSON can say what its partitions are: not where a function gives them."""
        if self.partitions is None and not self.slicing:
            return True
        from tidemill.definitions.partitions.texts import (  # noqa: PLC0415  (only where needed)
            slicing_json,
            to_json,
        )

        own = self.partitions is None or to_json(self.partitions) is not None
        return own and all(each is None or slicing_json(each) is not None for each in self.slicing)

    def to_json(self) -> list[Any]:
        """The facts as plain JSON."""
        row: list[Any] = list(self)
        if self.partitions is not None or self.slicing:
            from tidemill.definitions.partitions.texts import (  # noqa: PLC0415  (as above)
                slicing_json,
                to_json,
            )

            place = self._fields.index("partitions")
            row[place] = None if self.partitions is None else to_json(self.partitions)
            row[-1] = [None if each is None else slicing_json(each) for each in self.slicing]
        return row

    @classmethod
    def from_json(cls, row: list[Any]) -> UnitFacts:
        """Inverse of `to_json`."""
        name, kind, outputs, inputs, config, libraries, seed, deterministic, partitions, checks, *rest = row
        fingerprint, unseen, keep, ttl, slicing = rest
        if partitions is not None or slicing:
            from tidemill.definitions.partitions.texts import (  # noqa: PLC0415  (as above)
                from_json,
                slicing_of,
            )

            partitions = None if partitions is None else from_json(partitions)
            slicing = [None if each is None else slicing_of(each) for each in slicing]
        return cls(
            name,
            kind,
            tuple([OutputFacts._make(output) for output in outputs]),
            tuple(inputs),
            config,
            libraries,
            seed,
            deterministic,
            partitions,
            tuple([CheckFacts._make(check) for check in checks]),
            fingerprint,
            tuple(unseen),
            keep,
            ttl,
            tuple(slicing),
        )
