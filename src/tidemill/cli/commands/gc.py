"""`tidemill gc`: let go of what nothing needs, and say what and why; or only say it."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from tidemill.cli.arguments import add_code_arguments, add_json_argument, add_store_argument
from tidemill.cli.formats import plural, size, write_json
from tidemill.cli.outlooks import shown
from tidemill.cli.project import code_ref, load_watched, open_home
from tidemill.cli.terminal import paint, write_table
from tidemill.cli.tidying import policy_of
from tidemill.core.errors import StoreError
from tidemill.core.settings import Settings
from tidemill.execution.loads import describe_all, snapshot_units

if TYPE_CHECKING:
    from tidemill.home import Home
    from tidemill.home.retention import Cleared, Survey
    from tidemill.planning.retention import Drop, Rule

EXAMPLE = """\
tidemill gc --dry-run    only say what would go
tidemill gc"""
MOST_NUMBERS = 5
STAYS = {
    "young": "younger than an hour",
    "live run": "a run that goes on may need it",
    "alias": "an alias names it",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--dry-run", action="store_true", help="say what would go, and remove nothing")
    add_code_arguments(parser)
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Clear up; 0 when all went that was to go, 1 when something could not be removed."""
    from tidemill.home.retention import alone, clear, survey

    home = open_home(settings)
    try:
        rules, policy = rules_of(arguments, settings, home), policy_of(settings)
        if arguments.dry_run:
            _tell(arguments, survey(home, rules, policy), None)
            return 0
        with alone(home) as marker:
            if marker is None:
                raise _busy(home)
            found = survey(home, rules, policy)
            cleared = clear(home, found, policy)
        _tell(arguments, found, cleared)
        return 1 if cleared.problems else 0
    finally:
        home.close()


def rules_of(arguments: argparse.Namespace, settings: Settings, home: Home) -> dict[str, Rule]:
    """By asset: what the definitions say, where there are any; of all others what the last run that made them said."""
    from tidemill.home.retention import stored_rules
    from tidemill.planning.retention import Rule

    rules = stored_rules(home)
    if not (arguments.file or arguments.module or settings.file or settings.module):
        return rules
    code = code_ref(arguments, settings)
    units = snapshot_units(code, home)
    if units is None:
        code, loaded = load_watched(arguments, settings)
        units = dict(describe_all(code, loaded, home, settings).units)
    for unit in units.values():
        for output in unit.outputs:
            rules.pop(output.asset, None)
            if unit.keep is not None or unit.ttl is not None:
                rules[output.asset] = Rule(unit.keep, unit.ttl)
    return rules


def _busy(home: Home) -> StoreError:
    return StoreError(
        f"Another process clears up {home.folder}",
        subject=str(home.folder),
        found="a tidemill gc, or a command that has just made something",
        expected="one at a time",
        next_step="wait for it, or try again later",
    )


def _tell(arguments: argparse.Namespace, found: Survey, cleared: Cleared | None) -> None:
    if arguments.json:
        write_json(_document(found, cleared))
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(found, cleared)))


def _lines(found: Survey, cleared: Cleared | None) -> list[str]:
    from tidemill.home.retention import is_loose

    rows = _value_rows(found.values.drops)
    if rows:
        write_table(rows, header=("values of", "versions", "bytes", "because"), right=(2,))
        sys.stdout.write("\n")
    lines = []
    if found.logs:
        amount = size(sum(waste.size for waste in found.logs))
        lines.append(f"logs of {plural(len(found.logs), 'run')}, {amount} ({found.logs[0].reason})")
    rows_gone = cleared.rows if cleared is not None else found.rows
    if rows_gone:
        runs = cleared.runs if cleared is not None else found.runs
        lines.append(f"{plural(rows_gone, 'event')} of {plural(runs, 'run')} (keep_events)")
    if found.strays:
        amount = size(sum(file.size for file in found.strays))
        lines.append(f"{plural(len(found.strays), 'artifact')} that no version needs, {amount}")
    lines += [f"{waste.path.name}, {size(waste.size)}: {waste.reason}" for waste in found.files]
    room = (cleared or found).room
    if cleared is not None and cleared.compacted:
        lines.append(f"the database, by {size(cleared.compacted)}")
    elif is_loose(room):
        why = f", when run {found.live[0]} is over" if found.live else ""
        lines.append(f"the database can be compacted{why}: {size(room.free)} of {size(room.size)} are free")
    if cleared is None:
        lines.append(f"{size(found.size)} would be freed" if rows or lines else "nothing would go")
    elif rows or lines:
        lines.append(f"{size(cleared.size)} freed")
    else:
        lines.append("nothing was to go")
    for why, words in STAYS.items():
        count = sum(reason == why for reason in found.values.stays.values())
        lines += [f"{plural(count, 'older value')} kept for now: {words}"] if count else []
    problems = cleared.problems if cleared is not None else ()
    lines += [f"{paint('✗', 'red', sys.stdout)} not removed: {problem}" for problem in problems]
    return lines


def _value_rows(drops: tuple[Drop, ...]) -> list[tuple[str, ...]]:
    """One row for each asset and rule."""
    together: dict[tuple[str, str], list[Drop]] = {}
    for drop in drops:
        together.setdefault((drop.value.asset, drop.rule), []).append(drop)
    return [
        (shown(asset, None), _versions(some), size(sum(drop.freed for drop in some)), rule)
        for (asset, rule), some in sorted(together.items())
    ]


def _versions(drops: list[Drop]) -> str:
    partitions = {drop.value.partition for drop in drops}
    if partitions != {None}:
        return f"{len(drops)} of {plural(len(partitions), 'partition')}"
    numbers = [f"@{drop.value.number}" for drop in drops]
    if len(numbers) > MOST_NUMBERS:
        return f"{numbers[0]} … {numbers[-1]} ({len(numbers)})"
    return ", ".join(numbers)


def _document(found: Survey, cleared: Cleared | None) -> dict[str, Any]:
    room, stays = (cleared or found).room, list(found.values.stays.values())
    return {
        "dry_run": cleared is None,
        "bytes": found.size if cleared is None else cleared.size,
        "values": [
            {
                "asset": shown(drop.value.asset, None),
                "partition": drop.value.partition,
                "version": drop.value.number,
                "id": drop.value.id,
                "bytes": drop.freed,
                "because": drop.rule,
            }
            for drop in found.values.drops
        ],
        "kept": {why: sum(reason == why for reason in stays) for why in STAYS},
        "logs": {"runs": len(found.logs), "bytes": sum(waste.size for waste in found.logs)},
        "events": {
            "runs": found.runs if cleared is None else cleared.runs,
            "count": found.rows if cleared is None else cleared.rows,
        },
        "strays": {"files": len(found.strays), "bytes": sum(file.size for file in found.strays)},
        "files": [
            {"path": str(waste.path), "bytes": waste.size, "because": waste.reason} for waste in found.files
        ],
        "database": {
            "bytes": room.size,
            "free": room.free,
            "compacted": cleared.compacted if cleared is not None else 0,
        },
        "problems": list(cleared.problems) if cleared is not None else [],
    }
