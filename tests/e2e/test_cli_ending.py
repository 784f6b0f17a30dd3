"""How a command's process ends: what asked to be called is called, what is waited for is waited for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from command_line import environment, tidemill, write

SOURCE = """
import atexit, tempfile, threading, time
from pathlib import Path
from tidemill import asset

HERE = Path(__file__).parent
atexit.register((HERE / "called").touch)
scratch = tempfile.TemporaryDirectory(dir=HERE, prefix="scratch")

class Taken:
    def __del__(self):
        (HERE / "taken apart").touch()

taken = Taken()

def late():
    time.sleep(0.3)
    (HERE / "waited").touch()

threading.Thread(target=late).start()

@asset
def one():
    return 1
"""


def test_a_command_ends_with_all_that_asked_to_be_called(tmp_path: Path) -> None:
    write(tmp_path, "pipeline.py", SOURCE)
    done = tidemill(tmp_path, "list", "-f", "pipeline.py")
    assert done.code == 0
    assert "one" in done.out  # the last line has left the buffer, though nothing is taken apart
    left = {path.name for path in tmp_path.iterdir()}
    assert {"called", "waited"} <= left
    assert not any(name.startswith("scratch") for name in left)
    assert "taken apart" not in left


def test_a_watched_command_ends_as_the_interpreter_does(tmp_path: Path) -> None:
    write(tmp_path, "pipeline.py", SOURCE)
    command = [sys.executable, "-m", "cProfile", "-m", "tidemill.cli", "list", "-f", "pipeline.py"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "function calls" in done.stdout


def test_the_exit_code_is_the_commands(tmp_path: Path) -> None:
    assert tidemill(tmp_path, "nothing-such").code == 2
