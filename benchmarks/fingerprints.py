"""Fingerprints of 10,000 functions in 100 modules: cold, with nothing changed, with one file changed.

Each function calls two of the next module and names three constants, so that what the first one reaches is five
thousand others: nothing is saved by the project being shallow. Every figure is of a process of its own that
has imported the modules: to open and to answer for all, without saving. Beside it stands the least that this
takes: cold, to parse all files; else to read and hash them.
"""

from __future__ import annotations

import ast
import gc
import importlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from blake3 import blake3

from benchmarks.measuring import row

MODULES = 100
WIDTH = 100
ROUNDS = 3

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
    """Seconds cold, milliseconds with the cache: nothing changed, the first file changed, one in the middle changed."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number in range(MODULES):
            (root / f"module_{number}.py").write_text(_source(number, 7))
        _in_child(root, "compile")
        figures = {kind: [_in_child(root, kind) for _ in range(ROUNDS)] for kind in ("cold", "warm")}
        for name, number in (("first", 0), ("middle", MODULES // 2)):
            figures[name] = [_edited(root, number, 8 + turn) for turn in range(ROUNDS)]
    what = f"fingerprints of {MODULES * WIDTH:,} functions"
    middle = {
        name: tuple(map(statistics.median, zip(*taken, strict=True))) for name, taken in figures.items()
    }
    rows = [row(f"{what}, cold", middle["cold"][0], "s", floor=middle["cold"][1], must=3, aim=2)]
    for name, case, must in (
        ("warm", "nothing changed", 20),
        ("first", "first file changed", 60),
        ("middle", "middle file changed", 60),
    ):
        seconds, floor = middle[name]
        note = "half of all functions reach it, and have another fingerprint" if name == "middle" else ""
        rows.append(row(f"{what}, {case}", seconds * 1000, "ms", floor=floor * 1000, must=must, note=note))
    return rows


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


def _edited(root: Path, number: int, factor: int) -> tuple[float, float]:
    """Figures after one file was edited."""
    (root / f"module_{number}.py").write_text(_source(number, factor))
    _in_child(root, "compile")
    return _in_child(root, "changed")


def _in_child(root: Path, kind: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.fingerprints", kind, str(root)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    seconds, floor = json.loads(done.stdout)
    return seconds, floor


def measure(kind: str, root: Path) -> tuple[float, float]:
    """Seconds to open and to answer for every function; beside those to parse, or to hash, all files."""
    from tidemill.code.fingerprint import Fingerprints

    sys.path.insert(0, str(root))
    modules = [importlib.import_module(f"module_{number}") for number in range(MODULES)]
    if kind == "compile":
        return 0.0, 0.0
    functions = [getattr(module, f"f{place}") for module in modules for place in range(WIDTH)]
    cache = root / "fingerprints"
    if kind == "cold":
        cache.unlink(missing_ok=True)
    floor = _floor(kind, root)
    start = time.perf_counter()
    fingerprints = Fingerprints(root=root, cache=cache)
    recipes = [fingerprints.recipe(function) for function in functions]
    seconds = time.perf_counter() - start
    if len({recipe.fingerprint for recipe in recipes}) != len(functions):
        raise AssertionError("two functions have one fingerprint")
    fingerprints.save()
    return seconds, floor


def _floor(kind: str, root: Path) -> float:
    gc.disable()
    start = time.perf_counter()
    for path in root.glob("*.py"):
        content = path.read_bytes()
        if kind == "cold":
            ast.parse(content)
        else:
            blake3(content).digest()
    seconds = time.perf_counter() - start
    gc.enable()
    return seconds


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
