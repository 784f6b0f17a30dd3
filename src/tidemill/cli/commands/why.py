"""`tidemill why ASSET`: why it would run, or why it would not; and what became of it the last time."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tidemill.cli.arguments import add_code_arguments, add_json_argument, add_store_argument
from tidemill.cli.formats import ago, first_line, iso, write_json
from tidemill.cli.outlooks import Seen, see, shown
from tidemill.cli.terminal import paint
from tidemill.core.errors import InvalidSubsetError
from tidemill.core.settings import Settings
from tidemill.core.suggest import did_you_mean

if TYPE_CHECKING:
    from tidemill.core.records import StepState
    from tidemill.planning.facts import UnitFacts
    from tidemill.planning.freshness import State

EXAMPLE = """\
tidemill why -f pipeline.py model"""
COLORS = {"fresh": "green", "stale": "yellow", "missing": "yellow", "skipped": "yellow"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("asset", metavar="ASSET", help="an asset, or one partition of it: sales[2024-05-01]")
    add_code_arguments(parser)
    add_json_argument(parser)
    add_store_argument(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Explain one asset; 0 whatever its state."""
    from tidemill.execution.outlook import reasons

    seen = see(arguments, settings)
    state = _state(seen, arguments.asset)
    unit = seen.outlook.unit_of(state.asset)
    told = reasons(seen.outlook, state, seen.home.store)
    checks = _checks(seen, state)
    last = _last_step(seen, unit, state.partition)
    if arguments.json:
        write_json(
            {
                "asset": shown(state.asset, state.partition),
                "status": state.status,
                "version": state.standing.number if state.standing is not None else None,
                "made_at": iso(state.standing.at) if state.standing is not None else None,
                "reasons": told,
                "not_covered": list(unit.unseen),
                "checks": checks,
                "last": None
                if last is None
                else {"run": last[0], "status": last[1].status, "cause": last[1].cause},
            }
        )
        return 0
    sys.stdout.write("\n".join(_text(seen, state, unit, told, checks, last)) + "\n")
    return 0


def _state(seen: Seen, name: str) -> State:
    known = {shown(asset, part): state for (asset, part), state in seen.outlook.states.items()}
    if name in known:
        return known[name]
    of_asset = [state for (asset, _), state in seen.outlook.states.items() if shown(asset, None) == name]
    if of_asset:  # of a partitioned asset, the first slice that is behind
        return next((state for state in of_asset if state.behind), of_asset[0])
    raise InvalidSubsetError(
        f"There is no asset {name!r}",
        subject=name,
        found=name,
        expected=", ".join(list(known)[:8]) + (", …" if len(known) > 8 else ""),
        next_step=did_you_mean(name, list(known)),
    )


def _checks(seen: Seen, state: State) -> dict[str, list[str]]:
    """Checks of the slice that run again although it is up to date, and why."""
    from tidemill.execution.verdicts import rechecks

    checks = [check for one in seen.outlook.units.values() for check in one.checks]
    chosen = {(check.asset, check.name) for check in checks if check.asset == state.asset}
    found = rechecks(seen.outlook, seen.home.store, chosen)
    return {check.name: list(reasons) for check, part, reasons in found if part == state.partition}


def _text(
    seen: Seen,
    state: State,
    unit: UnitFacts,
    told: list[str],
    checks: Mapping[str, list[str]],
    last: tuple[int, StepState] | None,
) -> list[str]:
    lines = [*_verdict(seen, state, unit, told)]
    others = [
        shown(*name)
        for name, one in seen.outlook.states.items()
        if one.asset == state.asset and one.partition != state.partition and one.behind
    ]
    if others:
        lines.append(
            f"  not up to date either: {', '.join(others[:FEW])}{', …' if len(others) > FEW else ''}"
        )
    lines += [f"  check {name} runs again: {why}" for name, found in checks.items() for why in found]
    lines += [f"  not covered: {words}" for words in unit.unseen]
    # Of a step that made what the first line tells of there is nothing more to say.
    if last is not None and not (last[1].status == "succeeded" and last[0] == _made_in(seen, state)):
        lines.append(f"  the last time, in run {last[0]}, {_last_words(seen, state, last[1])}")
    return lines


def _made_in(seen: Seen, state: State) -> int | None:
    """The number of the run that recorded the latest version; None where it was recorded outside of runs."""
    version = seen.home.store.version_by_id(state.standing.id) if state.standing is not None else None
    return seen.home.store.run(version.run_id).number if version is not None and version.run_id else None


def _verdict(seen: Seen, state: State, unit: UnitFacts, told: list[str]) -> Iterator[str]:
    """What is so, and why."""
    name = shown(state.asset, state.partition)
    head = f"{name} is {paint(state.status, COLORS[state.status], sys.stdout)}"
    made = ""
    if state.standing is not None:
        made = f"version {state.standing.number}, made {ago(state.standing.at, seen.home.clock.now())}"
        number = _made_in(seen, state)
        made += f" in run {number}" if number is not None else ""
    if state.standing is None and state.behind:
        yield f"{head}: {told[0]}"
    elif state.behind:
        yield f"{head}: {made}, but since then"
        yield from (f"  {reason}" for reason in told)
    elif state.status == "skipped":
        gave = (
            f"{shown(state.upstream, None)} gave nothing" if state.upstream else "its function gave nothing"
        )
        yield f"{head}: {gave} for the code, config, inputs and libraries that there are now"
    elif state.withheld:
        yield f"{head}: {made}, stays"
        yield "  for the code, config, inputs and libraries that there are now its function gave nothing"
    else:
        what = "code" if unit.outputs else "inputs"
        yield f"{head}: {made}, has the same {what}, config, inputs and libraries"
    if not unit.deterministic and not state.behind:
        yield "  it is not deterministic: made today it may come out otherwise; `tidemill refresh` makes it when named"


def _last_step(seen: Seen, unit: UnitFacts, partition: str | None) -> tuple[int, StepState] | None:
    """What became of the unit's step in the newest run that planned it for that partition."""
    for state in seen.home.store.runs(limit=RUNS):
        if any(step.step == unit.name and step.partition == partition for step in state.run.steps):
            steps = seen.home.store.steps(state.run.id)
            return state.number, next(step for step in steps if step.step == unit.name)
    return None


FEW = 8
RUNS = 100
"""How many runs are looked at for the last step."""


def _last_words(seen: Seen, state: State, step: StepState) -> str:
    if step.status == "failed" and step.error is not None:
        return f"it failed: {first_line(step.error)}"
    if step.status == "skipped":
        own = step.cause in (None, step.step)
        return (
            "it ran and gave nothing" if own else f"it did not run: {step.cause} gave nothing that it needs"
        )
    if step.status == "reused" and (state.withheld or state.status == "skipped"):
        return "it did not run: it gave nothing for the same before"
    if step.status == "reused":
        again = seen.home.store.version_by_id(state.standing.id) if state.standing is not None else None
        older = again.reused_from if again is not None and again.step == step.step else None
        source = seen.home.store.version_by_id(older) if older is not None else None
        if source is not None:
            return f"it did not run: version {source.number} was made from the same, and was recorded again"
    return {
        "succeeded": "it ran, and gave no new version",
        "reused": "it did not run: it was up to date",
        "blocked": f"it did not run: {step.cause} failed",
        "canceled": "it was canceled" if step.attempt else "it did not run: the run was canceled",
        "failed": "it failed",
        "planned": "it was not reached",
        "forgotten": "what became of it is no longer kept",
        "started": "it runs now",
        "retrying": "it waits to be tried again",
    }[step.status]
