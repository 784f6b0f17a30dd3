"""Fingerprints of 10,000 functions in 100 modules: cold, with nothing changed, with one file changed.

Each function calls two of the next module and names three constants, so that what the first one reaches is five
thousand others: nothing is saved by the project being shallow. Every figure is of a process of its own that
has imported the modules; what is measured is opening, answering for all and, cold, not the saving.
"""

from __future__ import annotations

import importlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measuring import row

MODULES = 100
WIDTH = 100
ROUNDS = 5

FUNCTION = """
def f{place}(rows, depth=3):
    \"\"\"What this one makes of its rows.\"\"\"
    kept = [row for row in rows if row is not None and row != {place}]  # the others are of no use
    total = sum(len(str(row)) * FACTOR for row in kept)
    if total > LIMIT:
        raise ValueError(f"{{NAME}}: {{total}} of {{len(rows)}} rows")
    first = {first}
    second = {second}
    return {{"rows": kept, "total": total + depth, "next": (first, second)}}
"""


def run() -> list[dict[str, Any]]:
    """Seconds cold, milliseconds with the cache: nothing changed, the last file changed, one in the middle changed."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number in range(MODULES):
            (root / f"module_{number}.py").write_text(_source(number, 7))
        _in_child(root, "compile")
        cold = [_in_child(root, "cold") for _ in range(ROUNDS)]
        warm = [_in_child(root, "warm") for _ in range(ROUNDS)]
        first = [_edited(root, 0, 8 + turn) for turn in range(ROUNDS)]
        middle = [_edited(root, MODULES // 2, 8 + turn) for turn in range(ROUNDS)]
    what = f"fingerprints of {MODULES * WIDTH:,} functions"
    ms = 1000
    return [
        row(f"{what}, cold", statistics.median(cold), "s", must=3, aim=2),
        row(f"{what}, nothing changed", statistics.median(warm) * ms, "ms", must=20),
        row(f"{what}, first file changed", statistics.median(first) * ms, "ms", must=60),
        row(
            f"{what}, middle file changed",
            statistics.median(middle) * ms,
            "ms",
            must=60,
            note="half of all functions reach the file, and have another fingerprint",
        ),
    ]


def _source(number: int, factor: int) -> str:
    head = f'"""Module {number}."""\n'
    if number + 1 < MODULES:
        names = ", ".join(f"f{place} as n{place}" for place in range(WIDTH))
        head += f"import module_{number + 1} as following\nfrom module_{number + 1} import {names}\n"
    head += f'FACTOR = {factor}\nLIMIT = 10_000\nNAME = "module {number}"\n'
    return head + "\n".join(_function(number, place) for place in range(WIDTH))


def _function(number: int, place: int) -> str:
    if number + 1 == MODULES:
        return FUNCTION.format(place=place, first="rows[:1]", second="rows[1:]")
    return FUNCTION.format(
        place=place, first=f"n{place}(kept)", second=f"following.f{(place + 1) % WIDTH}(kept)"
    )


def _edited(root: Path, number: int, factor: int) -> float:
    """Seconds after one file was edited."""
    (root / f"module_{number}.py").write_text(_source(number, factor))
    _in_child(root, "compile")
    return _in_child(root, "changed")


def _in_child(root: Path, kind: str) -> float:
    command = [sys.executable, "-m", "benchmarks.fingerprints", kind, str(root)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return float(json.loads(done.stdout))


def measure(kind: str, root: Path) -> float:
    """Seconds to open and to answer for every function."""
    from tidemill.code.fingerprint import Fingerprints

    sys.path.insert(0, str(root))
    modules = [importlib.import_module(f"module_{number}") for number in range(MODULES)]
    if kind == "compile":
        return 0.0
    functions = [getattr(module, f"f{place}") for module in modules for place in range(WIDTH)]
    cache = root / "fingerprints"
    if kind == "cold":
        cache.unlink(missing_ok=True)
    start = time.perf_counter()
    fingerprints = Fingerprints(root=root, cache=cache)
    recipes = [fingerprints.recipe(function) for function in functions]
    seconds = time.perf_counter() - start
    if len({recipe.fingerprint for recipe in recipes}) != len(functions):
        raise AssertionError("two functions have one fingerprint")
    fingerprints.save()
    return seconds


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
