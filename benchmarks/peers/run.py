"""Measure all tools and print one table: `python -m benchmarks.peers.run [WORKLOAD …]`, or `make bench-peers`.

Workload by workload, the tools take turns, round by round. The first round is not counted: it tells how many can be
afforded, and whether the steps ran at all and in how many processes. A round is one or two commands in a folder
that is made for it:

    for each workload:  for each round:  for each tool:  folder ──▶ command(s) ──▶ seconds ──▶ away with it
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import cast

from benchmarks.guide import write_stories
from benchmarks.measuring import in_turn
from benchmarks.peers import children, report, work
from benchmarks.peers.report import Stopped
from benchmarks.peers.servers import PausedServer
from benchmarks.peers.tools import ROWS, TOOLS, WORKLOADS, Absent, Tool
from benchmarks.run import ROOT, machine_line, write


class Bench:
    """What all measurements share, and what they have found."""

    def __init__(self, scratch: Path, servers: ExitStack, tools: Sequence[Tool]) -> None:
        self.tools = tools
        self.results: dict[tuple[str, str], list[float] | Stopped] = {}
        self.processes: dict[tuple[str, str], int] = {}
        self._scratch = scratch
        self._running: dict[str, PausedServer] = {}
        self._variables: dict[str, dict[str, str]] = {}
        stories, recorded = scratch / "stories.csv", os.environ.get("TIDEMILL_HN_CSV")
        write_stories(stories, Path(recorded) if recorded else None)
        for tool in tools:
            home = scratch / tool.name.replace(" ", "_")
            home.mkdir()
            self._variables[tool.name] = {**children.variables(tool, home), work.STORIES: str(stories)}
            if tool.server:
                server = PausedServer(tool.server, self._variables[tool.name], scratch / f"{tool.name}.log")
                servers.callback(server.close)
                self._running[tool.name] = server

    def measure(self, workload: str, most_rounds: int) -> None:
        """All rounds of one workload."""
        planned = {tool.name: min(self._try(workload, tool), most_rounds) for tool in self.tools}
        for turn in range(max(planned.values())):
            for tool in in_turn(self.tools, turn):
                if turn >= planned[tool.name]:
                    continue
                for command, found in self._round(workload, tool).items():
                    if isinstance(found, Stopped):
                        self.results[tool.name, command] = found
                    else:
                        cast("list[float]", self.results.setdefault((tool.name, command), [])).append(found)

    def versions(self) -> dict[str, str]:
        """The version of each tool."""
        return {
            tool.name: children.version(tool.distribution, self._variables[tool.name])
            for tool in self.tools
            if tool.distribution
        }

    def seconds_to_start(self) -> dict[str, float]:
        """How long each server took until it answered."""
        return {name: server.seconds_to_start for name, server in self._running.items()}

    def _try(self, workload: str, tool: Tool) -> int:
        """The round that is not counted: look whether the steps ran, and say how many rounds can be afforded."""
        notes = Path(tempfile.mkdtemp(dir=self._scratch))
        start = time.perf_counter()
        found = self._round(workload, tool, notes)
        taken = time.perf_counter() - start
        seconds = [value for value in found.values() if not isinstance(value, Stopped)]
        self.results.update(
            {(tool.name, command): value for command, value in found.items() if isinstance(value, Stopped)}
        )
        if not seconds:
            return 0
        wrong = self._looked_at(workload, tool, notes)
        if wrong:
            self.results[tool.name, workload] = wrong
            return 0
        rounds = report.rounds_for(taken)
        print(f"  {tool.name}: {taken:.1f} s, {rounds} rounds", file=sys.stderr, flush=True)
        return rounds

    def _looked_at(self, workload: str, tool: Tool, notes: Path) -> Stopped | None:
        """Whether a tool has run the steps of the workload, each once, and in how many processes."""
        expected = {"fan": tool.children, "large_array": 2}.get(workload)
        if expected is None:
            return None
        processes, steps = children.noted(notes)
        self.processes[tool.name, workload] = processes
        return None if steps == expected else Stopped(report.FAILED, f"ran {steps} steps for {expected}")

    def _round(self, workload: str, tool: Tool, notes: Path | None = None) -> dict[str, float | Stopped]:
        """One round: what each command of the workload took, or why it did not."""
        found: dict[str, float | Stopped] = {}
        with self._folder(tool) as folder, self._awake(tool):
            environment = {**self._variables[tool.name], **self._filled(tool, folder)}
            if notes:
                environment[work.NOTES] = str(notes)
            for command in WORKLOADS[workload]:
                words = tool.commands[command]
                if isinstance(words, Absent):
                    continue
                if not isinstance(self.results.get((tool.name, command)), Stopped):
                    finished = children.run(tool, words, folder, environment)
                    found[command] = judged = report.judged(finished)
                    if isinstance(judged, Stopped):
                        print(f"{tool.name}: {words}\n{finished.output[-3000:]}", file=sys.stderr)
        return found

    @contextmanager
    def _folder(self, tool: Tool) -> Iterator[Path]:
        """An empty folder, but for what the tool must find in it."""
        with tempfile.TemporaryDirectory(dir=self._scratch, ignore_cleanup_errors=True) as name:
            for file, content in tool.files.items():
                Path(name, file).write_text(content)
            yield Path(name)

    def _awake(self, tool: Tool) -> AbstractContextManager[None]:
        """The tool's server runs meanwhile, where it has one."""
        return self._running[tool.name].awake() if tool.server else nullcontext()

    def _filled(self, tool: Tool, folder: Path) -> dict[str, str]:
        port = self._running[tool.name].port if tool.server else None
        return {name: value.format(folder=folder, port=port) for name, value in tool.variables.items()}


def main(arguments: Sequence[str]) -> int:
    """Measure the workloads named, or all; 1 where a command broke, 0 otherwise, whatever the figures."""
    names = {tool.name.split()[0].lower(): tool for tool in TOOLS}
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers.run", description="Tidemill and its peers."
    )
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of: {', '.join(WORKLOADS)}")
    parser.add_argument("--rounds", type=int, default=report.MOST_ROUNDS, help="at most so many")
    parser.add_argument("--tools", default=",".join(names), help="some of: %(default)s")
    parsed = parser.parse_args(arguments)
    unknown = sorted(set(parsed.workloads) - set(WORKLOADS))
    if unknown:
        parser.error(f"no workload is called {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
    chosen = [tool for name, tool in names.items() if name in parsed.tools.split(",")]
    machine, start = machine_line(), time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch, ExitStack() as servers:
        bench = Bench(Path(scratch), servers, chosen)
        for workload in parsed.workloads or WORKLOADS:
            print(f"{workload} …", file=sys.stderr, flush=True)
            bench.measure(workload, parsed.rounds)
        versions, servers_started = bench.versions(), bench.seconds_to_start()
    measured = {command for workload in parsed.workloads or WORKLOADS for command in WORKLOADS[workload]}
    rows = [row for row in ROWS if measured.issuperset(row.commands)]
    minutes = (time.monotonic() - start) / 60
    kept = report.kept(rows, chosen, bench.results, bench.processes)
    path = write(kept, machine, prefix="peers-", versions=versions, minutes=minutes)
    print(report.table(rows, chosen, bench.results, bench.processes))
    for name, seconds in servers_started.items():
        print(f"{name}'s server ran already; it took {seconds:.1f} s to start.")
    print(f"\n{', '.join(f'{name} {version}' for name, version in versions.items())}")
    print(f"{machine}, {os.getloadavg()[0]:.1f} at the end, {minutes:.0f} minutes")
    print(f"Medians of {report.rounds_taken(bench.results)} rounds; written to {path.relative_to(ROOT)}")
    return int(any(isinstance(r, Stopped) for r in bench.results.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
