"""The table of `make bench-peers`: what is made of figures, of failures and of what a tool cannot do."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from benchmarks.peers import report
from benchmarks.peers.report import Finished, Notes, Stopped
from benchmarks.peers.tools import PLAIN, ROWS, TOOLS, WORKLOADS, Absent, Row, Tool

REQUIREMENTS = Path(report.__file__).parent / "requirements"

COMMANDS = {
    "import": "python -c pass",
    "help": Absent("has no commands"),
    "chain": "chain",
    "again": "again",
}
FLOOR = PLAIN._replace(commands=COMMANDS, notes={})
TOOL = Tool("Tool", "tool", "tool", COMMANDS, notes={"again": "skips all"})

START = Row("start", ("import", "help"), "ms", 1e3)
CHAIN = Row("chain, a step", ("chain",), "ms", 10)
TO_FLOOR = Row("chain, ÷ script", ("chain",), "s", to_floor=True)
AGAIN = Row("again", ("again",), "s")


def one_cell(
    row: Row, results: report.Results, processes: report.Processes | None = None
) -> tuple[str, list[str]]:
    notes = Notes(processes or {})
    return report.cell(row, TOOL, results, notes), notes.lines()


def test_a_cell_is_the_median_in_the_unit_of_its_row() -> None:
    assert one_cell(CHAIN, {("Tool", "chain"): [0.9, 0.1, 0.2]}) == ("2 ms", [])


def test_a_cell_of_two_figures_has_one_unit_and_says_what_is_missing() -> None:
    assert one_cell(START, {("Tool", "import"): [0.25]}) == ("250 / – ms¹", ["¹ Tool: has no commands"])


def test_a_ratio_is_of_rounds_and_the_floor_shows_its_seconds() -> None:
    results = {("Tool", "chain"): [3.0, 30.0, 2.0], (FLOOR.name, "chain"): [2.0, 20.0, 2.0, 1.0]}
    assert one_cell(TO_FLOOR, results) == ("1.5 ×", [])
    assert report.cell(TO_FLOOR, FLOOR, results, Notes({})) == "2 s"


def test_without_a_floor_a_ratio_is_shown_as_seconds() -> None:
    assert one_cell(TO_FLOOR, {("Tool", "chain"): [3.0]}) == ("3 s", [])
    assert (
        one_cell(TO_FLOOR, {("Tool", "chain"): [3.0], (FLOOR.name, "chain"): Stopped("failed", "")})[0]
        == "3 s"
    )


def test_less_than_what_it_includes_is_noise() -> None:
    results = {("Tool", "chain"): [1.0], (FLOOR.name, "chain"): [2.0]}
    assert one_cell(TO_FLOOR, results) == ("0.5 ×¹", [f"¹ Tool: {report.BUSY}"])


def test_what_was_not_measured_is_an_empty_cell() -> None:
    assert one_cell(CHAIN, {}) == ("", [])


def test_steps_that_ran_in_one_process_are_marked() -> None:
    results = {("Tool", "chain"): [0.1]}
    assert one_cell(CHAIN, results, {("Tool", "chain"): 1}) == ("1 ms¹", ["¹ Tool: in one process"])
    assert one_cell(CHAIN, results, {("Tool", "chain"): 2}) == ("1 ms", [])


@pytest.mark.parametrize("code", [1, 2, -9])
def test_a_failure_says_so(code: int) -> None:
    result = report.judged(Finished(code, 0.1, "Traceback\nValueError: no\n"))
    assert result == Stopped("failed", "ValueError: no")


def test_a_failure_without_a_word_and_one_that_took_too_long() -> None:
    assert report.judged(Finished(3, 0.1, "")) == Stopped("failed", "exit code 3")
    late = report.judged(Finished(-9, report.MOST_SECONDS + 0.5, "…"))
    assert isinstance(late, Stopped)
    assert late.cell == f"> {report.MOST_SECONDS} s"


def test_success_is_its_seconds() -> None:
    assert report.judged(Finished(0, 0.25, "done")) == 0.25


def test_the_table_numbers_each_note_once_and_names_all_whom_it_is_about() -> None:
    other = TOOL._replace(name="Other")
    results = {("Tool", "again"): [1.0], ("Other", "again"): [2.0], ("Other", "import"): [0.1]}
    assert (
        "\n" + report.table((START, AGAIN), (TOOL, other), results, {})
        == """
       Tool        Other
────────────────────────
start    –¹  100 / – ms¹
again  1 s²         2 s²
¹ Tool, Other: has no commands
² Tool, Other: skips all"""
    )


@pytest.mark.parametrize(("seconds", "rounds"), [(0.0, 9), (0.1, 9), (4.0, 5), (20.0, 3), (60.0, 2)])
def test_what_is_slow_gets_fewer_rounds(seconds: float, rounds: int) -> None:
    assert report.rounds_for(seconds) == rounds


def test_the_rounds_that_were_taken() -> None:
    results = {
        ("Tool", "chain"): [1.0] * 4,
        ("Tool", "import"): [1.0] * 9,
        ("Tool", "again"): Stopped("failed", ""),
    }
    assert report.rounds_taken(results) == "4 to 9"
    assert report.rounds_taken({}) == "no"


def test_what_is_kept_has_every_round_in_the_unit_of_its_row() -> None:
    results = {
        (FLOOR.name, "chain"): [0.1],
        ("Tool", "chain"): [0.2, 0.4, 0.6],
        ("Tool", "again"): Stopped("failed", ""),
    }
    floor, tool = report.kept((CHAIN, AGAIN), (FLOOR, TOOL), results, {("Tool", "chain"): 2})
    assert (floor["tool"], floor["measured"], floor["processes"]) == (FLOOR.name, 1.0, None)
    assert (tool["measured"], tool["floor"], tool["unit"], tool["processes"]) == (4.0, 1.0, "ms", 2)
    assert tool["rounds"] == [2.0, 4.0, 6.0]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_tool_has_a_command_or_a_reason_for_each_workload(tool: Tool) -> None:
    commands = {command for workload in WORKLOADS.values() for command in workload}
    assert set(tool.commands) == commands == {command for row in ROWS for command in row.commands}
    assert set(tool.notes) <= {name for name, work in tool.commands.items() if not isinstance(work, Absent)}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_commands_and_variables_ask_for_nothing_that_is_not_there(tool: Tool) -> None:
    templates = [work for work in tool.commands.values() if not isinstance(work, Absent)]
    fields = {field for text in templates for _, field, _, _ in string.Formatter().parse(text) if field}
    assert fields <= {"folder"}
    for text in tool.variables.values():
        text.format(folder="folder", port=4200 if tool.server else None)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_requirement_is_one_version(tool: Tool) -> None:
    files = [REQUIREMENTS / f"{tool.environment}.txt", REQUIREMENTS / "common.txt"]
    lines = [line for file in files for line in file.read_text().splitlines() if line and line[0] not in "#-"]
    assert all(re.match(r"[\w-]+(\[\w+\])?==[\d.]+(;|$)", line) for line in lines)
    if tool.distribution not in (None, "tidemill"):
        assert any(re.match(rf"{tool.distribution}\b", line) for line in lines)
