"""The server that starts workers, as an interpreter of its own: what it finds when it imports the user's code."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tidemill.core.errors import UserCodeLoadError, WorkerDiedError
from tidemill.core.records import CodeRef
from tidemill.executors.nursery import Nursery
from tidemill.executors.origin import Origin

ASSET = "from tidemill import asset\n@asset\ndef one(): return 1\n"


def origin(folder: Path, source: str) -> Origin:
    path = folder / "pipeline_of_nursery.py"
    path.write_text(source)
    return Origin.here(CodeRef("file", str(path)))


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_it_lives_until_it_is_closed(tmp_path: Path) -> None:
    nursery = Nursery.executed(origin(tmp_path, ASSET))
    assert (nursery.method, nursery.seeded) == ("fork", False)
    assert lives(nursery.pid)
    nursery.close()
    assert not lives(nursery.pid)


def test_it_finds_out_that_it_cannot_fork(tmp_path: Path) -> None:
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    nursery = Nursery.executed(origin(tmp_path, thread + ASSET))
    assert nursery.method == "spawn"
    nursery.close()
    assert not lives(nursery.pid)


def test_it_finds_out_that_the_code_seeds(tmp_path: Path) -> None:
    nursery = Nursery.executed(origin(tmp_path, "import random\nrandom.seed(1)\n" + ASSET))
    assert nursery.seeded
    nursery.close()


@pytest.mark.parametrize("text", ["no such thing", "x" * 200_000])
def test_code_that_does_not_import_is_told_here(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserCodeLoadError) as caught:
        Nursery.executed(origin(tmp_path, f"raise ValueError({text!r})"))
    assert caught.value.subject == str(tmp_path / "pipeline_of_nursery.py")
    if len(text) < 100:
        assert text in caught.value.user_traceback


def test_code_that_ends_the_process_is_told_too(tmp_path: Path) -> None:
    with pytest.raises(WorkerDiedError) as caught:
        Nursery.executed(origin(tmp_path, "import os\nos._exit(3)"))
    assert caught.value.subject == "nursery"
    assert "pipeline_of_nursery" in (caught.value.expected or "")


def test_nobody_reads_its_socket_any_more(tmp_path: Path) -> None:
    """A signal for a worker of a server that is gone, or for one that never was, is no error."""
    nursery = Nursery.executed(origin(tmp_path, ASSET))
    nursery.kill(7, 9)
    os.kill(nursery.pid, 9)
    limit = time.monotonic() + 10
    while (messages := nursery.messages()) is not None and time.monotonic() < limit:
        time.sleep(0.01)
    assert messages is None
    nursery.kill(7, 9)
    nursery.close()
