"""`tidemill why ASSET`: why it would run, or why it would not; and what became of it the last time."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tidemill.cli.arguments import add_code_arguments, add_json_argument, add_store_argument
from tidemill.cli.formats import ago, iso, write_json
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
COLORS = {"fresh": "green", "stale": "yellow", "missing": "yellow"}


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
    last = _last_step(seen, unit)
    if arguments.json:
        write_json(
            {
                "asset": shown(state.asset, state.partition),
                "status": state.status,
                "version": state.standing.number if state.standing is not None else None,
                "made_at": iso(state.standing.at) if state.standing is not None else None,
                "reasons": told,
                "not_covered": list(unit.unseen),
                "last": None
                if last is None
                else {"run": last[0], "status": last[1].status, "cause": last[1].cause},
            }
        )
        return 0
    sys.stdout.write("\n".join(_text(seen, state, unit, told, last)) + "\n")
    return 0


def _state(seen: Seen, name: str) -> State:
    known = {shown(asset, part): state for (asset, part), state in seen.outlook.states.items()}
    if name in known:
        return known[name]
    of_asset = [state for (asset, _), state in seen.outlook.states.items() if shown(asset, None) == name]
    if of_asset:  # of a partitioned asset, the first slice that is behind
        return next((state for state in of_asset if state.status != "fresh"), of_asset[0])
    raise InvalidSubsetError(
        f"There is no asset {name!r}",
        subject=name,
        found=name,
        expected=", ".join(list(known)[:8]) + (", …" if len(known) > 8 else ""),
        next_step=did_you_mean(name, list(known)),
    )


def _text(
    seen: Seen, state: State, unit: UnitFacts, told: list[str], last: tuple[int, StepState] | None
) -> list[str]:
    now = seen.home.clock.now()
    name = shown(state.asset, state.partition)
    status = paint(state.status, COLORS[state.status], sys.stdout)
    lines = []
    if state.standing is None:
        lines.append(f"{name} is {status}: it was never made")
    elif state.status == "fresh":
        made = f"version {state.standing.number}, made {ago(state.standing.at, now)}"
        lines.append(f"{name} is {status}: {made}, has the same code, config, inputs and libraries")
        if not unit.deterministic:
            lines.append("  it is not deterministic: what is asked today may give something else")
    else:
        lines.append(f"{name} is {status}, because")
        lines += [f"  {reason}" for reason in told]
    lines += [f"  not covered: {words}" for words in unit.unseen]
    if last is not None:
        lines.append(_last_words(*last))
    return lines


def _last_step(seen: Seen, unit: UnitFacts) -> tuple[int, StepState] | None:
    """What became of the unit's step in the newest run that planned it."""
    for state in seen.home.store.runs(limit=20):
        for step in seen.home.store.steps(state.run.id):
            if step.step == unit.name:
                return state.number, step
    return None


def _last_words(number: int, step: StepState) -> str:
    words = {
        "succeeded": "it ran",
        "reused": "it did not run: it was up to date",
        "skipped": "it gave nothing"
        if step.cause in (None, step.step)
        else f"{step.cause} gave nothing that it needs",
        "blocked": f"it did not run: {step.cause} failed",
        "canceled": "it was canceled",
        "failed": "it failed",
        "planned": "it was not reached",
        "started": "it runs",
        "retrying": "it waits to be tried again",
    }
    return f"  in run {number} {words[step.status]}"
