"""A disk that fills up, and files that may grow no further: the run fails and says why; with space again it goes on."""

from __future__ import annotations

import random
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from graphs import write_graph
from stage import OWN_FRAME, QUIET, Extent, Stage, left_in, wait_for

STEPS = 60
TOLD = (
    "cannot grow: the disk is full",
    "cannot be read or written",
    "Cannot write",
    "No space left on device",
)


def go_on_to_the_end(stage: Stage, expected: dict[str, str]) -> None:
    """With nothing in the way any more."""
    for _ in range(3):
        latest = stage.latest_run()
        if latest is not None and latest.status == "succeeded":
            break
        before, since = stage.succeeded(), stage.length()
        words, _ = stage.next_words()
        stage.run(*words)
        assert not before.intersection(stage.begun(since))
        stage.check()
    assert stage.data_versions() == expected
    assert stage.unfinished_files() == []


def fail(stage: Stage, tell: Callable[[str], None], what: str, **how: Callable[[], None]) -> None:
    """A run that has no room for what it makes."""
    code = stage.run("materialize", "-f", "graph.py", FAULTS_WITHOUT_SLEEP="1", **how)
    said = stage.said()
    assert code in (1, 2), said[-3000:]
    assert any(words in said for words in TOLD), said[-3000:]
    assert OWN_FRAME not in said, said[-5000:]
    assert wait_for(lambda: not left_in(stage.folder), QUIET)
    stage.check()
    tell(f"{what}: exit code {code}, {len(stage.succeeded())} of {STEPS} steps committed")


def test_files_that_may_not_grow(folder: Path, extent: Extent, tell: Callable[[str], None]) -> None:
    draw = random.Random(extent.seed)
    for number in range(2 * extent.rounds):
        place = folder / str(number)
        place.mkdir()
        write_graph(place, extent.seed + number, steps=STEPS)
        stage = Stage(place)
        expected = stage.undisturbed()
        most = draw.randrange(40_000, 400_000)

        def limit(most: int = most) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

        fail(stage, tell, f"files of at most {most:,} bytes", limit=limit)
        go_on_to_the_end(stage, expected)
    tell(f"= seed {extent.seed}: {2 * extent.rounds} limits on the size of files")


@pytest.fixture
def small_disk(folder: Path, tell: Callable[[str], None]) -> Iterator[Path]:
    """A disk of one megabyte that is all of it in memory."""
    place = folder / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tidemill-faults", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        problem = done.stderr.strip() if done.returncode else ""
    except OSError as error:
        problem = str(error)
    if problem:
        tell(f"= no disk was filled: {problem}")
        pytest.skip(f"cannot mount a small disk: {problem}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=False)


def test_a_disk_that_fills_up(
    folder: Path, small_disk: Path, extent: Extent, tell: Callable[[str], None]
) -> None:
    def resize(kilobytes: int) -> None:
        command = ["mount", "-o", f"remount,size={kilobytes}k", str(small_disk)]
        subprocess.run(command, check=True)

    draw = random.Random(extent.seed)
    for number in range(2 * extent.rounds):
        place = folder / str(number)
        place.mkdir()
        write_graph(place, extent.seed + number, steps=STEPS, size=60_000)
        expected = Stage(place).undisturbed()
        stage = Stage(place, small_disk / str(number))
        used = int(subprocess.check_output(["du", "-sk", str(small_disk)]).split()[0])
        room = draw.randrange(200, 1_400)
        resize(used + room)
        fail(stage, tell, f"a disk with {room} kB of room")
        resize(64_000)
        go_on_to_the_end(stage, expected)
    tell(f"= seed {extent.seed}: {2 * extent.rounds} full disks")
