"""What an evaluation is told of the store, and what it needs to be told: read once, before anything is asked."""

from __future__ import annotations

from collections.abc import Mapping, Set as AbstractSet
from typing import NamedTuple, TypeAlias

from tidemill.core.keys import AssetCheckKey, AssetKey
from tidemill.definitions.partitions.partitions import World

EntityKey: TypeAlias = "AssetKey | AssetCheckKey"
Slices: TypeAlias = "AbstractSet[str | None]"
"""Of an asset with partitions a `KeySet`, which a hundred thousand keys do not slow down; otherwise a frozenset."""
NONE: Slices = frozenset()
WHOLE: Slices = frozenset([None])


class Update(NamedTuple):
    """The latest version of a slice: its place in the log, when it was made and by which run, and what it is."""

    seq: int
    at: int
    run_id: str
    data_version: str
    version_id: str = ""


class Verdict(NamedTuple):
    """The latest verdict of a check, and the version that it is about where that is known."""

    seq: int
    at: int
    run_id: str
    passed: bool
    version_id: str | None = None


class RunFacts(NamedTuple):
    """A run: its tags, and of which assets it was to make slices."""

    tags: Mapping[str, str] = {}
    assets: frozenset[AssetKey] = frozenset()


class NewUpdate(NamedTuple):
    """An update since the evaluation before."""

    asset: AssetKey
    partition: str | None
    run_id: str


class Needs(NamedTuple):
    """What to read.

    Attributes:
        assets: Of which it is asked what was made, and what since the evaluation before.
        whole: Those whose latest updates are needed, however old.
        checks: Whose latest verdicts.
        runs: Whether the runs of latest updates are needed.
        updates: Whether all updates since the evaluation before are, with their runs.
        failures: Whether what failed runs did not make is.
        code: Of which assets the code version is.
        data_times: Whether it is needed of when the data is that assets were made from.
        dynamic: Names of dynamic partitions.
        since: Place in the log of the newest event that the evaluation before knew, 0 where there was none; None at
            the first evaluation.
    """

    assets: frozenset[AssetKey] = frozenset()
    whole: frozenset[AssetKey] = frozenset()
    checks: frozenset[AssetCheckKey] = frozenset()
    runs: bool = False
    updates: bool = False
    failures: bool = False
    code: frozenset[AssetKey] = frozenset()
    data_times: bool = False
    dynamic: frozenset[str] = frozenset()
    since: int | None = None


class Facts(NamedTuple):
    """What a store says.

    Attributes:
        world: The time of the evaluation, and the keys of dynamic partitions.
        seq: Place in the log of the newest event.
        latest: Asset → slice → latest update; only what is newer than the evaluation before where no more is needed.
        in_progress: Asset → slices that a live run is about to make.
        backfilling: Asset → slices that a backfill is about to make.
        failed: Asset → slices that the latest run that was to make them did not, as it failed.
        verdicts: Check → slice → latest verdict.
        checks_in_progress: Checks that a live run is about to make.
        runs: Id → run, as far as they are needed.
        updates: Since the evaluation before.
        code_versions: Asset → version of its code.
        data_times: Asset → of when the data is that its latest version was made from, UTC microseconds.
        made: Asset → slices that have a version, where `latest` does not name them all.
    """

    world: World
    seq: int = 0
    latest: Mapping[AssetKey, Mapping[str | None, Update]] = {}
    in_progress: Mapping[AssetKey, Slices] = {}
    backfilling: Mapping[AssetKey, Slices] = {}
    failed: Mapping[AssetKey, Slices] = {}
    verdicts: Mapping[AssetCheckKey, Mapping[str | None, Verdict]] = {}
    checks_in_progress: frozenset[AssetCheckKey] = frozenset()
    runs: Mapping[str, RunFacts] = {}
    updates: tuple[NewUpdate, ...] = ()
    code_versions: Mapping[AssetKey, str] = {}
    data_times: Mapping[AssetKey, int] = {}
    made: Mapping[AssetKey, Slices] = {}
