"""`tidemill refresh`: run what is not up to date, and only that."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from tidemill.cli.arguments import (
    add_code_arguments,
    add_json_argument,
    add_partition_argument,
    add_selection_argument,
    add_store_argument,
)
from tidemill.cli.formats import plural, write_json
from tidemill.cli.outlooks import Seen, because, shown
from tidemill.cli.project import code_ref, load_watched, open_home, open_if_there, selection_of
from tidemill.cli.running import add_place_argument
from tidemill.cli.terminal import write_table
from tidemill.core.settings import Settings
from tidemill.execution.loads import describe_all, root_of, snapshot_units

if TYPE_CHECKING:
    from tidemill.definitions.partitions.partitions import World
    from tidemill.definitions.project import Project
    from tidemill.execution.launch import Prepared, Request
    from tidemill.execution.outlook import Outlook
    from tidemill.home import Home
    from tidemill.planning.facts import UnitFacts

Row: TypeAlias = tuple[str, str, str]  # what would run, its state, why

EXAMPLE = """\
tidemill refresh -f pipeline.py                       whatever is stale or missing
tidemill refresh -f pipeline.py model                 a model, and what it is made from
tidemill refresh -f pipeline.py --dry-run             only say what would run, and why"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_code_arguments(parser)
    add_selection_argument(parser, "bring up to date")
    add_partition_argument(parser)
    parser.add_argument("--config", metavar="FILE|JSON", help="run config: a JSON or TOML file, or JSON")
    parser.add_argument(
        "--keep-config", action="store_true", help="the config that each asset's latest version was made with"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would run, and run nothing")
    add_place_argument(parser)
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Refresh; 0 when all is up to date, 1 when a step failed or the run was canceled."""
    home = open_if_there(settings)
    if home is not None:
        outlook = _short_cut(arguments, snapshot_units(code_ref(arguments, settings), home), home)
        idle = outlook is not None and not outlook.behind and not any(_checks(Seen(home, outlook)))
        home.close()
        if outlook is not None and idle:
            _say_up_to_date(arguments, outlook)
            return 0
    return _load_and_run(arguments, settings, open_home(settings, create=True))


def _short_cut(
    arguments: argparse.Namespace, units: dict[str, UnitFacts] | None, home: Home
) -> Outlook | None:
    """The outlook from a snapshot, for what can be answered without the user's code; None for the rest."""
    plain = not (arguments.select or arguments.config or arguments.keep_config or arguments.partition)
    if units is None or not plain or any(unit.partitions is not None for unit in units.values()):
        return None
    from tidemill.execution.outlook import look_ahead

    return look_ahead(units, home.store)


def _load_and_run(arguments: argparse.Namespace, settings: Settings, home: Home) -> int:
    from tidemill.cli.commands.materialize import read_config
    from tidemill.cli.running import carry_out
    from tidemill.definitions.triggers.jobs import IMPLICIT_JOB
    from tidemill.execution.keeping import kept_config, merged
    from tidemill.execution.launch import Request, world_of
    from tidemill.execution.outlook import look_ahead
    from tidemill.execution.partition_choice import check_partition

    config = read_config(arguments.config)
    code, loaded = load_watched(arguments, settings)
    project = loaded.definitions.project()
    everything = describe_all(code, loaded, home, settings)
    single = (arguments.partition or [None])[0]
    if arguments.keep_config:
        config = merged(kept_config(everything.units.values(), home.store, single), config or {})
    request = Request(
        IMPLICIT_JOB,
        selection=selection_of(arguments.select),
        config=config,
        partitions=tuple(arguments.partition or ()),
        code=code,
        root=root_of(code, settings),
        refresh=True,
    )
    world = world_of(project, home)
    check_partition(project, request, world)
    prepared = _prepared(project, request, world)
    prepared = prepared._replace(coding=None if config else everything).described(home)
    assert prepared.coding is not None
    chosen = {unit.name: prepared.coding.units[unit.name] for unit in prepared.wholes}
    keys = prepared.plan.keys or None
    parts = prepared.coding.parts
    outlook = look_ahead(chosen, home.store, parts=parts, partitions=keys, world=world)
    seen = Seen(home, outlook)
    more = [*_named(prepared, outlook), *_checks(seen, prepared)]
    if not outlook.behind and not more:
        _say_up_to_date(arguments, outlook)
        home.close()
        return 0
    if arguments.dry_run:
        _say_what_would_run(arguments, seen, more)
        home.close()
        return 0
    behind = tuple(key for key in keys or () if any(state.partition == key for state in outlook.behind))
    if behind and len(behind) < len(keys or ()) and not more:
        # A step makes all partitions of its run: those that are up to date are left out of it.
        narrowed = _prepared(project, request._replace(partitions=behind), world)
        prepared = narrowed._replace(coding=prepared.coding)
    causes = [because(seen, state) for state in outlook.causes if state.standing is not None]
    causes += [why for _, status, why in more if status == "check"]
    home.close()
    return carry_out(prepared, loaded, arguments, settings, causes=list(dict.fromkeys(causes)))


def _prepared(project: Project, request: Request, world: World) -> Prepared:
    from tidemill.cli.running import prepare_or_refuse
    from tidemill.core.errors import InvalidConfigError

    try:
        return prepare_or_refuse(project, request, world)
    except InvalidConfigError as error:
        if request.config is None:
            error.next_step = "give --config, or --keep-config for what the latest versions were made with"
        raise


def _named(prepared: Prepared, outlook: Outlook) -> Iterator[Row]:
    """What is up to date and runs all the same: it was named itself, and is not deterministic."""
    from tidemill.planning.selection import explicit_keys

    named = {key.text for key in explicit_keys(prepared.request.selection)}
    for state in outlook.states.values():
        if state.asset in named and not state.deterministic and not state.behind:
            yield shown(state.asset, state.partition), state.status, "it was named, and is not deterministic"


def _checks(seen: Seen, prepared: Prepared | None = None) -> Iterator[Row]:
    """Checks that run although their assets are up to date."""
    from tidemill.execution.verdicts import rechecks

    chosen = None
    if prepared is not None:
        units = [(prepared.project.unit(step.name), step.checks) for step in prepared.plan.steps]
        chosen = {(c.asset_key.text, c.name) for unit, names in units for c in unit.checks if c.name in names}
    for check, partition, reasons in rechecks(seen.outlook, seen.home.store, chosen):
        yield f"{shown(check.asset, partition)}:{check.name}", "check", reasons[0]


def _say_up_to_date(arguments: argparse.Namespace, outlook: Outlook) -> None:
    count = len({asset for asset, _ in outlook.states})
    if arguments.json:
        write_json({"run": None, "up_to_date": count, "would_run": []})
        return
    none = len({state.asset for state in outlook.states.values() if state.status == "skipped"})
    told = "the asset is up to date" if count == 1 else f"all {plural(count, 'asset')} are up to date"
    sys.stdout.write(f"{told}{f'; {none} gave nothing' if none else ''}\n")


def _say_what_would_run(arguments: argparse.Namespace, seen: Seen, more: Sequence[Row]) -> None:
    states = seen.outlook.behind
    rows: list[Row] = [
        (shown(state.asset, state.partition), state.status, because(seen, state)) for state in states
    ]
    fresh = len(seen.outlook.states) - len(states)
    rows += more
    if arguments.json:
        told = [{"asset": asset, "status": status, "because": why} for asset, status, why in rows]
        write_json({"run": None, "up_to_date": fresh, "would_run": told})
        return
    write_table(rows, header=("would run", "state", "because"), colors=[None] * len(rows))
    assets = sum(status != "check" for _, status, _ in rows)
    checks = f" and {plural(len(rows) - assets, 'check')}" if assets < len(rows) else ""
    fewer = "; fewer where one comes out as it was" if len(states) > 1 else ""
    sys.stdout.write(f"{assets} of {plural(len(seen.outlook.states), 'asset')}{checks} would run{fewer}\n")
