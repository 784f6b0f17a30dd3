"""A store as one process has it open: database, artifacts and logs of one folder, or of no folder at all.

The store of a temporary home is in memory, and its artifacts lie in a temporary folder that goes with it.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tidemill.core.clock import Clock, IdSource, SystemClock
from tidemill.core.errors import DamagedArtifactError, ValueNotStoredError
from tidemill.core.events import Event
from tidemill.core.keys import AssetKey, VersionAddress
from tidemill.core.records import Version
from tidemill.home.leases import end_dead_runs
from tidemill.storage.keeping import drop_of
from tidemill.storage.port import OpenStore
from tidemill.storage.store import Store

if TYPE_CHECKING:
    from tidemill.io.artifacts import ArtifactFolder


class Home:
    """Everything that is remembered, behind one door. Open one with `Home.open` or `Home.temporary`.

    Args:
        folder: Of the store; for a temporary one the folder of its artifacts, which need not exist.
        store: The database.
        durability: Of artifacts.
        clock: Where time comes from.
        ids: Where ids of runs and versions come from.
        keeps_logs: Whether what steps write is kept; by default where the store outlives this process.
    """

    def __init__(
        self,
        folder: Path,
        store: OpenStore,
        *,
        durability: Literal["normal", "full"] = "normal",
        clock: Clock | None = None,
        ids: IdSource | None = None,
        keeps_logs: bool = False,
    ) -> None:
        self.folder = folder
        self.store = store
        self.ephemeral = store.folder is None
        self.keeps_logs = keeps_logs or not self.ephemeral
        self.clock: Clock = clock or SystemClock()
        self.ids = ids or IdSource(self.clock)
        self.durability = durability
        self._artifacts: ArtifactFolder | None = None
        self.is_empty = self.ephemeral
        weakref.finalize(self, store.close)  # whoever forgets to close it leaves no connection behind

    @property
    def artifacts(self) -> ArtifactFolder:
        """Where values lie."""
        if self._artifacts is None:
            # Who only looks whether something is up to date needs no values, and no time to load what handles them.
            from tidemill.io.artifacts import ArtifactFolder  # noqa: PLC0415

            self._artifacts = ArtifactFolder(self.folder / "artifacts", durability=self.durability)
        return self._artifacts

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        durability: Literal["normal", "full"] = "normal",
        create: bool = True,
        clock: Clock | None = None,
        spare: str | None = None,
    ) -> Home:
        """Open the store in `folder`; runs that are found dead in it are failed, but for the one to `spare`.

        Args:
            folder: Of the store.
            durability: Of artifacts and commits.
            create: Whether to make it where there is none.
            clock: Where time comes from.
            spare: A run, as `Reads.run` takes it, that somebody is about to resume.

        Raises:
            StoreError: It cannot be read or written, or is not there and `create` is False.
            RunNotFoundError: There is no run to spare.
        """
        home = cls(
            folder,
            Store.open(folder, durability=durability, create=create),
            durability=durability,
            clock=clock,
        )
        if create:
            home.artifacts.sweep()
        end_dead_runs(home, spare=None if spare is None else home.store.run(spare).run.id)
        return home

    @classmethod
    def temporary(cls, clock: Clock | None = None, *, keeps_logs: bool = False) -> Home:
        """A home that nothing outlives; nobody can ask for its logs, unless somebody has it in hand."""
        import shutil  # noqa: PLC0415  (8 ms that only this needs)
        import tempfile  # noqa: PLC0415  (as above)

        clock = clock or SystemClock()
        ids = IdSource(clock)
        folder = Path(tempfile.gettempdir()) / f"tidemill-{ids.new()}"
        home = cls(folder, Store.in_memory(), clock=clock, ids=ids, keeps_logs=keeps_logs)
        weakref.finalize(home, shutil.rmtree, folder, ignore_errors=True)
        return home

    def append(self, run_id: str, events: Sequence[Event], *, fence: int | None = None) -> None:
        """Commit events, after the artifacts that they speak of are as safe as the durability promises."""
        if self._artifacts is not None:
            self._artifacts.flush()
        self.store.append(run_id, events, fence=fence)
        self.is_empty = False

    def load(self, version: Version) -> Any:
        """The value of a version that Tidemill itself stored.

        Raises:
            ValueNotStoredError: It stored none, or another I/O manager did, or retention let go of it.
            DamagedArtifactError: The stored bytes are not those that were written.
        """
        if version.artifact is None:
            address = f"{version.asset.to_user_string()}@{version.number}"
            manager = version.external.manager if version.external is not None else None
            raise ValueNotStoredError(
                f"The store holds no value of {address}",
                subject=address,
                found=f"a value that the I/O manager {manager!r} keeps"
                if manager
                else "an asset that returned nothing",
                expected="a value that was returned through the default I/O manager",
                next_step="load it through the definitions (`defs.load_asset_value`)"
                if manager
                else "return the value from the asset's function",
            )
        if version.dropped:
            raise self._no_longer_stored(version)
        try:
            loaded = self.artifacts.load(version.artifact)
        except DamagedArtifactError as error:
            # The artifact knows its file only; whoever reads the message knows versions.
            name = VersionAddress(version.asset, version.partition, version.number)
            error.problem = f"The value of {name} is damaged. {error.problem}"
            error.args = (error.problem,)
            raise
        if loaded.verified is not None and not self.ephemeral:
            self.store.record_identity(version.artifact.address, loaded.verified)
        return loaded.value

    def _no_longer_stored(self, version: Version) -> ValueNotStoredError:
        address = VersionAddress(version.asset, version.partition, version.number)
        name, dropped = version.asset.to_user_string(), drop_of(self.store, version.id)
        when = (
            f"{_in_utc(dropped.at)}, by the rule {dropped.reason}" if dropped is not None else "some time ago"
        )
        return ValueNotStoredError(
            f"The value of {address} is no longer stored",
            subject=str(address),
            found=f"a value that retention dropped on {when}; the rest of the version is kept",
            expected="one of the versions that keep their value",
            next_step=f"`tidemill show {name}` lists the versions; keep= and ttl= of {name!r} say how many stay",
        )

    def latest(self, asset: AssetKey, partition: str | None) -> Version | None:
        """The latest version of an asset, or of one partition of it."""
        wanted = asset, partition
        return self.store.latest_versions([wanted]).get(wanted)

    def beat(self, run_id: str, *, fence: int) -> None:
        """Give a sign of life of a run; LeaseLostError where another driver has it."""
        self.store.beat(run_id, self.clock.now(), fence=fence)

    def log_folder(self, run_id: str) -> Path | None:
        """Where the logs of a run are kept, or None."""
        return self.folder / "logs" / run_id if self.keeps_logs else None

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()


def _in_utc(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1_000_000, UTC):%Y-%m-%d %H:%M:%S} UTC"
