"""An earlier version, as a function sees it that compares what it makes with what was made before.

context.previous() ──▶ Earlier: number, metadata, load() │ None
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from tidemill.core.keys import AssetKey
from tidemill.core.metadata import MetadataValue
from tidemill.core.records import Version
from tidemill.definitions.results import DataVersion

PAGE = 20


class History(Protocol):
    """What is asked of a store."""

    def versions(
        self, asset: AssetKey, *, partition: str | None, limit: int | None, before: str | None
    ) -> list[Version]:
        """Versions of an asset or one partition, newest first; those before the version `before`."""
        ...


class DataProvenance(NamedTuple):
    """What a version was made from.

    Attributes:
        code_version: Of the function that made it.
        input_data_versions: What each input was.
        input_storage_ids: Place in the log of the version of each input; None where it is not known.
        is_user_provided: Whether the function said itself what the data version is.
    """

    code_version: str
    input_data_versions: Mapping[AssetKey, DataVersion]
    input_storage_ids: Mapping[AssetKey, int | None] = {}
    is_user_provided: bool = False

    @classmethod
    def of(cls, version: Version, place_of: Callable[[str], int | None] = lambda _: None) -> DataProvenance:
        """That of a version; `place_of` knows the place in the log of the version with an id."""
        return cls(
            version.code_version,
            {ref.asset: DataVersion(ref.data_version) for ref in version.inputs},
            {ref.asset: place_of(ref.id) for ref in version.inputs},
            version.data_version not in (version.id, version.artifact and version.artifact.content),
        )


class Earlier:
    """A version that an earlier run made.

    Args:
        version: What the store knows of it.
        load: Gives its value.
    """

    def __init__(self, version: Version, load: Callable[[Version], Any]) -> None:
        self.version = version
        self._load = load

    @property
    def number(self) -> int:
        """Counts per asset and partition, from 1."""
        return self.version.number

    @property
    def metadata(self) -> Mapping[str, MetadataValue]:
        """Label → value, as it was recorded: `previous.metadata["accuracy"].value`."""
        return self.version.metadata

    @property
    def tags(self) -> Mapping[str, str]:
        """Tags of the version."""
        return self.version.tags

    @property
    def data_version(self) -> str:
        """What its content is known by."""
        return self.version.data_version

    @property
    def made_at(self) -> datetime:
        """When it was made, in UTC."""
        return datetime.fromtimestamp(self.version.made_at / 1_000_000, UTC)

    @property
    def run_id(self) -> str:
        """The run that made it."""
        return self.version.run_id

    def load(self) -> Any:
        """Its value.

        Raises:
            ValueNotStoredError: It has none, or an I/O manager keeps only later ones.
        """
        return self._load(self.version)

    def __repr__(self) -> str:
        partition = f"[{self.version.partition}]" if self.version.partition is not None else ""
        return f"<{self.version.asset.to_user_string()}{partition}@{self.number}>"


def earlier_version(
    store: History, load: Callable[[Version], Any], asset: AssetKey, partition: str | None, run_id: str
) -> Earlier | None:
    """The latest version of an asset (of one partition) that another run made than the one with that id."""
    before: str | None = None
    while found := store.versions(asset, partition=partition, limit=PAGE, before=before):
        for version in found:
            if version.run_id != run_id:
                return Earlier(version, load)
        before = found[-1].id
    return None
