"""`keep_config`: the config that latest versions and verdicts were made with, as run config for the next run.

versions' config ──▶ ops.STEP.config        config given to the runs that made them ──▶ resources
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tidemill.core.keys import AssetKey
from tidemill.core.records import Version
from tidemill.planning.facts import UnitFacts
from tidemill.storage.reads import ANY_PARTITION, Reads

RESOURCES = "resources"


def kept_config(units: Iterable[UnitFacts], store: Reads, partition: str | None = None) -> dict[str, Any]:
    """Run config with which each unit's latest version, or verdict, of that partition was made."""
    ops: dict[str, Any] = {}
    resources: dict[str, Any] = {}
    for unit in units:
        last = _last(unit, store, partition)
        if last is None:
            continue
        config, run_id = last
        own = {name: value for name, value in config.items() if not name.startswith(f"{RESOURCES}.")}
        if own and any(name.startswith(f"{unit.name}.") for name in own):
            for part, each in own.items():  # of a graph, by the names of its ops
                ops = merged(ops, _nested(part.split("."), each))
        elif own:
            ops[unit.name] = {"config": own}
        needed = {name.partition(".")[2] for name in config if name.startswith(f"{RESOURCES}.")}
        given: Any = store.run(run_id).run.config.get(RESOURCES, {}) if needed else {}
        resources.update({key: config for key, config in given.items() if key in needed})
    return {name: section for name, section in (("ops", ops), (RESOURCES, resources)) if section}


def _nested(path: list[str], config: Any) -> dict[str, Any]:
    """Config of an op within graphs, as run config has it."""
    name, *rest = path
    return {name: {"ops": _nested(rest, config)} if rest else {"config": config}}


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Nested mappings in one; where both say something, `over` does."""
    both = dict(under)
    for name, value in over.items():
        known = both.get(name)
        nested = isinstance(value, Mapping) and isinstance(known, Mapping)
        both[name] = merged(known, value) if nested and known is not None else value
    return both


def _last(unit: UnitFacts, store: Reads, partition: str | None) -> tuple[Mapping[str, object], str] | None:
    """What a unit was last run with, and in which run."""
    if not unit.outputs:
        which = partition if partition is not None else ANY_PARTITION
        given = [
            stored
            for check in unit.checks
            for stored in store.checks(
                asset=AssetKey.from_text(check.asset), name=check.name, partition=which, limit=1
            )
        ]
        newest = max(given, key=lambda stored: stored.seq, default=None)
        return (newest.check.config, newest.run_id) if newest is not None else None
    version = _latest(unit, store, partition if unit.partitions is not None else None)
    return (version.config, _maker(version, store)) if version is not None else None


def _latest(unit: UnitFacts, store: Reads, partition: str | None) -> Version | None:
    names = [(AssetKey.from_text(output.asset), partition) for output in unit.outputs]
    found = store.latest_versions(names, metadata=False)
    return max(found.values(), key=lambda version: version.made_at, default=None)


def _maker(version: Version, store: Reads) -> str:
    """The run whose function made the version, however often it was recorded again."""
    while version.reused_from is not None:
        older = store.version_by_id(version.reused_from)
        if older is None:
            break
        version = older
    return version.run_id
