"""`tidemill status`: every asset, whether it is up to date, and why it is not."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tidemill.cli.arguments import add_code_arguments, add_json_argument, add_store_argument
from tidemill.cli.formats import ago, first_line, iso, plural, write_json
from tidemill.cli.outlooks import TOO_MANY, Seen, because, see, shown
from tidemill.cli.terminal import write_table
from tidemill.core.collecting import uncollected
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.planning.freshness import State

EXAMPLE = """\
tidemill status -f pipeline.py
tidemill status -f pipeline.py --stale        only what is not up to date"""
COLORS = {"fresh": None, "stale": "yellow", "missing": "dim", "skipped": "dim", "failed": "red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)
    parser.add_argument("--stale", action="store_true", help="leave out what is up to date")
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the state of every asset; 0 whatever it is."""
    with uncollected():  # thousands of small rows, none of them in a circle
        return _print(see(arguments, settings, many=TOO_MANY), arguments)


def _print(seen: Seen, arguments: argparse.Namespace) -> int:
    failed, again = failures(seen), _checks(seen)
    few, many = _by_asset(seen), seen.outlook.compared
    assets = [output.asset for unit in seen.outlook.units.values() for output in unit.outputs]
    rows = [
        _row_of_many(seen, asset, failed, again)
        if asset in many
        else _row(seen, asset, few[asset], failed, again)
        for asset in assets
        if asset in many or asset in few
    ]
    if arguments.stale:
        rows = [row for row in rows if row["status"] not in ("fresh", "skipped") or row["checks"]]
    if arguments.json:
        write_json([{**row, "made_at": iso(row["made_at"])} for row in rows])
        return 0
    now = seen.home.clock.now()
    if rows:
        write_table(
            [_cells(row, now) for row in rows],
            header=("asset", "state", "version", "made", "because"),
            colors=[COLORS[row["status"]] for row in rows],
        )
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    checks = sum(len(row["checks"]) for row in rows)
    told += f"; {plural(checks, 'check')} to run again" if checks else ""
    sys.stdout.write(f"{plural(len(rows), 'asset')}: {told}\n" if rows else "all assets are up to date\n")
    return 0


def _row_of_many(
    seen: Seen, asset: str, failed: Mapping[str, str], again: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """An asset with very many partitions: how many are what, and which, in ranges."""
    from tidemill.core.keys import AssetKey
    from tidemill.definitions.partitions.ranges import texts
    from tidemill.execution.outlook import slice_outlook
    from tidemill.execution.spans import keep_spans

    compared = seen.outlook.compared[asset]
    sets = {name: getattr(compared, name) for name in ("stale", "missing", "skipped", "fresh")}
    status: str = next((name for name in ("stale", "missing") if sets[name]), "fresh")
    if status == "fresh" and not sets["fresh"]:
        status = "skipped"
    why = ""
    if status != "fresh":
        first = next(iter(sets[status]))
        outlook, state = slice_outlook(seen.outlook, asset, first, seen.home.store)
        why = because(Seen(seen.home, outlook), state)
    if status == "missing" and len(sets["missing"]) < compared.fresh.order.size:
        why = f"{len(sets['missing']):,} were never made"
    order, key = compared.fresh.order, AssetKey.from_text(asset)
    sets["failed"] = keep_spans(seen.home, key, order).failed & compared.behind
    if sets["failed"]:
        status, why = "failed", failed.get(asset, why)
    latest = seen.home.store.versions(key, limit=1)
    return {
        "asset": shown(asset, None),
        "status": status,
        "because": why or None,
        "version": None,
        "partitions": None,
        "made_at": latest[0].made_at if latest else None,
        "checks": dict(again.get(asset, {})),
        "partition_counts": {name: len(some) for name, some in sets.items() if some and name != "failed"},
        "partition_ranges": {name: texts(some.ranges(MOST_RANGES)) for name, some in sets.items() if some},
    }


MOST_RANGES = 200


def failures(seen: Seen) -> dict[str, str]:
    """Assets whose last step failed, and how, since their latest version was made."""
    from tidemill.core.events import StepFailed

    found: dict[str, str] = {}
    makers = {unit.name: [output.asset for output in unit.outputs] for unit in seen.outlook.units.values()}
    for stored in seen.home.store.events(kinds=[StepFailed], ascending=False, limit=RECENT):
        event = stored.event
        assert isinstance(event, StepFailed)
        for asset in makers.get(event.step, ()):
            if asset in found:
                continue
            part = _partition_of(seen, stored.run_id) if (asset, None) not in seen.outlook.states else None
            standing = seen.outlook.standings.get((asset, part))
            if asset not in found and (standing is None or standing.at < event.at):
                found[asset] = first_line(event.error)
    return found


def _partition_of(seen: Seen, run_id: str) -> str | None:
    """The partition that a run is of; of several, the last: they were all tried together."""
    run = seen.home.store.run(run_id).run
    return run.partition or (run.partitions[-1].rpartition("...")[2] if run.partitions else None)


RECENT = 1000
"""How many failed steps are looked at; older failures are for `tidemill runs`."""


def _checks(seen: Seen) -> dict[str, dict[str, str]]:
    """Checks that run again although their assets are up to date: by asset and name, why."""
    from tidemill.execution.verdicts import rechecks

    found: dict[str, dict[str, str]] = {}
    for check, _, reasons in rechecks(seen.outlook, seen.home.store):
        found.setdefault(check.asset, {}).setdefault(check.name, reasons[0])
    return found


def _by_asset(seen: Seen) -> dict[str, list[State]]:
    found: dict[str, list[State]] = {}
    for (asset, _), state in seen.outlook.states.items():
        found.setdefault(asset, []).append(state)
    return found


def _row(
    seen: Seen,
    asset: str,
    states: list[State],
    failed: Mapping[str, str],
    again: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    worst = next((s for s in states if s.status == "stale"), None) or next(
        (s for s in states if s.status == "missing"), states[0]
    )
    made = [s.standing for s in states if s.standing is not None]
    latest = max(made, key=lambda standing: standing.at) if made else None
    status: str = worst.status
    why = "" if status == "fresh" else because(seen, worst)
    if asset in failed and worst.behind:
        status, why = "failed", failed[asset]
    elif asset in failed:
        why = f"made again it failed: {failed[asset]}"
    elif worst.withheld and worst.standing is not None:
        why = "it gave nothing since, so this stays"
    elif status == "fresh" and not worst.deterministic:
        why = "as of then: it is not deterministic"
    partitions = None
    if states[0].partition is not None:
        partitions = {str(s.partition): s.status for s in states}
        never = sum(s.status == "missing" for s in states)
        if status == "missing" and never < len(states):
            why = f"{never:,} were never made"
    return {
        "asset": shown(asset, None),
        "status": status,
        "because": why or None,
        "version": latest.number if latest is not None and partitions is None else None,
        "partitions": partitions,
        "made_at": latest.at if latest is not None else None,
        "checks": dict(again.get(asset, {})),
    }


def _cells(row: dict[str, Any], now: int) -> tuple[str, ...]:
    version = f"@{row['version']}" if row["version"] is not None else ""
    if "partition_counts" in row:
        counts = row["partition_counts"]
        version = f"{counts.get('fresh', 0):,} of {sum(counts.values()):,} partitions"
    if row["partitions"] is not None:
        fresh = sum(status == "fresh" for status in row["partitions"].values())
        version = f"{fresh} of {len(row['partitions'])} partitions"
    made = ago(row["made_at"], now) if row["made_at"] is not None else ""
    why = [row["because"]] if row["because"] else []
    why += [f"check {name}: {reason}" for name, reason in row["checks"].items()]
    return row["asset"], row["status"], version, made, "; ".join(why)
