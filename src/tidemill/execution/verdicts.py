"""Whether the verdicts of checks still stand: they are about the latest version, and given by the code of today.

    facts of a check's unit, its last verdict ──doubts──▶ nothing: it stands
                                                          what a refresh runs the check again for

Only of checks with a step of their own. A check that an asset's function makes itself comes and goes with the version.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple, TypeAlias

from tidemill.core.keys import AssetKey
from tidemill.core.records import CheckResult, Standing
from tidemill.execution.outlook import Outlook, code_changes
from tidemill.planning.facts import CheckFacts, UnitFacts
from tidemill.planning.freshness import Difference, State, ingredient_differences
from tidemill.planning.versions import Ingredients
from tidemill.storage.reads import Reads

NEVER = "it never ran"
UNSEEN = "it has not seen the latest version"
IN_THE_WAY = "it did not pass, and holds others up"

Doubt: TypeAlias = "str | Difference"


class Recheck(NamedTuple):
    """A check that a refresh runs although its asset is up to date, and why, first things first."""

    check: CheckFacts
    partition: str | None
    reasons: tuple[str, ...]


def verdict_stands(
    store: Reads, unit: UnitFacts, check: CheckFacts, partition: str | None, version_id: str | None
) -> bool:
    """Whether a check need not run: its last verdict is about that version, still holds, and holds nobody up."""
    return version_id is not None and not doubts(store, unit, check, partition, version_id)


def doubts(
    store: Reads, unit: UnitFacts, check: CheckFacts, partition: str | None, version_id: str
) -> list[Doubt]:
    """What speaks against the last verdict of a check on a version."""
    asset = AssetKey.from_text(check.asset)
    given = store.checks(asset=asset, name=check.name, partition=partition, limit=1)
    if not given:
        return [NEVER]
    last = given[0].check
    if last.version_id != version_id:
        return [UNSEEN]
    found: list[Doubt] = list(changes_since(last, unit))
    return found or ([IN_THE_WAY] if check.blocking and not last.passed else [])


def changes_since(last: CheckResult, unit: UnitFacts) -> list[Difference]:
    """What of a check is not what it was when it gave a verdict; nothing where that was not recorded."""
    if last.code_version is None:
        return []
    before = Ingredients(last.code_version, last.config, None, (), last.libraries, last.seed)
    now = Ingredients(unit.fingerprint, unit.config, None, (), unit.libraries, unit.seed)
    return [
        one._replace(old=before.code, new=now.code) if one.kind == "code" else one
        for one in ingredient_differences(before, now)
    ]


def rechecks(
    outlook: Outlook, store: Reads, chosen: Collection[tuple[str, str]] | None = None
) -> Iterator[Recheck]:
    """Checks with a step of their own whose assets are up to date and which run all the same.

    Args:
        outlook: Of their units among others.
        store: Has their verdicts.
        chosen: Only these: assets and names.
    """
    checks = [(unit, check) for unit in outlook.units.values() if not unit.outputs for check in unit.checks]
    if not checks:
        return
    slices: dict[str, list[State]] = {}
    for state in outlook.states.values():
        slices.setdefault(state.asset, []).append(state)
    for unit, check in checks:
        if chosen is not None and (check.asset, check.name) not in chosen:
            continue
        standings: list[tuple[str | None, Standing | None]]
        if check.asset in slices:
            standings = [(s.partition, s.standing) for s in slices[check.asset] if not s.behind]
        else:  # a source, or an asset that was not chosen
            standings = [(None, outlook.standings.get((check.asset, None)))]
        for partition, standing in standings:
            if standing is not None and (found := doubts(store, unit, check, partition, standing.id)):
                yield Recheck(check, partition, tuple(_told(outlook, store, found)))


def _told(outlook: Outlook, store: Reads, found: list[Doubt]) -> Iterator[str]:
    for one in found:
        if isinstance(one, Difference) and one.kind == "code":
            yield from code_changes(store, one.old or "", one.new or "", outlook.parts)
        else:
            yield str(one)
