"""From what was measured to the table: medians, cells and the notes under it. Nothing here runs anything."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.measuring import NOISE, row as measured_row
from benchmarks.peers.tools import PLAIN, Absent, Row, Tool
from benchmarks.run import aligned, figure

FAILED, ABSENT = "failed", "–"
BUSY = "less than the script that it includes: steps ran side by side, or the machine was busy"

FEWEST_ROUNDS, MOST_ROUNDS, BUDGET_SECONDS = 3, 9, 20.0
SLOW_SECONDS, SLOW_ROUNDS = 30.0, 2
MOST_SECONDS = 300
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Finished(NamedTuple):
    """How a command ended: its exit code, its seconds and what it wrote."""

    code: int
    seconds: float
    output: str


class Stopped(NamedTuple):
    """A command that did not do its work."""

    cell: str
    said: str


# By tool and command: the seconds of each round, or why there are none; and in how many processes its steps ran.
Results = Mapping[tuple[str, str], Sequence[float] | Stopped]
Processes = Mapping[tuple[str, str], int]


def rounds_for(seconds: float) -> int:
    """How often to measure what took so long when it was first run."""
    if seconds > SLOW_SECONDS:
        return SLOW_ROUNDS
    return max(FEWEST_ROUNDS, min(MOST_ROUNDS, int(BUDGET_SECONDS / max(seconds, 1e-3))))


def judged(finished: Finished) -> float | Stopped:
    """The seconds of a command, or what its failure means."""
    if finished.code == 0:
        return finished.seconds
    if finished.code < 0 and finished.seconds >= MOST_SECONDS:
        return Stopped(f"> {MOST_SECONDS} s", "ended, it took too long")
    lines = finished.output.strip().splitlines() or [f"exit code {finished.code}"]
    return Stopped(FAILED, lines[-1])


class Notes:
    """The remarks under the table, each once, numbered in the order in which cells refer to them."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._of: dict[str, list[str]] = {}

    def of_figure(self, tool: Tool, command: str) -> str:
        """The number to set at a figure, if there is something to be known about it."""
        if command in tool.notes:
            return self.refer(tool, tool.notes[command])
        return self.refer(tool, "in one process") if self._processes.get((tool.name, command)) == 1 else ""

    def refer(self, tool: Tool, text: str) -> str:
        """The number of a remark about the tool."""
        names = self._of.setdefault(text, [])
        if tool.name not in names:
            names.append(tool.name)
        return _superscript(list(self._of).index(text) + 1)

    def lines(self) -> list[str]:
        """The remarks, to be printed."""
        return [
            f"{_superscript(number)} {', '.join(names)}: {text}"
            for number, (text, names) in enumerate(self._of.items(), 1)
        ]


def _superscript(number: int) -> str:
    return str(number).translate(SUPERSCRIPT)


def table(rows: Sequence[Row], tools: Sequence[Tool], results: Results, processes: Processes) -> str:
    """All rows, a column for each tool, and the notes."""
    notes = Notes(processes)
    lines = [("", *(tool.name for tool in tools))]
    lines += [(row.what, *(cell(row, tool, results, notes) for tool in tools)) for row in rows]
    return "\n".join([aligned(lines, to_the_left={0}), *notes.lines()])


def cell(row: Row, tool: Tool, results: Results, notes: Notes) -> str:
    """One cell: the figures of the row's commands and the numbers of the notes to them."""
    figures: list[str] = []
    marks: list[str] = []
    for command in row.commands:
        work, result = tool.commands[command], results.get((tool.name, command))
        if isinstance(work, Absent):
            figures.append(ABSENT)
            marks.append(notes.refer(tool, work.why))
        elif isinstance(result, Stopped):
            figures.append(result.cell)
            marks.append(notes.refer(tool, result.said))
        elif result:
            floor = results.get((PLAIN.name, command)) if row.to_floor and tool.name != PLAIN.name else None
            if floor and not isinstance(floor, Stopped):
                ratio = to_floor(result, floor)
                figures.append(f"{figure(ratio)} ×")
                marks.append(notes.refer(tool, BUSY) if ratio < NOISE else "")
            else:
                seconds = figure(statistics.median(result) * row.times)
                figures.append(f"{seconds} {row.unit}" if row.to_floor else seconds)
            marks.append(notes.of_figure(tool, command))
    unit = "" if row.to_floor or not any(text[0].isdigit() for text in figures) else f" {row.unit}"
    return " / ".join(figures) + unit + "".join(marks)


def to_floor(seconds: Sequence[float], floor: Sequence[float]) -> float:
    """The median ratio of what was measured in the same rounds: a busy minute falls on both."""
    return statistics.median(mine / plain for mine, plain in zip(seconds, floor, strict=False))


def rounds_taken(results: Results) -> str:
    """The fewest and the most rounds that a median is of."""
    counts = sorted(len(result) for result in results.values() if not isinstance(result, Stopped))
    return f"{counts[0]} to {counts[-1]}" if counts else "no"


def kept(
    rows: Sequence[Row], tools: Sequence[Tool], results: Results, processes: Processes
) -> list[dict[str, Any]]:
    """The same as rows of `benchmarks.run`, one for each tool and command, with every round."""
    return [
        {
            **_kept(row, tool, command, result, results.get((PLAIN.name, command))),
            "processes": processes.get(key),
        }
        for row in rows
        for command in row.commands
        for tool in tools
        if not isinstance(result := results.get(key := (tool.name, command)), Stopped) and result
    ]


def _kept(
    row: Row, tool: Tool, command: str, seconds: Sequence[float], floor: Sequence[float] | Stopped | None
) -> dict[str, Any]:
    shown = measured_row(
        f"{row.what}: {command}, {tool.name}",
        statistics.median(seconds) * row.times,
        row.unit,
        floor=statistics.median(floor) * row.times if floor and not isinstance(floor, Stopped) else None,
        includes_floor=False,
        note=tool.notes.get(command, ""),
    )
    rounds = [each * row.times for each in seconds]
    return {"module": "peers", "tool": tool.name, "command": command, **shown, "rounds": rounds}
