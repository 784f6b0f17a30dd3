"""Runs the command line as a user does: in a process of its own, in the user's folder, on a pipe or on a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

COMMAND = [
    sys.executable,
    "-P",
    "-m",
    "tidemill.cli",
]  # -P: as the installed script, which has no folder on its path


class Done(NamedTuple):
    """What a command left: its exit code, and what it printed where."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on standard output; refuses the NaN that strict JSON does not have."""

        def refuse(name: str) -> None:
            raise AssertionError(name)

        return json.loads(self.out, parse_constant=refuse)


def environment(folder: Path, **changes: str | None) -> dict[str, str]:
    """A user's: no settings of ours, no terminal width, UTF-8 unless changed."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TIDEMILL_", "PYTHONWARNINGS"))
        and name not in ("NO_COLOR", "COLUMNS", "LINES")
    }
    changed = {**kept, "HOME": str(folder), "TERM": "xterm", "PYTHONUTF8": "1", **changes}
    return {name: value for name, value in changed.items() if value is not None}


def tidemill(
    folder: Path, *words: str, limit: Callable[[], None] | None = None, **changes: str | None
) -> Done:
    """Run a command on pipes; `limit` is called in the child before it starts."""
    done = subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=environment(folder, **changes),
        capture_output=True,
        timeout=60,
        check=False,
        preexec_fn=limit,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def on_terminal(
    folder: Path,
    *words: str,
    columns: int = 80,
    rows: int = 24,
    interrupt_at: str | None = None,
    number: int = signal.SIGINT,
    **changes: str | None,
) -> Done:
    """Run a command on a terminal of its own; `out` is every byte that the terminal got.

    Args:
        interrupt_at: Send the signal `number` once when this text has come.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    child = subprocess.Popen(
        [*COMMAND, *words],
        cwd=folder,
        env=environment(folder, **changes),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    got = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 0.05)[0]:
            continue
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # Linux says so when the other side has closed
            break
        if not chunk:
            break
        got += chunk
        if interrupt_at is not None and interrupt_at.encode() in got:
            interrupt_at = None
            os.kill(child.pid, number)
    os.close(ours)
    return Done(child.wait(timeout=10), got.decode(errors="replace"), "")


def write(folder: Path, name: str, source: str) -> Path:
    """A file of the user's."""
    path = folder / name
    path.write_text(source, encoding="utf-8")
    return path
