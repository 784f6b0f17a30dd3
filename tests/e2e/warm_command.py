"""The command line without its start-up: a process that has imported Tidemill forks one child for each command.

    Warm.run(folder, "refresh", "-f", "pipeline.py") ──▶ the child imports the user's code afresh ──▶ Done

What a command does is the same; a hundred of them take three seconds instead of a minute. What start-up itself promises
(which modules are loaded, what is answered without them) is tested with `command_line.tidemill`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from command_line import Done, environment

SERVER = Path(__file__).with_name("warm_server.py")


class Warm:
    """Runs commands and programs in children of one process; `close` ends it.

    Args:
        modules: What it imports beside Tidemill.
    """

    def __init__(self, *modules: str) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-P", str(SERVER), *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, folder: Path, *words: str, path: tuple[Path, ...] = (), **changes: str | None) -> Done:
        """Run a command in `folder`; `path` comes before all other folders with modules."""
        asked = {"words": words, "path": list(map(str, path)), "environment": environment(folder, **changes)}
        return self._ask(folder, asked)

    def program(self, folder: Path, file: str, home: Path, **changes: str | None) -> Done:
        """Run `python FILE` in `folder`, with a home of its own."""
        return self._ask(folder, {"program": file, "path": [], "environment": environment(home, **changes)})

    def _ask(self, folder: Path, asked: dict[str, Any]) -> Done:
        asked["folder"] = str(folder)
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        return Done(*json.loads(self._server.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        self._server.communicate(timeout=10)
