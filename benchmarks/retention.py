"""How long somebody who writes to a store has to wait while retention deletes from it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.measuring import row
from tidemill.core.events import RunSucceeded
from tidemill.home import Home
from tidemill.home.retention import Broom
from tidemill.storage import Store

ROWS = 100_000
WRITER = """
import json, select, sys, time
from pathlib import Path
from tidemill.core.events import RunCreated, RunStarted, StepStarted, StepSucceeded
from tidemill.core.records import Run
from tidemill.storage import Store

store, waits = Store.open(Path(sys.argv[1])), []
store.append("writer", [RunCreated(1, Run("writer", "job", 1, {})), RunStarted(2)])
print("up", flush=True)
while not select.select([sys.stdin], [], [], 0.002)[0]:
    began = time.perf_counter()
    store.append("writer", [StepStarted(3, "s"), StepSucceeded(4, "s", 1)])
    waits.append((time.perf_counter() - began) * 1e3)
print(json.dumps(waits))
"""


def longest_wait(folder: Path, run_id: str) -> list[dict[str, Any]]:
    """End a run of many events, delete of them, and have another process write every two milliseconds meanwhile."""
    with Store.open(folder) as store:
        store.append(run_id, [RunSucceeded(5)])
        command = [sys.executable, "-c", WRITER, str(folder)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            trimmed = Broom(Home(folder, store)).trim(1.0, ROWS)
            told, _ = process.communicate("enough\n")
    if trimmed.rows < ROWS:
        raise AssertionError(trimmed)
    waits = json.loads(told)
    what = f"longest wait of a writer while {ROWS:,} events are deleted"
    return [row(what, max(waits), "ms", must=100, note=f"of {len(waits)} commits")]
