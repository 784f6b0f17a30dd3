"""How long a command waits before Tidemill does anything: whole processes, beside a bare Python."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measuring import interleaved, row

ROUNDS = 25

FIRST_ASSET = """\
from tidemill import asset


@asset
def answer(question: int) -> int:
    return question + 41
"""


def run() -> list[dict[str, Any]]:
    """Start-up in milliseconds: bare Python, the import, the first asset, `--help`."""
    script = Path(sys.executable).with_name("tidemill")
    with tempfile.TemporaryDirectory() as folder:
        first_asset = Path(folder) / "first_asset.py"
        first_asset.write_text(FIRST_ASSET)
        seconds = interleaved(
            {
                "bare": _process(sys.executable, "-c", "pass"),
                "import": _process(sys.executable, "-c", "import tidemill"),
                "asset": _process(sys.executable, str(first_asset)),
                "help": _process(str(script), "--help"),
            },
            rounds=ROUNDS,
        )
    ms = {name: value * 1000 for name, value in seconds.items()}
    bare = ms["bare"]
    return [
        row("import tidemill", ms["import"], "ms", floor=bare, judged="above", must=30, aim=5),
        row("import and first @asset", ms["asset"], "ms", floor=bare, must=60, aim=40),
        row("tidemill --help", ms["help"], "ms", floor=bare, must=60, aim=40),
    ]


def _process(*command: str) -> Callable[[], object]:
    return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
