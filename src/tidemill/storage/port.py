"""The port: a store as whoever has it open uses it, wherever its database is.

`store.Store` has it in this process; a worker's store asks the process that drives its run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tidemill.core.events import Event
from tidemill.core.keys import AssetKey
from tidemill.core.records import FileIdentity
from tidemill.storage.reads import Reads


class OpenStore(Reads):
    """A store as whoever has it open uses it, wherever its database is.

    Attributes:
        folder: Where it lives; None in memory.
    """

    folder: Path | None

    def append(self, run_id: str, events: Sequence[Event], *, fence: int | None = None) -> None:
        """Record what happened, in one transaction."""
        raise NotImplementedError

    def record_identity(self, address: str, identity: FileIdentity) -> None:
        """Remember what an artifact's file looks like, after all of it was verified."""
        raise NotImplementedError

    def beat(self, run_id: str, at: int, *, fence: int) -> None:
        """Give a sign of life of a run."""
        raise NotImplementedError

    def keep_spans(self, asset: AssetKey, order: str, upto: int, stretches: str, said: str) -> None:
        """Remember which partitions of an asset were made; fields as of `KeptSpans`."""
        raise NotImplementedError

    def keep_recipes(self, recipes: Mapping[str, str]) -> None:
        """Remember what code fingerprints stand for, as JSON."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of it."""
        raise NotImplementedError
