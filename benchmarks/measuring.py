"""One row of the table, and how its figures are taken.

A figure is the median of several rounds. What is compared is measured in turn, round by round and every other
round backwards, so that a noisy minute falls on both sides and neither always comes first; a bound on a ratio
thereby says something on a slow machine too.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

T = TypeVar("T")

# Below this ratio to a floor that it includes, a figure is not to be believed.
NOISE = 0.97


def row(
    what: str,
    measured: float,
    unit: str,
    *,
    must: float | None = None,
    aim: float | None = None,
    floor: float | None = None,
    judged: Literal["measured", "ratio", "above"] = "measured",
    includes_floor: bool = True,
    note: str = "",
) -> dict[str, Any]:
    """One row of the table.

    Args:
        what: The workload.
        measured: The figure, in `unit`.
        unit: `ms`, `s`, `MB` …
        must: The most that may be, of the figure, its ratio to the floor, or what it lies above it; None
            where the figure is only shown.
        aim: What we would like; in the terms of `must`.
        floor: The same work without Tidemill, in `unit`, measured in the same run.
        judged: Which of the three `must` and `aim` bound.
        includes_floor: Whether the work does all that its floor does. Then it cannot be faster, and a figure
            below the floor says only that the machine was busy: it gets no verdict.
        note: One remark, printed under the table.
    """
    if judged != "measured" and floor is None:
        raise ValueError(f"{what!r} is judged by its floor and has none")
    ratio = measured / floor if floor else None
    judged_value = {"measured": measured, "ratio": ratio, "above": measured - (floor or 0.0)}[judged]
    assert judged_value is not None
    verdict = "" if must is None else "ok" if judged_value <= must else "MISSES"
    if aim is not None and judged_value <= aim:
        verdict = "aim"
    if includes_floor and ratio is not None and ratio < NOISE:
        verdict = "NOISE"
    return {
        "what": what,
        "measured": measured,
        "unit": unit,
        "floor": floor,
        "ratio": ratio,
        "judged": judged,
        "judged_value": judged_value,
        "must": must,
        "aim": aim,
        "verdict": verdict,
        "note": note,
    }


def in_turn(work: Iterable[T], turn: int) -> list[T]:
    """The work in the order of this round: as given, then backwards, then as given."""
    ordered = list(work)
    return ordered[::-1] if turn % 2 else ordered


def interleaved(work: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each piece of work, measured in turn after one unmeasured round."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(rounds + 1):
        for name, function in in_turn(work.items(), turn):
            gc.collect()
            start = time.perf_counter()
            function()
            elapsed = time.perf_counter() - start
            if turn:
                seconds[name].append(elapsed)
    return {name: statistics.median(values) for name, values in seconds.items()}
