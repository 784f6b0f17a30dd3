"""Worker, server, driver, or all of them are killed at random moments; the run ends as if nothing had been.

materialize ─kill─▶ look ─▶ rerun --resume ─kill─▶ look ─▶ rerun … ─▶ the versions of a run that nobody disturbed
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from graphs import write_graph
from stage import OWN_FRAME, QUIET, Extent, Stage, commands_of, descendants, left_in, wait_for

from tidemill.executors.vitals import children_of
from tidemill.io.artifacts import ArtifactFolder

STEPS = 60
TARGETS = ("worker", "server", "driver", "all")
IDLE_FOR_EVER = 30.0


class Story:
    """One graph, killed again and again until it is done.

    Args:
        folder: An empty one.
        seed: Of the graph, and of what is killed when.
        tell: Takes lines.
    """

    def __init__(self, folder: Path, seed: int, tell: Callable[[str], None]) -> None:
        folder.mkdir()
        write_graph(folder, seed, steps=STEPS)
        self.stage = Stage(folder)
        self.draw = random.Random(seed)
        self.tell = tell
        self.killed: Counter[str] = Counter()
        self.expected = self.stage.undisturbed()

    def play(self, most: int) -> None:
        """Run, kill at most that often, and go on to the end."""
        words = ["materialize", "-f", "graph.py"]
        while not self._is_done():
            target = self.draw.choice(TARGETS) if self.killed.total() < most else "nothing"
            before, since = self.stage.succeeded(), self.stage.length()
            what = self._act(words, target)
            again = before.intersection(self.stage.begun(since))
            assert not again, f"{what}: ran again although its success was committed: {sorted(again)}"
            self.stage.check()
            words, found = self._next()
            done = len(self.stage.succeeded())
            self.tell(f"{what}; {done} of {STEPS} steps committed, {found}")
        assert self.stage.data_versions() == self.expected
        # Whoever was killed in the middle of a write left a file. It is known to have no writer; `gc` waits an hour.
        ArtifactFolder(self.stage.home / "artifacts").sweep()
        assert self.stage.unfinished_files() == []

    def _is_done(self) -> bool:
        latest = self.stage.latest_run()
        return latest is not None and latest.status == "succeeded" and len(self.stage.succeeded()) == STEPS

    def _act(self, words: list[str], target: str) -> str:
        """Run a command, and kill something of it at a random moment; what was done, in words."""
        stage = self.stage
        remaining = STEPS - len(stage.succeeded())
        lines, wait = stage.length() + self.draw.randrange(2 * remaining), self.draw.uniform(0, 0.03)
        if self.draw.random() < 0.15:
            lines, wait = 0, self.draw.uniform(0, 0.6)  # while it starts, perhaps
        started = time.monotonic()
        process = stage.start(*words)
        try:
            if target != "nothing":
                wait_for(lambda: stage.length() >= lines or process.poll() is not None, IDLE_FOR_EVER)
                time.sleep(wait)
                killed = self._kill(process, target)
                moment = time.monotonic() - started
                target = f"{target} killed after {moment:.2f} s" if killed else f"{target}: too late to kill"
            try:
                code = process.wait(timeout=IDLE_FOR_EVER)
            except subprocess.TimeoutExpired:
                raise AssertionError(
                    f"{words}: {target}, and it stands still\n{stage.said()[-3000:]}"
                ) from None
            said = stage.said()[-5000:]
            assert code in (0, 1, -signal.SIGKILL), f"{words}: {target}, exit code {code}\n{said}"
            assert OWN_FRAME not in said, f"{words}: {target}, and it crashed\n{said}"
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        quiet = wait_for(lambda: not left_in(stage.folder), QUIET)
        assert quiet, f"{target}, and these are left: {commands_of(left_in(stage.folder))}"
        return f"{words[0]:<11} {target}"

    def _kill(self, process: subprocess.Popen[bytes], target: str) -> bool:
        """Kill it, if there is one in time."""
        found: list[int] = []

        def look() -> bool:
            servers = children_of(process.pid)
            workers = [worker for server in servers for worker in children_of(server)]
            found[:] = {
                "worker": workers[:1],
                "server": servers[:1],
                "driver": [process.pid],
                "all": [process.pid, *descendants(process.pid)],
            }[target]
            return bool(found) or process.poll() is not None

        wait_for(look, IDLE_FOR_EVER)
        if process.poll() is not None or not found:
            return False
        self.draw.shuffle(found)
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.killed[target] += 1
        return True

    def _next(self) -> tuple[list[str], str]:
        """The command that goes on, and what the store says."""
        words, found = self.stage.next_words()
        if "--resume" in words and self.draw.random() < 0.3:
            # Somebody opens the store before: the run is found dead, and marked failed.
            assert self.stage.run("runs") == 0
            latest = self.stage.latest_run()
            assert latest is not None
            assert latest.status == "failed"
            found = f"run {words[1]} found dead and marked failed"
        return words, found


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are found through /proc")
def test_kills(folder: Path, extent: Extent, tell: Callable[[str], None]) -> None:
    killed: Counter[str] = Counter()
    number = 0
    while killed.total() < extent.kills:
        seed = extent.seed * 1_000 + number
        tell(f"graph {number}, seed {seed}")
        story = Story(folder / str(number), seed, tell)
        story.play(min(5, extent.kills - killed.total()))
        killed += story.killed
        number += 1
    counts = ", ".join(f"{count} of {target}" for target, count in sorted(killed.items()))
    tell(f"= seed {extent.seed}: {killed.total()} kills in {number} graphs of {STEPS} steps ({counts})")
